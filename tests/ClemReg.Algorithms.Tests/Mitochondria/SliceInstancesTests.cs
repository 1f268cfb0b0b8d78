using ClemReg.Algorithms.Mitochondria;

namespace ClemReg.Algorithms.Tests.Mitochondria;

/// <summary>From a slice's outputs to its objects, each step against plain loops.</summary>
public sealed class SliceInstancesTests
{
    [Fact]
    public void Thresholding_sets_the_bits_at_every_width()
    {
        var random = new Random(1);
        for (int width = 1; width <= 140; width++)
        {
            int stride = width + random.Next(5);
            float[] values = [.. Enumerable.Range(0, 3 * stride).Select(_ => random.Next(5) switch { 0 => float.NaN, 1 => 0.25f, 2 => float.PositiveInfinity, _ => (float)random.NextDouble() })];
            var mask = new BitMask(3, width);
            mask.Row(1).Fill(ulong.MaxValue);
            mask.SetAtLeast(values, stride, 0.25f);
            for (int y = 0; y < 3; y++)
                for (int x = 0; x < mask.WordsPerRow * 64; x++)
                    Assert.Equal(x < width && values[y * stride + x] >= 0.25f, (mask.Row(y)[x >> 6] >> (x & 63) & 1) != 0);
        }
    }

    [Fact]
    public void Centres_are_the_peaks_of_a_plain_search()
    {
        var random = new Random(2);
        int found = 0;
        for (int n = 0; n < 300; n++)
        {
            (int height, int width, int kernel) = (random.Next(1, 14), random.Next(1, 14), random.Next(1, 8));
            // Few values, so that there are plateaus.
            float[] heat = [.. Enumerable.Range(0, height * width).Select(_ => random.Next(-2, 8) * 0.1f)];
            float threshold = n % 3 == 0 ? 0 : 0.1f;
            var expected = new List<(int, int)>();
            for (int y = 0; y < height; y++)
                for (int x = 0; x < width; x++)
                {
                    float here = heat[y * width + x], largest = float.NegativeInfinity;
                    for (int v = Math.Max(0, y - kernel / 2); v < Math.Min(height, y - kernel / 2 + kernel); v++)
                        for (int u = Math.Max(0, x - kernel / 2); u < Math.Min(width, x - kernel / 2 + kernel); u++)
                            largest = Math.Max(largest, heat[v * width + u] > threshold ? heat[v * width + u] : -1);
                    if (here > threshold && here == largest && here > 0) expected.Add((y, x));
                }
            Assert.Equal(expected, Centres.Find(heat, height, width, threshold, kernel));
            found += expected.Count;
        }
        Assert.True(found > 1000);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    public void The_nearest_centre_is_that_of_a_plain_search_and_ties_go_to_the_first(int step)
    {
        var random = new Random(3);
        int ties = 0;
        for (int n = 0; n < 200; n++)
        {
            (int height, int width) = (random.Next(1, 40), random.Next(1, 40));
            int count = random.Next(1, n % 5 == 0 ? height * width + 1 : 12);
            (int Y, int X)[] centres = [.. Enumerable.Range(0, count).Select(_ => (random.Next(height), random.Next(width)))];
            var nearest = new NearestCentre(centres, height, width, step);
            for (int q = 0; q < 60; q++)
            {
                // Whole and half steps give ties; some points lie far outside.
                float reach = q % 4 == 0 ? 5 : 1;
                float y = random.Next(-2, 2 * height + 2) * step * 0.5f * reach, x = random.Next(-2, 2 * width + 2) * step * 0.5f * reach;
                if (q % 3 == 0) (y, x) = (y + (float)random.NextDouble(), x - (float)random.NextDouble());
                float[] distances = Array.ConvertAll(centres, c => (c.Y * step - y) * (c.Y * step - y) + (c.X * step - x) * (c.X * step - x));
                int first = Array.IndexOf(distances, distances.Min());
                if (Array.LastIndexOf(distances, distances[first]) > first) ties++;
                Assert.Equal(first, nearest.Find(y, x));
            }
        }
        Assert.True(ties > 1000);
        Assert.Equal(0, new NearestCentre([(1, 1), (2, 2)], 4, 4, step).Find(-1e30f, 1e30f));
    }

    [Fact]
    public void Objects_are_the_components_of_a_flood_fill()
    {
        var random = new Random(4);
        var builder = new LabelPlaneBuilder();
        for (int n = 0; n < 400; n++)
        {
            (int height, int width, int step, int f) = (random.Next(1, 30), random.Next(1, n % 10 == 0 ? 200 : 30), n % 2 == 0 ? 4 : 1, n % 3 == 0 ? 2 : 1);
            int block = step * f, rows = (height + block - 1) / block, columns = (width + block - 1) / block;
            var mask = new BitMask(height, width);
            float[] logits = [.. Enumerable.Range(0, height * width).Select(_ => (float)random.NextDouble() * 2 - 0.4f)];
            mask.SetAtLeast(logits, width, 0);
            float[] heat = [.. Enumerable.Range(0, rows * columns).Select(_ => random.Next(4) == 0 ? (float)random.NextDouble() : 0)];
            float[] offsets = [.. Enumerable.Range(0, 2 * rows * columns).Select(_ => random.Next(-3, 4) * step * 0.5f)];
            var options = new MitoNetOptions();
            var groups = new CentreGroups(rows, columns, step, block, width);
            groups.Set(new float[rows * columns], offsets, options);
            groups.Set(heat, offsets, options);

            List<(int Y, int X)> centres = Centres.Find(heat, rows, columns, 0.1f, 3);
            var values = new int[height * width];
            for (int i = 0; i < values.Length && centres.Count > 0; i++)
            {
                if (logits[i] < 0) continue;
                int y = i / width / block, x = i % width / block;
                (float py, float px) = (step * y + offsets[y * columns + x], step * x + offsets[rows * columns + y * columns + x]);
                float[] distances = [.. centres.Select(c => (step * c.Y - py) * (step * c.Y - py) + (step * c.X - px) * (step * c.X - px))];
                values[i] = 1 + Array.IndexOf(distances, distances.Min());
            }
            Assert.Equal(DensePlanes.Components(values, height, width), DensePlanes.Dense(SliceInstances.Find(mask, groups, builder), width));
        }
    }

    [Fact]
    public void Objects_that_cross_at_a_corner_stay_two()
    {
        // A checkerboard of two centres' blocks: each centre's blocks touch by a corner, across the other's.
        var builder = new LabelPlaneBuilder();
        var mask = new BitMask(4, 4);
        mask.Words.AsSpan().Fill(0b1111);
        var groups = new CentreGroups(2, 2, 1, 2, 4);
        groups.Set([0.9f, 0, 0, 0.9f], [0, 9, 0, 0, 0, 9, 0, 0], new MitoNetOptions { CentreKernel = 1 });
        // Pixel (0, 0) belongs to the first centre, the others to the second, which lies at (1, 1).
        groups.Set([0.9f, 0.9f, 0, 0], [0, 0, 0, 0, 0, 0, 1, -1], new MitoNetOptions { CentreKernel = 1 });
        Assert.Equal([1, 1, 2, 2, 1, 1, 2, 2, 2, 2, 1, 1, 2, 2, 1, 1], DensePlanes.Dense(SliceInstances.Find(mask, groups, builder), 4));
    }

    [Fact]
    public void Without_a_centre_there_is_no_object()
    {
        var mask = new BitMask(4, 4);
        mask.Words.AsSpan().Fill(0b1111);
        var groups = new CentreGroups(1, 1, 4, 4, 4);
        groups.Set([0.05f], [0, 0], new MitoNetOptions());
        LabelPlane plane = SliceInstances.Find(mask, groups, new LabelPlaneBuilder());
        Assert.Equal((4, 0), (plane.Height, plane.Runs.Length));
    }
}

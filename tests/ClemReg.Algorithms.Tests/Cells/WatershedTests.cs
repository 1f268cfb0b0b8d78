using ClemReg.Algorithms.Segmentation;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Tests.Cells;

public sealed class WatershedTests
{
    [Fact]
    public void The_labels_are_those_of_scikit_image()
    {
        Plane<float>[] golden = PlaneGolden.Read("watershed");
        Assert.Equal(4 * 96, golden.Length);
        int given = 0;
        for (int i = 0; i < golden.Length; i += 4)
        {
            var neighbourhood = (Neighbourhood)golden[i][0, 0];
            bool lines = golden[i][0, 1] != 0;
            Plane<int> markers = PlaneGolden.Labels(golden[i + 2]);
            bool any = markers.Values.Any(v => v != 0);
            given += any ? 1 : 0;
            Plane<int> labels = any
                ? MarkerWatershed.Flood(golden[i + 1], markers, neighbourhood, lines, new Job(1))
                : MarkerWatershed.Basins(golden[i + 1], neighbourhood, lines, new Job(1));
            Assert.Equal(PlaneGolden.Labels(golden[i + 3]).Values, labels.Values);
        }
        Assert.InRange(given, 70, 90);
    }

    [Fact]
    public void Reconstruction_equals_scikit_image()
    {
        Plane<float>[] golden = PlaneGolden.Read("reconstruction");
        for (int i = 0; i < golden.Length; i += 4)
            foreach (Neighbourhood neighbourhood in (Neighbourhood[])[Neighbourhood.Four, Neighbourhood.Eight])
                Assert.Equal(golden[i + (neighbourhood == Neighbourhood.Four ? 2 : 3)].Values,
                    Reconstruction.ByErosion(golden[i], golden[i + 1], neighbourhood, new Job(1)).Values);
    }

    [Fact]
    public void Distances_equal_SciPy()
    {
        Plane<float>[] golden = PlaneGolden.Read("distance");
        for (int i = 0; i < golden.Length; i += 2)
        {
            var mask = new Plane<bool>(golden[i].Height, golden[i].Width, Array.ConvertAll(golden[i].Values, v => v != 0));
            Assert.Equal(golden[i + 1].Values, DistanceTransform.ToNearest(mask, new Job(2)).Values);
        }
        Assert.All(DistanceTransform.ToNearest(new Plane<bool>(5, 7), new Job(1)).Values, v => Assert.Equal(float.PositiveInfinity, v));
    }

    [Fact]
    public void Imposed_minima_are_the_only_minima_and_the_relief_above_them_stays()
    {
        for (int seed = 0; seed < 40; seed++)
        {
            var random = new Random(seed);
            Plane<float> heights = PlaneGolden.Noise(1 + random.Next(20), 1 + random.Next(20), seed);
            if (seed % 3 == 0) foreach (ref float v in heights.Values.AsSpan()) v = MathF.Round(v / 40);
            var marks = new Plane<bool>(heights.Height, heights.Width);
            for (int i = 0; i < 3; i++) marks[random.Next(marks.Height), random.Next(marks.Width)] = true;
            foreach (Neighbourhood neighbourhood in (Neighbourhood[])[Neighbourhood.Four, Neighbourhood.Eight])
            {
                Plane<float> imposed = RegionalMinima.Impose(heights, marks, neighbourhood, new Job(1));
                Plane<int> minima = RegionalMinima.Label(imposed, neighbourhood, new Job(1));
                for (int i = 0; i < marks.Values.Length; i++)
                {
                    Assert.Equal(marks.Values[i], minima.Values[i] != 0);
                    Assert.Equal(marks.Values[i], imposed.Values[i] == float.NegativeInfinity);
                    if (!marks.Values[i]) Assert.True(imposed.Values[i] > heights.Values[i]);
                }
            }
        }
    }

    [Fact]
    public void Minima_are_flat_zones_that_all_neighbours_top()
    {
        var heights = new Plane<float>(3, 6, [
            5, 5, 9, 1, 1, 9,
            9, 9, 9, 9, 1, 9,
            0, 9, 4, 9, 9, 0]);
        Assert.Equal([
            1, 1, 0, 2, 2, 0,
            0, 0, 0, 0, 2, 0,
            3, 0, 4, 0, 0, 5], RegionalMinima.Label(heights, Neighbourhood.Four, new Job(1)).Values);
        Assert.Equal([
            1, 1, 0, 0, 0, 0,
            0, 0, 0, 0, 0, 0,
            2, 0, 3, 0, 0, 4], RegionalMinima.Label(heights, Neighbourhood.Eight, new Job(1)).Values);
        Assert.All(RegionalMinima.Label(new Plane<float>(4, 5), Neighbourhood.Eight, new Job(1)).Values, v => Assert.Equal(1, v));
    }

    [Theory]
    [Trait("Category", "Kernel")]
    [InlineData(Neighbourhood.Four)]
    [InlineData(Neighbourhood.Eight)]
    public void Minima_of_any_size_of_section_are_those_of_their_definition(Neighbourhood neighbourhood)
    {
        foreach (int width in (int[])[1, 2, 3, 4, 9, 10, 17, 18, 34, 71])
            foreach ((int height, int values) in ((int, int)[])[(1, 2), (2, 3), (19, 3), (33, 4), (40, 1000)])
            {
                var random = new Random(width * 100 + height);
                var heights = new Plane<float>(height, width);
                foreach (ref float v in heights.Values.AsSpan()) v = random.Next(values) is var n && n == values - 1 ? float.PositiveInfinity : -n;
                Plane<int> expected = MinimaByZones(heights, neighbourhood);
                foreach (int threads in (int[])[1, 3]) Assert.Equal(expected.Values, RegionalMinima.Label(heights, neighbourhood, new Job(threads)).Values);
            }
    }

    /// <summary>Every flat zone is grown and is a minimum unless a neighbour is lower.</summary>
    private static Plane<int> MinimaByZones(Plane<float> heights, Neighbourhood neighbourhood)
    {
        var labels = new Plane<int>(heights.Height, heights.Width);
        var seen = new bool[heights.Values.Length];
        int count = 0;
        for (int start = 0; start < seen.Length; start++)
        {
            if (seen[start]) continue;
            var zone = new List<int> { start };
            seen[start] = true;
            bool minimum = true;
            for (int i = 0; i < zone.Count; i++)
            {
                (int y, int x) = Math.DivRem(zone[i], heights.Width);
                for (int b = y - 1; b <= y + 1; b++)
                    for (int c = x - 1; c <= x + 1; c++)
                    {
                        if (b < 0 || c < 0 || b >= heights.Height || c >= heights.Width || neighbourhood == Neighbourhood.Four && b != y && c != x) continue;
                        int q = b * heights.Width + c;
                        minimum &= heights.Values[q] >= heights.Values[start];
                        if (seen[q] || heights.Values[q] != heights.Values[start]) continue;
                        seen[q] = true;
                        zone.Add(q);
                    }
            }
            if (!minimum) continue;
            count++;
            foreach (int p in zone) labels.Values[p] = count;
        }
        return labels;
    }

    [Fact]
    public void Bad_input_is_named()
    {
        var heights = new Plane<float>(3, 3);
        Assert.StartsWith("markers", Assert.Throws<BadInputException>(() => MarkerWatershed.Flood(heights, new Plane<int>(3, 4), Neighbourhood.Four, lines: false, new Job(1))).Message, StringComparison.Ordinal);
        Assert.StartsWith("floor", Assert.Throws<BadInputException>(() => Reconstruction.ByErosion(heights, new Plane<float>(2, 3), Neighbourhood.Four, new Job(1))).Message, StringComparison.Ordinal);
        heights[1, 2] = float.NaN;
        Assert.Contains("y = 1, x = 2", Assert.Throws<BadInputException>(() => MarkerWatershed.Basins(heights, Neighbourhood.Four, lines: true, new Job(1))).Message, StringComparison.Ordinal);
        Assert.StartsWith("seed", Assert.Throws<BadInputException>(() => Reconstruction.ByErosion(heights, new Plane<float>(3, 3), Neighbourhood.Four, new Job(1))).Message, StringComparison.Ordinal);
        Assert.All(MarkerWatershed.Flood(new Plane<float>(3, 3), new Plane<int>(3, 3), Neighbourhood.Four, lines: true, new Job(1)).Values, v => Assert.Equal(0, v));
    }
}

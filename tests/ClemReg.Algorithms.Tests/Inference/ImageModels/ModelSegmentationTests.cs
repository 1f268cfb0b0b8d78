using ClemReg.Algorithms.Inference.ImageModels;
using ClemReg.Algorithms.Mitochondria;
using ClemReg.Algorithms.Segmentation;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Tests.Inference.ImageModels;

public sealed class ModelSegmentationTests
{
    private static ModelCard Card(bool boundary) => new()
    {
        Name = "fake",
        Input = "image",
        Volumetric = false,
        Probability = new CardOutput("out", 0, Activation.None),
        Boundary = boundary ? new CardOutput("out", 1, Activation.None) : null,
    };

    /// <summary>Two bars that touch (a boundary of value 100 between them), a speck, and a third bar.</summary>
    private static Volume<byte> Bars()
    {
        var image = new Volume<byte>(new Grid(new Size3(4, 12, 30), new Point3(10, 5, 5)));
        for (int z = 0; z < 4; z++)
            for (int y = 2; y < 10; y++)
                for (int x = 0; x < 30; x++)
                    if (x is >= 2 and < 16 or >= 20 and < 26) image[z, y, x] = x == 9 ? (byte)100 : (byte)250;
        image[0, 0, 28] = 250;
        return image;
    }

    [Fact]
    public void What_touches_is_one_object_and_specks_are_left_out()
    {
        using Volume<byte> image = Bars();
        var session = new FakeSession(4, 0, 1, (p, _, z, y, x) => p[z, y, x] > 0.1f ? 1 : 0);
        LabelVolume found = ModelSegmentation.Run(image, new TiledModel(session, Card(false)), Card(false), new ModelSegmentationOptions { MinimumVoxels = 2 }, new Job(2));
        Assert.Equal([(1, 4 * 8 * 14L), (2, 4 * 8 * 6L)], found.Objects.Select(o => (o.Label, o.Voxels)));
    }

    [Fact]
    public void Boundaries_divide_what_touches()
    {
        using Volume<byte> image = Bars();
        var session = new FakeSession(4, 0, 2, (p, c, z, y, x) => c == 0 ? p[z, y, x] > 0.1f ? 1 : 0 : Math.Abs(p[z, y, x] - 100 / 255f) < 0.01 ? 0.9f : 0.05f);
        LabelVolume found = ModelSegmentation.Run(image, new TiledModel(session, Card(true)), Card(true), new ModelSegmentationOptions { MinimumVoxels = 2 }, new Job(2));
        Assert.Equal(3, found.Objects.Count);
        // The boundary's own column goes to one of its neighbours.
        Assert.Equal(4 * 8 * 14L, found.Objects[0].Voxels + found.Objects[1].Voxels);
        Assert.InRange(found.Objects[0].Voxels, 4 * 8 * 6, 4 * 8 * 8);
    }

    [Fact]
    public void The_threshold_itself_counts()
    {
        using Volume<byte> image = Bars();
        var session = new FakeSession(4, 0, 1, (_, _, _, _, x) => x < 10 ? 0.5f : 0.49999f);
        LabelVolume found = ModelSegmentation.Run(image, new TiledModel(session, Card(false)), Card(false), new ModelSegmentationOptions { MinimumVoxels = 1 }, new Job(1));
        Assert.Equal(4 * 12 * 10L, Assert.Single(found.Objects).Voxels);
    }

    [Fact]
    public void Bad_options_and_an_unknown_range_are_refused()
    {
        using Volume<byte> image = Bars();
        using var floats = new Volume<float>(image.Grid);
        string Message(ISliceSource of, ModelSegmentationOptions options) => Assert.Throws<BadInputException>(() => ModelSegmentation.Run(of,
            new TiledModel(new FakeSession(4, 0, 1, (_, _, _, _, _) => 0), Card(false)), Card(false), options, new Job(1))).Message;
        Assert.Contains("seg_thr", Message(image, new ModelSegmentationOptions { Threshold = 1 }), StringComparison.Ordinal);
        Assert.Contains("min_size", Message(image, new ModelSegmentationOptions { MinimumVoxels = -1 }), StringComparison.Ordinal);
        Assert.Contains("em_intensity_range", Message(image, new ModelSegmentationOptions { IntensityLow = 3 }), StringComparison.Ordinal);
        Assert.Contains("32-bit floats", Message(floats, new ModelSegmentationOptions()), StringComparison.Ordinal);
        floats[1, 2, 3] = float.NaN;
        Assert.Contains("slice 2 at x = 3, y = 2", Message(floats, new ModelSegmentationOptions { IntensityLow = 0, IntensityHigh = 1 }), StringComparison.Ordinal);
    }

    [Fact]
    public void Seeds_grow_over_low_values_first()
    {
        var grid = new Grid(new Size3(1, 1, 9), new Point3(1, 1, 1));
        using var heights = new Volume<byte>(grid);
        using var mask = new BitVolume(grid);
        byte[] profile = [0, 10, 20, 200, 90, 80, 10, 0, 0];
        for (int x = 0; x < 9; x++) (heights[0, 0, x], mask[0, 0, x]) = (profile[x], x < 8);
        var labels = new int[9];
        (labels[0], labels[7]) = (5, 7);
        SeededWatershed.Grow(heights, mask, labels, new Job(1));
        Assert.Equal([5, 5, 5, 5, 7, 7, 7, 7, 0], labels);
    }

    [Fact]
    public void Every_voxel_of_the_mask_that_a_seed_reaches_gets_the_seed_over_the_lowest_pass()
    {
        var random = new Random(3);
        for (int round = 0; round < 30; round++)
        {
            var grid = new Grid(new Size3(1 + random.Next(5), 1 + random.Next(8), 1 + random.Next(8)), new Point3(1, 1, 1));
            int count = (int)grid.Size.Count;
            using var heights = new Volume<byte>(grid);
            using var mask = new BitVolume(grid);
            var labels = new int[count];
            var seeds = new int[count];
            for (int i = 0; i < count; i++)
            {
                (int z, int rest) = Math.DivRem(i, grid.Size.SliceCount);
                (int y, int x) = Math.DivRem(rest, grid.Size.X);
                heights[z, y, x] = (byte)random.Next(4);
                mask[z, y, x] = random.Next(4) > 0;
                if (mask[z, y, x] && random.Next(12) == 0) labels[i] = seeds[i] = 1 + random.Next(3);
            }
            SeededWatershed.Grow(heights, mask, labels, new Job(1));
            // The pass to a seed: the least over all ways of the greatest height on the way, the seed's own left out.
            int[] Pass(int label)
            {
                var pass = new int[count];
                Array.Fill(pass, 999);
                for (int i = 0; i < count; i++) if (seeds[i] == label) pass[i] = 0;
                for (bool changed = true; changed;)
                {
                    changed = false;
                    for (int i = 0; i < count; i++)
                        foreach (int j in Neighbours(i))
                        {
                            int way = Math.Max(pass[j], At(heights, i));
                            if (!In(mask, i) || way >= pass[i] || seeds[i] != 0) continue;
                            (pass[i], changed) = (way, true);
                        }
                }
                return pass;
            }
            int[][] passes = [[], Pass(1), Pass(2), Pass(3)];
            for (int i = 0; i < count; i++)
            {
                if (seeds[i] != 0 || !In(mask, i)) Assert.Equal(seeds[i], labels[i]);
                else if (labels[i] == 0) Assert.All(passes[1..], p => Assert.Equal(999, p[i]));
                else Assert.Equal(passes[1..].Min(p => p[i]), passes[labels[i]][i]);
            }

            IEnumerable<int> Neighbours(int i)
            {
                int plane = grid.Size.SliceCount, width = grid.Size.X;
                if (i >= plane) yield return i - plane;
                if (i + plane < count) yield return i + plane;
                if (i % plane >= width) yield return i - width;
                if (i % plane + width < plane) yield return i + width;
                if (i % width > 0) yield return i - 1;
                if (i % width + 1 < width) yield return i + 1;
            }
            int At(Volume<byte> v, int i) => v.Slice(i / grid.Size.SliceCount)[i % grid.Size.SliceCount];
            bool In(BitVolume v, int i) => v[i / grid.Size.SliceCount, i % grid.Size.SliceCount / grid.Size.X, i % grid.Size.X];
        }
    }
}

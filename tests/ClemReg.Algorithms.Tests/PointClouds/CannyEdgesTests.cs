using System.Numerics;
using ClemReg.Algorithms.PointClouds;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Tests.PointClouds;

public sealed class CannyEdgesTests
{
    [Fact]
    [Trait("Category", "Kernel")]
    public void Edges_are_those_of_scikit_image()
    {
        using var golden = new GoldenReader("canny.bin");
        int cases = golden.Int();
        long edges = 0;
        for (int i = 0; i < cases; i++)
        {
            int height = golden.Int(), width = golden.Int();
            double sigma = golden.Double();
            var grid = new Grid(new Size3(1, height, width), new Point3(1, 1, 1));
            using BitVolume mask = golden.Mask(grid), expected = golden.Mask(grid);
            ulong[] found = Find(mask, 0, sigma);
            Assert.True(expected.SliceWords(0).SequenceEqual(found), $"case {i}: {height} x {width}, sigma {sigma}");
            edges += expected.CountSet();
        }
        Assert.True(golden.AtEnd);
        Assert.True(edges > 10000);
    }

    [Fact]
    [Trait("Category", "Kernel")]
    public void The_hypotenuse_is_that_of_the_C_library()
    {
        using var golden = new GoldenReader("hypot.bin");
        while (!golden.AtEnd)
        {
            double a = golden.Double(), b = golden.Double();
            Assert.Equal(golden.Double(), CannyEdges.Hypotenuse(new Vector<double>(a), new Vector<double>(b))[0]);
        }
    }

    [Theory]
    [Trait("Category", "Kernel")]
    [InlineData(1, 1, 1.0)]
    [InlineData(3, 200, 1.0)]
    [InlineData(151, 3, 1.0)]
    [InlineData(97, 131, 1.0)]
    [InlineData(64, 256, 1.0)]
    [InlineData(41, 200, 0.3)]
    [InlineData(53, 141, 2.5)]
    public void Edges_are_those_of_the_same_steps_over_every_pixel(int height, int width, double sigma)
    {
        using BitVolume objects = Masks.Objects(new Grid(new Size3(3, height, width), new Point3(1, 1, 1)), height * width, 3);
        using BitVolume noise = Masks.Noise(new Size3(1, height, width), height + width, 0.02);
        foreach (BitVolume mask in (BitVolume[])[objects, noise])
            for (int z = 0; z < mask.Grid.Size.Z; z++)
            {
                bool[,] expected = PlainCanny.Find(mask, z, sigma);
                int[] pixels = CannyEdges.PixelsInScanOrder(Find(mask, z, sigma), width, expected.Cast<bool>().Count(e => e));
                Assert.Equal(Enumerable.Range(0, height * width).Where(i => expected[i / width, i % width]), pixels);
            }
    }

    [Fact]
    public void A_slice_leaves_nothing_behind_for_the_next()
    {
        var size = new Size3(8, 90, 150);
        using BitVolume mask = Masks.Objects(new Grid(size, new Point3(1, 1, 1)), 3);
        mask.SliceWords(3).Clear();
        using var shared = new CannyEdges(size.Y, size.X, 1);
        var edges = new ulong[mask.SliceWords(0).Length];
        foreach (int z in (int[])[5, 0, 3, 7, 1, 5])
        {
            int count = shared.Find(mask.SliceWords(z), edges, new Job(1));
            Assert.Equal(Find(mask, z, 1), edges);
            Assert.Equal(edges.Sum(BitOperations.PopCount), count);
        }
    }

    [Fact]
    public void A_cancelled_job_ends_it()
    {
        using BitVolume mask = Masks.Noise(new Size3(1, 70, 70), 1, 0.5);
        using var canny = new CannyEdges(70, 70, 1);
        var job = new Job(1, new CancellationToken(true));
        Assert.ThrowsAny<OperationCanceledException>(() => canny.Find(mask.SliceWords(0), new ulong[mask.SliceWords(0).Length], job));
    }

    [Theory]
    [InlineData(-0.1)]
    [InlineData(15.1)]
    [InlineData(double.NaN)]
    public void A_sigma_out_of_range_is_named(double sigma)
    {
        var error = Assert.Throws<BadInputException>(() => new CannyEdges(5, 5, sigma));
        Assert.Contains("point_cloud_sigma", error.Message, StringComparison.Ordinal);
    }

    private static ulong[] Find(BitVolume mask, int z, double sigma)
    {
        using var canny = new CannyEdges(mask.Grid.Size.Y, mask.Grid.Size.X, sigma);
        var edges = new ulong[mask.SliceWords(z).Length];
        canny.Find(mask.SliceWords(z), edges, new Job(1));
        return edges;
    }
}

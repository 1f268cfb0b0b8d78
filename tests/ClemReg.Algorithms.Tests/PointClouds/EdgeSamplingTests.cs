using System.Runtime.InteropServices;
using ClemReg.Algorithms.PointClouds;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Tests.PointClouds;

public sealed class EdgeSamplingTests
{
    private static readonly PointSamplingOptions AllEdges = new()
    {
        IsotropicSpacing = 20,
        PointCloudSamplingFrequency = 100,
        RegistrationVoxelSize = 0,
        OutlierStdRatio = 0,
    };

    [Fact]
    public void Clouds_are_those_of_scikit_image_and_Open3D_on_a_resampled_volume()
    {
        using var golden = new GoldenReader("sampling.bin");
        int cases = golden.Int();
        for (int i = 0; i < cases; i++)
        {
            var size = new Size3(golden.Int(), golden.Int(), golden.Int());
            var grid = new Grid(size, golden.Point(), golden.Point());
            var options = new PointSamplingOptions
            {
                IsotropicSpacing = golden.Double(),
                PointCloudSigma = golden.Double(),
                PointCloudSamplingFrequency = golden.Double(),
                RegistrationVoxelSize = golden.Double(),
            };
            using BitVolume mask = golden.Mask(grid);
            PointCloud sampled = golden.Cloud(), averaged = golden.Cloud(), kept = golden.Cloud();
            Masks.AssertClose(sampled, EdgeSampling.Sample(mask, options with { RegistrationVoxelSize = 0, OutlierStdRatio = 0 }, new Job(2)), 1e-8);
            Masks.AssertClose(averaged, EdgeSampling.Sample(mask, options with { OutlierStdRatio = 0 }, new Job(2)), 1e-8, anyOrder: true);
            Masks.AssertClose(kept, EdgeSampling.Sample(mask, options, new Job(2)), 1e-8, anyOrder: true);
        }
        Assert.True(golden.AtEnd);
    }

    public static TheoryData<int, int, int, double, double, double, double> Anisotropic => new()
    {
        // z, y, x voxels; their spacing; the isotropic spacing
        { 5, 41, 37, 130, 35.3, 35.3, 20 },
        { 7, 53, 70, 130, 35.3, 35.3, 20 },
        { 4, 110, 117, 25, 10, 10, 25 },
        { 3, 131, 127, 0.06, 0.01, 0.01, 0.02 },
        { 13, 70, 61, 10, 10, 10, 25 },
        { 1, 64, 64, 50, 50, 50, 50 },
        { 3, 31, 1, 40, 20, 300, 20 },
        { 2, 43, 129, 20, 30, 17, 13 },
        { 6, 40, 65, 20, 20, 20, 20 },
    };

    [Theory]
    [MemberData(nameof(Anisotropic))]
    public void A_raw_mask_gives_the_cloud_of_the_mask_resampled_to_isotropic_voxels(
        int z, int y, int x, double hz, double hy, double hx, double isotropic)
    {
        using BitVolume raw = Masks.Objects(new Grid(new Size3(z, y, x), new Point3(hz, hy, hx), new Point3(-70, 11, 1e3)), z * y + x, 4);
        using BitVolume resampled = Resample(raw, isotropic);
        foreach (PointSamplingOptions options in (PointSamplingOptions[])
            [
                AllEdges with { IsotropicSpacing = isotropic },
                AllEdges with { IsotropicSpacing = isotropic, PointCloudSamplingFrequency = 14 },
                AllEdges with { IsotropicSpacing = isotropic, PointCloudSamplingFrequency = 40, PointCloudSamplingMethod = PointSamplingMethod.Random, PointCloudDownsampling = 3 },
                AllEdges with { IsotropicSpacing = isotropic, PointCloudSamplingFrequency = 30, RegistrationVoxelSize = 3, OutlierStdRatio = 1 },
            ])
        {
            PointCloud expected = EdgeSampling.Sample(resampled, options, new Job(1));
            Masks.AssertClose(expected, EdgeSampling.Sample(raw, options, new Job(1)), 1e-8);
            Assert.True(expected.Count > 10);
        }
    }

    [Theory]
    [InlineData(PointSamplingMethod.EveryKth)]
    [InlineData(PointSamplingMethod.Random)]
    public void The_points_do_not_depend_on_the_threads(PointSamplingMethod method)
    {
        using BitVolume mask = Masks.Objects(new Grid(new Size3(11, 67, 71), new Point3(45, 30, 30)), 5);
        var options = new PointSamplingOptions { IsotropicSpacing = 20, PointCloudSamplingMethod = method, PointCloudSamplingFrequency = 10, RegistrationVoxelSize = 5 };
        byte[] expected = Bytes(EdgeSampling.Sample(mask, options, new Job(1)));
        foreach (int threads in (int[])[2, 3, 7])
            Assert.Equal(expected, Bytes(EdgeSampling.Sample(mask, options, new Job(threads))));
    }

    [Fact]
    public void Every_kth_edge_is_kept_across_slices_and_of_those_every_nth()
    {
        using BitVolume mask = Masks.Objects(new Grid(new Size3(5, 60, 60), new Point3(20, 20, 20)), 8);
        Point3[] all = EdgeSampling.Sample(mask, AllEdges, new Job(2)).Points.ToArray();
        PointCloud some = EdgeSampling.Sample(mask, AllEdges with { PointCloudSamplingFrequency = 22 }, new Job(2));
        Assert.Equal(all.Where((_, i) => i % 4 == 0), some.Points.ToArray());
        PointCloud fewer = EdgeSampling.Sample(mask, AllEdges with { PointCloudSamplingFrequency = 22, PointCloudDownsampling = 3 }, new Job(2));
        Assert.Equal(all.Where((_, i) => i % 12 == 0), fewer.Points.ToArray());
        Assert.Equal(all.OrderBy(p => (p.Z, p.Y, p.X)), all);
    }

    [Fact]
    public void The_random_method_keeps_its_share_and_follows_its_seed()
    {
        using BitVolume mask = Masks.Objects(new Grid(new Size3(12, 90, 90), new Point3(20, 20, 20)), 2);
        int all = EdgeSampling.Sample(mask, AllEdges, new Job(2)).Count;
        PointSamplingOptions random = AllEdges with { PointCloudSamplingMethod = PointSamplingMethod.Random, PointCloudSamplingFrequency = 30 };
        PointCloud first = EdgeSampling.Sample(mask, random, new Job(2));
        PointCloud second = EdgeSampling.Sample(mask, random with { Seed = 1 }, new Job(2));
        double deviation = Math.Sqrt(all * 0.3 * 0.7);
        Assert.InRange(first.Count, 0.3 * all - 5 * deviation, 0.3 * all + 5 * deviation);
        Assert.InRange(second.Count, 0.3 * all - 5 * deviation, 0.3 * all + 5 * deviation);
        // Independent draws share 30 % of 30 %.
        int common = first.Points.ToArray().Intersect(second.Points.ToArray()).Count();
        Assert.InRange(common, 0.09 * all - 5 * deviation, 0.09 * all + 5 * deviation);
        Point3[] thinned = EdgeSampling.Sample(mask, random with { PointCloudDownsampling = 4 }, new Job(2)).Points.ToArray();
        Assert.Equal(first.Points.ToArray().Where((_, i) => i % 4 == 0), thinned);
        Assert.Equal(all, EdgeSampling.Sample(mask, random with { PointCloudSamplingFrequency = 100 }, new Job(2)).Count);
    }

    [Fact]
    public void Points_lie_on_the_outline_in_physical_coordinates()
    {
        var grid = new Grid(new Size3(3, 101, 101), new Point3(100, 30, 30), new Point3(500, -200, 4000));
        using var mask = new BitVolume(grid);
        for (int z = 0; z < 3; z++)
            for (int y = 0; y < 101; y++)
                for (int x = 0; x < 101; x++)
                    mask[z, y, x] = Math.Abs(y - 50) < 20 && Math.Abs(x - 50) < 20;
        PointCloud cloud = EdgeSampling.Sample(mask, AllEdges, new Job(2));
        // The square reaches from -200 + 30.5 * 30 to -200 + 69.5 * 30 nm in y; edges lie within one and a half isotropic voxels.
        Point3 centre = grid.ToPhysical(1, 50, 50);
        foreach (Point3 p in cloud.Points)
        {
            double side = Math.Max(Math.Abs(p.Y - centre.Y), Math.Abs(p.X - centre.X));
            Assert.InRange(side, 19.5 * 30 - 30, 19.5 * 30 + 30);
            Assert.InRange(p.Z, 500 - 50 + 10 - 1e-9, 700 + 50 - 10 + 1e-9);
        }
        Assert.Equal(15, cloud.Points.ToArray().Select(p => Math.Round(p.Z, 6)).Distinct().Count());
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void A_mask_without_edges_is_an_error(int fill)
    {
        using BitVolume mask = Masks.Noise(new Size3(2, 30, 30), 0, fill);
        var error = Assert.Throws<BadInputException>(
            () => EdgeSampling.Sample(mask, AllEdges with { IsotropicSpacing = 1, MaskName = "fluorescence mask" }, new Job(1)));
        Assert.Contains("No edge was found in the fluorescence mask", error.Message, StringComparison.Ordinal);
        Assert.Contains($"{1800 * fill} foreground voxels", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Too_few_points_are_an_error_that_says_what_to_change()
    {
        using BitVolume mask = Masks.Objects(new Grid(new Size3(2, 40, 40), new Point3(20, 20, 20)), 4, 1);
        var error = Assert.Throws<BadInputException>(
            () => EdgeSampling.Sample(mask, AllEdges with { PointCloudSamplingFrequency = 1e-6 }, new Job(1)));
        Assert.StartsWith("Only 1 points remain", error.Message, StringComparison.Ordinal);
        Assert.Contains("point_cloud_sampling_frequency", error.Message, StringComparison.Ordinal);
    }

    public static TheoryData<string, PointSamplingOptions> BadOptions => new()
    {
        { "isotropic_spacing = 0", AllEdges with { IsotropicSpacing = 0 } },
        { "isotropic_spacing = NaN", AllEdges with { IsotropicSpacing = double.NaN } },
        { "isotropic_spacing = 1E-05", AllEdges with { IsotropicSpacing = 1e-5 } },
        { "isotropic_spacing = 1E-300", AllEdges with { IsotropicSpacing = 1e-300 } },
        { "point_cloud_sigma = -1", AllEdges with { PointCloudSigma = -1 } },
        { "point_cloud_sampling_frequency = 0", AllEdges with { PointCloudSamplingFrequency = 0 } },
        { "point_cloud_sampling_frequency = 101", AllEdges with { PointCloudSamplingFrequency = 101 } },
        { "point_cloud_sampling_method = 9", AllEdges with { PointCloudSamplingMethod = (PointSamplingMethod)9 } },
        { "point_cloud_downsampling = 0", AllEdges with { PointCloudDownsampling = 0 } },
        { "registration_voxel_size = -1", AllEdges with { RegistrationVoxelSize = -1 } },
        { "point_cloud_outlier_neighbours = 0", AllEdges with { OutlierNeighbours = 0 } },
        { "point_cloud_outlier_std_ratio = -2", AllEdges with { OutlierStdRatio = -2 } },
    };

    [Theory]
    [MemberData(nameof(BadOptions))]
    public void A_bad_option_is_named_with_its_value(string expected, PointSamplingOptions options)
    {
        using BitVolume mask = Masks.Noise(new Size3(2, 10, 10), 1, 0.5);
        var error = Assert.Throws<BadInputException>(() => EdgeSampling.Sample(mask, options, new Job(1)));
        Assert.StartsWith(expected, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_cancelled_job_ends_it()
    {
        using BitVolume mask = Masks.Noise(new Size3(2, 10, 10), 1, 0.5);
        using var source = new CancellationTokenSource();
        source.Cancel();
        Assert.ThrowsAny<OperationCanceledException>(() => EdgeSampling.Sample(mask, AllEdges, new Job(2, source.Token)));
    }

    private static byte[] Bytes(PointCloud cloud) => MemoryMarshal.AsBytes(cloud.Points).ToArray();

    // The isotropic volume, voxel by voxel from the nearest raw voxel.
    private static BitVolume Resample(BitVolume raw, double spacing)
    {
        Grid from = raw.Grid;
        int Count(int n, double h) => Math.Max(1, (int)Math.Round(n * h / spacing));
        var grid = new Grid(
            new Size3(Count(from.Size.Z, from.Spacing.Z), Count(from.Size.Y, from.Spacing.Y), Count(from.Size.X, from.Spacing.X)),
            new Point3(spacing, spacing, spacing),
            from.Origin - 0.5 * from.Spacing + 0.5 * new Point3(spacing, spacing, spacing));
        var resampled = new BitVolume(grid);
        for (int z = 0; z < grid.Size.Z; z++)
            for (int y = 0; y < grid.Size.Y; y++)
                for (int x = 0; x < grid.Size.X; x++)
                {
                    Point3 p = from.ToIndex(grid.ToPhysical(z, y, x));
                    // Half-way between two raw voxels the upper one is taken; the physical position hits such a tie only nearly.
                    int Nearest(double index, int size) => Math.Clamp((int)Math.Floor(index + 0.5 + 1e-9), 0, size - 1);
                    resampled[z, y, x] = raw[Nearest(p.Z, from.Size.Z), Nearest(p.Y, from.Size.Y), Nearest(p.X, from.Size.X)];
                }
        return resampled;
    }
}

using ClemReg.Algorithms.Filters;
using ClemReg.Algorithms.Tests.Transforms;
using ClemReg.Algorithms.Transforms;
using ClemReg.Algorithms.Volumes;
using ClemReg.Algorithms.Warping;

namespace ClemReg.Algorithms.Tests.Warping;

public sealed class OutputGridTests
{
    private static readonly Grid Target = new(new Size3(10, 60, 80), new Point3(50, 20, 20), new Point3(100, -200, 0));
    private static readonly Grid Source = new(new Size3(3, 20, 20), new Point3(130, 35, 35));

    [Fact]
    public void Another_pitch_covers_the_same_box()
    {
        Assert.Equal(Target, OutputGrid.WithSpacing(Target, Target.Spacing));
        Grid coarse = OutputGrid.WithSpacing(Target, new Point3(130, 40, 35));
        Assert.Equal(new Size3(4, 30, 46), coarse.Size);
        // The same centre, and the outer faces where they were to within half a voxel.
        Point3 Centre(Grid g) => g.ToPhysical((g.Size.Z - 1) / 2.0, (g.Size.Y - 1) / 2.0, (g.Size.X - 1) / 2.0);
        Assert.True((Centre(coarse) - Centre(Target)).Length < 1e-9);
        Assert.Equal(-200 - 10, coarse.Origin.Y - 20, 1e-9);
        Assert.Equal(new Size3(1, 1, 1), OutputGrid.WithSpacing(Target, new Point3(1e6, 1e6, 1e6)).Size);
        foreach (double bad in (double[])[0, -1, double.NaN, 1e-3])
            Assert.Contains("warping_output_spacing", Assert.Throws<BadInputException>(() => OutputGrid.WithSpacing(Target, new Point3(bad, bad, bad))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_crop_keeps_every_voxel_that_the_source_reaches_and_no_row_that_it_does_not()
    {
        foreach (bool bent in (bool[])[false, true])
        {
            AffineTransform turn = AffineTransform.Similarity(1.1, [1, 0, 0, 0, 0.8, -0.6, 0, 0.6, 0.8], new Point3(250, 100, 200));
            SpatialTransform transform = turn;
            if (bent)
            {
                var nodes = new Grid(new Size3(3, 5, 5), new Point3(200, 200, 200), new Point3(-50, -50, -50));
                transform = ThinPlateFit.Make(new(Points(nodes)), new([.. Points(nodes).Select(p => turn.Apply(p) + 30 * new Point3(Math.Sin(p.Y / 200), Math.Sin(p.X / 150), Math.Cos(p.Y / 180)))]),
                    new ThinPlateOptions(), new Job(1)).Transform;
            }
            Grid crop = OutputGrid.Crop(Target, Source, transform);
            using Volume moving = Volume.Create(Source, VoxelType.UInt8);
            for (int z = 0; z < 3; z++) moving.SliceBytes(z).Fill(200);
            byte[] whole = Read(moving, transform, Target), part = Read(moving, transform, crop);
            Point3 from = Target.ToIndex(crop.Origin);
            int i = 0, inside = 0;
            for (int z = 0; z < Target.Size.Z; z++)
                for (int y = 0; y < Target.Size.Y; y++)
                    for (int x = 0; x < Target.Size.X; x++, i++)
                    {
                        (int pz, int py, int px) = (z - (int)Math.Round(from.Z), y - (int)Math.Round(from.Y), x - (int)Math.Round(from.X));
                        bool kept = pz >= 0 && py >= 0 && px >= 0 && pz < crop.Size.Z && py < crop.Size.Y && px < crop.Size.X;
                        if (!kept) Assert.Equal(0, whole[i]);
                        else if (!bent) Assert.Equal(whole[i], part[(pz * crop.Size.Y + py) * crop.Size.X + px]);
                        if (whole[i] > 0) inside++;
                    }
            Assert.True(inside > 300 && crop.Size.Count < Target.Size.Count / 2, $"{inside} inside, crop {crop.Size}");
        }

        static byte[] Read(Volume moving, SpatialTransform transform, Grid grid)
        {
            using var warped = new WarpedVolume(moving, transform, grid, 0, new Job(1));
            return WarpCases.Read(warped);
        }
        static Point3[] Points(Grid g) =>
            [.. Enumerable.Range(0, (int)g.Size.Count).Select(i => g.ToPhysical(i / 25, i / 5 % 5, i % 5))];
    }

    [Fact]
    public void Nothing_in_common_is_an_error()
    {
        Assert.Equal(Target, OutputGrid.Crop(Target, Target, AffineTransform.Identity));
        var far = new AffineTransform([1, 0, 0, 1e5, 0, 1, 0, 0, 0, 0, 1, 0]);
        Assert.Contains("does not overlap", Assert.Throws<BadInputException>(() => OutputGrid.Crop(Target, Source, far)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(VoxelType.UInt8)]
    [InlineData(VoxelType.UInt16)]
    [InlineData(VoxelType.Float32)]
    public void The_blurred_view_is_the_Gaussian_filter(VoxelType type)
    {
        var grid = new Grid(new Size3(9, 33, 41), new Point3(20, 20, 20));
        using Volume volume = WarpCases.Noise(grid, type, 5);
        foreach (Point3 sigma in (Point3[])[new(2.75, 0.4, 1.2), new(0, 1, 0), new(1.5, 0, 0)])
        {
            using Volume<float> expected = GaussianFilter.Apply(volume, sigma, new Job(1));
            using var view = new BlurredSource(volume, sigma, new Job(2));
            float[] actual = WarpCases.ReadFloats(view);
            double[] exact = WarpCases.Values(expected);
            double most = type == VoxelType.Float32 ? 0.01 : 0.55;
            for (int i = 0; i < exact.Length; i++) Assert.True(Math.Abs(exact[i] - actual[i]) <= most, $"voxel {i}: {actual[i]}, expected {exact[i]}");
        }
    }

    [Fact]
    public void Only_axes_that_are_sampled_more_coarsely_are_blurred()
    {
        var em = new Grid(new Size3(9, 33, 41), new Point3(20, 20, 20));
        var fm = new Grid(new Size3(9, 33, 41), new Point3(130, 28, 35));
        Point3 sigma = BlurredSource.Sigma(em, AffineTransform.Identity, fm);
        Assert.Equal(2.75, sigma.Z, 1e-12);
        Assert.Equal(0, sigma.Y);
        Assert.Equal(0.375, sigma.X, 1e-12);
        Assert.Equal(default, BlurredSource.Sigma(fm, AffineTransform.Identity, em));
        // z of the source along x of the target.
        var turned = new AffineTransform([0, 0, -1, 0, 0, 1, 0, 0, 1, 0, 0, 0]);
        Assert.Equal(0.375, BlurredSource.Sigma(em, turned, fm).Z, 1e-12);
        Assert.True(BlurredSource.Sigma(em, BendCases.Spline(30, 20), fm).Z > 2);
    }
}

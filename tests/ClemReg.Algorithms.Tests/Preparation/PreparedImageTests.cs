using ClemReg.Algorithms.Preparation;
using ClemReg.Algorithms.Tests.Warping;
using ClemReg.Algorithms.Transforms;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Tests.Preparation;

public sealed class PreparedImageTests
{
    private static readonly Grid Em = new(new Size3(9, 14, 11), new Point3(40, 8, 7), new Point3(-500, 120, 33));

    private static float At(float[] values, Grid grid, int z, int y, int x) => values[(z * grid.Size.Y + y) * grid.Size.X + x];

    private static void KeepsTheRamp(ISliceSource result, int margin = 0)
    {
        float[] values = WarpCases.ReadFloats(result);
        (int depth, int height, int width) = result.Grid.Size;
        int seen = 0;
        for (int z = margin; z < depth - margin; z++)
            for (int y = margin; y < height - margin; y++)
                for (int x = margin; x < width - margin; x++, seen++)
                    Assert.Equal(PreparationSources.RampAt(result.Grid.ToPhysical(z, y, x)), At(values, result.Grid, z, y, x), 4);
        Assert.True(seen > 0);
    }

    [Theory]
    [InlineData(1, 1, 1)]
    [InlineData(2, 2, 2)]
    [InlineData(1, 4, 3)]
    [InlineData(9, 5, 11)]
    public void Binning_leaves_structures_where_they_are(int z, int y, int x)
    {
        PreparationSources image = PreparationSources.Ramp(Em);
        using var binned = new BinnedSource(image, (z, y, x), false, new Job(2));
        Assert.Equal(new Size3(9 / z, 14 / y, 11 / x), binned.Grid.Size);
        Assert.Equal(Em.Origin.Z + (z - 1) / 2.0 * 40, binned.Grid.Origin.Z, 9);
        KeepsTheRamp(binned);
        Assert.All(image.Reads.Take(9 / z * z), n => Assert.Equal(1, n));
    }

    [Fact]
    public void Cropping_and_resampling_leave_structures_where_they_are()
    {
        PreparationSources image = PreparationSources.Ramp(Em);
        KeepsTheRamp(new CroppedSource(PreparationSources.Ramp(Em), (2, 3, 1), new Size3(4, 7, 9)));
        var fine = new Grid(new Size3(36, 14, 11), new Point3(10, 8, 7), new Point3(-515, 120, 33));
        using var isotropic = new ResampledSource(image, fine, false, new Job(2));
        KeepsTheRamp(isotropic, 2);
        Assert.All(image.Reads, n => Assert.Equal(1, n));
        // Beyond the outermost centres the outermost voxel counts.
        float[] values = WarpCases.ReadFloats(isotropic);
        Assert.Equal(PreparationSources.RampAt(Em.ToPhysical(0, 5, 5)), At(values, fine, 0, 5, 5), 4);
    }

    [Fact]
    public void The_nearest_voxel_makes_no_new_labels()
    {
        var labels = new PreparationSources(Em, VoxelType.UInt16, (z, _, x) => x < 5 ? 7 : 60000 + z);
        using var result = new ResampledSource(labels, new Grid(new Size3(36, 3, 30), new Point3(10, 35, 2.5), new Point3(-515, 130, 30)), true, new Job(1));
        float[] values = WarpCases.ReadFloats(result);
        Assert.All(values, v => Assert.True(v is 7 or (>= 60000 and < 60009)));
        Assert.Equal(7, At(values, result.Grid, 9, 1, 13)); // x = 62.5 nm, the image's voxel 4.2
        Assert.Equal(60002, At(values, result.Grid, 8, 1, 20)); // z = -435 nm, voxel 1.625
    }

    [Theory]
    [InlineData(VoxelType.UInt8)]
    [InlineData(VoxelType.UInt16)]
    [InlineData(VoxelType.Float32)]
    public void Means_are_exact_for_any_number_of_threads(VoxelType type)
    {
        using Volume noise = WarpCases.Noise(new Grid(new Size3(7, 38, 61), new Point3(1, 1, 1)), type, 5);
        double[] voxels = WarpCases.Values(noise);
        byte[] Bin(int threads)
        {
            using var binned = new BinnedSource(noise, (3, 2, 4), false, new Job(threads));
            return WarpCases.Read(binned);
        }
        byte[] one = Bin(1);
        Assert.Equal(one, Bin(3));
        var values = new float[one.Length / (int)type];
        VoxelConvert.ToFloat(one, type, values);
        for (int z = 0, n = 0; z < 2; z++)
            for (int y = 0; y < 19; y++)
                for (int x = 0; x < 15; x++, n++)
                {
                    double sum = 0;
                    for (int i = 0; i < 24; i++) sum += voxels[((z * 3 + i / 8) * 38 + y * 2 + i / 4 % 2) * 61 + x * 4 + i % 4];
                    Assert.Equal(type == VoxelType.Float32 ? (float)(sum / 24) : Math.Round(sum / 24), values[n], type == VoxelType.Float32 ? 3 : 0);
                }
    }

    [Fact]
    public void The_largest_blocks_do_not_overflow()
    {
        var white = new PreparationSources(new Grid(new Size3(32, 32, 64), new Point3(1, 1, 1)), VoxelType.UInt16, (_, _, _) => 65535);
        using var binned = new BinnedSource(white, (32, 32, 32), false, new Job(1));
        Assert.Equal([65535f, 65535f], WarpCases.ReadFloats(binned));
        Assert.Contains("bin = 33", Assert.Throws<BadInputException>(() => new BinnedSource(white, (33, 1, 1), false, new Job(1))).Message, StringComparison.Ordinal);
        var small = new PreparationSources(new Grid(new Size3(2, 8, 8), new Point3(1, 1, 1)), VoxelType.UInt8, (_, _, _) => 0);
        Assert.Contains("at most 8 along y", Assert.Throws<BadInputException>(() => new BinnedSource(small, (1, 9, 1), false, new Job(1))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Of_equally_frequent_labels_the_smallest_is_taken()
    {
        int[] block = [9, 3, 9, 3, 500, 4, 4, 9, /* second block */ 2, 2, 0, 0, 1, 1, 7, 8];
        var labels = new PreparationSources(new Grid(new Size3(2, 2, 4), new Point3(1, 1, 1)), VoxelType.UInt16, (z, y, x) => block[x / 2 * 8 + (z * 2 + y) * 2 + x % 2]);
        using var binned = new BinnedSource(labels, (2, 2, 2), true, new Job(1));
        Assert.Equal([9f, 0f], WarpCases.ReadFloats(binned));
    }

    public static TheoryData<string> Orientations => new("z90", "y90", "x90", "z180", "fz", "fy", "fx", "s1", "s2", "s1 z90 fx", "y90 x90 fz", "x90 x90 x90 y90");

    private static AxisOrientation Parse(string step) => step[0] switch
    {
        'f' => AxisOrientation.Flip("zyx".IndexOf(step[1], StringComparison.Ordinal)),
        's' => AxisOrientation.Swap(0, step[1] - '0'),
        _ when step.EndsWith("180", StringComparison.Ordinal) => Parse("z90").Then(Parse("z90")),
        _ => AxisOrientation.QuarterTurn("zyx".IndexOf(step[0], StringComparison.Ordinal)),
    };

    [Theory]
    [MemberData(nameof(Orientations))]
    public void Turned_voxels_lie_where_the_transform_says(string steps)
    {
        AxisOrientation all = AxisOrientation.Identity;
        AffineTransform transform = AffineTransform.Identity;
        Grid grid = Em;
        foreach (string step in steps.Split(' '))
        {
            AxisOrientation next = Parse(step);
            all = all.Then(next);
            (Grid moved, AffineTransform map) = step[0] == 's' ? next.Exchanged(grid) : next.AboutCentre(grid);
            (grid, transform) = (moved, transform.Then(map));
        }
        foreach (VoxelType type in Enum.GetValues<VoxelType>())
        {
            PreparationSources image = PreparationSources.Numbered(Em, type);
            float[] before = WarpCases.ReadFloats(image);
            // A budget of 3 slices and of all.
            foreach (long budget in (long[])[3L * grid.Size.SliceCount * (int)type, 1 << 20])
            {
                using var turned = new ReorientedSource(image, all, grid, budget, new Job(2));
                float[] after = WarpCases.ReadFloats(turned);
                for (int z = 0; z < Em.Size.Z; z++)
                    for (int y = 0; y < Em.Size.Y; y++)
                        for (int x = 0; x < Em.Size.X; x++)
                        {
                            Point3 index = grid.ToIndex(transform.Apply(Em.ToPhysical(z, y, x)));
                            Assert.Equal(0, (index - new Point3(Math.Round(index.Z), Math.Round(index.Y), Math.Round(index.X))).Length, 6);
                            Assert.Equal(At(before, Em, z, y, x), At(after, grid, (int)Math.Round(index.Z), (int)Math.Round(index.Y), (int)Math.Round(index.X)));
                        }
            }
        }
    }

    [Fact]
    public void Turns_go_the_way_that_is_documented()
    {
        // About z: clockwise on the screen, as ImageJ's Rotate 90 Degrees Right. The top left voxel comes to the top right.
        (Grid _, AffineTransform z90) = AxisOrientation.QuarterTurn(0).AboutCentre(Em);
        Point3 x = z90.Apply(new Point3(0, 0, 1)) - z90.Apply(default(Point3)), y = AxisOrientation.QuarterTurn(2).AboutCentre(Em).Transform.Apply(new Point3(0, 1, 0))
            - AxisOrientation.QuarterTurn(2).AboutCentre(Em).Transform.Apply(default(Point3));
        Assert.Equal(new Point3(0, 1, 0), new Point3(Math.Round(x.Z, 9), Math.Round(x.Y, 9), Math.Round(x.X, 9)));
        Assert.Equal(new Point3(1, 0, 0), new Point3(Math.Round(y.Z, 9), Math.Round(y.Y, 9), Math.Round(y.X, 9)));
        for (int axis = 0; axis < 3; axis++)
        {
            AxisOrientation quarter = AxisOrientation.QuarterTurn(axis);
            Assert.True(quarter.Then(quarter).Then(quarter).Then(quarter).IsIdentity);
            Assert.Equal(1, quarter.AboutCentre(Em).Transform.Determinant, 9);
            Assert.Equal(-1, AxisOrientation.Flip(axis).AboutCentre(Em).Transform.Determinant, 9);
        }
        Assert.Equal(-1, AxisOrientation.Swap(0, 1).Exchanged(Em).Transform.Determinant, 9);
    }

    [Theory]
    [InlineData(VoxelType.UInt8, false)]
    [InlineData(VoxelType.UInt8, true)]
    [InlineData(VoxelType.UInt16, true)]
    [InlineData(VoxelType.Float32, false)]
    [InlineData(VoxelType.Float32, true)]
    public void Percentiles_are_exact(VoxelType type, bool skipZeros)
    {
        using Volume noise = WarpCases.Noise(new Grid(new Size3(3, 20, 31), new Point3(1, 1, 1)), type, 3);
        noise.SliceBytes(1)[..400].Clear();
        double[] sorted = [.. WarpCases.Values(noise).Where(v => !skipZeros || v != 0).Order()];
        foreach ((double low, double high) in ((double, double)[])[(0, 100), (0.1, 99.9), (25, 26), (50, 50.01), (99, 100)])
        {
            (double a, double b) = StackContrast.Measure(noise, low, high, skipZeros, new Job(2));
            Assert.Equal(sorted[Math.Max(0, (int)Math.Ceiling(low / 100 * sorted.Length) - 1)], a);
            Assert.Equal(sorted[Math.Max(0, (int)Math.Ceiling(high / 100 * sorted.Length) - 1)], b);
        }
    }

    [Fact]
    public void Eight_bits_and_negatives()
    {
        var grid = new Grid(new Size3(1, 1, 6), new Point3(1, 1, 1));
        double[] values = [90, 100, 150, 200, 201, 125];
        foreach (VoxelType type in Enum.GetValues<VoxelType>())
        {
            var image = new PreparationSources(grid, type, (_, _, x) => values[x]);
            Assert.Equal([0, 0, 128, 255, 255, 64], WarpCases.Read(MappedSource.EightBit(image, 100, 200, new Job(1))));
            Assert.Equal(type == VoxelType.UInt8 ? [165f, 155, 105, 55, 54, 130] : [201f, 191, 141, 91, 90, 166],
                WarpCases.ReadFloats(type == VoxelType.UInt8 ? MappedSource.Inverted(image, 0, 255, new Job(1)) : MappedSource.Inverted(image, 90, 201, new Job(1))));
        }
    }
}

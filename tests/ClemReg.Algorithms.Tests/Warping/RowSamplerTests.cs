using ClemReg.Algorithms.Volumes;
using ClemReg.Algorithms.Warping;

namespace ClemReg.Algorithms.Tests.Warping;

public sealed unsafe class RowSamplerTests
{
    public static TheoryData<int, VoxelType> OrdersAndTypes()
    {
        var data = new TheoryData<int, VoxelType>();
        for (int order = 0; order <= 5; order++)
            foreach (VoxelType type in Enum.GetValues<VoxelType>())
                data.Add(order, type);
        return data;
    }

    [Theory]
    [Trait("Category", "Kernel")]
    [MemberData(nameof(OrdersAndTypes))]
    public void Rows_of_any_length_equal_the_scalar_reference_and_touch_nothing_else(int order, VoxelType type)
    {
        var random = new Random(order * 10 + (int)type);
        int compared = 0;
        for (int width = 1; width <= 70; width++)
        {
            var grid = new Grid(new Size3(1 + width % 5, 1 + width % 7, width), new Point3(1, 1, 1));
            using Volume source = WarpCases.Noise(grid, type, width);
            var reference = new WarpReference(grid.Size, WarpCases.Values(source), order);
            int count = 1 + random.Next(70);
            Point3 from = new(random.NextDouble() * (grid.Size.Z - 1), random.NextDouble() * (grid.Size.Y - 1), random.NextDouble() * (width - 1));
            Point3 to = new(random.NextDouble() * (grid.Size.Z - 1), random.NextDouble() * (grid.Size.Y - 1), random.NextDouble() * (width - 1));
            // Through the source from one point inside to another, and half as far again on both sides.
            Point3 step = 1.0 / Math.Max(1, count / 2) * (to - from);
            var map = new IndexMap(from + -(count / 4) * step, default, default, step);
            RowPath path = RowPath.Of(map, grid.Size, 0, 0, count);

            const byte untouched = 0xA5;
            var row = new byte[(count + 2) * (int)type];
            Array.Fill(row, untouched);
            using SplineCoefficients? coefficients = RowSampler.NeedsCoefficients(order, grid.Size)
                ? new SplineCoefficients(grid.Size, order, grid.Size.Z + order) : null;
            using NativeBuffer scratch = RowSampler.Scratch(count);
            fixed (byte* voxels = source.SliceBytes(0), target = row)
            {
                coefficients?.Fill(type, voxels, -(order / 2), grid.Size.Z + order, new Job(1));
                SourceWindow window = coefficients?.Window ?? new SourceWindow(voxels, grid.Size, grid.Size.SliceCount, width);
                RowSampler.Sample(order, type, window, path, target + (int)type, (float*)scratch.Pointer);
            }
            var values = new float[count];
            VoxelConvert.ToFloat(row.AsSpan((int)type, count * (int)type), type, values);
            double top = type == VoxelType.UInt8 ? 255 : type == VoxelType.UInt16 ? 65535 : 2000;
            for (int x = -1; x <= count; x++)
            {
                Span<byte> voxel = row.AsSpan((x + 1) * (int)type, (int)type);
                if (x < path.First || x >= path.End)
                {
                    Assert.All(voxel.ToArray(), b => Assert.Equal(untouched, b));
                    continue;
                }
                Point3 index = map.Base + x * step;
                if (order == 0 && (Tie(index.Z) || Tie(index.Y) || Tie(index.X))) continue;
                if (reference.At(index) is not { } exact) continue;
                double tolerance = WarpCases.Tolerance(order) * top;
                if (type != VoxelType.Float32)
                {
                    exact = Math.Clamp(exact, 0, top);
                    tolerance += 0.5;
                }
                Assert.True(Math.Abs(exact - values[x]) <= tolerance, $"width {width}, x {x}, {index}: {values[x]}, expected {exact}");
                compared++;
            }
        }
        Assert.True(compared > 500, $"only {compared} voxels compared");
    }

    [Theory]
    [Trait("Category", "Kernel")]
    [InlineData(0)]
    [InlineData(1)]
    public void At_the_border_nothing_beyond_it_is_read(int order)
    {
        for (int width = 2; width <= 19; width++)
        {
            var size = new Size3(1 + width % 3, 1 + width % 4, width);
            int count = (int)size.Count, guard = size.SliceCount + width + 4;
            // Whatever is read outside, even with a weight of 0, turns the result into NaN.
            var voxels = new float[guard + count + guard];
            Array.Fill(voxels, float.NaN);
            for (int i = 0; i < count; i++) voxels[guard + i] = 1 + i;
            var row = new float[width];
            using NativeBuffer scratch = RowSampler.Scratch(width);
            fixed (float* source = voxels, target = row)
            {
                var window = new SourceWindow(source + guard, size, size.SliceCount, width);
                for (int z = 0; z < size.Z; z++)
                    for (int y = 0; y < size.Y; y++)
                        for (int direction = -1; direction <= 1; direction += 2)
                        {
                            var map = new IndexMap(new Point3(z, y, direction < 0 ? width - 1 : 0), default, default, new Point3(0, 0, direction));
                            RowPath path = RowPath.Of(map, size, 0, 0, width);
                            Assert.Equal((0, width), (path.First, path.End));
                            RowSampler.Sample(order, VoxelType.Float32, window, path, (byte*)target, (float*)scratch.Pointer);
                            for (int x = 0; x < width; x++)
                                Assert.Equal(1f + (z * size.Y + y) * width + (direction < 0 ? width - 1 - x : x), row[x]);
                        }
            }
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(3)]
    public void A_path_is_inside_exactly_where_its_positions_are(int seed)
    {
        var random = new Random(seed);
        int some = 0;
        for (int round = 0; round < 3000; round++)
        {
            var size = new Size3(1 + random.Next(9), 1 + random.Next(70), 1 + random.Next(70));
            int count = 1 + random.Next(70);
            Point3 Random3(double scale) => scale * new Point3(random.NextDouble() * 2 - 1, random.NextDouble() * 2 - 1, random.NextDouble() * 2 - 1);
            double pace = Math.Pow(10, random.Next(-3, 2));
            Point3 step = Random3(pace);
            if (random.Next(3) == 0) step = new Point3(0, Math.Round(step.Y), step.X);
            Point3 at = new(random.Next(size.Z), random.Next(size.Y), random.NextDouble() * size.X);
            int crossing = random.Next(count);
            var map = new IndexMap(at + -crossing * step, default, default, step);
            RowPath path = RowPath.Of(map, size, 0, 0, count);
            for (int x = 0; x < count; x++)
            {
                Point3 p = map.Base + x * step;
                double outside = Math.Max(Math.Max(Beyond(p.Z, size.Z), Beyond(p.Y, size.Y)), Beyond(p.X, size.X));
                // 2.4e-7 of tolerance, give or take the rounding of step and position.
                if (outside is > 1.5e-7 and < 3.5e-7) continue;
                Assert.Equal(outside < 2.4e-7, x >= path.First && x < path.End);
                if (outside >= 2.4e-7) continue;
                some++;
                Assert.InRange((path.Z + x * path.StepZ) / 4294967296.0, p.Z - 1e-8, p.Z + 1e-8);
                Assert.InRange((path.Y + x * path.StepY) / 4294967296.0, p.Y - 1e-8, p.Y + 1e-8);
                Assert.InRange((path.X + x * path.StepX) / 4294967296.0, p.X - 1e-8, p.X + 1e-8);
            }
        }
        Assert.True(some > 3000);
    }

    [Fact]
    public void A_path_is_cut_by_slices_without_gap_or_overlap()
    {
        var random = new Random(4);
        for (int round = 0; round < 500; round++)
        {
            var size = new Size3(40, 30, 30);
            var step = new Point3(random.NextDouble() * 4 - 2, random.NextDouble() - .5, random.NextDouble() - .5);
            var map = new IndexMap(new Point3(20, 15, 15) + -30 * step, default, default, step);
            RowPath path = RowPath.Of(map, size, 0, 0, 70);
            long bias = Interpolation.Bias(round % 2);
            int covered = 0;
            for (int from = 0; from < size.Z; from += 7)
            {
                RowPath part = path.Within(from, from + 7, bias);
                for (int x = part.First; x < part.End; x++) Assert.InRange(part.SliceAt(x, bias), from, from + 6);
                covered += Math.Max(0, part.End - part.First);
            }
            Assert.Equal(path.End - path.First, covered);
        }
    }

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [Trait("Category", "Kernel")]
    public void A_slab_cut_with_its_halo_has_the_whole_image_s_coefficients(int order)
    {
        var grid = new Grid(new Size3(64, 5, 9), new Point3(1, 1, 1));
        using Volume source = WarpCases.Noise(grid, VoxelType.Float32, order);
        int below = order / 2, halo = SplineCoefficients.Halo(order);
        using var whole = new SplineCoefficients(grid.Size, order, 64 + order);
        using var slab = new SplineCoefficients(grid.Size, order, 4 + order);
        fixed (byte* voxels = source.SliceBytes(0))
        {
            whole.Fill(VoxelType.Float32, voxels, -below, 64 + order, new Job(1));
            int first = 30, rawFirst = first - below - halo, rawEnd = first + 4 + order - below + halo;
            slab.FillPart(VoxelType.Float32, voxels + rawFirst * grid.Size.SliceCount * 4, rawFirst, rawEnd - rawFirst, first - below, 4 + order, new Job(1));
            for (int z = first - below; z < first + 4 + order - below; z++)
                for (int y = -below; y < 5 + order - below; y++)
                    for (int x = -below; x < 9 + order - below; x++)
                    {
                        float a = ((float*)whole.Window.Origin)[z * whole.SliceStride + y * whole.RowStride + x];
                        float b = ((float*)slab.Window.Origin)[z * slab.SliceStride + y * slab.RowStride + x];
                        Assert.True(Math.Abs(a - b) < 2e-5 * 1500, $"({z}, {y}, {x}): {b}, whole {a}");
                    }
        }
    }

    private static bool Tie(double index) => Math.Abs(index + .5 - Math.Round(index + .5)) < 1e-6;

    private static double Beyond(double index, int size) => Math.Max(-index, index - (size - 1));
}

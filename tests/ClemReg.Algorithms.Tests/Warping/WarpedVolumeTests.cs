using System.Globalization;
using System.Runtime.InteropServices;
using ClemReg.Algorithms.Transforms;
using ClemReg.Algorithms.Volumes;
using ClemReg.Algorithms.Warping;

namespace ClemReg.Algorithms.Tests.Warping;

public sealed class WarpedVolumeTests
{
    private static readonly string Golden = Path.Combine(AppContext.BaseDirectory, "golden", "warping");

    public static TheoryData<string, int> GoldenCases()
    {
        var data = new TheoryData<string, int>();
        foreach (string[] row in GoldenRows()) data.Add(row[0], int.Parse(row[1], CultureInfo.InvariantCulture));
        return data;
    }

    [Theory]
    [MemberData(nameof(GoldenCases))]
    public void Float_equals_SciPy(string name, int order)
    {
        (Grid grid, double[] image, AffineTransform transform, Grid target, double top) = GoldenCase(name, order);
        using var moving = new Volume<float>(grid);
        for (int i = 0; i < image.Length; i++) moving[i / grid.Size.SliceCount, i / grid.Size.X % grid.Size.Y, i % grid.Size.X] = (float)image[i];
        float[] expected = Expected(name, order);
        float[] actual = MemoryMarshal.Cast<byte, float>(WarpCases.Warp(moving, transform, target, order)).ToArray();
        Assert.Equal(expected.Length, actual.Length);
        for (int i = 0; i < expected.Length; i++)
            Assert.True(Math.Abs(expected[i] - actual[i]) <= WarpCases.Tolerance(order) * top, $"voxel {i}: {actual[i]}, SciPy {expected[i]}");
    }

    [Theory]
    [MemberData(nameof(GoldenCases))]
    public void Integers_are_SciPy_rounded_and_clamped(string name, int order)
    {
        (Grid grid, double[] image, AffineTransform transform, Grid target, double top) = GoldenCase(name, order);
        VoxelType type = top > 255 ? VoxelType.UInt16 : VoxelType.UInt8;
        using Volume moving = Volume.Create(grid, type);
        for (int i = 0; i < image.Length; i++)
        {
            Span<byte> slice = moving.SliceBytes(i / grid.Size.SliceCount);
            if (type == VoxelType.UInt8) slice[i % grid.Size.SliceCount] = (byte)image[i];
            else MemoryMarshal.Cast<byte, ushort>(slice)[i % grid.Size.SliceCount] = (ushort)image[i];
        }
        float[] expected = Expected(name, order);
        byte[] raw = WarpCases.Warp(moving, transform, target, order);
        for (int i = 0; i < expected.Length; i++)
        {
            double exact = Math.Clamp(expected[i], 0, top);
            double actual = type == VoxelType.UInt8 ? raw[i] : MemoryMarshal.Cast<byte, ushort>(raw)[i];
            Assert.True(Math.Abs(exact - actual) <= 0.5 + WarpCases.Tolerance(order) * top, $"voxel {i}: {actual}, SciPy {expected[i]}");
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    public void Any_size_equals_the_definition(int order)
    {
        var random = new Random(order);
        int compared = 0;
        int[] primes = [1, 2, 3, 5, 7, 13, 17, 31, 37, 61, 67];
        for (int round = 0; round < 24; round++)
        {
            int Side(int most) => round % 3 == 0 ? Math.Min(most, primes[random.Next(primes.Length)]) : 1 + random.Next(most);
            var grid = new Grid(new Size3(Side(70), Side(20), Side(70)), new Point3(130, 35.3, 41), new Point3(round * 100, -50, 7));
            var target = new Grid(new Size3(1 + random.Next(6), 1 + random.Next(9), 1 + random.Next(70)), new Point3(20, 25, 30), new Point3(1, 2, 3));
            AffineTransform transform = WarpCases.RandomTransform(random, grid, target);
            using Volume moving = WarpCases.Noise(grid, VoxelType.Float32, round);
            var reference = new WarpReference(grid.Size, WarpCases.Values(moving), order);
            compared += reference.Compare(WarpCases.Warp(moving, transform, target, order), grid, transform, target, round);
        }
        Assert.True(compared > 3000, $"only {compared} voxels were inside");
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    public void The_identity_gives_the_same_voxels(int order)
    {
        foreach (var size in (Size3[])[new(1, 1, 1), new(1, 1, 70), new(3, 1, 1), new(1, 5, 1), new(2, 2, 2), new(7, 13, 37), new(18, 3, 8)])
        {
            var grid = new Grid(size, new Point3(130, 35.3, 35.3), new Point3(-17.7, 1234.5, 0.1));
            foreach (VoxelType type in Enum.GetValues<VoxelType>())
            {
                using Volume moving = WarpCases.Noise(grid, type, order);
                byte[] warped = WarpCases.Warp(moving, AffineTransform.Identity, grid, order);
                if (type != VoxelType.Float32 || order < 2) Assert.Equal(WarpCases.Read(moving), warped);
                else
                {
                    double[] expected = WarpCases.Values(moving);
                    ReadOnlySpan<float> actual = MemoryMarshal.Cast<byte, float>(warped);
                    for (int i = 0; i < expected.Length; i++) Assert.True(Math.Abs(expected[i] - actual[i]) <= WarpCases.Tolerance(order) * 1500);
                }
            }
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(3)]
    public void A_shift_by_whole_voxels_moves_them_and_leaves_0_behind(int order)
    {
        var grid = new Grid(new Size3(6, 9, 21), new Point3(130, 35.3, 35.3));
        using var moving = (Volume<ushort>)WarpCases.Noise(grid, VoxelType.UInt16, 5);
        var shift = new AffineTransform([1, 0, 0, 260, 0, 1, 0, -35.3, 0, 0, 1, 3 * 35.3]);
        ReadOnlySpan<ushort> warped = MemoryMarshal.Cast<byte, ushort>(WarpCases.Warp(moving, shift, grid, order));
        int i = 0;
        for (int z = 0; z < 6; z++)
            for (int y = 0; y < 9; y++)
                for (int x = 0; x < 21; x++, i++)
                    Assert.Equal(z >= 2 && y < 8 && x >= 3 ? moving[z - 2, y + 1, x - 3] : 0, warped[i]);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    public void Any_number_of_threads_and_any_reading_order_give_the_same_bytes(int order)
    {
        var grid = new Grid(new Size3(9, 31, 43), new Point3(130, 35.3, 35.3));
        var target = new Grid(new Size3(37, 17, 29), new Point3(31, 59, 47), new Point3(-50, 100, 30));
        AffineTransform transform = WarpCases.RandomTransform(new Random(3), grid, target);
        foreach (VoxelType type in Enum.GetValues<VoxelType>())
        {
            using Volume moving = WarpCases.Noise(grid, type, 11);
            byte[] expected = WarpCases.Warp(moving, transform, target, order);
            Assert.Contains(expected, v => v != 0);
            foreach (int threads in (int[])[2, 3, 7]) Assert.Equal(expected, WarpCases.Warp(moving, transform, target, order, threads));

            using var warped = new WarpedVolume(moving, transform, target, order, new Job(2));
            int bytes = target.Size.SliceCount * (int)type;
            var slice = new byte[bytes];
            foreach (int z in (int[])[36, 5, 6, 7, 0, 1, 36, 35, 20, 21])
            {
                warped.ReadSlice(z, slice);
                Assert.Equal(expected.AsSpan(z * bytes, bytes).ToArray(), slice);
            }
        }
    }

    [Fact]
    public void A_spline_overshoot_is_clamped()
    {
        var grid = new Grid(new Size3(1, 1, 16), new Point3(1, 1, 1));
        using var moving = new Volume<byte>(grid);
        moving.Row(0, 0)[8..].Fill(255);
        var fine = new Grid(new Size3(1, 1, 31), new Point3(1, 1, 0.5));
        byte[] warped = WarpCases.Warp(moving, AffineTransform.Identity, fine, 3);
        Assert.Equal(0, warped[13]);
        Assert.Equal(255, warped[17]);
        Assert.Equal(128, warped[15]);
    }

    [Fact]
    public void Far_away_and_huge_steps_give_0()
    {
        var grid = new Grid(new Size3(4, 5, 6), new Point3(10, 10, 10));
        using Volume moving = WarpCases.Noise(grid, VoxelType.UInt8, 1);
        var far = new AffineTransform([1, 0, 0, 1e15, 0, 1, 0, 0, 0, 0, 1, 0]);
        Assert.All(WarpCases.Warp(moving, far, grid, 1), v => Assert.Equal(0, v));
        // Shrunk by 1e12: only the voxel at the common origin sees the image, at its first voxel.
        var shrunk = new AffineTransform([1e-12, 0, 0, 0, 0, 1e-12, 0, 0, 0, 0, 1e-12, 0]);
        byte[] one = WarpCases.Warp(moving, shrunk, grid, 1);
        Assert.Equal(moving.SliceBytes(0)[0], one[0]);
        Assert.All(one.Skip(1), v => Assert.Equal(0, v));
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(6)]
    public void A_wrong_order_is_named(int order)
    {
        var grid = new Grid(new Size3(2, 2, 2), new Point3(1, 1, 1));
        using var moving = new Volume<byte>(grid);
        var e = Assert.Throws<BadInputException>(() => new WarpedVolume(moving, AffineTransform.Identity, grid, order, new Job(1)));
        Assert.Contains($"warping_interpolation_order = {order}", e.Message, StringComparison.Ordinal);
        Assert.Throws<BadInputException>(() => StreamingWarper.Warp(moving, AffineTransform.Identity, grid, order, new Job(1)));
    }

    [Fact]
    public void A_singular_transform_is_refused()
    {
        var grid = new Grid(new Size3(2, 2, 2), new Point3(1, 1, 1));
        using var moving = new Volume<byte>(grid);
        var flat = new AffineTransform([1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0]);
        var e = Assert.Throws<BadInputException>(() => new WarpedVolume(moving, flat, grid, 1, new Job(1)));
        Assert.Contains("singular", e.Message, StringComparison.Ordinal);
        Assert.Throws<BadInputException>(() => StreamingWarper.Warp(moving, flat, grid, 1, new Job(1)));
    }

    [Fact]
    public void Cancelling_and_releasing_are_errors_not_garbage()
    {
        var grid = new Grid(new Size3(2, 2, 2), new Point3(1, 1, 1));
        using var cancel = new CancellationTokenSource();
        var moving = new Volume<byte>(grid);
        using var warped = new WarpedVolume(moving, AffineTransform.Identity, grid, 1, new Job(1, cancel.Token));
        var slice = new byte[4];
        warped.ReadSlice(0, slice);
        Assert.Throws<ArgumentException>(() => warped.ReadSlice(0, new byte[3]));
        Assert.Throws<ArgumentOutOfRangeException>(() => warped.ReadSlice(2, slice));
        moving.Dispose();
        using var other = new WarpedVolume(new Volume<byte>(grid), AffineTransform.Identity, grid, 1, new Job(1, cancel.Token));
        cancel.Cancel();
        Assert.Throws<OperationCanceledException>(() => other.ReadSlice(0, slice));
        other.Dispose();
        Assert.Throws<ObjectDisposedException>(() => other.ReadSlice(0, slice));
    }

    private static IEnumerable<string[]> GoldenRows() =>
        File.ReadLines(Path.Combine(Golden, "cases.csv")).Skip(1).Select(line => line.Split(','));

    private static float[] Expected(string name, int order) =>
        MemoryMarshal.Cast<byte, float>(File.ReadAllBytes(Path.Combine(Golden, $"{name}_{order}.bin"))).ToArray();

    private static (Grid Grid, double[] Image, AffineTransform Transform, Grid Target, double Top) GoldenCase(string name, int order)
    {
        string[] row = GoldenRows().Single(r => r[0] == name && r[1] == order.ToString(CultureInfo.InvariantCulture));
        double[] v = row.Skip(2).Select(t => double.Parse(t, CultureInfo.InvariantCulture)).ToArray();
        Grid GridAt(int i) => new(new Size3((int)v[i], (int)v[i + 1], (int)v[i + 2]),
            new Point3(v[i + 3], v[i + 4], v[i + 5]), new Point3(v[i + 6], v[i + 7], v[i + 8]));
        Grid grid = GridAt(1);
        var image = new double[grid.Size.Count];
        for (int i = 0; i < image.Length; i++)
        {
            uint h = unchecked((uint)i * 2654435761u + 12345u);
            h ^= h >> 15;
            h = unchecked(h * 2246822519u);
            h ^= h >> 13;
            image[i] = h % ((uint)v[0] + 1);
        }
        return (grid, image, new AffineTransform(v.AsSpan(19, 12)), GridAt(10), v[0]);
    }
}

using System.Runtime.InteropServices;
using ClemReg.Algorithms.Transforms;
using ClemReg.Algorithms.Volumes;
using ClemReg.Algorithms.Warping;

namespace ClemReg.Algorithms.Tests.Warping;

public sealed class StreamingWarperTests
{
    public static TheoryData<int, int, VoxelType> Cases()
    {
        var data = new TheoryData<int, int, VoxelType>();
        foreach (int depth in (int[])[1, 2, 3, 16, 17, 18, 33, 70])
            for (int order = 0; order <= 5; order++)
                data.Add(depth, order, (VoxelType)(1 << (depth + order) % 3));
        return data;
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Streaming_equals_warping_in_memory(int depth, int order, VoxelType type)
    {
        var random = new Random(depth);
        var grid = new Grid(new Size3(depth, 11, depth % 5 == 3 ? 1 : 17), new Point3(20, 20, 21), new Point3(5, 6, 7));
        using Volume source = WarpCases.Noise(grid, type, depth);
        var target = new Grid(new Size3(9, 11, 21), new Point3(15 + 2 * depth, 27, 23), new Point3(-40, 30, 20));
        Point3 c = WarpCases.Centre(grid), t = WarpCases.Centre(target);
        AffineTransform[] transforms =
        [
            WarpCases.RandomTransform(random, grid, target),
            // Upside down; then rows of the target along z of the source, downwards.
            new AffineTransform([-1, 0, 0, c.Z + t.Z, 0, 1, 0, t.Y - c.Y, 0, 0, 1, t.X - c.X]),
            new AffineTransform([0, 0, 1, t.Z - c.X, 0, 1, 0, t.Y - c.Y, -1, 0, 0, t.X + c.Z]),
        ];
        foreach (AffineTransform transform in transforms)
        {
            byte[] expected = WarpCases.Warp(source, transform, target, order);
            using Volume actual = StreamingWarper.Warp(new ReadOnce(source), transform, target, order, new Job(2));
            Assert.Equal(type, actual.Type);
            Assert.Equal(target, actual.Grid);
            byte[] bytes = WarpCases.Read(actual);
            if (order < 2) Assert.Equal(expected, bytes);
            else if (type == VoxelType.Float32)
            {
                ReadOnlySpan<float> a = MemoryMarshal.Cast<byte, float>(expected), b = MemoryMarshal.Cast<byte, float>(bytes);
                for (int i = 0; i < a.Length; i++) Assert.True(Math.Abs(a[i] - b[i]) < WarpCases.Tolerance(order) * 1500, $"voxel {i}: {b[i]}, in memory {a[i]}");
            }
            else
            {
                float[] a = WarpCases.ReadFloats(actual);
                var b = new float[a.Length];
                VoxelConvert.ToFloat(expected, type, b);
                for (int i = 0; i < a.Length; i++) Assert.True(Math.Abs(a[i] - b[i]) <= 1);
                // In memory the prefilter is recursive along z too and rounds otherwise.
                Assert.InRange(a.Zip(b).Count(p => p.First != p.Second), 0, a.Length / 100);
            }
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(16)]
    [InlineData(17)]
    [InlineData(33)]
    public void The_identity_gives_the_same_voxels(int depth)
    {
        // 17 and 33: the last slice is a block of its own, which linear interpolation takes together with the one before.
        var grid = new Grid(new Size3(depth, 6, 7), new Point3(20, 30, 40));
        using Volume source = WarpCases.Noise(grid, VoxelType.UInt16, depth);
        for (int order = 0; order <= 5; order++)
        {
            using Volume warped = StreamingWarper.Warp(new ReadOnce(source), AffineTransform.Identity, grid, order, new Job(1));
            Assert.Equal(WarpCases.Read(source), WarpCases.Read(warped));
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(3)]
    public void Any_number_of_threads_gives_the_same_bytes(int order)
    {
        var grid = new Grid(new Size3(50, 31, 23), new Point3(20, 20, 20));
        var target = new Grid(new Size3(8, 43, 15), new Point3(130, 35.3, 35.3), new Point3(0, -100, 0));
        AffineTransform transform = WarpCases.RandomTransform(new Random(5), grid, target);
        using Volume source = WarpCases.Noise(grid, VoxelType.UInt16, 2);
        byte[] Warp(int threads)
        {
            using Volume warped = StreamingWarper.Warp(source, transform, target, order, new Job(threads));
            return WarpCases.Read(warped);
        }

        byte[] expected = Warp(1);
        Assert.Contains(expected, v => v != 0);
        foreach (int threads in (int[])[2, 3, 7]) Assert.Equal(expected, Warp(threads));
    }

    [Theory]
    [InlineData(0, 800, 1000, 10)]
    [InlineData(1, 800, 1000, 9)]
    [InlineData(2, 400, 500, 4)]
    [InlineData(3, 300, 500, 5)]
    [InlineData(4, 300, 400, 6)]
    [InlineData(5, 275, 400, 5)]
    public void A_small_budget_makes_small_blocks_and_the_same_bytes(int order, int height, int width, int slices)
    {
        var grid = new Grid(new Size3(70, height, width), new Point3(20, 20, 20));
        var target = new Grid(new Size3(7, 41, 63), new Point3(210, 101, 57), new Point3(-30, 40, 50));
        foreach (AffineTransform transform in (AffineTransform[])[WarpCases.RandomTransform(new Random(order), grid, target), AffineTransform.Identity])
        {
            byte[] Warp(int budget, out int atOnce)
            {
                var source = new ReadOnce(new Noise(grid));
                var observer = new Steps(() => source.Reads);
                using Volume warped = StreamingWarper.Warp(
                    source, transform, target, new WarpOptions { Order = order, MemoryBudgetBytes = (long)budget << 20 }, new Job(2, default, observer)).Warped;
                atOnce = observer.Most;
                return WarpCases.Read(warped);
            }

            byte[] expected = Warp(4000, out int most);
            Assert.Contains(expected, v => v != 0);
            Assert.Equal(16, most);
            // So many that the slices as they are and those of coefficients still take less than 16 MB.
            Assert.True(expected.AsSpan().SequenceEqual(Warp(16, out int few)));
            Assert.Equal(slices, few);
        }
    }

    /// <summary>An image of noise that takes no memory.</summary>
    private sealed class Noise(Grid grid) : ISliceSource
    {
        public Grid Grid => grid;

        public VoxelType Type => VoxelType.UInt16;

        public void ReadSlice(int z, Span<byte> destination) => new Random(z).NextBytes(destination);
    }

    /// <summary>How many slices are read between two reports, the first of which has the halo too.</summary>
    private sealed class Steps(Func<int> reads) : IJobObserver
    {
        private int _last = -1;

        public int Most { get; private set; }

        public void Progress(double fraction, string stage)
        {
            int now = reads();
            if (_last > 0) Most = Math.Max(Most, now - _last);
            _last = now;
        }

        public void Log(string message)
        {
        }

        public void Warn(string message)
        {
        }
    }

    [Fact]
    public void A_window_that_fits_into_no_budget_is_refused_before_anything_is_read()
    {
        var wide = new Grid(new Size3(100, 700, 700), new Point3(20, 20, 20));
        var target = new Grid(new Size3(3, 8, 8), new Point3(20, 20, 20));
        var never = new Unread(wide);
        string Refused(SpatialTransform transform, WarpOptions options) =>
            Assert.Throws<BadInputException>(() => StreamingWarper.Warp(never, transform, target, options, new Job(1))).Message;

        var small = new WarpOptions { Order = 3, MemoryBudgetBytes = 16 << 20 };
        string message = Refused(AffineTransform.Identity, small);
        // 33 slices of 16 bit and 4 of float.
        Assert.Contains("warping_memory_budget = 16 MB", message, StringComparison.Ordinal);
        Assert.Contains("39 MB or more", message, StringComparison.Ordinal);
        Assert.Contains("warping_interpolation_order = 1", message, StringComparison.Ordinal);
        Assert.Contains("38 MB", Refused(AffineTransform.Identity, small with { MemoryBudgetBytes = 38 << 20 }), StringComparison.Ordinal);
        using Volume source = WarpCases.Noise(wide, VoxelType.UInt16, 1);
        using Volume fits = StreamingWarper.Warp(source, AffineTransform.Identity, target, small with { MemoryBudgetBytes = 39 << 20 }, new Job(2)).Warped;
        using Volume linear = StreamingWarper.Warp(source, AffineTransform.Identity, target, small with { Order = 1 }, new Job(2)).Warped;
        Assert.Equal(WarpCases.Read(linear), WarpCases.Read(fits));
    }

    [Fact]
    public void Slices_that_nothing_needs_are_not_read()
    {
        var grid = new Grid(new Size3(100, 8, 8), new Point3(20, 20, 20));
        using Volume source = WarpCases.Noise(grid, VoxelType.UInt8, 1);
        var target = new Grid(new Size3(3, 8, 8), new Point3(20, 20, 20), new Point3(1000, 0, 0));
        var once = new ReadOnce(source);
        using Volume near = StreamingWarper.Warp(once, AffineTransform.Identity, target, 1, new Job(1));
        Assert.Equal(WarpCases.Read(near), WarpCases.Read(source).Skip(50 * 64).Take(3 * 64));
        Assert.Equal(4, once.Reads);

        var elsewhere = new AffineTransform([1, 0, 0, 1e6, 0, 1, 0, 0, 0, 0, 1, 0]);
        once = new ReadOnce(source);
        using Volume far = StreamingWarper.Warp(once, elsewhere, target, 3, new Job(1));
        Assert.All(WarpCases.Read(far), v => Assert.Equal(0, v));
        Assert.Equal(0, once.Reads);
    }

    [Fact]
    public void A_mask_stays_a_mask()
    {
        var grid = new Grid(new Size3(20, 30, 40), new Point3(20, 20, 20));
        using var mask = new BitVolume(grid);
        for (int z = 5; z < 15; z++)
            for (int y = 8; y < 22; y++)
                for (int x = 10; x < 30; x++) mask[z, y, x] = true;
        var target = new Grid(new Size3(4, 17, 23), new Point3(130, 35.3, 35.3));
        var turn = AffineTransform.Similarity(1, [1, 0, 0, 0, 0.8, -0.6, 0, 0.6, 0.8], new Point3(0, 100, -50));
        using Volume warped = StreamingWarper.Warp(mask, turn, target, 0, new Job(2));
        byte[] voxels = WarpCases.Read(warped);
        Assert.All(voxels, v => Assert.True(v is 0 or 255));
        Assert.Contains(voxels, v => v == 255);
    }

    [Fact]
    public void Cancelling_stops_the_reading()
    {
        var grid = new Grid(new Size3(60, 4, 4), new Point3(1, 1, 1));
        using Volume source = WarpCases.Noise(grid, VoxelType.UInt8, 1);
        using var cancel = new CancellationTokenSource();
        var once = new ReadOnce(source, z => { if (z == 3) cancel.Cancel(); });
        Assert.Throws<OperationCanceledException>(() => StreamingWarper.Warp(once, AffineTransform.Identity, grid, 1, new Job(2, cancel.Token)));
        Assert.Equal(4, once.Reads);
    }

    private sealed class Unread(Grid grid) : ISliceSource
    {
        public Grid Grid => grid;

        public VoxelType Type => VoxelType.UInt16;

        public void ReadSlice(int z, Span<byte> destination) => Assert.Fail("read");
    }

    /// <summary>Fails the test when slices are not read in order, once each.</summary>
    private sealed class ReadOnce(ISliceSource source, Action<int>? heard = null) : ISliceSource
    {
        private int _next = -1;

        public int Reads { get; private set; }

        public Grid Grid => source.Grid;

        public VoxelType Type => source.Type;

        public void ReadSlice(int z, Span<byte> destination)
        {
            Assert.True(_next < 0 || z == _next, $"slice {z} read when {_next} was due");
            _next = z + 1;
            Reads++;
            source.ReadSlice(z, destination);
            heard?.Invoke(z);
        }
    }
}

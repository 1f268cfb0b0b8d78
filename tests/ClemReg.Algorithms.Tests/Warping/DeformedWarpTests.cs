using System.Runtime.InteropServices;
using ClemReg.Algorithms.Transforms;
using ClemReg.Algorithms.Volumes;
using ClemReg.Algorithms.Warping;

namespace ClemReg.Algorithms.Tests.Warping;

public sealed class DeformedWarpTests
{
    private static byte[] Warp(Volume moving, SpatialTransform transform, Grid target, WarpOptions options, int threads = 1)
    {
        using var warped = new WarpedVolume(moving, transform, target, options, new Job(threads));
        return WarpCases.Read(warped);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    public void The_exact_warp_equals_the_definition_for_any_size(int order)
    {
        var random = new Random(order);
        int compared = 0;
        for (int round = 0; round < 30; round++)
        {
            int Side(int most) => round % 4 == 0 ? 1 + random.Next(3) : 1 + random.Next(most);
            var grid = new Grid(new Size3(Side(30), Side(20), Side(40)), new Point3(130, 35.3, 41), new Point3(round * 100, -50, 7));
            var target = new Grid(new Size3(1 + random.Next(6), 1 + random.Next(9), 1 + random.Next(40)), new Point3(20, 25, 30), new Point3(1, 2, 3));
            ThinPlateSpline spline = WarpCases.Bend(grid, target, round);
            SpatialTransform transform = round % 3 == 2 ? new InverseTransform(WarpCases.Bend(target, grid, round)) : spline;
            using Volume moving = WarpCases.Noise(grid, VoxelType.Float32, round);
            var reference = new WarpReference(grid.Size, WarpCases.Values(moving), order);
            compared += reference.Compare(Warp(moving, transform, target, new WarpOptions { Order = order, ApproximateGrid = 1 }, 2), grid, transform, target, round);
        }
        Assert.True(compared > 1000, $"only {compared} voxels were inside");
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(3)]
    public void Between_the_nodes_positions_are_linear(int order)
    {
        var grid = new Grid(new Size3(20, 40, 43), new Point3(130, 35.3, 35.3));
        var target = new Grid(new Size3(13, 27, 61), new Point3(60, 45, 25), new Point3(300, 0, 0));
        SpatialTransform transform = WarpCases.Bend(grid, target, 4), inverse = transform.Inverse();
        using Volume moving = WarpCases.Noise(grid, VoxelType.Float32, 1);
        var reference = new WarpReference(grid.Size, WarpCases.Values(moving), order);
        foreach (int step in (int[])[2, 5, 7, 30])
        {
            float[] actual = MemoryMarshal.Cast<byte, float>(Warp(moving, transform, target, new WarpOptions { Order = order, ApproximateGrid = step })).ToArray();
            double off = 0;
            int compared = 0, i = 0;
            for (int z = 0; z < target.Size.Z; z++)
                for (int y = 0; y < target.Size.Y; y++)
                    for (int x = 0; x < target.Size.X; x++, i++)
                    {
                        Point3 index = Between(z, y, x);
                        if (reference.At(index, 0.02) is not { } expected || (expected == 0 && actual[i] == 0) || (order == 0 && WarpReference.NearTie(index, 0.02))) continue;
                        // Nodes themselves are good to a hundredth of a pixel: noise of 2000 then differs by this much.
                        off = Math.Max(off, Math.Abs(expected - actual[i]));
                        compared++;
                    }
            Assert.True(compared > 1000, $"only {compared} voxels were inside");
            Assert.True(off < (order == 0 ? 1e-3 : 60), $"step {step}: off by {off}");

            Point3 Between(int z, int y, int x)
            {
                Point3 sum = default;
                for (int k = 0; k < 8; k++)
                {
                    (int az, int ay, int ax) = (z / step * step + (k >> 2) * step, y / step * step + (k >> 1 & 1) * step, x / step * step + (k & 1) * step);
                    double w = (1 - Math.Abs(z - az) / (double)step) * (1 - Math.Abs(y - ay) / (double)step) * (1 - Math.Abs(x - ax) / (double)step);
                    if (w > 0) sum += w * grid.ToIndex(inverse.Apply(target.ToPhysical(az, ay, ax)));
                }
                return sum;
            }
        }
    }

    [Fact]
    public void The_error_of_the_coarse_grid_is_measured()
    {
        var grid = new Grid(new Size3(20, 140, 143), new Point3(130, 35.3, 35.3));
        var target = new Grid(new Size3(60, 190, 201), new Point3(40, 25, 25), new Point3(300, 0, 0));
        SpatialTransform transform = WarpCases.Bend(grid, target, 4), inverse = transform.Inverse();
        using Volume moving = WarpCases.Noise(grid, VoxelType.UInt8, 1);
        double last = 0;
        foreach (int step in (int[])[1, 2, 5, 20])
        {
            using var warped = new WarpedVolume(moving, transform, target, new WarpOptions { ApproximateGrid = step }, new Job(2));
            ApproximationError error = warped.MeasureApproximation(new Job(1))!;
            Assert.Equal(error, warped.MeasureApproximation(new Job(2)));
            if (step == 1)
            {
                Assert.Equal(0, error.MaximumNm);
                continue;
            }
            Assert.True(error.Samples >= 27 * 20, $"{error.Samples} samples");
            Assert.InRange(error.RmsNm, last, error.MaximumNm);
            last = error.RmsNm;
            // What linear interpolation of the true map costs in the same cells is the floor and nearly all of it.
            if (step == 20) Assert.InRange(error.MaximumNm, 1, 200);
        }
        using var straight = new WarpedVolume(moving, AffineTransform.Identity, target, 1, new Job(1));
        Assert.Null(straight.MeasureApproximation(new Job(1)));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    public void Threads_budgets_and_reading_order_do_not_change_a_byte(int order)
    {
        var grid = new Grid(new Size3(9, 31, 43), new Point3(130, 35.3, 35.3));
        // Wide enough that 16 MB hold only part of the nodes.
        var target = new Grid(new Size3(17, 66, 2500), new Point3(31, 22, 0.6), new Point3(-50, 100, 30));
        SpatialTransform transform = WarpCases.Bend(grid, target, 3, landmarks: 12);
        foreach (VoxelType type in order == 1 ? Enum.GetValues<VoxelType>() : [VoxelType.UInt16])
        {
            using Volume moving = WarpCases.Noise(grid, type, 11);
            var options = new WarpOptions { Order = order, ApproximateGrid = 2 };
            byte[] expected = Warp(moving, transform, target, options);
            Assert.True(expected.AsSpan().ContainsAnyExcept((byte)0));
            // Assert.Equal takes seconds for millions of bytes.
            Assert.True(expected.AsSpan().SequenceEqual(Warp(moving, transform, target, options, 3)));
            WarpOptions small = options with { MemoryBudgetBytes = 16 << 20 };
            Assert.False(new NodeGrid(grid, transform.Inverse(), target, 2, (16 << 20) / 2).IsWhole);
            Assert.True(expected.AsSpan().SequenceEqual(Warp(moving, transform, target, small, 2)));
            int bytes = target.Size.SliceCount * (int)type;
            var slice = new byte[bytes];
            using var warped = new WarpedVolume(moving, transform, target, small, new Job(2));
            foreach (int z in (int[])[16, 5, 6, 7, 0, 1, 16, 15])
            {
                warped.ReadSlice(z, slice);
                Assert.True(expected.AsSpan(z * bytes, bytes).SequenceEqual(slice));
            }
            using Volume streamed = StreamingWarper.Warp(moving, transform, target, options, new Job(2)).Warped;
            byte[] whole = WarpCases.Read(streamed);
            using Volume pieces = StreamingWarper.Warp(moving, transform, target, small, new Job(2)).Warped;
            Assert.True(whole.AsSpan().SequenceEqual(WarpCases.Read(pieces)));
            if (order < 2) Assert.True(expected.AsSpan().SequenceEqual(whole));
            else
            {
                ReadOnlySpan<ushort> a = MemoryMarshal.Cast<byte, ushort>(expected), b = MemoryMarshal.Cast<byte, ushort>(whole);
                for (int i = 0; i < a.Length; i++) Assert.True(Math.Abs(a[i] - b[i]) <= 1, $"voxel {i}: {a[i]} and {b[i]}");
            }
        }
    }

    [Fact]
    public void Labels_stay_labels()
    {
        var grid = new Grid(new Size3(12, 40, 43), new Point3(130, 35.3, 35.3));
        var target = new Grid(new Size3(30, 57, 61), new Point3(50, 25, 25));
        using var labels = new Volume<ushort>(grid);
        for (int z = 0; z < 12; z++)
            for (int y = 0; y < 40; y++)
                for (int x = 0; x < 43; x++) labels[z, y, x] = (ushort)(1000 * (1 + x / 15) + y / 10);
        var kept = new HashSet<ushort>(MemoryMarshal.Cast<byte, ushort>(WarpCases.Read(labels)).ToArray()) { 0 };
        ushort[] warped = MemoryMarshal.Cast<byte, ushort>(Warp(labels, WarpCases.Bend(grid, target, 6), target, new WarpOptions { Order = 0 })).ToArray();
        Assert.All(warped, v => Assert.Contains(v, kept));
        Assert.True(warped.Distinct().Count() > 6);
    }

    [Fact]
    public void A_cancelled_warp_ends_within_the_coarse_grid_and_between_reads()
    {
        var grid = new Grid(new Size3(9, 31, 43), new Point3(130, 35.3, 35.3));
        var target = new Grid(new Size3(20, 200, 700), new Point3(61, 5.4, 2.1));
        ThinPlateSpline spline = WarpCases.Bend(grid, target, 3, landmarks: 900);
        using Volume moving = WarpCases.Noise(grid, VoxelType.UInt16, 1);
        using var observer = new CancellingObserver();
        Assert.Throws<OperationCanceledException>(() => new WarpedVolume(moving, spline, target,
            new WarpOptions { ApproximateGrid = 1, MemoryBudgetBytes = 1L << 31 }, new Job(2, observer.Token, observer)));
        // One piece that each thread had begun may still end.
        Assert.InRange(observer.ReportsAfterCancelling, 0, 2);
        using var later = new CancellationTokenSource();
        using var warped = new WarpedVolume(moving, WarpCases.Bend(grid, target, 3), target, new WarpOptions { MemoryBudgetBytes = 16 << 20 }, new Job(2, later.Token));
        var slice = new byte[target.Size.SliceCount * 2];
        warped.ReadSlice(0, slice);
        later.Cancel();
        Assert.Throws<OperationCanceledException>(() =>
        {
            for (int z = 1; z < target.Size.Z; z++) warped.ReadSlice(z, slice);
        });
    }

    [Fact]
    public void Bad_options_are_named()
    {
        var grid = new Grid(new Size3(2, 2, 2), new Point3(1, 1, 1));
        using var moving = new Volume<byte>(grid);
        string Message(WarpOptions options) => Assert.Throws<BadInputException>(() => new WarpedVolume(moving, AffineTransform.Identity, grid, options, new Job(1))).Message;
        Assert.Contains("warping_approximate_grid = 0", Message(new WarpOptions { ApproximateGrid = 0 }), StringComparison.Ordinal);
        Assert.Contains("warping_approximate_grid = 101", Message(new WarpOptions { ApproximateGrid = 101 }), StringComparison.Ordinal);
        Assert.Contains("warping_memory_budget = 15 MB", Message(new WarpOptions { MemoryBudgetBytes = 15 << 20 }), StringComparison.Ordinal);
        Assert.Contains("warping_interpolation_order = 7", Message(new WarpOptions { Order = 7 }), StringComparison.Ordinal);
    }
}

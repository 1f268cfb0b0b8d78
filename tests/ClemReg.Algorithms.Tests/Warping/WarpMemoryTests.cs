using ClemReg.Algorithms.Transforms;
using ClemReg.Algorithms.Volumes;
using ClemReg.Algorithms.Warping;

namespace ClemReg.Algorithms.Tests.Warping;

[Collection(CountedMemory.Name)]
public sealed class WarpMemoryTests
{
    [Fact]
    public void Memory_stays_in_the_budget()
    {
        var grid = new Grid(new Size3(9, 31, 43), new Point3(130, 35.3, 35.3));
        var target = new Grid(new Size3(100, 700, 600), new Point3(11, 1.6, 2.5), new Point3(-50, 100, 30));
        SpatialTransform transform = WarpCases.Bend(grid, target, 3, landmarks: 8);
        using Volume moving = WarpCases.Noise(grid, VoxelType.UInt16, 11);
        var slice = new byte[target.Size.SliceCount * 2];
        foreach (int budget in (int[])[16, 64])
        {
            long before = NativeBuffer.LiveBytes, most = 0;
            using (var warped = new WarpedVolume(moving, transform, target, new WarpOptions { ApproximateGrid = 3, MemoryBudgetBytes = budget << 20 }, new Job(2)))
            {
                for (int z = 0; z < 30; z++)
                {
                    warped.ReadSlice(z, slice);
                    most = Math.Max(most, NativeBuffer.LiveBytes - before);
                }
            }
            Assert.True(most < (budget + 4L) << 20, $"{most >> 20} MB");
        }
        // Streamed, the result is held besides; the source is read with the grid of each piece at hand.
        long held = NativeBuffer.LiveBytes, peak = 0;
        var watched = new Watched(moving, () => peak = Math.Max(peak, NativeBuffer.LiveBytes - held));
        using Volume streamed = StreamingWarper.Warp(watched, transform, target, new WarpOptions { ApproximateGrid = 2, Order = 3, MemoryBudgetBytes = 16 << 20 }, new Job(2)).Warped;
        Assert.True(peak > 0 && peak < streamed.Grid.Size.Count * 2 + (24L << 20), $"{peak >> 20} MB");
    }

    /// <summary>An image that tells when a slice of it is read.</summary>
    private sealed class Watched(ISliceSource source, Action read) : ISliceSource
    {
        public Grid Grid => source.Grid;

        public VoxelType Type => source.Type;

        public void ReadSlice(int z, Span<byte> destination)
        {
            read();
            source.ReadSlice(z, destination);
        }
    }
}

using System.Runtime.InteropServices;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Preparation;

/// <summary>The range of grey values over a whole stack, by percentiles. Exact for all voxel types.</summary>
/// <remarks>
/// The percentile p is the least value that at least p percent of the voxels do not exceed (NumPy's method inverted_cdf). Integers are counted in
/// one pass. The bits of floats, brought into the order of their values, are counted by their upper 16 bits and then, within the two
/// intervals that matter, by the lower 16: two passes.
/// </remarks>
public static class StackContrast
{
    private const int Pieces = 16;
    private const int Bins = 1 << 16;

    /// <summary>The values at two percentiles.</summary>
    /// <param name="source">The image; floats finite. Its slices are read in order.</param>
    /// <param name="low">The lower percentile, 0 to 100; 0 is the least value.</param>
    /// <param name="high">The upper percentile; 100 is the largest value.</param>
    /// <param name="skipZeros">Leaves voxels of value 0 out: the empty borders of aligned stacks.</param>
    /// <param name="job">The work.</param>
    /// <returns>The values; (0, 0) if no voxel counts.</returns>
    public static (double Low, double High) Measure(ISliceSource source, double low, double high, bool skipZeros, Job job)
    {
        bool real = source.Type == VoxelType.Float32;
        long[] counts = job.Run("contrast", 0, real ? 0.5 : 1, part => Count(source, skipZeros, -1, part));
        long total = counts.Sum();
        if (total == 0) return (0, 0);
        (int bin, long below) lower = Find(counts, Rank(low, total)), upper = Find(counts, Rank(high, total));
        if (!real) return (lower.bin, upper.bin);
        double Exact((int bin, long below) at, double percentile, Job part) =>
            FromKey(((uint)at.bin << 16) | (uint)Find(Count(source, skipZeros, at.bin, part), Rank(percentile, total) - at.below).Bin);
        return job.Run("contrast", 0.5, 1, part => (Exact(lower, low, part), Exact(upper, high, part)));
    }

    private static long Rank(double percentile, long total) => Math.Clamp((long)Math.Ceiling(percentile / 100 * total), 1, total);

    private static (int Bin, long Below) Find(long[] counts, long rank)
    {
        long below = 0;
        for (int i = 0; i < counts.Length; i++)
        {
            if (below + counts[i] >= rank) return (i, below);
            below += counts[i];
        }
        throw new InvalidOperationException("the rank is beyond the counts");
    }

    /// <summary>Counts values; of floats the upper half of the key or, where <paramref name="upper"/> is given, the lower half of those that begin so.</summary>
    private static long[] Count(ISliceSource source, bool skipZeros, int upper, Job job)
    {
        Size3 size = source.Grid.Size;
        var slice = new byte[(long)size.SliceCount * (int)source.Type];
        var counts = new long[Pieces][];
        for (int p = 0; p < Pieces; p++) counts[p] = new long[source.Type == VoxelType.UInt8 ? 256 : Bins];
        for (int z = 0; z < size.Z; z++)
        {
            job.ThrowIfCancelled();
            source.ReadSlice(z, slice);
            job.For(Pieces, p =>
            {
                var from = (int)((long)p * size.SliceCount / Pieces);
                var to = (int)((p + 1L) * size.SliceCount / Pieces);
                long[] mine = counts[p];
                switch (source.Type)
                {
                    case VoxelType.UInt8:
                        foreach (byte v in slice.AsSpan(from, to - from)) mine[v]++;
                        break;
                    case VoxelType.UInt16:
                        foreach (ushort v in MemoryMarshal.Cast<byte, ushort>(slice)[from..to]) mine[v]++;
                        break;
                    default:
                        foreach (float v in MemoryMarshal.Cast<byte, float>(slice)[from..to])
                        {
                            if (skipZeros && v == 0) continue;
                            uint key = Key(v);
                            if (upper < 0) mine[key >> 16]++;
                            else if (key >> 16 == upper) mine[key & 0xffff]++;
                        }
                        break;
                }
            });
            job.Report((z + 1.0) / size.Z);
        }
        long[] sum = counts[0];
        for (int p = 1; p < Pieces; p++)
            for (int i = 0; i < sum.Length; i++) sum[i] += counts[p][i];
        if (skipZeros && source.Type != VoxelType.Float32) sum[0] = 0;
        return sum;
    }

    /// <summary>A number that is the larger, the larger the value; -0 counts as 0.</summary>
    private static uint Key(float value)
    {
        uint bits = BitConverter.SingleToUInt32Bits(value + 0f);
        return (bits & 0x80000000) != 0 ? ~bits : bits | 0x80000000;
    }

    private static double FromKey(uint key) => BitConverter.UInt32BitsToSingle((key & 0x80000000) != 0 ? key & 0x7fffffff : ~key);
}

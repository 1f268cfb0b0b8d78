using ClemReg.Algorithms.Segmentation;

namespace ClemReg.Algorithms.Filters;

/// <summary>The value that sorting would put at a place, found without sorting all: by counting the upper bits first.</summary>
internal static class OrderStatistic
{
    /// <summary>The value of a rank.</summary>
    /// <param name="values">Numbers, none of them NaN; infinities are allowed.</param>
    /// <param name="rank">0 for the least, up to their count - 1.</param>
    public static float Of(ReadOnlySpan<float> values, int rank)
    {
        var counts = new int[1 << 16];
        foreach (float v in values) counts[WatershedQueue.SortKey(v) >> 16]++;
        int upper = Find(counts, ref rank);
        Array.Clear(counts);
        foreach (float v in values)
            if (WatershedQueue.SortKey(v) is var key && key >> 16 == upper)
                counts[key & 0xFFFF]++;
        return WatershedQueue.FromSortKey((uint)upper << 16 | (uint)Find(counts, ref rank));
    }

    /// <inheritdoc cref="Of(ReadOnlySpan{float}, int)"/>
    public static double Of(ReadOnlySpan<double> values, int rank)
    {
        var counts = new int[1 << 16];
        foreach (double v in values) counts[UpperBits(v)]++;
        int upper = Find(counts, ref rank);
        var close = new double[counts[upper]];
        int count = 0;
        foreach (double v in values)
            if (UpperBits(v) == upper)
                close[count++] = v;
        Array.Sort(close);
        return close[rank];
    }

    /// <summary>The first 16 bits of a number without sign of the same order; -0 is 0.</summary>
    private static int UpperBits(double value)
    {
        long bits = BitConverter.DoubleToInt64Bits(value + 0.0);
        return (int)((ulong)(bits < 0 ? ~bits : bits | long.MinValue) >> 48);
    }

    /// <summary>Where the rank lies, which becomes the rank there.</summary>
    private static int Find(int[] counts, ref int rank)
    {
        for (int i = 0; i < counts.Length; i++)
        {
            if (rank < counts[i]) return i;
            rank -= counts[i];
        }
        throw new ArgumentOutOfRangeException(nameof(rank));
    }
}

using System.Numerics;

namespace ClemReg.Algorithms.Segmentation;

/// <summary>Stretches of bits in a row of a mask.</summary>
internal static class BitRow
{
    /// <summary>Sets the bits from <paramref name="start"/> to before <paramref name="end"/>.</summary>
    public static void Set(Span<ulong> row, int start, int end)
    {
        for (int w = start >> 6; w << 6 < end; w++) row[w] |= Bits(w, start, end);
    }

    /// <summary>Clears the bits from <paramref name="start"/> to before <paramref name="end"/>.</summary>
    public static void Clear(Span<ulong> row, int start, int end)
    {
        for (int w = start >> 6; w << 6 < end; w++) row[w] &= ~Bits(w, start, end);
    }

    /// <summary>Finds the run of set bits that follows one: none, where both are 0.</summary>
    /// <param name="row">The row.</param>
    /// <param name="start">Its first bit.</param>
    /// <param name="end">One beyond its last bit.</param>
    /// <returns>Whether there is one more.</returns>
    public static bool NextRun(ReadOnlySpan<ulong> row, ref int start, ref int end)
    {
        start = Next(row, end, 0);
        if (start == row.Length * 64) return false;
        end = Next(row, start, ulong.MaxValue);
        return true;
    }

    /// <summary>The first bit from <paramref name="from"/> on that is set after the row is combined with <paramref name="flip"/>, or the row's end.</summary>
    private static int Next(ReadOnlySpan<ulong> row, int from, ulong flip)
    {
        for (int w = from >> 6; w < row.Length; w++)
        {
            ulong word = row[w] ^ flip;
            if (w == from >> 6) word &= ulong.MaxValue << from;
            if (word != 0) return w * 64 + BitOperations.TrailingZeroCount(word);
        }
        return row.Length * 64;
    }

    private static ulong Bits(int word, int start, int end)
    {
        int from = Math.Max(start - word * 64, 0);
        int to = Math.Min(end - word * 64, 64);
        return (to == 64 ? ulong.MaxValue : (1UL << to) - 1) & (ulong.MaxValue << from);
    }
}

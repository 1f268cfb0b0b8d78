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

    private static ulong Bits(int word, int start, int end)
    {
        int from = Math.Max(start - word * 64, 0);
        int to = Math.Min(end - word * 64, 64);
        return (to == 64 ? ulong.MaxValue : (1UL << to) - 1) & (ulong.MaxValue << from);
    }
}

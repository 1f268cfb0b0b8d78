namespace ClemReg.Algorithms.Segmentation;

/// <summary>Numbers values in their order, equal ones alike: by sorting digit after digit.</summary>
internal static class RankSort
{
    private const int Bits = 11, Values = 1 << Bits;

    /// <summary>Entries that one piece of parallel work counts and moves.</summary>
    private const int PieceLength = 1 << 19;

    /// <summary>Ranks values.</summary>
    /// <param name="keys">The values.</param>
    /// <param name="job">Threads, cancellation.</param>
    /// <returns>For each value the number of smaller ones that occur; for each such number how many values are smaller, with their repetitions.</returns>
    public static (int[] Ranks, int[] Starts) Ranks(ReadOnlyMemory<uint> keys, Job job)
    {
        int count = keys.Length, pieces = Math.Max(1, (count + PieceLength - 1) / PieceLength);
        (ulong[] entries, ulong[] sorted) = (new ulong[count], new ulong[count]);
        var places = new int[pieces][];
        for (int p = 0; p < pieces; p++) places[p] = new int[Values];
        for (int shift = 32; shift < 64; shift += Bits)
        {
            job.For(pieces, p =>
            {
                int[] own = places[p];
                Array.Clear(own);
                (int first, int end) = Piece(p, count);
                if (shift == 32)
                {
                    ReadOnlySpan<uint> from = keys.Span;
                    for (int i = first; i < end; i++) entries[i] = (ulong)from[i] << 32 | (uint)i;
                }
                foreach (ulong e in entries.AsSpan(first, end - first)) own[(int)(e >> shift) & (Values - 1)]++;
            });
            for (int v = 0, sum = 0; v < Values; v++)
                foreach (int[] own in places) (own[v], sum) = (sum, sum + own[v]);
            job.For(pieces, p =>
            {
                int[] own = places[p];
                (int first, int end) = Piece(p, count);
                foreach (ulong e in entries.AsSpan(first, end - first)) sorted[own[(int)(e >> shift) & (Values - 1)]++] = e;
            });
            (entries, sorted) = (sorted, entries);
        }
        var ranks = new int[count];
        var starts = new List<int>();
        for (int i = 0; i < count; i++)
        {
            if (i == 0 || entries[i] >> 32 != entries[i - 1] >> 32) starts.Add(i);
            ranks[(int)(uint)entries[i]] = starts.Count - 1;
        }
        return (ranks, [.. starts]);
    }

    private static (int First, int End) Piece(int piece, int count) => (piece * PieceLength, Math.Min(count, (piece + 1) * PieceLength));
}

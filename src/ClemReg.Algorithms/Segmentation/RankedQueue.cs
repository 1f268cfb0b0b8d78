using System.Numerics;

namespace ClemReg.Algorithms.Segmentation;

/// <summary>
/// Pixels that wait to be flooded, the lowest first and of equally low ones the first come: a queue for each height that occurs, linked through the
/// pixels, and a tree of bits that tells which queues hold something. Each pixel may wait once.
/// </summary>
internal sealed class RankedQueue
{
    private readonly (int Rank, int Next)[] _pixels;
    private readonly (int First, int Last)[] _queues;
    private readonly ulong[][] _filled;

    /// <summary>Makes an empty queue.</summary>
    /// <param name="keys">The height of each pixel that may come, as <see cref="WatershedQueue.SortKey"/>.</param>
    public RankedQueue(ReadOnlySpan<uint> keys)
    {
        _pixels = Ranked(keys, out int count);
        _queues = new (int, int)[count];
        var levels = new List<ulong[]>();
        do levels.Add(new ulong[count = (count + 63) / 64]);
        while (count > 1);
        _filled = [.. levels];
    }

    /// <summary>Adds a pixel that does not wait.</summary>
    public void Push(int index)
    {
        int rank = _pixels[index].Rank;
        ref (int First, int Last) queue = ref _queues[rank];
        int bit = rank;
        foreach (ulong[] words in _filled)
        {
            ref ulong word = ref words[bit >> 6];
            ulong mask = 1UL << (bit & 63);
            if ((word & mask) != 0)
            {
                if (bit == rank && words == _filled[0])
                {
                    _pixels[queue.Last].Next = index;
                    queue.Last = index;
                    return;
                }
                break;
            }
            word |= mask;
            bit >>= 6;
        }
        queue = (index, index);
    }

    /// <summary>Takes the pixel on top; false when none waits.</summary>
    public bool TryPop(out int index)
    {
        index = 0;
        if (_filled[^1][0] == 0) return false;
        int rank = 0;
        for (int level = _filled.Length - 1; level >= 0; level--) rank = rank << 6 | BitOperations.TrailingZeroCount(_filled[level][rank]);
        ref (int First, int Last) queue = ref _queues[rank];
        index = queue.First;
        if (index != queue.Last)
        {
            queue.First = _pixels[index].Next;
            return true;
        }
        foreach (ulong[] words in _filled)
        {
            ref ulong word = ref words[rank >> 6];
            word &= ~(1UL << (rank & 63));
            if (word != 0) break;
            rank >>= 6;
        }
        return true;
    }

    /// <summary>Numbers from 0 in the order of the keys, equal ones for equal keys: by sorting digit after digit.</summary>
    private static (int Rank, int Next)[] Ranked(ReadOnlySpan<uint> keys, out int count)
    {
        const int Bits = 11, Values = 1 << Bits;
        var entries = new ulong[keys.Length];
        for (int i = 0; i < entries.Length; i++) entries[i] = (ulong)keys[i] << 32 | (uint)i;
        var sorted = new ulong[entries.Length];
        var starts = new int[Values];
        for (int shift = 32; shift < 64; shift += Bits)
        {
            Array.Clear(starts);
            foreach (ulong e in entries) starts[(int)(e >> shift) & (Values - 1)]++;
            for (int v = 0, sum = 0; v < Values; v++) (starts[v], sum) = (sum, sum + starts[v]);
            foreach (ulong e in entries) sorted[starts[(int)(e >> shift) & (Values - 1)]++] = e;
            (entries, sorted) = (sorted, entries);
        }
        var ranks = new (int Rank, int Next)[keys.Length];
        count = 0;
        for (int i = 0; i < entries.Length; i++)
        {
            if (i == 0 || entries[i] >> 32 != entries[i - 1] >> 32) count++;
            ranks[(int)(uint)entries[i]].Rank = count - 1;
        }
        return ranks;
    }
}

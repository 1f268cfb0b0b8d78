using System.Numerics;

namespace ClemReg.Algorithms.Segmentation;

/// <summary>
/// Pixels that wait to be flooded, the lowest first and of equally low ones the first come: a queue for each height that occurs, all in one array in the
/// order of the heights, and a tree of bits that tells which queues hold something. Each pixel may wait once.
/// </summary>
internal sealed class RankedQueue
{
    /// <summary>Pixels are told so long before they come up, so that what is around them can be fetched meanwhile.</summary>
    private const int Ahead = 4;

    private readonly int[] _ranks;
    private readonly int[] _waiting;
    private readonly (int First, int End)[] _queues;
    private readonly ulong[][] _filled;

    /// <summary>Makes an empty queue.</summary>
    /// <param name="keys">The height of each pixel that may come, as <see cref="WatershedQueue.SortKey"/>.</param>
    /// <param name="job">Threads, cancellation.</param>
    public RankedQueue(ReadOnlyMemory<uint> keys, Job job)
    {
        (_ranks, int[] starts) = RankSort.Ranks(keys, job);
        _waiting = new int[_ranks.Length];
        _queues = new (int, int)[starts.Length];
        for (int i = 0; i < starts.Length; i++) _queues[i] = (starts[i], starts[i]);
        var levels = new List<ulong[]>();
        int count = starts.Length;
        do levels.Add(new ulong[count = (count + 63) / 64]);
        while (count > 1);
        _filled = [.. levels];
    }

    /// <summary>For each pixel the number of lower heights that occur.</summary>
    public ReadOnlySpan<int> Ranks => _ranks;

    /// <summary>Adds a pixel that does not wait.</summary>
    public void Push(int index)
    {
        int rank = _ranks[index];
        ref (int First, int End) queue = ref _queues[rank];
        _waiting[queue.End++] = index;
        if (queue.End - queue.First > 1) return;
        foreach (ulong[] words in _filled)
        {
            ref ulong word = ref words[rank >> 6];
            bool held = word != 0;
            word |= 1UL << (rank & 63);
            if (held) break;
            rank >>= 6;
        }
    }

    /// <summary>Takes the pixel on top; false when none waits.</summary>
    /// <param name="index">The pixel.</param>
    /// <param name="ahead">One that comes up soon, as far as is known now; the pixel itself where none is.</param>
    public bool TryPop(out int index, out int ahead)
    {
        index = ahead = 0;
        if (_filled[^1][0] == 0) return false;
        int rank = 0;
        for (int level = _filled.Length - 1; level >= 0; level--) rank = rank << 6 | BitOperations.TrailingZeroCount(_filled[level][rank]);
        ref (int First, int End) queue = ref _queues[rank];
        index = ahead = _waiting[queue.First++];
        ulong[] lowest = _filled[0];
        if (queue.First < queue.End)
        {
            if (queue.First + Ahead < queue.End) ahead = _waiting[queue.First + Ahead];
            return true;
        }
        ulong others = lowest[rank >> 6] & lowest[rank >> 6] - 1;
        int first = rank & ~63;
        foreach (ulong[] words in _filled)
        {
            ref ulong word = ref words[rank >> 6];
            word &= ~(1UL << (rank & 63));
            if (word != 0) break;
            rank >>= 6;
        }
        for (int i = 1; i < Ahead && others != 0; i++) others &= others - 1;
        if (others != 0) ahead = _waiting[_queues[first | BitOperations.TrailingZeroCount(others)].First];
        return true;
    }
}

namespace ClemReg.Algorithms.Segmentation;

/// <summary>
/// Pixels that wait to be flooded, the lowest and of equal ones the first reached on top: a binary heap. Markers all have the age 0, so where
/// they are equally low the heap's own order decides; it is the plain textbook heap, which swaps only where one is really smaller, because
/// scikit-image's is.
/// </summary>
internal sealed class WatershedQueue
{
    private Entry[] _entries = new Entry[1024];
    private int _count;

    private record struct Entry(ulong Order, int Index, int Source);

    /// <summary>A height as a number without sign of the same order; -0 is 0.</summary>
    public static uint SortKey(float height)
    {
        uint bits = BitConverter.SingleToUInt32Bits(height + 0f);
        return bits >> 31 != 0 ? ~bits : bits | 0x80000000;
    }

    /// <summary>The height that has a <see cref="SortKey"/>.</summary>
    public static float FromSortKey(uint key) => BitConverter.UInt32BitsToSingle(key >> 31 != 0 ? key & 0x7FFFFFFF : ~key);

    /// <summary>Adds a pixel.</summary>
    /// <param name="key">Its height's <see cref="SortKey"/>.</param>
    /// <param name="age">When it was reached.</param>
    /// <param name="index">The pixel.</param>
    /// <param name="source">The marker's pixel that the water comes from.</param>
    public void Push(uint key, uint age, int index, int source)
    {
        if (_count == _entries.Length) Array.Resize(ref _entries, 2 * _count);
        var entry = new Entry((ulong)key << 32 | age, index, source);
        int child = _count++;
        while (child > 0)
        {
            int parent = (child - 1) / 2;
            if (entry.Order >= _entries[parent].Order) break;
            _entries[child] = _entries[parent];
            child = parent;
        }
        _entries[child] = entry;
    }

    /// <summary>Takes the pixel on top; false when none waits.</summary>
    public bool TryPop(out int index, out int source)
    {
        if (_count == 0)
        {
            index = source = 0;
            return false;
        }
        (index, source) = (_entries[0].Index, _entries[0].Source);
        Entry last = _entries[--_count];
        int hole = 0;
        while (true)
        {
            int child = 2 * hole + 1;
            if (child >= _count) break;
            if (child + 1 < _count && _entries[child + 1].Order < _entries[child].Order) child++;
            if (_entries[child].Order >= last.Order) break;
            _entries[hole] = _entries[child];
            hole = child;
        }
        _entries[hole] = last;
        return true;
    }

    /// <summary>All pixels that wait, the first on top first.</summary>
    public IEnumerable<(int Index, int Source)> InOrder()
    {
        Array.Sort(_entries, 0, _count, Comparer<Entry>.Create((a, b) => a.Order.CompareTo(b.Order)));
        for (int i = 0; i < _count; i++) yield return (_entries[i].Index, _entries[i].Source);
    }
}

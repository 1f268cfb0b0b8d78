namespace ClemReg.Algorithms.Meshes;

/// <summary>
/// A queue by cost that keeps costs apart to an eighth of their power of two and gives of those alike the latest first: no comparing, no sorting, the same order every time.
/// </summary>
internal sealed class RoughQueue<T>
{
    /// <summary>Binary digits of a cost that count beside its exponent.</summary>
    private const int Digits = 3;
    private const int Shift = 52 - Digits;

    private readonly List<T>?[] _buckets = new List<T>?[1 << 11 + Digits];
    private int _lowest = int.MaxValue;

    /// <summary>Puts something in.</summary>
    /// <param name="item">What.</param>
    /// <param name="cost">0 or more.</param>
    public void Enqueue(T item, double cost)
    {
        int bucket = (int)(BitConverter.DoubleToInt64Bits(cost) >> Shift);
        (_buckets[bucket] ??= []).Add(item);
        _lowest = Math.Min(_lowest, bucket);
    }

    /// <summary>Takes out one of the cheapest.</summary>
    public bool TryDequeue(out T item)
    {
        for (; _lowest < _buckets.Length; _lowest++)
        {
            if (_buckets[_lowest] is not { Count: > 0 } bucket) continue;
            item = bucket[^1];
            bucket.RemoveAt(bucket.Count - 1);
            return true;
        }
        item = default!;
        return false;
    }
}

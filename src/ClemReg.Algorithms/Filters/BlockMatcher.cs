using System.Numerics;
using System.Numerics.Tensors;

namespace ClemReg.Algorithms.Filters;

/// <summary>A section as floats in memory that does not move: vectors may be read beyond the end of each row.</summary>
/// <param name="Pixels">Pixel (0, 0).</param>
/// <param name="Stride">Floats from one row to the next.</param>
/// <param name="Height">Rows.</param>
/// <param name="Width">Pixels of a row.</param>
internal readonly unsafe record struct PixelRows(nint Pixels, int Stride, int Height, int Width)
{
    /// <summary>The floats that may be read beyond a row, for the vectors of a block and of a row of candidates.</summary>
    public const int Pad = 64;

    /// <summary>Where a pixel lies.</summary>
    public float* At(int y, int x) => (float*)Pixels + (nint)y * Stride + x;
}

/// <summary>
/// Finds the blocks around a place that resemble the block there: those of the least sum of squared differences, itself first. Of equal
/// ones the first in scan order. One object serves one thread.
/// </summary>
/// <param name="image">Where to look.</param>
/// <param name="size">Pixels of a block's side.</param>
/// <param name="reach">The farthest that a block may lie away along y and x.</param>
/// <param name="most">The most blocks.</param>
/// <param name="threshold">Blocks of a mean squared difference below this are alike.</param>
internal sealed unsafe class BlockMatcher(PixelRows image, int size, int reach, int most, double threshold)
{
    /// <summary>Vectors of candidates, side by side, that are compared at a time: with 8 lanes all of a row of 39.</summary>
    private const int Group = 5;

    /// <summary>When so many times the most blocks are collected, all but the best are thrown away.</summary>
    private const int Collected = 4;

    private readonly float[] _block = new float[size * size];
    private readonly (int Y, int X)[] _places = new (int, int)[most];
    private readonly float _limit = (float)(threshold * size * size);

    // Candidates in scan order: the bits of their distances, which have the distances' order, and rows (upper half) and columns from the window's corner.
    private readonly int[] _distances = new int[Collected * most + 2 * Vector<int>.Count];
    private readonly int[] _candidates = new int[Collected * most + 2 * Vector<int>.Count];
    private float _worst;
    private int _collected;
    private int _count;

    /// <summary>Where the blocks of the last <see cref="Find"/> lie (first row and column), the most similar first.</summary>
    public ReadOnlySpan<(int Y, int X)> Places => _places.AsSpan(0, _count);

    /// <summary>Finds the blocks that resemble the one at (y, x).</summary>
    public void Find(int y, int x)
    {
        for (int r = 0; r < size; r++) new ReadOnlySpan<float>(image.At(y + r, x), size).CopyTo(_block.AsSpan(r * size));
        (_collected, _worst) = (0, _limit);
        int top = Math.Max(0, y - reach), bottom = Math.Min(image.Height - size, y + reach);
        int left = Math.Max(0, x - reach), right = Math.Min(image.Width - size, x + reach);
        int lanes = Vector<float>.Count;
        float* distances = stackalloc float[Group * lanes];
        fixed (float* block = _block)
        {
            for (int cy = top; cy <= bottom; cy++)
                for (int cx = left; cx <= right; cx += Group * lanes)
                {
                    Compare(block, image.At(cy, cx), distances);
                    int candidates = Math.Min(Group * lanes, right - cx + 1), self = cy == y ? x - cx : -1;
                    for (int i = 0; i < candidates; i += lanes) Collect(distances, i, Math.Min(i + lanes, candidates), cy - top << 16 | cx - left, self);
                }
        }
        if (_collected >= most) KeepBest();
        _places[0] = (y, x);
        _count = 1 + _collected;
        _distances.AsSpan(_collected, Vector<int>.Count).Fill(int.MaxValue);
        for (int i = 0; i < _collected; i++) _places[1 + Rank(i)] = (top + (_candidates[i] >> 16), left + (_candidates[i] & 0xFFFF));
    }

    /// <summary>The distances of a block to the candidates from one on.</summary>
    private void Compare(float* block, float* candidate, float* distances)
    {
        int lanes = Vector<float>.Count, side = size;
        Vector<float> a0 = Vector<float>.Zero, a1 = a0, a2 = a0, a3 = a0, a4 = a0;
        for (int r = 0; r < side; r++, candidate += image.Stride, block += side)
        {
            for (int c = 0; c < side; c++)
            {
                var pixel = new Vector<float>(block[c]);
                float* s = candidate + c;
                Vector<float> d0 = Vector.Load(s) - pixel, d1 = Vector.Load(s + lanes) - pixel, d2 = Vector.Load(s + 2 * lanes) - pixel;
                Vector<float> d3 = Vector.Load(s + 3 * lanes) - pixel, d4 = Vector.Load(s + 4 * lanes) - pixel;
                a0 = Vector.MultiplyAddEstimate(d0, d0, a0);
                a1 = Vector.MultiplyAddEstimate(d1, d1, a1);
                a2 = Vector.MultiplyAddEstimate(d2, d2, a2);
                a3 = Vector.MultiplyAddEstimate(d3, d3, a3);
                a4 = Vector.MultiplyAddEstimate(d4, d4, a4);
            }
        }
        a0.Store(distances);
        a1.Store(distances + lanes);
        a2.Store(distances + 2 * lanes);
        a3.Store(distances + 3 * lanes);
        a4.Store(distances + 4 * lanes);
    }

    /// <summary>Collects what may be among the best of a vector of candidates, but not the block itself.</summary>
    private void Collect(float* distances, int first, int end, int place, int self)
    {
        float worst = _worst;
        if (!Vector.LessThanAny(Vector.Load(distances + first), new Vector<float>(worst))) return;
        int count = _collected;
        fixed (int* found = _distances, places = _candidates)
        {
            // Without branches: which ones are better is not to be foreseen.
            for (int i = first; i < end; i++)
            {
                found[count] = BitConverter.SingleToInt32Bits(distances[i]);
                places[count] = place + i;
                count += distances[i] < worst & i != self ? 1 : 0;
            }
        }
        _collected = count;
        if (count >= Collected * most) KeepBest();
    }

    /// <summary>Throws away all but the best, of equal ones the first: one fewer than the most, because the block itself is not among them.</summary>
    private void KeepBest()
    {
        int keep = most - 1;
        _distances.AsSpan(_collected, Vector<int>.Count).Fill(int.MaxValue);
        Span<int> distances = _distances.AsSpan(0, _collected);
        // Fewer than are kept are at most low; so many or more are at most high.
        int low = TensorPrimitives.Min<int>(distances) - 1, high = TensorPrimitives.Max<int>(distances), within = _collected;
        while (within > keep && high - low > 1)
        {
            int middle = low + (high - low) / 2, count = CountUpTo(middle);
            if (count < keep) low = middle;
            else (high, within) = (middle, count);
        }
        int equals = within > keep ? keep - CountUpTo(low) : keep, kept = 0;
        for (int i = 0; i < distances.Length; i++)
        {
            if (distances[i] > high || distances[i] == high && equals-- <= 0) continue;
            (_distances[kept], _candidates[kept]) = (distances[i], _candidates[i]);
            kept++;
        }
        (_collected, _worst) = (kept, BitConverter.Int32BitsToSingle(high));
    }

    /// <summary>How many candidates' distances are at most so large.</summary>
    private int CountUpTo(int distance)
    {
        Vector<int> limit = new(distance), count = Vector<int>.Zero;
        fixed (int* distances = _distances)
        {
            for (int i = 0; i < _collected; i += Vector<int>.Count) count -= Vector.LessThanOrEqual(Vector.Load(distances + i), limit);
        }
        return Vector.Sum(count);
    }

    /// <summary>How many candidates are better than one, or as good and before it.</summary>
    private int Rank(int candidate)
    {
        Vector<int> own = new(_distances[candidate]), count = Vector<int>.Zero;
        fixed (int* distances = _distances)
        {
            for (int i = 0; i < _collected; i += Vector<int>.Count)
            {
                Vector<int> other = Vector.Load(distances + i), before = Vector.LessThan(Vector<int>.Indices, new Vector<int>(candidate - i));
                count -= Vector.LessThan(other, own) | Vector.Equals(other, own) & before;
            }
        }
        return Vector.Sum(count);
    }
}

using System.Numerics;

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

    private readonly float[] _block = new float[size * size];
    private readonly float[] _distance = new float[most];
    private readonly (int Y, int X)[] _place = new (int, int)[most];
    private readonly float _limit = (float)(threshold * size * size);
    private int _count;

    /// <summary>Where the blocks of the last <see cref="Find"/> lie (first row and column), the most similar first.</summary>
    public ReadOnlySpan<(int Y, int X)> Places => _place.AsSpan(0, _count);

    /// <summary>Finds the blocks that resemble the one at (y, x).</summary>
    public void Find(int y, int x)
    {
        for (int r = 0; r < size; r++) new ReadOnlySpan<float>(image.At(y + r, x), size).CopyTo(_block.AsSpan(r * size));
        _count = 1;
        _place[0] = (y, x);
        _distance[0] = float.NegativeInfinity;
        int bottom = Math.Min(image.Height - size, y + reach);
        int left = Math.Max(0, x - reach), right = Math.Min(image.Width - size, x + reach);
        int step = Group * Vector<float>.Count;
        fixed (float* block = _block)
        {
            for (int cy = Math.Max(0, y - reach); cy <= bottom; cy++)
                for (int cx = left; cx <= right; cx += step)
                    Compare(block, cy, cx, Math.Min(step, right - cx + 1), cy == y ? x : -1);
        }
    }

    /// <summary>Compares the candidates from (cy, cx) on.</summary>
    private void Compare(float* block, int cy, int cx, int candidates, int self)
    {
        int lanes = Vector<float>.Count;
        Vector<float> a0 = Vector<float>.Zero, a1 = a0, a2 = a0, a3 = a0, a4 = a0;
        for (int r = 0; r < size; r++)
        {
            float* row = image.At(cy + r, cx);
            for (int c = 0; c < size; c++)
            {
                var pixel = new Vector<float>(block[r * size + c]);
                float* s = row + c;
                Vector<float> d0 = Vector.Load(s) - pixel, d1 = Vector.Load(s + lanes) - pixel, d2 = Vector.Load(s + 2 * lanes) - pixel;
                Vector<float> d3 = Vector.Load(s + 3 * lanes) - pixel, d4 = Vector.Load(s + 4 * lanes) - pixel;
                a0 = Vector.MultiplyAddEstimate(d0, d0, a0);
                a1 = Vector.MultiplyAddEstimate(d1, d1, a1);
                a2 = Vector.MultiplyAddEstimate(d2, d2, a2);
                a3 = Vector.MultiplyAddEstimate(d3, d3, a3);
                a4 = Vector.MultiplyAddEstimate(d4, d4, a4);
            }
        }
        Keep(a0, cy, cx, candidates, self);
        Keep(a1, cy, cx + lanes, candidates - lanes, self);
        Keep(a2, cy, cx + 2 * lanes, candidates - 2 * lanes, self);
        Keep(a3, cy, cx + 3 * lanes, candidates - 3 * lanes, self);
        Keep(a4, cy, cx + 4 * lanes, candidates - 4 * lanes, self);
    }

    private void Keep(Vector<float> distances, int cy, int cx, int candidates, int self)
    {
        if (candidates <= 0 || !Vector.LessThanAny(distances, new Vector<float>(Worst))) return;
        for (int i = 0; i < Math.Min(candidates, Vector<float>.Count); i++)
        {
            float distance = distances[i];
            if (!(distance < Worst) || cx + i == self) continue;
            int at = _count < _place.Length ? _count++ : _count - 1;
            for (; _distance[at - 1] > distance; at--)
            {
                _distance[at] = _distance[at - 1];
                _place[at] = _place[at - 1];
            }
            _distance[at] = distance;
            _place[at] = (cy, cx + i);
        }
    }

    private float Worst => _count < _place.Length ? _limit : _distance[_count - 1];
}

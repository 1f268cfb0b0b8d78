using System.Runtime.Intrinsics;

namespace ClemReg.Algorithms.Mitochondria;

/// <summary>A picture of bits: rows of 64-bit words, bit x % 64 of word x / 64 is pixel x, bits beyond the row's end are 0.</summary>
internal sealed class BitMask(int height, int width)
{
    /// <summary>Rows.</summary>
    public int Height { get; } = height;

    /// <summary>Pixels of a row.</summary>
    public int Width { get; } = width;

    /// <summary>Words of a row.</summary>
    public int WordsPerRow { get; } = (width + 63) / 64;

    /// <summary>All words.</summary>
    public ulong[] Words { get; } = new ulong[height * ((width + 63) / 64)];

    /// <summary>The words of a row.</summary>
    public Span<ulong> Row(int y) => Words.AsSpan(y * WordsPerRow, WordsPerRow);

    /// <summary>Sets the pixels whose value is at least a threshold; NaN is not.</summary>
    /// <param name="values">Rows of values, at least as many and as long as the picture's.</param>
    /// <param name="stride">Values of a row.</param>
    /// <param name="threshold">The least value.</param>
    public void SetAtLeast(ReadOnlySpan<float> values, int stride, float threshold)
    {
        Vector256<float> least = Vector256.Create(threshold);
        for (int y = 0; y < Height; y++)
        {
            ReadOnlySpan<float> row = values.Slice(y * stride, Width);
            Span<ulong> words = Row(y);
            words.Clear();
            int x = 0;
            for (; x + 8 <= Width; x += 8)
                words[x >> 6] |= (ulong)Vector256.GreaterThanOrEqual(Vector256.Create(row.Slice(x, 8)), least).ExtractMostSignificantBits() << (x & 63);
            for (; x < Width; x++)
                if (row[x] >= threshold)
                    words[x >> 6] |= 1UL << (x & 63);
        }
    }
}

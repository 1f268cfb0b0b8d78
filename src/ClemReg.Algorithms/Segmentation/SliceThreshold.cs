using System.Numerics;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Segmentation;

/// <summary>
/// The threshold that follows the loss of signal with depth: each slice is stretched to 0..255, and foreground is what reaches a
/// multiple of the slice's mean grey level. (CLEM-Reg's slice-adaptive threshold: grey levels are cut off to whole numbers.)
/// </summary>
public static unsafe class SliceThreshold
{
    /// <summary>Sets slice <paramref name="z"/> of the mask.</summary>
    /// <param name="slice">Y * X finite values of any scale, x fastest.</param>
    /// <param name="factor">Foreground is at least this times the mean of the grey levels 0 to 255; above 0.</param>
    /// <param name="mask">Receives the foreground.</param>
    /// <param name="z">The slice.</param>
    /// <param name="flatBelow">A slice whose values span no more than this has no foreground.</param>
    public static void Apply(ReadOnlySpan<float> slice, double factor, BitVolume mask, int z, float flatBelow = 0)
    {
        Span<ulong> words = mask.SliceWords(z);
        (float minimum, float maximum) = Range(slice);
        float span = maximum - minimum;
        float scale = 255 / span;
        if (!(span > flatBelow) || !float.IsFinite(scale))
        {
            words.Clear();
            return;
        }
        double mean = (double)SumOfLevels(slice, minimum, scale) / slice.Length;
        // Levels are whole numbers, so reaching the threshold is reaching the next whole number, which needs no cutting off.
        float threshold = (float)Math.Ceiling(factor * mean);
        int width = mask.Grid.Size.X;
        for (int y = 0; y < mask.Grid.Size.Y; y++)
            SetRow(slice.Slice(y * width, width), minimum, scale, threshold, words.Slice(y * mask.WordsPerRow, mask.WordsPerRow));
    }

    private static (float Minimum, float Maximum) Range(ReadOnlySpan<float> values)
    {
        float minimum = values[0];
        float maximum = values[0];
        ReadOnlySpan<Vector<float>> vectors = MemoryMarshal.Cast<float, Vector<float>>(values);
        if (vectors.Length > 0)
        {
            Vector<float> low = vectors[0];
            Vector<float> high = vectors[0];
            foreach (Vector<float> v in vectors)
            {
                low = Vector.Min(low, v);
                high = Vector.Max(high, v);
            }
            for (int lane = 0; lane < Vector<float>.Count; lane++)
            {
                minimum = Math.Min(minimum, low[lane]);
                maximum = Math.Max(maximum, high[lane]);
            }
        }
        foreach (float v in values[(vectors.Length * Vector<float>.Count)..])
        {
            minimum = Math.Min(minimum, v);
            maximum = Math.Max(maximum, v);
        }
        return (minimum, maximum);
    }

    private static long SumOfLevels(ReadOnlySpan<float> values, float minimum, float scale)
    {
        // A lane's sum of this many levels stays far below the limit of 32 bits.
        const int Stretch = 1 << 20;
        long sum = 0;
        var low = new Vector<float>(minimum);
        while (values.Length > 0)
        {
            ReadOnlySpan<float> part = values[..Math.Min(Stretch, values.Length)];
            values = values[part.Length..];
            ReadOnlySpan<Vector<float>> vectors = MemoryMarshal.Cast<float, Vector<float>>(part);
            Vector<int> lanes = Vector<int>.Zero;
            foreach (Vector<float> v in vectors) lanes += Vector.ConvertToInt32((v - low) * scale);
            sum += Vector.Sum(lanes);
            foreach (float v in part[(vectors.Length * Vector<float>.Count)..]) sum += (int)((v - minimum) * scale);
        }
        return sum;
    }

    private static void SetRow(ReadOnlySpan<float> row, float minimum, float scale, float threshold, Span<ulong> words)
    {
        fixed (float* values = row)
        {
            for (int w = 0; w < words.Length; w++)
            {
                float* part = values + w * 64;
                int count = Math.Min(64, row.Length - w * 64);
                ulong bits = 0;
                int i = 0;
                if (Vector256.IsHardwareAccelerated)
                {
                    var low = Vector256.Create(minimum);
                    var limit = Vector256.Create(threshold);
                    for (; i + 8 <= count; i += 8)
                        bits |= (ulong)Vector256.GreaterThanOrEqual((Vector256.Load(part + i) - low) * scale, limit).ExtractMostSignificantBits() << i;
                }
                else if (Vector128.IsHardwareAccelerated)
                {
                    var low = Vector128.Create(minimum);
                    var limit = Vector128.Create(threshold);
                    for (; i + 4 <= count; i += 4)
                        bits |= (ulong)Vector128.GreaterThanOrEqual((Vector128.Load(part + i) - low) * scale, limit).ExtractMostSignificantBits() << i;
                }
                for (; i < count; i++)
                    if ((part[i] - minimum) * scale >= threshold) bits |= 1UL << i;
                words[w] = bits;
            }
        }
    }
}

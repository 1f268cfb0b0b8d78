namespace ClemReg.Algorithms.Mitochondria;

/// <summary>
/// Sharpens coarse logits (Kirillov et al. 2020): again and again they are enlarged twice, and the pixels nearest to undecided are decided anew by a
/// perceptron that sees the decoder's features there.
/// </summary>
/// <remarks>Of pixels that are exactly as undecided the first in raster order are taken. Buffers are kept between slices of one size.</remarks>
internal sealed class PointRend
{
    /// <summary>Pixels decided anew in each step, as MitoNet has it.</summary>
    public const int Points = 8192;

    private const int ChannelsAtOnce = 8;

    private readonly int _points;
    private readonly Bilinear[] _enlarge;
    private readonly float[][] _logits;
    private readonly int[] _chosen;
    private readonly float[] _values;
    private readonly PointSampler _sampler;
    private float[] _features = [];
    private readonly float[] _coarse;

    /// <summary>Makes the buffers.</summary>
    /// <param name="height">Rows of the coarse logits.</param>
    /// <param name="width">Their columns.</param>
    /// <param name="steps">Doublings.</param>
    /// <param name="points">Pixels decided anew in each.</param>
    public PointRend(int height, int width, int steps, int points = Points)
    {
        (_points, Steps, Size) = (points, steps, (height, width));
        _enlarge = new Bilinear[steps];
        _logits = new float[steps][];
        for (int s = 0; s < steps; s++)
        {
            _enlarge[s] = new Bilinear((height << s, width << s), (height << (s + 1), width << (s + 1)), alignCorners: false);
            _logits[s] = new float[(height << (s + 1)) * (width << (s + 1))];
        }
        int most = steps > 0 ? Math.Min(points, _logits[^1].Length) : 0;
        (_chosen, _values, _coarse) = (new int[most], new float[most], new float[most]);
        _sampler = new PointSampler(height, width, most);
    }

    /// <summary>Size of the coarse logits.</summary>
    public (int Height, int Width) Size { get; }

    /// <summary>Doublings.</summary>
    public int Steps { get; }

    /// <summary>The sharpened logits, 2^steps times as large; valid until the next call.</summary>
    /// <param name="coarse">The coarse logits, one channel.</param>
    /// <param name="features">The decoder's features, of the same size.</param>
    /// <param name="head">The perceptron.</param>
    /// <param name="job">Threads and cancellation.</param>
    public ReadOnlyMemory<float> Refine(FloatPicture coarse, FloatPicture features, IPointHead head, Job job)
    {
        ReadOnlyMemory<float> logits = coarse.Values;
        for (int s = 0; s < Steps; s++)
        {
            float[] larger = _logits[s];
            _enlarge[s].Apply(logits, larger, job);
            int count = Math.Min(_points, larger.Length);
            Memory<int> chosen = _chosen.AsMemory(0, count);
            Undecided(larger, chosen.Span);
            _sampler.Place(chosen.Span, _enlarge[s].To);
            if (_features.Length < features.Channels * count) _features = new float[features.Channels * count];
            int plane = Size.Height * Size.Width;
            job.For((features.Channels + ChannelsAtOnce - 1) / ChannelsAtOnce, b =>
            {
                for (int c = b * ChannelsAtOnce; c < Math.Min(features.Channels, (b + 1) * ChannelsAtOnce); c++)
                    _sampler.Sample(features.Values.Span.Slice(c * plane, plane), _features.AsSpan(c * count, count));
            });
            _sampler.Sample(coarse.Values.Span, _coarse.AsSpan(0, count));
            head.Evaluate(_features.AsMemory(0, features.Channels * count), _coarse.AsMemory(0, count), _values.AsMemory(0, count), job);
            ReadOnlySpan<int> at = chosen.Span;
            for (int i = 0; i < at.Length; i++) larger[at[i]] = _values[i];
            logits = larger;
        }
        return logits;
    }

    /// <summary>The pixels with the smallest magnitudes, as many as <paramref name="chosen"/> holds, in raster order.</summary>
    /// <remarks>A radix selection: the bits of a non-negative float order as it does.</remarks>
    internal static void Undecided(ReadOnlySpan<float> logits, Span<int> chosen)
    {
        Span<int> counts = stackalloc int[2048];
        uint prefix = 0;
        int left = chosen.Length;
        ReadOnlySpan<(int Shift, int Bits)> digits = [(20, 11), (10, 10), (0, 10)];
        foreach ((int shift, int bits) in digits)
        {
            counts.Clear();
            uint mask = (1u << bits) - 1;
            foreach (float value in logits)
            {
                uint magnitude = Magnitude(value);
                if (magnitude >> (shift + bits) == prefix) counts[(int)(magnitude >> shift & mask)]++;
            }
            uint digit = 0;
            while (left > counts[(int)digit]) left -= counts[(int)digit++];
            prefix = prefix << bits | digit;
        }
        int n = 0;
        for (int i = 0; i < logits.Length && n < chosen.Length; i++)
        {
            uint magnitude = Magnitude(logits[i]);
            if (magnitude < prefix || (magnitude == prefix && left-- > 0)) chosen[n++] = i;
        }
    }

    private static uint Magnitude(float value) => BitConverter.SingleToUInt32Bits(value) & 0x7FFFFFFF;
}

/// <summary>Samples pictures of one size at the same points: bilinear, 0 outside.</summary>
internal sealed class PointSampler(int height, int width, int most)
{
    private readonly int[] _index = new int[4 * most];
    private readonly float[] _weight = new float[4 * most];
    private int _count;

    /// <summary>Sets the points: pixels of a picture of another size that covers the same area.</summary>
    public void Place(ReadOnlySpan<int> pixels, (int Height, int Width) size)
    {
        _count = pixels.Length;
        for (int i = 0; i < pixels.Length; i++)
        {
            (int row, int column) = Math.DivRem(pixels[i], size.Width);
            float y = (row + 0.5f) / size.Height * height - 0.5f, x = (column + 0.5f) / size.Width * width - 0.5f;
            int top = (int)MathF.Floor(y), left = (int)MathF.Floor(x);
            (float v, float u) = (y - top, x - left);
            Tap(4 * i, top, left, (1 - v) * (1 - u));
            Tap(4 * i + 1, top, left + 1, (1 - v) * u);
            Tap(4 * i + 2, top + 1, left, v * (1 - u));
            Tap(4 * i + 3, top + 1, left + 1, v * u);
        }
    }

    /// <summary>The picture's values at the points.</summary>
    public void Sample(ReadOnlySpan<float> picture, Span<float> values)
    {
        ReadOnlySpan<int> index = _index.AsSpan(0, 4 * _count);
        ReadOnlySpan<float> weight = _weight.AsSpan(0, 4 * _count);
        for (int i = 0, k = 0; i < values.Length; i++, k += 4)
        {
            values[i] = picture[index[k]] * weight[k] + picture[index[k + 1]] * weight[k + 1] + picture[index[k + 2]] * weight[k + 2] + picture[index[k + 3]] * weight[k + 3];
        }
    }

    private void Tap(int k, int y, int x, float weight)
    {
        bool inside = y >= 0 && x >= 0 && y < height && x < width;
        (_index[k], _weight[k]) = inside ? (y * width + x, weight) : (0, 0);
    }
}

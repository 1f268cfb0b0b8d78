namespace ClemReg.Algorithms.Inference.ImageModels;

/// <summary>
/// An axis at another pixel size, both with the same ends: coarser pixels are means, weighted by a triangle that ends at the next ones' centres (as Pillow's
/// bilinear filter: against aliasing), finer ones lie on straight lines between the centres.
/// </summary>
internal sealed class AxisResampling
{
    private readonly (int First, float[] Weights)[] _pixels;

    /// <summary>Prepares <paramref name="to"/> pixels from <paramref name="from"/>.</summary>
    public AxisResampling(int from, int to)
    {
        (From, To) = (from, to);
        double scale = (double)from / to;
        _pixels = [.. Enumerable.Range(0, to).Select(i => scale > 1 ? Triangle((i + 0.5) * scale - 0.5, scale, from) : Between((i + 0.5) * scale - 0.5, from))];
    }

    /// <summary>Pixels before.</summary>
    public int From { get; }

    /// <summary>Pixels after.</summary>
    public int To { get; }

    /// <summary>Whether nothing changes.</summary>
    public bool Same => From == To;

    /// <summary>The first pixel that a new one is made of, and the weights of it and its followers.</summary>
    public (int First, float[] Weights) this[int i] => _pixels[i];

    /// <summary>The number of pixels for another size of theirs; at least one.</summary>
    public static int Count(int from, double spacing, double wanted) => wanted > 0 ? (int)Math.Max(1, Math.Round(from * spacing / wanted)) : from;

    /// <summary>Resamples a picture, rows from y = 0.</summary>
    public static void Picture(ReadOnlySpan<float> from, AxisResampling y, AxisResampling x, Span<float> to)
    {
        if (y.Same && x.Same)
        {
            from.CopyTo(to);
            return;
        }
        var row = new float[x.From];
        for (int b = 0; b < y.To; b++)
        {
            (int first, float[] weights) = y[b];
            row.AsSpan().Clear();
            for (int k = 0; k < weights.Length; k++)
                System.Numerics.Tensors.TensorPrimitives.MultiplyAdd(from.Slice((first + k) * x.From, x.From), weights[k], row, row);
            Span<float> target = to.Slice(b * x.To, x.To);
            for (int c = 0; c < target.Length; c++)
            {
                (int at, float[] w) = x[c];
                float sum = 0;
                for (int k = 0; k < w.Length; k++) sum += w[k] * row[at + k];
                target[c] = sum;
            }
        }
    }

    /// <summary>A triangle as wide as two of the coarser pixels; cut off and normalised at the ends.</summary>
    private static (int, float[]) Triangle(double centre, double half, int from)
    {
        int first = Math.Max(0, (int)Math.Ceiling(centre - half + 1e-9)), last = Math.Min(from - 1, (int)Math.Floor(centre + half - 1e-9));
        double[] heights = [.. Enumerable.Range(first, Math.Max(1, last - first + 1)).Select(i => Math.Max(1e-9, 1 - Math.Abs(i - centre) / half))];
        double sum = heights.Sum();
        return (first, [.. heights.Select(h => (float)(h / sum))]);
    }

    private static (int, float[]) Between(double at, int from)
    {
        at = Math.Clamp(at, 0, from - 1);
        int first = Math.Min((int)at, Math.Max(0, from - 2));
        double part = at - first;
        return part < 1e-9 ? (first, [1f]) : part > 1 - 1e-9 ? (first + 1, [1f]) : (first, [(float)(1 - part), (float)part]);
    }
}

using System.Numerics.Tensors;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Cells;

/// <summary>Coarser pixels, and medians of what is found on them.</summary>
internal static class Binning
{
    /// <summary>Means of bin x bin pixels; what is left over at the ends is left out.</summary>
    public static Plane<float> Means(Plane<float> image, int bin, Job job)
    {
        if (bin == 1) return image;
        var small = new Plane<float>(image.Height / bin, image.Width / bin);
        job.For(small.Height, () => new float[image.Width], (y, shares) =>
        {
            Span<float> to = small.Row(y);
            for (int r = y * bin; r < (y + 1) * bin; r++)
            {
                TensorPrimitives.Divide(image.Row(r), bin * bin, shares);
                for (int x = 0, first = 0; x < to.Length; x++, first += bin)
                {
                    float sum = to[x];
                    foreach (float v in shares.AsSpan(first, bin)) sum += v;
                    to[x] = sum;
                }
            }
        });
        return small;
    }

    /// <summary>The value below and above which lies half of the weight.</summary>
    public static double WeightedMedian((double Value, double Weight)[] values)
    {
        Array.Sort(values, (a, b) => a.Value.CompareTo(b.Value));
        double half = values.Sum(v => v.Weight) / 2, sum = 0;
        foreach ((double value, double weight) in values)
            if ((sum += weight) >= half) return value;
        return values[^1].Value;
    }

    /// <summary>The usual diameter of outlines, pixels: what is large and clear counts most.</summary>
    public static double UsualDiameter(List<(int Node, double Contrast, double Area)> cells) =>
        cells.Count == 0 ? 0 : WeightedMedian([.. cells.Select(c => (Math.Sqrt(4 / Math.PI * c.Area), c.Contrast * c.Area))]);
}

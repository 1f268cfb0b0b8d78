using System.Numerics.Tensors;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Inference.ImageModels;

/// <summary>The straight line that prepares intensities: value * Gain + Offset.</summary>
internal readonly record struct IntensityScale(float Gain, float Offset)
{
    private const int SlicesLookedAt = 64, PixelsLookedAt = 1 << 22;

    /// <summary>The line of a rule that looks at no image.</summary>
    /// <param name="normalisation">The rule, fixed.</param>
    /// <param name="low">The intensity that is 0 before the mean is taken off.</param>
    /// <param name="high">The one that is 1.</param>
    public static IntensityScale Fixed(Normalisation normalisation, double low, double high) => Through(
        low + (high - low) * normalisation.Mean, (high - low) * normalisation.StandardDeviation);

    /// <summary>The line for some pixels.</summary>
    public static IntensityScale Of(Normalisation normalisation, ReadOnlySpan<float> pixels)
    {
        if (normalisation.Kind == NormalisationKind.Standardise)
        {
            double mean = 0, square = 0;
            foreach (float v in pixels) mean += v;
            mean /= pixels.Length;
            foreach (float v in pixels) square += (v - mean) * (v - mean);
            return Through(mean, Math.Sqrt(square / pixels.Length));
        }
        float[] sorted = pixels.ToArray();
        Array.Sort(sorted);
        double low = Percentile(sorted, normalisation.LowPercentile);
        return Through(low, Percentile(sorted, normalisation.HighPercentile) - low);
    }

    /// <summary>The line for a whole volume, from up to 64 of its slices.</summary>
    public static IntensityScale Of(Normalisation normalisation, ISliceSource image, Job job)
    {
        (int depth, int height, int width) = image.Grid.Size;
        int slices = Math.Min(depth, SlicesLookedAt), every = (int)Math.Max(1, (long)height * width * slices / PixelsLookedAt);
        var reader = new FloatSlices(image);
        var pixels = new List<float>();
        for (int i = 0; i < slices; i++)
        {
            ReadOnlySpan<float> slice = reader.Read((int)((i + 0.5) * depth / slices), job);
            for (int k = i % every; k < slice.Length; k += every) pixels.Add(slice[k]);
        }
        return Of(normalisation, System.Runtime.InteropServices.CollectionsMarshal.AsSpan(pixels));
    }

    /// <summary>Prepares pixels where they are.</summary>
    public void Apply(Span<float> pixels)
    {
        TensorPrimitives.Multiply(pixels, Gain, pixels);
        TensorPrimitives.Add(pixels, Offset, pixels);
    }

    /// <summary>A blank image becomes 0.</summary>
    private static IntensityScale Through(double zero, double unit)
    {
        double gain = unit > 0 ? 1 / unit : 1;
        return new((float)gain, (float)(-zero * gain));
    }

    /// <summary>Between neighbours on a straight line, as numpy.percentile.</summary>
    private static double Percentile(float[] sorted, double percent)
    {
        double at = percent / 100 * (sorted.Length - 1);
        int i = Math.Min((int)at, Math.Max(0, sorted.Length - 2));
        return sorted.Length == 1 ? sorted[0] : sorted[i] + (at - i) * (sorted[i + 1] - sorted[i]);
    }
}

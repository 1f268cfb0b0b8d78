using System.Numerics.Tensors;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Filters;

/// <summary>
/// The standard deviation of Gaussian noise in an image, estimated from the image: the median absolute value of the finest diagonal
/// wavelet coefficients (Daubechies 2, symmetric borders), divided by that of the standard normal distribution (Donoho and Johnstone
/// 1994, "Ideal spatial adaptation by wavelet shrinkage"). The value equals scikit-image's <c>restoration.estimate_sigma</c>.
/// </summary>
public static class NoiseEstimate
{
    /// <summary>The median of the absolute value of a standard normal variable.</summary>
    private const double NormalMedian = 0.6744897501960817;

    private static readonly double[] HighPass = HighPassFilter();

    /// <summary>Estimates the noise.</summary>
    /// <param name="image">The image, finite pixels.</param>
    /// <param name="job">Threads, cancellation.</param>
    /// <returns>The standard deviation in the image's intensities; 0 for an image without any detail.</returns>
    /// <remarks>As in scikit-image coefficients that are exactly 0 do not count: clipped or masked areas do not lower the estimate.</remarks>
    public static double Of(Plane<float> image, Job job)
    {
        int width = Outputs(image.Width), height = Outputs(image.Height);
        var alongX = new double[image.Height * width];
        job.For(image.Height, y =>
        {
            ReadOnlySpan<float> row = image.Row(y);
            Span<double> to = alongX.AsSpan(y * width, width);
            ReadOnlySpan<double> weights = HighPass;
            for (int k = 0; k < width; k++)
            {
                int last = 2 * k + 1;
                if (k > 0 && last < row.Length) to[k] = weights[0] * row[last] + weights[1] * row[last - 1] + weights[2] * row[last - 2] + weights[3] * row[last - 3];
                else for (int j = 0; j < 4; j++) to[k] += weights[j] * row[Mirror(last - j, row.Length)];
            }
        });
        var details = new double[height * width];
        job.For(height, k =>
        {
            Span<double> to = details.AsSpan(k * width, width);
            for (int j = 0; j < 4; j++)
            {
                ReadOnlySpan<double> row = alongX.AsSpan(Mirror(2 * k + 1 - j, image.Height) * width, width);
                TensorPrimitives.MultiplyAdd(row, HighPass[j], to, to);
            }
        });
        int count = 0;
        foreach (double d in details)
            if (d != 0)
                details[count++] = Math.Abs(d);
        if (count == 0) return 0;
        ReadOnlySpan<double> sizes = details.AsSpan(0, count);
        return 0.5 * (OrderStatistic.Of(sizes, (count - 1) / 2) + OrderStatistic.Of(sizes, count / 2)) / NormalMedian;
    }

    private static int Outputs(int length) => (length + 3) / 2;

    /// <summary>The index beyond a border with the border pixel repeated: d c b a | a b c d | d c b a.</summary>
    internal static int Mirror(int i, int length)
    {
        i %= 2 * length;
        if (i < 0) i += 2 * length;
        return i < length ? i : 2 * length - 1 - i;
    }

    private static double[] HighPassFilter()
    {
        double root = Math.Sqrt(3), scale = 4 * Math.Sqrt(2);
        return [-(1 + root) / scale, (3 + root) / scale, -(3 - root) / scale, (1 - root) / scale];
    }
}

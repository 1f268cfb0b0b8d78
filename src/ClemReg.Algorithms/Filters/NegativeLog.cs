using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Filters;

/// <summary>
/// The negative Laplacian of Gaussian of a section with an explicit square kernel, as Matlab's fspecial('log', size, sigma) makes it:
/// g (r² - 2 sigma²) / sigma⁴ with g the Gaussian scaled to sum 1, its mean taken off so that the kernel sums to 0. Bright blobs and rims of
/// about sigma come out bright.
/// </summary>
/// <remarks>
/// The image's mean is taken off first and zeros are taken outside, as the published program of cell detection does with Matlab's imfilter,
/// whose default border is 0: only so does taking off the mean have an effect, namely that the border looks like the mean. A kernel of even
/// size has its middle between two pixels; as in imfilter its response lies on the pixel before.
/// </remarks>
public static class NegativeLog
{
    /// <summary>The published size of the kernel: 6 sigma, rounded.</summary>
    public static int KernelSize(double sigma) => (int)Math.Max(1, Math.Round(6 * sigma, MidpointRounding.AwayFromZero));

    /// <summary>Filters a section and stretches the result to 0..1 (all 0 where it is flat).</summary>
    /// <inheritdoc cref="Response" path="/param"/>
    /// <inheritdoc cref="Response" path="/exception"/>
    public static Plane<float> Apply(Plane<float> image, double sigma, int size, Job job)
    {
        Plane<float> response = Response(image, sigma, size, job);
        IntensityRange range = IntensityRange.Of(response);
        float scale = range.IsFlat ? 0 : 1 / (range.Maximum - range.Minimum);
        foreach (ref float v in response.Values.AsSpan()) v = (v - range.Minimum) * scale;
        return response;
    }

    /// <summary>Filters a section.</summary>
    /// <param name="image">The section, finite pixels.</param>
    /// <param name="sigma">Standard deviation of the Gaussian, pixels, above 0 and at most 200.</param>
    /// <param name="size">Pixels of the kernel's side, 2 to 12 sigma: see <see cref="KernelSize"/>.</param>
    /// <param name="job">Threads, cancellation.</param>
    /// <exception cref="BadInputException">A number out of range, a pixel that is no finite number.</exception>
    public static Plane<float> Response(Plane<float> image, double sigma, int size, Job job)
    {
        if (!(sigma is > 0 and <= 200)) throw BadInputException.ForParameter("sigma", sigma, "above 0 and at most 200 pixels", "The published value is 7.");
        if (size < 2 || size > Math.Max(3, 12 * sigma))
            throw BadInputException.ForParameter("kernel size", size, $"from 2 to 12 sigma ({12 * sigma:F0}) pixels", "The published value is 6 sigma.");
        IntensityRange range = IntensityRange.Of(image);
        double mean = 0;
        foreach (float v in image.Values) mean += v;
        mean /= image.Values.Length;

        // The kernel is the sum of three products of a function of y and one of x.
        var gauss = new double[size];
        var curve = new double[size];
        double total = 0, squares = sigma * sigma;
        for (int i = 0; i < size; i++)
        {
            double t = i - (size - 1) / 2.0;
            total += gauss[i] = Math.Exp(-t * t / (2 * squares));
        }
        for (int i = 0; i < size; i++)
        {
            double t = i - (size - 1) / 2.0;
            gauss[i] /= total;
            curve[i] = gauss[i] * (t * t - squares) / (squares * squares);
        }
        var ones = new double[size];
        Array.Fill(ones, 1.0);
        SeparableFilter filter;
        using var input = new Volume<float>(new Grid(new Size3(1, image.Height, image.Width), new Point3(1, 1, 1)));
        image.Values.CopyTo(input.Slice(0));
        // Single precision is kept where a small signal stands on a large offset, because the mean goes first.
        float offset = Math.Clamp((float)mean, range.Minimum, range.Maximum);
        filter = new SeparableFilter(input, offset, 1,
            Term(gauss, curve, -1), Term(curve, gauss, -1), Term(ones, ones, 2 * curve.Sum() / ((double)size * size)));
        var result = new Plane<float>(image.Height, image.Width);
        filter.Run((_, slice) => slice.CopyTo(result.Values), job);
        return result;

        SeparableTerm Term(double[] y, double[] x, double factor) => new(
            AxisOperator.Linear(1, 1, 0, 1), Along(image.Height, y), Along(image.Width, x).Times(factor));

        AxisOperator Along(int count, double[] weights) => AxisOperator.Kernel(count, weights, (size - 1) / 2);
    }
}

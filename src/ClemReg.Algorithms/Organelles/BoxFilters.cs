using ClemReg.Algorithms.Filters;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Organelles;

/// <summary>Filters of a small part of a slice.</summary>
internal static class BoxFilters
{
    /// <summary>The Gaussian blur of scipy.ndimage.gaussian_filter: mirrored at the ends ('reflect').</summary>
    /// <param name="plane">Changed in place.</param>
    /// <param name="sigmaY">Standard deviation along y, pixels; 0: none.</param>
    /// <param name="sigmaX">Along x.</param>
    public static void Blur(Plane<float> plane, double sigmaY, double sigmaX)
    {
        if (sigmaY > 0) Along(plane.Values, plane.Width, plane.Width, plane.Height, 1, GaussianFilter.Kernel(sigmaY));
        if (sigmaX > 0) Along(plane.Values, plane.Height, 1, plane.Width, plane.Width, GaussianFilter.Kernel(sigmaX));
    }

    /// <summary>Each pixel becomes the least of those in a disc around it; what is beyond the plane does not count (skimage.morphology.erosion).</summary>
    /// <param name="plane">The plane.</param>
    /// <param name="radiusY">The disc's radius along y, pixels: pixels whose centres lie in it; below 1 nothing changes along y.</param>
    /// <param name="radiusX">Along x.</param>
    public static Plane<float> Erode(Plane<float> plane, double radiusY, double radiusX) => Extreme(plane, radiusY, radiusX, -1);

    /// <summary>The same with the largest (skimage.morphology.dilation).</summary>
    /// <inheritdoc cref="Erode" path="/param"/>
    public static Plane<float> Dilate(Plane<float> plane, double radiusY, double radiusX) => Extreme(plane, radiusY, radiusX, 1);

    private static void Along(float[] values, int lines, int step, int length, int lineStep, double[] kernel)
    {
        int radius = kernel.Length / 2;
        var line = new float[length];
        for (int n = 0; n < lines; n++)
        {
            int at = n * lineStep;
            for (int i = 0; i < length; i++) line[i] = values[at + i * step];
            for (int i = 0; i < length; i++)
            {
                double sum = 0;
                for (int k = -radius; k <= radius; k++) sum += kernel[k + radius] * line[Mirrored(i + k, length)];
                values[at + i * step] = (float)sum;
            }
        }
    }

    /// <summary>d c b a | a b c d | d c b a.</summary>
    private static int Mirrored(int i, int length)
    {
        int period = 2 * length, j = (i % period + period) % period;
        return j < length ? j : period - 1 - j;
    }

    /// <summary>A disc is rows of its own lengths: for each length one sliding extreme along x, then the largest over the disc's rows.</summary>
    private static Plane<float> Extreme(Plane<float> plane, double radiusY, double radiusX, int sign)
    {
        int up = (int)radiusY, across = (int)radiusX;
        if (up == 0 && across == 0) return plane;
        var result = new Plane<float>(plane.Height, plane.Width);
        Array.Fill(result.Values, float.NegativeInfinity);
        var spread = new Dictionary<int, Plane<float>>();
        for (int dy = -up; dy <= up; dy++)
        {
            double share = radiusY > 0 ? dy / radiusY : 0;
            int half = (int)(radiusX * Math.Sqrt(Math.Max(0, 1 - share * share)) + 1e-9);
            if (!spread.TryGetValue(half, out Plane<float>? wide)) spread[half] = wide = Spread(plane, half, sign);
            for (int y = Math.Max(0, -dy); y < Math.Min(plane.Height, plane.Height - dy); y++)
            {
                Span<float> from = wide.Row(y + dy), to = result.Row(y);
                for (int x = 0; x < to.Length; x++) to[x] = Math.Max(to[x], from[x]);
            }
        }
        if (sign < 0)
            foreach (ref float v in result.Values.AsSpan()) v = -v;
        return result;
    }

    /// <summary>The largest of sign times the pixels within so many columns (van Herk's running extremes).</summary>
    private static Plane<float> Spread(Plane<float> plane, int half, int sign)
    {
        var result = new Plane<float>(plane.Height, plane.Width);
        int width = plane.Width, window = 2 * half + 1, padded = (width + 2 * half + window - 1) / window * window;
        float[] line = new float[padded], before = new float[padded], after = new float[padded];
        for (int y = 0; y < plane.Height; y++)
        {
            Array.Fill(line, float.NegativeInfinity);
            for (int x = 0; x < width; x++) line[half + x] = sign * plane[y, x];
            for (int i = 0; i < padded; i++) before[i] = i % window == 0 ? line[i] : Math.Max(before[i - 1], line[i]);
            for (int i = padded - 1; i >= 0; i--) after[i] = i % window == window - 1 ? line[i] : Math.Max(after[i + 1], line[i]);
            Span<float> row = result.Row(y);
            for (int x = 0; x < width; x++) row[x] = Math.Max(after[x], before[x + window - 1]);
        }
        return result;
    }
}

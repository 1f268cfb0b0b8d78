using System.Numerics;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Filters;

/// <summary>The magnitude of Sobel's gradient of a section, border pixels repeated; the kernels' weights are 1 2 1 and -1 0 1, as in Matlab's imgradient.</summary>
public static class SobelGradient
{
    /// <summary>The magnitude at each pixel.</summary>
    /// <param name="image">The section.</param>
    /// <param name="job">Threads, cancellation.</param>
    public static Plane<float> Magnitude(Plane<float> image, Job job)
    {
        var result = new Plane<float>(image.Height, image.Width);
        job.For(image.Height, y => Row(image.Row(Math.Max(0, y - 1)), image.Row(y), image.Row(Math.Min(y + 1, image.Height - 1)), result.Row(y)));
        return result;
    }

    private static unsafe void Row(ReadOnlySpan<float> above, ReadOnlySpan<float> row, ReadOnlySpan<float> below, Span<float> result)
    {
        int lanes = Vector<float>.Count, last = row.Length - 1, x = 1;
        fixed (float* over = above, own = row, under = below, to = result)
        {
            for (; x + lanes <= last; x += lanes)
            {
                Vector<float> overLeft = Vector.Load(over + x - 1), overRight = Vector.Load(over + x + 1);
                Vector<float> underLeft = Vector.Load(under + x - 1), underRight = Vector.Load(under + x + 1);
                Vector<float> alongX = overRight - overLeft + 2 * (Vector.Load(own + x + 1) - Vector.Load(own + x - 1)) + (underRight - underLeft);
                Vector<float> alongY = underLeft - overLeft + 2 * (Vector.Load(under + x) - Vector.Load(over + x)) + (underRight - overRight);
                Vector.SquareRoot(alongX * alongX + alongY * alongY).Store(to + x);
            }
            Pixel(over, own, under, to, 0);
            for (; x <= last; x++) Pixel(over, own, under, to, x);
        }

        void Pixel(float* over, float* own, float* under, float* to, int x)
        {
            int left = Math.Max(0, x - 1), right = Math.Min(x + 1, last);
            float alongX = over[right] - over[left] + 2 * (own[right] - own[left]) + (under[right] - under[left]);
            float alongY = under[left] - over[left] + 2 * (under[x] - over[x]) + (under[right] - over[right]);
            to[x] = MathF.Sqrt(alongX * alongX + alongY * alongY);
        }
    }
}

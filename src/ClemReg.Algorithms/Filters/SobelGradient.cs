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
        job.For(image.Height, y =>
        {
            ReadOnlySpan<float> above = image.Row(Math.Max(0, y - 1)), at = image.Row(y), below = image.Row(Math.Min(y + 1, image.Height - 1));
            Span<float> to = result.Row(y);
            for (int x = 0; x < to.Length; x++)
            {
                int left = Math.Max(0, x - 1), right = Math.Min(x + 1, to.Length - 1);
                float alongX = above[right] - above[left] + 2 * (at[right] - at[left]) + (below[right] - below[left]);
                float alongY = below[left] - above[left] + 2 * (below[x] - above[x]) + (below[right] - above[right]);
                to[x] = MathF.Sqrt(alongX * alongX + alongY * alongY);
            }
        });
        return result;
    }
}

using System.Numerics;
using System.Numerics.Tensors;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Filters;

/// <summary>
/// The background of a section by the rolling ball (S. R. Sternberg, "Biomedical image processing", IEEE Computer 16, 1983): a ball rolls
/// below the image, taken as a landscape, and what it touches is background. With the conventions of ImageJ's Process &gt; Subtract
/// Background (bright objects on a dark background), whose numbers it gives to single precision.
/// </summary>
/// <remarks>
/// As in ImageJ a larger ball rolls on an image shrunk by 2 (radius above 10), 4 (above 30) or 8 (above 100), each of its pixels the least
/// of a square, the background then being interpolated linearly; and the ball's rim, 24 to 40 % of its radius, is cut off.
/// </remarks>
public static class RollingBall
{
    /// <summary>The largest radius, pixels.</summary>
    public const double MaximumRadius = 2000;

    /// <summary>The section without its background.</summary>
    /// <param name="image">The section, finite pixels.</param>
    /// <param name="type">8- and 16-bit results are rounded and cut to the type's range, as ImageJ's are; float ones are the plain difference.</param>
    /// <param name="radius">Pixels, above 0 and at most <see cref="MaximumRadius"/>: at least that of the largest object.</param>
    /// <param name="presmooth">Smooths by the mean of 3 x 3 pixels before (of the background only), so that noise does not lower it. ImageJ's default.</param>
    /// <param name="job">Threads, cancellation.</param>
    /// <exception cref="BadInputException">A radius out of range, a pixel that is no finite number.</exception>
    public static Plane<float> Subtract(Plane<float> image, VoxelType type, double radius, bool presmooth, Job job)
    {
        Plane<float> background = Background(image, radius, presmooth, job);
        float most = type == VoxelType.UInt8 ? byte.MaxValue : ushort.MaxValue;
        job.For(image.Height, y =>
        {
            ReadOnlySpan<float> from = image.Row(y);
            Span<float> to = background.Row(y);
            for (int x = 0; x < to.Length; x++)
                to[x] = type == VoxelType.Float32 ? from[x] - to[x] : MathF.Floor(Math.Clamp(from[x] - to[x] + 0.5f, 0, most));
        });
        return background;
    }

    /// <summary>The background of a section.</summary>
    /// <inheritdoc cref="Subtract" path="/param"/>
    /// <inheritdoc cref="Subtract" path="/exception"/>
    public static Plane<float> Background(Plane<float> image, double radius, bool presmooth, Job job)
    {
        if (!(radius > 0 && radius <= MaximumRadius))
            throw BadInputException.ForParameter("rolling-ball radius", radius, $"above 0 and at most {MaximumRadius} pixels", "Take at least the radius of the largest object.");
        IntensityRange.Of(image);
        (int shrink, int rimPercent) = radius <= 10 ? (1, 24) : radius <= 30 ? (2, 24) : radius <= 100 ? (4, 32) : (8, 40);
        Plane<float> smooth = presmooth ? Smooth(image, job) : image;
        Plane<float> rolled = Roll(shrink > 1 ? Shrink(smooth, shrink, job) : smooth, Math.Max(1, radius / shrink), rimPercent, job);
        return shrink > 1 ? Enlarge(rolled, image.Height, image.Width, shrink, job) : rolled;
    }

    /// <summary>The mean of 3 x 3 pixels, border pixels repeated.</summary>
    private static Plane<float> Smooth(Plane<float> image, Job job)
    {
        int last = image.Height - 1;
        var alongX = new Plane<float>(image.Height, image.Width);
        job.For(image.Height, y =>
        {
            ReadOnlySpan<float> from = image.Row(y);
            Span<float> to = alongX.Row(y);
            for (int x = 0; x < to.Length; x++) to[x] = (from[Math.Max(0, x - 1)] + from[x] + from[Math.Min(x + 1, to.Length - 1)]) * (1 / 3f);
        });
        var result = new Plane<float>(image.Height, image.Width);
        job.For(image.Height, y =>
        {
            ReadOnlySpan<float> above = alongX.Row(Math.Max(0, y - 1)), at = alongX.Row(y), below = alongX.Row(Math.Min(y + 1, last));
            Span<float> to = result.Row(y);
            for (int x = 0; x < to.Length; x++) to[x] = (above[x] + at[x] + below[x]) * (1 / 3f);
        });
        return result;
    }

    /// <summary>The least of each square of pixels.</summary>
    private static Plane<float> Shrink(Plane<float> image, int factor, Job job)
    {
        var small = new Plane<float>((image.Height + factor - 1) / factor, (image.Width + factor - 1) / factor);
        job.For(small.Height, () => new float[image.Width], (y, least) =>
        {
            image.Row(y * factor).CopyTo(least);
            for (int r = y * factor + 1; r < Math.Min((y + 1) * factor, image.Height); r++) TensorPrimitives.Min(least, image.Row(r), least);
            Span<float> to = small.Row(y);
            for (int x = 0; x < to.Length; x++) to[x] = TensorPrimitives.Min<float>(least.AsSpan(x * factor, Math.Min(factor, least.Length - x * factor)));
        });
        return small;
    }

    /// <summary>Linear interpolation between the centres of squares, continued straight on at the borders.</summary>
    private static Plane<float> Enlarge(Plane<float> small, int height, int width, int factor, Job job)
    {
        (int[] left, float[] leftWeight) = Neighbours(width, small.Width, factor);
        (int[] above, float[] aboveWeight) = Neighbours(height, small.Height, factor);
        var result = new Plane<float>(height, width);
        job.For(height, y =>
        {
            ReadOnlySpan<float> upper = small.Row(above[y]), lower = small.Row(Math.Min(above[y] + 1, small.Height - 1));
            float weight = aboveWeight[y];
            Span<float> to = result.Row(y);
            for (int x = 0; x < to.Length; x++)
            {
                int i = left[x], j = Math.Min(i + 1, upper.Length - 1);
                float w = leftWeight[x];
                to[x] = (upper[i] * w + upper[j] * (1 - w)) * weight + (lower[i] * w + lower[j] * (1 - w)) * (1 - weight);
            }
        });
        return result;
    }

    /// <summary>For each pixel the square before it and that square's weight.</summary>
    private static (int[] Index, float[] Weight) Neighbours(int count, int smallCount, int factor)
    {
        var index = new int[count];
        var weight = new float[count];
        for (int i = 0; i < count; i++)
        {
            index[i] = Math.Clamp((i - factor / 2) / factor, 0, Math.Max(0, smallCount - 2));
            weight[i] = (float)(1 - ((i + 0.5) / factor - (index[i] + 0.5)));
        }
        return (index, weight);
    }

    /// <summary>
    /// The highest places that the ball reaches: for each position of the ball the height at which it touches (the least of image minus
    /// ball), then for each pixel the highest of all balls over it. Its centre may lie outside of the image.
    /// </summary>
    private static unsafe Plane<float> Roll(Plane<float> image, double radius, int rimPercent, Job job)
    {
        int half = (int)Math.Floor(radius - (int)(rimPercent * radius) / 100 + 0.5);
        var ball = new float[(2 * half + 1) * (2 * half + 1)];
        for (int y = -half, i = 0; y <= half; y++)
            for (int x = -half; x <= half; x++, i++)
                ball[i] = (float)Math.Sqrt(Math.Max(0, radius * radius - x * x - y * y));

        using var padded = new Landscape(image.Height + 4 * half, image.Width + 4 * half);
        using var touching = new Landscape(image.Height + 2 * half, image.Width + 2 * half);
        new Span<float>(padded.At(0, 0), padded.Height * padded.Stride).Fill(float.PositiveInfinity);
        for (int y = 0; y < image.Height; y++) image.Row(y).CopyTo(new Span<float>(padded.At(y + 2 * half, 2 * half), image.Width));
        var result = new Plane<float>(image.Height, image.Width);
        job.For(touching.Height, y =>
        {
            LeastDifference(padded, y, ball, 2 * half + 1, new Span<float>(touching.At(y, 0), touching.Width));
            // The highest sum is the least difference of the negatives.
            for (int x = 0; x < touching.Width; x++) *touching.At(y, x) *= -1;
        });
        job.For(result.Height, y =>
        {
            LeastDifference(touching, y, ball, 2 * half + 1, result.Row(y));
            foreach (ref float v in result.Row(y)) v = -v;
        });
        return result;
    }

    /// <summary>For each place of a row the least of landscape minus ball, the ball's first corner being at the place.</summary>
    private static unsafe void LeastDifference(Landscape landscape, int y, float[] ball, int size, Span<float> row)
    {
        int lanes = Vector<float>.Count;
        fixed (float* heights = ball, to = row)
        {
            for (int x = 0; x < row.Length; x += 4 * lanes)
            {
                var a0 = new Vector<float>(float.PositiveInfinity);
                Vector<float> a1 = a0, a2 = a0, a3 = a0;
                for (int dy = 0; dy < size; dy++)
                {
                    float* s = landscape.At(y + dy, x), b = heights + dy * size;
                    for (int dx = 0; dx < size; dx++, s++)
                    {
                        var height = new Vector<float>(b[dx]);
                        a0 = Vector.MinNative(a0, Vector.Load(s) - height);
                        a1 = Vector.MinNative(a1, Vector.Load(s + lanes) - height);
                        a2 = Vector.MinNative(a2, Vector.Load(s + 2 * lanes) - height);
                        a3 = Vector.MinNative(a3, Vector.Load(s + 3 * lanes) - height);
                    }
                }
                Span<float> part = row[x..];
                Store(a0, part, 0);
                Store(a1, part, lanes);
                Store(a2, part, 2 * lanes);
                Store(a3, part, 3 * lanes);
            }
        }

        static void Store(Vector<float> v, Span<float> part, int at)
        {
            if (at + Vector<float>.Count <= part.Length) v.CopyTo(part[at..]);
            else for (int i = 0; at + i < part.Length; i++) part[at + i] = v[i];
        }
    }

    /// <summary>Rows of floats with room for the vectors beyond each.</summary>
    private sealed unsafe class Landscape : IDisposable
    {
        private readonly NativeBuffer _buffer;
        private readonly float* _first;

        public Landscape(int height, int width)
        {
            Height = height;
            Width = width;
            Stride = width + 4 * Vector<float>.Count;
            _buffer = new NativeBuffer((long)height * Stride * sizeof(float));
            _first = (float*)_buffer.Pointer;
        }

        public int Height { get; }

        public int Width { get; }

        public int Stride { get; }

        public float* At(int y, int x) => _first + (nint)y * Stride + x;

        public void Dispose() => _buffer.Dispose();
    }
}

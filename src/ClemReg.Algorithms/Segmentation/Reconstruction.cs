using System.Numerics.Tensors;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Segmentation;

/// <summary>
/// Grey-scale morphological reconstruction (L. Vincent 1993, "Morphological grayscale reconstruction in image analysis", the hybrid algorithm:
/// two scans, then a queue).
/// </summary>
public static class Reconstruction
{
    /// <summary>Lowers a seed until each pixel is the least of its neighbours, but never below the floor.</summary>
    /// <param name="seed">Where it starts, nowhere below the floor; infinities allowed.</param>
    /// <param name="floor">The lowest that each pixel may become.</param>
    /// <param name="neighbourhood">Which pixels are neighbours.</param>
    /// <param name="job">Cancellation.</param>
    /// <exception cref="BadInputException">The seed lies below the floor somewhere, or is not a number.</exception>
    public static Plane<float> ByErosion(Plane<float> seed, Plane<float> floor, Neighbourhood neighbourhood, Job job)
    {
        (int height, int width) = (seed.Height, seed.Width);
        if (floor.Height != height || floor.Width != width)
            throw BadInputException.ForParameter("floor", $"{floor.Height} x {floor.Width}", $"of the seed's size, {height} x {width} (y, x)");
        for (int i = 0; i < seed.Values.Length; i++)
            if (!(seed.Values[i] >= floor.Values[i]))
                throw BadInputException.ForParameter("seed", seed.Values[i], $"at least the floor ({floor.Values[i]}), which it is not at y = {i / width}, x = {i % width}");

        float[] values = FramedPlane.Add(seed, float.PositiveInfinity), least = FramedPlane.Add(floor, float.PositiveInfinity);
        int stride = width + 2;
        int[] offsets = FramedPlane.Offsets(width, neighbourhood);
        int[] after = Array.FindAll(offsets, o => o > 0);
        var low = new float[width];
        for (int y = 1; y <= height; y++)
        {
            job.ThrowIfCancelled();
            LeastWith(y, y - 1);
            float value = float.PositiveInfinity;
            Span<float> row = values.AsSpan(y * stride + 1, width);
            ReadOnlySpan<float> floors = least.AsSpan(y * stride + 1, width);
            for (int x = 0; x < row.Length; x++) row[x] = value = Math.Max(Math.Min(low[x], value), floors[x]);
        }
        var queue = new Queue<int>();
        for (int y = height; y >= 1; y--)
        {
            job.ThrowIfCancelled();
            LeastWith(y, y + 1);
            float value = float.PositiveInfinity;
            Span<float> row = values.AsSpan(y * stride + 1, width);
            ReadOnlySpan<float> floors = least.AsSpan(y * stride + 1, width);
            for (int x = row.Length - 1; x >= 0; x--) row[x] = value = Math.Max(Math.Min(low[x], value), floors[x]);
            for (int i = y * stride + 1; i < (y + 1) * stride - 1; i++)
                foreach (int offset in after)
                {
                    if (!(values[i + offset] > values[i] && values[i + offset] > least[i + offset])) continue;
                    queue.Enqueue(i);
                    break;
                }
        }
        for (long done = 0; queue.TryDequeue(out int i); done++)
        {
            if ((done & 0xFFFF) == 0) job.ThrowIfCancelled();
            float value = values[i];
            foreach (int offset in offsets)
            {
                int q = i + offset;
                if (!(value < values[q]) || !(least[q] < values[q])) continue;
                values[q] = Math.Max(value, least[q]);
                queue.Enqueue(q);
            }
        }
        return FramedPlane.Remove(values, height, width);

        // The least of each pixel of a row and its neighbours in the row above or below.
        void LeastWith(int y, int other)
        {
            ReadOnlySpan<float> beside = values.AsSpan(other * stride, stride);
            TensorPrimitives.Min(values.AsSpan(y * stride + 1, width), beside.Slice(1, width), low);
            if (neighbourhood == Neighbourhood.Four) return;
            TensorPrimitives.Min<float>(low, beside[..width], low);
            TensorPrimitives.Min<float>(low, beside.Slice(2, width), low);
        }
    }
}

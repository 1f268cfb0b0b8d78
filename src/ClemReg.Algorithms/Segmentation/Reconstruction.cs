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
        int[] before = Array.FindAll(offsets, o => o < 0), after = Array.FindAll(offsets, o => o > 0);
        for (int y = 1; y <= height; y++)
        {
            job.ThrowIfCancelled();
            for (int i = y * stride + 1; i < (y + 1) * stride - 1; i++) Lower(i, before);
        }
        var queue = new Queue<int>();
        for (int y = height; y >= 1; y--)
        {
            job.ThrowIfCancelled();
            for (int i = (y + 1) * stride - 2; i > y * stride; i--)
            {
                Lower(i, after);
                foreach (int offset in after)
                {
                    if (!(values[i + offset] > values[i] && values[i + offset] > least[i + offset])) continue;
                    queue.Enqueue(i);
                    break;
                }
            }
        }
        for (long done = 0; queue.TryDequeue(out int i); done++)
        {
            if ((done & 0xFFFF) == 0) job.ThrowIfCancelled();
            foreach (int offset in offsets)
            {
                int q = i + offset;
                float lowered = Math.Max(values[i], least[q]);
                if (!(lowered < values[q])) continue;
                values[q] = lowered;
                queue.Enqueue(q);
            }
        }
        return FramedPlane.Remove(values, height, width);

        void Lower(int i, int[] neighbours)
        {
            float value = values[i];
            foreach (int offset in neighbours) value = Math.Min(value, values[i + offset]);
            values[i] = Math.Max(value, least[i]);
        }
    }
}

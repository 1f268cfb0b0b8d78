using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Segmentation;

/// <summary>Minima of a section: its regional minima, and images made to have none but given ones.</summary>
public static class RegionalMinima
{
    /// <summary>
    /// Labels the regional minima: connected pixels of one value whose neighbours are all higher. A flat section is a single minimum.
    /// </summary>
    /// <param name="heights">The section, infinities allowed.</param>
    /// <param name="neighbourhood">Which pixels are neighbours.</param>
    /// <param name="job">Cancellation.</param>
    /// <returns>1, 2, ... in scan order of the minima's first pixels, 0 elsewhere.</returns>
    public static Plane<int> Label(Plane<float> heights, Neighbourhood neighbourhood, Job job)
    {
        float[] values = FramedPlane.Add(heights, float.NaN);
        int[] offsets = FramedPlane.Offsets(heights.Width, neighbourhood);
        // Nothing compares with the frame's NaN: it is neither lower than a pixel nor equal to it.
        var labels = new int[values.Length];
        const int NoMinimum = -1;
        var zone = new Stack<int>();
        int stride = heights.Width + 2, count = 0;
        for (int y = 1; y <= heights.Height; y++)
        {
            job.ThrowIfCancelled();
            for (int i = y * stride + 1; i < (y + 1) * stride - 1; i++)
            {
                if (labels[i] != 0) continue;
                float value = values[i];
                bool minimum = true;
                Spread(count + 1);
                if (minimum) count++;
                else Spread(NoMinimum);

                void Spread(int label)
                {
                    int other = labels[i];
                    labels[i] = label;
                    zone.Push(i);
                    while (zone.TryPop(out int p))
                        foreach (int offset in offsets)
                        {
                            int q = p + offset;
                            if (values[q] < value) minimum = false;
                            if (values[q] != value || labels[q] != other) continue;
                            labels[q] = label;
                            zone.Push(q);
                        }
                }
            }
        }
        foreach (ref int label in labels.AsSpan())
            if (label == NoMinimum)
                label = 0;
        return FramedPlane.Remove(labels, heights.Height, heights.Width);
    }

    /// <summary>
    /// A section with the same relief whose only regional minima are given pixels, which become negative infinity: all other valleys are
    /// filled up to where they flow over, and everything is raised by a thousandth of its range (0.1 where it is flat), so that marked
    /// pixels never melt into a plain of the same height. As Matlab's imimposemin (P. Soille, Morphological Image Analysis, 6.3.6).
    /// </summary>
    /// <param name="heights">The section, finite pixels.</param>
    /// <param name="minima">The pixels that are to be minima.</param>
    /// <param name="neighbourhood">Which pixels are neighbours.</param>
    /// <param name="job">Cancellation.</param>
    public static Plane<float> Impose(Plane<float> heights, Plane<bool> minima, Neighbourhood neighbourhood, Job job)
    {
        Filters.IntensityRange range = Filters.IntensityRange.Of(heights);
        float step = range.IsFlat ? 0.1f : (range.Maximum - range.Minimum) * 0.001f;
        var seed = new Plane<float>(heights.Height, heights.Width);
        var floor = new Plane<float>(heights.Height, heights.Width);
        for (int i = 0; i < seed.Values.Length; i++)
        {
            seed.Values[i] = minima.Values[i] ? float.NegativeInfinity : float.PositiveInfinity;
            floor.Values[i] = minima.Values[i] ? float.NegativeInfinity : heights.Values[i] + step;
        }
        return Reconstruction.ByErosion(seed, floor, neighbourhood, job);
    }
}

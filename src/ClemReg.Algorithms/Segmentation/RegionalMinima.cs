using System.Numerics;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Segmentation;

/// <summary>Minima of a section: its regional minima, and images made to have none but given ones.</summary>
public static class RegionalMinima
{
    /// <summary>What stands for a pixel without lower or equal neighbours, and for one with equal ones and no lower ones.</summary>
    private const int Alone = -1, Flat = -2;

    /// <summary>
    /// Labels the regional minima: connected pixels of one value whose neighbours are all higher. A flat section is a single minimum.
    /// </summary>
    /// <param name="heights">The section, infinities allowed.</param>
    /// <param name="neighbourhood">Which pixels are neighbours.</param>
    /// <param name="job">Threads, cancellation.</param>
    /// <returns>1, 2, ... in scan order of the minima's first pixels, 0 elsewhere.</returns>
    public static Plane<int> Label(Plane<float> heights, Neighbourhood neighbourhood, Job job)
    {
        (int height, int width) = (heights.Height, heights.Width);
        var labels = new Plane<int>(height, width);
        const int RowsPerPiece = 16;
        job.For((height + RowsPerPiece - 1) / RowsPerPiece, piece =>
        {
            // Beyond the border the row itself comes again.
            for (int y = piece * RowsPerPiece; y < Math.Min(height, (piece + 1) * RowsPerPiece); y++)
                Candidates(heights.Row(Math.Max(0, y - 1)), heights.Row(y), heights.Row(Math.Min(y + 1, height - 1)), neighbourhood, labels.Row(y));
        });
        var zone = new List<int>();
        int count = 0;
        for (int y = 0; y < height; y++)
        {
            job.ThrowIfCancelled();
            Span<int> row = labels.Row(y);
            for (int x = 0, step; (step = row[x..].IndexOfAnyInRange(Flat, Alone)) >= 0; x++)
            {
                x += step;
                if (row[x] == Alone) row[x] = ++count;
                else if (FloodZone(heights, labels, y * width + x, count + 1, neighbourhood, zone, job)) count++;
            }
        }
        return labels;
    }

    /// <summary>Marks the pixels of a row that have no lower neighbour; the others stay 0.</summary>
    private static unsafe void Candidates(ReadOnlySpan<float> above, ReadOnlySpan<float> row, ReadOnlySpan<float> below, Neighbourhood neighbourhood, Span<int> marks)
    {
        bool corners = neighbourhood == Neighbourhood.Eight;
        int lanes = Vector<float>.Count, last = row.Length - 1, x = 1;
        fixed (float* over = above, own = row, under = below)
        fixed (int* to = marks)
        {
            for (; x + lanes <= last; x += lanes)
            {
                Vector<float> value = Vector.Load(own + x);
                Vector<float> least = Vector.MinNative(
                    Vector.MinNative(Vector.Load(over + x), Vector.Load(under + x)), Vector.MinNative(Vector.Load(own + x - 1), Vector.Load(own + x + 1)));
                if (corners)
                    least = Vector.MinNative(least, Vector.MinNative(
                        Vector.MinNative(Vector.Load(over + x - 1), Vector.Load(over + x + 1)), Vector.MinNative(Vector.Load(under + x - 1), Vector.Load(under + x + 1))));
                Vector<int> single = Vector.GreaterThan(least, value), flat = Vector.Equals(least, value);
                (single + flat + flat).Store(to + x);
            }
            Mark(over, own, under, to, 0);
            for (; x <= last; x++) Mark(over, own, under, to, x);
        }

        // The pixel itself counts as its neighbour, as it does beyond the border, and is never lower.
        void Mark(float* over, float* own, float* under, int* to, int x)
        {
            int left = Math.Max(0, x - 1), right = Math.Min(x + 1, last);
            float least = Math.Min(Math.Min(over[x], under[x]), Math.Min(own[left], own[right]));
            if (corners) least = Math.Min(least, Math.Min(Math.Min(over[left], over[right]), Math.Min(under[left], under[right])));
            to[x] = least > own[x] ? Alone : least == own[x] ? Flat : 0;
        }
    }

    /// <summary>Labels a flat zone if it is a minimum, and takes the marks off it if it is none.</summary>
    private static bool FloodZone(Plane<float> heights, Plane<int> labels, int start, int label, Neighbourhood neighbourhood, List<int> zone, Job job)
    {
        (int height, int width) = (heights.Height, heights.Width);
        float value = heights.Values[start];
        bool minimum = true;
        zone.Clear();
        zone.Add(start);
        labels.Values[start] = label;
        for (int i = 0; i < zone.Count; i++)
        {
            if ((i & 0xFFFF) == 0xFFFF) job.ThrowIfCancelled();
            (int y, int x) = Math.DivRem(zone[i], width);
            for (int b = Math.Max(0, y - 1); b <= Math.Min(y + 1, height - 1); b++)
                for (int c = Math.Max(0, x - 1); c <= Math.Min(x + 1, width - 1); c++)
                {
                    if (heights[b, c] != value || neighbourhood == Neighbourhood.Four && b != y && c != x) continue;
                    ref int mark = ref labels[b, c];
                    // A pixel of the zone without a mark has a lower neighbour.
                    minimum &= mark != 0;
                    if (mark != Flat) continue;
                    mark = label;
                    zone.Add(b * width + c);
                }
        }
        if (!minimum)
            foreach (int i in zone)
                labels.Values[i] = 0;
        return minimum;
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

using System.Numerics;
using System.Runtime.Intrinsics.X86;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Segmentation;

/// <summary>
/// The watershed of a section from markers (F. Meyer 1991): water rises from the markers, and where the waters of two meet is a line. The labels
/// are those of scikit-image's <c>segmentation.watershed</c> 0.19, pixel for pixel, also where heights are equal: of the pixels that water has
/// reached the lowest is flooded next, of equally low ones the one that was reached first.
/// </summary>
public static class MarkerWatershed
{
    /// <summary>Floods a section from markers.</summary>
    /// <param name="heights">The section; infinities are allowed.</param>
    /// <param name="markers">Labels of the markers, 0 elsewhere.</param>
    /// <param name="neighbourhood">Where water flows to.</param>
    /// <param name="lines">Leaves label 0 on the lines where waters meet; otherwise every pixel belongs to a region.</param>
    /// <param name="job">Cancellation.</param>
    /// <returns>The labels of the regions; all 0 without markers. Markers that touch each other have no line between them.</returns>
    /// <exception cref="BadInputException">The sizes differ, or a height is not a number.</exception>
    public static Plane<int> Flood(Plane<float> heights, Plane<int> markers, Neighbourhood neighbourhood, bool lines, Job job)
    {
        (int height, int width) = (heights.Height, heights.Width);
        if (markers.Height != height || markers.Width != width)
            throw BadInputException.ForParameter("markers", $"{markers.Height} x {markers.Width}", $"of the section's size, {height} x {width} (y, x)");
        int bad = Array.FindIndex(heights.Values, float.IsNaN);
        if (bad >= 0) throw BadInputException.ForParameter("heights", float.NaN, $"a number, which it is not at y = {bad / width}, x = {bad % width}");

        uint[] keys = FramedPlane.Add(new Plane<uint>(height, width, Array.ConvertAll(heights.Values, WatershedQueue.SortKey)), 0u);
        int[] labels = FramedPlane.Add(markers, 0);
        bool[] open = FramedPlane.Add(new Plane<bool>(height, width, FilledWithTrue(height * width)), false);
        int[] offsets = FramedPlane.Offsets(width, neighbourhood);
        var queue = new WatershedQueue();
        int waitingMarkers = 0;
        for (int i = 0; i < labels.Length; i++)
        {
            if (labels[i] == 0) continue;
            queue.Push(keys[i], 0, i, i);
            waitingMarkers++;
        }
        // As long as markers wait, the order of equally low ones depends on all that is in the queue.
        uint age = 1;
        for (long done = 0; waitingMarkers > 0 && queue.TryPop(out int i, out int source); done++)
        {
            if ((done & 0xFFFF) == 0) job.ThrowIfCancelled();
            if (i == source) waitingMarkers--;
            if (lines)
            {
                // Only now, when a pixel is flooded, are all waters around it known; it may have been reached several times.
                if (labels[i] != 0 && i != source) continue;
                if (!open[i] || WatersMeet(labels, open, i, offsets))
                {
                    open[i] = false;
                    continue;
                }
                labels[i] = labels[source];
            }
            foreach (int offset in offsets)
            {
                int q = i + offset;
                if (!open[q] || labels[q] != 0) continue;
                if (!lines) labels[q] = labels[i];
                queue.Push(keys[q], ++age, q, source);
            }
        }
        Rest(queue, keys, labels, open, offsets, lines, job);
        return FramedPlane.Remove(labels, height, width);
    }

    /// <summary>Floods a section from all its regional minima.</summary>
    /// <inheritdoc cref="Flood" path="/param"/>
    public static Plane<int> Basins(Plane<float> heights, Neighbourhood neighbourhood, bool lines, Job job) =>
        Flood(heights, RegionalMinima.Label(heights, neighbourhood, job), neighbourhood, lines, job);

    /// <summary>
    /// Floods on when no markers wait: only heights and ages count from here on. A pixel that waits already is decided when it comes up first; its later
    /// entries would only make the queue longer.
    /// </summary>
    private static unsafe void Rest(WatershedQueue begun, uint[] keys, int[] labels, bool[] open, int[] offsets, bool lines, Job job)
    {
        // All that is to be known of a pixel in one place, because they come up in no order: a label, the frame or a line, 0 for a dry pixel; for
        // one that waits, with lines, the label of the water that reached it first, which is its own only once it is flooded.
        const int Closed = int.MinValue;
        // Markers that touch others keep their labels, but no water comes from them.
        var shut = new List<(int Index, int Label)>();
        for (int i = 0; i < labels.Length; i++)
        {
            if (open[i]) continue;
            if (labels[i] != 0) shut.Add((i, labels[i]));
            labels[i] = Closed;
        }
        var waiting = new RankedQueue(keys, job);
        const int Waits = 1 << 30;
        foreach ((int i, int source) in begun.InOrder())
        {
            if (lines)
            {
                if (labels[i] != 0) continue;
                labels[i] = labels[source] - Waits;
            }
            waiting.Push(i);
        }
        int stride = offsets[3];
        fixed (int* at = labels, ranks = waiting.Ranks)
        {
            for (long done = 0; waiting.TryPop(out int i, out int ahead); done++)
            {
                if ((done & 0xFFFF) == 0) job.ThrowIfCancelled();
                if (ahead != i && Sse.IsSupported)
                {
                    for (int row = ahead - stride; row <= ahead + stride; row += stride)
                    {
                        Sse.Prefetch0(at + row);
                        Sse.Prefetch0(ranks + row);
                    }
                }
                int label = at[i];
                // Dry neighbours, a bit for each offset.
                int dry = 0;
                if (lines)
                {
                    label += Waits;
                    bool meet = false;
                    for (int k = 0; k < offsets.Length; k++)
                    {
                        int other = at[i + offsets[k]];
                        meet |= other > 0 && other != label;
                        dry |= other == 0 ? 1 << k : 0;
                    }
                    if (meet)
                    {
                        at[i] = Closed;
                        continue;
                    }
                    at[i] = label;
                }
                else
                {
                    for (int k = 0; k < offsets.Length; k++) dry |= at[i + offsets[k]] == 0 ? 1 << k : 0;
                }
                for (; dry != 0; dry &= dry - 1)
                {
                    int q = i + offsets[BitOperations.TrailingZeroCount(dry)];
                    at[q] = lines ? label - Waits : label;
                    waiting.Push(q);
                }
            }
        }
        foreach (ref int label in labels.AsSpan())
            if (label == Closed)
                label = 0;
        foreach ((int i, int label) in shut) labels[i] = label;
    }

    private static bool WatersMeet(int[] labels, bool[] open, int i, int[] offsets)
    {
        int first = 0;
        foreach (int offset in offsets)
        {
            int label = open[i + offset] ? labels[i + offset] : 0;
            if (label == 0) continue;
            if (first == 0) first = label;
            else if (label != first) return true;
        }
        return false;
    }

    private static bool[] FilledWithTrue(int count)
    {
        var all = new bool[count];
        Array.Fill(all, true);
        return all;
    }
}

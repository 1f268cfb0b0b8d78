using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Segmentation;

/// <summary>What a <see cref="SizeFilter"/> did.</summary>
/// <param name="Components">Components before.</param>
/// <param name="Kept">Components after.</param>
/// <param name="LowerBound">Kept components are larger than this, in voxels; negative infinity for no bound.</param>
/// <param name="UpperBound">Kept components are smaller than this, in voxels; infinity for no bound.</param>
public readonly record struct SizeFilterResult(int Components, int Kept, double LowerBound, double UpperBound);

/// <summary>
/// Removes the components of a mask that are small or large among their kind: those are kept whose voxel count lies strictly between
/// two percentiles of the voxel counts of all 26-connected components. The background is no component.
/// </summary>
public static class SizeFilter
{
    /// <summary>Clears the other components from the mask. Warns through the job if none is left.</summary>
    /// <param name="mask">The mask, changed in place.</param>
    /// <param name="lowerPercent">filter_size_lower: 0 (no lower bound) to 100.</param>
    /// <param name="upperPercent">filter_size_upper: above the lower one, to 100 (no upper bound).</param>
    /// <param name="job">Threads, cancellation, warnings.</param>
    /// <exception cref="BadInputException">A percentile is out of range.</exception>
    public static SizeFilterResult Apply(BitVolume mask, double lowerPercent, double upperPercent, Job job)
    {
        Validate(lowerPercent, upperPercent);
        ConnectedComponents components = ConnectedComponents.Label(mask, job);
        if (components.Count == 0) return new SizeFilterResult(0, 0, double.NegativeInfinity, double.PositiveInfinity);

        long[] sorted = components.Sizes.ToArray();
        Array.Sort(sorted);
        double lower = lowerPercent == 0 ? double.NegativeInfinity : Percentile(sorted, lowerPercent);
        double upper = upperPercent == 100 ? double.PositiveInfinity : Percentile(sorted, upperPercent);
        var keep = new bool[components.Count];
        int kept = 0;
        for (int i = 0; i < keep.Length; i++)
        {
            keep[i] = components.Sizes[i] > lower && components.Sizes[i] < upper;
            if (keep[i]) kept++;
        }
        if (kept < components.Count) Clear(mask, components, keep, job);
        if (kept == 0)
            job.Warn(FormattableString.Invariant(
                $"The size filter removed all {components.Count} objects: none has more than {lower:G6} and fewer than {upper:G6} voxels (filter_size_lower = {lowerPercent:G4} %, filter_size_upper = {upperPercent:G4} %)."));
        return new SizeFilterResult(components.Count, kept, lower, upper);
    }

    /// <summary>Checks the two percentiles.</summary>
    /// <exception cref="BadInputException">A percentile is out of range, or the lower one is not below the upper one.</exception>
    public static void Validate(double lowerPercent, double upperPercent)
    {
        if (!(lowerPercent >= 0 && lowerPercent <= 100))
            throw BadInputException.ForParameter("filter_size_lower", lowerPercent, "a percentile from 0 (no lower bound) to 100");
        if (!(upperPercent >= 0 && upperPercent <= 100))
            throw BadInputException.ForParameter("filter_size_upper", upperPercent, "a percentile from 0 to 100 (no upper bound)");
        if (lowerPercent >= upperPercent)
            throw BadInputException.ForParameter("filter_size_lower", lowerPercent, FormattableString.Invariant($"below filter_size_upper ({upperPercent})"));
    }

    /// <summary>The percentile with linear interpolation between the sorted values, as numpy.percentile computes it.</summary>
    /// <param name="sorted">Values in ascending order, at least one.</param>
    /// <param name="percent">0 to 100.</param>
    public static double Percentile(ReadOnlySpan<long> sorted, double percent)
    {
        double position = percent / 100 * (sorted.Length - 1);
        int below = (int)position;
        int above = Math.Min(below + 1, sorted.Length - 1);
        double f = position - below;
        double step = sorted[above] - sorted[below];
        // From the nearer end, so that the ends are met exactly.
        return f < 0.5 ? sorted[below] + step * f : sorted[above] - step * (1 - f);
    }

    private static void Clear(BitVolume mask, ConnectedComponents components, bool[] keep, Job job) =>
        job.For(mask.Grid.Size.Z, z =>
        {
            for (int y = 0; y < mask.Grid.Size.Y; y++)
            {
                Span<ulong> row = mask.Row(z, y);
                foreach (LabelledRun run in components.Runs(z, y))
                    if (!keep[run.Label - 1]) BitRow.Clear(row, run.Start, run.End);
            }
        });
}

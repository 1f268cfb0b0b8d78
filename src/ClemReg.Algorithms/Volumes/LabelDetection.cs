namespace ClemReg.Algorithms.Volumes;

/// <summary>Tells label images and masks from grey values, by their areas of one value.</summary>
public static class LabelDetection
{
    private const int MostSlices = 16;
    /// <summary>Fewer neighbours than these say nothing.</summary>
    private const long FewestPairs = 64;
    private const double EqualInside = 0.9, StepsAtRims = 0.25;

    /// <summary>
    /// Whether the voxels look like labels or a mask: whole numbers, nearly all neighbours along x inside of structures (both above 0) equal, and, where there are
    /// several values, rims that are steps, not the slopes of a smooth dim image.
    /// </summary>
    /// <param name="source">The image; up to 16 slices, evenly spread, are read.</param>
    /// <param name="job">Cancellation.</param>
    public static bool LooksLikeLabels(ISliceSource source, Job job)
    {
        var slices = new FloatSlices(source);
        int count = Math.Min(MostSlices, slices.Size.Z), width = slices.Size.X;
        long inside = 0, equal = 0, rims = 0, steps = 0;
        float one = 0;
        bool several = false;
        for (int i = 0; i < count; i++)
        {
            ReadOnlySpan<float> slice = slices.Read((int)((i + 0.5) * slices.Size.Z / count), job);
            for (int k = 0; k < slice.Length; k++)
            {
                float value = slice[k];
                if (value != MathF.Floor(value) || value < 0) return false;
                if (value > 0)
                {
                    if (one == 0) one = value;
                    else if (value != one) several = true;
                }
                if (k % width == 0) continue;
                float before = slice[k - 1];
                if (value > 0 && before > 0)
                {
                    inside++;
                    if (value == before) equal++;
                }
                if (value == before) continue;
                rims++;
                if (Math.Abs(value - before) > 1) steps++;
            }
        }
        return inside >= FewestPairs && rims > 0 && equal >= EqualInside * inside && (!several || steps >= StepsAtRims * rims);
    }
}

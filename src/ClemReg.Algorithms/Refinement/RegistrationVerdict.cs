using System.Globalization;
using ClemReg.Algorithms.Alignment;
using ClemReg.Algorithms.Registration;
using ClemReg.Algorithms.Transforms;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Refinement;

/// <summary>How far a registration is to be trusted.</summary>
public enum Reliability
{
    /// <summary>Nothing speaks against it; the predicted error holds.</summary>
    Reliable,
    /// <summary>It may be right: look at the overlay, for the reasons given.</summary>
    Check,
    /// <summary>Do not use it.</summary>
    Unreliable,
}

/// <summary>The judgement on a registration, in plain words, from what the data say about it themselves.</summary>
/// <param name="Level">The judgement.</param>
/// <param name="Reasons">Why, the gravest first; what speaks for it where nothing speaks against it.</param>
/// <param name="PredictedErrorNm">The mean predicted error over the mitochondria, nm.</param>
/// <param name="PredictedError95Nm">Its 95th percentile.</param>
public sealed record RegistrationVerdict(Reliability Level, IReadOnlyList<string> Reasons, double PredictedErrorNm, double PredictedError95Nm)
{
    // Thresholds were chosen on training cases; docs/decisions/16 has the distributions.
    private const double ClearSignificance = 7.5;
    private const double UnreliableErrorNm = 100, CheckErrorNm = 30;
    private const int TooFewObjects = 5, FewObjects = 12;
    private const double LowCorrelation = 0.25;
    private const double LittleOverlap = 0.3;
    private const double StrongScale = 0.12;
    private const double StrongAnisotropy = 1.15;
    private const double OtherPsf = 1.3;
    private const double OddDifferenceNm = 200, WrongDifferenceNm = 500;

    /// <summary>Wrong positions stand out from shifted ones by as much as this, in standard deviations.</summary>
    internal const double UnlikelySignificance = 5.5;

    /// <summary>The level as it is written in files.</summary>
    public string Word => Level switch { Reliability.Reliable => "reliable", Reliability.Check => "check", _ => "unreliable" };

    /// <summary>Judges.</summary>
    /// <param name="result">The registration.</param>
    /// <param name="search">The global search before it; null where a start was given.</param>
    /// <param name="points">What point clouds say; null where there are too few points.</param>
    /// <param name="givenPsf">The blur that the user gave; null where none.</param>
    /// <param name="order">What was found about the order of the EM's slices; as given where reversed ones were corrected.</param>
    /// <param name="fluorescence">Where the fluorescence lies.</param>
    /// <param name="emMask">The mitochondria of the EM.</param>
    /// <param name="job">The work.</param>
    /// <param name="saturated">The part of the fluorescence's voxels that have its largest value, and the value, where that is more than a few.</param>
    public static RegistrationVerdict Judge(IntensityRegistrationResult result, GlobalAlignmentResult? search, PointPathCheck? points, PointSpreadFunction? givenPsf,
        SliceOrder order, Grid fluorescence, BitVolume emMask, Job job, (double Part, float Value)? saturated = null)
    {
        var bad = new List<string>();
        var doubtful = new List<string>();
        IntensityRefinementResult linear = result.Linear;
        List<Point3> places = Places(emMask);
        double[] errors = [.. places.Select(result.PredictedErrorNm).Order()];
        double mean = errors.Average(), high = errors[(int)(0.95 * (errors.Length - 1))];
        double significance = result.Contrast.Significance;

        if (order == SliceOrder.Reversed)
            bad.Add("The EM fits the fluorescence only with its slices in reversed order: the stack was probably saved upside down. Flip it (Image > Transform > Flip Z), or set em_slice_order=either to register it as it is.");
        else if (order == SliceOrder.Unclear)
            doubtful.Add("The EM fits about as well with its slices in reversed order: there are too few mitochondria in it, or the slab is too thin, to tell. Make sure that the stack is not upside down.");
        if (significance < UnlikelySignificance)
            bad.Add(Text($"The position found explains the fluorescence hardly better than wrong ones do ({significance:F1} standard deviations above places shifted by 1.5 to 3 µm; a right one has more than {ClearSignificance:F0}). The two images may not show the same region."));
        else if (significance < ClearSignificance)
            doubtful.Add(Text($"The position found stands out from shifted ones by {significance:F1} standard deviations only; {ClearSignificance:F0} or more is clear."));
        if (search is { Confidence: AlignmentConfidence.Refused } && significance < 2 * ClearSignificance)
            (significance < ClearSignificance ? bad : doubtful).Add(Text($"The search found another position that fits nearly as well (score ratio {search.Ratio:F2}; a right one has 1.3 or more)."));
        else if (search is { Confidence: AlignmentConfidence.Doubtful } && significance < 2 * ClearSignificance)
            doubtful.Add(Text($"The search was not clear: score ratio {search.Ratio:F2} to the next position, {search.HandednessRatio:F2} to the mirror image."));
        if (points is { Speaks: true, DifferenceNm: > OddDifferenceNm })
            (points.DifferenceNm > WrongDifferenceNm ? bad : doubtful).Add(Text($"Point clouds of both images, registered from there, end {points.DifferenceNm:F0} nm elsewhere; where all is well it is less than 100."));
        if (linear.Objects.Bright < TooFewObjects)
            bad.Add($"Only {linear.Objects.Bright} pieces of mitochondria in the EM show in the fluorescence; the position rests on too few.");
        else if (linear.Objects.Bright < FewObjects)
            doubtful.Add($"The position rests on {linear.Objects.Bright} pieces of mitochondria only.");
        else if (linear.Objects.Bright < 0.4 * linear.Objects.All)
            doubtful.Add($"Only {linear.Objects.Bright} of {linear.Objects.All} pieces of mitochondria in the EM show in the fluorescence.");
        double overlap = Overlap(linear.Transform, fluorescence, places);
        if (overlap < 0.5 * LittleOverlap) bad.Add(Text($"The fluorescence covers only {100 * overlap:F0} % of the EM's mitochondria."));
        else if (overlap < LittleOverlap) doubtful.Add(Text($"The fluorescence covers only {100 * overlap:F0} % of the EM's mitochondria."));
        if (!double.IsFinite(mean)) bad.Add("The error cannot be predicted: too little of the fluorescence is explained.");
        else if (mean > UnreliableErrorNm) bad.Add(Text($"The predicted error is {mean:F0} nm."));
        else if (mean > CheckErrorNm) doubtful.Add(Text($"The predicted error is {mean:F0} nm."));
        if (linear.Correlation < LowCorrelation)
            doubtful.Add(Text($"The EM's mitochondria explain little of the fluorescence (correlation {linear.Correlation:F2})."));
        if (!linear.Converged)
        {
            double left = linear.History.Count > 0 ? linear.History[^1].MovementNm : double.PositiveInfinity;
            (left > mean ? bad : doubtful).Add(Text($"The refinement did not come to rest: its last step still moved by {left:F1} nm."));
        }
        if (linear.Psf.AtBound)
            bad.Add(Text($"The blur that would fit best is outside of what a microscope does ({linear.Psf.LateralNm:F0} nm in y and x, {linear.Psf.AxialNm:F0} nm in z is where it was stopped): something else was taken for it."));
        double scale = Math.Cbrt(Math.Abs(linear.Transform.Determinant));
        if (search is not null && !search.Allows(linear.Transform))
            bad.Add(Text($"The scale went to {scale:F3}, beyond what the search allows (search_scale_minimum {search.Scales.Minimum:F2}, search_scale_maximum {search.Scales.Maximum:F2}). Check the voxel sizes of both images, or widen the bounds."));
        else if (Math.Abs(scale - 1) > StrongScale)
            doubtful.Add(Text($"The fluorescence was scaled by {scale:F3}: check the voxel sizes of both images."));
        if (result.Kind == LinearKind.Affine)
        {
            double[] stretch = CpdSolver.SingularValues(linear.Transform);
            (double large, double small) = (stretch[0], stretch[2]);
            if (large / small > StrongAnisotropy)
                doubtful.Add(Text($"The fluorescence was stretched by {large:F3} along one direction and {small:F3} along another: check the slice distances."));
        }
        if (saturated is { } full)
            doubtful.Add(Text($"The fluorescence is saturated: {100 * full.Part:F2} % of its voxels have its largest value, {full.Value:G6}. That moves bright mitochondria by more than the predicted error tells; a smaller exposure helps more than any setting here."));
        if (givenPsf is { } given && (Differs(given.LateralNm, linear.Psf.LateralNm) || Differs(given.AxialNm, linear.Psf.AxialNm)))
            doubtful.Add(Text($"The given blur (psf_xy {given.LateralNm:F0}, psf_z {given.AxialNm:F0} nm) does not fit the images, which show {linear.Psf.LateralNm:F0} and {linear.Psf.AxialNm:F0} nm; those were used."));
        if (result.Displacement is { } field)
        {
            double least = JacobianCheck.Measure(field, emMask.Grid, job).Minimum;
            if (least < 0.3) bad.Add(Text($"The deformation squeezes space to {100 * least:F0} % somewhere: it is not plausible."));
            else if (least < 0.7) doubtful.Add(Text($"The deformation squeezes space to {100 * least:F0} % somewhere."));
        }
        Reliability level = bad.Count > 0 ? Reliability.Unreliable : doubtful.Count > 0 ? Reliability.Check : Reliability.Reliable;
        string[] notes = search is { LargestLeftOut: > 0 }
            ? [search.LargestLeftOut == 1 ? "The search left out the EM's largest object, which seems not to shine: with it no position stood out."
                : $"The search left out the EM's {search.LargestLeftOut} largest objects, which seem not to shine: with them no position stood out."]
            : [];
        IReadOnlyList<string> reasons = level == Reliability.Reliable
            ? [Text($"{linear.Objects.Bright} of {linear.Objects.All} pieces of mitochondria agree (correlation {linear.Correlation:F2}), the position stands out by {significance:F0} standard deviations, and the halves of the data differ as little as the predicted error of {mean:F0} nm says.{Seconded(points)}"), .. notes]
            : [.. bad, .. doubtful, .. notes];
        return new RegistrationVerdict(level, reasons, mean, high);
    }

    private static string Seconded(PointPathCheck? points) =>
        points is { Speaks: true } ? Text($" Point clouds of both images end within {points.DifferenceNm:F0} nm of it.") : "";

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    private static bool Differs(double a, double b) => Math.Max(a / b, b / a) > OtherPsf;

    /// <summary>About 2000 voxels of the mask, evenly chosen; the grid's corners if it is empty.</summary>
    private static List<Point3> Places(BitVolume mask)
    {
        long every = Math.Max(1, mask.CountSet() / 2000), count = 0;
        var places = new List<Point3>();
        for (int z = 0; z < mask.Grid.Size.Z; z++)
            for (int y = 0; y < mask.Grid.Size.Y; y++)
            {
                Span<ulong> row = mask.Row(z, y);
                for (int w = 0; w < row.Length; w++)
                    for (ulong bits = row[w]; bits != 0; bits &= bits - 1)
                        if (count++ % every == every / 2) places.Add(mask.Grid.ToPhysical(z, y, w * 64 + System.Numerics.BitOperations.TrailingZeroCount(bits)));
            }
        if (places.Count == 0) places.Add(mask.Grid.Origin);
        return places;
    }

    private static double Overlap(AffineTransform transform, Grid fluorescence, List<Point3> places)
    {
        AffineTransform back = transform.Inverse();
        return places.Count(q => fluorescence.Holds(back.Apply(q))) / (double)places.Count;
    }
}

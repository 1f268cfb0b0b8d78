using ClemReg.Algorithms.Transforms;

namespace ClemReg.Algorithms.Alignment;

/// <summary>How far the best pose is to be trusted.</summary>
public enum AlignmentConfidence
{
    /// <summary>The best pose stands out from all others, and its handedness too.</summary>
    Accepted,
    /// <summary>It may be right: look at it.</summary>
    Doubtful,
    /// <summary>Other poses fit nearly as well: the volumes do not belong together, or hold too little.</summary>
    Refused,
}

/// <summary>How the EM's slices lie.</summary>
public enum SliceOrder
{
    /// <summary>In the order in which they were given.</summary>
    AsGiven,

    /// <summary>In reversed order: the stack was probably saved upside down.</summary>
    Reversed,

    /// <summary>Both fit about as well.</summary>
    Unclear,
}

/// <summary>One way in which the fluorescence fits the EM.</summary>
/// <param name="Score">r sqrt(overlap), 0 to 1: poses are ranked by it.</param>
/// <param name="Correlation">r, Pearson's correlation of the two contrast-normalised volumes over their overlap, at the finest level; R with <see cref="GlobalAlignmentResult.OwnBrightness"/>.</param>
/// <param name="Overlap">The fraction of the EM volume that lies in the fluorescence.</param>
/// <param name="Mirrored">Whether it is the EM with its slices in reversed order that fits.</param>
/// <param name="MovingToFixed">
/// Fluorescence to EM, nm, z, y, x, origins included: a rotation, one scale, a translation. With <paramref name="Mirrored"/> to the EM whose slices were put in
/// reversed order on the same grid; followed by <see cref="GlobalAlignmentResult.SliceReversal"/> it is the mirror image that maps to the EM as given.
/// </param>
/// <param name="ScaleFactor">EM length / fluorescence length.</param>
public sealed record AlignmentPose(
    double Score, double Correlation, double Overlap, bool Mirrored, AffineTransform MovingToFixed, double ScaleFactor);

/// <summary>What <see cref="GlobalAlignment"/> found.</summary>
public sealed record GlobalAlignmentResult
{
    /// <summary>The best score must be this many times the next distinct one's to be accepted.</summary>
    public const double AcceptedRatio = 1.30;

    /// <summary>And this many times not to be refused.</summary>
    public const double DoubtfulRatio = 1.15;

    /// <summary>The same where each object has its own brightness, which fits chance better too (docs/decisions/15-global-alignment.md).</summary>
    public const double DoubtfulRatioOfOwnBrightness = 1.22;

    /// <summary>One handedness must score this many times the other to be accepted.</summary>
    public const double AcceptedHandedness = 1.15;

    /// <summary>
    /// A mirror image is accepted only with this overlap: where all objects lie at one face of the EM, its mirror image with the empty rest outside of
    /// the fluorescence fits better than the truth.
    /// </summary>
    public const double AcceptedMirroredOverlap = 0.9;

    /// <summary>Distinct poses (more than 1.5 µm apart), both handednesses, best first; never empty.</summary>
    public required IReadOnlyList<AlignmentPose> Poses { get; init; }

    /// <summary>The best score / the next of the same handedness; infinite if there is no other, 0 if even the best is not above 0.</summary>
    public required double Ratio { get; init; }

    /// <summary>The best score with the EM as given / the best with its slices in reversed order, at the finest level.</summary>
    public required double HandednessRatio { get; init; }

    /// <summary>Maps the EM with its slices in reversed order to the EM as given, and back: z to z0 + z1 - z, nm.</summary>
    public required AffineTransform SliceReversal { get; init; }

    /// <summary>The scales that were allowed, EM length / fluorescence length.</summary>
    public (double Minimum, double Maximum) Scales { get; init; } = (0, double.PositiveInfinity);

    /// <summary>Whether a map's scale is one of those, or within 1 % of them.</summary>
    public bool Allows(AffineTransform map) => Math.Cbrt(Math.Abs(map.Determinant)) is var scale && scale >= Scales.Minimum - 0.01 && scale <= Scales.Maximum + 0.01;

    /// <summary>No pose stood out with one brightness for all objects; these poses and scores let each object have its own.</summary>
    public bool OwnBrightness { get; init; }

    /// <summary>So many of the largest objects were left out of the template, since with them no pose stood out: they probably do not shine. Usually 0.</summary>
    public int LargestLeftOut { get; init; }

    /// <summary>The best pose.</summary>
    public AlignmentPose Best => Poses[0];

    /// <summary>The EM with its slices in reversed order fits better: it was probably stacked the wrong way round. Nothing was corrected.</summary>
    public bool Reversed => Best.Mirrored;

    /// <summary>
    /// A position stands out, but not whether it is that of the EM as given or of its mirror image. Reversed slices are a strong claim: they are not clear from
    /// a doubtful search.
    /// </summary>
    public bool HandednessUnclear => Confidence == AlignmentConfidence.Doubtful && (Reversed || !HandednessClear);

    private bool HandednessClear => Math.Max(HandednessRatio, 1 / HandednessRatio) >= AcceptedHandedness && !(Reversed && Best.Overlap < AcceptedMirroredOverlap);

    /// <summary>From <see cref="Ratio"/> and <see cref="HandednessRatio"/>; thresholds were measured, see docs/decisions/15-global-alignment.md.</summary>
    public AlignmentConfidence Confidence =>
        !(Ratio >= (OwnBrightness ? DoubtfulRatioOfOwnBrightness : DoubtfulRatio)) || !(Best.Score > 0) ? AlignmentConfidence.Refused
        : Ratio >= AcceptedRatio && HandednessClear ? AlignmentConfidence.Accepted
        : AlignmentConfidence.Doubtful;
}

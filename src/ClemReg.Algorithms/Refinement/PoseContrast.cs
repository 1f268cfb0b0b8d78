namespace ClemReg.Algorithms.Refinement;

/// <summary>How far a pose stands out from poses that must be wrong: the same one shifted by some micrometres.</summary>
/// <param name="Correlation">Of fluorescence and model, both blurred, all objects of one brightness.</param>
/// <param name="Decoy">The mean correlation of the shifted poses.</param>
/// <param name="Significance">
/// Standard deviations above the shifted poses, in Fisher's measure artanh(r), whose spread does not depend on r (R. A. Fisher 1921, Metron 1, 3).
/// </param>
public sealed record PoseContrast(double Correlation, double Decoy, double Significance)
{
    /// <summary>Compares.</summary>
    /// <param name="correlation">The pose's.</param>
    /// <param name="decoys">The shifted poses'.</param>
    internal static PoseContrast Of(double correlation, IReadOnlyList<double> decoys)
    {
        static double Fisher(double r) => Math.Atanh(Math.Clamp(r, -0.999, 0.999));
        double mean = decoys.Average(Fisher), deviation = Math.Sqrt(decoys.Average(r => Math.Pow(Fisher(r) - mean, 2)));
        return new PoseContrast(correlation, decoys.Average(), deviation > 0 ? (Fisher(correlation) - mean) / deviation : 0);
    }
}

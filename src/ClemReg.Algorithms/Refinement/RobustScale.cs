namespace ClemReg.Algorithms.Refinement;

/// <summary>The spread of residuals of which some are outliers (P. Huber 1981, Robust Statistics).</summary>
internal static class RobustScale
{
    /// <summary>Residuals of so many standard deviations have half the weight.</summary>
    public const double Cauchy = 3;

    /// <summary>As many tell the median to 1 %.</summary>
    private const int Enough = 20_000;

    /// <summary>The standard deviation by the median of the absolute residuals; evenly taken from a long list.</summary>
    /// <param name="residuals">In any order.</param>
    /// <param name="used">Which count; null for all.</param>
    public static double Of(double[] residuals, bool[]? used)
    {
        var sizes = new List<double>(Enough * 2);
        int step = Math.Max(1, residuals.Length / Enough);
        for (int i = 0; i < residuals.Length; i += step)
            if (used is null || used[i]) sizes.Add(Math.Abs(residuals[i]));
        sizes.Sort();
        return sizes.Count == 0 ? 1e-9 : 1.4826 * Math.Max(sizes[sizes.Count / 2], 1e-9);
    }
}

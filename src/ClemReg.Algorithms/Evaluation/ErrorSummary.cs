namespace ClemReg.Algorithms.Evaluation;

/// <summary>Figures of a set of distances or rates, in their own unit.</summary>
/// <param name="Count">How many there are.</param>
/// <param name="Mean">Mean; NaN of none.</param>
/// <param name="Median">Median, the mean of the middle two where the count is even; NaN of none.</param>
/// <param name="StandardDeviation">Of the sample (n - 1 in the denominator); NaN of fewer than 2.</param>
/// <param name="Percentile95">What 95 % stay within (nearest rank); NaN of none.</param>
/// <param name="Maximum">Largest; NaN of none.</param>
public sealed record ErrorSummary(int Count, double Mean, double Median, double StandardDeviation, double Percentile95, double Maximum)
{
    /// <summary>Summarises values; those that are NaN are left out.</summary>
    public static ErrorSummary Of(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Where(static v => !double.IsNaN(v))];
        int n = sorted.Length;
        if (n == 0) return new ErrorSummary(0, double.NaN, double.NaN, double.NaN, double.NaN, double.NaN);
        Array.Sort(sorted);
        double mean = sorted.Sum() / n, squares = 0;
        foreach (double v in sorted) squares += (v - mean) * (v - mean);
        double median = n % 2 == 1 ? sorted[n / 2] : (sorted[n / 2 - 1] + sorted[n / 2]) / 2;
        return new ErrorSummary(n, mean, median, n > 1 ? Math.Sqrt(squares / (n - 1)) : double.NaN, sorted[(int)Math.Ceiling(0.95 * n) - 1], sorted[n - 1]);
    }
}

namespace ClemReg.Algorithms.Evaluation;

/// <summary>Lengths that are easy to read.</summary>
internal static class RoundLength
{
    /// <summary>The longest of 1, 2, 5 times a power of ten that is not above <paramref name="most"/>, which is positive.</summary>
    public static double AtMost(double most)
    {
        double power = Math.Pow(10, Math.Floor(Math.Log10(most)));
        return power * (most >= 5 * power ? 5 : most >= 2 * power ? 2 : 1);
    }
}

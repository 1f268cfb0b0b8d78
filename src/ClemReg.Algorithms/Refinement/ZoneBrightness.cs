namespace ClemReg.Algorithms.Refinement;

/// <summary>How bright each object shines: the factor of its model by weighted least squares, drawn a little to the common one, never negative.</summary>
/// <param name="Brightness">By zone, 0 for what is near none.</param>
/// <param name="Share">The weighted sum of the squared model in each zone; 0 where it was not looked at.</param>
/// <param name="Ridge">What was added to each share for the common brightness.</param>
internal sealed record ZoneBrightness(double[] Brightness, double[] Share, double Ridge)
{
    private const double Drawn = 0.02;

    /// <summary>Fits.</summary>
    /// <param name="zones">How many there are.</param>
    /// <param name="zone">The zone of each sample, 0 to <paramref name="zones"/>.</param>
    /// <param name="model">What the model says there at brightness 1.</param>
    /// <param name="values">The fluorescence.</param>
    /// <param name="weight">The weight of a sample; 0 to leave it out.</param>
    public static ZoneBrightness Of(int zones, int[] zone, float[] model, float[] values, Func<int, double> weight)
    {
        double[] above = new double[zones + 1], below = new double[zones + 1], brightness = new double[zones + 1];
        for (int i = 0; i < zone.Length; i++)
        {
            double m = model[i], w = weight(i) * m;
            above[zone[i]] += w * values[i];
            below[zone[i]] += w * m;
        }
        double common = Math.Max(0, above.Sum() / Math.Max(below.Sum(), double.Epsilon)), ridge = Drawn * below.Sum() / Math.Max(1, below.Count(v => v > 0));
        if (!(ridge > 0)) ridge = 1;
        for (int k = 0; k <= zones; k++) brightness[k] = Math.Max(0, (above[k] + ridge * common) / (below[k] + ridge));
        return new ZoneBrightness(brightness, below, ridge);
    }
}

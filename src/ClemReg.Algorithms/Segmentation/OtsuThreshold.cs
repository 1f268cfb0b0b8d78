namespace ClemReg.Algorithms.Segmentation;

/// <summary>Otsu's threshold: the one that parts values into two classes with the largest variance between them (N. Otsu 1979, "A threshold selection method from gray-level histograms").</summary>
internal static class OtsuThreshold
{
    /// <summary>Bins for numbers that are not whole.</summary>
    public const int FloatBins = 256;

    /// <summary>The bin of a number, of <see cref="FloatBins"/> between two others.</summary>
    public static int Bin(float value, float low, float high) => Math.Min(FloatBins - 1, (int)(FloatBins * (double)(value - low) / (high - low)));

    /// <summary>The bin centre that maximises the variance between the classes; the first of several.</summary>
    /// <param name="histogram">Counts.</param>
    /// <param name="first">The first bin's centre.</param>
    /// <param name="step">From centre to centre.</param>
    public static double Of(ReadOnlySpan<long> histogram, double first, double step)
    {
        double total = 0, moment = 0;
        for (int i = 0; i < histogram.Length; i++)
        {
            total += histogram[i];
            moment += histogram[i] * (first + i * step);
        }
        double best = -1, threshold = first, below = 0, momentBelow = 0;
        for (int i = 0; i < histogram.Length - 1; i++)
        {
            below += histogram[i];
            momentBelow += histogram[i] * (first + i * step);
            double above = total - below;
            if (below == 0 || above == 0) continue;
            double difference = momentBelow / below - (moment - momentBelow) / above;
            double variance = below * above * difference * difference;
            if (variance <= best) continue;
            (best, threshold) = (variance, first + i * step);
        }
        return threshold;
    }

    /// <summary>The threshold of numbers in <see cref="FloatBins"/> bins, as scikit-image has it; NaN where all are equal.</summary>
    public static double Of(ReadOnlySpan<float> values)
    {
        float low = float.PositiveInfinity, high = float.NegativeInfinity;
        foreach (float v in values) (low, high) = (Math.Min(low, v), Math.Max(high, v));
        if (!(high > low)) return double.NaN;
        Span<long> histogram = stackalloc long[FloatBins];
        histogram.Clear();
        foreach (float v in values) histogram[Bin(v, low, high)]++;
        double step = ((double)high - low) / FloatBins;
        return Of(histogram, low + step / 2, step);
    }
}

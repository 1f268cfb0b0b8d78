using System.Runtime.CompilerServices;

namespace ClemReg.Algorithms.Simulation;

/// <summary>
/// A stream of random numbers: SplitMix64 (Steele, Lea and Flood 2014, "Fast splittable pseudorandom number generators"). A stream is
/// opened by a key, such as seed, purpose and slice, so every slice and every object has its own, whatever thread works on it.
/// </summary>
internal struct RandomStream
{
    private const ulong Golden = 0x9E3779B97F4A7C15;
    private ulong _state;

    /// <summary>Opens the stream of a key.</summary>
    public RandomStream(ulong key) => _state = key;

    /// <summary>The finaliser of SplitMix64: a bijection of 64 bits in which every input bit changes half of the output bits.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Mix(ulong v)
    {
        v = (v ^ v >> 30) * 0xBF58476D1CE4E5B9;
        v = (v ^ v >> 27) * 0x94D049BB133111EB;
        return v ^ v >> 31;
    }

    /// <summary>A key from another key and a number.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Key(ulong key, long part) => Mix(key + Golden * unchecked((ulong)part + 1));

    /// <summary>64 random bits.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ulong NextBits() => Mix(_state += Golden);

    /// <summary>0 inclusive to 1 exclusive.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public double NextDouble() => ToDouble(NextBits());

    /// <summary>Random bits as a number from 0 inclusive to 1 exclusive.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static double ToDouble(ulong bits) => (bits >> 11) * (1.0 / (1UL << 53));

    /// <summary>Uniform in a range.</summary>
    public double Uniform(double from, double to) => from + (to - from) * NextDouble();

    /// <summary>A whole number from 0 to <paramref name="count"/> - 1.</summary>
    public int NextInt(int count) => (int)(NextDouble() * count);

    /// <summary>Standard normal (Box and Muller 1958).</summary>
    public double Gaussian()
    {
        double u = 1 - NextDouble();
        return Math.Sqrt(-2 * Math.Log(u)) * Math.Cos(2 * Math.PI * NextDouble());
    }

    /// <summary>
    /// Poisson distributed with mean <paramref name="mean"/>: inversion by sequential search below 12, above it transformed rejection
    /// (Hörmann 1993, "The transformed rejection method for generating Poisson random variables", algorithm PTRS).
    /// </summary>
    public long Poisson(double mean)
    {
        if (mean <= 0) return 0;
        if (mean < 12)
        {
            double p = Math.Exp(-mean), u = NextDouble();
            long k = 0;
            // The bound only guards against rounding: the chance of 200 at a mean of 12 is below 1e-150.
            while (u >= p && k < 200)
            {
                u -= p;
                p *= mean / ++k;
            }
            return k;
        }
        double root = Math.Sqrt(mean), logMean = Math.Log(mean);
        double b = 0.931 + 2.53 * root;
        double a = -0.059 + 0.02483 * b;
        double inverseAlpha = 1.1239 + 1.1328 / (b - 3.4);
        double vr = 0.9277 - 3.6224 / (b - 2);
        while (true)
        {
            double u = NextDouble() - 0.5, v = NextDouble();
            double us = 0.5 - Math.Abs(u);
            double k = Math.Floor((2 * a / us + b) * u + mean + 0.43);
            if (us >= 0.07 && v <= vr) return (long)k;
            if (k < 0 || (us < 0.013 && v > us)) continue;
            if (Math.Log(v * inverseAlpha / (a / (us * us) + b)) <= k * logMean - mean - LogFactorial(k)) return (long)k;
        }
    }

    /// <summary>ln k! by Stirling's series, shifted above 10 where its error is below 1e-11.</summary>
    private static double LogFactorial(double k)
    {
        double n = k + 1, shift = 0;
        while (n < 10) shift += Math.Log(n++);
        double i = 1 / n, i2 = i * i;
        return (n - 0.5) * Math.Log(n) - n + 0.91893853320467274 + i * (1.0 / 12 - i2 * (1.0 / 360 - i2 / 1260)) - shift;
    }
}

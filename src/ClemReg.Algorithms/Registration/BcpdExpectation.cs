using System.Numerics;
using System.Runtime.InteropServices;

namespace ClemReg.Algorithms.Registration;

/// <summary>
/// The E-step of BCPD (Hirose 2020, section 4.3; figure 2, "update P and related terms"): for each moved point its number of matches nu and
/// the sum of the steps to the fixed points that match it, without the M x N matrix P.
/// </summary>
/// <remarks>
/// Two passes over the pairs of near blocks: fixed points gather their densities, then moved points gather what those give them. Every
/// point's sums are made by one thread in a fixed order: the same bytes for any number of threads.
/// </remarks>
internal sealed class BcpdExpectation(PointBlocks fixedPoints, PointBlocks moved)
{
    private readonly double[] _inverseDensity = new double[fixedPoints.Blocks * PointBlocks.BlockSize];
    private readonly double[] _cutoff = new double[fixedPoints.Blocks];
    private readonly double[] _squares = new double[moved.Blocks];

    /// <summary>For each (sorted) moved point the factor of its Gaussian: its mixing coefficient, lowered by its posterior variance; 0 in the filling.</summary>
    public double[] Prior { get; } = new double[moved.Blocks * PointBlocks.BlockSize];

    /// <summary>For each (sorted) moved point nu, the sum of P over the fixed points.</summary>
    public double[] Matches { get; } = new double[moved.Blocks * PointBlocks.BlockSize];

    /// <summary>For each moved point the sum of P (x - y), z.</summary>
    public double[] StepZ { get; } = new double[moved.Blocks * PointBlocks.BlockSize];

    /// <summary>The sum of P (x - y), y.</summary>
    public double[] StepY { get; } = new double[moved.Blocks * PointBlocks.BlockSize];

    /// <summary>The sum of P (x - y), x.</summary>
    public double[] StepX { get; } = new double[moved.Blocks * PointBlocks.BlockSize];

    /// <summary>The sum of P |x - y|^2.</summary>
    public double SquareSum { get; private set; }

    /// <summary>The bits to which densities are exact: a kernel is left out when all such together change no density by more than 2^-bits of it.</summary>
    public int Bits { get; init; } = 53;

    /// <summary>Computes the sums.</summary>
    /// <param name="sigma2">The variance of the Gaussians.</param>
    /// <param name="outlier">The outlier term in units of the kernel: (2 pi sigma^2)^(3/2) omega / (1 - omega) / V.</param>
    /// <param name="radius">Kernels reach no farther than this; infinity for all.</param>
    /// <param name="job">Threads, cancellation.</param>
    public void Run(double sigma2, double outlier, double radius, Job job)
    {
        double rate = CpdExpectation.Rate(sigma2);
        double bits = Bits + Math.Log2(moved.Count);
        double limit = radius * radius;
        double largestPrior = 0;
        foreach (double b in Prior) largestPrior = Math.Max(largestPrior, b);
        double outlierReach = outlier > 0 ? Math.Max(0, (bits + Math.Log2(largestPrior / outlier)) / rate) : double.PositiveInfinity;
        // A posterior variance lowers some Gaussians by any factor, so the nearest need not be the largest: then only the outlier term bounds the reach.
        double spread = Math.Log2(largestPrior / Math.Max(SmallestPrior(), double.Epsilon)) / rate;

        job.For(fixedPoints.Blocks, () => new BlockRanges(moved.Blocks), (block, near) =>
        {
            double reach = fixedPoints.SquaredReach(block, moved, near.Gaps);
            double cutoff = Math.Min(Math.Min(reach + spread + bits / rate, outlierReach), limit);
            _cutoff[block] = cutoff;
            near.Keep(_ => cutoff);
            for (int i = block * PointBlocks.BlockSize; i < fixedPoints.End(block); i++)
            {
                double density = Density(near.Ranges, fixedPoints.Z[i], fixedPoints.Y[i], fixedPoints.X[i], rate, limit) + outlier;
                _inverseDensity[i] = density > 0 ? 1 / density : 0;
            }
        });
        job.For(moved.Blocks, () => new BlockRanges(fixedPoints.Blocks), (block, near) =>
        {
            for (int b = 0; b < fixedPoints.Blocks; b++) near.Gaps[b] = moved.SquaredGap(block, fixedPoints, b);
            near.Keep(b => _cutoff[b]);
            double square = 0;
            for (int i = block * PointBlocks.BlockSize; i < moved.End(block); i++) square += Gather(near.Ranges, i, rate, limit);
            _squares[block] = square;
        });
        SquareSum = 0;
        foreach (double s in _squares) SquareSum += s;
    }

    private double SmallestPrior()
    {
        double smallest = double.PositiveInfinity;
        foreach (double b in Prior.AsSpan(0, moved.Count)) smallest = Math.Min(smallest, b);
        return smallest;
    }

    private double Density(ReadOnlySpan<int> ranges, double z, double y, double x, double rate, double limit)
    {
        ref double zs = ref MemoryMarshal.GetArrayDataReference(moved.Z);
        ref double ys = ref MemoryMarshal.GetArrayDataReference(moved.Y);
        ref double xs = ref MemoryMarshal.GetArrayDataReference(moved.X);
        ref double bs = ref MemoryMarshal.GetArrayDataReference(Prior);
        Vector<double> z0 = new(z), y0 = new(y), x0 = new(x), minusRate = new(-rate), most = new(limit);
        Vector<double> sum = default;
        for (int r = 0; r < ranges.Length; r += 2)
        {
            for (int j = ranges[r]; j < ranges[r + 1]; j += Vector<double>.Count)
            {
                Vector<double> dz = Vector.LoadUnsafe(ref zs, (nuint)j) - z0;
                Vector<double> dy = Vector.LoadUnsafe(ref ys, (nuint)j) - y0;
                Vector<double> dx = Vector.LoadUnsafe(ref xs, (nuint)j) - x0;
                Vector<double> square = Vector.MultiplyAddEstimate(dz, dz, Vector.MultiplyAddEstimate(dy, dy, dx * dx));
                Vector<double> b = Vector.ConditionalSelect(Vector.LessThanOrEqual(square, most), Vector.LoadUnsafe(ref bs, (nuint)j), default);
                sum = Vector.MultiplyAddEstimate(PowerOfTwo.Of(square * minusRate), b, sum);
            }
        }
        return Vector.Sum(sum);
    }

    /// <summary>Sets the sums of one moved point; returns its part of the sum of squares.</summary>
    private double Gather(ReadOnlySpan<int> ranges, int i, double rate, double limit)
    {
        ref double zs = ref MemoryMarshal.GetArrayDataReference(fixedPoints.Z);
        ref double ys = ref MemoryMarshal.GetArrayDataReference(fixedPoints.Y);
        ref double xs = ref MemoryMarshal.GetArrayDataReference(fixedPoints.X);
        ref double qs = ref MemoryMarshal.GetArrayDataReference(_inverseDensity);
        Vector<double> z0 = new(moved.Z[i]), y0 = new(moved.Y[i]), x0 = new(moved.X[i]), minusRate = new(-rate), most = new(limit);
        Vector<double> sum = default, sumZ = default, sumY = default, sumX = default, sumSquare = default;
        for (int r = 0; r < ranges.Length; r += 2)
        {
            for (int j = ranges[r]; j < ranges[r + 1]; j += Vector<double>.Count)
            {
                Vector<double> dz = Vector.LoadUnsafe(ref zs, (nuint)j) - z0;
                Vector<double> dy = Vector.LoadUnsafe(ref ys, (nuint)j) - y0;
                Vector<double> dx = Vector.LoadUnsafe(ref xs, (nuint)j) - x0;
                Vector<double> square = Vector.MultiplyAddEstimate(dz, dz, Vector.MultiplyAddEstimate(dy, dy, dx * dx));
                Vector<double> q = Vector.ConditionalSelect(Vector.LessThanOrEqual(square, most), Vector.LoadUnsafe(ref qs, (nuint)j), default);
                Vector<double> p = PowerOfTwo.Of(square * minusRate) * q;
                sum += p;
                sumZ = Vector.MultiplyAddEstimate(p, dz, sumZ);
                sumY = Vector.MultiplyAddEstimate(p, dy, sumY);
                sumX = Vector.MultiplyAddEstimate(p, dx, sumX);
                sumSquare = Vector.MultiplyAddEstimate(p, square, sumSquare);
            }
        }
        double prior = Prior[i];
        Matches[i] = prior * Vector.Sum(sum);
        StepZ[i] = prior * Vector.Sum(sumZ);
        StepY[i] = prior * Vector.Sum(sumY);
        StepX[i] = prior * Vector.Sum(sumX);
        return prior * Vector.Sum(sumSquare);
    }
}

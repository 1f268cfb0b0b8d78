using System.Numerics;
using System.Runtime.InteropServices;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Registration;

/// <summary>
/// The sums over all pairs that the M-step of rigid CPD needs, with P the posterior of moving point y (already moved) for fixed point x:
/// everything that the paper takes from P1, P^T 1 and PX, without holding P.
/// </summary>
internal readonly record struct CpdMoments
{
    /// <summary>Sum of P: the number of fixed points that the moving points explain.</summary>
    public required double Weight { get; init; }

    /// <summary>Sum of P x.</summary>
    public required Point3 Fixed { get; init; }

    /// <summary>Sum of P y.</summary>
    public required Point3 Moved { get; init; }

    /// <summary>Sum of P |x|^2.</summary>
    public required double FixedSquare { get; init; }

    /// <summary>Sum of P |y|^2.</summary>
    public required double MovedSquare { get; init; }

    /// <summary>Sum of P x y^T: 9 numbers, row (x) by row.</summary>
    public required double[] Cross { get; init; }

    /// <summary>Sum of P y y^T: 9 numbers; null where it was not asked for.</summary>
    public double[]? MovedOuter { get; init; }

    /// <summary>The negative log-likelihood of the fixed points.</summary>
    public required double NegativeLogLikelihood { get; init; }
}

/// <summary>
/// The E-step of CPD (Myronenko and Song 2010, eq. 6), exact: all pairs whose kernel counts are visited, none of the M x N matrix is held.
/// </summary>
/// <remarks>
/// For each block of fixed points the blocks of moving points that can matter are found from bounding boxes. What is left out of a fixed
/// point's density (the sum of its kernels and the outlier term) is below 2^-53 of it, half a unit in the last place: with M
/// moving points, every kernel left out is below 2^-53 / M of the largest one, or of the outlier term.
/// One block of fixed points is one piece of work with its own partial sums, added in order: the same bytes for any number of threads.
/// </remarks>
internal sealed class CpdExpectation
{
    /// <summary>What a zero density counts as in the likelihood: the smallest normal number, so that the sum stays finite.</summary>
    private const double DensityFloor = 2.2250738585072014e-308;

    private const double Ln2 = 0.693147180559945309;
    private const int SumsPerBlock = 30;
    private static readonly int Lanes = Vector<double>.Count;

    private readonly PointBlocks _fixed;
    private readonly PointBlocks _moved;
    private readonly double[] _sums;

    public CpdExpectation(PointBlocks fixedPoints, PointBlocks moved)
    {
        _fixed = fixedPoints;
        _moved = moved;
        _sums = new double[fixedPoints.Blocks * SumsPerBlock];
        InverseDensity = new double[fixedPoints.Blocks * PointBlocks.BlockSize];
        Cutoff = new double[fixedPoints.Blocks];
    }

    /// <summary>For each (sorted) fixed point the inverse of its density after <see cref="Run"/>; 0 when the density is 0.</summary>
    public double[] InverseDensity { get; }

    /// <summary>For each block of fixed points the squared gap up to which moving blocks were visited in <see cref="Run"/>.</summary>
    public double[] Cutoff { get; }

    /// <summary>The sum of the posterior after <see cref="Run"/>: the number of fixed points that the moving points explain.</summary>
    public double ExplainedWeight { get; private set; }

    /// <summary>True sums P y y^T too, which affine CPD needs.</summary>
    public bool WithMovedOuter { get; init; }

    /// <summary>False visits all pairs, for tests.</summary>
    public bool Prune { get; init; } = true;

    /// <summary>The outlier term in units of the kernel (paper, eq. 6): (2 pi sigma^2)^(3/2) w / (1 - w) M / N.</summary>
    public static double OutlierTerm(double sigma2, double weight, int moving, int fixedCount) =>
        Math.Pow(2 * Math.PI * sigma2, 1.5) * weight / (1 - weight) * moving / fixedCount;

    /// <summary>The rate of the kernel as a power of two: exp(-d^2 / (2 sigma^2)) = 2^(-rate d^2).</summary>
    public static double Rate(double sigma2) => 1 / (2 * sigma2 * Ln2);

    /// <summary>Computes the sums for a variance and outlier weight (0 to below 1).</summary>
    public CpdMoments Run(double sigma2, double weight, Job job)
    {
        double outlier = OutlierTerm(sigma2, weight, _moved.Count, _fixed.Count);
        double rate = Rate(sigma2);
        double bits = 53 + Math.Log2(_moved.Count);
        double outlierReach = outlier > 0 ? (bits - Math.Log2(outlier)) / rate : double.PositiveInfinity;

        job.For(_fixed.Blocks, () => new BlockRanges(_moved.Blocks), (block, near) =>
        {
            double reach = _fixed.SquaredReach(block, _moved, near.Gaps);
            double cutoff = Prune ? Math.Min(reach + bits / rate, outlierReach) : double.PositiveInfinity;
            Cutoff[block] = cutoff;
            near.Keep(_ => cutoff);
            AddBlock(block, near.Ranges, rate, outlier);
        });
        return Total(sigma2, weight);
    }

    private void AddBlock(int block, ReadOnlySpan<int> ranges, double rate, double outlier)
    {
        Span<double> sums = _sums.AsSpan(block * SumsPerBlock, SumsPerBlock);
        sums.Clear();
        for (int i = block * PointBlocks.BlockSize; i < _fixed.End(block); i++)
        {
            double z = _fixed.Z[i], y = _fixed.Y[i], x = _fixed.X[i];
            KernelSums k = SumKernels(_moved, ranges, z, y, x, rate);
            double density = k.Kernel + outlier;
            double inverse = density > 0 ? 1 / density : 0;
            InverseDensity[i] = inverse;
            double p = k.Kernel * inverse;
            double dz = k.Z * inverse, dy = k.Y * inverse, dx = k.X * inverse;
            sums[0] += p;
            sums[1] += p * z;
            sums[2] += p * y;
            sums[3] += p * x;
            sums[4] += dz;
            sums[5] += dy;
            sums[6] += dx;
            sums[7] += p * z * z;
            sums[8] += p * z * y;
            sums[9] += p * z * x;
            sums[10] += p * y * y;
            sums[11] += p * y * x;
            sums[12] += p * x * x;
            sums[13] += z * dz;
            sums[14] += z * dy;
            sums[15] += z * dx;
            sums[16] += y * dz;
            sums[17] += y * dy;
            sums[18] += y * dx;
            sums[19] += x * dz;
            sums[20] += x * dy;
            sums[21] += x * dx;
            sums[22] += k.Square * inverse;
            sums[23] -= Math.Log(Math.Max(density, DensityFloor));
            if (!WithMovedOuter) continue;
            OuterSums o = SumOuter(_moved, ranges, z, y, x, rate);
            sums[24] += o.ZZ * inverse;
            sums[25] += o.ZY * inverse;
            sums[26] += o.ZX * inverse;
            sums[27] += o.YY * inverse;
            sums[28] += o.YX * inverse;
            sums[29] += o.XX * inverse;
        }
    }

    private CpdMoments Total(double sigma2, double weight)
    {
        Span<double> s = stackalloc double[SumsPerBlock];
        s.Clear();
        for (int b = 0; b < _fixed.Blocks; b++)
            for (int i = 0; i < SumsPerBlock; i++)
                s[i] += _sums[b * SumsPerBlock + i];
        // y = x + d: the sums over d, small and exact, give the sums over y.
        ExplainedWeight = s[0];
        double fixedSquare = s[7] + s[10] + s[12];
        double normalisation = Math.Log((1 - weight) / (_moved.Count * Math.Pow(2 * Math.PI * sigma2, 1.5)));
        return new CpdMoments
        {
            Weight = s[0],
            Fixed = new Point3(s[1], s[2], s[3]),
            Moved = new Point3(s[1] + s[4], s[2] + s[5], s[3] + s[6]),
            FixedSquare = fixedSquare,
            MovedSquare = fixedSquare + 2 * (s[13] + s[17] + s[21]) + s[22],
            Cross =
            [
                s[7] + s[13], s[8] + s[14], s[9] + s[15],
                s[8] + s[16], s[10] + s[17], s[11] + s[18],
                s[9] + s[19], s[11] + s[20], s[12] + s[21],
            ],
            NegativeLogLikelihood = s[23] - _fixed.Count * normalisation,
            MovedOuter = WithMovedOuter ? MovedOuter(s) : null,
        };
    }

    /// <summary>Sum of P y y^T, y = x + d: sums of x x^T, x d^T, d x^T and d d^T.</summary>
    private static double[] MovedOuter(ReadOnlySpan<double> s)
    {
        double zz = s[7] + 2 * s[13] + s[24];
        double zy = s[8] + s[14] + s[16] + s[25];
        double zx = s[9] + s[15] + s[19] + s[26];
        double yy = s[10] + 2 * s[17] + s[27];
        double yx = s[11] + s[18] + s[20] + s[28];
        double xx = s[12] + 2 * s[21] + s[29];
        return [zz, zy, zx, zy, yy, yx, zx, yx, xx];
    }

    /// <summary>Sums of k d d^T over the kernels k from a point to many, d = other - point.</summary>
    internal readonly record struct OuterSums(double ZZ, double ZY, double ZX, double YY, double YX, double XX);

    /// <summary>As <see cref="SumKernels"/>, the second moments.</summary>
    internal static OuterSums SumOuter(PointBlocks points, ReadOnlySpan<int> ranges, double z, double y, double x, double rate)
    {
        Vector<double> zz = default, zy = default, zx = default, yy = default, yx = default, xx = default;
        for (int r = 0; r < ranges.Length; r += 2)
        {
            for (int j = ranges[r]; j < ranges[r + 1]; j += Lanes)
            {
                Vector<double> dz = new Vector<double>(points.Z, j) - new Vector<double>(z);
                Vector<double> dy = new Vector<double>(points.Y, j) - new Vector<double>(y);
                Vector<double> dx = new Vector<double>(points.X, j) - new Vector<double>(x);
                Vector<double> k = PowerOfTwo.Of((dz * dz + dy * dy + dx * dx) * -rate);
                Vector<double> kz = k * dz, ky = k * dy, kx = k * dx;
                zz += kz * dz;
                zy += kz * dy;
                zx += kz * dx;
                yy += ky * dy;
                yx += ky * dx;
                xx += kx * dx;
            }
        }
        return new OuterSums(Vector.Sum(zz), Vector.Sum(zy), Vector.Sum(zx), Vector.Sum(yy), Vector.Sum(yx), Vector.Sum(xx));
    }

    /// <summary>Sums of the kernels k from a point to many: k, k d (d = other - point, z, y, x), k |d|^2.</summary>
    internal readonly record struct KernelSums(double Kernel, double Z, double Y, double X, double Square);

    /// <summary>Sums 2^(-<paramref name="rate"/> |d|^2) and its moments over ranges (start, end; whole blocks) of points.</summary>
    internal static KernelSums SumKernels(PointBlocks points, ReadOnlySpan<int> ranges, double z, double y, double x, double rate)
    {
        ref double zs = ref MemoryMarshal.GetArrayDataReference(points.Z);
        ref double ys = ref MemoryMarshal.GetArrayDataReference(points.Y);
        ref double xs = ref MemoryMarshal.GetArrayDataReference(points.X);
        var z0 = new Vector<double>(z);
        var y0 = new Vector<double>(y);
        var x0 = new Vector<double>(x);
        var minusRate = new Vector<double>(-rate);
        Vector<double> sum = default, sumZ = default, sumY = default, sumX = default, sumSquare = default;
        for (int r = 0; r < ranges.Length; r += 2)
        {
            for (int j = ranges[r]; j < ranges[r + 1]; j += Lanes)
            {
                Vector<double> dz = Vector.LoadUnsafe(ref zs, (nuint)j) - z0;
                Vector<double> dy = Vector.LoadUnsafe(ref ys, (nuint)j) - y0;
                Vector<double> dx = Vector.LoadUnsafe(ref xs, (nuint)j) - x0;
                Vector<double> square = Vector.MultiplyAddEstimate(dz, dz, Vector.MultiplyAddEstimate(dy, dy, dx * dx));
                Vector<double> k = PowerOfTwo.Of(square * minusRate);
                sum += k;
                sumZ = Vector.MultiplyAddEstimate(k, dz, sumZ);
                sumY = Vector.MultiplyAddEstimate(k, dy, sumY);
                sumX = Vector.MultiplyAddEstimate(k, dx, sumX);
                sumSquare = Vector.MultiplyAddEstimate(k, square, sumSquare);
            }
        }
        return new KernelSums(Vector.Sum(sum), Vector.Sum(sumZ), Vector.Sum(sumY), Vector.Sum(sumX), Vector.Sum(sumSquare));
    }
}

using System.Numerics;
using System.Runtime.InteropServices;
using ClemReg.Algorithms.PointClouds;
using ClemReg.Algorithms.Transforms;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Registration;

/// <summary>Measures how well a transform lays one cloud on another, whoever found it.</summary>
public static class RegistrationEvaluation
{
    /// <summary>The inlier distance in units of sigma.</summary>
    private const double InlierSigmas = 2;

    /// <summary>A moving point with less than this share of a fixed point has no counterpart.</summary>
    private const double SmallestPosterior = 1e-3;

    /// <summary>Measures a transform between two clouds.</summary>
    /// <param name="moving">The moving points, nm, z, y, x.</param>
    /// <param name="fixedCloud">The fixed points.</param>
    /// <param name="transform">The transform to judge, moving to fixed.</param>
    /// <param name="sigmaNm">Standard deviation of the Gaussians around the moved points, in nm, positive: a registration's last sigma.</param>
    /// <param name="outlierWeight">The outlier weight w (0 to below 1), for clouds normalised by the fixed cloud's size, as <see cref="RigidCpd"/> does.</param>
    /// <param name="job">Threads, cancellation.</param>
    /// <exception cref="BadInputException">A cloud with too few points or all in one plane; sigma or w out of range.</exception>
    public static RegistrationResiduals Evaluate(
        PointCloud moving, PointCloud fixedCloud, SpatialTransform transform, double sigmaNm, double outlierWeight, Job job)
    {
        CloudShape.RequireSolid(moving, "moving");
        return Evaluate(transform.Apply(moving), fixedCloud, sigmaNm, outlierWeight, job);
    }

    /// <summary>Measures how well moved points lie on a cloud.</summary>
    /// <param name="moved">The moved points, nm, z, y, x.</param>
    /// <param name="fixedCloud">The fixed points.</param>
    /// <param name="sigmaNm">Standard deviation of the Gaussians around the moved points, in nm, positive.</param>
    /// <param name="outlierWeight">The outlier weight w (0 to below 1), for clouds normalised by the fixed cloud's size.</param>
    /// <param name="job">Threads, cancellation.</param>
    /// <exception cref="BadInputException">A fixed cloud with too few points or all in one plane; sigma or w out of range.</exception>
    public static RegistrationResiduals Evaluate(PointCloud moved, PointCloud fixedCloud, double sigmaNm, double outlierWeight, Job job)
    {
        CloudShape.RequireSolid(fixedCloud, "fixed");
        if (!(sigmaNm > 0) || double.IsInfinity(sigmaNm)) throw BadInputException.ForParameter("sigma", sigmaNm, "a positive length in nm");
        if (!(outlierWeight >= 0 && outlierWeight < 1))
            throw BadInputException.ForParameter("registration_outlier_weight", outlierWeight, "0 or more and below 1");
        Point3 centre = CloudShape.Centroid(fixedCloud);
        double unit = CloudShape.Size(fixedCloud, centre);
        var movedPoints = new PointBlocks(moved, centre, unit);
        var fixedPoints = new PointBlocks(fixedCloud, centre, unit);
        double sigma2 = sigmaNm * sigmaNm / (unit * unit);
        var expectation = new CpdExpectation(fixedPoints, movedPoints);
        expectation.Run(sigma2, outlierWeight, job);
        return Measure(movedPoints, fixedPoints, expectation, sigma2, unit, job);
    }

    /// <summary>Measures moved points against fixed ones, both in <paramref name="unit"/> nm, with the posterior of an E-step at that state.</summary>
    internal static RegistrationResiduals Measure(
        PointBlocks moved, PointBlocks fixedPoints, CpdExpectation expectation, double sigma2, double unit, Job job)
    {
        var nearest = new double[moved.Count];
        var posterior = new double[moved.Count];
        double rate = CpdExpectation.Rate(sigma2);
        job.For(moved.Blocks, () => new BlockRanges(fixedPoints.Blocks), (block, near) =>
        {
            double reach = moved.SquaredReach(block, fixedPoints, near.Gaps);
            near.Keep(_ => reach);
            for (int i = block * PointBlocks.BlockSize; i < moved.End(block); i++)
                nearest[i] = Math.Sqrt(SquaredNearest(fixedPoints, near.Ranges, moved.Z[i], moved.Y[i], moved.X[i])) * unit;
            near.Keep(b => expectation.Cutoff[b]);
            for (int i = block * PointBlocks.BlockSize; i < moved.End(block); i++)
                posterior[i] = DistanceToMean(fixedPoints, expectation.InverseDensity, near.Ranges, moved.Z[i], moved.Y[i], moved.X[i], rate) * unit;
        });

        double inlierDistance = InlierSigmas * Math.Sqrt(sigma2) * unit;
        Array.Sort(nearest);
        double[] weighted = [.. posterior.Where(d => !double.IsNaN(d)).Order()];
        double[] inliers = [.. nearest.TakeWhile(d => d <= inlierDistance)];
        return new RegistrationResiduals
        {
            NearestRmsNm = RootMeanSquare(nearest),
            NearestMedianNm = Quantile(nearest, 0.5),
            Nearest95Nm = Quantile(nearest, 0.95),
            PosteriorRmsNm = RootMeanSquare(weighted),
            PosteriorMedianNm = Quantile(weighted, 0.5),
            Posterior95Nm = Quantile(weighted, 0.95),
            InlierDistanceNm = inlierDistance,
            Fitness = (double)inliers.Length / nearest.Length,
            InlierRmsNm = RootMeanSquare(inliers),
            ExplainedFraction = expectation.ExplainedWeight / fixedPoints.Count,
        };
    }

    /// <summary>
    /// For each moved point the step to the mean of the fixed points weighted with its posterior, in nm; null for points with next to no weight.
    /// </summary>
    internal static Point3?[] StepsToMean(PointCloud moved, PointCloud fixedCloud, double sigmaNm, double outlierWeight, Job job)
    {
        Point3 centre = CloudShape.Centroid(fixedCloud);
        double unit = CloudShape.Size(fixedCloud, centre);
        var movedPoints = new PointBlocks(moved, centre, unit);
        var fixedPoints = new PointBlocks(fixedCloud, centre, unit);
        double sigma2 = sigmaNm * sigmaNm / (unit * unit), rate = CpdExpectation.Rate(sigma2);
        var expectation = new CpdExpectation(fixedPoints, movedPoints);
        expectation.Run(sigma2, outlierWeight, job);
        var steps = new Point3?[moved.Count];
        job.For(movedPoints.Blocks, () => new BlockRanges(fixedPoints.Blocks), (block, near) =>
        {
            movedPoints.SquaredReach(block, fixedPoints, near.Gaps);
            near.Keep(b => expectation.Cutoff[b]);
            for (int i = block * PointBlocks.BlockSize; i < movedPoints.End(block); i++)
            {
                Point3? step = StepToMean(fixedPoints, expectation.InverseDensity, near.Ranges, movedPoints.Z[i], movedPoints.Y[i], movedPoints.X[i], rate);
                if (step is { } s) steps[movedPoints.Order[i]] = unit * s;
            }
        });
        return steps;
    }

    private static double SquaredNearest(PointBlocks points, ReadOnlySpan<int> ranges, double z, double y, double x)
    {
        ref double zs = ref MemoryMarshal.GetArrayDataReference(points.Z);
        ref double ys = ref MemoryMarshal.GetArrayDataReference(points.Y);
        ref double xs = ref MemoryMarshal.GetArrayDataReference(points.X);
        var best = new Vector<double>(double.PositiveInfinity);
        for (int r = 0; r < ranges.Length; r += 2)
        {
            for (int j = ranges[r]; j < ranges[r + 1]; j += Vector<double>.Count)
            {
                Vector<double> dz = Vector.LoadUnsafe(ref zs, (nuint)j) - new Vector<double>(z);
                Vector<double> dy = Vector.LoadUnsafe(ref ys, (nuint)j) - new Vector<double>(y);
                Vector<double> dx = Vector.LoadUnsafe(ref xs, (nuint)j) - new Vector<double>(x);
                best = Vector.Min(best, dz * dz + dy * dy + dx * dx);
            }
        }
        double smallest = best[0];
        for (int i = 1; i < Vector<double>.Count; i++) smallest = Math.Min(smallest, best[i]);
        return smallest;
    }

    private static double DistanceToMean(
        PointBlocks points, double[] inverseDensity, ReadOnlySpan<int> ranges, double z, double y, double x, double rate) =>
        StepToMean(points, inverseDensity, ranges, z, y, x, rate)?.Length ?? double.NaN;

    /// <summary>The step from a point to the mean of <paramref name="points"/> weighted with the posterior; null with next to no weight.</summary>
    private static Point3? StepToMean(
        PointBlocks points, double[] inverseDensity, ReadOnlySpan<int> ranges, double z, double y, double x, double rate)
    {
        Vector<double> sum = default, sumZ = default, sumY = default, sumX = default;
        for (int r = 0; r < ranges.Length; r += 2)
        {
            for (int j = ranges[r]; j < ranges[r + 1]; j += Vector<double>.Count)
            {
                Vector<double> dz = new Vector<double>(points.Z, j) - new Vector<double>(z);
                Vector<double> dy = new Vector<double>(points.Y, j) - new Vector<double>(y);
                Vector<double> dx = new Vector<double>(points.X, j) - new Vector<double>(x);
                Vector<double> p = PowerOfTwo.Of((dz * dz + dy * dy + dx * dx) * -rate) * new Vector<double>(inverseDensity, j);
                sum += p;
                sumZ += p * dz;
                sumY += p * dy;
                sumX += p * dx;
            }
        }
        double weight = Vector.Sum(sum);
        return weight >= SmallestPosterior ? new Point3(Vector.Sum(sumZ) / weight, Vector.Sum(sumY) / weight, Vector.Sum(sumX) / weight) : null;
    }

    private static double RootMeanSquare(double[] values) =>
        values.Length == 0 ? double.NaN : Math.Sqrt(values.Sum(v => v * v) / values.Length);

    /// <summary>The quantile of sorted values, linear between neighbours.</summary>
    internal static double Quantile(double[] sorted, double fraction)
    {
        if (sorted.Length == 0) return double.NaN;
        double at = fraction * (sorted.Length - 1);
        int below = (int)at;
        int above = Math.Min(below + 1, sorted.Length - 1);
        return sorted[below] + (at - below) * (sorted[above] - sorted[below]);
    }
}

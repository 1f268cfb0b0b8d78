using System.Globalization;
using ClemReg.Algorithms.PointClouds;
using ClemReg.Algorithms.Transforms;
using ClemReg.Algorithms.Volumes;
using MathNet.Numerics.LinearAlgebra;

namespace ClemReg.Algorithms.Registration;

/// <summary>How <see cref="AffineCpd"/> works. Parameter names as the user knows them stand in brackets.</summary>
public sealed record AffineCpdOptions : CpdOptions
{
    /// <summary>
    /// The largest ratio of the linear part's largest to its smallest singular value, 1 or more; 1 allows one isotropic scale and no shear, 0 sets
    /// no bound, as in the paper [registration_maximum_anisotropy].
    /// </summary>
    public double MaximumAnisotropy { get; init; }
}

/// <summary>
/// Affine Coherent Point Drift: the affine map that lays one point cloud on another. It shares its E-step with <see cref="RigidCpd"/>.
/// </summary>
/// <remarks>
/// A. Myronenko and X. Song, Point Set Registration: Coherent Point Drift, IEEE PAMI 32 (2010), section 5 and figure 3.
/// <para>
/// An affine map regresses the fixed points on the moving ones along each axis by itself. Where the moving cloud is thicker than the
/// fixed one, as fluorescence is along z by the PSF, that axis is squashed (to 0.64 on a slab of 2 um). The bound keeps it from that: in each M-step
/// the singular values are clamped to the interval of the allowed ratio that costs the M-step's least squares the least, with the singular vectors kept. So the
/// axis along which the cloud is short gives way, not the long ones.
/// </para>
/// </remarks>
public static class AffineCpd
{
    /// <summary>An anisotropy from which on the user is warned: samples rarely shrink more along one axis than along another.</summary>
    private const double SuspiciousAnisotropy = 1.1;

    /// <summary>Where sigma is still as wide as the clouds, the paper's first steps shrink the cloud a hundredfold before it grows again.</summary>
    private const double LargestScaleChange = 1e5;

    /// <summary>Moments whose smallest spread is below this fraction of the largest determine no affine map.</summary>
    private const double Flat = 1e-12;

    /// <summary>Finds the affine map of <paramref name="moving"/> onto <paramref name="fixedCloud"/>.</summary>
    /// <param name="moving">The points to move, nm, z, y, x; at least 4, not all in one plane.</param>
    /// <param name="fixedCloud">The points to move them onto; likewise.</param>
    /// <param name="options">How.</param>
    /// <param name="job">Threads, cancellation, progress; it is warned of suspicious anisotropy. The same bytes for any number of threads.</param>
    /// <exception cref="BadInputException">An option out of its range; a cloud with too few points, or all in one place, line or plane.</exception>
    /// <exception cref="OperationCanceledException">The job was cancelled.</exception>
    public static RegistrationResult Register(PointCloud moving, PointCloud fixedCloud, AffineCpdOptions options, Job job)
    {
        options.Check();
        double bound = options.MaximumAnisotropy;
        if (!(bound == 0 || (bound >= 1 && double.IsFinite(bound))))
            throw BadInputException.ForParameter("registration_maximum_anisotropy", bound, "0 (no bound) or a ratio of 1 or more",
                "1.1 allows one axis to shrink by a tenth more than another.");
        RegistrationResult result = CpdSolver.Register(
            moving, fixedCloud, options, withMovedOuter: true, LargestScaleChange, (moments, current) => Maximise(moments, current, bound), job);
        Warn(result, bound, job);
        return result;
    }

    /// <summary>
    /// The M-step (paper, figure 3) for points that already are where <paramref name="current"/> put them: the map to apply after it, and the
    /// new variance. Null when the weight lies in one plane.
    /// </summary>
    internal static (AffineTransform Step, double Sigma2)? Maximise(CpdMoments m, AffineTransform current, double maximumAnisotropy)
    {
        Point3 muX = (1 / m.Weight) * m.Fixed, muY = (1 / m.Weight) * m.Moved;
        Matrix<double> cross = Matrix<double>.Build.Dense(3, 3, (i, j) => m.Cross[i * 3 + j] - m.Weight * muX[i] * muY[j]);
        Matrix<double> outer = Matrix<double>.Build.Dense(3, 3, (i, j) => m.MovedOuter![i * 3 + j] - m.Weight * muY[i] * muY[j]);
        double xx = m.FixedSquare - m.Weight * Point3.Dot(muX, muX);

        var spread = outer.Svd(computeVectors: false).S;
        if (!(spread[2] > Flat * spread[0])) return null;
        Matrix<double> linear = cross * outer.Inverse();
        if (maximumAnisotropy > 0) linear = Bound(linear, outer, current, maximumAnisotropy);
        // The bounded map is not the regression's, so the variance is that of any map B: tr(XX) - 2 tr(B^T XY) + tr(B YY B^T).
        double sigma2 = (xx - 2 * linear.PointwiseMultiply(cross).RowSums().Sum()
            + (linear * outer).PointwiseMultiply(linear).RowSums().Sum()) / (3 * m.Weight);
        Point3 shift = muX - Shifted(linear, default).Apply(muY);
        return (Shifted(linear, shift), Math.Max(sigma2, 0));
    }

    /// <summary>
    /// Singular values, largest first, clamped to an interval [c, ratio c]: the one with the least sum of weight times squared change.
    /// </summary>
    internal static double[] Clamp(IReadOnlyList<double> values, IReadOnlyList<double> weights, double ratio)
    {
        // The ends always give way; the middle one does too where it lies outside of what they settle on.
        double up = ratio * weights[0] * values[0] + weights[2] * values[2], down = ratio * ratio * weights[0] + weights[2];
        double low = up / down;
        if (values[1] > ratio * low) low = (up + ratio * weights[1] * values[1]) / (down + ratio * ratio * weights[1]);
        else if (values[1] < low) low = (up + weights[1] * values[1]) / (down + weights[1]);
        return [ratio * low, Math.Clamp(values[1], low, ratio * low), low];
    }

    private static Matrix<double> Bound(Matrix<double> step, Matrix<double> outer, AffineTransform current, double maximumAnisotropy)
    {
        Matrix<double> before = Matrix<double>.Build.Dense(3, 3, (i, j) => current[i, j]);
        Matrix<double> back = before.Inverse();
        var svd = (step * before).Svd();
        if (svd.S[0] <= maximumAnisotropy * svd.S[2]) return step;
        // Along right vector v the least squares weigh a change of the singular value with the cloud's spread before the map: v^T (Y Y^T) v.
        Matrix<double> spread = svd.VT * back * outer * back.Transpose() * svd.VT.Transpose();
        double[] clamped = Clamp([.. svd.S], [.. spread.Diagonal()], maximumAnisotropy);
        return svd.U * Matrix<double>.Build.DenseOfDiagonalArray(clamped) * svd.VT * back;
    }

    private static AffineTransform Shifted(Matrix<double> linear, Point3 shift) => new(
    [
        linear[0, 0], linear[0, 1], linear[0, 2], shift.Z,
        linear[1, 0], linear[1, 1], linear[1, 2], shift.Y,
        linear[2, 0], linear[2, 1], linear[2, 2], shift.X,
    ]);

    private static void Warn(RegistrationResult result, double bound, Job job)
    {
        AffineTransform m = result.Transform;
        double[] axes = [.. Enumerable.Range(0, 3).Select(j => new Point3(m[0, j], m[1, j], m[2, j]).Length)];
        string values = string.Join(", ", result.SingularValues.Select(v => v.ToString("F3", CultureInfo.InvariantCulture)));
        string stretch = string.Create(CultureInfo.InvariantCulture,
            $"it scales z, y, x by {axes[0]:F3}, {axes[1]:F3}, {axes[2]:F3} (singular values {values})");
        if (bound > 1 && result.Anisotropy > bound * (1 - 1e-6))
            job.Warn(string.Create(CultureInfo.InvariantCulture,
                $"The affine registration lies on its bound registration_maximum_anisotropy = {bound}: {stretch}. The clouds differ in thickness, so the rigid result is the safer one."));
        else if (result.Anisotropy > SuspiciousAnisotropy)
            job.Warn($"The affine registration is suspiciously anisotropic: {stretch}. Usually the fluorescence outlines are thicker than the EM's by the blur along z, "
                + "and the fit squashes them. Use the rigid algorithm, or set registration_maximum_anisotropy to 1.1 or less.");
    }
}

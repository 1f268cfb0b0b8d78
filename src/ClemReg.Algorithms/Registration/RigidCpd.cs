using ClemReg.Algorithms.PointClouds;
using ClemReg.Algorithms.Transforms;
using ClemReg.Algorithms.Volumes;
using MathNet.Numerics.LinearAlgebra;

namespace ClemReg.Algorithms.Registration;

/// <summary>How the scale of a similarity is estimated from weighted pairs of points.</summary>
public enum ScaleEstimate
{
    /// <summary>
    /// The ratio of the two clouds' spreads (Horn 1987, Closed-form solution of absolute orientation using unit quaternions): the same
    /// from either side. The moving cloud carries errors too (outlines thickened by the PSF, false objects), and then a regression of
    /// the fixed points on it comes out too small: by 0.5 to 0.9 % on simulated fluorescence, more when the fixed cloud is only a part.
    /// </summary>
    Symmetric,
    /// <summary>The least squares of the fixed points given the moving ones, as in the paper.</summary>
    LeastSquares,
}

/// <summary>How <see cref="RigidCpd"/> works. Parameter names as the user knows them stand in brackets.</summary>
public sealed record RigidCpdOptions
{
    /// <summary>The most iterations, 1 or more [registration_max_iterations].</summary>
    public int MaxIterations { get; init; } = 100;

    /// <summary>
    /// It has converged when one iteration moves the points by less than this fraction of sigma, root mean square; 0 or more;
    /// 0 never stops early [registration_tolerance]. The steps shrink by a factor of about 0.85, so 0.001 leaves half a percent of sigma to go.
    /// (An objective cannot serve: it is flat where the points still move, and its size depends on their number.)
    /// </summary>
    public double Tolerance { get; init; } = 1e-3;

    /// <summary>
    /// The weight w of the outlier term, 0 to below 1 [registration_outlier_weight]. The paper's outliers have the density 1/N per unit of
    /// volume, so w is no fraction of points: with normalised clouds of thousands of points 0.5 leaves out fixed points farther than
    /// about 3 sigma from every moving one.
    /// </summary>
    public double OutlierWeight { get; init; } = 0.5;

    /// <summary>
    /// Sigma, in nm, never falls below this; 0 (the paper) or more [registration_minimum_sigma]. Below the spacing of the points
    /// the Gaussians no longer overlap to a surface, and a thick moving surface may slip to one side of a thin fixed one.
    /// </summary>
    public double MinimumSigmaNm { get; init; }

    /// <summary>True estimates an isotropic scale too (similarity), false keeps the size (rigid) [registration_with_scale].</summary>
    public bool WithScale { get; init; } = true;

    /// <summary>How the scale is estimated; the paper's way is <see cref="ScaleEstimate.LeastSquares"/> [registration_scale_estimate].</summary>
    public ScaleEstimate ScaleEstimate { get; init; }

    /// <summary>
    /// True works in units of the fixed cloud's size (a cube of the same spread) and starts with the centroids on each other; false works in
    /// <see cref="UnitNm"/> and starts with the clouds where they are, as published; only an outlier weight of 0 is safe then
    /// [registration_normalise].
    /// </summary>
    public bool Normalise { get; init; } = true;

    /// <summary>
    /// The length of one unit in nm when <see cref="Normalise"/> is false; the paper's outlier term depends on it. Positive.
    /// </summary>
    public double UnitNm { get; init; } = 1;

    /// <summary>
    /// Where to start (moving to fixed, nm) instead of the centroids on each other. The similarity that is found is applied after it, so a
    /// scale, shear or reflection in it stays in the result.
    /// </summary>
    public AffineTransform? Initial { get; init; }
}

/// <summary>
/// Rigid Coherent Point Drift: a rotation, translation and, if wanted, isotropic scale that lays one point cloud on another. The moving points
/// are the centres of equal Gaussians, the fixed points their samples, some of them outliers; expectation maximisation finds the transform.
/// </summary>
/// <remarks>A. Myronenko and X. Song, Point Set Registration: Coherent Point Drift, IEEE PAMI 32 (2010), section 4 and figure 2.</remarks>
public static class RigidCpd
{
    /// <summary>Below this, in units of the fixed cloud's size, sigma is rounding noise.</summary>
    private const double SmallestSigma = 1e-6;

    /// <summary>A scale beyond this, or below its inverse, is a cloud that collapsed onto a point.</summary>
    private const double LargestScaleChange = 100;

    /// <summary>Finds the similarity (or rigid transform) that maps <paramref name="moving"/> onto <paramref name="fixedCloud"/>.</summary>
    /// <param name="moving">The points to move, nm, z, y, x; at least 4, not all in one plane.</param>
    /// <param name="fixedCloud">The points to move them onto; likewise.</param>
    /// <param name="options">How.</param>
    /// <param name="job">Threads, cancellation, progress. The result is the same bytes for any number of threads.</param>
    /// <returns>The transform with its history and residuals. It finds the nearest optimum: rotations beyond about 60 degrees need a start.</returns>
    /// <exception cref="BadInputException">An option out of its range; a cloud with too few points, or all in one place, line or plane.</exception>
    /// <exception cref="OperationCanceledException">The job was cancelled.</exception>
    public static RegistrationResult Register(PointCloud moving, PointCloud fixedCloud, RigidCpdOptions options, Job job)
    {
        Check(options);
        CloudShape.RequireSolid(moving, "moving");
        CloudShape.RequireSolid(fixedCloud, "fixed");

        AffineTransform start = options.Initial ?? AffineTransform.Identity;
        if (options.Initial is not null)
        {
            moving = start.Apply(moving);
            CloudShape.RequireSolid(moving, "moving");
        }
        Point3 centre = CloudShape.Centroid(fixedCloud);
        bool superpose = options.Normalise && options.Initial is null;
        Point3 movingCentre = superpose ? CloudShape.Centroid(moving) : centre;
        double size = CloudShape.Size(fixedCloud, centre);
        double unit = options.Normalise ? size : options.UnitNm;

        var solver = new Solver(new PointBlocks(moving, movingCentre, unit), new PointBlocks(fixedCloud, centre, unit), unit, size / unit, options);
        StopReason reason = solver.Run(job);

        // From the solver's frame to nm: x = centre + unit S((y - movingCentre) / unit).
        AffineTransform found = solver.Similarity;
        Point3 shift = centre + unit * found.Translation - Linear(found, movingCentre);
        AffineTransform transform = start.Then(new AffineTransform(
        [
            found[0, 0], found[0, 1], found[0, 2], shift.Z,
            found[1, 0], found[1, 1], found[1, 2], shift.Y,
            found[2, 0], found[2, 1], found[2, 2], shift.X,
        ]));
        return new RegistrationResult
        {
            Transform = transform,
            Scale = Math.Cbrt(Math.Abs(transform.Determinant)),
            History = solver.History,
            StopReason = reason,
            StopText = Explain(reason, solver.History, options),
            Residuals = solver.Residuals(job),
        };
    }

    private static Point3 Linear(AffineTransform map, Point3 p) => map.Apply(p) - map.Translation;

    private static void Check(RigidCpdOptions options)
    {
        if (options.MaxIterations < 1)
            throw BadInputException.ForParameter("registration_max_iterations", options.MaxIterations, "1 or more", "100 is usual.");
        if (!(options.Tolerance >= 0) || double.IsInfinity(options.Tolerance))
            throw BadInputException.ForParameter("registration_tolerance", options.Tolerance, "a number of 0 or more", "0.001 is usual.");
        if (!(options.OutlierWeight >= 0 && options.OutlierWeight < 1))
            throw BadInputException.ForParameter("registration_outlier_weight", options.OutlierWeight, "0 or more and below 1", "0.5 is usual.");
        if (!(options.MinimumSigmaNm >= 0) || double.IsInfinity(options.MinimumSigmaNm))
            throw BadInputException.ForParameter("registration_minimum_sigma", options.MinimumSigmaNm, "a length of 0 nm or more",
                "0 switches it off; the points' spacing is usual.");
        if (!(options.UnitNm > 0) || double.IsInfinity(options.UnitNm))
            throw BadInputException.ForParameter("registration_unit_nm", options.UnitNm, "a positive length in nm",
                "Leave registration_normalise on and no unit is needed.");
    }

    private static string Explain(StopReason reason, IReadOnlyList<RegistrationState> history, RigidCpdOptions options)
    {
        RegistrationState last = history[^1];
        return reason switch
        {
            StopReason.Converged => string.Create(System.Globalization.CultureInfo.InvariantCulture,
                $"Converged after {last.Iteration} iterations: the last one moved the points by {last.MovementNm:G3} nm."),
            StopReason.IterationLimit => string.Create(System.Globalization.CultureInfo.InvariantCulture,
                $"Stopped after registration_max_iterations = {options.MaxIterations} iterations: the last one still moved the points by {last.MovementNm:G3} nm."),
            StopReason.Coincident => $"The clouds lie on each other after {last.Iteration} iterations.",
            _ => $"The clouds lost each other after {last.Iteration} iterations: lower registration_outlier_weight, leave "
                + "registration_normalise on, or start closer.",
        };
    }

    /// <summary>The iterations, in a frame whose origin is the fixed cloud's centroid.</summary>
    private sealed class Solver
    {
        private readonly PointBlocks _moving;
        private readonly PointBlocks _fixed;
        private readonly PointBlocks _moved;
        private readonly CpdExpectation _expectation;
        private readonly RigidCpdOptions _options;
        private readonly double _unit;
        private readonly double _size;
        private readonly List<RegistrationState> _history = [];
        private double _sigma2;

        public Solver(PointBlocks moving, PointBlocks fixedPoints, double unit, double size, RigidCpdOptions options)
        {
            _moving = moving;
            _fixed = fixedPoints;
            _moved = moving.Twin();
            _moved.Place(moving, AffineTransform.Identity);
            _expectation = new CpdExpectation(fixedPoints, _moved);
            _unit = unit;
            _size = size;
            _options = options;
        }

        /// <summary>The similarity found so far.</summary>
        public AffineTransform Similarity { get; private set; } = AffineTransform.Identity;

        /// <summary>The states so far.</summary>
        public IReadOnlyList<RegistrationState> History => _history;

        public StopReason Run(Job job)
        {
            _sigma2 = MeanSquaredDistance(_moving, _fixed) / 3;
            double noise = SmallestSigma * _size;
            double least = Math.Max(noise, _options.MinimumSigmaNm / _unit);
            double movement = 0;
            for (int iteration = 0; ; iteration++)
            {
                CpdMoments moments = _expectation.Run(_sigma2, _options.OutlierWeight, job);
                _history.Add(new RegistrationState(iteration, Math.Sqrt(_sigma2) * _unit, moments.NegativeLogLikelihood, movement * _unit));
                if (iteration > 0 && movement < _options.Tolerance * Math.Sqrt(_sigma2)) return StopReason.Converged;
                if (_sigma2 <= noise * noise) return StopReason.Coincident;
                if (iteration == _options.MaxIterations) return StopReason.IterationLimit;
                job.Report((double)iteration / _options.MaxIterations);

                // Fewer than 3 explained points do not determine a transform.
                if (!(moments.Weight >= 3)) return StopReason.Lost;
                if (Maximise(moments, _options.WithScale ? _options.ScaleEstimate : null) is not var (step, sigma2)) return StopReason.Lost;
                AffineTransform next = Similarity.Then(step);
                double scale = Math.Cbrt(next.Determinant);
                if (!(scale < LargestScaleChange && scale > 1 / LargestScaleChange)) return StopReason.Lost;
                movement = Movement(step);
                Similarity = next;
                _moved.Place(_moving, Similarity);
                _sigma2 = Math.Max(sigma2, least * least);
            }
        }

        /// <summary>Measures what is left, at the last state.</summary>
        public RegistrationResiduals Residuals(Job job) =>
            RegistrationEvaluation.Measure(_moved, _fixed, _expectation, _sigma2, _unit, job);

        private double Movement(AffineTransform step)
        {
            double sum = 0;
            for (int i = 0; i < _moved.Count; i++)
            {
                var p = new Point3(_moved.Z[i], _moved.Y[i], _moved.X[i]);
                Point3 d = step.Apply(p) - p;
                sum += Point3.Dot(d, d);
            }
            return Math.Sqrt(sum / _moved.Count);
        }
    }

    /// <summary>
    /// The M-step (paper, figure 2) for points that already are where the last transform put them: the similarity to apply after it, and the
    /// new variance. Without <paramref name="scaling"/> the size stays. Null when all the weight is in one place.
    /// </summary>
    internal static (AffineTransform Step, double Sigma2)? Maximise(CpdMoments m, ScaleEstimate? scaling)
    {
        Point3 muX = (1 / m.Weight) * m.Fixed, muY = (1 / m.Weight) * m.Moved;
        Matrix<double> a = Matrix<double>.Build.Dense(3, 3, (i, j) => m.Cross[i * 3 + j] - m.Weight * muX[i] * muY[j]);
        double xx = m.FixedSquare - m.Weight * Point3.Dot(muX, muX);
        double yy = m.MovedSquare - m.Weight * Point3.Dot(muY, muY);

        var svd = a.Svd();
        // det(U V^T) in the last place keeps a reflection out (paper, lemma 1).
        double handedness = (svd.U * svd.VT).Determinant() < 0 ? -1 : 1;
        Matrix<double> c = Matrix<double>.Build.DenseOfDiagonalArray([1, 1, handedness]);
        Matrix<double> rotation = svd.U * c * svd.VT;
        double trace = svd.S[0] + svd.S[1] + handedness * svd.S[2];

        double scale = scaling switch
        {
            ScaleEstimate.Symmetric => Math.Sqrt(xx / yy),
            ScaleEstimate.LeastSquares => trace / yy,
            _ => 1,
        };
        if (!(scale > 0 && double.IsFinite(scale))) return null;
        double sigma2 = (xx - 2 * scale * trace + scale * scale * yy) / (3 * m.Weight);
        var r = rotation.ToRowMajorArray();
        Point3 turned = AffineTransform.Similarity(scale, r, default).Apply(muY);
        return (AffineTransform.Similarity(scale, r, muX - turned), sigma2);
    }

    /// <summary>The mean of |x - y|^2 over all pairs, from the clouds' sums.</summary>
    private static double MeanSquaredDistance(PointBlocks a, PointBlocks b)
    {
        (Point3 meanA, double squareA) = Sums(a);
        (Point3 meanB, double squareB) = Sums(b);
        return squareA + squareB - 2 * Point3.Dot(meanA, meanB);

        static (Point3 Mean, double Square) Sums(PointBlocks p)
        {
            Point3 sum = default;
            double square = 0;
            for (int i = 0; i < p.Count; i++)
            {
                var q = new Point3(p.Z[i], p.Y[i], p.X[i]);
                sum += q;
                square += Point3.Dot(q, q);
            }
            return ((1.0 / p.Count) * sum, square / p.Count);
        }
    }
}

using System.Globalization;
using ClemReg.Algorithms.PointClouds;
using ClemReg.Algorithms.Transforms;
using ClemReg.Algorithms.Volumes;
using MathNet.Numerics;
using MathNet.Numerics.LinearAlgebra;

namespace ClemReg.Algorithms.Registration;

/// <summary>
/// Bayesian Coherent Point Drift: a similarity and a smooth displacement of every point that lay one point cloud on another.
/// </summary>
/// <remarks>
/// O. Hirose, A Bayesian formulation of coherent point drift, IEEE PAMI 43 (2021), figure 2; thinning, low-rank kernel and truncated sums after
/// O. Hirose, Acceleration of non-rigid point set registration with downsampling and Gaussian process regression, IEEE PAMI 43 (2021) (BCPD++).
/// Defaults, order of the updates and the stopping rule are those of the author's program bcpd.
/// </remarks>
public static class Bcpd
{
    /// <summary>Sigma below this, in normalised units, is rounding noise.</summary>
    private const double SmallestSigma = 1e-6;

    /// <summary>A scale beyond this, or below its inverse, is a cloud that collapsed onto a point.</summary>
    private const double LargestScaleChange = 100;

    /// <summary>What bcpd counts as no outliers at all.</summary>
    private const double LeastOmega = 1e-250;

    /// <summary>Beyond it the digamma functions of kappa differ by rounding only.</summary>
    private const double EqualKappa = 1e15;

    /// <summary>Finds the map that lays <paramref name="moving"/> onto <paramref name="fixedCloud"/>.</summary>
    /// <param name="moving">The points to move, nm, z, y, x; at least 4, not all in one plane.</param>
    /// <param name="fixedCloud">The points to move them onto; likewise.</param>
    /// <param name="options">How.</param>
    /// <param name="job">Threads, cancellation, progress. The result is the same bytes for any number of threads.</param>
    /// <exception cref="BadInputException">An option out of its range; a cloud with too few points, or all in one place, line or plane.</exception>
    /// <exception cref="OperationCanceledException">The job was cancelled.</exception>
    public static DeformableRegistrationResult Register(PointCloud moving, PointCloud fixedCloud, BcpdOptions options, Job job)
    {
        options.Check();
        CloudShape.RequireSolid(moving, "moving");
        CloudShape.RequireSolid(fixedCloud, "fixed");
        AffineTransform start = options.Initial ?? AffineTransform.Identity;
        PointCloud started = options.Initial is null ? moving : start.Apply(moving);
        if (options.Initial is not null) CloudShape.RequireSolid(started, "moving");

        (Point3 centre, double unit) = Frame(fixedCloud);
        (Point3 movingCentre, double movingUnit) = options.Normalisation == BcpdNormalisation.Each ? Frame(started) : (centre, unit);
        PointCloud solvedMoving = CloudThinning.Thin(started, movingUnit, options);
        PointCloud solvedFixed = CloudThinning.Thin(fixedCloud, unit, options);
        if (options.Points > 0)
        {
            CloudShape.RequireSolid(solvedMoving, "thinned moving");
            CloudShape.RequireSolid(solvedFixed, "thinned fixed");
        }

        var solver = new Solver(new PointBlocks(solvedMoving, movingCentre, movingUnit), new PointBlocks(solvedFixed, centre, unit), unit, options, job);
        StopReason reason = solver.Run(job);

        // From the solver's frames to nm: T(y) = centre + unit (s R ((y - movingCentre) / movingUnit + v) + t).
        AffineTransform found = solver.Similarity;
        double ratio = unit / movingUnit;
        var turn = new AffineTransform([.. Enumerable.Range(0, 12).Select(i => i % 4 < 3 ? ratio * found[i / 4, i % 4] : 0)]);
        Point3 shift = centre + unit * found.Translation - turn.Apply(movingCentre);
        var similarity = new AffineTransform(
        [
            turn[0, 0], turn[0, 1], turn[0, 2], shift.Z,
            turn[1, 0], turn[1, 1], turn[1, 2], shift.Y,
            turn[2, 0], turn[2, 1], turn[2, 2], shift.X,
        ]);
        // With a start S0 the map is T(S0 y + v) = (T S0)(y + L0^-1 v).
        AffineTransform back = start.Inverse();
        Point3 Field(Point3 p)
        {
            Point3 v = movingUnit * solver.DisplacementAt((1 / movingUnit) * (start.Apply(p) - movingCentre));
            return back.Apply(v) - back.Translation;
        }

        AffineTransform whole = start.Then(similarity);
        var displacements = new Point3[moving.Count];
        var moved = new Point3[moving.Count];
        job.For((moving.Count + 255) / 256, chunk =>
        {
            for (int i = chunk * 256; i < Math.Min(moving.Count, chunk * 256 + 256); i++)
            {
                displacements[i] = Field(moving[i]);
                moved[i] = whole.Apply(moving[i] + displacements[i]);
            }
        });
        var movedCloud = new PointCloud(moved);
        return new DeformableRegistrationResult
        {
            Similarity = whole,
            Scale = Math.Cbrt(Math.Abs(whole.Determinant)),
            Displacements = displacements,
            MovedPoints = movedCloud,
            History = solver.History,
            StopReason = reason,
            StopText = Explain(reason, solver.History, options),
            Residuals = RegistrationEvaluation.Evaluate(movedCloud, fixedCloud, solver.History[^1].SigmaNm, options.Omega, job),
            DeformationRmsNm = WithoutSimilarity(moving, movedCloud),
            KernelRank = solver.KernelRank,
            KernelError = solver.KernelError,
            Field = Field,
        };
    }

    /// <summary>Centroid and size of a cloud: the root mean square of its coordinates about the centroid, as bcpd normalises.</summary>
    internal static (Point3 Centre, double Unit) Frame(PointCloud cloud)
    {
        Point3 centre = CloudShape.Centroid(cloud);
        double sum = 0;
        foreach (Point3 p in cloud.Points) sum += Point3.Dot(p - centre, p - centre);
        return (centre, Math.Sqrt(sum / (3 * cloud.Count)));
    }

    /// <summary>The root mean square distance of moved points from what the similarity that fits them best makes of the moving ones.</summary>
    internal static double WithoutSimilarity(PointCloud moving, PointCloud moved)
    {
        Point3 from = CloudShape.Centroid(moving), to = CloudShape.Centroid(moved);
        var cross = new double[9];
        double xx = 0, yy = 0;
        for (int m = 0; m < moving.Count; m++)
        {
            Point3 x = moved[m] - to, y = moving[m] - from;
            xx += Point3.Dot(x, x);
            yy += Point3.Dot(y, y);
            for (int i = 0; i < 3; i++)
                for (int j = 0; j < 3; j++)
                    cross[i * 3 + j] += x[i] * y[j];
        }
        double trace = RotationOf(Matrix<double>.Build.Dense(3, 3, (i, j) => cross[i * 3 + j])).Trace;
        return Math.Sqrt(Math.Max(0, xx - trace * trace / yy) / moving.Count);
    }

    /// <summary>The rotation R that maximises tr(R^T A), and that trace.</summary>
    private static (Matrix<double> Rotation, double Trace) RotationOf(Matrix<double> a)
    {
        var svd = a.Svd();
        double handedness = (svd.U * svd.VT).Determinant() < 0 ? -1 : 1;
        Matrix<double> c = Matrix<double>.Build.DenseOfDiagonalArray([1, 1, handedness]);
        return (svd.U * c * svd.VT, svd.S[0] + svd.S[1] + handedness * svd.S[2]);
    }

    private static string Explain(StopReason reason, IReadOnlyList<DeformableRegistrationState> history, BcpdOptions options)
    {
        DeformableRegistrationState last = history[^1];
        return reason switch
        {
            StopReason.Converged => string.Create(CultureInfo.InvariantCulture,
                $"Converged after {last.Iteration} iterations: the last one moved the points by {last.MovementNm:G3} nm."),
            StopReason.IterationLimit => string.Create(CultureInfo.InvariantCulture,
                $"Stopped after bcpd_max_iterations = {options.MaxIterations} iterations: the last one still moved the points by {last.MovementNm:G3} nm."),
            StopReason.Coincident => $"The clouds lie on each other after {last.Iteration} iterations.",
            _ => $"The clouds lost each other after {last.Iteration} iterations: lower bcpd_omega, raise bcpd_lambda or register rigidly first.",
        };
    }

    /// <summary>The iterations, in normalised frames.</summary>
    private sealed class Solver
    {
        private readonly PointBlocks _moving;
        private readonly PointBlocks _fixed;
        private readonly PointBlocks _moved;
        private readonly BcpdExpectation _expectation;
        private readonly DisplacementKernel _kernel;
        private readonly BcpdOptions _options;
        private readonly double _unit;
        private readonly double _volume;
        private readonly double[][] _residuals;
        private readonly double[][] _displacements;
        private readonly double[]? _variances;
        private readonly List<DeformableRegistrationState> _history = [];
        private double[][] _coefficients;
        private double _scale = 1;
        private double[] _rotation = [1, 0, 0, 0, 1, 0, 0, 0, 1];
        private Point3 _translation;
        private double _sigma2;

        public Solver(PointBlocks moving, PointBlocks fixedPoints, double unit, BcpdOptions options, Job job)
        {
            _moving = moving;
            _fixed = fixedPoints;
            _moved = moving.Twin();
            _moved.Place(moving, AffineTransform.Identity);
            _unit = unit;
            _options = options;
            _volume = BoxVolume(fixedPoints);
            bool all = options.Acceleration == BcpdAcceleration.None;
            _expectation = new BcpdExpectation(fixedPoints, _moved) { Bits = all ? 53 : 24 };
            _kernel = new DisplacementKernel(moving, options.Beta, options.KernelRank == 0 ? int.MaxValue : options.KernelRank, all ? 1e-13 : 1e-5, job);
            _residuals = [new double[moving.Z.Length], new double[moving.Z.Length], new double[moving.Z.Length]];
            _displacements = [new double[moving.Z.Length], new double[moving.Z.Length], new double[moving.Z.Length]];
            _variances = options.PosteriorVariance ? new double[moving.Z.Length] : null;
            _coefficients = [new double[_kernel.Rank], new double[_kernel.Rank], new double[_kernel.Rank]];
            _expectation.Prior.AsSpan(0, moving.Count).Fill(1.0 / moving.Count);
        }

        public IReadOnlyList<DeformableRegistrationState> History => _history;

        public AffineTransform Similarity => AffineTransform.Similarity(_scale, _rotation, _translation);

        public int KernelRank => _kernel.Rank;

        public double KernelError => _kernel.LargestRest;

        public Point3 DisplacementAt(Point3 p) => _kernel.DisplacementAt(p, _coefficients);

        public StopReason Run(Job job)
        {
            _sigma2 = CpdSolver.MeanSquaredDistance(_moving, _fixed) / 3 * _options.Gamma * _options.Gamma;
            double least = Math.Max(SmallestSigma, _options.MinimumSigmaNm / _unit);
            _sigma2 = Math.Max(_sigma2, least * least);
            _history.Add(new DeformableRegistrationState(0, Math.Sqrt(_sigma2) * _unit, 0, 0));
            double omega = Math.Max(_options.Omega, LeastOmega);
            var alpha = new double[_moving.Count];
            Array.Fill(alpha, 1.0 / _moving.Count);
            for (int iteration = 1; ; iteration++)
            {
                double sigma = Math.Sqrt(_sigma2);
                double outlier = Math.Pow(2 * Math.PI * _sigma2, 1.5) * omega / (1 - omega) / _volume;
                bool truncated = _options.Acceleration == BcpdAcceleration.Truncated && sigma < _options.TruncationStart;
                double radius = truncated ? Math.Min(_options.TruncationSigmas * sigma, _options.TruncationRadius) : double.PositiveInfinity;
                _expectation.Run(_sigma2, outlier, radius, job);

                double matches = 0;
                for (int m = 0; m < _moving.Count; m++) matches += _expectation.Matches[m];
                // Fewer than 3 explained points do not determine a transform.
                if (!(matches >= 3)) return StopReason.Lost;
                Displace(job);
                UpdatePrior(alpha, matches);
                if (!Turn(matches)) return StopReason.Lost;
                double movement = Move(matches, out double next);
                next = Math.Max(next, least * least);
                double change = Math.Abs(Math.Sqrt(next) - sigma);
                _sigma2 = next;
                _history.Add(new DeformableRegistrationState(iteration, Math.Sqrt(_sigma2) * _unit, matches, movement * _unit));
                job.Report((double)iteration / _options.MaxIterations);
                if (_sigma2 <= SmallestSigma * SmallestSigma) return StopReason.Coincident;
                // On its floor sigma no longer tells whether the points still move.
                bool still = _sigma2 > least * least || movement < _options.Tolerance;
                if (iteration > _options.MinimumIterations + 1 && (change < _options.Tolerance || Math.Sqrt(_sigma2) < _options.Tolerance) && still) return StopReason.Converged;
                if (iteration == _options.MaxIterations) return StopReason.IterationLimit;
            }
        }

        /// <summary>Updates v (and its variances) from where the matches want the points, taken back through the similarity.</summary>
        private void Displace(Job job)
        {
            for (int m = 0; m < _moving.Count; m++)
            {
                // x^ = y + (sum of P (x - y)) / nu; a point that matches nothing wants nothing.
                double inverse = _expectation.Matches[m] > 1e-300 ? 1 / _expectation.Matches[m] : 0;
                double z = _moved.Z[m] + _expectation.StepZ[m] * inverse - _translation.Z;
                double y = _moved.Y[m] + _expectation.StepY[m] * inverse - _translation.Y;
                double x = _moved.X[m] + _expectation.StepX[m] * inverse - _translation.X;
                _residuals[0][m] = (_rotation[0] * z + _rotation[3] * y + _rotation[6] * x) / _scale - _moving.Z[m];
                _residuals[1][m] = (_rotation[1] * z + _rotation[4] * y + _rotation[7] * x) / _scale - _moving.Y[m];
                _residuals[2][m] = (_rotation[2] * z + _rotation[5] * y + _rotation[8] * x) / _scale - _moving.X[m];
            }
            double ratio = _sigma2 / (_scale * _scale);
            _coefficients = _kernel.Solve(_expectation.Matches, _residuals, _options.Lambda * ratio, _displacements, _variances, job);
            if (_variances is null) return;
            for (int m = 0; m < _moving.Count; m++) _variances[m] *= ratio;
        }

        /// <summary>The factor of each point's Gaussian: its mixing coefficient alpha, lowered by its variance: alpha exp(-s^2 / (2 sigma^2) tr(sigma_m^2 I)).</summary>
        private void UpdatePrior(double[] alpha, double matches)
        {
            if (_options.Kappa < EqualKappa)
            {
                double whole = SpecialFunctions.DiGamma(matches + _options.Kappa * _moving.Count);
                for (int m = 0; m < alpha.Length; m++) alpha[m] = Math.Exp(SpecialFunctions.DiGamma(_options.Kappa + _expectation.Matches[m]) - whole);
            }
            alpha.CopyTo(_expectation.Prior, 0);
        }

        /// <summary>Updates s, R and t: the similarity of the displaced points onto their matches.</summary>
        private bool Turn(double matches)
        {
            Point3 meanX = default, meanU = default;
            var x = new Point3[_moving.Count];
            var u = new Point3[_moving.Count];
            double variance = 0;
            for (int m = 0; m < x.Length; m++)
            {
                double nu = _expectation.Matches[m];
                double inverse = nu > 1e-300 ? 1 / nu : 0;
                x[m] = new Point3(_moved.Z[m] + _expectation.StepZ[m] * inverse, _moved.Y[m] + _expectation.StepY[m] * inverse, _moved.X[m] + _expectation.StepX[m] * inverse);
                u[m] = new Point3(_moving.Z[m] + _displacements[0][m], _moving.Y[m] + _displacements[1][m], _moving.X[m] + _displacements[2][m]);
                meanX += nu * x[m];
                meanU += nu * u[m];
                if (_variances is not null) variance += nu * _variances[m];
            }
            meanX = (1 / matches) * meanX;
            meanU = (1 / matches) * meanU;
            var cross = new double[9];
            double square = 3 * variance;
            for (int m = 0; m < x.Length; m++)
            {
                double nu = _expectation.Matches[m];
                Point3 a = x[m] - meanX, b = u[m] - meanU;
                square += nu * Point3.Dot(b, b);
                for (int i = 0; i < 3; i++)
                    for (int j = 0; j < 3; j++)
                        cross[i * 3 + j] += nu * a[i] * b[j];
            }
            (Matrix<double> rotation, double trace) = RotationOf(Matrix<double>.Build.Dense(3, 3, (i, j) => cross[i * 3 + j]));
            double scale = _options.WithScale ? trace / square : 1;
            if (!(scale < LargestScaleChange && scale > 1 / LargestScaleChange)) return false;
            _scale = scale;
            _rotation = rotation.ToRowMajorArray();
            _translation = meanX - AffineTransform.Similarity(scale, _rotation, default).Apply(meanU);
            return true;
        }

        /// <summary>Moves the points and updates sigma: the mean of P |x - y|^2 / 3, plus s^2 times the mean variance. Returns the movement.</summary>
        private double Move(double matches, out double sigma2)
        {
            // With e the step of y: P |d - e|^2 = P |d|^2 - 2 e P d + |e|^2 P.
            double sum = _expectation.SquareSum, movement = 0, variance = 0;
            AffineTransform map = Similarity;
            for (int m = 0; m < _moving.Count; m++)
            {
                Point3 y = map.Apply(new Point3(_moving.Z[m] + _displacements[0][m], _moving.Y[m] + _displacements[1][m], _moving.X[m] + _displacements[2][m]));
                var e = new Point3(y.Z - _moved.Z[m], y.Y - _moved.Y[m], y.X - _moved.X[m]);
                double square = Point3.Dot(e, e);
                movement += square;
                sum += _expectation.Matches[m] * square
                    - 2 * (e.Z * _expectation.StepZ[m] + e.Y * _expectation.StepY[m] + e.X * _expectation.StepX[m]);
                if (_variances is not null) variance += _expectation.Matches[m] * _variances[m];
                (_moved.Z[m], _moved.Y[m], _moved.X[m]) = (y.Z, y.Y, y.X);
            }
            _moved.MeasureBoxes();
            sigma2 = Math.Abs(sum) / (3 * matches) + _scale * _scale * variance / matches;
            if (_variances is not null)
            {
                for (int m = 0; m < _moving.Count; m++)
                    _expectation.Prior[m] *= Math.Exp(-1.5 * _scale * _scale * _variances[m] / sigma2);
            }
            return Math.Sqrt(movement / _moving.Count);
        }

        /// <summary>The volume of the fixed cloud's bounding box: outliers are equally likely anywhere in it.</summary>
        private static double BoxVolume(PointBlocks p)
        {
            return Side(p.Z) * Side(p.Y) * Side(p.X);

            double Side(double[] values)
            {
                double low = values[0], high = values[0];
                foreach (double v in values.AsSpan(0, p.Count))
                {
                    low = Math.Min(low, v);
                    high = Math.Max(high, v);
                }
                return high - low;
            }
        }
    }
}

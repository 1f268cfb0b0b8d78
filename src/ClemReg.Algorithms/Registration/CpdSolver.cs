using System.Globalization;
using ClemReg.Algorithms.PointClouds;
using ClemReg.Algorithms.Transforms;
using ClemReg.Algorithms.Volumes;
using MathNet.Numerics.LinearAlgebra;

namespace ClemReg.Algorithms.Registration;

/// <summary>
/// The iterations that rigid and affine Coherent Point Drift share (Myronenko and Song 2010, figures 2 and 3): the E-step, when to stop and the
/// way from the normalised frame to nm. What differs, the M-step, is given.
/// </summary>
internal static class CpdSolver
{
    /// <summary>
    /// An M-step for points that already are where <c>current</c> put them: the map to apply after it, and the new variance. Null when the
    /// moments determine none.
    /// </summary>
    public delegate (AffineTransform Step, double Sigma2)? MStep(CpdMoments moments, AffineTransform current);

    /// <summary>Below this, in units of the fixed cloud's size, sigma is rounding noise.</summary>
    private const double SmallestSigma = 1e-6;

    /// <summary>
    /// With normalised clouds the outliers' density does not fall with the number of points, so that a weight that suits thousands leaves nothing of a few dozen: where less than
    /// this part of the fixed points, or so many of them, is explained at the start (of few points at any time), the weight is halved, down to <see cref="NoOutliers"/>.
    /// </summary>
    private const double LeastExplained = 0.2;
    private const double Pairs = 6;
    private const int Few = 50;
    private const double NoOutliers = 1e-4;

    /// <summary>Registers two clouds with checked options.</summary>
    /// <param name="moving">The points to move, nm.</param>
    /// <param name="fixedCloud">The points to move them onto.</param>
    /// <param name="options">What rigid and affine CPD have in common.</param>
    /// <param name="withMovedOuter">True where the M-step needs <see cref="CpdMoments.MovedOuter"/>.</param>
    /// <param name="largestScaleChange">A scale beyond this, or below its inverse, is a cloud that collapsed onto a point.</param>
    /// <param name="maximise">The M-step.</param>
    /// <param name="job">Threads, cancellation, progress.</param>
    public static RegistrationResult Register(
        PointCloud moving, PointCloud fixedCloud, CpdOptions options, bool withMovedOuter, double largestScaleChange, MStep maximise, Job job)
    {
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

        var solver = new Solver(new PointBlocks(moving, movingCentre, unit), new PointBlocks(fixedCloud, centre, unit), unit, size / unit, options, withMovedOuter, largestScaleChange, maximise);
        StopReason reason = solver.Run(job);

        // From the solver's frame to nm: x = centre + unit S((y - movingCentre) / unit).
        AffineTransform found = solver.Map;
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
            SingularValues = SingularValues(transform),
        };
    }

    private static Point3 Linear(AffineTransform map, Point3 p) => map.Apply(p) - map.Translation;

    /// <summary>The singular values of a map's linear part, largest first.</summary>
    public static double[] SingularValues(AffineTransform map) =>
        [.. Matrix<double>.Build.Dense(3, 3, (i, j) => map[i, j]).Svd(computeVectors: false).S];

    private static string Explain(StopReason reason, IReadOnlyList<RegistrationState> history, CpdOptions options)
    {
        RegistrationState last = history[^1];
        return reason switch
        {
            StopReason.Converged => string.Create(CultureInfo.InvariantCulture,
                $"Converged after {last.Iteration} iterations: the last one moved the points by {last.MovementNm:G3} nm."),
            StopReason.IterationLimit => string.Create(CultureInfo.InvariantCulture,
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
        private readonly CpdOptions _options;
        private readonly double _largestScaleChange;
        private readonly MStep _maximise;
        private readonly double _unit;
        private readonly double _size;
        private readonly List<RegistrationState> _history = [];
        private double _sigma2;

        public Solver(PointBlocks moving, PointBlocks fixedPoints, double unit, double size, CpdOptions options,
            bool withMovedOuter, double largestScaleChange, MStep maximise)
        {
            _moving = moving;
            _fixed = fixedPoints;
            _moved = moving.Twin();
            _moved.Place(moving, AffineTransform.Identity);
            _expectation = new CpdExpectation(fixedPoints, _moved) { WithMovedOuter = withMovedOuter };
            _unit = unit;
            _size = size;
            _options = options;
            _largestScaleChange = largestScaleChange;
            _maximise = maximise;
        }

        /// <summary>The map found so far.</summary>
        public AffineTransform Map { get; private set; } = AffineTransform.Identity;

        /// <summary>The states so far.</summary>
        public IReadOnlyList<RegistrationState> History => _history;

        public StopReason Run(Job job)
        {
            double first = _options.InitialSigmaNm / _unit;
            _sigma2 = first > 0 ? first * first : MeanSquaredDistance(_moving, _fixed) / 3;
            double noise = SmallestSigma * _size;
            double least = Math.Max(noise, _options.MinimumSigmaNm / _unit);
            double movement = 0;
            double weight = _options.OutlierWeight;
            for (int iteration = 0; ; iteration++)
            {
                CpdMoments moments = _expectation.Run(_sigma2, weight, job);
                double enough = Math.Max(LeastExplained * _fixed.Count, Math.Min(0.9 * _fixed.Count, Pairs));
                while ((iteration == 0 || _fixed.Count < Few) && _options.Normalise && moments.Weight < enough && weight > NoOutliers)
                {
                    weight /= 2;
                    moments = _expectation.Run(_sigma2, weight, job);
                }
                _history.Add(new RegistrationState(iteration, Math.Sqrt(_sigma2) * _unit, moments.NegativeLogLikelihood, movement * _unit));
                if (iteration > 0 && movement < _options.Tolerance * Math.Sqrt(_sigma2)) return StopReason.Converged;
                if (_sigma2 <= noise * noise) return StopReason.Coincident;
                if (iteration == _options.MaxIterations) return StopReason.IterationLimit;
                job.Report((double)iteration / _options.MaxIterations);
                if (iteration == 0 && weight < _options.OutlierWeight)
                    job.Log(string.Create(CultureInfo.InvariantCulture, $"With {_moved.Count} and {_fixed.Count} points registration_outlier_weight = {_options.OutlierWeight:G3} would take all for outliers; {weight:G3} is used."));

                // Fewer than 3 explained points do not determine a transform.
                if (!(moments.Weight >= 3)) return StopReason.Lost;
                if (_maximise(moments, Map) is not var (step, sigma2)) return StopReason.Lost;
                AffineTransform next = Map.Then(step);
                double scale = Math.Cbrt(next.Determinant);
                if (!(scale < _largestScaleChange && scale > 1 / _largestScaleChange)) return StopReason.Lost;
                movement = Movement(step);
                Map = next;
                _moved.Place(_moving, Map);
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

    /// <summary>The mean of |x - y|^2 over all pairs, from the clouds' sums.</summary>
    public static double MeanSquaredDistance(PointBlocks a, PointBlocks b)
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

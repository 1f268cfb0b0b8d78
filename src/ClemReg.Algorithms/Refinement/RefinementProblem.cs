using ClemReg.Algorithms.Simulation;
using ClemReg.Algorithms.Transforms;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Refinement;

/// <summary>The data of a refinement, made once: the mask's means and zones, and the fluorescence of the level at work.</summary>
internal sealed class RefinementProblem : IDisposable
{
    private const double EnoughNm = 0.05;

    /// <summary>Below this movement the same voxels are looked at to the end, so that it comes to rest.</summary>
    private const double SettledNm = 2;

    private const double LongestStepNm = 200;
    private const int ResampleEvery = 5;

    /// <summary>A change of the blur by this part makes a new model worth its time.</summary>
    private const double NewBlur = 0.03;

    /// <summary>So does one of the objects' brightness, on average, in parts of the usual one.</summary>
    private const double NewPaint = 0.02;

    private const int LeastSamples = 1000;

    private readonly Volume _fluorescence;
    private readonly IntensityRefinementOptions _options;
    private readonly BitVolume _mask;
    private readonly Point3 _low;
    private readonly Point3 _high;
    private readonly List<RefinementState> _history = [];
    private FluorescenceLevel? _sharpLevel;
    private MicroscopeModel? _sharpModel;

    public RefinementProblem(Volume fluorescence, BitVolume mask, IntensityRefinementOptions options, Job job)
    {
        _fluorescence = fluorescence;
        _options = options;
        _mask = mask;
        Zones = new ObjectZones(mask, job);
        if (Zones.Count == 0) throw new BadInputException("The EM mask has no mitochondria that could be registered: it is empty, or its objects are smaller than 50 nm.");
        Point3 margin = options.MarginNm, last = mask.Grid.ToPhysical(mask.Grid.Size.Z - 1, mask.Grid.Size.Y - 1, mask.Grid.Size.X - 1);
        Point3 Inset(Point3 length) => new(Math.Min(margin.Z, 0.35 * length.Z), Math.Min(margin.Y, 0.35 * length.Y), Math.Min(margin.X, 0.35 * length.X));
        Point3 inset = Inset(last - mask.Grid.Origin);
        (_low, _high) = (mask.Grid.Origin + inset, last - inset);
        Centre = 0.5 * (_low + _high);
    }

    /// <summary>The objects of the mask.</summary>
    public ObjectZones Zones { get; }

    /// <summary>The middle of the EM, about which the parameters turn and scale.</summary>
    public Point3 Centre { get; }

    public void Dispose()
    {
        _sharpLevel?.Dispose();
        _sharpModel?.Dispose();
    }

    /// <summary>All levels, from the most blurred to the sharp one.</summary>
    public IntensityRefinementResult Solve(AffineTransform start, Job job)
    {
        double[] blurs = [.. _options.Levels, 0];
        AffineTransform at = start;
        PointSpreadFunction psf = _options.Psf;
        IntensityRefinementResult? result = null;
        for (int i = 0; i < blurs.Length; i++)
        {
            bool last = i == blurs.Length - 1;
            AffineTransform from = at;
            PointSpreadFunction seen = psf;
            result = job.Run(last ? "refine_intensities" : "refine_blurred", (double)i / blurs.Length, (i + 1.0) / blurs.Length,
                part => SolveLevel(from, seen, blurs[i], last, part));
            (at, psf) = (result.Transform, result.Psf);
        }
        return result!;
    }

    /// <summary>The sharp level about the solution, what a deformation is fitted and judged on. It lives as long as the problem.</summary>
    public SharpLevel Sharp(IntensityRefinementResult linear, int samples, Job job)
    {
        (FluorescenceLevel level, MicroscopeModel model) = (_sharpLevel!, _sharpModel!);
        SampleSet chosen = SampleSet.Choose(level, model, _low, _high, linear.Transform, samples, RandomStream.Key((ulong)_options.Seed, -1), job);
        var places = new Point3[chosen.Count];
        linear.Transform.Apply(chosen.Places, places);
        return new SharpLevel(level, model, Zones, chosen, places, linear.Transform, _low, _high, new LightLoss(DepthZero(linear.Transform), linear.AttenuationPerNm));
    }

    /// <summary>The affine map from a similarity on, with the same voxels and blur.</summary>
    public (AffineTransform Transform, LinearUncertainty Uncertainty) Affine(SharpLevel level, IntensityRefinementResult similarity, Job job)
    {
        var equations = new LinearEquations(LinearKind.Affine, null, true, Zones, Centre, level.Loss);
        AffineTransform at = Steps(equations, level.Samples, similarity.Transform, LinearKind.Affine, level.Model, 12, job);
        return (at, equations.Uncertainty());
    }

    /// <summary>
    /// The linear part, the blur and the light's loss once more, beneath a displacement that was found: without it the displacement is taken for more blur, and for a loss
    /// of light within the objects, which shifts everything along the optical axis (by itself times the variance of blur and object: 5 nm for 10 % per µm).
    /// The level before is of no use then.
    /// </summary>
    public SharpLevel Beneath(DisplacementField displacement, SharpLevel level, LinearKind kind, Job job)
    {
        var equations = new LinearEquations(kind, Prior(_options.EstimatePsf), true, Zones, Centre, level.Loss, displacement);
        End(level.Model, level.Linear);
        AffineTransform at = Steps(equations, level.Samples, level.Linear, kind, level.Model, 12, job);
        if (_options.EstimatePsf)
        {
            PointSpreadFunction psf = equations.Psf(level.Model.Psf);
            _sharpModel!.Dispose();
            _sharpModel = null;
            _sharpModel = Model(at, psf, 0, level.Level.HighPassNm, equations.Paint(), job);
        }
        End(_sharpModel!, at);
        return level.About(at) with { Loss = equations.Loss, Model = _sharpModel! };

        void End(MicroscopeModel model, AffineTransform linear) => model.EndWith(level.Level, p => displacement.Apply(linear.Apply(p)), equations.Loss, job);
    }

    private AffineTransform Steps(LinearEquations equations, SampleSet samples, AffineTransform at, LinearKind kind, MicroscopeModel model, int most, Job job)
    {
        equations.Begin(samples);
        for (int i = 0; i < most; i++)
        {
            if (equations.Step(samples, at, model, job) is not { } d) break;
            double longest = d.Max(Math.Abs);
            for (int k = 0; k < d.Length; k++) d[k] *= Math.Min(1, LongestStepNm / Math.Max(longest, 1e-9));
            at = at.Then(IntensityRefinement.Step(d, kind, Centre));
            if (longest < EnoughNm) break;
        }
        return at;
    }

    /// <summary>The linear registration of each half of a chessboard of columns, from a solution on.</summary>
    public AffineTransform[] Halves(SharpLevel level, LinearKind kind, Job job)
    {
        const int steps = 4;
        var board = new ColumnBoard(_low, _high);
        var halves = new AffineTransform[2];
        for (int half = 0; half < 2; half++)
        {
            bool dark = half == 1;
            SampleSet samples = level.Samples.Where(p => board.Dark(level.Linear.Apply(p)) == dark);
            halves[half] = samples.Count < 100 ? level.Linear
                : Steps(new LinearEquations(kind, null, true, Zones, Centre, level.Loss), samples, level.Linear, kind, level.Model, steps, job);
        }
        return halves;
    }

    /// <summary>Compares a pose with poses beside it, at a blur that forgives small errors.</summary>
    public PoseContrast Contrast(AffineTransform pose, PointSpreadFunction psf, Job job)
    {
        const double blur = 250, highPass = 1000;
        using var level = new FluorescenceLevel(_fluorescence, blur, highPass, job);
        using MicroscopeModel model = Model(pose, psf, blur, highPass, null, job);
        SampleSet samples = SampleSet.Choose(level, model, _low, _high, pose, 20_000, RandomStream.Key((ulong)_options.Seed, -2), job);
        if (samples.Count < 100) return new PoseContrast(0, 0, 0);
        var at = new Point3[samples.Count];
        pose.Apply(samples.Places, at);
        // Shifts within the sheet, where there is most room, by more than a mitochondrion and at all angles.
        const int decoys = 24;
        var correlations = new double[decoys + 1];
        job.For(correlations.Length, i =>
        {
            double angle = 2 * Math.PI * i * 0.618034, length = i == 0 ? 0 : 1500 + 1500.0 * i / decoys;
            var shift = new Point3(0, length * Math.Sin(angle), length * Math.Cos(angle));
            var sums = new CorrelationSums();
            for (int k = 0; k < at.Length; k++)
            {
                Point3 q = at[k] + shift;
                if (q.Y < _low.Y || q.X < _low.X || q.Y > _high.Y || q.X > _high.X) continue;
                sums.Add(samples.Weights[k], samples.Values[k], model.Value(q));
            }
            correlations[i] = sums.Value;
        });
        return PoseContrast.Of(correlations[0], correlations[1..]);
    }

    private IntensityRefinementResult SolveLevel(AffineTransform at, PointSpreadFunction psf, double blur, bool last, Job job)
    {
        double highPass = last ? _options.HighPassNm : 4 * blur;
        LinearKind kind = last || _options.Kind == LinearKind.Rigid ? _options.Kind : LinearKind.Similarity;
        bool estimate = last && _options.EstimatePsf;
        FluorescenceLevel? level = new(_fluorescence, blur, highPass, job);
        MicroscopeModel? model = null;
        try
        {
            model = Model(at, psf, blur, highPass, null, job);
            var equations = new LinearEquations(kind, Prior(estimate), last, Zones, Centre, new LightLoss(DepthZero(at), 0));
            SampleSet? samples = null;
            bool converged = false;
            double correlation = 0, movement = double.PositiveInfinity;
            int count = last ? _options.Samples : _options.Samples / 3;
            for (int iteration = 0; iteration < _options.MaxIterations; iteration++)
            {
                job.ThrowIfCancelled();
                if (samples is null || iteration % ResampleEvery == 0 && movement > SettledNm)
                {
                    samples = SampleSet.Choose(level, model, _low, _high, at, count,
                        RandomStream.Key(RandomStream.Key((ulong)_options.Seed, (long)blur), iteration / ResampleEvery), job);
                    if (samples.Count < LeastSamples && iteration > 0) break;
                    if (samples.Count < LeastSamples)
                        throw new BadInputException($"The fluorescence and the EM share only {samples.Count} looked-at voxels where the refinement starts, so there is nothing to compare. Give another start, or look whether the two images show the same region.");
                    equations.Begin(samples);
                    if (last) model.EndWith(level, at.Apply, equations.Loss, job);
                }
                if (equations.Step(samples, at, model, job) is not { } d) break;
                correlation = equations.Correlation;
                movement = 0;
                int linear = IntensityRefinement.LinearParameters(kind) + 3;
                for (int i = 0; i < linear; i++) movement = Math.Max(movement, Math.Abs(d[i]));
                double factor = Math.Min(1, LongestStepNm / Math.Max(movement, 1e-9) * (blur > 0 ? 1 + blur / 200 : 1));
                for (int i = 0; i < d.Length; i++) d[i] *= factor;
                at = at.Then(IntensityRefinement.Step(d, kind, Centre));
                _history.Add(new RefinementState(blur, iteration + 1, movement * factor, correlation));
                bool renewed = last && iteration % 3 == 2 && (estimate && equations.PsfChange(model.Psf) > NewBlur || equations.PaintChange > NewPaint);
                if (renewed)
                {
                    if (estimate) psf = equations.Psf(model.Psf);
                    ZonePaint? paint = equations.Paint();
                    model.Dispose();
                    model = Model(at, psf, blur, highPass, paint, job);
                    model.EndWith(level, at.Apply, equations.Loss, job);
                }
                job.Report((iteration + 1.0) / _options.MaxIterations);
                if (!renewed && movement < (last ? EnoughNm : 5) && iteration >= (last ? ResampleEvery : 3))
                {
                    converged = true;
                    break;
                }
            }
            if (estimate) psf = equations.Psf(model.Psf);
            if (last) (_sharpLevel, _sharpModel, level, model) = (level, model, null, null);
            return new IntensityRefinementResult
            {
                Transform = at,
                Psf = psf,
                AttenuationPerNm = equations.Loss.PerNm,
                Correlation = correlation,
                Converged = converged,
                History = [.. _history],
                Objects = equations.Bright(),
                Uncertainty = equations.Uncertainty(),
            };
        }
        finally
        {
            level?.Dispose();
            model?.Dispose();
        }
    }

    private PsfPrior? Prior(bool estimate) => estimate ? new PsfPrior(_options.Psf, _options.PsfPrior) : null;

    private double DepthZero(AffineTransform at) => at.Inverse().Apply(Centre).Z;

    private MicroscopeModel Model(AffineTransform at, PointSpreadFunction psf, double blur, double highPass, ZonePaint? paint, Job job) =>
        new(_mask, at, psf.With(blur), highPass, paint, job);
}

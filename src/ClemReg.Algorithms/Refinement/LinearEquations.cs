using ClemReg.Algorithms.Transforms;
using ClemReg.Algorithms.Volumes;
using MathNet.Numerics.LinearAlgebra;

namespace ClemReg.Algorithms.Refinement;

/// <summary>How well the parameters of a linear registration are known.</summary>
/// <param name="Kind">What could change.</param>
/// <param name="Centre">The centre of rotation and scale, nm in the EM.</param>
/// <param name="Covariance">Of the parameters (nm at <see cref="IntensityRefinement.LeverNm"/>, translations last), by the objects' disagreement.</param>
/// <param name="Response">How the fit's parameters go together, in the same order: where one is held elsewhere, the others follow in the proportion of their column (the inverse of the normal equations).</param>
public sealed record LinearUncertainty(LinearKind Kind, Point3 Centre, double[,] Covariance, double[,] Response)
{
    /// <summary>The predicted standard error of the registered position at a place of the EM, nm: the root of the summed variances of z, y, x.</summary>
    public double At(Point3 q)
    {
        int n = IntensityRefinement.LinearParameters(Kind) + 3;
        Span<Point3> moves = stackalloc Point3[12];
        IntensityRefinement.Moves(1 / IntensityRefinement.LeverNm * (q - Centre), Kind, moves);
        double variance = 0;
        for (int i = 0; i < n; i++)
            for (int j = 0; j < n; j++) variance += Covariance[i, j] * Point3.Dot(moves[i], moves[j]);
        return Math.Sqrt(Math.Max(0, variance));
    }
}

/// <summary>What is known of the blur before it is estimated.</summary>
/// <param name="Psf">The expected one.</param>
/// <param name="Deviation">The standard deviation of its logarithm.</param>
internal sealed record PsfPrior(PointSpreadFunction Psf, double Deviation);

/// <summary>One Gauss-Newton step of a linear refinement, with what it needs from step to step.</summary>
/// <param name="kind">What may change.</param>
/// <param name="prior">What is known of the blur, which is estimated; null to leave it.</param>
/// <param name="perObject">Whether each object has a brightness of its own.</param>
/// <param name="zones">The objects.</param>
/// <param name="centre">About which the parameters turn and scale.</param>
/// <param name="loss">What is known of the light's loss already.</param>
/// <param name="displacement">In the EM's frame, on top of the linear map; null for none.</param>
internal sealed class LinearEquations(
    LinearKind kind, PsfPrior? prior, bool perObject, ObjectZones zones, Point3 centre, LightLoss loss, DisplacementField? displacement = null)
{
    private const int Block = 2048;
    private const double MostAttenuation = 3e-4;

    /// <summary>What is usual, in parts per <see cref="IntensityRefinement.LeverNm"/>: 8 % per µm.</summary>
    private const double UsualAttenuation = 0.8;

    /// <summary>
    /// What objects say of the light's loss within them has this many times the standard deviation that their disagreement shows: a mask cut at its faces, or objects taken for one, mislead
    /// them all alike (docs/decisions/16).
    /// </summary>
    private const double CommonFault = 2.5;

    private readonly int _linear = IntensityRefinement.LinearParameters(kind) + 3;
    private readonly int _n = IntensityRefinement.LinearParameters(kind) + 3 + (prior is null ? 0 : 2) + (perObject ? 1 : 0);
    private readonly bool _estimatePsf = prior is not null;
    private double _lateral, _axial;
    private double[] _robust = [];
    private float[] _jacobian = [];
    private float[] _model = [];
    private int[] _zone = [];
    private double[] _amplitude = [];
    private double[] _share = [];
    private ZonePaint? _paint;
    private Matrix<double>? _normal;
    private double _priorDisagreement;
    private double[] _zoneScores = [];

    /// <summary>Pearson correlation of fluorescence and model before the last step.</summary>
    public double Correlation { get; private set; }

    /// <summary>The light's loss along the fluorescence's z.</summary>
    public LightLoss Loss { get; private set; } = loss;

    /// <summary>By how much the brightness of an object differs from the model's, on average.</summary>
    public double PaintChange => Paint() is { } now ? now.Brightness.Zip(_paint?.Brightness ?? now.Brightness.Select(_ => 1.0), (a, b) => Math.Abs(a - b)).Average() : 0;

    /// <summary>Takes new samples.</summary>
    public void Begin(SampleSet samples)
    {
        _robust = [.. samples.Weights.Select(w => (double)w)];
        _jacobian = new float[samples.Count * _n];
        _model = new float[samples.Count];
        _zone = new int[samples.Count];
    }

    /// <summary>By what part the best blur differs from the model's.</summary>
    public double PsfChange(PointSpreadFunction model) => Math.Max(Math.Abs(_lateral) / model.LateralNm, Math.Abs(_axial) / model.AxialNm);

    /// <summary>The blur that fits best, and the end of counting from the model's: the next model is made with it.</summary>
    public PointSpreadFunction Psf(PointSpreadFunction model)
    {
        PointSpreadFunction psf = new PointSpreadFunction(model.LateralNm + _lateral, model.AxialNm + _axial).Bounded;
        (_lateral, _axial) = (0, 0);
        return psf;
    }

    /// <summary>The step: linear parameters, translations, and (taken already) the blur and the light's loss. Null where the data hold no direction: no object shines.</summary>
    public double[]? Step(SampleSet samples, AffineTransform at, MicroscopeModel model, Job job)
    {
        _paint = model.Paint;
        Evaluate(samples, at, model, job);
        Amplitudes(samples);
        int count = samples.Count;
        var residual = new double[count];
        for (int i = 0; i < count; i++) residual[i] = samples.Values[i] - _amplitude[_zone[i]] * _model[i];
        double scale = RobustScale.Cauchy * RobustScale.Of(residual, null);
        for (int i = 0; i < count; i++)
        {
            double r = residual[i] / scale;
            _robust[i] = samples.Weights[i] / (1 + r * r);
        }
        Correlation = Correlate(samples);
        (Matrix<double> a, Vector<double> b) = Normal(residual, job);
        _normal = a.Clone();
        for (int i = 0; i < _n; i++) a[i, i] *= 1 + 1e-6;
        if (perObject)
        {
            // Objects with a stain of their own imitate a loss of light within them; it is drawn to what the deep ones are dimmer than the others, and to none.
            int k = _n - 1;
            (double expected, double precision) = DimmerWithDepth(samples);
            double scores = 0;
            for (int z = k; z < _zoneScores.Length; z += _n) scores += _zoneScores[z] * _zoneScores[z];
            // Few objects that many parameters were drawn to disagree by less than they would of themselves.
            int seen = _share.Count(v => v > 0);
            double ridge = CommonFault * CommonFault * precision * scores / a[k, k] * seen / Math.Max(1, seen - _n);
            b[k] += ridge * (expected - Loss.PerNm * IntensityRefinement.LeverNm);
            a[k, k] += ridge;
            _normal[k, k] += ridge;
            _priorDisagreement = ridge * ridge / precision;
        }
        if (_estimatePsf)
        {
            // A residual's variance turns the prior's width into the equations' units.
            double sum = 0, weight = 0;
            for (int i = 0; i < count; i++) (sum, weight) = (sum + _robust[i] * residual[i] * residual[i], weight + _robust[i]);
            double unit = sum / weight;
            Draw(_linear, model.Psf.LateralNm + _lateral, prior!.Psf.LateralNm);
            Draw(_linear + 1, model.Psf.AxialNm + _axial, prior.Psf.AxialNm);

            void Draw(int k, double now, double expected)
            {
                double width = prior!.Deviation * expected;
                a[k, k] += unit / (width * width);
                b[k] += unit * (expected - now) / (width * width);
            }
        }
        double[] d = [.. a.Solve(b)];
        if (!d.All(double.IsFinite)) return null;
        if (perObject) Loss = Loss with { PerNm = Math.Clamp(Loss.PerNm + d[_n - 1] / IntensityRefinement.LeverNm, -MostAttenuation, MostAttenuation) };
        if (_estimatePsf)
        {
            _lateral = Math.Clamp(_lateral + d[_linear], -0.4 * model.Psf.LateralNm, 0.6 * model.Psf.LateralNm);
            _axial = Math.Clamp(_axial + d[_linear + 1], -0.4 * model.Psf.AxialNm, 0.6 * model.Psf.AxialNm);
        }
        return d;
    }

    /// <summary>
    /// The covariance by clusters (K.-Y. Liang, S. Zeger 1986, Biometrika 73, 13): objects disagree by more than their voxels' noise. Each object's part is
    /// what leaving it out would change (the jackknife, CR3 of R. Bell, D. McCaffrey 2002, Survey Methodology 28, 169): where there are few objects,
    /// each has drawn the parameters to itself, and what is left of its disagreement is too small.
    /// </summary>
    public LinearUncertainty Uncertainty()
    {
        // An object that determines a direction all alone: leaving it out would change that by anything.
        const double alone = 0.02;
        Matrix<double> inverse = _normal!.Inverse(), identity = Matrix<double>.Build.DenseIdentity(_n);
        var information = new double[zones.Count + 1][];
        for (int i = 0; i < _zone.Length; i++)
        {
            double[] own = information[_zone[i]] ??= new double[_n * _n];
            ReadOnlySpan<float> row = _jacobian.AsSpan(i * _n, _n);
            for (int j = 0; j < row.Length; j++)
            {
                double w = _robust[i] * row[j];
                for (int k = 0; k <= j; k++) own[j * _n + k] += w * row[k];
            }
        }
        Matrix<double> disagreement = Matrix<double>.Build.Dense(_n, _n);
        for (int zone = 0; zone < information.Length; zone++)
        {
            if (information[zone] is not { } half) continue;
            Matrix<double> own = Matrix<double>.Build.Dense(_n, _n, (j, k) => half[Math.Max(j, k) * _n + Math.Min(j, k)]);
            Vector<double> score = Vector<double>.Build.Dense(_n, k => _zoneScores[zone * _n + k]);
            Vector<double> without = ((1 + alone) * identity - own * inverse).Solve(score);
            disagreement += without.OuterProduct(without);
        }
        // What was known of the light's loss before is as one more object, as far off as its standard deviation.
        if (perObject) disagreement[_n - 1, _n - 1] += _priorDisagreement;
        Matrix<double> covariance = inverse * disagreement * inverse;
        double[,] Linear(Matrix<double> of) => of.SubMatrix(0, _linear, 0, _linear).Map(v => double.IsFinite(v) ? v : double.MaxValue).ToArray();
        return new LinearUncertainty(kind, centre, Linear(covariance), Linear(inverse));
    }

    /// <summary>Zones that are at least a third as bright as the brighter half of all, and all that have samples.</summary>
    public (int Bright, int All) Bright()
    {
        double usual = UsualBrightness();
        int[] seen = [.. Enumerable.Range(1, zones.Count).Where(z => _share[z] > 0)];
        return (seen.Count(z => Brightness(z) > usual / 3), seen.Length);
    }

    /// <summary>The brightness that was found for each object, for the next model: never so dark that it could not come back, and 1 where nothing was looked at. Null where no object has one of its own.</summary>
    public ZonePaint? Paint()
    {
        const double darkest = 0.05, brightest = 4;
        double usual = UsualBrightness();
        return perObject && usual > 0
            ? new ZonePaint(zones, [.. Enumerable.Range(0, zones.Count + 1).Select(z => z > 0 && _share[z] > 0 ? Math.Clamp(Brightness(z) / usual, darkest, brightest) : 1)])
            : null;
    }

    private double Brightness(int zone) => _amplitude[zone] * (_paint?.Brightness[zone] ?? 1);

    private void Evaluate(SampleSet samples, AffineTransform at, MicroscopeModel model, Job job)
    {
        int count = samples.Count;
        job.For((count + Block - 1) / Block, block =>
        {
            Span<Point3> moves = stackalloc Point3[12];
            for (int i = block * Block; i < Math.Min(count, (block + 1) * Block); i++)
            {
                Point3 q = at.Apply(samples.Places[i]);
                if (displacement is not null) q = displacement.Apply(q);
                ModelValue m = model.Evaluate(q, samples.Places[i], Loss);
                _zone[i] = perObject ? zones.At(q) : 0;
                IntensityRefinement.Moves(1 / IntensityRefinement.LeverNm * (q - centre), kind, moves);
                Span<float> row = _jacobian.AsSpan(i * _n, _n);
                for (int k = 0; k < _linear; k++) row[k] = (float)Point3.Dot(m.Gradient, moves[k]);
                double light = 1, byBlur = 0;
                if (_estimatePsf)
                {
                    row[_linear] = (float)m.ByLateral;
                    row[_linear + 1] = (float)m.ByAxial;
                    // Between two blurs of the mask the model is linear in the widths.
                    byBlur = _lateral * m.ByLateral + _axial * m.ByAxial;
                }
                if (perObject)
                {
                    double depth = samples.Places[i].Z - Loss.DepthZero;
                    light = Loss.At(samples.Places[i].Z);
                    for (int k = 0; k < _n - 1; k++) row[k] *= (float)light;
                    row[_n - 1] = (float)((m.ByLoss - depth * light * byBlur) / IntensityRefinement.LeverNm);
                }
                _model[i] = (float)(light * (m.Value + byBlur));
            }
        });
    }

    /// <summary>The brightness of each zone, drawn a little to the common one, never negative; then the Jacobian of what is left of it.</summary>
    private void Amplitudes(SampleSet samples)
    {
        ZoneBrightness found = ZoneBrightness.Of(zones.Count, _zone, _model, samples.Values, i => _robust[i]);
        (_amplitude, _share) = (found.Brightness, found.Share);
        // Variable projection: what a change of a zone's brightness would do as well is no evidence for a change of the place.
        var along = new double[_share.Length * _n];
        for (int i = 0; i < samples.Count; i++)
        {
            double w = _robust[i] * _model[i];
            int at = _zone[i] * _n;
            for (int k = 0; k < _n; k++) along[at + k] += w * _jacobian[i * _n + k];
        }
        for (int k = 0; k < along.Length; k++) along[k] /= _share[k / _n] + found.Ridge;
        for (int i = 0; i < samples.Count; i++)
        {
            double a = _amplitude[_zone[i]];
            for (int k = 0; k < _n; k++)
                _jacobian[i * _n + k] = (float)(a * (_jacobian[i * _n + k] - _model[i] * along[_zone[i] * _n + k]));
        }
    }

    private (Matrix<double> A, Vector<double> B) Normal(double[] residual, Job job)
    {
        int count = residual.Length, blocks = (count + Block - 1) / Block, n = _n;
        var squares = new double[blocks][];
        job.For(blocks, block =>
        {
            var sum = new double[n * n];
            for (int i = block * Block; i < Math.Min(count, (block + 1) * Block); i++)
                for (int j = 0; j < n; j++)
                {
                    double w = _robust[i] * _jacobian[i * n + j];
                    for (int k = 0; k <= j; k++) sum[j * n + k] += w * _jacobian[i * n + k];
                }
            squares[block] = sum;
        });
        Matrix<double> a = Matrix<double>.Build.Dense(n, n);
        foreach (double[] sum in squares)
            for (int j = 0; j < n; j++)
                for (int k = 0; k <= j; k++) a[j, k] += sum[j * n + k];
        for (int j = 0; j < n; j++)
            for (int k = 0; k < j; k++) a[k, j] = a[j, k];
        _zoneScores = new double[(zones.Count + 1) * n];
        for (int i = 0; i < count; i++)
        {
            double w = _robust[i] * residual[i];
            for (int k = 0; k < n; k++) _zoneScores[_zone[i] * n + k] += w * _jacobian[i * n + k];
        }
        Vector<double> b = Vector<double>.Build.Dense(n);
        for (int z = 0; z <= zones.Count; z++)
            for (int j = 0; j < n; j++) b[j] += _zoneScores[z * n + j];
        return (a, b);
    }

    /// <summary>
    /// What is known of the light's loss before it is looked for within objects, in parts per <see cref="IntensityRefinement.LeverNm"/>: the slope of
    /// the objects' log brightness with depth, by its standard error, and the usual loss as a prior about none. The precision is 1 / variance.
    /// </summary>
    private (double Expected, double Precision) DimmerWithDepth(SampleSet samples)
    {
        const double faint = 1.0 / 3;
        var depths = new double[zones.Count + 1];
        for (int i = 0; i < samples.Count; i++)
            depths[_zone[i]] += _robust[i] * _model[i] * _model[i] * (samples.Places[i].Z - Loss.DepthZero) / IntensityRefinement.LeverNm;
        double prior = 1 / (UsualAttenuation * UsualAttenuation), usual = UsualBrightness();
        int[] seen = [.. Enumerable.Range(1, zones.Count).Where(z => _share[z] > 0 && Brightness(z) > faint * usual)];
        if (seen.Length < 10) return (0, prior);
        double depth = seen.Average(z => depths[z] / _share[z]), light = seen.Average(z => Math.Log(Brightness(z)));
        double square = 0, product = 0, rest = 0;
        foreach (int z in seen)
        {
            double d = depths[z] / _share[z] - depth, l = Math.Log(Brightness(z)) - light;
            (square, product, rest) = (square + d * d, product + d * l, rest + l * l);
        }
        if (!(square > 0)) return (0, prior);
        // The amplitudes count at one depth: their slope is what the loss of now leaves.
        double loss = Loss.PerNm * IntensityRefinement.LeverNm - product / square;
        double precision = square * (seen.Length - 2) / Math.Max(rest - product * product / square, 1e-6 * rest);
        return (loss * precision / (precision + prior), precision + prior);
    }

    /// <summary>The brightness that a quarter of the objects exceed.</summary>
    private double UsualBrightness()
    {
        double[] seen = [.. Enumerable.Range(1, zones.Count).Where(z => _share[z] > 0).Select(Brightness).Order()];
        return seen.Length == 0 ? 0 : seen[3 * (seen.Length - 1) / 4];
    }

    private double Correlate(SampleSet samples)
    {
        var sums = new CorrelationSums();
        for (int i = 0; i < samples.Count; i++) sums.Add(1, samples.Values[i], _amplitude[_zone[i]] * _model[i]);
        return sums.Value;
    }
}

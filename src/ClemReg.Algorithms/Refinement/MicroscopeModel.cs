using ClemReg.Algorithms.Transforms;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Refinement;

/// <summary>The blur of a fluorescence microscope: a Gaussian, as wide along the optical axis (z of the fluorescence) as <paramref name="AxialNm"/>.</summary>
/// <param name="LateralNm">Standard deviation in y and x, nm.</param>
/// <param name="AxialNm">Standard deviation in z, nm; not below the lateral one.</param>
public readonly record struct PointSpreadFunction(double LateralNm, double AxialNm)
{
    private const double LeastNm = 30, MostLateralNm = 300, MostAxialNm = 1000;

    /// <summary>The nearest that an estimate may be.</summary>
    internal PointSpreadFunction Bounded
    {
        get
        {
            double lateral = Math.Clamp(LateralNm, LeastNm, MostLateralNm);
            return new PointSpreadFunction(lateral, Math.Clamp(AxialNm, lateral, MostAxialNm));
        }
    }

    /// <summary>Whether an estimate was stopped by a bound: no microscope blurs so, and something else was taken for blur.</summary>
    internal bool AtBound => LateralNm <= LeastNm || LateralNm >= MostLateralNm || AxialNm <= LateralNm || AxialNm >= MostAxialNm;

    /// <summary>This one after another, isotropic blur.</summary>
    internal PointSpreadFunction With(double blurNm) => new(Math.Sqrt(LateralNm * LateralNm + blurNm * blurNm), Math.Sqrt(AxialNm * AxialNm + blurNm * blurNm));
}

/// <summary>How the modelled fluorescence changes with the place and with the microscope's blur.</summary>
/// <param name="Value">The model: 1 inside of a large object, less its surroundings' mean.</param>
/// <param name="Gradient">By the place, per nm.</param>
/// <param name="ByLateral">By the lateral standard deviation, per nm.</param>
/// <param name="ByAxial">By the axial one, per nm.</param>
/// <param name="ByLoss">What is left of its light, by the light's loss per nm.</param>
internal readonly record struct ModelValue(float Value, Point3 Gradient, double ByLateral, double ByAxial, double ByLoss);

/// <summary>
/// The mitochondria of the EM as the fluorescence microscope would show them, less the mean of their surroundings: the mask blurred by the
/// point spread function, carried into the EM's frame by the registration, minus the same blurred by <c>highPassNm</c> more.
/// </summary>
internal sealed class MicroscopeModel : IDisposable
{
    /// <summary>Bins of a blurred field: its narrowest standard deviation is this many of them.</summary>
    private const double BinsPerSigma = 1;

    /// <summary>No shorter bins (nm): finer than any microscope needs.</summary>
    private const double FinestBinNm = 60;

    private readonly CubicSplineField _field;
    private readonly CubicSplineField _surroundings;
    private readonly Point3 _axis;
    private readonly double _stretch;
    private readonly PointSpreadFunction _psf;

    /// <summary>The surroundings by the place in the fluorescence, where they end with its stack, and what they change by the light's loss; null where they run on.</summary>
    private CubicSplineField? _ended, _endedByLoss;

    private LightLoss _loss;

    /// <summary>Blurs a mask.</summary>
    /// <param name="mask">The EM mask.</param>
    /// <param name="movingToFixed">Fluorescence to EM: its linear part turns and scales the blur.</param>
    /// <param name="psf">In the fluorescence's frame.</param>
    /// <param name="highPassNm">Standard deviation of the surroundings, nm.</param>
    /// <param name="paint">How bright each object shines; null for all alike.</param>
    /// <param name="job">The work.</param>
    public MicroscopeModel(BitVolume mask, AffineTransform movingToFixed, PointSpreadFunction psf, double highPassNm, ZonePaint? paint, Job job)
    {
        (_psf, Paint) = (psf, paint);
        var optical = new Point3(movingToFixed[0, 0], movingToFixed[1, 0], movingToFixed[2, 0]);
        _axis = 1 / optical.Length * optical;
        _stretch = Math.Cbrt(Math.Abs(movingToFixed.Determinant));
        Volume<float> field = Blurred(mask, _axis, Scaled(psf), paint, job);
        try
        {
            _surroundings = new CubicSplineField(Blurred(mask, _axis, Scaled(psf.With(highPassNm)), paint, job));
            _surroundings.TakeFrom(field, job);
        }
        catch
        {
            _surroundings?.Dispose();
            field.Dispose();
            throw;
        }
        _field = new CubicSplineField(field);
    }

    /// <summary>How bright each object shines in it; null for all alike.</summary>
    public ZonePaint? Paint { get; }

    /// <summary>The blur that the model was made with.</summary>
    public PointSpreadFunction Psf => _psf;

    /// <summary>The model at a place of the EM, nm.</summary>
    public float Value(Point3 q) => _field.Value(q);

    /// <summary>
    /// From now on takes the mean of the surroundings as it is taken of the fluorescence: only over what its stack shows, and mirrored at the stack's ends, where the mask's
    /// own surroundings run on into empty space. The light is lost before the mean is taken, as in the microscope.
    /// </summary>
    /// <param name="level">The fluorescence.</param>
    /// <param name="movingToFixed">Fluorescence to EM, nm.</param>
    /// <param name="loss">The light's loss; a little more or less of it is allowed for afterwards.</param>
    /// <param name="job">The work.</param>
    public void EndWith(FluorescenceLevel level, Func<Point3, Point3> movingToFixed, LightLoss loss, Job job)
    {
        (CubicSplineField ended, CubicSplineField byLoss) = level.SurroundingsOf(p =>
        {
            Point3 q = movingToFixed(p);
            return _field.Value(q) + _surroundings.Value(q);
        }, loss, job);
        DisposeEnded();
        (_ended, _endedByLoss, _loss) = (ended, byLoss, loss);
    }

    /// <summary>The model and its derivatives.</summary>
    /// <param name="q">A place of the EM, nm.</param>
    /// <param name="p">Where that is in the fluorescence, nm.</param>
    /// <param name="loss">The light's loss; the value times what is left of it is what the fluorescence shows.</param>
    public ModelValue Evaluate(Point3 q, Point3 p, LightLoss loss)
    {
        LocalShape shape = _field.Shape(q);
        double light = loss.At(p.Z), whole = shape.Value, surroundingsByLoss = 0;
        if (_ended is not null)
        {
            whole += _surroundings.Value(q);
            surroundingsByLoss = _endedByLoss!.Value(p);
            shape = shape with { Value = (float)(whole - (_ended.Value(p) + (loss.PerNm - _loss.PerNm) * surroundingsByLoss) / light) };
        }
        double byLoss = -(p.Z - loss.DepthZero) * light * whole - surroundingsByLoss;
        // A Gaussian's blur grows by the heat equation: d/d(sigma^2) = half the second derivative along that direction.
        double along = shape.Along(_axis), square = _stretch * _stretch;
        return new ModelValue(shape.Value, shape.Gradient, _psf.LateralNm * square * (shape.Laplacian - along), _psf.AxialNm * square * along, byLoss);
    }

    private PointSpreadFunction Scaled(PointSpreadFunction psf) => new(_stretch * psf.LateralNm, _stretch * psf.AxialNm);

    /// <inheritdoc/>
    public void Dispose()
    {
        _field.Dispose();
        _surroundings.Dispose();
        DisposeEnded();
    }

    private void DisposeEnded()
    {
        _ended?.Dispose();
        _endedByLoss?.Dispose();
    }

    /// <summary>The mask as the coefficients of a <see cref="CubicSplineField"/>, blurred, with empty space around it; in bins of about the lateral standard deviation.</summary>
    /// <param name="mask">The mask.</param>
    /// <param name="axis">The optical axis, of length 1.</param>
    /// <param name="psf">In the mask's frame.</param>
    /// <param name="paint">How bright each object shines; null for 1.</param>
    /// <param name="job">The work.</param>
    public static Volume<float> Blurred(BitVolume mask, Point3 axis, PointSpreadFunction psf, ZonePaint? paint, Job job)
    {
        (double lateral, double axial) = psf;
        using Volume<float> means = BinnedVolume.Mean(mask, BinnedVolume.Bins(mask.Grid.Spacing, Math.Max(lateral / BinsPerSigma, FinestBinNm)), job);
        if (paint is not null)
            job.For(means.Grid.Size.Z * means.Grid.Size.Y, row =>
            {
                (int z, int y) = Math.DivRem(row, means.Grid.Size.Y);
                Span<float> line = means.Row(z, y);
                for (int x = 0; x < line.Length; x++)
                    if (line[x] > 0) line[x] *= (float)paint.At(means.Grid.ToPhysical(z, y, x));
            });
        Point3 h = means.Grid.Spacing;
        var along = new DirectionalBlur(h, axis, Math.Sqrt(Math.Max(axial * axial - lateral * lateral, 0.01)), lateral);
        Point3 taken = along.InterpolationVariance;
        var wanted = new Point3(lateral * lateral - taken.Z, lateral * lateral - taken.Y, lateral * lateral - taken.X);
        int Side(double step) => 3 + (int)Math.Ceiling(3 * lateral / step);
        // Room for all the light, and one vector step at the least along x.
        (int farZ, int farY, int farX) = along.Farthest;
        using Volume<float> padded = BinnedVolume.Padded(means, new Size3(Side(h.Z) + farZ, Side(h.Y) + farY, Math.Max(Side(h.X) + farX, 64)));
        using Volume<float> across = BinnedVolume.Blurred(padded, mask.Grid.Spacing, wanted, job);
        return along.Apply(across, job);
    }
}

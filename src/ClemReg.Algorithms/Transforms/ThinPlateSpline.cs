using System.Numerics;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Transforms;

/// <summary>
/// A thin-plate spline in three dimensions: f(p) = A p + t + sum over i of w_i |p - c_i|, with a control point c_i and a weight w_i (a vector
/// without unit) for each landmark. Among all maps through the landmarks it bends least.
/// </summary>
/// <remarks>
/// F. L. Bookstein, Principal warps, IEEE Trans. Pattern Anal. Mach. Intell. 11 (1989) 567, eq. 8 to 12, with the kernel of three dimensions,
/// U(r) = r (J. Duchon 1977), which is that of the bending energy there; r^2 log r is that of two. <see cref="ThinPlateFit"/> makes it from landmarks.
/// </remarks>
public sealed class ThinPlateSpline : SpatialTransform
{
    /// <summary>A control point, relative to <see cref="_origin"/>, and its weight.</summary>
    private readonly record struct Term(double Z, double Y, double X, double WeightZ, double WeightY, double WeightX);

    private readonly Term[] _terms;
    private readonly Point3 _origin;
    private AffineTransform? _approximation;

    /// <summary>Makes the map from its numbers.</summary>
    /// <param name="linear">A and t.</param>
    /// <param name="controls">c, nm, z, y, x.</param>
    /// <param name="weights">w, as many.</param>
    /// <exception cref="BadInputException">Numbers of points that differ, none, or a number that is not finite.</exception>
    public ThinPlateSpline(AffineTransform linear, ReadOnlySpan<Point3> controls, ReadOnlySpan<Point3> weights)
    {
        if (controls.Length != weights.Length || controls.Length == 0)
            throw BadInputException.ForParameter("weights", weights.Length + " vectors", $"one for each of the {controls.Length} control points, of which at least one is needed");
        for (int i = 0; i < controls.Length; i++)
            if (!controls[i].IsFinite || !weights[i].IsFinite)
                throw new BadInputException($"Control point {i + 1} of {controls.Length} or its weight has a coordinate that is not a finite number: {controls[i]}, {weights[i]}.");
        Linear = linear;
        ControlPoints = controls.ToArray();
        Weights = weights.ToArray();
        // Near zero coordinates have the finest rounding.
        _origin = PointSpread.Centre(controls);
        _terms = new Term[controls.Length];
        for (int i = 0; i < controls.Length; i++)
        {
            Point3 c = controls[i] - _origin;
            _terms[i] = new Term(c.Z, c.Y, c.X, weights[i].Z, weights[i].Y, weights[i].X);
        }
    }

    /// <summary>A and t.</summary>
    public AffineTransform Linear { get; }

    /// <summary>The control points, nm, z, y, x.</summary>
    public IReadOnlyList<Point3> ControlPoints { get; }

    /// <summary>The weight of each control point.</summary>
    public IReadOnlyList<Point3> Weights { get; }

    /// <inheritdoc/>
    public override Point3 Apply(Point3 p)
    {
        Apply(new ReadOnlySpan<Point3>(ref p), new Span<Point3>(ref p));
        return p;
    }

    /// <inheritdoc/>
    /// <exception cref="BadInputException">The control points' images lie in one plane.</exception>
    public override SpatialTransform Inverse() => new InverseTransform(this);

    /// <inheritdoc/>
    public override void Apply(ReadOnlySpan<Point3> points, Span<Point3> images)
    {
        // Each lane is one point and sums over the control points in order, so a point's image does not depend on its neighbours.
        int lanes = Vector<double>.Count, group = 2 * lanes;
        Span<double> at = stackalloc double[3 * group];
        for (int i = 0; i < points.Length; i += group)
        {
            int n = Math.Min(group, points.Length - i);
            Gather(points.Slice(i, n), group, at);
            Vector<double> z0 = new(at), z1 = new(at[lanes..]), y0 = new(at[group..]), y1 = new(at[(group + lanes)..]);
            Vector<double> x0 = new(at[(2 * group)..]), x1 = new(at[(2 * group + lanes)..]);
            Vector<double> sz0 = default, sy0 = default, sx0 = default, sz1 = default, sy1 = default, sx1 = default;
            foreach (Term term in _terms)
            {
                Vector<double> c = new(term.Z), dz0 = z0 - c, dz1 = z1 - c;
                c = new Vector<double>(term.Y);
                Vector<double> dy0 = y0 - c, dy1 = y1 - c;
                c = new Vector<double>(term.X);
                Vector<double> dx0 = x0 - c, dx1 = x1 - c;
                Vector<double> r0 = Vector.SquareRoot(Vector.MultiplyAddEstimate(dz0, dz0, Vector.MultiplyAddEstimate(dy0, dy0, dx0 * dx0)));
                Vector<double> r1 = Vector.SquareRoot(Vector.MultiplyAddEstimate(dz1, dz1, Vector.MultiplyAddEstimate(dy1, dy1, dx1 * dx1)));
                var w = new Vector<double>(term.WeightZ);
                sz0 = Vector.MultiplyAddEstimate(w, r0, sz0);
                sz1 = Vector.MultiplyAddEstimate(w, r1, sz1);
                w = new Vector<double>(term.WeightY);
                sy0 = Vector.MultiplyAddEstimate(w, r0, sy0);
                sy1 = Vector.MultiplyAddEstimate(w, r1, sy1);
                w = new Vector<double>(term.WeightX);
                sx0 = Vector.MultiplyAddEstimate(w, r0, sx0);
                sx1 = Vector.MultiplyAddEstimate(w, r1, sx1);
            }
            for (int k = 0; k < n; k++)
            {
                int l = k % lanes;
                Point3 bend = k < lanes ? new Point3(sz0[l], sy0[l], sx0[l]) : new Point3(sz1[l], sy1[l], sx1[l]);
                images[i + k] = Linear.Apply(points[i + k]) + bend;
            }
        }
    }

    /// <inheritdoc/>
    /// <remarks>At a control point itself, where the kernel has a kink, its own part of the derivative is taken as 0.</remarks>
    public override Matrix3 Jacobian(Point3 p)
    {
        Matrix3 jacobian = default;
        Point3 image = default;
        Apply(new ReadOnlySpan<Point3>(in p), new Span<Point3>(ref image), new Span<Matrix3>(ref jacobian));
        return jacobian;
    }

    /// <inheritdoc/>
    public override void Apply(ReadOnlySpan<Point3> points, Span<Point3> images, Span<Matrix3> jacobians)
    {
        int lanes = Vector<double>.Count;
        Span<double> at = stackalloc double[3 * lanes];
        Matrix3 a = Linear.Jacobian(default);
        for (int i = 0; i < points.Length; i += lanes)
        {
            int n = Math.Min(lanes, points.Length - i);
            Gather(points.Slice(i, n), lanes, at);
            Vector<double> z = new(at), y = new(at[lanes..]), x = new(at[(2 * lanes)..]);
            Vector<double> sz = default, sy = default, sx = default;
            Vector<double> zz = default, zy = default, zx = default, yz = default, yy = default, yx = default, xz = default, xy = default, xx = default;
            foreach (Term term in _terms)
            {
                Vector<double> dz = z - new Vector<double>(term.Z), dy = y - new Vector<double>(term.Y), dx = x - new Vector<double>(term.X);
                Vector<double> r = Vector.SquareRoot(Vector.MultiplyAddEstimate(dz, dz, Vector.MultiplyAddEstimate(dy, dy, dx * dx)));
                // What is added changes no distance but 0, and keeps 0 / 0 out: a difference of 0 stays 0.
                Vector<double> reciprocal = Vector<double>.One / (r + new Vector<double>(1e-300));
                dz *= reciprocal;
                dy *= reciprocal;
                dx *= reciprocal;
                var w = new Vector<double>(term.WeightZ);
                sz = Vector.MultiplyAddEstimate(w, r, sz);
                zz = Vector.MultiplyAddEstimate(w, dz, zz);
                zy = Vector.MultiplyAddEstimate(w, dy, zy);
                zx = Vector.MultiplyAddEstimate(w, dx, zx);
                w = new Vector<double>(term.WeightY);
                sy = Vector.MultiplyAddEstimate(w, r, sy);
                yz = Vector.MultiplyAddEstimate(w, dz, yz);
                yy = Vector.MultiplyAddEstimate(w, dy, yy);
                yx = Vector.MultiplyAddEstimate(w, dx, yx);
                w = new Vector<double>(term.WeightX);
                sx = Vector.MultiplyAddEstimate(w, r, sx);
                xz = Vector.MultiplyAddEstimate(w, dz, xz);
                xy = Vector.MultiplyAddEstimate(w, dy, xy);
                xx = Vector.MultiplyAddEstimate(w, dx, xx);
            }
            for (int l = 0; l < n; l++)
            {
                images[i + l] = Linear.Apply(points[i + l]) + new Point3(sz[l], sy[l], sx[l]);
                jacobians[i + l] = new Matrix3(
                    a.ZZ + zz[l], a.ZY + zy[l], a.ZX + zx[l], a.YZ + yz[l], a.YY + yy[l], a.YX + yx[l], a.XZ + xz[l], a.XY + xy[l], a.XX + xx[l]);
            }
        }
    }

    internal override AffineTransform Approximation
    {
        get
        {
            if (_approximation is not null) return _approximation;
            var controls = (Point3[])ControlPoints;
            var images = new Point3[controls.Length];
            Apply(controls, images);
            // Too few control points for a fit of their images: then the linear part is all there is.
            return _approximation = controls.Length < 4 ? Linear : AffineTransform.LeastSquares(controls, images);
        }
    }

    /// <summary>
    /// Around a control point the derivative is J + w u^T with J that of all the others and u the direction one looks in; its least
    /// determinant is det J (1 - |J^-1 w|), by the matrix determinant lemma.
    /// </summary>
    internal override IReadOnlyList<(Point3 Place, double Determinant)> ExtremeDeterminants(Job job)
    {
        const int piece = 64;
        var controls = (Point3[])ControlPoints;
        var least = new (Point3, double)[controls.Length];
        job.For((controls.Length + piece - 1) / piece, i =>
        {
            int first = i * piece, n = Math.Min(piece, controls.Length - first);
            var images = new Point3[n];
            var jacobians = new Matrix3[n];
            Apply(controls.AsSpan(first, n), images, jacobians);
            for (int k = 0; k < n; k++)
            {
                Matrix3 j = jacobians[k];
                double determinant = j.Determinant;
                least[first + k] = (controls[first + k],
                    determinant == 0 ? 0 : determinant - Math.Abs(determinant) * (j.Inverse() * Weights[first + k]).Length * Math.Sign(Approximation.Determinant));
            }
        });
        return least;
    }

    private void Gather(ReadOnlySpan<Point3> points, int lanes, Span<double> at)
    {
        for (int k = 0; k < lanes; k++)
        {
            Point3 p = points[Math.Min(k, points.Length - 1)] - _origin;
            (at[k], at[lanes + k], at[2 * lanes + k]) = (p.Z, p.Y, p.X);
        }
    }
}

using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Transforms;

/// <summary>
/// An affine map q = A p + t of physical coordinates in nm, z, y, x. Registration results map moving to fixed.
/// </summary>
public sealed class AffineTransform : SpatialTransform
{
    private readonly double[] _m;

    /// <summary>Makes the map from the first three rows of its 4 x 4 matrix: 12 numbers, row by row, rows and columns in z, y, x.</summary>
    /// <exception cref="BadInputException">Not 12 finite numbers.</exception>
    public AffineTransform(ReadOnlySpan<double> rows)
    {
        if (rows.Length != 12) throw BadInputException.ForParameter("matrix", rows.Length + " numbers", "3 rows of 4 numbers");
        foreach (double v in rows)
            if (!double.IsFinite(v)) throw BadInputException.ForParameter("matrix", v, "12 finite numbers");
        _m = rows.ToArray();
    }

    /// <summary>The map that moves nothing.</summary>
    public static AffineTransform Identity { get; } = new([1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0]);

    /// <summary>Row <paramref name="row"/> (0 to 2), column <paramref name="column"/> (0 to 3; 3 is the translation) of the matrix.</summary>
    public double this[int row, int column] => _m[row * 4 + column];

    /// <summary>The 12 numbers of the first three rows.</summary>
    public ReadOnlySpan<double> Rows => _m;

    /// <summary>The translation column.</summary>
    public Point3 Translation => new(_m[3], _m[7], _m[11]);

    /// <summary>The determinant of the linear part: the change of volume; negative for a mirror image.</summary>
    public double Determinant =>
        _m[0] * (_m[5] * _m[10] - _m[6] * _m[9]) - _m[1] * (_m[4] * _m[10] - _m[6] * _m[8]) + _m[2] * (_m[4] * _m[9] - _m[5] * _m[8]);

    /// <summary>A similarity q = s R p + t.</summary>
    /// <param name="scale">s.</param>
    /// <param name="rotation">R: 9 numbers, row by row, z, y, x.</param>
    /// <param name="translation">t in nm.</param>
    public static AffineTransform Similarity(double scale, ReadOnlySpan<double> rotation, Point3 translation) => new(
    [
        scale * rotation[0], scale * rotation[1], scale * rotation[2], translation.Z,
        scale * rotation[3], scale * rotation[4], scale * rotation[5], translation.Y,
        scale * rotation[6], scale * rotation[7], scale * rotation[8], translation.X,
    ]);

    /// <inheritdoc/>
    public override Point3 Apply(Point3 p) => new(
        _m[0] * p.Z + _m[1] * p.Y + _m[2] * p.X + _m[3],
        _m[4] * p.Z + _m[5] * p.Y + _m[6] * p.X + _m[7],
        _m[8] * p.Z + _m[9] * p.Y + _m[10] * p.X + _m[11]);

    /// <inheritdoc/>
    public override Matrix3 Jacobian(Point3 p) => new(_m[0], _m[1], _m[2], _m[4], _m[5], _m[6], _m[8], _m[9], _m[10]);

    internal override AffineTransform Approximation => this;

    /// <summary>The affine map that takes the points nearest to their targets, in the least squares sense.</summary>
    /// <param name="points">4 or more, not in one plane.</param>
    /// <param name="targets">As many.</param>
    internal static AffineTransform LeastSquares(ReadOnlySpan<Point3> points, ReadOnlySpan<Point3> targets)
    {
        Point3 from = PointSpread.Centre(points), to = PointSpread.Centre(targets);
        double zz = 0, zy = 0, zx = 0, yy = 0, yx = 0, xx = 0;
        Point3 z = default, y = default, x = default;
        for (int i = 0; i < points.Length; i++)
        {
            Point3 p = points[i] - from, q = targets[i] - to;
            (zz, zy, zx) = (zz + p.Z * p.Z, zy + p.Z * p.Y, zx + p.Z * p.X);
            (yy, yx, xx) = (yy + p.Y * p.Y, yx + p.Y * p.X, xx + p.X * p.X);
            (z, y, x) = (z + q.Z * p, y + q.Y * p, x + q.X * p);
        }
        Matrix3 inverse = new Matrix3(zz, zy, zx, zy, yy, yx, zx, yx, xx).Inverse();
        // The moments' matrix is symmetric, and so is its inverse: rows of A are inverse * moments.
        (Point3 az, Point3 ay, Point3 ax) = (inverse * z, inverse * y, inverse * x);
        return new AffineTransform(
        [
            az.Z, az.Y, az.X, to.Z - Point3.Dot(az, from),
            ay.Z, ay.Y, ay.X, to.Y - Point3.Dot(ay, from),
            ax.Z, ax.Y, ax.X, to.X - Point3.Dot(ax, from),
        ]);
    }

    /// <summary>The map that applies this one first and <paramref name="next"/> after it.</summary>
    public AffineTransform Then(AffineTransform next)
    {
        Span<double> r = stackalloc double[12];
        for (int i = 0; i < 3; i++)
            for (int j = 0; j < 4; j++)
                r[i * 4 + j] = next[i, 0] * this[0, j] + next[i, 1] * this[1, j] + next[i, 2] * this[2, j] + (j == 3 ? next[i, 3] : 0);
        return new AffineTransform(r);
    }

    /// <inheritdoc/>
    /// <exception cref="BadInputException">The matrix is singular.</exception>
    public override AffineTransform Inverse()
    {
        double det = Determinant;
        double size = 0;
        for (int i = 0; i < 3; i++)
            for (int j = 0; j < 3; j++)
                size = Math.Max(size, Math.Abs(this[i, j]));
        if (Math.Abs(det) <= 1e-12 * size * size * size)
            throw new BadInputException($"The transform's matrix is singular (determinant {det:G3}), so it has no inverse and no image can be warped with it.");
        Span<double> r = stackalloc double[12];
        r[0] = (_m[5] * _m[10] - _m[6] * _m[9]) / det;
        r[1] = (_m[2] * _m[9] - _m[1] * _m[10]) / det;
        r[2] = (_m[1] * _m[6] - _m[2] * _m[5]) / det;
        r[4] = (_m[6] * _m[8] - _m[4] * _m[10]) / det;
        r[5] = (_m[0] * _m[10] - _m[2] * _m[8]) / det;
        r[6] = (_m[2] * _m[4] - _m[0] * _m[6]) / det;
        r[8] = (_m[4] * _m[9] - _m[5] * _m[8]) / det;
        r[9] = (_m[1] * _m[8] - _m[0] * _m[9]) / det;
        r[10] = (_m[0] * _m[5] - _m[1] * _m[4]) / det;
        for (int i = 0; i < 3; i++)
            r[i * 4 + 3] = -(r[i * 4] * _m[3] + r[i * 4 + 1] * _m[7] + r[i * 4 + 2] * _m[11]);
        return new AffineTransform(r);
    }
}

using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Transforms;

/// <summary>A 3 x 3 matrix, rows and columns in z, y, x: the Jacobian of a map, for example.</summary>
/// <param name="ZZ">Row z, column z: the change of the image's z per nm along z.</param>
/// <param name="ZY">Row z, column y.</param>
/// <param name="ZX">Row z, column x.</param>
/// <param name="YZ">Row y, column z.</param>
/// <param name="YY">Row y, column y.</param>
/// <param name="YX">Row y, column x.</param>
/// <param name="XZ">Row x, column z.</param>
/// <param name="XY">Row x, column y.</param>
/// <param name="XX">Row x, column x.</param>
public readonly record struct Matrix3(
    double ZZ, double ZY, double ZX, double YZ, double YY, double YX, double XZ, double XY, double XX)
{
    /// <summary>The matrix that changes nothing.</summary>
    public static Matrix3 Identity { get; } = new(1, 0, 0, 0, 1, 0, 0, 0, 1);

    /// <summary>The determinant.</summary>
    public double Determinant => ZZ * (YY * XX - YX * XY) - ZY * (YZ * XX - YX * XZ) + ZX * (YZ * XY - YY * XZ);

    /// <summary>The inverse; entries that are not finite where the matrix is singular.</summary>
    public Matrix3 Inverse()
    {
        double d = 1 / Determinant;
        return new Matrix3(
            (YY * XX - YX * XY) * d, (ZX * XY - ZY * XX) * d, (ZY * YX - ZX * YY) * d,
            (YX * XZ - YZ * XX) * d, (ZZ * XX - ZX * XZ) * d, (ZX * YZ - ZZ * YX) * d,
            (YZ * XY - YY * XZ) * d, (ZY * XZ - ZZ * XY) * d, (ZZ * YY - ZY * YZ) * d);
    }

    /// <summary>Rows and columns exchanged.</summary>
    public Matrix3 Transpose() => new(ZZ, YZ, XZ, ZY, YY, XY, ZX, YX, XX);

    /// <summary>
    /// A unit eigenvector to the largest eigenvalue of a symmetric matrix, without iterations (O. Smith 1961, Eigenvalues of a symmetric 3 x 3 matrix,
    /// Communications of the ACM 4, 168). Where eigenvalues are equal, one of their vectors.
    /// </summary>
    public Point3 LargestEigenvector()
    {
        double mean = (ZZ + YY + XX) / 3, z = ZZ - mean, y = YY - mean, x = XX - mean;
        double size = Math.Sqrt((z * z + y * y + x * x + 2 * (ZY * ZY + ZX * ZX + YX * YX)) / 6);
        if (!(size > 0)) return new Point3(1, 0, 0);
        double half = (1 / size * new Matrix3(z, ZY, ZX, ZY, y, YX, ZX, YX, x)).Determinant / 2;
        double value = 2 * size * Math.Cos(Math.Acos(Math.Clamp(half, -1, 1)) / 3);
        // The vector is perpendicular to the rows of this matrix without its eigenvalue.
        Point3 a = new(z - value, ZY, ZX), b = new(ZY, y - value, YX), c = new(ZX, YX, x - value);
        Point3 ab = Point3.Cross(a, b), ac = Point3.Cross(a, c), bc = Point3.Cross(b, c);
        Point3 best = Longest(ab, ac, bc);
        if (best.Length > 1e-10 * size * size) return 1 / best.Length * best;
        Point3 row = Longest(a, b, c);
        Point3 any = Math.Abs(row.Z) < 0.5 * row.Length ? new Point3(1, 0, 0) : new Point3(0, 1, 0);
        Point3 across = Point3.Cross(row, any);
        return across.Length > 0 ? 1 / across.Length * across : any;

        static Point3 Longest(Point3 p, Point3 q, Point3 r)
        {
            Point3 longer = Point3.Dot(p, p) >= Point3.Dot(q, q) ? p : q;
            return Point3.Dot(longer, longer) >= Point3.Dot(r, r) ? longer : r;
        }
    }

    /// <summary>All entries multiplied.</summary>
    public static Matrix3 operator *(double s, Matrix3 m) =>
        new(s * m.ZZ, s * m.ZY, s * m.ZX, s * m.YZ, s * m.YY, s * m.YX, s * m.XZ, s * m.XY, s * m.XX);

    /// <summary>The matrix times a vector.</summary>
    public static Point3 operator *(Matrix3 m, Point3 p) => new(
        m.ZZ * p.Z + m.ZY * p.Y + m.ZX * p.X,
        m.YZ * p.Z + m.YY * p.Y + m.YX * p.X,
        m.XZ * p.Z + m.XY * p.Y + m.XX * p.X);

    /// <summary>The product: <paramref name="b"/> first.</summary>
    public static Matrix3 operator *(Matrix3 a, Matrix3 b)
    {
        Point3 z = a * new Point3(b.ZZ, b.YZ, b.XZ), y = a * new Point3(b.ZY, b.YY, b.XY), x = a * new Point3(b.ZX, b.YX, b.XX);
        return new Matrix3(z.Z, y.Z, x.Z, z.Y, y.Y, x.Y, z.X, y.X, x.X);
    }
}

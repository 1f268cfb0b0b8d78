using ClemReg.Algorithms.Transforms;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Alignment;

/// <summary>Rotations as matrices on z, y, x vectors, and sets of them that cover a range.</summary>
internal static class RotationSet
{
    /// <summary>Steps of the sets around an axis, degrees: half of what the ascent at 500 nm comes back from.</summary>
    public const double StepDegrees = 10;

    /// <summary>The rotation by |v| radians about v (Rodrigues), right-handed in the order of the coordinates.</summary>
    public static Matrix3 FromVector(Point3 v)
    {
        double angle = v.Length;
        if (angle < 1e-12) return Matrix3.Identity;
        (double sin, double cos) = Math.SinCos(angle);
        Point3 e = 1 / angle * v;
        double k = 1 - cos;
        return new Matrix3(
            cos + k * e.Z * e.Z, k * e.Z * e.Y - sin * e.X, k * e.Z * e.X + sin * e.Y,
            k * e.Y * e.Z + sin * e.X, cos + k * e.Y * e.Y, k * e.Y * e.X - sin * e.Z,
            k * e.X * e.Z - sin * e.Y, k * e.X * e.Y + sin * e.Z, cos + k * e.X * e.X);
    }

    /// <summary>The angle, degrees, between two similarities of the same handedness.</summary>
    public static double AngleDegrees(Matrix3 a, Matrix3 b)
    {
        double trace = a.ZZ * b.ZZ + a.ZY * b.ZY + a.ZX * b.ZX + a.YZ * b.YZ + a.YY * b.YY + a.YX * b.YX + a.XZ * b.XZ + a.XY * b.XY + a.XX * b.XX;
        double cos = (trace / Math.Cbrt(Math.Abs(a.Determinant * b.Determinant)) - 1) / 2;
        return Math.Acos(Math.Clamp(cos, -1, 1)) * 180 / Math.PI;
    }

    /// <summary>
    /// Evenly spread rotations: the super-Fibonacci spiral on the sphere of unit quaternions (Alexa 2022, Super-Fibonacci Spirals: Fast, Low-Discrepancy
    /// Sampling of SO(3)).
    /// </summary>
    public static Matrix3[] All(int count)
    {
        var set = new Matrix3[count];
        for (int i = 0; i < count; i++)
        {
            double s = i + 0.5, r = Math.Sqrt(s / count), q = Math.Sqrt(1 - s / count);
            double alpha = 2 * Math.PI * s / Math.Sqrt(2), beta = 2 * Math.PI * s / 1.533751168755204288118041;
            set[i] = FromQuaternion(r * Math.Sin(alpha), r * Math.Cos(alpha), q * Math.Sin(beta), q * Math.Cos(beta));
        }
        return set;
    }

    /// <summary>Around z in steps, each also tilted by up to <paramref name="tiltDegrees"/>; and the same turned over.</summary>
    public static Matrix3[] InPlane(double tiltDegrees, bool turnedOver)
    {
        var tilts = new List<Matrix3> { Matrix3.Identity };
        for (int ring = 1; ring * StepDegrees < tiltDegrees + StepDegrees / 2; ring++)
            for (int k = 0; k < 6 * ring; k++)
            {
                (double sin, double cos) = Math.SinCos(2 * Math.PI * k / (6 * ring));
                tilts.Add(FromVector(ring * StepDegrees * Math.PI / 180 * new Point3(0, sin, cos)));
            }
        var set = new List<Matrix3>();
        foreach (Matrix3 side in turnedOver ? (Matrix3[])[Matrix3.Identity, HalfTurnY] : [Matrix3.Identity])
            foreach (Matrix3 tilt in tilts)
                for (double angle = 0; angle < 360; angle += StepDegrees)
                    set.Add(tilt * FromVector(angle * Math.PI / 180 * new Point3(1, 0, 0)) * side);
        return [.. set];
    }

    /// <summary>The start and evenly spread rotations no more than <paramref name="degrees"/> from it.</summary>
    public static Matrix3[] Near(Matrix3 start, double degrees, int count) =>
        [start, .. All(count).Where(r => AngleDegrees(r, Matrix3.Identity) <= degrees).Select(r => r * start)];

    /// <summary>Half a turn about z.</summary>
    public static Matrix3 HalfTurnZ { get; } = new(1, 0, 0, 0, -1, 0, 0, 0, -1);

    private static Matrix3 HalfTurnY { get; } = new(-1, 0, 0, 0, 1, 0, 0, 0, -1);

    private static Matrix3 FromQuaternion(double x, double y, double z, double w) => new(
        1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w),
        2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w),
        2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y));
}

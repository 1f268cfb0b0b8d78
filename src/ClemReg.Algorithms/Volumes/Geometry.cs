using System.Globalization;
using System.Runtime.CompilerServices;

namespace ClemReg.Algorithms.Volumes;

/// <summary>A count of voxels along z, y and x.</summary>
public readonly record struct Size3(int Z, int Y, int X)
{
    /// <summary>All voxels.</summary>
    public long Count => (long)Z * Y * X;

    /// <summary>Voxels of one z slice.</summary>
    public int SliceCount => checked(Y * X);

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Z} x {Y} x {X}");
}

/// <summary>A point or vector in z, y, x order; nanometres unless said otherwise.</summary>
public readonly record struct Point3(double Z, double Y, double X)
{
    /// <summary>The sum.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Point3 operator +(Point3 a, Point3 b) => new(a.Z + b.Z, a.Y + b.Y, a.X + b.X);

    /// <summary>The difference.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Point3 operator -(Point3 a, Point3 b) => new(a.Z - b.Z, a.Y - b.Y, a.X - b.X);

    /// <summary>The multiple.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Point3 operator *(double s, Point3 a) => new(s * a.Z, s * a.Y, s * a.X);

    /// <summary>The lesser of each coordinate.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Point3 Min(Point3 a, Point3 b) => new(Math.Min(a.Z, b.Z), Math.Min(a.Y, b.Y), Math.Min(a.X, b.X));

    /// <summary>The greater of each coordinate.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Point3 Max(Point3 a, Point3 b) => new(Math.Max(a.Z, b.Z), Math.Max(a.Y, b.Y), Math.Max(a.X, b.X));

    /// <summary>The vector product, in a frame whose axes z, y, x follow each other as x, y, z do.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Point3 Cross(Point3 a, Point3 b) => new(a.Y * b.X - a.X * b.Y, a.X * b.Z - a.Z * b.X, a.Z * b.Y - a.Y * b.Z);

    /// <summary>The scalar product.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static double Dot(Point3 a, Point3 b) => a.Z * b.Z + a.Y * b.Y + a.X * b.X;

    /// <summary>The Euclidean length.</summary>
    public double Length => Math.Sqrt(Dot(this, this));

    /// <summary>The coordinate along axis 0 (z), 1 (y) or 2 (x).</summary>
    public double this[int axis] => axis switch
    {
        0 => Z,
        1 => Y,
        2 => X,
        _ => throw new ArgumentOutOfRangeException(nameof(axis)),
    };

    /// <summary>True when no coordinate is NaN or infinite.</summary>
    public bool IsFinite => double.IsFinite(Z) && double.IsFinite(Y) && double.IsFinite(X);

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"({Z:G6}, {Y:G6}, {X:G6})");
}

/// <summary>
/// Where the voxels of a volume lie: the centre of voxel i of an axis is at origin + i * spacing, in nanometres, z, y, x.
/// </summary>
public sealed record Grid
{
    /// <summary>The most pixels that a slice may have.</summary>
    public const int MostSlicePixels = int.MaxValue / 8;

    /// <summary>Makes a grid.</summary>
    /// <exception cref="BadInputException">A size below 1, a spacing that is not positive, or a number that is not finite.</exception>
    public Grid(Size3 size, Point3 spacing, Point3 origin = default)
    {
        if (size.Z < 1 || size.Y < 1 || size.X < 1)
            throw BadInputException.ForParameter("size", size, "at least 1 x 1 x 1 voxels (z, y, x)");
        if ((long)size.Y * size.X > MostSlicePixels)
            throw BadInputException.ForParameter("size", size, $"at most {MostSlicePixels} pixels a slice", "Crop or bin the image.");
        if (!spacing.IsFinite || spacing.Z <= 0 || spacing.Y <= 0 || spacing.X <= 0)
            throw BadInputException.ForParameter("spacing", spacing, "three positive lengths in nm (z, y, x)",
                "Set the voxel size in Image > Properties or give it on the command line.");
        if (!origin.IsFinite) throw BadInputException.ForParameter("origin", origin, "three finite lengths in nm (z, y, x)");
        Size = size;
        Spacing = spacing;
        Origin = origin;
    }

    /// <summary>Voxels along z, y, x.</summary>
    public Size3 Size { get; }

    /// <summary>Distance of neighbouring voxel centres along z, y, x in nm.</summary>
    public Point3 Spacing { get; }

    /// <summary>Position of the centre of voxel (0, 0, 0) in nm.</summary>
    public Point3 Origin { get; }

    /// <summary>The physical position (nm) of a voxel index, which may be fractional.</summary>
    public Point3 ToPhysical(double z, double y, double x) =>
        new(Origin.Z + z * Spacing.Z, Origin.Y + y * Spacing.Y, Origin.X + x * Spacing.X);

    /// <summary>The (fractional) voxel index of a physical position in nm.</summary>
    public Point3 ToIndex(Point3 p) =>
        new((p.Z - Origin.Z) / Spacing.Z, (p.Y - Origin.Y) / Spacing.Y, (p.X - Origin.X) / Spacing.X);

    /// <summary>Whether a physical position in nm lies in one of the voxels.</summary>
    public bool Holds(Point3 p)
    {
        Point3 u = ToIndex(p);
        return u.Z >= -0.5 && u.Y >= -0.5 && u.X >= -0.5 && u.Z <= Size.Z - 0.5 && u.Y <= Size.Y - 0.5 && u.X <= Size.X - 0.5;
    }
}

using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using ClemReg.Algorithms.Transforms;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Refinement;

/// <summary>A value with its first and second derivatives by position (nm, z, y, x).</summary>
/// <param name="Value">The value.</param>
/// <param name="Gradient">Its first derivatives, per nm.</param>
/// <param name="ZZ">Second derivative along z, per nm².</param>
/// <param name="YY">Along y.</param>
/// <param name="XX">Along x.</param>
/// <param name="ZY">Mixed.</param>
/// <param name="ZX">Mixed.</param>
/// <param name="YX">Mixed.</param>
internal readonly record struct LocalShape(float Value, Point3 Gradient, double ZZ, double YY, double XX, double ZY, double ZX, double YX)
{
    /// <summary>The second derivative along a direction.</summary>
    public double Along(Point3 u) => u.Z * u.Z * ZZ + u.Y * u.Y * YY + u.X * u.X * XX + 2 * (u.Z * u.Y * ZY + u.Z * u.X * ZX + u.Y * u.X * YX);

    /// <summary>The sum of the second derivatives along the axes.</summary>
    public double Laplacian => ZZ + YY + XX;
}

/// <summary>
/// A uniform cubic B-spline whose coefficients are the voxels of a volume: smooth, with exact derivatives. It is the voxels' field blurred
/// by the B-spline itself, whose variance is a third of a voxel squared on each axis (M. Unser 1999, Splines: a perfect fit, section on
/// B-spline moments); who makes the voxels takes that off the blur that is wanted.
/// </summary>
/// <remarks>Beyond the outermost voxels the field is as at the nearest place where all 64 coefficients exist.</remarks>
internal sealed unsafe class CubicSplineField : IDisposable
{
    /// <summary>The variance of the B-spline in voxels squared.</summary>
    public const double Variance = 1.0 / 3;

    /// <summary>Value, slope and curvature of four coefficients on three axes.</summary>
    private const int Weights = 36;

    /// <summary>A place has four coefficients on each axis.</summary>
    private const int Fewest = 4;

    private readonly Volume<float> _coefficients;
    private readonly Grid _grid;

    /// <summary>Takes charge of the coefficients. Where an axis has fewer than four, its outermost ones are repeated.</summary>
    public CubicSplineField(Volume<float> coefficients)
    {
        Size3 size = coefficients.Grid.Size;
        _coefficients = size.Z < Fewest || size.Y < Fewest || size.X < Fewest ? Widened(coefficients) : coefficients;
        _grid = _coefficients.Grid;
    }

    /// <summary>Where the coefficients lie.</summary>
    public Grid Grid => _grid;

    /// <summary>The value at a position in nm.</summary>
    [SkipLocalsInit]
    public float Value(Point3 q)
    {
        float* w = stackalloc float[Weights];
        float* at = Locate(q, w, derivatives: false);
        (long plane, int row) = Strides();
        var sum = Vector128<float>.Zero;
        for (int a = 0; a < 4; a++)
            for (int b = 0; b < 4; b++)
                sum += Vector128.Load(at + a * plane + b * row) * (w[a] * w[4 + b]);
        return Vector128.Dot(sum, Vector128.Load(w + 8));
    }

    /// <summary>The value and its derivatives at a position in nm.</summary>
    [SkipLocalsInit]
    public LocalShape Shape(Point3 q)
    {
        float* w = stackalloc float[Weights];
        float* at = Locate(q, w, derivatives: true);
        (long plane, int row) = Strides();
        Vector128<float> v = default, z = default, y = default, zz = default, zy = default, yy = default;
        for (int a = 0; a < 4; a++)
        {
            Vector128<float> p = default, p1 = default, p2 = default;
            float* from = at + a * plane;
            for (int b = 0; b < 4; b++)
            {
                Vector128<float> r = Vector128.Load(from + b * row);
                p += r * w[4 + b];
                p1 += r * w[16 + b];
                p2 += r * w[28 + b];
            }
            (v, y, yy) = (v + p * w[a], y + p1 * w[a], yy + p2 * w[a]);
            (z, zy) = (z + p * w[12 + a], zy + p1 * w[12 + a]);
            zz += p * w[24 + a];
        }
        Vector128<float> x0 = Vector128.Load(w + 8), x1 = Vector128.Load(w + 20), x2 = Vector128.Load(w + 32);
        double hz = 1 / _grid.Spacing.Z, hy = 1 / _grid.Spacing.Y, hx = 1 / _grid.Spacing.X;
        return new LocalShape(
            Vector128.Dot(v, x0),
            new Point3(hz * Vector128.Dot(z, x0), hy * Vector128.Dot(y, x0), hx * Vector128.Dot(v, x1)),
            hz * hz * Vector128.Dot(zz, x0), hy * hy * Vector128.Dot(yy, x0), hx * hx * Vector128.Dot(v, x2),
            hz * hy * Vector128.Dot(zy, x0), hz * hx * Vector128.Dot(z, x1), hy * hx * Vector128.Dot(y, x1));
    }

    /// <summary>Takes the field off each voxel of a finer volume.</summary>
    public void TakeFrom(Volume<float> volume, Job job)
    {
        (int depth, int height, int width) = volume.Grid.Size;
        (int rows, int columns) = (_grid.Size.Y, _grid.Size.X);
        ((int First, float[] Weights)[] zs, (int First, float[] Weights)[] ys, (int First, float[] Weights)[] xs) =
            (Nodes(volume.Grid, 0), Nodes(volume.Grid, 1), Nodes(volume.Grid, 2));
        job.For(depth, () => (new float[rows * columns], new float[columns]), (z, scratch) =>
        {
            (float[] plane, float[] row) = scratch;
            Combine(_coefficients.Pointer + (long)zs[z].First * plane.Length, zs[z].Weights, plane);
            for (int y = 0; y < height; y++)
            {
                fixed (float* from = plane) Combine(from + ys[y].First * columns, ys[y].Weights, row);
                Span<float> to = volume.Row(z, y);
                for (int x = 0; x < width; x++)
                {
                    (int i, float[] w) = xs[x];
                    to[x] -= w[0] * row[i] + w[1] * row[i + 1] + w[2] * row[i + 2] + w[3] * row[i + 3];
                }
            }
        });
    }

    /// <inheritdoc/>
    public void Dispose() => _coefficients.Dispose();

    private static Volume<float> Widened(Volume<float> narrow)
    {
        using Volume<float> given = narrow;
        Grid grid = given.Grid;
        static int More(int n) => n < Fewest ? (Fewest - n + 1) / 2 + 1 : 0;
        (int z0, int y0, int x0) = (More(grid.Size.Z), More(grid.Size.Y), More(grid.Size.X));
        var wide = new Volume<float>(new Grid(new Size3(grid.Size.Z + 2 * z0, grid.Size.Y + 2 * y0, grid.Size.X + 2 * x0), grid.Spacing, grid.ToPhysical(-z0, -y0, -x0)));
        for (int z = 0; z < wide.Grid.Size.Z; z++)
            for (int y = 0; y < wide.Grid.Size.Y; y++)
            {
                Span<float> from = given.Row(Math.Clamp(z - z0, 0, grid.Size.Z - 1), Math.Clamp(y - y0, 0, grid.Size.Y - 1)), to = wide.Row(z, y);
                for (int x = 0; x < to.Length; x++) to[x] = from[Math.Clamp(x - x0, 0, grid.Size.X - 1)];
            }
        return wide;
    }

    /// <summary>For each voxel of a grid along an axis: the first of its four coefficients, and their weights.</summary>
    private (int First, float[] Weights)[] Nodes(Grid grid, int axis)
    {
        (int own, int count) = axis switch { 0 => (_grid.Size.Z, grid.Size.Z), 1 => (_grid.Size.Y, grid.Size.Y), _ => (_grid.Size.X, grid.Size.X) };
        var nodes = new (int, float[])[count];
        for (int i = 0; i < count; i++)
        {
            var weights = new float[4];
            fixed (float* w = weights) nodes[i] = (Axis(_grid.ToIndex(grid.ToPhysical(i, i, i))[axis], own, w, derivatives: false), weights);
        }
        return nodes;
    }

    /// <summary>The weighted sum of four stretches of numbers that follow each other.</summary>
    private static void Combine(float* from, float[] weights, float[] sum)
    {
        int n = sum.Length;
        for (int i = 0; i < n; i++)
            sum[i] = weights[0] * from[i] + weights[1] * from[n + i] + weights[2] * from[2 * n + i] + weights[3] * from[3 * n + i];
    }

    private (long Plane, int Row) Strides() => ((long)_grid.Size.Y * _grid.Size.X, _grid.Size.X);

    /// <summary>The first of the 64 coefficients and the weights: value (z, y, x: 0 to 11), slope (12 to 23) and curvature (24 to 35) by voxels.</summary>
    private float* Locate(Point3 q, float* w, bool derivatives)
    {
        Point3 u = _grid.ToIndex(q);
        int z = Axis(u.Z, _grid.Size.Z, w, derivatives);
        int y = Axis(u.Y, _grid.Size.Y, w + 4, derivatives);
        int x = Axis(u.X, _grid.Size.X, w + 8, derivatives);
        return _coefficients.Pointer + ((long)z * _grid.Size.Y + y) * _grid.Size.X + x;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int Axis(double u, int n, float* w, bool derivatives)
    {
        u = Math.Clamp(u, 1, n - 2);
        int i = Math.Min((int)u, n - 3);
        float f = (float)(u - i), g = 1 - f;
        CubicBSpline.Values(f, new Span<float>(w, 4));
        if (derivatives)
        {
            CubicBSpline.Slopes(f, new Span<float>(w + 12, 4));
            w[24] = g;
            w[25] = -2 + 3 * f;
            w[26] = -2 + 3 * g;
            w[27] = f;
        }
        return i - 1;
    }
}

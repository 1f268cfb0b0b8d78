using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Transforms;

/// <summary>How a <see cref="DisplacementField"/> is continued between its nodes.</summary>
public enum FieldInterpolation
{
    /// <summary>Linear between displacements; constant beyond the outermost nodes.</summary>
    Linear = 1,
    /// <summary>Uniform cubic B-spline with the numbers as coefficients; constant beyond the outermost nodes but one.</summary>
    CubicBSpline = 3,
}

/// <summary>The map p + d(p) with displacements d on a regular grid.</summary>
public sealed class DisplacementField : SpatialTransform
{
    private readonly double[] _coefficients;

    /// <summary>Makes a field.</summary>
    /// <param name="nodes">Where the nodes lie, nm; for a cubic B-spline 4 or more on each axis.</param>
    /// <param name="interpolation">Between the nodes.</param>
    /// <param name="coefficients">nm; the displacements along z of all nodes (z, y, x, x fastest), then along y, then along x.</param>
    /// <exception cref="BadInputException">Sizes that do not fit or numbers that are not finite.</exception>
    public DisplacementField(Grid nodes, FieldInterpolation interpolation, ReadOnlySpan<double> coefficients)
    {
        Size3 n = nodes.Size;
        if (interpolation == FieldInterpolation.CubicBSpline && Math.Min(n.Z, Math.Min(n.Y, n.X)) < 4)
            throw BadInputException.ForParameter("displacement_field.size", n, "4 or more nodes on each axis for a cubic B-spline");
        if (n.Count > int.MaxValue / 4) throw BadInputException.ForParameter("displacement_field.size", n, $"at most {int.MaxValue / 4} nodes", "Take a coarser grid.");
        if (coefficients.Length != 3 * n.Count)
            throw BadInputException.ForParameter("displacement_field.displacements", coefficients.Length + " numbers", $"{3 * n.Count} numbers: z, y and x for each of {n} nodes");
        foreach (double c in coefficients)
            if (!double.IsFinite(c)) throw BadInputException.ForParameter("displacement_field.displacements", c, "finite numbers in nm");
        Nodes = nodes;
        Interpolation = interpolation;
        _coefficients = coefficients.ToArray();
    }

    /// <summary>Where the nodes lie.</summary>
    public Grid Nodes { get; }

    /// <summary>Between the nodes.</summary>
    public FieldInterpolation Interpolation { get; }

    /// <summary>The numbers in nm: for z, y, x displacement all nodes in z, y, x order, x fastest.</summary>
    public ReadOnlySpan<double> Coefficients => _coefficients;

    /// <summary>A linear field with the displacements that a map makes at the nodes.</summary>
    /// <param name="transform">Any map.</param>
    /// <param name="nodes">In the coordinates that the map takes.</param>
    /// <param name="job">The work.</param>
    public static DisplacementField Sample(SpatialTransform transform, Grid nodes, Job job)
    {
        (int nz, int ny, int nx) = nodes.Size;
        var d = new double[checked(3 * (int)nodes.Size.Count)];
        int component = nz * ny * nx;
        job.For(nz * ny, () => (new Point3[nx], new Point3[nx]), (row, scratch) =>
        {
            (Point3[] points, Point3[] images) = scratch;
            for (int x = 0; x < nx; x++) points[x] = nodes.ToPhysical(row / ny, row % ny, x);
            transform.Apply(points, images);
            for (int x = 0; x < nx; x++)
                for (int axis = 0; axis < 3; axis++) d[axis * component + row * nx + x] = images[x][axis] - points[x][axis];
        });
        return new DisplacementField(nodes, FieldInterpolation.Linear, d);
    }

    /// <inheritdoc/>
    public override Point3 Apply(Point3 p) => p + At(p);

    /// <inheritdoc/>
    public override SpatialTransform Inverse() => new InverseTransform(this);

    /// <summary>The displacement in nm at a position in nm.</summary>
    public Point3 At(Point3 p)
    {
        Span<double> w = stackalloc double[12];
        (int iz, int iy, int ix) = Weights(p, w, default);
        return Sum(iz, iy, ix, w[..4], w.Slice(4, 4), w.Slice(8, 4));
    }

    /// <inheritdoc/>
    public override Matrix3 Jacobian(Point3 p)
    {
        Span<double> w = stackalloc double[12];
        Span<double> s = stackalloc double[12];
        (int iz, int iy, int ix) = Weights(p, w, s);
        Point3 z = Sum(iz, iy, ix, s[..4], w.Slice(4, 4), w.Slice(8, 4));
        Point3 y = Sum(iz, iy, ix, w[..4], s.Slice(4, 4), w.Slice(8, 4));
        Point3 x = Sum(iz, iy, ix, w[..4], w.Slice(4, 4), s.Slice(8, 4));
        return new Matrix3(1 + z.Z, y.Z, x.Z, z.Y, 1 + y.Y, x.Y, z.X, y.X, 1 + x.X);
    }

    /// <summary>The determinant of a linear field is least in a corner of a cell, as each cell sees it; that of a cubic one is sampled between the nodes.</summary>
    internal override IReadOnlyList<(Point3 Place, double Determinant)> ExtremeDeterminants(Job job)
    {
        (int nz, int ny, int nx) = Nodes.Size;
        double inset = Interpolation == FieldInterpolation.Linear ? 1e-6 : 1.0 / 3;
        var rows = new (Point3, double)[nz * ny];
        job.For(rows.Length, row =>
        {
            (Point3 Place, double Determinant) least = (default, double.PositiveInfinity);
            for (int x = 0; x < nx; x++)
                for (int corner = 0; corner < 8; corner++)
                {
                    double Off(int bit) => (corner & bit) == 0 ? inset : -inset;
                    Point3 p = Nodes.ToPhysical(row / ny + Off(4), row % ny + Off(2), x + Off(1));
                    double determinant = Jacobian(p).Determinant;
                    if (determinant < least.Determinant) least = (p, determinant);
                }
            rows[row] = least;
        });
        return rows;
    }

    private Point3 Sum(int iz, int iy, int ix, ReadOnlySpan<double> wz, ReadOnlySpan<double> wy, ReadOnlySpan<double> wx)
    {
        (int nz, int ny, int nx) = Nodes.Size;
        int plane = ny * nx, component = nz * plane, taps = (int)Interpolation + 1;
        double z = 0, y = 0, x = 0;
        for (int a = 0; a < Math.Min(taps, nz); a++)
        {
            for (int b = 0; b < Math.Min(taps, ny); b++)
            {
                int at = (iz + a) * plane + (iy + b) * nx + ix;
                double factor = wz[a] * wy[b];
                for (int c = 0; c < Math.Min(taps, nx); c++)
                {
                    double f = factor * wx[c];
                    z += f * _coefficients[at + c];
                    y += f * _coefficients[component + at + c];
                    x += f * _coefficients[2 * component + at + c];
                }
            }
        }
        return new Point3(z, y, x);
    }

    /// <summary>The first tap on each axis, the taps' weights, four an axis, and, where there is room, their derivatives per nm.</summary>
    private (int Z, int Y, int X) Weights(Point3 p, Span<double> w, Span<double> slopes)
    {
        Span<double> Slopes(Span<double> all, int axis) => all.IsEmpty ? default : all.Slice(4 * axis, 4);
        return (Axis(p.Z, Nodes.Origin.Z, Nodes.Spacing.Z, Nodes.Size.Z, w[..4], Slopes(slopes, 0)),
            Axis(p.Y, Nodes.Origin.Y, Nodes.Spacing.Y, Nodes.Size.Y, w.Slice(4, 4), Slopes(slopes, 1)),
            Axis(p.X, Nodes.Origin.X, Nodes.Spacing.X, Nodes.Size.X, w.Slice(8, 4), Slopes(slopes, 2)));
    }

    private int Axis(double p, double origin, double spacing, int n, Span<double> w, Span<double> slopes)
    {
        bool cubic = Interpolation == FieldInterpolation.CubicBSpline;
        int cells = n - (int)Interpolation;
        double u = (p - (cubic ? origin + spacing : origin)) / spacing;
        double slope = u < 0 || u > cells ? 0 : 1 / spacing;
        u = Math.Clamp(u, 0, Math.Max(cells, 0));
        int i = Math.Max(0, Math.Min((int)u, cells - 1));
        double f = u - i, g = 1 - f;
        if (!cubic)
        {
            (w[0], w[1]) = (g, f);
            if (!slopes.IsEmpty) (slopes[0], slopes[1]) = n > 1 ? (-slope, slope) : (0, 0);
            return i;
        }
        CubicBSpline.Values(f, w);
        if (slopes.IsEmpty) return i;
        CubicBSpline.Slopes(f, slopes);
        for (int k = 0; k < 4; k++) slopes[k] *= slope;
        return i;
    }
}

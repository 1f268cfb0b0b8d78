using System.Globalization;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Transforms;

/// <summary>The change of volume that a transform makes, and where it is least: at 0 and below space is folded.</summary>
/// <param name="Minimum">The least determinant of the Jacobian, positive where the map keeps the orientation of its nearest affine map.</param>
/// <param name="Place">Where it is, nm, z, y, x, in the coordinates that the transform takes.</param>
/// <param name="Maximum">The largest.</param>
public sealed record JacobianCheck(double Minimum, Point3 Place, double Maximum)
{
    /// <summary>Nodes along the longest axis of the grid that is looked at.</summary>
    private const int Nodes = 33;

    /// <summary>True if space is folded somewhere.</summary>
    public bool Folds => Minimum <= 0;

    /// <summary>
    /// Evaluates the determinant at nodes over the box of a grid, 2 to 33 along each axis, and where the transform says that it may be extreme.
    /// </summary>
    /// <param name="transform">The map.</param>
    /// <param name="grid">Where to look: the box of the voxel centres.</param>
    /// <param name="job">The work.</param>
    public static JacobianCheck Measure(SpatialTransform transform, Grid grid, Job job)
    {
        double orientation = Math.Sign(transform.Approximation.Determinant);
        Point3 extent = grid.ToPhysical(grid.Size.Z - 1, grid.Size.Y - 1, grid.Size.X - 1) - grid.Origin;
        double longest = Math.Max(extent.Z, Math.Max(extent.Y, extent.X));
        int Count(double length) => length > 0 ? Math.Max(2, (int)Math.Ceiling(length / longest * (Nodes - 1)) + 1) : 1;
        int nz = Count(extent.Z), ny = Count(extent.Y), nx = Count(extent.X);
        double At(double length, int i, int n) => n > 1 ? length * i / (n - 1) : 0;
        var rows = new JacobianCheck[nz * ny];
        job.For(rows.Length, () => (new Point3[nx], new Point3[nx], new Matrix3[nx]), (row, scratch) =>
        {
            (Point3[] points, Point3[] images, Matrix3[] jacobians) = scratch;
            for (int x = 0; x < nx; x++)
                points[x] = grid.Origin + new Point3(At(extent.Z, row / ny, nz), At(extent.Y, row % ny, ny), At(extent.X, x, nx));
            transform.Apply(points, images, jacobians);
            var range = new JacobianCheck(double.PositiveInfinity, default, double.NegativeInfinity);
            for (int x = 0; x < nx; x++) range = range.With(points[x], jacobians[x].Determinant * orientation);
            rows[row] = range;
        });
        JacobianCheck all = rows[0];
        foreach (JacobianCheck row in rows) all = all.With(row.Place, row.Minimum) with { Maximum = Math.Max(all.Maximum, row.Maximum) };
        foreach ((Point3 place, double determinant) in transform.ExtremeDeterminants(job))
        {
            Point3 d = place - grid.Origin;
            if (d.Z >= 0 && d.Y >= 0 && d.X >= 0 && d.Z <= extent.Z && d.Y <= extent.Y && d.X <= extent.X) all = all.With(place, determinant * orientation);
        }
        return all;
    }

    /// <summary>Refuses a map that folds.</summary>
    /// <param name="what">How the message calls it, for example "the displacement field".</param>
    /// <exception cref="BadInputException">It folds; the message has the least determinant and its place.</exception>
    public void RequireNoFold(string what)
    {
        if (!Folds) return;
        throw new BadInputException(string.Create(CultureInfo.InvariantCulture,
            $"{what} folds space: the determinant of its Jacobian is {Minimum:G3} at {Place} nm (z, y, x), and it must be positive everywhere in the image. ")
            + "Remove wrong landmarks, smooth more (thin_plate_regularisation) or use a stiffer registration.");
    }

    private JacobianCheck With(Point3 place, double determinant)
    {
        JacobianCheck result = this;
        // NaN counts as folded.
        if (!(determinant >= Minimum)) result = result with { Minimum = double.IsNaN(determinant) ? double.NegativeInfinity : determinant, Place = place };
        return determinant > Maximum ? result with { Maximum = determinant } : result;
    }
}

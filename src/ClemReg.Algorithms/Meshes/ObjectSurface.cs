using ClemReg.Algorithms.Mitochondria;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Meshes;

/// <summary>How surfaces are made of labels.</summary>
public sealed record SurfaceOptions
{
    /// <summary>Strength of the smoothing of the labels' steps, 0 (none: the steps stay) to 3; 1 suits shapes drawn or found slice by slice.</summary>
    public double Smoothing { get; init; } = 1;

    /// <summary>Rounds of Taubin's smoothing of the surface itself, 0 or more.</summary>
    public int TaubinRounds { get; init; }

    /// <summary>Whether the surface is made as FAMOUS makes it, from hulls; then the two others do not count.</summary>
    public bool FromHulls { get; init; }

    internal void Check()
    {
        if (!(Smoothing is >= 0 and <= 3)) throw BadInputException.ForParameter("smoothing", Smoothing, "a number from 0 to 3");
        if (TaubinRounds is < 0 or > 1000) throw BadInputException.ForParameter("taubin_rounds", TaubinRounds, "a whole number from 0 to 1000");
    }
}

/// <summary>
/// The closed surface of one object of a label volume: marching cubes on its smoothed membership (<see cref="ObjectLattice"/>), then moved along its normals, everywhere by the same length, until it holds the
/// volume of the object's voxels. An object cut by the volume's border is closed there by a flat face where the volume ends.
/// </summary>
public static class ObjectSurface
{
    /// <summary>Standard deviation of the blur along an axis, in voxels of the coarsest and of that axis; found on ellipsoids (docs/decisions/26-meshes.md).</summary>
    private const double OfCoarsest = 0.8, OfAxis = 0.6;

    /// <summary>A surface that holds less or more than the voxels by this part, after all, is made anew without smoothing.</summary>
    private const double VolumeTolerance = 0.02;
    private const int VolumeRounds = 12;

    /// <summary>Makes the surface of an object.</summary>
    /// <param name="labels">The volume.</param>
    /// <param name="which">One of its objects.</param>
    /// <param name="options">How.</param>
    /// <param name="job">Cancellation.</param>
    /// <returns>Watertight; nm, in the volume's place.</returns>
    /// <exception cref="BadInputException">An option is out of range.</exception>
    public static TriangleMesh Of(LabelVolume labels, LabelledObject which, SurfaceOptions options, Job job)
    {
        options.Check();
        if (options.FromHulls) return HullSurface.Of(labels, which, job);
        Point3 s = labels.Grid.Spacing;
        double coarsest = Math.Max(s.Z, Math.Max(s.Y, s.X)), volume = which.Voxels * s.Z * s.Y * s.X;
        double Sigma(double spacing) => options.Smoothing * Math.Sqrt(OfCoarsest * coarsest * OfCoarsest * coarsest + OfAxis * spacing * OfAxis * spacing);
        (TriangleMesh mesh, double off) = Make(labels, which, new Point3(Sigma(s.Z), Sigma(s.Y), Sigma(s.X)), options, volume, job);
        if (off <= VolumeTolerance || options.Smoothing == 0) return mesh;
        (TriangleMesh plain, double plainOff) = Make(labels, which, default, options with { TaubinRounds = 0 }, volume, job);
        return plainOff < off ? plain : mesh;
    }

    private static (TriangleMesh Mesh, double Off) Make(LabelVolume labels, LabelledObject which, Point3 sigma, SurfaceOptions options, double volume, Job job)
    {
        TriangleMesh mesh = SurfaceExtraction.Run(new ObjectLattice(labels, which, sigma), job);
        if (mesh.Count == 0) return (mesh, double.PositiveInfinity);
        var borders = new VolumeBorders(labels.Grid);
        if (options.TaubinRounds > 0) mesh = TaubinSmoothing.Run(mesh, options.TaubinRounds, borders, job);
        return (Match(mesh, volume, borders, job), Math.Abs(mesh.Volume / volume - 1));
    }

    /// <summary>Moves the vertices along their normals until the mesh, which is changed, holds a volume; those where the volume ends stay there.</summary>
    private static TriangleMesh Match(TriangleMesh mesh, double volume, VolumeBorders borders, Job job)
    {
        double most = borders.Coarsest, moved = 0;
        for (int round = 0; round < VolumeRounds; round++)
        {
            job.ThrowIfCancelled();
            double missing = volume - mesh.Volume;
            if (Math.Abs(missing) < 1e-6 * volume) break;
            double step = Math.Clamp(missing / mesh.Area, -most - moved, most - moved);
            moved += step;
            Point3[] normals = mesh.VertexNormals();
            for (int i = 0; i < normals.Length; i++) mesh.Vertices[i] = borders.Move(mesh.Vertices[i], step * normals[i]);
        }
        return mesh;
    }
}

/// <summary>Where a volume ends: half a voxel beyond its outermost voxel centres. Vertices of the faces that close cut objects lie there and stay there.</summary>
internal sealed class VolumeBorders(Grid grid)
{
    private readonly Point3 _low = grid.ToPhysical(-0.5, -0.5, -0.5);
    private readonly Point3 _high = grid.ToPhysical(grid.Size.Z - 0.5, grid.Size.Y - 0.5, grid.Size.X - 0.5);

    /// <summary>The longest side of a voxel, nm.</summary>
    public double Coarsest { get; } = Math.Max(grid.Spacing.Z, Math.Max(grid.Spacing.Y, grid.Spacing.X));

    /// <summary>Whether a vertex lies on the border along an axis.</summary>
    public bool Holds(Point3 p, int axis) => Math.Abs(p[axis] - _low[axis]) <= 1e-6 * grid.Spacing[axis] || Math.Abs(p[axis] - _high[axis]) <= 1e-6 * grid.Spacing[axis];

    /// <summary>Whether a vertex lies on the border.</summary>
    public bool Holds(Point3 p) => Holds(p, 0) || Holds(p, 1) || Holds(p, 2);

    /// <summary>A vertex moved, within the volume, and on the border if it lay there.</summary>
    public Point3 Move(Point3 p, Point3 by)
    {
        Point3 moved = Point3.Min(Point3.Max(p + by, _low), _high);
        return new Point3(Holds(p, 0) ? p.Z : moved.Z, Holds(p, 1) ? p.Y : moved.Y, Holds(p, 2) ? p.X : moved.X);
    }
}

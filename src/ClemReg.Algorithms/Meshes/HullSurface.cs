using ClemReg.Algorithms.Mitochondria;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Meshes;

/// <summary>
/// The surface of an object as FAMOUS makes it in Blender, stage by stage: the cloud of its points, their convex hull, a remesh, scaling by 1 to 3 % (where the points are about equally far from the middle) or a projection onto the
/// cloud first, the points outside left out as noise, the hull of the others with a denser remesh, projection, smoothing. One piece without a hole, whatever the object: cavities and the holes of rings are spanned.
/// Where the paper gives no number, one was chosen; docs/decisions/26-meshes.md.
/// </summary>
internal static class HullSurface
{
    /// <summary>Cubes along the longest side, of the rough remesh and of the dense one.</summary>
    private const int Rough = 24, Dense = 64;
    /// <summary>Distances from the middle that vary by less than this part of their mean count as equal.</summary>
    private const double Uniform = 0.2;
    /// <summary>The rough surface is made smaller by the least of these parts that leaves so large a part of the points outside.</summary>
    private const double LeastScaling = 0.01, MostScaling = 0.03, Exposed = 0.01;
    private const int Smoothing = 5, Halvings = 3;
    /// <summary>A remesh that holds less of its hull is too coarse.</summary>
    private const double LeastVolume = 0.9;

    /// <summary>Makes the surface.</summary>
    /// <param name="labels">The volume.</param>
    /// <param name="which">One of its objects.</param>
    /// <param name="job">Cancellation.</param>
    /// <returns>Watertight and of one piece without handles; nm.</returns>
    public static TriangleMesh Of(LabelVolume labels, LabelledObject which, Job job)
    {
        Point3 spacing = labels.Grid.Spacing;
        double finest = Math.Min(spacing.Z, Math.Min(spacing.Y, spacing.X)), diagonal = spacing.Length;
        Point3[] cloud = ObjectCloud.Of(labels, which, job);
        TriangleMesh hull = ConvexHull.Of(cloud, job), rough = Remeshed(hull, Rough, finest, job);
        Point3 middle = 1.0 / cloud.Length * cloud.Aggregate((a, b) => a + b);
        double[] distances = Array.ConvertAll(rough.Vertices, p => (p - middle).Length);
        double mean = distances.Average(), spread = Math.Sqrt(distances.Average(d => (d - mean) * (d - mean))) / mean;
        if (spread > Uniform) rough = ShrinkWrap.Run(rough, cloud, diagonal, job);
        Point3[] kept = cloud;
        for (double less = LeastScaling; less <= MostScaling && kept.Length > (1 - Exposed) * cloud.Length; less += LeastScaling / 2)
            kept = ShrinkWrap.Interior(ShrinkWrap.Scaled(rough, middle, 1 - less), cloud, job);
        if (!Solid(kept)) kept = cloud;
        hull = ConvexHull.Of(kept, job);
        TriangleMesh dense = ShrinkWrap.Run(Remeshed(hull, Dense, finest, job), kept, diagonal, job);
        return TaubinSmoothing.Run(dense, Smoothing, job);
    }

    /// <summary>A hull with even triangles; of a thin one those of a finer lattice, and a sheet's are left as they are.</summary>
    private static TriangleMesh Remeshed(TriangleMesh hull, int cubes, double finest, Job job)
    {
        (Point3 low, Point3 high) = hull.Bounds;
        Point3 extent = high - low;
        double cell = Math.Max(finest, Math.Max(extent.Z, Math.Max(extent.Y, extent.X)) / cubes);
        for (int halving = 0; halving < Halvings; halving++, cell /= 2)
        {
            TriangleMesh mesh = ConvexRemesh.Run(hull, cell, job);
            if (mesh.Volume > LeastVolume * hull.Volume) return mesh;
        }
        return hull;
    }

    /// <summary>Whether points fill space, as those of an object of few voxels may no longer do.</summary>
    private static bool Solid(Point3[] points)
    {
        if (points.Length < 4) return false;
        (Point3 low, Point3 high) = (points[0], points[0]);
        foreach (Point3 p in points) (low, high) = (Point3.Min(low, p), Point3.Max(high, p));
        return high.Z > low.Z && high.Y > low.Y && high.X > low.X;
    }
}

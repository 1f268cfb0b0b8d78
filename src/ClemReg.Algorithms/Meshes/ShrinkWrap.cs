using ClemReg.Algorithms.PointClouds;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Meshes;

/// <summary>Lays a closed surface round a cloud of points as wrapping shrinks: it comes closer along its normals as long as that brings it nearer to the points, and at last onto them.</summary>
internal static class ShrinkWrap
{
    private const int Rounds = 12;
    /// <summary>Part of the distance to the nearest point that a vertex goes at once.</summary>
    private const double Step = 0.5;

    /// <summary>Projects a mesh onto points; its triangles stay, so that it is watertight if it was.</summary>
    /// <param name="mesh">A surface round the points.</param>
    /// <param name="points">At least one.</param>
    /// <param name="near">So close to a point, nm, a vertex goes no further, and at the end to its height.</param>
    /// <param name="job">Cancellation.</param>
    public static TriangleMesh Run(TriangleMesh mesh, Point3[] points, double near, Job job)
    {
        var tree = new KdTree(points);
        TriangleMesh now = new([.. mesh.Vertices], mesh.Triangles);
        Span<int> index = stackalloc int[1];
        Span<double> square = stackalloc double[1];
        for (int round = 0; round < Rounds; round++)
        {
            Point3[] normals = now.VertexNormals();
            bool moved = false;
            for (int i = 0; i < normals.Length; i++)
            {
                if (i % 1024 == 0) job.ThrowIfCancelled();
                tree.Nearest(now.Vertices[i], index, square);
                double distance = Math.Sqrt(square[0]);
                if (distance <= near) continue;
                Point3 inwards = now.Vertices[i] - Step * distance * normals[i];
                tree.Nearest(inwards, index, square);
                if (!(square[0] < distance * distance)) continue;
                now.Vertices[i] = inwards;
                moved = true;
            }
            if (!moved) break;
            now = TaubinSmoothing.Run(now, 1, job);
        }
        Point3[] outward = now.VertexNormals();
        for (int i = 0; i < outward.Length; i++)
        {
            if (i % 1024 == 0) job.ThrowIfCancelled();
            tree.Nearest(now.Vertices[i], index, square);
            if (square[0] <= near * near) now.Vertices[i] += Point3.Dot(points[index[0]] - now.Vertices[i], outward[i]) * outward[i];
        }
        return now;
    }

    /// <summary>A mesh made smaller or larger about a point.</summary>
    public static TriangleMesh Scaled(TriangleMesh mesh, Point3 about, double factor) => new(Array.ConvertAll(mesh.Vertices, p => about + factor * (p - about)), mesh.Triangles);

    /// <summary>The points that lie behind the surface where it is nearest to them.</summary>
    /// <param name="mesh">A closed surface.</param>
    /// <param name="points">The points.</param>
    /// <param name="job">Cancellation.</param>
    public static Point3[] Interior(TriangleMesh mesh, Point3[] points, Job job)
    {
        var surface = new KdTree(mesh.Vertices);
        Point3[] normals = mesh.VertexNormals();
        var inside = new List<Point3>(points.Length);
        Span<int> index = stackalloc int[1];
        Span<double> square = stackalloc double[1];
        for (int i = 0; i < points.Length; i++)
        {
            if (i % 1024 == 0) job.ThrowIfCancelled();
            surface.Nearest(points[i], index, square);
            if (Point3.Dot(points[i] - mesh.Vertices[index[0]], normals[index[0]]) <= 0) inside.Add(points[i]);
        }
        return [.. inside];
    }
}

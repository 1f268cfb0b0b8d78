using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Meshes;

/// <summary>
/// A surface of triangles in nanometres. Points are z, y, x as everywhere in this house; the corners of a triangle run counter-clockwise seen from outside where x, y, z is a
/// right-handed frame, as STL, OBJ and PLY files want it.
/// </summary>
public sealed class TriangleMesh
{
    /// <summary>Takes vertices and triangles.</summary>
    /// <param name="vertices">Positions, nm, z, y, x.</param>
    /// <param name="triangles">Three vertex numbers for each triangle.</param>
    /// <exception cref="BadInputException">A position is not finite, or a triangle has a vertex that is not there.</exception>
    public TriangleMesh(Point3[] vertices, int[] triangles)
    {
        if (triangles.Length % 3 != 0) throw BadInputException.ForParameter("triangles", triangles.Length, "three vertex numbers for each triangle");
        foreach (int v in triangles)
            if ((uint)v >= (uint)vertices.Length) throw BadInputException.ForParameter("triangles", v, $"vertex numbers from 0 to {vertices.Length - 1}");
        foreach (Point3 p in vertices)
            if (!p.IsFinite) throw BadInputException.ForParameter("vertices", p, "finite positions in nm");
        Vertices = vertices;
        Triangles = triangles;
    }

    /// <summary>Positions, nm, z, y, x.</summary>
    public Point3[] Vertices { get; }

    /// <summary>Three vertex numbers for each triangle.</summary>
    public int[] Triangles { get; }

    /// <summary>Triangles.</summary>
    public int Count => Triangles.Length / 3;

    /// <summary>The corners of triangle <paramref name="t"/>.</summary>
    public (Point3 A, Point3 B, Point3 C) Corners(int t) => (Vertices[Triangles[3 * t]], Vertices[Triangles[3 * t + 1]], Vertices[Triangles[3 * t + 2]]);

    /// <summary>Twice the area times the outward normal of triangle <paramref name="t"/>.</summary>
    public Point3 Normal(int t)
    {
        (Point3 a, Point3 b, Point3 c) = Corners(t);
        // The order z, y, x is a mirror of x, y, z, so that the outward product has its factors swapped.
        return Point3.Cross(c - a, b - a);
    }

    /// <summary>The area of all triangles, nm².</summary>
    public double Area
    {
        get
        {
            double sum = 0;
            for (int t = 0; t < Count; t++) sum += Normal(t).Length;
            return sum / 2;
        }
    }

    /// <summary>The volume that a closed surface holds, nm³, by the divergence theorem; cavities count negative.</summary>
    public double Volume
    {
        get
        {
            if (Vertices.Length == 0) return 0;
            // Relative to a vertex, so that far from the origin no digits are lost.
            Point3 o = Vertices[0];
            double sum = 0;
            for (int t = 0; t < Count; t++) sum += Point3.Dot(Vertices[Triangles[3 * t]] - o, Normal(t));
            return sum / 6;
        }
    }

    /// <summary>The least and the greatest coordinates; NaN for a mesh without vertices.</summary>
    public (Point3 Low, Point3 High) Bounds
    {
        get
        {
            if (Vertices.Length == 0) return (new Point3(double.NaN, double.NaN, double.NaN), new Point3(double.NaN, double.NaN, double.NaN));
            (Point3 low, Point3 high) = (Vertices[0], Vertices[0]);
            foreach (Point3 p in Vertices) (low, high) = (Point3.Min(low, p), Point3.Max(high, p));
            return (low, high);
        }
    }

    /// <summary>The normal of each vertex: unit vectors, outward, the mean of its triangles' weighted by their areas; 0 where it has none.</summary>
    public Point3[] VertexNormals()
    {
        var normals = new Point3[Vertices.Length];
        for (int t = 0; t < Count; t++)
        {
            Point3 n = Normal(t);
            for (int k = 0; k < 3; k++) normals[Triangles[3 * t + k]] += n;
        }
        for (int i = 0; i < normals.Length; i++)
        {
            double length = normals[i].Length;
            normals[i] = length > 0 ? 1 / length * normals[i] : default;
        }
        return normals;
    }

    /// <summary>The same mesh without vertices that no triangle has; the others keep their order.</summary>
    internal static TriangleMesh Compact(Point3[] vertices, List<int> triangles)
    {
        var number = new int[vertices.Length];
        foreach (int v in triangles) number[v] = 1;
        int count = 0;
        for (int i = 0; i < number.Length; i++) number[i] = number[i] == 0 ? -1 : count++;
        var kept = new Point3[count];
        for (int i = 0; i < number.Length; i++)
            if (number[i] >= 0) kept[number[i]] = vertices[i];
        return new TriangleMesh(kept, [.. triangles.Select(v => number[v])]);
    }
}

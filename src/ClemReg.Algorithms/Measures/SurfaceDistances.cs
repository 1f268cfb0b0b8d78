using ClemReg.Algorithms.Meshes;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Measures;

/// <summary>Two objects whose surfaces come near each other.</summary>
/// <param name="A">The first one's number, below that of the other.</param>
/// <param name="B">The other's.</param>
/// <param name="DistanceNm">Between the vertices of the two surfaces that lie nearest, which is at most about half a voxel more than between the surfaces.</param>
public readonly record struct ObjectContact(int A, int B, double DistanceNm);

/// <summary>The vertices of surfaces, kept in single precision, and which objects come near each other.</summary>
internal sealed class SurfaceDistances(int objects, double limit)
{
    private readonly record struct Spot(float Z, float Y, float X)
    {
        public static double Square(Spot a, Spot b)
        {
            double z = a.Z - b.Z, y = a.Y - b.Y, x = a.X - b.X;
            return z * z + y * y + x * x;
        }
    }

    /// <summary>So many pairs of vertices are compared at once: sorting those of thousands of small objects into cubes takes longer.</summary>
    private const int FewPairs = 4096;

    private readonly Spot[][] _spots = new Spot[objects][];
    private readonly (Point3 Low, Point3 High)[] _bounds = new (Point3, Point3)[objects];

    /// <summary>Takes a surface; any number of threads at once, each object once.</summary>
    public void Add(int number, TriangleMesh mesh)
    {
        _spots[number] = Array.ConvertAll(mesh.Vertices, static p => new Spot((float)p.Z, (float)p.Y, (float)p.X));
        _bounds[number] = mesh.Bounds;
    }

    /// <summary>The pairs within the limit, in order.</summary>
    public IReadOnlyList<ObjectContact> Contacts(Job job)
    {
        // Swept along z: an object meets those that begin before it ends.
        int[] order = [.. Enumerable.Range(0, objects).OrderBy(i => _bounds[i].Low.Z).ThenBy(i => i)];
        var pairs = new List<(int A, int B)>();
        for (int i = 0; i < order.Length; i++)
        {
            job.ThrowIfCancelled();
            for (int j = i + 1; j < order.Length && _bounds[order[j]].Low.Z <= _bounds[order[i]].High.Z + limit; j++)
                if (Near(order[i], order[j])) pairs.Add((Math.Min(order[i], order[j]), Math.Max(order[i], order[j])));
        }
        pairs.Sort();
        var distances = new double[pairs.Count];
        job.For(pairs.Count, i => distances[i] = Distance(pairs[i].A, pairs[i].B, job), report: true);
        return [.. pairs.Select((p, i) => new ObjectContact(p.A, p.B, distances[i])).Where(c => c.DistanceNm <= limit)];
    }

    private bool Near(int a, int b)
    {
        for (int axis = 0; axis < 3; axis++)
            if (_bounds[a].Low[axis] > _bounds[b].High[axis] + limit || _bounds[b].Low[axis] > _bounds[a].High[axis] + limit) return false;
        return true;
    }

    private double Distance(int a, int b, Job job)
    {
        Spot[] few = Within(a, b), many = Within(b, a);
        if (few.Length > many.Length) (few, many) = (many, few);
        if (few.Length == 0) return double.PositiveInfinity;
        if ((long)few.Length * many.Length <= FewPairs) return Math.Sqrt(few.Min(s => many.Min(t => Spot.Square(s, t))));
        // The larger set in cubes of the limit's side; the nearest one then lies in the same cube or one beside it.
        var cubes = new Dictionary<(int, int, int), List<Spot>>();
        foreach (Spot s in many)
        {
            (int, int, int) key = Cube(s);
            if (!cubes.TryGetValue(key, out List<Spot>? list)) cubes[key] = list = [];
            list.Add(s);
        }
        double least = double.PositiveInfinity;
        for (int i = 0; i < few.Length; i++)
        {
            if (i % 256 == 0) job.ThrowIfCancelled();
            (int z, int y, int x) = Cube(few[i]);
            for (int k = 0; k < 27; k++)
                if (cubes.TryGetValue((z + k / 9 - 1, y + k / 3 % 3 - 1, x + k % 3 - 1), out List<Spot>? list))
                    foreach (Spot s in list) least = Math.Min(least, Spot.Square(few[i], s));
        }
        return Math.Sqrt(least);
    }

    private (int, int, int) Cube(Spot s) => ((int)Math.Floor(s.Z / limit), (int)Math.Floor(s.Y / limit), (int)Math.Floor(s.X / limit));

    /// <summary>The vertices of an object that lie within the limit of the other's box.</summary>
    private Spot[] Within(int number, int other)
    {
        var margin = new Point3(limit, limit, limit);
        (Point3 low, Point3 high) = (_bounds[other].Low - margin, _bounds[other].High + margin);
        return Array.FindAll(_spots[number], s => s.Z >= low.Z && s.Y >= low.Y && s.X >= low.X && s.Z <= high.Z && s.Y <= high.Y && s.X <= high.X);
    }
}

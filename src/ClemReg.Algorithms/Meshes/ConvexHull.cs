using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Meshes;

/// <summary>
/// The convex hull of points in space by quickhull (Barber, Dobkin and Huhdanpaa 1996). For deciding, points are moved by about a ten-millionth of their extent, always in the same way, so that no four of them lie in one plane
/// (as Qhull's option QJ does) and points of a lattice need no care; the corners of the result are the given points.
/// </summary>
internal sealed class ConvexHull
{
    private const double Joggle = 1e-7;

    private readonly Point3[] _points;
    private readonly List<Face> _visible = [];
    private readonly List<(int From, int To, Face Beyond)> _horizon = [];

    private sealed class Face(int a, int b, int c, Point3 normal, double offset)
    {
        public readonly int A = a, B = b, C = c;
        /// <summary>Beyond the sides AB, BC and CA.</summary>
        public readonly Face[] Beside = new Face[3];
        public readonly List<int> Outside = [];
        public int Farthest = -1;
        public double Height;
        public bool Gone;

        public double Above(Point3 p) => Point3.Dot(normal, p) - offset;

        public int Start(int side) => side == 0 ? A : side == 1 ? B : C;
    }

    private ConvexHull(Point3[] points) => _points = points;

    /// <summary>The hull as a watertight mesh whose vertices are the points at its corners.</summary>
    /// <param name="points">At least four, not all in one plane.</param>
    /// <param name="job">Cancellation.</param>
    /// <exception cref="BadInputException">They are fewer or flat.</exception>
    public static TriangleMesh Of(ReadOnlySpan<Point3> points, Job job)
    {
        if (points.Length < 4) throw Flat(points.Length);
        (Point3 low, Point3 high) = (points[0], points[0]);
        foreach (Point3 p in points) (low, high) = (Point3.Min(low, p), Point3.Max(high, p));
        double extent = (high - low).Length;
        var random = new Random(1);
        var moved = new Point3[points.Length];
        for (int i = 0; i < moved.Length; i++)
            moved[i] = points[i] - low + Joggle * extent * new Point3(random.NextDouble() - 0.5, random.NextDouble() - 0.5, random.NextDouble() - 0.5);
        List<Face> faces = new ConvexHull(moved).Run(extent, job);
        var triangles = new List<int>(3 * faces.Count);
        foreach (Face f in faces) triangles.AddRange([f.A, f.B, f.C]);
        return TriangleMesh.Compact(points.ToArray(), triangles);
    }

    private static BadInputException Flat(int count) => new($"points: {count} points have no convex hull with a volume; at least 4 that do not lie in a plane are needed.");

    private List<Face> Run(double extent, Job job)
    {
        var work = new Stack<Face>(Simplex(extent));
        List<Face> all = [.. work];
        for (int n = 0; work.TryPop(out Face? face); n++)
        {
            if (n % 256 == 0) job.ThrowIfCancelled();
            if (face.Gone || face.Farthest < 0) continue;
            int top = face.Farthest;
            See(face, _points[top]);
            Face[] made = Cone(top);
            foreach (Face gone in _visible)
                foreach (int p in gone.Outside)
                    if (p != top) Assign(p, made);
            all.AddRange(made);
            foreach (Face f in made) work.Push(f);
        }
        all.RemoveAll(f => f.Gone);
        return all;
    }

    /// <summary>Four faces round four points that are far apart, with the points outside each.</summary>
    private Face[] Simplex(double extent)
    {
        int a = Best(p => -p.X), b = Best(p => (p - _points[a]).Length);
        Point3 along = _points[b] - _points[a];
        int c = Best(p => Point3.Cross(along, p - _points[a]).Length);
        Point3 across = Point3.Cross(along, _points[c] - _points[a]);
        int d = Best(p => Math.Abs(Point3.Dot(across, p - _points[a])));
        double flat = Math.Abs(Point3.Dot(across, _points[d] - _points[a])) / across.Length;
        if (!(flat > 100 * Joggle * extent)) throw Flat(_points.Length);
        // Seen from d the others run clockwise.
        if (Point3.Dot(Point3.Cross(_points[c] - _points[a], _points[b] - _points[a]), _points[d] - _points[a]) > 0) (b, c) = (c, b);
        Face[] faces = [Make(a, b, c), Make(a, d, b), Make(b, d, c), Make(c, d, a)];
        foreach (Face f in faces)
            for (int side = 0; side < 3; side++)
                f.Beside[side] = faces.First(g => g != f && Enumerable.Range(0, 3).Any(k => g.Start(k) == f.Start((side + 1) % 3) && g.Start((k + 1) % 3) == f.Start(side)));
        for (int p = 0; p < _points.Length; p++)
            if (p != a && p != b && p != c && p != d) Assign(p, faces);
        return faces;

        int Best(Func<Point3, double> of)
        {
            int best = 0;
            for (int i = 1; i < _points.Length; i++)
                if (of(_points[i]) > of(_points[best])) best = i;
            return best;
        }
    }

    private Face Make(int a, int b, int c)
    {
        Point3 n = Point3.Cross(_points[c] - _points[a], _points[b] - _points[a]);
        n = 1 / n.Length * n;
        return new Face(a, b, c, n, Point3.Dot(n, _points[a]));
    }

    private void Assign(int p, Face[] faces)
    {
        Face? best = null;
        double height = 0;
        foreach (Face f in faces)
            if (f.Above(_points[p]) is var above && above > height) (best, height) = (f, above);
        if (best is null) return;
        best.Outside.Add(p);
        if (height > best.Height) (best.Height, best.Farthest) = (height, p);
    }

    /// <summary>Takes away the faces that a point sees, and notes the line round them.</summary>
    private void See(Face first, Point3 point)
    {
        _visible.Clear();
        _horizon.Clear();
        first.Gone = true;
        _visible.Add(first);
        for (int i = 0; i < _visible.Count; i++)
            foreach (Face beside in _visible[i].Beside)
            {
                if (beside.Gone || !(beside.Above(point) > 0)) continue;
                beside.Gone = true;
                _visible.Add(beside);
            }
        foreach (Face f in _visible)
            for (int side = 0; side < 3; side++)
                if (!f.Beside[side].Gone) _horizon.Add((f.Start(side), f.Start((side + 1) % 3), f.Beside[side]));
    }

    private Face[] Cone(int top)
    {
        var made = new Face[_horizon.Count];
        var starting = new Dictionary<int, Face>();
        for (int i = 0; i < made.Length; i++)
        {
            (int from, int to, Face beyond) = _horizon[i];
            Face f = made[i] = Make(from, to, top);
            f.Beside[0] = beyond;
            int side = Enumerable.Range(0, 3).First(k => beyond.Start(k) == to && beyond.Start((k + 1) % 3) == from);
            beyond.Beside[side] = f;
            starting[from] = f;
        }
        foreach (Face f in made)
        {
            f.Beside[1] = starting[f.B];
            starting[f.B].Beside[2] = f;
        }
        return made;
    }
}

using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Meshes;

/// <summary>
/// Fewer triangles within a bound: edges are collapsed, the cheapest by quadrics first (Garland and Heckbert 1997), each only if the surface stays a 2-manifold (link condition), no triangle turns over, and every
/// vertex of the given mesh stays within the bound of the triangles that stand for its place. The bound is therefore kept exactly for the given mesh's vertices; for all else it is measured (tests).
/// </summary>
public sealed class Decimation
{
    /// <summary>Cosine of the most that a triangle may turn in one collapse.</summary>
    private const double LeastTurn = 0.5;
    /// <summary>Triangles thinner than this (4 sqrt(3) area / sum of squared sides) are not made unless they were.</summary>
    private const double LeastShape = 0.05;
    /// <summary>Pulls towards the edge's middle where the quadrics leave a choice.</summary>
    private const double Regularisation = 1e-3;

    private readonly Point3[] _position;
    private readonly Quadric[] _quadric;
    private readonly int[] _triangles, _firstCorner, _nextCorner, _version;
    // The given vertices, each in the list of one of the triangles.
    private readonly Point3[] _points;
    private readonly int[] _firstPoint, _nextPoint;
    private readonly double _square;
    private readonly PriorityQueue<Collapse, (double Cost, int A, int B)> _queue = new();
    private readonly List<int> _star = [], _kept = [], _moved = [], _ring = [];

    private readonly record struct Collapse(int VersionA, int VersionB, Point3 Target);

    private Decimation(TriangleMesh mesh, Point3 origin, double bound)
    {
        // Near the origin, so that squares keep their digits.
        _points = Array.ConvertAll(mesh.Vertices, p => p - origin);
        _position = [.. _points];
        _triangles = [.. mesh.Triangles];
        (_square, _quadric, _version) = (bound * bound, new Quadric[_position.Length], new int[_position.Length]);
        (_firstCorner, _nextCorner) = (new int[_position.Length], new int[_triangles.Length]);
        (_firstPoint, _nextPoint) = (new int[mesh.Count], new int[_points.Length]);
        Array.Fill(_firstCorner, -1);
        Array.Fill(_firstPoint, -1);
        for (int corner = _triangles.Length - 1; corner >= 0; corner--)
        {
            int v = _triangles[corner];
            _nextCorner[corner] = _firstCorner[v];
            _firstCorner[v] = corner;
        }
        for (int v = 0; v < _position.Length; v++)
        {
            if (_firstCorner[v] < 0) continue;
            int t = _firstCorner[v] / 3;
            _nextPoint[v] = _firstPoint[t];
            _firstPoint[t] = v;
        }
        for (int t = 0; t < mesh.Count; t++)
        {
            var q = Quadric.Of(mesh.Normal(t), _points[mesh.Triangles[3 * t]]);
            for (int k = 0; k < 3; k++) _quadric[_triangles[3 * t + k]] += q;
        }
    }

    /// <summary>Simplifies a watertight mesh.</summary>
    /// <param name="mesh">The mesh; it is not changed.</param>
    /// <param name="bound">How far the given mesh's vertices may be from the new one, nm; 0 gives the mesh back.</param>
    /// <param name="job">Cancellation.</param>
    /// <exception cref="BadInputException">The bound is negative or not a number.</exception>
    public static TriangleMesh Run(TriangleMesh mesh, double bound, Job job)
    {
        if (!(bound >= 0 && double.IsFinite(bound))) throw BadInputException.ForParameter("decimation_error", bound, "0 nm or more");
        if (bound == 0 || mesh.Count <= 4) return mesh;
        Point3 origin = mesh.Vertices[0];
        var work = new Decimation(mesh, origin, bound);
        work.Collapses(job);
        var triangles = new List<int>();
        for (int t = 0; t < mesh.Count; t++)
            if (work._triangles[3 * t] >= 0) triangles.AddRange(work._triangles.AsSpan(3 * t, 3));
        return TriangleMesh.Compact(Array.ConvertAll(work._position, p => p + origin), triangles);
    }

    private void Collapses(Job job)
    {
        for (int c = 0; c < _triangles.Length; c++)
            if (_triangles[c] < _triangles[Next(c)]) Offer(_triangles[c], _triangles[Next(c)]);
        for (int n = 0; _queue.TryDequeue(out Collapse collapse, out (double Cost, int A, int B) at); n++)
        {
            if (n % 1024 == 0) job.ThrowIfCancelled();
            if (_version[at.A] != collapse.VersionA || _version[at.B] != collapse.VersionB || !Allowed(at.A, at.B, collapse.Target)) continue;
            Apply(at.A, at.B, collapse.Target);
        }
    }

    private static int Next(int corner) => corner % 3 == 2 ? corner - 2 : corner + 1;

    /// <summary>Puts an edge in the queue unless it lies off by more than the bound already.</summary>
    private void Offer(int a, int b)
    {
        if (a > b) (a, b) = (b, a);
        Quadric q = _quadric[a] + _quadric[b];
        Point3 target = q.Best(0.5 * (_position[a] + _position[b]), Regularisation);
        double cost = q.At(target);
        if (!(cost <= _square * q.Weight)) return;
        Point3 edge = _position[b] - _position[a];
        // Where nothing is lost, short edges first.
        _queue.Enqueue(new Collapse(_version[a], _version[b], target), (cost + 1e-6 * q.Weight * Point3.Dot(edge, edge), a, b));
    }

    private bool Allowed(int a, int b, Point3 target)
    {
        Gather(a, b);
        // The link condition: only the two triangles at the edge join the neighbours of both; and a tetrahedron stays.
        if (_star.Count != 2 || Common(a, b) != 2 || _kept.Count + _moved.Count < 4) return false;
        foreach (List<int> list in (ReadOnlySpan<List<int>>)[_kept, _moved])
            foreach (int t in list)
                if (!Keeps(t, a, b, target)) return false;
        foreach (List<int> list in (ReadOnlySpan<List<int>>)[_star, _kept, _moved])
            foreach (int t in list)
                for (int p = _firstPoint[t]; p >= 0; p = _nextPoint[p])
                    if (!(Nearest(_points[p], a, b, target, out _) <= _square)) return false;
        return true;
    }

    /// <summary>The triangles of the edge, the others of a, the others of b.</summary>
    private void Gather(int a, int b)
    {
        _star.Clear();
        _kept.Clear();
        _moved.Clear();
        for (int c = _firstCorner[a]; c >= 0; c = _nextCorner[c]) (Has(c / 3, b) ? _star : _kept).Add(c / 3);
        for (int c = _firstCorner[b]; c >= 0; c = _nextCorner[c])
            if (!Has(c / 3, a)) _moved.Add(c / 3);
    }

    private bool Has(int t, int v) => _triangles[3 * t] == v || _triangles[3 * t + 1] == v || _triangles[3 * t + 2] == v;

    private int Common(int a, int b)
    {
        _ring.Clear();
        for (int c = _firstCorner[a]; c >= 0; c = _nextCorner[c]) _ring.Add(_triangles[Next(c)]);
        int common = 0;
        for (int c = _firstCorner[b]; c >= 0; c = _nextCorner[c])
            if (_ring.Contains(_triangles[Next(c)])) common++;
        return common;
    }

    private (Point3 A, Point3 B, Point3 C) Moved(int t, int a, int b, Point3 target)
    {
        Point3 At(int v) => v == a || v == b ? target : _position[v];
        return (At(_triangles[3 * t]), At(_triangles[3 * t + 1]), At(_triangles[3 * t + 2]));
    }

    private bool Keeps(int t, int a, int b, Point3 target)
    {
        (Point3 p, Point3 q, Point3 r) = Moved(t, a, b, target);
        Point3 o = _position[_triangles[3 * t]], before = Point3.Cross(_position[_triangles[3 * t + 2]] - o, _position[_triangles[3 * t + 1]] - o), after = Point3.Cross(r - p, q - p);
        double was = before.Length, now = after.Length;
        if (!(Point3.Dot(before, after) > LeastTurn * was * now)) return false;
        double shape = Shape(now, p, q, r);
        return shape >= LeastShape || shape >= Shape(was, o, _position[_triangles[3 * t + 1]], _position[_triangles[3 * t + 2]]);
    }

    /// <summary>1 for an equilateral triangle, 0 for one without area.</summary>
    private static double Shape(double twiceArea, Point3 a, Point3 b, Point3 c) =>
        2 * Math.Sqrt(3) * twiceArea / (Point3.Dot(b - a, b - a) + Point3.Dot(c - b, c - b) + Point3.Dot(a - c, a - c));

    /// <summary>The least squared distance of a point to the triangles around an edge once it is collapsed, and which it is.</summary>
    private double Nearest(Point3 p, int a, int b, Point3 target, out int nearest)
    {
        double least = double.PositiveInfinity;
        nearest = -1;
        foreach (List<int> list in (ReadOnlySpan<List<int>>)[_kept, _moved])
            foreach (int t in list)
            {
                (Point3 q, Point3 r, Point3 s) = Moved(t, a, b, target);
                double d = Triangle3.SquaredDistance(p, q, r, s);
                if (d < least) (least, nearest) = (d, t);
            }
        return least;
    }

    /// <summary>b becomes a. The lists are those that <see cref="Gather"/> made.</summary>
    private void Apply(int a, int b, Point3 target)
    {
        _ring.Clear();
        foreach (List<int> list in (ReadOnlySpan<List<int>>)[_star, _kept, _moved])
            foreach (int t in list)
            {
                for (int p = _firstPoint[t]; p >= 0; p = _nextPoint[p]) _ring.Add(p);
                _firstPoint[t] = -1;
            }
        foreach (int p in _ring)
        {
            Nearest(_points[p], a, b, target, out int t);
            _nextPoint[p] = _firstPoint[t];
            _firstPoint[t] = p;
        }
        foreach (int t in _star)
            for (int k = 0; k < 3; k++)
            {
                if (_triangles[3 * t + k] != b) Unlink(3 * t + k);
            }
        foreach (int t in _star) _triangles.AsSpan(3 * t, 3).Fill(-1);
        foreach (int t in _moved)
        {
            int corner = 3 * t + (_triangles[3 * t] == b ? 0 : _triangles[3 * t + 1] == b ? 1 : 2);
            _triangles[corner] = a;
            _nextCorner[corner] = _firstCorner[a];
            _firstCorner[a] = corner;
        }
        _firstCorner[b] = -1;
        _position[a] = target;
        _quadric[a] += _quadric[b];
        _version[a]++;
        _version[b]++;
        for (int c = _firstCorner[a]; c >= 0; c = _nextCorner[c]) Offer(a, _triangles[Next(c)]);
    }

    private void Unlink(int corner)
    {
        ref int link = ref _firstCorner[_triangles[corner]];
        while (link != corner) link = ref _nextCorner[link];
        link = _nextCorner[corner];
    }

    /// <summary>The sum of squared distances to planes, each weighted by its triangle's area.</summary>
    private readonly record struct Quadric(double Zz, double Zy, double Zx, double Yy, double Yx, double Xx, double Bz, double By, double Bx, double C, double Weight)
    {
        /// <summary>Of the plane through a point with a normal whose length is the weight.</summary>
        public static Quadric Of(Point3 normal, Point3 on)
        {
            double w = normal.Length;
            if (w == 0) return default;
            Point3 n = 1 / w * normal;
            double d = -Point3.Dot(n, on);
            return new Quadric(w * n.Z * n.Z, w * n.Z * n.Y, w * n.Z * n.X, w * n.Y * n.Y, w * n.Y * n.X, w * n.X * n.X, w * n.Z * d, w * n.Y * d, w * n.X * d, w * d * d, w);
        }

        public static Quadric operator +(Quadric a, Quadric b) => new(a.Zz + b.Zz, a.Zy + b.Zy, a.Zx + b.Zx, a.Yy + b.Yy, a.Yx + b.Yx, a.Xx + b.Xx,
            a.Bz + b.Bz, a.By + b.By, a.Bx + b.Bx, a.C + b.C, a.Weight + b.Weight);

        public double At(Point3 p)
        {
            double z = Zz * p.Z + Zy * p.Y + Zx * p.X, y = Zy * p.Z + Yy * p.Y + Yx * p.X, x = Zx * p.Z + Yx * p.Y + Xx * p.X;
            return Math.Max(0, p.Z * (z + 2 * Bz) + p.Y * (y + 2 * By) + p.X * (x + 2 * Bx) + C);
        }

        /// <summary>Where the sum is least, pulled slightly towards a point.</summary>
        public Point3 Best(Point3 near, double pull)
        {
            double e = pull * Weight, zz = Zz + e, yy = Yy + e, xx = Xx + e;
            double z = e * near.Z - Bz, y = e * near.Y - By, x = e * near.X - Bx;
            double c0 = yy * xx - Yx * Yx, c1 = Zx * Yx - Zy * xx, c2 = Zy * Yx - Zx * yy;
            double determinant = zz * c0 + Zy * c1 + Zx * c2;
            var best = new Point3(
                (c0 * z + c1 * y + c2 * x) / determinant,
                (c1 * z + (zz * xx - Zx * Zx) * y + (Zx * Zy - zz * Yx) * x) / determinant,
                (c2 * z + (Zx * Zy - zz * Yx) * y + (zz * yy - Zy * Zy) * x) / determinant);
            return best.IsFinite ? best : near;
        }
    }
}

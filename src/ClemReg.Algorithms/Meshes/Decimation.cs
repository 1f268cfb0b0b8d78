using System.Runtime.InteropServices;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Meshes;

/// <summary>
/// Fewer triangles within a bound: edges are collapsed, the cheapest by quadrics first (Garland and Heckbert 1997), each only if the surface stays a 2-manifold (link condition), no triangle turns over, and every
/// vertex of the given mesh stays within <see cref="ForVertices"/> of the bound of the triangles that stand for its place. The rest of the bound is for what lies between the vertices, on either mesh: that is measured (tests), not proved.
/// </summary>
public sealed class Decimation
{
    /// <summary>Cosine of the most that a triangle may turn in one collapse.</summary>
    private const double LeastTurn = 0.5;
    /// <summary>Triangles thinner than this (4 sqrt(3) area / sum of squared sides) are not made unless they were.</summary>
    private const double LeastShape = 0.05;
    /// <summary>Thinner than this has no area.</summary>
    private const double NoArea = 1e-6;
    /// <summary>The part of the bound that vertices may use.</summary>
    private const double ForVertices = 0.55;
    /// <summary>Pulls towards the edge's middle where the quadrics leave a choice.</summary>
    private const double Regularisation = 1e-3;

    private readonly Point3[] _position;
    private readonly Quadric[] _quadric;
    private readonly int[] _triangles, _firstCorner, _nextCorner, _version;
    // The given vertices, each in the list of one of the triangles.
    private readonly Point3[] _points;
    private readonly int[] _firstPoint, _nextPoint;
    private readonly double _square;
    // Of one thread, so that equal costs come out in the same order each time.
    private readonly RoughQueue<Collapse> _queue = new();
    // Around the edge in question: its triangles, those that stay and how they would lie, whose corner is moved from b to a from _ofB on; vertices; and where the given vertices would go.
    private readonly List<int> _star = [], _ring = [];
    private readonly List<Collapsed> _after = [];
    private readonly List<(int Point, int Triangle)> _home = [];
    private int _ofB;

    /// <summary>An edge and the sum of its vertices' versions, which only grow: another sum means that the edge has changed since.</summary>
    private readonly record struct Collapse(int A, int B, int Version);

    /// <summary>A triangle as it would lie.</summary>
    private readonly record struct Collapsed(int Triangle, Point3 A, Point3 B, Point3 C, Point3 Normal)
    {
        public bool Within(in Point3 p, double square)
        {
            double off = Point3.Dot(Normal, p - A);
            return off * off <= square && Triangle3.SquaredDistance(p, A, B, C) <= square;
        }
    }

    private Decimation(TriangleMesh mesh, Point3 origin, double bound)
    {
        // Near the origin, so that squares keep their digits.
        _points = Array.ConvertAll(mesh.Vertices, p => p - origin);
        _position = [.. _points];
        _triangles = [.. mesh.Triangles];
        (_square, _quadric, _version) = (ForVertices * bound * ForVertices * bound, new Quadric[_position.Length], new int[_position.Length]);
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
    /// <param name="bound">How far the two surfaces may be apart, nm; 0 gives the mesh back.</param>
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
        for (int n = 0; _queue.TryDequeue(out Collapse collapse); n++)
        {
            if (n % 1024 == 0) job.ThrowIfCancelled();
            (int a, int b) = (collapse.A, collapse.B);
            if (_version[a] + _version[b] == collapse.Version && Target(a, b, out _, out _) is var target && Allowed(a, b, target)) Apply(a, b, target);
        }
    }

    private static int Next(int corner) => corner % 3 == 2 ? corner - 2 : corner + 1;

    /// <summary>Puts an edge in the queue unless it lies off by more than the bound already.</summary>
    private void Offer(int a, int b)
    {
        if (a > b) (a, b) = (b, a);
        Target(a, b, out double cost, out double weight);
        if (!(cost <= _square * weight)) return;
        Point3 edge = _position[b] - _position[a];
        // Where nothing is lost, short edges first.
        _queue.Enqueue(new Collapse(a, b, _version[a] + _version[b]), cost + 1e-6 * weight * Point3.Dot(edge, edge));
    }

    /// <summary>Where an edge would go, and the sum of weighted squared distances to the planes that meet there.</summary>
    private Point3 Target(int a, int b, out double cost, out double weight)
    {
        Quadric q = _quadric[a] + _quadric[b];
        Point3 target = q.Best(0.5 * (_position[a] + _position[b]), Regularisation);
        (cost, weight) = (q.At(target), q.Weight);
        return target;
    }

    /// <summary>Whether an edge may become a point; then the lists say what that means.</summary>
    private bool Allowed(int a, int b, Point3 target)
    {
        _star.Clear();
        _after.Clear();
        for (int c = _firstCorner[a]; c >= 0; c = _nextCorner[c])
        {
            if (Has(c / 3, b)) _star.Add(c / 3);
            else if (!Keeps(c, target)) return false;
        }
        _ofB = _after.Count;
        for (int c = _firstCorner[b]; c >= 0; c = _nextCorner[c])
            if (!Has(c / 3, a) && !Keeps(c, target)) return false;
        // The link condition: only the two triangles at the edge join the neighbours of both; and a tetrahedron stays.
        if (_star.Count != 2 || _after.Count < 4 || Common(a, b) != 2) return false;
        _home.Clear();
        foreach (int t in _star)
            if (!Rehouse(t, -1)) return false;
        for (int i = 0; i < _after.Count; i++)
            if (!Rehouse(_after[i].Triangle, i)) return false;
        return true;
    }

    /// <summary>Finds for the given vertices of a triangle one within the bound, first of all the triangle itself.</summary>
    private bool Rehouse(int triangle, int self)
    {
        for (int p = _firstPoint[triangle]; p >= 0; p = _nextPoint[p])
        {
            ReadOnlySpan<Collapsed> after = CollectionsMarshal.AsSpan(_after);
            int home = self;
            if (self < 0 || !after[self].Within(_points[p], _square))
            {
                for (home = 0; home < after.Length && !after[home].Within(_points[p], _square); home++) { }
                if (home == after.Length) return false;
            }
            _home.Add((p, after[home].Triangle));
        }
        return true;
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

    /// <summary>Moves a corner of a triangle and says whether that is still the same triangle: not turned, not too thin.</summary>
    private bool Keeps(int corner, Point3 target)
    {
        Point3 o = _position[_triangles[corner]], q = _position[_triangles[Next(corner)]], r = _position[_triangles[Next(Next(corner))]];
        Point3 before = Point3.Cross(r - o, q - o), after = Point3.Cross(r - target, q - target);
        double now = after.Length, shape = Shape(now, target, q, r), turn = Point3.Dot(before, after);
        // What has turned little and is not thin is fine whatever it was before: LeastTurn without roots.
        if (!(turn > 0 && turn * turn > LeastTurn * LeastTurn * Point3.Dot(before, before) * now * now && shape >= LeastShape))
        {
            double was = before.Length, shapeBefore = Shape(was, o, q, r);
            // One without area has no side to turn to.
            if (shapeBefore > NoArea && !(turn > LeastTurn * was * now)) return false;
            if (shape < LeastShape && shape < shapeBefore) return false;
        }
        _after.Add(new Collapsed(corner / 3, target, q, r, now > 0 ? 1 / now * after : default));
        return true;
    }

    /// <summary>1 for an equilateral triangle, 0 for one without area.</summary>
    private static double Shape(double twiceArea, Point3 a, Point3 b, Point3 c) =>
        2 * Math.Sqrt(3) * twiceArea / (Point3.Dot(b - a, b - a) + Point3.Dot(c - b, c - b) + Point3.Dot(a - c, a - c));

    /// <summary>b becomes a, as <see cref="Allowed"/> has found.</summary>
    private void Apply(int a, int b, Point3 target)
    {
        foreach (Collapsed t in _after) _firstPoint[t.Triangle] = -1;
        foreach ((int p, int t) in _home)
        {
            _nextPoint[p] = _firstPoint[t];
            _firstPoint[t] = p;
        }
        foreach (int t in _star)
        {
            for (int k = 0; k < 3; k++)
                if (_triangles[3 * t + k] != b) Unlink(3 * t + k);
            _triangles.AsSpan(3 * t, 3).Fill(-1);
        }
        for (int i = _ofB; i < _after.Count; i++)
        {
            int t = _after[i].Triangle, corner = 3 * t + (_triangles[3 * t] == b ? 0 : _triangles[3 * t + 1] == b ? 1 : 2);
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

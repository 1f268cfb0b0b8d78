using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.PointClouds;

/// <summary>
/// Finds the neighbours of positions among the points of a cloud. Built once (n log n), then read by any number of threads.
/// Points at equal distance are ordered by their index, so answers do not depend on how the tree was built.
/// </summary>
public sealed class KdTree
{
    private const int LeafSize = 8;

    // Node i has the children 2 i + 1 and 2 i + 2 and covers a range of the reordered points; the middle of it splits it.
    private readonly Point3[] _points;
    private readonly int[] _indices;
    private readonly byte[] _axis;
    private readonly double[] _split;

    /// <summary>Builds the tree.</summary>
    /// <param name="points">Finite points, in any unit.</param>
    public KdTree(ReadOnlySpan<Point3> points)
    {
        _points = points.ToArray();
        _indices = new int[points.Length];
        for (int i = 0; i < _indices.Length; i++) _indices[i] = i;
        int nodes = 0;
        for (int level = 1, size = points.Length; size > LeafSize; size = (size + 1) / 2, level *= 2) nodes += level;
        _axis = new byte[nodes];
        _split = new double[nodes];
        Build(0, 0, points.Length);
    }

    /// <summary>The number of points.</summary>
    public int Count => _points.Length;

    /// <summary>Finds the nearest points, the closest first.</summary>
    /// <param name="position">Where to look, in the unit of the points.</param>
    /// <param name="indices">Receives the indices of the points; its length is the number of neighbours wanted.</param>
    /// <param name="squaredDistances">Receives their squared distances; of the same length.</param>
    /// <returns>How many were found: the length, or all points where there are fewer.</returns>
    public int Nearest(Point3 position, Span<int> indices, Span<double> squaredDistances)
    {
        if (indices.Length != squaredDistances.Length)
            throw new ArgumentException("the two spans have different lengths", nameof(squaredDistances));
        if (indices.Length == 0) return 0;
        var best = new Best(position, indices, squaredDistances);
        FindNearest(0, 0, _points.Length, ref best);
        return best.Count;
    }

    /// <summary>Finds all points within a radius (its end included).</summary>
    /// <param name="position">Where to look, in the unit of the points.</param>
    /// <param name="radius">0 or more.</param>
    /// <param name="indices">Cleared, then receives the indices of the points, ascending.</param>
    public void Within(Point3 position, double radius, List<int> indices)
    {
        indices.Clear();
        FindWithin(0, 0, _points.Length, position, radius * radius, indices);
        indices.Sort();
    }

    private void Build(int node, int from, int to)
    {
        if (to - from <= LeafSize) return;
        Point3 low = _points[from], high = low;
        foreach (Point3 p in _points.AsSpan(from, to - from))
        {
            low = Point3.Min(low, p);
            high = Point3.Max(high, p);
        }
        Point3 extent = high - low;
        int axis = extent.Z >= extent.Y && extent.Z >= extent.X ? 0 : extent.Y >= extent.X ? 1 : 2;
        int middle = (from + to) / 2;
        Select(from, to - 1, middle, axis);
        _axis[node] = (byte)axis;
        _split[node] = _points[middle][axis];
        Build(2 * node + 1, from, middle);
        Build(2 * node + 2, middle, to);
    }

    // Hoare's selection: afterwards no point before `k` lies above the one at k, and none after it below.
    private void Select(int from, int to, int k, int axis)
    {
        while (from < to)
        {
            double a = _points[from][axis], b = _points[(from + to) / 2][axis], c = _points[to][axis];
            double pivot = Math.Max(Math.Min(a, b), Math.Min(Math.Max(a, b), c));
            int i = from, j = to;
            while (i <= j)
            {
                while (_points[i][axis] < pivot) i++;
                while (_points[j][axis] > pivot) j--;
                if (i > j) break;
                (_points[i], _points[j]) = (_points[j], _points[i]);
                (_indices[i], _indices[j]) = (_indices[j], _indices[i]);
                i++;
                j--;
            }
            if (k <= j) to = j;
            else if (k >= i) from = i;
            else return;
        }
    }

    private void FindNearest(int node, int from, int to, ref Best best)
    {
        if (to - from <= LeafSize)
        {
            for (int i = from; i < to; i++) best.Offer(_points[i], _indices[i]);
            return;
        }
        int middle = (from + to) / 2;
        double side = best.Position[_axis[node]] - _split[node];
        if (side < 0) FindNearest(2 * node + 1, from, middle, ref best);
        else FindNearest(2 * node + 2, middle, to, ref best);
        if (side * side > best.Limit) return;
        if (side < 0) FindNearest(2 * node + 2, middle, to, ref best);
        else FindNearest(2 * node + 1, from, middle, ref best);
    }

    private void FindWithin(int node, int from, int to, Point3 position, double limit, List<int> indices)
    {
        if (to - from <= LeafSize)
        {
            for (int i = from; i < to; i++)
            {
                Point3 d = _points[i] - position;
                if (Point3.Dot(d, d) <= limit) indices.Add(_indices[i]);
            }
            return;
        }
        int middle = (from + to) / 2;
        double side = position[_axis[node]] - _split[node];
        if (side <= 0 || side * side <= limit) FindWithin(2 * node + 1, from, middle, position, limit, indices);
        if (side >= 0 || side * side <= limit) FindWithin(2 * node + 2, middle, to, position, limit, indices);
    }

    // The best points so far, the closest first.
    private ref struct Best(Point3 position, Span<int> indices, Span<double> squared)
    {
        private readonly Span<int> _indices = indices;
        private readonly Span<double> _squared = squared;

        public readonly Point3 Position = position;

        public int Count;

        /// <summary>Nothing farther than this can be among the best.</summary>
        public readonly double Limit => Count < _squared.Length ? double.PositiveInfinity : _squared[Count - 1];

        public void Offer(Point3 point, int index)
        {
            Point3 d = point - Position;
            double distance = Point3.Dot(d, d);
            if (distance > Limit || (distance == Limit && index > _indices[^1])) return;
            int i = Count < _squared.Length ? Count++ : Count - 1;
            for (; i > 0 && (_squared[i - 1] > distance || (_squared[i - 1] == distance && _indices[i - 1] > index)); i--)
            {
                _squared[i] = _squared[i - 1];
                _indices[i] = _indices[i - 1];
            }
            _squared[i] = distance;
            _indices[i] = index;
        }
    }
}

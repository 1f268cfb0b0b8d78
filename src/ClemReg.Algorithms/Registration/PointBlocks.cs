using ClemReg.Algorithms.PointClouds;
using ClemReg.Algorithms.Transforms;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Registration;

/// <summary>
/// A point cloud sorted into compact blocks of <see cref="BlockSize"/> neighbouring points (the leaves of a k-d tree), coordinates apart,
/// each block with its bounding box: what sums over all pairs of near points need. Only the last block may be short; it is filled up with
/// points so far away that no kernel reaches them.
/// </summary>
internal sealed class PointBlocks
{
    /// <summary>Points of a block; a multiple of every vector's length.</summary>
    public const int BlockSize = 16;

    /// <summary>The coordinate of the filling; its square and its products with zero stay finite.</summary>
    private const double FarAway = 1e100;

    private readonly double[] _lower;
    private readonly double[] _upper;

    private PointBlocks(int count, int[] order)
    {
        Count = count;
        Order = order;
        Blocks = (count + BlockSize - 1) / BlockSize;
        Z = new double[Blocks * BlockSize];
        Y = new double[Blocks * BlockSize];
        X = new double[Blocks * BlockSize];
        _lower = new double[Blocks * 3];
        _upper = new double[Blocks * 3];
        Z.AsSpan(count).Fill(FarAway);
        Y.AsSpan(count).Fill(FarAway);
        X.AsSpan(count).Fill(FarAway);
    }

    /// <summary>Sorts a cloud; the coordinates kept are (p - <paramref name="centre"/>) / <paramref name="unit"/>.</summary>
    public PointBlocks(PointCloud cloud, Point3 centre, double unit)
        : this(cloud.Count, Sort(cloud.Points))
    {
        for (int i = 0; i < Count; i++)
        {
            Point3 p = cloud[Order[i]];
            Z[i] = (p.Z - centre.Z) / unit;
            Y[i] = (p.Y - centre.Y) / unit;
            X[i] = (p.X - centre.X) / unit;
        }
        MeasureBoxes();
    }

    /// <summary>The number of points, without the filling.</summary>
    public int Count { get; }

    /// <summary>The number of blocks.</summary>
    public int Blocks { get; }

    /// <summary>For each sorted point, its place in the cloud.</summary>
    public int[] Order { get; }

    /// <summary>The z coordinates, sorted, filled up to whole blocks.</summary>
    public double[] Z { get; }

    /// <summary>The y coordinates.</summary>
    public double[] Y { get; }

    /// <summary>The x coordinates.</summary>
    public double[] X { get; }

    /// <summary>A cloud of the same order whose points <see cref="Place"/> sets.</summary>
    public PointBlocks Twin() => new(Count, Order);

    /// <summary>Sets the points to the images of <paramref name="source"/>'s under a map in its units.</summary>
    public void Place(PointBlocks source, AffineTransform map)
    {
        for (int i = 0; i < Count; i++)
        {
            Point3 p = map.Apply(new Point3(source.Z[i], source.Y[i], source.X[i]));
            Z[i] = p.Z;
            Y[i] = p.Y;
            X[i] = p.X;
        }
        MeasureBoxes();
    }

    /// <summary>The end of a block's points, without the filling.</summary>
    public int End(int block) => Math.Min(Count, (block + 1) * BlockSize);

    /// <summary>The squared distance between two blocks' bounding boxes; 0 when they touch.</summary>
    public double SquaredGap(int block, PointBlocks other, int otherBlock)
    {
        double sum = 0;
        for (int a = 0; a < 3; a++)
        {
            double gap = _lower[block * 3 + a] - other._upper[otherBlock * 3 + a];
            double behind = other._lower[otherBlock * 3 + a] - _upper[block * 3 + a];
            if (behind > gap) gap = behind;
            if (gap > 0) sum += gap * gap;
        }
        return sum;
    }

    /// <summary>
    /// An upper bound of the squared distance from any point of a block to its nearest point of <paramref name="other"/>, and the squared
    /// gaps to all of its blocks.
    /// </summary>
    public double SquaredReach(int block, PointBlocks other, Span<double> gaps)
    {
        int nearest = 0;
        for (int b = 0; b < other.Blocks; b++)
        {
            gaps[b] = SquaredGap(block, other, b);
            if (gaps[b] < gaps[nearest]) nearest = b;
        }
        double reach = 0;
        for (int i = block * BlockSize; i < End(block); i++)
        {
            double best = double.PositiveInfinity;
            for (int j = nearest * BlockSize; j < other.End(nearest); j++)
            {
                double dz = Z[i] - other.Z[j], dy = Y[i] - other.Y[j], dx = X[i] - other.X[j];
                double square = dz * dz + dy * dy + dx * dx;
                if (square < best) best = square;
            }
            if (best > reach) reach = best;
        }
        return reach;
    }

    /// <summary>Sorts the points into the leaves of a k-d tree: halves, at whole blocks, across the widest side.</summary>
    private static int[] Sort(ReadOnlySpan<Point3> points)
    {
        var order = new int[points.Length];
        for (int i = 0; i < order.Length; i++) order[i] = i;
        Halve(points, order, new double[points.Length]);
        return order;
    }

    private static void Halve(ReadOnlySpan<Point3> points, Span<int> part, Span<double> keys)
    {
        if (part.Length <= BlockSize) return;
        Point3 lower = points[part[0]], upper = lower;
        foreach (int i in part)
        {
            Point3 p = points[i];
            lower = Point3.Min(lower, p);
            upper = Point3.Max(upper, p);
        }
        Point3 size = upper - lower;
        int axis = size.Z >= size.Y && size.Z >= size.X ? 0 : size.Y >= size.X ? 1 : 2;
        for (int i = 0; i < part.Length; i++) keys[i] = points[part[i]][axis];
        keys[..part.Length].Sort(part);
        int blocks = (part.Length + BlockSize - 1) / BlockSize;
        int half = (blocks + 1) / 2 * BlockSize;
        Halve(points, part[..half], keys);
        Halve(points, part[half..], keys);
    }

    /// <summary>Measures the blocks' boxes anew, after coordinates have been set from outside.</summary>
    public void MeasureBoxes()
    {
        for (int b = 0; b < Blocks; b++)
        {
            int start = b * BlockSize, length = End(b) - start;
            Measure(Z.AsSpan(start, length), b * 3);
            Measure(Y.AsSpan(start, length), b * 3 + 1);
            Measure(X.AsSpan(start, length), b * 3 + 2);
        }
    }

    private void Measure(ReadOnlySpan<double> values, int at)
    {
        double lower = values[0], upper = values[0];
        foreach (double v in values)
        {
            if (v < lower) lower = v;
            if (v > upper) upper = v;
        }
        _lower[at] = lower;
        _upper[at] = upper;
    }
}

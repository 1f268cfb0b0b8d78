using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Meshes;

/// <summary>A convex body on a lattice of cubes: how deep each sample lies below the nearest of its faces' planes, in cubes. Its surface is the body's with triangles of about equal size, as a voxel remesh makes it.</summary>
internal sealed class ConvexRemesh : ISurfaceField
{
    private readonly double _cell;
    private readonly Point3 _origin;
    private readonly double[] _z, _y, _x, _offset, _ofRow;

    private ConvexRemesh(TriangleMesh hull, double cell)
    {
        _cell = cell;
        (Point3 low, Point3 high) = hull.Bounds;
        _origin = low - new Point3(1.5 * cell, 1.5 * cell, 1.5 * cell);
        Point3 extent = high - low;
        Size = new Size3(Count(extent.Z), Count(extent.Y), Count(extent.X));
        var planes = new List<(Point3 Normal, double Offset)>();
        for (int t = 0; t < hull.Count; t++)
        {
            Point3 n = hull.Normal(t);
            // A sliver's plane is no side of its own.
            if (!(n.Length > 1e-9 * cell * cell)) continue;
            n = 1 / n.Length * n;
            planes.Add((n, Point3.Dot(n, hull.Corners(t).A - _origin)));
        }
        (_z, _y, _x) = ([.. planes.Select(p => p.Normal.Z)], [.. planes.Select(p => p.Normal.Y)], [.. planes.Select(p => p.Normal.X)]);
        (_offset, _ofRow) = ([.. planes.Select(p => p.Offset)], new double[planes.Count]);

        int Count(double length) => (int)Math.Ceiling(length / cell) + 4;
    }

    /// <summary>The same body with other triangles.</summary>
    /// <param name="hull">A convex mesh.</param>
    /// <param name="cell">The side of a cube, nm.</param>
    /// <param name="job">Cancellation.</param>
    public static TriangleMesh Run(TriangleMesh hull, double cell, Job job) => SurfaceExtraction.Run(new ConvexRemesh(hull, cell), job);

    public Size3 Size { get; }

    public Point3 Place(double k, double y, double x) => _origin + _cell * new Point3(k, y, x);

    public void Read(int k, Span<float> plane, ReadOnlySpan<float> before, Job job)
    {
        for (int y = 0; y < Size.Y; y++)
        {
            job.ThrowIfCancelled();
            for (int f = 0; f < _ofRow.Length; f++) _ofRow[f] = _z[f] * k * _cell + _y[f] * y * _cell - _offset[f];
            Span<float> row = plane.Slice(y * Size.X, Size.X);
            for (int x = 0; x < row.Length;)
            {
                double above = double.NegativeInfinity;
                for (int f = 0; f < _ofRow.Length; f++) above = Math.Max(above, _ofRow[f] + _x[f] * x * _cell);
                // From one sample to the next it changes by a cube at most.
                double depth = -above / _cell;
                int same = Math.Clamp((int)Math.Abs(depth), 1, row.Length - x);
                row.Slice(x, same).Fill((float)depth);
                x += same;
            }
        }
    }
}

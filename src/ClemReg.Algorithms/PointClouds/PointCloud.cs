using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.PointClouds;

/// <summary>An ordered set of points in nm, z, y, x. Immutable.</summary>
public sealed class PointCloud
{
    private readonly Point3[] _points;

    /// <summary>Takes the points as they are (no copy: do not change the array afterwards).</summary>
    /// <exception cref="BadInputException">A coordinate is NaN or infinite.</exception>
    public PointCloud(Point3[] points)
    {
        for (int i = 0; i < points.Length; i++)
            if (!points[i].IsFinite)
                throw new BadInputException($"Point {i + 1} of {points.Length} has a coordinate that is not a number: {points[i]}.");
        _points = points;
    }

    /// <summary>The number of points.</summary>
    public int Count => _points.Length;

    /// <summary>The points.</summary>
    public ReadOnlySpan<Point3> Points => _points;

    /// <summary>Point <paramref name="i"/>.</summary>
    public Point3 this[int i] => _points[i];
}

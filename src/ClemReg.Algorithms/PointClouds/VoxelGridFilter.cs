using System.Globalization;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.PointClouds;

/// <summary>Thins a cloud out: the points of each cell of a cubic grid are replaced by their mean.</summary>
public static class VoxelGridFilter
{
    // Three cell indices share one 63-bit key.
    private const int BitsPerAxis = 21;

    /// <summary>
    /// Averages the points of each occupied cell. As in Open3D's <c>voxel_down_sample</c> the grid starts half a cell below the
    /// smallest coordinate of each axis.
    /// </summary>
    /// <param name="cloud">The points; an empty cloud stays empty.</param>
    /// <param name="cellSize">Edge length of the cells, positive, in the unit of the points.</param>
    /// <param name="job">Cancels the work.</param>
    /// <returns>One point a cell, ordered by cell: z, then y, then x.</returns>
    /// <exception cref="BadInputException">The cell size is not positive, or so small that an axis has more than 2^21 cells.</exception>
    public static PointCloud Apply(PointCloud cloud, double cellSize, Job job)
    {
        if (!(cellSize > 0 && double.IsFinite(cellSize)))
            throw BadInputException.ForParameter("registration_voxel_size", cellSize, "a positive length");
        job.ThrowIfCancelled();
        if (cloud.Count == 0) return cloud;

        Point3 low = cloud[0], high = cloud[0];
        foreach (Point3 p in cloud.Points)
        {
            low = Point3.Min(low, p);
            high = Point3.Max(high, p);
        }
        Point3 start = low - 0.5 * new Point3(cellSize, cellSize, cellSize);
        Point3 extent = high - start;
        if (Math.Max(extent.Z, Math.Max(extent.Y, extent.X)) / cellSize >= 1 << BitsPerAxis)
            throw BadInputException.ForParameter("registration_voxel_size", cellSize,
                string.Create(CultureInfo.InvariantCulture, $"large enough for at most {1 << BitsPerAxis} cells along the extent of the points, {extent}"));

        var cellOf = new Dictionary<long, int>();
        var keys = new List<long>();
        var sums = new List<(Point3 Sum, int Count)>();
        foreach (Point3 p in cloud.Points)
        {
            Point3 cell = p - start;
            long key = (long)Math.Floor(cell.Z / cellSize) << 2 * BitsPerAxis
                | (long)Math.Floor(cell.Y / cellSize) << BitsPerAxis
                | (long)Math.Floor(cell.X / cellSize);
            if (cellOf.TryGetValue(key, out int i)) sums[i] = (sums[i].Sum + p, sums[i].Count + 1);
            else
            {
                cellOf.Add(key, sums.Count);
                keys.Add(key);
                sums.Add((p, 1));
            }
        }
        keys.Sort();
        var means = new Point3[keys.Count];
        for (int i = 0; i < means.Length; i++)
        {
            (Point3 sum, int count) = sums[cellOf[keys[i]]];
            means[i] = new Point3(sum.Z / count, sum.Y / count, sum.X / count);
        }
        return new PointCloud(means);
    }
}

using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.PointClouds;

/// <summary>Statistical outlier removal: drops points that are far from their neighbours.</summary>
public static class OutlierFilter
{
    private const int PointsPerPiece = 256;

    /// <summary>
    /// Keeps the points whose mean distance to their nearest neighbours is at most mean + ratio * standard deviation of that
    /// distance over the cloud.
    /// </summary>
    /// <remarks>
    /// As in Open3D's <c>remove_statistical_outlier</c> the point itself is the first of its neighbours (with distance 0), and the
    /// standard deviation is the sample's (n - 1). Two corner cases differ: a point exactly on the limit is kept (so a perfect
    /// lattice stays whole), and so is one that coincides with all its neighbours.
    /// </remarks>
    /// <param name="cloud">The points.</param>
    /// <param name="neighbours">Neighbours of each point, itself included, at least 1; a smaller cloud uses all its points.</param>
    /// <param name="stdRatio">Positive.</param>
    /// <param name="job">Threads and cancellation.</param>
    /// <returns>The points that stay, in their order.</returns>
    /// <exception cref="BadInputException">A parameter is out of range.</exception>
    public static PointCloud Apply(PointCloud cloud, int neighbours, double stdRatio, Job job)
    {
        if (neighbours < 1)
            throw BadInputException.ForParameter("point_cloud_outlier_neighbours", neighbours, "1 or more");
        if (!(stdRatio > 0 && double.IsFinite(stdRatio)))
            throw BadInputException.ForParameter("point_cloud_outlier_std_ratio", stdRatio, "a positive number");
        job.ThrowIfCancelled();
        int count = cloud.Count;
        if (count < 2) return cloud;

        int k = Math.Min(neighbours, count);
        var tree = new KdTree(cloud.Points);
        var distance = new double[count];
        job.For((count + PointsPerPiece - 1) / PointsPerPiece, () => (Indices: new int[k], Squared: new double[k]), (piece, scratch) =>
        {
            for (int i = piece * PointsPerPiece; i < Math.Min(count, (piece + 1) * PointsPerPiece); i++)
            {
                tree.Nearest(cloud[i], scratch.Indices, scratch.Squared);
                double sum = 0;
                foreach (double squared in scratch.Squared) sum += Math.Sqrt(squared);
                distance[i] = sum / k;
            }
        });

        double mean = 0;
        foreach (double d in distance) mean += d;
        mean /= count;
        double squares = 0;
        foreach (double d in distance) squares += (d - mean) * (d - mean);
        double limit = mean + stdRatio * Math.Sqrt(squares / (count - 1));

        var kept = new List<Point3>(count);
        for (int i = 0; i < count; i++)
            if (distance[i] <= limit)
                kept.Add(cloud[i]);
        return new PointCloud([.. kept]);
    }
}

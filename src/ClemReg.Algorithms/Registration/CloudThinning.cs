using ClemReg.Algorithms.PointClouds;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Registration;

/// <summary>
/// Thins a cloud out so that crowded places lose more points (Hirose 2021, Acceleration of non-rigid point set registration with downsampling
/// and Gaussian process regression, section 3.1): each point is drawn with a probability inverse to the number of points in its cube.
/// </summary>
internal static class CloudThinning
{
    /// <summary>The cloud itself, or about <see cref="BcpdOptions.Points"/> of its points in their order; a point drawn twice is kept once.</summary>
    public static PointCloud Thin(PointCloud cloud, double unit, BcpdOptions options)
    {
        if (options.Points == 0 || options.Points >= cloud.Count) return cloud;
        double[] weights = Weights(cloud, options.ThinningVoxel * unit);
        double whole = weights.Sum();
        var random = new Random(options.Seed);
        var kept = new List<Point3>();
        // Systematic resampling: the unit interval in equal parts, one draw in each.
        double reached = weights[0] / whole;
        int i = 0, last = -1;
        for (int j = 0; j < options.Points; j++)
        {
            double draw = (j + random.NextDouble()) / options.Points;
            while (draw > reached && i < cloud.Count - 1) reached += weights[++i] / whole;
            if (i == last) continue;
            kept.Add(cloud[i]);
            last = i;
        }
        return new PointCloud([.. kept]);
    }

    private static double[] Weights(PointCloud cloud, double edge)
    {
        var weights = new double[cloud.Count];
        Array.Fill(weights, 1);
        if (edge <= 0) return weights;
        Point3 low = cloud[0];
        foreach (Point3 p in cloud.Points) low = Point3.Min(low, p);
        var cubes = new Dictionary<(long, long, long), int>();
        for (int i = 0; i < cloud.Count; i++) cubes[Cube(cloud[i])] = cubes.GetValueOrDefault(Cube(cloud[i])) + 1;
        for (int i = 0; i < cloud.Count; i++) weights[i] = 1.0 / cubes[Cube(cloud[i])];
        return weights;

        (long, long, long) Cube(Point3 p) => ((long)((p.Z - low.Z) / edge), (long)((p.Y - low.Y) / edge), (long)((p.X - low.X) / edge));
    }
}

using ClemReg.Algorithms.PointClouds;
using ClemReg.Algorithms.Volumes;
using MathNet.Numerics.LinearAlgebra;

namespace ClemReg.Algorithms.Registration;

/// <summary>Centre, size and flatness of a cloud, and the refusal of clouds that determine no transform.</summary>
internal static class CloudShape
{
    /// <summary>A spread below this fraction of the largest is none.</summary>
    private const double Flat = 1e-6;

    private const double ThinnestCounted = 0.05;

    /// <summary>1 km in nm: coordinates beyond it are a mistake of units.</summary>
    private const double LargestCoordinate = 1e12;

    public static Point3 Centroid(PointCloud cloud)
    {
        Point3 sum = default;
        foreach (Point3 p in cloud.Points) sum += p;
        return (1.0 / cloud.Count) * sum;
    }

    /// <summary>
    /// The length of a cube as large as the cloud: the geometric mean of its standard deviations along its principal axes. An axis counts at
    /// least a twentieth of the longest, so that a thin section is not a cloud without volume.
    /// </summary>
    public static double Size(PointCloud cloud, Point3 centre)
    {
        double[] spread = Spread(cloud, centre);
        double least = ThinnestCounted * spread[0];
        return Math.Cbrt(spread[0] * Math.Max(spread[1], least) * Math.Max(spread[2], least));
    }

    /// <summary>Refuses a cloud of fewer than 4 points, or with all of them in one place, line or plane.</summary>
    /// <exception cref="BadInputException">The cloud is refused; the message says why.</exception>
    public static void RequireSolid(PointCloud cloud, string role)
    {
        if (cloud.Count < 4)
            throw new BadInputException($"The {role} cloud has {cloud.Count} {(cloud.Count == 1 ? "point" : "points")}: at least 4 are needed. "
                + "Sample more points (raise point_cloud_sampling_frequency, lower registration_voxel_size) or check the segmentation.");
        foreach (Point3 p in cloud.Points)
            if (Math.Max(Math.Abs(p.Z), Math.Max(Math.Abs(p.Y), Math.Abs(p.X))) > LargestCoordinate)
                throw new BadInputException($"The {role} cloud has the point {p}: coordinates must lie within 1e12 nm. Check the voxel size and its unit.");

        Point3 centre = Centroid(cloud);
        double[] spread = Spread(cloud, centre);
        string? fault =
            spread[0] <= 1e-12 * centre.Length || spread[0] == 0 ? "all its points are in one place"
            : spread[1] <= Flat * spread[0] ? "all its points lie on one line"
            : spread[2] <= Flat * spread[0] ? "all its points lie in one plane"
            : null;
        if (fault is not null)
            throw new BadInputException($"The {role} cloud ({cloud.Count} points) cannot be registered: {fault}, which leaves the rotation or scale undetermined. "
                + "Use a volume of several slices, a larger region, or sample more points.");
    }

    /// <summary>The standard deviations along the principal axes, largest first.</summary>
    private static double[] Spread(PointCloud cloud, Point3 centre)
    {
        var covariance = Matrix<double>.Build.Dense(3, 3);
        foreach (Point3 p in cloud.Points)
        {
            Point3 d = p - centre;
            for (int i = 0; i < 3; i++)
                for (int j = 0; j < 3; j++)
                    covariance[i, j] += d[i] * d[j];
        }
        return [.. covariance.Svd(computeVectors: false).S.Select(s => Math.Sqrt(Math.Max(s, 0) / cloud.Count))];
    }
}

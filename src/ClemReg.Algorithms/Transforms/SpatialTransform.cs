using ClemReg.Algorithms.PointClouds;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Transforms;

/// <summary>A map of physical coordinates in nm, z, y, x. Registration results map moving (fluorescence) to fixed (EM).</summary>
public abstract class SpatialTransform
{
    /// <summary>The image of a point.</summary>
    public abstract Point3 Apply(Point3 p);

    /// <summary>The inverse map.</summary>
    /// <exception cref="BadInputException">The map has no inverse.</exception>
    public abstract SpatialTransform Inverse();

    /// <summary>The image of a cloud.</summary>
    public virtual PointCloud Apply(PointCloud cloud)
    {
        var moved = new Point3[cloud.Count];
        for (int i = 0; i < moved.Length; i++) moved[i] = Apply(cloud[i]);
        return new PointCloud(moved);
    }
}

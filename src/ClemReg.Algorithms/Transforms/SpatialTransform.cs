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
        Apply(cloud.Points, moved);
        return new PointCloud(moved);
    }

    /// <summary>The images of many points: the same numbers as one by one, faster where the map can do several at once.</summary>
    /// <param name="points">nm, z, y, x.</param>
    /// <param name="images">Receives the images; as many; may be the same memory.</param>
    public virtual void Apply(ReadOnlySpan<Point3> points, Span<Point3> images)
    {
        for (int i = 0; i < points.Length; i++) images[i] = Apply(points[i]);
    }

    /// <summary>The derivative of the image by the point, without unit.</summary>
    /// <remarks>Central differences over 1 nm unless the map has a formula for it.</remarks>
    public virtual Matrix3 Jacobian(Point3 p)
    {
        const double h = 0.5;
        Point3 z = Apply(p + new Point3(h, 0, 0)) - Apply(p - new Point3(h, 0, 0));
        Point3 y = Apply(p + new Point3(0, h, 0)) - Apply(p - new Point3(0, h, 0));
        Point3 x = Apply(p + new Point3(0, 0, h)) - Apply(p - new Point3(0, 0, h));
        return new Matrix3(z.Z, y.Z, x.Z, z.Y, y.Y, x.Y, z.X, y.X, x.X);
    }

    /// <summary>Images and derivatives of many points.</summary>
    /// <param name="points">nm, z, y, x.</param>
    /// <param name="images">Receives the images; as many; not the same memory.</param>
    /// <param name="jacobians">Receives the derivatives; as many.</param>
    public virtual void Apply(ReadOnlySpan<Point3> points, Span<Point3> images, Span<Matrix3> jacobians)
    {
        Apply(points, images);
        for (int i = 0; i < points.Length; i++) jacobians[i] = Jacobian(points[i]);
    }

    /// <summary>The affine map that is nearest to this one, as a start for its inversion.</summary>
    internal virtual AffineTransform Approximation => AffineTransform.Identity;

    /// <summary>
    /// As <see cref="Apply(ReadOnlySpan{Point3}, Span{Point3})"/>, with <paramref name="images"/> holding guesses: a map that has to
    /// search for its images starts from them and may stop within <paramref name="toleranceNm"/>.
    /// </summary>
    internal virtual void Improve(ReadOnlySpan<Point3> points, Span<Point3> images, double toleranceNm) => Apply(points, images);

    /// <summary>Places where the determinant of the Jacobian may be extreme between the nodes of any grid, with its least value there.</summary>
    internal virtual IReadOnlyList<(Point3 Place, double Determinant)> ExtremeDeterminants(Job job) => [];
}

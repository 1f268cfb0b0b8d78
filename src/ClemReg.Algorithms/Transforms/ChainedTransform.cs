using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Transforms;

/// <summary>A map between two affine ones: p goes to after(map(before(p))). A channel's chromatic correction comes before the registration.</summary>
public sealed class ChainedTransform : SpatialTransform
{
    private readonly AffineTransform _before, _after, _afterInverse;
    private readonly SpatialTransform _map;
    private readonly Matrix3 _linearBefore, _linearAfter;

    /// <summary>Makes the chain.</summary>
    /// <exception cref="BadInputException">An affine map is singular.</exception>
    public ChainedTransform(AffineTransform before, SpatialTransform map, AffineTransform after)
    {
        (_before, _map, _after) = (before, map, after);
        _ = before.Inverse();
        _afterInverse = after.Inverse();
        (_linearBefore, _linearAfter) = (before.Jacobian(default), after.Jacobian(default));
    }

    /// <summary>The affine map that is applied first.</summary>
    public AffineTransform Before => _before;

    /// <summary>The map between.</summary>
    public SpatialTransform Map => _map;

    /// <summary>The affine map that is applied last.</summary>
    public AffineTransform After => _after;

    /// <summary>This map and <paramref name="next"/> after it.</summary>
    public ChainedTransform Then(AffineTransform next) => new(_before, _map, _after.Then(next));

    /// <summary>The map that corrects a channel first and registers it then; an affine one where both are.</summary>
    public static SpatialTransform Of(AffineTransform before, SpatialTransform map) =>
        map switch
        {
            AffineTransform affine => before.Then(affine),
            ChainedTransform chain => new ChainedTransform(before.Then(chain._before), chain._map, chain._after),
            _ => new ChainedTransform(before, map, AffineTransform.Identity),
        };

    /// <inheritdoc/>
    public override Point3 Apply(Point3 p) => _after.Apply(_map.Apply(_before.Apply(p)));

    /// <inheritdoc/>
    public override SpatialTransform Inverse() => new ChainedTransform(_afterInverse, _map.Inverse(), _before.Inverse());

    /// <inheritdoc/>
    public override void Apply(ReadOnlySpan<Point3> points, Span<Point3> images)
    {
        Point3[] inner = Begin(points);
        _map.Apply(inner, images);
        End(images);
    }

    /// <inheritdoc/>
    public override Matrix3 Jacobian(Point3 p) => _linearAfter * _map.Jacobian(_before.Apply(p)) * _linearBefore;

    /// <inheritdoc/>
    public override void Apply(ReadOnlySpan<Point3> points, Span<Point3> images, Span<Matrix3> jacobians)
    {
        _map.Apply(Begin(points), images, jacobians);
        End(images);
        Chain(jacobians[..points.Length]);
    }

    internal override AffineTransform Approximation => _before.Then(_map.Approximation).Then(_after);

    internal override void Improve(ReadOnlySpan<Point3> points, Span<Point3> images, double toleranceNm)
    {
        foreach (ref Point3 image in images) image = _afterInverse.Apply(image);
        _map.Improve(Begin(points), images, toleranceNm);
        End(images);
    }

    internal override void Improve(ReadOnlySpan<Point3> points, Span<Point3> images, Span<Matrix3> jacobians, double toleranceNm)
    {
        foreach (ref Point3 image in images) image = _afterInverse.Apply(image);
        _map.Improve(Begin(points), images, jacobians, toleranceNm);
        End(images);
        Chain(jacobians[..points.Length]);
    }

    private Point3[] Begin(ReadOnlySpan<Point3> points)
    {
        var inner = new Point3[points.Length];
        _before.Apply(points, inner);
        return inner;
    }

    private void End(Span<Point3> images)
    {
        foreach (ref Point3 image in images) image = _after.Apply(image);
    }

    private void Chain(Span<Matrix3> jacobians)
    {
        foreach (ref Matrix3 jacobian in jacobians) jacobian = _linearAfter * jacobian * _linearBefore;
    }
}

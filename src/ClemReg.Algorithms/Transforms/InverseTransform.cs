using System.Globalization;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Transforms;

/// <summary>
/// The inverse of a map that has no formula for it: the place whose image is given, found by Newton's method with the map's Jacobian to
/// within <see cref="ToleranceNm"/> of the image.
/// </summary>
/// <remarks>
/// It starts at the inverse of the nearest affine map and halves steps that lead away. Where that ends nowhere it follows the straight way
/// from an image that it knows, in small steps. A place where the map's orientation has turned over is none: space is folded there.
/// </remarks>
public sealed class InverseTransform : SpatialTransform
{
    /// <summary>How near to the given point the image of the result lies, nm.</summary>
    public const double ToleranceNm = 1e-6;

    private const int Batch = 64;
    private readonly AffineTransform _start;
    private readonly int _orientation;

    /// <summary>Makes the inverse of <paramref name="forward"/>. Nothing is computed yet.</summary>
    /// <exception cref="BadInputException">The map is flat: even its nearest affine map has no inverse.</exception>
    public InverseTransform(SpatialTransform forward)
    {
        Forward = forward;
        _start = forward.Approximation.Inverse();
        _orientation = Math.Sign(_start.Determinant);
    }

    /// <summary>The map that this one undoes.</summary>
    public SpatialTransform Forward { get; }

    /// <inheritdoc/>
    /// <exception cref="BadInputException">No place has this image, because the map folds space there.</exception>
    public override Point3 Apply(Point3 p) => Solve(p);

    /// <inheritdoc/>
    public override SpatialTransform Inverse() => Forward;

    /// <inheritdoc/>
    public override void Apply(ReadOnlySpan<Point3> points, Span<Point3> images)
    {
        Span<Point3> starts = stackalloc Point3[Batch];
        for (int i = 0; i < points.Length; i += Batch)
        {
            int n = Math.Min(Batch, points.Length - i);
            for (int k = 0; k < n; k++) starts[k] = _start.Apply(points[i + k]);
            Improve(points.Slice(i, n), starts[..n], ToleranceNm);
            starts[..n].CopyTo(images[i..]);
        }
    }

    /// <inheritdoc/>
    public override Matrix3 Jacobian(Point3 p) => Forward.Jacobian(Apply(p)).Inverse();

    /// <inheritdoc/>
    public override void Apply(ReadOnlySpan<Point3> points, Span<Point3> images, Span<Matrix3> jacobians)
    {
        Apply(points, images);
        Span<Point3> back = stackalloc Point3[Batch];
        for (int i = 0; i < points.Length; i += Batch)
        {
            int n = Math.Min(Batch, points.Length - i);
            Forward.Apply(images.Slice(i, n), back[..n], jacobians.Slice(i, n));
            for (int k = 0; k < n; k++) jacobians[i + k] = jacobians[i + k].Inverse();
        }
    }

    internal override AffineTransform Approximation => _start;

    internal override void Improve(ReadOnlySpan<Point3> points, Span<Point3> images, double toleranceNm)
    {
        for (int i = 0; i < points.Length; i += Batch)
            ImproveBatch(points.Slice(i, Math.Min(Batch, points.Length - i)), images[i..], toleranceNm);
    }

    /// <summary>Newton's method on a batch; the few points that it does not settle are solved one by one.</summary>
    private void ImproveBatch(ReadOnlySpan<Point3> points, Span<Point3> images, double tolerance)
    {
        const int rounds = 8;
        Span<int> open = stackalloc int[Batch];
        Span<Point3> at = stackalloc Point3[Batch], reached = stackalloc Point3[Batch];
        Span<Matrix3> jacobians = stackalloc Matrix3[Batch];
        Span<double> missed = stackalloc double[Batch];
        int count = points.Length;
        for (int k = 0; k < count; k++) (open[k], missed[k]) = (k, double.PositiveInfinity);
        for (int round = 0; round < rounds && count > 0; round++)
        {
            for (int k = 0; k < count; k++) at[k] = images[open[k]];
            Forward.Apply(at[..count], reached[..count], jacobians[..count]);
            int left = 0;
            for (int k = 0; k < count; k++)
            {
                int i = open[k];
                Point3 miss = reached[k] - points[i];
                double distance = miss.Length;
                double determinant = jacobians[k].Determinant;
                bool upright = determinant * _orientation > 0;
                if (upright && distance <= Reachable(tolerance, points[i]))
                {
                    // The last step is free and leaves an error far below the tolerance.
                    images[i] -= jacobians[k].Inverse() * miss;
                }
                else if (!upright || !(distance < missed[i]) || round == rounds - 1) images[i] = Solve(points[i]);
                else
                {
                    images[i] -= jacobians[k].Inverse() * miss;
                    missed[i] = distance;
                    open[left++] = i;
                }
            }
            count = left;
        }
    }

    private Point3 Solve(Point3 point)
    {
        Point3 start = _start.Apply(point);
        if (Newton(point, start, ToleranceNm, out Point3 found) || Follow(point, start, out found)) return found;
        double determinant = Forward.Jacobian(found).Determinant * _orientation;
        throw new BadInputException(string.Create(CultureInfo.InvariantCulture,
            $"The transform folds space, so it has no inverse at {point} nm (z, y, x): near {found} the determinant of its Jacobian is {determinant:G3}, and it must be positive. ")
            + "Landmarks that cross each other do that: remove wrong ones, or smooth more (thin_plate_regularisation).");
    }

    /// <summary>Newton's method with halved steps. False if it gets stuck or ends where the map is turned over.</summary>
    private bool Newton(Point3 point, Point3 start, double tolerance, out Point3 found)
    {
        found = start;
        Point3 miss = Forward.Apply(found) - point;
        double distance = miss.Length;
        for (int round = 0; round < 60; round++)
        {
            Matrix3 jacobian = Forward.Jacobian(found);
            Point3 step = jacobian.Inverse() * miss;
            if (!step.IsFinite) return false;
            if (distance <= Reachable(tolerance, point))
            {
                if (jacobian.Determinant * _orientation <= 0) return false;
                Point3 next = found - step;
                if ((Forward.Apply(next) - point).Length <= distance) found = next;
                return true;
            }
            double length = 1;
            while (true)
            {
                Point3 next = found - length * step;
                Point3 nextMiss = Forward.Apply(next) - point;
                if (nextMiss.Length < (1 - length / 4) * distance)
                {
                    (found, miss, distance) = (next, nextMiss, nextMiss.Length);
                    break;
                }
                if ((length /= 2) < 1e-3) return false;
            }
        }
        return false;
    }

    /// <summary>Follows the straight way from the image of <paramref name="start"/> to the point, in steps that Newton's method can take.</summary>
    private bool Follow(Point3 point, Point3 start, out Point3 found)
    {
        found = start;
        Point3 from = Forward.Apply(start), way = point - from;
        double done = 0, step = 0.25;
        while (done < 1)
        {
            double next = Math.Min(1, done + step);
            if (Newton(from + next * way, found, ToleranceNm, out Point3 there))
            {
                (found, done) = (there, next);
                step *= 1.5;
            }
            else if ((step /= 4) < 1e-4) return false;
        }
        return true;
    }

    /// <summary>The tolerance, or what rounding leaves of it far from the origin.</summary>
    private static double Reachable(double tolerance, Point3 point) => Math.Max(tolerance, 1e-13 * point.Length);
}

using ClemReg.Algorithms.Refinement;
using ClemReg.Algorithms.Transforms;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.PointClouds;

/// <summary>
/// The blur that a mask gets before its centre lines are looked for: for the EM's mask the microscope's, so that both masks' centre lines are those
/// of equally blurred objects; none for the fluorescence's, which has it already.
/// </summary>
/// <param name="Psf">The blur, nm; null for none.</param>
/// <param name="OpticalAxis">The fluorescence's z in the mask's frame, z, y, x; any length but 0.</param>
public sealed record CentreLineOptions(PointSpreadFunction? Psf, Point3 OpticalAxis);

/// <summary>
/// Moves points of a mask onto the centre lines of its objects: the ridges of the mask blurred by a Gaussian of <see cref="SigmaNm"/>, by subspace
/// constrained mean shift (U. Ozertem, D. Erdogmus 2011, Locally defined principal curves and surfaces, J. Machine Learning Research 12, 1249).
/// Outlines move outwards when a microscope blurs an object; its centre line stays.
/// </summary>
internal static class CentreLines
{
    /// <summary>Narrower follows the surface's dents, wider joins neighbours. Chosen on training cases: docs/decisions/17.</summary>
    public const double SigmaNm = 200;

    private const int Steps = 20;
    private const double LongestStepNm = 150;
    private const double RestNm = 1;
    private const double Nothing = 1e-4;
    private const int Block = 256;

    /// <summary>The points (nm, the mask's frame), each moved onto the nearest centre line.</summary>
    public static Point3[] Project(ReadOnlySpan<Point3> points, BitVolume mask, CentreLineOptions options, Job job)
    {
        Point3 axis = 1 / options.OpticalAxis.Length * options.OpticalAxis;
        PointSpreadFunction blur = options.Psf is { } psf ? psf.With(SigmaNm) : new PointSpreadFunction(SigmaNm, SigmaNm);
        using var field = new CubicSplineField(MicroscopeModel.Blurred(mask, axis, blur, null, job));
        double across = blur.LateralNm * blur.LateralNm, more = blur.AxialNm * blur.AxialNm - across;
        Point3[] moved = points.ToArray();
        job.For((moved.Length + Block - 1) / Block, block =>
        {
            for (int i = block * Block; i < Math.Min(moved.Length, (block + 1) * Block); i++)
                for (int step = 0; step < Steps; step++)
                {
                    LocalShape shape = field.Shape(moved[i]);
                    if (shape.Value < Nothing) break;
                    Point3 slope = 1 / shape.Value * shape.Gradient;
                    // The mean shift of a Gaussian kernel is its covariance times the gradient of the logarithm.
                    Point3 shift = across * slope + more * Point3.Dot(axis, slope) * axis;
                    Point3 along = Along(shape, slope);
                    shift -= Point3.Dot(shift, along) * along;
                    double length = shift.Length;
                    if (length > LongestStepNm) shift = LongestStepNm / length * shift;
                    moved[i] += shift;
                    if (length < RestNm) break;
                }
        });
        return moved;
    }

    /// <summary>The direction in which the logarithm bends least: that of the line.</summary>
    private static Point3 Along(LocalShape s, Point3 slope)
    {
        double v = s.Value, zy = s.ZY / v - slope.Z * slope.Y, zx = s.ZX / v - slope.Z * slope.X, yx = s.YX / v - slope.Y * slope.X;
        return new Matrix3(s.ZZ / v - slope.Z * slope.Z, zy, zx, zy, s.YY / v - slope.Y * slope.Y, yx, zx, yx, s.XX / v - slope.X * slope.X).LargestEigenvector();
    }
}

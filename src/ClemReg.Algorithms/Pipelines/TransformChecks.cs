using System.Globalization;
using ClemReg.Algorithms.Transforms;
using ClemReg.Algorithms.Transforms.Interchange;
using ClemReg.Algorithms.Volumes;
using ClemReg.Algorithms.Warping;

namespace ClemReg.Algorithms.Pipelines;

/// <summary>What can be seen to be wrong with a transform or with landmarks before an image is warped: a wrong direction, a wrong unit, folds.</summary>
internal static class TransformChecks
{
    /// <summary>Fluorescence and EM are calibrated; a change of scale beyond this factor is a wrong unit more often than a sample.</summary>
    private const double MostScale = 2;

    /// <summary>Landmarks that span less of the image than this count in another unit, or are all in one place.</summary>
    private const double LeastSpan = 0.01;

    /// <summary>Warns when nothing of the source lands on the target.</summary>
    /// <param name="source">The image's grid.</param>
    /// <param name="transform">Source to target.</param>
    /// <param name="target">The other grid.</param>
    /// <param name="what">How the message calls the image.</param>
    /// <param name="where">And the target.</param>
    /// <param name="job">Hears it.</param>
    public static void Lands(Grid source, SpatialTransform transform, Grid target, string what, string where, Job job)
    {
        // The map that is given by a formula is followed: an inverse has to be searched, and there may be none far from the images.
        bool inverted = transform is InverseTransform or ChainedTransform { Map: InverseTransform };
        if (inverted ? OutputGrid.Overlap(source, target, transform.Inverse()) : OutputGrid.Overlap(target, source, transform)) return;
        job.Warn($"Nothing of {what} lands on {where}: is the direction or the unit of the transform wrong?");
    }

    /// <summary>Warns when the landmarks' distances do not fit the images or each other.</summary>
    /// <param name="pairs">The pairs.</param>
    /// <param name="moving">The fluorescence's grid; null where it is not known.</param>
    /// <param name="fixedGrid">The EM's grid, likewise.</param>
    /// <param name="file">The landmarks' file, for the message.</param>
    /// <param name="job">Hears it.</param>
    public static void Landmarks(IReadOnlyList<LandmarkPair> pairs, Grid? moving, Grid? fixedGrid, string file, Job job)
    {
        if (pairs.Count == 0) return;
        double from = Extent([.. pairs.Select(p => p.Moving)]), to = Extent([.. pairs.Select(p => p.Fixed)]);
        foreach ((double span, Grid? grid, string role) in new[] { (from, moving, "fluorescence"), (to, fixedGrid, "EM") })
        {
            if (grid is null || grid.Size.Count == 1 || span >= LeastSpan * Diagonal(grid)) continue;
            job.Warn(string.Create(CultureInfo.InvariantCulture,
                $"The landmarks of {file} span {span:G3} nm of the {role}, which is {Diagonal(grid):G3} nm from corner to corner. Check the unit, or spread them over the volume."));
        }
        if (from > 0 && to > 0) Scale(to / from, $"The landmarks of {file}", job);
    }

    /// <summary>Warns when a transform changes lengths as no calibrated images do.</summary>
    public static void Scale(double scale, string what, Job job)
    {
        if (scale is < 1 / MostScale or > MostScale)
            job.Warn(string.Create(CultureInfo.InvariantCulture,
                $"{what} make the fluorescence {scale:G3} times as large. Check the units, and the voxel sizes of the images where they were made."));
    }

    /// <summary>The change of volume that a transform makes, looked at where it is known best: on the fluorescence's grid, or over its own nodes.</summary>
    /// <param name="transform">Fluorescence to EM.</param>
    /// <param name="moving">The fluorescence's grid, or null.</param>
    /// <param name="job">The work.</param>
    /// <returns>Null for an affine map, and for a kind of map that has no nodes where no grid is given.</returns>
    public static JacobianCheck? Fold(SpatialTransform transform, Grid? moving, Job job)
    {
        if (transform is AffineTransform) return null;
        if (moving is not null && moving.Size.Count > 1 && transform is not (InverseTransform or ChainedTransform { Map: InverseTransform }))
            return JacobianCheck.Measure(transform, moving, job);
        SpatialTransform map = transform is ChainedTransform chain ? chain.Map : transform;
        if (map is InverseTransform inverse) map = inverse.Forward;
        return map switch
        {
            ThinPlateSpline spline => JacobianCheck.Measure(spline, Box(spline.ControlPoints), job),
            DisplacementField field => JacobianCheck.Measure(field, field.Nodes, job),
            _ => null,
        };
    }

    private static double Extent(IReadOnlyList<Point3> points)
    {
        (Point3 low, Point3 high) = Corners(points);
        return (high - low).Length;
    }

    private static double Diagonal(Grid grid) => (grid.ToPhysical(grid.Size.Z - 1, grid.Size.Y - 1, grid.Size.X - 1) - grid.Origin).Length;

    /// <summary>A grid whose outermost voxel centres are the corners of the points' box.</summary>
    private static Grid Box(IReadOnlyList<Point3> points)
    {
        (Point3 low, Point3 high) = Corners(points);
        Point3 length = high - low;
        int Count(double l) => l > 0 ? 2 : 1;
        double Step(double l) => l > 0 ? l : 1;
        return new Grid(new Size3(Count(length.Z), Count(length.Y), Count(length.X)), new Point3(Step(length.Z), Step(length.Y), Step(length.X)), low);
    }

    private static (Point3 Low, Point3 High) Corners(IReadOnlyList<Point3> points) =>
        (new Point3(points.Min(p => p.Z), points.Min(p => p.Y), points.Min(p => p.X)), new Point3(points.Max(p => p.Z), points.Max(p => p.Y), points.Max(p => p.X)));
}

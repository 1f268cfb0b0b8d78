using System.Globalization;
using ClemReg.Algorithms.Transforms;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Warping;

/// <summary>The grid that a warped image is computed on: the target's, one of another pitch over the same box, or the part where the source is.</summary>
public static class OutputGrid
{
    /// <summary>The most voxels of a grid made here: 2^40, beyond which a pitch is surely a mistake.</summary>
    private const long MostVoxels = 1L << 40;

    /// <summary>Rows of points on each face of the source's box by which its place in the target is found.</summary>
    private const int FacePoints = 17;

    /// <summary>A grid of another pitch over the same voxels: its box, from the first voxel's outer face to the last one's, is that of the target to within half a voxel, with the same centre.</summary>
    /// <param name="target">The target's grid.</param>
    /// <param name="spacing">The new pitch, nm, z, y, x.</param>
    /// <param name="parameter">The name of the parameter that the pitch comes from, for messages.</param>
    /// <exception cref="BadInputException">A pitch that is not positive, or so small that the grid has more than 2^40 voxels.</exception>
    public static Grid WithSpacing(Grid target, Point3 spacing, string parameter = "warping_output_spacing")
    {
        if (!spacing.IsFinite || spacing.Z <= 0 || spacing.Y <= 0 || spacing.X <= 0)
            throw BadInputException.ForParameter(parameter, spacing, "one or three positive lengths in nm (z, y, x)");
        Span<double> count = stackalloc double[3], origin = stackalloc double[3];
        int[] size = [target.Size.Z, target.Size.Y, target.Size.X];
        for (int axis = 0; axis < 3; axis++)
        {
            count[axis] = Math.Max(1, Math.Round(size[axis] * target.Spacing[axis] / spacing[axis]));
            double centre = target.Origin[axis] + (size[axis] - 1) * target.Spacing[axis] / 2;
            origin[axis] = centre - (count[axis] - 1) * spacing[axis] / 2;
        }
        if (count[0] * count[1] * count[2] > MostVoxels || count[1] * count[2] > int.MaxValue / 8)
            throw BadInputException.ForParameter(parameter, spacing,
                string.Create(CultureInfo.InvariantCulture, $"larger: the result would have {count[0]:F0} x {count[1]:F0} x {count[2]:F0} voxels"), "Lengths are in nm.");
        return new Grid(new Size3((int)count[0], (int)count[1], (int)count[2]), spacing, new Point3(origin[0], origin[1], origin[2]));
    }

    /// <summary>The part of a grid that the source reaches: the smallest box of its voxels with all places that the source's box maps to.</summary>
    /// <remarks>A map that keeps insides inside, as one without folds does, takes the surface of the box to that of its image, so only the
    /// six faces are looked at, at 17 x 17 points each; a voxel is added around for what a deformation does between them.</remarks>
    /// <param name="grid">The grid to crop; its voxels stay where they are.</param>
    /// <param name="source">The image that is warped.</param>
    /// <param name="sourceToTarget">nm.</param>
    /// <exception cref="BadInputException">The source is nowhere in the grid.</exception>
    public static Grid Crop(Grid grid, Grid source, SpatialTransform sourceToTarget)
    {
        (Point3 low, Point3 high) = Reach(source, sourceToTarget);
        Point3 first = grid.ToIndex(low), last = grid.ToIndex(high);
        int margin = sourceToTarget is AffineTransform ? 0 : 1;
        Span<int> from = stackalloc int[3], count = stackalloc int[3];
        int[] size = [grid.Size.Z, grid.Size.Y, grid.Size.X];
        for (int axis = 0; axis < 3; axis++)
        {
            // Rounding must not cost the outermost voxel of an aligned grid.
            double a = Math.Max(0, Math.Ceiling(first[axis] - 1e-6) - margin), b = Math.Min(size[axis] - 1, Math.Floor(last[axis] + 1e-6) + margin);
            if (!(a <= b))
                throw new BadInputException($"The transformed image (z, y, x from {low} to {high} nm) does not overlap the target (from {grid.Origin} to {grid.ToPhysical(size[0] - 1, size[1] - 1, size[2] - 1)} nm), so nothing is left after warping_crop_to_overlap. Check the transform and the images' calibration.");
            (from[axis], count[axis]) = ((int)a, (int)(b - a) + 1);
        }
        return new Grid(new Size3(count[0], count[1], count[2]), grid.Spacing, grid.ToPhysical(from[0], from[1], from[2]));
    }

    /// <summary>Whether any of the source may lie in the grid: the box of all places that its own box maps to comes within half a voxel of the grid's voxel centres.</summary>
    /// <param name="grid">The grid.</param>
    /// <param name="source">The image that is warped.</param>
    /// <param name="sourceToTarget">nm.</param>
    public static bool Overlap(Grid grid, Grid source, SpatialTransform sourceToTarget)
    {
        (Point3 low, Point3 high) = Reach(source, sourceToTarget);
        Point3 first = grid.ToIndex(low), last = grid.ToIndex(high);
        return last.Z >= -0.5 && last.Y >= -0.5 && last.X >= -0.5
            && first.Z <= grid.Size.Z - 0.5 && first.Y <= grid.Size.Y - 0.5 && first.X <= grid.Size.X - 0.5;
    }

    /// <summary>The box, in target coordinates, of the source's outermost voxel centres.</summary>
    internal static (Point3 Low, Point3 High) Reach(Grid source, SpatialTransform sourceToTarget)
    {
        const int n = FacePoints - 1;
        var points = new List<Point3>();
        (int z, int y, int x) = (source.Size.Z - 1, source.Size.Y - 1, source.Size.X - 1);
        for (int i = 0; i <= n; i++)
            for (int j = 0; j <= n; j++)
                for (int side = 0; side <= 1; side++)
                {
                    double a = (double)i / n, b = (double)j / n;
                    points.Add(source.ToPhysical(side * z, a * y, b * x));
                    points.Add(source.ToPhysical(a * z, side * y, b * x));
                    points.Add(source.ToPhysical(a * z, b * y, side * x));
                }
        var images = new Point3[points.Count];
        sourceToTarget.Apply(points.ToArray(), images);
        Point3 low = images[0], high = images[0];
        foreach (Point3 p in images)
        {
            low = Point3.Min(low, p);
            high = Point3.Max(high, p);
        }
        return (low, high);
    }
}

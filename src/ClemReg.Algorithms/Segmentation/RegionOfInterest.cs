using System.Globalization;
using System.Numerics;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Segmentation;

/// <summary>A position in a slice in ImageJ's pixel coordinates: pixel i covers i to i + 1, its centre is at i + 0.5.</summary>
public readonly record struct PixelPoint(double X, double Y);

/// <summary>
/// A region of an image: one or more polygons in xy, all of which are inside, and a range of slices, both in the image's own pixels. What
/// lies outside is cleared from a mask, which may be on another grid than the image.
/// </summary>
public sealed class RegionOfInterest
{
    private readonly PixelPoint[][] _polygons;
    private readonly string _suffix;

    /// <summary>Makes a region of one polygon.</summary>
    /// <inheritdoc cref="RegionOfInterest(IReadOnlyList{IReadOnlyList{PixelPoint}}, int, int, string)"/>
    public RegionOfInterest(IReadOnlyList<PixelPoint>? polygon, int firstSlice = 0, int lastSlice = 0)
        : this(polygon is null ? [] : [polygon], firstSlice, lastSlice, "")
    {
    }

    /// <summary>Makes a region.</summary>
    /// <param name="polygons">
    /// Polygons, each with its corners in order, not repeated at the end; none for the whole plane. A pixel is inside a polygon when its centre
    /// is, by the even-odd rule, and inside the region when it is inside any of them.
    /// </param>
    /// <param name="firstSlice">z_min: the first slice inside, counted from 1; 0 for no limit.</param>
    /// <param name="lastSlice">z_max: the last slice inside, counted from 1; 0 for no limit.</param>
    /// <param name="suffix">What stands behind the parameters' names in messages: "" for the fluorescence, "_em" for the EM.</param>
    /// <exception cref="BadInputException">Fewer than 3 corners, a coordinate that is not a number, a range that is negative or empty.</exception>
    public RegionOfInterest(IReadOnlyList<IReadOnlyList<PixelPoint>> polygons, int firstSlice, int lastSlice, string suffix)
    {
        _suffix = suffix;
        foreach (IReadOnlyList<PixelPoint> polygon in polygons)
        {
            if (polygon.Count < 3)
                throw new BadInputException($"The region of interest (roi_polygon{suffix}) has {polygon.Count} corner(s): it must be an area, a polygon of at least 3. Draw a polygon, rectangle or freehand selection, or none.");
            foreach (PixelPoint p in polygon)
                if (!double.IsFinite(p.X) || !double.IsFinite(p.Y))
                    throw new BadInputException(string.Create(CultureInfo.InvariantCulture, $"The region of interest (roi_polygon{suffix}) has the corner ({p.X}, {p.Y}): every coordinate must be a finite number of pixels."));
        }
        if (firstSlice < 0) throw BadInputException.ForParameter("z_min" + suffix, firstSlice, "a slice counted from 1, or 0 for no limit");
        if (lastSlice < 0) throw BadInputException.ForParameter("z_max" + suffix, lastSlice, "a slice counted from 1, or 0 for no limit");
        if (lastSlice > 0 && firstSlice > lastSlice)
            throw BadInputException.ForParameter("z_min" + suffix, firstSlice, $"at most z_max{suffix} ({lastSlice})");
        _polygons = [.. polygons.Select(p => p.ToArray())];
        FirstSlice = firstSlice;
        LastSlice = lastSlice;
    }

    /// <summary>The first slice inside, counted from 1; 0 for no limit.</summary>
    public int FirstSlice { get; }

    /// <summary>The last slice inside, counted from 1; 0 for no limit.</summary>
    public int LastSlice { get; }

    /// <summary>Checks that the region has at least one pixel in an image.</summary>
    /// <exception cref="BadInputException">The slices or the polygon lie outside the image, or no pixel's centre is inside.</exception>
    public void Validate(Grid image)
    {
        int slices = image.Size.Z;
        if (FirstSlice > slices) throw BadInputException.ForParameter("z_min" + _suffix, FirstSlice, $"at most {slices}, the image's number of slices, or 0 for no limit");
        if (LastSlice > slices) throw BadInputException.ForParameter("z_max" + _suffix, LastSlice, $"at most {slices}, the image's number of slices, or 0 for no limit");
        ulong[] footprint = Footprint(image, image);
        if (Array.TrueForAll(footprint, word => word == 0))
        {
            IEnumerable<PixelPoint> corners = _polygons.SelectMany(p => p);
            double x0 = corners.Min(p => p.X), x1 = corners.Max(p => p.X), y0 = corners.Min(p => p.Y), y1 = corners.Max(p => p.Y);
            throw new BadInputException(string.Create(CultureInfo.InvariantCulture,
                $"The region of interest (roi_polygon{_suffix}), x {x0:G6} to {x1:G6} and y {y0:G6} to {y1:G6}, has no pixel of the image in it, which is {image.Size.X} x {image.Size.Y} pixels. Draw it on the {(_suffix.Length == 0 ? "fluorescence" : "EM")} image, in pixels."));
        }
    }

    /// <summary>Clears what lies outside from a mask: voxels whose centre is outside the polygon or outside the slices.</summary>
    /// <param name="mask">The mask, changed in place. Its grid may differ from the image's; both are in the same physical space.</param>
    /// <param name="image">The grid of the image that the region is drawn on.</param>
    /// <param name="job">Threads, cancellation.</param>
    /// <exception cref="BadInputException">The region has no pixel in the image.</exception>
    public void Apply(BitVolume mask, Grid image, Job job)
    {
        Validate(image);
        ulong[] footprint = Footprint(mask.Grid, image);
        Centres centres = Centres.Along(0, mask.Grid, image);
        job.For(mask.Grid.Size.Z, z =>
        {
            Span<ulong> words = mask.SliceWords(z);
            double slice = Math.Floor(centres[z]) + 1;
            if ((FirstSlice > 0 && slice < FirstSlice) || (LastSlice > 0 && slice > LastSlice)) words.Clear();
            else System.Numerics.Tensors.TensorPrimitives.BitwiseAnd<ulong>(words, footprint, words);
        });
    }

    /// <summary>The smallest box of an image that holds the region.</summary>
    /// <param name="image">The grid of the image that the region is drawn on.</param>
    /// <returns>The box's first voxel, and its voxels along z, y and x.</returns>
    /// <exception cref="BadInputException">The region has no pixel in the image.</exception>
    public (Size3 First, Size3 Size) Box(Grid image)
    {
        Validate(image);
        (int slices, int height, int width) = image.Size;
        ulong[] footprint = Footprint(image, image);
        int words = footprint.Length / height, top = height, bottom = -1, left = width, right = -1;
        for (int y = 0; y < height; y++)
        {
            ReadOnlySpan<ulong> row = footprint.AsSpan(y * words, words);
            int first = row.IndexOfAnyExcept(0UL);
            if (first < 0) continue;
            int last = row.LastIndexOfAnyExcept(0UL);
            (top, bottom) = (Math.Min(top, y), y);
            left = Math.Min(left, 64 * first + BitOperations.TrailingZeroCount(row[first]));
            right = Math.Max(right, 64 * last + 63 - BitOperations.LeadingZeroCount(row[last]));
        }
        int front = Math.Max(0, FirstSlice - 1), back = LastSlice > 0 ? LastSlice : slices;
        return (new Size3(front, top, left), new Size3(back - front, bottom - top + 1, right - left + 1));
    }

    /// <summary>The pixels of a slice of <paramref name="grid"/> whose centres are inside a polygon, as a mask's slice has them.</summary>
    private ulong[] Footprint(Grid grid, Grid image)
    {
        int wordsPerRow = (grid.Size.X + 63) / 64;
        var words = new ulong[grid.Size.Y * wordsPerRow];
        var crossings = new List<double>();
        Centres rows = Centres.Along(1, grid, image);
        Centres columns = Centres.Along(2, grid, image);
        for (int y = 0; y < grid.Size.Y; y++)
        {
            Span<ulong> row = words.AsSpan(y * wordsPerRow, wordsPerRow);
            if (_polygons.Length == 0)
            {
                BitRow.Set(row, 0, grid.Size.X);
                continue;
            }
            foreach (PixelPoint[] polygon in _polygons)
            {
                Cross(polygon, rows[y], crossings);
                for (int i = 0; i + 1 < crossings.Count; i += 2)
                    BitRow.Set(row, columns.FirstAtOrBeyond(crossings[i], grid.Size.X), columns.FirstAtOrBeyond(crossings[i + 1], grid.Size.X));
            }
        }
        return words;
    }

    /// <summary>Where the line at height y crosses the polygon's edges, x ascending; an even number of places.</summary>
    private static void Cross(PixelPoint[] polygon, double y, List<double> crossings)
    {
        crossings.Clear();
        PixelPoint from = polygon[^1];
        foreach (PixelPoint to in polygon)
        {
            // An edge has its upper end but not its lower one, so that a corner counts once for the two edges that pass through it.
            if (from.Y > y != to.Y > y) crossings.Add((to.X - from.X) * (y - from.Y) / (to.Y - from.Y) + from.X);
            from = to;
        }
        crossings.Sort();
    }

    /// <summary>The voxel centres of a grid along one axis in ImageJ's pixel coordinates of the image: exact where the grids are the same.</summary>
    private readonly record struct Centres(double Start, double Step)
    {
        public double this[int i] => Start + i * Step;

        public static Centres Along(int axis, Grid grid, Grid image) =>
            new((grid.Origin[axis] - image.Origin[axis]) / image.Spacing[axis] + 0.5, grid.Spacing[axis] / image.Spacing[axis]);

        /// <summary>The first voxel whose centre is at x or beyond it, 0 to count.</summary>
        public int FirstAtOrBeyond(double x, int count) => (int)Math.Clamp(Math.Ceiling((x - Start) / Step), 0, count);
    }
}

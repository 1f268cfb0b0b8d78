using System.Globalization;
using ClemReg.Algorithms.Filters;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Segmentation;

/// <summary>The grid that the fluorescence is segmented on.</summary>
public enum SegmentationGrid
{
    /// <summary>The fluorescence's own voxels, as CLEM-Reg's napari plugin does.</summary>
    Raw,
    /// <summary>Isotropic voxels of the EM's size, as the CLEM-Reg paper describes.</summary>
    EmIsotropic,
}

/// <summary>The parameters of <see cref="FluorescenceSegmentation"/>. The defaults are those of CLEM-Reg's napari plugin.</summary>
public sealed record FluorescenceSegmentationOptions
{
    /// <summary>log_sigma: the smaller standard deviation of the difference of Gaussians, in voxels of the segmentation grid, 0.3 to 100.</summary>
    public double LogSigma { get; init; } = 3.0;

    /// <summary>log_threshold: foreground is at least this times the mean grey level of its slice, above 0.</summary>
    public double LogThreshold { get; init; } = 1.2;

    /// <summary>segmentation_grid.</summary>
    public SegmentationGrid SegmentationGrid { get; init; } = SegmentationGrid.Raw;

    /// <summary>The isotropic voxel size in nm, for <see cref="SegmentationGrid.EmIsotropic"/> only.</summary>
    public double IsotropicSpacing { get; init; }

    /// <summary>filter_segmentation: removes small and large objects.</summary>
    public bool FilterSegmentation { get; init; }

    /// <summary>filter_size_lower: percentile of the objects' voxel counts that a kept object must exceed, 0 for no bound.</summary>
    public double FilterSizeLower { get; init; } = 5;

    /// <summary>filter_size_upper: percentile of the objects' voxel counts that a kept object must stay below, 100 for no bound.</summary>
    public double FilterSizeUpper { get; init; } = 95;

    /// <summary>Where to segment, in the fluorescence's pixels; null for everywhere.</summary>
    public RegionOfInterest? RegionOfInterest { get; init; }
}

/// <summary>
/// Segments the mitochondria (or any blob-like organelle) of a fluorescence volume as CLEM-Reg does (Krentzel et al., CLEM-Reg, and its
/// napari plugin): scaling to 0..1, difference of Gaussians, threshold slice by slice, optional size filter, optional region.
/// </summary>
public static class FluorescenceSegmentation
{
    /// <summary>
    /// A slice whose filtered values span less than this part of the volume's range is flat: what it holds is rounding of 32-bit floats.
    /// </summary>
    private const float FlatSlice = 1e-6f;

    /// <summary>Segments a volume.</summary>
    /// <param name="moving">The fluorescence, any voxel type.</param>
    /// <param name="options">The parameters.</param>
    /// <param name="job">Threads, cancellation, progress, warnings.</param>
    /// <returns>
    /// The mask, on the volume's grid or on <see cref="IsotropicGrid"/>. A slice without any structure has no foreground.
    /// </returns>
    /// <exception cref="BadInputException">
    /// A parameter out of range, a region outside the image, a voxel that is NaN or infinite, a volume of one value only, or nothing segmented.
    /// </exception>
    public static BitVolume Segment(Volume moving, FluorescenceSegmentationOptions options, Job job)
    {
        Validate(options);
        options.RegionOfInterest?.Validate(moving.Grid);
        Grid grid = options.SegmentationGrid == SegmentationGrid.Raw ? moving.Grid : IsotropicGrid(moving.Grid, options.IsotropicSpacing);
        IntensityRange range = IntensityRange.Of(moving, job);
        if (range.IsFlat)
            throw new BadInputException(string.Create(CultureInfo.InvariantCulture,
                $"Every voxel of the fluorescence image is {range.Minimum:G6}, so there is nothing to segment. Check that the right image and channel are chosen."));

        var mask = new BitVolume(grid);
        try
        {
            DifferenceOfGaussians.Apply(moving, range, options.LogSigma, grid,
                (z, slice) => SliceThreshold.Apply(slice, options.LogThreshold, mask, z, FlatSlice), job);
            if (options.FilterSegmentation) SizeFilter.Apply(mask, options.FilterSizeLower, options.FilterSizeUpper, job);
            options.RegionOfInterest?.Apply(mask, moving.Grid, job);
            if (mask.CountSet() == 0) throw NothingSegmented(options);
        }
        catch
        {
            mask.Dispose();
            throw;
        }
        return mask;
    }

    /// <summary>
    /// The grid of isotropic voxels that covers the same box as a volume's voxels: along an axis round(n * spacing / iso) voxels (at
    /// least 1), the centre of voxel k at origin - spacing / 2 + (k + 0.5) * iso.
    /// </summary>
    /// <param name="grid">The volume's grid.</param>
    /// <param name="isotropicSpacing">The edge of the isotropic voxels in nm.</param>
    /// <exception cref="BadInputException">The spacing is not positive or makes too many voxels.</exception>
    public static Grid IsotropicGrid(Grid grid, double isotropicSpacing)
    {
        const double MostVoxels = 1L << 36;
        if (!(isotropicSpacing > 0 && double.IsFinite(isotropicSpacing)))
            throw BadInputException.ForParameter("isotropic_spacing", isotropicSpacing, "the edge of an isotropic voxel in nm, above 0");
        Point3 spacing = grid.Spacing;
        double z = Math.Max(1, Math.Round(grid.Size.Z * spacing.Z / isotropicSpacing));
        double y = Math.Max(1, Math.Round(grid.Size.Y * spacing.Y / isotropicSpacing));
        double x = Math.Max(1, Math.Round(grid.Size.X * spacing.X / isotropicSpacing));
        if (z * y * x > MostVoxels || y * x > int.MaxValue / 8)
            throw BadInputException.ForParameter("isotropic_spacing", isotropicSpacing,
                FormattableString.Invariant($"larger: the image would get {z} x {y} x {x} voxels"),
                "Check the voxel sizes of both images, or set segmentation_grid to raw.");
        double shift = isotropicSpacing / 2;
        var origin = new Point3(grid.Origin.Z - spacing.Z / 2 + shift, grid.Origin.Y - spacing.Y / 2 + shift, grid.Origin.X - spacing.X / 2 + shift);
        return new Grid(new Size3((int)z, (int)y, (int)x), new Point3(isotropicSpacing, isotropicSpacing, isotropicSpacing), origin);
    }

    private static void Validate(FluorescenceSegmentationOptions options)
    {
        if (!(options.LogSigma >= 0.3 && options.LogSigma <= 100))
            throw BadInputException.ForParameter("log_sigma", options.LogSigma, "from 0.3 to 100 voxels", "The default is 3.");
        if (!(options.LogThreshold > 0 && double.IsFinite(options.LogThreshold)))
            throw BadInputException.ForParameter("log_threshold", options.LogThreshold, "a number above 0", "The default is 1.2.");
        if (!Enum.IsDefined(options.SegmentationGrid))
            throw BadInputException.ForParameter("segmentation_grid", options.SegmentationGrid, "raw or em_isotropic");
        if (options.FilterSegmentation) SizeFilter.Validate(options.FilterSizeLower, options.FilterSizeUpper);
    }

    private static BadInputException NothingSegmented(FluorescenceSegmentationOptions options)
    {
        string filter = options.FilterSegmentation
            ? FormattableString.Invariant($"widen the size filter (filter_size_lower = {options.FilterSizeLower}, filter_size_upper = {options.FilterSizeUpper}) or switch it off (filter_segmentation)")
            : "the size filter is off (filter_segmentation), so it is not the cause";
        string region = options.RegionOfInterest is null
            ? "no region of interest was given"
            : "enlarge the region of interest (roi_polygon, z_min, z_max)";
        return new BadInputException(string.Create(CultureInfo.InvariantCulture,
            $"Nothing was segmented in the fluorescence image. Lower log_threshold (now {options.LogThreshold}); change log_sigma (now {options.LogSigma} voxels), which should be about the radius of the organelles; {filter}; {region}. Check too that the right channel is chosen."));
    }
}

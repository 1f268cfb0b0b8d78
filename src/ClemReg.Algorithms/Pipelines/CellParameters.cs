using System.Text.Json.Nodes;
using ClemReg.Algorithms.Cells;
using ClemReg.Algorithms.Filters;
using ClemReg.Algorithms.Parameters;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Pipelines;

/// <summary>How cells are found: the parameters that detect_cells and track_cells share, and what they mean on an image.</summary>
internal sealed class CellParameters
{
    private const string Cells = "Cells", Noise = "Noise", Pipeline = "Published method";
    private const string Outlines = "outlines", Published = "published", Pixels = "px", Auto = "auto", None = "none", Estimated = "estimated";

    /// <summary>The usual diameter is measured in so many sections.</summary>
    private const int MeasuredSections = 5;

    /// <summary>Radius of the ball by the sigma of the Laplacian, as the published 50 and 7 pixels.</summary>
    private const double BallBySigma = 50.0 / 7;

    /// <summary>The least and the largest cell, of the usual diameter.</summary>
    private const double LeastShare = 0.4, MostShare = 3;

    private static readonly PublishedDetectorOptions Standard = new();

    public static readonly ChoiceParameter Method = new("cell_method", "Method", Cells,
        "outlines: ours, finds the size of the cells by itself and gives each a score; published: the pipeline of Delpiano et al. 2018 with its markers and watershed, for comparison.", Outlines, Outlines, Published)
    { Option = true };

    public static readonly NumberParameter Score = new("cell_score", "Least score", Cells, "",
        "Cells below this score are left out: 0.5 is a cell of usual contrast, 0.23 one of three tenths of it. Lower finds more cells, and more that are none. The published method has no such threshold and keeps all.",
        new CellDetectorOptions().MinimumScore, 0, 0.99)
    { Option = true };

    private static readonly NumberParameter MinimumDiameter = new("cell_minimum_diameter", "Least diameter", Cells, "",
        "Smaller cells are left out. In the unit of cell_diameter_unit; 0: from the image (published: 10 pixels of area).", 0, 0, 1e6)
    { Option = true };

    private static readonly NumberParameter MaximumDiameter = new("cell_maximum_diameter", "Largest diameter", Cells, "",
        "Larger cells are left out. In the unit of cell_diameter_unit; 0: from the image (published: a quarter of the image's area).", 0, 0, 1e6)
    { Option = true };

    private static readonly ChoiceParameter DiameterUnit = new("cell_diameter_unit", "Unit of the diameters", Cells,
        "px: pixels of the image; um: micrometres, for which the image must be calibrated (Image > Properties).", Pixels, Pixels, "um")
    { Option = true };

    private static readonly BooleanParameter FillNuclei = new("cell_fill_nuclei", "Fill nuclei", Cells, "Dark holes in a stained cell, its nucleus, count as inside. For outlines.", true);

    private static readonly BooleanParameter Split = new("cell_split", "Divide touching cells", Cells, "What is notched is divided into the cells that touch there. For outlines.", true);

    private static readonly BooleanParameter JoinGrains = new("cell_join_grains", "Join grains", Cells,
        "Grains that crowd together (vesicles, a punctate stain) are taken for cells together, in sections that look like that. Off where small cells in strong noise come out too wide. For outlines.", true);

    private static readonly ChoiceParameter Denoise = new("cell_denoise", "Remove noise", Noise,
        "BM3D before anything else; slow. none; estimated: with the noise that each section shows; given: with cell_noise_sigma. The outlines need it only in very noisy sections.", None, None, Estimated, "given");

    private static readonly NumberParameter NoiseSigma = new("cell_noise_sigma", "Noise, standard deviation", Noise, "", "For cell_denoise = given: of the image's grey values.", 20, 0, 1e6);

    private static readonly ChoiceParameter Scale = new("published_scale", "Scale", Pipeline,
        "published: the lengths below as they are; auto: sigma, radius of the ball and diameters from the usual diameter of the image's cells, which is measured first.", Published, Published, Auto);

    public static readonly NumberParameter BallRadius = new("published_ball_radius", "Rolling ball, radius", Pipeline, "px", "Takes off the background; 0: it was taken off already.", Standard.BallRadius, 0, RollingBall.MaximumRadius);
    public static readonly IntegerParameter Tiles = new("published_tiles", "CLAHE, tiles", Pipeline, "", "Tiles along each side within which the contrast is equalised; 0: it was equalised already.", Standard.Tiles, 0, 64);
    public static readonly NumberParameter ClipLimit = new("published_clip_limit", "CLAHE, clip limit", Pipeline, "", "Larger: more contrast, and more noise.", Standard.ClipLimit, 0, 1);
    public static readonly NumberParameter LogSigma = new("published_log_sigma", "LoG, sigma", Pipeline, "px", "Width of the Laplacian of Gaussian: about a third of a cell's diameter.", Standard.LogSigma, 0.5, 200);
    public static readonly NumberParameter MarkerShare = new("published_marker_share", "Marker share", Pipeline, "", "This share of the pixels, the brightest after the Laplacian, mark cells.", Standard.MarkerShare, 0.0001, 0.9);
    private static readonly NumberParameter MergeShare = new("published_merge_share", "Merge, shared part", Pipeline, "", "Boxes that share this part of either are one cell.", Standard.MergeShare, 0.01, 1);
    private static readonly NumberParameter MaximumArea = new("published_maximum_area", "Largest cell, of the image", Pipeline, "", "Larger regions are left out, as a share of the section; where no largest diameter is given.", Standard.MaximumAreaShare, 0.0001, 1);
    private static readonly NumberParameter MinimumArea = new("published_minimum_area", "Smallest cell", Pipeline, "px", "Regions of fewer pixels are left out, unless merged; where no least diameter is given.", Standard.MinimumArea, 0, 1e9);

    private readonly ParameterValues _values;
    private readonly ISliceSource _image;
    private readonly double _least, _most;

    /// <summary>Reads the values and checks them against the image.</summary>
    /// <exception cref="BadInputException">A diameter that the image cannot hold, or micrometres where the pixel size is not known.</exception>
    public CellParameters(OperationRequest request)
    {
        (_values, _image) = (request.Values, request.Input<ISliceSource>("image"));
        Point3 spacing = _image.Grid.Spacing;
        Pixel = request.IsCalibrated("image") ? Math.Sqrt(spacing.Y * spacing.X) / 1000 : null;
        bool inPixels = _values.Get(DiameterUnit) == Pixels;
        if (!inPixels && Pixel is null && _values.Get(MinimumDiameter) + _values.Get(MaximumDiameter) > 0)
            throw BadInputException.ForParameter(DiameterUnit.Name, "um", "px, because the image's pixel size is not known", "Set it in Image > Properties, or give image_spacing as z,xy in nm.");
        double unit = inPixels ? 1 : Pixel ?? 1;
        (_least, _most) = (_values.Get(MinimumDiameter) / unit, _values.Get(MaximumDiameter) / unit);
        double side = Math.Max(_image.Grid.Size.Y, _image.Grid.Size.X);
        foreach ((NumberParameter parameter, double pixels) in new[] { (MinimumDiameter, _least), (MaximumDiameter, _most) })
            if (pixels > side)
                throw BadInputException.ForParameter(parameter.Name, _values.Get(parameter), FormattableString.Invariant($"0 (from the image) or at most the image's {side} px{(inPixels ? "" : FormattableString.Invariant($", {side * unit:G4} um"))}"));
        if (_most > 0 && _most < _least)
            throw BadInputException.ForParameter(MaximumDiameter.Name, _values.Get(MaximumDiameter), FormattableString.Invariant($"0 (from the image) or at least {MinimumDiameter.Name} = {_values.Get(MinimumDiameter)}"));
    }

    /// <summary>All, in the order of a dialog.</summary>
    public static IReadOnlyList<Parameter> All { get; } =
    [
        Method, Score, MinimumDiameter, MaximumDiameter, DiameterUnit, FillNuclei, Split, JoinGrains, Denoise, NoiseSigma,
        Scale, BallRadius, Tiles, ClipLimit, LogSigma, MarkerShare, MergeShare, MaximumArea, MinimumArea,
    ];

    /// <summary>The width of a pixel, um; null where it is not known.</summary>
    public double? Pixel { get; }

    /// <summary>Finds the cells of all sections and warns of what is strange.</summary>
    /// <param name="score">The least score; below <see cref="Score"/> for cells that another section may confirm.</param>
    /// <param name="report">Gets the lengths that were taken from the image.</param>
    /// <param name="job">The work.</param>
    public SectionCells Find(double score, JsonObject report, Job job)
    {
        SectionCells found = _values.Get(Method) == Outlines ? job.Run("find_cells", 0, 1, part => SectionCells.Find(_image, ByOutlines(score), part)) : ByPublished(report, job);
        Warn(found, job);
        return found;
    }

    private SectionCells.Detector ByOutlines(double score)
    {
        var options = new CellDetectorOptions { MinimumDiameter = _least, MaximumDiameter = _most, MinimumScore = score, FillNuclei = _values.Get(FillNuclei), Split = _values.Get(Split), JoinGrains = _values.Get(JoinGrains) };
        string denoise = _values.Get(Denoise);
        return (section, type, _, job) =>
        {
            if (denoise != None)
                section = Bm3d.Apply(section, denoise == Estimated ? NoiseEstimate.Of(section, job) : _values.Get(NoiseSigma), Bm3d.FullScale(type, IntensityRange.Of(section)), job);
            return CellDetector.Find(section, options, job);
        };
    }

    private SectionCells ByPublished(JsonObject report, Job job)
    {
        PublishedDetectorOptions options = Options;
        double measured = 0;
        if (_values.Get(Scale) == Auto)
        {
            double usual = job.Run("measure_cells", 0, measured = 0.3, UsualDiameter);
            if (usual == 0) job.Warn("published_scale = auto: no cells were found by which to measure; the published lengths are used.");
            else options = Scaled(options, usual, report);
        }
        CheckSizes(options);
        return job.Run("find_cells", measured, 1, part => SectionCells.Find(_image, (section, type, slice, own) => PublishedDetector.Detect(section, type, options, own, slice), part));
    }

    private void CheckSizes(PublishedDetectorOptions options)
    {
        double largest = options.LargestArea(_image.Grid.Size.Y, _image.Grid.Size.X);
        if (options.SmallestArea <= largest) return;
        Parameter<double> parameter = _least > 0 ? MinimumDiameter : MinimumArea;
        throw BadInputException.ForParameter(parameter.Name, _values.Get(parameter),
            FormattableString.Invariant($"at most the size of the largest cell, {largest:0.#} pixels of area in this image ({(_most > 0 ? MaximumDiameter.Name : MaximumArea.Name)})"));
    }

    private PublishedDetectorOptions Options => new()
    {
        Denoising = _values.Get(Denoise) switch { None => CellDenoising.None, Estimated => CellDenoising.Estimated, _ => CellDenoising.Given },
        NoiseSigma = _values.Get(NoiseSigma),
        BallRadius = _values.Get(BallRadius),
        Tiles = _values.Get(Tiles),
        ClipLimit = _values.Get(ClipLimit),
        LogSigma = _values.Get(LogSigma),
        MarkerShare = _values.Get(MarkerShare),
        MergeShare = _values.Get(MergeShare),
        MaximumAreaShare = _values.Get(MaximumArea),
        MinimumArea = _values.Get(MinimumArea),
        MinimumDiameter = _least,
        MaximumDiameter = _most,
    };

    /// <summary>The Laplacian answers most to discs whose radius is sqrt(2) sigma.</summary>
    private static PublishedDetectorOptions Scaled(PublishedDetectorOptions options, double usual, JsonObject report)
    {
        double sigma = Math.Clamp(usual / Math.Sqrt(8), LogSigma.Minimum, LogSigma.Maximum);
        PublishedDetectorOptions scaled = options with
        {
            LogSigma = sigma,
            BallRadius = options.BallRadius == 0 ? 0 : Math.Min(RollingBall.MaximumRadius, BallBySigma * sigma),
            MinimumDiameter = options.MinimumDiameter > 0 ? options.MinimumDiameter : Math.Min(LeastShare * usual, options.MaximumDiameter > 0 ? options.MaximumDiameter : double.MaxValue),
            MaximumDiameter = options.MaximumDiameter > 0 ? options.MaximumDiameter : Math.Max(MostShare * usual, options.MinimumDiameter),
        };
        report["auto"] = new JsonObject
        {
            ["usual_diameter_px"] = usual,
            [LogSigma.Name] = scaled.LogSigma,
            [BallRadius.Name] = scaled.BallRadius,
            ["cell_minimum_diameter_px"] = scaled.MinimumDiameter,
            ["cell_maximum_diameter_px"] = scaled.MaximumDiameter,
        };
        return scaled;
    }

    /// <summary>The median diameter, pixels, of the cells with the clearest outlines in a few sections; 0 where there are none.</summary>
    private double UsualDiameter(Job job)
    {
        int depth = _image.Grid.Size.Z, sections = Math.Min(depth, MeasuredSections);
        var some = new SomeSections(_image, [.. Enumerable.Range(0, sections).Select(i => (int)((2L * i + 1) * depth / (2 * sections)))]);
        var options = new CellDetectorOptions { MinimumDiameter = _least, MaximumDiameter = _most };
        double[] diameters = [.. SectionCells.Find(some, (section, _, _, own) => CellDetector.Find(section, options, own), job).Cells.Select(c => c.Diameter).Order()];
        return diameters.Length == 0 ? 0 : diameters[diameters.Length / 2];
    }

    private void Warn(SectionCells found, Job job)
    {
        if (found.Flat.Count > 0)
        {
            string which = string.Join(", ", found.Flat.Take(10).Select(z => z + 1)) + (found.Flat.Count > 10 ? ", ..." : "");
            job.Warn($"image: all pixels of section{(found.Flat.Count == 1 ? "" : "s")} {which} have the same value (black, or saturated): there are no cells to be found in {(found.Flat.Count == 1 ? "it" : "them")}.");
        }
        if (found.Cells.Count == 0 && found.Flat.Count < _image.Grid.Size.Z)
            job.Warn($"No cells were found. Try a lower {Score.Name}, {MinimumDiameter.Name} and {MaximumDiameter.Name} around the size that you see (or 0), and look whether image is the channel with the cells.");
    }

    /// <summary>Some of a stack's sections.</summary>
    private sealed class SomeSections(ISliceSource stack, int[] sections) : ISliceSource
    {
        public Grid Grid { get; } = new(stack.Grid.Size with { Z = sections.Length }, stack.Grid.Spacing);

        public VoxelType Type => stack.Type;

        public void ReadSlice(int z, Span<byte> destination) => stack.ReadSlice(sections[z], destination);
    }
}

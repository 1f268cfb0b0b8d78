using System.Globalization;
using System.Text.Json.Nodes;
using ClemReg.Algorithms.Cleaning;
using ClemReg.Algorithms.Mitochondria;
using ClemReg.Algorithms.Parameters;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Pipelines;

/// <summary>Cleans a mask or a label image from any tool. Every step is off unless asked for; their order is fixed.</summary>
internal static class CleanMaskOperation
{
    private const string Shape = "Shape", Objects = "Objects", General = "General", None = "none", Slices = "slices", Volume = "volume";

    private static readonly ChoiceParameter FillHoles = new("fill_holes", "1. Fill holes", Shape,
        "slices: what is enclosed in its slice; volume: what is enclosed on all sides, above and below too. Background that reaches the image's border is no hole.", None, None, Slices, Volume)
    { Option = true };

    private static readonly IntegerParameter LargestHole = new("largest_hole", "Largest hole", Shape, "voxels", "For fill_holes: larger holes stay open; 0 fills all.", 0, 0, int.MaxValue);

    private static readonly NumberParameter OpenRadius = new("open_radius", "2. Open, radius", Shape, "nm",
        "Removes what a ball of this radius does not fit into: specks, spikes, thin bridges between objects. 0: not.", 0, 0, 1e6)
    { Option = true };

    private static readonly NumberParameter CloseRadius = new("close_radius", "3. Close, radius", Shape, "nm",
        "Fills gaps and notches that a ball of this radius does not fit into, and joins what they part; labels never join each other. 0: not.", 0, 0, 1e6)
    { Option = true };

    private static readonly ChoiceParameter RadiusIn = new("radius_in", "Open and close in", Shape,
        "volume: a ball, in nm whatever the voxel size; slices: a disc in each slice by itself.", Volume, Volume, Slices);

    private static readonly IntegerParameter SmoothSlices = new("smooth_slices", "4. Smooth over", Shape, "slices",
        "Each voxel takes what most of so many slices around it say: outlines that jitter from slice to slice become smooth, and objects that are missing in a slice are bridged (3 bridges one slice, 5 two). An odd number; 1: not.",
        1, 1, SliceSmoothing.MostSlices)
    { Option = true };

    private static readonly IntegerParameter MinimumSize = new("minimum_size", "5. Least size", Objects, "voxels",
        "Smaller objects are removed. An object is a label or, in a mask, what touches.", 0, 0, int.MaxValue)
    { Option = true };

    private static readonly IntegerParameter MinimumSpan = new("minimum_span", "Least span", Objects, "slices", "Objects that reach over fewer slices are removed.", 1, 1, 1_000_000)
    { Option = true };

    private static readonly ChoiceParameter RemoveAtBorder = new("remove_at_border", "Remove at the border", Objects,
        "sides: objects that touch the border of a slice; all: also those in the first or last slice.", None, None, "sides", "all");

    private static readonly BooleanParameter AsMask = new("as_mask", "All of it is one mask", General,
        "Takes all that is above 0 as one mask, of 0 and 255; else an image with several values is one of labels, and each is cleaned by itself.", false)
    { Option = true };

    public static Operation Definition { get; } = new(
        "clean_mask", "Clean mask",
        "Cleans a mask or a label image from any tool: fills holes, opens, closes, smooths from slice to slice and removes small objects, in this order, each only where asked for. Labels keep their values and never join.",
        [new Port("source", PortKind.Source, "The mask or label image; its slices are read one at a time.")],
        [new Port("cleaned", PortKind.Source, "The same kind of image with the same voxels: a mask, or labels with their values.")],
        [FillHoles, LargestHole, OpenRadius, CloseRadius, RadiusIn, SmoothSlices, MinimumSize, MinimumSpan, RemoveAtBorder, AsMask],
        Run);

    private static OperationResult Run(OperationRequest request, Job job)
    {
        var source = request.Input<ISliceSource>("source");
        CleaningOptions options = Options(request.Values);
        Check(options, source.Grid, job);
        MaskOrLabels read = job.Run("reading", 0, 0.2, part => MaskOrLabels.Read(source, request.Values.Get(AsMask), part));
        return read.Labels is { } labels ? Labels(labels, options, source, job) : Mask(read.Mask!, options, job, mask =>
            // A mask of another value than ImageJ's own stays one of that value.
            request.Values.Get(AsMask) || read.Value == byte.MaxValue && source.Type == VoxelType.UInt8 ? null : MaskOrLabels.Labelled(mask, read.Value, source.Type, job));
    }

    private static OperationResult Labels(LabelVolume labels, CleaningOptions options, ISliceSource source, Job job)
    {
        if (!LabelDetection.LooksLikeLabels(source, job))
            job.Warn($"source: its values look like grey values, not like labels ({labels.Objects.Count} different ones). Threshold it first, or set as_mask to take all that is above 0 as one mask.");
        LabelVolume cleaned = job.Run("cleaning", 0.2, 1, part => LabelCleaning.Run(labels, options, part));
        return Result(cleaned, "labels", labels.Objects.Sum(o => o.Voxels), cleaned.Objects.Sum(o => o.Voxels),
            $"{cleaned.Objects.Count} of {Words.Count(labels.Objects.Count, "label")} left; ", job);
    }

    private static OperationResult Mask(BitVolume mask, CleaningOptions options, Job job, Func<BitVolume, LabelVolume?> otherwise)
    {
        try
        {
            long before = mask.CountSet();
            (int objects, int kept) = job.Run("cleaning", 0.2, 1, part => MaskCleaning.Run(mask, options, part));
            string text = options.Filters ? $"{kept} of {Words.Count(objects, "object")} left; " : "";
            long after = mask.CountSet();
            if (otherwise(mask) is not { } image) return Result(mask, "mask", before, after, text, job);
            mask.Dispose();
            return Result(image, "mask", before, after, text, job);
        }
        catch
        {
            mask.Dispose();
            throw;
        }
    }

    private static OperationResult Result(object cleaned, string kind, long before, long after, string objects, Job job)
    {
        string summary = string.Create(CultureInfo.InvariantCulture, $"{objects}{before} voxels became {after}.");
        if (after == 0 && before > 0) job.Warn("Nothing is left. Smaller radii, minimum_size or minimum_span keep more.");
        var report = new JsonObject { ["kind"] = kind, ["voxels_before"] = before, ["voxels"] = after, ["summary"] = summary };
        return new OperationResult(new Dictionary<string, object> { ["cleaned"] = cleaned }, report);
    }

    private static CleaningOptions Options(ParameterValues values)
    {
        if (values.Get(SmoothSlices) % 2 == 0)
            throw BadInputException.ForParameter(SmoothSlices.Name, values.Get(SmoothSlices), $"an odd number from 1 to {SliceSmoothing.MostSlices}", "An even window would have no middle slice.");
        return new CleaningOptions
        {
            FillHoles = values.Get(FillHoles) switch { Slices => Holes.Slices, Volume => Holes.Volume, _ => Holes.None },
            LargestHole = values.Get(LargestHole),
            OpenRadius = values.Get(OpenRadius),
            CloseRadius = values.Get(CloseRadius),
            Flat = values.Get(RadiusIn) == Slices,
            SmoothSlices = values.Get(SmoothSlices),
            MinimumVoxels = values.Get(MinimumSize),
            MinimumSpan = values.Get(MinimumSpan),
            Border = values.Get(RemoveAtBorder) switch { "sides" => BorderObjects.Sides, "all" => BorderObjects.All, _ => BorderObjects.Kept },
        };
    }

    private static void Check(CleaningOptions options, Grid grid, Job job)
    {
        if (options is { FillHoles: Holes.None, OpenRadius: 0, CloseRadius: 0, SmoothSlices: 1, Filters: false })
            throw new BadInputException("clean_mask has nothing to do: set at least one of fill_holes, open_radius, close_radius, smooth_slices, minimum_size, minimum_span and remove_at_border.");
        if (options.SmoothSlices > 1 && grid.Size.Z < 3) job.Warn($"smooth_slices has no effect on {grid.Size.Z} slices: 3 are needed.");
        foreach ((NumberParameter parameter, double radius) in new[] { (OpenRadius, options.OpenRadius), (CloseRadius, options.CloseRadius) })
        {
            if (radius == 0) continue;
            double finest = Math.Min(Math.Min(options.Flat ? double.MaxValue : grid.Spacing.Z, grid.Spacing.Y), grid.Spacing.X);
            if (radius / finest >= CleaningOptions.MostReach + 1)
                throw BadInputException.ForParameter(parameter.Name, radius, string.Create(CultureInfo.InvariantCulture, $"up to {CleaningOptions.MostReach} voxels, here {CleaningOptions.MostReach * finest:G6} nm"), "Bin the image first (Prepare Image), or check the voxel size (Image > Properties).");
            string without = string.Concat("zyx".Where((_, axis) => !(options.Flat && axis == 0) && radius < grid.Spacing[axis]));
            if (without.Length > 0)
                job.Log(string.Create(CultureInfo.InvariantCulture,
                    $"{parameter.Name} = {radius:G6} nm is less than a voxel along {string.Join(", ", (IEnumerable<char>)without)} ({string.Join(", ", without.Select(a => grid.Spacing["zyx".IndexOf(a, StringComparison.Ordinal)].ToString("G6", CultureInfo.InvariantCulture)))} nm) and does nothing along it."));
        }
    }
}

using System.Globalization;
using System.Text.Json.Nodes;
using ClemReg.Algorithms.Parameters;
using ClemReg.Algorithms.Preparation;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Pipelines;

/// <summary>Aligns the slices of a stack.</summary>
internal static class AlignOperation
{
    private const string Alignment = "Alignment", Output = "Result";
    private const string ChainAndTemplate = "chain_and_template", ChainOnly = "chain", TemplateOnly = "template";

    private static readonly ChoiceParameter Method = new("align_method", "Method", Alignment,
        "chain: each slice to the one before it. template: each slice to the median of its neighbours (AMST, Hennies et al. 2020), which removes jitter and leaves everything slower alone. chain_and_template: one after the other.",
        ChainAndTemplate, ChainAndTemplate, ChainOnly, TemplateOnly)
    { Option = true };

    private static readonly IntegerParameter SearchRadius = new("align_search_radius", "Search radius", Alignment, "pixels",
        "The largest shift between neighbouring slices. A larger one takes longer and finds more wrong places.", 50, 2, 2000);

    private static readonly NumberParameter Rotation = new("align_rotation", "Largest turn", Alignment, "degrees",
        "Slices may also be turned against each other by up to this much; 0 finds shifts only.", 0, 0, 10);

    private static readonly IntegerParameter MedianSlices = new("align_median_slices", "Slices of the template", Alignment, "",
        "The template of a slice is the median of so many slices around it: an odd number. Jitter is what is shorter than this.", 7, 3, 51);

    private static readonly BooleanParameter RemoveTrend = new("align_remove_trend", "Remove the steady drift too", Alignment,
        "By default a drift that is the same from slice to slice is left in the image: structures that run obliquely look just like it. Set this where the drift is known to come from the microscope.", false);

    private static readonly NumberParameter MinimumCorrelation = new("align_minimum_correlation", "Least correlation", Alignment, "",
        "A slice that fits worse than this is not believed and takes the shift of its neighbours.", 0.1, 0, 1);

    private static readonly IntegerParameter Reduction = new("align_reduction", "Reduction", Alignment, "",
        "So many pixels along y and x are averaged to one for the search; 0 chooses such that at most 1024 remain.", 0, 0, BinnedSource.MaximumFactor);

    private static readonly ChoiceParameter Interpolation = new("align_interpolation", "Interpolation", Output,
        "linear; nearest moves by whole pixels, for labels or to keep every slice as sharp as it is.", "linear", "linear", "nearest");

    public static Operation Definition { get; } = new(
        "align_slices", "Align slices",
        "Shifts the slices of a stack against each other so that structures go on from slice to slice. The shifts are found on one channel and applied to all; a file of shifts can be given instead.",
        [
            new Port("source", PortKind.Source, "The stack; its slices are read when they are needed."),
            new Port("shifts", PortKind.Text, "Shifts that are known already: slice,dy,dx[,angle], slices from 1, nm, degrees. Nothing is searched for then.", Required: false),
        ],
        [
            new Port("aligned", PortKind.Source, "The aligned stack on the same grid; what comes in from outside is 0. Its slices are computed when they are read."),
            new Port("shifts", PortKind.Text, "The shifts: slice,dy,dx[,angle]."),
        ],
        [Method, SearchRadius, Rotation, MedianSlices, RemoveTrend, MinimumCorrelation, Reduction, Interpolation],
        Run);

    private static OperationResult Run(OperationRequest request, Job job)
    {
        ParameterValues values = request.Values;
        var source = request.Input<ISliceSource>("source");
        JsonObject report = GridJson.Describe(source.Grid);
        SliceShifts shifts;
        if (request.OptionalText("shifts") is { } given) shifts = SliceShifts.FromCsv(given.Text, given.File, source.Grid.Size.Z);
        else
        {
            SliceAlignment found = SliceAligner.Align(source, new AlignOptions
            {
                Chain = values.Get(Method) != TemplateOnly,
                Template = values.Get(Method) != ChainOnly,
                SearchRadius = values.Get(SearchRadius),
                MedianSlices = values.Get(MedianSlices),
                MaximumRotation = values.Get(Rotation),
                Reduction = values.Get(Reduction),
                MinimumCorrelation = values.Get(MinimumCorrelation),
                RemoveTrend = values.Get(RemoveTrend),
            }, job);
            shifts = found.Shifts;
            Tell(found, values, source.Grid, report, job);
        }
        report["parameters"] = values.ToJson();
        report["files"] = new JsonArray(new JsonObject { ["path"] = "shifts.csv", ["text"] = shifts.ToCsv() });
        var aligned = new AlignedSource(source, shifts, values.Get(Interpolation) == "nearest", job);
        return new OperationResult(new Dictionary<string, object> { ["aligned"] = aligned }, report) { RetainedInputs = ["source"] };
    }

    private static void Tell(SliceAlignment found, ParameterValues values, Grid grid, JsonObject report, Job job)
    {
        double largest = 0, sum = 0;
        for (int z = 0; z < found.Shifts.Count; z++)
        {
            double length = Math.Sqrt(found.Shifts[z].Dy * found.Shifts[z].Dy + found.Shifts[z].Dx * found.Shifts[z].Dx);
            (largest, sum) = (Math.Max(largest, length), sum + length * length);
        }
        double rms = Math.Sqrt(sum / found.Shifts.Count), drift = Math.Sqrt(found.Trend.Dy * found.Trend.Dy + found.Trend.Dx * found.Trend.Dx);
        report["rms_shift_nm"] = rms;
        report["largest_shift_nm"] = largest;
        report["drift_nm_per_slice"] = new JsonArray(found.Trend.Dy, found.Trend.Dx);
        job.Log(string.Create(CultureInfo.InvariantCulture, $"Slices are moved by {rms:G3} nm (RMS), {largest:G3} nm at most."));
        if (values.Get(Method) == TemplateOnly) return;
        job.Log(string.Create(CultureInfo.InvariantCulture,
            $"Steady drift: {found.Trend.Dy:G3}, {found.Trend.Dx:G3} nm (y, x) a slice, {drift * found.Shifts.Count / grid.Spacing.X:F0} pixels over the stack; it was {(values.Get(RemoveTrend) ? "removed" : "left in the image (align_remove_trend)")}."));
    }
}

using System.Globalization;
using System.Text.Json.Nodes;
using ClemReg.Algorithms.Inference.ImageModels;
using ClemReg.Algorithms.Mitochondria;
using ClemReg.Algorithms.Parameters;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Pipelines;

/// <summary>Finds mitochondria, or whatever a model knows, in the EM.</summary>
internal static class SegmentEmOperation
{
    private const string Objects = "Objects", MitoNet = EmModel.MitoNetGroup;

    public static readonly NumberParameter Threshold = new("seg_thr", "Threshold", Objects, "",
        "A voxel belongs to the structure from this probability on. 0: as the model's card says, 0.3 for MitoNet.", 0, 0, 0.999);

    private static readonly IntegerParameter MinimumSize = new("min_size", "Least size", Objects, "voxels", "Smaller objects are removed.", 500, 0, int.MaxValue);

    private static readonly BooleanParameter ThreeAxes = new("em_seg_axis", "Three axes", MitoNet,
        "Segments the xy, xz and yz slices and keeps what at least two of the three agree on. For voxels that are about as deep as they are wide; takes three times as long.", false)
    { Option = true };

    private static readonly IntegerParameter MinimumSpan = new("min_span", "Least span", MitoNet, "slices", "Objects that reach over fewer slices along any axis are removed.", 4, 0, 1000);
    private static readonly IntegerParameter Median = new("qlen", "Median", MitoNet, "slices", "Slices of the median filter along the stack: odd; 1 switches it off.", 3, 1, 11);
    private static readonly NumberParameter CentreThreshold = new("nms_thr", "Centre threshold", MitoNet, "", "Centres of objects are where the network's heat map exceeds this.", 0.1, 0, 10);
    private static readonly IntegerParameter CentreKernel = new("nms_kernel", "Centre distance", MitoNet, "", "Of the peaks within so many pixels of the heat map the highest is a centre. Larger: fewer, larger objects.", 3, 1, 255);
    private static readonly NumberParameter MatchIou = new("merge_iou_thr", "Match, IoU", MitoNet, "", "Objects of neighbouring slices are one from this intersection over union on.", 0.25, 0.01, 1);
    private static readonly NumberParameter MatchIoa = new("merge_ioa_thr", "Match, covered part", MitoNet, "", "An unmatched object joins the one that covers this part of it.", 0.25, 0.01, 1);
    private static readonly IntegerParameter Votes = new("pixel_vote_thr", "Votes", MitoNet, "axes", "Of the three axes so many must agree on a voxel.", 2, 1, 3);
    private static readonly NumberParameter ClusterIou = new("cluster_iou_thr", "Cluster, IoU", MitoNet, "", "Objects of different axes are grouped above this intersection over union.", 0.75, 0, 1);
    private static readonly IntegerParameter Divisor = new("label_divisor", "First label", MitoNet, "", "Labels of a single axis start above this.", 20000, 1, 1_000_000);
    private static readonly BooleanParameter Fine = new("fine_boundaries", "Fine boundaries", MitoNet, "Touching objects part along lines of single pixels, not of the coarser heat map.", false);
    private static readonly BooleanParameter OneView = new("one_view", "One axis suffices", MitoNet, "With votes = 1: an object that a single axis found may stay.", false);

    /// <summary>What register hands on where it is given a model in place of a mask.</summary>
    public static IReadOnlyList<Parameter> ForRegister { get; } =
        [.. new Parameter[] { EmModel.Provider, Threshold, MinimumSize, EmModel.Intensities, EmModel.Tile, EmModel.Flips, ThreeAxes, EmModel.Downsampling }.Select(p => p.InGroup("EM segmentation"))];

    public static Operation Definition { get; } = new(
        "segment_em", "Segment EM",
        "Finds mitochondria in volume EM with a neural network: MitoNet (objects followed through the slices), or any ONNX model that gives the probability of a structure. The model is a file: convert_model makes one of MitoNet's own file.",
        [EmModel.ImagePort, EmModel.ModelPort],
        [
            new Port("labels", PortKind.Source, "The objects, each with a number of its own: 16 bit, or 32-bit float where there are more than 65,535."),
            new Port("mask", PortKind.Mask, "All objects: what Register takes as EM mask."),
            new Port("run", PortKind.Text, "run.json: the model, the parameters, what was found."),
        ],
        [EmModel.Provider, EmModel.Tile, EmModel.Flips, EmModel.Intensities, Threshold, MinimumSize, ThreeAxes, MinimumSpan, Median, EmModel.Downsampling, Fine, CentreThreshold, CentreKernel, MatchIou, MatchIoa, Votes, ClusterIou, OneView, Divisor],
        Run);

    private static OperationResult Run(OperationRequest request, Job job)
    {
        var em = request.Input<ISliceSource>("image");
        var model = new EmModel(request, job);
        (LabelVolume labels, JsonObject about) = model.Card is { } card ? ByProbability(em, model, card, request.Values, job) : ByMitoNet(em, model, request.Values, job);
        BitVolume mask = labels.ToMask(job);
        long voxels = labels.Objects.Sum(o => o.Voxels);
        double fraction = (double)voxels / em.Grid.Size.Count;
        string summary = string.Create(CultureInfo.InvariantCulture, $"{Words.Count(labels.Objects.Count, "object")}, {100 * fraction:0.##} % of the volume, by {model.File} on {model.Used}.");
        var found = new JsonObject { ["objects"] = labels.Objects.Count, ["voxels"] = voxels, ["fraction"] = fraction };
        return new OperationResult(new Dictionary<string, object> { ["labels"] = labels, ["mask"] = mask }, model.Report(about, found, summary, job));
    }

    private static (LabelVolume, JsonObject) ByMitoNet(ISliceSource em, EmModel model, ParameterValues values, Job job)
    {
        MitoNetOptions options = model.Described(new MitoNetOptions
        {
            Mode = values.Get(ThreeAxes) ? MitoNetMode.Orthoplane : MitoNetMode.Stack,
            MedianSlices = values.Get(Median),
            LabelDivisor = values.Get(Divisor),
            Threshold = values.Get(Threshold) is > 0 and var given ? given : new MitoNetOptions().Threshold,
            CentreThreshold = values.Get(CentreThreshold),
            CentreKernel = values.Get(CentreKernel),
            MatchIou = values.Get(MatchIou),
            MatchIoa = values.Get(MatchIoa),
            VoxelVotes = values.Get(Votes),
            ClusterIou = values.Get(ClusterIou),
            MinimumVoxels = values.Get(MinimumSize),
            MinimumSpan = values.Get(MinimumSpan),
            OneView = values.Get(OneView),
            FineBoundaries = values.Get(Fine),
        });
        LabelVolume labels = model.WithMitoNet(em, options, job, (network, part) => MitoNetSegmentation.Run(em, network, options, part));
        return (labels, model.About(options.Threshold, options));
    }

    private static (LabelVolume, JsonObject) ByProbability(ISliceSource em, EmModel model, ModelCard card, ParameterValues values, Job job)
    {
        JsonObject set = values.ToJson(), standard = new ParameterValues(Definition.Parameters).ToJson();
        string unused = string.Join(", ", Definition.Parameters.Where(p => p.Group == MitoNet && !JsonNode.DeepEquals(set[p.Name], standard[p.Name])).Select(p => p.Name));
        if (unused.Length > 0) job.Warn($"Only MitoNet uses {unused}: without effect, for {model.File} gives probabilities.");
        return Probable(em, model, card, values.Get(Threshold), values.Get(MinimumSize), job);
    }

    /// <summary>What a model finds in EM, for an operation that goes on with it: objects of any size, MitoNet's as it is used by default.</summary>
    /// <param name="em">The EM.</param>
    /// <param name="model">The model.</param>
    /// <param name="threshold">As <see cref="Threshold"/>.</param>
    /// <param name="job">The work.</param>
    /// <returns>The objects, and what a report says of the model.</returns>
    public static (LabelVolume Labels, JsonObject About) Whole(ISliceSource em, EmModel model, double threshold, Job job)
    {
        if (model.Card is { } card) return Probable(em, model, card, threshold, 0, job);
        var standard = new MitoNetOptions();
        MitoNetOptions options = model.Described(standard with { Mode = MitoNetMode.Stack, Threshold = threshold > 0 ? threshold : standard.Threshold, MinimumVoxels = 0, MinimumSpan = 0 });
        LabelVolume labels = model.WithMitoNet(em, options, job, (network, part) => MitoNetSegmentation.Run(em, network, options, part));
        return (labels, model.About(options.Threshold, options));
    }

    private static (LabelVolume, JsonObject) Probable(ISliceSource em, EmModel model, ModelCard card, double threshold, int least, Job job)
    {
        var options = new ModelSegmentationOptions { Threshold = threshold > 0 ? threshold : card.Threshold, MinimumVoxels = least, IntensityLow = model.Low, IntensityHigh = model.High };
        LabelVolume labels = model.WithProbabilities(em, job, (tiled, part) => ModelSegmentation.Run(em, tiled, card, options, part));
        return (labels, model.About(options.Threshold.Value, null));
    }
}

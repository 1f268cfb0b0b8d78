using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using ClemReg.Algorithms.Inference;
using ClemReg.Algorithms.Inference.Conversion;
using ClemReg.Algorithms.Inference.ImageModels;
using ClemReg.Algorithms.Inference.Models;
using ClemReg.Algorithms.Mitochondria;
using ClemReg.Algorithms.Parameters;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Pipelines;

/// <summary>Finds mitochondria, or whatever a model knows, in the EM.</summary>
internal static class SegmentEmOperation
{
    private const string Model = "Model", Objects = "Objects", MitoNet = "MitoNet only";

    /// <summary>Pixels (nm) that MitoNet's training images had, with some room.</summary>
    private const double LeastMitoNetPixel = 4, MostMitoNetPixel = 25;

    private static readonly ChoiceParameter Provider = new("provider", "Processor", Model,
        "What computes the network: auto takes a graphics processor where one can be used, and else the CPU. cuda and tensorrt need a build of ONNX Runtime of your own (environment variable FIJI_ORT_LIB).",
        "auto", [.. ExecutionProviders.Names])
    { Option = true };

    private static readonly IntegerParameter Tile = new("em_tile", "Tile", Model, "pixels",
        "The side of the pieces that a network of probabilities is given at once; 0 takes what the model or its card says, or what is usual. Smaller pieces need less memory. MitoNet sees whole slices.", 0, 0, 16384);

    private static readonly TextParameter Intensities = new("em_intensity_range", "Intensity range", Model,
        "The intensities that count as black and white, as low,high: 0,4095 for 12 bits in a 16-bit image. Empty: 0,255 for 8 bit, 0,65535 for 16 bit; images of 32-bit floats need it.", "", "two numbers, the lower one first, such as 0,4095");

    private static readonly NumberParameter Threshold = new("seg_thr", "Threshold", Objects, "",
        "A voxel belongs to the structure from this probability on. 0: as the model's card says, 0.3 for MitoNet.", 0, 0, 0.999);

    private static readonly IntegerParameter MinimumSize = new("min_size", "Least size", Objects, "voxels", "Smaller objects are removed.", 500, 0, int.MaxValue);

    private static readonly BooleanParameter ThreeAxes = new("em_seg_axis", "Three axes", MitoNet,
        "Segments the xy, xz and yz slices and keeps what at least two of the three agree on. For voxels that are about as deep as they are wide; takes three times as long.", false)
    { Option = true };

    private static readonly IntegerParameter MinimumSpan = new("min_span", "Least span", MitoNet, "slices", "Objects that reach over fewer slices along any axis are removed.", 4, 0, 1000);
    private static readonly IntegerParameter Median = new("qlen", "Median", MitoNet, "slices", "Slices of the median filter along the stack: odd; 1 switches it off.", 3, 1, 11);
    private static readonly IntegerParameter Downsampling = new("downsample_f", "Downsampling", MitoNet, "", "The network sees the slices this many times smaller: 1, 2, 4 and so on. For pixels below about 5 nm.", 1, 1, 64);
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
        [.. new Parameter[] { Provider, Threshold, MinimumSize, Intensities, Tile, ThreeAxes, Downsampling }.Select(p => p.InGroup("EM segmentation"))];

    public static Operation Definition { get; } = new(
        "segment_em", "Segment EM",
        "Finds mitochondria in volume EM with a neural network: MitoNet (objects followed through the slices), or any ONNX model that gives the probability of a structure. The model is a file: convert_model makes one of MitoNet's own file.",
        [
            new Port("image", PortKind.Source, "The EM: its slices are read one at a time."),
            new Port("model", PortKind.Model, "The ONNX model. A file NAME.json beside NAME.onnx, or bioimage.io's rdf.yaml, says what it wants (docs/model-cards.md)."),
        ],
        [
            new Port("labels", PortKind.Source, "The objects, each with a number of its own: 16 bit, or 32-bit float where there are more than 65,535."),
            new Port("mask", PortKind.Mask, "All objects: what Register takes as EM mask."),
            new Port("run", PortKind.Text, "run.json: the model, the parameters, what was found."),
        ],
        [Provider, Tile, Intensities, Threshold, MinimumSize, ThreeAxes, MinimumSpan, Median, Downsampling, Fine, CentreThreshold, CentreKernel, MatchIou, MatchIoa, Votes, ClusterIou, OneView, Divisor],
        Run);

    private static OperationResult Run(OperationRequest request, Job job)
    {
        var em = request.Input<ISliceSource>("image");
        string path = request.Path("model");
        ModelDescription description = job.Run("check_model", 0, 0.02, part => ModelLoader.Describe(path, part));
        bool panoptic = OnnxPanopticNetwork.Is(description);
        var loader = new ModelLoader(Bundled(request), new InferenceOptions { Provider = ExecutionProviders.Parse(request.Values.Get(Provider)) }, job);
        (LabelVolume labels, string used, JsonObject about) = panoptic ? ByMitoNet(em, path, description, loader, request.Values, job) : ByProbability(em, path, description, loader, request.Values, job);
        BitVolume mask = labels.ToMask(job);
        long voxels = labels.Objects.Sum(o => o.Voxels);
        string summary = string.Create(CultureInfo.InvariantCulture, $"{labels.Objects.Count} objects, {100.0 * voxels / em.Grid.Size.Count:0.##} % of the volume, by {description.File} on {used}.");
        job.Log(summary);
        about["file"] = description.File;
        about["weights"] = description.Weights;
        about["runtime"] = loader.Runtime;
        about["provider"] = used;
        var run = new JsonObject
        {
            ["software_version"] = Operations.Version,
            ["model"] = about,
            ["objects"] = labels.Objects.Count,
            ["voxels"] = voxels,
            ["fraction"] = (double)voxels / em.Grid.Size.Count,
            ["parameters"] = request.Values.ToJson(),
            ["warnings"] = new JsonArray([.. job.Warnings.Select(w => (JsonNode)w)]),
        };
        var report = (JsonObject)run.DeepClone();
        report["summary"] = summary;
        report["files"] = new JsonArray(new JsonObject { ["path"] = "run.json", ["text"] = run.ToJsonString(new JsonSerializerOptions { WriteIndented = true }) + "\n" });
        return new OperationResult(new Dictionary<string, object> { ["labels"] = labels, ["mask"] = mask }, report);
    }

    private static (LabelVolume, string, JsonObject) ByMitoNet(ISliceSource em, string path, ModelDescription description, ModelLoader loader, ParameterValues values, Job job)
    {
        (double? low, double? high) = Range(values);
        MitoNetOptions options = OnnxPanopticNetwork.Described(new MitoNetOptions
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
            Downsampling = values.Get(Downsampling),
            OneView = values.Get(OneView),
            FineBoundaries = values.Get(Fine),
            IntensityLow = low,
            IntensityHigh = high,
        }, description);
        options.Check();
        double pixel = Math.Sqrt(em.Grid.Spacing.Y * em.Grid.Spacing.X) * options.Downsampling;
        if (pixel is < LeastMitoNetPixel or > MostMitoNetPixel)
            job.Warn(string.Create(CultureInfo.InvariantCulture,
                $"The network sees pixels of {pixel:0.##} nm; MitoNet was trained on about 5 to 20 nm. {(pixel < LeastMitoNetPixel ? $"Set downsample_f = {1 << (int)Math.Ceiling(Math.Log2(LeastMitoNetPixel / pixel * options.Downsampling))}" : "Small mitochondria will be missed; use a finer image if there is one")}, and check the image's pixel size (Image > Properties)."));
        bool dense = description.Outputs.Any(o => o.Name == OnnxPanopticNetwork.FeatureOutput);
        string? head = dense && ModelConversion.PointHeadPath(path) is var beside && File.Exists(beside) ? beside : null;
        if (head is not null) ModelLoader.Describe(head, job);
        IInferenceSession session = loader.Open(path, job);
        string used = session.Provider.Name();
        using var network = new OnnxPanopticNetwork(session, head is null ? null : loader.Open(head, job));
        return (MitoNetSegmentation.Run(em, network, options, job), used, new JsonObject { ["kind"] = "MitoNet", ["mean"] = options.Mean, ["std"] = options.StandardDeviation, ["padding_factor"] = options.PaddingFactor });
    }

    private static (LabelVolume, string, JsonObject) ByProbability(ISliceSource em, string path, ModelDescription description, ModelLoader loader, ParameterValues values, Job job)
    {
        ModelCard card = ModelCards.Find(path, description, job);
        if (values.Get(Tile) is > 0 and var side) card = card with { Tile = card.Volumetric ? new Size3(side, side, side) : new Size3(1, side, side) };
        Point3 own = em.Grid.Spacing, wanted = card.PixelNm;
        if (wanted.X > 0 && (Math.Abs(own.Y / wanted.Y - 1) > 0.01 || Math.Abs(own.X / wanted.X - 1) > 0.01))
        {
            string sizes = string.Create(CultureInfo.InvariantCulture, $"The image's pixels are {own.X:0.##} nm, the model's {wanted.X:0.##} nm");
            if (own.X / wanted.X is < 0.2 or > 5) job.Warn($"{sizes}: check the image's pixel size (Image > Properties).");
            else job.Log($"{sizes}: the image is resampled for the model.");
        }
        (double? low, double? high) = Range(values);
        using IInferenceSession session = loader.Open(path, job);
        var model = new TiledModel(session, card);
        var options = new ModelSegmentationOptions
        {
            Threshold = values.Get(Threshold) is > 0 and var given ? given : null,
            MinimumVoxels = values.Get(MinimumSize),
            IntensityLow = low,
            IntensityHigh = high,
        };
        return (ModelSegmentation.Run(em, model, card, options, job), session.Provider.Name(), new JsonObject
        {
            ["kind"] = card.Volumetric ? "volumes" : "slices",
            ["name"] = card.Name,
            ["pixel_size_nm"] = new JsonArray(card.PixelNm.Z, card.PixelNm.Y, card.PixelNm.X),
            ["normalisation"] = card.Normalisation.Kind.ToString().ToLowerInvariant(),
            ["threshold"] = options.Threshold ?? card.Threshold,
        });
    }

    private static (double? Low, double? High) Range(ParameterValues values)
    {
        string text = values.Get(Intensities);
        if (text.Length == 0) return (null, null);
        string[] parts = text.Split(',');
        if (parts.Length == 2 && double.TryParse(parts[0], NumberStyles.Float, CultureInfo.InvariantCulture, out double low)
            && double.TryParse(parts[1], NumberStyles.Float, CultureInfo.InvariantCulture, out double high) && low < high && double.IsFinite(high - low)) return (low, high);
        throw BadInputException.ForParameter(Intensities.Name, text, Intensities.Allowed);
    }

    /// <summary>Where Java put the runtime's library that came with the plugin.</summary>
    private static string? Bundled(OperationRequest request) =>
        request.Extra.TryGetProperty("onnxruntime", out JsonElement library) && library.ValueKind == JsonValueKind.String ? library.GetString() : null;
}

using System.Globalization;
using System.Text.Json.Nodes;
using ClemReg.Algorithms.Inference.Conversion;
using ClemReg.Algorithms.Parameters;

namespace ClemReg.Algorithms.Pipelines;

/// <summary>Makes an ONNX model of MitoNet's own file, or of Darknet's.</summary>
internal static class ConvertModelOperation
{
    private const string Format = "Format", Training = "Training";

    private static readonly ModelConversionOptions Standard = new();

    private static readonly ChoiceParameter Precision = new("precision", "Precision of weights", Format,
        "float32: as they are (220 MB for MitoNet). float16: half the file, results the same but for few pixels. int8: a quarter of the file and less memory, slower and less exact; compare on your images.",
        "float32", "float32", "float16", "int8")
    { Option = true };

    private static readonly ChoiceParameter Graph = new("graph", "Graph", Format,
        "full: from the image to the results in one graph. dense: PointRend, the last refinement of outlines, is done by this program; a second file, NAME_point.onnx, belongs to it. For processors that lack an operator of the full graph.",
        "full", "full", "dense")
    { Option = true };

    private static readonly NumberParameter Mean = new("mean", "Mean", Training, "",
        "The mean grey value of the training images, as the model's configuration (.yaml) says. It is noted in the file.", Standard.Mean, 0, 1);

    private static readonly NumberParameter Deviation = new("std", "Standard deviation", Training, "",
        "The standard deviation of the training images' grey values, as the model's configuration says. It is noted in the file.", Standard.StandardDeviation, 0.0001, 1);

    private static readonly IntegerParameter Padding = new("padding_factor", "Padding factor", Training, "pixels",
        "Image sizes are padded to multiples of this, itself a multiple of 16: 16 for MitoNet, 512 for NucleoNet and DropNet. It is noted in the file.", Standard.PaddingFactor, 16, 4096);

    private static readonly TextParameter ClassName = new("class_name", "Class", Training, "What the model finds. It is noted in the file.", Standard.ClassName, "a text of 1 to 100 characters");

    public static Operation Definition { get; } = new(
        "convert_model", "Convert Model",
        "Makes an ONNX model, without Python: of a PyTorch file of MitoNet's kind (MitoNet_v1.pth, or another PanopticDeepLab that empanada exported; nothing in it is executed), or of a YOLOv3 or YOLOv4 that Darknet trained (.cfg and .weights).",
        [
            new Port("model", PortKind.File, "MitoNet's .pth file.", Required: false),
            new Port("cfg", PortKind.File, "In place of model: Darknet's configuration (.cfg) with which the network was trained.", Required: false),
            new Port("weights", PortKind.File, "With cfg: Darknet's weights (.weights).", Required: false),
            new Port("names", PortKind.File, "With cfg: the classes' names (obj.names), a name a line.", Required: false),
        ],
        [new Port("onnx", PortKind.File, "The ONNX model.")],
        [Precision, Graph, Mean, Deviation, Padding, ClassName],
        static (request, job) =>
        {
            var options = new ModelConversionOptions
            {
                Weights = Enum.Parse<WeightFormat>(request.Values.Get(Precision), ignoreCase: true),
                Dense = request.Values.Get(Graph) == "dense",
                Overwrite = request.Overwrite,
                Mean = request.Values.Get(Mean),
                StandardDeviation = request.Values.Get(Deviation),
                PaddingFactor = request.Values.Get(Padding),
                ClassName = request.Values.Get(ClassName),
            };
            string target = request.OptionalPath("onnx") ?? throw new BadInputException("out is missing: give the ONNX file to be written.");
            ConvertedModel made = Convert(request, target, options, job);
            string summary = string.Create(CultureInfo.InvariantCulture, $"{string.Join(" and ", made.Files.Select(f => Path.GetFileName(f)))}: {made.Parameters / 1e6:0.0} million weights, {made.Nodes} operators.");
            return new OperationResult(new Dictionary<string, object>(), new JsonObject
            {
                ["summary"] = summary,
                ["files_written"] = new JsonArray([.. made.Files.Select(f => (JsonNode)Path.GetFileName(f))]),
                ["weights"] = made.Parameters,
                ["source_sha256"] = made.SourceSha256,
                ["parameters"] = request.Values.ToJson(),
            });
        });

    private static ConvertedModel Convert(OperationRequest request, string target, ModelConversionOptions options, Job job)
    {
        string? model = request.OptionalPath("model"), configuration = request.OptionalPath("cfg"), weights = request.OptionalPath("weights"), names = request.OptionalPath("names");
        if (model is not null && (configuration ?? weights ?? names) is not null)
            throw new BadInputException("model and cfg, weights, names are given together: give model for a .pth file of MitoNet's kind, or cfg, weights and names for a network of Darknet.");
        if (model is not null) return ModelConversion.Convert(model, target, options, job);
        if (configuration is null && weights is null) throw new BadInputException("model is missing: give MitoNet's .pth file, or cfg and weights of a network of Darknet.");
        if (configuration is null) throw new BadInputException("cfg is missing: weights need the configuration (.cfg) with which the network was trained.");
        if (weights is null) throw new BadInputException("weights is missing: give Darknet's file of weights (.weights) that belongs to cfg.");
        return DarknetConversion.Convert(configuration, weights, names, target, options, job);
    }
}

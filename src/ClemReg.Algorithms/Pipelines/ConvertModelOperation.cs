using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using ClemReg.Algorithms.Inference.Conversion;
using ClemReg.Algorithms.Parameters;

namespace ClemReg.Algorithms.Pipelines;

/// <summary>Makes an ONNX model of MitoNet's own file.</summary>
internal static class ConvertModelOperation
{
    private const string Group = "Model";

    private static readonly ChoiceParameter Weights = new("weights", "Weights", Group,
        "How the numbers are stored: float32 as they are (220 MB for MitoNet); float16 halves the file; int8 quarters it, runs slower in less memory, and changes results slightly.", "float32", "float32", "float16", "int8")
    { Option = true };

    private static readonly ChoiceParameter Graph = new("graph", "Graph", Group,
        "full: the network does everything. dense: PointRend, its last refinement of outlines, is done by this program; a second file, NAME_point.onnx, belongs to it. For processors that lack an operator of the full graph.", "full", "full", "dense")
    { Option = true };

    private static readonly NumberParameter Mean = new("mean", "Mean", Group, "", "The mean grey value, 0 to 1, of the images that the model was trained on. The default is MitoNet's.", new ModelConversionOptions().Mean, 0, 1);
    private static readonly NumberParameter Deviation = new("std", "Standard deviation", Group, "", "Their standard deviation.", new ModelConversionOptions().StandardDeviation, 0.0001, 1);
    private static readonly IntegerParameter Padding = new("padding_factor", "Padding", Group, "pixels", "Slices are padded to multiples of this: 16 for MitoNet; 128 for models so trained.", 16, 16, 4096);
    private static readonly TextParameter ClassName = new("class_name", "Structure", Group, "What the model finds.", "mito", "a text of 1 to 100 characters");

    public static Operation Definition { get; } = new(
        "convert_model", "Convert Model",
        "Makes an ONNX model of a PyTorch file of MitoNet's kind (MitoNet_v1.pth, or another PanopticDeepLab that empanada exported), without Python. Nothing in the file is executed.",
        [new Port("model", PortKind.File, "The .pth file.")],
        [new Port("onnx", PortKind.File, "The ONNX model.")],
        [Weights, Graph, Mean, Deviation, Padding, ClassName],
        static (request, job) =>
        {
            var options = new ModelConversionOptions
            {
                Weights = Enum.Parse<WeightFormat>(request.Values.Get(Weights), ignoreCase: true),
                Dense = request.Values.Get(Graph) == "dense",
                Overwrite = request.Extra.TryGetProperty("overwrite", out JsonElement overwrite) && overwrite.ValueKind == JsonValueKind.True,
                Mean = request.Values.Get(Mean),
                StandardDeviation = request.Values.Get(Deviation),
                PaddingFactor = request.Values.Get(Padding),
                ClassName = request.Values.Get(ClassName),
            };
            string target = request.OptionalPath("onnx") ?? throw new BadInputException("out is missing: give the ONNX file to be written.");
            ConvertedModel made = ModelConversion.Convert(request.Path("model"), target, options, job);
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
}

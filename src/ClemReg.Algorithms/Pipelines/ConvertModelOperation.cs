using System.Text.Json.Nodes;
using ClemReg.Algorithms.Inference.Conversion;
using ClemReg.Algorithms.Parameters;

namespace ClemReg.Algorithms.Pipelines;

/// <summary>Makes an ONNX file of MitoNet's .pth. Files of models are large, so they are read and written here, by path, and not handed through.</summary>
internal static class ConvertModelOperation
{
    private const string Files = "Files";
    private const string Format = "Format";
    private const string Training = "Training";

    private static readonly ModelConversionOptions Standard = new();

    private static readonly TextParameter Model = new("model", "Model (.pth)", Files,
        "The TorchScript file to convert: MitoNet_v1.pth, or another model of empanada with the same network (NucleoNet, DropNet). It is read as data; nothing in it is run.",
        "", "the path of a TorchScript .pth file")
    { Option = true };

    private static readonly TextParameter Target = new("output", "ONNX file", Files,
        "Where the model is written, such as mitonet.onnx. A dense graph has a second file beside it, NAME_point.onnx.", "", "the path of a new .onnx file")
    { Option = true };

    private static readonly BooleanParameter Replace = new("replace", "Replace files", Files, "Whether files that are there already may be replaced.", false) { Option = true };

    private static readonly ChoiceParameter Weights = new("weights", "Weights", Format,
        "float32: as they are (220 MB for MitoNet). float16: half the file, results the same but for few pixels. int8: a quarter of the file and less memory, slower and less exact; compare on your images.",
        "float32", "float32", "float16", "int8")
    { Option = true };

    private static readonly ChoiceParameter Graph = new("graph", "Graph", Format,
        "full: from the image to the results in one graph. dense: without PointRend, whose point head is a second file, for programs that choose the points themselves.",
        "full", "full", "dense")
    { Option = true };

    private static readonly NumberParameter Mean = new("mean", "Mean", Training, "",
        "The mean grey value of the training images, as the model's configuration (.yaml) says. It is noted in the file.", Standard.Mean, 0, 1);

    private static readonly NumberParameter StandardDeviation = new("std", "Standard deviation", Training, "",
        "The standard deviation of the training images' grey values, as the model's configuration says. It is noted in the file.", Standard.StandardDeviation, 0.0001, 1);

    private static readonly IntegerParameter PaddingFactor = new("padding_factor", "Padding factor", Training, "px",
        "Image sizes are padded to multiples of this, itself a multiple of 16: 16 for MitoNet, 512 for NucleoNet and DropNet. It is noted in the file.", Standard.PaddingFactor, 16, 4096);

    private static readonly TextParameter ClassName = new("class_name", "Class", Training, "What the model finds. It is noted in the file.", Standard.ClassName, "a text of 1 to 100 characters");

    public static Operation Definition { get; } = new(
        "convert_model", "Convert model",
        "Makes an ONNX file of MitoNet's PyTorch file (.pth), which segmentation reads. No Python is needed.",
        [], [],
        [Model, Target, Replace, Weights, Graph, Mean, StandardDeviation, PaddingFactor, ClassName],
        static (request, job) =>
        {
            ParameterValues values = request.Values;
            var options = new ModelConversionOptions
            {
                Weights = values.Get(Weights) switch { "float16" => WeightFormat.Float16, "int8" => WeightFormat.Int8, _ => WeightFormat.Float32 },
                Dense = values.Get(Graph) == "dense",
                Overwrite = values.Get(Replace),
                Mean = values.Get(Mean),
                StandardDeviation = values.Get(StandardDeviation),
                PaddingFactor = values.Get(PaddingFactor),
                ClassName = values.Get(ClassName),
            };
            ConvertedModel converted = ModelConversion.Convert(values.Get(Model), values.Get(Target), options, job);
            var files = new JsonArray();
            foreach (string file in converted.Files) files.Add((JsonNode)new JsonObject { ["file"] = file, ["bytes"] = new FileInfo(file).Length });
            return new OperationResult(new Dictionary<string, object>(), new JsonObject
            {
                ["models"] = files,
                ["weights_converted"] = converted.Parameters,
                ["nodes"] = converted.Nodes,
                ["source_sha256"] = converted.SourceSha256,
                ["parameters"] = values.ToJson(),
            });
        });
}

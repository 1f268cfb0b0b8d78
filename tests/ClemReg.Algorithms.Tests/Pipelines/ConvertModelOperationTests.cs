using System.Text.Json;
using ClemReg.Algorithms.Inference.Models;
using ClemReg.Algorithms.Pipelines;

namespace ClemReg.Algorithms.Tests.Pipelines;

public sealed class ConvertModelOperationTests : IDisposable
{
    private static readonly string Source = Path.Combine(AppContext.BaseDirectory, "golden", "mitonet", "fused.pth");

    private readonly string _folder = Directory.CreateTempSubdirectory("clemreg-convert-model").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Parameters_arrive_in_the_file()
    {
        string path = Path.Combine(_folder, "m.onnx");
        using OperationResult result = Run(Source, path, false, ("precision", "float16"), ("graph", "dense"), ("mean", "0.5"), ("std", "0.25"), ("padding_factor", "512"), ("class_name", "nucleus"));
        ModelDescription model = OnnxModelCheck.Read(path, new Job());
        Assert.Equal(["float16", "dense", "0.5", "0.25", "512", "{\"1\":\"nucleus\"}"],
            new[] { ModelMetadata.Weights, ModelMetadata.Graph, ModelMetadata.Mean, ModelMetadata.StandardDeviation, ModelMetadata.PaddingFactor, ModelMetadata.ClassNames }.Select(k => model.Metadata[k]));
        Assert.Equal(["m.onnx", "m_point.onnx"], result.Json["files_written"]!.AsArray().Select(f => (string)f!));
        Assert.Contains("m.onnx", Assert.Throws<BadInputException>(() => Run(Source, path, false)).Message, StringComparison.Ordinal);
        Run(Source, path, true).Dispose();
    }

    [Fact]
    public void Files_that_were_forgotten_are_told_by_their_names()
    {
        Assert.StartsWith("out is missing", Assert.Throws<BadInputException>(() => Run(Source, null, false)).Message, StringComparison.Ordinal);
        Assert.Contains("model", Assert.Throws<BadInputException>(() => Run(null, Path.Combine(_folder, "m.onnx"), false)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Darknets_files_make_a_model_too_and_must_be_complete()
    {
        string Golden(string file) => Path.Combine(AppContext.BaseDirectory, "golden", "yolo", file);
        string path = Path.Combine(_folder, "yolo.onnx"), cfg = Golden("small.cfg"), weights = Golden("small.weights"), names = Golden("small.names");
        using OperationResult result = RunDarknet(new { cfg, weights, names, onnx = path });
        Assert.Equal(["yolo.onnx"], result.Json["files_written"]!.AsArray().Select(f => (string)f!));
        Assert.Equal("yolo", OnnxModelCheck.Read(path, new Job()).Metadata[ModelMetadata.Kind]);
        Assert.StartsWith("cfg is missing", Assert.Throws<BadInputException>(() => RunDarknet(new { weights, names, onnx = path })).Message, StringComparison.Ordinal);
        Assert.StartsWith("weights is missing", Assert.Throws<BadInputException>(() => RunDarknet(new { cfg, onnx = path })).Message, StringComparison.Ordinal);
        Assert.StartsWith("model and cfg", Assert.Throws<BadInputException>(() => RunDarknet(new { cfg, weights, model = Source, onnx = path })).Message, StringComparison.Ordinal);
    }

    private static OperationResult RunDarknet(object paths) =>
        Operations.Find("convert_model").Run(JsonDocument.Parse(JsonSerializer.Serialize(new { paths })).RootElement, new Dictionary<string, object>(), new Job(1));

    private static OperationResult Run(string? model, string? target, bool overwrite, params (string Key, string Value)[] parameters)
    {
        string json = JsonSerializer.Serialize(new { parameters = parameters.ToDictionary(p => p.Key, p => p.Value), paths = new { model = model ?? "", onnx = target ?? "" }, overwrite });
        return Operations.Find("convert_model").Run(JsonDocument.Parse(json).RootElement, new Dictionary<string, object>(), new Job(1));
    }
}

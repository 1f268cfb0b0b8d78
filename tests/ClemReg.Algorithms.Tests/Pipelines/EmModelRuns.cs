using System.Text.Json;
using ClemReg.Algorithms.Inference.Conversion;
using ClemReg.Algorithms.Pipelines;
using ClemReg.Algorithms.Tests.Inference;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Tests.Pipelines;

/// <summary>Runs the operations that show the EM to a model. The model that stays open is one to a process: the classes that use this take turns.</summary>
internal static class EmModelRuns
{
    /// <summary>The collection of those classes.</summary>
    public const string InTurns = "Models of the EM";

    public static OperationResult Run(string operation, ISliceSource image, string model, Job? job = null, params (string Key, string Value)[] parameters)
    {
        string json = JsonSerializer.Serialize(new
        {
            parameters = parameters.Append(("provider", "cpu")).ToDictionary(p => p.Item1, p => p.Item2),
            paths = new { model },
            onnxruntime = TestRuntime.Library,
        });
        return Operations.Find(operation).Run(JsonDocument.Parse(json).RootElement, new Dictionary<string, object> { ["image"] = image }, job ?? new Job(2));
    }

    /// <summary>Writes a network of MitoNet's kind, of random weights, to mito.onnx in a folder.</summary>
    public static string MitoNet(string folder, bool dense = false)
    {
        string path = Path.Combine(folder, "mito.onnx");
        ModelConversion.Convert(Path.Combine(AppContext.BaseDirectory, "golden", "mitonet", "fused.pth"), path, new ModelConversionOptions { Dense = dense, Overwrite = true }, new Job(2));
        return path;
    }
}

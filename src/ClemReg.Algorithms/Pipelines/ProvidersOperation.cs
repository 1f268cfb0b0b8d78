using System.Text.Json.Nodes;
using ClemReg.Algorithms.Inference;
using ClemReg.Algorithms.Inference.OnnxRuntime;

namespace ClemReg.Algorithms.Pipelines;

/// <summary>What runs models on this machine, for About and for bug reports.</summary>
internal static class ProvidersOperation
{
    public static Operation Definition { get; } = new(
        "providers", "List providers",
        "Tells which ONNX Runtime runs models, the processors that it was built for, and those that provider = auto tries here.",
        [],
        [],
        [],
        Run);

    private static OperationResult Run(OperationRequest request, Job job)
    {
        IInferenceRuntime runtime = OrtLibrary.Load(null, EmModel.Bundled(request), job);
        return new OperationResult(new Dictionary<string, object>(), new JsonObject
        {
            ["runtime"] = runtime.Description,
            ["providers"] = string.Join(", ", runtime.Providers.Select(p => p.Name())),
            ["auto"] = string.Join(", ", OrtProviders.Candidates((OrtRuntime)runtime).Select(p => p.Name())),
        });
    }
}

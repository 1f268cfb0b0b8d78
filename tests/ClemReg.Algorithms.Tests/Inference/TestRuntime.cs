using System.Runtime.InteropServices;
using ClemReg.Algorithms.Inference;
using ClemReg.Algorithms.Inference.OnnxRuntime;

namespace ClemReg.Algorithms.Tests.Inference;

/// <summary>ONNX Runtime as the build fetched it, the models of golden-scripts/onnx_models.py, and small tensors.</summary>
internal static class TestRuntime
{
    public static readonly InferenceOptions Cpu = new() { Provider = ExecutionProvider.Cpu };

    /// <summary>The library that scripts/fetch-onnxruntime.sh laid out. A build without it is a broken build, so this throws.</summary>
    public static string Library
    {
        get
        {
            for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
            {
                if (!File.Exists(Path.Combine(folder.FullName, "ClemReg.Fiji.sln"))) continue;
                string platform = RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? "linux-arm64" : "linux64";
                string path = Path.Combine(folder.FullName, "build", "onnxruntime", platform, "libonnxruntime.so.1");
                return File.Exists(path) ? path : throw new FileNotFoundException($"{path} is missing: scripts/build.sh, or scripts/fetch-onnxruntime.sh alone, puts it there.");
            }
            throw new DirectoryNotFoundException("The tests run outside of the checkout.");
        }
    }

    public static IInferenceRuntime Runtime(Job? job = null) => OrtLibrary.Load(null, Library, job ?? new Job());

    public static string Golden(string file) => Path.Combine(AppContext.BaseDirectory, "golden", "inference", file);

    public static IInferenceSession Open(string model, InferenceOptions? options = null, Job? job = null) =>
        Runtime().Open(Golden(model + ".onnx"), options ?? Cpu, job ?? new Job(2));

    public static float[] Floats(string file) => MemoryMarshal.Cast<byte, float>(File.ReadAllBytes(Golden(file))).ToArray();

    public static InferenceTensor Vector(params float[] values) => InferenceTensor.Over(values.AsMemory(), values.Length);

    public static Dictionary<string, InferenceTensor> Image(int height, int width) =>
        new() { ["image"] = InferenceTensor.Over(Enumerable.Range(0, height * width).Select(i => MathF.Sin(i)).ToArray().AsMemory(), 1, 1, height, width) };
}

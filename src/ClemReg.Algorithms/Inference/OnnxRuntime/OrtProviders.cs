namespace ClemReg.Algorithms.Inference.OnnxRuntime;

/// <summary>What ONNX Runtime calls each provider, which to try, and how each is added to a session.</summary>
internal static class OrtProviders
{
    private static readonly (ExecutionProvider Provider, string LongName, string ShortName)[] Known =
    [
        (ExecutionProvider.Cpu, "CPUExecutionProvider", "CPU"),
        (ExecutionProvider.WebGpu, "WebGpuExecutionProvider", "WebGPU"),
        (ExecutionProvider.Cuda, "CUDAExecutionProvider", "CUDA"),
        (ExecutionProvider.TensorRt, "TensorrtExecutionProvider", "TensorRT"),
        (ExecutionProvider.DirectMl, "DmlExecutionProvider", "DML"),
        (ExecutionProvider.CoreMl, "CoreMLExecutionProvider", "CoreML"),
    ];

    /// <summary>The provider that the library lists under that name, or null for one that is not used here.</summary>
    public static ExecutionProvider? ByLongName(string name)
    {
        foreach ((ExecutionProvider provider, string longName, _) in Known)
            if (longName == name) return provider;
        return null;
    }

    /// <summary>Refuses options that the library cannot follow.</summary>
    public static void Check(InferenceOptions options, OrtRuntime runtime)
    {
        if (options.Provider == ExecutionProvider.Auto && options.ProviderOptions.Count > 0)
            throw BadInputException.ForParameter("provider", "auto", "a named one when it is given options", $"It may be one of {Names(runtime.Providers)}.");
        if (options.Provider == ExecutionProvider.Cpu && options.ProviderOptions.Count > 0)
            throw BadInputException.ForParameter("provider options", options.ProviderOptions.Keys.First(), "left out for the CPU, which has none");
        if (options.Threads is < 0 or > 1024) throw BadInputException.ForParameter("threads", options.Threads, "a whole number from 0 (the job's) to 1024");
        foreach ((string axis, long extent) in options.FixedAxes)
            if (extent < 1) throw BadInputException.ForParameter($"the extent of axis {axis}", extent, "1 or more");
        if (options.Provider != ExecutionProvider.Auto && !runtime.Providers.Contains(options.Provider))
            throw new ModelException($"provider = {options.Provider.Name()} cannot be used: {runtime.Description} is built for {Names(runtime.Providers)} only. {Advice(options.Provider, runtime.Path)} Or use provider = cpu or auto.");
    }

    /// <summary>What "auto" tries, in order; the CPU is the last.</summary>
    public static IEnumerable<ExecutionProvider> Candidates(OrtRuntime runtime)
    {
        bool gpu = HasGraphicsProcessor();
        foreach (ExecutionProvider provider in (ExecutionProvider[])[ExecutionProvider.Cuda, ExecutionProvider.WebGpu, ExecutionProvider.DirectMl, ExecutionProvider.CoreMl])
            if (gpu && runtime.Providers.Contains(provider) && (provider != ExecutionProvider.Cuda || File.Exists(CudaLibrary(runtime.Path)))) yield return provider;
        yield return ExecutionProvider.Cpu;
    }

    /// <summary>Adds a provider to a session's options. They are of no use after a failure.</summary>
    /// <exception cref="OrtException">The provider cannot be used on this machine.</exception>
    public static void Append(OrtApi api, OrtHandle options, ExecutionProvider provider, IReadOnlyDictionary<string, string> settings)
    {
        switch (provider)
        {
            case ExecutionProvider.Cpu:
                break; // always there, and the last
            case ExecutionProvider.Cuda:
                api.AppendCuda(options, Cuda(settings));
                break;
            case ExecutionProvider.TensorRt:
                api.AppendTensorRt(options, settings);
                api.AppendCuda(options, Cuda(new Dictionary<string, string>())); // for what TensorRT does not know
                break;
            default:
                api.AppendProvider(options, Known.Single(k => k.Provider == provider).ShortName, settings);
                break;
        }
    }

    /// <summary>What the user can do about a provider that cannot be used.</summary>
    public static string Advice(ExecutionProvider provider, string library) => provider switch
    {
        ExecutionProvider.Cuda or ExecutionProvider.TensorRt =>
            $"It needs {Path.GetFileName(CudaLibrary(library))} of the same version in {Path.GetDirectoryName(library)}, CUDA 12 and cuDNN 9: install ONNX Runtime's GPU build and set {OrtLibrary.Variable} to its library.",
        ExecutionProvider.WebGpu => "It needs a graphics processor with a current driver (Vulkan on Linux, Direct3D 12 on Windows, Metal on macOS).",
        ExecutionProvider.DirectMl => "It exists on Windows only.",
        ExecutionProvider.CoreMl => "It exists on macOS only.",
        _ => "",
    };

    /// <summary>The search for the fastest convolution costs more than it gains where sizes vary from call to call.</summary>
    private static Dictionary<string, string> Cuda(IReadOnlyDictionary<string, string> settings) =>
        new(settings) { ["cudnn_conv_algo_search"] = settings.GetValueOrDefault("cudnn_conv_algo_search", "HEURISTIC") };

    private static string CudaLibrary(string library) =>
        Path.Combine(Path.GetDirectoryName(library)!, OperatingSystem.IsWindows() ? "onnxruntime_providers_cuda.dll" : "libonnxruntime_providers_cuda.so");

    /// <summary>
    /// False where Linux has no device of a graphics processor: Vulkan might then be emulated on the CPU, which takes many times longer than
    /// the CPU itself. Other systems always have one.
    /// </summary>
    private static bool HasGraphicsProcessor()
    {
        if (!OperatingSystem.IsLinux()) return true;
        return File.Exists("/dev/nvidiactl") || File.Exists("/dev/dxg") ||
            (Directory.Exists("/dev/dri") && Directory.EnumerateFiles("/dev/dri", "renderD*").Any());
    }

    private static string Names(IEnumerable<ExecutionProvider> providers) => string.Join(", ", providers.Select(p => p.Name()));
}

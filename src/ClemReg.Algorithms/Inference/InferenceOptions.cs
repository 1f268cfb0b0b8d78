namespace ClemReg.Algorithms.Inference;

/// <summary>What computes a model.</summary>
public enum ExecutionProvider
{
    /// <summary>A graphics processor if one can be used, or else the CPU.</summary>
    Auto,
    /// <summary>The processor.</summary>
    Cpu,
    /// <summary>Any graphics processor, through Vulkan, Direct3D 12 or Metal.</summary>
    WebGpu,
    /// <summary>NVIDIA, with a build of the runtime and libraries that the user installed.</summary>
    Cuda,
    /// <summary>NVIDIA with models compiled for the processor; slow to start. Installed by the user.</summary>
    TensorRt,
    /// <summary>Any graphics processor on Windows.</summary>
    DirectMl,
    /// <summary>Apple's processors.</summary>
    CoreMl,
}

/// <summary>The names of <see cref="ExecutionProvider"/> in parameters and files.</summary>
public static class ExecutionProviders
{
    /// <summary>All names, in order: "auto, cpu, ...".</summary>
    public static IReadOnlyList<string> Names { get; } = [.. Enum.GetValues<ExecutionProvider>().Select(p => p.Name())];

    /// <summary>The name, in lower case.</summary>
    public static string Name(this ExecutionProvider provider) => provider switch
    {
        ExecutionProvider.Auto => "auto",
        ExecutionProvider.Cpu => "cpu",
        ExecutionProvider.WebGpu => "webgpu",
        ExecutionProvider.Cuda => "cuda",
        ExecutionProvider.TensorRt => "tensorrt",
        ExecutionProvider.DirectMl => "directml",
        ExecutionProvider.CoreMl => "coreml",
        _ => throw new ArgumentOutOfRangeException(nameof(provider)),
    };

    /// <summary>The provider of a name, in any case.</summary>
    /// <exception cref="BadInputException">There is none of that name.</exception>
    public static ExecutionProvider Parse(string name)
    {
        foreach (ExecutionProvider provider in Enum.GetValues<ExecutionProvider>())
            if (string.Equals(provider.Name(), name, StringComparison.OrdinalIgnoreCase)) return provider;
        throw BadInputException.ForParameter("provider", name, $"one of {string.Join(", ", Names)}");
    }
}

/// <summary>How much a runtime rewrites a model before it runs it.</summary>
public enum GraphOptimization
{
    /// <summary>Not at all.</summary>
    None = 0,
    /// <summary>What changes no result.</summary>
    Basic = 1,
    /// <summary>Joining of steps, too.</summary>
    Extended = 2,
    /// <summary>Everything, memory layouts too.</summary>
    All = 99,
}

/// <summary>How a model is to run.</summary>
public sealed record InferenceOptions
{
    /// <summary>What computes it.</summary>
    public ExecutionProvider Provider { get; init; } = ExecutionProvider.Auto;

    /// <summary>Settings of the provider under the names that it gives them; with <see cref="ExecutionProvider.Auto"/> none are allowed.</summary>
    public IReadOnlyDictionary<string, string> ProviderOptions { get; init; } = new Dictionary<string, string>();

    /// <summary>Threads of one run on the CPU; 0: those of the job that opens the session.</summary>
    public int Threads { get; init; }

    /// <summary>Keeps memory between runs: faster, but a session that once ran on a large image stays as large.</summary>
    public bool MemoryArena { get; init; } = true;

    /// <summary>Plans memory for runs of one and the same size ahead.</summary>
    public bool MemoryPattern { get; init; } = true;

    /// <summary>How much the model is rewritten.</summary>
    public GraphOptimization Optimization { get; init; } = GraphOptimization.All;

    /// <summary>Extents for axes that the model names and leaves open. Some providers are much faster with these, or need them.</summary>
    public IReadOnlyDictionary<string, long> FixedAxes { get; init; } = new Dictionary<string, long>();

    /// <summary>Further settings of the session under the names that the runtime gives them.</summary>
    public IReadOnlyDictionary<string, string> Settings { get; init; } = new Dictionary<string, string>();
}

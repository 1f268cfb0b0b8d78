namespace ClemReg.Algorithms.Inference;

/// <summary>Runs neural networks. The one door to whatever does it: today ONNX Runtime's C library.</summary>
public interface IInferenceRuntime
{
    /// <summary>Name, version and place of the software, for reports.</summary>
    string Description { get; }

    /// <summary>The processors that the software was built for; whether this machine has them is another question.</summary>
    IReadOnlyList<ExecutionProvider> Providers { get; }

    /// <summary>Loads an ONNX file.</summary>
    /// <param name="path">Its full path.</param>
    /// <param name="options">How it is to run.</param>
    /// <param name="job">Its threads are the session's unless the options say otherwise; its log hears which processor is used.</param>
    /// <exception cref="NotFoundException">There is no such file.</exception>
    /// <exception cref="ModelException">It is no ONNX model, a damaged one, needs something that the software lacks, or the provider asked for cannot be used.</exception>
    /// <exception cref="OutOfMemoryBudgetException">It does not fit into memory.</exception>
    /// <exception cref="OperationCanceledException">The job was cancelled.</exception>
    IInferenceSession Open(string path, InferenceOptions options, Job job);

    /// <summary>Loads a model from memory, which the session does not need afterwards.</summary>
    /// <inheritdoc cref="Open(string, InferenceOptions, Job)"/>
    IInferenceSession Open(ReadOnlyMemory<byte> model, InferenceOptions options, Job job);
}

/// <summary>A loaded model. May be run from several threads at once.</summary>
public interface IInferenceSession : IDisposable
{
    /// <summary>The processor that runs it. Single steps that the processor cannot do run on the CPU.</summary>
    ExecutionProvider Provider { get; }

    /// <summary>What it takes, in its order.</summary>
    IReadOnlyList<TensorInfo> Inputs { get; }

    /// <summary>What it gives, in its order.</summary>
    IReadOnlyList<TensorInfo> Outputs { get; }

    /// <summary>What its author wrote into it, by key.</summary>
    IReadOnlyDictionary<string, string> Metadata { get; }

    /// <summary>Runs the model once.</summary>
    /// <param name="inputs">Every input by name. Their memory is read where it is.</param>
    /// <param name="job">Cancels the run.</param>
    /// <param name="outputs">
    /// The outputs that are wanted, by name: a tensor to be written into, or null to let the runtime allocate one. Null or left out: all
    /// outputs that are tensors of numbers, allocated by the runtime.
    /// </param>
    /// <returns>The outputs, to be disposed of; that leaves tensors of the caller's as they are.</returns>
    /// <exception cref="BadInputException">A name, type or shape is not the model's.</exception>
    /// <exception cref="ModelException">The model failed on these inputs.</exception>
    /// <exception cref="OutOfMemoryBudgetException">The run needs more memory than there is.</exception>
    /// <exception cref="OperationCanceledException">
    /// The job was cancelled; the session can be used again. A step of the network that was being computed may go on for a while without the
    /// caller: the tensors given to such a run must not be written or read any more, only disposed of.
    /// </exception>
    InferenceResult Run(IReadOnlyDictionary<string, InferenceTensor> inputs, Job job, IReadOnlyDictionary<string, InferenceTensor?>? outputs = null);
}

/// <summary>One axis of a model's input or output.</summary>
/// <param name="Size">Its extent, or -1 where any will do.</param>
/// <param name="Symbol">The name that the model gives such an axis; may be empty. Axes of one name have one extent.</param>
public readonly record struct TensorAxis(long Size, string Symbol)
{
    /// <summary>The extent, or the name, or a question mark.</summary>
    public override string ToString() =>
        Size >= 0 ? Size.ToString(System.Globalization.CultureInfo.InvariantCulture) : Symbol.Length > 0 ? Symbol : "?";
}

/// <summary>An input or output of a model.</summary>
public sealed record TensorInfo(string Name, TensorType Type, IReadOnlyList<TensorAxis> Shape)
{
    /// <summary>As "Float32 of 1 x 1 x height x width".</summary>
    public override string ToString() => $"{Type} of {(Shape.Count == 0 ? "a single value" : string.Join(" x ", Shape))}";

    /// <summary>True if a tensor of this shape may stand here.</summary>
    internal bool Allows(InferenceTensor tensor)
    {
        if (tensor.Type != Type || tensor.Shape.Count != Shape.Count) return false;
        for (int i = 0; i < Shape.Count; i++)
            if (Shape[i].Size >= 0 && Shape[i].Size != tensor.Shape[i]) return false;
        return true;
    }
}

/// <summary>The outputs of a run by name.</summary>
public sealed class InferenceResult : IDisposable
{
    private readonly Dictionary<string, InferenceTensor> _all;
    private readonly IReadOnlyList<InferenceTensor> _own;

    /// <summary>Outputs, of which <paramref name="own"/> are disposed of with the result.</summary>
    public InferenceResult(Dictionary<string, InferenceTensor> all, IReadOnlyList<InferenceTensor> own)
    {
        _all = all;
        _own = own;
    }

    /// <summary>The names of the outputs.</summary>
    public IReadOnlyCollection<string> Names => _all.Keys;

    /// <summary>One output.</summary>
    /// <exception cref="BadInputException">It was not asked for.</exception>
    public InferenceTensor this[string name] => _all.TryGetValue(name, out InferenceTensor? tensor)
        ? tensor
        : throw BadInputException.ForParameter("output", name, $"one of {string.Join(", ", _all.Keys)}");

    /// <summary>Lets the outputs go that the runtime allocated.</summary>
    public void Dispose()
    {
        foreach (InferenceTensor tensor in _own) tensor.Dispose();
    }
}

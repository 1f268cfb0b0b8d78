using ClemReg.Algorithms.Inference;

namespace ClemReg.Algorithms.Tests.Inference;

/// <summary>A machine of little memory, and a session whose runs take so much of it for each number of their input; like ONNX Runtime it keeps what its largest run took.</summary>
/// <param name="inner">The model.</param>
/// <param name="free">Bytes that there are before anything runs.</param>
/// <param name="bytesPerNumber">What a run takes.</param>
/// <param name="limit">Numbers above which the runtime itself reports that there is no memory.</param>
internal sealed class LimitedMemory(IInferenceSession inner, long free, long bytesPerNumber, long limit = long.MaxValue) : IInferenceSession, IMemoryGauge
{
    private long _largest;

    /// <summary>Numbers of the inputs of all runs that were begun.</summary>
    public List<long> Runs { get; } = [];

    public long Free => Math.Max(0, free - Used);

    public long Used => _largest * bytesPerNumber;

    public ExecutionProvider Provider { get; init; } = ExecutionProvider.Cpu;

    public IReadOnlyList<TensorInfo> Inputs => inner.Inputs;

    public IReadOnlyList<TensorInfo> Outputs => inner.Outputs;

    public IReadOnlyDictionary<string, string> Metadata => inner.Metadata;

    public InferenceResult Run(IReadOnlyDictionary<string, InferenceTensor> inputs, Job job, IReadOnlyDictionary<string, InferenceTensor?>? outputs = null)
    {
        long numbers = inputs.Values.First().Count;
        Runs.Add(numbers);
        if (numbers > limit) throw new OutOfMemoryBudgetException("The model failed: there is not enough memory.");
        InferenceResult result = inner.Run(inputs, job, outputs);
        _largest = Math.Max(_largest, numbers);
        return result;
    }

    public void Dispose() => inner.Dispose();
}

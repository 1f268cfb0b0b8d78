using System.Buffers;

namespace ClemReg.Algorithms.Inference;

/// <summary>A tensor of floats as memory of C#: what is in it is read where it is. Valid as long as the tensor.</summary>
internal sealed unsafe class TensorMemory(InferenceTensor tensor) : MemoryManager<float>
{
    /// <inheritdoc/>
    public override Span<float> GetSpan() => tensor.Values<float>();

    /// <inheritdoc/>
    public override MemoryHandle Pin(int elementIndex = 0) => new((float*)tensor.Data + elementIndex);

    /// <inheritdoc/>
    public override void Unpin()
    {
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
    }
}

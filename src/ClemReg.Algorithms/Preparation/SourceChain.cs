using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Preparation;

/// <summary>Images that read from one another, as one image: the last of them, which releases all.</summary>
/// <remarks>The first image is the caller's and must live as long as this.</remarks>
public sealed class SourceChain(ISliceSource first) : ISliceSource, IDisposable
{
    private readonly Stack<IDisposable> _links = new();
    private ISliceSource _last = first;

    /// <inheritdoc/>
    public Grid Grid => _last.Grid;

    /// <inheritdoc/>
    public VoxelType Type => _last.Type;

    /// <summary>The image at the end, for the link that comes next.</summary>
    public ISliceSource Last => _last;

    /// <summary>Adds an image that reads from <see cref="Last"/>.</summary>
    public void Add(ISliceSource link)
    {
        _last = link;
        if (link is IDisposable disposable) _links.Push(disposable);
    }

    /// <inheritdoc/>
    public void ReadSlice(int z, Span<byte> destination) => _last.ReadSlice(z, destination);

    /// <inheritdoc/>
    public void Dispose()
    {
        while (_links.TryPop(out IDisposable? link)) link.Dispose();
    }
}

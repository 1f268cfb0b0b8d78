using ClemReg.Algorithms;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Bridge;

/// <summary>
/// An image that stays with the host (Fiji): its slices are asked for one at a time while an operation runs or, later, while the host reads a
/// result that is computed from it.
/// </summary>
public sealed class HostSource(Grid grid, VoxelType type) : ISliceSource
{
    /// <summary>Asks the host for slice z of the image of that number, on the host's own thread, while that reads a result.</summary>
    public delegate void Ask(long source, int z);

    [ThreadStatic]
    private static Ask? _asker;

    private readonly object _reading = new();
    private RunSession? _session;
    private byte[]? _slice;
    private int _wanted = -1;

    /// <inheritdoc/>
    public Grid Grid { get; } = grid;

    /// <inheritdoc/>
    public VoxelType Type { get; } = type;

    /// <summary>The number under which the host knows it.</summary>
    public long Handle { get; set; }

    /// <inheritdoc/>
    public void ReadSlice(int z, Span<byte> destination)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(z);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(z, Grid.Size.Z);
        lock (_reading)
        {
            _slice ??= new byte[Grid.Size.SliceCount * (int)Type];
            _wanted = z;
            try
            {
                if (_session is { } session) session.AskForSlice(this, z);
                else if (_asker is { } asker) asker(Handle, z);
                else throw new BadInputException("This image stays in Fiji and can be read only while an operation runs or a result is read.");
                if (_wanted >= 0) throw new BadInputException($"Slice {z + 1} of the image was asked for but not given.");
                _slice.AsSpan().CopyTo(destination);
            }
            finally
            {
                _wanted = -1;
            }
        }
    }

    /// <summary>Does <paramref name="work"/>, which may read images of the host on this thread.</summary>
    public static void Reading(Ask? asker, Action work)
    {
        Ask? before = _asker;
        _asker = asker;
        try
        {
            work();
        }
        finally
        {
            _asker = before;
        }
    }

    /// <summary>Where the host puts the voxels of slice <paramref name="z"/>, which must be the one asked for.</summary>
    public Span<byte> Deliver(int z)
    {
        if (_slice is null || z != _wanted) throw new BadInputException($"Slice {z} was not asked for.");
        return _slice;
    }

    /// <summary>Says that the voxels are complete.</summary>
    public void Delivered() => _wanted = -1;

    /// <summary>Lets an operation read the image.</summary>
    /// <exception cref="BadInputException">Another operation is reading it.</exception>
    public void Open(RunSession session)
    {
        if (Interlocked.CompareExchange(ref _session, session, null) is { } other && other != session)
            throw new BadInputException("The image is being read by another operation. Wait for that one to end.");
    }

    /// <summary>Ends the reading by <paramref name="session"/>.</summary>
    public void Close(RunSession session)
    {
        if (Interlocked.CompareExchange(ref _session, null, session) == session) _slice = null;
    }
}

using ClemReg.Algorithms.Volumes;

namespace ClemReg.Bridge.Worker;

/// <summary>
/// A request of Java that is being worked off. What an operation tells goes to Java at once; Java polls its own listener and says when it wants
/// to stop, so that no question crosses.
/// </summary>
internal sealed class WorkerCall(long id, Host host, SliceFiles files, Action<Frame> send) : IRunListener
{
    /// <summary>A slice that lies in a slice file.</summary>
    public readonly record struct Slice(VoxelType Type, int Count, int File)
    {
        public static Slice Read(ref PayloadReader payload)
        {
            var slice = new Slice((VoxelType)payload.Byte(), payload.Int(), payload.Int());
            return slice.Type is VoxelType.UInt8 or VoxelType.UInt16 or VoxelType.Float32 && slice.Count >= 0
                ? slice
                : throw new ProtocolException($"{slice} is no slice.");
        }
    }

    private readonly object _gate = new();
    private volatile bool _cancelled;
    private bool _asking;
    private bool _stopped;
    private Slice? _answer;

    public long Id { get; } = id;

    /// <summary>Java wants the work to stop.</summary>
    public void Cancel() => _cancelled = true;

    /// <summary>Java gives the slice that was asked for, or null: it cannot.</summary>
    public void Answer(Slice? slice)
    {
        lock (_gate)
        {
            if (!_asking) return;
            _asking = false;
            _answer = slice;
            Monitor.PulseAll(_gate);
        }
    }

    /// <summary>Java is gone: nothing will be answered any more.</summary>
    public void Abandon()
    {
        Cancel();
        lock (_gate) _stopped = true;
        Answer(null);
    }

    public void Progress(double fraction, string stage) => Send(FrameKind.Progress, new PayloadWriter().Double(fraction).Text(stage));

    public void Log(string message) => Send(FrameKind.Log, new PayloadWriter().Text(message));

    public void Warning(string message) => Send(FrameKind.Warning, new PayloadWriter().Text(message));

    public bool Cancelled() => _cancelled;

    void IRunListener.Slice(long source, int z)
    {
        lock (_gate)
        {
            _asking = !_stopped;
            _answer = null;
        }
        Send(FrameKind.Ask, new PayloadWriter().Long(source).Int(z));
        Slice? answer;
        lock (_gate)
        {
            while (_asking) Monitor.Wait(_gate);
            answer = _answer;
        }
        // Java keeps its own exception and throws that one, whatever this becomes.
        WriteSlice(source, z, answer ?? throw new OperationCanceledException());
    }

    /// <summary>Fills a slice of a volume, or of a source that asked for it.</summary>
    public void WriteSlice(long handle, int z, Slice slice) =>
        host.WriteSlice(handle, z, slice.Type, slice.Count, destination => files.Read(slice.File, destination));

    /// <summary>Reads a slice.</summary>
    public void ReadSlice(long handle, int z, Slice slice) =>
        host.ReadSlice(handle, z, slice.Type, slice.Count, voxels => files.Write(slice.File, voxels), ((IRunListener)this).Slice);

    private void Send(FrameKind kind, PayloadWriter payload) => send(new Frame(Id, kind, payload.ToArray()));
}

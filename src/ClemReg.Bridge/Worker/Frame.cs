namespace ClemReg.Bridge.Worker;

/// <summary>
/// What a frame between Java and the worker is about. The numbers, and what each payload holds, stand in docs/decisions/23-worker-process.md
/// and, for Java, in clem.bridge.Frame; a change of any needs a new <see cref="WorkerServer.Version"/>.
/// </summary>
public enum FrameKind : byte
{
    /// <summary>Request, the first frame of all: the protocol's name and version. Done: version and the worker's process number.</summary>
    Hello = 1,
    /// <summary>Request: which text of <see cref="Host.Text"/>.</summary>
    Text = 2,
    /// <summary>Request: kind and grid. Done: a handle.</summary>
    CreateVolume = 3,
    /// <summary>Request: kind and grid. Done: a handle.</summary>
    CreateSource = 4,
    /// <summary>Request: handle, z and a slice that lies in a slice file.</summary>
    WriteSlice = 5,
    /// <summary>Request: handle, z and where in a slice file the slice is to be put.</summary>
    ReadSlice = 6,
    /// <summary>Request: z, y, x triples. Done: a handle.</summary>
    CreatePoints = 7,
    /// <summary>Request: a handle. Done: z, y, x triples.</summary>
    ReadPoints = 8,
    /// <summary>Request: the text of a transform.json. Done: a handle.</summary>
    CreateTransform = 9,
    /// <summary>Request: a handle. Done: JSON.</summary>
    Describe = 10,
    /// <summary>Request: JSON. Done: JSON. Progress, log, warnings and asked slices come before that.</summary>
    Run = 11,
    /// <summary>Request: a handle.</summary>
    Release = 12,
    /// <summary>Request: number, size and path of a slice file that the next requests name.</summary>
    Map = 13,
    /// <summary>Request: the number of a slice file that no further request names.</summary>
    Unmap = 14,

    /// <summary>To the worker, about a request that is not answered yet: it is to stop.</summary>
    Cancel = 20,
    /// <summary>To the worker: the slice that it asked for lies in a slice file.</summary>
    Slice = 21,
    /// <summary>To the worker: the slice that it asked for could not be given, and the request is to stop.</summary>
    NoSlice = 22,

    /// <summary>To Java: the request succeeded; no further frame about it follows.</summary>
    Done = 40,
    /// <summary>To Java: the request failed, with a <see cref="FailureText"/>; no further frame about it follows.</summary>
    Failed = 41,
    /// <summary>To Java: the part done and the stage.</summary>
    Progress = 42,
    /// <summary>To Java: a line for the log.</summary>
    Log = 43,
    /// <summary>To Java: a warning.</summary>
    Warning = 44,
    /// <summary>To Java: the handle of a source, and the z that is needed of it. Slice or NoSlice follows.</summary>
    Ask = 45,
}

/// <summary>One message: which request it is or is about, its kind and its payload.</summary>
public readonly record struct Frame(long Id, FrameKind Kind, byte[] Payload);

/// <summary>The other side does not keep to the protocol.</summary>
public sealed class ProtocolException(string message) : Exception(message);

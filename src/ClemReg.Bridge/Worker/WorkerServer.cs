using System.Collections.Concurrent;

namespace ClemReg.Bridge.Worker;

/// <summary>
/// Serves a <see cref="Host"/> to Java over two streams: the second implementation of clem.bridge.Bridge, in a process of its own. Requests come
/// in any number at once; each is worked off on a thread of its own and answered by one Done or Failed.
/// </summary>
public sealed class WorkerServer(Stream input, Stream output) : IDisposable
{
    /// <summary>The version of the protocol; both sides must have the same.</summary>
    public const int Version = 1;

    /// <summary>What the first frame begins with.</summary>
    public const string Protocol = "clemreg-worker";

    private const int MostCalls = 1000;

    private readonly Host _host = new();
    private readonly SliceFiles _files = new();
    private readonly CallThreads _threads = new();
    private readonly ConcurrentDictionary<long, WorkerCall> _calls = new();
    private readonly object _writing = new();

    /// <summary>Serves until the input ends.</summary>
    /// <exception cref="ProtocolException">What comes is not the protocol, or another version of it.</exception>
    public void Serve()
    {
        if (!Frames.TryRead(input, out Frame frame)) return;
        Greet(frame);
        while (Frames.TryRead(input, out frame)) Take(frame);
    }

    /// <summary>Leaves the requests that are being worked off, and gives the slice files up.</summary>
    public void Dispose()
    {
        foreach (WorkerCall call in _calls.Values) call.Abandon();
        _threads.Dispose();
        _files.Dispose();
    }

    private void Greet(Frame frame)
    {
        var payload = new PayloadReader(frame.Payload);
        if (frame.Kind != FrameKind.Hello || payload.Text() != Protocol) throw new ProtocolException("What comes is not for the worker of CLEM-Reg.");
        int version = payload.Int();
        Send(new Frame(frame.Id, FrameKind.Done, new PayloadWriter().Int(Version).Int(Environment.ProcessId).ToArray()));
        if (version != Version) throw new ProtocolException($"This worker speaks version {Version} of the protocol, the other side version {version}.");
    }

    private void Take(Frame frame)
    {
        // A request may have ended while Java wrote about it.
        WorkerCall? call = _calls.GetValueOrDefault(frame.Id);
        switch (frame.Kind)
        {
            case FrameKind.Cancel:
                call?.Cancel();
                break;
            case FrameKind.Slice:
                var payload = new PayloadReader(frame.Payload);
                call?.Answer(WorkerCall.Slice.Read(ref payload));
                break;
            case FrameKind.NoSlice:
                call?.Answer(null);
                break;
            default:
                Start(frame);
                break;
        }
    }

    private void Start(Frame frame)
    {
        if (_calls.Count >= MostCalls) throw new ProtocolException($"More than {MostCalls} requests at once.");
        var call = new WorkerCall(frame.Id, _host, _files, Send);
        if (!_calls.TryAdd(frame.Id, call)) throw new ProtocolException($"Request {frame.Id} is made a second time.");
        _threads.Start(() => Answer(call, frame));
    }

    private void Answer(WorkerCall call, Frame frame)
    {
        Frame answer;
        try
        {
            answer = new Frame(frame.Id, FrameKind.Done, Work(call, frame).ToArray());
        }
        catch (Exception e)
        {
            answer = new Frame(frame.Id, FrameKind.Failed, new PayloadWriter().Text(FailureText.Of(e)).ToArray());
        }
        _calls.TryRemove(frame.Id, out _);
        Send(answer);
    }

    /// <summary>Does what a request asks for and gives the payload of its answer.</summary>
    private PayloadWriter Work(WorkerCall call, Frame frame)
    {
        var payload = new PayloadReader(frame.Payload);
        var answer = new PayloadWriter();
        switch (frame.Kind)
        {
            case FrameKind.Text:
                return answer.Text(_host.Text(payload.Byte()));
            case FrameKind.CreateVolume:
                return answer.Long(_host.CreateVolume(payload.Int(), Host.Grid(payload.Array<int>(), payload.Array<double>(), payload.Array<double>())));
            case FrameKind.CreateSource:
                return answer.Long(_host.CreateSource(payload.Int(), Host.Grid(payload.Array<int>(), payload.Array<double>(), payload.Array<double>())));
            case FrameKind.WriteSlice:
                call.WriteSlice(payload.Long(), payload.Int(), WorkerCall.Slice.Read(ref payload));
                return answer;
            case FrameKind.ReadSlice:
                call.ReadSlice(payload.Long(), payload.Int(), WorkerCall.Slice.Read(ref payload));
                return answer;
            case FrameKind.CreatePoints:
                return answer.Long(_host.CreatePoints(payload.Array<double>() ?? throw Host.Missing("points")));
            case FrameKind.ReadPoints:
                return answer.Array<double>(_host.ReadPoints(payload.Long()));
            case FrameKind.CreateTransform:
                return answer.Long(_host.CreateTransform(payload.Text() ?? throw Host.Missing("transform")));
            case FrameKind.Describe:
                return answer.Text(_host.Describe(payload.Long()));
            case FrameKind.Run:
                return _host.Run(payload.Text() ?? throw Host.Missing("request"), call, answer.Text);
            case FrameKind.Release:
                _host.Release(payload.Long());
                return answer;
            case FrameKind.Map:
                _files.Map(payload.Int(), payload.Text() ?? "", payload.Long());
                return answer;
            case FrameKind.Unmap:
                _files.Unmap(payload.Int());
                return answer;
            default:
                throw new ProtocolException($"There is no request {frame.Kind}.");
        }
    }

    private void Send(Frame frame)
    {
        try
        {
            lock (_writing) Frames.Write(output, frame);
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            // Java is gone; the end of the input says so too.
        }
    }
}

using System.Collections.Concurrent;
using System.Diagnostics;
using System.Runtime.ExceptionServices;
using ClemReg.Algorithms;

namespace ClemReg.Bridge;

/// <summary>What the caller of an operation hears and answers. All calls come on the thread that called <see cref="RunSession.Run{T}"/>.</summary>
public interface IRunListener
{
    /// <summary>How far the work is, 0 to 1.</summary>
    void Progress(double fraction, string stage);

    /// <summary>A line for the log.</summary>
    void Log(string message);

    /// <summary>Something that the user should know.</summary>
    void Warning(string message);

    /// <summary>True once the user wants the work to stop.</summary>
    bool Cancelled();

    /// <summary>Asks for slice <paramref name="z"/> of the image <paramref name="source"/>; returns when it was delivered.</summary>
    void Slice(long source, int z);
}

/// <summary>
/// Runs an operation on a thread of its own while the calling thread carries messages between it and the listener. So algorithms never
/// touch the host's thread, and the user's wish to cancel is seen every few milliseconds whatever the algorithm does.
/// </summary>
public sealed class RunSession : IJobObserver, IDisposable
{
    private const int PollMilliseconds = 20;

    private sealed class SliceRequest(HostSource source, int z)
    {
        public readonly HostSource Source = source;
        public readonly int Z = z;
        public readonly TaskCompletionSource Done = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    private readonly CancellationTokenSource _cancel = new();
    private readonly ConcurrentQueue<Action<IRunListener>> _messages = new();
    private readonly ConcurrentQueue<SliceRequest> _slices = new();
    private readonly AutoResetEvent _wake = new(false);
    private (double Fraction, string Stage)? _progress;

    void IJobObserver.Progress(double fraction, string stage)
    {
        lock (_messages) _progress = (fraction, stage);
    }

    void IJobObserver.Log(string message) => Post(l => l.Log(message));

    void IJobObserver.Warn(string message) => Post(l => l.Warning(message));

    /// <summary>Called by a reader on the working thread: waits until the host delivered the slice, or the work is cancelled.</summary>
    public void AskForSlice(HostSource source, int z)
    {
        var request = new SliceRequest(source, z);
        _slices.Enqueue(request);
        _wake.Set();
        request.Done.Task.Wait(_cancel.Token);
    }

    /// <summary>Runs <paramref name="work"/> with a job of up to <paramref name="threads"/> threads (0: one per processor).</summary>
    /// <remarks>
    /// An exception of the listener cancels the work and, once that has stopped, is thrown from here; so is the work's own exception.
    /// </remarks>
    public T Run<T>(int threads, IRunListener listener, Func<Job, T> work)
    {
        var job = new Job(threads, _cancel.Token, this);
        Task<T> task = Task.Factory.StartNew(() => work(job), CancellationToken.None,
            TaskCreationOptions.LongRunning | TaskCreationOptions.DenyChildAttach, TaskScheduler.Default);
        Task wake = task.ContinueWith(_ => _wake.Set(), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        ExceptionDispatchInfo? listenerFailure = null;
        long lastPoll = 0;
        while (true)
        {
            bool finished = task.IsCompleted;
            if (listenerFailure is null)
            {
                try
                {
                    if (finished || Stopwatch.GetElapsedTime(lastPoll).TotalMilliseconds >= PollMilliseconds)
                    {
                        lastPoll = Stopwatch.GetTimestamp();
                        if (!finished && listener.Cancelled()) _cancel.Cancel();
                        TellProgress(listener);
                    }
                    while (_messages.TryDequeue(out Action<IRunListener>? message)) message(listener);
                    // Once cancelled nobody waits for a slice any more.
                    if (!_cancel.IsCancellationRequested) AnswerSlices(listener);
                }
                catch (Exception e)
                {
                    listenerFailure = ExceptionDispatchInfo.Capture(e);
                    _cancel.Cancel();
                }
            }
            if (finished) break;
            _wake.WaitOne(PollMilliseconds);
        }
        wake.Wait();
        if (listenerFailure is not null)
        {
            // The result is nobody's now.
            if (task.IsCompletedSuccessfully) (task.Result as IDisposable)?.Dispose();
            listenerFailure.Throw();
        }
        return task.GetAwaiter().GetResult();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _cancel.Dispose();
        _wake.Dispose();
    }

    private void Post(Action<IRunListener> message)
    {
        _messages.Enqueue(message);
        _wake.Set();
    }

    private void TellProgress(IRunListener listener)
    {
        (double Fraction, string Stage)? progress;
        lock (_messages)
        {
            progress = _progress;
            _progress = null;
        }
        if (progress is { } p) listener.Progress(p.Fraction, p.Stage);
    }

    private void AnswerSlices(IRunListener listener)
    {
        while (_slices.TryDequeue(out SliceRequest? request))
        {
            listener.Slice(request.Source.Handle, request.Z);
            request.Done.SetResult();
        }
    }
}

using System.Diagnostics;
using System.Runtime.ExceptionServices;

namespace ClemReg.Algorithms;

/// <summary>Receives what a <see cref="Job"/> tells while it runs. Calls may come from any thread.</summary>
public interface IJobObserver
{
    /// <summary>The whole work stands at <paramref name="fraction"/> (0 to 1), in the named stage.</summary>
    void Progress(double fraction, string stage);

    /// <summary>A line for the log.</summary>
    void Log(string message);

    /// <summary>Something that the user should know about the result.</summary>
    void Warn(string message);
}

/// <summary>How long one stage took.</summary>
public readonly record struct StageTime(string Stage, double Seconds);

/// <summary>
/// One piece of work in progress: its threads, its cancellation, its progress and its log. The one place of parallelism:
/// algorithms split their work into pieces that do not depend on the number of threads, so results are the same bytes for any number.
/// </summary>
public sealed class Job
{
    private sealed class Shared(IJobObserver? observer)
    {
        public readonly IJobObserver? Observer = observer;
        public readonly List<StageTime> Stages = [];
        public readonly List<string> Warnings = [];
    }

    private readonly Shared _shared;
    private readonly double _from;
    private readonly double _width;

    /// <summary>Starts a piece of work.</summary>
    /// <param name="threads">Threads to use; 0 or less means one per processor.</param>
    /// <param name="token">Cancels the work.</param>
    /// <param name="observer">Hears of progress; may be null.</param>
    public Job(int threads = 0, CancellationToken token = default, IJobObserver? observer = null)
        : this(threads > 0 ? threads : Environment.ProcessorCount, token, new Shared(observer), "", 0, 1)
    {
    }

    private Job(int threads, CancellationToken token, Shared shared, string stage, double from, double width)
    {
        Threads = threads;
        Token = token;
        _shared = shared;
        Stage = stage;
        _from = from;
        _width = width;
    }

    /// <summary>The most threads that this work uses, 1 or more.</summary>
    public int Threads { get; }

    /// <summary>Cancels the work.</summary>
    public CancellationToken Token { get; }

    /// <summary>The name of the stage that this (sub-)job is.</summary>
    public string Stage { get; }

    /// <summary>The seconds of each finished <see cref="Run{T}"/>, in order of finishing.</summary>
    public IReadOnlyList<StageTime> Stages
    {
        get { lock (_shared) return [.. _shared.Stages]; }
    }

    /// <summary>The warnings so far, in order.</summary>
    public IReadOnlyList<string> Warnings
    {
        get { lock (_shared) return [.. _shared.Warnings]; }
    }

    /// <summary>Throws <see cref="OperationCanceledException"/> once the work is cancelled.</summary>
    public void ThrowIfCancelled() => Token.ThrowIfCancellationRequested();

    /// <summary>Says that <paramref name="fraction"/> (0 to 1) of this job is done.</summary>
    public void Report(double fraction) => _shared.Observer?.Progress(_from + _width * Math.Clamp(fraction, 0, 1), Stage);

    /// <summary>Writes a line to the log.</summary>
    public void Log(string message) => _shared.Observer?.Log(message);

    /// <summary>Tells the user something about the result; it is kept in <see cref="Warnings"/> too.</summary>
    public void Warn(string message)
    {
        lock (_shared) _shared.Warnings.Add(message);
        _shared.Observer?.Warn(message);
    }

    /// <summary>Runs a stage that covers this job's progress from <paramref name="from"/> to <paramref name="to"/> and notes its time.</summary>
    public T Run<T>(string stage, double from, double to, Func<Job, T> work)
    {
        ThrowIfCancelled();
        var part = new Job(Threads, Token, _shared, stage, _from + _width * from, _width * (to - from));
        part.Report(0);
        long start = Stopwatch.GetTimestamp();
        T result = work(part);
        var time = new StageTime(stage, Stopwatch.GetElapsedTime(start).TotalSeconds);
        lock (_shared) _shared.Stages.Add(time);
        part.Report(1);
        return result;
    }

    /// <summary>Calls <paramref name="body"/> for 0 to <paramref name="count"/> - 1 on up to <see cref="Threads"/> threads.</summary>
    /// <remarks>
    /// Indices are taken in order; progress is reported when <paramref name="report"/> is set. The first exception of a body ends
    /// the loop and is thrown as it is. Cancellation is seen between indices, so one index should take well under 100 ms.
    /// </remarks>
    public void For(int count, Action<int> body, bool report = false) =>
        For<object?>(count, static () => null, (i, _) => body(i), report);

    /// <summary>As <see cref="For(int, Action{int}, bool)"/>, with a scratch object per thread, disposed at the end if it can be.</summary>
    public void For<TScratch>(int count, Func<TScratch> scratch, Action<int, TScratch> body, bool report = false)
    {
        ThrowIfCancelled();
        int next = -1;
        int done = 0;
        ExceptionDispatchInfo? failure = null;

        void Work()
        {
            TScratch mine = default!;
            try
            {
                mine = scratch();
                while (Volatile.Read(ref failure) is null && !Token.IsCancellationRequested)
                {
                    int i = Interlocked.Increment(ref next);
                    if (i >= count) break;
                    body(i, mine);
                    int finished = Interlocked.Increment(ref done);
                    if (report) Report((double)finished / count);
                }
            }
            catch (Exception e)
            {
                Interlocked.CompareExchange(ref failure, ExceptionDispatchInfo.Capture(e), null);
            }
            finally
            {
                (mine as IDisposable)?.Dispose();
            }
        }

        int workers = Math.Min(Threads, count);
        if (workers <= 1) Work();
        else
        {
            var tasks = new Task[workers - 1];
            for (int t = 0; t < tasks.Length; t++) tasks[t] = Task.Run(Work, CancellationToken.None);
            Work();
            Task.WaitAll(tasks, CancellationToken.None);
        }
        failure?.Throw();
        ThrowIfCancelled();
    }
}

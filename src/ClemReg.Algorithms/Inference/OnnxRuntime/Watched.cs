using System.Runtime.ExceptionServices;

namespace ClemReg.Algorithms.Inference.OnnxRuntime;

/// <summary>
/// Native work that can be asked to stop but may take its time: it runs on a thread of its own, and a caller who cancels does not wait
/// for it longer than a moment.
/// </summary>
internal static class Watched
{
    private const int PatienceMilliseconds = 50;

    /// <summary>Runs <paramref name="work"/>.</summary>
    /// <param name="token">Cancels.</param>
    /// <param name="work">Always called. Must hold on to all that it uses, as the caller may be gone before it ends.</param>
    /// <param name="stop">Asks the work to stop; called once when cancelled, on the caller's thread.</param>
    /// <param name="discard">Gets a result that nobody waits for any more.</param>
    /// <exception cref="OperationCanceledException">Cancelled; the work may still be going on.</exception>
    public static T Run<T>(CancellationToken token, Func<T> work, Action stop, Action<T> discard)
    {
        if (!token.CanBeCanceled) return work();
        T? result = default;
        ExceptionDispatchInfo? failure = null;
        bool finished = false, left = false;
        var done = new ManualResetEventSlim();
        var gate = new object();
        var thread = new Thread(() =>
        {
            try
            {
                result = work();
            }
            catch (Exception e)
            {
                failure = ExceptionDispatchInfo.Capture(e);
            }
            bool unwanted;
            lock (gate)
            {
                finished = true;
                unwanted = left;
                done.Set();
            }
            if (unwanted && failure is null) discard(result!);
        })
        {
            IsBackground = true,
            Name = "model",
        };
        thread.Start();
        try
        {
            done.Wait(token);
        }
        catch (OperationCanceledException)
        {
            stop();
            done.Wait(PatienceMilliseconds, CancellationToken.None);
            lock (gate) left = !finished;
            if (!left && failure is null) discard(result!);
            throw;
        }
        failure?.Throw();
        return result!;
    }
}

namespace ClemReg.Algorithms.Tests;

/// <summary>Cancels the work at its first report of progress and counts the reports that come after it: how late it ends, without a clock.</summary>
internal sealed class CancellingObserver : IJobObserver, IDisposable
{
    private readonly CancellationTokenSource _source = new();
    private int _after;

    public CancellationToken Token => _source.Token;

    public int ReportsAfterCancelling => _after;

    public void Progress(double fraction, string stage)
    {
        if (_source.IsCancellationRequested) Interlocked.Increment(ref _after);
        else if (fraction > 0) _source.Cancel();
    }

    public void Log(string message)
    {
    }

    public void Warn(string message)
    {
    }

    public void Dispose() => _source.Dispose();
}

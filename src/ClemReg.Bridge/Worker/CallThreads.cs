namespace ClemReg.Bridge.Worker;

/// <summary>
/// The threads on which requests are worked off, as many as there are at once, kept for the next. A request may wait for Java, so the thread
/// pool, where the algorithms compute, is left out of it.
/// </summary>
internal sealed class CallThreads : IDisposable
{
    private readonly Queue<Action> _waiting = new();
    private int _idle;
    private bool _closed;

    /// <summary>Does <paramref name="work"/>, which must not throw, on a thread that is free.</summary>
    public void Start(Action work)
    {
        lock (_waiting)
        {
            _waiting.Enqueue(work);
            if (_idle >= _waiting.Count)
            {
                Monitor.Pulse(_waiting);
                return;
            }
        }
        new Thread(Work) { IsBackground = true, Name = "clemreg-call" }.Start();
    }

    /// <summary>Lets the threads go that have nothing to do, and each other one when it is done.</summary>
    public void Dispose()
    {
        lock (_waiting)
        {
            _closed = true;
            Monitor.PulseAll(_waiting);
        }
    }

    private void Work()
    {
        while (true)
        {
            Action work;
            lock (_waiting)
            {
                _idle++;
                while (_waiting.Count == 0 && !_closed) Monitor.Wait(_waiting);
                if (_closed) return;
                _idle--;
                work = _waiting.Dequeue();
            }
            work();
        }
    }
}

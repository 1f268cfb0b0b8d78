using System.Runtime.InteropServices;

namespace ClemReg.Algorithms.Inference.OnnxRuntime;

/// <summary>
/// Where ONNX Runtime's messages go instead of to standard error: to the job of the session that they are about.
/// </summary>
internal static unsafe class OrtLog
{
    private sealed class Listener(string session, Job job) : IDisposable
    {
        public readonly string Session = session;
        public readonly Job Job = job;

        public void Dispose()
        {
            lock (Listeners) Listeners.Remove(this);
        }
    }

    private static readonly List<Listener> Listeners = [];

    /// <summary>Sends what concerns the session of that name to the job until the result is disposed of.</summary>
    public static IDisposable Listen(string session, Job job)
    {
        var listener = new Listener(session, job);
        lock (Listeners) Listeners.Add(listener);
        return listener;
    }

    /// <summary>The function that the library calls, on any of its threads. Nothing may leave it but by returning.</summary>
    [UnmanagedCallersOnly]
    public static void Write(void* parameter, int severity, byte* category, byte* name, byte* place, byte* message)
    {
        try
        {
            string session = Marshal.PtrToStringUTF8((nint)name) ?? "";
            string line = (Marshal.PtrToStringUTF8((nint)message) ?? "").Trim();
            if (line.Length == 0) return;
            Job[] jobs;
            lock (Listeners)
            {
                // A run's name is its session's, with its own after a slash.
                jobs = [.. Listeners.Where(l => session == l.Session || session.StartsWith(l.Session + "/", StringComparison.Ordinal)).Select(l => l.Job).Distinct()];
            }
            foreach (Job job in jobs)
                if (!job.Token.IsCancellationRequested) job.Log("ONNX Runtime: " + line); // a run that ends because it is told to complains
        }
        catch (Exception)
        {
            // A message that is lost is better than a process that ends.
        }
    }
}

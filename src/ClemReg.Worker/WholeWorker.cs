using ClemReg.Bridge.Worker;

namespace ClemReg.Worker;

/// <summary>The worker process with all algorithms in it, for systems for which no native library can be linked from here.</summary>
public static class WholeWorker
{
    /// <summary>Takes no arguments; one, the path of a library, is passed over.</summary>
    public static void Main() => WorkerProcess.Run();
}

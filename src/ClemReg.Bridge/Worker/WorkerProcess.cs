using System.Runtime.InteropServices;
using ClemReg.Algorithms.Inference.OnnxRuntime;

namespace ClemReg.Bridge.Worker;

/// <summary>A whole process as worker: Java's requests on standard input, answers on standard output, all else on standard error.</summary>
public static class WorkerProcess
{
    private const int BadProtocol = 3;

    /// <summary>What the launcher calls in the native library; does not return.</summary>
    [UnmanagedCallersOnly(EntryPoint = "clemreg_worker")]
    public static void Export() => Run();

    /// <summary>Serves until Java closes standard input or ends, and ends the process then, whatever still runs in it.</summary>
    public static void Run()
    {
        // Ctrl-C in a terminal reaches all processes in it: Java decides what it means, and cancels.
        using PosixSignalRegistration interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, static signal => signal.Cancel = true);
        int code = 0;
        try
        {
            BeFirstToGo();
            OrtLibrary.MayEnd = true;
            (Stream input, Stream output) = StandardStreams.Take();
            using var server = new WorkerServer(input, output);
            server.Serve();
        }
        catch (Exception e) when (e is ProtocolException or IOException)
        {
            Console.Error.WriteLine($"The worker process of CLEM-Reg ends: {e.Message}");
            code = BadProtocol;
        }
        StandardStreams.End(code);
    }

    /// <summary>Where memory runs out Linux ends the process that it thinks worth least: this one, not Fiji.</summary>
    private static void BeFirstToGo()
    {
        if (!OperatingSystem.IsLinux()) return;
        try
        {
            File.WriteAllText("/proc/self/oom_score_adj", "500");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Then the system chooses by itself.
        }
    }
}

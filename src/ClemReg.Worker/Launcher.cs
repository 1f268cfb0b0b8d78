using System.Runtime.InteropServices;

namespace ClemReg.Worker;

/// <summary>
/// The worker process, as small as it can be: it loads the native library that Java chose for this processor and extracted already, and lets
/// that serve Java.
/// </summary>
public static unsafe class Launcher
{
    private const int CannotStart = 4;

    /// <summary>The argument is the path of the library.</summary>
    public static int Main(string[] args)
    {
        if (args.Length != 1 || !NativeLibrary.TryLoad(args[0], out nint library) || !NativeLibrary.TryGetExport(library, "clemreg_worker", out nint serve))
        {
            Console.Error.WriteLine("ClemReg.Worker is started by CLEM-Reg, with the path of its native library: " + string.Join(" ", args));
            return CannotStart;
        }
        ((delegate* unmanaged<void>)serve)();
        return 0;
    }
}

using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace ClemReg.Bridge.Worker;

/// <summary>
/// Takes standard input and output away from everything else in the process. What a library prints goes to standard error from then on, which Java
/// keeps for the message about a crash.
/// </summary>
internal static partial class StandardStreams
{
    private const int In = 0, Out = 1, Error = 2;

    /// <summary>The streams to and from Java; call it once, before any other code runs.</summary>
    public static (Stream Input, Stream Output) Take()
    {
        (nint input, nint output) = OperatingSystem.IsWindows() ? Windows.Take() : Unix.Take();
        return (new FileStream(new SafeFileHandle(input, ownsHandle: true), FileAccess.Read, bufferSize: 0),
            new FileStream(new SafeFileHandle(output, ownsHandle: true), FileAccess.Write, bufferSize: 0));
    }

    /// <summary>Ends the process at once: no library gets to clean up, as its threads may still be at work.</summary>
    public static void End(int code)
    {
        if (OperatingSystem.IsWindows()) _ = Windows.TerminateProcess(Windows.GetCurrentProcess(), (uint)code);
        else Unix.Exit(code);
    }

    private static partial class Unix
    {
        public static (nint Input, nint Output) Take()
        {
            (nint, nint) own = (Checked(Duplicate(In)), Checked(Duplicate(Out)));
            using SafeFileHandle nothing = File.OpenHandle("/dev/null");
            Checked(Duplicate((int)nothing.DangerousGetHandle(), In));
            Checked(Duplicate(Error, Out));
            return own;
        }

        private static int Checked(int descriptor) => descriptor >= 0 ? descriptor : throw new IOException("The standard streams cannot be used.");

        [LibraryImport("libc", EntryPoint = "dup")]
        private static partial int Duplicate(int descriptor);

        [LibraryImport("libc", EntryPoint = "dup2")]
        private static partial int Duplicate(int descriptor, int onto);

        [LibraryImport("libc", EntryPoint = "_exit")]
        public static partial void Exit(int code);
    }

    private static partial class Windows
    {
        private const int StandardInput = -10, StandardOutput = -11, StandardError = -12;
        private const uint SameAccess = 2;

        public static (nint Input, nint Output) Take()
        {
            (nint, nint) own = (Own(StandardInput), Own(StandardOutput));
            _ = SetStdHandle(StandardOutput, GetStdHandle(StandardError));
            try
            {
                // The C library has a table of its own.
                _ = DuplicateDescriptor(Error, Out);
            }
            catch (Exception e) when (e is DllNotFoundException or EntryPointNotFoundException)
            {
                // Without that C library nobody prints through it.
            }
            return own;
        }

        private static nint Own(int standard)
        {
            nint process = GetCurrentProcess();
            return DuplicateHandle(process, GetStdHandle(standard), process, out nint own, 0, 0, SameAccess) != 0
                ? own
                : throw new IOException("The standard streams cannot be used.");
        }

        [LibraryImport("ucrtbase", EntryPoint = "_dup2")]
        private static partial int DuplicateDescriptor(int descriptor, int onto);

        [LibraryImport("kernel32")]
        private static partial nint GetStdHandle(int standard);

        [LibraryImport("kernel32")]
        private static partial int SetStdHandle(int standard, nint handle);

        [LibraryImport("kernel32")]
        private static partial int DuplicateHandle(nint process, nint handle, nint target, out nint copy, uint access, int inherit, uint options);

        [LibraryImport("kernel32")]
        public static partial nint GetCurrentProcess();

        [LibraryImport("kernel32")]
        public static partial int TerminateProcess(nint process, uint code);
    }
}

using System.Runtime.InteropServices;

namespace ClemReg.Algorithms.Inference.OnnxRuntime;

/// <summary>
/// Finds and loads ONNX Runtime's shared library, once per process: the user's own build, named by an option or by the environment
/// variable FIJI_ORT_LIB, or else the one that came with the plugin. It is never unloaded, as its threads may still be at work.
/// </summary>
public static class OrtLibrary
{
    /// <summary>The environment variable that names the user's own build: the library's file, or the folder that it is in.</summary>
    public const string Variable = "FIJI_ORT_LIB";

    private static readonly object Gate = new();
    private static OrtRuntime? _runtime;

    /// <summary>The names that the library has on this system, the best first.</summary>
    private static string[] FileNames { get; } =
        OperatingSystem.IsWindows() ? ["onnxruntime.dll"]
        : OperatingSystem.IsMacOS() ? ["libonnxruntime.1.dylib", "libonnxruntime.dylib"]
        : ["libonnxruntime.so.1", "libonnxruntime.so"];

    /// <summary>Loads the library; later calls give what was loaded then.</summary>
    /// <param name="own">The file or folder of the user's own build; null or empty: what the environment variable says, if it says anything.</param>
    /// <param name="bundled">The file or folder of the library that came with the plugin; null if there is none for this system.</param>
    /// <param name="job">Its log hears if another library is loaded already.</param>
    /// <exception cref="NotFoundException">There is no library; the message says where it was looked for.</exception>
    /// <exception cref="ModelException">A library is there but cannot be used: for another system, damaged, too old, refused by the system.</exception>
    public static IInferenceRuntime Load(string? own, string? bundled, Job job)
    {
        string? variable = Environment.GetEnvironmentVariable(Variable);
        lock (Gate)
        {
            if (_runtime is null)
            {
                (string path, bool ours) = Find(own, variable, bundled);
                _runtime = Open(path, guarded: ours);
                job.Log($"Models run on {_runtime.Description}.");
            }
            else if (FindOwn(own, variable) is { } wanted && wanted != _runtime.Path)
            {
                job.Log($"ONNX Runtime was loaded from {_runtime.Path} before; {wanted} is used after a restart.");
            }
            return _runtime;
        }
    }

    /// <summary>
    /// Set once, at its start, by a process whose end is only an error for another: it needs no <see cref="CrashMarker"/>, and may be ended in the middle of loading, which
    /// would leave one behind.
    /// </summary>
    public static bool MayEnd { get; set; }

    /// <summary>The library to load, and whether it is the plugin's.</summary>
    internal static (string Path, bool Ours) Find(string? own, string? variable, string? bundled) =>
        FindOwn(own, variable) is { } path ? (path, false) : (FindBundled(bundled), true);

    private static string? FindOwn(string? own, string? variable)
    {
        bool given = !string.IsNullOrWhiteSpace(own);
        string? path = given ? own : string.IsNullOrWhiteSpace(variable) ? null : variable;
        if (path is null) return null;
        return Resolve(path) ?? throw new NotFoundException(
            $"ONNX Runtime was not found at {path} ({(given ? "the path given" : Variable)}): there is no " +
            $"{(Directory.Exists(path) ? string.Join(" or ", FileNames) + " in that folder" : "such file or folder")}. " +
            "Correct the path, or remove it to use the library that comes with CLEM-Reg.");
    }

    private static string FindBundled(string? bundled)
    {
        string[] places = [.. new[] { bundled, AppContext.BaseDirectory }.Where(p => !string.IsNullOrEmpty(p)).Select(p => p!)];
        foreach (string place in places)
            if (Resolve(place) is { } path) return path;
        string advice = OperatingSystem.IsMacOS() && RuntimeInformation.ProcessArchitecture == Architecture.X64
            ? "None comes with CLEM-Reg for Intel Macs: download onnxruntime-osx-x86_64-1.17 or newer, of those that still serve them, from ONNX Runtime's releases"
            : "The plugin's jar for this system has it; or download ONNX Runtime 1.17 or newer from its releases";
        throw new NotFoundException(
            $"ONNX Runtime, which runs models, was not found. Looked at: {Variable} (not set), {string.Join(", ", places)} (for {string.Join(" or ", FileNames)}). " +
            $"{advice} and set {Variable} to the path of its library.");
    }

    /// <summary>The full path of the library that a file or folder stands for, or null.</summary>
    private static string? Resolve(string path)
    {
        string full;
        try
        {
            full = Path.GetFullPath(path.Trim());
        }
        catch (Exception e) when (e is ArgumentException or IOException or NotSupportedException)
        {
            return null;
        }
        if (File.Exists(full)) return full;
        return FileNames.Select(name => Path.Combine(full, name)).FirstOrDefault(File.Exists);
    }

    /// <summary>Loads the library, with a <see cref="CrashMarker"/> if it is <paramref name="guarded"/>.</summary>
    internal static OrtRuntime Open(string path, bool guarded)
    {
        NativeBinary.Check(path);
        using IDisposable? marker = guarded && !MayEnd ? CrashMarker.Stand(path) : null;
        nint library;
        try
        {
            LoadCompanions(path);
            library = NativeLibrary.Load(path);
        }
        catch (Exception e) when (e is DllNotFoundException or BadImageFormatException)
        {
            throw new ModelException($"ONNX Runtime at {path} could not be loaded: {e.Message.Trim()} {Advice()}", e);
        }
        return OrtRuntime.Start(library, path);
    }

    /// <summary>Windows finds a library's neighbours only once they are loaded. They serve graphics processors: without them the CPU works still.</summary>
    private static void LoadCompanions(string path)
    {
        if (!OperatingSystem.IsWindows()) return;
        string folder = Path.GetDirectoryName(path)!;
        foreach (string name in (string[])["dxil.dll", "dxcompiler.dll", "DirectML.dll"])
            if (File.Exists(Path.Combine(folder, name))) NativeLibrary.TryLoad(Path.Combine(folder, name), out _);
    }

    private static string Advice() => OperatingSystem.IsWindows()
        // ONNX Runtime 1.21 and newer fail where an older msvcp140.dll, such as that of many JDKs, is in the process already.
        ? "Install the current Microsoft Visual C++ Redistributable, and use a Fiji whose Java is up to date, as Java brings a copy of its own. Models that run in a process of their own (the default) are not affected by Java's."
        : OperatingSystem.IsMacOS() ? "It needs macOS 14 or newer."
        : "It needs a Linux with glibc 2.28 or newer, and its folder must not be mounted noexec.";
}

/// <summary>
/// A file that stands beside the library while it is loaded. One that is left behind says that loading ended the process, and the library
/// is not tried again.
/// </summary>
internal static class CrashMarker
{
    private sealed class Standing(FileStream file) : IDisposable
    {
        public void Dispose()
        {
            // Emptied first: another process that opened the file before it was deleted takes it for no crash.
            file.SetLength(0);
            file.Dispose();
            try
            {
                File.Delete(file.Name);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // Empty, it says nothing.
            }
        }
    }

    /// <summary>Puts the marker up until the result is disposed of; null where the folder cannot be written, or another process is at it.</summary>
    /// <exception cref="ModelException">A marker was left behind.</exception>
    public static IDisposable? Stand(string library)
    {
        string path = library + ".trying";
        FileStream file;
        try
        {
            file = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
        if (file.Length > 0)
        {
            file.Dispose();
            throw new ModelException($"ONNX Runtime at {library} once ended the process while it was loaded. To try it again delete {path}; to use another build set {OrtLibrary.Variable}.");
        }
        file.WriteByte((byte)'x');
        file.Flush();
        return new Standing(file);
    }
}

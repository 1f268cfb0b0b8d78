using System.Buffers;
using System.Globalization;
using System.Runtime.InteropServices;

namespace ClemReg.Algorithms.Inference.OnnxRuntime;

/// <summary>ONNX Runtime, loaded into this process: its functions and its environment, of which a process has one.</summary>
internal sealed unsafe class OrtRuntime : IInferenceRuntime
{
    private static int _sessions;
    private readonly OrtApi _api;
    private readonly nint _environment;
    private readonly nint _cpuMemory;

    private OrtRuntime(OrtApi api, string version, string path)
    {
        _api = api;
        Path = path;
        Description = $"ONNX Runtime {version} ({path})";
        _environment = api.CreateEnvironment(&OrtLog.Write);
        _cpuMemory = api.CpuMemory();
        Providers = [.. api.AvailableProviders().Select(OrtProviders.ByLongName).Where(p => p is not null).Select(p => p!.Value)];
    }

    /// <summary>The library's file.</summary>
    public string Path { get; }

    /// <inheritdoc/>
    public string Description { get; }

    /// <inheritdoc/>
    public IReadOnlyList<ExecutionProvider> Providers { get; }

    /// <summary>Starts a library that was loaded.</summary>
    /// <exception cref="ModelException">It is not ONNX Runtime, or too old.</exception>
    public static OrtRuntime Start(nint library, string path)
    {
        if (!NativeLibrary.TryGetExport(library, "OrtGetApiBase", out nint getBase))
            throw new ModelException($"{path} is not ONNX Runtime: it has no function OrtGetApiBase. Give the path of ONNX Runtime's own library (1.{OrtApi.Version} or newer).");
        void** table = (void**)((delegate* unmanaged<nint>)getBase)();
        string version = Marshal.PtrToStringUTF8(((delegate* unmanaged<nint>)table[1])()) ?? "";
        // Asked for a version that it lacks, the library would complain on standard error.
        void** functions = IsOld(version) ? null : (void**)((delegate* unmanaged<uint, nint>)table[0])(OrtApi.Version);
        if (functions is null)
            throw new ModelException($"{path} is ONNX Runtime {version}, which is too old: 1.{OrtApi.Version} or newer is needed. Install a newer one, or remove the path to use the one that comes with CLEM-Reg.");
        try
        {
            return new OrtRuntime(new OrtApi(functions), version, path);
        }
        catch (OrtException e)
        {
            throw e.Explain($"ONNX Runtime at {path} cannot start");
        }
    }

    private static bool IsOld(string version)
    {
        string[] parts = version.Split('.');
        return parts.Length >= 2 && parts[0] == "1" && int.TryParse(parts[1], CultureInfo.InvariantCulture, out int minor) && minor < OrtApi.Version;
    }

    /// <inheritdoc/>
    public IInferenceSession Open(string path, InferenceOptions options, Job job)
    {
        if (!File.Exists(path)) throw new NotFoundException($"There is no model at {path}.");
        return Open(path, default, options, job);
    }

    /// <inheritdoc/>
    public IInferenceSession Open(ReadOnlyMemory<byte> model, InferenceOptions options, Job job) => Open(null, model, options, job);

    private IInferenceSession Open(string? path, ReadOnlyMemory<byte> model, InferenceOptions options, Job job)
    {
        job.ThrowIfCancelled();
        OrtProviders.Check(options, this);
        string what = path is null ? "The model" : $"The model {path}";
        bool choose = options.Provider == ExecutionProvider.Auto;
        var refused = new List<string>();
        foreach (ExecutionProvider provider in choose ? OrtProviders.Candidates(this) : [options.Provider])
        {
            try
            {
                IInferenceSession session = Open(path, model, options, provider, job);
                if (choose && provider == ExecutionProvider.Cpu)
                    job.Log($"No graphics processor can be used{(refused.Count == 0 ? "" : " (" + string.Join("; ", refused) + ")")}: the model runs on the CPU.");
                else
                    job.Log($"The model runs on {provider.Name()}.");
                return session;
            }
            catch (OrtException e) when (choose && provider != ExecutionProvider.Cpu)
            {
                refused.Add($"{provider.Name()}: {FirstLine(e.Message)}");
            }
            catch (OrtException e)
            {
                job.ThrowIfCancelled();
                throw e.Explain($"{what} cannot be loaded");
            }
        }
        throw new InvalidOperationException("The CPU is always tried.");
    }

    private IInferenceSession Open(string? path, ReadOnlyMemory<byte> model, InferenceOptions options, ExecutionProvider provider, Job job)
    {
        string name = "clemreg-" + Interlocked.Increment(ref _sessions).ToString(CultureInfo.InvariantCulture);
        using IDisposable listening = OrtLog.Listen(name, job);
        OrtHandle settings = _api.CreateOptions();
        try
        {
            Apply(options, provider, name, settings, job.Threads);
        }
        catch
        {
            settings.Dispose();
            throw;
        }
        return Watched.Run<IInferenceSession>(job.Token, () =>
        {
            using (settings)
            {
                // The memory stays where it is while it is read.
                using MemoryHandle pin = model.Pin();
                OrtHandle session = path is null ? _api.CreateSession(_environment, model.Span, settings) : _api.CreateSession(_environment, path, settings);
                try
                {
                    return new OrtSession(_api, session, _cpuMemory, name, provider);
                }
                catch
                {
                    session.Dispose();
                    throw;
                }
            }
        }, static () => { }, static session => session.Dispose());
    }

    private void Apply(InferenceOptions options, ExecutionProvider provider, string name, OrtHandle settings, int threads)
    {
        _api.SetLogName(settings, name);
        _api.SetThreads(settings, options.Threads > 0 ? options.Threads : threads);
        _api.SetOptimization(settings, options.Optimization);
        _api.SetMemoryArena(settings, options.MemoryArena);
        _api.SetMemoryPattern(settings, options.MemoryPattern && provider != ExecutionProvider.DirectMl);
        if (provider == ExecutionProvider.DirectMl) _api.SetSequential(settings);
        // Threads that wait for work give their processor back: others run on this machine, Fiji first.
        _api.Set(settings, "session.intra_op.allow_spinning", "0");
        foreach ((string key, string value) in options.Settings) _api.Set(settings, key, value);
        foreach ((string axis, long extent) in options.FixedAxes) _api.FixAxis(settings, axis, extent);
        try
        {
            OrtProviders.Append(_api, settings, provider, options.ProviderOptions);
        }
        catch (OrtException e) when (options.Provider != ExecutionProvider.Auto)
        {
            throw new ModelException($"provider = {provider.Name()} cannot be used: {FirstLine(e.Message)}. {OrtProviders.Advice(provider, Path)} Or use provider = cpu or auto.", e);
        }
    }

    private static string FirstLine(string text)
    {
        string line = text.Split('\n', 2)[0].Trim().TrimEnd('.');
        return line.Length > 300 ? line[..300] + "..." : line;
    }
}

using ClemReg.Algorithms.Inference.Models;

namespace ClemReg.Algorithms.Inference;

/// <summary>A file as it was when it was read; one that is not there counts too.</summary>
/// <param name="Path">Its full path.</param>
/// <param name="Bytes">Its size; -1: it is not there.</param>
/// <param name="Written">When it was written last, as the system counts.</param>
public readonly record struct FileStamp(string Path, long Bytes, long Written)
{
    /// <summary>The file as it is now. What cannot be the path of a file is not there.</summary>
    public static FileStamp Of(string path)
    {
        if (path.Length == 0 || path.Contains('\0')) return new FileStamp(path, -1, 0);
        var file = new FileInfo(path);
        return new FileStamp(file.FullName, file.Exists ? file.Length : -1, file.Exists ? file.LastWriteTimeUtc.Ticks : 0);
    }
}

/// <summary>What a model was opened for: another processor, another number of threads or another library make it another one.</summary>
/// <param name="Path">The model's full path.</param>
/// <param name="Provider">What was asked to compute it.</param>
/// <param name="Threads">Threads of a run.</param>
/// <param name="Library">The plugin's library of the runtime.</param>
public sealed record OpenModelKey(string Path, ExecutionProvider Provider, int Threads, string? Library);

/// <summary>A model that is loaded, and what is known about it by then.</summary>
/// <param name="Key">What it was opened for.</param>
/// <param name="Files">All files that it was read from, as they were before.</param>
/// <param name="Description">What the file holds.</param>
/// <param name="Session">The model.</param>
/// <param name="Head">MitoNet's point head, where it is a model of its own.</param>
/// <param name="Runtime">The software that runs it, for reports.</param>
public sealed record OpenModel(OpenModelKey Key, IReadOnlyList<FileStamp> Files, ModelDescription Description, IInferenceSession Session, IInferenceSession? Head, string Runtime) : IDisposable
{
    /// <summary>What its runs need of memory.</summary>
    public RunMemory Memory { get; } = new();

    /// <summary>Whether its files are still what was read.</summary>
    public bool IsCurrent => Files.All(f => FileStamp.Of(f.Path) == f);

    /// <summary>Lets it go.</summary>
    public void Dispose()
    {
        Head?.Dispose();
        Session.Dispose();
    }
}

/// <summary>
/// Keeps one model, the last that was used, open for a while: a preview asks for the same one slice after slice. Never more than one, as a model may take gigabytes. A model whose files
/// changed is let go. Every method may be called from any thread.
/// </summary>
/// <param name="patience">For how long an unused model is kept.</param>
public sealed class ModelShelf(TimeSpan patience) : IDisposable
{
    private readonly object _gate = new();
    private OpenModel? _kept;
    private Timer? _end;

    /// <summary>The shelf of this process, as the runtime that opens models is one to a process.</summary>
    public static ModelShelf OfProcess { get; } = new(TimeSpan.FromSeconds(60));

    /// <summary>What the kept model's file holds, if it is that file and unchanged.</summary>
    public ModelDescription? Description(string path)
    {
        lock (_gate) return _kept is { } kept && kept.Key.Path == FileStamp.Of(path).Path && kept.IsCurrent ? kept.Description : null;
    }

    /// <summary>The kept model if it is this one and unchanged: the caller's from now on. Any other is let go, to leave room.</summary>
    public OpenModel? Take(OpenModelKey key)
    {
        OpenModel? kept;
        lock (_gate) kept = Swap(null);
        if (kept is null || (kept.Key == key && kept.IsCurrent)) return kept;
        kept.Dispose();
        return null;
    }

    /// <summary>Keeps a model, in place of any other; it is the shelf's from now on.</summary>
    public void Put(OpenModel model)
    {
        OpenModel? other;
        lock (_gate)
        {
            other = Swap(model);
            _end = new Timer(_ => Clear(model), null, patience, Timeout.InfiniteTimeSpan);
        }
        other?.Dispose();
    }

    /// <summary>Lets the kept model go.</summary>
    public void Dispose() => Clear(null);

    private void Clear(OpenModel? model)
    {
        OpenModel? kept;
        lock (_gate)
        {
            if (model is not null && _kept != model) return;
            kept = Swap(null);
        }
        kept?.Dispose();
    }

    private OpenModel? Swap(OpenModel? model)
    {
        _end?.Dispose();
        _end = null;
        OpenModel? kept = _kept;
        _kept = model;
        return kept;
    }
}

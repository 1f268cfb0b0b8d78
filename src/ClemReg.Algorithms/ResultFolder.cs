namespace ClemReg.Algorithms;

/// <summary>
/// A folder of results that appears whole or not at all: everything is written into a folder beside it, which comes to its place by <see cref="Commit"/> and goes by <see cref="Dispose"/>.
/// </summary>
internal sealed class ResultFolder : IDisposable
{
    private readonly string _target, _work;
    private readonly bool _overwrite;

    /// <summary>Refuses a place that cannot be written before work is spent on it.</summary>
    /// <exception cref="BadInputException">It is a file, is there already and may not be overwritten, or cannot be made.</exception>
    public ResultFolder(string target, bool overwrite)
    {
        if (target.Length == 0 || target.Contains('\0')) throw BadInputException.ForParameter("out", target, "a folder to be written");
        _target = Path.TrimEndingDirectorySeparator(Path.GetFullPath(target));
        _overwrite = overwrite;
        if (File.Exists(_target)) throw BadInputException.ForParameter("out", target, "a folder, but it is a file");
        if (!overwrite && Directory.Exists(_target)) throw BadInputException.ForParameter("out", target, "a new folder, but there is one", "Give another name, or allow overwriting (overwrite).");
        string parent = Path.GetDirectoryName(_target) ?? throw BadInputException.ForParameter("out", target, "a new folder");
        _work = Path.Combine(parent, $".{Path.GetFileName(_target)}.clemreg-{Guid.NewGuid():N}");
        Writing(() => Directory.CreateDirectory(_work));
    }

    /// <summary>Where to write a file, whose name may have folders with / before it.</summary>
    public string PathOf(string name)
    {
        string path = Path.Combine(_work, name);
        Writing(() => Directory.CreateDirectory(Path.GetDirectoryName(path)!));
        return path;
    }

    /// <summary>Writes a file; what prevents it is told.</summary>
    public void Write(string name, Action<Stream> write) => Writing(() =>
    {
        using var stream = new FileStream(PathOf(name), FileMode.CreateNew, FileAccess.Write, FileShare.None, 1 << 16);
        write(stream);
    });

    /// <summary>Does work that writes; the system's errors become messages.</summary>
    /// <exception cref="BadInputException">There is no room, or no permission.</exception>
    public void Writing(Action work) => Writing<object?>(() =>
    {
        work();
        return null;
    });

    /// <summary>Does work that writes and gives something.</summary>
    /// <exception cref="BadInputException">There is no room, or no permission.</exception>
    public T Writing<T>(Func<T> work)
    {
        try
        {
            return work();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            throw new BadInputException($"out: {_target} cannot be written: {e.Message} Choose another place, or free space there.", e);
        }
    }

    /// <summary>Brings the files to their place; with overwriting those of other names stay.</summary>
    public void Commit() => Writing(() =>
    {
        if (!Directory.Exists(_target))
        {
            Directory.Move(_work, _target);
            return;
        }
        foreach (string file in Directory.GetFiles(_work, "*", SearchOption.AllDirectories))
        {
            string place = Path.Combine(_target, Path.GetRelativePath(_work, file));
            Directory.CreateDirectory(Path.GetDirectoryName(place)!);
            File.Move(file, place, _overwrite);
        }
    });

    /// <summary>Removes what has not come to its place.</summary>
    public void Dispose()
    {
        if (Directory.Exists(_work)) Directory.Delete(_work, recursive: true);
    }
}

namespace ClemReg.Algorithms.Inference.Models;

/// <summary>Opening and writing the large files of models, with the system's errors as messages.</summary>
internal static class ModelFiles
{
    /// <summary>Opens a file for reading.</summary>
    /// <param name="path">The file.</param>
    /// <param name="parameter">What names it, for messages.</param>
    /// <exception cref="NotFoundException">It is not there.</exception>
    /// <exception cref="BadInputException">It is a folder or may not be read.</exception>
    public static FileStream Open(string path, string parameter)
    {
        if (path.Length == 0 || path.Contains('\0')) throw BadInputException.ForParameter(parameter, path, "the path of a file");
        if (Directory.Exists(path)) throw BadInputException.ForParameter(parameter, path, "a file, but it is a folder");
        if (!File.Exists(path)) throw new NotFoundException($"{parameter}: there is no file {path}.");
        return Reading(path, () => new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 1));
    }

    /// <summary>Does work that reads a file; the system's errors become messages.</summary>
    public static T Reading<T>(string file, Func<T> work)
    {
        try
        {
            return work();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            throw new BadInputException($"{file} cannot be read: {e.Message}", e);
        }
    }

    /// <summary>
    /// Writes files under temporary names beside their places and renames them when all are complete; a fault or a cancellation leaves nothing.
    /// </summary>
    /// <param name="files">Their paths, and what writes their content.</param>
    /// <param name="parameter">What names them, for messages.</param>
    /// <param name="overwrite">Whether files that are there already may be replaced.</param>
    /// <exception cref="BadInputException">A file is there already, or cannot be written.</exception>
    public static void Write(IReadOnlyList<(string Path, Action<Stream> Write)> files, string parameter, bool overwrite)
    {
        string ending = $".{Guid.NewGuid():N}.tmp";
        string current = "";
        try
        {
            foreach ((string path, Action<Stream> write) in files)
            {
                current = path;
                using var stream = new FileStream(current + ending, FileMode.CreateNew, FileAccess.Write);
                write(stream);
            }
            foreach ((string path, _) in files)
            {
                current = path;
                File.Move(current + ending, current, overwrite);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new BadInputException($"{parameter}: {current} cannot be written: {e.Message}", e);
        }
        finally
        {
            foreach ((string path, _) in files)
                if (File.Exists(path + ending)) File.Delete(path + ending);
        }
    }

    /// <summary>Refuses a place for a new file before work is spent on it.</summary>
    /// <exception cref="BadInputException">No path, a folder, a file that is there already, or a folder that is not.</exception>
    public static void CheckTarget(string path, string parameter, bool overwrite)
    {
        if (path.Length == 0 || path.Contains('\0')) throw BadInputException.ForParameter(parameter, path, "the path of a file to be written");
        if (Directory.Exists(path)) throw BadInputException.ForParameter(parameter, path, "a file, but it is a folder");
        if (!overwrite && File.Exists(path)) throw BadInputException.ForParameter(parameter, path, "a new file, but there is one", "Give another name, or allow overwriting (overwrite).");
        string folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
        if (!Directory.Exists(folder)) throw BadInputException.ForParameter(parameter, path, $"in a folder that exists, but {folder} does not");
    }
}

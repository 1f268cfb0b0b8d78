using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using ClemReg.Algorithms.Inference.Models;

namespace ClemReg.Algorithms.Projects;

/// <summary>
/// What a file or a folder holds, told apart quickly: while length and time of change are as they were, it counts as unchanged; where they differ its content decides, so that a copy is the same. Files
/// above 256 MB are known by their length and 16 pieces of 256 KB, spread evenly. Of a folder count the names and contents of all files in it but those whose names begin with a point.
/// </summary>
/// <param name="Bytes">Its length, or that of all files.</param>
/// <param name="Files">How many files, 1 of a file.</param>
/// <param name="Changed">When it, or the newest file, was changed last: ticks since year 1, universal time.</param>
/// <param name="Content">SHA-256 of the content, hexadecimal.</param>
public sealed record Fingerprint(long Bytes, int Files, long Changed, string Content)
{
    private const long Whole = 256L << 20;
    private const int Pieces = 16, PieceBytes = 1 << 18;

    /// <summary>The fingerprint of a file or a folder; null where there is neither.</summary>
    /// <param name="path">Its path.</param>
    /// <param name="job">Cancellation.</param>
    /// <exception cref="BadInputException">It cannot be read.</exception>
    /// <exception cref="OperationCanceledException">The job was cancelled.</exception>
    public static Fingerprint? Of(string path, Job job)
    {
        (IReadOnlyList<FileInfo> files, string root) = Found(path);
        if (root.Length == 0) return null;
        (long bytes, long changed) = (files.Sum(f => f.Length), files.Count == 0 ? 0 : files.Max(f => f.LastWriteTimeUtc.Ticks));
        var hash = new Sha256();
        foreach (FileInfo file in files)
        {
            if (Directory.Exists(path)) hash.Add(Encoding.UTF8.GetBytes(Path.GetRelativePath(root, file.FullName).Replace('\\', '/') + "\n" + file.Length.ToString(CultureInfo.InvariantCulture) + "\n"));
            ModelFiles.Reading(file.FullName, () => Add(file, hash, job));
        }
        return new Fingerprint(bytes, files.Count, changed, hash.Finish());
    }

    /// <summary>Whether what is at a path now is what it was. Content is read only where length or time differ.</summary>
    /// <returns>Null where nothing is there any more.</returns>
    public bool? Holds(string path, Job job)
    {
        (IReadOnlyList<FileInfo> files, string root) = Found(path);
        if (root.Length == 0) return null;
        if (files.Count != Files || files.Sum(f => f.Length) != Bytes) return false;
        return files.Count == 0 || files.Max(f => f.LastWriteTimeUtc.Ticks) == Changed || Of(path, job)?.Content == Content;
    }

    /// <summary>As a project keeps it.</summary>
    public JsonObject Json() => new() { ["bytes"] = Bytes, ["files"] = Files, ["changed"] = Changed, ["sha256"] = Content };

    /// <summary>Reads it back; null where it is damaged: then what it stands for counts as changed.</summary>
    public static Fingerprint? Read(JsonNode? json) =>
        json is JsonObject o && o["bytes"] is JsonValue b && b.TryGetValue(out long bytes) && o["files"] is JsonValue f && f.TryGetValue(out int files)
        && o["changed"] is JsonValue c && c.TryGetValue(out long changed) && o["sha256"] is JsonValue s && s.TryGetValue(out string? content) ? new Fingerprint(bytes, files, changed, content) : null;

    private static (IReadOnlyList<FileInfo> Files, string Root) Found(string path)
    {
        if (File.Exists(path)) return ([new FileInfo(path)], Path.GetDirectoryName(Path.GetFullPath(path))!);
        if (!Directory.Exists(path)) return ([], "");
        return ModelFiles.Reading(path, () => ((IReadOnlyList<FileInfo>)[.. new DirectoryInfo(path).EnumerateFiles("*", SearchOption.AllDirectories).Where(f => f.Name[0] != '.').OrderBy(f => f.FullName, StringComparer.Ordinal)], Path.GetFullPath(path)));
    }

    private static bool Add(FileInfo file, Sha256 hash, Job job)
    {
        using FileStream stream = file.OpenRead();
        var piece = new byte[PieceBytes];
        if (stream.Length <= Whole)
        {
            for (int count; (count = stream.Read(piece)) > 0;)
            {
                job.ThrowIfCancelled();
                hash.Add(piece.AsSpan(0, count));
            }
            return true;
        }
        hash.Add(Encoding.UTF8.GetBytes(stream.Length.ToString(CultureInfo.InvariantCulture)));
        for (int i = 0; i < Pieces; i++)
        {
            job.ThrowIfCancelled();
            stream.Position = (stream.Length - PieceBytes) * i / (Pieces - 1);
            stream.ReadExactly(piece);
            hash.Add(piece);
        }
        return true;
    }
}

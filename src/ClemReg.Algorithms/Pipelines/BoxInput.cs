using ClemReg.Algorithms.Datasets;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Pipelines;

/// <summary>Reads an input of <see cref="PortKind.Boxes"/>, however it was given.</summary>
internal static class BoxInput
{
    /// <summary>What an input of names says, a class a line; null where it was left out.</summary>
    /// <exception cref="BadInputException">A name is missing or there twice.</exception>
    public static IReadOnlyList<string>? Names(OperationRequest request, string port = "names") =>
        request.OptionalText(port) is { } text ? text.Named(() => ObjectBoxTable.ReadNames(text.Text)) : null;

    /// <summary>The boxes and what messages call them.</summary>
    /// <param name="request">The request.</param>
    /// <param name="port">The input's name.</param>
    /// <param name="size">The image's.</param>
    /// <param name="names">The classes by number; null: as the boxes say.</param>
    /// <param name="job">Takes a warning where boxes have numbers of classes without names.</param>
    /// <exception cref="NotFoundException">There is no such file.</exception>
    /// <exception cref="BadInputException">They cannot be read, or lie outside the image.</exception>
    public static (ObjectBoxes Boxes, string File) Read(OperationRequest request, string port, Size3 size, IReadOnlyList<string>? names, Job job)
    {
        (ObjectBoxes boxes, string file) = Read(request, port, size, names);
        string[] unnamed = [.. boxes.Boxes.Select(b => b.Box.Class).Distinct().Order().Where(c => boxes.Classes[c] == ObjectBoxTable.Unnamed(c)).Select(c => boxes.Classes[c])];
        if (names is null && unnamed.Length > 0)
            job.Warn($"{port}: {file} has no names for the classes {string.Join(", ", unnamed)}: put {ObjectBoxFolder.NamesFile}, a name a line, beside the boxes, or give names.");
        return (boxes, file);
    }

    private static (ObjectBoxes, string) Read(OperationRequest request, string port, Size3 size, IReadOnlyList<string>? names)
    {
        if (request.OptionalPath(port) is { } path) return (ObjectBoxFolder.Read(path, size.Z, size.Y, size.X, names), Path.GetFileName(Path.TrimEndingDirectorySeparator(path)));
        InputText text = request.Text(port);
        ObjectBoxes boxes = text.Named(() => ObjectBoxTable.Read(text.Text, names));
        boxes.CheckInside(size.Z, size.Y, size.X, $"{port}: {text.File}");
        return (boxes, text.File);
    }
}

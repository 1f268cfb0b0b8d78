using System.Globalization;
using System.Text.RegularExpressions;
using ClemReg.Algorithms.Detection;
using ClemReg.Algorithms.Inference.Models;

namespace ClemReg.Algorithms.Datasets;

/// <summary>
/// A folder of boxes: boxes.csv, obj.names and slices.csv, as Annotate and detect_objects write them; or a text a slice as YOLO_mark has it (slice_0001.txt, in the folder or in labels), whose
/// names end in the slice's number.
/// </summary>
public static partial class ObjectBoxFolder
{
    /// <summary>The table of boxes.</summary>
    public const string BoxesFile = "boxes.csv";

    /// <summary>The classes' names, a name a line.</summary>
    public const string NamesFile = "obj.names";

    /// <summary>The slices that are to be looked at, and whether they were.</summary>
    public const string SlicesFile = "slices.csv";

    private const long LargestText = 1L << 30;

    /// <summary>Reads a folder, or a table; obj.names and slices.csv beside a table count too.</summary>
    /// <param name="path">The folder's or the table's.</param>
    /// <param name="slices">Slices of the image.</param>
    /// <param name="height">Its rows.</param>
    /// <param name="width">Its columns.</param>
    /// <param name="names">The classes by number; null: those of obj.names, or else as the boxes say.</param>
    /// <exception cref="NotFoundException">There is no such folder or file.</exception>
    /// <exception cref="BadInputException">It holds no boxes, or a file is damaged; the message names it.</exception>
    public static ObjectBoxes Read(string path, int slices, int height, int width, IReadOnlyList<string>? names)
    {
        bool isTable = File.Exists(path);
        if (!isTable && !Directory.Exists(path)) throw new NotFoundException($"boxes: there is no folder and no file {path}.");
        string folder = isTable ? Path.GetDirectoryName(Path.GetFullPath(path))! : path, table = isTable ? path : Path.Combine(path, BoxesFile);
        string own = Path.Combine(folder, NamesFile), list = Path.Combine(folder, SlicesFile);
        names ??= File.Exists(own) ? In(own, ObjectBoxTable.ReadNames) : null;
        ObjectBoxes boxes;
        if (File.Exists(table))
        {
            boxes = In(table, text => ObjectBoxTable.Read(text, names));
            if (File.Exists(list)) boxes = boxes with { Annotated = [.. In(list, ObjectBoxTable.ReadSlices).Where(s => s.Annotated).Select(s => s.Slice)] };
        }
        else boxes = Texts(folder, height, width, names);
        boxes.CheckInside(slices, height, width, Shown.Name(Path.GetFileName(Path.TrimEndingDirectorySeparator(path))));
        return boxes;
    }

    private static ObjectBoxes Texts(string folder, int height, int width, IReadOnlyList<string>? names)
    {
        string labels = Path.Combine(folder, "labels");
        string[] files = Directory.GetFiles(Directory.Exists(labels) ? labels : folder, "*.txt");
        Array.Sort(files, StringComparer.Ordinal);
        var boxes = new List<SliceBox>();
        var found = new SortedDictionary<int, string>();
        foreach (string file in files)
        {
            if (Number(Path.GetFileNameWithoutExtension(file)) is not { } slice) continue;
            if (!found.TryAdd(slice, file)) throw new BadInputException($"boxes: {Path.GetFileName(found[slice])} and {Path.GetFileName(file)} are both of slice {slice + 1}.");
            boxes.AddRange(In(file, text => YoloLabels.Read(text, height, width, names?.Count ?? 0)).Select(b => new SliceBox(slice, b)));
        }
        if (found.Count == 0)
            throw new BadInputException($"boxes: {folder} holds neither {BoxesFile} nor texts of boxes whose names end in a slice's number, such as slice_0012.txt.");
        names ??= [.. Enumerable.Range(0, boxes.Count == 0 ? 0 : boxes.Max(b => b.Box.Class) + 1).Select(ObjectBoxTable.Unnamed)];
        return new ObjectBoxes(names, boxes, [.. found.Keys]);
    }

    /// <summary>The slice, from 0, that a file's name without extension tells: after _z, or else its last number; null where it has none.</summary>
    internal static int? Number(string stem)
    {
        Match match = Marked().Match(stem);
        if (!match.Success) match = Last().Match(stem);
        return match.Success && int.TryParse(match.Groups[1].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number >= 1 ? number - 1 : null;
    }

    /// <summary>Reads a text; what is refused is told with the file's name.</summary>
    internal static T In<T>(string path, Func<string, T> read)
    {
        string file = Shown.Name(Path.GetFileName(path));
        string text = ModelFiles.Reading(file, () => new FileInfo(path).Length <= LargestText ? File.ReadAllText(path) : throw new BadInputException($"{file} has {new FileInfo(path).Length >> 20} MB: it is no text of boxes."));
        try
        {
            return read(text);
        }
        catch (BadInputException e)
        {
            throw new BadInputException($"{file}: {e.Message}", e);
        }
    }

    [GeneratedRegex(@"_z(\d{1,8})$")]
    private static partial Regex Marked();

    [GeneratedRegex(@"(\d{1,8})\D*$")]
    private static partial Regex Last();
}

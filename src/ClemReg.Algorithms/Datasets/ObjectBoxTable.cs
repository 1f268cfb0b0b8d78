using System.Globalization;
using System.Text;
using ClemReg.Algorithms.Detection;
using ClemReg.Algorithms.Transforms.Interchange;

namespace ClemReg.Algorithms.Datasets;

/// <summary>
/// The table of objects' boxes (boxes.csv): slice (from 1), class (from 0), name, x, y, width, height (pixels; the first pixel reaches from 0 to 1), score. The list of
/// slices beside it (slices.csv): slice, annotated (1 or 0). And the list of classes (obj.names), a name a line.
/// </summary>
public static class ObjectBoxTable
{
    /// <summary>More boxes than any stack holds: a table this long is of something else.</summary>
    private const int MostBoxes = 20_000_000, MostClasses = 10_000, LargestSlice = 10_000_000;

    private const string Header = "slice,class,name,x,y,width,height,score", SlicesHeader = "slice,annotated";

    private static readonly string[] Needed = ["slice", "x", "y", "width", "height"];

    /// <summary>The table.</summary>
    public static string Write(ObjectBoxes boxes)
    {
        var text = new StringBuilder(Header).Append('\n');
        foreach ((int slice, DetectedBox b) in boxes.Boxes)
            text.Append(CultureInfo.InvariantCulture, $"{slice + 1},{b.Class},{CsvRow.Quote(boxes.Classes[b.Class])},{Math.Round(b.Left, 2)},{Math.Round(b.Top, 2)},{Math.Round(b.Right - b.Left, 2)},{Math.Round(b.Bottom - b.Top, 2)},{Math.Round(b.Score, 4)}\n");
        return text.ToString();
    }

    /// <summary>Reads a table: columns in any order, others passed over; class or name must be there, score may be missing (1).</summary>
    /// <param name="text">The file's content.</param>
    /// <param name="names">The classes by number; null: as the table says, by its numbers, or, where it has none, its names in alphabetical order.</param>
    /// <exception cref="BadInputException">A column is missing or a value is not allowed; the message names the line.</exception>
    public static ObjectBoxes Read(string text, IReadOnlyList<string>? names = null)
    {
        string[] lines = Lines(text);
        char separator = lines[0].Contains('\t', StringComparison.Ordinal) ? '\t' : lines[0].Contains(';', StringComparison.Ordinal) ? ';' : ',';
        List<string> header = CsvRow.Split(lines[0].ToLowerInvariant(), separator);
        int[] at = [.. Header.Split(',').Select(c => header.IndexOf(c))];
        string[] missing = [.. Needed.Where(c => !header.Contains(c))];
        if (missing.Length > 0 || at[1] < 0 && at[2] < 0)
            throw new BadInputException($"line 1: there is no column {string.Join(", ", missing.Length > 0 ? missing : ["class or name"])}. A table of boxes begins with the header {Header} (pixels; slice counts from 1, class from 0; one of class and name may be left out, and the score).");
        var rows = new List<(int Slice, int Class, string Name, double[] Box, int Line)>();
        for (int i = 1; i < lines.Length; i++)
        {
            if (lines[i].Trim().Length == 0) continue;
            if (rows.Count == MostBoxes) throw new BadInputException($"line {i + 1}: more than {MostBoxes} boxes.");
            List<string> cells = CsvRow.Split(lines[i], separator);
            string Cell(int column) => at[column] >= 0 && at[column] < cells.Count ? cells[at[column]] : "";
            BadInputException Bad(int column, string allowed) => new($"line {i + 1}: {header[at[column]]} is '{Xyz.Short(Cell(column))}': it must be {allowed}.");
            int Whole(int column, int least, int most) => Xyz.TryNumber(Cell(column), out double v) && v >= least && v <= most && Math.Floor(v) == v ? (int)v : throw Bad(column, $"a whole number from {least} to {most}");
            double Number(int column, double least, string allowed) => Xyz.TryNumber(Cell(column), out double v) && v >= least && Math.Abs(v) < LargestSlice ? v : throw Bad(column, allowed);
            string name = Cell(2);
            int number = Cell(1).Length == 0 ? -1 : Whole(1, 0, MostClasses - 1);
            if (number < 0 && name.Length == 0) throw new BadInputException($"line {i + 1}: the box has no class: neither class nor name is given.");
            int slice = Whole(0, 1, LargestSlice) - 1;
            double width = Number(5, double.MinValue, "a number"), height = Number(6, double.MinValue, "a number");
            if (!(width > 0)) throw Bad(5, "a number above 0");
            if (!(height > 0)) throw Bad(6, "a number above 0");
            double score = Cell(7).Length == 0 ? 1 : Number(7, 0, "a number from 0 to 1");
            if (score > 1) throw Bad(7, "a number from 0 to 1");
            rows.Add((slice, number, name, [Number(3, double.MinValue, "a number of pixels"), Number(4, double.MinValue, "a number of pixels"), width, height, score], i + 1));
        }
        IReadOnlyList<string> classes = names ?? Classes(rows.Select(r => (r.Class, r.Name, r.Line)));
        var numbers = new Dictionary<string, int>(StringComparer.Ordinal);
        for (int c = 0; c < classes.Count; c++) numbers.TryAdd(classes[c], c);
        var boxes = new List<SliceBox>(rows.Count);
        foreach ((int slice, int number, string name, double[] b, int line) in rows)
        {
            int found = number;
            if (name.Length > 0 && !numbers.TryGetValue(name, out found))
                throw new BadInputException($"line {line}: the class '{Xyz.Short(name)}' is not among the named ones: {string.Join(", ", classes)}.");
            if (found >= classes.Count) throw new BadInputException($"line {line}: class {found}, but {classes.Count} classes are named (0 to {classes.Count - 1}).");
            if (number >= 0 && found != number) throw new BadInputException($"line {line}: class {number} is called '{Xyz.Short(name)}', but the names say '{(number < classes.Count ? classes[number] : "(nothing)")}'. Give the obj.names that belongs to the table.");
            boxes.Add(new SliceBox(slice, new DetectedBox(found, b[4], b[0], b[1], b[0] + b[2], b[1] + b[3])));
        }
        return new ObjectBoxes(classes, boxes);
    }

    /// <summary>The classes that rows name.</summary>
    private static List<string> Classes(IEnumerable<(int Class, string Name, int Line)> rows)
    {
        var all = rows.ToList();
        if (all.Any(r => r.Class < 0)) return [.. all.Select(r => r.Name.Length > 0 ? r.Name : throw new BadInputException($"line {r.Line}: the box has no name, but other boxes have nothing else: give each its name, or each its class's number.")).Distinct().Order(StringComparer.Ordinal)];
        var named = new SortedDictionary<int, string>();
        foreach ((int number, string name, int line) in all)
        {
            if (name.Length == 0 || named.TryAdd(number, name) || named[number] == name) continue;
            throw new BadInputException($"line {line}: class {number} is called '{Xyz.Short(name)}' here and '{Xyz.Short(named[number])}' above.");
        }
        int count = all.Count == 0 ? 0 : all.Max(r => r.Class) + 1;
        return [.. Enumerable.Range(0, count).Select(c => named.GetValueOrDefault(c, Unnamed(c)))];
    }

    /// <summary>The list of slices.</summary>
    /// <param name="slices">Numbers from 0 and whether they are annotated.</param>
    public static string WriteSlices(IEnumerable<(int Slice, bool Annotated)> slices) => SlicesHeader + "\n" + string.Concat(slices.Select(s => FormattableString.Invariant($"{s.Slice + 1},{(s.Annotated ? 1 : 0)}\n")));

    /// <summary>Reads a list of slices.</summary>
    /// <returns>Numbers from 0, rising.</returns>
    /// <exception cref="BadInputException">It is none.</exception>
    public static IReadOnlyList<(int Slice, bool Annotated)> ReadSlices(string text)
    {
        string[] lines = Lines(text);
        if (!lines[0].Replace(" ", "", StringComparison.Ordinal).Equals(SlicesHeader, StringComparison.OrdinalIgnoreCase)) throw new BadInputException("line 1: a list of slices begins with the header slice,annotated.");
        var found = new SortedDictionary<int, bool>();
        for (int i = 1; i < lines.Length; i++)
        {
            if (lines[i].Trim().Length == 0) continue;
            List<string> cells = CsvRow.Split(lines[i]);
            if (cells.Count != 2 || !int.TryParse(cells[0], NumberStyles.None, CultureInfo.InvariantCulture, out int slice) || slice < 1 || cells[1] is not ("0" or "1"))
                throw new BadInputException($"line {i + 1}: '{Xyz.Short(lines[i])}' is no slice, counted from 1, with 1 (annotated) or 0 after it.");
            if (!found.TryAdd(slice - 1, cells[1] == "1")) throw new BadInputException($"line {i + 1}: slice {slice} is there twice.");
        }
        return [.. found.Select(s => (s.Key, s.Value))];
    }

    /// <summary>What a class without a name is called.</summary>
    public static string Unnamed(int number) => $"class_{number}";

    /// <summary>Reads obj.names: a class a line.</summary>
    /// <exception cref="BadInputException">A name is missing or there twice.</exception>
    public static IReadOnlyList<string> ReadNames(string text)
    {
        string[] names = [.. text.TrimStart('\uFEFF').ReplaceLineEndings("\n").TrimEnd('\n', ' ').Split('\n').Select(n => n.Trim())];
        if (names.Length == 1 && names[0].Length == 0) throw new BadInputException("there are no names: give a class a line.");
        if (names.Length > MostClasses) throw new BadInputException($"more than {MostClasses} classes: it is no list of classes, a name a line.");
        for (int i = 0; i < names.Length; i++)
        {
            if (names[i].Length == 0) throw new BadInputException($"line {i + 1} is empty: the classes are numbered by their lines, so each needs a name.");
            int first = Array.IndexOf(names, names[i]);
            if (first < i) throw new BadInputException($"line {i + 1}: '{Xyz.Short(names[i])}' is the name of class {first} (line {first + 1}) already.");
        }
        return names;
    }

    private static string[] Lines(string text) => text.TrimStart('\uFEFF').ReplaceLineEndings("\n").Split('\n');
}

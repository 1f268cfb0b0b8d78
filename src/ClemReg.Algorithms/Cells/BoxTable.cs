using System.Globalization;
using System.Text;
using ClemReg.Algorithms.Transforms.Interchange;

namespace ClemReg.Algorithms.Cells;

/// <summary>
/// The table of cells' boxes (CSV): a header with slice, x, y, width, height, score, cell and a box a line. Sections count from 1 as in ImageJ; x and y are
/// the upper left pixel, from 0; lengths are pixels.
/// </summary>
public static class BoxTable
{
    /// <summary>The columns as they are written.</summary>
    public static IReadOnlyList<string> Columns { get; } = ["slice", "x", "y", "width", "height", "score", "cell"];

    /// <summary>More boxes than any section holds: a table this long is of something else.</summary>
    private const int MostBoxes = 10_000_000;

    /// <summary>Other headers of a column; those of ImageJ's results and of tables in which width and height are the image's stand first.</summary>
    private static readonly string[][] Headers = [["slice"], ["bx", "x"], ["by", "y"], ["w", "width"], ["h", "height"], ["score"], ["cell", "label"]];

    /// <summary>The header and a line a box, in the given order.</summary>
    public static string Write(IEnumerable<Box> boxes)
    {
        var text = new StringBuilder(string.Join(',', Columns)).Append('\n');
        foreach (Box b in boxes)
            text.Append(CultureInfo.InvariantCulture, $"{b.Slice + 1},{b.X},{b.Y},{b.Width},{b.Height},{Math.Round(b.Score, 4)},{b.Cell}\n");
        return text.ToString();
    }

    /// <summary>A box as a row of a table for the screen, by <see cref="Columns"/>.</summary>
    internal static object[] Row(Box b) => [b.Slice + 1, b.X, b.Y, b.Width, b.Height, Math.Round(b.Score, 4), b.Cell];

    /// <summary>Reads a table: columns in any order, others passed over; without slice all are in the first section, without score it is 1, without cell 0.</summary>
    /// <param name="text">The file's content.</param>
    /// <exception cref="BadInputException">A column is missing or a value is none that a box can have; the message names the line.</exception>
    public static IReadOnlyList<Box> Read(string text) => [.. Rows(text, "").Select(r => r.Box)];

    /// <summary>Reads a table with a further column.</summary>
    /// <param name="text">The file's content.</param>
    /// <param name="further">The column's header, lower-case; it may be missing.</param>
    /// <returns>Each box, what stands in the column (empty where nothing does) and the line, from 1.</returns>
    /// <inheritdoc cref="Read(string)" path="/exception"/>
    internal static List<(Box Box, string Further, int Line)> Rows(string text, string further)
    {
        string[] lines = text.TrimStart('\uFEFF').ReplaceLineEndings("\n").Split('\n');
        char separator = lines[0].Contains('\t', StringComparison.Ordinal) ? '\t' : lines[0].Contains(';', StringComparison.Ordinal) ? ';' : ',';
        List<string> header = CsvRow.Split(lines[0].ToLowerInvariant(), separator);
        int[] at = [.. Headers.Select(names => names.Select(n => header.IndexOf(n)).FirstOrDefault(i => i >= 0, -1))];
        string[] missing = [.. Enumerable.Range(1, 4).Where(c => at[c] < 0).Select(c => Columns[c])];
        if (missing.Length > 0)
            throw new BadInputException($"line 1: there is no column {string.Join(", ", missing)}. A table of boxes begins with the header {string.Join(',', Columns)} (pixels; slice counts from 1; slice, score and cell may be left out).");
        int more = header.IndexOf(further);
        var boxes = new List<(Box, string, int)>();
        for (int i = 1; i < lines.Length; i++)
        {
            if (lines[i].Trim().Length == 0) continue;
            if (boxes.Count == MostBoxes) throw new BadInputException($"line {i + 1}: more than {MostBoxes} boxes.");
            List<string> cells = CsvRow.Split(lines[i], separator);
            int Whole(int column, int otherwise, int least) =>
                at[column] < 0 ? otherwise
                : Value(column) is var value && value >= least && value <= int.MaxValue / 4 && Math.Floor(value) == value ? (int)value
                : throw Bad(column, least == int.MinValue / 4 ? "a whole number of pixels" : $"a whole number from {least} on");
            double Value(int column) => at[column] < cells.Count && Xyz.TryNumber(cells[at[column]], out double value) ? value : throw Bad(column, "a number");
            BadInputException Bad(int column, string allowed) =>
                new($"line {i + 1}: {header[at[column]]} is '{(at[column] < cells.Count ? Xyz.Short(cells[at[column]]) : "")}': it must be {allowed}.");
            double score = at[5] < 0 ? 1 : Value(5);
            var box = new Box(Whole(0, 1, 1) - 1, Whole(1, 0, int.MinValue / 4), Whole(2, 0, int.MinValue / 4), Whole(3, 0, 1), Whole(4, 0, 1), score, Whole(6, 0, 0));
            boxes.Add((box, more >= 0 && more < cells.Count ? cells[more] : "", i + 1));
        }
        return boxes;
    }
}

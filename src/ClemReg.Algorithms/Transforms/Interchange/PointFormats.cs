using System.Globalization;
using System.Text;
using ClemReg.Algorithms.PointClouds;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Transforms.Interchange;

/// <summary>A file format for point clouds.</summary>
public interface IPointFormat
{
    /// <summary>The name under which the user chooses it.</summary>
    string Name { get; }

    /// <summary>The tool and its file in a few words.</summary>
    string Title { get; }

    /// <summary>Writes a cloud with lengths in <paramref name="unit"/>.</summary>
    string Write(PointCloud points, LengthUnit unit);

    /// <summary>Whether the text looks like a file of this format.</summary>
    bool Recognises(string text);

    /// <summary>Reads a file.</summary>
    /// <exception cref="BadInputException">The file is not of this format or incomplete; the message names the line.</exception>
    PointCloud Read(ImportSource source);
}

/// <summary>All formats for point clouds.</summary>
public static class PointFormats
{
    /// <summary>In the order in which menus and pages show them.</summary>
    public static IReadOnlyList<IPointFormat> All { get; } =
    [
        new PlyPoints(), new TablePoints("napari_csv", "napari points (CSV)", "index", 0, ["axis-0", "axis-1", "axis-2"], zyx: true),
        new TablePoints("ec_clem_csv", "ec-CLEM points (CSV)", "id", 0, ["dimension_1", "dimension_2", "dimension_3"], zyx: false),
        new TablePoints("mobie_spots", "MoBIE spots (CSV)", "spot_id", 1, ["x", "y", "z"], zyx: false),
        // Last: its columns stand in MoBIE's table too.
        new TablePoints("csv", "Table z,y,x (CSV)", null, 0, ["z", "y", "x"], zyx: true),
    ];

    /// <summary>The format of that name.</summary>
    public static IPointFormat Named(string name) => All.First(f => f.Name == name);

    /// <summary>The format that a file is of.</summary>
    /// <exception cref="BadInputException">It looks like none.</exception>
    public static IPointFormat Detect(string text, string file) => All.FirstOrDefault(f => f.Recognises(text))
        ?? throw new BadInputException($"{file}: the format cannot be told from the content. Name it with format: {string.Join(", ", All.Select(f => f.Name))}.");
}

/// <summary>A table with a header and one point a line; other columns may stand beside those that are read.</summary>
/// <param name="name">The format's name.</param>
/// <param name="title">The tool and its file.</param>
/// <param name="index">The header of a column that counts the points; null for none.</param>
/// <param name="first">The first point's number there.</param>
/// <param name="columns">The headers of the coordinates in the order in which they are written.</param>
/// <param name="zyx">Whether that order is z, y, x; else it is x, y, z.</param>
public sealed class TablePoints(string name, string title, string? index, int first, string[] columns, bool zyx) : IPointFormat
{
    /// <inheritdoc/>
    public string Name => name;

    /// <inheritdoc/>
    public string Title => title;

    /// <inheritdoc/>
    public string Write(PointCloud points, LengthUnit unit)
    {
        var text = new StringBuilder();
        if (index is not null) text.Append(index).Append(',');
        text.Append(string.Join(',', columns)).Append('\n');
        for (int i = 0; i < points.Count; i++)
        {
            if (index is not null) text.Append(CultureInfo.InvariantCulture, $"{i + first},");
            double[] xyz = Xyz.Point(points[i], unit);
            text.Append(Xyz.Text(zyx ? xyz.Reverse() : xyz, ",")).Append('\n');
        }
        return text.ToString();
    }

    private static List<string> Header(string line) => [.. CsvRow.Split(line.TrimStart('\uFEFF').TrimEnd('\r').ToLowerInvariant())];

    /// <inheritdoc/>
    public bool Recognises(string text)
    {
        List<string> header = Header(text.Split('\n', 2)[0]);
        return columns.All(header.Contains) && (index is null || header.Contains(index));
    }

    /// <inheritdoc/>
    public PointCloud Read(ImportSource source)
    {
        string[] lines = source.Lines();
        List<string> header = Header(lines[0]);
        int[] at = [.. columns.Select(c => header.IndexOf(c))];
        for (int a = 0; a < 3; a++)
            if (at[a] < 0) throw source.Bad(1, $"there is no column {columns[a]}: the header must have {string.Join(", ", columns)}, and is '{Xyz.Short(lines[0])}'.");
        var points = new List<Point3>();
        for (int i = 1; i < lines.Length; i++)
        {
            if (lines[i].Trim().Length == 0) continue;
            List<string> cells = CsvRow.Split(lines[i]);
            var v = new double[3];
            for (int a = 0; a < 3; a++)
                if (at[a] >= cells.Count || !Xyz.TryNumber(cells[at[a]], out v[a]))
                    throw source.Bad(i + 1, $"{columns[a]} is '{(at[a] < cells.Count ? Xyz.Short(cells[at[a]]) : "")}', not a finite number.");
            points.Add(source.Unit.Nanometres * (zyx ? new Point3(v[0], v[1], v[2]) : new Point3(v[2], v[1], v[0])));
        }
        if (points.Count == 0) throw source.Bad("the file holds no points.");
        return new PointCloud([.. points]);
    }
}

/// <summary>
/// Polygon File Format, ASCII: vertices with x, y, z; read with any other elements and properties beside them. Binary files are refused.
/// Source: Turk, The PLY Polygon File Format (1994).
/// </summary>
public sealed class PlyPoints : IPointFormat
{
    /// <inheritdoc/>
    public string Name => "ply";

    /// <inheritdoc/>
    public string Title => "PLY point cloud (ASCII)";

    /// <inheritdoc/>
    public string Write(PointCloud points, LengthUnit unit)
    {
        var text = new StringBuilder("ply\nformat ascii 1.0\ncomment From CLEM-Reg for Fiji; unit ").Append(unit.Name).Append("\nelement vertex ")
            .Append(points.Count.ToString(CultureInfo.InvariantCulture)).Append("\nproperty double x\nproperty double y\nproperty double z\nend_header\n");
        foreach (Point3 p in points.Points) text.Append(Xyz.Text(Xyz.Point(p, unit), " ")).Append('\n');
        return text.ToString();
    }

    /// <inheritdoc/>
    public bool Recognises(string text) => text.StartsWith("ply\n", StringComparison.Ordinal) || text.StartsWith("ply\r", StringComparison.Ordinal);

    /// <inheritdoc/>
    public PointCloud Read(ImportSource source)
    {
        string[] lines = source.Lines();
        if (lines[0].Trim() != "ply") throw source.Bad(1, "a PLY file begins with the line ply.");
        int at = 1, count = -1, before = 0;
        var properties = new List<string>();
        string element = "";
        for (; ; at++)
        {
            if (at >= lines.Length) throw source.Bad("the header has no end_header.");
            string[] words = lines[at].Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (words.Length == 0 || words[0] is "comment" or "obj_info") continue;
            if (words[0] == "end_header") break;
            if (words[0] == "format" && words[^2..] is not ["ascii", "1.0"])
                throw source.Bad(at + 1, $"{lines[at].Trim()}: only format ascii 1.0 can be read. Save the cloud as text (Open3D: write_ascii=True).");
            if (words[0] == "element" && words.Length == 3)
            {
                element = words[1];
                if (!int.TryParse(words[2], NumberStyles.None, CultureInfo.InvariantCulture, out int n)) throw source.Bad(at + 1, $"'{Xyz.Short(words[2])}' is not a number of elements.");
                if (element == "vertex") count = n;
                else if (count < 0) before += n;
            }
            else if (words[0] == "property" && element == "vertex") properties.Add(words[^1]);
        }
        int[] columns = [properties.IndexOf("x"), properties.IndexOf("y"), properties.IndexOf("z")];
        if (count < 0 || columns.Contains(-1)) throw source.Bad("the header has no element vertex with the properties x, y and z.");
        at += 1 + before;
        while (lines.Length > at && lines[^1].Trim().Length == 0) lines = lines[..^1];
        if (at + count > lines.Length) throw source.Bad($"the header promises {count} vertices; the file ends after {Math.Max(lines.Length - at, 0)} lines of them.");
        var points = new Point3[count];
        for (int i = 0; i < count; i++, at++)
        {
            string[] words = lines[at].Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries);
            var v = new double[3];
            for (int a = 0; a < 3; a++)
                if (columns[a] >= words.Length || !Xyz.TryNumber(words[columns[a]], out v[a]))
                    throw source.Bad(at + 1, $"{"xyz"[a]} is '{(columns[a] < words.Length ? Xyz.Short(words[columns[a]]) : "")}', not a finite number.");
            points[i] = Xyz.Point(v, source.Unit);
        }
        if (count == 0) throw source.Bad("the file holds no points.");
        return new PointCloud(points);
    }
}

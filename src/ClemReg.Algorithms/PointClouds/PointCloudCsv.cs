using System.Globalization;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.PointClouds;

/// <summary>
/// Point clouds as text: a header line <c>z,y,x</c>, then one point a line in nm, with a point as the decimal mark whatever the
/// system's language. Numbers are written so that reading gives the same doubles back.
/// </summary>
public static class PointCloudCsv
{
    private static readonly string[] Columns = ["z", "y", "x"];

    /// <summary>Writes a cloud. Lines end in a line feed.</summary>
    public static void Write(PointCloud cloud, TextWriter writer)
    {
        writer.Write("z,y,x\n");
        foreach (Point3 p in cloud.Points)
            writer.Write(string.Create(CultureInfo.InvariantCulture, $"{p.Z:R},{p.Y:R},{p.X:R}\n"));
    }

    /// <summary>Reads a cloud. The columns z, y and x may stand in any order and among others; empty lines are skipped.</summary>
    /// <param name="reader">The text.</param>
    /// <param name="name">What messages call it, for instance the file's name.</param>
    /// <exception cref="BadInputException">A column is missing, or a line has a value missing, too many values, or one that is not a
    /// finite number; the message gives the line.</exception>
    public static PointCloud Read(TextReader reader, string name)
    {
        string? header = reader.ReadLine();
        int line = 1;
        while (header is not null && header.Trim('\uFEFF', ' ', '\t').Length == 0)
        {
            header = reader.ReadLine();
            line++;
        }
        if (header is null) throw new BadInputException($"{name} is empty. A point cloud starts with the line z,y,x.");
        string[] names = header.Trim('\uFEFF').Split(',');
        var columns = new int[3];
        for (int axis = 0; axis < 3; axis++)
        {
            columns[axis] = Array.FindIndex(names, n => string.Equals(Unquoted(n), Columns[axis], StringComparison.OrdinalIgnoreCase));
            if (columns[axis] < 0)
                throw new BadInputException($"{name}, line {line}: the header has no column {Columns[axis]}: \"{Shortened(header)}\". "
                    + "It must name the columns z, y and x, separated by commas; the values are nm.");
        }

        var points = new List<Point3>();
        while (reader.ReadLine() is { } text)
        {
            line++;
            if (string.IsNullOrWhiteSpace(text)) continue;
            string[] values = text.Split(',');
            if (values.Length != names.Length)
                throw new BadInputException($"{name}, line {line}: {values.Length} values where the header has {names.Length}: "
                    + $"\"{Shortened(text)}\". Values are separated by commas, and the decimal mark is a point.");
            double Value(int axis)
            {
                string value = Unquoted(values[columns[axis]]);
                if (double.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out double number) && double.IsFinite(number))
                    return number;
                throw new BadInputException($"{name}, line {line}: {Columns[axis]} = \"{Shortened(value)}\" is not a finite number (nm).");
            }
            points.Add(new Point3(Value(0), Value(1), Value(2)));
        }
        return new PointCloud([.. points]);
    }

    private static string Unquoted(string value)
    {
        value = value.Trim();
        return value.Length >= 2 && value[0] == '"' && value[^1] == '"' ? value[1..^1].Trim() : value;
    }

    private static string Shortened(string text) => text.Length > 80 ? text[..77] + "..." : text;
}

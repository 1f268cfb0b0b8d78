using System.Text;

namespace ClemReg.Algorithms.Transforms.Interchange;

/// <summary>Lines of values between separators, some of them in quotes (RFC 4180, one line a record).</summary>
internal static class CsvRow
{
    /// <summary>The values of a line, without quotes and surrounding blanks.</summary>
    public static List<string> Split(string line, char separator = ',')
    {
        var cells = new List<string>();
        var cell = new StringBuilder();
        bool quoted = false;
        for (int i = 0; i < line.Length; i++)
        {
            char c = line[i];
            if (quoted && c == '"' && i + 1 < line.Length && line[i + 1] == '"') cell.Append(line[++i]);
            else if (c == '"') quoted = !quoted;
            else if (c == separator && !quoted)
            {
                cells.Add(cell.ToString().Trim());
                cell.Clear();
            }
            else cell.Append(c);
        }
        cells.Add(cell.ToString().Trim());
        return cells;
    }

    /// <summary>A value as it may stand in a line.</summary>
    public static string Quote(string value, char separator = ',') =>
        value.AsSpan().IndexOfAny(separator, '"') < 0 ? value : "\"" + value.Replace("\"", "\"\"", StringComparison.Ordinal) + "\"";
}

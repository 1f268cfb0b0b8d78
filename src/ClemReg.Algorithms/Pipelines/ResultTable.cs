using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using ClemReg.Algorithms.Transforms.Interchange;

namespace ClemReg.Algorithms.Pipelines;

/// <summary>A table of results, for a CSV file and for the screen.</summary>
/// <param name="name">What it lists, such as structures.</param>
/// <param name="columns">The headers, with the unit at their end where there is one (tre_nm).</param>
internal sealed class ResultTable(string name, params string[] columns)
{
    private readonly List<object[]> _rows = [];

    public string Name => name;

    /// <summary>Rows so far.</summary>
    public int Rows => _rows.Count;

    /// <summary>Adds a row: texts, whole numbers (int, long) and numbers (double, NaN where there is none).</summary>
    public void Add(params object[] row)
    {
        if (row.Length != columns.Length) throw new ArgumentException($"{row.Length} values for {columns.Length} columns", nameof(row));
        _rows.Add(row);
    }

    /// <summary>A header line and a line a row; what is not known is left empty.</summary>
    public string Csv()
    {
        var text = new StringBuilder(string.Join(',', columns)).Append('\n');
        foreach (object[] row in _rows)
            text.Append(string.Join(',', row.Select(Cell))).Append('\n');
        return text.ToString();
    }

    /// <summary>name, columns and rows; null for what is not known.</summary>
    public JsonObject Json()
    {
        var rows = new JsonArray();
        foreach (object[] row in _rows)
        {
            var cells = new JsonArray();
            foreach (object value in row) cells.Add(Value(value));
            rows.Add((JsonNode)cells);
        }
        return new JsonObject { ["name"] = name, ["columns"] = new JsonArray([.. columns.Select(c => (JsonNode)c)]), ["rows"] = rows };
    }

    private static string Cell(object value) => value switch
    {
        double number => double.IsFinite(number) ? Xyz.Text(number) : "",
        string text => CsvRow.Quote(text.ReplaceLineEndings(" ")),
        _ => ((IFormattable)value).ToString(null, CultureInfo.InvariantCulture),
    };

    private static JsonNode? Value(object value) => value switch
    {
        double number => Number(number),
        string text => JsonValue.Create(text),
        int whole => JsonValue.Create(whole),
        _ => JsonValue.Create((long)value),
    };

    /// <summary>A number, or null where it is none: JSON has no NaN.</summary>
    public static JsonNode? Number(double value) => double.IsFinite(value) ? JsonValue.Create(value) : null;
}

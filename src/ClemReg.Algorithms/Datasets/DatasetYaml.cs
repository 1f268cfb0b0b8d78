using System.Globalization;
using ClemReg.Algorithms.Detection;

namespace ClemReg.Algorithms.Datasets;

/// <summary>Ultralytics' dataset.yaml, as far as datasets use it: path, train, val, test and names, which are a list or numbered, in one line or below each other.</summary>
internal sealed class DatasetYaml
{
    private readonly Dictionary<string, string> _values = new(StringComparer.Ordinal);

    /// <summary>Reads.</summary>
    /// <exception cref="BadInputException">A line is of another kind; the message names it.</exception>
    public DatasetYaml(string text)
    {
        string[] lines = text.TrimStart('\uFEFF').ReplaceLineEndings("\n").Split('\n');
        var names = new SortedDictionary<int, string>();
        string key = "";
        for (int i = 0; i < lines.Length; i++)
        {
            string line = Bare(lines[i]);
            if (line.Trim().Length == 0 || line is "---" or "...") continue;
            bool inner = char.IsWhiteSpace(line[0]) || line[0] == '-';
            string content = line.Trim();
            if (inner)
            {
                if (content[0] == '-' && key == "names") names[names.Count] = Unquoted(content[1..].Trim());
                else if (key == "names" && content.IndexOf(':', StringComparison.Ordinal) is > 0 and var colon)
                {
                    if (!int.TryParse(Unquoted(content[..colon].Trim()), NumberStyles.None, CultureInfo.InvariantCulture, out int number)) throw Bad("the classes under names must be numbered: 0: name");
                    names[number] = Unquoted(content[(colon + 1)..].Trim());
                }
                // Several folders under train, val or test; other keys do not concern us.
                else if (content[0] == '-' && key is "train" or "val" or "test") _values[key] = (_values.GetValueOrDefault(key, "") + "\n" + Unquoted(content[1..].Trim())).Trim();
                continue;
            }
            int at = content.IndexOf(':', StringComparison.Ordinal);
            if (at < 1) throw Bad("a line must be key: value");
            key = content[..at].Trim();
            string value = content[(at + 1)..].Trim();
            if (key == "names" && value.Length > 0)
            {
                IReadOnlyList<string> list = ClassNames.Read(value) ?? ClassNames.Read(Quoted(value)) ?? throw Bad("names must be a list ['a', 'b'] or numbered {0: 'a', 1: 'b'}");
                for (int c = 0; c < list.Count; c++) names[c] = list[c];
            }
            else if (value.Length > 0) _values[key] = Unquoted(value);

            BadInputException Bad(string what) => new($"line {i + 1}: {what}.");
        }
        if (names.Count > 0 && !names.Keys.SequenceEqual(Enumerable.Range(0, names.Count))) throw new BadInputException($"names: class {Enumerable.Range(0, names.Count).First(c => !names.ContainsKey(c))} has no name; classes are numbered from 0 without gaps.");
        Names = [.. names.Values];
        if (Names.FirstOrDefault(n => n.Length == 0) is not null) throw new BadInputException("names: a class has an empty name.");
        if (_values.TryGetValue("nc", out string? count) && Names.Count > 0 && count != Names.Count.ToString(CultureInfo.InvariantCulture))
            throw new BadInputException($"nc = {count}, but {Names.Count} classes are named.");
    }

    /// <summary>The classes' names; empty where there are none.</summary>
    public IReadOnlyList<string> Names { get; }

    /// <summary>The folder from which the others count; empty: the file's own.</summary>
    public string Root => _values.GetValueOrDefault("path", "");

    /// <summary>The folders (or lists of pictures) of a key: train, val, test.</summary>
    public IReadOnlyList<string> Places(string key) => _values.TryGetValue(key, out string? value) ? value[0] == '[' ? [.. value.Trim('[', ']').Split(',').Select(v => Unquoted(v.Trim()))] : value.Split('\n') : [];

    /// <summary>A name as it may stand in the file.</summary>
    public static string Quote(string name) => "'" + name.Replace("'", "''", StringComparison.Ordinal) + "'";

    /// <summary>Without a remark, which begins with # at the start or after a blank, outside quotes.</summary>
    private static string Bare(string line)
    {
        char quote = '\0';
        for (int i = 0; i < line.Length; i++)
        {
            if (quote != '\0') quote = line[i] == quote ? '\0' : quote;
            else if (line[i] is '\'' or '"') quote = line[i];
            else if (line[i] == '#' && (i == 0 || char.IsWhiteSpace(line[i - 1]))) return line[..i].TrimEnd();
        }
        return line.TrimEnd();
    }

    private static string Unquoted(string value) => value.Length >= 2 && value[0] == value[^1] && value[0] is '\'' or '"' ? value[1..^1].Replace("''", "'", StringComparison.Ordinal) : value;

    /// <summary>A list in one line whose names have no quotes, with them.</summary>
    private static string Quoted(string list)
    {
        if (list.Length < 2) return list;
        string[] parts = list[1..^1].Split(',', StringSplitOptions.TrimEntries);
        return list[0] + string.Join(", ", parts.Select(p => p.IndexOf(':', StringComparison.Ordinal) is >= 0 and var at ? $"{p[..at]}: \"{Unquoted(p[(at + 1)..].Trim())}\"" : $"\"{Unquoted(p)}\"")) + list[^1];
    }
}

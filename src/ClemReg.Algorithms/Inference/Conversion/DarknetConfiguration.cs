using System.Globalization;
using ClemReg.Algorithms.Inference.Models;

namespace ClemReg.Algorithms.Inference.Conversion;

/// <summary>A section of a Darknet configuration (.cfg): its kind in brackets and its keys.</summary>
internal sealed class DarknetSection(string kind, int line, string file)
{
    private const int LargestNumber = 1 << 20;

    private readonly Dictionary<string, (string Value, int Line)> _values = new(StringComparer.Ordinal);

    /// <summary>The kind, such as convolutional.</summary>
    public string Kind => kind;

    /// <summary>Its line in the file, from 1.</summary>
    public int Line => line;

    /// <summary>Adds a key; of a repeated one the last counts, as Darknet reads it.</summary>
    public void Add(string key, string value, int at) => _values[key] = (value, at);

    /// <summary>A text.</summary>
    public string Text(string key, string otherwise) => _values.TryGetValue(key, out (string Value, int Line) found) ? found.Value : otherwise;

    /// <summary>A whole number from <paramref name="least"/> on.</summary>
    public int Whole(string key, int otherwise, int least = 0)
    {
        if (!_values.TryGetValue(key, out (string Value, int Line) found)) return otherwise;
        return int.TryParse(found.Value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int value) && value >= least && value <= LargestNumber ? value
            : throw Bad(key, found, $"a whole number from {least} to {LargestNumber}");
    }

    /// <summary>A number.</summary>
    public double Number(string key, double otherwise)
    {
        if (!_values.TryGetValue(key, out (string Value, int Line) found)) return otherwise;
        return double.TryParse(found.Value, NumberStyles.Float, CultureInfo.InvariantCulture, out double value) && double.IsFinite(value) ? value : throw Bad(key, found, "a number");
    }

    /// <summary>Numbers with commas between them; none where the key is absent.</summary>
    public double[] Numbers(string key)
    {
        if (!_values.TryGetValue(key, out (string Value, int Line) found)) return [];
        string[] parts = found.Value.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        var numbers = new double[parts.Length];
        for (int i = 0; i < parts.Length; i++)
            if (!double.TryParse(parts[i], NumberStyles.Float, CultureInfo.InvariantCulture, out numbers[i]) || !double.IsFinite(numbers[i])) throw Bad(key, found, "numbers with commas between them");
        return numbers;
    }

    /// <summary>A message about this section.</summary>
    public BadInputException Refused(string what) => new($"{file}: line {line}, [{Shown.Name(kind)}]: {what}");

    private BadInputException Bad(string key, (string Value, int Line) found, string allowed) =>
        new($"{file}: line {found.Line}: {key} = {Shown.Name(found.Value)} is not allowed: it must be {allowed}.");
}

/// <summary>Reads Darknet configurations.</summary>
internal static class DarknetConfiguration
{
    private const int LongestFile = 1 << 20, MostSections = 2000;

    /// <summary>The sections in order, the first is [net].</summary>
    /// <exception cref="NotFoundException">There is no such file.</exception>
    /// <exception cref="BadInputException">It is no configuration.</exception>
    public static IReadOnlyList<DarknetSection> Read(string path)
    {
        string file = Shown.Name(Path.GetFileName(path));
        using FileStream stream = ModelFiles.Open(path, "cfg");
        string text = ModelFiles.Reading(file, () =>
        {
            if (stream.Length > LongestFile) throw new BadInputException($"{file} has {stream.Length} bytes: it is no Darknet configuration (.cfg), which is a short text.");
            using var reader = new StreamReader(stream);
            return reader.ReadToEnd();
        });
        return Parse(text, file);
    }

    /// <summary>The sections of a configuration's text.</summary>
    /// <exception cref="BadInputException">It is none.</exception>
    public static IReadOnlyList<DarknetSection> Parse(string text, string file)
    {
        var sections = new List<DarknetSection>();
        string[] lines = text.ReplaceLineEndings("\n").Split('\n');
        for (int i = 0; i < lines.Length; i++)
        {
            string line = lines[i].Trim();
            if (line.Length == 0 || line[0] is '#' or ';') continue;
            if (line[0] == '[')
            {
                if (line[^1] != ']') throw new BadInputException($"{file}: line {i + 1}: '{Shown.Name(line)}' lacks its closing bracket.");
                if (sections.Count == MostSections) throw new BadInputException($"{file}: line {i + 1}: more than {MostSections} layers.");
                sections.Add(new DarknetSection(line[1..^1].Trim().ToLowerInvariant(), i + 1, file));
                continue;
            }
            int equals = line.IndexOf('=', StringComparison.Ordinal);
            if (equals < 1 || sections.Count == 0) throw new BadInputException($"{file}: line {i + 1}: '{Shown.Name(line)}' is neither a [section] nor a key=value of one: this is no Darknet configuration (.cfg).");
            sections[^1].Add(line[..equals].Trim(), line[(equals + 1)..].Trim(), i + 1);
        }
        if (sections.Count < 2 || sections[0].Kind is not ("net" or "network")) throw new BadInputException($"{file} is no Darknet configuration (.cfg): it must begin with [net], and layers must follow.");
        return sections;
    }
}

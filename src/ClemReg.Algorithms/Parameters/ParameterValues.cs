using System.Text.Json;
using System.Text.Json.Nodes;

namespace ClemReg.Algorithms.Parameters;

/// <summary>Checked values for a list of parameters; those not given hold their defaults.</summary>
public sealed class ParameterValues
{
    /// <summary>More names than these help nobody in a message.</summary>
    private const int MostListed = 12;

    private readonly IReadOnlyList<Parameter> _definitions;
    private readonly Dictionary<Parameter, object> _values = [];

    /// <summary>The defaults.</summary>
    public ParameterValues(IReadOnlyList<Parameter> definitions) => _definitions = definitions;

    /// <summary>The value of a parameter.</summary>
    public T Get<T>(Parameter<T> parameter) where T : notnull
    {
        if (!_definitions.Contains(parameter)) throw new InvalidOperationException($"this operation has no parameter {parameter.Name}");
        return _values.TryGetValue(parameter, out object? value) ? (T)value : parameter.DefaultValue;
    }

    /// <summary>Reads values from a JSON object; later calls override earlier ones.</summary>
    /// <param name="json">An object whose keys are parameter names. Numbers and booleans may also be given as text.</param>
    /// <param name="where">Where the values come from, for messages, such as "the parameter file".</param>
    /// <exception cref="BadInputException">Not an object, an unknown key, a key given twice, or a value that is not allowed.</exception>
    public void Read(JsonElement json, string where)
    {
        CheckObject(json, where);
        string[] unknown = [.. json.EnumerateObject().Select(p => p.Name).Where(n => _definitions.All(d => d.Name != n)).Distinct()];
        if (unknown.Length > 0) throw Unknown(unknown, where);
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (JsonProperty property in json.EnumerateObject())
        {
            if (!seen.Add(property.Name)) throw Twice(property.Name, where);
            Parameter definition = _definitions.First(d => d.Name == property.Name);
            _values[definition] = definition.Parse(property.Value);
        }
    }

    /// <summary>As <see cref="Read(JsonElement, string)"/>, from an object in memory.</summary>
    public void Read(JsonObject json, string where)
    {
        using JsonDocument document = JsonDocument.Parse(json.ToJsonString());
        Read(document.RootElement, where);
    }

    /// <summary>Refuses what is not a JSON object.</summary>
    /// <exception cref="BadInputException">It is something else.</exception>
    public static void CheckObject(JsonElement json, string where)
    {
        if (json.ValueKind != JsonValueKind.Object)
            throw new BadInputException($"The content of {where} must be a JSON object such as {{\"log_sigma\": 3.0}}, but it is {Kind(json)}.");
    }

    /// <summary>The text of a file of values as an object, its keys unchecked but for being given once.</summary>
    /// <exception cref="BadInputException">Not JSON, not an object, or a key given twice.</exception>
    public static JsonObject Parse(string text, string where)
    {
        JsonDocument document;
        try
        {
            document = JsonDocument.Parse(text, new JsonDocumentOptions { AllowTrailingCommas = true, CommentHandling = JsonCommentHandling.Skip });
        }
        catch (JsonException e)
        {
            throw new BadInputException(
                $"The content of {where} is not JSON (line {e.LineNumber + 1}, byte {e.BytePositionInLine + 1}). Correct it there; a valid file looks like {{\"log_sigma\": 3.0}}.", e);
        }
        using (document)
        {
            CheckObject(document.RootElement, where);
            var json = new JsonObject();
            foreach (JsonProperty property in document.RootElement.EnumerateObject())
            {
                if (json.ContainsKey(property.Name)) throw Twice(property.Name, where);
                json[property.Name] = JsonNode.Parse(property.Value.GetRawText());
            }
            return json;
        }
    }

    /// <summary>All values, defaults included, in order of definition.</summary>
    public JsonObject ToJson()
    {
        var json = new JsonObject();
        foreach (Parameter definition in _definitions)
            json[definition.Name] = definition.ToJson(_values.TryGetValue(definition, out object? value) ? value : definition.Default);
        return json;
    }

    private static BadInputException Twice(string key, string where) => new($"{key} is given twice in {where}. Keep one.");

    private BadInputException Unknown(string[] keys, string where)
    {
        string[] near = [.. keys.Select(k => Names.Nearest(k, _definitions.Select(d => d.Name))).OfType<string>().Distinct()];
        return new BadInputException($"Unknown parameter{(keys.Length == 1 ? "" : "s")} {string.Join(", ", keys)} in {where}."
            + (near.Length == 0 ? "" : $" Did you mean {string.Join(", ", near)}?")
            + (_definitions.Count == 0 ? " This operation has no parameters."
                : _definitions.Count <= MostListed ? $" Allowed: {string.Join(", ", _definitions.Select(d => d.Name))}."
                : $" Correct or remove {(keys.Length == 1 ? "it" : "them")}; docs/parameters.md and the help of the command list all {_definitions.Count}."));
    }

    private static string Kind(JsonElement json) => json.ValueKind switch
    {
        JsonValueKind.Array => "a list",
        JsonValueKind.String => "a text",
        JsonValueKind.Number => "a number",
        _ => json.ValueKind.ToString().ToLowerInvariant(),
    };
}

/// <summary>Helps with misspelt names.</summary>
public static class Names
{
    /// <summary>The candidate with the least edit distance, if it is near enough to be a likely misspelling; else null.</summary>
    public static string? Nearest(string name, IEnumerable<string> candidates)
    {
        string? best = null;
        int least = Math.Max(2, name.Length / 3) + 1;
        foreach (string candidate in candidates)
        {
            int distance = Distance(name.ToLowerInvariant(), candidate);
            if (distance < least) (best, least) = (candidate, distance);
        }
        return best;
    }

    private static int Distance(string a, string b)
    {
        var row = new int[b.Length + 1];
        for (int j = 0; j <= b.Length; j++) row[j] = j;
        for (int i = 1; i <= a.Length; i++)
        {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= b.Length; j++)
            {
                int above = row[j];
                row[j] = Math.Min(Math.Min(above, row[j - 1]) + 1, diagonal + (a[i - 1] == b[j - 1] ? 0 : 1));
                diagonal = above;
            }
        }
        return row[b.Length];
    }
}

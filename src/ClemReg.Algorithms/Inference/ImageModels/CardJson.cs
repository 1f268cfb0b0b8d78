using System.Text.Json;
using ClemReg.Algorithms.Parameters;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Inference.ImageModels;

/// <summary>An object in a card; absent ones have no keys.</summary>
internal readonly struct CardJson(JsonElement element, string file, string path)
{
    private JsonElement? Value(string key) => element.ValueKind == JsonValueKind.Object && element.TryGetProperty(key, out JsonElement value) && value.ValueKind != JsonValueKind.Null ? value : null;

    public bool Has(string key) => Value(key) is not null;

    public void Only(params string[] keys)
    {
        if (element.ValueKind != JsonValueKind.Object) throw new BadInputException($"{file}: {(path.Length > 0 ? path.TrimEnd('.') : "it")} must be an object of {string.Join(", ", keys)}.");
        foreach (JsonProperty property in element.EnumerateObject())
        {
            if (keys.Contains(property.Name)) continue;
            string? near = Names.Nearest(property.Name, keys);
            throw new BadInputException($"{file}: there is no key {path}{property.Name}.{(near is null ? "" : $" Did you mean {near}?")} Keys: {string.Join(", ", keys)}.");
        }
    }

    public CardJson Object(string key, params string[] keys)
    {
        if (Value(key) is not { } value) return default;
        var found = new CardJson(value, file, $"{path}{key}.");
        found.Only(keys);
        return found;
    }

    public string? Text(string key) => Value(key) is not { } v ? null : v.ValueKind == JsonValueKind.String ? v.GetString() : throw Bad(key, v, "a text");

    public bool? Flag(string key) => Value(key) is not { } v ? null : v.ValueKind is JsonValueKind.True or JsonValueKind.False ? v.GetBoolean() : throw Bad(key, v, "true or false");

    public double? Number(string key) => Value(key) is not { } v ? null : v.ValueKind == JsonValueKind.Number && v.TryGetDouble(out double d) ? d : throw Bad(key, v, "a number");

    /// <summary>A number, or a word that stands for none.</summary>
    public double? NumberOr(string key, string word) => Value(key) is not { } v || v.ValueKind == JsonValueKind.String && v.GetString() == word ? null
        : v.ValueKind == JsonValueKind.Number && v.TryGetDouble(out double d) ? d : throw Bad(key, v, $"a number or \"{word}\"");

    public int? Whole(string key) => Value(key) is not { } v ? null : v.ValueKind == JsonValueKind.Number && v.TryGetInt32(out int i) ? i : throw Bad(key, v, "a whole number");

    public T? Choice<T>(string key, params T[] choices) where T : struct, Enum
    {
        if (Value(key) is not { } v) return null;
        foreach (T choice in choices)
            if (v.ValueKind == JsonValueKind.String && string.Equals(v.GetString(), choice.ToString(), StringComparison.OrdinalIgnoreCase)) return choice;
        throw Bad(key, v, "one of " + string.Join(", ", choices.Select(c => c.ToString().ToLowerInvariant())));
    }

    public string[]? Texts(string key) => Value(key) is not { } v ? null
        : v.ValueKind == JsonValueKind.Array && v.EnumerateArray().All(e => e.ValueKind == JsonValueKind.String) ? [.. v.EnumerateArray().Select(e => e.GetString()!)] : throw Bad(key, v, "a list of texts");

    public double[]? Numbers(string key, int count)
    {
        if (Value(key) is not { } v) return null;
        if (v.ValueKind == JsonValueKind.Array && v.GetArrayLength() == count && v.EnumerateArray().All(e => e.ValueKind == JsonValueKind.Number)) return [.. v.EnumerateArray().Select(e => e.GetDouble())];
        throw Bad(key, v, $"a list of {count} numbers");
    }

    /// <summary>One length for all axes, two for y and x, or three.</summary>
    public Point3? Lengths(string key) => Several(key, "a length, or a list of two (y, x) or three (z, y, x)") is not { } v ? null
        : v.Length == 1 ? new Point3(v[0], v[0], v[0]) : v.Length == 2 ? new Point3(0, v[0], v[1]) : new Point3(v[0], v[1], v[2]);

    /// <summary>One number of pixels for all axes, two for y and x, or three. Slices have the depth <paramref name="depth"/> where z is left out.</summary>
    public Size3? Sides(string key, int depth)
    {
        if (Several(key, "a whole number of pixels, or a list of two (y, x) or three (z, y, x)") is not { } v) return null;
        if (v.Any(n => n != Math.Floor(n) || Math.Abs(n) > int.MaxValue)) throw Bad(key, Value(key)!.Value, "made of whole numbers");
        int At(int i) => (int)v[i];
        return v.Length == 1 ? new Size3(At(0), At(0), At(0)) : v.Length == 2 ? new Size3(depth, At(0), At(1)) : new Size3(At(0), At(1), At(2));
    }

    private double[]? Several(string key, string allowed)
    {
        if (Value(key) is not { } v) return null;
        if (v.ValueKind == JsonValueKind.Number) return [v.GetDouble()];
        if (v.ValueKind == JsonValueKind.Array && v.GetArrayLength() is 2 or 3 && v.EnumerateArray().All(e => e.ValueKind == JsonValueKind.Number)) return [.. v.EnumerateArray().Select(e => e.GetDouble())];
        throw Bad(key, v, allowed);
    }

    private BadInputException Bad(string key, JsonElement value, string allowed)
    {
        string text = value.GetRawText();
        return new BadInputException($"{file}: {path}{key} = {(text.Length > 80 ? text[..77] + "..." : text)} is not allowed: it must be {allowed}.");
    }
}

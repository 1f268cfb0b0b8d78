using System.Text.Json;
using System.Text.Json.Nodes;

namespace ClemReg.Algorithms.Transforms;

/// <summary>The text of transform.json: a 4 x 4 matrix of physical coordinates in nm, axes z, y, x, with its direction and history.</summary>
public static class TransformFile
{
    /// <summary>The value of "format".</summary>
    public const string Format = "clemreg-transform";

    /// <summary>The version that is written, and the newest that is read.</summary>
    public const int FormatVersion = 1;

    /// <summary>Writes a transform.</summary>
    /// <param name="transform">The map.</param>
    /// <param name="type">What it is: rigid, similarity or affine.</param>
    /// <param name="direction">moving_to_fixed or fixed_to_moving.</param>
    public static JsonObject Write(AffineTransform transform, string type, string direction)
    {
        var matrix = new JsonArray();
        for (int i = 0; i < 4; i++)
        {
            var row = new JsonArray();
            for (int j = 0; j < 4; j++) row.Add((JsonNode)(i < 3 ? transform[i, j] : j == 3 ? 1.0 : 0.0));
            matrix.Add((JsonNode)row);
        }
        return new JsonObject
        {
            ["format"] = Format,
            ["version"] = FormatVersion,
            ["type"] = type,
            ["direction"] = direction,
            ["moving"] = "fluorescence",
            ["fixed"] = "em",
            ["axes"] = "zyx",
            ["unit"] = "nm",
            ["matrix"] = matrix,
        };
    }

    /// <summary>Reads a transform.</summary>
    /// <param name="text">The text of a transform.json.</param>
    /// <exception cref="BadInputException">Not JSON, not this format, a newer version, other axes or unit, or a matrix that is not 4 x 4 finite numbers.</exception>
    public static AffineTransform Read(string text)
    {
        JsonDocument document;
        try
        {
            document = JsonDocument.Parse(text);
        }
        catch (JsonException e)
        {
            throw new BadInputException($"The transform file is not JSON (line {e.LineNumber + 1}). Use the transform.json that registration wrote.", e);
        }
        using (document)
        {
            JsonElement root = document.RootElement;
            if (root.ValueKind != JsonValueKind.Object || Text(root, "format") != Format)
                throw new BadInputException($"The transform file has no \"format\": \"{Format}\". Use the transform.json that registration wrote.");
            if (!root.TryGetProperty("version", out JsonElement version) || !version.TryGetInt32(out int number) || number is < 1 or > FormatVersion)
                throw new BadInputException($"The transform file's version is {(root.TryGetProperty("version", out version) ? version.GetRawText() : "missing")}; this software reads version {FormatVersion}. Update the plugin.");
            Require(root, "axes", "zyx");
            Require(root, "unit", "nm");
            if (!root.TryGetProperty("matrix", out JsonElement matrix) || matrix.ValueKind != JsonValueKind.Array || matrix.GetArrayLength() != 4)
                throw BadMatrix();
            Span<double> rows = stackalloc double[16];
            int n = 0;
            foreach (JsonElement row in matrix.EnumerateArray())
            {
                if (row.ValueKind != JsonValueKind.Array || row.GetArrayLength() != 4) throw BadMatrix();
                foreach (JsonElement value in row.EnumerateArray())
                {
                    if (value.ValueKind != JsonValueKind.Number || !value.TryGetDouble(out rows[n]) || !double.IsFinite(rows[n])) throw BadMatrix();
                    n++;
                }
            }
            if (rows[12] != 0 || rows[13] != 0 || rows[14] != 0 || rows[15] != 1) throw BadMatrix();
            return new AffineTransform(rows[..12]);
        }
    }

    private static void Require(JsonElement root, string key, string expected)
    {
        string? value = Text(root, key);
        if (value != expected) throw BadInputException.ForParameter($"The transform file's \"{key}\"", value, $"\"{expected}\"");
    }

    private static string? Text(JsonElement root, string key) =>
        root.TryGetProperty(key, out JsonElement value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static BadInputException BadMatrix() =>
        new("The transform file's \"matrix\" must be 4 rows of 4 finite numbers (axes z, y, x, nm), the last row 0 0 0 1.");
}

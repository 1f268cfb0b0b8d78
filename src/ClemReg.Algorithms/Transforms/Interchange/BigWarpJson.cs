using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Transforms.Interchange;

/// <summary>BigWarp's transform: the type of transform and the landmarks it is made from. Source: BigWarp, TransformWriterJson and LandmarkTableModel.toJson.</summary>
public sealed partial class BigWarpJson : ITransformFormat
{
    /// <inheritdoc/>
    public string Name => "bigwarp_json";

    /// <inheritdoc/>
    public string Title => "BigWarp transform (JSON)";

    /// <inheritdoc/>
    public IReadOnlyList<OutputFile> Write(ExportSource source)
    {
        JsonArray moving = [], fixedPoints = [], active = [], names = [];
        foreach (LandmarkPair pair in source.Pairs)
        {
            moving.Add((JsonNode)Triple(pair.Moving, source.Unit));
            fixedPoints.Add((JsonNode)Triple(pair.Fixed, source.Unit));
            active.Add((JsonNode)true);
            names.Add((JsonNode)pair.Name);
        }
        return OutputFile.Single(new JsonObject
        {
            ["type"] = source.Transform is AffineTransform ? "Affine" : "Thin Plate Spline",
            ["landmarks"] = new JsonObject
            {
                ["type"] = "BigWarpLandmarks",
                ["numDimensions"] = 3,
                ["movingPoints"] = moving,
                ["fixedPoints"] = fixedPoints,
                ["active"] = active,
                ["names"] = names,
            },
        }.ToJsonString() + "\n");
    }

    private static JsonArray Triple(Point3 p, LengthUnit unit)
    {
        double[] xyz = Xyz.Point(p, unit);
        return new JsonArray(xyz[0] + 0.0, xyz[1] + 0.0, xyz[2] + 0.0);
    }

    /// <inheritdoc/>
    public bool Recognises(string text) => text.Contains("\"movingPoints\"", StringComparison.Ordinal);

    /// <inheritdoc/>
    public ImportedTransform Read(ImportSource source)
    {
        // BigWarp writes unset points as the bare word Infinity, which is not JSON.
        using JsonDocument document = JsonFile.Parse(source, Unset().Replace(source.Text, "null"));
        JsonElement root = document.RootElement;
        if (!JsonFile.TryGet(root, "landmarks", out JsonElement landmarks))
            throw source.Bad("there is no \"landmarks\". Save it in BigWarp with File > Export transformation.");
        if (!JsonFile.TryGet(landmarks, "numDimensions", out JsonElement dimensions) || !dimensions.TryGetInt32(out int n) || n != 3)
            throw source.Bad("\"numDimensions\" must be 3: landmarks in two dimensions do not determine a transform of volumes.");
        JsonElement moving = List(source, landmarks, "movingPoints"), fixedPoints = List(source, landmarks, "fixedPoints"), active = List(source, landmarks, "active");
        int count = moving.GetArrayLength();
        if (fixedPoints.GetArrayLength() != count || active.GetArrayLength() != count)
            throw source.Bad($"{count} movingPoints, {fixedPoints.GetArrayLength()} fixedPoints and {active.GetArrayLength()} active: there must be as many of each.");
        var pairs = new List<LandmarkPair>();
        int skipped = 0;
        for (int i = 0; i < count; i++)
        {
            Point3? a = PointOf(source, moving[i], "movingPoints", i), b = PointOf(source, fixedPoints[i], "fixedPoints", i);
            if (active[i].ValueKind is not (JsonValueKind.True or JsonValueKind.False)) throw source.Bad($"\"active\" number {i + 1} is {active[i].GetRawText()}: it must be true or false.");
            if (a is null || b is null || !active[i].GetBoolean()) skipped++;
            else pairs.Add(new LandmarkPair("Pt-" + i.ToString(CultureInfo.InvariantCulture), a.Value, b.Value));
        }
        string? type = JsonFile.TryGet(root, "type", out JsonElement t) && t.ValueKind == JsonValueKind.String ? t.GetString() : null;
        string? fit = type switch
        {
            null => null,
            "Thin Plate Spline" => "thin_plate_spline",
            "Affine" => "affine",
            "Similarity" => "similarity",
            "Rotation" => "rigid",
            _ => "BigWarp's " + type,
        };
        return new ImportedTransform(null, pairs, fit, skipped);
    }

    private static JsonElement List(ImportSource source, JsonElement landmarks, string key) =>
        JsonFile.TryGet(landmarks, key, out JsonElement list) && list.ValueKind == JsonValueKind.Array ? list : throw source.Bad($"\"landmarks\" has no list \"{key}\".");

    private static Point3? PointOf(ImportSource source, JsonElement point, string key, int i)
    {
        if (point.ValueKind != JsonValueKind.Array || point.GetArrayLength() != 3) throw source.Bad($"\"{key}\" number {i + 1} must be 3 numbers (x, y, z).");
        var xyz = new double[3];
        for (int a = 0; a < 3; a++)
        {
            if (point[a].ValueKind == JsonValueKind.Null) return null;
            if (point[a].ValueKind != JsonValueKind.Number || !point[a].TryGetDouble(out xyz[a]) || !double.IsFinite(xyz[a])) throw source.Bad($"\"{key}\" number {i + 1} must be 3 numbers (x, y, z).");
        }
        return Xyz.Point(xyz, source.Unit);
    }

    [GeneratedRegex(@"(?<=[\[,\s])-?(Infinity|NaN)(?=[\],\s])")]
    private static partial Regex Unset();
}

/// <summary>What the formats in JSON have in common.</summary>
internal static class JsonFile
{
    public static JsonDocument Parse(ImportSource source, string? text = null)
    {
        JsonDocument document;
        try
        {
            document = JsonDocument.Parse((text ?? source.Text).TrimStart('\uFEFF'));
        }
        catch (JsonException e)
        {
            throw new BadInputException($"{source.File}, line {e.LineNumber + 1}: this is not JSON.", e);
        }
        if (document.RootElement.ValueKind == JsonValueKind.Object) return document;
        document.Dispose();
        throw source.Bad("the content must be a JSON object.");
    }

    public static bool TryGet(JsonElement json, string key, out JsonElement value)
    {
        value = default;
        return json.ValueKind == JsonValueKind.Object && json.TryGetProperty(key, out value);
    }
}

using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Transforms;

/// <summary>The text of transform.json: a map of physical coordinates in nm, axes z, y, x, with its direction and history.</summary>
/// <remarks>docs/formats.md has the keys. Affine maps are version 1, which all versions of this software read; deformable ones are version 2.</remarks>
public static partial class TransformFile
{
    /// <summary>The value of "format".</summary>
    public const string Format = "clemreg-transform";

    /// <summary>The version of files with a matrix alone.</summary>
    public const int AffineVersion = 1;

    /// <summary>The version of deformable maps, and the newest that is read.</summary>
    public const int FormatVersion = 2;

    /// <summary>The direction of registration results.</summary>
    public const string MovingToFixed = "moving_to_fixed";

    /// <summary>The direction of their inverses.</summary>
    public const string FixedToMoving = "fixed_to_moving";

    private const string ThinPlate = "thin_plate_spline";
    private const string Field = "displacement_field";
    private static readonly string[] MatrixTypes = ["rigid", "similarity", "affine"];

    /// <summary>Writes a transform that is a matrix.</summary>
    /// <param name="transform">The map.</param>
    /// <param name="type">What it is: rigid, similarity or affine.</param>
    /// <param name="direction">moving_to_fixed or fixed_to_moving.</param>
    public static JsonObject Write(AffineTransform transform, string type, string direction)
    {
        JsonObject json = Head(AffineVersion, type, direction);
        json["matrix"] = Matrix(transform);
        return json;
    }

    /// <summary>Writes any transform: affine, thin-plate spline, displacement field, or the inverse of one of them.</summary>
    /// <remarks>The inverse of a deformable map is written as that map's numbers and "inverted": true, so it undoes the map exactly.</remarks>
    /// <param name="transform">The map.</param>
    /// <param name="direction">moving_to_fixed or fixed_to_moving.</param>
    /// <exception cref="BadInputException">A transform of another kind: sample it as a displacement field.</exception>
    public static JsonObject Write(SpatialTransform transform, string direction)
    {
        bool inverted = transform is InverseTransform or ChainedTransform { Map: InverseTransform };
        JsonObject json;
        SpatialTransform map = transform is InverseTransform inverse ? inverse.Forward : transform;
        (AffineTransform Before, AffineTransform After)? between = null;
        if (map is ChainedTransform chain)
        {
            // The inverse of after(map(before)) is written by the same three maps.
            if (chain.Map is InverseTransform undone) (map, between) = (undone.Forward, (chain.After.Inverse(), chain.Before.Inverse()));
            else (map, between) = (chain.Map, (chain.Before, chain.After));
        }
        switch (map)
        {
            case AffineTransform affine when !inverted:
                return Write(affine, "affine", direction);
            case ThinPlateSpline spline:
                json = Head(FormatVersion, ThinPlate, direction);
                json["matrix"] = Matrix(spline.Linear);
                json["control_points"] = Triples(spline.ControlPoints);
                json["weights"] = Triples(spline.Weights);
                break;
            case DisplacementField field:
                json = Head(FormatVersion, Field, direction);
                GridJson.Add(field.Nodes, json);
                json["interpolation"] = field.Interpolation == FieldInterpolation.Linear ? "linear" : "cubic_b_spline";
                json["encoding"] = "base64 float64 little-endian";
                json["displacements"] = Convert.ToBase64String(MemoryMarshal.AsBytes(field.Coefficients));
                break;
            default:
                throw new BadInputException($"A transform of the kind {transform.GetType().Name} has no form in a file. Sample it as a displacement field first.");
        }
        if (between is var (before, after))
        {
            json["matrix_before"] = Matrix(before);
            json["matrix_after"] = Matrix(after);
        }
        json["inverted"] = inverted;
        return json;
    }

    /// <summary>Whether the text is meant to be such a file.</summary>
    public static bool Recognises(string text) => text.TrimStart('\uFEFF', ' ', '\t', '\r', '\n').StartsWith('{') && text.Contains($"\"{Format}\"", StringComparison.Ordinal);

    /// <summary>Reads a transform.</summary>
    /// <param name="text">The text of a transform.json.</param>
    /// <param name="direction">The direction that is needed, moving_to_fixed or fixed_to_moving; null for any.</param>
    /// <exception cref="BadInputException">
    /// Not JSON, not this format, a newer version, other axes, unit or direction, an unknown type, a singular matrix, or numbers that do not fit or are not finite.
    /// </exception>
    public static SpatialTransform Read(string text, string? direction = null) => Read(text, direction, out _);

    /// <summary>Reads a transform of either direction as moving to fixed.</summary>
    /// <param name="text">The text of a transform.json or an inverse_transform.json.</param>
    /// <param name="turned">Whether the file maps fixed to moving, and was turned round.</param>
    /// <exception cref="BadInputException">As <see cref="Read(string, string?)"/>.</exception>
    public static SpatialTransform ReadForward(string text, out bool turned)
    {
        SpatialTransform transform = Read(text, null, out string? direction);
        turned = direction == FixedToMoving;
        return turned ? transform.Inverse() : transform;
    }

    private static SpatialTransform Read(string text, string? wanted, out string? direction)
    {
        JsonDocument document;
        try
        {
            document = JsonDocument.Parse(text);
        }
        catch (JsonException e)
        {
            throw new BadInputException(NoNumber().Match(text) is { Success: true } word
                ? $"The transform file holds {word.Value} where a finite number is needed. Use the transform.json that registration wrote."
                : $"The transform file is not JSON (line {e.LineNumber + 1}). Use the transform.json that registration wrote.", e);
        }
        using (document)
        {
            JsonElement root = document.RootElement;
            if (root.ValueKind != JsonValueKind.Object || Text(root, "format") != Format)
                throw new BadInputException($"The transform file has no \"format\": \"{Format}\". Use the transform.json that registration wrote.");
            if (!root.TryGetProperty("version", out JsonElement version) || !version.TryGetInt32(out int number) || number is < 1 or > FormatVersion)
                throw new BadInputException($"The transform file's version is {(root.TryGetProperty("version", out version) ? version.GetRawText() : "missing")}; this software reads versions {AffineVersion} to {FormatVersion}. Update the plugin.");
            Require(root, "axes", "zyx");
            Require(root, "unit", "nm");
            direction = Direction(root, wanted);
            string type = root.TryGetProperty("type", out _) || number > AffineVersion ? Text(root, "type") ?? "" : "affine";
            if (MatrixTypes.Contains(type)) return ReadMatrix(root);
            SpatialTransform map = type switch
            {
                ThinPlate when number > AffineVersion => ReadThinPlate(root),
                Field when number > AffineVersion => ReadField(root),
                _ => throw BadInputException.ForParameter("The transform file's \"type\"", type,
                    $"one of {string.Join(", ", MatrixTypes)}, or in version {FormatVersion} {ThinPlate}, {Field}"),
            };
            if (root.TryGetProperty("matrix_before", out _) || root.TryGetProperty("matrix_after", out _))
                map = new ChainedTransform(ReadMatrix(root, "matrix_before"), map, ReadMatrix(root, "matrix_after"));
            if (!root.TryGetProperty("inverted", out JsonElement inverted) || inverted.ValueKind == JsonValueKind.False) return map;
            if (inverted.ValueKind == JsonValueKind.True) return map.Inverse();
            throw BadInputException.ForParameter("The transform file's \"inverted\"", inverted.GetRawText(), "true or false");
        }
    }

    [GeneratedRegex(@"(?<=[\[:,\s])-?(NaN|Infinity)(?=[\],}\s])")]
    private static partial Regex NoNumber();

    private static string? Direction(JsonElement root, string? wanted)
    {
        if (!root.TryGetProperty("direction", out _)) return null;
        string? value = Text(root, "direction");
        if (value is not (MovingToFixed or FixedToMoving))
            throw BadInputException.ForParameter("The transform file's \"direction\"", value, $"\"{MovingToFixed}\" or \"{FixedToMoving}\"");
        if (wanted is not null && value != wanted)
            throw BadInputException.ForParameter("The transform file's \"direction\"", value, $"\"{wanted}\" here",
                wanted == MovingToFixed ? "Use transform.json instead of inverse_transform.json." : "Use inverse_transform.json instead of transform.json.");
        return value;
    }

    private static AffineTransform ReadMatrix(JsonElement root, string key = "matrix")
    {
        if (!root.TryGetProperty(key, out JsonElement matrix) || matrix.ValueKind != JsonValueKind.Array || matrix.GetArrayLength() != 4)
            throw BadMatrix(key);
        Span<double> rows = stackalloc double[16];
        int n = 0;
        foreach (JsonElement row in matrix.EnumerateArray())
        {
            if (row.ValueKind != JsonValueKind.Array || row.GetArrayLength() != 4) throw BadMatrix(key);
            foreach (JsonElement value in row.EnumerateArray())
            {
                if (value.ValueKind != JsonValueKind.Number || !value.TryGetDouble(out rows[n]) || !double.IsFinite(rows[n])) throw BadMatrix(key);
                n++;
            }
        }
        if (rows[12] != 0 || rows[13] != 0 || rows[14] != 0 || rows[15] != 1) throw BadMatrix(key);
        var transform = new AffineTransform(rows[..12]);
        // A map onto a plane: no image can be warped with it. Refused here, where the file is known.
        _ = transform.Inverse();
        return transform;
    }

    private static ThinPlateSpline ReadThinPlate(JsonElement root)
    {
        Point3[] controls = Points(root, "control_points"), weights = Points(root, "weights");
        if (weights.Length != controls.Length)
            throw BadInputException.ForParameter("The transform file's \"weights\"", weights.Length + " triples", $"as many as its {controls.Length} control_points");
        return new ThinPlateSpline(ReadMatrix(root), controls, weights);
    }

    private static DisplacementField ReadField(JsonElement root)
    {
        Point3 size = Triple(root, "size");
        if (size.Z != Math.Floor(size.Z) || size.Y != Math.Floor(size.Y) || size.X != Math.Floor(size.X) || Math.Max(size.Z, Math.Max(size.Y, size.X)) > 1e6)
            throw BadInputException.ForParameter("The transform file's \"size\"", size, "three whole numbers, z, y, x");
        var grid = new Grid(new Size3((int)size.Z, (int)size.Y, (int)size.X), Triple(root, "spacing"), Triple(root, "origin"));
        FieldInterpolation interpolation = Text(root, "interpolation") switch
        {
            "linear" => FieldInterpolation.Linear,
            "cubic_b_spline" => FieldInterpolation.CubicBSpline,
            var other => throw BadInputException.ForParameter("The transform file's \"interpolation\"", other, "linear or cubic_b_spline"),
        };
        Require(root, "encoding", "base64 float64 little-endian");
        byte[] bytes;
        try
        {
            bytes = Convert.FromBase64String(Text(root, "displacements") ?? "");
        }
        catch (FormatException e)
        {
            throw new BadInputException("The transform file's \"displacements\" are not base64 text. Use the file that this software wrote.", e);
        }
        if (bytes.Length != 3 * grid.Size.Count * sizeof(double))
            throw BadInputException.ForParameter("The transform file's \"displacements\"", bytes.Length + " bytes",
                $"{3 * grid.Size.Count * sizeof(double)}: three 64-bit numbers for each of {grid.Size} nodes");
        return new DisplacementField(grid, interpolation, MemoryMarshal.Cast<byte, double>(bytes));
    }

    private static Point3[] Points(JsonElement root, string key)
    {
        if (!root.TryGetProperty(key, out JsonElement list) || list.ValueKind != JsonValueKind.Array || list.GetArrayLength() == 0) throw BadTriples(key);
        return [.. list.EnumerateArray().Select(triple => Triple(triple, key, BadTriples))];
    }

    private static Point3 Triple(JsonElement root, string key) =>
        root.TryGetProperty(key, out JsonElement triple) ? Triple(triple, key, BadTriple) : throw BadTriple(key);

    private static Point3 Triple(JsonElement triple, string key, Func<string, BadInputException> bad)
    {
        if (triple.ValueKind != JsonValueKind.Array || triple.GetArrayLength() != 3) throw bad(key);
        Span<double> p = stackalloc double[3];
        for (int i = 0; i < 3; i++)
            if (triple[i].ValueKind != JsonValueKind.Number || !triple[i].TryGetDouble(out p[i]) || !double.IsFinite(p[i])) throw bad(key);
        return new Point3(p[0], p[1], p[2]);
    }

    private static JsonObject Head(int version, string type, string direction) => new()
    {
        ["format"] = Format,
        ["version"] = version,
        ["type"] = type,
        ["direction"] = direction,
        ["moving"] = "fluorescence",
        ["fixed"] = "em",
        ["axes"] = "zyx",
        ["unit"] = "nm",
    };

    private static JsonArray Matrix(AffineTransform transform)
    {
        var matrix = new JsonArray();
        for (int i = 0; i < 4; i++)
        {
            var row = new JsonArray();
            for (int j = 0; j < 4; j++) row.Add((JsonNode)(i < 3 ? transform[i, j] : j == 3 ? 1.0 : 0.0));
            matrix.Add((JsonNode)row);
        }
        return matrix;
    }

    private static JsonArray Triples(IReadOnlyList<Point3> points)
    {
        var list = new JsonArray();
        foreach (Point3 p in points) list.Add((JsonNode)GridJson.Triple(p));
        return list;
    }

    private static void Require(JsonElement root, string key, string expected)
    {
        string? value = Text(root, key);
        if (value != expected) throw BadInputException.ForParameter($"The transform file's \"{key}\"", value, $"\"{expected}\"");
    }

    private static string? Text(JsonElement root, string key) =>
        root.TryGetProperty(key, out JsonElement value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static BadInputException BadMatrix(string key) =>
        new($"The transform file's \"{key}\" must be 4 rows of 4 finite numbers (axes z, y, x, nm), the last row 0 0 0 1.");

    private static BadInputException BadTriples(string key) =>
        new($"The transform file's \"{key}\" must be a list of one or more triples of finite numbers, z, y, x.");

    private static BadInputException BadTriple(string key) => new($"The transform file's \"{key}\" must be three finite numbers, z, y, x.");
}

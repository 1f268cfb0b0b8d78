using System.Buffers;
using System.Text;
using System.Text.Json;
using ClemReg.Algorithms.Transforms;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Simulation;

/// <summary>One mitochondrion of a simulated pair.</summary>
/// <param name="Label">Its value in the label volume.</param>
/// <param name="Voxels">Its voxels in the label volume; 0 where it lies outside of the EM volume.</param>
/// <param name="Missing">True where it does not fluoresce.</param>
/// <param name="Brightness">Its brightness, 0 where it is missing.</param>
/// <param name="Length">Length of its centre lines, branches included, nm.</param>
/// <param name="Radius">Mean radius, nm.</param>
/// <param name="Branches">Side branches.</param>
public sealed record SimulatedMitochondrion(int Label, long Voxels, bool Missing, double Brightness, double Length, double Radius, int Branches);

/// <summary>A fluorescent object that the EM does not show.</summary>
/// <param name="Centre">Moving frame, nm.</param>
/// <param name="Radii">Half axes along z, y, x of the moving frame, nm.</param>
/// <param name="Brightness">Its brightness.</param>
public sealed record FalseObject(Point3 Centre, Point3 Radii, double Brightness);

/// <summary>Everything that is known about a simulated pair: the content of truth.json.</summary>
/// <param name="Transform">The true transform, moving to fixed.</param>
/// <param name="Options">What the pair was made from.</param>
/// <param name="Mitochondria">The mitochondria, by label from 1.</param>
/// <param name="FalseObjects">What fluoresces without being in the EM.</param>
public sealed record ClemTruth(
    TruthTransform Transform, ClemSimulationOptions Options,
    IReadOnlyList<SimulatedMitochondrion> Mitochondria, IReadOnlyList<FalseObject> FalseObjects)
{
    private const string Format = "clemreg-truth";
    private const int Version = 1;

    /// <summary>The text of truth.json.</summary>
    public string ToJson()
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Indented = true }))
        {
            json.WriteStartObject();
            json.WriteString("format", Format);
            json.WriteNumber("version", Version);
            json.WriteString("direction", "moving_to_fixed");
            json.WriteString("axes", "zyx");
            json.WriteString("unit", "nm");
            json.WriteString("type", ClemSimulationOptions.NameOf(Options.Transform));
            json.WriteStartArray("matrix");
            for (int r = 0; r < 4; r++)
            {
                json.WriteStartArray();
                for (int c = 0; c < 4; c++) json.WriteNumberValue(r < 3 ? Transform.Linear[r, c] : c == 3 ? 1 : 0);
                json.WriteEndArray();
            }
            json.WriteEndArray();
            json.WritePropertyName("deformation");
            if (Transform.Deformation is null) json.WriteNullValue();
            else SmoothDeformation.Write(Transform.Deformation, json);
            json.WriteNumber("seed", Options.Seed);
            json.WritePropertyName("options");
            Options.Write(json);
            json.WriteStartArray("mitochondria");
            foreach (SimulatedMitochondrion m in Mitochondria)
            {
                json.WriteStartObject();
                json.WriteNumber("label", m.Label);
                json.WriteNumber("voxels", m.Voxels);
                json.WriteBoolean("missing", m.Missing);
                json.WriteNumber("brightness", m.Brightness);
                json.WriteNumber("length", m.Length);
                json.WriteNumber("radius", m.Radius);
                json.WriteNumber("branches", m.Branches);
                json.WriteEndObject();
            }
            json.WriteEndArray();
            json.WriteStartArray("false_objects");
            foreach (FalseObject f in FalseObjects)
            {
                json.WriteStartObject();
                WritePoint(json, "centre", f.Centre);
                WritePoint(json, "radii", f.Radii);
                json.WriteNumber("brightness", f.Brightness);
                json.WriteEndObject();
            }
            json.WriteEndArray();
            json.WriteEndObject();
        }
        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    /// <summary>Reads the text of truth.json.</summary>
    /// <exception cref="BadInputException">Not JSON, of another format or version, or with something missing or wrong.</exception>
    public static ClemTruth FromJson(string text)
    {
        JsonDocument document;
        try
        {
            document = JsonDocument.Parse(text);
        }
        catch (JsonException e)
        {
            throw new BadInputException(
                $"The truth file is not JSON (line {e.LineNumber + 1}, byte {e.BytePositionInLine + 1}). Give the truth.json that simulate wrote.", e);
        }
        using (document)
        {
            JsonElement json = document.RootElement;
            TruthJson.Expect(json, "format", Format);
            if (TruthJson.Number(json, "version") != Version)
                throw BadInputException.ForParameter("version", TruthJson.Number(json, "version"), $"{Version} in a truth file");
            TruthJson.Expect(json, "direction", "moving_to_fixed");
            TruthJson.Expect(json, "axes", "zyx");
            TruthJson.Expect(json, "unit", "nm");
            var rows = new double[16];
            JsonElement matrix = TruthJson.Array(json, "matrix");
            if (matrix.GetArrayLength() != 4) throw BadInputException.ForParameter("matrix", matrix.GetArrayLength() + " rows", "4 rows of 4 numbers");
            for (int r = 0; r < 4; r++) TruthJson.Numbers(matrix[r], "matrix", 4).CopyTo(rows, 4 * r);
            JsonElement deformation = TruthJson.Get(json, "deformation");
            return new ClemTruth(
                new TruthTransform(new AffineTransform(rows.AsSpan(0, 12)),
                    deformation.ValueKind == JsonValueKind.Null ? null : SmoothDeformation.Read(deformation)),
                ClemSimulationOptions.Read(TruthJson.Get(json, "options")),
                [.. TruthJson.Array(json, "mitochondria").EnumerateArray().Select(m => new SimulatedMitochondrion(
                    (int)TruthJson.Number(m, "label"), (long)TruthJson.Number(m, "voxels"), TruthJson.Flag(m, "missing"),
                    TruthJson.Number(m, "brightness"), TruthJson.Number(m, "length"), TruthJson.Number(m, "radius"),
                    (int)TruthJson.Number(m, "branches")))],
                [.. TruthJson.Array(json, "false_objects").EnumerateArray().Select(f => new FalseObject(
                    TruthJson.Point(f, "centre"), TruthJson.Point(f, "radii"), TruthJson.Number(f, "brightness")))]);
        }
    }

    private static void WritePoint(Utf8JsonWriter json, string name, Point3 p)
    {
        json.WriteStartArray(name);
        for (int a = 0; a < 3; a++) json.WriteNumberValue(p[a]);
        json.WriteEndArray();
    }
}

/// <summary>Reads a truth file; what is missing or of another kind is named.</summary>
internal static class TruthJson
{
    public static JsonElement Get(JsonElement json, string name) =>
        json.ValueKind == JsonValueKind.Object && json.TryGetProperty(name, out JsonElement value)
            ? value
            : throw new BadInputException($"The truth file has no {name}. Give the truth.json that simulate wrote.");

    public static double Number(JsonElement json, string name)
    {
        JsonElement value = Get(json, name);
        return value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out double n) ? n : throw Refuse(name, value, "a number");
    }

    public static string? Text(JsonElement json, string name)
    {
        JsonElement value = Get(json, name);
        return value.ValueKind == JsonValueKind.String ? value.GetString() : throw Refuse(name, value, "a text");
    }

    public static bool Flag(JsonElement json, string name)
    {
        JsonElement value = Get(json, name);
        return value.ValueKind is JsonValueKind.True or JsonValueKind.False ? value.GetBoolean() : throw Refuse(name, value, "true or false");
    }

    public static void Expect(JsonElement json, string name, string wanted)
    {
        string? text = Text(json, name);
        if (text != wanted) throw BadInputException.ForParameter(name, text, wanted + " in a truth file");
    }

    public static JsonElement Array(JsonElement json, string name)
    {
        JsonElement value = Get(json, name);
        return value.ValueKind == JsonValueKind.Array ? value : throw Refuse(name, value, "a list");
    }

    public static double[] Numbers(JsonElement json, string name, int? count)
    {
        JsonElement list = json.ValueKind == JsonValueKind.Array ? json : Array(json, name);
        var numbers = new double[list.GetArrayLength()];
        if (count is not null && numbers.Length != count) throw Refuse(name, list, $"a list of {count} numbers");
        for (int i = 0; i < numbers.Length; i++)
            if (list[i].ValueKind != JsonValueKind.Number || !list[i].TryGetDouble(out numbers[i])) throw Refuse(name, list[i], "a number");
        return numbers;
    }

    public static Point3 Point(JsonElement json, string name)
    {
        double[] n = Numbers(json, name, 3);
        return new Point3(n[0], n[1], n[2]);
    }

    private static BadInputException Refuse(string name, JsonElement value, string allowed) =>
        BadInputException.ForParameter(name, value.GetRawText(), allowed + " in a truth file");
}

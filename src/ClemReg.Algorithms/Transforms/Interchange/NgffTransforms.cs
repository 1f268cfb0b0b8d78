using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Json.Nodes;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Transforms.Interchange;

/// <summary>
/// An affine in the metadata of an OME-Zarr scene (OME-NGFF 0.6, RFC 5): from the coordinate system fluorescence to the coordinate system em,
/// rows and columns in the order of the axes. Experimental: few readers know version 0.6.
/// </summary>
public sealed class NgffAffine : ITransformFormat
{
    /// <summary>The version that is written.</summary>
    internal const string Version = "0.6";

    private static readonly string[] Zyx = ["z", "y", "x"];

    /// <inheritdoc/>
    public string Name => "ngff_affine";

    /// <inheritdoc/>
    public string Title => "OME-NGFF 0.6 affine (experimental)";

    /// <inheritdoc/>
    public IReadOnlyList<OutputFile> Write(ExportSource source)
    {
        AffineTransform affine = source.Affine(Name);
        var rows = new JsonArray();
        for (int i = 0; i < 3; i++)
        {
            double t = affine[i, 3] / source.Unit.Nanometres;
            rows.Add((JsonNode)new JsonArray(affine[i, 0], affine[i, 1], affine[i, 2], t));
        }
        JsonObject scene = Scene(source.Unit, new JsonObject { ["type"] = "affine", ["affine"] = rows });
        return OutputFile.Single(scene.ToJsonString(JsonOptions) + "\n");
    }

    internal static JsonSerializerOptions JsonOptions { get; } = new() { WriteIndented = true };

    /// <summary>The zarr.json of a group whose scene has the one transform.</summary>
    internal static JsonObject Scene(LengthUnit unit, JsonObject transform)
    {
        transform["name"] = "fluorescence to em";
        transform["input"] = new JsonObject { ["name"] = "fluorescence" };
        transform["output"] = new JsonObject { ["name"] = "em" };
        return Group(new JsonObject
        {
            ["version"] = Version,
            ["scene"] = new JsonObject
            {
                ["coordinateSystems"] = new JsonArray(CoordinateSystem("fluorescence", Axes(unit)), CoordinateSystem("em", Axes(unit))),
                ["coordinateTransformations"] = new JsonArray(transform),
            },
        });
    }

    internal static JsonObject Group(JsonObject ome) => new() { ["zarr_format"] = 3, ["node_type"] = "group", ["attributes"] = new JsonObject { ["ome"] = ome } };

    internal static JsonObject CoordinateSystem(string name, JsonArray axes) => new() { ["name"] = name, ["axes"] = axes };

    internal static JsonArray Axes(LengthUnit unit)
    {
        var axes = new JsonArray();
        foreach (string axis in Zyx) axes.Add((JsonNode)new JsonObject { ["name"] = axis, ["type"] = "space", ["unit"] = unit.LongName });
        return axes;
    }

    /// <inheritdoc/>
    public bool Recognises(string text) => text.Contains("\"coordinateTransformations\"", StringComparison.Ordinal) && text.Contains("\"ome\"", StringComparison.Ordinal);

    /// <inheritdoc/>
    public ImportedTransform Read(ImportSource source)
    {
        using JsonDocument document = JsonFile.Parse(source);
        JsonElement root = document.RootElement;
        if (JsonFile.TryGet(root, "attributes", out JsonElement attributes)) root = attributes;
        if (JsonFile.TryGet(root, "ome", out JsonElement ome)) root = ome;
        if (JsonFile.TryGet(root, "version", out JsonElement version) && version.ValueKind == JsonValueKind.String && !version.GetString()!.StartsWith(Version, StringComparison.Ordinal))
            throw source.Bad($"version {version.GetString()}: affine transforms came with OME-NGFF {Version}.");
        if (!JsonFile.TryGet(root, "scene", out JsonElement scene)) throw source.Bad("there is no \"scene\". The transform between two images stands in the zarr.json of the group that holds both.");
        if (!JsonFile.TryGet(scene, "coordinateTransformations", out JsonElement list) || list.ValueKind != JsonValueKind.Array || list.GetArrayLength() == 0)
            throw source.Bad("\"scene\" has no \"coordinateTransformations\".");
        JsonElement chosen = Choose(source, list);
        LengthUnit unit = SystemOf(source, scene, chosen, "input") ?? source.Unit;
        LengthUnit outputUnit = SystemOf(source, scene, chosen, "output") ?? unit;
        if (unit != outputUnit) throw source.Bad($"the input counts in {unit.Name} and the output in {outputUnit.Name}; one unit for both is needed.");
        return new ImportedTransform(Map(source, chosen, unit));
    }

    private static JsonElement Choose(ImportSource source, JsonElement list)
    {
        if (source.Item.Length == 0 && list.GetArrayLength() == 1) return list[0];
        var names = new List<string>();
        foreach (JsonElement transform in list.EnumerateArray())
        {
            string name = JsonFile.TryGet(transform, "name", out JsonElement n) && n.ValueKind == JsonValueKind.String ? n.GetString()! : "(no name)";
            if (source.Item.Length > 0 && name == source.Item) return transform;
            names.Add(name);
        }
        throw source.Bad(source.Item.Length > 0
            ? $"there is no transform named {source.Item}. Names: {string.Join(", ", names)}."
            : $"there are {names.Count} transforms ({string.Join(", ", names)}). Name the one from fluorescence to EM with item.");
    }

    // The unit of a coordinate system that stands in the same file; null where it stands in the image's own.
    private static LengthUnit? SystemOf(ImportSource source, JsonElement scene, JsonElement transform, string side)
    {
        if (!JsonFile.TryGet(transform, side, out JsonElement reference) || !JsonFile.TryGet(reference, "name", out JsonElement name)
            || JsonFile.TryGet(reference, "path", out _) || !JsonFile.TryGet(scene, "coordinateSystems", out JsonElement systems) || systems.ValueKind != JsonValueKind.Array) return null;
        foreach (JsonElement system in systems.EnumerateArray())
        {
            if (!JsonFile.TryGet(system, "name", out JsonElement own) || own.GetRawText() != name.GetRawText() || !JsonFile.TryGet(system, "axes", out JsonElement axes)) continue;
            var names = new List<string?>();
            LengthUnit? unit = null;
            foreach (JsonElement axis in axes.EnumerateArray())
            {
                names.Add(JsonFile.TryGet(axis, "name", out JsonElement n) ? n.GetString() : null);
                if (!JsonFile.TryGet(axis, "unit", out JsonElement u) || u.ValueKind != JsonValueKind.String) continue;
                LengthUnit one = LengthUnit.Parse(u.GetString()!, $"{source.File}, coordinate system {name.GetString()}");
                if (unit is not null && unit != one) throw source.Bad($"the axes of {name.GetString()} have different units.");
                unit = one;
            }
            if (!names.SequenceEqual(Zyx)) throw source.Bad($"the axes of {name.GetString()} are {string.Join(", ", names)}; z, y, x can be read.");
            return unit;
        }
        return null;
    }

    private static AffineTransform Map(ImportSource source, JsonElement transform, LengthUnit unit)
    {
        string type = JsonFile.TryGet(transform, "type", out JsonElement t) && t.ValueKind == JsonValueKind.String ? t.GetString()! : "(none)";
        switch (type)
        {
            case "identity":
                return AffineTransform.Identity;
            case "scale":
                double[] s = Numbers(Get("scale"), 3);
                return new AffineTransform([s[0], 0, 0, 0, 0, s[1], 0, 0, 0, 0, s[2], 0]);
            case "translation":
                double[] o = Numbers(Get("translation"), 3);
                return new AffineTransform([1, 0, 0, o[0] * unit.Nanometres, 0, 1, 0, o[1] * unit.Nanometres, 0, 0, 1, o[2] * unit.Nanometres]);
            case "affine" or "rotation":
                JsonElement rows = Get(type);
                int columns = type == "affine" ? 4 : 3;
                if (rows.ValueKind != JsonValueKind.Array || rows.GetArrayLength() != 3) throw source.Bad($"\"{type}\" must be 3 rows of {columns} numbers (axes z, y, x).");
                var numbers = new double[12];
                for (int i = 0; i < 3; i++) Numbers(rows[i], columns).CopyTo(numbers, i * 4);
                for (int i = 0; i < 3; i++) numbers[i * 4 + 3] *= unit.Nanometres;
                return new AffineTransform(numbers);
            case "sequence":
                AffineTransform total = AffineTransform.Identity;
                foreach (JsonElement part in Get("transformations").EnumerateArray()) total = total.Then(Map(source, part, unit));
                return total;
            case "bijection":
                return Map(source, Get("forward"), unit);
            default:
                throw source.Bad($"a transform of type {type} cannot be read; affine, rotation, scale, translation, identity and sequences of them can.");
        }

        JsonElement Get(string key) => JsonFile.TryGet(transform, key, out JsonElement value) ? value : throw source.Bad($"a transform of type {type} has no \"{key}\".");

        double[] Numbers(JsonElement list, int count)
        {
            if (list.ValueKind != JsonValueKind.Array || list.GetArrayLength() != count) throw source.Bad($"\"{type}\": {count} numbers are needed where {Xyz.Short(list.GetRawText())} stands (axes z, y, x).");
            var values = new double[count];
            for (int i = 0; i < count; i++)
                if (list[i].ValueKind != JsonValueKind.Number || !list[i].TryGetDouble(out values[i]) || !double.IsFinite(values[i])) throw source.Bad($"\"{type}\": {Xyz.Short(list[i].GetRawText())} is not a number.");
            return values;
        }
    }
}

/// <summary>
/// A displacement field in an OME-Zarr group (OME-NGFF 0.6, RFC 5): for points of a lattice over the fluorescence, how far each goes, axes z,
/// y, x, 32-bit floats. Experimental, and written only.
/// </summary>
public sealed class NgffDisplacements : ITransformFormat
{
    private const string Field = "coordinateTransformations/displacements";

    /// <inheritdoc/>
    public string Name => "ngff_displacements";

    /// <inheritdoc/>
    public string Title => "OME-NGFF 0.6 displacements (experimental)";

    /// <inheritdoc/>
    public IReadOnlyList<OutputFile> Write(ExportSource source)
    {
        if (source.Moving is null || !source.MovingSizeKnown)
            throw new BadInputException("A displacement field lies on a lattice over the fluorescence, whose extent is not known. Give the image as moving.");
        Grid lattice = Lattice.GridOver(source.Moving, source.ControlPoints);
        Size3 n = lattice.Size;
        double u = source.Unit.Nanometres;
        DisplacementField field = DisplacementField.Sample(source.Transform, lattice, source.Job);
        float[] values = [.. field.Coefficients.ToArray().Select(d => (float)(d / u))];
        // Zarr's bytes codec is told to be little-endian.
        if (!BitConverter.IsLittleEndian) throw new PlatformNotSupportedException();
        byte[] chunk = MemoryMarshal.AsBytes(values.AsSpan()).ToArray();

        JsonObject scene = NgffAffine.Scene(source.Unit, new JsonObject { ["type"] = "displacements", ["path"] = Field, ["interpolation"] = "linear" });
        JsonArray axes = NgffAffine.Axes(source.Unit);
        axes.Insert(0, (JsonNode)new JsonObject { ["name"] = "d", ["type"] = "displacement", ["discrete"] = true });
        Point3 step = lattice.Spacing, origin = lattice.Origin;
        JsonObject group = NgffAffine.Group(new JsonObject
        {
            ["version"] = NgffAffine.Version,
            ["multiscales"] = new JsonArray(new JsonObject
            {
                ["name"] = "displacements",
                ["coordinateSystems"] = new JsonArray(NgffAffine.CoordinateSystem("fluorescence", axes)),
                ["datasets"] = new JsonArray(new JsonObject
                {
                    ["path"] = "s0",
                    ["coordinateTransformations"] = new JsonArray(new JsonObject
                    {
                        ["type"] = "sequence",
                        ["input"] = new JsonObject { ["path"] = "s0" },
                        ["output"] = new JsonObject { ["name"] = "fluorescence" },
                        ["transformations"] = new JsonArray(
                            new JsonObject { ["type"] = "scale", ["scale"] = new JsonArray(1.0, step.Z / u, step.Y / u, step.X / u) },
                            new JsonObject { ["type"] = "translation", ["translation"] = new JsonArray(0.0, origin.Z / u, origin.Y / u, origin.X / u) }),
                    }),
                }),
            }),
        });
        var array = new JsonObject
        {
            ["zarr_format"] = 3,
            ["node_type"] = "array",
            ["shape"] = new JsonArray(3, n.Z, n.Y, n.X),
            ["data_type"] = "float32",
            ["chunk_grid"] = new JsonObject { ["name"] = "regular", ["configuration"] = new JsonObject { ["chunk_shape"] = new JsonArray(3, n.Z, n.Y, n.X) } },
            ["chunk_key_encoding"] = new JsonObject { ["name"] = "default", ["configuration"] = new JsonObject { ["separator"] = "/" } },
            ["fill_value"] = 0,
            ["codecs"] = new JsonArray(new JsonObject { ["name"] = "bytes", ["configuration"] = new JsonObject { ["endian"] = "little" } }),
            ["attributes"] = new JsonObject(),
            ["dimension_names"] = new JsonArray("d", "z", "y", "x"),
        };
        var between = new JsonObject { ["zarr_format"] = 3, ["node_type"] = "group", ["attributes"] = new JsonObject() };
        source.Notes.Add($"The displacements are sampled at {n.Z} x {n.Y} x {n.X} points (z, y, x); raise control_points for a finer field.");
        return
        [
            Json("zarr.json", scene), Json("coordinateTransformations/zarr.json", between), Json(Field + "/zarr.json", group), Json(Field + "/s0/zarr.json", array),
            new OutputFile(Field + "/s0/c/0/0/0/0", null, chunk),
        ];
    }

    private static OutputFile Json(string path, JsonObject json) => new(path, json.ToJsonString(NgffAffine.JsonOptions) + "\n");

    /// <inheritdoc/>
    public bool Recognises(string text) => false;

    /// <inheritdoc/>
    public bool CanRead => false;

    /// <inheritdoc/>
    public ImportedTransform Read(ImportSource source) =>
        throw new BadInputException("ngff_displacements can be written but not read: its values stand in other files than its zarr.json. Import landmarks instead.");
}

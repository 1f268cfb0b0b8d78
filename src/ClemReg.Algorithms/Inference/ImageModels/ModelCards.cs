using System.Text.Json;
using ClemReg.Algorithms.Inference.Models;
using ClemReg.Algorithms.Parameters;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Inference.ImageModels;

/// <summary>Finds out what must be known about a model: from its card, from bioimage.io's description, or from the model itself.</summary>
public static class ModelCards
{
    /// <summary>The key under which a model may hold its card's JSON itself.</summary>
    public const string MetadataKey = "clemreg.card";

    private const int LongestFile = 1 << 20;
    private static readonly string[] Keys = ["name", "volumetric", "input", "channels", "pixel_size_nm", "normalisation", "tile", "overlap", "multiple_of", "outputs", "threshold", "comment"];

    /// <summary>The card of a model: NAME.json beside NAME.onnx, else rdf.yaml there if it names this model, else the model's metadata, else what its inputs and outputs tell.</summary>
    /// <param name="path">The model's file.</param>
    /// <param name="model">What it holds.</param>
    /// <param name="job">Its log hears where the card comes from, and what was assumed.</param>
    /// <exception cref="BadInputException">A card has an unknown key or a value that is not allowed.</exception>
    /// <exception cref="ModelException">The model is none that takes an image and gives probabilities.</exception>
    public static ModelCard Find(string path, ModelDescription model, Job job)
    {
        string folder = Path.GetDirectoryName(Path.GetFullPath(path))!, name = Path.GetFileName(path);
        ModelCard assumed = Assumed(model);
        foreach (string file in (string[])[Path.ChangeExtension(name, ".json"), name + ".json"])
        {
            if (!File.Exists(Path.Combine(folder, file))) continue;
            job.Log($"The model's card is {file}.");
            return Read(Text(Path.Combine(folder, file)), file, assumed);
        }
        foreach (string file in (string[])["rdf.yaml", "bioimageio.yaml"])
        {
            string full = Path.Combine(folder, file);
            if (!File.Exists(full) || BioimageDescription.Read(Text(full), file, model, assumed) is not { } card) continue;
            job.Log($"The model is described by {file} (bioimage.io).");
            return card;
        }
        if (model.Metadata.TryGetValue(MetadataKey, out string? text))
        {
            job.Log("The model holds its own card.");
            return Read(text, $"{name}, {MetadataKey}", assumed);
        }
        job.Log($"{name} has no model card, so intensities of 0 to 1 and the output {assumed.Probability.Output} are used, and the image's pixel size is taken to be right. A file {Path.ChangeExtension(name, ".json")} beside it says otherwise (docs/model-cards.md).");
        return assumed.Checked(name);
    }

    /// <summary>Reads a card.</summary>
    /// <param name="json">Its text.</param>
    /// <param name="file">What messages call it.</param>
    /// <param name="assumed">Holds for what it leaves out.</param>
    /// <exception cref="BadInputException">It is no JSON, or has an unknown key or a value that is not allowed.</exception>
    public static ModelCard Read(string json, string file, ModelCard assumed)
    {
        JsonDocument document;
        try
        {
            document = JsonDocument.Parse(json, new JsonDocumentOptions { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true });
        }
        catch (JsonException e)
        {
            throw new BadInputException($"{file} is not JSON: {e.Message}", e);
        }
        using (document)
        {
            var card = new CardJson(document.RootElement, file, "");
            card.Only(Keys);
            CardJson outputs = card.Object("outputs", "probability", "boundary"), normalisation = card.Object("normalisation", "kind", "mean", "std", "percentiles", "whole_volume");
            Normalisation n = assumed.Normalisation;
            double[]? percentiles = normalisation.Numbers("percentiles", 2);
            return (assumed with
            {
                Name = card.Text("name") ?? assumed.Name,
                Input = card.Text("input") ?? assumed.Input,
                Volumetric = card.Flag("volumetric") ?? assumed.Volumetric,
                Channels = card.Whole("channels") ?? assumed.Channels,
                PixelNm = card.Lengths("pixel_size_nm") ?? assumed.PixelNm,
                Normalisation = n with
                {
                    Kind = normalisation.Choice("kind", NormalisationKind.Fixed, NormalisationKind.Standardise, NormalisationKind.Percentile) ?? n.Kind,
                    Mean = normalisation.Number("mean") ?? n.Mean,
                    StandardDeviation = normalisation.Number("std") ?? n.StandardDeviation,
                    LowPercentile = percentiles?[0] ?? n.LowPercentile,
                    HighPercentile = percentiles?[1] ?? n.HighPercentile,
                    WholeVolume = normalisation.Flag("whole_volume") ?? n.WholeVolume,
                },
                Tile = card.Sides("tile", 0) ?? assumed.Tile,
                Overlap = card.Sides("overlap", 0) ?? assumed.Overlap,
                MultipleOf = card.Sides("multiple_of", 1) ?? assumed.MultipleOf,
                Probability = Output(outputs, "probability", assumed.Probability) ?? assumed.Probability,
                Boundary = Output(outputs, "boundary", new CardOutput(assumed.Probability.Output, 1, assumed.Probability.Activation)) ?? assumed.Boundary,
                Threshold = card.Number("threshold") ?? assumed.Threshold,
            }).Checked(file);
        }
    }

    private static CardOutput? Output(CardJson outputs, string key, CardOutput assumed)
    {
        if (!outputs.Has(key)) return null;
        CardJson output = outputs.Object(key, "output", "channel", "activation");
        return new CardOutput(output.Text("output") ?? assumed.Output, output.Whole("channel") ?? assumed.Channel,
            output.Choice("activation", Activation.None, Activation.Sigmoid, Activation.Softmax) ?? assumed.Activation);
    }

    /// <summary>What a model's inputs and outputs tell.</summary>
    internal static ModelCard Assumed(ModelDescription model)
    {
        ModelPort? input = model.Inputs.FirstOrDefault(i => i.Axes is { Count: 4 or 5 }), output = model.Outputs.FirstOrDefault(o => o.Axes is null || o.Axes.Count == input?.Axes!.Count);
        if (input is null || output is null)
            throw new ModelException($"{model.File} is no model that finds a structure in images: it takes {string.Join("; ", model.Inputs)} and gives {string.Join("; ", model.Outputs)}, where an image (n, c, y, x) or a volume (n, c, z, y, x) and probabilities of the same axes are needed.");
        bool volumetric = input.Axes!.Count == 5;
        // Most networks halve their input four times at most.
        int multiple = 16;
        return new ModelCard
        {
            Name = model.File,
            Input = input.Name,
            Volumetric = volumetric,
            Channels = (int)(input.Axes[1].Size is >= 1 and <= 64 and var channels ? channels : 1),
            MultipleOf = new Size3(volumetric ? multiple : 1, multiple, multiple),
            Probability = new CardOutput(output.Name, 0, output.Name.Contains("logit", StringComparison.OrdinalIgnoreCase) ? Activation.Sigmoid : Activation.None),
        };
    }

    private static string Text(string path) => ModelFiles.Reading(Path.GetFileName(path), () =>
        new FileInfo(path).Length <= LongestFile ? File.ReadAllText(path)
            : throw new BadInputException($"{Path.GetFileName(path)} has more than {LongestFile} bytes: it is no description of a model."));

    /// <summary>An object in a card; absent ones have no keys.</summary>
    private readonly struct CardJson(JsonElement element, string file, string path)
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

        public int? Whole(string key) => Value(key) is not { } v ? null : v.ValueKind == JsonValueKind.Number && v.TryGetInt32(out int i) ? i : throw Bad(key, v, "a whole number");

        public T? Choice<T>(string key, params T[] choices) where T : struct, Enum
        {
            if (Value(key) is not { } v) return null;
            foreach (T choice in choices)
                if (v.ValueKind == JsonValueKind.String && string.Equals(v.GetString(), choice.ToString(), StringComparison.OrdinalIgnoreCase)) return choice;
            throw Bad(key, v, "one of " + string.Join(", ", choices.Select(c => c.ToString().ToLowerInvariant())));
        }

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
}

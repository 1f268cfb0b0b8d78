using System.Text.Json;
using ClemReg.Algorithms.Inference.Models;
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
        if (Beside(path, job) is { } own) return Read(own.Json, own.File, assumed);
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
        job.Log($"{name} has no model card: it is given the image's pixels as they are, of whatever size, with intensities of 0 to 1, and the output {assumed.Probability.Output} is used. Where it was trained on other pixels, say so in a file {Path.ChangeExtension(name, ".json")} beside it (docs/model-cards.md).");
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
        {
            string boxes = input?.Axes!.Count == 4 && model.Outputs.Any(o => o.Axes?.Count == 3) ? " A network that finds boxes (YOLO) is for Detect Objects (detect_objects)." : "";
            throw new ModelException($"{model.File} is no model that finds a structure in images: it takes {string.Join("; ", model.Inputs)} and gives {string.Join("; ", model.Outputs)}, where an image (n, c, y, x) or a volume (n, c, z, y, x) and probabilities of the same axes are needed.{boxes}");
        }
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

    /// <summary>The card beside a model, NAME.json or NAME.onnx.json; null where there is none.</summary>
    /// <param name="path">The model's file.</param>
    /// <param name="job">Its log hears of it.</param>
    internal static (string Json, string File)? Beside(string path, Job job)
    {
        string folder = Path.GetDirectoryName(Path.GetFullPath(path))!, name = Path.GetFileName(path);
        foreach (string file in (string[])[Path.ChangeExtension(name, ".json"), name + ".json"])
        {
            if (!File.Exists(Path.Combine(folder, file))) continue;
            job.Log($"The model's card is {file}.");
            return (Text(Path.Combine(folder, file)), file);
        }
        return null;
    }

    private static string Text(string path) => ModelFiles.Reading(Path.GetFileName(path), () =>
        new FileInfo(path).Length <= LongestFile ? File.ReadAllText(path)
            : throw new BadInputException($"{Path.GetFileName(path)} has more than {LongestFile} bytes: it is no description of a model."));
}

using System.Globalization;
using System.Text.Json;
using ClemReg.Algorithms.Inference.ImageModels;
using ClemReg.Algorithms.Inference.Models;

namespace ClemReg.Algorithms.Detection;

/// <summary>What must be known of a network that finds boxes: from NAME.json beside NAME.onnx, from the model's own texts, or from its layout.</summary>
public sealed record DetectorCard
{
    /// <summary>For messages and reports.</summary>
    public required string Name { get; init; }

    /// <summary>The names of its classes; empty where none are known.</summary>
    public IReadOnlyList<string> Classes { get; init; } = [];

    /// <summary>The outputs' layout; null: by their shapes.</summary>
    public YoloKind? Layout { get; init; }

    /// <summary>How an image is brought to the input; null: as usual for the layout.</summary>
    public FrameKind? Resize { get; init; }

    /// <summary>What white becomes, 1 or 255; null: as usual for the layout.</summary>
    public double? White { get; init; }

    /// <summary>The input's side where the model leaves it open, pixels.</summary>
    public int Side { get; init; } = 640;

    /// <summary>Anchors by stride, for heads that are not decoded.</summary>
    public IReadOnlyDictionary<int, YoloScale>? Scales { get; init; }

    /// <summary>Boxes of one class that overlap by more are one; null: as usual for the layout.</summary>
    public double? Overlap { get; init; }

    /// <summary>The power of the centres' distance in overlap, as in Darknet's greedynms; null: overlap is plain intersection over union.</summary>
    public double? Beta { get; init; }

    private const int LargestSide = 8192;
    private static readonly string[] Keys = ["name", "names", "layout", "resize", "white", "side", "anchors", "overlap", "beta_nms", "comment"];

    /// <summary>Finds a model's card.</summary>
    /// <param name="path">The model's file.</param>
    /// <param name="model">What it holds.</param>
    /// <param name="job">Its log hears where the card comes from.</param>
    /// <exception cref="BadInputException">The card has an unknown key or a value that is not allowed.</exception>
    public static DetectorCard Find(string path, ModelDescription model, Job job)
    {
        DetectorCard own = OfModel(model);
        return ModelCards.Beside(path, job) is { } card ? Read(card.Json, card.File, own) : own;
    }

    /// <summary>Reads a card.</summary>
    /// <param name="json">Its text.</param>
    /// <param name="file">What messages call it.</param>
    /// <param name="otherwise">Holds for what it leaves out.</param>
    /// <exception cref="BadInputException">It is no JSON, or has an unknown key or a value that is not allowed.</exception>
    public static DetectorCard Read(string json, string file, DetectorCard otherwise)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(json, new JsonDocumentOptions { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true });
            var card = new CardJson(document.RootElement, file, "");
            card.Only(Keys);
            DetectorCard read = otherwise with
            {
                Name = card.Text("name") ?? otherwise.Name,
                Classes = card.Texts("names") ?? otherwise.Classes,
                Layout = card.Choice("layout", Enum.GetValues<YoloKind>()) ?? otherwise.Layout,
                Resize = card.Choice("resize", Enum.GetValues<FrameKind>()) ?? otherwise.Resize,
                White = card.Number("white") ?? otherwise.White,
                Side = card.Whole("side") ?? otherwise.Side,
                Scales = Anchors(document.RootElement, file) ?? otherwise.Scales,
                Overlap = card.Number("overlap") ?? otherwise.Overlap,
                Beta = card.Number("beta_nms") ?? otherwise.Beta ?? (IsPublishedV4(document.RootElement) ? BoxSuppression.DarknetBeta : null),
            };
            if (read.White is not (null or 1 or 255)) throw Bad("white", read.White, "1 or 255");
            if (read.Side is < 32 or > LargestSide || read.Side % 32 != 0) throw Bad("side", read.Side, $"a multiple of 32 up to {LargestSide}");
            if (read.Overlap is { } overlap && !(overlap is >= 0 and <= 1)) throw Bad("overlap", overlap, "from 0 to 1");
            if (read.Beta is { } beta && !(beta > 0 && double.IsFinite(beta))) throw Bad("beta_nms", beta, "above 0; Darknet's own is 0.6");
            return read;
        }
        catch (JsonException e)
        {
            throw new BadInputException($"{file} is not JSON: {e.Message}", e);
        }

        BadInputException Bad(string key, object? value, string allowed) => BadInputException.ForParameter($"{file}: {key}", value, allowed);
    }

    /// <summary>Whether the anchors are those of a published configuration that has nms_kind=greedynms.</summary>
    private static bool IsPublishedV4(JsonElement card) => card.TryGetProperty("anchors", out JsonElement anchors) && anchors.ValueKind == JsonValueKind.String && anchors.GetString() is "yolov4" or "yolov4-tiny";

    /// <summary>"anchors": the name of a known network, or {"8": [12,16, 19,36, 40,28], "16": [...]} with pixels by stride.</summary>
    private static IReadOnlyDictionary<int, YoloScale>? Anchors(JsonElement card, string file)
    {
        if (!card.TryGetProperty("anchors", out JsonElement anchors) || anchors.ValueKind == JsonValueKind.Null) return null;
        const string allowed = "yolov3, yolov3-tiny, yolov4, yolov4-tiny, yolov5, or an object of lists of widths and heights by stride, such as {\"8\": [12,16, 19,36, 40,28]}";
        if (anchors.ValueKind == JsonValueKind.String && YoloScale.Of(anchors.GetString()!) is { } known) return known;
        var scales = new Dictionary<int, YoloScale>();
        if (anchors.ValueKind == JsonValueKind.Object)
            foreach (JsonProperty scale in anchors.EnumerateObject())
            {
                if (!int.TryParse(scale.Name, out int stride) || stride < 1 || scale.Value.ValueKind != JsonValueKind.Array || scale.Value.GetArrayLength() is var n && (n < 2 || n % 2 != 0)
                    || scale.Value.EnumerateArray().Any(v => v.ValueKind != JsonValueKind.Number || !(v.GetDouble() > 0))) throw Refused();
                double[] numbers = [.. scale.Value.EnumerateArray().Select(v => v.GetDouble())];
                scales[stride] = new YoloScale([.. numbers.Chunk(2).Select(p => (p[0], p[1]))]);
            }
        return scales.Count > 0 ? scales : throw Refused();

        BadInputException Refused() => BadInputException.ForParameter($"{file}: anchors", anchors.GetRawText(), allowed);
    }

    private static DetectorCard OfModel(ModelDescription model)
    {
        var card = new DetectorCard { Name = model.File };
        if (model.Metadata.TryGetValue("names", out string? text) && ClassNames.Read(text) is { } names) card = card with { Classes = names };
        if (model.Metadata.TryGetValue("imgsz", out string? side) && side.Trim('[', ']', ' ').Split(',') is var sides && int.TryParse(sides[^1], out int pixels) && pixels is >= 32 and <= LargestSide && pixels % 32 == 0)
            card = card with { Side = pixels };
        if (model.Metadata.TryGetValue(ModelMetadata.Resize, out string? resize) && Enum.TryParse(resize, ignoreCase: true, out FrameKind kind)) card = card with { Resize = kind };
        if (model.Metadata.TryGetValue(ModelMetadata.Beta, out string? power) && double.TryParse(power, NumberStyles.Float, CultureInfo.InvariantCulture, out double beta) && beta > 0) card = card with { Beta = beta };
        return card;
    }
}

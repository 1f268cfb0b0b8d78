using System.Globalization;
using System.Text.Json.Nodes;
using ClemReg.Algorithms.Datasets;
using ClemReg.Algorithms.Detection;
using ClemReg.Algorithms.Inference;
using ClemReg.Algorithms.Inference.Models;
using ClemReg.Algorithms.Parameters;
using ClemReg.Algorithms.Transforms.Interchange;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Pipelines;

/// <summary>Finds objects as boxes in each slice with a YOLO network.</summary>
internal static class DetectObjectsOperation
{
    private const string Boxes = "Boxes", Pieces = "Large slices";

    private static readonly DetectionOptions Standard = new();

    private static readonly NumberParameter Score = new("box_score", "Least score", Boxes, "", "Boxes of which the network is less sure are left out. Lower finds more, and more that is none.", Standard.Threshold, 0.001, 1)
    { Option = true };

    private static readonly NumberParameter Overlap = new("box_overlap", "Overlap", Boxes, "",
        "Of boxes of one class that overlap by more (intersection over union) the surest is kept; 0: as usual for the network (0.7 for YOLOv8 and later, else 0.45).", 0, 0, 1);

    private static readonly IntegerParameter Most = new("boxes_per_slice", "Boxes a slice", Boxes, "", "So many at most, the surest.", Standard.MostBoxes, 1, 100_000);

    private static readonly IntegerParameter Tile = new("detect_tile", "Tile", Pieces, "pixels",
        "The side of the pieces that a slice is cut into; 0: the whole slice is made as small as the network's input. For slices much larger than those of its training.", 0, 0, 16384)
    { Option = true };

    private static readonly IntegerParameter TileOverlap = new("detect_tile_overlap", "Overlap of tiles", Pieces, "pixels", "As large as the largest object, so that each is whole in one piece.", Standard.TileOverlap, 0, 8192)
    { Option = true };

    /// <summary>The parameters of a network that finds boxes, for an operation that needs such boxes.</summary>
    public static IReadOnlyList<Parameter> OfNetwork { get; } = [EmModel.Provider, EmModel.Intensities, Score, Overlap, Most, Tile, TileOverlap];

    public static Operation Definition { get; } = new(
        "detect_objects", "Detect Objects",
        "Finds organelles as boxes with a class in each slice of the EM, with a YOLO network (v3, v4, v5, v8 to v11, YOLOX) in ONNX. convert_model makes ONNX of Darknet's files.",
        [EmModel.ImagePort, new Port("model", PortKind.Model, "The ONNX model of a YOLO network. A file NAME.json beside NAME.onnx may name its classes (docs/model-cards.md).")],
        [new Port("boxes", PortKind.Text, "boxes.csv, obj.names, run.json, and for each slice a text of its boxes as Darknet and Ultralytics read it, labels/slice_0001.txt and so on, with the score as sixth number.")],
        OfNetwork,
        Run);

    /// <summary>The network that a request names, after it has looked at the image.</summary>
    /// <param name="Names">Its classes' names, as far as they are known.</param>
    /// <param name="Report">What run.json says of it.</param>
    internal sealed record Network(IReadOnlyList<string> Names, JsonObject Report)
    {
        /// <summary>The name of a class.</summary>
        public string Name(int number) => number < Names.Count ? Names[number] : ObjectBoxTable.Unnamed(number);
    }

    /// <summary>Finds boxes.</summary>
    /// <param name="request">Names the model and holds <see cref="OfNetwork"/>.</param>
    /// <param name="image">The EM; its slices are read in order, one at a time.</param>
    /// <param name="take">Gets a slice's number, from 0, and its boxes, the surest first.</param>
    /// <param name="job">The work.</param>
    internal static Network Detect(OperationRequest request, ISliceSource image, Action<int, IReadOnlyList<DetectedBox>> take, Job job)
    {
        string path = request.Path("model");
        var options = new DetectionOptions
        {
            Threshold = request.Values.Get(Score),
            Overlap = request.Values.Get(Overlap) is > 0 and var overlap ? overlap : null,
            MostBoxes = request.Values.Get(Most),
            Tile = request.Values.Get(Tile),
            TileOverlap = request.Values.Get(TileOverlap),
        };
        options.Check();
        (double? l, double? h) = EmModel.Range(request.Values.Get(EmModel.Intensities));
        (double low, double high) = GreyRange.Of(image.Type, l, h);
        ModelDescription description = job.Run("check_model", 0, 0.01, part => ModelLoader.Describe(path, part));
        DetectorCard card = DetectorCard.Find(path, description, job);
        var key = new OpenModelKey(Path.GetFullPath(path), ExecutionProviders.Parse(request.Values.Get(EmModel.Provider)), job.Threads, EmModel.Bundled(request));
        using OpenModel open = job.Run("load_model", 0.01, 0.03, part => ModelLoader.Open(key, description, [], null, part));
        var detector = new ObjectDetector(open.Session, card, job);
        job.Run<object?>("detect", 0.03, 1, part =>
        {
            detector.Detect(image, low, high, options, take, part);
            return null;
        });
        return new Network(card.Classes, new JsonObject
        {
            ["file"] = description.File,
            ["name"] = card.Name,
            ["layout"] = detector.Layout.Kind.ToString().ToLowerInvariant(),
            ["resize"] = detector.Frame.ToString().ToLowerInvariant(),
            ["input"] = new JsonArray(detector.InputSize.Height, detector.InputSize.Width),
            ["classes"] = new JsonArray([.. card.Classes.Select(c => (JsonNode)c)]),
            ["box_overlap"] = options.Overlap ?? detector.UsualOverlap,
            ["beta_nms"] = card.Beta,
            ["runtime"] = open.Runtime,
            ["provider"] = open.Session.Provider.Name(),
        });
    }

    private static OperationResult Run(OperationRequest request, Job job)
    {
        var image = request.Input<ISliceSource>("image");
        Size3 size = image.Grid.Size;
        var table = new ResultTable("boxes", "slice", "class", "name", "x", "y", "width", "height", "score");
        var files = new List<OutputFile>();
        var counts = new SortedDictionary<int, int>();
        var found = new List<SliceBox>();
        string digits = "D" + Math.Max(4, size.Z.ToString(CultureInfo.InvariantCulture).Length);
        Network network = Detect(request, image, (z, boxes) =>
        {
            foreach (DetectedBox b in boxes)
            {
                found.Add(new SliceBox(z, b));
                counts[b.Class] = counts.GetValueOrDefault(b.Class) + 1;
            }
            files.Add(new OutputFile($"labels/slice_{(z + 1).ToString(digits, CultureInfo.InvariantCulture)}.txt", YoloLabels.Write(boxes, size.Y, size.X, scores: true)));
        }, job);
        foreach ((int z, DetectedBox b) in found)
            table.Add(z + 1, b.Class, network.Name(b.Class), Math.Round(b.Left, 2), Math.Round(b.Top, 2), Math.Round(b.Right - b.Left, 2), Math.Round(b.Bottom - b.Top, 2), Math.Round(b.Score, 4));
        string summary = counts.Count == 0
            ? string.Create(CultureInfo.InvariantCulture, $"No box of {Words.Count(size.Z, "slice")} reaches the score {request.Values.Get(Score)}.")
            : $"{Words.Count(found.Count, "box")} in {Words.Count(size.Z, "slice")}: {string.Join(", ", counts.Select(c => $"{c.Value} {network.Name(c.Key)}"))}.";
        if (counts.Count == 0) job.Warn(summary + " Lower box_score, or check the intensities and the pixel size.");
        var run = new JsonObject
        {
            ["software_version"] = Operations.Version,
            ["model"] = network.Report,
            ["boxes"] = found.Count,
            ["parameters"] = request.Values.ToJson(),
            ["warnings"] = new JsonArray([.. job.Warnings.Select(w => (JsonNode)w)]),
        };
        files.Insert(0, new OutputFile("run.json", run.ToJsonString(NgffAffine.JsonOptions) + "\n"));
        files.Insert(0, new OutputFile("boxes.csv", table.Csv()));
        int named = Math.Max(network.Names.Count, counts.Count == 0 ? 0 : counts.Keys.Max() + 1);
        files.Add(new OutputFile("obj.names", string.Concat(Enumerable.Range(0, named).Select(c => network.Name(c) + "\n"))));
        var report = (JsonObject)run.DeepClone();
        report["summary"] = summary;
        report["tables"] = new JsonArray(table.Json());
        report["files"] = InterchangeOperations.Files(files);
        return new OperationResult(new Dictionary<string, object>(), report);
    }
}

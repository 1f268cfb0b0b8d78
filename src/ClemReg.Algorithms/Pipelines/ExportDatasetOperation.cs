using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using ClemReg.Algorithms.Datasets;
using ClemReg.Algorithms.Detection;
using ClemReg.Algorithms.Inference;
using ClemReg.Algorithms.Parameters;
using ClemReg.Algorithms.Transforms.Interchange;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Pipelines;

/// <summary>Writes annotated slices as a dataset on which a YOLO network is trained; writes its folder itself, because there may be many pictures.</summary>
internal static class ExportDatasetOperation
{
    private const string Dataset = "Dataset", Division = "Division", Both = "both", Darknet = "darknet", Ultralytics = "ultralytics", Fitted = "fitted";

    private static readonly ChoiceParameter Layout = new("dataset_layout", "Layout", Dataset,
        "darknet: texts beside the pictures, obj.data, train.txt, valid.txt, yolov4.cfg and yolov4-tiny.cfg. ultralytics: texts in labels, dataset.yaml. both: one folder for both.", Both, Both, Darknet, Ultralytics)
    { Option = true };

    private static readonly TextParameter Slices = new("slices", "Slices", Dataset,
        "Which slices: empty for those that are annotated (slices.csv beside the boxes, or else those that hold boxes), all, or a list such as 1,5,9-12. A slice without boxes tells the network what is none.", "", "empty, all, or slices such as 1,5,9-12")
    { Option = true };

    private static readonly NumberParameter MinimumScore = new("minimum_score", "Least score", Dataset, "", "Boxes of a network that is less sure are left out. Boxes drawn by hand have 1.", 0, 0, 1);

    private static readonly IntegerParameter Side = new("network_side", "Input of the network", Dataset, "pixels", "Width and height in the written .cfg files, a multiple of 32: slices are shrunk to it. Larger finds smaller objects and needs more memory.", 608, 32, 4096) { Option = true };

    private static readonly ChoiceParameter Anchors = new("anchors", "Anchors", Dataset,
        "The boxes from which the networks of the .cfg files reckon. fitted: to the boxes of the slices for training (k-means, as Darknet's calc_anchors). published: those of the published networks.", Fitted, Fitted, "published")
    { Option = true };

    private static readonly IntegerParameter Tile = new("dataset_tile", "Tile", Dataset, "pixels",
        "The side of the pieces that each slice is cut into, each a picture; 0: a slice is a picture. For slices much larger than the network's input: objects keep their size. Detect with the same detect_tile.", 0, 0, 16384)
    { Option = true };

    private static readonly IntegerParameter TileOverlap = new("dataset_tile_overlap", "Overlap of tiles", Dataset, "pixels", "As large as the largest object, so that each is whole in one piece. Of objects that are cut those count in a piece that lie in it by half.", 128, 0, 8192) { Option = true };

    private static readonly NumberParameter Validation = new("validation_share", "For validation", Division, "", "The share of the slices on which the network is measured while it is trained.", 0.2, 0, 0.9) { Option = true };

    private static readonly NumberParameter Test = new("test_share", "For the test", Division, "", "A further share that training does not see at all.", 0, 0, 0.9) { Option = true };

    private static readonly IntegerParameter Distance = new("split_distance", "Distance", Division, "slices",
        "Neighbouring slices are nearly copies of each other: those fewer than so many apart are all for training or all for validation, or the measured quality would be memory.", 10, 1, 100_000)
    { Option = true };

    private static readonly IntegerParameter Seed = new("seed", "Seed", Division, "", "Which blocks of slices are for validation, and where the fitting of anchors begins.", 1, 0, int.MaxValue);

    public static Operation Definition { get; } = new(
        "export_dataset", "Export Dataset",
        "Writes annotated slices as a dataset for YOLO networks (Darknet's and Ultralytics' layouts), with pictures as Detect Objects gives them to a network, divided by blocks of slices.",
        [
            new Port("image", PortKind.Sections, "The EM stack; only annotated slices are read."),
            new Port("boxes", PortKind.Boxes, "The boxes: a folder of Annotate or Detect Objects, boxes.csv, a folder of YOLO texts named by slice, or a zip of ROIs named by class."),
            new Port("names", PortKind.Text, "The classes by number, a name a line (obj.names); otherwise those of the boxes.", Required: false),
        ],
        [new Port("dataset", PortKind.Folder, "The folder to be written: images, labels, obj.names, obj.data, train.txt, valid.txt, yolov4.cfg, yolov4-tiny.cfg, dataset.yaml, dataset.json.")],
        [Layout, Slices, MinimumScore, Side, Anchors, Tile, TileOverlap, EmModel.Intensities, Validation, Test, Distance, Seed],
        Run);

    private static OperationResult Run(OperationRequest request, Job job)
    {
        ParameterValues values = request.Values;
        var image = request.Input<ISliceSource>("image");
        Size3 size = image.Grid.Size;
        string target = request.OptionalPath("dataset") ?? throw new BadInputException("out is missing: give the folder to be written.");
        if (values.Get(Side) % 32 != 0) throw BadInputException.ForParameter(Side.Name, values.Get(Side), "a multiple of 32", "Usual are 416, 512 and 608.");
        if (values.Get(Tile) is > 0 and < 32) throw BadInputException.ForParameter(Tile.Name, values.Get(Tile), "0 (whole slices) or 32 and more pixels");
        if (values.Get(Tile) > 0 && values.Get(TileOverlap) >= values.Get(Tile)) throw BadInputException.ForParameter(TileOverlap.Name, values.Get(TileOverlap), $"below {Tile.Name} = {values.Get(Tile)}", "Take the largest object's side.");
        (double? l, double? h) = EmModel.Range(values.Get(EmModel.Intensities));
        (double low, double high) = GreyRange.Of(image.Type, l, h);
        (ObjectBoxes boxes, string file) = BoxInput.Read(request, "boxes", size, BoxInput.Names(request), job);
        int[] slices = Chosen(values.Get(Slices), boxes, size.Z, file);
        if (boxes.Classes.Count == 0) throw new BadInputException($"boxes: {file} holds no boxes and names no classes, so there is nothing to train. Draw boxes with Annotate, or give names.");
        using var folder = new ResultFolder(target, request.Overwrite);

        SliceSplit split = SliceSplit.Of(slices, values.Get(Distance), values.Get(Validation), values.Get(Test), values.Get(Seed));
        ILookup<int, DetectedBox> bySlice = boxes.Boxes.Where(b => b.Box.Score >= values.Get(MinimumScore)).ToLookup(b => b.Slice, b => b.Box);
        var chosen = slices.Select((z, i) => (Slice: z, Use: split.Uses[i], Boxes: (IReadOnlyList<DetectedBox>)[.. bySlice[z]])).ToList();
        DatasetKinds kinds = values.Get(Layout) switch { Darknet => DatasetKinds.Darknet, Ultralytics => DatasetKinds.Ultralytics, _ => DatasetKinds.Darknet | DatasetKinds.Ultralytics };
        IReadOnlyList<SliceTile> tiles = SliceTile.Of(size, values.Get(Tile), values.Get(TileOverlap));
        IReadOnlyList<BoxSize>? anchors = null, tinyAnchors = null;
        if (kinds.HasFlag(DatasetKinds.Darknet) && values.Get(Anchors) == Fitted) (anchors, tinyAnchors) = Fit([.. chosen.Where(s => s.Use == SliceUse.Train).SelectMany(s => tiles.SelectMany(t => DatasetWriter.Within(s.Boxes, t)))], tiles[0], values, job);
        string stem = Stem(request);
        job.Run<object?>("pictures", 0, 1, part =>
        {
            DatasetWriter.Write(image, low, high, stem, boxes.Classes, chosen, kinds, tiles, (values.Get(Side), anchors, tinyAnchors), folder, part);
            return null;
        });
        if (tiles.Count > 1) job.Log($"Each slice is {tiles.Count} pictures of {tiles[0].Width} x {tiles[0].Height} pixels. Detect with detect_tile = {values.Get(Tile)}.");
        Tell(chosen, split, boxes, values, job);

        var table = new ResultTable("dataset", ["class", .. Uses(chosen).Select(u => DatasetLayout.Folder(u) + "_boxes")]);
        for (int c = 0; c < boxes.Classes.Count; c++) table.Add([boxes.Classes[c], .. Uses(chosen).Select(u => (object)chosen.Where(s => s.Use == u).Sum(s => s.Boxes.Count(b => b.Class == c)))]);
        string summary = string.Create(CultureInfo.InvariantCulture,
            $"{Words.Count(chosen.Count, "slice")} ({string.Join(", ", Uses(chosen).Select(u => $"{chosen.Count(s => s.Use == u)} {DatasetLayout.Folder(u)}"))}), {Words.Count(chosen.Sum(s => s.Boxes.Count), "box")} of {Words.Count(boxes.Classes.Count, "class")}.");
        var report = new JsonObject
        {
            ["format"] = "clemreg-dataset",
            ["version"] = 1,
            ["summary"] = summary,
            ["classes"] = new JsonArray([.. boxes.Classes.Select(c => (JsonNode)c)]),
            ["image_size_yx"] = new JsonArray(size.Y, size.X),
            ["intensity_range"] = new JsonArray(low, high),
            ["pictures_a_slice"] = tiles.Count,
            ["anchors"] = Sizes(anchors),
            ["tiny_anchors"] = Sizes(tinyAnchors),
            ["slices"] = new JsonArray([.. chosen.Select(s => (JsonNode)new JsonObject { ["slice"] = s.Slice + 1, ["use"] = DatasetLayout.Folder(s.Use), ["boxes"] = s.Boxes.Count })]),
            ["tables"] = new JsonArray(table.Json()),
            ["warnings"] = new JsonArray([.. job.Warnings.Select(w => (JsonNode)w)]),
            ["parameters"] = values.ToJson(),
            ["software"] = new JsonObject { ["name"] = "ClemReg.Fiji", ["version"] = Operations.Version },
        };
        folder.Write(DatasetLayout.Report, stream => stream.Write(Encoding.UTF8.GetBytes(report.ToJsonString(NgffAffine.JsonOptions) + "\n")));
        job.ThrowIfCancelled();
        folder.Commit();
        return new OperationResult(new Dictionary<string, object>(), report);
    }

    private static JsonArray? Sizes(IReadOnlyList<BoxSize>? anchors) => anchors is null ? null : new JsonArray([.. anchors.Select(a => (JsonNode)new JsonArray(a.Width, a.Height))]);

    /// <summary>The anchors of both networks; null where there are too few boxes.</summary>
    private static (IReadOnlyList<BoxSize>?, IReadOnlyList<BoxSize>?) Fit(IReadOnlyList<DetectedBox> boxes, SliceTile tile, ParameterValues values, Job job)
    {
        // Darknet stretches pictures to the network's input.
        double side = values.Get(Side);
        BoxSize[] sizes = [.. boxes.Where(b => b.Area > 0).Select(b => new BoxSize((b.Right - b.Left) * side / tile.Width, (b.Bottom - b.Top) * side / tile.Height))];
        return (One("yolov4.cfg", DarknetTemplate.Anchors), One("yolov4-tiny.cfg", DarknetTemplate.TinyAnchors));

        IReadOnlyList<BoxSize>? One(string file, IReadOnlyList<BoxSize> published)
        {
            IReadOnlyList<BoxSize>? own = BoxAnchors.Fit(sizes, published.Count, values.Get(Seed));
            job.Log(own is null ? $"{file}: the published anchors, as there are fewer than {published.Count} different boxes."
                : FormattableString.Invariant($"{file}: anchors fitted to {sizes.Length} boxes; they meet them at a mean IoU of {BoxAnchors.MeanOverlap(sizes, own):0.00}, the published ones at {BoxAnchors.MeanOverlap(sizes, published):0.00}."));
            return own;
        }
    }

    private static IEnumerable<SliceUse> Uses(List<(int Slice, SliceUse Use, IReadOnlyList<DetectedBox> Boxes)> slices) => slices.Select(s => s.Use).Distinct().Order();

    private static int[] Chosen(string text, ObjectBoxes boxes, int slices, string file)
    {
        if (text.Trim() == "all") return [.. Enumerable.Range(0, slices)];
        if (text.Trim().Length > 0) return SliceChoice.Read(text, slices, Slices.Name);
        return boxes.Slices.Count > 0 ? [.. boxes.Slices]
            : throw new BadInputException($"boxes: {file} holds no annotated slice. Draw boxes with Annotate, or name the slices (slices=1,5,9-12).");
    }

    private static void Tell(List<(int Slice, SliceUse Use, IReadOnlyList<DetectedBox> Boxes)> slices, SliceSplit split, ObjectBoxes boxes, ParameterValues values, Job job)
    {
        if (slices.Count > 1) job.Log($"Neighbouring slices are nearly copies of each other: slices fewer than {values.Get(Distance)} apart are on one side of the division.");
        if (split.Cut)
            job.Warn($"The annotated slices lie so near to each other that a block of them had to be cut: slices fewer than split_distance = {values.Get(Distance)} apart are in training and in validation, so the measured quality will be too good. Annotate slices in another part of the stack.");
        if (slices.Count == 1) job.Warn("One slice only is annotated: none is left for validation, which is done on the training's. Annotate about 20.");
        foreach (int c in Enumerable.Range(0, boxes.Classes.Count))
            if (slices.All(s => s.Use != SliceUse.Train || s.Boxes.All(b => b.Class != c))) job.Warn($"No box of {boxes.Classes[c]} is in the slices for training: the network cannot learn it.");
    }

    /// <summary>The image's name as the beginning of files' names.</summary>
    private static string Stem(OperationRequest request)
    {
        string stem = string.Concat(Path.GetFileNameWithoutExtension(InterchangeOperations.NameOf(request.Extra, "image") ?? "").Select(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' ? c : '_'));
        return stem.Length == 0 ? "slice" : stem;
    }
}

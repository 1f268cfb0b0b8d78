using System.Globalization;
using System.Text.Json.Nodes;
using ClemReg.Algorithms.Datasets;
using ClemReg.Algorithms.Parameters;
using ClemReg.Algorithms.Transforms.Interchange;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Pipelines;

/// <summary>Reads a dataset of YOLO networks back as boxes in slices.</summary>
internal static class ImportDatasetOperation
{
    private static readonly ChoiceParameter Numbers = new("slice_numbers", "Numbers of slices", "Dataset",
        "name: the number at the end of a picture's name, counted from 1. order: the pictures are the stack's slices in the order of their names.", "name", "name", "order")
    { Option = true };

    public static Operation Definition { get; } = new(
        "import_dataset", "Import Dataset",
        "Reads a dataset for YOLO networks (Darknet's obj.data, Ultralytics' dataset.yaml, or a folder of YOLO_mark) as boxes in the slices of a stack: boxes.csv, obj.names, slices.csv and ROIs.",
        [
            new Port("dataset", PortKind.Folder, "The dataset's folder."),
            new Port("image", PortKind.Sections, "The stack that the pictures are slices of: sizes and numbers are checked against it.", Required: false),
            new Port("names", PortKind.Text, "The classes by number, a name a line (obj.names), where the dataset has none.", Required: false),
        ],
        [new Port("boxes", PortKind.Text, "boxes.csv, obj.names, slices.csv, rois.zip and run.json: a folder that Annotate opens.")],
        [Numbers],
        Run);

    private static OperationResult Run(OperationRequest request, Job job)
    {
        Size3? size = request.OptionalInput<ISliceSource>("image")?.Grid.Size;
        ObjectBoxes boxes = DatasetReader.Read(request.Path("dataset"), size is { } s ? (s.Z, s.Y, s.X) : null, BoxInput.Names(request),
            request.Values.Get(Numbers) == "order" ? SliceNumbers.Order : SliceNumbers.Name, job);
        var table = new ResultTable("boxes", "slice", "class", "name", "x", "y", "width", "height", "score");
        foreach ((int slice, Detection.DetectedBox b) in boxes.Boxes)
            table.Add(slice + 1, b.Class, boxes.Classes[b.Class], Math.Round(b.Left, 2), Math.Round(b.Top, 2), Math.Round(b.Right - b.Left, 2), Math.Round(b.Bottom - b.Top, 2), Math.Round(b.Score, 4));
        string summary = string.Create(CultureInfo.InvariantCulture, $"{Words.Count(boxes.Boxes.Count, "box")} of {Words.Count(boxes.Classes.Count, "class")} in {Words.Count(boxes.Slices.Count, "annotated slice")}.");
        var run = new JsonObject
        {
            ["software_version"] = Operations.Version,
            ["dataset"] = Path.GetFileName(Path.TrimEndingDirectorySeparator(request.Path("dataset"))),
            ["classes"] = new JsonArray([.. boxes.Classes.Select(c => (JsonNode)c)]),
            ["slices"] = boxes.Slices.Count,
            ["boxes"] = boxes.Boxes.Count,
            ["parameters"] = request.Values.ToJson(),
            ["warnings"] = new JsonArray([.. job.Warnings.Select(w => (JsonNode)w)]),
        };
        var report = (JsonObject)run.DeepClone();
        report["summary"] = summary;
        report["tables"] = new JsonArray(table.Json());
        report["files"] = InterchangeOperations.Files(
        [
            new OutputFile(ObjectBoxFolder.BoxesFile, ObjectBoxTable.Write(boxes)),
            new OutputFile(ObjectBoxFolder.NamesFile, string.Concat(boxes.Classes.Select(c => c + "\n"))),
            new OutputFile(ObjectBoxFolder.SlicesFile, ObjectBoxTable.WriteSlices(boxes.Slices.Select(z => (z, true)))),
            new OutputFile("run.json", run.ToJsonString(NgffAffine.JsonOptions) + "\n"),
        ]);
        return new OperationResult(new Dictionary<string, object>(), report);
    }
}

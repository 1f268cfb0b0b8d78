using System.Globalization;
using System.Text.Json.Nodes;
using ClemReg.Algorithms.Cells;
using ClemReg.Algorithms.Evaluation;
using ClemReg.Algorithms.Parameters;
using ClemReg.Algorithms.Transforms.Interchange;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Pipelines;

/// <summary>Turns cells' boxes into fields of view for an electron microscope, on its stage.</summary>
internal static class ExportFieldsOperation
{
    private const string Fields = "Fields", Time = "Time", AsGiven = "as_given", AllCells = "all_cells", Auto = "auto";

    private static readonly ChoiceParameter Coverage = new("coverage", "Coverage", Fields,
        string.Create(CultureInfo.InvariantCulture, $"as_given: with the margins below. all_cells: at least 99 % of the true cells' area, by what was measured (docs/benchmarks.md): every box counts whatever its score, with a margin of {100 * FieldOptions.AllCellsShare:0.#} % of it on each side and {FieldOptions.AllCellsSections} section more before and after, or with one section only of {100 * FieldOptions.AllCellsShareOfOne:0.#} %; what is given below counts where it is more."),
        AsGiven, AsGiven, AllCells)
    { Option = true };

    private static readonly NumberParameter Margin = new("margin", "Margin", Fields, "um", "Room on each side of a cell's box.", 0, 0, 1e5) { Option = true };
    private static readonly NumberParameter MarginShare = new("margin_share", "Margin, share of the box", Fields, "", "Further room on each side, as a share of the box's width and height.", 0, 0, 10) { Option = true };
    private static readonly NumberParameter MinimumScore = new("minimum_score", "Least score", Fields, "", "Boxes with a lower score are left out.", 0, 0, 1);

    private static readonly ChoiceParameter Link = new("link_sections", "Link sections", Fields,
        "What is one cell, and so one field through all its sections. cells: boxes of one number, as Track Cells gives them; overlap: boxes of neighbouring sections that lie over each other; auto: cells where the numbers are of that kind, else overlap; none: each section has fields of its own; all: every section has the same fields.",
        Auto, Auto, "cells", "overlap", "none", "all")
    { Option = true };

    private static readonly IntegerParameter ExtraSections = new("extra_sections", "Further sections", Fields, "sections", "Sections before the first and after the last one in which a cell was found that are imaged too.", 0, 0, 1000);
    private static readonly BooleanParameter Merge = new("merge_fields", "Merge fields", Fields, "Makes one field of two wherever that is quicker: where their common rectangle is not larger than both, or by less than field_overhead is worth.", true);
    private static readonly NumberParameter Smallest = new("smallest_field", "Smallest field", Fields, "um", "Smaller fields are made so wide and high. 0: as they come.", 0, 0, 1e6);
    private static readonly NumberParameter Largest = new("largest_field", "Largest field", Fields, "um", "What the microscope takes in one field; larger ones are divided into tiles that overlap. 0: no limit.", 0, 0, 1e6) { Option = true };
    private static readonly NumberParameter TileOverlap = new("tile_overlap", "Overlap of tiles", Fields, "", "What neighbouring tiles share, of a tile's side.", 0.1, 0, 0.9);
    private static readonly ChoiceParameter Order = new("order", "Order", Fields, "How the fields are visited. serpentine: in rows, one from left to right, the next back; nearest: always the nearest that is left; given: as the cells stand in the table.", "serpentine", "serpentine", "nearest", "given");

    private static readonly NumberParameter EmPixel = new("em_pixel", "EM pixel size", Time, "nm", "Pixel size of the EM images, to tell the time they take. 0: not told.", 0, 0, 1e6);
    private static readonly NumberParameter Dwell = new("dwell_time", "Dwell time", Time, "us", "Time a pixel of the EM takes, microseconds. 0: not told.", 0, 0, 1e6);
    private static readonly NumberParameter Overhead = new("field_overhead", "Time for going to a field", Time, "s", "Stage, focus: makes fewer and larger fields. Needs em_pixel and dwell_time.", 0, 0, 1e5);

    public static Operation Definition { get; } = new(
        "export_fields", "Export fields of view",
        "Turns cells' boxes into fields of view for an electron microscope: with a margin, one field for a cell through its sections, on the stage (pixel size, origin, rotation, flips, or three fiducials); tells area and time against imaging everything.",
        [
            new Port("boxes", PortKind.Cells, "The cells: boxes.csv of Detect Cells or Track Cells, a zip of ROIs of any shape, or a label image."),
            new Port("image", PortKind.Sections, "The image in which they were found: its size and pixel size, and for the picture.", Required: false),
            new Port("fiducials", PortKind.Text, "Three or more points that are known in the image and on the stage: a CSV with the header pixel_x,pixel_y,stage_x,stage_y (pixels from the first one's centre; um).", Required: false),
        ],
        [
            new Port("fields", PortKind.Text, "fields.csv (pixels, stage coordinates), fields.json, fields.txt (a line a field: centre x, y, width, height in um) and run.json."),
            new Port("overlay", PortKind.Volume, "With image: the fields over it, red, green and blue.", Required: false),
        ],
        [Coverage, Margin, MarginShare, MinimumScore, Link, ExtraSections, Merge, Smallest, Largest, TileOverlap, Order, .. StageParameters.All, EmPixel, Dwell, Overhead],
        Run);

    private static OperationResult Run(OperationRequest request, Job job)
    {
        InputText text = request.Text("boxes");
        var image = request.OptionalInput<ISliceSource>("image");
        Size3? size = image?.Grid.Size ?? text.Size;
        ParameterValues values = request.Values;
        Box[] boxes = [.. CellInputs.Read(text, size, job).Select(c => c.Box)];
        if (boxes.Length == 0) throw new BadInputException($"boxes: {text.File} holds no cells, so there is nothing to image. Find cells with a lower score, or draw ROIs.");
        bool allCells = values.Get(Coverage) == AllCells;
        Box[] used = allCells ? boxes : [.. boxes.Where(b => b.Score >= values.Get(MinimumScore))];
        if (used.Length == 0)
            throw BadInputException.ForParameter(MinimumScore.Name, values.Get(MinimumScore), string.Create(CultureInfo.InvariantCulture, $"at most {boxes.Max(b => b.Score):0.####}, the best score in {text.File}"));
        StageMap map = StageParameters.Read(request, image, job);
        double secondsPerArea = SecondsPerArea(values);
        FieldOptions options = Options(values, used, allCells, secondsPerArea, job);
        IReadOnlyList<FieldOfView> fields = job.Run("fields", 0, image is null ? 1 : 0.3, part => FieldsOfView.Around(used, size, map.PixelX, map.PixelY, options, part));

        (JsonObject totals, string summary) = Totals(fields, used.Length, size, map, secondsPerArea, values.Get(Overhead));
        var table = new ResultTable("fields", [.. FieldTable.Columns]);
        var list = new JsonArray();
        for (int i = 0; i < fields.Count; i++)
        {
            table.Add(FieldTable.Row(i + 1, fields[i], map));
            list.Add((JsonNode)FieldTable.Json(i + 1, fields[i], map));
        }
        var json = new JsonObject
        {
            ["format"] = "clemreg-fields",
            ["version"] = 1,
            ["pixel_size_um"] = new JsonArray(map.PixelX, map.PixelY),
            ["pixel_to_stage_um"] = new JsonArray([.. map.Rows.Select(v => (JsonNode)v)]),
            ["totals"] = totals,
            ["fields"] = list,
        };
        JsonObject run = RunReport.Make(request, text.File, totals, job);
        var outputs = new Dictionary<string, object>();
        var report = new JsonObject { ["summary"] = summary, ["totals"] = totals.DeepClone(), ["fields"] = list.DeepClone(), ["tables"] = new JsonArray(table.Json()) };
        if (image is not null) (outputs["overlay"], report["overlay"]) = Picture(image, fields, used, map, request.IsCalibrated("image"), summary, job);
        report["files"] = InterchangeOperations.Files(
        [
            new OutputFile("fields.csv", table.Csv()), new OutputFile("fields.json", json.ToJsonString(NgffAffine.JsonOptions) + "\n"),
            new OutputFile("fields.txt", FieldTable.List(fields, map)), new OutputFile("run.json", run.ToJsonString(NgffAffine.JsonOptions) + "\n"),
        ]);
        return new OperationResult(outputs, report);
    }

    private static FieldOptions Options(ParameterValues values, Box[] boxes, bool allCells, double secondsPerArea, Job job)
    {
        string link = values.Get(Link);
        bool serial = boxes.Any(b => b.Slice != boxes[0].Slice);
        if (link == Auto)
        {
            link = SectionsOfCells.AreTracked(boxes) ? "cells" : "overlap";
            if (serial) job.Log(link == "cells" ? "Boxes of one number are taken as one cell." : "Boxes of neighbouring sections that lie over each other are taken as one cell.");
        }
        return new FieldOptions
        {
            Margin = values.Get(Margin),
            MarginShare = Math.Max(values.Get(MarginShare), !allCells ? 0 : serial ? FieldOptions.AllCellsShare : FieldOptions.AllCellsShareOfOne),
            Link = link switch { "cells" => SectionLinks.Cells, "overlap" => SectionLinks.Overlap, "all" => SectionLinks.All, _ => SectionLinks.None },
            ExtraSections = Math.Max(values.Get(ExtraSections), allCells ? FieldOptions.AllCellsSections : 0),
            Merge = values.Get(Merge),
            VisitArea = values.Get(Overhead) == 0 ? 0 : values.Get(Overhead) / secondsPerArea,
            SmallestSide = values.Get(Smallest),
            LargestSide = values.Get(Largest),
            TileOverlap = values.Get(TileOverlap),
            Order = values.Get(Order) switch { "serpentine" => VisitOrder.Serpentine, "nearest" => VisitOrder.Nearest, _ => VisitOrder.Given },
        };
    }

    /// <summary>Seconds that a square micrometre takes, 0 where they are not told.</summary>
    private static double SecondsPerArea(ParameterValues values)
    {
        double pixel = values.Get(EmPixel), dwell = values.Get(Dwell);
        if (pixel > 0 && dwell > 0) return 1e6 / (pixel * pixel) * dwell * 1e-6;
        if (pixel > 0 || dwell > 0 || values.Get(Overhead) > 0)
            throw new BadInputException($"{(pixel > 0 ? Dwell.Name : EmPixel.Name)} is missing: to tell the time em_pixel (nm) and dwell_time (us) are needed, both above 0; field_overhead is weighed against them.");
        return 0;
    }

    private static (JsonObject Json, string Text) Totals(IReadOnlyList<FieldOfView> fields, int boxes, Size3? size, StageMap map, double secondsPerArea, double overhead)
    {
        double area = fields.Sum(f => (double)f.Pixels) * map.PixelArea;
        int visits = fields.Sum(f => f.Sections);
        var json = new JsonObject { ["fields"] = fields.Count, ["visits"] = visits, ["boxes"] = boxes, ["area_um2"] = Math.Round(area, 3) };
        string text = string.Create(CultureInfo.InvariantCulture, $"{(fields.Count == 1 ? "1 field" : $"{fields.Count} fields")} of view for {Words.Count(boxes, "box")}, {Words.Count(visits, "image")} of together {area:0} um2");
        double? whole = size is { } s ? s.Count * map.PixelArea : null;
        if (whole is { } all)
        {
            (json["whole_um2"], json["share"]) = (Math.Round(all, 3), Math.Round(area / all, 6));
            text += string.Create(CultureInfo.InvariantCulture, $", {100 * area / all:0.#} % of all sections ({all:0} um2)");
        }
        if (secondsPerArea > 0)
        {
            double seconds = area * secondsPerArea + visits * overhead;
            json["seconds"] = Math.Round(seconds, 1);
            text += string.Create(CultureInfo.InvariantCulture, $"; {Duration(seconds)} of imaging");
            if (whole is { } everything)
            {
                double saved = everything * secondsPerArea + size!.Value.Z * overhead - seconds;
                json["seconds_saved"] = Math.Round(saved, 1);
                text += string.Create(CultureInfo.InvariantCulture, $", {Duration(saved)} less than everything would take");
            }
        }
        return (json, text + ".");
    }

    private static string Duration(double seconds)
    {
        (double unit, string name) = Math.Abs(seconds) >= 3600 ? (3600, "h") : Math.Abs(seconds) >= 60 ? (60, "min") : (1, "s");
        return string.Create(CultureInfo.InvariantCulture, $"{seconds / unit:0.#} {name}");
    }

    private static (Volume<byte>, JsonObject) Picture(ISliceSource image, IReadOnlyList<FieldOfView> fields, Box[] boxes, StageMap map, bool calibrated, string summary, Job job)
    {
        const int MostNumbers = 300;
        FieldPicture picture = job.Run("picture", 0.3, 1, part => FieldPicture.Draw(image, fields, boxes, part));
        var labels = new JsonArray();
        for (int i = 0; i < fields.Count && fields.Count <= MostNumbers; i++)
            labels.Add((JsonNode)new JsonObject { ["text"] = (i + 1).ToString(CultureInfo.InvariantCulture), ["x"] = picture.PixelsPerPixel * fields[i].X + 5, ["y"] = picture.PixelsPerPixel * fields[i].Y + 16 });
        Size3 size = picture.Planes.Grid.Size;
        double perMicrometre = picture.PixelsPerPixel / map.PixelX, length = RoundLength.AtMost(size.X / 5.0 / perMicrometre);
        var bar = new JsonObject { ["x"] = 12, ["y"] = size.Y - 18, ["width"] = length * perMicrometre, ["height"] = 5, ["text"] = length.ToString("G4", CultureInfo.InvariantCulture) + " um" };
        string what = image.Grid.Size.Z > 1 ? $"The brightest pixels of {image.Grid.Size.Z} sections" : "The section";
        return (picture.Planes, new JsonObject { ["labels"] = labels, ["scale_bars"] = new JsonArray(bar), ["caption"] = $"{what}, boxes of cells (cyan) and fields of view (yellow). {summary}" });
    }
}

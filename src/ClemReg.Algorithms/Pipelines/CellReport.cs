using System.Globalization;
using System.Text.Json.Nodes;
using ClemReg.Algorithms.Cells;
using ClemReg.Algorithms.Transforms.Interchange;

namespace ClemReg.Algorithms.Pipelines;

/// <summary>What detect_cells and track_cells tell of the cells: tables for the screen and for files, run.json.</summary>
/// <param name="pixel">The width of a pixel, um; null where it is not known.</param>
internal sealed class CellReport(double? pixel)
{
    private readonly JsonObject _run = new() { ["software"] = new JsonObject { ["name"] = "ClemReg.Fiji", ["version"] = Operations.Version } };
    private readonly List<OutputFile> _files = [];
    private readonly JsonArray _tables = [];

    /// <summary>Entries of run.json.</summary>
    public JsonObject Run => _run;

    /// <summary>Markers from which cells were found: section, y, x. For the screen, not for run.json.</summary>
    public IReadOnlyList<(int Slice, int Y, int X)> Markers { get; set; } = [];

    /// <summary>Adds boxes.csv and the table of the cells, section by section.</summary>
    public void Boxes(IReadOnlyList<SectionCell> cells)
    {
        _files.Add(new OutputFile("boxes.csv", BoxTable.Write(cells.Select(c => c.Box))));
        var table = new ResultTable("cells", [.. BoxTable.Columns, "area_px", "diameter_px", "mean_grey", .. pixel is null ? Array.Empty<string>() : ["area_um2", "diameter_um"]]);
        foreach (SectionCell c in cells)
        {
            object[] row = [.. BoxTable.Row(c.Box), c.Pixels, Math.Round(c.Diameter, 2), Math.Round(c.Mean, 2)];
            table.Add(pixel is { } um ? [.. row, Math.Round(c.Pixels * um * um, 3), Math.Round(c.Diameter * um, 3)] : row);
        }
        _tables.Add((JsonNode)table.Json());
        _run["sizes"] = Sizes(cells);
    }

    /// <summary>Adds a table, on the screen before those that are there, and as a file.</summary>
    public void Table(ResultTable table)
    {
        _files.Add(new OutputFile(table.Name + ".csv", table.Csv()));
        _tables.Insert(0, table.Json());
    }

    /// <summary>The operation's answer.</summary>
    public JsonObject Finish(OperationRequest request, string summary, Job job)
    {
        if (InterchangeOperations.NameOf(request.Extra, "image") is { } name) _run["image"] = name;
        _run["parameters"] = request.Values.ToJson();
        _run["warnings"] = new JsonArray([.. job.Warnings.Select(w => (JsonNode)w)]);
        var report = (JsonObject)_run.DeepClone();
        report["summary"] = summary;
        report["tables"] = _tables;
        if (Markers.Count > 0) report["markers"] = new JsonArray([.. Markers.Select(m => (JsonNode)new JsonArray(m.Slice + 1, m.X, m.Y))]);
        _files.Add(new OutputFile("run.json", _run.ToJsonString(NgffAffine.JsonOptions) + "\n"));
        report["files"] = InterchangeOperations.Files(_files);
        return report;
    }

    /// <summary>A median diameter as people read it, with its unit.</summary>
    public string Diameter(IReadOnlyList<SectionCell> cells) => cells.Count == 0 ? "" :
        Median(cells) is var px && pixel is { } um ? string.Create(CultureInfo.InvariantCulture, $"{px:0.#} px ({px * um:0.##} um)") : string.Create(CultureInfo.InvariantCulture, $"{px:0.#} px");

    private JsonObject Sizes(IReadOnlyList<SectionCell> cells)
    {
        var sizes = new JsonObject();
        if (cells.Count == 0) return sizes;
        foreach ((string unit, double scale) in pixel is { } um ? new[] { ("px", 1.0), ("um", um) } : [("px", 1.0)])
        {
            sizes["least_diameter_" + unit] = scale * cells.Min(c => c.Diameter);
            sizes["median_diameter_" + unit] = scale * Median(cells);
            sizes["largest_diameter_" + unit] = scale * cells.Max(c => c.Diameter);
        }
        return sizes;
    }

    private static double Median(IReadOnlyList<SectionCell> cells) => cells.Select(c => c.Diameter).Order().ElementAt(cells.Count / 2);
}

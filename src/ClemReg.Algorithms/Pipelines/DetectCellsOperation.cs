using System.Globalization;
using System.Text.Json.Nodes;
using ClemReg.Algorithms.Cells;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Pipelines;

/// <summary>Finds fluorescent cells in sections.</summary>
internal static class DetectCellsOperation
{
    /// <summary>What both operations on cells take.</summary>
    public static readonly Port ImagePort = new("image", PortKind.Sections, "A section, or a stack of sections: grey values, cells brighter than their surroundings.");

    public static Operation Definition { get; } = new(
        "detect_cells", "Detect cells",
        "Finds fluorescent cells in in-resin sections: outlines, boxes and a score for each. Each section of a stack is looked at by itself.",
        [ImagePort],
        [
            new Port("boxes", PortKind.Text, "boxes.csv: slice, x, y, width, height, score, cell; sections from 1, pixels."),
            new Port("labels", PortKind.Source, "The cells, numbered through the stack as in boxes.csv: 16 bit, or 32-bit float where there are more than 65,535."),
            new Port("run", PortKind.Text, "run.json: the parameters, what was found."),
        ],
        CellParameters.All,
        Run);

    private static OperationResult Run(OperationRequest request, Job job)
    {
        var parameters = new CellParameters(request);
        var report = new CellReport(parameters.Pixel);
        SectionCells found = parameters.Find(request.Values.Get(CellParameters.Score), report.Run, job);
        int sections = request.Input<ISliceSource>("image").Grid.Size.Z;
        report.Run["cells"] = found.Cells.Count;
        report.Run["cells_by_section"] = new JsonArray([.. Enumerable.Range(0, sections).Select(z => (JsonNode)found.Cells.Count(c => c.Box.Slice == z))]);
        report.Boxes(found.Cells);
        report.Markers = found.Markers;
        string summary = string.Create(CultureInfo.InvariantCulture, $"{Words.Count(found.Cells.Count, "cell")} in {Words.Count(sections, "section")}")
            + (found.Cells.Count == 0 ? "." : $"; median diameter {report.Diameter(found.Cells)}.");
        return new OperationResult(new Dictionary<string, object> { ["labels"] = found.Labels }, report.Finish(request, summary, job));
    }
}

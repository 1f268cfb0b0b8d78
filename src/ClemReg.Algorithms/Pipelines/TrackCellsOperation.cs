using System.Globalization;
using System.Text.Json.Nodes;
using ClemReg.Algorithms.Cells;
using ClemReg.Algorithms.Mitochondria;
using ClemReg.Algorithms.Parameters;
using ClemReg.Algorithms.Preparation;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Pipelines;

/// <summary>Follows cells through serial sections.</summary>
internal static class TrackCellsOperation
{
    private const string Tracks = "Tracks", Rigid = "rigid";
    private static readonly CellTrackerOptions Standard = new();

    private static readonly ChoiceParameter Align = new("track_align", "Align the sections", Tracks,
        "rigid: the sections are shifted and turned onto each other first, for the comparison only (nothing is resampled); none: they are aligned already.", Rigid, "none", Rigid)
    { Option = true };

    private static readonly IntegerParameter SearchRadius = new("track_search_radius", "Largest shift", Tracks, "px", "For track_align: between neighbouring sections; 0: half the image's shorter side, since sections on a grid or a slide lie anywhere.", 0, 0, 10_000);

    private static readonly NumberParameter MaximumRotation = new("track_maximum_rotation", "Largest turn", Tracks, "degrees", "For track_align: between neighbouring sections; 0: they are only shifted.", 10, 0, 45);

    private static readonly NumberParameter Dice = new("track_dice", "Least overlap", Tracks, "",
        "Boxes of neighbouring sections are one cell from this Dice index on (2 x shared area / sum of areas).", Standard.MinimumDice, 0.01, 1)
    { Option = true };

    private static readonly IntegerParameter Missing = new("track_missing", "Missing sections", Tracks, "", "A cell may be missing in so many sections in a row.", Standard.MostMissing, 0, 100)
    { Option = true };

    private static readonly NumberParameter ConfirmedScore = new("track_score", "Least score, confirmed", Tracks, "",
        "Next to a section where the cell reaches cell_score, this score suffices: neighbours confirm dim cells.", Standard.ConfirmedScore, 0, 0.99)
    { Option = true };

    private static readonly IntegerParameter Confirming = new("track_confirming", "Sections that confirm", Tracks, "",
        "A cell that is dim in all of its sections (from track_score on) counts when so many in a row show it; 0: never.", Standard.ConfirmingSections, 0, 100_000)
    { Option = true };

    private static readonly IntegerParameter LeastSections = new("track_sections", "Least sections", Tracks, "", "Cells that are seen in fewer sections are left out.", Standard.LeastSections, 1, 100_000)
    { Option = true };

    public static Operation Definition { get; } = new(
        "track_cells", "Track cells",
        "Follows cells through serial sections: which boxes are one cell, its first, central and last section. Finds the cells first, or takes those that you have corrected. Neighbouring sections confirm dim cells.",
        [
            DetectCellsOperation.ImagePort,
            new Port("boxes", PortKind.Text, "The cells to follow: boxes.csv of detect_cells, or ROIs as a zip of ImageJ, as you corrected them; without it cells are found first. What has no score counts as sure.", Required: false),
            new Port("labels", PortKind.Sections, "The outlines of these cells: labels.tif of detect_cells; without it, cells of a boxes.csv are drawn as rectangles.", Required: false),
        ],
        [
            new Port("boxes", PortKind.Text, "boxes.csv: slice, x, y, width, height, score, cell; cell is the number of the track."),
            new Port("tracks", PortKind.Text, "tracks.csv: a line a cell: first, central and last section, best score, centre and size in the central section."),
            new Port("labels", PortKind.Source, "The cells, with the same number in all sections."),
            new Port("run", PortKind.Text, "run.json: the parameters, what was found, how the sections were aligned."),
        ],
        [Align, SearchRadius, MaximumRotation, Dice, Missing, ConfirmedScore, Confirming, LeastSections, .. CellParameters.All],
        Run);

    private static OperationResult Run(OperationRequest request, Job job)
    {
        ParameterValues values = request.Values;
        var options = new CellTrackerOptions
        {
            MinimumDice = values.Get(Dice),
            MostMissing = values.Get(Missing),
            MinimumScore = values.Get(CellParameters.Score),
            ConfirmedScore = values.Get(ConfirmedScore),
            ConfirmingSections = values.Get(Confirming),
            LeastSections = values.Get(LeastSections),
        };
        if (options.ConfirmedScore > options.MinimumScore)
            throw BadInputException.ForParameter(ConfirmedScore.Name, options.ConfirmedScore, FormattableString.Invariant($"at most {CellParameters.Score.Name} = {options.MinimumScore}"));
        var image = request.Input<ISliceSource>("image");
        var parameters = new CellParameters(request);
        var report = new CellReport(parameters.Pixel);
        (IReadOnlyList<Box> boxes, ISliceSource? labels) = Given(request) ?? Found(job.Run("detect", 0, 0.6, part => parameters.Find(options.ConfirmedScore, report.Run, part)));
        SliceShifts? shifts = values.Get(Align) == Rigid && image.Grid.Size.Z > 1 ? job.Run("align", 0.6, 0.9, part => Aligned(image, values, report.Run, part)) : null;
        IReadOnlyList<CellTrack> tracks = CellTracker.Follow([.. Enumerable.Range(0, image.Grid.Size.Z).Select(z => (IReadOnlyList<Box>)[.. boxes.Where(b => b.Slice == z)])], image.Grid, shifts, options, job);
        (Box Box, int Track)[] followed = Numbered(boxes, tracks);
        (LabelVolume painted, IReadOnlyList<SectionCell> cells) = job.Run("paint", 0.9, 1, part => CellPainting.Paint(image, labels, followed, part));
        report.Run["cells"] = tracks.Count;
        report.Run["boxes"] = cells.Count;
        report.Run["left_out"] = boxes.Count - cells.Count;
        report.Boxes(cells);
        report.Table(Table(tracks, cells, parameters.Pixel));
        string summary = string.Create(CultureInfo.InvariantCulture,
            $"{Words.Count(tracks.Count, "cell")} in {Words.Count(image.Grid.Size.Z, "section")}, {Words.Count(cells.Count, "box")}, {tracks.Count(t => t.Boxes.Count > 1)} of the cells in several sections; {Words.Count(boxes.Count - cells.Count, "box")} left out.");
        JsonObject json = report.Finish(request, summary, job);
        // By this the caller finds the track of each cell that it gave.
        json["numbers"] = new JsonArray([.. followed.Select(f => (JsonNode)new JsonArray(f.Box.Slice + 1, f.Box.Cell, f.Track))]);
        return new OperationResult(new Dictionary<string, object> { ["labels"] = painted }, json);
    }

    private static (IReadOnlyList<Box>, ISliceSource?) Found(SectionCells found) => ([.. found.Cells.Select(c => c.Box)], found.Labels);

    /// <summary>The cells that the user gave.</summary>
    private static (IReadOnlyList<Box> Boxes, ISliceSource? Labels)? Given(OperationRequest request)
    {
        var labels = request.OptionalInput<ISliceSource>("labels");
        Size3 size = request.Input<ISliceSource>("image").Grid.Size;
        if (request.OptionalText("boxes") is not { } text)
            return labels is null ? null : throw new BadInputException("boxes is missing: labels are the outlines of the cells in boxes. Give the boxes.csv that belongs to labels, or leave labels out.");
        if (labels is not null && labels.Grid.Size != size)
            throw BadInputException.ForParameter("labels", $"{labels.Grid.Size} voxels (z, y, x)", $"of the image's {size}", "Take the labels that were found in this image.");
        IReadOnlyList<Box> boxes = text.Named(() => BoxTable.Read(text.Text));
        foreach (Box b in boxes)
            if (b.Slice >= size.Z || b.X >= size.X || b.Y >= size.Y || b.Right <= 0 || b.Bottom <= 0)
                throw new BadInputException($"boxes: {text.File}: the box at x = {b.X}, y = {b.Y} in section {b.Slice + 1} lies outside the image of {size.X} x {size.Y} pixels and {size.Z} section{(size.Z == 1 ? "" : "s")}. Is it of another image?");
        return (boxes, labels);
    }

    private static SliceShifts? Aligned(ISliceSource image, ParameterValues values, JsonObject report, Job job)
    {
        try
        {
            SliceAlignment alignment = SliceAligner.Align(image, new AlignOptions
            {
                Template = false,
                SearchRadius = values.Get(SearchRadius) is > 0 and var given ? given : Math.Min(image.Grid.Size.Y, image.Grid.Size.X) / 2,
                MaximumRotation = values.Get(MaximumRotation),
                RemoveTrend = true,
            }, job);
            var sections = new JsonArray();
            for (int z = 0; z < alignment.Shifts.Count; z++)
            {
                SliceShift s = alignment.Shifts[z];
                sections.Add((JsonNode)new JsonObject
                {
                    ["section"] = z + 1,
                    ["x_px"] = Math.Round(s.Dx / image.Grid.Spacing.X, 2),
                    ["y_px"] = Math.Round(s.Dy / image.Grid.Spacing.Y, 2),
                    ["degrees"] = Math.Round(s.Angle, 3),
                    ["correlation"] = ResultTable.Number(Math.Round(alignment.Correlations[z], 3)),
                });
            }
            report["alignment"] = sections;
            return alignment.Shifts;
        }
        catch (BadInputException e)
        {
            job.Warn($"track_align: the sections are compared as they lie, because they could not be aligned. {e.Message}");
            return null;
        }
    }

    /// <summary>Each box that belongs to a cell, with that cell's number; the boxes keep theirs.</summary>
    private static (Box, int)[] Numbered(IReadOnlyList<Box> boxes, IReadOnlyList<CellTrack> tracks)
    {
        var waiting = new Dictionary<Box, Queue<Box>>();
        foreach (Box box in boxes)
        {
            if (!waiting.TryGetValue(box with { Cell = 0 }, out Queue<Box>? same)) waiting[box with { Cell = 0 }] = same = new Queue<Box>();
            same.Enqueue(box);
        }
        return [.. tracks.SelectMany(t => t.Boxes.Select(b => (waiting[b with { Cell = 0 }].Dequeue(), t.Number)))];
    }

    private static ResultTable Table(IReadOnlyList<CellTrack> tracks, IReadOnlyList<SectionCell> cells, double? pixel)
    {
        ILookup<int, SectionCell> byTrack = cells.ToLookup(c => c.Box.Cell);
        var table = new ResultTable("tracks",
            ["cell", "first", "central", "last", "sections", "score", "centre_x", "centre_y", "width", "height", "diameter_px", .. pixel is null ? Array.Empty<string>() : ["centre_x_um", "centre_y_um", "diameter_um"]]);
        foreach (CellTrack t in tracks)
        {
            SectionCell c = byTrack[t.Number].First(s => s.Box.Slice == t.Central);
            double x = c.Box.X + c.Box.Width / 2.0, y = c.Box.Y + c.Box.Height / 2.0;
            object[] row = [t.Number, t.First + 1, t.Central + 1, t.Last + 1, t.Boxes.Count, Math.Round(t.Score, 4), x, y, c.Box.Width, c.Box.Height, Math.Round(c.Diameter, 2)];
            table.Add(pixel is { } um ? [.. row, Math.Round(x * um, 3), Math.Round(y * um, 3), Math.Round(c.Diameter * um, 3)] : row);
        }
        return table;
    }
}

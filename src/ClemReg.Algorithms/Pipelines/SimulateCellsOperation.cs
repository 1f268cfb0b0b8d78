using System.Globalization;
using System.Text.Json.Nodes;
using ClemReg.Algorithms.Cells;
using ClemReg.Algorithms.Parameters;
using ClemReg.Algorithms.Simulation;
using ClemReg.Algorithms.Transforms.Interchange;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Pipelines;

/// <summary>Sections with fluorescent cells whose places are known.</summary>
internal static class SimulateCellsOperation
{
    private const string Sample = "Simulation", Cells = "Cells", Light = "Light";

    private static readonly CellSimulationOptions Standard = new();

    private static readonly IntegerParameter Seed = new("seed", "Seed", Sample, "", "Chooses the sample: the same seed and parameters give the same bytes.", Standard.Seed, 0, int.MaxValue);
    private static readonly IntegerParameter Sections = new("sections", "Sections", Sample, "", "Serial sections of the stack.", Standard.Sections, 1, 10000) { Option = true };
    private static readonly IntegerParameter Width = new("width", "Width", Sample, "pixels", "Columns of a section.", Standard.Width, 1, 16384);
    private static readonly IntegerParameter Height = new("height", "Height", Sample, "pixels", "Rows of a section.", Standard.Height, 1, 16384);
    private static readonly NumberParameter PixelSize = new("pixel_size", "Pixel size", Sample, "nm", "The side of a pixel.", Standard.PixelSize, 1, 10000);
    private static readonly NumberParameter Thickness = new("section_thickness", "Section thickness", Sample, "nm", "The depth of a section.", Standard.SectionThickness, 1, 10000);

    private static readonly ChoiceParameter Pattern = new("pattern", "Pattern", Cells,
        "Where the fluorescent protein is: evenly in the cytoplasm with an empty nucleus, in the nucleus, or in small spots in the cytoplasm.", "cytoplasmic", "cytoplasmic", "nuclear", "punctate")
    { Option = true };

    private static readonly NumberParameter PerSection = new("cells_per_section", "Cells in a section", Cells, "", "How many cells a section cuts on average; fewer where they would touch.", Standard.CellsPerSection, 0, 10000);
    private static readonly NumberParameter Diameter = new("diameter", "Diameter", Cells, "nm", "Mean diameter of a cell, at least two pixels.", Standard.Diameter, 2, 1e6);
    private static readonly NumberParameter DiameterSpread = new("diameter_spread", "Spread of the diameter", Cells, "nm", "Standard deviation, at most a third of the diameter.", Standard.DiameterSpread, 0, 1e6);
    private static readonly NumberParameter NucleusShare = new("nucleus_share", "Nucleus", Cells, "", "Diameter of the nucleus, a share of the cell's.", Standard.NucleusShare, 0, 0.95);
    private static readonly IntegerParameter Spots = new("spots", "Spots", Cells, "", "Spots of a punctate cell.", Standard.Spots, 1, 100000);
    private static readonly NumberParameter SpotDiameter = new("spot_size", "Diameter of a spot", Cells, "nm", "From half a pixel to half of the cell's diameter.", Standard.SpotDiameter, 0.5, 1e6);

    private static readonly NumberParameter Brightness = new("brightness", "Brightness", Light, "grey values", "Mean brightness of a cell above the background.", Standard.Brightness, 0, 20000) { Option = true };
    private static readonly NumberParameter BrightnessSpread = new("brightness_spread", "Spread of the brightness", Light, "", "Standard deviation, a share of the mean.", Standard.BrightnessSpread, 0, 1);
    private static readonly NumberParameter Noise = new("noise", "Noise", Light, "grey values", "Standard deviation of the Gaussian noise: 20, 40 and 60 in the published test.", Standard.Noise, 0, 10000) { Option = true };
    private static readonly NumberParameter Background = new("background", "Background", Light, "grey values", "Height of the bell-shaped background in the middle of a section.", Standard.Background, 0, 20000);
    private static readonly NumberParameter Offset = new("offset", "Offset", Light, "grey values", "Added to every pixel, so that noise does not reach below 0.", Standard.Offset, 0, 20000);

    public static Operation Definition { get; } = new(
        "simulate_cells", "Simulate sections with cells",
        "Makes serial in-resin fluorescence sections with cells whose places are known, as in the published test of cell detection: spheres of normally distributed size and brightness, noise on a bell-shaped background.",
        [],
        [
            new Port("sections", PortKind.Volume, "The sections, 16 bit."), new Port("labels", PortKind.Volume, "The cells, each with its number, 16 bit."),
            new Port("truth", PortKind.Text, "boxes.csv, the true box of each cell in each section; truth.json, the cells in space; run.json."),
        ],
        [Seed, Sections, Width, Height, PixelSize, Thickness, Pattern, PerSection, Diameter, DiameterSpread, NucleusShare, Spots, SpotDiameter, Brightness, BrightnessSpread, Noise, Background, Offset],
        Run);

    private static OperationResult Run(OperationRequest request, Job job)
    {
        ParameterValues values = request.Values;
        var options = new CellSimulationOptions
        {
            Seed = values.Get(Seed),
            Sections = values.Get(Sections),
            Width = values.Get(Width),
            Height = values.Get(Height),
            PixelSize = values.Get(PixelSize),
            SectionThickness = values.Get(Thickness),
            Pattern = values.Get(Pattern) switch { "nuclear" => CellPattern.Nuclear, "punctate" => CellPattern.Punctate, _ => CellPattern.Cytoplasmic },
            CellsPerSection = values.Get(PerSection),
            Diameter = values.Get(Diameter),
            DiameterSpread = values.Get(DiameterSpread),
            NucleusShare = values.Get(NucleusShare),
            Spots = values.Get(Spots),
            SpotDiameter = values.Get(SpotDiameter),
            Brightness = values.Get(Brightness),
            BrightnessSpread = values.Get(BrightnessSpread),
            Noise = values.Get(Noise),
            Background = values.Get(Background),
            Offset = values.Get(Offset),
        };
        CellSectionSample sample = job.Run("sections", 0, 0.9, part => CellSimulator.Simulate(options, part));
        Volume<ushort> labels;
        try
        {
            labels = job.Run("labels", 0.9, 1, part => CellLabels.Paint(sample, options.Pattern, part));
        }
        catch
        {
            sample.Dispose();
            throw;
        }
        int seen = sample.Truth.Select(b => b.Cell).Distinct().Count();
        var found = new JsonObject { ["sections"] = options.Sections, ["cells"] = seen, ["boxes"] = sample.Truth.Count };
        string summary = string.Create(CultureInfo.InvariantCulture, $"{Words.Count(options.Sections, "section")} of {options.Width} x {options.Height} pixels with {Words.Count(seen, "cell")}, {Words.Count(sample.Truth.Count, "box")}.");
        var table = new ResultTable("boxes", [.. BoxTable.Columns]);
        foreach (Box b in sample.Truth) table.Add(BoxTable.Row(b));
        return new OperationResult(new Dictionary<string, object> { ["sections"] = sample.Sections, ["labels"] = labels }, new JsonObject
        {
            ["summary"] = summary,
            ["found"] = found,
            ["tables"] = new JsonArray(table.Json()),
            ["files"] = InterchangeOperations.Files(
            [
                new OutputFile("boxes.csv", BoxTable.Write(sample.Truth)), new OutputFile("truth.json", Truth(sample, values).ToJsonString(NgffAffine.JsonOptions) + "\n"),
                new OutputFile("run.json", RunReport.Make(request, null, found, job).ToJsonString(NgffAffine.JsonOptions) + "\n"),
            ]),
        });
    }

    /// <summary>The cells in space; those that no section shows are left out.</summary>
    private static JsonObject Truth(CellSectionSample sample, ParameterValues values)
    {
        ILookup<int, Box> boxes = sample.Truth.ToLookup(b => b.Cell);
        var cells = new JsonArray();
        foreach (SimulatedCell cell in sample.Cells.Where(c => boxes.Contains(c.Cell)))
        {
            cells.Add((JsonNode)new JsonObject
            {
                ["cell"] = cell.Cell,
                ["centre_zyx_nm"] = new JsonArray(cell.Centre.Z, cell.Centre.Y, cell.Centre.X),
                ["radius_nm"] = cell.Radius,
                ["nucleus_radius_nm"] = cell.NucleusRadius,
                ["brightness"] = cell.Brightness,
                ["slices"] = new JsonArray(boxes[cell.Cell].Min(b => b.Slice) + 1, boxes[cell.Cell].Max(b => b.Slice) + 1),
            });
        }
        return new JsonObject { ["format"] = "clemreg-cells-truth", ["version"] = 1, ["options"] = values.ToJson(), ["cells"] = cells };
    }
}

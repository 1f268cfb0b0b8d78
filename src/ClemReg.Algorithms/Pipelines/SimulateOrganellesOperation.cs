using System.Globalization;
using System.Text.Json.Nodes;
using ClemReg.Algorithms.Detection;
using ClemReg.Algorithms.Parameters;
using ClemReg.Algorithms.Simulation;
using ClemReg.Algorithms.Transforms.Interchange;

namespace ClemReg.Algorithms.Pipelines;

/// <summary>An EM stack with organelles of known class, place and boxes.</summary>
internal static class SimulateOrganellesOperation
{
    private const string Sample = "Simulation", Organelles = "Organelles", Boxes = "Boxes";
    private const string AsInCells = " -1: as many as a cell has in such a volume.";

    private static readonly OrganelleSimulationOptions Standard = new();

    private static readonly IntegerParameter Seed = new("seed", "Seed", Sample, "", "Chooses the sample: the same seed and parameters give the same bytes.", Standard.Seed, 0, int.MaxValue);
    private static readonly IntegerParameter SizeZ = new("em_size_z", "Slices", Sample, "", "Slices of the stack.", Standard.SizeZ, 1, 4000);
    private static readonly IntegerParameter SizeY = new("em_size_y", "Height", Sample, "voxels", "Voxels along y.", Standard.SizeY, 16, 8000);
    private static readonly IntegerParameter SizeX = new("em_size_x", "Width", Sample, "voxels", "Voxels along x.", Standard.SizeX, 16, 8000);
    private static readonly NumberParameter SpacingZ = new("em_spacing_z", "Distance of slices", Sample, "nm", "From slice to slice.", Standard.SpacingZ, 2, 200);
    private static readonly NumberParameter SpacingXy = new("em_spacing_xy", "Pixel size", Sample, "nm", "The side of a pixel.", Standard.SpacingXy, 2, 50);
    private static readonly NumberParameter Noise = new("em_noise", "Noise", Sample, "grey values", "Standard deviation of the shot noise at mid grey.", Standard.Noise, 0, 60) { Option = true };

    private static readonly IntegerParameter Early = Count("early_endosomes", "Early endosomes", "Light vacuoles with thin tubules.", Standard.EarlyEndosomes);
    private static readonly IntegerParameter Late = Count("late_endosomes", "Late endosomes", "Grey vacuoles full of small vesicles.", Standard.LateEndosomes);
    private static readonly IntegerParameter Lysosomes = Count("lysosomes", "Lysosomes", "Dark bodies of uneven grey.", Standard.Lysosomes);
    private static readonly IntegerParameter Mitochondria = Count("mitochondria", "Mitochondria", "Tubes with cristae, some of them branched.", Standard.Mitochondria);
    private static readonly BooleanParameter Nucleus = new("nucleus", "Nucleus", Organelles, "A nucleus, cut by the first and the last slice; it needs a stack of 3.1 um across.", Standard.Nucleus);

    private static readonly NumberParameter Bridged = new("bridged", "Bridges", Organelles, "", "The share of endosomes that are two vacuoles joined by a thin bridge, each one object, and of long mitochondria with a thin neck.", Standard.Bridged, 0, 1)
    { Option = true };

    private static readonly IntegerParameter LeastProfile = new("least_profile", "Least profile", Boxes, "pixels", "Smaller profiles of an organelle in a slice have no box.", Standard.LeastProfile, 1, 1_000_000);
    private static readonly NumberParameter BoxJitter = new("box_jitter", "Jitter", Boxes, "", "How far each side of a box is off: standard deviation, a share of its width or height.", Standard.BoxJitter, 0, 0.5) { Option = true };
    private static readonly NumberParameter MissedBoxes = new("missed_boxes", "Missed boxes", Boxes, "", "The share of boxes that are missing, here and there.", Standard.MissedBoxes, 0, 1) { Option = true };
    private static readonly NumberParameter MissedObjects = new("missed_objects", "Missed objects", Boxes, "", "The share of organelles that have no box in any slice.", Standard.MissedObjects, 0, 1) { Option = true };
    private static readonly NumberParameter FalseBoxes = new("false_boxes", "False boxes", Boxes, "", "Boxes around nothing, a share of the true ones; each lasts for one to five slices.", Standard.FalseBoxes, 0, 10) { Option = true };
    private static readonly NumberParameter Confused = new("confused", "Confused classes", Boxes, "", "The share of late endosomes whose boxes say lysosome, and the other way round.", Standard.Confused, 0, 1) { Option = true };

    public static Operation Definition { get; } = new(
        "simulate_organelles", "Simulate organelles in EM",
        "Makes an EM stack as of a focused ion beam microscope with early and late endosomes, lysosomes, mitochondria and a nucleus, and the exact truth: labels, classes, and the boxes that a detector would find, with its errors if wished.",
        [],
        [
            new Port("em", PortKind.Volume, "The stack, 8 bit."), new Port("labels", PortKind.Volume, "The organelles, each with its number, 16 bit."),
            new Port("truth", PortKind.Text, "objects.csv, label and class; boxes.csv and boxes/, the boxes as a detector gives them; true_boxes.csv, the exact ones; run.json."),
        ],
        [Seed, SizeZ, SizeY, SizeX, SpacingZ, SpacingXy, Noise, Early, Late, Lysosomes, Mitochondria, Nucleus, Bridged, LeastProfile, BoxJitter, MissedBoxes, MissedObjects, FalseBoxes, Confused],
        Run);

    private static IntegerParameter Count(string name, string label, string help, int standard) => new(name, label, Organelles, "", help + AsInCells, standard, OrganelleSimulationOptions.AsInCells, 10000);

    private static OperationResult Run(OperationRequest request, Job job)
    {
        ParameterValues values = request.Values;
        var options = new OrganelleSimulationOptions
        {
            Seed = values.Get(Seed),
            SizeZ = values.Get(SizeZ),
            SizeY = values.Get(SizeY),
            SizeX = values.Get(SizeX),
            SpacingZ = values.Get(SpacingZ),
            SpacingXy = values.Get(SpacingXy),
            Noise = values.Get(Noise),
            EarlyEndosomes = values.Get(Early),
            LateEndosomes = values.Get(Late),
            Lysosomes = values.Get(Lysosomes),
            Mitochondria = values.Get(Mitochondria),
            Nucleus = values.Get(Nucleus),
            Bridged = values.Get(Bridged),
            LeastProfile = values.Get(LeastProfile),
            BoxJitter = values.Get(BoxJitter),
            MissedBoxes = values.Get(MissedBoxes),
            MissedObjects = values.Get(MissedObjects),
            FalseBoxes = values.Get(FalseBoxes),
            Confused = values.Get(Confused),
        };
        OrganelleSample sample = OrganelleSimulator.Simulate(options, job);
        var found = new JsonObject { ["boxes"] = sample.Boxes.Count, ["true_boxes"] = sample.TrueBoxes.Count };
        foreach (IGrouping<int, SimulatedOrganelle> group in sample.Organelles.GroupBy(o => o.Class).OrderBy(g => g.Key)) found[Name(group.Key)] = group.Count();
        string summary = string.Create(CultureInfo.InvariantCulture, $"{Words.Count(options.SizeZ, "slice")} of {options.SizeX} x {options.SizeY} pixels: ")
            + string.Join(", ", sample.Organelles.GroupBy(o => o.Class).OrderBy(g => g.Key).Select(g => $"{g.Count()} {Name(g.Key)}")) + $"; {Words.Count(sample.Boxes.Count, "box")}.";
        double voxel = options.SpacingZ * options.SpacingXy * options.SpacingXy * 1e-9;
        var objects = new ResultTable("objects", "label", "class", "voxels", "volume_um3", "first_slice", "last_slice");
        foreach (SimulatedOrganelle o in sample.Organelles) objects.Add(o.Label, Name(o.Class), o.Voxels, o.Voxels * voxel, o.FirstSlice + 1, o.LastSlice + 1);
        ResultTable boxes = Table("boxes", sample.Boxes);
        List<OutputFile> files =
        [
            new OutputFile("objects.csv", objects.Csv()), new OutputFile("boxes.csv", boxes.Csv()), new OutputFile("true_boxes.csv", Table("true_boxes", sample.TrueBoxes).Csv()),
            new OutputFile("boxes/obj.names", string.Concat(OrganelleSample.Classes.Select(c => c + "\n"))),
            new OutputFile("run.json", RunReport.Make(request, null, found, job).ToJsonString(NgffAffine.JsonOptions) + "\n"),
        ];
        string digits = "D" + Math.Max(4, options.SizeZ.ToString(CultureInfo.InvariantCulture).Length);
        ILookup<int, DetectedBox> bySlice = sample.Boxes.ToLookup(b => b.Slice, b => b.Box);
        for (int z = 0; z < options.SizeZ; z++)
            files.Add(new OutputFile($"boxes/slice_{(z + 1).ToString(digits, CultureInfo.InvariantCulture)}.txt", YoloLabels.Write(bySlice[z], options.SizeY, options.SizeX)));
        return new OperationResult(new Dictionary<string, object> { ["em"] = sample.Em, ["labels"] = sample.Labels }, new JsonObject
        {
            ["summary"] = summary,
            ["found"] = found,
            ["tables"] = new JsonArray(objects.Json(), boxes.Json()),
            ["files"] = InterchangeOperations.Files(files),
        });
    }

    private static string Name(int number) => OrganelleSample.Classes[number];

    /// <summary>Boxes as detect_objects writes them.</summary>
    private static ResultTable Table(string name, IReadOnlyList<SliceBox> boxes)
    {
        var table = new ResultTable(name, "slice", "class", "name", "x", "y", "width", "height", "score");
        foreach (SliceBox b in boxes)
            table.Add(b.Slice + 1, b.Box.Class, Name(b.Box.Class), Math.Round(b.Box.Left, 2), Math.Round(b.Box.Top, 2), Math.Round(b.Box.Right - b.Box.Left, 2), Math.Round(b.Box.Bottom - b.Box.Top, 2), Math.Round(b.Box.Score, 4));
        return table;
    }
}

using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using ClemReg.Algorithms.Evaluation;
using ClemReg.Algorithms.Parameters;
using ClemReg.Algorithms.Transforms.Interchange;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Pipelines;

/// <summary>Compares two segmentations, each a label image or a folder of STL files; writes its folder itself, for the size of the coloured slices.</summary>
internal static class CompareSegmentationsOperation
{
    private const string Images = "Image", Matching = "Matching", Meshes = "Meshes", Files = "Files";

    /// <summary>The line of all classes together.</summary>
    private const string Everything = "(all)";

    /// <summary>Longer tables are in their file only.</summary>
    private const int MostRows = 5000;

    private static readonly TextParameter Limits = new("iou", "Intersection over union", Matching,
        "From which overlap on (intersection over union) an object of b counts as found: one or more, each with its own counts. Pairs and their differences are those of the lowest.", "0.1,0.25,0.5", "numbers above 0 and at most 1, separated by commas")
    { Option = true };

    private static readonly BooleanParameter Components = new("label_components", "Separate what does not touch", Images,
        "Each connected piece of each value of a label image is an object of its own: for masks, and for images with one value a class.", false)
    { Option = true };

    private static readonly IntegerParameter MinimumSize = new("minimum_size", "Least size", Matching, "voxels", "Smaller objects of either side are left out.", 1, 1, int.MaxValue) { Option = true };

    private static readonly BooleanParameter Areas = new("areas", "Surface areas", Matching, "Measures the surface of every matched object of label images, as mesh does. Takes most of the time.", true) { Option = true };

    private static readonly ChoiceParameter MeshUnit = new("mesh_unit", "Unit of the meshes", Meshes, "What the numbers in STL files count: the format does not say. mesh writes nm.", "nm", [.. LengthUnit.All.Select(u => u.Name)]) { Option = true };

    private static readonly TextParameter VoxelSize = new("voxel_size", "Voxel size", Meshes,
        "Where both sides are meshes and no image is given: the voxels in which they are compared, in nm, as z,xy or z,y,x. Empty: the image's, or those of the other side.", "", "one, two or three positive lengths in nm, such as 50,10", unit: "nm")
    { Option = true };

    private static readonly ChoiceParameter Overlay = new("overlay", "Coloured slices", Files,
        "all: overlay.tif with the outlines of both in every slice (a green, b magenta, both white), and overlay.png with some of them; montage: that picture only.", "all", "all", "montage", "none")
    { Option = true };

    public static Operation Definition { get; } = new(
        "compare_segmentations", "Compare Segmentations",
        "Compares a segmentation (a) with another, such as an expert's (b), class by class: which objects were found (precision, recall, F1, Jaccard), how far volumes overlap, how pairs differ in volume, area and place. Either side is a label image or a folder of STL files.",
        [
            new Port("a", PortKind.Source, "The segmentation that is tested: whole numbers, 0 is background. Its slices are read one at a time.", Required: false),
            new Port("b", PortKind.Source, "What it is compared with, on the same voxels.", Required: false),
            new Port("a_meshes", PortKind.Folder, "In place of a: a folder of STL files, one an object, closed, x y z.", Required: false),
            new Port("b_meshes", PortKind.Folder, "In place of b: the same.", Required: false),
            new Port("a_classes", PortKind.Text, "Which class each object of a belongs to: a CSV with the columns label (or id) and class, or, for meshes, file and class. Without one: objects.csv beside the image or in the folder, or the files' names.", Required: false),
            new Port("b_classes", PortKind.Text, "The same of b. Where one side has no classes all objects are of one.", Required: false),
            new Port("image", PortKind.Source, "The EM, on the same voxels, for under the outlines; of meshes on both sides it also gives the voxels.", Required: false),
        ],
        [new Port("comparison", PortKind.Folder, "The folder to be written: objects.csv, classes.csv, volumes.csv, differences.csv, confusion.csv, comparison.json, overlay.tif, overlay.png.")],
        [Limits, MinimumSize, Areas, Components, MeshUnit, VoxelSize, Overlay],
        Run);

    private static OperationResult Run(OperationRequest request, Job job)
    {
        ParameterValues values = request.Values;
        double[] limits = ReadLimits(values.Get(Limits));
        string target = request.OptionalPath("comparison") ?? throw new BadInputException("out is missing: give the folder to be written.");
        var image = request.OptionalInput<ISliceSource>("image");
        ComparedInput a = ComparedInput.Of(request, "a"), b = ComparedInput.Of(request, "b");
        using var folder = new ResultFolder(target, request.Overwrite);
        double unit = LengthUnit.All.Single(u => u.Name == values.Get(MeshUnit)).Nanometres;
        bool components = values.Get(Components);
        job.Run<object?>("reading", 0, 0.3, part =>
        {
            part.Run<object?>("reading a", 0, 0.5, half => { a.Read(unit, components, half); return null; });
            part.Run<object?>("reading b", 0.5, 1, half => { b.Read(unit, components, half); return null; });
            return null;
        });
        Grid grid = CommonGrid(a, b, image, values.Get(VoxelSize), job);
        bool classes = a.HasClasses && b.HasClasses;
        if (a.HasClasses != b.HasClasses) job.Warn($"Only {(a.HasClasses ? "a" : "b")} has classes, so all objects are compared as one class. Give {(a.HasClasses ? "b" : "a")}_classes to compare class by class.");
        var spelling = new Dictionary<string, string>();
        long minimum = values.Get(MinimumSize);
        (SegmentedObjects ofA, SegmentedObjects ofB) = job.Run("objects", 0.3, 0.4, part =>
            (part.Run("objects of a", 0, 0.5, half => a.Objects(grid, classes, spelling, minimum, half)), part.Run("objects of b", 0.5, 1, half => b.Objects(grid, classes, spelling, minimum, half))));
        if (classes) WarnOfClasses(ofA, ofB, job);
        job.Log(string.Create(CultureInfo.InvariantCulture, $"a: {Words.Count(ofA.All.Count, "object")}, {ofA.Bytes / 1e6:F1} MB as runs of labels; b: {Words.Count(ofB.All.Count, "object")}, {ofB.Bytes / 1e6:F1} MB."));

        ObjectOverlaps overlaps = job.Run("overlaps", 0.4, 0.5, part => ObjectOverlaps.Count(ofA, ofB, part));
        SegmentationComparison found = job.Run("matching", 0.5, 0.55, part => SegmentationComparison.Of(ofA, ofB, overlaps, limits, part));
        IReadOnlyList<PairDifference> pairs = job.Run("differences", 0.55, 0.85, part => PairDifference.Of(ofA, ofB, found.Matches, values.Get(Areas), part));
        ResultTable[] tables = CompareTables.Make(ofA, ofB, found, pairs, classes, Everything);
        foreach (ResultTable table in tables) folder.Write(table.Name + ".csv", stream => stream.Write(Encoding.UTF8.GetBytes(table.Csv())));
        IReadOnlyList<int> shown = values.Get(Overlay) == "none" ? [] : job.Run("overlay", 0.85, 1, part => Draw(ofA, ofB, image, values.Get(Overlay) == "all", folder, part));
        JsonObject report = Report(request, grid, ofA, ofB, overlaps, found, tables, shown, job);
        folder.Write("comparison.json", stream => stream.Write(Encoding.UTF8.GetBytes(report.ToJsonString(NgffAffine.JsonOptions) + "\n")));
        job.ThrowIfCancelled();
        folder.Commit();
        return new OperationResult(new Dictionary<string, object>(), report);
    }

    private static double[] ReadLimits(string text)
    {
        string[] parts = text.Split(',', StringSplitOptions.TrimEntries);
        var limits = new double[parts.Length];
        for (int i = 0; i < parts.Length; i++)
            if (!double.TryParse(parts[i], NumberStyles.Float, CultureInfo.InvariantCulture, out limits[i]) || !(limits[i] is > 0 and <= 1)) throw BadInputException.ForParameter(Limits.Name, text, Limits.Allowed);
        return limits;
    }

    /// <summary>The voxels in which both sides are compared.</summary>
    private static Grid CommonGrid(ComparedInput a, ComparedInput b, ISliceSource? image, string voxelSize, Job job)
    {
        if (a.Grid is { } ga && b.Grid is { } gb)
        {
            Same("b", gb, "a", ga, job);
            if (voxelSize.Trim().Length > 0) job.Warn("voxel_size is not used: the label images say which voxels are compared.");
        }
        Grid? grid = a.Grid ?? b.Grid;
        if (image is not null)
        {
            if (grid is not null) Same("image", image.Grid, a.Grid is not null ? "a" : "b", grid, job);
            return grid ?? image.Grid;
        }
        if (grid is not null) return grid;
        if (voxelSize.Trim().Length == 0) throw new BadInputException("voxel_size is missing: a and b are both meshes. Give the voxels in which to compare them, such as voxel_size = 10, or the image that they were made from.");
        Point3 s = MeshOperation.ReadSpacing(VoxelSize, voxelSize);
        (Point3 low, Point3 high) = (Point3.Min(a.Bounds.Low, b.Bounds.Low), Point3.Max(a.Bounds.High, b.Bounds.High));
        Point3 origin = low - 0.5 * s;
        Size3 size = new(Side(high.Z - origin.Z, s.Z), Side(high.Y - origin.Y, s.Y), Side(high.X - origin.X, s.X));
        return new Grid(size, s, origin);

        int Side(double length, double step)
        {
            double count = Math.Ceiling(length / step) + 1;
            return count <= 1 << 15 ? (int)count : throw BadInputException.ForParameter(VoxelSize.Name, voxelSize, string.Create(CultureInfo.InvariantCulture, $"at least {length / (1 << 15):G3} nm for meshes that reach over {length:G6} nm"), "Is mesh_unit right?");
        }
    }

    private static void Same(string name, Grid grid, string other, Grid than, Job job)
    {
        if (grid.Size != than.Size) throw new BadInputException($"{name} has {grid.Size} voxels (z, y, x), but {other} has {than.Size}. Both must show one and the same volume; crop or resample one (Prepare Image).");
        for (int i = 0; i < 3; i++)
            if (Math.Abs(grid.Spacing[i] - than.Spacing[i]) > 1e-3 * Math.Max(grid.Spacing[i], than.Spacing[i]))
                throw new BadInputException($"{name} has voxels of {grid.Spacing} nm (z, y, x), but {other} of {than.Spacing} nm. If both show one volume, give {name}_spacing, or correct one in Image > Properties.");
        Point3 shift = grid.Origin - than.Origin;
        if (Math.Abs(shift.Z) > than.Spacing.Z / 2 || Math.Abs(shift.Y) > than.Spacing.Y / 2 || Math.Abs(shift.X) > than.Spacing.X / 2)
            job.Warn($"{name} lies {shift} nm (z, y, x) from {other} by their files. They are compared voxel by voxel.");
    }

    private static void WarnOfClasses(SegmentedObjects a, SegmentedObjects b, Job job)
    {
        foreach ((string side, SegmentedObjects one, SegmentedObjects other) in new[] { ("a", a, b), ("b", b, a) })
        {
            string[] only = [.. one.All.Select(o => o.Class).Except(other.All.Select(o => o.Class)).Order(StringComparer.Ordinal)];
            if (only.Length > 0) job.Warn($"Only {side} has objects of {string.Join(", ", only)}.");
        }
    }

    private static IReadOnlyList<int> Draw(SegmentedObjects a, SegmentedObjects b, ISliceSource? image, bool stack, ResultFolder folder, Job job)
    {
        var overlay = new ComparisonOverlay(a, b, image, job);
        if (stack) folder.Write("overlay.tif", stream => overlay.WriteStack(stream, job));
        (byte[] png, IReadOnlyList<int> slices) = overlay.Montage(job);
        folder.Write("overlay.png", stream => stream.Write(png));
        return slices;
    }

    private static JsonObject Report(OperationRequest request, Grid grid, SegmentedObjects a, SegmentedObjects b, ObjectOverlaps overlaps, SegmentationComparison found, ResultTable[] tables, IReadOnlyList<int> shown, Job job)
    {
        ClassComparison all = found.Classes[^1];
        string summary = string.Create(CultureInfo.InvariantCulture, $"{Words.Count(a.All.Count, "object")} against {b.All.Count}: ")
            + string.Join(", ", all.Counts.Select(c => string.Create(CultureInfo.InvariantCulture, $"F1 {CompareTables.Text(c.F1)} at an intersection over union of {c.Iou}")))
            + $"; Dice of all voxels {CompareTables.Text(all.Voxels.Dice)}.";
        var inputs = new JsonObject();
        foreach (string role in new[] { "a", "b", "image" })
            if (InterchangeOperations.NameOf(request.Extra, role) is { } name) inputs[role] = name;
        foreach (string role in new[] { "a_meshes", "b_meshes" })
            if (request.OptionalPath(role) is { } path) inputs[role] = Path.GetFileName(Path.TrimEndingDirectorySeparator(path));
        foreach (string role in new[] { "a_classes", "b_classes" })
            if (request.OptionalText(role) is { } text) inputs[role] = text.File;
        using Process process = Process.GetCurrentProcess();
        return new JsonObject
        {
            ["format"] = "clemreg-comparison",
            ["version"] = 1,
            ["summary"] = summary,
            ["spacing_zyx_nm"] = new JsonArray(grid.Spacing.Z, grid.Spacing.Y, grid.Spacing.X),
            ["size_zyx"] = new JsonArray(grid.Size.Z, grid.Size.Y, grid.Size.X),
            ["objects_a"] = a.All.Count,
            ["objects_b"] = b.All.Count,
            ["overlapping_pairs"] = overlaps.Pairs.Count,
            ["overlay_slices"] = new JsonArray([.. shown.Select(z => (JsonNode)(z + 1))]),
            ["labels_mb"] = Math.Round((a.Bytes + b.Bytes) / 1e6, 2),
            ["peak_memory_mb"] = Math.Round(process.PeakWorkingSet64 / (double)(1 << 20), 1),
            ["tables"] = new JsonArray([.. tables.Where(t => t.Rows <= MostRows).Select(t => (JsonNode)t.Json())]),
            ["inputs"] = inputs,
            ["warnings"] = new JsonArray([.. job.Warnings.Select(w => (JsonNode)w)]),
            ["parameters"] = request.Values.ToJson(),
            ["software"] = new JsonObject { ["name"] = "ClemReg.Fiji", ["version"] = Operations.Version },
        };
    }
}

using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using ClemReg.Algorithms.Evaluation;
using ClemReg.Algorithms.Parameters;
using ClemReg.Algorithms.Transforms;
using ClemReg.Algorithms.Transforms.Interchange;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Pipelines;

/// <summary>How good a registration is, by what did not take part in it: landmarks set by hand, and structures of another channel.</summary>
internal static class EvaluateOperation
{
    private const string LandmarksGroup = "Landmarks", StructuresGroup = "Structures";
    private const string Everything = "(all)", Unlisted = "(none)";

    /// <summary>Below this a transform goes through a landmark, nm.</summary>
    private const double Through = 1e-3;

    private static readonly ChoiceParameter Unit = new("unit", "Unit of the landmarks", LandmarksGroup,
        "What a landmark file counts in that does not say so itself: the unit in which the images are calibrated in BigWarp. Our own table (moving_z, ...) is always in nm.",
        LengthUnit.Micrometre.Name, [.. LengthUnit.All.Select(u => u.Name)])
    { Option = true };

    private static readonly BooleanParameter EmWasMoved = new("em_was_moved", "EM was moved", LandmarksGroup,
        "Set it where the other tool moved the EM onto the fluorescence: moving and fixed landmarks change places.", false)
    { Option = true };

    private static readonly BooleanParameter LabelComponents = new("label_components", "Label components", StructuresGroup,
        "For a mask, or an image with one value for each class: measures each connected part (26 neighbours) of each value as a structure of its own.", false)
    { Option = true };

    private static readonly IntegerParameter MinimumVoxels = new("minimum_voxels", "Smallest structure", StructuresGroup, "voxels",
        "Smaller structures are left out: specks of a mask would count as much as the rest.", 1, 1, int.MaxValue)
    { Option = true };

    private static readonly NumberParameter BoxMargin = new("box_margin", "Margin of the boxes", StructuresGroup, "nm",
        "Room around each structure's bounding box, in which the fluorescence is thresholded. 0 as in the paper. A box that is all fluorescent has no background: then a margin helps.", 0, 0, 1e6)
    { Option = true };

    public static Operation Definition { get; } = new(
        "evaluate", "Evaluate registration",
        "How good is it? The registration error at landmark pairs (transform and landmarks), and how well the registered fluorescence covers structures of the EM: true positive rate as in the CLEM-Reg paper, "
        + "Dice and precision for each structure and class (registered and labels). Give the one pair of inputs, the other, or both.",
        [
            new Port("transform", PortKind.Text, "The transform.json to judge; inverse_transform.json is turned round.", Required: false),
            new Port("landmarks", PortKind.Text, "Landmark pairs that were not used to make the transform: a CSV of BigWarp, or a table with moving_z, moving_y, moving_x, fixed_z, fixed_y, fixed_x in nm.", Required: false),
            new Port("registered", PortKind.Source, "The registered fluorescence of the structures' channel, on the grid of the labels: registered.tif#2 for channel 2.", Required: false),
            new Port("labels", PortKind.Source, "The structures in the EM, a whole number above 0 for each; for a mask set label_components.", Required: false),
            new Port("classes", PortKind.Text, "Which class each label belongs to: a CSV with the header label,class. With label_components: each value of the image.", Required: false),
        ],
        [
            new Port("report", PortKind.Text, "All figures, JSON."), new Port("landmarks", PortKind.Text, "The error at each landmark pair, CSV.", Required: false),
            new Port("structures", PortKind.Text, "The overlap of each structure, CSV.", Required: false),
            new Port("classes", PortKind.Text, "Mean and standard deviation of each class, CSV.", Required: false),
        ],
        [Unit, EmWasMoved, LabelComponents, MinimumVoxels, BoxMargin],
        Run);

    private static OperationResult Run(OperationRequest request, Job job)
    {
        InputText? transform = request.OptionalText("transform"), landmarks = request.OptionalText("landmarks");
        InputText? classes = request.OptionalText("classes");
        var registered = request.OptionalInput<ISliceSource>("registered");
        var labels = request.OptionalInput<ISliceSource>("labels");
        Check(transform is not null, landmarks is not null, registered is not null, labels is not null, classes is not null);

        var summary = new StringBuilder();
        var tables = new List<ResultTable>();
        var report = new JsonObject { ["format"] = "clemreg-evaluation", ["version"] = 1 };
        if (transform is not null) report["landmarks"] = Landmarks(request, transform, landmarks!, labels?.Grid ?? registered?.Grid, tables, summary, job);
        if (registered is not null) report["structures"] = Structures(request, registered, labels!, classes, tables, summary, job);
        var files = new List<OutputFile>();
        var json = new JsonArray();
        foreach (ResultTable table in tables)
        {
            files.Add(new OutputFile(table.Name + ".csv", table.Csv()));
            json.Add((JsonNode)table.Json());
        }
        report["inputs"] = Names(request, transform, landmarks, classes);
        report["warnings"] = new JsonArray([.. job.Warnings.Select(w => (JsonNode)w)]);
        report["parameters"] = request.Values.ToJson();
        report["software"] = new JsonObject { ["name"] = "ClemReg.Fiji", ["version"] = Operations.Version };
        files.Insert(0, new OutputFile("report.json", report.ToJsonString(NgffAffine.JsonOptions) + "\n"));
        return new OperationResult(new Dictionary<string, object>(), new JsonObject
        {
            ["summary"] = summary.ToString().TrimEnd(),
            ["report"] = report,
            ["tables"] = json,
            ["files"] = InterchangeOperations.Files(files),
        });
    }

    private static void Check(bool transform, bool landmarks, bool registered, bool labels, bool classes)
    {
        if (!transform && !landmarks && !registered && !labels)
            throw new BadInputException("evaluate has nothing to measure: give transform and landmarks (registration error), or registered and labels (overlap with structures), or all four.");
        if (transform != landmarks)
            throw new BadInputException(transform
                ? "landmarks is missing: a transform is judged at landmark pairs. Give a CSV of BigWarp or a table of pairs, or leave transform out."
                : "transform is missing: landmarks are there to judge a transform. Give the transform.json of a registration, or leave landmarks out.");
        if (registered != labels)
            throw new BadInputException(registered
                ? "labels is missing: the registered fluorescence is compared with structures of the EM. Give their label image, or leave registered out."
                : "registered is missing: the structures in labels are compared with the registered fluorescence. Give registered.tif (with #2 for channel 2), or leave labels out.");
        if (classes && !labels) throw new BadInputException("labels is missing: classes says to which class each label belongs. Give registered and labels, or leave classes out.");
    }

    private static JsonObject Names(OperationRequest request, InputText? transform, InputText? landmarks, InputText? classes)
    {
        var names = new JsonObject();
        if (transform is not null) names["transform"] = transform.File;
        if (landmarks is not null) names["landmarks"] = landmarks.File;
        foreach (string role in new[] { "registered", "labels" })
            if (InterchangeOperations.NameOf(request.Extra, role) is string name) names[role] = name;
        if (classes is not null) names["classes"] = classes.File;
        return names;
    }

    private static JsonObject Landmarks(OperationRequest request, InputText transformText, InputText text, Grid? em, List<ResultTable> tables, StringBuilder summary, Job job)
    {
        SpatialTransform transform = InterchangeOperations.ReadOwn(transformText, job);
        ImportedTransform read = ReadPairs(text, LengthUnit.Parse(request.Values.Get(Unit), "unit"));
        IReadOnlyList<LandmarkPair> pairs = read.Pairs!;
        if (request.Values.Get(EmWasMoved)) pairs = [.. pairs.Select(p => p with { Moving = p.Fixed, Fixed = p.Moving })];
        if (pairs.Count == 0) throw new BadInputException($"{text.File}: all {read.Skipped} landmark pairs are inactive or not set. Activate those that are to be judged.");
        if (read.Skipped > 0) job.Log($"{text.File}: {read.Skipped} landmark pairs are inactive or not set and were left out.");

        var table = new ResultTable("landmarks", "name", "moving_z", "moving_y", "moving_x", "fixed_z", "fixed_y", "fixed_x", "before_nm", "after_nm", "error_z_nm", "error_y_nm", "error_x_nm");
        double[] before = new double[pairs.Count], after = new double[pairs.Count];
        Point3 shift = default;
        for (int i = 0; i < pairs.Count; i++)
        {
            (string name, Point3 moving, Point3 there) = pairs[i];
            Point3 error = transform.Apply(moving) - there;
            if (!error.IsFinite) throw new BadInputException($"{transformText.File} maps the landmark {name} at {moving} nm (z, y, x) to a position that is not a number.");
            (before[i], after[i]) = ((moving - there).Length, error.Length);
            shift += 1.0 / pairs.Count * error;
            table.Add(name, moving.Z, moving.Y, moving.X, there.Z, there.Y, there.X, before[i], after[i], error.Z, error.Y, error.X);
        }
        tables.Add(table);
        if (pairs.Count < 4) job.Warn($"{text.File}: {pairs.Count} landmark pair(s) say little about the whole volume; set 10 or more, spread over it.");
        if (after.All(static e => e < Through))
            job.Warn($"{transformText.File} goes through every landmark of {text.File}, so it was made from them. They cannot judge it: give pairs that were not used.");
        if (em is not null)
        {
            int outside = pairs.Count(p => !Inside(em, p.Fixed));
            if (outside > 0)
                job.Warn($"{outside} of {pairs.Count} landmarks of {text.File} lie outside of the EM volume. Check unit (now {request.Values.Get(Unit)}) and em_was_moved.");
        }
        TransformChecks.Landmarks(pairs, null, em, text.File, job);
        ErrorSummary was = ErrorSummary.Of(before), now = ErrorSummary.Of(after);
        summary.Append(CultureInfo.InvariantCulture, $"Registration error at {now.Count} landmark pairs, nm: mean {now.Mean:F0}, median {now.Median:F0}, SD {Text(now.StandardDeviation, "F0")}, 95 % {now.Percentile95:F0}, ")
            .Append(CultureInfo.InvariantCulture, $"largest {now.Maximum:F0} (before registration: mean {was.Mean:F0}, largest {was.Maximum:F0}).\n");
        return new JsonObject
        {
            ["count"] = pairs.Count,
            ["left_out"] = read.Skipped,
            ["before"] = Errors(was),
            ["after"] = Errors(now),
            ["mean_error_zyx_nm"] = new JsonArray(shift.Z, shift.Y, shift.X),
        };
    }

    private static ImportedTransform ReadPairs(InputText text, LengthUnit unit)
    {
        ITransformFormat format = TransformFormats.All.FirstOrDefault(f => f.Recognises(text.Text))
            ?? throw new BadInputException($"{text.File} is no list of landmark pairs. Give a CSV of BigWarp (name, active, moving x, y, z, fixed x, y, z; no header) or a table with the header {string.Join(",", LandmarkTable.Columns)} in nm.");
        ImportedTransform read = format.Read(new ImportSource(text.Text, text.File, unit));
        return read.Pairs is null ? throw new BadInputException($"{text.File} holds a transform ({format.Title}) and no landmark pairs. Give a CSV of BigWarp or a table of pairs.") : read;
    }

    private static bool Inside(Grid grid, Point3 p)
    {
        Point3 i = grid.ToIndex(p);
        return i.Z >= -0.5 && i.Y >= -0.5 && i.X >= -0.5 && i.Z <= grid.Size.Z - 0.5 && i.Y <= grid.Size.Y - 0.5 && i.X <= grid.Size.X - 0.5;
    }

    private static JsonObject Structures(OperationRequest request, ISliceSource registered, ISliceSource labels, InputText? classText, List<ResultTable> tables, StringBuilder summary, Job job)
    {
        if (registered.Grid.Size == labels.Grid.Size && !Agree(registered.Grid.Spacing, labels.Grid.Spacing))
            job.Warn($"The registered image has voxels of {registered.Grid.Spacing} nm (z, y, x), the label image of {labels.Grid.Spacing} nm. They are compared voxel by voxel; check that both lie on one grid.");
        SeparateStructures? parts = request.Values.Get(LabelComponents) ? job.Run("label_components", 0, 0.3, part => SeparateStructures.Find(labels, part)) : null;
        if (parts is { Count: > 0 }) job.Log($"{parts.Count} separate structures.");
        int minimum = request.Values.Get(MinimumVoxels);
        double margin = request.Values.Get(BoxMargin);
        IReadOnlyList<StructureOverlap> found = job.Run("overlap", parts is null ? 0 : 0.3, 1, part => StructureOverlap.Measure(registered, parts ?? labels, part, margin, minimum));

        Dictionary<int, string>? classes = classText is null ? null : ReadClasses(classText);
        int Value(StructureOverlap s) => parts?.ValueOf(s.Label) ?? s.Label;
        string Class(StructureOverlap s) => classes is null ? Everything : classes.GetValueOrDefault(Value(s), Unlisted);

        double voxel = labels.Grid.Spacing.Z * labels.Grid.Spacing.Y * labels.Grid.Spacing.X * 1e-9;
        var table = new ResultTable("structures", "label", "value", "class", "voxels", "volume_um3", "box_z", "box_y", "box_x", "box_size_z", "box_size_y", "box_size_x", "threshold", "tpr", "dice", "precision");
        foreach (StructureOverlap s in found)
        {
            table.Add(s.Label, Value(s), Class(s), s.Voxels, s.Voxels * voxel, s.Box.Z, s.Box.Y, s.Box.X, s.BoxSize.Z, s.BoxSize.Y, s.BoxSize.X,
                s.Threshold, s.TruePositiveRate, s.Dice, s.Precision);
        }
        tables.Add(table);

        int dark = found.Count(s => double.IsNaN(s.Threshold));
        if (dark > 0) job.Warn($"In {dark} of {found.Count} boxes the registered image has one value only, so their true positive rate is 0: they lie outside of the fluorescence, or another channel is meant.");
        if (found.Count == 1 && parts is null && classes is null)
            job.Log("The label image holds one label. If it is a mask of several structures, set label_components.");
        if (classes is not null)
        {
            int[] absent = [.. classes.Keys.Except(found.Select(Value)).Order()];
            if (absent.Length > 0) job.Warn($"{classText!.File} names {absent.Length} label(s) that are not measured: {string.Join(", ", absent.Take(10))}{(absent.Length > 10 ? ", ..." : "")}.");
            int unlisted = found.Count(s => Class(s) == Unlisted);
            if (unlisted > 0) job.Warn($"{unlisted} of {found.Count} structures have no class in {classText!.File}; they stand under {Unlisted}.");
        }

        var summaries = new ResultTable("classes", "class", "structures", "voxels", "tpr_mean", "tpr_sd", "tpr_median", "tpr_min", "tpr_max", "dice_mean", "dice_sd", "precision_mean", "precision_sd");
        var json = new JsonArray();
        foreach (IGrouping<string, StructureOverlap> group in found.GroupBy(Class).OrderBy(g => g.Key, StringComparer.Ordinal))
            if (group.Key != Everything) json.Add((JsonNode)Summarise(group.Key, [.. group]));
        JsonObject all = Summarise(Everything, found);
        tables.Add(summaries);
        return new JsonObject { ["count"] = found.Count, ["threshold"] = "otsu", ["overall"] = all, ["classes"] = json };

        JsonObject Summarise(string name, IReadOnlyList<StructureOverlap> members)
        {
            ErrorSummary rate = ErrorSummary.Of(members.Select(s => s.TruePositiveRate)), dice = ErrorSummary.Of(members.Select(s => s.Dice)), precision = ErrorSummary.Of(members.Select(s => s.Precision));
            long voxels = members.Sum(s => s.Voxels);
            double least = members.Min(s => s.TruePositiveRate);
            summaries.Add(name, members.Count, voxels, rate.Mean, rate.StandardDeviation, rate.Median, least, rate.Maximum, dice.Mean, dice.StandardDeviation, precision.Mean, precision.StandardDeviation);
            summary.Append(CultureInfo.InvariantCulture, $"{(name == Everything ? "All structures" : name)}, {members.Count}: true positive rate {rate.Mean:F2} +- {Text(rate.StandardDeviation, "F2")}, ")
                .Append(CultureInfo.InvariantCulture, $"Dice {dice.Mean:F2} +- {Text(dice.StandardDeviation, "F2")}, precision {Text(precision.Mean, "F2")} +- {Text(precision.StandardDeviation, "F2")}.\n");
            return new JsonObject
            {
                ["class"] = name,
                ["structures"] = members.Count,
                ["voxels"] = voxels,
                ["tpr_mean"] = rate.Mean,
                ["tpr_sd"] = ResultTable.Number(rate.StandardDeviation),
                ["dice_mean"] = dice.Mean,
                ["dice_sd"] = ResultTable.Number(dice.StandardDeviation),
                ["precision_mean"] = ResultTable.Number(precision.Mean),
                ["precision_sd"] = ResultTable.Number(precision.StandardDeviation),
            };
        }
    }

    /// <summary>Label to class, from a table with a header.</summary>
    internal static Dictionary<int, string> ReadClasses(InputText text)
    {
        var source = new ImportSource(text.Text, text.File, LengthUnit.All[0]);
        string[] lines = source.Lines();
        List<string> header = [.. CsvRow.Split(lines[0].ToLowerInvariant())];
        int label = header.IndexOf("label"), kind = header.IndexOf("class");
        if (label < 0 || kind < 0) throw source.Bad(1, $"there is no column {(label < 0 ? "label" : "class")}: the header must be label,class, and is '{Xyz.Short(lines[0])}'.");
        var classes = new Dictionary<int, string>();
        for (int i = 1; i < lines.Length; i++)
        {
            if (lines[i].Trim().Length == 0) continue;
            List<string> cells = CsvRow.Split(lines[i]);
            string number = label < cells.Count ? cells[label] : "", name = kind < cells.Count ? cells[kind] : "";
            if (!int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out int value) || value < 1) throw source.Bad(i + 1, $"label is '{Xyz.Short(number)}': it must be a whole number above 0.");
            if (name.Length == 0) throw source.Bad(i + 1, $"label {value} has no class.");
            if (!classes.TryAdd(value, name)) throw source.Bad(i + 1, $"label {value} is given twice: {classes[value]} and {name}.");
        }
        if (classes.Count == 0) throw source.Bad("the file names no label.");
        return classes;
    }

    /// <summary>Whether two voxel sizes agree as far as files can tell.</summary>
    private static bool Agree(Point3 a, Point3 b)
    {
        for (int i = 0; i < 3; i++)
            if (Math.Abs(a[i] - b[i]) > 1e-3 * Math.Max(a[i], b[i])) return false;
        return true;
    }

    private static string Text(double value, string format) => double.IsFinite(value) ? value.ToString(format, CultureInfo.InvariantCulture) : "-";

    private static JsonObject Errors(ErrorSummary e) => new()
    {
        ["mean_nm"] = e.Mean,
        ["median_nm"] = e.Median,
        ["sd_nm"] = ResultTable.Number(e.StandardDeviation),
        ["p95_nm"] = e.Percentile95,
        ["max_nm"] = e.Maximum,
    };
}

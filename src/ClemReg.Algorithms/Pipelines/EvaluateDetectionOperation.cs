using System.Globalization;
using System.Text.Json.Nodes;
using ClemReg.Algorithms.Cells;
using ClemReg.Algorithms.Parameters;
using ClemReg.Algorithms.Transforms.Interchange;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Pipelines;

/// <summary>How well detected cells agree with true ones, annotators with each other, and how much of the true cells fields of view hold.</summary>
internal static class EvaluateDetectionOperation
{
    private const string Detected = "detected", Truth = "truth";

    private static readonly NumberParameter Threshold = new("threshold", "Threshold", "Evaluation", "",
        "A cell is found, and a detection correct, from a Dice index above this on: 0.5 as published.", DetectionEvaluation.PublishedThreshold, 0, 1)
    { Option = true };

    private static readonly NumberParameter MinimumScore = new("minimum_score", "Least score", "Evaluation", "",
        "Detections with a lower score are left out, also for average precision.", 0, 0, 1);

    public static Operation Definition { get; } = new(
        "evaluate_detection", "Evaluate detection",
        "Compares detected cells with true ones by their boxes, as published with the detector: Dice, recall, precision; average precision; annotators with each other; the share of the true cells inside fields of view.",
        [
            new Port(Detected, PortKind.Cells, "What was found: boxes.csv of Detect Cells, a zip of ROIs of any shape, or a label image."),
            new Port(Truth, PortKind.Cells, "What is there, likewise; by hand or of a simulation."),
            new Port("annotators", PortKind.Cells, "What further people found in the same image.", Required: false) { Several = true },
            new Port("fields", PortKind.Text, "fields.csv of Export Fields of View: tells which share of the true cells' area they hold.", Required: false),
            new Port("image", PortKind.Sections, "The image: boxes that lie outside of it are refused.", Required: false),
        ],
        [
            new Port("report", PortKind.Text, "All figures, JSON."), new Port("scores", PortKind.Text, "The detection against each annotator, CSV."),
            new Port("agreement", PortKind.Text, "With annotators: mean Dice of each with each, CSV.", Required: false), new Port("matches", PortKind.Text, "Each cell and each detection with its best match, CSV."),
        ],
        [Threshold, MinimumScore],
        Run);

    private static OperationResult Run(OperationRequest request, Job job)
    {
        InputText detectedText = request.Text(Detected), truthText = request.Text(Truth);
        IReadOnlyList<InputText> further = request.SeveralTexts("annotators");
        Size3? size = request.OptionalInput<ISliceSource>("image")?.Grid.Size ?? truthText.Size ?? detectedText.Size ?? further.Select(t => t.Size).FirstOrDefault(s => s is not null);
        IReadOnlyList<CellShape> truth = CellInputs.Read(truthText, size, job);
        if (truth.Count == 0) throw new BadInputException($"{Truth}: {truthText.File} holds no cells, so there is nothing to compare with.");
        double least = request.Values.Get(MinimumScore), threshold = request.Values.Get(Threshold);
        Box[] detected = [.. CellInputs.Read(detectedText, size, job).Select(c => c.Box).Where(b => b.Score >= least)];
        if (detected.Length == 0) job.Warn($"{Detected}: {detectedText.File} holds no cells{(least > 0 ? " of this score" : "")}: recall is 0, and precision is not defined.");
        else if (detected.All(b => b.Score == detected[0].Score)) job.Log("All detections have the same score: average precision takes them as they stand in the table.");
        Box[] trueBoxes = [.. truth.Select(c => c.Box)];
        Box[][] references = [trueBoxes, .. further.Select(text => CellInputs.Read(text, size, job).Select(c => c.Box).ToArray())];
        string[] names = Names([truthText.File, .. further.Select(t => t.File)]);

        var report = new JsonObject { ["format"] = "clemreg-detection-evaluation", ["version"] = 1 };
        var tables = new List<ResultTable>();
        DetectionScores scores = DetectionEvaluation.Evaluate(detected, trueBoxes, threshold);
        (ResultTable scoreTable, double precision, double half) = Scores(detected, references, names, threshold);
        tables.Add(scoreTable);
        report["scores"] = Json(scores, precision, half);
        string summary = string.Create(CultureInfo.InvariantCulture,
            $"{scores.Found} of {scores.Truth} cells are found (recall {Text(scores.Recall)}), {scores.Correct} of {scores.Detections} detections are correct (precision {Text(scores.Precision)}); F1 {Text(scores.F1)}. Mean Dice of detections {Text(scores.DiceOfDetections)}, of cells {Text(scores.DiceOfTruth)}. Average precision {Text(precision)}, {Text(half)} at an overlap of 0.5.");
        if (further.Count > 0)
        {
            (ResultTable agreement, JsonObject json, string words) = Agreement(detected, references, names);
            tables.Add(agreement);
            report["agreement"] = json;
            summary += "\n" + words;
        }
        tables.Add(Matches(detected, trueBoxes, threshold));
        if (request.OptionalText("fields") is { } fieldText)
        {
            (report["fields"], string words) = Fields(fieldText, truth, size);
            summary += "\n" + words;
        }
        report["inputs"] = new JsonObject { [Detected] = detectedText.File, [Truth] = truthText.File, ["annotators"] = new JsonArray([.. further.Select(t => (JsonNode)t.File)]) };
        report["parameters"] = request.Values.ToJson();
        report["warnings"] = new JsonArray([.. job.Warnings.Select(w => (JsonNode)w)]);
        report["software"] = new JsonObject { ["name"] = "ClemReg.Fiji", ["version"] = Operations.Version };
        return new OperationResult(new Dictionary<string, object>(), new JsonObject
        {
            ["summary"] = summary,
            ["report"] = report.DeepClone(),
            ["tables"] = new JsonArray([.. tables.Select(t => (JsonNode)t.Json())]),
            ["files"] = InterchangeOperations.Files([new OutputFile("report.json", report.ToJsonString(NgffAffine.JsonOptions) + "\n"), .. tables.Select(t => new OutputFile(t.Name + ".csv", t.Csv()))]),
        });
    }

    /// <summary>The annotators' files; the same name twice gets a number.</summary>
    private static string[] Names(string[] files)
    {
        var names = new List<string>();
        foreach (string file in files)
        {
            string name = file;
            for (int n = 2; names.Contains(name) || name == Detected; n++) name = string.Create(CultureInfo.InvariantCulture, $"{file} ({n})");
            names.Add(name);
        }
        return [.. names];
    }

    /// <summary>The detection against each annotator, and its average precision against the first, over all overlaps and at 0.5.</summary>
    private static (ResultTable Table, double Precision, double Half) Scores(Box[] detected, Box[][] references, string[] names, double threshold)
    {
        var table = new ResultTable("scores", "annotator", "cells", "detections", "found", "correct", "recall", "precision", "f1", "dice_of_detections", "dice_of_cells", "ap", "ap_50", "ap_75");
        double first = double.NaN, half = double.NaN;
        for (int i = 0; i < references.Length; i++)
        {
            DetectionScores s = DetectionEvaluation.Evaluate(detected, references[i], threshold);
            double all = DetectionEvaluation.AveragePrecision(detected, references[i]), at50 = DetectionEvaluation.AveragePrecision(detected, references[i], 0.5);
            if (i == 0) (first, half) = (all, at50);
            table.Add(names[i], s.Truth, s.Detections, s.Found, s.Correct, s.Recall, s.Precision, s.F1, s.DiceOfDetections, s.DiceOfTruth, all, at50, DetectionEvaluation.AveragePrecision(detected, references[i], 0.75));
        }
        return (table, first, half);
    }

    private static (ResultTable Table, JsonObject Json, string Words) Agreement(Box[] detected, Box[][] references, string[] names)
    {
        string[] all = [Detected, .. names];
        double[,] dice = DetectionEvaluation.Agreement([detected, .. references]);
        var table = new ResultTable("agreement", ["annotator", .. all.Select(n => n.Replace(',', ' '))]);
        var rows = new JsonArray();
        var among = new List<double>();
        var ours = new List<double>();
        for (int i = 0; i < all.Length; i++)
        {
            double[] row = [.. Enumerable.Range(0, all.Length).Select(j => dice[i, j])];
            table.Add([all[i], .. row.Cast<object>()]);
            rows.Add((JsonNode)new JsonArray([.. row.Select(ResultTable.Number)]));
            for (int j = 0; j < all.Length; j++)
                if (i != j && !double.IsNaN(row[j])) (i == 0 || j == 0 ? ours : among).Add(row[j]);
        }
        double people = among.Count == 0 ? double.NaN : among.Average(), algorithm = ours.Count == 0 ? double.NaN : ours.Average();
        var json = new JsonObject { ["names"] = new JsonArray([.. all.Select(n => (JsonNode)n)]), ["mean_dice"] = rows, ["among_annotators"] = ResultTable.Number(people), ["detected_against_annotators"] = ResultTable.Number(algorithm) };
        return (table, json, string.Create(CultureInfo.InvariantCulture, $"Mean Dice among the {references.Length} annotators {Text(people)}, of the detection with them {Text(algorithm)}."));
    }

    private static ResultTable Matches(Box[] detected, Box[] truth, double threshold)
    {
        var table = new ResultTable("matches", "of", "slice", "x", "y", "width", "height", "score", "cell", "best_dice", "match_x", "match_y", "match_width", "match_height", "correct");
        Add(Truth, truth, detected);
        Add(Detected, detected, truth);
        return table;

        void Add(string of, Box[] boxes, Box[] others)
        {
            IReadOnlyList<(double Dice, int Other)> matches = DetectionEvaluation.Matches(boxes, others);
            for (int i = 0; i < boxes.Length; i++)
            {
                Box b = boxes[i];
                Box? m = matches[i].Other < 0 ? null : others[matches[i].Other];
                table.Add(of, b.Slice + 1, b.X, b.Y, b.Width, b.Height, b.Score, b.Cell, matches[i].Dice, m?.X ?? double.NaN, m?.Y ?? double.NaN, m?.Width ?? double.NaN, m?.Height ?? double.NaN, matches[i].Dice > threshold ? 1 : 0);
            }
        }
    }

    private static (JsonObject Json, string Words) Fields(InputText text, IReadOnlyList<CellShape> truth, Size3? size)
    {
        IReadOnlyList<Box> fields = text.Named(() => FieldTable.Read(text.Text));
        IReadOnlyList<long> covered = DetectionEvaluation.CoveredPixels(truth, fields);
        long all = truth.Sum(c => c.Area), inside = covered.Sum(), imaged = fields.Sum(f => f.Area);
        int whole = truth.Where((c, i) => covered[i] == c.Area).Count(), none = covered.Count(c => c == 0);
        bool pixels = truth.Any(c => c.Runs.Count > 0);
        var json = new JsonObject
        {
            ["file"] = text.File,
            ["measured_by"] = pixels ? "pixels" : "boxes",
            ["true_pixels"] = all,
            ["covered_share"] = ResultTable.Number((double)inside / all),
            ["cells_whole"] = whole,
            ["cells_missed"] = none,
            ["imaged_pixels"] = imaged,
        };
        string words = string.Create(CultureInfo.InvariantCulture, $"The fields hold {100.0 * inside / all:0.##} % of the true cells' {(pixels ? "pixels" : "boxes")}: {whole} of {truth.Count} wholly, {none} not at all");
        if (size is { } s)
        {
            json["imaged_share"] = (double)imaged / s.Count;
            words += string.Create(CultureInfo.InvariantCulture, $"; they are {100.0 * imaged / s.Count:0.#} % of the image");
        }
        return (json, words + ".");
    }

    private static JsonObject Json(DetectionScores s, double precision, double half) => new()
    {
        ["cells"] = s.Truth,
        ["detections"] = s.Detections,
        ["found"] = s.Found,
        ["correct"] = s.Correct,
        ["recall"] = ResultTable.Number(s.Recall),
        ["precision"] = ResultTable.Number(s.Precision),
        ["f1"] = ResultTable.Number(s.F1),
        ["dice_of_detections"] = ResultTable.Number(s.DiceOfDetections),
        ["dice_of_cells"] = ResultTable.Number(s.DiceOfTruth),
        ["ap"] = ResultTable.Number(precision),
        ["ap_50"] = ResultTable.Number(half),
    };

    private static string Text(double value) => double.IsNaN(value) ? "not defined" : value.ToString("0.000", CultureInfo.InvariantCulture);
}

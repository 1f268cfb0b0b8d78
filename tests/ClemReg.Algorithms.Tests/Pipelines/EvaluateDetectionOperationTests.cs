using System.Text.Json;
using System.Text.Json.Nodes;
using ClemReg.Algorithms.Cells;
using ClemReg.Algorithms.Pipelines;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Tests.Pipelines;

/// <summary>Detections against annotators and fields of view, against what tests/golden-scripts/fields.py computes.</summary>
public sealed class EvaluateDetectionOperationTests
{
    private const string Header = "x,y,width,height\n";
    private const string One = Header + "10,10,20,20\n50,10,20,20\n80,80,10,10\n", Two = Header + "12,12,20,20\n50,10,20,30\n", Three = Header + "10,10,20,25\n52,8,20,20\n81,80,10,10\n0,60,8,8\n";

    private readonly Heard _heard = new();

    private JsonObject Run(string detected, string truth, string[]? annotators = null, string? fields = null, ISliceSource? image = null, JsonObject? parameters = null, int[]? size = null)
    {
        static JsonObject Text(string file, string text) => new() { ["file"] = file, ["text"] = text };
        var texts = new JsonObject { ["detected"] = Text("found.csv", detected), ["truth"] = Text("truth.csv", truth) };
        if (size is not null) texts["truth"]!["size"] = new JsonArray([.. size.Select(n => (JsonNode)n)]);
        if (annotators is not null) texts["annotators"] = new JsonArray([.. annotators.Select(t => (JsonNode)Text("truth.csv", t))]);
        if (fields is not null) texts["fields"] = Text("fields.csv", fields);
        var request = new JsonObject { ["parameters"] = parameters ?? [], ["texts"] = texts };
        using JsonDocument document = JsonDocument.Parse(request.ToJsonString());
        Dictionary<string, object> inputs = image is null ? [] : new() { ["image"] = image };
        using OperationResult result = Operations.Find("evaluate_detection").Run(document.RootElement, inputs, new Job(1, observer: _heard));
        return result.Json;
    }

    private static string[] Lines(JsonObject json, string path) => ((string)json["files"]!.AsArray().Single(f => (string)f!["path"]! == path)!["text"]!).TrimEnd('\n').Split('\n');

    [Fact]
    public void Scores_are_those_of_the_definitions()
    {
        // Dice of detections: 0.724 on average (golden); above 0.5 all three of them that have a partner.
        JsonObject json = Run(Three, One);
        JsonNode scores = json["report"]!["scores"]!;
        Assert.Equal((3, 3, 4, 3), ((int)scores["cells"]!, (int)scores["found"]!, (int)scores["detections"]!, (int)scores["correct"]!));
        Assert.Equal((1, 0.75), ((double)scores["recall"]!, (double)scores["precision"]!));
        Assert.Equal(1.5 / 1.75, (double)scores["f1"]!, 1e-12);
        Assert.Equal(0.649722, (double)scores["dice_of_detections"]!, 1e-6);
        Assert.Equal(0.866296, (double)scores["dice_of_cells"]!, 1e-6);
        Assert.Contains("3 of 3 cells are found (recall 1.000), 3 of 4 detections are correct (precision 0.750); F1 0.857", (string)json["summary"]!, StringComparison.Ordinal);
        Assert.Equal("annotator,cells,detections,found,correct,recall,precision,f1,dice_of_detections,dice_of_cells,ap,ap_50,ap_75", Lines(json, "scores.csv")[0]);
        string[] matches = Lines(json, "matches.csv");
        Assert.Equal(1 + 3 + 4, matches.Length);
        Assert.Equal("truth,1,80,80,10,10,1,0,0.9,81,80,10,10,1", matches[3]);
        Assert.Equal("detected,1,0,60,8,8,1,0,0,,,,,0", matches[7]);
        scores = Run(Three, One, parameters: new JsonObject { ["threshold"] = 0.85 })["report"]!["scores"]!;
        Assert.Equal((2, 2), ((int)scores["found"]!, (int)scores["correct"]!));
    }

    [Fact]
    public void Annotators_agree_as_an_independent_computation_says()
    {
        JsonObject json = Run(One, Two, [Three]);
        JsonNode agreement = json["report"]!["agreement"]!;
        Assert.Equal(["detected", "truth.csv", "truth.csv (2)"], agreement["names"]!.AsArray().Select(n => (string)n!));
        double[,] golden = { { 1, 0.536667, 0.866296 }, { 0.805, 1, 0.724 }, { 0.649722, 0.362, 1 } };
        for (int i = 0; i < 3; i++)
            for (int j = 0; j < 3; j++) Assert.Equal(golden[i, j], (double)agreement["mean_dice"]![i]![j]!, 1e-6);
        Assert.Equal((0.724 + 0.362) / 2, (double)agreement["among_annotators"]!, 1e-6);
        Assert.Equal((0.536667 + 0.866296 + 0.805 + 0.649722) / 4, (double)agreement["detected_against_annotators"]!, 1e-6);
        Assert.Equal("annotator,detected,truth.csv,truth.csv (2)", Lines(json, "agreement.csv")[0]);
        Assert.Equal(3, Lines(json, "scores.csv").Length);
        Assert.Contains("Mean Dice among the 2 annotators 0.543", (string)json["summary"]!, StringComparison.Ordinal);
    }

    [Fact]
    public void The_share_inside_fields_is_that_of_pixels_or_else_of_boxes()
    {
        string Mask(Func<int, int, bool> inside, int left, int top, int side)
        {
            var runs = new List<int> { 0 };
            for (int i = 0; i < side * side; i++)
            {
                if (inside(left + i % side, top + i / side) != (runs.Count % 2 == 0)) runs.Add(0);
                runs[^1]++;
            }
            return $"{left},{top},{side},{side},{string.Join(' ', runs)}\n";
        }
        static int Square(int n) => n * n;
        string disc = Mask((x, y) => Square(x - 20) + Square(y - 25) <= 144, 8, 13, 25), ring = Mask((x, y) => Square(x - 55) + Square(y - 30) is > 64 and <= 225, 40, 15, 31);
        const string Fields = "field,slice,last_slice,x,y,width,height,cells\n1,1,2,12,10,18,21,1\n2,1,1,25,20,35,20,1\n";
        JsonNode fields = Run(Two, "x,y,width,height,mask\n" + disc + ring, fields: Fields, size: [2, 60, 80])["report"]!["fields"]!;
        Assert.Equal("pixels", (string)fields["measured_by"]!);
        Assert.Equal((330 + 201) / (441.0 + 512), (double)fields["covered_share"]!, 1e-12);
        Assert.Equal((2.0 * 18 * 21 + 35 * 20) / (2 * 60 * 80), (double)fields["imaged_share"]!, 1e-12);
        fields = Run(One, Header + "8,13,25,25\n40,15,31,31\n", fields: Fields)["report"]!["fields"]!;
        Assert.Equal("boxes", (string)fields["measured_by"]!);
        Assert.Equal(813 / (625.0 + 961), (double)fields["covered_share"]!, 1e-12);
        Assert.Equal((0, 0), ((int)fields["cells_whole"]!, (int)fields["cells_missed"]!));
    }

    [Fact]
    public void What_cannot_be_compared_is_refused()
    {
        void Refused(string message, Action run) => Assert.Contains(message, Assert.Throws<BadInputException>(run).Message, StringComparison.Ordinal);
        using var image = new Volume<byte>(new Grid(new Size3(1, 90, 100), new Point3(1, 1, 1)));
        Refused("truth: truth.csv: line 4: the box x 100, y 80, 10 x 10 lies outside of the image, but the image has 1 section of 100 x 90 pixels", () => Run(One, Header + "1,1,5,5\n\n100,80,10,10\n", image: image));
        Refused("truth: truth.csv holds no cells", () => Run(One, Header));
        Refused("annotators: truth.csv: line 2: the box x -9", () => Run(One, One, [Header + "-9,5,5,5"], image: image));
        Refused("truth: truth.csv has 1 section of 80 x 60 pixels but the image has 1 section of 100 x 90 pixels", () => Run(One, One, image: image, size: [1, 60, 80]));
        Refused("truth: truth.csv: line 2: mask holds '3x'", () => Run(One, "x,y,width,height,mask\n1,1,2,2,0 3x"));
        Refused("truth: truth.csv: line 2: the runs of mask have 5 pixels, but the box has 4", () => Run(One, "x,y,width,height,mask\n1,1,2,2,0 5"));
        Refused("fields: fields.csv: line 1: there is no column", () => Run(One, One, fields: "a\n1"));
        JsonNode scores = Run(Header, One)["report"]!["scores"]!;
        Assert.Equal(0, (double)scores["recall"]!);
        Assert.Null(scores["precision"]);
        Assert.Contains("found.csv holds no cells", Assert.Single(_heard.Lines, l => l.StartsWith("warning", StringComparison.Ordinal)), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("cytoplasmic")]
    [InlineData("nuclear")]
    [InlineData("punctate")]
    public void Simulated_sections_come_with_labels_that_fit_their_boxes(string pattern)
    {
        using JsonDocument document = JsonDocument.Parse(new JsonObject
        {
            ["parameters"] = new JsonObject { ["pattern"] = pattern, ["sections"] = 3, ["width"] = 200, ["height"] = 160, ["noise"] = 5, ["seed"] = 4 },
        }.ToJsonString());
        using OperationResult result = Operations.Find("simulate_cells").Run(document.RootElement, new Dictionary<string, object>(), new Job(2));
        var sections = (Volume<ushort>)result.Outputs["sections"];
        var labels = (Volume<ushort>)result.Outputs["labels"];
        Assert.Equal(new Grid(new Size3(3, 160, 200), new Point3(100, 178, 178)), sections.Grid);
        Assert.Equal(sections.Grid, labels.Grid);
        IReadOnlyList<Box> boxes = BoxTable.Read(string.Join('\n', Lines(result.Json, "boxes.csv")));
        Assert.NotEmpty(boxes);
        foreach (Box box in boxes)
        {
            // The labels' own box, by looking at every pixel.
            (int left, int top, int right, int bottom) = (int.MaxValue, int.MaxValue, -1, -1);
            for (int y = 0; y < 160; y++)
                for (int x = 0; x < 200; x++)
                    if (labels[box.Slice, y, x] == box.Cell) (left, top, right, bottom) = (Math.Min(left, x), Math.Min(top, y), Math.Max(right, x), y);
            Assert.Equal((box.X, box.Y, box.Right - 1, box.Bottom - 1), (left, top, right, bottom));
        }
        JsonNode truth = JsonNode.Parse(string.Join('\n', Lines(result.Json, "truth.json")))!;
        Assert.Equal(boxes.Select(b => b.Cell).Distinct().Order(), truth["cells"]!.AsArray().Select(c => (int)c!["cell"]!).Order());
        Assert.Equal(pattern, (string)truth["options"]!["pattern"]!);
        // The same seed, another number of threads: the same bytes.
        using OperationResult again = Operations.Find("simulate_cells").Run(document.RootElement, new Dictionary<string, object>(), new Job(1));
        for (int z = 0; z < 3; z++) Assert.True(sections.Slice(z).SequenceEqual(((Volume<ushort>)again.Outputs["sections"]).Slice(z)));
    }

    [Fact]
    public void A_simulation_out_of_range_is_refused() => Assert.Contains("diameter", Assert.Throws<BadInputException>(() =>
        Operations.Find("simulate_cells").Run(JsonDocument.Parse("{\"parameters\":{\"diameter\":100}}").RootElement, new Dictionary<string, object>(), new Job(1))).Message, StringComparison.Ordinal);
}

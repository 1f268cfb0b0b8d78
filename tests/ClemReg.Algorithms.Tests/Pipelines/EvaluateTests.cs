using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using ClemReg.Algorithms.Evaluation;
using ClemReg.Algorithms.Pipelines;
using ClemReg.Algorithms.Transforms;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Tests.Pipelines;

/// <summary>The judgement of a registration by landmarks and by structures.</summary>
public sealed class EvaluateTests
{
    private const string Header = "name,moving_z,moving_y,moving_x,fixed_z,fixed_y,fixed_x\n";
    private static readonly Grid Small = new(new Size3(6, 20, 30), new Point3(20, 10, 10));

    private readonly Heard _heard = new();

    private JsonObject Run(Dictionary<string, string>? texts = null, Dictionary<string, object>? inputs = null, JsonObject? parameters = null)
    {
        var json = new JsonObject();
        foreach ((string port, string text) in texts ?? []) json[port] = new JsonObject { ["file"] = port + ".file", ["text"] = text };
        var request = new JsonObject { ["parameters"] = parameters ?? [], ["texts"] = json, ["names"] = new JsonObject { ["labels"] = "l.tif" } };
        using JsonDocument document = JsonDocument.Parse(request.ToJsonString());
        using OperationResult result = Operations.Find("evaluate").Run(document.RootElement, inputs ?? [], new Job(2, observer: _heard));
        return result.Json;
    }

    private void Refused(string message, Dictionary<string, string>? texts = null, Dictionary<string, object>? inputs = null, JsonObject? parameters = null) =>
        Assert.Contains(message, Assert.Throws<BadInputException>(() => Run(texts, inputs, parameters)).Message, StringComparison.Ordinal);

    private static string Shift(double z, double y, double x, string direction = "moving_to_fixed") =>
        TransformFile.Write(new AffineTransform([1, 0, 0, z, 0, 1, 0, y, 0, 0, 1, x]), "rigid", direction).ToJsonString();

    private static string File(JsonObject report, string path) => (string)report["files"]!.AsArray().Single(f => (string)f!["path"]! == path)!["text"]!;

    private static double Number(JsonNode? node) => node!.GetValue<double>();

    [Fact]
    public void Landmark_errors_are_those_of_the_formula()
    {
        // Errors after: 0, 30, 40, 50 nm along one axis each; the transform shifts by 100 nm along x.
        string pairs = Header + "a,0,0,0,0,0,100\nb,0,0,0,30,0,100\nc,0,0,0,0,-40,100\nd,0,0,0,0,0,150\n";
        JsonObject json = Run(new() { ["transform"] = Shift(0, 0, 100), ["landmarks"] = pairs });
        JsonNode after = json["report"]!["landmarks"]!["after"]!;
        Assert.Equal(30, Number(after["mean_nm"]), 1e-9);
        Assert.Equal(35, Number(after["median_nm"]), 1e-9);
        Assert.Equal(Math.Sqrt((900 + 0 + 100 + 400) / 3.0), Number(after["sd_nm"]), 1e-9);
        Assert.Equal(50, Number(after["p95_nm"]), 1e-9);
        Assert.Equal(50, Number(after["max_nm"]), 1e-9);
        Assert.Equal((100 + Math.Sqrt(10900) + Math.Sqrt(11600) + 150) / 4, Number(json["report"]!["landmarks"]!["before"]!["mean_nm"]), 1e-9);
        Assert.Equal([-7.5, 10, -12.5], json["report"]!["landmarks"]!["mean_error_zyx_nm"]!.AsArray().Select(Number));
        string[] lines = File(json, "landmarks.csv").Split('\n');
        Assert.Equal("c,0,0,0,0,-40,100,107.70329614269008,40,0,40,0", lines[3]);
        // The table that is written can be read again.
        JsonObject again = Run(new() { ["transform"] = Shift(0, 0, 100), ["landmarks"] = File(json, "landmarks.csv") });
        Assert.Equal(File(json, "landmarks.csv"), File(again, "landmarks.csv"));
        Assert.Contains("mean 30, median 35", (string)json["summary"]!, StringComparison.Ordinal);
    }

    [Fact]
    public void BigWarp_landmarks_count_in_the_unit_and_may_be_turned_round()
    {
        const string theirs = "\"Pt-0\",\"true\",\"1\",\"2\",\"3\",\"1.5\",\"2\",\"3\"\n\"Pt-1\",\"false\",\"9\",\"9\",\"9\",\"9\",\"9\",\"9\"\n";
        JsonObject um = Run(new() { ["transform"] = Shift(0, 0, 400), ["landmarks"] = theirs });
        Assert.Equal(100, Number(um["report"]!["landmarks"]!["after"]!["mean_nm"]), 1e-9);
        Assert.Equal(1, (int)um["report"]!["landmarks"]!["left_out"]!);
        JsonObject nm = Run(new() { ["transform"] = Shift(0, 0, 0), ["landmarks"] = theirs }, parameters: new JsonObject { ["unit"] = "nm" });
        Assert.Equal(0.5, Number(nm["report"]!["landmarks"]!["after"]!["mean_nm"]), 1e-9);
        JsonObject turned = Run(new() { ["transform"] = Shift(0, 0, -400), ["landmarks"] = theirs }, parameters: new JsonObject { ["em_was_moved"] = true });
        Assert.Equal(100, Number(turned["report"]!["landmarks"]!["after"]!["mean_nm"]), 1e-9);
        // inverse_transform.json says that it is one.
        JsonObject inverse = Run(new() { ["transform"] = Shift(0, 0, -400, "fixed_to_moving"), ["landmarks"] = theirs });
        Assert.Equal(100, Number(inverse["report"]!["landmarks"]!["after"]!["mean_nm"]), 1e-9);
        Assert.Contains(_heard.Lines, l => l.StartsWith("warning", StringComparison.Ordinal) && l.Contains("1 landmark pair(s) say little", StringComparison.Ordinal));
    }

    [Fact]
    public void Landmarks_that_made_the_transform_or_lie_outside_are_pointed_out()
    {
        using var labels = new Volume<byte>(Small);
        using var image = new Volume<byte>(Small);
        labels[1, 1, 1] = 1;
        Run(new() { ["transform"] = Shift(0, 0, 5), ["landmarks"] = Header + "a,0,0,0,0,0,5\nb,0,0,0,0,0,5\nc,0,9,0,0,9,5\nd,0,0,1e9,0,0,1000000005\n" }, new() { ["labels"] = labels, ["registered"] = image });
        Assert.Contains(_heard.Lines, l => l.Contains("goes through every landmark", StringComparison.Ordinal));
        Assert.Contains(_heard.Lines, l => l.Contains("1 of 4 landmarks", StringComparison.Ordinal) && l.Contains("unit", StringComparison.Ordinal));
        Assert.Contains(_heard.Lines, l => l.Contains("1 of 1 boxes", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("a,0,0,0,0,0,0\nb,0,0,0.1,0,0,0.1\n", "span 0.1 nm of the EM")]
    [InlineData("a,0,0,0,0,0,0\nb,0,0,0.1,0,0,100\n", "make the fluorescence 1E+03 times as large")]
    [InlineData("a,0,0,0,0,0,0\nb,0,0,100,0,0,100\n", null)]
    public void Landmarks_in_another_unit_are_pointed_out(string pairs, string? warning)
    {
        using var labels = new Volume<byte>(Small);
        using var image = new Volume<byte>(Small);
        labels[1, 1, 1] = 1;
        Run(new() { ["transform"] = Shift(0, 0, 0), ["landmarks"] = Header + pairs }, new() { ["labels"] = labels, ["registered"] = image });
        string[] found = [.. _heard.Lines.Where(l => l.StartsWith("warning: The landmarks of landmarks.file", StringComparison.Ordinal))];
        if (warning is null) Assert.Empty(found);
        else Assert.Contains(warning, Assert.Single(found), StringComparison.Ordinal);
    }

    /// <summary>Two cubes of value 1 and one of value 2; the fluorescence covers the first wholly, half of the second, none of the third.</summary>
    private static (Volume<byte> Labels, Volume<ushort> Image) Cubes()
    {
        var labels = new Volume<byte>(Small);
        var image = new Volume<ushort>(Small);
        for (int z = 1; z < 5; z++)
            for (int y = 2; y < 6; y++)
                for (int x = 2; x < 6; x++)
                {
                    labels[z, y, x] = 1;
                    labels[z, y, x + 10] = 1;
                    labels[z, y, x + 20] = 2;
                    image[z, y, x] = 1000;
                    if (x < 4) image[z, y, x + 10] = 900;
                }
        return (labels, image);
    }

    [Fact]
    public void A_mask_is_taken_apart_and_classes_are_summed_up()
    {
        (Volume<byte> labels, Volume<ushort> image) = Cubes();
        using (labels)
        using (image)
        {
            var inputs = new Dictionary<string, object> { ["labels"] = labels, ["registered"] = image };
            // Without a margin the first box is all fluorescent and has no threshold: its rate is 0, and a warning says why.
            JsonObject tight = Run(new() { ["classes"] = "label,class\n1,lysosome\n2,\"endosome, late\"\n" }, inputs, new JsonObject { ["label_components"] = true });
            Assert.Equal(["label", "1", "2", "3", ""], File(tight, "structures.csv").Split('\n').Select(l => l.Split(',')[0]));
            Assert.Contains(_heard.Lines, l => l.Contains("2 of 3 boxes", StringComparison.Ordinal));
            JsonObject wide = Run(new() { ["classes"] = "label,class\n1,lysosome\n2,\"endosome, late\"\n" }, inputs, new JsonObject { ["label_components"] = true, ["box_margin"] = 20 });
            JsonNode[] classes = [.. wide["report"]!["structures"]!["classes"]!.AsArray().Select(c => c!)];
            Assert.Equal(["endosome, late", "lysosome"], classes.Select(c => (string)c["class"]!));
            Assert.Equal(0.75, Number(classes[1]["tpr_mean"]), 1e-9);
            Assert.Equal(Math.Sqrt(0.125), Number(classes[1]["tpr_sd"]), 1e-9);
            Assert.Equal((1 + 2.0 / 3) / 2, Number(classes[1]["dice_mean"]), 1e-9);
            Assert.Equal(1, Number(classes[1]["precision_mean"]), 1e-9);
            Assert.Null(classes[0]["tpr_sd"]);
            Assert.Equal(0.5, Number(wide["report"]!["structures"]!["overall"]!["tpr_mean"]), 1e-9);
            Assert.StartsWith("\"endosome, late\",1,64,0,,0,", File(wide, "classes.csv").Split('\n')[1], StringComparison.Ordinal);
            // Taken as labels, the two cubes of value 1 are one structure.
            Assert.Equal(2, (int)Run(null, inputs)["report"]!["structures"]!["count"]!);
            Run(new() { ["classes"] = "label,class\n7,other\n" }, inputs);
            Assert.Contains(_heard.Lines, l => l.Contains('7', StringComparison.Ordinal) && l.Contains("not measured", StringComparison.Ordinal));
            Assert.Contains(_heard.Lines, l => l.Contains("2 of 2 structures have no class", StringComparison.Ordinal));
            Refused("minimum_voxels = 1000", null, inputs, new JsonObject { ["minimum_voxels"] = 1000 });
        }
    }

    [Fact]
    public void The_report_is_a_file_and_tables_are_for_the_screen()
    {
        (Volume<byte> labels, Volume<ushort> image) = Cubes();
        using (labels)
        using (image)
        {
            JsonObject json = Run(new() { ["transform"] = Shift(0, 0, 1), ["landmarks"] = Header + "a,0,0,0,0,0,0\n" }, new() { ["labels"] = labels, ["registered"] = image });
            Assert.Equal(["report.json", "landmarks.csv", "structures.csv", "classes.csv"], json["files"]!.AsArray().Select(f => (string)f!["path"]!));
            JsonNode report = JsonNode.Parse(File(json, "report.json"))!;
            Assert.Equal("clemreg-evaluation", (string)report["format"]!);
            Assert.Equal("l.tif", (string)report["inputs"]!["labels"]!);
            Assert.Equal("landmarks.file", (string)report["inputs"]!["landmarks"]!);
            foreach (JsonNode? table in json["tables"]!.AsArray())
                foreach (JsonNode? row in table!["rows"]!.AsArray())
                    Assert.Equal(table["columns"]!.AsArray().Count, row!.AsArray().Count);
        }
    }

    [Fact]
    public void Missing_halves_are_named()
    {
        using var image = new Volume<byte>(Small);
        Refused("nothing to measure");
        Refused("landmarks is missing", new() { ["transform"] = Shift(0, 0, 0) });
        Refused("transform is missing", new() { ["landmarks"] = Header + "a,0,0,0,0,0,0\n" });
        Refused("labels is missing", null, new() { ["registered"] = image });
        Refused("registered is missing", null, new() { ["labels"] = image });
        Refused("labels is missing", new() { ["transform"] = Shift(0, 0, 0), ["landmarks"] = Header + "a,0,0,0,0,0,0\n", ["classes"] = "label,class\n1,a\n" });
    }

    [Theory]
    [InlineData("Pt-0,true,1,2,3,4\n", "2-D")]
    [InlineData("Pt-0,true,1,2,3,4,5\n", "no list of landmark pairs")]
    [InlineData("Pt-0,true,1,2,3,4,5,x\n", "line 1")]
    [InlineData("Pt-0,false,1,2,3,4,5,6\n", "inactive")]
    [InlineData("name,moving_y,moving_x,fixed_y,fixed_x\n", "no column moving_z, fixed_z")]
    [InlineData("name,moving_z,moving_y,moving_x,fixed_z,fixed_y,fixed_x\na,1,2,3,4,5\n", "line 2: fixed_x is ''")]
    [InlineData("name,moving_z,moving_y,moving_x,fixed_z,fixed_y,fixed_x\n", "no landmarks")]
    [InlineData("#Insight Transform File V1.0\n#Transform 0\nTransform: AffineTransform_double_3_3\nParameters: 1 0 0 0 1 0 0 0 1 0 0 0\nFixedParameters: 0 0 0\n", "holds a transform")]
    public void Bad_landmarks_are_named(string text, string message) => Refused(message, new() { ["transform"] = Shift(0, 0, 0), ["landmarks"] = text });

    [Theory]
    [InlineData("label;class\n1;a\n", "no column label")]
    [InlineData("label,class\n1.5,a\n", "line 2: label is '1.5'")]
    [InlineData("label,class\n1,a\n1,b\n", "given twice: a and b")]
    [InlineData("label,class\n1,\n", "no class")]
    [InlineData("label,class\n", "names no label")]
    public void Bad_classes_are_named(string text, string message)
    {
        (Volume<byte> labels, Volume<ushort> image) = Cubes();
        using (labels)
        using (image) Refused(message, new() { ["classes"] = text }, new() { ["labels"] = labels, ["registered"] = image });
    }

    [Fact]
    public void Many_structures_of_a_wide_range_are_measured_in_parts()
    {
        // Two slabs of 600 structures each with values from 0 to 65535 would need 600 MB of histograms at once.
        var grid = new Grid(new Size3(2, 40, 120), new Point3(1, 1, 1));
        using var labels = new Volume<ushort>(grid);
        using var image = new Volume<ushort>(grid);
        for (int z = 0; z < 2; z++)
            for (int y = 0; y < 40; y++)
                for (int x = 0; x < 120; x++)
                {
                    labels[z, y, x] = (ushort)(1 + z * 600 + y / 2 * 30 + x / 4);
                    image[z, y, x] = (ushort)(x % 4 < 2 ? 65535 : 0);
                }
        IReadOnlyList<StructureOverlap> found = StructureOverlap.Measure(image, labels, new Job(2));
        Assert.Equal(1200, found.Count);
        Assert.All(found, s => Assert.Equal(0.5, s.TruePositiveRate));
    }

    [Fact]
    public void Labels_are_not_taken_apart_twice()
    {
        using var labels = new Volume<ushort>(Small);
        for (int i = 0; i < 100; i++) labels.Slice(2)[5 * i] = (ushort)(i + 1);
        Refused("labelled already", null, new() { ["labels"] = labels, ["registered"] = labels }, new JsonObject { ["label_components"] = true });
    }

    [Fact]
    public void Summaries_leave_out_what_is_not_known()
    {
        ErrorSummary s = ErrorSummary.Of([1, double.NaN, 3]);
        Assert.Equal("2 2 2 1.4142135623730951 3 3", string.Create(CultureInfo.InvariantCulture, $"{s.Count} {s.Mean} {s.Median} {s.StandardDeviation} {s.Percentile95} {s.Maximum}"));
        Assert.True(double.IsNaN(ErrorSummary.Of([]).Mean) && double.IsNaN(ErrorSummary.Of([5]).StandardDeviation));
    }
}

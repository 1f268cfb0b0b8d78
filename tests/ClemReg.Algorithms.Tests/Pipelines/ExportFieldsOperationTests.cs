using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using ClemReg.Algorithms.Pipelines;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Tests.Pipelines;

/// <summary>Fields of view as files, against what tests/golden-scripts/fields.py computes.</summary>
public sealed class ExportFieldsOperationTests
{
    private const string Boxes = "slice,x,y,width,height,score,cell\n1,10,20,30,40,0.9,1\n";
    private static readonly string[] Turned = ["pixel_size=0.178", "stage_x=1000", "stage_y=-250", "stage_rotation=30", "flip_y=true"];

    private readonly Heard _heard = new();

    private OperationResult Result(string boxes, string[] parameters, ISliceSource? image = null, string? fiducials = null, bool calibrated = true, int[]? size = null)
    {
        var values = new JsonObject();
        foreach (string[] pair in parameters.Select(p => p.Split('=', 2))) values[pair[0]] = pair[1];
        var text = new JsonObject { ["file"] = "boxes.csv", ["text"] = boxes };
        if (size is not null) text["size"] = new JsonArray([.. size.Select(n => (JsonNode)n)]);
        var texts = new JsonObject { ["boxes"] = text };
        if (fiducials is not null) texts["fiducials"] = new JsonObject { ["file"] = "fid.csv", ["text"] = fiducials };
        var request = new JsonObject { ["parameters"] = values, ["texts"] = texts, ["uncalibrated"] = calibrated ? [] : new JsonArray("image") };
        using JsonDocument document = JsonDocument.Parse(request.ToJsonString());
        Dictionary<string, object> inputs = image is null ? [] : new() { ["image"] = image };
        return Operations.Find("export_fields").Run(document.RootElement, inputs, new Job(1, observer: _heard));
    }

    private JsonObject Run(string boxes, params string[] parameters)
    {
        using OperationResult result = Result(boxes, parameters);
        return result.Json;
    }

    private static void Refused(string message, Action run) => Assert.Contains(message, Assert.Throws<BadInputException>(run).Message, StringComparison.Ordinal);

    private static string File(JsonObject json, string path) => (string)json["files"]!.AsArray().Single(f => (string)f!["path"]! == path)!["text"]!;

    private static double[] Row(JsonObject json, int line) => [.. File(json, "fields.csv").Split('\n')[line].Split(',').Select(v => double.Parse(v, CultureInfo.InvariantCulture))];

    [Fact]
    public void Stage_coordinates_are_those_of_an_independent_computation()
    {
        JsonObject json = Run(Boxes, Turned);
        Assert.StartsWith("field,slice,last_slice,x,y,width,height,centre_x_um,centre_y_um,width_um,height_um,rotation_deg,corner_1_x_um", File(json, "fields.csv"), StringComparison.Ordinal);
        Assert.Equal([1, 1, 1, 10, 20, 30, 40, 1007.292, -253.909, 5.34, 7.12, 30, 1003.2, -252.16, 1007.825, -249.49, 1011.385, -255.657, 1006.76, -258.327, 1], Row(json, 1));
        Assert.Equal("1007.292 -253.909 5.34 7.12\n", File(json, "fields.txt"));
        JsonNode stage = JsonNode.Parse(File(json, "fields.json"))!["fields"]![0]!["stage_um"]!;
        Assert.Equal([1007.292, -253.909], stage["centre"]!.AsArray().Select(v => (double)v!));
        Assert.Equal(1011.385, (double)stage["corners"]![2]![0]!);
        Assert.Contains("1 field of view for 1 box", (string)json["summary"]!, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("file")]
    [InlineData("typed")]
    public void Fiducials_give_them_too_and_tell_when_they_disagree(string how)
    {
        double[][] points = [[0, 0, 1000, -250], [500, 0, 1077.076260936815, -205.5], [500, 400, 1113.676260936815, -267.16100874945204], [0, 400, 1035.6, -311.66100874945204]];
        string Pairs(int first) => string.Join("; ", points.Select(p => string.Create(CultureInfo.InvariantCulture, $"{p[first]},{p[first + 1]}")));
        string table = "pixel_x,pixel_y,stage_x,stage_y\n" + string.Join('\n', points.Select(p => string.Join(',', p.Select(v => v.ToString("R", CultureInfo.InvariantCulture)))));
        using OperationResult result = how == "file" ? Result(Boxes, ["pixel_size=0.2"], fiducials: table) : Result(Boxes, ["pixel_size=0.2", "fiducial_pixels=" + Pairs(0), "fiducial_stage=" + Pairs(2)]);
        double[] row = Row(result.Json, 1);
        Assert.Equal([1007.116, -253.909, 5.366, 7.145], row[7..11]);
        Assert.Equal([1002.984, -252.16, 1007.638, -249.49, 1011.248, -255.657, 1006.594, -258.327], row[12..20]);
        // 0.178 um where 0.2 um is said.
        Assert.Contains("By the fiducials a pixel is 0.1789 x 0.1786 um, but it should be 0.2 x 0.2 um", Assert.Single(_heard.Lines, l => l.StartsWith("warning", StringComparison.Ordinal)), StringComparison.Ordinal);
    }

    [Fact]
    public void Area_and_time_are_told_against_everything()
    {
        using var image = new Volume<byte>(new Grid(new Size3(4, 100, 200), new Point3(100, 500, 500)));
        using OperationResult result = Result("slice,x,y,width,height\n1,10,20,30,40\n2,10,20,30,40\n", ["em_pixel=10", "dwell_time=1", "field_overhead=30"], image);
        JsonNode totals = result.Json["totals"]!;
        // Two sections of 15 x 20 um; 0.01 s for a square micrometre.
        Assert.Equal(600, (double)totals["area_um2"]!);
        Assert.Equal(4 * 50 * 100, (double)totals["whole_um2"]!);
        Assert.Equal(0.03, (double)totals["share"]!, 1e-9);
        Assert.Equal(6 + 60, (double)totals["seconds"]!);
        Assert.Equal(200 + 120 - 66, (double)totals["seconds_saved"]!);
        Assert.Contains("3 % of all sections (20000 um2); 1.1 min of imaging, 4.2 min less", (string)result.Json["summary"]!, StringComparison.Ordinal);
        var picture = (Volume<byte>)result.Outputs["overlay"];
        // Enlarged three times: 200 pixels are few.
        Assert.Equal(new Size3(3, 300, 600), picture.Grid.Size);
        Assert.Equal((255, 220, 0), (picture[0, 60, 30], picture[1, 60, 30], picture[2, 60, 30]));
        Assert.Equal(0, picture[0, 100, 70]);
    }

    [Fact]
    public void All_cells_takes_every_score_a_margin_and_more_sections()
    {
        const string Two = "slice,x,y,width,height,score\n3,100,100,40,40,0.9\n4,100,100,40,40,0.01\n";
        double[] row = Row(Run(Two, "pixel_size=0.1", "coverage=all_cells", "minimum_score=0.5"), 1);
        Assert.Equal([2, 4, 99, 99, 42, 42], row[1..7]);
        // With one section only the neighbours cannot make up for what it lacks.
        row = Row(Run(Boxes, "pixel_size=0.1", "coverage=all_cells", "margin_share=0.6"), 1);
        Assert.Equal([1, 1, 0, 0, 58, 84], row[1..7]);
        Assert.Equal([1, 1, 0, 0, 55, 80], Row(Run(Boxes, "pixel_size=0.1", "coverage=all_cells"), 1)[1..7]);
        Assert.Equal([3, 3, 100, 100, 40, 40], Row(Run(Two, "pixel_size=0.1", "minimum_score=0.5"), 1)[1..7]);
    }

    [Fact]
    public void What_cannot_be_is_refused_with_what_to_do()
    {
        using var image = new Volume<byte>(new Grid(new Size3(2, 100, 200), new Point3(1, 1, 1)));
        Refused("The pixel size is not known: give pixel_size in um", () => Run(Boxes));
        Refused("The pixel size of image is not known (it is not calibrated): give pixel_size", () => Result(Boxes, [], image, calibrated: false));
        Refused("margin = -1 is not allowed", () => Run(Boxes, "pixel_size=1", "margin=-1"));
        Refused("boxes: boxes.csv holds no cells", () => Run("x,y,width,height\n", "pixel_size=1"));
        Refused("minimum_score = 0.95 is not allowed: it must be at most 0.9", () => Run(Boxes, "pixel_size=1", "minimum_score=0.95"));
        Refused("boxes: boxes.csv: line 1: there is no column", () => Run("a,b\n1,2", "pixel_size=1"));
        Refused("boxes: boxes.csv: line 3: the box x 195, y 95, 20 x 20 lies outside of the image, but the image has 2 sections of 200 x 100 pixels", () => Result("x,y,width,height\n1,1,5,5\n195,95,20,20\n", ["pixel_size=1"], image));
        Refused("line 2: the box x 1, y 1, 5 x 5 is in section 3, but the image has 2 sections", () => Result("slice,x,y,width,height\n3,1,1,5,5\n", ["pixel_size=1"], image));
        Refused("boxes: boxes.csv has 3 sections of 200 x 100 pixels but the image has 2 sections", () => Result(Boxes, ["pixel_size=1"], image, size: [3, 100, 200]));
        Refused("line 2: slice is 200000", () => Run("slice,x,y,width,height\n200000,1,1,5,5\n", "pixel_size=1"));
        Refused("fiducials = 2 points is not allowed: it must be three or more", () => Run(Boxes, "fiducial_pixels=0,0; 10,0", "fiducial_stage=0,0; 10,0"));
        Refused("on one line, or nearly, in the image", () => Run(Boxes, "fiducial_pixels=0,0; 10,0; 20,0", "fiducial_stage=0,0; 10,0; 20,5"));
        Refused("fiducial_stage = 2 points is not allowed: it must be as many as fiducial_pixels has, 3", () => Run(Boxes, "fiducial_pixels=0,0; 10,0; 20,0", "fiducial_stage=0,0; 10,0"));
        Refused("fiducial_pixels is missing", () => Run(Boxes, "fiducial_stage=0,0; 10,0; 20,5"));
        Refused("fiducial_stage = 10 is not allowed", () => Run(Boxes, "fiducial_pixels=0,0; 10,0", "fiducial_stage=0,0; 10"));
        Refused("fiducials: fid.csv: line 1: there is no column stage_x, stage_y", () => Result(Boxes, [], fiducials: "pixel_x,pixel_y\n1,2"));
        Refused("fiducials: fid.csv: line 2: stage_y is 'b'", () => Result(Boxes, [], fiducials: "pixel_x,pixel_y,stage_x,stage_y\n1,2,3,b"));
        Refused("not both", () => Result(Boxes, ["fiducial_stage=0,0; 1,1; 2,0"], fiducials: "pixel_x,pixel_y,stage_x,stage_y\n1,2,3,4"));
        Refused("dwell_time is missing", () => Run(Boxes, "pixel_size=1", "em_pixel=10"));
        Refused("em_pixel is missing", () => Run(Boxes, "pixel_size=1", "field_overhead=10"));
    }

    [Fact]
    public void A_box_over_the_border_is_cut_with_a_warning()
    {
        using var image = new Volume<byte>(new Grid(new Size3(1, 100, 200), new Point3(1000, 1000, 1000)));
        using OperationResult result = Result("x,y,width,height\n190,-4,15,10\n", [], image);
        Assert.Equal([190, 0, 10, 6], Row(result.Json, 1)[3..7]);
        Assert.Contains("1 box over the border of the image (200 x 100 pixels), cut there, the first in line 2", Assert.Single(_heard.Lines, l => l.StartsWith("warning", StringComparison.Ordinal)), StringComparison.Ordinal);
    }
}

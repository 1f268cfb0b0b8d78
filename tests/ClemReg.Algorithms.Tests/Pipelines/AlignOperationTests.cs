using System.Text.Json;
using System.Text.Json.Nodes;
using ClemReg.Algorithms.Pipelines;
using ClemReg.Algorithms.Tests.Preparation;
using ClemReg.Algorithms.Tests.Warping;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Tests.Pipelines;

public sealed class AlignOperationTests
{
    private static readonly Grid Grid = new(new Size3(9, 81, 97), new Point3(50, 10, 10), new Point3(7, 8, 9));

    private static OperationResult Run(ISliceSource source, JsonObject request)
    {
        using JsonDocument document = JsonDocument.Parse(request.ToJsonString());
        return Operations.Find("align_slices").Run(document.RootElement, new Dictionary<string, object> { ["source"] = source }, new Job(2));
    }

    /// <summary>Blobs, each slice moved by 3 pixels to and fro along y.</summary>
    private static PreparationSources Jittered(double brightness = 1) => new(Grid, VoxelType.UInt16, (z, y, x) =>
    {
        double v = y - (z % 2 * 3), u = x;
        return Math.Round(brightness * (500 + 100 * (Math.Sin(0.37 * v + 0.21 * u) + Math.Sin(0.29 * u - 0.13 * v) + Math.Cos(0.011 * u * v))));
    });

    [Fact]
    public void One_channels_shifts_serve_for_another()
    {
        using OperationResult first = Run(Jittered(), new JsonObject());
        var aligned = (ISliceSource)first.Outputs["aligned"];
        Assert.Equal(Grid, aligned.Grid);
        Assert.Equal(VoxelType.UInt16, aligned.Type);
        float[] values = WarpCases.ReadFloats(aligned);
        double before = 0, after = 0;
        float[] raw = WarpCases.ReadFloats(Jittered());
        for (int z = 1; z < 9; z++)
            for (int y = 10; y < 70; y++)
                for (int x = 10; x < 80; x++)
                {
                    int i = (z * 81 + y) * 97 + x;
                    (before, after) = (before + Math.Abs(raw[i] - raw[i - 81 * 97]), after + Math.Abs(values[i] - values[i - 81 * 97]));
                }
        Assert.InRange(after, 0, before / 15);

        string csv = (string)first.Json["files"]![0]!["text"]!;
        Assert.Equal("shifts.csv", (string)first.Json["files"]![0]!["path"]!);
        using OperationResult second = Run(Jittered(2), new JsonObject
        {
            ["texts"] = new JsonObject { ["shifts"] = new JsonObject { ["file"] = "s.csv", ["text"] = csv } },
        });
        Assert.Equal(csv, (string)second.Json["files"]![0]!["text"]!);
        float[] other = WarpCases.ReadFloats((ISliceSource)second.Outputs["aligned"]);
        for (int i = 0; i < values.Length; i++) Assert.InRange(other[i], 2 * values[i] - 2, 2 * values[i] + 2);
    }

    [Fact]
    public void Bad_input_is_named()
    {
        string Fails(JsonObject request) => Assert.Throws<BadInputException>(() => Run(Jittered(), request)).Message;
        Assert.Contains("align_search_radius = 0", Fails(new JsonObject { ["parameters"] = new JsonObject { ["align_search_radius"] = 0 } }), StringComparison.Ordinal);
        Assert.Contains("align_median_slices = 8", Fails(new JsonObject { ["parameters"] = new JsonObject { ["align_median_slices"] = 8 } }), StringComparison.Ordinal);
        Assert.Contains("s.csv: slice 2 is missing", Fails(new JsonObject
        {
            ["texts"] = new JsonObject { ["shifts"] = new JsonObject { ["file"] = "s.csv", ["text"] = "slice,dy,dx\n1,0,0\n" } },
        }), StringComparison.Ordinal);
    }
}

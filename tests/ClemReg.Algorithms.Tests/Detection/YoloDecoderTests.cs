using System.Runtime.InteropServices;
using System.Text.Json;
using ClemReg.Algorithms.Detection;
using ClemReg.Algorithms.Inference;

namespace ClemReg.Algorithms.Tests.Detection;

/// <summary>Every layout against NumPy's decoding of the same outputs (tests/golden-scripts/yolo.py).</summary>
public class YoloDecoderTests
{
    private const int Height = 64, Width = 96;

    internal static string Golden(string file) => Path.Combine(AppContext.BaseDirectory, "golden", "yolo", file);

    internal static float[] Floats(string file) => MemoryMarshal.Cast<byte, float>(File.ReadAllBytes(Golden(file))).ToArray();

    [Theory]
    [InlineData("yolov3_heads", YoloKind.Darknet)]
    [InlineData("yolov4_heads", YoloKind.Darknet)]
    [InlineData("yolov4_export", YoloKind.V4)]
    [InlineData("yolov5", YoloKind.V5)]
    [InlineData("yolov5_heads", YoloKind.V5Heads)]
    [InlineData("yolov11", YoloKind.V8)]
    [InlineData("yolov10", YoloKind.EndToEnd)]
    [InlineData("yolox", YoloKind.Yolox)]
    public void A_layout_is_recognised_and_decoded(string name, YoloKind kind)
    {
        using JsonDocument cases = JsonDocument.Parse(File.ReadAllText(Golden("layouts.json")));
        JsonElement found = cases.RootElement.GetProperty(name);
        long[][] shapes = [.. found.GetProperty("shapes").EnumerateArray().Select(s => s.EnumerateArray().Select(v => v.GetInt64()).ToArray())];
        DetectorCard card = DetectorCard.Read(found.GetProperty("card").GetRawText(), "card.json", new DetectorCard { Name = name });
        YoloLayout layout = YoloLayout.Recognise(shapes, Height, Width, 0, null, name);
        Assert.Equal(new YoloLayout(kind, kind == YoloKind.EndToEnd ? 0 : 3), layout);
        InferenceTensor[] outputs = [.. shapes.Select((s, i) => InferenceTensor.Over(Floats($"{name}_{i}.f32").AsMemory(), s))];
        List<DetectedBox> boxes = YoloDecoder.Decode(layout, outputs, Height, Width, card.Scales, 0.3, name);
        JsonElement[] expected = [.. found.GetProperty("boxes").EnumerateArray()];
        Assert.True(expected.Length > 10);
        Assert.Equal(expected.Length, boxes.Count);
        for (int i = 0; i < boxes.Count; i++)
        {
            double[] e = [.. expected[i].EnumerateArray().Select(v => v.GetDouble())];
            double[] b = [boxes[i].Left, boxes[i].Top, boxes[i].Right, boxes[i].Bottom];
            for (int k = 0; k < 4; k++) Assert.Equal(e[k], b[k], 2e-3);
            Assert.Equal(e[4], boxes[i].Score, 1e-6);
            Assert.Equal(e[5], boxes[i].Class);
        }
    }

    [Fact]
    public void One_class_of_YOLOv5_is_not_taken_for_finished_boxes_where_the_names_are_known()
    {
        long[][] shapes = [[1, 252, 6]];
        Assert.Equal(YoloKind.V5, YoloLayout.Recognise(shapes, 64, 64, 1, null, "m").Kind);
        Assert.Equal(YoloKind.EndToEnd, YoloLayout.Recognise(shapes, 64, 64, 0, null, "m").Kind);
        Assert.Equal(YoloKind.V5, YoloLayout.Recognise([[1, 25200, 6]], 640, 640, 0, null, "m").Kind);
        Assert.Equal(YoloKind.EndToEnd, YoloLayout.Recognise([[1, 300, 6]], 640, 640, 80, null, "m").Kind);
        Assert.Equal(new YoloLayout(YoloKind.V8, 1), YoloLayout.Recognise([[1, 5, 8400]], 640, 640, 1, null, "m"));
    }

    [Fact]
    public void A_card_decides_and_is_held_against_the_shapes()
    {
        Assert.Equal(YoloKind.V5, YoloLayout.Recognise([[1, 84, 8]], 64, 64, 3, YoloKind.V5, "m").Kind);
        Assert.Contains("layout\": v8", Assert.Throws<ModelException>(() => YoloLayout.Recognise([[1, 4, 8]], 64, 64, 0, YoloKind.V8, "m")).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(new long[] { 1, 80 }, "none of YOLOv3")]
    [InlineData(new long[] { 1, 3, 64, 64 }, "none of YOLOv3")]
    [InlineData(new long[] { 1, 84, 8400 }, "80 classes, but 2 classes are named")]
    public void Other_outputs_are_refused(long[] shape, string message) =>
        Assert.Contains(message, Assert.Throws<ModelException>(() => YoloLayout.Recognise([shape], 640, 640, 2, null, "m")).Message, StringComparison.Ordinal);

    [Fact]
    public void Heads_need_anchors()
    {
        using InferenceTensor head = InferenceTensor.Allocate(TensorType.Float32, 1, 24, 2, 3);
        var layout = new YoloLayout(YoloKind.Darknet, 3);
        Assert.Contains("anchors", Assert.Throws<ModelException>(() => YoloDecoder.Decode(layout, [head], 64, 96, null, 0.3, "m")).Message, StringComparison.Ordinal);
        Assert.Contains("stride 32", Assert.Throws<ModelException>(() => YoloDecoder.Decode(layout, [head], 64, 96, new Dictionary<int, YoloScale> { [8] = new([(3, 4)]) }, 0.3, "m")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Numbers_that_are_none_give_no_boxes()
    {
        float[] values = [float.NaN, 5, 3, 3, 0.9f, 0.9f, 10, 10, 4, float.PositiveInfinity, 0.9f, 0.9f, 10, 10, 4, 4, 0.9f, 0.9f];
        DetectedBox only = Assert.Single(YoloDecoder.Decode(new YoloLayout(YoloKind.V5, 1), [InferenceTensor.Over(values.AsMemory(), 1, 3, 6)], 64, 64, null, 0.3, "m"));
        Assert.Equal((8.0, 8.0, 12.0, 12.0), (only.Left, only.Top, only.Right, only.Bottom));
    }
}

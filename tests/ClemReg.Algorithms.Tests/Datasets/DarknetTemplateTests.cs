using System.Buffers.Binary;
using ClemReg.Algorithms.Datasets;
using ClemReg.Algorithms.Detection;
using ClemReg.Algorithms.Inference;
using ClemReg.Algorithms.Inference.Conversion;
using ClemReg.Algorithms.Inference.Models;

namespace ClemReg.Algorithms.Tests.Datasets;

/// <summary>The configurations that the export writes: the sizes of the published weights, and the reader of convert_model.</summary>
public sealed class DarknetTemplateTests : IDisposable
{
    private const int HeaderBytes = 20;
    private readonly string _folder = Directory.CreateTempSubdirectory("clemreg-cfg").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    /// <summary>The published files: yolov4.weights 257,717,640 bytes, yolov4.conv.137 170,038,676, yolov4-tiny.weights 24,251,276, yolov4-tiny.conv.29 19,789,716, for 80 classes.</summary>
    [Theory]
    [InlineData(false, int.MaxValue, 257_717_640)]
    [InlineData(false, 137, 170_038_676)]
    [InlineData(true, int.MaxValue, 24_251_276)]
    [InlineData(true, 29, 19_789_716)]
    public void The_networks_have_as_many_weights_as_the_published_files(bool tiny, int layers, long bytes) =>
        Assert.Equal((bytes - HeaderBytes) / 4, Weights(DarknetConfiguration.Parse(tiny ? DarknetTemplate.YoloV4Tiny(80, 416) : DarknetTemplate.YoloV4(80, 608), "f"), layers));

    [Theory]
    [InlineData(false, 1, 64, 3 * (2 * 2 + 4 * 4 + 8 * 8))]
    [InlineData(false, 5, 96, 3 * (3 * 3 + 6 * 6 + 12 * 12))]
    [InlineData(true, 2, 64, 3 * (2 * 2 + 4 * 4))]
    // Anchors of one's own: 5 for the finest head, 1 and 3 for the next.
    [InlineData(false, 2, 64, 3 * 2 * 2 + 4 * 4 + 5 * 8 * 8, true)]
    [InlineData(true, 2, 64, 4 * 2 * 2 + 2 * 4 * 4, true)]
    public void Convert_model_reads_them(bool tiny, int classes, int side, int boxes, bool own = false)
    {
        BoxSize[]? anchors = !own ? null : tiny ? [new(20, 20), new(50, 50), new(70, 70), new(80, 80), new(90, 90), new(99, 99)]
            : [new(5, 5), new(10, 10), new(15, 15), new(20, 20), new(25, 25), new(40, 50), new(70, 70), new(80, 80), new(90, 90)];
        string cfg = Path.Combine(_folder, "n.cfg"), weights = Path.Combine(_folder, "n.weights"), target = Path.Combine(_folder, "n.onnx");
        string text = tiny ? DarknetTemplate.YoloV4Tiny(classes, side, anchors, 8) : DarknetTemplate.YoloV4(classes, side, anchors, 8);
        File.WriteAllText(cfg, text);
        long count = Weights(DarknetConfiguration.Parse(text, "n.cfg"), int.MaxValue);
        var content = new byte[HeaderBytes + 4 * count];
        (content[4], content[8]) = (2, 5);
        // Variances must not be 0.
        for (int i = HeaderBytes; i < content.Length; i += 4) BinaryPrimitives.WriteSingleLittleEndian(content.AsSpan(i), 0.01f);
        File.WriteAllBytes(weights, content);
        ConvertedModel made = DarknetConversion.Convert(cfg, weights, null, target, new ModelConversionOptions(), new Job(1));
        Assert.Equal(count, made.Parameters);
        ModelDescription model = ModelLoaderDescription(target);
        Assert.Equal($"1 x {boxes} x {classes}", Shape(model, "confs"));
        Assert.Equal($"1 x 3 x {side} x {side}", Shape(model, "input"));
        // nms_kind=greedynms
        Assert.Equal(0.6, DetectorCard.Find(target, model, new Job(1)).Beta);
    }

    [Fact]
    public void Filters_and_batches_follow_the_classes()
    {
        string text = DarknetTemplate.YoloV4(7, 416);
        Assert.Equal(3, Count(text, "filters=36\n"));
        Assert.Equal(3, Count(text, "classes=7\n"));
        Assert.Contains("max_batches=14000\n", text, StringComparison.Ordinal);
        Assert.Contains("steps=11200,12600\n", text, StringComparison.Ordinal);
        Assert.Contains("max_batches=6000\n", DarknetTemplate.YoloV4Tiny(2, 416), StringComparison.Ordinal);
        Assert.Contains("width=416\nheight=416\n", text, StringComparison.Ordinal);
    }

    private static int Count(string text, string part) => text.Split(part).Length - 1;

    private static ModelDescription ModelLoaderDescription(string path) => ModelLoader.Describe(path, new Job(1));

    private static string Shape(ModelDescription model, string name) =>
        string.Join(" x ", model.Inputs.Concat(model.Outputs).Single(t => t.Name == name).Axes!.Select(a => a.Size));

    /// <summary>Counts weights by walking through the layers: an independent reading of the configuration.</summary>
    private static long Weights(IReadOnlyList<DarknetSection> sections, int layers)
    {
        var channels = new List<int>();
        int last = 3;
        long sum = 0;
        foreach (DarknetSection s in sections.Skip(1).Take(layers))
        {
            switch (s.Kind)
            {
                case "convolutional":
                    int filters = s.Whole("filters", 1), size = s.Whole("size", 1);
                    sum += (long)filters * last * size * size + filters * (s.Whole("batch_normalize", 0) == 1 ? 4 : 1);
                    last = filters;
                    break;
                case "route":
                    last = s.Numbers("layers").Sum(n => channels[n < 0 ? channels.Count + (int)n : (int)n]) / s.Whole("groups", 1);
                    break;
                case "shortcut":
                    Assert.Equal(last, channels[channels.Count + s.Whole("from", 0, -10)]);
                    break;
                default:
                    break;
            }
            channels.Add(last);
        }
        return sum;
    }
}

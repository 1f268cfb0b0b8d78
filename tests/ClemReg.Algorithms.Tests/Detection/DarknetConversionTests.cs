using ClemReg.Algorithms.Detection;
using ClemReg.Algorithms.Inference;
using ClemReg.Algorithms.Inference.Conversion;
using ClemReg.Algorithms.Inference.Models;
using ClemReg.Algorithms.Tests.Inference;
using static ClemReg.Algorithms.Tests.Detection.YoloDecoderTests;

namespace ClemReg.Algorithms.Tests.Detection;

/// <summary>A Darknet network with every known layer against PyTorch (tests/golden-scripts/yolo.py), and files that do not belong together.</summary>
public sealed class DarknetConversionTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("clemreg-darknet").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData(WeightFormat.Float32, 2e-5)]
    [InlineData(WeightFormat.Float16, 2e-2)]
    public void The_converted_network_gives_what_PyTorch_gives(WeightFormat weights, double most)
    {
        string path = Path.Combine(_folder, "small.onnx");
        ConvertedModel made = DarknetConversion.Convert(Golden("small.cfg"), Golden("small.weights"), Golden("small.names"), path, new ModelConversionOptions { Weights = weights }, new Job(1));
        Assert.Equal((new FileInfo(Golden("small.weights")).Length - 20) / 4, made.Parameters);
        ModelDescription model = ModelLoader.Describe(path, new Job(1));
        DetectorCard card = DetectorCard.Find(path, model, new Job(1));
        Assert.Equal(["mito", "Golgi's stack"], card.Classes);
        Assert.Equal(FrameKind.StretchCorners, card.Resize);
        Assert.Null(card.Beta);
        using IInferenceSession session = TestRuntime.Runtime().Open(path, TestRuntime.Cpu, new Job(1));
        using InferenceTensor image = InferenceTensor.Over(Floats("small_image.f32").AsMemory(), 1, 3, 64, 96);
        using InferenceResult result = session.Run(new Dictionary<string, InferenceTensor> { ["input"] = image }, new Job(1));
        Assert.Equal(YoloKind.V4, YoloLayout.Recognise([.. result.Names.Select(n => result[n].Shape)], 64, 96, 2, null, "m").Kind);
        Compare("small_boxes.f32", result["boxes"], most);
        Compare("small_confs.f32", result["confs"], most);
    }

    private static void Compare(string golden, InferenceTensor found, double most)
    {
        float[] expected = Floats(golden);
        Assert.Equal(expected.Length, found.Count);
        Span<float> values = found.Values<float>();
        Assert.True(expected.Max() - expected.Min() > 0.3);
        for (int i = 0; i < expected.Length; i++) Assert.Equal(expected[i], values[i], most * Math.Max(1, Math.Abs(expected[i])));
    }

    [Theory]
    [InlineData("filters=14", "filters=15", "15 channels come, but 2 anchors of 5 \\+ classes = 2 numbers need 14: set filters = 14")]
    [InlineData("activation=mish", "activation=gelu", "line 7, \\[convolutional\\]: activation = gelu is not known")]
    [InlineData("[upsample]", "[gru]", "\\[gru\\]: this kind of layer is not known")]
    [InlineData("from=-2", "from=-20", "there is no layer -20")]
    [InlineData("from=-2", "from=0", "only equal ones can be added")]
    [InlineData("filters=6", "filters=60", "small.weights ends here: the layer takes")]
    [InlineData("width=96", "width=many", "line 3: width = many is not allowed")]
    [InlineData("mask = 1,2", "mask = 1,7", "mask must number some of the 3 anchors")]
    [InlineData("group_id=1", "group_id=2", "group_id = 2 of groups = 2")]
    [InlineData("[net]", "hello", "line 1: 'hello' is neither")]
    [InlineData("[net]", "[convolutional]", "must begin with \\[net\\]")]
    [InlineData("channels=3", "channels=4", "channels = 4 is not allowed")]
    public void A_configuration_that_does_not_fit_is_refused(string was, string becomes, string message)
    {
        string cfg = Path.Combine(_folder, "other.cfg");
        File.WriteAllText(cfg, File.ReadAllText(Golden("small.cfg")).Replace(was, becomes, StringComparison.Ordinal));
        Assert.Matches(message, Refused(cfg, Golden("small.weights"), Golden("small.names")));
    }

    [Theory]
    [InlineData("nms_kind=greedynms\nbeta_nms=0.9", 0.6)]
    [InlineData("nms_kind=diounms\nbeta_nms=0.9", 0.9)]
    [InlineData("nms_kind=default\nbeta_nms=0.9", null)]
    public void The_configuration_says_how_overlapping_boxes_are_suppressed(string lines, double? beta)
    {
        string cfg = Path.Combine(_folder, "n.cfg"), path = Path.Combine(_folder, "n.onnx");
        File.WriteAllText(cfg, File.ReadAllText(Golden("small.cfg")).Replace("[yolo]\n", $"[yolo]\n{lines}\n", StringComparison.Ordinal));
        DarknetConversion.Convert(cfg, Golden("small.weights"), null, path, new ModelConversionOptions(), new Job(1));
        Assert.Equal(beta, DetectorCard.Find(path, ModelLoader.Describe(path, new Job(1)), new Job(1)).Beta);
    }

    [Fact]
    public void Weights_that_are_none_are_refused()
    {
        byte[] good = File.ReadAllBytes(Golden("small.weights"));
        string weights = Path.Combine(_folder, "w.weights");
        void With(byte[] bytes, string message)
        {
            File.WriteAllBytes(weights, bytes);
            Assert.Matches(message, Refused(Golden("small.cfg"), weights, null));
        }
        With(good[..10], "it is no Darknet file of weights");
        With(good[..^4], "ends here: the layer takes");
        With([.. good, 0, 0, 0, 0], "holds 1 numbers more");
        With([.. "PK\u0003\u0004 not weights at all"u8], "begins with the version");
        byte[] nan = [.. good];
        BitConverter.TryWriteBytes(nan.AsSpan(60), float.NaN);
        With(nan, "weights that are not numbers");
        BitConverter.TryWriteBytes(nan.AsSpan(20 + 4 * 24), -1f);
        BitConverter.TryWriteBytes(nan.AsSpan(60), 0f);
        With(nan, "the variance of channel 0");
    }

    [Fact]
    public void An_old_file_has_a_shorter_head()
    {
        byte[] good = File.ReadAllBytes(Golden("small.weights"));
        string weights = Path.Combine(_folder, "old.weights");
        byte[] old = [.. good[..4], 1, 0, 0, 0, .. good[8..16], .. good[20..]];
        File.WriteAllBytes(weights, old);
        string a = Path.Combine(_folder, "a.onnx"), b = Path.Combine(_folder, "b.onnx");
        Assert.Equal(DarknetConversion.Convert(Golden("small.cfg"), Golden("small.weights"), null, a, new ModelConversionOptions(), new Job(1)).Parameters,
            DarknetConversion.Convert(Golden("small.cfg"), weights, null, b, new ModelConversionOptions(), new Job(1)).Parameters);
    }

    [Fact]
    public void Names_must_be_as_many_as_classes()
    {
        string names = Path.Combine(_folder, "obj.names");
        File.WriteAllText(names, "mito\n");
        Assert.Contains("obj.names names 1 classes", Refused(Golden("small.cfg"), Golden("small.weights"), names), StringComparison.Ordinal);
        Assert.Throws<NotFoundException>(() => DarknetConversion.Convert(Golden("small.cfg"), Golden("small.weights"), Path.Combine(_folder, "none"), Path.Combine(_folder, "x.onnx"), new ModelConversionOptions(), new Job(1)));
    }

    private string Refused(string cfg, string weights, string? names)
    {
        string target = Path.Combine(_folder, "refused.onnx");
        string message = Assert.Throws<BadInputException>(() => DarknetConversion.Convert(cfg, weights, names, target, new ModelConversionOptions(), new Job(1))).Message;
        Assert.False(File.Exists(target));
        return message;
    }
}

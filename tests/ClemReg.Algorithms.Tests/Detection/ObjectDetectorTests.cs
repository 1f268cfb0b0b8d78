using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using ClemReg.Algorithms.Detection;
using ClemReg.Algorithms.Inference;
using ClemReg.Algorithms.Inference.Conversion;
using ClemReg.Algorithms.Inference.Models;
using ClemReg.Algorithms.Tests.Inference;
using ClemReg.Algorithms.Volumes;
using Xunit.Abstractions;

namespace ClemReg.Algorithms.Tests.Detection;

/// <summary>The way from slices to boxes, with a network that sees a bright pixel as an object of its cell, and with the real networks of ../shared.</summary>
public sealed class ObjectDetectorTests(ITestOutputHelper output) : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("clemreg-detect").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData(0)]
    [InlineData(64)]
    [InlineData(48)]
    public void Bright_pixels_are_found_once_wherever_pieces_are_cut(int tile)
    {
        const int depth = 2, height = 100, width = 150;
        using var image = new Volume<byte>(new Grid(new Size3(depth, height, width), new Point3(10, 5, 5)));
        (int Z, int Y, int X)[] dots = [(0, 10, 10), (0, 50, 75), (0, 97, 148), (1, 3, 90), (1, 60, 20)];
        foreach ((int z, int y, int x) in dots)
            // As large as a pixel of the network in the whole slice.
            for (int a = -1; a <= 1; a++)
                for (int b = -1; b <= 1; b++) image[z, Math.Clamp(y + a, 0, height - 1), Math.Clamp(x + b, 0, width - 1)] = 200;
        using IInferenceSession session = TestRuntime.Runtime().Open(CellNetwork.Write(_folder), TestRuntime.Cpu, new Job(1));
        var detector = new ObjectDetector(session, new DetectorCard { Name = "cells" }, new Job(1));
        Assert.Equal(new YoloLayout(YoloKind.V8, 1), detector.Layout);
        var found = new List<(int Z, DetectedBox Box)>();
        detector.Detect(image, 0, 255, new DetectionOptions { Tile = tile, TileOverlap = 24, Threshold = 0.2, Overlap = 0.05 }, (z, boxes) => found.AddRange(boxes.Select(b => (z, b))), new Job(1));
        foreach ((int z, int y, int x) in dots) Assert.Contains(found, f => f.Z == z && f.Box.Left <= x + 2 && f.Box.Right >= x - 1 && f.Box.Top <= y + 2 && f.Box.Bottom >= y - 1);
        // A dot on the line between cells shows in both.
        Assert.InRange(found.Count, dots.Length, 4 * dots.Length);
        Assert.All(found, f => Assert.Contains(dots, d => d.Z == f.Z && f.Box.Left <= d.X + 2 && f.Box.Right >= d.X - 1 && f.Box.Top <= d.Y + 2 && f.Box.Bottom >= d.Y - 1));
    }

    [Theory]
    [InlineData(null, 1)]
    [InlineData(0.6, 2)]
    public void Neighbours_whose_centres_are_apart_stay_two_as_in_Darknet(double? beta, int count)
    {
        // Boxes of 12 pixels whose centres are 8 apart: 48 of 240 square pixels are shared, less (64 / 544) to the power 0.6.
        using var image = new Volume<byte>(new Grid(new Size3(1, 64, 64), new Point3(10, 5, 5)));
        image[0, 28, 28] = image[0, 28, 36] = 200;
        using IInferenceSession session = TestRuntime.Runtime().Open(CellNetwork.Write(_folder, 12), TestRuntime.Cpu, new Job(1));
        var found = new List<DetectedBox>();
        new ObjectDetector(session, new DetectorCard { Name = "cells", Beta = beta }, new Job(1)).Detect(image, 0, 255, new DetectionOptions { Threshold = 0.2, Overlap = 0.15 }, (_, boxes) => found.AddRange(boxes), new Job(1));
        Assert.Equal(count, found.Count);
    }

    [Fact]
    public void A_network_that_takes_any_size_gets_no_more_than_the_slice_needs()
    {
        // Its one box is half of what it is given.
        var graph = new OnnxGraphBuilder("any", WeightFormat.Float32);
        string input = graph.Input("images", "1", "1", "height", "width");
        string sides = graph.Node("Cast", [graph.Node("Slice", [graph.Node("Shape", [input]), graph.Constant("two", 2), graph.Constant("four", 4)])], null, OnnxGraphBuilder.Integer("to", 1));
        string turned = graph.Node("Gather", [sides, graph.Constant("turn", 1, 0)]);
        string half = graph.Node("Mul", [turned, graph.Floats("half", 0.5f)]);
        string box = graph.Node("Concat", [half, half, graph.Floats("sure", 0.9f)], null, OnnxGraphBuilder.Integer("axis", 0));
        string one = graph.Node("Reshape", [box, graph.Constant("column", 1, 5, 1)]);
        graph.Node("Concat", [one, graph.Tensor("none", [1, 5, 6], new float[30])], "output0", OnnxGraphBuilder.Integer("axis", 2));
        graph.Output("output0", "1", "5", "7");
        string path = Path.Combine(_folder, "any.onnx");
        File.WriteAllBytes(path, Google.Protobuf.MessageExtensions.ToByteArray(graph.Build("test", [])));
        using var image = new Volume<byte>(new Grid(new Size3(1, 40, 128), new Point3(10, 5, 5)));
        using IInferenceSession session = TestRuntime.Runtime().Open(path, TestRuntime.Cpu, new Job(1));
        var detector = new ObjectDetector(session, new DetectorCard { Name = "any", Side = 64 }, new Job(1));
        DetectedBox found = default;
        detector.Detect(image, 0, 255, new DetectionOptions(), (_, boxes) => found = boxes.Single(), new Job(1));
        // The slice becomes 64 x 20 pixels, six rows down in 64 x 32; the box is rows 8 to 24 of them.
        Assert.Equal(new DetectedBox(0, found.Score, 32, 4, 96, 36), found);
    }

    [Fact]
    public void A_network_that_takes_no_image_is_refused()
    {
        using IInferenceSession session = TestRuntime.Open("types");
        Assert.Throws<ModelException>(() => new ObjectDetector(session, new DetectorCard { Name = "types" }, new Job(1)));
    }

    [Theory]
    [InlineData(0.0, 300, 0, 0, "box_score")]
    [InlineData(0.3, 0, 0, 0, "boxes_per_slice")]
    [InlineData(0.3, 300, 8, 4, "detect_tile")]
    [InlineData(0.3, 300, 64, 64, "detect_tile_overlap")]
    public void Options_are_checked(double threshold, int most, int tile, int overlap, string name) =>
        Assert.StartsWith(name, Assert.Throws<BadInputException>(new DetectionOptions { Threshold = threshold, MostBoxes = most, Tile = tile, TileOverlap = overlap }.Check).Message, StringComparison.Ordinal);

    /// <summary>The same raw outputs of the real files, decoded by NumPy (tests/golden-scripts/yolo_decode.py).</summary>
    [Theory]
    [InlineData("yolox_nano.onnx", YoloKind.Yolox, "yolox")]
    [InlineData("yolov8n_quant.onnx", YoloKind.V8, "yolov8")]
    public void Real_networks_are_decoded_as_NumPy_does(string file, YoloKind kind, string decoder)
    {
        if (SharedData.Find(Path.Combine("models", file), output) is not { } path) return;
        ModelDescription model = ModelLoader.Describe(path, new Job(1));
        using IInferenceSession session = TestRuntime.Runtime().Open(path, TestRuntime.Cpu, new Job(2));
        var detector = new ObjectDetector(session, DetectorCard.Find(path, model, new Job(1)), new Job(2));
        Assert.Equal(kind, detector.Layout.Kind);
        (int height, int width) = detector.InputSize;
        float[] image = [.. Enumerable.Range(0, 3 * height * width).Select(i => (float)(0.5 + 0.5 * Math.Sin(i * 0.001) * Math.Sin(i * 0.37)) * (kind == YoloKind.Yolox ? 255 : 1))];
        using InferenceTensor input = InferenceTensor.Over(image.AsMemory(), 1, 3, height, width);
        using InferenceResult result = session.Run(new Dictionary<string, InferenceTensor> { [session.Inputs[0].Name] = input }, new Job(2));
        InferenceTensor raw = result[session.Outputs[0].Name];
        string rawFile = Path.Combine(_folder, "raw.f32"), script = Path.GetFullPath(Path.Combine(Path.GetDirectoryName(TestRuntime.Library)!, "..", "..", "..", "tests", "golden-scripts", "yolo_decode.py"));
        File.WriteAllBytes(rawFile, MemoryMarshal.AsBytes(raw.Values<float>()).ToArray());
        // All candidates, however unsure: the picture shows nothing.
        const double threshold = 0;
        if (Python(script, decoder, rawFile, string.Join(',', raw.Shape), $"{height}", $"{width}", threshold.ToString(CultureInfo.InvariantCulture)) is not { } text) return;
        double[][] expected = [.. text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => l.Split(' ').Select(v => double.Parse(v, CultureInfo.InvariantCulture)).ToArray())];
        List<DetectedBox> found = YoloDecoder.Decode(detector.Layout, [raw], height, width, null, threshold, file);
        output.WriteLine($"{found.Count} candidates");
        Assert.NotEmpty(found);
        Assert.Equal(expected.Length, found.Count);
        for (int i = 0; i < found.Count; i++)
        {
            DetectedBox b = found[i];
            double[] values = [b.Left, b.Top, b.Right, b.Bottom, b.Score, b.Class];
            for (int k = 0; k < 6; k++) Assert.Equal(expected[i][k], values[k], 1e-4 * Math.Max(1, Math.Abs(expected[i][k])));
        }
    }

    private string? Python(params string[] arguments)
    {
        try
        {
            var start = new ProcessStartInfo("/usr/bin/python3") { RedirectStandardOutput = true, RedirectStandardError = true };
            foreach (string argument in arguments) start.ArgumentList.Add(argument);
            using Process process = Process.Start(start)!;
            string text = process.StandardOutput.ReadToEnd(), error = process.StandardError.ReadToEnd();
            process.WaitForExit();
            if (process.ExitCode == 0) return text;
            output.WriteLine("SKIPPED: /usr/bin/python3 with NumPy is needed: " + error);
            Assert.Contains("numpy", error, StringComparison.OrdinalIgnoreCase);
        }
        catch (System.ComponentModel.Win32Exception)
        {
            output.WriteLine("SKIPPED: there is no /usr/bin/python3.");
        }
        return null;
    }
}

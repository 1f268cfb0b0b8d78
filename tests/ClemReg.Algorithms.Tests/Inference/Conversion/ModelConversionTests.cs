using System.IO.Compression;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using ClemReg.Algorithms.Inference.Conversion;
using ClemReg.Algorithms.Inference.Models;
using ClemReg.Algorithms.Inference.Models.Protobuf;
using Xunit.Abstractions;
using static ClemReg.Algorithms.Tests.Inference.Conversion.GraphInterpreter;

namespace ClemReg.Algorithms.Tests.Inference.Conversion;

/// <summary>The converter on small networks of MitoNet's kind, whose outputs PyTorch gave (tests/golden-scripts/mitonet.py), and on what is none.</summary>
public sealed class ModelConversionTests(ITestOutputHelper output) : IDisposable
{
    private const int Height = 48, Width = 80;

    private static readonly string Golden = Path.Combine(AppContext.BaseDirectory, "golden", "mitonet");

    private readonly string _folder = Directory.CreateTempSubdirectory("clemreg-convert").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("fused", "outputs", WeightFormat.Float32, 1e-5)]
    [InlineData("unfused", "outputs", WeightFormat.Float32, 1e-5)]
    [InlineData("odd", "odd_outputs", WeightFormat.Float32, 1e-5)]
    [InlineData("fused", "outputs", WeightFormat.Float16, 5e-3)]
    [InlineData("fused", "outputs", WeightFormat.Int8, 0.2)]
    public void The_full_graph_gives_what_PyTorch_gives(string model, string golden, WeightFormat weights, double most)
    {
        ModelProto graph = Convert(model, new ModelConversionOptions { Weights = weights });
        Dictionary<string, Tensor> found = Run(graph, ("image", Image(golden)));
        Compare(found, golden, most);
    }

    [Fact]
    public void The_dense_graph_and_its_point_head_give_the_same()
    {
        string path = Path.Combine(_folder, "dense.onnx");
        ConvertedModel converted = ModelConversion.Convert(Source("fused"), path, new ModelConversionOptions { Dense = true }, new Job(1));
        Assert.Equal([path, Path.Combine(_folder, "dense_point.onnx")], converted.Files);
        Dictionary<string, Tensor> dense = Run(Read(path), ("image", Image("outputs")));
        ModelProto graph = Convert("fused", new ModelConversionOptions());
        Dictionary<string, Tensor> full = Run(graph, ("image", Image("outputs")));
        Assert.Equal(full["ctr_hmp"].Values, dense["ctr_hmp"].Values);
        Assert.Equal(full["offsets"].Values, dense["offsets"].Values);
        Assert.Equal([1, 1, Height / 4, Width / 4], dense["sem_logits"].Shape);
        Assert.Equal([1, 6, Height / 4, Width / 4], dense["sem_features"].Shape);
        string[] sampledFrom = [.. graph.Graph.Node.Where(n => n.OpType == "GridSample").Select(n => n.Input[0])];
        Assert.Equal(full[sampledFrom[0]].Values, dense["sem_features"].Values);
        Assert.Equal(full[sampledFrom[1]].Values, dense["sem_logits"].Values);

        // What the full graph's two steps sample at their points, given to the point head alone, must give what they write there.
        NodeProto[] sampled = [.. graph.Graph.Node.Where(n => n.OpType == "Squeeze")];
        NodeProto[] written = [.. graph.Graph.Node.Where(n => n.OpType == "ScatterElements")];
        ModelProto pointHead = Read(converted.Files[1]);
        for (int step = 0; step < 2; step++)
        {
            Dictionary<string, Tensor> points = Run(pointHead, ("fine_features", full[sampled[2 * step].Output[0]]), ("coarse_logits", full[sampled[2 * step + 1].Output[0]]));
            Assert.Equal([1, 1, 600], points["point_logits"].Shape);
            Assert.Equal(full[written[step].Input[2]].Values, points["point_logits"].Values);
        }
    }

    [Fact]
    public void The_file_passes_the_check_and_says_what_it_is()
    {
        string path = Path.Combine(_folder, "model.onnx");
        ConvertedModel converted = ModelConversion.Convert(Source("fused"), path, new ModelConversionOptions { Weights = WeightFormat.Int8, ClassName = "\"nucleus\"", PaddingFactor = 512 }, new Job(1));
        ModelDescription found = OnnxModelCheck.Read(path, new Job());
        Assert.Equal(16, found.Opset);
        Assert.Equal(8, found.IrVersion);
        Assert.Equal("image: Float32 [1, 1, height, width]", Assert.Single(found.Inputs).ToString());
        Assert.Equal(["sem_logits", "ctr_hmp", "offsets"], found.Outputs.Select(o => o.Name));
        string hash = System.Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(Source("fused"))));
        Assert.Equal(hash, converted.SourceSha256);
        Assert.Equal(hash, found.Metadata[ModelMetadata.SourceSha256]);
        Assert.Equal("panoptic_deeplab", found.Metadata[ModelMetadata.Kind]);
        Assert.Equal("full", found.Metadata[ModelMetadata.Graph]);
        Assert.Equal("int8", found.Metadata[ModelMetadata.Weights]);
        Assert.Equal("0.57571", found.Metadata[ModelMetadata.Mean]);
        Assert.Equal("0.12765", found.Metadata[ModelMetadata.StandardDeviation]);
        Assert.Equal("512", found.Metadata[ModelMetadata.PaddingFactor]);
        Assert.Equal("600", found.Metadata[ModelMetadata.Points]);
        Assert.Equal("\"nucleus\"", System.Text.Json.Nodes.JsonNode.Parse(found.Metadata[ModelMetadata.ClassNames])!["1"]!.GetValue<string>());
        Assert.Equal(Path.GetFileName(path), Path.GetFileName(Assert.Single(Directory.GetFiles(_folder))));
    }

    [Fact]
    public void The_same_source_gives_the_same_bytes()
    {
        string first = Path.Combine(_folder, "1.onnx"), second = Path.Combine(_folder, "2.onnx");
        ModelConversion.Convert(Source("unfused"), first, new ModelConversionOptions(), new Job(1));
        ModelConversion.Convert(Source("unfused"), second, new ModelConversionOptions(), new Job(4));
        Assert.Equal(File.ReadAllBytes(first), File.ReadAllBytes(second));
    }

    [Fact]
    public void Nothing_is_overwritten_unless_asked()
    {
        string path = Path.Combine(_folder, "model.onnx");
        File.WriteAllText(path, "mine");
        Assert.Contains("there is one", Refusal(Source("fused"), path), StringComparison.Ordinal);
        Assert.Equal("mine", File.ReadAllText(path));
        ModelConversion.Convert(Source("fused"), path, new ModelConversionOptions { Overwrite = true }, new Job(1));
        OnnxModelCheck.Read(path, new Job());

        string dense = Path.Combine(_folder, "dense.onnx");
        File.WriteAllText(ModelConversion.PointHeadPath(dense), "mine");
        Assert.Throws<BadInputException>(() => ModelConversion.Convert(Source("fused"), dense, new ModelConversionOptions { Dense = true }, new Job(1)));
        Assert.False(File.Exists(dense));

        string copy = Path.Combine(_folder, "copy.pth");
        File.Copy(Source("fused"), copy);
        Assert.Throws<BadInputException>(() => ModelConversion.Convert(copy, copy, new ModelConversionOptions { Overwrite = true }, new Job(1)));
    }

    [Fact]
    public void Places_that_are_none_are_told()
    {
        Assert.Throws<NotFoundException>(() => ModelConversion.Convert(Path.Combine(_folder, "absent.pth"), Path.Combine(_folder, "m.onnx"), new ModelConversionOptions(), new Job()));
        Assert.Contains("does not", Refusal(Source("fused"), Path.Combine(_folder, "absent", "m.onnx")), StringComparison.Ordinal);
        Assert.Contains("is a folder", Refusal(Source("fused"), _folder), StringComparison.Ordinal);
        Assert.Contains("is a folder", Refusal(_folder, Path.Combine(_folder, "m.onnx")), StringComparison.Ordinal);
        foreach (ModelConversionOptions bad in new ModelConversionOptions[] { new() { Mean = double.NaN }, new() { Mean = -1 }, new() { StandardDeviation = 0 }, new() { PaddingFactor = 24 }, new() { ClassName = "" } })
            Assert.Throws<BadInputException>(() => ModelConversion.Convert(Source("fused"), Path.Combine(_folder, "m.onnx"), bad, new Job()));
        Assert.Empty(Directory.GetFiles(_folder));
    }

    [Theory]
    [InlineData("check_file")]
    [InlineData("read_weights")]
    [InlineData("write_model")]
    public void A_cancelled_conversion_leaves_nothing(string stage)
    {
        using var canceller = new StageCanceller(stage);
        Assert.Throws<OperationCanceledException>(() => ModelConversion.Convert(Source("fused"), Path.Combine(_folder, "m.onnx"), new ModelConversionOptions { Dense = true }, new Job(1, canceller.Token, canceller)));
        Assert.Empty(Directory.GetFiles(_folder));
    }

    [Theory]
    [InlineData("ins_center", "ins_other", "ins_center.head.0.0.sepconv.0.weight")]
    [InlineData("layer3", "layer9", "encoder.layer3.0.conv1.0.weight")]
    [InlineData("instance_decoder", "instance_becoder", "instance_decoder")]
    [InlineData("Network", "PanopticBiFPNPR", "encoder.conv1", "encoder", "backbone")]
    public void Another_network_is_told_by_the_weight_that_is_missing(string from, string to, string expected, string? from2 = null, string? to2 = null)
    {
        string message = RefusalOf(Edited(pickle =>
        {
            pickle = Renamed(pickle, from, to);
            return from2 is null ? pickle : Renamed(pickle, from2, to2!);
        }));
        Assert.Contains("has no weight", message, StringComparison.Ordinal);
        Assert.Contains(expected, message, StringComparison.Ordinal);
        if (to.Contains("BiFPN", StringComparison.Ordinal)) Assert.Contains("mini model", message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_weight_too_many_or_of_another_shape_is_told()
    {
        string message = RefusalOf(Edited(pickle => Renamed(pickle, "predictor", "predictox")));
        Assert.Contains("semantic_pr.point_head.predictor", message, StringComparison.Ordinal);

        using var archive = new TorchArchive(new MemoryStream(Synthetic(("extra.weight", [1]))), "m.pth");
        Assert.Contains("extra.weight", Assert.Throws<BadInputException>(() => new WeightSource(archive, "m.pth", new Job()).RequireAllUsed()).Message, StringComparison.Ordinal);

        using var shapes = new TorchArchive(new MemoryStream(Synthetic(("c.weight", [4, 3, 1, 1]), ("c.bias", [4]), ("d.weight", [4, 3, 1, 1]), ("e.weight", [4, 3, 1, 1]), ("e.bias", [5]))), "m.pth");
        var source = new WeightSource(shapes, "m.pth", new Job());
        Assert.Equal(4, source.Read(["c"], 3, [1, 1]).Outputs);
        Assert.Contains("[4, 3, 1, 1], where this network needs [any, 2, 1, 1]", Assert.Throws<BadInputException>(() => source.Read(["c"], 2, [1, 1])).Message, StringComparison.Ordinal);
        Assert.Contains("needs [5, 3, 1, 1]", Assert.Throws<BadInputException>(() => source.Read(["c"], 3, [1, 1], outputs: 5)).Message, StringComparison.Ordinal);
        Assert.Contains("needs [any, 3, 3, 3]", Assert.Throws<BadInputException>(() => source.Read(["c"], 3, [3, 3])).Message, StringComparison.Ordinal);
        Assert.Contains("d.bias nor a normalisation n", Assert.Throws<BadInputException>(() => source.Read(["d"], 3, [1, 1], "n")).Message, StringComparison.Ordinal);
        Assert.Contains("e.bias has the shape [5]", Assert.Throws<BadInputException>(() => source.Read(["e"], 3, [1, 1])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Half_floats_refuse_what_they_cannot_hold()
    {
        var convolution = new Convolution("w", [1, 1, 1, 1], MemoryMarshal.AsBytes<float>([-70000f]).ToArray(), null);
        Assert.Contains("-70000", Assert.Throws<BadInputException>(() => new OnnxGraphBuilder("g", WeightFormat.Float16).Convolve("x", convolution)).Message, StringComparison.Ordinal);
        new OnnxGraphBuilder("g", WeightFormat.Float32).Convolve("x", convolution);
    }

    [Fact]
    public void Eight_bits_keep_each_channel_to_half_a_step()
    {
        var random = new Random(3);
        float[] numbers = [.. Enumerable.Range(0, 40).Select(i => (float)((random.NextDouble() - 0.5) * Math.Pow(10, i / 10 * 2 - 3)))];
        numbers.AsSpan(20, 10).Clear();
        var builder = new OnnxGraphBuilder("g", WeightFormat.Int8);
        builder.Convolve(builder.Input("x", "1", "10", "1"), new Convolution("w", [4, 10, 1], MemoryMarshal.AsBytes<float>(numbers).ToArray(), null), output: "y");
        builder.Output("y", "1", "4", "1");
        for (int i = 0; i < 10; i++)
        {
            double[] unit = new double[10];
            unit[i] = 1;
            double[] row = Run(builder.Build("0", []), ("x", new Tensor([1, 10, 1], unit)))["y"].Values;
            for (int o = 0; o < 4; o++)
            {
                float largest = numbers.AsSpan(o * 10, 10).ToArray().Max(Math.Abs);
                Assert.InRange(row[o] - numbers[o * 10 + i], -largest / 253.9, largest / 253.9);
            }
        }
    }

    [Fact]
    public void A_thousand_damaged_files_are_converted_or_refused_and_nothing_else()
    {
        byte[] whole = File.ReadAllBytes(Source("fused"));
        IReadOnlyList<(string Name, byte[] Data)> entries = TorchFile.Entries(whole);
        var random = new Random(8);
        int refused = 0;
        for (int i = 0; i < 1000; i++)
        {
            // Every second one has its pickle changed and right checksums, or nothing would get past them.
            byte[] damaged = i % 2 == 0
                ? Mutation.Of(whole, random)
                : TorchFile.Make(entries.Select(e => e.Name.EndsWith("data.pkl", StringComparison.Ordinal) ? (e.Name, Mutation.Of(e.Data, random)) : e), CompressionLevel.NoCompression);
            try
            {
                using var archive = new TorchArchive(new MemoryStream(damaged), "m.pth");
                new PanopticDeepLab(archive, "m.pth", new Job(1)).WriteFull(new OnnxGraphBuilder("g", WeightFormat.Float32));
            }
            catch (ClemRegException e)
            {
                Assert.True(e.Message.Length is > 20 and < 1500, e.Message);
                refused++;
            }
        }
        output.WriteLine($"{refused} of 1000 refused");
        Assert.InRange(refused, 500, 999);
    }

    private ModelProto Convert(string model, ModelConversionOptions options)
    {
        string path = Path.Combine(_folder, $"{Guid.NewGuid()}.onnx");
        ModelConversion.Convert(Source(model), path, options, new Job(1));
        return Read(path);
    }

    private static ModelProto Read(string path) => ModelProto.Parser.ParseFrom(File.ReadAllBytes(path));

    private static string Source(string model) => Path.Combine(Golden, model + ".pth");

    private static float[] Numbers(string golden) => MemoryMarshal.Cast<byte, float>(File.ReadAllBytes(Path.Combine(Golden, golden + ".bin"))).ToArray();

    private static Tensor Image(string golden) => new([1, 1, Height, Width], [.. Numbers(golden).Take(Height * Width).Select(v => (double)v)]);

    private void Compare(Dictionary<string, Tensor> found, string golden, double most)
    {
        float[] numbers = Numbers(golden);
        int from = Height * Width;
        foreach ((string name, int[] shape) in new[] { ("sem_logits", new[] { 1, 1, Height, Width }), ("ctr_hmp", [1, 1, Height / 4, Width / 4]), ("offsets", [1, 2, Height / 4, Width / 4]) })
        {
            Assert.Equal(shape, found[name].Shape);
            double[] values = found[name].Values;
            int at = from;
            // Which points PointRend takes may differ where the weights differ, so a narrow format is judged by all but a few pixels.
            double[] differences = [.. values.Select((v, i) => Math.Abs(v - numbers[at + i])).Order()];
            output.WriteLine($"{name}: {differences[^1]:E2}, 99 %: {differences[differences.Length * 99 / 100]:E2}");
            Assert.True(differences[most < 1e-4 ? ^1 : ^(differences.Length / 100)] <= most, $"{name} differs by {differences[^1]}");
            from += values.Length;
        }
        Assert.Equal(numbers.Length, from);
    }

    private static string Refusal(string source, string target) => Assert.Throws<BadInputException>(() => ModelConversion.Convert(source, target, new ModelConversionOptions(), new Job(1))).Message;

    private string RefusalOf(byte[] file)
    {
        string path = Path.Combine(_folder, "edited.pth");
        File.WriteAllBytes(path, file);
        return Refusal(path, Path.Combine(_folder, "edited.onnx"));
    }

    private static byte[] Edited(Func<byte[], byte[]> edit) =>
        TorchFile.Make(TorchFile.Entries(File.ReadAllBytes(Source("fused"))).Select(e => e.Name.EndsWith("data.pkl", StringComparison.Ordinal) ? (e.Name, edit(e.Data)) : e), CompressionLevel.NoCompression);

    /// <summary>Replaces names in a pickle, the length before them where there is one.</summary>
    private static byte[] Renamed(byte[] pickle, string from, string to)
    {
        string text = System.Text.Encoding.Latin1.GetString(pickle);
        text = text.Replace($"X{(char)from.Length}\0\0\0{from}", $"X{(char)to.Length}\0\0\0{to}", StringComparison.Ordinal).Replace($"\n{from}\n", $"\n{to}\n", StringComparison.Ordinal);
        return System.Text.Encoding.Latin1.GetBytes(text);
    }

    private static byte[] Synthetic(params (string Name, int[] Shape)[] weights)
    {
        var pickle = new PickleWriter().Module();
        var storages = new List<(string, byte[])>();
        foreach ((string name, int[] shape) in weights)
        {
            int count = shape.Aggregate(1, (a, b) => a * b);
            int[] strides = [.. shape.Select((_, i) => shape.Skip(i + 1).Aggregate(1, (a, b) => a * b))];
            pickle.Text(name).Tensor("FloatStorage", $"{storages.Count}", count, 0, shape, strides);
            storages.Add(($"{storages.Count}", new byte[count * 4]));
        }
        return TorchFile.Make(pickle.EndModule().Op('.').Bytes, [.. storages]);
    }

    /// <summary>Cancels in the middle of a stage.</summary>
    private sealed class StageCanceller(string stage) : IJobObserver, IDisposable
    {
        private readonly CancellationTokenSource _source = new();

        public CancellationToken Token => _source.Token;

        public void Progress(double fraction, string current)
        {
            if (current == stage) _source.Cancel();
        }

        public void Log(string message)
        {
        }

        public void Warn(string message)
        {
        }

        public void Dispose() => _source.Dispose();
    }
}

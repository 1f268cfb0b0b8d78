using System.Runtime.InteropServices;
using ClemReg.Algorithms.Inference.Models;
using ClemReg.Algorithms.Inference.Models.Protobuf;
using Google.Protobuf;
using Xunit.Abstractions;

namespace ClemReg.Algorithms.Tests.Inference.Models;

/// <summary>What is said of ONNX files, good and bad. Good ones are made with the generated messages, so that writer and reader hold each other.</summary>
public class OnnxModelCheckTests(ITestOutputHelper output)
{
    [Fact]
    public void A_model_is_described()
    {
        ModelProto model = Small();
        model.Graph.Initializer.Add(new TensorProto { Name = "more", DataType = 7, Dims = { 2 }, Int64Data = { 5, -6 } });
        model.Graph.Input.Add(Port("filter", 1, 1, 1, 3, 3));
        model.MetadataProps.Add(new StringStringEntryProto { Key = "names", Value = "{0: 'mito'}" });
        model.OpsetImport.Add(new OperatorSetIdProto { Domain = "ai.onnx.ml", Version = 3 });

        ModelDescription found = Check(model);

        Assert.Equal(8, found.IrVersion);
        Assert.Equal(16, found.Opset);
        Assert.Equal(3, found.OtherOpsets["ai.onnx.ml"]);
        Assert.Equal("test", found.Producer);
        Assert.Equal("{0: 'mito'}", found.Metadata["names"]);
        Assert.Equal("image: Float32 [1, 1, height, ?]", Assert.Single(found.Inputs).ToString());
        Assert.Equal("result: Float32 [any shape]", Assert.Single(found.Outputs).ToString());
        Assert.Equal(1, found.Nodes);
        Assert.Equal(9 + 2, found.Weights);
        Assert.Equal(9 * 4 + 2 * 8, found.WeightBytes);
        Assert.Equal(model.CalculateSize(), found.Bytes);
    }

    [Fact]
    public void Real_models_are_described()
    {
        if (SharedData.Find("models", output) is not string folder) return;
        ModelDescription mito = OnnxModelCheck.Read(Path.Combine(folder, "damitoseg_rsunet2d_h2f.onnx"), new Job());
        Assert.Equal("image: Float32 [n, 1, h, w]", Assert.Single(mito.Inputs).ToString());
        ModelDescription yolo = OnnxModelCheck.Read(Path.Combine(folder, "yolov8n_quant.onnx"), new Job());
        Assert.Equal("32", yolo.Metadata["stride"]);
        Assert.Equal("output0: Float32 [1, 84, 8400]", Assert.Single(yolo.Outputs).ToString());
        Assert.Equal(3549, OnnxModelCheck.Read(Path.Combine(folder, "yolox_nano.onnx"), new Job()).Outputs[0].Axes![1].Size);
        Assert.Contains("JPEG", Refusal(() => OnnxModelCheck.Read(Path.Combine(folder, "test_image_dog.jpg"), new Job())), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", "empty file")]
    [InlineData("PK\u0003\u0004archive", "zip archive")]
    [InlineData("\x89HDF\r\n\x1a\n", "HDF5")]
    [InlineData("version https://git-lfs.github.com/spec/v1\noid sha256:1", "git-lfs pointer")]
    [InlineData("\n<!DOCTYPE html><html>", "web page")]
    [InlineData("<html><body>404", "web page")]
    [InlineData("\x80\x02}q\0.", "Python pickle")]
    [InlineData("{\"format\": 1}", "JSON")]
    [InlineData("\0\0\0\0ORTM", "ONNX Runtime's own format")]
    [InlineData("\0\0\0\0\0\0\0\0\0\0", "zeros")]
    [InlineData("The server is busy. Try again later.", "a text")]
    public void Another_file_is_called_by_its_name(string content, string expected) =>
        Assert.Contains(expected, Refusal([.. content.Select(c => (byte)c)]), StringComparison.Ordinal);

    [Fact]
    public void Every_truncation_is_refused_and_long_ones_say_so()
    {
        byte[] whole = Small().ToByteArray();
        for (int length = 1; length < whole.Length; length++)
        {
            byte[] cut = whole[..length];
            // What follows the graph may be missing: then the file has lost its opset.
            string message = Refusal(cut);
            if (length > 20 && length < whole.Length - 10) Assert.Contains("truncated", message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Versions_that_the_runtime_lacks_are_refused_with_numbers()
    {
        ModelProto model = Small();
        model.OpsetImport[0].Version = 27;
        Assert.Contains("version 27 (opset); ONNX Runtime 1.30 has 1 to 26", Refusal(model), StringComparison.Ordinal);
        model.OpsetImport[0].Version = 26;
        Check(model);
        model.IrVersion = 14;
        Assert.Contains("format version 14", Refusal(model), StringComparison.Ordinal);
        model.IrVersion = 13;
        Check(model);
        model.OpsetImport.Clear();
        Assert.Contains("opset_import", Refusal(model), StringComparison.Ordinal);
        model.OpsetImport.Add(new OperatorSetIdProto { Domain = "ai.onnx", Version = 21 });
        Assert.Equal(21, Check(model).Opset);
        var support = new OnnxSupport("an older runtime", 8, 20);
        Assert.Contains("an older runtime", Refusal(() => OnnxModelCheck.Read(new MemoryStream(model.ToByteArray()), "m.onnx", null, new Job(), support)), StringComparison.Ordinal);
    }

    [Fact]
    public void Operators_of_others_are_named_unless_the_file_defines_them()
    {
        ModelProto model = Small();
        model.Graph.Node.Add(new NodeProto { OpType = "Fancy", Domain = "org.example", Output = { "f" } });
        string message = Refusal(model);
        Assert.Contains("org.example (Fancy)", message, StringComparison.Ordinal);

        model.OpsetImport.Add(new OperatorSetIdProto { Domain = "org.example", Version = 1 });
        byte[] function = [.. Field(1, "Fancy"u8), .. Field(10, "org.example"u8)];
        Check([.. model.ToByteArray(), .. Field(25, function)]);
    }

    [Theory]
    [InlineData(new long[] { 1, 1, 3, 2 }, "needs 24 bytes")]
    [InlineData(new long[] { 1, 1, -3, -3 }, "negative")]
    [InlineData(new long[] { 1L << 40, 1L << 40 }, "too large")]
    [InlineData(new long[] { long.MaxValue, 4 }, "too large")]
    [InlineData(new long[] { 0 }, "needs 0 bytes")]
    public void A_shape_that_does_not_fit_its_data_is_refused(long[] shape, string expected)
    {
        ModelProto model = Small();
        model.Graph.Initializer[0].Dims.Clear();
        model.Graph.Initializer[0].Dims.Add(shape);
        string message = Refusal(model);
        Assert.Contains(expected, message, StringComparison.Ordinal);
        Assert.Contains("filter", message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(float.NaN, true)]
    [InlineData(float.PositiveInfinity, false)]
    public void NaN_is_refused_and_infinity_told_in_every_form(float value, bool refused)
    {
        var half = (Half)value;
        ushort brain = (ushort)(BitConverter.SingleToUInt32Bits(value) >> 16);
        TensorProto[] tensors =
        [
            new() { DataType = 1, Dims = { 2 }, RawData = Raw(1f, value) },
            new() { DataType = 1, Dims = { 2 }, FloatData = { 1, value } },
            new() { DataType = 11, Dims = { 2 }, RawData = Raw(1.0, value) },
            new() { DataType = 11, Dims = { 2 }, DoubleData = { 1, value } },
            new() { DataType = 10, Dims = { 2 }, RawData = Raw((Half)1, half) },
            new() { DataType = 10, Dims = { 2 }, Int32Data = { 15360, BitConverter.HalfToUInt16Bits(half) } },
            new() { DataType = 16, Dims = { 2 }, RawData = Raw((ushort)0x3f80, brain) },
            new() { DataType = 16, Dims = { 2 }, Int32Data = { 0x3f80, brain } },
        ];
        foreach (TensorProto tensor in tensors)
        {
            tensor.Name = "suspect";
            ModelProto constant = Small();
            constant.Graph.Node.Add(new NodeProto { OpType = "Constant", Output = { "c" }, Attribute = { new AttributeProto { Name = "value", Type = AttributeProto.Types.AttributeType.Tensor, T = tensor } } });
            ModelProto initialiser = Small();
            initialiser.Graph.Initializer.Add(tensor);
            foreach (ModelProto model in new[] { constant, initialiser })
            {
                if (refused) Assert.Contains("NaN among its weights, in the tensor suspect", Refusal(model), StringComparison.Ordinal);
                else
                {
                    var heard = new Heard();
                    Assert.Equal(["suspect"], OnnxModelCheck.Read(new MemoryStream(model.ToByteArray()), "m", null, new Job(observer: heard), OnnxSupport.Runtime130).InfiniteWeights);
                    Assert.Contains(heard.Lines, l => l.StartsWith("warning: ", StringComparison.Ordinal) && l.Contains("suspect", StringComparison.Ordinal));
                }
            }
        }
    }

    [Fact]
    public void Numbers_beyond_the_first_piece_are_looked_at()
    {
        ModelProto model = Small();
        var numbers = new float[700_000];
        model.Graph.Initializer.Add(new TensorProto { Name = "long", DataType = 1, Dims = { numbers.Length }, RawData = Raw(numbers) });
        Check(model);
        numbers[^1] = float.NaN;
        model.Graph.Initializer[^1].RawData = Raw(numbers);
        Assert.Contains("NaN", Refusal(model), StringComparison.Ordinal);
    }

    [Fact]
    public void Data_beside_the_model_must_lie_in_its_folder()
    {
        string root = Directory.CreateTempSubdirectory("clemreg-onnx").FullName;
        try
        {
            string folder = Directory.CreateDirectory(Path.Combine(root, "model")).FullName;
            File.WriteAllBytes(Path.Combine(root, "secret"), new byte[100]);
            File.WriteAllBytes(Path.Combine(folder, "weights.bin"), new byte[100]);
            File.CreateSymbolicLink(Path.Combine(folder, "link.bin"), Path.Combine(root, "secret"));

            ModelDescription Read(string location, string offset = "64", string? length = "36")
            {
                ModelProto model = Small();
                TensorProto tensor = model.Graph.Initializer[0];
                tensor.ClearRawData();
                tensor.DataLocation = 1;
                tensor.ExternalData.Add(new StringStringEntryProto { Key = "location", Value = location });
                tensor.ExternalData.Add(new StringStringEntryProto { Key = "offset", Value = offset });
                if (length is not null) tensor.ExternalData.Add(new StringStringEntryProto { Key = "length", Value = length });
                string path = Path.Combine(folder, "m.onnx");
                File.WriteAllBytes(path, model.ToByteArray());
                return OnnxModelCheck.Read(path, new Job());
            }

            Assert.Equal(["weights.bin"], Read("weights.bin").ExternalFiles);
            Assert.Equal(["weights.bin"], Read("weights.bin", "0", null).ExternalFiles);
            Assert.Contains("36 bytes at 65", Refusal(() => Read("weights.bin", "65")), StringComparison.Ordinal);
            Assert.Contains("is no number", Refusal(() => Read("weights.bin", "-1")), StringComparison.Ordinal);
            Assert.Contains("36 bytes at 0", Refusal(() => Read("weights.bin", "0", "40")), StringComparison.Ordinal);
            Assert.Contains("link", Refusal(() => Read("link.bin")), StringComparison.Ordinal);
            Assert.Throws<NotFoundException>(() => Read("absent.bin"));
            foreach (string outside in new[] { "../secret", "/etc/passwd", "a/../../secret", @"..\secret", @"C:\secret", "", "./weights.bin", "weights.bin/" })
                Assert.Contains("Only files in the model's own folder", Refusal(() => Read(outside)), StringComparison.Ordinal);
        }
        finally
        {
            Directory.Delete(root, recursive: true);
        }
    }

    [Fact]
    public void Graphs_within_graphs_are_read_to_a_depth()
    {
        Check(Nested(15));
        Assert.Contains("deep", Refusal(Nested(17)), StringComparison.Ordinal);
        Assert.Contains("deep", Refusal(Nested(500)), StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_of_empty_operators_costs_no_memory()
    {
        // Two bytes each, of which the generated parser makes objects.
        byte[] nodes = new byte[1_000_000];
        for (int i = 0; i < nodes.Length; i += 2) nodes[i] = 0x0a;
        ModelProto model = Small();
        byte[] file = [.. model.ToByteArray(), .. Field(7, nodes)];
        var stream = new MemoryStream(file);
        OnnxModelCheck.Read(new MemoryStream(model.ToByteArray()), "m", null, new Job(), OnnxSupport.Runtime130);
        long before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Equal(1 + nodes.Length / 2, OnnxModelCheck.Read(stream, "m", null, new Job(), OnnxSupport.Runtime130).Nodes);
        Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < 3_000_000, "the check keeps no more than its windows");
        before = GC.GetAllocatedBytesForCurrentThread();
        ModelProto.Parser.ParseFrom(file);
        output.WriteLine($"The generated parser allocates {(GC.GetAllocatedBytesForCurrentThread() - before) / (nodes.Length / 2)} bytes for each.");
    }

    [Fact]
    public void Ports_must_be_tensors_and_there_must_be_some()
    {
        ModelProto model = Small();
        model.Graph.Output[0].Type.TensorType = null;
        Assert.Contains("result is no array", Refusal(model), StringComparison.Ordinal);
        model.Graph.Output.Clear();
        Assert.Contains("0 outputs", Refusal(model), StringComparison.Ordinal);
        model = Small();
        model.Graph.Input[0].Type.TensorType.Shape.Dim[0].DimValue = -7;
        Assert.Contains("-7", Refusal(model), StringComparison.Ordinal);
        model = Small();
        model.Graph.Input[0].Type.TensorType.Shape.Dim[0].DimValue = -1;
        Assert.Equal(-1, Check(model).Inputs[0].Axes![0].Size);
        model.Graph.Input[0].Type.TensorType.ElemType = 99;
        Assert.Contains("element type 99", Refusal(model), StringComparison.Ordinal);
        Assert.Contains("no graph", Refusal(new ModelProto { IrVersion = 8 }), StringComparison.Ordinal);
    }

    [Fact]
    public void A_missing_file_and_a_folder_are_told()
    {
        Assert.Throws<NotFoundException>(() => OnnxModelCheck.Read(Path.Combine(Path.GetTempPath(), "no such model.onnx"), new Job()));
        Assert.Contains("is a folder", Refusal(() => OnnxModelCheck.Read(Path.GetTempPath(), new Job())), StringComparison.Ordinal);
        Assert.Throws<BadInputException>(() => OnnxModelCheck.Read("", new Job()));
    }

    [Fact]
    public void A_cancelled_check_ends()
    {
        using var source = new CancellationTokenSource();
        source.Cancel();
        Assert.Throws<OperationCanceledException>(() => OnnxModelCheck.Read(new MemoryStream(Small().ToByteArray()), "m", null, new Job(token: source.Token), OnnxSupport.Runtime130));
    }

    [Fact]
    public void A_thousand_damaged_models_are_read_or_refused_and_nothing_else()
    {
        ModelProto model = Small();
        model.Graph.Node.AddRange(ModelProto.Parser.ParseFrom(Nested(3)).Graph.Node);
        model.Graph.Initializer.Add(new TensorProto { Name = "halves", DataType = 10, Dims = { 3 }, Int32Data = { 1, 2, 3 } });
        model.Graph.Initializer.Add(new TensorProto { Name = "doubles", DataType = 11, Dims = { 2 }, DoubleData = { 1, 2 } });
        byte[] whole = model.ToByteArray();
        var random = new Random(6);
        int refused = 0;
        for (int i = 0; i < 1000; i++)
        {
            byte[] damaged = Mutation.Of(whole, random);
            try
            {
                OnnxModelCheck.Read(new MemoryStream(damaged), "m.onnx", Path.GetTempPath(), new Job(1), OnnxSupport.Runtime130);
            }
            catch (ClemRegException e)
            {
                Assert.True(e.Message.Length is > 20 and < 1000, e.Message);
                refused++;
            }
        }
        output.WriteLine($"{refused} of 1000 refused");
        Assert.InRange(refused, 500, 999);
    }

    private static ModelDescription Check(ModelProto model) => Check(model.ToByteArray());

    private static ModelDescription Check(byte[] model) => OnnxModelCheck.Read(new MemoryStream(model), "m.onnx", null, new Job(), OnnxSupport.Runtime130);

    private static string Refusal(ModelProto model) => Refusal(model.ToByteArray());

    private static string Refusal(byte[] model) => Refusal(() => Check(model));

    private static string Refusal(Func<object> work) => Assert.Throws<BadInputException>(work).Message;

    private static ModelProto Small() => new()
    {
        IrVersion = 8,
        ProducerName = "test",
        OpsetImport = { new OperatorSetIdProto { Version = 16 } },
        Graph = new GraphProto
        {
            Name = "g",
            Node = { new NodeProto { OpType = "Conv", Input = { "image", "filter" }, Output = { "result" } } },
            Initializer = { new TensorProto { Name = "filter", DataType = 1, Dims = { 1, 1, 3, 3 }, RawData = Raw(1f, 2, 3, 4, 5, 6, 7, 8, 9) } },
            Input = { new ValueInfoProto { Name = "image", Type = new TypeProto { TensorType = new TypeProto.Types.Tensor { ElemType = 1, Shape = new TensorShapeProto { Dim = { Axis(1), Axis(1), new TensorShapeProto.Types.Dimension { DimParam = "height" }, new TensorShapeProto.Types.Dimension() } } } } } },
            Output = { new ValueInfoProto { Name = "result", Type = new TypeProto { TensorType = new TypeProto.Types.Tensor { ElemType = 1 } } } },
        },
    };

    /// <summary>Graphs one in another; from bytes, as the generated parser takes no more than 100 levels.</summary>
    private static byte[] Nested(int depth)
    {
        byte[] inner = Small().Graph.ToByteArray(), graph = inner;
        for (int i = 1; i < depth; i++)
            graph = [.. inner, .. Field(1, [.. Field(4, "If"u8), .. Field(5, [.. Field(1, "then_branch"u8), .. Field(6, graph)])])];
        return [0x08, 0x08, .. Field(7, graph), .. Field(8, [0x10, 16])];
    }

    private static byte[] Field(int number, ReadOnlySpan<byte> content)
    {
        var bytes = new MemoryStream();
        using (var coded = new CodedOutputStream(bytes, leaveOpen: true))
        {
            coded.WriteTag(number, WireFormat.WireType.LengthDelimited);
            coded.WriteBytes(ByteString.CopyFrom(content));
        }
        return bytes.ToArray();
    }

    private static TensorShapeProto.Types.Dimension Axis(long size) => new() { DimValue = size };

    private static ValueInfoProto Port(string name, int type, params long[] axes) =>
        new() { Name = name, Type = new TypeProto { TensorType = new TypeProto.Types.Tensor { ElemType = type, Shape = new TensorShapeProto { Dim = { axes.Select(Axis) } } } } };

    private static ByteString Raw<T>(params T[] numbers) where T : unmanaged => ByteString.CopyFrom(MemoryMarshal.AsBytes<T>(numbers));
}

using ClemReg.Algorithms.Inference;
using Xunit.Abstractions;
using static ClemReg.Algorithms.Tests.Inference.TestRuntime;

namespace ClemReg.Algorithms.Tests.Inference;

[Collection("ONNX Runtime")]
public sealed class OnnxRuntimeTests(ITestOutputHelper output)
{
    [Fact]
    public void A_convolution_gives_what_scipy_gives_from_a_file_and_from_memory()
    {
        float[] image = Floats("conv_image_13x17.bin"), expected = Floats("conv_features_2x13x17.bin");
        using IInferenceSession fromFile = Open("conv");
        using IInferenceSession fromMemory = Runtime().Open(File.ReadAllBytes(Golden("conv.onnx")), Cpu, new Job(1));
        foreach (IInferenceSession session in (IInferenceSession[])[fromFile, fromMemory])
        {
            using var input = InferenceTensor.Over(image.AsMemory(), 1, 1, 13, 17);
            using InferenceResult result = session.Run(new Dictionary<string, InferenceTensor> { ["image"] = input }, new Job());
            Assert.Equal([1, 2, 13, 17], result["features"].Shape);
            AssertClose(expected, result["features"].Values<float>().ToArray());
        }
    }

    [Fact]
    public void A_session_tells_inputs_outputs_open_axes_metadata_and_provider()
    {
        using IInferenceSession session = Open("conv");
        Assert.Equal("image", Assert.Single(session.Inputs).Name);
        Assert.Equal("Float32 of 1 x 1 x height x width", session.Inputs[0].ToString());
        Assert.Equal([new TensorAxis(1, ""), new TensorAxis(1, ""), new TensorAxis(-1, "height"), new TensorAxis(-1, "width")], session.Inputs[0].Shape);
        Assert.Equal("Float32 of 1 x 2 x height x width", Assert.Single(session.Outputs).ToString());
        Assert.Equal("{0: 'mito', 1: 'Goldkörnchen'}", session.Metadata["names"]);
        Assert.Equal(2, session.Metadata.Count);
        Assert.Equal(ExecutionProvider.Cpu, session.Provider);
        using IInferenceSession other = Open("types");
        Assert.Equal(12, other.Inputs.Count);
        Assert.Empty(other.Metadata);
    }

    [Fact]
    public void The_callers_memory_is_read_and_written_in_place()
    {
        using IInferenceSession session = Open("add");
        float[] sum = new float[3];
        using InferenceTensor a = Vector(1, 2, 3), b = Vector(10, 20, 30), into = InferenceTensor.Over(sum.AsMemory(), 3);
        var inputs = new Dictionary<string, InferenceTensor> { ["a"] = a, ["b"] = b };
        var outputs = new Dictionary<string, InferenceTensor?> { ["sum"] = into };
        using (InferenceResult result = session.Run(inputs, new Job(), outputs))
        {
            Assert.Equal([11, 22, 33], sum);
            Assert.Same(into, result["sum"]);
            Assert.Equal(["sum"], result.Names);
        }
        a.Values<float>()[0] = 5;
        using (session.Run(inputs, new Job(), outputs)) Assert.Equal([15, 22, 33], sum); // the result before has not taken it along
        outputs["difference"] = null;
        using InferenceResult both = session.Run(inputs, new Job(), outputs);
        Assert.Equal([-5, -18, -27], both["difference"].Values<float>().ToArray());
    }

    [Fact]
    public void Every_type_of_numbers_goes_in_and_comes_out()
    {
        using IInferenceSession session = Open("types");
        InferenceTensor[] all =
        [
            Of(1.5f, -2), Of((byte)255, (byte)1), Of((sbyte)-128, (sbyte)1), Of((ushort)65535, (ushort)1), Of((short)-32768, (short)1),
            Of(int.MinValue, 1), Of(long.MinValue, 1), Of(true, false), Of((Half)1.5, (Half)(-2)), Of(1e300, -2), Of(uint.MaxValue, 1u), Of(ulong.MaxValue, 1ul),
        ];
        Assert.Equal(all.Select(t => t.Type), session.Inputs.Select(i => i.Type));
        Dictionary<string, InferenceTensor> inputs = session.Inputs.Zip(all).ToDictionary(p => p.First.Name, p => p.Second);
        using InferenceResult result = session.Run(inputs, new Job());
        foreach ((TensorInfo info, InferenceTensor tensor) in session.Outputs.Zip(all))
        {
            Assert.Equal(tensor.ToString(), result[info.Name].ToString());
            Assert.Equal(Bytes(tensor), Bytes(result[info.Name]));
        }
        Assert.Throws<BadInputException>(() => result["out_float"].Values<double>());
    }

    [Fact]
    public void Sizes_from_nothing_up_and_tensors_of_one_value_work()
    {
        using IInferenceSession session = Open("conv");
        foreach ((int height, int width) in ((int, int)[])[(1, 1), (1, 40), (33, 2), (64, 64)])
        {
            using InferenceResult result = session.Run(Image(height, width), new Job());
            Assert.Equal([1, 2, height, width], result["features"].Shape);
        }
        using IInferenceSession add = Open("add");
        using InferenceResult none = add.Run(new Dictionary<string, InferenceTensor> { ["a"] = Vector(), ["b"] = Vector() }, new Job());
        Assert.Equal(0, none["sum"].Count);
        using IInferenceSession loop = Open("loop");
        using InferenceResult end = loop.Run(Steps(7), new Job());
        Assert.Equal([7, 107], end["end"].Values<float>().ToArray());
    }

    [Fact]
    public void Outputs_that_are_no_tensors_are_left_out_and_refused()
    {
        using IInferenceSession session = Open("sequence");
        var inputs = new Dictionary<string, InferenceTensor> { ["a"] = Vector(1, 2) };
        using InferenceResult result = session.Run(inputs, new Job());
        Assert.Equal(["negative"], result.Names);
        Assert.Contains("both", Assert.Throws<BadInputException>(() => session.Run(inputs, new Job(), new Dictionary<string, InferenceTensor?> { ["both"] = null })).Message, StringComparison.Ordinal);
        Assert.Contains("negative", Assert.Throws<BadInputException>(() => result["both"]).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Inputs_and_outputs_that_the_model_has_not_are_named_with_those_that_it_has()
    {
        using IInferenceSession session = Open("conv");
        Refused("no input picture. It has image (Float32 of 1 x 1 x height x width)", new() { ["picture"] = Vector(1), ["image"] = Image(3, 3)["image"] });
        Refused("input image is missing", []);
        Refused("Float32 of 1 x 1 x height x width, but was given Float32 of 4", new() { ["image"] = Vector(1, 2, 3, 4) });
        Refused("but was given Float32 of 1 x 3 x 1 x 1", new() { ["image"] = InferenceTensor.Over(new float[3].AsMemory(), 1, 3, 1, 1) });
        Refused("but was given UInt8 of 1 x 1 x 2 x 2", new() { ["image"] = InferenceTensor.Over(new byte[4].AsMemory(), 1, 1, 2, 2) });
        Refused("no output mask. It has features", Image(3, 3), new() { ["mask"] = null });
        Refused("output features is Float32 of 1 x 2 x height x width, but was given", Image(3, 3), new() { ["features"] = Vector(1) });
        using InferenceTensor tooSmall = InferenceTensor.Allocate(TensorType.Float32, 1, 2, 3, 2);
        Assert.Throws<ModelException>(() => session.Run(Image(3, 3), new Job(), new Dictionary<string, InferenceTensor?> { ["features"] = tooSmall }));
        using (session.Run(Image(3, 3), new Job())) { }

        void Refused(string message, Dictionary<string, InferenceTensor> inputs, Dictionary<string, InferenceTensor?>? outputs = null) =>
            Assert.Contains(message, Assert.Throws<BadInputException>(() => session.Run(inputs, new Job(), outputs)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_run_that_fails_is_a_model_error_and_leaves_the_session_usable()
    {
        var heard = new Heard();
        using IInferenceSession session = Open("pick");
        string message = Assert.Throws<ModelException>(() => session.Run(Index(4), new Job(1, default, heard))).Message;
        Assert.Contains("out of data bounds", message, StringComparison.Ordinal);
        Assert.Contains(heard.Lines, l => l.StartsWith("ONNX Runtime: ", StringComparison.Ordinal)); // its own words went to the job
        using InferenceResult result = session.Run(Index(3), new Job());
        Assert.Equal([30], result["picked"].Values<float>().ToArray());

        static Dictionary<string, InferenceTensor> Index(long i) => new() { ["index"] = Of(i) };
    }

    [Fact]
    public void Files_that_are_no_models_are_refused_with_a_reason()
    {
        byte[] good = File.ReadAllBytes(Golden("conv.onnx"));
        Assert.Throws<NotFoundException>(() => Open("absent"));
        Assert.Contains("unknown_operator.onnx", Assert.Throws<ModelException>(() => Open("unknown_operator")).Message, StringComparison.Ordinal);
        Assert.Contains("Transmogrify", Assert.Throws<ModelException>(() => Open("unknown_operator")).Message, StringComparison.Ordinal);
        Assert.Contains("opset", Assert.Throws<ModelException>(() => Open("opset_99")).Message, StringComparison.OrdinalIgnoreCase);
        Assert.Throws<ModelException>(() => Open("wrong_types"));
        foreach (byte[] bad in (byte[][])[[], [1, 2, 3], good[..(good.Length / 2)], "This is a text, not a model."u8.ToArray()])
            Assert.Throws<ModelException>(() => Runtime().Open(bad, Cpu, new Job()));
        Assert.Contains("not an ONNX file", Assert.Throws<ModelException>(() => Runtime().Open("text"u8.ToArray(), Cpu, new Job())).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Damaged_models_are_errors_or_models_but_never_the_end_of_the_process()
    {
        byte[] good = File.ReadAllBytes(Golden("conv.onnx"));
        var random = new Random(3);
        int refused = 0;
        for (int i = 0; i < 300; i++)
        {
            byte[] bad = (byte[])good.Clone();
            for (int k = random.Next(1, 4); k > 0; k--) bad[random.Next(bad.Length)] = (byte)random.Next(256);
            try
            {
                using IInferenceSession session = Runtime().Open(bad, Cpu, new Job(1));
            }
            catch (ClemRegException)
            {
                refused++;
            }
        }
        Assert.InRange(refused, 50, 299);
    }

    [Fact]
    public void Options_reach_the_library()
    {
        InferenceOptions all = Cpu with
        {
            Threads = 1,
            MemoryArena = false,
            MemoryPattern = false,
            Optimization = GraphOptimization.Basic,
            FixedAxes = new Dictionary<string, long> { ["height"] = 5, ["width"] = 4 },
            Settings = new Dictionary<string, string> { ["session.disable_prepacking"] = "1" },
        };
        using IInferenceSession session = Open("conv", all);
        Assert.Equal("Float32 of 1 x 1 x 5 x 4", session.Inputs[0].ToString());
        using (session.Run(Image(5, 4), new Job())) { }
        Assert.Throws<BadInputException>(() => session.Run(Image(4, 5), new Job()));
        Assert.Throws<BadInputException>(() => Open("conv", Cpu with { Threads = -1 }));
        Assert.Throws<BadInputException>(() => Open("conv", Cpu with { FixedAxes = new Dictionary<string, long> { ["height"] = 0 } }));
        Assert.Throws<BadInputException>(() => Open("conv", Cpu with { ProviderOptions = new Dictionary<string, string> { ["a"] = "b" } }));
        // A setting with an impossible value: the library's own complaint comes through.
        Assert.Throws<ModelException>(() => Open("conv", Cpu with { Settings = new Dictionary<string, string> { [new string('k', 5000)] = "" } }));
    }

    [Fact]
    public void Runs_from_several_threads_at_once_give_the_same_bytes()
    {
        using IInferenceSession shared = Open("conv");
        float[][] expected = [.. Enumerable.Range(0, 8).Select(i => Run(shared, i))];
        new Job(4).For(64, i => Assert.Equal(expected[i % 8], Run(shared, i % 8)));
        new Job(4).For(16, i =>
        {
            using IInferenceSession own = Open("conv");
            Assert.Equal(expected[i % 8], Run(own, i % 8));
        });

        static float[] Run(IInferenceSession session, int i)
        {
            using InferenceResult result = session.Run(Image(20 + i, 31), new Job());
            return result["features"].Values<float>().ToArray();
        }
    }

    [Fact]
    public void Auto_finds_a_processor_and_says_which_in_one_line()
    {
        var heard = new Heard();
        using IInferenceSession session = Open("conv", new InferenceOptions(), new Job(1, default, heard));
        output.WriteLine(string.Join("\n", heard.Lines));
        Assert.NotEqual(ExecutionProvider.Auto, session.Provider);
        Assert.Single(heard.Lines, l => l.Contains("he model runs on ", StringComparison.Ordinal));
        if (session.Provider == ExecutionProvider.Cpu) Assert.Single(heard.Lines, l => l.StartsWith("No graphics processor can be used", StringComparison.Ordinal));
        using (session.Run(Image(9, 9), new Job())) { }
    }

    [Theory]
    [InlineData(ExecutionProvider.WebGpu)]
    [InlineData(ExecutionProvider.Cuda)]
    [InlineData(ExecutionProvider.TensorRt)]
    [InlineData(ExecutionProvider.DirectMl)]
    [InlineData(ExecutionProvider.CoreMl)]
    public void A_provider_that_is_asked_for_works_or_is_refused_with_advice_and_the_cpu_works_after_it(ExecutionProvider provider)
    {
        try
        {
            using IInferenceSession session = Open("conv", new InferenceOptions { Provider = provider });
            Assert.Equal(provider, session.Provider);
            using InferenceTensor image = InferenceTensor.Over(Floats("conv_image_13x17.bin").AsMemory(), 1, 1, 13, 17);
            using InferenceResult result = session.Run(new Dictionary<string, InferenceTensor> { ["image"] = image }, new Job());
            AssertClose(Floats("conv_features_2x13x17.bin"), result["features"].Values<float>().ToArray());
        }
        catch (ModelException e)
        {
            output.WriteLine(e.Message);
            Assert.StartsWith($"provider = {provider.Name()} cannot be used: ", e.Message, StringComparison.Ordinal);
            Assert.EndsWith("use provider = cpu or auto.", e.Message, StringComparison.Ordinal);
        }
        using IInferenceSession after = Open("conv");
        using (after.Run(Image(9, 9), new Job())) { }
    }

    [Fact]
    public void Providers_have_names_that_are_read_back()
    {
        foreach (ExecutionProvider provider in Enum.GetValues<ExecutionProvider>())
            Assert.Equal(provider, ExecutionProviders.Parse(provider.Name().ToUpperInvariant()));
        Assert.Contains("webgpu", Assert.Throws<BadInputException>(() => ExecutionProviders.Parse("vulkan")).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("damitoseg_rsunet2d_h2f.onnx", "image", 1, 1, 128, 160)]
    [InlineData("yolox_nano.onnx", "images", 1, 3, 416, 416)]
    public void Real_models_load_and_run(string file, string input, params int[] shape)
    {
        if (SharedData.Find("models/" + file, output) is not { } path) return;
        using IInferenceSession session = Runtime().Open(path, Cpu, new Job(2));
        using InferenceTensor image = InferenceTensor.Allocate(TensorType.Float32, [.. shape.Select(n => (long)n)]);
        using InferenceResult result = session.Run(new Dictionary<string, InferenceTensor> { [input] = image }, new Job());
        foreach (float value in result[session.Outputs[0].Name].Values<float>()) Assert.True(float.IsFinite(value));
    }

    private static Dictionary<string, InferenceTensor> Steps(long steps) =>
        new() { ["steps"] = InferenceTensor.Over(new[] { steps }.AsMemory()), ["start"] = Vector(0, 100) };

    private static InferenceTensor Of<T>(params T[] values) where T : unmanaged => InferenceTensor.Over(values.AsMemory(), values.Length);

    private static byte[] Bytes(InferenceTensor tensor)
    {
        unsafe
        {
            return new ReadOnlySpan<byte>(tensor.Data, (int)tensor.Bytes).ToArray();
        }
    }

    private static void AssertClose(float[] expected, float[] actual)
    {
        Assert.Equal(expected.Length, actual.Length);
        for (int i = 0; i < expected.Length; i++) Assert.InRange(actual[i], expected[i] - 1e-5, expected[i] + 1e-5);
    }
}

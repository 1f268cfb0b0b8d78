using ClemReg.Algorithms.Pipelines;
using ClemReg.Algorithms.Tests.Inference;
using ClemReg.Algorithms.Volumes;
using static ClemReg.Algorithms.Tests.Pipelines.EmModelRuns;

namespace ClemReg.Algorithms.Tests.Pipelines;

[Collection(InTurns)]
public sealed class ModelProbabilityOperationTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("clemreg-probability").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static Volume<byte> Cells()
    {
        var image = new Volume<byte>(new Grid(new Size3(7, 60, 70), new Point3(20, 10, 10), new Point3(40, 0, 30)));
        var random = new Random(5);
        for (int z = 0; z < 7; z++)
            for (int y = 0; y < 60; y++)
                for (int x = 0; x < 70; x++) image[z, y, x] = (byte)((z is > 0 and < 6 && (y - 30) * (y - 30) + (x - 40) * (x - 40) < 300 ? 80 : 160) + random.Next(50));
        return image;
    }

    [Theory]
    [InlineData("0", 0.5f)]
    [InlineData("0.05", 0.05f)]
    [InlineData("0.93", 0.93f)]
    public void Its_threshold_gives_the_mask_of_segment_em(string given, float threshold)
    {
        using Volume<byte> image = Cells();
        using OperationResult probabilities = Run("model_probability", image, TestRuntime.Golden("dark.onnx")),
            segmented = Run("segment_em", image, TestRuntime.Golden("dark.onnx"), null, ("seg_thr", given), ("min_size", "0"));
        var probability = (Volume<float>)probabilities.Outputs["probability"];
        var mask = (BitVolume)segmented.Outputs["mask"];
        Assert.Equal(threshold, (double)segmented.Json["model"]!["threshold"]!, 1e-6);
        Assert.Equal(0.5, (double)probabilities.Json["model"]!["threshold"]!);
        Assert.Equal(["probability"], probabilities.Outputs.Keys);
        long set = 0;
        for (int z = 0; z < 7; z++)
            for (int y = 0; y < 60; y++)
                for (int x = 0; x < 70; x++)
                {
                    Assert.Equal(probability[z, y, x] >= threshold, mask[z, y, x]);
                    if (mask[z, y, x]) set++;
                }
        Assert.InRange(set, 1000, 7 * 60 * 70 / 2);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Some_slices_are_a_part_of_all_in_their_place(bool mitoNet)
    {
        string model = mitoNet ? MitoNet(_folder) : TestRuntime.Golden("dark.onnx");
        using Volume<byte> image = Cells();
        using OperationResult all = Run("model_probability", image, model), some = Run("model_probability", image, model, null, ("first_slice", "3"), ("last_slice", "5")),
            rest = Run("model_probability", image, model, null, ("first_slice", "7"));
        Volume<float> whole = (Volume<float>)all.Outputs["probability"], part = (Volume<float>)some.Outputs["probability"], last = (Volume<float>)rest.Outputs["probability"];
        Assert.Equal(image.Grid, whole.Grid);
        Assert.Equal(new Grid(new Size3(3, 60, 70), image.Grid.Spacing, new Point3(80, 0, 30)), part.Grid);
        for (int z = 0; z < 3; z++) Assert.True(whole.Slice(z + 2).SequenceEqual(part.Slice(z)));
        Assert.True(whole.Slice(6).SequenceEqual(last.Slice(0)));
        Assert.Equal((3, 5), ((int)some.Json["first_slice"]!, (int)some.Json["last_slice"]!));
        Assert.Equal(mitoNet ? 0.3 : 0.5, (double)some.Json["model"]!["threshold"]!);
        Assert.Equal("run.json", (string)some.Json["files"]![0]!["path"]!);
    }

    [Fact]
    public void Boundaries_come_where_the_card_names_them()
    {
        // One output serves for both: that they agree shows that each gets its own.
        string model = Path.Combine(_folder, "dark.onnx");
        File.Copy(TestRuntime.Golden("dark.onnx"), model);
        File.WriteAllText(Path.Combine(_folder, "dark.json"), """{ "outputs": { "probability": { "activation": "sigmoid" }, "boundary": { "output": "logits", "channel": 0, "activation": "sigmoid" } }, "threshold": 0.25 }""");
        using Volume<byte> image = Cells();
        using OperationResult result = Run("model_probability", image, model, null, ("first_slice", "2"), ("last_slice", "3"));
        Volume<float> probability = (Volume<float>)result.Outputs["probability"], boundary = (Volume<float>)result.Outputs["boundary"];
        Assert.Equal(probability.Grid, boundary.Grid);
        Assert.True(probability.Slice(1).SequenceEqual(boundary.Slice(1)));
        Assert.Equal(0.25, (double)result.Json["model"]!["threshold"]!);
    }

    [Theory]
    [InlineData("8", "0", "first_slice = 8")]
    [InlineData("4", "3", "first_slice = 4")]
    [InlineData("0", "8", "last_slice = 8")]
    public void Slices_that_are_not_there_are_told(string first, string last, string told)
    {
        using Volume<byte> image = Cells();
        Assert.Contains(told, Assert.Throws<BadInputException>(() => Run("model_probability", image, TestRuntime.Golden("dark.onnx"), null, ("first_slice", first), ("last_slice", last))).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("model_probability", false, "false")]
    [InlineData("model_probability", true, "false")]
    [InlineData("segment_em", false, "false")]
    [InlineData("segment_em", true, "false")]
    [InlineData("segment_em", true, "true")]
    public void Progress_begins_once_and_never_runs_back(string operation, bool mitoNet, string threeAxes)
    {
        using Volume<byte> image = Cells();
        var heard = new Fractions();
        (string, string)[] more = operation == "segment_em" ? [("em_seg_axis", threeAxes), ("min_size", "0"), ("min_span", "0")] : [];
        Run(operation, image, mitoNet ? MitoNet(_folder) : TestRuntime.Golden("dark.onnx"), new Job(1, default, heard), more).Dispose();
        heard.AssertRises();
    }

    [Fact]
    public void A_cancelled_run_leaves_nothing()
    {
        using Volume<byte> image = Cells();
        using var observer = new CancellingObserver();
        Assert.ThrowsAny<OperationCanceledException>(() => Run("model_probability", image, TestRuntime.Golden("dark.onnx"), new Job(2, observer.Token, observer)));
        Assert.InRange(observer.ReportsAfterCancelling, 0, 1);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void The_model_stays_open_for_the_next_slice_until_its_file_changes(bool dense)
    {
        string model = MitoNet(_folder, dense);
        using Volume<byte> image = Cells();
        (float[] first, bool loaded) = Slice("3", 2);
        Assert.True(loaded);
        (float[] again, loaded) = Slice("3", 2);
        Assert.False(loaded);
        Assert.Equal(first, again);
        Assert.False(Slice("4", 2).Loaded);
        // What is known of an open model is not taken for another: other threads, another file under its name, another point head.
        Assert.True(Slice("3", 1).Loaded);
        File.SetLastWriteTimeUtc(dense ? Path.Combine(_folder, "mito_point.onnx") : model, DateTime.UtcNow.AddMinutes(-5));
        Assert.True(Slice("3", 1).Loaded);
        Assert.False(Slice("3", 1).Loaded);
        File.Copy(TestRuntime.Golden("dark.onnx"), model, overwrite: true);
        (float[] other, loaded) = Slice("3", 1);
        Assert.True(loaded);
        Assert.NotEqual(first, other);

        (float[] Probability, bool Loaded) Slice(string z, int threads)
        {
            var heard = new Heard();
            using OperationResult result = Run("model_probability", image, model, new Job(threads, default, heard), ("first_slice", z), ("last_slice", z));
            return (((Volume<float>)result.Outputs["probability"]).Slice(0).ToArray(), heard.Lines.Contains("The model runs on cpu."));
        }
    }

    [Fact]
    public void A_model_that_segments_or_fails_is_not_kept()
    {
        string model = TestRuntime.Golden("dark.onnx");
        using Volume<byte> image = Cells();
        Assert.True(Loads("segment_em"));
        Assert.True(Loads("model_probability"));
        Assert.False(Loads("segment_em"));
        Assert.True(Loads("model_probability"));
        using var floats = new Volume<float>(image.Grid);
        Assert.Throws<BadInputException>(() => Run("model_probability", floats, model));
        Assert.True(Loads("model_probability"));

        bool Loads(string operation)
        {
            var heard = new Heard();
            Run(operation, image, model, new Job(2, default, heard)).Dispose();
            return heard.Lines.Contains("The model runs on cpu.");
        }
    }
}

using ClemReg.Algorithms.Pipelines;
using ClemReg.Algorithms.Tests.Inference;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Tests.Pipelines;

[Collection(EmModelRuns.InTurns)]
public sealed class SegmentEmOperationTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("clemreg-segment-em").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static OperationResult Run(ISliceSource image, string model, Job? job = null, params (string Key, string Value)[] parameters) => EmModelRuns.Run("segment_em", image, model, job, parameters);

    /// <summary>Bright, with a dark block of 20 x 30 pixels in six of its eight slices.</summary>
    private static Volume<T> Block<T>(Func<byte, T> value, double pixel = 10, int slices = 8) where T : unmanaged
    {
        var image = new Volume<T>(new Grid(new Size3(slices, 90, 110), new Point3(20, pixel, pixel)));
        for (int z = 0; z < slices; z++)
            for (int y = 0; y < 90; y++)
                for (int x = 0; x < 110; x++) image[z, y, x] = value(z is > 0 and < 7 && y is >= 40 and < 60 && x is >= 50 and < 80 ? (byte)60 : (byte)200);
        return image;
    }

    [Fact]
    public void What_a_model_finds_comes_as_labels_mask_and_report()
    {
        using Volume<byte> image = Block(v => v);
        using OperationResult result = Run(image, TestRuntime.Golden("dark.onnx"));
        var labels = (ISliceSource)result.Outputs["labels"];
        var mask = (BitVolume)result.Outputs["mask"];
        Assert.Equal(1, (int)result.Json["objects"]!);
        Assert.InRange(mask.CountSet(), 6 * 20 * 30 * 9 / 10, 6 * 20 * 30 * 11 / 10);
        Assert.Equal(mask.CountSet(), (long)result.Json["voxels"]!);
        Assert.True(mask[3, 50, 65]);
        Assert.Equal(VoxelType.UInt16, labels.Type);
        Assert.Contains("\"provider\": \"cpu\"", (string)result.Json["files"]![0]!["text"]!, StringComparison.Ordinal);
    }

    [Fact]
    public void Images_of_16_bits_and_of_floats_give_the_same()
    {
        using Volume<byte> image = Block(v => v);
        using Volume<ushort> words = Block(v => (ushort)(257 * v));
        using Volume<float> floats = Block(v => 3f + 2 * v);
        using OperationResult a = Run(image, TestRuntime.Golden("dark.onnx")), b = Run(words, TestRuntime.Golden("dark.onnx")),
            c = Run(floats, TestRuntime.Golden("dark.onnx"), null, ("em_intensity_range", "3,513"));
        Assert.Equal((long)a.Json["voxels"]!, (long)b.Json["voxels"]!);
        Assert.Equal((long)a.Json["voxels"]!, (long)c.Json["voxels"]!);
        Assert.Contains("32-bit floats", Assert.Throws<BadInputException>(() => Run(floats, TestRuntime.Golden("dark.onnx"))).Message, StringComparison.Ordinal);
        Assert.Contains("em_intensity_range = 9", Assert.Throws<BadInputException>(() => Run(floats, TestRuntime.Golden("dark.onnx"), null, ("em_intensity_range", "9"))).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false, "false")]
    [InlineData(false, "true")]
    [InlineData(true, "false")]
    public void A_converted_network_runs_as_MitoNet(bool dense, string threeAxes)
    {
        string model = EmModelRuns.MitoNet(_folder, dense);
        using Volume<byte> image = Block(v => v);
        using OperationResult result = Run(image, model, null, ("em_seg_axis", threeAxes), ("min_size", "0"), ("min_span", "0"), ("seg_thr", "0.01"), ("nms_thr", "0"));
        Assert.Equal("MitoNet", (string)result.Json["model"]!["kind"]!);
        // Random weights find something somewhere; what matters is that all parts fit together.
        Assert.Equal(((BitVolume)result.Outputs["mask"]).CountSet(), (long)result.Json["voxels"]!);
        if (!dense) return;
        File.Delete(Path.Combine(_folder, "mito_point.onnx"));
        Assert.Contains("point head", Assert.Throws<ModelException>(() => Run(image, model)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_has_no_effect_is_told()
    {
        using Volume<byte> image = Block(v => v), thin = Block(v => v, slices: 3);
        var job = new Job(2);
        Run(image, TestRuntime.Golden("dark.onnx"), job, ("em_seg_axis", "true"), ("qlen", "3"), ("min_span", "2")).Dispose();
        Assert.Equal("Only MitoNet uses em_seg_axis, min_span: without effect, for dark.onnx gives probabilities.", Assert.Single(job.Warnings));
        // Three slices never hold an object of four.
        job = new Job(2);
        Run(thin, EmModelRuns.MitoNet(_folder), job, ("min_size", "0"), ("seg_thr", "0.01"), ("nms_thr", "0")).Dispose();
        Assert.Contains(job.Warnings, w => w.Contains("4 slices along each axis (min_span), of which the image has 3: set min_span = 3 or less.", StringComparison.Ordinal));
    }

    [Fact]
    public void A_wrong_pixel_size_is_warned_of_with_numbers()
    {
        string model = EmModelRuns.MitoNet(_folder);
        using Volume<byte> fine = Block(v => v, 1), coarse = Block(v => v, 60);
        Assert.Contains("1 nm", Assert.Single(Warnings(fine), w => w.Contains("pixels of", StringComparison.Ordinal)), StringComparison.Ordinal);
        Assert.Contains("60 nm", Assert.Single(Warnings(coarse), w => w.Contains("pixels of", StringComparison.Ordinal)), StringComparison.Ordinal);
        // What is advised is allowed: downsample_f goes to 64.
        using Volume<byte> finer = Block(v => v, 0.07), hopeless = Block(v => v, 0.005);
        Assert.Contains("Set downsample_f = 64,", Assert.Single(Warnings(finer), w => w.Contains("pixels of", StringComparison.Ordinal)), StringComparison.Ordinal);
        Assert.DoesNotContain("downsample_f", Assert.Single(Warnings(hopeless), w => w.Contains("pixels of", StringComparison.Ordinal)), StringComparison.Ordinal);
        // A model of probabilities has the image resampled, which is told; only what can hardly be meant is warned of.
        model = Path.Combine(_folder, "dark.onnx");
        File.Copy(TestRuntime.Golden("dark.onnx"), model);
        File.WriteAllText(Path.Combine(_folder, "dark.json"), """{ "pixel_size_nm": 8, "outputs": { "probability": { "activation": "sigmoid" } } }""");
        using Volume<byte> usual = Block(v => v, 5);
        Assert.DoesNotContain(Warnings(usual), w => w.Contains("pixels are", StringComparison.Ordinal));
        Assert.Contains("The image's pixels are 60 nm, the model's 8 nm: check the image's pixel size (Image > Properties).", Warnings(coarse));
        // Micrometres for nanometres and the reverse: no size of the resampled image makes sense.
        using Volume<byte> thousandfold = Block(v => v, 5000), thousandth = Block(v => v, 0.005);
        foreach ((Volume<byte> image, string pixels) in new[] { (thousandfold, "5000 nm"), (thousandth, "0.005 nm") })
        {
            string refusal = Assert.Throws<BadInputException>(() => Warnings(image)).Message;
            Assert.All([$"The image's pixels are {pixels}, the model's 8 nm", "unit (Image > Properties)"], part => Assert.Contains(part, refusal, StringComparison.Ordinal));
        }

        IReadOnlyList<string> Warnings(ISliceSource image)
        {
            var job = new Job(2);
            Run(image, model, job).Dispose();
            return job.Warnings;
        }
    }

    [Fact]
    public void Another_file_than_a_model_is_told_as_what_it_is()
    {
        using Volume<byte> image = Block(v => v);
        Assert.Throws<NotFoundException>(() => Run(image, Path.Combine(_folder, "none.onnx")));
        Assert.Contains("model", Assert.Throws<BadInputException>(() => Run(image, "")).Message, StringComparison.Ordinal);
        Assert.Contains("not an ONNX model", Assert.Throws<BadInputException>(() => Run(image, Path.Combine(AppContext.BaseDirectory, "golden", "mitonet", "fused.pth"))).Message, StringComparison.Ordinal);
        Assert.Contains("no model that finds a structure", Assert.Throws<ModelException>(() => Run(image, TestRuntime.Golden("add.onnx"))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_cancelled_run_leaves_nothing()
    {
        using Volume<byte> image = Block(v => v);
        using var cancel = new CancellationTokenSource();
        cancel.Cancel();
        Assert.ThrowsAny<OperationCanceledException>(() => Run(image, TestRuntime.Golden("dark.onnx"), new Job(2, cancel.Token)));
    }
}

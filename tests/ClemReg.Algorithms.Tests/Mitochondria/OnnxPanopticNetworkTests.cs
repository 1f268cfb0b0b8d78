using ClemReg.Algorithms.Inference;
using ClemReg.Algorithms.Mitochondria;
using ClemReg.Algorithms.Tests.Inference;
using ClemReg.Algorithms.Tests.Pipelines;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Tests.Mitochondria;

public sealed class OnnxPanopticNetworkTests : IDisposable
{
    private const long Gigabyte = 1L << 30;

    private readonly string _folder = Directory.CreateTempSubdirectory("clemreg-mitonet").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private LimitedMemory Model(long bytesPerNumber, long limit = long.MaxValue) =>
        new(TestRuntime.Runtime().Open(EmModelRuns.MitoNet(_folder), TestRuntime.Cpu, new Job(2)), Gigabyte, bytesPerNumber, limit);

    [Theory]
    [InlineData(1, 4)]
    [InlineData(2, 4)]
    public void Slices_that_will_not_fit_are_refused_with_the_downsampling_that_fits(int downsampling, int fitting)
    {
        using LimitedMemory model = Model(1000);
        var options = new MitoNetOptions { Downsampling = downsampling };
        using var network = new OnnxPanopticNetwork(model, null, options, new RunMemory(model));
        string message = Assert.Throws<OutOfMemoryBudgetException>(() => network.CheckMemory(new Size3(10, 3000, 2048), new Job(2))).Message;
        Assert.StartsWith($"downsample_f = {downsampling} leaves slices of {(downsampling == 1 ? "3008 x 2048" : "1504 x 1024")} pixels", message, StringComparison.Ordinal);
        Assert.Contains($"Set downsample_f = {fitting}, which fits", message, StringComparison.Ordinal);
        Assert.Equal(256 * 256, Assert.Single(model.Runs));
        using var smaller = new OnnxPanopticNetwork(model, null, options with { Downsampling = fitting }, new RunMemory(model));
        smaller.CheckMemory(new Size3(10, 3000, 2048), new Job(2));
    }

    [Fact]
    public void In_three_axes_the_largest_slice_counts()
    {
        using LimitedMemory model = Model(1000);
        var memory = new RunMemory(model);
        using var stack = new OnnxPanopticNetwork(model, null, new MitoNetOptions(), memory);
        stack.CheckMemory(new Size3(3000, 512, 512), new Job(2));
        using var axes = new OnnxPanopticNetwork(model, null, new MitoNetOptions { Mode = MitoNetMode.Orthoplane }, memory);
        Assert.Contains("3008 x 512", Assert.Throws<OutOfMemoryBudgetException>(() => axes.CheckMemory(new Size3(3000, 512, 512), new Job(2))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_the_runtime_finds_too_large_is_told_with_the_first_downsampling_that_runs()
    {
        using LimitedMemory model = Model(1, limit: 70 * 70);
        using var network = new OnnxPanopticNetwork(model, null);
        string message = Assert.Throws<OutOfMemoryBudgetException>(() => network.Run(new float[256 * 208], 256, 208, new Job(2))).Message;
        Assert.Equal("downsample_f = 1 leaves slices of 256 x 208 pixels, which are too large: MitoNet sees whole slices and needs more memory than there is for one. Set downsample_f = 4, which fits, crop the image, or close other programs.", message);
        Assert.Equal([256 * 208, 128 * 112, 64 * 64], model.Runs);
    }
}

using System.Globalization;
using System.Text.RegularExpressions;
using ClemReg.Algorithms.Inference;
using ClemReg.Algorithms.Inference.ImageModels;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Tests.Inference.ImageModels;

public sealed class PieceMemoryTests
{
    private const long Gigabyte = 1L << 30;

    private static FakeSession Model(bool volumetric, long[]? shape = null) =>
        shape is null ? new FakeSession(volumetric ? 5 : 4, 0, 1, (_, _, _, _, _) => 0.5f) : new FakeSession(volumetric ? 5 : 4, 0, 1, (_, _, _, _, _) => 0.5f) { Shape = shape };

    private static void Run(LimitedMemory model, bool volumetric, int tile, int multiple = 1, RunMemory? memory = null)
    {
        var card = new ModelCard
        {
            Name = "wide",
            Input = "image",
            Volumetric = volumetric,
            Tile = volumetric ? new Size3(tile, tile, tile) : new Size3(1, tile, tile),
            MultipleOf = volumetric ? new Size3(multiple, multiple, multiple) : new Size3(1, multiple, multiple),
            Probability = new CardOutput("out", 0, Activation.None),
        };
        using var image = new Volume<byte>(new Grid(new Size3(volumetric ? 20 : 2, 30, 40), new Point3(8, 8, 8)));
        new TiledModel(model, card, memory: memory ?? new RunMemory(model)).Run(image, 0, 255, (_, _, _) => { }, new Job(2));
    }

    private static int Advised(string message) => int.Parse(Regex.Match(message, @"Set em_tile = (\d+), which fits").Groups[1].Value, CultureInfo.InvariantCulture);

    [Theory]
    [InlineData(false, 1024, 1, 2000)]
    [InlineData(false, 1024, 32, 2000)]
    [InlineData(false, 16384, 8, 2000)]
    [InlineData(true, 160, 1, 1000)]
    [InlineData(true, 160, 16, 1000)]
    [InlineData(true, 16384, 16, 1000)]
    public void A_piece_that_will_not_fit_is_refused_before_it_is_tried_with_a_size_that_fits(bool volumetric, int tile, int multiple, long bytesPerNumber)
    {
        using var model = new LimitedMemory(Model(volumetric), Gigabyte, bytesPerNumber);
        string message = Assert.Throws<OutOfMemoryBudgetException>(() => Run(model, volumetric, tile, multiple)).Message;
        double need = bytesPerNumber * Math.Pow(tile, volumetric ? 3 : 2) / Gigabyte;
        Assert.StartsWith($"em_tile = {tile} (pieces of {(volumetric ? tile : 1)} x {tile} x {tile} pixels", message, StringComparison.Ordinal);
        Assert.Contains(FormattableString.Invariant($"about {need:0.0} GB of memory, of which"), message, StringComparison.Ordinal);
        Assert.True(Assert.Single(model.Runs) < Math.Pow(tile, volumetric ? 3 : 2) / 3, "only a small piece was tried");
        int advised = Advised(message);
        Assert.Equal(0, advised % multiple);
        double taken = bytesPerNumber * Math.Pow(advised, volumetric ? 3 : 2);
        Assert.InRange(taken, Gigabyte / 4.0, Gigabyte);
        Run(model, volumetric, advised, multiple);
    }

    [Fact]
    public void What_the_runtime_finds_too_large_is_told_with_the_first_half_that_runs()
    {
        using var model = new LimitedMemory(Model(false), 1000 * Gigabyte, 1, limit: 300 * 300);
        string message = Assert.Throws<OutOfMemoryBudgetException>(() => Run(model, false, 1024, 8)).Message;
        Assert.Equal("em_tile = 1024 (pieces of 1 x 1024 x 1024 pixels, z x y x x) is too large: the model wide needs more memory than there is for one. Set em_tile = 256, which fits, or close other programs.", message);
        Assert.Equal([1024 * 1024, 512 * 512, 256 * 256], model.Runs);
        Run(model, false, 256, 8);
    }

    [Fact]
    public void A_model_of_one_size_cannot_be_given_less()
    {
        using var model = new LimitedMemory(Model(false, [1, 1, 512, 512]), Gigabyte, 1, limit: 300 * 300);
        Assert.Contains("It takes no smaller ones", Assert.Throws<OutOfMemoryBudgetException>(() => Run(model, false, 0)).Message, StringComparison.Ordinal);
        Assert.Equal(512 * 512, Assert.Single(model.Runs));
    }

    [Fact]
    public void What_ran_once_is_not_refused_for_the_memory_that_it_keeps()
    {
        using var model = new LimitedMemory(Model(false), Gigabyte, 1500);
        var memory = new RunMemory(model);
        Run(model, false, 800, memory: memory);
        Assert.True(model.Free < 800 * 800 * 1500);
        Run(model, false, 800, memory: memory);
        // What is known of it is known still.
        Assert.Contains("em_tile = 2048", Assert.Throws<OutOfMemoryBudgetException>(() => Run(model, false, 2048, memory: memory)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Of_a_graphics_processors_memory_nothing_is_presumed()
    {
        using var model = new LimitedMemory(Model(false), 1, 1000) { Provider = ExecutionProvider.WebGpu };
        Run(model, false, 128);
        Assert.All(model.Runs, n => Assert.Equal(128 * 128, n));
    }

    [Fact]
    public void This_machine_has_memory_and_this_process_takes_of_it()
    {
        var machine = new MachineMemory();
        Assert.InRange(machine.Used, 1L << 20, 1L << 40);
        Assert.InRange(machine.Free, 1L << 20, 1L << 44);
    }
}

using ClemReg.Algorithms.Inference;
using ClemReg.Algorithms.Inference.ImageModels;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Tests.Inference.ImageModels;

public sealed class TiledModelTests
{
    /// <summary>The mean of 3 x 3 pixels, mirrored at the piece's ends if the model is given no margin.</summary>
    private static float Mean(FakeSession.Piece p, int z, int y, int x)
    {
        float sum = 0;
        for (int b = -1; b <= 1; b++)
            for (int c = -1; c <= 1; c++) sum += p[z, TileAxis.Mirrored(y + b, p.Height), TileAxis.Mirrored(x + c, p.Width)];
        return sum / 9;
    }

    private static ModelCard Card(bool volumetric, Size3 tile, Size3 overlap) => new()
    {
        Name = "fake",
        Input = "image",
        Volumetric = volumetric,
        Tile = tile,
        Overlap = overlap,
        Probability = new CardOutput("out", 0, Activation.None),
    };

    private static Volume<byte> Noise(Size3 size, int seed, Point3? spacing = null)
    {
        var volume = new Volume<byte>(new Grid(size, spacing ?? new Point3(8, 8, 8)));
        var random = new Random(seed);
        for (int z = 0; z < size.Z; z++) random.NextBytes(volume.Slice(z));
        return volume;
    }

    private static float[][] Run(IInferenceSession session, ModelCard card, ISliceSource image, bool flips = false)
    {
        var slices = new float[image.Grid.Size.Z][];
        int next = 0;
        new TiledModel(session, card, flips).Run(image, 0, 255, (z, p, _) =>
        {
            Assert.Equal(next++, z);
            slices[z] = p.ToArray();
        }, new Job(2));
        Assert.Equal(slices.Length, next);
        return slices;
    }

    /// <summary>What the model gives for the whole image at once.</summary>
    private static float Expected(Volume<byte> image, int z, int y, int x)
    {
        (_, int height, int width) = image.Grid.Size;
        float sum = 0;
        for (int b = -1; b <= 1; b++)
            for (int c = -1; c <= 1; c++) sum += image[z, TileAxis.Mirrored(y + b, height), TileAxis.Mirrored(x + c, width)] / 255f;
        return sum / 9;
    }

    [Fact]
    public void Pieces_of_valid_convolutions_leave_no_seams_for_any_size()
    {
        var random = new Random(1);
        for (int round = 0; round < 40; round++)
        {
            using Volume<byte> image = Noise(new Size3(1 + random.Next(4), 1 + random.Next(60), 1 + random.Next(70)), round);
            var tile = new Size3(1, 6 + random.Next(30), 6 + random.Next(30));
            var session = new FakeSession(4, 1 + round % 2, 1, (p, _, z, y, x) => Mean(p, z, y, x));
            float[][] found = Run(session, Card(false, tile, new Size3(0, random.Next(2), random.Next(2))), image);
            for (int z = 0; z < image.Grid.Size.Z; z++)
                for (int y = 0; y < image.Grid.Size.Y; y++)
                    for (int x = 0; x < image.Grid.Size.X; x++) Assert.Equal(Expected(image, z, y, x), found[z][y * image.Grid.Size.X + x], 1e-5f);
        }
    }

    [Fact]
    public void Volumes_are_put_together_from_cubes_and_each_slice_is_read_once_in_order()
    {
        var random = new Random(2);
        for (int round = 0; round < 25; round++)
        {
            using Volume<byte> image = Noise(new Size3(1 + random.Next(40), 1 + random.Next(20), 1 + random.Next(20)), round);
            int side = 8 + random.Next(12), reach = random.Next(3);
            // Twice the neighbour above: a seam along z would show.
            var session = new FakeSession(5, reach, 1, (p, _, z, y, x) => 0.5f * p[z, y, x] + (reach > 0 ? 0.5f * p[z - 1, y, x] : 0));
            var read = new List<int>();
            float[][] found = Run(session, Card(true, new Size3(side, side, side), new Size3(random.Next(3), 1, 1)), new Watched(image, read.Add));
            for (int z = 0; z < image.Grid.Size.Z; z++)
                for (int y = 0; y < image.Grid.Size.Y; y++)
                    for (int x = 0; x < image.Grid.Size.X; x++)
                    {
                        float above = reach > 0 ? image[TileAxis.Mirrored(z - 1, image.Grid.Size.Z), y, x] / 255f : 0;
                        Assert.Equal(0.5f * image[z, y, x] / 255f + 0.5f * above, found[z][y * image.Grid.Size.X + x], 1e-5f);
                    }
            Assert.Equal(Enumerable.Range(0, image.Grid.Size.Z), read);
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Flips_are_undone_and_averaged(bool volumetric)
    {
        // A model that gives the pixel to the right: mirrored it is the one to the left. Another gives the one below.
        using Volume<byte> image = Noise(new Size3(3, 23, 31), 5);
        var tile = new Size3(volumetric ? 4 : 1, 12, 14);
        foreach ((int down, int right) in ((int, int)[])[(0, 1), (1, 0), (1, 1)])
        {
            var session = new FakeSession(volumetric ? 5 : 4, 1, 1, (p, _, z, y, x) => p[z, y + down, x + right]);
            float[][] found = Run(session, Card(volumetric, tile, default), image, flips: true);
            for (int z = 0; z < 3; z++)
                for (int y = 0; y < 23; y++)
                    for (int x = 0; x < 31; x++)
                    {
                        float At(int b, int c) => image[z, TileAxis.Mirrored(y + b, 23), TileAxis.Mirrored(x + c, 31)] / 255f;
                        Assert.Equal((At(down, right) + At(down, -right) + At(-down, right) + At(-down, -right)) / 4, found[z][y * 31 + x], 1e-5f);
                    }
        }
    }

    [Theory]
    [InlineData(1024, 4.6, 8, 16, 592)] // 588.8
    [InlineData(1024, 8, 8, 16, 1024)]
    [InlineData(1000, 8, 8, 16, 1000)] // not resampled: left alone
    [InlineData(1000, 8, 0, 16, 1000)]
    [InlineData(1000, 4, 8, 16, 496)]
    [InlineData(100, 4, 8, 16, 50)] // 48 is 4 % less
    [InlineData(5, 4, 8, 16, 2)]
    public void Pixels_are_resampled_to_a_multiple_that_is_as_good(int from, double spacing, double wanted, int multiple, int expected) =>
        Assert.Equal(expected, ModelSlices.Count(from, spacing, wanted, multiple));

    [Fact]
    public void Some_slices_get_what_they_get_in_a_run_over_all()
    {
        var random = new Random(8);
        for (int round = 0; round < 60; round++)
        {
            bool deep = round % 3 != 0;
            int depth = 1 + random.Next(25), first = random.Next(depth), count = 1 + random.Next(depth - first), side = 6 + random.Next(6), reach = random.Next(3);
            using Volume<byte> image = Noise(new Size3(depth, 9 + random.Next(9), 11), round);
            FakeSession Session() => new(deep ? 5 : 4, reach, 1, (p, _, z, y, x) => 0.5f * p[z, y, x] + (reach > 0 && deep ? 0.5f * p[z - 1, y, x] : 0));
            var overlap = new Size3(random.Next(2), 1, 1);
            // Every second time along z too the model's pixels are others than the image's.
            ModelCard card = Card(deep, deep ? new Size3(side, side, side) : new Size3(1, side, side), overlap) with { PixelNm = round % 2 == 0 ? default : new Point3(4 + random.Next(12), 8, 8) };
            float[][] all = Run(Session(), card, image);
            var read = new List<int>();
            FakeSession some = Session();
            int next = first;
            new TiledModel(some, card).Run(new Watched(image, read.Add), 0, 255, (z, p, _) =>
            {
                Assert.Equal(next++, z);
                Assert.Equal(all[z], p.ToArray());
            }, new Job(2), first..(first + count));
            Assert.Equal(first + count, next);
            Assert.Equal(read.Distinct(), read);
            if (!deep) Assert.Equal(Enumerable.Range(first, count), read);
        }
    }

    [Fact]
    public void One_slice_of_a_deep_image_takes_the_pieces_around_it()
    {
        using Volume<byte> image = Noise(new Size3(200, 10, 10), 9);
        var read = new List<int>();
        var session = new FakeSession(5, 2, 1, (p, _, z, y, x) => p[z, y, x]);
        new TiledModel(session, Card(true, new Size3(14, 14, 14), new Size3(2, 2, 2))).Run(new Watched(image, read.Add), 0, 255, (_, _, _) => { }, new Job(2), 100..101);
        Assert.InRange(session.Given.Count, 1, 2);
        Assert.InRange(read.Count, 14, 22);
    }

    [Fact]
    public void Blended_pieces_average_where_they_overlap()
    {
        // A model that tells its own column shows how the pieces are weighed: no jumps larger than the ramp's.
        using Volume<byte> image = Noise(new Size3(1, 20, 100), 3);
        var session = new FakeSession(4, 0, 1, (p, _, _, _, x) => (float)x / p.Width);
        float[] row = Run(session, Card(false, new Size3(1, 20, 40), new Size3(0, 0, 20)), image)[0][..100];
        Assert.Equal(4, session.Given.Count);
        for (int x = 1; x < 100; x++) Assert.True(Math.Abs(row[x] - row[x - 1]) < 0.06, $"{x}: {row[x - 1]} {row[x]}");
    }

    [Fact]
    public void An_image_of_other_pixels_is_brought_to_the_models_and_back()
    {
        // A slope stays a slope; its ends are off by half a coarse pixel at the most.
        using var image = new Volume<byte>(new Grid(new Size3(6, 60, 80), new Point3(30, 5, 5)));
        for (int z = 0; z < 6; z++)
            for (int y = 0; y < 60; y++)
                for (int x = 0; x < 80; x++) image[z, y, x] = (byte)(2 * x + y);
        ModelCard card = Card(false, default, new Size3(-1, -1, -1)) with { PixelNm = new Point3(0, 10, 10) };
        var session = new FakeSession(4, 0, 1, (p, _, z, y, x) => p[z, y, x]);
        float[][] found = Run(session, card, image);
        Assert.All(session.Given, p => Assert.Equal((30, 40), (p.Height, p.Width)));
        for (int y = 2; y < 58; y++)
            for (int x = 2; x < 78; x++) Assert.Equal(image[3, y, x] / 255f, found[3][y * 80 + x], 0.006f);
        // Along z too for a model of volumes, finer and coarser.
        foreach (double nm in (double[])[10, 90])
        {
            var deep = new FakeSession(5, 0, 1, (p, _, z, y, x) => p[z, y, x]);
            found = Run(deep, Card(true, default, new Size3(-1, -1, -1)) with { PixelNm = new Point3(nm, 5, 5) }, image);
            Assert.Equal((int)(180 / nm), deep.Given[0].Depth);
            Assert.Equal(image[3, 30, 40] / 255f, found[3][30 * 80 + 40], 1e-4f);
        }
    }

    [Fact]
    public void Logits_become_probabilities()
    {
        using Volume<byte> image = Noise(new Size3(1, 9, 11), 4);
        var session = new FakeSession(4, 0, 3, (p, c, z, y, x) => 4 * p[z, y, x] * (c - 1));
        float[] Of(Activation activation, int channel) =>
            Run(session, Card(false, default, default) with { Probability = new CardOutput("out", channel, activation) }, image)[0];
        float[] sigmoid = Of(Activation.Sigmoid, 2), softmax = Of(Activation.Softmax, 2);
        for (int i = 0; i < 99; i++)
        {
            double v = 4 * image[0, i / 11, i % 11] / 255.0;
            Assert.Equal(1 / (1 + Math.Exp(-v)), sigmoid[i], 1e-5);
            Assert.Equal(Math.Exp(v) / (Math.Exp(v) + 1 + Math.Exp(-v)), softmax[i], 1e-5);
        }
        Assert.Contains("\"activation\"", Assert.Throws<ModelException>(() => Of(Activation.None, 2)).Message, StringComparison.Ordinal);
        Assert.Contains("no channel 3", Assert.Throws<ModelException>(() => Of(Activation.Sigmoid, 3)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Intensities_are_prepared_as_the_card_says()
    {
        using Volume<byte> image = Noise(new Size3(2, 30, 40), 5);
        float[] Given(Normalisation normalisation)
        {
            var session = new FakeSession(4, 0, 1, (_, _, _, _, _) => 0);
            Run(session, Card(false, default, default) with { Normalisation = normalisation }, image);
            return session.Given[^1].Values;
        }
        byte[] last = image.Slice(1).ToArray();
        float[] fixedRule = Given(new Normalisation(Mean: 0.5, StandardDeviation: 0.25)), standard = Given(new Normalisation(NormalisationKind.Standardise)),
            percentile = Given(new Normalisation(NormalisationKind.Percentile, LowPercentile: 10, HighPercentile: 90)),
            whole = Given(new Normalisation(NormalisationKind.Standardise, WholeVolume: true));
        double mean = last.Average(v => (double)v), deviation = Math.Sqrt(last.Average(v => (v - mean) * (v - mean)));
        byte[] sorted = [.. last.Order()], all = [.. image.Slice(0), .. last];
        // numpy.percentile: 10 % of 1199 steps is 119.9.
        double low = sorted[119] + 0.9 * (sorted[120] - sorted[119]), high = sorted[1079] + 0.1 * (sorted[1080] - sorted[1079]);
        double allMean = all.Average(v => (double)v), allDeviation = Math.Sqrt(all.Average(v => (v - allMean) * (v - allMean)));
        for (int i = 0; i < last.Length; i++)
        {
            Assert.Equal((last[i] / 255.0 - 0.5) / 0.25, fixedRule[i], 1e-4);
            Assert.Equal((last[i] - mean) / deviation, standard[i], 1e-4);
            Assert.Equal((last[i] - low) / (high - low), percentile[i], 1e-4);
            Assert.Equal((last[i] - allMean) / allDeviation, whole[i], 1e-4);
        }
    }

    [Fact]
    public void A_model_that_is_not_what_the_card_says_is_told_with_its_names()
    {
        using Volume<byte> image = Noise(new Size3(1, 20, 20), 6);
        ModelCard card = Card(false, default, default);
        string Message(IInferenceSession session, ModelCard with) => Assert.Throws<ModelException>(() => Run(session, with, image)).Message;
        FakeSession Plain(int reach = 0, params long[] shape) => new(4, reach, 1, (_, _, _, _, _) => 0) { Shape = shape.Length > 0 ? shape : [-1, 1, -1, -1] };
        Assert.Contains("no input picture; it has image", Message(Plain(), card with { Input = "picture" }), StringComparison.Ordinal);
        Assert.Contains("no output prob; it has out", Message(Plain(), card with { Probability = new CardOutput("prob", 0, Activation.None) }), StringComparison.Ordinal);
        Assert.Contains("5 axes", Message(Plain(), card with { Volumetric = true }), StringComparison.Ordinal);
        Assert.Contains("3 channels", Message(Plain(0, -1, 3, -1, -1), card), StringComparison.Ordinal);
        Assert.Contains("4 pieces at once", Message(Plain(0, 4, 1, -1, -1), card), StringComparison.Ordinal);
        Assert.Contains("pieces of 64 pixels along y", Message(Plain(0, 1, 1, 64, 64), card with { Tile = new Size3(1, 32, 32) }), StringComparison.Ordinal);
        Assert.Contains("overlap", Message(Plain(), card with { Tile = new Size3(1, 16, 16), Overlap = new Size3(0, 16, 16) }), StringComparison.Ordinal);
    }

    [Fact]
    public void A_cancelled_run_ends()
    {
        using Volume<byte> image = Noise(new Size3(3, 50, 50), 7);
        using var cancel = new CancellationTokenSource();
        var session = new FakeSession(4, 0, 1, (_, _, _, y, _) =>
        {
            if (y == 10) cancel.Cancel();
            return 0;
        });
        Assert.Throws<OperationCanceledException>(() => new TiledModel(session, Card(false, new Size3(1, 20, 20), default)).Run(image, 0, 255, (_, _, _) => { }, new Job(1, cancel.Token)));
        Assert.Single(session.Given);
    }

    private sealed class Watched(ISliceSource source, Action<int> read) : ISliceSource
    {
        public Grid Grid => source.Grid;

        public VoxelType Type => source.Type;

        public void ReadSlice(int z, Span<byte> destination)
        {
            read(z);
            source.ReadSlice(z, destination);
        }
    }
}

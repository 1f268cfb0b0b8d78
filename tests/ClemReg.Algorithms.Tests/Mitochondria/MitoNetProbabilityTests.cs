using ClemReg.Algorithms.Mitochondria;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Tests.Mitochondria;

public sealed class MitoNetProbabilityTests
{
    /// <summary>Bright boxes on black, blurred so that probabilities of all sizes occur.</summary>
    private static Volume<byte> Boxes(Size3 size)
    {
        var em = new Volume<byte>(new Grid(size, new Point3(20, 10, 10), new Point3(100, 50, 0)));
        var random = new Random(3);
        for (int z = 0; z < size.Z; z++)
            for (int y = 0; y < size.Y; y++)
                for (int x = 0; x < size.X; x++)
                    em[z, y, x] = (byte)(y is > 3 and < 12 && x is > 4 and < 20 || y > 18 && x > 24 ? 120 + random.Next(100) : random.Next(20));
        return em;
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void What_reaches_the_threshold_is_the_mask_of_stack_mode_without_median(int downsampling)
    {
        foreach (var size in (Size3[])[new(3, 32, 48), new(1, 25, 37), new(4, 29, 31)])
        {
            using Volume<byte> em = Boxes(size);
            var options = new MitoNetOptions { MedianSlices = 1, MinimumVoxels = 0, MinimumSpan = 0, Threshold = 0.7, Downsampling = downsampling };
            using Volume<float> probability = MitoNetProbability.Run(em, new BrightNetwork(downsampling), options, new Job(2));
            uint[] labels = MitoNetVolumes.Labels(MitoNetSegmentation.Run(em, new BrightNetwork(downsampling), options, new Job(2)));
            Assert.Equal(em.Grid, probability.Grid);
            int set = 0;
            for (int z = 0; z < size.Z; z++)
                for (int i = 0; i < size.SliceCount; i++)
                {
                    float p = probability.Slice(z)[i];
                    Assert.InRange(p, 0, 1);
                    // The mask compares logits: there is no telling which side a last digit falls on.
                    if (Math.Abs(p - 0.7f) > 1e-6) Assert.Equal(p >= 0.7f, labels[z * size.SliceCount + i] > 0);
                    if (labels[z * size.SliceCount + i] > 0) set++;
                }
            Assert.InRange(set, 1, labels.Length - 1);
        }
    }

    [Fact]
    public void Point_heads_are_asked_as_for_objects()
    {
        using Volume<byte> em = Boxes(new Size3(2, 32, 48));
        using Volume<float> fine = MitoNetProbability.Run(em, new DenseNetwork(withHead: true), new MitoNetOptions(), new Job(2)),
            coarse = MitoNetProbability.Run(em, new DenseNetwork(withHead: false), new MitoNetOptions(), new Job(2));
        // The head's logits are 10 and -10.
        static int Decided(Volume<float> volume) => volume.Slice(1).ToArray().Count(p => Math.Abs(p - 0.5f) > 0.4999f);
        Assert.Equal(0, Decided(coarse));
        Assert.InRange(Decided(fine), 100, 32 * 48);
    }

    [Fact]
    public void Broken_outputs_and_options_are_refused()
    {
        using Volume<byte> em = Boxes(new Size3(2, 32, 48));
        Assert.Contains("downsample_f", Assert.Throws<BadInputException>(() => MitoNetProbability.Run(em, new BrightNetwork(), new MitoNetOptions { Downsampling = 3 }, new Job(1))).Message, StringComparison.Ordinal);
        Assert.Contains("sem_logits", Assert.Throws<BadInputException>(() => MitoNetProbability.Run(em, new BrokenNetwork(float.NaN, 1), new MitoNetOptions(), new Job(1))).Message, StringComparison.Ordinal);
        Assert.Contains("sem_logits", Assert.Throws<BadInputException>(() => MitoNetProbability.Run(em, new BrokenNetwork(0, 3), new MitoNetOptions(), new Job(1))).Message, StringComparison.Ordinal);
        using var cancelling = new CancellingObserver();
        Assert.ThrowsAny<OperationCanceledException>(() => MitoNetProbability.Run(em, new BrightNetwork(), new MitoNetOptions(), new Job(1, cancelling.Token, cancelling)));
    }

    private sealed class BrokenNetwork(float value, int part) : IPanopticNetwork
    {
        public PanopticOutput Run(ReadOnlyMemory<float> image, int height, int width, Job job)
        {
            float[] logits = new float[height / part * (width / part)];
            Array.Fill(logits, value);
            var semantic = new FloatPicture(logits, 1, height / part, width / part);
            return new PanopticOutput(semantic, semantic, new FloatPicture(new float[2 * logits.Length], 2, height / part, width / part));
        }
    }
}

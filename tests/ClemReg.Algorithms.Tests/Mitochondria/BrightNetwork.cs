using ClemReg.Algorithms.Mitochondria;

namespace ClemReg.Algorithms.Tests.Mitochondria;

/// <summary>
/// A network that takes what is bright for mitochondria. Offsets point to the middle of the connected bright pixels, where the heat map has a peak; logits at
/// <paramref name="enlarge"/> times the size of what it sees.
/// </summary>
internal sealed class BrightNetwork(int enlarge = 1) : IPanopticNetwork
{
    private const int Step = 4;

    public int Calls { get; private set; }

    public PanopticOutput Run(ReadOnlyMemory<float> image, int height, int width, Job job)
    {
        Calls++;
        (FloatPicture centres, FloatPicture offsets) = Instances(image, height, width);
        int wide = width * enlarge;
        var logits = new float[height * enlarge * wide];
        for (int i = 0; i < logits.Length; i++) logits[i] = image.Span[i / wide / enlarge * width + i % wide / enlarge];
        return new PanopticOutput(new FloatPicture(logits, 1, height * enlarge, wide), centres, offsets);
    }

    public static (FloatPicture Centres, FloatPicture Offsets) Instances(ReadOnlyMemory<float> image, int height, int width)
    {
        // Padding is 0, brighter than black: bright is only what is above it.
        int[] components = DensePlanes.Components([.. image.ToArray().Select(v => v > 0.1f ? 1 : 0)], height, width);
        (int rows, int columns) = (height / Step, width / Step);
        var sums = new (long Y, long X, int Count)[components.Max() + 1];
        for (int i = 0; i < components.Length; i++) sums[components[i]] = (sums[components[i]].Y + i / width, sums[components[i]].X + i % width, sums[components[i]].Count + 1);
        float[] heat = new float[rows * columns], offsets = new float[2 * rows * columns];
        for (int q = 0; q < heat.Length; q++)
        {
            // The first bright pixel of the block decides, else the nearest object.
            (int y, int x) = (q / columns * Step, q % columns * Step);
            int component = 0;
            for (int p = 0; p < Step * Step && component == 0; p++) component = components[(y + p / Step) * width + x + p % Step];
            if (component == 0 && sums.Length > 1) component = Enumerable.Range(1, sums.Length - 1).MinBy(c => Math.Pow(sums[c].Y / (double)sums[c].Count - y, 2) + Math.Pow(sums[c].X / (double)sums[c].Count - x, 2));
            if (component == 0) continue;
            offsets[q] = sums[component].Y / (float)sums[component].Count - y;
            offsets[heat.Length + q] = sums[component].X / (float)sums[component].Count - x;
        }
        for (int c = 1; c < sums.Length; c++)
        {
            int row = Math.Min(rows - 1, (int)(sums[c].Y / (double)sums[c].Count / Step)), column = Math.Min(columns - 1, (int)(sums[c].X / (double)sums[c].Count / Step));
            heat[row * columns + column] = 0.5f + 0.001f * c;
        }
        return (new FloatPicture(heat, 1, rows, columns), new FloatPicture(offsets, 2, rows, columns));
    }
}

/// <summary>As <see cref="BrightNetwork"/>, with logits at a quarter of the size and features that tell bright blocks from dark ones.</summary>
internal sealed class DenseNetwork(bool withHead) : IPanopticNetwork, IPointHead
{
    public IPointHead? PointHead => withHead ? this : null;

    public PanopticOutput Run(ReadOnlyMemory<float> image, int height, int width, Job job)
    {
        (int rows, int columns) = (height / 4, width / 4);
        float[] logits = new float[rows * columns], features = new float[2 * rows * columns];
        for (int q = 0; q < logits.Length; q++)
        {
            for (int p = 0; p < 16; p++) logits[q] += image.Span[(q / columns * 4 + p / 4) * width + q % columns * 4 + p % 4] / 16;
            // The test's boxes lie on multiples of 4, so that a block is all bright or all dark.
            features[q] = logits[q] > 0.1f ? 1 : -1;
        }
        (FloatPicture centres, FloatPicture offsets) = BrightNetwork.Instances(image, height, width);
        return new PanopticOutput(new FloatPicture(logits, 1, rows, columns), centres, offsets, new FloatPicture(features, 2, rows, columns));
    }

    public void Evaluate(ReadOnlyMemory<float> features, ReadOnlyMemory<float> coarse, Memory<float> logits, Job job)
    {
        Assert.Equal((2 * coarse.Length, coarse.Length), (features.Length, logits.Length));
        for (int p = 0; p < coarse.Length; p++) logits.Span[p] = 10 * features.Span[p];
    }
}

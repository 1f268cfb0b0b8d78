using System.Runtime.InteropServices;
using ClemReg.Algorithms.Mitochondria;

namespace ClemReg.Algorithms.Tests.Mitochondria;

/// <summary>Against PyTorch (golden-scripts/mitochondria.py) and against sorting.</summary>
public sealed class PointRendTests
{
    [Theory]
    [InlineData("pointrend_0.bin")]
    [InlineData("pointrend_1.bin")]
    [InlineData("pointrend_2.bin")]
    public void Logits_equal_those_of_PyTorch(string file)
    {
        var numbers = new Numbers(file);
        (int height, int width, int channels, int hidden, int steps, int points) = (numbers.Int(), numbers.Int(), numbers.Int(), numbers.Int(), numbers.Int(), numbers.Int());
        float[] coarse = numbers.Floats(height * width), features = numbers.Floats(channels * height * width);
        var head = new Perceptron(numbers, channels, hidden);
        float[] expected = numbers.Floats((height << steps) * (width << steps));
        Assert.True(numbers.AtEnd);

        var pointRend = new PointRend(height, width, steps, points);
        var previous = Array.Empty<float>();
        foreach (int threads in (int[])[1, 3])
        {
            ReadOnlyMemory<float> logits = pointRend.Refine(new FloatPicture(coarse, 1, height, width), new FloatPicture(features, channels, height, width), head, new Job(threads));
            Assert.Equal(expected.Length, logits.Length);
            for (int i = 0; i < expected.Length; i++) Assert.Equal(expected[i], logits.Span[i], 1e-4f);
            if (previous.Length > 0) Assert.Equal(previous, logits.ToArray());
            previous = logits.ToArray();
        }
    }

    [Fact]
    public void Bilinear_resampling_equals_PyTorchs()
    {
        var numbers = new Numbers("bilinear.bin");
        int cases = 0;
        for (; !numbers.AtEnd; cases++)
        {
            (int h, int w, int toH, int toW, bool corners) = (numbers.Int(), numbers.Int(), numbers.Int(), numbers.Int(), numbers.Int() == 1);
            float[] source = numbers.Floats(h * w), expected = numbers.Floats(toH * toW), actual = new float[toH * toW];
            new Bilinear((h, w), (toH, toW), corners).Apply(source, actual, new Job(2));
            for (int i = 0; i < expected.Length; i++) Assert.Equal(expected[i], actual[i], 1e-5f);
        }
        Assert.Equal(7, cases);
    }

    [Fact]
    public void The_least_decided_pixels_are_those_of_a_stable_sort()
    {
        var random = new Random(1);
        for (int n = 1; n <= 200; n++)
        {
            // Few values, so that there are ties; magnitudes from 0 over subnormal to infinite.
            float[] choices = [0, -0f, 1e-40f, -1e-40f, 0.5f, -0.5f, 0.50001f, 3, -3, float.MaxValue, float.NegativeInfinity, (float)random.NextDouble()];
            float[] logits = [.. Enumerable.Range(0, n).Select(_ => choices[random.Next(choices.Length)])];
            int k = random.Next(1, n + 1);
            int[] expected = [.. Enumerable.Range(0, n).OrderBy(i => Math.Abs(logits[i])).Take(k).Order()], actual = new int[k];
            PointRend.Undecided(logits, actual);
            Assert.Equal(expected, actual);
        }
    }

    /// <summary>Layers of weights over the features and the coarse logit, as plain loops.</summary>
    private sealed class Perceptron : IPointHead
    {
        private readonly List<(float[] Weights, float[] Bias)> _layers = [];

        public Perceptron(Numbers numbers, int channels, int hidden)
        {
            foreach ((int o, int i) in ((int, int)[])[(hidden, channels + 1), (hidden, hidden + 1), (1, hidden + 1)]) _layers.Add((numbers.Floats(o * i), numbers.Floats(o)));
        }

        public void Evaluate(ReadOnlyMemory<float> features, ReadOnlyMemory<float> coarse, Memory<float> logits, Job job)
        {
            int points = coarse.Length;
            for (int p = 0; p < points; p++)
            {
                float[] values = [.. Enumerable.Range(0, features.Length / points).Select(c => features.Span[c * points + p])];
                foreach ((float[] weights, float[] bias) in _layers)
                {
                    float[] input = [.. values, coarse.Span[p]];
                    values = [.. bias.Select((b, o) => b + Enumerable.Range(0, input.Length).Sum(i => weights[o * input.Length + i] * input[i]))];
                    if (values.Length > 1) values = Array.ConvertAll(values, v => Math.Max(v, 0));
                }
                logits.Span[p] = values[0];
            }
        }
    }
}

/// <summary>A golden file: a list of doubles.</summary>
internal sealed class Numbers(string file)
{
    private readonly double[] _values = MemoryMarshal.Cast<byte, double>(File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "golden", "mitochondria", file))).ToArray();
    private int _at;

    public bool AtEnd => _at == _values.Length;

    public int Int() => (int)_values[_at++];

    public double[] Doubles(int count) => _values[_at..(_at += count)];

    public float[] Floats(int count) => Array.ConvertAll(Doubles(count), v => (float)v);
}

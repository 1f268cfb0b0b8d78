using ClemReg.Algorithms.Inference.ImageModels;

namespace ClemReg.Algorithms.Tests.Inference.ImageModels;

public sealed class TileAxisTests
{
    [Fact]
    public void Weights_sum_to_one_everywhere_and_fall_towards_the_ends()
    {
        var random = new Random(1);
        for (int round = 0; round < 500; round++)
        {
            int length = 1 + random.Next(300), output = 1 + random.Next(80), margin = random.Next(10);
            var axis = new TileAxis(length, output + 2 * margin, output, random.Next(output + 5));
            var sum = new double[length];
            for (int i = 0; i < axis.Starts.Count; i++)
                for (int p = 0; p < axis.Weights(i).Length; p++)
                {
                    Assert.True(axis.Weights(i)[p] > 0);
                    sum[axis.Starts[i] + p] += axis.Weights(i)[p];
                }
            Assert.All(sum, s => Assert.Equal(1, s, 5));
            Assert.All(axis.Starts, s => Assert.InRange(s, 0, Math.Max(0, length - output)));
            Assert.Equal(length, axis.DoneAfter(axis.Starts.Count - 1));
            for (int p = 0; p < axis.Input; p++) Assert.InRange(axis.Source(0, p), 0, length - 1);
        }
    }

    [Fact]
    public void Beyond_the_ends_the_axis_is_mirrored_as_numpy_reflects()
    {
        Assert.Equal([3, 2, 1, 0, 1, 2, 3, 2, 1, 0, 1], Enumerable.Range(-3, 11).Select(i => TileAxis.Mirrored(i, 4)));
        Assert.Equal([0, 0, 0], Enumerable.Range(-1, 3).Select(i => TileAxis.Mirrored(i, 1)));
    }

    [Fact]
    public void Resampled_pixels_lie_where_they_should()
    {
        var random = new Random(2);
        for (int round = 0; round < 200; round++)
        {
            int from = 2 + random.Next(60), to = 1 + random.Next(60);
            var axis = new AxisResampling(from, to);
            double scale = (double)from / to;
            for (int i = 0; i < to; i++)
            {
                (int first, float[] weights) = axis[i];
                Assert.Equal(1, weights.Sum(), 5);
                Assert.InRange(first, 0, from - weights.Length);
                double centre = weights.Select((w, k) => w * (double)(first + k)).Sum(), wanted = (i + 0.5) * scale - 0.5;
                // Cut off at the ends, a triangle leans inwards.
                if (scale > 1 && wanted >= scale && wanted <= from - 1 - scale) Assert.InRange(centre, wanted - 0.1, wanted + 0.1);
                else if (scale <= 1 && wanted >= 0 && wanted <= from - 1) Assert.Equal(wanted, centre, 1e-4);
            }
        }
    }
}

using ClemReg.Algorithms.Simulation;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Tests.Simulation;

public sealed class RandomStreamTests
{
    [Fact]
    public void The_stream_is_SplitMix64()
    {
        // The first outputs of the reference implementation for seed 1234567.
        var random = new RandomStream(1234567);
        Assert.Equal(6457827717110365317UL, random.NextBits());
        Assert.Equal(3203168211198807973UL, random.NextBits());
    }

    [Theory]
    [InlineData(0.3)]
    [InlineData(5)]
    [InlineData(11.9)]
    [InlineData(12.1)]
    [InlineData(80)]
    [InlineData(3000)]
    public void Poisson_numbers_have_the_right_mean_variance_and_skewness(double mean)
    {
        const int N = 60000;
        var random = new RandomStream(7);
        double sum = 0, square = 0, cube = 0;
        for (int i = 0; i < N; i++)
        {
            double d = random.Poisson(mean) - mean;
            sum += d;
            square += d * d;
            cube += d * d * d;
        }
        double error = Math.Sqrt(mean / N);
        Assert.InRange(sum / N, -4.5 * error, 4.5 * error);
        Assert.InRange(square / N / mean, 1 - 4.5 * Math.Sqrt((2 + 1 / mean) / N), 1 + 4.5 * Math.Sqrt((2 + 1 / mean) / N));
        double skew = cube / N / Math.Pow(mean, 1.5);
        Assert.InRange(skew, 1 / Math.Sqrt(mean) - 0.12, 1 / Math.Sqrt(mean) + 0.12);
    }

    [Fact]
    public void No_light_gives_no_photons() => Assert.Equal(0, new RandomStream(1).Poisson(0));

    [Fact]
    public void Gaussian_numbers_have_mean_0_and_deviation_1()
    {
        var random = new RandomStream(9);
        double sum = 0, square = 0, fourth = 0;
        const int N = 100000;
        for (int i = 0; i < N; i++)
        {
            double g = random.Gaussian();
            sum += g;
            square += g * g;
            fourth += g * g * g * g;
        }
        Assert.InRange(sum / N, -0.015, 0.015);
        Assert.InRange(square / N, 0.98, 1.02);
        Assert.InRange(fourth / N, 2.85, 3.15);
    }

    [Fact]
    public void Band_noise_has_mean_0_and_deviation_1_and_is_smooth()
    {
        var grid = new Grid(new Size3(40, 60, 64), new Point3(30, 30, 30));
        double sum = 0, square = 0, step = 0;
        var reader = new BandNoise(5, 60).On(grid);
        var row = new float[64];
        for (int z = 0; z < 40; z++)
        {
            reader.Slice(z);
            for (int y = 0; y < 60; y++)
            {
                reader.Row(y, row);
                for (int x = 1; x < 64; x++)
                {
                    sum += row[x];
                    square += row[x] * row[x];
                    step += (row[x] - row[x - 1]) * (row[x] - row[x - 1]);
                }
            }
        }
        double n = 40 * 60 * 63;
        Assert.InRange(sum / n, -0.05, 0.05);
        Assert.InRange(square / n, 0.93, 1.07);
        Assert.InRange(step / square, 0.05, 0.5);
    }

    [Fact]
    public void Band_noise_depends_on_the_position_only()
    {
        var noise = new BandNoise(5, 130);
        var wide = new Grid(new Size3(20, 30, 40), new Point3(25, 20, 20), new Point3(-250, -100, -200));
        var narrow = new Grid(new Size3(8, 11, 13), new Point3(25, 20, 20), new Point3(-200, -40, -140));
        BandNoise.Reader a = noise.On(wide), b = noise.On(narrow);
        var rowA = new float[40];
        var rowB = new float[13];
        for (int z = 0; z < 8; z++)
        {
            a.Slice(z + 2);
            b.Slice(z);
            for (int y = 0; y < 11; y++)
            {
                a.Row(y + 3, rowA);
                b.Row(y, rowB);
                for (int x = 0; x < 13; x++) Assert.Equal(rowA[x + 3], rowB[x], 1e-4f);
            }
        }
    }
}

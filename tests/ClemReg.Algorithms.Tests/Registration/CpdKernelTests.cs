using System.Numerics;
using ClemReg.Algorithms.PointClouds;
using ClemReg.Algorithms.Registration;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Tests.Registration;

[Trait("Category", "Kernel")]
public sealed class CpdKernelTests
{
    [Fact]
    public void Powers_of_two_are_right_to_the_last_places()
    {
        var random = new Random(1);
        double worst = 0;
        for (int i = 0; i < 200_000; i++)
        {
            double x = i < 3000 ? -i / 2.0 : -Math.Pow(10, -12 + 15 * random.NextDouble());
            double value = PowerOfTwo.Of(new Vector<double>(x))[i % Vector<double>.Count];
            double exact = x < -1022.5 ? 0 : Math.Pow(2, x);
            if (x is <= -1022 and >= -1023)
                Assert.InRange(value, 0, 4.5e-308);
            else if (exact == 0)
                Assert.Equal(0, value);
            else
                worst = Math.Max(worst, Math.Abs(value / exact - 1));
        }
        Assert.InRange(worst, 1e-17, 5e-16);
    }

    [Theory]
    [InlineData(-1e300)]
    [InlineData(-1e200)]
    [InlineData(-1075)]
    public void Far_points_weigh_nothing(double exponent) => Assert.Equal(0, PowerOfTwo.Of(new Vector<double>(exponent))[0]);

    [Fact]
    public void Sums_of_kernels_agree_with_a_plain_loop_for_every_number_of_points()
    {
        var random = new Random(2);
        for (int count = 1; count <= 70; count++)
        {
            PointCloud cloud = Clouds.Box(random, count, 2, 3, 4);
            var points = new PointBlocks(cloud, new Point3(0.1, 0.2, 0.3), 1.5);
            Assert.Equal(Enumerable.Range(0, count), points.Order.Order());
            var q = new Point3(0.3, -0.4, 0.5);
            double rate = CpdExpectation.Rate(0.2);
            CpdExpectation.KernelSums sums = CpdExpectation.SumKernels(points, [0, points.Blocks * PointBlocks.BlockSize], q.Z, q.Y, q.X, rate);

            double k = 0, square = 0;
            Point3 d = default;
            foreach (Point3 p in cloud.Points)
            {
                Point3 e = 1 / 1.5 * (p - new Point3(0.1, 0.2, 0.3)) - q;
                double one = Math.Exp(-Point3.Dot(e, e) / 0.4);
                k += one;
                d += one * e;
                square += one * Point3.Dot(e, e);
            }
            Assert.Equal(k, sums.Kernel, 1e-13 * count);
            Assert.Equal(d.Z, sums.Z, 1e-13 * count);
            Assert.Equal(d.Y, sums.Y, 1e-13 * count);
            Assert.Equal(d.X, sums.X, 1e-13 * count);
            Assert.Equal(square, sums.Square, 1e-13 * count);
        }
    }

    [Fact]
    public void Blocks_hold_each_point_once_and_are_compact()
    {
        PointCloud cloud = Clouds.Box(new Random(3), 1000, 10, 10, 10);
        var blocks = new PointBlocks(cloud, default, 1);
        Assert.Equal(Enumerable.Range(0, 1000), blocks.Order.Order());
        for (int i = 0; i < 1000; i++) Assert.Equal(cloud[blocks.Order[i]], new Point3(blocks.Z[i], blocks.Y[i], blocks.X[i]));
        // 63 blocks in a box of edge 10: a block of neighbours has an edge of about 2.5, a random one of about 10.
        double edge = Enumerable.Range(0, blocks.Blocks).Average(b =>
        {
            Span<double> z = blocks.Z.AsSpan(b * PointBlocks.BlockSize, blocks.End(b) - b * PointBlocks.BlockSize);
            return z.ToArray().Max() - z.ToArray().Min();
        });
        Assert.InRange(edge, 0.5, 3.5);
    }

    public static TheoryData<double, double> Settings()
    {
        var data = new TheoryData<double, double>();
        foreach (double sigma in (double[])[1e-3, 0.01, 0.03, 0.1, 0.5, 3])
            foreach (double weight in (double[])[0, 0.1, 0.9])
                data.Add(sigma, weight);
        return data;
    }

    [Theory]
    [MemberData(nameof(Settings))]
    public void Skipping_far_blocks_changes_nothing_beyond_rounding(double sigma, double weight)
    {
        var random = new Random(4);
        PointCloud x = Clouds.Organelles(random, 25, 20), y = Clouds.Organelles(random, 30, 25);
        (CpdExpectation pruned, CpdMoments a) = Expect(x, y, sigma, weight, true);
        (CpdExpectation full, CpdMoments b) = Expect(x, y, sigma, weight, false);
        if (sigma < 0.05) Assert.Contains(pruned.Cutoff, c => c < 1);
        Assert.All(full.Cutoff, c => Assert.Equal(double.PositiveInfinity, c));
        // Each density may lose 2^-53 of itself.
        for (int i = 0; i < x.Count; i++)
            Assert.Equal(full.InverseDensity[i], pruned.InverseDensity[i], full.InverseDensity[i] * 1e-15);
        AssertSame(a, b, 1e-14 * x.Count);
    }

    [Theory]
    [MemberData(nameof(Settings))]
    public void The_sums_are_those_of_the_whole_posterior_matrix(double sigma, double weight)
    {
        var random = new Random(5);
        for (int n = 1; n <= 70; n += 3)
        {
            int m = 71 - n;
            PointCloud x = Clouds.Box(random, n, 1, 1, 1), y = Clouds.Box(random, m, 1, 1, 1);
            CpdMoments found = Expect(x, y, sigma, weight, true, 1).Moments;
            AssertSame(found, WholeMatrix(x, y, sigma * sigma, weight), 1e-12 * n);
        }
    }

    [Fact]
    public void A_fixed_point_that_nothing_reaches_counts_as_nothing()
    {
        PointCloud y = Clouds.Box(new Random(6), 30, 1, 1, 1);
        PointCloud x = new([.. y.Points, new Point3(0, 0, 1000)]);
        CpdMoments found = Expect(x, y, 0.01, 0, true, 1).Moments;
        Assert.Equal(30, found.Weight, 1e-9);
        Assert.True(double.IsFinite(found.NegativeLogLikelihood));
        Assert.InRange(found.Fixed.X, -20, 20);
    }

    /// <summary>An E-step in units of <paramref name="unit"/> nm.</summary>
    private static (CpdExpectation Expectation, CpdMoments Moments) Expect(
        PointCloud x, PointCloud y, double sigma, double weight, bool prune, double unit = 5000)
    {
        var expectation = new CpdExpectation(new PointBlocks(x, default, unit), new PointBlocks(y, default, unit)) { Prune = prune };
        return (expectation, expectation.Run(sigma * sigma, weight, new Job(2)));
    }

    private static CpdMoments WholeMatrix(PointCloud x, PointCloud y, double sigma2, double weight)
    {
        double outlier = Math.Pow(2 * Math.PI * sigma2, 1.5) * weight / (1 - weight) * y.Count / x.Count;
        double sum = 0, xx = 0, yy = 0, likelihood = 0;
        Point3 fixedSum = default, movedSum = default;
        var cross = new double[9];
        foreach (Point3 xn in x.Points)
        {
            // A kernel below the smallest normal number counts as none.
            double[] k = [.. y.Points.ToArray().Select(ym => Math.Exp(-Point3.Dot(xn - ym, xn - ym) / (2 * sigma2))).Select(v => v < 1.6e-308 ? 0 : v)];
            double density = k.Sum() + outlier;
            likelihood -= Math.Log(Math.Max(density, 2.2250738585072014e-308) * (1 - weight) / (y.Count * Math.Pow(2 * Math.PI * sigma2, 1.5)));
            for (int m = 0; m < y.Count; m++)
            {
                double p = density > 0 ? k[m] / density : 0;
                sum += p;
                fixedSum += p * xn;
                movedSum += p * y[m];
                xx += p * Point3.Dot(xn, xn);
                yy += p * Point3.Dot(y[m], y[m]);
                for (int i = 0; i < 3; i++)
                    for (int j = 0; j < 3; j++)
                        cross[i * 3 + j] += p * xn[i] * y[m][j];
            }
        }
        return new CpdMoments
        {
            Weight = sum,
            Fixed = fixedSum,
            Moved = movedSum,
            FixedSquare = xx,
            MovedSquare = yy,
            Cross = cross,
            NegativeLogLikelihood = likelihood,
        };
    }

    private static void AssertSame(CpdMoments a, CpdMoments b, double tolerance)
    {
        Assert.Equal(b.Weight, a.Weight, tolerance);
        Assert.InRange((a.Fixed - b.Fixed).Length, 0, tolerance);
        Assert.InRange((a.Moved - b.Moved).Length, 0, tolerance);
        Assert.Equal(b.FixedSquare, a.FixedSquare, tolerance);
        Assert.Equal(b.MovedSquare, a.MovedSquare, tolerance);
        for (int i = 0; i < 9; i++) Assert.Equal(b.Cross[i], a.Cross[i], tolerance);
        Assert.Equal(b.NegativeLogLikelihood, a.NegativeLogLikelihood, tolerance * 10);
    }
}

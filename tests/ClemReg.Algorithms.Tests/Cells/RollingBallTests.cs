using ClemReg.Algorithms.Filters;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Tests.Cells;

public sealed class RollingBallTests
{
    [Fact]
    [Trait("Category", "Kernel")]
    public void The_numbers_are_those_of_ImageJ()
    {
        Plane<float>[] golden = PlaneGolden.Read("rolling_ball");
        Assert.True(golden.Length >= 4 * 40);
        for (int i = 0; i < golden.Length; i += 4)
        {
            double radius = Math.Round(golden[i][0, 0], 1);
            bool presmooth = golden[i][0, 1] != 0;
            VoxelType type = golden[i][0, 2] == 8 ? VoxelType.UInt8 : golden[i][0, 2] == 16 ? VoxelType.UInt16 : VoxelType.Float32;
            double precision = 2e-7 * golden[i + 1].Values.Max(Math.Abs);
            PlaneGolden.AssertClose(golden[i + 2], RollingBall.Background(golden[i + 1], radius, presmooth, new Job(2)), precision);
            Plane<float> rest = RollingBall.Subtract(golden[i + 1], type, radius, presmooth, new Job(2));
            // Where the difference is half a grey value, the last bit decides which way it is rounded.
            PlaneGolden.AssertClose(golden[i + 3], rest, type == VoxelType.Float32 ? precision : 1);
            Assert.InRange(golden[i + 3].Values.Zip(rest.Values).Count(p => Math.Abs(p.First - p.Second) > precision), 0, 2);
        }
    }

    [Theory]
    [Trait("Category", "Kernel")]
    [InlineData(0.3)]
    [InlineData(6)]
    [InlineData(25)]
    [InlineData(90)]
    [InlineData(700)]
    public void The_background_of_any_size_lies_below_and_a_plain_image_is_its_own(double radius)
    {
        foreach ((int h, int w) in ((int, int)[])[(1, 1), (1, 9), (2, 2), (7, 3), (8, 33), (17, 16), (40, 9)])
        {
            Plane<float> image = PlaneGolden.Noise(h, w, h + w);
            Plane<float> background = RollingBall.Background(image, radius, presmooth: false, new Job(1));
            // A background that was shrunk and interpolated may pass above single pixels.
            if (radius <= 10) for (int i = 0; i < h * w; i++) Assert.True(background.Values[i] <= image.Values[i] + 1e-4f);
            Array.Fill(image.Values, 42.5f);
            foreach (bool presmooth in (bool[])[false, true])
                PlaneGolden.AssertClose(image, RollingBall.Background(image, radius, presmooth, new Job(1)), 1e-3);
        }
    }

    [Fact]
    public void The_result_is_the_same_for_any_number_of_threads()
    {
        Plane<float> image = PlaneGolden.Noise(90, 71, 1);
        float[] expected = RollingBall.Background(image, 40, presmooth: true, new Job(1)).Values;
        Assert.Equal(expected, RollingBall.Background(image, 40, presmooth: true, new Job(3)).Values);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-3)]
    [InlineData(2001)]
    [InlineData(double.NaN)]
    public void A_radius_out_of_range_is_named(double radius) => Assert.StartsWith("rolling-ball radius",
        Assert.Throws<BadInputException>(() => RollingBall.Background(new Plane<float>(3, 3), radius, presmooth: true, new Job(1))).Message, StringComparison.Ordinal);

    [Fact]
    public void Cancelling_stops_it()
    {
        using var source = new CancellationTokenSource();
        source.Cancel();
        Assert.ThrowsAny<OperationCanceledException>(() => RollingBall.Background(new Plane<float>(30, 30), 20, presmooth: true, new Job(1, source.Token)));
    }
}

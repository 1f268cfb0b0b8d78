using ClemReg.Algorithms.Cells;

namespace ClemReg.Algorithms.Tests.Cells;

public sealed class StageMapTests
{
    [Fact]
    public void Pixels_lie_where_size_origin_turn_and_flips_say()
    {
        StageMap map = StageMap.Framed(0.5, 0.25, 100, 200, 90, flipX: false, flipY: true);
        // x goes along the stage's y; y, which runs against it before the turn, along its x.
        Assert.Equal((100.0, 205.0), Rounded(map.Of(10, 0)));
        Assert.Equal((102.5, 200.0), Rounded(map.Of(0, 10)));
        Assert.Equal(0.125, map.PixelArea, 1e-12);
        Assert.Equal((98.0, 201.0), Rounded(StageMap.Framed(0.2, 0.1, 100, 200, 0, true, false).Of(10, 10)));
    }

    [Theory]
    [InlineData(3, 0)]
    [InlineData(3, 1)]
    [InlineData(8, 2)]
    public void Fiducials_give_the_map_back(int count, int seed)
    {
        var random = new Random(seed);
        StageMap truth = StageMap.Framed(0.3, 0.31, -500, 42, 33, flipX: true, flipY: false);
        var points = Enumerable.Range(0, count).Select(_ => (X: 1000 * random.NextDouble(), Y: 800 * random.NextDouble())).Select(p => (p.X, p.Y, truth.Of(p.X, p.Y).X, truth.Of(p.X, p.Y).Y)).ToArray();
        StageMap found = StageMap.Through(points);
        Assert.Equal(0, found.Residual, 1e-8);
        for (int i = 0; i < 5; i++)
        {
            (double x, double y) = (2000 * random.NextDouble(), 2000 * random.NextDouble());
            Assert.Equal(truth.Of(x, y).X, found.Of(x, y).X, 1e-7);
            Assert.Equal(truth.Of(x, y).Y, found.Of(x, y).Y, 1e-7);
        }
    }

    [Fact]
    public void The_residual_of_more_than_three_is_told()
    {
        // A square of which one corner is 4 um off: an affine map leaves 1 um at each.
        StageMap map = StageMap.Through([(0, 0, 0, 0), (100, 0, 100, 0), (0, 100, 0, 100), (100, 100, 104, 100)]);
        Assert.Equal(1, map.Residual, 1e-9);
    }

    [Fact]
    public void Too_few_or_collinear_fiducials_and_bad_numbers_are_named()
    {
        void Refused(Action door, string told) => Assert.Contains(told, Assert.Throws<BadInputException>(door).Message, StringComparison.Ordinal);
        Refused(() => StageMap.Through([(0, 0, 0, 0), (1, 0, 1, 0)]), "2 points");
        Refused(() => StageMap.Through([(0, 0, 0, 0), (50, 50.5, 1, 0), (100, 100, 2, 5)]), "in the image");
        Refused(() => StageMap.Through([(0, 0, 0, 0), (50, 0, 1, 0), (100, 100, 2, 0)]), "on the stage");
        Refused(() => StageMap.Through([(0, 0, 0, 0), (50, 0, 1, 0), (100, 100, double.NaN, 0)]), "no number");
        Refused(() => StageMap.Framed(0, 1, 0, 0, 0, false, false), "pixel size");
        Refused(() => StageMap.Framed(1, 1, double.NaN, 0, 0, false, false), "stage_origin");
        Refused(() => StageMap.Framed(1, 1, 0, 0, double.PositiveInfinity, false, false), "stage_rotation");
    }

    private static (double, double) Rounded((double X, double Y) p) => (Math.Round(p.X, 9), Math.Round(p.Y, 9));
}

using ClemReg.Algorithms.Cells;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Tests.Cells;

public sealed class ContourTreeTests
{
    private static double Sum(List<(int Node, double Contrast, double Area)> chosen) => chosen.Sum(c => c.Contrast * Math.Sqrt(c.Area));

    /// <summary>Two discs of radius 10 whose middles are 23 pixels apart on an elliptic plateau.</summary>
    private static ContourTree Pair(double plateau, double step)
    {
        var image = new Plane<float>(90, 120);
        for (int y = 0; y < image.Height; y++)
            for (int x = 0; x < image.Width; x++)
            {
                double below = Math.Pow((y - 45) / 17.0, 2) + Math.Pow((x - 60) / 30.0, 2) <= 1 ? plateau : 0;
                bool inside = Math.Pow(y - 45, 2) + Math.Pow(Math.Abs(x - 60) - 11.5, 2) <= 100;
                image[y, x] = (float)(below + (inside ? step : 0));
            }
        return new ContourTree(image, 0.1, 1, (8, 60), fill: false, new Job(1));
    }

    [Fact]
    public void Outlines_are_chosen_together_and_not_one_after_the_other()
    {
        // The outline of both has the larger gradient times diameter than that of either, but not than the two have together.
        ContourTree tree = Pair(60, 90);
        Assert.Equal(2, tree.Best().Count);
        Assert.Single(tree.BestFirst(0.5));
        Assert.True(Sum(tree.Best()) > Sum(tree.BestFirst(0.5)));
        // A plateau that stands out more than what is on it is one cell, one that hardly does is none, for both.
        Assert.Single(Pair(160, 30).Best());
        Assert.Equal(2, Pair(10, 120).Best().Count);
        Assert.Equal(2, Pair(10, 120).BestFirst(0.5).Count);
    }

    [Theory]
    [InlineData(7, 9)]
    [InlineData(30, 41)]
    [InlineData(64, 50)]
    public void No_choice_one_after_the_other_has_a_larger_sum_and_none_lies_in_another(int height, int width)
    {
        int better = 0;
        for (int seed = 0; seed < 20; seed++)
        {
            // Least diameter 0: every outline competes and none that is taken is left out.
            var tree = new ContourTree(PlaneGolden.Noise(height, width, seed), 0.1, 1, (0, width), fill: false, new Job(1));
            List<(int Node, double Contrast, double Area)> best = tree.Best(), first = tree.BestFirst(0.5);
            Assert.True(Sum(best) >= Sum(first) - 1e-9 * Sum(best), $"seed {seed}: {Sum(best)} and {Sum(first)}");
            if (Sum(best) > Sum(first) * (1 + 1e-9)) better++;
            foreach (List<(int Node, double Contrast, double Area)> chosen in new[] { best, first })
            {
                int[] painted = tree.Paint([.. chosen.Select(c => c.Node)]).Values;
                for (int k = 0; k < chosen.Count; k++) Assert.Equal(chosen[k].Area, painted.Count(v => v == k + 1));
            }
        }
        Assert.True(better > 0);
    }
}

using ClemReg.Algorithms.Evaluation;
using ClemReg.Algorithms.PointClouds;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Tests.Evaluation;

public sealed class ResidualHistogramTests
{
    [Fact]
    public void Each_point_is_counted_once_at_its_distance_to_the_nearest()
    {
        // Points 0, 1, ... 999 nm beside one of two that are far apart.
        PointCloud target = new([new(0, 0, 0), new(1e6, 0, 0)]);
        PointCloud moved = new([.. Enumerable.Range(0, 1000).Select(i => new Point3(i % 2 * 1e6, i, 0))]);
        var histogram = ResidualHistogram.Of(moved, target, new Job(2));
        Assert.Equal(20, histogram.BinNm);
        Assert.All(histogram.Counts, count => Assert.Equal(20, count));
        Assert.Equal(1000, histogram.Counts.Sum() + histogram.Beyond);
        Assert.InRange(histogram.Beyond, 0, 10);
        Assert.Equal(499.5, histogram.MedianNm, 1e-9);
        Assert.Equal(949.05, histogram.P95Nm, 1e-9);
    }

    [Fact]
    public void Far_outliers_are_told_but_do_not_stretch_the_bins()
    {
        PointCloud target = new([new(0, 0, 0)]);
        PointCloud moved = new([.. Enumerable.Range(0, 999).Select(_ => new Point3(0, 0, 100)), new Point3(0, 0, 1e7)]);
        var histogram = ResidualHistogram.Of(moved, target, new Job(1));
        Assert.Equal(1, histogram.Beyond);
        Assert.True(histogram.Counts.Count * histogram.BinNm < 120);
        Assert.Equal(999, histogram.Counts[^1]);
    }

    [Fact]
    public void Clouds_that_agree_and_clouds_without_points()
    {
        PointCloud cloud = new([new(0, 0, 0), new(1, 2, 3)]);
        var histogram = ResidualHistogram.Of(cloud, cloud, new Job(1));
        Assert.Equal([2], histogram.Counts);
        Assert.Equal((0, 0.0), (histogram.Beyond, histogram.P95Nm));
        Assert.Throws<BadInputException>(() => ResidualHistogram.Of(new([]), cloud, new Job(1)));
        Assert.Throws<BadInputException>(() => ResidualHistogram.Of(cloud, new([]), new Job(1)));
    }
}

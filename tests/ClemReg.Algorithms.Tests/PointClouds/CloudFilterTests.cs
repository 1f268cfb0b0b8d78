using ClemReg.Algorithms.PointClouds;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Tests.PointClouds;

public sealed class CloudFilterTests
{
    [Fact]
    public void The_voxel_grid_is_that_of_Open3D()
    {
        using var golden = new GoldenReader("voxel_grid.bin");
        int cases = golden.Int();
        for (int i = 0; i < cases; i++)
        {
            double cell = golden.Double();
            PointCloud cloud = golden.Cloud();
            Masks.AssertClose(golden.Cloud(), VoxelGridFilter.Apply(cloud, cell, new Job(1)), 1e-9 * cell, anyOrder: true);
        }
        Assert.True(golden.AtEnd);
    }

    [Fact]
    public void The_outliers_are_those_of_Open3D()
    {
        using var golden = new GoldenReader("outliers.bin");
        int cases = golden.Int();
        int removed = 0;
        for (int i = 0; i < cases; i++)
        {
            int neighbours = golden.Int();
            double ratio = golden.Double();
            PointCloud cloud = golden.Cloud(), expected = golden.Cloud();
            Assert.Equal(expected.Points.ToArray(), OutlierFilter.Apply(cloud, neighbours, ratio, new Job(2)).Points.ToArray());
            removed += cloud.Count - expected.Count;
        }
        Assert.True(golden.AtEnd);
        Assert.True(removed > 50);
    }

    [Fact]
    public void Averages_come_cell_by_cell_and_do_not_depend_on_the_order_of_cells()
    {
        Point3[] points = Masks.RandomPoints(400, 1, 100);
        double[] start = [.. Enumerable.Range(0, 3).Select(axis => points.Min(p => p[axis]) - 10)];
        PointCloud averaged = VoxelGridFilter.Apply(new PointCloud(points), 20, new Job(1));
        Assert.Equal(400, Enumerable.Range(0, averaged.Count).Sum(i => points.Count(p => Cell(p) == Cell(averaged[i]))));
        Assert.Equal(averaged.Points.ToArray().OrderBy(Cell), averaged.Points.ToArray());
        // Points of one cell keep their order, the cells come in another one: the same sums, the same bytes.
        PointCloud other = VoxelGridFilter.Apply(new PointCloud([.. points.OrderByDescending(Cell)]), 20, new Job(1));
        Assert.Equal(averaged.Points.ToArray(), other.Points.ToArray());

        (int, int, int) Cell(Point3 p)
        {
            int Index(int axis) => (int)Math.Floor((p[axis] - start[axis]) / 20);
            return (Index(0), Index(1), Index(2));
        }
    }

    [Fact]
    public void Small_clouds_pass_the_filters()
    {
        var job = new Job(1);
        Assert.Equal(0, VoxelGridFilter.Apply(new PointCloud([]), 1, job).Count);
        Assert.Equal(0, OutlierFilter.Apply(new PointCloud([]), 5, 1, job).Count);
        Assert.Equal(1, OutlierFilter.Apply(new PointCloud([new Point3(1, 2, 3)]), 5, 1, job).Count);
        Assert.Equal(2, OutlierFilter.Apply(new PointCloud([new Point3(1, 2, 3), new Point3(4, 5, 6)]), 5, 1, job).Count);
    }

    [Fact]
    public void A_lattice_and_coinciding_points_have_no_outliers()
    {
        var ring = new List<Point3>();
        for (int i = 0; i < 8; i++) ring.Add(new Point3(i / 4, i / 2 % 2, i % 2));
        Assert.Equal(8, OutlierFilter.Apply(new PointCloud([.. ring]), 4, 1, new Job(1)).Count);
        var same = new PointCloud([.. Enumerable.Repeat(new Point3(3, 3, 3), 9)]);
        Assert.Equal(9, OutlierFilter.Apply(same, 5, 1, new Job(1)).Count);
        // A lone point far from a dense group goes, the group stays.
        var lone = new PointCloud([.. Masks.RandomPoints(60, 4, 1), new Point3(50, 50, 50)]);
        PointCloud kept = OutlierFilter.Apply(lone, 5, 3, new Job(1));
        Assert.Equal(lone.Points[..60].ToArray(), kept.Points.ToArray());
    }

    [Fact]
    public void The_kept_points_do_not_depend_on_the_threads()
    {
        var cloud = new PointCloud([.. Masks.RandomPoints(1500, 7, 10), .. Masks.RandomPoints(300, 8, 100)]);
        Point3[] expected = OutlierFilter.Apply(cloud, 5, 1, new Job(1)).Points.ToArray();
        Assert.InRange(expected.Length, 1000, 1799);
        foreach (int threads in (int[])[2, 3, 7])
            Assert.Equal(expected, OutlierFilter.Apply(cloud, 5, 1, new Job(threads)).Points.ToArray());
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    [InlineData(1e-6)]
    public void A_bad_cell_size_is_named(double cell)
    {
        var cloud = new PointCloud(Masks.RandomPoints(10, 1, 100));
        var error = Assert.Throws<BadInputException>(() => VoxelGridFilter.Apply(cloud, cell, new Job(1)));
        Assert.StartsWith("registration_voxel_size", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Bad_outlier_parameters_are_named()
    {
        var cloud = new PointCloud(Masks.RandomPoints(10, 1, 100));
        Assert.StartsWith("point_cloud_outlier_neighbours",
            Assert.Throws<BadInputException>(() => OutlierFilter.Apply(cloud, 0, 1, new Job(1))).Message, StringComparison.Ordinal);
        Assert.StartsWith("point_cloud_outlier_std_ratio",
            Assert.Throws<BadInputException>(() => OutlierFilter.Apply(cloud, 5, 0, new Job(1))).Message, StringComparison.Ordinal);
    }
}

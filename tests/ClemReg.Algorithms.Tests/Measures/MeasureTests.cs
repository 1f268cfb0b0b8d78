using ClemReg.Algorithms.Measures;
using ClemReg.Algorithms.Meshes;
using ClemReg.Algorithms.Mitochondria;
using ClemReg.Algorithms.Tests.Meshes;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Tests.Measures;

public sealed class MeasureTests
{
    private static readonly Job Job = new(2);

    [Fact]
    public void A_box_has_the_measures_of_a_box()
    {
        var grid = new Grid(new Size3(10, 20, 40), new Point3(50, 10, 10), new Point3(7, 8, 9));
        LabelVolume labels = Shape.Labels(grid, (z, y, x) => z is >= 2 and < 6 && y is >= 4 and < 9 && x is >= 10 and < 30 ? 5 : z == 0 && y == 0 && x == 0 ? 6 : 0);
        ObjectMeasures m = ObjectMeasures.Of(labels, labels.Objects[0], Job);
        Assert.Equal((400L, 400 * 5000.0, false), (m.Voxels, m.VoxelVolume, m.AtBorder));
        Assert.Equal(grid.ToPhysical(3.5, 6, 19.5), m.Centre);
        Assert.Equal((grid.ToPhysical(1.5, 3.5, 9.5), grid.ToPhysical(5.5, 8.5, 29.5)), (m.Low, m.High));
        // A box of sides a has the moments a^2 / 12, an ellipsoid of axes d has d^2 / 20.
        double[] sides = [200, 200, 50];
        for (int i = 0; i < 3; i++) Assert.Equal(sides[i] * Math.Sqrt(20.0 / 12), m.AxisLengths[i], 1e-6);
        ObjectMeasures speck = ObjectMeasures.Of(labels, labels.Objects[1], Job);
        Assert.Equal((1L, true), (speck.Voxels, speck.AtBorder));
        Assert.Equal(50 * Math.Sqrt(20.0 / 12), speck.AxisLengths.Z, 1e-6);
        Assert.Equal(new Point3(1, 0, 0), speck.LongAxis);
    }

    [Fact]
    public void An_ellipsoid_has_its_own_axes_however_it_is_turned()
    {
        (LabelVolume labels, Func<Point3, Point3> frame) = Shape.Ellipsoid(300, 150, 80).In(new Point3(30, 10, 10), 4);
        ObjectMeasures m = ObjectMeasures.Of(labels, labels.Objects[0], Job);
        double[] axes = [600, 300, 160];
        for (int i = 0; i < 3; i++) Assert.Equal(1, m.AxisLengths[i] / axes[i], 0.02);
        // The longest axis is z in the ellipsoid's own frame.
        Assert.Equal(1, Math.Abs((frame(m.Centre + m.LongAxis) - frame(m.Centre)).Z), 0.01);
        Assert.True(frame(m.Centre).Length < 3);
    }

    [Theory]
    [InlineData(10, 10, 10)]
    [InlineData(50, 10, 10)]
    public void The_path_of_a_tube_is_its_length_and_of_a_ball_its_diameter(double z, double y, double x)
    {
        foreach (int seed in new[] { 1, 2, 3 })
        {
            Assert.Equal(1, Length(Shape.Tube(1500, 100), seed) / 1700, 0.05);
            Assert.Equal(1, Length(Shape.Ellipsoid(200, 200, 200), seed) / 400, 0.12);
            // Half of a ring, along its middle, from skin to skin.
            Assert.Equal(1, Length(Shape.Torus(400, 80), seed) / (Math.PI * 400), 0.15);
        }

        double Length(Shape shape, int seed)
        {
            (LabelVolume labels, _) = shape.In(new Point3(z, y, x), seed);
            return LongestPath.Length(labels, labels.Objects[0], Job);
        }
    }

    [Fact]
    public void The_path_of_a_bent_tube_follows_the_bend_and_of_a_voxel_is_its_side()
    {
        // Three quarters of a ring.
        var grid = new Grid(new Size3(24, 100, 100), new Point3(10, 10, 10));
        LabelVolume labels = Shape.Labels(grid, (z, y, x) =>
        {
            (double dz, double dy, double dx) = (10 * (z - 11.7), 10 * (y - 49.3), 10 * (x - 50.2));
            double across = Math.Sqrt(dy * dy + dx * dx) - 350;
            return across * across + dz * dz <= 60 * 60 && !(dy > 0 && dx > 0) ? 2 : 0;
        });
        Assert.Equal(1, LongestPath.Length(labels, labels.Objects[0], Job) / (1.5 * Math.PI * 350), 0.07);
        LabelVolume speck = Shape.Labels(new Grid(new Size3(3, 3, 3), new Point3(40, 10, 10)), (z, y, x) => z * y * x == 1 ? 1 : 0);
        Assert.Equal(40, LongestPath.Length(speck, speck.Objects[0], Job), 1e-9);
    }

    [Fact]
    public void Balls_are_rounder_than_tubes()
    {
        Assert.Equal(1, ObjectMeasures.Sphericity(4.0 / 3 * Math.PI, 4 * Math.PI), 1e-12);
        Shape tube = Shape.Tube(1000, 100);
        Assert.True(ObjectMeasures.Sphericity(tube.Volume, tube.Area) < 0.8);
    }

    [Fact]
    public void Contacts_are_the_gaps_between_surfaces_up_to_the_limit()
    {
        // Balls of radius 120 at gaps of 60, 200 and 100; and two boxes that touch.
        var grid = new Grid(new Size3(40, 40, 140), new Point3(10, 10, 10));
        double[] centres = [150, 450, 890, 1230];
        LabelVolume labels = Shape.Labels(grid, (z, y, x) =>
        {
            for (int i = 0; i < centres.Length; i++)
                if (new Point3(10 * z - 200, 10 * y - 200, 10 * x - centres[i]).Length <= 120) return i + 1;
            return z < 6 && x < 30 && y is > 10 and < 30 ? 5 : z < 9 && x < 30 && y is > 10 and < 30 ? 6 : 0;
        });
        var distances = new SurfaceDistances(6, 110);
        for (int i = 0; i < 6; i++) distances.Add(i, ObjectSurface.Of(labels, labels.Objects[i], new SurfaceOptions(), Job));
        IReadOnlyList<ObjectContact> found = distances.Contacts(Job);
        Assert.Contains(found, c => (c.A, c.B) == (0, 1) && Math.Abs(c.DistanceNm - 60) < 8);
        Assert.Contains(found, c => (c.A, c.B) == (2, 3) && Math.Abs(c.DistanceNm - 100) < 8);
        Assert.Contains(found, c => (c.A, c.B) == (4, 5) && c.DistanceNm < 5);
        Assert.DoesNotContain(found, c => (c.A, c.B) == (1, 2));
        Assert.Equal(found.OrderBy(c => c.A).ThenBy(c => c.B), found);
    }

    [Theory]
    [InlineData(15)]  // a few vertices each: all pairs
    [InlineData(120)] // sorted into cubes
    public void A_contact_is_the_distance_of_the_nearest_vertices(double radius)
    {
        var grid = new Grid(new Size3(30, 30, 70), new Point3(10, 10, 10));
        Point3[] centres = [new(140, 150, 150), new(160, 155, 150 + 2.5 * radius + 20)];
        LabelVolume labels = Shape.Labels(grid, (z, y, x) => 1 + Array.FindIndex(centres, c => (new Point3(10 * z, 10 * y, 10 * x) - c).Length <= radius));
        TriangleMesh[] meshes = [.. labels.Objects.Select(o => ObjectSurface.Of(labels, o, new SurfaceOptions(), Job))];
        double nearest = meshes[0].Vertices.Min(a => meshes[1].Vertices.Min(b => (a - b).Length));
        var distances = new SurfaceDistances(2, nearest + 30);
        for (int i = 0; i < 2; i++) distances.Add(i, meshes[i]);
        Assert.Equal(nearest, Assert.Single(distances.Contacts(Job)).DistanceNm, 1e-3);
        Assert.Equal(radius < 20, meshes[0].Vertices.Length * meshes[1].Vertices.Length <= 4096);
    }
}

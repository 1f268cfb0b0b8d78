using ClemReg.Algorithms.Meshes;
using ClemReg.Algorithms.Mitochondria;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Tests.Meshes;

/// <summary>The published stages: cloud, hull, remesh, wrapping, and the surface that they make together.</summary>
public sealed class HullSurfaceTests
{
    private static readonly Job Job = new(1);

    [Fact]
    public void The_hull_of_random_points_holds_them_all_and_is_convex()
    {
        var random = new Random(4);
        for (int n = 4; n < 400; n = n * 3 / 2)
        {
            Point3[] points = [.. Enumerable.Range(0, n).Select(_ => new Point3(1e5 + 900 * random.NextDouble(), 500 * random.NextDouble(), 700 * random.NextDouble()))];
            CheckHull(points, 1e-4);
        }
    }

    [Fact]
    public void The_hull_of_a_lattice_is_its_box()
    {
        // Nearly all points lie in the planes of others.
        Point3[] points = [.. from z in Enumerable.Range(0, 5) from y in Enumerable.Range(0, 9) from x in Enumerable.Range(0, 12) select new Point3(50 * z, 10 * y, 10 * x)];
        TriangleMesh hull = CheckHull(points, 1e-3);
        Assert.Equal(200.0 * 80 * 110, hull.Volume, 200 * 80 * 110 * 1e-5);
        Assert.Equal(2.0 * (200 * 80 + 200 * 110 + 80 * 110), hull.Area, 1);
    }

    [Fact]
    public void The_hull_of_a_ball_is_nearly_the_ball()
    {
        var random = new Random(9);
        Point3[] points = [.. Enumerable.Range(0, 20000).Select(_ => new Point3(random.NextDouble() - 0.5, random.NextDouble() - 0.5, random.NextDouble() - 0.5)).Where(p => p.Length is > 0.1 and < 0.5).Select(p => 50 / p.Length * p)];
        TriangleMesh hull = CheckHull(points, 1e-3);
        Assert.Equal(points.Length, hull.Vertices.Length);
        Assert.Equal(1, hull.Volume / (4.0 / 3 * Math.PI * 50 * 50 * 50), 0.002);
    }

    private static TriangleMesh CheckHull(Point3[] points, double slack)
    {
        TriangleMesh hull = ConvexHull.Of(points, Job);
        Assert.True(MeshCheck.Of(hull) is { Watertight: true, Parts: 1, EulerNumber: 2 }, $"{points.Length}: {MeshCheck.Of(hull)}");
        var given = points.ToHashSet();
        Assert.All(hull.Vertices, v => Assert.Contains(v, given));
        for (int t = 0; t < hull.Count; t++)
        {
            Point3 n = hull.Normal(t), on = hull.Corners(t).A;
            if (n.Length < 1e-6) continue;
            double above = points.Max(p => Point3.Dot(p - on, n)) / n.Length;
            Assert.True(above <= slack, $"{points.Length} points, triangle {t}: {above} above");
        }
        return hull;
    }

    [Fact]
    public void Points_in_a_plane_have_no_hull()
    {
        Assert.Contains("points", Assert.Throws<BadInputException>(() => ConvexHull.Of([new(0, 0, 0), new(0, 0, 1), new(0, 1, 0)], Job)).Message, StringComparison.Ordinal);
        Point3[] flat = [.. Enumerable.Range(0, 100).Select(i => new Point3(i % 10, i / 10, i % 10 + 2 * (i / 10)))];
        Assert.Contains("plane", Assert.Throws<BadInputException>(() => ConvexHull.Of(flat, Job)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_remesh_keeps_the_shape_with_triangles_of_one_size()
    {
        Point3[] corners = [.. Enumerable.Range(0, 8).Select(i => Shape.Turned(new Point3((i & 4) * 25, (i & 2) * 30, (i & 1) * 80), 0.4, 1.1) + new Point3(3000, 20, 0))];
        TriangleMesh hull = ConvexHull.Of(corners, Job), mesh = ConvexRemesh.Run(hull, 4, Job);
        Assert.True(MeshCheck.Of(mesh) is { Watertight: true, Parts: 1, EulerNumber: 2 });
        Assert.Equal(1, mesh.Volume / (100 * 60 * 80), 0.01);
        Assert.Equal(1, mesh.Area / (2 * (100 * 60 + 100 * 80 + 60 * 80)), 0.04);
        Assert.True(Shape.Hausdorff(mesh, hull, 7) < 4);
        Assert.True(Enumerable.Range(0, mesh.Count).Max(t => mesh.Corners(t) is var (a, b, c) ? Math.Max((a - b).Length, Math.Max((b - c).Length, (c - a).Length)) : 0) < 3 * 4);
    }

    [Fact]
    public void The_cloud_of_an_object_is_its_voxels_and_its_bare_faces()
    {
        var grid = new Grid(new Size3(4, 4, 6), new Point3(40, 10, 20), new Point3(7, 0, 0));
        LabelVolume labels = Shape.Labels(grid, (z, y, x) => z == 0 && y == 1 && x is 1 or 2 or 4 ? 1 : z == 0 && y == 1 && x == 3 ? 2 : 0);
        // Voxels of (0, 1) at x = 1, 2, 4 whose neighbour at 3 is another's; the rest of the plane x = 1, 2, 4 too, as "or" binds.
        foreach (LabelledObject o in labels.Objects)
        {
            Point3[] cloud = ObjectCloud.Of(labels, o, Job);
            var own = new HashSet<Size3>();
            for (int z = 0; z < 4; z++)
                for (int y = 0; y < 4; y++)
                    foreach (var run in labels.Runs(z, y))
                        for (int x = run.Start; x < run.End && run.Label == o.Label; x++) own.Add(new Size3(z, y, x));
            var expected = new List<Point3>();
            foreach (Size3 v in own)
            {
                expected.Add(grid.ToPhysical(v.Z, v.Y, v.X));
                foreach ((int dz, int dy, int dx) in new[] { (1, 0, 0), (-1, 0, 0), (0, 1, 0), (0, -1, 0), (0, 0, 1), (0, 0, -1) })
                    if (!own.Contains(new Size3(v.Z + dz, v.Y + dy, v.X + dx))) expected.Add(grid.ToPhysical(v.Z + 0.5 * dz, v.Y + 0.5 * dy, v.X + 0.5 * dx));
            }
            Assert.Equal(expected.OrderBy(p => p.ToString()), cloud.OrderBy(p => p.ToString()));
        }
    }

    [Fact]
    public void Points_in_front_of_a_surface_are_exterior()
    {
        TriangleMesh ball = ConvexRemesh.Run(ConvexHull.Of([.. Enumerable.Range(0, 400).Select(i => Sphere(i, 400, 100))], Job), 8, Job);
        Point3[] points = [new(0, 0, 0), new(80, 0, 0), new(0, 150, 0), new(-120, 0, 10), new(60, 50, 40)];
        Assert.Equal([points[0], points[1], points[4]], ShrinkWrap.Interior(ball, points, Job));
    }

    private static Point3 Sphere(int i, int count, double radius)
    {
        double z = 1 - 2 * (i + 0.5) / count, a = i * 2.399963229728653, r = Math.Sqrt(1 - z * z);
        return radius * new Point3(z, r * Math.Cos(a), r * Math.Sin(a));
    }

    [Theory]
    [InlineData(10, 10)]
    [InlineData(50, 10)]
    public void The_published_stages_give_one_watertight_piece_near_the_truth(double z, double xy)
    {
        var spacing = new Point3(z, xy, xy);
        double r = 8 * z;
        foreach ((Shape shape, double volume) in new[] { (Shape.Ellipsoid(r, 1.2 * r, 1.5 * r), 0.09), (Shape.Tube(2.5 * r, r), 0.09), (Shape.Torus(2 * r, r), 0.15) })
        {
            (LabelVolume labels, Func<Point3, Point3> frame) = shape.In(spacing, 7);
            TriangleMesh mesh = ObjectSurface.Of(labels, labels.Objects[0], new SurfaceOptions { FromHulls = true }, Job);
            // A ring's hole is spanned.
            Assert.True(MeshCheck.Of(mesh) is { Watertight: true, Parts: 1, Handles: 0 }, $"{shape.Name}: {MeshCheck.Of(mesh)}");
            double farthest = shape.Name[0] == 't' && shape.Name[1] == 'o' ? 0 : mesh.Vertices.Max(p => Math.Abs(shape.Distance(frame(p))));
            Assert.True(Math.Abs(mesh.Volume / shape.Volume - 1) < volume, $"{shape.Name}: volume {mesh.Volume / shape.Volume}");
            Assert.True(farthest < 1.7 * spacing.Length, $"{shape.Name}: {farthest}");
        }
    }

    [Fact]
    public void Any_object_has_a_watertight_surface()
    {
        var random = new Random(1);
        for (int n = 0; n < 30; n++)
        {
            var grid = new Grid(new Size3(1 + random.Next(8), 1 + random.Next(8), 1 + random.Next(8)), new Point3(1 + random.Next(6), 1, 1 + random.Next(2)));
            double full = n % 5 == 0 ? 2 : random.NextDouble();
            foreach (LabelledObject o in Shape.Labels(grid, (_, _, _) => random.NextDouble() < full ? 1 + random.Next(2) : 0) is var labels ? labels.Objects : [])
            {
                TriangleMesh mesh = ObjectSurface.Of(labels, o, new SurfaceOptions { FromHulls = true }, Job);
                Assert.True(MeshCheck.Of(mesh) is { Watertight: true, Parts: 1, Handles: 0 }, $"{n}: {MeshCheck.Of(mesh)}");
            }
        }
    }
}

using ClemReg.Algorithms.Meshes;
using ClemReg.Algorithms.Mitochondria;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Tests.Meshes;

public sealed class DecimationTests
{
    private static readonly Job Job = new(1);

    private static TriangleMesh Mesh(Shape shape, Point3 spacing)
    {
        (LabelVolume labels, _) = shape.In(spacing, 5);
        return ObjectSurface.Of(labels, labels.Objects[0], new SurfaceOptions(), Job);
    }

    [Theory]
    [InlineData(2.5)]
    [InlineData(5)]
    [InlineData(20)]
    public void The_surface_stays_within_the_bound_both_ways(double bound)
    {
        foreach (Shape shape in new[] { Shape.Torus(140, 60), Shape.Ellipsoid(60, 90, 120) })
        {
            TriangleMesh full = Mesh(shape, new Point3(25, 10, 10)), less = Decimation.Run(full, bound, Job);
            Assert.True(MeshCheck.Of(less).Watertight);
            Assert.True(less.Count < full.Count / (bound > 3 ? 8 : 4), $"{shape.Name}: {less.Count} of {full.Count}");
            double there = Shape.Hausdorff(full, less, 1 + full.Count / 1000), back = Shape.Hausdorff(less, full, 1 + less.Count / 150);
            Assert.True(there <= bound && back <= bound, $"{shape.Name}, bound {bound}: {there} there, {back} back");
            Assert.Equal(full.Volume, less.Volume, full.Volume * 0.5 * bound * full.Area / full.Volume);
        }
    }

    [Fact]
    public void A_flat_box_becomes_twelve_triangles_or_nearly()
    {
        LabelVolume labels = Shape.Labels(new Grid(new Size3(4, 20, 20), new Point3(10, 10, 10)), (_, _, _) => 1);
        TriangleMesh full = ObjectSurface.Of(labels, labels.Objects[0], new SurfaceOptions { Smoothing = 0 }, Job), less = Decimation.Run(full, 4, Job);
        Assert.True(less.Count <= 24, $"{less.Count}");
        Assert.True(MeshCheck.Of(less).Watertight);
    }

    [Fact]
    public void Nothing_happens_without_a_bound_and_a_tetrahedron_stays()
    {
        TriangleMesh full = Mesh(Shape.Tube(50, 30), new Point3(10, 10, 10));
        Assert.Same(full, Decimation.Run(full, 0, Job));
        var small = new TriangleMesh([new(0, 0, 0), new(1, 0, 0), new(0, 1, 0), new(0, 0, 1)], [0, 1, 2, 0, 2, 3, 0, 3, 1, 1, 3, 2]);
        Assert.Equal(4, Decimation.Run(small, 100, Job).Count);
        Assert.True(MeshCheck.Of(Decimation.Run(full, 1e6, Job)).Watertight);
        foreach (double bad in new[] { -1, double.NaN, double.PositiveInfinity })
            Assert.Contains("decimation_error", Assert.Throws<BadInputException>(() => Decimation.Run(full, bad, Job)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_queue_gives_the_cheapest_to_an_eighth_also_what_comes_late()
    {
        var queue = new RoughQueue<double>();
        var random = new Random(8);
        List<double> held = [0, 0, 1e300, double.Epsilon];
        held.ForEach(c => queue.Enqueue(c, c));
        for (int n = 0; n < 5000; n++)
        {
            if (n % 3 != 2)
            {
                double cost = Math.Pow(10, 30 * random.NextDouble() - 20);
                held.Add(cost);
                queue.Enqueue(cost, cost);
            }
            else
            {
                Assert.True(queue.TryDequeue(out double cost) && held.Remove(cost));
                Assert.True(cost <= 1.125 * held.Min() || cost < 1e-300, $"{cost} before {held.Min()}");
            }
        }
        for (int left = held.Count; left > 0; left--) Assert.True(queue.TryDequeue(out double cost) && held.Remove(cost));
        Assert.False(queue.TryDequeue(out _));
    }

    [Fact]
    public void Taubin_smooths_without_shrinking()
    {
        TriangleMesh ball = Mesh(Shape.Ellipsoid(100, 100, 100), new Point3(10, 10, 10));
        var random = new Random(3);
        var rough = new TriangleMesh(Array.ConvertAll(ball.Vertices, p => p + new Point3(random.NextDouble() - 0.5, random.NextDouble() - 0.5, random.NextDouble() - 0.5)), ball.Triangles);
        var rougher = new TriangleMesh(Array.ConvertAll(ball.Vertices, p => p + 6 * new Point3(random.NextDouble() - 0.5, random.NextDouble() - 0.5, random.NextDouble() - 0.5)), ball.Triangles);
        foreach (TriangleMesh mesh in new[] { rough, rougher })
        {
            TriangleMesh smooth = TaubinSmoothing.Run(mesh, 30, Job);
            Assert.True(Spread(smooth) < 0.75 * Spread(rougher), $"{Spread(smooth)} of {Spread(rougher)}");
            Assert.Equal(1, smooth.Volume / mesh.Volume, 0.015);
        }

        static double Spread(TriangleMesh mesh)
        {
            Point3 centre = 1.0 / mesh.Vertices.Length * mesh.Vertices.Aggregate((a, b) => a + b);
            double[] radii = [.. mesh.Vertices.Select(p => (p - centre).Length)];
            return Math.Sqrt(radii.Average(r => (r - radii.Average()) * (r - radii.Average())));
        }
    }

    [Fact]
    public void The_check_sees_what_is_wrong()
    {
        Point3[] corners = [new(0, 0, 0), new(1, 0, 0), new(0, 1, 0), new(0, 0, 1)];
        int[] closed = [0, 1, 2, 0, 2, 3, 0, 3, 1, 1, 3, 2];
        Assert.True(MeshCheck.Of(new TriangleMesh(corners, closed)) is { Watertight: true, Parts: 1, EulerNumber: 2, Handles: 0 });
        Assert.Equal(3, MeshCheck.Of(new TriangleMesh(corners, closed[..9])).OpenEdges);
        Assert.Equal(3, MeshCheck.Of(new TriangleMesh(corners, [.. closed[..9], 1, 2, 3])).TurnedEdges);
        Assert.Equal(3, MeshCheck.Of(new TriangleMesh(corners, [.. closed, 1, 3, 2])).CrowdedEdges);
        Assert.Equal(1, MeshCheck.Of(new TriangleMesh(corners, [.. closed, 1, 1, 2])).DegenerateTriangles);
        // Two tetrahedra that share a corner only.
        Point3[] two = [.. corners, new(-1, 0, 0), new(0, -1, 0), new(0, 0, -1)];
        Assert.True(MeshCheck.Of(new TriangleMesh(two, [.. closed, 0, 4, 5, 0, 5, 6, 0, 6, 4, 4, 6, 5])) is { Closed: true, Manifold: false, PinchedVertices: 1 });
    }

    [Fact]
    public void A_mesh_refuses_vertices_that_are_no_places_or_not_there()
    {
        Assert.Throws<BadInputException>(() => new TriangleMesh([new(0, 0, double.NaN)], []));
        Assert.Throws<BadInputException>(() => new TriangleMesh([new(0, 0, 0)], [0, 0, 1]));
        Assert.Throws<BadInputException>(() => new TriangleMesh([new(0, 0, 0)], [0, 0]));
    }
}

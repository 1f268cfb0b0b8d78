using ClemReg.Algorithms.Meshes;
using ClemReg.Algorithms.Mitochondria;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Tests.Meshes;

public sealed class ObjectSurfaceTests
{
    private static readonly Job Job = new(2);

    [Theory]
    [InlineData(10, 10, 10)]
    [InlineData(20, 10, 10)]
    [InlineData(50, 10, 10)]
    [InlineData(40, 10, 16)]
    public void Shapes_of_eight_voxels_radius_have_their_volume_area_and_place(double z, double y, double x)
    {
        var spacing = new Point3(z, y, x);
        double r = 8 * Math.Max(z, Math.Max(y, x)), halfDiagonal = spacing.Length / 2;
        foreach (Shape shape in new[] { Shape.Ellipsoid(r, 1.2 * r, 1.5 * r), Shape.Torus(2 * r, r), Shape.Tube(2.5 * r, r) })
        {
            (LabelVolume labels, Func<Point3, Point3> frame) = shape.In(spacing, 7);
            TriangleMesh mesh = ObjectSurface.Of(labels, labels.Objects[0], new SurfaceOptions(), Job);
            string what = $"{shape.Name} at {spacing}";
            Assert.True(MeshCheck.Of(mesh) is { Watertight: true, Parts: 1 } check && check.Handles == (shape.Name[0] == 't' && shape.Name[1] == 'o' ? 1 : 0), what);
            Assert.True(Math.Abs(mesh.Volume / shape.Volume - 1) < 0.01, $"{what}: volume {mesh.Volume / shape.Volume}");
            Assert.True(Math.Abs(mesh.Area / shape.Area - 1) < 0.02, $"{what}: area {mesh.Area / shape.Area}");
            double Off(Point3 p) => shape.Distance(frame(p));
            // The mesh as it is made, and as it is written: simplified to a quarter of the shortest side.
            TriangleMesh written = Decimation.Run(mesh, Math.Min(z, Math.Min(y, x)) / 4, Job);
            foreach (TriangleMesh one in new[] { mesh, written })
            {
                double off = 0;
                for (int t = 0; t < one.Count; t++)
                {
                    (Point3 a, Point3 b, Point3 c) = one.Corners(t);
                    foreach (Point3 p in (ReadOnlySpan<Point3>)[a, 0.5 * (a + b), 1.0 / 3 * (a + b + c)]) off = Math.Max(off, Math.Abs(Off(p)));
                }
                Assert.True(off < halfDiagonal, $"{what}: off {off} of {halfDiagonal}");
            }
            // The other direction of the Hausdorff distance: points of the body's surface to the mesh.
            double far = SurfacePoints(Off, mesh.Bounds, 100).Max(p => Math.Sqrt(Enumerable.Range(0, written.Count).Min(t => written.Corners(t) is var (a, b, c) ? Triangle3.SquaredDistance(p, a, b, c) : 0)));
            Assert.True(far < halfDiagonal, $"{what}: {far} of {halfDiagonal} to the mesh");
        }
    }

    /// <summary>Points where a distance is 0: places at random, moved along its slope.</summary>
    private static List<Point3> SurfacePoints(Func<Point3, double> off, (Point3 Low, Point3 High) bounds, int count)
    {
        var random = new Random(1);
        Point3 extent = bounds.High - bounds.Low;
        double step = 1e-4 * extent.Length;
        var points = new List<Point3>();
        while (points.Count < count)
        {
            var p = new Point3(bounds.Low.Z + random.NextDouble() * extent.Z, bounds.Low.Y + random.NextDouble() * extent.Y, bounds.Low.X + random.NextDouble() * extent.X);
            for (int n = 0; n < 50; n++)
            {
                double Slope(Point3 along) => (off(p + along) - off(p - along)) / (2 * step);
                var slope = new Point3(Slope(new(step, 0, 0)), Slope(new(0, step, 0)), Slope(new(0, 0, step)));
                p -= off(p) / Math.Max(1e-6, slope.Length * slope.Length) * slope;
            }
            if (Math.Abs(off(p)) < step) points.Add(p);
        }
        return points;
    }

    [Fact]
    public void Every_object_of_200_random_volumes_is_watertight_whatever_is_done_to_it()
    {
        int objects = 0, single = 0, filling = 0;
        for (int n = 0; n < 200; n++)
        {
            var random = new Random(n);
            var grid = new Grid(new Size3(random.Next(1, 11), random.Next(1, 11), random.Next(1, 13)), new Point3(1 + random.Next(6), 1 + random.Next(3), 1));
            int kinds = 1 + random.Next(4);
            double full = n % 10 == 9 ? 2 : random.NextDouble() * 1.1;
            LabelVolume labels = (n % 4) switch
            {
                // Noise: every diagonal contact there is; blocks; checkerboards; waves.
                0 => Shape.Labels(grid, (_, _, _) => random.NextDouble() < full ? 1 + random.Next(kinds) : 0),
                1 => Shape.Labels(grid, (z, y, x) => ((z / 2 + y / 3 + x / 2) % 3) * ((z + y) % 5 == 4 ? 0 : 1)),
                2 => Shape.Labels(grid, (z, y, x) => (z + y + x) % 2 * (1 + x / 5)),
                _ => Shape.Labels(grid, (z, y, x) => Math.Sin(z * 0.7 + n) + Math.Sin(y * 0.8 + x * 0.3) + Math.Sin(x * 0.9 - y * 0.4) > 1 - 2 * full ? 1 + (z / 4 + x / 5) % kinds : 0),
            };
            double voxel = grid.Spacing.Z * grid.Spacing.Y * grid.Spacing.X;
            foreach (LabelledObject o in labels.Objects)
            {
                objects++;
                if (o.Voxels == 1) single++;
                if (o.Voxels == grid.Size.Count) filling++;
                foreach (double smoothing in new[] { 0, 1, 2.5 })
                {
                    var options = new SurfaceOptions { Smoothing = smoothing, TaubinRounds = n % 3 };
                    TriangleMesh mesh = ObjectSurface.Of(labels, o, options, Job);
                    string what = $"volume {n}, label {o.Label}, {o.Voxels} voxels, smoothing {smoothing}";
                    Assert.True(MeshCheck.Of(mesh).Watertight, $"{what}: {MeshCheck.Of(mesh)}");
                    Assert.True(mesh.Volume > 0, what);
                    TriangleMesh less = Decimation.Run(mesh, 0.5, Job);
                    Assert.True(MeshCheck.Of(less).Watertight, $"{what}, decimated: {MeshCheck.Of(less)}");
                    Assert.Equal(MeshCheck.Of(mesh).EulerNumber, MeshCheck.Of(less).EulerNumber);
                }
            }
        }
        Assert.True(objects > 300 && single > 3 && filling > 3, $"{objects} objects, {single} of one voxel, {filling} that fill the volume");
    }

    [Fact]
    public void An_object_keeps_the_volume_of_its_voxels_and_nothing_thin_is_lost()
    {
        var grid = new Grid(new Size3(12, 40, 40), new Point3(50, 10, 10));
        // A sheet one slice thick, a thread along z, a speck, two bars with a gap of one voxel.
        LabelVolume labels = Shape.Labels(grid, (z, y, x) => z == 3 && y is > 5 and < 30 && x is > 5 and < 20 ? 1 : z is > 1 and < 10 && y == 35 && x == 35 ? 2 : z == 6 && y == 20 && x == 30 ? 3
            : z == 8 && y is > 5 and < 15 && x is > 5 and < 30 && x != 17 ? 4 : 0);
        int[] pieces = [1, 1, 1, 2];
        for (int i = 0; i < 4; i++)
        {
            TriangleMesh mesh = ObjectSurface.Of(labels, labels.Objects[i], new SurfaceOptions(), Job);
            Assert.True(MeshCheck.Of(mesh).Parts == pieces[i], $"object {i + 1}: {MeshCheck.Of(mesh)}");
            Assert.Equal(labels.Objects[i].Voxels * 5000.0, mesh.Volume, labels.Objects[i].Voxels * 5000 * 0.02);
        }
    }

    [Fact]
    public void A_cut_object_ends_in_a_flat_face_where_the_volume_ends()
    {
        var grid = new Grid(new Size3(20, 30, 30), new Point3(20, 10, 10), new Point3(100, 0, 0));
        // Half a ball on the first slice.
        LabelVolume labels = Shape.Labels(grid, (z, y, x) => Math.Sqrt((z + 0.5) * (z + 0.5) * 400 + (y - 15) * (y - 15) * 100 + (x - 15) * (x - 15) * 100) <= 120 ? 1 : 0);
        TriangleMesh mesh = ObjectSurface.Of(labels, labels.Objects[0], new SurfaceOptions(), Job);
        Assert.True(MeshCheck.Of(mesh).Watertight);
        Assert.Equal(90, mesh.Bounds.Low.Z, 1e-9);
        double cap = Enumerable.Range(0, mesh.Count).Where(t => mesh.Corners(t) is var (a, b, c) && a.Z == b.Z && b.Z == c.Z && Math.Abs(a.Z - 90) < 1e-9).Sum(t => mesh.Normal(t).Length / 2);
        Assert.Equal(Math.PI * 120 * 120, cap, Math.PI * 120 * 120 * 0.04);
        Assert.Equal(2 * Math.PI * 120 * 120 + Math.PI * 120 * 120, mesh.Area, 3 * Math.PI * 120 * 120 * 0.02);
    }

    [Fact]
    public void A_label_that_fills_the_volume_is_its_box()
    {
        var grid = new Grid(new Size3(4, 6, 8), new Point3(30, 10, 10));
        LabelVolume labels = Shape.Labels(grid, (_, _, _) => 9);
        TriangleMesh mesh = ObjectSurface.Of(labels, labels.Objects[0], new SurfaceOptions(), Job);
        Assert.True(MeshCheck.Of(mesh) is { Watertight: true, Parts: 1, EulerNumber: 2 });
        Assert.Equal((new Point3(-15, -5, -5), new Point3(105, 55, 75)), mesh.Bounds);
        Assert.Equal(120 * 60 * 80.0, mesh.Volume, 1);
        Assert.Equal(2.0 * (120 * 60 + 120 * 80 + 60 * 80), mesh.Area, 1);
    }

    [Fact]
    public void Cavities_and_neighbours_have_surfaces_of_their_own()
    {
        var grid = new Grid(new Size3(20, 20, 20), new Point3(10, 10, 10));
        LabelVolume labels = Shape.Labels(grid, (z, y, x) => (new Point3(z, y, x) - new Point3(10, 10, 10)).Length is var r && r < 4 ? 2 : r < 8 ? 1 : 0);
        TriangleMesh shell = ObjectSurface.Of(labels, labels.Objects[0], new SurfaceOptions(), Job), core = ObjectSurface.Of(labels, labels.Objects[1], new SurfaceOptions(), Job);
        Assert.True(MeshCheck.Of(shell) is { Watertight: true, Parts: 2, EulerNumber: 4 });
        Assert.True(shell.Volume < 4.0 / 3 * Math.PI * (80 * 80 * 80 - 35 * 35 * 35));
        Assert.True(core.Volume > 0);
    }

    [Theory]
    [InlineData(-0.1, 0, "smoothing")]
    [InlineData(3.5, 0, "smoothing")]
    [InlineData(double.NaN, 0, "smoothing")]
    [InlineData(1, -1, "taubin_rounds")]
    public void Options_out_of_range_are_refused(double smoothing, int rounds, string name)
    {
        LabelVolume labels = Shape.Labels(new Grid(new Size3(2, 2, 2), new Point3(1, 1, 1)), (_, _, _) => 1);
        Assert.Contains(name, Assert.Throws<BadInputException>(() => ObjectSurface.Of(labels, labels.Objects[0], new SurfaceOptions { Smoothing = smoothing, TaubinRounds = rounds }, Job)).Message, StringComparison.Ordinal);
    }
}

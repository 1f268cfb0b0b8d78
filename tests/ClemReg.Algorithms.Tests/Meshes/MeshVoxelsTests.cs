using ClemReg.Algorithms.Meshes;
using ClemReg.Algorithms.Mitochondria;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Tests.Meshes;

public sealed class MeshVoxelsTests
{
    private static readonly Grid Cube = new(new Size3(20, 22, 24), new Point3(10, 10, 10));

    private static HashSet<(int, int, int)> Voxels(TriangleMesh mesh, Grid grid)
    {
        var voxels = new HashSet<(int, int, int)>();
        foreach (VoxelRun run in MeshVoxels.Of(mesh, grid, "it.stl", new Job(1)))
            for (int x = run.Start; x < run.End; x++) Assert.True(voxels.Add((run.Z, run.Y, x)), $"{run} twice");
        return voxels;
    }

    /// <summary>A box as twelve triangles, outward.</summary>
    private static TriangleMesh Box(Point3 low, Point3 high, bool insideOut = false)
    {
        Point3[] corners = [.. Enumerable.Range(0, 8).Select(i => new Point3((i & 4) == 0 ? low.Z : high.Z, (i & 2) == 0 ? low.Y : high.Y, (i & 1) == 0 ? low.X : high.X))];
        int[] t = [0, 2, 3, 0, 3, 1, 4, 5, 7, 4, 7, 6, 0, 1, 5, 0, 5, 4, 2, 6, 7, 2, 7, 3, 0, 4, 6, 0, 6, 2, 1, 3, 7, 1, 7, 5];
        var mesh = new TriangleMesh(corners, t);
        Assert.True(MeshCheck.Of(mesh).Watertight);
        if (mesh.Volume > 0 != insideOut) return mesh;
        for (int i = 0; i < t.Length; i += 3) (t[i + 1], t[i + 2]) = (t[i + 2], t[i + 1]);
        return new TriangleMesh(corners, t);
    }

    private static TriangleMesh Joined(params TriangleMesh[] meshes)
    {
        var vertices = new List<Point3>();
        var triangles = new List<int>();
        foreach (TriangleMesh m in meshes)
        {
            triangles.AddRange(m.Triangles.Select(v => v + vertices.Count));
            vertices.AddRange(m.Vertices);
        }
        return new TriangleMesh([.. vertices], [.. triangles]);
    }

    /// <summary>An octahedron whose sides are divided, stretched to an ellipsoid and turned: convex.</summary>
    private static TriangleMesh Ellipsoid(Point3 centre, Point3 axes, int rounds, double a, double b)
    {
        List<(Point3, Point3, Point3)> sides = [];
        foreach (double z in new[] { -1.0, 1 })
            foreach (double y in new[] { -1.0, 1 })
                foreach (double x in new[] { -1.0, 1 })
                {
                    (Point3 p, Point3 q, Point3 r) = (new Point3(z, 0, 0), new Point3(0, y, 0), new Point3(0, 0, x));
                    sides.Add(Point3.Dot(p, Point3.Cross(r - p, q - p)) > 0 ? (p, q, r) : (p, r, q));
                }
        for (int round = 0; round < rounds; round++)
            sides = [.. sides.SelectMany(s =>
            {
                (Point3 p, Point3 q, Point3 r) = s;
                (Point3 u, Point3 v, Point3 w) = (Unit(p + q), Unit(q + r), Unit(r + p));
                return new[] { (p, u, w), (u, q, v), (w, v, r), (u, v, w) };
            })];
        var number = new Dictionary<Point3, int>();
        var vertices = new List<Point3>();
        var triangles = new List<int>();
        foreach ((Point3 p, Point3 q, Point3 r) in sides)
            foreach (Point3 corner in new[] { p, q, r })
            {
                if (!number.TryGetValue(corner, out int n))
                {
                    number[corner] = n = vertices.Count;
                    vertices.Add(centre + Shape.Turned(new Point3(axes.Z * corner.Z, axes.Y * corner.Y, axes.X * corner.X), a, b));
                }
                triangles.Add(n);
            }
        return new TriangleMesh([.. vertices], [.. triangles]);

        static Point3 Unit(Point3 p) => 1 / p.Length * p;
    }

    [Theory]
    [InlineData(10, 10, 10, 1)]
    [InlineData(30, 10, 10, 2)]
    [InlineData(50, 8, 6, 3)]
    [InlineData(7, 21, 13, 4)]
    public void Exactly_the_centres_within_an_ellipsoid_are_taken(double sz, double sy, double sx, int seed)
    {
        var random = new Random(seed);
        var grid = new Grid(new Size3(24, 24, 24), new Point3(sz, sy, sx), new Point3(-300, 1e5, 7));
        Point3 centre = grid.ToPhysical(11 + random.NextDouble(), 11 + random.NextDouble(), 11 + random.NextDouble());
        double reach = 10 * Math.Min(sz, Math.Min(sy, sx));
        TriangleMesh mesh = Ellipsoid(centre, new Point3(reach, 0.8 * reach, 0.6 * reach), 3, 3 * random.NextDouble(), 3 * random.NextDouble());
        Assert.True(MeshCheck.Of(mesh).Watertight && mesh.Volume > 0);
        HashSet<(int, int, int)> voxels = Voxels(mesh, grid);
        int near = 0;
        for (int z = 0; z < 24; z++)
            for (int y = 0; y < 24; y++)
                for (int x = 0; x < 24; x++)
                {
                    // Convex: inside is behind all of its triangles.
                    Point3 p = grid.ToPhysical(z, y, x);
                    double farthest = Enumerable.Range(0, mesh.Count).Max(t => Point3.Dot(p - mesh.Corners(t).A, 1 / mesh.Normal(t).Length * mesh.Normal(t)));
                    if (Math.Abs(farthest) < 1e-7) near++;
                    else Assert.True(farthest < 0 == voxels.Contains((z, y, x)), $"{z} {y} {x}: {farthest} nm outside");
                }
        Assert.True(near < 3, $"{near}");
        Assert.True(voxels.Count > 100, $"{voxels.Count}");
        Assert.Equal(4.0 / 3 * Math.PI * reach * 0.8 * reach * 0.6 * reach, mesh.Volume, 0.03 * mesh.Volume);
        double all = voxels.Count * sz * sy * sx;
        Assert.Equal(1, all / mesh.Volume, 0.12);
    }

    [Fact]
    public void The_volume_of_a_fine_ellipsoid_is_that_of_its_voxels()
    {
        var grid = new Grid(new Size3(70, 90, 110), new Point3(10, 10, 10));
        var axes = new Point3(300, 400, 500);
        TriangleMesh mesh = Ellipsoid(grid.ToPhysical(34.3, 44.6, 54.2), axes, 5, 0, 0);
        double exact = 4.0 / 3 * Math.PI * 300 * 400 * 500;
        Assert.Equal(1, Voxels(mesh, grid).Count * 1000 / exact, 0.005);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void What_an_object_made_a_surface_of_comes_back(int seed)
    {
        var random = new Random(seed);
        var grid = new Grid(new Size3(14, 18, 20), new Point3(10 + 20 * random.NextDouble(), 10, 12), new Point3(500, -70, 3));
        LabelVolume labels = Shape.Labels(grid, (z, y, x) => Math.Sin(z * 0.9 + seed) + Math.Sin(y * 0.7) + Math.Cos(x * 0.6 + seed) > 0.7 ? 4 : 0);
        LabelledObject o = Assert.Single(labels.Objects);
        foreach (double smoothing in new[] { 0.0, 1 })
        {
            TriangleMesh mesh = ObjectSurface.Of(labels, o, new SurfaceOptions { Smoothing = smoothing }, new Job(1));
            HashSet<(int, int, int)> voxels = Voxels(mesh, grid), want = [];
            for (int z = 0; z < 14; z++)
                for (int y = 0; y < 18; y++)
                    foreach (var run in labels.Runs(z, y))
                        for (int x = run.Start; x < run.End; x++) want.Add((z, y, x));
            int both = voxels.Intersect(want).Count();
            double iou = (double)both / (voxels.Count + want.Count - both);
            // A body of few voxels across loses some of its edges to the smoothing.
            Assert.True(smoothing == 0 ? voxels.SetEquals(want) : iou > 0.85, $"smoothing {smoothing}: {iou}, {want.Count} and {voxels.Count}");
        }
    }

    [Fact]
    public void Bodies_with_a_common_face_share_no_voxel_and_leave_none_out()
    {
        // All faces go through centres.
        TriangleMesh left = Box(new Point3(20, 20, 20), new Point3(60, 60, 60)), right = Box(new Point3(20, 20, 60), new Point3(60, 60, 100));
        HashSet<(int, int, int)> a = Voxels(left, Cube), b = Voxels(right, Cube);
        Assert.Equal(64, a.Count);
        Assert.Equal(64, b.Count);
        Assert.Empty(a.Intersect(b));
        Assert.Equal(Voxels(Box(new Point3(20, 20, 20), new Point3(60, 60, 100)), Cube), a.Union(b).ToHashSet());
    }

    [Fact]
    public void Cavities_are_empty_overlaps_are_one_and_inside_out_is_as_good()
    {
        TriangleMesh outer = Box(new Point3(15, 15, 15), new Point3(105, 105, 105)), inner = Box(new Point3(45, 45, 45), new Point3(75, 75, 75)), hole = Box(new Point3(45, 45, 45), new Point3(75, 75, 75), insideOut: true);
        Assert.Equal(729, Voxels(outer, Cube).Count);
        Assert.Equal(729 - 27, Voxels(Joined(outer, hole), Cube).Count);
        Assert.Equal(729, Voxels(Joined(outer, inner), Cube).Count);
        Assert.Equal(729, Voxels(Box(new Point3(15, 15, 15), new Point3(105, 105, 105), insideOut: true), Cube).Count);
        TriangleMesh beside = Box(new Point3(15, 15, 95), new Point3(105, 105, 155));
        Assert.Equal(729 + 9 * 9 * 5, Voxels(Joined(outer, beside), Cube).Count);
        // One triangle turned round: the crossings still count.
        var turned = (int[])outer.Triangles.Clone();
        (turned[1], turned[2]) = (turned[2], turned[1]);
        Assert.Equal(729, Voxels(new TriangleMesh(outer.Vertices, turned), Cube).Count);
    }

    [Fact]
    public void What_lies_beyond_the_volume_is_left_out()
    {
        Assert.Equal(20 * 22 * 24, Voxels(Box(new Point3(-1000, -1000, -1000), new Point3(1000, 1000, 1000)), Cube).Count);
        Assert.Empty(Voxels(Box(new Point3(-1000, -1000, -1000), new Point3(-5, 1000, 1000)), Cube));
        Assert.Empty(Voxels(Box(new Point3(1e9, 0, 0), new Point3(2e9, 50, 50)), Cube));
        Assert.Equal(4, Voxels(Box(new Point3(-1000, 195, 225), new Point3(15, 1e12, 1e12)), Cube).Count);
    }

    [Fact]
    public void Open_surfaces_are_refused()
    {
        TriangleMesh box = Box(new Point3(15, 15, 15), new Point3(105, 105, 105));
        string message = Assert.Throws<BadInputException>(() => Voxels(new TriangleMesh(box.Vertices, box.Triangles[..^3]), Cube)).Message;
        Assert.Contains("it.stl is not closed: 3 edges", message, StringComparison.Ordinal);
        // A fin of one triangle.
        Assert.Contains("not closed", Assert.Throws<BadInputException>(() => Voxels(new TriangleMesh([.. box.Vertices, new Point3(200, 50, 50)], [.. box.Triangles, 0, 1, 8]), Cube)).Message, StringComparison.Ordinal);
        Assert.Contains("no triangles", Assert.Throws<BadInputException>(() => Voxels(new TriangleMesh([], []), Cube)).Message, StringComparison.Ordinal);
        // A triangle of a side twice: its edges have three, none is open. Of one that lies in a slice's plane no slice takes notice.
        Assert.Contains("three triangles", Assert.Throws<BadInputException>(() => Voxels(new TriangleMesh(box.Vertices, [.. box.Triangles, 0, 4, 6]), Cube)).Message, StringComparison.Ordinal);
        Assert.Equal(729, Voxels(new TriangleMesh(box.Vertices, [.. box.Triangles, 0, 2, 3]), Cube).Count);
    }

    [Fact]
    public void Folders_of_STL_tell_numbers_and_classes()
    {
        foreach ((string name, string want) in new[] { ("mitochondria_12.stl", "mitochondria"), ("nucleus.stl", "nucleus"), ("label_3.stl", ""), ("Object 7.STL", ""), ("Golgi/1.stl", "Golgi"), ("early endosomes-004.stl", "early endosomes"), ("b c#3.stl", "b c") })
            Assert.Equal(want, StlFolder.ClassOf(name));
        string folder = Directory.CreateTempSubdirectory().FullName;
        try
        {
            Assert.Contains("one an object", Assert.Throws<BadInputException>(() => StlFolder.List(folder, "a_meshes")).Message, StringComparison.Ordinal);
            Directory.CreateDirectory(Path.Combine(folder, "er"));
            foreach (string name in new[] { "label_10.stl", "label_2.stl", "x_10.stl", "x_9.stl", "er/label_2.STL", "notes.txt" }) File.WriteAllText(Path.Combine(folder, name), "");
            // In the order of names, numbers in them as numbers; a label that two have goes to the first, and the others get what is free.
            Assert.Equal([("er/label_2.STL", 1, "er"), ("x_9.stl", 3, "x"), ("x_10.stl", 4, "x"), ("label_2.stl", 2, ""), ("label_10.stl", 10, "")], StlFolder.List(folder, "a_meshes").Select(e => (e.Name, e.Label, e.Class)).OrderBy(e => e.Class == "").ThenBy(e => e.Label));
            Assert.Contains("There is none", Assert.Throws<BadInputException>(() => StlFolder.List(folder + "/none", "a_meshes")).Message, StringComparison.Ordinal);
            Assert.Contains("It is a file", Assert.Throws<BadInputException>(() => StlFolder.List(folder + "/notes.txt", "a_meshes")).Message, StringComparison.Ordinal);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}

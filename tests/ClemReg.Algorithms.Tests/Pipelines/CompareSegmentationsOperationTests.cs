using System.Globalization;
using System.IO.Compression;
using System.Text.Json;
using System.Text.Json.Nodes;
using ClemReg.Algorithms.Meshes;
using ClemReg.Algorithms.Pipelines;
using ClemReg.Algorithms.Tests.Meshes;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Tests.Pipelines;

public sealed class CompareSegmentationsOperationTests : IDisposable
{
    private static readonly Grid Grid = new(new Size3(16, 40, 60), new Point3(20, 10, 10), new Point3(100, 0, -50));
    private readonly string _folder = Directory.CreateTempSubdirectory().FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private sealed record Sides(ISliceSource? A = null, ISliceSource? B = null, string? AMeshes = null, string? BMeshes = null, string? AClasses = null, string? BClasses = null, ISliceSource? Image = null);

    private JsonObject Run(Sides sides, string name, Job? job = null, bool overwrite = false, params (string Key, string Value)[] parameters)
    {
        var request = new JsonObject
        {
            ["parameters"] = new JsonObject([.. parameters.Select(p => KeyValuePair.Create(p.Key, (JsonNode?)p.Value))]),
            ["paths"] = new JsonObject { ["comparison"] = Path.Combine(_folder, name) },
            ["overwrite"] = overwrite,
        };
        var texts = new JsonObject();
        request["texts"] = texts;
        if (sides.AMeshes is not null) request["paths"]!["a_meshes"] = sides.AMeshes;
        if (sides.BMeshes is not null) request["paths"]!["b_meshes"] = sides.BMeshes;
        if (sides.AClasses is not null) texts["a_classes"] = new JsonObject { ["file"] = "a.csv", ["text"] = sides.AClasses };
        if (sides.BClasses is not null) texts["b_classes"] = new JsonObject { ["file"] = "b.csv", ["text"] = sides.BClasses };
        var inputs = new Dictionary<string, object>();
        if (sides.A is not null) inputs["a"] = sides.A;
        if (sides.B is not null) inputs["b"] = sides.B;
        if (sides.Image is not null) inputs["image"] = sides.Image;
        using OperationResult result = Operations.Find("compare_segmentations").Run(JsonDocument.Parse(request.ToJsonString()).RootElement, inputs, job ?? new Job(2));
        return result.Json;
    }

    /// <summary>Balls of 100 nm radius around x (voxels), y = 20, in the middle slices.</summary>
    private static Volume<float> Balls(params (int Label, double X)[] balls)
    {
        var image = new Volume<float>(Grid);
        foreach ((int label, double x) in balls)
            for (int z = 0; z < 16; z++)
                for (int y = 0; y < 40; y++)
                    for (int u = 0; u < 60; u++)
                        if (new Point3(20 * (z - 7.5), 10 * (y - 20), 10 * (u - x)).Length <= 100) image[z, y, u] = label;
        return image;
    }

    private List<Dictionary<string, string>> Table(string folder, string file)
    {
        string[] lines = File.ReadAllLines(Path.Combine(_folder, folder, file));
        string[] header = lines[0].Split(',');
        Assert.All(lines, l => Assert.Equal(header.Length, l.Split(',').Length));
        return [.. lines.Skip(1).Select(l => header.Zip(l.Split(',')).ToDictionary(p => p.First, p => p.Second))];
    }

    private static double Number(string text) => double.Parse(text, CultureInfo.InvariantCulture);

    [Fact]
    public void Two_label_images_become_tables_and_pictures()
    {
        using Volume<float> a = Balls((5, 12), (70000, 34), (9, 57)), b = Balls((1, 12), (300, 36));
        JsonObject report = Run(new Sides(a, b, AClasses: "id,class\n5,Mito\n70000,Mito\n9,lyso\n", BClasses: "label,voxels,class\n1,7,mito\n300,8,mito\n"), "all");
        Assert.Equal(["classes.csv", "comparison.json", "confusion.csv", "differences.csv", "objects.csv", "overlay.png", "overlay.tif", "volumes.csv"], Directory.GetFiles(Path.Combine(_folder, "all")).Select(f => Path.GetFileName(f)).Order(StringComparer.Ordinal));
        List<Dictionary<string, string>> classes = Table("all", "classes.csv");
        Assert.Equal(["Mito", "lyso", "(all)"], classes.Select(r => r["class"]).Distinct());
        Dictionary<string, string> mito = classes.Single(r => r["class"] == "Mito" && r["iou_limit"] == "0.5");
        Assert.Equal(("2", "0", "0"), (mito["true_positives"], mito["false_positives"], mito["false_negatives"]));
        Assert.Equal("0.8", classes.Single(r => r["class"] == "(all)" && r["iou_limit"] == "0.5")["f1"]);
        List<Dictionary<string, string>> objects = Table("all", "objects.csv");
        Assert.Equal([("found", "5", "1"), ("found", "70000", "300"), ("false", "9", "")], objects.Select(r => (r["status"], r["label_a"], r["label_b"])));
        Assert.Equal("1", objects[0]["iou"]);
        Assert.Equal("0", objects[0]["centre_distance_nm"]);
        Assert.Equal(-20, Number(objects[1]["centre_shift_x_nm"]), 1e-9);
        Assert.Equal(20, Number(objects[1]["centre_distance_nm"]), 1e-9);
        Assert.Equal(0, Number(objects[1]["volume_difference_um3"]), 1e-12);
        Assert.Equal(4 * Math.PI * 0.01, Number(objects[0]["area_a_um2"]), 0.03 * 0.1257);
        Assert.Equal(4.0 / 3 * Math.PI * 1e-3, Number(objects[0]["volume_b_um3"]), 0.03 * 4.2e-3);
        // The sizes of shifted balls differ by nothing; their distances are 0 and 20.
        Dictionary<string, string> distances = Table("all", "differences.csv").Single(r => r["class"] == "(all)" && r["measure"] == "centre_distance_nm");
        double Of(string column) => Math.Round(Number(distances[column]), 9);
        Assert.Equal((2.0, 10.0, 0.0, 5.0, 10.0, 15.0, 20.0), (Of("pairs"), Of("mean"), Of("minimum"), Of("quartile_1"), Of("median"), Of("quartile_3"), Of("maximum")));
        Assert.Equal([("Mito", "Mito", "2"), ("lyso", "(none)", "1")], Table("all", "confusion.csv").Select(r => (r["class_a"], r["class_b"], r["objects"])));
        Assert.Equal(["Mito", "lyso", "(all)"], Table("all", "volumes.csv").Select(r => r["class"]));
        Assert.Contains("Only a has objects of lyso", (string)report["warnings"]![0]!, StringComparison.Ordinal);
        Assert.Equal(Picture("all").Count, Grid.Size.Z);
    }

    /// <summary>The pages of overlay.tif as a TIFF reader finds them: red, green and blue.</summary>
    private List<byte[]> Picture(string folder)
    {
        byte[] file = File.ReadAllBytes(Path.Combine(_folder, folder, "overlay.tif"));
        Assert.Equal([(byte)'I', (byte)'I', 42, 0], file[..4]);
        var pages = new List<byte[]>();
        for (int at = BitConverter.ToInt32(file, 4); at != 0;)
        {
            int entries = BitConverter.ToUInt16(file, at);
            Dictionary<int, int> tags = Enumerable.Range(0, entries).ToDictionary(i => (int)BitConverter.ToUInt16(file, at + 2 + 12 * i), i => BitConverter.ToInt32(file, at + 10 + 12 * i));
            Assert.Equal((60, 40, 8, 2, 3), (tags[256], tags[257], tags[259], tags[262], tags[277]));
            using var packed = new ZLibStream(new MemoryStream(file, tags[273], tags[279]), CompressionMode.Decompress);
            using var rgb = new MemoryStream();
            packed.CopyTo(rgb);
            Assert.Equal(3 * 60 * 40, rgb.Length);
            pages.Add(rgb.ToArray());
            at = BitConverter.ToInt32(file, at + 2 + 12 * entries);
        }
        return pages;
    }

    [Fact]
    public void The_outlines_of_both_are_drawn()
    {
        using Volume<float> a = Balls((1, 20)), b = Balls((1, 26));
        using var image = new Volume<byte>(Grid);
        for (int z = 0; z < 16; z++) image.Slice(z).Fill(77);
        Run(new Sides(a, b, Image: image), "over");
        byte[] middle = Picture("over")[8];
        (int, int, int) At(int y, int x) => (middle[3 * (60 * y + x)], middle[3 * (60 * y + x) + 1], middle[3 * (60 * y + x) + 2]);
        // In the middle row the ball of a ends at x = 29 or 30, that of b begins at x = 16 or 17.
        Assert.Equal((77, 77, 77), At(0, 0));
        Assert.Equal((77, 77, 77), At(20, 23));
        Assert.Contains((0, 230, 60), Enumerable.Range(28, 4).Select(x => At(20, x)));
        Assert.Contains((255, 0, 220), Enumerable.Range(15, 4).Select(x => At(20, x)));
        using Volume<float> same = Balls((4, 20));
        Run(new Sides(a, same), "same");
        middle = Picture("same")[8];
        Assert.Contains((255, 255, 255), Enumerable.Range(28, 4).Select(x => At(20, x)));
        Assert.Equal((70, 70, 70), At(20, 20));
        Run(new Sides(a, b), "montage", parameters: ("overlay", "montage"));
        Assert.False(File.Exists(Path.Combine(_folder, "montage", "overlay.tif")));
        Assert.True(File.Exists(Path.Combine(_folder, "montage", "overlay.png")));
        Run(new Sides(a, b), "none", parameters: ("overlay", "none"));
        Assert.False(File.Exists(Path.Combine(_folder, "none", "overlay.png")));
    }

    /// <summary>A folder of the surfaces of the balls.</summary>
    private string Meshes(string name, ISliceSource labels, string? classes = null)
    {
        var request = new JsonObject { ["paths"] = new JsonObject { ["meshes"] = Path.Combine(_folder, name) }, ["parameters"] = new JsonObject { ["format"] = "stl", ["picture"] = false, ["contact_limit"] = 0 } };
        if (classes is not null) request["texts"] = new JsonObject { ["classes"] = new JsonObject { ["file"] = "c.csv", ["text"] = classes } };
        Operations.Find("mesh").Run(JsonDocument.Parse(request.ToJsonString()).RootElement, new Dictionary<string, object> { ["labels"] = labels }, new Job(2)).Dispose();
        return Path.Combine(_folder, name);
    }

    [Fact]
    public void Meshes_are_compared_with_the_labels_that_they_were_made_of_and_with_each_other()
    {
        using Volume<float> labels = Balls((5, 12), (70000, 34), (9, 57));
        string meshes = Meshes("meshes", labels, "label,class\n5,mito\n70000,mito\n9,lyso\n");
        JsonObject report = Run(new Sides(AMeshes: meshes, B: labels, BClasses: "label,class\n5,mito\n70000,mito\n9,lyso\n"), "with labels");
        Assert.Empty(report["warnings"]!.AsArray());
        Assert.All(Table("with labels", "classes.csv"), r => Assert.Equal("1", r["f1"]));
        foreach (Dictionary<string, string> row in Table("with labels", "objects.csv"))
        {
            Assert.Equal(("found", row["label_a"], $"label_{row["label_a"]}.stl"), (row["status"], row["label_b"], row["file_a"]));
            Assert.True(Number(row["iou"]) > 0.9, row["iou"]);
            Assert.True(Math.Abs(Number(row["volume_difference_percent"])) < 2, row["volume_difference_percent"]);
            Assert.True(Math.Abs(Number(row["area_difference_percent"])) < 2, row["area_difference_percent"]);
        }
        using var image = new Volume<byte>(Grid);
        Run(new Sides(AMeshes: meshes, BMeshes: meshes, Image: image), "on the image");
        Run(new Sides(AMeshes: meshes, BMeshes: meshes), "on its own", parameters: ("voxel_size", "10"));
        foreach (string name in new[] { "on the image", "on its own" }) Assert.All(Table(name, "volumes.csv"), r => Assert.Equal("1", r["dice"]));
        Assert.Contains("voxel_size is missing", Assert.Throws<BadInputException>(() => Run(new Sides(AMeshes: meshes, BMeshes: meshes), "x")).Message, StringComparison.Ordinal);
        Assert.Contains("voxel_size = 1e-9", Assert.Throws<BadInputException>(() => Run(new Sides(AMeshes: meshes, BMeshes: meshes), "x", parameters: ("voxel_size", "1e-9"))).Message, StringComparison.Ordinal);
        // In micrometres the meshes lie far away.
        Assert.Contains("mesh_unit", Assert.Throws<BadInputException>(() => Run(new Sides(AMeshes: meshes, B: labels), "x", parameters: ("mesh_unit", "mm"))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Classes_of_meshes_come_from_a_table_the_folder_or_names_and_may_lie_in_each_other()
    {
        string folder = Path.Combine(_folder, "named");
        Directory.CreateDirectory(folder);
        void Ball(string name, Point3 centre, double radius)
        {
            (var labels, var frame) = Shape.Ellipsoid(radius, radius, radius).In(new Point3(10, 10, 10), 1);
            TriangleMesh mesh = ObjectSurface.Of(labels, labels.Objects[0], new SurfaceOptions(), new Job(1));
            Point3 middle = 0.5 * (mesh.Bounds.Low + mesh.Bounds.High);
            using FileStream file = File.Create(Path.Combine(folder, name));
            StlFile.Write(new TriangleMesh([.. mesh.Vertices.Select(p => p - middle + centre)], mesh.Triangles), name, file);
        }
        Ball("nucleus_1.stl", new Point3(250, 200, 250), 60);
        Ball("cell_1.stl", new Point3(250, 200, 250), 120);
        Ball("cell_2.stl", new Point3(250, 200, 900), 20);
        using var image = new Volume<byte>(Grid);
        JsonObject report = Run(new Sides(AMeshes: folder, BMeshes: folder, Image: image), "names");
        Assert.Contains("1 of 3 surfaces hold the centre of no voxel", (string)report["warnings"]![0]!, StringComparison.Ordinal);
        Assert.Equal([("cell", "1"), ("nucleus", "1"), ("(all)", "2")], Table("names", "classes.csv").Where(r => r["iou_limit"] == "0.5").Select(r => (r["class"], r["true_positives"])));
        Dictionary<string, string>[] volumes = [.. Table("names", "volumes.csv")];
        // The nucleus lies in the cell: together they take the cell's place.
        Assert.Equal(Number(volumes[0]["volume_a_um3"]), Number(volumes[2]["volume_a_um3"]), 1e-12);
        Run(new Sides(AMeshes: folder, BMeshes: folder, Image: image, AClasses: "file,class\nnucleus_1.stl,dark\ncell_1,bright\n", BClasses: "file,class\ncell_1.stl,bright\nnucleus_1.stl,dark\ncell_2.stl,other\n"), "table");
        Assert.Equal(["bright", "dark", "(all)"], Table("table", "classes.csv").Select(r => r["class"]).Distinct());
        File.WriteAllText(Path.Combine(folder, "objects.csv"), "file,class\nnucleus_1.stl,one\ncell_1.stl,one\n");
        Assert.Contains("voxels lie in two surfaces of one class", string.Join("\n", Run(new Sides(AMeshes: folder, BMeshes: folder, Image: image), "folder")["warnings"]!.AsArray().Select(w => (string)w!)), StringComparison.Ordinal);
        Assert.Equal(["one", "(all)"], Table("folder", "classes.csv").Select(r => r["class"]).Distinct());
        File.WriteAllText(Path.Combine(folder, "objects.csv"), "file,kind\nx,one\n");
        Assert.Contains("objects.csv", Assert.Throws<BadInputException>(() => Run(new Sides(AMeshes: folder, BMeshes: folder, Image: image), "x")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Seventy_thousand_labels()
    {
        var grid = new Grid(new Size3(8, 320, 320), new Point3(30, 10, 10));
        using Volume<float> a = new(grid), b = new(grid);
        // 2 x 2 pixels each, with a gap; every tenth of a is missing.
        int label = 0;
        for (int z = 0; z < 8; z++)
            for (int y = 0; y + 2 <= 320; y += 3)
                for (int x = 0; x + 2 <= 320 && label < 70000; x += 3, label++)
                    for (int k = 0; k < 4; k++)
                    {
                        b[z, y + (k >> 1), x + (k & 1)] = label + 1;
                        if (label % 10 != 0) a[z, y + (k >> 1), x + (k & 1)] = 2 * label + 1;
                    }
        Assert.Equal(70000, label);
        JsonObject report = Run(new Sides(a, b), "many", parameters: [("areas", "false"), ("overlay", "montage")]);
        Assert.Equal((63000, 70000), ((int)report["objects_a"]!, (int)report["objects_b"]!));
        Dictionary<string, string> row = Table("many", "classes.csv")[0];
        Assert.Equal(("63000", "0", "7000"), (row["true_positives"], row["false_positives"], row["false_negatives"]));
        Assert.Equal(70001, File.ReadAllLines(Path.Combine(_folder, "many", "objects.csv")).Length);
        // Long tables are not in the report.
        Assert.DoesNotContain("objects", report["tables"]!.AsArray().Select(t => (string)t!["name"]!));
    }

    [Fact]
    public void Any_number_of_threads_gives_the_same_files()
    {
        using Volume<float> a = Balls((5, 12), (70000, 34), (9, 57)), b = Balls((1, 13), (300, 36));
        string meshes = Meshes("m", b);
        foreach ((string name, int threads) in new[] { ("one", 1), ("five", 5) }) Run(new Sides(a, BMeshes: meshes), name, new Job(threads));
        foreach (string file in Directory.GetFiles(Path.Combine(_folder, "one")).Where(f => !f.EndsWith(".json", StringComparison.Ordinal)))
            Assert.Equal(File.ReadAllBytes(file), File.ReadAllBytes(Path.Combine(_folder, "five", Path.GetFileName(file))));
    }

    [Fact]
    public void What_cannot_be_compared_is_refused_and_leaves_nothing()
    {
        using Volume<float> a = Balls((1, 12)), grey = new(Grid);
        using var empty = new Volume<byte>(Grid);
        using var other = new Volume<byte>(new Grid(new Size3(16, 40, 61), Grid.Spacing));
        using var wide = new Volume<byte>(new Grid(Grid.Size, new Point3(20, 10, 11)));
        foreach (Volume<byte> image in new[] { other, wide }) image.Slice(3)[..300].Fill(1);
        for (int z = 0; z < 16; z++)
            for (int i = 0; i < 2400; i++) grey.Slice(z)[i] = (z * 2400 + i) * 7919 % 4001;
        string Refused(Sides sides, params (string, string)[] parameters) => Assert.Throws<BadInputException>(() => Run(sides, "x", parameters: parameters)).Message;
        Assert.Contains("a is missing", Refused(new Sides(B: a)), StringComparison.Ordinal);
        Assert.Contains("b is missing", Refused(new Sides(A: a)), StringComparison.Ordinal);
        Assert.Contains("a and a_meshes are both given", Refused(new Sides(a, a, _folder)), StringComparison.Ordinal);
        Assert.Contains("a: there is no object; all voxels are 0", Refused(new Sides(empty, a)), StringComparison.Ordinal);
        Assert.Contains("b: there is no object; all voxels are 0", Refused(new Sides(a, empty)), StringComparison.Ordinal);
        Assert.Contains("b has 16 x 40 x 61 voxels", Refused(new Sides(a, other)), StringComparison.Ordinal);
        string spacing = Refused(new Sides(a, wide));
        Assert.Contains("b has voxels of (20, 10, 11) nm", spacing, StringComparison.Ordinal);
        Assert.Contains("b_spacing", spacing, StringComparison.Ordinal);
        Assert.Contains("image has 16 x 40 x 61", Refused(new Sides(a, a, Image: other)), StringComparison.Ordinal);
        Assert.Contains("b: its values look like grey values", Refused(new Sides(a, grey)), StringComparison.Ordinal);
        Assert.Contains("minimum_size = 1000000", Refused(new Sides(a, a), ("minimum_size", "1000000")), StringComparison.Ordinal);
        foreach (string bad in new[] { "", "0", "1.5", "0.5;0.1", "nan", "0.1,,0.5" }) Assert.Contains("iou", Refused(new Sides(a, a), ("iou", bad)), StringComparison.Ordinal);
        Assert.Contains("none of the 1 objects of a", Refused(new Sides(a, a, AClasses: "label,class\n7,mito\n", BClasses: "label,class\n1,mito\n")), StringComparison.Ordinal);
        foreach (string bad in new[] { "label;class\n1;x\n", "label,class\nx,y\n", "label,class\n1,x\n1,y\n", "label,class\n0,x\n", "" }) Assert.Contains("a.csv", Refused(new Sides(a, a, AClasses: bad)), StringComparison.Ordinal);
        string folder = Path.Combine(_folder, "stl");
        Directory.CreateDirectory(folder);
        Assert.Contains("a_meshes", Refused(new Sides(B: a, AMeshes: folder)), StringComparison.Ordinal);
        File.WriteAllText(Path.Combine(folder, "open.stl"), "solid x\nfacet normal 0 0 1\nouter loop\nvertex 0 0 0\nvertex 100 0 0\nvertex 0 100 0\nendloop\nendfacet\nendsolid x\n");
        Assert.Contains("open.stl is not closed", Refused(new Sides(B: a, AMeshes: folder)), StringComparison.Ordinal);
        File.WriteAllText(Path.Combine(folder, "open.stl"), "nothing");
        Assert.Contains("open.stl is no STL", Refused(new Sides(B: a, AMeshes: folder)), StringComparison.Ordinal);
        File.WriteAllText(Path.Combine(folder, "open.stl"), "solid x\nendsolid x\n");
        Assert.Contains("no triangles", Refused(new Sides(B: a, AMeshes: folder)), StringComparison.Ordinal);
        Assert.Equal([folder], Directory.GetFileSystemEntries(_folder));
        Run(new Sides(a, a), "x");
        Assert.Contains("out", Refused(new Sides(a, a)), StringComparison.Ordinal);
        Run(new Sides(a, a), "x", overwrite: true);
        using var source = new CancellationTokenSource();
        source.Cancel();
        Assert.ThrowsAny<OperationCanceledException>(() => Run(new Sides(a, a), "y", new Job(2, source.Token)));
        Assert.False(Directory.Exists(Path.Combine(_folder, "y")));
    }

    [Fact]
    public void Without_classes_on_one_side_all_objects_are_of_one()
    {
        using Volume<float> a = Balls((5, 12), (7, 34));
        JsonObject report = Run(new Sides(a, a, AClasses: "label,class\n5,x\n7,y\n"), "one");
        Assert.Contains("Only a has classes", (string)report["warnings"]![0]!, StringComparison.Ordinal);
        Assert.Equal(["(all)"], Table("one", "classes.csv").Select(r => r["class"]).Distinct());
        Assert.False(File.Exists(Path.Combine(_folder, "one", "confusion.csv")));
        // A table without any class, such as the one that mesh writes without classes, is none.
        Assert.Empty(Run(new Sides(a, a, AClasses: "label,class\n5,\n7,\n"), "none")["warnings"]!.AsArray());
        // Pieces of a class image.
        using Volume<float> mask = Balls((3, 12), (3, 40));
        Run(new Sides(mask, mask), "pieces", parameters: ("label_components", "true"));
        Assert.Equal("2", Table("pieces", "classes.csv")[0]["true_positives"]);
        Run(new Sides(mask, mask, AClasses: "label,class\n3,m\n", BClasses: "label,class\n3,m\n"), "pieces of classes", parameters: ("label_components", "true"));
        Assert.Equal(["m", "(all)"], Table("pieces of classes", "volumes.csv").Select(r => r["class"]));
    }
}

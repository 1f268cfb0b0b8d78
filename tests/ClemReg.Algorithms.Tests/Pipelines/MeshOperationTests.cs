using System.Text.Json;
using System.Text.Json.Nodes;
using ClemReg.Algorithms.Meshes;
using ClemReg.Algorithms.Pipelines;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Tests.Pipelines;

public sealed class MeshOperationTests : IDisposable
{
    private static readonly Grid Grid = new(new Size3(14, 40, 60), new Point3(20, 10, 10), new Point3(100, 0, 0));
    private readonly string _folder = Directory.CreateTempSubdirectory().FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private JsonObject Run(ISliceSource labels, string name, Job? job = null, string? classes = null, bool overwrite = false, params (string Key, string Value)[] parameters)
    {
        var request = new JsonObject
        {
            ["parameters"] = new JsonObject([.. parameters.Select(p => KeyValuePair.Create(p.Key, (JsonNode?)p.Value))]),
            ["paths"] = new JsonObject { ["meshes"] = Path.Combine(_folder, name) },
            ["overwrite"] = overwrite,
        };
        if (classes is not null) request["texts"] = new JsonObject { ["classes"] = new JsonObject { ["file"] = "classes.csv", ["text"] = classes } };
        using OperationResult result = Operations.Find("mesh").Run(JsonDocument.Parse(request.ToJsonString()).RootElement, new Dictionary<string, object> { ["labels"] = labels }, job ?? new Job(2));
        return result.Json;
    }

    /// <summary>Balls of 5 x 10 x 10 voxels radius labelled 1, 300 and 70000, the last cut by the border.</summary>
    private static Volume<float> Balls()
    {
        var image = new Volume<float>(Grid);
        foreach ((int label, double centre) in new[] { (1, 12.0), (300, 34.0), (70000, 57.0) })
            for (int z = 0; z < 14; z++)
                for (int y = 0; y < 40; y++)
                    for (int x = 0; x < 60; x++)
                        if (new Point3(20 * (z - 6.5), 10 * (y - 20), 10 * (x - centre)).Length <= 100) image[z, y, x] = label;
        return image;
    }

    [Fact]
    public void A_label_image_becomes_a_folder_of_meshes_and_tables()
    {
        using Volume<float> image = Balls();
        JsonObject report = Run(image, "all", classes: "label,class\n1,mito\n300,mito\n", parameters: ("format", "stl,obj,ply"));
        string[] files = [.. Directory.GetFiles(Path.Combine(_folder, "all")).Select(f => Path.GetFileName(f)).Order(StringComparer.Ordinal)];
        Assert.Equal(["all.mtl", "all.obj", "all.ply", "class_contacts.csv", "class_neighbours.csv", "classes.csv", "contacts.csv", "label_1.stl", "label_300.stl", "label_70000.stl", "mesh.json", "meshes.png", "objects.csv", "view.html"], files);
        Assert.Equal(["all"], Directory.GetFileSystemEntries(_folder).Select(Path.GetFileName));
        TriangleMesh mesh = StlFile.Read(File.ReadAllBytes(Path.Combine(_folder, "all", "label_1.stl")), "label_1.stl");
        Assert.True(MeshCheck.Of(mesh) is { Watertight: true, Parts: 1, EulerNumber: 2 });
        double ball = 4.0 / 3 * Math.PI * 100 * 100 * 100;
        Assert.Equal(1, mesh.Volume / ball, 0.05);
        Point3 centre = 0.5 * (mesh.Bounds.Low + mesh.Bounds.High);
        Assert.True((centre - new Point3(230, 200, 120)).Length < 10, $"{centre}");

        List<Dictionary<string, string>> rows = Table("all", "objects.csv");
        Assert.Equal(["1", "300", "70000"], rows.Select(r => r["label"]));
        Assert.Equal(["mito", "mito", "(no class)"], rows.Select(r => r["class"]));
        Assert.Equal(["0", "0", "1"], rows.Select(r => r["at_border"]));
        Assert.Equal(1, Number(rows[0]["mesh_volume_um3"]) * 1e9 / ball, 0.03);
        Assert.Equal(1, Number(rows[0]["area_um2"]) * 1e6 / (4 * Math.PI * 100 * 100), 0.03);
        Assert.Equal(1, Number(rows[0]["sphericity"]), 0.03);
        Assert.Equal(200, Number(rows[0]["axis_1_nm"]), 8.0);
        Assert.Equal(200, Number(rows[0]["path_length_nm"]), 30.0);
        Assert.Equal(220, Number(rows[0]["nearest_centre_same_class_nm"]), 1.0);
        Assert.Equal("300", rows[0]["nearest_label"]);
        Assert.Equal(20, Number(rows[0]["nearest_surface_nm"]), 8.0);
        Assert.Equal(["1,300,mito,mito", "300,70000,mito,(no class)"], File.ReadAllLines(Path.Combine(_folder, "all", "contacts.csv")).Skip(1).Select(l => l[..l.LastIndexOf(',')]));
        Assert.Equal(["(no class)", "mito"], Table("all", "classes.csv").Select(r => r["class"]));
        // Centres at x = 120 and 340 are mito, the third is none: from each class to each, as far as there is another object.
        List<Dictionary<string, string>> nearest = Table("all", "class_neighbours.csv");
        Assert.Equal(["(no class) mito 1", "mito (no class) 2", "mito mito 2"], nearest.Select(r => $"{r["class_a"]} {r["class_b"]} {r["objects_a"]}"));
        Point3 Centre(int row) => new(Number(rows[row]["centre_z_nm"]), Number(rows[row]["centre_y_nm"]), Number(rows[row]["centre_x_nm"]));
        double[] ends = [(Centre(0) - Centre(2)).Length, (Centre(1) - Centre(2)).Length];
        Assert.Equal(ends[1], Number(nearest[0]["mean_centre_distance_nm"]), 1e-6);
        Assert.Equal(ends[1], Number(nearest[1]["least_centre_distance_nm"]), 1e-6);
        Assert.Equal(ends[0], Number(nearest[1]["most_centre_distance_nm"]), 1e-6);
        Assert.Equal((ends[0] + ends[1]) / 2, Number(nearest[1]["median_centre_distance_nm"]), 1e-6);
        Assert.Equal(220, Number(nearest[2]["least_centre_distance_nm"]), 1.0);
        Assert.Equal(3, (int)report["objects"]!);
        Assert.Matches("^3 objects, 0\\.0\\d+ µm³, 0\\.\\d+ µm²; ", (string)report["summary"]!);
        Assert.Contains("1 of 3 objects have no class", (string)report["warnings"]![0]!, StringComparison.Ordinal);
        byte[] png = File.ReadAllBytes(Path.Combine(_folder, "all", "meshes.png"));
        Assert.Equal("\u0089PNG"u8.ToArray()[^3..], png[1..4]);
    }

    [Fact]
    public void The_same_bytes_come_out_for_any_number_of_threads()
    {
        using Volume<float> image = Balls();
        Run(image, "one", new Job(1), parameters: ("format", "stl,obj,ply"));
        Run(image, "five", new Job(5), parameters: ("format", "stl,obj,ply"));
        foreach (string file in Directory.GetFiles(Path.Combine(_folder, "one")))
            Assert.Equal(File.ReadAllBytes(file), File.ReadAllBytes(Path.Combine(_folder, "five", Path.GetFileName(file))));
    }

    [Fact]
    public void A_label_that_touches_everything_is_closed_and_in_contact_with_all()
    {
        using Volume<float> image = Balls();
        for (int z = 0; z < 14; z++)
            for (int y = 0; y < 40; y++)
                foreach (ref float voxel in image.Row(z, y))
                    if (voxel == 0) voxel = 5;
        Run(image, "x", parameters: [("format", "stl"), ("picture", "false"), ("view", "false")]);
        TriangleMesh around = StlFile.Read(File.ReadAllBytes(Path.Combine(_folder, "x", "label_5.stl")), "label_5.stl");
        Assert.True(MeshCheck.Of(around) is { Watertight: true, Parts: 3 }, "a box with two hollows; the third is open at the volume's end");
        Dictionary<string, string> row = Table("x", "objects.csv").Single(r => r["label"] == "5");
        Assert.Equal("1", row["at_border"]);
        Assert.Equal(Number(row["voxel_volume_um3"]), Number(row["mesh_volume_um3"]), 0.02 * Number(row["voxel_volume_um3"]));
        foreach (string other in new[] { "1,5", "5,300", "5,70000" }) Assert.Contains(File.ReadAllLines(Path.Combine(_folder, "x", "contacts.csv")), l => l.StartsWith(other + ",", StringComparison.Ordinal));
    }

    [Fact]
    public void Seventy_thousand_labels_of_a_few_voxels_and_of_one()
    {
        using var image = new Volume<float>(new Grid(new Size3(8, 320, 320), new Point3(30, 10, 10)));
        int label = 0;
        for (int z = 0; z < 8; z++)
            for (int y = 0; y + 2 <= 320; y += 3)
                for (int x = 0; x + 2 <= 320 && label < 70000; x += 3)
                {
                    label++;
                    for (int k = 0; k < (label % 10 == 0 ? 1 : 4); k++) image[z, y + (k >> 1), x + (k & 1)] = label;
                }
        JsonObject report = Run(image, "x", parameters: [("format", "ply"), ("picture", "false"), ("view", "false"), ("path_length", "false"), ("contact_limit", "0"), ("all_triangles", "true")]);
        Assert.Equal(70000, (int)report["objects"]!);
        List<Dictionary<string, string>> rows = Table("x", "objects.csv");
        Assert.Equal(Enumerable.Range(1, 70000).Select(l => $"{l}"), rows.Select(r => r["label"]));
        Assert.All(rows, r => Assert.Equal(Number(r["label"]) % 10 == 0 ? 1 : 4, Number(r["voxels"])));
        Assert.All(rows, r => Assert.Equal(Number(r["voxel_volume_um3"]), Number(r["mesh_volume_um3"]), 0.02 * Number(r["voxel_volume_um3"])));
    }

    [Fact]
    public void What_is_not_wanted_is_not_written()
    {
        using Volume<float> image = Balls();
        Run(image, "stl", parameters: [("format", "stl"), ("picture", "false"), ("view", "false")]);
        foreach (string file in new[] { "meshes.png", "view.html", "all.obj" }) Assert.False(File.Exists(Path.Combine(_folder, "stl", file)));
    }

    [Fact]
    public void A_view_that_would_be_too_large_is_left_out_with_a_word()
    {
        // A checkerboard: some 200,000 triangles.
        using var board = new Volume<byte>(Grid);
        for (int z = 0; z < 14; z++)
            for (int y = 0; y < 40; y++)
                for (int x = 0; x < 60; x++) board[z, y, x] = (byte)((z + y + x) % 2 * 255);
        JsonObject report = Run(board, "x", parameters: [("all_triangles", "true"), ("smoothing", "0"), ("view_limit", "1"), ("format", "stl"), ("picture", "false"), ("path_length", "false")]);
        Assert.False(File.Exists(Path.Combine(_folder, "x", "view.html")));
        Assert.Contains("view_limit = 1", (string)report["warnings"]![0]!, StringComparison.Ordinal);
    }

    [Fact]
    public void Outliers_are_taken_out_before_anything_is_measured()
    {
        using Volume<float> image = Balls();
        image[1, 2, 3] = 1;
        image[2, 3, 55] = 7;
        Run(image, "all");
        Run(image, "clean", parameters: [("clean_outliers", "0.25"), ("outlier_radius", "40")]);
        Assert.Equal(["1", "7", "300", "70000"], Table("all", "objects.csv").Select(r => r["label"]));
        Assert.Equal(["1", "300", "70000"], Table("clean", "objects.csv").Select(r => r["label"]));
        Assert.Equal(Number(Table("all", "objects.csv")[0]["voxels"]) - 1, Number(Table("clean", "objects.csv")[0]["voxels"]));
        Assert.Contains("clean_outliers", Refused(image, ("clean_outliers", "1.5")), StringComparison.Ordinal);
    }

    [Fact]
    public void The_published_stages_can_be_had()
    {
        using Volume<float> image = Balls();
        Run(image, "paper", parameters: [("surface", "paper"), ("format", "stl")]);
        Dictionary<string, string> row = Table("paper", "objects.csv")[0];
        double ball = 4.0 / 3 * Math.PI * 100 * 100 * 100;
        Assert.Equal(1, Number(row["mesh_volume_um3"]) * 1e9 / ball, 0.13);
        Assert.NotEqual(1, Number(row["mesh_volume_um3"]) / Number(row["voxel_volume_um3"]), 0.0005);
        Assert.True(MeshCheck.Of(StlFile.Read(File.ReadAllBytes(Path.Combine(_folder, "paper", "label_70000.stl")), "label_70000.stl")).Closed);
        Assert.Contains("surface", Refused(image, ("surface", "blender")), StringComparison.Ordinal);
    }

    [Fact]
    public void A_mask_is_one_object_or_its_pieces()
    {
        using var mask = new Volume<byte>(Grid);
        for (int z = 3; z < 8; z++)
            for (int y = 5; y < 30; y++)
            {
                mask.Row(z, y)[5..20].Fill(255);
                mask.Row(z, y)[30..50].Fill(255);
            }
        Run(mask, "whole");
        Assert.Equal(("255", "2"), (Table("whole", "objects.csv").Single()["label"], Table("whole", "objects.csv").Single()["shells"]));
        Run(mask, "pieces", parameters: ("label_components", "true"));
        Assert.Equal(["1", "2"], Table("pieces", "objects.csv").Select(r => r["label"]));
        Assert.All(Table("pieces", "objects.csv"), r => Assert.Equal("255", r["value"]));
    }

    [Fact]
    public void What_cannot_be_meshed_is_refused_and_leaves_nothing()
    {
        using var empty = new Volume<byte>(Grid);
        Assert.Contains("no object", Refused(empty), StringComparison.Ordinal);
        using Volume<float> image = Balls();
        Assert.Contains("minimum_size", Refused(image, ("minimum_size", "100000")), StringComparison.Ordinal);
        foreach (string bad in new[] { "", "vtk", "stl;obj" }) Assert.Contains("format", Refused(image, ("format", bad)), StringComparison.Ordinal);
        foreach ((string key, string value) in new[] { ("smoothing", "-1"), ("decimation_error", "-1"), ("taubin_rounds", "1.5"), ("contact_limit", "nan"), ("minimum_size", "0") })
            Assert.Contains(key, Refused(image, (key, value)), StringComparison.Ordinal);
        foreach (float bad in new[] { float.NaN, -1, 1.5f, 16777216, 5e9f, float.PositiveInfinity })
        {
            image[2, 3, 4] = bad;
            string message = Refused(image);
            Assert.Contains("labels: the voxel at slice 3, y = 3, x = 4", message, StringComparison.Ordinal);
            Assert.Contains("16777215", message, StringComparison.Ordinal);
        }
        Assert.Empty(Directory.GetFileSystemEntries(_folder));
        image[2, 3, 4] = 0;
        Run(image, "x");
        Assert.Contains("out", Refused(image), StringComparison.Ordinal);
        Run(image, "x", overwrite: true);
        File.WriteAllText(Path.Combine(_folder, "y"), "");
        Assert.Contains("out", Assert.Throws<BadInputException>(() => Run(image, "y", overwrite: true)).Message, StringComparison.Ordinal);
        Assert.Equal(["x", "y"], Directory.GetFileSystemEntries(_folder).Select(Path.GetFileName).Order());
    }

    [Fact]
    public void A_cancelled_run_leaves_nothing()
    {
        using Volume<float> image = Balls();
        using var source = new CancellationTokenSource();
        source.Cancel();
        Assert.ThrowsAny<OperationCanceledException>(() => Run(image, "x", new Job(2, source.Token)));
        Assert.Empty(Directory.GetFileSystemEntries(_folder));
    }

    private string Refused(ISliceSource image, params (string, string)[] parameters) => Assert.Throws<BadInputException>(() => Run(image, "x", parameters: parameters)).Message;

    private static double Number(string text) => double.Parse(text, System.Globalization.CultureInfo.InvariantCulture);

    private List<Dictionary<string, string>> Table(string folder, string file)
    {
        string[] lines = File.ReadAllLines(Path.Combine(_folder, folder, file));
        string[] header = lines[0].Split(',');
        return [.. lines.Skip(1).Select(l => header.Zip(l.Split(',')).ToDictionary(p => p.First, p => p.Second))];
    }
}

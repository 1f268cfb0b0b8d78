using System.Text.Json;
using System.Text.Json.Nodes;
using ClemReg.Algorithms.Mitochondria;
using ClemReg.Algorithms.Organelles;
using ClemReg.Algorithms.Pipelines;
using ClemReg.Algorithms.Tests.Detection;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Tests.Pipelines;

[Collection(EmModelRuns.InTurns)]
public sealed class SegmentOrganellesOperationTests : IDisposable
{
    private static readonly string[] Uncalibrated = ["image"];
    private readonly string _folder = Directory.CreateTempSubdirectory("clemreg-organelles").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    /// <summary>A dark and a bright ball in noise, 20 x 10 x 10 nm.</summary>
    private static Volume<byte> Balls()
    {
        var image = new Volume<byte>(new Grid(new Size3(12, 64, 96), new Point3(20, 10, 10)));
        var random = new Random(3);
        for (int z = 0; z < 12; z++)
            for (int y = 0; y < 64; y++)
                for (int x = 0; x < 96; x++) image[z, y, x] = (byte)((Dark(z, y, x) ? 70 : Bright(z, y, x) ? 210 : 140) + random.Next(-15, 16));
        return image;
    }

    private static bool Dark(int z, int y, int x) => 4 * (z - 5) * (z - 5) + (y - 30) * (y - 30) + (x - 25) * (x - 25) < 110;

    private static bool Bright(int z, int y, int x) => 4 * (z - 6) * (z - 6) + (y - 34) * (y - 34) + (x - 70) * (x - 70) < 80;

    /// <summary>The boxes of both balls; slice 6 lacks that of the dark one.</summary>
    private static string Table(int[]? without = null)
    {
        string table = "slice,class,name,x,y,width,height,score\n";
        for (int z = 0; z < 12; z++)
            foreach ((int number, string name, Func<int, int, int, bool> inside) in new (int, string, Func<int, int, int, bool>)[] { (0, "mitochondria", Dark), (1, "early endosomes", Bright) })
            {
                (int Y, int X)[] pixels = [.. from y in Enumerable.Range(0, 64) from x in Enumerable.Range(0, 96) where inside(z, y, x) select (y, x)];
                if (pixels.Length < 10 || number == 0 && (without ?? [6]).Contains(z)) continue;
                int x0 = pixels.Min(p => p.X), y0 = pixels.Min(p => p.Y);
                table += $"{z + 1},{number},{name},{x0 - 1},{y0 - 1},{pixels.Max(p => p.X) - x0 + 3},{pixels.Max(p => p.Y) - y0 + 3},0.9\n";
            }
        return table;
    }

    private static OperationResult Run(ISliceSource image, object texts, object paths, Dictionary<string, object>? inputs = null, params (string Key, string Value)[] parameters)
    {
        string json = JsonSerializer.Serialize(new { parameters = parameters.ToDictionary(p => p.Key, p => p.Value), texts, paths, onnxruntime = Inference.TestRuntime.Library });
        return Operations.Find("segment_organelles").Run(JsonDocument.Parse(json).RootElement, new Dictionary<string, object>(inputs ?? []) { ["image"] = image }, new Job(2));
    }

    private static object Boxes(string? table = null) => new { boxes = new { file = "boxes.csv", text = table ?? Table() } };

    private static string File(OperationResult result, string path) =>
        (string)result.Json["files"]!.AsArray().Single(f => (string)f!["path"]! == path)!["text"]!;

    private static double IntersectionOverUnion(OperationResult result, int label, Func<int, int, int, bool> truth)
    {
        var labels = (LabelVolume)result.Outputs["labels"];
        var slice = new uint[64 * 96];
        double both = 0, any = 0;
        for (int z = 0; z < 12; z++)
        {
            labels.ReadLabels(z, slice);
            for (int i = 0; i < slice.Length; i++)
            {
                bool a = slice[i] == label, b = truth(z, i / 96, i % 96);
                (both, any) = (both + (a && b ? 1 : 0), any + (a || b ? 1 : 0));
            }
        }
        return both / any;
    }

    [Fact]
    public void Boxes_become_organelles_of_their_classes_and_a_missing_box_is_filled()
    {
        using Volume<byte> image = Balls();
        using OperationResult result = Run(image, Boxes(), new { });
        Assert.Equal(2, (int)result.Json["objects"]!);
        Assert.True(IntersectionOverUnion(result, 1, Dark) > 0.85);
        Assert.True(IntersectionOverUnion(result, 2, Bright) > 0.85);
        string[] objects = File(result, "objects.csv").Split('\n');
        Assert.StartsWith("label,class,first_slice,last_slice,slices,slices_filled,boxes,mean_score,voxels,voxels_hidden,volume_um3,x,y,width,height,suggestion", objects[0], StringComparison.Ordinal);
        Assert.Contains(objects, l => l.StartsWith("1,mitochondria,", StringComparison.Ordinal) && l.Split(',')[5] == "1");
        Assert.Contains("2,early endosomes\n", File(result, "classes.csv"), StringComparison.Ordinal);
        Assert.Equal("mitochondria\nearly endosomes\n", File(result, "boxes/obj.names"));
        Assert.DoesNotContain("\n0 ", "\n" + File(result, "boxes/slice_0007.txt"), StringComparison.Ordinal);
        Assert.Equal(["mitochondria", "early endosomes"], RecipeBook.Read(File(result, "recipes.json"), "recipes.json").Classes);
        Assert.Contains("2 organelles of", (string)result.Json["summary"]!, StringComparison.Ordinal);
        Assert.Equal(3, ((Volume<byte>)result.Outputs["overlay"]).Grid.Size.Z);
        Assert.Contains("\"composition\": \"linked\"", File(result, "run.json"), StringComparison.Ordinal);
        using OperationResult paper = Run(image, Boxes(), new { }, null, ("composition", "paper"));
        Assert.Contains("\"composition\": \"paper\"", File(paper, "run.json"), StringComparison.Ordinal);
    }

    [Fact]
    public void What_it_writes_it_reads_again_with_the_same_result()
    {
        using Volume<byte> image = Balls();
        using OperationResult first = Run(image, Boxes(Table([])), new { });
        foreach (JsonNode? file in first.Json["files"]!.AsArray())
        {
            if (!((string)file!["path"]!).StartsWith("boxes/", StringComparison.Ordinal)) continue;
            Directory.CreateDirectory(Path.Combine(_folder, "boxes"));
            System.IO.File.WriteAllText(Path.Combine(_folder, (string)file["path"]!), (string)file["text"]!);
        }
        using OperationResult again = Run(image, new { recipes = new { file = "recipes.json", text = File(first, "recipes.json") } }, new { boxes = Path.Combine(_folder, "boxes") });
        Assert.Equal(File(first, "classes.csv"), File(again, "classes.csv"));
        for (int z = 0; z < 12; z++)
        {
            uint[] a = new uint[64 * 96], b = new uint[64 * 96];
            ((LabelVolume)first.Outputs["labels"]).ReadLabels(z, a);
            ((LabelVolume)again.Outputs["labels"]).ReadLabels(z, b);
            Assert.Equal(a, b);
        }
    }

    [Fact]
    public void A_network_finds_the_boxes()
    {
        using var image = new Volume<byte>(new Grid(new Size3(3, 64, 64), new Point3(20, 10, 10)));
        for (int z = 0; z < 3; z++) image[z, 20, 35] = 230;
        string model = CellNetwork.Write(_folder, ("names", "{0: 'mito'}"));
        using OperationResult result = Run(image, new { }, new { model }, null, ("recipe", "box"), ("provider", "cpu"));
        Assert.Equal(1, (int)result.Json["objects"]!);
        Assert.Equal("1,mito", File(result, "classes.csv").Split('\n')[1]);
        Assert.Equal("v8", (string)result.Json["model"]!["layout"]!);
        Assert.Contains("both given", Refused(image, Boxes(), new { model }), StringComparison.Ordinal);
    }

    [Fact]
    public void Labels_of_another_tool_give_the_pixels()
    {
        using Volume<byte> image = Balls();
        using var labels = new Volume<ushort>(image.Grid);
        for (int z = 0; z < 12; z++)
            for (int y = 0; y < 64; y++)
                for (int x = 0; x < 96; x++) labels[z, y, x] = (ushort)(Dark(z, y, x) ? 20001 : Bright(z, y, x) ? 20002 : 0);
        using OperationResult result = Run(image, Boxes(Table([])), new { }, new Dictionary<string, object> { ["segmentation"] = labels }, ("recipe", "labels"), ("fill_gaps", "false"));
        Assert.True(IntersectionOverUnion(result, 1, Dark) > 0.99);
        Assert.True(IntersectionOverUnion(result, 2, Bright) > 0.99);
    }

    [Fact]
    public void Labels_of_nothing_give_none_and_one_of_everything_gives_the_boxes()
    {
        using Volume<byte> image = Balls();
        using var labels = new Volume<ushort>(image.Grid);
        var inputs = new Dictionary<string, object> { ["segmentation"] = labels };
        using OperationResult none = Run(image, Boxes(Table([])), new { }, inputs, ("recipe", "labels"));
        Assert.Equal(0, (int)none.Json["objects"]!);
        Assert.Contains("boxes hold no organelle's pixels", (string)none.Json["warnings"]![0]!, StringComparison.Ordinal);
        for (int z = 0; z < 12; z++) labels.Slice(z).Fill(7);
        using OperationResult all = Run(image, Boxes(Table([])), new { }, inputs, ("recipe", "labels")), boxes = Run(image, Boxes(Table([])), new { }, null, ("recipe", "box"));
        Assert.Equal(File(boxes, "objects.csv"), File(all, "objects.csv"));
    }

    [Fact]
    public void What_lasts_for_few_slices_is_left_out_and_told_unless_it_was_drawn_by_hand()
    {
        using Volume<byte> image = Balls();
        const string error = "6,0,mitochondria,40,5,14,14,0.9\n7,0,mitochondria,40,5,14,14,0.9\n";
        using OperationResult result = Run(image, Boxes(Table() + error), new { }, null, ("recipe", "box"));
        Assert.Equal((2, 1), ((int)result.Json["objects"]!, (int)result.Json["objects_left_out"]!));
        Assert.Contains("1 organelle left out: flatter than least_depth = 0.4", (string)result.Json["warnings"]![0]!, StringComparison.Ordinal);
        foreach ((string key, string value) in new[] { ("least_depth", "0"), ("composition", "paper") })
        {
            using OperationResult all = Run(image, Boxes(Table() + error), new { }, null, ("recipe", "box"), (key, value));
            Assert.Empty(all.Json["warnings"]!.AsArray());
        }
        using OperationResult drawn = Run(image, Boxes(Table() + error.Replace("0.9", "1", StringComparison.Ordinal)), new { }, null, ("recipe", "box"));
        Assert.Equal(3, (int)drawn.Json["objects"]!);
    }

    [Fact]
    public void A_model_of_a_structure_gives_the_pixels()
    {
        using Volume<byte> image = Balls();
        string model = Path.Combine(_folder, "dark.onnx");
        System.IO.File.Copy(Inference.TestRuntime.Golden("dark.onnx"), model);
        using OperationResult result = Run(image, Boxes(Table([])), new { segmenter = model }, null, ("recipe", "labels"), ("provider", "cpu"));
        Assert.True(IntersectionOverUnion(result, 1, Dark) > 0.7);
        Assert.Equal("dark.onnx", (string)result.Json["segmenter"]!["file"]!);
        Assert.Contains("no recipe", Refused(image, Boxes(), new { segmenter = model }), StringComparison.Ordinal);
        using var labels = new Volume<ushort>(image.Grid);
        string json = JsonSerializer.Serialize(new { parameters = new { recipe = "labels" }, texts = Boxes(), paths = new { segmenter = model } });
        var inputs = new Dictionary<string, object> { ["image"] = image, ["segmentation"] = labels };
        Assert.Contains("both given", Assert.Throws<BadInputException>(() => Operations.Find("segment_organelles").Run(JsonDocument.Parse(json).RootElement, inputs, new Job(2))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void More_organelles_than_16_bits_can_number_are_32_bit_floats()
    {
        const int side = 265, many = side * side;
        using var image = new Volume<byte>(new Grid(new Size3(1, 3 * side, 3 * side), new Point3(20, 10, 10)));
        var table = new System.Text.StringBuilder("slice,class,name,x,y,width,height,score\n");
        for (int i = 0; i < many; i++) table.Append(System.Globalization.CultureInfo.InvariantCulture, $"1,0,vesicle,{3 * (i % side)},{3 * (i / side)},2,2,1\n");
        using OperationResult result = Run(image, Boxes(table.ToString()), new { }, null, ("recipe", "box"), ("composition", "paper"));
        var labels = (LabelVolume)result.Outputs["labels"];
        Assert.Equal((many, VoxelType.Float32), (labels.Objects.Count, labels.Type));
        var slice = new float[image.Grid.Size.SliceCount];
        new FloatSlices(labels).Read(0, new Job(1)).CopyTo(slice);
        Assert.Equal(many, slice.Max());
        // Each number is exact.
        Assert.Equal(many, slice.Distinct().Count(v => v > 0));
    }

    [Fact]
    public void Small_ones_are_left_out_and_cleaning_is_told()
    {
        using Volume<byte> image = Balls();
        using OperationResult result = Run(image, Boxes(), new { }, null, ("minimum_size", "1500"), ("outlier_radius", "40"));
        Assert.Equal(1, (int)result.Json["objects"]!);
        Assert.Equal(1, (int)result.Json["objects_left_out"]!);
        Assert.True((long)result.Json["voxels_cleaned"]! >= 0);
        using OperationResult none = Run(image, Boxes(), new { }, null, ("least_slices", "50"));
        Assert.Equal(0, (int)none.Json["objects"]!);
        Assert.Equal("label,class\n", File(none, "classes.csv"));
    }

    private static string Refused(ISliceSource image, object texts, object paths, params (string, string)[] parameters) =>
        Assert.Throws<BadInputException>(() => Run(image, texts, paths, null, parameters)).Message;

    [Fact]
    public void Bad_input_is_refused_with_what_is_wrong()
    {
        using Volume<byte> image = Balls();
        Assert.Contains("boxes is missing", Refused(image, new { }, new { }), StringComparison.Ordinal);
        Assert.Contains("slice 99", Refused(image, Boxes("slice,name,x,y,width,height\n99,mito,1,1,5,5\n"), new { }), StringComparison.Ordinal);
        Assert.Contains("outside the image", Refused(image, Boxes("slice,name,x,y,width,height\n1,mito,500,1,5,5\n"), new { }), StringComparison.Ordinal);
        Assert.Contains("line 2", Refused(image, Boxes("slice,name,x,y,width,height\n1,mito,x,1,5,5\n"), new { }), StringComparison.Ordinal);
        object Recipes(string text) => new { boxes = new { file = "boxes.csv", text = Table() }, recipes = new { file = "r.json", text } };
        Assert.Contains("no recipe for the class mitochondria", Refused(image, Recipes("{\"recipes\": {\"Golgi\": {}}}"), new { }), StringComparison.Ordinal);
        Assert.Contains("by_class", Refused(image, Recipes("{\"recipes\": {\"default\": {}}}"), new { }, ("recipe", "dark")), StringComparison.Ordinal);
        Assert.Contains("segmentation is missing", Refused(image, Boxes(), new { }, ("recipe", "labels")), StringComparison.Ordinal);
        Assert.Contains("blur = 50000", Refused(image, Boxes(), new { }, ("recipe", "dark"), ("recipe_blur", "50000")), StringComparison.Ordinal);
        Assert.Contains("outlier_radius", Refused(image, Boxes(), new { }, ("outlier_radius", "3")), StringComparison.Ordinal);
        string unknown = JsonSerializer.Serialize(new { texts = Boxes(), uncalibrated = Uncalibrated });
        Assert.Contains("pixel size is not known", Assert.Throws<BadInputException>(() => Operations.Find("segment_organelles").Run(JsonDocument.Parse(unknown).RootElement, new Dictionary<string, object> { ["image"] = image }, new Job(1))).Message, StringComparison.Ordinal);
        using var floats = new Volume<float>(image.Grid);
        floats[2, 30, 25] = float.NaN;
        Assert.Contains("not a finite number", Refused(floats, Boxes(), new { }), StringComparison.Ordinal);
        // No box at all is no error, and an unknown class is taken to be dark.
        using OperationResult nothing = Run(image, Boxes("slice,class,name,x,y,width,height,score\n"), new { });
        Assert.Contains("no box", (string)nothing.Json["warnings"]![0]!, StringComparison.Ordinal);
        using OperationResult other = Run(image, Boxes("slice,name,x,y,width,height\n6,peroxisome,14,19,23,23\n"), new { });
        Assert.Contains("peroxisome", (string)other.Json["warnings"]![0]!, StringComparison.Ordinal);
        Assert.Equal(1, (int)other.Json["objects"]!);
        // Numbers without names are told, names of one's own are taken.
        object numbers = Boxes("slice,class,x,y,width,height\n6,1,14,19,23,23\n");
        using OperationResult unnamed = Run(image, numbers, new { }, null, ("recipe", "dark"));
        Assert.Contains("no names for the classes class_1: put obj.names", (string)unnamed.Json["warnings"]![0]!, StringComparison.Ordinal);
        using OperationResult named = Run(image, new { boxes = new { file = "boxes.csv", text = "slice,class,x,y,width,height\n6,1,14,19,23,23\n" }, names = new { file = "obj.names", text = "a\nb\n" } }, new { }, null, ("recipe", "dark"));
        Assert.Empty(named.Json["warnings"]!.AsArray());
    }
}

using System.IO.Compression;
using System.Text.Json;
using System.Text.Json.Nodes;
using ClemReg.Algorithms.Datasets;
using ClemReg.Algorithms.Inference.Conversion;
using ClemReg.Algorithms.Pipelines;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Tests.Pipelines;

/// <summary>Datasets for YOLO networks, written and read back in each layout; and what is wrong with those that others made.</summary>
public sealed class DatasetOperationTests : IDisposable
{
    private const int Slices = 60, Height = 40, Width = 64;
    private readonly string _folder = Directory.CreateTempSubdirectory("clemreg-dataset").FullName;
    private readonly Volume<ushort> _image = new(new Grid(new Size3(Slices, Height, Width), new Point3(50, 10, 10), default));

    public DatasetOperationTests()
    {
        for (int z = 0; z < Slices; z++)
            for (int y = 0; y < Height; y++)
                for (int x = 0; x < Width; x++) _image[z, y, x] = (ushort)(60 * x + 3 * y + z);
        Put("boxes/obj.names", "mito\nGolgi's #1\n");
        Put("boxes/boxes.csv", "slice,class,name,x,y,width,height,score\n3,0,mito,10,5,20,10,1\n3,1,Golgi's #1,0,0,7.5,8.25,1\n30,0,mito,40,20,24,20,0.6\n50,1,Golgi's #1,60,1,8,9,1\n");
        Put("boxes/slices.csv", "slice,annotated\n3,1\n12,1\n30,1\n50,1\n55,0\n");
    }

    public void Dispose()
    {
        _image.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private string At(string name) => Path.Combine(_folder, name);

    private void Put(string name, string text)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(At(name))!);
        File.WriteAllText(At(name), text);
    }

    private static JsonObject Run(string operation, (string Port, string Path)[] paths, ISliceSource? image = null, string? names = null, Job? job = null, params (string Key, string Value)[] parameters)
    {
        var request = new JsonObject
        {
            ["names"] = new JsonObject { ["image"] = "my em.tif" },
            ["parameters"] = new JsonObject([.. parameters.Select(p => KeyValuePair.Create(p.Key, (JsonNode?)p.Value))]),
            ["paths"] = new JsonObject([.. paths.Select(p => KeyValuePair.Create(p.Port, (JsonNode?)p.Path))]),
        };
        if (names is not null) request["texts"] = new JsonObject { ["names"] = new JsonObject { ["file"] = "n.names", ["text"] = names } };
        var inputs = new Dictionary<string, object>();
        if (image is not null) inputs["image"] = image;
        using OperationResult result = Operations.Find(operation).Run(JsonDocument.Parse(request.ToJsonString()).RootElement, inputs, job ?? new Job(2));
        return result.Json;
    }

    private JsonObject Export(string to, params (string Key, string Value)[] parameters) => Run("export_dataset", [("boxes", At("boxes")), ("dataset", At(to))], _image, null, null, parameters);

    private JsonObject Import(string from, ISliceSource? image = null, string? names = null, params (string Key, string Value)[] parameters) => Run("import_dataset", [("dataset", At(from))], image, names, null, parameters);

    private static string FileOf(JsonObject report, string name) => (string)report["files"]!.AsArray().Single(f => (string)f!["path"]! == name)!["text"]!;

    private string[] Files(string folder) => [.. Directory.GetFiles(At(folder), "*", SearchOption.AllDirectories).Select(f => Path.GetRelativePath(At(folder), f).Replace('\\', '/')).Order(StringComparer.Ordinal)];

    [Theory]
    [InlineData("both")]
    [InlineData("darknet")]
    [InlineData("ultralytics")]
    public void What_is_written_comes_back(string layout)
    {
        JsonObject report = Export("set", ("dataset_layout", layout), ("em_intensity_range", "0,4000"));
        Assert.Equal(["mito", "Golgi's #1"], report["classes"]!.AsArray().Select(c => (string)c!));
        Assert.Equal([3, 12, 30, 50], report["slices"]!.AsArray().Select(s => (int)s!["slice"]!));
        // Moved, it is found wherever it lies.
        Directory.Move(At("set"), At("moved"));
        foreach (ISliceSource? image in new ISliceSource?[] { _image, null })
        {
            JsonObject back = Import("moved", image);
            ObjectBoxes boxes = ObjectBoxTable.Read(FileOf(back, "boxes.csv"), ObjectBoxTable.ReadNames(FileOf(back, "obj.names")));
            ObjectBoxes given = ObjectBoxFolder.Read(At("boxes"), Slices, Height, Width, null);
            Assert.Equal(given.Classes, boxes.Classes);
            Assert.Equal(given.Boxes.Count, boxes.Boxes.Count);
            foreach ((SliceBox a, SliceBox b) in given.Boxes.Zip(boxes.Boxes))
            {
                Assert.Equal((a.Slice, a.Box.Class), (b.Slice, b.Box.Class));
                // Six decimals of 64 pixels, then two decimals of a pixel.
                Assert.Equal(a.Box.Left, b.Box.Left, 0.011);
                Assert.Equal(a.Box.Bottom, b.Box.Bottom, 0.021);
            }
            Assert.Equal("slice,annotated\n3,1\n12,1\n30,1\n50,1\n", FileOf(back, "slices.csv"));
        }
    }

    [Fact]
    public void Each_program_finds_its_files()
    {
        Export("set", ("em_intensity_range", "0,4000"));
        string[] files = Files("set");
        foreach (string file in new[] { "obj.names", "obj.data", "train.txt", "valid.txt", "dataset.yaml", "dataset.json", "yolov4.cfg", "yolov4-tiny.cfg", "backup/README.txt" }) Assert.Contains(file, files);
        Assert.Equal("classes = 2\ntrain = train.txt\nvalid = valid.txt\nnames = obj.names\nbackup = backup\n", File.ReadAllText(At("set/obj.data")));
        string[] lists = [.. File.ReadAllLines(At("set/train.txt")), .. File.ReadAllLines(At("set/valid.txt"))];
        Assert.Equal(4, lists.Length);
        Assert.All(lists, p => Assert.True(File.Exists(At("set/" + p)) && File.Exists(At("set/" + Path.ChangeExtension(p, ".txt"))) && File.Exists(At("set/" + Path.ChangeExtension(p, ".txt").Replace("images/", "labels/", StringComparison.Ordinal))), p));
        string third = lists.Single(p => p.EndsWith("my_em_z0003.png", StringComparison.Ordinal));
        Assert.Equal("0 0.312500 0.250000 0.312500 0.250000\n1 0.058594 0.103125 0.117188 0.206250\n", File.ReadAllText(At("set/" + Path.ChangeExtension(third, ".txt"))));
        Assert.Equal("", File.ReadAllText(At("set/" + Path.ChangeExtension(lists.Single(p => p.Contains("z0012", StringComparison.Ordinal)), ".txt"))));
        string yaml = File.ReadAllText(At("set/dataset.yaml"));
        Assert.Contains("train: images/train\nval: images/val\nnc: 2\nnames:\n  0: 'mito'\n  1: 'Golgi''s #1'\n", yaml, StringComparison.Ordinal);
        foreach (string cfg in new[] { "yolov4.cfg", "yolov4-tiny.cfg" })
        {
            IReadOnlyList<DarknetSection> sections = DarknetConfiguration.Read(At("set/" + cfg));
            Assert.Equal(608, sections[0].Whole("width", 0));
            DarknetSection[] heads = [.. sections.Where(s => s.Kind == "yolo")];
            Assert.All(heads, h => Assert.Equal(2, h.Whole("classes", 0)));
            Assert.All(Enumerable.Range(0, sections.Count).Where(i => sections[i].Kind == "yolo"), i => Assert.Equal(21, sections[i - 1].Whole("filters", 0)));
        }
    }

    [Fact]
    public void Pictures_have_the_greys_that_detection_gives_the_network()
    {
        Export("set", ("em_intensity_range", "100,3000"));
        string picture = Directory.GetFiles(At("set"), "my_em_z0030.png", SearchOption.AllDirectories).Single();
        byte[] grey = Unpacked(picture, out int height, out int width);
        Assert.Equal((Height, Width), (height, width));
        for (int y = 0; y < Height; y++)
            for (int x = 0; x < Width; x++)
                Assert.Equal((byte)Math.Round(255 * Math.Clamp((60f * x + 3 * y + 29 - 100) / 2900, 0, 1)), grey[y * Width + x]);
    }

    /// <summary>An independent reading of an unfiltered grey PNG.</summary>
    private static byte[] Unpacked(string path, out int height, out int width)
    {
        byte[] file = File.ReadAllBytes(path);
        int Number(int at) => file[at] << 24 | file[at + 1] << 16 | file[at + 2] << 8 | file[at + 3];
        (width, height) = (Number(16), Number(20));
        Assert.Equal((8, 0), (file[24], file[25]));
        using var data = new MemoryStream();
        for (int at = 33; at < file.Length;)
        {
            int length = Number(at);
            if (file.AsSpan(at + 4, 4).SequenceEqual("IDAT"u8)) data.Write(file, at + 8, length);
            at += 12 + length;
        }
        data.Position = 0;
        using var zlib = new ZLibStream(data, CompressionMode.Decompress);
        var grey = new byte[width * height];
        for (int y = 0; y < height; y++)
        {
            Assert.Equal(0, zlib.ReadByte());
            zlib.ReadExactly(grey.AsSpan(y * width, width));
        }
        return grey;
    }

    [Fact]
    public void Sure_boxes_all_slices_and_lists_are_chosen()
    {
        JsonObject sure = Export("sure", ("minimum_score", "0.9"), ("slices", "1-3,30"));
        Assert.Equal([0, 0, 2, 0], sure["slices"]!.AsArray().Select(s => (int)s!["boxes"]!));
        Assert.Contains("No box of", string.Join(' ', Export("none", ("slices", "1"))["warnings"]!.AsArray().Select(w => (string)w!)), StringComparison.Ordinal);
        Assert.Equal(Slices, Export("all", ("slices", "all"), ("dataset_layout", "ultralytics"))["slices"]!.AsArray().Count);
        Assert.DoesNotContain("obj.data", Files("all"));
        Assert.Equal("train: images/train\nval: images/train\n", string.Join('\n', File.ReadAllLines(At("none/dataset.yaml"))[1..3]) + "\n");
    }

    [Fact]
    public void Near_slices_stay_together_and_the_log_says_why()
    {
        Put("boxes/slices.csv", ObjectBoxTable.WriteSlices(Enumerable.Range(0, 20).Select(z => (z, true))));
        var heard = new Heard();
        JsonObject report = Run("export_dataset", [("boxes", At("boxes/boxes.csv")), ("dataset", At("set"))], _image, null, new Job(1, default, heard));
        Assert.Contains("nearly copies", string.Join(' ', heard.Lines), StringComparison.Ordinal);
        Assert.Contains("had to be cut", (string)report["warnings"]![0]!, StringComparison.Ordinal);
    }

    [Fact]
    public void Anchors_are_fitted_to_the_slices_for_training()
    {
        Put("boxes/boxes.csv", "slice,class,name,x,y,width,height,score\n" + string.Concat(Enumerable.Range(0, 12).Select(i => $"3,0,mito,{i},{i},{4 + 3 * i},{6 + 2 * i},1\n")));
        Put("boxes/slices.csv", "slice,annotated\n3,1\n");
        JsonObject report = Export("set", ("network_side", "320"));
        // 64 x 40 pixels are stretched to 320 x 320.
        double[][] anchors = [.. report["anchors"]!.AsArray().Select(a => a!.AsArray().Select(v => (double)v!).ToArray())];
        Assert.Equal(9, anchors.Length);
        Assert.InRange(anchors[0][0], 20, 35);
        Assert.InRange(anchors[^1][1], 8 * 24, 8 * 28);
        Assert.Contains("anchors=" + string.Join(", ", anchors.Select(a => $"{a[0]},{a[1]}")) + "\n", File.ReadAllText(At("set/yolov4.cfg")), StringComparison.Ordinal);
        Assert.Equal(6, report["tiny_anchors"]!.AsArray().Count);
        Assert.Contains("12, 16, 19, 36", string.Join(", ", DarknetConfiguration.Read(At("few/yolov4.cfg", Export("few", ("anchors", "published")))).First(s => s.Kind == "yolo").Numbers("anchors")), StringComparison.Ordinal);
    }

    private string At(string name, JsonObject made)
    {
        Assert.Null(made["anchors"]);
        return At(name);
    }

    [Fact]
    public void Large_slices_become_pieces_and_their_boxes_stay_whole_beside_them()
    {
        JsonObject report = Export("set", ("dataset_tile", "32"), ("dataset_tile_overlap", "10"), ("em_intensity_range", "0,4000"), ("anchors", "published"));
        Assert.Equal(6, (int)report["pictures_a_slice"]!);
        string[] pictures = [.. Directory.GetFiles(At("set/images"), "*.png", SearchOption.AllDirectories).Select(f => Path.GetFileName(f)!).Order(StringComparer.Ordinal)];
        Assert.Equal(4 * 6, pictures.Length);
        // Rows 0 to 32 and 8 to 40; columns from 0, 22 and 32.
        Assert.Equal(["y00000_x00000", "y00000_x00022", "y00000_x00032", "y00008_x00000", "y00008_x00022", "y00008_x00032"], pictures.Take(6).Select(p => p["my_em_z0003_".Length..^".png".Length]));
        string Of(string piece) => File.ReadAllText(Directory.GetFiles(At("set/labels"), $"*{piece}.txt", SearchOption.AllDirectories).Single());
        // The mitochondrion of slice 3 lies at 10 to 30, 5 to 15: whole in the first piece, by 8 of 20 columns in the second, none of them half.
        Assert.Equal("0 0.625000 0.312500 0.625000 0.312500\n1 0.117188 0.128906 0.234375 0.257812\n", Of("z0003_y00000_x00000"));
        Assert.Equal("", Of("z0003_y00000_x00022"));
        // Of its rows 8 to 15 of 10 lie in the piece below.
        Assert.Equal("0 0.625000 0.109375 0.625000 0.218750\n", Of("z0003_y00008_x00000"));
        string picture = Directory.GetFiles(At("set/images"), "my_em_z0030_y00008_x00022.png", SearchOption.AllDirectories).Single();
        byte[] grey = Unpacked(picture, out int height, out int width);
        Assert.Equal((32, 32), (height, width));
        for (int y = 0; y < height; y++)
            for (int x = 0; x < width; x++) Assert.Equal((byte)Math.Round(255 * Math.Clamp((60f * (x + 22) + 3 * (y + 8) + 29) / 4000, 0, 1)), grey[y * width + x]);
        // The folder itself is one of boxes.
        ObjectBoxes whole = ObjectBoxFolder.Read(At("set"), Slices, Height, Width, null), given = ObjectBoxFolder.Read(At("boxes"), Slices, Height, Width, null);
        Assert.Equal(given.Boxes, whole.Boxes);
        Assert.Equal(given.Annotated, whole.Annotated);
        Refused("is a piece of a slice", () => Import("set"));
        Refused("dataset_tile = 8", () => Export("x", ("dataset_tile", "8")));
        Refused("dataset_tile_overlap = 128", () => Export("x", ("dataset_tile", "64")));
    }

    [Fact]
    public void What_cannot_be_exported_leaves_nothing()
    {
        Refused("network_side = 600", () => Export("x", ("network_side", "600")));
        Refused("slices = 70", () => Export("x", ("slices", "70")));
        Refused("validation_share", () => Export("x", ("validation_share", "0.95")));
        Put("boxes/slices.csv", "slice,annotated\n3,0\n");
        Refused("holds no annotated slice", () => Export("x"));
        File.Delete(At("boxes/slices.csv"));
        Refused("'golgi' is not", () =>
        {
            Put("boxes/boxes.csv", "slice,name,x,y,width,height\n1,golgi,1,1,2,2\n");
            Export("x");
        });
        Assert.False(Directory.Exists(At("x")));
        Assert.Equal(["boxes"], Directory.GetFileSystemEntries(_folder).Select(Path.GetFileName));
        using var cancelled = new CancellationTokenSource();
        cancelled.Cancel();
        Assert.Throws<OperationCanceledException>(() => Run("export_dataset", [("boxes", At("boxes")), ("dataset", At("x"))], _image, "golgi", new Job(1, cancelled.Token)));
        Assert.Equal(["boxes"], Directory.GetFileSystemEntries(_folder).Select(Path.GetFileName));
    }

    [Fact]
    public void A_folder_of_YOLO_mark_is_read_with_its_names_beside_it()
    {
        foreach ((string name, string text) in new[] { ("img/em_0004.png", "1 0.5 0.5 0.25 0.25\n"), ("img/em_0009.png", "") })
        {
            Picture(name, Width, Height);
            Put(Path.ChangeExtension(name, ".txt"), text);
        }
        Picture("img/em_0010.png", Width, Height);
        Put("obj.names", "a\nb\n");
        JsonObject report = Import("img", _image);
        Assert.Equal("slice,class,name,x,y,width,height,score\n4,1,b,24,15,16,10,1\n", FileOf(report, "boxes.csv"));
        Assert.Equal("slice,annotated\n4,1\n9,1\n", FileOf(report, "slices.csv"));
        Assert.Contains("1 of 3 pictures have no text", (string)report["warnings"]![0]!, StringComparison.Ordinal);
        Assert.Equal("slice,annotated\n1,1\n2,1\n", FileOf(Import("img", null, null, ("slice_numbers", "order")), "slices.csv"));
    }

    [Fact]
    public void Darknets_paths_from_a_folder_above_are_found()
    {
        Picture("data/obj/z3.png", Width, Height);
        Put("data/obj/z3.txt", "0 0.5 0.5 0.1 0.1\n");
        Put("data/train.txt", "data/obj/z3.png\n");
        Put("data/names.txt", "mito\n");
        Put("data/obj.data", "classes= 1\ntrain  = data/train.txt\nvalid  = data/train.txt\nnames = /elsewhere/names.txt\nbackup = backup/\n");
        Assert.Equal(1, (int)Import("data")["boxes"]!);
        Put("data/obj.data", "classes= 2\ntrain = train.txt\nnames = names.txt\n");
        Refused("classes = 2, but 1 classes are named", () => Import("data"));
        Put("data/obj.data", "train = train.txt\n");
        Refused("names is missing", () => Import("data"));
        Assert.Equal(1, (int)Import("data", null, "own\n")["boxes"]!);
        Put("data/obj.data", "names = names.txt\n");
        Refused("neither train nor valid", () => Import("data"));
        Put("data/obj.data", "names = names.txt\ntrain = train.txt\nhello\n");
        Refused("line 3: 'hello' is not key = value", () => Import("data"));
        Put("data/obj.data", "names = names.txt\ntrain = train.txt\n");
        Put("data/train.txt", "data/obj/z3.png\ngone.png\n");
        Assert.Contains("line 2: there is no picture gone.png", Assert.Throws<NotFoundException>(() => Import("data")).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("names: ['a', 'b']\ntrain: images/train\n", 2)]
    [InlineData("train: images/train # here\nnames: [a, b]\nnc: 2\n", 2)]
    [InlineData("path: .\ntrain:\n  - images/train\nnames:\n- a\n- \"b\"\n", 2)]
    [InlineData("val: images/train\nnames: {0: a, 1: b}\ndownload: |\n  some script: of theirs\n", 2)]
    public void Ways_to_write_a_dataset_yaml(string yaml, int classes)
    {
        Picture("y/images/train/s1.png", Width, Height);
        Put("y/labels/train/s1.txt", "1 0.5 0.5 0.1 0.1\n");
        Put("y/data.yaml", yaml);
        JsonObject report = Import("y");
        Assert.Equal(classes, report["classes"]!.AsArray().Count);
        Assert.Equal(1, (int)report["boxes"]!);
    }

    [Theory]
    [InlineData("train: images/train\n", "names is missing")]
    [InlineData("names: [a]\n", "neither train nor val")]
    [InlineData("names: [a]\ntrain: elsewhere\n", "there is no elsewhere")]
    [InlineData("names:\n  0: a\n  2: b\ntrain: images/train\n", "class 1 has no name")]
    [InlineData("names: [a, b]\nnc: 3\ntrain: images/train\n", "nc = 3, but 2 classes")]
    [InlineData("names: [a]\ntrain images\n", "line 2: a line must be key: value")]
    [InlineData("names:\n  one: a\ntrain: images/train\n", "line 2: the classes under names must be numbered")]
    [InlineData("names: [a]\ntrain: images/train\n", "s1.txt: line 1: class 1, but 1 classes are named")]
    public void A_dataset_yaml_with_a_fault_is_refused(string yaml, string message)
    {
        Picture("y/images/train/s1.png", Width, Height);
        Put("y/labels/train/s1.txt", "1 0.5 0.5 0.1 0.1\n");
        Put("y/dataset.yaml", yaml);
        Assert.Contains(message, Assert.ThrowsAny<ClemRegException>(() => Import("y")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Pictures_that_are_no_slices_of_the_stack_are_refused()
    {
        Refused("holds no dataset.yaml", () => Import("boxes"));
        Picture("m/a_1.png", Width, Height);
        Put("m/a_1.txt", "0 0.5 0.5 0.1 zero\n");
        Refused("a_1.txt: line 1: 'zero' is no number", () => Import("m"));
        Put("m/a_1.txt", "0 300 200 50 50\n");
        Refused("shares of the image's size", () => Import("m"));
        Put("m/a_1.txt", "");
        Refused("a_1.png has 64 x 40 pixels, but the image's slices have 32 x 40", () =>
        {
            using var other = new Volume<byte>(new Grid(new Size3(3, 40, 32), new Point3(1, 1, 1), default));
            Import("m", other);
        });
        Picture("m/a_61.png", Width, Height);
        Put("m/a_61.txt", "");
        Refused("a_61.png is slice 61, but the image has 60", () => Import("m", _image));
        Picture("m/a_61.png", 10, 10);
        Refused("10 x 10 pixels, but other pictures have 64 x 40", () => Import("m"));
        File.Delete(At("m/a_61.txt"));
        Picture("m/b_1.png", Width, Height);
        Put("m/b_1.txt", "");
        Refused("a_1.png and b_1.png are both slice 1", () => Import("m"));
        File.Move(At("m/b_1.png"), At("m/b.png"));
        File.Move(At("m/b_1.txt"), At("m/b.txt"));
        Refused("slice_numbers=order", () => Import("m"));
        File.WriteAllText(At("m/b.png"), "no picture");
        Refused("b.png is no picture", () => Import("m"));
        Assert.Throws<NotFoundException>(() => Import("nowhere"));
    }

    [Fact]
    public void Sizes_of_all_kinds_of_pictures_are_read()
    {
        Assert.Equal((7, 300), Size([0x89, (byte)'P', (byte)'N', (byte)'G', 13, 10, 26, 10, 0, 0, 0, 13, (byte)'I', (byte)'H', (byte)'D', (byte)'R', 0, 0, 1, 44, 0, 0, 0, 7, 8, 0]));
        Assert.Equal((7, 300), Size([0xFF, 0xD8, 0xFF, 0xE0, 0, 4, 1, 2, 0xFF, 0xC0, 0, 17, 8, 0, 7, 1, 44, 3]));
        Assert.Equal((7, 300), Size([(byte)'B', (byte)'M', .. new byte[16], 44, 1, 0, 0, 249, 255, 255, 255, 1, 0, 24, 0]));
        Assert.Equal((7, 300), Size([.. "P5\n# made by hand\n300 7\n255\n"u8]));
        foreach (byte[] bad in new byte[][] { [], [0x89], [.. "P5\nx"u8], [0xFF, 0xD8, 0xFF, 0xD9], [.. "GIF89a..........................."u8], [(byte)'B', (byte)'M', .. new byte[24]] })
            Assert.Throws<BadInputException>(() => Size(bad));
    }

    private (int, int) Size(byte[] content)
    {
        File.WriteAllBytes(At("p.png"), content);
        return PictureSize.Of(At("p.png"));
    }

    private void Picture(string name, int width, int height)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(At(name))!);
        File.WriteAllBytes(At(name), PngWriter.Write(new byte[width * height], width, height, 1));
    }

    private static void Refused(string message, Action work) => Assert.Contains(message, Assert.Throws<BadInputException>(work).Message, StringComparison.Ordinal);

    [Fact]
    public void Slices_are_proposed()
    {
        JsonObject report = Run("propose_slices", [], _image, null, null, ("slice_count", "5"), ("slice_choice", "evenly"));
        Assert.Equal("slice,annotated\n7,0\n19,0\n31,0\n43,0\n55,0\n", FileOf(report, ""));
        Assert.Equal(20, Run("propose_slices", [], _image)["slices"]!.AsArray().Count);
    }
}

using System.Text.Json;
using System.Text.Json.Nodes;
using ClemReg.Algorithms.Cells;
using ClemReg.Algorithms.Pipelines;
using ClemReg.Algorithms.Simulation;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Tests.Pipelines;

public sealed class CellOperationTests
{
    private static readonly CellSimulationOptions Options = new()
    {
        Sections = 3,
        Height = 120,
        Width = 140,
        PixelSize = 500,
        SectionThickness = 500,
        CellsPerSection = 5,
        Diameter = 14000,
        DiameterSpread = 1000,
        Noise = 10,
        SpotDiameter = 1500,
    };

    private static readonly Lazy<CellSectionSample> Sample = new(() => CellSimulator.Simulate(Options, new Job(2)));

    private static Volume<ushort> Sections => Sample.Value.Sections;

    private static OperationResult Run(string operation, ISliceSource image, JsonObject? more = null, int threads = 2, params (string Key, string Value)[] parameters) =>
        Run(operation, new Dictionary<string, object> { ["image"] = image }, more, threads, parameters);

    private static OperationResult Run(string operation, Dictionary<string, object> inputs, JsonObject? more, int threads, params (string Key, string Value)[] parameters)
    {
        JsonObject request = more ?? [];
        var values = new JsonObject();
        foreach ((string key, string value) in parameters) values[key] = value;
        request["parameters"] = values;
        using JsonDocument document = JsonDocument.Parse(request.ToJsonString());
        return Operations.Find(operation).Run(document.RootElement, inputs, new Job(threads));
    }

    private static string File(OperationResult result, string path) => (string)result.Json["files"]!.AsArray().First(f => (string)f!["path"]! == path)!["text"]!;

    private static IReadOnlyList<Box> Boxes(OperationResult result) => BoxTable.Read(File(result, "boxes.csv"));

    private static float[] Labels(OperationResult result, int z)
    {
        var slices = new FloatSlices((ISliceSource)result.Outputs["labels"]);
        return slices.Read(z, new Job(1)).ToArray();
    }

    private static Volume<T> Flat<T>(T value, int depth = 2, int side = 40) where T : unmanaged
    {
        var image = new Volume<T>(new Grid(new Size3(depth, side, side), new Point3(100, 100, 100)));
        for (int z = 0; z < depth; z++) image.Slice(z).Fill(value);
        return image;
    }

    private static JsonObject Texts(string csv) => new() { ["texts"] = new JsonObject { ["boxes"] = new JsonObject { ["file"] = "mine.csv", ["text"] = csv } } };

    [Theory]
    [InlineData("outlines")]
    [InlineData("published")]
    public void Cells_are_found_in_each_section_and_numbered_through_the_stack(string method)
    {
        using OperationResult result = Run("detect_cells", Sections, null, 2, ("cell_method", method), ("published_scale", "auto"));
        IReadOnlyList<Box> boxes = Boxes(result);
        Assert.Equal(Enumerable.Range(1, boxes.Count), boxes.Select(b => b.Cell));
        Assert.Equal((int)result.Json["cells"]!, boxes.Count);
        Assert.Equal(boxes.Count, result.Json["tables"]![0]!["rows"]!.AsArray().Count);
        int right = 0;
        for (int z = 0; z < Options.Sections; z++)
        {
            float[] labels = Labels(result, z);
            Box[] own = [.. boxes.Where(b => b.Slice == z)];
            Assert.Equal(own.Length, (int)result.Json["cells_by_section"]![z]!);
            Assert.Equal(own.Select(b => b.Cell).Order(), labels.Where(v => v > 0).Select(v => (int)v).Distinct().Order());
            foreach (Box box in own)
            {
                int[] at = [.. Enumerable.Range(0, labels.Length).Where(i => labels[i] == box.Cell)];
                Assert.Equal((box.X, box.Right - 1, box.Y, box.Bottom - 1), (at.Min(i => i % 140), at.Max(i => i % 140), at.Min(i => i / 140), at.Max(i => i / 140)));
            }
            right += Sample.Value.Truth.Where(t => t.Slice == z).Count(t => own.Any(b => Box.Dice(b, t) > 0.5));
        }
        Assert.True(right >= (method == "outlines" ? 0.8 : 0.4) * Sample.Value.Truth.Count, $"{right} of {Sample.Value.Truth.Count}");
    }

    [Theory]
    [InlineData("detect_cells", "outlines")]
    [InlineData("detect_cells", "published")]
    [InlineData("track_cells", "outlines")]
    public void The_same_comes_out_for_any_number_of_threads(string operation, string method)
    {
        using OperationResult one = Run(operation, Sections, null, 1, ("cell_method", method)), five = Run(operation, Sections, null, 5, ("cell_method", method));
        Assert.Equal(one.Json["files"]!.ToJsonString(), five.Json["files"]!.ToJsonString());
        for (int z = 0; z < Options.Sections; z++) Assert.Equal(Labels(one, z), Labels(five, z));
    }

    [Theory]
    [InlineData("outlines", "cell_score", "0.6")]
    [InlineData("outlines", "cell_minimum_diameter", "28")]
    [InlineData("outlines", "cell_maximum_diameter", "26")]
    [InlineData("outlines", "cell_denoise", "estimated")]
    [InlineData("outlines", "cell_denoise", "given")]
    [InlineData("published", "cell_denoise", "estimated")]
    [InlineData("published", "published_scale", "auto")]
    [InlineData("published", "published_ball_radius", "10")]
    [InlineData("published", "published_tiles", "0")]
    [InlineData("published", "published_clip_limit", "0.2")]
    [InlineData("published", "published_log_sigma", "3")]
    [InlineData("published", "published_marker_share", "0.02")]
    [InlineData("published", "published_maximum_area", "0.01")]
    [InlineData("published", "published_minimum_area", "400")]
    [InlineData("published", "cell_minimum_diameter", "25")]
    [InlineData("published", "cell_maximum_diameter", "25")]
    public void Each_parameter_changes_something(string method, string key, string value)
    {
        using OperationResult standard = Run("detect_cells", Sections, null, 2, ("cell_method", method));
        using OperationResult changed = Run("detect_cells", Sections, null, 2, ("cell_method", method), (key, value));
        Assert.NotEqual(File(standard, "boxes.csv"), File(changed, "boxes.csv"));
    }

    [Fact]
    public void Markers_of_the_published_method_are_told_with_their_sections_and_not_written()
    {
        using OperationResult result = Run("detect_cells", Sections, null, 2, ("cell_method", "published"), ("published_scale", "auto"));
        (int Slice, int X, int Y)[] markers = [.. result.Json["markers"]!.AsArray().Select(m => ((int)m![0]!, (int)m[1]!, (int)m[2]!))];
        Assert.Equal(Enumerable.Range(1, Options.Sections), markers.Select(m => m.Slice).Distinct());
        Assert.All(markers, m => Assert.True(m.X is >= 0 and < 140 && m.Y is >= 0 and < 120, m.ToString()));
        // Every cell was begun from one, or, where boxes were merged, from several.
        for (int z = 0; z < Options.Sections; z++)
        {
            float[] labels = Labels(result, z);
            float[] begun = [.. markers.Where(m => m.Slice == z + 1).Select(m => labels[m.Y * 140 + m.X]).Where(v => v > 0).Distinct().Order()];
            Assert.Equal(Boxes(result).Where(b => b.Slice == z).Select(b => (float)b.Cell).Order(), begun);
        }
        Assert.DoesNotContain("markers", File(result, "run.json"), StringComparison.Ordinal);
        using OperationResult outlines = Run("detect_cells", Sections);
        Assert.Null(outlines.Json["markers"]);
    }

    [Fact]
    public void The_noise_that_is_given_counts()
    {
        using OperationResult little = Run("detect_cells", Sections, null, 2, ("cell_denoise", "given"), ("cell_noise_sigma", "1"));
        using OperationResult much = Run("detect_cells", Sections, null, 2, ("cell_denoise", "given"), ("cell_noise_sigma", "60"));
        Assert.NotEqual(File(little, "boxes.csv"), File(much, "boxes.csv"));
    }

    [Fact]
    public void Nuclei_and_touching_cells_are_as_asked_for()
    {
        using var image = new Volume<byte>(new Grid(new Size3(1, 200, 220), new Point3(1, 1, 1)));
        for (int y = 0; y < 200; y++)
            for (int x = 0; x < 220; x++)
            {
                double a = Math.Sqrt((y - 90) * (y - 90) + (x - 82) * (x - 82)), b = Math.Sqrt((y - 90) * (y - 90) + (x - 116) * (x - 116));
                image[0, y, x] = (byte)(a < 9 ? 20 : a < 19 || b < 19 ? 200 : 20);
            }
        using OperationResult standard = Run("detect_cells", image), open = Run("detect_cells", image, null, 1, ("cell_fill_nuclei", "false")), joined = Run("detect_cells", image, null, 1, ("cell_split", "false"));
        Assert.Equal(2, Boxes(standard).Count);
        Assert.Single(Boxes(joined));
        Assert.True(Labels(standard, 0)[90 * 220 + 82] > 0);
        Assert.Equal(0, Labels(open, 0)[90 * 220 + 82]);
    }

    [Theory]
    [InlineData(CellPattern.Punctate, 20)]
    [InlineData(CellPattern.Nuclear, 60)]
    public void Grains_are_joined_unless_that_is_switched_off(CellPattern pattern, double noise)
    {
        // The second is a section of small nuclei in strong noise that is taken for one of grains.
        using CellSectionSample sample = CellSimulator.Simulate(new CellSimulationOptions { Seed = 1000, Sections = 1, Noise = noise, Pattern = pattern }, new Job(2));
        using OperationResult joined = Run("detect_cells", sample.Sections), apart = Run("detect_cells", sample.Sections, null, 2, ("cell_join_grains", "false"));
        OperationResult right = pattern == CellPattern.Punctate ? joined : apart;
        int found = DetectionEvaluation.Evaluate(Boxes(right), sample.Truth).Found;
        Assert.True(found >= 0.6 * sample.Truth.Count, $"{found} of {sample.Truth.Count}");
        Assert.NotEqual(File(joined, "boxes.csv"), File(apart, "boxes.csv"));
    }

    [Fact]
    public void Micrometres_are_as_good_as_pixels()
    {
        using OperationResult pixels = Run("detect_cells", Sections, null, 2, ("cell_minimum_diameter", "25"), ("cell_maximum_diameter", "40"));
        using OperationResult micrometres = Run("detect_cells", Sections, null, 2, ("cell_minimum_diameter", "12.5"), ("cell_maximum_diameter", "20"), ("cell_diameter_unit", "um"));
        Assert.Equal(File(pixels, "boxes.csv"), File(micrometres, "boxes.csv"));
        Assert.NotEmpty(Boxes(pixels));
    }

    [Theory]
    [InlineData("cell_minimum_diameter", "-1")]
    [InlineData("cell_minimum_diameter", "141")]
    [InlineData("cell_maximum_diameter", "1000")]
    [InlineData("cell_maximum_diameter", "nan")]
    [InlineData("cell_score", "1")]
    [InlineData("cell_method", "best")]
    [InlineData("cell_noise_sigma", "-3")]
    [InlineData("published_log_sigma", "0")]
    [InlineData("published_marker_share", "1")]
    public void A_value_that_is_not_allowed_is_told_by_its_name(string key, string value)
    {
        BadInputException e = Assert.Throws<BadInputException>(() => Run("detect_cells", Sections, null, 2, (key, value)));
        Assert.StartsWith(key + " = ", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_least_diameter_above_the_largest_is_refused()
    {
        BadInputException e = Assert.Throws<BadInputException>(() => Run("detect_cells", Sections, null, 2, ("cell_minimum_diameter", "30"), ("cell_maximum_diameter", "20")));
        Assert.Contains("at least cell_minimum_diameter = 30", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Micrometres_need_a_pixel_size()
    {
        var more = new JsonObject { ["uncalibrated"] = new JsonArray("image") };
        BadInputException e = Assert.Throws<BadInputException>(() => Run("detect_cells", Sections, more, 2, ("cell_minimum_diameter", "5"), ("cell_diameter_unit", "um")));
        Assert.Contains("pixel size is not known", e.Message, StringComparison.Ordinal);
        using OperationResult result = Run("detect_cells", Sections, new JsonObject { ["uncalibrated"] = new JsonArray("image") });
        Assert.DoesNotContain("um", result.Json["tables"]![0]!["columns"]!.ToJsonString(), StringComparison.Ordinal);
        Assert.DoesNotContain("um", (string)result.Json["summary"]!, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("outlines")]
    [InlineData("published")]
    public void Black_and_saturated_sections_have_no_cells_and_say_so(string method)
    {
        using Volume<byte> black = Flat<byte>(0), white = Flat<byte>(255);
        using Volume<ushort> saturated = Flat(ushort.MaxValue);
        foreach (Volume image in new Volume[] { black, white, saturated })
            foreach (string operation in new[] { "detect_cells", "track_cells" })
            {
                using OperationResult result = Run(operation, image, null, 2, ("cell_method", method));
                Assert.Equal("slice,x,y,width,height,score,cell\n", File(result, "boxes.csv"));
                Assert.Contains("sections 1, 2", result.Json["warnings"]![0]!.ToString(), StringComparison.Ordinal);
                Assert.DoesNotContain(1f, Labels(result, 1));
            }
    }

    [Theory]
    [InlineData("outlines", 1)]
    [InlineData("outlines", 2)]
    [InlineData("outlines", 7)]
    [InlineData("published", 7)]
    public void Tiny_images_give_an_answer(string method, int side)
    {
        using Volume<byte> image = Flat<byte>(3, 1, side);
        if (side > 1) image[0, side / 2, side / 2] = 200;
        using OperationResult result = Run("detect_cells", image, null, 2, ("cell_method", method));
        Assert.True((int)result.Json["cells"]! <= 1);
    }

    [Fact]
    public void An_image_smaller_than_the_published_methods_smallest_cell_is_refused()
    {
        using Volume<byte> image = Flat<byte>(3, 1, 2);
        image[0, 1, 1] = 200;
        BadInputException e = Assert.Throws<BadInputException>(() => Run("detect_cells", image, null, 2, ("cell_method", "published")));
        Assert.Contains("published_minimum_area = 10 is not allowed: it must be at most the size of the largest cell, 1 pixels of area in this image", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_pixel_that_is_no_number_is_told_with_its_place()
    {
        using Volume<float> image = Flat(1f);
        image[1, 5, 6] = float.NaN;
        BadInputException e = Assert.Throws<BadInputException>(() => Run("detect_cells", image));
        Assert.Contains("section 2 holds a pixel that is no number (NaN) at x = 6, y = 5", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_type_of_the_pixels_does_not_matter()
    {
        using var bytes = new Volume<byte>(Sections.Grid);
        using var words = new Volume<ushort>(Sections.Grid);
        using var floats = new Volume<float>(Sections.Grid);
        for (int z = 0; z < Options.Sections; z++)
            for (int i = 0; i < Sections.Grid.Size.SliceCount; i++)
                floats.Slice(z)[i] = words.Slice(z)[i] = bytes.Slice(z)[i] = (byte)Math.Clamp((Sections.Slice(z)[i] - 300) / 3, 0, 255);
        using OperationResult a = Run("detect_cells", bytes), b = Run("detect_cells", words), c = Run("detect_cells", floats);
        Assert.NotEmpty(Boxes(a));
        Assert.Equal(File(a, "boxes.csv"), File(b, "boxes.csv"));
        Assert.Equal(File(a, "boxes.csv"), File(c, "boxes.csv"));
    }

    [Fact]
    public void Cells_are_followed_through_the_sections()
    {
        using OperationResult result = Run("track_cells", Sections, null, 2, ("track_align", "none"));
        IReadOnlyList<Box> boxes = Boxes(result);
        string[] lines = File(result, "tracks.csv").TrimEnd('\n').Split('\n');
        Assert.StartsWith("cell,first,central,last,sections,score,centre_x,centre_y,", lines[0], StringComparison.Ordinal);
        Assert.Equal((int)result.Json["cells"]!, lines.Length - 1);
        Assert.Equal(lines.Length - 1, boxes.Select(b => b.Cell).Distinct().Count());
        foreach (string[] line in lines.Skip(1).Select(l => l.Split(',')))
        {
            int[] sections = [.. boxes.Where(b => b.Cell == int.Parse(line[0], null)).Select(b => b.Slice + 1)];
            Assert.Equal((sections.Min(), sections.Max(), sections.Length), (int.Parse(line[1], null), int.Parse(line[3], null), int.Parse(line[4], null)));
            Assert.Contains(int.Parse(line[2], null), sections);
        }
        // Of the true cells that are seen in all sections most are one track.
        int[] whole = [.. Sample.Value.Truth.GroupBy(t => t.Cell).Where(g => g.Count() == Options.Sections).Select(g => g.Key)];
        int right = whole.Count(cell => boxes.Where(b => Sample.Value.Truth.Any(t => t.Cell == cell && t.Slice == b.Slice && Box.Dice(b, t) > 0.5)).Select(b => b.Cell).Distinct().Count() == 1);
        Assert.True(whole.Length > 2 && right >= 0.8 * whole.Length, $"{right} of {whole.Length}");
        for (int z = 0; z < Options.Sections; z++)
            Assert.Equal(boxes.Where(b => b.Slice == z).Select(b => b.Cell).Order(), Labels(result, z).Where(v => v > 0).Select(v => (int)v).Distinct().Order());
    }

    [Fact]
    public void Corrected_boxes_are_followed_and_keep_their_outlines()
    {
        using OperationResult found = Run("detect_cells", Sections);
        Box[] boxes = [.. Boxes(found)];
        // The user deletes the first cell of each section and adds one without a score and an outline.
        Box[] kept = [.. boxes.Where(b => boxes.First(o => o.Slice == b.Slice) != b)];
        string csv = BoxTable.Write(kept.Append(new Box(1, 2, 3, 5, 4)));
        var inputs = new Dictionary<string, object> { ["image"] = Sections, ["labels"] = found.Outputs["labels"] };
        using OperationResult result = Run("track_cells", inputs, Texts(csv), 2, ("track_align", "none"));
        IReadOnlyList<Box> followed = Boxes(result);
        Assert.Equal(kept.Append(new Box(1, 2, 3, 5, 4)).Select(b => (b.Slice, b.X, b.Y, b.Width, b.Height)).Order(), followed.Select(b => (b.Slice, b.X, b.Y, b.Width, b.Height)).Order());
        Box added = followed.First(b => (b.X, b.Y) == (2, 3));
        Assert.Equal(1, added.Score);
        Assert.Equal(20, Labels(result, 1).Count(v => v == added.Cell));
        foreach (JsonNode? number in result.Json["numbers"]!.AsArray())
        {
            if ((int)number![1]! == 0) continue;
            float[] before = Labels(found, (int)number[0]! - 1), after = Labels(result, (int)number[0]! - 1);
            Assert.Equal(before.Select(v => v == (int)number[1]!), after.Select(v => v == (int)number[2]!));
        }
    }

    [Fact]
    public void Boxes_without_outlines_become_rectangles_of_which_the_smaller_is_on_top()
    {
        using Volume<byte> image = Flat<byte>(7, 1);
        using OperationResult result = Run("track_cells", image, Texts("slice,x,y,width,height\n1,0,0,20,20\n1,5,5,4,3\n1,36,38,10,10\n"));
        float[] labels = Labels(result, 0);
        IReadOnlyList<Box> boxes = Boxes(result);
        Assert.Equal([400 - 12, 12, 8], boxes.Select(b => labels.Count(v => v == b.Cell)));
    }

    [Theory]
    [InlineData("track_align", "rigid", "none")]
    [InlineData("track_missing", "0", "1")]
    [InlineData("track_sections", "4", "1")]
    [InlineData("track_dice", "0.9", "0.3")]
    [InlineData("track_score", "0.3", "0.05")]
    [InlineData("track_confirming", "2", "0")]
    public void Each_parameter_of_tracks_changes_something(string key, string value, string other)
    {
        // A cell that drifts, is dim once and missing once; and one that is dim in both of its sections.
        string csv = "slice,x,y,width,height,score\n1,10,10,20,20,0.8\n2,14,10,20,20,0.2\n4,12,10,20,20,0.9\n3,40,40,16,16,0.2\n4,41,40,16,16,0.2\n";
        using var image = new Volume<byte>(new Grid(new Size3(4, 64, 64), new Point3(1, 1, 1)));
        var random = new Random(1);
        for (int z = 0; z < 4; z++)
            for (int y = 0; y < 64; y++)
                for (int x = 0; x < 64; x++) image[z, y, x] = (byte)(z == 0 ? random.Next(256) : x >= 4 ? image[z - 1, y, x - 4] : 0);
        using OperationResult a = Run("track_cells", image, Texts(csv), 2, ("track_align", "none"), ("cell_score", "0.4"), ("track_dice", "0.6"), (key, value));
        using OperationResult b = Run("track_cells", image, Texts(csv), 2, ("track_align", "none"), ("cell_score", "0.4"), ("track_dice", "0.6"), (key, other));
        Assert.NotEqual(File(a, "boxes.csv") + File(a, "tracks.csv") + a.Json["alignment"]?.ToJsonString(), File(b, "boxes.csv") + File(b, "tracks.csv") + b.Json["alignment"]?.ToJsonString());
    }

    [Fact]
    public void Sections_that_cannot_be_aligned_are_compared_as_they_lie()
    {
        using Volume<byte> image = Flat<byte>(7, 3, 64);
        using OperationResult result = Run("track_cells", image, Texts("slice,x,y,width,height\n1,0,0,20,20\n2,1,0,20,20\n"));
        Assert.Contains("track_align: the sections are compared as they lie", result.Json["warnings"]!.ToJsonString(), StringComparison.Ordinal);
        Assert.Equal(1, (int)result.Json["cells"]!);
    }

    [Theory]
    [InlineData("slice,x,y,width,height\n9,0,0,5,5\n", "section 9 lies outside the image of 140 x 120 pixels and 3 sections")]
    [InlineData("slice,x,y,width,height\n1,300,0,5,5\n", "x = 300, y = 0 in section 1 lies outside")]
    [InlineData("slice,x,y,width\n", "mine.csv: line 1: there is no column height")]
    public void Boxes_of_another_image_are_refused(string csv, string told)
    {
        BadInputException e = Assert.Throws<BadInputException>(() => Run("track_cells", Sections, Texts(csv)));
        Assert.StartsWith("boxes: mine.csv", e.Message, StringComparison.Ordinal);
        Assert.Contains(told, e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Labels_need_their_boxes_and_the_images_size()
    {
        using Volume<byte> labels = Flat<byte>(0);
        var inputs = new Dictionary<string, object> { ["image"] = Sections, ["labels"] = labels };
        Assert.Contains("boxes is missing", Assert.Throws<BadInputException>(() => Run("track_cells", inputs, null, 2)).Message, StringComparison.Ordinal);
        Assert.Contains("labels = 2 x 40 x 40", Assert.Throws<BadInputException>(() => Run("track_cells", inputs, Texts("slice,x,y,width,height\n"), 2)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_confirmed_score_above_the_least_one_is_refused()
    {
        BadInputException e = Assert.Throws<BadInputException>(() => Run("track_cells", Sections, null, 2, ("track_score", "0.5")));
        Assert.Contains("at most cell_score = 0.23", e.Message, StringComparison.Ordinal);
    }
}

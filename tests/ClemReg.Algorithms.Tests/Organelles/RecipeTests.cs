using ClemReg.Algorithms.Detection;
using ClemReg.Algorithms.Organelles;
using ClemReg.Algorithms.Segmentation;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Tests.Organelles;

public sealed class RecipeTests
{
    private static readonly Point3 Pixels = new(50, 1, 1);

    [Fact]
    public void Recipes_give_the_masks_of_SciPy_and_scikit_image()
    {
        using var golden = new BinaryReader(File.OpenRead(Path.Combine(AppContext.BaseDirectory, "golden", "organelles", "recipes.bin")));
        Plane<float> scene = Plane(golden);
        int cases = 0;
        for (; golden.BaseStream.Position < golden.BaseStream.Length; cases++)
        {
            int[] v = [.. Enumerable.Range(0, 10).Select(_ => golden.ReadInt32())];
            var box = new DetectedBox(0, 1, v[0], v[1], v[0] + v[2], v[1] + v[3]);
            Plane<float> grey = Plane(golden);
            var recipe = new Recipe
            {
                Unit = RecipeUnit.Px,
                Blur = v[4] / 10.0,
                Erode = v[5],
                Dilate = v[6],
                Margin = v[7],
                Polarity = v[8] == 1 ? Polarity.Dark : Polarity.Bright,
                FillHoles = v[9] == 1,
            };
            AssertFiltered(scene, grey, v);
            bool[] expected = [.. Enumerable.Range(0, v[2] * v[3]).Select(_ => golden.ReadSingle() > 0)];
            bool[] actual = BoxPixels.Find(scene, null, box, recipe, Pixels).ToPlane(v[1], v[0], v[3], v[2]).Values;
            // The histogram's bins may part numbers that differ in the last digit.
            int different = expected.Zip(actual).Count(p => p.First != p.Second);
            Assert.True(different == 0, $"case {cases}: {different} of {expected.Length} pixels differ");
        }
        Assert.Equal(40, cases);
    }

    private static void AssertFiltered(Plane<float> scene, Plane<float> expected, int[] v)
    {
        int top = Math.Max(0, v[1] - v[7]), left = Math.Max(0, v[0] - v[7]);
        var part = new Plane<float>(expected.Height, expected.Width);
        for (int y = 0; y < part.Height; y++)
            for (int x = 0; x < part.Width; x++) part[y, x] = (v[8] == 1 ? -1 : 1) * scene[top + y, left + x];
        BoxFilters.Blur(part, v[4] / 10.0, v[4] / 10.0);
        part = BoxFilters.Dilate(BoxFilters.Erode(part, v[5], v[5]), v[6], v[6]);
        for (int i = 0; i < part.Values.Length; i++) Assert.Equal(expected.Values[i], part.Values[i], 1e-4);
    }

    private static Plane<float> Plane(BinaryReader reader)
    {
        var plane = new Plane<float>(reader.ReadInt32(), reader.ReadInt32());
        foreach (ref float f in plane.Values.AsSpan()) f = reader.ReadSingle();
        return plane;
    }

    [Theory]
    [InlineData(1, 1, 3, 3)]
    [InlineData(5, 40, 2.5, 0)]
    [InlineData(33, 7, 20, 4)]
    [InlineData(12, 12, 0.9, 3.4)]
    public void Erosion_and_dilation_are_extremes_over_an_ellipse(int height, int width, double radiusY, double radiusX)
    {
        Plane<float> plane = Cells.PlaneGolden.Noise(height, width, 3);
        Plane<float> least = BoxFilters.Erode(plane, radiusY, radiusX), most = BoxFilters.Dilate(plane, radiusY, radiusX);
        for (int y = 0; y < height; y++)
            for (int x = 0; x < width; x++)
            {
                (float low, float high) = (float.MaxValue, float.MinValue);
                for (int v = 0; v < height; v++)
                    for (int u = 0; u < width; u++)
                        if (Inside((v - y) / radiusY, (u - x) / radiusX, v == y, u == x)) (low, high) = (Math.Min(low, plane[v, u]), Math.Max(high, plane[v, u]));
                Assert.Equal((low, high), (least[y, x], most[y, x]));
            }

        static bool Inside(double y, double x, bool sameRow, bool sameColumn) => (sameRow ? 0 : y * y) + (sameColumn ? 0 : x * x) <= 1 + 1e-12;
    }

    [Fact]
    public void Otsu_parts_two_levels_and_gives_up_on_one()
    {
        Assert.True(double.IsNaN(OtsuThreshold.Of([3f, 3f, 3f])));
        Assert.InRange(OtsuThreshold.Of([0f, 1f, 0f, 10f, 11f]), 1, 9.99);
    }

    [Fact]
    public void An_ellipse_touches_the_sides_of_its_box_and_a_box_fills_it()
    {
        var slice = new Plane<float>(40, 60);
        var box = new DetectedBox(0, 1, 10, 5, 40, 25);
        SliceMask ellipse = BoxPixels.Find(slice, null, box, new Recipe { Pixels = PixelSource.Ellipse }, Pixels), whole = BoxPixels.Find(slice, null, box, new Recipe { Pixels = PixelSource.Box }, Pixels);
        Assert.InRange(ellipse.Area, Math.PI * 15 * 10 - 8, Math.PI * 15 * 10 + 8);
        Assert.Equal((10, 40, 5, 25), (ellipse.Left, ellipse.Right, ellipse.Top, ellipse.Bottom));
        Assert.Equal(600, whole.Area);
        // Beyond the image, thinner than a pixel, and outside.
        Assert.Equal(50, BoxPixels.Find(slice, null, new DetectedBox(0, 1, -20, -5, 10, 5), new Recipe { Pixels = PixelSource.Box }, Pixels).Area);
        Assert.Equal(1, BoxPixels.Find(slice, null, new DetectedBox(0, 1, 10.1, 10.1, 10.3, 10.3), new Recipe { Pixels = PixelSource.Ellipse }, Pixels).Area);
        Assert.Equal(0, BoxPixels.Find(slice, null, new DetectedBox(0, 1, 70, 5, 80, 9), new Recipe(), Pixels).Area);
    }

    /// <summary>A dark disc of radius 40 with a black one of radius 12 in it, on bright ground, and little ground in the box: Otsu's threshold takes the black one alone.</summary>
    private static Plane<float> Nucleus(Random random)
    {
        var slice = new Plane<float>(120, 120);
        for (int y = 0; y < 120; y++)
            for (int x = 0; x < 120; x++)
            {
                double r = Math.Sqrt((y - 60) * (y - 60) + (x - 60) * (x - 60)), core = Math.Sqrt((y - 50) * (y - 50) + (x - 55) * (x - 55));
                slice[y, x] = (float)((core < 16 ? 20 : r < 40 ? 140 : 175) + random.Next(-8, 9));
            }
        return slice;
    }

    [Fact]
    public void An_organelle_reaches_over_its_box()
    {
        Plane<float> slice = Nucleus(new Random(5));
        var box = new DetectedBox(0, 1, 20, 20, 101, 101);
        var recipe = new Recipe { Unit = RecipeUnit.Px, Blur = 1, FillHoles = true };
        double whole = Math.PI * 40 * 40;
        long nucleolus = BoxPixels.Find(slice, null, box, recipe, Pixels).Area;
        Assert.InRange(nucleolus, 0.9 * Math.PI * 16 * 16, 1.1 * Math.PI * 16 * 16);
        Assert.InRange(BoxPixels.Find(slice, null, box, recipe with { Reach = 0.75 }, Pixels).Area, 0.95 * whole, 1.05 * whole);
        // A box a tenth too large on each side is reached over too.
        Assert.InRange(BoxPixels.Find(slice, null, new DetectedBox(0, 1, 12, 12, 109, 109), recipe with { Reach = 0.75 }, Pixels).Area, 0.95 * whole, 1.05 * whole);
        // Where nothing does, as with a level of one's own, it is the ellipse.
        SliceMask ellipse = BoxPixels.Find(slice, null, box, new Recipe { Pixels = PixelSource.Ellipse }, Pixels);
        Assert.Equal(ellipse.Area, BoxPixels.Find(slice, null, box, recipe with { Reach = 0.75, Level = 60 }, Pixels).Area);
        // What reaches at once is not touched.
        Assert.Equal(nucleolus, BoxPixels.Find(slice, null, box, recipe with { Reach = 0.2 }, Pixels).Area);
        // One grey value stays nothing.
        var plain = new Plane<float>(120, 120);
        Assert.Equal(0, BoxPixels.Find(plain, null, box, recipe with { Reach = 0.75 }, Pixels).Area);
    }

    [Fact]
    public void Chromatin_along_the_envelope_reaches_over_the_box_but_is_not_the_nucleus()
    {
        // A dark rim, open for a sixth, so that no hole can be filled.
        var slice = new Plane<float>(120, 120);
        var random = new Random(7);
        for (int y = 0; y < 120; y++)
            for (int x = 0; x < 120; x++)
            {
                double r = Math.Sqrt((y - 60) * (y - 60) + (x - 60) * (x - 60)), angle = Math.Atan2(y - 60, x - 60);
                slice[y, x] = (r > 40 ? 160 : r > 34 && Math.Abs(angle - 0.8) > Math.PI / 6 ? 50 : 120) + random.Next(-5, 6);
            }
        var box = new DetectedBox(0, 1, 20, 20, 101, 101);
        var recipe = new Recipe { Unit = RecipeUnit.Px, Blur = 1, FillHoles = true };
        Assert.InRange(BoxPixels.Find(slice, null, box, recipe, Pixels).Area, 900, 1500);
        Assert.InRange(BoxPixels.Find(slice, null, box, recipe with { Reach = 0.75 }, Pixels).Area, 0.95 * Math.PI * 40 * 40, 1.05 * Math.PI * 40 * 40);
    }

    [Theory]
    [InlineData("-0.1")]
    [InlineData("1.5")]
    public void A_reach_is_a_share(string reach) =>
        Assert.Contains("recipes.m.reach", Assert.ThrowsAny<ClemRegException>(() => RecipeBook.Read("{\"recipes\": {\"m\": {\"reach\": " + reach + "}}}", "r.json")).Message, StringComparison.Ordinal);

    [Fact]
    public void A_level_of_ones_own_and_one_grey_value()
    {
        var slice = new Plane<float>(10, 10);
        Array.Fill(slice.Values, 100);
        slice[4, 4] = 40;
        slice[4, 5] = 41;
        var box = new DetectedBox(0, 1, 2, 2, 8, 8);
        Assert.Equal(1, BoxPixels.Find(slice, null, box, new Recipe { Level = 40 }, Pixels).Area);
        Assert.Equal(2, BoxPixels.Find(slice, null, box, new Recipe { Level = 41 }, Pixels).Area);
        Assert.Equal(34, BoxPixels.Find(slice, null, box, new Recipe { Level = 100, Polarity = Polarity.Bright }, Pixels).Area);
        Assert.Equal(0, BoxPixels.Find(slice, null, new DetectedBox(0, 1, 0, 0, 3, 3), new Recipe(), Pixels).Area);
    }

    [Fact]
    public void Labels_give_the_one_that_fits_the_box_and_a_mask_its_largest_piece()
    {
        var slice = new Plane<float>(20, 30);
        var labels = new Plane<float>(20, 30);
        // 7 fills more of the box, but is a background that reaches far beyond; 3 is the organelle.
        for (int y = 0; y < 20; y++) labels.Row(y).Fill(7);
        for (int y = 5; y < 10; y++) labels.Row(y)[6..11].Fill(3);
        var box = new DetectedBox(0, 1, 4, 4, 12, 12);
        SliceMask found = BoxPixels.Find(slice, labels, box, new Recipe { Pixels = PixelSource.Labels }, Pixels);
        Assert.Equal((25, 6, 5), (found.Area, found.Left, found.Top));
        var mask = new Plane<float>(20, 30);
        mask[5, 5] = 255;
        for (int y = 7; y < 10; y++) mask.Row(y)[8..11].Fill(255);
        Assert.Equal(9, BoxPixels.Find(slice, mask, box, new Recipe { Pixels = PixelSource.Labels }, Pixels).Area);
        Assert.Equal(0, BoxPixels.Find(slice, mask, new DetectedBox(0, 1, 20, 2, 25, 8), new Recipe { Pixels = PixelSource.Labels }, Pixels).Area);
    }

    [Fact]
    public void Lengths_in_nm_follow_the_pixel_size_along_each_axis()
    {
        var scene = new Plane<float>(40, 40);
        for (int y = 10; y < 30; y++) scene.Row(y)[10..30].Fill(200);
        for (int y = 18; y < 22; y++) scene.Row(y)[30..36].Fill(200);
        var box = new DetectedBox(0, 1, 5, 5, 38, 35);
        long Area(double nm) => BoxPixels.Find(scene, null, box, new Recipe { Polarity = Polarity.Bright, Erode = nm, Dilate = nm }, new Point3(50, 10, 10)).Area;
        Assert.Equal(424, Area(0));
        Assert.Equal(424, Area(9));
        // A disc of 3 pixels does not fit into an arm of 4 rows.
        Assert.InRange(Area(30), 380, 400);
    }
}

public sealed class RecipeBookTests
{
    [Fact]
    public void Presets_know_the_classes_of_the_papers_in_any_spelling()
    {
        RecipeBook hela = RecipeBook.Preset("hela"), yeast = RecipeBook.Preset("yeast");
        Assert.Equal(["early endosomes", "late endosomes", "mitochondria", "lysosomes", "nucleus"], hela.Classes);
        foreach (string name in new[] { "cell", "Golgi", "vacuoles", "multivesicular bodies", "lipid droplets" }) Assert.Contains(name, yeast.Classes);
        Assert.Equal(Polarity.Bright, hela.Find("Early_Endosome")!.Polarity);
        Assert.Equal(Polarity.Dark, hela.Find("late endosomes")!.Polarity);
        Assert.Equal(Polarity.Dark, hela.Find("mito")!.Polarity);
        Assert.Equal(PixelSource.Ellipse, hela.Find("Lysosome")!.Pixels);
        Assert.NotNull(hela.Find("nuclei"));
        Assert.NotNull(yeast.Find("MVB"));
        Assert.Null(hela.Find("Golgi"));
        Assert.Throws<BadInputException>(() => RecipeBook.Preset("fly"));
    }

    /// <summary>A profile of a class as it is commonly seen, on ground of 150 with noise of 10: whether a place belongs to it, nm from its centre, and its grey value there.</summary>
    private static (Func<double, double, bool> Inside, Func<double, double, double> Grey) Profile(string name) => name switch
    {
        "early endosomes" => (Ellipse(60, 150), (_, _) => 210),
        "late endosomes" => (Ellipse(200, 200), (_, _) => 105),
        // Cristae as bright as what is outside.
        "mitochondria" => (Ellipse(180, 400), (y, x) => Math.Abs(y) < 130 && Math.Abs(x) < 300 && Math.Abs(x) % 100 < 25 ? 150 : 90),
        "lysosomes" => (Ellipse(160, 220), (y, x) => (Math.Floor(y / 40) + Math.Floor(x / 40)) % 2 == 0 ? 60 : 170),
        "nucleus" => (Ellipse(900, 1100), (y, x) => y * y + (x - 200) * (x - 200) < 300 * 300 ? 60 : 125),
        "cell" => (Ellipse(2000, 2400), (y, x) => y * y + (x - 800) * (x - 800) < 500 * 500 ? 70 : (y + 900) * (y + 900) + x * x < 250 * 250 ? 160 : 120),
        // A bent cisterna.
        "Golgi" => ((y, x) => Math.Abs(x) < 300 && Math.Abs(y - x * x / 900) < 45, (_, _) => 95),
        "vacuoles" => (Ellipse(500, 600), (_, _) => 90),
        "multivesicular bodies" => (Ellipse(140, 150), (y, x) => Math.Abs(y) % 60 < 30 && Math.Abs(x) % 60 < 30 ? 180 : 120),
        "lipid droplets" => (Ellipse(150, 150), (_, _) => 205),
        _ => throw new ArgumentOutOfRangeException(nameof(name)),
    };

    private static Func<double, double, bool> Ellipse(double a, double b) => (y, x) => y * y / (a * a) + x * x / (b * b) < 1;

    [Theory]
    [MemberData(nameof(ClassesOfPresets))]
    public void Presets_find_a_profile_of_the_polarity_and_shape_of_their_class(string preset, string name)
    {
        (Func<double, double, bool> inside, Func<double, double, double> grey) = Profile(name);
        double nm = name == "cell" ? 20 : name == "nucleus" ? 10 : 5;
        var slice = new Plane<float>(300, 300);
        var truth = new Plane<bool>(300, 300);
        var random = new Random(11);
        for (int y = 0; y < 300; y++)
            for (int x = 0; x < 300; x++)
            {
                (double dy, double dx) = ((y - 150) * nm, (x - 150) * nm);
                truth[y, x] = inside(dy, dx);
                slice[y, x] = (float)((truth[y, x] ? grey(dy, dx) : 150) + 10 * Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble()));
            }
        SliceMask whole = SliceMask.Of(truth, 0, 0);
        // Its tight box.
        SliceMask found = BoxPixels.Find(slice, null, new DetectedBox(0, 1, whole.Left, whole.Top, whole.Right, whole.Bottom), RecipeBook.Preset(preset).Find(name)!, new Point3(50, nm, nm));
        double overlap = SliceMask.IntersectionOverUnion(whole, found);
        Assert.True(overlap > 0.95, $"{preset}, {name}: {overlap:0.000}");
    }

    public static TheoryData<string, string> ClassesOfPresets()
    {
        var classes = new TheoryData<string, string>();
        foreach (string preset in RecipeBook.Presets)
            foreach (string name in RecipeBook.Preset(preset).Classes) classes.Add(preset, name);
        return classes;
    }

    [Fact]
    public void A_book_reads_back_as_it_was_written()
    {
        foreach (string preset in RecipeBook.Presets)
        {
            RecipeBook book = RecipeBook.Preset(preset), again = RecipeBook.Read(book.Write(), "again.json");
            Assert.Equal(book.Classes, again.Classes);
            foreach (string name in book.Classes) Assert.Equal(book.Find(name), again.Find(name));
        }
        RecipeBook own = RecipeBook.Read("""
            // by hand
            {"unit": "px", "recipes": {"mito": {"polarity": "bright", "blur": 1.5, "threshold": 90, "fill_holes": true, "largest_component": false, "margin": 4}, "default": {"unit": "nm", "pixels": "labels",}}}
            """, "own.json");
        Assert.Equal(new Recipe { Unit = RecipeUnit.Px, Polarity = Polarity.Bright, Blur = 1.5, Level = 90, FillHoles = true, LargestComponent = false, Margin = 4 }, own.Find("Mitochondria"));
        Assert.Equal(PixelSource.Labels, own.Find("anything")!.Pixels);
        Assert.Equal(own.Find("mito"), RecipeBook.Read(own.Write(), "again.json").Find("mito"));
    }

    [Theory]
    [InlineData("{", "not JSON")]
    [InlineData("[]", "must be an object")]
    [InlineData("{}", "no recipe")]
    [InlineData("{\"recipes\": {}}", "no recipe")]
    [InlineData("{\"format\": \"clemreg-project\", \"recipes\": {\"a\": {}}}", "clemreg-recipes")]
    [InlineData("{\"version\": 2, \"recipes\": {\"a\": {}}}", "newer version")]
    [InlineData("{\"recipe\": {}}", "Did you mean recipes")]
    [InlineData("{\"recipes\": {\"mito\": {\"blurr\": 3}}}", "Did you mean blur")]
    [InlineData("{\"recipes\": {\"mito\": {\"blur\": \"3\"}}}", "recipes.mito.blur")]
    [InlineData("{\"recipes\": {\"mito\": {\"erode\": -1}}}", "erode = -1")]
    [InlineData("{\"recipes\": {\"mito\": {\"polarity\": \"grey\"}}}", "one of dark, bright")]
    [InlineData("{\"recipes\": {\"mito\": {\"pixels\": \"magic\"}}}", "threshold, ellipse, box, labels")]
    [InlineData("{\"recipes\": {\"mito\": {\"threshold\": \"triangle\"}}}", "otsu")]
    [InlineData("{\"recipes\": {\"mito\": {}, \"Mitochondria\": {}}}", "same class")]
    [InlineData("{\"recipes\": {\" \": {}}}", "no name")]
    [InlineData("{\"recipes\": {\"mito\": 5}}", "must be an object")]
    public void What_is_no_book_is_refused_with_its_place(string text, string told)
    {
        string message = Assert.Throws<BadInputException>(() => RecipeBook.Read(text, "r.json")).Message;
        Assert.Contains("r.json", message, StringComparison.Ordinal);
        Assert.Contains(told, message, StringComparison.Ordinal);
    }

    [Fact]
    public void Lengths_that_no_image_of_such_pixels_has_are_refused()
    {
        string message = Assert.Throws<BadInputException>(() => new Recipe { Blur = 20_000 }.Check("the recipe of mito", new Point3(1, 4, 4))).Message;
        Assert.Contains("blur = 20000", message, StringComparison.Ordinal);
        Assert.Throws<BadInputException>(() => new Recipe { Level = double.NaN }.Check("r", new Point3(1, 1, 1)));
        new Recipe { Blur = 4000 }.Check("r", new Point3(1, 4, 4));
    }
}

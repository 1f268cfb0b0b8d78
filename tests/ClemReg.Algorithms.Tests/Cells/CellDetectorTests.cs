using ClemReg.Algorithms.Cells;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Tests.Cells;

public sealed class CellDetectorTests
{
    private static readonly (double Y, double X, double Long, double Wide, double Bright)[] Cells =
        [(40, 50, 18, 12, 100), (60, 150, 14, 14, 30), (140, 60, 20, 15, 200), (150, 170, 12, 10, 60), (100, 110, 16, 13, 20)];

    /// <summary>Blurred ellipses (half axes along y and x) on a sloping background, with noise.</summary>
    private static Plane<float> Section(int height, int width, double noise, double hole = 0, double scale = 1, double gain = 1)
    {
        var random = new Random(7);
        var plane = new Plane<float>(height, width);
        for (int y = 0; y < height; y++)
            for (int x = 0; x < width; x++)
            {
                double value = 20 + 0.05 * x;
                foreach (var c in Cells)
                {
                    double r = Math.Sqrt(Math.Pow((y / scale - c.Y) / c.Long, 2) + Math.Pow((x / scale - c.X) / c.Wide, 2));
                    value += c.Bright / (1 + Math.Exp((r - 1) * 12)) * (hole > 0 && r < hole ? 0.15 : 1);
                }
                double gaussian = Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
                plane[y, x] = (float)(gain * (value + noise * gaussian));
            }
        return plane;
    }

    private static void AssertFound(CellRegions found, double scale, double tolerance)
    {
        Assert.True(Cells.Length == found.Boxes.Count, string.Join('\n', found.Boxes));
        foreach (var c in Cells)
        {
            Box box = found.Boxes.MinBy(b => Math.Abs(b.Y + b.Height / 2.0 - scale * c.Y) + Math.Abs(b.X + b.Width / 2.0 - scale * c.X));
            Assert.InRange(box.Y, scale * (c.Y - c.Long) - tolerance, scale * (c.Y - c.Long) + tolerance);
            Assert.InRange(box.X, scale * (c.X - c.Wide) - tolerance, scale * (c.X - c.Wide) + tolerance);
            Assert.InRange(box.Height, 2 * scale * c.Long - 2 * tolerance, 2 * scale * c.Long + 2 * tolerance);
            Assert.InRange(box.Width, 2 * scale * c.Wide - 2 * tolerance, 2 * scale * c.Wide + 2 * tolerance);
            Assert.Equal(box.Cell, found.Labels[(int)(scale * c.Y), (int)(scale * c.X)]);
        }
        Assert.Equal(found.Boxes.OrderByDescending(b => b.Score), found.Boxes);
    }

    [Theory]
    [InlineData(0.5, 0, 1, 1)]
    [InlineData(3, 0, 1, 1)]
    [InlineData(1, 0.55, 1, 1)]
    [InlineData(1, 0.55, 4, 1)]
    [InlineData(1, 0, 3.7, 1)] // some pixels are left over at the ends
    [InlineData(1, 0, 1, 200)]
    [InlineData(1, 0, 1, 1e-4)]
    public void Cells_of_any_brightness_and_size_are_found_without_being_told(double noise, double hole, double scale, double gain)
    {
        Plane<float> section = Section((int)(200 * scale), (int)(220 * scale), noise, hole, scale, gain);
        AssertFound(CellDetector.Find(section, new CellDetectorOptions { MinimumScore = 0.05 }, new Job(2)), scale, 3 * scale);
    }

    [Theory]
    [InlineData(1, 28, true)]
    [InlineData(2, 28, true)]
    [InlineData(1, 18, false)] // one above half of the other: no notch tells them apart
    public void Cells_that_touch_are_divided(int scale, double apart, bool divided)
    {
        var section = new Plane<float>(160 * scale, 200 * scale);
        var random = new Random(3);
        for (int y = 0; y < section.Height; y++)
            for (int x = 0; x < section.Width; x++)
            {
                double near = Math.Min(Math.Sqrt(Math.Pow(y / (double)scale - 80, 2) + Math.Pow(x / (double)scale - 100 + apart / 2, 2)), Math.Sqrt(Math.Pow(y / (double)scale - 80, 2) + Math.Pow(x / (double)scale - 100 - apart / 2, 2)));
                section[y, x] = (float)(100 / (1 + Math.Exp(near - 15)) + random.NextDouble());
            }
        CellRegions found = CellDetector.Find(section, new CellDetectorOptions(), new Job(1));
        Assert.Equal(divided ? 2 : 1, found.Boxes.Count);
        if (divided) Assert.All(found.Boxes, b => Assert.InRange(b.Width, 26 * scale, 32 * scale));
        Assert.Single(CellDetector.Find(section, new CellDetectorOptions { Split = false }, new Job(1)).Boxes);
    }

    /// <summary>Discs with soft edges, brightness 100, on a little noise.</summary>
    private static Plane<float> Discs(params (double Y, double X, double Radius)[] discs)
    {
        var section = new Plane<float>(160, 200);
        var random = new Random(3);
        for (int y = 0; y < section.Height; y++)
            for (int x = 0; x < section.Width; x++)
                section[y, x] = (float)(100 / (1 + Math.Exp(discs.Min(d => Math.Sqrt((y - d.Y) * (y - d.Y) + (x - d.X) * (x - d.X)) - d.Radius))) + random.NextDouble());
        return section;
    }

    [Fact]
    public void What_is_too_large_is_divided_before_it_is_left_out()
    {
        // Two that touch are together as large as a disc of 42 pixels; each has 30, as the others.
        Plane<float> section = Discs((80, 86, 15), (80, 114, 15), (30, 30, 15), (30, 160, 15), (130, 170, 15));
        var options = new CellDetectorOptions { MinimumDiameter = 20, MaximumDiameter = 36 };
        IReadOnlyList<Box> found = CellDetector.Find(section, options, new Job(1)).Boxes;
        Assert.Equal(5, found.Count);
        Assert.All(found, b => Assert.InRange(b.Width, 25, 33));
        foreach (double x in new[] { 86, 114 }) Assert.Single(found, b => Math.Abs(b.X + b.Width / 2.0 - x) < 3 && Math.Abs(b.Y + b.Height / 2.0 - 80) < 3);
        Assert.Equal(3, CellDetector.Find(section, options with { Split = false }, new Job(1)).Boxes.Count);
    }

    [Fact]
    public void Parts_that_are_too_small_are_left_out()
    {
        Plane<float> section = Discs((80, 90, 15), (80, 115, 11), (30, 160, 15));
        Assert.Equal(3, CellDetector.Find(section, new CellDetectorOptions { MinimumDiameter = 10, MaximumDiameter = 60 }, new Job(1)).Boxes.Count);
        var large = new CellDetectorOptions { MinimumDiameter = 26, MaximumDiameter = 60 };
        CellRegions found = CellDetector.Find(section, large, new Job(1));
        Assert.Equal(2, found.Boxes.Count);
        Assert.All(found.Boxes, b => Assert.InRange(b.Width, 25, 33));
        Assert.True(found.Labels[80, 90] > 0);
        Assert.Equal(0, found.Labels[80, 120]);
        // Undivided they are one cell that is large enough.
        Assert.True(CellDetector.Find(section, large with { Split = false }, new Job(1)).Labels[80, 120] > 0);
    }

    [Fact]
    public void Diameters_leave_out_what_is_smaller_or_larger()
    {
        Plane<float> section = Section(200, 220, 1);
        var options = new CellDetectorOptions { MinimumScore = 0.05 };
        Assert.Equal(4, CellDetector.Find(section, options with { MinimumDiameter = 24, MaximumDiameter = 60 }, new Job(1)).Boxes.Count);
        Assert.Equal(4, CellDetector.Find(section, options with { MinimumDiameter = 10, MaximumDiameter = 33 }, new Job(1)).Boxes.Count);
    }

    [Fact]
    public void A_higher_score_asks_for_more_contrast()
    {
        Plane<float> section = Section(200, 220, 1);
        CellRegions all = CellDetector.Find(section, new CellDetectorOptions { MinimumScore = 0.05 }, new Job(1));
        double middle = all.Boxes[2].Score;
        CellRegions some = CellDetector.Find(section, new CellDetectorOptions { MinimumScore = middle }, new Job(1));
        Assert.Equal(all.Boxes.Take(3), some.Boxes);
    }

    [Fact]
    public void The_result_is_the_same_for_any_number_of_threads()
    {
        Plane<float> section = Section(300, 220, 2);
        CellRegions one = CellDetector.Find(section, new CellDetectorOptions(), new Job(1)), many = CellDetector.Find(section, new CellDetectorOptions(), new Job(5));
        Assert.Equal(one.Labels.Values, many.Labels.Values);
        Assert.Equal(one.Boxes, many.Boxes);
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(1, 50)]
    [InlineData(3, 3)]
    [InlineData(40, 30)]
    public void Nothing_is_found_where_nothing_is(int height, int width)
    {
        foreach (float value in (float[])[0, 255, 65535])
        {
            var flat = new Plane<float>(height, width);
            flat.Values.AsSpan().Fill(value);
            Assert.Empty(CellDetector.Find(flat, new CellDetectorOptions(), new Job(1)).Boxes);
        }
        var noise = new Plane<float>(height, width);
        var random = new Random(3);
        for (int i = 0; i < noise.Values.Length; i++) noise.Values[i] = random.Next(100);
        Assert.All(CellDetector.Find(noise, new CellDetectorOptions(), new Job(1)).Boxes, b => Assert.True(b.X >= 0 && b.Y >= 0 && b.X + b.Width <= width && b.Y + b.Height <= height));
    }

    [Fact]
    public void Bad_input_is_named()
    {
        Plane<float> section = Section(60, 50, 1);
        void Refused(CellDetectorOptions options, string name) =>
            Assert.Contains(name, Assert.Throws<BadInputException>(() => CellDetector.Find(section, options, new Job(1))).Message, StringComparison.Ordinal);
        Refused(new CellDetectorOptions { MinimumDiameter = -1 }, "cell_minimum_diameter");
        Refused(new CellDetectorOptions { MinimumDiameter = 61 }, "cell_minimum_diameter");
        Refused(new CellDetectorOptions { MaximumDiameter = double.NaN }, "cell_maximum_diameter");
        Refused(new CellDetectorOptions { MinimumDiameter = 20, MaximumDiameter = 10 }, "cell_maximum_diameter");
        Refused(new CellDetectorOptions { MinimumScore = 1 }, "cell_score");
        section[3, 4] = float.NaN;
        Refused(new CellDetectorOptions(), "NaN");
    }
}

using ClemReg.Algorithms.Segmentation;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Tests.Segmentation;

public sealed class RegionOfInterestTests
{
    private static readonly Grid Image = new(new Size3(6, 40, 90), new Point3(130, 35.3, 35.3), new Point3(65.1, 1000.7, -200.3));

    [Fact]
    public void Random_polygons_equal_a_plain_point_in_polygon()
    {
        var random = new Random(1);
        for (int trial = 0; trial < 60; trial++)
        {
            var corners = new PixelPoint[random.Next(3, 12)];
            bool anywhere = trial % 2 == 0;
            for (int i = 0; i < corners.Length; i++)
            {
                // Every second polygon has its corners on halves, so that edges pass through pixel centres.
                double x = random.NextDouble() * 110 - 10, y = random.NextDouble() * 60 - 10;
                corners[i] = anywhere ? new PixelPoint(x, y) : new PixelPoint(Math.Floor(x) + 0.5, Math.Floor(y) + 0.5);
            }
            AssertClears(corners, 0, 0, Image);
        }
    }

    [Fact]
    public void The_box_holds_just_what_is_left_of_a_full_mask()
    {
        var random = new Random(2);
        for (int trial = 0; trial < 40; trial++)
        {
            PixelPoint Corner() => new(random.NextDouble() * 110 - 10, random.NextDouble() * 60 - 10);
            int first = random.Next(0, 4), last = random.Next(0, 2) == 0 ? 0 : random.Next(Math.Max(first, 1), 7);
            var region = new RegionOfInterest(trial == 0 ? [] : [[Corner(), new(45.5, 20), Corner(), new(70, 30.5)]], first, last, "");
            using BitVolume mask = Full(Image);
            region.Apply(mask, Image, new Job(1));
            (int z0, int y0, int x0, int z1, int y1, int x1) = (6, 40, 90, -1, -1, -1);
            for (int z = 0; z < 6; z++)
                for (int y = 0; y < 40; y++)
                    for (int x = 0; x < 90; x++)
                        if (mask[z, y, x]) (z0, y0, x0, z1, y1, x1) = (Math.Min(z0, z), Math.Min(y0, y), Math.Min(x0, x), Math.Max(z1, z), Math.Max(y1, y), Math.Max(x1, x));
            Assert.Equal((new Size3(z0, y0, x0), new Size3(z1 - z0 + 1, y1 - y0 + 1, x1 - x0 + 1)), region.Box(Image));
        }
    }

    [Fact]
    public void A_centre_on_a_left_or_upper_edge_is_inside()
    {
        AssertClears([new(10.5, 5.5), new(80.5, 5.5), new(80.5, 31.5), new(10.5, 31.5)], 0, 0, Image);
        using BitVolume mask = Full(Image);
        new RegionOfInterest([new(10.5, 5.5), new(80.5, 5.5), new(80.5, 31.5), new(10.5, 31.5)]).Apply(mask, Image, new Job(1));
        Assert.Equal(70 * 26 * 6, mask.CountSet());
        Assert.True(mask[0, 5, 10] && !mask[0, 31, 80]);
    }

    [Theory]
    [InlineData(20.0)]
    [InlineData(47.0)]
    public void On_an_isotropic_mask_the_region_lies_where_it_was_drawn(double spacing)
    {
        Grid grid = FluorescenceSegmentation.IsotropicGrid(Image, spacing);
        AssertClears([new(3.2, 4), new(80, 11.3), new(40.4, 38), new(45, 20)], 2, 4, grid);
    }

    [Fact]
    public void A_rectangle_of_whole_pixels_holds_exactly_those_pixels()
    {
        using BitVolume mask = Full(Image);
        new RegionOfInterest([new(10, 5), new(74, 5), new(74, 9), new(10, 9)], 2, 3).Apply(mask, Image, new Job(2));
        Assert.Equal(64 * 4 * 2, mask.CountSet());
        Assert.True(mask[1, 5, 10] && mask[2, 8, 73]);
        Assert.False(mask[1, 5, 9] || mask[1, 5, 74] || mask[1, 4, 10] || mask[1, 9, 10] || mask[0, 5, 10] || mask[3, 5, 10]);
    }

    [Theory]
    [InlineData(0, 0, 6)]
    [InlineData(3, 0, 4)]
    [InlineData(0, 2, 2)]
    [InlineData(6, 6, 1)]
    [InlineData(1, 6, 6)]
    public void Slices_count_from_1_and_0_is_no_limit(int first, int last, int slices)
    {
        using BitVolume mask = Full(Image);
        new RegionOfInterest(null, first, last).Apply(mask, Image, new Job(1));
        Assert.Equal(slices * 40 * 90, mask.CountSet());
    }

    [Fact]
    public void A_region_that_is_no_area_is_refused()
    {
        Refused("roi", []);
        Refused("roi", [new(1, 1), new(5, 5)]);
        Refused("roi", [new(1, 1), new(5, 5), new(double.NaN, 2)]);
        Refused("roi", [new(5, 5), new(9, 9), new(5, 5)]);
        Refused("z_min", null, -1);
        Refused("z_max", null, 0, -1);
        Refused("z_min", null, 4, 3);
    }

    [Fact]
    public void A_region_outside_the_image_is_refused()
    {
        Refused("roi", [new(91, 1), new(120, 1), new(120, 30)]);
        Refused("roi", [new(5, -9), new(8, -9), new(8, 0.4)]);
        Refused("z_min", null, 7);
        Refused("z_max", null, 1, 7);
    }

    private static void Refused(string name, PixelPoint[]? corners, int first = 0, int last = 0)
    {
        string message = Assert.Throws<BadInputException>(() => new RegionOfInterest(corners, first, last).Validate(Image)).Message;
        Assert.Contains(name, message, StringComparison.Ordinal);
    }

    private static BitVolume Full(Grid grid)
    {
        var mask = new BitVolume(grid);
        var ones = new byte[grid.Size.SliceCount];
        Array.Fill(ones, (byte)1);
        for (int z = 0; z < grid.Size.Z; z++) mask.SetSlice<byte>(z, ones, 0);
        return mask;
    }

    private static void AssertClears(PixelPoint[] corners, int first, int last, Grid grid)
    {
        var expected = new bool[grid.Size.Count];
        int i = 0;
        for (int z = 0; z < grid.Size.Z; z++)
        {
            for (int y = 0; y < grid.Size.Y; y++)
            {
                for (int x = 0; x < grid.Size.X; x++)
                {
                    // On the image's own grid the centres are exact, so that those on an edge are decided by the rule alone.
                    Point3 at = ReferenceEquals(grid, Image) ? new Point3(z, y, x) : Image.ToIndex(grid.ToPhysical(z, y, x));
                    double slice = Math.Floor(at.Z + 0.5) + 1;
                    bool inRange = (first == 0 || slice >= first) && (last == 0 || slice <= last);
                    expected[i++] = inRange && Inside(corners, at.X + 0.5, at.Y + 0.5);
                }
            }
        }
        var region = new RegionOfInterest(corners, first, last);
        using BitVolume mask = Full(grid);
        if (!Array.Exists(expected, v => v))
        {
            Assert.Throws<BadInputException>(() => region.Apply(mask, Image, new Job(1)));
            return;
        }
        region.Apply(mask, Image, new Job(2));
        Assert.Equal(expected, Array.ConvertAll(SegmentationGolden.Bytes(mask), v => v != 0));
    }

    private static bool Inside(PixelPoint[] corners, double x, double y)
    {
        bool inside = false;
        for (int i = 0, j = corners.Length - 1; i < corners.Length; j = i++)
        {
            PixelPoint a = corners[i], b = corners[j];
            if (a.Y > y != b.Y > y && x < (a.X - b.X) * (y - b.Y) / (a.Y - b.Y) + b.X) inside = !inside;
        }
        return inside;
    }
}

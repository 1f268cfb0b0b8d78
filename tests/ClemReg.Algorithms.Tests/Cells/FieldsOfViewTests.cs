using ClemReg.Algorithms.Cells;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Tests.Cells;

public sealed class FieldsOfViewTests
{
    private static IReadOnlyList<FieldOfView> Around(Box[] boxes, FieldOptions? options = null, Size3? image = null, double pixelX = 1, double pixelY = 1) =>
        FieldsOfView.Around(boxes, image, pixelX, pixelY, options ?? new FieldOptions(), new Job(1));

    private static (int, int, int, int, int, int) Of(FieldOfView f) => (f.First, f.Last, f.X, f.Y, f.Width, f.Height);

    [Fact]
    public void A_margin_is_added_on_each_side_and_cut_at_the_image()
    {
        Box[] boxes = [new(0, 10, 20, 30, 40)];
        Assert.Equal((0, 0, 4, 17, 42, 46), Of(Around(boxes, new FieldOptions { Margin = 1.2 }, null, 0.2, 0.4)[0]));
        Assert.Equal((0, 0, 7, 16, 36, 48), Of(Around(boxes, new FieldOptions { MarginShare = 0.1 })[0]));
        Assert.Equal((0, 0, 0, 0, 45, 65), Of(Around(boxes, new FieldOptions { Margin = 25 }, new Size3(1, 65, 45))[0]));
        // Without an image nothing is known but that it begins at 0.
        Assert.Equal((0, 0, 0, 0, 65, 85), Of(Around(boxes, new FieldOptions { Margin = 25 })[0]));
    }

    [Fact]
    public void A_cell_has_one_field_through_all_its_sections()
    {
        Box[] boxes = [new(1, 10, 10, 20, 20), new(2, 12, 11, 20, 20), new(4, 14, 8, 18, 20), new(4, 70, 70, 10, 10), new(9, 12, 12, 20, 20)];
        IReadOnlyList<FieldOfView> fields = Around(boxes, new FieldOptions { Order = VisitOrder.Given }, new Size3(12, 100, 100));
        // The gap of section 3 is bridged, that of sections 5 to 8 is another cell.
        Assert.Equal([(1, 4, 10, 8, 22, 23), (4, 4, 70, 70, 10, 10), (9, 9, 12, 12, 20, 20)], fields.Select(Of));
        Assert.Equal([0, 1, 2], fields[0].Boxes);
        fields = Around(boxes, new FieldOptions { ExtraSections = 2, Order = VisitOrder.Given }, new Size3(10, 100, 100));
        Assert.Equal([(0, 6), (2, 6), (7, 9)], fields.Select(f => (f.First, f.Last)));
    }

    [Fact]
    public void Cells_are_linked_by_their_numbers_or_not_at_all_or_all()
    {
        Box[] boxes = [new(0, 10, 10, 20, 20, 1, 7), new(1, 60, 10, 20, 20, 1, 7), new(1, 10, 10, 20, 20), new(2, 10, 10, 20, 20)];
        FieldOptions given = new() { Order = VisitOrder.Given, Merge = false };
        Assert.Equal([(0, 1, 10, 10, 70, 20), (1, 1, 10, 10, 20, 20), (2, 2, 10, 10, 20, 20)], Around(boxes, given with { Link = SectionLinks.Cells }).Select(Of));
        Assert.Equal(4, Around(boxes, given with { Link = SectionLinks.None }).Count);
        IReadOnlyList<FieldOfView> all = Around(boxes, new FieldOptions { Link = SectionLinks.All });
        Assert.Equal([(0, 2, 10, 10, 20, 20), (0, 2, 60, 10, 20, 20)], all.Select(Of));
        Assert.Equal(4, all.Sum(f => f.Boxes.Count));
        Assert.True(SectionsOfCells.AreTracked([new(0, 0, 0, 9, 9, 1, 1), new(1, 3, 0, 9, 9, 1, 1)]));
        Assert.False(SectionsOfCells.AreTracked([new(0, 0, 0, 9, 9, 1, 1), new(1, 30, 0, 9, 9, 1, 1)]));
        Assert.False(SectionsOfCells.AreTracked([new(0, 0, 0, 9, 9, 1, 1), new(0, 3, 0, 9, 9, 1, 1)]));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Merging_never_costs_more_and_never_loses_a_box(int seed)
    {
        var random = new Random(seed);
        Box[] boxes = [.. Enumerable.Range(0, 60).Select(_ => new Box(random.Next(4), random.Next(180), random.Next(180), random.Next(5, 30), random.Next(5, 30)))];
        var image = new Size3(4, 220, 220);
        foreach (SectionLinks link in Enum.GetValues<SectionLinks>())
            foreach (double visit in new[] { 0.0, 100, 1e6 })
            {
                FieldOptions options = new() { Link = link, VisitArea = visit, Margin = 2 };
                double Cost(IReadOnlyList<FieldOfView> fields) => fields.Sum(f => f.Pixels + f.Sections * visit);
                IReadOnlyList<FieldOfView> merged = Around(boxes, options, image), single = Around(boxes, options with { Merge = false }, image);
                Assert.True(Cost(merged) <= Cost(single), $"{link} {visit}");
                Assert.All(boxes, b => Assert.Contains(merged, f => f.First <= b.Slice && b.Slice <= f.Last && Box.Intersection(b, new Box(0, f.X, f.Y, f.Width, f.Height)) == b.Area));
                Assert.Equal(boxes.Length, merged.SelectMany(f => f.Boxes).Distinct().Count());
                Assert.All(merged, f => Assert.True(f is { X: >= 0, Y: >= 0, First: >= 0, Last: < 4 } && f.X + f.Width <= 220 && f.Y + f.Height <= 220));
                // When going somewhere costs more than all the area, a section has one field.
                for (int z = 0; z < 4 && visit == 1e6; z++) Assert.Single(merged, f => f.First <= z && z <= f.Last);
            }
    }

    [Fact]
    public void Two_fields_become_one_only_where_that_is_less()
    {
        // Together 20 x 20 = 400; apart 2 x 200: the same, so they stay.
        Box[] touching = [new(0, 0, 0, 10, 20), new(0, 10, 0, 10, 20)], overlapping = [new(0, 0, 0, 11, 20), new(0, 10, 0, 10, 20)], apart = [new(0, 0, 0, 10, 10), new(0, 20, 0, 10, 10)];
        Assert.Equal(2, Around(touching).Count);
        Assert.Single(Around(overlapping));
        Assert.Equal(2, Around(apart, new FieldOptions { VisitArea = 99 }).Count);
        Assert.Single(Around(apart, new FieldOptions { VisitArea = 101 }));
        Assert.Equal(2, Around(apart, new FieldOptions { VisitArea = 101, LargestSide = 29 }).Count);
        Assert.Equal(2, Around(apart, new FieldOptions { VisitArea = 101 * 0.25 * 4 - 2 }, null, 0.5, 2).Count);
    }

    [Theory]
    [InlineData(100, 40, 0.1)]
    [InlineData(41, 40, 0.1)]
    [InlineData(1000, 33, 0.25)]
    [InlineData(77, 40, 0)]
    public void Tiles_are_not_larger_than_allowed_overlap_enough_and_cover_the_field(int side, int most, double overlap)
    {
        IReadOnlyList<FieldOfView> tiles = Around([new(0, 7, 9, side, 10)], new FieldOptions { LargestSide = most, TileOverlap = overlap, Order = VisitOrder.Given });
        Assert.True(tiles.Count > 1);
        Assert.Equal(7, tiles[0].X);
        Assert.Equal(7 + side, tiles[^1].X + tiles[^1].Width);
        Assert.All(tiles, t => Assert.True(t.Width <= most && t is { Y: 9, Height: 10, Cells: 1 }));
        for (int i = 1; i < tiles.Count; i++) Assert.True(tiles[i - 1].X + tiles[i - 1].Width - tiles[i].X >= (int)(overlap * most) - 1, $"tile {i}");
        // One tile less would not do.
        int shared = (int)(overlap * most);
        Assert.True((tiles.Count - 1) * (most - shared) + shared < side);
    }

    [Fact]
    public void Small_fields_are_made_larger_within_the_image()
    {
        FieldOptions options = new() { SmallestSide = 20 };
        Assert.Equal((0, 0, 45, 45, 20, 20), Of(Around([new(0, 50, 50, 10, 10)], options)[0]));
        Assert.Equal((0, 0, 0, 80, 20, 20), Of(Around([new(0, 1, 95, 5, 5)], options, new Size3(1, 100, 100))[0]));
        Assert.Equal((0, 0, 0, 0, 15, 12), Of(Around([new(0, 1, 5, 5, 5)], options, new Size3(1, 12, 15))[0]));
    }

    [Fact]
    public void Fields_are_visited_in_rows_or_by_distance()
    {
        Box[] boxes = [new(0, 80, 52, 9, 9), new(0, 0, 0, 9, 9), new(0, 40, 50, 9, 9), new(0, 80, 2, 9, 9), new(0, 0, 51, 9, 9), new(0, 40, 1, 9, 9)];
        int[] Order(VisitOrder order) => [.. Around(boxes, new FieldOptions { Order = order }).Select(f => f.Boxes[0])];
        Assert.Equal([1, 5, 3, 0, 2, 4], Order(VisitOrder.Serpentine));
        Assert.Equal([1, 5, 3, 0, 2, 4], Order(VisitOrder.Nearest));
        Assert.Equal([0, 1, 2, 3, 4, 5], Order(VisitOrder.Given));
        // With fields of its own a section is finished first.
        Box[] two = [new(1, 0, 0, 9, 9), new(0, 50, 0, 9, 9), new(1, 50, 40, 9, 9), new(0, 0, 40, 9, 9)];
        Assert.Equal([1, 3, 0, 2], Around(two, new FieldOptions { Link = SectionLinks.None }).Select(f => f.Boxes[0]));
    }

    [Fact]
    public void Numbers_out_of_range_are_refused()
    {
        void Refused(string name, FieldOptions options) => Assert.StartsWith(name, Assert.Throws<BadInputException>(() => Around([new(0, 0, 0, 9, 9)], options)).Message, StringComparison.Ordinal);
        Refused("margin", new FieldOptions { Margin = -1 });
        Refused("margin_share", new FieldOptions { MarginShare = double.NaN });
        Refused("extra_sections", new FieldOptions { ExtraSections = -1 });
        Refused("smallest_field", new FieldOptions { SmallestSide = 30, LargestSide = 20 });
        Refused("largest_field", new FieldOptions { LargestSide = -20 });
        Refused("tile_overlap", new FieldOptions { TileOverlap = 0.95 });
    }

    [Fact]
    public void A_table_of_fields_is_read_in_each_of_their_sections()
    {
        const string Table = "field,slice,last_slice,x,y,width,height,cells\n1,2,4,10,20,30,40,1\n2,1,1,0,0,5,5,1\n";
        Assert.Equal([1, 2, 3, 0], FieldTable.Read(Table).Select(b => b.Slice));
        Assert.Equal(FieldTable.Read(Table), FieldTable.Read(Table.Replace(',', ';')));
        Assert.Equal([1], FieldTable.Read("slice,last_slice,x,y,width,height\n2,,10,20,30,40").Select(b => b.Slice));
        Assert.Equal([new Box(0, 10, 20, 30, 40)], FieldTable.Read("x,y,width,height\n10,20,30,40"));
        Assert.StartsWith("line 2: last_slice is '1'", Assert.Throws<BadInputException>(() => FieldTable.Read("slice,last_slice,x,y,width,height\n2,1,10,20,30,40")).Message, StringComparison.Ordinal);
    }
}

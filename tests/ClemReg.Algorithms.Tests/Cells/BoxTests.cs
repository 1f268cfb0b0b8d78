using ClemReg.Algorithms.Cells;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Tests.Cells;

public sealed class BoxTests
{
    [Fact]
    public void Overlaps_are_counted_in_pixels()
    {
        var a = new Box(0, 0, 0, 4, 5);
        var b = new Box(3, 2, 1, 6, 2);
        Assert.Equal(4, Box.Intersection(a, b));
        Assert.Equal(8.0 / 32, Box.Dice(a, b));
        Assert.Equal(4.0 / 28, Box.IntersectionOverUnion(a, b));
        Assert.Equal(0, Box.Intersection(a, new Box(0, 4, 0, 3, 3)));
        Assert.Equal(1, Box.Dice(a, a));
        Assert.Equal(new Box(0, 0, 0, 8, 5, 0.7, 2), Box.Hull(a with { Score = 0.2, Cell = 2 }, b with { Score = 0.7, Cell = 9 }));
    }

    [Fact]
    public void Boxes_merge_at_the_share_of_either_and_no_earlier()
    {
        // 33 of 100 columns of the smaller one.
        var large = new Box(0, 0, 0, 300, 10);
        Assert.Single(BoxMerging.Merge([large, new Box(0, 267, 0, 100, 10)]));
        Assert.Equal(2, BoxMerging.Merge([large, new Box(0, 268, 0, 100, 10)]).Count);
        Assert.Equal(2, BoxMerging.Merge([large, new Box(1, 267, 0, 100, 10)]).Count);
        Assert.Empty(BoxMerging.Merge([]));
    }

    [Fact]
    public void Merging_goes_on_until_nothing_merges()
    {
        // The third touches the hull of the first two only.
        IReadOnlyList<MergedBox> merged = BoxMerging.Merge([new Box(0, 0, 0, 10, 2), new Box(0, 50, 50, 4, 4), new Box(0, 12, 8, 3, 2), new Box(0, 6, 0, 8, 10)]);
        Assert.Equal(2, merged.Count);
        Assert.Equal(new Box(0, 0, 0, 15, 10), merged[0].Box);
        Assert.Equal([0, 2, 3], merged[0].Members);
        Assert.Equal([1], merged[1].Members);
    }

    [Theory]
    [InlineData(0.1)]
    [InlineData(0.33)]
    [InlineData(0.8)]
    public void After_merging_no_two_boxes_overlap_by_the_share_and_none_is_lost(double share)
    {
        for (int seed = 0; seed < 30; seed++)
        {
            var random = new Random(seed);
            Box[] boxes = [.. Enumerable.Range(0, random.Next(60)).Select(_ => new Box(random.Next(2), random.Next(80), random.Next(80), 1 + random.Next(20), 1 + random.Next(20)))];
            IReadOnlyList<MergedBox> merged = BoxMerging.Merge(boxes, share);
            Assert.Equal(Enumerable.Range(0, boxes.Length), merged.SelectMany(m => m.Members).Order());
            foreach (MergedBox m in merged)
            {
                Assert.Equal(m.Members.Min(i => boxes[i].X), m.Box.X);
                Assert.Equal(m.Members.Max(i => boxes[i].Bottom), m.Box.Bottom);
                foreach (MergedBox o in merged)
                    if (o != m && o.Box.Slice == m.Box.Slice)
                        Assert.True(Box.Intersection(m.Box, o.Box) < share * Math.Min(m.Box.Area, o.Box.Area));
            }
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1.1)]
    [InlineData(double.NaN)]
    public void A_share_out_of_range_is_named(double share) =>
        Assert.StartsWith("merge share", Assert.Throws<BadInputException>(() => BoxMerging.Merge([], share)).Message, StringComparison.Ordinal);

    [Fact]
    public void Hulls_equal_scikit_image()
    {
        Plane<float>[] golden = PlaneGolden.Read("hulls");
        Assert.True(golden.Length > 30);
        for (int i = 0; i < golden.Length; i += 2)
        {
            var hull = new Plane<float>(golden[i].Height, golden[i].Width);
            foreach ((int y, int first, int last) in ConvexHull.Rows(Pixels(golden[i]))) hull.Row(y)[first..(last + 1)].Fill(1);
            Assert.Equal(golden[i + 1].Values, hull.Values);
        }
    }

    [Fact]
    public void Hulls_of_points_and_lines_are_themselves()
    {
        Assert.Empty(ConvexHull.Rows([]));
        Assert.Equal([(3, 4, 4)], ConvexHull.Rows([(3, 4)]));
        Assert.Equal([(3, 1, 9)], ConvexHull.Rows([(3, 9), (3, 1), (3, 4)]));
        Assert.Equal([(0, 2, 2), (1, 2, 2), (2, 2, 2)], ConvexHull.Rows([(2, 2), (0, 2)]));
        Assert.Equal([(0, 0, 0), (1, 1, 1), (2, 2, 2)], ConvexHull.Rows([(2, 2), (0, 0)]));
    }

    private static IEnumerable<(int Y, int X)> Pixels(Plane<float> plane)
    {
        for (int y = 0; y < plane.Height; y++)
            for (int x = 0; x < plane.Width; x++)
                if (plane[y, x] != 0)
                    yield return (y, x);
    }
}

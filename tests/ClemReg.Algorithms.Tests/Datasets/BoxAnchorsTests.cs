using ClemReg.Algorithms.Datasets;
using ClemReg.Algorithms.Inference.Conversion;
using ClemReg.Algorithms.Simulation;

namespace ClemReg.Algorithms.Tests.Datasets;

public sealed class BoxAnchorsTests
{
    private static readonly BoxSize[] Truth = [new(10, 12), new(30, 20), new(25, 60), new(90, 40), new(80, 130), new(300, 200)];

    private static BoxSize[] Around(double jitter, int each, int seed)
    {
        var random = new RandomStream(RandomStream.Key(1, seed));
        return [.. Enumerable.Range(0, each).SelectMany(_ => Truth.Select(t => new BoxSize(t.Width * (1 + jitter * (random.NextDouble() - 0.5)), t.Height * (1 + jitter * (random.NextDouble() - 0.5)))))];
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Groups_of_boxes_are_found(int seed)
    {
        IReadOnlyList<BoxSize> anchors = BoxAnchors.Fit(Around(0.1, 50, seed), Truth.Length, seed)!;
        foreach ((BoxSize anchor, BoxSize truth) in anchors.Zip(Truth.OrderBy(t => t.Width * t.Height))) Assert.True(BoxSize.Overlap(anchor, truth) > 0.9, $"{anchor} for {truth}");
    }

    [Fact]
    public void One_anchor_is_the_mean_and_as_many_as_sizes_are_the_sizes()
    {
        BoxSize[] sizes = [new(10, 20), new(20, 20), new(30, 50)];
        Assert.Equal([new BoxSize(20, 30)], BoxAnchors.Fit(sizes, 1, 1));
        Assert.Equal(sizes, BoxAnchors.Fit([.. sizes, .. sizes], 3, 1));
        Assert.Equal(1, BoxAnchors.MeanOverlap(sizes, sizes));
        Assert.Null(BoxAnchors.Fit([.. sizes, .. sizes], 4, 1));
        Assert.Null(BoxAnchors.Fit([], 1, 1));
    }

    [Fact]
    public void Fitted_anchors_meet_the_boxes_better_than_the_published_ones()
    {
        var random = new RandomStream(7);
        for (int trial = 0; trial < 20; trial++)
        {
            double largest = random.Uniform(20, 500);
            BoxSize[] sizes = [.. Enumerable.Range(0, 200).Select(_ => new BoxSize(random.Uniform(5, largest), random.Uniform(5, largest)))];
            IReadOnlyList<BoxSize> anchors = BoxAnchors.Fit(sizes, 9, trial)!;
            Assert.Equal(anchors, BoxAnchors.Fit(sizes, 9, trial));
            Assert.Equal(anchors.OrderBy(a => a.Width * a.Height), anchors);
            Assert.True(BoxAnchors.MeanOverlap(sizes, anchors) > BoxAnchors.MeanOverlap(sizes, DarknetTemplate.Anchors));
        }
    }

    [Theory]
    [InlineData(1, "0,1,2", "3,4", "5,6,7,8")]
    [InlineData(0.05, "0,1,2,3,4,5,6", "7", "8")]
    [InlineData(10, "0", "1", "2,3,4,5,6,7,8")]
    public void Each_head_gets_the_anchors_of_its_size_and_filters_for_them(double scale, string fine, string middle, string coarse)
    {
        BoxSize[] nine = [.. new double[] { 10, 20, 29, 31, 59, 61, 100, 200, 400 }.Select(s => new BoxSize(Math.Max(1, scale * s), Math.Max(1, scale * s)))];
        IReadOnlyList<DarknetSection> sections = DarknetConfiguration.Parse(DarknetTemplate.YoloV4(2, 416, nine), "f");
        string[] masks = [fine, middle, coarse];
        int[] heads = [.. Enumerable.Range(0, sections.Count).Where(i => sections[i].Kind == "yolo")];
        for (int h = 0; h < 3; h++)
        {
            Assert.Equal(masks[h], string.Join(',', sections[heads[h]].Numbers("mask")));
            Assert.Equal(nine.SelectMany(a => new[] { a.Width, a.Height }), sections[heads[h]].Numbers("anchors"));
            Assert.Equal(7 * masks[h].Split(',').Length, sections[heads[h] - 1].Whole("filters", 0));
        }
        sections = DarknetConfiguration.Parse(DarknetTemplate.YoloV4Tiny(2, 416, nine[1..7]), "f");
        Assert.Equal(Enumerable.Range(0, 6).Select(i => (double)i), sections.Where(s => s.Kind == "yolo").SelectMany(s => s.Numbers("mask")).Order());
    }
}

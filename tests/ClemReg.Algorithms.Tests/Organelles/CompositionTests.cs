using ClemReg.Algorithms.Detection;
using ClemReg.Algorithms.Organelles;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Tests.Organelles;

/// <summary>The paper's composition as it is printed, and the faults that it has and ours has not.</summary>
public sealed class CompositionTests
{
    private static (int Slice, DetectedBox Box) Box(int slice, double x, double y, double width, double height, int @class = 0) => (slice, new DetectedBox(@class, 1, x, y, x + width, y + height));

    private static int[] Paper(params (int, DetectedBox)[] boxes) => PaperComposition.Label(boxes, new PaperCompositionOptions(), new Job(1));

    [Fact]
    public void The_paper_s_rule_is_strict_about_centre_layer_and_class()
    {
        // 0.2 x 40 / 2 = 4 pixels.
        Assert.Equal([0, 0], Paper(Box(0, 100, 100, 40, 20), Box(1, 103.9, 100, 40, 20)));
        Assert.Equal([0, 1], Paper(Box(0, 100, 100, 40, 20), Box(1, 104, 100, 40, 20)));
        // The larger of both widths counts, of boxes with the same centre line.
        Assert.Equal([0, 0], Paper(Box(0, 100, 100, 80, 20), Box(1, 126, 100, 40, 20)));
        Assert.Equal([0, 1], Paper(Box(0, 100, 100, 80, 20), Box(1, 129, 100, 40, 20)));
        // Height: 0.2 x 20 / 2 = 2.
        Assert.Equal([0, 1], Paper(Box(0, 100, 100, 40, 20), Box(1, 100, 102, 40, 20)));
        Assert.Equal([0, 1], Paper(Box(0, 100, 100, 40, 20), Box(1, 100, 100, 40, 20, 1)));
        // layer > i - 50: 49 slices before, not 50.
        Assert.Equal([0, 0], Paper(Box(0, 100, 100, 40, 20), Box(49, 100, 100, 40, 20)));
        Assert.Equal([0, 1], Paper(Box(0, 100, 100, 40, 20), Box(50, 100, 100, 40, 20)));
        // Not within a slice; and the first of several, which is the oldest.
        Assert.Equal([0, 1], Paper(Box(3, 100, 100, 40, 20), Box(3, 101, 100, 40, 20)));
        Assert.Equal([0, 1, 0], Paper(Box(0, 100, 100, 40, 20), Box(1, 107, 100, 40, 20), Box(2, 103.5, 100, 40, 20)));
    }

    [Fact]
    public void Straight_organelles_are_the_same_for_both()
    {
        var scene = new Scene();
        for (int z = 0; z < 12; z++) scene.Disc(z, 50, 50, 15).Disc(z, 50, 120, 10);
        Assert.Equal(2, scene.Paper().Count);
        Assert.Equal(2, scene.Linked().Count);
        Assert.Equal(scene.Paper().Select(o => o.Sections.Sum(s => s.Pixels.Area)), scene.Linked().Select(o => o.Sections.Sum(s => s.Pixels.Area)));
    }

    [Fact]
    public void A_tube_that_moves_sideways_stays_one()
    {
        var scene = new Scene();
        // Half a diameter a slice; the paper's rule allows a fifth of a radius.
        for (int z = 0; z < 15; z++) scene.Disc(z, 60 + 4 * z, 40 + 8 * z, 10);
        Assert.True(scene.Paper().Count > 5);
        Organelle3D one = Assert.Single(scene.Linked());
        Assert.Equal(15, one.Sections.Count);
    }

    [Fact]
    public void Tubes_that_pass_each_other_stay_two()
    {
        var scene = new Scene();
        for (int z = 0; z < 21; z++)
        {
            scene.Disc(z, 100, 50 + 6 * z, 9);
            scene.Disc(z, 119, 170 - 6 * z, 9);
        }
        IReadOnlyList<Organelle3D> linked = scene.Linked();
        Assert.Equal(2, linked.Count);
        Assert.All(linked, o => Assert.Equal(21, o.Sections.Count));
        Assert.All(linked, o => Assert.Single(o.Members.Select(m => Math.Round(scene.Boxes[m].Pixels.CentreY)).Distinct()));
    }

    [Fact]
    public void Organelles_one_behind_the_other_stay_two()
    {
        var scene = new Scene();
        for (int z = 0; z < 10; z++) scene.Disc(z, 50, 50, 12);
        for (int z = 20; z < 30; z++) scene.Disc(z, 50, 51, 12);
        // Within 50 layers and at the same place they are one to the paper.
        Assert.Single(scene.Paper());
        Assert.Equal(2, scene.Linked().Count);
    }

    [Fact]
    public void Missing_boxes_are_bridged_and_filled()
    {
        var scene = new Scene();
        foreach (int z in new[] { 0, 1, 2, 5, 6, 7, 8 }) scene.Disc(z, 50 + 2 * z, 50 + 3 * z, 10 + z);
        Organelle3D one = Assert.Single(scene.Linked());
        Assert.Equal([3, 4], one.Sections.Where(s => s.Filled).Select(s => s.Slice));
        foreach (OrganelleSection filled in one.Sections.Where(s => s.Filled))
            Assert.True(SliceMask.IntersectionOverUnion(filled.Pixels, Scene.Discs((50 + 2 * filled.Slice, 50 + 3 * filled.Slice, 10 + filled.Slice))) > 0.9);
        Assert.Equal(7, Assert.Single(scene.Linked(new LinkedCompositionOptions { Fill = false })).Sections.Count);
        Assert.Equal(2, scene.Linked(new LinkedCompositionOptions { MostMissing = 1 }).Count);
    }

    [Fact]
    public void What_is_detected_twice_in_a_slice_is_one()
    {
        var scene = new Scene();
        for (int z = 0; z < 6; z++)
        {
            scene.Disc(z, 50, 50, 14);
            if (z % 2 == 0) scene.Add(z, 0, 0.5, (51, 49, 12));
        }
        Assert.Single(scene.Linked());
        Assert.Equal(9, scene.Linked()[0].Members.Count);
    }

    [Fact]
    public void One_detected_as_several_in_between_is_one()
    {
        var scene = new Scene();
        for (int z = 0; z < 12; z++)
        {
            if (z is < 4 or > 7) scene.Add(z, 0, 0.9, (50, 40, 12), (50, 58, 12));
            else scene.Disc(z, 50, 38, 11).Disc(z, 50, 61, 11);
        }
        Organelle3D one = Assert.Single(scene.Linked());
        Assert.Equal(12, one.Sections.Count);
        Assert.Single(scene.Linked(new LinkedCompositionOptions { Bridges = BridgeRule.Split }));
        Assert.True(scene.Paper().Count > 1);
    }

    private static Scene Dumbbell(int slices)
    {
        var scene = new Scene();
        for (int z = 0; z < 20; z++)
        {
            bool bridge = z >= 9 && z < 9 + slices;
            if (bridge) scene.Add(z, 0, 0.9, [(50, 40, 14), (50, 90, 14), .. Enumerable.Range(0, 30).Select(i => (50.0, 50.0 + i, 2.0))]);
            else scene.Disc(z, 50, 40, 14).Disc(z, 50, 90, 14);
        }
        return scene;
    }

    [Fact]
    public void Lobes_with_a_thin_bridge_are_one_or_two_as_one_likes()
    {
        Scene scene = Dumbbell(3);
        // Each lobe by itself, and the bridge's slices a third.
        Assert.Equal(3, scene.Paper().Count);
        Organelle3D one = Assert.Single(scene.Linked());
        Assert.Equal(20, one.Sections.Count);
        Assert.Contains(one.Reviews, r => r.Kind == ReviewKind.Split && r.Slice == 9);

        IReadOnlyList<Organelle3D> two = scene.Linked(new LinkedCompositionOptions { Bridges = BridgeRule.Split });
        Assert.Equal(2, two.Count);
        Assert.All(two, o => Assert.Equal(20, o.Sections.Count));
        // Each has its lobe and half of the bridge.
        Assert.All(two, o => Assert.All(o.Sections, s => Assert.InRange(s.Pixels.Area, 600, 720)));
        Assert.Contains(two.SelectMany(o => o.Reviews), r => r.Kind == ReviewKind.Merge);
    }

    [Fact]
    public void One_box_around_two_in_a_single_slice_does_not_join_them()
    {
        Scene scene = Dumbbell(1);
        IReadOnlyList<Organelle3D> two = scene.Linked();
        Assert.Equal(2, two.Count);
        Assert.All(two, o => Assert.Equal(20, o.Sections.Count));
        Assert.Single(scene.Linked(new LinkedCompositionOptions { JoinSlices = 1 }));
    }

    [Fact]
    public void A_branching_organelle_is_one()
    {
        var scene = new Scene();
        for (int z = 0; z < 6; z++) scene.Add(z, 0, 0.9, (50, 50, 12), (50, 70, 12));
        for (int z = 6; z < 12; z++) scene.Disc(z, 50, 46 - (z - 6), 12).Disc(z, 50, 74 + (z - 6), 12);
        Organelle3D one = Assert.Single(scene.Linked());
        Assert.Equal(12, one.Sections.Count);
        Assert.Equal(2, scene.Linked(new LinkedCompositionOptions { Bridges = BridgeRule.Split }).Count);
    }

    [Fact]
    public void An_organelle_that_moves_over_the_place_where_another_ended_does_not_swallow_it()
    {
        var scene = new Scene();
        for (int z = 0; z < 5; z++) scene.Disc(z, 50, 50, 8);
        for (int z = 0; z < 12; z++) scene.Disc(z, 50, 90 - 5 * z, 12);
        Assert.Equal(2, scene.Linked().Count);
    }

    [Fact]
    public void A_few_boxes_of_another_class_do_not_break_an_organelle_and_are_told()
    {
        var scene = new Scene();
        for (int z = 0; z < 10; z++) scene.Add(z, z is 4 or 5 ? 1 : 0, 0.8, (50, 50, 15));
        Organelle3D one = Assert.Single(scene.Linked());
        Assert.Equal(0, one.Class);
        Assert.Equal(2, scene.Paper().Count);
        // A smaller one of another class inside is its own.
        for (int z = 0; z < 10; z++) scene.Add(z, 2, 0.8, (50, 50, 5));
        Assert.Equal(2, scene.Linked().Count);
    }

    [Fact]
    public void Changing_places_behind_a_shared_slice_is_told_by_the_way_they_go()
    {
        var scene = new Scene();
        for (int z = 0; z < 21; z++)
        {
            if (z == 10) scene.Add(z, 0, 0.9, (100, 104, 10), (112, 116, 10));
            else scene.Disc(z, 100, 24 + 8 * z, 10).Disc(z, 112, 196 - 8 * z, 10);
        }
        IReadOnlyList<Organelle3D> two = scene.Linked();
        Assert.Equal(2, two.Count);
        Assert.All(two, o => Assert.Single(o.Members.Select(m => scene.Boxes[m]).Where(b => b.Slice != 10).Select(b => Math.Round(b.Pixels.CentreY)).Distinct()));
    }

    [Fact]
    public void Nothing_is_composed_of_nothing_and_options_are_checked()
    {
        Assert.Empty(new Scene().Linked());
        Assert.Empty(new Scene().Paper());
        Scene one = new Scene().Disc(7, 10, 10, 3);
        Assert.Single(one.Linked());
        Assert.Contains("link_overlap", Assert.Throws<BadInputException>(() => one.Linked(new LinkedCompositionOptions { Overlap = 0 })).Message, StringComparison.Ordinal);
        Assert.Contains("link_missing", Assert.Throws<BadInputException>(() => one.Linked(new LinkedCompositionOptions { MostMissing = -1 })).Message, StringComparison.Ordinal);
        Assert.Contains("join_slices", Assert.Throws<BadInputException>(() => one.Linked(new LinkedCompositionOptions { JoinSlices = 0 })).Message, StringComparison.Ordinal);
        Assert.Contains("paper_layers", Assert.Throws<BadInputException>(() => one.Paper(new PaperCompositionOptions { Layers = 0 })).Message, StringComparison.Ordinal);
        Assert.Contains("paper_tolerance", Assert.Throws<BadInputException>(() => one.Paper(new PaperCompositionOptions { Tolerance = double.NaN })).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(5, 9, 0.9, 0.5, true)]    // 5 slices of 15 nm, 200 nm wide
    [InlineData(5, 11, 0.9, 0.5, false)]  // 7 slices: 105 nm
    [InlineData(5, 9, 0.9, 0.3, false)]
    [InlineData(5, 9, 0.9, 0, false)]
    [InlineData(0, 4, 0.9, 0.5, false)]   // cut by the first slice
    [InlineData(3, 7, 0.9, 0.5, false)]   // or perhaps, where boxes are missing
    [InlineData(15, 19, 0.9, 0.5, false)] // and by the last
    [InlineData(12, 16, 0.9, 0.5, false)]
    [InlineData(5, 9, 1, 0.5, false)]     // drawn by hand
    public void Organelles_that_are_wide_and_last_for_few_slices_are_flat(int first, int last, double score, double least, bool flat)
    {
        var scene = new Scene();
        for (int z = first; z <= last; z++) scene.Add(z, 0, score, (50, 50, 11.3));
        var grid = new Grid(new Size3(20, 100, 100), new Point3(15, 10, 10));
        Assert.Equal(flat, OrganelleDepth.IsFlat(Assert.Single(scene.Linked()), scene.Boxes, grid, 3, least));
        // A tube that lies in the slices is not, for its length.
        var tube = new Scene();
        for (int z = first; z <= last; z++) tube.Add(z, 0, score, [.. Enumerable.Range(20, 60).Select(x => (50.0, (double)x, 5.0))]);
        Assert.False(OrganelleDepth.IsFlat(Assert.Single(tube.Linked()), tube.Boxes, grid, 3, least));
    }

    [Fact]
    public void A_cancelled_composition_stops()
    {
        using var source = new CancellationTokenSource();
        source.Cancel();
        var job = new Job(1, source.Token);
        Assert.Throws<OperationCanceledException>(() => LinkedComposition.Compose(new Scene().Disc(0, 9, 9, 3).Boxes, new LinkedCompositionOptions(), job));
        Assert.Throws<OperationCanceledException>(() => PaperComposition.Compose(new Scene().Disc(0, 9, 9, 3).Boxes, new PaperCompositionOptions(), job));
    }
}

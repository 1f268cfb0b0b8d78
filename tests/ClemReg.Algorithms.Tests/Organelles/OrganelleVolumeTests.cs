using ClemReg.Algorithms.Datasets;
using ClemReg.Algorithms.Detection;
using ClemReg.Algorithms.Mitochondria;
using ClemReg.Algorithms.Organelles;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Tests.Organelles;

public sealed class OrganelleVolumeTests
{
    private static readonly Grid Small = new(new Size3(6, 40, 60), new Point3(40, 10, 10));

    private static Organelle3D Of(int @class, params (int Slice, SliceMask Pixels)[] sections) => new(@class, [.. sections.Select(s => new OrganelleSection(s.Slice, s.Pixels, false))], []);

    private static SliceMask Rectangle(int y, int x, int height, int width)
    {
        var plane = new Plane<bool>(height, width);
        Array.Fill(plane.Values, true);
        return SliceMask.Of(plane, y, x);
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(2, -1)]
    [InlineData(-5, 7)]
    public void Shared_pixels_are_those_of_dense_masks(int dy, int dx)
    {
        var random = new Random(5);
        for (int round = 0; round < 20; round++)
        {
            var planes = Enumerable.Range(0, 2).Select(_ => new Plane<bool>(12, 17, [.. Enumerable.Range(0, 12 * 17).Select(_ => random.NextDouble() < 0.5)])).ToArray();
            SliceMask[] masks = [.. planes.Select(p => SliceMask.Of(p, 3, 4))];
            int shared = 0;
            for (int y = 0; y < 12; y++)
                for (int x = 0; x < 17; x++)
                    if (planes[0][y, x] && y + dy is >= 0 and < 12 && x + dx is >= 0 and < 17 && planes[1][y + dy, x + dx]) shared++;
            Assert.Equal(shared, SliceMask.Shared(masks[0], masks[1], dy, dx));
            bool[] both = [.. planes[0].Values.Zip(planes[1].Values, (a, b) => a || b)];
            Assert.Equal(both, SliceMask.Union(masks).ToPlane(3, 4, 12, 17).Values);
            Assert.Equal(planes[0].Values, masks[0].ToPlane(3, 4, 12, 17).Values);
        }
    }

    [Fact]
    public void A_mask_between_two_has_the_size_and_place_between()
    {
        SliceMask a = Scene.Discs((50, 50, 10)), b = Scene.Discs((60, 80, 20));
        for (double part = 0.25; part < 1; part += 0.25)
        {
            SliceMask between = MaskInterpolation.Between(a, b, part);
            Assert.True(SliceMask.IntersectionOverUnion(between, Scene.Discs((50 + 10 * part, 50 + 30 * part, 10 + 10 * part))) > 0.9);
        }
    }

    [Fact]
    public void The_smaller_organelle_is_seen_in_the_larger()
    {
        LabelVolume labels = OrganellePainting.Paint(Small, [Of(0, (1, Rectangle(5, 5, 5, 5))), Of(1, (0, Rectangle(0, 0, 40, 60)), (1, Rectangle(0, 0, 40, 60)))], new Job(2));
        var slice = new uint[40 * 60];
        labels.ReadLabels(1, slice);
        Assert.Equal((1u, 2u), (slice[7 * 60 + 7], slice[20 * 60 + 30]));
        Assert.Equal([25L, 2 * 2400 - 25], labels.Objects.Select(o => o.Voxels));
        Assert.Equal(VoxelType.UInt16, labels.Type);
    }

    [Fact]
    public void Cleaning_removes_what_hangs_on_and_leaves_the_rest()
    {
        // A block with a hair of one voxel's width.
        Organelle3D organelle = Of(0, [.. Enumerable.Range(0, 6).Select(z => (z, z == 2 ? SliceMask.Union([Rectangle(10, 10, 15, 20), Rectangle(15, 30, 1, 12)]) : Rectangle(10, 10, 15, 20)))]);
        (IReadOnlyList<Organelle3D> cleaned, long removed) = NeighbourCleaning.Run([organelle], Small.Spacing, 41, 2.2, new Job(2));
        // The voxel of the hair that touches the block has neighbours enough; the block's corners may go too.
        Assert.InRange(removed, 10, 60);
        SliceMask middle = cleaned[0].Sections[2].Pixels;
        Assert.InRange(middle.Right, 30, 32);
        Assert.InRange(cleaned[0].Sections.Sum(s => s.Pixels.Area), 1750, 1800);
        Assert.Contains("outlier_radius", Assert.Throws<BadInputException>(() => NeighbourCleaning.Run([organelle], Small.Spacing, 5, 2, new Job(1))).Message, StringComparison.Ordinal);
        Assert.Contains("outlier_ratio", Assert.Throws<BadInputException>(() => NeighbourCleaning.Run([organelle], Small.Spacing, 40, 0, new Job(1))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Cleaning_counts_the_voxels_in_a_ball()
    {
        // One voxel by itself, and two neighbours along each axis: at 10 nm only x and y reach.
        Organelle3D[] organelles = [Of(0, (0, Rectangle(5, 5, 1, 1)), (1, Rectangle(5, 5, 1, 1))), Of(0, (3, Rectangle(20, 20, 2, 2))), Of(1, (3, Rectangle(30, 30, 1, 1)))];
        (IReadOnlyList<Organelle3D> cleaned, long removed) = NeighbourCleaning.Run(organelles, Small.Spacing, 10, 0.5, new Job(2));
        // Counts with themselves: 1, 1; 3, 3, 3, 3; the mean is 2.33, the deviation 0.94. A class of one voxel has no deviation.
        Assert.Equal(2, removed);
        Assert.Equal([0, 1, 1], cleaned.Select(o => o.Sections.Count));
    }

    [Fact]
    public void What_touches_is_thin_or_seen_once_is_told()
    {
        Organelle3D[] organelles =
        [
            Of(0, [.. Enumerable.Range(0, 5).Select(z => (z, Rectangle(5, 5, 10, 10)))]),
            Of(0, [.. Enumerable.Range(0, 5).Select(z => (z, Rectangle(5, 15, 10, 10)))]),
            Of(1, [.. Enumerable.Range(0, 5).Select(z => (z, Rectangle(5, 25, 10, 10)))]),
            Of(0, [.. Enumerable.Range(0, 6).Select(z => (z, z == 3 ? Rectangle(25, 25, 2, 3) : Rectangle(22, 22, 9, 9)))]),
            Of(0, (5, Rectangle(30, 50, 4, 4))),
        ];
        LabelVolume labels = OrganellePainting.Paint(Small, organelles, new Job(1));
        OrganelleReviews.Add(organelles, [], ["a", "b"], labels, new Job(1));
        Review merge = Assert.Single(organelles[0].Reviews);
        Assert.Equal((ReviewKind.Merge, 1), (merge.Kind, merge.Other));
        Assert.Equal(0.25, merge.Evidence, 1e-9);
        Assert.Empty(organelles[1].Reviews);
        Assert.Empty(organelles[2].Reviews);
        Review split = Assert.Single(organelles[3].Reviews);
        Assert.Equal((ReviewKind.Split, 3), (split.Kind, split.Slice));
        Assert.Equal(ReviewKind.Single, Assert.Single(organelles[4].Reviews).Kind);
    }

    /// <summary>Organelles of class 0 with the given grey values, each of so many boxes, beside two of class 1 at 200.</summary>
    private static (Organelle3D[] Organelles, List<SliceOrganelle> Boxes) Grey(params (double Grey, int Boxes)[] values)
    {
        var boxes = new List<SliceOrganelle>();
        var organelles = new List<Organelle3D>();
        foreach ((int @class, double grey, int count) in values.Select(v => (0, v.Grey, v.Boxes)).Concat([(1, 200.0, 4), (1, 200.0, 4)]))
        {
            SliceMask pixels = Rectangle(2, 2 + 4 * organelles.Count, 3, 3);
            int first = boxes.Count;
            for (int z = 0; z < count; z++) boxes.Add(new SliceOrganelle(z, new DetectedBox(@class, 0.9, 0, 0, 9, 9), pixels) { Grey = grey });
            organelles.Add(new Organelle3D(@class, [.. Enumerable.Range(0, count).Select(z => new OrganelleSection(z, pixels, false))], [.. Enumerable.Range(first, count)]));
        }
        return ([.. organelles], boxes);
    }

    [Fact]
    public void An_organelle_of_another_grey_value_than_its_class_is_told()
    {
        // Median 100, median deviation 2 (3 with the factor of a normal distribution): 4 of them are 12.
        (Organelle3D[] organelles, List<SliceOrganelle> boxes) = Grey((98, 5), (100, 6), (102, 5), (115, 5), (90, 5), (109, 2));
        OrganelleReviews.Add(organelles, boxes, ["a", "b"], OrganellePainting.Paint(Small, organelles, new Job(1)), new Job(1));
        Review unlike = Assert.Single(organelles[3].Reviews);
        Assert.Equal(ReviewKind.Grey, unlike.Kind);
        Assert.Equal(15 / (2 * 1.4826), unlike.Evidence, 1e-9);
        Assert.Equal("has a grey value of 115, a have 100 ± 3: another class, or none", unlike.Text);
        Assert.All(organelles.Where(o => o != organelles[3]), o => Assert.DoesNotContain(o.Reviews, r => r.Kind == ReviewKind.Grey));
    }

    [Fact]
    public void Many_short_errors_do_not_outvote_their_class_and_without_grey_values_nothing_is_told()
    {
        (Organelle3D[] organelles, List<SliceOrganelle> boxes) = Grey((100, 6), (101, 6), (150, 2), (151, 2), (152, 2));
        OrganelleReviews.Add(organelles, boxes, ["a", "b"], OrganellePainting.Paint(Small, organelles, new Job(1)), new Job(1));
        Assert.Equal([false, false, true, true, true, false, false], organelles.Select(o => o.Reviews.Any(r => r.Kind == ReviewKind.Grey)));

        // Two tell nothing of each other, nor do slices that were not looked at.
        (Organelle3D[] two, boxes) = Grey((100, 6), (150, 6));
        OrganelleReviews.Add(two, boxes, ["a", "b"], OrganellePainting.Paint(Small, two, new Job(1)), new Job(1));
        (Organelle3D[] unseen, boxes) = Grey((double.NaN, 6), (double.NaN, 6), (double.NaN, 6), (double.NaN, 6));
        OrganelleReviews.Add(unseen, boxes, ["a", "b"], OrganellePainting.Paint(Small, unseen, new Job(1)), new Job(1));
        Assert.DoesNotContain(two.Concat(unseen).SelectMany(o => o.Reviews), r => r.Kind == ReviewKind.Grey);
    }

    [Fact]
    public void Grey_values_are_those_of_the_pixels_that_were_found()
    {
        using var image = new Volume<float>(new Grid(new Size3(2, 30, 30), new Point3(10, 10, 10)));
        for (int y = 0; y < 30; y++)
            for (int x = 0; x < 30; x++) image[0, y, x] = x is >= 10 and < 20 && y is >= 10 and < 20 ? 20 + y % 2 : 80;
        SliceBox[] boxes = [new SliceBox(0, new DetectedBox(0, 1, 6, 6, 24, 24)), new SliceBox(0, new DetectedBox(1, 1, 0, 0, 4, 4)), new SliceBox(1, new DetectedBox(1, 1, 0, 0, 4, 4))];
        Recipe[] recipes = [new Recipe { Polarity = Polarity.Dark }, new Recipe { Pixels = PixelSource.Box }];
        (IReadOnlyList<SliceOrganelle> found, _) = OrganelleSegmentation.Run(image, null, boxes, recipes, new Job(2));
        // No recipe looks at the second slice.
        Assert.Equal([20.5, 80, double.NaN], found.Select(f => f.Grey));
    }

    [Fact]
    public void Labels_of_another_size_and_none_where_they_are_needed_are_refused()
    {
        using var image = new Volume<byte>(Small);
        using var other = new Volume<byte>(new Grid(new Size3(5, 40, 60), Small.Spacing));
        SliceBox[] boxes = [new SliceBox(0, new DetectedBox(0, 1, 2, 2, 9, 9))];
        Recipe[] labels = [new Recipe { Pixels = PixelSource.Labels }];
        Assert.Contains("segmentation is missing", Assert.Throws<BadInputException>(() => OrganelleSegmentation.Run(image, null, boxes, labels, new Job(1))).Message, StringComparison.Ordinal);
        Assert.Contains("5 x 40 x 60", Assert.Throws<BadInputException>(() => OrganelleSegmentation.Run(image, other, boxes, labels, new Job(1))).Message, StringComparison.Ordinal);
        // One grey value: nothing is found, and told.
        (IReadOnlyList<SliceOrganelle> found, IReadOnlyList<SliceBox> empty) = OrganelleSegmentation.Run(image, null, boxes, [new Recipe()], new Job(1));
        Assert.Empty(found);
        Assert.Single(empty);
    }
}

using ClemReg.Algorithms.Alignment;
using ClemReg.Algorithms.Transforms;
using ClemReg.Algorithms.Volumes;
using Xunit.Abstractions;

namespace ClemReg.Algorithms.Tests.Alignment;

public sealed class GlobalAlignmentTests(ITestOutputHelper output)
{
    private static readonly Point3 EmSpacing = new(40, 40, 40);

    [Theory]
    [InlineData(0, 0, 0, 1.0, 1)]
    [InlineData(0.4, 1.9, -0.6, 1.0, 2)]
    [InlineData(-1.1, -0.3, 2.4, 0.93, 3)]
    [InlineData(3.0, 0.4, 0.2, 1.07, 4)]
    public void Any_orientation_is_found_without_a_start(double z, double y, double x, double scale, int seed)
    {
        var scene = new SlabScene(seed);
        Point3 origin = new(-700, 300, 5000), emOrigin = new(400, -2000, 100);
        using BitVolume mask = scene.Mask(EmSpacing, emOrigin);
        (Volume<ushort> image, AffineTransform truth) = scene.Fluorescence(RotationSet.FromVector(new Point3(z, y, x)), scale, origin, emOrigin);
        using (image)
        {
            GlobalAlignmentResult found = Search(image, mask, new GlobalAlignmentOptions());
            Assert.False(found.Reversed);
            Assert.True(SlabScene.ErrorNm(found.Best.MovingToFixed, truth, emOrigin) < 100);
            Assert.Equal(scale, found.Best.ScaleFactor, 0.015);
            Assert.True(found.Best.Overlap > 0.95);
            Assert.NotEqual(AlignmentConfidence.Refused, found.Confidence);
            Assert.True(found.HandednessRatio > 1.15);
            Assert.Equal(found.Poses.OrderByDescending(p => p.Score), found.Poses);
        }
    }

    [Fact]
    public void Slices_in_reversed_order_are_found_and_said_and_not_corrected()
    {
        var scene = new SlabScene(2);
        var emOrigin = new Point3(300, 0, 0);
        using BitVolume mask = scene.Mask(EmSpacing, emOrigin, reversed: true);
        (Volume<ushort> image, AffineTransform truth) = scene.Fluorescence(RotationSet.FromVector(new Point3(1, 1, -1)), 1, emOrigin: emOrigin);
        using (image)
        {
            GlobalAlignmentResult found = Search(image, mask, new GlobalAlignmentOptions());
            Assert.True(found.Reversed && found.Best.Mirrored);
            Assert.True(found.HandednessRatio < 1 / 1.15);
            Assert.True(found.Best.MovingToFixed.Determinant > 0);
            // The EM put right is the one that the fluorescence was made from; as given it is its mirror image.
            Assert.True(SlabScene.ErrorNm(found.Best.MovingToFixed, truth, emOrigin) < 100);
            AffineTransform toGiven = found.Best.MovingToFixed.Then(found.SliceReversal);
            Assert.True(toGiven.Determinant < 0);
            Assert.True(SlabScene.ErrorNm(toGiven, truth.Then(found.SliceReversal), emOrigin) < 100);
        }
    }

    [Fact]
    public void Anisotropic_masks_and_restricted_rotations_give_the_same_pose()
    {
        var scene = new SlabScene(5);
        Matrix3 rotation = RotationSet.FromVector(new Point3(0, 0.12, -0.08)) * RotationSet.FromVector(new Point3(2, 0, 0));
        using BitVolume mask = scene.Mask(new Point3(70, 25, 30));
        (Volume<ushort> image, AffineTransform truth) = scene.Fluorescence(rotation, 1.02);
        using (image)
        {
            var start = truth.Then(AffineTransform.Similarity(1, Registration.Clouds.Rotation(new Point3(1, 2, 3), 12), new Point3(1000, -3000, 2000)));
            GlobalAlignmentOptions[] ways =
            [
                new(),
                new() { Rotations = AlignmentRotations.InPlane },
                new() { Rotations = AlignmentRotations.InPlaneAndTurnedOver },
                new() { Rotations = AlignmentRotations.NearStart, Start = start, MaximumAngleDegrees = 25 },
            ];
            foreach (GlobalAlignmentOptions way in ways)
                Assert.True(SlabScene.ErrorNm(Search(image, mask, way).Best.MovingToFixed, truth) < 100, way.Rotations.ToString());
        }
    }

    [Fact]
    public void A_field_that_covers_a_quarter_of_the_EM_is_found_in_it()
    {
        var scene = new SlabScene(9, 60);
        using BitVolume mask = scene.Mask(EmSpacing);
        (Volume<ushort> image, AffineTransform truth) = scene.Fluorescence(RotationSet.FromVector(new Point3(0.7, 0, 0.1)), 1);
        using (image)
        using (Volume<ushort> field = SlabScene.Part(image, image.Grid.Size.Y / 2 - 10, image.Grid.Size.X / 2 - 25, 70, 65))
        {
            GlobalAlignmentResult found = Search(field, mask, new GlobalAlignmentOptions());
            Assert.True(found.Best.Overlap < 0.6);
            Assert.True(SlabScene.ErrorNm(found.Best.MovingToFixed, truth) < 200);
        }
    }

    [Fact]
    public void Volumes_that_do_not_belong_together_are_refused()
    {
        using BitVolume mask = new SlabScene(6).Mask(EmSpacing);
        (Volume<ushort> image, _) = new SlabScene(7).Fluorescence(RotationSet.FromVector(new Point3(0.5, 0, 0)), 1);
        using (image) Assert.Equal(AlignmentConfidence.Refused, Search(image, mask, new GlobalAlignmentOptions()).Confidence);
    }

    [Fact]
    public void The_right_place_is_found_where_the_largest_objects_do_not_shine()
    {
        var scene = new SlabScene(3);
        using BitVolume mask = scene.Mask(EmSpacing);
        (Volume<ushort> image, AffineTransform truth) = scene.Fluorescence(RotationSet.FromVector(new Point3(1.9, 0.3, -0.2)), 1);
        using (image)
        {
            // In the EM alone.
            foreach ((int y, int x) in ((int, int)[])[(50, 40), (110, 150), (175, 60)])
                DarkObjects.Add(mask, new Point3(25, y, x), new Point3(26, 34, 34));
            GlobalAlignmentResult found = Search(image, mask, new GlobalAlignmentOptions());
            Assert.InRange(found.LargestLeftOut, 1, 3);
            Assert.Equal(AlignmentConfidence.Accepted, found.Confidence);
            Assert.InRange(SlabScene.ErrorNm(found.Best.MovingToFixed, truth), 0, 150);
        }
    }

    [Fact]
    public void The_result_does_not_depend_on_the_threads()
    {
        var scene = new SlabScene(8, 30);
        using BitVolume mask = scene.Mask(EmSpacing);
        (Volume<ushort> image, _) = scene.Fluorescence(RotationSet.FromVector(new Point3(0.5, 0.1, 0)), 1);
        using (image)
        {
            var options = new GlobalAlignmentOptions { RotationCount = 200 };
            GlobalAlignmentResult one = GlobalAlignment.Search(image, mask, options, new Job(1));
            foreach (int threads in (int[])[2, 5])
            {
                GlobalAlignmentResult other = GlobalAlignment.Search(image, mask, options, new Job(threads));
                Assert.Equal(one.Poses.Select(Numbers), other.Poses.Select(Numbers));
            }
        }

        static string Numbers(AlignmentPose p) => string.Join(' ', [p.Score, p.Overlap, .. p.MovingToFixed.Rows.ToArray()]) + p.Mirrored;
    }

    [Theory]
    [InlineData(1.5, 1.2, false, false)]
    [InlineData(1.5, 0.8, true, false)]
    [InlineData(1.2, 1.2, false, false)]
    [InlineData(1.2, 1.1, false, true)]
    [InlineData(1.2, 0.8, true, true)]
    [InlineData(1.1, 0.8, true, false)]
    public void Reversed_slices_are_clear_only_from_an_accepted_search(double ratio, double handedness, bool mirrored, bool unclear)
    {
        var result = new GlobalAlignmentResult
        {
            Poses = [new AlignmentPose(0.8, 0.8, 1, mirrored, AffineTransform.Identity, 1)],
            Ratio = ratio,
            HandednessRatio = handedness,
            SliceReversal = AffineTransform.Identity,
        };
        Assert.Equal(unclear, result.HandednessUnclear);
    }

    [Fact]
    public void Cancelling_ends_it_soon()
    {
        var scene = new SlabScene(8, 30);
        using BitVolume mask = scene.Mask(EmSpacing);
        (Volume<ushort> image, _) = scene.Fluorescence(Matrix3.Identity, 1);
        using (image)
        using (var observer = new CancellingObserver())
        {
            Assert.Throws<OperationCanceledException>(() => GlobalAlignment.Search(image, mask, new GlobalAlignmentOptions(), new Job(2, observer.Token, observer)));
            Assert.InRange(observer.ReportsAfterCancelling, 0, 3);
        }
    }

    [Fact]
    public void What_cannot_be_aligned_is_refused_in_words()
    {
        var grid = new Grid(new Size3(20, 60, 60), new Point3(100, 100, 100));
        using var image = new Volume<float>(grid);
        using var mask = new BitVolume(grid);
        Says("one value everywhere", new GlobalAlignmentOptions());
        image[5, 20, 20] = 7;
        image[9, 40, 30] = 9;
        Says("same everywhere", new GlobalAlignmentOptions());
        for (int i = 0; i < 12; i++) mask[4, 30, 20 + i] = true;
        image[3, 3, 3] = float.NaN;
        Says("not finite", new GlobalAlignmentOptions());
        image[3, 3, 3] = 0;
        Says("psf_xy", new GlobalAlignmentOptions { PsfLateralNm = 0 });
        Says("psf_z", new GlobalAlignmentOptions { PsfAxialNm = -5 });
        Says("psf_z", new GlobalAlignmentOptions { PsfAxialNm = double.NaN });
        Says("search_scale_minimum", new GlobalAlignmentOptions { ScaleMinimum = 1.2 });
        Says("search_scale_maximum", new GlobalAlignmentOptions { ScaleMaximum = 20 });
        Says("search_angle", new GlobalAlignmentOptions { MaximumAngleDegrees = 0 });
        Says("rotation_count", new GlobalAlignmentOptions { RotationCount = 10 });
        Says("start", new GlobalAlignmentOptions { Rotations = AlignmentRotations.NearStart });
        Says("start", new GlobalAlignmentOptions { Rotations = AlignmentRotations.NearStart, Start = new AffineTransform([-1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0]) });
        using var thin = new Volume<ushort>(new Grid(new Size3(1, 60, 60), new Point3(300, 100, 100)));
        Assert.Contains("along z", Assert.Throws<BadInputException>(() => GlobalAlignment.Search(thin, mask, new GlobalAlignmentOptions(), new Job(1))).Message, StringComparison.Ordinal);

        void Says(string words, GlobalAlignmentOptions options) => Assert.Contains(words,
            Assert.Throws<BadInputException>(() => GlobalAlignment.Search(image, mask, options, new Job(1))).Message, StringComparison.Ordinal);
    }

    private GlobalAlignmentResult Search(Volume image, BitVolume mask, GlobalAlignmentOptions options)
    {
        GlobalAlignmentResult found = GlobalAlignment.Search(image, mask, options, new Job(2));
        output.WriteLine($"score {found.Best.Score:F3}, ratio {found.Ratio:F2}, handedness {found.HandednessRatio:F2}, {found.Confidence}");
        return found;
    }
}

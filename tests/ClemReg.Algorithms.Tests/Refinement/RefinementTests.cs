using ClemReg.Algorithms.Alignment;
using ClemReg.Algorithms.Refinement;
using ClemReg.Algorithms.Transforms;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Tests.Refinement;

/// <summary>Known transforms, blurs and deformations are found again, and what cannot be found is told.</summary>
public sealed class RefinementTests
{
    private static readonly PointSpreadFunction Psf = new(60, 200);
    private static readonly Point3 Middle = new(600, 3000, 3000);

    private static AffineTransform Truth { get; } = RefinementCase.Turned(12, 1.02, Middle, new Point3(150, -400, 250));

    private static AffineTransform Off(double degrees, double scale, Point3 shift) => Truth.Then(RefinementCase.Turned(degrees, scale, Middle, shift));

    [Theory]
    [InlineData(LinearKind.Similarity, 1)]
    [InlineData(LinearKind.Affine, 2)]
    public void A_known_similarity_is_found_with_the_blur(LinearKind kind, int seed)
    {
        using var pair = new RefinementCase(seed, Truth, Psf);
        AffineTransform start = Off(1.5, 0.99, new Point3(60, 150, -120));
        Assert.True(pair.Error(start) > 150);
        IntensityRefinementResult found = IntensityRefinement.Refine(pair.Fluorescence, pair.Mask, start,
            new IntensityRefinementOptions { Kind = kind, Levels = [250], Samples = 60_000 }, new Job(2));
        Assert.InRange(pair.Error(found.Transform), 0, kind == LinearKind.Affine ? 16 : 10);
        Assert.InRange(found.Psf.LateralNm, 50, 70);
        Assert.InRange(found.Psf.AxialNm, 175, 225);
        Assert.True(found.Converged);
        Assert.InRange(found.Correlation, 0.85, 1);
        Assert.InRange(found.Uncertainty.At(Middle), 0.1, 10);
    }

    [Fact]
    public void A_loss_of_light_with_depth_is_found_in_part_and_moves_the_result_little()
    {
        double loss = 0;
        const int runs = 4;
        for (int seed = 7; seed < 7 + runs; seed++)
        {
            using var pair = new RefinementCase(seed, Truth, Psf, size: new Size3(110, 320, 320), lossPerNm: 1.6e-4);
            IntensityRefinementResult found = IntensityRefinement.Refine(pair.Fluorescence, pair.Mask, Off(1, 1, new Point3(50, 100, -90)),
                new IntensityRefinementOptions { Kind = LinearKind.Similarity, Levels = [250], Samples = 60_000 }, new Job(2));
            loss += found.AttenuationPerNm / runs;
            Assert.InRange(pair.Error(found.Transform), 0, 12);
        }
        // The prior draws it to none, and objects that touch have one brightness here and two in the fluorescence.
        Assert.InRange(loss, 0.1e-4, 2.1e-4);
    }

    [Theory]
    [InlineData(11)]
    [InlineData(12)]
    public void Along_a_wide_blur_neighbours_count_with_their_own_brightness(int seed)
    {
        var wide = new PointSpreadFunction(80, 400);
        using var pair = new RefinementCase(seed, Truth, wide, size: new Size3(70, 260, 260));
        IntensityRefinementResult found = IntensityRefinement.Refine(pair.Fluorescence, pair.Mask, Off(1, 1, new Point3(50, 100, -90)),
            new IntensityRefinementOptions { Kind = LinearKind.Similarity, Levels = [250], Samples = 60_000 }, new Job(2));
        Assert.InRange(pair.Error(found.Transform), 0, 15);
        Assert.InRange(found.Psf.AxialNm, 375, 425);
    }

    [Fact]
    public void A_rigid_refinement_keeps_the_scale()
    {
        AffineTransform truth = RefinementCase.Turned(-20, 1, Middle, new Point3(0, 300, 0));
        using var pair = new RefinementCase(3, truth, Psf);
        AffineTransform start = truth.Then(RefinementCase.Turned(1, 1, Middle, new Point3(50, -100, 100)));
        IntensityRefinementResult found = IntensityRefinement.Refine(pair.Fluorescence, pair.Mask, start,
            new IntensityRefinementOptions { Kind = LinearKind.Rigid, Levels = [], Samples = 60_000 }, new Job(2));
        Assert.Equal(1, found.Transform.Determinant, 9);
        Assert.InRange(pair.Error(found.Transform), 0, 14);
    }

    [Fact]
    public void The_result_does_not_depend_on_the_number_of_threads()
    {
        using var pair = new RefinementCase(4, Truth, Psf, size: new Size3(50, 160, 170));
        var options = new IntensityRefinementOptions { Kind = LinearKind.Affine, Levels = [250], Samples = 8_000 };
        double[] Rows(int threads) => IntensityRegistration.Register(pair.Fluorescence, pair.Mask, Off(1, 1, new Point3(0, 100, 0)), options, true, new Job(threads)).Linear.Transform.Rows.ToArray();
        Assert.Equal(Rows(1), Rows(3));
    }

    [Fact]
    public void A_deformation_is_found_where_there_is_one_and_refused_where_there_is_none()
    {
        var size = new Size3(60, 480, 480);
        Point3 Bend(Point3 q) => new(60 * Math.Sin(q.Y / 2500), 150 * Math.Sin(q.X / 2200), 150 * Math.Cos(q.Y / 2100));
        AffineTransform truth = RefinementCase.Turned(5, 1, new Point3(600, 4800, 4800), default);
        using var bent = new RefinementCase(5, truth, Psf, Bend, size);
        using var straight = new RefinementCase(6, truth, Psf, null, size);
        var options = new IntensityRefinementOptions { Kind = LinearKind.Affine, Levels = [250] };
        IntensityRegistrationResult found = IntensityRegistration.Register(bent.Fluorescence, bent.Mask, truth, options, true, new Job(2));
        Assert.True(found.Judgement!.Accepted, found.Judgement.Text);
        double linear = bent.Error(found.Linear.Transform), deformed = bent.Error(found.Transform);
        Assert.True(linear > 60 && deformed < 0.4 * linear, $"{linear} {deformed}");
        IntensityRegistrationResult plain = IntensityRegistration.Register(straight.Fluorescence, straight.Mask, truth, options, true, new Job(2));
        Assert.False(plain.Judgement!.Accepted, plain.Judgement.Text);
        Assert.Same(plain.Linear.Transform, plain.Transform);
        Assert.InRange(straight.Error(plain.Transform), 0, 6);
    }

    [Fact]
    public void A_right_pose_stands_out_and_a_wrong_one_does_not()
    {
        using var pair = new RefinementCase(7, Truth, Psf);
        using var other = new RefinementCase(8, Truth, Psf);
        var options = new IntensityRefinementOptions { Levels = [250], Samples = 40_000 };
        IntensityRegistrationResult right = IntensityRegistration.Register(pair.Fluorescence, pair.Mask, Truth, options, false, new Job(2));
        IntensityRegistrationResult wrong = IntensityRegistration.Register(pair.Fluorescence, other.Mask, Truth, options, false, new Job(2));
        Assert.True(right.Contrast.Significance > 7, $"{right.Contrast}");
        Assert.True(wrong.Contrast.Significance < 5, $"{wrong.Contrast}");
        RegistrationVerdict good = RegistrationVerdict.Judge(right, null, null, null, SliceOrder.AsGiven, pair.Fluorescence.Grid, pair.Mask, new Job(1));
        RegistrationVerdict bad = RegistrationVerdict.Judge(wrong, null, null, null, SliceOrder.AsGiven, pair.Fluorescence.Grid, other.Mask, new Job(1));
        Assert.Equal(Reliability.Reliable, good.Level);
        Assert.Equal(Reliability.Check, RegistrationVerdict.Judge(right, null, null, null, SliceOrder.Unclear, pair.Fluorescence.Grid, pair.Mask, new Job(1)).Level);
        Assert.Equal(Reliability.Unreliable, RegistrationVerdict.Judge(right, null, null, null, SliceOrder.Reversed, pair.Fluorescence.Grid, pair.Mask, new Job(1)).Level);
        Assert.Equal(Reliability.Unreliable, bad.Level);
        var search = new GlobalAlignmentResult { Poses = [new AlignmentPose(0.8, 0.8, 1, false, Truth, 1)], Ratio = 3, HandednessRatio = 3, SliceReversal = AffineTransform.Identity, LargestLeftOut = 2 };
        RegistrationVerdict small = RegistrationVerdict.Judge(right, search, null, null, SliceOrder.AsGiven, pair.Fluorescence.Grid, pair.Mask, new Job(1));
        Assert.Equal(Reliability.Reliable, small.Level);
        Assert.Contains("2 largest objects, which seem not to shine", small.Reasons[^1], StringComparison.Ordinal);
        Assert.Single(good.Reasons);
        Assert.InRange(pair.Error(right.Transform) / good.PredictedErrorNm, 0.2, 2);
    }

    [Fact]
    public void A_run_that_stopped_at_a_bound_is_unreliable()
    {
        using var pair = new RefinementCase(7, Truth, Psf);
        IntensityRegistrationResult found = IntensityRegistration.Register(pair.Fluorescence, pair.Mask, Truth, new IntensityRefinementOptions { Levels = [250], Samples = 40_000 }, false, new Job(2));
        RegistrationVerdict Judge(IntensityRefinementResult linear, GlobalAlignmentResult? search = null) =>
            RegistrationVerdict.Judge(found with { Linear = linear }, search, null, null, SliceOrder.AsGiven, pair.Fluorescence.Grid, pair.Mask, new Job(1));
        void Unreliable(RegistrationVerdict verdict, string reason)
        {
            Assert.Equal(Reliability.Unreliable, verdict.Level);
            Assert.Contains(reason, verdict.Reasons[0], StringComparison.Ordinal);
        }

        Assert.Equal(Reliability.Reliable, Judge(found.Linear).Level);
        Unreliable(Judge(found.Linear with { Psf = new PointSpreadFunction(300, 420) }), "300 nm in y and x");
        Unreliable(Judge(found.Linear with { Psf = new PointSpreadFunction(120, 120) }), "what a microscope does");
        RefinementState last = found.Linear.History[^1];
        Unreliable(Judge(found.Linear with { Converged = false, History = [last with { MovementNm = 40 }] }), "still moved by 40.0 nm");
        Assert.Equal(Reliability.Check, Judge(found.Linear with { Converged = false, History = [last with { MovementNm = 0.2 }] }).Level);
        GlobalAlignmentResult Allowed(double least, double most) => new()
        {
            Poses = [new AlignmentPose(0.8, 0.8, 1, false, Truth, 1)],
            Ratio = 3,
            HandednessRatio = 3,
            SliceReversal = AffineTransform.Identity,
            Scales = (least, most),
        };
        double scale = Math.Cbrt(found.Linear.Transform.Determinant);
        Assert.Equal(Reliability.Reliable, Judge(found.Linear, Allowed(scale - 0.05, scale + 0.05)).Level);
        Unreliable(Judge(found.Linear, Allowed(scale + 0.02, 2)), "search_scale_minimum");
        Unreliable(Judge(found.Linear, Allowed(0.5, scale - 0.02)), "search_scale_maximum");
    }

    [Fact]
    public void A_given_blur_that_does_not_fit_is_told()
    {
        using var pair = new RefinementCase(9, Truth, Psf);
        var wide = new PointSpreadFunction(100, 330);
        IntensityRegistrationResult found = IntensityRegistration.Register(pair.Fluorescence, pair.Mask, Truth,
            new IntensityRefinementOptions { Psf = wide, PsfPrior = 0.25, Levels = [], Samples = 40_000 }, false, new Job(2));
        RegistrationVerdict verdict = RegistrationVerdict.Judge(found, null, null, wide, SliceOrder.AsGiven, pair.Fluorescence.Grid, pair.Mask, new Job(1));
        Assert.Contains(verdict.Reasons, r => r.Contains("psf_xy 100, psf_z 330", StringComparison.Ordinal));
        Assert.InRange(pair.Error(found.Transform), 0, 12);
    }

    [Fact]
    public void An_empty_mask_and_volumes_apart_are_named()
    {
        using var pair = new RefinementCase(10, Truth, Psf, size: new Size3(50, 100, 100));
        using var empty = new BitVolume(pair.Mask.Grid);
        Assert.Contains("mask", Assert.Throws<BadInputException>(() =>
            IntensityRefinement.Refine(pair.Fluorescence, empty, Truth, new IntensityRefinementOptions(), new Job(1))).Message, StringComparison.Ordinal);
        Assert.Contains("start", Assert.Throws<BadInputException>(() => IntensityRefinement.Refine(pair.Fluorescence, pair.Mask,
            Off(0, 1, new Point3(0, 90_000, 0)), new IntensityRefinementOptions(), new Job(1))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Cancelling_ends_it()
    {
        using var pair = new RefinementCase(11, Truth, Psf, size: new Size3(50, 160, 160));
        using var observer = new CancellingObserver();
        Assert.Throws<OperationCanceledException>(() => IntensityRegistration.Register(
            pair.Fluorescence, pair.Mask, Truth, new IntensityRefinementOptions(), true, new Job(2, observer.Token, observer)));
        Assert.InRange(observer.ReportsAfterCancelling, 0, 4);
    }
}

using ClemReg.Algorithms.Refinement;
using ClemReg.Algorithms.Segmentation;
using ClemReg.Algorithms.Transforms;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Tests.Refinement;

/// <summary>The second opinion by point clouds: for the right position, against displaced ones, and silent where it knows nothing.</summary>
public sealed class PointPathCheckTests : IClassFixture<PointPathCheckTests.Pair>
{
    private static readonly PointSpreadFunction Psf = new(60, 200);
    private readonly Pair _pair;

    public PointPathCheckTests(Pair pair) => _pair = pair;

    /// <summary>One pair for all tests.</summary>
    public sealed class Pair : IDisposable
    {
        public Pair() => Segmented = FluorescenceSegmentation.Segment(Case.Fluorescence, new FluorescenceSegmentationOptions(), new Job(2));

        internal RefinementCase Case { get; } = new(5, RefinementCase.Turned(25, 1.02, new Point3(800, 4000, 4000), new Point3(300, 200, -500)), Psf, null, new Size3(80, 400, 400));

        internal BitVolume Segmented { get; }

        public void Dispose()
        {
            Case.Dispose();
            Segmented.Dispose();
        }
    }

    private static AffineTransform Shift(double z, double y, double x) => new([1, 0, 0, z, 0, 1, 0, y, 0, 0, 1, x]);

    [Theory]
    [InlineData(0, 0, 0)]
    [InlineData(200, 0, 0)]
    [InlineData(0, 300, 0)]
    [InlineData(0, 500, -600)]
    public void It_tells_how_far_a_position_is_from_the_right_one(double z, double y, double x)
    {
        AffineTransform found = _pair.Case.Truth.Then(Shift(z, y, x));
        PointPathCheck check = PointPathCheck.Compare(_pair.Segmented, _pair.Case.Mask, found, Psf, new Job(2));
        Assert.True(check.Speaks);
        Assert.InRange(check.DifferenceNm, new Point3(z, y, x).Length - 60, new Point3(z, y, x).Length + 60);
        Assert.InRange(check.ForwardBackwardNm, 0, 50);
        Assert.InRange(check.Residuals(_pair.Case.Truth, new Job(1))!.NearestMedianNm, 1, 300);
    }

    [Fact]
    public void It_is_the_same_for_any_number_of_threads()
    {
        PointPathCheck one = PointPathCheck.Compare(_pair.Segmented, _pair.Case.Mask, _pair.Case.Truth, Psf, new Job(1));
        PointPathCheck three = PointPathCheck.Compare(_pair.Segmented, _pair.Case.Mask, _pair.Case.Truth, Psf, new Job(3));
        Assert.Equal(one.DifferenceNm, three.DifferenceNm);
        Assert.Equal(one.Moving.Points.ToArray(), three.Moving.Points.ToArray());
    }

    [Fact]
    public void It_is_silent_about_another_image()
    {
        using var other = new RefinementCase(77, RefinementCase.Turned(25, 1.02, new Point3(800, 4000, 4000), new Point3(300, 200, -500)), Psf, null, new Size3(80, 400, 400));
        PointPathCheck check = PointPathCheck.Compare(_pair.Segmented, other.Mask, other.Truth, Psf, new Job(2));
        Assert.True(!check.Speaks || check.DifferenceNm > 200, $"{check.DifferenceNm:F0} nm, {check.ForwardBackwardNm:F0} nm, {check.Matched:F2}");
    }

    [Fact]
    public void Volumes_far_apart_and_empty_masks_are_refused_in_words()
    {
        Assert.Throws<BadInputException>(() => PointPathCheck.Compare(_pair.Segmented, new BitVolume(_pair.Case.Mask.Grid), _pair.Case.Truth, Psf, new Job(1)));
        try
        {
            PointPathCheck far = PointPathCheck.Compare(_pair.Segmented, _pair.Case.Mask, _pair.Case.Truth.Then(Shift(0, 1e6, 0)), Psf, new Job(1));
            Assert.False(far.Speaks);
        }
        catch (BadInputException e)
        {
            Assert.NotEmpty(e.Message);
        }
    }
}

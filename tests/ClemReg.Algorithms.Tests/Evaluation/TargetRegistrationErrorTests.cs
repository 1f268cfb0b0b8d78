using ClemReg.Algorithms.Evaluation;
using ClemReg.Algorithms.Simulation;
using ClemReg.Algorithms.Transforms;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Tests.Evaluation;

public sealed class TargetRegistrationErrorTests
{
    private static readonly AffineTransform Turned = new([0.9, 0.1, 0, 50, -0.1, 0.9, 0.2, -400, 0, -0.2, 1.0, 3000]);

    private static Volume<ushort> Labels(params (int Z, int Y, int X)[] set)
    {
        var labels = new Volume<ushort>(new Grid(new Size3(5, 7, 9), new Point3(50, 20, 10), new Point3(5, 6, 7)));
        foreach ((int z, int y, int x) in set) labels[z, y, x] = (ushort)(z + 1);
        return labels;
    }

    [Fact]
    public void The_true_transform_has_no_error()
    {
        using Volume<ushort> labels = Labels((0, 0, 0), (4, 6, 8), (2, 3, 4));
        TargetRegistrationError e = TargetRegistrationError.Measure(new TruthTransform(Turned, null), Turned, labels, new Job(1));
        Assert.Equal(3, e.Targets);
        Assert.True(e.Maximum < 1e-9);
    }

    [Fact]
    public void A_shift_in_the_fixed_frame_is_the_error()
    {
        using Volume<ushort> labels = Labels((0, 0, 0), (4, 6, 8));
        AffineTransform shifted = Turned.Then(new AffineTransform([1, 0, 0, 20, 0, 1, 0, 40, 0, 0, 1, 40]));
        TargetRegistrationError e = TargetRegistrationError.Measure(new TruthTransform(Turned, null), shifted, labels, new Job(1));
        Assert.Equal(60, e.Mean, 1e-9);
        Assert.Equal(60, e.Median, 1e-9);
        Assert.Equal(60, e.Percentile95, 1e-9);
        Assert.Equal(60, e.Maximum, 1e-9);
    }

    [Fact]
    public void Mean_median_percentile_and_maximum_are_those_of_the_targets()
    {
        // Stretched along x: the error of a target is its distance from x = 0, here 7 + 10 i.
        using Volume<ushort> labels = Labels([.. Enumerable.Range(0, 8).Select(i => (1, 2, i))]);
        AffineTransform stretched = new([1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 2, 0]);
        TargetRegistrationError e = TargetRegistrationError.Measure(new TruthTransform(AffineTransform.Identity, null), stretched, labels, new Job(1));
        Assert.Equal(8, e.Targets);
        Assert.Equal(42, e.Mean, 1e-9);
        Assert.Equal(42, e.Median, 1e-9);
        Assert.Equal(77, e.Percentile95, 1e-9);
        Assert.Equal(77, e.Maximum, 1e-9);
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(10, 10)]
    [InlineData(100, 79)]
    [InlineData(315, 315)]
    [InlineData(1000, 315)]
    public void Every_kth_target_is_taken_where_there_are_too_many(int maximum, int expected)
    {
        using Volume<ushort> labels = Labels();
        for (int z = 0; z < 5; z++) labels.Slice(z).Fill(9);
        TargetRegistrationError e = TargetRegistrationError.Measure(new TruthTransform(Turned, null), Turned, labels, new Job(2), maximum);
        Assert.Equal(expected, e.Targets);
    }

    [Fact]
    public void The_targets_spread_over_the_volume()
    {
        using Volume<ushort> labels = Labels();
        for (int z = 0; z < 5; z++) labels.Slice(z).Fill(1);
        var seen = new HashSet<double>();
        TargetRegistrationError.Measure(new TruthTransform(AffineTransform.Identity, null), p =>
        {
            lock (seen) seen.Add(p.Z);
            return p;
        }, labels, new Job(1), 20);
        Assert.Equal([5.0, 55, 105, 155, 205], seen.Order());
    }

    [Fact]
    public void A_mask_of_8_bit_serves_as_well()
    {
        using var mask = new BitVolume(new Grid(new Size3(2, 2, 3), new Point3(1, 1, 1)));
        mask[1, 1, 2] = true;
        Assert.Equal(1, TargetRegistrationError.Measure(new TruthTransform(Turned, null), Turned, mask, new Job(1)).Targets);
    }

    [Fact]
    public void Nothing_labelled_is_an_error()
    {
        using Volume<ushort> labels = Labels();
        BadInputException e = Assert.Throws<BadInputException>(() =>
            TargetRegistrationError.Measure(new TruthTransform(Turned, null), Turned, labels, new Job(1)));
        Assert.Contains("no voxel above 0", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_transform_that_gives_no_number_is_an_error()
    {
        using Volume<ushort> labels = Labels((1, 1, 1));
        Assert.Throws<BadInputException>(() => TargetRegistrationError.Measure(
            new TruthTransform(Turned, null), _ => new Point3(double.NaN, 0, 0), labels, new Job(1)));
        Assert.Throws<BadInputException>(() => TargetRegistrationError.Measure(new TruthTransform(Turned, null), Turned, labels, new Job(1), 0));
    }
}

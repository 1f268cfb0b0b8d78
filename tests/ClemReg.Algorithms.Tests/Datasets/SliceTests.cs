using ClemReg.Algorithms.Datasets;

namespace ClemReg.Algorithms.Tests.Datasets;

/// <summary>Which slices are annotated, and how they are divided.</summary>
public sealed class SliceTests
{
    [Theory]
    [InlineData(1, 20)]
    [InlineData(7, 20)]
    [InlineData(20, 20)]
    [InlineData(1000, 20)]
    [InlineData(1001, 3)]
    public void Proposed_slices_are_distinct_rising_and_in_the_stack(int slices, int count)
    {
        foreach (int[] found in new[] { SliceChoice.Evenly(slices, count), SliceChoice.Randomly(slices, count, 3) })
        {
            Assert.Equal(Math.Min(slices, count), found.Length);
            Assert.Equal(found.Distinct().Order(), found);
            Assert.InRange(found[0], 0, slices - 1);
            Assert.InRange(found[^1], 0, slices - 1);
        }
    }

    [Fact]
    public void Evenly_spread_slices_lie_in_the_middle_of_equal_parts()
    {
        Assert.Equal([5, 15, 25, 35], SliceChoice.Evenly(40, 4));
        Assert.Equal([0, 1, 2], SliceChoice.Evenly(3, 9));
        int[] gaps = [.. SliceChoice.Evenly(1003, 20).Zip(SliceChoice.Evenly(1003, 20).Skip(1), (a, b) => b - a)];
        Assert.True(gaps.Max() - gaps.Min() <= 1);
    }

    [Fact]
    public void Random_slices_follow_the_seed_and_all_slices_are_drawn_alike()
    {
        Assert.Equal(SliceChoice.Randomly(500, 20, 7), SliceChoice.Randomly(500, 20, 7));
        Assert.NotEqual(SliceChoice.Randomly(500, 20, 7), SliceChoice.Randomly(500, 20, 8));
        var drawn = new int[10];
        for (int seed = 0; seed < 2000; seed++)
            foreach (int z in SliceChoice.Randomly(10, 3, seed)) drawn[z]++;
        // 600 each are expected; the standard deviation is 20.
        Assert.All(drawn, n => Assert.InRange(n, 500, 700));
    }

    [Fact]
    public void A_list_of_slices_is_read_and_what_is_none_is_refused()
    {
        Assert.Equal([0, 4, 8, 9, 10, 11], SliceChoice.Read(" 5, 1,9-12,10 ", 12, "slices"));
        foreach (string bad in new[] { "", "0", "13", "5-4", "1-2-3", "a", "-3", "1.5" })
            Assert.Contains("slices from 1 to 12", Assert.Throws<BadInputException>(() => SliceChoice.Read(bad, 12, "slices")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Near_slices_are_never_divided_unless_it_is_told()
    {
        var random = new Random(5);
        int cut = 0;
        for (int round = 0; round < 400; round++)
        {
            int[] slices = [.. Enumerable.Range(0, random.Next(1, 40)).Select(_ => random.Next(400)).Distinct().Order()];
            int distance = random.Next(1, 30);
            double validation = random.Next(0, 6) / 10.0, test = random.Next(0, 4) / 10.0;
            SliceSplit split = SliceSplit.Of(slices, distance, validation, test, round);
            Assert.Equal(slices.Length, split.Uses.Count);
            Assert.Contains(SliceUse.Train, split.Uses);
            if (slices.Length > 2 && validation > 0) Assert.Contains(SliceUse.Validation, split.Uses);
            if (validation == 0) Assert.DoesNotContain(SliceUse.Validation, split.Uses);
            Assert.True(split.Uses.Count(u => u == SliceUse.Validation) <= Math.Max(1, Math.Round(validation * slices.Length)));
            bool divided = Enumerable.Range(1, slices.Length - 1).Any(i => slices[i] - slices[i - 1] < distance && split.Uses[i] != split.Uses[i - 1]);
            if (!split.Cut) Assert.False(divided);
            if (split.Cut) cut++;
            Assert.Equal(split.Uses, SliceSplit.Of(slices, distance, validation, test, round).Uses);
        }
        Assert.InRange(cut, 1, 399);
    }

    [Fact]
    public void One_block_is_cut_once()
    {
        SliceSplit split = SliceSplit.Of([.. Enumerable.Range(100, 20)], 10, 0.2, 0, 1);
        Assert.True(split.Cut);
        Assert.Equal(4, split.Uses.Count(u => u == SliceUse.Validation));
        Assert.Equal(1, Enumerable.Range(1, 19).Count(i => split.Uses[i] != split.Uses[i - 1]));
    }

    [Theory]
    [InlineData(1.0, 0.0, 10, "validation_share")]
    [InlineData(double.NaN, 0.0, 10, "validation_share")]
    [InlineData(0.5, 0.5, 10, "test_share")]
    [InlineData(0.2, 0.0, 0, "split_distance")]
    public void Shares_that_leave_nothing_are_refused(double validation, double test, int distance, string name) =>
        Assert.StartsWith(name, Assert.Throws<BadInputException>(() => SliceSplit.Of([1, 2], distance, validation, test, 1)).Message, StringComparison.Ordinal);
}

using ClemReg.Algorithms.Alignment;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Tests.Alignment;

public sealed class SmallObjectsTests
{
    [Fact]
    public void The_largest_go_until_half_of_the_voxels_is_left_and_the_mask_stays()
    {
        using BitVolume mask = Boxes(20, 400, 180);
        long before = mask.CountSet();
        (BitVolume small, int leftOut) = SmallObjects.Of(mask, new Job(2))!.Value;
        using (small)
        {
            // 20 boxes of 8 voxels, 400 and 180 more: the 400 are more than half of the 740.
            Assert.Equal(1, leftOut);
            Assert.Equal(before - 400, small.CountSet());
            Assert.Equal(before, mask.CountSet());
            Assert.False(small[5, 1, 1]);
            Assert.True(small[8, 1, 1]);
        }
    }

    [Fact]
    public void Objects_of_one_size_have_no_largest_ones()
    {
        using BitVolume mask = Boxes(30);
        Assert.Null(SmallObjects.Of(mask, new Job(1)));
    }

    [Fact]
    public void As_few_as_seven_small_ones_say_nothing()
    {
        using BitVolume eight = Boxes(8, 400), seven = Boxes(7, 400);
        using BitVolume small = SmallObjects.Of(eight, new Job(1))!.Value.Mask;
        Assert.Equal(8 * 8, small.CountSet());
        Assert.Null(SmallObjects.Of(seven, new Job(1)));
    }

    /// <summary>Cubes of 2 x 2 x 2 voxels, and rows of the given lengths from slice 5 on.</summary>
    private static BitVolume Boxes(int cubes, params int[] rows)
    {
        var mask = new BitVolume(new Grid(new Size3(12, 5, 420), new Point3(20, 20, 20)));
        for (int i = 0; i < cubes; i++)
            for (int k = 0; k < 8; k++) mask[k >> 2, k >> 1 & 1, 4 * i + (k & 1)] = true;
        for (int i = 0; i < rows.Length; i++)
            for (int x = 0; x < rows[i]; x++) mask[5 + 3 * i, 1, 1 + x] = true;
        return mask;
    }
}

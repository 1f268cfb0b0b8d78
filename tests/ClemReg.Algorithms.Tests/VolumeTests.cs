using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Tests;

public sealed class VolumeTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(63)]
    [InlineData(64)]
    [InlineData(65)]
    [InlineData(130)]
    public void A_mask_reads_back_what_was_set(int width)
    {
        using var mask = new BitVolume(new Grid(new Size3(2, 3, width), new Point3(1, 1, 1)));
        var slice = new byte[3 * width];
        new Random(width).NextBytes(slice);
        for (int i = 0; i < slice.Length; i++) slice[i] = (byte)(slice[i] > 127 ? 255 : 0);
        mask.SetSlice<byte>(1, slice, 0);
        var back = new byte[slice.Length];
        mask.ReadSlice(1, back);
        Assert.Equal(slice, back);
        Assert.Equal(slice.Count(v => v != 0), mask.CountSet());
        Assert.Equal(slice[2 * width + width - 1] != 0, mask[1, 2, width - 1]);
    }

    [Fact]
    public void A_released_volume_cannot_be_read()
    {
        var volume = new Volume<float>(new Grid(new Size3(1, 2, 3), new Point3(1, 1, 1)));
        volume.Dispose();
        volume.Dispose();
        Assert.Throws<ObjectDisposedException>(() => volume.Slice(0).Length);
    }
}

using ClemReg.Algorithms.Tests.Warping;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Tests.Volumes;

public sealed class LabelDetectionTests
{
    private static readonly Grid Place = new(new Size3(20, 40, 50), new Point3(1, 1, 1));

    private static bool Looks<T>(Func<double, T> of) where T : unmanaged
    {
        using var volume = new Volume<T>(Place);
        for (int z = 0; z < 20; z++)
            for (int y = 0; y < 40; y++)
                for (int x = 0; x < 50; x++)
                {
                    // Balls of radius 8: 1 at their middle, 0 at their rim, below outside.
                    double r = Math.Sqrt(Math.Pow(z - 10, 2) + Math.Pow(y % 20 - 10, 2) + Math.Pow(x % 25 - 12, 2)) / 8;
                    volume.Slice(z)[y * 50 + x] = of(r > 1 ? -1 : (1 - r) + 10 * (y / 20) + 20 * (x / 25));
                }
        return LabelDetection.LooksLikeLabels(volume, new Job(1));
    }

    [Fact]
    public void Masks_and_labels_are_told()
    {
        Assert.True(Looks(v => v < 0 ? (byte)0 : (byte)1));
        Assert.True(Looks(v => v < 0 ? (byte)0 : (byte)255));
        Assert.True(Looks(v => v < 0 ? (ushort)0 : (ushort)(1 + (int)(v / 10))));
        Assert.True(Looks(v => v < 0 ? 0f : 7f));
    }

    [Fact]
    public void Grey_values_are_not()
    {
        Assert.False(Looks(v => v < 0 ? 0f : 0.5f));
        Assert.False(Looks(v => v < 0 ? -1f : 1f));
        Assert.False(Looks(_ => (byte)9));
        // Smooth and dim: long runs of one value, but its rims are slopes.
        Assert.False(Looks(v => v < 0 ? (byte)0 : (byte)(1 + 2 * (v % 10))));
        using Volume noise = WarpCases.Noise(Place, VoxelType.UInt16, 1);
        Assert.False(LabelDetection.LooksLikeLabels(noise, new Job(1)));
    }
}

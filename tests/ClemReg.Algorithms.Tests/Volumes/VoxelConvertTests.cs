using System.Runtime.InteropServices;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Tests.Volumes;

/// <summary>Raw voxels to floats, at lengths around those of vectors.</summary>
public sealed class VoxelConvertTests
{
    public static TheoryData<int> Lengths => [.. Enumerable.Range(0, 70).Concat([1023, 1024, 1025, 2049, 3000])];

    [Theory, MemberData(nameof(Lengths))]
    public void Values_of_16_bits_stay_as_they_are(int length)
    {
        ushort[] voxels = [.. Enumerable.Range(0, length).Select(i => (ushort)(65535 - i * 40503))];
        var floats = new float[length + 3];
        VoxelConvert.ToFloat(MemoryMarshal.AsBytes<ushort>(voxels), VoxelType.UInt16, floats);
        Assert.Equal(voxels.Select(v => (float)v).Concat([0, 0, 0]), floats);
    }

    [Theory, MemberData(nameof(Lengths))]
    public void Values_of_8_bits_stay_as_they_are(int length)
    {
        byte[] voxels = [.. Enumerable.Range(0, length).Select(i => (byte)(255 - i * 97))];
        var floats = new float[length + 3];
        VoxelConvert.ToFloat(voxels, VoxelType.UInt8, floats);
        Assert.Equal(voxels.Select(v => (float)v).Concat([0, 0, 0]), floats);
    }

    [Theory, InlineData(VoxelType.UInt8), InlineData(VoxelType.UInt16), InlineData(VoxelType.Float32)]
    public void A_destination_that_is_too_short_is_refused(VoxelType type) =>
        Assert.Throws<ArgumentException>(() => VoxelConvert.ToFloat(new byte[40 * (int)type], type, new float[39]));
}

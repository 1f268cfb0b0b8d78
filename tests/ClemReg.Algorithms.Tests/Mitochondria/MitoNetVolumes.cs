using ClemReg.Algorithms.Mitochondria;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Tests.Mitochondria;

/// <summary>What several tests of label volumes share.</summary>
internal static class MitoNetVolumes
{
    public static uint[] Labels(LabelVolume volume)
    {
        int count = volume.Grid.Size.SliceCount;
        var labels = new uint[volume.Grid.Size.Count];
        for (int z = 0; z < volume.Grid.Size.Z; z++) volume.ReadLabels(z, labels.AsSpan(z * count, count));
        return labels;
    }

    public static void AssertSamePartition(ReadOnlySpan<uint> expected, ReadOnlySpan<uint> actual)
    {
        Assert.Equal(expected.Length, actual.Length);
        var forth = new Dictionary<uint, uint> { [0] = 0 };
        var back = new Dictionary<uint, uint> { [0] = 0 };
        for (int i = 0; i < expected.Length; i++)
        {
            if (forth.TryAdd(expected[i], actual[i])) Assert.True(back.TryAdd(actual[i], expected[i]), $"voxel {i}: {expected[i]} and {back[actual[i]]} are one object");
            if (forth[expected[i]] != actual[i]) Assert.Fail($"voxel {i}: {expected[i]} is {forth[expected[i]]} and {actual[i]}");
        }
    }

    /// <summary>The table of objects says what the voxels say.</summary>
    public static void AssertObjects(LabelVolume volume, uint[] labels, bool tight)
    {
        Size3 n = volume.Grid.Size;
        var found = new SortedDictionary<int, (long Voxels, VoxelBox Box)>();
        for (int i = 0; i < labels.Length; i++)
        {
            if (labels[i] == 0) continue;
            int z = i / n.SliceCount, y = i / n.X % n.Y, x = i % n.X;
            var voxel = new VoxelBox(new Size3(z, y, x), new Size3(z + 1, y + 1, x + 1));
            (long voxels, VoxelBox box) = found.GetValueOrDefault((int)labels[i]);
            found[(int)labels[i]] = (voxels + 1, voxels == 0 ? voxel : box.Union(voxel));
        }
        Assert.Equal(found.Keys, volume.Objects.Select(o => o.Label));
        foreach (LabelledObject o in volume.Objects)
        {
            Assert.Equal(found[o.Label].Voxels, o.Voxels);
            if (tight) Assert.Equal(found[o.Label].Box, o.Box);
            else Assert.Equal(o.Box, o.Box.Union(found[o.Label].Box));
        }
    }
}

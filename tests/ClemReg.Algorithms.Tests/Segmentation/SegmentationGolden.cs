using System.Runtime.InteropServices;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Tests.Segmentation;

/// <summary>The arrays of golden-scripts/make_filters_segmentation_golden.py, and masks made for tests.</summary>
internal static class SegmentationGolden
{
    public static byte[] Read(string name) => File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "golden", "segmentation", name));

    public static Volume<ushort> Image()
    {
        var image = new Volume<ushort>(new Grid(new Size3(10, 44, 53), new Point3(130, 40, 40)));
        ReadOnlySpan<ushort> voxels = MemoryMarshal.Cast<byte, ushort>(Read("image_10x44x53.bin"));
        for (int z = 0; z < 10; z++) voxels.Slice(z * 44 * 53, 44 * 53).CopyTo(image.Slice(z));
        return image;
    }

    public static BitVolume Mask(string name, Grid grid)
    {
        byte[] packed = Read(name);
        var mask = new BitVolume(grid);
        Assert.Equal((grid.Size.Count + 7) / 8, packed.Length);
        long i = 0;
        for (int z = 0; z < grid.Size.Z; z++)
            for (int y = 0; y < grid.Size.Y; y++)
                for (int x = 0; x < grid.Size.X; x++, i++)
                    mask[z, y, x] = (packed[i / 8] >> (int)(i % 8) & 1) != 0;
        return mask;
    }

    public static BitVolume Random(Size3 size, double density, int seed)
    {
        var mask = new BitVolume(new Grid(size, new Point3(1, 1, 1)));
        var random = new Random(seed);
        for (int z = 0; z < size.Z; z++)
            for (int y = 0; y < size.Y; y++)
                for (int x = 0; x < size.X; x++)
                    mask[z, y, x] = random.NextDouble() < density;
        return mask;
    }

    public static byte[] Bytes(BitVolume mask)
    {
        int count = mask.Grid.Size.SliceCount;
        var bytes = new byte[mask.Grid.Size.Count];
        for (int z = 0; z < mask.Grid.Size.Z; z++) mask.ReadSlice(z, bytes.AsSpan(z * count, count));
        return bytes;
    }

    public static double Dice(BitVolume a, BitVolume b)
    {
        byte[] p = Bytes(a);
        byte[] q = Bytes(b);
        Assert.Equal(p.Length, q.Length);
        int both = p.Zip(q, (u, v) => u != 0 && v != 0).Count(v => v);
        return 2.0 * both / (p.Count(v => v != 0) + q.Count(v => v != 0));
    }
}

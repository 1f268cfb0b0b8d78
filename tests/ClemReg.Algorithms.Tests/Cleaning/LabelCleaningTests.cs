using ClemReg.Algorithms.Cleaning;
using ClemReg.Algorithms.Mitochondria;
using ClemReg.Algorithms.Tests.Segmentation;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Tests.Cleaning;

public sealed class LabelCleaningTests
{
    private static readonly Grid Grid = new(new Size3(12, 30, 80), new Point3(25, 10, 10));

    [Fact]
    public void Each_label_alone_is_cleaned_as_a_mask_of_its_own()
    {
        // Far enough from each other that none claims what another has.
        using Volume<ushort> image = Blobs(1);
        var options = new CleaningOptions { FillHoles = Holes.Volume, OpenRadius = 12, CloseRadius = 25, SmoothSlices = 3, MinimumVoxels = 60, MinimumSpan = 2 };
        ushort[] cleaned = Clean(image, options, 2, out LabelVolume result);
        int changed = 0, gone = 0;
        foreach (ushort label in new ushort[] { 3, 70, 900, 65535 })
        {
            using var alone = new BitVolume(Grid);
            for (int z = 0; z < Grid.Size.Z; z++) alone.SetSlice(z, Array.ConvertAll(image.Slice(z).ToArray(), v => v == label ? (byte)1 : (byte)0), (byte)0);
            byte[] before = SegmentationGolden.Bytes(alone);
            MaskCleaning.Shape(alone, options, new Job(1));
            long left = alone.CountSet();
            byte[] expected = left >= 60 ? SegmentationGolden.Bytes(alone) : new byte[before.Length];
            Assert.Equal(expected, Array.ConvertAll(cleaned, v => v == label ? (byte)255 : (byte)0));
            if (left < 60) gone++;
            else if (!expected.SequenceEqual(before)) changed++;
            Assert.Equal(left >= 60, result.Objects.Any(o => o.Label == label && o.Voxels == left));
        }
        Assert.Equal((3, 1), (changed, gone));
        Assert.Equal(VoxelType.UInt16, result.Type);
    }

    [Fact]
    public void Labels_never_join_and_what_two_claim_is_the_larger_ones()
    {
        // Two blocks with a gap of two voxels, which closing fills from both sides; a third inside a hole of the first.
        using var image = new Volume<byte>(Grid);
        Box(image, 5, 2, 10, 5, 25, 10, 30);
        Box(image, 9, 2, 10, 5, 25, 32, 40);
        Box(image, 0, 4, 8, 10, 18, 15, 25);
        Box(image, 7, 5, 7, 12, 16, 18, 22);
        ushort[] cleaned = Clean(image, new CleaningOptions { FillHoles = Holes.Volume, CloseRadius = 15 }, 2, out LabelVolume result);
        Assert.Equal(VoxelType.UInt8, result.Type);
        Assert.Equal([5, 7, 9], result.Objects.Select(o => o.Label));
        Assert.Equal(2 * 4 * 4, result.Objects[1].Voxels);
        Assert.Equal(8 * 20 * 20 - 2 * 4 * 4, result.Objects[0].Voxels);
        Assert.Equal(5, At(5, 15, 20 - 4));
        // Neither closes a gap that only both would close.
        Assert.Equal(0, At(5, 15, 30));

        // A notch between two, which each of them fills.
        using var notch = new Volume<byte>(Grid);
        Box(notch, 2, 2, 10, 5, 25, 10, 40);
        Box(notch, 0, 2, 10, 12, 14, 20, 40);
        Box(notch, 4, 2, 10, 12, 14, 41, 60);
        Box(notch, 4, 2, 10, 5, 30, 50, 60);
        ushort[] filled = Clean(notch, new CleaningOptions { CloseRadius = 30 }, 2, out _);
        Assert.Equal(2, filled[(5 * 30 + 13) * 80 + 25]);
        Assert.All(Enumerable.Range(0, filled.Length).Where(i => Value(notch, i) != 0), i => Assert.Equal(Value(notch, i), filled[i]));

        int At(int z, int y, int x) => cleaned[(z * 30 + y) * 80 + x];
        static int Value(Volume<byte> image, int i) => image[i / (30 * 80), i / 80 % 30, i % 80];
    }

    [Fact]
    public void What_two_claim_is_the_larger_ones_whichever_label_it_has()
    {
        foreach ((byte large, byte small) in new (byte, byte)[] { (1, 2), (2, 1) })
        {
            // Two combs, their teeth one in the other: closing either fills the gaps between its own teeth, where the other's are.
            using var image = new Volume<byte>(Grid);
            Box(image, large, 3, 8, 4, 8, 10, 60);
            Box(image, small, 3, 8, 20, 22, 10, 60);
            for (int x = 10; x < 60; x += 8)
            {
                Box(image, large, 3, 8, 8, 18, x, x + 2);
                Box(image, small, 3, 8, 10, 20, x + 4, x + 6);
            }
            ushort[] cleaned = Clean(image, new CleaningOptions { CloseRadius = 35, Flat = true }, 2, out _);
            Assert.Equal(large, cleaned[(5 * 30 + 14) * 80 + 20]);
            Assert.Equal(small, cleaned[(5 * 30 + 14) * 80 + 22]);
        }
    }

    [Fact]
    public void The_result_is_the_same_for_any_number_of_threads()
    {
        using Volume<ushort> image = Blobs(2);
        var options = new CleaningOptions { FillHoles = Holes.Slices, OpenRadius = 11, CloseRadius = 60, SmoothSlices = 5 };
        ushort[] expected = Clean(image, options, 1, out _);
        foreach (int threads in (int[])[2, 5]) Assert.Equal(expected, Clean(image, options, threads, out _));
    }

    [Fact]
    public void Large_boxes_give_what_small_ones_give()
    {
        // The same object in a box of less and, by a speck far away, of more than four million voxels.
        var grid = new Grid(new Size3(8, 700, 800), new Point3(10, 10, 10));
        using var small = new Volume<byte>(grid);
        using var large = new Volume<byte>(grid);
        foreach (Volume<byte> image in new[] { small, large })
        {
            for (int x = 20; x < 60; x++) Box(image, 3, 2, 6, 10 + x / 8, 40 + x % 7, x, x + 1);
            Box(image, 9, 7, 8, 300, 301, 300, 301);
        }
        Box(large, 3, 1, 2, 690, 691, 790, 791);
        var options = new CleaningOptions { FillHoles = Holes.Volume, OpenRadius = 25, SmoothSlices = 3 };
        Assert.Equal(Clean(small, options, 2, out _), Clean(large, options, 2, out _));
    }

    private static ushort[] Clean<T>(Volume<T> image, CleaningOptions options, int threads, out LabelVolume result) where T : unmanaged
    {
        var job = new Job(threads);
        result = LabelCleaning.Run(MaskOrLabels.Read(image, false, job).Labels!, options, job);
        var labels = new uint[image.Grid.Size.Count];
        for (int z = 0; z < image.Grid.Size.Z; z++) result.ReadLabels(z, labels.AsSpan(z * image.Grid.Size.SliceCount, image.Grid.Size.SliceCount));
        return Array.ConvertAll(labels, v => (ushort)v);
    }

    /// <summary>Four ragged balls with holes, and one that is too small.</summary>
    private static Volume<ushort> Blobs(int seed)
    {
        var image = new Volume<ushort>(Grid);
        var random = new Random(seed);
        foreach ((ushort label, int z0, int x0, double radius) in new (ushort, int, int, double)[] { (3, 5, 12, 80), (70, 6, 35, 75), (900, 5, 58, 70), (65535, 4, 74, 22) })
            for (int z = 0; z < 12; z++)
                for (int y = 0; y < 30; y++)
                    for (int x = 0; x < 80; x++)
                        if (Math.Sqrt(Math.Pow(25 * (z - z0), 2) + Math.Pow(10 * (y - 15), 2) + Math.Pow(10 * (x - x0), 2)) < radius * (0.9 + 0.2 * random.NextDouble()) && random.NextDouble() < 0.93)
                            image[z, y, x] = label;
        return image;
    }

    private static void Box(Volume<byte> image, byte value, int z0, int z1, int y0, int y1, int x0, int x1)
    {
        for (int z = z0; z < z1; z++)
            for (int y = y0; y < y1; y++) image.Row(z, y)[x0..x1].Fill(value);
    }
}

using System.Buffers.Binary;
using System.IO.Compression;
using ClemReg.Algorithms.Alignment;
using ClemReg.Algorithms.Filters;
using ClemReg.Algorithms.Transforms;
using ClemReg.Algorithms.Volumes;
using Xunit.Abstractions;

namespace ClemReg.Algorithms.Tests.Alignment;

/// <summary>Mitochondria as they are: networks and large ones, seen through a known turn and blur.</summary>
public sealed class RealMaskTests(ITestOutputHelper output)
{
    private const int Top = 500, Left = 350, Width = 800;
    private const double Nm = 20;

    [Fact]
    public void Real_mitochondria_are_found_from_another_orientation()
    {
        if (SharedData.Find("clemreg/em_mask.tif", output) is not { } path) return;
        using BitVolume mask = Read(path);
        Matrix3 rotation = RotationSet.FromVector(new Point3(0.2, 0.1, 0.4)) * RotationSet.FromVector(new Point3(-2.5, 0, 0));
        Point3 half = 0.5 * Nm * new Point3(mask.Grid.Size.Z - 1, Width - 1, Width - 1), middle = new(5000, 11000, 10500);
        var grid = new Grid(new Size3(60, 230, 220), new Point3(160, 90, 90));
        using var sharp = new Volume<float>(grid);
        new Job(2).For(grid.Size.Z, z =>
        {
            for (int y = 0; y < grid.Size.Y; y++)
                for (int x = 0; x < grid.Size.X; x++)
                {
                    Point3 q = rotation * (grid.ToPhysical(z, y, x) - middle) + half;
                    (double i, double j, double k) = (Math.Round(q.Z / Nm), Math.Round(q.Y / Nm), Math.Round(q.X / Nm));
                    if (i >= 0 && j >= 0 && k >= 0 && i < mask.Grid.Size.Z && j < Width && k < Width && mask[(int)i, (int)j, (int)k]) sharp[z, y, x] = 100;
                }
        });
        using Volume<float> image = GaussianFilter.Apply(sharp, new Point3(1.5, 0.8, 0.8), new Job(2));
        GlobalAlignmentResult found = GlobalAlignment.Search(image, mask, new GlobalAlignmentOptions(), new Job(2));
        output.WriteLine($"score {found.Best.Score:F3}, ratio {found.Ratio:F2}, handedness {found.HandednessRatio:F2}");
        Point3 t = half - rotation * middle;
        var truth = new AffineTransform([rotation.ZZ, rotation.ZY, rotation.ZX, t.Z, rotation.YZ, rotation.YY, rotation.YX, t.Y, rotation.XZ, rotation.XY, rotation.XX, t.X]);
        foreach (Point3 corner in (Point3[])[default, 2 * half, new(0, 16000, 0), new(0, 0, 16000)])
            Assert.True((found.Best.MovingToFixed.Apply(truth.Inverse().Apply(corner)) - corner).Length < 150);
        Assert.Equal(AlignmentConfidence.Accepted, found.Confidence);
        Assert.False(found.Reversed);
    }

    /// <summary>The middle of a TIFF stack of 8-bit pages, deflated in strips, little-endian.</summary>
    private static BitVolume Read(string path)
    {
        byte[] file = File.ReadAllBytes(path);
        var pages = new List<(int Width, int[] Strips)>();
        for (int at = Int(4); at != 0;)
        {
            int entries = BinaryPrimitives.ReadUInt16LittleEndian(file.AsSpan(at)), width = 0;
            int[] strips = [];
            for (int e = at + 2; e < at + 2 + 12 * entries; e += 12)
            {
                int tag = BinaryPrimitives.ReadUInt16LittleEndian(file.AsSpan(e)), type = BinaryPrimitives.ReadUInt16LittleEndian(file.AsSpan(e + 2)), count = Int(e + 4);
                if (tag == 256) width = type == 3 ? BinaryPrimitives.ReadUInt16LittleEndian(file.AsSpan(e + 8)) : Int(e + 8);
                if (tag == 259) Assert.True(Int(e + 8) is 8 or 32946);
                if (tag == 273) strips = [.. Enumerable.Range(0, count).Select(i => count == 1 ? Int(e + 8) : Int(Int(e + 8) + 4 * i))];
            }
            pages.Add((width, strips));
            at = Int(at + 2 + 12 * entries);
        }
        var mask = new BitVolume(new Grid(new Size3(pages.Count, Width, Width), new Point3(Nm, Nm, Nm)));
        for (int z = 0; z < pages.Count; z++)
        {
            using var page = new MemoryStream();
            foreach (int strip in pages[z].Strips)
                using (var inflate = new ZLibStream(new MemoryStream(file, strip, file.Length - strip), CompressionMode.Decompress)) inflate.CopyTo(page);
            for (int y = 0; y < Width; y++)
                for (int x = 0; x < Width; x++)
                    if (page.GetBuffer()[(Top + y) * pages[z].Width + Left + x] != 0) mask[z, y, x] = true;
        }
        return mask;

        int Int(int offset) => BinaryPrimitives.ReadInt32LittleEndian(file.AsSpan(offset));
    }
}

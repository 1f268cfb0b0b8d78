using System.Globalization;
using ClemReg.Algorithms.Cleaning;
using ClemReg.Algorithms.Tests.Segmentation;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Tests.Cleaning;

/// <summary>Each step beside SciPy's, voxel by voxel: golden-scripts/cleaning.py.</summary>
public sealed class CleaningGoldenTests
{
    private static readonly string[] Lines = File.ReadAllLines(Path.Combine(AppContext.BaseDirectory, "golden", "cleaning", "cases.csv"));
    private static readonly byte[] Packed = File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "golden", "cleaning", "masks.bin"));

    [Theory]
    [InlineData("open", 20)]
    [InlineData("open_flat", 20)]
    [InlineData("close", 20)]
    [InlineData("close_flat", 20)]
    [InlineData("holes_volume", 10)]
    [InlineData("holes_slices", 10)]
    [InlineData("smooth", 20)]
    [InlineData("size", 10)]
    public void A_step_gives_what_SciPy_gives(string operation, int most)
    {
        int offset = 0, cases = 0, changed = 0;
        BitVolume? source = null;
        foreach (string line in Lines)
        {
            string[] cells = line.Split(',');
            double[] n = Array.ConvertAll(cells[1..7], c => double.Parse(c, CultureInfo.InvariantCulture));
            double number = double.Parse(cells[8], CultureInfo.InvariantCulture);
            var grid = new Grid(new Size3((int)n[0], (int)n[1], (int)n[2]), new Point3(n[3], n[4], n[5]));
            BitVolume golden = Unpack(grid, ref offset);
            if (cells[7] == "source") source = golden;
            if (cells[7] != operation) continue;
            cases++;
            using BitVolume mask = source!.Copy();
            MaskCleaning.Run(mask, Options(operation, number), new Job(2));
            byte[] expected = SegmentationGolden.Bytes(golden), actual = SegmentationGolden.Bytes(mask);
            Assert.True(expected.AsSpan().SequenceEqual(actual), $"{line}: {expected.Zip(actual).Count(p => p.First != p.Second)} voxels differ");
            if (!actual.AsSpan().SequenceEqual(SegmentationGolden.Bytes(source))) changed++;
        }
        Assert.Equal(Packed.Length, offset);
        Assert.InRange(cases, most / 2, most);
        Assert.True(changed > cases / 3, $"only {changed} of {cases} cases change anything");
    }

    private static CleaningOptions Options(string operation, double number) => operation switch
    {
        "open" => new CleaningOptions { OpenRadius = number },
        "open_flat" => new CleaningOptions { OpenRadius = number, Flat = true },
        "close" => new CleaningOptions { CloseRadius = number },
        "close_flat" => new CleaningOptions { CloseRadius = number, Flat = true },
        "holes_volume" => new CleaningOptions { FillHoles = Holes.Volume, LargestHole = (long)number },
        "holes_slices" => new CleaningOptions { FillHoles = Holes.Slices, LargestHole = (long)number },
        "smooth" => new CleaningOptions { SmoothSlices = (int)number },
        _ => new CleaningOptions { MinimumVoxels = (long)number },
    };

    private static BitVolume Unpack(Grid grid, ref int offset)
    {
        var mask = new BitVolume(grid);
        long i = (long)offset * 8;
        for (int z = 0; z < grid.Size.Z; z++)
            for (int y = 0; y < grid.Size.Y; y++)
                for (int x = 0; x < grid.Size.X; x++, i++) mask[z, y, x] = (Packed[i / 8] >> (int)(i % 8) & 1) != 0;
        offset += (int)((grid.Size.Count + 7) / 8);
        return mask;
    }
}

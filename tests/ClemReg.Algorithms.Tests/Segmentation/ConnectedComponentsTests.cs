using System.Globalization;
using System.Runtime.InteropServices;
using ClemReg.Algorithms.Segmentation;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Tests.Segmentation;

public sealed class ConnectedComponentsTests
{
    private static readonly Grid NoiseGrid = new(new Size3(11, 23, 67), new Point3(1, 1, 1));

    [Fact]
    public void Labels_equal_those_of_SciPy()
    {
        using BitVolume mask = SegmentationGolden.Mask("noise_11x23x67.bin", NoiseGrid);
        ConnectedComponents components = ConnectedComponents.Label(mask, new Job(2));
        int[] expected = Array.ConvertAll(MemoryMarshal.Cast<byte, ushort>(SegmentationGolden.Read("noise_labels.bin")).ToArray(), v => (int)v);
        Assert.Equal(expected, Labels(components));
        Assert.Equal(expected.Max(), components.Count);
        for (int label = 1; label <= components.Count; label++)
            Assert.Equal(expected.Count(v => v == label), components.Sizes[label - 1]);
    }

    [Theory]
    [InlineData(0.03)]
    [InlineData(0.1)]
    [InlineData(0.3)]
    [InlineData(0.9)]
    public void Labels_equal_those_of_a_flood_fill_at_every_size(double density)
    {
        for (int n = 1; n <= 70; n++)
        {
            AssertFlood(new Size3(n, 4, 5), density, n);
            AssertFlood(new Size3(3, n, 4), density, n);
            AssertFlood(new Size3(2, 4, n), density, n);
        }
        AssertFlood(new Size3(1, 3, 128), density, 1);
        AssertFlood(new Size3(19, 31, 131), density, 2);
    }

    [Fact]
    public void Objects_that_meet_late_become_one()
    {
        // Teeth of a comb, separate in 40 slices and joined by the last one.
        using var mask = new BitVolume(new Grid(new Size3(41, 5, 80), new Point3(1, 1, 1)));
        for (int z = 0; z < 40; z++)
            for (int x = 0; x < 80; x += 4)
                mask[z, 2, x] = true;
        Assert.Equal(20, ConnectedComponents.Label(mask, new Job(2)).Count);
        for (int x = 0; x < 80; x++) mask[40, 3, x] = true;
        ConnectedComponents joined = ConnectedComponents.Label(mask, new Job(2));
        Assert.Equal(1, joined.Count);
        Assert.Equal(20 * 40 + 80, joined.Sizes[0]);
    }

    [Fact]
    public void The_result_is_the_same_for_any_number_of_threads()
    {
        using BitVolume mask = SegmentationGolden.Random(new Size3(50, 20, 70), 0.08, 1);
        int[] expected = Labels(ConnectedComponents.Label(mask, new Job(1)));
        foreach (int threads in (int[])[2, 3, 7]) Assert.Equal(expected, Labels(ConnectedComponents.Label(mask, new Job(threads))));
    }

    [Fact]
    public void An_empty_mask_has_no_component()
    {
        using var mask = new BitVolume(new Grid(new Size3(2, 3, 4), new Point3(1, 1, 1)));
        Assert.Equal(0, ConnectedComponents.Label(mask, new Job(2)).Count);
        Assert.Equal(0, SizeFilter.Apply(mask, 5, 95, new Job(2)).Components);
    }

    [Fact]
    public void Percentiles_equal_those_of_NumPy()
    {
        using BitVolume mask = SegmentationGolden.Mask("noise_11x23x67.bin", NoiseGrid);
        long[] sizes = ConnectedComponents.Label(mask, new Job(1)).Sizes.ToArray();
        Array.Sort(sizes);
        foreach (string line in File.ReadLines(Path.Combine(AppContext.BaseDirectory, "golden", "segmentation", "noise_percentiles.csv")))
        {
            double[] pair = Array.ConvertAll(line.Split(','), s => double.Parse(s, CultureInfo.InvariantCulture));
            Assert.Equal(pair[1], SizeFilter.Percentile(sizes, pair[0]));
        }
        Assert.Equal(sizes[0], SizeFilter.Percentile(sizes, 0));
        Assert.Equal(sizes[^1], SizeFilter.Percentile(sizes, 100));
    }

    [Theory]
    [InlineData(0, 99)]
    [InlineData(50, 100)]
    [InlineData(40, 95)]
    public void The_size_filter_keeps_what_the_reference_keeps(int lower, int upper)
    {
        using BitVolume mask = SegmentationGolden.Mask("noise_11x23x67.bin", NoiseGrid);
        using BitVolume expected = SegmentationGolden.Mask($"noise_kept_{lower}_{upper}.bin", NoiseGrid);
        var job = new Job(2);
        SizeFilterResult result = SizeFilter.Apply(mask, lower, upper, job);
        Assert.Equal(SegmentationGolden.Bytes(expected), SegmentationGolden.Bytes(mask));
        Assert.Equal(ConnectedComponents.Label(expected, job).Count, result.Kept);
        Assert.True(result.Kept < result.Components);
        Assert.Empty(job.Warnings);
    }

    [Fact]
    public void Without_bounds_nothing_is_removed()
    {
        using BitVolume mask = SegmentationGolden.Random(new Size3(5, 20, 70), 0.1, 1);
        byte[] before = SegmentationGolden.Bytes(mask);
        SizeFilterResult result = SizeFilter.Apply(mask, 0, 100, new Job(2));
        Assert.Equal(result.Components, result.Kept);
        Assert.Equal(before, SegmentationGolden.Bytes(mask));
    }

    [Fact]
    public void Removing_everything_warns()
    {
        using var mask = new BitVolume(new Grid(new Size3(2, 3, 4), new Point3(1, 1, 1)));
        mask[0, 1, 1] = true;
        var job = new Job(1);
        Assert.Equal(0, SizeFilter.Apply(mask, 5, 95, job).Kept);
        Assert.Contains("filter_size_lower", Assert.Single(job.Warnings), StringComparison.Ordinal);
        Assert.Equal(0, mask.CountSet());
    }

    [Theory]
    [InlineData(-1, 95, "filter_size_lower")]
    [InlineData(double.NaN, 95, "filter_size_lower")]
    [InlineData(101, 95, "filter_size_lower")]
    [InlineData(5, 101, "filter_size_upper")]
    [InlineData(5, double.NaN, "filter_size_upper")]
    [InlineData(50, 50, "filter_size_lower")]
    public void Percentiles_out_of_range_are_named(double lower, double upper, string name)
    {
        using var mask = new BitVolume(NoiseGrid);
        string message = Assert.Throws<BadInputException>(() => SizeFilter.Apply(mask, lower, upper, new Job(1))).Message;
        Assert.StartsWith(name, message, StringComparison.Ordinal);
    }

    private static int[] Labels(ConnectedComponents components)
    {
        int count = components.Grid.Size.SliceCount;
        var labels = new int[components.Grid.Size.Count];
        for (int z = 0; z < components.Grid.Size.Z; z++) components.ReadSlice(z, labels.AsSpan(z * count, count));
        return labels;
    }

    private static void AssertFlood(Size3 size, double density, int seed)
    {
        using BitVolume mask = SegmentationGolden.Random(size, density, seed);
        int[] actual = Labels(ConnectedComponents.Label(mask, new Job(2)));
        Assert.Equal(Flood(SegmentationGolden.Bytes(mask), size), actual);
    }

    private static int[] Flood(byte[] mask, Size3 size)
    {
        var labels = new int[mask.Length];
        var open = new Stack<int>();
        int count = 0;
        for (int i = 0; i < mask.Length; i++)
        {
            if (mask[i] == 0 || labels[i] != 0) continue;
            labels[i] = ++count;
            open.Push(i);
            while (open.TryPop(out int j))
            {
                int z = j / size.SliceCount, y = j / size.X % size.Y, x = j % size.X;
                for (int dz = Math.Max(0, z - 1); dz <= Math.Min(size.Z - 1, z + 1); dz++)
                    for (int dy = Math.Max(0, y - 1); dy <= Math.Min(size.Y - 1, y + 1); dy++)
                        for (int dx = Math.Max(0, x - 1); dx <= Math.Min(size.X - 1, x + 1); dx++)
                        {
                            int k = (dz * size.Y + dy) * size.X + dx;
                            if (mask[k] == 0 || labels[k] != 0) continue;
                            labels[k] = count;
                            open.Push(k);
                        }
            }
        }
        return labels;
    }
}

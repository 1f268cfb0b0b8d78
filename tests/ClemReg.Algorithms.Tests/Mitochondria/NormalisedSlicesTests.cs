using ClemReg.Algorithms.Mitochondria;
using ClemReg.Algorithms.Tests.Preparation;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Tests.Mitochondria;

public sealed class NormalisedSlicesTests
{
    private static readonly Grid Odd = new(new Size3(5, 7, 9), new Point3(20, 8, 8));

    [Theory]
    [InlineData(1)]
    [InlineData(100)]
    [InlineData(1 << 20)]
    public void Every_voxel_arrives_at_its_place_along_each_axis_whatever_the_memory(int memory)
    {
        var em = PreparationSources.Numbered(Odd, VoxelType.UInt16);
        var options = new MitoNetOptions { SliceMemory = memory, PaddingFactor = 4 };
        foreach (SliceAxis axis in Enum.GetValues<SliceAxis>())
        {
            using var slices = new NormalisedSlices(em, axis, options, default, new Job(2));
            Assert.Equal(axis switch { SliceAxis.XY => (5, 7, 9, 8, 12), SliceAxis.XZ => (7, 5, 9, 8, 12), _ => (9, 5, 7, 8, 8) },
                (slices.Count, slices.Height, slices.Width, slices.PaddedHeight, slices.PaddedWidth));
            for (int s = 0; s < slices.Count; s++)
            {
                ReadOnlyMemory<float> image = slices.Read(s, new Job(1));
                for (int r = 0; r < slices.PaddedHeight; r++)
                    for (int c = 0; c < slices.PaddedWidth; c++)
                    {
                        (int z, int y, int x) = axis switch { SliceAxis.XY => (s, r, c), SliceAxis.XZ => (r, s, c), _ => (r, c, s) };
                        double value = r < slices.Height && c < slices.Width ? (((z * 7 + y) * 9 + x) / 65535.0 - 0.57571) / 0.12765 : 0;
                        Assert.Equal(value, image.Span[r * slices.PaddedWidth + c], 1e-5);
                    }
            }
        }
    }

    [Fact]
    public void A_virtual_stack_is_read_once_a_slab()
    {
        // xz slices of 5 x 9 bytes: two of the seven fit.
        var em = PreparationSources.Numbered(Odd, VoxelType.UInt8);
        using var slices = new NormalisedSlices(em, SliceAxis.XZ, new MitoNetOptions { SliceMemory = 90 }, default, new Job(1));
        for (int s = 0; s < slices.Count; s++) slices.Read(s, new Job(1));
        Assert.All(em.Reads, r => Assert.Equal(4, r));
    }

    [Fact]
    public void Sixteen_bits_give_exactly_what_eight_bits_times_257_give()
    {
        foreach (SliceAxis axis in Enum.GetValues<SliceAxis>())
        {
            using var narrow = new NormalisedSlices(new PreparationSources(Odd, VoxelType.UInt8, Value), axis, new MitoNetOptions(), default, new Job(1));
            using var wide = new NormalisedSlices(new PreparationSources(Odd, VoxelType.UInt16, (z, y, x) => 257 * Value(z, y, x)), axis, new MitoNetOptions(), default, new Job(1));
            for (int s = 0; s < narrow.Count; s++) Assert.Equal(narrow.Read(s, new Job(1)).ToArray(), wide.Read(s, new Job(1)).ToArray());
        }

        static double Value(int z, int y, int x) => (z * 63 + y * 9 + x) * 17 % 256;
    }

    [Fact]
    public void Eight_bits_are_normalised_as_published()
    {
        var em = new PreparationSources(new Grid(new Size3(1, 1, 256), new Point3(1, 1, 1)), VoxelType.UInt8, (_, _, x) => x);
        using var slices = new NormalisedSlices(em, SliceAxis.XY, new MitoNetOptions(), default, new Job(1));
        ReadOnlyMemory<float> image = slices.Read(0, new Job(1));
        for (int v = 0; v < 256; v++) Assert.Equal((v - 146.80605) / 32.55075, image.Span[v], 1e-5);
    }

    [Fact]
    public void Twelve_bits_in_sixteen_and_floats_are_scaled_by_a_given_range()
    {
        var options = new MitoNetOptions { IntensityLow = 100, IntensityHigh = 4195 };
        foreach (VoxelType type in (VoxelType[])[VoxelType.UInt16, VoxelType.Float32])
        {
            using var slices = new NormalisedSlices(new PreparationSources(Odd, type, (_, _, x) => 100 + 455 * x), SliceAxis.XY, options, default, new Job(1));
            ReadOnlyMemory<float> image = slices.Read(2, new Job(1));
            for (int x = 0; x < 9; x++) Assert.Equal((x / 9.0 - 0.57571) / 0.12765, image.Span[x], 1e-5);
        }
    }

    [Fact]
    public void Floats_without_a_range_and_pixels_that_are_no_numbers_are_refused()
    {
        var em = new PreparationSources(Odd, VoxelType.Float32, (z, _, x) => z == 3 && x == 8 ? double.NaN : 0.5);
        Assert.Contains("em_intensity_range", Assert.Throws<BadInputException>(() => new NormalisedSlices(em, SliceAxis.XY, new MitoNetOptions(), default, new Job(1))).Message, StringComparison.Ordinal);
        using var slices = new NormalisedSlices(em, SliceAxis.XY, new MitoNetOptions { IntensityLow = 0, IntensityHigh = 1 }, default, new Job(1));
        slices.Read(2, new Job(1));
        Assert.Contains("Slice 4 of 5", Assert.Throws<BadInputException>(() => slices.Read(3, new Job(1))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Downsampling_by_two_is_the_mean_of_four_and_odd_sizes_round_up()
    {
        var em = new PreparationSources(new Grid(new Size3(1, 6, 8), new Point3(1, 1, 1)), VoxelType.UInt8, (_, y, x) => y * 20 + x * 3);
        using (var slices = new NormalisedSlices(em, SliceAxis.XY, new MitoNetOptions { Downsampling = 2, PaddingFactor = 4 }, default, new Job(1)))
        {
            Assert.Equal((4, 4), (slices.PaddedHeight, slices.PaddedWidth));
            ReadOnlyMemory<float> image = slices.Read(0, new Job(1));
            for (int y = 0; y < 3; y++)
                for (int x = 0; x < 4; x++)
                    Assert.Equal(((40 * y + 10 + 6 * x + 1.5) / 255 - 0.57571) / 0.12765, image.Span[y * 4 + x], 1e-5);
            for (int x = 0; x < 4; x++) Assert.Equal(0, image.Span[12 + x]);
        }
        using var odd = new NormalisedSlices(PreparationSources.Numbered(Odd, VoxelType.UInt8), SliceAxis.XY, new MitoNetOptions { Downsampling = 4, PaddingFactor = 1 }, default, new Job(1));
        Assert.Equal((2, 3), (odd.PaddedHeight, odd.PaddedWidth));
    }

    [Fact]
    public void Slices_are_padded_to_a_least_size_where_they_are_smaller()
    {
        foreach ((int height, int width) in ((int, int)[])[(32, 64), (8, 64), (0, 0)])
        {
            using var slices = new NormalisedSlices(PreparationSources.Numbered(Odd, VoxelType.UInt8), SliceAxis.XY, new MitoNetOptions(), (height, width), new Job(1));
            Assert.Equal((Math.Max(height, 16), Math.Max(width, 16)), (slices.PaddedHeight, slices.PaddedWidth));
        }
    }

    [Theory]
    [InlineData(4095, 1)]
    [InlineData(40000, 0)]
    public void A_dark_16_bit_image_is_warned_about(int largest, int warnings)
    {
        var job = new Job(1);
        NormalisedSlices.WarnIfDark(new PreparationSources(Odd, VoxelType.UInt16, (_, _, _) => largest), new MitoNetOptions(), job);
        Assert.Equal(warnings, job.Warnings.Count);
        if (warnings > 0) Assert.Contains("em_intensity_range=0,4095", job.Warnings[0], StringComparison.Ordinal);
        NormalisedSlices.WarnIfDark(new PreparationSources(Odd, VoxelType.UInt16, (_, _, _) => largest), new MitoNetOptions { IntensityLow = 0, IntensityHigh = 4095 }, job);
        Assert.Equal(warnings, job.Warnings.Count);
    }
}

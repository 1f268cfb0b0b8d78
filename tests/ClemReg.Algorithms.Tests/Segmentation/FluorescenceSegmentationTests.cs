using ClemReg.Algorithms.Segmentation;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Tests.Segmentation;

public sealed class FluorescenceSegmentationTests
{
    private static readonly PixelPoint[] Polygon = [new(5.3, 4.1), new(48.2, 9.7), new(40.6, 40.9), new(25.1, 20.2), new(9.9, 41.3)];

    public static TheoryData<string, FluorescenceSegmentationOptions> Cases => new()
    {
        { "raw", new() { LogSigma = 1.5 } },
        { "raw_sizes", new() { LogSigma = 1.5, FilterSegmentation = true, FilterSizeLower = 20, FilterSizeUpper = 90 } },
        { "raw_roi", new() { LogSigma = 1.5, RegionOfInterest = new RegionOfInterest(Polygon, 2, 8) } },
        { "isotropic", new() { LogSigma = 2.5, SegmentationGrid = SegmentationGrid.EmIsotropic, IsotropicSpacing = 30 } },
        {
            "isotropic_all", new()
            {
                LogSigma = 2.5,
                LogThreshold = 1.3,
                SegmentationGrid = SegmentationGrid.EmIsotropic,
                IsotropicSpacing = 30,
                FilterSegmentation = true,
                FilterSizeLower = 0,
                FilterSizeUpper = 95,
                RegionOfInterest = new RegionOfInterest(Polygon, 0, 7),
            }
        },
    };

    [Theory]
    [MemberData(nameof(Cases), DisableDiscoveryEnumeration = true)]
    public void The_mask_equals_the_reference_script(string name, FluorescenceSegmentationOptions options)
    {
        using Volume<ushort> image = SegmentationGolden.Image();
        using BitVolume mask = FluorescenceSegmentation.Segment(image, options, new Job(2));
        using BitVolume expected = SegmentationGolden.Mask($"mask_{name}.bin", mask.Grid);
        double dice = SegmentationGolden.Dice(mask, expected);
        Assert.True(dice >= 0.999, $"Dice {dice}");
    }

    [Theory]
    [InlineData(SegmentationGrid.Raw)]
    [InlineData(SegmentationGrid.EmIsotropic)]
    public void The_mask_is_the_same_for_any_number_of_threads(SegmentationGrid grid)
    {
        var options = new FluorescenceSegmentationOptions { LogSigma = 1.5, SegmentationGrid = grid, IsotropicSpacing = 35, FilterSegmentation = true };
        using Volume<ushort> image = SegmentationGolden.Image();
        using BitVolume expected = FluorescenceSegmentation.Segment(image, options, new Job(1));
        foreach (int threads in (int[])[2, 3, 7])
        {
            using BitVolume mask = FluorescenceSegmentation.Segment(image, options, new Job(threads));
            Assert.Equal(SegmentationGolden.Bytes(expected), SegmentationGolden.Bytes(mask));
        }
    }

    [Fact]
    public void The_type_and_the_scale_of_the_voxels_do_not_matter()
    {
        using Volume<ushort> image = SegmentationGolden.Image();
        using var floats = new Volume<float>(image.Grid);
        for (int z = 0; z < image.Grid.Size.Z; z++)
            for (int i = 0; i < image.Grid.Size.SliceCount; i++)
                floats.Slice(z)[i] = image.Slice(z)[i] / 1024f - 7;
        var options = new FluorescenceSegmentationOptions { LogSigma = 1.5 };
        using BitVolume a = FluorescenceSegmentation.Segment(image, options, new Job(2));
        using BitVolume b = FluorescenceSegmentation.Segment(floats, options, new Job(2));
        Assert.True(SegmentationGolden.Dice(a, b) > 0.9999);
    }

    [Fact]
    public void Slices_without_structure_have_no_foreground()
    {
        // A blob in the first slices; the others are saturated, blank, or hold one value above the blob.
        var grid = new Grid(new Size3(60, 30, 35), new Point3(1, 1, 1));
        foreach (ushort rest in (ushort[])[0, 333, 65535])
        {
            using var image = new Volume<ushort>(grid);
            for (int z = 0; z < 60; z++) image.Slice(z).Fill(rest);
            image[3, 15, 15] = 40000;
            using BitVolume mask = FluorescenceSegmentation.Segment(image, new FluorescenceSegmentationOptions { LogSigma = 1 }, new Job(2));
            for (int z = 20; z < 60; z++) Assert.Equal(-1, mask.SliceWords(z).IndexOfAnyExcept(0UL));
        }
    }

    [Fact]
    public void The_isotropic_grid_covers_the_image_with_half_voxels_at_its_borders()
    {
        var image = new Grid(new Size3(40, 100, 7), new Point3(130, 35.3, 10), new Point3(-5, 7, 100));
        Grid grid = FluorescenceSegmentation.IsotropicGrid(image, 20);
        Assert.Equal(new Size3(260, 176, 4), grid.Size);
        Assert.Equal(-5 - 65 + 10, grid.Origin.Z, 9);
        Assert.Equal(7 - 17.65 + 10, grid.Origin.Y, 9);
        Assert.Equal(100 - 5 + 10, grid.Origin.X, 9);
        Assert.Equal(1, FluorescenceSegmentation.IsotropicGrid(image, 1e6).Size.Count);
    }

    [Theory]
    [InlineData(0, "isotropic_spacing")]
    [InlineData(-20, "isotropic_spacing")]
    [InlineData(double.NaN, "isotropic_spacing")]
    [InlineData(double.PositiveInfinity, "isotropic_spacing")]
    [InlineData(1e-5, "isotropic_spacing")]
    public void An_isotropic_spacing_out_of_range_is_named(double spacing, string name) =>
        AssertRefused(name, new() { SegmentationGrid = SegmentationGrid.EmIsotropic, IsotropicSpacing = spacing });

    [Theory]
    [InlineData(0)]
    [InlineData(0.29)]
    [InlineData(101)]
    [InlineData(double.NaN)]
    public void A_log_sigma_out_of_range_is_named(double sigma) => AssertRefused("log_sigma", new() { LogSigma = sigma });

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    public void A_log_threshold_out_of_range_is_named(double threshold) => AssertRefused("log_threshold", new() { LogThreshold = threshold });

    [Fact]
    public void Other_bad_parameters_are_named()
    {
        AssertRefused("segmentation_grid", new() { SegmentationGrid = (SegmentationGrid)7 });
        AssertRefused("filter_size_lower", new() { FilterSegmentation = true, FilterSizeLower = 96 });
        AssertRefused("filter_size_upper", new() { FilterSegmentation = true, FilterSizeUpper = 120 });
        AssertRefused("z_max", new() { RegionOfInterest = new RegionOfInterest(null, 0, 11) });
    }

    [Fact]
    public void A_flat_image_is_refused()
    {
        using var image = new Volume<byte>(new Grid(new Size3(3, 4, 5), new Point3(1, 1, 1)));
        for (int z = 0; z < 3; z++) image.Slice(z).Fill(77);
        string message = Assert.Throws<BadInputException>(() => FluorescenceSegmentation.Segment(image, new(), new Job(1))).Message;
        Assert.Contains("77", message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_voxel_that_is_no_number_is_refused()
    {
        using var image = new Volume<float>(new Grid(new Size3(3, 4, 5), new Point3(1, 1, 1)));
        image[1, 2, 3] = float.NaN;
        string message = Assert.Throws<BadInputException>(() => FluorescenceSegmentation.Segment(image, new(), new Job(1))).Message;
        Assert.Contains("slice 2, x = 3, y = 2", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Nothing_segmented_names_what_to_change()
    {
        using Volume<ushort> image = SegmentationGolden.Image();
        // Three ways to end with nothing: the threshold, the size filter (with a warning), the region.
        var job = new Job(2);
        AssertNothing(image, new() { LogThreshold = 200 }, job);
        Assert.Empty(job.Warnings);
        AssertNothing(image, new() { LogSigma = 1.5, FilterSegmentation = true, FilterSizeLower = 99.9, FilterSizeUpper = 100, RegionOfInterest = new RegionOfInterest([new(0, 0), new(2, 0), new(2, 2)], 1, 1) }, job);
        AssertNothing(image, new() { LogSigma = 30, FilterSegmentation = true, FilterSizeLower = 99.9, FilterSizeUpper = 99.95 }, job);
        Assert.Single(job.Warnings);
    }

    [Fact]
    public void A_cancelled_segmentation_ends()
    {
        using Volume<ushort> image = SegmentationGolden.Image();
        using var source = new CancellationTokenSource();
        var observer = new CancelAtOnce(source);
        Assert.ThrowsAny<OperationCanceledException>(() => FluorescenceSegmentation.Segment(image, new(), new Job(2, source.Token, observer)));
    }

    [Theory]
    [Trait("Category", "Kernel")]
    [InlineData(0.7)]
    [InlineData(1.2)]
    [InlineData(1.9)]
    public void The_slice_threshold_equals_the_plain_one_for_every_width(double factor)
    {
        var random = new Random(1);
        for (int width = 1; width <= 140; width++)
        {
            var slice = new float[3 * width];
            for (int i = 0; i < slice.Length; i++) slice[i] = random.NextSingle() * random.NextSingle() * 8 - 3;
            using var mask = new BitVolume(new Grid(new Size3(2, 3, width), new Point3(1, 1, 1)));
            foreach (ref ulong word in mask.SliceWords(1)) word = 0;
            SliceThreshold.Apply(slice, factor, mask, 1);

            float low = slice.Min();
            float scale = 255 / (slice.Max() - low);
            int[] levels = Array.ConvertAll(slice, v => (int)((v - low) * scale));
            double threshold = factor * levels.Average();
            byte[] expected = Array.ConvertAll(levels, v => (byte)(v >= threshold ? 255 : 0));
            var actual = new byte[slice.Length];
            mask.ReadSlice(1, actual);
            Assert.Equal(expected, actual);
            Assert.Equal(expected.Count(v => v != 0), mask.CountSet());
        }
    }

    private static void AssertRefused(string name, FluorescenceSegmentationOptions options)
    {
        using Volume<ushort> image = SegmentationGolden.Image();
        string message = Assert.Throws<BadInputException>(() => FluorescenceSegmentation.Segment(image, options, new Job(1))).Message;
        Assert.StartsWith(name, message, StringComparison.Ordinal);
    }

    private static void AssertNothing(Volume image, FluorescenceSegmentationOptions options, Job job)
    {
        string message = Assert.Throws<BadInputException>(() => FluorescenceSegmentation.Segment(image, options, job)).Message;
        foreach (string name in (string[])["log_threshold", "log_sigma", "filter_segmentation", "region of interest"])
            Assert.Contains(name, message, StringComparison.Ordinal);
    }

    private sealed class CancelAtOnce(CancellationTokenSource source) : IJobObserver
    {
        public void Progress(double fraction, string stage) => source.Cancel();

        public void Log(string message)
        {
        }

        public void Warn(string message)
        {
        }
    }
}

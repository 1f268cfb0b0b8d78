using System.Runtime.InteropServices;
using ClemReg.Algorithms.Mitochondria;
using ClemReg.Algorithms.Tests.Preparation;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Tests.Mitochondria;

/// <summary>The whole way, with networks that are plain functions of the image.</summary>
public sealed class MitoNetSegmentationTests
{
    private static readonly MitoNetOptions Small = new() { MinimumVoxels = 10, MinimumSpan = 2 };

    [Theory]
    [InlineData(MitoNetMode.Stack)]
    [InlineData(MitoNetMode.Orthoplane)]
    public void Boxes_are_found_voxel_by_voxel_in_a_volume_of_odd_sizes(MitoNetMode mode)
    {
        var em = Boxes(new Size3(21, 37, 51), ((3, 5, 7), (12, 19, 23)), ((5, 25, 30), (15, 37, 51)));
        LabelVolume labels = MitoNetSegmentation.Run(em, new BrightNetwork(), Small with { Mode = mode }, new Job(2));
        Assert.Equal(2, labels.Objects.Count);
        MitoNetVolumes.AssertSamePartition(Truth(em), MitoNetVolumes.Labels(labels));
        Assert.Equal(mode == MitoNetMode.Stack ? [20001, 20002] : [1, 2], labels.Objects.Select(o => o.Label));
    }

    [Fact]
    public void An_object_as_wide_as_the_volume_stays_in_its_rows()
    {
        // empanada 0.1 writes runs of xz slices that end at the right border and go on at the left border of the next row into the wrong rows.
        var em = Boxes(new Size3(16, 20, 24), ((4, 6, 0), (12, 14, 24)));
        LabelVolume labels = MitoNetSegmentation.Run(em, new BrightNetwork(), Small with { Mode = MitoNetMode.Orthoplane, VoxelVotes = 3 }, new Job(1));
        Assert.Equal(new LabelledObject(1, 8 * 8 * 24, new VoxelBox(new Size3(4, 6, 0), new Size3(12, 14, 24))), Assert.Single(labels.Objects));
        MitoNetVolumes.AssertSamePartition(Truth(em), MitoNetVolumes.Labels(labels));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(4)]
    public void Fewer_slices_than_the_median_has_are_all_used(int depth)
    {
        var em = Boxes(new Size3(depth, 20, 24), ((0, 6, 4), (depth, 14, 20)));
        LabelVolume labels = MitoNetSegmentation.Run(em, new BrightNetwork(), new MitoNetOptions { MedianSlices = 11, MinimumVoxels = 1, MinimumSpan = 1 }, new Job(1));
        MitoNetVolumes.AssertSamePartition(Truth(em), MitoNetVolumes.Labels(labels));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void A_blank_slice_parts_an_object_even_where_the_median_fills_its_mask(int median)
    {
        // The blank slice has no centre, and so no object.
        var em = Boxes(new Size3(15, 20, 24), ((0, 6, 4), (7, 14, 20)), ((8, 6, 4), (15, 14, 20)));
        LabelVolume labels = MitoNetSegmentation.Run(em, new BrightNetwork(), Small with { MedianSlices = median }, new Job(1));
        Assert.Equal(2, labels.Objects.Count);
        MitoNetVolumes.AssertSamePartition(Truth(em), MitoNetVolumes.Labels(labels));
    }

    [Fact]
    public void Sixteen_bits_give_the_labels_of_eight_bits_times_257()
    {
        PreparationSources narrow = Noise(VoxelType.UInt8, 1), wide = Noise(VoxelType.UInt16, 257);
        foreach (MitoNetMode mode in Enum.GetValues<MitoNetMode>())
        {
            MitoNetOptions options = Small with { Mode = mode };
            LabelVolume expected = MitoNetSegmentation.Run(narrow, new BrightNetwork(), options, new Job(1));
            Assert.InRange(expected.Objects.Count, 2, 20);
            Assert.Equal(MitoNetVolumes.Labels(expected), MitoNetVolumes.Labels(MitoNetSegmentation.Run(wide, new BrightNetwork(), options, new Job(1))));
        }
    }

    [Fact]
    public void The_labels_are_the_same_for_any_number_of_threads_and_any_memory_for_slices()
    {
        MitoNetOptions options = Small with { Mode = MitoNetMode.Orthoplane, VoxelVotes = 1, OneView = true };
        uint[] expected = MitoNetVolumes.Labels(MitoNetSegmentation.Run(Noise(VoxelType.UInt8, 1), new BrightNetwork(), options, new Job(1)));
        foreach (int threads in (int[])[2, 5])
            Assert.Equal(expected, MitoNetVolumes.Labels(MitoNetSegmentation.Run(Noise(VoxelType.UInt8, 1), new BrightNetwork(), options with { SliceMemory = 1000 * threads }, new Job(threads))));
    }

    [Fact]
    public void Fine_boundaries_and_downsampling_find_the_boxes_too()
    {
        var em = Boxes(new Size3(24, 40, 56), ((4, 8, 8), (12, 20, 24)), ((4, 24, 32), (16, 40, 56)));
        uint[] truth = Truth(em);
        foreach (MitoNetOptions options in (MitoNetOptions[])[Small with { FineBoundaries = true }, Small with { Downsampling = 2 }, Small with { Downsampling = 2, FineBoundaries = true }])
            MitoNetVolumes.AssertSamePartition(truth, MitoNetVolumes.Labels(MitoNetSegmentation.Run(em, new BrightNetwork(options.Downsampling), options, new Job(2))));
    }

    [Theory]
    [InlineData(MitoNetMode.Stack, 32, 32)]
    [InlineData(MitoNetMode.Stack, 32, 48)]
    [InlineData(MitoNetMode.Orthoplane, 48, 32)]
    public void A_network_of_one_size_sees_larger_slices_in_pieces_that_leave_no_seams(MitoNetMode mode, int height, int width)
    {
        // Objects across the places where pieces meet (28 and 44 for pieces of 32, 42 for 48) and away from them; none as large as the overlap.
        var em = Boxes(new Size3(21, 70, 91), ((3, 24, 40), (12, 31, 47)), ((5, 40, 60), (15, 46, 66)), ((2, 60, 25), (19, 67, 31)), ((6, 2, 83), (13, 9, 91)));
        var whole = new BrightNetwork();
        LabelVolume expected = MitoNetSegmentation.Run(em, whole, Small with { Mode = mode }, new Job(2));
        var pieces = new OneSize(new BrightNetwork(), height, width);
        LabelVolume labels = MitoNetSegmentation.Run(em, pieces, Small with { Mode = mode }, new Job(2));
        Assert.Equal(4, labels.Objects.Count);
        MitoNetVolumes.AssertSamePartition(MitoNetVolumes.Labels(expected), MitoNetVolumes.Labels(labels));
        Assert.True(pieces.Calls > whole.Calls);
    }

    [Fact]
    public void A_network_of_one_size_that_cannot_be_padded_to_is_refused()
    {
        var em = Boxes(new Size3(2, 16, 32));
        Assert.Contains("40 x 32", Assert.Throws<ModelException>(() => MitoNetSegmentation.Run(em, new OneSize(new BrightNetwork(), 40, 32), Small, new Job(1))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Dense_outputs_are_sharpened_by_the_point_head()
    {
        // The head goes by the features, which are 1 and -1: halfway between lie the edges of the boxes, which have no corners here.
        var em = Boxes(new Size3(8, 32, 48), ((2, 0, 4), (7, 32, 24)), ((1, 0, 28), (6, 32, 48)));
        LabelVolume labels = MitoNetSegmentation.Run(em, new DenseNetwork(withHead: true), Small, new Job(2));
        MitoNetVolumes.AssertSamePartition(Truth(em), MitoNetVolumes.Labels(labels));
        // Without the head the logits are enlarged: the same objects, about.
        LabelVolume coarse = MitoNetSegmentation.Run(em, new DenseNetwork(withHead: false), Small, new Job(2));
        Assert.Equal(2, coarse.Objects.Count);
        Assert.All(coarse.Objects.Zip(labels.Objects), p => Assert.InRange(p.First.Voxels / (double)p.Second.Voxels, 0.8, 1.3));
    }

    [Fact]
    public void Slices_are_read_as_16_bit_labels_or_floats_where_labels_are_larger_and_as_a_mask()
    {
        var em = Boxes(new Size3(8, 20, 24), ((2, 6, 4), (7, 14, 20)));
        LabelVolume labels = MitoNetSegmentation.Run(em, new BrightNetwork(), Small, new Job(1)), large = MitoNetSegmentation.Run(em, new BrightNetwork(), Small with { LabelDivisor = 1_000_000 }, new Job(1));
        Assert.Equal((VoxelType.UInt16, VoxelType.Float32), (labels.Type, large.Type));
        ushort[] narrow = new ushort[480];
        float[] wide = new float[480];
        labels.ReadSlice(3, MemoryMarshal.AsBytes(narrow.AsSpan()));
        large.ReadSlice(3, MemoryMarshal.AsBytes(wide.AsSpan()));
        uint[] truth = [.. Truth(em).Skip(3 * 480).Take(480)];
        Assert.Equal(truth.Select(t => t * 20001), narrow.Select(v => (uint)v));
        Assert.Equal(truth.Select(t => t * 1000001), wide.Select(v => (uint)v));
        using BitVolume mask = labels.ToMask(new Job(2));
        Assert.Equal(labels.Objects[0].Voxels, mask.CountSet());
        Assert.True(mask[3, 6, 4] && !mask[3, 5, 4]);
        Assert.Throws<ArgumentException>(() => labels.ReadLabels(0, new uint[3]));
    }

    [Fact]
    public void Finding_nothing_warns_with_what_to_look_at()
    {
        var job = new Job(1);
        Assert.Empty(MitoNetSegmentation.Run(Boxes(new Size3(3, 5, 6)), new BrightNetwork(), new MitoNetOptions { Mode = MitoNetMode.Orthoplane }, job).Objects);
        Assert.Contains("min_size", Assert.Single(job.Warnings), StringComparison.Ordinal);
    }

    [Fact]
    public void A_cancelled_run_ends_before_the_next_slice()
    {
        foreach (MitoNetMode mode in Enum.GetValues<MitoNetMode>())
        {
            using var observer = new CancellingObserver();
            var network = new BrightNetwork();
            Assert.ThrowsAny<OperationCanceledException>(() => MitoNetSegmentation.Run(Noise(VoxelType.UInt8, 1), network, Small with { Mode = mode }, new Job(2, observer.Token, observer)));
            Assert.Equal(1, network.Calls);
            Assert.Equal(0, observer.ReportsAfterCancelling);
        }
    }

    [Fact]
    public void Options_out_of_range_are_named()
    {
        (MitoNetOptions Options, string Name)[] wrong =
        [
            (new() { Mode = (MitoNetMode)7 }, "mode"), (new() { MedianSlices = 2 }, "qlen"), (new() { MedianSlices = 13 }, "qlen"), (new() { MedianSlices = -1 }, "qlen"),
            (new() { LabelDivisor = 0 }, "label_divisor"), (new() { LabelDivisor = 1_000_001 }, "label_divisor"),
            (new() { Threshold = 0 }, "seg_thr"), (new() { Threshold = 1 }, "seg_thr"), (new() { Threshold = double.NaN }, "seg_thr"),
            (new() { CentreThreshold = -0.1 }, "nms_thr"), (new() { CentreThreshold = double.PositiveInfinity }, "nms_thr"), (new() { CentreKernel = 0 }, "nms_kernel"), (new() { CentreKernel = 256 }, "nms_kernel"),
            (new() { MatchIou = 0 }, "merge_iou_thr"), (new() { MatchIou = 1.1 }, "merge_iou_thr"), (new() { MatchIoa = double.NaN }, "merge_ioa_thr"), (new() { MatchIoa = 0 }, "merge_ioa_thr"),
            (new() { VoxelVotes = 0 }, "pixel_vote_thr"), (new() { VoxelVotes = 4 }, "pixel_vote_thr"), (new() { ClusterIou = -0.1 }, "cluster_iou_thr"), (new() { ClusterIou = double.NaN }, "cluster_iou_thr"),
            (new() { MinimumVoxels = -1 }, "min_size"), (new() { MinimumSpan = -1 }, "min_span"), (new() { Downsampling = 3 }, "downsample_f"), (new() { Downsampling = 128 }, "downsample_f"), (new() { Downsampling = 0 }, "downsample_f"),
            (new() { Mean = double.NaN }, "mean"), (new() { StandardDeviation = 0 }, "std"), (new() { StandardDeviation = double.PositiveInfinity }, "std"), (new() { PaddingFactor = 0 }, "padding_factor"),
            (new() { IntensityLow = 1 }, "em_intensity_range"), (new() { IntensityHigh = 1 }, "em_intensity_range"), (new() { IntensityLow = 2, IntensityHigh = 2 }, "em_intensity_range"), (new() { IntensityLow = double.NaN, IntensityHigh = 2 }, "em_intensity_range"),
            (new() { SliceMemory = 0 }, "slice_memory"),
        ];
        foreach ((MitoNetOptions options, string name) in wrong)
            Assert.StartsWith(name + " = ", Assert.Throws<BadInputException>(() => MitoNetSegmentation.Run(Noise(VoxelType.UInt8, 1), new BrightNetwork(), options, new Job(1))).Message, StringComparison.Ordinal);
        new MitoNetOptions().Check();
    }

    [Fact]
    public void Outputs_that_are_not_such_a_networks_are_refused_by_name()
    {
        FloatPicture full = Picture(1, 16, 32), quarter = Picture(1, 4, 8), pairs = Picture(2, 4, 8);
        (PanopticOutput Output, string Name)[] wrong =
        [
            (new(Picture(2, 16, 32), quarter, pairs), "sem_logits"), (new(Picture(1, 15, 32), quarter, pairs), "sem_logits"), (new(Picture(1, 32, 64), quarter, pairs), "sem_logits"),
            (new(Picture(1, 8, 32), quarter, pairs), "sem_logits"), (new(full, Picture(1, 5, 8), pairs), "ctr_hmp"), (new(full, Picture(1, 4, 4), pairs), "ctr_hmp"), (new(full, Picture(0, 4, 8), pairs), "ctr_hmp"),
            (new(full, quarter, Picture(1, 4, 8)), "offsets"), (new(full, quarter, Picture(2, 8, 16)), "offsets"), (new(full, quarter, new FloatPicture(new float[63], 2, 4, 8)), "offsets"),
            (new(Spoilt(1, 16, 32), quarter, pairs), "sem_logits for slice 1"), (new(full, Spoilt(1, 4, 8), pairs), "ctr_hmp for slice 1"), (new(full, quarter, Spoilt(2, 4, 8)), "offsets for slice 1"),
        ];
        foreach ((PanopticOutput output, string name) in wrong)
            Assert.Contains($"output {name}", Assert.Throws<BadInputException>(() => MitoNetSegmentation.Run(Boxes(new Size3(2, 16, 32)), new Fixed(output), Small, new Job(1))).Message, StringComparison.Ordinal);
        MitoNetSegmentation.Run(Boxes(new Size3(2, 16, 32)), new Fixed(new(full, quarter, pairs)), Small, new Job(1));
    }

    [Fact]
    public void A_float_image_without_a_range_is_refused_before_the_network_runs()
    {
        var network = new BrightNetwork();
        Assert.Throws<BadInputException>(() => MitoNetSegmentation.Run(Noise(VoxelType.Float32, 1), network, Small, new Job(1)));
        Assert.Equal(0, network.Calls);
        Assert.NotEmpty(MitoNetSegmentation.Run(Noise(VoxelType.Float32, 1), network, Small with { IntensityLow = 0, IntensityHigh = 255 }, new Job(1)).Objects);
    }

    private static FloatPicture Picture(int channels, int height, int width) => new(new float[channels * height * width], channels, height, width);

    private static FloatPicture Spoilt(int channels, int height, int width)
    {
        var values = new float[channels * height * width];
        values[^1] = float.NaN;
        return new FloatPicture(values, channels, height, width);
    }

    private static PreparationSources Boxes(Size3 size, params ((int Z, int Y, int X) First, (int Z, int Y, int X) End)[] boxes) =>
        new(new Grid(size, new Point3(8, 8, 8)), VoxelType.UInt8, (z, y, x) =>
            boxes.Any(b => z >= b.First.Z && y >= b.First.Y && x >= b.First.X && z < b.End.Z && y < b.End.Y && x < b.End.X) ? 255 : 0);

    /// <summary>The components of the bright voxels.</summary>
    private static uint[] Truth(PreparationSources em)
    {
        using var mask = new BitVolume(em.Grid);
        var slice = new byte[em.Grid.Size.SliceCount];
        for (int z = 0; z < em.Grid.Size.Z; z++)
        {
            em.ReadSlice(z, slice);
            mask.SetSlice<byte>(z, slice, 127);
        }
        var components = Algorithms.Segmentation.ConnectedComponents.Label(mask, new Job(1));
        var labels = new int[slice.Length];
        return [.. Enumerable.Range(0, em.Grid.Size.Z).SelectMany(z =>
        {
            components.ReadSlice(z, labels);
            return Array.ConvertAll(labels, l => (uint)l);
        })];
    }

    /// <summary>Waves of three directions: where they meet are rounded objects, some of which touch.</summary>
    private static PreparationSources Noise(VoxelType type, int times) => new(new Grid(new Size3(19, 45, 53), new Point3(8, 8, 8)), type, (z, y, x) =>
        times * (int)Math.Max(0, 100 + 42 * Math.Sin(0.42 * z + 0.1 * y) + 42 * Math.Sin(0.31 * y + 0.07 * x) + 42 * Math.Sin(0.27 * x - 0.11 * z)));

    /// <summary>Takes slices of one size.</summary>
    private sealed class OneSize(BrightNetwork network, int height, int width) : IPanopticNetwork
    {
        public (int Height, int Width)? FixedSize => (height, width);

        public int Calls => network.Calls;

        public PanopticOutput Run(ReadOnlyMemory<float> image, int rows, int columns, Job job)
        {
            Assert.Equal((height, width), (rows, columns));
            return network.Run(image, rows, columns, job);
        }
    }

    private sealed class Fixed(PanopticOutput output) : IPanopticNetwork
    {
        public PanopticOutput Run(ReadOnlyMemory<float> image, int height, int width, Job job) => output;
    }
}

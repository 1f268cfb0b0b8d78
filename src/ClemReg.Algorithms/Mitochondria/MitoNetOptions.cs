using ClemReg.Algorithms.Inference;

namespace ClemReg.Algorithms.Mitochondria;

/// <summary>Along which axes the network sees the volume.</summary>
public enum MitoNetMode
{
    /// <summary>The xy slices alone.</summary>
    Stack,
    /// <summary>The xy, xz and yz slices, and the consensus of the three. For voxels that are about as deep as they are wide.</summary>
    Orthoplane,
}

/// <summary>
/// How <see cref="MitoNetSegmentation"/> works. Names in brackets are empanada's (Conrad and Narayan 2023), defaults those of CLEM-Reg.
/// </summary>
public sealed record MitoNetOptions
{
    /// <summary>The most that <see cref="Downsampling"/> can be.</summary>
    public const int MostDownsampling = 64;

    /// <summary>The axes [mode; CLEM-Reg's em_seg_axis is orthoplane].</summary>
    public MitoNetMode Mode { get; init; }

    /// <summary>Slices of the median along the stack, odd, 1 to 11; fewer where the volume has fewer [qlen].</summary>
    public int MedianSlices { get; init; } = 3;

    /// <summary>Labels of a single axis start above this, 1 to 1,000,000 [label_divisor].</summary>
    public int LabelDivisor { get; init; } = 20000;

    /// <summary>A pixel is mitochondrion from this probability on, above 0 and below 1 [seg_thr].</summary>
    public double Threshold { get; init; } = 0.3;

    /// <summary>Centres are where the heat map exceeds this, 0 or more [nms_thr].</summary>
    public double CentreThreshold { get; init; } = 0.1;

    /// <summary>Of the heat map's peaks in a square of this many of its pixels the highest is a centre, 1 to 255 [nms_kernel].</summary>
    public int CentreKernel { get; init; } = 3;

    /// <summary>Objects of neighbouring slices are one from this intersection over union on, above 0 to 1 [merge_iou_thr].</summary>
    public double MatchIou { get; init; } = 0.25;

    /// <summary>An unmatched object joins the one that covers this part of it, above 0 to 1 [merge_ioa_thr].</summary>
    public double MatchIoa { get; init; } = 0.25;

    /// <summary>Of the three axes this many must agree on a voxel, 1 to 3 [pixel_vote_thr].</summary>
    public int VoxelVotes { get; init; } = 2;

    /// <summary>Objects of different axes are grouped above this intersection over union, 0 to 1 [cluster_iou_thr].</summary>
    public double ClusterIou { get; init; } = 0.75;

    /// <summary>Objects of fewer voxels are removed, 0 or more [min_size].</summary>
    public int MinimumVoxels { get; init; } = 500;

    /// <summary>Objects of fewer slices along any axis are removed, 0 or more [min_span; min_extent].</summary>
    public int MinimumSpan { get; init; } = 4;

    /// <summary>The network sees the slices this many times smaller: 1, 2, 4 ... 64 [downsample_f].</summary>
    public int Downsampling { get; init; } = 1;

    /// <summary>An object that a single axis found may stay. Matters with <see cref="VoxelVotes"/> 1 [one_view; bypass].</summary>
    public bool OneView { get; init; }

    /// <summary>Objects part along lines of single pixels, not of the heat map's coarser ones [fine_boundaries].</summary>
    public bool FineBoundaries { get; init; }

    /// <summary>What is subtracted from intensities of 0 to 1: their mean in the training data [mean].</summary>
    public double Mean { get; init; } = 0.57571;

    /// <summary>What they are then divided by, positive: their standard deviation in the training data [std].</summary>
    public double StandardDeviation { get; init; } = 0.12765;

    /// <summary>Slices are padded to multiples of this many pixels, 1 to 1024 [padding_factor]. 16 for MitoNet.</summary>
    public int PaddingFactor { get; init; } = 16;

    /// <summary>
    /// The intensity that becomes 0 before <see cref="Mean"/>; given together with <see cref="IntensityHigh"/>, or not at all for 0 to 255 (8 bit) and 0 to
    /// 65535 (16 bit). Images of 32-bit floats have no range of their own, so it must be given [em_intensity_range].
    /// </summary>
    public double? IntensityLow { get; init; }

    /// <summary>The intensity that becomes 1: 4095 for 12 bits in a 16-bit image [em_intensity_range].</summary>
    public double? IntensityHigh { get; init; }

    /// <summary>Bytes that xz and yz slices gathered from the xy ones may take: the EM is read (its bytes / this) times an axis, rounded up.</summary>
    public long SliceMemory { get; init; } = 256L << 20;

    /// <summary>Refuses options out of their range.</summary>
    /// <exception cref="BadInputException">An option is out of its range.</exception>
    public void Check()
    {
        if (!Enum.IsDefined(Mode)) throw BadInputException.ForParameter("mode", Mode, "Stack or Orthoplane");
        if (MedianSlices is < 1 or > 11 || MedianSlices % 2 == 0)
            throw BadInputException.ForParameter("qlen", MedianSlices, "an odd number of slices from 1 to 11", "3 is usual, 1 switches it off.");
        Within("label_divisor", LabelDivisor, 1, 1_000_000, "20000 is usual.");
        if (!(Threshold > 0 && Threshold < 1)) throw BadInputException.ForParameter("seg_thr", Threshold, "a probability above 0 and below 1", "0.3 is usual.");
        if (!(CentreThreshold >= 0) || double.IsInfinity(CentreThreshold))
            throw BadInputException.ForParameter("nms_thr", CentreThreshold, "a number of 0 or more", "0.1 is usual.");
        Within("nms_kernel", CentreKernel, 1, 255, "3 is usual; larger values give fewer centres.");
        if (!(MatchIou > 0 && MatchIou <= 1)) throw BadInputException.ForParameter("merge_iou_thr", MatchIou, "above 0 and at most 1", "0.25 is usual.");
        if (!(MatchIoa > 0 && MatchIoa <= 1)) throw BadInputException.ForParameter("merge_ioa_thr", MatchIoa, "above 0 and at most 1", "0.25 is usual.");
        Within("pixel_vote_thr", VoxelVotes, 1, 3, "2 is usual.");
        if (!(ClusterIou >= 0 && ClusterIou <= 1)) throw BadInputException.ForParameter("cluster_iou_thr", ClusterIou, "from 0 to 1", "0.75 is usual.");
        Within("min_size", MinimumVoxels, 0, int.MaxValue, "500 is usual.");
        Within("min_span", MinimumSpan, 0, int.MaxValue, "4 is usual.");
        if (Downsampling is < 1 or > MostDownsampling || !int.IsPow2(Downsampling))
            throw BadInputException.ForParameter("downsample_f", Downsampling, "1, 2, 4, 8, 16, 32 or 64");
        if (!double.IsFinite(Mean)) throw BadInputException.ForParameter("mean", Mean, "a number", "0.57571 for MitoNet.");
        if (!(StandardDeviation > 0) || double.IsInfinity(StandardDeviation))
            throw BadInputException.ForParameter("std", StandardDeviation, "a positive number", "0.12765 for MitoNet.");
        Within("padding_factor", PaddingFactor, 1, 1024, "16 for MitoNet.");
        GreyRange.Check(IntensityLow, IntensityHigh);
        if (SliceMemory < 1) throw BadInputException.ForParameter("slice_memory", SliceMemory, "1 byte or more");
    }

    private static void Within(string name, int value, int least, int most, string advice)
    {
        if (value < least || value > most)
            throw BadInputException.ForParameter(name, value, most == int.MaxValue ? $"a whole number of {least} or more" : $"a whole number from {least} to {most}", advice);
    }
}

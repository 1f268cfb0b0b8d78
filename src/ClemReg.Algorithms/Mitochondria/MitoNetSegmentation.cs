using ClemReg.Algorithms.Inference;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Mitochondria;

/// <summary>
/// Mitochondria in volume EM by MitoNet (Conrad and Narayan, Cell Systems 2023), as CLEM-Reg runs it: everything around the network. Slices are normalised, the network's masks
/// smoothed along the stack, parted into objects by centres and offsets, followed from slice to slice, and, in three axes, reconciled by vote.
/// </summary>
/// <remarks>
/// Memory: a slice of what the network gives and takes, the median's masks, <see cref="MitoNetOptions.SliceMemory"/>, and 12 bytes a run of labelled voxels of each axis.
/// The labels are those of empanada 0.1 but for its defect at the right border of xz slices (docs/decisions/20-mitonet-postprocessing.md).
/// </remarks>
public static class MitoNetSegmentation
{
    private const double TrackShare = 0.02, ConsensusShare = 0.04;

    /// <summary>Segments a volume.</summary>
    /// <param name="em">The EM, read slice by slice.</param>
    /// <param name="network">The network.</param>
    /// <param name="options">How.</param>
    /// <param name="job">Threads, progress, cancellation; a cancelled run leaves nothing.</param>
    /// <returns>
    /// The labels: in stack mode from <see cref="MitoNetOptions.LabelDivisor"/> + 1 with gaps where objects were too small, in orthoplane mode from 1, likewise. Warns if there is
    /// none.
    /// </returns>
    /// <exception cref="BadInputException">An option is out of its range, the image has no known range of intensities, or the network's outputs are not such a network's.</exception>
    public static LabelVolume Run(ISliceSource em, IPanopticNetwork network, MitoNetOptions options, Job job)
    {
        options.Check();
        (network, (int, int) least) = TiledPanopticNetwork.ForAnySize(network, options.PaddingFactor);
        GreyRange.Of(em.Type, options.IntensityLow, options.IntensityHigh);
        NormalisedSlices.WarnIfDark(em, options, job);
        SliceAxis[] axes = options.Mode == MitoNetMode.Stack ? [SliceAxis.XY] : [SliceAxis.XY, SliceAxis.XZ, SliceAxis.YZ];
        var found = new AxisObjects[axes.Length];
        double share = (axes.Length > 1 ? 1 - ConsensusShare : 1) / axes.Length;
        for (int a = 0; a < axes.Length; a++)
            found[a] = Follow(em, axes[a], network, least, options, job, a * share, (a + 1) * share);
        LabelVolume volume = axes.Length > 1
            ? job.Run("consensus", 1 - ConsensusShare, 1, part => Agreed(em.Grid, found, options, part))
            : Labelled(em.Grid, found[0]);
        if (volume.Objects.Count == 0)
        {
            Size3 size = em.Grid.Size;
            int thickness = Math.Min(size.Z, Math.Min(size.Y, size.X));
            job.Warn(FormattableString.Invariant(
                $"No mitochondria were found of at least {options.MinimumVoxels} voxels (min_size) and {options.MinimumSpan} slices along each axis (min_span){(thickness < options.MinimumSpan ? $", of which the image has {thickness}: set min_span = {thickness} or less" : "")}. Check the pixel size (MitoNet knows about 5 to 20 nm; downsample_f), the intensities and seg_thr."));
        }
        return volume;
    }

    private static AxisObjects Follow(ISliceSource em, SliceAxis axis, IPanopticNetwork network, (int Height, int Width) least, MitoNetOptions options, Job job, double from, double to)
    {
        string name = axis.ToString().ToLowerInvariant();
        double track = to - TrackShare * (to - from);
        SliceTracker tracker = job.Run($"segment {name} slices", from, track, part =>
        {
            using var slices = new NormalisedSlices(em, axis, options, least, part);
            return AxisSegmentation.Run(slices, network, options, part);
        });
        return job.Run($"follow objects in {name}", track, to, part =>
        {
            tracker.Backward(part);
            return AxisObjects.From(tracker, axis, em.Grid.Size, options, part);
        });
    }

    private static LabelVolume Agreed(Grid grid, AxisObjects[] axes, MitoNetOptions options, Job job)
    {
        (LabelPlane[] planes, List<LabelledObject> objects) = Consensus.Find(axes, options, job);
        return new LabelVolume(grid, planes, objects);
    }

    /// <summary>Gives a single axis's objects their labels back.</summary>
    private static LabelVolume Labelled(Grid grid, AxisObjects axis)
    {
        foreach (LabelPlane plane in axis.Planes)
            foreach (ref Segmentation.LabelledRun run in plane.Runs)
                run = run with { Label = axis.Objects[run.Label - 1].Label };
        return new LabelVolume(grid, axis.Planes, [.. axis.Objects.OrderBy(o => o.Label)]);
    }
}

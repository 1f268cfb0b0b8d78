using ClemReg.Algorithms.Mitochondria;
using ClemReg.Algorithms.Segmentation;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Inference.ImageModels;

/// <summary>How objects are made of probabilities.</summary>
public sealed record ModelSegmentationOptions
{
    /// <summary>A voxel belongs to the structure from this probability on, above 0 and below 1; null: as the card says.</summary>
    public double? Threshold { get; init; }

    /// <summary>Objects of fewer voxels are removed, 0 or more.</summary>
    public int MinimumVoxels { get; init; } = 500;

    /// <summary>The intensity that is 0 to a fixed normalisation; null: 0.</summary>
    public double? IntensityLow { get; init; }

    /// <summary>The one that is 1; null: 255 of 8 bit, 65535 of 16 bit.</summary>
    public double? IntensityHigh { get; init; }
}

/// <summary>Objects by a model that gives probabilities: what touches is one object (26 neighbours), or is divided where the model sees a boundary.</summary>
public static class ModelSegmentation
{
    /// <summary>Below this probability of a boundary a voxel of the structure is the inside of an object, from which objects grow.</summary>
    private const double Inside = 0.5;

    private const double ModelShare = 0.95;

    /// <summary>Segments a volume.</summary>
    /// <param name="em">The EM; its slices are read in order.</param>
    /// <param name="model">The model.</param>
    /// <param name="card">What is known about it.</param>
    /// <param name="options">How.</param>
    /// <param name="job">The work.</param>
    /// <returns>The objects, numbered from 1 in the order z, y, x of their first voxels.</returns>
    /// <remarks>Memory besides the model's: one bit a voxel; where it sees boundaries 5 bytes a voxel.</remarks>
    /// <exception cref="BadInputException">An option is out of its range, or the intensities of a 32-bit image have no range.</exception>
    public static LabelVolume Run(ISliceSource em, TiledModel model, ModelCard card, ModelSegmentationOptions options, Job job)
    {
        double threshold = options.Threshold ?? card.Threshold;
        if (!(threshold > 0 && threshold < 1)) throw BadInputException.ForParameter("seg_thr", threshold, "a probability above 0 and below 1");
        if (options.MinimumVoxels < 0) throw BadInputException.ForParameter("min_size", options.MinimumVoxels, "a whole number of 0 or more");
        (double low, double high) = GreyRange.Of(em.Type, options.IntensityLow, options.IntensityHigh, needed: card.Normalisation.Kind == NormalisationKind.Fixed);
        using var mask = new BitVolume(em.Grid);
        using Volume<byte>? boundary = card.Boundary is null ? null : new Volume<byte>(em.Grid);
        job.Run<object?>("run_model", 0, ModelShare, part =>
        {
            model.Run(em, low, high, (z, probability, edge) =>
            {
                // The mask holds what is strictly above a value.
                mask.SetSlice(z, probability, MathF.BitDecrement((float)threshold));
                if (boundary is null) return;
                Span<byte> heights = boundary.Slice(z);
                for (int i = 0; i < edge.Length; i++) heights[i] = (byte)Math.Clamp(MathF.Round(255 * edge[i]), 0, 255);
            }, part);
            return null;
        });
        LabelVolume labels = job.Run("find_objects", ModelShare, 1, part => boundary is null ? Whole(mask, options.MinimumVoxels, part) : Divided(mask, boundary, options.MinimumVoxels, part));
        if (labels.Objects.Count == 0)
            job.Warn(FormattableString.Invariant($"Nothing was found of at least {options.MinimumVoxels} voxels (min_size) with a probability of {threshold} (seg_thr). Check the pixel size, the intensities (em_intensity_range), and both parameters."));
        return labels;
    }

    private static LabelVolume Whole(BitVolume mask, int least, Job job)
    {
        ConnectedComponents components = ConnectedComponents.Label(mask, job);
        return LabelledRuns.Number(mask.Grid, components.Count, least, (z, y, take) =>
        {
            foreach (LabelledRun run in components.Runs(z, y)) take(run);
        }, job);
    }

    private static unsafe LabelVolume Divided(BitVolume mask, Volume<byte> boundary, int least, Job job)
    {
        Grid grid = mask.Grid;
        if (grid.Size.Count > int.MaxValue)
            throw new BadInputException($"The volume has {grid.Size.Count} voxels; objects can be divided along boundaries in up to {int.MaxValue}. Crop or bin the image, or use a model without boundaries.");
        using var inside = new BitVolume(grid);
        byte edge = (byte)Math.Round(255 * Inside);
        job.For(grid.Size.Z, z =>
        {
            for (int y = 0; y < grid.Size.Y; y++)
            {
                Span<byte> row = boundary.Row(z, y);
                for (int x = 0; x < row.Length; x++)
                    if (row[x] < edge && mask[z, y, x]) inside[z, y, x] = true;
            }
        });
        ConnectedComponents seeds = ConnectedComponents.Label(inside, job), wholes = ConnectedComponents.Label(mask, job);
        using var buffer = new NativeBuffer(grid.Size.Count * sizeof(int));
        var labels = new Span<int>(buffer.Pointer, (int)grid.Size.Count);
        for (int z = 0; z < grid.Size.Z; z++) seeds.ReadSlice(z, labels.Slice(z * grid.Size.SliceCount, grid.Size.SliceCount));
        // What has no inside at all is one object.
        var seeded = new bool[wholes.Count + 1];
        for (int z = 0; z < grid.Size.Z; z++)
            for (int y = 0; y < grid.Size.Y; y++)
                foreach (LabelledRun run in wholes.Runs(z, y))
                    if (!seeded[run.Label] && labels.Slice((z * grid.Size.Y + y) * grid.Size.X + run.Start, run.End - run.Start).ContainsAnyExcept(0)) seeded[run.Label] = true;
        for (int z = 0; z < grid.Size.Z; z++)
            for (int y = 0; y < grid.Size.Y; y++)
                foreach (LabelledRun run in wholes.Runs(z, y))
                    if (!seeded[run.Label]) labels.Slice((z * grid.Size.Y + y) * grid.Size.X + run.Start, run.End - run.Start).Fill(seeds.Count + run.Label);
        SeededWatershed.Grow(boundary, mask, labels, job);
        int* all = (int*)buffer.Pointer;
        return LabelledRuns.Number(grid, seeds.Count + wholes.Count, least, (z, y, take) =>
        {
            int* row = all + ((long)z * grid.Size.Y + y) * grid.Size.X;
            for (int x = 0; x < grid.Size.X;)
            {
                int start = x, label = row[x];
                while (++x < grid.Size.X && row[x] == label) { }
                if (label != 0) take(new LabelledRun(start, x, label));
            }
        }, job);
    }
}

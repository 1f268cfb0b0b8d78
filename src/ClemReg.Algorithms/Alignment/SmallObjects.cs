using ClemReg.Algorithms.Segmentation;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Alignment;

/// <summary>
/// A mask without its largest objects. Where those do not shine, as those of a cell that the stain did not reach, they outweigh all others in a template in which each voxel counts alike, and the
/// right place fits no better than chance.
/// </summary>
internal static class SmallObjects
{
    /// <summary>The largest go until no more than this part of the voxels is left.</summary>
    private const double MostLeft = 0.5;

    /// <summary>Where more of the objects would go than this part, none is large.</summary>
    private const double MostObjectsGone = 0.2;

    /// <summary>As few as this say nothing about a place.</summary>
    private const int LeastObjects = 8;

    /// <summary>The mask of the smaller objects, and how many were left out; null where none is much larger than the others, or too few were left.</summary>
    public static (BitVolume Mask, int LeftOut)? Of(BitVolume mask, Job job)
    {
        ConnectedComponents objects = ConnectedComponents.Label(mask, job);
        long[] sizes = objects.Sizes.ToArray();
        int[] largestFirst = [.. Enumerable.Range(0, sizes.Length).OrderByDescending(i => sizes[i])];
        double most = MostLeft * sizes.Sum(), left = sizes.Sum();
        int gone = 0;
        while (gone < sizes.Length && left > most) left -= sizes[largestFirst[gone++]];
        if (gone > MostObjectsGone * sizes.Length || sizes.Length - gone < LeastObjects) return null;
        var large = new bool[sizes.Length];
        foreach (int i in largestFirst.AsSpan(0, gone)) large[i] = true;
        BitVolume small = mask.Copy();
        job.For(small.Grid.Size.Z, z =>
        {
            for (int y = 0; y < small.Grid.Size.Y; y++)
                foreach (LabelledRun run in objects.Runs(z, y))
                    if (large[run.Label - 1]) BitRow.Clear(small.Row(z, y), run.Start, run.End);
        });
        return (small, gone);
    }
}

using ClemReg.Algorithms.Segmentation;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Cleaning;

/// <summary>
/// Fills holes: background that is connected by faces and does not reach the border, as scipy.ndimage.binary_fill_holes. Memory besides the mask is a copy of it and 12 bytes for each
/// run of background.
/// </summary>
internal static class HoleFilling
{
    /// <summary>Fills what is enclosed in the volume.</summary>
    /// <param name="mask">The mask, changed in place.</param>
    /// <param name="largest">Holes of more voxels stay; 0: none is too large.</param>
    /// <param name="job">The work.</param>
    public static void InVolume(BitVolume mask, long largest, Job job)
    {
        using var background = new BitVolume(mask.Grid);
        job.For(mask.Grid.Size.Z, z => Invert(mask, z, background, z));
        Fill(background, mask, 0, volume: true, largest, job);
    }

    /// <summary>Fills what is enclosed in its slice.</summary>
    /// <param name="mask">The mask, changed in place.</param>
    /// <param name="largest">Holes of more pixels stay; 0: none is too large.</param>
    /// <param name="job">The work.</param>
    public static void InSlices(BitVolume mask, long largest, Job job)
    {
        Size3 size = mask.Grid.Size;
        var one = new Grid(size with { Z = 1 }, mask.Grid.Spacing);
        var alone = new Job(1, job.Token);
        job.For(size.Z, () => new BitVolume(one), (z, background) =>
        {
            Invert(mask, z, background, 0);
            Fill(background, mask, z, volume: false, largest, alone);
        }, report: true);
    }

    private static void Invert(BitVolume mask, int z, BitVolume background, int to)
    {
        mask.SliceWords(z).CopyTo(background.SliceWords(to));
        ulong end = ulong.MaxValue >> (63 - ((mask.Grid.Size.X - 1) & 63));
        for (int y = 0; y < mask.Grid.Size.Y; y++) BitMorphology.Invert(background.Row(to, y), end);
    }

    private static void Fill(BitVolume background, BitVolume mask, int first, bool volume, long largest, Job job)
    {
        ConnectedComponents parts = ConnectedComponents.Label(background, job, Neighbours.Faces);
        (int depth, int height, int width) = background.Grid.Size;
        var open = new bool[parts.Count];
        for (int i = 0; i < open.Length; i++) open[i] = largest > 0 && parts.Sizes[i] > largest;
        for (int z = 0; z < depth; z++)
            for (int y = 0; y < height; y++)
            {
                bool rim = y == 0 || y == height - 1 || volume && (z == 0 || z == depth - 1);
                foreach (LabelledRun run in parts.Runs(z, y))
                    if (rim || run.Start == 0 || run.End == width) open[run.Label - 1] = true;
            }
        job.For(depth, z =>
        {
            for (int y = 0; y < height; y++)
                foreach (LabelledRun run in parts.Runs(z, y))
                    if (!open[run.Label - 1]) BitRow.Set(mask.Row(first + z, y), run.Start, run.End);
        });
    }
}

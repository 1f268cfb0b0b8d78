using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Segmentation;

/// <summary>
/// Divides a mask among seeds: each grows, over low values first, until it meets another (F. Meyer 1991, Un algorithme optimal pour la ligne de
/// partage des eaux). Voxels are neighbours by a face. Of equal values those that were reached first go first, so that seeds meet half way.
/// </summary>
internal static unsafe class SeededWatershed
{
    private const int Levels = 256;

    /// <summary>Grows the seeds.</summary>
    /// <param name="heights">0 to 255 a voxel; the seeds' own do not matter.</param>
    /// <param name="mask">Where they may grow.</param>
    /// <param name="labels">Z * Y * X labels: the seeds before (0 elsewhere), the regions after. Seeds outside the mask stay as they are.</param>
    /// <param name="job">The work.</param>
    public static void Grow(Volume<byte> heights, BitVolume mask, Span<int> labels, Job job)
    {
        (int depth, int height, int width) = mask.Grid.Size;
        var queues = new Queue<int>[Levels];
        for (int i = 0; i < Levels; i++) queues[i] = new Queue<int>();
        int level = Levels, plane = height * width;
        byte* at = heights.Pointer;
        for (int i = 0; i < labels.Length; i++)
        {
            if (labels[i] == 0) continue;
            queues[0].Enqueue(i);
            level = 0;
        }
        long done = 0;
        while (level < Levels)
        {
            if (!queues[level].TryDequeue(out int i))
            {
                level++;
                continue;
            }
            if ((done++ & 0xffff) == 0) job.ThrowIfCancelled();
            int label = labels[i];
            (int z, int inPlane) = Math.DivRem(i, plane);
            (int y, int x) = Math.DivRem(inPlane, width);
            if (z > 0) Reach(labels, i - plane, z - 1, y, x, label);
            if (z + 1 < depth) Reach(labels, i + plane, z + 1, y, x, label);
            if (y > 0) Reach(labels, i - width, z, y - 1, x, label);
            if (y + 1 < height) Reach(labels, i + width, z, y + 1, x, label);
            if (x > 0) Reach(labels, i - 1, z, y, x - 1, label);
            if (x + 1 < width) Reach(labels, i + 1, z, y, x + 1, label);
        }

        void Reach(Span<int> all, int i, int z, int y, int x, int label)
        {
            if (all[i] != 0 || !mask[z, y, x]) return;
            all[i] = label;
            queues[at[i]].Enqueue(i);
            level = Math.Min(level, at[i]);
        }
    }
}

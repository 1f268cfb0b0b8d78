using ClemReg.Algorithms.Mitochondria;
using ClemReg.Algorithms.Segmentation;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Meshes;

/// <summary>An object as points: the centres of its voxels, and those of the faces between it and what is not it, because there is where it ends.</summary>
internal static class ObjectCloud
{
    /// <summary>About so many voxels inside are taken at most; of larger objects those of a coarser lattice.</summary>
    private const int MostInside = 30_000;

    /// <summary>The points, nm.</summary>
    public static Point3[] Of(LabelVolume labels, LabelledObject which, Job job)
    {
        (Grid grid, Size3 size, VoxelBox box) = (labels.Grid, labels.Grid.Size, which.Box);
        int step = Math.Max(1, (int)Math.Ceiling(Math.Cbrt((double)which.Voxels / MostInside)));
        var points = new List<Point3>();
        for (int z = box.First.Z; z < box.End.Z; z++)
        {
            job.ThrowIfCancelled();
            for (int y = box.First.Y; y < box.End.Y; y++)
                foreach (LabelledRun run in ObjectRuns.Near(labels, which, z, y))
                {
                    if (run.Label != which.Label) continue;
                    if (z % step == 0 && y % step == 0)
                        for (int x = (run.Start + step - 1) / step * step; x < run.End; x += step) points.Add(grid.ToPhysical(z, y, x));
                    points.Add(grid.ToPhysical(z, y, run.Start - 0.5));
                    points.Add(grid.ToPhysical(z, y, run.End - 0.5));
                    foreach (int side in (ReadOnlySpan<int>)[-1, 1])
                    {
                        Bare(z + side, y, run, z + 0.5 * side, y);
                        Bare(z, y + side, run, z, y + 0.5 * side);
                    }
                }
        }
        return [.. points];

        // The faces of a run that a neighbouring row leaves bare.
        void Bare(int z, int y, LabelledRun run, double faceZ, double faceY)
        {
            int x = run.Start;
            if (z >= 0 && z < size.Z && y >= 0 && y < size.Y)
                foreach (LabelledRun other in ObjectRuns.Near(labels, which, z, y))
                {
                    if (other.Label != which.Label || other.End <= x) continue;
                    for (; x < Math.Min(other.Start, run.End); x++) points.Add(grid.ToPhysical(faceZ, faceY, x));
                    x = Math.Max(x, other.End);
                }
            for (; x < run.End; x++) points.Add(grid.ToPhysical(faceZ, faceY, x));
        }
    }
}

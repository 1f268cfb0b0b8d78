using ClemReg.Algorithms.Segmentation;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Mitochondria;

/// <summary>Makes a <see cref="LabelVolume"/> of runs that have labels with gaps, or of objects too small to keep.</summary>
internal static class LabelledRuns
{
    /// <summary>Hands out the runs of row (z, y), x ascending.</summary>
    public delegate void Rows(int z, int y, Action<LabelledRun> take);

    /// <summary>Numbers the objects that are large enough from 1 in the order z, y, x of their first voxels.</summary>
    /// <param name="grid">The voxels.</param>
    /// <param name="largest">The largest label of the runs.</param>
    /// <param name="least">Objects of fewer voxels are left out.</param>
    /// <param name="rows">The runs; asked for twice.</param>
    /// <param name="job">The work.</param>
    /// <exception cref="BadInputException">There are more objects than floats can number.</exception>
    public static LabelVolume Number(Grid grid, int largest, int least, Rows rows, Job job)
    {
        var objects = new LabelledObject[largest + 1];
        for (int z = 0; z < grid.Size.Z; z++)
        {
            job.ThrowIfCancelled();
            for (int y = 0; y < grid.Size.Y; y++)
            {
                rows(z, y, run =>
                {
                    ref LabelledObject o = ref objects[run.Label];
                    o = o.With(run, z, y);
                });
            }
        }
        var number = new int[largest + 1];
        var kept = new List<LabelledObject>();
        var planes = new LabelPlane[grid.Size.Z];
        var builder = new LabelPlaneBuilder();
        for (int z = 0; z < grid.Size.Z; z++)
        {
            job.ThrowIfCancelled();
            for (int y = 0; y < grid.Size.Y; y++)
            {
                builder.NextRow();
                rows(z, y, run =>
                {
                    if (objects[run.Label].Voxels < least) return;
                    if (number[run.Label] == 0)
                    {
                        number[run.Label] = kept.Count + 1;
                        kept.Add(objects[run.Label] with { Label = kept.Count + 1 });
                    }
                    builder.Add(run.Start, run.End, number[run.Label]);
                });
            }
            planes[z] = builder.Take();
        }
        if (kept.Count >= LabelVolume.LargestLabel)
            throw new BadInputException($"There are {kept.Count} objects; up to {LabelVolume.LargestLabel - 1} can be numbered. Raise min_size (now {least}).");
        return new LabelVolume(grid, planes, kept);
    }
}

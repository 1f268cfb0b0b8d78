using ClemReg.Algorithms.Mitochondria;
using ClemReg.Algorithms.Segmentation;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Cleaning;

/// <summary>Cleans a mask. Memory: two masks of a bit a voxel, and 12 bytes for each run of voxels or of background.</summary>
internal static class MaskCleaning
{
    /// <summary>All steps on a mask whose objects are its connected parts.</summary>
    /// <returns>How many objects there were before the last step, and how many are left; 0 where none are removed.</returns>
    public static (int Objects, int Kept) Run(BitVolume mask, CleaningOptions options, Job job)
    {
        job.Run("shape", 0, options.Filters ? 0.8 : 1, part =>
        {
            Shape(mask, options, part);
            return 0;
        });
        return options.Filters ? job.Run("remove_objects", 0.8, 1, part => Filter(mask, options, part)) : (0, 0);
    }

    /// <summary>The steps that change the shape of what is there.</summary>
    public static void Shape(BitVolume mask, CleaningOptions options, Job job)
    {
        (string Name, bool Wanted, Action<Job> Do)[] steps =
        [
            ("fill_holes", options.FillHoles == Holes.Volume, part => HoleFilling.InVolume(mask, options.LargestHole, part)),
            ("fill_holes", options.FillHoles == Holes.Slices, part => HoleFilling.InSlices(mask, options.LargestHole, part)),
            ("open", options.OpenRadius > 0, part => BitMorphology.Open(mask, new Ellipsoid(mask.Grid, options.OpenRadius, options.Flat), part)),
            ("close", options.CloseRadius > 0, part => BitMorphology.Close(mask, new Ellipsoid(mask.Grid, options.CloseRadius, options.Flat), part)),
            ("smooth", options.SmoothSlices > 1, part => SliceSmoothing.Apply(mask, options.SmoothSlices, part)),
        ];
        double wanted = steps.Count(s => s.Wanted), done = 0;
        foreach ((string name, bool _, Action<Job> work) in steps.Where(s => s.Wanted))
            job.Run(name, done / wanted, ++done / wanted, part =>
            {
                work(part);
                return 0;
            });
    }

    private static (int, int) Filter(BitVolume mask, CleaningOptions options, Job job)
    {
        ConnectedComponents parts = ConnectedComponents.Label(mask, job);
        Size3 size = mask.Grid.Size;
        var objects = new LabelledObject[parts.Count];
        for (int z = 0; z < size.Z; z++)
        {
            job.ThrowIfCancelled();
            for (int y = 0; y < size.Y; y++)
                foreach (LabelledRun run in parts.Runs(z, y))
                {
                    ref LabelledObject o = ref objects[run.Label - 1];
                    o = o.With(run, z, y);
                }
        }
        bool[] keep = Array.ConvertAll(objects, o => options.Keeps(o, size));
        job.For(size.Z, z =>
        {
            for (int y = 0; y < size.Y; y++)
                foreach (LabelledRun run in parts.Runs(z, y))
                    if (!keep[run.Label - 1]) BitRow.Clear(mask.Row(z, y), run.Start, run.End);
        });
        return (objects.Length, keep.Count(k => k));
    }
}

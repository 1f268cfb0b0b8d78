using ClemReg.Algorithms.Mitochondria;
using ClemReg.Algorithms.Segmentation;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Cleaning;

/// <summary>
/// Cleans a label image: every object by itself, in a box of its own, so that objects never join. A voxel that several objects then claim stays with the one that had it in the image; else it
/// goes to the one that was the largest there (of equally large ones that of the lower label). Labels keep their values. Memory: the runs of the objects, before and after, and two bits a
/// voxel of the boxes in work.
/// </summary>
internal static class LabelCleaning
{
    /// <summary>Objects in boxes of more voxels are done one after the other, each on all threads.</summary>
    private const long LargeBox = 1 << 22;

    /// <summary>Cleans all objects.</summary>
    public static LabelVolume Run(LabelVolume labels, CleaningOptions options, Job job)
    {
        CleanedObject?[] cleaned = job.Run("shape", 0, 0.9, part => Shape(labels, options, part));
        return job.Run("put_together", 0.9, 1, part =>
        {
            LabelVolume all = Together(labels, cleaned, part);
            // What lost voxels to others may have become too small.
            return options.Filters && all.Objects.Any(o => !options.Keeps(o, labels.Grid.Size)) ? Without(all, options, part) : all;
        });
    }

    private static CleanedObject?[] Shape(LabelVolume labels, CleaningOptions options, Job job)
    {
        IReadOnlyList<LabelledObject> objects = labels.Objects;
        var cleaned = new CleanedObject?[objects.Count];
        var boxes = new VoxelBox[objects.Count];
        Size3 size = labels.Grid.Size, margin = Margin(labels.Grid, options);
        for (int i = 0; i < boxes.Length; i++) boxes[i] = Wider(objects[i].Box, margin, size);
        int done = 0;
        int[] small = [.. Enumerable.Range(0, boxes.Length).Where(i => boxes[i].Extent.Count <= LargeBox)];
        job.For(small.Length, i => One(small[i], 1));
        for (int i = 0; i < boxes.Length; i++)
            if (boxes[i].Extent.Count > LargeBox) One(i, job.Threads);
        return cleaned;

        void One(int i, int threads)
        {
            cleaned[i] = Clean(labels, objects[i].Label, boxes[i], options, new Job(threads, job.Token));
            job.Report((double)Interlocked.Increment(ref done) / objects.Count);
        }
    }

    /// <summary>Room for what closing may add on its way, for the median's window, and for background around it.</summary>
    private static Size3 Margin(Grid grid, CleaningOptions options)
    {
        var closing = new Ellipsoid(grid, options.CloseRadius, options.Flat);
        return new Size3(closing.Z + options.SmoothSlices / 2 + 1, closing.Y + 1, closing.X + 1);
    }

    private static VoxelBox Wider(VoxelBox box, Size3 margin, Size3 size) => new(
        new Size3(Math.Max(0, box.First.Z - margin.Z), Math.Max(0, box.First.Y - margin.Y), Math.Max(0, box.First.X - margin.X)),
        new Size3(Math.Min(size.Z, box.End.Z + margin.Z), Math.Min(size.Y, box.End.Y + margin.Y), Math.Min(size.X, box.End.X + margin.X)));

    private static CleanedObject? Clean(LabelVolume labels, int label, VoxelBox box, CleaningOptions options, Job job)
    {
        Grid grid = labels.Grid;
        using var part = new BitVolume(new Grid(box.Extent, grid.Spacing));
        for (int z = 0; z < box.Extent.Z; z++)
        {
            job.ThrowIfCancelled();
            for (int y = 0; y < box.Extent.Y; y++)
                foreach (LabelledRun run in labels.Runs(box.First.Z + z, box.First.Y + y))
                    if (run.Label == label) BitRow.Set(part.Row(z, y), run.Start - box.First.X, run.End - box.First.X);
        }
        MaskCleaning.Shape(part, options, job);
        var cleaned = new CleanedObject(label, box.First, new LabelPlane[box.Extent.Z]);
        var builder = new LabelPlaneBuilder();
        LabelledObject whole = default;
        for (int z = 0; z < box.Extent.Z; z++)
        {
            for (int y = 0; y < box.Extent.Y; y++)
            {
                builder.NextRow();
                for (int start = 0, end = 0; BitRow.NextRun(part.Row(z, y), ref start, ref end);)
                {
                    var run = new LabelledRun(box.First.X + start, box.First.X + end, label);
                    builder.Add(run.Start, run.End, label);
                    whole = whole.With(run, box.First.Z + z, box.First.Y + y);
                }
            }
            cleaned.Planes[z] = builder.Take();
        }
        return whole.Voxels > 0 && options.Keeps(whole, grid.Size) ? cleaned : null;
    }

    private static LabelVolume Together(LabelVolume labels, CleanedObject?[] cleaned, Job job)
    {
        (int depth, int height, int width) = labels.Grid.Size;
        // Later ones are painted over earlier ones.
        CleanedObject[] order = [.. labels.Objects.Zip(cleaned).Where(p => p.Second is not null).OrderBy(p => p.First.Voxels).ThenByDescending(p => p.First.Label).Select(p => p.Second!)];
        Dictionary<int, CleanedObject> of = order.ToDictionary(o => o.Label);
        var planes = new LabelPlane[depth];
        job.For(depth, () => (new int[height * width], new LabelPlaneBuilder()), (z, scratch) =>
        {
            (int[] slice, LabelPlaneBuilder builder) = scratch;
            Array.Clear(slice);
            foreach (CleanedObject o in order)
                for (int y = o.First.Y; o.Reaches(z) && y < o.First.Y + o.Height(z); y++)
                    foreach (LabelledRun run in o.Row(z, y)) slice.AsSpan(y * width + run.Start, run.End - run.Start).Fill(o.Label);
            for (int y = 0; y < height; y++)
            {
                foreach (LabelledRun run in labels.Runs(z, y))
                    if (of.TryGetValue(run.Label, out CleanedObject? owner)) Keep(owner.Row(z, y), run, slice.AsSpan(y * width, width));
                builder.NextRow();
                builder.AddRow(slice.AsSpan(y * width, width));
            }
            planes[z] = builder.Take();
        }, report: true);
        return LabelVolume.Of(labels.Grid, planes, labels.Type, job);
    }

    /// <summary>Gives an object back what it had and still has.</summary>
    private static void Keep(ReadOnlySpan<LabelledRun> now, LabelledRun before, Span<int> row)
    {
        foreach (LabelledRun run in now)
        {
            int start = Math.Max(run.Start, before.Start), end = Math.Min(run.End, before.End);
            if (start < end) row[start..end].Fill(before.Label);
        }
    }

    private static LabelVolume Without(LabelVolume labels, CleaningOptions options, Job job)
    {
        Size3 size = labels.Grid.Size;
        HashSet<int> kept = [.. labels.Objects.Where(o => options.Keeps(o, size)).Select(o => o.Label)];
        var planes = new LabelPlane[size.Z];
        job.For(size.Z, () => new LabelPlaneBuilder(), (z, builder) =>
        {
            for (int y = 0; y < size.Y; y++)
            {
                builder.NextRow();
                foreach (LabelledRun run in labels.Runs(z, y))
                    if (kept.Contains(run.Label)) builder.Add(run.Start, run.End, run.Label);
            }
            planes[z] = builder.Take();
        });
        return LabelVolume.Of(labels.Grid, planes, labels.Type, job);
    }

    /// <summary>An object's runs in its box: x counts in the image, rows from the box's first.</summary>
    private sealed record CleanedObject(int Label, Size3 First, LabelPlane[] Planes)
    {
        public bool Reaches(int z) => z >= First.Z && z < First.Z + Planes.Length;

        public int Height(int z) => Planes[z - First.Z].Height;

        public ReadOnlySpan<LabelledRun> Row(int z, int y) =>
            Reaches(z) && y >= First.Y && y < First.Y + Height(z) ? Planes[z - First.Z].Row(y - First.Y) : [];
    }
}

using ClemReg.Algorithms.Meshes;
using ClemReg.Algorithms.Mitochondria;
using ClemReg.Algorithms.Segmentation;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Cleaning;

/// <summary>
/// Takes out of labels what is sparse: FAMOUS' removal of outliers by the number of their neighbours. A voxel's neighbours are those of its own object within a radius, as a part of all voxels there that the volume holds;
/// voxels that have fewer than a given part of the mean of their class are left out. Specks and threads go, surfaces and sheets stay: a flat surface has half of what the inside has. Memory: the runs, before and after.
/// </summary>
internal static class NeighbourCleaning
{
    /// <summary>Cleans all objects; those that lose all voxels are no more.</summary>
    /// <param name="labels">The volume.</param>
    /// <param name="classOf">A label's class.</param>
    /// <param name="part">The part of the class's mean below which a voxel goes, 0 (none) to 1.</param>
    /// <param name="radius">How far neighbours are looked for, nm.</param>
    /// <param name="job">Threads and cancellation.</param>
    /// <exception cref="BadInputException">A value is out of range.</exception>
    public static LabelVolume Run(LabelVolume labels, Func<int, string> classOf, double part, double radius, Job job)
    {
        if (!(part is >= 0 and <= 1)) throw BadInputException.ForParameter("clean_outliers", part, "a number from 0 to 1");
        if (!(radius > 0 && double.IsFinite(radius))) throw BadInputException.ForParameter("outlier_radius", radius, "a positive length in nm");
        if (part == 0) return labels;
        (Size3 size, Ellipsoid ball) = (labels.Grid.Size, new Ellipsoid(labels.Grid, radius, false));
        (int Dz, int Dy, int Half)[] rows = [.. Enumerable.Range(0, ball.X + 1).SelectMany(w => ball.Rows(w).Select(r => (r.Dz, r.Dy, w)))];
        LabelledObject[] objects = [.. labels.Objects];
        var sum = new double[objects.Length];
        job.For(objects.Length, () => new Neighbours(labels, rows), (i, scratch) =>
        {
            LabelledObject o = objects[i];
            for (int z = o.Box.First.Z; z < o.Box.End.Z; z++)
            {
                job.ThrowIfCancelled();
                for (int y = o.Box.First.Y; y < o.Box.End.Y; y++)
                    foreach (LabelledRun run in ObjectRuns.Near(labels, o, z, y))
                        if (run.Label == o.Label)
                            foreach (double share in scratch.Of(o, run, z, y)) sum[i] += share;
            }
        });
        // In the labels' order, so that the sums are the same for any number of threads.
        var classes = new Dictionary<string, (double Sum, long Voxels)>();
        for (int i = 0; i < objects.Length; i++)
        {
            (double before, long voxels) = classes.GetValueOrDefault(classOf(objects[i].Label));
            classes[classOf(objects[i].Label)] = (before + sum[i], voxels + objects[i].Voxels);
        }
        Dictionary<int, (LabelledObject Object, double Least)> of = objects.ToDictionary(o => o.Label, o => (o, classes[classOf(o.Label)] is var (s, n) ? part * s / n : 0));
        var planes = new LabelPlane[size.Z];
        job.For(size.Z, () => (new Neighbours(labels, rows), new LabelPlaneBuilder()), (z, scratch) =>
        {
            (Neighbours neighbours, LabelPlaneBuilder builder) = scratch;
            for (int y = 0; y < size.Y; y++)
            {
                builder.NextRow();
                foreach (LabelledRun run in labels.Runs(z, y))
                {
                    (LabelledObject o, double least) = of[run.Label];
                    ReadOnlySpan<double> shares = neighbours.Of(o, run, z, y);
                    for (int x = 0; x < shares.Length; x++)
                        if (shares[x] >= least) builder.Add(run.Start + x, run.Start + x + 1, run.Label);
                }
            }
            planes[z] = builder.Take();
        });
        return LabelVolume.Of(labels.Grid, planes, labels.Type, job);
    }

    /// <summary>Counts the neighbours along a run: a run beside it adds to the counts two ramps, which are four corners of a polygon.</summary>
    private sealed class Neighbours(LabelVolume labels, (int Dz, int Dy, int Half)[] rows)
    {
        private int[] _own = [], _all = [];
        private double[] _shares = [];

        /// <summary>The share of the voxels round each voxel of a run that are of its object.</summary>
        public ReadOnlySpan<double> Of(LabelledObject which, LabelledRun run, int z, int y)
        {
            int count = run.End - run.Start;
            if (_shares.Length < count) (_own, _all, _shares) = (new int[2 * count + 1], new int[2 * count + 1], new double[2 * count]);
            (Size3 size, VoxelBox box) = (labels.Grid.Size, which.Box);
            Array.Clear(_own, 0, count);
            Array.Clear(_all, 0, count);
            (int ownSlope, int ownStart, int allSlope, int allStart) = (0, 0, 0, 0);
            foreach ((int dz, int dy, int half) in rows)
            {
                (int rowZ, int rowY) = (z + dz, y + dy);
                if (rowZ < 0 || rowZ >= size.Z || rowY < 0 || rowY >= size.Y) continue;
                Add(_all, 0, size.X, half, ref allSlope, ref allStart);
                if (rowZ < box.First.Z || rowZ >= box.End.Z || rowY < box.First.Y || rowY >= box.End.Y) continue;
                foreach (LabelledRun other in ObjectRuns.Near(labels, which, rowZ, rowY))
                    if (other.Label == which.Label && other.Start < run.End + half && other.End > run.Start - half) Add(_own, other.Start, other.End, half, ref ownSlope, ref ownStart);
            }
            for (int x = 0; x < count; x++)
            {
                ownSlope += _own[x];
                allSlope += _all[x];
                ownStart += ownSlope;
                allStart += allSlope;
                _shares[x] = (double)ownStart / allStart;
            }
            return _shares.AsSpan(0, count);

            void Add(int[] bends, int start, int end, int half, ref int slope, ref int value)
            {
                Bend(bends, start - half, 1, ref slope, ref value);
                Bend(bends, start + half + 1, -1, ref slope, ref value);
                Bend(bends, end - half, -1, ref slope, ref value);
                Bend(bends, end + half + 1, 1, ref slope, ref value);
            }

            void Bend(int[] bends, int at, int by, ref int slope, ref int value)
            {
                int x = at - run.Start;
                if (x >= count) return;
                if (x >= 0) bends[x] += by;
                else
                {
                    slope += by;
                    value -= by * x;
                }
            }
        }
    }
}

using ClemReg.Algorithms.Segmentation;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Mitochondria;

/// <summary>
/// The objects that one axis found, in the volume's own orientation: whatever the axis, slices along z with runs along x. Runs are labelled by the object's place in
/// <see cref="Objects"/>, from 1.
/// </summary>
internal sealed class AxisObjects
{
    /// <summary>Takes slices and objects.</summary>
    public AxisObjects(LabelPlane[] planes, LabelledObject[] objects) => (Planes, Objects) = (planes, objects);

    /// <summary>The slices along z.</summary>
    public LabelPlane[] Planes { get; }

    /// <summary>The objects, in the order in which the tracker's way back met them.</summary>
    public LabelledObject[] Objects { get; }

    /// <summary>Turns a tracker's slices and leaves out small objects.</summary>
    public static AxisObjects From(SliceTracker tracker, SliceAxis axis, Size3 size, MitoNetOptions options, Job job)
    {
        var index = new Dictionary<int, int>();
        for (int i = 0; i < tracker.Labels.Count; i++) index[tracker.Labels[i]] = i;
        LabelledObject[] all = Measure(tracker, axis, index, job);

        var kept = new List<LabelledObject>();
        var place = new int[all.Length];
        for (int i = 0; i < all.Length; i++)
        {
            if (!Keeps(all[i], options)) continue;
            kept.Add(all[i]);
            place[i] = kept.Count;
        }
        // The place of each component of each slice.
        var places = new int[tracker.Planes.Count][];
        for (int s = 0; s < places.Length; s++)
        {
            int components = 0;
            foreach (LabelledRun run in tracker.Planes[s].Runs) components = Math.Max(components, run.Label);
            places[s] = new int[components];
            for (int c = 0; c < components; c++) places[s][c] = place[index[tracker.Label(s, c + 1)]];
        }
        return new AxisObjects(Turn(tracker, axis, places, size, job), [.. kept]);
    }

    /// <summary>Whether an object is large enough.</summary>
    public static bool Keeps(LabelledObject o, MitoNetOptions options)
    {
        Size3 extent = o.Box.Extent;
        return o.Voxels >= options.MinimumVoxels && Math.Min(Math.Min(extent.Z, extent.Y), extent.X) >= options.MinimumSpan;
    }

    private static LabelledObject[] Measure(SliceTracker tracker, SliceAxis axis, Dictionary<int, int> index, Job job)
    {
        var all = new LabelledObject[index.Count];
        for (int s = 0; s < tracker.Planes.Count; s++)
        {
            job.ThrowIfCancelled();
            LabelPlane plane = tracker.Planes[s];
            for (int y = 0; y < plane.Height; y++)
                foreach (LabelledRun run in plane.Row(y))
                {
                    int label = tracker.Label(s, run.Label);
                    ref LabelledObject o = ref all[index[label]];
                    var box = new VoxelBox(Turned(axis, s, y, run.Start), Turned(axis, s + 1, y + 1, run.End));
                    o = o.With(label, run.End - run.Start, box);
                }
        }
        return all;
    }

    private static Size3 Turned(SliceAxis axis, int slice, int row, int column) => axis switch
    {
        SliceAxis.XY => new Size3(slice, row, column),
        SliceAxis.XZ => new Size3(row, slice, column),
        _ => new Size3(row, column, slice),
    };

    private static LabelPlane[] Turn(SliceTracker tracker, SliceAxis axis, int[][] places, Size3 size, Job job)
    {
        var planes = new LabelPlane[size.Z];
        job.For(size.Z, () => new PlaneTurner(size), (z, turner) =>
        {
            for (int s = 0; axis == SliceAxis.YZ && s < size.X; s++)
                foreach (LabelledRun run in tracker.Planes[s].Row(z))
                    turner.FillColumn(s, run.Start, run.End, places[s][run.Label - 1]);
            for (int y = 0; y < size.Y; y++)
            {
                turner.Builder.NextRow();
                if (axis == SliceAxis.YZ)
                {
                    turner.TakeRow(y);
                    continue;
                }
                (int slice, int row) = axis == SliceAxis.XY ? (z, y) : (y, z);
                foreach (LabelledRun run in tracker.Planes[slice].Row(row))
                    if (places[slice][run.Label - 1] is > 0 and int label)
                        turner.Builder.Add(run.Start, run.End, label);
            }
            planes[z] = turner.Builder.Take();
        });
        return planes;
    }

    /// <summary>Makes runs along x of runs along y, by a dense plane.</summary>
    private sealed class PlaneTurner(Size3 size)
    {
        // Rows lie a cache line more than their length apart, or columns of 2^n pixels a row would all want the same lines of the cache.
        private readonly int _stride = size.X + 16;
        private int[]? _dense;
        private readonly int[] _filled = new int[size.Y];

        public LabelPlaneBuilder Builder { get; } = new();

        public void FillColumn(int x, int from, int to, int label)
        {
            if (label == 0) return;
            _dense ??= new int[size.Y * _stride];
            for (int y = from; y < to; y++)
            {
                _dense[y * _stride + x] = label;
                _filled[y] = Math.Max(_filled[y], x + 1);
            }
        }

        /// <summary>Adds a row's runs and clears the row.</summary>
        public void TakeRow(int y)
        {
            if (_filled[y] == 0) return;
            Span<int> row = _dense.AsSpan(y * _stride, _filled[y]);
            Builder.AddRow(row);
            row.Clear();
            _filled[y] = 0;
        }
    }
}

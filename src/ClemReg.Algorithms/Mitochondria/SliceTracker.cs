using ClemReg.Algorithms.Segmentation;

namespace ClemReg.Algorithms.Mitochondria;

/// <summary>
/// Follows objects through the slices of an axis: forward, where what has no match gets a new label, then backward, where it keeps its own. Several
/// objects of a slice may get one label; they are one object from then on.
/// </summary>
internal sealed class SliceTracker(MitoNetOptions options)
{
    private readonly List<LabelPlane> _planes = [];
    private readonly List<SliceObjects> _objects = [];
    private int _nextLabel = options.LabelDivisor + 1;

    /// <summary>The slices; the label of a run is the number of its component in the slice.</summary>
    public IReadOnlyList<LabelPlane> Planes => _planes;

    /// <summary>The labels in the order in which the backward pass meets them, after <see cref="Backward"/>.</summary>
    public List<int> Labels { get; } = [];

    /// <summary>The label of a component (from 1) of a slice.</summary>
    public int Label(int slice, int component) => _objects[slice].Labels[_objects[slice].OfComponent[component - 1]];

    /// <summary>Takes the next slice.</summary>
    /// <param name="plane">Its components, numbered from 1 in raster order.</param>
    public void Forward(LabelPlane plane)
    {
        SliceObjects components = SliceObjects.Of(plane);
        if (_planes.Count == 0)
        {
            for (int c = 0; c < components.Labels.Length; c++) components.Labels[c] = options.LabelDivisor + 1 + c;
            _nextLabel += components.Labels.Length;
            _objects.Add(components);
        }
        else
        {
            SliceObjects target = _objects[^1];
            int[] matches = Match(_planes[^1], target, plane, components);
            _objects.Add(components.Relabelled(i => matches[i] >= 0 ? target.Labels[matches[i]] : NewLabel()));
        }
        _planes.Add(plane);
    }

    /// <summary>The way back, after the last slice.</summary>
    public void Backward(Job job)
    {
        var met = new HashSet<int>();
        for (int s = _planes.Count - 1; s >= 0; s--)
        {
            job.ThrowIfCancelled();
            SliceObjects objects = _objects[s];
            if (s < _planes.Count - 1)
            {
                SliceObjects target = _objects[s + 1];
                int[] matches = Match(_planes[s + 1], target, _planes[s], objects);
                _objects[s] = objects = objects.Relabelled(i => matches[i] >= 0 ? target.Labels[matches[i]] : objects.Labels[i]);
            }
            foreach (int label in objects.Labels)
                if (met.Add(label))
                    Labels.Add(label);
            job.Report((double)(_planes.Count - s) / _planes.Count);
        }
    }

    private int NewLabel() => _nextLabel < LabelVolume.LargestLabel
        ? _nextLabel++
        : throw new BadInputException($"More than {LabelVolume.LargestLabel} objects were found in the slices: the segmentation looks like noise. Raise seg_thr or nms_thr, or check the intensity range.");

    private int[] Match(LabelPlane targetPlane, SliceObjects target, LabelPlane plane, SliceObjects objects)
    {
        var overlaps = new Dictionary<(int, int), int>();
        for (int y = 0; y < plane.Height; y++)
        {
            ReadOnlySpan<LabelledRun> before = targetPlane.Row(y), row = plane.Row(y);
            for (int b = 0, i = 0; b < before.Length && i < row.Length;)
            {
                int shared = Math.Min(before[b].End, row[i].End) - Math.Max(before[b].Start, row[i].Start);
                if (shared > 0)
                {
                    (int, int) pair = (target.OfComponent[before[b].Label - 1], objects.OfComponent[row[i].Label - 1]);
                    overlaps[pair] = overlaps.GetValueOrDefault(pair) + shared;
                }
                if (before[b].End < row[i].End) b++;
                else i++;
            }
        }
        return SliceMatching.Match(target.Sizes, objects.Sizes, overlaps, options.MatchIou, options.MatchIoa);
    }

    /// <summary>The objects of a slice, in the order in which they were first met: what exact ties are decided by.</summary>
    /// <param name="OfComponent">The object of each component.</param>
    /// <param name="Labels">Their labels.</param>
    /// <param name="Sizes">Their pixels.</param>
    private sealed record SliceObjects(int[] OfComponent, int[] Labels, int[] Sizes)
    {
        /// <summary>Each component an object, without labels yet.</summary>
        public static SliceObjects Of(LabelPlane plane)
        {
            int count = 0;
            foreach (LabelledRun run in plane.Runs) count = Math.Max(count, run.Label);
            var sizes = new int[count];
            foreach (LabelledRun run in plane.Runs) sizes[run.Label - 1] += run.End - run.Start;
            return new SliceObjects([.. Enumerable.Range(0, count)], new int[count], sizes);
        }

        /// <summary>New labels for the objects, asked for in their order; those with equal ones become one.</summary>
        public SliceObjects Relabelled(Func<int, int> label)
        {
            var index = new Dictionary<int, int>();
            var sizes = new List<int>();
            var map = new int[Labels.Length];
            for (int i = 0; i < map.Length; i++)
            {
                int l = label(i);
                if (!index.TryGetValue(l, out map[i]))
                {
                    map[i] = index[l] = sizes.Count;
                    sizes.Add(0);
                }
                sizes[map[i]] += Sizes[i];
            }
            var labels = new int[sizes.Count];
            foreach ((int l, int i) in index) labels[i] = l;
            return new SliceObjects(Array.ConvertAll(OfComponent, i => map[i]), labels, [.. sizes]);
        }
    }
}

using System.Runtime.InteropServices;
using ClemReg.Algorithms.Segmentation;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Evaluation;

/// <summary>Two objects of two segmentations that share voxels.</summary>
/// <param name="A">Place of the first's object.</param>
/// <param name="B">Place of the second's.</param>
/// <param name="Voxels">Voxels that both have.</param>
public readonly record struct ObjectOverlap(int A, int B, long Voxels);

/// <summary>
/// How many voxels the objects of two segmentations share, counted from runs of rows. Memory: an entry for each pair that shares any.
/// </summary>
public sealed class ObjectOverlaps
{
    private ObjectOverlaps(IReadOnlyList<ObjectOverlap> pairs, long a, long b, long both) => (Pairs, VoxelsA, VoxelsB, VoxelsBoth) = (pairs, a, b, both);

    /// <summary>The pairs, A and then B ascending.</summary>
    public IReadOnlyList<ObjectOverlap> Pairs { get; }

    /// <summary>Voxels in any object of the first segmentation.</summary>
    public long VoxelsA { get; }

    /// <summary>Voxels in any object of the second.</summary>
    public long VoxelsB { get; }

    /// <summary>Voxels in any object of both.</summary>
    public long VoxelsBoth { get; }

    /// <summary>Counts.</summary>
    /// <param name="a">A segmentation.</param>
    /// <param name="b">Another on the same voxels.</param>
    /// <param name="job">Threads, cancellation, progress.</param>
    /// <exception cref="BadInputException">They have different numbers of voxels.</exception>
    public static ObjectOverlaps Count(SegmentedObjects a, SegmentedObjects b, Job job)
    {
        Size3 size = a.Grid.Size;
        if (b.Grid.Size != size) throw new BadInputException($"b has {b.Grid.Size} voxels (z, y, x), but a has {size}. Compare segmentations of one and the same volume.");
        var all = new Dictionary<long, long>();
        long inA = 0, inB = 0, inBoth = 0;
        job.For(size.Z, () => new Scratch(), (z, s) =>
        {
            s.Clear();
            for (int y = 0; y < size.Y; y++)
            {
                job.ThrowIfCancelled();
                for (int i = 0; i < a.Layers.Count; i++)
                    for (int j = 0; j < b.Layers.Count; j++) s.Meet(a, i, b, j, z, y);
                s.Any(a, b, z, y);
            }
            lock (all)
            {
                foreach ((long pair, long voxels) in s.Pairs) CollectionsMarshal.GetValueRefOrAddDefault(all, pair, out _) += voxels;
                (inA, inB, inBoth) = (inA + s.InA, inB + s.InB, inBoth + s.InBoth);
            }
        }, report: true);
        ObjectOverlap[] pairs = [.. all.Select(p => new ObjectOverlap((int)(p.Key / b.All.Count), (int)(p.Key % b.All.Count), p.Value))];
        Array.Sort(pairs, (p, q) => p.A != q.A ? p.A.CompareTo(q.A) : p.B.CompareTo(q.B));
        return new ObjectOverlaps(pairs, inA, inB, inBoth);
    }

    private sealed class Scratch
    {
        private readonly List<(int Start, int End)> _a = [], _b = [];

        public readonly Dictionary<long, long> Pairs = [];
        public long InA, InB, InBoth;

        public void Clear()
        {
            Pairs.Clear();
            (InA, InB, InBoth) = (0, 0, 0);
        }

        /// <summary>Counts the pairs of a row of two layers.</summary>
        public void Meet(SegmentedObjects a, int i, SegmentedObjects b, int j, int z, int y)
        {
            ReadOnlySpan<LabelledRun> p = a.Layers[i].Runs(z, y), q = b.Layers[j].Runs(z, y);
            for (int k = 0, l = 0; k < p.Length && l < q.Length;)
            {
                int both = Math.Min(p[k].End, q[l].End) - Math.Max(p[k].Start, q[l].Start);
                if (both > 0 && a.Find(i, p[k].Label) is >= 0 and var m && b.Find(j, q[l].Label) is >= 0 and var n)
                    CollectionsMarshal.GetValueRefOrAddDefault(Pairs, (long)m * b.All.Count + n, out _) += both;
                if (p[k].End < q[l].End) k++;
                else l++;
            }
        }

        /// <summary>Counts the voxels of a row in any object.</summary>
        public void Any(SegmentedObjects a, SegmentedObjects b, int z, int y)
        {
            Union(a, z, y, _a);
            Union(b, z, y, _b);
            foreach ((int start, int end) in _a) InA += end - start;
            foreach ((int start, int end) in _b) InB += end - start;
            for (int k = 0, l = 0; k < _a.Count && l < _b.Count;)
            {
                InBoth += Math.Max(0, Math.Min(_a[k].End, _b[l].End) - Math.Max(_a[k].Start, _b[l].Start));
                if (_a[k].End < _b[l].End) k++;
                else l++;
            }
        }

        private static void Union(SegmentedObjects side, int z, int y, List<(int Start, int End)> into)
        {
            into.Clear();
            for (int layer = 0; layer < side.Layers.Count; layer++)
                foreach (LabelledRun run in side.Layers[layer].Runs(z, y))
                    if (side.Find(layer, run.Label) >= 0) into.Add((run.Start, run.End));
            if (side.Layers.Count == 1 || into.Count < 2) return;
            into.Sort();
            int last = 0;
            for (int k = 1; k < into.Count; k++)
            {
                if (into[k].Start <= into[last].End) into[last] = (into[last].Start, Math.Max(into[last].End, into[k].End));
                else into[++last] = into[k];
            }
            into.RemoveRange(last + 1, into.Count - last - 1);
        }
    }
}

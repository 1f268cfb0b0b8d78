namespace ClemReg.Algorithms.Mitochondria;

/// <summary>
/// What the three axes agree on (empanada's consensus): objects that overlap are grouped, each group's voxels are those that enough of its objects hold, and what
/// overlaps after that is one object.
/// </summary>
internal static class Consensus
{
    /// <summary>The label volume's slices and objects, numbered from 1.</summary>
    /// <param name="axes">The objects of xy, xz and yz.</param>
    /// <param name="options">Votes, IoU of alike objects, filters.</param>
    /// <param name="job">Threads and cancellation.</param>
    public static (LabelPlane[] Planes, List<LabelledObject> Objects) Find(AxisObjects[] axes, MitoNetOptions options, Job job)
    {
        (Meeting Meeting, long Voxels)[] meetings = AxisOverlap.Count(axes, job);
        job.Report(0.5);
        List<Instance> instances = Instances(axes, meetings, options, job);
        var labels = new Dictionary<Meeting, int>();
        var objects = new List<LabelledObject>();
        for (int i = 0; i < instances.Count; i++)
        {
            var found = new LabelledObject(i + 1, instances[i].Meetings.Sum(m => meetings[m].Voxels), instances[i].Box);
            if (!AxisObjects.Keeps(found, options)) continue;
            objects.Add(found);
            // Voxels that several hold go to the last.
            foreach (int m in instances[i].Meetings) labels[meetings[m].Meeting] = found.Label;
        }
        var painted = new long[instances.Count + 1];
        foreach ((Meeting meeting, long voxels) in meetings)
            if (labels.TryGetValue(meeting, out int label))
                painted[label] += voxels;
        objects.RemoveAll(o => painted[o.Label] == 0);
        return (AxisOverlap.Paint(axes, labels, job), objects.ConvertAll(o => o with { Voxels = painted[o.Label] }));
    }

    private static List<Instance> Instances(AxisObjects[] axes, (Meeting Meeting, long Voxels)[] meetings, MitoNetOptions options, Job job)
    {
        var nodes = new Nodes(axes, meetings);
        int leastObjects = options.OneView ? 1 : axes.Length / 2 + 1;
        double iou = options.VoxelVotes < leastObjects ? 0 : options.ClusterIou;
        var instances = new List<Instance>();
        foreach ((int[] members, List<SharedObjects> edges) in nodes.Connected())
        {
            job.ThrowIfCancelled();
            if (members.Length < leastObjects) continue;
            var voted = new List<Instance>();
            foreach (SortedSet<int> cluster in ClusterGraph.Clusters(members, edges, iou))
            {
                if (cluster.Count < leastObjects) continue;
                int[] agreed = nodes.Agreed(cluster, options.VoxelVotes);
                if (agreed.Length > 0) voted.Add(new Instance(agreed, cluster.Select(n => nodes.Objects[n].Box).Aggregate((a, b) => a.Union(b))));
            }
            instances.AddRange(Merge(voted, meetings));
        }
        return instances;
    }

    /// <summary>Makes one of those that share more than a trifle.</summary>
    private static IEnumerable<Instance> Merge(List<Instance> instances, (Meeting Meeting, long Voxels)[] meetings)
    {
        if (instances.Count < 2) return instances;
        var holders = new Dictionary<int, List<int>>();
        for (int i = 0; i < instances.Count; i++)
            foreach (int m in instances[i].Meetings)
            {
                if (!holders.TryGetValue(m, out List<int>? list)) holders[m] = list = [];
                list.Add(i);
            }
        var shared = new Dictionary<(int, int), long>();
        foreach ((int m, List<int> list) in holders)
            for (int a = 0; a < list.Count; a++)
                for (int b = a + 1; b < list.Count; b++)
                    shared[(list[a], list[b])] = shared.GetValueOrDefault((list[a], list[b])) + meetings[m].Voxels;
        long[] sizes = [.. instances.Select(i => i.Meetings.Sum(m => meetings[m].Voxels))];
        var sets = new DisjointSets(instances.Count);
        foreach (((int a, int b), long voxels) in shared)
            if (voxels > ClusterGraph.LeastVoxels || (double)voxels / (sizes[a] + sizes[b] - voxels) > ClusterGraph.LeastIou)
                sets.Join(a, b);
        return Enumerable.Range(0, instances.Count).GroupBy(sets.Root)
            .Select(g => g.Select(i => instances[i]).Aggregate((a, b) => new Instance([.. a.Meetings.Union(b.Meetings)], a.Box.Union(b.Box))));
    }

    /// <summary>An object of the consensus.</summary>
    /// <param name="Meetings">The meetings whose voxels it holds.</param>
    /// <param name="Box">The box around the objects that it was made of.</param>
    private sealed record Instance(int[] Meetings, VoxelBox Box);

    /// <summary>The objects of all axes in one list, and the meetings of each.</summary>
    private sealed class Nodes
    {
        private readonly int[] _first;
        private readonly List<int>[] _meetings;
        private readonly (Meeting Meeting, long Voxels)[] _all;

        public Nodes(AxisObjects[] axes, (Meeting Meeting, long Voxels)[] meetings)
        {
            _all = meetings;
            _first = [0, axes[0].Objects.Length, axes[0].Objects.Length + axes[1].Objects.Length];
            Objects = [.. axes.SelectMany(a => a.Objects)];
            _meetings = new List<int>[Objects.Length];
            for (int n = 0; n < Objects.Length; n++) _meetings[n] = [];
            Span<int> here = stackalloc int[3];
            for (int m = 0; m < meetings.Length; m++)
                foreach (int n in here[..At(meetings[m].Meeting, here)])
                    _meetings[n].Add(m);
        }

        public LabelledObject[] Objects { get; }

        /// <summary>Sets of objects that hang together by shared voxels, and what they share, both in order.</summary>
        public IEnumerable<(int[] Members, List<SharedObjects> Edges)> Connected()
        {
            var sets = new DisjointSets(Objects.Length);
            List<SharedObjects> edges = Edges();
            foreach (SharedObjects edge in edges) sets.Join(edge.A, edge.B);
            ILookup<int, SharedObjects> edgesOf = edges.ToLookup(e => sets.Root(e.A));
            return Enumerable.Range(0, Objects.Length).GroupBy(sets.Root).Select(g => (g.ToArray(), edgesOf[g.Key].ToList()));
        }

        /// <summary>The meetings in which at least <paramref name="votes"/> members of a cluster take part.</summary>
        public int[] Agreed(IEnumerable<int> cluster, int votes)
        {
            var count = new Dictionary<int, int>();
            foreach (int n in cluster)
                foreach (int m in _meetings[n])
                    count[m] = count.GetValueOrDefault(m) + 1;
            return [.. count.Where(p => p.Value >= votes).Select(p => p.Key)];
        }

        private List<SharedObjects> Edges()
        {
            var shared = new SortedDictionary<(int A, int B), long>();
            Span<int> here = stackalloc int[3];
            foreach ((Meeting meeting, long voxels) in _all)
            {
                int count = At(meeting, here);
                for (int a = 0; a < count; a++)
                    for (int b = a + 1; b < count; b++)
                        shared[(here[a], here[b])] = shared.GetValueOrDefault((here[a], here[b])) + voxels;
            }
            return [.. shared.Select(p => new SharedObjects(p.Key.A, p.Key.B, p.Value, (double)p.Value / (Objects[p.Key.A].Voxels + Objects[p.Key.B].Voxels - p.Value)))];
        }

        /// <summary>The objects that meet, ascending; returns how many.</summary>
        private int At(Meeting meeting, Span<int> here)
        {
            int count = 0;
            if (meeting.A > 0) here[count++] = _first[0] + meeting.A - 1;
            if (meeting.B > 0) here[count++] = _first[1] + meeting.B - 1;
            if (meeting.C > 0) here[count++] = _first[2] + meeting.C - 1;
            return count;
        }
    }
}

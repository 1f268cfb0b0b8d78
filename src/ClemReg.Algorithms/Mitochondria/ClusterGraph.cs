namespace ClemReg.Algorithms.Mitochondria;

/// <summary>Two objects of different axes that share voxels.</summary>
/// <param name="A">The one that comes first.</param>
/// <param name="B">The other.</param>
/// <param name="Voxels">Voxels that they share.</param>
/// <param name="Iou">Their intersection over union.</param>
internal readonly record struct SharedObjects(int A, int B, long Voxels, double Iou);

/// <summary>
/// Groups objects of several axes that are the same mitochondrion, within a set of objects that hang together: those alike become a cluster, and clusters that
/// overlap are drawn together around those with most neighbours, as empanada does it.
/// </summary>
internal static class ClusterGraph
{
    /// <summary>Averages above this intersection over union are an overlap worth the name.</summary>
    public const double LeastIou = 0.01;

    /// <summary>So are averages of more than this many voxels.</summary>
    public const long LeastVoxels = 100;

    /// <summary>The clusters that are left, in order; an object may be in several.</summary>
    /// <param name="nodes">The objects, ascending.</param>
    /// <param name="edges">What they share, ascending.</param>
    /// <param name="iou">Objects that share more are alike.</param>
    public static IReadOnlyList<SortedSet<int>> Clusters(int[] nodes, IReadOnlyList<SharedObjects> edges, double iou)
    {
        (SortedSet<int>[] clusters, int[] clusterOf) = Alike(nodes, edges, iou);
        SortedSet<int>[] neighbours = Neighbours(nodes, edges, clusters, clusterOf);
        var removed = new bool[clusters.Length];
        // Those with most neighbours first, of equal ones the first.
        var queue = new SortedSet<(int Minus, int Cluster)>();
        for (int c = 0; c < clusters.Length; c++) queue.Add((-neighbours[c].Count, c));
        while (queue.Count > 0 && queue.Min.Minus < 0)
        {
            int top = queue.Min.Cluster;
            int largest = neighbours[top].Max(n => clusters[n].Count);
            int[] around = [.. neighbours[top]];
            if (largest > clusters[top].Count)
            {
                foreach (int n in around) clusters[n].UnionWith(clusters[top]);
                Remove(top);
            }
            else
            {
                // The neighbours' other neighbours are left as they are: empanada means to connect them to the top, but does not.
                foreach (int n in around)
                {
                    clusters[top].UnionWith(clusters[n]);
                    Remove(n);
                }
            }
        }
        return [.. clusters.Where((_, c) => !removed[c])];

        void Remove(int cluster)
        {
            queue.Remove((-neighbours[cluster].Count, cluster));
            foreach (int n in neighbours[cluster])
            {
                queue.Remove((-neighbours[n].Count, n));
                neighbours[n].Remove(cluster);
                queue.Add((-neighbours[n].Count, n));
            }
            neighbours[cluster].Clear();
            removed[cluster] = true;
        }
    }

    private static (SortedSet<int>[] Clusters, int[] ClusterOf) Alike(int[] nodes, IReadOnlyList<SharedObjects> edges, double iou)
    {
        var sets = new DisjointSets(nodes.Length);
        foreach (SharedObjects edge in edges)
            if (edge.Iou > iou)
                sets.Join(Array.BinarySearch(nodes, edge.A), Array.BinarySearch(nodes, edge.B));
        var clusters = new List<SortedSet<int>>();
        var clusterOf = new int[nodes.Length];
        for (int i = 0; i < nodes.Length; i++)
        {
            int first = sets.Root(i);
            if (first == i) clusters.Add([]);
            clusterOf[i] = first == i ? clusters.Count - 1 : clusterOf[first];
            clusters[clusterOf[i]].Add(nodes[i]);
        }
        return ([.. clusters], clusterOf);
    }

    /// <summary>Clusters whose objects overlap on average; pairs of objects that share nothing count as 0.</summary>
    private static SortedSet<int>[] Neighbours(int[] nodes, IReadOnlyList<SharedObjects> edges, SortedSet<int>[] clusters, int[] clusterOf)
    {
        var sums = new SortedDictionary<(int, int), (double Iou, long Voxels)>();
        foreach (SharedObjects edge in edges)
        {
            int a = clusterOf[Array.BinarySearch(nodes, edge.A)], b = clusterOf[Array.BinarySearch(nodes, edge.B)];
            if (a == b) continue;
            (int, int) pair = (Math.Min(a, b), Math.Max(a, b));
            (double iou, long voxels) = sums.GetValueOrDefault(pair);
            sums[pair] = (iou + edge.Iou, voxels + edge.Voxels);
        }
        var neighbours = new SortedSet<int>[clusters.Length];
        for (int c = 0; c < neighbours.Length; c++) neighbours[c] = [];
        foreach (((int a, int b), (double iou, long voxels)) in sums)
        {
            double pairs = (double)clusters[a].Count * clusters[b].Count;
            if (!(iou / pairs > LeastIou || voxels / pairs > LeastVoxels)) continue;
            neighbours[a].Add(b);
            neighbours[b].Add(a);
        }
        return neighbours;
    }
}

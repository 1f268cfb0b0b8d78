using ClemReg.Algorithms.Mitochondria;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Tests.Mitochondria;

/// <summary>The consensus of three axes, against the same rules voxel by voxel.</summary>
public sealed class ConsensusTests
{
    [Fact]
    public void Objects_are_those_of_the_rules_voxel_by_voxel()
    {
        var random = new Random(1);
        (int objects, int moved, int several) = (0, 0, 0);
        for (int n = 0; n < 120; n++)
        {
            var size = new Size3(random.Next(4, 11), random.Next(4, 15), random.Next(4, 17));
            int[][] axes = Axes(random, size);
            var options = new MitoNetOptions
            {
                VoxelVotes = random.Next(1, 4),
                OneView = random.Next(4) == 0,
                ClusterIou = random.Next(3) == 0 ? 0.3 : 0.75,
                MinimumVoxels = random.Next(2) * 20,
                MinimumSpan = random.Next(3),
            };
            AxisObjects[] found = Array.ConvertAll(axes, a => Objects(a, size));
            var job = new Job(n % 3 + 1);
            (LabelPlane[] planes, List<LabelledObject> labelled) = Consensus.Find(found, options, job);
            uint[] actual = [.. planes.SelectMany(p => DensePlanes.Dense(p, size.X)).Select(l => (uint)l)];
            (uint[] expected, int overlapping, int clusters) = Reference(axes, size, options);
            MitoNetVolumes.AssertSamePartition(expected, actual);
            MitoNetVolumes.AssertObjects(new LabelVolume(new Grid(size, new Point3(1, 1, 1)), planes, labelled), actual, tight: false);
            objects += labelled.Count;
            moved += overlapping;
            several += clusters > 1 ? 1 : 0;
        }
        Assert.True(objects > 100 && moved > 0 && several > 20, $"{objects} {moved} {several}");
    }

    [Fact]
    public void The_neighbours_of_a_swallowed_cluster_stay_unconnected()
    {
        // A path of clusters 0-1-2-3, all equally large: 1 has most neighbours first, swallows 0 and 2; 3 is left by itself.
        List<SharedObjects> edges = [new(0, 1, 500, 0.2), new(1, 2, 500, 0.2), new(2, 3, 500, 0.2)];
        Assert.Equal([[0, 1, 2], [3]], ClusterGraph.Clusters([0, 1, 2, 3], edges, 0.75).Select(c => c.ToArray()));
    }

    [Fact]
    public void A_cluster_among_larger_ones_is_given_to_all_of_them()
    {
        // 2 touches the alike pairs 0-1 and 3-4.
        List<SharedObjects> edges = [new(0, 1, 500, 0.9), new(1, 2, 500, 0.3), new(2, 3, 500, 0.3), new(3, 4, 500, 0.9)];
        Assert.Equal([[0, 1, 2], [2, 3, 4]], ClusterGraph.Clusters([0, 1, 2, 3, 4], edges, 0.75).Select(c => c.ToArray()));
    }

    [Fact]
    public void Nothing_found_along_any_axis_is_nothing()
    {
        var size = new Size3(2, 3, 4);
        AxisObjects[] none = [.. Enumerable.Range(0, 3).Select(_ => Objects(new int[24], size))];
        (LabelPlane[] planes, List<LabelledObject> objects) = Consensus.Find(none, new MitoNetOptions(), new Job(1));
        Assert.Empty(objects);
        Assert.All(planes, p => Assert.Equal((3, 0), (p.Height, p.Runs.Length)));
    }

    /// <summary>Three versions of the same cells around seeds, each with other borders, gaps and merges.</summary>
    private static int[][] Axes(Random random, Size3 size)
    {
        double[][] seeds = [.. Enumerable.Range(0, random.Next(1, 7)).Select(_ => new[] { random.NextDouble() * size.Z, random.NextDouble() * size.Y, random.NextDouble() * size.X })];
        double radius = 2 + 4 * random.NextDouble(), jitter = 3 * random.NextDouble();
        return [.. Enumerable.Range(0, 3).Select(_ =>
        {
            double[][] mine = [.. seeds.Where(_ => random.Next(6) > 0).Select(s => s.Select(v => v + jitter * (random.NextDouble() - 0.5)).ToArray())];
            int[] cell = [.. mine.Select((_, i) => random.Next(5) == 0 ? 1 : i + 1)];
            var labels = new int[size.Count];
            for (int i = 0; i < labels.Length; i++)
            {
                double[] d = [.. mine.Select(s => Math.Pow(i / size.SliceCount - s[0], 2) + Math.Pow(i / size.X % size.Y - s[1], 2) + Math.Pow(i % size.X - s[2], 2))];
                if (d.Length > 0 && d.Min() < radius * radius && random.Next(20) > 0) labels[i] = cell[Array.IndexOf(d, d.Min())];
            }
            // Numbered without gaps.
            int[] present = [.. labels.Where(l => l > 0).Distinct().Order()];
            return Array.ConvertAll(labels, l => 1 + Array.IndexOf(present, l));
        })];
    }

    private static AxisObjects Objects(int[] labels, Size3 size)
    {
        LabelPlane[] planes = [.. Enumerable.Range(0, size.Z).Select(z => DensePlanes.Plane(labels.AsSpan(z * size.SliceCount, size.SliceCount), size.Y, size.X))];
        return new AxisObjects(planes, [.. Enumerable.Range(1, labels.Max()).Select(l => new LabelledObject(l, labels.Count(v => v == l), Box(Voxels(labels, l), size)))]);
    }

    private static HashSet<int> Voxels(int[] labels, int label) => [.. Enumerable.Range(0, labels.Length).Where(i => labels[i] == label)];

    private static VoxelBox Box(IEnumerable<int> voxels, Size3 size) => voxels
        .Select(i => (Z: i / size.SliceCount, Y: i / size.X % size.Y, X: i % size.X))
        .Select(p => new VoxelBox(new Size3(p.Z, p.Y, p.X), new Size3(p.Z + 1, p.Y + 1, p.X + 1))).Aggregate((a, b) => a.Union(b));

    private static (uint[] Labels, int Overlapping, int MostClusters) Reference(int[][] axes, Size3 size, MitoNetOptions options)
    {
        List<(int Axis, HashSet<int> Voxels)> nodes = [.. axes.SelectMany((a, i) => Enumerable.Range(1, a.Max()).Select(l => (i, Voxels(a, l))))];
        int[][] shared = [.. nodes.Select(a => nodes.Select(b => a.Axis == b.Axis ? 0 : a.Voxels.Count(b.Voxels.Contains)).ToArray())];
        int Shared(int a, int b) => shared[a][b];
        double Iou(int a, int b) => Shared(a, b) / (double)(nodes[a].Voxels.Count + nodes[b].Voxels.Count - Shared(a, b));
        int least = options.OneView ? 1 : 2;
        double alike = options.VoxelVotes < least ? 0 : options.ClusterIou;
        var instances = new List<(HashSet<int> Voxels, VoxelBox Box)>();
        int most = 0;
        foreach (int[] component in Connected(Enumerable.Range(0, nodes.Count), (a, b) => Shared(a, b) > 0))
        {
            if (component.Length < least) continue;
            List<HashSet<int>> clusters = [.. Connected(component, (a, b) => Shared(a, b) > 0 && Iou(a, b) > alike).Select(c => c.ToHashSet())];
            most = Math.Max(most, clusters.Count);
            var edges = new HashSet<(int, int)>();
            for (int a = 0; a < clusters.Count; a++)
                for (int b = 0; b < clusters.Count; b++)
                {
                    var pairs = clusters[a].SelectMany(i => clusters[b].Select(j => (i, j))).ToList();
                    if (a != b && (pairs.Average(p => Iou(p.i, p.j)) > 0.01 || pairs.Average(p => Shared(p.i, p.j)) > 100)) edges.Add((a, b));
                }
            var alive = Enumerable.Range(0, clusters.Count).ToList();
            while (edges.Count > 0)
            {
                int top = alive.OrderByDescending(c => edges.Count(e => e.Item1 == c)).First();
                int[] around = [.. edges.Where(e => e.Item1 == top).Select(e => e.Item2)];
                int[] gone = around;
                if (around.Max(c => clusters[c].Count) > clusters[top].Count)
                {
                    foreach (int c in around) clusters[c].UnionWith(clusters[top]);
                    gone = [top];
                }
                else
                {
                    foreach (int c in around) clusters[top].UnionWith(clusters[c]);
                }
                edges.RemoveWhere(e => gone.Contains(e.Item1) || gone.Contains(e.Item2));
                alive.RemoveAll(gone.Contains);
            }
            var voted = new List<(HashSet<int> Voxels, VoxelBox Box)>();
            foreach (int c in alive.Where(c => clusters[c].Count >= least))
            {
                HashSet<int> agreed = [.. Enumerable.Range(0, axes[0].Length).Where(v => clusters[c].Count(m => nodes[m].Voxels.Contains(v)) >= options.VoxelVotes)];
                if (agreed.Count > 0) voted.Add((agreed, clusters[c].Select(m => Box(nodes[m].Voxels, size)).Aggregate((a, b) => a.Union(b))));
            }
            foreach (int[] group in Connected(Enumerable.Range(0, voted.Count), (a, b) =>
            {
                int both = voted[a].Voxels.Count(voted[b].Voxels.Contains);
                return both > 100 || both / (double)voted[a].Voxels.Union(voted[b].Voxels).Count() > 0.01;
            }))
                instances.Add(([.. group.SelectMany(g => voted[g].Voxels)], group.Select(g => voted[g].Box).Aggregate((a, b) => a.Union(b))));
        }
        var labels = new uint[axes[0].Length];
        int overlapping = 0;
        for (int i = 0; i < instances.Count; i++)
        {
            Size3 extent = instances[i].Box.Extent;
            if (instances[i].Voxels.Count < options.MinimumVoxels || extent.Z < options.MinimumSpan || extent.Y < options.MinimumSpan || extent.X < options.MinimumSpan) continue;
            foreach (int v in instances[i].Voxels)
            {
                if (labels[v] > 0) overlapping++;
                labels[v] = (uint)i + 1;
            }
        }
        return (labels, overlapping, most);
    }

    private static List<int[]> Connected(IEnumerable<int> items, Func<int, int, bool> joined)
    {
        int[] all = [.. items];
        var left = new SortedSet<int>(all);
        var groups = new List<int[]>();
        while (left.Count > 0)
        {
            var group = new SortedSet<int> { left.Min };
            var open = new Stack<int>(group);
            while (open.TryPop(out int i))
                foreach (int j in all)
                    if (j != i && !group.Contains(j) && joined(i, j))
                    {
                        group.Add(j);
                        open.Push(j);
                    }
            left.ExceptWith(group);
            groups.Add([.. group]);
        }
        return groups;
    }
}

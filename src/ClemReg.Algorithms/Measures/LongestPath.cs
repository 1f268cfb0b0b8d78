using System.Runtime.InteropServices;
using ClemReg.Algorithms.Meshes;
using ClemReg.Algorithms.Mitochondria;
using ClemReg.Algorithms.Segmentation;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Measures;

/// <summary>
/// The length of an object along its middle: the path between the two points that lie farthest apart inside it (found by two sweeps of Dijkstra's search), drawn to the middle and smoothed. For a tube it is the
/// length of its centre line with both ends, for a ball the diameter, for a branched object the longest way, for a ring half its length.
/// Large objects are coarsened to cells of about equal sides first, so that the work is bounded.
/// </summary>
public static class LongestPath
{
    /// <summary>About so many cells at most.</summary>
    private const int MostCells = 4000;

    /// <summary>The length, nm.</summary>
    /// <param name="labels">The volume.</param>
    /// <param name="which">One of its objects; of one in several pieces the largest counts.</param>
    /// <param name="job">Cancellation.</param>
    public static double Length(LabelVolume labels, LabelledObject which, Job job)
    {
        Cells cells = Cells.Of(labels, which, job);
        int start = cells.InLargestPiece();
        double[] plain = Enumerable.Repeat(1.0, cells.Count).ToArray();
        (int a, _) = cells.Farthest([start], plain, job);
        (int b, _) = cells.Farthest([a], plain, job);
        double[] depth = cells.Depth(job);
        double deepest = depth.Max();
        // Steps near the surface cost more.
        double[] cost = [.. depth.Select(d => deepest / d * (deepest / d))];
        Point3[] path = cells.Path(a, b, cost, job);
        Smooth(path, (int)Math.Ceiling(2 * deepest / cells.Side));
        double length = 0;
        for (int i = 1; i < path.Length; i++) length += (path[i] - path[i - 1]).Length;
        // From the centres of the outermost cells to their sides.
        Point3 along = path.Length > 1 ? path[^1] - path[0] : default;
        double distance = along.Length;
        Point3 sides = cells.Sides;
        return length + (distance > 0 ? Math.Sqrt(Square(along.Z / distance * sides.Z) + Square(along.Y / distance * sides.Y) + Square(along.X / distance * sides.X)) : Math.Max(sides.Z, Math.Max(sides.Y, sides.X)));
    }

    private static double Square(double v) => v * v;

    /// <summary>Takes the steps of the lattice out of a path; its ends stay.</summary>
    private static void Smooth(Point3[] path, int rounds)
    {
        var next = new Point3[path.Length];
        for (int round = 0; round < rounds; round++)
        {
            for (int i = 1; i + 1 < path.Length; i++) next[i] = 0.25 * path[i - 1] + 0.5 * path[i] + 0.25 * path[i + 1];
            next.AsSpan(1, Math.Max(0, path.Length - 2)).CopyTo(path.AsSpan(1));
        }
    }

    /// <summary>An object's voxels, or blocks of them, and which touch.</summary>
    private sealed class Cells
    {
        private readonly Point3[] _place;
        private readonly List<(int To, double Length)>[] _next;
        private readonly bool[] _rim;

        private Cells(Point3[] place, List<(int, double)>[] next, bool[] rim, Point3 sides) => (_place, _next, _rim, Sides) = (place, next, rim, sides);

        public int Count => _place.Length;

        /// <summary>The sides of a cell, nm.</summary>
        public Point3 Sides { get; }

        /// <summary>Their geometric mean.</summary>
        public double Side => Math.Cbrt(Sides.Z * Sides.Y * Sides.X);

        public static Cells Of(LabelVolume labels, LabelledObject which, Job job)
        {
            Point3 s = labels.Grid.Spacing;
            (int bz, int by, int bx) = (1, 1, 1);
            for (double side = Math.Min(s.Z, Math.Min(s.Y, s.X)); (double)which.Voxels / ((long)bz * by * bx) > MostCells; side *= 1.1)
                (bz, by, bx) = (Math.Max(1, (int)Math.Round(side / s.Z)), Math.Max(1, (int)Math.Round(side / s.Y)), Math.Max(1, (int)Math.Round(side / s.X)));
            var number = new Dictionary<Size3, int>();
            var sums = new List<(Point3 Sum, long Voxels)>();
            for (int z = which.Box.First.Z; z < which.Box.End.Z; z++)
            {
                job.ThrowIfCancelled();
                for (int y = which.Box.First.Y; y < which.Box.End.Y; y++)
                    foreach (LabelledRun run in ObjectRuns.Near(labels, which, z, y))
                    {
                        if (run.Label != which.Label) continue;
                        for (int x = run.Start, end; x < run.End; x = end)
                        {
                            end = Math.Min(run.End, (x / bx + 1) * bx);
                            ref int n = ref CollectionsMarshal.GetValueRefOrAddDefault(number, new Size3(z / bz, y / by, x / bx), out bool known);
                            if (!known)
                            {
                                n = sums.Count;
                                sums.Add(default);
                            }
                            (Point3 sum, long voxels) = sums[n];
                            sums[n] = (sum + (end - x) * labels.Grid.ToPhysical(z, y, (x + end - 1) / 2.0), voxels + end - x);
                        }
                    }
            }
            Point3[] place = [.. sums.Select(c => 1.0 / c.Voxels * c.Sum)];
            var next = new List<(int, double)>[place.Length];
            var rim = new bool[place.Length];
            foreach ((Size3 at, int i) in number)
            {
                next[i] = [];
                for (int k = 0; k < 27; k++)
                {
                    if (k == 13) continue;
                    (int dz, int dy, int dx) = (k / 9 - 1, k / 3 % 3 - 1, k % 3 - 1);
                    if (number.TryGetValue(new Size3(at.Z + dz, at.Y + dy, at.X + dx), out int j)) next[i].Add((j, (place[j] - place[i]).Length));
                    else if (Math.Abs(dz) + Math.Abs(dy) + Math.Abs(dx) == 1) rim[i] = true;
                }
            }
            return new Cells(place, next, rim, new Point3(bz * s.Z, by * s.Y, bx * s.X));
        }

        public int InLargestPiece()
        {
            var sets = new DisjointSets(Count);
            for (int i = 0; i < Count; i++)
                foreach ((int j, _) in _next[i]) sets.Join(i, j);
            var size = new int[Count];
            for (int i = 0; i < Count; i++) size[sets.Root(i)]++;
            return Array.IndexOf(size, size.Max());
        }

        /// <summary>About how deep each cell lies: from the outermost ones, which lie half a side deep.</summary>
        public double[] Depth(Job job)
        {
            int[] rim = [.. Enumerable.Range(0, Count).Where(i => _rim[i])];
            double[] depth = Search(rim, Enumerable.Repeat(1.0, Count).ToArray(), null, job);
            for (int i = 0; i < depth.Length; i++) depth[i] = (double.IsFinite(depth[i]) ? depth[i] : 0) + Side / 2;
            return depth;
        }

        public (int Cell, double Distance) Farthest(int[] from, double[] cost, Job job)
        {
            double[] distance = Search(from, cost, null, job);
            int best = from[0];
            for (int i = 0; i < distance.Length; i++)
                if (double.IsFinite(distance[i]) && distance[i] > distance[best]) best = i;
            return (best, distance[best]);
        }

        public Point3[] Path(int from, int to, double[] cost, Job job)
        {
            var before = new int[Count];
            Search([from], cost, before, job);
            var path = new List<Point3>();
            for (int i = to; i != from; i = before[i]) path.Add(_place[i]);
            path.Add(_place[from]);
            return [.. path];
        }

        /// <summary>Dijkstra's search; a step costs its length times the mean cost of its ends.</summary>
        private double[] Search(int[] from, double[] cost, int[]? before, Job job)
        {
            job.ThrowIfCancelled();
            double[] distance = Enumerable.Repeat(double.PositiveInfinity, Count).ToArray();
            var queue = new PriorityQueue<int, double>();
            foreach (int i in from)
            {
                distance[i] = 0;
                queue.Enqueue(i, 0);
            }
            while (queue.TryDequeue(out int i, out double at))
            {
                if (at > distance[i]) continue;
                foreach ((int j, double length) in _next[i])
                {
                    double there = at + length * (cost[i] + cost[j]) / 2;
                    if (!(there < distance[j])) continue;
                    distance[j] = there;
                    if (before is not null) before[j] = i;
                    queue.Enqueue(j, there);
                }
            }
            return distance;
        }
    }
}

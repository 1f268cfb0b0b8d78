using ClemReg.Algorithms.Mitochondria;

namespace ClemReg.Algorithms.Evaluation;

/// <summary>What of the first segmentation stands for an object of the second.</summary>
/// <param name="B">The object of the second: its place in the list.</param>
/// <param name="Parts">The objects of the first that together are its detection, the one that was matched by itself first; in ascending order where none was. All but the first count neither as found nor as false.</param>
/// <param name="Both">Voxels that the parts and the object share.</param>
/// <param name="Iou">Intersection over union of the parts together and the object.</param>
public sealed record ObjectMatch(int B, IReadOnlyList<int> Parts, long Both, double Iou);

/// <summary>How many objects were found. A is tested, B is what is compared with.</summary>
/// <param name="Iou">The intersection over union from which on an object counts as found.</param>
/// <param name="ObjectsA">Objects of the first segmentation.</param>
/// <param name="ObjectsB">Objects of the second.</param>
/// <param name="TruePositives">Objects of B that were found; one found as several counts once.</param>
/// <param name="FalsePositives">Objects of A that are none of B's, and no fragments of one that was found.</param>
/// <param name="Fragments">Objects of A beyond the first of each B that was found as several.</param>
/// <param name="Split">Objects of B that were found as several.</param>
/// <param name="Merged">Objects of A that hold at least half of each of two or more objects of B.</param>
public sealed record ObjectCounts(double Iou, int ObjectsA, int ObjectsB, int TruePositives, int FalsePositives, int Fragments, int Split, int Merged)
{
    /// <summary>Objects of B that were not found.</summary>
    public int FalseNegatives => ObjectsB - TruePositives;

    /// <summary>TP / (TP + FP); NaN where there is nothing to count, as for all of these.</summary>
    public double Precision => (double)TruePositives / (TruePositives + FalsePositives);

    /// <summary>TP / (TP + FN).</summary>
    public double Recall => (double)TruePositives / ObjectsB;

    /// <summary>2 TP / (2 TP + FP + FN).</summary>
    public double F1 => 2.0 * TruePositives / (2 * TruePositives + FalsePositives + FalseNegatives);

    /// <summary>TP / (TP + FP + FN).</summary>
    public double Jaccard => (double)TruePositives / (TruePositives + FalsePositives + FalseNegatives);

    internal static ObjectCounts Sum(double iou, IEnumerable<ObjectCounts> counts) => counts.Aggregate(new ObjectCounts(iou, 0, 0, 0, 0, 0, 0, 0), (s, c) => new ObjectCounts(iou,
        s.ObjectsA + c.ObjectsA, s.ObjectsB + c.ObjectsB, s.TruePositives + c.TruePositives, s.FalsePositives + c.FalsePositives, s.Fragments + c.Fragments, s.Split + c.Split, s.Merged + c.Merged));
}

/// <summary>How far the voxels of two segmentations agree, whatever objects they belong to.</summary>
/// <param name="A">Voxels of the first.</param>
/// <param name="B">Voxels of the second.</param>
/// <param name="Both">Voxels of both.</param>
public sealed record VoxelAgreement(long A, long B, long Both)
{
    /// <summary>Intersection / A; NaN where A is empty.</summary>
    public double OfA => (double)Both / A;

    /// <summary>Intersection / B; NaN where B is empty.</summary>
    public double OfB => (double)Both / B;

    /// <summary>2 intersection / (A + B).</summary>
    public double Dice => 2.0 * Both / (A + B);

    /// <summary>Intersection / union.</summary>
    public double Iou => (double)Both / (A + B - Both);

    /// <summary>
    /// The volume overlap of the FAMOUS paper (Methods, table 1), as we read it: the volume of A is taken away from that of the union of both, which leaves what A lacks of B, and the overlap is the rest of B: 1 - (union - A) / B.
    /// The paper names no divisor; it is intersection / B then.
    /// </summary>
    public double PaperOverlap => 1 - (double)(A + B - Both - A) / B;
}

/// <summary>What was found out about a class.</summary>
/// <param name="Class">Its name; empty for all classes together.</param>
/// <param name="Counts">Objects at each intersection over union, ascending.</param>
/// <param name="Voxels">Voxels.</param>
public sealed record ClassComparison(string Class, IReadOnlyList<ObjectCounts> Counts, VoxelAgreement Voxels);

/// <summary>How many objects of a class of A were matched with a class of B, whatever their classes; an empty name stands for none.</summary>
/// <param name="A">The class of A.</param>
/// <param name="B">The class of B.</param>
/// <param name="Objects">The objects.</param>
public sealed record ClassConfusion(string A, string B, int Objects);

/// <summary>
/// Compares two segmentations object by object, as the FAMOUS paper does: precision, recall, F1 and Jaccard index of the objects of each class, an object that was detected as several counting once, and the overlap of volumes.
/// </summary>
/// <remarks>
/// Objects of one class are paired one to one where their intersection over union reaches the limit: as many pairs as can be, and of these the ones with the largest sum of it. An object of A of which at least half lies in one object
/// of B, and which was paired with none, is a part of that object, and so of its detection: with the partner, if it has one (which never lowers the intersection over union), or else by themselves, if together they reach the limit.
/// </remarks>
public sealed class SegmentationComparison
{
    /// <summary>Larger groups of objects that overlap in a chain are paired by falling intersection over union.</summary>
    private const long LargestGroup = 4_000_000;

    private readonly SegmentedObjects _a, _b;
    private readonly IReadOnlyList<ObjectOverlap> _pairs;
    private readonly Job _job;

    private SegmentationComparison(SegmentedObjects a, SegmentedObjects b, ObjectOverlaps overlaps, Job job) => (_a, _b, _pairs, _job) = (a, b, overlaps.Pairs, job);

    /// <summary>The classes in the order of their names, those of one segmentation only among them; all together last.</summary>
    public IReadOnlyList<ClassComparison> Classes { get; private init; } = [];

    /// <summary>The pairs at the lowest intersection over union, in the order of B's objects.</summary>
    public IReadOnlyList<ObjectMatch> Matches { get; private init; } = [];

    /// <summary>Which classes were taken for which, at the lowest intersection over union.</summary>
    public IReadOnlyList<ClassConfusion> Confusion { get; private init; } = [];

    /// <summary>Compares.</summary>
    /// <param name="a">What is tested.</param>
    /// <param name="b">What it is compared with.</param>
    /// <param name="overlaps">What they share.</param>
    /// <param name="limits">Intersections over union from which on an object counts as found, above 0 and at most 1.</param>
    /// <param name="job">Cancellation.</param>
    public static SegmentationComparison Of(SegmentedObjects a, SegmentedObjects b, ObjectOverlaps overlaps, IReadOnlyList<double> limits, Job job)
    {
        if (limits.Count == 0 || limits.Any(t => !(t is > 0 and <= 1))) throw BadInputException.ForParameter("iou", string.Join(",", limits), "numbers above 0 and at most 1");
        double[] ascending = [.. limits.Distinct().Order()];
        var work = new SegmentationComparison(a, b, overlaps, job);
        string[] names = [.. a.All.Concat(b.All).Select(o => o.Class).Distinct().Order(StringComparer.Ordinal)];
        var classes = new List<ClassComparison>();
        var matches = new List<ObjectMatch>();
        foreach (string name in names)
        {
            job.ThrowIfCancelled();
            ObjectOverlap[] within = [.. overlaps.Pairs.Where(p => a.All[p.A].Class == name && b.All[p.B].Class == name)];
            int[] ofA = [.. Enumerable.Range(0, a.All.Count).Where(i => a.All[i].Class == name)], ofB = [.. Enumerable.Range(0, b.All.Count).Where(j => b.All[j].Class == name)];
            var counts = new List<ObjectCounts>();
            foreach (double limit in ascending)
            {
                List<ObjectMatch> found = work.Match(within, limit);
                if (limit == ascending[0]) matches.AddRange(found);
                int used = found.Sum(m => m.Parts.Count);
                counts.Add(new ObjectCounts(limit, ofA.Length, ofB.Length, found.Count, ofA.Length - used, used - found.Count,
                    found.Count(m => m.Parts.Count > 1), within.Where(p => 2 * p.Voxels >= b.All[p.B].Voxels).GroupBy(p => p.A).Count(g => g.Count() > 1)));
            }
            classes.Add(new ClassComparison(name, counts, new VoxelAgreement(ofA.Sum(i => a.All[i].Voxels), ofB.Sum(j => b.All[j].Voxels), within.Sum(p => p.Voxels))));
        }
        var all = new ClassComparison("", [.. ascending.Select((limit, k) => ObjectCounts.Sum(limit, classes.Select(c => c.Counts[k])))], new VoxelAgreement(overlaps.VoxelsA, overlaps.VoxelsB, overlaps.VoxelsBoth));
        return new SegmentationComparison(a, b, overlaps, job) { Classes = [.. classes, all], Matches = [.. matches.OrderBy(m => m.B)], Confusion = work.Confused(ascending[0]) };
    }

    private static double Iou(long both, long a, long b) => (double)both / (a + b - both);

    /// <summary>Finds what stands for each object of B, among pairs of one class.</summary>
    private List<ObjectMatch> Match(ObjectOverlap[] within, double limit)
    {
        Dictionary<int, ObjectOverlap> partner = OneToOne(within, limit).ToDictionary(p => p.B);
        HashSet<int> taken = [.. partner.Values.Select(p => p.A)];
        var parts = new Dictionary<int, List<ObjectOverlap>>();
        foreach (IGrouping<int, ObjectOverlap> of in within.Where(p => !taken.Contains(p.A)).GroupBy(p => p.A))
        {
            // Of two objects that share it evenly the first.
            ObjectOverlap home = of.MaxBy(p => p.Voxels);
            if (2 * home.Voxels < _a.All[home.A].Voxels) continue;
            if (!parts.TryGetValue(home.B, out List<ObjectOverlap>? list)) parts[home.B] = list = [];
            list.Add(home);
        }
        var matches = new List<ObjectMatch>();
        foreach (int j in partner.Keys.Union(parts.Keys).Order())
        {
            bool paired = partner.TryGetValue(j, out ObjectOverlap main);
            List<ObjectOverlap> together = [.. paired ? [main] : Array.Empty<ObjectOverlap>(), .. parts.GetValueOrDefault(j) ?? []];
            long both = together.Sum(p => p.Voxels);
            double iou = Iou(both, together.Sum(p => _a.All[p.A].Voxels), _b.All[j].Voxels);
            if (paired || iou >= limit) matches.Add(new ObjectMatch(j, [.. together.Select(p => p.A)], both, iou));
        }
        return matches;
    }

    /// <summary>Pairs of objects, each in one pair at most.</summary>
    private List<ObjectOverlap> OneToOne(IReadOnlyList<ObjectOverlap> within, double limit)
    {
        (ObjectOverlap Pair, double Iou)[] good = [.. within.Select(p => (p, Iou(p.Voxels, _a.All[p.A].Voxels, _b.All[p.B].Voxels))).Where(p => p.Item2 >= limit)];
        var groups = new DisjointSets(_a.All.Count + _b.All.Count);
        foreach (var (pair, _) in good) groups.Join(pair.A, _a.All.Count + pair.B);
        var chosen = new List<ObjectOverlap>();
        foreach (var group in good.GroupBy(p => groups.Root(p.Pair.A)))
        {
            _job.ThrowIfCancelled();
            (ObjectOverlap Pair, double Iou)[] members = [.. group];
            if (members.Length == 1) chosen.Add(members[0].Pair);
            else Pair(members, chosen);
        }
        return chosen;
    }

    private static void Pair((ObjectOverlap Pair, double Iou)[] members, List<ObjectOverlap> chosen)
    {
        int[] rows = [.. members.Select(p => p.Pair.A).Distinct().Order()], columns = [.. members.Select(p => p.Pair.B).Distinct().Order()];
        if ((long)rows.Length * columns.Length > LargestGroup)
        {
            HashSet<int> usedA = [], usedB = [];
            foreach (var (pair, _) in members.OrderByDescending(p => p.Iou))
            {
                if (usedA.Contains(pair.A) || usedB.Contains(pair.B)) continue;
                usedA.Add(pair.A);
                usedB.Add(pair.B);
                chosen.Add(pair);
            }
            return;
        }
        Dictionary<int, int> rowOf = rows.Select((a, r) => (a, r)).ToDictionary(p => p.a, p => p.r), columnOf = columns.Select((b, c) => (b, c)).ToDictionary(p => p.b, p => p.c);
        var weights = new double[rows.Length * columns.Length];
        var at = new Dictionary<(int, int), ObjectOverlap>();
        // No sum of intersections over union is worth a pair.
        double share = 1.0 / (2 * Math.Min(rows.Length, columns.Length));
        foreach (var (pair, iou) in members)
        {
            (int r, int c) = (rowOf[pair.A], columnOf[pair.B]);
            weights[r * columns.Length + c] = 1 + share * iou;
            at[(r, c)] = pair;
        }
        int[] column = Assignment.Maximise(weights, rows.Length, columns.Length);
        for (int r = 0; r < rows.Length; r++)
            if (column[r] >= 0 && at.TryGetValue((r, column[r]), out ObjectOverlap pair)) chosen.Add(pair);
    }

    /// <summary>The classes of objects that are paired whatever their classes.</summary>
    private ClassConfusion[] Confused(double limit)
    {
        List<ObjectOverlap> pairs = OneToOne(_pairs, limit);
        HashSet<int> usedA = [.. pairs.Select(p => p.A)], usedB = [.. pairs.Select(p => p.B)];
        return
        [
            .. pairs.Select(p => (A: _a.All[p.A].Class, B: _b.All[p.B].Class))
                .Concat(_a.All.Where((_, i) => !usedA.Contains(i)).Select(o => (A: o.Class, B: "")))
                .Concat(_b.All.Where((_, j) => !usedB.Contains(j)).Select(o => (A: "", B: o.Class)))
                .GroupBy(p => p).OrderBy(g => g.Key.A, StringComparer.Ordinal).ThenBy(g => g.Key.B, StringComparer.Ordinal).Select(g => new ClassConfusion(g.Key.A, g.Key.B, g.Count())),
        ];
    }
}

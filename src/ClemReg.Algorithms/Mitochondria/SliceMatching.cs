namespace ClemReg.Algorithms.Mitochondria;

/// <summary>Matches the objects of one slice to those of its neighbour, by what they share.</summary>
internal static class SliceMatching
{
    /// <summary>
    /// Up to this many pairs of objects all are assigned at once; beyond, each group of objects that overlap by itself. The sum of IoUs is
    /// the same, but assignments that are exactly as good may then be others than empanada's.
    /// </summary>
    internal const int LargestWhole = 1 << 20;

    /// <summary>For each object the one of the neighbour whose label it takes, or -1.</summary>
    /// <param name="targetSizes">Pixels of the neighbour's objects.</param>
    /// <param name="sizes">Pixels of the objects.</param>
    /// <param name="overlaps">Pixels that a neighbour's object and an object share.</param>
    /// <param name="iou">Least intersection over union of a match.</param>
    /// <param name="ioa">Least part of an object that a neighbour's covers for it to join that.</param>
    public static int[] Match(ReadOnlySpan<int> targetSizes, ReadOnlySpan<int> sizes, IReadOnlyDictionary<(int Target, int Object), int> overlaps, double iou, double ioa)
    {
        var matches = new int[sizes.Length];
        Array.Fill(matches, -1);
        if (overlaps.Count == 0) return matches;
        Pair[] pairs = new Pair[overlaps.Count];
        int n = 0;
        foreach (((int t, int m), int shared) in overlaps)
            pairs[n++] = new Pair(t, m, shared, (double)shared / ((long)targetSizes[t] + sizes[m] - shared));
        Array.Sort(pairs, static (a, b) => a.Target != b.Target ? a.Target.CompareTo(b.Target) : a.Object.CompareTo(b.Object));

        // The first of the neighbours that cover most of each object.
        var most = new int[sizes.Length];
        foreach (Pair pair in pairs)
        {
            if (pair.Shared <= most[pair.Object]) continue;
            most[pair.Object] = pair.Shared;
            matches[pair.Object] = (double)pair.Shared / sizes[pair.Object] >= ioa ? pair.Target : -1;
        }

        if ((long)targetSizes.Length * sizes.Length <= LargestWhole)
            Assign(pairs, targetSizes.Length, sizes.Length, iou, matches);
        else
            foreach (Pair[] group in Groups(pairs, targetSizes.Length, sizes.Length)) AssignGroup(group, iou, matches);
        return matches;
    }

    private static void Assign(Pair[] pairs, int targets, int objects, double iou, int[] matches)
    {
        var weights = new double[targets * objects];
        foreach (Pair pair in pairs) weights[pair.Target * objects + pair.Object] = pair.Iou;
        int[] assigned = Assignment.Maximise(weights, targets, objects);
        for (int t = 0; t < targets; t++)
            if (assigned[t] >= 0 && weights[t * objects + assigned[t]] >= iou)
                matches[assigned[t]] = t;
    }

    /// <summary>Assigns within a group, whose objects are numbered anew.</summary>
    private static void AssignGroup(Pair[] group, double iou, int[] matches)
    {
        int[] targets = [.. group.Select(p => p.Target).Distinct().Order()], objects = [.. group.Select(p => p.Object).Distinct().Order()];
        if ((long)targets.Length * objects.Length > Array.MaxLength / 16)
            throw new OutOfMemoryBudgetException(
                $"{targets.Length} objects of a slice overlap {objects.Length} of the next in one piece: the segmentation looks like noise. Raise seg_thr, nms_thr or nms_kernel, or check the intensity range.");
        var localMatches = new int[objects.Length];
        Array.Fill(localMatches, -1);
        Pair[] renumbered = Array.ConvertAll(group, p => p with { Target = Array.BinarySearch(targets, p.Target), Object = Array.BinarySearch(objects, p.Object) });
        Assign(renumbered, targets.Length, objects.Length, iou, localMatches);
        for (int m = 0; m < objects.Length; m++)
            if (localMatches[m] >= 0)
                matches[objects[m]] = targets[localMatches[m]];
    }

    private static IEnumerable<Pair[]> Groups(Pair[] pairs, int targets, int objects)
    {
        var sets = new DisjointSets(targets + objects);
        foreach (Pair pair in pairs) sets.Join(pair.Target, targets + pair.Object);
        return pairs.GroupBy(p => sets.Root(p.Target)).Select(g => g.ToArray());
    }

    private readonly record struct Pair(int Target, int Object, int Shared, double Iou);
}

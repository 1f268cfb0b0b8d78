namespace ClemReg.Algorithms.Cells;

/// <summary>Boxes that were merged.</summary>
/// <param name="Box">The hull of them all.</param>
/// <param name="Members">Their indices in the list that was merged, ascending; a single one where nothing was merged.</param>
public sealed record MergedBox(Box Box, IReadOnlyList<int> Members);

/// <summary>Merges boxes that overlap much: the parts into which one cell was split.</summary>
public static class BoxMerging
{
    /// <summary>The published share.</summary>
    public const double PublishedShare = 0.33;

    /// <summary>
    /// Merges two boxes of one section when their intersection is at least a share of either one, replaces them by their hull, and repeats
    /// until none can be merged. Hulls take the place of the first box; boxes are looked at in their order.
    /// </summary>
    /// <param name="boxes">The boxes.</param>
    /// <param name="share">Above 0, at most 1.</param>
    /// <exception cref="BadInputException">The share is out of range.</exception>
    public static IReadOnlyList<MergedBox> Merge(IReadOnlyList<Box> boxes, double share = PublishedShare)
    {
        if (!(share > 0 && share <= 1)) throw BadInputException.ForParameter("merge share", share, "above 0 and at most 1", "The published value is 0.33.");
        var left = boxes.Select((box, i) => (Box: box, Members: new List<int> { i })).ToList();
        for (bool merged = true; merged;)
        {
            merged = false;
            for (int i = 0; i < left.Count; i++)
                for (int j = i + 1; j < left.Count; j++)
                {
                    Box a = left[i].Box, b = left[j].Box;
                    if (a.Slice != b.Slice || Box.Intersection(a, b) < share * Math.Min(a.Area, b.Area)) continue;
                    left[i].Members.AddRange(left[j].Members);
                    left[i] = (Box.Hull(a, b), left[i].Members);
                    left.RemoveAt(j);
                    // The hull is larger than what it was compared with so far.
                    j = i;
                    merged = true;
                }
        }
        return [.. left.Select(m => new MergedBox(m.Box, [.. m.Members.Order()]))];
    }
}

using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Cells;

/// <summary>Finds which boxes of several sections are one cell.</summary>
public static class SectionsOfCells
{
    /// <summary>Numbers are those of cells, not of a section's labels, when so many of the boxes of one number in neighbouring sections lie over each other.</summary>
    private const double TrackedShare = 0.9;

    /// <summary>Puts the boxes of a cell together.</summary>
    /// <param name="boxes">The boxes.</param>
    /// <param name="link">What makes boxes one cell.</param>
    /// <param name="mostMissing">For <see cref="SectionLinks.Overlap"/>: a cell may be missing in so many sections in a row.</param>
    /// <param name="leastDice">Likewise: the least Dice index of boxes that lie over each other.</param>
    /// <param name="job">Cancellation.</param>
    /// <returns>For each cell the indices of its boxes, ascending; cells by their first index. A box without a number (0) is a cell of its own.</returns>
    public static IReadOnlyList<IReadOnlyList<int>> Group(IReadOnlyList<Box> boxes, SectionLinks link, int mostMissing, double leastDice, Job job)
    {
        IEnumerable<int> indices = Enumerable.Range(0, boxes.Count);
        if (link == SectionLinks.Cells) return [.. indices.GroupBy(i => boxes[i].Cell == 0 ? (0, i) : (boxes[i].Cell, -1)).Select(g => (IReadOnlyList<int>)[.. g])];
        if (link != SectionLinks.Overlap || boxes.Count == 0) return [.. indices.Select(i => (IReadOnlyList<int>)[i])];
        // The tracker hands boxes on and not their places; scores do not count here.
        var sections = new List<Box>[boxes.Max(b => b.Slice) + 1];
        for (int z = 0; z < sections.Length; z++) sections[z] = [];
        for (int i = 0; i < boxes.Count; i++) sections[boxes[i].Slice].Add(boxes[i] with { Score = 1 });
        var place = new Dictionary<Box, Queue<int>>();
        for (int i = 0; i < boxes.Count; i++)
        {
            Box key = boxes[i] with { Score = 1, Cell = 0 };
            if (!place.TryGetValue(key, out Queue<int>? same)) place[key] = same = new Queue<int>();
            same.Enqueue(i);
        }
        var options = new CellTrackerOptions { MinimumDice = leastDice, MostMissing = mostMissing, MinimumScore = 0, ConfirmedScore = 0 };
        var grid = new Grid(new Size3(sections.Length, 1, 1), new Point3(1, 1, 1));
        return [.. CellTracker.Follow(sections, grid, null, options, job)
            .Select(track => (IReadOnlyList<int>)[.. track.Boxes.Select(b => place[b with { Score = 1, Cell = 0 }].Dequeue()).Order()]).OrderBy(members => members[0])];
    }

    /// <summary>Whether the boxes' numbers are those of cells that were followed through the sections: boxes of one number lie over each other.</summary>
    public static bool AreTracked(IReadOnlyList<Box> boxes)
    {
        int over = 0, all = 0;
        foreach (IGrouping<int, Box> cell in boxes.Where(b => b.Cell > 0).GroupBy(b => b.Cell))
        {
            Box[] inOrder = [.. cell.OrderBy(b => b.Slice)];
            for (int i = 1; i < inOrder.Length; i++)
            {
                all++;
                if (inOrder[i].Slice > inOrder[i - 1].Slice && Box.Intersection(inOrder[i], inOrder[i - 1]) > 0) over++;
            }
        }
        return all > 0 && over >= TrackedShare * all;
    }
}

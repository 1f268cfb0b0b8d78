using ClemReg.Algorithms.Mitochondria;
using ClemReg.Algorithms.Preparation;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Cells;

/// <summary>How cells are followed through sections.</summary>
public sealed record CellTrackerOptions
{
    /// <summary>Boxes of neighbouring sections are one cell only from this Dice index on (sections aligned), above 0, to 1.</summary>
    public double MinimumDice { get; init; } = 0.4;

    /// <summary>A cell may be missing in so many sections in a row, 0 or more.</summary>
    public int MostMissing { get; init; } = 1;

    /// <summary>A cell must be seen at least once with this score, 0 to 1; or, dimmer, in several sections: see <see cref="ConfirmingSections"/>.</summary>
    public double MinimumScore { get; init; } = 0.23;

    /// <summary>In a section next to one where the cell is seen this score suffices, 0 to <see cref="MinimumScore"/>.</summary>
    public double ConfirmedScore { get; init; } = 0.1;

    /// <summary>A cell that is dim wherever it is seen counts when so many sections in a row show it, 2 or more; 0: never.</summary>
    public int ConfirmingSections { get; init; } = 3;

    /// <summary>Cells that are seen in fewer sections are left out, 1 or more.</summary>
    public int LeastSections { get; init; } = 1;
}

/// <summary>A cell in several sections.</summary>
/// <param name="Number">From 1, in the order of first sections.</param>
/// <param name="Boxes">Its box in each section where it is seen, ascending.</param>
/// <param name="Central">The section where it is largest; of several that nearest the middle.</param>
/// <param name="Score">Its best score.</param>
public sealed record CellTrack(int Number, IReadOnlyList<Box> Boxes, int Central, double Score)
{
    /// <summary>The first section where it is seen.</summary>
    public int First => Boxes[0].Slice;

    /// <summary>The last one.</summary>
    public int Last => Boxes[^1].Slice;
}

/// <summary>
/// Follows cells through serial sections: boxes of neighbouring sections are paired so that the sum of their Dice indices is largest (linear assignment, gated);
/// what a section lacks is bridged; dim cells count where a neighbouring section, or several sections in a row, confirm them.
/// </summary>
public static class CellTracker
{
    /// <summary>Follows.</summary>
    /// <param name="sections">The boxes of each section, dim ones included.</param>
    /// <param name="grid">The sections' pixels.</param>
    /// <param name="shifts">How the sections are to be moved to lie on each other; null: they do.</param>
    /// <param name="options">How.</param>
    /// <param name="job">Cancellation.</param>
    /// <returns>The cells.</returns>
    /// <exception cref="BadInputException">An option is out of its range, or there are shifts for other sections.</exception>
    public static IReadOnlyList<CellTrack> Follow(IReadOnlyList<IReadOnlyList<Box>> sections, Grid grid, SliceShifts? shifts, CellTrackerOptions options, Job job)
    {
        Check(sections.Count, shifts, options);
        Box[][] boxes = [.. sections.Select(s => s.Where(b => b.Score >= options.ConfirmedScore).ToArray())];
        Box[][] aligned = [.. boxes.Select((s, z) => s.Select(b => Moved(b, grid, shifts?[z] ?? default)).ToArray())];
        var open = new List<List<(int Section, int Index)>>();
        var tracks = new List<List<(int Section, int Index)>>();
        for (int z = 0; z < boxes.Length; z++)
        {
            job.ThrowIfCancelled();
            var free = new HashSet<int>(Enumerable.Range(0, boxes[z].Length));
            // Those seen in the section before first, then those that are missing in one, and so on.
            for (int gap = 0; gap <= options.MostMissing; gap++)
            {
                List<(int Section, int Index)>[] waiting = [.. open.Where(t => t[^1].Section == z - 1 - gap)];
                int[] candidates = [.. free.Order()];
                foreach ((int track, int box) in Pairs([.. waiting.Select(t => aligned[t[^1].Section][t[^1].Index])], [.. candidates.Select(i => aligned[z][i])], options.MinimumDice))
                {
                    waiting[track].Add((z, candidates[box]));
                    free.Remove(candidates[box]);
                }
            }
            foreach (int i in free.Order())
            {
                var begun = new List<(int, int)> { (z, i) };
                tracks.Add(begun);
                open.Add(begun);
            }
            open.RemoveAll(t => t[^1].Section < z - options.MostMissing);
        }
        var cells = new List<CellTrack>();
        foreach (List<(int Section, int Index)> track in tracks)
        {
            Box[] seen = [.. Confirmed([.. track.Select(t => boxes[t.Section][t.Index] with { Slice = t.Section })], options)];
            if (seen.Length < options.LeastSections || seen.Length == 0) continue;
            int number = cells.Count + 1;
            double middle = (seen[0].Slice + seen[^1].Slice) / 2.0;
            int central = seen.OrderByDescending(b => (long)b.Width * b.Height).ThenBy(b => Math.Abs(b.Slice - middle)).ThenBy(b => b.Slice).First().Slice;
            cells.Add(new CellTrack(number, [.. seen.Select(b => b with { Cell = number })], central, seen.Max(b => b.Score)));
        }
        return cells;
    }

    /// <summary>The boxes of a track in those runs of neighbouring sections of which one is sure, or which are long enough.</summary>
    private static IEnumerable<Box> Confirmed(Box[] track, CellTrackerOptions options)
    {
        for (int first = 0, end; first < track.Length; first = end)
        {
            for (end = first + 1; end < track.Length && track[end].Slice == track[end - 1].Slice + 1;) end++;
            Box[] run = track[first..end];
            if (!run.Any(b => b.Score >= options.MinimumScore) && (options.ConfirmingSections == 0 || run.Length < options.ConfirmingSections)) continue;
            foreach (Box box in run) yield return box;
        }
    }

    private static IEnumerable<(int Before, int After)> Pairs(Box[] before, Box[] after, double least)
    {
        if (before.Length == 0 || after.Length == 0) yield break;
        var weights = new double[before.Length * after.Length];
        for (int i = 0; i < before.Length; i++)
            for (int k = 0; k < after.Length; k++)
                weights[i * after.Length + k] = Box.Dice(before[i], after[k]) is var dice && dice >= least ? dice : 0;
        int[] partner = Assignment.Maximise(weights, before.Length, after.Length);
        for (int i = 0; i < before.Length; i++)
            if (partner[i] >= 0 && weights[i * after.Length + partner[i]] > 0) yield return (i, partner[i]);
    }

    /// <summary>The box where its section comes to lie: its centre is moved, it stays upright.</summary>
    private static Box Moved(Box box, Grid grid, SliceShift shift)
    {
        (double sin, double cos) = Math.SinCos(shift.Angle * Math.PI / 180);
        double middleX = (grid.Size.X - 1) / 2.0 * grid.Spacing.X, middleY = (grid.Size.Y - 1) / 2.0 * grid.Spacing.Y;
        double x = (box.X + (box.Width - 1) / 2.0) * grid.Spacing.X - middleX, y = (box.Y + (box.Height - 1) / 2.0) * grid.Spacing.Y - middleY;
        (double toX, double toY) = (cos * x - sin * y + shift.Dx + middleX, cos * y + sin * x + shift.Dy + middleY);
        return box with { X = (int)Math.Round(toX / grid.Spacing.X - (box.Width - 1) / 2.0), Y = (int)Math.Round(toY / grid.Spacing.Y - (box.Height - 1) / 2.0) };
    }

    private static void Check(int sections, SliceShifts? shifts, CellTrackerOptions options)
    {
        if (shifts is not null && shifts.Count != sections) throw BadInputException.ForParameter("shifts", $"{shifts.Count} sections", $"for each of the {sections} sections");
        if (!(options.MinimumDice > 0 && options.MinimumDice <= 1)) throw BadInputException.ForParameter("track_dice", options.MinimumDice, "above 0, to 1");
        if (options.MostMissing < 0) throw BadInputException.ForParameter("track_missing", options.MostMissing, "0 or more");
        if (!(options.MinimumScore is >= 0 and <= 1)) throw BadInputException.ForParameter("cell_score", options.MinimumScore, "from 0 to 1");
        if (!(options.ConfirmedScore >= 0 && options.ConfirmedScore <= options.MinimumScore))
            throw BadInputException.ForParameter("track_score", options.ConfirmedScore, FormattableString.Invariant($"from 0 to cell_score = {options.MinimumScore}"));
        if (options.ConfirmingSections is < 0 or 1) throw BadInputException.ForParameter("track_confirming", options.ConfirmingSections, "0 (never) or 2 and more");
        if (options.LeastSections < 1) throw BadInputException.ForParameter("track_sections", options.LeastSections, "1 or more");
    }
}

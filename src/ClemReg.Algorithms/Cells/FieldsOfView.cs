using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Cells;

/// <summary>
/// Lays fields of view around cells, for a microscope that is to image the cells only: margin, one field for a cell through its sections, fewer and larger
/// fields where that costs less than many small ones, tiles where a field is larger than the microscope's.
/// </summary>
public static class FieldsOfView
{
    /// <summary>Boxes of neighbouring sections are one cell from this Dice index on: lower than in tracking, as here a wrong link costs area only.</summary>
    private const double LinkDice = 0.3;

    /// <summary>A cell may be missing in so many sections in a row.</summary>
    private const int MostMissing = 2;

    /// <summary>A field that is being made: sections from and to, a rectangle with its ends, and the cells in it.</summary>
    private sealed record Draft(int First, int Last, int Left, int Top, int Right, int Bottom, IReadOnlyList<int> Cells)
    {
        public double Cost(double visit) => (double)(Last - First + 1) * ((double)(Right - Left) * (Bottom - Top) + visit);

        /// <summary>The common rectangle of two, without their cells.</summary>
        public Draft Hull(Draft other) => new(Math.Min(First, other.First), Math.Max(Last, other.Last), Math.Min(Left, other.Left), Math.Min(Top, other.Top),
            Math.Max(Right, other.Right), Math.Max(Bottom, other.Bottom), []);

        public bool Overlaps(Draft other) => Left < other.Right && other.Left < Right && Top < other.Bottom && other.Top < Bottom;
    }

    /// <summary>Lays the fields.</summary>
    /// <param name="boxes">The cells' boxes.</param>
    /// <param name="image">Sections, rows and columns of the image, to which fields are cut; null where it is not known.</param>
    /// <param name="pixelX">Micrometres of a pixel along x.</param>
    /// <param name="pixelY">Along y.</param>
    /// <param name="options">How.</param>
    /// <param name="job">Cancellation.</param>
    /// <returns>The fields in the order in which they are to be visited.</returns>
    /// <exception cref="BadInputException">An option is out of its range.</exception>
    public static IReadOnlyList<FieldOfView> Around(IReadOnlyList<Box> boxes, Size3? image, double pixelX, double pixelY, FieldOptions options, Job job)
    {
        options.Check();
        IReadOnlyList<IReadOnlyList<int>> cells = SectionsOfCells.Group(boxes, options.Link, MostMissing, LinkDice, job);
        int sections = image?.Z ?? (boxes.Count == 0 ? 1 : boxes.Max(b => b.Slice) + 1);
        List<Draft> drafts = [.. cells.Select((members, cell) => Around(cell, members))];
        if (options.Merge) drafts = Merged(drafts, options.VisitArea / (pixelX * pixelY), Fits, job);
        var fields = new List<FieldOfView>();
        foreach (Draft draft in drafts)
            foreach ((int left, int right) in Tiles(draft.Left, draft.Right, pixelX))
                foreach ((int top, int bottom) in Tiles(draft.Top, draft.Bottom, pixelY))
                {
                    var tile = new Box(0, left, top, right - left, bottom - top);
                    int[] inside = [.. draft.Cells.Where(c => cells[c].Any(i => Box.Intersection(boxes[i], tile) > 0))];
                    fields.Add(new FieldOfView(draft.First, draft.Last, left, top, tile.Width, tile.Height,
                        [.. inside.SelectMany(c => cells[c]).Where(i => Box.Intersection(boxes[i], tile) > 0).Order()], inside.Length));
                }
        return FieldOrder.Of(fields, options.Order, bySection: options.Link == SectionLinks.None, pixelX, pixelY);

        Draft Around(int cell, IReadOnlyList<int> members)
        {
            (int left, int right) = (int.MaxValue, int.MinValue);
            (int top, int bottom) = (int.MaxValue, int.MinValue);
            foreach (int i in members)
            {
                Box box = boxes[i];
                int dx = Room(options.Margin / pixelX + options.MarginShare * box.Width), dy = Room(options.Margin / pixelY + options.MarginShare * box.Height);
                (left, right) = (Math.Min(left, box.X - dx), Math.Max(right, box.Right + dx));
                (top, bottom) = (Math.Min(top, box.Y - dy), Math.Max(bottom, box.Bottom + dy));
            }
            (left, right) = Placed(left, right, Room(options.SmallestSide / pixelX), image?.X);
            (top, bottom) = Placed(top, bottom, Room(options.SmallestSide / pixelY), image?.Y);
            int first = members.Min(i => boxes[i].Slice) - options.ExtraSections, last = members.Max(i => boxes[i].Slice) + options.ExtraSections;
            return options.Link == SectionLinks.All ? new Draft(0, sections - 1, left, top, right, bottom, [cell])
                : new Draft(Math.Max(0, first), Math.Min(sections - 1, last), left, top, right, bottom, [cell]);
        }

        // A merged field must not need tiles: these overlap, which merging does not count.
        bool Fits(Draft draft) => options.LargestSide == 0 || (draft.Right - draft.Left) * pixelX <= options.LargestSide && (draft.Bottom - draft.Top) * pixelY <= options.LargestSide;

        IEnumerable<(int From, int To)> Tiles(int from, int to, double pixel)
        {
            int length = to - from, most = options.LargestSide == 0 ? length : Math.Max(1, (int)(options.LargestSide / pixel + 1e-9));
            if (length <= most) return [(from, to)];
            int overlap = (int)(options.TileOverlap * most), count = (int)Math.Ceiling((double)(length - overlap) / (most - overlap));
            // All tiles of a row have one size, and begin as evenly as whole pixels allow.
            int side = (int)Math.Ceiling((length + (count - 1.0) * overlap) / count);
            return Enumerable.Range(0, count).Select(k => from + (int)Math.Round((double)k * (length - side) / (count - 1))).Select(start => (start, start + side));
        }
    }

    private static int Room(double pixels) => (int)Math.Min(int.MaxValue / 8, Math.Ceiling(pixels - 1e-9));

    /// <summary>Makes an interval at least so long, around its middle but within the image where there is room.</summary>
    private static (int From, int To) Placed(int from, int to, int least, int? size)
    {
        if (to - from < least)
        {
            from -= (least - (to - from)) / 2;
            to = from + least;
            if (to > size) (from, to) = (size.Value - least, size.Value);
            if (from < 0) (from, to) = (0, least);
        }
        return (Math.Max(0, from), Math.Min(to, size ?? int.MaxValue));
    }

    /// <summary>Makes one field of two, always the two that this saves most for, until it saves nothing.</summary>
    private static List<Draft> Merged(List<Draft> drafts, double visit, Func<Draft, bool> fits, Job job)
    {
        var all = new List<Draft?>(drafts);
        var queue = new PriorityQueue<(int A, int B), (double Loss, int A, int B)>();
        for (int i = 1; i < all.Count; i++) Offer(i);
        while (queue.TryDequeue(out (int A, int B) pair, out _))
        {
            if (all[pair.A] is not { } a || all[pair.B] is not { } b) continue;
            job.ThrowIfCancelled();
            (all[pair.A], all[pair.B]) = (null, null);
            all.Add(a.Hull(b) with { Cells = [.. a.Cells, .. b.Cells] });
            Offer(all.Count - 1);
        }
        return [.. all.OfType<Draft>().OrderBy(d => d.Cells.Min())];

        void Offer(int i)
        {
            job.ThrowIfCancelled();
            Draft mine = all[i]!;
            double cost = mine.Cost(visit);
            for (int k = 0; k < i; k++)
            {
                // Where going to a field costs nothing, two that lie apart are never dearer than one around both.
                if (all[k] is not { } other || visit == 0 && !mine.Overlaps(other)) continue;
                Draft hull = mine.Hull(other);
                double loss = hull.Cost(visit) - cost - other.Cost(visit);
                if (loss < 0 && fits(hull)) queue.Enqueue((k, i), (loss, k, i));
            }
        }
    }
}

namespace ClemReg.Algorithms.Cells;

/// <summary>Puts fields of view in the order in which a stage visits them.</summary>
internal static class FieldOrder
{
    /// <summary>Orders fields.</summary>
    /// <param name="fields">The fields.</param>
    /// <param name="order">How.</param>
    /// <param name="bySection">Whether a section is finished before the next begins: where each has fields of its own.</param>
    /// <param name="pixelX">Length of a pixel along x.</param>
    /// <param name="pixelY">Along y.</param>
    public static IReadOnlyList<FieldOfView> Of(IReadOnlyList<FieldOfView> fields, VisitOrder order, bool bySection, double pixelX, double pixelY)
    {
        if (order == VisitOrder.Given) return fields;
        return [.. fields.GroupBy(f => bySection ? f.First : 0).OrderBy(section => section.Key)
            .SelectMany(section => order == VisitOrder.Serpentine ? Serpentine([.. section]) : Nearest([.. section], pixelX, pixelY))];
    }

    /// <summary>Rows are as high as half of the fields are.</summary>
    private static IEnumerable<FieldOfView> Serpentine(FieldOfView[] fields)
    {
        int row = Math.Max(1, fields.Select(f => f.Height).Order().ElementAt(fields.Length / 2));
        int Row(FieldOfView f) => (f.Y + f.Height / 2) / row;
        // Every second of the rows that have fields goes back, whatever lies between them.
        return fields.GroupBy(Row).OrderBy(g => g.Key).SelectMany((g, n) =>
            n % 2 == 0 ? g.OrderBy(f => 2 * f.X + f.Width).ThenBy(f => f.Y) : g.OrderByDescending(f => 2 * f.X + f.Width).ThenBy(f => f.Y));
    }

    private static IEnumerable<FieldOfView> Nearest(FieldOfView[] fields, double pixelX, double pixelY)
    {
        var left = fields.ToList();
        (double x, double y) = (0, 0);
        while (left.Count > 0)
        {
            int best = 0;
            for (int i = 1; i < left.Count; i++)
                if (Distance(left[i]) < Distance(left[best])) best = i;
            FieldOfView next = left[best];
            left.RemoveAt(best);
            (x, y) = Centre(next);
            yield return next;
        }

        (double X, double Y) Centre(FieldOfView f) => ((f.X + f.Width / 2.0) * pixelX, (f.Y + f.Height / 2.0) * pixelY);
        double Distance(FieldOfView f) => Centre(f) is var c ? (c.X - x) * (c.X - x) + (c.Y - y) * (c.Y - y) : 0;
    }
}

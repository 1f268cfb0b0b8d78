namespace ClemReg.Algorithms.Cells;

/// <summary>The convex hull of pixels of a section.</summary>
public static class ConvexHull
{
    /// <summary>
    /// The pixels whose centres lie in the convex hull of the centres of others (A. Andrew 1979, "Another efficient algorithm for convex
    /// hulls in two dimensions"), as runs of rows.
    /// </summary>
    /// <param name="pixels">The others, y and x, in any order.</param>
    /// <returns>For each row that the hull touches its first and last column, rows ascending.</returns>
    public static IReadOnlyList<(int Y, int First, int Last)> Rows(IEnumerable<(int Y, int X)> pixels)
    {
        // Only the first and the last pixel of a row can be corners.
        var ends = new SortedDictionary<int, (int First, int Last)>();
        foreach ((int y, int x) in pixels)
            ends[y] = ends.TryGetValue(y, out (int First, int Last) row) ? (Math.Min(row.First, x), Math.Max(row.Last, x)) : (x, x);
        if (ends.Count == 0) return [];
        // The right side is the left one of the mirror image.
        List<(int Y, int X)> left = Side(ends.Select(e => (e.Key, e.Value.First))), right = Side(ends.Select(e => (e.Key, -e.Value.Last)));
        var rows = new List<(int Y, int First, int Last)>();
        int l = 0, r = 0;
        for (int y = left[0].Y; y <= left[^1].Y; y++)
        {
            while (l + 2 < left.Count && left[l + 1].Y < y) l++;
            while (r + 2 < right.Count && right[r + 1].Y < y) r++;
            rows.Add((y, FirstColumn(left, l, y), -FirstColumn(right, r, y)));
        }
        return rows;
    }

    /// <summary>The corners of the hull's left side, from the top down.</summary>
    private static List<(int Y, int X)> Side(IEnumerable<(int Y, int X)> points)
    {
        var corners = new List<(int Y, int X)>();
        foreach ((int y, int x) in points)
        {
            while (corners.Count > 1)
            {
                (int Y, int X) a = corners[^2], b = corners[^1];
                if ((long)(b.Y - a.Y) * (x - a.X) > (long)(b.X - a.X) * (y - a.Y)) break;
                corners.RemoveAt(corners.Count - 1);
            }
            corners.Add((y, x));
        }
        return corners;
    }

    /// <summary>The first whole column at or after the edge from corner <paramref name="i"/> to the next, in row y.</summary>
    private static int FirstColumn(List<(int Y, int X)> corners, int i, int y)
    {
        if (corners.Count == 1) return corners[0].X;
        ((int y0, int x0), (int y1, int x1)) = (corners[i], corners[i + 1]);
        return x0 + (int)Math.Ceiling((double)((long)(x1 - x0) * (y - y0)) / (y1 - y0));
    }
}

namespace ClemReg.Algorithms.Cells;

/// <summary>The convex hull of pixels, which are squares (A. M. Andrew 1979, monotone chain).</summary>
internal static class ConvexHull
{
    /// <summary>The share of the hull's area that the pixels fill, 0 to 1; 1 for none.</summary>
    /// <param name="height">Rows.</param>
    /// <param name="width">Pixels of a row.</param>
    /// <param name="inside">Whether the pixel at an index belongs.</param>
    public static double Filled(int height, int width, Func<int, bool> inside)
    {
        List<(int X, int Y)> left = [], right = [];
        int area = 0;
        for (int y = 0; y < height; y++)
        {
            int first = -1, last = -1;
            for (int x = 0; x < width; x++)
            {
                if (!inside(y * width + x)) continue;
                if (first < 0) first = x;
                last = x;
                area++;
            }
            if (first < 0) continue;
            // The corners of a row's ends; only those that keep the chain convex stay.
            foreach (int corner in (int[])[y, y + 1])
            {
                Add(left, (first, corner), 1);
                Add(right, (last + 1, corner), -1);
            }
        }
        if (area == 0) return 1;
        right.Reverse();
        (int X, int Y)[] hull = [.. left, .. right];
        long twice = 0;
        for (int i = 0; i < hull.Length; i++)
        {
            (int X, int Y) a = hull[i], b = hull[(i + 1) % hull.Length];
            twice += (long)a.X * b.Y - (long)b.X * a.Y;
        }
        return 2.0 * area / Math.Abs(twice);
    }

    private static void Add(List<(int X, int Y)> chain, (int X, int Y) point, int side)
    {
        while (chain.Count > 1)
        {
            (int X, int Y) a = chain[^2], b = chain[^1];
            long turn = (long)(b.X - a.X) * (point.Y - a.Y) - (long)(b.Y - a.Y) * (point.X - a.X);
            if (turn * side < 0) break;
            chain.RemoveAt(chain.Count - 1);
        }
        chain.Add(point);
    }
}

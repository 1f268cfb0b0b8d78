namespace ClemReg.Algorithms.Cells;

/// <summary>The bounding box of a cell in one section, whole pixels.</summary>
/// <param name="Slice">The section, from 0.</param>
/// <param name="X">The first column.</param>
/// <param name="Y">The first row.</param>
/// <param name="Width">Columns, at least 1.</param>
/// <param name="Height">Rows, at least 1.</param>
/// <param name="Score">How sure the detection is, larger is surer; 1 for truth.</param>
/// <param name="Cell">The cell: its label in the section or its track through the sections; 0 when none is known.</param>
public readonly record struct Box(int Slice, int X, int Y, int Width, int Height, double Score = 1, int Cell = 0)
{
    /// <summary>Pixels.</summary>
    public long Area => (long)Width * Height;

    /// <summary>One beyond the last column.</summary>
    public int Right => X + Width;

    /// <summary>One beyond the last row.</summary>
    public int Bottom => Y + Height;

    /// <summary>Pixels that two boxes share; the sections do not matter.</summary>
    public static long Intersection(Box a, Box b)
    {
        long width = Math.Min(a.Right, b.Right) - Math.Max(a.X, b.X), height = Math.Min(a.Bottom, b.Bottom) - Math.Max(a.Y, b.Y);
        return width > 0 && height > 0 ? width * height : 0;
    }

    /// <summary>Dice's index: 2 |a and b| / (|a| + |b|), 0 to 1.</summary>
    public static double Dice(Box a, Box b) => 2.0 * Intersection(a, b) / (a.Area + b.Area);

    /// <summary>Intersection over union (Jaccard's index), 0 to 1.</summary>
    public static double IntersectionOverUnion(Box a, Box b)
    {
        long both = Intersection(a, b);
        return (double)both / (a.Area + b.Area - both);
    }

    /// <summary>The least box around two; slice, cell and the better score are kept from the first or the better one.</summary>
    public static Box Hull(Box a, Box b)
    {
        int x = Math.Min(a.X, b.X), y = Math.Min(a.Y, b.Y);
        return a with { X = x, Y = y, Width = Math.Max(a.Right, b.Right) - x, Height = Math.Max(a.Bottom, b.Bottom) - y, Score = Math.Max(a.Score, b.Score) };
    }
}

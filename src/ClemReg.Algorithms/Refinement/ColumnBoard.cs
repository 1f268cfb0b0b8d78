using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Refinement;

/// <summary>A chessboard of columns along z over the EM: its two colours are two halves of the data that see the same region.</summary>
/// <param name="low">The least corner, nm.</param>
/// <param name="high">The greatest.</param>
internal sealed class ColumnBoard(Point3 low, Point3 high)
{
    /// <summary>The columns' edge: a mitochondrion or two.</summary>
    public const double EdgeNm = 3000;

    private readonly int _across = (int)((high.X - low.X) / EdgeNm) + 1;

    /// <summary>All columns.</summary>
    public int Count => _across * ((int)((high.Y - low.Y) / EdgeNm) + 1);

    /// <summary>The column of a place within the corners.</summary>
    public int Number(Point3 q)
    {
        (int y, int x) = Cell(q);
        return y * _across + x;
    }

    /// <summary>Its colour.</summary>
    public bool Dark(Point3 q)
    {
        (int y, int x) = Cell(q);
        return (y + x) % 2 == 1;
    }

    private static int At(double length, double all) => (int)(Math.Clamp(length, 0, all) / EdgeNm);

    private (int Y, int X) Cell(Point3 q) => (At(q.Y - low.Y, high.Y - low.Y), At(q.X - low.X, high.X - low.X));
}

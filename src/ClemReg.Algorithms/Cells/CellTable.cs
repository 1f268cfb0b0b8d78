using System.Globalization;
using ClemReg.Algorithms.Transforms.Interchange;

namespace ClemReg.Algorithms.Cells;

/// <summary>A cell as a table tells it.</summary>
/// <param name="Box">Its box.</param>
/// <param name="Runs">
/// Which pixels of the box are the cell: lengths of runs, row by row from the upper left, in turns outside and inside, beginning outside; empty: all of them.
/// </param>
/// <param name="Line">The line of the table, from 1.</param>
public sealed record CellShape(Box Box, IReadOnlyList<int> Runs, int Line)
{
    /// <summary>Pixels of the cell.</summary>
    public long Area => Runs.Count == 0 ? Box.Area : Runs.Where((_, i) => i % 2 == 1).Sum(length => (long)length);

    /// <summary>The cell's pixels as pieces of rows: row, first column, one beyond the last.</summary>
    public IEnumerable<(int Y, int From, int To)> Rows()
    {
        if (Runs.Count == 0)
        {
            for (int y = Box.Y; y < Box.Bottom; y++) yield return (y, Box.X, Box.Right);
            yield break;
        }
        long at = 0;
        for (int i = 0; i < Runs.Count; i++)
        {
            for (long end = at + Runs[i]; at < end;)
            {
                (long row, long column) = Math.DivRem(at, Box.Width);
                long piece = Math.Min(end - at, Box.Width - column);
                if (i % 2 == 1) yield return (Box.Y + (int)row, Box.X + (int)column, Box.X + (int)(column + piece));
                at += piece;
            }
        }
    }
}

/// <summary>
/// A table of cells: that of their boxes (<see cref="BoxTable"/>), with a column mask where their outlines are known, as Java makes it of ROIs and of label images.
/// </summary>
public static class CellTable
{
    /// <summary>The column of the runs, with blanks between the numbers; empty where the cell is its whole box.</summary>
    public const string MaskColumn = "mask";

    /// <summary>Reads a table.</summary>
    /// <param name="text">The file's content.</param>
    /// <exception cref="BadInputException">Something is no table of cells; the message names the line.</exception>
    public static IReadOnlyList<CellShape> Read(string text) => [.. BoxTable.Rows(text, MaskColumn).Select(r => new CellShape(r.Box, Runs(r.Further, r.Box, r.Line), r.Line))];

    private static int[] Runs(string text, Box box, int line)
    {
        string[] words = text.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        var runs = new int[words.Length];
        long pixels = 0;
        for (int i = 0; i < words.Length; i++)
        {
            if (!int.TryParse(words[i], NumberStyles.None, CultureInfo.InvariantCulture, out runs[i]))
                throw new BadInputException($"line {line}: {MaskColumn} holds '{Xyz.Short(words[i])}': it must be whole numbers from 0 on, lengths of runs.");
            pixels += runs[i];
        }
        return pixels <= box.Area ? runs : throw new BadInputException($"line {line}: the runs of {MaskColumn} have {pixels} pixels, but the box has {box.Area}.");
    }
}

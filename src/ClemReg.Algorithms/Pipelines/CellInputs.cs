using System.Globalization;
using ClemReg.Algorithms.Cells;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Pipelines;

/// <summary>Reads tables of cells that an operation is given.</summary>
internal static class CellInputs
{
    /// <summary>More sections than any stack has: what asks for them is a slip of the pen.</summary>
    private const int MostSections = 100_000;

    /// <summary>Reads the table of an input, and checks that its boxes lie in an image; those that stick out of it are cut.</summary>
    /// <param name="text">The input.</param>
    /// <param name="image">Sections, rows and columns of the image; null where it is not known.</param>
    /// <param name="job">Hears of boxes that are cut.</param>
    /// <exception cref="BadInputException">No table of cells, or a box whose middle is outside of the image, or the label image is of another size; the message names input, file, line, box and size.</exception>
    public static IReadOnlyList<CellShape> Read(InputText text, Size3? image, Job job)
    {
        IReadOnlyList<CellShape> cells = text.Named(() => CellTable.Read(text.Text));
        if (text.Size is { } own && image is { } other && own != other)
            throw new BadInputException($"{text.Port}: {text.File} has {Sections(own)} but the image has {Sections(other)}: they must be of the same sections.");
        foreach (CellShape cell in cells)
            if (cell.Box.Slice >= MostSections) throw new BadInputException($"{text.Port}: {text.File}: line {cell.Line}: slice is {cell.Box.Slice + 1}; at most {MostSections} are allowed.");
        if (image is not { } size) return cells;
        foreach (CellShape cell in cells)
        {
            if (cell.Box.Slice >= size.Z) throw Outside(cell, $"is in section {cell.Box.Slice + 1}");
            if (2L * cell.Box.X + cell.Box.Width is var x && x <= 0 || x >= 2L * size.X || 2L * cell.Box.Y + cell.Box.Height is var y && y <= 0 || y >= 2L * size.Y)
                throw Outside(cell, "lies outside of the image");
        }
        CellShape[] cut = [.. cells.Where(c => Cut(c.Box, size) != c.Box)];
        if (cut.Length == 0) return cells;
        job.Warn($"{text.Port}: {text.File}: {Words.Count(cut.Length, "box")} over the border of the image ({size.X} x {size.Y} pixels), cut there, the first in line {cut[0].Line}.");
        return [.. cells.Select(c => Cut(c.Box, size) == c.Box ? c : Cut(c, size))];

        BadInputException Outside(CellShape cell, string what) => new(string.Create(CultureInfo.InvariantCulture,
            $"{text.Port}: {text.File}: line {cell.Line}: the box x {cell.Box.X}, y {cell.Box.Y}, {cell.Box.Width} x {cell.Box.Height} {what}, but the image has {Sections(size)}. Is the table of another image, or of another pixel size?"));
    }

    /// <summary>A size in words.</summary>
    public static string Sections(Size3 size) => string.Create(CultureInfo.InvariantCulture, $"{Words.Count(size.Z, "section")} of {size.X} x {size.Y} pixels");

    private static Box Cut(Box box, Size3 size)
    {
        (int x, int y) = (Math.Max(0, box.X), Math.Max(0, box.Y));
        return box with { X = x, Y = y, Width = Math.Min(box.Right, size.X) - x, Height = Math.Min(box.Bottom, size.Y) - y };
    }

    /// <summary>The part of a cell in the image.</summary>
    private static CellShape Cut(CellShape cell, Size3 size)
    {
        Box box = Cut(cell.Box, size);
        if (cell.Runs.Count == 0) return cell with { Box = box };
        var inside = new bool[box.Area];
        foreach ((int y, int from, int to) in cell.Rows())
            if (y >= box.Y && y < box.Bottom)
                for (int x = Math.Max(from, box.X); x < Math.Min(to, box.Right); x++) inside[(long)(y - box.Y) * box.Width + x - box.X] = true;
        var runs = new List<int> { 0 };
        for (int i = 0; i < inside.Length; i++)
        {
            if (inside[i] != (runs.Count % 2 == 0)) runs.Add(0);
            runs[^1]++;
        }
        return cell with { Box = box, Runs = runs };
    }
}

using ClemReg.Algorithms.Cells;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Simulation;

/// <summary>The label image of simulated sections.</summary>
public static class CellLabels
{
    /// <summary>
    /// Paints each cell with its number where a section cuts it, as its truth box says: the cell with its nucleus, of nuclear stain the nucleus. A pixel belongs to
    /// it when at least half of it is covered.
    /// </summary>
    /// <param name="sample">What was simulated.</param>
    /// <param name="pattern">Where the fluorescence is.</param>
    /// <param name="job">Threads, cancellation.</param>
    /// <returns>A volume of the sections' size, which the caller disposes of.</returns>
    /// <exception cref="BadInputException">More cells than 16 bits can number.</exception>
    public static Volume<ushort> Paint(CellSectionSample sample, CellPattern pattern, Job job)
    {
        if (sample.Cells.Count > ushort.MaxValue) throw BadInputException.ForParameter("cells_per_section", $"{sample.Cells.Count} cells in all", $"at most {ushort.MaxValue} in all sections together");
        Grid grid = sample.Sections.Grid;
        Dictionary<int, SimulatedCell> cells = sample.Cells.ToDictionary(c => c.Cell);
        ILookup<int, Box> boxes = sample.Truth.ToLookup(b => b.Slice);
        var labels = new Volume<ushort>(grid);
        try
        {
            job.For(grid.Size.Z, z =>
            {
                foreach (Box box in boxes[z])
                {
                    SimulatedCell cell = cells[box.Cell];
                    double radius = pattern == CellPattern.Nuclear ? cell.NucleusRadius : cell.Radius, height = z * grid.Spacing.Z - cell.Centre.Z;
                    double r = Math.Sqrt(radius * radius - height * height) / grid.Spacing.X, cy = cell.Centre.Y / grid.Spacing.Y, cx = cell.Centre.X / grid.Spacing.X;
                    for (int y = box.Y; y < box.Bottom; y++)
                        for (int x = box.X; x < box.Right; x++)
                            if (r + 0.5 - Math.Sqrt((y - cy) * (y - cy) + (x - cx) * (x - cx)) >= 0.5) labels[z, y, x] = (ushort)box.Cell;
                }
            });
            return labels;
        }
        catch
        {
            labels.Dispose();
            throw;
        }
    }
}

using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Cells;

/// <summary>Where the published detection begins to flood.</summary>
/// <param name="Labels">The cells' markers 1, 2, ..., those of the background after them; 0 elsewhere.</param>
/// <param name="Cells">The number of the cells' markers.</param>
internal sealed record CellMarkers(Plane<int> Labels, int Cells);

namespace ClemReg.Algorithms.Cells;

/// <summary>A box around a cell in a section: pixels <see cref="X"/> to X + Width - 1 of rows <see cref="Y"/> to Y + Height - 1.</summary>
/// <param name="Slice">The section, from 0.</param>
/// <param name="X">The first pixel.</param>
/// <param name="Y">The first row.</param>
/// <param name="Width">Pixels, 1 or more.</param>
/// <param name="Height">Rows, 1 or more.</param>
/// <param name="Score">How sure the detector is, 0 to 1.</param>
/// <param name="Cell">The cell's number, from 1; 0 where none is known.</param>
public readonly record struct Box(int Slice, int X, int Y, int Width, int Height, double Score = 1, int Cell = 0);

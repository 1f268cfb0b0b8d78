using ClemReg.Algorithms.Inference.ImageModels;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Detection;

/// <summary>A piece of a slice that a network sees at once, pixels of the image.</summary>
/// <param name="Y">Its first row.</param>
/// <param name="X">Its first column.</param>
/// <param name="Height">Its rows.</param>
/// <param name="Width">Its columns.</param>
public readonly record struct SliceTile(int Y, int X, int Height, int Width)
{
    /// <summary>Cuts slices into pieces, row by row.</summary>
    /// <param name="size">The stack's size.</param>
    /// <param name="side">The pieces' sides; 0: the whole slice is one.</param>
    /// <param name="overlap">How far neighbours overlap at least.</param>
    public static IReadOnlyList<SliceTile> Of(Size3 size, int side, int overlap)
    {
        if (side == 0) return [new SliceTile(0, 0, size.Y, size.X)];
        int height = Math.Min(side, size.Y), width = Math.Min(side, size.X);
        TileAxis y = new(size.Y, height, height, overlap), x = new(size.X, width, width, overlap);
        return [.. y.Starts.SelectMany(top => x.Starts.Select(left => new SliceTile(top, left, height, width)))];
    }
}

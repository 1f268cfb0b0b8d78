using ClemReg.Algorithms.Detection;

namespace ClemReg.Algorithms.Datasets;

/// <summary>A box in a slice.</summary>
/// <param name="Slice">The slice, from 0.</param>
/// <param name="Box">The box and its class.</param>
public readonly record struct SliceBox(int Slice, DetectedBox Box);

/// <summary>Boxes of objects in the slices of a stack, drawn by a person or found by a network.</summary>
/// <param name="Classes">The classes' names, by number.</param>
/// <param name="Boxes">The boxes, in any order; pixels.</param>
/// <param name="Annotated">The slices (from 0, rising) whose objects are all there, those without any among them; null where nobody said so: those that hold boxes.</param>
public sealed record ObjectBoxes(IReadOnlyList<string> Classes, IReadOnlyList<SliceBox> Boxes, IReadOnlyList<int>? Annotated = null)
{
    /// <summary>The slices that count as annotated: those that were said to be, or else those that hold boxes.</summary>
    public IReadOnlyList<int> Slices => Annotated ?? [.. Boxes.Select(b => b.Slice).Distinct().Order()];

    /// <summary>Refuses boxes that do not lie in an image: boxes of another one.</summary>
    /// <param name="slices">Slices of the image.</param>
    /// <param name="height">Its rows.</param>
    /// <param name="width">Its columns.</param>
    /// <param name="what">What messages call the boxes.</param>
    /// <exception cref="BadInputException">A box lies outside.</exception>
    public void CheckInside(int slices, int height, int width, string what)
    {
        foreach ((int slice, DetectedBox b) in Boxes)
        {
            if (slice >= slices) throw new BadInputException($"{what}: there is a box in slice {slice + 1}, but the image has {slices} slices. Are the boxes of another image?");
            if (b.Left >= width || b.Top >= height || b.Right <= 0 || b.Bottom <= 0)
                throw new BadInputException(FormattableString.Invariant($"{what}: a box of slice {slice + 1} at x = {b.Left:0.##}, y = {b.Top:0.##} lies outside the image of {width} x {height} pixels. Are the boxes of another image?"));
        }
        if (Annotated is { Count: > 0 } annotated && annotated[^1] >= slices) throw new BadInputException($"{what}: slice {annotated[^1] + 1} is said to be annotated, but the image has {slices} slices.");
    }
}

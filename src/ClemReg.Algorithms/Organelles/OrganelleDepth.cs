using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Organelles;

/// <summary>Tells organelles from a detector's errors by how far they reach through the slices: what is as wide as a nucleus and seen in three slices is none.</summary>
public static class OrganelleDepth
{
    /// <summary>The least depth, a share of the width, where nothing else is asked for [least_depth].</summary>
    public const double Standard = 0.4;

    /// <summary>Whether an organelle is flat.</summary>
    /// <param name="organelle">The organelle.</param>
    /// <param name="boxes">The boxes that it is made of.</param>
    /// <param name="grid">The image's: size, and spacing in nm.</param>
    /// <param name="missing">An organelle may have no box in so many slices in a row, at the ends of the image too.</param>
    /// <param name="least">How deep it must be at least, a share of its width; 0: nothing is flat.</param>
    /// <returns>
    /// False where the first or the last slice may cut it, so that nobody knows its depth, and where all its boxes have the score 1, as those drawn by hand. Of one that is wider than the image is deep, the image's depth counts.
    /// </returns>
    public static bool IsFlat(Organelle3D organelle, IReadOnlyList<SliceOrganelle> boxes, Grid grid, int missing, double least)
    {
        int first = organelle.Sections[0].Slice, last = organelle.Sections[^1].Slice;
        if (first <= missing || last >= grid.Size.Z - 1 - missing || organelle.Members.All(m => boxes[m].Box.Score == 1)) return false;
        double deepest = grid.Size.Z * grid.Spacing.Z, width = organelle.Members.Max(m => Width(boxes[m], grid.Spacing));
        return (last - first + 1) * grid.Spacing.Z < least * Math.Min(width, deepest);
    }

    /// <summary>The box's shorter side times the part of their own frame that the pixels fill, nm: a tube across the box is narrower than the box, a few pixels in a box around nothing make it no narrower.</summary>
    private static double Width(SliceOrganelle o, Point3 spacing)
    {
        double side = Math.Min((o.Box.Bottom - o.Box.Top) * spacing.Y, (o.Box.Right - o.Box.Left) * spacing.X);
        return side * o.Pixels.Area / ((o.Pixels.Bottom - o.Pixels.Top) * (o.Pixels.Right - o.Pixels.Left));
    }
}

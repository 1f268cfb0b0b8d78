using ClemReg.Algorithms.Detection;

namespace ClemReg.Algorithms.Organelles;

/// <summary>An organelle in one slice: a box and the pixels that were found in it.</summary>
/// <param name="Slice">The slice, from 0.</param>
/// <param name="Box">The box, its class and score; pixels.</param>
/// <param name="Pixels">The pixels, at least one.</param>
public sealed record SliceOrganelle(int Slice, DetectedBox Box, SliceMask Pixels)
{
    /// <summary>The mean grey value of the pixels; NaN where no recipe looks at the slice.</summary>
    public double Grey { get; init; } = double.NaN;
}

/// <summary>What an organelle is in one of its slices.</summary>
/// <param name="Slice">The slice, from 0.</param>
/// <param name="Pixels">Its pixels there.</param>
/// <param name="Filled">Whether no box was there and the pixels are interpolated.</param>
public sealed record OrganelleSection(int Slice, SliceMask Pixels, bool Filled);

/// <summary>Why a person should look at an organelle.</summary>
public enum ReviewKind
{
    /// <summary>It may be one with another.</summary>
    Merge,
    /// <summary>It may be several.</summary>
    Split,
    /// <summary>Some of its boxes have another class.</summary>
    Class,
    /// <summary>It was seen in one slice only.</summary>
    Single,
    /// <summary>Its grey value is unlike that of its class.</summary>
    Grey,
}

/// <summary>Something about an organelle that a person should look at.</summary>
/// <param name="Kind">What.</param>
/// <param name="Slice">Where, from 0.</param>
/// <param name="Other">The other organelle's place in the list, or -1.</param>
/// <param name="Evidence">How strong: what the text counts.</param>
/// <param name="Text">In words; {0} stands for the other organelle's label.</param>
public sealed record Review(ReviewKind Kind, int Slice, int Other, double Evidence, string Text);

/// <summary>An organelle in three dimensions.</summary>
/// <param name="Class">Its class.</param>
/// <param name="Sections">Its slices, ascending, one entry a slice.</param>
/// <param name="Members">The indices of the boxes that it is made of, ascending.</param>
public sealed record Organelle3D(int Class, IReadOnlyList<OrganelleSection> Sections, IReadOnlyList<int> Members)
{
    /// <summary>What should be looked at.</summary>
    public List<Review> Reviews { get; } = [];
}

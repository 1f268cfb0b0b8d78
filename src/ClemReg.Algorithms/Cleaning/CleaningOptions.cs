using ClemReg.Algorithms.Mitochondria;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Cleaning;

/// <summary>Which holes are filled.</summary>
public enum Holes
{
    /// <summary>None.</summary>
    None,
    /// <summary>Those that are enclosed in their slice.</summary>
    Slices,
    /// <summary>Those that are enclosed in the volume.</summary>
    Volume,
}

/// <summary>Which objects are removed because the image's border may cut them.</summary>
public enum BorderObjects
{
    /// <summary>None.</summary>
    Kept,
    /// <summary>Those that touch the border of a slice.</summary>
    Sides,
    /// <summary>Those, and those that touch the first or the last slice.</summary>
    All,
}

/// <summary>What is done to a mask or to each object of a label image, in this order. By default nothing is.</summary>
public sealed record CleaningOptions
{
    /// <summary>The most voxels that an element may reach along an axis: work grows with its square.</summary>
    public const int MostReach = 200;

    /// <summary>Which holes are filled.</summary>
    public Holes FillHoles { get; init; }

    /// <summary>Holes of more voxels stay; 0: none is too large.</summary>
    public long LargestHole { get; init; }

    /// <summary>Radius of the opening, nm.</summary>
    public double OpenRadius { get; init; }

    /// <summary>Radius of the closing, nm.</summary>
    public double CloseRadius { get; init; }

    /// <summary>Whether opening and closing work in each slice by itself.</summary>
    public bool Flat { get; init; }

    /// <summary>Slices of the median along z: odd; 1 is none.</summary>
    public int SmoothSlices { get; init; } = 1;

    /// <summary>Objects of fewer voxels are removed.</summary>
    public long MinimumVoxels { get; init; }

    /// <summary>Objects that reach over fewer slices are removed.</summary>
    public int MinimumSpan { get; init; }

    /// <summary>Which objects at the border are removed.</summary>
    public BorderObjects Border { get; init; }

    /// <summary>Whether objects may be removed.</summary>
    public bool Filters => MinimumVoxels > 1 || MinimumSpan > 1 || Border != BorderObjects.Kept;

    /// <summary>Whether an object stays.</summary>
    internal bool Keeps(LabelledObject o, Size3 size) => o.Voxels >= MinimumVoxels && o.Box.Extent.Z >= MinimumSpan && Border switch
    {
        BorderObjects.Kept => true,
        BorderObjects.Sides => !Sides(o.Box, size),
        _ => !Sides(o.Box, size) && o.Box.First.Z > 0 && o.Box.End.Z < size.Z,
    };

    private static bool Sides(VoxelBox box, Size3 size) => box.First.Y == 0 || box.First.X == 0 || box.End.Y == size.Y || box.End.X == size.X;
}

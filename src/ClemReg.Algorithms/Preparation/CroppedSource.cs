using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Preparation;

/// <summary>A box of an image. Its voxels stay where they are: the origin moves to the box's first voxel.</summary>
public sealed class CroppedSource : ISliceSource
{
    private readonly ISliceSource _source;
    private readonly (int Z, int Y, int X) _from;
    private readonly byte[] _slice;

    /// <summary>Prepares the view; nothing is read yet.</summary>
    /// <param name="source">The image.</param>
    /// <param name="from">The first voxel that is kept, z, y, x, from 0.</param>
    /// <param name="size">The number of voxels that are kept.</param>
    /// <exception cref="BadInputException">The box is not inside the image.</exception>
    public CroppedSource(ISliceSource source, (int Z, int Y, int X) from, Size3 size)
    {
        Size3 all = source.Grid.Size;
        if (from.Z < 0 || from.Y < 0 || from.X < 0 || size.Z > all.Z - from.Z || size.Y > all.Y - from.Y || size.X > all.X - from.X)
            throw BadInputException.ForParameter("crop", $"{size} voxels from {from}", $"a box inside the image, which has {all} voxels (z, y, x)");
        (_source, _from) = (source, from);
        Grid = new Grid(size, source.Grid.Spacing, source.Grid.ToPhysical(from.Z, from.Y, from.X));
        _slice = new byte[(long)all.SliceCount * (int)source.Type];
    }

    /// <inheritdoc/>
    public Grid Grid { get; }

    /// <inheritdoc/>
    public VoxelType Type => _source.Type;

    /// <inheritdoc/>
    public void ReadSlice(int z, Span<byte> destination)
    {
        _source.ReadSlice(z + _from.Z, _slice);
        int bytes = (int)Type, row = Grid.Size.X * bytes;
        for (int y = 0; y < Grid.Size.Y; y++)
            _slice.AsSpan(((y + _from.Y) * _source.Grid.Size.X + _from.X) * bytes, row).CopyTo(destination[(y * row)..]);
    }
}

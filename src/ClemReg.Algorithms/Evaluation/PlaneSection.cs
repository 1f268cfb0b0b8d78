using ClemReg.Algorithms.Transforms;
using ClemReg.Algorithms.Volumes;
using ClemReg.Algorithms.Warping;

namespace ClemReg.Algorithms.Evaluation;

/// <summary>The orientation of a view.</summary>
public enum ViewPlane
{
    /// <summary>x across, y down.</summary>
    Xy,
    /// <summary>z across, y down.</summary>
    Yz,
    /// <summary>x across, z down.</summary>
    Xz,
}

/// <summary>A rectangle of one of a volume's planes: a box of voxels that is one voxel thick.</summary>
/// <param name="Plane">Its orientation.</param>
/// <param name="First">The first voxel.</param>
/// <param name="Size">Voxels along each axis, 1 across the plane.</param>
internal sealed record PlaneSection(ViewPlane Plane, (int Z, int Y, int X) First, Size3 Size)
{
    /// <summary>Voxels across.</summary>
    public int Width => Plane == ViewPlane.Yz ? Size.Z : Size.X;

    /// <summary>Voxels down.</summary>
    public int Height => Plane == ViewPlane.Xz ? Size.Z : Size.Y;

    /// <summary>The three planes of a box through a voxel in it: xy, yz, xz.</summary>
    public static PlaneSection[] Through((int Z, int Y, int X) point, (int Z, int Y, int X) first, Size3 size) =>
    [
        new(ViewPlane.Xy, first with { Z = point.Z }, size with { Z = 1 }),
        new(ViewPlane.Yz, first with { X = point.X }, size with { X = 1 }),
        new(ViewPlane.Xz, first with { Y = point.Y }, size with { Y = 1 }),
    ];

    /// <summary>Reads sections of a source in one go, slice by slice in order.</summary>
    public static Raster[] Read(ISliceSource source, IReadOnlyList<PlaneSection> sections, Job job)
    {
        Size3 size = source.Grid.Size;
        Raster[] rasters = [.. sections.Select(s => new Raster(s.Width, s.Height))];
        var slice = new byte[size.SliceCount * (int)source.Type];
        for (int z = 0; z < size.Z; z++)
        {
            job.ThrowIfCancelled();
            source.ReadSlice(z, slice);
            for (int i = 0; i < rasters.Length; i++) sections[i].Take(slice, source.Type, size.X, z, rasters[i]);
        }
        return rasters;
    }

    /// <summary>Interpolates the section linearly from an image that a transform lays on the grid; says whether any of it is inside.</summary>
    public (Raster Raster, bool Inside) Warp(Volume moving, SpatialTransform transform, Grid grid, Job job)
    {
        using var warped = new WarpedVolume(moving, transform, new Grid(Size, grid.Spacing, grid.ToPhysical(First.Z, First.Y, First.X)), 1, job);
        var raster = new Raster(Width, Height);
        var slice = new byte[Size.SliceCount * (int)moving.Type];
        PlaneSection whole = this with { First = default };
        for (int z = 0; z < Size.Z; z++)
        {
            warped.ReadSlice(z, slice);
            whole.Take(slice, moving.Type, Size.X, z, raster);
        }
        return (raster, warped.SawSource);
    }

    private void Take(ReadOnlySpan<byte> slice, VoxelType type, int rowLength, int z, Raster to)
    {
        if (z < First.Z || z >= First.Z + Size.Z) return;
        for (int y = 0; y < Size.Y; y++)
        {
            int row = Plane switch { ViewPlane.Xy => y * Size.X, ViewPlane.Yz => y * Size.Z + z - First.Z, _ => (z - First.Z) * Size.X };
            VoxelConvert.ToFloat(slice.Slice(((First.Y + y) * rowLength + First.X) * (int)type, Size.X * (int)type), type, to.Values.AsSpan(row, Size.X));
        }
    }
}

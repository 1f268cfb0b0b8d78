using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Cleaning;

/// <summary>
/// The voxels whose centres lie within a radius of the middle one's, in nm: a structuring element. Voxels may be longer along one axis than along
/// another, so that it has the same size in the sample along all of them. It is held as rows along x of 2 * half width + 1 voxels.
/// </summary>
internal sealed class Ellipsoid
{
    /// <summary>Lets a radius that is a multiple of the voxel size reach that voxel, however the product is rounded.</summary>
    private const double Slack = 1 + 1e-9;

    private readonly List<(int Dz, int Dy)>[] _rows;

    /// <summary>Makes the element.</summary>
    /// <param name="grid">The voxels; what reaches beyond a volume of that size is left out.</param>
    /// <param name="radius">Its radius in nm.</param>
    /// <param name="flat">Whether it is a disc in one slice.</param>
    public Ellipsoid(Grid grid, double radius, bool flat)
    {
        double square = radius * radius * Slack;
        (double sz, double sy, double sx) = (grid.Spacing.Z, grid.Spacing.Y, grid.Spacing.X);
        Z = flat ? 0 : Reach(square, sz, grid.Size.Z);
        Y = Reach(square, sy, grid.Size.Y);
        X = Reach(square, sx, grid.Size.X);
        _rows = new List<(int, int)>[X + 1];
        for (int w = 0; w <= X; w++) _rows[w] = [];
        for (int dz = -Z; dz <= Z; dz++)
            for (int dy = -Y; dy <= Y; dy++)
                if (square - dz * sz * dz * sz - dy * sy * dy * sy is >= 0 and var left) _rows[Reach(left, sx, grid.Size.X)].Add((dz, dy));
    }

    /// <summary>How far it reaches along z, voxels.</summary>
    public int Z { get; }

    /// <summary>How far it reaches along y, voxels.</summary>
    public int Y { get; }

    /// <summary>How far it reaches along x, voxels.</summary>
    public int X { get; }

    /// <summary>Whether it is the middle voxel alone, so that it changes nothing.</summary>
    public bool IsPoint => Z + Y + X == 0;

    /// <summary>Where its rows of a half width lie, in voxels from the middle.</summary>
    public IReadOnlyList<(int Dz, int Dy)> Rows(int halfWidth) => _rows[halfWidth];

    private static int Reach(double square, double spacing, int size)
    {
        // The square root may round up to a voxel that is just outside.
        int reach = (int)Math.Min(Math.Sqrt(square) / spacing, size - 1);
        return reach * spacing * reach * spacing <= square ? reach : reach - 1;
    }
}

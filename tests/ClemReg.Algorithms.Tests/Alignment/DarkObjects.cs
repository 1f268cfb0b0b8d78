using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Tests.Alignment;

/// <summary>Objects of the EM that do not shine.</summary>
internal static class DarkObjects
{
    /// <summary>Sets the voxels of an ellipsoid; centre and radii in voxels.</summary>
    public static void Add(BitVolume mask, Point3 centre, Point3 radii)
    {
        Size3 size = mask.Grid.Size;
        for (int z = 0; z < size.Z; z++)
            for (int y = 0; y < size.Y; y++)
                for (int x = 0; x < size.X; x++)
                {
                    double dz = (z - centre.Z) / radii.Z, dy = (y - centre.Y) / radii.Y, dx = (x - centre.X) / radii.X;
                    if (dz * dz + dy * dy + dx * dx <= 1) mask[z, y, x] = true;
                }
    }
}

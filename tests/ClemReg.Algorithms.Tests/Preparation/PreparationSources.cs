using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Tests.Preparation;

/// <summary>Images whose reading is watched, and whose values tell where they are.</summary>
internal sealed class PreparationSources(Grid grid, VoxelType type, Func<int, int, int, double> value) : ISliceSource
{
    public Grid Grid { get; } = grid;

    public VoxelType Type { get; } = type;

    /// <summary>How often each slice was read.</summary>
    public int[] Reads { get; } = new int[grid.Size.Z];

    /// <summary>A float image whose values are a linear function of the position in nm: whatever averages or interpolates keeps it.</summary>
    public static PreparationSources Ramp(Grid grid) => new(grid, VoxelType.Float32, (z, y, x) => RampAt(grid.ToPhysical(z, y, x)));

    public static double RampAt(Point3 p) => 1e-2 * p.Z - 3e-2 * p.Y + 2e-2 * p.X + 5;

    /// <summary>Each voxel has a value of its own, modulo what the type holds.</summary>
    public static PreparationSources Numbered(Grid grid, VoxelType type) =>
        new(grid, type, (z, y, x) => ((z * grid.Size.Y + y) * grid.Size.X + x) % (type == VoxelType.UInt8 ? 251 : 65521));

    public void ReadSlice(int z, Span<byte> destination)
    {
        Reads[z]++;
        (_, int height, int width) = Grid.Size;
        for (int y = 0; y < height; y++)
            for (int x = 0; x < width; x++)
            {
                double v = value(z, y, x);
                Span<byte> at = destination[((y * width + x) * (int)Type)..];
                if (Type == VoxelType.UInt8) at[0] = (byte)v;
                else if (Type == VoxelType.UInt16) BitConverter.TryWriteBytes(at, (ushort)v);
                else BitConverter.TryWriteBytes(at, (float)v);
            }
    }
}

using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace ClemReg.Algorithms.Volumes;

/// <summary>The type of a volume's voxels.</summary>
public enum VoxelType
{
    /// <summary>8 bit, 0 to 255.</summary>
    UInt8 = 1,
    /// <summary>16 bit, 0 to 65535.</summary>
    UInt16 = 2,
    /// <summary>32 bit floating point.</summary>
    Float32 = 4,
}

/// <summary>Something whose z slices can be read one at a time: a volume in memory, an image in Fiji, a computed volume.</summary>
public interface ISliceSource
{
    /// <summary>Where the voxels lie.</summary>
    Grid Grid { get; }

    /// <summary>The voxels' type.</summary>
    VoxelType Type { get; }

    /// <summary>Reads slice <paramref name="z"/> as raw voxels in the machine's byte order, rows from y = 0, x fastest.</summary>
    /// <param name="z">0 to Grid.Size.Z - 1.</param>
    /// <param name="destination">Exactly Y * X * bytes per voxel.</param>
    void ReadSlice(int z, Span<byte> destination);
}

/// <summary>A volume of voxels in memory, z, y, x with x fastest. Dispose of it to give the memory back.</summary>
public abstract class Volume : ISliceSource, IDisposable
{
    private protected Volume(Grid grid, VoxelType type)
    {
        Grid = grid;
        Type = type;
        Buffer = new NativeBuffer(grid.Size.Count * (int)type);
    }

    /// <inheritdoc/>
    public Grid Grid { get; }

    /// <inheritdoc/>
    public VoxelType Type { get; }

    private protected NativeBuffer Buffer { get; }

    /// <summary>Makes a zeroed volume of a type known at run time.</summary>
    public static Volume Create(Grid grid, VoxelType type) => type switch
    {
        VoxelType.UInt8 => new Volume<byte>(grid),
        VoxelType.UInt16 => new Volume<ushort>(grid),
        VoxelType.Float32 => new Volume<float>(grid),
        _ => throw BadInputException.ForParameter("voxel type", type, "8-bit, 16-bit or 32-bit float"),
    };

    /// <summary>The raw voxels of slice <paramref name="z"/>.</summary>
    public unsafe Span<byte> SliceBytes(int z)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(z);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(z, Grid.Size.Z);
        int bytes = Grid.Size.SliceCount * (int)Type;
        return new Span<byte>(Buffer.Pointer + (long)z * bytes, bytes);
    }

    /// <inheritdoc/>
    public void ReadSlice(int z, Span<byte> destination) => SliceBytes(z).CopyTo(destination);

    /// <summary>The voxels of slice <paramref name="z"/> converted to float, rows from y = 0, x fastest.</summary>
    public void ReadSlice(int z, Span<float> destination) => VoxelConvert.ToFloat(SliceBytes(z), Type, destination);

    /// <summary>A box of this volume as a volume of its own, in the same place.</summary>
    /// <param name="first">Its first voxel.</param>
    /// <param name="size">Its voxels; all of them lie within.</param>
    public Volume Part(Size3 first, Size3 size)
    {
        Volume part = Create(new Grid(size, Grid.Spacing, Grid.ToPhysical(first.Z, first.Y, first.X)), Type);
        int bytes = (int)Type;
        for (int z = 0; z < size.Z; z++)
            for (int y = 0; y < size.Y; y++)
                SliceBytes(first.Z + z).Slice(((first.Y + y) * Grid.Size.X + first.X) * bytes, size.X * bytes).CopyTo(part.SliceBytes(z)[(y * size.X * bytes)..]);
        return part;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Buffer.Dispose();
        GC.SuppressFinalize(this);
    }
}

/// <summary>A volume in memory of one voxel type: byte, ushort or float.</summary>
public sealed class Volume<T>(Grid grid) : Volume(grid, TypeOf()) where T : unmanaged
{
    /// <summary>The voxels of slice <paramref name="z"/>, Y * X of them, x fastest.</summary>
    public unsafe Span<T> Slice(int z)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(z);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(z, Grid.Size.Z);
        int count = Grid.Size.SliceCount;
        return new Span<T>((T*)Buffer.Pointer + (long)z * count, count);
    }

    /// <summary>One row of voxels.</summary>
    public Span<T> Row(int z, int y) => Slice(z).Slice(y * Grid.Size.X, Grid.Size.X);

    /// <summary>One voxel.</summary>
    public ref T this[int z, int y, int x] => ref Row(z, y)[x];

    /// <summary>The first voxel; the others follow without gaps, z, y, x with x fastest. Valid until the volume is disposed of.</summary>
    public unsafe T* Pointer => (T*)Buffer.Pointer;

    private static VoxelType TypeOf() =>
        typeof(T) == typeof(byte) ? VoxelType.UInt8
        : typeof(T) == typeof(ushort) ? VoxelType.UInt16
        : typeof(T) == typeof(float) ? VoxelType.Float32
        : throw new NotSupportedException($"volumes of {typeof(T)}");
}

/// <summary>Conversion of raw voxels.</summary>
public static class VoxelConvert
{
    /// <summary>Raw voxels of <paramref name="type"/> to float; the values stay as they are.</summary>
    public static void ToFloat(ReadOnlySpan<byte> raw, VoxelType type, Span<float> destination)
    {
        if (destination.Length < raw.Length / (int)type) throw new ArgumentException("The destination is shorter than the voxels.", nameof(destination));
        switch (type)
        {
            case VoxelType.UInt8:
                Widen(raw, destination);
                break;
            case VoxelType.UInt16:
                Widen(MemoryMarshal.Cast<byte, ushort>(raw), destination);
                break;
            default:
                MemoryMarshal.Cast<byte, float>(raw).CopyTo(destination);
                break;
        }
    }

    // TensorPrimitives converts these two types one number at a time: 3 % of the processor time of a registration.
    private static void Widen(ReadOnlySpan<ushort> from, Span<float> to)
    {
        int half = Vector<float>.Count, i = 0;
        for (; i + 2 * half <= from.Length; i += 2 * half)
        {
            Vector.Widen(new Vector<ushort>(from[i..]), out Vector<uint> low, out Vector<uint> high);
            Vector.ConvertToSingle(Vector.AsVectorInt32(low)).CopyTo(to[i..]);
            Vector.ConvertToSingle(Vector.AsVectorInt32(high)).CopyTo(to[(i + half)..]);
        }
        for (; i < from.Length; i++) to[i] = from[i];
    }

    private static void Widen(ReadOnlySpan<byte> from, Span<float> to)
    {
        const int together = 1024;
        Span<ushort> wide = stackalloc ushort[together];
        int bytes = Vector<byte>.Count;
        for (int begin = 0; begin < from.Length; begin += together)
        {
            ReadOnlySpan<byte> part = from.Slice(begin, Math.Min(together, from.Length - begin));
            int i = 0;
            for (; i + bytes <= part.Length; i += bytes)
            {
                Vector.Widen(new Vector<byte>(part[i..]), out Vector<ushort> low, out Vector<ushort> high);
                low.CopyTo(wide[i..]);
                high.CopyTo(wide[(i + bytes / 2)..]);
            }
            for (; i < part.Length; i++) wide[i] = part[i];
            Widen(wide[..part.Length], to[begin..]);
        }
    }

    /// <summary>A float to a voxel type: rounded half to even and clamped to the type's range; float stays as it is.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T FromFloat<T>(float value) where T : unmanaged
    {
        if (typeof(T) == typeof(float)) return Unsafe.BitCast<float, T>(value);
        if (typeof(T) == typeof(byte)) return Unsafe.BitCast<byte, T>((byte)Math.Clamp(MathF.Round(value), 0f, 255f));
        return Unsafe.BitCast<ushort, T>((ushort)Math.Clamp(MathF.Round(value), 0f, 65535f));
    }
}

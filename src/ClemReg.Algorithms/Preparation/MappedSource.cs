using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Preparation;

/// <summary>An image whose values are changed one by one.</summary>
public sealed unsafe class MappedSource : ISliceSource
{
    private const int Piece = 1 << 16;

    private readonly ISliceSource _source;
    private readonly Map _map;
    private readonly Job _job;
    private readonly byte[] _slice;

    /// <summary>Changes values: raw voxels of the image's type to as many of the result's.</summary>
    public delegate void Map(ReadOnlySpan<byte> from, Span<byte> to);

    private MappedSource(ISliceSource source, VoxelType type, Map map, Job job)
    {
        (_source, Type, _map, _job) = (source, type, map, job);
        _slice = new byte[(long)source.Grid.Size.SliceCount * (int)source.Type];
    }

    /// <inheritdoc/>
    public Grid Grid => _source.Grid;

    /// <inheritdoc/>
    public VoxelType Type { get; }

    /// <summary>To 8 bit: <paramref name="low"/> becomes 0, <paramref name="high"/> 255, linearly between, rounded half to even; beyond them the value is clamped.</summary>
    public static MappedSource EightBit(ISliceSource source, double low, double high, Job job)
    {
        byte Value(double v) => high > low ? (byte)Math.Round(Math.Clamp((v - low) / (high - low), 0, 1) * 255) : v > low ? (byte)255 : (byte)0;
        switch (source.Type)
        {
            case VoxelType.UInt8:
            case VoxelType.UInt16:
                byte[] table = [.. Enumerable.Range(0, source.Type == VoxelType.UInt8 ? 256 : 65536).Select(v => Value(v))];
                return new MappedSource(source, VoxelType.UInt8, source.Type == VoxelType.UInt8
                    ? (from, to) =>
                    {
                        for (int i = 0; i < to.Length; i++) to[i] = table[from[i]];
                    }
                : (from, to) =>
                {
                    ReadOnlySpan<ushort> values = System.Runtime.InteropServices.MemoryMarshal.Cast<byte, ushort>(from);
                    for (int i = 0; i < to.Length; i++) to[i] = table[values[i]];
                }, job);
            default:
                return new MappedSource(source, VoxelType.UInt8, (from, to) =>
                {
                    ReadOnlySpan<float> values = System.Runtime.InteropServices.MemoryMarshal.Cast<byte, float>(from);
                    for (int i = 0; i < to.Length; i++) to[i] = Value(values[i]);
                }, job);
        }
    }

    /// <summary>The negative: the sum of <paramref name="low"/> and <paramref name="high"/>, minus the value.</summary>
    /// <param name="source">The image; integer values between low and high.</param>
    /// <param name="low">The value that becomes <paramref name="high"/>.</param>
    /// <param name="high">The value that becomes <paramref name="low"/>.</param>
    /// <param name="job">Threads and cancellation.</param>
    public static MappedSource Inverted(ISliceSource source, double low, double high, Job job) => new(source, source.Type, source.Type switch
    {
        VoxelType.UInt8 => (from, to) =>
        {
            var sum = (int)(low + high);
            for (int i = 0; i < to.Length; i++) to[i] = (byte)(sum - from[i]);
        }
        ,
        VoxelType.UInt16 => (from, to) =>
        {
            var sum = (int)(low + high);
            ReadOnlySpan<ushort> values = System.Runtime.InteropServices.MemoryMarshal.Cast<byte, ushort>(from);
            Span<ushort> images = System.Runtime.InteropServices.MemoryMarshal.Cast<byte, ushort>(to);
            for (int i = 0; i < images.Length; i++) images[i] = (ushort)(sum - values[i]);
        }
        ,
        _ => (from, to) =>
        {
            ReadOnlySpan<float> values = System.Runtime.InteropServices.MemoryMarshal.Cast<byte, float>(from);
            Span<float> images = System.Runtime.InteropServices.MemoryMarshal.Cast<byte, float>(to);
            for (int i = 0; i < images.Length; i++) images[i] = (float)(low + high - values[i]);
        }
    }, job);

    /// <inheritdoc/>
    public void ReadSlice(int z, Span<byte> destination)
    {
        _source.ReadSlice(z, _slice);
        int count = Grid.Size.SliceCount;
        fixed (byte* start = destination)
        {
            byte* to = start;
            _job.For((count + Piece - 1) / Piece, p =>
            {
                int first = p * Piece, n = Math.Min(Piece, count - first);
                _map(_slice.AsSpan(first * (int)_source.Type, n * (int)_source.Type), new Span<byte>(to + (long)first * (int)Type, n * (int)Type));
            });
        }
    }
}

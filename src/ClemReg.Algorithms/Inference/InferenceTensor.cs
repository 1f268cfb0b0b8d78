using System.Buffers;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Inference;

/// <summary>What the elements of a tensor are, numbered as in ONNX files. A model may hold types that are not named here: they cannot be fed or read.</summary>
public enum TensorType
{
    /// <summary>Not a tensor at all (a sequence, a map), or of an unknown type.</summary>
    None = 0,
    /// <summary>32-bit float.</summary>
    Float32 = 1,
    /// <summary>8 bits, 0 to 255.</summary>
    UInt8 = 2,
    /// <summary>8 bits with sign.</summary>
    Int8 = 3,
    /// <summary>16 bits, 0 to 65535.</summary>
    UInt16 = 4,
    /// <summary>16 bits with sign.</summary>
    Int16 = 5,
    /// <summary>32 bits with sign.</summary>
    Int32 = 6,
    /// <summary>64 bits with sign.</summary>
    Int64 = 7,
    /// <summary>Text; cannot be fed or read.</summary>
    Text = 8,
    /// <summary>True or false, one byte each.</summary>
    Boolean = 9,
    /// <summary>16-bit float.</summary>
    Float16 = 10,
    /// <summary>64-bit float.</summary>
    Float64 = 11,
    /// <summary>32 bits without sign.</summary>
    UInt32 = 12,
    /// <summary>64 bits without sign.</summary>
    UInt64 = 13,
    /// <summary>Two 32-bit floats; cannot be fed or read.</summary>
    Complex64 = 14,
    /// <summary>Two 64-bit floats; cannot be fed or read.</summary>
    Complex128 = 15,
    /// <summary>The upper half of a 32-bit float; cannot be fed or read.</summary>
    BFloat16 = 16,
}

/// <summary>Sizes and names of <see cref="TensorType"/>.</summary>
public static class TensorTypes
{
    /// <summary>The bytes of one element, or 0 for a type that cannot be fed or read.</summary>
    public static int Size(this TensorType type) => type switch
    {
        TensorType.UInt8 or TensorType.Int8 or TensorType.Boolean => 1,
        TensorType.UInt16 or TensorType.Int16 or TensorType.Float16 => 2,
        TensorType.Float32 or TensorType.Int32 or TensorType.UInt32 => 4,
        TensorType.Float64 or TensorType.Int64 or TensorType.UInt64 => 8,
        _ => 0,
    };

    /// <summary>The type of tensors whose elements are <typeparamref name="T"/> in C#.</summary>
    public static TensorType Of<T>() where T : unmanaged => default(T) switch
    {
        float => TensorType.Float32,
        byte => TensorType.UInt8,
        sbyte => TensorType.Int8,
        ushort => TensorType.UInt16,
        short => TensorType.Int16,
        int => TensorType.Int32,
        long => TensorType.Int64,
        bool => TensorType.Boolean,
        Half => TensorType.Float16,
        double => TensorType.Float64,
        uint => TensorType.UInt32,
        ulong => TensorType.UInt64,
        _ => throw new NotSupportedException($"A tensor has no elements of type {typeof(T).Name}."),
    };
}

/// <summary>
/// A block of numbers that goes into a model or comes out of it, row by row with the last axis fastest. Its memory is its own, the
/// caller's (nothing is copied) or the runtime's. Disposing of it while a run uses it is safe: the memory stays until the run ends.
/// </summary>
public sealed unsafe class InferenceTensor : IDisposable
{
    private readonly byte* _data;
    private readonly long[] _shape;
    private IDisposable? _owner;
    private int _users = 1;
    private int _disposed;

    internal InferenceTensor(TensorType type, ReadOnlySpan<long> shape, byte* data, IDisposable owner)
    {
        Type = type;
        _shape = shape.ToArray();
        Count = CountOf(shape);
        _data = data;
        _owner = owner;
    }

    /// <summary>What the elements are.</summary>
    public TensorType Type { get; }

    /// <summary>The extent of each axis, the slowest first.</summary>
    public IReadOnlyList<long> Shape => _shape;

    /// <summary>The number of elements.</summary>
    public long Count { get; }

    /// <summary>The size in bytes.</summary>
    public long Bytes => Count * Type.Size();

    /// <summary>The first element.</summary>
    internal byte* Data
    {
        get
        {
            ObjectDisposedException.ThrowIf(_disposed != 0, this);
            return _data;
        }
    }

    internal ReadOnlySpan<long> Extents => _shape;

    /// <summary>A tensor of zeros with memory of its own.</summary>
    /// <exception cref="OutOfMemoryBudgetException">The system has not that much memory.</exception>
    public static InferenceTensor Allocate(TensorType type, params ReadOnlySpan<long> shape)
    {
        if (type.Size() == 0) throw BadInputException.ForParameter("tensor type", type, "a type of numbers");
        var buffer = new NativeBuffer(checked(CountOf(shape) * type.Size()));
        return new InferenceTensor(type, shape, buffer.Pointer, buffer);
    }

    /// <summary>A tensor over the caller's memory, which stays pinned until the tensor is disposed of and no run uses it.</summary>
    /// <exception cref="BadInputException">The memory has not as many elements as the shape.</exception>
    public static InferenceTensor Over<T>(Memory<T> memory, params ReadOnlySpan<long> shape) where T : unmanaged
    {
        if (CountOf(shape) != memory.Length)
            throw BadInputException.ForParameter("tensor shape", Text(shape), $"of {memory.Length} elements, as many as the memory has");
        MemoryHandle pin = memory.Pin();
        return new InferenceTensor(TensorTypes.Of<T>(), shape, (byte*)pin.Pointer, pin);
    }

    /// <summary>The elements.</summary>
    /// <exception cref="BadInputException">They are of another type.</exception>
    /// <exception cref="OverflowException">There are more than a span holds (2^31 - 1).</exception>
    public Span<T> Values<T>() where T : unmanaged
    {
        if (TensorTypes.Of<T>() != Type)
            throw new BadInputException($"The tensor holds {Type} elements; it was read as {TensorTypes.Of<T>()}.");
        return new Span<T>(Data, checked((int)Count));
    }

    /// <summary>Lets the memory go, once no run uses it. Harmless when repeated.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 0) Leave();
    }

    /// <summary>As "float32 of 1 x 1 x 512 x 512".</summary>
    public override string ToString() => $"{Type} of {Text(Extents)}";

    /// <summary>Keeps the memory until <see cref="Leave"/>.</summary>
    internal void Use()
    {
        lock (_shape)
        {
            ObjectDisposedException.ThrowIf(_disposed != 0, this);
            _users++;
        }
    }

    internal void Leave()
    {
        lock (_shape)
        {
            if (--_users > 0) return;
        }
        Interlocked.Exchange(ref _owner, null)?.Dispose();
    }

    internal static string Text(ReadOnlySpan<long> shape) => shape.Length == 0 ? "a single value" : string.Join(" x ", shape.ToArray());

    private static long CountOf(ReadOnlySpan<long> shape)
    {
        long count = 1;
        foreach (long extent in shape)
        {
            if (extent < 0) throw BadInputException.ForParameter("tensor shape", Text(shape), "made of extents of 0 or more");
            count = checked(count * extent);
        }
        return count;
    }
}

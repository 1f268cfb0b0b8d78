using System.Buffers;
using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;

namespace ClemReg.Bridge.Worker;

/// <summary>Reads a payload from its beginning. A text or array has its length before it, -1 for null.</summary>
public ref struct PayloadReader(ReadOnlySpan<byte> payload)
{
    private ReadOnlySpan<byte> _rest = payload;

    /// <summary>The next byte.</summary>
    public byte Byte() => Take(1)[0];

    /// <summary>The next four bytes.</summary>
    public int Int() => BinaryPrimitives.ReadInt32LittleEndian(Take(sizeof(int)));

    /// <summary>The next eight bytes.</summary>
    public long Long() => BinaryPrimitives.ReadInt64LittleEndian(Take(sizeof(long)));

    /// <summary>A text in UTF-8, or null.</summary>
    public string? Text()
    {
        int length = Int();
        return length == -1 ? null : Encoding.UTF8.GetString(Take(length));
    }

    /// <summary>An array of int or double, or null.</summary>
    public T[]? Array<T>() where T : unmanaged
    {
        int count = Int();
        return count == -1 ? null : MemoryMarshal.Cast<byte, T>(Take((long)count * Marshal.SizeOf<T>())).ToArray();
    }

    private ReadOnlySpan<byte> Take(long count)
    {
        if (count < 0 || count > _rest.Length) throw new ProtocolException($"A payload lacks bytes: {count} are needed, {_rest.Length} are left.");
        ReadOnlySpan<byte> taken = _rest[..(int)count];
        _rest = _rest[(int)count..];
        return taken;
    }
}

/// <summary>Makes a payload.</summary>
public sealed class PayloadWriter
{
    private readonly ArrayBufferWriter<byte> _bytes = new();

    /// <summary>The bytes so far.</summary>
    public byte[] ToArray() => _bytes.WrittenSpan.ToArray();

    /// <summary>Adds a byte.</summary>
    public PayloadWriter Byte(byte value) => Bytes([value]);

    /// <summary>Adds four bytes.</summary>
    public PayloadWriter Int(int value)
    {
        BinaryPrimitives.WriteInt32LittleEndian(_bytes.GetSpan(sizeof(int)), value);
        _bytes.Advance(sizeof(int));
        return this;
    }

    /// <summary>Adds eight bytes.</summary>
    public PayloadWriter Long(long value)
    {
        BinaryPrimitives.WriteInt64LittleEndian(_bytes.GetSpan(sizeof(long)), value);
        _bytes.Advance(sizeof(long));
        return this;
    }

    /// <summary>Adds a number.</summary>
    public PayloadWriter Double(double value) => Long(BitConverter.DoubleToInt64Bits(value));

    /// <summary>Adds a text in UTF-8.</summary>
    public PayloadWriter Text(string text)
    {
        byte[] utf8 = Encoding.UTF8.GetBytes(text);
        return Int(utf8.Length).Bytes(utf8);
    }

    /// <summary>Adds an array of int or double.</summary>
    public PayloadWriter Array<T>(ReadOnlySpan<T> values) where T : unmanaged => Int(values.Length).Bytes(MemoryMarshal.AsBytes(values));

    private PayloadWriter Bytes(ReadOnlySpan<byte> bytes)
    {
        _bytes.Write(bytes);
        return this;
    }
}

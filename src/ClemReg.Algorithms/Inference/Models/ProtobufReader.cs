using System.Text;

namespace ClemReg.Algorithms.Inference.Models;

/// <summary>A stretch of a file.</summary>
internal readonly record struct ByteRange(long Start, long Length);

/// <summary>
/// Walks through a protobuf file of any content without building it: one window of the file is in memory, whatever the file says about
/// sizes. The generated parser would copy the weights, and makes some 200 bytes out of 2 where a file is written for that.
/// </summary>
/// <remarks>Every fault is a <see cref="BadInputException"/> that says where. Lengths are checked against the message that they stand in.</remarks>
internal sealed class ProtobufReader(Stream stream, string file)
{
    /// <summary>Messages inside one another: more is taken for an attack.</summary>
    private const int MaximumDepth = 100;

    private readonly byte[] _window = new byte[1 << 16];
    private readonly long _fileLength = stream.Length;
    private long _windowStart;
    private int _windowLength;
    private long _limit = stream.Length;
    private int _depth;
    private int _field;
    private int _wireType;

    /// <summary>Where the next byte is read.</summary>
    public long Position { get; private set; }

    /// <summary>The next field's number; false at the end of the message.</summary>
    public bool Next(out int field)
    {
        field = 0;
        if (Position >= _limit) return false;
        ulong tag = Varint();
        _wireType = (int)(tag & 7);
        if (tag > uint.MaxValue || tag >> 3 == 0 || _wireType is 3 or 4 or > 5) throw Damaged($"the tag {tag} at byte {Position} is none of a field");
        field = _field = (int)(tag >> 3);
        return true;
    }

    /// <summary>Passes over the value of the field.</summary>
    public void Skip()
    {
        switch (_wireType)
        {
            case 0: Varint(); break;
            case 1: Advance(8); break;
            case 5: Advance(4); break;
            default: Advance(Length()); break;
        }
    }

    /// <summary>The field's whole number.</summary>
    public long Integer()
    {
        Require(0);
        return (long)Varint();
    }

    /// <summary>Whether the field holds a list of numbers in one piece, as lists mostly do; its single value otherwise.</summary>
    public bool IsPacked => _wireType == 2;

    /// <summary>Where the field's bytes are; they are passed over.</summary>
    public ByteRange Bytes()
    {
        Require(2);
        long length = Length();
        var range = new ByteRange(Position, length);
        Advance(length);
        return range;
    }

    /// <summary>Passes over a single number of 4 or 8 bytes.</summary>
    public ByteRange Fixed(int bytes)
    {
        Require(bytes == 4 ? 5 : 1);
        var range = new ByteRange(Position, bytes);
        Advance(bytes);
        return range;
    }

    /// <summary>The field's text of at most <paramref name="most"/> bytes.</summary>
    public string Text(int most = 1 << 16)
    {
        ByteRange range = Bytes();
        if (range.Length > most) throw Damaged($"a name of {range.Length} bytes at byte {range.Start}");
        return TextAt(range);
    }

    /// <summary>The text at a place of the file.</summary>
    public string TextAt(ByteRange range)
    {
        Span<byte> bytes = range.Length <= 512 ? stackalloc byte[(int)range.Length] : new byte[range.Length];
        Read(range.Start, bytes);
        return Encoding.UTF8.GetString(bytes);
    }

    /// <summary>Adds the field's whole numbers, one or a packed list, to <paramref name="values"/>, which may then hold <paramref name="most"/>.</summary>
    public void Integers(List<long> values, int most)
    {
        if (!IsPacked)
        {
            values.Add(Integer());
            if (values.Count > most) throw TooMany(most);
            return;
        }
        long outer = EnterPacked();
        while (Position < _limit)
        {
            values.Add((long)Varint());
            if (values.Count > most) throw TooMany(most);
        }
        _limit = outer;
    }

    /// <summary>Calls <paramref name="each"/> for the field's whole numbers, one or a packed list, and returns how many there were.</summary>
    public long EachInteger(Action<long> each)
    {
        if (!IsPacked)
        {
            each(Integer());
            return 1;
        }
        long count = 0;
        long outer = EnterPacked();
        for (; Position < _limit; count++) each((long)Varint());
        _limit = outer;
        return count;
    }

    /// <summary>Goes into the field's message. Give the result to <see cref="Leave"/>.</summary>
    public long Enter()
    {
        if (++_depth > MaximumDepth) throw Damaged($"messages within messages, more than {MaximumDepth} deep");
        return EnterPacked();
    }

    private long EnterPacked()
    {
        Require(2);
        long length = Length();
        long outer = _limit;
        _limit = Position + length;
        return outer;
    }

    /// <summary>Comes out of the message of <see cref="Enter"/>, which has been read to its end.</summary>
    public void Leave(long outer)
    {
        _limit = outer;
        _depth--;
    }

    /// <summary>Copies bytes from anywhere in the file.</summary>
    public void Read(long start, Span<byte> bytes)
    {
        if (bytes.Length > _window.Length)
        {
            stream.Position = start;
            stream.ReadExactly(bytes);
            return;
        }
        Fill(start, bytes.Length);
        _window.AsSpan((int)(start - _windowStart), bytes.Length).CopyTo(bytes);
    }

    /// <summary>The error about this file's content.</summary>
    public BadInputException Damaged(string what) => new($"The model {file} is damaged: {what}. Get the file again.");

    private void Require(int wireType)
    {
        if (_wireType != wireType) throw Damaged($"field {_field} before byte {Position} is of another kind than ONNX has there");
    }

    private long Length()
    {
        ulong length = Varint();
        if (length > (ulong)(_limit - Position)) throw TooLong(length);
        return (long)length;
    }

    private BadInputException TooLong(ulong length)
    {
        // Within the outermost messages the usual reason is a download that broke off.
        bool cut = _limit == _fileLength && length < int.MaxValue;
        return cut
            ? new BadInputException($"The model {file} is truncated: {(long)length - (_fileLength - Position)} bytes are missing at its end ({_fileLength} bytes are there). Get the file again.")
            : Damaged($"field {_field} at byte {Position} is said to be {length} bytes long, with {_limit - Position} left where it stands");
    }

    private BadInputException TooMany(int most) => Damaged($"more than {most} numbers in field {_field} before byte {Position}");

    private void Advance(long bytes)
    {
        if (bytes > _limit - Position) throw TooLong((ulong)bytes);
        Position += bytes;
    }

    private ulong Varint()
    {
        ulong value = 0;
        for (int shift = 0; shift < 70; shift += 7)
        {
            if (Position >= _limit) throw TooLong(1);
            if (Position < _windowStart || Position >= _windowStart + _windowLength) Fill(Position, 1);
            byte next = _window[Position++ - _windowStart];
            value |= (ulong)(next & 0x7f) << shift;
            if (next < 0x80) return value;
        }
        throw Damaged($"a number of more than 10 bytes before byte {Position}");
    }

    private void Fill(long start, int bytes)
    {
        if (start >= _windowStart && start + bytes <= _windowStart + _windowLength) return;
        if (start < 0 || start + bytes > _fileLength) throw Damaged($"bytes {start} to {start + bytes} are needed, but it has {_fileLength}");
        stream.Position = start;
        _windowStart = start;
        _windowLength = stream.ReadAtLeast(_window, bytes, throwOnEndOfStream: false);
        if (_windowLength < bytes) throw Damaged("it became shorter while it was read");
    }
}

using System.Buffers.Binary;

namespace ClemReg.Bridge.Worker;

/// <summary>
/// Frames on a stream: the number of bytes that follow (int), the request's number (long), the kind (byte), the payload. All numbers are little-endian.
/// </summary>
public static class Frames
{
    /// <summary>The most bytes of a payload; a little below the longest array of Java and .NET.</summary>
    public const int MaxPayload = 2_000_000_000;

    private const int LengthBytes = 4, HeadBytes = 9, FirstPiece = 1 << 16, SmallFrame = 1 << 10;

    /// <summary>Reads a frame.</summary>
    /// <returns>False at the end of the stream.</returns>
    /// <exception cref="ProtocolException">The stream ends within a frame, or what comes is none.</exception>
    public static bool TryRead(Stream stream, out Frame frame)
    {
        frame = default;
        Span<byte> head = stackalloc byte[LengthBytes + HeadBytes];
        int have = stream.ReadAtLeast(head, head.Length, throwOnEndOfStream: false);
        if (have == 0) return false;
        if (have < head.Length) throw Cut();
        int length = BinaryPrimitives.ReadInt32LittleEndian(head) - HeadBytes;
        if (length is < 0 or > MaxPayload) throw new ProtocolException($"A frame of {(long)length + HeadBytes} bytes is none.");
        frame = new Frame(BinaryPrimitives.ReadInt64LittleEndian(head[LengthBytes..]), (FrameKind)head[^1], ReadPayload(stream, length));
        return true;
    }

    /// <summary>Writes a frame. Not safe against other writers.</summary>
    public static void Write(Stream stream, Frame frame)
    {
        int length = frame.Payload.Length;
        Span<byte> bytes = stackalloc byte[LengthBytes + HeadBytes + (length <= SmallFrame ? length : 0)];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, checked(HeadBytes + length));
        BinaryPrimitives.WriteInt64LittleEndian(bytes[LengthBytes..], frame.Id);
        bytes[LengthBytes + HeadBytes - 1] = (byte)frame.Kind;
        if (length <= SmallFrame) frame.Payload.CopyTo(bytes[(LengthBytes + HeadBytes)..]);
        stream.Write(bytes);
        if (length > SmallFrame) stream.Write(frame.Payload);
        stream.Flush();
    }

    /// <summary>Memory is taken as the bytes come, not as a length promises them.</summary>
    private static byte[] ReadPayload(Stream stream, int length)
    {
        byte[] payload = new byte[Math.Min(length, FirstPiece)];
        for (int have = 0; have < length;)
        {
            if (have == payload.Length) Array.Resize(ref payload, (int)Math.Min(length, 2L * have));
            int n = stream.Read(payload, have, payload.Length - have);
            if (n == 0) throw Cut();
            have += n;
        }
        return payload;
    }

    private static ProtocolException Cut() => new("The stream ends within a frame.");
}

using System.Buffers.Binary;
using System.IO.Compression;
using ClemReg.Algorithms.Inference.Conversion;

namespace ClemReg.Algorithms.Volumes;

/// <summary>Writes PNG pictures of 8 bits (ISO/IEC 15948): no filter, one block of data.</summary>
internal static class PngWriter
{
    private const byte Grey = 0, Colour = 2, Bits = 8;

    /// <summary>A picture as a file.</summary>
    /// <param name="pixels">height x width x channels values, row by row.</param>
    /// <param name="width">Columns.</param>
    /// <param name="height">Rows.</param>
    /// <param name="channels">1 (grey) or 3 (red, green, blue).</param>
    public static byte[] Write(ReadOnlySpan<byte> pixels, int width, int height, int channels)
    {
        using var png = new MemoryStream();
        png.Write([0x89, (byte)'P', (byte)'N', (byte)'G', 13, 10, 26, 10]);
        var header = new byte[13];
        BinaryPrimitives.WriteInt32BigEndian(header, width);
        BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(4), height);
        (header[8], header[9]) = (Bits, channels == 1 ? Grey : Colour);
        Chunk(png, "IHDR"u8, header);
        using var packed = new MemoryStream();
        using (var zlib = new ZLibStream(packed, CompressionLevel.Optimal, leaveOpen: true))
            for (int y = 0; y < height; y++)
            {
                zlib.WriteByte(0);
                zlib.Write(pixels.Slice(y * width * channels, width * channels));
            }
        Chunk(png, "IDAT"u8, packed.GetBuffer().AsSpan(0, (int)packed.Length));
        Chunk(png, "IEND"u8, []);
        return png.ToArray();
    }

    private static void Chunk(MemoryStream png, ReadOnlySpan<byte> kind, ReadOnlySpan<byte> content)
    {
        Span<byte> number = stackalloc byte[4];
        BinaryPrimitives.WriteInt32BigEndian(number, content.Length);
        png.Write(number);
        byte[] body = [.. kind, .. content];
        png.Write(body);
        BinaryPrimitives.WriteUInt32BigEndian(number, Crc32.Of(body));
        png.Write(number);
    }
}

using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;
using ClemReg.Algorithms.Volumes;

/// <summary>Reads PNG pictures of 8 or 16 bit grey values, as ../shared/data/cells has them.</summary>
internal static class GreyPng
{
    /// <summary>Reads a picture.</summary>
    public static Plane<float> Read(string path)
    {
        byte[] file = File.ReadAllBytes(path);
        (int width, int height, int bytes) = (0, 0, 1);
        using var packed = new MemoryStream();
        // After the signature: length, type, content and checksum of each part.
        for (int at = 8; at < file.Length;)
        {
            Span<byte> content = file.AsSpan(at + 8, BinaryPrimitives.ReadInt32BigEndian(file.AsSpan(at)));
            string type = Encoding.ASCII.GetString(file, at + 4, 4);
            if (type == "IHDR")
            {
                (width, height, bytes) = (BinaryPrimitives.ReadInt32BigEndian(content), BinaryPrimitives.ReadInt32BigEndian(content[4..]), content[8] / 8);
                if (content[8] is not (8 or 16) || content[9] != 0 || content[12] != 0) throw new InvalidDataException($"{path} is no picture of 8 or 16 bit grey values without interlacing.");
            }
            else if (type == "IDAT") packed.Write(content);
            at += 12 + content.Length;
        }
        packed.Position = 0;
        using var pixels = new ZLibStream(packed, CompressionMode.Decompress);
        var plane = new Plane<float>(height, width);
        byte[] above = new byte[width * bytes], row = new byte[width * bytes];
        for (int y = 0; y < height; y++)
        {
            int filter = pixels.ReadByte();
            pixels.ReadExactly(row);
            for (int i = 0; i < row.Length; i++)
            {
                int left = i >= bytes ? row[i - bytes] : 0, corner = i >= bytes ? above[i - bytes] : 0;
                row[i] += (byte)(filter switch { 1 => left, 2 => above[i], 3 => (left + above[i]) / 2, 4 => Nearest(left, above[i], corner), _ => 0 });
            }
            for (int x = 0; x < width; x++) plane[y, x] = bytes == 1 ? row[x] : BinaryPrimitives.ReadUInt16BigEndian(row.AsSpan(2 * x));
            (above, row) = (row, above);
        }
        return plane;
    }

    /// <summary>Paeth's predictor.</summary>
    private static int Nearest(int left, int above, int corner)
    {
        int ofLeft = Math.Abs(above - corner), ofAbove = Math.Abs(left - corner), ofCorner = Math.Abs(left + above - 2 * corner);
        return ofLeft <= ofAbove && ofLeft <= ofCorner ? left : ofAbove <= ofCorner ? above : corner;
    }
}

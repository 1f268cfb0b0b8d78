using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;
using ClemReg.Algorithms.Volumes;

/// <summary>Reads PNG pictures of 8 bit grey values, as ../shared/data/cells has them.</summary>
internal static class GreyPng
{
    /// <summary>Reads a picture.</summary>
    public static Plane<float> Read(string path)
    {
        byte[] file = File.ReadAllBytes(path);
        (int width, int height) = (0, 0);
        using var packed = new MemoryStream();
        // After the signature: length, type, content and checksum of each part.
        for (int at = 8; at < file.Length;)
        {
            Span<byte> content = file.AsSpan(at + 8, BinaryPrimitives.ReadInt32BigEndian(file.AsSpan(at)));
            string type = Encoding.ASCII.GetString(file, at + 4, 4);
            if (type == "IHDR")
            {
                (width, height) = (BinaryPrimitives.ReadInt32BigEndian(content), BinaryPrimitives.ReadInt32BigEndian(content[4..]));
                if (content[8] != 8 || content[9] != 0 || content[12] != 0) throw new InvalidDataException($"{path} is no picture of 8 bit grey values without interlacing.");
            }
            else if (type == "IDAT") packed.Write(content);
            at += 12 + content.Length;
        }
        packed.Position = 0;
        using var pixels = new ZLibStream(packed, CompressionMode.Decompress);
        var plane = new Plane<float>(height, width);
        byte[] above = new byte[width], row = new byte[width];
        for (int y = 0; y < height; y++)
        {
            int filter = pixels.ReadByte();
            pixels.ReadExactly(row);
            for (int x = 0; x < width; x++)
            {
                int left = x > 0 ? row[x - 1] : 0, corner = x > 0 ? above[x - 1] : 0;
                row[x] += (byte)(filter switch { 1 => left, 2 => above[x], 3 => (left + above[x]) / 2, 4 => Nearest(left, above[x], corner), _ => 0 });
                plane[y, x] = row[x];
            }
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

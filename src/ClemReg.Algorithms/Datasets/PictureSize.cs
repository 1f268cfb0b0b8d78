using System.Buffers.Binary;
using ClemReg.Algorithms.Inference.Models;

namespace ClemReg.Algorithms.Datasets;

/// <summary>Reads the size of a picture from the beginning of its file: PNG, JPEG, BMP, PGM and PPM, the kinds that YOLO_mark and Darknet take.</summary>
internal static class PictureSize
{
    private const int LargestSide = 1 << 20;

    /// <summary>The kinds' extensions.</summary>
    public static IReadOnlyList<string> Extensions { get; } = [".png", ".jpg", ".jpeg", ".bmp", ".pgm", ".ppm"];

    /// <summary>Whether a file's name is a picture's.</summary>
    public static bool Is(string path) => Extensions.Contains(Path.GetExtension(path).ToLowerInvariant());

    /// <summary>Rows and columns.</summary>
    /// <exception cref="BadInputException">It is no such picture, or damaged.</exception>
    public static (int Height, int Width) Of(string path)
    {
        string file = Shown.Name(Path.GetFileName(path));
        (int height, int width) = ModelFiles.Reading(file, () =>
        {
            using FileStream stream = File.OpenRead(path);
            try
            {
                return Read(stream);
            }
            catch (EndOfStreamException)
            {
                return (0, 0);
            }
        });
        return height is > 0 and <= LargestSide && width is > 0 and <= LargestSide ? (height, width)
            : throw new BadInputException($"{file} is no picture of those kinds ({string.Join(' ', Extensions)}), or is damaged: its size cannot be read.");
    }

    private static (int Height, int Width) Read(Stream stream)
    {
        var start = new byte[26];
        stream.ReadExactly(start, 0, 2);
        switch ((char)start[0], (char)start[1])
        {
            case ('\u0089', 'P'):
                stream.ReadExactly(start, 2, 22);
                return start.AsSpan(12, 4).SequenceEqual("IHDR"u8) ? (BinaryPrimitives.ReadInt32BigEndian(start.AsSpan(20)), BinaryPrimitives.ReadInt32BigEndian(start.AsSpan(16))) : (0, 0);
            case ('B', 'M'):
                stream.ReadExactly(start, 2, 24);
                return (Math.Abs((int)Math.Clamp((long)BinaryPrimitives.ReadInt32LittleEndian(start.AsSpan(22)), -LargestSide, LargestSide + 1)), BinaryPrimitives.ReadInt32LittleEndian(start.AsSpan(18)));
            case ('P', >= '2' and <= '6'):
                int width = Number(stream);
                return (Number(stream), width);
            case ('\u00FF', '\u00D8'):
                return Jpeg(stream);
            default:
                return (0, 0);
        }
    }

    /// <summary>The next number of a portable map's header; what follows # is a remark.</summary>
    private static int Number(Stream stream)
    {
        int value = 0, digits = 0;
        for (int c = stream.ReadByte(); c >= 0; c = stream.ReadByte())
        {
            if (c is >= '0' and <= '9' && digits++ < 8) value = 10 * value + c - '0';
            else if (digits > 0) return value;
            else if (c == '#')
                while (c is >= 0 and not '\n') c = stream.ReadByte();
            else if (!char.IsWhiteSpace((char)c)) return 0;
        }
        return value;
    }

    /// <summary>The frame header (SOF) among a JPEG's segments.</summary>
    private static (int Height, int Width) Jpeg(Stream stream)
    {
        var segment = new byte[7];
        while (true)
        {
            int marker = stream.ReadByte();
            while (marker == 0xFF) marker = stream.ReadByte();
            if (marker is < 0 or 0xD9 or 0xDA) return (0, 0);
            stream.ReadExactly(segment, 0, 2);
            int length = BinaryPrimitives.ReadUInt16BigEndian(segment);
            if (length < 2) return (0, 0);
            if (marker is >= 0xC0 and <= 0xCF and not (0xC4 or 0xC8 or 0xCC))
            {
                stream.ReadExactly(segment, 0, 5);
                return (BinaryPrimitives.ReadUInt16BigEndian(segment.AsSpan(1)), BinaryPrimitives.ReadUInt16BigEndian(segment.AsSpan(3)));
            }
            stream.Seek(length - 2, SeekOrigin.Current);
            if (stream.ReadByte() != 0xFF) return (0, 0);
        }
    }
}

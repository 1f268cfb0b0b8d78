using System.Globalization;
using System.IO.Compression;
using System.Text;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Evaluation;

/// <summary>A stack of pictures in red, green and blue as a TIFF file that ImageJ opens: a page a slice, each packed by Deflate, calibrated in nm.</summary>
/// <param name="stream">Where to; it must be able to go back.</param>
/// <param name="grid">Slices, rows, columns and the voxel size.</param>
internal sealed class RgbTiff(Stream stream, Grid grid)
{
    private const int Entries = 13, Short = 3, Long = 4, Rational = 5, Ascii = 2;

    /// <summary>Where the file says at what place the next page begins.</summary>
    private long _link = 4;
    private int _pages;

    /// <summary>Packs a slice, on any thread.</summary>
    /// <param name="rgb">Three bytes a pixel, rows from the top.</param>
    public static byte[] Pack(ReadOnlySpan<byte> rgb)
    {
        using var packed = new MemoryStream();
        using (var zlib = new ZLibStream(packed, CompressionLevel.Fastest, leaveOpen: true)) zlib.Write(rgb);
        return packed.ToArray();
    }

    /// <summary>Adds the next slice.</summary>
    /// <exception cref="BadInputException">The file would be too large for its format.</exception>
    public void Add(byte[] packed)
    {
        using var to = new BinaryWriter(stream, Encoding.ASCII, leaveOpen: true);
        if (_pages == 0) to.Write([(byte)'I', (byte)'I', 42, 0, 0, 0, 0, 0]);
        // Only the first page tells of the stack.
        byte[] text = Encoding.ASCII.GetBytes(_pages == 0 ? string.Create(CultureInfo.InvariantCulture,
            $"ImageJ=1.53t\nimages={grid.Size.Z}\nslices={grid.Size.Z}\nunit=micron\nspacing={grid.Spacing.Z / 1000:R}\nloop=false\n\0") : "\0");
        long strip = stream.Position, values = strip + packed.Length + packed.Length % 2, page = values + 6 + 16 + text.Length + text.Length % 2;
        if (page > uint.MaxValue - (1 << 20)) throw new BadInputException("overlay = all is not allowed: the coloured slices take more than the 4 GB that a TIFF file can have. Set overlay = montage, or crop the segmentations.");
        to.Write(packed);
        if (packed.Length % 2 == 1) to.Write((byte)0);
        for (int c = 0; c < 3; c++) to.Write((ushort)8);
        Resolution(to, grid.Spacing.X);
        Resolution(to, grid.Spacing.Y);
        to.Write(text);
        if (text.Length % 2 == 1) to.Write((byte)0);
        to.Write((ushort)Entries);
        Entry(to, 254, Long, 1, 0);
        Entry(to, 256, Long, 1, grid.Size.X);
        Entry(to, 257, Long, 1, grid.Size.Y);
        Entry(to, 258, Short, 3, values);
        Entry(to, 259, Short, 1, 8); // Deflate
        Entry(to, 262, Short, 1, 2); // red, green, blue
        Entry(to, 270, Ascii, text.Length, text.Length <= 4 ? 0 : values + 22);
        Entry(to, 273, Long, 1, strip);
        Entry(to, 277, Short, 1, 3);
        Entry(to, 278, Long, 1, grid.Size.Y);
        Entry(to, 279, Long, 1, packed.Length);
        Entry(to, 282, Rational, 1, values + 6);
        Entry(to, 283, Rational, 1, values + 14);
        to.Write(0);
        long end = stream.Position;
        stream.Position = _link;
        to.Write((uint)page);
        stream.Position = end;
        _link = end - 4;
        _pages++;
    }

    /// <summary>Pixels in a micrometre.</summary>
    private static void Resolution(BinaryWriter to, double nm)
    {
        const uint Parts = 1_000_000;
        to.Write((uint)Math.Clamp(Math.Round(1000 / nm * Parts), 1, uint.MaxValue));
        to.Write(Parts);
    }

    private static void Entry(BinaryWriter to, int tag, int type, int count, long value)
    {
        to.Write((ushort)tag);
        to.Write((ushort)type);
        to.Write((uint)count);
        to.Write((uint)value);
    }
}

using System.Buffers.Binary;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Meshes;

/// <summary>STL: triangles without shared vertices, x, y, z, 32-bit floats. The format knows no unit; ours are nm, as the header of a binary file says.</summary>
public static class StlFile
{
    private const int HeaderBytes = 80, TriangleBytes = 50, Batch = 1024;

    /// <summary>Writes a binary STL.</summary>
    /// <param name="mesh">The surface.</param>
    /// <param name="name">What it is, for the header: ASCII, cut to what fits.</param>
    /// <param name="stream">Where to.</param>
    public static void Write(TriangleMesh mesh, string name, Stream stream)
    {
        var header = new byte[HeaderBytes + 4];
        header.AsSpan(0, HeaderBytes).Fill((byte)' ');
        // It must not begin with "solid", by which readers know the text form.
        string text = "ClemReg.Fiji, nm, x y z, " + name;
        Encoding.ASCII.GetBytes(text.AsSpan(0, Math.Min(text.Length, HeaderBytes)), header);
        BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(HeaderBytes), (uint)mesh.Count);
        stream.Write(header);
        var buffer = new byte[Batch * TriangleBytes];
        for (int t = 0, n = 0; t < mesh.Count; t++)
        {
            Span<byte> at = buffer.AsSpan(n * TriangleBytes, TriangleBytes);
            Point3 normal = mesh.Normal(t);
            double length = normal.Length;
            Put(at, length > 0 ? 1 / length * normal : default);
            (Point3 a, Point3 b, Point3 c) = mesh.Corners(t);
            Put(at[12..], a);
            Put(at[24..], b);
            Put(at[36..], c);
            if (++n < Batch && t + 1 < mesh.Count) continue;
            stream.Write(buffer, 0, n * TriangleBytes);
            n = 0;
        }
    }

    /// <summary>Reads an STL, binary or text. Corners at exactly the same place become one vertex.</summary>
    /// <param name="content">The file.</param>
    /// <param name="file">Its name, for messages.</param>
    /// <param name="nanometres">What one of the file's units is.</param>
    /// <exception cref="BadInputException">It is no STL, cut off, or holds what is no number.</exception>
    public static TriangleMesh Read(ReadOnlySpan<byte> content, string file, double nanometres = 1)
    {
        if (!(nanometres > 0 && double.IsFinite(nanometres))) throw BadInputException.ForParameter("unit", nanometres, "a positive length in nm");
        long triangles = content.Length >= HeaderBytes + 4 ? BinaryPrimitives.ReadUInt32LittleEndian(content[HeaderBytes..]) : -1;
        // Some programs begin binary files with "solid" too, so the size decides.
        if (triangles >= 0 && content.Length == HeaderBytes + 4 + triangles * TriangleBytes) return Binary(content[(HeaderBytes + 4)..], file, nanometres);
        if (content.TrimStart(" \t\r\n"u8).StartsWith("solid"u8)) return Ascii(content, file, nanometres);
        throw new BadInputException(triangles >= 0 && content.Length < HeaderBytes + 4 + triangles * TriangleBytes
            ? $"{file} is no STL or is cut off: it says {triangles} triangles, which take {HeaderBytes + 4 + triangles * TriangleBytes} bytes, and has {content.Length}."
            : $"{file} is no STL: it neither begins with solid nor has the size of a binary one.");
    }

    private static TriangleMesh Binary(ReadOnlySpan<byte> body, string file, double nanometres)
    {
        var weld = new Welding(file);
        for (; body.Length > 0; body = body[TriangleBytes..])
            for (int k = 0; k < 3; k++)
            {
                ReadOnlySpan<byte> at = body[(12 + 12 * k)..];
                float x = BinaryPrimitives.ReadSingleLittleEndian(at), y = BinaryPrimitives.ReadSingleLittleEndian(at[4..]), z = BinaryPrimitives.ReadSingleLittleEndian(at[8..]);
                weld.Add(nanometres * new Point3(z, y, x));
            }
        return weld.Mesh();
    }

    private static TriangleMesh Ascii(ReadOnlySpan<byte> content, string file, double nanometres)
    {
        var weld = new Welding(file);
        int line = 0, corners = 0;
        bool ended = false;
        Span<double> p = stackalloc double[3];
        foreach (string text in Encoding.UTF8.GetString(content).Split('\n'))
        {
            line++;
            string[] words = text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
            if (words.Length == 0) continue;
            switch (words[0].ToLowerInvariant())
            {
                case "vertex":
                    if (words.Length != 4) throw Bad("a vertex has three numbers");
                    for (int k = 0; k < 3; k++)
                        if (!double.TryParse(words[k + 1], NumberStyles.Float, CultureInfo.InvariantCulture, out p[k])) throw Bad($"'{(words[k + 1].Length > 20 ? words[k + 1][..20] : words[k + 1])}' is no number");
                    weld.Add(nanometres * new Point3(p[2], p[1], p[0]));
                    corners++;
                    break;
                case "endfacet":
                    if (corners != 3) throw Bad($"a facet has {corners} vertices; it must have 3");
                    corners = 0;
                    break;
                case "endsolid":
                    ended = true;
                    break;
                case "solid" or "facet" or "outer" or "endloop":
                    break;
                default:
                    throw Bad("this is no line of an STL");
            }
        }
        if (corners != 0 || !ended) throw new BadInputException($"{file} is cut off: it does not end with endsolid.");
        return weld.Mesh();

        BadInputException Bad(string what) => new($"{file}, line {line}: {what}.");
    }

    private static void Put(Span<byte> at, Point3 p)
    {
        BinaryPrimitives.WriteSingleLittleEndian(at, (float)p.X);
        BinaryPrimitives.WriteSingleLittleEndian(at[4..], (float)p.Y);
        BinaryPrimitives.WriteSingleLittleEndian(at[8..], (float)p.Z);
    }

    /// <summary>Corners at one place become a vertex; triangles that lose a corner that way are left out.</summary>
    private sealed class Welding(string file)
    {
        private readonly Dictionary<Point3, int> _number = [];
        private readonly List<Point3> _vertices = [];
        private readonly List<int> _triangles = [];

        public void Add(Point3 p)
        {
            if (!p.IsFinite) throw new BadInputException($"{file}: corner {_triangles.Count % 3 + 1} of a triangle is at {p} (z, y, x), which is no place.");
            ref int number = ref CollectionsMarshal.GetValueRefOrAddDefault(_number, p, out bool known);
            if (!known)
            {
                number = _vertices.Count;
                _vertices.Add(p);
            }
            _triangles.Add(number);
            int n = _triangles.Count;
            if (n % 3 == 0 && (_triangles[n - 1] == _triangles[n - 2] || _triangles[n - 2] == _triangles[n - 3] || _triangles[n - 1] == _triangles[n - 3])) _triangles.RemoveRange(n - 3, 3);
        }

        public TriangleMesh Mesh() => TriangleMesh.Compact([.. _vertices], _triangles);
    }
}

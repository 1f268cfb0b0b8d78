using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Meshes;

/// <summary>An object for a file of many.</summary>
/// <param name="Label">Its label.</param>
/// <param name="Class">Its class; empty where there are none.</param>
/// <param name="Colour">Its colour.</param>
/// <param name="Mesh">Its surface.</param>
public sealed record SceneObject(int Label, string Class, Rgb Colour, TriangleMesh Mesh);

/// <summary>A colour, 0 to 255.</summary>
public readonly record struct Rgb(byte Red, byte Green, byte Blue)
{
    /// <summary>A colour for a number, unlike those of the numbers near it: hues by the golden ratio.</summary>
    public static Rgb Of(int number)
    {
        double hue = (number * 0.6180339887498949 + 0.05) % 1 * 6, light = number % 3 == 1 ? 0.8 : 1;
        byte Part(double centre)
        {
            double distance = Math.Abs((hue - centre + 9) % 6 - 3);
            return (byte)Math.Round(255 * light * (0.25 + 0.75 * Math.Clamp(2 - distance, 0, 1)));
        }
        return new Rgb(Part(0), Part(2), Part(4));
    }
}

/// <summary>A file of many objects, written one object after the other.</summary>
internal interface ISceneFile : IDisposable
{
    /// <summary>Adds an object.</summary>
    void Add(SceneObject part);

    /// <summary>Completes the file.</summary>
    void Finish();
}

/// <summary>
/// Wavefront OBJ with its colours in an MTL file: x, y, z in nm; an object (o) for each label, and groups (g) and a material for each class, or for each label where there are no classes.
/// </summary>
internal sealed class ObjFile : ISceneFile
{
    private readonly StreamWriter _text, _materials;
    private readonly HashSet<string> _known = [];
    private long _vertices;

    /// <param name="path">Where to; the MTL file lies beside it under the same name.</param>
    public ObjFile(string path)
    {
        string materials = Path.ChangeExtension(path, ".mtl");
        _text = Open(path);
        _materials = Open(materials);
        _text.Write($"# ClemReg.Fiji: x y z in nm, outward normals\nmtllib {Path.GetFileName(materials)}\n");
    }

    public void Add(SceneObject part)
    {
        string material = part.Class.Length > 0 ? Word(part.Class) : "label_" + part.Label.ToString(CultureInfo.InvariantCulture);
        if (_known.Add(material))
            _materials.Write(string.Create(CultureInfo.InvariantCulture, $"newmtl {material}\nKd {part.Colour.Red / 255.0:0.###} {part.Colour.Green / 255.0:0.###} {part.Colour.Blue / 255.0:0.###}\n"));
        _text.Write(string.Create(CultureInfo.InvariantCulture, $"o label_{part.Label}\ng {(part.Class.Length > 0 ? material + " " : "")}label_{part.Label}\nusemtl {material}\n"));
        foreach (Point3 p in part.Mesh.Vertices) _text.Write(string.Create(CultureInfo.InvariantCulture, $"v {p.X:0.###} {p.Y:0.###} {p.Z:0.###}\n"));
        int[] t = part.Mesh.Triangles;
        for (int i = 0; i < t.Length; i += 3)
            _text.Write(string.Create(CultureInfo.InvariantCulture, $"f {_vertices + t[i] + 1} {_vertices + t[i + 1] + 1} {_vertices + t[i + 2] + 1}\n"));
        _vertices += part.Mesh.Vertices.Length;
    }

    public void Finish()
    {
        _text.Flush();
        _materials.Flush();
    }

    public void Dispose()
    {
        _text.Dispose();
        _materials.Dispose();
    }

    private static StreamWriter Open(string path) => new(path, false, new UTF8Encoding(false), 1 << 16);

    /// <summary>A name without what would end it.</summary>
    private static string Word(string name) => string.Concat(name.Select(c => char.IsWhiteSpace(c) || char.IsControl(c) || c == '#' ? '_' : c));
}

/// <summary>Binary PLY: x, y, z in nm, colour and label of each vertex.</summary>
internal sealed class PlyFile : ISceneFile
{
    private const int VertexBytes = 19, FaceBytes = 13;
    private readonly FileStream _file, _faces;
    private readonly string _facesPath;
    private long _vertexCount, _faceCount;
    private readonly byte[] _buffer = new byte[1024 * VertexBytes];

    /// <param name="path">Where to; the faces wait in a file beside it.</param>
    public PlyFile(string path)
    {
        _facesPath = path + ".faces";
        _file = new FileStream(path, FileMode.Create, FileAccess.Write);
        _faces = new FileStream(_facesPath, FileMode.Create, FileAccess.ReadWrite);
        Header();
    }

    public void Add(SceneObject part)
    {
        int n = 0;
        foreach (Point3 p in part.Mesh.Vertices)
        {
            Span<byte> at = _buffer.AsSpan(n, VertexBytes);
            BinaryPrimitives.WriteSingleLittleEndian(at, (float)p.X);
            BinaryPrimitives.WriteSingleLittleEndian(at[4..], (float)p.Y);
            BinaryPrimitives.WriteSingleLittleEndian(at[8..], (float)p.Z);
            (at[12], at[13], at[14]) = (part.Colour.Red, part.Colour.Green, part.Colour.Blue);
            BinaryPrimitives.WriteInt32LittleEndian(at[15..], part.Label);
            Flush(_file, ref n, VertexBytes);
        }
        _file.Write(_buffer, 0, n);
        n = 0;
        int[] t = part.Mesh.Triangles;
        for (int i = 0; i < t.Length; i += 3)
        {
            Span<byte> at = _buffer.AsSpan(n, FaceBytes);
            at[0] = 3;
            for (int k = 0; k < 3; k++) BinaryPrimitives.WriteInt32LittleEndian(at[(1 + 4 * k)..], checked((int)(_vertexCount + t[i + k])));
            Flush(_faces, ref n, FaceBytes);
        }
        _faces.Write(_buffer, 0, n);
        _vertexCount += part.Mesh.Vertices.Length;
        _faceCount += part.Mesh.Count;
    }

    public void Finish()
    {
        _faces.Position = 0;
        _faces.CopyTo(_file);
        _file.Position = 0;
        Header();
        _file.Flush();
    }

    public void Dispose()
    {
        _file.Dispose();
        _faces.Dispose();
        File.Delete(_facesPath);
    }

    private void Flush(FileStream to, ref int n, int bytes)
    {
        n += bytes;
        if (n + bytes <= _buffer.Length) return;
        to.Write(_buffer, 0, n);
        n = 0;
    }

    /// <summary>Of the same length whatever the counts, so that it can be written again when they are known.</summary>
    private void Header() => _file.Write(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture,
        $"ply\nformat binary_little_endian 1.0\ncomment ClemReg.Fiji: x y z in nm, outward normals\nelement vertex {_vertexCount:D12}\nproperty float x\nproperty float y\nproperty float z\nproperty uchar red\nproperty uchar green\nproperty uchar blue\nproperty int label\nelement face {_faceCount:D12}\nproperty list uchar int vertex_indices\nend_header\n")));
}

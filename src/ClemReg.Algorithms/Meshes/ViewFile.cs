using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json.Nodes;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Meshes;

/// <summary>
/// A page that shows surfaces and their measures in any browser, by itself (view.html is its template, view.js its program, with three.js in it: scripts/bundle-viewer.sh): positions as 16-bit parts of each object's own box, which are a 131,070th of its sides off at most, and corners as numbers of 16 bits, or
/// 32 where an object has more than 65,536 vertices, both in base64: about 12 bytes a triangle. Objects are written one after the other; a page that grows beyond its limit is given up.
/// </summary>
internal sealed class ViewFile : IDisposable
{
    private const string Template = "view.html", Program = "view.js", DataMark = "<!--data-->\n", ProgramMark = "<!--viewer-->\n";
    private const int Steps = ushort.MaxValue;

    private readonly string _path, _end;
    private readonly long _limit;
    private readonly StreamWriter _text;
    private bool _any;

    /// <param name="path">Where to.</param>
    /// <param name="limit">Bytes that the page may take.</param>
    public ViewFile(string path, long limit)
    {
        string template = Resource(Template);
        int data = template.IndexOf(DataMark, StringComparison.Ordinal), program = template.IndexOf(ProgramMark, StringComparison.Ordinal);
        (_path, _limit) = (path, limit);
        _end = template[(data + DataMark.Length)..program] + "<script>\n" + Resource(Program) + "</script>\n" + template[(program + ProgramMark.Length)..];
        _text = new StreamWriter(path, false, new UTF8Encoding(false), 1 << 16);
        Write(template[..data]);
        Write("<script type=\"application/json\" id=\"meshes\">[");
    }

    /// <summary>Bytes that the page takes, or would take where it was given up.</summary>
    public long Bytes { get; private set; }

    /// <summary>Adds an object.</summary>
    public void Add(SceneObject part)
    {
        TriangleMesh mesh = part.Mesh;
        (Point3 low, Point3 high) = mesh.Bounds;
        Point3 step = 1.0 / Steps * (high - low);
        var places = new ushort[3 * mesh.Vertices.Length];
        for (int i = 0; i < mesh.Vertices.Length; i++)
        {
            Point3 p = mesh.Vertices[i] - low;
            (places[3 * i], places[3 * i + 1], places[3 * i + 2]) = (Number(p.X, step.X), Number(p.Y, step.Y), Number(p.Z, step.Z));
        }
        string corners = mesh.Vertices.Length > Steps + 1 ? Base64(mesh.Triangles) : Base64(Array.ConvertAll(mesh.Triangles, static v => (ushort)v));
        Write(string.Create(CultureInfo.InvariantCulture,
            $"{(_any ? ",\n" : "\n")}{{\"label\":{part.Label},\"class\":{JsonValue.Create(part.Class).ToJsonString()},\"colour\":\"#{part.Colour.Red:x2}{part.Colour.Green:x2}{part.Colour.Blue:x2}\",") +
            $"\"low\":{Xyz(low)},\"step\":{Xyz(step)},\"vertices\":\"{Base64(places)}\",\"triangles\":\"{corners}\"}}");
        _any = true;

        static ushort Number(double length, double step) => step > 0 ? (ushort)Math.Clamp(Math.Round(length / step), 0, Steps) : (ushort)0;
    }

    /// <summary>Completes the page.</summary>
    /// <param name="grid">The volume, for its box.</param>
    /// <param name="measures">columns and rows, a row for each object in the order in which they were added.</param>
    /// <returns>False: it grew beyond the limit, and there is none.</returns>
    public bool Finish(Grid grid, JsonObject measures)
    {
        var about = new JsonObject
        {
            ["low"] = Array(grid.ToPhysical(-0.5, -0.5, -0.5)),
            ["high"] = Array(grid.ToPhysical(grid.Size.Z - 0.5, grid.Size.Y - 0.5, grid.Size.X - 0.5)),
            ["columns"] = measures["columns"]!.DeepClone(),
            ["rows"] = measures["rows"]!.DeepClone(),
        };
        Write("\n]</script>\n<script type=\"application/json\" id=\"about\">" + about.ToJsonString() + "</script>\n");
        Write(_end);
        _text.Dispose();
        if (Bytes > _limit) File.Delete(_path);
        return Bytes <= _limit;

        static JsonArray Array(Point3 p) => new(p.X, p.Y, p.Z);
    }

    public void Dispose() => _text.Dispose();

    private void Write(string text)
    {
        // Nearly all of it is ASCII.
        Bytes += text.Length;
        if (Bytes <= _limit) _text.Write(text);
    }

    private static string Resource(string name)
    {
        using var reader = new StreamReader(typeof(ViewFile).Assembly.GetManifestResourceStream(name)!, Encoding.UTF8);
        return reader.ReadToEnd();
    }

    private static string Xyz(Point3 p) => string.Create(CultureInfo.InvariantCulture, $"[{p.X:R},{p.Y:R},{p.Z:R}]");

    private static string Base64<T>(T[] values) where T : unmanaged => Convert.ToBase64String(MemoryMarshal.AsBytes(values.AsSpan()));
}

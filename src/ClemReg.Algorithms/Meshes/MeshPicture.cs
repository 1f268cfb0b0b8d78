using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Meshes;

/// <summary>
/// A picture of surfaces: parallel projection, from the front (slice 1) and a little from above and the right, light from the viewer's left shoulder, the volume's edges as lines. Twice as large inside, so that edges are smooth.
/// The sides of the picture fit the volume; x is to the right, y down, z away.
/// </summary>
internal sealed class MeshPicture
{
    private const int Oversampling = 2, Background = 255, Rim = 12;
    private const double Yaw = -0.5, Pitch = 0.45, Ambient = 0.25;

    private readonly int _width, _height;
    private readonly float[] _depth;
    private readonly byte[] _rgb;
    private readonly Point3 _centre;
    private readonly double _scale;

    /// <param name="low">Where the volume begins, nm.</param>
    /// <param name="high">Where it ends.</param>
    /// <param name="longest">The picture's longer side, pixels.</param>
    public MeshPicture(Point3 low, Point3 high, int longest)
    {
        _centre = 0.5 * (low + high);
        double across = 0, up = 0;
        foreach (Point3 corner in Corners(low, high))
        {
            Point3 p = Turn(corner - _centre);
            (across, up) = (Math.Max(across, Math.Abs(p.X)), Math.Max(up, Math.Abs(p.Y)));
        }
        _scale = Oversampling * (longest - 2 * Rim) / (2 * Math.Max(across, up));
        (_width, _height) = (Side(across), Side(up));
        (_depth, _rgb) = (new float[_width * _height], new byte[3 * _width * _height]);
        Array.Fill(_depth, float.PositiveInfinity);
        Array.Fill(_rgb, (byte)Background);
        Point3[] corners = [.. Corners(low, high)];
        for (int a = 0; a < 8; a++)
            for (int bit = 1; bit < 8; bit <<= 1)
                if ((a & bit) == 0) Line(corners[a], corners[a | bit]);

        int Side(double half) => (int)Math.Ceiling(2 * half * _scale / Oversampling + 2 * Rim) * Oversampling;
    }

    /// <summary>Draws a surface.</summary>
    public void Add(TriangleMesh mesh, Rgb colour)
    {
        var at = Array.ConvertAll(mesh.Vertices, Project);
        Point3[] normals = mesh.VertexNormals();
        var light = Array.ConvertAll(normals, n => (float)Brightness(n));
        for (int t = 0; t < mesh.Count; t++)
            Triangle(at, light, mesh.Triangles.AsSpan(3 * t, 3), colour);
    }

    /// <summary>The picture as a PNG.</summary>
    public byte[] Png()
    {
        (int width, int height) = (_width / Oversampling, _height / Oversampling);
        var pixels = new byte[height * width * 3];
        for (int y = 0; y < height; y++)
            for (int x = 0; x < width; x++)
                for (int c = 0; c < 3; c++)
                {
                    int sum = 0;
                    for (int k = 0; k < Oversampling * Oversampling; k++) sum += _rgb[3 * ((y * Oversampling + k / Oversampling) * _width + x * Oversampling + k % Oversampling) + c];
                    pixels[3 * (y * width + x) + c] = (byte)((sum + 2) / (Oversampling * Oversampling));
                }
        return PngWriter.Write(pixels, width, height, 3);
    }

    private static IEnumerable<Point3> Corners(Point3 low, Point3 high) =>
        Enumerable.Range(0, 8).Select(i => new Point3((i & 4) == 0 ? low.Z : high.Z, (i & 2) == 0 ? low.Y : high.Y, (i & 1) == 0 ? low.X : high.X));

    /// <summary>x to the right, y down, z away from the viewer: turned about the vertical, then about the horizontal axis.</summary>
    private static Point3 Turn(Point3 p)
    {
        double x = Math.Cos(Yaw) * p.X - Math.Sin(Yaw) * p.Z, z = Math.Sin(Yaw) * p.X + Math.Cos(Yaw) * p.Z;
        return new Point3(Math.Cos(Pitch) * z + Math.Sin(Pitch) * p.Y, Math.Cos(Pitch) * p.Y - Math.Sin(Pitch) * z, x);
    }

    private Point3 Project(Point3 p)
    {
        Point3 t = _scale * Turn(p - _centre);
        return new Point3(t.Z, t.Y + _height / 2.0, t.X + _width / 2.0);
    }

    private static double Brightness(Point3 normal)
    {
        Point3 n = Turn(normal);
        return Ambient + (1 - Ambient) * Math.Max(0, (-n.Z * 0.8 - n.Y * 0.45 - n.X * 0.4) / Math.Sqrt(0.8 * 0.8 + 0.45 * 0.45 + 0.4 * 0.4));
    }

    private void Triangle(Point3[] at, float[] light, ReadOnlySpan<int> corners, Rgb colour)
    {
        (Point3 a, Point3 b, Point3 c) = (at[corners[0]], at[corners[1]], at[corners[2]]);
        double area = (b.X - a.X) * (c.Y - a.Y) - (c.X - a.X) * (b.Y - a.Y);
        if (area == 0) return;
        int fromY = Math.Max(0, (int)Math.Ceiling(Math.Min(a.Y, Math.Min(b.Y, c.Y)) - 0.5)), toY = Math.Min(_height - 1, (int)Math.Floor(Math.Max(a.Y, Math.Max(b.Y, c.Y)) - 0.5));
        int fromX = Math.Max(0, (int)Math.Ceiling(Math.Min(a.X, Math.Min(b.X, c.X)) - 0.5)), toX = Math.Min(_width - 1, (int)Math.Floor(Math.Max(a.X, Math.Max(b.X, c.X)) - 0.5));
        for (int y = fromY; y <= toY; y++)
            for (int x = fromX; x <= toX; x++)
            {
                double px = x + 0.5, py = y + 0.5;
                double v = ((px - a.X) * (c.Y - a.Y) - (c.X - a.X) * (py - a.Y)) / area, w = ((b.X - a.X) * (py - a.Y) - (px - a.X) * (b.Y - a.Y)) / area, u = 1 - v - w;
                if (u < 0 || v < 0 || w < 0) continue;
                float depth = (float)(u * a.Z + v * b.Z + w * c.Z);
                int i = y * _width + x;
                if (!(depth < _depth[i])) continue;
                _depth[i] = depth;
                double shade = u * light[corners[0]] + v * light[corners[1]] + w * light[corners[2]];
                Put(i, (byte)(colour.Red * shade), (byte)(colour.Green * shade), (byte)(colour.Blue * shade));
            }
    }

    private void Line(Point3 from, Point3 to)
    {
        (Point3 a, Point3 b) = (Project(from), Project(to));
        int steps = Math.Max(1, (int)Math.Ceiling(Math.Max(Math.Abs(b.X - a.X), Math.Abs(b.Y - a.Y))));
        for (int s = 0; s <= steps; s++)
        {
            Point3 p = a + (double)s / steps * (b - a);
            int i = Math.Clamp((int)p.Y, 0, _height - 1) * _width + Math.Clamp((int)p.X, 0, _width - 1);
            if (!(p.Z < _depth[i])) continue;
            _depth[i] = (float)p.Z;
            Put(i, 150, 150, 150);
        }
    }

    private void Put(int i, byte red, byte green, byte blue) => (_rgb[3 * i], _rgb[3 * i + 1], _rgb[3 * i + 2]) = (red, green, blue);
}

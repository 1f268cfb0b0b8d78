using System.Runtime.InteropServices;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Meshes;

/// <summary>Marches through a lattice plane by plane and collects its surface.</summary>
internal sealed class SurfaceExtraction
{
    /// <summary>Vertices keep this part of a voxel away from voxel centres, so that no triangle is too thin for the single precision of STL.</summary>
    private const double Least = 0.02;

    private readonly ISurfaceField _field;
    private readonly int _height, _width;
    private readonly List<Point3> _vertices = [];
    private readonly List<int> _triangles = [];
    // Of the lower and the upper plane: samples, whether they are inside, the vertices on the edges along x and y that begin there; and those along z between them.
    private float[] _low, _high;
    private byte[] _insideLow, _insideHigh;
    private int[] _alongXLow, _alongXHigh, _alongYLow, _alongYHigh;
    private readonly int[] _alongZ;

    private SurfaceExtraction(ISurfaceField field)
    {
        (_field, _height, _width) = (field, field.Size.Y, field.Size.X);
        int count = field.Size.SliceCount;
        (_low, _high) = (new float[count], new float[count]);
        // Words of eight cells are read at a time, beyond the last row too.
        (_insideLow, _insideHigh) = (new byte[count + 8], new byte[count + 8]);
        (_alongXLow, _alongXHigh, _alongYLow, _alongYHigh, _alongZ) = (new int[count], new int[count], new int[count], new int[count], new int[count]);
    }

    /// <summary>The surface between what is above and below 0, closed, a 2-manifold, outward.</summary>
    public static TriangleMesh Run(ISurfaceField field, Job job)
    {
        var work = new SurfaceExtraction(field);
        for (int k = 0; k < field.Size.Z; k++)
        {
            job.ThrowIfCancelled();
            work.Step(k, job);
        }
        return new TriangleMesh([.. work._vertices], [.. work._triangles]);
    }

    private void Step(int k, Job job)
    {
        (_low, _high, _insideLow, _insideHigh) = (_high, _low, _insideHigh, _insideLow);
        (_alongXLow, _alongXHigh, _alongYLow, _alongYHigh) = (_alongXHigh, _alongXLow, _alongYHigh, _alongYLow);
        _field.Read(k, _high, k == 0 ? default : _low, job);
        for (int i = 0; i < _high.Length; i++) _insideHigh[i] = _high[i] > 0 ? (byte)1 : (byte)0;
        VerticesInPlane(k);
        if (k == 0) return;
        VerticesBetween(k);
        Cells(k - 1);
    }

    private void VerticesInPlane(int k)
    {
        for (int y = 0; y < _height; y++)
        {
            int row = y * _width;
            ReadOnlySpan<byte> inside = _insideHigh.AsSpan(row, _width);
            // Rows that are all outside are common.
            bool empty = inside.IndexOf((byte)1) < 0;
            if (!empty)
            {
                for (int x = 0; x + 1 < _width; x++)
                    if (inside[x] != inside[x + 1]) _alongXHigh[row + x] = Add(k, y, x + Part(_high[row + x], _high[row + x + 1]));
            }
            if (y + 1 == _height || empty && _insideHigh.AsSpan(row + _width, _width).IndexOf((byte)1) < 0) continue;
            for (int i = row; i < row + _width; i++)
                if (_insideHigh[i] != _insideHigh[i + _width]) _alongYHigh[i] = Add(k, y + Part(_high[i], _high[i + _width]), i - row);
        }
    }

    private void VerticesBetween(int k)
    {
        ReadOnlySpan<ulong> low = MemoryMarshal.Cast<byte, ulong>(_insideLow), high = MemoryMarshal.Cast<byte, ulong>(_insideHigh);
        for (int w = 0; w < low.Length; w++)
        {
            if (low[w] == high[w]) continue;
            for (int i = 8 * w; i < Math.Min(8 * w + 8, _low.Length); i++)
                if (_insideLow[i] != _insideHigh[i]) _alongZ[i] = Add(k - 1 + Part(_low[i], _high[i]), i / _width, i % _width);
        }
    }

    private static double Part(float from, float to) => Math.Clamp(from / (from - (double)to), Least, 1 - Least);

    private int Add(double k, double y, double x)
    {
        _vertices.Add(_field.Place(k, y, x));
        return _vertices.Count - 1;
    }

    private void Cells(int k)
    {
        for (int y = 0; y + 1 < _height; y++)
        {
            int row = y * _width;
            ReadOnlySpan<byte> a = _insideLow.AsSpan(row), b = _insideLow.AsSpan(row + _width), c = _insideHigh.AsSpan(row), d = _insideHigh.AsSpan(row + _width);
            for (int x = 0; x + 1 < _width; x++)
            {
                // Eight samples alike in all four rows: seven cells without a surface.
                if (x + 8 <= _width)
                {
                    ulong word = MemoryMarshal.Read<ulong>(a[x..]);
                    if ((word == 0 || word == 0x0101010101010101) && word == MemoryMarshal.Read<ulong>(b[x..]) && word == MemoryMarshal.Read<ulong>(c[x..]) && word == MemoryMarshal.Read<ulong>(d[x..]))
                    {
                        x += 6;
                        continue;
                    }
                }
                int inside = a[x] | a[x + 1] << 1 | b[x] << 2 | b[x + 1] << 3 | c[x] << 4 | c[x + 1] << 5 | d[x] << 6 | d[x + 1] << 7;
                if (inside is 0 or 255) continue;
                Cell(row + x, inside);
            }
        }
    }

    private void Cell(int i, int inside)
    {
        int joined = 0;
        for (int f = 0; f < 6; f++)
        {
            byte[] face = CubeCases.Faces[f];
            if (!CubeCases.Ambiguous(inside, face)) continue;
            // The asymptotic decider (Nielson and Hamann 1991): the sign of the bilinear saddle.
            double even = (double)Sample(i, face[0]) * Sample(i, face[2]), odd = (double)Sample(i, face[1]) * Sample(i, face[3]);
            bool evenInside = (inside >> face[0] & 1) != 0;
            if (evenInside ? even > odd : odd > even) joined |= 1 << f;
        }
        foreach (CellLoop loop in CubeCases.Of(inside, joined))
        {
            if (loop.Triangles is { } triangles)
            {
                foreach (byte t in triangles) _triangles.Add(Vertex(i, loop.Edges[t]));
                continue;
            }
            Point3 sum = default;
            foreach (byte e in loop.Edges) sum += _vertices[Vertex(i, e)];
            int middle = _vertices.Count;
            _vertices.Add(1.0 / loop.Edges.Length * sum);
            for (int e = 0; e < loop.Edges.Length; e++)
                _triangles.AddRange([Vertex(i, loop.Edges[e]), Vertex(i, loop.Edges[(e + 1) % loop.Edges.Length]), middle]);
        }
    }

    private float Sample(int i, int corner) => (corner < 4 ? _low : _high)[i + (corner & 1) + (corner >> 1 & 1) * _width];

    private int Vertex(int i, int edge)
    {
        int corner = CubeCases.Corner(edge), at = i + (corner & 1) + (corner >> 1 & 1) * _width;
        return edge < 4 ? (corner < 4 ? _alongXLow : _alongXHigh)[at] : edge < 8 ? (corner < 4 ? _alongYLow : _alongYHigh)[at] : _alongZ[at];
    }
}

namespace ClemReg.Algorithms.Meshes;

/// <summary>A closed line on the faces of a cell, through its edges.</summary>
/// <param name="Edges">The cell's edges in order, outside to the left.</param>
/// <param name="Triangles">Positions in <paramref name="Edges"/>, three for each triangle; null: the line is filled from a vertex at its middle.</param>
internal sealed record CellLoop(byte[] Edges, byte[]? Triangles);

/// <summary>
/// The surfaces inside a cell of 2 x 2 x 2 samples: marching cubes (Lorensen and Cline 1987) with the cases made by rule, not by a table. A face whose corners are inside and outside in
/// turn is ambiguous; what it says (inside joined or not) is part of the key, and both cells that share it say the same, so surfaces are closed. Each sample edge then lies on one line of each of
/// its four cells, so that the triangles round a vertex are one ring; and no diagonal lies in a face, where the neighbour could have it too. Hence every surface is a 2-manifold.
/// </summary>
internal static class CubeCases
{
    /// <summary>Corner c of the cell is at z = c / 4, y = c / 2 % 2, x = c % 2. Faces, corners counter-clockwise seen from outside (x, y, z right-handed).</summary>
    public static readonly byte[][] Faces = [[0, 4, 6, 2], [1, 3, 7, 5], [0, 1, 5, 4], [2, 6, 7, 3], [0, 2, 3, 1], [4, 5, 7, 6]];

    private static readonly CellLoop[]?[] Cases = new CellLoop[]?[1 << 14];
    private static readonly byte[] FacesOfEdge = EdgeFaces();

    /// <summary>The edge between two neighbouring corners: 0 to 3 along x, 4 to 7 along y, 8 to 11 along z.</summary>
    public static int Edge(int a, int b)
    {
        int low = Math.Min(a, b);
        return (a ^ b) switch { 1 => low >> 1, 2 => 4 + (low & 1 | low >> 1 & 2), _ => 8 + low };
    }

    /// <summary>The lower corner of an edge.</summary>
    public static int Corner(int edge) => edge < 4 ? edge << 1 : edge < 8 ? edge & 1 | (edge & 2) << 1 : edge - 8;

    /// <summary>The lines in a cell.</summary>
    /// <param name="inside">Bit c is set where corner c is inside.</param>
    /// <param name="joined">Bit f is set where face f is ambiguous and its inside corners are joined.</param>
    public static CellLoop[] Of(int inside, int joined)
    {
        ref CellLoop[]? found = ref Cases[inside | joined << 8];
        return Volatile.Read(ref found) ?? Make(inside, joined, ref found);
    }

    /// <summary>Whether a face's corners are inside and outside in turn.</summary>
    public static bool Ambiguous(int inside, byte[] face)
    {
        int first = inside >> face[0] & 1;
        return first == (inside >> face[2] & 1) && first != (inside >> face[1] & 1) && first != (inside >> face[3] & 1);
    }

    private static CellLoop[] Make(int inside, int joined, ref CellLoop[]? place)
    {
        // On each face the line runs from where its outline comes to the inside to where it leaves it.
        Span<sbyte> next = stackalloc sbyte[12];
        next.Fill(-1);
        for (int f = 0; f < 6; f++)
        {
            byte[] face = Faces[f];
            bool across = Ambiguous(inside, face) && (joined >> f & 1) != 0;
            for (int i = 0; i < 4; i++)
            {
                if (!In(face[i]) || In(face[i + 1 & 3])) continue;
                // Backwards round the inside corner, or forwards round the outside one.
                int k = i;
                if (across)
                    do k = k + 1 & 3;
                    while (In(face[k]) || !In(face[k + 1 & 3]));
                else
                    do k = k + 3 & 3;
                    while (In(face[k]) || !In(face[k + 1 & 3]));
                next[Edge(face[k], face[k + 1 & 3])] = (sbyte)Edge(face[i], face[i + 1 & 3]);
            }
        }
        var loops = new List<CellLoop>();
        for (int start = 0; start < 12; start++)
        {
            if (next[start] < 0) continue;
            var edges = new List<byte>();
            for (int e = start; next[e] >= 0;)
            {
                edges.Add((byte)e);
                int to = next[e];
                next[e] = -1;
                e = to;
            }
            byte[] line = [.. edges];
            var triangles = new List<byte>();
            loops.Add(new CellLoop(line, Fill(line, 0, line.Length - 1, triangles) ? [.. triangles] : null));
        }
        CellLoop[] made = [.. loops];
        Volatile.Write(ref place, made);
        return made;

        bool In(int corner) => (inside >> corner & 1) != 0;
    }

    /// <summary>Fills the part of a line between two of its places with triangles none of whose new sides lies in a face of the cell.</summary>
    private static bool Fill(byte[] line, int from, int to, List<byte> triangles)
    {
        if (to - from < 2) return true;
        int count = triangles.Count;
        // The middle first: better shapes than a fan.
        foreach (int k in Enumerable.Range(from + 1, to - from - 1).OrderBy(k => Math.Abs(2 * k - from - to)))
        {
            if (k > from + 1 && Share(line[from], line[k]) || k < to - 1 && Share(line[k], line[to])) continue;
            triangles.AddRange([(byte)from, (byte)k, (byte)to]);
            if (Fill(line, from, k, triangles) && Fill(line, k, to, triangles)) return true;
            triangles.RemoveRange(count, triangles.Count - count);
        }
        return false;
    }

    private static bool Share(int a, int b) => (FacesOfEdge[a] & FacesOfEdge[b]) != 0;

    private static byte[] EdgeFaces()
    {
        var faces = new byte[12];
        for (int f = 0; f < 6; f++)
            for (int i = 0; i < 4; i++) faces[Edge(Faces[f][i], Faces[f][i + 1 & 3])] |= (byte)(1 << f);
        return faces;
    }
}

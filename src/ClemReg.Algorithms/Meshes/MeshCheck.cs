using ClemReg.Algorithms.Mitochondria;

namespace ClemReg.Algorithms.Meshes;

/// <summary>What a surface is, as its triangles join.</summary>
/// <param name="OpenEdges">Edges of one triangle.</param>
/// <param name="CrowdedEdges">Edges of three triangles or more.</param>
/// <param name="TurnedEdges">Edges that both of their triangles run through in the same direction: one of the two is inside out.</param>
/// <param name="PinchedVertices">Vertices whose triangles are not one ring (or, at an open rim, one fan).</param>
/// <param name="DegenerateTriangles">Triangles with a vertex twice.</param>
/// <param name="Parts">Connected pieces.</param>
/// <param name="EulerNumber">Vertices - edges + triangles; 2 for each closed piece, less 2 for each handle.</param>
public sealed record MeshCheck(int OpenEdges, int CrowdedEdges, int TurnedEdges, int PinchedVertices, int DegenerateTriangles, int Parts, int EulerNumber)
{
    /// <summary>Whether there is no rim.</summary>
    public bool Closed => OpenEdges == 0;

    /// <summary>Whether every edge has at most two triangles and every vertex one ring of them.</summary>
    public bool Manifold => CrowdedEdges == 0 && PinchedVertices == 0 && DegenerateTriangles == 0;

    /// <summary>Whether neighbouring triangles face the same way.</summary>
    public bool Oriented => TurnedEdges == 0;

    /// <summary>Closed, manifold and oriented: what a printer, a boolean operation or a volume needs.</summary>
    public bool Watertight => Closed && Manifold && Oriented;

    /// <summary>Handles of all pieces; meaningful for watertight surfaces.</summary>
    public int Handles => Parts - EulerNumber / 2;

    /// <summary>Looks at a mesh.</summary>
    public static MeshCheck Of(TriangleMesh mesh)
    {
        int[] triangles = mesh.Triangles;
        var edges = new ulong[triangles.Length];
        int degenerate = 0;
        for (int i = 0; i < edges.Length; i++)
        {
            int a = triangles[i], b = triangles[Next(i)];
            if (i % 3 == 0 && (a == b || b == triangles[i + 2] || a == triangles[i + 2])) degenerate++;
            // The lowest bit tells the direction, so that equal edges lie next to each other.
            edges[i] = (ulong)(uint)Math.Min(a, b) << 33 | (ulong)(uint)Math.Max(a, b) << 1 | (a > b ? 1u : 0u);
        }
        var corner = new int[edges.Length];
        for (int i = 0; i < corner.Length; i++) corner[i] = i;
        Array.Sort(edges, corner);

        int open = 0, crowded = 0, turned = 0, count = 0;
        // Corners of one vertex that are joined by an edge with two triangles: what is left apart is pinched. And the pieces.
        var fans = new DisjointSets(triangles.Length);
        var parts = new DisjointSets(mesh.Vertices.Length);
        for (int i = 0, end; i < edges.Length; i = end)
        {
            for (end = i + 1; end < edges.Length && edges[end] >> 1 == edges[i] >> 1; end++) { }
            count++;
            parts.Join((int)(edges[i] >> 33), (int)((edges[i] >> 1) & uint.MaxValue));
            if (end - i == 1) open++;
            else if (end - i > 2) crowded++;
            else
            {
                int p = corner[i], q = corner[i + 1];
                bool same = edges[i] == edges[i + 1];
                if (same) turned++;
                fans.Join(p, same ? q : Next(q));
                fans.Join(Next(p), same ? Next(q) : q);
            }
        }
        var fan = new int[mesh.Vertices.Length];
        var pinched = new HashSet<int>();
        for (int i = 0; i < triangles.Length; i++)
        {
            int root = fans.Root(i) + 1;
            ref int of = ref fan[triangles[i]];
            if (of == 0) of = root;
            else if (of != root) pinched.Add(triangles[i]);
        }
        int used = 0, pieces = 0;
        for (int v = 0; v < fan.Length; v++)
        {
            if (fan[v] == 0) continue;
            used++;
            if (parts.Root(v) == v) pieces++;
        }
        return new MeshCheck(open, crowded, turned, pinched.Count, degenerate, pieces, used - count + mesh.Count);
    }

    private static int Next(int corner) => corner % 3 == 2 ? corner - 2 : corner + 1;
}

using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Meshes;

/// <summary>A run of voxels along x.</summary>
/// <param name="Z">Its slice.</param>
/// <param name="Y">Its row.</param>
/// <param name="Start">Its first voxel.</param>
/// <param name="End">One beyond its last.</param>
public readonly record struct VoxelRun(int Z, int Y, int Start, int End);

/// <summary>
/// The voxels whose centres a closed surface holds. Each slice's plane cuts the triangles into segments whose ends lie on edges; an edge gives both of its triangles the same end, so the segments are closed lines and each row of
/// voxels crosses them an even number of times, wherever the surface lies: there is no tolerance. A centre is inside where the lines wind round it at all, so that shells that overlap are one body, cavities are none, and
/// a surface that is inside out is as good as another. A centre exactly on the surface belongs to the body on its right, below it or behind it, so that of two bodies with a common face only one has it.
/// </summary>
public static class MeshVoxels
{
    /// <summary>Finds the voxels.</summary>
    /// <param name="mesh">A closed surface, nm.</param>
    /// <param name="grid">The voxels; what lies outside of them is left out.</param>
    /// <param name="name">What the surface is called in messages: its file.</param>
    /// <param name="job">Cancellation.</param>
    /// <returns>The runs, z, y and x ascending.</returns>
    /// <exception cref="BadInputException">The surface is not closed.</exception>
    public static IReadOnlyList<VoxelRun> Of(TriangleMesh mesh, Grid grid, string name, Job job)
    {
        MeshCheck check = MeshCheck.Of(mesh);
        if (mesh.Count == 0) throw new BadInputException($"{name} has no triangles with an area, so there is no object in it.");
        if (!check.Closed)
            throw new BadInputException($"{name} is not closed: {check.OpenEdges} edges have a triangle on one side only, so it has no inside. Close its holes first (Blender: Mesh > Clean Up > Fill Holes; MeshLab: Filters > Remeshing > Close Holes).");
        // Where neighbours face different ways, the number of times that the lines wind means nothing, but their crossings still count.
        bool winding = check.Oriented;
        List<int>[] inSlice = Buckets(mesh, grid);
        var runs = new List<VoxelRun>();
        var rows = new List<(double X, int Turn)>?[grid.Size.Y];
        for (int z = 0; z < inSlice.Length; z++)
        {
            job.ThrowIfCancelled();
            double height = grid.Origin.Z + z * grid.Spacing.Z;
            foreach (int t in inSlice[z]) Cut(mesh, t, height, grid, rows);
            for (int y = 0; y < rows.Length; y++)
            {
                if (rows[y] is not { Count: > 0 } crossings) continue;
                if (crossings.Count % 2 != 0) throw new BadInputException($"{name} is not closed: edges of three triangles leave its inside open. Repair it first (Blender: Mesh > Clean Up; MeshLab: Filters > Cleaning and Repairing).");
                Fill(crossings, winding, z, y, grid, runs);
                crossings.Clear();
            }
        }
        return runs;
    }

    /// <summary>The triangles that each slice's plane may cut.</summary>
    private static List<int>[] Buckets(TriangleMesh mesh, Grid grid)
    {
        var slices = new List<int>[grid.Size.Z];
        for (int z = 0; z < slices.Length; z++) slices[z] = [];
        for (int t = 0; t < mesh.Count; t++)
        {
            (Point3 a, Point3 b, Point3 c) = mesh.Corners(t);
            double low = Math.Min(a.Z, Math.Min(b.Z, c.Z)), high = Math.Max(a.Z, Math.Max(b.Z, c.Z));
            int first = (int)Math.Clamp(Math.Floor((low - grid.Origin.Z) / grid.Spacing.Z), 0, grid.Size.Z), last = (int)Math.Clamp(Math.Ceiling((high - grid.Origin.Z) / grid.Spacing.Z), -1, grid.Size.Z - 1);
            for (int z = first; z <= last; z++) slices[z].Add(t);
        }
        return slices;
    }

    /// <summary>Notes where the line in which a plane cuts a triangle crosses rows of voxels.</summary>
    private static void Cut(TriangleMesh mesh, int t, double height, Grid grid, List<(double X, int Turn)>?[] rows)
    {
        ReadOnlySpan<int> corner = mesh.Triangles.AsSpan(3 * t, 3);
        Point3[] at = mesh.Vertices;
        // The ends of the line, from the edge that goes up to the one that goes down: the surface's outside is always on the same hand.
        (double Y, double X) from = default, to = default;
        int ends = 0;
        for (int k = 0; k < 3; k++)
        {
            int a = corner[k], b = corner[k == 2 ? 0 : k + 1];
            bool below = at[a].Z < height, above = at[b].Z < height;
            if (below == above) continue;
            ends++;
            if (below) from = On(at, a, b, height);
            else to = On(at, a, b, height);
        }
        if (ends == 0 || from.Y == to.Y) return;
        double low = Math.Min(from.Y, to.Y), high = Math.Max(from.Y, to.Y);
        // A row at y is crossed where low < y <= high.
        int first = (int)Math.Clamp(Math.Floor((low - grid.Origin.Y) / grid.Spacing.Y), 0, grid.Size.Y), last = (int)Math.Clamp(Math.Ceiling((high - grid.Origin.Y) / grid.Spacing.Y), -1, grid.Size.Y - 1);
        int turn = from.Y < to.Y ? 1 : -1;
        for (int y = first; y <= last; y++)
        {
            double row = grid.Origin.Y + y * grid.Spacing.Y;
            if (!(low < row && row <= high)) continue;
            double part = (row - from.Y) / (to.Y - from.Y);
            (rows[y] ??= []).Add((from.X + part * (to.X - from.X), turn));
        }
    }

    /// <summary>Where an edge meets a plane: computed from the lower vertex number on, so that both of its triangles get the same numbers.</summary>
    private static (double Y, double X) On(Point3[] at, int a, int b, double height)
    {
        if (b < a) (a, b) = (b, a);
        Point3 p = at[a], q = at[b];
        double part = (height - p.Z) / (q.Z - p.Z);
        return (p.Y + part * (q.Y - p.Y), p.X + part * (q.X - p.X));
    }

    private static void Fill(List<(double X, int Turn)> crossings, bool winding, int z, int y, Grid grid, List<VoxelRun> runs)
    {
        crossings.Sort();
        int turns = 0, end = 0;
        double begin = 0;
        foreach ((double x, int turn) in crossings)
        {
            bool was = turns != 0;
            turns = winding ? turns + turn : 1 - turns;
            if (!was) begin = x;
            else if (turns == 0)
            {
                // Centres from begin on, before x; of pieces that meet none is taken twice.
                int first = Math.Max(end, Index(begin)), last = Index(x);
                if (first >= last) continue;
                end = last;
                runs.Add(new VoxelRun(z, y, first, last));
            }
        }

        int Index(double x) => (int)Math.Clamp(Math.Ceiling((x - grid.Origin.X) / grid.Spacing.X), 0, grid.Size.X);
    }
}

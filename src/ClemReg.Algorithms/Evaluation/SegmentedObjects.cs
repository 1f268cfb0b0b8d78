using ClemReg.Algorithms.Meshes;
using ClemReg.Algorithms.Mitochondria;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Evaluation;

/// <summary>An object of a segmentation that is compared with another.</summary>
/// <param name="Label">Its label.</param>
/// <param name="File">The file of its surface; empty for an object of a label image.</param>
/// <param name="Class">Its class; empty where there are none.</param>
/// <param name="Layer">Which of the segmentation's label volumes holds it.</param>
/// <param name="Region">Its voxels there.</param>
/// <param name="VolumeNm3">Its volume: of its voxels, or what its surface in a file holds.</param>
/// <param name="AreaNm2">The area of its surface in a file; NaN for an object of a label image.</param>
public sealed record SegmentedObject(int Label, string File, string Class, int Layer, LabelledObject Region, double VolumeNm3, double AreaNm2)
{
    /// <summary>Its voxels on the grid of the comparison.</summary>
    public long Voxels => Region.Voxels;
}

/// <summary>A surface of an object, read from a file.</summary>
/// <param name="Label">Its label, 1 or more, unlike all others.</param>
/// <param name="File">The file.</param>
/// <param name="Class">Its class; empty where there are none.</param>
/// <param name="Mesh">The surface, nm.</param>
public sealed record ObjectMesh(int Label, string File, string Class, TriangleMesh Mesh);

/// <summary>
/// One of two segmentations that are compared: objects with classes on a grid. Those of one class share no voxel; those of different classes may, as a nucleus lies within its cell, where they come from surfaces: each class
/// has a label volume of its own then.
/// </summary>
public sealed class SegmentedObjects
{
    private readonly Dictionary<int, int>[] _index;

    private SegmentedObjects(Grid grid, IReadOnlyList<LabelVolume> layers, IReadOnlyList<SegmentedObject> objects)
    {
        (Grid, Layers, All) = (grid, layers, objects);
        _index = [.. layers.Select(_ => new Dictionary<int, int>())];
        for (int i = 0; i < objects.Count; i++) _index[objects[i].Layer].Add(objects[i].Label, i);
    }

    /// <summary>The voxels.</summary>
    public Grid Grid { get; }

    /// <summary>The label volumes.</summary>
    public IReadOnlyList<LabelVolume> Layers { get; }

    /// <summary>The objects, labels ascending.</summary>
    public IReadOnlyList<SegmentedObject> All { get; }

    /// <summary>Bytes that the labels take, about.</summary>
    public long Bytes => Layers.Sum(l => l.Bytes);

    /// <summary>The place in <see cref="All"/> of a label of a layer; -1 of one that is left out.</summary>
    internal int Find(int layer, int label) => _index[layer].GetValueOrDefault(label, -1);

    /// <summary>Takes the objects of a label volume.</summary>
    /// <param name="labels">The volume.</param>
    /// <param name="classOf">The class of a label; empty where there are none.</param>
    /// <param name="minimumVoxels">Smaller objects are left out.</param>
    public static SegmentedObjects OfLabels(LabelVolume labels, Func<int, string> classOf, long minimumVoxels = 1)
    {
        Point3 s = labels.Grid.Spacing;
        return new SegmentedObjects(labels.Grid, [labels],
            [.. labels.Objects.Where(o => o.Voxels >= minimumVoxels).Select(o => new SegmentedObject(o.Label, "", classOf(o.Label), 0, o, o.Voxels * s.Z * s.Y * s.X, double.NaN))]);
    }

    /// <summary>Takes the voxels that surfaces hold. A voxel in two surfaces of one class belongs to the one with the lower label.</summary>
    /// <param name="meshes">The surfaces.</param>
    /// <param name="grid">The voxels.</param>
    /// <param name="minimumVoxels">Smaller objects are left out.</param>
    /// <param name="side">What the user calls the segmentation, for messages.</param>
    /// <param name="job">Threads, cancellation, progress; a warning of what the grid does not hold.</param>
    /// <exception cref="BadInputException">A surface is not closed, or none holds a voxel.</exception>
    public static SegmentedObjects OfMeshes(IReadOnlyList<ObjectMesh> meshes, Grid grid, long minimumVoxels, string side, Job job)
    {
        ObjectMesh[] inOrder = [.. meshes.OrderBy(m => m.Label)];
        var runs = new IReadOnlyList<VoxelRun>[inOrder.Length];
        job.For(inOrder.Length, i => runs[i] = MeshVoxels.Of(inOrder[i].Mesh, grid, inOrder[i].File, job), report: true);
        string[] classes = [.. inOrder.Select(m => m.Class).Distinct().Order(StringComparer.Ordinal)];
        var layers = new List<LabelVolume>();
        var objects = new List<SegmentedObject>();
        long twice = 0;
        for (int c = 0; c < classes.Length; c++)
        {
            int[] members = [.. Enumerable.Range(0, inOrder.Length).Where(i => inOrder[i].Class == classes[c])];
            layers.Add(Layer(grid, [.. members.Select(i => (inOrder[i].Label, runs[i]))], ref twice, job));
            Dictionary<int, LabelledObject> found = layers[c].Objects.ToDictionary(o => o.Label);
            foreach (int i in members)
            {
                ObjectMesh m = inOrder[i];
                if (found.TryGetValue(m.Label, out LabelledObject region) && region.Voxels >= minimumVoxels) objects.Add(new SegmentedObject(m.Label, m.File, m.Class, c, region, Math.Abs(m.Mesh.Volume), m.Mesh.Area));
            }
        }
        ObjectMesh[] none = [.. inOrder.Where((m, i) => runs[i].Count == 0)];
        if (none.Length == inOrder.Length)
            throw new BadInputException($"{side}: none of {none.Length} surfaces holds the centre of a voxel; the first is {Where(none[0])}, the volume reaches from {grid.ToPhysical(-0.5, -0.5, -0.5)} to {Far(grid)} nm (z, y, x). Check mesh_unit, the voxel size and the place of the volume.");
        if (none.Length > 0) job.Warn($"{side}: {none.Length} of {inOrder.Length} surfaces hold the centre of no voxel and are left out; the first is {Where(none[0])}.");
        int beyond = inOrder.Where((m, i) => runs[i].Count > 0).Count(m => Outside(m.Mesh, grid));
        if (beyond > 0) job.Warn($"{side}: {beyond} of {inOrder.Length} surfaces reach beyond the volume. They are compared within it; their volume and area are those of the whole surface.");
        if (twice > 0) job.Warn($"{side}: {twice} voxels lie in two surfaces of one class; they count for the one with the lower label.");
        return new SegmentedObjects(grid, layers, [.. objects.OrderBy(o => o.Label)]);

        static string Where(ObjectMesh m) => $"{m.File}, which reaches from {m.Mesh.Bounds.Low} to {m.Mesh.Bounds.High} nm (z, y, x)";
    }

    private static Point3 Far(Grid grid) => grid.ToPhysical(grid.Size.Z - 0.5, grid.Size.Y - 0.5, grid.Size.X - 0.5);

    /// <summary>Whether a surface reaches more than half a voxel beyond the volume.</summary>
    private static bool Outside(TriangleMesh mesh, Grid grid)
    {
        (Point3 low, Point3 high) = mesh.Bounds;
        (Point3 first, Point3 last) = (grid.ToPhysical(-1, -1, -1), grid.ToPhysical(grid.Size.Z, grid.Size.Y, grid.Size.X));
        for (int axis = 0; axis < 3; axis++)
            if (low[axis] < first[axis] || high[axis] > last[axis]) return true;
        return false;
    }

    /// <summary>The voxels of objects as a label volume.</summary>
    private static LabelVolume Layer(Grid grid, (int Label, IReadOnlyList<VoxelRun> Runs)[] objects, ref long twice, Job job)
    {
        var bySlice = new List<(VoxelRun Run, int Label)>[grid.Size.Z];
        for (int z = 0; z < bySlice.Length; z++) bySlice[z] = [];
        foreach ((int label, IReadOnlyList<VoxelRun> runs) in objects)
            foreach (VoxelRun run in runs) bySlice[run.Z].Add((run, label));
        var planes = new LabelPlane[grid.Size.Z];
        var builder = new LabelPlaneBuilder();
        var row = new int[grid.Size.X];
        for (int z = 0; z < planes.Length; z++)
        {
            job.ThrowIfCancelled();
            // The sort keeps the order of labels within a row only through the label itself.
            bySlice[z].Sort((a, b) => a.Run.Y != b.Run.Y ? a.Run.Y.CompareTo(b.Run.Y) : a.Label != b.Label ? a.Label.CompareTo(b.Label) : a.Run.Start.CompareTo(b.Run.Start));
            int at = 0;
            for (int y = 0; y < grid.Size.Y; y++)
            {
                builder.NextRow();
                if (at == bySlice[z].Count || bySlice[z][at].Run.Y != y) continue;
                Array.Clear(row);
                for (; at < bySlice[z].Count && bySlice[z][at].Run.Y == y; at++)
                {
                    (VoxelRun run, int label) = bySlice[z][at];
                    for (int x = run.Start; x < run.End; x++)
                    {
                        if (row[x] == 0) row[x] = label;
                        else twice++;
                    }
                }
                builder.AddRow(row);
            }
            planes[z] = builder.Take();
        }
        return LabelVolume.Of(grid, planes, VoxelType.Float32, job);
    }
}

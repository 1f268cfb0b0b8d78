using ClemReg.Algorithms.Measures;
using ClemReg.Algorithms.Meshes;
using ClemReg.Algorithms.Mitochondria;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Pipelines;

/// <summary>What is made of labels, and where lengths are nm.</summary>
internal sealed record MeshRunOptions
{
    public required SurfaceOptions Surface { get; init; }

    /// <summary>0: nothing is decimated.</summary>
    public required double DecimationError { get; init; }

    /// <summary>0: no contacts are looked for.</summary>
    public required double ContactLimit { get; init; }

    public required bool PathLengths { get; init; }

    /// <summary>stl, obj, ply.</summary>
    public required IReadOnlySet<string> Formats { get; init; }

    public required bool Picture { get; init; }
}

/// <summary>What was found out about an object.</summary>
/// <param name="Measures">Its voxels' measures.</param>
/// <param name="VolumeNm3">What its surface holds.</param>
/// <param name="AreaNm2">Its surface.</param>
/// <param name="PathLengthNm">Its length along the middle; NaN where it was not asked for.</param>
/// <param name="Shells">Closed surfaces: separate pieces and cavities.</param>
/// <param name="Handles">Handles of the surface: 1 for a ring.</param>
/// <param name="Triangles">Triangles of the full surface.</param>
/// <param name="Written">Triangles written.</param>
internal sealed record MeasuredObject(ObjectMeasures Measures, double VolumeNm3, double AreaNm2, double PathLengthNm, int Shells, int Handles, int Triangles, int Written);

/// <summary>All objects, labels ascending, and which come near each other.</summary>
internal sealed record MeshRunResult(IReadOnlyList<MeasuredObject> Objects, IReadOnlyList<ObjectContact> Contacts);

/// <summary>
/// Meshes, measures and writes the objects of a label volume, in parallel; a surface is let go as soon as it is written. Files of all objects are written in the labels' order, whichever is ready first.
/// Memory: the labels' runs; for each thread one full surface and the planes of its lattice; 12 bytes a vertex of all full surfaces for the contacts.
/// </summary>
internal static class MeshRun
{
    private const int PictureSide = 1200;

    public static MeshRunResult Run(LabelVolume labels, LabelledObject[] objects, Func<int, string> classOf, MeshRunOptions options, ResultFolder folder, ViewFile? view, Job job)
    {
        Dictionary<string, int> classes = objects.Select(o => classOf(o.Label)).Distinct().Order(StringComparer.Ordinal).Select((name, i) => (name, i)).ToDictionary(p => p.name, p => p.i);
        var measured = new MeasuredObject[objects.Length];
        var distances = options.ContactLimit > 0 ? new SurfaceDistances(objects.Length, options.ContactLimit) : null;
        Size3 size = labels.Grid.Size;
        MeshPicture? picture = options.Picture ? new MeshPicture(labels.Grid.ToPhysical(-0.5, -0.5, -0.5), labels.Grid.ToPhysical(size.Z - 0.5, size.Y - 0.5, size.X - 0.5), PictureSide) : null;
        var files = new List<ISceneFile>();
        try
        {
            folder.Writing(() =>
            {
                if (options.Formats.Contains("obj")) files.Add(new ObjFile(folder.PathOf("all.obj")));
                if (options.Formats.Contains("ply")) files.Add(new PlyFile(folder.PathOf("all.ply")));
            });
            var inOrder = new InOrder<SceneObject>(part =>
            {
                folder.Writing(() =>
                {
                    files.ForEach(f => f.Add(part));
                    view?.Add(part);
                });
                picture?.Add(part.Mesh, part.Colour);
            });
            job.Run<object?>("surfaces", 0.1, 0.9, part =>
            {
                part.For(objects.Length, i =>
                {
                    LabelledObject o = objects[i];
                    TriangleMesh full = ObjectSurface.Of(labels, o, options.Surface, part);
                    MeshCheck check = MeshCheck.Of(full);
                    distances?.Add(i, full);
                    TriangleMesh mesh = Decimation.Run(full, options.DecimationError, part);
                    measured[i] = new MeasuredObject(ObjectMeasures.Of(labels, o, part), full.Volume, full.Area, options.PathLengths ? LongestPath.Length(labels, o, part) : double.NaN,
                        check.Parts, check.Handles, full.Count, mesh.Count);
                    if (options.Formats.Contains("stl")) folder.Write($"label_{o.Label}.stl", stream => StlFile.Write(mesh, $"label {o.Label}", stream));
                    string name = classOf(o.Label);
                    inOrder.Add(i, new SceneObject(o.Label, name, Rgb.Of(classes.Count > 1 ? classes[name] : i), mesh));
                }, report: true);
                return null;
            });
            folder.Writing(() => files.ForEach(f => f.Finish()));
        }
        finally
        {
            files.ForEach(f => f.Dispose());
        }
        if (picture is not null) folder.Write("meshes.png", stream => stream.Write(picture.Png()));
        IReadOnlyList<ObjectContact> contacts = distances is null ? [] : job.Run("contacts", 0.9, 1, distances.Contacts);
        return new MeshRunResult(measured, contacts);
    }

    /// <summary>Hands on what many threads make in the order of its numbers.</summary>
    private sealed class InOrder<T>(Action<T> take)
    {
        private readonly Dictionary<int, T> _waiting = [];
        private readonly Lock _lock = new();
        private int _next;

        public void Add(int number, T item)
        {
            lock (_lock)
            {
                _waiting.Add(number, item);
                while (_waiting.Remove(_next, out T? ready))
                {
                    take(ready);
                    _next++;
                }
            }
        }
    }
}

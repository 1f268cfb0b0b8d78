using System.Globalization;
using System.Text;
using ClemReg.Algorithms.Evaluation;
using ClemReg.Algorithms.Meshes;
using ClemReg.Algorithms.Mitochondria;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Pipelines;

/// <summary>One side of a comparison as the user gives it: a label image or a folder of STL files, and perhaps a table of classes.</summary>
internal sealed class ComparedInput
{
    /// <summary>The table of classes that lies in a folder of meshes.</summary>
    private const string Beside = "objects.csv";

    private readonly string _side;
    private readonly ISliceSource? _image;
    private readonly string? _folder;
    private readonly InputText? _table;
    private LabelVolume? _labels;
    private SeparateStructures? _parts;
    private List<ObjectMesh>? _meshes;
    private ObjectClasses? _classes;

    private ComparedInput(string side, ISliceSource? image, string? folder, InputText? table) => (_side, _image, _folder, _table) = (side, image, folder, table);

    /// <summary>Finds what was given.</summary>
    /// <exception cref="BadInputException">Nothing, or both.</exception>
    public static ComparedInput Of(OperationRequest request, string side)
    {
        var image = request.OptionalInput<ISliceSource>(side);
        string? folder = request.OptionalPath(side + "_meshes");
        if (image is null && folder is null) throw new BadInputException($"{side} is missing: give a label image ({side}) or a folder of STL files ({side}_meshes).");
        if (image is not null && folder is not null) throw new BadInputException($"{side} and {side}_meshes are both given: a side is a label image or a folder of STL files.");
        return new ComparedInput(side, image, folder, request.OptionalText(side + "_classes"));
    }

    /// <summary>The voxels of a label image; null of meshes.</summary>
    public Grid? Grid => _image?.Grid;

    /// <summary>Whether there are classes. Known when it was read.</summary>
    public bool HasClasses { get; private set; }

    /// <summary>Where the meshes lie, nm.</summary>
    public (Point3 Low, Point3 High) Bounds => (_meshes!.Select(m => m.Mesh.Bounds.Low).Aggregate(Point3.Min), _meshes!.Select(m => m.Mesh.Bounds.High).Aggregate(Point3.Max));

    /// <summary>Reads it.</summary>
    /// <param name="nanometres">What a unit of STL files is.</param>
    /// <param name="components">Whether pieces of a label image are objects.</param>
    /// <param name="job">The work.</param>
    /// <exception cref="BadInputException">It cannot be used.</exception>
    public void Read(double nanometres, bool components, Job job)
    {
        if (_image is not null) ReadImage(components, job);
        else ReadMeshes(nanometres, job);
    }

    private void ReadImage(bool components, Job job)
    {
        (_labels, _parts) = MeshOperation.Read(_image!, _side, components, job);
        if (_labels.Objects.Count == 0) throw new BadInputException($"{_side}: there is no object; all voxels are 0. Give a label image or a mask.");
        if (_table is null || _table.Named(() => ObjectClasses.Read(_table)) is not { Any: true } classes) return;
        _classes = classes;
        HasClasses = true;
        Tell(_labels.Objects.Count(o => classes.Of(Value(o.Label)) is null), _labels.Objects.Count, _table.File, job);
    }

    private void Tell(int unlisted, int all, string table, Job job)
    {
        if (unlisted == all) throw new BadInputException($"{_side}_classes: {table} names none of the {all} objects of {_side}. Is it the table of another segmentation? Its columns must be label (or id) or, for meshes, file, and class.");
        if (unlisted > 0) job.Warn($"{unlisted} of {all} objects of {_side} have no class in {table}; they stand under {MeshTables.Unlisted}.");
    }

    private int Value(int label) => _parts?.ValueOf(label) ?? label;

    private void ReadMeshes(double nanometres, Job job)
    {
        IReadOnlyList<StlEntry> files = StlFolder.List(_folder!, _side + "_meshes");
        var meshes = new ObjectMesh[files.Count];
        job.For(files.Count, i =>
        {
            byte[] content;
            try
            {
                content = File.ReadAllBytes(files[i].Path);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                throw new BadInputException($"{_side}_meshes: {files[i].Name} cannot be read: {e.Message}", e);
            }
            TriangleMesh mesh = StlFile.Read(content, files[i].Name, nanometres);
            if (mesh.Count == 0) throw new BadInputException($"{_side}_meshes: {files[i].Name} has no triangles with an area, so there is no object in it.");
            meshes[i] = new ObjectMesh(files[i].Label, files[i].Name, files[i].Class, mesh);
        }, report: true);
        _meshes = [.. meshes];
        NameClasses(job);
    }

    /// <summary>Classes from the table, or from the one in the folder, or from the files' names.</summary>
    private void NameClasses(Job job)
    {
        string inFolder = Path.Combine(_folder!, Beside);
        InputText? table = _table ?? (File.Exists(inFolder) ? new InputText(_side + "_classes", Beside, File.ReadAllText(inFolder, Encoding.UTF8)) : null);
        // The table of measures that mesh writes has no classes where it was given none.
        if (table is null || table.Named(() => ObjectClasses.Read(table)) is not { Any: true } classes)
        {
            HasClasses = _meshes!.Any(m => m.Class.Length > 0);
            return;
        }
        HasClasses = true;
        Tell(_meshes!.Count(m => classes.Of(m) is null), _meshes!.Count, table.File, job);
        _meshes = [.. _meshes.Select(m => m with { Class = classes.Of(m) ?? "" })];
    }

    /// <summary>The objects on a grid.</summary>
    /// <param name="grid">The voxels.</param>
    /// <param name="classes">Whether classes count; else all objects are of one without a name.</param>
    /// <param name="spelling">How each class is written: as first met, whatever its capitals and hyphens.</param>
    /// <param name="minimum">Smaller objects are left out.</param>
    /// <param name="job">The work.</param>
    /// <exception cref="BadInputException">There is none.</exception>
    public SegmentedObjects Objects(Grid grid, bool classes, Dictionary<string, string> spelling, long minimum, Job job)
    {
        string Spelt(string name)
        {
            string key = string.Concat(name.Where(char.IsLetterOrDigit)).ToLowerInvariant();
            return spelling.TryGetValue(key, out string? known) ? known : spelling[key] = name;
        }

        SegmentedObjects objects = _labels is not null
            ? SegmentedObjects.OfLabels(_labels, label => classes ? Spelt(_classes!.Of(Value(label)) ?? MeshTables.Unlisted) : "", minimum)
            : SegmentedObjects.OfMeshes([.. _meshes!.Select(m => m with { Class = classes ? Spelt(m.Class.Length > 0 ? m.Class : MeshTables.Unlisted) : "" })], grid, minimum, _side, job);
        _meshes = null;
        return objects.All.Count > 0 ? objects : throw new BadInputException(string.Create(CultureInfo.InvariantCulture, $"{_side}: no object has minimum_size = {minimum} voxels or more."));
    }
}

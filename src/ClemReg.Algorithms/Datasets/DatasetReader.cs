using ClemReg.Algorithms.Detection;
using ClemReg.Algorithms.Inference.Models;

namespace ClemReg.Algorithms.Datasets;

/// <summary>How a picture's slice is told.</summary>
public enum SliceNumbers
{
    /// <summary>By the number at the end of its name.</summary>
    Name,
    /// <summary>By its place among all pictures in the order of their names.</summary>
    Order,
}

/// <summary>
/// Reads a dataset for YOLO networks back as boxes: of Ultralytics (dataset.yaml or data.yaml), of Darknet (obj.data or another .data file), or a folder of YOLO_mark, pictures with a text beside
/// each. A picture without a text is not annotated; one with an empty text holds nothing. With the stack's size given, a folder of boxes without pictures (<see cref="ObjectBoxFolder"/>) is read too.
/// </summary>
public sealed class DatasetReader
{
    private static readonly string[] YamlKeys = ["train", "val", "test"], DataKeys = ["train", "valid", "test"];

    private readonly string _root;
    private readonly Job _job;
    private readonly List<(string Picture, string Text)> _found = [];
    private IReadOnlyList<string>? _names;

    private DatasetReader(string root, Job job) => (_root, _job) = (root, job);

    /// <summary>Reads.</summary>
    /// <param name="folder">The dataset.</param>
    /// <param name="size">Slices, rows and columns of the stack; null: the pictures tell rows and columns.</param>
    /// <param name="names">The classes by number; null: as the dataset says.</param>
    /// <param name="numbers">How slices are told.</param>
    /// <param name="job">Cancellation, progress; hears of what is passed over.</param>
    /// <returns>Boxes and the slices that are annotated.</returns>
    /// <exception cref="NotFoundException">There is no such folder, or a file that it names.</exception>
    /// <exception cref="BadInputException">It is none of these layouts; a number, a class, a picture or its size is wrong. The message names the file and the line.</exception>
    public static ObjectBoxes Read(string folder, (int Slices, int Height, int Width)? size, IReadOnlyList<string>? names, SliceNumbers numbers, Job job)
    {
        if (!Directory.Exists(folder)) throw new NotFoundException($"dataset: there is no folder {folder}.");
        var reader = new DatasetReader(Path.GetFullPath(folder), job) { _names = names };
        string layout = reader.Find();
        if (reader._found.Count > 0) return reader.Boxes(layout, size, numbers);
        return size is { } s ? ObjectBoxFolder.Read(folder, s.Slices, s.Height, s.Width, reader._names)
            : throw new BadInputException($"dataset: {folder} holds no dataset.yaml (Ultralytics), no obj.data (Darknet) and no pictures ({string.Join(' ', PictureSize.Extensions)}) with texts beside them (YOLO_mark). For texts without pictures give the image.");
    }

    /// <summary>Finds pictures and texts; gives what the layout is called.</summary>
    private string Find()
    {
        if (First("dataset.yaml", "data.yaml", "*.yaml", "*.yml") is { } yaml)
        {
            Yaml(yaml);
            return Named("Ultralytics (" + Path.GetFileName(yaml) + ")");
        }
        if (First("obj.data", "*.data") is { } data)
        {
            Data(data);
            return Named("Darknet (" + Path.GetFileName(data) + ")");
        }
        foreach (string picture in Directory.EnumerateFiles(_root, "*", SearchOption.AllDirectories).Where(PictureSize.Is).Order(StringComparer.Ordinal)) _found.Add((picture, Path.ChangeExtension(picture, ".txt")));
        // YOLO_mark keeps the names beside the folder of pictures.
        _names ??= NamesIn(Path.Combine(_root, DatasetLayout.Names)) ?? NamesIn(Path.Combine(Path.GetDirectoryName(_root) ?? _root, DatasetLayout.Names));
        return "YOLO_mark (pictures with texts)";

        string Named(string layout) => _found.Count > 0 ? layout : throw new BadInputException($"dataset: {layout}: it names no pictures.");
    }

    private string? First(params string[] patterns) => patterns.SelectMany(p => Directory.GetFiles(_root, p).Order(StringComparer.Ordinal)).FirstOrDefault();

    private static IReadOnlyList<string>? NamesIn(string path) => File.Exists(path) ? ObjectBoxFolder.In(path, ObjectBoxTable.ReadNames) : null;

    private void Yaml(string path)
    {
        DatasetYaml yaml = ObjectBoxFolder.In(path, text => new DatasetYaml(text));
        if (_names is null && yaml.Names.Count > 0) _names = yaml.Names;
        if (_names is null) throw new BadInputException($"{Path.GetFileName(path)}: names is missing: the classes' names. Add them, or give names.");
        string[] roots = [.. new[] { yaml.Root, "" }.Select(r => Path.Combine(_root, r)).Where(Directory.Exists)];
        bool any = false;
        foreach (string place in YamlKeys.SelectMany(yaml.Places))
        {
            any = true;
            string? found = roots.Select(r => Path.GetFullPath(Path.Combine(r, place))).FirstOrDefault(p => Directory.Exists(p) || File.Exists(p));
            if (found is null) throw new NotFoundException($"{Path.GetFileName(path)}: there is no {place} in {_root}.");
            IEnumerable<string> pictures = Directory.Exists(found) ? Directory.EnumerateFiles(found, "*", SearchOption.AllDirectories).Where(PictureSize.Is).Order(StringComparer.Ordinal) : Listed(found);
            foreach (string picture in pictures) Add(picture, Label(picture));
        }
        if (!any) throw new BadInputException($"{Path.GetFileName(path)}: neither train nor val says where the pictures are.");
    }

    /// <summary>Ultralytics looks for a picture's text where the last images of its path is labels.</summary>
    private static string Label(string picture)
    {
        string mark = Path.DirectorySeparatorChar + "images" + Path.DirectorySeparatorChar;
        int at = picture.LastIndexOf(mark, StringComparison.Ordinal);
        string path = at < 0 ? picture : picture[..at] + Path.DirectorySeparatorChar + "labels" + Path.DirectorySeparatorChar + picture[(at + mark.Length)..];
        return Path.ChangeExtension(path, ".txt");
    }

    private void Data(string path)
    {
        var values = new Dictionary<string, string>(StringComparer.Ordinal);
        ObjectBoxFolder.In<object?>(path, text =>
        {
            string[] lines = text.ReplaceLineEndings("\n").Split('\n');
            for (int i = 0; i < lines.Length; i++)
            {
                string line = lines[i].Trim();
                if (line.Length == 0 || line[0] == '#') continue;
                int equals = line.IndexOf('=', StringComparison.Ordinal);
                if (equals < 1) throw new BadInputException($"line {i + 1}: '{Shown.Name(line)}' is not key = value.");
                values[line[..equals].Trim()] = line[(equals + 1)..].Trim();
            }
            return null;
        });
        string file = Path.GetFileName(path);
        if (_names is null && values.TryGetValue("names", out string? own))
            _names = NamesIn(Place(own) ?? throw new NotFoundException($"{file}: names = {own}: there is no such file in {_root}. Give names."));
        if (_names is null) throw new BadInputException($"{file}: names is missing: the list of classes. Add it, or give names.");
        if (values.TryGetValue("classes", out string? count) && count != $"{_names.Count}") throw new BadInputException($"{file}: classes = {count}, but {_names.Count} classes are named.");
        bool any = false;
        foreach (string key in DataKeys)
        {
            if (!values.TryGetValue(key, out string? list)) continue;
            any = true;
            foreach (string picture in Listed(Place(list) ?? throw new NotFoundException($"{file}: {key} = {list}: there is no such file in {_root}.")))
                Add(picture, Path.ChangeExtension(picture, ".txt"));
        }
        if (!any) throw new BadInputException($"{file}: neither train nor valid names a list of pictures.");
    }

    /// <summary>The pictures of a list; Darknet's paths count from where it was started, which may be a folder above.</summary>
    private List<string> Listed(string list)
    {
        string file = Path.GetFileName(list);
        string[] lines = ObjectBoxFolder.In(list, text => text.ReplaceLineEndings("\n").Split('\n'));
        var pictures = new List<string>();
        for (int i = 0; i < lines.Length; i++)
            if (lines[i].Trim() is { Length: > 0 } line)
                pictures.Add(Place(line) ?? throw new NotFoundException($"{file}: line {i + 1}: there is no picture {Shown.Name(line)} in {_root}."));
        return pictures;
    }

    /// <summary>A file that the dataset names: from its folder, from the folder above, or by its last parts; null where it is not there.</summary>
    private string? Place(string path)
    {
        string[] parts = path.Split('/', '\\');
        IEnumerable<string> places = [Path.Combine(_root, path), Path.Combine(Path.GetDirectoryName(_root) ?? _root, path), .. Enumerable.Range(1, parts.Length - 1).Select(i => Path.Combine([_root, .. parts[i..]]))];
        return places.Select(Path.GetFullPath).FirstOrDefault(File.Exists);
    }

    private void Add(string picture, string text)
    {
        // The same list often stands for training and validation.
        if (!_found.Contains((picture, text))) _found.Add((picture, text));
    }

    private ObjectBoxes Boxes(string layout, (int Slices, int Height, int Width)? size, SliceNumbers numbers)
    {
        if (numbers == SliceNumbers.Order) _found.Sort((a, b) => string.CompareOrdinal(Path.GetFileName(a.Picture), Path.GetFileName(b.Picture)));
        var annotated = new SortedDictionary<int, string>();
        var boxes = new List<SliceBox>();
        (int Height, int Width)? first = null;
        int without = 0;
        for (int i = 0; i < _found.Count; i++)
        {
            _job.ThrowIfCancelled();
            (string picture, string text) = _found[i];
            string name = Shown.Name(Path.GetFileName(picture));
            if (DatasetLayout.IsPiece(Path.GetFileNameWithoutExtension(picture)))
                throw new BadInputException($"dataset: {name} is a piece of a slice (dataset_tile): boxes are cut there. The whole ones are in the dataset's {ObjectBoxFolder.BoxesFile}: give the folder as boxes, or that file.");
            if (!File.Exists(text))
            {
                without++;
                continue;
            }
            (int height, int width) = PictureSize.Of(picture);
            if (size is { } s && (height, width) != (s.Height, s.Width)) throw new BadInputException($"dataset: {name} has {width} x {height} pixels, but the image's slices have {s.Width} x {s.Height}. The dataset is of another image, or its pictures were scaled or cut.");
            first ??= (height, width);
            if ((height, width) != first) throw new BadInputException($"dataset: {name} has {width} x {height} pixels, but other pictures have {first.Value.Width} x {first.Value.Height}: they are not slices of one stack.");
            int slice = numbers == SliceNumbers.Order ? i
                : ObjectBoxFolder.Number(Path.GetFileNameWithoutExtension(picture)) ?? throw new BadInputException($"dataset: the name of {name} does not end in its slice's number, counted from 1. Rename it, or set slice_numbers=order: the pictures are then the stack's slices in the order of their names.");
            if (size is { } stack && slice >= stack.Slices) throw new BadInputException($"dataset: {name} is slice {slice + 1}, but the image has {stack.Slices} slices.");
            if (!annotated.TryAdd(slice, name)) throw new BadInputException($"dataset: {annotated[slice]} and {name} are both slice {slice + 1}.");
            boxes.AddRange(ObjectBoxFolder.In(text, t => YoloLabels.Read(t, height, width, _names?.Count ?? 0)).Select(b => new SliceBox(slice, b)));
            _job.Report((i + 1.0) / _found.Count);
        }
        if (annotated.Count == 0) throw new BadInputException($"dataset: {layout}: none of {_found.Count} pictures has a text of boxes.");
        if (without > 0) _job.Warn($"{without} of {_found.Count} pictures have no text of boxes: they count as not annotated. A slice without objects has an empty text.");
        if (_names is null)
        {
            _names = [.. Enumerable.Range(0, boxes.Count == 0 ? 0 : boxes.Max(b => b.Box.Class) + 1).Select(ObjectBoxTable.Unnamed)];
            _job.Warn($"The dataset names no classes: they are called {string.Join(", ", _names)}. Give names (obj.names).");
        }
        _job.Log($"Layout: {layout}.");
        return new ObjectBoxes(_names, [.. boxes.OrderBy(b => b.Slice)], [.. annotated.Keys]);
    }
}

using System.Text.Json;
using System.Text.Json.Nodes;
using ClemReg.Algorithms.Parameters;
using ClemReg.Algorithms.PointClouds;
using ClemReg.Algorithms.Transforms;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Pipelines;

/// <summary>What an operation takes or gives under a name.</summary>
public enum PortKind
{
    /// <summary>A <see cref="Volumes.Volume"/> in memory.</summary>
    Volume,
    /// <summary>A <see cref="BitVolume"/>.</summary>
    Mask,
    /// <summary>Any <see cref="ISliceSource"/>: an image whose slices are read on demand, a volume or a mask.</summary>
    Source,
    /// <summary>A <see cref="PointCloud"/>.</summary>
    Points,
    /// <summary>A <see cref="SpatialTransform"/>.</summary>
    Transform,
    /// <summary>
    /// The text of a file. As an input it stands in the request under texts, with the file's name; as an output the report lists the files to be
    /// written under files.
    /// </summary>
    Text,
    /// <summary>
    /// An image of one or more sections as a <see cref="Source"/>; its pixel size may be unknown: then it is 1 nm, and the request names the input under uncalibrated.
    /// </summary>
    Sections,
    /// <summary>
    /// A table of cells (<see cref="Cells.CellTable"/>) as a <see cref="Text"/>, which Java makes of ROIs and of label images too.
    /// </summary>
    Cells,
    /// <summary>
    /// A file that is read, or written, here and not in Java, for its size: a model. Its path stands in the request under paths.
    /// </summary>
    File,
    /// <summary>A folder that is read or written here, for the number of its files. Its path stands in the request under paths.</summary>
    Folder,
    /// <summary>
    /// Boxes of objects with classes (<see cref="Datasets.ObjectBoxes"/>): a folder or a table as a path under paths, or, of ROIs, a table that Java makes, under texts.
    /// </summary>
    Boxes,
    /// <summary>The same as <see cref="File"/> for a model that is run: Java says besides where the software is that runs it.</summary>
    Model,
}

/// <summary>A named input or output of an operation.</summary>
public sealed record Port(string Name, PortKind Kind, string Help, bool Required = true)
{
    /// <summary>Whether there may be several: only for <see cref="PortKind.Cells"/>.</summary>
    public bool Several { get; init; }
}

/// <summary>The text of an input file.</summary>
/// <param name="Port">The input's name.</param>
/// <param name="File">The file's name, for messages.</param>
/// <param name="Text">Its content.</param>
/// <param name="Size">Of a table that was made of a label image the image's sections, rows and columns; else null.</param>
public sealed record InputText(string Port, string File, string Text, Size3? Size = null)
{
    /// <summary>Does work on the text; what is refused is told with the names of the input and the file.</summary>
    /// <exception cref="BadInputException">The work's own, with the names before its message.</exception>
    internal T Named<T>(Func<T> work)
    {
        try
        {
            return work();
        }
        catch (BadInputException e)
        {
            throw new BadInputException($"{Port}: {File}: {e.Message}", e);
        }
    }
}

/// <summary>What an operation is called with.</summary>
/// <param name="Inputs">The inputs by name, of the kinds that the operation's ports say.</param>
/// <param name="Values">The checked parameters.</param>
/// <param name="Extra">The whole request: for what is neither an input nor a parameter, such as the names of the input files.</param>
public sealed record OperationRequest(IReadOnlyDictionary<string, object> Inputs, ParameterValues Values, JsonElement Extra)
{
    /// <summary>An input that must be there.</summary>
    public T Input<T>(string name) where T : class => (T)Inputs[name];

    /// <summary>The path of a file that may be left out.</summary>
    public string? OptionalPath(string name) => FindPath(Extra, name);

    /// <summary>Whether files that are there already may be replaced.</summary>
    public bool Overwrite => Extra.TryGetProperty("overwrite", out JsonElement overwrite) && overwrite.ValueKind == JsonValueKind.True;

    /// <summary>The path of a file that must be there.</summary>
    public string Path(string name) => OptionalPath(name) ?? throw new KeyNotFoundException(name);

    internal static string? FindPath(JsonElement request, string name) =>
        request.TryGetProperty("paths", out JsonElement paths) && paths.ValueKind == JsonValueKind.Object && paths.TryGetProperty(name, out JsonElement path)
        && path.ValueKind == JsonValueKind.String && path.GetString() is { Length: > 0 } text ? text : null;

    /// <summary>A text input that must be there.</summary>
    public InputText Text(string name) => OptionalText(name) ?? throw new KeyNotFoundException(name);

    /// <summary>A text input that may be left out.</summary>
    public InputText? OptionalText(string name) => FindText(Extra, name);

    /// <summary>The texts of an input that may have several; none where it was left out.</summary>
    public IReadOnlyList<InputText> SeveralTexts(string name) =>
        Extra.TryGetProperty("texts", out JsonElement texts) && texts.ValueKind == JsonValueKind.Object && texts.TryGetProperty(name, out JsonElement list) && list.ValueKind == JsonValueKind.Array
            ? [.. list.EnumerateArray().Select(text => ReadText(text, name)).OfType<InputText>()] : [];

    /// <summary>Whether the pixel size of a <see cref="PortKind.Sections"/> is known.</summary>
    public bool IsCalibrated(string name) =>
        !(Extra.TryGetProperty("uncalibrated", out JsonElement names) && names.ValueKind == JsonValueKind.Array && names.EnumerateArray().Any(n => n.ValueKind == JsonValueKind.String && n.GetString() == name));

    internal static InputText? FindText(JsonElement request, string name) =>
        request.TryGetProperty("texts", out JsonElement texts) && texts.ValueKind == JsonValueKind.Object && texts.TryGetProperty(name, out JsonElement text) ? ReadText(text, name) : null;

    private static InputText? ReadText(JsonElement text, string name)
    {
        if (text.ValueKind != JsonValueKind.Object || !text.TryGetProperty("text", out JsonElement content) || content.ValueKind != JsonValueKind.String) return null;
        string? file = text.TryGetProperty("file", out JsonElement f) && f.ValueKind == JsonValueKind.String ? f.GetString() : null;
        int[] size = text.TryGetProperty("size", out JsonElement s) && s.ValueKind == JsonValueKind.Array ? [.. s.EnumerateArray().Where(v => v.TryGetInt32(out _)).Select(v => v.GetInt32())] : [];
        return new InputText(name, file ?? name, content.GetString()!, size.Length == 3 ? new Size3(size[0], size[1], size[2]) : null);
    }

    /// <summary>An input that may be left out.</summary>
    public T? OptionalInput<T>(string name) where T : class => Inputs.TryGetValue(name, out object? value) ? (T)value : null;
}

/// <summary>What an operation gives.</summary>
/// <param name="Outputs">The outputs by name. The caller disposes of those that are disposable.</param>
/// <param name="Json">Figures and texts.</param>
public sealed record OperationResult(IReadOnlyDictionary<string, object> Outputs, JsonObject Json) : IDisposable
{
    /// <summary>Inputs that the outputs read from later, and which must therefore live as long as they do.</summary>
    public IReadOnlyList<string> RetainedInputs { get; init; } = [];

    /// <summary>Disposes of the outputs: for a caller that does not take them.</summary>
    public void Dispose()
    {
        foreach (object output in Outputs.Values) (output as IDisposable)?.Dispose();
    }
}

/// <summary>A named piece of work that Java can ask for. A new one needs no new function in the bridge.</summary>
public sealed class Operation
{
    private readonly Func<OperationRequest, Job, OperationResult> _run;

    internal Operation(string name, string title, string help, IReadOnlyList<Port> inputs, IReadOnlyList<Port> outputs,
        IReadOnlyList<Parameter> parameters, Func<OperationRequest, Job, OperationResult> run)
    {
        Name = name;
        Title = title;
        Help = help;
        Inputs = inputs;
        Outputs = outputs;
        Parameters = parameters;
        _run = run;
    }

    /// <summary>The name, lower_snake_case.</summary>
    public string Name { get; }

    /// <summary>A short title.</summary>
    public string Title { get; }

    /// <summary>What it does.</summary>
    public string Help { get; }

    /// <summary>What it takes.</summary>
    public IReadOnlyList<Port> Inputs { get; }

    /// <summary>What it gives.</summary>
    public IReadOnlyList<Port> Outputs { get; }

    /// <summary>Its parameters, in the order in which a dialog shows them.</summary>
    public IReadOnlyList<Parameter> Parameters { get; }

    /// <summary>Checks the inputs and runs the work.</summary>
    /// <param name="request">JSON text: parameters, parameters_file (its text) with parameters_file_name, and whatever the operation reads besides.</param>
    /// <param name="inputs">The inputs by name.</param>
    /// <param name="job">Threads, cancellation, progress.</param>
    /// <exception cref="BadInputException">An input or a parameter is missing, unknown or not allowed.</exception>
    /// <exception cref="OperationCanceledException">The job was cancelled.</exception>
    public OperationResult Run(JsonElement request, IReadOnlyDictionary<string, object> inputs, Job job)
    {
        foreach (string name in inputs.Keys)
            if (Inputs.All(p => p.Name != name))
                throw new BadInputException($"{Name} has no input {name}. It takes: {string.Join(", ", Inputs.Select(p => p.Name))}.");
        foreach (Port port in Inputs)
        {
            if (port.Kind is PortKind.Text or PortKind.Cells)
            {
                if (port.Required && OperationRequest.FindText(request, port.Name) is null) throw new BadInputException($"{Name} needs the input {port.Name}: {port.Help}");
            }
            else if (port.Kind == PortKind.Boxes)
            {
                if (port.Required && (OperationRequest.FindPath(request, port.Name) ?? (object?)OperationRequest.FindText(request, port.Name)) is null) throw new BadInputException($"{Name} needs the input {port.Name}: {port.Help}");
            }
            else if (port.Kind is PortKind.File or PortKind.Model or PortKind.Folder)
            {
                if (port.Required && OperationRequest.FindPath(request, port.Name) is null) throw new BadInputException($"{Name} needs the input {port.Name}: {port.Help}");
            }
            else if (!inputs.TryGetValue(port.Name, out object? value))
            {
                if (port.Required) throw new BadInputException($"{Name} needs the input {port.Name}: {port.Help}");
            }
            else if (!Fits(value, port.Kind))
                throw new BadInputException($"The input {port.Name} of {Name} must be a {port.Kind.ToString().ToLowerInvariant()}, but it is a {KindName(value)}.");
        }
        string? file = request.TryGetProperty("parameters_file", out JsonElement text) && text.ValueKind == JsonValueKind.String ? text.GetString() : null;
        string called = request.TryGetProperty("parameters_file_name", out JsonElement fileName) && fileName.ValueKind == JsonValueKind.String ? fileName.GetString()! : "";
        ParameterValues values = ParameterFiles.Read(this, file, request.TryGetProperty("parameters", out JsonElement parameters) ? parameters : null, job, called);
        return _run(new OperationRequest(inputs, values, request), job);
    }

    /// <summary>How messages call an object: volume, mask, source, points or transform.</summary>
    public static string KindName(object value) => value switch
    {
        Volume => "volume",
        BitVolume => "mask",
        ISliceSource => "source",
        PointCloud => "points",
        SpatialTransform => "transform",
        _ => "object",
    };

    internal JsonObject Schema()
    {
        var parameters = new JsonArray();
        foreach (Parameter parameter in Parameters) parameters.Add((JsonNode)parameter.Schema());
        var presets = new JsonObject();
        if (Parameters.Contains(ClemRegParameters.Preset))
            foreach (string preset in ClemRegParameters.Preset.Choices) presets[preset] = ParameterFiles.Preset(preset, this);
        return new JsonObject
        {
            ["name"] = Name,
            ["title"] = Title,
            ["help"] = Help,
            ["inputs"] = Ports(Inputs),
            ["outputs"] = Ports(Outputs),
            ["parameters"] = parameters,
            ["presets"] = presets,
        };
    }

    private static JsonArray Ports(IReadOnlyList<Port> ports)
    {
        var list = new JsonArray();
        foreach (Port port in ports)
        {
            list.Add((JsonNode)new JsonObject
            {
                ["name"] = port.Name,
                ["kind"] = port.Kind.ToString().ToLowerInvariant(),
                ["required"] = port.Required,
                ["help"] = port.Help,
            });
            if (port.Several) list[^1]!["several"] = true;
        }
        return list;
    }

    private static bool Fits(object value, PortKind kind) => kind switch
    {
        PortKind.Volume => value is Volume,
        PortKind.Mask => value is BitVolume,
        PortKind.Source or PortKind.Sections => value is ISliceSource,
        PortKind.Points => value is PointCloud,
        PortKind.Text or PortKind.Cells or PortKind.Boxes or PortKind.File or PortKind.Folder or PortKind.Model => false,
        _ => value is SpatialTransform,
    };
}

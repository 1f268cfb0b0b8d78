using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using ClemReg.Algorithms.Inference.Models;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Projects;

/// <summary>
/// A folder that holds the way from a stack to measured organelles: project.json tells where the stack is, which classes there are, and of each step what it was made of, with which parameters, and where
/// its result is. Paths within the folder, or beside it, are relative, so that it can be moved. The file is written whole, the version before it is kept (project.json.bak), and what a person adds to it stays.
/// </summary>
public sealed class FamousProject
{
    /// <summary>The file's name.</summary>
    public const string File = "project.json";

    /// <summary>The version before.</summary>
    public const string Previous = File + ".bak";

    private const string Format = "clemreg-project", Steps = "steps", Stack = "stack";
    private const int Version = 1;
    private const long LargestFile = 64 << 20;

    private static readonly JsonSerializerOptions Written = new() { WriteIndented = true };

    private readonly JsonObject _json;

    private FamousProject(string folder, JsonObject json) => (Folder, _json) = (folder, json);

    /// <summary>The folder, absolute.</summary>
    public string Folder { get; }

    /// <summary>A new project; nothing is written yet.</summary>
    /// <exception cref="BadInputException">There is one already, or the path is a file's.</exception>
    public static FamousProject Create(string folder)
    {
        folder = Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder));
        if (System.IO.File.Exists(folder)) throw BadInputException.ForParameter("project", folder, "a folder, but it is a file");
        if (System.IO.File.Exists(Path.Combine(folder, File)) || System.IO.File.Exists(Path.Combine(folder, Previous)))
            throw BadInputException.ForParameter("project", folder, "a folder without a project, but it holds one", "Open it (action = status), or choose another folder.");
        return new FamousProject(folder, new JsonObject { ["format"] = Format, ["version"] = Version, [Steps] = new JsonObject() });
    }

    /// <summary>Opens a project.</summary>
    /// <exception cref="NotFoundException">There is none in the folder.</exception>
    /// <exception cref="BadInputException">Its file is damaged; the message says where, and how the version before comes back.</exception>
    public static FamousProject Open(string folder)
    {
        folder = Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder));
        string path = Path.Combine(folder, File);
        if (!System.IO.File.Exists(path))
            throw new NotFoundException($"project: {folder} holds no {File}.{(System.IO.File.Exists(Path.Combine(folder, Previous)) ? $" The version before is there ({Previous}): action = restore brings it back." : " Make a project with action = new.")}");
        try
        {
            return new FamousProject(folder, Parse(path));
        }
        catch (BadInputException e)
        {
            throw new BadInputException($"{path}: {e.Message} Correct it with a text editor{(System.IO.File.Exists(Path.Combine(folder, Previous)) ? $", or bring the version before back with action = restore ({Previous}); the damaged file is kept beside it" : "")}.", e);
        }
    }

    /// <summary>Brings the version before back; the present file is kept as project.damaged-1.json and so on.</summary>
    /// <exception cref="NotFoundException">There is no version before.</exception>
    /// <exception cref="BadInputException">It is damaged too.</exception>
    public static FamousProject Restore(string folder)
    {
        folder = Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder));
        string path = Path.Combine(folder, File), before = Path.Combine(folder, Previous);
        if (!System.IO.File.Exists(before)) throw new NotFoundException($"project: {folder} holds no {Previous}, the version before.");
        JsonObject json;
        try
        {
            json = Parse(before);
        }
        catch (BadInputException e)
        {
            throw new BadInputException($"{before}: {e.Message} Correct it with a text editor.", e);
        }
        return Writing(path, () =>
        {
            if (System.IO.File.Exists(path))
            {
                int n = 1;
                while (System.IO.File.Exists(Path.Combine(folder, $"project.damaged-{n}.json"))) n++;
                System.IO.File.Move(path, Path.Combine(folder, $"project.damaged-{n}.json"));
            }
            System.IO.File.Copy(before, path);
            return new FamousProject(folder, json);
        });
    }

    private static JsonObject Parse(string path)
    {
        string text = ModelFiles.Reading(path, () => new FileInfo(path).Length <= LargestFile ? System.IO.File.ReadAllText(path) : throw new BadInputException($"it has {new FileInfo(path).Length >> 20} MB: it is no project."));
        JsonNode? node;
        try
        {
            node = JsonNode.Parse(text, null, new JsonDocumentOptions { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true });
        }
        catch (JsonException e)
        {
            throw new BadInputException($"line {e.LineNumber + 1} is not JSON (byte {e.BytePositionInLine + 1}).", e);
        }
        if (node is not JsonObject json) throw new BadInputException("it is JSON, but no object { }.");
        try
        {
            if (Text(json["format"], "format") is var format && format != Format) throw new BadInputException($"format = {Shown.Name(format)} is not allowed: it must be {Format}.");
            if (json["version"] is not JsonValue v || !v.TryGetValue(out int version) || version < 1) throw new BadInputException($"version must be {Version}.");
            if (version > Version) throw new BadInputException($"version = {version} is of a later ClemReg.Fiji; this one knows version {Version}.");
            if (json[Stack] is not null and not JsonObject) throw new BadInputException("stack must be an object { }.");
            if (json["classes"] is not null) ReadClasses(json);
            if (json[Steps] is not null and not JsonObject) throw new BadInputException("steps must be an object { }.");
            json[Steps] ??= new JsonObject();
            foreach ((string name, JsonNode? step) in json[Steps]!.AsObject())
            {
                if (ProjectStep.Find(name) is null) throw new BadInputException($"steps: there is no step {Shown.Name(name)}. Steps: {string.Join(", ", ProjectStep.All.Select(s => s.Name))}.");
                if (step is not JsonObject s2) throw new BadInputException($"steps.{name} must be an object {{ }}.");
                foreach (string key in new[] { "parameters", "inputs", "made" })
                    if (s2[key] is not null and not JsonObject) throw new BadInputException($"steps.{name}.{key} must be an object {{ }}.");
                if (s2["result"] is not null) Text(s2["result"], $"steps.{name}.result");
                if (s2["inputs"] is JsonObject inputs)
                    foreach ((string role, JsonNode? input) in inputs)
                        Text(input is JsonObject o ? o["path"] : null, $"steps.{name}.inputs.{role}.path");
            }
        }
        catch (InvalidOperationException e)
        {
            throw new BadInputException("a key is there twice.", e);
        }
        catch (ArgumentException e)
        {
            // System.Text.Json tells of a doubled key so.
            throw new BadInputException("a key is there twice.", e);
        }
        return json;
    }

    private static string Text(JsonNode? node, string key) =>
        node is JsonValue value && value.TryGetValue(out string? text) ? text : throw new BadInputException($"{key} {(node is null ? "is missing" : "must be a text in quotes")}.");

    /// <summary>Writes project.json whole; the version before becomes project.json.bak.</summary>
    /// <exception cref="BadInputException">The folder cannot be written.</exception>
    public void Save()
    {
        string path = Path.Combine(Folder, File), work = path + $".{Guid.NewGuid():N}.tmp";
        _json["software"] = new JsonObject { ["name"] = "ClemReg.Fiji", ["version"] = Pipelines.Operations.Version };
        Writing(path, () =>
        {
            Directory.CreateDirectory(Folder);
            try
            {
                System.IO.File.WriteAllText(work, _json.ToJsonString(Written) + "\n", new UTF8Encoding(false));
                if (System.IO.File.Exists(path))
                {
                    // Renamed too: a copy that is broken off must not be all that is left.
                    string copy = work + ".bak";
                    System.IO.File.Copy(path, copy);
                    System.IO.File.Move(copy, Path.Combine(Folder, Previous), overwrite: true);
                }
                System.IO.File.Move(work, path, overwrite: true);
            }
            finally
            {
                System.IO.File.Delete(work);
                System.IO.File.Delete(work + ".bak");
            }
            return true;
        });
    }

    private static T Writing<T>(string path, Func<T> work)
    {
        try
        {
            return work();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new BadInputException($"project: {path} cannot be written: {e.Message} Nothing is lost: the project is as it was.", e);
        }
    }

    /// <summary>Names the stack.</summary>
    /// <param name="path">Its file.</param>
    /// <param name="grid">Its size and voxel size.</param>
    /// <param name="calibrated">Whether the voxel size is known.</param>
    /// <param name="job">Cancellation.</param>
    /// <exception cref="NotFoundException">There is no such file.</exception>
    public void SetStack(string path, Grid grid, bool calibrated, Job job)
    {
        Fingerprint print = Fingerprint.Of(path, job) ?? throw new NotFoundException($"image: there is no file {path}.");
        var stack = new JsonObject { ["path"] = Kept(path), ["size_zyx"] = new JsonArray(grid.Size.Z, grid.Size.Y, grid.Size.X) };
        if (calibrated) stack["spacing_zyx_nm"] = GridJson.Triple(grid.Spacing);
        stack["fingerprint"] = print.Json();
        _json[Stack] = stack;
    }

    /// <summary>Names the classes.</summary>
    /// <param name="classes">Names with colours (#rrggbb).</param>
    public void SetClasses(IEnumerable<(string Name, string Colour)> classes) =>
        _json["classes"] = new JsonArray([.. classes.Select(c => (JsonNode)new JsonObject { ["name"] = c.Name, ["colour"] = c.Colour })]);

    /// <summary>The classes.</summary>
    public IReadOnlyList<(string Name, string Colour)> Classes => ReadClasses(_json);

    private static List<(string Name, string Colour)> ReadClasses(JsonObject json)
    {
        var classes = new List<(string Name, string Colour)>();
        if (json["classes"] is null) return classes;
        if (json["classes"] is not JsonArray list) throw new BadInputException("classes must be a list [ ].");
        foreach (JsonNode? item in list)
        {
            if (item is not JsonObject one) throw new BadInputException("classes: each must be an object { \"name\": ..., \"colour\": \"#rrggbb\" }.");
            string name = Text(one["name"], "classes: name"), colour = one["colour"] is null ? ClassList.Colour(name, classes.Count) : Text(one["colour"], "classes: colour");
            ClassList.Check(name, colour, classes);
            classes.Add((name, colour));
        }
        return classes;
    }

    /// <summary>Names a file of the project, such as recipes or model.</summary>
    /// <param name="key">recipes or model.</param>
    /// <param name="path">The file.</param>
    /// <exception cref="NotFoundException">There is no such file.</exception>
    public void SetFile(string key, string path) => _json[key] = System.IO.File.Exists(path) ? Kept(path) : throw new NotFoundException($"{key}: there is no file {path}.");

    /// <summary>A file that the project names: its absolute path, or null.</summary>
    public string? FileOf(string key) => _json[key] is { } node ? Place(Text(node, key)) : null;

    /// <summary>The parameters with which a step is to be done; empty where none were set.</summary>
    public JsonObject Parameters(string step) => StepJson(step)["parameters"] as JsonObject ?? [];

    /// <summary>Sets the parameters with which a step is to be done; a result with others is out of date.</summary>
    public void SetParameters(string step, JsonObject parameters) => StepJson(step)["parameters"] = parameters.DeepClone();

    /// <summary>Notes that a step has been done.</summary>
    /// <param name="step">Its name.</param>
    /// <param name="result">The file or folder that it gave.</param>
    /// <param name="inputs">What it was made of: role and path.</param>
    /// <param name="parameters">With which parameters; null: those that were set.</param>
    /// <param name="when">The time.</param>
    /// <param name="job">Cancellation.</param>
    /// <exception cref="NotFoundException">The result or an input is not there.</exception>
    public void Record(string step, string result, IReadOnlyList<(string Role, string Path)> inputs, JsonObject? parameters, DateTimeOffset when, Job job)
    {
        Fingerprint print = Fingerprint.Of(result, job) ?? throw new NotFoundException($"step_result: there is no file and no folder {result}.");
        var made = new JsonObject();
        foreach ((string role, string path) in inputs)
            made[role] = new JsonObject { ["path"] = Kept(path), ["fingerprint"] = (Fingerprint.Of(path, job) ?? throw new NotFoundException($"step_inputs: {role}: there is no file and no folder {path}.")).Json() };
        JsonObject json = StepJson(step);
        if (parameters is not null) json["parameters"] = parameters.DeepClone();
        json["result"] = Kept(result);
        json["inputs"] = made;
        json["made"] = new JsonObject
        {
            ["when"] = when.ToUniversalTime().ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture),
            ["parameters"] = (json["parameters"] ?? new JsonObject()).DeepClone(),
            ["fingerprint"] = print.Json(),
            ["software"] = Pipelines.Operations.Version,
        };
    }

    private JsonObject StepJson(string step)
    {
        if (ProjectStep.Find(step) is null) throw new NotFoundException($"there is no step {step}");
        JsonObject steps = _json[Steps]!.AsObject();
        if (steps[step] is not JsonObject json) steps[step] = json = [];
        return json;
    }

    /// <summary>The stack's path as it is kept; null where there is none.</summary>
    public string? StackPath => _json[Stack] is JsonObject stack ? Place(Text(stack["path"], "stack.path")) : null;

    /// <summary>How all steps stand.</summary>
    /// <param name="job">Cancellation.</param>
    public IReadOnlyList<StepStatus> Status(Job job)
    {
        var all = new List<StepStatus> { StackStatus(job) };
        foreach (ProjectStep step in ProjectStep.All.Skip(1)) all.Add(Status(step, all, job));
        return all;
    }

    private StepStatus StackStatus(Job job)
    {
        ProjectStep step = ProjectStep.All[0];
        if (StackPath is not { } path) return new StepStatus(step, StepState.Missing, ["no stack is named"], [], "");
        bool? same = Fingerprint.Read(_json[Stack]!["fingerprint"]) is { } print ? print.Holds(path, job) : System.IO.File.Exists(path) ? false : null;
        return same switch
        {
            true => new StepStatus(step, StepState.Done, [], [], path),
            null => new StepStatus(step, StepState.Missing, [$"{path} is not there: put it back, or name the stack anew"], [], path),
            _ => new StepStatus(step, StepState.OutOfDate, [$"{Path.GetFileName(path)} has changed since it was named"], [], path),
        };
    }

    private StepStatus Status(ProjectStep step, IReadOnlyList<StepStatus> before, Job job)
    {
        if (_json[Steps]!.AsObject()[step.Name] is not JsonObject json || json["result"] is not { } kept) return new StepStatus(step, StepState.Missing, [], [], "");
        string result = Place(Text(kept, $"steps.{step.Name}.result"));
        bool? own = Fingerprint.Read(json["made"]?["fingerprint"]) is { } print ? print.Holds(result, job) : Path.Exists(result) ? false : null;
        if (own is null) return new StepStatus(step, StepState.Missing, [$"its result {kept} is not there any more"], [], result);
        string[] notes = own.Value ? [] : ["changed since it was made"];
        var reasons = new List<string>();
        if (json["inputs"] is JsonObject inputs)
            foreach ((string role, JsonNode? input) in inputs)
            {
                string path = Place(Text(input!["path"], role)), name = Text(input["path"], role);
                bool? same = Fingerprint.Read(input["fingerprint"])?.Holds(path, job) ?? (Path.Exists(path) ? false : null);
                StepStatus? from = before.FirstOrDefault(b => b.Result.Length > 0 && (path == b.Result || path.StartsWith(b.Result + Path.DirectorySeparatorChar, StringComparison.Ordinal)));
                if (same is null) reasons.Add($"{role}: {name} is not there any more");
                else if (!same.Value) reasons.Add($"{role}: {name} has changed since");
                else if (from is { State: not StepState.Done }) reasons.Add($"{from.Step.Title} is {(from.State == StepState.Missing ? "missing" : "out of date")}");
            }
        // The stack may have been replaced by another file.
        if (json["inputs"]?["image"]?["path"] is { } image && StackPath is { } stack && Place(Text(image, "image")) != stack) reasons.Add($"it was made of {image}, which is not the stack now");
        var made = json["made"]?["parameters"] as JsonObject ?? [];
        string[] changed = [.. Parameters(step.Name).Select(p => p.Key).Union(made.Select(p => p.Key)).Where(k => !JsonNode.DeepEquals(Parameters(step.Name)[k], made[k]))];
        if (changed.Length > 0) reasons.Add($"its parameters were changed: {string.Join(", ", changed.Select(k => $"{k} {made[k]?.ToJsonString() ?? "(default)"} to {Parameters(step.Name)[k]?.ToJsonString() ?? "(default)"}"))}");
        return new StepStatus(step, reasons.Count == 0 ? StepState.Done : StepState.OutOfDate, reasons, notes, result);
    }

    /// <summary>What the project says of its stack; null where there is none.</summary>
    public JsonObject? StackJson => (_json[Stack] as JsonObject)?.DeepClone() as JsonObject;

    /// <summary>A path as it is written: relative where it lies in the project's folder or beside that, so that they can be moved together.</summary>
    private string Kept(string path)
    {
        string full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(path)), beside = Path.GetDirectoryName(Folder) ?? Folder;
        bool near = full == Folder || full.StartsWith(Path.TrimEndingDirectorySeparator(beside) + Path.DirectorySeparatorChar, StringComparison.Ordinal);
        return near ? Path.GetRelativePath(Folder, full).Replace('\\', '/') : full;
    }

    private string Place(string kept) => Path.TrimEndingDirectorySeparator(Path.GetFullPath(Path.Combine(Folder, kept)));
}

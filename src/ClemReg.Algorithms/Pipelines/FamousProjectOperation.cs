using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using ClemReg.Algorithms.Parameters;
using ClemReg.Algorithms.Projects;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Pipelines;

/// <summary>Makes a project, tells how its steps stand, and notes what was done: the one door to project.json, for Fiji and the launcher alike.</summary>
internal static class FamousProjectOperation
{
    private const string Project = "Project", StepGroup = "Step", None = "none";

    private static readonly ChoiceParameter Action = new("action", "Action", Project,
        "status: how the steps stand. new: makes the project. set: names the stack (image), classes, recipes, the model, or the parameters of a step. record: notes that a step has been done. restore: brings the version of project.json before the last change back.",
        "status", "status", "new", "set", "record", "restore")
    { Option = true };

    private static readonly TextParameter Classes = new("classes", "Classes", Project, "With new and set: the classes' names in their order, with colours if you like.", "", ClassList.Allowed) { Option = true };

    private static readonly ChoiceParameter Step = new("step", "Step", StepGroup, "With record, and with set of step_parameters: which.", None, [None, .. ProjectStep.All.Skip(1).Select(s => s.Name)]) { Option = true };

    private static readonly TextParameter Result = new("step_result", "Result", StepGroup, "With record: the file or folder that the step gave. Empty: where the project expects it.", "", "a path") { Option = true };

    private static readonly TextParameter Inputs = new("step_inputs", "Inputs", StepGroup, "With record: what the step was made of, role=path with ; between, such as image=em.tif;boxes=boxes. When one of them changes, the step is out of date.", "", "role=path with ; between") { Option = true };

    private static readonly TextParameter Values = new("step_parameters", "Parameters", StepGroup, "With record and set: the step's parameters as a JSON object. A result that was made with others is out of date.", "", "a JSON object such as {\"box_score\": 0.3}") { Option = true };

    public static Operation Definition { get; } = new(
        "famous_project", "FAMOUS Project",
        "Keeps the way from an EM stack to measured organelles in a folder: stack, classes, boxes, detections, labels, meshes, comparison; tells which steps are done, missing or out of date, and why.",
        [
            new Port("project", PortKind.Folder, "The project's folder."),
            new Port("image", PortKind.Sections, "With new and set: the EM stack, a file. It stays where it is.", Required: false),
            new Port("recipes", PortKind.File, "With new and set: the recipes of the step Segment (JSON).", Required: false),
            new Port("detector", PortKind.File, "With new and set: the ONNX model of the step Detect.", Required: false),
        ],
        [],
        [Action, Classes, Step, Result, Inputs, Values],
        Run);

    private static OperationResult Run(OperationRequest request, Job job)
    {
        string folder = request.Path("project"), action = request.Values.Get(Action);
        Check(request, action);
        FamousProject project = action switch
        {
            "new" => FamousProject.Create(folder),
            "restore" => FamousProject.Restore(folder),
            _ => FamousProject.Open(folder),
        };
        if (action is "new" or "set") Set(project, request, job);
        else if (action == "record")
        {
            ProjectStep step = Named(request);
            string result = request.Values.Get(Result) is { Length: > 0 } own ? own : Path.Combine(project.Folder, step.Result);
            project.Record(step.Name, result, Roles(request.Values.Get(Inputs)), Json(request.Values.Get(Values)), DateTimeOffset.UtcNow, job);
        }
        if (action is "new" or "set" or "record") project.Save();
        return new OperationResult(new Dictionary<string, object>(), Report(project, action, job));
    }

    private static void Check(OperationRequest request, string action)
    {
        ParameterValues values = request.Values;
        bool sets = action is "new" or "set";
        foreach ((string name, bool given) in new[] { ("image", request.OptionalInput<ISliceSource>("image") is not null), ("recipes", request.OptionalPath("recipes") is not null), ("detector", request.OptionalPath("detector") is not null), (Classes.Name, values.Get(Classes).Length > 0) })
            if (given && !sets) throw new BadInputException($"{name} is given, but action = {action} changes nothing: set action = set, or new for a new project.");
        if (action != "record" && (values.Get(Result) + values.Get(Inputs)).Length > 0) throw new BadInputException($"{Result.Name} and {Inputs.Name} belong to action = record, but action = {action}.");
        if (action is not ("record" or "set") && values.Get(Values).Length > 0) throw new BadInputException($"{Values.Name} belongs to action = record or set, but action = {action}.");
    }

    private static void Set(FamousProject project, OperationRequest request, Job job)
    {
        if (request.OptionalInput<ISliceSource>("image") is { } image)
        {
            string path = request.OptionalPath("image") ?? throw new BadInputException("image: the image has no file; save it first: a project keeps the path of its stack.");
            project.SetStack(path, image.Grid, request.IsCalibrated("image"), job);
        }
        if (request.Values.Get(Classes).Trim() is { Length: > 0 } classes) project.SetClasses(ClassList.Read(classes, Classes.Name));
        foreach (string file in new[] { "recipes", "detector" })
            if (request.OptionalPath(file) is { } path) project.SetFile(file, path);
        if (Json(request.Values.Get(Values)) is { } parameters) project.SetParameters(Named(request).Name, parameters);
    }

    private static ProjectStep Named(OperationRequest request) =>
        ProjectStep.Find(request.Values.Get(Step)) ?? throw BadInputException.ForParameter(Step.Name, request.Values.Get(Step), "the step that is meant: " + string.Join(", ", Step.Choices.Skip(1)));

    private static List<(string Role, string Path)> Roles(string text)
    {
        var roles = new List<(string Role, string Path)>();
        foreach (string part in text.Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            int at = part.IndexOf('=', StringComparison.Ordinal);
            if (at < 1 || at == part.Length - 1 || roles.Any(r => r.Role == part[..at])) throw BadInputException.ForParameter(Inputs.Name, text, Inputs.Allowed + ", each role once");
            roles.Add((part[..at].Trim(), part[(at + 1)..].Trim()));
        }
        return roles;
    }

    private static JsonObject? Json(string text)
    {
        if (text.Trim().Length == 0) return null;
        try
        {
            if (JsonNode.Parse(text) is JsonObject json) return json;
        }
        catch (JsonException)
        {
            // Told below, as what is no object is.
        }
        throw BadInputException.ForParameter(Values.Name, text, Values.Allowed);
    }

    private static JsonObject Report(FamousProject project, string action, Job job)
    {
        IReadOnlyList<StepStatus> all = project.Status(job);
        var table = new ResultTable("steps", "step", "state", "why", "result");
        var steps = new JsonArray();
        foreach (StepStatus s in all)
        {
            string state = Word(s.State);
            table.Add(s.Step.Title, state, string.Join("; ", s.Reasons.Concat(s.Notes)), s.Result);
            steps.Add((JsonNode)new JsonObject
            {
                ["name"] = s.Step.Name,
                ["title"] = s.Step.Title,
                ["operation"] = s.Step.Operation,
                ["state"] = state,
                ["reasons"] = new JsonArray([.. s.Reasons.Select(r => (JsonNode)r)]),
                ["notes"] = new JsonArray([.. s.Notes.Select(n => (JsonNode)n)]),
                ["result"] = s.Result,
                ["place"] = s.Step.Result.Length == 0 ? "" : Path.Combine(project.Folder, s.Step.Result),
                ["parameters"] = s.Step.Name == ProjectStep.All[0].Name ? new JsonObject() : project.Parameters(s.Step.Name).DeepClone(),
            });
        }
        int done = all.Count(s => s.State == StepState.Done), old = all.Count(s => s.State == StepState.OutOfDate);
        string summary = string.Create(CultureInfo.InvariantCulture, $"{done} of {all.Count} steps are done, {old} out of date.");
        return new JsonObject
        {
            ["summary"] = summary,
            ["action"] = action,
            ["project"] = project.Folder,
            ["stack"] = project.StackJson,
            ["stack_path"] = project.StackPath ?? "",
            ["classes"] = new JsonArray([.. project.Classes.Select(c => (JsonNode)new JsonObject { ["name"] = c.Name, ["colour"] = c.Colour })]),
            ["recipes"] = project.FileOf("recipes") ?? "",
            ["detector"] = project.FileOf("detector") ?? "",
            ["steps"] = steps,
            ["tables"] = new JsonArray(table.Json()),
        };
    }

    private static string Word(StepState state) => state switch { StepState.Done => "done", StepState.OutOfDate => "out_of_date", _ => "missing" };
}

using System.Text.Json;
using System.Text.Json.Nodes;
using ClemReg.Algorithms.Pipelines;
using ClemReg.Algorithms.Projects;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Tests.Projects;

/// <summary>What a project remembers, when a step is out of date, and that it is never lost.</summary>
public sealed class FamousProjectTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("clemreg-project").FullName;
    private readonly Volume<byte> _stack = new(new Grid(new Size3(5, 6, 7), new Point3(50, 10, 10), default));

    public FamousProjectTests()
    {
        Put("em.tif", "the stack");
        Put("yolo.onnx", "a network");
    }

    public void Dispose()
    {
        _stack.Dispose();
        Directory.Delete(_root, recursive: true);
    }

    private string At(string name) => Path.Combine(_root, name);

    private void Put(string name, string text)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(At(name))!);
        File.WriteAllText(At(name), text);
    }

    private JsonObject Run(string project, params (string Key, string Value)[] values)
    {
        var paths = new JsonObject { ["project"] = At(project) };
        var parameters = new JsonObject();
        var inputs = new Dictionary<string, object>();
        foreach ((string key, string value) in values)
            if (key is "image" or "recipes" or "detector") paths[key] = value;
            else parameters[key] = value;
        if (paths.ContainsKey("image")) inputs["image"] = _stack;
        var request = new JsonObject { ["paths"] = paths, ["parameters"] = parameters };
        using OperationResult result = Operations.Find("famous_project").Run(JsonDocument.Parse(request.ToJsonString()).RootElement, inputs, new Job(1));
        return result.Json;
    }

    private JsonObject New() => Run("p", ("action", "new"), ("image", At("em.tif")), ("classes", "mito=#33cc4d,nucleus"), ("detector", At("yolo.onnx")));

    /// <summary>A project whose first four steps are done.</summary>
    private JsonObject Done()
    {
        New();
        Put("p/boxes/boxes.csv", "slice,class,x,y,width,height\n1,0,1,1,2,2\n");
        Put("p/dataset/dataset.yaml", "names: [mito]\n");
        Put("p/detected/boxes.csv", "slice,class,x,y,width,height\n");
        Record("annotate", $"image={At("em.tif")}");
        Record("export_dataset", $"image={At("em.tif")};boxes={At("p/boxes")}");
        return Record("detect", $"image={At("em.tif")};model={At("yolo.onnx")}", "{\"box_score\": 0.25}");
    }

    private JsonObject Record(string step, string inputs, string? parameters = null) =>
        Run("p", [("action", "record"), ("step", step), ("step_inputs", inputs), .. parameters is null ? Array.Empty<(string, string)>() : [("step_parameters", parameters)]]);

    private static string State(JsonObject report, string step) => (string)Step(report, step)["state"]!;

    private static string Why(JsonObject report, string step) => string.Join("; ", Step(report, step)["reasons"]!.AsArray().Select(r => (string)r!));

    private static JsonObject Step(JsonObject report, string step) => report["steps"]!.AsArray().Single(s => (string)s!["name"]! == step)!.AsObject();

    private static string States(JsonObject report) => string.Join(' ', report["steps"]!.AsArray().Select(s => (string)s!["state"]!));

    [Fact]
    public void A_new_project_knows_its_stack_and_its_classes()
    {
        JsonObject report = New();
        Assert.Equal("done missing missing missing missing missing missing", States(report));
        Assert.Equal(At("em.tif"), (string)report["stack_path"]!);
        Assert.Equal("../em.tif", (string)report["stack"]!["path"]!);
        Assert.Equal("[5,6,7]", report["stack"]!["size_zyx"]!.ToJsonString());
        Assert.Equal("[50,10,10]", report["stack"]!["spacing_zyx_nm"]!.ToJsonString());
        Assert.Equal(["mito", "nucleus"], report["classes"]!.AsArray().Select(c => (string)c!["name"]!));
        Assert.Equal("#33cc4d", (string)report["classes"]![0]!["colour"]!);
        // The papers' classes have the colours that they have in pictures.
        Assert.Equal("#4d80ff", (string)report["classes"]![1]!["colour"]!);
        Assert.Equal(At("yolo.onnx"), (string)report["detector"]!);
        Assert.Equal(["project.json"], Directory.GetFileSystemEntries(At("p")).Select(Path.GetFileName));
        Assert.Contains("holds one", Assert.Throws<BadInputException>(New).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Steps_are_done_until_what_they_were_made_of_changes()
    {
        Assert.Equal("done done done done missing missing missing", States(Done()));
        Assert.Equal("done done done done missing missing missing", States(Run("p")));
        Put("p/boxes/boxes.csv", "slice,class,x,y,width,height\n1,0,1,1,2,3\n");
        JsonObject report = Run("p");
        Assert.Equal("done", State(report, "annotate"));
        Assert.Equal("changed since it was made", (string)Step(report, "annotate")["notes"]![0]!);
        Assert.Equal("boxes: boxes has changed since", Why(report, "export_dataset"));
        Assert.Equal("done", State(report, "detect"));
        Record("annotate", $"image={At("em.tif")}");
        Record("export_dataset", $"image={At("em.tif")};boxes={At("p/boxes")}");
        Assert.Equal("done done done done missing missing missing", States(Run("p")));
    }

    [Fact]
    public void A_changed_stack_puts_all_out_of_date()
    {
        Done();
        Put("em.tif", "another!!");
        JsonObject report = Run("p");
        Assert.Equal("out_of_date out_of_date out_of_date out_of_date missing missing missing", States(report));
        Assert.Contains("image: ../em.tif has changed since", Why(report, "annotate"), StringComparison.Ordinal);
        // Named anew it is right again; what was made of the old one is not.
        Run("p", ("action", "set"), ("image", At("em.tif")));
        Assert.Equal("done out_of_date out_of_date out_of_date missing missing missing", States(Run("p")));
        Put("other.tif", "the stack");
        Run("p", ("action", "set"), ("image", At("other.tif")));
        Assert.Contains("which is not the stack now", Why(Run("p"), "detect"), StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_that_was_only_touched_or_copied_is_the_same()
    {
        Done();
        File.SetLastWriteTimeUtc(At("em.tif"), new DateTime(2001, 1, 1, 0, 0, 0, DateTimeKind.Utc));
        File.SetLastWriteTimeUtc(At("p/boxes/boxes.csv"), DateTime.UtcNow.AddDays(1));
        Assert.Equal("done done done done missing missing missing", States(Run("p")));
    }

    [Fact]
    public void A_step_is_out_of_date_when_the_one_before_is()
    {
        Done();
        Put("p/segmented/labels.tif", "labels");
        Put("p/meshes/all.obj", "v");
        Record("segment", $"image={At("em.tif")};boxes={At("p/detected/boxes.csv")}");
        Assert.Equal("done done done done done done missing", States(Record("mesh", $"labels={At("p/segmented/labels.tif")}")));
        Put("yolo.onnx", "a better network");
        JsonObject report = Run("p");
        Assert.Equal("done done done out_of_date out_of_date out_of_date missing", States(report));
        Assert.Equal("model: ../yolo.onnx has changed since", Why(report, "detect"));
        Assert.Equal("Detect is out of date", Why(report, "segment"));
        Assert.Equal("Segment is out of date", Why(report, "mesh"));
    }

    [Fact]
    public void Other_parameters_put_a_step_out_of_date()
    {
        Done();
        JsonObject report = Run("p", ("action", "set"), ("step", "detect"), ("step_parameters", "{\"box_score\": 0.4, \"boxes_per_slice\": 10}"));
        Assert.Equal("out_of_date", State(report, "detect"));
        Assert.Equal("its parameters were changed: box_score 0.25 to 0.4, boxes_per_slice (default) to 10", Why(report, "detect"));
        Assert.Equal("done", State(Record("detect", $"image={At("em.tif")}"), "detect"));
        // The same by hand.
        File.WriteAllText(At("p/project.json"), File.ReadAllText(At("p/project.json")).Replace("\"box_score\": 0.4", "\"box_score\": 0.5", StringComparison.Ordinal).Replace("\"made\"", "\"remark\": \"mine\", \"made\"", StringComparison.Ordinal));
        File.WriteAllText(At("p/project.json"), Once(File.ReadAllText(At("p/project.json")), "\"box_score\": 0.5", "\"box_score\": 0.6"));
        Assert.Equal("its parameters were changed: box_score 0.5 to 0.6", Why(Run("p"), "detect"));
        Run("p", ("action", "set"), ("classes", "a"));
        Assert.Contains("\"remark\": \"mine\"", File.ReadAllText(At("p/project.json")), StringComparison.Ordinal);
    }

    private static string Once(string text, string was, string becomes)
    {
        int at = text.IndexOf(was, StringComparison.Ordinal);
        return text[..at] + becomes + text[(at + was.Length)..];
    }

    [Fact]
    public void A_moved_project_stays_up_to_date_with_the_stack_beside_or_inside_it()
    {
        Done();
        Directory.CreateDirectory(At("elsewhere/deep"));
        Directory.Move(At("p"), At("elsewhere/deep/q"));
        JsonObject report = Run("elsewhere/deep/q");
        Assert.Equal("missing out_of_date out_of_date out_of_date missing missing missing", States(report));
        Assert.Contains("is not there: put it back", Why(report, "stack"), StringComparison.Ordinal);
        File.Move(At("em.tif"), At("elsewhere/deep/em.tif"));
        File.Copy(At("yolo.onnx"), At("elsewhere/deep/yolo.onnx"));
        Assert.Equal("done done done done missing missing missing", States(Run("elsewhere/deep/q")));
    }

    [Fact]
    public void A_result_that_is_gone_is_missing()
    {
        Done();
        Directory.Delete(At("p/boxes"), recursive: true);
        JsonObject report = Run("p");
        Assert.Equal("done missing out_of_date done missing missing missing", States(report));
        Assert.Equal("its result boxes is not there any more", Why(report, "annotate"));
        Assert.Equal("boxes: boxes is not there any more", Why(report, "export_dataset"));
    }

    [Theory]
    [InlineData("", "line 1 is not JSON")]
    [InlineData("{\n \"format\": \"clemreg-project\",\n \"version\": 1,,\n}", "line 3 is not JSON")]
    [InlineData("[]", "no object")]
    [InlineData("{\"format\": \"clemreg-meshes\", \"version\": 1}", "format = clemreg-meshes")]
    [InlineData("{\"format\": \"clemreg-project\", \"version\": 2}", "of a later ClemReg.Fiji")]
    [InlineData("{\"format\": \"clemreg-project\"}", "version must be 1")]
    [InlineData("{\"format\": \"clemreg-project\", \"version\": 1, \"steps\": []}", "steps must be an object")]
    [InlineData("{\"format\": \"clemreg-project\", \"version\": 1, \"steps\": {\"dance\": {}}}", "there is no step dance")]
    [InlineData("{\"format\": \"clemreg-project\", \"version\": 1, \"steps\": {\"mesh\": {\"result\": 3}}}", "steps.mesh.result must be a text")]
    [InlineData("{\"format\": \"clemreg-project\", \"version\": 1, \"steps\": {\"mesh\": {\"inputs\": {\"labels\": 3}}}}", "steps.mesh.inputs.labels.path is missing")]
    [InlineData("{\"format\": \"clemreg-project\", \"version\": 1, \"classes\": [{\"name\": \"a\", \"colour\": \"red\"}]}", "the colour red of a")]
    [InlineData("{\"format\": \"clemreg-project\", \"version\": 1, \"classes\": [{\"name\": \"a\"}, {\"name\": \"a\"}]}", "a is there twice")]
    [InlineData("{\"format\": \"clemreg-project\", \"version\": 1, \"format\": \"x\"}", "there twice")]
    public void A_damaged_project_says_where_and_comes_back(string text, string message)
    {
        Done();
        Put("p/project.json", text);
        string refused = Assert.Throws<BadInputException>(() => Run("p")).Message;
        Assert.Contains(message, refused, StringComparison.Ordinal);
        Assert.Contains("action = restore", refused, StringComparison.Ordinal);
        // Nothing is written over it.
        Assert.Throws<BadInputException>(() => Run("p", ("action", "set"), ("classes", "a")));
        Assert.Throws<BadInputException>(() => Record("annotate", ""));
        Assert.Equal(text, File.ReadAllText(At("p/project.json")));
        // The version before lacks the last step that was noted.
        Assert.Equal("done done done missing missing missing missing", States(Run("p", ("action", "restore"))));
        Assert.Equal(text, File.ReadAllText(At("p/project.damaged-1.json")));
        Assert.Equal("done done done done missing missing missing", States(Record("detect", "")));
    }

    [Fact]
    public void The_version_before_is_kept_and_brought_back_when_the_file_is_gone()
    {
        New();
        string first = File.ReadAllText(At("p/project.json"));
        Run("p", ("action", "set"), ("classes", "golgi"));
        Assert.Equal(first, File.ReadAllText(At("p/project.json.bak")));
        File.Delete(At("p/project.json"));
        Assert.Contains("restore brings it back", Assert.Throws<NotFoundException>(() => Run("p")).Message, StringComparison.Ordinal);
        Assert.Contains("holds one", Assert.Throws<BadInputException>(New).Message, StringComparison.Ordinal);
        Assert.Equal("mito", (string)Run("p", ("action", "restore"))["classes"]![0]!["name"]!);
        Put("p/project.json.bak", "{");
        Assert.Contains("project.json.bak: line 1 is not JSON", Assert.Throws<BadInputException>(() => Run("p", ("action", "restore"))).Message, StringComparison.Ordinal);
        Assert.Contains("action = new", Assert.Throws<NotFoundException>(() => Run("nothing")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_cannot_be_done_is_refused_and_changes_nothing()
    {
        Done();
        string before = File.ReadAllText(At("p/project.json"));
        foreach ((string Message, (string, string)[] Values) bad in new (string, (string, string)[])[]
        {
            ("classes is given, but action = status", [("classes", "a")]),
            ("step_result and step_inputs belong to action = record", [("action", "set"), ("step_result", "x")]),
            ("step_parameters belongs to", [("step_parameters", "{}")]),
            ("step = none is not allowed", [("action", "record")]),
            ("classes = a,a", [("action", "set"), ("classes", "a,a")]),
            ("classes = a=#12", [("action", "set"), ("classes", "a=#12")]),
            ("step_inputs = image", [("action", "record"), ("step", "mesh"), ("step_inputs", "image")]),
            ("step_parameters = [1]", [("action", "set"), ("step", "mesh"), ("step_parameters", "[1]")]),
            ("step_parameters = {", [("action", "set"), ("step", "mesh"), ("step_parameters", "{")]),
        })
            Assert.Contains(bad.Message, Assert.Throws<BadInputException>(() => Run("p", bad.Values)).Message, StringComparison.Ordinal);
        Assert.Contains("step_result: there is no file", Assert.Throws<NotFoundException>(() => Run("p", ("action", "record"), ("step", "mesh"))).Message, StringComparison.Ordinal);
        Assert.Contains("step_inputs: labels: there is no file", Assert.Throws<NotFoundException>(() => Record("detect", "labels=nowhere.tif")).Message, StringComparison.Ordinal);
        Assert.Equal(before, File.ReadAllText(At("p/project.json")));
        Put("file", "");
        Assert.Contains("but it is a file", Assert.Throws<BadInputException>(() => Run("file", ("action", "new"))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_fingerprint_sees_names_and_content_and_large_files_by_pieces()
    {
        var job = new Job(1);
        Put("d/a.txt", "one");
        Put("d/e/b.txt", "two");
        Fingerprint print = Fingerprint.Of(At("d"), job)!;
        Assert.True(print.Holds(At("d"), job));
        Put("d/.hidden", "x");
        Assert.True(print.Holds(At("d"), job));
        File.Move(At("d/a.txt"), At("d/c.txt"));
        File.SetLastWriteTimeUtc(At("d/c.txt"), DateTime.UtcNow.AddHours(1));
        Assert.False(print.Holds(At("d"), job));
        Assert.Null(print.Holds(At("none"), job));
        Assert.Null(Fingerprint.Of(At("none"), job));
        Assert.Equal(print, Fingerprint.Read(print.Json()));
        Assert.Null(Fingerprint.Read(new JsonObject { ["bytes"] = "many" }));
        // A sparse file of 300 MB: its end counts.
        using (FileStream large = File.Create(At("large"))) large.SetLength(300L << 20);
        print = Fingerprint.Of(At("large"), job)!;
        using (FileStream large = File.OpenWrite(At("large")))
        {
            large.Seek(-1, SeekOrigin.End);
            large.WriteByte(1);
        }
        Assert.False(print.Holds(At("large"), job));
    }
}

using System.Text.Json;
using System.Text.Json.Nodes;
using ClemReg.Algorithms.Pipelines;
using ClemReg.Algorithms.PointClouds;
using ClemReg.Algorithms.Transforms;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Tests.Pipelines;

/// <summary>The whole way on a small simulated sample.</summary>
public sealed class RegisterTests : IClassFixture<RegisterTests.Sample>, IDisposable
{
    private readonly Sample _sample;
    private readonly List<OperationResult> _results = [];

    public RegisterTests(Sample sample) => _sample = sample;

    /// <summary>One sample for all tests of the class.</summary>
    public sealed class Sample : IDisposable
    {
        private readonly OperationResult _made;

        public Sample()
        {
            _made = Call("simulate_clem", """{"parameters": {"em_size_z": 90, "em_size_y": 400, "em_size_x": 400, "missing": 0.1, "false_objects": 0.1}}""", []);
            Labels = (Volume<ushort>)_made.Outputs["em_labels"];
            Moving = (Volume<ushort>)_made.Outputs["moving_1"];
            Truth = _made.Json["truth"]!.ToJsonString();
            Mask = new BitVolume(Labels.Grid);
            for (int z = 0; z < Labels.Grid.Size.Z; z++) Mask.SetSlice<ushort>(z, Labels.Slice(z), 0);
        }

        public Volume<ushort> Labels { get; }

        public Volume<ushort> Moving { get; }

        public BitVolume Mask { get; }

        public string Truth { get; }

        public void Dispose()
        {
            Mask.Dispose();
            _made.Dispose();
        }
    }

    private static OperationResult Call(string operation, string request, Dictionary<string, object> inputs, int threads = 0)
    {
        using JsonDocument document = JsonDocument.Parse(request);
        return Operations.Find(operation).Run(document.RootElement, inputs, new Job(threads));
    }

    /// <summary>Registers, by point clouds unless the parameters say otherwise.</summary>
    private OperationResult Register(string parameters = "{}", int threads = 0, BitVolume? movingMask = null)
    {
        var given = (JsonObject)JsonNode.Parse(parameters)!;
        given.TryAdd("registration_algorithm", "rigid");
        parameters = given.ToJsonString();
        var inputs = new Dictionary<string, object> { ["moving"] = _sample.Moving, ["fixed_mask"] = _sample.Mask };
        if (movingMask is not null) inputs["moving_mask"] = movingMask;
        OperationResult result = Call("register", "{\"parameters\": " + parameters + ", \"inputs\": {\"moving\": {\"name\": \"fm.tif\"}}}", inputs, threads);
        _results.Add(result);
        return result;
    }

    public void Dispose()
    {
        foreach (OperationResult result in _results) result.Dispose();
    }

    [Fact]
    public void A_simulated_pair_is_registered()
    {
        OperationResult result = Register();
        var request = new JsonObject { ["texts"] = new JsonObject { ["truth"] = new JsonObject { ["file"] = "truth.json", ["text"] = _sample.Truth } } };
        using OperationResult error = Call("evaluate_tre", request.ToJsonString(),
            new() { ["transform"] = result.Outputs["transform"], ["labels"] = _sample.Labels });
        double before = (double)error.Json["before"]!["mean_nm"]!;
        double after = (double)error.Json["after"]!["mean_nm"]!;
        Assert.True(before > 400, $"before: {before} nm");
        Assert.True(after < 200, $"after: {after} nm");
    }

    [Fact]
    public void An_affine_registration_says_so_and_keeps_to_its_bound()
    {
        OperationResult result = Register("""{"registration_algorithm": "affine", "registration_maximum_anisotropy": 1.05}""");
        Assert.Equal("affine", (string)result.Json["transform"]!["type"]!);
        double[] stretch = [.. result.Json["run"]!["registration"]!["singular_values"]!.AsArray().Select(v => (double)v!)];
        Assert.InRange(stretch[0] / stretch[2], 1.001, 1.05 + 1e-6);
    }

    [Fact]
    public void The_result_does_not_depend_on_the_number_of_threads()
    {
        string one = Register(threads: 1).Json["transform"]!["matrix"]!.ToJsonString();
        Assert.Equal(one, Register(threads: 3).Json["transform"]!["matrix"]!.ToJsonString());
    }

    [Fact]
    public void The_transform_file_reads_back_and_the_inverse_undoes_it()
    {
        OperationResult result = Register();
        JsonNode file = result.Json["transform"]!;
        Assert.Equal("moving_to_fixed", (string?)file["direction"]);
        Assert.Equal("fixed_to_moving", (string?)result.Json["inverse_transform"]!["direction"]);
        var forward = (AffineTransform)TransformFile.Read(file.ToJsonString());
        var back = (AffineTransform)TransformFile.Read(result.Json["inverse_transform"]!.ToJsonString());
        var p = new Point3(1234.5, -77, 9000);
        Assert.True((back.Apply(forward.Apply(p)) - p).Length < 1e-6);
        Assert.Equal(((AffineTransform)result.Outputs["transform"]).Rows.ToArray(), forward.Rows.ToArray());
    }

    [Fact]
    public void The_registered_points_are_the_moving_points_moved()
    {
        OperationResult result = Register();
        var moving = (PointCloud)result.Outputs["moving_points"];
        var moved = (PointCloud)result.Outputs["registered_points"];
        Assert.Equal(((AffineTransform)result.Outputs["transform"]).Apply(moving[3]), moved[3]);
        Assert.Equal(moving.Count, (int)result.Json["run"]!["points"]!["moving"]!);
    }

    [Fact]
    public void A_given_mask_is_used_instead_of_the_segmentation_and_is_not_changed()
    {
        using var given = (BitVolume)Call("segment_fluorescence", """{"parameters": {"log_sigma": 2.5}}""", new() { ["moving"] = _sample.Moving }).Outputs["mask"];
        long voxels = given.CountSet();
        OperationResult result = Register("""{"z_min": 2, "z_max": 12}""", movingMask: given);
        Assert.Equal(voxels, given.CountSet());
        var used = (BitVolume)result.Outputs["moving_mask"];
        for (int z = 0; z < used.Grid.Size.Z; z++)
            Assert.Equal(z is >= 1 and < 12 && given.SliceWords(z).ContainsAnyExcept(0UL), used.SliceWords(z).ContainsAnyExcept(0UL));
    }

    [Fact]
    public void The_region_of_interest_limits_the_points()
    {
        var points = (PointCloud)Register("""{"roi_polygon": "0,0 200,0 200,400 0,400"}""").Outputs["moving_points"];
        double limit = 200 * _sample.Moving.Grid.Spacing.X;
        Assert.All(points.Points.ToArray(), p => Assert.True(p.X <= limit, $"{p}"));
    }

    [Theory]
    [InlineData("""{"roi_polygon": "1,2 3"}""", "roi_polygon")]
    [InlineData("""{"roi_polygon": "1,2 3,4"}""", "roi_polygon")]
    [InlineData("""{"roi_polygon": "  ;"}""", "It has separators but no corners")]
    [InlineData("""{"roi_polygon": "9000,9000 9100,9000 9100,9100"}""", "roi_polygon")]
    [InlineData("""{"z_min": 900}""", "z_min")]
    [InlineData("""{"z_min": 9, "z_max": 3}""", "z_m")]
    [InlineData("""{"log_threshold": 90}""", "log_threshold")]
    [InlineData("""{"registration_algorithm": "teaser"}""", "registration_algorithm")]
    public void Bad_input_is_named(string parameters, string named)
    {
        BadInputException e = Assert.Throws<BadInputException>(() => Register(parameters));
        Assert.Contains(named, e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_empty_EM_mask_is_named()
    {
        using var empty = new BitVolume(_sample.Mask.Grid);
        BadInputException e = Assert.Throws<BadInputException>(() =>
            Call("register", "{}", new() { ["moving"] = _sample.Moving, ["fixed_mask"] = empty }));
        Assert.Contains("EM mask", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_mask_of_another_size_is_refused_with_both_sizes()
    {
        using var other = new BitVolume(new Grid(new Size3(2, 3, 4), new Point3(1, 1, 1)));
        BadInputException e = Assert.Throws<BadInputException>(() => Register(movingMask: other));
        Assert.Contains("2 x 3 x 4", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Missing_unknown_and_wrong_inputs_are_named()
    {
        string none = Assert.Throws<BadInputException>(() => Call("register", "{}", new() { ["moving"] = _sample.Moving })).Message;
        Assert.Contains("fixed_mask", none, StringComparison.Ordinal);
        Assert.Contains("fixed and model", none, StringComparison.Ordinal);
        Assert.Contains("no input mask", Assert.Throws<BadInputException>(() => Call("register", "{}", new() { ["mask"] = _sample.Mask })).Message, StringComparison.Ordinal);
        Assert.Contains("must be a volume, but it is a mask", Assert.Throws<BadInputException>(() =>
            Call("register", "{}", new() { ["moving"] = _sample.Mask, ["fixed_mask"] = _sample.Mask })).Message, StringComparison.Ordinal);
    }

    private OperationResult StartFrom(string start, string parameters = "{}", string port = "registration_start")
    {
        var request = new JsonObject
        {
            ["parameters"] = JsonNode.Parse(parameters),
            ["texts"] = new JsonObject { [port] = new JsonObject { ["file"] = "their.file", ["text"] = start } },
        };
        OperationResult result = Call("register", request.ToJsonString(), new() { ["moving"] = _sample.Moving, ["fixed_mask"] = _sample.Mask });
        _results.Add(result);
        return result;
    }

    [Fact]
    public void A_registration_starts_from_a_transform_or_from_landmarks()
    {
        // One iteration shows where it began.
        const string one = """{"registration_algorithm": "rigid", "registration_max_iterations": 1, "registration_tolerance": 0, "registration_start_fit": "rigid"}""";
        var shift = new AffineTransform([1, 0, 0, 500, 0, 1, 0, 3000, 0, 0, 1, -2000]);
        string file = TransformFile.Write(shift, "rigid", TransformFile.MovingToFixed).ToJsonString();
        string bigWarp = string.Concat(new[] { (0, 0, 0), (9, 0, 0), (0, 8, 0), (0, 0, 7), (3, 2, 1) }.Select((p, i) =>
            FormattableString.Invariant($"Pt-{i},true,{p.Item1},{p.Item2},{p.Item3},{p.Item1 - 2},{p.Item2 + 3},{p.Item3 + 0.5}\n")));
        string table = "moving_z,moving_y,moving_x,fixed_z,fixed_y,fixed_x\n0,0,0,500,3000,-2000\n9,0,0,509,3000,-2000\n0,9,0,500,3009,-2000\n0,0,9,500,3000,-1991\n";
        double[] wanted = Rows(StartFrom(file, one));
        Assert.NotEqual(wanted, Rows(Register(one)));
        Close(wanted, Rows(StartFrom(bigWarp, one)));
        Close(wanted, Rows(StartFrom(table, one)));
        Close(wanted, Rows(StartFrom(bigWarp.Replace(",true,", ",\"true\",", StringComparison.Ordinal), one)));

        static double[] Rows(OperationResult result) => ((AffineTransform)result.Outputs["transform"]).Rows.ToArray();
        static void Close(double[] a, double[] b)
        {
            for (int i = 0; i < a.Length; i++) Assert.Equal(a[i], b[i], 1e-3);
        }
    }

    [Fact]
    public void A_finished_transform_is_not_registered_again()
    {
        var shift = new AffineTransform([1, 0, 0, 500, 0, 1, 0, 3000, 0, 0, 1, -2000]);
        OperationResult result = StartFrom(TransformFile.Write(shift, "rigid", TransformFile.MovingToFixed).ToJsonString(), port: "transform");
        Assert.Equal(shift.Rows.ToArray(), ((AffineTransform)result.Outputs["transform"]).Rows.ToArray());
        Assert.Null(result.Json["run"]!["registration"]);
    }

    [Fact]
    public void A_start_that_cannot_be_one_is_refused_with_its_file()
    {
        PointCloud corners = new([new(0, 0, 0), new(9, 0, 0), new(0, 9, 0), new(0, 0, 9), new(9, 9, 8)]);
        string bent = TransformFile.Write(ThinPlateFit.Make(corners, corners, new ThinPlateOptions(), new Job(1)).Transform, TransformFile.MovingToFixed).ToJsonString();
        var identity = new AffineTransform([1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0]);
        string inverse = TransformFile.Write(identity, "rigid", TransformFile.FixedToMoving).ToJsonString();
        Refused("registration_start", bent, "the transform is deformable");
        Refused("registration_start", inverse, "Use transform.json instead of inverse_transform.json");
        Refused("transform", inverse, "Use transform.json instead of inverse_transform.json");
        Refused("registration_start", "what is this", "neither a transform.json nor landmarks");
        Refused("registration_start", "Pt-0,true,1,2,3,4,5,6\nPt-1,false,1,2,3,4,5,6\n", "1 pairs are inactive");
        Refused("registration_start", "1,0,0,0\n0,1,0,0\n0,0,0,0\n0,0,0,1\n", "singular");
        var swapped = new DisplacementField(new Grid(new Size3(2, 2, 2), new Point3(500, 500, 500)), FieldInterpolation.Linear,
            [.. Enumerable.Range(0, 24).Select(i => i % 6 == 5 ? -900.0 : 0)]);
        Refused("transform", TransformFile.Write(swapped, TransformFile.MovingToFixed).ToJsonString(), "The transform folds space: the determinant of its Jacobian is -");
        const string flat = "moving_z,moving_y,moving_x,fixed_z,fixed_y,fixed_x\n0,0,0,0,0,0\n0,900,0,0,900,0\n0,0,900,0,0,900\n0,900,900,0,900,900\n";
        Refused("registration_start", flat, "use registration_start_fit = similarity or rigid", """{"registration_start_fit": "affine"}""");

        void Refused(string port, string text, string message, string parameters = "{}")
        {
            string told = Assert.Throws<BadInputException>(() => StartFrom(text, parameters, port)).Message;
            Assert.StartsWith(port + ": their.file: ", told, StringComparison.Ordinal);
            Assert.Contains(message, told, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Warping_by_the_truth_and_by_steps_is_the_same_as_the_whole()
    {
        OperationResult whole = Register();
        using OperationResult moving = Call("sample_points", """{"parameters": {"isotropic_spacing": 20}}""", new() { ["mask"] = whole.Outputs["moving_mask"] });
        using OperationResult fixedPoints = Call("sample_points", "{}", new() { ["mask"] = _sample.Mask });
        using OperationResult steps = Call("register_points", "{}",
            new() { ["moving_points"] = moving.Outputs["points"], ["fixed_points"] = fixedPoints.Outputs["points"] });
        Assert.Equal(((AffineTransform)whole.Outputs["transform"]).Rows.ToArray(), ((AffineTransform)steps.Outputs["transform"]).Rows.ToArray());
    }

    [Fact]
    public void The_overlay_gives_the_report_its_views_in_one_sheet()
    {
        var inputs = new Dictionary<string, object> { ["fixed"] = _sample.Mask, ["moving"] = _sample.Moving, ["transform"] = AffineTransform.Identity };
        OperationResult result = Call("overlay", """{"parameters": {}}""", inputs);
        _results.Add(result);
        var sheet = (Volume<byte>)result.Outputs["views"];
        Assert.Equal(4, sheet.Grid.Size.Z);
        int next = 0;
        foreach (JsonNode? view in result.Json["views"]!.AsArray())
        {
            Assert.Equal((0, next), ((int)view!["x"]!, (int)view["y"]!));
            next += (int)view["height"]!;
            Assert.InRange((int)view["width"]!, 1, sheet.Grid.Size.X);
            Assert.Equal((int)view["field"]! == 0, (bool)view["before"]!);
            Assert.Contains((string)view["plane"]!, (string[])["xy", "yz", "xz"]);
        }
        Assert.Equal(next, sheet.Grid.Size.Y);
        Assert.Contains((byte)255, sheet.Slice(1).ToArray());

        OperationResult without = Call("overlay", """{"parameters": {"report": false}}""", inputs);
        _results.Add(without);
        Assert.False(without.Outputs.ContainsKey("views") || without.Json.ContainsKey("views"));
    }
}

using System.Text.Json;
using System.Text.Json.Nodes;
using ClemReg.Algorithms.Pipelines;
using ClemReg.Algorithms.PointClouds;
using ClemReg.Algorithms.Tests.Transforms;
using ClemReg.Algorithms.Transforms;
using ClemReg.Algorithms.Transforms.Interchange;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Tests.Pipelines;

/// <summary>The four operations that carry transforms and points to other tools and back.</summary>
public sealed class InterchangeTests
{
    private readonly Heard _heard = new();

    private OperationResult Run(string operation, JsonObject? parameters = null, string? file = null, string port = "in", string name = "their.file",
        Dictionary<string, object>? inputs = null, JsonObject? spacings = null)
    {
        var request = new JsonObject { ["parameters"] = parameters ?? [] };
        if (file is not null) request["texts"] = new JsonObject { [port] = new JsonObject { ["file"] = name, ["text"] = file } };
        if (spacings is not null) request["spacings"] = spacings;
        request["names"] = new JsonObject { ["moving"] = "cell.tif" };
        using JsonDocument document = JsonDocument.Parse(request.ToJsonString());
        return Operations.Find(operation).Run(document.RootElement, inputs ?? [], new Job(1, observer: _heard));
    }

    private static string File(SpatialTransform transform, string direction = "moving_to_fixed") => TransformFile.Write((AffineTransform)transform, "affine", direction).ToJsonString();

    private string Export(string format, string transform, JsonObject? parameters = null, Dictionary<string, object>? inputs = null, JsonObject? spacings = null)
    {
        parameters ??= [];
        parameters["format"] = format;
        return (string)Run("export_transform", parameters, transform, "transform", "t.json", inputs, spacings).Json["files"]![0]!["text"]!;
    }

    private BadInputException Refused(string text, string message, JsonObject? parameters = null)
    {
        BadInputException e = Assert.Throws<BadInputException>(() => Run("import_transform", parameters, text));
        Assert.Contains(message, e.Message, StringComparison.Ordinal);
        return e;
    }

    [Theory]
    [InlineData("bigwarp_landmarks")]
    [InlineData("bigwarp_json")]
    [InlineData("elastix")]
    [InlineData("itk")]
    [InlineData("bigdataviewer")]
    [InlineData("mobie")]
    [InlineData("ngff_affine")]
    [InlineData("ec_clem_xml")]
    [InlineData("ec_clem_csv")]
    [InlineData("landmark_table")]
    public void There_and_back(string format)
    {
        using Volume<byte> moving = new(Maps.Moving), fixedImage = new(Maps.Fixed);
        var images = new Dictionary<string, object> { ["moving"] = moving, ["fixed"] = fixedImage };
        string text = Export(format, File(Maps.Affine), inputs: images);
        using OperationResult back = Run("import_transform", file: text, inputs: images);
        Maps.Same(Maps.Affine, (SpatialTransform)back.Outputs["transform"]);
        Maps.Same(Maps.Affine, TransformFile.Read(back.Json["transform"]!.ToJsonString()));
        Assert.Equal("affine", (string?)back.Json["transform"]!["type"]);
        Assert.Equal(format, (string?)back.Json["transform"]!["imported"]!["format"]);
        // The inverse says that it is one, and gives the same file.
        Maps.Same(Maps.Affine, (SpatialTransform)Run("import_transform", file: Export(format, File(Maps.Affine.Inverse(), "fixed_to_moving"), inputs: images), inputs: images).Outputs["transform"]);
        Assert.Contains(_heard.Lines, l => l.Contains("t.json maps EM to fluorescence", StringComparison.Ordinal));
        // Where the other tool moved the EM, its file has the other direction.
        var turned = new JsonObject { ["em_was_moved"] = true };
        var swapped = new Dictionary<string, object> { ["moving"] = fixedImage, ["fixed"] = moving };
        Maps.Same(Maps.Affine.Inverse(), (SpatialTransform)Run("import_transform", turned, text, inputs: swapped).Outputs["transform"]);
    }

    [Fact]
    public void Spacings_stand_for_images()
    {
        string text = Export("bigdataviewer", File(Maps.Shift), spacings: new JsonObject { ["moving"] = new JsonArray(300, 100, 100) });
        Assert.Contains("<affine>0.1 0 0 0 0 0.1 0 0 0 0 0.3 0</affine>", text, StringComparison.Ordinal);
        Assert.DoesNotContain("<size>51", text, StringComparison.Ordinal);
        Assert.Contains("cell.h5", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Landmarks_are_fitted_as_wanted()
    {
        string landmarks = string.Concat(new[] { (0, 0, 0), (10, 0, 0), (0, 10, 0), (0, 0, 10), (7, 8, 9) }.Select((p, i) =>
            FormattableString.Invariant($"Pt-{i},true,{p.Item1},{p.Item2},{p.Item3},{1 + 2 * p.Item1},{2 + 2 * p.Item2},{3 + 2 * p.Item3}\n"))) + "Pt-9,false,1,1,1,9,9,9\n";
        foreach ((string fit, double scale) in new[] { ("auto", 2.0), ("similarity", 2.0), ("rigid", 1.0) })
        {
            OperationResult result = Run("import_transform", new JsonObject { ["landmark_fit"] = fit }, landmarks);
            JsonNode json = result.Json["transform"]!;
            Assert.Equal(fit == "auto" ? "affine" : fit, (string?)json["type"]);
            Assert.Equal(5, (int?)json["landmarks"]!["count"]);
            Assert.Equal(1, (int?)json["landmarks"]!["left_out"]);
            Assert.Equal(fit == "rigid", (double?)json["landmarks"]!["rms_nm"] > 1000);
            Assert.Equal(scale, ((AffineTransform)result.Outputs["transform"])[0, 0], 1e-9);
        }
        Assert.Contains(_heard.Lines, l => l.Contains("1 landmark pairs are inactive", StringComparison.Ordinal));
        string json2 = """{"type":"Thin Plate Spline","landmarks":{"numDimensions":3,"movingPoints":[],"fixedPoints":[],"active":[]}}""";
        Refused(json2.Replace("Thin Plate Spline", "Translation", StringComparison.Ordinal), "type BigWarp's Translation");
        Assert.Contains("there are 0 landmark pairs", Refused(json2, "their.file", new JsonObject { ["landmark_fit"] = "affine" }).Message, StringComparison.OrdinalIgnoreCase);
        Refused(string.Concat(Enumerable.Range(0, 5).Select(i => $"a,true,{i},0,5,{i},0,5\n")), "lie on one line, along (0, 0, 1)");
        Refused(string.Concat(Enumerable.Range(0, 5).Select(i => $"a,true,{i},{i * i},5,{i},{i * i},5\n")), "one plane, whose normal is (1, 0, 0)");
        Refused("a,true,1,2,3,4,5,6\n", "is 1 landmark pair:");
    }

    [Theory]
    [InlineData("what is this", "the format cannot be told")]
    [InlineData("moving_z,moving_y,moving_x,fixed_z\n1,2,3,4\n", "their.file, line 1: there is no column fixed_y, fixed_x")]
    [InlineData("moving_z,moving_y,moving_x,fixed_z,fixed_y,fixed_x\n0,0,0,0,0,0\n9,0,0,9,0,0\n0,9,0,0,9,0\n", "There are 3 landmark pairs: at least 4")]
    [InlineData("moving_z,moving_y,moving_x,fixed_z,fixed_y,fixed_x\n0,0,0,0,0,0\n1,1,1,1,1,1\n2,2,2,2,2,2\n3,3,3,3,3,3\n", "lie on one line")]
    [InlineData("moving_z,moving_y,moving_x,fixed_z,fixed_y,fixed_x\n0,0,0,0,0,0\n0,1,0,0,1,0\n0,0,1,0,0,1\n0,5,3,0,5,3\n", "or use landmark_fit = similarity or rigid")]
    [InlineData("#Insight Transform File V1.0\nTransform: AffineTransform_double_3_3\nParameters: 1 0 0 0 1 0 0 0 0 0 0 0\nFixedParameters: 0 0 0", "singular")]
    [InlineData("1,0,0,0\n0,1,0,0\n0,0,0,0\n0,0,0,1\n", "singular")]
    public void Bad_files(string text, string message) => Refused(text, message);

    [Fact]
    public void Bad_requests()
    {
        Assert.Contains("needs the input in", Assert.Throws<BadInputException>(() => Run("import_transform")).Message, StringComparison.Ordinal);
        Assert.Contains("format = elastics", Assert.Throws<BadInputException>(() => Export("elastics", File(Maps.Shift))).Message, StringComparison.Ordinal);
        Assert.Contains("t.json: The transform file is not JSON", Assert.Throws<BadInputException>(() => Export("elastix", "no")).Message, StringComparison.Ordinal);
        Assert.Contains("direction", Assert.Throws<BadInputException>(() => Export("elastix", File(Maps.Shift, "sideways"))).Message, StringComparison.Ordinal);
        Assert.Contains("displacement field", Assert.Throws<BadInputException>(() => Export("ngff_displacements", File(Maps.Shift))).Message, StringComparison.Ordinal);
        Assert.Contains("moving_spacing", Assert.Throws<BadInputException>(() => Export("elastix", File(Maps.Shift), spacings: new JsonObject { ["moving"] = "wide" })).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Formats_that_cannot_be_read_are_not_offered()
    {
        Assert.DoesNotContain("ngff_displacements", Refused("what is this", "bigwarp_landmarks").Message, StringComparison.Ordinal);
        Assert.Contains("must be one of auto", Refused("what is this", "format = ngff_displacements", new JsonObject { ["format"] = "ngff_displacements" }).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_wrong_unit_shows_in_the_scale_and_in_the_span()
    {
        bool Warned(string text) => _heard.Lines.Any(l => l.StartsWith("warning", StringComparison.Ordinal) && l.Contains(text, StringComparison.Ordinal));
        Run("import_transform", file: "0,-2,0,5\n2,0,0,0\n0,0,2,0\n0,0,0,1\n");
        Run("import_transform", file: Pairs(5, 1, 2));
        Assert.False(Warned(""));
        Run("import_transform", file: "0,-2.1,0,5\n2.1,0,0,0\n0,0,2.1,0\n0,0,0,1\n");
        Assert.True(Warned("their.file would make the fluorescence 2.1 times as large"));
        Run("import_transform", file: Pairs(5, 1, 1000));
        Assert.True(Warned("The landmarks of their.file make the fluorescence 1E+03 times"));
        _heard.Lines.Clear();
        using var moving = new Volume<byte>(Maps.Moving);
        var images = new Dictionary<string, object> { ["moving"] = moving };
        Run("import_transform", file: Pairs(5, 1, 1), inputs: images);
        Assert.False(Warned(""));
        Run("import_transform", new JsonObject { ["unit"] = "nm" }, Pairs(5, 1, 1), inputs: images);
        Assert.True(Warned("span 8.66 nm of the fluorescence"));

        static string Pairs(double size, double from, double to) => string.Concat(new[] { (0, 0, 0), (1, 0, 0), (0, 1, 0), (0, 0, 1), (1, 1, 1) }.Select((p, i) =>
            FormattableString.Invariant($"Pt-{i},true,{size * from * p.Item1},{size * from * p.Item2},{size * from * p.Item3},{size * to * p.Item1},{size * to * p.Item2},{size * to * p.Item3}\n")));
    }

    [Fact]
    public void A_fold_is_told_without_the_image()
    {
        Point3[] from = [.. Lattice.Over(Maps.Moving, 60)], to = [.. from];
        (to[26], to[27]) = (to[27], to[26]);
        string table = "moving_z,moving_y,moving_x,fixed_z,fixed_y,fixed_x\n" + string.Concat(from.Zip(to, (a, b) => FormattableString.Invariant($"{a.Z},{a.Y},{a.X},{b.Z},{b.Y},{b.X}\n")));
        JsonNode made = Run("import_transform", new JsonObject { ["landmark_fit"] = "thin_plate_spline" }, table).Json["transform"]!;
        Assert.Contains(_heard.Lines, l => l.StartsWith("warning: The spline folds space: the least determinant of its Jacobian between the landmarks is -", StringComparison.Ordinal));
        SpatialTransform spline = TransformFile.Read(made.ToJsonString());
        foreach (SpatialTransform folded in new[] { spline, spline.Inverse(), new ChainedTransform(AffineTransform.Identity, spline, Maps.Shift) })
        {
            _heard.Lines.Clear();
            Export("bigwarp_landmarks", TransformFile.Write(folded, folded is InverseTransform ? TransformFile.FixedToMoving : TransformFile.MovingToFixed).ToJsonString(),
                inputs: folded is ChainedTransform ? Images() : []);
            Assert.Contains(_heard.Lines, l => l.StartsWith("warning: t.json folds space: the least determinant of its Jacobian is -", StringComparison.Ordinal));
        }

        static Dictionary<string, object> Images() => new() { ["moving"] = new BitVolume(Maps.Moving) };
    }

    [Fact]
    public void A_mirror_is_told_and_types_are_named()
    {
        Run("import_transform", file: "1,0,0,0\n0,1,0,0\n0,0,-1,0\n0,0,0,1\n");
        Assert.Contains(_heard.Lines, l => l.StartsWith("warning: The transform mirrors", StringComparison.Ordinal));
        Assert.Equal("rigid", (string?)Run("import_transform", file: "0,-1,0,5\n1,0,0,0\n0,0,1,0\n0,0,0,1\n").Json["transform"]!["type"]);
        Assert.Equal("similarity", (string?)Run("import_transform", file: "0,-2,0,5\n2,0,0,0\n0,0,2,0\n0,0,0,1\n").Json["transform"]!["type"]);
    }

    [Fact]
    public void A_thin_plate_spline_travels_as_its_own_landmarks()
    {
        var bent = new Maps.Bent();
        LandmarkPair[] pairs = [.. Lattice.Over(Maps.Moving, 60).Select((p, i) => new LandmarkPair("a" + i, p, bent.Apply(p)))];
        ThinPlateSpline spline = ThinPlateFit.Make(new PointCloud([.. pairs.Select(p => p.Moving)]), new PointCloud([.. pairs.Select(p => p.Fixed)]), new ThinPlateOptions(), new Job(1)).Transform;
        string file = TransformFile.Write(spline, "moving_to_fixed").ToJsonString(), inverse = TransformFile.Write(spline.Inverse(), "fixed_to_moving").ToJsonString();
        using var moving = new Volume<byte>(Maps.Moving);
        var images = new Dictionary<string, object> { ["moving"] = moving };
        foreach (string format in new[] { "bigwarp_landmarks", "bigwarp_json", "ec_clem_xml" })
            foreach (string text in new[] { Export(format, file), Export(format, inverse), Export(format, file, inputs: images) })
            {
                var wanted = new JsonObject { ["landmark_fit"] = format == "bigwarp_landmarks" ? "thin_plate_spline" : "auto" };
                bool withImage = format == "ec_clem_xml" && text.Contains(">51<", StringComparison.Ordinal);
                OperationResult back = Run("import_transform", wanted, text, inputs: withImage ? images : []);
                Assert.Equal("thin_plate_spline", (string?)back.Json["transform"]!["type"]);
                Maps.Same(spline, (SpatialTransform)back.Outputs["transform"], 0.01);
                Maps.Same(spline, TransformFile.Read(back.Json["transform"]!.ToJsonString()), 0.01);
                Assert.True((double?)back.Json["transform"]!["landmarks"]!["rms_nm"] < 1e-3);
            }
        Assert.Contains("affine_approximation", Assert.Throws<BadInputException>(() => Export("elastix", file)).Message, StringComparison.Ordinal);
        Export("elastix", file, new JsonObject { ["affine_approximation"] = true });
        Assert.Contains(_heard.Lines, l => l.Contains("nm RMS", StringComparison.Ordinal));
        // Two landmarks that have changed places fold it.
        string folded = string.Concat(pairs.Select((p, i) => FormattableString.Invariant($"Pt,true,{p.Moving.X},{p.Moving.Y},{p.Moving.Z},{pairs[i == 26 ? 27 : i == 27 ? 26 : i].Fixed.X},{p.Fixed.Y},{p.Fixed.Z}\n")));
        Run("import_transform", new JsonObject { ["landmark_fit"] = "thin_plate_spline", ["unit"] = "nm" }, folded, inputs: images);
        Assert.Contains(_heard.Lines, l => l.StartsWith("warning: The spline folds", StringComparison.Ordinal));
    }

    [Fact]
    public void A_deformable_transform_becomes_a_displacement_field_with_its_error()
    {
        var bent = new Maps.Bent();
        Point3[] lattice = [.. Lattice.Over(Maps.Moving, 60)];
        ThinPlateSpline spline = ThinPlateFit.Make(new PointCloud(lattice), new PointCloud([.. lattice.Select(bent.Apply)]), new ThinPlateOptions(), new Job(1)).Transform;
        string file = TransformFile.Write(spline, "moving_to_fixed").ToJsonString();
        using var moving = new Volume<byte>(Maps.Moving);
        var images = new Dictionary<string, object> { ["moving"] = moving };
        double before = double.PositiveInfinity;
        foreach (double step in new[] { 800.0, 200.0 })
        {
            OperationResult result = Run("export_transform", new JsonObject { ["format"] = "displacement_field", ["field_spacing"] = step }, file, "transform", "t.json", images);
            double rms = (double)result.Json["field_rms_nm"]!, maximum = (double)result.Json["field_max_nm"]!;
            var field = (DisplacementField)TransformFile.Read((string)result.Json["files"]![0]!["text"]!, TransformFile.MovingToFixed);
            Assert.Equal(step, field.Nodes.Spacing.Y);
            // Nodes are exact, and no place of the image is farther off than the cells' middles by much.
            Point3 node = field.Nodes.ToPhysical(1, 1, 1);
            Assert.True((field.Apply(node) - spline.Apply(node)).Length < 1e-9);
            double seen = Lattice.Over(Maps.Moving, 500).Max(p => (field.Apply(p) - spline.Apply(p)).Length);
            Assert.True(rms <= maximum && maximum < before / 4 && seen < 1.5 * maximum, $"{rms}, {maximum}, {seen}");
            before = maximum;
        }
        Assert.Contains(_heard.Lines, l => l.StartsWith("A field of ", StringComparison.Ordinal));
        Assert.Contains("needs no import", Refused(file, "their.file").Message, StringComparison.Ordinal);
        Assert.Contains("Give the image as moving", Assert.Throws<BadInputException>(() => Export("displacement_field", file)).Message, StringComparison.Ordinal);
        Assert.Contains("field_spacing = 1", Assert.Throws<BadInputException>(() =>
            Export("displacement_field", file, new JsonObject { ["field_spacing"] = 1 }, images)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Points_there_and_back()
    {
        var cloud = new PointCloud([new Point3(3000, 2000, 1000), new Point3(1, 2, 3)]);
        foreach (string format in new[] { "csv", "ply", "napari_csv", "ec_clem_csv", "mobie_spots" })
        {
            var parameters = new JsonObject { ["format"] = format, ["unit"] = "nm" };
            string text = (string)Run("export_points", parameters, inputs: new Dictionary<string, object> { ["points"] = cloud }).Json["files"]![0]!["text"]!;
            var back = (PointCloud)Run("import_points", new JsonObject { ["unit"] = "nm" }, text).Outputs["points"];
            Assert.Equal(cloud.Points.ToArray(), back.Points.ToArray());
        }
    }
}

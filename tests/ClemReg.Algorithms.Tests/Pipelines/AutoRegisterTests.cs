using System.Text.Json;
using System.Text.Json.Nodes;
using ClemReg.Algorithms.Alignment;
using ClemReg.Algorithms.Pipelines;
using ClemReg.Algorithms.PointClouds;
using ClemReg.Algorithms.Refinement;
using ClemReg.Algorithms.Tests.Alignment;
using ClemReg.Algorithms.Tests.Refinement;
using ClemReg.Algorithms.Transforms;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Tests.Pipelines;

/// <summary>The algorithm auto through the operation: from any orientation, with a verdict.</summary>
public sealed class AutoRegisterTests : IClassFixture<AutoRegisterTests.Pair>
{
    private static readonly Point3 Middle = new(800, 5000, 5000);
    private readonly Pair _pair;

    public AutoRegisterTests(Pair pair) => _pair = pair;

    /// <summary>One pair for all tests, turned by 130 degrees about z.</summary>
    public sealed class Pair : IDisposable
    {
        internal RefinementCase Case { get; } = new(21, RefinementCase.Turned(130, 1.03, Middle, new Point3(200, -600, 900)), new PointSpreadFunction(60, 200), null, new Size3(80, 500, 500));

        public void Dispose() => Case.Dispose();
    }

    private static OperationResult Register(Volume moving, BitVolume mask, string parameters = "{}", object? texts = null, Dictionary<string, object>? more = null)
    {
        var inputs = new Dictionary<string, object>(more ?? []) { ["moving"] = moving, ["fixed_mask"] = mask };
        using JsonDocument document = JsonDocument.Parse("{\"parameters\": " + parameters + (texts is null ? "" : ", \"texts\": " + texts) + "}");
        return Operations.Find("register").Run(document.RootElement, inputs, new Job(2));
    }

    private OperationResult Register(string parameters = "{}") => Register(_pair.Case.Fluorescence, _pair.Case.Mask, parameters);

    [Fact]
    public void Any_orientation_is_found_without_a_start_and_called_reliable()
    {
        using OperationResult result = Register();
        Assert.Equal("auto", (string?)result.Json["run"]!["registration"]!["algorithm"]);
        JsonNode run = result.Json["run"]!;
        double error = _pair.Case.Error((SpatialTransform)result.Outputs["transform"]), predicted = (double)run["predicted_error_nm"]!;
        Assert.InRange(error, 0, 10);
        Assert.Equal("reliable", (string?)run["verdict"]);
        Assert.NotEmpty(run["reasons"]!.AsArray());
        Assert.InRange(error / predicted, 0.2, 3);
        Assert.True((double)run["predicted_error_p95_nm"]! >= predicted);
        var map = (Volume<float>)result.Outputs["error_map"];
        Assert.Equal(_pair.Case.Mask.Grid.Origin, map.Grid.Origin);
        Point3 end = map.Grid.ToPhysical(map.Grid.Size.Z - 1, map.Grid.Size.Y - 1, map.Grid.Size.X - 1);
        Assert.InRange((end - _pair.Case.Mask.Grid.ToPhysical(79, 499, 499)).Length, 0, 1e-6);
        for (int z = 0; z < map.Grid.Size.Z; z++)
            foreach (float v in map.Slice(z)) Assert.InRange(v, 1, 100);
        Assert.NotNull(run["registration"]!["search"]);
        JsonNode clouds = run["registration"]!["point_clouds"]!;
        Assert.True((bool)clouds["speak"]!);
        Assert.InRange((double)clouds["difference_nm"]!, 0, 100);
        Assert.InRange((double)clouds["forward_backward_nm"]!, 0, 50);
        Assert.Contains("Point clouds of both images end within", (string?)run["reasons"]![0]);
        var moving = (PointCloud)result.Outputs["moving_points"];
        Assert.Equal(((SpatialTransform)result.Outputs["transform"]).Apply(moving).Points.ToArray(), ((PointCloud)result.Outputs["registered_points"]).Points.ToArray());
        Assert.Equal(_pair.Case.Fluorescence.Grid, ((BitVolume)result.Outputs["moving_mask"]).Grid);
        Assert.InRange((double)result.Json["transform"]!["residuals"]!["nearest_median_nm"]!, 1, 300);
    }

    [Fact]
    public void A_reversed_stack_is_told_and_registered_when_asked()
    {
        using BitVolume reversed = AutoRegistration.Reversed(_pair.Case.Mask);
        using OperationResult told = Register(_pair.Case.Fluorescence, reversed);
        Assert.Equal("unreliable", (string?)told.Json["run"]!["verdict"]);
        Assert.Contains("reversed order", (string?)told.Json["run"]!["reasons"]![0], StringComparison.Ordinal);
        using OperationResult asked = Register(_pair.Case.Fluorescence, reversed, """{"em_slice_order": "either"}""");
        var mirror = (AffineTransform)asked.Outputs["transform"];
        Assert.True(mirror.Determinant < 0);
        Assert.InRange(_pair.Case.Error(mirror.Then(new AffineTransform([-1, 0, 0, 79 * 20, 0, 1, 0, 0, 0, 0, 1, 0]))), 0, 12);
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public void Where_the_mirror_image_scores_as_well_the_refinement_tells(bool saved, bool correct)
    {
        var truth = RefinementCase.Turned(5, 1, new Point3(500, 2000, 2000), new Point3(100, -200, 300));
        using var pair = new RefinementCase(7, truth, new PointSpreadFunction(60, 200));
        using BitVolume other = AutoRegistration.Reversed(pair.Mask);
        // The wrong one leads a little.
        AlignmentPose Pose(bool mirrored) => new(mirrored == saved ? 0.8 : 0.84, 0.8, 1, mirrored, truth, 1);
        AlignmentPose[] poses = [Pose(!saved), Pose(saved)];
        var search = new GlobalAlignmentResult { Poses = poses, Ratio = 1.25, HandednessRatio = saved ? 1.05 : 1 / 1.05, SliceReversal = AffineTransform.Identity };
        Assert.True(search.HandednessUnclear);
        (IntensityRegistrationResult found, bool mirrored, SliceOrder order) = AutoRegistration.Best(pair.Fluorescence, saved ? other : pair.Mask, saved ? pair.Mask : other, search, correct,
            new IntensityRefinementOptions { Levels = [250], Samples = 40_000 }, false, new Job(2));
        Assert.Equal(saved ? SliceOrder.Reversed : SliceOrder.AsGiven, order);
        Assert.Equal(saved && correct, mirrored);
        // Reversed slices that are not to be registered so leave the EM as it was given.
        Assert.Equal(!saved || correct, pair.Error(found.Transform) < 20);
    }

    [Fact]
    public void A_mirror_image_that_fits_no_better_than_wrong_places_says_nothing_about_the_slices()
    {
        var truth = RefinementCase.Turned(5, 1, new Point3(500, 2000, 2000), new Point3(100, -200, 300));
        using var pair = new RefinementCase(7, truth, new PointSpreadFunction(60, 200));
        // Its mirror image fits this fluorescence 1.2 times as well, by chance.
        using var stranger = new RefinementCase(24, truth, new PointSpreadFunction(60, 200));
        using BitVolume turned = AutoRegistration.Reversed(stranger.Mask);
        AlignmentPose Pose(bool mirrored) => new(mirrored ? 0.84 : 0.7, 0.8, 1, mirrored, truth, 1);
        var search = new GlobalAlignmentResult { Poses = [Pose(true), Pose(false)], Ratio = 1.2, HandednessRatio = 0.8, SliceReversal = AffineTransform.Identity };
        (_, _, SliceOrder order) = AutoRegistration.Best(pair.Fluorescence, stranger.Mask, turned, search, false, new IntensityRefinementOptions { Levels = [250], Samples = 40_000 }, false, new Job(2));
        Assert.Equal(SliceOrder.AsGiven, order);
    }

    [Theory]
    [InlineData(32)]
    [InlineData(33)]
    [InlineData(34)]
    public void A_start_that_is_right_is_kept_where_the_largest_objects_do_not_shine(int seed)
    {
        var truth = RefinementCase.Turned(5, 1, new Point3(500, 2000, 2000), new Point3(100, -200, 300));
        using var pair = new RefinementCase(seed, truth, new PointSpreadFunction(60, 200), null, new Size3(80, 450, 450));
        using BitVolume mask = pair.Mask.Copy();
        foreach ((int y, int x) in ((int, int)[])[(90, 110), (340, 300)])
            DarkObjects.Add(mask, new Point3(40, y, x), new Point3(40, 80, 80));
        var options = new IntensityRefinementOptions { Levels = [600, 250], Samples = 40_000 };
        Assert.True(pair.Error(IntensityRegistration.Register(pair.Fluorescence, mask, truth, options, false, new Job(2)).Transform) > 500);
        Assert.InRange(pair.Error(AutoRegistration.Refine(pair.Fluorescence, mask, truth, options, false, new Job(2)).Transform), 0, 20);
    }

    [Fact]
    public void Volumes_that_do_not_belong_together_are_unreliable()
    {
        using var other = new RefinementCase(22, RefinementCase.Turned(0, 1, Middle, default), new PointSpreadFunction(60, 200), null, new Size3(80, 500, 500));
        using OperationResult result = Register(_pair.Case.Fluorescence, other.Mask);
        Assert.Equal("unreliable", (string?)result.Json["run"]!["verdict"]);
    }

    [Fact]
    public void A_start_is_refined_without_a_search_and_a_region_limits_what_is_seen()
    {
        AffineTransform start = _pair.Case.Truth.Then(RefinementCase.Turned(2, 1, Middle, new Point3(100, 500, -400)));
        var texts = new JsonObject { ["registration_start"] = new JsonObject { ["file"] = "start.json", ["text"] = TransformFile.Write(start, "similarity", TransformFile.MovingToFixed).ToJsonString() } };
        using OperationResult result = Register(_pair.Case.Fluorescence, _pair.Case.Mask,
            """{"roi_polygon_em": "20,20 480,20 480,480 20,480", "auto_deformation": "never", "psf_xy": 60, "psf_z": 200}""", texts.ToJsonString());
        Assert.InRange(_pair.Case.Error((SpatialTransform)result.Outputs["transform"]), 0, 15);
        Assert.Null(result.Json["run"]!["registration"]!["search"]);
        Assert.Null(result.Json["run"]!["registration"]!["held_out"]);
    }

    [Fact]
    public void Given_clouds_are_registered_as_points()
    {
        using OperationResult made = Operations.Find("sample_points").Run(JsonDocument.Parse("{}").RootElement, new Dictionary<string, object> { ["mask"] = _pair.Case.Mask }, new Job(2));
        var cloud = (PointCloud)made.Outputs["points"];
        using OperationResult result = Register(_pair.Case.Fluorescence, _pair.Case.Mask, more: new() { ["moving_points"] = cloud, ["fixed_points"] = cloud });
        Assert.Null(result.Json["run"]!["verdict"]);
        Assert.True(result.Outputs.ContainsKey("registered_points"));
        // The parameters say auto; what was done is said beside them.
        Assert.Equal("rigid", (string?)result.Json["run"]!["registration"]!["algorithm"]);
        Assert.Equal("rigid", (string?)result.Json["transform"]!["algorithm"]);
    }

    [Theory]
    [InlineData("""{"psf_xy": 5000}""", "psf_xy")]
    [InlineData("""{"psf_xy": 300, "psf_z": 100}""", "psf_z")]
    [InlineData("""{"psf_xy": -3}""", "psf_xy")]
    [InlineData("""{"search_scale_minimum": 1.2}""", "search_scale_minimum = 1.2")]
    [InlineData("""{"search_rotations": "near_start"}""", "registration_start")]
    [InlineData("""{"search_rotations": "sideways"}""", "search_rotations")]
    public void Bad_input_is_named(string parameters, string named) =>
        Assert.Contains(named, Assert.Throws<BadInputException>(() => Register(parameters)).Message, StringComparison.Ordinal);

    private Volume<float> Changed(Func<float, float> change)
    {
        Volume<ushort> given = _pair.Case.Fluorescence;
        var volume = new Volume<float>(given.Grid);
        for (int z = 0; z < given.Grid.Size.Z; z++)
            for (int y = 0; y < given.Grid.Size.Y; y++)
            {
                Span<ushort> from = given.Row(z, y);
                Span<float> to = volume.Row(z, y);
                for (int x = 0; x < from.Length; x++) to[x] = change(from[x]);
            }
        return volume;
    }

    [Fact]
    public void A_saturated_fluorescence_registers_but_is_to_be_checked()
    {
        using Volume saturated = Changed(v => Math.Min(v, 250));
        var job = new Job(2);
        using JsonDocument none = JsonDocument.Parse("{}");
        using OperationResult result = Operations.Find("register").Run(none.RootElement, new Dictionary<string, object> { ["moving"] = saturated, ["fixed_mask"] = _pair.Case.Mask }, job);
        Assert.InRange(_pair.Case.Error((SpatialTransform)result.Outputs["transform"]), 0, 15);
        Assert.Contains(job.Warnings, w => w.Contains("saturated", StringComparison.Ordinal) && w.Contains("250", StringComparison.Ordinal));
        Assert.Equal("check", (string?)result.Json["run"]!["verdict"]);
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    [InlineData(float.NegativeInfinity)]
    public void Fluorescence_with_values_that_are_not_numbers_is_refused_by_slice(float value)
    {
        using Volume spoilt = Changed(v => v > 400 ? value : v);
        Assert.Contains("of the fluorescence holds values that are not numbers", Assert.Throws<BadInputException>(() => Register(spoilt, _pair.Case.Mask).Dispose()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Fluorescence_of_one_value_and_an_empty_mask_are_refused()
    {
        using Volume flat = Changed(_ => 100);
        Assert.Contains("one value everywhere", Assert.Throws<BadInputException>(() => Register(flat, _pair.Case.Mask).Dispose()).Message, StringComparison.Ordinal);
        using var empty = new BitVolume(_pair.Case.Mask.Grid);
        Assert.Contains("EM mask", Assert.Throws<BadInputException>(() => Register(_pair.Case.Fluorescence, empty).Dispose()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_mask_that_is_full_to_all_borders_is_unreliable_not_an_error()
    {
        using var full = new BitVolume(_pair.Case.Mask.Grid);
        var slice = new byte[full.Grid.Size.SliceCount];
        Array.Fill(slice, (byte)1);
        for (int z = 0; z < full.Grid.Size.Z; z++) full.SetSlice<byte>(z, slice, 0);
        using OperationResult result = Register(_pair.Case.Fluorescence, full);
        Assert.Equal("unreliable", (string?)result.Json["run"]!["verdict"]);
    }

    [Fact]
    public void Fluorescence_without_depth_is_refused_with_a_way_out()
    {
        var flat = new Volume<ushort>(new Grid(new Size3(1, 300, 300), new Point3(130, 40, 40)));
        using (flat) Assert.Contains("rigid", Assert.Throws<BadInputException>(() => Register(flat, _pair.Case.Mask)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(40, "{}", "240 nm deep")]
    [InlineData(130, """{"psf_xy": 120, "psf_z": 450}""", "psf_z, 450 nm")]
    public void Fluorescence_thinner_than_its_blur_is_refused_with_both_lengths(double spacing, string parameters, string named)
    {
        var thin = new Volume<ushort>(new Grid(new Size3(6, 300, 300), new Point3(spacing, 40, 40)));
        using (thin)
        {
            string message = Assert.Throws<BadInputException>(() => Register(thin, _pair.Case.Mask, parameters).Dispose()).Message;
            Assert.Contains(named, message, StringComparison.Ordinal);
            Assert.Contains("rigid", message, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData(5)]
    [InlineData(6)]
    [InlineData(8)]
    [InlineData(11)]
    [InlineData(16)]
    public void A_thin_stack_is_registered_or_refused_in_words(int slices)
    {
        Volume<ushort> whole = _pair.Case.Fluorescence;
        Size3 size = whole.Grid.Size;
        using Volume thin = whole.Part(new Size3((size.Z - slices) / 2, 0, 0), new Size3(slices, size.Y, size.X));
        var texts = new JsonObject { ["registration_start"] = new JsonObject { ["file"] = "start.json", ["text"] = TransformFile.Write(_pair.Case.Truth, "similarity", TransformFile.MovingToFixed).ToJsonString() } };
        foreach (string? start in new[] { null, texts.ToJsonString() })
        {
            try
            {
                using OperationResult result = Register(thin, _pair.Case.Mask, texts: start);
                string verdict = (string)result.Json["run"]!["verdict"]!;
                if (verdict == "reliable") Assert.InRange(_pair.Case.Error((SpatialTransform)result.Outputs["transform"]), 0, 40);
                else Assert.NotEmpty(result.Json["run"]!["reasons"]!.AsArray());
            }
            catch (BadInputException e)
            {
                Assert.Contains("fluorescence", e.Message, StringComparison.OrdinalIgnoreCase);
            }
        }
    }

    [Fact]
    public void A_deformation_behind_a_map_reads_back_with_its_inverse()
    {
        var random = new Random(3);
        var nodes = new Grid(new Size3(5, 5, 5), new Point3(500, 900, 900), new Point3(-500, -900, -900));
        var field = new DisplacementField(nodes, FieldInterpolation.CubicBSpline, [.. Enumerable.Range(0, 375).Select(_ => 40 * random.NextDouble())]);
        var chain = new ChainedTransform(RefinementCase.Turned(20, 1.1, Middle, default), field, RefinementCase.Turned(0, 0.9, Middle, new Point3(1, 2, 3)));
        SpatialTransform read = TransformFile.Read(TransformFile.Write(chain, TransformFile.MovingToFixed).ToJsonString());
        SpatialTransform back = TransformFile.Read(TransformFile.Write(chain.Inverse(), TransformFile.FixedToMoving).ToJsonString());
        var p = new Point3(300, 1500, 800);
        Assert.Equal(chain.Apply(p), read.Apply(p));
        Assert.InRange((back.Apply(chain.Apply(p)) - p).Length, 0, 1e-5);
    }
}

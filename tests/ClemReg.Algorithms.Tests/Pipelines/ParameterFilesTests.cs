using System.Text.Json;
using System.Text.Json.Nodes;
using ClemReg.Algorithms.Parameters;
using ClemReg.Algorithms.Pipelines;
using P = ClemReg.Algorithms.Pipelines.ClemRegParameters;

namespace ClemReg.Algorithms.Tests.Pipelines;

public sealed class ParameterFilesTests
{
    private static ParameterValues Read(Operation operation, string? file, string? given, Heard? log = null)
    {
        using JsonDocument? document = given is null ? null : JsonDocument.Parse(given);
        return ParameterFiles.Read(operation, file, document?.RootElement, new Job(1, default, log));
    }

    private static Operation Register => Operations.Find("register");

    [Fact]
    public void A_file_of_the_published_plugin_is_translated()
    {
        const string file = """
            {"registration_algorithm": "Rigid CPD", "em_seg_axis": true, "log_sigma": 2.5, "log_threshold": 1.1, "custom_z_zoom": false,
             "z_zoom_value": 1.0, "filter_segmentation": true, "filter_size": 40, "point_cloud_sampling_frequency": 5, "point_cloud_sigma": 1.5,
             "registration_voxel_size": 10, "registration_max_iterations": 40, "warping_interpolation_order": 3, "registration_direction": "EM → FM"}
            """;
        var log = new Heard();
        ParameterValues values = Read(Register, file, null, log);
        Assert.Equal("rigid", values.Get(P.RegistrationAlgorithm));
        Assert.Equal("em_to_fm", values.Get(P.RegistrationDirection));
        Assert.Equal(40, values.Get(P.FilterSizeLower));
        Assert.Equal(40, values.Get(P.RegistrationMaxIterations));
        Assert.Equal(2.5, values.Get(P.LogSigma));
        // The EM is segmented here too, where a model is given.
        Assert.True((bool)values.ToJson()["em_seg_axis"]!);
        foreach (string unused in new[] { "custom_z_zoom", "z_zoom_value" }) Assert.Contains(log.Lines, l => l.StartsWith(unused));
    }

    [Fact]
    public void An_unknown_key_of_a_published_file_is_refused()
    {
        var error = Assert.Throws<BadInputException>(() => Read(Register, """{"registration_algorithm": "Rigid CPD", "log_sigmo": 3}""", null));
        Assert.Contains("log_sigmo", error.Message);
        Assert.Contains("log_sigma", error.Message);
    }

    [Fact]
    public void All_unknown_keys_are_named_with_the_file_and_no_list_of_all_others()
    {
        using JsonDocument none = JsonDocument.Parse("{}");
        string error = Assert.Throws<BadInputException>(() => ParameterFiles.Read(Register, """{"registration_algorithm": "Rigid CPD", "log_sigmo": 3, "zzz": 1}""", none.RootElement, new Job(1), "napari.json")).Message;
        Assert.StartsWith("Unknown parameters log_sigmo, zzz in the parameter file napari.json. Did you mean log_sigma? Correct or remove them; docs/parameters.md", error, StringComparison.Ordinal);
        Assert.DoesNotContain("registration_tolerance", error, StringComparison.Ordinal);
    }

    [Fact]
    public void The_words_of_the_published_plugin_are_not_ours_on_the_command_line() =>
        Assert.Throws<BadInputException>(() => Read(Register, null, """{"registration_algorithm": "Rigid CPD"}"""));

    [Fact]
    public void A_preset_lies_under_the_file_and_the_file_under_what_is_given()
    {
        ParameterValues values = Read(Register, """{"preset": "published", "registration_outlier_weight": 0.3, "log_sigma": 4}""", """{"log_sigma": 5}""");
        Assert.Equal(50, values.Get(P.RegistrationMaxIterations));
        Assert.False(values.Get(P.RegistrationNormalise));
        Assert.Equal(0.3, values.Get(P.RegistrationOutlierWeight));
        Assert.Equal(5, values.Get(P.LogSigma));
        values = Read(Register, """{"preset": "published"}""", """{"preset": "paper"}""");
        Assert.Equal("em_isotropic", values.Get(P.SegmentationGrid));
        Assert.Equal(100, Read(Register, null, null).Get(P.RegistrationMaxIterations));
    }

    [Fact]
    public void Each_preset_changes_something_and_holds_only_values_that_are_allowed()
    {
        string standard = Read(Register, null, null).ToJson().ToJsonString();
        foreach (string preset in P.Preset.Choices.Where(p => p != "default"))
        {
            JsonObject values = Read(Register, null, $$"""{"preset": "{{preset}}"}""").ToJson();
            Assert.All(ParameterFiles.Preset(preset, Register), p => Assert.Equal(p.Value!.ToJsonString(), values[p.Key]!.ToJsonString()));
            values["preset"] = "default";
            Assert.NotEqual(standard, values.ToJsonString());
        }
    }

    [Fact]
    public void One_file_serves_all_steps()
    {
        string all = Read(Register, null, """{"log_sigma": 4, "registration_max_iterations": 7}""").ToJson().ToJsonString();
        var log = new Heard();
        Assert.Equal(4, Read(Operations.Find("segment_fluorescence"), all, null, log).Get(P.LogSigma));
        Assert.Contains(log.Lines, l => l.StartsWith("registration_max_iterations"));
        Assert.Equal(7, Read(Operations.Find("register_points"), all, null).Get(P.RegistrationMaxIterations));
        JsonObject again = Read(Register, all, null).ToJson();
        Assert.Equal(all, again.ToJsonString());
    }

    [Fact]
    public void Each_preset_holds_values_that_are_allowed()
    {
        foreach (Operation operation in Operations.All.Where(o => o.Parameters.Contains(P.Preset)))
            foreach (string preset in P.Preset.Choices)
                Read(operation, null, new JsonObject { ["preset"] = preset }.ToJsonString());
    }
}

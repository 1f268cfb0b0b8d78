using System.Text.Json;
using System.Text.Json.Nodes;
using ClemReg.Algorithms.Parameters;
using ClemReg.Algorithms.Pipelines;

namespace ClemReg.Algorithms.Tests.Pipelines;

public sealed class ParameterTests
{
    private static readonly NumberParameter Sigma = new("log_sigma", "Sigma", "Group", "voxels", "Help.", 3, 0.3, 50);
    private static readonly IntegerParameter Count = new("count", "Count", "Group", "", "Help.", 4, 1, 10);
    private static readonly BooleanParameter Flag = new("flag", "Flag", "Group", "Help.", false);
    private static readonly ChoiceParameter Choice = new("algorithm", "Algorithm", "Group", "Help.", "rigid", "rigid", "affine");
    private static readonly TextParameter Text = new("roi_polygon", "Region", "Group", "Help.", "", "corners");
    private static readonly Parameter[] All = [Sigma, Count, Flag, Choice, Text];

    private static ParameterValues Read(string json)
    {
        var values = new ParameterValues(All);
        values.Read(ParameterValues.Parse(json, "the test"), "the test");
        return values;
    }

    [Fact]
    public void Values_are_read_as_json_or_as_text_and_the_others_keep_their_defaults()
    {
        ParameterValues values = Read("""{"log_sigma": "4.5", "count": 7.0, "flag": "true"}""");
        Assert.Equal(4.5, values.Get(Sigma));
        Assert.Equal(7, values.Get(Count));
        Assert.True(values.Get(Flag));
        Assert.Equal("rigid", values.Get(Choice));
        Assert.Equal("", values.Get(Text));
    }

    [Fact]
    public void Later_values_override_earlier_ones()
    {
        ParameterValues values = Read("""{"log_sigma": 4.5, "count": 2}""");
        values.Read(new JsonObject { ["log_sigma"] = 5 }, "the command line");
        Assert.Equal(5, values.Get(Sigma));
        Assert.Equal(2, values.Get(Count));
    }

    [Theory]
    [InlineData("""{"log_sigma": 0}""", "log_sigma = 0 ", "from 0.3 to 50 voxels", "default is 3")]
    [InlineData("""{"log_sigma": "wide"}""", "log_sigma = wide ", "from 0.3 to 50 voxels", "")]
    [InlineData("""{"log_sigma": "NaN"}""", "log_sigma = NaN ", "from 0.3 to 50", "")]
    [InlineData("""{"log_sigma": null}""", "log_sigma = null ", "a number", "")]
    [InlineData("""{"log_sigma": 1e400}""", "log_sigma = 1e400 ", "a number", "")]
    [InlineData("""{"count": 2.5}""", "count = 2.5 ", "a whole number from 1 to 10", "default is 4")]
    [InlineData("""{"count": 99999999999999999999}""", "count = 99999999999999999999 ", "a whole number", "")]
    [InlineData("""{"flag": 1}""", "flag = 1 ", "true or false", "")]
    [InlineData("""{"algorithm": "bcpd"}""", "algorithm = bcpd ", "one of rigid, affine", "default is rigid")]
    [InlineData("""{"roi_polygon": [1]}""", "roi_polygon = [1] ", "corners", "")]
    [InlineData("""{"log_sigm": 3}""", "Unknown parameter log_sigm ", "Did you mean log_sigma?", "Allowed: log_sigma, count")]
    [InlineData("""{"LOG_SIGMA": 3}""", "Unknown parameter LOG_SIGMA", "Did you mean log_sigma?", "")]
    [InlineData("""{"zzz": 3}""", "Unknown parameter zzz", "Allowed: ", "")]
    [InlineData("""{"count": 3, "count": 4}""", "count is given twice", "", "")]
    [InlineData("""[1, 2]""", "must be a JSON object", "a list", "")]
    [InlineData("""{"count": 3""", "not JSON", "line 1", "")]
    [InlineData("", "not JSON", "", "")]
    public void Bad_values_are_refused_with_a_message_that_helps(string json, string first, string second, string third)
    {
        BadInputException e = Assert.Throws<BadInputException>(() => Read(json));
        Assert.Contains(first, e.Message, StringComparison.Ordinal);
        Assert.Contains(second, e.Message, StringComparison.Ordinal);
        Assert.Contains(third, e.Message, StringComparison.Ordinal);
        Assert.Equal(ErrorKind.BadInput, e.Kind);
    }

    [Fact]
    public void What_is_written_is_read_again()
    {
        string json = Read("""{"log_sigma": 4.25, "count": 9, "flag": true, "algorithm": "affine", "roi_polygon": "1,2 3,4 5,6"}""").ToJson().ToJsonString();
        Assert.Equal(json, Read(json).ToJson().ToJsonString());
        Assert.Contains("4.25", json, StringComparison.Ordinal);
    }

    public static TheoryData<string> OperationNames => [.. Operations.All.Select(o => o.Name)];

    [Theory]
    [MemberData(nameof(OperationNames))]
    public void An_operations_schema_is_complete_and_its_defaults_are_allowed(string name)
    {
        Operation operation = Operations.Find(name);
        Assert.Matches("^[a-z][a-z0-9_]*$", operation.Name);
        Assert.NotEmpty(operation.Help);
        var defaults = new JsonObject();
        foreach (Parameter parameter in operation.Parameters)
        {
            Assert.Matches("^[a-z][a-z0-9_]*$", parameter.Name);
            Assert.True(parameter.Help.Length > 10 && parameter.Help.EndsWith('.'), parameter.Name);
            Assert.NotEmpty(parameter.Label);
            Assert.NotEmpty(parameter.Group);
            defaults[parameter.Name] = parameter.ToJson(parameter.Default);
        }
        var values = new ParameterValues(operation.Parameters);
        values.Read(JsonDocument.Parse(defaults.ToJsonString()).RootElement, "the defaults");
        Assert.Equal(defaults.ToJsonString(), values.ToJson().ToJsonString());
    }

    /// <summary>ImageJ's Macro.getValue finds a key at the end of another unless a letter stands before it.</summary>
    [Theory]
    [MemberData(nameof(OperationNames))]
    public void No_macro_key_ends_in_another(string name)
    {
        Operation operation = Operations.Find(name);
        string[] keys = [.. operation.Parameters.Select(p => p.Name), .. operation.Inputs.Select(p => p.Name)];
        Assert.Equal(keys.Length, keys.Distinct().Count());
        foreach (string key in keys)
            foreach (string other in keys)
                Assert.False(key != other && key.EndsWith("_" + other, StringComparison.Ordinal), $"{key} ends in {other}");
    }

    [Fact]
    public void An_unknown_operation_is_not_found_and_the_nearest_is_named()
    {
        NotFoundException e = Assert.Throws<NotFoundException>(() => Operations.Find("regster"));
        Assert.Contains("Did you mean register?", e.Message, StringComparison.Ordinal);
    }
}

using System.Text.Json;
using System.Text.Json.Nodes;
using ClemReg.Algorithms.Parameters;
using ClemReg.Algorithms.Pipelines;

namespace ClemReg.Algorithms.Tests.Pipelines;

public sealed class RegisterPlanTests
{
    private static Dictionary<string, string> Keys(Dictionary<string, string> inputs, params (string Key, string Value)[] parameters)
    {
        string json = JsonSerializer.Serialize(new { parameters = parameters.ToDictionary(p => p.Key, p => p.Value), inputs });
        using OperationResult result = Operations.Find("register_plan").Run(JsonDocument.Parse(json).RootElement, new Dictionary<string, object>(), new Job(1));
        return ((JsonObject)result.Json["keys"]!).ToDictionary(k => k.Key, k => (string)k.Value!);
    }

    [Theory]
    [InlineData("auto", "fixed_mask,transform")]
    [InlineData("rigid", "fixed_mask,moving_mask,moving_points,fixed_points,transform")]
    public void A_mask_by_a_model_is_known_by_the_EM_the_model_and_the_segmentations_parameters(string algorithm, string steps)
    {
        (string, string) registration = ("registration_algorithm", algorithm);
        var inputs = new Dictionary<string, string> { ["moving"] = "m", ["fixed"] = "em", ["model"] = "net" };
        Dictionary<string, string> keys = Keys(inputs, registration);
        Assert.Equal(steps.Split(',').Order(), keys.Keys.Order());
        Assert.Equal(keys, Keys(inputs, registration, ("overlay_color", "green")));
        // Whatever the mask is made from changes the mask, and with it all steps after it.
        foreach (Dictionary<string, string> other in new[]
        {
            Keys(new(inputs) { ["fixed"] = "other" }, registration),
            Keys(new(inputs) { ["model"] = "other" }, registration),
            Keys(new(inputs) { ["model_card"] = "another threshold" }, registration),
            Keys(new(inputs) { ["model_point_head"] = "other" }, registration),
            Keys(inputs, registration, ("seg_thr", "0.4")),
            Keys(inputs, registration, ("em_seg_axis", "true")),
        })
        {
            Assert.NotEqual(keys["fixed_mask"], other["fixed_mask"]);
            Assert.NotEqual(keys["transform"], other["transform"]);
        }
        // What comes after it does not.
        Dictionary<string, string> later = Keys(inputs, registration, ("log_sigma", "2"));
        Assert.Equal(keys["fixed_mask"], later["fixed_mask"]);
        Assert.NotEqual(keys["transform"], later["transform"]);
    }

    [Fact]
    public void A_given_mask_is_known_by_itself()
    {
        var inputs = new Dictionary<string, string> { ["moving"] = "m", ["fixed_mask"] = "mask" };
        Dictionary<string, string> keys = Keys(inputs);
        Assert.DoesNotContain("fixed_mask", keys.Keys);
        Assert.Equal(keys, Keys(inputs, ("seg_thr", "0.4")));
        Assert.NotEqual(keys["transform"], Keys(new(inputs) { ["fixed_mask"] = "other" })["transform"]);
    }

    [Fact]
    public void Register_offers_parameters_of_segment_em_as_they_are_there()
    {
        IReadOnlyList<Parameter> own = Operations.Find("segment_em").Parameters;
        Parameter[] shared = [.. Operations.Find("register").Parameters.Where(p => p.Group == "EM segmentation")];
        Assert.Equal(["provider", "seg_thr", "min_size", "em_intensity_range", "em_tile", "em_average_flips", "em_seg_axis", "downsample_f"], shared.Select(p => p.Name));
        foreach (Parameter parameter in shared)
        {
            Parameter original = Assert.Single(own, p => p.Name == parameter.Name);
            Assert.NotEqual(original.Group, parameter.Group);
            Assert.Equal((original.Label, original.Help, original.Allowed, original.Unit), (parameter.Label, parameter.Help, parameter.Allowed, parameter.Unit));
        }
    }
}

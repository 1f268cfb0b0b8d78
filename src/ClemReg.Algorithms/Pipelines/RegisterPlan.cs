using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using ClemReg.Algorithms.Parameters;
using P = ClemReg.Algorithms.Pipelines.ClemRegParameters;

namespace ClemReg.Algorithms.Pipelines;

/// <summary>
/// The keys of register's steps: two runs whose step has the same key have the same result of that step, so the second can take the first
/// one's. A key is the SHA-256 of the step's inputs (by their own hashes, or the keys of the steps that made them), its parameters and the
/// software's version.
/// </summary>
internal static class RegisterPlan
{
    public static Operation Definition { get; } = new(
        "register_plan", "Plan a registration",
        "Checks the parameters of register (with channels, how many channels the fluorescence and the images linked to it have, also channel_offsets), and tells under which keys its steps know their results.",
        [],
        [],
        RegisterOperation.Definition.Parameters,
        Run);

    private static OperationResult Run(OperationRequest request, Job job)
    {
        int channels = request.Extra.TryGetProperty("channels", out JsonElement count) && count.TryGetInt32(out int n) ? n : 0;
        ChannelOffsets.Read(request.Values, channels);
        ClemRegSteps.Region(request.Values);
        ClemRegSteps.FixedRegion(request.Values);
        return new OperationResult(new Dictionary<string, object>(), new JsonObject { ["keys"] = Keys(request), ["parameters"] = request.Values.ToJson() });
    }

    private static JsonObject Keys(OperationRequest request)
    {
        ParameterValues values = request.Values;
        // A mask that a model makes is known by what it is made from: the model, its card and the point head beside it too.
        string? segmentation = Input(request, "model").Length == 0 ? null
            : Key("fixed_mask", values, SegmentEmOperation.ForRegister, Input(request, "fixed"), Input(request, "model"), Input(request, "model_card"), Input(request, "model_point_head"));
        JsonObject keys = Keys(request, values, segmentation ?? Input(request, "fixed_mask"));
        if (segmentation is not null) keys["fixed_mask"] = segmentation;
        return keys;
    }

    private static JsonObject Keys(OperationRequest request, ParameterValues values, string fixedMask)
    {
        if (RegisterOperation.UsesIntensities(values, Input(request, "moving_mask").Length + Input(request, "moving_points").Length + Input(request, "fixed_points").Length > 0))
        {
            return new JsonObject
            {
                ["transform"] = Key("transform", values, [.. P.ForRegistration, .. P.ForAuto, .. P.ForSegmentation, .. P.ForFixedRegion, P.Seed],
                    Input(request, "moving"), fixedMask, Input(request, "registration_start"), Input(request, "transform")),
            };
        }
        string movingMask = Key("moving_mask", values, [.. P.ForSegmentation], Input(request, "moving"), Input(request, "moving_mask"), fixedMask);
        string movingPoints = Key("moving_points", values, [.. P.ForSampling], movingMask, Input(request, "moving_points"));
        bool lines = ClemRegSteps.UsesCentreLines(values);
        string fixedPoints = Key("fixed_points", values, [.. P.ForSampling, .. P.ForFixedRegion, .. lines ? new[] { P.PsfXY, P.PsfZ } : []],
            fixedMask, Input(request, "fixed_points"), lines ? Input(request, "registration_start") : "");
        string transform = Key("transform", values, [.. P.ForRegistration, .. P.ForDeformation, P.PointCloudSource, P.Seed], movingPoints, fixedPoints,
            Input(request, "registration_start"), Input(request, "transform"));
        return new JsonObject { ["moving_mask"] = movingMask, ["moving_points"] = movingPoints, ["fixed_points"] = fixedPoints, ["transform"] = transform };
    }

    /// <summary>What the caller says that an input is: its hash, channel and voxel size; empty for an input that is not given.</summary>
    private static string Input(OperationRequest request, string name) =>
        request.Extra.TryGetProperty("inputs", out JsonElement inputs) && inputs.ValueKind == JsonValueKind.Object && inputs.TryGetProperty(name, out JsonElement text)
            && text.ValueKind == JsonValueKind.String ? text.GetString()! : "";

    private static string Key(string step, ParameterValues values, IReadOnlyList<Parameter> parameters, params string[] inputs)
    {
        JsonObject all = values.ToJson();
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"{Operations.Version}\n{step}\n");
        foreach (string input in inputs) text.Append(input).Append('\n');
        foreach (Parameter parameter in parameters) text.Append(parameter.Name).Append('=').Append(all[parameter.Name]!.ToJsonString()).Append('\n');
        return Sha256.Of(Encoding.UTF8.GetBytes(text.ToString()));
    }
}

using System.Text.Json.Nodes;

namespace ClemReg.Algorithms.Pipelines;

/// <summary>run.json of operations on cells: with what, and from what, their files were made.</summary>
internal static class RunReport
{
    /// <summary>Makes it.</summary>
    /// <param name="request">Parameters, names of images.</param>
    /// <param name="cells">The file of the cells; null where there is none.</param>
    /// <param name="found">The operation's own figures.</param>
    /// <param name="job">Its warnings.</param>
    public static JsonObject Make(OperationRequest request, string? cells, JsonObject found, Job job)
    {
        var inputs = new JsonObject();
        if (cells is not null) inputs["boxes"] = cells;
        if (InterchangeOperations.NameOf(request.Extra, "image") is { } image) inputs["image"] = image;
        if (request.OptionalText("fiducials") is { } fiducials) inputs["fiducials"] = fiducials.File;
        return new JsonObject
        {
            ["software"] = new JsonObject { ["name"] = "ClemReg.Fiji", ["version"] = Operations.Version },
            ["inputs"] = inputs,
            ["found"] = found.DeepClone(),
            ["parameters"] = request.Values.ToJson(),
            ["warnings"] = new JsonArray([.. job.Warnings.Select(w => (JsonNode)w)]),
        };
    }
}

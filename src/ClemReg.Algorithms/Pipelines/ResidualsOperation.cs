using System.Text.Json.Nodes;
using ClemReg.Algorithms.Evaluation;
using ClemReg.Algorithms.PointClouds;

namespace ClemReg.Algorithms.Pipelines;

/// <summary>How far the points of one cloud lie from another, for the report's histogram.</summary>
internal static class ResidualsOperation
{
    public static Operation Definition { get; } = new(
        "residuals", "Measure residuals",
        "Counts the distances of the registered points to the nearest points of the EM.",
        [
            new Port("registered_points", PortKind.Points, "The moved fluorescence cloud."),
            new Port("fixed_points", PortKind.Points, "The EM cloud."),
        ],
        [],
        [],
        Run);

    private static OperationResult Run(OperationRequest request, Job job)
    {
        ResidualHistogram histogram = ResidualHistogram.Of(request.Input<PointCloud>("registered_points"), request.Input<PointCloud>("fixed_points"), job);
        var counts = new JsonArray();
        foreach (int count in histogram.Counts) counts.Add((JsonNode)count);
        return new OperationResult(new Dictionary<string, object>(), new JsonObject
        {
            ["bin_nm"] = histogram.BinNm,
            ["counts"] = counts,
            ["beyond"] = histogram.Beyond,
            ["median_nm"] = histogram.MedianNm,
            ["p95_nm"] = histogram.P95Nm,
        });
    }
}

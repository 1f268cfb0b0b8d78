using System.Text.Json.Nodes;
using ClemReg.Algorithms.PointClouds;
using ClemReg.Algorithms.Transforms;

namespace ClemReg.Algorithms.Pipelines;

/// <summary>Moves points with a transform.</summary>
internal static class TransformPointsOperation
{
    public static Operation Definition { get; } = new(
        "transform_points", "Transform points",
        "Moves points with a transform: moving to fixed with transform.json, back with inverse_transform.json.",
        [new Port("points", PortKind.Points, "The points, nm, z, y, x."), new Port("transform", PortKind.Transform, "The transform.")],
        [new Port("points", PortKind.Points, "The moved points, in the same order.")],
        [],
        static (request, _) =>
        {
            PointCloud moved = request.Input<SpatialTransform>("transform").Apply(request.Input<PointCloud>("points"));
            return new OperationResult(new Dictionary<string, object> { ["points"] = moved }, new JsonObject { ["count"] = moved.Count });
        });
}

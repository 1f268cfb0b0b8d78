using System.Text.Json.Nodes;
using ClemReg.Algorithms.PointClouds;
using ClemReg.Algorithms.Registration;
using ClemReg.Algorithms.Transforms;
using ClemReg.Algorithms.Volumes;
using ClemReg.Algorithms.Warping;
using P = ClemReg.Algorithms.Pipelines.ClemRegParameters;

namespace ClemReg.Algorithms.Pipelines;

/// <summary>Each step of CLEM-Reg alone.</summary>
internal static class StepOperations
{
    public static Operation SegmentFluorescence { get; } = new(
        "segment_fluorescence", "Segment fluorescence",
        "Finds the mitochondria in a fluorescence volume: difference of Gaussians as Laplacian of Gaussian, and a threshold in each slice.",
        [new Port("moving", PortKind.Volume, "The fluorescence volume.")],
        [new Port("mask", PortKind.Mask, "The segmented mitochondria.")],
        [.. P.ForSegmentation, P.IsotropicSpacing],
        static (request, job) =>
        {
            var moving = request.Input<Volume>("moving");
            BitVolume mask = ClemRegSteps.Segment(request.Values, moving, request.Values.Get(P.IsotropicSpacing), job);
            long voxels = mask.CountSet();
            return new OperationResult(new Dictionary<string, object> { ["mask"] = mask },
                new JsonObject { ["voxels"] = voxels, ["fraction"] = (double)voxels / mask.Grid.Size.Count, ["parameters"] = request.Values.ToJson() });
        });

    public static Operation SamplePoints { get; } = new(
        "sample_points", "Sample points",
        "Turns a mask into a point cloud: outlines in each slice, thinned out, averaged and cleaned of isolated points.",
        [new Port("mask", PortKind.Mask, "The mask; labels count as foreground.")],
        [new Port("points", PortKind.Points, "The point cloud, nm, z, y, x.")],
        [.. P.ForSampling, P.IsotropicSpacing],
        static (request, job) =>
        {
            PointCloud points = ClemRegSteps.Sample(request.Values, request.Input<BitVolume>("mask"), "mask", request.Values.Get(P.IsotropicSpacing), job);
            return new OperationResult(new Dictionary<string, object> { ["points"] = points },
                new JsonObject { ["points"] = points.Count, ["parameters"] = request.Values.ToJson() });
        });

    public static Operation RegisterPoints { get; } = new(
        "register_points", "Register points",
        "Registers two point clouds with Coherent Point Drift (Myronenko and Song 2010).",
        [new Port("moving_points", PortKind.Points, "The fluorescence cloud."), new Port("fixed_points", PortKind.Points, "The EM cloud.")],
        [
            new Port("transform", PortKind.Transform, "Moving to fixed."), new Port("inverse_transform", PortKind.Transform, "Fixed to moving."),
            new Port("registered_points", PortKind.Points, "The moved fluorescence cloud."),
        ],
        [.. P.ForRegistration, P.IsotropicSpacing],
        static (request, job) =>
        {
            var moving = request.Input<PointCloud>("moving_points");
            double unit = request.Values.Get(P.IsotropicSpacing);
            RegistrationResult result = ClemRegSteps.Register(request.Values, moving, request.Input<PointCloud>("fixed_points"), unit > 0 ? unit : 1, job);
            (JsonObject forward, JsonObject inverse) = ClemRegSteps.TransformFiles(result, request.Values);
            return new OperationResult(
                new Dictionary<string, object>
                {
                    ["transform"] = result.Transform,
                    ["inverse_transform"] = result.Transform.Inverse(),
                    ["registered_points"] = result.Transform.Apply(moving),
                },
                new JsonObject { ["transform"] = forward, ["inverse_transform"] = inverse, ["registration"] = ClemRegSteps.Course(result) });
        });

    public static Operation Warp { get; } = new(
        "warp", "Warp",
        "Puts an image on the grid of another with a transform. Voxels outside the image are 0.",
        [
            new Port("source", PortKind.Source, "The image to warp."), new Port("transform", PortKind.Transform, "From the source to the target."),
            new Port("target", PortKind.Source, "Anything with the grid that is wanted."),
        ],
        [new Port("warped", PortKind.Source, "The warped image; where the source is a volume in memory, slices are computed when they are read.")],
        [P.WarpingInterpolationOrder],
        static (request, job) =>
        {
            var source = request.Input<ISliceSource>("source");
            var transform = request.Input<SpatialTransform>("transform");
            Grid target = request.Input<ISliceSource>("target").Grid;
            int order = request.Values.Get(P.WarpingInterpolationOrder);
            if (source is not Volume volume)
            {
                Volume whole = StreamingWarper.Warp(source, transform, target, order, job);
                return new OperationResult(new Dictionary<string, object> { ["warped"] = whole }, []);
            }
            var warped = new WarpedVolume(volume, transform, target, order, job);
            return new OperationResult(new Dictionary<string, object> { ["warped"] = warped }, []) { RetainedInputs = ["source"] };
        });
}

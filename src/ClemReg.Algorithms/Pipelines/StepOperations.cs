using System.Text.Json.Nodes;
using ClemReg.Algorithms.PointClouds;
using ClemReg.Algorithms.Volumes;
using P = ClemReg.Algorithms.Pipelines.ClemRegParameters;

namespace ClemReg.Algorithms.Pipelines;

/// <summary>Each step of CLEM-Reg alone.</summary>
internal static class StepOperations
{
    /// <summary>The result that is better than a deformed one, by the deformed one's own judgement.</summary>
    public static Port RigidTransform { get; } = new("rigid_transform", PortKind.Transform, "rigid_bcpd: the rigid result, where the deformation was judged not to help.", Required: false);

    public static Operation SegmentFluorescence { get; } = new(
        "segment_fluorescence", "Segment fluorescence",
        "Finds the mitochondria in a fluorescence volume: difference of Gaussians as Laplacian of Gaussian, and a threshold in each slice.",
        [new Port("moving", PortKind.Volume, "The fluorescence volume.")],
        [new Port("mask", PortKind.Mask, "The segmented mitochondria.")],
        [P.Preset, .. P.ForSegmentation, P.IsotropicSpacing],
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
        "Turns a mask into a point cloud: outlines in each slice (or centre lines: point_cloud_source), thinned out, averaged and cleaned of isolated points. For the centre lines of an EM mask give psf_xy and psf_z: it is blurred by them first.",
        [new Port("mask", PortKind.Mask, "The mask; labels count as foreground.")],
        [new Port("points", PortKind.Points, "The point cloud, nm, z, y, x.")],
        [P.Preset, .. P.ForSampling, P.PsfXY, P.PsfZ, P.IsotropicSpacing],
        static (request, job) =>
        {
            CentreLineOptions? lines = ClemRegSteps.GivenPsf(request.Values) is null ? ClemRegSteps.Lines(request.Values) : ClemRegSteps.LinesOfEm(request.Values, null);
            PointCloud points = ClemRegSteps.Sample(request.Values, request.Input<BitVolume>("mask"), "mask", request.Values.Get(P.IsotropicSpacing), lines, job);
            return new OperationResult(new Dictionary<string, object> { ["points"] = points },
                new JsonObject { ["points"] = points.Count, ["parameters"] = request.Values.ToJson() });
        });

    public static Operation RegisterPoints { get; } = new(
        "register_points", "Register points",
        "Registers two point clouds with Coherent Point Drift (Myronenko and Song 2010).",
        [
            new Port("moving_points", PortKind.Points, "The fluorescence cloud."), new Port("fixed_points", PortKind.Points, "The EM cloud."),
            RegistrationStart.Port,
        ],
        [
            new Port("transform", PortKind.Transform, "Moving to fixed."), new Port("inverse_transform", PortKind.Transform, "Fixed to moving."),
            new Port("registered_points", PortKind.Points, "The moved fluorescence cloud."), RigidTransform,
        ],
        [P.Preset, .. P.ForRegistration, .. P.ForDeformation, P.PointCloudSource, P.Seed, P.IsotropicSpacing],
        static (request, job) =>
        {
            double unit = request.Values.Get(P.IsotropicSpacing);
            CloudRegistration result = ClemRegSteps.RegisterClouds(request.Values, request.Input<PointCloud>("moving_points"),
                request.Input<PointCloud>("fixed_points"), RegistrationStart.Read(request, null, null, job), unit > 0 ? unit : 1, job);
            var outputs = new Dictionary<string, object>
            {
                ["transform"] = result.Transform,
                ["inverse_transform"] = result.Transform.Inverse(),
                ["registered_points"] = result.RegisteredPoints,
            };
            var report = new JsonObject { ["transform"] = result.Forward, ["inverse_transform"] = result.Inverse, ["registration"] = result.Course };
            if (result.Rigid is not null)
            {
                outputs["rigid_transform"] = result.Rigid;
                report["rigid_transform"] = result.RigidFile;
            }
            return new OperationResult(outputs, report);
        });
}

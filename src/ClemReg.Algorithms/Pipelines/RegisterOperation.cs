using System.Text.Json.Nodes;
using ClemReg.Algorithms.PointClouds;
using ClemReg.Algorithms.Registration;
using ClemReg.Algorithms.Volumes;
using P = ClemReg.Algorithms.Pipelines.ClemRegParameters;

namespace ClemReg.Algorithms.Pipelines;

/// <summary>CLEM-Reg from the images to the transform; warping follows as an operation of its own.</summary>
internal static class RegisterOperation
{
    public static Operation Definition { get; } = new(
        "register", "Register fluorescence onto EM",
        "Registers a fluorescence volume onto a volume EM image by its mitochondria: segments the fluorescence, samples point clouds from both masks and registers them.",
        [
            new Port("moving", PortKind.Volume, "The fluorescence volume, the channel that shows the mitochondria."),
            new Port("fixed_mask", PortKind.Mask, "The mitochondria of the EM volume; labels count as foreground."),
            new Port("moving_mask", PortKind.Mask, "The mitochondria of the fluorescence, where they are segmented already.", Required: false),
        ],
        [
            new Port("moving_mask", PortKind.Mask, "The segmented fluorescence."),
            new Port("moving_points", PortKind.Points, "The fluorescence cloud."),
            new Port("fixed_points", PortKind.Points, "The EM cloud."),
            new Port("registered_points", PortKind.Points, "The moved fluorescence cloud."),
            new Port("transform", PortKind.Transform, "Fluorescence to EM."),
            new Port("inverse_transform", PortKind.Transform, "EM to fluorescence."),
        ],
        [
            P.Preset, .. P.ForRegistration, .. P.ForDeformation, P.RegistrationDirection, .. P.ForWarping, .. P.ForSegmentation, .. P.ForSampling, .. P.ForPicture,
        ],
        Run);

    private static OperationResult Run(OperationRequest request, Job job)
    {
        var moving = request.Input<Volume>("moving");
        var fixedMask = request.Input<BitVolume>("fixed_mask");
        double isotropic = fixedMask.Grid.Spacing.Z;

        BitVolume movingMask = job.Run("segment_fluorescence", 0, 0.3, part => MovingMask(request, moving, isotropic, part));
        try
        {
            PointCloud movingPoints = job.Run("sample_moving_points", 0.3, 0.45,
                part => ClemRegSteps.Sample(request.Values, movingMask, "fluorescence mask", isotropic, part));
            PointCloud fixedPoints = job.Run("sample_fixed_points", 0.45, 0.6,
                part => ClemRegSteps.Sample(request.Values, fixedMask, "EM mask", isotropic, part));
            RegistrationResult result = job.Run("register_points", 0.6, 1,
                part => ClemRegSteps.Register(request.Values, movingPoints, fixedPoints, isotropic, part));

            (JsonObject forward, JsonObject inverse) = ClemRegSteps.TransformFiles(result, request.Values);
            return new OperationResult(
                new Dictionary<string, object>
                {
                    ["moving_mask"] = movingMask,
                    ["moving_points"] = movingPoints,
                    ["fixed_points"] = fixedPoints,
                    ["registered_points"] = result.Transform.Apply(movingPoints),
                    ["transform"] = result.Transform,
                    ["inverse_transform"] = result.Transform.Inverse(),
                },
                new JsonObject
                {
                    ["transform"] = forward,
                    ["inverse_transform"] = inverse,
                    ["run"] = Report(request, job, movingMask, fixedMask, movingPoints, fixedPoints, result),
                });
        }
        catch
        {
            movingMask.Dispose();
            throw;
        }
    }

    private static BitVolume MovingMask(OperationRequest request, Volume moving, double isotropic, Job job)
    {
        if (request.OptionalInput<BitVolume>("moving_mask") is not { } given)
            return ClemRegSteps.Segment(request.Values, moving, isotropic, job);
        if (given.Grid.Size != moving.Grid.Size)
            throw new BadInputException($"The fluorescence mask has {given.Grid.Size} voxels (z, y, x), but the fluorescence image has {moving.Grid.Size}. Give a mask of the same size.");
        BitVolume mask = given.Copy();
        ClemRegSteps.Region(request.Values)?.Apply(mask, moving.Grid, job);
        return mask;
    }

    private static JsonObject Report(OperationRequest request, Job job, BitVolume movingMask, BitVolume fixedMask,
        PointCloud movingPoints, PointCloud fixedPoints, RegistrationResult result)
    {
        var stages = new JsonArray();
        foreach (StageTime stage in job.Stages)
            stages.Add((JsonNode)new JsonObject { ["stage"] = stage.Stage, ["seconds"] = Math.Round(stage.Seconds, 4) });
        var warnings = new JsonArray();
        foreach (string warning in job.Warnings) warnings.Add((JsonNode)warning);
        return new JsonObject
        {
            ["stages"] = stages,
            ["threads"] = job.Threads,
            ["voxels"] = new JsonObject { ["moving_mask"] = movingMask.CountSet(), ["fixed_mask"] = fixedMask.CountSet() },
            ["points"] = new JsonObject { ["moving"] = movingPoints.Count, ["fixed"] = fixedPoints.Count },
            ["registration"] = ClemRegSteps.Course(result),
            ["warnings"] = warnings,
            ["parameters"] = request.Values.ToJson(),
        };
    }
}

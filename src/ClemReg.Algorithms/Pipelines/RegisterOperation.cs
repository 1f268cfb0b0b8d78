using System.Text.Json.Nodes;
using ClemReg.Algorithms.Parameters;
using ClemReg.Algorithms.PointClouds;
using ClemReg.Algorithms.Refinement;
using ClemReg.Algorithms.Registration;
using ClemReg.Algorithms.Segmentation;
using ClemReg.Algorithms.Transforms;
using ClemReg.Algorithms.Volumes;
using P = ClemReg.Algorithms.Pipelines.ClemRegParameters;

namespace ClemReg.Algorithms.Pipelines;

/// <summary>
/// CLEM-Reg from the images to the transform; warping follows as an operation of its own. It begins with the first step whose result is not
/// given and ends with <see cref="P.StopAfter"/>.
/// </summary>
internal static class RegisterOperation
{
    public static Operation Definition { get; } = new(
        "register", "Register fluorescence onto EM",
        "Registers a fluorescence volume onto a volume EM image by its mitochondria: segments the fluorescence, samples point clouds from both masks and registers them.",
        [
            new Port("moving", PortKind.Volume, "The fluorescence volume, the channel that shows the mitochondria."),
            new Port("fixed_mask", PortKind.Mask, "The mitochondria of the EM volume; labels count as foreground. In its place: the EM and a model.", Required: false),
            new Port("model", PortKind.Model, "In place of the mask: an ONNX model that finds the mitochondria in the EM first, as Segment EM does.", Required: false),
            new Port("moving_mask", PortKind.Mask, "The mitochondria of the fluorescence, where they are segmented already.", Required: false),
            new Port("moving_points", PortKind.Points, "The fluorescence cloud, where it is sampled already.", Required: false),
            new Port("fixed_points", PortKind.Points, "The EM cloud, where it is sampled already.", Required: false),
            RegistrationStart.Port,
            new Port("transform", PortKind.Text, "The finished transform, fluorescence to EM: nothing is registered, only warped.", Required: false),
        ],
        [
            new Port("moving_mask", PortKind.Mask, "The segmented fluorescence."),
            new Port("moving_points", PortKind.Points, "The fluorescence cloud."),
            new Port("fixed_points", PortKind.Points, "The EM cloud."),
            new Port("registered_points", PortKind.Points, "The moved fluorescence cloud."),
            new Port("transform", PortKind.Transform, "Fluorescence to EM."),
            new Port("inverse_transform", PortKind.Transform, "EM to fluorescence."),
            StepOperations.RigidTransform,
            new Port("error_map", PortKind.Volume, "auto: the predicted error over the EM, nm, on a coarse grid."),
        ],
        [
            P.Preset, P.StopAfter, P.MovingFrame, .. P.ForRegistration, .. P.ForAuto, .. P.ForDeformation, P.RegistrationDirection, .. P.ForWarping, .. P.ForSegmentation,
            .. P.ForFixedRegion, .. SegmentEmOperation.ForRegister, .. P.ForSampling, .. P.ForPicture,
        ],
        Run);

    private enum Stage
    {
        Segmentation,
        Sampling,
        Registration,
        Warping,
    }

    private static OperationResult Run(OperationRequest request, Job job)
    {
        var moving = request.Input<Volume>("moving");
        // Where the caller has a model, it runs segment_em first: models run on a bridge of their own.
        BitVolume fixedMask = request.OptionalInput<BitVolume>("fixed_mask") ?? throw new BadInputException(
            "fixed_mask is missing: give a mask or label image of the EM's mitochondria (fixed_mask), or the EM and a model that finds them (fixed and model).");
        double isotropic = fixedMask.Grid.Spacing.Z;
        Stage last = Enum.Parse<Stage>(request.Values.Get(P.StopAfter), ignoreCase: true);
        var movingPoints = request.OptionalInput<PointCloud>("moving_points");
        var fixedPoints = request.OptionalInput<PointCloud>("fixed_points");
        InputText? finished = request.OptionalText("transform");
        SpatialTransform? given = finished?.Named(() => TransformFile.Read(finished.Text, TransformFile.MovingToFixed));
        AffineTransform? start = RegistrationStart.Read(request, moving.Grid, fixedMask.Grid, job);
        if (given is not null && start is not null)
            throw new BadInputException("transform and registration_start are both given: with transform nothing is registered. Leave one out.");

        var outputs = new Dictionary<string, object>();
        var report = new JsonObject();
        var voxels = new JsonObject();
        try
        {
            bool auto = UsesIntensities(request.Values, movingPoints is not null || fixedPoints is not null || request.OptionalInput<BitVolume>("moving_mask") is not null);
            if (movingPoints is null && given is null && !auto)
            {
                BitVolume movingMask = job.Run("segment_fluorescence", 0, 0.3, part => MovingMask(request, moving, isotropic, part));
                outputs["moving_mask"] = movingMask;
                voxels["moving_mask"] = movingMask.CountSet();
                if (last >= Stage.Sampling)
                    movingPoints = job.Run("sample_moving_points", 0.3, 0.45, part => ClemRegSteps.Sample(request.Values, movingMask, "fluorescence mask", isotropic, ClemRegSteps.Lines(request.Values), part));
            }
            voxels["fixed_mask"] = fixedMask.CountSet();
            if (last >= Stage.Sampling && fixedPoints is null && given is null && !auto)
                fixedPoints = job.Run("sample_fixed_points", 0.45, 0.6, part => FixedPoints(request, fixedMask, isotropic, start, part));
            if (movingPoints is not null) outputs["moving_points"] = movingPoints;
            if (fixedPoints is not null) outputs["fixed_points"] = fixedPoints;

            JsonObject? course = null;
            RegistrationVerdict? verdict = null;
            if (last >= Stage.Registration && given is not null)
            {
                // Before anything is drawn or warped, which would tell neither the file nor, without warping, that nothing meets.
                _ = finished!.Named<object?>(() =>
                {
                    TransformChecks.Fold(given, moving.Grid, job)?.RequireNoFold("The transform");
                    return null;
                });
                if (last == Stage.Registration) TransformChecks.Lands(moving.Grid, given, fixedMask.Grid, "the fluorescence", "the EM", job);
                if (movingPoints is not null) outputs["registered_points"] = given.Apply(movingPoints);
                Add(given, TransformFile.Write(given, TransformFile.MovingToFixed), TransformFile.Write(given.Inverse(), TransformFile.FixedToMoving));
            }
            else if (auto)
            {
                AutoOutcome outcome = AutoRegistration.Register(request.Values, moving, fixedMask, start, job);
                if (outcome.MovingMask is not null)
                {
                    outputs["moving_mask"] = outcome.MovingMask;
                    voxels["moving_mask"] = outcome.MovingMask.CountSet();
                }
                RegistrationResiduals? residuals = null;
                if (outcome.Points is { } clouds)
                {
                    (movingPoints, fixedPoints) = (clouds.Moving, clouds.Fixed);
                    (outputs["moving_points"], outputs["fixed_points"]) = (movingPoints, fixedPoints);
                    outputs["registered_points"] = outcome.Transform.Apply(movingPoints);
                    residuals = clouds.Residuals(outcome.Transform, job);
                }
                double scale = (double)outcome.Course["scale"]!;
                Add(outcome.Transform, ClemRegSteps.Complete(TransformFile.Write(outcome.Transform, TransformFile.MovingToFixed), "auto", scale, residuals, request.Values),
                    ClemRegSteps.Complete(TransformFile.Write(outcome.Transform.Inverse(), TransformFile.FixedToMoving), "auto", scale, residuals, request.Values));
                outputs["error_map"] = AutoRegistration.ErrorMap(outcome, fixedMask.Grid, job);
                course = ClemRegSteps.Named(outcome.Course, "auto");
                verdict = outcome.Verdict;
            }
            else if (last >= Stage.Registration)
            {
                CloudRegistration result = job.Run("register_points", 0.6, 1, part => ClemRegSteps.RegisterClouds(
                    request.Values, movingPoints!, fixedPoints!, start, isotropic, part));
                outputs["registered_points"] = result.RegisteredPoints;
                Add(result.Transform, result.Forward, result.Inverse);
                if (result.Rigid is not null)
                {
                    outputs["rigid_transform"] = result.Rigid;
                    report["rigid_transform"] = result.RigidFile;
                }
                course = result.Course;
            }
            report["run"] = Report(request, job, voxels, movingPoints, fixedPoints, course, verdict);
            return new OperationResult(outputs, report);
        }
        catch
        {
            if (outputs.TryGetValue("moving_mask", out object? mask)) ((BitVolume)mask).Dispose();
            throw;
        }

        void Add(SpatialTransform transform, JsonObject forward, JsonObject inverse)
        {
            outputs["transform"] = transform;
            outputs["inverse_transform"] = transform.Inverse();
            report["transform"] = forward;
            report["inverse_transform"] = inverse;
        }
    }

    /// <summary>Whether the algorithm auto is to be used: not where the run ends before it, nor where clouds are given.</summary>
    internal static bool UsesIntensities(ParameterValues values, bool hasClouds) =>
        values.Get(P.RegistrationAlgorithm) == "auto" && !hasClouds && Enum.Parse<Stage>(values.Get(P.StopAfter), ignoreCase: true) >= Stage.Registration;

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

    private static PointCloud FixedPoints(OperationRequest request, BitVolume fixedMask, double isotropic, AffineTransform? start, Job job)
    {
        RegionOfInterest? region = ClemRegSteps.FixedRegion(request.Values);
        CentreLineOptions? lines = ClemRegSteps.LinesOfEm(request.Values, start);
        if (region is null) return ClemRegSteps.Sample(request.Values, fixedMask, "EM mask", isotropic, lines, job);
        using BitVolume part = fixedMask.Copy();
        region.Apply(part, fixedMask.Grid, job);
        return ClemRegSteps.Sample(request.Values, part, "EM mask", isotropic, lines, job);
    }

    private static JsonObject Report(OperationRequest request, Job job, JsonObject voxels, PointCloud? movingPoints, PointCloud? fixedPoints, JsonObject? course,
        RegistrationVerdict? verdict)
    {
        var stages = new JsonArray();
        foreach (StageTime stage in job.Stages)
            stages.Add((JsonNode)new JsonObject { ["stage"] = stage.Stage, ["seconds"] = Math.Round(stage.Seconds, 4) });
        var warnings = new JsonArray();
        foreach (string warning in job.Warnings) warnings.Add((JsonNode)warning);
        var points = new JsonObject();
        if (movingPoints is not null) points["moving"] = movingPoints.Count;
        if (fixedPoints is not null) points["fixed"] = fixedPoints.Count;
        var report = new JsonObject { ["stages"] = stages, ["threads"] = job.Threads, ["voxels"] = voxels, ["points"] = points };
        if (course is not null) report["registration"] = course;
        if (verdict is not null)
        {
            report["verdict"] = verdict.Word;
            report["reasons"] = new JsonArray([.. verdict.Reasons.Select(r => (JsonNode)r)]);
            report["predicted_error_nm"] = ResultTable.Number(verdict.PredictedErrorNm);
            report["predicted_error_p95_nm"] = ResultTable.Number(verdict.PredictedError95Nm);
        }
        report["warnings"] = warnings;
        report["parameters"] = request.Values.ToJson();
        return report;
    }
}

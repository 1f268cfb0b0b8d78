using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using ClemReg.Algorithms.Parameters;
using ClemReg.Algorithms.Transforms;
using ClemReg.Algorithms.Volumes;
using ClemReg.Algorithms.Warping;
using P = ClemReg.Algorithms.Pipelines.ClemRegParameters;

namespace ClemReg.Algorithms.Pipelines;

/// <summary>Puts an image on another grid with a transform.</summary>
internal static class WarpOperation
{
    public static Operation Definition { get; } = new(
        "warp", "Warp",
        "Puts an image on the grid of another with a transform. Voxels outside the image are 0.",
        [
            new Port("source", PortKind.Source, "The image to warp."), new Port("transform", PortKind.Transform, "From the source to the target."),
            new Port("target", PortKind.Source, "Anything with the grid that is wanted."),
        ],
        [new Port("warped", PortKind.Source, "The warped image; where the source is a volume in memory, slices are computed when they are read.")],
        [.. P.ForWarping, P.Channel],
        Run);

    private static OperationResult Run(OperationRequest request, Job job)
    {
        var source = request.Input<ISliceSource>("source");
        var registration = request.Input<SpatialTransform>("transform");
        AffineTransform? chromatic = Chromatic(request.Values);
        SpatialTransform transform = chromatic is null ? registration : ChainedTransform.Of(chromatic, registration);
        ParameterValues values = request.Values;
        var options = new WarpOptions
        {
            Order = Order(source, values, job),
            ApproximateGrid = values.Get(P.WarpingApproximateGrid),
            MemoryBudgetBytes = (long)values.Get(P.WarpingMemoryBudget) << 20,
        };
        Grid target = Target(request, source.Grid, transform);
        JsonObject report = GridJson.Describe(target);
        report["interpolation_order"] = options.Order;
        if (registration is not AffineTransform) CheckFolds(source.Grid, registration, target, report, job);
        TransformChecks.Lands(source.Grid, transform, target, Named(request.Extra, "source", "the image"), Named(request.Extra, "target", "the target"), job);

        // A mask is not smoothed: its values mean yes and no.
        Point3 sigma = values.Get(P.WarpingAntialias) && options.Order > 0 && source is not BitVolume
            ? BlurredSource.Sigma(source.Grid, transform, target) : default;
        ApproximationError? error;
        if (sigma == default && source is Volume volume)
        {
            var lazy = new WarpedVolume(volume, transform, target, options, job);
            try
            {
                error = lazy.MeasureApproximation(job);
            }
            catch
            {
                lazy.Dispose();
                throw;
            }
            Note(error, source.Grid, target, report, job);
            return new OperationResult(new Dictionary<string, object> { ["warped"] = lazy }, report) { RetainedInputs = ["source"] };
        }
        Volume warped;
        if (sigma == default) (warped, error) = StreamingWarper.Warp(source, transform, target, options, job);
        else
        {
            job.Log(string.Create(CultureInfo.InvariantCulture,
                $"The result's voxels are larger than the image's, so it was blurred first (sigma {sigma.Z:F2}, {sigma.Y:F2}, {sigma.X:F2} voxels, z, y, x); warping_antialias = false does without."));
            report["antialias_sigma"] = new JsonArray(sigma.Z, sigma.Y, sigma.X);
            using var blurred = new BlurredSource(source, sigma, job);
            (warped, error) = StreamingWarper.Warp(blurred, transform, target, options, job);
        }
        Note(error, source.Grid, target, report, job);
        return new OperationResult(new Dictionary<string, object> { ["warped"] = warped }, report);
    }

    private static string Named(JsonElement request, string role, string otherwise) =>
        InterchangeOperations.NameOf(request, role) is { } name ? $"{role} '{name}'" : otherwise;

    private static int Order(ISliceSource source, ParameterValues values, Job job)
    {
        int order = values.Get(P.WarpingInterpolationOrder);
        if (order == 0 || !values.Get(P.WarpingDetectLabels) || !(source is BitVolume || LabelDetection.LooksLikeLabels(source, job))) return order;
        job.Log($"The image looks like labels or a mask, so each voxel takes the nearest value (interpolation order 0, not {order}); {P.WarpingDetectLabels.Name} = false, or an order of its own, does without.");
        return 0;
    }

    /// <summary>The correction of the channel; null for none.</summary>
    private static AffineTransform? Chromatic(ParameterValues values)
    {
        IReadOnlyDictionary<int, AffineTransform> offsets = ChannelOffsets.Read(values);
        int channel = values.Get(P.Channel);
        if (offsets.Count > 0 && channel == 0)
            throw BadInputException.ForParameter(P.Channel.Name, channel, $"the image's channel, counted from 1, where {P.ChannelOffsets.Name} is given");
        return offsets.GetValueOrDefault(channel);
    }

    private static Grid Target(OperationRequest request, Grid source, SpatialTransform transform)
    {
        Grid target = request.Input<ISliceSource>("target").Grid;
        string choice = request.Values.Get(P.WarpingOutputGrid), spacing = request.Values.Get(P.WarpingOutputSpacing);
        if (choice == "given") target = OutputGrid.WithSpacing(target, Lengths.ParseVoxelSize(P.WarpingOutputSpacing, spacing));
        else if (spacing.Length > 0)
            throw BadInputException.ForParameter(P.WarpingOutputSpacing.Name, spacing, $"left out where {P.WarpingOutputGrid.Name} is {choice}", $"Set {P.WarpingOutputGrid.Name} to given.");
        else if (choice == "source_pitch") target = OutputGrid.WithSpacing(target, source.Spacing);
        return request.Values.Get(P.WarpingCropToOverlap) ? OutputGrid.Crop(target, source, transform) : target;
    }

    private static void CheckFolds(Grid source, SpatialTransform transform, Grid target, JsonObject report, Job job)
    {
        // The inverse of a map is looked at as the map itself: that needs no search and says the same.
        bool inverted = transform is InverseTransform;
        JacobianCheck check = transform is InverseTransform inverse
            ? JacobianCheck.Measure(inverse.Forward, target, job)
            : JacobianCheck.Measure(transform, source, job);
        check.RequireNoFold(inverted ? "The inverse of the transform" : "The transform");
        report["jacobian"] = new JsonObject
        {
            ["minimum"] = check.Minimum,
            ["minimum_at"] = new JsonArray(check.Place.Z, check.Place.Y, check.Place.X),
            ["maximum"] = check.Maximum,
            ["of"] = inverted ? "target_to_source" : "source_to_target",
        };
    }

    private static void Note(ApproximationError? error, Grid source, Grid target, JsonObject report, Job job)
    {
        if (error is null) return;
        report["approximation_error"] = new JsonObject { ["max_nm"] = error.MaximumNm, ["rms_nm"] = error.RmsNm, ["samples"] = error.Samples };
        job.Log(string.Create(CultureInfo.InvariantCulture,
            $"The coarse grid of the deformation puts voxels off by {error.RmsNm:G3} nm (RMS), {error.MaximumNm:G3} nm at most, of {error.Samples} looked at."));
        double pitch = Math.Min(Math.Min(source.Spacing.Y, source.Spacing.X), Math.Min(target.Spacing.Y, target.Spacing.X));
        if (error.MaximumNm > pitch / 2)
            job.Warn(string.Create(CultureInfo.InvariantCulture,
                $"The coarse grid of the deformation puts voxels off by up to {error.MaximumNm:F0} nm. Lower warping_approximate_grid."));
    }
}

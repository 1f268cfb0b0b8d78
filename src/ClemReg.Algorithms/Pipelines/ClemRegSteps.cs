using System.Globalization;
using System.Text.Json.Nodes;
using ClemReg.Algorithms.Parameters;
using ClemReg.Algorithms.PointClouds;
using ClemReg.Algorithms.Registration;
using ClemReg.Algorithms.Segmentation;
using ClemReg.Algorithms.Transforms;
using ClemReg.Algorithms.Volumes;
using P = ClemReg.Algorithms.Pipelines.ClemRegParameters;

namespace ClemReg.Algorithms.Pipelines;

/// <summary>The steps of CLEM-Reg with checked parameters: what the operations for one step and for the whole share.</summary>
internal static class ClemRegSteps
{
    public static RegionOfInterest? Region(ParameterValues values)
    {
        string polygon = values.Get(P.RoiPolygon);
        int first = values.Get(P.ZMin);
        int last = values.Get(P.ZMax);
        return polygon.Length == 0 && first == 0 && last == 0 ? null : new RegionOfInterest(ParsePolygon(polygon), first, last);
    }

    public static BitVolume Segment(ParameterValues values, Volume moving, double isotropicSpacing, Job job) =>
        FluorescenceSegmentation.Segment(moving, new FluorescenceSegmentationOptions
        {
            LogSigma = values.Get(P.LogSigma),
            LogThreshold = values.Get(P.LogThreshold),
            SegmentationGrid = values.Get(P.SegmentationGrid) == "raw" ? SegmentationGrid.Raw : SegmentationGrid.EmIsotropic,
            IsotropicSpacing = isotropicSpacing,
            FilterSegmentation = values.Get(P.FilterSegmentation),
            FilterSizeLower = values.Get(P.FilterSizeLower),
            FilterSizeUpper = values.Get(P.FilterSizeUpper),
            RegionOfInterest = Region(values),
        }, job);

    public static PointCloud Sample(ParameterValues values, BitVolume mask, string maskName, double isotropicSpacing, Job job) =>
        EdgeSampling.Sample(mask, new PointSamplingOptions
        {
            IsotropicSpacing = isotropicSpacing > 0 ? isotropicSpacing : mask.Grid.Spacing.Z,
            PointCloudSigma = values.Get(P.PointCloudSigma),
            PointCloudSamplingMethod = values.Get(P.PointCloudSamplingMethod) == "random" ? PointSamplingMethod.Random : PointSamplingMethod.EveryKth,
            PointCloudSamplingFrequency = values.Get(P.PointCloudSamplingFrequency),
            PointCloudDownsampling = values.Get(P.PointCloudDownsampling),
            RegistrationVoxelSize = values.Get(P.RegistrationVoxelSize),
            OutlierNeighbours = values.Get(P.OutlierNeighbours),
            OutlierStdRatio = values.Get(P.OutlierStdRatio),
            Seed = values.Get(P.Seed),
            MaskName = maskName,
        }, job);

    public static RegistrationResult Register(ParameterValues values, PointCloud moving, PointCloud fixedCloud, double unitNm, Job job)
    {
        RegistrationResult result = RigidCpd.Register(moving, fixedCloud, new RigidCpdOptions
        {
            MaxIterations = values.Get(P.RegistrationMaxIterations),
            Tolerance = values.Get(P.RegistrationTolerance),
            OutlierWeight = values.Get(P.RegistrationOutlierWeight),
            MinimumSigmaNm = values.Get(P.RegistrationMinimumSigma),
            WithScale = values.Get(P.RegistrationWithScale),
            ScaleEstimate = values.Get(P.RegistrationScaleEstimate) == "symmetric" ? ScaleEstimate.Symmetric : ScaleEstimate.LeastSquares,
            Normalise = values.Get(P.RegistrationNormalise),
            UnitNm = unitNm,
        }, job);
        job.Log(string.Create(CultureInfo.InvariantCulture,
            $"Registered {moving.Count} onto {fixedCloud.Count} points in {result.Iterations} iterations: sigma {result.SigmaNm:F0} nm, scale {result.Scale:F4}. {result.StopText}"));
        Judge(result, job);
        return result;
    }

    /// <summary>transform.json and inverse_transform.json of a result.</summary>
    public static (JsonObject Forward, JsonObject Inverse) TransformFiles(RegistrationResult result, ParameterValues values)
    {
        string type = values.Get(P.RegistrationWithScale) ? "similarity" : "rigid";
        return (Complete(TransformFile.Write(result.Transform, type, "moving_to_fixed"), result, values),
            Complete(TransformFile.Write(result.Transform.Inverse(), type, "fixed_to_moving"), result, values));
    }

    /// <summary>The course of a registration: iterations with sigma and likelihood.</summary>
    public static JsonObject Course(RegistrationResult result)
    {
        var history = new JsonArray();
        foreach (RegistrationState state in result.History)
        {
            history.Add((JsonNode)new JsonObject
            {
                ["iteration"] = state.Iteration,
                ["sigma_nm"] = state.SigmaNm,
                ["negative_log_likelihood"] = state.NegativeLogLikelihood,
                ["movement_nm"] = state.MovementNm,
            });
        }
        return new JsonObject
        {
            ["iterations"] = result.Iterations,
            ["converged"] = result.Converged,
            ["stop_reason"] = result.StopText,
            ["sigma_nm"] = result.SigmaNm,
            ["scale"] = result.Scale,
            ["residuals"] = Residuals(result.Residuals),
            ["history"] = history,
        };
    }

    private static JsonObject Complete(JsonObject file, RegistrationResult result, ParameterValues values)
    {
        file["scale"] = result.Scale;
        file["residuals"] = Residuals(result.Residuals);
        file["parameters"] = values.ToJson();
        file["software"] = new JsonObject { ["name"] = "ClemReg.Fiji", ["version"] = Operations.Version };
        return file;
    }

    private static JsonObject Residuals(RegistrationResiduals residuals) => new()
    {
        ["nearest_rms_nm"] = Finite(residuals.NearestRmsNm),
        ["nearest_median_nm"] = Finite(residuals.NearestMedianNm),
        ["nearest_p95_nm"] = Finite(residuals.Nearest95Nm),
        ["posterior_rms_nm"] = Finite(residuals.PosteriorRmsNm),
        ["posterior_median_nm"] = Finite(residuals.PosteriorMedianNm),
        ["posterior_p95_nm"] = Finite(residuals.Posterior95Nm),
        ["inlier_distance_nm"] = Finite(residuals.InlierDistanceNm),
        ["inlier_rms_nm"] = Finite(residuals.InlierRmsNm),
        ["fitness"] = Finite(residuals.Fitness),
        ["explained_fraction"] = Finite(residuals.ExplainedFraction),
    };

    // JSON has no NaN.
    private static JsonValue? Finite(double value) => double.IsFinite(value) ? JsonValue.Create(value) : null;

    private static void Judge(RegistrationResult result, Job job)
    {
        if (result.StopReason == StopReason.IterationLimit)
            job.Warn($"The registration used all {result.Iterations} iterations and was still improving. Raise registration_max_iterations.");
        if (result.StopReason == StopReason.Lost)
            job.Warn($"The registration failed: {result.StopText} Rotate or crop the fluorescence so that both images show the same region in about the same orientation, or draw a region of interest.");
        if (result.Scale is < 0.8 or > 1.25)
            job.Warn(string.Create(CultureInfo.InvariantCulture,
                $"The registration scaled the fluorescence by {result.Scale:F3}. Samples rarely change that much: check the voxel sizes, or switch registration_with_scale off."));
        if (result.Residuals.ExplainedFraction < 0.5)
            job.Warn(string.Create(CultureInfo.InvariantCulture,
                $"Only {100 * result.Residuals.ExplainedFraction:F0} % of the EM points have a counterpart in the fluorescence. Look at the overlay before you trust it."));
    }

    private static List<PixelPoint>? ParsePolygon(string text)
    {
        var corners = new List<PixelPoint>();
        foreach (string corner in text.Split([' ', ';'], StringSplitOptions.RemoveEmptyEntries))
        {
            string[] parts = corner.Split(',');
            if (parts.Length != 2
                || !double.TryParse(parts[0], NumberStyles.Float, CultureInfo.InvariantCulture, out double x)
                || !double.TryParse(parts[1], NumberStyles.Float, CultureInfo.InvariantCulture, out double y)
                || !double.IsFinite(x) || !double.IsFinite(y))
                throw BadInputException.ForParameter(P.RoiPolygon.Name, text, P.RoiPolygon.Allowed);
            corners.Add(new PixelPoint(x, y));
        }
        if (corners.Count is 1 or 2) throw BadInputException.ForParameter(P.RoiPolygon.Name, text, P.RoiPolygon.Allowed);
        return corners.Count == 0 ? null : corners;
    }
}

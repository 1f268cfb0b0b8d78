using System.Globalization;
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

/// <summary>What the registration of two clouds gave, whatever the algorithm.</summary>
/// <param name="Transform">Moving to fixed.</param>
/// <param name="RegisteredPoints">The moved points.</param>
/// <param name="Forward">The content of transform.json.</param>
/// <param name="Inverse">The content of inverse_transform.json.</param>
/// <param name="Course">Algorithm, iterations, residuals and what was judged, for run.json.</param>
internal sealed record CloudRegistration(SpatialTransform Transform, PointCloud RegisteredPoints, JsonObject Forward, JsonObject Inverse, JsonObject Course)
{
    /// <summary>The rigid registration before a deformation that was judged not to help; null otherwise.</summary>
    public AffineTransform? Rigid { get; init; }

    /// <summary>The content of rigid_transform.json, where there is <see cref="Rigid"/>.</summary>
    public JsonObject? RigidFile { get; init; }
}

/// <summary>How far a transform through control points is from the registration that it stands for, at the moving points that are none; at all points where each is one.</summary>
/// <param name="ControlPoints">The number of control points.</param>
/// <param name="Points">The number of points that were looked at.</param>
/// <param name="RmsNm">Root mean square of the distances, nm.</param>
/// <param name="MaximumNm">The largest, nm.</param>
internal readonly record struct ControlPointError(int ControlPoints, int Points, double RmsNm, double MaximumNm);

/// <summary>What a deformable registration found.</summary>
/// <param name="Transform">The transform through control points of the result.</param>
/// <param name="Error">How far it is from the result.</param>
/// <param name="Result">The result.</param>
/// <param name="Rigid">The rigid registration before it; null for none.</param>
/// <param name="Judgement">Whether the deformation helps; null where it was not judged.</param>
internal sealed record DeformableOutcome(
    SpatialTransform Transform, ControlPointError Error, DeformableRegistrationResult Result, RegistrationResult? Rigid, HeldOutJudgement? Judgement);

/// <summary>The steps of CLEM-Reg with checked parameters: what the operations for one step and for the whole share.</summary>
internal static class ClemRegSteps
{
    /// <summary>The first sigma of BCPD after a rigid registration: about half a micrometre for a cell's section.</summary>
    private const double GammaAfterRigid = 0.05;

    /// <summary>The region on the fluorescence; null for all of it.</summary>
    public static RegionOfInterest? Region(ParameterValues values) => Region(values, P.RoiPolygon, P.ZMin, P.ZMax, "");

    /// <summary>The region on the EM; null for all of it.</summary>
    public static RegionOfInterest? FixedRegion(ParameterValues values) => Region(values, P.FixedRoiPolygon, P.FixedZMin, P.FixedZMax, "_em");

    private static RegionOfInterest? Region(ParameterValues values, TextParameter polygon, IntegerParameter zMin, IntegerParameter zMax, string suffix)
    {
        string text = values.Get(polygon);
        int first = values.Get(zMin), last = values.Get(zMax);
        return string.IsNullOrWhiteSpace(text) && first == 0 && last == 0 ? null : new RegionOfInterest(ParsePolygons(text, polygon), first, last, suffix);
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

    /// <summary>The options of centre lines for the EM's mask; null where outlines are sampled.</summary>
    /// <param name="values">The parameters of <see cref="P.ForSampling"/>, <see cref="P.PsfXY"/> and <see cref="P.PsfZ"/>.</param>
    /// <param name="start">Fluorescence to EM, near enough for the direction of the optical axis; null for the EM's z.</param>
    public static CentreLineOptions? LinesOfEm(ParameterValues values, AffineTransform? start) => !UsesCentreLines(values) ? null
        : new CentreLineOptions(GivenPsf(values) ?? new IntensityRefinementOptions().Psf, start is null ? new Point3(1, 0, 0) : new Point3(start[0, 0], start[1, 0], start[2, 0]));

    /// <summary>The same for a mask that is as blurred as it is to be.</summary>
    public static CentreLineOptions? Lines(ParameterValues values) => UsesCentreLines(values) ? new CentreLineOptions(null, new Point3(1, 0, 0)) : null;

    public static bool UsesCentreLines(ParameterValues values) => values.Get(P.PointCloudSource) == "psf_aware";

    /// <summary>The microscope's blur that the user gave; null for none.</summary>
    public static PointSpreadFunction? GivenPsf(ParameterValues values)
    {
        double lateral = values.Get(P.PsfXY), axial = values.Get(P.PsfZ);
        if (lateral == 0 && axial == 0) return null;
        const double usual = 3.3;
        if (lateral == 0) lateral = axial / usual;
        if (axial == 0) axial = lateral * usual;
        if (axial < lateral)
            throw BadInputException.ForParameter(P.PsfZ.Name, axial, $"at least psf_xy ({lateral}): a microscope blurs more along z", "Are the two numbers exchanged, or given as full widths? They are standard deviations: full width at half maximum / 2.355.");
        return new PointSpreadFunction(lateral, axial);
    }

    public static PointCloud Sample(ParameterValues values, BitVolume mask, string maskName, double isotropicSpacing, CentreLineOptions? lines, Job job) =>
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
            CentreLines = lines,
            MaskName = maskName,
        }, job);

    /// <summary>Registers two clouds with the algorithm that was chosen.</summary>
    /// <param name="values">The parameters of <see cref="P.ForRegistration"/>, <see cref="P.ForDeformation"/>, <see cref="P.PointCloudSource"/> and <see cref="P.Seed"/>.</param>
    /// <param name="moving">The moving points.</param>
    /// <param name="fixedCloud">The fixed points.</param>
    /// <param name="start">Where to start from; null for the clouds as they lie.</param>
    /// <param name="unitNm">The isotropic voxel, for clouds that are not normalised.</param>
    /// <param name="job">Threads, cancellation, progress, log and warnings.</param>
    public static CloudRegistration RegisterClouds(
        ParameterValues values, PointCloud moving, PointCloud fixedCloud, AffineTransform? start, double unitNm, Job job)
    {
        string algorithm = values.Get(P.RegistrationAlgorithm);
        if (algorithm == "auto")
        {
            algorithm = "rigid";
            job.Log($"{P.RegistrationAlgorithm.Name} = auto compares images; where point clouds or a mask of the fluorescence are given it is rigid.");
        }
        if (algorithm is "bcpd" or "rigid_bcpd")
        {
            DeformableOutcome outcome = RegisterDeformable(values, algorithm == "rigid_bcpd", moving, fixedCloud, start, unitNm, Spline(values.Get(P.ThinPlateRegularisation), job), job);
            RegistrationResult? better = outcome.Judgement is { Better: false } ? outcome.Rigid : null;
            if (better is not null) job.Warn($"{outcome.Judgement!.Text} The rigid result is written beside the deformed one as rigid_transform.json.");
            return new CloudRegistration(outcome.Transform, outcome.Result.MovedPoints,
                Complete(TransformFile.Write(outcome.Transform, TransformFile.MovingToFixed), algorithm, outcome.Result.Scale, outcome.Result.Residuals, values),
                Complete(TransformFile.Write(outcome.Transform.Inverse(), TransformFile.FixedToMoving), algorithm, outcome.Result.Scale, outcome.Result.Residuals, values),
                Named(Course(outcome), algorithm))
            {
                Rigid = better?.Transform,
                RigidFile = better is null ? null : Complete(TransformFile.Write(better.Transform, LinearType(values), TransformFile.MovingToFixed), "rigid", better.Scale, better.Residuals, values),
            };
        }
        RegistrationResult result = Register(values, moving, fixedCloud, start, unitNm, job);
        string type = algorithm == "affine" ? "affine" : LinearType(values);
        return new CloudRegistration(result.Transform, result.Transform.Apply(moving),
            Complete(TransformFile.Write(result.Transform, type, TransformFile.MovingToFixed), algorithm, result.Scale, result.Residuals, values),
            Complete(TransformFile.Write(result.Transform.Inverse(), type, TransformFile.FixedToMoving), algorithm, result.Scale, result.Residuals, values),
            Named(Course(result), algorithm));
    }

    /// <summary>What a rigid registration gives.</summary>
    private static string LinearType(ParameterValues values) => values.Get(P.RegistrationWithScale) ? "similarity" : "rigid";

    /// <summary>A course with the algorithm that it is of, which registration_algorithm = auto leaves open.</summary>
    internal static JsonObject Named(JsonObject course, string algorithm)
    {
        course.Insert(0, "algorithm", algorithm);
        return course;
    }

    /// <summary>The thin-plate spline through points and where they go.</summary>
    private static Func<IReadOnlyList<Point3>, IReadOnlyList<Point3>, SpatialTransform> Spline(double regularisation, Job job) => (points, targets) =>
        ThinPlateFit.Make(new PointCloud([.. points]), new PointCloud([.. targets]), new ThinPlateOptions { RegularisationNm = regularisation }, job).Transform;

    private static RegistrationResult Register(
        ParameterValues values, PointCloud moving, PointCloud fixedCloud, AffineTransform? start, double unitNm, Job job)
    {
        RegistrationResult result = RigidCpd.Register(moving, fixedCloud, RigidOptions(values, start, unitNm), job);
        if (values.Get(P.RegistrationAlgorithm) == "affine") result = RegisterAffine(values, moving, fixedCloud, result, unitNm, job);
        job.Log(string.Create(CultureInfo.InvariantCulture,
            $"Registered {moving.Count} onto {fixedCloud.Count} points in {result.Iterations} iterations: sigma {result.SigmaNm:F0} nm, scale {result.Scale:F4}. {result.StopText}"));
        Judge(result, job);
        return result;
    }

    /// <summary>
    /// A deformable registration: BCPD alone (algorithm bcpd), or after a rigid registration, where it keeps the scale that was found (rigid_bcpd).
    /// </summary>
    /// <param name="values">The parameters of <see cref="P.ForRegistration"/>, <see cref="P.ForDeformation"/>, <see cref="P.PointCloudSource"/> and <see cref="P.Seed"/>.</param>
    /// <param name="rigidFirst">True for rigid_bcpd.</param>
    /// <param name="moving">The moving points.</param>
    /// <param name="fixedCloud">The fixed points.</param>
    /// <param name="start">Where to start from; null for the clouds as they lie.</param>
    /// <param name="unitNm">The isotropic voxel, for clouds that are not normalised.</param>
    /// <param name="deform">Makes a transform of points and where they go.</param>
    /// <param name="job">Threads, cancellation, progress, log and warnings.</param>
    internal static DeformableOutcome RegisterDeformable(
        ParameterValues values, bool rigidFirst, PointCloud moving, PointCloud fixedCloud, AffineTransform? start, double unitNm,
        Func<IReadOnlyList<Point3>, IReadOnlyList<Point3>, SpatialTransform> deform, Job job)
    {
        RegistrationResult? rigid = null;
        if (rigidFirst)
        {
            rigid = job.Run("register_rigid", 0, 0.3, part => RigidCpd.Register(moving, fixedCloud, RigidOptions(values, start, unitNm), part));
            Judge(rigid, job);
        }
        double gamma = values.Get(P.BcpdGamma);
        var options = new BcpdOptions
        {
            Omega = values.Get(P.BcpdOmega),
            Lambda = values.Get(P.BcpdLambda),
            Beta = values.Get(P.BcpdBeta),
            Kappa = values.Get(P.BcpdKappa),
            Gamma = gamma > 0 ? gamma : rigidFirst ? GammaAfterRigid : 1,
            Tolerance = values.Get(P.BcpdTolerance),
            MaxIterations = values.Get(P.BcpdMaxIterations),
            // The rigid step's symmetric scale is the better one; BCPD's regression shrinks a blurred cloud.
            WithScale = !rigidFirst && values.Get(P.RegistrationWithScale),
            MinimumSigmaNm = MinimumSigma(values),
            Normalisation = rigidFirst ? BcpdNormalisation.Fixed : BcpdNormalisation.Each,
            Acceleration = values.Get(P.BcpdAcceleration) switch
            {
                "none" => ClemReg.Algorithms.Registration.BcpdAcceleration.None,
                "truncated" => ClemReg.Algorithms.Registration.BcpdAcceleration.Truncated,
                _ => ClemReg.Algorithms.Registration.BcpdAcceleration.Exact,
            },
            Points = values.Get(P.BcpdPoints),
            Seed = values.Get(P.Seed),
            Initial = rigid?.Transform ?? start,
        };
        DeformableRegistrationResult result = job.Run("register_deformable", 0.3, 0.6, part => Bcpd.Register(moving, fixedCloud, options, part));
        job.Log(string.Create(CultureInfo.InvariantCulture,
            $"Deformed {moving.Count} points onto {fixedCloud.Count} in {result.Iterations} iterations: sigma {result.SigmaNm:F0} nm, displacements {result.DeformationRmsNm:F0} nm (root mean square). {result.StopText}"));
        if (result.StopReason == StopReason.Lost) throw new BadInputException($"The deformable registration failed. {result.StopText}");
        if (result.StopReason == StopReason.IterationLimit) job.Warn($"The deformable registration did not converge. {result.StopText}");
        HeldOutJudgement? judgement = null;
        if (rigid is not null && values.Get(P.BcpdJudge))
        {
            judgement = job.Run("judge_deformation", 0.6, 1, part => HeldOutDeformation.Judge(moving, fixedCloud, rigid.Transform, options, result.SigmaNm, part));
            if (judgement.Better) job.Log(judgement.Text);
        }
        int wanted = values.Get(P.ThinPlateControlPoints);
        IReadOnlyList<ControlPointPair> pairs = result.ControlPoints(moving, wanted > 0 ? wanted : ThinPlateFit.MostControlPoints);
        SpatialTransform transform = deform([.. pairs.Select(p => p.Moving)], [.. pairs.Select(p => p.Moved)]);
        ControlPointError error = Compare(transform, pairs, moving, result.MovedPoints);
        job.Log(string.Create(CultureInfo.InvariantCulture,
            $"The deformation is written as a thin-plate spline through {error.ControlPoints} of {moving.Count} points; at {error.Points} {(error.Points < moving.Count ? "others" : "points")} it is {error.RmsNm:F1} nm (RMS) off BCPD's own result, {error.MaximumNm:F1} nm at most ({P.ThinPlateControlPoints.Name})."));
        return new DeformableOutcome(transform, error, result, rigid, judgement);
    }

    private static ControlPointError Compare(SpatialTransform transform, IReadOnlyList<ControlPointPair> pairs, PointCloud moving, PointCloud moved)
    {
        HashSet<Point3> controls = [.. pairs.Select(p => p.Moving)];
        int[] others = [.. Enumerable.Range(0, moving.Count).Where(i => !controls.Contains(moving[i]))];
        if (others.Length == 0) others = [.. Enumerable.Range(0, moving.Count)];
        double[] errors = [.. others.Select(i => (transform.Apply(moving[i]) - moved[i]).Length)];
        return new ControlPointError(pairs.Count, others.Length, Math.Sqrt(errors.Sum(e => e * e) / errors.Length), errors.Max());
    }

    /// <summary>The course of a registration: iterations with sigma and likelihood.</summary>
    private static JsonObject Course(RegistrationResult result) => Course(result,
        new JsonObject { ["singular_values"] = new JsonArray([.. result.SingularValues.Select(v => (JsonNode)v)]) },
        static state => new JsonObject
        {
            ["iteration"] = state.Iteration,
            ["sigma_nm"] = state.SigmaNm,
            ["negative_log_likelihood"] = state.NegativeLogLikelihood,
            ["movement_nm"] = state.MovementNm,
        });

    /// <summary>The course of a deformable registration.</summary>
    internal static JsonObject Course(DeformableOutcome outcome)
    {
        DeformableRegistrationResult result = outcome.Result;
        JsonObject course = Course(result,
            new JsonObject
            {
                ["deformation_rms_nm"] = ResultTable.Number(result.DeformationRmsNm),
                ["kernel_rank"] = result.KernelRank,
                ["kernel_error"] = result.KernelError,
                ["spline"] = new JsonObject
                {
                    ["control_points"] = outcome.Error.ControlPoints,
                    ["compared_points"] = outcome.Error.Points,
                    ["rms_nm"] = outcome.Error.RmsNm,
                    ["maximum_nm"] = outcome.Error.MaximumNm,
                },
            },
            static state => new JsonObject
            {
                ["iteration"] = state.Iteration,
                ["sigma_nm"] = state.SigmaNm,
                ["matches"] = state.Matches,
                ["movement_nm"] = state.MovementNm,
            });
        if (outcome.Rigid is not null) course["rigid"] = Course(outcome.Rigid);
        if (outcome.Judgement is { } judgement)
        {
            course["held_out"] = new JsonObject
            {
                ["better"] = judgement.Better,
                ["text"] = judgement.Text,
                ["columns"] = judgement.Columns,
                ["agreement"] = ResultTable.Number(judgement.Agreement),
                ["rigid_offset_nm"] = ResultTable.Number(judgement.RigidOffsetNm),
                ["deformed_offset_nm"] = ResultTable.Number(judgement.DeformedOffsetNm),
            };
        }
        return course;
    }

    private static JsonObject Course<T>(RegistrationOutcome<T> result, JsonObject own, Func<T, JsonObject> state)
    {
        var course = new JsonObject
        {
            ["iterations"] = result.Iterations,
            ["converged"] = result.Converged,
            ["stop_reason"] = result.StopText,
            ["sigma_nm"] = result.SigmaNm,
            ["scale"] = result.Scale,
        };
        foreach ((string key, JsonNode? value) in own) course[key] = value?.DeepClone();
        course["residuals"] = Residuals(result.Residuals);
        course["history"] = new JsonArray([.. result.History.Select(s => (JsonNode)state(s))]);
        return course;
    }

    /// <summary>The limit is there for the fluorescence's thicker outlines; centre lines have no thickness.</summary>
    private static double MinimumSigma(ParameterValues values) => values.Get(P.RegistrationMinimumSigma) * (UsesCentreLines(values) ? 0.5 : 1);

    private static RigidCpdOptions RigidOptions(ParameterValues values, AffineTransform? start, double unitNm) => new()
    {
        Initial = start,
        MaxIterations = values.Get(P.RegistrationMaxIterations),
        Tolerance = values.Get(P.RegistrationTolerance),
        OutlierWeight = values.Get(P.RegistrationOutlierWeight),
        MinimumSigmaNm = MinimumSigma(values),
        WithScale = values.Get(P.RegistrationWithScale),
        ScaleEstimate = values.Get(P.RegistrationScaleEstimate) == "symmetric" ? ScaleEstimate.Symmetric : ScaleEstimate.LeastSquares,
        Normalise = values.Get(P.RegistrationNormalise),
        UnitNm = unitNm,
    };

    // From the rigid result and its sigma: alone, affine CPD with outliers first shrinks the cloud and often stays there.
    private static RegistrationResult RegisterAffine(
        ParameterValues values, PointCloud moving, PointCloud fixedCloud, RegistrationResult rigid, double unitNm, Job job) =>
        AffineCpd.Register(moving, fixedCloud, new AffineCpdOptions
        {
            MaxIterations = values.Get(P.RegistrationMaxIterations),
            Tolerance = values.Get(P.RegistrationTolerance),
            OutlierWeight = values.Get(P.RegistrationOutlierWeight),
            MinimumSigmaNm = MinimumSigma(values),
            MaximumAnisotropy = values.Get(P.RegistrationMaximumAnisotropy),
            Normalise = values.Get(P.RegistrationNormalise),
            UnitNm = unitNm,
            Initial = rigid.Transform,
            InitialSigmaNm = rigid.SigmaNm,
        }, job);

    /// <summary>A transform's file with what made it.</summary>
    internal static JsonObject Complete(JsonObject file, string algorithm, double scale, RegistrationResiduals? residuals, ParameterValues values)
    {
        if (residuals is not null) file["residuals"] = Residuals(residuals);
        file["algorithm"] = algorithm;
        file["scale"] = scale;
        file["parameters"] = values.ToJson();
        file["software"] = new JsonObject { ["name"] = "ClemReg.Fiji", ["version"] = Operations.Version };
        return file;
    }

    private static JsonObject Residuals(RegistrationResiduals residuals) => new()
    {
        ["nearest_rms_nm"] = ResultTable.Number(residuals.NearestRmsNm),
        ["nearest_median_nm"] = ResultTable.Number(residuals.NearestMedianNm),
        ["nearest_p95_nm"] = ResultTable.Number(residuals.Nearest95Nm),
        ["posterior_rms_nm"] = ResultTable.Number(residuals.PosteriorRmsNm),
        ["posterior_median_nm"] = ResultTable.Number(residuals.PosteriorMedianNm),
        ["posterior_p95_nm"] = ResultTable.Number(residuals.Posterior95Nm),
        ["inlier_distance_nm"] = ResultTable.Number(residuals.InlierDistanceNm),
        ["inlier_rms_nm"] = ResultTable.Number(residuals.InlierRmsNm),
        ["fitness"] = ResultTable.Number(residuals.Fitness),
        ["explained_fraction"] = ResultTable.Number(residuals.ExplainedFraction),
    };

    private static void Judge(RegistrationResult result, Job job)
    {
        if (result.StopReason == StopReason.IterationLimit)
            job.Warn($"The registration used all {result.Iterations} iterations and was still improving. Raise registration_max_iterations.");
        if (result.StopReason == StopReason.Lost)
            throw new BadInputException($"The registration failed: {result.StopText} Registering points needs the same region in about the same orientation: try registration_algorithm = auto without masks and points of your own, which finds any, give a registration_start, or draw a region of interest.");
        if (result.Scale is < 0.8 or > 1.25)
            job.Warn(string.Create(CultureInfo.InvariantCulture,
                $"The registration scaled the fluorescence by {result.Scale:F3}. Samples rarely change that much: check the voxel sizes, or switch registration_with_scale off."));
        if (result.Residuals.ExplainedFraction < 0.5)
            job.Warn(string.Create(CultureInfo.InvariantCulture,
                $"Only {100 * result.Residuals.ExplainedFraction:F0} % of the EM points have a counterpart in the fluorescence. Look at the overlay before you trust it."));
    }

    private static List<List<PixelPoint>> ParsePolygons(string text, TextParameter parameter)
    {
        var polygons = new List<List<PixelPoint>>();
        if (string.IsNullOrWhiteSpace(text)) return polygons;
        foreach (string polygon in text.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            var corners = new List<PixelPoint>();
            foreach (string corner in polygon.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            {
                string[] parts = corner.Split(',');
                if (parts.Length != 2
                    || !double.TryParse(parts[0], NumberStyles.Float, CultureInfo.InvariantCulture, out double x)
                    || !double.TryParse(parts[1], NumberStyles.Float, CultureInfo.InvariantCulture, out double y)
                    || !double.IsFinite(x) || !double.IsFinite(y))
                    throw BadInputException.ForParameter(parameter.Name, text, parameter.Allowed);
                corners.Add(new PixelPoint(x, y));
            }
            if (corners.Count < 3) throw BadInputException.ForParameter(parameter.Name, text, parameter.Allowed);
            polygons.Add(corners);
        }
        if (polygons.Count == 0) throw BadInputException.ForParameter(parameter.Name, text, parameter.Allowed, "It has separators but no corners.");
        return polygons;
    }
}

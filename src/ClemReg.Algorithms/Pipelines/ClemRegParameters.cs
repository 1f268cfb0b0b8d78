using ClemReg.Algorithms.Parameters;
using ClemReg.Algorithms.Transforms;
using ClemReg.Algorithms.Transforms.Interchange;

namespace ClemReg.Algorithms.Pipelines;

/// <summary>
/// The parameters of CLEM-Reg. Names and defaults are those of the published plugin (Krentzel et al. 2023) unless the help says
/// otherwise.
/// </summary>
internal static class ClemRegParameters
{
    private const string General = "General";
    private const string Segmentation = "Fluorescence segmentation";
    private const string Region = "Region of interest";
    private const string Sampling = "Point clouds";
    private const string Registration = "Registration";
    private const string Automatic = "Automatic registration";
    private const string Deformation = "Deformation";
    private const string Warping = "Warping";
    private const string Picture = "Picture";

    public static readonly ChoiceParameter Preset = new("preset", "Preset", General,
        "Values for many parameters at once; what is given besides goes before it. default: what measures best for its time; fast: a first look by point clouds, in half the time, to some tens of nm and without a verdict; best: as the default, warped by splines, slower; published: the settings of the napari-clemreg plugin; paper: those of the paper's Methods (slower).",
        "default", "default", "fast", "best", "published", "paper")
    { Option = true };

    public static readonly NumberParameter LogSigma = new("log_sigma", "LoG sigma", Segmentation, "voxels",
        "Width of the Laplacian-of-Gaussian filter that brings out the mitochondria. About the radius of a mitochondrion in pixels: larger joins and smooths, smaller finds more detail and more noise.",
        3, 0.3, 50);

    public static readonly NumberParameter LogThreshold = new("log_threshold", "LoG threshold", Segmentation, "",
        "A voxel is foreground when its filtered value, scaled to 0-255 within its slice, is at least this many times the slice's mean. Raise it when too much is segmented.",
        1.2, 0.01, 100);

    public static readonly ChoiceParameter SegmentationGrid = new("segmentation_grid", "Segmentation grid", Segmentation,
        "raw filters the fluorescence on its own voxels, as the published plugin does; em_isotropic first resamples it to the EM's isotropic voxels, as the paper describes (slower; log_sigma then counts EM voxels and must be larger).",
        "raw", "raw", "em_isotropic");

    public static readonly BooleanParameter FilterSegmentation = new("filter_segmentation", "Filter by size", Segmentation,
        "Removes segmented objects whose size lies outside the two percentiles.", false);

    public static readonly NumberParameter FilterSizeLower = new("filter_size_lower", "Smallest size kept", Segmentation, "percentile",
        "Objects up to this percentile of all object sizes are removed. The paper uses 50.", 5, 0, 100);

    public static readonly NumberParameter FilterSizeUpper = new("filter_size_upper", "Largest size kept", Segmentation, "percentile",
        "Objects from this percentile of all object sizes on are removed; 100 keeps the largest.", 95, 0, 100);

    private const string PolygonAllowed = "three or more corners x,y separated by spaces, such as 10,10 500,10 500,400; several polygons separated by ;";

    public static readonly TextParameter RoiPolygon = new("roi_polygon", "Region of interest", Region,
        "Corners of a polygon on the fluorescence image, in pixels, or several polygons; what lies outside is ignored for registration. Empty: the whole image. In Fiji it is taken from the selection or the ROI manager.",
        "", PolygonAllowed, unit: "px");

    public static readonly IntegerParameter ZMin = new("z_min", "First slice", Region, "",
        "First fluorescence slice used for registration, counted from 1; 0 for the first of all.", 0, 0, 100000);

    public static readonly IntegerParameter ZMax = new("z_max", "Last slice", Region, "",
        "Last fluorescence slice used for registration, counted from 1; 0 for the last of all.", 0, 0, 100000);

    public static readonly TextParameter FixedRoiPolygon = new("roi_polygon_em", "Region of the EM", Region,
        "The same on the EM mask: mitochondria outside are ignored for registration.", "", PolygonAllowed, unit: "px");

    public static readonly IntegerParameter FixedZMin = new("z_min_em", "First EM slice", Region, "",
        "First EM slice used for registration, counted from 1; 0 for the first of all.", 0, 0, 100000);

    public static readonly IntegerParameter FixedZMax = new("z_max_em", "Last EM slice", Region, "",
        "Last EM slice used for registration, counted from 1; 0 for the last of all.", 0, 0, 100000);

    public static readonly NumberParameter IsotropicSpacing = new("isotropic_spacing", "Isotropic voxel size", Sampling, "nm",
        "Edge of the isotropic voxels that the masks are sampled on, in which sigma and voxel size are counted; 0: the mask's own slice distance. Use the EM's slice distance for both masks.",
        0, 0, 100000);

    public static readonly ChoiceParameter PointCloudSource = new("point_cloud_source", "Points of", Sampling,
        "edges samples the outlines of the mitochondria, as published. psf_aware moves the samples onto their centre lines, the EM's after blurring its mask as the microscope does (psf_xy, psf_z; the optical axis is the EM's z, or where registration_start turns it): the fluorescence's thicker outlines then pull no longer, and half of registration_minimum_sigma counts.",
        "edges", "edges", "psf_aware");

    public static readonly NumberParameter PointCloudSigma = new("point_cloud_sigma", "Edge sigma", Sampling, "isotropic voxels",
        "Smoothing of the Canny edge detector that finds the outlines of the mitochondria.", 1, 0, 15);

    public static readonly ChoiceParameter PointCloudSamplingMethod = new("point_cloud_sampling_method", "Sampling method", Sampling,
        "every_kth keeps every k-th outline voxel, as the published plugin does; random keeps each with the given probability, as the paper describes.",
        "every_kth", "every_kth", "random");

    public static readonly NumberParameter PointCloudSamplingFrequency = new("point_cloud_sampling_frequency", "Sampling frequency", Sampling, "%",
        "Share of the outline voxels that is kept.", 3, 0.01, 100);

    public static readonly IntegerParameter PointCloudDownsampling = new("point_cloud_downsampling", "Downsampling", Sampling, "",
        "Of the sampled voxels every n-th is kept.", 1, 1, 100000);

    public static readonly NumberParameter RegistrationVoxelSize = new("registration_voxel_size", "Averaging voxel size", Sampling, "isotropic voxels",
        "Sampled points within a cube of this edge are averaged to one. Larger is faster, smaller keeps more detail; 0 averages nothing.", 15, 0, 10000);

    public static readonly IntegerParameter OutlierNeighbours = new("point_cloud_outlier_neighbours", "Outlier neighbours", Sampling, "",
        "Number of neighbours (the point itself counts) whose mean distance tells isolated points.", 5, 1, 1000);

    public static readonly NumberParameter OutlierStdRatio = new("point_cloud_outlier_std_ratio", "Outlier ratio", Sampling, "standard deviations",
        "Points whose mean neighbour distance exceeds the average by this many standard deviations are removed; 0 removes none.", 1, 0, 1000);

    public static readonly ChoiceParameter RegistrationAlgorithm = new("registration_algorithm", "Algorithm", Registration,
        "auto: finds the position from any orientation and refines it on the intensities, deforms where the data call for it, and says how far to trust the result; where point clouds or a fluorescence mask are given, auto is rigid. rigid: Coherent Point Drift with rotation, translation and, if wanted, scale, as published. affine: the rigid result, then stretching and shear too; for samples that were compressed along one direction, otherwise less accurate. rigid_bcpd: the rigid result, then a smooth deformation by Bayesian Coherent Point Drift, with a note whether the deformation earns its place. bcpd: the latter alone, for clouds that lie nearly right.",
        "auto", "auto", "rigid", "affine", "rigid_bcpd", "bcpd");

    public static readonly ChoiceParameter SearchRotations = new("search_rotations", "Orientations", Automatic,
        "auto only: which orientations are tried. all: any. in_plane: turned about z, with a small tilt; faster. in_plane_and_turned_over: likewise, either side up. near_start: up to search_angle from registration_start. Without near_start a given registration_start is refined without a search.",
        "all", "all", "in_plane", "in_plane_and_turned_over", "near_start");

    public static readonly NumberParameter SearchAngle = new("search_angle", "Largest angle", Automatic, "degrees",
        "near_start: the largest rotation from the start. in_plane: tilts are tried up to this and 10 degrees.", 20, 0.1, 180);

    public static readonly NumberParameter SearchScaleMinimum = new("search_scale_minimum", "Smallest scale", Automatic, "",
        "The search takes the fluorescence to be at least so many times as large in the EM as its voxel size says: samples shrink.", 0.9, 0.5, 2);

    public static readonly NumberParameter SearchScaleMaximum = new("search_scale_maximum", "Largest scale", Automatic, "",
        "And at most so many times.", 1.1, 0.5, 2);

    public static readonly NumberParameter PsfXY = new("psf_xy", "Blur in y and x", Automatic, "nm",
        "Standard deviation of the fluorescence microscope's blur in the slices (its full width at half maximum / 2.355), for auto and for point_cloud_source=psf_aware. 0: auto estimates it from the images, psf_aware takes 90 nm. A given one is checked against the images by auto.", 0, 0, 1000);

    public static readonly NumberParameter PsfZ = new("psf_z", "Blur in z", Automatic, "nm",
        "The same across the slices; psf_aware takes 300 nm for 0.", 0, 0, 2000);

    public static readonly ChoiceParameter EmSliceOrder = new("em_slice_order", "EM slice order", Automatic,
        "as_given: an EM stack whose slices are in reversed order is noticed and reported, not corrected. either: it is registered all the same, as the mirror image that it is.",
        "as_given", "as_given", "either");

    public static readonly ChoiceParameter AutoDeformation = new("auto_deformation", "Deformation", Automatic,
        "judge: a smooth deformation is tried, and kept where it explains parts of the image that it was not fitted to. never: rigid, scaled or affine only.",
        "judge", "judge", "never");

    public static readonly IntegerParameter MovingFrame = new("moving_frame", "Time point", General, "",
        "Of a fluorescence time series the time point that is registered, counted from 1; all are warped.", 1, 1, 100000);

    public static readonly ChoiceParameter StopAfter = new("stop_after", "Stop after", General,
        "The last step to be done: segmentation (the masks), sampling (and the point clouds), registration (and the transform and the picture) or warping, which is all.",
        "warping", "segmentation", "sampling", "registration", "warping");

    public static readonly BooleanParameter RegistrationWithScale = new("registration_with_scale", "Estimate scale", Registration,
        "Finds one isotropic scale besides rotation and translation: samples shrink between the two microscopes.", true);

    public static readonly IntegerParameter RegistrationMaxIterations = new("registration_max_iterations", "Most iterations", Registration, "",
        "The registration stops after this many iterations even when it still improves. The published plugin uses 50.", 100, 1, 100000);

    public static readonly NumberParameter RegistrationTolerance = new("registration_tolerance", "Tolerance", Registration, "",
        "The registration has converged when an iteration moves the points by less than this fraction of sigma; 0 never stops early.", 1e-3, 0, 1);

    public static readonly NumberParameter RegistrationOutlierWeight = new("registration_outlier_weight", "Outlier weight", Registration, "",
        "How readily points count as having no counterpart. The published plugin uses 0; with normalised clouds and a smallest sigma more is more accurate, because missing and false mitochondria then pull less.", 0.8, 0, 0.99);

    public static readonly NumberParameter RegistrationMinimumSigma = new("registration_minimum_sigma", "Smallest sigma", Registration, "nm",
        "The search ends at this width: about the blur by which the fluorescence outlines are thicker than the EM's. Below it the thicker cloud may slip to one side of the thinner. 0: no limit, as published.",
        300, 0, 100000);

    public static readonly ChoiceParameter RegistrationScaleEstimate = new("registration_scale_estimate", "Scale estimate", Registration,
        "symmetric: ratio of the two clouds' spreads (Horn 1987), the same from either side; least_squares: the paper's and the published plugin's, which comes out too small where both clouds are blurred.",
        "symmetric", "symmetric", "least_squares");

    public static readonly NumberParameter RegistrationMaximumAnisotropy = new("registration_maximum_anisotropy", "Largest anisotropy", Registration, "",
        "affine only: how many times more the affine map may stretch along one direction than along another; 1 allows one scale only, 0 sets no bound, as published. Without a bound z is often squashed, because the fluorescence outlines are thicker by the blur.",
        1.1, 0, 100);

    public static readonly ChoiceParameter RegistrationStartFit = new("registration_start_fit", "Start from landmarks", Registration,
        "What is fitted to landmark pairs that are given as registration_start: similarity (rotation, shift and one scale), rigid, or affine.",
        "similarity", "similarity", "rigid", "affine");

    public static readonly ChoiceParameter RegistrationStartUnit = new("registration_start_unit", "Unit of the start", Registration,
        "What the numbers of another tool's file given as registration_start count in, where it does not say so itself: the unit in which the images are calibrated in that tool.",
        LengthUnit.Micrometre.Name, [.. LengthUnit.All.Select(u => u.Name)]);

    public static readonly NumberParameter BcpdOmega = new("bcpd_omega", "BCPD outlier probability", Deformation, "",
        "Share of the EM points expected to have no counterpart in the fluorescence (omega; bcpd -w). High values make the deformation trust only clear matches. bcpd's default is 0.",
        0.8, 0, 0.99);

    public static readonly NumberParameter BcpdLambda = new("bcpd_lambda", "BCPD stiffness", Deformation, "",
        "How stiff the sample is (lambda; bcpd -l): 30000 lets structures move by some tens of nm, 1000 by hundreds, a million is rigid. Small values, such as bcpd's default 2, squash the fluorescence onto the EM.",
        30000, 1e-3, 1e9);

    public static readonly NumberParameter BcpdBeta = new("bcpd_beta", "BCPD smoothness", Deformation, "",
        "Over what distance the sample deforms as one piece (beta; bcpd -b), in units of the EM cloud's root mean square coordinate, a quarter of its width or so. Small values allow local deformation and cost more time.",
        2, 0.1, 100);

    public static readonly NumberParameter BcpdKappa = new("bcpd_kappa", "BCPD kappa", Deformation, "",
        "How evenly the fluorescence points share the EM points (kappa; bcpd -k): 1e20 gives all the same weight, as published; small values, such as 1, let points without a counterpart fade.",
        1e20, 1e-3, 1e20);

    public static readonly NumberParameter BcpdGamma = new("bcpd_gamma", "BCPD gamma", Deformation, "",
        "How far apart the clouds lie at the start (gamma; bcpd -g), as a fraction of their size: 1 for bcpd alone, 0.05 after a rigid registration. 0 takes these.",
        0, 0, 10);

    public static readonly NumberParameter BcpdTolerance = new("bcpd_tolerance", "BCPD tolerance", Deformation, "",
        "The deformation has converged when an iteration changes sigma by less than this, in units of the cloud's size (bcpd -c).", 1e-4, 0, 1);

    public static readonly IntegerParameter BcpdMaxIterations = new("bcpd_max_iterations", "BCPD iterations", Deformation, "",
        "The deformation stops after this many iterations even when it still improves (bcpd -n). At least 30 are made.", 500, 1, 100000);

    public static readonly ChoiceParameter BcpdAcceleration = new("bcpd_acceleration", "BCPD acceleration", Deformation,
        "exact: fast, with the result of none, which is the better optimum; where the prior is soft it is not the answer of the program bcpd -A. truncated: leaves out pairs of distant points near the end, as bcpd does with -A; faster, and bcpd's answer. none: everything to rounding errors, slow.",
        "exact", "exact", "truncated", "none");

    public static readonly IntegerParameter BcpdPoints = new("bcpd_points", "BCPD points", Deformation, "",
        "Both clouds are thinned to about this many points, the displacements of the others interpolated (BCPD++; bcpd -DB). 0 uses all: needed only for tens of thousands of points.",
        0, 0, 1000000);

    public static readonly BooleanParameter BcpdJudge = new("bcpd_judge", "Judge the deformation", Deformation,
        "Fits the deformation twice more, each time without half of the sample, and warns when it does not help in the other half. Takes about as long as the deformation itself.", true);

    public static readonly IntegerParameter ThinPlateControlPoints = new("thin_plate_control_points", "Control points", Deformation, "",
        "The deformation is written as a thin-plate spline through about this many of the fluorescence points, far from each other; how far it is off at the others is measured and reported. 0 takes all (10000 at most), as published: slower.",
        500, 0, ThinPlateFit.MostControlPoints);

    public static readonly NumberParameter ThinPlateRegularisation = new("thin_plate_regularisation", "Smoothing of the spline", Deformation, "nm",
        "For a thin-plate spline: 0 goes through every control point or landmark; the larger, the straighter the map, until it is affine.", 0, 0, 1e9);

    public static readonly BooleanParameter RegistrationNormalise = new("registration_normalise", "Normalise clouds", Registration,
        "Puts the clouds' centres on each other and works in units of their size, so that the outlier weight means the same for every sample. The published plugin does not.", true);

    public static readonly ChoiceParameter RegistrationDirection = new("registration_direction", "Direction", Warping,
        "Whose image is warped: fm_to_em puts the fluorescence on the EM's grid, em_to_fm the EM on the fluorescence's. The transform always maps fluorescence to EM.",
        "fm_to_em", "fm_to_em", "em_to_fm");

    public static readonly IntegerParameter WarpingInterpolationOrder = new("warping_interpolation_order", "Interpolation order", Warping, "",
        "0 nearest voxel (labels and masks), 1 linear, 2 to 5 splines: smoother and slower.", 1, 0, 5);

    public static readonly BooleanParameter WarpingDetectLabels = new("warping_detect_labels", "Recognise labels", Warping,
        "Linked images (and the image of Warp) that look like labels or a mask, with areas of one whole number, are warped with interpolation order 0, so that no values arise between labels; the log says so. An order of its own (FILE#order=1) goes before it.",
        true);

    public static readonly TextParameter ChannelOffsets = new("channel_offsets", "Channel offsets", Warping,
        "Chromatic correction of the fluorescence channels, in nm: channel:z,y,x is added to the positions of that channel before it is warped; channel: and 12 numbers is an affine map (rows of z, y, x and shift). Measure Chromatic Shift gives it from beads. The channel that is registered is the reference.",
        "", "entries channel:z,y,x or channel:12 numbers, separated by ;, such as 2:120,-30,15", unit: "nm");

    public static readonly IntegerParameter Channel = new("chromatic_channel", "Channel of the image", Warping, "",
        "Which entry of channel_offsets counts for this image; 0 for none.", 0, 0, 1000);

    public static readonly IntegerParameter WarpingApproximateGrid = new("warping_approximate_grid", "Approximate grid", Warping, "voxels",
        "A deformable transform is evaluated at every n-th voxel and interpolated between; what that costs is measured and reported in nm. 1 is exact and very slow.", 5, 1, 100);

    public static readonly IntegerParameter WarpingMemoryBudget = new("warping_memory_budget", "Memory budget", Warping, "MB",
        "Memory that warping may take beside the images; a smaller one is slower, the result is the same. An image that is read slice by slice (the EM, or one that is blurred first) is held as a window of slices within it; for splines (orders 2 to 5) that is 25 to 51 slices at least, and a budget that is too small for them is refused. Besides come the spline coefficients of an image in memory and, where the image is blurred first, the slices for that.", 512, 16, 1000000);

    public static readonly ChoiceParameter WarpingOutputGrid = new("warping_output_grid", "Output grid", Warping,
        "The voxels of the result: target takes those of the image warped onto, source_pitch the voxel size of the warped image over the same box, given that of warping_output_spacing.",
        "target", "target", "source_pitch", "given");

    public static readonly TextParameter WarpingOutputSpacing = new("warping_output_spacing", "Output voxel size", Warping,
        "Voxel size of the result where warping_output_grid is given: one length in nm, or three as z,y,x.", "", "one positive length in nm, or three separated by commas (z,y,x), such as 40 or 130,35.3,35.3", unit: "nm");

    public static readonly BooleanParameter WarpingCropToOverlap = new("warping_crop_to_overlap", "Crop to the overlap", Warping,
        "The result covers only the part of the target that the warped image reaches; its voxels stay where they are.", false);

    public static readonly BooleanParameter WarpingAntialias = new("warping_antialias", "Blur before coarser sampling", Warping,
        "Where the result's voxels are more than 1.5 times as large as the image's, the image is blurred first by a Gaussian, as is due; not for interpolation order 0 (labels, masks).", true);

    public static readonly ChoiceParameter OverlayColor = new("overlay_color", "Fluorescence colour", Picture,
        "Colour of the fluorescence over the grey EM in overlay.png; the outline of the mitochondria has the complementary colour.", "magenta", "magenta", "green");

    public static readonly BooleanParameter OverlayOutline = new("overlay_outline", "Outline of the mask", Picture,
        "Draws the outline of the EM's mitochondria in overlay.png.", true);

    public static readonly BooleanParameter Report = new("report", "Write a report", Picture,
        "Writes report.html beside the other files: one page with the verdict, the overlay in layers and close up, residuals, parameters and versions.", true);

    public static readonly IntegerParameter Seed = new("seed", "Seed", Sampling, "",
        "Starts the random numbers of the random sampling method: the same seed gives the same points.", 1, 0, int.MaxValue);

    public static IReadOnlyList<Parameter> ForWarping { get; } =
    [
        WarpingInterpolationOrder, WarpingApproximateGrid, WarpingMemoryBudget, WarpingOutputGrid, WarpingOutputSpacing, WarpingCropToOverlap,
        WarpingAntialias, WarpingDetectLabels, ChannelOffsets,
    ];

    public static IReadOnlyList<Parameter> ForSegmentation { get; } =
        [LogSigma, LogThreshold, SegmentationGrid, FilterSegmentation, FilterSizeLower, FilterSizeUpper, RoiPolygon, ZMin, ZMax];

    public static IReadOnlyList<Parameter> ForFixedRegion { get; } = [FixedRoiPolygon, FixedZMin, FixedZMax];

    public static IReadOnlyList<Parameter> ForSampling { get; } =
    [
        PointCloudSource, PointCloudSigma, PointCloudSamplingMethod, PointCloudSamplingFrequency, PointCloudDownsampling, RegistrationVoxelSize,
        OutlierNeighbours, OutlierStdRatio, Seed,
    ];

    public static IReadOnlyList<Parameter> ForPicture { get; } = [OverlayColor, OverlayOutline, Report];

    public static IReadOnlyList<Parameter> ForRegistration { get; } =
    [
        RegistrationAlgorithm, RegistrationWithScale, RegistrationScaleEstimate, RegistrationMaxIterations, RegistrationTolerance,
        RegistrationOutlierWeight, RegistrationMinimumSigma, RegistrationMaximumAnisotropy, RegistrationNormalise,
        RegistrationStartFit, RegistrationStartUnit,
    ];

    /// <summary>What the algorithm auto needs besides the scale switch of <see cref="ForRegistration"/>, the regions and <see cref="Seed"/>.</summary>
    public static IReadOnlyList<Parameter> ForAuto { get; } =
        [SearchRotations, SearchAngle, SearchScaleMinimum, SearchScaleMaximum, PsfXY, PsfZ, EmSliceOrder, AutoDeformation];

    /// <summary>What the deformable algorithms need besides <see cref="ForRegistration"/> and <see cref="Seed"/>.</summary>
    public static IReadOnlyList<Parameter> ForDeformation { get; } =
    [
        BcpdOmega, BcpdLambda, BcpdBeta, BcpdKappa, BcpdGamma, BcpdTolerance, BcpdMaxIterations, BcpdAcceleration, BcpdPoints, BcpdJudge,
        ThinPlateControlPoints, ThinPlateRegularisation,
    ];
}

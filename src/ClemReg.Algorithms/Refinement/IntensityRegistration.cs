using ClemReg.Algorithms.Transforms;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Refinement;

/// <summary>What a registration by intensities found.</summary>
public sealed record IntensityRegistrationResult
{
    /// <summary>Fluorescence to EM.</summary>
    public required SpatialTransform Transform { get; init; }

    /// <summary>The linear registration.</summary>
    public required IntensityRefinementResult Linear { get; init; }

    /// <summary>Whether <see cref="Linear"/> is affine because the data call for it, or a similarity.</summary>
    public required LinearKind Kind { get; init; }

    /// <summary>What the held-out test said of a deformation; null where none was tried.</summary>
    public DeformationJudgement? Judgement { get; init; }

    /// <summary>The deformation in the EM's frame; null for none.</summary>
    public DisplacementField? Displacement { get; init; }

    /// <summary>The linear registrations of two halves of the data.</summary>
    public required IReadOnlyList<AffineTransform> Halves { get; init; }

    /// <summary>How the pose stands out.</summary>
    public required PoseContrast Contrast { get; init; }

    /// <summary>The predicted error of the registered position at a place of the EM, nm.</summary>
    public required Func<Point3, double> PredictedErrorNm { get; init; }
}

/// <summary>The linear refinement, a deformation on top of it where it earns its place, and how far both are to be trusted.</summary>
public static class IntensityRegistration
{
    private const int SamplesForJudgement = 100_000;
    private const int SamplesForDeformation = 250_000;

    /// <summary>The true error in parts of what the objects' disagreement says, and no less than this: faces of the block, unlike stain, the mask's own outlines. Measured, docs/decisions/16.</summary>
    private const double LeftOut = 1.25, FloorNm = 1;

    /// <summary>How well the light's loss with depth is known, per nm (found: within 4 % per µm of the true 10), and the standard deviation of a mitochondrion along the axis, nm.</summary>
    private const double LossUnknown = 3e-5, ObjectNm = 100;

    /// <summary>So many times the objects' disagreement, two halves of the data differ by chance.</summary>
    private const double ByChance = 2;

    /// <summary>Below this probability of an uneven stretch the similarity is kept.</summary>
    private const double LeastWeight = 0.05;

    /// <summary>Registers.</summary>
    /// <param name="fluorescence">Any voxel type; z is the optical axis.</param>
    /// <param name="emMask">The mitochondria of the EM.</param>
    /// <param name="start">Fluorescence to EM, nm, z, y, x.</param>
    /// <param name="options">The linear refinement's parameters; <see cref="IntensityRefinementOptions.Kind"/> affine means: where the data call for it.</param>
    /// <param name="deform">Whether to try a deformation.</param>
    /// <param name="job">Threads, cancellation, progress, log.</param>
    public static IntensityRegistrationResult Register(
        Volume fluorescence, BitVolume emMask, AffineTransform start, IntensityRefinementOptions options, bool deform, Job job)
    {
        bool tryAffine = options.Kind == LinearKind.Affine;
        using var problem = new RefinementProblem(fluorescence, emMask, tryAffine ? options with { Kind = LinearKind.Similarity } : options, job);
        IntensityRefinementResult linear = job.Run("refine_linear", 0, 0.5, part => problem.Solve(start, part));
        LinearKind kind = tryAffine ? LinearKind.Similarity : options.Kind;
        SharpLevel level = problem.Sharp(linear, SamplesForJudgement, job);
        if (tryAffine)
        {
            (AffineTransform affine, LinearUncertainty uncertainty) = job.Run("refine_affine", 0.5, 0.6, part => problem.Affine(level, linear, part));
            AffineEvidence evidence = AffineEvidence.Weigh(linear.Transform, affine, uncertainty);
            if (evidence.Weight > LeastWeight)
            {
                kind = LinearKind.Affine;
                linear = linear with { Transform = evidence.Transform, Uncertainty = uncertainty };
            }
        }
        SharpLevel about = level.About(linear.Transform);
        AffineTransform[] halves = job.Run("register_halves", 0.6, 0.65, part => problem.Halves(about, kind, part));
        PoseContrast contrast = job.Run("compare_with_shifted", 0.65, 0.7, part => problem.Contrast(linear.Transform, linear.Psf, part));
        DeformationJudgement? judgement = null;
        DisplacementField? field = null;
        if (deform)
        {
            var bspline = new DeformableOptions();
            judgement = job.Run("judge_deformation", 0.7, 0.85, part => DeformationJudgement.Judge(about, bspline with { Iterations = 4 }, part));
            job.Log(judgement.Text);
            if (judgement.Accepted)
            {
                var refinement = new DeformableRefinement(level.Low, level.High, bspline);
                SharpLevel beneath = job.Run("refine_deformable", 0.85, 0.95, part =>
                {
                    SharpLevel more = problem.Sharp(linear, SamplesForDeformation, part);
                    refinement.Fit(more, null, part);
                    return problem.Beneath(refinement.Field, more, kind, part);
                });
                field = job.Run("refine_deformable", 0.95, 1, part =>
                {
                    refinement.Fit(beneath, null, part);
                    return refinement.Field;
                });
                linear = linear with { Transform = beneath.Linear, AttenuationPerNm = beneath.Loss.PerNm, Psf = beneath.Model.Psf };
            }
        }
        return new IntensityRegistrationResult
        {
            Transform = field is null ? linear.Transform : new ChainedTransform(linear.Transform, field, AffineTransform.Identity),
            Linear = linear,
            Kind = kind,
            Judgement = judgement,
            Displacement = field,
            Halves = halves,
            Contrast = contrast,
            PredictedErrorNm = Predicted(linear, halves, field is null ? null : judgement),
        };
    }

    /// <summary>
    /// The error by the objects' disagreement, times what it was found to leave out, and a floor. Two halves of the data differ by chance by up to twice
    /// that (each half's error is the root of two times the whole's, so half of their difference stands for the whole's), and count beyond. A deformation's error
    /// is in its halves' difference too. A wrong loss of light shifts all objects alike, by itself times the variance of blur and object along the optical axis, so their disagreement does not show it.
    /// </summary>
    private static Func<Point3, double> Predicted(IntensityRefinementResult linear, AffineTransform[] halfMaps, DeformationJudgement? deformation)
    {
        AffineTransform back = linear.Transform.Inverse();
        double alike = LossUnknown * (linear.Psf.AxialNm * linear.Psf.AxialNm + ObjectNm * ObjectNm);
        return q =>
        {
            Point3 p = back.Apply(q);
            double disagreement = LeftOut * linear.Uncertainty.At(q), objects = Math.Sqrt(disagreement * disagreement + alike * alike);
            double halves = deformation is null
                ? 0.5 * (halfMaps[0].Apply(p) - halfMaps[1].Apply(p)).Length / ByChance
                : 0.5 * (deformation.Halves[0].At(q) - deformation.Halves[1].At(q)).Length;
            return Math.Max(FloorNm, Math.Max(objects, halves));
        };
    }
}

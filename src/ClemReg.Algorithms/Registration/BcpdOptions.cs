using ClemReg.Algorithms.Transforms;

namespace ClemReg.Algorithms.Registration;

/// <summary>How the clouds are brought to numbers near 1 before BCPD.</summary>
public enum BcpdNormalisation
{
    /// <summary>Each cloud by its own centroid and size, as bcpd does by default: the start lays centroid on centroid, size on size.</summary>
    Each,
    /// <summary>Both by the fixed cloud's: the moving cloud starts where it is. For clouds that are registered rigidly already.</summary>
    Fixed,
}

/// <summary>How BCPD saves time.</summary>
public enum BcpdAcceleration
{
    /// <summary>The kernel to rounding errors, all pairs of points that count at all.</summary>
    None,
    /// <summary>The kernel in low rank to a known error, sums over pairs to 2^-24.</summary>
    Exact,
    /// <summary>
    /// As <see cref="Exact"/>, and near convergence pairs beyond a fixed distance are left out, as bcpd's k-d tree search does
    /// (its options d, e, f). That changes the result where sigma is not far below the distance.
    /// </summary>
    Truncated,
}

/// <summary>
/// How <see cref="Bcpd"/> works. The names are the paper's and those of its author's program bcpd (github.com/ohirose/bcpd; its option stands behind
/// the parameter's name). Lengths without a unit are in normalised units: the root mean square of the coordinates of the fixed cloud, about
/// 8 um for a sample of 35 x 30 x 2 um.
/// </summary>
public sealed record BcpdOptions
{
    /// <summary>The outlier probability omega, 0 to below 1 [bcpd_omega; -w].</summary>
    public double Omega { get; init; } = 0.1;

    /// <summary>The stiffness lambda, positive: the expected length of displacements is its inverse root in normalised units [bcpd_lambda; -l].</summary>
    public double Lambda { get; init; } = 2;

    /// <summary>The smoothness beta, positive: points nearer to each other than this move together [bcpd_beta; -b].</summary>
    public double Beta { get; init; } = 2;

    /// <summary>
    /// How evenly the moving points share the fixed ones, positive: infinity gives all the same weight, small values let points without a
    /// counterpart fade [bcpd_kappa; -k].
    /// </summary>
    public double Kappa { get; init; } = double.PositiveInfinity;

    /// <summary>
    /// The first sigma as a multiple of the clouds' mean distance, positive: 1 for clouds that lie anyhow, 0.1 for clouds that are nearly
    /// registered [bcpd_gamma; -g].
    /// </summary>
    public double Gamma { get; init; } = 1;

    /// <summary>It ends when an iteration changes sigma by less than this, in normalised units; 0 never [bcpd_tolerance; -c].</summary>
    public double Tolerance { get; init; } = 1e-4;

    /// <summary>It does not end before this many iterations, 0 or more [-N].</summary>
    public int MinimumIterations { get; init; } = 30;

    /// <summary>The most iterations, 1 or more [bcpd_max_iterations; -n].</summary>
    public int MaxIterations { get; init; } = 500;

    /// <summary>True estimates an isotropic scale besides rotation and translation [registration_with_scale; -T].</summary>
    public bool WithScale { get; init; } = true;

    /// <summary>True takes the uncertainty of the displacements into account, as the paper does; bcpd leaves it out unless asked [-a].</summary>
    public bool PosteriorVariance { get; init; }

    /// <summary>Sigma, in nm, never falls below this; 0 (the paper) or more [registration_minimum_sigma].</summary>
    public double MinimumSigmaNm { get; init; }

    /// <summary>Where the clouds start [-u].</summary>
    public BcpdNormalisation Normalisation { get; init; }

    /// <summary>How time is saved [bcpd_acceleration; -A].</summary>
    public BcpdAcceleration Acceleration { get; init; } = BcpdAcceleration.Exact;

    /// <summary>The most columns of the low-rank kernel, 1 or more; 0 for as many as its error needs [-K].</summary>
    public int KernelRank { get; init; } = 500;

    /// <summary>Truncation begins when sigma falls below this, in normalised units [-f].</summary>
    public double TruncationStart { get; init; } = 0.2;

    /// <summary>Pairs farther apart than this many sigma are left out [-d].</summary>
    public double TruncationSigmas { get; init; } = 7;

    /// <summary>Pairs farther apart than this, in normalised units, are left out [-e].</summary>
    public double TruncationRadius { get; init; } = 0.15;

    /// <summary>
    /// Both clouds are thinned to about this many points, and the displacements of the others interpolated; 0 uses all points
    /// [bcpd_points; -DB].
    /// </summary>
    public int Points { get; init; }

    /// <summary>
    /// The edge of the cubes, in normalised units, by which thinning evens out the density: a point of a crowded cube is kept more rarely; 0 keeps all with the
    /// same probability [-DB].
    /// </summary>
    public double ThinningVoxel { get; init; } = 0.03;

    /// <summary>Starts the random numbers of the thinning [seed; -r].</summary>
    public int Seed { get; init; } = 1;

    /// <summary>Where to start (moving to fixed, nm): a rigid registration's result. The registration continues from there.</summary>
    public AffineTransform? Initial { get; init; }

    /// <summary>Refuses options out of their range.</summary>
    internal void Check()
    {
        if (!(Omega >= 0 && Omega < 1)) throw BadInputException.ForParameter("bcpd_omega", Omega, "0 or more and below 1", "0.1 is usual.");
        Positive("bcpd_lambda", Lambda, "Large is stiff: 50 and more for sections, 2 is bcpd's.");
        Positive("bcpd_beta", Beta, "2 is usual.");
        if (!(Kappa > 0)) throw BadInputException.ForParameter("bcpd_kappa", Kappa, "a positive number", "1e20 and more give all points the same weight.");
        Positive("bcpd_gamma", Gamma, "1 is usual, 0.1 after a rigid registration.");
        if (!(Tolerance >= 0) || double.IsInfinity(Tolerance)) throw BadInputException.ForParameter("bcpd_tolerance", Tolerance, "a number of 0 or more", "0.0001 is usual.");
        if (MinimumIterations < 0) throw BadInputException.ForParameter("bcpd_min_iterations", MinimumIterations, "0 or more", "30 is usual.");
        if (MaxIterations < 1) throw BadInputException.ForParameter("bcpd_max_iterations", MaxIterations, "1 or more", "500 is usual.");
        if (!(MinimumSigmaNm >= 0) || double.IsInfinity(MinimumSigmaNm))
            throw BadInputException.ForParameter("registration_minimum_sigma", MinimumSigmaNm, "a length of 0 nm or more", "0 switches it off; the points' spacing is usual.");
        if (KernelRank < 0) throw BadInputException.ForParameter("bcpd_kernel_rank", KernelRank, "0 (as many as needed) or more", "500 is usual.");
        Positive("bcpd_truncation_start", TruncationStart, "0.2 is usual.");
        Positive("bcpd_truncation_sigmas", TruncationSigmas, "7 is usual.");
        Positive("bcpd_truncation_radius", TruncationRadius, "0.15 is usual.");
        if (Points is not 0 and < 4) throw BadInputException.ForParameter("bcpd_points", Points, "0 (all points) or at least 4", "1000 is usual.");
        if (!(ThinningVoxel >= 0) || double.IsInfinity(ThinningVoxel))
            throw BadInputException.ForParameter("bcpd_thinning_voxel", ThinningVoxel, "0 or a positive length in normalised units", "0.03 is usual.");

        static void Positive(string name, double value, string advice)
        {
            if (!(value > 0) || double.IsInfinity(value)) throw BadInputException.ForParameter(name, value, "a positive number", advice);
        }
    }
}

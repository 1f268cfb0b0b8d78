using ClemReg.Algorithms.Transforms;

namespace ClemReg.Algorithms.Registration;

/// <summary>Why a registration ended.</summary>
public enum StopReason
{
    /// <summary>The last step moved the cloud by less than the tolerance.</summary>
    Converged,
    /// <summary>The number of iterations that was allowed is used up; the result is the last iteration's.</summary>
    IterationLimit,
    /// <summary>The clouds lie on each other: sigma fell to nothing, there is nothing left to improve.</summary>
    Coincident,
    /// <summary>
    /// The points lost each other: nearly every fixed point counts as an outlier, or the scale ran away. The result is the last
    /// usable iteration's and should not be trusted.
    /// </summary>
    Lost,
}

/// <summary>The state of a registration after a number of iterations.</summary>
/// <param name="Iteration">How many updates the transform has seen; 0 is the start.</param>
/// <param name="SigmaNm">Standard deviation of the Gaussian around each moving point, in nm.</param>
/// <param name="NegativeLogLikelihood">
/// The negative log-likelihood of the fixed points, in the solver's own (normalised) units: only differences mean something. It falls from
/// state to state with the paper's scale estimate and without scale, nearly always with the symmetric one.
/// </param>
/// <param name="MovementNm">How far this iteration moved the moving points, root mean square, in nm; 0 at the start.</param>
public readonly record struct RegistrationState(int Iteration, double SigmaNm, double NegativeLogLikelihood, double MovementNm);

/// <summary>How well two clouds lie on each other after registration. Says nothing about a target between the points: that is the TRE.</summary>
public sealed record RegistrationResiduals
{
    /// <summary>Root mean square of the distances from each moved point to its nearest fixed point, in nm.</summary>
    public required double NearestRmsNm { get; init; }

    /// <summary>Median of those distances, in nm.</summary>
    public required double NearestMedianNm { get; init; }

    /// <summary>95th percentile of those distances, in nm.</summary>
    public required double Nearest95Nm { get; init; }

    /// <summary>
    /// Root mean square of the distances from each moved point to the mean of the fixed points weighted with its posterior, in nm; moved
    /// points that have less than a thousandth of a fixed point are left out. NaN when that is all of them.
    /// </summary>
    public required double PosteriorRmsNm { get; init; }

    /// <summary>Median of those distances, in nm.</summary>
    public required double PosteriorMedianNm { get; init; }

    /// <summary>95th percentile of those distances, in nm.</summary>
    public required double Posterior95Nm { get; init; }

    /// <summary>The distance, in nm, up to which a moved point counts as having a correspondence: 2 sigma.</summary>
    public required double InlierDistanceNm { get; init; }

    /// <summary>Fraction (0 to 1) of the moving points whose nearest fixed point lies within <see cref="InlierDistanceNm"/>.</summary>
    public required double Fitness { get; init; }

    /// <summary>Root mean square of the nearest distances of those points only, in nm; NaN when there are none.</summary>
    public required double InlierRmsNm { get; init; }

    /// <summary>Fraction (0 to 1) of the fixed points that the moving points explain; the rest counts as outliers.</summary>
    public required double ExplainedFraction { get; init; }
}

/// <summary>What every registration of two point clouds found.</summary>
/// <typeparam name="TState">The state after an iteration.</typeparam>
public abstract record RegistrationOutcome<TState>
{
    /// <summary>The isotropic scale of the map, the deformation aside: the cube root of its change of volume.</summary>
    public required double Scale { get; init; }

    /// <summary>The start and every iteration, in order: <see cref="Iterations"/> + 1 entries.</summary>
    public required IReadOnlyList<TState> History { get; init; }

    /// <summary>How many iterations were made.</summary>
    public int Iterations => History.Count - 1;

    /// <summary>Standard deviation of the Gaussians at the end, in nm: the typical distance between corresponding points.</summary>
    public abstract double SigmaNm { get; }

    /// <summary>Why it ended.</summary>
    public required StopReason StopReason { get; init; }

    /// <summary><see cref="StopReason"/> as a sentence for the user.</summary>
    public required string StopText { get; init; }

    /// <summary>True when more iterations would change nothing worth naming.</summary>
    public bool Converged => StopReason is StopReason.Converged or StopReason.Coincident;

    /// <summary>How well the clouds lie on each other. The outlier weight in it is, for a deformable registration, omega in rigid CPD's sense.</summary>
    public required RegistrationResiduals Residuals { get; init; }
}

/// <summary>What a rigid or affine registration of two point clouds found.</summary>
public sealed record RegistrationResult : RegistrationOutcome<RegistrationState>
{
    /// <summary>The transform, moving to fixed, nm, z, y, x.</summary>
    public required AffineTransform Transform { get; init; }

    /// <summary>The singular values of <see cref="Transform"/>'s linear part, largest first: how much it stretches along three axes.</summary>
    public required IReadOnlyList<double> SingularValues { get; init; }

    /// <summary>The largest over the smallest singular value: 1 for a similarity.</summary>
    public double Anisotropy => SingularValues[0] / SingularValues[^1];

    /// <inheritdoc/>
    public override double SigmaNm => History[^1].SigmaNm;
}

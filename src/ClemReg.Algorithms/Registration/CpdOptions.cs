using ClemReg.Algorithms.Transforms;

namespace ClemReg.Algorithms.Registration;

/// <summary>What all kinds of Coherent Point Drift have in common. Parameter names as the user knows them stand in brackets.</summary>
public abstract record CpdOptions
{
    /// <summary>The most iterations, 1 or more [registration_max_iterations].</summary>
    public int MaxIterations { get; init; } = 100;

    /// <summary>
    /// It has converged when one iteration moves the points by less than this fraction of sigma, root mean square; 0 or more;
    /// 0 never stops early [registration_tolerance]. The steps shrink by a factor of about 0.85, so 0.001 leaves half a percent of sigma to go.
    /// (An objective cannot serve: it is flat where the points still move, and its size depends on their number.)
    /// </summary>
    public double Tolerance { get; init; } = 1e-3;

    /// <summary>
    /// The weight w of the outlier term, 0 to below 1 [registration_outlier_weight]. The paper's outliers have the density 1/N per unit of
    /// volume, so w is no fraction of points: with normalised clouds of thousands of points 0.5 leaves out fixed points farther than
    /// about 3 sigma from every moving one.
    /// </summary>
    public double OutlierWeight { get; init; } = 0.5;

    /// <summary>
    /// Sigma, in nm, never falls below this; 0 (the paper) or more [registration_minimum_sigma]. Below the spacing of the points
    /// the Gaussians no longer overlap to a surface, and a thick moving surface may slip to one side of a thin fixed one.
    /// </summary>
    public double MinimumSigmaNm { get; init; }

    /// <summary>
    /// True works in units of the fixed cloud's size (a cube of the same spread) and starts with the centroids on each other; false works in
    /// <see cref="UnitNm"/> and starts with the clouds where they are, as published; only an outlier weight of 0 is safe then
    /// [registration_normalise].
    /// </summary>
    public bool Normalise { get; init; } = true;

    /// <summary>
    /// The length of one unit in nm when <see cref="Normalise"/> is false; the paper's outlier term depends on it. Positive.
    /// </summary>
    public double UnitNm { get; init; } = 1;

    /// <summary>
    /// Where to start (moving to fixed, nm) instead of the centroids on each other. What is found is applied after it, so a
    /// scale, shear or reflection in it stays in a rigid result.
    /// </summary>
    public AffineTransform? Initial { get; init; }

    /// <summary>
    /// The first sigma in nm; 0 (the paper): as wide as the clouds lie apart. After another registration its last sigma keeps what that found,
    /// where the paper's would begin anew.
    /// </summary>
    public double InitialSigmaNm { get; init; }

    /// <summary>Refuses options out of their range.</summary>
    /// <exception cref="BadInputException">An option out of its range.</exception>
    internal void Check()
    {
        if (MaxIterations < 1)
            throw BadInputException.ForParameter("registration_max_iterations", MaxIterations, "1 or more", "100 is usual.");
        if (!(Tolerance >= 0) || double.IsInfinity(Tolerance))
            throw BadInputException.ForParameter("registration_tolerance", Tolerance, "a number of 0 or more", "0.001 is usual.");
        if (!(OutlierWeight >= 0 && OutlierWeight < 1))
            throw BadInputException.ForParameter("registration_outlier_weight", OutlierWeight, "0 or more and below 1", "0.5 is usual.");
        if (!(MinimumSigmaNm >= 0) || double.IsInfinity(MinimumSigmaNm))
            throw BadInputException.ForParameter("registration_minimum_sigma", MinimumSigmaNm, "a length of 0 nm or more",
                "0 switches it off; the points' spacing is usual.");
        if (!(InitialSigmaNm >= 0) || double.IsInfinity(InitialSigmaNm))
            throw BadInputException.ForParameter("registration_initial_sigma", InitialSigmaNm, "a length of 0 nm or more", "0 is usual.");
        if (!(UnitNm > 0) || double.IsInfinity(UnitNm))
            throw BadInputException.ForParameter("registration_unit_nm", UnitNm, "a positive length in nm",
                "Leave registration_normalise on and no unit is needed.");
    }
}

namespace ClemReg.Algorithms.Refinement;

/// <summary>The light that is lost with depth: exp(-loss (z - zero)).</summary>
/// <param name="DepthZero">The fluorescence's z (nm) where the brightness counts.</param>
/// <param name="PerNm">The part that is lost per nm; negative where the stack runs towards the objective.</param>
internal readonly record struct LightLoss(double DepthZero, double PerNm)
{
    /// <summary>The part that is left at a z of the fluorescence, nm.</summary>
    public double At(double z) => Math.Exp(-PerNm * (z - DepthZero));
}

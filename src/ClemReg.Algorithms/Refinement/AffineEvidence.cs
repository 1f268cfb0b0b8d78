using ClemReg.Algorithms.Transforms;
using ClemReg.Algorithms.Volumes;
using MathNet.Numerics.LinearAlgebra;

namespace ClemReg.Algorithms.Refinement;

/// <summary>
/// How far the data call for an affine map instead of a similarity. Specimens keep their proportions, or shrink unevenly by a few per cent; which of both
/// is weighed by the marginal likelihoods of the found stretch (R. Kass, A. Raftery 1995, Bayes factors, J. American Statistical Association 90, 773), and
/// the stretch is drawn to none by what is known of it (the posterior mean, averaged over both).
/// </summary>
/// <param name="Transform">Fluorescence to EM with the stretch that is believed.</param>
/// <param name="Weight">The probability of an uneven stretch, 0 to 1.</param>
internal sealed record AffineEvidence(AffineTransform Transform, double Weight)
{
    /// <summary>The standard deviation of a stretch, where there is one: resin embedding shrinks by up to 10 %, about a third of it unevenly.</summary>
    private const double Usual = 0.03;

    private const int Parameters = 12;

    /// <summary>The independent components of a symmetric matrix without trace, in the order zz, zy, zx, yz, ... of the parameters; of length 1.</summary>
    private static readonly double[][] Components =
    [
        [1 / Math.Sqrt(2), 0, 0, 0, -1 / Math.Sqrt(2), 0, 0, 0, 0],
        [1 / Math.Sqrt(6), 0, 0, 0, 1 / Math.Sqrt(6), 0, 0, 0, -2 / Math.Sqrt(6)],
        [0, 1 / Math.Sqrt(2), 0, 1 / Math.Sqrt(2), 0, 0, 0, 0, 0],
        [0, 0, 1 / Math.Sqrt(2), 0, 0, 0, 1 / Math.Sqrt(2), 0, 0],
        [0, 0, 0, 0, 0, 1 / Math.Sqrt(2), 0, 1 / Math.Sqrt(2), 0],
    ];

    /// <summary>Weighs an affine map that was found from a similarity on.</summary>
    public static AffineEvidence Weigh(AffineTransform similarity, AffineTransform affine, LinearUncertainty uncertainty)
    {
        Point3 centre = uncertainty.Centre;
        AffineTransform more = similarity.Inverse().Then(affine);
        Point3 shift = more.Apply(centre) - centre;
        const double lever = IntensityRefinement.LeverNm;
        var found = Vector<double>.Build.Dense(Parameters);
        for (int i = 0; i < 9; i++) found[i] = lever * (more[i / 3, i % 3] - (i % 4 == 0 ? 1 : 0));
        (found[9], found[10], found[11]) = (shift.Z, shift.Y, shift.X);

        Matrix<double> covariance = Matrix<double>.Build.DenseOfArray(uncertainty.Covariance);
        Matrix<double> components = Matrix<double>.Build.Dense(5, Parameters, (i, j) => j < 9 ? Components[i][j] : 0);
        Vector<double> stretch = components * found;
        Matrix<double> noise = components * covariance * components.Transpose();
        double width = Usual * lever;
        Matrix<double> total = noise + width * width * Matrix<double>.Build.DenseIdentity(5);
        Vector<double> explained = total.Solve(stretch);
        double logFactor = 0.5 * (stretch.DotProduct(noise.Solve(stretch)) - stretch.DotProduct(explained) - Math.Log(total.Determinant() / noise.Determinant()));
        double weight = double.IsNaN(logFactor) ? 0 : 1 / (1 + Math.Exp(-logFactor));
        // The other parameters follow the stretch as they do in the fit: without any stretch that is the similarity. By their covariance they would go elsewhere, since the objects' disagreement is not the fit's weight.
        Matrix<double> following = Matrix<double>.Build.DenseOfArray(uncertainty.Response) * components.Transpose();
        Vector<double> change = following * (components * following).Solve(weight * width * width * explained - stretch);
        double[] believed = [.. found + change];
        if (!believed.All(double.IsFinite)) return new AffineEvidence(similarity, 0); // The errors are not known.
        return new AffineEvidence(similarity.Then(IntensityRefinement.Step(believed, LinearKind.Affine, centre)), weight);
    }
}

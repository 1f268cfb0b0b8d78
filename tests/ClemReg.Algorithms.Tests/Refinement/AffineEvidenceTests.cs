using ClemReg.Algorithms.Refinement;
using ClemReg.Algorithms.Transforms;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Tests.Refinement;

/// <summary>When an uneven stretch is believed, and how much of it.</summary>
public sealed class AffineEvidenceTests
{
    private static readonly Point3 Centre = new(1000, 5000, 4000);
    private static readonly AffineTransform Similarity = RefinementCase.Turned(30, 1.05, Centre, new Point3(100, -200, 300));

    /// <summary>Independent errors of so many nm at 10 µm from the centre.</summary>
    private static LinearUncertainty Known(double nm)
    {
        var covariance = new double[12, 12];
        for (int i = 0; i < 12; i++) covariance[i, i] = nm * nm;
        return new LinearUncertainty(LinearKind.Affine, Centre, covariance, covariance);
    }

    private static AffineTransform Stretched(double z, double x) =>
        Similarity.Then(new AffineTransform([1 + z, 0, 0, -z * Centre.Z, 0, 1, 0, 0, 0, 0, 1 + x, -x * Centre.X]));

    private static double Difference(AffineTransform a, AffineTransform b) => new[] { new Point3(0, 0, 0), new Point3(2000, 9000, 1000), new Point3(500, 2000, 8000) }
        .Max(p => (a.Apply(p) - b.Apply(p)).Length);

    [Theory]
    [InlineData(5, 1e-4)]
    [InlineData(100, 2e-3)]
    [InlineData(1000, 0.02)]
    public void A_stretch_within_its_errors_is_not_believed(double errorNm, double stretch)
    {
        AffineEvidence evidence = AffineEvidence.Weigh(Similarity, Stretched(-stretch, stretch), Known(errorNm));
        Assert.InRange(evidence.Weight, 0, 0.5);
        Assert.True(Difference(evidence.Transform, Similarity) < 0.3 * Difference(Stretched(-stretch, stretch), Similarity));
    }

    [Theory]
    [InlineData(5, 0.005)]
    [InlineData(20, 0.03)]
    [InlineData(50, 0.06)]
    public void A_stretch_beyond_its_errors_is_believed_nearly_whole(double errorNm, double stretch)
    {
        AffineTransform affine = Stretched(-stretch, stretch);
        AffineEvidence evidence = AffineEvidence.Weigh(Similarity, affine, Known(errorNm));
        Assert.InRange(evidence.Weight, 0.9, 1);
        Assert.True(Difference(evidence.Transform, affine) < 0.1 * Difference(affine, Similarity), $"{Difference(evidence.Transform, affine)}");
    }

    [Fact]
    public void Even_scale_rotation_and_shift_are_no_stretch()
    {
        AffineTransform other = Similarity.Then(RefinementCase.Turned(2, 1.03, Centre, new Point3(50, 60, 70)));
        AffineEvidence evidence = AffineEvidence.Weigh(Similarity, other, Known(10));
        Assert.InRange(evidence.Weight, 0, 0.01);
        // What it is of the affine map besides a stretch is kept.
        Assert.InRange(Difference(evidence.Transform, other), 0, 5);
    }

    [Fact]
    public void Without_a_stretch_the_affine_map_is_the_similarity_whatever_the_objects_disagree_about()
    {
        // In the fit a stretch along z goes with a shift along z, 3 nm for 10; by the objects' disagreement nothing goes with it.
        var response = new double[12, 12];
        for (int i = 0; i < 12; i++) response[i, i] = 1;
        response[0, 9] = response[9, 0] = 0.3;
        double stretch = 2e-4, shift = 0.3 * stretch * IntensityRefinement.LeverNm;
        AffineTransform affine = Similarity.Then(new AffineTransform([1 + stretch, 0, 0, -stretch * Centre.Z + shift, 0, 1, 0, 0, 0, 0, 1, 0]));
        AffineEvidence evidence = AffineEvidence.Weigh(Similarity, affine, Known(50) with { Response = response });
        Assert.InRange(evidence.Weight, 0, 0.01);
        // What is left is the even part of the stretch, a third.
        Assert.InRange((evidence.Transform.Apply(Similarity.Inverse().Apply(Centre)) - Centre).Length, 0, 0.5 * shift);
    }

    [Fact]
    public void An_unknown_error_is_no_evidence()
    {
        Assert.Equal(0, AffineEvidence.Weigh(Similarity, Stretched(-0.1, 0.1), Known(double.MaxValue)).Weight);
        Assert.Equal(0, AffineEvidence.Weigh(Similarity, Stretched(-0.1, 0.1), Known(0)).Weight);
    }

    [Fact]
    public void An_unevenly_shrunken_specimen_is_registered_by_an_affine_map_and_an_even_one_by_a_similarity()
    {
        var psf = new PointSpreadFunction(60, 200);
        var middle = new Point3(600, 3000, 3000);
        AffineTransform even = RefinementCase.Turned(10, 1, middle, new Point3(0, 200, 0));
        AffineTransform uneven = even.Then(new AffineTransform([1, 0, 0, 0, 0, 0.96, 0, 0.04 * 3000, 0, 0, 1.03, -0.03 * 3000]));
        foreach ((AffineTransform truth, LinearKind expected) in new[] { (even, LinearKind.Similarity), (uneven, LinearKind.Affine) })
        {
            using var pair = new RefinementCase(31, truth, psf);
            IntensityRegistrationResult found = IntensityRegistration.Register(pair.Fluorescence, pair.Mask, even,
                new IntensityRefinementOptions { Kind = LinearKind.Affine, Levels = [250], Samples = 60_000 }, false, new Job(2));
            Assert.Equal(expected, found.Kind);
            Assert.InRange(pair.Error(found.Transform), 0, 20);
        }
    }

    [Fact]
    public void With_few_objects_the_predicted_error_is_still_about_the_true_one()
    {
        double squares = 0, predicted = 0;
        const int runs = 8;
        for (int seed = 0; seed < runs; seed++)
        {
            AffineTransform truth = RefinementCase.Turned(10, 1, new Point3(500, 1400, 1400), default);
            using var pair = new RefinementCase(100 + seed, truth, new PointSpreadFunction(60, 200), size: new Size3(50, 150, 150));
            IntensityRefinementResult found = IntensityRefinement.Refine(pair.Fluorescence, pair.Mask, truth,
                new IntensityRefinementOptions { Levels = [], Samples = 20_000 }, new Job(2));
            squares += Math.Pow(pair.Error(found.Transform), 2) / runs;
            predicted += Math.Pow(found.Uncertainty.At(new Point3(500, 1000, 1000)), 2) / runs;
        }
        Assert.InRange(Math.Sqrt(squares / predicted), 0.3, 2);
    }
}

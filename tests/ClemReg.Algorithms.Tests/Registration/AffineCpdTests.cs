using ClemReg.Algorithms.PointClouds;
using ClemReg.Algorithms.Registration;
using ClemReg.Algorithms.Transforms;
using ClemReg.Algorithms.Volumes;
using Xunit.Abstractions;

namespace ClemReg.Algorithms.Tests.Registration;

public sealed class AffineCpdTests(ITestOutputHelper output)
{
    private static readonly AffineCpdOptions Usual = new();

    public static TheoryData<int> GoldenRows() => Clouds.Rows(12);

    [Theory]
    [MemberData(nameof(GoldenRows))]
    public void States_agree_with_the_papers_formulas_in_NumPy(int row)
    {
        double[] golden = Clouds.ReadNumbers(Clouds.Golden("affine_cpd_states.csv"), 1)[row];
        var options = new AffineCpdOptions { OutlierWeight = golden[0], Normalise = golden[1] == 1, UnitNm = 20, MaxIterations = (int)golden[2], Tolerance = 0 };
        RegistrationResult result = AffineCpd.Register(Clouds.Moving(), Clouds.Fixed(), options, new Job(2));
        for (int i = 0; i < 12; i++)
            Assert.Equal(golden[3 + i], result.Transform.Rows[i], i % 4 == 3 ? 1e-3 : 1e-8);
        Assert.Equal(golden[15], result.SigmaNm, golden[15] * 1e-8);
        Assert.Equal(golden[16], result.History[^1].NegativeLogLikelihood, Math.Abs(golden[16]) * 1e-8);
    }

    [Fact]
    public void It_finds_the_transform_of_100_clouds_with_noise_outliers_and_missing_parts()
    {
        var errors = new List<double>();
        for (int seed = 0; seed < 100; seed++)
        {
            var random = new Random(seed);
            PointCloud whole = Clouds.Organelles(random, 20, 12);
            AffineTransform truth = Affine(random);
            PointCloud moving = Clouds.Disturb(random, whole.Points[..(18 * 12)], truth.Inverse(), 30, 0.05);
            PointCloud fixedCloud = Clouds.Disturb(random, whole.Points[12..], AffineTransform.Identity, 30, 0.05);
            RegistrationResult result = AffineCpd.Register(moving, fixedCloud, Usual with { MaxIterations = 200 }, new Job(2));
            errors.Add(Clouds.Error(truth.Inverse().Apply(whole), result.Transform, truth));
        }
        errors.Sort();
        output.WriteLine($"TRE nm: median {errors[50]:F0}, 90 % {errors[90]:F0}, worst {errors[^1]:F0}");
        Assert.InRange(errors[50], 1, 80);
        Assert.InRange(errors[95], 1, 300);
    }

    [Fact]
    public void Clouds_that_are_the_same_points_are_laid_on_each_other_exactly()
    {
        PointCloud cloud = Clouds.Organelles(new Random(11), 12, 15);
        AffineTransform truth = Affine(new Random(3));
        RegistrationResult result = AffineCpd.Register(truth.Inverse().Apply(cloud), cloud, Usual with { OutlierWeight = 0, MaxIterations = 400 }, new Job(1));
        Assert.Equal(StopReason.Coincident, result.StopReason);
        Assert.InRange(Clouds.Error(truth.Inverse().Apply(cloud), result.Transform, truth), 0, 0.5);
        double[] expected = CpdSolver.SingularValues(truth);
        for (int i = 0; i < 3; i++) Assert.Equal(expected[i], result.SingularValues[i], 1e-4);
    }

    [Fact]
    public void A_cloud_thickened_along_z_is_squashed_and_the_user_is_told()
    {
        (PointCloud thick, PointCloud thin) = Thickened();
        var job = new Job(2);
        RegistrationResult free = AffineCpd.Register(thick, thin, Usual, job);
        Assert.True(free.Transform[0, 0] < 0.92, $"z is scaled by {free.Transform[0, 0]}");
        Assert.Contains("anisotropic", Assert.Single(job.Warnings));
        Assert.Contains("registration_maximum_anisotropy", job.Warnings[0]);

        job = new Job(2);
        RegistrationResult bounded = AffineCpd.Register(thick, thin, Usual with { MaximumAnisotropy = 1.05 }, job);
        Assert.Equal(1.05, bounded.Anisotropy, 1e-6);
        Assert.Contains("registration_maximum_anisotropy = 1.05", Assert.Single(job.Warnings));

        job = new Job(2);
        RegistrationResult isotropic = AffineCpd.Register(thick, thin, Usual with { MaximumAnisotropy = 1 }, job);
        Assert.Equal(1, isotropic.Anisotropy, 1e-9);
        Assert.Empty(job.Warnings);
        Assert.InRange(bounded.Transform[0, 0], free.Transform[0, 0] + 0.02, 1.05);
    }

    [Fact]
    public void A_bound_that_is_not_reached_changes_nothing()
    {
        RegistrationResult free = AffineCpd.Register(Clouds.Moving(), Clouds.Fixed(), Usual, new Job(1));
        RegistrationResult wide = AffineCpd.Register(Clouds.Moving(), Clouds.Fixed(), Usual with { MaximumAnisotropy = 1e6 }, new Job(1));
        Assert.Equal(free.Transform.Rows.ToArray(), wide.Transform.Rows.ToArray());
    }

    [Theory]
    [InlineData(1.3, 1.2, 0.8, 1)]
    [InlineData(1.3, 1.2, 0.8, 10)]
    [InlineData(1.0, 0.99, 0.1, 1)]
    [InlineData(1.0, 0.99, 0.1, 0.01)]
    [InlineData(1.0, 0.12, 0.1, 1)]
    [InlineData(1.0, 0.12, 0.1, 100)]
    public void Clamping_costs_the_least_squares_the_least(double a, double b, double c, double weight)
    {
        const double Ratio = 1.4;
        double[] values = [a, b, c], weights = [weight, 2, 3];
        double[] found = AffineCpd.Clamp(values, weights, Ratio);
        Assert.Equal(Ratio, found[0] / found[2], 1e-12);
        Assert.InRange(found[1], found[2], found[0]);
        double best = double.PositiveInfinity;
        for (double low = 0.01; low < 2; low += 1e-4) best = Math.Min(best, Cost([.. values.Select(v => Math.Clamp(v, low, low * Ratio))]));
        Assert.InRange(Cost(found), 0, best + 1e-9);

        double Cost(double[] v) => Enumerable.Range(0, 3).Sum(i => weights[i] * (v[i] - values[i]) * (v[i] - values[i]));
    }

    [Fact]
    public void The_same_bytes_for_any_number_of_threads()
    {
        string[] results =
        [
            .. ((int[])[1, 2, 3, 7]).Select(threads =>
            {
                RegistrationResult r = AffineCpd.Register(Clouds.Moving(), Clouds.Fixed(), Usual with { MaxIterations = 12, MaximumAnisotropy = 1.02 }, new Job(threads));
                return string.Join(' ', r.Transform.Rows.ToArray().Concat(r.History.Select(h => h.NegativeLogLikelihood)).Select(v => BitConverter.DoubleToInt64Bits(v)));
            }),
        ];
        Assert.All(results, r => Assert.Equal(results[0], r));
    }

    [Fact]
    public void Weight_in_one_plane_determines_no_affine_map()
    {
        var moments = new CpdMoments
        {
            Weight = 4,
            Fixed = default,
            Moved = default,
            FixedSquare = 8,
            MovedSquare = 8,
            Cross = [0, 0, 0, 0, 4, 0, 0, 0, 4],
            MovedOuter = [0, 0, 0, 0, 4, 0, 0, 0, 4],
            NegativeLogLikelihood = 0,
        };
        Assert.Null(AffineCpd.Maximise(moments, AffineTransform.Identity, 0));
    }

    [Fact]
    public void Bad_input_is_refused_by_name()
    {
        Refused(Usual with { MaximumAnisotropy = 0.5 }, "registration_maximum_anisotropy = 0.5");
        Refused(Usual with { MaximumAnisotropy = -1 }, "registration_maximum_anisotropy = -1");
        Refused(Usual with { MaximumAnisotropy = double.NaN }, "registration_maximum_anisotropy = NaN");
        Refused(Usual with { MaximumAnisotropy = double.PositiveInfinity }, "registration_maximum_anisotropy = ");
        Refused(Usual with { InitialSigmaNm = -1 }, "registration_initial_sigma = -1");
        Refused(Usual with { MaxIterations = 0 }, "registration_max_iterations = 0");
        Refused(Usual with { OutlierWeight = 1 }, "registration_outlier_weight = 1");
        PointCloud flat = new([.. Clouds.Fixed().Points.ToArray().Select(p => p with { Z = 0 })]);
        Assert.Contains("in one plane", Assert.Throws<BadInputException>(() => AffineCpd.Register(flat, Clouds.Fixed(), Usual, new Job(1))).Message);

        static void Refused(AffineCpdOptions options, string start) =>
            Assert.StartsWith(start, Assert.Throws<BadInputException>(() => AffineCpd.Register(Clouds.Moving(), Clouds.Fixed(), options, new Job(1))).Message);
    }

    [Fact]
    public void Cancelling_ends_it()
    {
        using var source = new CancellationTokenSource();
        source.Cancel();
        Assert.Throws<OperationCanceledException>(() => AffineCpd.Register(Clouds.Moving(), Clouds.Fixed(), Usual, new Job(2, source.Token)));
    }

    /// <summary>A slab of points and the same with every point displaced along z by the blur of a fluorescence microscope.</summary>
    private static (PointCloud Thick, PointCloud Thin) Thickened()
    {
        var random = new Random(21);
        PointCloud thin = Clouds.Organelles(random, 40, 20);
        return (new([.. thin.Points.ToArray().Select(p => p + new Point3(500 * Clouds.Normal(random), 0, 0))]), thin);
    }

    private static AffineTransform Affine(Random random)
    {
        AffineTransform turn = AffineTransform.Similarity(1, Clouds.Rotation(Clouds.NormalPoint(random, 1), 15 * random.NextDouble()), Clouds.NormalPoint(random, 20_000));
        double[] m = [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0];
        for (int i = 0; i < 12; i++) if (i % 4 < 3) m[i] += 0.16 * (random.NextDouble() - 0.5);
        return new AffineTransform(m).Then(turn);
    }
}

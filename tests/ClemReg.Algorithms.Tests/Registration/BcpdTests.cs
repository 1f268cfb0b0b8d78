using ClemReg.Algorithms.PointClouds;
using ClemReg.Algorithms.Registration;
using ClemReg.Algorithms.Transforms;
using ClemReg.Algorithms.Volumes;
using Xunit.Abstractions;

namespace ClemReg.Algorithms.Tests.Registration;

public sealed class BcpdTests(ITestOutputHelper output)
{
    private static readonly BcpdOptions Usual = new();

    public static TheoryData<int> GoldenRows() => Clouds.Rows(18);

    [Theory]
    [MemberData(nameof(GoldenRows))]
    public void States_agree_with_the_papers_formulas_in_NumPy(int row)
    {
        double[] golden = Clouds.ReadNumbers(Clouds.Golden("bcpd_states.csv"), 1)[row];
        foreach (BcpdAcceleration acceleration in (BcpdAcceleration[])[BcpdAcceleration.None, BcpdAcceleration.Exact])
        {
            DeformableRegistrationResult result = Bcpd.Register(Clouds.Moving(), Clouds.Fixed(), new BcpdOptions
            {
                Omega = golden[0],
                Lambda = golden[1],
                Beta = golden[2],
                Kappa = golden[3],
                Gamma = golden[4],
                PosteriorVariance = golden[5] == 1,
                WithScale = golden[6] == 1,
                MaxIterations = (int)golden[7],
                MinimumIterations = 1000,
                Acceleration = acceleration,
                KernelRank = 0,
            }, new Job(2));
            bool exact = acceleration == BcpdAcceleration.None;
            for (int i = 0; i < 12; i++) Assert.Equal(golden[8 + i], result.Similarity.Rows[i], (i % 4 == 3 ? 1e4 : 1) * (exact ? 1e-6 : 1e-3));
            Assert.Equal(golden[20], result.SigmaNm, exact ? 1e-3 : 1);
            Assert.Equal(golden[21], result.History[^1].Matches, exact ? 1e-4 : 0.5);
            for (int i = 0; i < 8; i++)
            {
                var expected = new Point3(golden[22 + 3 * i], golden[23 + 3 * i], golden[24 + 3 * i]);
                Assert.InRange((result.MovedPoints[27 * i] - expected).Length, 0, exact ? 0.01 : 5);
                Assert.InRange((result.Apply(Clouds.Moving()[27 * i]) - expected).Length, 0, exact ? 0.01 : 5);
            }
        }
    }

    [Fact]
    public void It_finds_the_deformation_of_100_clouds_with_noise_outliers_and_missing_parts()
    {
        var errors = new List<double>();
        var before = new List<double>();
        for (int seed = 0; seed < 100; seed++)
        {
            var random = new Random(seed);
            PointCloud whole = Clouds.Organelles(random, 22, 12);
            AffineTransform truth = AffineTransform.Similarity(
                0.9 + 0.2 * random.NextDouble(), Clouds.Rotation(Clouds.NormalPoint(random, 1), 15 * random.NextDouble()), Clouds.NormalPoint(random, 20_000));
            Func<Point3, Point3> bend = Bend(random, 600);
            PointCloud moving = Clouds.Disturb(random, whole.Points[..(20 * 12)], truth.Inverse(), 20, 0.05);
            PointCloud bent = new([.. whole.Points.ToArray().Select(bend)]);
            PointCloud fixedCloud = Clouds.Disturb(random, bent.Points[12..], AffineTransform.Identity, 20, 0.05);
            AffineTransform rigid = RigidCpd.Register(moving, fixedCloud, new RigidCpdOptions { MaxIterations = 150 }, new Job(2)).Transform;
            DeformableRegistrationResult result = Bcpd.Register(
                moving, fixedCloud, Usual with { Initial = rigid, Normalisation = BcpdNormalisation.Fixed, Gamma = 0.1, Lambda = 10, Beta = 1.2, KernelRank = 60 }, new Job(2));
            double error = 0, rigidError = 0;
            foreach (Point3 p in whole.Points)
            {
                Point3 from = truth.Inverse().Apply(p), to = bend(p);
                error += (result.Apply(from) - to).Length / whole.Count;
                rigidError += (rigid.Apply(from) - to).Length / whole.Count;
            }
            errors.Add(error);
            before.Add(rigidError);
        }
        errors.Sort();
        before.Sort();
        output.WriteLine($"TRE nm: median {errors[50]:F0}, 90 % {errors[90]:F0}, worst {errors[^1]:F0}; rigid: {before[50]:F0}, {before[90]:F0}, {before[^1]:F0}");
        Assert.InRange(errors[50], 1, 0.4 * before[50]);
        Assert.InRange(errors[95], 1, 0.5 * before[95]);
    }

    [Fact]
    public void Stiff_it_is_a_similarity()
    {
        PointCloud cloud = Clouds.Organelles(new Random(11), 12, 15);
        AffineTransform truth = AffineTransform.Similarity(1.2, Clouds.Rotation(new Point3(1, 2, -1), 15), new Point3(5, -70_000, 900));
        PointCloud moving = truth.Inverse().Apply(cloud);
        DeformableRegistrationResult result = Bcpd.Register(moving, cloud, Usual with { Lambda = 1e9, Omega = 0 }, new Job(2));
        Assert.InRange(result.DeformationRmsNm, 0, 1);
        Assert.Equal(1.2, result.Scale, 1e-3);
        Assert.InRange(Clouds.Error(moving, result.Similarity, truth), 0, 5);
        Assert.True(result.Converged);
        Assert.Contains("lie on each other", result.StopText);
    }

    [Fact]
    public void A_start_becomes_part_of_the_similarity()
    {
        AffineTransform start = AffineTransform.Similarity(1.1, Clouds.Rotation(new Point3(0.2, 1, 0.3), 150), new Point3(300, -4000, 7000));
        PointCloud turned = start.Inverse().Apply(Clouds.Moving());
        BcpdOptions options = Usual with { Lambda = 20, Beta = 0.7, Normalisation = BcpdNormalisation.Fixed };
        DeformableRegistrationResult straight = Bcpd.Register(Clouds.Moving(), Clouds.Fixed(), options, new Job(2));
        DeformableRegistrationResult started = Bcpd.Register(turned, Clouds.Fixed(), options with { Initial = start }, new Job(2));
        Assert.InRange(Largest(straight.MovedPoints, started.MovedPoints), 0, 0.5);
        for (int i = 0; i < turned.Count; i += 20)
        {
            Assert.InRange((started.Similarity.Apply(turned[i] + started.Displacements[i]) - started.MovedPoints[i]).Length, 0, 1e-6);
            Assert.InRange((started.Apply(turned[i]) - started.MovedPoints[i]).Length, 0, 1e-6);
        }
    }

    [Fact]
    public void Saving_time_changes_little()
    {
        BcpdOptions options = Usual with { Lambda = 20, Beta = 0.7, Gamma = 0.3 };
        DeformableRegistrationResult exact = Bcpd.Register(Clouds.Moving(), Clouds.Fixed(), options with { Acceleration = BcpdAcceleration.None, KernelRank = 0 }, new Job(2));
        DeformableRegistrationResult fast = Bcpd.Register(Clouds.Moving(), Clouds.Fixed(), options, new Job(2));
        Assert.True(fast.KernelRank < exact.KernelRank);
        Assert.InRange(fast.KernelError, 0, 1e-5);
        Assert.InRange(Largest(exact.MovedPoints, fast.MovedPoints), 0, 0.01 * exact.DeformationRmsNm);
        DeformableRegistrationResult wide = Bcpd.Register(
            Clouds.Moving(), Clouds.Fixed(), options with { Acceleration = BcpdAcceleration.Truncated, TruncationRadius = 100 }, new Job(2));
        Assert.InRange(Largest(exact.MovedPoints, wide.MovedPoints), 0, 0.01 * exact.DeformationRmsNm);
        DeformableRegistrationResult coarse = Bcpd.Register(Clouds.Moving(), Clouds.Fixed(), options with { KernelRank = 12 }, new Job(2));
        Assert.Equal(12, coarse.KernelRank);
        Assert.InRange(coarse.KernelError, 1e-3, 1);
    }

    [Fact]
    public void Thinned_clouds_give_nearly_the_same_and_move_every_point()
    {
        var random = new Random(5);
        PointCloud fixedCloud = Clouds.Organelles(random, 40, 60);
        Func<Point3, Point3> bend = Bend(random, 500);
        PointCloud moving = new([.. fixedCloud.Points.ToArray().Select(p => bend(p) + Clouds.NormalPoint(random, 20))]);
        BcpdOptions options = Usual with { Lambda = 10, Beta = 1.2, Gamma = 0.1 };
        DeformableRegistrationResult whole = Bcpd.Register(moving, fixedCloud, options, new Job(2));
        DeformableRegistrationResult thin = Bcpd.Register(moving, fixedCloud, options with { Points = 800 }, new Job(2));
        DeformableRegistrationResult again = Bcpd.Register(moving, fixedCloud, options with { Points = 800 }, new Job(1));
        DeformableRegistrationResult other = Bcpd.Register(moving, fixedCloud, options with { Points = 800, Seed = 2 }, new Job(2));
        Assert.Equal(moving.Count, thin.MovedPoints.Count);
        Assert.Equal(moving.Count, thin.Displacements.Count);
        Assert.Equal(0, Largest(thin.MovedPoints, again.MovedPoints));
        Assert.NotEqual(0, Largest(thin.MovedPoints, other.MovedPoints));
        Assert.InRange(RootMeanSquare(whole.MovedPoints, thin.MovedPoints), 0, 0.5 * whole.DeformationRmsNm);
    }

    [Fact]
    public void The_same_bytes_for_any_number_of_threads()
    {
        var random = new Random(13);
        PointCloud fixedCloud = Clouds.Organelles(random, 40, 20);
        PointCloud moving = Clouds.Organelles(random, 40, 21);
        foreach (BcpdOptions options in (BcpdOptions[])[Usual, Usual with { Acceleration = BcpdAcceleration.Truncated, Gamma = 0.1 }, Usual with { PosteriorVariance = true, Kappa = 2 }])
        {
            string[] results =
            [
                .. ((int[])[1, 2, 3, 7]).Select(threads =>
                {
                    DeformableRegistrationResult r = Bcpd.Register(moving, fixedCloud, options with { MaxIterations = 8 }, new Job(threads));
                    return string.Join(' ', r.MovedPoints.Points.ToArray().SelectMany(p => (double[])[p.Z, p.Y, p.X]).Concat(r.History.Select(h => h.SigmaNm))
                        .Append(r.Residuals.PosteriorRmsNm).Select(v => BitConverter.DoubleToInt64Bits(v)));
                }),
            ];
            Assert.All(results, r => Assert.Equal(results[0], r));
        }
    }

    [Fact]
    public void Sigma_stays_above_its_smallest_value()
    {
        DeformableRegistrationResult result = Bcpd.Register(Clouds.Moving(), Clouds.Fixed(), Usual with { MinimumSigmaNm = 400, Lambda = 50 }, new Job(2));
        Assert.Equal(400, result.SigmaNm, 1e-9);
        Assert.True(result.Converged);
    }

    [Fact]
    public void Small_kappa_lets_points_without_a_counterpart_fade()
    {
        BcpdOptions options = Usual with { Lambda = 50, Omega = 0.2 };
        double equal = Bcpd.Register(Clouds.Moving(), Clouds.Fixed(), options, new Job(2)).DeformationRmsNm;
        double faded = Bcpd.Register(Clouds.Moving(), Clouds.Fixed(), options with { Kappa = 1 }, new Job(2)).DeformationRmsNm;
        double same = Bcpd.Register(Clouds.Moving(), Clouds.Fixed(), options with { Kappa = 1e20 }, new Job(2)).DeformationRmsNm;
        Assert.Equal(equal, same);
        Assert.NotEqual(equal, faded);
    }

    [Fact]
    public void Clouds_far_apart_end_lost_and_say_so()
    {
        DeformableRegistrationResult result = Bcpd.Register(
            new([.. Clouds.Moving().Points.ToArray().Select(p => p + new Point3(1e7, 0, 0))]), Clouds.Fixed(),
            Usual with { Normalisation = BcpdNormalisation.Fixed, Omega = 0.5, Gamma = 1e-3 }, new Job(2));
        Assert.Equal(StopReason.Lost, result.StopReason);
        Assert.False(result.Converged);
        Assert.Contains("bcpd_omega", result.StopText);
        Assert.True(result.MovedPoints.Points.ToArray().All(p => p.IsFinite));
    }

    [Fact]
    public void Control_points_are_spread_and_lie_on_the_map()
    {
        DeformableRegistrationResult result = Bcpd.Register(Clouds.Moving(), Clouds.Fixed(), Usual with { Lambda = 20, MaxIterations = 10 }, new Job(2));
        IReadOnlyList<ControlPointPair> pairs = result.ControlPoints(Clouds.Moving(), 50);
        Assert.Equal(50, pairs.Count);
        Assert.Equal(50, pairs.Distinct().Count());
        foreach (ControlPointPair pair in pairs) Assert.InRange((result.Apply(pair.Moving) - pair.Moved).Length, 0, 1e-6);
        Assert.Equal(Clouds.Moving().Points.ToArray().Distinct().Count(), result.ControlPoints(Clouds.Moving(), 100_000).Count);
    }

    [Fact]
    public void Cancelling_ends_it_within_an_iteration()
    {
        var random = new Random(2);
        PointCloud fixedCloud = Clouds.Organelles(random, 20, 60), moving = Clouds.Organelles(random, 20, 60);
        using var observer = new CancellingObserver();
        Assert.Throws<OperationCanceledException>(() => Bcpd.Register(moving, fixedCloud,
            Usual with { Tolerance = 0, MaxIterations = 1000, Acceleration = BcpdAcceleration.None, KernelRank = 0, Beta = 0.2 }, new Job(2, observer.Token, observer)));
        Assert.Equal(0, observer.ReportsAfterCancelling);
    }

    [Fact]
    public void Options_out_of_range_are_refused_by_name()
    {
        Refused(Usual with { Omega = 1 }, "bcpd_omega = 1");
        Refused(Usual with { Omega = -0.1 }, "bcpd_omega = -0.1");
        Refused(Usual with { Omega = double.NaN }, "bcpd_omega = NaN");
        Refused(Usual with { Lambda = 0 }, "bcpd_lambda = 0");
        Refused(Usual with { Lambda = double.PositiveInfinity }, "bcpd_lambda = ");
        Refused(Usual with { Beta = -1 }, "bcpd_beta = -1");
        Refused(Usual with { Kappa = 0 }, "bcpd_kappa = 0");
        Refused(Usual with { Kappa = double.NaN }, "bcpd_kappa = NaN");
        Refused(Usual with { Gamma = 0 }, "bcpd_gamma = 0");
        Refused(Usual with { Tolerance = -1 }, "bcpd_tolerance = -1");
        Refused(Usual with { MinimumIterations = -1 }, "bcpd_min_iterations = -1");
        Refused(Usual with { MaxIterations = 0 }, "bcpd_max_iterations = 0");
        Refused(Usual with { MinimumSigmaNm = -1 }, "registration_minimum_sigma = -1");
        Refused(Usual with { KernelRank = -1 }, "bcpd_kernel_rank = -1");
        Refused(Usual with { TruncationStart = 0 }, "bcpd_truncation_start = 0");
        Refused(Usual with { TruncationSigmas = 0 }, "bcpd_truncation_sigmas = 0");
        Refused(Usual with { TruncationRadius = double.NaN }, "bcpd_truncation_radius = NaN");
        Refused(Usual with { Points = 3 }, "bcpd_points = 3");
        Refused(Usual with { Points = -1 }, "bcpd_points = -1");
        Refused(Usual with { ThinningVoxel = -1 }, "bcpd_thinning_voxel = -1");

        static void Refused(BcpdOptions options, string start) =>
            Assert.StartsWith(start, Assert.Throws<BadInputException>(() => Bcpd.Register(Clouds.Moving(), Clouds.Fixed(), options, new Job(1))).Message);
    }

    [Fact]
    public void Clouds_that_determine_nothing_are_refused_with_the_reason()
    {
        PointCloud flat = new([.. Clouds.Fixed().Points.ToArray().Select(p => p with { Z = 0 })]);
        PointCloud few = new([.. Clouds.Fixed().Points[..3]]);
        Assert.Contains("in one plane", Refused(flat, Clouds.Fixed()));
        Assert.Contains("The fixed cloud has 3 points", Refused(Clouds.Moving(), few));
        Assert.Contains("0 points", Refused(new PointCloud([]), Clouds.Fixed()));

        static string Refused(PointCloud moving, PointCloud fixedCloud) =>
            Assert.Throws<BadInputException>(() => Bcpd.Register(moving, fixedCloud, Usual, new Job(1))).Message;
    }

    /// <summary>A smooth displacement of up to about <paramref name="amplitude"/> nm over the slab of the organelles.</summary>
    private static Func<Point3, Point3> Bend(Random random, double amplitude)
    {
        double a = 2 * Math.PI * random.NextDouble(), b = 2 * Math.PI * random.NextDouble();
        return p => p + amplitude * new Point3(
            0.2 * Math.Sin(p.Y / 3500 + a), 0.7 * Math.Sin(p.X / 3000 + b), 0.7 * Math.Cos(p.Y / 4000 + a + b));
    }

    private static double Largest(PointCloud a, PointCloud b) => Enumerable.Range(0, a.Count).Max(i => (a[i] - b[i]).Length);

    private static double RootMeanSquare(PointCloud a, PointCloud b) =>
        Math.Sqrt(Enumerable.Range(0, a.Count).Average(i => Point3.Dot(a[i] - b[i], a[i] - b[i])));
}

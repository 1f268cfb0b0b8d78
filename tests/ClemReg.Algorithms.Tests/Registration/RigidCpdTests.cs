using ClemReg.Algorithms.PointClouds;
using ClemReg.Algorithms.Registration;
using ClemReg.Algorithms.Transforms;
using ClemReg.Algorithms.Volumes;
using Xunit.Abstractions;

namespace ClemReg.Algorithms.Tests.Registration;

public sealed class RigidCpdTests(ITestOutputHelper output)
{
    private static readonly RigidCpdOptions Usual = new();
    private static readonly RigidCpdOptions Paper = new() { ScaleEstimate = ScaleEstimate.LeastSquares };

    public static TheoryData<int> GoldenRows() => Clouds.Rows(24);

    [Theory]
    [MemberData(nameof(GoldenRows))]
    public void States_agree_with_the_papers_formulas_in_NumPy(int row)
    {
        double[] golden = Clouds.ReadNumbers(Clouds.Golden("cpd_states.csv"), 1)[row];
        var options = new RigidCpdOptions
        {
            OutlierWeight = golden[0],
            WithScale = golden[1] == 1,
            ScaleEstimate = ScaleEstimate.LeastSquares,
            Normalise = golden[2] == 1,
            UnitNm = 20,
            MaxIterations = (int)golden[3],
            Tolerance = 0,
        };
        RegistrationResult result = RigidCpd.Register(Clouds.Moving(), Clouds.Fixed(), options, new Job(2));
        for (int i = 0; i < 12; i++)
            Assert.Equal(golden[4 + i], result.Transform.Rows[i], i % 4 == 3 ? 1e-4 : 1e-9);
        Assert.Equal(golden[16], result.SigmaNm, golden[16] * 1e-9);
        Assert.Equal(golden[17], result.History[^1].NegativeLogLikelihood, Math.Abs(golden[17]) * 1e-9);
        Assert.Equal(options.MaxIterations, result.Iterations);
        Assert.Equal(StopReason.IterationLimit, result.StopReason);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    public void Residuals_agree_with_NumPy(int row)
    {
        double[] golden = Clouds.ReadNumbers(Clouds.Golden("cpd_residuals.csv"), 1)[row];
        var options = new RigidCpdOptions { OutlierWeight = golden[0], WithScale = golden[1] == 1, ScaleEstimate = ScaleEstimate.LeastSquares, MaxIterations = 50, Tolerance = 0 };
        RegistrationResult result = RigidCpd.Register(Clouds.Moving(), Clouds.Fixed(), options, new Job(2));
        RegistrationResiduals again = RegistrationEvaluation.Evaluate(Clouds.Moving(), Clouds.Fixed(), result.Transform, result.SigmaNm, golden[0], new Job(1));
        foreach (RegistrationResiduals r in (RegistrationResiduals[])[result.Residuals, again])
        {
            double[] found =
            [
                r.NearestRmsNm, r.NearestMedianNm, r.Nearest95Nm, r.PosteriorRmsNm, r.PosteriorMedianNm, r.Posterior95Nm, r.ExplainedFraction,
            ];
            for (int i = 0; i < found.Length; i++) Assert.Equal(golden[2 + i], found[i], golden[2 + i] * 1e-8);
            Assert.Equal(2 * result.SigmaNm, r.InlierDistanceNm, 1e-6);
            Assert.InRange(r.Fitness, 0.5, 1);
            Assert.InRange(r.InlierRmsNm, 1, r.NearestRmsNm);
        }
    }

    [Fact]
    public void The_likelihood_rises_with_every_iteration()
    {
        foreach (double w in (double[])[0, 0.1, 0.5])
        {
            IReadOnlyList<RegistrationState> history =
                RigidCpd.Register(Clouds.Moving(), Clouds.Fixed(), Paper with { OutlierWeight = w, Tolerance = 0 }, new Job(1)).History;
            for (int i = 1; i < history.Count; i++)
                Assert.True(history[i].NegativeLogLikelihood < history[i - 1].NegativeLogLikelihood + 1e-9, $"w {w}, iteration {i}");
        }
    }

    [Fact]
    public void It_finds_the_transform_of_100_clouds_with_noise_outliers_and_missing_parts()
    {
        var errors = new List<double>();
        for (int seed = 0; seed < 100; seed++)
        {
            var random = new Random(seed);
            PointCloud whole = Clouds.Organelles(random, 14, 12);
            double scale = 0.85 + 0.3 * random.NextDouble();
            AffineTransform truth = AffineTransform.Similarity(
                scale, Clouds.Rotation(Clouds.NormalPoint(random, 1), 30 * random.NextDouble()), Clouds.NormalPoint(random, 20_000));
            // Two of the 14 organelles are missing in the moving cloud, one other in the fixed cloud; a tenth of each is false.
            PointCloud moving = Disturb(random, whole.Points[..(12 * 12)], truth.Inverse(), 40);
            PointCloud fixedCloud = Disturb(random, whole.Points[12..], AffineTransform.Identity, 40);
            RegistrationResult result = RigidCpd.Register(moving, fixedCloud, Usual with { MaxIterations = 150 }, new Job(2));
            errors.Add(Clouds.Error(truth.Inverse().Apply(whole), result.Transform, truth));
            Assert.True(result.Transform.Determinant > 0);
        }
        errors.Sort();
        output.WriteLine($"TRE nm: median {errors[50]:F0}, 90 % {errors[90]:F0}, worst {errors[^1]:F0}");
        Assert.InRange(errors[50], 1, 80);
        Assert.InRange(errors[97], 1, 250);

        static PointCloud Disturb(Random random, ReadOnlySpan<Point3> points, AffineTransform map, double noise)
        {
            var all = new List<Point3>();
            foreach (Point3 p in points) all.Add(map.Apply(p + Clouds.NormalPoint(random, noise)));
            int extra = points.Length / 10;
            foreach (Point3 p in Clouds.Box(random, extra, 3000, 12000, 9000).Points) all.Add(map.Apply(p));
            return new PointCloud([.. all]);
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Clouds_that_are_the_same_points_are_laid_on_each_other_exactly(bool withScale)
    {
        PointCloud cloud = Clouds.Organelles(new Random(11), 10, 15);
        AffineTransform truth = AffineTransform.Similarity(withScale ? 1.3 : 1, Clouds.Rotation(new Point3(1, 2, -1), 20), new Point3(5, -70_000, 900));
        RegistrationResult result = RigidCpd.Register(
            truth.Inverse().Apply(cloud), cloud, Usual with { WithScale = withScale, OutlierWeight = 0, MaxIterations = 300 }, new Job(1));
        Assert.Equal(StopReason.Coincident, result.StopReason);
        Assert.True(result.Converged);
        Assert.InRange(Clouds.Error(truth.Inverse().Apply(cloud), result.Transform, truth), 0, 0.1);
        Assert.Equal(withScale ? 1.3 : 1, result.Scale, 1e-6);
    }

    [Fact]
    public void The_symmetric_scale_serves_better_when_the_fixed_cloud_is_a_part_of_the_moving_one()
    {
        var symmetric = new List<double>();
        var paper = new List<double>();
        for (int seed = 0; seed < 10; seed++)
        {
            var random = new Random(100 + seed);
            PointCloud all = Clouds.Organelles(random, 30, 14);
            PointCloud moving = new([.. all.Points.ToArray().Select(p => p + Clouds.NormalPoint(random, 50))]);
            PointCloud part = new([.. all.Points.ToArray().Where(p => Math.Abs(p.Y) < 4500 && Math.Abs(p.X) < 3400).Select(p => p + Clouds.NormalPoint(random, 50))]);
            symmetric.Add(Clouds.Error(part, RigidCpd.Register(moving, part, Usual with { MaxIterations = 150 }, new Job(2)).Transform, AffineTransform.Identity));
            paper.Add(Clouds.Error(part, RigidCpd.Register(moving, part, Paper with { MaxIterations = 150 }, new Job(2)).Transform, AffineTransform.Identity));
        }
        output.WriteLine($"TRE nm: symmetric {string.Join(' ', symmetric.Select(v => v.ToString("F0")))}, paper {string.Join(' ', paper.Select(v => v.ToString("F0")))}");
        Assert.InRange(symmetric.Max(), 1, 60);
        Assert.True(symmetric.Average() < paper.Average());
    }

    [Fact]
    public void Sigma_stays_above_its_smallest_value()
    {
        RegistrationResult result = RigidCpd.Register(Clouds.Moving(), Clouds.Fixed(), Usual with { MinimumSigmaNm = 500, MaxIterations = 200 }, new Job(1));
        Assert.Equal(500, result.SigmaNm, 1e-9);
        Assert.True(result.Converged);
        Assert.True(RigidCpd.Register(Clouds.Moving(), Clouds.Fixed(), Usual, new Job(1)).SigmaNm < 400);
    }

    [Fact]
    public void Without_scale_the_size_stays()
    {
        RegistrationResult result = RigidCpd.Register(Clouds.Moving(), Clouds.Fixed(), Usual with { WithScale = false }, new Job(1));
        Assert.Equal(1, result.Scale, 1e-12);
        Assert.Equal(1, result.Transform.Determinant, 1e-12);
    }

    [Fact]
    public void A_mirror_image_is_turned_never_mirrored()
    {
        PointCloud cloud = Clouds.Organelles(new Random(12), 10, 15);
        PointCloud mirrored = new([.. cloud.Points.ToArray().Select(p => new Point3(-p.Z, p.Y, p.X))]);
        RegistrationResult result = RigidCpd.Register(cloud, mirrored, Usual, new Job(1));
        Assert.True(result.Transform.Determinant > 0);
        Assert.Equal(1, RigidCpd.Maximise(
            new CpdMoments
            {
                Weight = 10,
                Fixed = default,
                Moved = default,
                FixedSquare = 60,
                MovedSquare = 60,
                Cross = [-10, 0, 0, 0, 20, 0, 0, 0, 30],
                NegativeLogLikelihood = 0,
            },
            null)!.Value.Step.Determinant, 1e-12);
    }

    [Fact]
    public void Weight_in_a_single_place_determines_no_scale()
    {
        var moments = new CpdMoments
        {
            Weight = 4,
            Fixed = new Point3(4, 0, 0),
            Moved = new Point3(4, 0, 0),
            FixedSquare = 4,
            MovedSquare = 4,
            Cross = [4, 0, 0, 0, 0, 0, 0, 0, 0],
            NegativeLogLikelihood = 0,
        };
        Assert.Null(RigidCpd.Maximise(moments, ScaleEstimate.Symmetric));
        Assert.Null(RigidCpd.Maximise(moments, ScaleEstimate.LeastSquares));
    }

    [Fact]
    public void The_same_bytes_for_any_number_of_threads()
    {
        var random = new Random(13);
        PointCloud fixedCloud = Clouds.Organelles(random, 24, 13);
        PointCloud moving = Clouds.Organelles(random, 26, 14);
        string[] results =
        [
            .. ((int[])[1, 2, 3, 7]).Select(threads =>
            {
                RegistrationResult r = RigidCpd.Register(moving, fixedCloud, Usual with { MaxIterations = 12 }, new Job(threads));
                return string.Join(' ', r.Transform.Rows.ToArray().Concat(r.History.Select(h => h.NegativeLogLikelihood))
                    .Append(r.Residuals.PosteriorRmsNm).Select(v => BitConverter.DoubleToInt64Bits(v)));
            }),
        ];
        Assert.All(results, r => Assert.Equal(results[0], r));
    }

    [Fact]
    public void A_start_close_to_the_truth_helps_where_the_rotation_is_too_large()
    {
        var random = new Random(14);
        PointCloud cloud = Clouds.Organelles(random, 12, 25);
        AffineTransform truth = AffineTransform.Similarity(1.1, Clouds.Rotation(new Point3(1, 0.2, 0.1), 150), new Point3(100, 9000, 0));
        AffineTransform start = AffineTransform.Similarity(1, Clouds.Rotation(new Point3(1, 0.2, 0.1), 135), new Point3(0, 8500, 300));
        PointCloud moving = truth.Inverse().Apply(cloud);
        Assert.InRange(Clouds.Error(moving, RigidCpd.Register(moving, cloud, Usual, new Job(1)).Transform, truth), 1000, 1e5);
        RegistrationResult result = RigidCpd.Register(moving, cloud, Usual with { Initial = start, MaxIterations = 200 }, new Job(1));
        Assert.InRange(Clouds.Error(moving, result.Transform, truth), 0, 20);
        Assert.Equal(1.1, result.Scale, 2e-3);
    }

    [Fact]
    public void It_stops_when_the_points_move_less_than_the_tolerance()
    {
        RegistrationResult loose = RigidCpd.Register(Clouds.Moving(), Clouds.Fixed(), Usual with { Tolerance = 1e-2, MaxIterations = 1000 }, new Job(1));
        RegistrationResult tight = RigidCpd.Register(Clouds.Moving(), Clouds.Fixed(), Usual with { Tolerance = 1e-6, MaxIterations = 1000 }, new Job(1));
        Assert.Equal(StopReason.Converged, loose.StopReason);
        Assert.True(loose.Converged && tight.Converged);
        Assert.True(loose.Iterations < tight.Iterations);
        RegistrationState last = loose.History[^1];
        Assert.True(last.MovementNm < 1e-2 * last.SigmaNm);
        Assert.True(loose.History[^2].MovementNm >= 1e-2 * loose.History[^2].SigmaNm);
        Assert.Contains($"after {loose.Iterations} iterations", loose.StopText);
    }

    [Fact]
    public void The_published_outlier_weight_in_nanometres_ends_lost_and_says_so()
    {
        RegistrationResult result = RigidCpd.Register(
            Clouds.Moving(), Clouds.Fixed(), Usual with { Normalise = false, OutlierWeight = 0.3, MaxIterations = 200 }, new Job(1));
        Assert.Equal(StopReason.Lost, result.StopReason);
        Assert.False(result.Converged);
        Assert.Contains("registration_outlier_weight", result.StopText);
        Assert.True(result.Transform.Rows.ToArray().All(double.IsFinite));
    }

    [Fact]
    public void Cancelling_ends_it()
    {
        using var source = new CancellationTokenSource();
        source.Cancel();
        Assert.Throws<OperationCanceledException>(() => RigidCpd.Register(Clouds.Moving(), Clouds.Fixed(), Usual, new Job(2, source.Token)));
    }

    [Fact]
    public void Options_out_of_range_are_refused_by_name()
    {
        Refused(Usual with { MaxIterations = 0 }, "registration_max_iterations = 0");
        Refused(Usual with { Tolerance = -1 }, "registration_tolerance = -1");
        Refused(Usual with { Tolerance = double.NaN }, "registration_tolerance = NaN");
        Refused(Usual with { OutlierWeight = 1 }, "registration_outlier_weight = 1");
        Refused(Usual with { OutlierWeight = -0.1 }, "registration_outlier_weight = -0.1");
        Refused(Usual with { OutlierWeight = double.NaN }, "registration_outlier_weight = NaN");
        Refused(Usual with { MinimumSigmaNm = -1 }, "registration_minimum_sigma = -1");
        Refused(Usual with { UnitNm = 0 }, "registration_unit_nm = 0");

        static void Refused(RigidCpdOptions options, string start) =>
            Assert.StartsWith(start, Assert.Throws<BadInputException>(() => RigidCpd.Register(Clouds.Moving(), Clouds.Fixed(), options, new Job(1))).Message);
    }

    [Fact]
    public void Clouds_that_determine_nothing_are_refused_with_the_reason()
    {
        var random = new Random(15);
        PointCloud good = Clouds.Box(random, 20, 10, 10, 10);
        Point3[] points = good.Points.ToArray();
        var u = new Point3(1, 2, 3);
        var v = new Point3(-2, 1, 0.5);
        var far = new Point3(1e5, -2e5, 3e5);
        Refused(good, new PointCloud([.. points[..3]]), "fixed", "3 points");
        Refused(new PointCloud([]), good, "moving", "0 points");
        Refused(new PointCloud([.. points[..1]]), good, "moving", "1 point:");
        Refused(new PointCloud([.. points.Select(_ => new Point3(0.1, 0.2, 0.3) + far)]), good, "moving", "in one place");
        Refused(new PointCloud([.. points.Select(p => p.Z * u + far)]), good, "moving", "on one line");
        Refused(good, new PointCloud([.. points.Select(p => p.Z * u + p.Y * v + far)]), "fixed", "in one plane");
        Refused(good, new PointCloud([.. points, new Point3(0, 1e13, 0)]), "fixed", "1e12 nm");
        Assert.Contains("in one plane", Assert.Throws<BadInputException>(() => RigidCpd.Register(
            good, good, Usual with { Initial = new AffineTransform([1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0]) }, new Job(1))).Message);
        Assert.Contains("not a number", Assert.Throws<BadInputException>(() => new PointCloud([new Point3(0, double.NaN, 0)])).Message);

        static void Refused(PointCloud moving, PointCloud fixedCloud, string which, string why)
        {
            string message = Assert.Throws<BadInputException>(() => RigidCpd.Register(moving, fixedCloud, Usual, new Job(1))).Message;
            Assert.StartsWith($"The {which} cloud", message);
            Assert.Contains(why, message);
        }
    }

    [Fact]
    public void Four_points_are_enough()
    {
        PointCloud cloud = new([new Point3(0, 0, 0), new Point3(1000, 0, 0), new Point3(0, 2000, 0), new Point3(0, 0, 4000)]);
        AffineTransform truth = AffineTransform.Similarity(1, Clouds.Rotation(new Point3(0, 1, 1), 10), new Point3(7, 8, 9));
        RegistrationResult result = RigidCpd.Register(truth.Inverse().Apply(cloud), cloud, Usual with { OutlierWeight = 0, MaxIterations = 200 }, new Job(1));
        Assert.InRange(Clouds.Error(cloud, result.Transform, truth), 0, 1);
    }

    [Theory]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    [InlineData(10)]
    [InlineData(20)]
    [InlineData(40)]
    [InlineData(80)]
    [InlineData(160)]
    public void Few_points_register_at_the_defaults_of_register(int points)
    {
        var random = new Random(points);
        PointCloud cloud = new([.. Enumerable.Range(0, points).Select(_ => new Point3(2000 * random.NextDouble(), 8000 * random.NextDouble(), 8000 * random.NextDouble()))]);
        AffineTransform truth = AffineTransform.Similarity(1, Clouds.Rotation(new Point3(0, 1, 1), 2), new Point3(70, -60, 50));
        PointCloud noisy = new([.. truth.Inverse().Apply(cloud).Points.ToArray().Select(p => p + new Point3(20 * random.NextDouble(), 20 * random.NextDouble(), 20 * random.NextDouble()))]);
        RegistrationResult result = RigidCpd.Register(noisy, cloud, new RigidCpdOptions { OutlierWeight = 0.8, MinimumSigmaNm = 300, MaxIterations = 200 }, new Job(1));
        Assert.NotEqual(StopReason.Lost, result.StopReason);
        Assert.InRange(Clouds.Error(cloud, result.Transform, truth), 0, 150);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Teasers_benchmarks_are_met_from_a_start_15_degrees_off(int benchmark)
    {
        if (SharedData.Find($"pointclouds/teaser/benchmark_{benchmark}", output) is not { } folder) return;
        PointCloud moving = ReadPly(Path.Combine(folder, "src.ply")), fixedCloud = ReadPly(Path.Combine(folder, "dst.ply"));
        double[] r = [.. Clouds.ReadNumbers(Path.Combine(folder, "R_ref.csv")).SelectMany(v => v)];
        double[] t = [.. Clouds.ReadNumbers(Path.Combine(folder, "t_ref.csv")).SelectMany(v => v)];
        double s = Clouds.ReadNumbers(Path.Combine(folder, "s_ref.csv"))[0][0];
        AffineTransform truth = AffineTransform.Similarity(s, r, new Point3(t[0], t[1], t[2]));
        AffineTransform off = AffineTransform.Similarity(1, Clouds.Rotation(new Point3(1, -1, 2), 15), new Point3(0.05, 0, -0.05));
        RegistrationResult result = RigidCpd.Register(
            moving, fixedCloud, Usual with { Initial = truth.Then(off), MaxIterations = 500, Tolerance = 1e-6, OutlierWeight = 0.02 }, new Job(1));
        double error = Clouds.Error(moving, result.Transform, truth);
        output.WriteLine($"benchmark {benchmark}: scale {result.Scale:F5} for {s:F5}, error {error:G3}, {result.StopText}");
        Assert.InRange(error, 0, 0.02);
    }

    [Fact]
    public void A_face_and_a_glacier_are_found_again()
    {
        if (SharedData.Find("pointclouds/cpd_fixtures", output) is not { } folder) return;
        var random = new Random(16);
        foreach (string name in (string[])["face.csv", "helheim.csv"])
        {
            PointCloud cloud = Clouds.Read(Path.Combine(folder, name));
            if (cloud.Count > 1000) cloud = new PointCloud([.. cloud.Points.ToArray().Where((_, i) => i % 16 == 0)]);
            Point3 centre = default;
            foreach (Point3 p in cloud.Points) centre += 1.0 / cloud.Count * p;
            double size = Math.Sqrt(cloud.Points.ToArray().Average(p => (p - centre).Length * (p - centre).Length));
            double[] turn = Clouds.Rotation(new Point3(0.3, 0.2, 1), 12);
            Point3 turned = AffineTransform.Similarity(1.05, turn, default).Apply(centre);
            AffineTransform truth = AffineTransform.Similarity(1.05, turn, centre - turned + Clouds.NormalPoint(random, size));
            PointCloud moving = new([.. cloud.Points.ToArray().Where((_, i) => i % 3 != 0).Select(p => truth.Inverse().Apply(p + Clouds.NormalPoint(random, 0.01 * size)))]);
            RegistrationResult result = RigidCpd.Register(moving, cloud, Usual with { MaxIterations = 150 }, new Job(2));
            double error = Clouds.Error(moving, result.Transform, truth) / size;
            output.WriteLine($"{name}: error {error:P3} of its radius, {result.StopText}");
            Assert.InRange(error, 0, 0.01);
        }
    }

    /// <summary>The points of an ASCII PLY file; its x, y, z are taken as they come.</summary>
    private static PointCloud ReadPly(string path) =>
        Clouds.Read(path, File.ReadLines(path).TakeWhile(l => l != "end_header").Count() + 1);
}

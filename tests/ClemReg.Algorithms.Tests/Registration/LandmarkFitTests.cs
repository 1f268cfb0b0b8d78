using ClemReg.Algorithms.Registration;
using ClemReg.Algorithms.Transforms;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Tests.Registration;

public sealed class LandmarkFitTests
{
    /// <summary>Points in a box of 4 x 20 x 30 um, far from the origin.</summary>
    private static Point3[] Points(int count, int seed)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(_ => new Point3(50000 + 4000 * random.NextDouble(), -7000 + 20000 * random.NextDouble(), 30000 * random.NextDouble()))];
    }

    /// <summary>A rotation about a seeded axis by up to half a turn.</summary>
    private static double[] Rotation(Random random)
    {
        double a = random.NextDouble() - 0.5, b = random.NextDouble() - 0.5, c = random.NextDouble() - 0.5, n = Math.Sqrt(a * a + b * b + c * c), angle = Math.PI * random.NextDouble();
        (a, b, c) = (a / n, b / n, c / n);
        double s = Math.Sin(angle), k = 1 - Math.Cos(angle);
        return
        [
            1 - k * (b * b + c * c), k * a * b - s * c, k * a * c + s * b, k * a * b + s * c, 1 - k * (a * a + c * c), k * b * c - s * a, k * a * c - s * b, k * b * c + s * a,
            1 - k * (a * a + b * b),
        ];
    }

    private static void Same(AffineTransform expected, AffineTransform actual, Point3[] at, double nm)
    {
        foreach (Point3 p in at) Assert.True((expected.Apply(p) - actual.Apply(p)).Length < nm, $"{p}: {(expected.Apply(p) - actual.Apply(p)).Length} nm");
    }

    [Fact]
    public void A_known_transform_is_found_again()
    {
        for (int seed = 0; seed < 100; seed++)
        {
            var random = new Random(seed);
            Point3[] moving = Points(4 + seed % 9, seed);
            var rigid = AffineTransform.Similarity(1, Rotation(random), new Point3(1e4 * random.NextDouble(), -3e4, 5e4));
            var similar = AffineTransform.Similarity(0.3 + 2 * random.NextDouble(), Rotation(random), new Point3(1e4, 2e4 * random.NextDouble(), -5e4));
            var affine = similar.Then(new AffineTransform([1, 0.2, 0, 5, -0.1, 0.7, 0.3, 6, 0, 0.05, 1.3, 7]));
            Same(rigid, LandmarkFit.Fit(moving, [.. moving.Select(rigid.Apply)], LandmarkModel.Rigid).Transform, moving, 1e-5);
            Same(similar, LandmarkFit.Fit(moving, [.. moving.Select(similar.Apply)], LandmarkModel.Similarity).Transform, moving, 1e-5);
            LandmarkFit fit = LandmarkFit.Fit(moving, [.. moving.Select(affine.Apply)], LandmarkModel.Affine);
            Same(affine, fit.Transform, moving, 1e-4);
            Assert.True(fit.RmsNm < 1e-4 && fit.MaximumNm < 1e-4 && fit.Residuals.Count == moving.Length);
        }
    }

    [Fact]
    public void The_least_squares_answer_of_noisy_landmarks_is_a_minimum()
    {
        var random = new Random(3);
        Point3[] moving = Points(12, 3);
        var truth = AffineTransform.Similarity(1.1, Rotation(random), new Point3(1, 2, 3));
        Point3[] target = [.. moving.Select(p => truth.Apply(p) + 200 * new Point3(random.NextDouble() - 0.5, random.NextDouble() - 0.5, random.NextDouble() - 0.5))];
        foreach (LandmarkModel model in Enum.GetValues<LandmarkModel>())
        {
            LandmarkFit fit = LandmarkFit.Fit(moving, target, model);
            for (int axis = 0; axis < 3; axis++)
                foreach (double step in new[] { -1e-4, 1e-4 })
                {
                    double c = Math.Cos(step), s = Math.Sin(step);
                    double[] turn = axis == 0 ? [1, 0, 0, 0, c, -s, 0, s, c] : axis == 1 ? [c, 0, s, 0, 1, 0, -s, 0, c] : [c, -s, 0, s, c, 0, 0, 0, 1];
                    Point3 centre = fit.Transform.Apply(moving[0]);
                    AffineTransform other = fit.Transform.Then(AffineTransform.Similarity(1, turn, centre - AffineTransform.Similarity(1, turn, default).Apply(centre)));
                    double rms = Math.Sqrt(moving.Select((p, i) => Math.Pow((other.Apply(p) - target[i]).Length, 2)).Average());
                    Assert.True(rms > fit.RmsNm, $"{model}, axis {axis}");
                }
        }
    }

    [Theory]
    [InlineData("one", LandmarkModel.Rigid, "one place")]
    [InlineData("line", LandmarkModel.Rigid, "one line, along (0, 0.6, 0.8) (z, y, x): the rotation about this line cannot")]
    [InlineData("line", LandmarkModel.Affine, "stretch and shear across it")]
    [InlineData("plane", LandmarkModel.Affine, "one plane, whose normal is (1, 0, 0) (z, y, x): stretch and shear along the normal")]
    public void What_is_not_determined_is_said(string shape, LandmarkModel model, string message)
    {
        Point3[] points = [.. Points(9, 1).Select((p, i) => shape switch { "one" => new Point3(5, 6, 7), "line" => new Point3(5000, 600 * i, 800 * i), _ => p with { Z = 5000 } })];
        BadInputException e = Assert.Throws<BadInputException>(() => LandmarkFit.Fit(points, points, model));
        Assert.Contains(message, e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_plane_is_enough_for_a_similarity()
    {
        Point3[] plane = [.. Points(6, 2).Select(p => p with { Z = 5000 })];
        var truth = AffineTransform.Similarity(1.2, Rotation(new Random(5)), new Point3(3, 4, 5));
        LandmarkFit fit = LandmarkFit.Fit(plane, [.. plane.Select(truth.Apply)], LandmarkModel.Similarity);
        Same(truth, fit.Transform, Points(5, 9), 1e-3);
        Assert.Empty(fit.Warnings);
    }

    [Fact]
    public void Few_mirrored_and_nearly_flat_landmarks_are_noticed()
    {
        Point3[] points = Points(8, 4);
        Assert.Contains("3 landmark pairs: at least 4", Assert.Throws<BadInputException>(() => LandmarkFit.Fit(points.AsSpan(0, 3), points.AsSpan(0, 3), LandmarkModel.Rigid)).Message, StringComparison.Ordinal);
        Assert.Contains("is 1 landmark pair:", Assert.Throws<BadInputException>(() => LandmarkFit.Fit(points.AsSpan(0, 1), points.AsSpan(0, 1), LandmarkModel.Rigid)).Message, StringComparison.Ordinal);
        Point3[] mirrored = [.. points.Select(p => p with { X = -p.X })];
        foreach (LandmarkModel model in Enum.GetValues<LandmarkModel>())
            Assert.Contains(LandmarkFit.Fit(points, mirrored, model).Warnings, w => w.Contains("mirror", StringComparison.Ordinal));
        Assert.True(LandmarkFit.Fit(points, mirrored, LandmarkModel.Rigid).Transform.Determinant > 0);
        Point3[] flat = [.. points.Select(p => p with { Z = 5000 + 0.01 * p.Z })];
        Assert.Contains(LandmarkFit.Fit(flat, flat, LandmarkModel.Affine).Warnings, w => w.Contains("nearly in one plane", StringComparison.Ordinal));
        Point3[] line = [.. points.Select(p => new Point3(5000, 0.001 * p.Y, p.X))];
        Assert.Contains(LandmarkFit.Fit(line, line, LandmarkModel.Rigid).Warnings, w => w.Contains("nearly on one line", StringComparison.Ordinal));
    }
}

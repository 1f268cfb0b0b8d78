using System.Globalization;
using ClemReg.Algorithms.PointClouds;
using ClemReg.Algorithms.Transforms;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Tests.Transforms;

/// <summary>Landmarks, bends and the golden files of the transforms.</summary>
internal static class BendCases
{
    public static double[][] Csv(string name) =>
        [.. File.ReadLines(Path.Combine(AppContext.BaseDirectory, "golden", "transforms", name)).Skip(1)
            .Select(line => line.Split(',').Select(t => double.Parse(t, CultureInfo.InvariantCulture)).ToArray())];

    public static PointCloud Column(double[][] rows, int first) => new([.. rows.Select(r => new Point3(r[first], r[first + 1], r[first + 2]))]);

    public static PointCloud RandomPoints(int count, int seed)
    {
        var random = new Random(seed);
        return new PointCloud([.. Enumerable.Range(0, count).Select(_ => new Point3(2100 * random.NextDouble(), 9000 * random.NextDouble(), 8000 * random.NextDouble()))]);
    }

    /// <summary>A turn with a smooth bend of up to <paramref name="nm"/>.</summary>
    public static PointCloud Bent(PointCloud points, double nm)
    {
        AffineTransform turn = AffineTransform.Similarity(1.05, [1, 0, 0, 0, 0.8, -0.6, 0, 0.6, 0.8], new Point3(50, 3000, -100));
        return new PointCloud([.. points.Points.ToArray().Select(p =>
            turn.Apply(p) + nm * new Point3(Math.Sin(p.Y / 2000), Math.Cos(p.X / 1500), Math.Sin((p.Z + p.Y) / 2500)))]);
    }

    public static ThinPlateSpline Spline(int landmarks = 80, double nm = 200, int seed = 3)
    {
        PointCloud points = RandomPoints(landmarks, seed);
        return ThinPlateFit.Make(points, Bent(points, nm), new ThinPlateOptions(), new Job(1)).Transform;
    }
}

public sealed class ThinPlateSplineTests
{
    private static readonly ThinPlateOptions Exact = new();

    [Theory]
    [InlineData(0)]
    [InlineData(50)]
    [InlineData(5000)]
    public void Images_equal_SciPys(double smoothing)
    {
        double[][] landmarks = BendCases.Csv("landmarks.csv");
        ThinPlateSpline spline = ThinPlateFit.Make(BendCases.Column(landmarks, 0), BendCases.Column(landmarks, 3),
            new ThinPlateOptions { RegularisationNm = smoothing }, new Job(2)).Transform;
        foreach (double[] row in BendCases.Csv(string.Create(CultureInfo.InvariantCulture, $"values_{smoothing}.csv")))
        {
            Point3 image = spline.Apply(new Point3(row[0], row[1], row[2]));
            Assert.True((image - new Point3(row[3], row[4], row[5])).Length < 1e-6, $"{image}, SciPy {row[3]}, {row[4]}, {row[5]}");
        }
    }

    [Fact]
    public void Landmarks_are_met_and_affine_maps_come_back()
    {
        PointCloud points = BendCases.RandomPoints(300, 1), bent = BendCases.Bent(points, 200);
        ThinPlateFit fit = ThinPlateFit.Make(points, bent, Exact, new Job(2));
        Assert.True(fit.MaximumErrorNm < 1e-6, $"{fit.MaximumErrorNm}");
        Assert.Equal(300, fit.ControlPoints);
        ThinPlateSpline straight = ThinPlateFit.Make(points, BendCases.Bent(points, 0), Exact, new Job(1)).Transform;
        Assert.All(straight.Weights, w => Assert.True(w.Length < 1e-9));
        var far = new Point3(1e5, -1e5, 3e5);
        Assert.True((straight.Apply(far) - BendCases.Bent(new PointCloud([far]), 0)[0]).Length < 1e-4);
        // Much smoothing leaves the affine map of least squares.
        ThinPlateSpline smooth = ThinPlateFit.Make(points, bent, new ThinPlateOptions { RegularisationNm = 1e12 }, new Job(1)).Transform;
        AffineTransform least = AffineTransform.LeastSquares(points.Points, bent.Points);
        Assert.True((smooth.Apply(points[0]) - least.Apply(points[0])).Length < 1e-3);
    }

    [Fact]
    public void Many_points_at_once_give_what_each_gives_alone_for_any_number_of_threads()
    {
        ThinPlateSpline spline = BendCases.Spline();
        PointCloud points = BendCases.RandomPoints(101, 9), images = spline.Apply(points);
        for (int i = 0; i < points.Count; i++) Assert.Equal(spline.Apply(points[i]), images[i]);
        PointCloud landmarks = BendCases.RandomPoints(260, 5);
        double[] Weights(int threads) =>
            [.. ThinPlateFit.Make(landmarks, BendCases.Bent(landmarks, 100), Exact, new Job(threads)).Transform.Weights.SelectMany(w => (double[])[w.Z, w.Y, w.X])];
        double[] one = Weights(1);
        foreach (int threads in (int[])[2, 3, 7]) Assert.Equal(one, Weights(threads));
    }

    [Fact]
    public void The_Jacobian_is_that_of_differences()
    {
        ThinPlateSpline spline = BendCases.Spline();
        PointCloud points = BendCases.RandomPoints(40, 8);
        var images = new Point3[points.Count];
        var jacobians = new Matrix3[points.Count];
        spline.Apply(points.Points, images, jacobians);
        for (int i = 0; i < points.Count; i++)
        {
            Assert.Equal(jacobians[i], spline.Jacobian(points[i]));
            Assert.True((images[i] - spline.Apply(points[i])).Length < 1e-9);
            foreach (var e in (Point3[])[new(1, 0, 0), new(0, 1, 0), new(0, 0, 1), new(1, 2, 3)])
            {
                Point3 difference = 1 / 0.02 * (spline.Apply(points[i] + 0.01 * e) - spline.Apply(points[i] - 0.01 * e));
                Assert.True((jacobians[i] * e - difference).Length < 1e-5, $"{jacobians[i] * e}, differences {difference}");
            }
        }
        // At a control point the kink's own part is left out; the rest is finite.
        Assert.True(double.IsFinite(spline.Jacobian(spline.ControlPoints[0]).Determinant));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(200)]
    [InlineData(400)]
    public void The_inverse_undoes_it(double nm)
    {
        ThinPlateSpline spline = BendCases.Spline(80, nm);
        SpatialTransform inverse = spline.Inverse();
        Assert.Same(spline, inverse.Inverse());
        PointCloud points = new([.. BendCases.RandomPoints(200, 4).Points, .. spline.ControlPoints, new Point3(-9000, 20000, 30000)]);
        PointCloud back = inverse.Apply(spline.Apply(points));
        for (int i = 0; i < points.Count; i++)
        {
            Assert.True((back[i] - points[i]).Length < 1e-6, $"{back[i]}, expected {points[i]}");
            Assert.True((inverse.Apply(spline.Apply(points[i])) - points[i]).Length < 1e-6);
        }
        Matrix3 product = inverse.Jacobian(spline.Apply(points[3])) * spline.Jacobian(points[3]);
        Assert.Equal(1, product.ZZ, 1e-9);
        Assert.Equal(0, product.YX, 1e-9);
    }

    [Fact]
    public void A_fold_is_reported_with_its_place_and_has_no_inverse()
    {
        PointCloud points = BendCases.RandomPoints(60, 2);
        Point3[] crossed = points.Points.ToArray();
        // Two neighbours that change places.
        int near = Enumerable.Range(1, 59).MinBy(i => (points[i] - points[0]).Length);
        (crossed[0], crossed[near]) = (crossed[near], crossed[0]);
        ThinPlateSpline spline = ThinPlateFit.Make(points, new PointCloud(crossed), Exact, new Job(1)).Transform;
        var grid = new Grid(new Size3(22, 91, 81), new Point3(100, 100, 100));
        JacobianCheck check = JacobianCheck.Measure(spline, grid, new Job(2));
        Assert.True(check.Folds);
        Assert.Equal(check, JacobianCheck.Measure(spline, grid, new Job(1)));
        BadInputException e = Assert.Throws<BadInputException>(() => check.RequireNoFold("The thin-plate spline"));
        Assert.Contains("folds space", e.Message, StringComparison.Ordinal);
        Assert.Contains(check.Place.ToString(), e.Message, StringComparison.Ordinal);
        // In a fold a point has several origins. What the inverse gives is one of them, the right way round, or an error; never anything else.
        // The two landmarks themselves are left out: at the kernel's kink the derivative has no one value.
        SpatialTransform inverse = spline.Inverse();
        for (int i = 1; i < 40; i++)
        {
            Point3 image = spline.Apply(points[0] + i / 40.0 * (points[near] - points[0]));
            try
            {
                Point3 found = inverse.Apply(image);
                Assert.True((spline.Apply(found) - image).Length < 1e-6);
                Assert.True(spline.Jacobian(found).Determinant > 0);
            }
            catch (BadInputException none)
            {
                Assert.Contains("folds space", none.Message, StringComparison.Ordinal);
            }
        }
        Assert.False(JacobianCheck.Measure(BendCases.Spline(), grid, new Job(1)).Folds);
    }

    [Fact]
    public void A_mirror_image_is_no_fold()
    {
        PointCloud points = BendCases.RandomPoints(50, 2);
        var mirrored = new PointCloud([.. BendCases.Bent(points, 50).Points.ToArray().Select(p => new Point3(-p.Z, p.Y, p.X))]);
        ThinPlateSpline spline = ThinPlateFit.Make(points, mirrored, Exact, new Job(1)).Transform;
        Assert.False(JacobianCheck.Measure(spline, new Grid(new Size3(5, 5, 5), new Point3(400, 1800, 1600)), new Job(1)).Folds);
        Assert.True((spline.Inverse().Apply(spline.Apply(new Point3(900, 800, 700))) - new Point3(900, 800, 700)).Length < 1e-6);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(5)]
    [InlineData(20)]
    public void Thinning_keeps_its_promise(double tolerance)
    {
        PointCloud points = BendCases.RandomPoints(700, 6), bent = BendCases.Bent(points, 150);
        ThinPlateFit fit = ThinPlateFit.Make(points, bent, new ThinPlateOptions { ThinningToleranceNm = tolerance }, new Job(2));
        Assert.InRange(fit.MaximumErrorNm, 0, tolerance);
        Assert.InRange(fit.RmsErrorNm, 0, fit.MaximumErrorNm);
        Assert.Equal(fit.Transform.ControlPoints.Count, fit.ControlPoints);
        Assert.InRange(fit.ControlPoints, 4, 650);
        double largest = 0;
        for (int i = 0; i < points.Count; i++) largest = Math.Max(largest, (fit.Transform.Apply(points[i]) - bent[i]).Length);
        Assert.Equal(largest, fit.MaximumErrorNm, 1e-9);
        Assert.Equal(fit.Transform.ControlPoints,
            ThinPlateFit.Make(points, bent, new ThinPlateOptions { ThinningToleranceNm = tolerance }, new Job(1)).Transform.ControlPoints);
    }

    [Fact]
    public void Duplicates_count_as_one_with_their_weight()
    {
        PointCloud points = BendCases.RandomPoints(30, 3), bent = BendCases.Bent(points, 100);
        Point3 off = new(0, 30, 0);
        PointCloud twice = new([.. points.Points, points[0], points[5], points[5]]);
        PointCloud twiceBent = new([.. bent.Points, bent[0] + off, bent[5], bent[5]]);
        ThinPlateFit fit = ThinPlateFit.Make(twice, twiceBent, Exact, new Job(1));
        Assert.Equal(3, fit.Duplicates);
        Assert.Equal(30, fit.ControlPoints);
        Assert.True((fit.Transform.Apply(points[0]) - bent[0] - 0.5 * off).Length < 1e-6);
        Assert.Equal(15, fit.MaximumErrorNm, 1e-6);
        // With regularisation a duplicate is a landmark of twice the weight: SciPy's smoothing takes one number for each.
        Assert.True(fit.RmsErrorNm < 15);
    }

    [Fact]
    public void Landmarks_that_leave_something_open_are_refused()
    {
        static string Fails(Func<Point3, Point3> flatten, int count = 20, bool targets = false)
        {
            PointCloud points = BendCases.RandomPoints(count, 1);
            PointCloud flat = new([.. points.Points.ToArray().Select(flatten)]);
            return Assert.Throws<BadInputException>(() => ThinPlateFit.Make(targets ? points : flat, targets ? flat : points, Exact, new Job(1))).Message;
        }
        string plane = Fails(p => new Point3(500, p.Y, p.X));
        Assert.Contains("one plane", plane, StringComparison.Ordinal);
        Assert.Contains("3 of the 12 degrees of freedom", plane, StringComparison.Ordinal);
        Assert.Contains("1.000, 0.000", plane.Replace("-", "", StringComparison.Ordinal), StringComparison.Ordinal);
        Assert.Contains("one line", Fails(p => new Point3(p.X, 2 * p.X, 3 * p.X)), StringComparison.Ordinal);
        Assert.Contains("at least 4", Fails(p => p, 3), StringComparison.Ordinal);
        Assert.Contains("There are 1 pairs", Fails(_ => new Point3(1, 2, 3)), StringComparison.Ordinal);
        Assert.Contains("targets lie in one plane", Fails(p => new Point3(p.Z, p.Y, 5), 20, true), StringComparison.Ordinal);
    }

    [Fact]
    public void Bad_numbers_are_named()
    {
        PointCloud points = BendCases.RandomPoints(10, 1);
        static string Message(Action action) => Assert.Throws<BadInputException>(action).Message;
        Assert.Contains("thin_plate_regularisation = -1", Message(() => ThinPlateFit.Make(points, points, new ThinPlateOptions { RegularisationNm = -1 }, new Job(1))), StringComparison.Ordinal);
        Assert.Contains("thin_plate_thinning = NaN", Message(() => ThinPlateFit.Make(points, points, new ThinPlateOptions { ThinningToleranceNm = double.NaN }, new Job(1))), StringComparison.Ordinal);
        Assert.Contains("9 points", Message(() => ThinPlateFit.Make(points, new PointCloud(points.Points[1..].ToArray()), Exact, new Job(1))), StringComparison.Ordinal);
        Assert.Contains("weights", Message(() => _ = new ThinPlateSpline(AffineTransform.Identity, [default], [])), StringComparison.Ordinal);
        Assert.Contains("not a finite number", Message(() => _ = new ThinPlateSpline(AffineTransform.Identity, [default], [new Point3(double.NaN, 0, 0)])), StringComparison.Ordinal);
    }

    [Fact]
    public void A_cancelled_fit_ends()
    {
        using var cancel = new CancellationTokenSource();
        cancel.Cancel();
        PointCloud points = BendCases.RandomPoints(50, 1);
        Assert.Throws<OperationCanceledException>(() => ThinPlateFit.Make(points, points, Exact, new Job(1, cancel.Token)));
    }
}

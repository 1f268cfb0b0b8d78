using ClemReg.Algorithms.Transforms;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Tests.Transforms;

public sealed class DisplacementFieldTests
{
    private static readonly Grid Nodes = new(new Size3(5, 7, 6), new Point3(600, 1500, 1600), new Point3(-300, 0, 0));

    private static DisplacementField Random(FieldInterpolation interpolation, double nm, int seed = 1)
    {
        var random = new Random(seed);
        return new DisplacementField(Nodes, interpolation, [.. Enumerable.Range(0, 3 * (int)Nodes.Size.Count).Select(_ => nm * (2 * random.NextDouble() - 1))]);
    }

    [Theory]
    [InlineData(FieldInterpolation.Linear)]
    [InlineData(FieldInterpolation.CubicBSpline)]
    public void The_Jacobian_is_that_of_differences_and_the_inverse_undoes_it(FieldInterpolation interpolation)
    {
        DisplacementField field = Random(interpolation, 120);
        SpatialTransform inverse = field.Inverse();
        foreach (Point3 p in BendCases.RandomPoints(100, 4).Points)
        {
            Matrix3 j = field.Jacobian(p);
            foreach (var e in (Point3[])[new(1, 0, 0), new(0, 1, 0), new(0, 0, 1)])
            {
                Point3 difference = 1 / 0.02 * (field.Apply(p + 0.01 * e) - field.Apply(p - 0.01 * e));
                Assert.True((j * e - difference).Length < 1e-5, $"{j * e}, differences {difference}");
            }
            Assert.True((inverse.Apply(field.Apply(p)) - p).Length < 1e-6);
        }
    }

    [Fact]
    public void A_sampled_transform_is_that_transform_at_the_nodes_and_constant_beyond()
    {
        ThinPlateSpline spline = BendCases.Spline();
        DisplacementField field = DisplacementField.Sample(spline, Nodes, new Job(2));
        Assert.Equal(field.Coefficients.ToArray(), DisplacementField.Sample(spline, Nodes, new Job(1)).Coefficients.ToArray());
        Point3 node = Nodes.ToPhysical(2, 3, 4);
        Assert.True((field.Apply(node) - spline.Apply(node)).Length < 1e-9);
        Point3 corner = Nodes.ToPhysical(4, 6, 5);
        Assert.Equal(field.At(corner), field.At(corner + new Point3(1e5, 7, 1e9)));
        Point3 middle = Nodes.ToPhysical(2.5, 3, 4);
        Assert.True((field.At(middle) - 0.5 * (field.At(node) + field.At(Nodes.ToPhysical(3, 3, 4)))).Length < 1e-9);
    }

    [Fact]
    public void One_node_on_an_axis_is_constant_along_it()
    {
        var field = new DisplacementField(new Grid(new Size3(1, 1, 2), new Point3(10, 10, 10)), FieldInterpolation.Linear, [1, 2, 0, 0, 5, 6]);
        Assert.Equal(new Point3(1.5, 0, 5.5), field.At(new Point3(70, -3, 5)));
        Assert.Equal(0, field.Jacobian(new Point3(70, -3, 5)).ZZ - 1);
    }

    [Theory]
    [InlineData(FieldInterpolation.Linear)]
    [InlineData(FieldInterpolation.CubicBSpline)]
    public void A_fold_is_found_even_in_one_cell(FieldInterpolation interpolation)
    {
        var d = new double[3 * (int)Nodes.Size.Count];
        // One node thrown over its neighbour along x.
        d[2 * (int)Nodes.Size.Count + (2 * 7 + 3) * 6 + 3] = interpolation == FieldInterpolation.Linear ? 1700 : 8000;
        var field = new DisplacementField(Nodes, interpolation, d);
        JacobianCheck check = JacobianCheck.Measure(field, new Grid(new Size3(3, 3, 3), new Point3(1100, 4400, 3900)), new Job(1));
        Assert.True(check.Folds);
        BadInputException e = Assert.Throws<BadInputException>(() => check.RequireNoFold("The displacement field"));
        Assert.Contains("The displacement field folds space", e.Message, StringComparison.Ordinal);
        e = Assert.Throws<BadInputException>(() =>
        {
            SpatialTransform inverse = field.Inverse();
            for (int i = 0; i < 200; i++) inverse.Apply(Nodes.ToPhysical(2, 3, 3 + i / 100.0));
        });
        Assert.Contains("folds space", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Bad_numbers_are_named()
    {
        static string Message(Action action) => Assert.Throws<BadInputException>(action).Message;
        Assert.Contains("7 numbers", Message(() => _ = new DisplacementField(Nodes, FieldInterpolation.Linear, new double[7])), StringComparison.Ordinal);
        Assert.Contains("4 or more", Message(() => _ = new DisplacementField(new Grid(new Size3(3, 4, 4), new Point3(1, 1, 1)), FieldInterpolation.CubicBSpline, new double[144])), StringComparison.Ordinal);
        Assert.Contains("NaN", Message(() => _ = new DisplacementField(new Grid(new Size3(1, 1, 1), new Point3(1, 1, 1)), FieldInterpolation.Linear, [0, double.NaN, 0])), StringComparison.Ordinal);
    }
}

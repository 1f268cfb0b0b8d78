using System.Text.Json;
using ClemReg.Algorithms.Pipelines;
using ClemReg.Algorithms.PointClouds;
using ClemReg.Algorithms.Refinement;
using ClemReg.Algorithms.Tests.Refinement;
using ClemReg.Algorithms.Transforms;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Tests.PointClouds;

/// <summary>Points on the surface of an object find its centre line, however thick a microscope makes it; clouds of centre lines register better.</summary>
public sealed class CentreLinesTests
{
    private static readonly Point3 On = new(600, 800, 900);

    /// <summary>A tube through <see cref="On"/> with an elliptic section: thicker along z by a factor.</summary>
    private static BitVolume Tube(Point3 direction, double radius, double thicker)
    {
        var mask = new BitVolume(new Grid(new Size3(60, 80, 90), new Point3(20, 20, 20)));
        Point3 u = 1 / direction.Length * direction;
        for (int z = 0; z < 60; z++)
            for (int y = 0; y < 80; y++)
                for (int x = 0; x < 90; x++)
                {
                    Point3 d = mask.Grid.ToPhysical(z, y, x) - On;
                    d -= Point3.Dot(d, u) * u;
                    mask[z, y, x] = d.Z * d.Z / (thicker * thicker) + d.Y * d.Y + d.X * d.X < radius * radius;
                }
        return mask;
    }

    [Theory]
    [InlineData(0, 0, 1, 1, false)]
    [InlineData(0, 1, 2, 1, false)]
    [InlineData(0, 1, 2, 1.5, false)]
    [InlineData(0.3, 1, 1, 1, true)]
    [InlineData(0, 0.4, 1, 1, true)]
    public void Points_on_a_tube_move_onto_its_axis(double z, double y, double x, double thicker, bool blurred)
    {
        var direction = new Point3(z, y, x);
        using BitVolume tube = Tube(direction, 200, thicker);
        var random = new Random(3);
        var points = new Point3[300];
        Point3 u = 1 / direction.Length * direction, side = new Point3(0, u.X, -u.Y);
        side = 1 / side.Length * side;
        var up = new Point3(u.Y * side.X - u.X * side.Y, u.X * side.Z - u.Z * side.X, u.Z * side.Y - u.Y * side.Z);
        for (int i = 0; i < points.Length; i++)
        {
            double angle = 2 * Math.PI * random.NextDouble(), along = 500 * (random.NextDouble() - 0.5);
            points[i] = On + along * u + 200 * Math.Cos(angle) * side + 200 * thicker * Math.Sin(angle) * up;
        }
        Point3[] moved = CentreLines.Project(points, tube, new CentreLineOptions(blurred ? new PointSpreadFunction(60, 200) : null, new Point3(2, 0, 0)), new Job(2));
        for (int i = 0; i < moved.Length; i++)
        {
            Point3 d = moved[i] - On, along = Point3.Dot(d, u) * u;
            Assert.InRange((d - along).Length, 0, 25);
            Assert.InRange((moved[i] - points[i]).Length, 100, 500);
        }
    }

    [Fact]
    public void The_points_do_not_depend_on_the_threads()
    {
        using BitVolume tube = Tube(new Point3(0.2, 0.5, 1), 180, 1.3);
        PointCloud Cloud(int threads) => EdgeSampling.Sample(tube, new PointSamplingOptions { IsotropicSpacing = 20, CentreLines = new CentreLineOptions(null, new Point3(1, 0, 0)) }, new Job(threads));
        Assert.Equal(Cloud(1).Points.ToArray(), Cloud(3).Points.ToArray());
    }

    [Theory]
    [InlineData("rigid")]
    [InlineData("affine")]
    public void Clouds_of_centre_lines_register_better_than_outlines(string algorithm)
    {
        var middle = new Point3(600, 4000, 4000);
        using var pair = new RefinementCase(5, RefinementCase.Turned(4, 1.02, middle, new Point3(120, -200, 150)), new PointSpreadFunction(60, 200), null, new Size3(60, 400, 400));
        double Error(string source)
        {
            using JsonDocument request = JsonDocument.Parse($$"""{"parameters": {"registration_algorithm": "{{algorithm}}", "point_cloud_source": "{{source}}", "psf_xy": 60, "psf_z": 200} }""");
            using OperationResult result = Operations.Find("register").Run(request.RootElement,
                new Dictionary<string, object> { ["moving"] = pair.Fluorescence, ["fixed_mask"] = pair.Mask }, new Job(2));
            return pair.Error((AffineTransform)result.Outputs["transform"]);
        }
        double edges = Error("edges"), lines = Error("psf_aware");
        Assert.True(lines < 60 && lines < 0.7 * edges, $"{algorithm}: outlines {edges:F1} nm, centre lines {lines:F1} nm");
    }
}

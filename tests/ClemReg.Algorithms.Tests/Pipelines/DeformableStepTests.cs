using System.Text.Json;
using System.Text.Json.Nodes;
using ClemReg.Algorithms.Parameters;
using ClemReg.Algorithms.Pipelines;
using ClemReg.Algorithms.PointClouds;
using ClemReg.Algorithms.Tests.Registration;
using ClemReg.Algorithms.Transforms;
using ClemReg.Algorithms.Volumes;
using P = ClemReg.Algorithms.Pipelines.ClemRegParameters;

namespace ClemReg.Algorithms.Tests.Pipelines;

/// <summary>The deformable registration as a step of the workflow.</summary>
public sealed class DeformableStepTests
{
    /// <summary>Any transform made of control points: the tests look at the points.</summary>
    private sealed class Recorded(IReadOnlyList<Point3> moving, IReadOnlyList<Point3> moved) : SpatialTransform
    {
        public IReadOnlyList<Point3> Moving { get; } = moving;

        public IReadOnlyList<Point3> Moved { get; } = moved;

        public override Point3 Apply(Point3 p) => p;

        public override SpatialTransform Inverse() => this;
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void It_ends_in_control_points_on_the_registered_cloud(bool rigidFirst)
    {
        (PointCloud moving, PointCloud fixedCloud) = Pair();
        var job = new Job(2);
        DeformableOutcome outcome = ClemRegSteps.RegisterDeformable(
            Values("""{"registration_minimum_sigma": 100, "bcpd_lambda": 100, "bcpd_omega": 0.1}"""), rigidFirst, moving, fixedCloud, null, 20, (a, b) => new Recorded(a, b), job);
        var recorded = (Recorded)outcome.Transform;
        Assert.Equal(500, recorded.Moving.Count);
        for (int i = 0; i < 500; i += 50) Assert.InRange((outcome.Result.Apply(recorded.Moving[i]) - recorded.Moved[i]).Length, 0, 1e-6);
        Assert.Equal(rigidFirst, outcome.Rigid is not null);
        Assert.Equal(rigidFirst, outcome.Judgement is not null);
        if (rigidFirst) Assert.Equal(outcome.Rigid!.Scale, outcome.Result.Scale, 1e-9);

        JsonObject course = ClemRegSteps.Course(outcome);
        Assert.Equal(outcome.Result.Iterations, (int)course["iterations"]!);
        Assert.Equal(outcome.Result.Iterations + 1, course["history"]!.AsArray().Count);
        Assert.Equal(rigidFirst, course["held_out"] is not null);
        Assert.Equal(rigidFirst, course["rigid"] is not null);
        JsonDocument.Parse(course.ToJsonString()).Dispose();
    }

    [Fact]
    public void The_parameters_reach_the_algorithm()
    {
        (PointCloud moving, PointCloud fixedCloud) = Pair();
        Assert.Equal(3, Run("""{"bcpd_max_iterations": 3, "bcpd_judge": false}""").Result.Iterations);
        Assert.StartsWith("Stopped after bcpd_max_iterations = 3", Run("""{"bcpd_max_iterations": 3, "bcpd_judge": false}""").Result.StopText);
        double stiff = Run("""{"bcpd_lambda": 1e9, "bcpd_judge": false}""").Result.DeformationRmsNm;
        double soft = Run("""{"bcpd_lambda": 10, "bcpd_judge": false, "bcpd_acceleration": "truncated", "bcpd_points": 500}""").Result.DeformationRmsNm;
        Assert.True(stiff < 1 && soft > 10, $"{stiff}, {soft}");

        DeformableOutcome Run(string json) => ClemRegSteps.RegisterDeformable(Values(json), true, moving, fixedCloud, null, 20, (a, b) => new Recorded(a, b), new Job(2));
    }

    [Theory]
    [InlineData("1e9")]
    [InlineData("100")]
    public void The_rigid_result_is_kept_where_the_deformation_does_not_help(string lambda)
    {
        (PointCloud moving, PointCloud fixedCloud) = Pair();
        var job = new Job(2);
        CloudRegistration result = ClemRegSteps.RegisterClouds(Values($$"""
            {"registration_algorithm": "rigid_bcpd", "registration_minimum_sigma": 100, "bcpd_omega": 0.1, "bcpd_max_iterations": 60, "bcpd_lambda": {{lambda}}}
            """), moving, fixedCloud, null, 20, job);
        bool better = (bool)result.Course["held_out"]!["better"]!;
        Assert.Equal(lambda == "100", better);
        Assert.Equal("rigid_bcpd", (string?)result.Course["algorithm"]);
        Assert.Equal("rigid_bcpd", (string?)result.Forward["algorithm"]);
        Assert.Equal(better, result.RigidFile is null);
        if (better) return;
        Assert.Contains(job.Warnings, w => w.Contains("does not earn its place", StringComparison.Ordinal) && w.Contains("rigid_transform.json", StringComparison.Ordinal));
        Assert.Equal("rigid", (string?)result.RigidFile!["algorithm"]);
        var rigid = (AffineTransform)TransformFile.Read(result.RigidFile.ToJsonString(), TransformFile.MovingToFixed);
        Assert.Equal(rigid.Rows.ToArray(), result.Rigid!.Rows.ToArray());
        Assert.Equal((double)result.Course["rigid"]!["scale"]!, Math.Cbrt(rigid.Determinant), 1e-6);
    }

    [Fact]
    public void The_spline_has_as_many_control_points_as_wanted_and_tells_how_far_it_is_off()
    {
        (PointCloud moving, PointCloud fixedCloud) = Pair();
        (double few, int fewPoints, JsonObject course) = Run("40");
        (double many, int manyPoints, _) = Run("400");
        (double all, int allPoints, _) = Run("0");
        (double smooth, _, _) = Run("""0, "thin_plate_regularisation": 1000000""");
        Assert.Equal((40, 400, moving.Count), (fewPoints, manyPoints, allPoints));
        Assert.True(all < 1e-6 && many < few && few < 100 && smooth > many, $"all {all}, 400 {many}, 40 {few}, smooth {smooth}");
        Assert.Equal(moving.Count - 40, (int)course["spline"]!["compared_points"]!);
        Assert.True((double)course["spline"]!["maximum_nm"]! >= few);

        (double Rms, int ControlPoints, JsonObject Course) Run(string points)
        {
            CloudRegistration result = ClemRegSteps.RegisterClouds(Values($$"""
                {"registration_algorithm": "bcpd", "registration_minimum_sigma": 100, "bcpd_lambda": 100, "bcpd_omega": 0.1, "bcpd_max_iterations": 40, "thin_plate_control_points": {{points}}}
                """), moving, fixedCloud, null, 20, new Job(2));
            return ((double)result.Course["spline"]!["rms_nm"]!, result.Forward["control_points"]!.AsArray().Count, result.Course);
        }
    }

    [Theory]
    [InlineData("thin_plate_control_points", "10001")]
    [InlineData("thin_plate_regularisation", "-1")]
    [InlineData("bcpd_omega", "1")]
    [InlineData("bcpd_lambda", "0")]
    [InlineData("bcpd_beta", "-2")]
    [InlineData("bcpd_kappa", "0")]
    [InlineData("bcpd_gamma", "-1")]
    [InlineData("bcpd_tolerance", "-1")]
    [InlineData("bcpd_max_iterations", "0")]
    [InlineData("bcpd_acceleration", "\"fast\"")]
    [InlineData("bcpd_points", "-1")]
    [InlineData("registration_maximum_anisotropy", "-1")]
    public void Values_out_of_range_are_refused_by_name(string name, string value) =>
        Assert.StartsWith(name + " = ", Assert.Throws<BadInputException>(() => Values($$"""{"{{name}}": {{value}}}""")).Message);

    private static (PointCloud Moving, PointCloud Fixed) Pair()
    {
        var random = new Random(8);
        PointCloud whole = Clouds.Organelles(random, 60, 20);
        AffineTransform truth = AffineTransform.Similarity(1.05, Clouds.Rotation(new Point3(1, 0.2, 0.3), 10), new Point3(100, 5000, -9000));
        PointCloud moving = Clouds.Disturb(random, whole.Points, truth.Inverse(), 30, 0.05);
        return (moving, new([.. whole.Points.ToArray().Select(p => p + new Point3(0, 300 * Math.Sin(p.X / 3000), 300 * Math.Cos(p.Y / 3500)))]));
    }

    private static ParameterValues Values(string json)
    {
        var values = new ParameterValues([.. P.ForRegistration, .. P.ForDeformation, P.PointCloudSource, P.Seed]);
        values.Read(ParameterValues.Parse(json, "the test"), "the test");
        return values;
    }
}

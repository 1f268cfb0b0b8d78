using System.Text.Json.Nodes;
using ClemReg.Algorithms.Simulation;
using ClemReg.Algorithms.Transforms;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Tests.Simulation;

public sealed class TruthTests
{
    private static readonly ClemSimulationOptions Strong = new()
    {
        Transform = SimulatedTransform.Deformation,
        RotationX = 12,
        RotationY = -20,
        RotationZ = 35,
        Scale = 1.1,
        DeformationMax = 400,
    };

    [Fact]
    public void The_displacement_field_is_SciPys()
    {
        var field = SmoothDeformation.Of(new Point3(2100, 34980, 29660), new Size3(4, 7, 6), [.. Samples.Csv("field-coefficients.csv").Select(r => r[0])]);
        foreach (double[] row in Samples.Csv("field-values.csv"))
        {
            Point3 d = field.At(new Point3(row[0], row[1], row[2]));
            Assert.Equal(row[3], d.Z, 1e-9);
            Assert.Equal(row[4], d.Y, 1e-9);
            Assert.Equal(row[5], d.X, 1e-9);
        }
    }

    [Fact]
    public void Beyond_the_box_the_displacement_stays_what_it_is_at_the_face()
    {
        DisplacementField field = SmoothDeformation.Random(new Point3(2000, 9000, 8000), 300, 2500, 11, new Job(1));
        Assert.Equal(field.At(new Point3(0, 4000, 8000)), field.At(new Point3(-900, 4000, 9000)));
        Assert.Equal(field.At(new Point3(2000, 0, 100)), field.At(new Point3(1e6, -1e9, 100)));
    }

    [Fact]
    public void Rotations_follow_SciPys_convention()
    {
        foreach (double[] row in Samples.Csv("rotations.csv"))
        {
            double[] r = FluorescenceRenderer.Rotation(row[0], row[1], row[2]);
            for (int i = 0; i < 9; i++) Assert.Equal(row[3 + i], r[i], 1e-12);
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void The_inverse_undoes_the_transform_and_the_field_is_as_large_as_asked(int key)
    {
        (TruthTransform truth, Grid _) = FluorescenceRenderer.FieldOfView(Strong, (ulong)key, new Job(1));
        var random = new RandomStream(99);
        double largest = 0;
        for (int i = 0; i < 20000; i++)
        {
            // Beyond the box too.
            var x = new Point3(random.Uniform(-500, 2500), random.Uniform(-500, 10500), random.Uniform(-500, 10500));
            if (i % 10 == 0)
            {
                Assert.True((truth.Apply(truth.Invert(x)) - x).Length < 1e-6);
                Assert.True((truth.Invert(truth.Apply(x)) - x).Length < 1e-6);
            }
            largest = Math.Max(largest, truth.Deformation!.At(x).Length);
        }
        Assert.InRange(largest, 0.9 * 400, 1.02 * 400);
    }

    [Fact]
    public void A_deformation_that_would_fold_space_is_refused_and_the_advice_works()
    {
        ClemSimulationOptions options = Strong with { DeformationMax = 5000, DeformationSpacing = 1000 };
        BadInputException e = Assert.Throws<BadInputException>(() => FluorescenceRenderer.FieldOfView(options, 1, new Job(1)));
        Assert.StartsWith("deformation_max = 5000 ", e.Message, StringComparison.Ordinal);
        string advised = e.Message.Split("at most ")[1].Split(' ')[0];
        FluorescenceRenderer.FieldOfView(options with { DeformationMax = int.Parse(advised, System.Globalization.CultureInfo.InvariantCulture) }, 1, new Job(1));
    }

    [Fact]
    public void Very_many_control_points_are_refused()
    {
        ClemSimulationOptions options = Strong with { DeformationSpacing = 500, DeformationMax = 1, EmSizeZ = 1000, EmSizeY = 2000, EmSizeX = 2000 };
        BadInputException e = Assert.Throws<BadInputException>(() => FluorescenceRenderer.FieldOfView(options, 1, new Job(1)));
        Assert.StartsWith("deformation_spacing = 500 ", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_field_that_folds_has_no_inverse_and_says_so()
    {
        var c = new double[3 * 4 * 4 * 4];
        for (int i = 0; i < c.Length; i++) c[i] = i % 2 == 0 ? 3000 : -3000;
        var truth = new TruthTransform(AffineTransform.Identity, SmoothDeformation.Of(new Point3(1000, 1000, 1000), new Size3(4, 4, 4), c));
        BadInputException e = Assert.Throws<BadInputException>(() =>
        {
            for (int i = 0; i < 50; i++) truth.Invert(new Point3(500, 20 * i, 20 * i));
        });
        Assert.Contains("folds", e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(SimulatedTransform.Rigid)]
    [InlineData(SimulatedTransform.Similarity)]
    [InlineData(SimulatedTransform.Deformation)]
    public void Truth_json_comes_back_as_it_was(SimulatedTransform kind)
    {
        ClemTruth truth = Example(kind);
        ClemTruth back = ClemTruth.FromJson(truth.ToJson());
        Assert.Equal(truth.Options, back.Options);
        Assert.Equal(truth.Mitochondria, back.Mitochondria);
        Assert.Equal(truth.FalseObjects, back.FalseObjects);
        Assert.Equal(truth.Transform.Linear.Rows.ToArray(), back.Transform.Linear.Rows.ToArray());
        Assert.Equal(kind == SimulatedTransform.Deformation, back.Transform.Deformation is not null);
        Assert.Equal(truth.Transform.Deformation?.Coefficients.ToArray(), back.Transform.Deformation?.Coefficients.ToArray());
        var p = new Point3(700, 3000, 4000);
        Assert.Equal(truth.Transform.Apply(p), back.Transform.Apply(p));
        Assert.Equal(truth.ToJson(), back.ToJson());
    }

    [Fact]
    public void Truth_json_says_what_it_is()
    {
        JsonNode json = JsonNode.Parse(Example(SimulatedTransform.Similarity).ToJson())!;
        Assert.Equal("clemreg-truth", (string)json["format"]!);
        Assert.Equal("moving_to_fixed", (string)json["direction"]!);
        Assert.Equal("zyx", (string)json["axes"]!);
        Assert.Equal("nm", (string)json["unit"]!);
        Assert.Equal("similarity", (string)json["type"]!);
        Assert.Equal(4, json["matrix"]!.AsArray().Count);
        Assert.Equal([0, 0, 0, 1], json["matrix"]![3]!.AsArray().Select(v => (double)v!));
        Assert.Equal(7, (int)json["seed"]!);
        Assert.True((bool)json["mitochondria"]![1]!["missing"]!);
    }

    [Theory]
    [InlineData("\"format\"", "\"form\"", "format")]
    [InlineData("clemreg-truth", "something", "format")]
    [InlineData("\"version\": 1", "\"version\": 2", "version")]
    [InlineData("moving_to_fixed", "fixed_to_moving", "direction")]
    [InlineData("zyx", "xyz", "axes")]
    [InlineData("\"missing\": true", "\"missing\": 1", "missing")]
    [InlineData("\"haze\": 0.02", "\"haze\": -3", "haze")]
    [InlineData("\"haze\": 0.02", "\"haze\": \"much\"", "haze")]
    [InlineData("\"channels\": 1", "\"channels\": 1.5", "channels")]
    [InlineData("\"transform\": \"similarity\"", "\"transform\": \"curved\"", "transform")]
    [InlineData("\"matrix\": [", "\"matrix\": [[1,2],", "matrix")]
    [InlineData("{", "", "JSON")]
    public void A_spoiled_truth_file_is_refused_by_name(string part, string instead, string named)
    {
        string text = Example(SimulatedTransform.Similarity).ToJson();
        int at = text.IndexOf(part, StringComparison.Ordinal);
        Assert.True(at >= 0);
        BadInputException e = Assert.Throws<BadInputException>(() => ClemTruth.FromJson(text[..at] + instead + text[(at + part.Length)..]));
        Assert.Contains(named, e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_field_of_view_holds_the_EM_volume_and_its_margins()
    {
        foreach (SimulatedTransform kind in Enum.GetValues<SimulatedTransform>())
        {
            ClemSimulationOptions options = Strong with { Transform = kind, DeformationMax = 0.001 };
            (TruthTransform truth, Grid field) = FluorescenceRenderer.FieldOfView(options, 5, new Job(1));
            Grid em = options.EmGrid;
            Point3 end = field.ToPhysical(field.Size.Z - 1, field.Size.Y - 1, field.Size.X - 1);
            double least = double.MaxValue;
            for (int corner = 0; corner < 8; corner++)
            {
                Point3 x = em.ToPhysical((corner >> 2) * (em.Size.Z - 1), (corner >> 1 & 1) * (em.Size.Y - 1), (corner & 1) * (em.Size.X - 1));
                Point3 p = truth.Invert(x);
                Assert.True(p.Z >= options.MarginZ - 1 && p.Z <= end.Z - options.MarginZ + 1);
                Assert.True(p.Y >= options.MarginXy + options.OffsetY - 1 && p.Y <= end.Y - options.MarginXy + 1);
                Assert.True(p.X >= options.MarginXy + options.OffsetX - 1 && p.X <= end.X - options.MarginXy + 1);
                least = Math.Min(least, p.Y);
            }
            Assert.Equal(options.MarginXy + options.OffsetY, least, 1.0);
        }
    }

    private static ClemTruth Example(SimulatedTransform kind)
    {
        ClemSimulationOptions options = Strong with { Seed = 7, Transform = kind, Missing = 1.0 / 3 };
        return new ClemTruth(FluorescenceRenderer.FieldOfView(options, 3, new Job(1)).Truth, options,
            [new(1, 1234, false, 1.25, 1980.5, 211.1, 2), new(2, 99, true, 0, 140, 300, 0)],
            [new(new Point3(1, 2.5, 3), new Point3(200, 300, 400), 0.7)]);
    }
}

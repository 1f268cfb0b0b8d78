using ClemReg.Algorithms.PointClouds;
using ClemReg.Algorithms.Registration;
using ClemReg.Algorithms.Transforms;
using ClemReg.Algorithms.Volumes;
using Xunit.Abstractions;

namespace ClemReg.Algorithms.Tests.Registration;

public sealed class HeldOutDeformationTests(ITestOutputHelper output)
{
    private static readonly BcpdOptions Options = new()
    {
        Normalisation = BcpdNormalisation.Fixed,
        Gamma = 0.1,
        Lambda = 20,
        Beta = 1.2,
        MinimumSigmaNm = 100,
        KernelRank = 60,
    };

    [Fact]
    public void A_deformation_that_is_there_earns_its_place()
    {
        (PointCloud moving, PointCloud fixedCloud) = Pair(p => p + 600 * new Point3(0, Math.Sin(p.X / 3000), Math.Cos(p.Y / 3500)));
        AffineTransform rigid = RigidCpd.Register(moving, fixedCloud, new RigidCpdOptions(), new Job(2)).Transform;
        HeldOutJudgement judgement = HeldOutDeformation.Judge(moving, fixedCloud, rigid, Options, 200, new Job(2));
        output.WriteLine(judgement.Text);
        Assert.True(judgement.Better, judgement.Text);
        Assert.True(judgement.DeformedOffsetNm < 0.9 * judgement.RigidOffsetNm, judgement.Text);
        Assert.Contains("it earns its place", judgement.Text);
        Assert.InRange(judgement.Columns, 8, 64);
    }

    [Fact]
    public void Squashing_a_cloud_that_is_only_thicker_does_not()
    {
        // Every organelle is thickened along z, as by the PSF: a flexible deformation squashes it and lowers every distance.
        (PointCloud moving, PointCloud fixedCloud) = Pair(p => p);
        var random = new Random(4);
        moving = new([.. moving.Points.ToArray().Select(p => p + new Point3(300 * Clouds.Normal(random), 0, 0))]);
        BcpdOptions flexible = Options with { Lambda = 0.5, Beta = 0.6 };
        AffineTransform rigid = AffineTransform.Identity;
        DeformableRegistrationResult deformed = Bcpd.Register(moving, fixedCloud, flexible with { Initial = rigid }, new Job(2));
        Assert.True(deformed.Residuals.NearestRmsNm < RegistrationEvaluation.Evaluate(moving, fixedCloud, rigid, deformed.SigmaNm, 0.1, new Job(2)).NearestRmsNm);
        HeldOutJudgement judgement = HeldOutDeformation.Judge(moving, fixedCloud, rigid, flexible, 200, new Job(2));
        output.WriteLine(judgement.Text);
        Assert.False(judgement.Better, judgement.Text);
        Assert.Contains("does not earn its place", judgement.Text);
        Assert.Contains("bcpd_lambda", judgement.Text);
    }

    [Fact]
    public void The_same_for_any_number_of_threads()
    {
        (PointCloud moving, PointCloud fixedCloud) = Pair(p => p);
        BcpdOptions few = Options with { MaxIterations = 5 };
        HeldOutJudgement one = HeldOutDeformation.Judge(moving, fixedCloud, AffineTransform.Identity, few, 200, new Job(1));
        HeldOutJudgement three = HeldOutDeformation.Judge(moving, fixedCloud, AffineTransform.Identity, few, 200, new Job(3));
        Assert.Equal(one, three);
    }

    [Fact]
    public void Bad_input_is_refused()
    {
        PointCloud cloud = Clouds.Organelles(new Random(1), 3, 10);
        Assert.StartsWith("sigma = 0", Refused(cloud, 0));
        Assert.StartsWith("sigma = NaN", Refused(cloud, double.NaN));
        Assert.Contains("at least 4 are needed to judge", Refused(cloud, 100));

        static string Refused(PointCloud cloud, double sigma) =>
            Assert.Throws<BadInputException>(() => HeldOutDeformation.Judge(cloud, cloud, AffineTransform.Identity, Options, sigma, new Job(1))).Message;
    }

    private static (PointCloud Moving, PointCloud Fixed) Pair(Func<Point3, Point3> bend)
    {
        var random = new Random(31);
        PointCloud whole = Clouds.Organelles(random, 70, 30);
        PointCloud moving = Clouds.Disturb(random, whole.Points[..(65 * 30)], AffineTransform.Identity, 30, 0.05);
        return (moving, new([.. whole.Points[150..].ToArray().Select(p => bend(p) + Clouds.NormalPoint(random, 30))]));
    }
}

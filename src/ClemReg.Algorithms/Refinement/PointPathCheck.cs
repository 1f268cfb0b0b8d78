using ClemReg.Algorithms.PointClouds;
using ClemReg.Algorithms.Registration;
using ClemReg.Algorithms.Transforms;
using ClemReg.Algorithms.Volumes;
using ClemReg.Algorithms.Warping;

namespace ClemReg.Algorithms.Refinement;

/// <summary>
/// A second opinion on a registration by intensities: clouds of centre lines of both images, which know nothing of brightness, are registered from where
/// it ended, in both directions (rigid Coherent Point Drift), and how far that moves them is told.
/// </summary>
public sealed record PointPathCheck
{
    /// <summary>Points so near belong together: twice the side of the cubes in which they are averaged.</summary>
    private const double NearNm = 600;

    private const double CubeNm = 300;
    private const double MarginNm = 1000;
    private const double FirstSigmaNm = 300, LastSigmaNm = 150;

    /// <summary>Outlines are sampled so sparsely that ten thousand points or so climb to the centre lines: more take time and change the result by a few nm.</summary>
    private const double VoxelNm = 60, Percent = 5;

    /// <summary>Where the ways forward and back differ by more, or fewer points have a partner, the clouds themselves are not to be trusted.</summary>
    private const double LargestForwardBackwardNm = 100, LeastMatched = 0.6;

    /// <summary>Centre lines of the fluorescence around the EM, nm in its own frame.</summary>
    public required PointCloud Moving { get; init; }

    /// <summary>Centre lines of the EM's mitochondria as blurred as the fluorescence, nm.</summary>
    public required PointCloud Fixed { get; init; }

    /// <summary>How far the point clouds' registration moves the EM's points, root mean square, nm; the larger of both directions. NaN where there are too few points.</summary>
    public double DifferenceNm { get; init; } = double.NaN;

    /// <summary>How far a point of the EM is from where the way to the fluorescence and back brings it, root mean square, nm.</summary>
    public double ForwardBackwardNm { get; init; } = double.NaN;

    /// <summary>The part of the EM's points in the fluorescence's field that have a point of the fluorescence near them then.</summary>
    public double Matched { get; init; }

    /// <summary>Whether the clouds know the position well enough to speak for or against another.</summary>
    public bool Speaks => ForwardBackwardNm < LargestForwardBackwardNm && Matched >= LeastMatched;

    /// <summary>Compares.</summary>
    /// <param name="movingMask">The segmented fluorescence; z is the optical axis.</param>
    /// <param name="emMask">The mitochondria of the EM.</param>
    /// <param name="found">Fluorescence to EM, nm, z, y, x: the registration to be checked.</param>
    /// <param name="psf">The microscope's blur.</param>
    /// <param name="job">Threads, cancellation, progress, log.</param>
    /// <exception cref="BadInputException">One of the masks gives fewer than four points.</exception>
    public static PointPathCheck Compare(BitVolume movingMask, BitVolume emMask, AffineTransform found, PointSpreadFunction psf, Job job)
    {
        AffineTransform back = found.Inverse();
        (Size3 first, Size3 size) = Around(movingMask.Grid, emMask.Grid, back);
        using BitVolume part = movingMask.Part(first, size);
        PointCloud moving = job.Run("centre_lines", 0, 0.5, work => Lines(part, "fluorescence around the EM", new CentreLineOptions(null, new Point3(1, 0, 0)), work));
        PointCloud em = job.Run("centre_lines", 0.5, 0.9, work => Lines(emMask, "EM mask", new CentreLineOptions(psf, new Point3(found[0, 0], found[1, 0], found[2, 0])), work));
        var clouds = new PointPathCheck { Moving = moving, Fixed = em };
        var seen = new PointCloud([.. em.Points.ToArray().Where(q => movingMask.Grid.Holds(back.Apply(q)))]);
        var options = new RigidCpdOptions { WithScale = false, InitialSigmaNm = FirstSigmaNm, MinimumSigmaNm = LastSigmaNm };
        try
        {
            AffineTransform forward = RigidCpd.Register(moving, seen, options with { Initial = found }, job).Transform;
            AffineTransform backward = RigidCpd.Register(seen, moving, options with { Initial = back }, job).Transform;
            return clouds with
            {
                DifferenceNm = Math.Max(Movement(seen, back.Then(forward)), Movement(seen, back.Then(backward.Inverse()))),
                ForwardBackwardNm = Movement(seen, backward.Then(forward)),
                Matched = Matching(seen, forward.Apply(moving)),
            };
        }
        catch (BadInputException e)
        {
            job.Log("No second opinion by point clouds: " + e.Message);
            return clouds;
        }
    }

    /// <summary>How well a transform lays the clouds on each other; null where they have too few points for that.</summary>
    public RegistrationResiduals? Residuals(SpatialTransform transform, Job job)
    {
        try
        {
            return RegistrationEvaluation.Evaluate(Moving, Fixed, transform, LastSigmaNm, new RigidCpdOptions().OutlierWeight, job);
        }
        catch (BadInputException)
        {
            return null;
        }
    }

    /// <summary>The box of the fluorescence that the EM shows, with a margin.</summary>
    private static (Size3 First, Size3 Size) Around(Grid fluorescence, Grid em, AffineTransform back)
    {
        (Point3 low, Point3 high) = OutputGrid.Reach(em, back);
        var margin = new Point3(MarginNm, MarginNm, MarginNm);
        Point3 first = fluorescence.ToIndex(low - margin), last = fluorescence.ToIndex(high + margin);
        static (int From, int Count) Range(double a, double b, int n)
        {
            int begin = (int)Math.Clamp(Math.Floor(a), 0, n - 1);
            return (begin, (int)Math.Clamp(Math.Ceiling(b) + 1 - begin, 1, n - begin));
        }
        (int z, int depth) = Range(first.Z, last.Z, fluorescence.Size.Z);
        (int y, int height) = Range(first.Y, last.Y, fluorescence.Size.Y);
        (int x, int width) = Range(first.X, last.X, fluorescence.Size.X);
        return (new Size3(z, y, x), new Size3(depth, height, width));
    }

    private static PointCloud Lines(BitVolume mask, string name, CentreLineOptions lines, Job job) => EdgeSampling.Sample(mask, new PointSamplingOptions
    {
        IsotropicSpacing = VoxelNm,
        PointCloudSamplingFrequency = Percent,
        RegistrationVoxelSize = CubeNm / VoxelNm,
        CentreLines = lines,
        MaskName = name,
    }, job);

    private static double Movement(PointCloud points, AffineTransform by) =>
        Math.Sqrt(points.Points.ToArray().Average(p => { Point3 d = by.Apply(p) - p; return Point3.Dot(d, d); }));

    private static double Matching(PointCloud em, PointCloud moved)
    {
        var tree = new KdTree(moved.Points);
        var index = new int[1];
        var squared = new double[1];
        return em.Points.ToArray().Count(q => tree.Nearest(q, index, squared) > 0 && squared[0] < NearNm * NearNm) / (double)em.Count;
    }
}

using ClemReg.Algorithms.PointClouds;
using ClemReg.Algorithms.Transforms;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Registration;

/// <summary>What is fitted to the beads of two channels.</summary>
public enum ChromaticModel
{
    /// <summary>One shift for the whole field.</summary>
    Offset,
    /// <summary>An affine map: shift, magnification and shear. Needs beads all over the field.</summary>
    Affine,
}

/// <summary>The shift between two colour channels of a microscope, measured on beads that show in both.</summary>
/// <param name="Transform">Maps the channel's positions onto the reference channel's, nm, z, y, x.</param>
/// <param name="Offset">The mean shift of the beads, nm: reference minus channel.</param>
/// <param name="Pairs">Pairs of beads that were used.</param>
/// <param name="RmsNm">Root mean square distance of the pairs after the correction, nm.</param>
/// <param name="RmsBeforeNm">The same before it, nm.</param>
public sealed record ChromaticShift(AffineTransform Transform, Point3 Offset, int Pairs, double RmsNm, double RmsBeforeNm)
{
    /// <summary>Pairs further off than this many robust standard deviations are no pairs.</summary>
    private const double Outlying = 4;

    /// <summary>Measures the shift.</summary>
    /// <param name="reference">The beads in the channel that stays, nm, z, y, x.</param>
    /// <param name="channel">The beads in the channel to be corrected.</param>
    /// <param name="maximumShiftNm">Beads further apart than this are not the same; above 0, nm. Keep it under half the distance between beads.</param>
    /// <param name="model">What is fitted.</param>
    /// <exception cref="BadInputException">Too few beads have a partner.</exception>
    public static ChromaticShift Measure(IReadOnlyList<Point3> reference, IReadOnlyList<Point3> channel, double maximumShiftNm, ChromaticModel model)
    {
        if (!(maximumShiftNm > 0)) throw BadInputException.ForParameter("maximum_shift", maximumShiftNm, "above 0 nm");
        int needed = model == ChromaticModel.Affine ? 2 * LandmarkFit.LeastPairs : 3;
        List<(Point3 From, Point3 To)> pairs = Partners(reference, channel, maximumShiftNm);
        Require(pairs.Count);
        // Dust and clumps make wrong pairs: those far from the median shift go.
        var median = new Point3(Median(pairs, 0), Median(pairs, 1), Median(pairs, 2));
        double[] off = [.. pairs.Select(p => (p.To - p.From - median).Length)];
        double limit = Outlying * Math.Max(1, 1.4826 * off.Order().ElementAt(off.Length / 2));
        pairs = [.. pairs.Where((_, i) => off[i] <= limit)];
        Require(pairs.Count);

        Point3 sum = default;
        foreach ((Point3 from, Point3 to) in pairs) sum += to - from;
        Point3 offset = (1.0 / pairs.Count) * sum;
        AffineTransform transform = model == ChromaticModel.Affine
            ? LandmarkFit.Fit([.. pairs.Select(p => p.From)], [.. pairs.Select(p => p.To)], LandmarkModel.Affine).Transform
            : new AffineTransform([1, 0, 0, offset.Z, 0, 1, 0, offset.Y, 0, 0, 1, offset.X]);
        return new ChromaticShift(transform, offset, pairs.Count, Rms(p => transform.Apply(p)), Rms(p => p));

        double Rms(Func<Point3, Point3> map) => Math.Sqrt(pairs.Average(p => Point3.Dot(map(p.From) - p.To, map(p.From) - p.To)));

        void Require(int count)
        {
            if (count >= needed) return;
            throw new BadInputException($"Only {count} of the beads ({reference.Count} in the reference, {channel.Count} in the channel) have a partner within {maximumShiftNm:G4} nm; "
                + $"{needed} are needed{(model == ChromaticModel.Affine ? " for an affine correction" : "")}. Check bead_diameter and maximum_shift, and that both channels show the same beads.");
        }
    }

    private static double Median(List<(Point3 From, Point3 To)> pairs, int axis) => pairs.Select(p => (p.To - p.From)[axis]).Order().ElementAt(pairs.Count / 2);

    /// <summary>Beads that are each other's nearest.</summary>
    private static List<(Point3 From, Point3 To)> Partners(IReadOnlyList<Point3> reference, IReadOnlyList<Point3> channel, double limit)
    {
        var pairs = new List<(Point3, Point3)>();
        if (reference.Count == 0 || channel.Count == 0) return pairs;
        KdTree there = new([.. reference]), here = new([.. channel]);
        Span<int> index = stackalloc int[1];
        Span<double> squared = stackalloc double[1];
        for (int i = 0; i < channel.Count; i++)
        {
            there.Nearest(channel[i], index, squared);
            if (squared[0] > limit * limit) continue;
            int partner = index[0];
            here.Nearest(reference[partner], index, squared);
            if (index[0] == i) pairs.Add((channel[i], reference[partner]));
        }
        return pairs;
    }
}

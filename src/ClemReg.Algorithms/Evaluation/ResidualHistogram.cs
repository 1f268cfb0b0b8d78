using ClemReg.Algorithms.PointClouds;
using ClemReg.Algorithms.Registration;

namespace ClemReg.Algorithms.Evaluation;

/// <summary>How many points of a cloud lie how far from another cloud.</summary>
/// <param name="BinNm">The width of a bin in nm: 1, 2 or 5 times a power of ten.</param>
/// <param name="Counts">Points with a distance from i to i + 1 bins.</param>
/// <param name="Beyond">Points farther away than the last bin reaches: at most about one in a hundred.</param>
/// <param name="MedianNm">The median distance.</param>
/// <param name="P95Nm">95 % of the distances are below this.</param>
public sealed record ResidualHistogram(double BinNm, IReadOnlyList<int> Counts, int Beyond, double MedianNm, double P95Nm)
{
    private const int LeastBins = 20;

    /// <summary>Measures the distance of each point to the nearest of the other cloud.</summary>
    /// <param name="moved">The points, nm.</param>
    /// <param name="target">The cloud that they should lie on, nm.</param>
    /// <param name="job">Threads, cancellation.</param>
    /// <exception cref="BadInputException">A cloud without points.</exception>
    public static ResidualHistogram Of(PointCloud moved, PointCloud target, Job job)
    {
        if (moved.Count == 0 || target.Count == 0) throw new BadInputException($"{moved.Count} points cannot be compared with {target.Count}: both clouds need points.");
        var tree = new KdTree(target.Points);
        var distances = new double[moved.Count];
        const int piece = 1024;
        job.For((moved.Count + piece - 1) / piece, part =>
        {
            Span<int> index = stackalloc int[1];
            Span<double> squared = stackalloc double[1];
            for (int i = part * piece; i < Math.Min(moved.Count, (part + 1) * piece); i++)
            {
                tree.Nearest(moved[i], index, squared);
                distances[i] = Math.Sqrt(squared[0]);
            }
        });
        Array.Sort(distances);
        double reach = RegistrationEvaluation.Quantile(distances, 0.99);
        double bin = reach > 0 ? RoundLength.AtMost(reach / LeastBins) : 1;
        var counts = new int[(int)Math.Floor(reach / bin) + 1];
        int beyond = 0;
        foreach (double distance in distances)
        {
            int i = (int)Math.Min(int.MaxValue, distance / bin);
            if (i < counts.Length) counts[i]++;
            else beyond++;
        }
        return new ResidualHistogram(bin, counts, beyond, RegistrationEvaluation.Quantile(distances, 0.5), RegistrationEvaluation.Quantile(distances, 0.95));
    }
}

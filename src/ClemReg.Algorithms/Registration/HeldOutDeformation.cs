using System.Globalization;
using ClemReg.Algorithms.PointClouds;
using ClemReg.Algorithms.Transforms;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Registration;

/// <summary>Whether a deformation fitted to one part of the sample helps in the other.</summary>
public sealed record HeldOutJudgement
{
    /// <summary>Root mean square of the columns' offsets with the start alone (the rigid result), in nm.</summary>
    public required double RigidOffsetNm { get; init; }

    /// <summary>The same with a deformation that was fitted without those columns, in nm.</summary>
    public required double DeformedOffsetNm { get; init; }

    /// <summary>How many columns were judged.</summary>
    public required int Columns { get; init; }

    /// <summary>
    /// How surely columns lie off in the direction in which a deformation that has not seen them moves them: the sum over columns of offset times movement, in units of
    /// its standard error. Around 0 by chance, 2 and more hardly ever.
    /// </summary>
    public required double Agreement { get; init; }

    /// <summary>True when the agreement is 2 or more and the columns do not lie off farther than before.</summary>
    public required bool Better { get; init; }

    /// <summary>The judgement as a sentence for the user.</summary>
    public required string Text { get; init; }
}

/// <summary>
/// Asks of a deformable registration whether it earns its place: it is fitted twice, each time without every second column of the sample (as on a
/// chessboard), and judged by the columns left out.
/// </summary>
/// <remarks>
/// Judged is the mean step from a column's moved points to the fixed points that match them: a column that lies off as a whole. Distances
/// of single points would not do. A fluorescence cloud is thicker than an EM cloud, so any squashing brings its points nearer to the EM's, in columns left
/// out too; in a column's mean the two sides of a mitochondrion cancel. Missing and false mitochondria set off columns much more than a
/// deformation does, but by chance, so it is asked whether offsets and predicted movements agree, not only whether the offsets shrink.
/// </remarks>
public static class HeldOutDeformation
{
    /// <summary>Columns along the longest side.</summary>
    private const int ColumnsAlong = 8;

    /// <summary>A column of fewer points says nothing.</summary>
    private const int LeastPoints = 20;

    private const double LeastAgreement = 2;

    /// <summary>Offsets may grow by this factor: what is matched softly shows only a part of an offset.</summary>
    private const double Margin = 1.05;

    /// <summary>Judges a deformation.</summary>
    /// <param name="moving">The moving points, nm, z, y, x.</param>
    /// <param name="fixedCloud">The fixed points.</param>
    /// <param name="rigid">The rigid result that the deformation is judged against.</param>
    /// <param name="options">How the deformation is found; it starts at <paramref name="rigid"/> whatever they say.</param>
    /// <param name="sigmaNm">Standard deviation, in nm, of the Gaussians by which points are matched, positive: the deformable registration's last sigma.</param>
    /// <param name="job">Threads, cancellation, progress.</param>
    /// <exception cref="BadInputException">An option out of its range, a cloud that cannot be registered, or fewer than 4 columns with enough points.</exception>
    public static HeldOutJudgement Judge(
        PointCloud moving, PointCloud fixedCloud, AffineTransform rigid, BcpdOptions options, double sigmaNm, Job job)
    {
        if (!(sigmaNm > 0) || double.IsInfinity(sigmaNm)) throw BadInputException.ForParameter("sigma", sigmaNm, "a positive length in nm");
        PointCloud start = rigid.Apply(moving);
        int[] column = Columns(start, out bool[] black, out int columns);
        var counts = new int[columns];
        foreach (int c in column) counts[c]++;
        int judged = counts.Count(n => n >= LeastPoints);
        if (judged < 4)
            throw new BadInputException($"Only {judged} columns of the moving cloud have {LeastPoints} points or more: at least 4 are needed to judge a deformation. "
                + "Sample more points.");

        var parts = new PointCloud[2];
        for (int part = 0; part < 2; part++)
        {
            bool kept = part == 0;
            PointCloud training = new([.. moving.Points.ToArray().Where((_, i) => black[column[i]] == kept)]);
            DeformableRegistrationResult fit = job.Run("fit_without_half", part / 2.0, (part + 1) / 2.0,
                share => Bcpd.Register(training, fixedCloud, options with { Initial = rigid }, share));
            var moved = new Point3[moving.Count];
            for (int i = 0; i < moved.Length; i++) moved[i] = fit.Apply(moving[i]);
            parts[part] = new PointCloud(moved);
        }
        Point3[] offsets = Offsets(start), first = Offsets(parts[0]), second = Offsets(parts[1]);
        Point3[] heldOut = [.. first.Select((offset, c) => black[c] ? second[c] : offset)];
        double before = RootMeanSquare(offsets, counts), after = RootMeanSquare(heldOut, counts);
        var movement = new Point3[columns];
        for (int i = 0; i < column.Length; i++) movement[column[i]] += parts[black[column[i]] ? 1 : 0][i] - start[i];
        double sum = 0, square = 0;
        for (int c = 0; c < columns; c++)
        {
            if (counts[c] < LeastPoints) continue;
            double product = Point3.Dot(offsets[c], movement[c]);
            sum += product;
            square += product * product;
        }
        double agreement = square > 0 ? sum / Math.Sqrt(square) : 0;
        bool better = agreement >= LeastAgreement && after < Margin * before;
        string text = string.Create(CultureInfo.InvariantCulture,
            $"Judged by {judged} columns of the sample that a deformation was not fitted to, the offset changes from {before:F0} to {after:F0} nm, and the agreement of offsets and movements is {agreement:F1} (2 is needed): ");
        return new HeldOutJudgement
        {
            RigidOffsetNm = before,
            DeformedOffsetNm = after,
            Columns = judged,
            Agreement = agreement,
            Better = better,
            Text = text + (better ? "it earns its place." : "it does not earn its place. Use the rigid result, or raise bcpd_lambda."),
        };

        // The mean step of each column to the fixed points that match it.
        Point3[] Offsets(PointCloud moved)
        {
            Point3?[] steps = RegistrationEvaluation.StepsToMean(moved, fixedCloud, sigmaNm, options.Omega, job);
            var sums = new Point3[columns];
            var weights = new int[columns];
            for (int i = 0; i < steps.Length; i++)
            {
                if (steps[i] is not { } step) continue;
                sums[column[i]] += step;
                weights[column[i]]++;
            }
            return [.. sums.Select((s, c) => weights[c] > 0 ? (1.0 / weights[c]) * s : default)];
        }
    }

    private static double RootMeanSquare(Point3[] offsets, int[] counts)
    {
        double sum = 0, points = 0;
        for (int c = 0; c < counts.Length; c++)
        {
            if (counts[c] < LeastPoints) continue;
            sum += counts[c] * Point3.Dot(offsets[c], offsets[c]);
            points += counts[c];
        }
        return Math.Sqrt(sum / Math.Max(points, 1));
    }

    /// <summary>The column of each point: squares across the two longest sides of the cloud, black and white.</summary>
    private static int[] Columns(PointCloud cloud, out bool[] black, out int columns)
    {
        Point3 low = cloud[0], high = low;
        foreach (Point3 p in cloud.Points)
        {
            low = Point3.Min(low, p);
            high = Point3.Max(high, p);
        }
        Point3 side = high - low;
        int thin = side.Z <= side.Y && side.Z <= side.X ? 0 : side.Y <= side.X ? 1 : 2;
        int a = thin == 0 ? 1 : 0, b = thin == 2 ? 1 : 2;
        double edge = Math.Max(side[a], side[b]) / ColumnsAlong;
        var column = new int[cloud.Count];
        for (int i = 0; i < column.Length; i++)
            column[i] = Index(cloud[i], a) * ColumnsAlong + Index(cloud[i], b);
        columns = ColumnsAlong * ColumnsAlong;
        black = [.. Enumerable.Range(0, columns).Select(c => (c / ColumnsAlong + c % ColumnsAlong) % 2 == 0)];
        return column;

        int Index(Point3 p, int axis) => Math.Min(ColumnsAlong - 1, (int)((p[axis] - low[axis]) / edge));
    }
}

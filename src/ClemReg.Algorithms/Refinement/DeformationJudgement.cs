using System.Globalization;
using ClemReg.Algorithms.Transforms;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Refinement;

/// <summary>Whether a displacement explains fluorescence that it was not fitted to better than the linear registration does.</summary>
/// <param name="Accepted">True where it does, by more than chance.</param>
/// <param name="Gain">The part of the held-out residuals' robust cost that it saves; negative where it costs.</param>
/// <param name="Significance">The gain over its standard error, by columns.</param>
/// <param name="Columns">Columns of the EM that were judged.</param>
/// <param name="DisplacementNm">Its root mean square over the looked-at voxels.</param>
/// <param name="Halves">The displacements of the two halves, in the EM's frame; their difference tells how well each is known.</param>
public sealed record DeformationJudgement(
    bool Accepted, double Gain, double Significance, int Columns, double DisplacementNm, IReadOnlyList<DisplacementField> Halves)
{
    /// <summary>Standard errors that a gain must have.</summary>
    public const double LeastSignificance = 4;

    /// <summary>The least gain that is worth a deformation.</summary>
    public const double LeastGain = 0.005;

    /// <summary>The judgement in words.</summary>
    public string Text => string.Create(CultureInfo.InvariantCulture,
        $"Held-out test of the deformation ({DisplacementNm:F0} nm, root mean square): fitted to every second column of 3 µm it changes the misfit of the others by {-100 * Gain:F1} % ({Significance:F1} standard errors, {Columns} columns), so the {(Accepted ? "deformation is kept" : "linear registration is kept")}.");

    /// <summary>Fits each half of a chessboard of columns and judges on the other.</summary>
    internal static DeformationJudgement Judge(SharpLevel level, DeformableOptions options, Job job)
    {
        Point3[] places = level.Places;
        var board = new ColumnBoard(level.Low, level.High);
        int[] number = [.. places.Select(board.Number)];
        bool[] dark = [.. places.Select(board.Dark)];
        var gains = new double[board.Count];
        var costs = new double[gains.Length];
        var halves = new DisplacementField[2];
        double square = 0;
        for (int half = 0; half < 2; half++)
        {
            bool[] fitted = [.. dark.Select(d => d == (half == 1))], judged = [.. fitted.Select(f => !f)];
            if (!fitted.Contains(true) || !judged.Contains(true)) return new DeformationJudgement(false, 0, 0, 0, 0, []);
            DisplacementField field = job.Run("fit_half", 0.5 * half, 0.5 * half + 0.5, part =>
            {
                var refinement = new DeformableRefinement(level.Low, level.High, options);
                refinement.Fit(level, fitted, part);
                return refinement.Field;
            });
            halves[half] = field;
            IntensityFit before = level.Fit(null, judged, job), after = level.Fit(field, judged, job);
            for (int i = 0; i < places.Length; i++)
            {
                if (!judged[i]) continue;
                double weight = level.Samples.Weights[i], cost = weight * before.Cost(i, before.Unit);
                gains[number[i]] += cost - weight * after.Cost(i, before.Unit);
                costs[number[i]] += cost;
                Point3 d = field.At(places[i]);
                square += Point3.Dot(d, d);
            }
            // The other half can hardly turn a loss into a clear gain.
            if (half == 0 && gains.Sum() <= 0) break;
        }
        int[] used = [.. Enumerable.Range(0, gains.Length).Where(c => costs[c] > 0)];
        double all = used.Sum(c => costs[c]), gain = used.Sum(c => gains[c]) / all;
        double variance = used.Sum(c => Math.Pow(gains[c] - gain * costs[c], 2)) / (all * all) * used.Length / Math.Max(1, used.Length - 1);
        double significance = variance > 0 ? gain / Math.Sqrt(variance) : 0;
        return new DeformationJudgement(gain > LeastGain && significance > LeastSignificance, gain, significance, used.Length, Math.Sqrt(square / places.Length), halves);
    }
}

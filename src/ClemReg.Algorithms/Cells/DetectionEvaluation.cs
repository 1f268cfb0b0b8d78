namespace ClemReg.Algorithms.Cells;

/// <summary>How well detections agree with the truth, over all sections together.</summary>
/// <param name="Detections">Detections.</param>
/// <param name="Truth">True cells.</param>
/// <param name="Correct">Detections whose Dice index with some true cell is above the threshold.</param>
/// <param name="Found">True cells whose Dice index with some detection is above the threshold.</param>
/// <param name="DiceOfDetections">The mean over detections of the best Dice index with a true cell; NaN without detections.</param>
/// <param name="DiceOfTruth">The mean over true cells of the best Dice index with a detection; NaN without true cells.</param>
public sealed record DetectionScores(int Detections, int Truth, int Correct, int Found, double DiceOfDetections, double DiceOfTruth)
{
    /// <summary>The share of the true cells that were found; NaN without true cells.</summary>
    public double Recall => (double)Found / Truth;

    /// <summary>The share of the detections that are correct; NaN without detections.</summary>
    public double Precision => (double)Correct / Detections;

    /// <summary>The harmonic mean of recall and precision; 0 where nothing was found.</summary>
    public double F1 => Found == 0 || Correct == 0 ? 0 : 2 * Recall * Precision / (Recall + Precision);
}

/// <summary>
/// Compares detected cells with true ones by their boxes, as published with the detector (J. Delpiano et al., J. Microsc. 271, 2018, equations 1
/// to 6), and by average precision. Boxes are compared within a section only.
/// </summary>
public static class DetectionEvaluation
{
    /// <summary>The published threshold: a detection with a larger Dice index is correct.</summary>
    public const double PublishedThreshold = 0.5;

    /// <summary>Recall, precision and mean Dice index.</summary>
    /// <param name="detections">What was found.</param>
    /// <param name="truth">What is there.</param>
    /// <param name="threshold">Above this a detection is correct, 0 to 1.</param>
    public static DetectionScores Evaluate(IReadOnlyList<Box> detections, IReadOnlyList<Box> truth, double threshold = PublishedThreshold)
    {
        double[] ofDetections = Best(detections, truth), ofTruth = Best(truth, detections);
        return new DetectionScores(detections.Count, truth.Count, ofDetections.Count(d => d > threshold), ofTruth.Count(d => d > threshold), Mean(ofDetections), Mean(ofTruth));
    }

    /// <summary>
    /// How far annotators agree: in row i and column j the mean over the cells of annotator i of the best Dice index with a cell of j, as in the
    /// published table; 1 on the diagonal, NaN for an annotator without cells.
    /// </summary>
    /// <param name="annotators">The boxes of each; the algorithm's may be among them.</param>
    public static double[,] Agreement(IReadOnlyList<IReadOnlyList<Box>> annotators)
    {
        var matrix = new double[annotators.Count, annotators.Count];
        for (int i = 0; i < annotators.Count; i++)
            for (int j = 0; j < annotators.Count; j++)
                matrix[i, j] = Mean(Best(annotators[i], annotators[j]));
        return matrix;
    }

    /// <summary>
    /// Average precision as the COCO benchmark defines it: detections by falling score each take the free true box of the largest
    /// intersection over union, if that reaches the threshold; precision is read at 101 recalls.
    /// </summary>
    /// <param name="detections">What was found, with scores.</param>
    /// <param name="truth">What is there.</param>
    /// <param name="threshold">The least intersection over union.</param>
    /// <returns>0 to 1; NaN without true boxes.</returns>
    public static double AveragePrecision(IReadOnlyList<Box> detections, IReadOnlyList<Box> truth, double threshold)
    {
        if (truth.Count == 0) return double.NaN;
        ILookup<int, int> bySlice = Enumerable.Range(0, truth.Count).ToLookup(i => truth[i].Slice);
        var taken = new bool[truth.Count];
        var precisions = new List<(double Recall, double Precision)>();
        int correct = 0, seen = 0;
        foreach (Box detection in detections.OrderByDescending(d => d.Score))
        {
            int best = -1;
            double most = threshold;
            foreach (int i in bySlice[detection.Slice])
            {
                double overlap = Box.IntersectionOverUnion(detection, truth[i]);
                // The first of two equal ones is kept, and the threshold itself is enough.
                if (taken[i] || overlap < most || (best >= 0 && overlap == most)) continue;
                (best, most) = (i, overlap);
            }
            seen++;
            if (best >= 0)
            {
                taken[best] = true;
                correct++;
            }
            precisions.Add(((double)correct / truth.Count, (double)correct / seen));
        }
        // The precision at a recall is the best that any larger recall has.
        for (int i = precisions.Count - 2; i >= 0; i--)
            precisions[i] = precisions[i] with { Precision = Math.Max(precisions[i].Precision, precisions[i + 1].Precision) };
        double sum = 0;
        int at = 0;
        for (int step = 0; step <= 100; step++)
        {
            while (at < precisions.Count && precisions[at].Recall < step / 100.0) at++;
            if (at < precisions.Count) sum += precisions[at].Precision;
        }
        return sum / 101;
    }

    /// <summary>The mean of <see cref="AveragePrecision(IReadOnlyList{Box}, IReadOnlyList{Box}, double)"/> over the thresholds 0.50, 0.55, ... 0.95.</summary>
    public static double AveragePrecision(IReadOnlyList<Box> detections, IReadOnlyList<Box> truth) =>
        Enumerable.Range(0, 10).Average(i => AveragePrecision(detections, truth, (50 + 5 * i) / 100.0));

    /// <summary>The share of the true boxes' pixels that lie in one or more fields of view of the same section; NaN without true boxes.</summary>
    public static double CoveredShare(IReadOnlyList<Box> truth, IReadOnlyList<Box> fields)
    {
        ILookup<int, Box> bySlice = fields.ToLookup(f => f.Slice);
        long all = 0, covered = 0;
        foreach (Box box in truth)
        {
            all += box.Area;
            covered += Union(box, [.. bySlice[box.Slice]]);
        }
        return (double)covered / all;
    }

    /// <summary>The share of labelled pixels that lie in one or more fields of view; NaN where nothing is labelled.</summary>
    /// <param name="labels">One section's cells.</param>
    /// <param name="fields">The fields of view of this section; their section number does not matter.</param>
    public static double CoveredShare(Volumes.Plane<int> labels, IReadOnlyList<Box> fields)
    {
        long all = 0, covered = 0;
        for (int y = 0; y < labels.Height; y++)
        {
            ReadOnlySpan<int> row = labels.Row(y);
            for (int x = 0; x < row.Length; x++)
            {
                if (row[x] == 0) continue;
                all++;
                foreach (Box f in fields)
                {
                    if (x < f.X || x >= f.Right || y < f.Y || y >= f.Bottom) continue;
                    covered++;
                    break;
                }
            }
        }
        return (double)covered / all;
    }

    /// <summary>For each cell how many of its pixels lie in one or more fields of view of its section.</summary>
    /// <param name="cells">The cells, by their outlines where these are known, else by their boxes.</param>
    /// <param name="fields">The fields in each of their sections.</param>
    public static IReadOnlyList<long> CoveredPixels(IReadOnlyList<CellShape> cells, IReadOnlyList<Box> fields)
    {
        ILookup<int, Box> bySlice = fields.ToLookup(f => f.Slice);
        return [.. cells.Select(cell =>
        {
            Box[] near = [.. bySlice[cell.Box.Slice].Where(f => Box.Intersection(cell.Box, f) > 0).OrderBy(f => f.X)];
            return cell.Rows().Sum(row => Covered(near, row.Y, row.From, row.To));
        })];
    }

    /// <summary>The pixels of a box that lie in any of some fields: in each row the union of their columns.</summary>
    private static long Union(Box box, Box[] fields)
    {
        fields = [.. fields.Where(f => Box.Intersection(box, f) > 0).OrderBy(f => f.X)];
        long pixels = 0;
        for (int y = box.Y; y < box.Bottom; y++) pixels += Covered(fields, y, box.X, box.Right);
        return pixels;
    }

    /// <summary>How many pixels of a piece of a row lie in any of some fields, which are in the order of their first columns.</summary>
    private static long Covered(Box[] fields, int y, int from, int to)
    {
        long pixels = 0;
        foreach (Box f in fields)
        {
            if (y < f.Y || y >= f.Bottom) continue;
            int end = Math.Min(f.Right, to);
            pixels += Math.Max(0, end - Math.Max(from, f.X));
            from = Math.Max(from, end);
        }
        return pixels;
    }

    /// <summary>The box of the others that each of some boxes has the largest Dice index with, in its section.</summary>
    /// <param name="boxes">The boxes.</param>
    /// <param name="others">The others.</param>
    /// <returns>For each box that index and the other's place in its list; 0 and -1 where it shares no pixel with any.</returns>
    public static IReadOnlyList<(double Dice, int Other)> Matches(IReadOnlyList<Box> boxes, IReadOnlyList<Box> others)
    {
        ILookup<int, int> bySlice = Enumerable.Range(0, others.Count).ToLookup(i => others[i].Slice);
        var matches = new (double Dice, int Other)[boxes.Count];
        for (int b = 0; b < boxes.Count; b++)
        {
            matches[b] = (0, -1);
            foreach (int i in bySlice[boxes[b].Slice])
                if (Box.Dice(boxes[b], others[i]) is var dice && dice > matches[b].Dice) matches[b] = (dice, i);
        }
        return matches;
    }

    private static double[] Best(IReadOnlyList<Box> boxes, IReadOnlyList<Box> others) => [.. Matches(boxes, others).Select(m => m.Dice)];

    private static double Mean(double[] values) => values.Length == 0 ? double.NaN : values.Average();
}

using ClemReg.Algorithms.Cells;

/// <summary>Detections judged against the truth, a line of a file each, so that a run that was stopped goes on where it was: what was run; detections, truth, correct, found, sums of Dice over detections and over truth.</summary>
internal sealed class Results
{
    private const int Figures = 6;
    private readonly string _path;
    private readonly Dictionary<string, double[]> _rows = [];

    /// <summary>Reads the file, if it is there.</summary>
    public Results(string path)
    {
        _path = path;
        if (!File.Exists(path)) return;
        string text = File.ReadAllText(path);
        // The last line is not whole where a run was killed.
        int end = text.LastIndexOf('\n') + 1;
        if (end < text.Length) File.WriteAllText(path, text[..end]);
        foreach (string line in text[..end].Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            string[] cells = line.Split(';');
            _rows[string.Join(';', cells[..^Figures])] = [.. cells[^Figures..].Select(double.Parse)];
        }
    }

    /// <summary>Whether that was run.</summary>
    public bool Has(string key) => _rows.ContainsKey(key);

    /// <summary>Judges what was found.</summary>
    public void Add(string key, IReadOnlyList<Box> found, IReadOnlyList<Box> truth)
    {
        DetectionScores s = DetectionEvaluation.Evaluate(found, truth);
        Add(key, [s.Detections, s.Truth, s.Correct, s.Found, Sum(s.DiceOfDetections, s.Detections), Sum(s.DiceOfTruth, s.Truth)]);
    }

    /// <summary>Keeps six figures of another kind.</summary>
    public void Add(string key, double[] row)
    {
        File.AppendAllText(_path, $"{key};{string.Join(';', row)}\n");
        _rows[key] = row;
    }

    /// <summary>The sums over the rows whose keys' parts are as asked.</summary>
    public Totals Of(Func<string[], bool> chosen)
    {
        (int rows, double[] sums) = Sums(chosen);
        return new Totals(rows, sums[0], sums[1], sums[2], sums[3], sums[4], sums[5]);
    }

    /// <summary>How many rows' keys are as asked, and the sums of their six figures.</summary>
    public (int Rows, double[] Sums) Sums(Func<string[], bool> chosen)
    {
        double[][] rows = [.. _rows.Where(r => chosen(r.Key.Split(';'))).Select(r => r.Value)];
        return (rows.Length, [.. Enumerable.Range(0, Figures).Select(i => rows.Sum(r => r[i]))]);
    }

    private static double Sum(double mean, int count) => count == 0 ? 0 : mean * count;
}

/// <summary>Detections, true cells, correct detections, found cells and Dice indices, summed over so many rows.</summary>
internal sealed record Totals(int Rows, double Detections, double Truth, double Correct, double Found, double DiceOfDetections, double DiceOfTruth)
{
    /// <summary>The share of the true cells that were found.</summary>
    public double Recall => Found / Truth;

    /// <summary>The share of the detections that are correct.</summary>
    public double Precision => Correct / Detections;

    /// <summary>Their harmonic mean.</summary>
    public double F1 => Found == 0 || Correct == 0 ? 0 : 2 * Recall * Precision / (Recall + Precision);

    /// <summary>Recall / precision / F1 (Dice of detections / of truth).</summary>
    public override string ToString() => Rows == 0 ? "" : $"{Recall:F2} / {Precision:F2} / {F1:F3} ({DiceOfDetections / Detections:F2} / {DiceOfTruth / Truth:F2})";
}

using ClemReg.Algorithms.Cells;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Tests.Cells;

public sealed class DetectionEvaluationTests
{
    private static readonly Box[] Truth = [new(0, 0, 0, 10, 10), new(0, 50, 50, 10, 10), new(1, 0, 0, 10, 10)];

    [Fact]
    public void The_published_figures_worked_out_by_hand()
    {
        // Dice 2*50/(50+100), 2*50/200 (not above the threshold), none (another section's), exact.
        Box[] detections = [new(0, 0, 0, 10, 5), new(0, 55, 50, 10, 10), new(2, 0, 0, 10, 10), new(1, 0, 0, 10, 10)];
        DetectionScores scores = DetectionEvaluation.Evaluate(detections, Truth);
        Assert.Equal((4, 3, 2, 2), (scores.Detections, scores.Truth, scores.Correct, scores.Found));
        Assert.Equal((2 / 3.0 + 0.5 + 0 + 1) / 4, scores.DiceOfDetections, 1e-12);
        Assert.Equal((2 / 3.0 + 0.5 + 1) / 3, scores.DiceOfTruth, 1e-12);
        Assert.Equal(2 / 3.0, scores.Recall, 1e-12);
        Assert.Equal(0.5, scores.Precision, 1e-12);
        Assert.Equal(4 / 7.0, scores.F1, 1e-12);
        Assert.Equal(3, DetectionEvaluation.Evaluate(detections, Truth, 0.49).Found);
    }

    [Fact]
    public void Nothing_found_and_nothing_there()
    {
        DetectionScores none = DetectionEvaluation.Evaluate([], Truth);
        Assert.Equal((0.0, 0.0, 0.0), (none.Recall, none.F1, none.DiceOfTruth));
        Assert.True(double.IsNaN(none.Precision) && double.IsNaN(none.DiceOfDetections));
        DetectionScores empty = DetectionEvaluation.Evaluate(Truth, []);
        Assert.True(double.IsNaN(empty.Recall));
        Assert.Equal((0.0, 0.0), (empty.Precision, empty.F1));
        Assert.True(double.IsNaN(DetectionEvaluation.AveragePrecision(Truth, [])));
        Assert.Equal(0, DetectionEvaluation.AveragePrecision([], Truth));
        Assert.True(double.IsNaN(DetectionEvaluation.CoveredShare([], Truth)));
    }

    [Fact]
    public void The_matrix_of_annotators_is_not_symmetric()
    {
        double[,] matrix = DetectionEvaluation.Agreement([Truth, [Truth[0]], []]);
        Assert.Equal(1, matrix[0, 0]);
        Assert.Equal(1 / 3.0, matrix[0, 1], 1e-12);
        Assert.Equal(1, matrix[1, 0]);
        Assert.Equal(0, matrix[0, 2]);
        Assert.True(double.IsNaN(matrix[2, 0]) && double.IsNaN(matrix[2, 2]));
    }

    [Fact]
    public void Average_precision_is_COCOs()
    {
        // The surest is right, the next wrong, the third right, one is missed: precision 1 up to a recall of 1/3, 2/3 up to 2/3.
        Box[] detections = [Truth[2] with { Score = 0.5 }, new(0, 200, 0, 9, 9, 0.7), Truth[0] with { Score = 0.9 }];
        Assert.Equal((34 * 1 + 33 * (2 / 3.0)) / 101, DetectionEvaluation.AveragePrecision(detections, Truth, 0.5), 1e-12);
        // A second detection of the same cell is wrong.
        Assert.Equal(1, DetectionEvaluation.AveragePrecision([.. Truth, Truth[0] with { Score = 0.1 }], Truth, 0.95), 1e-12);
        Assert.Equal(67 * 0.5 / 101 + 0, DetectionEvaluation.AveragePrecision(
            [Truth[0] with { X = 100 }, Truth[1] with { X = 100, Y = 0 }, Truth[0] with { Score = 0.5 }, Truth[2] with { Score = 0.4 }], Truth, 0.5), 1e-12);
        // An overlap of 10/11 counts up to the threshold 0.90: 9 of the 10 thresholds.
        Assert.Equal(0.9, DetectionEvaluation.AveragePrecision([new(0, 0, 0, 10, 11)], [Truth[0]]), 1e-12);
        Assert.Equal(1, DetectionEvaluation.AveragePrecision([new(0, 0, 0, 10, 5)], [Truth[0]], 0.5), 1e-12);
    }

    [Fact]
    public void Covered_pixels_count_once()
    {
        Box[] fields = [new(0, -5, 0, 10, 10), new(0, 2, 0, 3, 20), new(0, 8, 0, 1, 1), new(1, 50, 50, 10, 10)];
        Assert.Equal((50 + 1) / 300.0, DetectionEvaluation.CoveredShare(Truth, fields), 1e-12);
        var random = new Random(1);
        for (int n = 0; n < 50; n++)
        {
            Box[] some = [.. Enumerable.Range(0, 6).Select(_ => new Box(0, random.Next(20), random.Next(20), 1 + random.Next(9), 1 + random.Next(9)))];
            var box = new Box(0, random.Next(20), random.Next(20), 1 + random.Next(12), 1 + random.Next(12));
            var labels = new Plane<int>(40, 40);
            for (int y = box.Y; y < box.Bottom; y++) labels.Row(y)[box.X..box.Right].Fill(1);
            Assert.Equal(DetectionEvaluation.CoveredShare(labels, some), DetectionEvaluation.CoveredShare([box], some), 1e-12);
        }
    }
}

using System.Globalization;
using ClemReg.Algorithms.Evaluation;
using ClemReg.Algorithms.Registration;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Pipelines;

/// <summary>The tables of a comparison: objects, classes, volumes, differences and, where there are classes, confusion.</summary>
internal static class CompareTables
{
    public static ResultTable[] Make(SegmentedObjects a, SegmentedObjects b, SegmentationComparison found, IReadOnlyList<PairDifference> pairs, bool classes, string everything)
    {
        // Without classes the one class is all there is.
        ClassComparison[] shown = classes ? [.. found.Classes] : [found.Classes[^1]];
        var tables = new List<ResultTable> { Objects(a, b, pairs), Counts(shown, everything), Volumes(shown, everything, a.Grid.Spacing), Differences(b, pairs, classes, everything) };
        if (classes) tables.Add(Confusion(found.Confusion));
        return [.. tables];
    }

    /// <summary>A figure for a sentence.</summary>
    public static string Text(double value) => double.IsFinite(value) ? value.ToString("F3", CultureInfo.InvariantCulture) : "-";

    private static string Name(ClassComparison c, ClassComparison[] shown, string everything) => c == shown[^1] ? everything : c.Class;

    private static ResultTable Objects(SegmentedObjects a, SegmentedObjects b, IReadOnlyList<PairDifference> pairs)
    {
        var table = new ResultTable("objects", "status", "class", "label_a", "label_b", "file_a", "file_b", "parts_a", "iou", "dice", "intersection_of_a", "intersection_of_b", "volume_a_um3", "volume_b_um3", "volume_difference_um3",
            "volume_difference_percent", "area_a_um2", "area_b_um2", "area_difference_um2", "area_difference_percent", "centre_distance_nm", "centre_shift_z_nm", "centre_shift_y_nm", "centre_shift_x_nm");
        HashSet<int> usedA = [], usedB = [];
        foreach (PairDifference pair in pairs)
        {
            ObjectMatch m = pair.Match;
            SegmentedObject first = a.All[m.Parts[0]], other = b.All[m.B];
            long voxels = m.Parts.Sum(p => a.All[p].Voxels);
            table.Add("found", other.Class, first.Label, other.Label, first.File, other.File, m.Parts.Count, m.Iou, 2.0 * m.Both / (voxels + other.Voxels), (double)m.Both / voxels, (double)m.Both / other.Voxels,
                1e-9 * pair.A.VolumeNm3, 1e-9 * pair.B.VolumeNm3, 1e-9 * (pair.A.VolumeNm3 - pair.B.VolumeNm3), Percent(pair.A.VolumeNm3, pair.B.VolumeNm3),
                1e-6 * pair.A.AreaNm2, 1e-6 * pair.B.AreaNm2, 1e-6 * (pair.A.AreaNm2 - pair.B.AreaNm2), Percent(pair.A.AreaNm2, pair.B.AreaNm2), pair.Shift.Length, pair.Shift.Z, pair.Shift.Y, pair.Shift.X);
            // Further parts have lines of their own, so that each object is in the table once.
            foreach (int p in m.Parts.Skip(1)) Alone("part", a.All[p], other);
            usedA.UnionWith(m.Parts);
            usedB.Add(m.B);
        }
        for (int j = 0; j < b.All.Count; j++)
            if (!usedB.Contains(j)) Alone("missed", null, b.All[j]);
        for (int i = 0; i < a.All.Count; i++)
            if (!usedA.Contains(i)) Alone("false", a.All[i], null);
        return table;

        void Alone(string status, SegmentedObject? one, SegmentedObject? other) => table.Add(status, (one ?? other)!.Class, Label(one), Label(other), one?.File ?? "", other?.File ?? "", "",
            double.NaN, double.NaN, double.NaN, double.NaN, Volume(one), Volume(other), double.NaN, double.NaN, double.NaN, double.NaN, double.NaN, double.NaN, double.NaN, double.NaN, double.NaN, double.NaN);

        static object Label(SegmentedObject? o) => o is null ? "" : o.Label;
        static double Volume(SegmentedObject? o) => o is null ? double.NaN : 1e-9 * o.VolumeNm3;
    }

    private static double Percent(double a, double b) => 100 * (a - b) / b;

    private static ResultTable Counts(ClassComparison[] classes, string everything)
    {
        var table = new ResultTable("classes", "class", "iou_limit", "objects_a", "objects_b", "true_positives", "false_positives", "false_negatives", "fragments", "split", "merged", "precision", "recall", "f1", "jaccard");
        foreach (ClassComparison c in classes)
            foreach (ObjectCounts n in c.Counts)
                table.Add(Name(c, classes, everything), n.Iou, n.ObjectsA, n.ObjectsB, n.TruePositives, n.FalsePositives, n.FalseNegatives, n.Fragments, n.Split, n.Merged, n.Precision, n.Recall, n.F1, n.Jaccard);
        return table;
    }

    private static ResultTable Volumes(ClassComparison[] classes, string everything, Point3 spacing)
    {
        var table = new ResultTable("volumes", "class", "volume_a_um3", "volume_b_um3", "intersection_um3", "intersection_of_a", "intersection_of_b", "dice", "iou", "paper_overlap");
        double voxel = spacing.Z * spacing.Y * spacing.X * 1e-9;
        foreach (ClassComparison c in classes)
            table.Add(Name(c, classes, everything), voxel * c.Voxels.A, voxel * c.Voxels.B, voxel * c.Voxels.Both, c.Voxels.OfA, c.Voxels.OfB, c.Voxels.Dice, c.Voxels.Iou, c.Voxels.PaperOverlap);
        return table;
    }

    private static ResultTable Differences(SegmentedObjects b, IReadOnlyList<PairDifference> pairs, bool classes, string everything)
    {
        var table = new ResultTable("differences", "class", "measure", "pairs", "mean", "sd", "minimum", "quartile_1", "median", "quartile_3", "maximum");
        if (classes)
            foreach (IGrouping<string, PairDifference> group in pairs.GroupBy(p => b.All[p.Match.B].Class).OrderBy(g => g.Key, StringComparer.Ordinal)) Add(group.Key, [.. group]);
        Add(everything, pairs);
        return table;

        void Add(string name, IReadOnlyList<PairDifference> of)
        {
            Line("iou", p => p.Match.Iou);
            Line("volume_difference_um3", p => 1e-9 * (p.A.VolumeNm3 - p.B.VolumeNm3));
            Line("volume_difference_percent", p => Percent(p.A.VolumeNm3, p.B.VolumeNm3));
            Line("area_difference_um2", p => 1e-6 * (p.A.AreaNm2 - p.B.AreaNm2));
            Line("area_difference_percent", p => Percent(p.A.AreaNm2, p.B.AreaNm2));
            Line("centre_distance_nm", p => p.Shift.Length);

            void Line(string measure, Func<PairDifference, double> value)
            {
                double[] sorted = [.. of.Select(value).Where(v => !double.IsNaN(v)).Order()];
                ErrorSummary s = ErrorSummary.Of(sorted);
                table.Add(name, measure, sorted.Length, s.Mean, s.StandardDeviation, RegistrationEvaluation.Quantile(sorted, 0), RegistrationEvaluation.Quantile(sorted, 0.25), s.Median, RegistrationEvaluation.Quantile(sorted, 0.75), s.Maximum);
            }
        }
    }

    private static ResultTable Confusion(IReadOnlyList<ClassConfusion> confusion)
    {
        var table = new ResultTable("confusion", "class_a", "class_b", "objects");
        foreach (ClassConfusion c in confusion) table.Add(c.A.Length > 0 ? c.A : "(none)", c.B.Length > 0 ? c.B : "(none)", c.Objects);
        return table;
    }
}

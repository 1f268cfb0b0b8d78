using System.Globalization;
using ClemReg.Algorithms.Cleaning;
using ClemReg.Algorithms.Evaluation;
using ClemReg.Algorithms.Mitochondria;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Tests.Evaluation;

public sealed class SegmentationComparisonTests
{
    private static readonly double[] Limits = [0.1, 0.25, 0.5];

    /// <summary>A row of voxels; each letter is a label, in the order of the alphabet.</summary>
    private static SegmentedObjects Row(string row, Func<int, string>? classOf = null)
    {
        var grid = new Grid(new Size3(1, 1, row.Length), new Point3(30, 10, 10));
        using var image = new Volume<ushort>(grid);
        for (int x = 0; x < row.Length; x++) image[0, 0, x] = row[x] == '.' ? (ushort)0 : (ushort)(row[x] - 'a' + 1);
        return SegmentedObjects.OfLabels(Labels(image), classOf ?? (_ => ""));
    }

    private static LabelVolume Labels(Volume image)
    {
        MaskOrLabels read = MaskOrLabels.Read(image, false, new Job(1));
        if (read.Labels is { } labels) return labels;
        using BitVolume mask = read.Mask!;
        return MaskOrLabels.Labelled(mask, read.Value, image.Type, new Job(1));
    }

    private static SegmentationComparison Compare(SegmentedObjects a, SegmentedObjects b, params double[] limits) =>
        SegmentationComparison.Of(a, b, ObjectOverlaps.Count(a, b, new Job(2)), limits.Length > 0 ? limits : Limits, new Job(2));

    /// <summary>Found, false, missed, fragments, split and merged at the limits.</summary>
    private static string Counts(string a, string b) => string.Join(" ", Compare(Row(a), Row(b)).Classes[^1].Counts.Select(c => $"{c.TruePositives}/{c.FalsePositives}/{c.FalseNegatives}/{c.Fragments}/{c.Split}/{c.Merged}"));

    [Theory]
    [InlineData("aaaa..bb", "aaaa..bb", "2/0/0/0/0/0 2/0/0/0/0/0 2/0/0/0/0/0")] // the same
    [InlineData("aaaa....", "....aaaa", "0/1/1/0/0/0 0/1/1/0/0/0 0/1/1/0/0/0")] // nothing in common
    [InlineData("..aaaa..", "....aaaa", "1/0/0/0/0/0 1/0/0/0/0/0 0/1/1/0/0/0")] // 2 of 6: a third
    [InlineData("aaaa......", "...aaaaaaa", "1/0/0/0/0/0 0/1/1/0/0/0 0/1/1/0/0/0")] // exactly a tenth
    [InlineData("aabb", "aaaa", "1/0/0/1/1/0 1/0/0/1/1/0 1/0/0/1/1/0")] // one found as two counts once
    [InlineData("aabbcc", "aaaaaa", "1/0/0/2/1/0 1/0/0/2/1/0 1/0/0/2/1/0")] // as three, each too little alone
    [InlineData("a.b.c.d.", "aaaaaaaa", "1/0/0/3/1/0 1/0/0/3/1/0 1/0/0/3/1/0")] // together exactly a half
    [InlineData("a.......", "aaaaaaaa", "1/0/0/0/0/0 0/1/1/0/0/0 0/1/1/0/0/0")] // a small part is no half
    [InlineData("aaaa", "aabb", "1/0/1/0/0/1 1/0/1/0/0/1 1/0/1/0/0/1")] // two found as one: the other is missed
    [InlineData("aaaaaabb", "aaaaaa..", "1/1/0/0/0/0 1/1/0/0/0/0 1/1/0/0/0/0")] // and something beside it
    [InlineData("aaaaaaabb", "aaaaaaaa.", "1/0/0/1/1/0 1/0/0/1/1/0 1/0/0/1/1/0")] // a fragment that lies half outside
    public void Counts_are_as_by_hand(string a, string b, string want) => Assert.Equal(want, Counts(a, b));

    [Fact]
    public void Parts_join_the_one_that_was_matched()
    {
        // Alone 6 of 8; with the part, half of which lies outside, 7 of 8 of b and one beside it.
        ObjectMatch together = Assert.Single(Compare(Row("aaaaaabb."), Row("aaaaaaa..")).Matches);
        Assert.Equal((7.0 / 8, 7L), (together.Iou, together.Both));
        Assert.Equal([0, 1], together.Parts);
        // The larger is the one that was matched, wherever it stands.
        Assert.Equal([1, 0], Assert.Single(Compare(Row("aabbbbbbb"), Row("aaaaaaaaa")).Matches).Parts);
    }

    [Fact]
    public void The_figures_are_the_papers()
    {
        // 3 of 4 found, 2 false.
        ClassComparison all = Compare(Row("aa.bb.cc....d.e"), Row("aa.bb.cc.dd....")).Classes[^1];
        ObjectCounts c = all.Counts[0];
        Assert.Equal((3, 2, 1), (c.TruePositives, c.FalsePositives, c.FalseNegatives));
        Assert.Equal(0.6, c.Precision, 1e-12);
        Assert.Equal(0.75, c.Recall, 1e-12);
        Assert.Equal(6.0 / 9, c.F1, 1e-12);
        Assert.Equal(0.5, c.Jaccard, 1e-12);
        Assert.Equal((8, 8, 6), (all.Voxels.A, all.Voxels.B, all.Voxels.Both));
        Assert.Equal(0.75, all.Voxels.PaperOverlap, 1e-12);
        Assert.Equal(0.75, all.Voxels.Dice, 1e-12);
        Assert.Equal(0.6, all.Voxels.Iou, 1e-12);
        // Of nothing there is no precision.
        ObjectCounts none = new(0.5, 0, 0, 0, 0, 0, 0, 0);
        Assert.True(double.IsNaN(none.Precision) && double.IsNaN(none.Recall) && double.IsNaN(none.F1) && double.IsNaN(none.Jaccard));
    }

    [Fact]
    public void Classes_are_matched_within_themselves_and_their_confusion_is_told()
    {
        SegmentedObjects a = Row("aa.bb.cc.dd", l => l is 1 or 4 ? "x" : "y"), b = Row("aa.bb.cc...", l => l == 3 ? "y" : "x");
        SegmentationComparison found = Compare(a, b);
        Assert.Equal(["x", "y", ""], found.Classes.Select(c => c.Class));
        Assert.Equal([(1, 1, 1), (1, 1, 0), (2, 2, 1)], found.Classes.Select(c => (c.Counts[0].TruePositives, c.Counts[0].FalsePositives, c.Counts[0].FalseNegatives)));
        Assert.Equal([("x", "", 1), ("x", "x", 1), ("y", "x", 1), ("y", "y", 1)], found.Confusion.Select(c => (c.A, c.B, c.Objects)));
        Assert.Equal([(4L, 4L, 2L), (4L, 2L, 2L), (8L, 6L, 6L)], found.Classes.Select(c => (c.Voxels.A, c.Voxels.B, c.Voxels.Both)));
    }

    [Fact]
    public void Small_objects_and_bad_limits()
    {
        var grid = new Grid(new Size3(1, 1, 8), new Point3(1, 1, 1));
        using var image = new Volume<byte>(grid);
        new byte[] { 1, 1, 1, 0, 2, 0, 3, 3 }.CopyTo(image.Slice(0));
        Assert.Equal([1, 3], SegmentedObjects.OfLabels(Labels(image), _ => "", 2).All.Select(o => o.Label));
        foreach (double bad in new[] { 0, -0.1, 1.1, double.NaN }) Assert.Contains("iou", Assert.Throws<BadInputException>(() => Compare(Row("a"), Row("a"), bad)).Message, StringComparison.Ordinal);
        Assert.Contains("voxels", Assert.Throws<BadInputException>(() => Compare(Row("aa"), Row("aaa"))).Message, StringComparison.Ordinal);
        Assert.Equal(1, Compare(Row("aa"), Row("aa"), 1).Classes[^1].Counts[0].TruePositives);
    }

    private static string Golden(string name) => Path.Combine(AppContext.BaseDirectory, "golden", "comparison", name);

    private static string[][] Table(string name) => [.. File.ReadAllLines(Golden(name)).Select(l => l.Split(','))];

    private static double Number(string text) => double.Parse(text, CultureInfo.InvariantCulture);

    [Fact]
    public void Agrees_with_NumPy_SciPy_and_scikit_image()
    {
        var grid = new Grid(new Size3(12, 70, 80), new Point3(30, 10, 10));
        byte[] bytes = File.ReadAllBytes(Golden("labels.bin"));
        SegmentedObjects Side(string name, int at)
        {
            using var image = new Volume<ushort>(grid);
            for (int z = 0; z < 12; z++) bytes.AsSpan((at * 12 + z) * image.SliceBytes(z).Length, image.SliceBytes(z).Length).CopyTo(image.SliceBytes(z));
            Dictionary<int, string> classes = Table("classes.csv").Where(r => r[0] == name).ToDictionary(r => int.Parse(r[1], CultureInfo.InvariantCulture), r => r[2]);
            return SegmentedObjects.OfLabels(Labels(image), l => classes[l]);
        }
        (SegmentedObjects a, SegmentedObjects b) = (Side("a", 0), Side("b", 1));
        SegmentationComparison found = Compare(a, b);
        foreach (string[] row in Table("counts.csv"))
        {
            ObjectCounts c = found.Classes.Single(k => k.Class == row[0]).Counts.Single(k => k.Iou == Number(row[1]));
            Assert.Equal(string.Join(',', row), FormattableString.Invariant($"{row[0]},{c.Iou},{c.ObjectsA},{c.ObjectsB},{c.TruePositives},{c.FalsePositives},{c.FalseNegatives},{c.Fragments}"));
        }
        foreach (string[] row in Table("volumes.csv"))
        {
            VoxelAgreement v = found.Classes.Single(k => k.Class == row[0]).Voxels;
            Assert.Equal([row[1], row[2], row[3]], new[] { v.A, v.B, v.Both }.Select(n => n.ToString(CultureInfo.InvariantCulture)));
        }
        foreach (double limit in Limits)
        {
            ObjectMatch[] matches = [.. Compare(a, b, limit).Matches];
            foreach (string[] row in Table("pairs.csv").Where(r => Number(r[0]) == limit))
            {
                // Where parts join it, the pair still begins with the one that was matched alone.
                ObjectMatch m = matches.Single(m => b.All[m.B].Label == (int)Number(row[2]));
                Assert.Equal((int)Number(row[1]), a.All[m.Parts[0]].Label);
                if (m.Parts.Count == 1) Assert.Equal(Number(row[3]), m.Iou, 1e-9);
                else Assert.True(m.Iou > Number(row[3]));
            }
        }
    }

    [Fact]
    public void Random_labels_agree_with_counting_voxel_by_voxel_for_any_threads()
    {
        var random = new Random(3);
        var grid = new Grid(new Size3(5, 13, 17), new Point3(1, 1, 1));
        for (int round = 0; round < 20; round++)
        {
            using Volume<ushort> a = new(grid), b = new(grid);
            int labels = 2 + random.Next(60);
            foreach (Volume<ushort> image in new[] { a, b })
                for (int z = 0; z < 5; z++)
                    for (int i = 0; i < 13 * 17; i++) image.Slice(z)[i] = (ushort)Math.Max(0, random.Next(-labels, labels));
            (SegmentedObjects ofA, SegmentedObjects ofB) = (SegmentedObjects.OfLabels(Labels(a), _ => "", 3), SegmentedObjects.OfLabels(Labels(b), _ => "", 3));
            var want = new Dictionary<(int, int), long>();
            (long inA, long inB, long both) = (0, 0, 0);
            HashSet<int> keptA = [.. ofA.All.Select(o => o.Label)], keptB = [.. ofB.All.Select(o => o.Label)];
            for (int z = 0; z < 5; z++)
                for (int i = 0; i < 13 * 17; i++)
                {
                    (int p, int q) = (a.Slice(z)[i], b.Slice(z)[i]);
                    (bool p1, bool q1) = (keptA.Contains(p), keptB.Contains(q));
                    (inA, inB, both) = (inA + (p1 ? 1 : 0), inB + (q1 ? 1 : 0), both + (p1 && q1 ? 1 : 0));
                    if (p1 && q1) want[(p, q)] = want.GetValueOrDefault((p, q)) + 1;
                }
            ObjectOverlaps one = ObjectOverlaps.Count(ofA, ofB, new Job(1)), four = ObjectOverlaps.Count(ofA, ofB, new Job(4));
            Assert.Equal(one.Pairs, four.Pairs);
            Assert.Equal((inA, inB, both), (one.VoxelsA, one.VoxelsB, one.VoxelsBoth));
            Assert.Equal(want.OrderBy(p => p.Key).Select(p => (p.Key.Item1, p.Key.Item2, p.Value)), one.Pairs.Select(p => (ofA.All[p.A].Label, ofB.All[p.B].Label, p.Voxels)));
        }
    }
}

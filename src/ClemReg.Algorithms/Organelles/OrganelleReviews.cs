using System.Globalization;
using ClemReg.Algorithms.Mitochondria;
using ClemReg.Algorithms.Segmentation;

namespace ClemReg.Algorithms.Organelles;

/// <summary>Finds what a person should look at after organelles were composed, however that was done.</summary>
public static class OrganelleReviews
{
    /// <summary>Organelles of one class that share this part of the smaller one's outline, in so many slices, may be one.</summary>
    private const double TouchingPart = 0.25;
    private const int TouchingSlices = 3;

    /// <summary>Where an organelle is thinner than this part of both sides, and both sides have this part of its voxels, it may be two.</summary>
    private const double NeckPart = 0.3, LeastSide = 0.2;

    /// <summary>From this part of the boxes on another class is told.</summary>
    private const double OtherClassPart = 0.1;

    /// <summary>
    /// A grey value is unlike that of so many organelles of a class at least where it lies further from their median than so many deviations, one of which is at least so large a part of what all organelles differ by.
    /// </summary>
    private const int LeastOfClass = 3;
    private const double GreyDeviations = 4, LeastDeviation = 0.02;

    /// <summary>Adds to the organelles' reviews.</summary>
    /// <param name="organelles">The organelles; number i has label i + 1.</param>
    /// <param name="boxes">The boxes that they are made of.</param>
    /// <param name="classes">The classes' names.</param>
    /// <param name="labels">The organelles as they are painted.</param>
    /// <param name="job">Cancellation.</param>
    public static void Add(IReadOnlyList<Organelle3D> organelles, IReadOnlyList<SliceOrganelle> boxes, IReadOnlyList<string> classes, LabelVolume labels, Job job)
    {
        foreach (Organelle3D o in organelles)
        {
            job.ThrowIfCancelled();
            foreach (IGrouping<int, int> other in o.Members.GroupBy(m => boxes[m].Box.Class).Where(g => g.Key != o.Class && g.Count() >= OtherClassPart * o.Members.Count).OrderByDescending(g => g.Count()))
                o.Reviews.Add(new Review(ReviewKind.Class, boxes[other.First()].Slice, -1, other.Count(), string.Create(CultureInfo.InvariantCulture, $"{other.Count()} of {o.Members.Count} boxes are {classes[other.Key]}")));
            if (o.Sections.Count == 1 && labels.Grid.Size.Z > 1) o.Reviews.Add(new Review(ReviewKind.Single, o.Sections[0].Slice, -1, 1, $"seen in slice {o.Sections[0].Slice + 1} only"));
            if (Neck(o) is { } neck) o.Reviews.Add(new Review(ReviewKind.Split, neck.Slice, -1, neck.Part, string.Create(CultureInfo.InvariantCulture, $"is thin at slice {neck.Slice + 1} ({100 * neck.Part:0} % of the area on both sides)")));
        }
        Unlike(organelles, boxes, classes);
        foreach (((int a, int b), (long shared, int slices, long outlineA, long outlineB)) in Touching(labels, job).OrderBy(t => t.Key))
        {
            Organelle3D first = organelles[a - 1], second = organelles[b - 1];
            double part = (double)shared / Math.Min(outlineA, outlineB);
            if (first.Class != second.Class || part < TouchingPart || slices < Math.Min(TouchingSlices, Math.Min(first.Sections.Count, second.Sections.Count))) continue;
            int slice = Math.Max(first.Sections[0].Slice, second.Sections[0].Slice);
            first.Reviews.Add(new Review(ReviewKind.Merge, slice, b - 1, part, string.Create(CultureInfo.InvariantCulture, $"shares {100 * part:0} % of an outline with {{0}} in {slices} slice{(slices == 1 ? "" : "s")}")));
        }
    }

    /// <summary>
    /// Organelles whose mean grey value is unlike that of the others of their class: a class that a detector gave one in all its slices, or nothing at all. Medians are of boxes, since a detector's errors last for few slices.
    /// </summary>
    private static void Unlike(IReadOnlyList<Organelle3D> organelles, IReadOnlyList<SliceOrganelle> boxes, IReadOnlyList<string> classes)
    {
        (Organelle3D Organelle, double Grey)[] seen = [.. organelles.Select(o => (o, Grey(o, boxes))).Where(o => double.IsFinite(o.Item2))];
        if (seen.Length == 0) return;
        double least = LeastDeviation * (seen.Max(o => o.Grey) - seen.Min(o => o.Grey));
        foreach (IGrouping<int, (Organelle3D Organelle, double Grey)> group in seen.GroupBy(o => o.Organelle.Class).Where(g => g.Count() >= LeastOfClass))
        {
            double middle = Median(group.Select(o => (o.Grey, o.Organelle.Members.Count)));
            double deviation = Math.Max(least, 1.4826 * Median(group.Select(o => (Math.Abs(o.Grey - middle), o.Organelle.Members.Count))));
            foreach ((Organelle3D o, double grey) in group)
                if (Math.Abs(grey - middle) > GreyDeviations * deviation)
                    o.Reviews.Add(new Review(ReviewKind.Grey, o.Sections[0].Slice, -1, Math.Abs(grey - middle) / deviation,
                        string.Create(CultureInfo.InvariantCulture, $"has a grey value of {grey:G3}, {classes[group.Key]} have {middle:G3} ± {deviation:G2}: another class, or none")));
        }
    }

    /// <summary>The mean grey value of an organelle's pixels, where boxes found them.</summary>
    private static double Grey(Organelle3D o, IReadOnlyList<SliceOrganelle> boxes)
    {
        SliceOrganelle[] known = [.. o.Members.Select(m => boxes[m]).Where(b => double.IsFinite(b.Grey))];
        return known.Sum(b => b.Grey * b.Pixels.Area) / known.Sum(b => b.Pixels.Area);
    }

    /// <summary>The least value that half of the weight does not exceed.</summary>
    private static double Median(IEnumerable<(double Value, int Weight)> values)
    {
        (double Value, int Weight)[] sorted = [.. values.OrderBy(v => v.Value)];
        double half = sorted.Sum(v => v.Weight) / 2.0;
        int i = 0;
        for (double sum = sorted[0].Weight; sum < half; sum += sorted[i].Weight) i++;
        return sorted[i].Value;
    }

    /// <summary>The slice where an organelle is thinnest between two thicker sides, and how thin; null where there is none.</summary>
    private static (int Slice, double Part)? Neck(Organelle3D o)
    {
        long[] areas = [.. o.Sections.Select(s => s.Pixels.Area)];
        long total = areas.Sum(), before = 0;
        (int Slice, double Part)? neck = null;
        for (int i = 0; i < areas.Length; i++)
        {
            long after = total - before - areas[i];
            if (before >= LeastSide * total && after >= LeastSide * total)
            {
                double part = (double)areas[i] / Math.Min(areas[..i].Max(), areas[(i + 1)..].Max());
                if (part < NeckPart && !(neck?.Part <= part)) neck = (o.Sections[i].Slice, part);
            }
            before += areas[i];
        }
        return neck;
    }

    /// <summary>Sides of pixels that two labels share, the slices where they do, and both outlines there.</summary>
    private static Dictionary<(int A, int B), (long Shared, int Slices, long OutlineA, long OutlineB)> Touching(LabelVolume labels, Job job)
    {
        var touching = new Dictionary<(int A, int B), (long, int, long, long)>();
        for (int z = 0; z < labels.Grid.Size.Z; z++)
        {
            job.ThrowIfCancelled();
            var shared = new Dictionary<(int A, int B), long>();
            var outline = new Dictionary<int, long>();
            ReadOnlySpan<LabelledRun> above = [];
            for (int y = 0; y < labels.Grid.Size.Y; y++)
            {
                ReadOnlySpan<LabelledRun> row = labels.Runs(z, y);
                for (int i = 0; i < row.Length; i++)
                {
                    // Both ends, and all pixels above and below; what has its own label there is taken off again.
                    Outline(row[i].Label, 2 + 2L * (row[i].End - row[i].Start));
                    if (i > 0 && row[i - 1].End == row[i].Start) Share(row[i - 1].Label, row[i].Label, 1);
                }
                for (int i = 0, k = 0; i < above.Length && k < row.Length;)
                {
                    int both = Math.Min(above[i].End, row[k].End) - Math.Max(above[i].Start, row[k].Start);
                    if (both > 0 && above[i].Label == row[k].Label) Outline(row[k].Label, -2L * both);
                    else if (both > 0) Share(above[i].Label, row[k].Label, both);
                    if (above[i].End < row[k].End) i++;
                    else k++;
                }
                above = row;
            }
            foreach (((int a, int b), long sides) in shared)
            {
                (long all, int slices, long first, long second) = touching.GetValueOrDefault((a, b));
                touching[(a, b)] = (all + sides, slices + 1, first + outline[a], second + outline[b]);
            }

            void Outline(int label, long sides) => outline[label] = outline.GetValueOrDefault(label) + sides;

            void Share(int a, int b, long sides) => shared[(Math.Min(a, b), Math.Max(a, b))] = shared.GetValueOrDefault((Math.Min(a, b), Math.Max(a, b))) + sides;
        }
        return touching;
    }
}

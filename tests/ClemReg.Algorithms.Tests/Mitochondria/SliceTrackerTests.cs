using ClemReg.Algorithms.Mitochondria;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Tests.Mitochondria;

/// <summary>Following objects through slices, against the same rule on sets of pixels.</summary>
public sealed class SliceTrackerTests
{
    private static readonly MitoNetOptions Options = new() { LabelDivisor = 100, MinimumVoxels = 0, MinimumSpan = 0 };

    [Fact]
    public void Labels_are_those_of_the_rule_on_sets_of_pixels_along_every_axis()
    {
        var random = new Random(1);
        int merged = 0;
        for (int n = 0; n < 120; n++)
        {
            (int count, int height, int width) = (random.Next(1, 9), random.Next(3, 14), random.Next(3, 14));
            MitoNetOptions options = Options with { MatchIou = random.Next(1, 8) * 0.1, MatchIoa = random.Next(1, 8) * 0.1 };
            int[][] slices = Slices(random, count, height, width);
            SliceTracker tracker = Track(slices, height, width, options);

            List<(int Label, HashSet<int> Pixels)>[] expected = Reference(slices, options);
            for (int s = 0; s < count; s++)
            {
                int[] wanted = new int[height * width];
                foreach ((int label, HashSet<int> pixels) in expected[s])
                    foreach (int p in pixels)
                        wanted[p] = label;
                Assert.Equal(wanted, Array.ConvertAll(slices[s], c => c == 0 ? 0 : tracker.Label(s, c)));
                if (expected[s].Count < slices[s].Max()) merged++;
            }
            Assert.Equal(expected.Reverse().SelectMany(s => s.Select(o => o.Label)).Distinct(), tracker.Labels);
            foreach (SliceAxis axis in Enum.GetValues<SliceAxis>()) AssertTurned(tracker, slices, axis, height, width);
        }
        Assert.True(merged > 20);
    }

    [Fact]
    public void A_blank_slice_ends_a_track()
    {
        int[] square = [1, 1, 0, 1, 1, 0, 0, 0, 0], blank = new int[9];
        SliceTracker tracker = Track([square, square, blank, square], 3, 3, Options);
        Assert.Equal([101, 101, 102], [tracker.Label(0, 1), tracker.Label(1, 1), tracker.Label(3, 1)]);
        Assert.Equal([102, 101], tracker.Labels);
    }

    [Fact]
    public void Labels_start_above_the_divisor_even_when_the_first_slice_is_blank()
    {
        SliceTracker tracker = Track([new int[4], [1, 0, 0, 2]], 2, 2, Options);
        Assert.Equal([101, 102], tracker.Labels);
    }

    [Fact]
    public void Pieces_of_one_object_get_its_label_and_two_that_join_are_one_from_both_sides()
    {
        int[] whole = [1, 1, 1, 1, 1, 1, 1], pieces = [1, 1, 1, 0, 2, 2, 2];
        SliceTracker forth = Track([whole, pieces], 1, 7, Options);
        Assert.Equal([101, 101], [forth.Label(1, 1), forth.Label(1, 2)]);
        // Of two pieces the first is assigned; on the way back the other, whose own label ended there, joins the whole.
        SliceTracker back = Track([pieces, whole], 1, 7, Options);
        Assert.Equal([101, 101, 101], [back.Label(0, 1), back.Label(0, 2), back.Label(1, 1)]);
    }

    private static int[][] Slices(Random random, int count, int height, int width)
    {
        // Each slice is like the one before it, with some pixels of another group.
        int[] values = DensePlanes.Blobs(random, height, width, 3);
        var slices = new int[count][];
        for (int s = 0; s < count; s++)
        {
            int[] other = DensePlanes.Blobs(random, height, width, 3);
            double change = random.Next(6) == 0 ? 1 : 0.1;
            values = [.. values.Select((v, i) => random.NextDouble() < change ? other[i] : v)];
            if (random.Next(10) == 0) values = new int[values.Length];
            slices[s] = DensePlanes.Components(values, height, width);
        }
        return slices;
    }

    private static SliceTracker Track(int[][] slices, int height, int width, MitoNetOptions options)
    {
        var tracker = new SliceTracker(options);
        foreach (int[] slice in slices) tracker.Forward(DensePlanes.Plane(slice, height, width));
        tracker.Backward(new Job(1));
        return tracker;
    }

    private static List<(int Label, HashSet<int> Pixels)>[] Reference(int[][] slices, MitoNetOptions options)
    {
        int next = options.LabelDivisor + 1;
        var result = new List<(int Label, HashSet<int> Pixels)>[slices.Length];
        for (int s = 0; s < slices.Length; s++)
        {
            int[] slice = slices[s];
            List<(int Label, HashSet<int> Pixels)> components = [.. Enumerable.Range(1, slice.Max()).Select(c => (0, Enumerable.Range(0, slice.Length).Where(i => slice[i] == c).ToHashSet()))];
            if (s == 0) result[0] = [.. components.Select(c => (next++, c.Pixels))];
            else result[s] = Match(result[s - 1], components, options, _ => next++);
        }
        for (int s = slices.Length - 2; s >= 0; s--) result[s] = Match(result[s + 1], result[s], options, label => label);
        return result;
    }

    private static List<(int Label, HashSet<int> Pixels)> Match(List<(int Label, HashSet<int> Pixels)> target, List<(int Label, HashSet<int> Pixels)> objects, MitoNetOptions options, Func<int, int> unmatched)
    {
        var iou = new double[target.Count * objects.Count];
        for (int i = 0; i < iou.Length; i++)
        {
            (HashSet<int> a, HashSet<int> b) = (target[i / objects.Count].Pixels, objects[i % objects.Count].Pixels);
            int shared = a.Intersect(b).Count();
            iou[i] = (double)shared / (a.Count + b.Count - shared);
        }
        int[] assigned = iou.Length == 0 ? [.. target.Select(_ => -1)] : Assignment.Maximise(iou, target.Count, objects.Count);
        var result = new List<(int Label, HashSet<int> Pixels)>();
        for (int m = 0; m < objects.Count; m++)
        {
            int t = Array.IndexOf(assigned, m);
            if (t < 0 || iou[t * objects.Count + m] < options.MatchIou)
            {
                double[] covered = [.. target.Select(o => (double)o.Pixels.Intersect(objects[m].Pixels).Count() / objects[m].Pixels.Count)];
                t = covered.Length > 0 && covered.Max() >= options.MatchIoa ? Array.IndexOf(covered, covered.Max()) : -1;
            }
            int label = t >= 0 ? target[t].Label : unmatched(objects[m].Label);
            int same = result.FindIndex(o => o.Label == label);
            if (same >= 0) result[same].Pixels.UnionWith(objects[m].Pixels);
            else result.Add((label, [.. objects[m].Pixels]));
        }
        return result;
    }

    /// <summary>The axis's objects lie where they must in the volume, and are what remains after the filters.</summary>
    private static void AssertTurned(SliceTracker tracker, int[][] slices, SliceAxis axis, int height, int width)
    {
        int count = slices.Length;
        Size3 size = axis switch { SliceAxis.XY => new(count, height, width), SliceAxis.XZ => new(height, count, width), _ => new(height, width, count) };
        MitoNetOptions options = Options with { MinimumVoxels = 4, MinimumSpan = 2 };
        AxisObjects found = AxisObjects.From(tracker, axis, size, options, new Job(2));
        var expected = new SortedDictionary<int, (int Count, int[] Low, int[] High)>();
        var labels = new int[size.Count];
        for (int z = 0; z < size.Z; z++)
            for (int y = 0; y < size.Y; y++)
                for (int x = 0; x < size.X; x++)
                {
                    (int s, int r, int c) = axis switch { SliceAxis.XY => (z, y, x), SliceAxis.XZ => (y, z, x), _ => (x, z, y) };
                    if (slices[s][r * width + c] == 0) continue;
                    int label = tracker.Label(s, slices[s][r * width + c]);
                    labels[(z * size.Y + y) * size.X + x] = label;
                    if (!expected.TryGetValue(label, out var o)) o = (0, [z, y, x], [z, y, x]);
                    expected[label] = (o.Count + 1, [Math.Min(z, o.Low[0]), Math.Min(y, o.Low[1]), Math.Min(x, o.Low[2])], [Math.Max(z, o.High[0]), Math.Max(y, o.High[1]), Math.Max(x, o.High[2])]);
                }
        int[] kept = [.. tracker.Labels.Where(l => expected[l].Count >= 4 && Enumerable.Range(0, 3).All(a => expected[l].High[a] - expected[l].Low[a] + 1 >= 2))];
        Assert.Equal(kept, found.Objects.Select(o => o.Label));
        foreach (LabelledObject o in found.Objects)
        {
            (int voxels, int[] low, int[] high) = expected[o.Label];
            Assert.Equal(new LabelledObject(o.Label, voxels, new VoxelBox(new Size3(low[0], low[1], low[2]), new Size3(high[0] + 1, high[1] + 1, high[2] + 1))), o);
        }
        for (int z = 0; z < size.Z; z++)
            Assert.Equal(labels.Skip(z * size.SliceCount).Take(size.SliceCount).Select(l => 1 + Array.IndexOf(kept, l)), DensePlanes.Dense(found.Planes[z], size.X));
    }
}

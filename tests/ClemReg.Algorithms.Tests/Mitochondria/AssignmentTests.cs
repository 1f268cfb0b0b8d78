using ClemReg.Algorithms.Mitochondria;

namespace ClemReg.Algorithms.Tests.Mitochondria;

public sealed class AssignmentTests
{
    [Fact]
    public void Of_equally_good_assignments_it_takes_SciPys()
    {
        var numbers = new Numbers("assignments.bin");
        int cases = 0;
        for (; !numbers.AtEnd; cases++)
        {
            (int rows, int columns) = (numbers.Int(), numbers.Int());
            double[] weights = numbers.Doubles(rows * columns);
            Assert.Equal(Array.ConvertAll(numbers.Doubles(rows), c => (int)c), Assignment.Maximise(weights, rows, columns));
        }
        Assert.Equal(300, cases);
    }

    [Fact]
    public void The_sum_is_the_largest_of_all_permutations()
    {
        var random = new Random(2);
        for (int n = 0; n < 400; n++)
        {
            (int rows, int columns) = (random.Next(1, 7), random.Next(1, 7));
            double[] weights = [.. Enumerable.Range(0, rows * columns).Select(_ => random.Next(3) == 0 ? 0 : n % 2 == 0 ? random.NextDouble() : random.Next(-3, 4))];
            int[] assigned = Assignment.Maximise(weights, rows, columns);
            Assert.Equal(Math.Min(rows, columns), assigned.Count(c => c >= 0));
            Assert.Equal(assigned.Count(c => c >= 0), assigned.Where(c => c >= 0).Distinct().Count());
            double sum = Enumerable.Range(0, rows).Sum(r => assigned[r] >= 0 ? weights[r * columns + assigned[r]] : 0);
            Assert.Equal(Best(weights, rows, columns, 0, 0, Math.Min(rows, columns)), sum, 1e-12);
        }
    }

    [Fact]
    public void Many_objects_are_matched_in_groups_as_well_as_whole()
    {
        // Each object overlaps its own counterpart and, by less, the next one's: more pairs than are assigned at once.
        const int count = 1100;
        Assert.True((long)count * count > SliceMatching.LargestWhole);
        var random = new Random(3);
        int[] sizes = [.. Enumerable.Repeat(100, count)], order = [.. Enumerable.Range(0, count)];
        random.Shuffle(order);
        var overlaps = new Dictionary<(int, int), int>();
        for (int i = 0; i < count; i++)
        {
            overlaps[(order[i], i)] = 60;
            // Every seventh chain is broken, so that there are groups.
            if (i % 7 != 0) overlaps[(order[i], i - 1)] = 39;
        }
        Assert.Equal(order, SliceMatching.Match(sizes, sizes, overlaps, 0.25, 0.25));
    }

    [Fact]
    public void Matches_are_those_of_the_rule_written_down_plainly()
    {
        var random = new Random(4);
        for (int n = 0; n < 500; n++)
        {
            (int targets, int objects) = (random.Next(0, 6), random.Next(0, 6));
            int[] targetSizes = [.. Enumerable.Range(0, targets).Select(_ => random.Next(20, 40))], sizes = [.. Enumerable.Range(0, objects).Select(_ => random.Next(10, 40))];
            var overlaps = new Dictionary<(int T, int M), int>();
            for (int t = 0; t < targets; t++)
                for (int m = 0; m < objects; m++)
                    if (random.Next(2) == 0)
                        overlaps[(t, m)] = random.Next(1, 10);
            (double iou, double ioa) = (0.05 + 0.2 * random.NextDouble(), 0.1 + 0.3 * random.NextDouble());
            int[] expected = [.. Enumerable.Repeat(-1, objects)];
            var weights = new double[targets * objects];
            foreach (((int t, int m), int shared) in overlaps) weights[t * objects + m] = shared / (double)(targetSizes[t] + sizes[m] - shared);
            int[] assigned = targets > 0 && objects > 0 ? Assignment.Maximise(weights, targets, objects) : [.. Enumerable.Repeat(-1, targets)];
            for (int m = 0; m < objects; m++)
            {
                int by = Array.IndexOf(assigned, m);
                if (by >= 0 && weights[by * objects + m] >= iou)
                {
                    expected[m] = by;
                    continue;
                }
                double best = 0;
                for (int t = 0; t < targets; t++)
                {
                    double covered = overlaps.GetValueOrDefault((t, m)) / (double)sizes[m];
                    if (covered <= best) continue;
                    best = covered;
                    expected[m] = covered >= ioa ? t : -1;
                }
            }
            Assert.Equal(expected, SliceMatching.Match(targetSizes, sizes, overlaps, iou, ioa));
        }
    }

    private static double Best(double[] weights, int rows, int columns, int row, int used, int left)
    {
        if (left == 0) return 0;
        if (row == rows) return double.NegativeInfinity;
        double best = Best(weights, rows, columns, row + 1, used, left);
        for (int c = 0; c < columns; c++)
            if ((used >> c & 1) == 0)
                best = Math.Max(best, weights[row * columns + c] + Best(weights, rows, columns, row + 1, used | 1 << c, left - 1));
        return best;
    }
}

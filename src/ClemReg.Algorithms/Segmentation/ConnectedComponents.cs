using System.Numerics;
using System.Runtime.InteropServices;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Segmentation;

/// <summary>A run of foreground voxels of one row.</summary>
/// <param name="Start">Its first x.</param>
/// <param name="End">One beyond its last x.</param>
/// <param name="Label">Its component, 1 or more.</param>
public readonly record struct LabelledRun(int Start, int End, int Label);

/// <summary>Which voxels belong together.</summary>
public enum Neighbours
{
    /// <summary>Those that share a face: 6 neighbours in a volume, 4 in a slice.</summary>
    Faces = 0,
    /// <summary>Those that touch at all, by a face, an edge or a corner: 26 neighbours.</summary>
    Corners = 1,
}

/// <summary>
/// The connected components of a mask. They are numbered from 1 in scan order (z, y, x) of their first voxels. Made by union-find over runs
/// of voxels; memory is 12 bytes a run and 4 a row.
/// </summary>
public sealed class ConnectedComponents
{
    /// <summary>Slices that one piece of parallel work joins.</summary>
    private const int BlockSlices = 8;

    private readonly LabelledRun[] _runs;
    private readonly int[] _rowStart;
    private readonly long[] _sizes;

    private ConnectedComponents(Grid grid, LabelledRun[] runs, int[] rowStart, long[] sizes)
    {
        Grid = grid;
        _runs = runs;
        _rowStart = rowStart;
        _sizes = sizes;
    }

    /// <summary>The mask's grid.</summary>
    public Grid Grid { get; }

    /// <summary>The number of components.</summary>
    public int Count => _sizes.Length;

    /// <summary>The voxel counts: that of component label is at index label - 1.</summary>
    public ReadOnlySpan<long> Sizes => _sizes;

    /// <summary>The foreground runs of row (z, y), x ascending.</summary>
    public ReadOnlySpan<LabelledRun> Runs(int z, int y)
    {
        int row = z * Grid.Size.Y + y;
        return _runs.AsSpan(_rowStart[row], _rowStart[row + 1] - _rowStart[row]);
    }

    /// <summary>Reads slice <paramref name="z"/> as labels, Y * X of them, x fastest, 0 for background.</summary>
    public void ReadSlice(int z, Span<int> labels)
    {
        if (labels.Length != Grid.Size.SliceCount) throw new ArgumentException("the slice has another size", nameof(labels));
        labels.Clear();
        for (int y = 0; y < Grid.Size.Y; y++)
            foreach (LabelledRun run in Runs(z, y))
                labels.Slice(y * Grid.Size.X + run.Start, run.End - run.Start).Fill(run.Label);
    }

    /// <summary>Finds the components of a mask.</summary>
    /// <param name="mask">The mask.</param>
    /// <param name="job">Threads, cancellation.</param>
    /// <param name="neighbours">Which voxels belong together.</param>
    /// <exception cref="OutOfMemoryBudgetException">The mask is so ragged that its runs do not fit.</exception>
    public static ConnectedComponents Label(BitVolume mask, Job job, Neighbours neighbours = Neighbours.Corners)
    {
        int reach = (int)neighbours;
        (int depth, int height, int _) = mask.Grid.Size;
        int[] rowStart = StartRows(mask, job);
        LabelledRun[] runs = Allocate(rowStart[^1]);

        // While components are joined, a run's label is the index of a run before it in the same component, or its own.
        int blocks = (depth + BlockSlices - 1) / BlockSlices;
        job.For(blocks, block =>
        {
            int z0 = block * BlockSlices;
            for (int z = z0; z < Math.Min(depth, z0 + BlockSlices); z++)
            {
                job.ThrowIfCancelled();
                for (int y = 0; y < height; y++)
                {
                    int row = z * height + y;
                    FillRow(mask.Row(z, y), runs, rowStart[row]);
                    if (y > 0) JoinRows(runs, rowStart, row, row - 1, reach);
                }
                if (z > z0) JoinSlices(runs, rowStart, height, z, reach);
            }
        });
        for (int z = BlockSlices; z < depth; z += BlockSlices)
        {
            job.ThrowIfCancelled();
            JoinSlices(runs, rowStart, height, z, reach);
        }
        return new ConnectedComponents(mask.Grid, runs, rowStart, Number(runs, job));
    }

    /// <summary>Where each row's runs begin in the list of all runs; one more entry at the end.</summary>
    private static int[] StartRows(BitVolume mask, Job job)
    {
        (int depth, int height, int _) = mask.Grid.Size;
        long rows = (long)depth * height;
        if (rows >= Array.MaxLength)
            throw new OutOfMemoryBudgetException($"The mask has {rows} rows, too many to find its connected components. Crop or bin the image.");
        var start = new int[rows + 1];
        job.For(depth, z =>
        {
            for (int y = 0; y < height; y++) start[z * height + y + 1] = CountRuns(mask.Row(z, y));
        });
        long total = 0;
        for (int row = 1; row < start.Length; row++)
        {
            total += start[row];
            if (total > Array.MaxLength) throw TooManyRuns(total);
            start[row] = (int)total;
        }
        return start;
    }

    private static LabelledRun[] Allocate(int count)
    {
        try
        {
            return new LabelledRun[count];
        }
        catch (OutOfMemoryException e)
        {
            throw TooManyRuns(count, e);
        }
    }

    private static OutOfMemoryBudgetException TooManyRuns(long count, Exception? inner = null) => new(
        $"The mask has at least {count} runs of foreground voxels, too many for the memory to find its connected components: it looks like noise. " +
        "Segment more strictly (for the fluorescence: raise log_sigma or log_threshold, or switch filter_segmentation off), crop or bin the image.", inner);

    private static int CountRuns(ReadOnlySpan<ulong> row)
    {
        int count = 0;
        ulong carry = 0;
        foreach (ulong word in row)
        {
            count += BitOperations.PopCount(word & ~(word << 1 | carry));
            carry = word >> 63;
        }
        return count;
    }

    private static void FillRow(ReadOnlySpan<ulong> row, LabelledRun[] runs, int index)
    {
        int start = -1;
        for (int w = 0; w < row.Length; w++)
        {
            // Where a voxel differs from the one before it, a run begins or ends.
            ulong word = row[w];
            ulong before = start >= 0 ? 1UL : 0UL;
            for (ulong edges = word ^ (word << 1 | before); edges != 0; edges &= edges - 1)
            {
                int x = w * 64 + BitOperations.TrailingZeroCount(edges);
                if (start < 0)
                {
                    start = x;
                }
                else
                {
                    runs[index] = new LabelledRun(start, x, index);
                    index++;
                    start = -1;
                }
            }
        }
        if (start >= 0) runs[index] = new LabelledRun(start, row.Length * 64, index);
    }

    private static void JoinSlices(LabelledRun[] runs, int[] rowStart, int height, int z, int reach)
    {
        for (int y = 0; y < height; y++)
        {
            int row = z * height + y;
            for (int other = Math.Max(0, y - reach); other <= Math.Min(height - 1, y + reach); other++)
                JoinRows(runs, rowStart, row, (z - 1) * height + other, reach);
        }
    }

    // Runs may miss each other by reach voxels: 1 where touching by a corner counts; else they must overlap.
    private static void JoinRows(LabelledRun[] runs, int[] rowStart, int row, int earlier, int reach)
    {
        int a = rowStart[row];
        int aEnd = rowStart[row + 1];
        int b = rowStart[earlier];
        int bEnd = rowStart[earlier + 1];
        while (a < aEnd && b < bEnd)
        {
            if (runs[b].End + reach <= runs[a].Start) b++;
            else if (runs[a].End + reach <= runs[b].Start) a++;
            else
            {
                Join(runs, a, b);
                if (runs[a].End < runs[b].End) a++;
                else b++;
            }
        }
    }

    private static void Join(LabelledRun[] runs, int a, int b)
    {
        a = Root(runs, a);
        b = Root(runs, b);
        if (a < b) SetParent(runs, b, a);
        else if (b < a) SetParent(runs, a, b);
    }

    private static int Root(LabelledRun[] runs, int i)
    {
        while (runs[i].Label != i)
        {
            int grandparent = runs[runs[i].Label].Label;
            SetParent(runs, i, grandparent);
            i = grandparent;
        }
        return i;
    }

    private static void SetParent(LabelledRun[] runs, int i, int parent) => runs[i] = runs[i] with { Label = parent };

    /// <summary>Turns parents into labels and adds up the sizes. A parent stands before its children, so one pass suffices.</summary>
    private static long[] Number(LabelledRun[] runs, Job job)
    {
        var sizes = new List<long>();
        for (int i = 0; i < runs.Length; i++)
        {
            if ((i & 0xFFFFF) == 0) job.ThrowIfCancelled();
            LabelledRun run = runs[i];
            int label;
            if (run.Label == i)
            {
                sizes.Add(0);
                label = sizes.Count;
            }
            else
            {
                label = runs[run.Label].Label;
            }
            runs[i] = run with { Label = label };
            CollectionsMarshal.AsSpan(sizes)[label - 1] += run.End - run.Start;
        }
        return [.. sizes];
    }
}

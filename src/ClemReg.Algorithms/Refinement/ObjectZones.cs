using ClemReg.Algorithms.Segmentation;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Refinement;

/// <summary>Which mitochondrion is nearest to a place of the EM, on a coarse grid. Long ones are divided, for their stain varies along them.</summary>
internal sealed class ObjectZones
{
    // Coarser, neighbours that do not touch become one object: with voxels of 60 nm the loss of light was found as 1 % per µm for a true 10 (docs/decisions/16).
    private const double VoxelNm = 20;
    private const double StepNm = 120;
    private const double LeastNm = 50;
    private const double LongestNm = 4000;
    private readonly Grid _grid;
    private readonly int[] _zones;

    /// <summary>Finds the zones of a mask.</summary>
    /// <param name="mask">The mask.</param>
    /// <param name="job">The work.</param>
    public ObjectZones(BitVolume mask, Job job)
    {
        Size3 fineBin = BinnedVolume.Bins(mask.Grid.Spacing, VoxelNm);
        using BitVolume? binned = fineBin.Count > 1 ? BinnedVolume.Half(mask, fineBin, job) : null;
        ConnectedComponents objects = ConnectedComponents.Label(binned ?? mask, job);
        Grid fine = objects.Grid;
        double least = LeastNm * LeastNm * LeastNm / (fine.Spacing.Z * fine.Spacing.Y * fine.Spacing.X);
        bool[] speck = Array.ConvertAll(objects.Sizes.ToArray(), size => size < least);
        Objects = speck.Count(small => !small);
        Size3 bin = BinnedVolume.Bins(fine.Spacing, StepNm);
        _grid = BinnedVolume.GridOf(fine, bin);
        (int depth, int height, int width) = _grid.Size;
        _zones = new int[_grid.Size.Count];
        var numbers = new Dictionary<(int, int, int, int), int>();
        for (int z = 0; z < fine.Size.Z; z++)
            for (int y = 0; y < fine.Size.Y; y++)
                foreach (LabelledRun run in objects.Runs(z, y))
                {
                    if (speck[run.Label - 1]) continue;
                    for (int x = run.Start / bin.X; x <= (run.End - 1) / bin.X; x++)
                    {
                        int cell = (z / bin.Z * height + y / bin.Y) * width + x;
                        if (_zones[cell] != 0) continue;
                        (int, int, int, int) key = (run.Label, (int)(z * fine.Spacing.Z / LongestNm), (int)(y * fine.Spacing.Y / LongestNm), (int)(x * _grid.Spacing.X / LongestNm));
                        if (!numbers.TryGetValue(key, out int number)) numbers[key] = number = numbers.Count + 1;
                        _zones[cell] = number;
                    }
                }
        Count = numbers.Count;
        NearestCell.Spread(_zones, _grid, job);
    }

    /// <summary>Connected objects of the mask that are no specks.</summary>
    public int Objects { get; }

    /// <summary>Zones; they are numbered from 1.</summary>
    public int Count { get; }

    /// <summary>The zone at a place of the EM, nm; beyond the grid that of the nearest cell. 0 only where the mask is empty.</summary>
    public int At(Point3 q)
    {
        Point3 u = _grid.ToIndex(q);
        int Cell(double v, int n) => (int)Math.Clamp(Math.Round(v), 0, n - 1);
        return _zones[(Cell(u.Z, _grid.Size.Z) * _grid.Size.Y + Cell(u.Y, _grid.Size.Y)) * _grid.Size.X + Cell(u.X, _grid.Size.X)];
    }
}

/// <summary>
/// Gives every empty cell of a grid the number of the nearest one that is not empty (P. Felzenszwalb, D. Huttenlocher 2012, Distance transforms
/// of sampled functions: lower envelopes of parabolas, one axis after the other, with the number carried along).
/// </summary>
internal static class NearestCell
{
    /// <summary>Fills the zeros of <paramref name="cells"/>, z, y, x with x fastest.</summary>
    public static void Spread(int[] cells, Grid grid, Job job)
    {
        (int depth, int height, int width) = grid.Size;
        var squares = new double[cells.Length];
        for (int i = 0; i < cells.Length; i++) squares[i] = cells[i] == 0 ? double.PositiveInfinity : 0;
        Along(depth * height, width, line => line * width, 1, grid.Spacing.X);
        Along(depth * width, height, line => line / width * height * width + line % width, width, grid.Spacing.Y);
        Along(height * width, depth, line => line, height * width, grid.Spacing.Z);

        void Along(int lines, int n, Func<int, int> start, int stride, double spacing)
        {
            if (n < 2) return;
            job.For(lines, () => (new int[n], new double[n + 1], new double[n], new int[n]), (line, scratch) =>
            {
                (int[] parabolas, double[] borders, double[] height, int[] number) = scratch;
                int at = start(line);
                double square = spacing * spacing;
                int top = -1;
                for (int i = 0; i < n; i++)
                {
                    (height[i], number[i]) = (squares[at + i * stride], cells[at + i * stride]);
                    if (double.IsPositiveInfinity(height[i])) continue;
                    double border = double.NegativeInfinity;
                    while (top >= 0)
                    {
                        int j = parabolas[top];
                        border = (height[i] - height[j] + square * ((double)i * i - (double)j * j)) / (2 * square * (i - j));
                        if (border > borders[top]) break;
                        top--;
                    }
                    if (top < 0) border = double.NegativeInfinity;
                    top++;
                    (parabolas[top], borders[top]) = (i, border);
                }
                if (top < 0) return;
                borders[top + 1] = double.PositiveInfinity;
                for (int i = 0, k = 0; i < n; i++)
                {
                    while (borders[k + 1] < i) k++;
                    int j = parabolas[k];
                    squares[at + i * stride] = height[j] + square * (i - j) * (i - j);
                    cells[at + i * stride] = number[j];
                }
            });
        }
    }
}

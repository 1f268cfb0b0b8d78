using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Transforms.Interchange;

/// <summary>Points spread evenly over a volume.</summary>
public static class Lattice
{
    /// <summary>How many lattice points each axis of a volume gets: at least 2, about evenly spaced, the product at most <paramref name="count"/>.</summary>
    /// <param name="grid">The volume.</param>
    /// <param name="count">The most points; 8 or more.</param>
    public static Size3 Counts(Grid grid, int count)
    {
        Point3 length = Lengths(grid);
        int[] n = [2, 2, 2];
        while (true)
        {
            // One more for the axis with the widest gaps, as long as the whole stays small enough.
            int widest = -1;
            for (int a = 0; a < 3; a++)
            {
                if ((long)n[0] * n[1] * n[2] / n[a] * (n[a] + 1) > count) continue;
                if (widest < 0 || length[a] / (n[a] - 1) > length[widest] / (n[widest] - 1)) widest = a;
            }
            if (widest < 0) return new Size3(n[0], n[1], n[2]);
            n[widest]++;
        }
    }

    /// <summary>The lattice as a grid: from the first voxel's centre to the last one's.</summary>
    public static Grid GridOver(Grid grid, int count)
    {
        Size3 n = Counts(grid, count);
        Point3 length = Lengths(grid);
        return new Grid(n, new Point3(length.Z / (n.Z - 1), length.Y / (n.Y - 1), length.X / (n.X - 1)), grid.Origin);
    }

    /// <summary>The lattice's points, x fastest.</summary>
    public static IEnumerable<Point3> Over(Grid grid, int count)
    {
        Grid lattice = GridOver(grid, count);
        for (int z = 0; z < lattice.Size.Z; z++)
            for (int y = 0; y < lattice.Size.Y; y++)
                for (int x = 0; x < lattice.Size.X; x++)
                    yield return lattice.ToPhysical(z, y, x);
    }

    /// <summary>Every k-th of the pairs, with the least k that leaves at most <paramref name="count"/>.</summary>
    internal static IReadOnlyList<LandmarkPair> Thinned(IReadOnlyList<LandmarkPair> pairs, int count)
    {
        int step = (pairs.Count + count - 1) / count;
        return step <= 1 ? pairs : [.. pairs.Where((_, i) => i % step == 0)];
    }

    // A single slice has no extent; one spacing stands for it so that the lattice is solid.
    private static Point3 Lengths(Grid grid) => new(
        Math.Max(grid.Size.Z - 1, 1) * grid.Spacing.Z, Math.Max(grid.Size.Y - 1, 1) * grid.Spacing.Y, Math.Max(grid.Size.X - 1, 1) * grid.Spacing.X);
}

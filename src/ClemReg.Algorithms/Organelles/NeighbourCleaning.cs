using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Organelles;

/// <summary>
/// Removes outliers of organelles by the number of their neighbours (Nešić et al. 2023, "Cleaning point cloud noise"): of each voxel the voxels of the same organelle in a ball around it are counted; those that
/// lie so many standard deviations below their class's mean are removed.
/// </summary>
public static class NeighbourCleaning
{
    /// <summary>Cleans.</summary>
    /// <param name="organelles">The organelles.</param>
    /// <param name="spacing">The image's, nm.</param>
    /// <param name="radius">The ball's radius, nm; at least a pixel.</param>
    /// <param name="ratio">Standard deviations below the mean, above 0.</param>
    /// <param name="job">Threads, cancellation, progress.</param>
    /// <returns>The organelles, of which some have fewer voxels and some may have none, and the voxels that were removed.</returns>
    /// <exception cref="BadInputException">The radius reaches no neighbour or too many, or the ratio is not allowed.</exception>
    public static (IReadOnlyList<Organelle3D> Organelles, long Removed) Run(IReadOnlyList<Organelle3D> organelles, Point3 spacing, double radius, double ratio, Job job)
    {
        const int MostRows = 10_000;
        if (!(ratio > 0 && double.IsFinite(ratio))) throw BadInputException.ForParameter("outlier_ratio", ratio, "a positive number");
        double finest = Math.Min(spacing.Z, Math.Min(spacing.Y, spacing.X));
        if (!(radius >= finest && double.IsFinite(radius))) throw BadInputException.ForParameter("outlier_radius", radius, FormattableString.Invariant($"at least {finest:0.###} nm, the distance of neighbouring voxels"));
        List<(int Z, int Y, int Half)> ball = Ball(spacing, radius);
        if (ball.Count > MostRows) throw BadInputException.ForParameter("outlier_radius", radius, $"smaller: its ball has {ball.Count} rows of voxels, and at most {MostRows} are counted");
        var sums = new (int Class, double Voxels, double Sum, double Squares)[organelles.Count];
        job.For(organelles.Count, i =>
        {
            (double n, double sum, double squares) = (0, 0, 0);
            Count(organelles[i], ball, job, (_, counts) =>
            {
                foreach (int c in counts) (n, sum, squares) = (n + 1, sum + c, squares + (double)c * c);
            });
            sums[i] = (organelles[i].Class, n, sum, squares);
        });
        Dictionary<int, double> limits = sums.GroupBy(s => s.Class).ToDictionary(g => g.Key, g =>
        {
            double n = g.Sum(s => s.Voxels), mean = g.Sum(s => s.Sum) / n;
            return mean - ratio * Math.Sqrt(Math.Max(0, g.Sum(s => s.Squares) / n - mean * mean));
        });
        var cleaned = new Organelle3D[organelles.Count];
        long removed = 0;
        job.For(organelles.Count, i =>
        {
            Organelle3D o = organelles[i];
            double limit = limits[o.Class];
            var sections = new List<OrganelleSection>();
            Count(o, ball, job, (section, counts) =>
            {
                var runs = new List<PixelRun>();
                int at = 0;
                foreach (PixelRun run in section.Pixels.Runs)
                    for (int x = run.From; x < run.To; x++, at++)
                    {
                        if (counts[at] < limit) continue;
                        if (runs.Count > 0 && runs[^1].Y == run.Y && runs[^1].To == x) runs[^1] = runs[^1] with { To = x + 1 };
                        else runs.Add(new PixelRun(run.Y, x, x + 1));
                    }
                var left = new SliceMask([.. runs]);
                Interlocked.Add(ref removed, section.Pixels.Area - left.Area);
                if (left.Area > 0) sections.Add(section with { Pixels = left });
            });
            cleaned[i] = o with { Sections = sections };
        }, report: true);
        return (cleaned, removed);
    }

    /// <summary>Hands out the counts of each section's voxels, in the order of its runs.</summary>
    private static void Count(Organelle3D organelle, List<(int Z, int Y, int Half)> ball, Job job, Action<OrganelleSection, int[]> take)
    {
        int reach = ball.Max(b => b.Z);
        int top = organelle.Sections.Min(s => s.Pixels.Top), left = organelle.Sections.Min(s => s.Pixels.Left);
        int height = organelle.Sections.Max(s => s.Pixels.Bottom) - top, width = organelle.Sections.Max(s => s.Pixels.Right) - left;
        // Of each row the voxels before each column; only as many slices as the ball is deep are held.
        var before = new Dictionary<int, int[]>();
        int next = 0;
        foreach (OrganelleSection section in organelle.Sections)
        {
            job.ThrowIfCancelled();
            for (; next < organelle.Sections.Count && organelle.Sections[next].Slice <= section.Slice + reach; next++) before[organelle.Sections[next].Slice] = Before(organelle.Sections[next].Pixels, top, left, height, width);
            foreach (int z in before.Keys.Where(z => z < section.Slice - reach).ToArray()) before.Remove(z);
            var counts = new int[section.Pixels.Area];
            foreach ((int dz, int dy, int half) in ball)
            {
                if (!before.TryGetValue(section.Slice + dz, out int[]? plane)) continue;
                int at = 0;
                foreach (PixelRun run in section.Pixels.Runs)
                {
                    int y = run.Y + dy - top, row = y * (width + 1) - left;
                    if (y < 0 || y >= height) at += run.To - run.From;
                    else
                        for (int x = run.From; x < run.To; x++) counts[at++] += plane[row + Math.Min(left + width, x + half + 1)] - plane[row + Math.Max(left, x - half)];
                }
            }
            take(section, counts);
        }
    }

    private static int[] Before(SliceMask mask, int top, int left, int height, int width)
    {
        var before = new int[height * (width + 1)];
        foreach (PixelRun run in mask.Runs) before.AsSpan((run.Y - top) * (width + 1) + run.From - left + 1, run.To - run.From).Fill(1);
        for (int y = 0; y < height; y++)
            for (int x = 1; x <= width; x++) before[y * (width + 1) + x] += before[y * (width + 1) + x - 1];
        return before;
    }

    private static List<(int Z, int Y, int Half)> Ball(Point3 spacing, double radius)
    {
        var rows = new List<(int, int, int)>();
        for (int z = -(int)(radius / spacing.Z); z <= (int)(radius / spacing.Z); z++)
            for (int y = -(int)(radius / spacing.Y); y <= (int)(radius / spacing.Y); y++)
                if (radius * radius - z * spacing.Z * z * spacing.Z - y * spacing.Y * y * spacing.Y is >= -1e-9 and var left) rows.Add((z, y, (int)(Math.Sqrt(Math.Max(0, left)) / spacing.X + 1e-9)));
        return rows;
    }
}

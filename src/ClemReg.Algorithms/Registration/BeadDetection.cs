using ClemReg.Algorithms.Filters;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Registration;

/// <summary>Finds small bright beads in a volume to a fraction of a voxel.</summary>
public static class BeadDetection
{
    /// <summary>Robust standard deviations of the background above which a maximum is a bead.</summary>
    private const double Significance = 8;

    /// <summary>The largest 3-D stack of sampled voxels for the background's statistics.</summary>
    private const int Samples = 1 << 18;

    /// <summary>
    /// Finds beads: maxima of the volume smoothed with about the bead's own shape that stand out of the background by
    /// 8 robust standard deviations; their place is the centroid of what lies above the background around them, iterated.
    /// </summary>
    /// <param name="image">The volume; beads are bright.</param>
    /// <param name="diameterNm">The apparent diameter (full width at half maximum) in y and x, nm; above 0. Along z three times as much is looked at.</param>
    /// <param name="job">Threads, cancellation, progress.</param>
    /// <returns>Centres in nm, z, y, x, brightest first. Beads nearer to a face than their own size are left out.</returns>
    /// <exception cref="BadInputException">The diameter is not above 0 or the volume is flat.</exception>
    public static IReadOnlyList<Point3> Find(Volume image, double diameterNm, Job job)
    {
        if (!(diameterNm > 0)) throw BadInputException.ForParameter("bead_diameter", diameterNm, "above 0 nm");
        Grid grid = image.Grid;
        Size3 n = grid.Size;
        double sigma = diameterNm / 2.355;
        var wide = new Point3(Math.Min(2 * sigma / grid.Spacing.Z, 20), Math.Min(sigma / grid.Spacing.Y, 20), Math.Min(sigma / grid.Spacing.X, 20));
        using Volume<float> smooth = GaussianFilter.Apply(image, 0.7 * wide, job);
        (double background, double noise) = Background(smooth);
        if (!(noise > 0)) throw new BadInputException("The bead image is flat: there is nothing to find. Choose the channel that shows the beads.");
        float least = (float)(background + Significance * noise);
        int rz = Radius(diameterNm * 1.5, grid.Spacing.Z), ry = Radius(diameterNm, grid.Spacing.Y), rx = Radius(diameterNm, grid.Spacing.X);

        var found = new List<(float Value, Point3 Centre)>[n.Z];
        job.For(n.Z, z =>
        {
            found[z] = [];
            if (z < 1 || z >= n.Z - 1) return;
            for (int y = ry; y < n.Y - ry; y++)
            {
                for (int x = rx; x < n.X - rx; x++)
                {
                    float v = smooth[z, y, x];
                    if (v >= least && IsMaximum(smooth, z, y, x, rz, ry, rx)) found[z].Add((v, Centroid(smooth, background, z, y, x, rz, ry, rx)));
                }
            }
        }, report: true);
        return [.. found.SelectMany(f => f).OrderByDescending(f => f.Value).Select(f => grid.ToPhysical(f.Centre.Z, f.Centre.Y, f.Centre.X))];
    }

    private static int Radius(double nm, double spacing) => Math.Max(1, (int)Math.Round(nm / spacing));

    /// <summary>Median and 1.4826 x median absolute deviation of evenly spread voxels.</summary>
    private static (double Median, double Deviation) Background(Volume<float> volume)
    {
        long count = volume.Grid.Size.Count, step = Math.Max(1, count / Samples);
        int slice = volume.Grid.Size.SliceCount;
        var values = new List<float>();
        for (long i = 0; i < count; i += step) values.Add(volume.Slice((int)(i / slice))[(int)(i % slice)]);
        values.Sort();
        float median = values[values.Count / 2];
        List<float> deviations = [.. values.Select(v => Math.Abs(v - median)).Order()];
        return (median, 1.4826 * deviations[deviations.Count / 2]);
    }

    private static bool IsMaximum(Volume<float> volume, int z, int y, int x, int rz, int ry, int rx)
    {
        float v = volume[z, y, x];
        Size3 n = volume.Grid.Size;
        for (int k = Math.Max(0, z - rz); k <= Math.Min(n.Z - 1, z + rz); k++)
        {
            for (int j = y - ry; j <= y + ry; j++)
            {
                ReadOnlySpan<float> row = volume.Row(k, j);
                for (int i = x - rx; i <= x + rx; i++)
                {
                    // Of equal neighbours the first in scan order is the maximum.
                    if (row[i] > v || row[i] == v && (k, j, i).CompareTo((z, y, x)) < 0) return false;
                }
            }
        }
        return true;
    }

    /// <summary>The centroid of what lies above half of the peak, in voxels; the window follows it.</summary>
    private static Point3 Centroid(Volume<float> volume, double background, int z, int y, int x, int rz, int ry, int rx)
    {
        Size3 n = volume.Grid.Size;
        double half = background + 0.5 * (volume[z, y, x] - background);
        var centre = new Point3(z, y, x);
        for (int iteration = 0; iteration < 5; iteration++)
        {
            double sum = 0;
            Point3 moment = default;
            for (int k = Low(centre.Z, rz); k <= High(centre.Z, rz, n.Z); k++)
            {
                for (int j = Low(centre.Y, ry); j <= High(centre.Y, ry, n.Y); j++)
                {
                    ReadOnlySpan<float> row = volume.Row(k, j);
                    for (int i = Low(centre.X, rx); i <= High(centre.X, rx, n.X); i++)
                    {
                        double w = row[i] - half;
                        if (w <= 0) continue;
                        sum += w;
                        moment += w * new Point3(k, j, i);
                    }
                }
            }
            Point3 next = (1 / sum) * moment;
            bool still = (next - centre).Length < 1e-3;
            centre = next;
            if (still) break;
        }
        return centre;

        static int Low(double at, int radius) => Math.Max(0, (int)Math.Round(at) - radius);
        static int High(double at, int radius, int count) => Math.Min(count - 1, (int)Math.Round(at) + radius);
    }
}

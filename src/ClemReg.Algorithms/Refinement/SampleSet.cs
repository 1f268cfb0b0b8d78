using ClemReg.Algorithms.Simulation;
using ClemReg.Algorithms.Transforms;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Refinement;

/// <summary>Voxels of the fluorescence that lie in the EM, chosen by chance, more of them where the model says that something shines.</summary>
internal sealed class SampleSet
{
    /// <summary>The part of the places that counts as shining.</summary>
    private const double Shining = 0.3;

    /// <summary>Of the other places so many are kept, each with the inverse weight.</summary>
    private const double KeptOfOthers = 0.3;

    /// <summary>Places that are tried in each cell of the EM: neighbours follow each other, so the fields around them are at hand.</summary>
    private const int PerCell = 512;

    private SampleSet(Point3[] places, float[] values, float[] weights) => (Places, Values, Weights) = (places, values, weights);

    /// <summary>Positions in the fluorescence, nm.</summary>
    public Point3[] Places { get; }

    /// <summary>The fluorescence less its surroundings.</summary>
    public float[] Values { get; }

    /// <summary>How many voxels each stands for, in relation.</summary>
    public float[] Weights { get; }

    /// <summary>How many.</summary>
    public int Count => Places.Length;

    /// <summary>Some of them.</summary>
    public SampleSet Where(Func<Point3, bool> wanted)
    {
        int[] chosen = [.. Enumerable.Range(0, Count).Where(i => wanted(Places[i]))];
        return new SampleSet([.. chosen.Select(i => Places[i])], [.. chosen.Select(i => Values[i])], [.. chosen.Select(i => Weights[i])]);
    }

    /// <summary>Chooses about <paramref name="count"/> voxels.</summary>
    /// <param name="level">The fluorescence.</param>
    /// <param name="model">The EM.</param>
    /// <param name="low">The least corner of the EM that is looked at, nm.</param>
    /// <param name="high">The greatest.</param>
    /// <param name="movingToFixed">Fluorescence to EM.</param>
    /// <param name="count">About so many.</param>
    /// <param name="key">For the random choice.</param>
    /// <param name="job">The work.</param>
    public static SampleSet Choose(
        FluorescenceLevel level, MicroscopeModel model, Point3 low, Point3 high, AffineTransform movingToFixed, int count, ulong key, Job job)
    {
        AffineTransform back = movingToFixed.Inverse();
        double kept = Shining + (1 - Shining) * KeptOfOthers;
        Point3 box = high - low;
        double edge = Math.Cbrt(box.Z * box.Y * box.X * PerCell * kept / count);
        int Along(double length) => (int)Math.Ceiling(Math.Max(length, 1) / Math.Max(edge, 1));
        var cells = new Size3(Along(box.Z), Along(box.Y), Along(box.X));
        var cell = new Point3(box.Z / cells.Z, box.Y / cells.Y, box.X / cells.X);
        int tried = (int)Math.Ceiling(count / kept / cells.Count), all = tried * (int)cells.Count;
        var places = new Point3[all];
        var values = new float[all];
        var strength = new float[all];
        var chance = new float[all];
        Grid grid = level.Grid;
        job.For((int)cells.Count, number =>
        {
            var random = new RandomStream(RandomStream.Key(key, number));
            (int row, int cx) = Math.DivRem(number, cells.X);
            (int cz, int cy) = Math.DivRem(row, cells.Y);
            for (int i = number * tried; i < (number + 1) * tried; i++)
            {
                Point3 q = low + new Point3((cz + random.NextDouble()) * cell.Z, (cy + random.NextDouble()) * cell.Y, (cx + random.NextDouble()) * cell.X);
                chance[i] = (float)random.NextDouble();
                strength[i] = -1;
                Point3 u = grid.ToIndex(back.Apply(q));
                (double z, double y, double x) = (Math.Round(u.Z), Math.Round(u.Y), Math.Round(u.X));
                if (!(z >= 0 && y >= 0 && x >= 0 && z < grid.Size.Z && y < grid.Size.Y && x < grid.Size.X)) continue;
                places[i] = grid.ToPhysical(z, y, x);
                q = movingToFixed.Apply(places[i]);
                if (q.Z < low.Z || q.Y < low.Y || q.X < low.X || q.Z > high.Z || q.Y > high.Y || q.X > high.X) continue;
                values[i] = level.At((int)z, (int)y, (int)x);
                strength[i] = Math.Abs(model.Value(q));
            }
        });
        float[] inside = Array.FindAll(strength, s => s >= 0);
        if (inside.Length == 0) return new SampleSet([], [], []);
        Array.Sort(inside);
        float threshold = inside[(int)((1 - Shining) * (inside.Length - 1))];
        int n = 0;
        var weights = new float[inside.Length];
        for (int i = 0; i < all; i++)
        {
            bool shines = strength[i] > threshold;
            if (!shines && !(strength[i] >= 0 && chance[i] < KeptOfOthers)) continue;
            (places[n], values[n], weights[n]) = (places[i], values[i], shines ? 1f : (float)(1 / KeptOfOthers));
            n++;
        }
        return new SampleSet(places[..n], values[..n], weights[..n]);
    }
}

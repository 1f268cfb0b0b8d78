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

    private const int Block = 4096;

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
        int blocks = (int)(count / kept / Block) + 1;
        var places = new Point3[blocks * Block];
        var values = new float[blocks * Block];
        var strength = new float[blocks * Block];
        var chance = new float[blocks * Block];
        Grid grid = level.Grid;
        job.For(blocks, block =>
        {
            var random = new RandomStream(RandomStream.Key(key, block));
            for (int i = block * Block; i < (block + 1) * Block; i++)
            {
                var q = new Point3(random.Uniform(low.Z, high.Z), random.Uniform(low.Y, high.Y), random.Uniform(low.X, high.X));
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
        float[] inside = [.. strength.Where(s => s >= 0)];
        if (inside.Length == 0) return new SampleSet([], [], []);
        Array.Sort(inside);
        float threshold = inside[(int)((1 - Shining) * (inside.Length - 1))];
        int[] chosen = [.. Enumerable.Range(0, places.Length).Where(i => strength[i] > threshold || strength[i] >= 0 && chance[i] < KeptOfOthers)];
        return new SampleSet([.. chosen.Select(i => places[i])], [.. chosen.Select(i => values[i])],
            [.. chosen.Select(i => strength[i] > threshold ? 1f : (float)(1 / KeptOfOthers))]);
    }
}

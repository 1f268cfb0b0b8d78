using ClemReg.Algorithms.Simulation;
using ClemReg.Algorithms.Transforms;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Evaluation;

/// <summary>
/// The target registration error (Fitzpatrick, West and Maurer 1998) of a transform against a known one: at each target x of the fixed
/// frame, |T(truth^-1(x)) - x| in nm. The targets are the voxels of the structures of interest.
/// </summary>
/// <param name="Mean">Mean, nm.</param>
/// <param name="Median">Median, nm.</param>
/// <param name="Percentile95">What 95 % of the targets stay within, nm (nearest rank).</param>
/// <param name="Maximum">Largest, nm.</param>
/// <param name="Targets">Targets looked at.</param>
public sealed record TargetRegistrationError(double Mean, double Median, double Percentile95, double Maximum, int Targets)
{
    private const int Block = 512;

    /// <summary>Measures an affine transform.</summary>
    /// <inheritdoc cref="Measure(TruthTransform, Func{Point3, Point3}, ISliceSource, Job, int)"/>
    public static TargetRegistrationError Measure(TruthTransform truth, SpatialTransform transform, ISliceSource labels, Job job,
        int maximumTargets = 20000) => Measure(truth, transform.Apply, labels, job, maximumTargets);

    /// <summary>Measures any transform.</summary>
    /// <param name="truth">The true transform, moving to fixed.</param>
    /// <param name="transform">The transform in question, moving to fixed, nm, z, y, x. Called from several threads.</param>
    /// <param name="labels">Targets are its voxels above 0; on the fixed grid.</param>
    /// <param name="job">Threads, cancellation, progress.</param>
    /// <param name="maximumTargets">Of more voxels than this, every k-th in scan order is taken, with the least k that suffices; 1 or more.</param>
    /// <exception cref="BadInputException">No voxel is above 0, or the transform gives something that is not a number.</exception>
    public static TargetRegistrationError Measure(TruthTransform truth, Func<Point3, Point3> transform, ISliceSource labels, Job job,
        int maximumTargets = 20000)
    {
        if (maximumTargets < 1) throw BadInputException.ForParameter("maximum_targets", maximumTargets, "1 or more");
        List<Point3> targets = TargetsOf(labels, maximumTargets, job);
        var errors = new double[targets.Count];
        job.For((errors.Length + Block - 1) / Block, b =>
        {
            for (int i = b * Block; i < Math.Min(errors.Length, (b + 1) * Block); i++)
                errors[i] = (transform(truth.Invert(targets[i])) - targets[i]).Length;
        });
        double sum = 0;
        foreach (double e in errors)
        {
            if (!double.IsFinite(e)) throw new BadInputException("The transform maps a target to a position that is not a number.");
            sum += e;
        }
        Array.Sort(errors);
        int n = errors.Length;
        double median = n % 2 == 1 ? errors[n / 2] : (errors[n / 2 - 1] + errors[n / 2]) / 2;
        return new TargetRegistrationError(sum / n, median, errors[(int)Math.Ceiling(0.95 * n) - 1], errors[n - 1], n);
    }

    private static List<Point3> TargetsOf(ISliceSource labels, int maximum, Job job)
    {
        Grid grid = labels.Grid;
        var slices = new FloatSlices(labels);
        float[] slice = slices.Slice;
        var counts = new long[grid.Size.Z];
        for (int z = 0; z < counts.Length; z++)
        {
            slices.Read(z, job);
            foreach (float v in slice)
                if (v > 0) counts[z]++;
        }
        long all = counts.Sum();
        if (all == 0) throw new BadInputException("The label volume has no voxel above 0, so there is nothing to measure the registration error at.");
        long step = (all + maximum - 1) / maximum, next = 0, seen = 0;
        var targets = new List<Point3>();
        for (int z = 0; z < counts.Length; z++)
        {
            if (seen + counts[z] <= next)
            {
                seen += counts[z];
                continue;
            }
            slices.Read(z, job);
            for (int i = 0; i < slice.Length; i++)
            {
                if (!(slice[i] > 0) || seen++ != next) continue;
                targets.Add(grid.ToPhysical(z, i / grid.Size.X, i % grid.Size.X));
                next += step;
            }
        }
        return targets;
    }
}

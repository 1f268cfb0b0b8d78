using ClemReg.Algorithms.Transforms;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Refinement;

/// <summary>The fluorescence at some voxels beside what the EM explains of it, for a displacement.</summary>
/// <param name="Residuals">Fluorescence less model, in robust standard deviations.</param>
/// <param name="Gradients">Of the model by the place, in the same unit per nm.</param>
/// <param name="Weights">Of the samples, with the robust part.</param>
/// <param name="Unit">The robust standard deviation in grey values.</param>
internal sealed record IntensityFit(double[] Residuals, Point3[] Gradients, double[] Weights, double Unit)
{
    private const int Block = 2048;

    /// <summary>Compares.</summary>
    /// <param name="level">The fluorescence and the model.</param>
    /// <param name="used">Samples that say how bright an object is and how large residuals are; null for all.</param>
    /// <param name="displacement">In the EM's frame; null for none.</param>
    /// <param name="job">The work.</param>
    public static IntensityFit At(SharpLevel level, bool[]? used, DisplacementField? displacement, Job job)
    {
        (SampleSet samples, Point3[] places, MicroscopeModel model, ObjectZones zones) = (level.Samples, level.Places, level.Model, level.Zones);
        int count = samples.Count;
        var gradients = new Point3[count];
        var values = new float[count];
        var zone = new int[count];
        job.For((count + Block - 1) / Block, block =>
        {
            for (int i = block * Block; i < Math.Min(count, (block + 1) * Block); i++)
            {
                Point3 q = displacement is null ? places[i] : displacement.Apply(places[i]);
                ModelValue m = model.Evaluate(q, samples.Places[i], level.Loss);
                double light = level.Loss.At(samples.Places[i].Z);
                (values[i], gradients[i], zone[i]) = ((float)(light * m.Value), light * m.Gradient, zones.At(q));
            }
        });
        double[] brightness = ZoneBrightness.Of(zones.Count, zone, values, samples.Values, i => used is null || used[i] ? samples.Weights[i] : 0).Brightness;
        var residuals = new double[count];
        for (int i = 0; i < count; i++)
        {
            double amplitude = brightness[zone[i]];
            residuals[i] = samples.Values[i] - amplitude * values[i];
            gradients[i] = amplitude * gradients[i];
        }
        double scale = RobustScale.Cauchy * RobustScale.Of(residuals, used);
        var weights = new double[count];
        double sum = 0, all = 0;
        for (int i = 0; i < count; i++)
        {
            double r = residuals[i] / scale;
            weights[i] = samples.Weights[i] / (1 + r * r);
            if (used is null || used[i]) (sum, all) = (sum + weights[i] * residuals[i] * residuals[i], all + weights[i]);
        }
        double unit = Math.Sqrt(sum / all);
        for (int i = 0; i < count; i++) (residuals[i], gradients[i]) = (residuals[i] / unit, 1 / unit * gradients[i]);
        return new IntensityFit(residuals, gradients, weights, unit);
    }

    /// <summary>The robust cost (Cauchy) of a sample, in squared units.</summary>
    /// <param name="i">Which.</param>
    /// <param name="unit">Grey values: the same for fits that are compared.</param>
    public double Cost(int i, double unit)
    {
        double r = Residuals[i] * Unit / (RobustScale.Cauchy * unit);
        return RobustScale.Cauchy * RobustScale.Cauchy * Math.Log(1 + r * r);
    }
}

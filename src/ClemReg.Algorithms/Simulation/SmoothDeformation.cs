using System.Text.Json;
using ClemReg.Algorithms.Transforms;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Simulation;

/// <summary>
/// The deformation of simulated samples: a cubic B-spline <see cref="DisplacementField"/> over the box from (0, 0, 0) to a far corner, constant
/// beyond each face. Control point i of an axis with n points lies at (i - 1) / (n - 3) of the box, so one lies outside of each face.
/// </summary>
internal static class SmoothDeformation
{
    /// <summary>Makes a field.</summary>
    /// <param name="box">The far corner of the box in nm, z, y, x; 0 or more.</param>
    /// <param name="controls">Control points along z, y, x; 4 or more each.</param>
    /// <param name="coefficients">As <see cref="DisplacementField.Coefficients"/>.</param>
    /// <exception cref="BadInputException">Sizes that do not fit or numbers that are not finite.</exception>
    public static DisplacementField Of(Point3 box, Size3 controls, ReadOnlySpan<double> coefficients)
    {
        if (!box.IsFinite || Math.Min(box.Z, Math.Min(box.Y, box.X)) < 0)
            throw BadInputException.ForParameter("deformation.box", box, "three lengths of 0 or more in nm (z, y, x)");
        if (Math.Min(controls.Z, Math.Min(controls.Y, controls.X)) < 4 || Math.Max(controls.Z, Math.Max(controls.Y, controls.X)) > 1000)
            throw BadInputException.ForParameter("deformation.controls", controls, "4 to 1000 control points on each axis");
        // A flat box has one place on that axis; any spacing will do.
        static double Spacing(double length, int n) => length > 0 ? length / (n - 3) : 1;
        var spacing = new Point3(Spacing(box.Z, controls.Z), Spacing(box.Y, controls.Y), Spacing(box.X, controls.X));
        return new DisplacementField(new Grid(controls, spacing, -1 * spacing), FieldInterpolation.CubicBSpline, coefficients);
    }

    /// <summary>A field of random control points, scaled so that its largest displacement is <paramref name="maximum"/>.</summary>
    /// <param name="box">The far corner of the box in nm, z, y, x.</param>
    /// <param name="maximum">Largest displacement in nm.</param>
    /// <param name="spacing">Wanted distance of control points in nm; rounded so that a whole number fits the box.</param>
    /// <param name="key">Chooses the field.</param>
    /// <param name="job">Cancellation.</param>
    /// <exception cref="BadInputException">So strong that space might fold, or of very many control points.</exception>
    public static DisplacementField Random(Point3 box, double maximum, double spacing, ulong key, Job job)
    {
        int Count(double length) => Math.Max(1, (int)Math.Round(length / spacing)) + 3;
        var controls = new Size3(Count(box.Z), Count(box.Y), Count(box.X));
        if (controls.Count > 50000)
            throw BadInputException.ForParameter("deformation_spacing", spacing, $"large enough for at most 50000 control points, but this volume would need {controls} of them",
                "Raise deformation_spacing.");
        var random = new RandomStream(key);
        var c = new double[3 * controls.Count];
        for (int i = 0; i < c.Length; i++) c[i] = random.Gaussian();
        (double largest, double steepest) = Extremes(Of(box, controls, c), box, job);
        double scale = maximum / largest;
        if (steepest * scale > SteepestAllowed)
            throw BadInputException.ForParameter("deformation_max", maximum,
                $"at most {Math.Floor(maximum * SteepestAllowed / (steepest * scale)):F0} nm for a deformation_spacing of {spacing:F0} nm in this volume, or space would fold",
                "Lower deformation_max or raise deformation_spacing.");
        for (int i = 0; i < c.Length; i++) c[i] *= scale;
        return Of(box, controls, c);
    }

    /// <summary>Below 1 the map q + d(q) is one-to-one and its inverse by fixed-point iteration converges.</summary>
    private const double SteepestAllowed = 0.8;

    /// <summary>The largest displacement and the largest Frobenius norm of the gradient, sampled four times per control interval.</summary>
    private static (double Displacement, double Gradient) Extremes(DisplacementField field, Point3 box, Job job)
    {
        const int Fine = 4;
        (int cz, int cy, int cx) = field.Nodes.Size;
        int nz = (cz - 3) * Fine, ny = (cy - 3) * Fine, nx = (cx - 3) * Fine;
        var step = new Point3(box.Z / nz, box.Y / ny, box.X / nx);
        double largest = 0, steepest = 0;
        for (int z = 0; z <= nz; z++)
        {
            for (int y = 0; y <= ny; y++)
            {
                job.ThrowIfCancelled();
                for (int x = 0; x <= nx; x++)
                {
                    var q = new Point3(z * step.Z, y * step.Y, x * step.X);
                    Point3 d = field.At(q);
                    largest = Math.Max(largest, d.Length);
                    double sum = 0;
                    if (z < nz && step.Z > 0) sum += Square(field.At(q + new Point3(step.Z, 0, 0)) - d, step.Z);
                    if (y < ny && step.Y > 0) sum += Square(field.At(q + new Point3(0, step.Y, 0)) - d, step.Y);
                    if (x < nx && step.X > 0) sum += Square(field.At(q + new Point3(0, 0, step.X)) - d, step.X);
                    steepest = Math.Max(steepest, Math.Sqrt(sum));
                }
            }
        }
        return (largest, steepest);

        static double Square(Point3 difference, double step) => Point3.Dot(difference, difference) / (step * step);
    }

    /// <summary>The field as truth.json has it.</summary>
    public static void Write(DisplacementField field, Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("kind", "cubic_b_spline");
        Size3 n = field.Nodes.Size;
        int[] controls = [n.Z, n.Y, n.X];
        json.WriteStartArray("box");
        for (int a = 0; a < 3; a++) json.WriteNumberValue(field.Nodes.Spacing[a] * (controls[a] - 3));
        json.WriteEndArray();
        json.WriteStartArray("controls");
        foreach (int count in controls) json.WriteNumberValue(count);
        json.WriteEndArray();
        json.WriteStartArray("coefficients");
        foreach (double c in field.Coefficients) json.WriteNumberValue(c);
        json.WriteEndArray();
        json.WriteEndObject();
    }

    /// <summary>Reads what <see cref="Write"/> wrote.</summary>
    public static DisplacementField Read(JsonElement json)
    {
        double[] box = TruthJson.Numbers(json, "box", 3);
        double[] controls = TruthJson.Numbers(json, "controls", 3);
        foreach (double n in controls)
            if (n != Math.Floor(n) || Math.Abs(n) > 1e6) throw BadInputException.ForParameter("deformation.controls", n, "whole numbers");
        return Of(new Point3(box[0], box[1], box[2]), new Size3((int)controls[0], (int)controls[1], (int)controls[2]),
            TruthJson.Numbers(json, "coefficients", null));
    }
}

using System.Text.Json;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Simulation;

/// <summary>
/// A smooth displacement field: a uniform cubic B-spline over the box from (0, 0, 0) to <see cref="Box"/>, constant beyond each face.
/// Control point i of an axis with n points lies at (i - 1) / (n - 3) of the box, so one lies outside of each face.
/// </summary>
public sealed class DisplacementField
{
    private readonly double[] _coefficients;

    /// <summary>Makes a field.</summary>
    /// <param name="box">The far corner of the box in nm, z, y, x; 0 or more.</param>
    /// <param name="controls">Control points along z, y, x; 4 or more each.</param>
    /// <param name="coefficients">nm; the displacements along z of all control points (z, y, x, x fastest), then along y, then along x.</param>
    /// <exception cref="BadInputException">Sizes that do not fit or numbers that are not finite.</exception>
    public DisplacementField(Point3 box, Size3 controls, ReadOnlySpan<double> coefficients)
    {
        if (!box.IsFinite || Math.Min(box.Z, Math.Min(box.Y, box.X)) < 0)
            throw BadInputException.ForParameter("deformation.box", box, "three lengths of 0 or more in nm (z, y, x)");
        if (Math.Min(controls.Z, Math.Min(controls.Y, controls.X)) < 4 || Math.Max(controls.Z, Math.Max(controls.Y, controls.X)) > 1000)
            throw BadInputException.ForParameter("deformation.controls", controls, "4 to 1000 control points on each axis");
        if (coefficients.Length != 3 * controls.Count)
            throw BadInputException.ForParameter("deformation.coefficients", coefficients.Length + " numbers", $"{3 * controls.Count} numbers");
        foreach (double c in coefficients)
            if (!double.IsFinite(c)) throw BadInputException.ForParameter("deformation.coefficients", c, "finite numbers in nm");
        Box = box;
        Controls = controls;
        _coefficients = coefficients.ToArray();
    }

    /// <summary>The far corner of the box in nm, z, y, x.</summary>
    public Point3 Box { get; }

    /// <summary>Control points along z, y, x.</summary>
    public Size3 Controls { get; }

    /// <summary>The coefficients in nm: for z, y, x displacement all control points in z, y, x order, x fastest.</summary>
    public ReadOnlySpan<double> Coefficients => _coefficients;

    /// <summary>The displacement in nm at a position in nm.</summary>
    public Point3 At(Point3 q)
    {
        Span<double> w = stackalloc double[12];
        int iz = Axis(q.Z, Box.Z, Controls.Z, w[..4]);
        int iy = Axis(q.Y, Box.Y, Controls.Y, w.Slice(4, 4));
        int ix = Axis(q.X, Box.X, Controls.X, w.Slice(8, 4));
        int plane = Controls.Y * Controls.X, component = Controls.Z * plane;
        double z = 0, y = 0, x = 0;
        for (int a = 0; a < 4; a++)
        {
            for (int b = 0; b < 4; b++)
            {
                int at = (iz + a) * plane + (iy + b) * Controls.X + ix;
                double factor = w[a] * w[4 + b];
                for (int c = 0; c < 4; c++)
                {
                    double f = factor * w[8 + c];
                    z += f * _coefficients[at + c];
                    y += f * _coefficients[component + at + c];
                    x += f * _coefficients[2 * component + at + c];
                }
            }
        }
        return new Point3(z, y, x);
    }

    /// <summary>A field of random control points, scaled so that its largest displacement is <paramref name="maximum"/>.</summary>
    /// <param name="box">The far corner of the box in nm, z, y, x.</param>
    /// <param name="maximum">Largest displacement in nm.</param>
    /// <param name="spacing">Wanted distance of control points in nm; rounded so that a whole number fits the box.</param>
    /// <param name="key">Chooses the field.</param>
    /// <param name="job">Cancellation.</param>
    /// <exception cref="BadInputException">So strong that space might fold, or of very many control points.</exception>
    internal static DisplacementField Random(Point3 box, double maximum, double spacing, ulong key, Job job)
    {
        int Count(double length) => Math.Max(1, (int)Math.Round(length / spacing)) + 3;
        var controls = new Size3(Count(box.Z), Count(box.Y), Count(box.X));
        if (controls.Count > 50000)
            throw BadInputException.ForParameter("deformation_spacing", spacing, $"large enough for at most 50000 control points, but this volume would need {controls} of them",
                "Raise deformation_spacing.");
        var random = new RandomStream(key);
        var c = new double[3 * controls.Count];
        for (int i = 0; i < c.Length; i++) c[i] = random.Gaussian();
        (double largest, double steepest) = new DisplacementField(box, controls, c).Extremes(job);
        double scale = maximum / largest;
        if (steepest * scale > SteepestAllowed)
            throw BadInputException.ForParameter("deformation_max", maximum,
                $"at most {Math.Floor(maximum * SteepestAllowed / (steepest * scale)):F0} nm for a deformation_spacing of {spacing:F0} nm in this volume, or space would fold",
                "Lower deformation_max or raise deformation_spacing.");
        for (int i = 0; i < c.Length; i++) c[i] *= scale;
        return new DisplacementField(box, controls, c);
    }

    /// <summary>Below 1 the map q + d(q) is one-to-one and its inverse by fixed-point iteration converges.</summary>
    private const double SteepestAllowed = 0.8;

    /// <summary>The largest displacement and the largest Frobenius norm of the gradient, sampled four times per control interval.</summary>
    private (double Displacement, double Gradient) Extremes(Job job)
    {
        const int Fine = 4;
        int nz = (Controls.Z - 3) * Fine, ny = (Controls.Y - 3) * Fine, nx = (Controls.X - 3) * Fine;
        var step = new Point3(Box.Z / nz, Box.Y / ny, Box.X / nx);
        double largest = 0, steepest = 0;
        for (int z = 0; z <= nz; z++)
        {
            for (int y = 0; y <= ny; y++)
            {
                job.ThrowIfCancelled();
                for (int x = 0; x <= nx; x++)
                {
                    var q = new Point3(z * step.Z, y * step.Y, x * step.X);
                    Point3 d = At(q);
                    largest = Math.Max(largest, d.Length);
                    double sum = 0;
                    if (z < nz && step.Z > 0) sum += Square(At(q + new Point3(step.Z, 0, 0)) - d, step.Z);
                    if (y < ny && step.Y > 0) sum += Square(At(q + new Point3(0, step.Y, 0)) - d, step.Y);
                    if (x < nx && step.X > 0) sum += Square(At(q + new Point3(0, 0, step.X)) - d, step.X);
                    steepest = Math.Max(steepest, Math.Sqrt(sum));
                }
            }
        }
        return (largest, steepest);

        static double Square(Point3 difference, double step) => Point3.Dot(difference, difference) / (step * step);
    }

    private static int Axis(double q, double box, int controls, Span<double> w)
    {
        double u = box > 0 ? Math.Clamp(q / box, 0, 1) * (controls - 3) : 0;
        int i = Math.Min((int)u, controls - 4);
        double f = u - i, g = 1 - f;
        w[0] = g * g * g / 6;
        w[1] = (4 - 6 * f * f + 3 * f * f * f) / 6;
        w[2] = (4 - 6 * g * g + 3 * g * g * g) / 6;
        w[3] = f * f * f / 6;
        return i;
    }

    internal void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("kind", "cubic_b_spline");
        json.WriteStartArray("box");
        for (int a = 0; a < 3; a++) json.WriteNumberValue(Box[a]);
        json.WriteEndArray();
        json.WriteStartArray("controls");
        json.WriteNumberValue(Controls.Z);
        json.WriteNumberValue(Controls.Y);
        json.WriteNumberValue(Controls.X);
        json.WriteEndArray();
        json.WriteStartArray("coefficients");
        foreach (double c in _coefficients) json.WriteNumberValue(c);
        json.WriteEndArray();
        json.WriteEndObject();
    }

    internal static DisplacementField Read(JsonElement json)
    {
        double[] box = TruthJson.Numbers(json, "box", 3);
        double[] controls = TruthJson.Numbers(json, "controls", 3);
        foreach (double n in controls)
            if (n != Math.Floor(n) || Math.Abs(n) > 1e6) throw BadInputException.ForParameter("deformation.controls", n, "whole numbers");
        return new DisplacementField(new Point3(box[0], box[1], box[2]), new Size3((int)controls[0], (int)controls[1], (int)controls[2]),
            TruthJson.Numbers(json, "coefficients", null));
    }
}

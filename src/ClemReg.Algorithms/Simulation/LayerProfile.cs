namespace ClemReg.Algorithms.Simulation;

/// <summary>One layer of a boundary.</summary>
/// <param name="Thickness">nm.</param>
/// <param name="Grey">Grey value, 0 to 255.</param>
internal readonly record struct Layer(double Thickness, double Grey);

/// <summary>
/// What a layered boundary (a membrane, two membranes with a gap) looks like across: the layers from the outside inwards, blurred by the
/// microscope and by the extent of a voxel. Membranes thinner than a voxel so keep the contrast that a real image gives them, and
/// nothing has a staircase.
/// </summary>
internal sealed class LayerProfile
{
    private readonly float[] _table;
    private readonly int _first;

    /// <summary>Prepares the profile.</summary>
    /// <param name="sigma">Standard deviation of blur and voxel together, nm.</param>
    /// <param name="layers">From the outside (signed distance 0) inwards.</param>
    public LayerProfile(double sigma, params ReadOnlySpan<Layer> layers)
    {
        double depth = 0;
        foreach (Layer layer in layers) depth += layer.Thickness;
        Reach = (float)(4 * sigma);
        Depth = (float)depth;
        _first = (int)Math.Floor(-4 * sigma);
        int count = (int)Math.Ceiling(depth + 4 * sigma) - _first + 1;
        _table = new float[3 * count];
        for (int i = 0; i < count; i++)
        {
            double d = _first + i;
            double edge = 0, grey = 0;
            double before = Step(d, sigma);
            _table[3 * i] = (float)(1 - before);
            foreach (Layer layer in layers)
            {
                edge += layer.Thickness;
                double after = Step(d - edge, sigma);
                grey += (before - after) * layer.Grey;
                before = after;
            }
            _table[3 * i + 1] = (float)before;
            _table[3 * i + 2] = (float)grey;
        }
    }

    /// <summary>Farther outside than this (nm) nothing of the boundary is seen.</summary>
    public float Reach { get; }

    /// <summary>The thickness of all layers, nm.</summary>
    public float Depth { get; }

    /// <summary>The grey value at a signed distance (nm, positive inside) from what lies outside and inside of the boundary.</summary>
    public float Blend(float distance, float outside, float inside)
    {
        int i = 3 * Math.Clamp((int)MathF.Round(distance) - _first, 0, _table.Length / 3 - 1);
        return _table[i] * outside + _table[i + 1] * inside + _table[i + 2];
    }

    /// <summary>The blurred step: 0 far outside, 1 far inside. Logistic approximation of the normal distribution function (error below 0.0003).</summary>
    private static double Step(double d, double sigma)
    {
        double t = d / sigma;
        return 1 / (1 + Math.Exp(-(1.5976 * t + 0.070566 * t * t * t)));
    }
}

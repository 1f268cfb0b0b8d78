using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Refinement;

/// <summary>
/// How bright each object of the mask shines in a <see cref="MicroscopeModel"/>. Where a neighbour's light reaches an object, it is the neighbour's brightness that counts: along a wide
/// blur much of an object's light is not its own.
/// </summary>
/// <param name="Zones">The objects.</param>
/// <param name="Brightness">By zone, in parts of the usual one.</param>
internal sealed record ZonePaint(ObjectZones Zones, double[] Brightness)
{
    /// <summary>The brightness at a place of the EM, nm.</summary>
    public double At(Point3 q) => Brightness[Zones.At(q)];
}

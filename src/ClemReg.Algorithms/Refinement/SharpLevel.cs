using ClemReg.Algorithms.Transforms;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Refinement;

/// <summary>The fluorescence and the model at full sharpness about a linear registration, with the voxels that are looked at.</summary>
/// <param name="Level">The fluorescence.</param>
/// <param name="Model">The EM as the microscope shows it.</param>
/// <param name="Zones">Its objects.</param>
/// <param name="Samples">The voxels.</param>
/// <param name="Places">Where the linear registration puts them in the EM, nm.</param>
/// <param name="Linear">Fluorescence to EM.</param>
/// <param name="Low">The least corner of the EM that is looked at.</param>
/// <param name="High">The greatest.</param>
/// <param name="Loss">The light's loss with depth.</param>
internal sealed record SharpLevel(
    FluorescenceLevel Level, MicroscopeModel Model, ObjectZones Zones, SampleSet Samples, Point3[] Places, AffineTransform Linear, Point3 Low, Point3 High,
    LightLoss Loss)
{
    /// <summary>Fluorescence beside model for a displacement in the EM's frame; null for none.</summary>
    public IntensityFit Fit(DisplacementField? displacement, bool[]? used, Job job) => IntensityFit.At(this, used, displacement, job);

    /// <summary>The same about another linear registration near by.</summary>
    public SharpLevel About(AffineTransform linear)
    {
        var places = new Point3[Samples.Count];
        linear.Apply(Samples.Places, places);
        return this with { Places = places, Linear = linear };
    }
}

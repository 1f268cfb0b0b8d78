using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Transforms.Interchange;

/// <summary>The same place in both images.</summary>
/// <param name="Name">Its name, such as Pt-0.</param>
/// <param name="Moving">In the fluorescence, nm, z, y, x.</param>
/// <param name="Fixed">In the EM, nm, z, y, x.</param>
public sealed record LandmarkPair(string Name, Point3 Moving, Point3 Fixed);

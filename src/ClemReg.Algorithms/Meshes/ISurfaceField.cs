using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Meshes;

/// <summary>Samples on a lattice, above 0 inside and below outside, whose surface <see cref="SurfaceExtraction"/> finds. The outermost samples are outside.</summary>
internal interface ISurfaceField
{
    /// <summary>Samples along each axis.</summary>
    Size3 Size { get; }

    /// <summary>Reads plane <paramref name="k"/>; they are read in order.</summary>
    /// <param name="k">0 to Size.Z - 1.</param>
    /// <param name="plane">Receives Size.Y * Size.X samples.</param>
    /// <param name="before">The plane before, as it was given; empty for the first.</param>
    /// <param name="job">Cancellation.</param>
    void Read(int k, Span<float> plane, ReadOnlySpan<float> before, Job job);

    /// <summary>Where a sample lies, nm; also between two samples.</summary>
    Point3 Place(double k, double y, double x);
}

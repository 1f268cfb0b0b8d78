using ClemReg.Algorithms.Transforms;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Simulation;

/// <summary>
/// The transform that registration of a simulated pair should find: it maps moving (fluorescence) to fixed (EM) positions in nm, z, y, x.
/// x = q + d(q) with q = A p + t and d the deformation, if there is one.
/// </summary>
/// <param name="Linear">A and t.</param>
/// <param name="Deformation">d, in the fixed frame; null for none.</param>
public sealed record TruthTransform(AffineTransform Linear, DisplacementField? Deformation)
{
    private readonly AffineTransform _inverse = Linear.Inverse();

    /// <summary>The fixed position of a moving one.</summary>
    public Point3 Apply(Point3 moving)
    {
        Point3 q = Linear.Apply(moving);
        return Deformation is null ? q : q + Deformation.At(q);
    }

    /// <summary>
    /// The moving position of a fixed one. The deformation is inverted by the fixed-point iteration q = x - d(q), to within 1e-6 nm.
    /// </summary>
    /// <exception cref="BadInputException">The deformation folds space there, so it has no inverse.</exception>
    public Point3 Invert(Point3 fixedPoint) => _inverse.Apply(BeforeDeformation(fixedPoint));

    private Point3 BeforeDeformation(Point3 x)
    {
        if (Deformation is null) return x;
        Point3 q = x;
        for (int i = 0; i < 200; i++)
        {
            Point3 next = x - Deformation.At(q);
            double change = (next - q).Length;
            q = next;
            if (change < 1e-7) return q;
        }
        throw new BadInputException($"The deformation of the true transform has no inverse at {x}: it folds space there.");
    }
}

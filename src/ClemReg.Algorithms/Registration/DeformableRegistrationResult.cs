using ClemReg.Algorithms.PointClouds;
using ClemReg.Algorithms.Transforms;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Registration;

/// <summary>The state of a deformable registration after a number of iterations.</summary>
/// <param name="Iteration">How many updates the transform has seen; 0 is the start.</param>
/// <param name="SigmaNm">Standard deviation of the Gaussian around each moving point, in nm.</param>
/// <param name="Matches">How many fixed points the moving points explain; 0 at the start.</param>
/// <param name="MovementNm">How far this iteration moved the moving points, root mean square, in nm; 0 at the start.</param>
public readonly record struct DeformableRegistrationState(int Iteration, double SigmaNm, double Matches, double MovementNm);

/// <summary>A point and where a registration puts it, nm, z, y, x.</summary>
/// <param name="Moving">The point in the moving frame.</param>
/// <param name="Moved">Its place in the fixed frame.</param>
public readonly record struct ControlPointPair(Point3 Moving, Point3 Moved);

/// <summary>
/// What a deformable registration of two point clouds found: T(y) = s R (y + v(y)) + t (Hirose 2020, equation 1), nm, z, y, x.
/// </summary>
public sealed record DeformableRegistrationResult : RegistrationOutcome<DeformableRegistrationState>
{
    /// <summary>s, R and t: the map without the deformation, moving to fixed. What a start contributed is part of it.</summary>
    public required AffineTransform Similarity { get; init; }

    /// <summary>v: how far each moving point is displaced before the similarity, in nm of the moving frame.</summary>
    public required IReadOnlyList<Point3> Displacements { get; init; }

    /// <summary>The moving points where the registration puts them.</summary>
    public required PointCloud MovedPoints { get; init; }

    /// <inheritdoc/>
    public override double SigmaNm => History[^1].SigmaNm;

    /// <summary>Root mean square length of the displacements in the fixed frame, without the part that a similarity of the moving points could do, in nm.</summary>
    public required double DeformationRmsNm { get; init; }

    /// <summary>The number of columns of the low-rank kernel.</summary>
    public required int KernelRank { get; init; }

    /// <summary>The part of the prior variance (1) that the low-rank kernel leaves out, at the worst point.</summary>
    public required double KernelError { get; init; }

    internal Func<Point3, Point3> Field { get; init; } = static _ => default;

    /// <summary>Where the registration puts any point (nm): the displacement is interpolated by its Gaussian process, and fades to none some beta away from the cloud.</summary>
    public Point3 Apply(Point3 p) => Similarity.Apply(p + Field(p));

    /// <summary>
    /// Pairs for a spline through the registration: moving points chosen one after the other, each the farthest from those before.
    /// </summary>
    /// <param name="moving">The cloud that was registered.</param>
    /// <param name="most">The most pairs, 1 or more; all points where there are fewer.</param>
    public IReadOnlyList<ControlPointPair> ControlPoints(PointCloud moving, int most)
    {
        var pairs = new List<ControlPointPair>();
        var gap = new double[moving.Count];
        Array.Fill(gap, double.PositiveInfinity);
        int next = 0;
        while (pairs.Count < Math.Min(most, moving.Count) && gap[next] > 0)
        {
            Point3 chosen = moving[next];
            pairs.Add(new ControlPointPair(chosen, MovedPoints[next]));
            int farthest = 0;
            for (int i = 0; i < gap.Length; i++)
            {
                Point3 d = moving[i] - chosen;
                gap[i] = Math.Min(gap[i], Point3.Dot(d, d));
                if (gap[i] > gap[farthest]) farthest = i;
            }
            next = farthest;
        }
        return pairs;
    }
}

using ClemReg.Algorithms.Transforms;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Refinement;

/// <summary>One step of a refinement.</summary>
/// <param name="BlurNm">The level's extra blur.</param>
/// <param name="Iteration">From 1 on within the level.</param>
/// <param name="MovementNm">The largest change of a parameter, as nm at 10 µm from the centre.</param>
/// <param name="Correlation">Between fluorescence and model, before the step.</param>
public readonly record struct RefinementState(double BlurNm, int Iteration, double MovementNm, double Correlation);

/// <summary>What a linear refinement found.</summary>
public sealed record IntensityRefinementResult
{
    /// <summary>Fluorescence to EM.</summary>
    public required AffineTransform Transform { get; init; }

    /// <summary>The microscope's blur, as given or as estimated.</summary>
    public required PointSpreadFunction Psf { get; init; }

    /// <summary>The part of the light that is lost per nm of depth along the fluorescence's z.</summary>
    public required double AttenuationPerNm { get; init; }

    /// <summary>Pearson correlation of fluorescence and model at the looked-at voxels.</summary>
    public required double Correlation { get; init; }

    /// <summary>Whether the last level came to rest.</summary>
    public required bool Converged { get; init; }

    /// <summary>All steps.</summary>
    public required IReadOnlyList<RefinementState> History { get; init; }

    /// <summary>Objects of the EM mask whose fluorescence is at least a third of the usual brightness, and all that were looked at.</summary>
    public required (int Bright, int All) Objects { get; init; }

    /// <summary>What the parameters are known to.</summary>
    public required LinearUncertainty Uncertainty { get; init; }
}

/// <summary>
/// Registers by intensities: the fluorescence is explained as the EM's mitochondria seen through the microscope, each with a brightness of its
/// own, and the transform (with the microscope's blur) is changed until the explanation is best.
/// </summary>
/// <remarks>
/// v(p) ~ a_k m(T(p)), m the <see cref="MicroscopeModel"/>, k the object nearest to T(p), a_k >= 0. Gauss-Newton with the amplitudes projected out
/// of the Jacobian (variable projection: G. Golub, V. Pereyra 2003, Inverse Problems 19, R1; Kaufman's simplification) and Cauchy weights
/// (P. Huber 1981, Robust Statistics) at three robust standard deviations.
/// </remarks>
public static class IntensityRefinement
{
    /// <summary>At this distance from the centre (nm) a linear parameter's unit is 1 nm.</summary>
    internal const double LeverNm = 1e4;

    /// <summary>Refines a registration.</summary>
    /// <param name="fluorescence">Any voxel type; z is the optical axis.</param>
    /// <param name="emMask">The mitochondria of the EM.</param>
    /// <param name="start">Fluorescence to EM, nm, z, y, x: within about 1.5 µm and 6 degrees with the standard levels.</param>
    /// <param name="options">The parameters.</param>
    /// <param name="job">Threads, cancellation, progress, log.</param>
    /// <exception cref="BadInputException">An empty mask, or fluorescence and EM that do not overlap.</exception>
    public static IntensityRefinementResult Refine(Volume fluorescence, BitVolume emMask, AffineTransform start, IntensityRefinementOptions options, Job job)
    {
        using var problem = new RefinementProblem(fluorescence, emMask, options, job);
        return problem.Solve(start, job);
    }

    internal static AffineTransform Step(ReadOnlySpan<double> d, LinearKind kind, Point3 centre)
    {
        Span<double> l = stackalloc double[9];
        for (int i = 0; i < 9; i++) l[i] = i % 4 == 0 ? 1 : 0;
        if (kind == LinearKind.Affine)
        {
            for (int i = 0; i < 9; i++) l[i] += d[i] / LeverNm;
        }
        else
        {
            Rotation(1 / LeverNm * new Point3(d[0], d[1], d[2]), l);
            if (kind == LinearKind.Similarity)
                for (int i = 0; i < 9; i++) l[i] *= Math.Exp(d[3] / LeverNm);
        }
        int at = LinearParameters(kind);
        var shift = new Point3(d[at], d[at + 1], d[at + 2]);
        Point3 moved = new Matrix3(l[0], l[1], l[2], l[3], l[4], l[5], l[6], l[7], l[8]) * centre;
        Point3 t = centre - moved + shift;
        return new AffineTransform([l[0], l[1], l[2], t.Z, l[3], l[4], l[5], t.Y, l[6], l[7], l[8], t.X]);
    }

    internal static int LinearParameters(LinearKind kind) => kind switch { LinearKind.Rigid => 3, LinearKind.Similarity => 4, _ => 9 };

    /// <summary>The displacement of a place by one unit of each parameter, the translations last.</summary>
    /// <param name="u">The place less the centre, in units of <see cref="LeverNm"/>.</param>
    /// <param name="kind">What may change.</param>
    /// <param name="moves">Receives them.</param>
    internal static void Moves(Point3 u, LinearKind kind, Span<Point3> moves)
    {
        int n = LinearParameters(kind);
        if (kind == LinearKind.Affine)
        {
            for (int j = 0; j < 3; j++)
            {
                moves[j] = new Point3(u[j], 0, 0);
                moves[3 + j] = new Point3(0, u[j], 0);
                moves[6 + j] = new Point3(0, 0, u[j]);
            }
        }
        else
        {
            // e x u for the three axes, in z, y, x order of the components as of the axes.
            moves[0] = new Point3(0, -u.X, u.Y);
            moves[1] = new Point3(u.X, 0, -u.Z);
            moves[2] = new Point3(-u.Y, u.Z, 0);
            if (kind == LinearKind.Similarity) moves[3] = u;
        }
        moves[n] = new Point3(1, 0, 0);
        moves[n + 1] = new Point3(0, 1, 0);
        moves[n + 2] = new Point3(0, 0, 1);
    }

    /// <summary>The rotation by a vector (Rodrigues), consistent with the moves above.</summary>
    private static void Rotation(Point3 v, Span<double> m)
    {
        double angle = v.Length;
        double a = angle < 1e-9 ? 1 : Math.Sin(angle) / angle, b = angle < 1e-9 ? 0.5 : (1 - Math.Cos(angle)) / (angle * angle);
        // K u is the sum of v_i times the i-th move.
        ReadOnlySpan<double> k = [0, -v.X, v.Y, v.X, 0, -v.Z, -v.Y, v.Z, 0];
        for (int i = 0; i < 3; i++)
            for (int j = 0; j < 3; j++)
            {
                double square = 0;
                for (int n = 0; n < 3; n++) square += k[i * 3 + n] * k[n * 3 + j];
                m[i * 3 + j] = (i == j ? 1 : 0) + a * k[i * 3 + j] + b * square;
            }
    }
}

using System.Globalization;
using ClemReg.Algorithms.Transforms;
using ClemReg.Algorithms.Volumes;
using MathNet.Numerics.LinearAlgebra;
using MathNet.Numerics.LinearAlgebra.Factorization;

namespace ClemReg.Algorithms.Registration;

/// <summary>What a transform that is fitted to landmark pairs may do.</summary>
public enum LandmarkModel
{
    /// <summary>Rotation and translation: 6 degrees of freedom.</summary>
    Rigid,
    /// <summary>Rotation, translation and one scale: 7 degrees of freedom.</summary>
    Similarity,
    /// <summary>Any affine map: 12 degrees of freedom.</summary>
    Affine,
}

/// <summary>
/// The transform that puts the moving points of landmark pairs onto the fixed ones with the least sum of squared distances.
/// </summary>
/// <remarks>
/// Rigid and similarity: Umeyama 1991, Least-squares estimation of transformation parameters between two point patterns, equations 39 to
/// 42; the answer is Horn's (1987), with a guard against mirror images. Affine: the normal equations of the centred points.
/// </remarks>
public sealed class LandmarkFit
{
    /// <summary>The fewest pairs: fewer leave nothing over from which to see an error.</summary>
    public const int LeastPairs = 4;

    /// <summary>A spread below this fraction of the largest is none.</summary>
    private const double Flat = 1e-6;

    /// <summary>A spread below this fraction of the largest is told to the user.</summary>
    private const double Thin = 0.02;

    private LandmarkFit(LandmarkModel model, AffineTransform transform, double[] residuals, IReadOnlyList<string> warnings)
    {
        Model = model;
        Transform = transform;
        Residuals = residuals;
        Warnings = warnings;
    }

    /// <summary>What was fitted.</summary>
    public LandmarkModel Model { get; }

    /// <summary>Moving to fixed, nm, z, y, x.</summary>
    public AffineTransform Transform { get; }

    /// <summary>For each pair the distance from the moved moving point to the fixed one, in nm.</summary>
    public IReadOnlyList<double> Residuals { get; }

    /// <summary>Root mean square of the residuals, in nm: the fiducial registration error.</summary>
    public double RmsNm => Math.Sqrt(Residuals.Sum(r => r * r) / Residuals.Count);

    /// <summary>The largest residual, in nm.</summary>
    public double MaximumNm => Residuals.Max();

    /// <summary>What the user should know: nearly flat landmarks, mirrored landmarks.</summary>
    public IReadOnlyList<string> Warnings { get; }

    /// <summary>Fits a transform.</summary>
    /// <param name="moving">The moving points, nm, z, y, x.</param>
    /// <param name="fixedPoints">The fixed points in the same order.</param>
    /// <param name="model">What the transform may do.</param>
    /// <param name="parameter">The parameter by which the user chooses the model, for messages.</param>
    /// <exception cref="BadInputException">
    /// Fewer than 4 pairs, a coordinate that is not a number, or points so placed that the transform is not determined: all in one place or on
    /// one line, or for an affine transform in one plane. The message says which degrees of freedom are missing.
    /// </exception>
    public static LandmarkFit Fit(ReadOnlySpan<Point3> moving, ReadOnlySpan<Point3> fixedPoints, LandmarkModel model, string parameter = "landmark_fit")
    {
        if (moving.Length != fixedPoints.Length) throw new ArgumentException("as many fixed points as moving points are needed", nameof(fixedPoints));
        if (moving.Length < LeastPairs)
            throw new BadInputException($"There {(moving.Length == 1 ? "is 1 landmark pair" : $"are {moving.Length} landmark pairs")}: at least {LeastPairs} are needed, "
                + "better 8 or more spread over the whole volume. Add pairs, or activate those that are switched off.");
        for (int i = 0; i < moving.Length; i++)
            if (!moving[i].IsFinite || !fixedPoints[i].IsFinite)
                throw new BadInputException($"Landmark pair {i + 1} has a coordinate that is not a number: {moving[i]} and {fixedPoints[i]}.");

        var warnings = new List<string>();
        Shape from = Shape.Of(moving), to = Shape.Of(fixedPoints);
        Require(from, "fluorescence", model, parameter, warnings);
        Require(to, "EM", model, parameter, warnings);
        AffineTransform transform = model == LandmarkModel.Affine
            ? Affine(moving, fixedPoints, from, to)
            : Umeyama(moving, fixedPoints, from, to, model == LandmarkModel.Similarity, warnings);
        if (model == LandmarkModel.Affine && transform.Determinant < 0) warnings.Add(Mirrored);
        var residuals = new double[moving.Length];
        for (int i = 0; i < residuals.Length; i++) residuals[i] = (transform.Apply(moving[i]) - fixedPoints[i]).Length;
        return new LandmarkFit(model, transform, residuals, warnings);
    }

    private const string Mirrored =
        "The landmarks of one image are a mirror image of the other's. Check the order of the axes and whether one stack is flipped.";

    private static AffineTransform Umeyama(ReadOnlySpan<Point3> moving, ReadOnlySpan<Point3> fixedPoints, Shape from, Shape to, bool scaling, List<string> warnings)
    {
        var cross = Matrix<double>.Build.Dense(3, 3);
        for (int n = 0; n < moving.Length; n++)
        {
            Point3 p = moving[n] - from.Centre, q = fixedPoints[n] - to.Centre;
            for (int i = 0; i < 3; i++)
                for (int j = 0; j < 3; j++)
                    cross[i, j] += q[i] * p[j] / moving.Length;
        }
        var svd = cross.Svd();
        double handedness = (svd.U * svd.VT).Determinant() < 0 ? -1 : 1;
        // Points in a plane fit as well mirrored as not, so there the sign tells nothing. Singular values go with the square of the spread.
        if (handedness < 0 && svd.S[2] > Thin * Thin * svd.S[0]) warnings.Add(Mirrored);
        Matrix<double> rotation = svd.U * Matrix<double>.Build.DenseOfDiagonalArray([1, 1, handedness]) * svd.VT;
        double trace = svd.S[0] + svd.S[1] + handedness * svd.S[2];
        double scale = scaling ? trace / from.Variance : 1;
        if (!(scale > 0) || svd.S[1] <= Flat * Flat * svd.S[0])
            throw new BadInputException("The landmark pairs do not belong together: what spreads in one image does not in the other, so no rotation is determined. "
                + "Check the order of the pairs and of the columns.");
        double[] r = rotation.ToRowMajorArray();
        Point3 turned = AffineTransform.Similarity(scale, r, default).Apply(from.Centre);
        return AffineTransform.Similarity(scale, r, to.Centre - turned);
    }

    private static AffineTransform Affine(ReadOnlySpan<Point3> moving, ReadOnlySpan<Point3> fixedPoints, Shape from, Shape to)
    {
        // Centred and in units of the landmarks' size, the normal equations are well conditioned unless the points are flat.
        double unit = from.Spread[0];
        var a = Matrix<double>.Build.Dense(moving.Length, 3);
        var b = Matrix<double>.Build.Dense(moving.Length, 3);
        for (int n = 0; n < moving.Length; n++)
        {
            Point3 p = moving[n] - from.Centre, q = fixedPoints[n] - to.Centre;
            for (int i = 0; i < 3; i++)
            {
                a[n, i] = p[i] / unit;
                b[n, i] = q[i] / unit;
            }
        }
        Matrix<double> linear = a.QR().Solve(b).Transpose();
        var rows = new double[12];
        for (int i = 0; i < 3; i++)
        {
            double moved = 0;
            for (int j = 0; j < 3; j++)
            {
                rows[i * 4 + j] = linear[i, j];
                moved += linear[i, j] * from.Centre[j];
            }
            rows[i * 4 + 3] = to.Centre[i] - moved;
        }
        return new AffineTransform(rows);
    }

    private static void Require(Shape shape, string role, LandmarkModel model, string parameter, List<string> warnings)
    {
        double[] s = shape.Spread;
        if (s[0] == 0 || s[0] <= 1e-12 * shape.Centre.Length)
            throw new BadInputException($"All {role} landmarks are in one place: the rotation{(model == LandmarkModel.Rigid ? "" : " and the scale")} cannot be determined. Spread the landmarks over the volume.");
        if (s[1] <= Flat * s[0])
            throw new BadInputException($"All {role} landmarks lie on one line, along {Direction(shape.Axes[0])} (z, y, x): the rotation about this line"
                + (model == LandmarkModel.Affine ? ", and stretch and shear across it," : "") + " cannot be determined. Add landmarks beside the line.");
        if (s[2] <= Flat * s[0] && model == LandmarkModel.Affine)
            throw new BadInputException($"All {role} landmarks lie in one plane, whose normal is {Direction(shape.Axes[2])} (z, y, x): stretch and shear along the normal cannot be determined. "
                + $"Add landmarks outside the plane (in other slices), or use {parameter} = similarity or rigid, which a plane determines.");
        if (s[1] <= Thin * s[0])
            warnings.Add(string.Create(CultureInfo.InvariantCulture,
                $"The {role} landmarks lie nearly on one line: across it they spread over {s[1]:G3} nm, along it over {s[0]:G3} nm. The rotation about the line is hardly determined."));
        else if (s[2] <= Thin * s[0] && model == LandmarkModel.Affine)
            warnings.Add(string.Create(CultureInfo.InvariantCulture,
                $"The {role} landmarks lie nearly in one plane: across it they spread over {s[2]:G3} nm, along it over {s[0]:G3} nm. Stretch and shear along the normal {Direction(shape.Axes[2])} (z, y, x) are hardly determined."));
    }

    private static string Direction(Point3 axis)
    {
        // A direction has no sign; the largest part is made positive so that the same plane always reads the same.
        double largest = Math.Abs(axis.Z) >= Math.Max(Math.Abs(axis.Y), Math.Abs(axis.X)) ? axis.Z : Math.Abs(axis.Y) >= Math.Abs(axis.X) ? axis.Y : axis.X;
        double sign = largest < 0 ? -1 : 1;
        return string.Create(CultureInfo.InvariantCulture, $"({Part(axis.Z)}, {Part(axis.Y)}, {Part(axis.X)})");

        // "-0" would read as a fault.
        string Part(double v) => (Math.Round(sign * v, 3) + 0.0).ToString("0.###", CultureInfo.InvariantCulture);
    }

    /// <summary>Centre, spread (standard deviations along the principal axes, largest first) and principal axes of points.</summary>
    private sealed record Shape(Point3 Centre, double[] Spread, Point3[] Axes)
    {
        /// <summary>The mean squared distance from the centre.</summary>
        public double Variance => Spread.Sum(s => s * s);

        public static Shape Of(ReadOnlySpan<Point3> points)
        {
            Point3 sum = default;
            foreach (Point3 p in points) sum += p;
            Point3 centre = (1.0 / points.Length) * sum;
            // The SVD of the points themselves, not of their covariance: that would lose half of the digits by which a plane is told from a slab.
            var centred = Matrix<double>.Build.Dense(points.Length, 3);
            for (int i = 0; i < points.Length; i++)
                for (int j = 0; j < 3; j++)
                    centred[i, j] = points[i][j] - centre[j];
            // Of the triangle of a QR decomposition: the same singular values without a square matrix of all points.
            var svd = centred.QR(QRMethod.Thin).R.Svd();
            double root = Math.Sqrt(points.Length);
            return new Shape(centre, [.. svd.S.Select(s => s / root)],
                [.. Enumerable.Range(0, 3).Select(i => new Point3(svd.VT[i, 0], svd.VT[i, 1], svd.VT[i, 2]))]);
        }
    }
}

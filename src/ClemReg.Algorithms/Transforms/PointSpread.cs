using System.Globalization;
using ClemReg.Algorithms.Volumes;
using MathNet.Numerics.LinearAlgebra;

namespace ClemReg.Algorithms.Transforms;

/// <summary>Whether points determine an affine map, and the message that says what they leave open.</summary>
internal static class PointSpread
{
    /// <summary>Points thinner than this part of their length along an axis count as flat along it.</summary>
    private const double Flat = 1e-6;

    /// <summary>The mean of the points.</summary>
    public static Point3 Centre(ReadOnlySpan<Point3> points)
    {
        Point3 sum = default;
        foreach (Point3 p in points) sum += p;
        return 1.0 / points.Length * sum;
    }

    /// <summary>The root of the mean squared distance from the centre.</summary>
    public static double Radius(ReadOnlySpan<Point3> points, Point3 centre)
    {
        double sum = 0;
        foreach (Point3 p in points) sum += Point3.Dot(p - centre, p - centre);
        return Math.Sqrt(sum / points.Length);
    }

    /// <summary>Refuses points that lie in one plane, on one line or at one place.</summary>
    /// <param name="points">nm, z, y, x.</param>
    /// <param name="what">How the message calls them, in the plural.</param>
    /// <exception cref="BadInputException">Fewer than 4, or flat; names the degrees of freedom that are not determined.</exception>
    public static void Require(ReadOnlySpan<Point3> points, string what)
    {
        if (points.Length < 4)
            throw new BadInputException($"There are {points.Length} pairs of {what} at different places, but at least 4 that do not lie in one plane are needed: "
                + "translation, rotation, scales and shears are 12 numbers, 3 for each pair. Add landmarks.");
        Point3 centre = Centre(points);
        double radius = Radius(points, centre);
        Matrix<double> moments = Matrix<double>.Build.Dense(3, 3);
        foreach (Point3 p in points)
        {
            Point3 d = 1 / radius * (p - centre);
            for (int i = 0; i < 3; i++)
                for (int j = 0; j < 3; j++)
                    moments[i, j] += d[i] * d[j] / points.Length;
        }
        var axes = moments.Evd(Symmetricity.Symmetric);
        // Eigenvalues rise; their roots are the spreads in parts of the radius.
        double Spread(int i) => Math.Sqrt(Math.Max(0, axes.EigenValues[i].Real));
        if (Spread(0) > Flat) return;
        string Axis(int i) => string.Create(CultureInfo.InvariantCulture,
            $"({axes.EigenVectors[0, i]:F3}, {axes.EigenVectors[1, i]:F3}, {axes.EigenVectors[2, i]:F3})");
        throw new BadInputException(Spread(1) > Flat
            ? $"All {points.Length} {what} lie in one plane, with the normal {Axis(0)} (z, y, x): scale along the normal and the two shears with it, 3 of the 12 degrees of freedom, are not determined. Add a landmark outside this plane."
            : $"All {points.Length} {what} lie on one line, along {Axis(2)} (z, y, x): rotation about the line, scales across it and shears, 6 of the 12 degrees of freedom, are not determined. Add landmarks away from this line.");
    }
}

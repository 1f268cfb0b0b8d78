using ClemReg.Algorithms.Transforms;
using ClemReg.Algorithms.Volumes;
using MathNet.Numerics.LinearAlgebra;

namespace ClemReg.Algorithms.Tests.Transforms;

/// <summary>The closed-form eigenvector against a decomposition.</summary>
public sealed class Matrix3Tests
{
    private static Matrix3 Symmetric(double zz, double yy, double xx, double zy, double zx, double yx) => new(zz, zy, zx, zy, yy, yx, zx, yx, xx);

    private static void Check(Matrix3 m, double tolerance)
    {
        Matrix<double> dense = Matrix<double>.Build.DenseOfRowMajor(3, 3, [m.ZZ, m.ZY, m.ZX, m.YZ, m.YY, m.YX, m.XZ, m.XY, m.XX]);
        double largest = dense.Evd(Symmetricity.Symmetric).EigenValues[2].Real, scale = dense.FrobeniusNorm();
        Point3 v = m.LargestEigenvector();
        Assert.Equal(1, v.Length, 1e-12);
        Assert.InRange((m * v - largest * v).Length, 0, tolerance * Math.Max(scale, 1e-300));
    }

    [Fact]
    public void It_is_that_of_a_decomposition()
    {
        var random = new Random(1);
        double Next() => 2 * random.NextDouble() - 1;
        for (int i = 0; i < 2000; i++)
        {
            double size = Math.Pow(10, 12 * Next());
            Check(size * Symmetric(Next(), Next(), Next(), Next(), Next(), Next()), 1e-6);
        }
    }

    [Theory]
    [InlineData(0, 0, 0)]
    [InlineData(1, 1, 1)]
    [InlineData(-2, -2, -2)]
    [InlineData(3, 1, 1)]
    [InlineData(1, 3, 3)]
    [InlineData(3, 1, 3)]
    [InlineData(-1, -1, -5)]
    [InlineData(1, 2, 3)]
    public void Equal_eigenvalues_and_diagonals_give_one_of_their_vectors(double z, double y, double x) => Check(Symmetric(z, y, x, 0, 0, 0), 1e-7);

    [Fact]
    public void Two_equal_largest_eigenvalues_in_any_orientation()
    {
        var random = new Random(2);
        for (int i = 0; i < 200; i++)
        {
            var n = new Point3(random.NextDouble() - 0.5, random.NextDouble() - 0.5, random.NextDouble() - 0.5);
            n = 1 / n.Length * n;
            // The identity less a multiple of n n^T: every vector across n belongs to 1.
            Check(Symmetric(1 - 4 * n.Z * n.Z, 1 - 4 * n.Y * n.Y, 1 - 4 * n.X * n.X, -4 * n.Z * n.Y, -4 * n.Z * n.X, -4 * n.Y * n.X), 1e-6);
        }
    }
}

using System.Numerics;

namespace ClemReg.Algorithms.Transforms;

/// <summary>
/// Solves A X = B for a dense, symmetric, positive definite A by Cholesky's factorisation A = L L^T, in blocks, on the job's threads and
/// cancellable; MathNet.Numerics does neither. The factors do not depend on the number of threads.
/// </summary>
internal static unsafe class Cholesky
{
    private const int Block = 48;

    /// <summary>Replaces the lower triangle of A by L.</summary>
    /// <param name="a">The first entry; rows are <paramref name="stride"/> apart.</param>
    /// <param name="n">Rows and columns.</param>
    /// <param name="stride">From one row to the next.</param>
    /// <param name="job">The work.</param>
    /// <returns>False if A is not positive definite to within rounding.</returns>
    public static bool Factor(double* a, int n, long stride, Job job)
    {
        double largest = 0;
        for (int i = 0; i < n; i++) largest = Math.Max(largest, Math.Abs(a[i * stride + i]));
        double smallest = 1e-14 * largest;
        for (int k = 0; k < n; k += Block)
        {
            int size = Math.Min(Block, n - k), below = n - k - size;
            if (!FactorBlock(a + k * stride + k, size, stride, smallest)) return false;
            if (below == 0) break;
            int first = k;
            int pieces = (below + Block - 1) / Block;
            job.For(pieces, p =>
            {
                for (int i = first + size + p * Block; i < Math.Min(n, first + size + (p + 1) * Block); i++)
                    for (int j = 0; j < size; j++)
                    {
                        double* row = a + i * stride + first;
                        double* other = a + (first + j) * stride + first;
                        double sum = row[j];
                        for (int m = 0; m < j; m++) sum -= row[m] * other[m];
                        row[j] = sum / other[j];
                    }
            });
            job.For(pieces, p =>
            {
                int top = first + size + p * Block, end = Math.Min(n, top + Block);
                // Columns in blocks that stay in cache beside the rows.
                for (int left = first + size; left < end; left += Block)
                    Subtract(a, stride, first, size, top, end, left, Math.Min(left + Block, end));
            });
        }
        return true;
    }

    /// <summary>Solves L L^T x = b in place.</summary>
    public static void Solve(double* l, int n, long stride, Span<double> b)
    {
        for (int i = 0; i < n; i++)
        {
            double sum = b[i];
            double* row = l + i * stride;
            for (int j = 0; j < i; j++) sum -= row[j] * b[j];
            b[i] = sum / row[i];
        }
        for (int i = n - 1; i >= 0; i--)
        {
            double* row = l + i * stride;
            double value = b[i] /= row[i];
            for (int j = 0; j < i; j++) b[j] -= row[j] * value;
        }
    }

    private static bool FactorBlock(double* a, int n, long stride, double smallest)
    {
        for (int i = 0; i < n; i++)
            for (int j = 0; j <= i; j++)
            {
                double sum = a[i * stride + j];
                for (int m = 0; m < j; m++) sum -= a[i * stride + m] * a[j * stride + m];
                if (i > j) a[i * stride + j] = sum / a[j * stride + j];
                else if (!(sum > smallest)) return false;
                else a[i * stride + i] = Math.Sqrt(sum);
            }
        return true;
    }

    /// <summary>A[i, j] -= the product of the columns first to first + size - 1 of rows i and j, for a block of i and j (the upper triangle may be spoilt).</summary>
    private static void Subtract(double* a, long stride, int first, int size, int top, int bottom, int left, int right)
    {
        int lanes = Vector<double>.Count;
        int whole = size - size % lanes;
        for (int i = top; i < bottom; i += 2)
        {
            // A last odd row or column is done twice over the same memory, and stored once.
            double* i0 = a + i * stride + first;
            double* i1 = a + Math.Min(i + 1, bottom - 1) * stride + first;
            for (int j = left; j < right; j += 4)
            {
                double* j0 = a + j * stride + first;
                double* j1 = a + Math.Min(j + 1, right - 1) * stride + first;
                double* j2 = a + Math.Min(j + 2, right - 1) * stride + first;
                double* j3 = a + Math.Min(j + 3, right - 1) * stride + first;
                Vector<double> s00 = default, s01 = default, s02 = default, s03 = default, s10 = default, s11 = default, s12 = default, s13 = default;
                for (int m = 0; m < whole; m += lanes)
                {
                    Vector<double> r0 = Vector.Load(i0 + m), r1 = Vector.Load(i1 + m);
                    Vector<double> c = Vector.Load(j0 + m);
                    s00 = Vector.MultiplyAddEstimate(r0, c, s00);
                    s10 = Vector.MultiplyAddEstimate(r1, c, s10);
                    c = Vector.Load(j1 + m);
                    s01 = Vector.MultiplyAddEstimate(r0, c, s01);
                    s11 = Vector.MultiplyAddEstimate(r1, c, s11);
                    c = Vector.Load(j2 + m);
                    s02 = Vector.MultiplyAddEstimate(r0, c, s02);
                    s12 = Vector.MultiplyAddEstimate(r1, c, s12);
                    c = Vector.Load(j3 + m);
                    s03 = Vector.MultiplyAddEstimate(r0, c, s03);
                    s13 = Vector.MultiplyAddEstimate(r1, c, s13);
                }
                Store(i, j, i0, j0, s00);
                if (j + 1 < right) Store(i, j + 1, i0, j1, s01);
                if (j + 2 < right) Store(i, j + 2, i0, j2, s02);
                if (j + 3 < right) Store(i, j + 3, i0, j3, s03);
                if (i + 1 >= bottom) continue;
                Store(i + 1, j, i1, j0, s10);
                if (j + 1 < right) Store(i + 1, j + 1, i1, j1, s11);
                if (j + 2 < right) Store(i + 1, j + 2, i1, j2, s12);
                if (j + 3 < right) Store(i + 1, j + 3, i1, j3, s13);
            }
        }

        void Store(int i, int j, double* row, double* column, Vector<double> sum)
        {
            double product = Vector.Sum(sum);
            for (int m = whole; m < size; m++) product += row[m] * column[m];
            // Above the diagonal nothing is read; what another piece writes there is its own row's.
            if (j <= i) a[i * stride + j] -= product;
        }
    }
}

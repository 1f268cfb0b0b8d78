using System.Numerics;
using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Registration;

/// <summary>
/// The Gaussian kernel G of a cloud as F F^T with F of few columns, and the posterior mean of the displacements under it
/// (Hirose 2021, Acceleration of non-rigid point set registration with downsampling and Gaussian process regression, section 3.2).
/// </summary>
/// <remarks>
/// Instead of the paper's random Nystroem samples the landmarks are chosen one after the other, each the point that the ones before explain
/// worst: the pivoted incomplete Cholesky decomposition (Fine and Scheinberg 2001, JMLR 2, section 4). It is a Nystroem approximation too, but
/// without chance, with an error that is known (the largest residual on the diagonal) and without eigenvalues to divide by.
/// </remarks>
internal sealed class DisplacementKernel
{
    /// <summary>Points of a piece of work: their rows of F stay in the cache.</summary>
    private const int Chunk = 256;

    /// <summary>Parts whose sums are made apart and added in order.</summary>
    private const int Parts = 16;

    private static readonly int Lanes = Vector<double>.Count;

    private readonly int _count;
    private readonly int _length;
    private readonly double _rate;
    private readonly double[][] _columns;
    private readonly Point3[] _landmarks;
    private readonly double[][] _triangle;
    private readonly double[][] _products;
    private readonly double[][] _right;
    private readonly double[] _matrix;

    /// <summary>Decomposes the kernel exp(-|a - b|^2 / (2 beta^2)) of a cloud.</summary>
    /// <param name="points">The points, sorted; only their first <see cref="PointBlocks.Count"/> count.</param>
    /// <param name="beta">The width of the kernel in the points' unit.</param>
    /// <param name="rank">The most columns.</param>
    /// <param name="tolerance">Columns are added until no point's variance (1) is explained less than to this rest.</param>
    /// <param name="job">Threads, cancellation.</param>
    public DisplacementKernel(PointBlocks points, double beta, int rank, double tolerance, Job job)
    {
        _count = points.Count;
        _length = points.Blocks * PointBlocks.BlockSize;
        _rate = CpdExpectation.Rate(beta * beta);
        var columns = new List<double[]>();
        var landmarks = new List<Point3>();
        var pivots = new List<int>();
        var rest = new double[_length];
        rest.AsSpan(0, _count).Fill(1);
        while (columns.Count < Math.Min(rank, _count))
        {
            int pivot = 0;
            for (int i = 1; i < _count; i++) if (rest[i] > rest[pivot]) pivot = i;
            if (rest[pivot] <= tolerance) break;
            AddColumn(points, columns, pivot, rest, job);
            pivots.Add(pivot);
            landmarks.Add(new Point3(points.Z[pivot], points.Y[pivot], points.X[pivot]));
        }
        LargestRest = 0;
        foreach (double r in rest.AsSpan(0, _count)) LargestRest = Math.Max(LargestRest, r);
        _columns = [.. columns];
        _landmarks = [.. landmarks];
        // The landmarks' own rows of F are a lower triangle.
        _triangle = [.. pivots.Select((p, i) => columns.Take(i + 1).Select(c => c[p]).ToArray())];
        int parts = Math.Min(Parts, (_length + Chunk - 1) / Chunk);
        _products = [.. Enumerable.Range(0, parts).Select(_ => new double[Rank * Rank])];
        _right = [.. Enumerable.Range(0, parts).Select(_ => new double[Rank * 3])];
        _matrix = new double[Rank * Rank];
    }

    /// <summary>The number of columns of F.</summary>
    public int Rank => _columns.Length;

    /// <summary>The largest part of a point's prior variance (1) that F leaves out.</summary>
    public double LargestRest { get; }

    /// <summary>
    /// The displacements that explain <paramref name="residuals"/> best: v = G (G + c diag(1/nu))^-1 e, in the rank of F:
    /// v = F (F^T diag(nu) F + c I)^-1 F^T diag(nu) e.
    /// </summary>
    /// <param name="matches">nu of each point.</param>
    /// <param name="residuals">e: z, y and x of each point, apart.</param>
    /// <param name="c">lambda sigma^2 / s^2, positive.</param>
    /// <param name="displacements">Receives v: z, y and x of each point, apart.</param>
    /// <param name="variances">Receives the diagonal of (F^T diag(nu) F + c I)^-1 in F's metric, the posterior variance over sigma^2 / s^2; null for none.</param>
    /// <param name="job">Threads, cancellation.</param>
    /// <returns>The coefficients of the displacement field at the landmarks, for <see cref="DisplacementAt"/>.</returns>
    public double[][] Solve(double[] matches, double[][] residuals, double c, double[][] displacements, double[]? variances, Job job)
    {
        int rank = Rank;
        Multiply(matches, residuals, job);
        Array.Clear(_matrix);
        var right = new double[rank * 3];
        for (int p = 0; p < _products.Length; p++)
        {
            for (int i = 0; i < _matrix.Length; i++) _matrix[i] += _products[p][i];
            for (int i = 0; i < right.Length; i++) right[i] += _right[p][i];
        }
        for (int i = 0; i < rank; i++) _matrix[i * rank + i] += c;
        Factorise(_matrix, rank, job);
        for (int d = 0; d < 3; d++)
        {
            Span<double> b = right.AsSpan(d * rank, rank);
            SolveLower(_matrix, rank, b);
            SolveUpper(_matrix, rank, b);
        }
        job.For((_length + Chunk - 1) / Chunk, () => new double[rank], (chunk, row) =>
        {
            int start = chunk * Chunk, end = Math.Min(_length, start + Chunk);
            for (int d = 0; d < 3; d++)
            {
                Span<double> v = displacements[d].AsSpan(start, end - start);
                v.Clear();
                for (int k = 0; k < rank; k++) AddScaled(_columns[k].AsSpan(start, end - start), right[d * rank + k], v);
            }
            if (variances is null) return;
            for (int m = start; m < Math.Min(end, _count); m++)
            {
                for (int k = 0; k < rank; k++) row[k] = _columns[k][m];
                SolveLower(_matrix, rank, row);
                double sum = 0;
                foreach (double r in row) sum += r * r;
                variances[m] = sum;
            }
        });
        // v(y) = f(y) b with f(y) = T^-1 g(landmarks, y), T the landmarks' triangle: the coefficients are T^-T b.
        var coefficients = new double[3][];
        for (int d = 0; d < 3; d++)
        {
            double[] b = right[(d * rank)..((d + 1) * rank)];
            for (int i = rank - 1; i >= 0; i--)
            {
                b[i] /= _triangle[i][i];
                for (int j = 0; j < i; j++) b[j] -= _triangle[i][j] * b[i];
            }
            coefficients[d] = b;
        }
        return coefficients;
    }

    /// <summary>The displacement at any place, in the points' unit, from the coefficients of <see cref="Solve"/>.</summary>
    public Point3 DisplacementAt(Point3 p, double[][] coefficients)
    {
        double z = 0, y = 0, x = 0;
        for (int k = 0; k < _landmarks.Length; k++)
        {
            Point3 d = p - _landmarks[k];
            double g = Math.Pow(2, -_rate * Point3.Dot(d, d));
            z += g * coefficients[0][k];
            y += g * coefficients[1][k];
            x += g * coefficients[2][k];
        }
        return new Point3(z, y, x);
    }

    private void AddColumn(PointBlocks points, List<double[]> columns, int pivot, double[] rest, Job job)
    {
        var column = new double[_length];
        double root = Math.Sqrt(rest[pivot]);
        double z = points.Z[pivot], y = points.Y[pivot], x = points.X[pivot];
        job.For((_length + Chunk - 1) / Chunk, chunk =>
        {
            int start = chunk * Chunk, end = Math.Min(_length, start + Chunk);
            for (int j = start; j < end; j += Lanes)
            {
                Vector<double> dz = new Vector<double>(points.Z, j) - new Vector<double>(z);
                Vector<double> dy = new Vector<double>(points.Y, j) - new Vector<double>(y);
                Vector<double> dx = new Vector<double>(points.X, j) - new Vector<double>(x);
                PowerOfTwo.Of((dz * dz + dy * dy + dx * dx) * -_rate).CopyTo(column, j);
            }
            Span<double> part = column.AsSpan(start, end - start);
            foreach (double[] before in columns) AddScaled(before.AsSpan(start, end - start), -before[pivot], part);
            for (int i = start; i < Math.Min(end, _count); i++)
            {
                column[i] /= root;
                rest[i] -= column[i] * column[i];
            }
            column.AsSpan(Math.Max(start, _count), Math.Max(0, end - Math.Max(start, _count))).Clear();
        });
        rest[pivot] = 0;
        columns.Add(column);
    }

    /// <summary>Sums F^T diag(nu) F (lower triangle) and F^T diag(nu) e, part by part.</summary>
    private void Multiply(double[] matches, double[][] residuals, Job job)
    {
        int rank = Rank, chunks = (_length + Chunk - 1) / Chunk, parts = _products.Length;
        job.For(parts, () => new double[rank * Chunk], (part, weighted) =>
        {
            double[] product = _products[part], right = _right[part];
            Array.Clear(product);
            Array.Clear(right);
            for (int chunk = part * chunks / parts; chunk < (part + 1) * chunks / parts; chunk++)
            {
                int start = chunk * Chunk, length = Math.Min(_length, start + Chunk) - start;
                for (int k = 0; k < rank; k++)
                {
                    Span<double> w = weighted.AsSpan(k * Chunk, length);
                    TensorPrimitives.Multiply(_columns[k].AsSpan(start, length), matches.AsSpan(start, length), w);
                    for (int d = 0; d < 3; d++)
                        right[d * rank + k] += TensorPrimitives.Dot<double>(w, residuals[d].AsSpan(start, length));
                }
                AddProducts(weighted, start, length, product);
            }
        });
    }

    /// <summary>Adds the products of all pairs of columns over one chunk: four columns of F against two weighted ones at a time.</summary>
    private void AddProducts(double[] weighted, int start, int length, double[] product)
    {
        int rank = Rank;
        for (int j = 0; j < rank; j += 2)
        {
            ref double w0 = ref weighted[j * Chunk];
            ref double w1 = ref weighted[Math.Min(j + 1, rank - 1) * Chunk];
            // Rows from j on: the lower triangle (and a little above it, never read).
            for (int i = j; i < rank; i += 4)
            {
                ref double f0 = ref _columns[i][start];
                ref double f1 = ref _columns[Math.Min(i + 1, rank - 1)][start];
                ref double f2 = ref _columns[Math.Min(i + 2, rank - 1)][start];
                ref double f3 = ref _columns[Math.Min(i + 3, rank - 1)][start];
                Vector<double> a0 = default, a1 = default, a2 = default, a3 = default, b0 = default, b1 = default, b2 = default, b3 = default;
                for (nuint m = 0; m < (nuint)length; m += (nuint)Lanes)
                {
                    Vector<double> v0 = Vector.LoadUnsafe(ref w0, m), v1 = Vector.LoadUnsafe(ref w1, m);
                    Vector<double> f = Vector.LoadUnsafe(ref f0, m);
                    a0 = Vector.MultiplyAddEstimate(f, v0, a0);
                    b0 = Vector.MultiplyAddEstimate(f, v1, b0);
                    f = Vector.LoadUnsafe(ref f1, m);
                    a1 = Vector.MultiplyAddEstimate(f, v0, a1);
                    b1 = Vector.MultiplyAddEstimate(f, v1, b1);
                    f = Vector.LoadUnsafe(ref f2, m);
                    a2 = Vector.MultiplyAddEstimate(f, v0, a2);
                    b2 = Vector.MultiplyAddEstimate(f, v1, b2);
                    f = Vector.LoadUnsafe(ref f3, m);
                    a3 = Vector.MultiplyAddEstimate(f, v0, a3);
                    b3 = Vector.MultiplyAddEstimate(f, v1, b3);
                }
                Add(i, a0, b0);
                Add(i + 1, a1, b1);
                Add(i + 2, a2, b2);
                Add(i + 3, a3, b3);
            }

            void Add(int i, Vector<double> a, Vector<double> b)
            {
                if (i >= rank) return;
                product[i * rank + j] += Vector.Sum(a);
                if (j + 1 < rank) product[i * rank + j + 1] += Vector.Sum(b);
            }
        }
    }

    private static void AddScaled(ReadOnlySpan<double> source, double factor, Span<double> target)
    {
        ref double s = ref MemoryMarshal.GetReference(source);
        ref double t = ref MemoryMarshal.GetReference(target);
        var f = new Vector<double>(factor);
        for (nuint i = 0; i < (nuint)source.Length; i += (nuint)Lanes)
            Vector.StoreUnsafe(Vector.MultiplyAddEstimate(Vector.LoadUnsafe(ref s, i), f, Vector.LoadUnsafe(ref t, i)), ref t, i);
    }

    /// <summary>The Cholesky decomposition in place, lower triangle, of a matrix that is positive definite.</summary>
    private static void Factorise(double[] a, int n, Job job)
    {
        for (int i = 0; i < n; i++)
        {
            if (i % 16 == 0) job.ThrowIfCancelled();
            Span<double> row = a.AsSpan(i * n, n);
            for (int j = 0; j <= i; j++)
            {
                double sum = row[j] - TensorPrimitives.Dot<double>(row[..j], a.AsSpan(j * n, j));
                row[j] = i == j ? Math.Sqrt(Math.Max(sum, double.Epsilon)) : sum / a[j * n + j];
            }
        }
    }

    private static void SolveLower(double[] l, int n, Span<double> b)
    {
        for (int i = 0; i < n; i++)
            b[i] = (b[i] - TensorPrimitives.Dot<double>(l.AsSpan(i * n, i), b[..i])) / l[i * n + i];
    }

    private static void SolveUpper(double[] l, int n, Span<double> b)
    {
        for (int i = n - 1; i >= 0; i--)
        {
            b[i] /= l[i * n + i];
            for (int j = 0; j < i; j++) b[j] -= l[i * n + j] * b[i];
        }
    }
}

using System.Numerics;
using System.Runtime.InteropServices;
using ClemReg.Algorithms.Transforms;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Refinement;

/// <summary>The parameters of the deformable stage.</summary>
internal sealed record DeformableOptions
{
    /// <summary>Distance of the control points, nm, z, y, x.</summary>
    public Point3 SpacingNm { get; init; } = new(2000, 5000, 5000);

    /// <summary>The weight of the bending penalty.</summary>
    public double Bending { get; init; } = 1e-4;

    /// <summary>The most control points: beyond it they are set farther apart.</summary>
    public int MostControlPoints { get; init; } = 1500;

    /// <summary>Gauss-Newton steps.</summary>
    public int Iterations { get; init; } = 10;
}

/// <summary>
/// A smooth displacement q = q0 + sum of c_j B_j(q0) on top of a linear registration: cubic B-splines (D. Rueckert et al. 1999, IEEE Trans. Med.
/// Imaging 18, 712) with a penalty on their second differences, fitted to the intensities by Gauss-Newton.
/// </summary>
internal sealed unsafe class DeformableRefinement
{
    private const int Taps = 64;
    private const int Pairs = 6;
    private const double LongestStepNm = 150;
    private const double NewEquationsNm = 100;
    private const double RestNm = 0.5;

    /// <summary>A penalty on the displacement itself, in parts of the bending's, where no data holds it.</summary>
    private const double Anchor = 1e-4;

    private readonly Grid _nodes;
    private readonly double _bending;
    private readonly int _iterations;
    private readonly double[] _coefficients;

    public DeformableRefinement(Point3 low, Point3 high, DeformableOptions options)
    {
        Point3 box = high - low, h = options.SpacingNm;
        Size3 Size() => new(Count(box.Z, h.Z), Count(box.Y, h.Y), Count(box.X, h.X));
        while (Size().Count > options.MostControlPoints) h = 1.1 * h;
        _nodes = new Grid(Size(), h, low - h);
        _bending = options.Bending;
        _iterations = options.Iterations;
        _coefficients = new double[3 * _nodes.Size.Count];

        static int Count(double length, double step) => (int)Math.Ceiling(length / step) + 3;
    }

    /// <summary>The displacement, in the EM's frame.</summary>
    public DisplacementField Field => new(_nodes, FieldInterpolation.CubicBSpline, _coefficients);

    /// <summary>Fits the displacement.</summary>
    /// <param name="level">The fluorescence and the model.</param>
    /// <param name="used">Which samples are used; null for all.</param>
    /// <param name="job">The work.</param>
    /// <exception cref="BadInputException">No fluorescence holds a part of the displacement.</exception>
    public void Fit(SharpLevel level, bool[]? used, Job job)
    {
        int n = 3 * (int)_nodes.Size.Count;
        int[][] cells = ByCell(level.Places, used);
        using var matrix = new NativeBuffer((long)n * n * sizeof(double));
        double* factor = (double*)matrix.Pointer;
        double longest = double.PositiveInfinity;
        for (int iteration = 0; iteration < _iterations && longest > RestNm; iteration++)
        {
            IntensityFit fit = level.Fit(Field, used, job);
            // Near the solution the equations' left sides hardly change: those of the step before do.
            bool anew = longest > NewEquationsNm;
            if (anew) NativeMemory.Clear(factor, (nuint)matrix.Bytes);
            double[] b = Assemble(cells, level.Places, fit, anew ? factor : null, n, job);
            Penalise(anew ? factor : null, b, n);
            if (anew && !Cholesky.Factor(factor, n, n, job)) throw new BadInputException("The deformable refinement has no solution here: no fluorescence holds a part of the displacement. Use fewer control points or registration_algorithm=affine.");
            Cholesky.Solve(factor, n, n, b);
            longest = b.Max(Math.Abs);
            double part = Math.Min(1, LongestStepNm / Math.Max(longest, 1e-9));
            // The solution lists z, y, x of node after node; the field all z first.
            int nodes = n / 3;
            for (int i = 0; i < nodes; i++)
                for (int axis = 0; axis < 3; axis++) _coefficients[axis * nodes + i] += part * b[3 * i + axis];
            job.Report((iteration + 1.0) / _iterations);
        }
    }

    /// <summary>The samples of each cell between control points.</summary>
    private int[][] ByCell(Point3[] places, bool[]? used)
    {
        var cells = new Dictionary<int, List<int>>();
        Span<double> w = stackalloc double[12];
        for (int i = 0; i < places.Length; i++)
        {
            if (used is not null && !used[i]) continue;
            int cell = Weights(places[i], w);
            if (!cells.TryGetValue(cell, out List<int>? list)) cells[cell] = list = [];
            list.Add(i);
        }
        return [.. cells.OrderBy(c => c.Key).Select(c => c.Value.ToArray())];
    }

    /// <summary>The right sides, and unless <paramref name="a"/> is null the left ones.</summary>
    private double[] Assemble(int[][] cells, Point3[] places, IntensityFit fit, double* a, int n, Job job)
    {
        // One matrix of 64 x 64 nodes for each pair of directions, cell by cell; cells share nodes, so the sums follow in order.
        (int Z, int Y, int X) size = (_nodes.Size.Z, _nodes.Size.Y, _nodes.Size.X);
        var b = new double[n];
        const int together = 32;
        Span<double> weights = stackalloc double[12];
        for (int from = 0; from < cells.Length; from += together)
        {
            int count = Math.Min(together, cells.Length - from), first = from;
            var local = new float[count][];
            var right = new double[count][];
            job.For(count, k =>
            {
                local[k] = new float[a is null ? 0 : Pairs * Taps * Taps];
                right[k] = new double[3 * Taps];
                Cell(cells[first + k], places, fit, local[k], right[k]);
            });
            for (int k = 0; k < count; k++)
            {
                int corner = Weights(places[cells[from + k][0]], weights);
                for (int i = 0; i < Taps; i++)
                {
                    int row = Node(corner, i, size);
                    for (int axis = 0; axis < 3; axis++) b[3 * row + axis] += right[k][3 * i + axis];
                    if (a is null) continue;
                    for (int j = 0; j <= i; j++)
                    {
                        // The nodes of a cell are listed in rising order.
                        int column = Node(corner, j, size);
                        for (int pair = 0; pair < Pairs; pair++)
                        {
                            (int d, int e) = Axes(pair);
                            float sum = local[k][(pair * Taps + i) * Taps + j];
                            a[(long)(3 * row + d) * n + 3 * column + e] += sum;
                            if (d != e) a[(long)(3 * row + e) * n + 3 * column + d] += sum;
                        }
                    }
                }
            }
        }
        return b;
    }

    /// <summary>The sums of one cell: for each pair of directions 64 x 64 products of the B-splines (lower triangle), and the right side.</summary>
    private void Cell(int[] list, Point3[] places, IntensityFit fit, float[] local, double[] right)
    {
        const int together = 32;
        Span<double> w = stackalloc double[12];
        Span<float> bases = stackalloc float[together * Taps], scaled = stackalloc float[together * Taps];
        fixed (float* sums = local, basis = bases, factored = scaled)
        {
            for (int from = 0; from < list.Length; from += together)
            {
                int count = Math.Min(together, list.Length - from);
                for (int k = 0; k < count; k++)
                {
                    int i = list[from + k];
                    float* values = basis + k * Taps;
                    Weights(places[i], w);
                    for (int z = 0; z < 4; z++)
                        for (int y = 0; y < 4; y++)
                            for (int x = 0; x < 4; x++) values[(z * 4 + y) * 4 + x] = (float)(w[z] * w[4 + y] * w[8 + x]);
                    Point3 pull = fit.Weights[i] * fit.Residuals[i] * fit.Gradients[i];
                    for (int t = 0; t < Taps; t++)
                        for (int axis = 0; axis < 3; axis++) right[3 * t + axis] += pull[axis] * values[t];
                }
                if (sums is null) continue;
                for (int pair = 0; pair < Pairs; pair++)
                {
                    (int d, int e) = Axes(pair);
                    for (int k = 0; k < count; k++)
                    {
                        int i = list[from + k];
                        var factor = (float)(fit.Weights[i] * fit.Gradients[i][d] * fit.Gradients[i][e]);
                        for (int t = 0; t < Taps; t++) factored[k * Taps + t] = factor * basis[k * Taps + t];
                    }
                    AddProducts(factored, basis, count, sums + pair * Taps * Taps);
                }
            }
        }
    }

    /// <summary>Adds a^T b of two tables of <paramref name="count"/> rows of 64 numbers to the lower triangle of a 64 x 64 matrix, which stays in registers meanwhile.</summary>
    private static void AddProducts(float* a, float* b, int count, float* sum)
    {
        int lanes = Vector<float>.Count;
        for (int i = 0; i < Taps; i += 4)
            for (int j = 0; j < i + 4; j += lanes)
            {
                float* to = sum + i * Taps + j;
                Vector<float> s0 = Vector.Load(to), s1 = Vector.Load(to + Taps), s2 = Vector.Load(to + 2 * Taps), s3 = Vector.Load(to + 3 * Taps);
                for (int k = 0; k < count; k++)
                {
                    Vector<float> column = Vector.Load(b + k * Taps + j);
                    float* row = a + k * Taps + i;
                    s0 = Vector.MultiplyAddEstimate(new Vector<float>(row[0]), column, s0);
                    s1 = Vector.MultiplyAddEstimate(new Vector<float>(row[1]), column, s1);
                    s2 = Vector.MultiplyAddEstimate(new Vector<float>(row[2]), column, s2);
                    s3 = Vector.MultiplyAddEstimate(new Vector<float>(row[3]), column, s3);
                }
                s0.Store(to);
                s1.Store(to + Taps);
                s2.Store(to + 2 * Taps);
                s3.Store(to + 3 * Taps);
            }
    }

    /// <summary>Adds the bending penalty: second differences along each axis, mixed ones twice.</summary>
    private void Penalise(double* a, double[] b, int n)
    {
        (int nz, int ny, int nx) = _nodes.Size;
        int nodes = nz * ny * nx;
        void Add(ReadOnlySpan<(int Node, double Factor)> stencil, double weight)
        {
            for (int axis = 0; axis < 3; axis++)
            {
                double value = 0;
                foreach ((int node, double factor) in stencil) value += factor * _coefficients[axis * nodes + node];
                foreach ((int node, double factor) in stencil)
                {
                    b[3 * node + axis] -= weight * factor * value;
                    if (a is null) continue;
                    foreach ((int other, double second) in stencil)
                        if (other <= node) a[(long)(3 * node + axis) * n + 3 * other + axis] += weight * factor * second;
                }
            }
        }
        for (int z = 0; z < nz; z++)
            for (int y = 0; y < ny; y++)
                for (int x = 0; x < nx; x++)
                {
                    int at = (z * ny + y) * nx + x, plane = ny * nx;
                    Add([(at, 1)], _bending * Anchor);
                    if (z + 2 < nz) Add([(at, 1), (at + plane, -2), (at + 2 * plane, 1)], _bending);
                    if (y + 2 < ny) Add([(at, 1), (at + nx, -2), (at + 2 * nx, 1)], _bending);
                    if (x + 2 < nx) Add([(at, 1), (at + 1, -2), (at + 2, 1)], _bending);
                    if (z + 1 < nz && y + 1 < ny) Add([(at, 1), (at + plane, -1), (at + nx, -1), (at + plane + nx, 1)], 2 * _bending);
                    if (z + 1 < nz && x + 1 < nx) Add([(at, 1), (at + plane, -1), (at + 1, -1), (at + plane + 1, 1)], 2 * _bending);
                    if (y + 1 < ny && x + 1 < nx) Add([(at, 1), (at + nx, -1), (at + 1, -1), (at + nx + 1, 1)], 2 * _bending);
                }
    }

    private static (int D, int E) Axes(int pair) => pair switch { 0 => (0, 0), 1 => (1, 1), 2 => (2, 2), 3 => (0, 1), 4 => (0, 2), _ => (1, 2) };

    private static int Node(int corner, int tap, (int Z, int Y, int X) size) =>
        corner + (tap / 16 * size.Y + tap / 4 % 4) * size.X + tap % 4;

    /// <summary>The first of the 64 control points of a place, and their weights along z, y and x.</summary>
    private int Weights(Point3 q, Span<double> w)
    {
        Point3 u = _nodes.ToIndex(q);
        int z = Axis(u.Z, _nodes.Size.Z, w[..4]), y = Axis(u.Y, _nodes.Size.Y, w.Slice(4, 4)), x = Axis(u.X, _nodes.Size.X, w.Slice(8, 4));
        return (z * _nodes.Size.Y + y) * _nodes.Size.X + x;

        static int Axis(double u, int n, Span<double> w)
        {
            u = Math.Clamp(u - 1, 0, n - 3);
            int i = Math.Min((int)u, n - 4);
            CubicBSpline.Values(u - i, w);
            return i;
        }
    }
}

using System.Numerics.Tensors;
using ClemReg.Algorithms.Transforms;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Simulation;

/// <summary>
/// Band-limited noise in space: white noise on a cubic lattice, smoothed by the cubic B-spline. Mean 0, standard deviation 1, nearly
/// normal; features are about two lattice cells wide. A value depends on the key and the position only.
/// </summary>
internal sealed class BandNoise(ulong key, double cell)
{
    private readonly double _cell = cell;

    /// <summary>Standard deviation of unit white noise under the 3-D cubic B-spline, averaged over positions: (151/315)^(3/2).</summary>
    private const double SplineDeviation = 0.33189;

    private const float Amplitude = (float)(1.7320508 / SplineDeviation);

    /// <summary>The four weights of the uniform cubic B-spline at fraction <paramref name="f"/> of a cell.</summary>
    public static void Weights(double f, Span<float> w)
    {
        Span<double> exact = stackalloc double[4];
        CubicBSpline.Values(f, exact);
        for (int k = 0; k < 4; k++) w[k] = (float)exact[k];
    }

    /// <summary>Prepares to read this noise along the rows of slices of a grid. One reader serves one thread.</summary>
    public Reader On(Grid grid) => new(this, grid);

    private ulong Layer(int z) => RandomStream.Key(key, z);

    internal sealed class Reader
    {
        private readonly BandNoise _noise;
        private readonly Grid _grid;
        private readonly double _cell;
        private readonly int _firstX, _firstY, _latticeX, _latticeY;
        private readonly int[] _left;
        private readonly float[] _weights;
        private readonly float[] _plane;
        private readonly float[] _row;

        public Reader(BandNoise noise, Grid grid)
        {
            _noise = noise;
            _grid = grid;
            _cell = noise._cell;
            (int _, int height, int width) = grid.Size;
            (_firstY, _latticeY) = Extent(grid.Origin.Y, grid.Spacing.Y, height);
            (_firstX, _latticeX) = Extent(grid.Origin.X, grid.Spacing.X, width);
            _plane = new float[_latticeY * _latticeX];
            _row = new float[_latticeX];
            _left = new int[width];
            _weights = new float[4 * width];
            for (int x = 0; x < width; x++)
            {
                double u = (grid.Origin.X + x * grid.Spacing.X) / _cell;
                int i = (int)Math.Floor(u);
                _left[x] = i - 1 - _firstX;
                Weights(u - i, _weights.AsSpan(4 * x, 4));
            }
        }

        private (int First, int Count) Extent(double origin, double spacing, int size)
        {
            int first = (int)Math.Floor(origin / _cell) - 1;
            int last = (int)Math.Floor((origin + (size - 1) * spacing) / _cell) + 2;
            return (first, last - first + 1);
        }

        /// <summary>Chooses the slice, by its index in the grid; it may lie outside.</summary>
        public void Slice(int z)
        {
            double u = (_grid.Origin.Z + z * _grid.Spacing.Z) / _cell;
            int i = (int)Math.Floor(u);
            Span<float> w = stackalloc float[4];
            Weights(u - i, w);
            Array.Clear(_plane);
            for (int k = 0; k < 4; k++)
            {
                ulong layer = _noise.Layer(i - 1 + k);
                float scale = w[k] * Amplitude;
                for (int y = 0; y < _latticeY; y++)
                {
                    ulong state = RandomStream.Key(layer, _firstY + y);
                    Span<float> row = _plane.AsSpan(y * _latticeX, _latticeX);
                    for (int x = 0; x < row.Length; x++)
                    {
                        ulong bits = RandomStream.Mix(state + unchecked((ulong)(_firstX + x)) * 0x9E3779B97F4A7C15);
                        // The upper 32 bits as a signed number from -1 to 1.
                        row[x] += scale * ((int)(bits >> 32) * (1f / (1L << 31)));
                    }
                }
            }
        }

        /// <summary>The noise along row <paramref name="y"/> of the chosen slice.</summary>
        public unsafe void Row(int y, Span<float> destination)
        {
            double u = (_grid.Origin.Y + y * _grid.Spacing.Y) / _cell;
            int i = (int)Math.Floor(u);
            Span<float> w = stackalloc float[4];
            Weights(u - i, w);
            int first = (i - 1 - _firstY) * _latticeX;
            TensorPrimitives.Multiply(_plane.AsSpan(first, _latticeX), w[0], _row);
            for (int k = 1; k < 4; k++)
                TensorPrimitives.MultiplyAdd(_plane.AsSpan(first + k * _latticeX, _latticeX), w[k], _row, _row);
            int width = Math.Min(destination.Length, _left.Length);
            fixed (float* row = _row, weights = _weights, to = destination)
            fixed (int* left = _left)
            {
                for (int x = 0; x < width; x++)
                {
                    float* v = row + left[x], q = weights + 4 * x;
                    to[x] = q[0] * v[0] + q[1] * v[1] + (q[2] * v[2] + q[3] * v[3]);
                }
            }
        }
    }
}

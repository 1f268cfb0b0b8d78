using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using ClemReg.Algorithms.Volumes;
using MathNet.Numerics.LinearAlgebra.Double;

namespace ClemReg.Algorithms.Filters;

/// <summary>
/// A separable linear transform of square blocks, given by its matrix, and its inverse. Blocks and coefficients are <see cref="Size"/> rows
/// of <see cref="Stride"/> floats, the floats beyond the size 0. The coefficients come out transposed, which the inverse undoes.
/// </summary>
internal sealed unsafe class BlockTransform : IDisposable
{
    private readonly NativeBuffer _buffer;
    private readonly float* _forward;
    private readonly float* _inverse;

    /// <summary>Pixels of a side rounded up to the 4 rows that the kernel computes at a time.</summary>
    private readonly int _rows;

    private BlockTransform(double[,] forward, double[,] inverse)
    {
        Size = forward.GetLength(0);
        Stride = StrideOf(Size);
        _rows = (Size + 3) / 4 * 4;
        int count = _rows * Size;
        _buffer = new NativeBuffer(2L * count * sizeof(float));
        _forward = (float*)_buffer.Pointer;
        _inverse = _forward + count;
        for (int i = 0; i < Size; i++)
            for (int j = 0; j < Size; j++)
            {
                _forward[i * Size + j] = (float)forward[i, j];
                _inverse[i * Size + j] = (float)inverse[i, j];
            }
    }

    /// <summary>Pixels of a block's side.</summary>
    public int Size { get; }

    /// <summary>Floats from one row of a block to the next: a multiple of 8.</summary>
    public int Stride { get; }

    /// <summary>Floats of a block.</summary>
    public int Floats => Size * Stride;

    /// <summary>Floats of the scratch memory that <see cref="Forward"/> and <see cref="Inverse"/> use, zeros at first.</summary>
    public int ScratchFloats => 2 * Stride * Stride;

    /// <summary>The stride of blocks of a size.</summary>
    public static int StrideOf(int size) => (size + 7) / 8 * 8;

    /// <summary>The orthonormal discrete cosine transform of type II.</summary>
    public static BlockTransform Cosine(int size)
    {
        var matrix = new double[size, size];
        var transposed = new double[size, size];
        for (int k = 0; k < size; k++)
            for (int i = 0; i < size; i++)
                matrix[k, i] = transposed[i, k] = Math.Sqrt((k == 0 ? 1.0 : 2.0) / size) * Math.Cos(Math.PI * (2 * i + 1) * k / (2 * size));
        return new BlockTransform(matrix, transposed);
    }

    /// <summary>
    /// The full periodic decomposition by the biorthogonal spline wavelet 1.5 (Cohen, Daubechies and Feauveau 1992), its rows scaled to
    /// length 1 so that each coefficient of white noise has the noise's deviation. The size is a power of two.
    /// </summary>
    public static BlockTransform Spline15(int size)
    {
        double[,] matrix = Spline15Matrix(size);
        return new BlockTransform(matrix, DenseMatrix.OfArray(matrix).Inverse().ToArray());
    }

    internal static double[,] Spline15Matrix(int size)
    {
        ReadOnlySpan<double> low = [3, -3, -22, 22, 128, 128, 22, -22, -3, 3];
        var matrix = new double[size, size];
        for (int i = 0; i < size; i++) matrix[i, i] = 1;
        for (int n = size; n > 1; n /= 2)
        {
            // One level: the first n rows, the smooth part so far, are split into n / 2 smooth and n / 2 detail rows.
            var before = (double[,])matrix.Clone();
            for (int c = 0; c < size; c++)
                for (int k = 0; k < n / 2; k++)
                {
                    double smooth = 0;
                    for (int j = 0; j < low.Length; j++) smooth += low[j] * Math.Sqrt(2) / 256 * before[((2 * k + j - 4) % n + n) % n, c];
                    matrix[k, c] = smooth;
                    matrix[n / 2 + k, c] = (before[2 * k, c] - before[2 * k + 1, c]) / Math.Sqrt(2);
                }
        }
        for (int r = 0; r < size; r++)
        {
            double squares = 0;
            for (int c = 0; c < size; c++) squares += matrix[r, c] * matrix[r, c];
            for (int c = 0; c < size; c++) matrix[r, c] /= Math.Sqrt(squares);
        }
        return matrix;
    }

    /// <summary>Transforms a block of an image.</summary>
    /// <param name="source">Its first pixel; <see cref="Stride"/> floats of each row are read.</param>
    /// <param name="sourceStride">Floats from one row of the image to the next.</param>
    /// <param name="coefficients">Receives <see cref="Floats"/> floats.</param>
    /// <param name="scratch"><see cref="ScratchFloats"/> floats, zeros at first.</param>
    public void Forward(float* source, nint sourceStride, float* coefficients, float* scratch) =>
        Apply(_forward, source, sourceStride, coefficients, scratch);

    /// <summary>The block from its coefficients.</summary>
    /// <param name="coefficients"><see cref="Floats"/> floats.</param>
    /// <param name="block">Receives <see cref="Floats"/> floats.</param>
    /// <param name="scratch"><see cref="ScratchFloats"/> floats, zeros at first.</param>
    public void Inverse(float* coefficients, float* block, float* scratch) => Apply(_inverse, coefficients, Stride, block, scratch);

    public void Dispose() => _buffer.Dispose();

    /// <summary>matrix * (matrix * source) transposed: columns first, then, turned, the rows.</summary>
    private void Apply(float* matrix, float* source, nint sourceStride, float* destination, float* scratch)
    {
        if (Size == 8)
        {
            Apply8(matrix, source, sourceStride, destination);
            return;
        }
        float* turned = scratch + Stride * Stride;
        Multiply(matrix, source, sourceStride, scratch, _rows);
        MatrixTurn.Transpose(scratch, Stride, turned, Stride, _rows, _rows);
        // The last rows of the matrix are padding: they go to the scratch, not beyond the block.
        Multiply(matrix, turned, Stride, scratch, _rows);
        NativeMemory.Copy(scratch, destination, (nuint)Floats * sizeof(float));
    }

    /// <summary>The same for 8 x 8 pixels, a row in each register.</summary>
    private static void Apply8(float* matrix, float* source, nint sourceStride, float* destination)
    {
        nint s = sourceStride;
        Multiply8(
            matrix, Vector256.Load(source), Vector256.Load(source + s), Vector256.Load(source + 2 * s), Vector256.Load(source + 3 * s),
            Vector256.Load(source + 4 * s), Vector256.Load(source + 5 * s), Vector256.Load(source + 6 * s), Vector256.Load(source + 7 * s), destination);
        if (!Avx.IsSupported)
        {
            float* turned = stackalloc float[64];
            MatrixTurn.Transpose(destination, 8, turned, 8, 8, 8);
            Multiply8(
                matrix, Vector256.Load(turned), Vector256.Load(turned + 8), Vector256.Load(turned + 16), Vector256.Load(turned + 24),
                Vector256.Load(turned + 32), Vector256.Load(turned + 40), Vector256.Load(turned + 48), Vector256.Load(turned + 56), destination);
            return;
        }
        // Rows r and r + 4 side by side, then turned in fours.
        Vector256<float> h0 = Halves(destination), h1 = Halves(destination + 8), h2 = Halves(destination + 16), h3 = Halves(destination + 24);
        Vector256<float> h4 = Halves(destination + 4), h5 = Halves(destination + 12), h6 = Halves(destination + 20), h7 = Halves(destination + 28);
        Vector256<float> l01 = Avx.UnpackLow(h0, h1), u01 = Avx.UnpackHigh(h0, h1), l23 = Avx.UnpackLow(h2, h3), u23 = Avx.UnpackHigh(h2, h3);
        Vector256<float> l45 = Avx.UnpackLow(h4, h5), u45 = Avx.UnpackHigh(h4, h5), l67 = Avx.UnpackLow(h6, h7), u67 = Avx.UnpackHigh(h6, h7);
        const byte Lower = 0x44, Upper = 0xEE;
        Multiply8(
            matrix, Avx.Shuffle(l01, l23, Lower), Avx.Shuffle(l01, l23, Upper), Avx.Shuffle(u01, u23, Lower), Avx.Shuffle(u01, u23, Upper),
            Avx.Shuffle(l45, l67, Lower), Avx.Shuffle(l45, l67, Upper), Avx.Shuffle(u45, u67, Lower), Avx.Shuffle(u45, u67, Upper), destination);

        static Vector256<float> Halves(float* row) => Vector256.Create(Vector128.Load(row), Vector128.Load(row + 32));
    }

    /// <summary>matrix * v, whose rows are v0 to v7.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Multiply8(
        float* matrix, Vector256<float> v0, Vector256<float> v1, Vector256<float> v2, Vector256<float> v3,
        Vector256<float> v4, Vector256<float> v5, Vector256<float> v6, Vector256<float> v7, float* destination)
    {
        for (int row = 0; row < 8; row++, matrix += 8, destination += 8)
        {
            Vector256<float> sum = Vector256.Create(matrix[0]) * v0;
            sum = Vector256.MultiplyAddEstimate(Vector256.Create(matrix[1]), v1, sum);
            sum = Vector256.MultiplyAddEstimate(Vector256.Create(matrix[2]), v2, sum);
            sum = Vector256.MultiplyAddEstimate(Vector256.Create(matrix[3]), v3, sum);
            sum = Vector256.MultiplyAddEstimate(Vector256.Create(matrix[4]), v4, sum);
            sum = Vector256.MultiplyAddEstimate(Vector256.Create(matrix[5]), v5, sum);
            sum = Vector256.MultiplyAddEstimate(Vector256.Create(matrix[6]), v6, sum);
            Vector256.MultiplyAddEstimate(Vector256.Create(matrix[7]), v7, sum).Store(destination);
        }
    }

    private void Multiply(float* matrix, float* source, nint sourceStride, float* destination, int rows)
    {
        int size = Size, stride = Stride;
        for (int column = 0; column < stride; column += 8)
        {
            for (int row = 0; row < rows; row += 4)
            {
                float* w0 = matrix + row * size;
                float* w1 = w0 + size;
                float* w2 = w1 + size;
                float* w3 = w2 + size;
                float* s = source + column;
                Vector256<float> a0 = Vector256<float>.Zero, a1 = a0, a2 = a0, a3 = a0;
                for (int k = 0; k < size; k++)
                {
                    Vector256<float> v = Vector256.Load(s);
                    a0 = Vector256.MultiplyAddEstimate(Vector256.Create(w0[k]), v, a0);
                    a1 = Vector256.MultiplyAddEstimate(Vector256.Create(w1[k]), v, a1);
                    a2 = Vector256.MultiplyAddEstimate(Vector256.Create(w2[k]), v, a2);
                    a3 = Vector256.MultiplyAddEstimate(Vector256.Create(w3[k]), v, a3);
                    s += sourceStride;
                }
                float* d = destination + row * stride + column;
                a0.Store(d);
                a1.Store(d + stride);
                a2.Store(d + 2 * stride);
                a3.Store(d + 3 * stride);
            }
        }
    }
}

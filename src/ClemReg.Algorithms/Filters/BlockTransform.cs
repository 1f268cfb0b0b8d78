using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
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
        float* turned = scratch + Stride * Stride;
        Multiply(matrix, source, sourceStride, scratch, _rows);
        MatrixTurn.Transpose(scratch, Stride, turned, Stride, _rows, _rows);
        // The last rows of the matrix are padding: they go to the scratch, not beyond the block.
        Multiply(matrix, turned, Stride, scratch, _rows);
        NativeMemory.Copy(scratch, destination, (nuint)Floats * sizeof(float));
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

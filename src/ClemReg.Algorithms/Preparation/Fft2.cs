using System.Numerics;

namespace ClemReg.Algorithms.Preparation;

/// <summary>
/// The two-dimensional discrete Fourier transform of n_y x n_x complex numbers in single precision, n_y and n_x powers of two (Cooley and Tukey
/// 1965, radix 2). Real and imaginary parts are separate arrays.
/// </summary>
/// <remarks>
/// Many columns are transformed at once, so that all arithmetic is on vectors; the spectrum is left transposed (n_x rows of n_y), which spares two
/// transpositions. Nothing depends on the number of threads.
/// </remarks>
internal sealed unsafe class Fft2 : IDisposable
{
    /// <summary>Columns that are transformed together: their numbers stay in the second-level cache.</summary>
    private const int Columns = 16;

    private readonly float[] _cos;
    private readonly float[] _sin;
    private readonly Volumes.NativeBuffer _buffer;

    /// <summary>Takes the memory for transforms of one size.</summary>
    /// <param name="height">n_y, a power of two, 16 or more.</param>
    /// <param name="width">n_x, likewise.</param>
    public Fft2(int height, int width)
    {
        if (!BitOperations.IsPow2(height) || !BitOperations.IsPow2(width) || height < Columns || width < Columns)
            throw new ArgumentException("the sizes must be powers of two, 16 or more");
        (Height, Width) = (height, width);
        int n = Math.Max(height, width);
        (_cos, _sin) = (new float[n / 2], new float[n / 2]);
        for (int i = 0; i < n / 2; i++)
        {
            (double sin, double cos) = Math.SinCos(-2 * Math.PI * i / n);
            (_cos[i], _sin[i]) = ((float)cos, (float)sin);
        }
        _buffer = new Volumes.NativeBuffer(4L * sizeof(float) * height * width);
    }

    /// <summary>Rows of the image.</summary>
    public int Height { get; }

    /// <summary>Columns of the image.</summary>
    public int Width { get; }

    /// <summary>The real parts: of the image, row by row, before <see cref="Forward"/> and after <see cref="Inverse"/>.</summary>
    public float* Real => (float*)_buffer.Pointer;

    /// <summary>The imaginary parts.</summary>
    public float* Imaginary => Real + Count;

    /// <summary>The real parts of the spectrum, transposed: row k_x, column k_y.</summary>
    public float* SpectrumReal => Real + 2 * Count;

    /// <summary>The imaginary parts of the spectrum.</summary>
    public float* SpectrumImaginary => Real + 3 * Count;

    private long Count => (long)Height * Width;

    /// <summary>The least power of two that is not below <paramref name="length"/>, 16 or more.</summary>
    public static int SizeFor(int length) => Math.Max(Columns, (int)BitOperations.RoundUpToPowerOf2((uint)length));

    /// <summary>From the image to its spectrum: sums of f exp(-2 pi i (k_y y / n_y + k_x x / n_x)). The image's memory is used up.</summary>
    public void Forward(Job job)
    {
        Along(Real, Imaginary, Height, Width, false, job);
        Transpose(Real, SpectrumReal, Height, Width, job);
        Transpose(Imaginary, SpectrumImaginary, Height, Width, job);
        Along(SpectrumReal, SpectrumImaginary, Width, Height, false, job);
    }

    /// <summary>From the spectrum to the image, without the division by n_y n_x. The spectrum's memory is used up.</summary>
    public void Inverse(Job job)
    {
        Along(SpectrumReal, SpectrumImaginary, Width, Height, true, job);
        Transpose(SpectrumReal, Real, Width, Height, job);
        Transpose(SpectrumImaginary, Imaginary, Width, Height, job);
        Along(Real, Imaginary, Height, Width, true, job);
    }

    /// <inheritdoc/>
    public void Dispose() => _buffer.Dispose();

    /// <summary>Transforms each of the columns of <paramref name="length"/> rows.</summary>
    private void Along(float* re, float* im, int length, int columns, bool inverse, Job job) =>
        job.For(columns / Columns, () => new float[2 * Columns * length], (group, scratch) =>
        {
            fixed (float* a = scratch)
            {
                float* b = a + Columns * length;
                int bits = BitOperations.Log2((uint)length);
                for (int i = 0; i < length; i++)
                {
                    int row = (int)(Reverse((uint)i) >> (32 - bits));
                    new ReadOnlySpan<float>(re + (long)i * columns + group * Columns, Columns).CopyTo(new Span<float>(a + row * Columns, Columns));
                    new ReadOnlySpan<float>(im + (long)i * columns + group * Columns, Columns).CopyTo(new Span<float>(b + row * Columns, Columns));
                }
                Butterflies(a, b, length, inverse);
                for (int i = 0; i < length; i++)
                {
                    new ReadOnlySpan<float>(a + i * Columns, Columns).CopyTo(new Span<float>(re + (long)i * columns + group * Columns, Columns));
                    new ReadOnlySpan<float>(b + i * Columns, Columns).CopyTo(new Span<float>(im + (long)i * columns + group * Columns, Columns));
                }
            }
        });

    private void Butterflies(float* a, float* b, int length, bool inverse)
    {
        int table = _cos.Length * 2;
        for (int half = 1; half < length; half *= 2)
            for (int k = 0; k < half; k++)
            {
                float c = _cos[k * (table / (2 * half))], s = _sin[k * (table / (2 * half))];
                var cos = new Vector<float>(c);
                var sin = new Vector<float>(inverse ? -s : s);
                for (int i = k; i < length; i += 2 * half)
                    for (int v = 0; v < Columns; v += Vector<float>.Count)
                    {
                        float* p = a + i * Columns + v, q = p + half * Columns, r = b + i * Columns + v, t = r + half * Columns;
                        Vector<float> x = Vector.Load(q), y = Vector.Load(t), u = Vector.Load(p), w = Vector.Load(r);
                        Vector<float> real = x * cos - y * sin, imaginary = x * sin + y * cos;
                        (u + real).Store(p);
                        (w + imaginary).Store(r);
                        (u - real).Store(q);
                        (w - imaginary).Store(t);
                    }
            }
    }

    private static void Transpose(float* from, float* to, int rows, int columns, Job job)
    {
        const int tile = 16;
        job.For(rows / tile, band =>
        {
            for (int x = 0; x < columns; x += tile)
                for (int y = band * tile; y < (band + 1) * tile; y++)
                    for (int i = x; i < x + tile; i++) to[(long)i * rows + y] = from[(long)y * columns + i];
        });
    }

    private static uint Reverse(uint v)
    {
        v = ((v >> 1) & 0x55555555) | ((v & 0x55555555) << 1);
        v = ((v >> 2) & 0x33333333) | ((v & 0x33333333) << 2);
        v = ((v >> 4) & 0x0f0f0f0f) | ((v & 0x0f0f0f0f) << 4);
        return System.Buffers.Binary.BinaryPrimitives.ReverseEndianness(v);
    }
}

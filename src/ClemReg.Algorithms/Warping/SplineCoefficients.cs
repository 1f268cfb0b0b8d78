using System.Numerics.Tensors;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Warping;

/// <summary>
/// B-spline coefficients of consecutive slices of an image, as float, continued on every side by as many voxels as a spline of the
/// order reaches, so that sampling inside the image checks no bounds. The image is continued by mirroring about its outermost voxels
/// (c b | a b c d | c b), as SciPy does for mode 'constant'.
/// </summary>
/// <remarks>Recursive prefilter: M. Unser, A. Aldroubi, M. Eden, B-spline signal processing: part II, IEEE Trans. Signal Process. 41 (1993) 834,
/// and M. Unser, Splines: a perfect fit, IEEE Signal Process. Mag. 16 (1999) 22, box 2.</remarks>
internal sealed unsafe class SplineCoefficients : IDisposable
{
    private readonly Size3 _size;
    private readonly int _order;
    private readonly int _capacity;
    private readonly NativeBuffer _buffer;
    private float[]? _response;
    private int _first;

    /// <summary>Makes room for <paramref name="slices"/> slices.</summary>
    /// <param name="size">The whole image's size.</param>
    /// <param name="order">1 to 5.</param>
    /// <param name="slices">How many slices are held at once, those beyond the image's ends included.</param>
    public SplineCoefficients(Size3 size, int order, int slices)
    {
        _size = size;
        _order = order;
        _capacity = slices;
        RowStride = size.X + order;
        SliceStride = (long)(size.Y + order) * RowStride;
        _buffer = new NativeBuffer(Bytes(size, order, slices));
    }

    /// <summary>Floats from one row to the next.</summary>
    public int RowStride { get; }

    /// <summary>Floats from one slice to the next.</summary>
    public long SliceStride { get; }

    /// <summary>The memory that so many slices take.</summary>
    /// <remarks>A row is read four or eight voxels at a time, with weights of 0 beyond the last tap.</remarks>
    public static long Bytes(Size3 size, int order, int slices) => (slices * (long)(size.Y + order) * (size.X + order) + 8) * sizeof(float);

    /// <summary>How many slices on either side of a slab are enough to cut the recursive filter there: what is cut off weighs less than 1e-8.</summary>
    public static int Halo(int order) => order < 2 ? 0 : (int)Math.Ceiling(Math.Log(1e-8) / Math.Log(Math.Abs(Poles(order)[0])));

    /// <summary>The held slices for <see cref="RowSampler"/>.</summary>
    public SourceWindow Window
    {
        get
        {
            int before = Interpolation.TapsBelow(_order);
            float* origin = (float*)_buffer.Pointer - _first * SliceStride + before * RowStride + before;
            return new SourceWindow(origin, _size, SliceStride, RowStride);
        }
    }

    /// <summary>Computes the coefficients of <paramref name="count"/> slices from the whole image.</summary>
    /// <param name="type">The voxels' type.</param>
    /// <param name="raw">The voxels of all slices.</param>
    /// <param name="first">The first slice wanted; may be negative.</param>
    /// <param name="count">Slices wanted; may go beyond the image's end.</param>
    /// <param name="job">The work.</param>
    public void Fill(VoxelType type, byte* raw, int first, int count, Job job) => Fill(type, raw, 0, _size.Z, first, count, whole: true, job);

    /// <summary>
    /// The same from some of the image's slices. Along z the recursive filter is replaced by its impulse response, cut where less than 1e-8 is left, so that a
    /// slice's coefficients do not depend on which others are there.
    /// </summary>
    /// <param name="type">The voxels' type.</param>
    /// <param name="raw">The voxels of the slices from <paramref name="rawFirst"/> on, without gaps.</param>
    /// <param name="rawFirst">The first slice given.</param>
    /// <param name="rawCount">Slices given: all that lie within <see cref="Halo"/> of those asked for, where these are beyond the image's ends of their mirror images.</param>
    /// <param name="first">The first slice wanted; may be negative.</param>
    /// <param name="count">Slices wanted; may go beyond the image's end.</param>
    /// <param name="job">The work.</param>
    public void FillPart(VoxelType type, byte* raw, int rawFirst, int rawCount, int first, int count, Job job) => Fill(type, raw, rawFirst, rawCount, first, count, whole: false, job);

    private void Fill(VoxelType type, byte* raw, int rawFirst, int rawCount, int first, int count, bool whole, Job job)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, _capacity);
        _first = first;
        float* slab = (float*)_buffer.Pointer;
        int before = Interpolation.TapsBelow(_order), after = Interpolation.TapsAbove(_order);
        (_, int height, int width) = _size;
        long rawSlice = (long)_size.SliceCount * (int)type;
        float[] response = whole ? [] : _response ??= Response(_order);

        // Along z: for one row at a time, columns that fit in cache.
        int chunk = Math.Clamp(65536 / rawCount & ~15, 16, Math.Max(16, width));
        job.For(height, () => new NativeBuffer((long)rawCount * chunk * sizeof(float)), (y, scratch) =>
        {
            float* column = (float*)scratch.Pointer;
            for (int x = 0; x < width; x += chunk)
            {
                int n = Math.Min(chunk, width - x);
                Span<float> Sample(int z) => new(column + (long)(z - rawFirst) * chunk, n);
                for (int k = 0; k < rawCount; k++)
                {
                    byte* voxels = raw + k * rawSlice + ((long)y * width + x) * (int)type;
                    VoxelConvert.ToFloat(new ReadOnlySpan<byte>(voxels, n * (int)type), type, Sample(rawFirst + k));
                }
                if (whole) FilterColumns(column, rawCount, chunk, n);
                for (int k = 0; k < count; k++)
                {
                    int z = Mirror(first + k, _size.Z);
                    var row = new Span<float>(slab + k * SliceStride + (long)(y + before) * RowStride + before + x, n);
                    if (whole)
                    {
                        Sample(z).CopyTo(row);
                        continue;
                    }
                    // The smallest first, for the rounding.
                    row.Clear();
                    for (int j = response.Length - 1; j > 0; j--)
                    {
                        TensorPrimitives.MultiplyAdd(Sample(Mirror(z - j, _size.Z)), response[j], row, row);
                        TensorPrimitives.MultiplyAdd(Sample(Mirror(z + j, _size.Z)), response[j], row, row);
                    }
                    TensorPrimitives.MultiplyAdd(Sample(z), response[0], row, row);
                }
            }
        });

        // Within each slice: along y on strips, along x on rows, then the continuation.
        const int strip = 64;
        int strips = (width + strip - 1) / strip;
        job.For(count * strips, i =>
        {
            (int k, int s) = Math.DivRem(i, strips);
            float* top = slab + k * SliceStride + (long)before * RowStride + before + s * strip;
            FilterColumns(top, height, RowStride, Math.Min(strip, width - s * strip));
        });
        const int band = 64;
        int bands = (height + band - 1) / band;
        job.For(count * bands, i =>
        {
            (int k, int b) = Math.DivRem(i, bands);
            for (int y = b * band; y < Math.Min(height, (b + 1) * band); y++)
            {
                float* row = slab + k * SliceStride + (long)(y + before) * RowStride + before;
                FilterRow(row, width);
                for (int x = -before; x < 0; x++) row[x] = row[Mirror(x, width)];
                for (int x = width; x < width + after; x++) row[x] = row[Mirror(x, width)];
            }
        });
        job.For(count, k =>
        {
            float* origin = slab + k * SliceStride + (long)before * RowStride;
            for (int y = -before; y < height + after; y++)
            {
                if (y == 0) y = height;
                new Span<float>(origin + (long)Mirror(y, height) * RowStride, RowStride).CopyTo(new Span<float>(origin + (long)y * RowStride, RowStride));
            }
        });
    }

    /// <inheritdoc/>
    public void Dispose() => _buffer.Dispose();

    /// <summary>The poles of the prefilter, the largest first: the roots inside the unit circle of the sampled B-spline's z transform.</summary>
    private static ReadOnlySpan<double> Poles(int order) => order switch
    {
        2 => [-0.171572875253809902396622551580603843],                                          // sqrt(8) - 3
        3 => [-0.267949192431122706472553658494127633],                                          // sqrt(3) - 2
        4 => [-0.361341225900220177092212841325675255, -0.013725429297339121360331226939128204],
        5 => [-0.430575347099973791851434783493520110, -0.043096288203264653822712376822550182],
        _ => [],
    };

    private static double Gain(ReadOnlySpan<double> poles)
    {
        double gain = 1;
        foreach (double pole in poles) gain *= (1 - pole) * (1 - 1 / pole);
        return gain;
    }

    /// <summary>The prefilter's impulse response at 0 to <see cref="Halo"/>: the convolution of pole^|k| over all poles, scaled so that its sum is 1.</summary>
    private static float[] Response(int order)
    {
        int halo = Halo(order);
        // Long enough that what is cut on the way to it is below a double's rounding.
        int reach = 3 * halo;
        var response = new double[2 * reach + 1];
        response[reach] = 1;
        foreach (double pole in Poles(order))
        {
            double[] sofar = response;
            response = [.. Enumerable.Range(-reach, 2 * reach + 1).Select(k => Enumerable.Range(-reach, 2 * reach + 1).Sum(j => sofar[j + reach] * Math.Pow(pole, Math.Abs(k - j))))];
        }
        double[] half = response[reach..(reach + halo + 1)];
        double sum = 2 * half.Sum() - half[0];
        return [.. half.Select(h => (float)(h / sum))];
    }

    /// <summary>The index that mirroring about the outermost voxels leads to.</summary>
    private static int Mirror(int i, int n)
    {
        if (n == 1) return 0;
        int period = 2 * (n - 1);
        i = Math.Abs(i) % period;
        return i < n ? i : period - i;
    }

    /// <summary>The weight of sample k in the recursion's start value at sample 0: the sum of pole^j over all j that mirror to k.</summary>
    private static double StartWeight(double pole, int k, int n)
    {
        int period = 2 * (n - 1);
        double weight = Math.Pow(pole, k);
        if (k != 0 && k != n - 1) weight += Math.Pow(pole, period - k);
        return weight / (1 - Math.Pow(pole, period));
    }

    /// <summary>Samples whose weight in the start value is not below 1e-12.</summary>
    private static int Horizon(double pole, int n) => Math.Min(n, (int)Math.Ceiling(Math.Log(1e-12) / Math.Log(Math.Abs(pole))));

    /// <summary>Prefilters <paramref name="width"/> adjacent columns of <paramref name="n"/> samples that lie <paramref name="stride"/> floats apart.</summary>
    private void FilterColumns(float* top, int n, long stride, int width)
    {
        ReadOnlySpan<double> poles = Poles(_order);
        if (n == 1 || poles.Length == 0) return;
        float gain = (float)Gain(poles);
        Span<float> Row(int k) => new(top + k * stride, width);

        for (int k = 0; k < n; k++) TensorPrimitives.Multiply(Row(k), gain, Row(k));
        foreach (double pole in poles)
        {
            var z = (float)pole;
            TensorPrimitives.Multiply(Row(0), (float)StartWeight(pole, 0, n), Row(0));
            for (int k = 1; k < Horizon(pole, n); k++)
                TensorPrimitives.MultiplyAdd(Row(k), (float)StartWeight(pole, k, n), Row(0), Row(0));
            for (int k = 1; k < n; k++) TensorPrimitives.MultiplyAdd(Row(k - 1), z, Row(k), Row(k));
            // Last sample: z / (z^2 - 1) (c[n-1] + z c[n-2]); the others: z (c[k+1] - c[k]).
            TensorPrimitives.MultiplyAdd(Row(n - 2), z, Row(n - 1), Row(n - 1));
            TensorPrimitives.Multiply(Row(n - 1), (float)(pole / (pole * pole - 1)), Row(n - 1));
            for (int k = n - 2; k >= 0; k--)
            {
                TensorPrimitives.Subtract(Row(k + 1), Row(k), Row(k));
                TensorPrimitives.Multiply(Row(k), z, Row(k));
            }
        }
    }

    /// <summary>Prefilters one row of <paramref name="n"/> samples.</summary>
    private void FilterRow(float* row, int n)
    {
        ReadOnlySpan<double> poles = Poles(_order);
        if (n == 1 || poles.Length == 0) return;
        TensorPrimitives.Multiply(new Span<float>(row, n), (float)Gain(poles), new Span<float>(row, n));
        foreach (double pole in poles)
        {
            var z = (float)pole;
            double start = 0;
            for (int k = 0; k < Horizon(pole, n); k++) start += row[k] * StartWeight(pole, k, n);
            float c = row[0] = (float)start;
            for (int k = 1; k < n; k++) c = row[k] += z * c;
            c = row[n - 1] = (float)(pole / (pole * pole - 1)) * (row[n - 1] + z * row[n - 2]);
            for (int k = n - 2; k >= 0; k--) c = row[k] = z * (c - row[k]);
        }
    }
}

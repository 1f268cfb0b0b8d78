using System.Numerics.Tensors;
using ClemReg.Algorithms.Transforms;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Alignment;

/// <summary>Points in nm about their centre with weights and the object that each belongs to (0: none), z, y, x apart.</summary>
internal sealed record WeightedPoints(float[] Z, float[] Y, float[] X, float[] Weight, int[] Zone)
{
    /// <summary>How many.</summary>
    public int Count => Weight.Length;

    /// <summary>The longest distance from the centre, nm.</summary>
    public double Radius
    {
        get
        {
            double square = 0;
            for (int i = 0; i < Count; i++) square = Math.Max(square, (double)Z[i] * Z[i] + (double)Y[i] * Y[i] + (double)X[i] * X[i]);
            return Math.Sqrt(square);
        }
    }

    /// <summary>The points of an index list.</summary>
    public WeightedPoints Pick(int[] indices) => new(
        Array.ConvertAll(indices, i => Z[i]), Array.ConvertAll(indices, i => Y[i]), Array.ConvertAll(indices, i => X[i]), Array.ConvertAll(indices, i => Weight[i]),
        Array.ConvertAll(indices, i => Zone[i]));
}

/// <summary>An image's spectra, as it is and turned end for end, in the order that <see cref="TemplateCorrelator"/> reads them. Threads share it.</summary>
internal sealed unsafe class CorrelationImage : IDisposable
{
    private readonly NativeBuffer _spectra;

    /// <summary>Transforms an image.</summary>
    /// <param name="image">z, y, x voxels, x fastest.</param>
    /// <param name="size">Their number.</param>
    /// <param name="margin">Voxels that a template is at least allowed to stand over the image's end before it meets the other end.</param>
    /// <param name="job">Threads and cancellation.</param>
    public CorrelationImage(float[] image, Size3 size, int margin, Job job)
    {
        Size = size;
        Fft = new Fft3(new Size3(FftPlan.SizeFor(size.Z + margin), FftPlan.SizeFor(size.Y + margin), FftPlan.SizeFor(size.X + margin)));
        long part = (long)Fft.ColumnBlocks * Fft.Size.Z * FftPlan.Columns;
        _spectra = new NativeBuffer(4 * part * sizeof(float));
        using var field = new NativeBuffer(2L * Fft.Count * sizeof(float));
        float* re = (float*)field.Pointer, im = re + Fft.Count;
        for (int turned = 0; turned < 2; turned++)
        {
            new Span<byte>(field.Pointer, checked((int)field.Bytes)).Clear();
            for (int z = 0; z < size.Z; z++)
                for (int y = 0; y < size.Y; y++)
                {
                    var row = new Span<float>(re + z * Fft.PlaneStride + (nint)y * Fft.RowStride, size.X);
                    int source = turned == 0 ? (z * size.Y + y) * size.X : ((size.Z - 1 - z) * size.Y + size.Y - 1 - y) * size.X;
                    image.AsSpan(source, size.X).CopyTo(row);
                    if (turned == 1) row.Reverse();
                }
            Fft.Forward(re, im, job);
            float* to = Spectrum(turned == 1);
            for (int block = 0; block < Fft.ColumnBlocks; block++)
                for (int part2 = 0; part2 < 2; part2++)
                    for (int z = 0; z < Fft.Size.Z; z++, to += FftPlan.Columns)
                        new ReadOnlySpan<float>((part2 == 0 ? re : im) + z * Fft.PlaneStride + Fft.BlockOffset(block), FftPlan.Columns)
                            .CopyTo(new Span<float>(to, FftPlan.Columns));
        }
    }

    /// <summary>Voxels of the image.</summary>
    public Size3 Size { get; }

    /// <summary>The transform, padded.</summary>
    public Fft3 Fft { get; }

    /// <summary>Block after block of columns: real parts of all z, then imaginary parts.</summary>
    public float* Spectrum(bool turned) => (float*)_spectra.Pointer + (turned ? 2L * Fft.ColumnBlocks * Fft.Size.Z * FftPlan.Columns : 0);

    /// <inheritdoc/>
    public void Dispose() => _spectra.Dispose();
}

/// <summary>
/// Correlates an image with turned templates for all translations at once. Two templates go through one complex transform, one as the real part, and
/// the same forward transform serves the templates' point mirror images too: 4 correlations for 1 forward and 2 inverse transforms.
/// </summary>
/// <remarks>
/// With Z = T1 + i T2, F the image and G(x) = F(n - 1 - x): F * Z holds the correlations with the inverted templates, and G * Z those with the templates,
/// end for end; * is the convolution, so no spectrum is ever taken apart. One instance per thread.
/// </remarks>
internal sealed unsafe class TemplateCorrelator : IDisposable
{
    private const int Columns = FftPlan.Columns;

    private readonly CorrelationImage _image;
    private readonly Fft3 _fft;
    private readonly NativeBuffer _buffer;
    private readonly float* _template;
    private readonly float* _result;
    private readonly float* _scratch;
    private readonly bool[] _used;
    private readonly int _reach;
    private readonly int[] _wrapZ;
    private readonly nint[] _wrapY;
    private readonly int[] _wrapX;

    /// <summary>Takes the memory.</summary>
    /// <param name="image">The image.</param>
    /// <param name="reach">The most voxels that a template's point is from its centre.</param>
    public TemplateCorrelator(CorrelationImage image, int reach)
    {
        _image = image;
        _fft = image.Fft;
        _buffer = new NativeBuffer((4L * _fft.Count + 4L * _fft.Scratch) * sizeof(float));
        _template = (float*)_buffer.Pointer;
        _result = _template + 2 * _fft.Count;
        _scratch = _template + 4 * _fft.Count;
        _used = new bool[_fft.Size.Z * _fft.RowGroups];
        _reach = reach + 1;
        int count = 2 * _reach + 2;
        (_wrapZ, _wrapY, _wrapX) = (new int[count], new nint[count], new int[count]);
        for (int i = 0; i < count; i++)
        {
            _wrapZ[i] = Wrap(i - _reach, _fft.Size.Z);
            _wrapY[i] = Wrap(i - _reach, _fft.Size.Y);
            _wrapX[i] = Wrap(i - _reach, _fft.Size.X);
        }
    }

    /// <summary>Forgets the templates.</summary>
    public void Clear()
    {
        new Span<byte>(_template, checked((int)(2 * _fft.Count * sizeof(float)))).Clear();
        Array.Clear(_used);
    }

    /// <summary>Adds a template: each weight is spread over the 8 voxels around where <paramref name="toVoxels"/> puts its point.</summary>
    /// <param name="points">The template.</param>
    /// <param name="toVoxels">From nm to voxels about the template's centre.</param>
    /// <param name="second">Whether it is the second of the two.</param>
    public void Add(WeightedPoints points, Matrix3 toVoxels, bool second)
    {
        float zz = (float)toVoxels.ZZ, zy = (float)toVoxels.ZY, zx = (float)toVoxels.ZX;
        float yz = (float)toVoxels.YZ, yy = (float)toVoxels.YY, yx = (float)toVoxels.YX;
        float xz = (float)toVoxels.XZ, xy = (float)toVoxels.XY, xx = (float)toVoxels.XX;
        float* field = second ? _template + _fft.Count : _template;
        int groups = _fft.RowGroups, stride = _fft.RowStride;
        for (int i = 0; i < points.Count; i++)
        {
            float pz = points.Z[i], py = points.Y[i], px = points.X[i];
            float z = zz * pz + zy * py + zx * px + _reach, y = yz * pz + yy * py + yx * px + _reach, x = xz * pz + xy * py + xx * px + _reach;
            int a = (int)z, b = (int)y, c = (int)x;
            float fz = z - a, fy = y - b, fx = x - c, w = points.Weight[i];
            int x0 = _wrapX[c], x1 = _wrapX[c + 1];
            float left = w * (1 - fx), right = w * fx;
            for (int dz = 0; dz < 2; dz++)
            {
                int plane = _wrapZ[a + dz];
                float vz = dz == 0 ? 1 - fz : fz;
                for (int dy = 0; dy < 2; dy++)
                {
                    nint row = _wrapY[b + dy];
                    float v = vz * (dy == 0 ? 1 - fy : fy);
                    float* at = field + plane * _fft.PlaneStride + row * stride;
                    at[x0] += v * left;
                    at[x1] += v * right;
                    _used[plane * groups + (int)row / Columns] = true;
                }
            }
        }
    }

    /// <summary>Computes the correlations of both templates, upright, inverted (through their centres) or both. Uses the templates up.</summary>
    public void Correlate(bool upright, bool inverted, Job job)
    {
        Size3 size = _fft.Size;
        for (int z = 0; z < size.Z; z++)
        {
            job.ThrowIfCancelled();
            Span<bool> used = _used.AsSpan(z * _fft.RowGroups, _fft.RowGroups);
            if (used.Contains(true)) _fft.ForwardPlane(_template + z * _fft.PlaneStride, _template + _fft.Count + z * _fft.PlaneStride, used, _scratch);
        }
        int length = size.Z * Columns;
        float* re = _scratch, im = _scratch + _fft.Scratch, productRe = _scratch + 2 * _fft.Scratch, productIm = _scratch + 3 * _fft.Scratch;
        float* forImage = _image.Spectrum(turned: false), forTurned = _image.Spectrum(turned: true);
        for (int block = 0; block < _fft.ColumnBlocks; block++, forImage += 2 * length, forTurned += 2 * length)
        {
            nint at = _fft.BlockOffset(block);
            float* a = _template + at, b = a + _fft.Count;
            for (int z = 0; z < size.Z; z++)
            {
                Copy(a + z * _fft.PlaneStride, re + z * Columns);
                Copy(b + z * _fft.PlaneStride, im + z * Columns);
            }
            _fft.ForwardColumns(re, im);
            if (inverted) Product(forImage, a);
            if (upright) Product(forTurned, _result + at);
        }
        for (int z = 0; z < _image.Size.Z; z++)
        {
            job.ThrowIfCancelled();
            if (inverted) _fft.InversePlane(_template + z * _fft.PlaneStride, _template + _fft.Count + z * _fft.PlaneStride, _image.Size.Y, _scratch);
            if (upright) _fft.InversePlane(_result + z * _fft.PlaneStride, _result + _fft.Count + z * _fft.PlaneStride, _image.Size.Y, _scratch);
        }

        void Product(float* spectrum, float* to)
        {
            Multiply(re, im, spectrum, spectrum + length, productRe, productIm, length);
            _fft.InverseColumns(productRe, productIm);
            for (int z = 0; z < _image.Size.Z; z++)
            {
                Copy(productRe + z * Columns, to + z * _fft.PlaneStride);
                Copy(productIm + z * Columns, to + _fft.Count + z * _fft.PlaneStride);
            }
        }
    }

    /// <summary>
    /// A row of the correlations with the template's centre at voxels (z, y, 0..) of the image, times the number of voxels of the transform. Upright
    /// ones are read end for end: entry x belongs to voxel Size.X - 1 - x.
    /// </summary>
    public ReadOnlySpan<float> Row(bool second, bool inverted, int z, int y)
    {
        Size3 size = _image.Size;
        float* part = (inverted ? _template : _result) + (second ? _fft.Count : 0);
        (int plane, int row) = inverted ? (z, y) : (size.Z - 1 - z, size.Y - 1 - y);
        return new ReadOnlySpan<float>(part + plane * _fft.PlaneStride + (nint)row * _fft.RowStride, size.X);
    }

    /// <summary>The highest places, best first, each more than <paramref name="radius"/> voxels (in some axis) from those before it.</summary>
    /// <param name="second">Of the second template.</param>
    /// <param name="inverted">Of its point mirror image.</param>
    /// <param name="count">How many.</param>
    /// <param name="radius">In voxels.</param>
    /// <param name="weights">What each place's correlation is multiplied by, z, y, x.</param>
    /// <returns>The weighted correlation, and where the template's centre is.</returns>
    public List<(float Value, int Z, int Y, int X)> Peaks(bool second, bool inverted, int count, int radius, float[] weights)
    {
        Size3 size = _image.Size;
        var best = new float[size.Z * size.Y];
        var peaks = new List<(float Value, int Z, int Y, int X)>();
        var rest = new float[size.X];
        for (int i = 0; i < best.Length; i++) best[i] = TensorPrimitives.Max(Left(i / size.Y, i % size.Y));
        while (peaks.Count < count)
        {
            int at = TensorPrimitives.IndexOfMax<float>(best);
            (int z, int y) = Math.DivRem(at, size.Y);
            if (best[at] == float.NegativeInfinity) break;
            peaks.Add((best[at], z, y, TensorPrimitives.IndexOfMax<float>(Left(z, y))));
            for (int j = Math.Max(0, z - radius); j <= Math.Min(size.Z - 1, z + radius); j++)
                for (int k = Math.Max(0, y - radius); k <= Math.Min(size.Y - 1, y + radius); k++)
                    best[j * size.Y + k] = TensorPrimitives.Max(Left(j, k));
        }
        return peaks;

        // A row in the image's order without what is near a peak.
        ReadOnlySpan<float> Left(int z, int y)
        {
            Row(second, inverted, z, y).CopyTo(rest);
            if (!inverted) Array.Reverse(rest);
            TensorPrimitives.Multiply(rest, weights.AsSpan((z * size.Y + y) * size.X, size.X), rest);
            foreach ((_, int pz, int py, int px) in peaks)
                if (Math.Abs(pz - z) <= radius && Math.Abs(py - y) <= radius)
                    rest.AsSpan(Math.Max(0, px - radius), Math.Min(size.X, px + radius + 1) - Math.Max(0, px - radius)).Fill(float.NegativeInfinity);
            return rest;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _buffer.Dispose();

    private static void Copy(float* from, float* to) => new ReadOnlySpan<float>(from, Columns).CopyTo(new Span<float>(to, Columns));

    private static void Multiply(float* ar, float* ai, float* br, float* bi, float* re, float* im, int length)
    {
        for (int i = 0; i < length; i += System.Numerics.Vector<float>.Count)
        {
            var a = System.Numerics.Vector.Load(ar + i);
            var b = System.Numerics.Vector.Load(ai + i);
            var c = System.Numerics.Vector.Load(br + i);
            var d = System.Numerics.Vector.Load(bi + i);
            System.Numerics.Vector.Store(a * c - b * d, re + i);
            System.Numerics.Vector.Store(a * d + b * c, im + i);
        }
    }

    private static int Wrap(int i, int n) => (i % n + n) % n;
}

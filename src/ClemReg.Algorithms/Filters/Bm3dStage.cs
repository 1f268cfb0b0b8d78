using System.Numerics;
using System.Runtime.Intrinsics;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Filters;

/// <summary>The numbers of one stage of BM3D, for intensities of 0 to 255.</summary>
/// <param name="BlockSize">Pixels of a block's side.</param>
/// <param name="Step">Pixels from one reference block to the next.</param>
/// <param name="MostBlocks">The most blocks of a group, a power of two.</param>
/// <param name="MatchThreshold">Blocks of a mean squared difference below this are alike.</param>
/// <param name="Lambda">Coefficients below this many standard deviations of the noise are dropped; 0 for the Wiener stage.</param>
internal sealed record Bm3dStageParameters(int BlockSize, int Step, int MostBlocks, double MatchThreshold, double Lambda);

/// <summary>
/// One stage of BM3D over a section: for every reference block the similar blocks are stacked, transformed together (2-D transform, then
/// Haar along the stack), filtered, transformed back and added into the section with their weight.
/// </summary>
internal sealed unsafe class Bm3dStage : IDisposable
{
    /// <summary>Blocks farther away than this along y or x are not looked at: a window of 39 x 39 places.</summary>
    private const int Reach = 19;

    /// <summary>Rows of reference blocks that one piece of parallel work takes.</summary>
    private const int BandRows = 16;

    private readonly Bm3dStageParameters _parameters;
    private readonly PixelRows _noisy;
    private readonly PixelRows _guide;
    private readonly float _sigma;
    private readonly BlockTransform _transform;
    private readonly float[] _window;
    private readonly int[] _ys;
    private readonly int[] _xs;

    /// <summary>Prepares a stage.</summary>
    /// <param name="parameters">Its numbers.</param>
    /// <param name="noisy">What is filtered.</param>
    /// <param name="guide">Where blocks are compared, and what the Wiener filter takes for the truth: the noisy section itself in the first stage.</param>
    /// <param name="sigma">The standard deviation of the noise.</param>
    public Bm3dStage(Bm3dStageParameters parameters, PixelRows noisy, PixelRows guide, double sigma)
    {
        _parameters = parameters;
        _noisy = noisy;
        _guide = guide;
        _sigma = (float)sigma;
        int size = parameters.BlockSize;
        _transform = parameters.Lambda > 0 ? BlockTransform.Spline15(size) : BlockTransform.Cosine(size);
        _window = KaiserWindow(size, _transform.Stride);
        _ys = Places(noisy.Height);
        _xs = Places(noisy.Width);
    }

    /// <summary>Filters the section.</summary>
    /// <param name="result">Receives the pixels; the layout of the noisy section.</param>
    /// <param name="job">Threads, cancellation, progress.</param>
    public void Run(PixelRows result, Job job)
    {
        int size = _parameters.BlockSize, stride = _noisy.Stride, height = _noisy.Height;
        using var weights = new NativeBuffer((long)height * stride * sizeof(float));
        float* weight = (float*)weights.Pointer;
        int bands = (_ys.Length + BandRows - 1) / BandRows;
        int wave = Math.Min(bands, 4 * job.Threads);
        var buffers = new NativeBuffer[wave];
        try
        {
            long bandFloats = (long)Math.Min(height, (BandRows - 1) * _parameters.Step + size + 2 * Reach) * stride + PixelRows.Pad;
            for (int i = 0; i < wave; i++) buffers[i] = new NativeBuffer(2 * bandFloats * sizeof(float));
            for (int first = 0; first < bands; first += wave)
            {
                int count = Math.Min(wave, bands - first);
                job.For(count, () => new Worker(this), (i, worker) =>
                {
                    new Span<byte>(buffers[i].Pointer, (int)buffers[i].Bytes).Clear();
                    worker.Band(Band(first + i), (float*)buffers[i].Pointer, (float*)buffers[i].Pointer + bandFloats, job);
                });
                // Sums of floats depend on their order, so the bands are added in theirs, whichever thread made them.
                for (int i = 0; i < count; i++)
                {
                    (int top, int bottom) = RowsOf(Band(first + i));
                    float* sum = (float*)buffers[i].Pointer;
                    job.For(bottom - top, y =>
                    {
                        Add(sum + (nint)y * stride, result.At(top + y, 0), stride);
                        Add(sum + bandFloats + (nint)y * stride, weight + (nint)(top + y) * stride, stride);
                    });
                }
                job.Report((double)(first + count) / bands);
            }
        }
        finally
        {
            foreach (NativeBuffer? buffer in buffers) buffer?.Dispose();
        }
        job.For(height, y =>
        {
            float* row = result.At(y, 0), w = weight + (nint)y * stride;
            for (int x = 0; x < _noisy.Width; x++) row[x] /= w[x];
        });
    }

    public void Dispose() => _transform.Dispose();

    /// <summary>The reference rows of a band.</summary>
    private ReadOnlySpan<int> Band(int band) => _ys.AsSpan(band * BandRows, Math.Min(BandRows, _ys.Length - band * BandRows));

    /// <summary>The rows of the section that the groups of a band reach: first and one beyond the last.</summary>
    private (int Top, int Bottom) RowsOf(ReadOnlySpan<int> band) =>
        (Math.Max(0, band[0] - Reach), Math.Min(_noisy.Height, band[^1] + Reach + _parameters.BlockSize));

    /// <summary>Where reference blocks begin along an axis: every step, and the last place of all.</summary>
    private int[] Places(int length)
    {
        int last = length - _parameters.BlockSize;
        var places = new List<int>();
        for (int i = 0; i < last; i += _parameters.Step) places.Add(i);
        places.Add(last);
        return [.. places];
    }

    private static void Add(float* from, float* to, int count)
    {
        // Strides are multiples of 16, which every vector divides.
        for (int i = 0; i < count; i += Vector<float>.Count) (Vector.Load(to + i) + Vector.Load(from + i)).Store(to + i);
    }

    /// <summary>The 2-D Kaiser window of beta 2, which fades blocks towards their borders.</summary>
    private static float[] KaiserWindow(int size, int stride)
    {
        const double beta = 2;
        var window = new float[size * stride];
        for (int y = 0; y < size; y++)
            for (int x = 0; x < size; x++)
                window[y * stride + x] = (float)(Along(y) * Along(x));
        return window;

        double Along(int i)
        {
            double t = 2.0 * i / (size - 1) - 1;
            return MathNet.Numerics.SpecialFunctions.BesselI0(beta * Math.Sqrt(1 - t * t)) / MathNet.Numerics.SpecialFunctions.BesselI0(beta);
        }
    }

    /// <summary>The scratch memory of one thread.</summary>
    private sealed class Worker : IDisposable
    {
        private readonly Bm3dStage _stage;
        private readonly BlockTransform _transform;
        private readonly BlockMatcher _matcher;
        private readonly NativeBuffer _buffer;
        private readonly float* _group;
        private readonly float* _truth;
        private readonly float* _block;
        private readonly float* _scratch;

        public Worker(Bm3dStage stage)
        {
            _stage = stage;
            _transform = stage._transform;
            Bm3dStageParameters p = stage._parameters;
            _matcher = new BlockMatcher(stage._guide, p.BlockSize, Reach, p.MostBlocks, p.MatchThreshold);
            int group = p.MostBlocks * _transform.Floats;
            _buffer = new NativeBuffer((2L * group + _transform.Floats + _transform.ScratchFloats) * sizeof(float));
            _group = (float*)_buffer.Pointer;
            _truth = _group + group;
            _block = _truth + group;
            _scratch = _block + _transform.Floats;
        }

        public void Dispose() => _buffer.Dispose();

        /// <summary>Filters the groups of a band of reference blocks into sums of pixels and of weights.</summary>
        public void Band(ReadOnlySpan<int> rows, float* sum, float* weight, Job job)
        {
            int top = _stage.RowsOf(rows).Top;
            bool wiener = _stage._parameters.Lambda == 0;
            foreach (int y in rows)
            {
                job.ThrowIfCancelled();
                foreach (int x in _stage._xs)
                {
                    _matcher.Find(y, x);
                    int count = 1 << BitOperations.Log2((uint)_matcher.Places.Length);
                    ReadOnlySpan<(int Y, int X)> places = _matcher.Places[..count];
                    Load(_stage._noisy, places, _group);
                    float w;
                    if (wiener)
                    {
                        Load(_stage._guide, places, _truth);
                        w = Wiener(count);
                    }
                    else
                    {
                        w = Threshold(count);
                    }
                    Haar(_group, count, inverse: true);
                    for (int i = 0; i < count; i++)
                    {
                        _transform.Inverse(_group + i * _transform.Floats, _block, _scratch);
                        nint at = (nint)(places[i].Y - top) * _stage._noisy.Stride + places[i].X;
                        AddBlock(w, sum + at, weight + at);
                    }
                }
            }
        }

        /// <summary>The 3-D transform of the blocks at some places.</summary>
        private void Load(PixelRows image, ReadOnlySpan<(int Y, int X)> places, float* group)
        {
            for (int i = 0; i < places.Length; i++)
                _transform.Forward(image.At(places[i].Y, places[i].X), image.Stride, group + i * _transform.Floats, _scratch);
            Haar(group, places.Length, inverse: false);
        }

        /// <summary>The orthonormal Haar transform along the stack, in place: differences stay where the second of two was.</summary>
        private void Haar(float* group, int count, bool inverse)
        {
            var root = Vector256.Create((float)(1 / Math.Sqrt(2)));
            int floats = _transform.Floats;
            for (int step = inverse ? count / 2 : 1; step > 0 && step < count; step = inverse ? step / 2 : step * 2)
                for (int i = 0; i < count; i += 2 * step)
                {
                    float* a = group + i * floats, b = a + step * floats;
                    for (int k = 0; k < floats; k += 8)
                    {
                        Vector256<float> u = Vector256.Load(a + k), v = Vector256.Load(b + k);
                        ((u + v) * root).Store(a + k);
                        ((u - v) * root).Store(b + k);
                    }
                }
        }

        /// <summary>Drops the coefficients that noise alone may make; the fewer are left, the more the group weighs.</summary>
        private float Threshold(int count)
        {
            var limit = Vector256.Create((float)_stage._parameters.Lambda * _stage._sigma);
            int kept = 0;
            for (int k = 0; k < count * _transform.Floats; k += 8)
            {
                Vector256<float> v = Vector256.Load(_group + k);
                Vector256<float> keep = Vector256.GreaterThan(Vector256.Abs(v), limit);
                kept += BitOperations.PopCount(keep.ExtractMostSignificantBits());
                (v & keep).Store(_group + k);
            }
            return 1f / Math.Max(1, kept);
        }

        /// <summary>Shrinks the coefficients by how much of each is signal in the guide; the more is shrunk, the more the group weighs.</summary>
        private float Wiener(int count)
        {
            var variance = Vector256.Create(_stage._sigma * _stage._sigma);
            Vector256<float> squares = Vector256<float>.Zero;
            for (int k = 0; k < count * _transform.Floats; k += 8)
            {
                Vector256<float> power = Vector256.Load(_truth + k);
                power *= power;
                Vector256<float> share = power / (power + variance);
                squares = Vector256.MultiplyAddEstimate(share, share, squares);
                (Vector256.Load(_group + k) * share).Store(_group + k);
            }
            return 1f / Math.Max(1, Vector256.Sum(squares));
        }

        private void AddBlock(float weight, float* sum, float* weights)
        {
            int stride = _transform.Stride, rowStride = _stage._noisy.Stride;
            var w = Vector256.Create(weight);
            fixed (float* window = _stage._window)
            {
                for (int y = 0; y < _transform.Size; y++)
                    for (int x = 0; x < stride; x += 8)
                    {
                        Vector256<float> faded = w * Vector256.Load(window + y * stride + x);
                        float* s = sum + (nint)y * rowStride + x, t = weights + (nint)y * rowStride + x;
                        Vector256.MultiplyAddEstimate(faded, Vector256.Load(_block + y * stride + x), Vector256.Load(s)).Store(s);
                        (Vector256.Load(t) + faded).Store(t);
                    }
            }
        }
    }
}

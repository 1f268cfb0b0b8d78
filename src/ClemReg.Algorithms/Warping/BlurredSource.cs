using System.Numerics.Tensors;
using ClemReg.Algorithms.Filters;
using ClemReg.Algorithms.Transforms;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Warping;

/// <summary>
/// An image seen through a Gaussian (<see cref="GaussianFilter"/>), so that it can be sampled more coarsely than it is without aliasing.
/// Its slices are read in order, and only a window of the image's slices is held.
/// </summary>
/// <remarks>Memory: 2 r + 1 slices of the image, r = (int)(4 sigma_z + 0.5), and three as float.</remarks>
public sealed unsafe class BlurredSource : ISliceSource, IDisposable
{
    /// <summary>From this ratio of target to source pitch on an axis is blurred.</summary>
    public const double LeastRatio = 1.5;

    private readonly ISliceSource _source;
    private readonly Point3 _sigma;
    private readonly Job _job;
    private readonly double[] _kernel;
    private readonly NativeBuffer _ring;
    private readonly Volume<float> _slice;
    private readonly long _sliceBytes;
    // The slice that each place of the ring holds; slice z lies at place z modulo its length.
    private readonly int[] _held;

    /// <summary>Prepares the view; nothing is read yet.</summary>
    /// <param name="source">The image.</param>
    /// <param name="sigma">Standard deviations along z, y, x in voxels; 0 leaves an axis as it is.</param>
    /// <param name="job">The work.</param>
    public BlurredSource(ISliceSource source, Point3 sigma, Job job)
    {
        (_source, _sigma, _job) = (source, sigma, job);
        _kernel = GaussianFilter.Kernel(sigma.Z);
        _sliceBytes = (long)source.Grid.Size.SliceCount * (int)source.Type;
        _held = new int[Math.Min(_kernel.Length, source.Grid.Size.Z)];
        Array.Fill(_held, -1);
        _ring = new NativeBuffer(_held.Length * _sliceBytes);
        _slice = new Volume<float>(new Grid(source.Grid.Size with { Z = 1 }, source.Grid.Spacing));
    }

    /// <inheritdoc/>
    public Grid Grid => _source.Grid;

    /// <inheritdoc/>
    public VoxelType Type => _source.Type;

    /// <summary>The Gaussian that makes up for sampling a source more coarsely than its voxels.</summary>
    /// <remarks>With the ratio q of the pitches along an axis, sigma = (q - 1) / 2 source voxels, as in scikit-image's resize; a deformation's
    /// own stretching is not looked at.</remarks>
    /// <param name="source">The image's grid.</param>
    /// <param name="sourceToTarget">nm.</param>
    /// <param name="target">The grid to sample on.</param>
    /// <returns>Sigmas in source voxels, z, y, x; 0 for axes whose ratio is below <see cref="LeastRatio"/>.</returns>
    public static Point3 Sigma(Grid source, SpatialTransform sourceToTarget, Grid target)
    {
        AffineTransform inverse = sourceToTarget.Approximation.Inverse();
        double Along(int axis)
        {
            double reach = 0;
            for (int column = 0; column < 3; column++)
                reach = Math.Max(reach, Math.Abs(inverse[axis, column]) * target.Spacing[column]);
            double ratio = reach / source.Spacing[axis];
            return ratio > LeastRatio ? Math.Min((ratio - 1) / 2, GaussianFilter.MaximumSigma) : 0;
        }
        return new Point3(Along(0), Along(1), Along(2));
    }

    /// <inheritdoc/>
    /// <remarks>In rising order each slice of the source is read once.</remarks>
    public void ReadSlice(int z, Span<byte> destination)
    {
        int depth = Grid.Size.Z, radius = _kernel.Length / 2;
        for (int k = Math.Max(0, z - radius); k <= Math.Min(depth - 1, z + radius); k++)
        {
            if (_held[k % _held.Length] == k) continue;
            _job.ThrowIfCancelled();
            _held[k % _held.Length] = -1;
            _source.ReadSlice(k, new Span<byte>(_ring.Pointer + k % _held.Length * _sliceBytes, (int)_sliceBytes));
            _held[k % _held.Length] = k;
        }
        const int piece = 1 << 15;
        int count = Grid.Size.SliceCount;
        byte* ring = _ring.Pointer;
        float* sums = _slice.Pointer;
        _job.For((count + piece - 1) / piece, () => new float[piece], (p, voxels) =>
        {
            int first = p * piece, n = Math.Min(piece, count - first);
            var sum = new Span<float>(sums + first, n);
            sum.Clear();
            for (int t = -radius; t <= radius; t++)
            {
                int k = Reflect(z + t, depth) % _held.Length;
                VoxelConvert.ToFloat(new ReadOnlySpan<byte>(ring + k * _sliceBytes + (long)first * (int)Type, n * (int)Type), Type, voxels.AsSpan(0, n));
                TensorPrimitives.MultiplyAdd(voxels.AsSpan(0, n), (float)_kernel[t + radius], sum, sum);
            }
        });
        if (_sigma.Y == 0 && _sigma.X == 0) Store(_slice.Slice(0), destination);
        else
        {
            using Volume<float> blurred = GaussianFilter.Apply(_slice, _sigma with { Z = 0 }, new Job(_job.Threads, _job.Token));
            Store(blurred.Slice(0), destination);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _ring.Dispose();
        _slice.Dispose();
    }

    private void Store(ReadOnlySpan<float> values, Span<byte> destination)
    {
        switch (Type)
        {
            case VoxelType.UInt8: Store<byte>(values, destination); break;
            case VoxelType.UInt16: Store<ushort>(values, destination); break;
            default: Store<float>(values, destination); break;
        }
    }

    private static void Store<T>(ReadOnlySpan<float> values, Span<byte> destination) where T : unmanaged
    {
        Span<T> voxels = System.Runtime.InteropServices.MemoryMarshal.Cast<byte, T>(destination);
        for (int i = 0; i < values.Length; i++) voxels[i] = VoxelConvert.FromFloat<T>(values[i]);
    }

    /// <summary>d c b a | a b c d | d c b a.</summary>
    private static int Reflect(int i, int n)
    {
        i = ((i % (2 * n)) + 2 * n) % (2 * n);
        return i < n ? i : 2 * n - 1 - i;
    }
}

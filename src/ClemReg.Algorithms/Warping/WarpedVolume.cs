using System.Diagnostics;
using ClemReg.Algorithms.Transforms;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Warping;

/// <summary>
/// A moving volume seen through a transform on another grid. Slices are computed when they are asked for, so the warped volume
/// is never held whole: asked for in order, a slab of slices at a time.
/// </summary>
/// <remarks>
/// <para>Values are those of SciPy's ndimage.affine_transform (map_coordinates for a deformable transform) with mode 'constant', cval 0: the
/// inverse map gives each voxel of the target its place in the moving volume, where a B-spline of the given order is evaluated; a place
/// outside the moving volume's outermost voxel centres gives 0. Differences: positions up to 2.4e-7 voxels outside count as on the border, so
/// that rounding does not blank the outermost voxels of an aligned grid; orders 2 to 5 work in float, which is good to about 1e-6 of the
/// moving volume's largest value (1e-5 for orders 4 and 5); and integer types are rounded half to even and clamped, where SciPy cuts off or
/// wraps around.</para>
/// <para>A deformable transform is evaluated on a coarse grid (<see cref="WarpOptions.ApproximateGrid"/>), all of it when this is made
/// if the memory budget takes it, otherwise for the slices that are asked for.</para>
/// <para>Memory: one slab of up to 64 MB or a quarter of the budget, the coarse grid and, for orders 2 to 5, the moving volume's
/// coefficients as float. The moving volume must live as long as this one. Not for several readers at once.</para>
/// </remarks>
public sealed unsafe class WarpedVolume : ISliceSource, IDisposable
{
    private const long MostSlabBytes = 64 << 20;
    private const int MaxSlabSlices = 16;
    /// <summary>A slab is as many slices as take about this long, so that a reader who is cancelled between reads waits no longer.</summary>
    private const double SlabSeconds = 0.05;
    /// <summary>Voxels of one piece of parallel work: a few milliseconds for order 1, under 100 ms for order 5.</summary>
    private const int PieceVoxels = 1 << 18;

    private readonly int _order;
    private readonly Job _job;
    private readonly RowMap _map;
    private readonly InMemorySource? _source;
    private readonly NativeBuffer _slab;
    private readonly int _slabSlices;
    private int _ahead = 1;
    private int _first;
    private int _count;

    /// <summary>Prepares the view at an order, with the other options as they are by default.</summary>
    /// <param name="moving">8-bit, 16-bit or float voxels, finite.</param>
    /// <param name="movingToFixed">Physical moving coordinates to those of <paramref name="target"/>, nm.</param>
    /// <param name="target">The grid to see the moving volume on.</param>
    /// <param name="order">warping_interpolation_order: 0 nearest voxel (labels, masks), 1 linear, 2 to 5 B-spline.</param>
    /// <param name="job">Gives threads, cancellation and progress to this and to every later <see cref="ReadSlice"/>.</param>
    public WarpedVolume(Volume moving, SpatialTransform movingToFixed, Grid target, int order, Job job)
        : this(moving, movingToFixed, target, new WarpOptions { Order = order }, job)
    {
    }

    /// <summary>Prepares the view; for orders 2 to 5 this computes the spline coefficients of the moving volume.</summary>
    /// <param name="moving">8-bit, 16-bit or float voxels, finite.</param>
    /// <param name="movingToFixed">Physical moving coordinates to those of <paramref name="target"/>, nm.</param>
    /// <param name="target">The grid to see the moving volume on.</param>
    /// <param name="options">Order, coarse grid, memory.</param>
    /// <param name="job">Gives threads, cancellation and progress to this and to every later <see cref="ReadSlice"/>.</param>
    /// <exception cref="BadInputException">An option is out of range, or the transform cannot be inverted.</exception>
    /// <exception cref="OutOfMemoryBudgetException">No memory for the coefficients, the coarse grid or the slab.</exception>
    public WarpedVolume(Volume moving, SpatialTransform movingToFixed, Grid target, WarpOptions options, Job job)
    {
        _order = options.Check().Order;
        _job = job;
        Grid = target;
        Type = moving.Type;
        _map = RowMap.Of(moving.Grid, movingToFixed, target, options);
        long slabBytes = Math.Min(MostSlabBytes, options.MemoryBudgetBytes / 4);
        _slabSlices = (int)Math.Clamp(slabBytes / SliceBytes, 1, Math.Min(MaxSlabSlices, Math.Min(target.Size.Z, _map.SlicesAtOnce)));
        _slab = new NativeBuffer(_slabSlices * SliceBytes);
        try
        {
            _source = new InMemorySource(moving, _order, job);
            if (_map.IsWhole) _map.Prepare(0, target.Size.Z, 0, target.Size.Y, job);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public Grid Grid { get; }

    /// <inheritdoc/>
    public VoxelType Type { get; }

    /// <summary>True once a voxel that was computed lay inside the moving volume.</summary>
    internal bool SawSource { get; private set; }

    private long SliceBytes => (long)Grid.Size.SliceCount * (int)Type;

    /// <summary>What the coarse grid costs in accuracy; null for an affine transform, which needs none.</summary>
    public ApproximationError? MeasureApproximation(Job job) => _map.Measure(job);

    /// <summary>Reads slice <paramref name="z"/>, computing it first unless the slab holds it. Reading from 0 upwards is the fast order.</summary>
    /// <inheritdoc/>
    /// <exception cref="OperationCanceledException">The job was cancelled.</exception>
    /// <exception cref="ObjectDisposedException">This or the moving volume was released.</exception>
    public void ReadSlice(int z, Span<byte> destination)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(z);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(z, Grid.Size.Z);
        if (destination.Length != SliceBytes) throw new ArgumentException("the slice has another size", nameof(destination));
        byte* slab = _slab.Pointer;
        if (z < _first || z >= _first + _count)
        {
            // A reader that jumps wants this slice; one that goes on in order will want the next ones too.
            int count = z == _first + _count ? Math.Min(_ahead, Grid.Size.Z - z) : 1;
            _count = 0;
            long start = Stopwatch.GetTimestamp();
            Compute(z, count, slab);
            double perSlice = Stopwatch.GetElapsedTime(start).TotalSeconds / count;
            _ahead = (int)Math.Clamp(SlabSeconds / perSlice, 1, _slabSlices);
            (_first, _count) = (z, count);
            _job.Report((double)(z + count) / Grid.Size.Z);
        }
        new ReadOnlySpan<byte>(slab + (z - _first) * SliceBytes, (int)SliceBytes).CopyTo(destination);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _slab.Dispose();
        _source?.Dispose();
        _map.Dispose();
    }

    private void Compute(int first, int count, byte* slab)
    {
        (_, int height, int width) = Grid.Size;
        SourceWindow window = _source!.Window;
        // A piece is the same few rows in all slices of the slab: they see nearly the same part of the moving volume.
        int rows = (int)Math.Clamp(PieceVoxels / ((long)count * width), 1, height);
        int seen = 0, band = _map.RowsAtOnce(count);
        for (int top = 0; top < height; top += band)
        {
            int bandTop = top, bandEnd = Math.Min(height, top + band);
            _map.Prepare(first, count, bandTop, bandEnd - bandTop, _job);
            _job.For((bandEnd - bandTop + rows - 1) / rows, _map.NewScratch, (piece, scratch) =>
            {
                bool any = false;
                for (int k = 0; k < count; k++)
                {
                    for (int y = bandTop + piece * rows; y < Math.Min(bandEnd, bandTop + (piece + 1) * rows); y++)
                        any |= _map.Sample(_order, Type, window, first + k, y, slab + k * SliceBytes + (long)y * width * (int)Type, scratch);
                }
                if (any) Volatile.Write(ref seen, 1);
            });
        }
        SawSource |= seen != 0;
    }
}

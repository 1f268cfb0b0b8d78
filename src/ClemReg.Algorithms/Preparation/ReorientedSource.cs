using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Preparation;

/// <summary>An image seen along other axes (<see cref="AxisOrientation"/>): flipped, turned by 90 degrees or resliced.</summary>
/// <remarks>
/// Where the result's z is the image's, it is computed slice by slice. Where it is not, each slice of the result crosses all of the image's, so
/// as many slices of the result as the memory budget takes are filled in one pass over the image: a result of b bytes takes b / budget
/// passes, rounded up, when it is read in order.
/// </remarks>
public sealed unsafe class ReorientedSource : ISliceSource, IDisposable
{
    private const int Tile = 64, Page = 4096;

    private readonly ISliceSource _source;
    private readonly AxisOrientation _orientation;
    private readonly Job _job;
    private readonly NativeBuffer _slice;
    private readonly NativeBuffer? _slab;
    private readonly int _slabSlices;
    private int _first;
    private int _count;

    /// <summary>Prepares the view; nothing is read yet.</summary>
    /// <param name="source">The image.</param>
    /// <param name="orientation">What becomes of its axes.</param>
    /// <param name="grid">Where the result lies; its size is what the orientation makes of the image's.</param>
    /// <param name="budgetBytes">Memory that the slices of the result may take.</param>
    /// <param name="job">Threads and cancellation, for this and every later read.</param>
    public ReorientedSource(ISliceSource source, AxisOrientation orientation, Grid grid, long budgetBytes, Job job)
    {
        if (grid.Size != orientation.Apply(source.Grid.Size)) throw new ArgumentException("the grid has another size", nameof(grid));
        (_source, _orientation, _job, Grid) = (source, orientation, job, grid);
        _slice = new NativeBuffer((long)source.Grid.Size.SliceCount * (int)Type);
        if (orientation.Axis(0) == 0) return;
        _slabSlices = (int)Math.Clamp(budgetBytes / SliceBytes, 1, grid.Size.Z);
        _slab = new NativeBuffer(_slabSlices * Stride);
    }

    /// <inheritdoc/>
    public Grid Grid { get; }

    /// <inheritdoc/>
    public VoxelType Type => _source.Type;

    /// <summary>How often the image is read when the result is read once, in order.</summary>
    public int Passes => _slab is null ? 1 : (Grid.Size.Z + _slabSlices - 1) / _slabSlices;

    private long SliceBytes => (long)Grid.Size.SliceCount * (int)Type;

    /// <summary>
    /// Bytes from slice to slice in the slab. For all but small slices an odd number of cache lines beyond whole pages: slices of 2^n bytes would all want the
    /// same lines of the cache.
    /// </summary>
    private long Stride => SliceBytes < 16 * Page ? SliceBytes : (SliceBytes + Page - 1) / Page * Page + 3 * 64;

    /// <inheritdoc/>
    public void ReadSlice(int z, Span<byte> destination)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(z);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(z, Grid.Size.Z);
        if (_slab is null)
        {
            fixed (byte* to = destination) Move(_orientation.Reversed(0) ? Grid.Size.Z - 1 - z : z, to, z, 1);
            return;
        }
        if (z < _first || z >= _first + _count)
        {
            _count = 0;
            int count = Math.Min(_slabSlices, Grid.Size.Z - z);
            for (int s = 0; s < _source.Grid.Size.Z; s++) Move(s, _slab.Pointer, z, count);
            (_first, _count) = (z, count);
        }
        new ReadOnlySpan<byte>(_slab.Pointer + (z - _first) * Stride, (int)SliceBytes).CopyTo(destination);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _slice.Dispose();
        _slab?.Dispose();
    }

    /// <summary>Puts what a slice of the image has of <paramref name="count"/> slices of the result to its place.</summary>
    private void Move(int z, byte* slab, int first, int count)
    {
        _job.ThrowIfCancelled();
        byte* slice = _slice.Pointer;
        _source.ReadSlice(z, new Span<byte>(slice, (int)_slice.Bytes));
        switch (Type)
        {
            case VoxelType.UInt8: Move(z, slice, slab, first, count); break;
            case VoxelType.UInt16: Move(z, (ushort*)slice, (ushort*)slab, first, count); break;
            default: Move(z, (float*)slice, (float*)slab, first, count); break;
        }
    }

    private void Move<T>(int z, T* slice, T* slab, int first, int count) where T : unmanaged
    {
        Size3 size = _source.Grid.Size;
        int[] n = [size.Z, size.Y, size.X], low = [0, 0, 0], high = [size.Z, size.Y, size.X];
        long[] strides = [Stride / sizeof(T), Grid.Size.X, 1], step = new long[3];
        long start = -(long)first * strides[0];
        for (int a = 0; a < 3; a++)
        {
            int from = _orientation.Axis(a);
            bool reversed = _orientation.Reversed(a);
            step[from] = reversed ? -strides[a] : strides[a];
            if (reversed) start += (n[from] - 1) * strides[a];
            // Only some of the result's slices are wanted.
            if (a == 0 && from != 0)
                (low[from], high[from]) = reversed ? (n[from] - first - count, n[from] - first) : (first, first + count);
        }
        T* to = slab + start + z * step[0];
        int tiles = (high[1] - low[1] + Tile - 1) / Tile, width = size.X;
        long stepY = step[1], stepX = step[2];
        (int lowY, int highY, int lowX, int highX) = (low[1], high[1], low[2], high[2]);
        _job.For(tiles, tile =>
        {
            int top = lowY + tile * Tile, bottom = Math.Min(highY, top + Tile);
            for (int left = lowX; left < highX; left += Tile)
            {
                int right = Math.Min(highX, left + Tile);
                for (int y = top; y < bottom; y++)
                {
                    T* from = slice + (long)y * width, place = to + y * stepY;
                    if (stepX == 1) new ReadOnlySpan<T>(from + left, right - left).CopyTo(new Span<T>(place + left, right - left));
                    else for (int x = left; x < right; x++) place[x * stepX] = from[x];
                }
            }
        });
    }
}

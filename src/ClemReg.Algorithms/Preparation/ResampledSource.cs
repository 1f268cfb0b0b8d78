using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Preparation;

/// <summary>An image on a grid of another pitch along the same axes: linear interpolation, or the nearest voxel for labels.</summary>
/// <remarks>
/// Positions beyond the outermost voxel centres, at most half a voxel of the larger pitch, take the outermost voxel. Values are computed in
/// double; integers are rounded half to even. The image's slices are read in order, each once, and two are held.
/// </remarks>
public sealed unsafe class ResampledSource : ISliceSource, IDisposable
{
    private readonly ISliceSource _source;
    private readonly bool _nearest;
    private readonly Job _job;
    private readonly NativeBuffer _slices;
    private readonly int[] _held = [-1, -1];
    private readonly (int Index, double Fraction)[] _z;
    private readonly (int Index, double Fraction)[] _y;
    private readonly (int Index, double Fraction)[] _x;

    /// <summary>Prepares the view; nothing is read yet.</summary>
    /// <param name="source">The image, blurred already where the pitch grows.</param>
    /// <param name="grid">The grid of the result, nm.</param>
    /// <param name="nearest">Takes the nearest voxel (of two equally near the further one along the axis).</param>
    /// <param name="job">Threads and cancellation, for this and every later read.</param>
    public ResampledSource(ISliceSource source, Grid grid, bool nearest, Job job)
    {
        (_source, Grid, _nearest, _job) = (source, grid, nearest, job);
        _slices = new NativeBuffer(2L * source.Grid.Size.SliceCount * (int)source.Type);
        Size3 from = source.Grid.Size, to = grid.Size;
        Point3 start = source.Grid.ToIndex(grid.Origin), s = source.Grid.Spacing, t = grid.Spacing;
        _z = Places(from.Z, to.Z, start.Z, t.Z / s.Z);
        _y = Places(from.Y, to.Y, start.Y, t.Y / s.Y);
        _x = Places(from.X, to.X, start.X, t.X / s.X);
    }

    /// <inheritdoc/>
    public Grid Grid { get; }

    /// <inheritdoc/>
    public VoxelType Type => _source.Type;

    /// <inheritdoc/>
    public void ReadSlice(int z, Span<byte> destination)
    {
        fixed (byte* to = destination)
        {
            switch (Type)
            {
                case VoxelType.UInt8: Read(z, to); break;
                case VoxelType.UInt16: Read(z, (ushort*)to); break;
                default: Read(z, (float*)to); break;
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _slices.Dispose();

    private (int Index, double Fraction)[] Places(int from, int to, double start, double step)
    {
        var places = new (int, double)[to];
        for (int k = 0; k < to; k++)
        {
            double u = Math.Clamp(start + k * step, 0, from - 1);
            // Rounding must not cost the exact voxels of a grid that agrees.
            if (Math.Abs(u - Math.Round(u)) < 1e-9) u = Math.Round(u);
            if (_nearest) u = Math.Min(Math.Floor(u + 0.5), from - 1);
            int i = Math.Min((int)u, Math.Max(0, from - 2));
            places[k] = (i, u - i);
        }
        return places;
    }

    private T* Slice<T>(int z) where T : unmanaged
    {
        z = Math.Min(z, _source.Grid.Size.Z - 1);
        int bytes = _source.Grid.Size.SliceCount * sizeof(T);
        byte* slice = _slices.Pointer + (long)(z & 1) * bytes;
        if (_held[z & 1] == z) return (T*)slice;
        _job.ThrowIfCancelled();
        _held[z & 1] = -1;
        _source.ReadSlice(z, new Span<byte>(slice, bytes));
        _held[z & 1] = z;
        return (T*)slice;
    }

    private void Read<T>(int z, T* destination) where T : unmanaged, System.Numerics.INumberBase<T>
    {
        (int k, double f) = _z[z];
        // In rising order, so that a source with a window of its own reads forwards.
        T* lower = f == 1 ? null : Slice<T>(k), upper = f == 0 ? lower : Slice<T>(k + 1);
        if (lower is null) lower = upper;
        (_, int height, int width) = Grid.Size;
        (int columns, int rows) = (_source.Grid.Size.X, _source.Grid.Size.Y);
        const int band = 16;
        _job.For((height + band - 1) / band, () => new double[columns], (b, line) =>
        {
            for (int y = b * band; y < Math.Min(height, (b + 1) * band); y++)
            {
                (int j, double g) = _y[y];
                int next = Math.Min(j + 1, rows - 1);
                T* a = lower + (long)j * columns, c = lower + (long)next * columns, d = upper + (long)j * columns, e = upper + (long)next * columns;
                for (int x = 0; x < columns; x++)
                {
                    double below = double.CreateTruncating(a[x]), above = double.CreateTruncating(d[x]);
                    if (g != 0)
                    {
                        below += g * (double.CreateTruncating(c[x]) - below);
                        above += g * (double.CreateTruncating(e[x]) - above);
                    }
                    line[x] = below + f * (above - below);
                }
                T* to = destination + (long)y * width;
                for (int x = 0; x < width; x++)
                {
                    (int i, double h) = _x[x];
                    double value = line[i] + (h == 0 ? 0 : h * (line[Math.Min(i + 1, columns - 1)] - line[i]));
                    to[x] = typeof(T) == typeof(float) ? T.CreateTruncating((float)value) : T.CreateTruncating(Math.Round(value));
                }
            }
        });
    }
}

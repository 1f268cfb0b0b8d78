using System.Numerics.Tensors;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Preparation;

/// <summary>
/// An image seen at larger voxels, each standing for a block of n_z x n_y x n_x of the image's: their mean or, for labels, the label that
/// most of them have.
/// </summary>
/// <remarks>
/// <para>Voxels at the far ends that fill no whole block are left out. The mean of integers is exact, rounded half to even; that of floats is
/// summed in double. Of labels that are equally frequent the smallest is taken.</para>
/// <para>The centre of a block lies (n - 1) / 2 voxels beyond the centre of its first voxel, so the origin moves by that much and structures
/// stay where they are.</para>
/// <para>Memory: for means a slice of sums, n_y times smaller than the image's slices; for labels n_z slices. Each slice is read once when
/// the result is read in order.</para>
/// </remarks>
public sealed unsafe class BinnedSource : ISliceSource, IDisposable
{
    /// <summary>The largest factor along an axis: 32 cubed 16-bit voxels sum up to less than 2^32.</summary>
    public const int MaximumFactor = 32;

    private readonly ISliceSource _source;
    private readonly (int Z, int Y, int X) _factor;
    private readonly bool _labels;
    private readonly Job _job;
    private readonly NativeBuffer _slices;
    private readonly NativeBuffer? _sums;

    /// <summary>Prepares the view; nothing is read yet.</summary>
    /// <param name="source">The image.</param>
    /// <param name="factor">Voxels of a block along z, y, x, 1 to <see cref="MaximumFactor"/>.</param>
    /// <param name="labels">Takes the most frequent value instead of the mean.</param>
    /// <param name="job">Threads and cancellation, for this and every later read.</param>
    /// <exception cref="BadInputException">A factor is out of range or larger than the image.</exception>
    public BinnedSource(ISliceSource source, (int Z, int Y, int X) factor, bool labels, Job job)
    {
        Size3 size = source.Grid.Size;
        CheckFactor(factor.Z, size.Z, 'z');
        CheckFactor(factor.Y, size.Y, 'y');
        CheckFactor(factor.X, size.X, 'x');
        (_source, _factor, _labels, _job) = (source, factor, labels, job);
        Point3 s = source.Grid.Spacing;
        Grid = new Grid(new Size3(size.Z / factor.Z, size.Y / factor.Y, size.X / factor.X),
            new Point3(s.Z * factor.Z, s.Y * factor.Y, s.X * factor.X),
            source.Grid.ToPhysical((factor.Z - 1) / 2.0, (factor.Y - 1) / 2.0, (factor.X - 1) / 2.0));
        _slices = new NativeBuffer((long)size.SliceCount * (int)source.Type * (labels ? factor.Z : 1));
        if (!labels) _sums = new NativeBuffer((long)Grid.Size.Y * size.X * (source.Type == VoxelType.Float32 ? sizeof(double) : sizeof(uint)));
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
                case VoxelType.UInt8: Read<byte, uint>(z, to); break;
                case VoxelType.UInt16: Read<ushort, uint>(z, to); break;
                default: Read<float, double>(z, to); break;
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _slices.Dispose();
        _sums?.Dispose();
    }

    private static void CheckFactor(int factor, int size, char axis)
    {
        if (factor is < 1 or > MaximumFactor)
            throw BadInputException.ForParameter("bin", factor, $"a whole number from 1 to {MaximumFactor} along each axis");
        if (factor > size)
            throw BadInputException.ForParameter("bin", factor, $"at most {size} along {axis}, where the image has {size} voxel{(size == 1 ? "" : "s")}");
    }

    private void Read<T, TSum>(int z, byte* destination) where T : unmanaged where TSum : unmanaged, System.Numerics.INumberBase<TSum>
    {
        int height = Grid.Size.Y, bytes = _source.Grid.Size.SliceCount * sizeof(T), bands = Math.Min(height, 16);
        var to = (T*)destination;
        byte* slices = _slices.Pointer;
        for (int k = 0; k < _factor.Z; k++)
        {
            _job.ThrowIfCancelled();
            byte* slice = slices + (_labels ? (long)k * bytes : 0);
            _source.ReadSlice(z * _factor.Z + k, new Span<byte>(slice, bytes));
            if (_labels) continue;
            bool first = k == 0;
            _job.For(bands, () => new TSum[_source.Grid.Size.X],
                (band, row) => Add((T*)slice, (TSum*)_sums!.Pointer, Part(band, bands, height), Part(band + 1, bands, height), first, row));
        }
        _job.For(bands, () => new T[_factor.Z * _factor.Y * _factor.X], (band, block) =>
        {
            for (int y = Part(band, bands, height); y < Part(band + 1, bands, height); y++)
            {
                if (_labels) Modes((T*)slices, y, to, block);
                else if (typeof(TSum) == typeof(uint)) WholeMeans(y, to);
                else Means(y, (float*)to);
            }
        });
    }

    private static int Part(int index, int parts, int count) => (int)((long)index * count / parts);

    /// <summary>Adds a slice's rows to the sums of the blocks' rows.</summary>
    private void Add<T, TSum>(T* slice, TSum* sums, int from, int to, bool first, TSum[] row) where T : unmanaged where TSum : unmanaged, System.Numerics.INumberBase<TSum>
    {
        int width = _source.Grid.Size.X;
        for (int y = from; y < to; y++)
        {
            var sum = new Span<TSum>(sums + (long)y * width, width);
            if (first) sum.Clear();
            for (int j = 0; j < _factor.Y; j++)
            {
                T* line = slice + ((long)y * _factor.Y + j) * width;
                if (typeof(T) == typeof(byte)) TensorPrimitives.ConvertTruncating(new ReadOnlySpan<byte>(line, width), row.AsSpan());
                else if (typeof(T) == typeof(ushort)) TensorPrimitives.ConvertTruncating(new ReadOnlySpan<ushort>(line, width), row.AsSpan());
                else TensorPrimitives.ConvertTruncating(new ReadOnlySpan<float>(line, width), row.AsSpan());
                TensorPrimitives.Add(sum, row, sum);
            }
        }
    }

    private void WholeMeans<T>(int y, T* destination) where T : unmanaged
    {
        uint* sums = (uint*)_sums!.Pointer + (long)y * _source.Grid.Size.X;
        T* to = destination + (long)y * Grid.Size.X;
        var count = (uint)(_factor.Z * _factor.Y * _factor.X);
        for (int x = 0; x < Grid.Size.X; x++)
        {
            uint sum = 0;
            for (int i = 0; i < _factor.X; i++) sum += sums[x * _factor.X + i];
            (uint mean, uint rest) = Math.DivRem(sum, count);
            if (2 * rest > count || (2 * rest == count && (mean & 1) == 1)) mean++;
            if (typeof(T) == typeof(byte)) ((byte*)to)[x] = (byte)mean;
            else ((ushort*)to)[x] = (ushort)mean;
        }
    }

    private void Means(int y, float* destination)
    {
        double* sums = (double*)_sums!.Pointer + (long)y * _source.Grid.Size.X;
        float* to = destination + (long)y * Grid.Size.X;
        double count = _factor.Z * _factor.Y * _factor.X;
        for (int x = 0; x < Grid.Size.X; x++)
        {
            double sum = 0;
            for (int i = 0; i < _factor.X; i++) sum += sums[x * _factor.X + i];
            to[x] = (float)(sum / count);
        }
    }

    private void Modes<T>(T* slices, int y, T* destination, T[] block) where T : unmanaged
    {
        Size3 size = _source.Grid.Size;
        Comparer<T> comparer = Comparer<T>.Default;
        for (int x = 0; x < Grid.Size.X; x++)
        {
            int n = 0;
            bool same = true;
            for (int k = 0; k < _factor.Z; k++)
                for (int j = 0; j < _factor.Y; j++)
                {
                    T* line = slices + (long)k * size.SliceCount + ((long)y * _factor.Y + j) * size.X + (long)x * _factor.X;
                    for (int i = 0; i < _factor.X; i++)
                    {
                        block[n] = line[i];
                        same &= comparer.Compare(block[n++], block[0]) == 0;
                    }
                }
            if (!same) Array.Sort(block);
            destination[(long)y * Grid.Size.X + x] = same ? block[0] : LongestRun(block, comparer);
        }
    }

    private static T LongestRun<T>(T[] sorted, Comparer<T> comparer)
    {
        T best = sorted[0];
        int longest = 0;
        for (int from = 0; from < sorted.Length;)
        {
            int to = from + 1;
            while (to < sorted.Length && comparer.Compare(sorted[to], sorted[from]) == 0) to++;
            if (to - from > longest) (best, longest) = (sorted[from], to - from);
            from = to;
        }
        return best;
    }
}

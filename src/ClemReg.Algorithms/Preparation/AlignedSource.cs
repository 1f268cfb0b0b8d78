using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Preparation;

/// <summary>A stack whose slices are moved within their planes. The grid stays; what comes in from outside is 0.</summary>
/// <remarks>Linear interpolation in double, or the nearest pixel; integers are rounded half to even. A shift by whole pixels copies them.</remarks>
public sealed unsafe class AlignedSource : ISliceSource
{
    private readonly ISliceSource _source;
    private readonly SliceShifts _shifts;
    private readonly bool _nearest;
    private readonly Job _job;
    private readonly byte[] _slice;

    /// <summary>Prepares the view; nothing is read yet.</summary>
    /// <param name="source">The stack.</param>
    /// <param name="shifts">One for each slice.</param>
    /// <param name="nearest">Takes the nearest pixel: for labels, or to keep the noise of all slices alike.</param>
    /// <param name="job">Threads and cancellation, for this and every later read.</param>
    public AlignedSource(ISliceSource source, SliceShifts shifts, bool nearest, Job job)
    {
        if (shifts.Count != source.Grid.Size.Z) throw new ArgumentException("there must be a shift for each slice", nameof(shifts));
        (_source, _shifts, _nearest, _job) = (source, shifts, nearest, job);
        _slice = new byte[(long)source.Grid.Size.SliceCount * (int)source.Type];
    }

    /// <inheritdoc/>
    public Grid Grid => _source.Grid;

    /// <inheritdoc/>
    public VoxelType Type => _source.Type;

    /// <inheritdoc/>
    public void ReadSlice(int z, Span<byte> destination)
    {
        _job.ThrowIfCancelled();
        _source.ReadSlice(z, _slice);
        if (_shifts[z] == default)
        {
            _slice.CopyTo(destination);
            return;
        }
        fixed (byte* from = _slice, to = destination)
        {
            switch (Type)
            {
                case VoxelType.UInt8: Move(z, from, to); break;
                case VoxelType.UInt16: Move(z, (ushort*)from, (ushort*)to); break;
                default: Move(z, (float*)from, (float*)to); break;
            }
        }
    }

    private void Move<T>(int z, T* from, T* to) where T : unmanaged, System.Numerics.INumberBase<T>
    {
        SliceMap map = SliceMap.Of(_shifts[z], Grid);
        (_, int height, int width) = Grid.Size;
        const int band = 16;
        _job.For((height + band - 1) / band, b =>
        {
            for (int y = b * band; y < Math.Min(height, (b + 1) * band); y++)
                for (int x = 0; x < width; x++)
                {
                    (double v, double u) = map.Source(y, x);
                    double value = _nearest ? Nearest(from, v, u) : Linear(from, v, u);
                    to[(long)y * width + x] = typeof(T) == typeof(float) ? T.CreateTruncating((float)value) : T.CreateTruncating(Math.Round(value));
                }
        });
    }

    private double Nearest<T>(T* from, double y, double x) where T : unmanaged, System.Numerics.INumberBase<T>
    {
        (int j, int i) = ((int)Math.Floor(y + 0.5), (int)Math.Floor(x + 0.5));
        return j < 0 || i < 0 || j >= Grid.Size.Y || i >= Grid.Size.X ? 0 : double.CreateTruncating(from[(long)j * Grid.Size.X + i]);
    }

    private double Linear<T>(T* from, double y, double x) where T : unmanaged, System.Numerics.INumberBase<T>
    {
        (int height, int width) = (Grid.Size.Y, Grid.Size.X);
        if (!(y >= 0 && x >= 0 && y <= height - 1 && x <= width - 1)) return 0;
        (int j, int i) = ((int)y, (int)x);
        (double g, double h) = (y - j, x - i);
        T* a = from + (long)j * width + i, c = j + 1 < height ? a + width : a;
        int next = i + 1 < width ? 1 : 0;
        double upper = double.CreateTruncating(a[0]), lower = double.CreateTruncating(c[0]);
        upper += h * (double.CreateTruncating(a[next]) - upper);
        lower += h * (double.CreateTruncating(c[next]) - lower);
        return upper + g * (lower - upper);
    }
}

/// <summary>Where in a slice each pixel of the moved slice comes from, in pixels.</summary>
internal readonly struct SliceMap
{
    private readonly double _yy;
    private readonly double _yx;
    private readonly double _xy;
    private readonly double _xx;
    private readonly double _y;
    private readonly double _x;

    private SliceMap(double yy, double yx, double xy, double xx, double y, double x) => (_yy, _yx, _xy, _xx, _y, _x) = (yy, yx, xy, xx, y, x);

    /// <summary>The inverse of a shift, on a grid's pixels.</summary>
    public static SliceMap Of(SliceShift shift, Grid grid)
    {
        (double sin, double cos) = Math.SinCos(shift.Angle * Math.PI / 180);
        (double sy, double sx) = (grid.Spacing.Y, grid.Spacing.X);
        (double cy, double cx) = ((grid.Size.Y - 1) / 2.0, (grid.Size.X - 1) / 2.0);
        (double yy, double yx, double xy, double xx) = (cos, -sin * sx / sy, sin * sy / sx, cos);
        (double oy, double ox) = (cy + shift.Dy / sy, cx + shift.Dx / sx);
        // Whole pixels must stay whole.
        double y = cy - yy * oy - yx * ox, x = cx - xy * oy - xx * ox;
        if (shift.Angle == 0) (y, x) = (Snap(-shift.Dy / sy), Snap(-shift.Dx / sx));
        return new SliceMap(yy, yx, xy, xx, y, x);
    }

    /// <summary>The place in the slice of a pixel of the moved slice.</summary>
    public (double Y, double X) Source(double y, double x) => (_yy * y + _yx * x + _y, _xy * y + _xx * x + _x);

    private static double Snap(double v) => Math.Abs(v - Math.Round(v)) < 1e-9 ? Math.Round(v) : v;
}

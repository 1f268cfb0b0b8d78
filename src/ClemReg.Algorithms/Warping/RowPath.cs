using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using ClemReg.Algorithms.Transforms;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Warping;

/// <summary>
/// Target voxel index to source voxel index: source = Base + z Z + y Y + x X. It is the inverse of the transform, seen from both
/// grids, so everything after it knows no nanometres.
/// </summary>
internal readonly record struct IndexMap(Point3 Base, Point3 Z, Point3 Y, Point3 X)
{
    /// <summary>The map from the voxels of <paramref name="target"/> to those of <paramref name="source"/>.</summary>
    /// <exception cref="BadInputException">The transform is singular, or its numbers are too large to compute with.</exception>
    public static IndexMap Of(Grid source, AffineTransform sourceToTarget, Grid target)
    {
        AffineTransform inverse = sourceToTarget.Inverse();
        Point3 Column(int column, double length) => new(
            inverse[0, column] * length / source.Spacing.Z,
            inverse[1, column] * length / source.Spacing.Y,
            inverse[2, column] * length / source.Spacing.X);

        var map = new IndexMap(source.ToIndex(inverse.Apply(target.Origin)),
            Column(0, target.Spacing.Z), Column(1, target.Spacing.Y), Column(2, target.Spacing.X));
        if (!map.Base.IsFinite || !map.Z.IsFinite || !map.Y.IsFinite || !map.X.IsFinite)
            throw new BadInputException("The transform's matrix has numbers so large that its inverse cannot be computed, so no image can be warped with it.");
        return map;
    }
}

/// <summary>
/// The straight way of one target row through the source: source position as a function of the target's x, and the range of x where it
/// is inside the source.
/// </summary>
/// <remarks>
/// <para>Positions are 32.32 fixed point voxel indices, so stepping along the row adds up no error and gives the same numbers wherever
/// one starts; they wrap around far outside the source, where they are never used. The step is rounded to 2^-33 voxels and the row is
/// anchored in its middle, so positions are off by less than 1e-6 voxels for rows of up to 16,000.</para>
/// <para>Inside means 0 &lt;= index &lt;= n - 1 on each axis, as in SciPy's mode 'constant', widened by <see cref="Tolerance"/> so that
/// rounding of a grid-aligned transform does not lose the outermost voxels.</para>
/// </remarks>
internal readonly struct RowPath : IRowPath<StraightAxis>
{
    /// <summary>1.0 in fixed point.</summary>
    public const double One = 4294967296.0;

    /// <summary>How far outside a position still counts as on the border: 2^-22 voxels, in fixed point.</summary>
    public const long Tolerance = 1L << 10;

    /// <summary>Above this many voxels from zero a position or a step is not put into fixed point.</summary>
    private const double Far = 1 << 30;

    private RowPath(int first, int end, long z, long y, long x, long stepZ, long stepY, long stepX)
    {
        First = first;
        End = end;
        (Z, Y, X) = (z, y, x);
        (StepZ, StepY, StepX) = (stepZ, stepY, stepX);
    }

    /// <summary>The first x that is inside the source.</summary>
    public int First { get; }

    /// <summary>One past the last x that is inside; not above <see cref="First"/> when the row misses the source.</summary>
    public int End { get; }

    /// <summary>True when no voxel of the row is inside the source.</summary>
    public bool IsEmpty => End <= First;

    /// <summary>Source position at x = 0.</summary>
    public readonly long Z, Y, X;

    /// <summary>Change of the source position for one step in x.</summary>
    public readonly long StepZ, StepY, StepX;

    /// <summary>The path of target row (<paramref name="z"/>, <paramref name="y"/>) of <paramref name="count"/> voxels through a source of the given size.</summary>
    public static RowPath Of(in IndexMap map, Size3 source, int z, int y, int count)
    {
        Point3 start = map.Base + z * map.Z + y * map.Y;
        double low = 0, high = count - 1;
        Clip(start.Z, map.X.Z, source.Z, ref low, ref high);
        Clip(start.Y, map.X.Y, source.Y, ref low, ref high);
        Clip(start.X, map.X.X, source.X, ref low, ref high);
        if (!(low <= high)) return default;

        int anchor = Math.Clamp((int)Math.Round((low + high) / 2), 0, count - 1);
        Point3 middle = start + anchor * map.X;
        if (Largest(middle) > Far) return default;
        long mz = Fixed(middle.Z), my = Fixed(middle.Y), mx = Fixed(middle.X);
        long first = 0, last = count - 1;
        long sz = 0, sy = 0, sx = 0;
        if (Largest(map.X) > Far) first = last = anchor;
        else (sz, sy, sx) = (Fixed(map.X.Z), Fixed(map.X.Y), Fixed(map.X.X));
        Clip(mz, sz, anchor, -Tolerance, Upper(source.Z), ref first, ref last);
        Clip(my, sy, anchor, -Tolerance, Upper(source.Y), ref first, ref last);
        Clip(mx, sx, anchor, -Tolerance, Upper(source.X), ref first, ref last);
        if (last < first) return default;
        return unchecked(new RowPath((int)first, (int)last + 1, mz - anchor * sz, my - anchor * sy, mx - anchor * sx, sz, sy, sx));
    }

    /// <inheritdoc/>
    public (long Z, long Y, long X) At(int x) => (Z + x * StepZ, Y + x * StepY, X + x * StepX);

    /// <inheritdoc/>
    public StraightAxis AxisZ(int order, int x) => new(Z + Interpolation.Bias(order), StepZ, x, End - 1);

    /// <inheritdoc/>
    public StraightAxis AxisY(int order, int x) => new(Y + Interpolation.Bias(order), StepY, x, End - 1);

    /// <inheritdoc/>
    public StraightAxis AxisX(int order, int x) => new(X + Interpolation.Bias(order), StepX, x, End - 1);

    /// <summary>The source slice at <paramref name="x"/>: the integer part of the position plus <paramref name="bias"/> (fixed point).</summary>
    public int SliceAt(int x, long bias) => (int)((Z + x * StepZ + bias) >> 32);

    /// <summary>The part of this path where <see cref="SliceAt"/> is at least <paramref name="from"/> and below <paramref name="to"/>.</summary>
    public RowPath Within(int from, int to, long bias)
    {
        if (IsEmpty) return default;
        long first = First, last = End - 1;
        Clip(Z + first * StepZ, StepZ, First, ((long)from << 32) - bias, ((long)to << 32) - bias - 1, ref first, ref last);
        return last < first ? default : new RowPath((int)first, (int)last + 1, Z, Y, X, StepZ, StepY, StepX);
    }

    private static long Fixed(double voxels) => (long)Math.Round(voxels * One);

    /// <summary>The last position that is inside an axis of <paramref name="size"/> voxels; the first is -<see cref="Tolerance"/>.</summary>
    public static long Upper(int size) => ((long)(size - 1) << 32) + Tolerance;

    private static double Largest(Point3 p) => Math.Max(Math.Abs(p.Z), Math.Max(Math.Abs(p.Y), Math.Abs(p.X)));

    /// <summary>Narrows [low, high] to where start + x step is inside, give or take a thousandth of a voxel: the exact bounds follow in fixed point.</summary>
    private static void Clip(double start, double step, int size, ref double low, ref double high)
    {
        const double margin = 1e-3;
        double from = -margin - start, to = size - 1 + margin - start;
        if (step == 0)
        {
            if (from > 0 || to < 0) high = double.NegativeInfinity;
            return;
        }
        if (step < 0) (from, to) = (to, from);
        low = Math.Max(low, from / step);
        high = Math.Min(high, to / step);
    }

    /// <summary>Narrows [first, last] to the x with from &lt;= position + (x - anchor) step &lt;= to.</summary>
    private static void Clip(long position, long step, long anchor, long from, long to, ref long first, ref long last)
    {
        if (step == 0)
        {
            if (position < from || position > to) last = first - 1;
            return;
        }
        (long low, long high) = step > 0 ? (from - position, to - position) : (position - to, position - from);
        step = Math.Abs(step);
        first = Math.Max(first, anchor - FloorDivide(-low, step));
        last = Math.Min(last, anchor + FloorDivide(high, step));
    }

    private static long FloorDivide(long a, long b)
    {
        (long quotient, long remainder) = Math.DivRem(a, b);
        return remainder < 0 ? quotient - 1 : quotient;
    }
}

/// <summary>Part of a target row whose voxels' positions are listed.</summary>
internal readonly unsafe struct ListedPath(int first, int end, long* z, long* y, long* x) : IRowPath<ListedAxis>
{
    /// <summary>Positions that must follow the row's last one in each list: they are read, not used.</summary>
    public const int Padding = 8;

    /// <inheritdoc/>
    public int First { get; } = first;

    /// <inheritdoc/>
    public int End { get; } = end;

    /// <inheritdoc/>
    public (long Z, long Y, long X) At(int i) => (z[i], y[i], x[i]);

    /// <inheritdoc/>
    public ListedAxis AxisZ(int order, int i) => new(z, Interpolation.Bias(order), i, End - 1);

    /// <inheritdoc/>
    public ListedAxis AxisY(int order, int i) => new(y, Interpolation.Bias(order), i, End - 1);

    /// <inheritdoc/>
    public ListedAxis AxisX(int order, int i) => new(x, Interpolation.Bias(order), i, End - 1);
}

/// <summary>Four neighbours of a <see cref="RowPath"/>.</summary>
internal readonly struct StraightAxis : IAxis<StraightAxis>
{
    private readonly Vector128<long> _low, _high, _step;

    private StraightAxis(Vector128<long> low, Vector128<long> high, Vector128<long> step)
    {
        _low = low;
        _high = high;
        _step = step;
    }

    /// <summary>The positions of x to x + 3, those beyond <paramref name="last"/> as that one, of start + x step.</summary>
    public StraightAxis(long start, long step, int x, int last)
    {
        _low = Vector128.Create(start + x * step, start + Math.Min(x + 1, last) * step);
        _high = Vector128.Create(start + Math.Min(x + 2, last) * step, start + Math.Min(x + 3, last) * step);
        _step = Vector128.Create(4 * step);
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public StraightAxis Next() => new(_low + _step, _high + _step, _step);

    /// <inheritdoc/>
    public Vector128<int> Index => FixedPoint.Whole(_low, _high);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector128<float> Fraction(float bias) => FixedPoint.Fraction(_low, _high, bias);
}

/// <summary>Four neighbours of a <see cref="ListedPath"/>.</summary>
internal readonly unsafe struct ListedAxis : IAxis<ListedAxis>
{
    private readonly long* _next;
    private readonly Vector128<long> _low, _high, _bias;

    private ListedAxis(long* next, Vector128<long> low, Vector128<long> high, Vector128<long> bias)
    {
        _next = next;
        _low = low;
        _high = high;
        _bias = bias;
    }

    /// <summary>The positions of x to x + 3, those beyond <paramref name="last"/> as that one.</summary>
    public ListedAxis(long* list, long bias, int x, int last)
    {
        _next = list + x + 4;
        _low = Vector128.Create(list[x] + bias, list[Math.Min(x + 1, last)] + bias);
        _high = Vector128.Create(list[Math.Min(x + 2, last)] + bias, list[Math.Min(x + 3, last)] + bias);
        _bias = Vector128.Create(bias);
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ListedAxis Next() => new(_next + 4, Vector128.Load(_next) + _bias, Vector128.Load(_next + 2) + _bias, _bias);

    /// <inheritdoc/>
    public Vector128<int> Index => FixedPoint.Whole(_low, _high);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector128<float> Fraction(float bias) => FixedPoint.Fraction(_low, _high, bias);
}

/// <summary>The halves of four 64-bit numbers, such as 32.32 fixed point numbers.</summary>
internal static class FixedPoint
{
    /// <summary>The low halves.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<int> Low(Vector128<long> low, Vector128<long> high) => Sse.IsSupported
        ? Sse.Shuffle(low.AsSingle(), high.AsSingle(), 0x88).AsInt32()
        : Vector128.Narrow(low, high);

    /// <summary>The high halves: integer parts.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<int> Whole(Vector128<long> low, Vector128<long> high) => Sse.IsSupported
        ? Sse.Shuffle(low.AsSingle(), high.AsSingle(), 0xDD).AsInt32()
        : Vector128.Narrow(low >> 32, high >> 32);

    /// <summary>Fractional parts to 2^-24, less the bias.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Fraction(Vector128<long> low, Vector128<long> high, float bias) =>
        Vector128.ConvertToSingle(Low(low, high) >>> 8) * (1f / (1 << 24)) - Vector128.Create(bias);
}

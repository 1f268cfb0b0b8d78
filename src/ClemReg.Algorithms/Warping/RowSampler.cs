using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Warping;

/// <summary>The part of a source image that is in memory, addressed as if it were whole.</summary>
internal readonly unsafe struct SourceWindow(void* origin, Size3 size, long sliceStride, int rowStride)
{
    /// <summary>Where voxel (0, 0, 0) is or would be.</summary>
    public readonly void* Origin = origin;

    /// <summary>The whole image's size.</summary>
    public readonly Size3 Size = size;

    /// <summary>Elements from one slice to the next.</summary>
    public readonly long SliceStride = sliceStride;

    /// <summary>Elements from one row to the next.</summary>
    public readonly int RowStride = rowStride;
}

/// <summary>The way of one target row through the source: where each of its voxels lies, as 32.32 fixed point voxel indices.</summary>
/// <typeparam name="TAxis">The positions along one axis of four neighbours.</typeparam>
internal interface IRowPath<TAxis> where TAxis : struct, IAxis<TAxis>
{
    /// <summary>The first x that is sampled.</summary>
    int First { get; }

    /// <summary>One past the last x that is sampled.</summary>
    int End { get; }

    /// <summary>The position of <paramref name="x"/>.</summary>
    (long Z, long Y, long X) At(int x);

    /// <summary>The z positions, biased for an order, of <paramref name="x"/> and the three after it; those beyond the path's end repeat its last voxel.</summary>
    TAxis AxisZ(int order, int x);

    /// <summary>As <see cref="AxisZ"/>, along y.</summary>
    TAxis AxisY(int order, int x);

    /// <summary>As <see cref="AxisZ"/>, along x.</summary>
    TAxis AxisX(int order, int x);
}

/// <summary>The biased fixed point positions along one axis of four neighbours in the target row.</summary>
internal interface IAxis<TSelf> where TSelf : struct
{
    /// <summary>Integer parts.</summary>
    Vector128<int> Index { get; }

    /// <summary>Fractional parts to 2^-24, less the bias.</summary>
    Vector128<float> Fraction(float bias);

    /// <summary>The four after these.</summary>
    TSelf Next();
}

/// <summary>
/// Interpolates the voxels of one target row along its <see cref="RowPath"/> or <see cref="ListedPath"/>. Four voxels go through 128-bit vectors together, on every
/// CPU alike; each voxel's value depends on its position alone, so a row gives the same bytes whole or in parts.
/// </summary>
internal static unsafe class RowSampler
{
    private const int Lanes = 4;

    /// <summary>True if sampling wants <see cref="SplineCoefficients"/> instead of voxels.</summary>
    /// <remarks>Linear interpolation loads voxels in pairs along x, which an image one voxel wide has not; it is continued to two.</remarks>
    public static bool NeedsCoefficients(int order, Size3 source) => order > 1 || (order == 1 && source.X == 1);

    /// <summary>A float row of scratch for sampling.</summary>
    public static NativeBuffer Scratch(int width) => new((width + Lanes) * sizeof(float));

    /// <summary>Computes the voxels path.First to path.End - 1 of a target row; the others stay as they are.</summary>
    /// <param name="order">0 to 5.</param>
    /// <param name="type">The voxel type of source and target.</param>
    /// <param name="window">Holds all that the path needs: voxels, or coefficients where <see cref="NeedsCoefficients"/> says so.</param>
    /// <param name="path">Inside the source.</param>
    /// <param name="row">The target row's voxel 0.</param>
    /// <param name="scratch">Of <see cref="Scratch"/> for the row's width.</param>
    public static void Sample(int order, VoxelType type, in SourceWindow window, in RowPath path, byte* row, float* scratch) =>
        Sample<RowPath, StraightAxis>(order, type, window, path, row, scratch);

    /// <inheritdoc cref="Sample(int, VoxelType, in SourceWindow, in RowPath, byte*, float*)"/>
    public static void Sample(int order, VoxelType type, in SourceWindow window, in ListedPath path, byte* row, float* scratch) =>
        Sample<ListedPath, ListedAxis>(order, type, window, path, row, scratch);

    private static void Sample<TPath, TAxis>(int order, VoxelType type, in SourceWindow window, in TPath path, byte* row, float* scratch)
        where TPath : struct, IRowPath<TAxis> where TAxis : struct, IAxis<TAxis>
    {
        if (path.End <= path.First) return;
        switch (type)
        {
            case VoxelType.UInt8: Sample<byte, TPath, TAxis>(order, window, path, row, scratch); break;
            case VoxelType.UInt16: Sample<ushort, TPath, TAxis>(order, window, path, (ushort*)row, scratch); break;
            default: Sample<float, TPath, TAxis>(order, window, path, (float*)row, scratch); break;
        }
    }

    private static void Sample<T, TPath, TAxis>(int order, in SourceWindow window, in TPath path, T* row, float* scratch)
        where T : unmanaged where TPath : struct, IRowPath<TAxis> where TAxis : struct, IAxis<TAxis>
    {
        if (order == 0)
        {
            Nearest<T, TPath, TAxis>(window, path, row);
            return;
        }
        if (!NeedsCoefficients(order, window.Size)) Linear<T, TPath, TAxis>(window, path, scratch);
        else
        {
            switch (order)
            {
                case 1: Spline<Order1, TPath, TAxis>(window, path, scratch); break;
                case 2: Spline<Order2, TPath, TAxis>(window, path, scratch); break;
                case 3: Spline<Order3, TPath, TAxis>(window, path, scratch); break;
                case 4: Spline<Order4, TPath, TAxis>(window, path, scratch); break;
                default: Spline<Order5, TPath, TAxis>(window, path, scratch); break;
            }
        }
        Store(scratch + path.First, row + path.First, path.End - path.First);
    }

    /// <summary>Order 0: the voxel whose centre is nearest; half way, the one of higher index.</summary>
    private static void Nearest<T, TPath, TAxis>(in SourceWindow window, in TPath path, T* row)
        where T : unmanaged where TPath : struct, IRowPath<TAxis> where TAxis : struct, IAxis<TAxis>
    {
        var source = (T*)window.Origin;
        long slice = window.SliceStride;
        long line = window.RowStride;
        long bias = Interpolation.Bias(0);
        int end = path.End;
        for (int i = path.First; i < end; i++)
        {
            (long z, long y, long x) = path.At(i);
            row[i] = source[((z + bias) >> 32) * slice + ((y + bias) >> 32) * line + ((x + bias) >> 32)];
        }
    }

    /// <summary>Order 1 on voxels.</summary>
    private static void Linear<T, TPath, TAxis>(in SourceWindow window, in TPath path, float* row)
        where T : unmanaged where TPath : struct, IRowPath<TAxis> where TAxis : struct, IAxis<TAxis>
    {
        var source = (T*)window.Origin;
        (int depth, int height, int width) = window.Size;
        long slice = window.SliceStride, line = window.RowStride;
        // The second tap of an axis with one voxel is that voxel again; its weight is 0.
        long nextSlice = depth > 1 ? slice : 0, nextLine = height > 1 ? line : 0;
        Vector128<int> lastZ = Vector128.Create(Math.Max(depth - 2, 0));
        Vector128<int> lastY = Vector128.Create(Math.Max(height - 2, 0));
        Vector128<int> lastX = Vector128.Create(width - 2);
        int end = path.End;
        TAxis axisZ = path.AxisZ(1, path.First), axisY = path.AxisY(1, path.First), axisX = path.AxisX(1, path.First);
        long* offset = stackalloc long[Lanes];
        for (int i = path.First; i < end; i += Lanes)
        {
            if (i + Lanes > end)
            {
                axisZ = path.AxisZ(1, i);
                axisY = path.AxisY(1, i);
                axisX = path.AxisX(1, i);
            }
            // At the last voxel of an axis the pair before it is taken, with a fraction of 1.
            Vector128<int> iz = Vector128.Min(axisZ.Index, lastZ);
            Vector128<int> iy = Vector128.Min(axisY.Index, lastY);
            Vector128<int> ix = Vector128.Min(axisX.Index, lastX);
            Vector128<float> fz = axisZ.Fraction(RowPathTolerance) + Vector128.ConvertToSingle(axisZ.Index - iz);
            Vector128<float> fy = axisY.Fraction(RowPathTolerance) + Vector128.ConvertToSingle(axisY.Index - iy);
            Vector128<float> fx = axisX.Fraction(RowPathTolerance) + Vector128.ConvertToSingle(axisX.Index - ix);
            for (int k = 0; k < Lanes; k++) offset[k] = iz[k] * slice + iy[k] * line + ix[k];

            Vector128<float> gx = Vector128<float>.One - fx;
            T* p0 = source + offset[0], p1 = source + offset[1], p2 = source + offset[2], p3 = source + offset[3];
            Vector128<float> v00 = AlongX(p0, p1, p2, p3, 0, gx, fx);
            Vector128<float> v01 = AlongX(p0, p1, p2, p3, nextLine, gx, fx);
            Vector128<float> v10 = AlongX(p0, p1, p2, p3, nextSlice, gx, fx);
            Vector128<float> v11 = AlongX(p0, p1, p2, p3, nextSlice + nextLine, gx, fx);
            Vector128<float> gy = Vector128<float>.One - fy;
            Vector128<float> v0 = Vector128.MultiplyAddEstimate(v00, gy, v01 * fy);
            Vector128<float> v1 = Vector128.MultiplyAddEstimate(v10, gy, v11 * fy);
            Vector128.MultiplyAddEstimate(v0, Vector128<float>.One - fz, v1 * fz).Store(row + i);
            axisZ = axisZ.Next();
            axisY = axisY.Next();
            axisX = axisX.Next();
        }
    }

    /// <summary>g p[step] + f p[step + 1] for four places.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<float> AlongX<T>(T* p0, T* p1, T* p2, T* p3, long step, Vector128<float> g, Vector128<float> f) where T : unmanaged
    {
        Vector128<float> a, b;
        if (typeof(T) == typeof(float))
        {
            Vector128<long> low = Vector128.Create(*(long*)(p0 + step), *(long*)(p1 + step));
            Vector128<long> high = Vector128.Create(*(long*)(p2 + step), *(long*)(p3 + step));
            a = FixedPoint.Low(low, high).AsSingle();
            b = FixedPoint.Whole(low, high).AsSingle();
        }
        else if (typeof(T) == typeof(ushort))
        {
            Vector128<uint> pairs = Vector128.Create(*(uint*)(p0 + step), *(uint*)(p1 + step), *(uint*)(p2 + step), *(uint*)(p3 + step));
            a = Vector128.ConvertToSingle((pairs & Vector128.Create(0xFFFFu)).AsInt32());
            b = Vector128.ConvertToSingle((pairs >>> 16).AsInt32());
        }
        else
        {
            Vector128<uint> pairs = Vector128.Create(*(ushort*)(p0 + step), *(ushort*)(p1 + step), *(ushort*)(p2 + step), (uint)*(ushort*)(p3 + step));
            a = Vector128.ConvertToSingle((pairs & Vector128.Create(0xFFu)).AsInt32());
            b = Vector128.ConvertToSingle((pairs >>> 8).AsInt32());
        }
        return Vector128.MultiplyAddEstimate(a, g, b * f);
    }

    /// <summary>Any order on coefficients (order 1: on continued voxels). The order is a type so that the compiler knows it.</summary>
    private static void Spline<TOrder, TPath, TAxis>(in SourceWindow window, in TPath path, float* row)
        where TOrder : struct, IOrder where TPath : struct, IRowPath<TAxis> where TAxis : struct, IAxis<TAxis>
    {
        int order = TOrder.Value, taps = order + 1, below = Interpolation.TapsBelow(order);
        var source = (float*)window.Origin;
        long slice = window.SliceStride, line = window.RowStride;
        source -= below * slice + below * line + below;
        float bias = (order & 1) == 0 ? 0.5f : RowPathTolerance;
        int end = path.End;
        TAxis axisZ = path.AxisZ(order, path.First), axisY = path.AxisY(order, path.First), axisX = path.AxisX(order, path.First);
        const int most = Interpolation.MaxOrder + 1;
        Vector128<float>* wz = stackalloc Vector128<float>[most];
        Vector128<float>* wy = stackalloc Vector128<float>[most];
        Vector128<float>* wx = stackalloc Vector128<float>[2 * Lanes];
        Vector128<float>* low = stackalloc Vector128<float>[Lanes];
        Vector128<float>* high = stackalloc Vector128<float>[Lanes];
        int* index = stackalloc int[3 * Lanes];
        for (int t = taps; t < 2 * Lanes; t++) wx[t] = default;
        for (int i = path.First; i < end; i += Lanes)
        {
            if (i + Lanes > end)
            {
                axisZ = path.AxisZ(order, i);
                axisY = path.AxisY(order, i);
                axisX = path.AxisX(order, i);
            }
            axisZ.Index.Store(index);
            axisY.Index.Store(index + Lanes);
            axisX.Index.Store(index + 2 * Lanes);
            Weights(order, axisZ.Fraction(bias), wz);
            Weights(order, axisY.Fraction(bias), wy);
            Weights(order, axisX.Fraction(bias), wx);
            for (int k = 0; k < Lanes; k++)
            {
                float* p = source + (index[k] * slice + index[Lanes + k] * line + index[2 * Lanes + k]);
                float* z = (float*)wz + k;
                float* y = (float*)wy + k;
                if (order == 3) low[k] = CubicColumns(p, slice, line, z, y);
                else if (taps <= Lanes) low[k] = Columns(p, slice, line, z, y, taps);
                else
                {
                    Vector256<float> eight = EightColumns(p, slice, line, z, y, taps);
                    low[k] = eight.GetLower();
                    high[k] = eight.GetUpper();
                }
            }
            Vector128<float> sum = AcrossColumns(low, wx);
            if (taps > Lanes) sum += AcrossColumns(high, wx + Lanes);
            sum.Store(row + i);
            axisZ = axisZ.Next();
            axisY = axisY.Next();
            axisX = axisX.Next();
        }
    }

    /// <summary>The weighted sum over z and y of four adjacent columns; the weights of one voxel lie four floats apart.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<float> Columns(float* p, long slice, long line, float* wz, float* wy, int taps)
    {
        Vector128<float> sum = default;
        for (int z = 0; z < taps; z++)
        {
            Vector128<float> plane = default;
            float* q = p;
            for (int y = 0; y < taps * Lanes; y += Lanes, q += line)
                plane = Vector128.MultiplyAddEstimate(Vector128.Load(q), Vector128.Create(wy[y]), plane);
            sum = Vector128.MultiplyAddEstimate(plane, Vector128.Create(wz[z * Lanes]), sum);
            p += slice;
        }
        return sum;
    }

    /// <summary><see cref="Columns"/> for eight adjacent columns.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> EightColumns(float* p, long slice, long line, float* wz, float* wy, int taps)
    {
        Vector256<float> sum = default;
        for (int z = 0; z < taps; z++)
        {
            Vector256<float> plane = default;
            float* q = p;
            for (int y = 0; y < taps * Lanes; y += Lanes, q += line)
                plane = Vector256.MultiplyAddEstimate(Vector256.Load(q), Vector256.Create(wy[y]), plane);
            sum = Vector256.MultiplyAddEstimate(plane, Vector256.Create(wz[z * Lanes]), sum);
            p += slice;
        }
        return sum;
    }

    /// <summary><see cref="Columns"/> for four taps, unrolled.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<float> CubicColumns(float* p, long slice, long line, float* wz, float* wy)
    {
        Vector128<float> y0 = Vector128.Create(wy[0]), y1 = Vector128.Create(wy[4]), y2 = Vector128.Create(wy[8]), y3 = Vector128.Create(wy[12]);
        Vector128<float> sum = CubicPlane(p, line, y0, y1, y2, y3) * wz[0];
        sum = Vector128.MultiplyAddEstimate(CubicPlane(p + slice, line, y0, y1, y2, y3), Vector128.Create(wz[4]), sum);
        sum = Vector128.MultiplyAddEstimate(CubicPlane(p + 2 * slice, line, y0, y1, y2, y3), Vector128.Create(wz[8]), sum);
        return Vector128.MultiplyAddEstimate(CubicPlane(p + 3 * slice, line, y0, y1, y2, y3), Vector128.Create(wz[12]), sum);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<float> CubicPlane(float* p, long line, Vector128<float> y0, Vector128<float> y1, Vector128<float> y2, Vector128<float> y3)
    {
        Vector128<float> even = Vector128.Load(p) * y0;
        Vector128<float> odd = Vector128.Load(p + line) * y1;
        even = Vector128.MultiplyAddEstimate(Vector128.Load(p + 2 * line), y2, even);
        odd = Vector128.MultiplyAddEstimate(Vector128.Load(p + 3 * line), y3, odd);
        return even + odd;
    }

    /// <summary>For each of four voxels, the weighted sum of its four columns.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<float> AcrossColumns(Vector128<float>* columns, Vector128<float>* wx)
    {
        Vector128<float> c0, c1, c2, c3;
        if (Sse.IsSupported)
        {
            Vector128<float> a = Sse.UnpackLow(columns[0], columns[1]), b = Sse.UnpackLow(columns[2], columns[3]);
            Vector128<float> c = Sse.UnpackHigh(columns[0], columns[1]), d = Sse.UnpackHigh(columns[2], columns[3]);
            c0 = Sse.MoveLowToHigh(a, b);
            c1 = Sse.MoveHighToLow(b, a);
            c2 = Sse.MoveLowToHigh(c, d);
            c3 = Sse.MoveHighToLow(d, c);
        }
        else
        {
            var v = (float*)columns;
            c0 = Vector128.Create(v[0], v[4], v[8], v[12]);
            c1 = Vector128.Create(v[1], v[5], v[9], v[13]);
            c2 = Vector128.Create(v[2], v[6], v[10], v[14]);
            c3 = Vector128.Create(v[3], v[7], v[11], v[15]);
        }
        Vector128<float> sum = Vector128.MultiplyAddEstimate(c1, wx[1], c0 * wx[0]);
        sum = Vector128.MultiplyAddEstimate(c2, wx[2], sum);
        return Vector128.MultiplyAddEstimate(c3, wx[3], sum);
    }

    /// <summary>
    /// The B-spline's values at the taps around four positions. <paramref name="f"/> is the distance from the tap of the position's
    /// integer part: 0 to 1 for odd orders, -0.5 to 0.5 for even ones.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Weights(int order, Vector128<float> f, Vector128<float>* w)
    {
        Vector128<float> one = Vector128<float>.One;
        Vector128<float> g = one - f;
        switch (order)
        {
            case 1:
                w[0] = g;
                w[1] = f;
                break;
            case 2:
                Vector128<float> left = Vector128.Create(0.5f) - f;
                w[0] = left * left * 0.5f;
                w[1] = Vector128.Create(0.75f) - f * f;
                w[2] = one - w[0] - w[1];
                break;
            case 3:
                w[0] = g * g * g * (1f / 6);
                w[1] = Vector128.Create(2f / 3) - f * f * (one - f * 0.5f);
                w[2] = Vector128.Create(2f / 3) - g * g * (one - g * 0.5f);
                w[3] = f * f * f * (1f / 6);
                break;
            case 4:
                for (int t = 0; t < 5; t++) w[t] = Quartic(Vector128.Abs(f - Vector128.Create(t - 2f)));
                break;
            default:
                for (int t = 0; t < 6; t++) w[t] = Quintic(Vector128.Abs(f - Vector128.Create(t - 2f)));
                break;
        }
    }

    /// <summary>The centred B-spline of degree 4 at distance d, 0 to 2.5.</summary>
    private static Vector128<float> Quartic(Vector128<float> d)
    {
        Vector128<float> s = d * d;
        Vector128<float> near = Vector128.Create(115f / 192) - s * (Vector128.Create(0.625f) - s * 0.25f);
        Vector128<float> middle = Vector128.Create(55f / 96)
            + d * (Vector128.Create(5f / 24) + d * (Vector128.Create(-1.25f) + d * (Vector128.Create(5f / 6) - d * (1f / 6))));
        Vector128<float> e = Vector128.Create(2.5f) - d;
        Vector128<float> far = e * e * (e * e) * (1f / 24);
        return Vector128.ConditionalSelect(Vector128.LessThan(d, Vector128.Create(0.5f)), near,
            Vector128.ConditionalSelect(Vector128.LessThan(d, Vector128.Create(1.5f)), middle, far));
    }

    /// <summary>The centred B-spline of degree 5 at distance d, 0 to 3.</summary>
    private static Vector128<float> Quintic(Vector128<float> d)
    {
        Vector128<float> s = d * d;
        Vector128<float> near = Vector128.Create(0.55f) + s * (Vector128.Create(-0.5f) + s * (Vector128.Create(0.25f) - d * (1f / 12)));
        Vector128<float> middle = Vector128.Create(0.425f) + d * (Vector128.Create(0.625f) + d * (Vector128.Create(-1.75f)
            + d * (Vector128.Create(1.25f) + d * (Vector128.Create(-0.375f) + d * (1f / 24)))));
        Vector128<float> e = Vector128.Create(3f) - d;
        Vector128<float> far = e * e * (e * e) * e * (1f / 120);
        return Vector128.ConditionalSelect(Vector128.LessThan(d, Vector128<float>.One), near,
            Vector128.ConditionalSelect(Vector128.LessThan(d, Vector128.Create(2f)), middle, far));
    }

    /// <summary>Converts floats to voxels: rounded half to even and clamped for integer types.</summary>
    private static void Store<T>(float* values, T* row, int count) where T : unmanaged
    {
        if (typeof(T) == typeof(float))
        {
            new ReadOnlySpan<float>(values, count).CopyTo(new Span<float>(row, count));
            return;
        }
        Vector128<float> most = Vector128.Create(typeof(T) == typeof(byte) ? 255f : 65535f);
        // Adding 1.5 * 2^23 leaves the integer nearest to the value, half to even, in the low bits.
        Vector128<float> magic = Vector128.Create(12582912f);
        int i = 0;
        for (; i <= count - 2 * Lanes; i += 2 * Lanes)
        {
            Vector128<int> a = (Vector128.Min(Vector128.Max(Vector128.Load(values + i), default), most) + magic).AsInt32();
            Vector128<int> b = (Vector128.Min(Vector128.Max(Vector128.Load(values + i + Lanes), default), most) + magic).AsInt32();
            Vector128<ushort> words = Vector128.Narrow(a.AsUInt32(), b.AsUInt32());
            if (typeof(T) == typeof(ushort)) words.Store((ushort*)(row + i));
            else Vector128.Narrow(words, words).GetLower().Store((byte*)(row + i));
        }
        for (; i < count; i++) row[i] = VoxelConvert.FromFloat<T>(values[i]);
    }

    private const float RowPathTolerance = RowPath.Tolerance / 4294967296f;

    private interface IOrder
    {
        static abstract int Value { get; }
    }

    private readonly struct Order1 : IOrder
    {
        public static int Value => 1;
    }

    private readonly struct Order2 : IOrder
    {
        public static int Value => 2;
    }

    private readonly struct Order3 : IOrder
    {
        public static int Value => 3;
    }

    private readonly struct Order4 : IOrder
    {
        public static int Value => 4;
    }

    private readonly struct Order5 : IOrder
    {
        public static int Value => 5;
    }
}

using System.Numerics;
using System.Runtime.CompilerServices;

namespace ClemReg.Algorithms.Alignment;

/// <summary>
/// The one-dimensional complex discrete Fourier transform of lengths 2^a 3^b 5^c in single precision, of <see cref="Columns"/> columns at once, so
/// that all arithmetic is on vectors. Real and imaginary parts are separate arrays.
/// </summary>
/// <remarks>
/// Forward is decimation in frequency and leaves the spectrum in the order of <see cref="FrequencyAt"/>; inverse is its transpose and starts from that
/// order. A product of spectra does not mind the order, so nothing is ever sorted. Gentleman and Sande 1966, Fast Fourier transforms: for fun and profit.
/// </remarks>
internal sealed unsafe class FftPlan
{
    /// <summary>Columns that are transformed together: with lengths up to 200 or so they stay in the first-level cache.</summary>
    public const int Columns = 16;

    private readonly int[] _radices;
    private readonly float[] _twiddles;
    private readonly float* _pinned;
    private readonly int[] _offsets;

    private interface IDirection;

    private readonly struct InFrequency : IDirection;

    private readonly struct InTime : IDirection;

    /// <summary>Makes the plan of a length.</summary>
    /// <param name="length">A product of twos, threes and fives, 1 or more.</param>
    public FftPlan(int length)
    {
        Length = length;
        var radices = new List<int>();
        int rest = length;
        foreach (int radix in (ReadOnlySpan<int>)[4, 2, 3, 5])
            for (; rest % radix == 0 && rest > 1; rest /= radix) radices.Add(radix);
        if (length < 1 || rest != 1) throw new ArgumentException("the length must be a product of 2, 3 and 5", nameof(length));
        _radices = [.. radices];

        // For each stage and each place j of its butterflies the factors exp(-2 pi i j q / m), q from 1 on.
        var twiddles = new List<float>();
        _offsets = new int[_radices.Length];
        for (int s = 0, m = length; s < _radices.Length; m /= _radices[s], s++)
        {
            _offsets[s] = twiddles.Count;
            for (int j = 0; j < m / _radices[s]; j++)
                for (int q = 1; q < _radices[s]; q++)
                {
                    (double sin, double cos) = Math.SinCos(-2 * Math.PI * ((long)j * q % m) / m);
                    twiddles.Add((float)cos);
                    twiddles.Add((float)sin);
                }
        }
        _twiddles = GC.AllocateUninitializedArray<float>(Math.Max(1, twiddles.Count), pinned: true);
        twiddles.CopyTo(_twiddles);
        _pinned = (float*)Unsafe.AsPointer(ref _twiddles[0]);
    }

    /// <summary>Numbers of one column.</summary>
    public int Length { get; }

    /// <summary>The least length of this kind that is not below <paramref name="length"/>.</summary>
    public static int SizeFor(int length)
    {
        for (int n = Math.Max(1, length); ; n++)
        {
            int rest = n;
            foreach (int p in (ReadOnlySpan<int>)[2, 3, 5])
                while (rest % p == 0) rest /= p;
            if (rest == 1) return n;
        }
    }

    /// <summary>The frequency (0 to length - 1) that stands in row <paramref name="row"/> of a spectrum.</summary>
    public int FrequencyAt(int row)
    {
        int frequency = 0, weight = 1, length = Length;
        foreach (int radix in _radices)
        {
            length /= radix;
            frequency += row / length * weight;
            row %= length;
            weight *= radix;
        }
        return frequency;
    }

    /// <summary>Transforms columns: row i is <see cref="Columns"/> numbers from i * stride on. In place; sums of f exp(-2 pi i k x / n).</summary>
    public void Forward(float* re, float* im, nint stride)
    {
        for (int s = 0, m = Length; s < _radices.Length; m /= _radices[s], s++) Stage<InFrequency>(s, m, re, im, stride);
    }

    /// <summary>From the spectrum back, without the division by the length.</summary>
    public void Inverse(float* re, float* im, nint stride)
    {
        int m = 1;
        for (int s = _radices.Length - 1; s >= 0; s--)
        {
            m *= _radices[s];
            // Real and imaginary parts exchanged turn the sign of the exponent.
            Stage<InTime>(s, m, im, re, stride);
        }
    }

    private void Stage<T>(int s, int m, float* re, float* im, nint stride) where T : struct, IDirection
    {
        int radix = _radices[s], sub = m / radix;
        float* twiddles = _pinned + _offsets[s];
        for (int block = 0; block < Length; block += m)
            for (int j = 0; j < sub; j++)
            {
                nint at = (block + j) * stride;
                float* w = twiddles + j * (radix - 1) * 2;
                switch (radix)
                {
                    case 2: Radix2<T>(re + at, im + at, sub * stride, w, j != 0); break;
                    case 3: Radix3<T>(re + at, im + at, sub * stride, w, j != 0); break;
                    case 4: Radix4<T>(re + at, im + at, sub * stride, w, j != 0); break;
                    default: Radix5<T>(re + at, im + at, sub * stride, w, j != 0); break;
                }
            }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static (Vector<float> Re, Vector<float> Im) Load<T>(float* re, float* im, float* w, bool turn) where T : struct, IDirection
    {
        Vector<float> a = Vector.Load(re), b = Vector.Load(im);
        return typeof(T) == typeof(InTime) && turn ? Turned(a, b, w) : (a, b);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store<T>(Vector<float> a, Vector<float> b, float* re, float* im, float* w, bool turn) where T : struct, IDirection
    {
        if (typeof(T) == typeof(InFrequency) && turn) (a, b) = Turned(a, b, w);
        a.Store(re);
        b.Store(im);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static (Vector<float> Re, Vector<float> Im) Turned(Vector<float> a, Vector<float> b, float* w)
    {
        var cos = new Vector<float>(w[0]);
        var sin = new Vector<float>(w[1]);
        return (Vector.MultiplyAddEstimate(a, cos, -(b * sin)), Vector.MultiplyAddEstimate(a, sin, b * cos));
    }

    private static void Radix2<T>(float* re, float* im, nint step, float* w, bool turn) where T : struct, IDirection
    {
        for (int v = 0; v < Columns; v += Vector<float>.Count, re += Vector<float>.Count, im += Vector<float>.Count)
        {
            (Vector<float> a0, Vector<float> b0) = (Vector.Load(re), Vector.Load(im));
            (Vector<float> a1, Vector<float> b1) = Load<T>(re + step, im + step, w, turn);
            (a0 + a1).Store(re);
            (b0 + b1).Store(im);
            Store<T>(a0 - a1, b0 - b1, re + step, im + step, w, turn);
        }
    }

    private static void Radix3<T>(float* re, float* im, nint step, float* w, bool turn) where T : struct, IDirection
    {
        var half = new Vector<float>(-0.5f);
        var sin = new Vector<float>(0.866025404f);
        for (int v = 0; v < Columns; v += Vector<float>.Count, re += Vector<float>.Count, im += Vector<float>.Count)
        {
            (Vector<float> a0, Vector<float> b0) = (Vector.Load(re), Vector.Load(im));
            (Vector<float> a1, Vector<float> b1) = Load<T>(re + step, im + step, w, turn);
            (Vector<float> a2, Vector<float> b2) = Load<T>(re + 2 * step, im + 2 * step, w + 2, turn);
            Vector<float> sa = a1 + a2, sb = b1 + b2, da = (a1 - a2) * sin, db = (b1 - b2) * sin;
            Vector<float> ma = Vector.MultiplyAddEstimate(sa, half, a0), mb = Vector.MultiplyAddEstimate(sb, half, b0);
            (a0 + sa).Store(re);
            (b0 + sb).Store(im);
            Store<T>(ma + db, mb - da, re + step, im + step, w, turn);
            Store<T>(ma - db, mb + da, re + 2 * step, im + 2 * step, w + 2, turn);
        }
    }

    private static void Radix4<T>(float* re, float* im, nint step, float* w, bool turn) where T : struct, IDirection
    {
        for (int v = 0; v < Columns; v += Vector<float>.Count, re += Vector<float>.Count, im += Vector<float>.Count)
        {
            (Vector<float> a0, Vector<float> b0) = (Vector.Load(re), Vector.Load(im));
            (Vector<float> a1, Vector<float> b1) = Load<T>(re + step, im + step, w, turn);
            (Vector<float> a2, Vector<float> b2) = Load<T>(re + 2 * step, im + 2 * step, w + 2, turn);
            (Vector<float> a3, Vector<float> b3) = Load<T>(re + 3 * step, im + 3 * step, w + 4, turn);
            Vector<float> pa = a0 + a2, pb = b0 + b2, qa = a0 - a2, qb = b0 - b2;
            Vector<float> ra = a1 + a3, rb = b1 + b3, ua = a1 - a3, ub = b1 - b3;
            (pa + ra).Store(re);
            (pb + rb).Store(im);
            Store<T>(qa + ub, qb - ua, re + step, im + step, w, turn);
            Store<T>(pa - ra, pb - rb, re + 2 * step, im + 2 * step, w + 2, turn);
            Store<T>(qa - ub, qb + ua, re + 3 * step, im + 3 * step, w + 4, turn);
        }
    }

    private static void Radix5<T>(float* re, float* im, nint step, float* w, bool turn) where T : struct, IDirection
    {
        var c1 = new Vector<float>(0.309016994f);
        var c2 = new Vector<float>(-0.809016994f);
        var s1 = new Vector<float>(0.951056516f);
        var s2 = new Vector<float>(0.587785252f);
        for (int v = 0; v < Columns; v += Vector<float>.Count, re += Vector<float>.Count, im += Vector<float>.Count)
        {
            (Vector<float> a0, Vector<float> b0) = (Vector.Load(re), Vector.Load(im));
            (Vector<float> a1, Vector<float> b1) = Load<T>(re + step, im + step, w, turn);
            (Vector<float> a2, Vector<float> b2) = Load<T>(re + 2 * step, im + 2 * step, w + 2, turn);
            (Vector<float> a3, Vector<float> b3) = Load<T>(re + 3 * step, im + 3 * step, w + 4, turn);
            (Vector<float> a4, Vector<float> b4) = Load<T>(re + 4 * step, im + 4 * step, w + 6, turn);
            Vector<float> pa = a1 + a4, pb = b1 + b4, qa = a2 + a3, qb = b2 + b3;
            Vector<float> ra = a1 - a4, rb = b1 - b4, ua = a2 - a3, ub = b2 - b3;
            (a0 + pa + qa).Store(re);
            (b0 + pb + qb).Store(im);
            Vector<float> ma = Vector.MultiplyAddEstimate(pa, c1, Vector.MultiplyAddEstimate(qa, c2, a0));
            Vector<float> mb = Vector.MultiplyAddEstimate(pb, c1, Vector.MultiplyAddEstimate(qb, c2, b0));
            Vector<float> na = Vector.MultiplyAddEstimate(ra, s1, ua * s2), nb = Vector.MultiplyAddEstimate(rb, s1, ub * s2);
            Store<T>(ma + nb, mb - na, re + step, im + step, w, turn);
            Store<T>(ma - nb, mb + na, re + 4 * step, im + 4 * step, w + 6, turn);
            ma = Vector.MultiplyAddEstimate(pa, c2, Vector.MultiplyAddEstimate(qa, c1, a0));
            mb = Vector.MultiplyAddEstimate(pb, c2, Vector.MultiplyAddEstimate(qb, c1, b0));
            na = Vector.MultiplyAddEstimate(ra, s2, -(ua * s1));
            nb = Vector.MultiplyAddEstimate(rb, s2, -(ub * s1));
            Store<T>(ma + nb, mb - na, re + 2 * step, im + 2 * step, w + 2, turn);
            Store<T>(ma - nb, mb + na, re + 3 * step, im + 3 * step, w + 4, turn);
        }
    }
}

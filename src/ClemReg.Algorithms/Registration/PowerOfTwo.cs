using System.Numerics;
using System.Runtime.CompilerServices;

namespace ClemReg.Algorithms.Registration;

/// <summary>2^x for x up to 0, as kernels need it: no special cases, no branches.</summary>
internal static class PowerOfTwo
{
    // Adding it rounds to a whole number n whose low bits then are n + 1023, the exponent field of 2^n.
    private const double Rounder = 6755399441055744.0 + 1023;

    /// <summary>
    /// 2^<paramref name="x"/>, x from -1e300 to 0; relative error below 3e-16 (1.5 units in the last place); 0 below -1022.5.
    /// </summary>
    /// <remarks>
    /// 2^x = 2^n 2^f with n the nearest whole number; 2^f on [-1/2, 1/2] by a polynomial of degree 11 that interpolates (2^f - 1) / f at
    /// Chebyshev nodes, relative error 2e-17 before rounding.
    /// </remarks>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<double> Of(Vector<double> x)
    {
        x = Vector.MaxNative(x, new Vector<double>(-1023.0));
        Vector<double> shifted = x + new Vector<double>(Rounder);
        Vector<double> f = x - (shifted - new Vector<double>(Rounder));
        // Even and odd powers apart: two short chains of dependent operations instead of a long one.
        Vector<double> g = f * f;
        var odd = new Vector<double>(4.4549605981865186e-10);
        var even = new Vector<double>(7.072585949269223e-09);
        odd = Vector.MultiplyAddEstimate(odd, g, new Vector<double>(1.0178062445845774e-07));
        even = Vector.MultiplyAddEstimate(even, g, new Vector<double>(1.321544258792169e-06));
        odd = Vector.MultiplyAddEstimate(odd, g, new Vector<double>(1.525273382983612e-05));
        even = Vector.MultiplyAddEstimate(even, g, new Vector<double>(0.0001540353044173605));
        odd = Vector.MultiplyAddEstimate(odd, g, new Vector<double>(0.0013333558146416936));
        even = Vector.MultiplyAddEstimate(even, g, new Vector<double>(0.009618129107606888));
        odd = Vector.MultiplyAddEstimate(odd, g, new Vector<double>(0.0555041086648216));
        even = Vector.MultiplyAddEstimate(even, g, new Vector<double>(0.24022650695910097));
        odd = Vector.MultiplyAddEstimate(odd, g, new Vector<double>(0.6931471805599453));
        even = Vector.MultiplyAddEstimate(even, g, Vector<double>.One);
        Vector<double> p = Vector.MultiplyAddEstimate(odd, f, even);
        return p * Vector.AsVectorDouble(Vector.ShiftLeft(Vector.AsVectorInt64(shifted), 52));
    }
}

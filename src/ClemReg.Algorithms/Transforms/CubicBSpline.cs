using System.Numerics;
using System.Runtime.CompilerServices;

namespace ClemReg.Algorithms.Transforms;

/// <summary>The uniform cubic B-spline: the weights of the four coefficients around a place (M. Unser 1999, IEEE Signal Processing Magazine 16(6), 22).</summary>
internal static class CubicBSpline
{
    /// <summary>The weights of the values.</summary>
    /// <param name="f">How far the place is from the second coefficient, in steps, 0 to 1.</param>
    /// <param name="w">Receives four.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Values<T>(T f, Span<T> w) where T : IBinaryFloatingPointIeee754<T>
    {
        T g = T.One - f, three = T.CreateTruncating(3), four = T.CreateTruncating(4), six = T.CreateTruncating(6);
        w[0] = g * g * g / six;
        w[1] = (four - six * f * f + three * f * f * f) / six;
        w[2] = (four - six * g * g + three * g * g * g) / six;
        w[3] = f * f * f / six;
    }

    /// <summary>Those of the first derivative, by steps.</summary>
    /// <inheritdoc cref="Values"/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Slopes<T>(T f, Span<T> w) where T : IBinaryFloatingPointIeee754<T>
    {
        T g = T.One - f, two = T.CreateTruncating(2), three = T.CreateTruncating(3), four = T.CreateTruncating(4);
        w[0] = -g * g / two;
        w[1] = (-four * f + three * f * f) / two;
        w[2] = (four * g - three * g * g) / two;
        w[3] = f * f / two;
    }
}

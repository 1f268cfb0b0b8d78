namespace ClemReg.Algorithms.Warping;

/// <summary>The B-spline orders that images are interpolated with.</summary>
public static class Interpolation
{
    /// <summary>The highest order.</summary>
    public const int MaxOrder = 5;

    /// <summary>Checks the parameter warping_interpolation_order.</summary>
    /// <param name="order">0 nearest voxel, 1 linear, 2 to 5 B-spline of that degree.</param>
    /// <returns>The order.</returns>
    /// <exception cref="BadInputException">It is not 0 to 5.</exception>
    public static int CheckOrder(int order) => order is >= 0 and <= MaxOrder
        ? order
        : throw BadInputException.ForParameter("warping_interpolation_order", order, "a whole number from 0 to 5",
            "Take 0 for labels and masks, 1 for speed, 3 for the smoothest image.");

    /// <summary>What is added to a fixed point position before its integer part is taken: a half for even orders, whose middle tap is
    /// the nearest voxel; the border's tolerance for odd ones, so that a position just below a voxel is that voxel.</summary>
    internal static long Bias(int order) => (order & 1) == 0 ? 1L << 31 : RowPath.Tolerance;

    /// <summary>Taps below the integer part of the biased position.</summary>
    internal static int TapsBelow(int order) => order / 2;

    /// <summary>Taps above it.</summary>
    internal static int TapsAbove(int order) => order - order / 2;
}

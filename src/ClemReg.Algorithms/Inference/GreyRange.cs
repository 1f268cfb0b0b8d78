using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Inference;

/// <summary>The intensities that count as black and white where a network wants 0 to 1 [em_intensity_range].</summary>
internal static class GreyRange
{
    /// <summary>Refuses half a range, or one that is none.</summary>
    /// <exception cref="BadInputException">Only one end is given, or the lower is not the lower.</exception>
    public static void Check(double? low, double? high)
    {
        if (low is null != high is null) throw BadInputException.ForParameter("em_intensity_range", null, "given together with the other end of the range");
        if (low is { } l && high is { } h && !(double.IsFinite(l) && double.IsFinite(h) && l < h))
            throw BadInputException.ForParameter("em_intensity_range", FormattableString.Invariant($"{l},{h}"), "two finite numbers, the lower one first");
    }

    /// <summary>The range that is given, or else the type's.</summary>
    /// <param name="type">The image's.</param>
    /// <param name="low">Black; null: not given.</param>
    /// <param name="high">White; null: not given.</param>
    /// <param name="needed">False where the network's normalisation looks at the image instead.</param>
    /// <exception cref="BadInputException">Half a range, or none for an image of floats that needs one.</exception>
    public static (double Low, double High) Of(VoxelType type, double? low, double? high, bool needed = true)
    {
        Check(low, high);
        if (low is { } l && high is { } h) return (l, h);
        return type switch
        {
            VoxelType.UInt8 => (0, byte.MaxValue),
            VoxelType.UInt16 => (0, ushort.MaxValue),
            _ when !needed => (0, 1),
            _ => throw new BadInputException(
                "The image is of 32-bit floats, whose range of intensities is not known, and the network needs intensities of 0 to 1. Give em_intensity_range (what was black and white), or convert it to 8 bit (Image > Type > 8-bit)."),
        };
    }
}

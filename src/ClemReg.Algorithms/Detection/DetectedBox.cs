namespace ClemReg.Algorithms.Detection;

/// <summary>An object that a network found in a slice.</summary>
/// <param name="Class">Its class, from 0.</param>
/// <param name="Score">How sure the network is, 0 to 1.</param>
/// <param name="Left">Where it begins along x, pixels; the first pixel reaches from 0 to 1.</param>
/// <param name="Top">Along y.</param>
/// <param name="Right">Where it ends along x.</param>
/// <param name="Bottom">Along y.</param>
public readonly record struct DetectedBox(int Class, double Score, double Left, double Top, double Right, double Bottom)
{
    /// <summary>Square pixels; 0 for an empty box.</summary>
    public double Area => Math.Max(0, Right - Left) * Math.Max(0, Bottom - Top);

    /// <summary>A box from its centre and its sides.</summary>
    public static DetectedBox Centred(int @class, double score, double x, double y, double width, double height) =>
        new(@class, score, x - width / 2, y - height / 2, x + width / 2, y + height / 2);

    /// <summary>Intersection over union, 0 to 1; 0 where both are empty.</summary>
    public static double IntersectionOverUnion(in DetectedBox a, in DetectedBox b)
    {
        double both = Math.Max(0, Math.Min(a.Right, b.Right) - Math.Max(a.Left, b.Left)) * Math.Max(0, Math.Min(a.Bottom, b.Bottom) - Math.Max(a.Top, b.Top));
        double union = a.Area + b.Area - both;
        return union > 0 ? both / union : 0;
    }

    /// <summary>
    /// Intersection over union less a power of the squared distance of the centres over the squared diagonal of the box around both, -1 to 1: DIoU (Z. Zheng et al. 2020, equation 7) for the power 1.
    /// </summary>
    public static double DistanceIntersectionOverUnion(in DetectedBox a, in DetectedBox b, double power)
    {
        double width = Math.Max(a.Right, b.Right) - Math.Min(a.Left, b.Left), height = Math.Max(a.Bottom, b.Bottom) - Math.Min(a.Top, b.Top);
        double x = (a.Left + a.Right - b.Left - b.Right) / 2, y = (a.Top + a.Bottom - b.Top - b.Bottom) / 2, diagonal = width * width + height * height;
        return IntersectionOverUnion(a, b) - (diagonal > 0 ? Math.Pow((x * x + y * y) / diagonal, power) : 0);
    }
}

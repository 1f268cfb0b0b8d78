using ClemReg.Algorithms.Filters;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Cells;

/// <summary>Finds how large the cells of a section are, and how much it must be blurred to show them.</summary>
internal static class CellScale
{
    /// <summary>The first look is at about so many pixels.</summary>
    private const double FirstLookPixels = 1 << 20;

    private const double FirstMostShare = 0.35;
    private const double SmallestDiameter = 5;

    /// <summary>A smaller blur is taken unless a larger one shows several times as much.</summary>
    private const double NearlyBest = 0.25;

    private const int SmallestImage = 24;

    /// <summary>The binning of the first look.</summary>
    public static int FirstBin(Plane<float> section) => Math.Max(1, (int)Math.Ceiling(Math.Sqrt(section.Values.Length / FirstLookPixels)));

    /// <summary>
    /// The usual diameter of cells, the least blur at which they stand out, pixels, and how many times clearer than the least contrast they are then; zeros if nothing does. Of the blurs 1, 2, 4 ... that is taken at which the
    /// sum of what is found, each by its step of brightness, area and diameter, is largest or nearly so: grains within a cell have less of it than
    /// the cell, and what is lost in noise shows where it is blurred more.
    /// </summary>
    public static (double Diameter, double Blur, double Clarity) Usual(Plane<float> section, double noise, CellDetectorOptions options, Job job)
    {
        var scales = new List<(double Sum, double Diameter, double Blur, double Clarity)>();
        int first = FirstBin(section);
        for (int bin = first; bin == first || Math.Min(section.Height, section.Width) / bin >= SmallestImage; bin *= 2)
        {
            Plane<float> image = Binning.Means(section, bin);
            double least = Math.Max(SmallestDiameter, options.MinimumDiameter / bin), most = options.MaximumDiameter > 0 ? options.MaximumDiameter / bin : FirstMostShare * Math.Min(image.Height, image.Width);
            if (most < least) break;
            ContourTree tree = Tree(image, noise / bin, 1, (least, most), options.FillNuclei, job);
            List<(int Node, double Contrast, double Area)> found = tree.Best().FindAll(f => tree.IsCell(f.Area));
            if (found.Count == 0) continue;
            // A step blurred by one pixel has a gradient in proportion to its height.
            scales.Add((found.Sum(f => f.Contrast * Math.Pow(bin * Math.Sqrt(f.Area), 3)), bin * Binning.UsualDiameter(found), bin, Binning.WeightedMedian([.. found.Select(f => (f.Contrast, f.Area))]) / Math.Max(tree.LeastContrast, 1e-12)));
        }
        if (scales.Count == 0) return default;
        double enough = NearlyBest * scales.Max(s => s.Sum);
        (_, double diameter, double blur, double clarity) = scales.First(s => s.Sum >= enough);
        return (diameter, blur, clarity);
    }

    /// <summary>The outlines of an image without its background.</summary>
    /// <inheritdoc cref="ContourTree(Plane{float}, double, double, ValueTuple{double, double}, bool, Job)" path="/param"/>
    public static ContourTree Tree(Plane<float> image, double noise, double blur, (double Least, double Most) diameters, bool fill, Job job) =>
        new(RollingBall.Subtract(image, VoxelType.Float32, Math.Max(diameters.Most, 1), presmooth: false, job), noise, blur, diameters, fill, job);
}

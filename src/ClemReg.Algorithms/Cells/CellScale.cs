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
        var bins = new List<int>();
        for (int bin = FirstBin(section); bins.Count == 0 || Math.Min(section.Height, section.Width) / bin >= SmallestImage; bin *= 2) bins.Add(bin);
        var each = new (double Sum, double Diameter, double Blur, double Clarity)?[bins.Count];
        // The first has three quarters of all pixels: the others are done by one thread beside it.
        job.For(bins.Count, i =>
        {
            (int bin, Job part) = (bins[i], i == 0 ? job : new Job(1, job.Token));
            double least = Math.Max(SmallestDiameter, options.MinimumDiameter / bin), most = options.MaximumDiameter > 0 ? options.MaximumDiameter / bin : FirstMostShare * Math.Min(section.Height / bin, section.Width / bin);
            if (most < least) return;
            Plane<float> image = Binning.Means(section, bin, part);
            ContourTree tree = Tree(image, noise / bin, 1, (least, most), options.FillNuclei, part);
            List<(int Node, double Contrast, double Area)> found = tree.Best().FindAll(f => tree.IsCell(f.Area));
            if (found.Count == 0) return;
            // A step blurred by one pixel has a gradient in proportion to its height.
            each[i] = (found.Sum(f => f.Contrast * Math.Pow(bin * Math.Sqrt(f.Area), 3)), bin * Binning.UsualDiameter(found), bin, Binning.WeightedMedian([.. found.Select(f => (f.Contrast, f.Area))]) / Math.Max(tree.LeastContrast, 1e-12));
        });
        var scales = each.OfType<(double Sum, double Diameter, double Blur, double Clarity)>().ToList();
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

using ClemReg.Algorithms.Filters;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Cells;

/// <summary>How cells are found.</summary>
public sealed record CellDetectorOptions
{
    /// <summary>The least diameter of a cell, pixels; 0: from the image.</summary>
    public double MinimumDiameter { get; init; }

    /// <summary>The largest, pixels; 0: from the image.</summary>
    public double MaximumDiameter { get; init; }

    /// <summary>Cells need this score, 0 to 1: 0.5 is a cell of usual contrast, 0.23 one of three tenths of it. Lower finds more, and more that is none.</summary>
    public double MinimumScore { get; init; } = 0.23;

    /// <summary>Whether dark holes (nuclei in a stained cytoplasm) count as inside.</summary>
    public bool FillNuclei { get; init; } = true;

    /// <summary>Whether what is notched is divided into cells that touch.</summary>
    public bool Split { get; init; } = true;
}

/// <summary>
/// Finds fluorescent cells of any size and brightness in a section: the outlines of its grey levels that have the steepest edges for their size and are
/// most like ellipses. The size of the cells is found first, and decides how much the image is blurred and binned.
/// </summary>
/// <remarks>Source: our own; the idea of choosing among the components of all grey levels is of J. Matas et al. 2002 (MSER) and C. Arteta et al. 2012, who learn the choice.</remarks>
public static class CellDetector
{
    /// <summary>The first look is at about so many pixels.</summary>
    private const double FirstLookPixels = 1 << 20;

    /// <summary>Cells are looked for where they are about so many pixels wide.</summary>
    private const double WorkingDiameter = 20;

    /// <summary>Blur for a cell, of its diameter.</summary>
    private const double BlurShare = 0.05;

    private const double LeastShare = 0.3, MostShare = 4, FirstMostShare = 0.35, MostImageShare = 0.7;
    private const double SmallestDiameter = 5;

    /// <summary>A smaller blur is taken unless a larger one shows several times as much.</summary>
    private const double NearlyBest = 0.25;

    private const int SmallestImage = 24;

    /// <summary>Grey values are never known better than this share of their range: 8 bits have 256 of them.</summary>
    private const double RoundingShare = 0.3 / 255;

    /// <summary>Finds the cells of a section.</summary>
    /// <param name="section">The image, finite pixels.</param>
    /// <param name="options">How.</param>
    /// <param name="job">Threads, cancellation.</param>
    /// <returns>The cells, the best first.</returns>
    /// <exception cref="BadInputException">An option is out of its range.</exception>
    public static CellRegions Find(Plane<float> section, CellDetectorOptions options, Job job)
    {
        Check(section, options);
        (float low, float high) = (section.Values.Min(), section.Values.Max());
        if (high <= low) return new CellRegions(new Plane<int>(section.Height, section.Width), []);
        double noise = Math.Max(NoiseEstimate.Of(section, job), RoundingShare * (high - low));
        (double size, double blur) = Usual(section, noise, options, job);
        if (size == 0) return new CellRegions(new Plane<int>(section.Height, section.Width), []);
        if (options is { MinimumDiameter: > 0, MaximumDiameter: > 0 }) size = Math.Sqrt(options.MinimumDiameter * options.MaximumDiameter);
        int bin = Math.Max(1, (int)(size / WorkingDiameter));
        Plane<float> image = Binned(section, bin);
        double side = Math.Min(image.Height, image.Width), usual = size / bin;
        double least = options.MinimumDiameter > 0 ? options.MinimumDiameter / bin : Math.Max(LeastShare * usual, 3);
        double most = options.MaximumDiameter > 0 ? options.MaximumDiameter / bin : Math.Max(least, Math.Min(MostShare * usual, MostImageShare * side));
        image = RollingBall.Subtract(image, VoxelType.Float32, Math.Max(most, 1), presmooth: false, job);
        var tree = new ContourTree(image, noise / bin, Math.Max(1, Math.Max(BlurShare * usual, blur / bin)), (least, most), options.FillNuclei, job);
        List<(int Node, double Contrast, double Area)> found = tree.Best();
        if (found.Count == 0) return new CellRegions(new Plane<int>(section.Height, section.Width), []);
        double typical = WeightedMedian([.. found.Select(f => (f.Contrast, f.Area))]);
        double Score(double contrast) => contrast / (contrast + typical);
        (int Node, double Contrast, double Area)[] kept = [.. found.Where(f => Score(f.Contrast) >= options.MinimumScore).OrderByDescending(f => f.Contrast).ThenBy(f => f.Node)];
        Plane<int> labels = tree.Paint([.. kept.Select(k => k.Node)]);
        var scores = kept.Select(k => Score(k.Contrast)).ToList();
        if (options.Split) Divide(labels, scores, usual, job);
        return Enlarged(labels, scores, bin, section.Height, section.Width);
    }

    /// <summary>Gives the parts of regions that are several cells numbers of their own, and the region's score.</summary>
    private static void Divide(Plane<int> labels, List<double> scores, double diameter, Job job)
    {
        var ends = new (int Left, int Top, int Right, int Bottom)[scores.Count];
        Array.Fill(ends, (int.MaxValue, int.MaxValue, -1, -1));
        for (int p = 0; p < labels.Values.Length; p++)
        {
            if (labels.Values[p] == 0) continue;
            (int y, int x) = Math.DivRem(p, labels.Width);
            ref (int Left, int Top, int Right, int Bottom) e = ref ends[labels.Values[p] - 1];
            e = (Math.Min(e.Left, x), Math.Min(e.Top, y), Math.Max(e.Right, x), Math.Max(e.Bottom, y));
        }
        for (int k = 0; k < ends.Length; k++)
        {
            (int left, int top, int right, int bottom) = ends[k];
            var region = new Plane<bool>(bottom - top + 3, right - left + 3);
            for (int y = top; y <= bottom; y++)
                for (int x = left; x <= right; x++) region[y - top + 1, x - left + 1] = labels[y, x] == k + 1;
            if (TouchingCells.Divide(region, diameter, job) is not { } parts) continue;
            int before = scores.Count;
            scores.AddRange(Enumerable.Repeat(scores[k], parts.Values.Max() - 1));
            for (int y = top; y <= bottom; y++)
                for (int x = left; x <= right; x++)
                    if (region[y - top + 1, x - left + 1])
                        labels[y, x] = parts[y - top + 1, x - left + 1] is var part && part > 1 ? before + part - 1 : part == 1 ? k + 1 : 0;
        }
        // The best first again.
        int[] order = [.. Enumerable.Range(0, scores.Count).OrderByDescending(k => scores[k])];
        var rank = new int[scores.Count + 1];
        for (int i = 0; i < order.Length; i++) rank[order[i] + 1] = i + 1;
        for (int p = 0; p < labels.Values.Length; p++) labels.Values[p] = rank[labels.Values[p]];
        double[] sorted = [.. order.Select(k => scores[k])];
        for (int i = 0; i < sorted.Length; i++) scores[i] = sorted[i];
    }

    /// <summary>
    /// The usual diameter of cells and the least blur at which they stand out, pixels; (0, 0) if nothing does. Of the blurs 1, 2, 4 ... that is taken at which the
    /// sum of what is found, each by its step of brightness, area and diameter, is largest or nearly so: grains within a cell have less of it than
    /// the cell, and what is lost in noise shows where it is blurred more.
    /// </summary>
    private static (double Diameter, double Blur) Usual(Plane<float> section, double noise, CellDetectorOptions options, Job job)
    {
        var scales = new List<(double Sum, double Diameter, double Blur)>();
        int first = Math.Max(1, (int)Math.Ceiling(Math.Sqrt(section.Values.Length / FirstLookPixels)));
        for (int bin = first; bin == first || Math.Min(section.Height, section.Width) / bin >= SmallestImage; bin *= 2)
        {
            Plane<float> image = Binned(section, bin);
            double least = Math.Max(SmallestDiameter, options.MinimumDiameter / bin), most = options.MaximumDiameter > 0 ? options.MaximumDiameter / bin : FirstMostShare * Math.Min(image.Height, image.Width);
            if (most < least) break;
            image = RollingBall.Subtract(image, VoxelType.Float32, Math.Max(most, 1), presmooth: false, job);
            List<(int Node, double Contrast, double Area)> found = new ContourTree(image, noise / bin, 1, (least, most), options.FillNuclei, job).Best();
            if (found.Count == 0) continue;
            // A step blurred by one pixel has a gradient in proportion to its height.
            scales.Add((found.Sum(f => f.Contrast * Math.Pow(bin * Math.Sqrt(f.Area), 3)), bin * WeightedMedian([.. found.Select(f => (Math.Sqrt(4 / Math.PI * f.Area), f.Contrast * f.Area))]), bin));
        }
        if (scales.Count == 0) return default;
        double enough = NearlyBest * scales.Max(s => s.Sum);
        (_, double diameter, double blur) = scales.First(s => s.Sum >= enough);
        return (diameter, blur);
    }

    private static double WeightedMedian((double Value, double Weight)[] values)
    {
        Array.Sort(values, (a, b) => a.Value.CompareTo(b.Value));
        double half = values.Sum(v => v.Weight) / 2, sum = 0;
        foreach ((double value, double weight) in values)
            if ((sum += weight) >= half) return value;
        return values[^1].Value;
    }

    /// <summary>Means of bin x bin pixels; what is left over at the ends is left out.</summary>
    private static Plane<float> Binned(Plane<float> image, int bin)
    {
        if (bin == 1) return image;
        var small = new Plane<float>(image.Height / bin, image.Width / bin);
        for (int y = 0; y < small.Height * bin; y++)
        {
            ReadOnlySpan<float> row = image.Row(y);
            Span<float> to = small.Row(y / bin);
            for (int x = 0; x < small.Width * bin; x++) to[x / bin] += row[x] / (bin * bin);
        }
        return small;
    }

    /// <summary>Labels and boxes of the section from those of pixels that stand for <paramref name="bin"/> x <paramref name="bin"/> of its own.</summary>
    private static CellRegions Enlarged(Plane<int> small, List<double> scores, int bin, int height, int width)
    {
        var labels = new Plane<int>(height, width);
        var ends = new (int Left, int Top, int Right, int Bottom)[scores.Count];
        Array.Fill(ends, (int.MaxValue, int.MaxValue, -1, -1));
        // What is left over at the ends belongs to the last pixels.
        for (int y = 0; y < height; y++)
        {
            ReadOnlySpan<int> row = small.Row(Math.Min(y / bin, small.Height - 1));
            Span<int> to = labels.Row(y);
            for (int x = 0; x < width; x++)
            {
                int label = to[x] = row[Math.Min(x / bin, small.Width - 1)];
                if (label == 0) continue;
                ref (int Left, int Top, int Right, int Bottom) e = ref ends[label - 1];
                e = (Math.Min(e.Left, x), Math.Min(e.Top, y), Math.Max(e.Right, x), Math.Max(e.Bottom, y));
            }
        }
        return new CellRegions(labels, [.. ends.Select((e, i) => new Box(0, e.Left, e.Top, e.Right - e.Left + 1, e.Bottom - e.Top + 1, scores[i], i + 1))]);
    }

    private static void Check(Plane<float> section, CellDetectorOptions options)
    {
        if (!System.Numerics.Tensors.TensorPrimitives.IsFiniteAll<float>(section.Values))
            throw new BadInputException("The section holds pixels that are not numbers (NaN or infinite). Set them to 0 first (Process > Math > Remove NaNs, or a macro).");
        double side = Math.Max(section.Height, section.Width);
        if (!(options.MinimumDiameter >= 0 && options.MinimumDiameter <= side))
            throw BadInputException.ForParameter("cell_minimum_diameter", options.MinimumDiameter, FormattableString.Invariant($"0 (from the image) to the image's {side} pixels"));
        if (!(options.MaximumDiameter >= 0 && options.MaximumDiameter <= side))
            throw BadInputException.ForParameter("cell_maximum_diameter", options.MaximumDiameter, FormattableString.Invariant($"0 (from the image) to the image's {side} pixels"));
        if (options.MaximumDiameter > 0 && options.MaximumDiameter < options.MinimumDiameter)
            throw BadInputException.ForParameter("cell_maximum_diameter", options.MaximumDiameter, FormattableString.Invariant($"at least cell_minimum_diameter = {options.MinimumDiameter}"));
        if (!(options.MinimumScore >= 0 && options.MinimumScore < 1)) throw BadInputException.ForParameter("cell_score", options.MinimumScore, "0 or more and below 1");
    }
}

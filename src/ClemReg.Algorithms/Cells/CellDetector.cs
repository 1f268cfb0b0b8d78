using System.Numerics.Tensors;
using ClemReg.Algorithms.Filters;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Cells;

/// <summary>
/// Finds fluorescent cells of any size and brightness in a section: the outlines of its grey levels that have the steepest edges for their size and are
/// most like ellipses. The size of the cells is found first, and decides how much the image is blurred and binned; where what stands out are grains
/// that crowd together, their density is searched instead of the grey values.
/// </summary>
/// <remarks>Source: our own; the idea of choosing among the components of all grey levels is of J. Matas et al. 2002 (MSER) and C. Arteta et al. 2012, who learn the choice.</remarks>
public static class CellDetector
{
    /// <summary>Cells are looked for where they are about so many pixels wide.</summary>
    private const double WorkingDiameter = 20;

    /// <summary>Blur for a cell, of its diameter; where cells are hardly clearer than noise, more.</summary>
    private const double BlurShare = 0.05, MostBlurShare = 0.07;

    /// <summary>Cells are clear when the usual one has so many times the least contrast.</summary>
    private const double Clear = 5;

    private const double LeastShare = 0.3, MostShare = 4, MostImageShare = 0.7;

    /// <summary>Grey values are never known better than this share of their range: 8 bits have 256 of them.</summary>
    private const double RoundingShare = 0.3 / 255;

    /// <summary>Finds the cells of a section.</summary>
    /// <param name="section">The image, finite pixels.</param>
    /// <param name="options">How.</param>
    /// <param name="job">Threads, cancellation.</param>
    /// <returns>The cells, the best first.</returns>
    /// <exception cref="BadInputException">An option is out of its range, a pixel is not a number.</exception>
    public static CellRegions Find(Plane<float> section, CellDetectorOptions options, Job job)
    {
        if (!TensorPrimitives.IsFiniteAll<float>(section.Values))
            throw new BadInputException("The section holds pixels that are not numbers (NaN or infinite). Set them to 0 first (Process > Math > Remove NaNs, or a macro).");
        options.Check(section.Height, section.Width);
        (float low, float high) = (TensorPrimitives.Min<float>(section.Values), TensorPrimitives.Max<float>(section.Values));
        double rounding = RoundingShare * (high - low);
        if (high <= low || Outlines(section, rounding, options, job) is not { } outlines || outlines.Cells.Count == 0)
            return new CellRegions(new Plane<int>(section.Height, section.Width), []);
        (double Contrast, double Area)[] single = [.. outlines.Cells.Where(c => outlines.Tree.IsCell(c.Area)).Select(c => (c.Contrast, c.Area))];
        if (single.Length == 0) single = [.. outlines.Cells.Select(c => (c.Contrast, c.Area))];
        double typical = Binning.WeightedMedian(single);
        double Score(double contrast) => contrast / (contrast + typical);
        (int Node, double Contrast, double Area)[] kept = [.. outlines.Cells.Where(c => Score(c.Contrast) >= options.MinimumScore).OrderByDescending(c => c.Contrast).ThenBy(c => c.Node)];
        Plane<int> labels = outlines.Tree.Paint([.. kept.Select(k => k.Node)]);
        var scores = kept.Select(k => Score(k.Contrast)).ToList();
        if (options.Split) Divide(labels, scores, outlines.Diameter, job);
        Select(labels, scores, outlines.Tree.IsCell);
        return Enlarged(labels, scores, outlines.Bin, section.Height, section.Width, job);
    }

    /// <summary>The outlines that are taken for cells, whatever their score, on pixels that stand for Bin x Bin of the section; null where nothing stands out.</summary>
    private static (ContourTree Tree, List<(int Node, double Contrast, double Area)> Cells, int Bin, double Diameter)? Outlines(
        Plane<float> section, double rounding, CellDetectorOptions options, Job job)
    {
        if (options.JoinGrains && CellGrains.Of(section, rounding, options.MaximumDiameter, job) is { } grains)
        {
            (ContourTree clusters, List<(int Node, double Contrast, double Area)> cells) = grains.Outlines(options, job);
            return (clusters, cells, grains.Bin, Binning.UsualDiameter(cells));
        }
        double noise = Math.Max(NoiseEstimate.Of(section, job), rounding);
        (double size, double blur, double clarity) = CellScale.Usual(section, noise, options, job);
        if (size == 0) return null;
        // Edges lose contrast in proportion to the blur, noise in proportion to its square.
        blur = Math.Max(blur, Math.Min(MostBlurShare * size, blur * Clear / clarity));
        int bin = Math.Max(1, (int)(size / WorkingDiameter));
        Plane<float> image = Binning.Means(section, bin, job);
        double side = Math.Min(image.Height, image.Width), usual = size / bin;
        double least = options.MinimumDiameter > 0 ? options.MinimumDiameter / bin : Math.Max(LeastShare * usual, 3);
        double most = options.MaximumDiameter > 0 ? options.MaximumDiameter / bin : Math.Max(least, Math.Min(MostShare * usual, MostImageShare * side));
        ContourTree tree = CellScale.Tree(image, noise / bin, Math.Max(1, Math.Max(BlurShare * usual, blur / bin)), (least, most), options.FillNuclei, job);
        return (tree, tree.Best(), bin, usual);
    }

    /// <summary>Gives the parts of regions that are several cells numbers of their own, and the region's score.</summary>
    private static void Divide(Plane<int> labels, List<double> scores, double diameter, Job job)
    {
        Region?[] regions = Region.Of(labels, scores.Count);
        for (int k = 0; k < regions.Length; k++)
        {
            if (regions[k] is not { } whole) continue;
            Box box = whole.Box(0, 0, k + 1);
            var region = new Plane<bool>(box.Height + 2, box.Width + 2);
            for (int y = 0; y < box.Height; y++)
                for (int x = 0; x < box.Width; x++) region[y + 1, x + 1] = labels[box.Y + y, box.X + x] == k + 1;
            if (TouchingCells.Divide(region, diameter, job) is not { } parts) continue;
            int before = scores.Count;
            scores.AddRange(Enumerable.Repeat(scores[k], parts.Values.Max() - 1));
            for (int y = 0; y < box.Height; y++)
                for (int x = 0; x < box.Width; x++)
                    if (region[y + 1, x + 1])
                        labels[box.Y + y, box.X + x] = parts[y + 1, x + 1] is var part && part > 1 ? before + part - 1 : part == 1 ? k + 1 : 0;
        }
    }

    /// <summary>Leaves out regions that are too small or too large for a cell, and numbers the others, the best first.</summary>
    private static void Select(Plane<int> labels, List<double> scores, Func<double, bool> isCell)
    {
        Region?[] regions = Region.Of(labels, scores.Count);
        int[] order = [.. Enumerable.Range(0, scores.Count).Where(k => regions[k] is { } region && isCell(region.Area)).OrderByDescending(k => scores[k])];
        var rank = new int[scores.Count + 1];
        for (int i = 0; i < order.Length; i++) rank[order[i] + 1] = i + 1;
        for (int p = 0; p < labels.Values.Length; p++) labels.Values[p] = rank[labels.Values[p]];
        double[] sorted = [.. order.Select(k => scores[k])];
        scores.Clear();
        scores.AddRange(sorted);
    }

    /// <summary>Labels and boxes of the section from those of pixels that stand for <paramref name="bin"/> x <paramref name="bin"/> of its own.</summary>
    private static CellRegions Enlarged(Plane<int> small, List<double> scores, int bin, int height, int width, Job job)
    {
        var labels = new Plane<int>(height, width);
        job.For(small.Height, y =>
        {
            // What is left over at the ends belongs to the last pixels.
            ReadOnlySpan<int> row = small.Row(y);
            Span<int> to = labels.Row(y * bin);
            for (int x = 0; x < row.Length; x++) to.Slice(x * bin, bin).Fill(row[x]);
            to[(row.Length * bin)..].Fill(row[^1]);
            for (int r = y * bin + 1; r < (y + 1 < small.Height ? (y + 1) * bin : height); r++) to.CopyTo(labels.Row(r));
        });
        return new CellRegions(labels, [.. Region.Of(labels, scores.Count).Select((region, i) => region!.Box(0, scores[i], i + 1))]);
    }
}

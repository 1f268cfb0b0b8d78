using ClemReg.Algorithms.Filters;
using ClemReg.Algorithms.PointClouds;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Cells;

/// <summary>
/// Grains of cells, such as vesicles or the spots of a punctate stain, and the cells that their density shows. Grains are told from small cells, and from
/// the texture of cells, by two things over the whole section: they crowd together, and between them it is about as dark as outside.
/// </summary>
/// <remarks>
/// Source: our own. In simulated punctate sections grains lie 7 to 9 times as close as they would if spread over the section, and a tenth of their brightness is
/// left between them; in images of nuclei what looks like grains is spread evenly or has half of its brightness or more between.
/// </remarks>
internal sealed class CellGrains
{
    /// <summary>Grains are the peaks of the difference of two Gaussians of these standard deviations, pixels.</summary>
    private const double FineBlur = 1.25, CoarseBlur = 2.5;

    /// <summary>Peaks are this many standard deviations of the noise high, and have this share of the height of the upper quartile.</summary>
    private const double LeastDeviations = 4.2, LeastHeight = 0.2;

    /// <summary>Fewer tell nothing.</summary>
    private const int LeastGrains = 20;

    /// <summary>The distance to this neighbour tells how close grains lie.</summary>
    private const int Neighbour = 4;

    /// <summary>Where half of the grains lie at least so many times denser than in the mean over the section, they crowd.</summary>
    private const double LeastCrowding = 4;

    /// <summary>The most brightness that is left between grains of a cell, of their own.</summary>
    private const double MostBetween = 0.3;

    /// <summary>Blur of the density, of the grains' usual distance.</summary>
    private const double DensityBlur = 0.5;

    /// <summary>Pixels of the density, of its blur.</summary>
    private const double DensityBin = 0.5;

    /// <summary>A cell has so many grains at least: one alone may be noise.</summary>
    private const int LeastOfCell = 2;

    /// <summary>Clusters compete by contrast x area to this power: more than the half for smooth cells, because small groups within a cell look round and steep.</summary>
    private const double SizePower = 0.9;

    /// <summary>A cell of fewer than two grains' distance is none.</summary>
    private const double LeastDistances = 2;

    private const double LargestShare = 0.35;

    /// <summary>Counts are exact; this keeps their square roots finite.</summary>
    private const double CountNoise = 0.01;

    private readonly Plane<float> _density;
    private readonly double _blur;

    private CellGrains(Plane<float> density, int bin, double blur) => (_density, Bin, _blur) = (density, bin, blur);

    /// <summary>Pixels of the section, along y and x, that a pixel of the density stands for.</summary>
    public int Bin { get; }

    /// <summary>Looks for grains.</summary>
    /// <param name="section">The image.</param>
    /// <param name="rounding">The least noise of its pixels.</param>
    /// <param name="mostDiameter">The largest diameter of cells, pixels; 0: not known.</param>
    /// <param name="job">Threads, cancellation.</param>
    /// <returns>Null where there are none that crowd into cells.</returns>
    public static CellGrains? Of(Plane<float> section, double rounding, double mostDiameter, Job job)
    {
        int bin = CellScale.FirstBin(section);
        Plane<float> image = Binning.Means(section, bin, job);
        (Point3 At, float Height)[] grains = Peaks(image, rounding / bin, job);
        if (grains.Length < LeastGrains) return null;
        double distance = Distance([.. grains.Select(g => g.At)]);
        if (image.Values.Length < LeastCrowding * grains.Length * distance * distance) return null;
        if (mostDiameter > 0 && mostDiameter < LeastDistances * distance * bin) return null;
        if (Between(image, grains, distance, job) > MostBetween) return null;
        double blur = DensityBlur * distance;
        int step = Math.Max(1, (int)(DensityBin * blur));
        var density = new Plane<float>(Math.Max(1, image.Height / step), Math.Max(1, image.Width / step));
        foreach ((Point3 at, _) in grains) density[Math.Min((int)at.Y / step, density.Height - 1), Math.Min((int)at.X / step, density.Width - 1)]++;
        return new CellGrains(density, bin * step, blur / step);
    }

    /// <summary>The outlines of the grains' density, and those of them that are taken for cells.</summary>
    public (ContourTree Tree, List<(int Node, double Contrast, double Area)> Cells) Outlines(CellDetectorOptions options, Job job)
    {
        double least = Math.Max(_blur, options.MinimumDiameter / Bin);
        double most = options.MaximumDiameter > 0 ? options.MaximumDiameter / Bin : LargestShare * Math.Min(_density.Height, _density.Width);
        var tree = new ContourTree(_density, CountNoise, _blur, (least, Math.Max(least, most)), options.FillNuclei, job);
        List<(int Node, double Contrast, double Area)> cells = tree.BestFirst(SizePower);
        Plane<int> labels = tree.Paint([.. cells.Select(c => c.Node)]);
        var counts = new float[cells.Count + 1];
        for (int i = 0; i < labels.Values.Length; i++) counts[labels.Values[i]] += _density.Values[i];
        return (tree, [.. cells.Where((_, i) => counts[i + 1] >= LeastOfCell)]);
    }

    /// <summary>The peaks of the band of grains that stand out of its noise.</summary>
    private static (Point3 At, float Height)[] Peaks(Plane<float> image, double rounding, Job job)
    {
        Plane<float> band = ContourTree.Smooth(image, FineBlur, job), coarse = ContourTree.Smooth(image, CoarseBlur, job);
        System.Numerics.Tensors.TensorPrimitives.Subtract<float>(band.Values, coarse.Values, band.Values);
        // Half of the pixels show nothing but noise, whose deviation is the median size / 0.6745.
        System.Numerics.Tensors.TensorPrimitives.Abs<float>(band.Values, coarse.Values);
        double least = LeastDeviations * Math.Max(OrderStatistic.Of(coarse.Values, coarse.Values.Length / 2) / 0.6745, rounding);
        var peaks = new List<(Point3 At, float Height)>();
        for (int y = 1; y < band.Height - 1; y++)
        {
            job.ThrowIfCancelled();
            ReadOnlySpan<float> above = band.Row(y - 1), row = band.Row(y), below = band.Row(y + 1);
            for (int x = 1; x < row.Length - 1; x++)
            {
                float v = row[x];
                // Of equal neighbours the first is the peak.
                if (v > least && v > above[x - 1] && v > above[x] && v > above[x + 1] && v > row[x - 1]
                    && v >= row[x + 1] && v >= below[x - 1] && v >= below[x] && v >= below[x + 1])
                    peaks.Add((new Point3(0, y, x), v));
            }
        }
        if (peaks.Count == 0) return [];
        float[] heights = [.. peaks.Select(p => p.Height).Order()];
        double high = LeastHeight * heights[heights.Length * 3 / 4];
        return [.. peaks.Where(p => p.Height >= high)];
    }

    /// <summary>How far apart grains usually lie, pixels: the side of the square that each has for itself.</summary>
    private static double Distance(Point3[] grains)
    {
        var tree = new KdTree(grains);
        var distances = new double[grains.Length];
        // The grain itself is the nearest.
        Span<int> indices = stackalloc int[Neighbour + 1];
        Span<double> squares = stackalloc double[Neighbour + 1];
        for (int i = 0; i < grains.Length; i++)
        {
            tree.Nearest(grains[i], indices, squares);
            distances[i] = Math.Sqrt(Math.PI * squares[^1] / Neighbour);
        }
        Array.Sort(distances);
        return distances[distances.Length / 2];
    }

    /// <summary>The brightness around grains beyond that of their wider surroundings, of their own height: the median.</summary>
    private static double Between(Plane<float> image, (Point3 At, float Height)[] grains, double distance, Job job)
    {
        int bin = Math.Max(1, (int)(distance / 2));
        Plane<float> small = Binning.Means(image, Math.Min(bin, Math.Min(image.Height, image.Width)), job);
        bin = image.Height / small.Height;
        Plane<float> near = ContourTree.Smooth(small, distance / bin, job), far = ContourTree.Smooth(small, 4 * distance / bin, job);
        double[] shares = [.. grains.Select(g =>
        {
            int y = Math.Min((int)g.At.Y / bin, small.Height - 1), x = Math.Min((int)g.At.X / bin, small.Width - 1);
            return ((double)near[y, x] - far[y, x]) / g.Height;
        }).Order()];
        return shares[shares.Length / 2];
    }
}

using System.Numerics;
using System.Numerics.Tensors;
using ClemReg.Algorithms.Filters;
using ClemReg.Algorithms.Segmentation;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Cells;

/// <summary>
/// All outlines that an image's grey levels offer for cells, each with what speaks for it: the mean gradient along it, and how much its inside is like an
/// ellipse. The best ones that do not lie in each other are taken.
/// </summary>
/// <remarks>
/// The outlines are those of the component tree's components, with dark holes (nuclei) filled. They compete by gradient times diameter: the gradient alone
/// would prefer bright grains within a cell to the cell.
/// </remarks>
internal sealed class ContourTree
{
    private const int Levels = 511;

    /// <summary>What an ellipse has 1 of: area / (4 pi sqrt(det of the pixels' covariance)). Below this it is no cell.</summary>
    private const double LeastEllipticity = 0.75;

    /// <summary>Nuclei take up at most this share of the largest cell.</summary>
    private const double NucleusShare = 0.25;

    /// <summary>The mean length of the gradient of white noise of standard deviation 1 blurred by 1 pixel is a quarter; this is 3.6 standard deviations of it.</summary>
    private const double NoiseGradients = 0.9;

    /// <summary>Outlines this many times smaller or larger than cells compete too, so that a part or the halo of something else is not taken for a cell.</summary>
    private const double Beyond = 1.5;

    /// <summary>Of the outline of a cell in the image's corner a half is the image's border; what has more is background.</summary>
    private const double MostOpen = 0.52;

    private readonly ComponentTree _tree;
    private readonly int[] _area;
    private readonly double[] _contrast;
    private readonly double _leastArea, _mostArea;

    /// <summary>Builds the tree.</summary>
    /// <param name="image">The image.</param>
    /// <param name="noise">The standard deviation of its noise.</param>
    /// <param name="blur">The Gaussian that is applied first, pixels.</param>
    /// <param name="diameters">The least and largest diameters of cells, pixels.</param>
    /// <param name="fill">Whether dark holes are filled.</param>
    /// <param name="job">Threads, cancellation.</param>
    public ContourTree(Plane<float> image, double noise, double blur, (double Least, double Most) diameters, bool fill, Job job)
    {
        (_leastArea, _mostArea) = (Area(diameters.Least), Area(diameters.Most));
        Plane<float> smooth = Smooth(image, blur, job);
        Plane<ushort> levels = Stabilised(smooth, noise, job);
        if (fill) levels = ComponentTree.AreaClosing(levels, (int)Math.Min(int.MaxValue, NucleusShare * _mostArea), job);
        _tree = new ComponentTree(levels, job);
        var sums = new Sums(_tree, levels, Gradient(smooth, job), job);
        LeastContrast = NoiseGradients * noise / (blur * blur);
        (_area, _contrast) = (new int[_tree.Count], new double[_tree.Count]);
        for (int i = 0; i < _contrast.Length; i++)
        {
            _area[i] = sums.Area(i);
            _contrast[i] = _area[i] >= _leastArea / (Beyond * Beyond) && _area[i] <= Beyond * Beyond * _mostArea ? sums.Contrast(i) : 0;
        }
    }

    /// <summary>The contrast below which an outline is noise.</summary>
    public double LeastContrast { get; }

    /// <summary>Whether an area, pixels, is that of a cell.</summary>
    public bool IsCell(double area) => area >= _leastArea && area <= _mostArea;

    /// <summary>
    /// The outlines that are taken: of all choices of outlines none of which lies in another that with the largest sum of contrast x diameter. Those too large
    /// for a cell are among them: what lies in them is no cell, but they may be cells that touch.
    /// </summary>
    /// <returns>Components of the tree, their contrasts (grey values a pixel, less where they are not elliptic or cut by the border) and areas.</returns>
    public List<(int Node, double Contrast, double Area)> Best()
    {
        // For each component the largest sum within it, and whether that is its own.
        var sum = new double[_tree.Count];
        var own = new bool[_tree.Count];
        ReadOnlySpan<int> parents = _tree.Parents;
        for (int i = sum.Length - 1; i > 0; i--)
        {
            double merit = Merit(i, 0.5);
            own[i] = merit > sum[i];
            sum[parents[i]] += Math.Max(merit, sum[i]);
        }
        var best = new List<(int, double, double)>();
        var covered = new bool[_tree.Count];
        for (int i = 1; i < covered.Length; i++)
        {
            covered[i] = covered[parents[i]];
            if (covered[i] || !own[i]) continue;
            covered[i] = true;
            if (_area[i] >= _leastArea) best.Add((i, _contrast[i], _area[i]));
        }
        return best;
    }

    /// <summary>As <see cref="Best"/>, but the outlines are taken one after the other, the best first.</summary>
    /// <param name="sizePower">They compete by contrast x area to this power.</param>
    public List<(int Node, double Contrast, double Area)> BestFirst(double sizePower)
    {
        var candidates = new List<(int Node, double Merit)>();
        for (int i = 1; i < _contrast.Length; i++)
            if (Merit(i, sizePower) is var merit and > 0) candidates.Add((i, merit));
        candidates.Sort((a, b) => b.Merit.CompareTo(a.Merit) is var order and not 0 ? order : a.Node.CompareTo(b.Node));
        var best = new List<(int, double, double)>();
        bool[] taken = new bool[_tree.Count], holdsOne = new bool[_tree.Count];
        ReadOnlySpan<int> parents = _tree.Parents;
        foreach ((int i, _) in candidates)
        {
            if (holdsOne[i]) continue;
            int up = i;
            while (up != 0 && !taken[up]) up = parents[up];
            if (up != 0) continue;
            taken[i] = true;
            if (_area[i] >= _leastArea) best.Add((i, _contrast[i], _area[i]));
            for (up = i; !holdsOne[up]; up = parents[up]) holdsOne[up] = true;
        }
        return best;
    }

    private double Merit(int i, double sizePower) => _contrast[i] > LeastContrast ? _contrast[i] * Math.Pow(_area[i], sizePower) : 0;

    /// <summary>The pixels of outlines that do not lie in each other: their numbers from 1, 0 elsewhere.</summary>
    public Plane<int> Paint(IReadOnlyList<int> nodes)
    {
        var label = new int[_tree.Count];
        for (int k = 0; k < nodes.Count; k++) label[nodes[k]] = k + 1;
        ReadOnlySpan<int> parents = _tree.Parents, own = _tree.Nodes;
        for (int i = 1; i < label.Length; i++)
            if (label[i] == 0) label[i] = label[parents[i]];
        var plane = new Plane<int>(_tree.Height, _tree.Width);
        for (int p = 0; p < own.Length; p++) plane.Values[p] = label[own[p]];
        return plane;
    }

    private static double Area(double diameter) => Math.PI / 4 * diameter * diameter;

    /// <summary>The Gaussian filter, in the plane.</summary>
    public static Plane<float> Smooth(Plane<float> image, double sigma, Job job)
    {
        using var volume = new Volume<float>(new Grid(new Size3(1, image.Height, image.Width), new Point3(1, 1, 1)));
        image.Values.CopyTo(volume.Slice(0));
        using Volume<float> smooth = GaussianFilter.Apply(volume, new Point3(0, sigma, sigma), job);
        return new Plane<float>(image.Height, image.Width, smooth.Slice(0).ToArray());
    }

    /// <summary>Square roots, so that dim cells have as many levels as bright ones, above a floor that is lost in noise.</summary>
    private static Plane<ushort> Stabilised(Plane<float> image, double noise, Job job)
    {
        float low = OrderStatistic.Of(image.Values, image.Values.Length / 100), high = TensorPrimitives.Max<float>(image.Values);
        double floor = 2 * noise, least = Math.Sqrt(floor), most = Math.Sqrt(Math.Max(0, high - low) + floor), scale = Levels / Math.Max(most - least, 1e-12);
        var levels = new Plane<ushort>(image.Height, image.Width);
        job.For(image.Height, y =>
        {
            ReadOnlySpan<float> from = image.Row(y);
            Span<ushort> to = levels.Row(y);
            for (int x = 0; x < to.Length; x++) to[x] = (ushort)Math.Round((Math.Sqrt(Math.Max(0, from[x] - low) + floor) - least) * scale);
        });
        return levels;
    }

    private static float[] Gradient(Plane<float> image, Job job)
    {
        (int height, int width) = (image.Height, image.Width);
        var length = new float[height * width];
        job.For(height, y =>
        {
            ReadOnlySpan<float> above = image.Row(Math.Max(0, y - 1)), row = image.Row(y), below = image.Row(Math.Min(height - 1, y + 1));
            Span<float> to = length.AsSpan(y * width, width);
            for (int x = 0; x < width; x++)
            {
                float dx = row[Math.Min(width - 1, x + 1)] - row[Math.Max(0, x - 1)], dy = below[x] - above[x];
                to[x] = MathF.Sqrt(dx * dx + dy * dy) / 2;
            }
        });
        return length;
    }

    /// <summary>What is summed over the pixels, and over the outline, of each component.</summary>
    private sealed class Sums
    {
        private readonly Pixels[] _pixels;
        private readonly Outline[] _outlines;

        public Sums(ComponentTree tree, Plane<ushort> levels, float[] gradient, Job job)
        {
            (_pixels, _outlines) = (new Pixels[tree.Count], new Outline[tree.Count]);
            job.For(2, half =>
            {
                if (half == 0) AddPixels(tree);
                else AddOutlines(tree, levels, gradient);
            });
        }

        /// <summary>Pixels.</summary>
        public int Area(int i) => _pixels[i].Count;

        /// <summary>The mean gradient along the outline, less for what is no ellipse and for outlines that the image's border cuts.</summary>
        public double Contrast(int i)
        {
            ref readonly Pixels pixels = ref _pixels[i];
            (int edges, double gradients) = _outlines[i];
            double n = pixels.Count, x = pixels.X / n, y = pixels.Y / n;
            // A pixel is a square: it has a variance of its own.
            double xx = pixels.XX / n - x * x + 1 / 12.0, yy = pixels.YY / n - y * y + 1 / 12.0, xy = pixels.XY / n - x * y;
            double ellipticity = n / (4 * Math.PI * Math.Sqrt(Math.Max(xx * yy - xy * xy, 1e-9)));
            if (ellipticity < LeastEllipticity || edges < 1) return 0;
            double shape = Math.Min(1, ellipticity), open = pixels.Border / ((double)edges + pixels.Border);
            if (open > MostOpen) return 0;
            return gradients / edges * shape * shape * shape * Math.Sqrt(1 - open);
        }

        private void AddPixels(ComponentTree tree)
        {
            (int height, int width) = (tree.Height, tree.Width);
            ReadOnlySpan<int> nodes = tree.Nodes;
            for (int y = 0, p = 0; y < height; y++)
                for (int x = 0; x < width; x++, p++)
                {
                    ref Pixels of = ref _pixels[nodes[p]];
                    of.Count++;
                    of.X += x;
                    of.Y += y;
                    of.XX += (double)x * x;
                    of.YY += (double)y * y;
                    of.XY += (double)x * y;
                    of.Border += (x == 0 ? 1 : 0) + (y == 0 ? 1 : 0) + (x == width - 1 ? 1 : 0) + (y == height - 1 ? 1 : 0);
                }
            tree.Accumulate<Pixels>(_pixels);
        }

        private void AddOutlines(ComponentTree tree, Plane<ushort> levels, float[] gradient)
        {
            (int height, int width) = (tree.Height, tree.Width);
            ReadOnlySpan<int> nodes = tree.Nodes;
            for (int y = 0, p = 0; y < height; y++)
                for (int x = 0; x < width; x++, p++)
                {
                    if (x + 1 < width) Edge(levels.Values, nodes, gradient, p, p + 1);
                    if (y + 1 < height) Edge(levels.Values, nodes, gradient, p, p + width);
                }
            tree.Accumulate<Outline>(_outlines);
        }

        /// <summary>Two neighbours are parted by the outlines of the components that hold the brighter one only.</summary>
        private void Edge(ushort[] levels, ReadOnlySpan<int> nodes, float[] gradient, int p, int q)
        {
            if (levels[p] == levels[q]) return;
            (int inside, int outside) = levels[p] > levels[q] ? (nodes[p], nodes[q]) : (nodes[q], nodes[p]);
            double mean = (gradient[p] + gradient[q]) / 2;
            ref Outline within = ref _outlines[inside], beyond = ref _outlines[outside];
            within.Edges++;
            beyond.Edges--;
            within.Gradients += mean;
            beyond.Gradients -= mean;
        }

        private record struct Pixels(int Count, int Border, double X, double Y, double XX, double YY, double XY) : IAdditionOperators<Pixels, Pixels, Pixels>
        {
            public static Pixels operator +(Pixels a, Pixels b) =>
                new(a.Count + b.Count, a.Border + b.Border, a.X + b.X, a.Y + b.Y, a.XX + b.XX, a.YY + b.YY, a.XY + b.XY);
        }

        private record struct Outline(int Edges, double Gradients) : IAdditionOperators<Outline, Outline, Outline>
        {
            public static Outline operator +(Outline a, Outline b) => new(a.Edges + b.Edges, a.Gradients + b.Gradients);
        }
    }
}

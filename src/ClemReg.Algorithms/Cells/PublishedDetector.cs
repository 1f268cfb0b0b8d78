using System.Numerics;
using ClemReg.Algorithms.Filters;
using ClemReg.Algorithms.Segmentation;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Cells;

/// <summary>
/// The detection of fluorescent cells in in-resin sections as published: J. Delpiano, L. Pizarro, C. Peddie, M. Jones, L. Griffin and L. Collinson,
/// "Automated detection of fluorescent cells in in-resin fluorescence sections for integrated light and electron microscopy", J. Microsc. 271 (2018).
/// </summary>
/// <remarks>
/// <para>The steps: BM3D (optional), rolling ball, CLAHE; the negative Laplacian of Gaussian as feature; its brightest pixels mark cells, the
/// watershed lines of the distance to them mark background; the gradient of the equalised feature, with minima at both kinds of markers only, is
/// flooded; too large regions are dropped, overlapping boxes merged and filled to their hull, too small ones dropped.</para>
/// <para>Where the publication is silent, its program's language decides: Matlab's defaults of adapthisteq, imgradient (Sobel), bwdist,
/// imimposemin and watershed (8 neighbours, with lines).</para>
/// </remarks>
public static class PublishedDetector
{
    /// <summary>Finds the cells of one section.</summary>
    /// <param name="image">The section, finite pixels.</param>
    /// <param name="type">What its pixels were before they became floats.</param>
    /// <param name="options">The numbers.</param>
    /// <param name="job">Threads, cancellation, progress.</param>
    /// <param name="slice">The section's number, for the boxes.</param>
    /// <returns>Cells 1, 2, ... with their boxes. A box's score is the mean of the feature, 0 to 1, over its cell.</returns>
    /// <exception cref="BadInputException">A number out of range, a pixel that is no finite number.</exception>
    public static CellRegions Detect(Plane<float> image, VoxelType type, PublishedDetectorOptions options, Job job, int slice = 0)
    {
        options.Check(image.Height, image.Width);
        Plane<float> prepared = Prepare(image, type, options, job);
        job.Report(0.6);
        return DetectPrepared(prepared, options, job, slice);
    }

    /// <summary>The steps from the feature on.</summary>
    internal static CellRegions DetectPrepared(Plane<float> prepared, PublishedDetectorOptions options, Job job, int slice)
    {
        Plane<float> feature = NegativeLog.Apply(prepared, options.LogSigma, NegativeLog.KernelSize(options.LogSigma), job);
        CellMarkers markers = Mark(feature, options.MarkerShare, job);
        if (markers.Cells == 0) return new CellRegions(markers.Labels, []);
        Plane<int> basins = Flood(feature, markers, options, job);
        job.Report(0.95);
        return Select(basins, markers.Cells, feature, options, slice) with { Markers = Peaks(markers, feature) };
    }

    /// <summary>The brightest pixel of each cell's marker.</summary>
    private static (int Y, int X)[] Peaks(CellMarkers markers, Plane<float> feature)
    {
        var at = new int[markers.Cells];
        Array.Fill(at, -1);
        for (int i = 0; i < feature.Values.Length; i++)
        {
            int marker = markers.Labels.Values[i];
            if (marker == 0 || marker > markers.Cells) continue;
            ref int best = ref at[marker - 1];
            if (best < 0 || feature.Values[i] > feature.Values[best]) best = i;
        }
        return Array.ConvertAll(at, i => (i / feature.Width, i % feature.Width));
    }

    /// <summary>Finds the cells of each section of a stack.</summary>
    /// <param name="stack">The sections; each is looked at by itself.</param>
    /// <param name="options">The numbers.</param>
    /// <param name="job">Threads, cancellation, progress by sections.</param>
    /// <returns>One result a section, in their order; the same for any number of threads.</returns>
    /// <inheritdoc cref="Detect(Plane{float}, VoxelType, PublishedDetectorOptions, Job, int)" path="/exception"/>
    public static IReadOnlyList<CellRegions> Detect(ISliceSource stack, PublishedDetectorOptions options, Job job)
    {
        Size3 size = stack.Grid.Size;
        options.Check(size.Y, size.X);
        var results = new CellRegions[size.Z];
        var reading = new Lock();
        int threads = Math.Max(1, job.Threads / size.Z);
        job.For(size.Z, () => new FloatSlices(stack), (z, slices) =>
        {
            float[] pixels;
            // A stack in Fiji is read by one thread at a time.
            lock (reading) pixels = slices.Read(z, job).ToArray();
            results[z] = Detect(new Plane<float>(size.Y, size.X, pixels), stack.Type, options, new Job(threads, job.Token), z);
        }, report: true);
        return results;
    }

    /// <summary>Noise and background taken off, contrast equalised.</summary>
    private static Plane<float> Prepare(Plane<float> image, VoxelType type, PublishedDetectorOptions options, Job job)
    {
        IntensityRange range = IntensityRange.Of(image);
        if (options.Denoising != CellDenoising.None)
        {
            double sigma = options.Denoising == CellDenoising.Given ? options.NoiseSigma : NoiseEstimate.Of(image, job);
            image = job.Run("BM3D", 0, 0.5, part => Bm3d.Apply(image, sigma, Bm3d.FullScale(type, range), part));
            type = VoxelType.Float32;
        }
        if (options.BallRadius > 0) image = RollingBall.Subtract(image, type, options.BallRadius, presmooth: true, job);
        if (options.Tiles > 0) image = Equalise(image, type, options, job);
        return image;
    }

    internal static Plane<float> Equalise(Plane<float> image, VoxelType type, PublishedDetectorOptions options, Job job) =>
        Clahe.Apply(image, type, ClaheOptions.Matlab(image.Height, image.Width, options.Tiles, options.ClipLimit), job);

    /// <summary>The value below or at which all but a share of the pixels lie.</summary>
    private static float Threshold(Plane<float> feature, double share)
    {
        int count = feature.Values.Length;
        return OrderStatistic.Of(feature.Values, Math.Clamp((int)Math.Ceiling((1 - share) * count) - 1, 0, count - 1));
    }

    /// <summary>Labels the 8-connected groups of pixels above a value 1, 2, ... in scan order.</summary>
    private static Plane<int> LabelAbove<T>(Plane<T> plane, T threshold, Job job, out int count) where T : unmanaged, IComparisonOperators<T, T, bool>
    {
        using var bits = new BitVolume(new Grid(new Size3(1, plane.Height, plane.Width), new Point3(1, 1, 1)));
        bits.SetSlice(0, plane.Values, threshold);
        ConnectedComponents components = ConnectedComponents.Label(bits, job);
        var labels = new Plane<int>(plane.Height, plane.Width);
        components.ReadSlice(0, labels.Values);
        count = components.Count;
        return labels;
    }

    /// <summary>Marks cells by the brightest pixels of the feature, and the background by the watershed lines of the distance to them.</summary>
    /// <param name="feature">See <see cref="NegativeLog"/>.</param>
    /// <param name="share">The share of the pixels, above 0 and below 1, that mark cells.</param>
    /// <param name="job">The work.</param>
    internal static CellMarkers Mark(Plane<float> feature, double share, Job job)
    {
        Plane<int> markers = LabelAbove(feature, Threshold(feature, share), job, out int cells);
        if (cells == 0) return new CellMarkers(markers, 0);
        var marked = new Plane<bool>(markers.Height, markers.Width, Array.ConvertAll(markers.Values, v => v != 0));
        // The minima of the distance are the cells' markers themselves, so its watershed may start from them.
        Plane<int> zones = MarkerWatershed.Flood(DistanceTransform.ToNearest(marked, job), markers, Neighbourhood.Eight, lines: true, job);
        foreach (ref int zone in zones.Values.AsSpan()) zone = -zone;
        Plane<int> between = LabelAbove(zones, -1, job, out _);
        for (int i = 0; i < markers.Values.Length; i++)
            if (between.Values[i] is var background and > 0)
                markers.Values[i] = cells + background;
        return new CellMarkers(markers, cells);
    }

    /// <summary>Floods the gradient of the equalised feature, with minima at the markers only, from them.</summary>
    /// <returns>The regions by their markers' numbers; 0 on the lines between them.</returns>
    internal static Plane<int> Flood(Plane<float> feature, CellMarkers markers, PublishedDetectorOptions options, Job job)
    {
        var marked = new Plane<bool>(feature.Height, feature.Width, Array.ConvertAll(markers.Labels.Values, v => v != 0));
        Plane<float> equalised = options.Tiles > 0 ? Equalise(feature, VoxelType.Float32, options, job) : feature;
        Plane<float> gradient = SobelGradient.Magnitude(equalised, job);
        return MarkerWatershed.Flood(RegionalMinima.Impose(gradient, marked, Neighbourhood.Eight, job), markers.Labels, Neighbourhood.Eight, lines: true, job);
    }

    /// <summary>Drops what is too large, merges boxes and fills them to their hulls, drops what is too small, and numbers the rest.</summary>
    private static CellRegions Select(Plane<int> basins, int count, Plane<float> feature, PublishedDetectorOptions options, int slice)
    {
        Region?[] regions = Region.Of(basins, count, feature);
        double largest = options.LargestArea(basins.Height, basins.Width);
        var boxes = new List<Box>();
        for (int i = 0; i < count; i++)
            if (regions[i] is { } region && region.Area <= largest)
                boxes.Add(region.Box(slice, region.Mean, i + 1));

        var labelOf = new int[basins.Values.Max() + 1];
        var found = new List<Box>();
        var merges = new List<Box>();
        foreach (MergedBox merged in BoxMerging.Merge(boxes, options.MergeShare))
        {
            bool single = merged.Members.Count == 1;
            if (single && regions[merged.Box.Cell - 1]!.Area < options.SmallestArea) continue;
            found.Add(merged.Box with { Cell = found.Count + 1 });
            foreach (int member in merged.Members) labelOf[boxes[member].Cell] = found.Count;
            if (!single) merges.Add(found[^1]);
        }
        var labels = new Plane<int>(basins.Height, basins.Width, Array.ConvertAll(basins.Values, v => labelOf[v]));
        foreach (Box box in merges) FillHull(labels, box);
        return new CellRegions(labels, found);
    }

    /// <summary>Gives a cell the background pixels in its convex hull; other cells keep theirs.</summary>
    private static void FillHull(Plane<int> labels, Box box)
    {
        var pixels = new List<(int Y, int X)>();
        for (int y = box.Y; y < box.Bottom; y++)
            for (int x = box.X; x < box.Right; x++)
                if (labels[y, x] == box.Cell)
                    pixels.Add((y, x));
        foreach ((int y, int first, int last) in ConvexHull.Rows(pixels))
            foreach (ref int v in labels.Row(y)[first..(last + 1)])
                if (v == 0)
                    v = box.Cell;
    }
}

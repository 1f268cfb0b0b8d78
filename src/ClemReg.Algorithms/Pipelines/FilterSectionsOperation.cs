using System.Text.Json.Nodes;
using ClemReg.Algorithms.Cells;
using ClemReg.Algorithms.Filters;
using ClemReg.Algorithms.Parameters;
using ClemReg.Algorithms.Volumes;
using P = ClemReg.Algorithms.Pipelines.CellParameters;

namespace ClemReg.Algorithms.Pipelines;

/// <summary>Each step of the published detection of cells alone: to see what it does to one's own sections, and to use it for something else.</summary>
internal static class FilterSectionsOperation
{
    private const string Bm3dStep = "bm3d", Ball = "rolling_ball", Contrast = "clahe", Feature = "negative_log", Markers = "markers", Watershed = "watershed";

    private static readonly ChoiceParameter Step = new("section_filter", "Step", "Step",
        "bm3d: removes noise; rolling_ball: takes off the background; clahe: equalises the contrast; negative_log: blobs and rims of a cell's size become bright, 0 to 1. These take grey values. Of an image from negative_log, "
        + "markers: numbers the brightest spots, which mark cells, and after them the lines between, which mark background; watershed: the regions around the cells' markers.",
        Ball, Bm3dStep, Ball, Contrast, Feature, Markers, Watershed)
    { Option = true };

    private static readonly NumberParameter Noise = new("bm3d_sigma", "Noise, standard deviation", "Step", "", "For bm3d: of the image's grey values; 0: estimated from each section.", 0, 0, 1e6);

    public static Operation Definition { get; } = new(
        "filter_sections", "Filter sections",
        "One step of the published detection of cells (Delpiano et al. 2018) on each section: BM3D, rolling ball, CLAHE, negative Laplacian of Gaussian, markers, watershed.",
        [new Port("source", PortKind.Sections, "A section, or a stack of sections.")],
        [new Port("filtered", PortKind.Volume, "The sections after the step: 32-bit float, after rolling_ball of the image's own type.")],
        [Step, Noise, P.BallRadius, P.Tiles, P.ClipLimit, P.LogSigma, P.MarkerShare],
        Run);

    private static OperationResult Run(OperationRequest request, Job job)
    {
        ParameterValues values = request.Values;
        var source = request.Input<ISliceSource>("source");
        Func<Plane<float>, Job, Plane<float>> filter = Filter(values, source.Type);
        var filtered = Volume.Create(source.Grid, values.Get(Step) == Ball ? source.Type : VoxelType.Float32);
        try
        {
            (int depth, int height, int width) = source.Grid.Size;
            var reading = new Lock();
            int threads = Math.Max(1, job.Threads / depth);
            job.For(depth, () => new FloatSlices(source), (z, slices) =>
            {
                float[] pixels;
                // A stack in Fiji is read by one thread at a time.
                lock (reading) pixels = slices.Read(z, job).ToArray();
                var section = new Plane<float>(height, width, pixels);
                SectionCells.CheckFinite(section, z, "source");
                Store(filter(section, new Job(threads, job.Token)).Values, filtered, z);
            }, report: true);
            return new OperationResult(new Dictionary<string, object> { ["filtered"] = filtered }, new JsonObject { ["parameters"] = values.ToJson() });
        }
        catch
        {
            filtered.Dispose();
            throw;
        }
    }

    private static Func<Plane<float>, Job, Plane<float>> Filter(ParameterValues values, VoxelType type)
    {
        double sigma = values.Get(Noise), radius = values.Get(P.BallRadius), width = values.Get(P.LogSigma), share = values.Get(P.MarkerShare);
        var options = new PublishedDetectorOptions { Tiles = values.Get(P.Tiles), ClipLimit = values.Get(P.ClipLimit), MarkerShare = share };
        switch (values.Get(Step))
        {
            case Bm3dStep:
                return (section, job) => Bm3d.Apply(section, sigma > 0 ? sigma : NoiseEstimate.Of(section, job), Bm3d.FullScale(type, IntensityRange.Of(section)), job);
            case Ball:
                if (radius == 0) throw BadInputException.ForParameter(P.BallRadius.Name, radius, $"above 0 where {Step.Name} = {Ball}", "The usual value is 50.");
                return (section, job) => RollingBall.Subtract(section, type, radius, presmooth: true, job);
            case Contrast:
                if (options.Tiles == 0) throw BadInputException.ForParameter(P.Tiles.Name, 0, $"1 or more where {Step.Name} = {Contrast}", "The usual number is 8.");
                return (section, job) => PublishedDetector.Equalise(section, type, options, job);
            case Feature:
                return (section, job) => NegativeLog.Apply(section, width, NegativeLog.KernelSize(width), job);
            case Markers:
                return (section, job) => Numbers(PublishedDetector.Mark(section, share, job).Labels, int.MaxValue);
            default:
                return (section, job) =>
                {
                    CellMarkers markers = PublishedDetector.Mark(section, share, job);
                    return Numbers(markers.Cells == 0 ? markers.Labels : PublishedDetector.Flood(section, markers, options, job), markers.Cells);
                };
        }
    }

    /// <summary>Labels up to a last one as floats, which hold them all; the rest is 0.</summary>
    private static Plane<float> Numbers(Plane<int> labels, int last) => new(labels.Height, labels.Width, Array.ConvertAll(labels.Values, v => v > last ? 0f : v));

    private static void Store(float[] values, Volume to, int z)
    {
        switch (to)
        {
            case Volume<byte> bytes: Convert(values, bytes.Slice(z)); break;
            case Volume<ushort> shorts: Convert(values, shorts.Slice(z)); break;
            default: values.CopyTo(((Volume<float>)to).Slice(z)); break;
        }

        static void Convert<T>(float[] values, Span<T> to) where T : unmanaged
        {
            for (int i = 0; i < to.Length; i++) to[i] = VoxelConvert.FromFloat<T>(values[i]);
        }
    }
}

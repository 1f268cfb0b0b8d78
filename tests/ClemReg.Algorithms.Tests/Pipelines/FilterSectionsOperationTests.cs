using System.Text.Json;
using ClemReg.Algorithms.Cells;
using ClemReg.Algorithms.Filters;
using ClemReg.Algorithms.Pipelines;
using ClemReg.Algorithms.Simulation;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Tests.Pipelines;

public sealed class FilterSectionsOperationTests
{
    private static readonly Lazy<CellSectionSample> Sample = new(() => CellSimulator.Simulate(
        new CellSimulationOptions { Sections = 3, Height = 120, Width = 140, PixelSize = 500, SectionThickness = 500, CellsPerSection = 5, Diameter = 14000, DiameterSpread = 1000, Noise = 10, SpotDiameter = 1500 }, new Job(2)));

    private static Volume<ushort> Sections => Sample.Value.Sections;

    private static Volume Run(ISliceSource source, string step, int threads = 2, params (string Key, string Value)[] parameters)
    {
        string json = JsonSerializer.Serialize(new { parameters = parameters.Append(("section_filter", step)).ToDictionary(p => p.Item1, p => p.Item2) });
        using JsonDocument request = JsonDocument.Parse(json);
        OperationResult result = Operations.Find("filter_sections").Run(request.RootElement, new Dictionary<string, object> { ["source"] = source }, new Job(threads));
        var filtered = (Volume)result.Outputs["filtered"];
        Assert.Equal(source.Grid, filtered.Grid);
        return filtered;
    }

    private static Plane<float> Plane(ISliceSource stack, int z) => new(stack.Grid.Size.Y, stack.Grid.Size.X, new FloatSlices(stack).Read(z, new Job(1)).ToArray());

    [Fact]
    public void Each_step_gives_what_its_filter_gives()
    {
        var job = new Job(1);
        Expect("rolling_ball", VoxelType.UInt16, p => RollingBall.Subtract(p, VoxelType.UInt16, 20, true, job), ("published_ball_radius", "20"));
        Expect("clahe", VoxelType.Float32, p => Clahe.Apply(p, VoxelType.UInt16, ClaheOptions.Matlab(p.Height, p.Width, 4, 0.02), job), ("published_tiles", "4"), ("published_clip_limit", "0.02"));
        Expect("negative_log", VoxelType.Float32, p => NegativeLog.Apply(p, 5, NegativeLog.KernelSize(5), job), ("published_log_sigma", "5"));
        Expect("bm3d", VoxelType.Float32, p => Bm3d.Apply(p, NoiseEstimate.Of(p, job), Bm3d.FullScale(VoxelType.UInt16, IntensityRange.Of(p)), job));
        Expect("bm3d", VoxelType.Float32, p => Bm3d.Apply(p, 25, Bm3d.FullScale(VoxelType.UInt16, IntensityRange.Of(p)), job), ("bm3d_sigma", "25"));

        static void Expect(string step, VoxelType type, Func<Plane<float>, Plane<float>> filter, params (string Key, string Value)[] parameters)
        {
            using Volume filtered = Run(Sections, step, 3, parameters);
            Assert.Equal(type, filtered.Type);
            for (int z = 0; z < 3; z++) Assert.Equal(filter(Plane(Sections, z)).Values, Plane(filtered, z).Values);
        }
    }

    [Fact]
    public void The_steps_in_turn_find_the_cells_that_the_whole_detection_finds()
    {
        using Volume flat = Run(Sections, "rolling_ball"), even = Run(flat, "clahe"), feature = Run(even, "negative_log"), regions = Run(feature, "watershed"), markers = Run(feature, "markers");
        var options = new PublishedDetectorOptions { MinimumArea = 0, MaximumAreaShare = 1, MergeShare = 1 };
        for (int z = 0; z < 3; z++)
        {
            CellRegions whole = PublishedDetector.Detect(Plane(Sections, z), VoxelType.UInt16, options, new Job(1), z);
            var labels = new Plane<int>(120, 140, Array.ConvertAll(Plane(regions, z).Values, v => (int)v));
            Region?[] found = Region.Of(labels, labels.Values.Max(), Plane(feature, z));
            HashSet<(int, int, int, int)> boxes = [.. found.OfType<Region>().Select(r => r.Box(z, 0, 0)).Select(b => (b.X, b.Y, b.Width, b.Height))];
            Assert.True(whole.Boxes.Count >= 3);
            Assert.All(whole.Boxes, b => Assert.Contains((b.X, b.Y, b.Width, b.Height), boxes));
            // A region grows from its own marker; the background has markers of its own.
            float[] marked = Plane(markers, z).Values;
            Assert.All(Enumerable.Range(0, marked.Length).Where(i => marked[i] > 0 && marked[i] <= labels.Values.Max()), i => Assert.Equal(marked[i], labels.Values[i]));
            Assert.True(marked.Max() > labels.Values.Max());
        }
    }

    [Fact]
    public void A_black_section_stays_black_and_has_no_markers()
    {
        using var black = new Volume<byte>(new Grid(new Size3(1, 30, 40), new Point3(1000, 1000, 1000)));
        foreach (string step in new[] { "bm3d", "rolling_ball", "clahe", "negative_log", "markers", "watershed" })
        {
            using Volume filtered = Run(black, step);
            Assert.All(Plane(filtered, 0).Values, v => Assert.Equal(0, v));
        }
    }

    [Theory]
    [InlineData("rolling_ball", "published_ball_radius", "0", "above 0")]
    [InlineData("clahe", "published_tiles", "0", "1 or more")]
    [InlineData("negative_log", "published_log_sigma", "0", "published_log_sigma = 0")]
    [InlineData("blur", "published_tiles", "8", "section_filter = blur")]
    [InlineData("bm3d", "bm3d_sigma", "-1", "bm3d_sigma = -1")]
    public void What_cannot_be_is_refused(string step, string parameter, string value, string words) =>
        Assert.Contains(words, Assert.Throws<BadInputException>(() => Run(Sections, step, 1, (parameter, value))).Message, StringComparison.Ordinal);

    [Fact]
    public void A_pixel_that_is_no_number_is_named()
    {
        using var image = new Volume<float>(new Grid(new Size3(2, 20, 20), new Point3(1, 1, 1)));
        image[1, 3, 7] = float.NaN;
        string message = Assert.Throws<BadInputException>(() => Run(image, "rolling_ball")).Message;
        Assert.StartsWith("source: section 2", message, StringComparison.Ordinal);
        Assert.Contains("x = 7, y = 3", message, StringComparison.Ordinal);
    }
}

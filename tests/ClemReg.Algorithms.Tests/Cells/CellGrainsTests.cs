using ClemReg.Algorithms.Cells;
using ClemReg.Algorithms.Filters;
using ClemReg.Algorithms.Simulation;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Tests.Cells;

public sealed class CellGrainsTests
{
    private static (Plane<float> Section, IReadOnlyList<Box> Truth) Simulated(CellPattern pattern, double noise, int size = 384, int seed = 41)
    {
        using CellSectionSample sample = CellSimulator.Simulate(
            new CellSimulationOptions { Seed = seed, Sections = 1, Height = size, Width = size, CellsPerSection = 9, Pattern = pattern, Noise = noise }, new Job(2));
        var section = new Plane<float>(size, size);
        ReadOnlySpan<ushort> pixels = sample.Sections.Slice(0);
        for (int i = 0; i < pixels.Length; i++) section.Values[i] = pixels[i];
        return (section, sample.Truth);
    }

    [Fact]
    public void Cells_of_grains_are_found_as_cells()
    {
        List<Box> joined = [], alone = [], truth = [];
        for (int n = 1; n <= 3; n++)
        {
            (Plane<float> section, IReadOnlyList<Box> cells) = Simulated(CellPattern.Punctate, 20 * n, seed: n);
            IEnumerable<Box> InSection(IEnumerable<Box> boxes) => boxes.Select(b => b with { Slice = n });
            truth.AddRange(InSection(cells));
            joined.AddRange(InSection(CellDetector.Find(section, new CellDetectorOptions(), new Job(2)).Boxes));
            alone.AddRange(InSection(CellDetector.Find(section, new CellDetectorOptions { JoinGrains = false }, new Job(2)).Boxes));
        }
        DetectionScores scores = DetectionEvaluation.Evaluate(joined, truth);
        Assert.True(scores.F1 >= 0.85, scores.ToString());
        Assert.True(DetectionEvaluation.Evaluate(alone, truth).F1 < 0.6);
    }

    [Fact]
    public void Given_diameters_find_cells_of_grains_too_and_small_ones_the_grains()
    {
        (Plane<float> section, IReadOnlyList<Box> truth) = Simulated(CellPattern.Punctate, 20, seed: 1);
        IReadOnlyList<Box> cells = CellDetector.Find(section, new CellDetectorOptions { MinimumDiameter = 15, MaximumDiameter = 80 }, new Job(2)).Boxes;
        Assert.True(DetectionEvaluation.Evaluate(cells, truth).F1 >= 0.6, string.Join('\n', cells));
        Assert.All(cells, c => Assert.InRange(Math.Sqrt(c.Width * c.Height), 10, 100));
        IReadOnlyList<Box> grains = CellDetector.Find(section, new CellDetectorOptions { MinimumDiameter = 3, MaximumDiameter = 10 }, new Job(2)).Boxes;
        Assert.True(grains.Count > 3 * truth.Count, $"{grains.Count} of {truth.Count} cells");
        Assert.All(grains, g => Assert.InRange(Math.Max(g.Width, g.Height), 2, 15));
    }

    [Theory]
    [InlineData(CellPattern.Cytoplasmic, 20)]
    [InlineData(CellPattern.Cytoplasmic, 60)]
    [InlineData(CellPattern.Nuclear, 20)]
    [InlineData(CellPattern.Nuclear, 60)]
    public void Smooth_cells_have_no_grains(CellPattern pattern, double noise)
    {
        (Plane<float> section, _) = Simulated(pattern, noise);
        Assert.Null(CellGrains.Of(section, 1, 0, new Job(2)));
    }

    [Fact]
    public void Small_spots_all_over_the_section_are_no_cells()
    {
        var random = new Random(5);
        var section = new Plane<float>(300, 300);
        for (int y = 0; y < 300; y++)
            for (int x = 0; x < 300; x++) section[y, x] = random.Next(10);
        for (int n = 0; n < 400; n++)
        {
            int cy = random.Next(3, 297), cx = random.Next(3, 297);
            for (int k = 0; k < 9; k++) section[cy + k / 3, cx + k % 3] += 100;
        }
        Assert.Null(CellGrains.Of(section, 1, 0, new Job(2)));
    }

    [Fact]
    public void A_rank_is_what_sorting_gives()
    {
        var random = new Random(8);
        foreach (int count in new[] { 1, 2, 7, 1000 })
        {
            var values = new float[count];
            for (int i = 0; i < count; i++) values[i] = random.Next(4) == 0 ? random.Next(-3, 3) : (float)(1e3 * (random.NextDouble() - 0.5));
            if (count > 2) (values[0], values[1]) = (float.PositiveInfinity, float.NegativeInfinity);
            float[] sorted = [.. values.Order()];
            for (int rank = 0; rank < count; rank++) Assert.Equal(sorted[rank], OrderStatistic.Of(values, rank));
            double[] wide = Array.ConvertAll(values, v => v * 1e200), sortedWide = [.. wide.Order()];
            for (int rank = 0; rank < count; rank++) Assert.Equal(sortedWide[rank], OrderStatistic.Of(wide, rank));
        }
    }
}

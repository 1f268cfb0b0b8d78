using System.Numerics;
using ClemReg.Algorithms.Preparation;
using ClemReg.Algorithms.Simulation;
using ClemReg.Algorithms.Tests.Simulation;
using ClemReg.Algorithms.Tests.Warping;
using ClemReg.Algorithms.Volumes;
using Xunit.Abstractions;

namespace ClemReg.Algorithms.Tests.Preparation;

public sealed class SliceAlignerTests(ITestOutputHelper output)
{
    private const int Border = 24;

    private static readonly ClemSimulationOptions Stack = new()
    {
        Seed = 11,
        EmSizeZ = 40,
        EmSizeY = 301,
        EmSizeX = 277,
        EmSpacingZ = 25,
        EmSpacingXy = 10,
        Mitochondria = 30,
    };

    /// <summary>The simulated EM with its slices moved, noise of its own on top (the shifts are whole tenths of pixels).</summary>
    private static (PreparationSources Moved, SliceShift[] Truth) Disturbed(double jitter, double drift, double angle = 0, Func<int, bool>? blank = null, double noise = 8, int? only = null)
    {
        ClemSample sample = Samples.Shared(Stack);
        Grid grid = sample.Em.Grid;
        using Volume em = Volume.Create(grid, VoxelType.UInt8);
        for (int z = 0; z < grid.Size.Z; z++) sample.Em.SliceBytes(only ?? z).CopyTo(em.SliceBytes(z));
        var random = new Random(5);
        SliceShift[] truth = [.. Enumerable.Range(0, grid.Size.Z).Select(z => new SliceShift(
            grid.Spacing.Y * (jitter * (2 * random.NextDouble() - 1) + drift * z), grid.Spacing.X * (jitter * (2 * random.NextDouble() - 1) - drift * z), angle * (2 * random.NextDouble() - 1)))];
        // What the slice looked like before it must be moved by the truth.
        SliceShift[] undo = [.. truth.Select(t => default(SliceShift).Then(new SliceShift(-t.Dy, -t.Dx)).Then(new SliceShift(0, 0, -t.Angle)))];
        float[] values = WarpCases.ReadFloats(new AlignedSource(em, new SliceShifts(undo), false, new Job(2)));
        for (int i = 0; i < values.Length; i++)
        {
            int z = i / grid.Size.SliceCount;
            values[i] = blank is not null && blank(z) ? 17 : (float)Math.Clamp(values[i] + noise * (random.NextDouble() + random.NextDouble() + random.NextDouble() - 1.5) * 2, 0, 255);
        }
        // The empty borders are left out: a microscope makes none.
        var inner = new Grid(grid.Size with { Y = grid.Size.Y - 2 * Border, X = grid.Size.X - 2 * Border }, grid.Spacing);
        return (new PreparationSources(inner, VoxelType.UInt8, (z, y, x) => values[(z * grid.Size.Y + y + Border) * grid.Size.X + x + Border]), truth);
    }

    /// <summary>Mean difference of the found shifts and the truth, pixels or degrees, mean or straight line taken out, over the slices that count.</summary>
    private double MeanError(SliceAlignment found, SliceShift[] truth, Func<SliceShift, double> of, bool line, Func<int, bool>? skip = null)
    {
        (int Z, double D)[] d = [.. Enumerable.Range(0, truth.Length).Where(z => skip is null || !skip(z)).Select(z => (z, of(found.Shifts[z]) - of(truth[z])))];
        double middle = d.Average(e => e.Z), mean = d.Average(e => e.D);
        double slope = line ? d.Sum(e => (e.Z - middle) * e.D) / d.Sum(e => (e.Z - middle) * (e.Z - middle)) : 0;
        double error = d.Average(e => Math.Abs(e.D - mean - slope * (e.Z - middle)));
        output.WriteLine($"mean error {error:F4}, slope {slope:F4}");
        return error;
    }

    private static double Y(SliceShift s) => s.Dy / Stack.EmSpacingXy;

    private static double X(SliceShift s) => s.Dx / Stack.EmSpacingXy;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Known_shifts_are_found_to_a_tenth_of_a_pixel(bool template)
    {
        // One slice again and again, with noise of its own each time: nothing but the shift changes.
        (PreparationSources moved, SliceShift[] truth) = Disturbed(5, 0, only: 20);
        SliceAlignment found = SliceAligner.Align(moved, new AlignOptions { Template = template }, new Job(2));
        Assert.InRange(MeanError(found, truth, Y, true), 0, 0.05);
        Assert.InRange(MeanError(found, truth, X, true), 0, 0.05);
        Assert.All(moved.Reads, n => Assert.Equal(template ? 2 : 1, n));
    }

    [Fact]
    public void In_a_cell_the_neighbours_fit_to_the_change_of_its_structures()
    {
        // Here the structures themselves move from slice to slice by about 0.1 pixel, which no method can tell from a shift.
        (PreparationSources moved, SliceShift[] truth) = Disturbed(5, 0);
        SliceAlignment found = SliceAligner.Align(moved, new AlignOptions(), new Job(2));
        foreach (Func<SliceShift, double> of in (Func<SliceShift, double>[])[Y, X])
        {
            double before = 0, after = 0;
            for (int z = 1; z < truth.Length; z++)
            {
                before += Math.Abs(of(truth[z]) - of(truth[z - 1])) / (truth.Length - 1);
                after += Math.Abs(of(found.Shifts[z]) - of(found.Shifts[z - 1]) - of(truth[z]) + of(truth[z - 1])) / (truth.Length - 1);
            }
            output.WriteLine($"neighbours off by {before:F3} before, {after:F3} pixels after");
            Assert.InRange(after, 0, 0.3);
            Assert.InRange(before, 2, 5);
        }
    }

    [Fact]
    public void What_is_aligned_stays()
    {
        (PreparationSources still, SliceShift[] _) = Disturbed(0, 0, only: 5, noise: 0);
        SliceAlignment found = SliceAligner.Align(still, new AlignOptions { MaximumRotation = 1 }, new Job(2));
        for (int z = 0; z < found.Shifts.Count; z++)
        {
            Assert.InRange(Math.Abs(found.Shifts[z].Dy) + Math.Abs(found.Shifts[z].Dx), 0, 1e-3);
            Assert.InRange(Math.Abs(found.Shifts[z].Angle), 0, 1e-4);
        }
        // An aligned cell is left alone by the template.
        found = SliceAligner.Align(Samples.Shared(Stack).Em, new AlignOptions { Chain = false }, new Job(2));
        Assert.InRange(MeanError(found, new SliceShift[found.Shifts.Count], Y, false), 0, 0.1);
        Assert.InRange(MeanError(found, new SliceShift[found.Shifts.Count], X, false), 0, 0.1);
    }

    [Fact]
    public void Blank_slices_lie_between_their_neighbours()
    {
        static bool Blank(int z) => z is 0 or 7 or 8 or 20 or 39;
        (PreparationSources moved, SliceShift[] truth) = Disturbed(4, 0, blank: Blank, only: 20);
        var job = new Job(2);
        SliceAlignment found = SliceAligner.Align(moved, new AlignOptions(), job);
        Assert.InRange(MeanError(found, truth, Y, true, Blank), 0, 0.05);
        Assert.Equal(found.Shifts[6].Dy + (found.Shifts[9].Dy - found.Shifts[6].Dy) / 3, found.Shifts[7].Dy, 6);
        Assert.Equal(found.Shifts[1], found.Shifts[0]);
        Assert.True(double.IsNaN(found.Correlations[20]));
        Assert.Contains("1, 8, 9, 21, 40", Assert.Single(job.Warnings), StringComparison.Ordinal);
        Assert.Contains("blank", Assert.Throws<BadInputException>(() => SliceAligner.Align(Disturbed(1, 0, blank: _ => true).Moved, new AlignOptions(), new Job(1))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_steady_drift_is_removed_only_when_asked_for()
    {
        (PreparationSources moved, SliceShift[] truth) = Disturbed(1, 0.5, only: 20);
        SliceAlignment kept = SliceAligner.Align(moved, new AlignOptions(), new Job(2));
        SliceAlignment removed = SliceAligner.Align(moved, new AlignOptions { RemoveTrend = true }, new Job(2));
        Assert.Equal(0.5 * Stack.EmSpacingXy, removed.Trend.Dy, 0);
        Assert.InRange(MeanError(removed, truth, Y, false), 0, 0.1);
        Assert.InRange(MeanError(removed, truth, X, false), 0, 0.1);
        // A template of slices that drift is blurred by the drift.
        Assert.InRange(MeanError(kept, truth, Y, true), 0, 0.2);
        Assert.InRange(MeanError(kept, truth, Y, false), 3, 7);
    }

    [Fact]
    public void Small_turns_are_found()
    {
        (PreparationSources moved, SliceShift[] truth) = Disturbed(3, 0, angle: 1, only: 20);
        SliceAlignment found = SliceAligner.Align(moved, new AlignOptions { MaximumRotation = 3 }, new Job(2));
        Assert.InRange(MeanError(found, truth, s => s.Angle, true), 0, 0.05);
        Assert.InRange(MeanError(found, truth, Y, true), 0, 0.15);
        Assert.InRange(MeanError(found, truth, X, true), 0, 0.15);
    }

    [Fact]
    public void Threads_and_reduction_change_little()
    {
        (PreparationSources moved, SliceShift[] truth) = Disturbed(5, 0, only: 20);
        Assert.Equal(SliceAligner.Align(moved, new AlignOptions(), new Job(1)).Shifts.ToCsv(), SliceAligner.Align(moved, new AlignOptions(), new Job(3)).Shifts.ToCsv());
        Assert.InRange(MeanError(SliceAligner.Align(moved, new AlignOptions { Reduction = 2 }, new Job(2)), truth, Y, true), 0, 0.1);
        Assert.Contains("align_reduction = 9", Assert.Throws<BadInputException>(() => SliceAligner.Align(moved, new AlignOptions { Reduction = 9 }, new Job(1))).Message, StringComparison.Ordinal);
        Assert.Contains("align_median_slices = 4", Assert.Throws<BadInputException>(() => SliceAligner.Align(moved, new AlignOptions { MedianSlices = 4 }, new Job(1))).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(16, 32)]
    [InlineData(64, 16)]
    public unsafe void The_transform_is_the_sum_that_defines_it(int height, int width)
    {
        var random = new Random(1);
        Complex[] image = [.. Enumerable.Range(0, height * width).Select(_ => new Complex(random.NextDouble() - 0.5, random.NextDouble() - 0.5))];
        using var fft = new Fft2(height, width);
        for (int i = 0; i < image.Length; i++) (fft.Real[i], fft.Imaginary[i]) = ((float)image[i].Real, (float)image[i].Imaginary);
        fft.Forward(new Job(2));
        foreach ((int ky, int kx) in ((int, int)[])[(0, 0), (1, 0), (0, 1), (5, 9), (height - 1, width - 3)])
        {
            Complex sum = 0;
            for (int y = 0; y < height; y++)
                for (int x = 0; x < width; x++) sum += image[y * width + x] * Complex.Exp(new Complex(0, -2 * Math.PI * ((double)ky * y / height + (double)kx * x / width)));
            Assert.Equal(sum.Real, fft.SpectrumReal[kx * height + ky], 3);
            Assert.Equal(sum.Imaginary, fft.SpectrumImaginary[kx * height + ky], 3);
        }
        fft.Inverse(new Job(2));
        for (int i = 0; i < image.Length; i++) Assert.InRange(fft.Real[i] / (height * width) - image[i].Real, -1e-6, 1e-6);
    }

    [Fact]
    public void Shifts_are_written_and_read_back()
    {
        var plain = new SliceShifts([new SliceShift(1.5, -2), default, new SliceShift(1e-3, 4)]);
        Assert.Equal("slice,dy,dx\n1,1.5,-2\n2,0,0\n3,0.001,4\n", plain.ToCsv());
        var turned = new SliceShifts([new SliceShift(1, 2, 0.25), default]);
        SliceShifts back = SliceShifts.FromCsv(turned.ToCsv().Replace("\n", "\r\n", StringComparison.Ordinal), "s.csv", 2);
        Assert.Equal([turned[0], turned[1]], [back[0], back[1]]);
        void Says(string text, string words) => Assert.Contains(words, Assert.Throws<BadInputException>(() => SliceShifts.FromCsv(text, "s.csv", 2)).Message, StringComparison.Ordinal);
        Says("z,y,x\n", "s.csv: the first line must be slice,dy,dx");
        Says("slice,dy,dx\n1,2\n", "line 2 is '1,2'");
        Says("slice,dy,dx\n1,2,nan\n", "line 2");
        Says("slice,dy,dx\n1,0,0\n3,0,0\n", "slice 3, but the image has slices 1 to 2");
        Says("slice,dy,dx\n1,0,0\n1,0,0\n", "slice 1 is given twice");
        Says("slice,dy,dx\n1,0,0\n", "slice 2 is missing");
    }

    [Fact]
    public void Whole_pixels_are_copied_and_labels_stay_labels()
    {
        var grid = new Grid(new Size3(1, 9, 12), new Point3(40, 10, 5));
        foreach (VoxelType type in Enum.GetValues<VoxelType>())
        {
            PreparationSources image = PreparationSources.Numbered(grid, type);
            float[] before = WarpCases.ReadFloats(image), after = WarpCases.ReadFloats(new AlignedSource(image, new SliceShifts([new SliceShift(20, -15)]), false, new Job(2)));
            float[] nearest = WarpCases.ReadFloats(new AlignedSource(image, new SliceShifts([new SliceShift(22, -16.5)]), true, new Job(2)));
            for (int y = 0; y < 9; y++)
                for (int x = 0; x < 12; x++)
                {
                    float expected = y >= 2 && x + 3 < 12 ? before[(y - 2) * 12 + x + 3] : 0;
                    Assert.Equal(expected, after[y * 12 + x]);
                    Assert.Equal(expected, nearest[y * 12 + x]);
                }
        }
        // Turned and moved, and back.
        var shift = new SliceShift(3, -7, 20);
        SliceShift undone = shift.Then(new SliceShift(0, 0, -20)).Then(new SliceShift(-shift.Then(new SliceShift(0, 0, -20)).Dy, -shift.Then(new SliceShift(0, 0, -20)).Dx));
        Assert.Equal(0, Math.Abs(undone.Dy) + Math.Abs(undone.Dx) + Math.Abs(undone.Angle), 9);
    }
}

using ClemReg.Algorithms.Cells;
using ClemReg.Algorithms.Filters;
using ClemReg.Algorithms.Simulation;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Tests.Cells;

public sealed class PublishedDetectorTests
{
    private static readonly CellSimulationOptions Scene = new() { Height = 256, Width = 256, Sections = 3, CellsPerSection = 5, SectionThickness = 2000, Brightness = 150, Noise = 10 };

    [Fact]
    public void The_boxes_are_those_of_the_same_steps_in_scikit_image()
    {
        Plane<float>[] golden = PlaneGolden.Read("published");
        for (int i = 0; i < golden.Length; i += 3)
        {
            // The section has been prepared: from the feature on, every step is compared.
            var options = new PublishedDetectorOptions { BallRadius = 0, Tiles = 8, LogSigma = golden[i + 1][0, 0] };
            CellRegions found = PublishedDetector.DetectPrepared(golden[i], options, new Job(1), 0);
            Assert.Equal(golden[i + 2].Height, found.Boxes.Count);
            for (int n = 0; n < found.Boxes.Count; n++)
            {
                ReadOnlySpan<float> row = golden[i + 2].Row(n);
                var expected = new Box(0, (int)row[0], (int)row[1], (int)row[2], (int)row[3]);
                // Single precision may move a pixel of the feature to another grey level.
                Assert.InRange(Box.IntersectionOverUnion(expected, found.Boxes[n]), 0.95, 1);
            }
        }
    }

    [Fact]
    public void Simulated_cells_are_found_and_labels_boxes_and_scores_agree()
    {
        using CellSectionSample sample = CellSimulator.Simulate(Scene, new Job(2));
        var options = new PublishedDetectorOptions { MinimumDiameter = 25, MaximumDiameter = 90 };
        IReadOnlyList<CellRegions> found = PublishedDetector.Detect(sample.Sections, options, new Job(2));
        Assert.Equal(3, found.Count);
        DetectionScores scores = DetectionEvaluation.Evaluate([.. found.SelectMany(f => f.Boxes)], sample.Truth);
        Assert.True(scores is { Recall: > 0.7, Precision: > 0.7 }, scores.ToString());
        for (int z = 0; z < 3; z++)
        {
            Assert.Equal(found[z].Boxes.Count, found[z].Labels.Values.Max());
            foreach (Box box in found[z].Boxes)
            {
                Assert.Equal(z, box.Slice);
                Assert.InRange(box.Score, 0, 1);
                int inside = 0, all = found[z].Labels.Values.Count(v => v == box.Cell);
                for (int y = box.Y; y < box.Bottom; y++)
                    for (int x = box.X; x < box.Right; x++)
                        if (found[z].Labels[y, x] == box.Cell)
                            inside++;
                Assert.Equal(all, inside);
                Assert.InRange(all, Math.PI / 4 * 25 * 25, box.Area);
            }
        }
    }

    [Fact]
    public void A_stack_equals_its_sections_for_any_number_of_threads()
    {
        using CellSectionSample sample = CellSimulator.Simulate(Scene, new Job(2));
        var options = new PublishedDetectorOptions { Denoising = CellDenoising.Estimated };
        IReadOnlyList<CellRegions> one = PublishedDetector.Detect(sample.Sections, options, new Job(1)), three = PublishedDetector.Detect(sample.Sections, options, new Job(3));
        for (int z = 0; z < 3; z++)
        {
            var plane = new Plane<float>(256, 256);
            sample.Sections.ReadSlice(z, plane.Values.AsSpan());
            CellRegions alone = PublishedDetector.Detect(plane, VoxelType.UInt16, options, new Job(2), z);
            Assert.Equal(alone.Labels.Values, one[z].Labels.Values);
            Assert.Equal(alone.Labels.Values, three[z].Labels.Values);
            Assert.Equal(alone.Boxes, three[z].Boxes);
        }
    }

    [Fact]
    public void Sections_without_anything_and_of_any_size_do_not_fail()
    {
        var options = new PublishedDetectorOptions();
        foreach ((int h, int w) in ((int, int)[])[(1, 1), (1, 30), (5, 4), (33, 60)])
            foreach (float value in (float[])[0, 255])
            {
                var plane = new Plane<float>(h, w);
                Array.Fill(plane.Values, value);
                CellRegions found = PublishedDetector.Detect(plane, VoxelType.UInt8, options with { MinimumArea = 0 }, new Job(1));
                Assert.Empty(found.Boxes);
                Assert.All(found.Labels.Values, v => Assert.Equal(0, v));
                PublishedDetector.Detect(PlaneGolden.Noise(h, w, 1), VoxelType.Float32, options with { MinimumArea = 0, Denoising = CellDenoising.Estimated }, new Job(1));
            }
    }

    [Fact]
    public void Markers_are_the_brightest_pixels_from_which_cells_were_begun()
    {
        var section = new Plane<float>(160, 170);
        foreach ((int cy, int cx, float bright) in ((int, int, float)[])[(40, 50, 100), (110, 120, 60)])
            for (int y = cy - 9; y <= cy + 9; y++)
                for (int x = cx - 9; x <= cx + 9; x++)
                    if ((y - cy) * (y - cy) + (x - cx) * (x - cx) <= 81) section[y, x] = bright;
        var options = new PublishedDetectorOptions { BallRadius = 0, Tiles = 0, MarkerShare = 0.02 };
        CellRegions found = PublishedDetector.Detect(section, VoxelType.UInt8, options, new Job(1));
        // The response of a disc is largest in its middle, to a pixel, since the kernel has an even number of them; markers are in the order of their first rows.
        Assert.Equal(2, found.Markers.Count);
        Assert.True(found.Markers[0] is { Y: 39 or 40, X: 49 or 50 } && found.Markers[1] is { Y: 109 or 110, X: 119 or 120 }, string.Join(' ', found.Markers));
        Assert.All(found.Markers, m => Assert.True(found.Labels[m.Y, m.X] > 0));
        // What is left out later was a marker all the same.
        CellRegions none = PublishedDetector.Detect(section, VoxelType.UInt8, options with { MinimumDiameter = 80, MaximumDiameter = 100 }, new Job(1));
        Assert.Empty(none.Boxes);
        Assert.Equal(found.Markers, none.Markers);
        Assert.Empty(CellDetector.Find(section, new CellDetectorOptions(), new Job(1)).Markers);
    }

    [Fact]
    public void Cancelling_stops_a_stack()
    {
        using CellSectionSample sample = CellSimulator.Simulate(Scene, new Job(2));
        using var observer = new CancellingObserver();
        Assert.ThrowsAny<OperationCanceledException>(() => PublishedDetector.Detect(sample.Sections, new PublishedDetectorOptions(), new Job(1, observer.Token, observer)));
        Assert.InRange(observer.ReportsAfterCancelling, 0, 1);
    }

    [Fact]
    public void Bad_input_is_named()
    {
        var o = new PublishedDetectorOptions();
        Refuse("noise sigma", o with { Denoising = CellDenoising.Given, NoiseSigma = -1 });
        Refuse("rolling-ball radius", o with { BallRadius = -1 });
        Refuse("tiles", o with { Tiles = -1 });
        Refuse("clip limit", o with { ClipLimit = 2 });
        Refuse("sigma", o with { LogSigma = 0 });
        Refuse("marker share", o with { MarkerShare = 1 });
        Refuse("maximum area share", o with { MaximumAreaShare = 0 });
        Refuse("minimum area", o with { MinimumArea = double.NaN });
        Refuse("minimum diameter", o with { MinimumDiameter = 300 });
        Refuse("maximum diameter", o with { MaximumDiameter = -4 });
        Refuse("merge share", o with { MergeShare = 0 });
        var image = PlaneGolden.Noise(40, 40, 2);
        image[0, 7] = float.NaN;
        Assert.Contains("x = 7, y = 0", Assert.Throws<BadInputException>(() => PublishedDetector.Detect(image, VoxelType.Float32, o, new Job(1))).Message, StringComparison.Ordinal);

        void Refuse(string name, PublishedDetectorOptions options) => Assert.StartsWith(name + " = ", Assert.Throws<BadInputException>(
            () => PublishedDetector.Detect(PlaneGolden.Noise(40, 40, 2), VoxelType.UInt16, options, new Job(1))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_gradient_is_Sobels()
    {
        var image = new Plane<float>(2, 3, [1, 2, 4, 8, 16, 32]);
        Plane<float> gradient = SobelGradient.Magnitude(image, new Job(1));
        // The border is repeated: at (0, 1) the rows are 1 2 4, 1 2 4, 8 16 32.
        double alongX = 4 - 1 + 2 * (4 - 1) + 32 - 8, alongY = 8 - 1 + 2 * (16 - 2) + 32 - 4;
        Assert.Equal(Math.Sqrt(alongX * alongX + alongY * alongY), gradient[0, 1], 1e-4);
        Assert.Equal(0, SobelGradient.Magnitude(new Plane<float>(1, 1), new Job(1))[0, 0]);
    }

    [Fact]
    [Trait("Category", "Kernel")]
    public void The_gradient_of_sections_of_any_width_is_that_of_the_two_kernels()
    {
        foreach (int width in (int[])[1, 2, 7, 8, 9, 10, 17, 18, 35, 66])
        {
            Plane<float> image = PlaneGolden.Noise(5, width, width);
            Plane<float> gradient = SobelGradient.Magnitude(image, new Job(2));
            for (int y = 0; y < 5; y++)
                for (int x = 0; x < width; x++)
                {
                    double alongX = 0, alongY = 0;
                    for (int d = -1; d <= 1; d++)
                    {
                        alongX += (2 - Math.Abs(d)) * (At(y + d, x + 1) - At(y + d, x - 1));
                        alongY += (2 - Math.Abs(d)) * (At(y + 1, x + d) - At(y - 1, x + d));
                    }
                    Assert.Equal(Math.Sqrt(alongX * alongX + alongY * alongY), gradient[y, x], 1e-3);
                }

            double At(int y, int x) => image[Math.Clamp(y, 0, 4), Math.Clamp(x, 0, width - 1)];
        }
    }
}

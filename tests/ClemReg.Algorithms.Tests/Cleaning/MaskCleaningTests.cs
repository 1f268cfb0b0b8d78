using ClemReg.Algorithms.Cleaning;
using ClemReg.Algorithms.Segmentation;
using ClemReg.Algorithms.Tests.Segmentation;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Tests.Cleaning;

/// <summary>The steps at every size, beside the plainest code there is for them.</summary>
public sealed class MaskCleaningTests
{
    private static readonly Point3[] Spacings = [new(10, 10, 10), new(25, 5, 7), new(3, 11, 4.1)];

    [Fact]
    public void Opening_and_closing_are_those_of_a_search_of_all_voxels_at_every_size()
    {
        for (int n = 1; n <= 70; n += n < 6 || n > 61 && n < 67 ? 1 : 8)
            foreach (Point3 spacing in Spacings)
            {
                var sizes = new[] { new Size3(2, 3, n), new Size3(2, n, 3), new Size3(n, 2, 3) };
                foreach (Size3 size in sizes)
                    foreach (double radius in (double[])[11, 26])
                        foreach (bool flat in (bool[])[false, true]) AssertPlain(size, spacing, radius, flat, n);
            }
    }

    [Fact]
    public void Opening_only_removes_closing_only_adds_and_both_are_done_the_first_time()
    {
        for (int seed = 0; seed < 12; seed++)
        {
            using BitVolume mask = Random(new Size3(9, 20, 70), Spacings[seed % 3], 0.2 + 0.05 * seed, seed);
            var element = new Ellipsoid(mask.Grid, 12, seed % 2 == 0);
            using BitVolume opened = mask.Copy(), closed = mask.Copy();
            BitMorphology.Open(opened, element, new Job(2));
            BitMorphology.Close(closed, element, new Job(2));
            byte[] all = SegmentationGolden.Bytes(mask), less = SegmentationGolden.Bytes(opened), more = SegmentationGolden.Bytes(closed);
            for (int i = 0; i < all.Length; i++) Assert.True(less[i] <= all[i] && all[i] <= more[i]);
            BitMorphology.Open(opened, element, new Job(2));
            BitMorphology.Close(closed, element, new Job(2));
            Assert.Equal(less, SegmentationGolden.Bytes(opened));
            Assert.Equal(more, SegmentationGolden.Bytes(closed));
        }
    }

    [Theory]
    [InlineData(1, 1, 1)]
    [InlineData(2, 2, 64)]
    [InlineData(7, 9, 65)]
    public void Empty_and_full_masks_stay_as_they_are(int depth, int height, int width)
    {
        var options = new CleaningOptions { FillHoles = Holes.Volume, OpenRadius = 40, CloseRadius = 40, SmoothSlices = 5 };
        foreach (bool full in (bool[])[false, true])
        {
            using BitVolume mask = Random(new Size3(depth, height, width), Spacings[1], full ? 2 : -1, 0);
            byte[] before = SegmentationGolden.Bytes(mask);
            MaskCleaning.Run(mask, options, new Job(2));
            Assert.Equal(before, SegmentationGolden.Bytes(mask));
            Assert.Equal(full ? mask.Grid.Size.Count : 0, mask.CountSet());
        }
    }

    [Fact]
    public void An_object_cut_by_the_border_keeps_its_corners_there()
    {
        // A bar through the whole image along x, as thick as the ball: SciPy's opening would round its ends at the border.
        using var mask = new BitVolume(new Grid(new Size3(11, 11, 40), new Point3(10, 10, 10)));
        for (int z = 2; z < 9; z++)
            for (int y = 2; y < 9; y++)
                for (int x = 0; x < 40; x++) mask[z, y, x] = Math.Pow(z - 5, 2) + Math.Pow(y - 5, 2) <= 9;
        byte[] before = SegmentationGolden.Bytes(mask);
        MaskCleaning.Run(mask, new CleaningOptions { OpenRadius = 30 }, new Job(2));
        Assert.Equal(before, SegmentationGolden.Bytes(mask));
    }

    [Fact]
    public void The_result_is_the_same_for_any_number_of_threads()
    {
        var options = new CleaningOptions { FillHoles = Holes.Slices, CloseRadius = 11, MinimumVoxels = 5, MinimumSpan = 2 };
        foreach (CleaningOptions more in new[] { options, options with { FillHoles = Holes.Volume, OpenRadius = 11, SmoothSlices = 3 } })
        {
            using BitVolume source = Random(new Size3(21, 140, 70), Spacings[0], more.OpenRadius > 0 ? 0.6 : 0.06, 5);
            byte[]? expected = null;
            foreach (int threads in (int[])[1, 2, 5])
            {
                using BitVolume mask = source.Copy();
                (int objects, int kept) = MaskCleaning.Run(mask, more, new Job(threads));
                Assert.InRange(kept, 1, objects - 1);
                expected ??= SegmentationGolden.Bytes(mask);
                Assert.Equal(expected, SegmentationGolden.Bytes(mask));
            }
        }
    }

    [Theory]
    [InlineData(3, 1)]
    [InlineData(5, 2)]
    public void Smoothing_bridges_missing_slices_and_keeps_flat_ends(int slices, int missing)
    {
        using var whole = new BitVolume(new Grid(new Size3(20, 12, 70), new Point3(50, 5, 5)));
        for (int z = 4; z < 16; z++)
            for (int y = 3; y < 9; y++) BitRow.Set(whole.Row(z, y), 20, 66);
        using BitVolume mask = whole.Copy();
        for (int z = 9; z < 9 + missing; z++) mask.SliceWords(z).Clear();
        MaskCleaning.Run(mask, new CleaningOptions { SmoothSlices = slices }, new Job(2));
        Assert.Equal(SegmentationGolden.Bytes(whole), SegmentationGolden.Bytes(mask));
    }

    [Theory]
    [InlineData(3)]
    [InlineData(5)]
    [InlineData(9)]
    [InlineData(15)]
    public void Smoothing_is_the_median_along_z_at_every_depth(int slices)
    {
        for (int depth = 1; depth <= 24; depth++)
        {
            using BitVolume mask = Random(new Size3(depth, 3, 67), Spacings[0], 0.5, depth);
            byte[] before = SegmentationGolden.Bytes(mask);
            MaskCleaning.Run(mask, new CleaningOptions { SmoothSlices = slices }, new Job(2));
            for (int z = 0; z < depth; z++)
                for (int y = 0; y < 3; y++)
                    for (int x = 0; x < 67; x++)
                    {
                        int half = Math.Min(slices / 2, Math.Min(z, depth - 1 - z)), votes = 0;
                        for (int k = z - half; k <= z + half; k++) votes += before[(k * 3 + y) * 67 + x] > 0 ? 1 : 0;
                        Assert.Equal(votes > half, mask[z, y, x]);
                    }
        }
    }

    [Fact]
    public void Slices_that_were_shifted_against_each_other_come_nearer_to_the_truth()
    {
        // An oblique tube of 100 nm radius in sections of 50 nm; jitter of 20 nm, every tenth slice missing.
        using var truth = new BitVolume(new Grid(new Size3(30, 160, 200), new Point3(50, 5, 5)));
        using var jittered = new BitVolume(truth.Grid);
        var random = new Random(7);
        for (int z = 0; z < 30; z++)
        {
            Disc(truth, z, 80, 60 + 2 * z, 20);
            double turn = random.NextDouble() * 2 * Math.PI;
            if (z % 10 != 5) Disc(jittered, z, 80 + (int)Math.Round(4 * Math.Sin(turn)), 60 + 2 * z + (int)Math.Round(4 * Math.Cos(turn)), 20);
        }
        double before = SegmentationGolden.Dice(truth, jittered);
        MaskCleaning.Run(jittered, new CleaningOptions { SmoothSlices = 3 }, new Job(2));
        double after = SegmentationGolden.Dice(truth, jittered);
        Assert.InRange(before, 0.7, 0.85);
        Assert.True(after > before + 0.05, $"Dice {before:F3} became {after:F3}");

        static void Disc(BitVolume mask, int z, int y0, int x0, int radius)
        {
            for (int y = 0; y < mask.Grid.Size.Y; y++)
                for (int x = 0; x < mask.Grid.Size.X; x++)
                    if ((y - y0) * (y - y0) + (x - x0) * (x - x0) <= radius * radius) mask[z, y, x] = true;
        }
    }

    [Fact]
    public void Objects_go_by_size_by_span_and_at_the_border()
    {
        // Along x: one of 27 voxels in the middle, a plate of one slice, a speck, one at the side, one in the first slice.
        static BitVolume Make()
        {
            var mask = new BitVolume(new Grid(new Size3(9, 9, 80), new Point3(10, 10, 10)));
            Box(mask, 3, 6, 3, 6, 10, 13);
            Box(mask, 4, 5, 2, 7, 20, 29);
            Box(mask, 4, 5, 4, 5, 40, 41);
            Box(mask, 3, 6, 0, 3, 50, 53);
            Box(mask, 0, 3, 3, 6, 60, 63);
            return mask;
        }
        Assert.Equal("10 20 50 60", Left(new CleaningOptions { MinimumVoxels = 2 }));
        Assert.Equal("20", Left(new CleaningOptions { MinimumVoxels = 28 }));
        Assert.Equal("10 50 60", Left(new CleaningOptions { MinimumSpan = 2 }));
        Assert.Equal("10 20 40 60", Left(new CleaningOptions { Border = BorderObjects.Sides }));
        Assert.Equal("10 20 40", Left(new CleaningOptions { Border = BorderObjects.All }));

        string Left(CleaningOptions options)
        {
            using BitVolume mask = Make();
            MaskCleaning.Run(mask, options, new Job(2));
            ConnectedComponents left = ConnectedComponents.Label(mask, new Job(1));
            var starts = new SortedSet<int>();
            var seen = new HashSet<int>();
            for (int z = 0; z < 9; z++)
                for (int y = 0; y < 9; y++)
                    foreach (LabelledRun run in left.Runs(z, y))
                        if (seen.Add(run.Label)) starts.Add(run.Start);
            return string.Join(" ", starts);
        }
    }

    [Fact]
    public void Work_ends_soon_after_it_is_cancelled()
    {
        foreach (CleaningOptions options in new CleaningOptions[] { new() { OpenRadius = 60 }, new() { FillHoles = Holes.Slices }, new() { SmoothSlices = 5 } })
        {
            using var observer = new CancellingObserver();
            using BitVolume mask = Random(new Size3(60, 130, 130), Spacings[0], 0.5, 1);
            Assert.ThrowsAny<OperationCanceledException>(() => MaskCleaning.Run(mask, options, new Job(2, observer.Token, observer)));
            Assert.InRange(observer.ReportsAfterCancelling, 0, 2);
        }
    }

    internal static BitVolume Random(Size3 size, Point3 spacing, double density, int seed)
    {
        var mask = new BitVolume(new Grid(size, spacing));
        var random = new Random(seed);
        for (int z = 0; z < size.Z; z++)
            for (int y = 0; y < size.Y; y++)
                for (int x = 0; x < size.X; x++) mask[z, y, x] = random.NextDouble() < density;
        return mask;
    }

    internal static void Box(BitVolume mask, int z0, int z1, int y0, int y1, int x0, int x1)
    {
        for (int z = z0; z < z1; z++)
            for (int y = y0; y < y1; y++) BitRow.Set(mask.Row(z, y), x0, x1);
    }

    private static void AssertPlain(Size3 size, Point3 spacing, double radius, bool flat, int seed)
    {
        using BitVolume mask = Random(size, spacing, 0.5, seed);
        using BitVolume opened = mask.Copy(), closed = mask.Copy();
        var element = new Ellipsoid(mask.Grid, radius, flat);
        BitMorphology.Open(opened, element, new Job(2));
        BitMorphology.Close(closed, element, new Job(2));
        byte[] voxels = SegmentationGolden.Bytes(mask);
        Assert.Equal(Plain(Plain(voxels, 0), 255), SegmentationGolden.Bytes(opened));
        Assert.Equal(Plain(Plain(voxels, 255), 0), SegmentationGolden.Bytes(closed));

        // The voxels within the radius of one of that value take it.
        byte[] Plain(byte[] from, byte value)
        {
            var to = new byte[from.Length];
            Array.Fill(to, (byte)(255 - value));
            for (int i = 0; i < from.Length; i++)
            {
                if (from[i] != value) continue;
                for (int k = 0; k < from.Length; k++)
                {
                    int dz = i / size.SliceCount - k / size.SliceCount, dy = i / size.X % size.Y - k / size.X % size.Y, dx = i % size.X - k % size.X;
                    if (flat && dz != 0) continue;
                    double square = dz * dz * spacing.Z * spacing.Z + dy * dy * spacing.Y * spacing.Y + dx * dx * spacing.X * spacing.X;
                    if (square <= radius * radius * (1 + 1e-9)) to[k] = value;
                }
            }
            return to;
        }
    }
}

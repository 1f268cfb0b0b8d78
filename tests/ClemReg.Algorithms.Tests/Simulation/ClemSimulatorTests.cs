using ClemReg.Algorithms.Simulation;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Tests.Simulation;

public sealed class ClemSimulatorTests
{
    private static readonly ClemSimulationOptions Everything = Samples.Small with
    {
        Channels = 2,
        Transform = SimulatedTransform.Deformation,
        DeformationMax = 150,
        SurroundZ = 150,
        SurroundXy = 240,
        FalseObjects = 0.4,
    };

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(7)]
    public void The_bytes_do_not_depend_on_the_number_of_threads(int threads)
    {
        ClemSample one = Samples.Shared(Everything);
        using ClemSample many = Samples.Make(Everything, threads);
        Assert.Equal(Samples.Bytes(one.Em), Samples.Bytes(many.Em));
        Assert.Equal(Samples.Bytes(one.Labels), Samples.Bytes(many.Labels));
        Assert.Equal(2, many.Fluorescence.Count);
        for (int c = 0; c < 2; c++) Assert.Equal(Samples.Bytes(one.Fluorescence[c]), Samples.Bytes(many.Fluorescence[c]));
        Assert.Equal(Samples.Bytes(one.Lysosomes!), Samples.Bytes(many.Lysosomes!));
        Assert.Equal(one.Truth.ToJson(), many.Truth.ToJson());
    }

    [Theory]
    [InlineData(0)]
    [InlineData(240)]
    public void With_the_second_channel_the_lysosomes_are_labelled(double surround)
    {
        ClemSample sample = Samples.Shared(Samples.Cell with { Channels = 2, SurroundXy = surround });
        Assert.Null(Samples.Shared(Samples.Cell).Lysosomes);
        var labels = new HashSet<int>();
        for (int z = 0; z < sample.Em.Grid.Size.Z; z++)
        {
            ReadOnlySpan<ushort> lysosomes = sample.Lysosomes!.Slice(z), mitochondria = sample.Labels.Slice(z);
            for (int i = 0; i < lysosomes.Length; i++)
            {
                if (lysosomes[i] == 0) continue;
                labels.Add(lysosomes[i]);
                Assert.Equal(0, mitochondria[i]);
            }
        }
        Assert.InRange(labels.Count, 2, 40);
        Assert.InRange(labels.Min(), 1, 3);
    }

    [Fact]
    public void Another_seed_gives_another_sample()
    {
        ClemSample a = Samples.Shared(Samples.Small);
        using ClemSample b = Samples.Make(Samples.Small with { Seed = 8 });
        Assert.NotEqual(Samples.Bytes(a.Labels), Samples.Bytes(b.Labels));
        Assert.NotEqual(Samples.Bytes(a.Em), Samples.Bytes(b.Em));
        Assert.NotEqual(Samples.Bytes(a.Fluorescence[0]), Samples.Bytes(b.Fluorescence[0]));
    }

    [Fact]
    public void The_transform_and_the_camera_do_not_change_the_cell()
    {
        ClemSample a = Samples.Shared(Samples.Small);
        using ClemSample b = Samples.Make(Samples.Small with { RotationZ = 40, Photons = 90, Missing = 0.5, Transform = SimulatedTransform.Similarity, Channels = 2 });
        Assert.Equal(Samples.Bytes(a.Labels), Samples.Bytes(b.Labels));
        Assert.Equal(Samples.Bytes(a.Em), Samples.Bytes(b.Em));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(0.2)]
    [InlineData(0.5)]
    public void The_wanted_fraction_is_missing_and_the_truth_counts_the_voxels(double missing)
    {
        ClemSample sample = Samples.Shared(Samples.Cell with { Missing = missing });
        IReadOnlyList<SimulatedMitochondrion> all = sample.Truth.Mitochondria;
        Assert.InRange(all.Count, 30, 120);
        int shown = all.Count(m => m.Voxels > 0);
        Assert.Equal((int)Math.Round(missing * shown), all.Count(m => m.Missing));
        Assert.All(all, m => Assert.Equal(m.Missing, m.Brightness == 0));
        Assert.Equal((int)Math.Round(0.2 * all.Count), sample.Truth.FalseObjects.Count);
        var voxels = new long[all.Count + 1];
        for (int z = 0; z < sample.Labels.Grid.Size.Z; z++)
            foreach (ushort label in sample.Labels.Slice(z)) voxels[label]++;
        Assert.Equal(Enumerable.Range(1, all.Count), all.Select(m => m.Label));
        Assert.Equal(voxels.Skip(1), all.Select(m => m.Voxels));
        Assert.InRange(voxels.Skip(1).Sum() / (double)sample.Labels.Grid.Size.Count, 0.04, 0.2);
        Assert.All(all, m => Assert.InRange(m.Radius, 150, 350));
    }

    [Fact]
    public void Brightness_is_log_normal()
    {
        using ClemSample sample = Samples.Make(Samples.Small with
        {
            EmSizeZ = 10,
            EmSizeY = 160,
            EmSizeX = 160,
            EmSpacingZ = 200,
            EmSpacingXy = 100,
            FmSpacingZ = 400,
            FmSpacingXy = 400,
            Mitochondria = 250,
            Missing = 0,
            BrightnessSpread = 0.4,
        });
        double[] logs = [.. sample.Truth.Mitochondria.Select(m => Math.Log(m.Brightness))];
        Assert.True(logs.Length > 150);
        double mean = logs.Average(), deviation = Math.Sqrt(logs.Average(v => (v - mean) * (v - mean)));
        Assert.InRange(mean, -0.1, 0.1);
        Assert.InRange(deviation, 0.33, 0.47);
    }

    [Fact]
    public void Every_label_is_one_piece_with_a_gap_to_the_others()
    {
        using ClemSample sample = Samples.Make(Samples.Small with { EmSizeZ = 40, EmSizeY = 110, EmSizeX = 110, EmSpacingZ = 40, Mitochondria = 9 });
        Size3 size = sample.Labels.Grid.Size;
        var seen = new bool[size.Count];
        var pieces = new Dictionary<ushort, int>();
        var queue = new Queue<(int Z, int Y, int X)>();
        for (int z = 0; z < size.Z; z++)
        {
            for (int y = 0; y < size.Y; y++)
            {
                for (int x = 0; x < size.X; x++)
                {
                    ushort label = sample.Labels[z, y, x];
                    if (label == 0 || seen[(z * size.Y + y) * size.X + x]) continue;
                    int voxels = Flood(z, y, x, label);
                    // Where a face of the volume cuts a tube twice, a second piece is right; specks are not.
                    if (voxels > 20) pieces[label] = pieces.GetValueOrDefault(label) + 1;
                    else Assert.True(z <= 1 || y <= 1 || x <= 1 || z >= size.Z - 2 || y >= size.Y - 2 || x >= size.X - 2, $"a speck of label {label}");
                }
            }
        }
        Assert.Equal(sample.Truth.Mitochondria.Count(m => m.Voxels > 0), pieces.Count);
        Assert.True(pieces.Values.Count(n => n > 1) <= 2);

        int Flood(int z, int y, int x, ushort label)
        {
            int count = 0;
            Visit(z, y, x);
            while (queue.TryDequeue(out (int Z, int Y, int X) v))
            {
                count++;
                for (int n = 0; n < 27; n++) Visit(v.Z + n / 9 - 1, v.Y + n / 3 % 3 - 1, v.X + n % 3 - 1);
            }
            return count;

            void Visit(int a, int b, int c)
            {
                if ((uint)a >= (uint)size.Z || (uint)b >= (uint)size.Y || (uint)c >= (uint)size.X) return;
                ushort other = sample.Labels[a, b, c];
                Assert.True(other == 0 || other == label, "two mitochondria touch");
                int i = (a * size.Y + b) * size.X + c;
                if (other == 0 || seen[i]) return;
                seen[i] = true;
                queue.Enqueue((a, b, c));
            }
        }
    }

    [Fact]
    public void Labels_end_at_the_outer_membrane_which_is_dark()
    {
        using ClemSample sample = Samples.Make(new ClemSimulationOptions
        {
            Seed = 5,
            EmSizeZ = 16,
            EmSizeY = 200,
            EmSizeX = 200,
            EmSpacingZ = 30,
            EmSpacingXy = 10,
            EmNoise = 0,
            Mitochondria = 8,
            FmSpacingXy = 100,
        });
        // Mean grey along rows that enter a mitochondrion: four voxels outside, then twelve inside. Rows that graze one are left out.
        var mean = new double[16];
        int edges = 0;
        for (int z = 0; z < 16; z++)
        {
            for (int y = 4; y < 196; y++)
            {
                ReadOnlySpan<ushort> labels = sample.Labels.Row(z, y);
                for (int x = 5; x < 180; x++)
                {
                    if (labels[x] == 0 || labels[x - 1] != 0 || labels[x + 15] != labels[x] || sample.Labels[z, y - 4, x + 3] == 0
                        || sample.Labels[z, y + 4, x + 3] == 0) continue;
                    for (int d = 0; d < 16; d++) mean[d] += sample.Em[z, y, x - 4 + d];
                    edges++;
                }
            }
        }
        Assert.True(edges > 150);
        for (int d = 0; d < 16; d++) mean[d] /= edges;
        int darkest = Array.IndexOf(mean, mean.Min());
        Assert.InRange(darkest, 4, 6);
        double half = 0.5 * (mean[0] + mean[darkest]);
        Assert.True(mean[2] > half && mean[4] < half, "half of the fall lies where the labels begin");
        Assert.True(mean[0] > mean[darkest] + 50, "the cytoplasm is lighter than the membrane");
        Assert.True(mean[15] > mean[darkest] + 15, "the matrix is lighter than the membrane");
        Assert.True(mean[15] < mean[0] - 15, "the matrix is darker than the cytoplasm");
    }

    [Fact]
    public void The_EM_shows_all_grey_values_that_it_should_and_is_not_clipped()
    {
        ClemSample sample = Samples.Shared(Samples.Cell);
        byte[] voxels = Samples.Bytes(sample.Em);
        double mean = voxels.Average(v => (double)v);
        Assert.InRange(mean, 120, 200);
        Assert.True(voxels.Count(v => v is 0 or 255) < voxels.Length / 1000);
        var sumIn = new double[2];
        var count = new int[2];
        byte[] labels = Samples.Bytes(sample.Labels);
        for (int i = 0; i < voxels.Length; i++)
        {
            int inside = labels[2 * i] != 0 || labels[2 * i + 1] != 0 ? 1 : 0;
            sumIn[inside] += voxels[i];
            count[inside]++;
        }
        Assert.True(sumIn[0] / count[0] > sumIn[1] / count[1] + 30);
    }

    [Fact]
    public void The_surround_fluoresces_but_is_not_in_the_EM()
    {
        ClemSimulationOptions options = Samples.Cell with { EmSizeZ = 14, Missing = 0, FalseObjects = 0, Haze = 0, Background = 1, RotationX = 0, RotationY = 0, MarginZ = 1000, Attenuation = 1e9 };
        using ClemSample alone = Samples.Make(options), within = Samples.Make(options with { SurroundZ = 1000 });
        Assert.Equal(alone.Em.Grid, within.Em.Grid);
        Assert.Equal(alone.Fluorescence[0].Grid, within.Fluorescence[0].Grid);
        // Slice 2 lies 740 nm above the EM volume.
        Assert.True(Brightest(alone) < 100 + 10 * 25 + 120);
        Assert.True(Brightest(within) > 100 + 10 * 60);
        Assert.Contains(within.Truth.Mitochondria, m => m.Voxels == 0);
        Assert.DoesNotContain(within.Truth.Mitochondria, m => m.Missing);

        static int Brightest(ClemSample s)
        {
            int most = 0;
            foreach (ushort v in s.Fluorescence[0].Slice(2)) most = Math.Max(most, v);
            return most;
        }
    }

    [Theory]
    [InlineData(8, 32, 32, 20)]
    [InlineData(9, 37, 53, 60)]
    [InlineData(13, 33, 211, 17)]
    [InlineData(8, 32, 32, 100)]
    public void Small_and_odd_volumes_work_or_say_why_not(int z, int y, int x, double spacing)
    {
        var options = new ClemSimulationOptions { EmSizeZ = z, EmSizeY = y, EmSizeX = x, EmSpacingZ = spacing, EmSpacingXy = spacing, FmSpacingXy = 90 };
        try
        {
            using ClemSample sample = Samples.Make(options);
            Assert.Contains(sample.Truth.Mitochondria, m => m.Voxels > 0);
        }
        catch (BadInputException e)
        {
            Assert.StartsWith("em_size_x", e.Message, StringComparison.Ordinal);
            Assert.True(spacing * y < 1500, "this volume has room");
        }
    }

    [Fact]
    public void More_mitochondria_than_fit_give_a_warning()
    {
        var job = new Job(2);
        using ClemSample sample = ClemSimulator.Simulate(Samples.Small with { Mitochondria = 200 }, job);
        Assert.InRange(sample.Truth.Mitochondria.Count, 5, 199);
        Assert.Contains(job.Warnings, w => w.Contains("of 200 mitochondria", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(0.2)]
    [InlineData(0.7)]
    public void A_cancelled_simulation_ends(double at)
    {
        using var source = new CancellationTokenSource();
        var job = new Job(2, source.Token, new CancelAt(source, at));
        Assert.Throws<OperationCanceledException>(() => ClemSimulator.Simulate(Samples.Small, job));
    }

    private sealed class CancelAt(CancellationTokenSource source, double fraction) : IJobObserver
    {
        public void Progress(double done, string stage)
        {
            if (done >= fraction) source.Cancel();
        }

        public void Log(string message)
        {
        }

        public void Warn(string message)
        {
        }
    }
}

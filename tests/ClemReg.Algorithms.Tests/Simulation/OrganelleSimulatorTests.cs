using System.Text.Json;
using System.Text.Json.Nodes;
using ClemReg.Algorithms.Detection;
using ClemReg.Algorithms.Pipelines;
using ClemReg.Algorithms.Segmentation;
using ClemReg.Algorithms.Simulation;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Tests.Simulation;

public sealed class OrganelleSimulatorTests
{
    private static readonly OrganelleSimulationOptions Small = new() { SizeZ = 40, SizeY = 220, SizeX = 240, Seed = 4, EarlyEndosomes = 5, LateEndosomes = 4, Lysosomes = 3, Mitochondria = 5, Bridged = 1 };

    private static OrganelleSample Make(OrganelleSimulationOptions options, int threads = 2) => OrganelleSimulator.Simulate(options, new Job(threads));

    [Fact]
    public void The_same_bytes_come_out_for_any_number_of_threads()
    {
        OrganelleSimulationOptions options = Small with { SizeZ = 12, BoxJitter = 0.1, MissedBoxes = 0.1, FalseBoxes = 0.2, Confused = 0.5, MissedObjects = 0.1 };
        using OrganelleSample one = Make(options, 1), three = Make(options, 3);
        for (int z = 0; z < 12; z++)
        {
            Assert.True(one.Em.Slice(z).SequenceEqual(three.Em.Slice(z)));
            Assert.True(one.Labels.Slice(z).SequenceEqual(three.Labels.Slice(z)));
        }
        Assert.Equal(one.Boxes, three.Boxes);
        Assert.Equal(one.Organelles, three.Organelles);
        using OrganelleSample other = Make(options with { Seed = 5 });
        Assert.False(one.Em.Slice(3).SequenceEqual(other.Em.Slice(3)));
    }

    [Fact]
    public void Each_class_looks_as_it_should()
    {
        using OrganelleSample sample = Make(Small);
        var sums = new (double Sum, long Count)[6];
        Dictionary<int, int> classOf = sample.Organelles.ToDictionary(o => o.Label, o => o.Class);
        Assert.Equal([0, 1, 2, 3, 4], classOf.Values.Distinct().Order());
        for (int z = 0; z < 40; z++)
            for (int i = 0; i < 220 * 240; i++)
            {
                int label = sample.Labels.Slice(z)[i], c = label == 0 ? 5 : classOf[label];
                sums[c] = (sums[c].Sum + sample.Em.Slice(z)[i], sums[c].Count + 1);
            }
        double[] mean = [.. sums.Select(s => s.Sum / s.Count)];
        // Lysosomes darkest, then mitochondria, late endosomes and the nucleus, all darker than their surround; early endosomes are light.
        Assert.True(mean[2] < mean[1] && mean[3] < mean[5] - 30 && mean[1] < mean[5] - 25 && mean[4] < mean[5] - 20, string.Join(" ", mean));
        // Inside of their membranes.
        double inner = 0;
        int count = 0;
        foreach (SliceBox b in sample.TrueBoxes.Where(b => b.Box.Class == 0 && b.Box.Area > 150 && Math.Abs((b.Box.Right - b.Box.Left) / (b.Box.Bottom - b.Box.Top) - 1) < 0.3))
        {
            (int y, int x) = ((int)(b.Box.Top + b.Box.Bottom) / 2, (int)(b.Box.Left + b.Box.Right) / 2);
            if (sample.Labels[b.Slice, y, x] != b.Label) continue;
            inner += sample.Em[b.Slice, y, x];
            count++;
        }
        Assert.True(count > 5 && inner / count > mean[5] + 15, $"{inner / count} of {count}, around {mean[5]}");
    }

    [Fact]
    public void Bridges_hold_their_object_together()
    {
        using OrganelleSample sample = Make(Small with { SizeZ = 80, EarlyEndosomes = 12, LateEndosomes = 8, Nucleus = false });
        int whole = 0, broken = 0;
        foreach (SimulatedOrganelle o in sample.Organelles.Where(o => o.FirstSlice > 0 && o.LastSlice < 79))
        {
            bool cut = false;
            using var mask = new BitVolume(sample.Labels.Grid);
            var selected = new byte[220 * 240];
            for (int z = 0; z < 80; z++)
            {
                ReadOnlySpan<ushort> slice = sample.Labels.Slice(z);
                for (int i = 0; i < selected.Length; i++)
                {
                    selected[i] = slice[i] == o.Label ? (byte)1 : (byte)0;
                    cut |= slice[i] == o.Label && (i % 240 is 0 or 239 || i / 240 is 0 or 219);
                }
                mask.SetSlice<byte>(z, selected, 0);
            }
            if (cut) continue;
            if (ConnectedComponents.Label(mask, new Job(2)).Count == 1) whole++;
            else broken++;
        }
        Assert.True(whole >= 8 && broken == 0, $"{whole} whole, {broken} broken");
    }

    [Fact]
    public void True_boxes_are_the_tight_ones_of_connected_profiles()
    {
        using OrganelleSample sample = Make(Small with { SizeZ = 6, LeastProfile = 1 });
        for (int z = 0; z < 6; z++)
        {
            // By flooding, pixel by pixel.
            ushort[] slice = sample.Labels.Slice(z).ToArray();
            var seen = new bool[slice.Length];
            var want = new List<(int, int, int, int, int)>();
            for (int i = 0; i < slice.Length; i++)
            {
                if (slice[i] == 0 || seen[i]) continue;
                (int left, int top, int right, int bottom) = (240, 220, 0, 0);
                var open = new Stack<int>([i]);
                seen[i] = true;
                while (open.TryPop(out int p))
                {
                    (int y, int x) = (p / 240, p % 240);
                    (left, top, right, bottom) = (Math.Min(left, x), Math.Min(top, y), Math.Max(right, x + 1), Math.Max(bottom, y + 1));
                    for (int dy = -1; dy <= 1; dy++)
                        for (int dx = -1; dx <= 1; dx++)
                        {
                            if (y + dy < 0 || y + dy >= 220 || x + dx < 0 || x + dx >= 240) continue;
                            int q = p + 240 * dy + dx;
                            if (seen[q] || slice[q] != slice[p]) continue;
                            seen[q] = true;
                            open.Push(q);
                        }
                }
                want.Add((slice[i], left, top, right, bottom));
            }
            Assert.Equal(want, sample.TrueBoxes.Where(b => b.Slice == z).Select(b => (b.Label, (int)b.Box.Left, (int)b.Box.Top, (int)b.Box.Right, (int)b.Box.Bottom)));
        }
        Assert.Same(sample.TrueBoxes, sample.Boxes);
        Dictionary<int, int> classOf = sample.Organelles.ToDictionary(o => o.Label, o => o.Class);
        Assert.All(sample.TrueBoxes, b => Assert.Equal((classOf[b.Label], 1.0), (b.Box.Class, b.Box.Score)));
        using OrganelleSample fewer = Make(Small with { SizeZ = 6, LeastProfile = 100 });
        Assert.Equal(sample.Organelles, fewer.Organelles);
        Assert.True(fewer.TrueBoxes.Count < sample.TrueBoxes.Count);
    }

    [Fact]
    public void Box_errors_are_as_large_as_asked_for()
    {
        OrganelleSimulationOptions clean = Small with { SizeZ = 30 };
        using OrganelleSample exact = Make(clean), jitter = Make(clean with { BoxJitter = 0.05 }), missed = Make(clean with { MissedBoxes = 0.2 }), more = Make(clean with { FalseBoxes = 0.5 }), confused = Make(clean with { Confused = 1 }), gone = Make(clean with { MissedObjects = 1 });
        int n = exact.TrueBoxes.Count;
        Assert.True(n > 200, $"{n}");
        Assert.Equal(exact.TrueBoxes, jitter.TrueBoxes);
        double[] off = [.. exact.TrueBoxes.Zip(jitter.Boxes).Where(p => p.First.Box is { Left: > 5, Right: < 230 }).Select(p => (p.Second.Box.Left - p.First.Box.Left) / (p.First.Box.Right - p.First.Box.Left))];
        Assert.Equal(0.05, Math.Sqrt(off.Average(v => v * v)), 0.01);
        Assert.Equal(0, off.Average(), 0.01);
        Assert.Equal(0.8, (double)missed.Boxes.Count / n, 0.1);
        SliceBox[] nothing = [.. more.Boxes.Where(b => b.Label == 0)];
        Assert.Equal((int)Math.Round(0.5 * n), nothing.Length);
        Assert.All(more.Boxes, b => Assert.True(b.Box.Left >= 0 && b.Box.Top >= 0 && b.Box.Right <= 240 && b.Box.Bottom <= 220 && b.Box.Right > b.Box.Left && b.Box.Bottom > b.Box.Top));
        Assert.Equal(Enumerable.Range(0, more.Boxes.Count - 1).Select(_ => true), more.Boxes.Zip(more.Boxes.Skip(1)).Select(p => p.First.Slice <= p.Second.Slice));
        Assert.Equal(exact.TrueBoxes.Select(b => b.Box.Class switch { 1 => 2, 2 => 1, var c => c }), confused.Boxes.Select(b => b.Box.Class));
        Assert.Empty(gone.Boxes);
    }

    [Fact]
    public void Options_are_checked_by_name()
    {
        foreach ((string name, OrganelleSimulationOptions bad) in new[]
        {
            ("em_size_z", Small with { SizeZ = 0 }), ("em_spacing_xy", Small with { SpacingXy = 0 }), ("em_noise", Small with { Noise = -1 }), ("early_endosomes", Small with { EarlyEndosomes = -2 }), ("bridged", Small with { Bridged = double.NaN }),
            ("box_jitter", Small with { BoxJitter = 1 }), ("missed_boxes", Small with { MissedBoxes = 2 }), ("missed_objects", Small with { MissedObjects = -1 }), ("false_boxes", Small with { FalseBoxes = 11 }), ("confused", Small with { Confused = 1.1 }), ("least_profile", Small with { LeastProfile = 0 }),
        })
            Assert.StartsWith(name + " = ", Assert.Throws<BadInputException>(() => Make(bad)).Message, StringComparison.Ordinal);
        Assert.Contains("organelle", Assert.Throws<BadInputException>(() => Make(Small with { EarlyEndosomes = 0, LateEndosomes = 0, Lysosomes = 0, Mitochondria = 0, Nucleus = false })).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_operation_gives_labels_classes_and_boxes_in_YOLOs_form()
    {
        using OperationResult result = Operations.Find("simulate_organelles").Run(JsonDocument.Parse("""{"parameters":{"em_size_z":6,"em_size_y":220,"em_size_x":240,"seed":4,"false_boxes":"0.1"}}""").RootElement, new Dictionary<string, object>(), new Job(2));
        Assert.Equal(["em", "labels"], result.Outputs.Keys.Order());
        Dictionary<string, string> files = result.Json["files"]!.AsArray().ToDictionary(f => (string)f!["path"]!, f => (string)f!["text"]!);
        Assert.Equal("label,class,voxels,volume_um3,first_slice,last_slice", files["objects.csv"].Split('\n')[0]);
        Assert.Equal("early endosomes\nlate endosomes\nlysosomes\nmitochondria\nnucleus\n", files["boxes/obj.names"]);
        int boxes = files["boxes.csv"].Split('\n').Length - 2;
        Assert.Equal(boxes, Enumerable.Range(1, 6).Sum(z => YoloLabels.Read(files[$"boxes/slice_{z:D4}.txt"], 220, 240, 5).Count));
        Assert.True(boxes > files["true_boxes.csv"].Split('\n').Length - 2);
        Assert.Equal((int)result.Json["found"]!["boxes"]!, boxes);
        Assert.Equal(0.1, (double)JsonNode.Parse(files["run.json"])!["parameters"]!["false_boxes"]!);
    }
}

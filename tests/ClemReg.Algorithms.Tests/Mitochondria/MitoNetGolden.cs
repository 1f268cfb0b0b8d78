using System.Runtime.InteropServices;
using System.Text.Json;
using ClemReg.Algorithms.Mitochondria;
using ClemReg.Algorithms.Volumes;
using Xunit.Abstractions;

namespace ClemReg.Algorithms.Tests.Mitochondria;

/// <summary>
/// empanada's own labels from given network outputs: the same labels in stack mode, the same partition in orthoplane mode. Reads the folder that
/// CLEMREG_MITONET_GOLDEN names, or mitonet-golden of the shared data.
/// </summary>
public sealed class MitoNetGolden(ITestOutputHelper output)
{
    [Fact]
    public void Labels_are_those_of_empanada_for_every_parameter_set()
    {
        string? folder = Environment.GetEnvironmentVariable("CLEMREG_MITONET_GOLDEN");
        if (string.IsNullOrEmpty(folder)) folder = SharedData.Find("mitonet-golden", output);
        if (folder is null) return;
        using JsonDocument index = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder, "index.json")));
        JsonElement[] entries = [.. index.RootElement.EnumerateArray()];
        var seeds = new HashSet<int>();
        foreach (JsonElement entry in entries) seeds.Add(entry.GetProperty("seed").GetInt32());
        int cases = 0;
        foreach (int seed in seeds)
        {
            JsonElement[] mine = [.. entries.Where(e => e.GetProperty("seed").GetInt32() == seed)];
            foreach (JsonElement wanted in mine.Where(e => e.TryGetProperty("case", out _)))
            {
                Compare(folder, seed, mine, wanted);
                cases++;
            }
        }
        output.WriteLine($"{cases} parameter sets compared");
        Assert.True(cases >= 8);
    }

    private void Compare(string folder, int seed, JsonElement[] entries, JsonElement wanted)
    {
        string name = wanted.GetProperty("case").GetString()!;
        int[] shape = Shape(wanted, "shape");
        MitoNetOptions options = Options(wanted.GetProperty("args"));
        var network = new Replay(folder, seed, entries);
        using Volume em = new Volume<byte>(new Grid(new Size3(shape[0], shape[1], shape[2]), new Point3(8, 8, 8)));
        LabelVolume labels = MitoNetSegmentation.Run(em, network, options, new Job(2));

        uint[] expected = MemoryMarshal.Cast<byte, uint>(File.ReadAllBytes(Path.Combine(folder, $"s{seed}_{name}.u32"))).ToArray();
        uint[] actual = MitoNetVolumes.Labels(labels);
        Assert.Equal(wanted.GetProperty("objects").GetInt32(), expected.Where(l => l > 0).Distinct().Count());
        Assert.Equal(wanted.GetProperty("objects").GetInt32(), labels.Objects.Count);
        if (options.Mode == MitoNetMode.Stack) Assert.Equal(expected, actual);
        else MitoNetVolumes.AssertSamePartition(expected, actual);
        MitoNetVolumes.AssertObjects(labels, actual, tight: options.Mode == MitoNetMode.Stack);
        output.WriteLine($"{name}: {labels.Objects.Count} objects, {actual.Count(l => l > 0)} voxels");
    }

    private static MitoNetOptions Options(JsonElement args)
    {
        var options = new MitoNetOptions { Mode = MitoNetMode.Orthoplane };
        foreach (JsonProperty arg in args.EnumerateObject())
            options = arg.Name switch
            {
                "mode" => options with { Mode = arg.Value.GetString() == "stack" ? MitoNetMode.Stack : MitoNetMode.Orthoplane },
                "qlen" => options with { MedianSlices = arg.Value.GetInt32() },
                "min_size" => options with { MinimumVoxels = arg.Value.GetInt32() },
                "min_span" => options with { MinimumSpan = arg.Value.GetInt32() },
                "vote" => options with { VoxelVotes = arg.Value.GetInt32() },
                "bypass" => options with { OneView = arg.Value.GetBoolean() },
                "cl" => options with { ClusterIou = arg.Value.GetDouble() },
                _ => throw new InvalidDataException($"index.json names an argument that this test does not know: {arg.Name}"),
            };
        return options;
    }

    private static int[] Shape(JsonElement element, string name) => [.. element.GetProperty(name).EnumerateArray().Select(v => v.GetInt32())];

    /// <summary>Gives the stored outputs, axis by axis, slice by slice.</summary>
    private sealed class Replay : IPanopticNetwork
    {
        private readonly List<(float[] Semantic, float[] Centres, float[] Offsets, int[] Sem, int[] Ctr)> _axes = [];
        private int _axis;
        private int _slice;

        public Replay(string folder, int seed, JsonElement[] entries)
        {
            foreach (string axis in (string[])["xy", "xz", "yz"])
            {
                JsonElement entry = entries.Single(e => e.TryGetProperty("axis", out JsonElement a) && a.GetString() == axis);
                float[] Read(string kind) => MemoryMarshal.Cast<byte, float>(File.ReadAllBytes(Path.Combine(folder, $"s{seed}_{axis}_{kind}.f32"))).ToArray();
                _axes.Add((Read("sem"), Read("ctr"), Read("off"), Shape(entry, "sem"), Shape(entry, "ctr")));
            }
        }

        public PanopticOutput Run(ReadOnlyMemory<float> image, int height, int width, Job job)
        {
            if (_slice == _axes[_axis].Sem[0]) (_axis, _slice) = (_axis + 1, 0);
            (float[] semantic, float[] centres, float[] offsets, int[] sem, int[] ctr) = _axes[_axis];
            Assert.Equal((sem[1], sem[2]), (height, width));
            int full = sem[1] * sem[2], small = ctr[1] * ctr[2], i = _slice++;
            return new PanopticOutput(
                new FloatPicture(semantic.AsMemory(i * full, full), 1, sem[1], sem[2]),
                new FloatPicture(centres.AsMemory(i * small, small), 1, ctr[1], ctr[2]),
                new FloatPicture(offsets.AsMemory(2 * i * small, 2 * small), 2, ctr[1], ctr[2]));
        }
    }
}

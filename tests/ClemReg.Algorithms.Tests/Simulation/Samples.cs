using System.Collections.Concurrent;
using ClemReg.Algorithms.Simulation;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Tests.Simulation;

/// <summary>Small samples that several tests look at.</summary>
internal static class Samples
{
    /// <summary>A few mitochondria in a volume that takes a fraction of a second.</summary>
    public static ClemSimulationOptions Small { get; } = new()
    {
        Seed = 3,
        EmSizeZ = 20,
        EmSizeY = 90,
        EmSizeX = 70,
        EmSpacingZ = 50,
        EmSpacingXy = 40,
        Mitochondria = 7,
        MarginXy = 300,
        FmSpacingXy = 60,
    };

    /// <summary>A whole cell at coarse voxels, with enough mitochondria for statistics.</summary>
    public static ClemSimulationOptions Cell { get; } = new()
    {
        Seed = 4,
        EmSizeZ = 24,
        EmSizeY = 110,
        EmSizeX = 120,
        EmSpacingZ = 70,
        EmSpacingXy = 70,
        FmSpacingXy = 70,
    };

    private static readonly ConcurrentDictionary<ClemSimulationOptions, Lazy<ClemSample>> Made = new();

    public static ClemSample Make(ClemSimulationOptions options, int threads = 1) => ClemSimulator.Simulate(options, new Job(threads));

    /// <summary>A sample that other tests may look at too: not to be changed or disposed of.</summary>
    public static ClemSample Shared(ClemSimulationOptions options) => Made.GetOrAdd(options, o => new Lazy<ClemSample>(() => Make(o))).Value;

    public static byte[] Bytes(Volume volume)
    {
        int slice = volume.SliceBytes(0).Length;
        var bytes = new byte[slice * volume.Grid.Size.Z];
        for (int z = 0; z < volume.Grid.Size.Z; z++) volume.SliceBytes(z).CopyTo(bytes.AsSpan(z * slice));
        return bytes;
    }

    public static double[][] Csv(string name) =>
        [.. File.ReadLines(Path.Combine(AppContext.BaseDirectory, "golden", "simulation", name))
            .Select(line => line.Split(',').Select(v => double.Parse(v, System.Globalization.CultureInfo.InvariantCulture)).ToArray())];
}

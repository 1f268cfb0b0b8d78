// The stages of register and warp on the same voxels, run with the JIT and compiled with NativeAOT: is any kernel slower in the latter?
//   StageTimes FM.raw Z Y X MASK.raw Z Y X RUNS
// FM.raw holds 16-bit voxels of 130 x 35.3 nm, MASK.raw bytes of 20 nm (benchmarks/jit_against_aot.py writes both). Prints, per
// stage, the least seconds over the runs as JSON.
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using ClemReg.Algorithms;
using ClemReg.Algorithms.Pipelines;
using ClemReg.Algorithms.Volumes;

Grid Grid(int first, Point3 spacing) => new(new Size3(Number(first), Number(first + 1), Number(first + 2)), spacing);
int Number(int i) => int.Parse(args[i], CultureInfo.InvariantCulture);

using var moving = new Volume<ushort>(Grid(1, new Point3(130, 35.3, 35.3)));
using var mask = new BitVolume(Grid(5, new Point3(20, 20, 20)));
using (FileStream file = File.OpenRead(args[0]))
    for (int z = 0; z < moving.Grid.Size.Z; z++) file.ReadExactly(moving.SliceBytes(z));
using (FileStream file = File.OpenRead(args[4]))
{
    var slice = new byte[mask.Grid.Size.SliceCount];
    for (int z = 0; z < mask.Grid.Size.Z; z++)
    {
        file.ReadExactly(slice);
        mask.SetSlice<byte>(z, slice, 0);
    }
}

var least = new SortedDictionary<string, double>();
void Note(string stage, double seconds) => least[stage] = Math.Min(seconds, least.GetValueOrDefault(stage, double.MaxValue));

using JsonDocument rigid = JsonDocument.Parse("""{"parameters": {"registration_algorithm": "rigid"}}"""), auto = JsonDocument.Parse("{}");
for (int run = 0; run < Number(8); run++)
{
    OperationResult Register(JsonDocument request)
    {
        var job = new Job();
        OperationResult made = Operations.Find("register").Run(request.RootElement, new Dictionary<string, object> { ["moving"] = moving, ["fixed_mask"] = mask }, job);
        foreach (StageTime stage in job.Stages) Note(stage.Stage, stage.Seconds);
        return made;
    }
    Register(rigid).Dispose();
    using OperationResult result = Register(auto);
    foreach (int order in new[] { 0, 1, 3 })
    {
        using JsonDocument request = JsonDocument.Parse($$$"""{"parameters": {"warping_interpolation_order": {{{order}}}}}""");
        long start = Stopwatch.GetTimestamp();
        using OperationResult warp = Operations.Find("warp").Run(request.RootElement,
            new Dictionary<string, object> { ["source"] = moving, ["transform"] = result.Outputs["transform"], ["target"] = mask }, new Job());
        var warped = (ISliceSource)warp.Outputs["warped"];
        var slice = new byte[warped.Grid.Size.SliceCount * (int)warped.Type];
        for (int z = 0; z < warped.Grid.Size.Z; z++) warped.ReadSlice(z, slice);
        Note($"warp_order_{order}", Stopwatch.GetElapsedTime(start).TotalSeconds);
    }
}

var json = new JsonObject();
foreach ((string stage, double seconds) in least) json[stage] = seconds;
Console.WriteLine(json.ToJsonString());

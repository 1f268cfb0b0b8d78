// A thin-plate spline through landmarks and the warp with it, beside a SciPy script that does the same on the same numbers:
//   ThinPlateTimes FM.raw Z Y X LANDMARKS.csv TZ TY TX ORDER GRID BUDGET_MB THREADS [WARPED.raw]
// FM.raw holds 16-bit voxels of 130 x 35.3 nm; LANDMARKS.csv z,y,x and the target's z,y,x in nm; the target has 20 nm voxels.
// Prints seconds, error and peak memory as JSON (benchmarks/thin_plate.py writes the input and compares).
using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using ClemReg.Algorithms;
using ClemReg.Algorithms.PointClouds;
using ClemReg.Algorithms.Transforms;
using ClemReg.Algorithms.Volumes;
using ClemReg.Algorithms.Warping;

int Number(int i) => int.Parse(args[i], CultureInfo.InvariantCulture);
using var moving = new Volume<ushort>(new Grid(new Size3(Number(1), Number(2), Number(3)), new Point3(130, 35.3, 35.3)));
using (FileStream file = File.OpenRead(args[0]))
    for (int z = 0; z < moving.Grid.Size.Z; z++) file.ReadExactly(moving.SliceBytes(z));
double[][] rows = [.. File.ReadLines(args[4]).Skip(1).Select(l => l.Split(',').Select(t => double.Parse(t, CultureInfo.InvariantCulture)).ToArray())];
PointCloud Column(int c) => new([.. rows.Select(r => new Point3(r[c], r[c + 1], r[c + 2]))]);
var target = new Grid(new Size3(Number(5), Number(6), Number(7)), new Point3(20, 20, 20));
var options = new WarpOptions { Order = Number(8), ApproximateGrid = Number(9), MemoryBudgetBytes = (long)Number(10) << 20 };
var job = new Job(Number(11));

using var process = Process.GetCurrentProcess();
long start = Stopwatch.GetTimestamp();
TimeSpan cpu = process.TotalProcessorTime;
double cpuSeconds = 0;
double Lap()
{
    double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
    process.Refresh();
    cpuSeconds = Math.Round((process.TotalProcessorTime - cpu).TotalSeconds, 3);
    (start, cpu) = (Stopwatch.GetTimestamp(), process.TotalProcessorTime);
    return Math.Round(seconds, 3);
}

ThinPlateFit fit = ThinPlateFit.Make(Column(0), Column(3), new ThinPlateOptions(), job);
double solve = Lap();
JacobianCheck fold = JacobianCheck.Measure(fit.Transform, moving.Grid, job);
double check = Lap();
using var warped = new WarpedVolume(moving, fit.Transform, target, options, job);
double nodes = Lap(), nodesCpu = cpuSeconds;
using FileStream? output = args.Length > 12 ? File.Create(args[12]) : null;
var slice = new byte[target.Size.SliceCount * 2];
double slowest = 0;
for (int z = 0; z < target.Size.Z; z++)
{
    long read = Stopwatch.GetTimestamp();
    warped.ReadSlice(z, slice);
    slowest = Math.Max(slowest, Stopwatch.GetElapsedTime(read).TotalSeconds);
    output?.Write(slice);
}
double sample = Lap(), sampleCpu = cpuSeconds;
ApproximationError error = warped.MeasureApproximation(job)!;
process.Refresh();
Console.WriteLine(new JsonObject
{
    ["control_points"] = fit.ControlPoints,
    ["solve_s"] = solve,
    ["folding_check_s"] = check,
    ["coarse_grid_s"] = nodes,
    ["coarse_grid_cpu_s"] = nodesCpu,
    ["slices_s"] = sample,
    ["slices_cpu_s"] = sampleCpu,
    ["slowest_read_s"] = Math.Round(slowest, 3),
    ["measure_s"] = Lap(),
    ["total_s"] = Math.Round(solve + check + nodes + sample, 3),
    ["jacobian_minimum"] = Math.Round(fold.Minimum, 4),
    ["approximation_max_nm"] = Math.Round(error.MaximumNm, 3),
    ["approximation_rms_nm"] = Math.Round(error.RmsNm, 4),
    ["peak_memory_mb"] = Math.Round(process.PeakWorkingSet64 / 1048576.0),
}.ToJsonString());

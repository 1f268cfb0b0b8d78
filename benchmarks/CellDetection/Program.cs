// Detection of cells on simulated sections, the published pipeline beside ours. Each result is a line of a file, so that a run that was stopped goes on where it was.
//   CellDetection simulated FILE.csv STACKS SECTIONS   prints the table; stacks have the seeds 1000, 1001, ... (those used for choosing were below 200)
//   CellDetection tracking FILE.csv STACKS SECTIONS    whether neighbouring sections confirm dim cells: seeds 2000, 2001, ...
//   CellDetection boxes published|ours LEAST MOST IN.raw HEIGHT WIDTH 8|16   boxes of one section (float32 pixels) as x,y,width,height,score; 0: from the image
using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using ClemReg.Algorithms;
using ClemReg.Algorithms.Cells;
using ClemReg.Algorithms.Simulation;
using ClemReg.Algorithms.Volumes;

CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
var job = new Job(2);
switch (args[0])
{
    case "simulated":
        Simulated(args[1], int.Parse(args[2]), int.Parse(args[3]), 1000, ["published", "published, told", "ours", "ours, told"], Found);
        break;
    case "tracking":
        Simulated(args[1], int.Parse(args[2]), int.Parse(args[3]), 2000, ["single, 0.23", "single, 0.1", "tracked, 0.23 and 0.1", "single, 0.35", "tracked, 0.35 and 0.23"], Tracked);
        break;
    default:
        var pixels = new float[int.Parse(args[5]) * int.Parse(args[6])];
        using (FileStream file = File.OpenRead(args[4])) file.ReadExactly(MemoryMarshal.AsBytes(pixels.AsSpan()));
        var section = new Plane<float>(int.Parse(args[5]), int.Parse(args[6]), pixels);
        foreach (Box b in Detect(args[1], section, args[7] == "8" ? VoxelType.UInt8 : VoxelType.UInt16, double.Parse(args[2]), double.Parse(args[3]), 0))
            Console.WriteLine($"{b.X},{b.Y},{b.Width},{b.Height},{b.Score}");
        break;
}

IReadOnlyList<Box> Detect(string method, Plane<float> section, VoxelType type, double least, double most, double noise) =>
    method.StartsWith("ours", StringComparison.Ordinal)
        ? CellDetector.Find(section, new CellDetectorOptions { MinimumDiameter = least, MaximumDiameter = most }, job).Boxes
        : PublishedDetector.Detect(section, type, new PublishedDetectorOptions
        {
            Denoising = noise > 0 ? CellDenoising.Given : CellDenoising.None, NoiseSigma = noise, MinimumDiameter = least, MaximumDiameter = most,
        }, job).Boxes;

// Told: the published detector the noise and the least diameter of 29 pixels, for which the simulator's brightness was set; ours the range of diameters.
List<Box> Found(string method, IReadOnlyList<Plane<float>> sections, double noise)
{
    bool told = method.EndsWith("told", StringComparison.Ordinal), ours = method.StartsWith("ours", StringComparison.Ordinal);
    return [.. sections.SelectMany((s, z) => Detect(method, s, VoxelType.UInt16, told ? ours ? 12 : 29 : 0, told && ours ? 80 : 0, told ? noise : 0).Select(b => b with { Slice = z }))];
}

List<Box> Tracked(string method, IReadOnlyList<Plane<float>> sections, double noise)
{
    double[] scores = [.. method.Split(' ').Where(w => char.IsDigit(w[0])).Select(w => double.Parse(w))];
    Box[][] boxes = [.. sections.Select((s, z) => CellDetector.Find(s, new CellDetectorOptions { MinimumScore = scores.Min() }, job).Boxes.Select(b => b with { Slice = z }).ToArray())];
    if (!method.StartsWith("tracked", StringComparison.Ordinal)) return [.. boxes.SelectMany(b => b)];
    var grid = new Grid(new Size3(sections.Count, sections[0].Height, sections[0].Width), new Point3(100, 178, 178));
    var options = new CellTrackerOptions { MinimumScore = scores[0], ConfirmedScore = scores[1] };
    return [.. CellTracker.Follow(boxes, grid, null, options, job).SelectMany(t => t.Boxes)];
}

void Simulated(string path, int stacks, int count, int firstSeed, string[] methods, Func<string, IReadOnlyList<Plane<float>>, double, List<Box>> find)
{
    Dictionary<string, string[]> done = File.Exists(path) ? File.ReadLines(path).Select(l => l.Split(';')).ToDictionary(c => string.Join(';', c[..5])) : [];
    for (int seed = firstSeed; seed < firstSeed + stacks; seed++)
        foreach (double noise in new[] { 20.0, 40, 60 })
            foreach (CellPattern pattern in Enum.GetValues<CellPattern>())
            {
                string Key(string method) => $"{method};{noise};{pattern};{seed};{count}";
                if (methods.All(m => done.ContainsKey(Key(m)))) continue;
                using CellSectionSample sample = CellSimulator.Simulate(new CellSimulationOptions { Seed = seed, Sections = count, Noise = noise, Pattern = pattern }, job);
                Size3 size = sample.Sections.Grid.Size;
                Plane<float>[] sections = [.. Enumerable.Range(0, count).Select(z => new Plane<float>(size.Y, size.X, Array.ConvertAll(sample.Sections.Slice(z).ToArray(), v => (float)v)))];
                foreach (string method in methods.Where(m => !done.ContainsKey(Key(m))))
                {
                    double before = Process.GetCurrentProcess().TotalProcessorTime.TotalSeconds;
                    List<Box> boxes = find(method, sections, noise);
                    double seconds = Process.GetCurrentProcess().TotalProcessorTime.TotalSeconds - before;
                    DetectionScores s = DetectionEvaluation.Evaluate(boxes, sample.Truth);
                    string line = $"{Key(method)};{s.Detections};{s.Truth};{s.Correct};{s.Found};{Sum(s.DiceOfDetections, s.Detections)};{Sum(s.DiceOfTruth, s.Truth)};{seconds:F2}";
                    File.AppendAllText(path, line + "\n");
                    done[Key(method)] = line.Split(';');
                }
            }
    Console.WriteLine("| method | noise | pattern | stacks | recall | precision | F1 | Dice of detections / of truth | CPU s a section |\n|---|---|---|---|---|---|---|---|---|");
    foreach (string method in methods)
        foreach (var group in done.Values.Where(c => c[0] == method && c[4] == $"{count}").GroupBy(c => (Noise: c[1], Pattern: c[2])).Append(null))
        {
            string[][] rows = [.. group ?? done.Values.Where(c => c[0] == method && c[4] == $"{count}")];
            double Total(int i) => rows.Sum(c => double.Parse(c[i]));
            double recall = Total(8) / Total(6), precision = Total(7) / Total(5);
            Console.WriteLine($"| {method} | {group?.Key.Noise ?? "all"} | {group?.Key.Pattern ?? "all"} | {rows.Length} | {recall:F3} | {precision:F3} | {2 * recall * precision / (recall + precision):F3} | "
                + $"{Total(9) / Total(5):F2} / {Total(10) / Total(6):F2} | {Total(11) / rows.Length / count:F2} |");
        }
}

static double Sum(double mean, int count) => count == 0 ? 0 : mean * count;

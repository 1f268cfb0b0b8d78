// Detection of cells on simulated sections, the published pipeline beside ours. Each result is a line of a file, so that a run that was stopped goes on where it was.
//   CellDetection simulated FILE.csv STACKS SECTIONS   prints the table; stacks have the seeds 1000, 1001, ... (those used for choosing were below 200)
//   CellDetection tracking FILE.csv STACKS SECTIONS    whether neighbouring sections confirm dim cells: seeds 2000, 2001, ...
//   CellDetection steps IN.raw HEIGHT WIDTH OUT [bm3d]   seconds and processor seconds of each step on one section (16 bit, as float32) by two threads, after a run that does not count, and its arrays, for cells_side_by_side.py
//   CellDetection boxes published|ours LEAST MOST IN.raw HEIGHT WIDTH 8|16   boxes of one section (float32 pixels) as x,y,width,height,score; 0: from the image
using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using ClemReg.Algorithms;
using ClemReg.Algorithms.Cells;
using ClemReg.Algorithms.Filters;
using ClemReg.Algorithms.Segmentation;
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
    case "steps":
        Steps(Read(args[1], int.Parse(args[2]), int.Parse(args[3])), args[4], args.Length > 5);
        break;
    default:
        foreach (Box b in Detect(args[1], Read(args[4], int.Parse(args[5]), int.Parse(args[6])), args[7] == "8" ? VoxelType.UInt8 : VoxelType.UInt16, double.Parse(args[2]), double.Parse(args[3]), 0))
            Console.WriteLine($"{b.X},{b.Y},{b.Width},{b.Height},{b.Score}");
        break;
}

Plane<float> Read(string path, int height, int width)
{
    var plane = new Plane<float>(height, width);
    using FileStream file = File.OpenRead(path);
    file.ReadExactly(MemoryMarshal.AsBytes(plane.Values.AsSpan()));
    return plane;
}

IReadOnlyList<Box> Detect(string method, Plane<float> section, VoxelType type, double least, double most, double noise) =>
    method.StartsWith("ours", StringComparison.Ordinal)
        ? CellDetector.Find(section, new CellDetectorOptions { MinimumDiameter = least, MaximumDiameter = most }, job).Boxes
        : PublishedDetector.Detect(section, type, new PublishedDetectorOptions
        {
            Denoising = noise > 0 ? CellDenoising.Given : CellDenoising.None,
            NoiseSigma = noise,
            MinimumDiameter = least,
            MaximumDiameter = most,
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

void Steps(Plane<float> section, string folder, bool denoise)
{
    (int height, int width) = (section.Height, section.Width);
    Plane<float> background = Time("rolling ball", () => RollingBall.Background(section, 50, presmooth: false, job));
    Plane<float> equalised = Time("CLAHE", () => Clahe.Apply(section, VoxelType.UInt16, ClaheOptions.ScikitImage(height, width), job));
    Plane<float> response = Time("LoG", () => NegativeLog.Response(section, 7, 43, job));
    Plane<float> feature = NegativeLog.Apply(equalised, 7, NegativeLog.KernelSize(7), job);
    float threshold = feature.Values.Order().ElementAt((int)(0.92 * feature.Values.Length));
    var mask = new Plane<bool>(height, width, Array.ConvertAll(feature.Values, v => v > threshold));
    Plane<float> distance = Time("distance", () => DistanceTransform.ToNearest(mask, job));
    var inverted = new Plane<float>(height, width, Array.ConvertAll(feature.Values, v => -v));
    Plane<int> markers = Time("local minima", () => RegionalMinima.Label(inverted, Neighbourhood.Eight, job));
    Plane<float> gradient = Time("Sobel", () => SobelGradient.Magnitude(equalised, job));
    var marked = new Plane<bool>(height, width, Array.ConvertAll(markers.Values, v => v != 0));
    var seed = new Plane<float>(height, width, [.. gradient.Values.Select((v, i) => marked.Values[i] ? v : float.PositiveInfinity)]);
    Plane<float> filled = Time("reconstruction", () => Reconstruction.ByErosion(seed, gradient, Neighbourhood.Eight, job));
    Plane<int> basins = Time("watershed with lines", () => MarkerWatershed.Flood(filled, markers, Neighbourhood.Eight, lines: true, job));
    Time("published pipeline", () => PublishedDetector.Detect(section, VoxelType.UInt16, new PublishedDetectorOptions(), job));
    Time("ours", () => CellDetector.Find(section, new CellDetectorOptions(), job));
    double sigma = NoiseEstimate.Of(section, job);
    if (denoise) Time("BM3D", () => Bm3d.Apply(section, sigma, Bm3d.FullScale(VoxelType.UInt16, IntensityRange.Of(section)), job), warm: false);
    Write("background", background.Values);
    Write("equalised", equalised.Values);
    Write("response", response.Values);
    Write("feature", feature.Values);
    Write("distance", distance.Values);
    Write("markers", markers.Values);
    Write("gradient", gradient.Values);
    Write("filled", filled.Values);
    Write("basins", basins.Values);

    T Time<T>(string name, Func<T> step, bool warm = true)
    {
        if (warm) step();
        double before = Process.GetCurrentProcess().TotalProcessorTime.TotalSeconds;
        var clock = Stopwatch.StartNew();
        T result = step();
        double wall = clock.Elapsed.TotalSeconds;
        Console.WriteLine($"{name};{wall:F4};{Process.GetCurrentProcess().TotalProcessorTime.TotalSeconds - before:F4}");
        return result;
    }

    void Write<T>(string name, T[] values) where T : struct => File.WriteAllBytes(Path.Combine(folder, name + ".raw"), MemoryMarshal.AsBytes(values.AsSpan()));
}

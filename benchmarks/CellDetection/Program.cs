// Detection of cells, the published pipeline beside ours. Each result is a line of a file, so that a run that was stopped goes on where it was. What is printed are tables in Markdown.
//   CellDetection tables FOLDER [STACKS [SECTIONS]]    both tables of docs/benchmarks.md, of 20 stacks of one section: simulated (FOLDER/simulated.csv) and real nuclei (FOLDER/nuclei.csv)
//   CellDetection print FILE.csv STACKS SECTIONS       the first of them as far as it goes
//   CellDetection simulated FILE.csv STACKS SECTIONS [METHOD]   stacks have the seeds 1000, 1001, ... (those used for choosing were below 600); only that method where one is named, so that several files can be made at once and put together
//   CellDetection nuclei FILE.csv                      the images and true boxes of data/cells in ../shared, or in the folder that CLEMREG_SHARED names
//   CellDetection tracking FILE.csv STACKS SECTIONS    what following the cells through the sections adds where some are dim: seeds 2000, 2001, ...
//   CellDetection fields FILE.csv STACKS SECTIONS      which share of the true cells' pixels fields of view hold and what they cost: seeds 1, 2, ..., and every other image of data/cells
//   CellDetection scan FILE.csv SECTIONS [WORDS]       what recall and precision of the published pipeline depend on: brightness, least diameter, number of cells, share of markers, ball; seeds 500, 501, ...; only rows in whose names are those words, several divided by ;
//   CellDetection steps IN.raw HEIGHT WIDTH OUT [bm3d]   seconds and processor seconds of each step on one section (16 bit, as float32) by two threads, after a run that does not count, and its arrays, for cells_side_by_side.py
//   CellDetection times IN.raw HEIGHT WIDTH RUNS       the same of our detector alone, so many times
using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using ClemReg.Algorithms;
using ClemReg.Algorithms.Cells;
using ClemReg.Algorithms.Filters;
using ClemReg.Algorithms.Segmentation;
using ClemReg.Algorithms.Simulation;
using ClemReg.Algorithms.Volumes;

const string Published = "published", PublishedTold = "published, told", Ours = "ours", OursTold = "ours, told";
const double LeastTold = 29;
// As many as were counted in the real sections; the table of the published figures has the simulator's default.
const double FewerCells = 14;
double[] noises = [20, 40, 60];
string[] methods = [Published, PublishedTold, Ours, OursTold];
CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
var job = new Job(2);
switch (args[0])
{
    case "tables":
        Directory.CreateDirectory(args[1]);
        Simulated(Path.Combine(args[1], "simulated.csv"), args.Length > 2 ? int.Parse(args[2]) : 20, args.Length > 3 ? int.Parse(args[3]) : 1);
        Console.WriteLine();
        Nuclei(Path.Combine(args[1], "nuclei.csv"));
        break;
    case "simulated":
        Simulated(args[1], int.Parse(args[2]), int.Parse(args[3]), args.Length > 4 ? args[4] : null);
        break;
    case "print":
        PrintSimulated(new Results(args[1]), int.Parse(args[2]), int.Parse(args[3]));
        break;
    case "nuclei":
        Nuclei(args[1]);
        break;
    case "tracking":
        Tracking(args[1], int.Parse(args[2]), int.Parse(args[3]));
        break;
    case "fields":
        Fields(args[1], int.Parse(args[2]), int.Parse(args[3]));
        break;
    case "scan":
        Scan(args[1], int.Parse(args[2]), args.Length > 3 ? args[3] : "");
        break;
    case "steps":
        Steps(Read(args[1], int.Parse(args[2]), int.Parse(args[3])), args[4], args.Length > 5);
        break;
    case "times":
        Plane<float> timed = Read(args[1], int.Parse(args[2]), int.Parse(args[3]));
        for (int run = 0; run < int.Parse(args[4]); run++) Time("ours", () => CellDetector.Find(timed, new CellDetectorOptions(), job), warm: run == 0);
        break;
    default:
        throw new ArgumentException($"{args[0]}: tables, simulated, print, nuclei, tracking, fields, scan, steps or times");
}

Plane<float> Read(string path, int height, int width)
{
    var plane = new Plane<float>(height, width);
    using FileStream file = File.OpenRead(path);
    file.ReadExactly(MemoryMarshal.AsBytes(plane.Values.AsSpan()));
    return plane;
}

IReadOnlyList<Box> Detect(bool ours, Plane<float> section, VoxelType type, double least, double most, double noise) => ours
    ? CellDetector.Find(section, new CellDetectorOptions { MinimumDiameter = least, MaximumDiameter = most }, job).Boxes
    : PublishedDetector.Detect(section, type, new PublishedDetectorOptions
    {
        Denoising = noise > 0 ? CellDenoising.Given : CellDenoising.None,
        NoiseSigma = noise,
        MinimumDiameter = least,
        MaximumDiameter = most,
    }, job).Boxes;

Plane<float>[] Planes(CellSectionSample sample)
{
    Size3 size = sample.Sections.Grid.Size;
    return [.. Enumerable.Range(0, size.Z).Select(z => new Plane<float>(size.Y, size.X, Array.ConvertAll(sample.Sections.Slice(z).ToArray(), v => (float)v)))];
}

// Told: the published detector the noise and the least diameter, ours the range of diameters. What the goals are about comes first, and the table says how many stacks there are of each.
void Simulated(string path, int stacks, int count, string? only = null)
{
    var results = new Results(path);
    foreach (string method in (string[])[Ours, PublishedTold, OursTold, Published])
        foreach (CellPattern pattern in Enum.GetValues<CellPattern>())
            for (int seed = 1000; seed < 1000 + stacks; seed++)
                foreach (double noise in noises)
                {
                    string key = $"{method};{noise};{pattern};{seed};{count}";
                    if (results.Has(key) || only is not null && method != only) continue;
                    using CellSectionSample sample = CellSimulator.Simulate(new CellSimulationOptions { Seed = seed, Sections = count, Noise = noise, Pattern = pattern }, job);
                    (double least, double most, double told) = method switch { PublishedTold => (LeastTold, 0.0, noise), OursTold => (12, 80, 0), _ => (0, 0, 0) };
                    results.Add(key, [.. Planes(sample).SelectMany((s, z) => Detect(method is Ours or OursTold, s, VoxelType.UInt16, least, most, told).Select(b => b with { Slice = z }))], sample.Truth);
                }
    PrintSimulated(results, stacks, count);
}

void PrintSimulated(Results results, int stacks, int count)
{
    Totals Of(string method, string noise, string pattern) => results.Of(k => k[0] == method && (noise == "all" || k[1] == noise) && (pattern == "all" || k[2] == pattern) && int.Parse(k[3]) < 1000 + stacks && k[4] == $"{count}");
    Console.WriteLine($"Stacks of {count}. Recall / precision / F1 (Dice of detections / of truth):\n\n| noise | pattern | true cells | {string.Join(" | ", methods)} |\n{string.Concat(Enumerable.Repeat("|---", methods.Length + 3))}|");
    foreach (double noise in noises)
        foreach (string pattern in Enum.GetNames<CellPattern>().Append("all"))
            Console.WriteLine($"| {noise} | {pattern.ToLowerInvariant()} | {Of(Ours, $"{noise}", pattern).Truth} | {string.Join(" | ", methods.Select(m => Of(m, $"{noise}", pattern)))} |");
    Console.WriteLine($"| stacks of each pattern | | | {string.Join(" | ", methods.Select(m => string.Join(", ", Enum.GetNames<CellPattern>().Select(p => $"{Of(m, "all", p).Rows / 3.0:0.#}"))))} |");
}

string CellImages() => Path.Combine(Environment.GetEnvironmentVariable("CLEMREG_SHARED") ?? Path.Combine("..", "shared"), "data", "cells");

string[] Names(string folder) => [.. Directory.GetFiles(Path.Combine(folder, "images"), "*.png").Select(f => Path.GetFileName(f)).Order(StringComparer.Ordinal)];

// Told: the range of sizes, from 0.9 of the 5 % to 1.1 of the 95 % quantile of the true boxes' sizes (square roots of their areas) of each image. Halves: every other image by name; the first was looked at while building.
void Nuclei(string path)
{
    string folder = CellImages();
    var results = new Results(path);
    ILookup<string, Box> truth = File.ReadLines(Path.Combine(folder, "boxes.csv")).Skip(1).Select(l => l.Split(',')).ToLookup(c => c[0], c => new Box(0, int.Parse(c[4]), int.Parse(c[5]), int.Parse(c[6]), int.Parse(c[7])));
    string[] names = Names(folder);
    for (int n = 0; n < names.Length; n++)
    {
        string Key(string method) => $"{method};{(n % 2 == 0 ? "looked at" : "other")};{names[n]}";
        if (methods.All(m => results.Has(Key(m)))) continue;
        Plane<float> image = GreyPng.Read(Path.Combine(folder, "images", names[n]));
        Box[] own = [.. truth[names[n]]];
        double[] sizes = [.. own.Select(b => Math.Sqrt(b.Area)).Order()];
        foreach (string method in methods.Where(m => !results.Has(Key(m))))
        {
            bool told = method is PublishedTold or OursTold;
            results.Add(Key(method), Detect(method is Ours or OursTold, image, VoxelType.UInt8, told ? 0.9 * Quantile(sizes, 0.05) : 0, told ? Math.Min(1.1 * Quantile(sizes, 0.95), Math.Max(image.Height, image.Width)) : 0, 0), own);
        }
    }
    Console.WriteLine("Recall / precision / F1 (Dice of detections / of truth):\n\n| half | nuclei | " + string.Join(" | ", methods) + $" |\n{string.Concat(Enumerable.Repeat("|---", methods.Length + 2))}|");
    foreach (string half in (string[])["looked at", "other"])
    {
        Totals Of(string method) => results.Of(k => k[0] == method && k[1] == half);
        Console.WriteLine($"| {half}, {Of(Ours).Rows} images | {Of(Ours).Truth} | {string.Join(" | ", methods.Select(Of))} |");
    }
}

static double Quantile(double[] sorted, double share)
{
    double at = share * (sorted.Length - 1);
    int below = (int)at;
    return sorted[below] + (at - below) * (sorted[Math.Min(below + 1, sorted.Length - 1)] - sorted[below]);
}

// Brightness varies by 0.6 of its mean, so that one cell in eight has less than three tenths of the mean.
void Tracking(string path, int stacks, int count)
{
    const string Alone = "each section alone", Lower = "each section alone, least score 0.1", Tracked = "tracked";
    var results = new Results(path);
    var standard = new CellTrackerOptions();
    for (int seed = 2000; seed < 2000 + stacks; seed++)
        foreach (double noise in noises)
            foreach (CellPattern pattern in Enum.GetValues<CellPattern>())
            {
                var options = new CellSimulationOptions { Seed = seed, Sections = count, CellsPerSection = FewerCells, Noise = noise, Pattern = pattern, BrightnessSpread = 0.6 };
                string Key(string method, string cells) => $"{method};{noise};{pattern};{seed};{count};{cells}";
                if (results.Has(Key(Tracked, "dim"))) continue;
                using CellSectionSample sample = CellSimulator.Simulate(options, job);
                Plane<float>[] sections = Planes(sample);
                Box[][] boxes = [.. sections.Select((s, z) => CellDetector.Find(s, new CellDetectorOptions { MinimumScore = standard.ConfirmedScore }, job).Boxes.Select(b => b with { Slice = z }).ToArray())];
                HashSet<int> dim = [.. sample.Cells.Where(c => c.Brightness < 0.3 * options.Brightness).Select(c => c.Cell)];
                Judge(Alone, [.. boxes.SelectMany(b => b).Where(b => b.Score >= standard.MinimumScore)]);
                Judge(Lower, [.. boxes.SelectMany(b => b)]);
                Judge(Tracked, [.. CellTracker.Follow(boxes, sample.Sections.Grid, null, standard, job).SelectMany(t => t.Boxes)]);

                void Judge(string method, Box[] found)
                {
                    results.Add(Key(method, "all"), found, sample.Truth);
                    results.Add(Key(method, "dim"), found, [.. sample.Truth.Where(t => dim.Contains(t.Cell))]);
                }
            }
    Console.WriteLine($"{stacks} stacks of {count} for each noise and pattern. Recall / precision / F1, and recall of the dim cells:\n\n| noise | boxes (dim) | {Alone} | {Lower} | {Tracked} |\n|---|---|---|---|---|");
    foreach (string noise in noises.Select(n => $"{n}").Append("all"))
    {
        Totals Of(string method, string cells) => results.Of(k => k[0] == method && (noise == "all" || k[1] == noise) && int.Parse(k[3]) < 2000 + stacks && k[4] == $"{count}" && k[5] == cells);
        string Text(string method) => Of(method, "all") is var all ? $"{all.Recall:F3} / {all.Precision:F3} / {all.F1:F3}; {Of(method, "dim").Recall:F2}" : "";
        Console.WriteLine($"| {noise} | {Of(Alone, "all").Truth} ({Of(Alone, "dim").Truth}) | {Text(Alone)} | {Text(Lower)} | {Text(Tracked)} |");
    }
}

// As export_fields does with its coverage and link_sections; boxes of the detector's defaults. Figures: true pixels, those inside, imaged pixels, all pixels, fields, sections to go to.
void Fields(string path, int stacks, int count)
{
    const string Alone = "each box alone", Given = "as_given", AllCells = "all_cells";
    string[] settings = [Alone, Given, AllCells];
    const double PixelSize = 0.178;
    var results = new Results(path);
    foreach (CellPattern pattern in Enum.GetValues<CellPattern>())
        foreach (double noise in noises)
            for (int seed = 1; seed <= stacks; seed++)
            {
                string kind = $"{pattern.ToString().ToLowerInvariant()}, noise {noise}";
                if (results.Has($"{AllCells};{kind};{count};{seed}")) continue;
                using CellSectionSample sample = CellSimulator.Simulate(new CellSimulationOptions { Seed = seed, Sections = count, CellsPerSection = FewerCells, Noise = noise, Pattern = pattern }, job);
                using Volume<ushort> labels = CellLabels.Paint(sample, pattern, job);
                Judge($"{kind};{count};{seed}", Planes(sample), [.. Enumerable.Range(0, count).Select(z => new Plane<int>(sample.Sections.Grid.Size.Y, sample.Sections.Grid.Size.X, Array.ConvertAll(labels.Slice(z).ToArray(), v => (int)v)))]);
            }
    string folder = CellImages();
    string[] names = Directory.Exists(folder) ? [.. Names(folder).Where((_, n) => n % 2 == 0)] : [];
    foreach (string name in names)
    {
        if (results.Has($"{AllCells};nuclei;1;{name}")) continue;
        Plane<float> labels = GreyPng.Read(Path.Combine(folder, "labels", name));
        Judge($"nuclei;1;{name}", [GreyPng.Read(Path.Combine(folder, "images", name))], [new Plane<int>(labels.Height, labels.Width, Array.ConvertAll(labels.Values, v => (int)v))]);
    }
    Console.WriteLine($"{stacks} stacks of {count} for each, {names.Length} images of nuclei. Share of the true pixels inside, of all pixels imaged; fields:\n\n| sections | {string.Join(" | ", settings)} | true area |\n{string.Concat(Enumerable.Repeat("|---", settings.Length + 2))}|");
    foreach (string kind in Enum.GetNames<CellPattern>().SelectMany(p => noises.Select(n => $"{p.ToLowerInvariant()}, noise {n}")).Append("nuclei"))
    {
        double[] Of(string setting) => results.Sums(k => k[0] == setting && k[1] == kind && (kind == "nuclei" || k[2] == $"{count}" && int.Parse(k[3]) <= stacks)).Sums;
        Console.WriteLine($"| {kind} | {string.Join(" | ", settings.Select(s => Of(s) is var f ? $"{100 * f[1] / f[0]:F1} %, {100 * f[2] / f[3]:F1} %; {f[4]}" : ""))} | {100 * Of(Alone)[0] / Of(Alone)[3]:F1} % |");
    }

    void Judge(string key, Plane<float>[] sections, Plane<int>[] truth)
    {
        Box[] boxes = [.. sections.SelectMany((s, z) => Detect(ours: true, s, VoxelType.UInt16, 0, 0, 0).Select(b => b with { Slice = z }))];
        bool serial = sections.Length > 1;
        foreach (string setting in settings)
        {
            FieldOptions options = setting switch
            {
                Alone => new FieldOptions { Link = SectionLinks.None, Merge = false },
                AllCells => new FieldOptions { Link = SectionLinks.Overlap, MarginShare = serial ? FieldOptions.AllCellsShare : FieldOptions.AllCellsShareOfOne, ExtraSections = FieldOptions.AllCellsSections },
                _ => new FieldOptions { Link = SectionLinks.Overlap },
            };
            IReadOnlyList<FieldOfView> fields = FieldsOfView.Around(boxes, new Size3(sections.Length, sections[0].Height, sections[0].Width), PixelSize, PixelSize, options, job);
            ILookup<int, Box> bySection = fields.SelectMany(f => f.InSections()).ToLookup(b => b.Slice);
            double all = 0, inside = 0;
            for (int z = 0; z < truth.Length; z++)
            {
                int own = truth[z].Values.Count(v => v > 0);
                all += own;
                if (own > 0) inside += own * DetectionEvaluation.CoveredShare(truth[z], [.. bySection[z]]);
            }
            results.Add($"{setting};{key}", [all, inside, fields.Sum(f => f.Pixels), (double)sections.Length * sections[0].Values.Length, fields.Count, fields.Sum(f => f.Sections)]);
        }
    }
}

// The published pipeline, told the noise and a least diameter, on cytoplasmic cells; one thing is different in each row. Ours, with its defaults, where that is the sections. Figures: detections, true cells, correct, found, detections beside all true cells.
void Scan(string path, int sections, string words)
{
    double[] levels = [100, 160, 260, 450], densities = [7, 16, 17, 18, 21, 28], diameters = [23, 25, 27], shares = [0.04, 0.06, 0.12], radii = [25, 100];
    var made = new CellSimulationOptions { Sections = 1, CellsPerSection = FewerCells };
    var looked = new PublishedDetectorOptions { MinimumDiameter = LeastTold };
    (string Name, CellSimulationOptions Made, PublishedDetectorOptions Looked)[] rows =
    [
        ("14 cells a section", made, looked),
        .. levels.Select(b => ($"brightness {b}", made with { Brightness = b }, looked)),
        .. densities.SelectMany(c => ((string, CellSimulationOptions, PublishedDetectorOptions)[])
        [
            ($"{c} cells a section", made with { CellsPerSection = c }, looked),
            ($"{c} cells a section, least diameter 30", made with { CellsPerSection = c }, looked with { MinimumDiameter = 30 }),
        ]),
        .. diameters.Select(d => ($"least diameter {d}", made, looked with { MinimumDiameter = d })),
        .. shares.Select(s => ($"{100 * s:0} % markers", made, looked with { MarkerShare = s })),
        .. radii.Select(r => ($"ball of radius {r}", made, looked with { BallRadius = r })),
    ];
    rows = [.. rows.Where(r => words.Split(';').Any(w => r.Name.Contains(w, StringComparison.Ordinal)))];
    var results = new Results(path);
    string Key(string method, string name, double noise, int seed) => $"{method};{name};{noise};{seed}";
    for (int seed = 500; seed < 500 + sections; seed++)
        foreach (double noise in noises)
            foreach (IGrouping<CellSimulationOptions, (string Name, CellSimulationOptions Made, PublishedDetectorOptions Looked)> same in rows.GroupBy(r => r.Made))
            {
                string first = same.First().Name;
                if (results.Has(Key(Ours, first, noise, seed)) && same.All(r => results.Has(Key(PublishedTold, r.Name, noise, seed)))) continue;
                using CellSectionSample sample = CellSimulator.Simulate(same.Key with { Seed = seed, Noise = noise }, job);
                Plane<float> section = Planes(sample)[0];
                if (!results.Has(Key(Ours, first, noise, seed))) Judge(Ours, first, CellDetector.Find(section, new CellDetectorOptions(), job).Boxes);
                // As the published detector does first: all rows of a section share it.
                Plane<float> denoised = Bm3d.Apply(section, noise, Bm3d.FullScale(VoxelType.UInt16, IntensityRange.Of(section)), job);
                foreach ((string name, _, PublishedDetectorOptions options) in same)
                    if (!results.Has(Key(PublishedTold, name, noise, seed)))
                        Judge(PublishedTold, name, PublishedDetector.Detect(denoised, VoxelType.Float32, options, job).Boxes);

                void Judge(string method, string name, IReadOnlyList<Box> found)
                {
                    DetectionScores s = DetectionEvaluation.Evaluate(found, sample.Truth);
                    results.Add(Key(method, name, noise, seed), [s.Detections, s.Truth, s.Correct, s.Found, found.Count(b => sample.Truth.All(t => Box.Intersection(b, t) == 0)), 0]);
                }
            }
    Console.WriteLine($"Up to {sections} sections. Recall, precision (wrong detections; of them beside all true cells); ours: recall, precision:\n\n| | true cells | {string.Join(" | ", noises.Select(n => $"noise {n}"))} | ours, all noises |\n{string.Concat(Enumerable.Repeat("|---", noises.Length + 3))}|");
    foreach ((string name, _, _) in rows)
    {
        double[] Of(string method, string noise) => results.Sums(k => k[0] == method && k[1] == name && (noise == "all" || k[2] == noise) && int.Parse(k[3]) < 500 + sections).Sums;
        string Text(double[] f) => f[1] > 0 ? $"{f[3] / f[1]:F2}, {f[2] / f[0]:F2}" : "";
        Console.WriteLine($"| {name} | {Of(PublishedTold, $"{noises[^1]}")[1]} | {string.Join(" | ", noises.Select(n => Of(PublishedTold, $"{n}") is var f ? $"{Text(f)} ({f[0] - f[2]}; {f[4]})" : ""))} | {Text(Of(Ours, "all"))} |");
    }
}

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

    void Write<T>(string name, T[] values) where T : struct => File.WriteAllBytes(Path.Combine(folder, name + ".raw"), MemoryMarshal.AsBytes(values.AsSpan()));
}

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

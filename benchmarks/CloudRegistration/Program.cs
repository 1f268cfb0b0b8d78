// Registers two point files with any of the algorithms; prints one line of JSON (seconds, iterations, sigma, TRE, ...).
//   CloudRegistration MOVING FIXED algorithm=bcpd [key=value ...]
// Points are text, z, y, x a line, separated by commas or blanks; lines that are no numbers are skipped. Keys: algorithm (rigid, affine (after rigid), bcpd,
// rigid_bcpd), omega, lambda, beta, kappa, gamma, tolerance, iterations, min_iterations, sigma (the floor in nm), w (of CPD), points, voxel, rank,
// acceleration (none, exact, truncated), normalise (each, fixed), scale (0 or 1), variance, anisotropy, threads, repeats (the least time
// counts), judge (1: does the deformation earn its place?), out (file for the moved points), tre (file of pairs: moving z, y, x, fixed z, y, x).
using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using ClemReg.Algorithms;
using ClemReg.Algorithms.PointClouds;
using ClemReg.Algorithms.Registration;
using ClemReg.Algorithms.Transforms;
using ClemReg.Algorithms.Volumes;

var keys = new Dictionary<string, string>();
foreach (string a in args.Skip(2))
{
    string[] parts = a.Split('=', 2);
    keys[parts[0]] = parts[1];
}
string Text(string key, string standard) => keys.Remove(key, out string? v) ? v : standard;
double Number(string key, double standard) => keys.Remove(key, out string? v) ? double.Parse(v, CultureInfo.InvariantCulture) : standard;

PointCloud moving = new([.. Read(args[0], 3).Select(r => new Point3(r[0], r[1], r[2]))]);
PointCloud fixedCloud = new([.. Read(args[1], 3).Select(r => new Point3(r[0], r[1], r[2]))]);
string algorithm = Text("algorithm", "bcpd");
int repeats = (int)Number("repeats", 1);
int threads = (int)Number("threads", 2);
string outFile = Text("out", ""), treFile = Text("tre", "");
var rigidOptions = new RigidCpdOptions { OutlierWeight = Number("w", 0.8), MinimumSigmaNm = Number("rigid_sigma", 300) };
var affineOptions = new AffineCpdOptions { OutlierWeight = rigidOptions.OutlierWeight, MinimumSigmaNm = rigidOptions.MinimumSigmaNm, MaximumAnisotropy = Number("anisotropy", 0) };
var d = new BcpdOptions();
var options = new BcpdOptions
{
    Omega = Number("omega", d.Omega),
    Lambda = Number("lambda", d.Lambda),
    Beta = Number("beta", d.Beta),
    Kappa = Number("kappa", d.Kappa),
    Gamma = Number("gamma", d.Gamma),
    Tolerance = Number("tolerance", d.Tolerance),
    MaxIterations = (int)Number("iterations", d.MaxIterations),
    MinimumIterations = (int)Number("min_iterations", d.MinimumIterations),
    MinimumSigmaNm = Number("sigma", d.MinimumSigmaNm),
    Points = (int)Number("points", d.Points),
    ThinningVoxel = Number("voxel", d.ThinningVoxel),
    KernelRank = (int)Number("rank", d.KernelRank),
    WithScale = Number("scale", 1) == 1,
    PosteriorVariance = Number("variance", 0) == 1,
    Normalisation = Text("normalise", algorithm == "rigid_bcpd" ? "fixed" : "each") == "fixed" ? BcpdNormalisation.Fixed : BcpdNormalisation.Each,
    Acceleration = Enum.Parse<BcpdAcceleration>(Text("acceleration", "exact"), true),
    Seed = (int)Number("seed", 1),
};
bool judge = Number("judge", 0) == 1;
if (keys.Count > 0) throw new ArgumentException("unknown key " + string.Join(", ", keys.Keys));

double least = double.MaxValue;
Func<Point3, Point3> map = p => p;
var report = new JsonObject { ["algorithm"] = algorithm, ["moving"] = moving.Count, ["fixed"] = fixedCloud.Count };
for (int run = 0; run < repeats; run++)
{
    var job = new Job(threads);
    long start = Stopwatch.GetTimestamp();
    AffineTransform? rigid = null;
    if (algorithm is "rigid" or "affine" or "rigid_bcpd")
    {
        RegistrationResult r = RigidCpd.Register(moving, fixedCloud, rigidOptions, job);
        if (algorithm == "affine") r = AffineCpd.Register(moving, fixedCloud, affineOptions with { Initial = r.Transform, InitialSigmaNm = r.SigmaNm }, job);
        rigid = r.Transform;
        report["iterations"] = r.Iterations;
        report["sigma_nm"] = Math.Round(r.SigmaNm, 3);
        report["singular_values"] = new JsonArray([.. r.SingularValues.Select(v => (JsonNode)Math.Round(v, 4))]);
    }
    double first = Stopwatch.GetElapsedTime(start).TotalSeconds;
    if (rigid is not null) map = rigid.Apply;
    if (algorithm is "bcpd" or "rigid_bcpd")
    {
        start = Stopwatch.GetTimestamp();
        DeformableRegistrationResult r = Bcpd.Register(moving, fixedCloud, options with { Initial = rigid }, job);
        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        least = Math.Min(least, seconds);
        map = r.Apply;
        if (judge && rigid is not null)
        {
            start = Stopwatch.GetTimestamp();
            HeldOutJudgement j = HeldOutDeformation.Judge(moving, fixedCloud, rigid, options, r.SigmaNm, job);
            report["judge"] = $"{j.RigidOffsetNm:F1} -> {j.DeformedOffsetNm:F1} t {j.Agreement:F1} {(j.Better ? "better" : "worse")}";
            report["judge_seconds"] = Math.Round(Stopwatch.GetElapsedTime(start).TotalSeconds, 2);
        }
        report["rigid_seconds"] = Math.Round(first, 3);
        report["iterations"] = r.Iterations;
        report["sigma_nm"] = Math.Round(r.SigmaNm, 3);
        report["scale"] = Math.Round(r.Scale, 5);
        report["matches"] = Math.Round(r.History[^1].Matches, 1);
        report["rank"] = r.KernelRank;
        report["kernel_error"] = r.KernelError;
        report["deformation_nm"] = Math.Round(r.DeformationRmsNm, 2);
        report["stop"] = r.StopText;
    }
    else least = Math.Min(least, first);
    if (job.Warnings.Count > 0) report["warnings"] = new JsonArray([.. job.Warnings.Select(w => (JsonNode)w)]);
}
report["seconds"] = Math.Round(least, 3);
if (treFile.Length > 0)
{
    double[] errors = [.. Read(treFile, 6).Select(r => (map(new Point3(r[0], r[1], r[2])) - new Point3(r[3], r[4], r[5])).Length).Order()];
    report["tre_mean_nm"] = Math.Round(errors.Average(), 1);
    report["tre_p95_nm"] = Math.Round(errors[(int)(0.95 * (errors.Length - 1))], 1);
}
if (outFile.Length > 0)
{
    File.WriteAllLines(outFile, moving.Points.ToArray().Select(map).Select(p => string.Create(CultureInfo.InvariantCulture, $"{p.Z:F6} {p.Y:F6} {p.X:F6}")));
}
report["peak_mb"] = Math.Round(Process.GetCurrentProcess().PeakWorkingSet64 / 1e6);
Console.WriteLine(report.ToJsonString());

static IEnumerable<double[]> Read(string path, int columns) =>
    File.ReadLines(path).Select(l => l.Split([',', ' ', '\t'], StringSplitOptions.RemoveEmptyEntries))
        .Where(f => f.Length >= columns && double.TryParse(f[0], NumberStyles.Float, CultureInfo.InvariantCulture, out _))
        .Select(f => f.Take(columns).Select(s => double.Parse(s, NumberStyles.Float, CultureInfo.InvariantCulture)).ToArray());

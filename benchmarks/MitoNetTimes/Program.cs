// Time and memory of everything around MitoNet's network: a volume of SIZE^3 in three axes, outputs of a synthetic network.
//   MitoNetTimes SIZE [THREADS] [dense | LIBRARY MODEL.onnx SLICES]
// The network's stand-in knows random ellipsoids (10 % of the volume, radii 10 to 40 voxels) and gives logits at full, heat map and offsets at a quarter of the
// resolution. With "dense" instead 10 slices of SIZE^2 with logits and 256 features at a quarter, sharpened by PointRend here (its perceptron apart). With ONNX Runtime's
// library and a model (any weights, such as golden-scripts/mitonet.py makes) so many slices in stack mode: the model computes, and the stand-in's outputs are taken in place of its own. Prints seconds of
// each stage, of the wall and of the processors, those of stand-in and model apart, the peak resident set and the bytes of the result as JSON.
using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using ClemReg.Algorithms;
using ClemReg.Algorithms.Inference;
using ClemReg.Algorithms.Inference.OnnxRuntime;
using ClemReg.Algorithms.Mitochondria;
using ClemReg.Algorithms.Volumes;

int size = int.Parse(args[0], CultureInfo.InvariantCulture), threads = args.Length > 1 ? int.Parse(args[1], CultureInfo.InvariantCulture) : 2;
bool dense = args is [_, _, "dense"];
bool real = args.Length == 5;
int depth = real ? int.Parse(args[4], CultureInfo.InvariantCulture) : dense ? 10 : size;
var job = new Job(threads);
using IInferenceSession? session = real ? OrtLibrary.Load(args[2], null, job).Open(args[3], new InferenceOptions { Provider = ExecutionProvider.Cpu }, job) : null;
using OnnxPanopticNetwork? model = session is null ? null : new OnnxPanopticNetwork(session, null);
var network = new Ellipsoids(size, dense, model);
TimeSpan cpu = Environment.CpuUsage.TotalTime;
long start = Stopwatch.GetTimestamp();
LabelVolume labels = MitoNetSegmentation.Run(new Grey(depth, size), network, new MitoNetOptions { Mode = dense || real ? MitoNetMode.Stack : MitoNetMode.Orthoplane }, job);
double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds, all = (Environment.CpuUsage.TotalTime - cpu).TotalSeconds;

var json = new JsonObject
{
    ["size"] = size,
    ["threads"] = threads,
    ["seconds_without_network"] = Math.Round(seconds - network.Seconds, 2),
    ["seconds_network"] = Math.Round(network.Seconds, 2),
    ["cpu_seconds_without_network"] = Math.Round(all - network.CpuSeconds - network.ModelCpuSeconds, 3),
    ["cpu_seconds_of_model"] = Math.Round(network.ModelCpuSeconds, 3),
    ["slices_of_model"] = real ? depth : 0,
    ["peak_mb"] = Process.GetCurrentProcess().PeakWorkingSet64 >> 20,
    ["objects_true"] = network.Count,
    ["objects"] = labels.Objects.Count,
    ["labelled_fraction"] = Math.Round(labels.Objects.Sum(o => (double)o.Voxels) / labels.Grid.Size.Count, 4),
    ["result_bytes"] = labels.Bytes,
};
foreach (StageTime stage in job.Stages) json[stage.Stage] = Math.Round(stage.Seconds, 2);
Console.WriteLine(json.ToJsonString());

/// <summary>An EM of noise, made when it is read.</summary>
internal sealed class Grey(int depth, int size) : ISliceSource
{
    private readonly byte[] _noise = MakeNoise(2 * size * size);

    public Grid Grid { get; } = new(new Size3(depth, size, size), new Point3(8, 8, 8));

    public VoxelType Type => VoxelType.UInt8;

    public void ReadSlice(int z, Span<byte> destination) => _noise.AsSpan(z * 7919 % (size * size), destination.Length).CopyTo(destination);

    private static byte[] MakeNoise(int count)
    {
        var noise = new byte[count];
        new Random(1).NextBytes(noise);
        return noise;
    }
}

/// <summary>Gives the outputs of a perfect network for ellipsoids, some of which touch; edges are ragged by noise.</summary>
internal sealed class Ellipsoids : IPanopticNetwork, IPointHead
{
    private const float Outside = -4, Slope = 12;

    private const int Channels = 256;

    private readonly int _size;
    private readonly float[]? _features;
    private readonly (double[] Centre, double[] Radius)[] _all;
    private readonly float[] _noise = new float[1 << 16];
    private readonly float[] _semantic;
    private readonly float[] _centres;
    private readonly float[] _offsets;
    private readonly float[] _depth;
    private int _slice;
    private readonly OnnxPanopticNetwork? _model;
    private long _ticks;
    private TimeSpan _cpu, _modelCpu;

    public Ellipsoids(int size, bool dense, OnnxPanopticNetwork? model)
    {
        (_size, _model) = (size, model);
        _features = dense ? new float[Channels * size * size / 16] : null;
        var random = new Random(7);
        for (int i = 0; i < _noise.Length; i++) _noise[i] = (float)(random.NextDouble() * 3 - 1.5);
        var all = new List<(double[], double[])>();
        for (double volume = 0; volume < 0.1 * Math.Pow(size, 3);)
        {
            double[] centre = [random.NextDouble() * size, random.NextDouble() * size, random.NextDouble() * size];
            double[] radius = [10 + 30 * random.NextDouble(), 10 + 30 * random.NextDouble(), 10 + 30 * random.NextDouble()];
            all.Add((centre, radius));
            volume += 4.0 / 3 * Math.PI * radius[0] * radius[1] * radius[2];
        }
        _all = [.. all];
        (_semantic, _centres, _offsets, _depth) = (new float[size * size], new float[size * size / 16], new float[size * size / 8], new float[size * size / 16]);
    }

    public int Count => _all.Length;

    public IPointHead? PointHead => _features is null ? null : this;

    public double Seconds => (double)_ticks / Stopwatch.Frequency;

    public double CpuSeconds => _cpu.TotalSeconds;

    public double ModelCpuSeconds => _modelCpu.TotalSeconds;

    public PanopticOutput Run(ReadOnlyMemory<float> image, int height, int width, Job job)
    {
        long start = Stopwatch.GetTimestamp();
        TimeSpan before = Environment.CpuUsage.TotalTime;
        _model?.Run(image, height, width, job);
        TimeSpan between = Environment.CpuUsage.TotalTime;
        _modelCpu += between - before;
        (int axis, int at) = Math.DivRem(_slice++, _size);
        // Slices along z, y, x; their rows and columns.
        (int k, int r, int c) = axis switch { 0 => (0, 1, 2), 1 => (1, 0, 2), _ => (2, 0, 1) };
        int quarter = _size / 4;
        Array.Fill(_semantic, Outside);
        Array.Clear(_centres);
        Array.Clear(_offsets);
        Array.Clear(_depth);
        foreach ((double[] centre, double[] radius) in _all)
        {
            double across = (at - centre[k]) / radius[k], rest = 1 - across * across;
            if (rest <= 0) continue;
            double reach = Math.Sqrt(rest), cy = centre[r], cx = centre[c], ry = radius[r] * reach, rx = radius[c] * reach;
            for (int y = Math.Max(0, (int)(cy - ry)); y <= Math.Min(_size - 1, (int)(cy + ry)); y++)
            {
                double dy = (y - cy) / ry, half = rx * Math.Sqrt(Math.Max(0, 1 - dy * dy));
                for (int x = Math.Max(0, (int)(cx - half)); x <= Math.Min(_size - 1, (int)(cx + half)); x++)
                {
                    double dx = (x - cx) / rx;
                    float inside = (float)(rest * (1 - dy * dy - dx * dx)), logit = Outside + Slope * inside + _noise[(at * 40503 + y * 2654 + x * 97) & 0xFFFF] + 2.5f;
                    ref float value = ref _semantic[y * _size + x];
                    value = Math.Max(value, logit);
                    if ((y & 3) != 0 || (x & 3) != 0) continue;
                    int q = y / 4 * quarter + x / 4;
                    if (inside <= _depth[q]) continue;
                    _depth[q] = inside;
                    _offsets[q] = (float)(cy - y);
                    _offsets[quarter * quarter + q] = (float)(cx - x);
                }
            }
            (int py, int px) = ((int)Math.Round(cy / 4), (int)Math.Round(cx / 4));
            if (py < quarter && px < quarter) _centres[py * quarter + px] = (float)Math.Max(_centres[py * quarter + px], 0.3 + 0.7 * rest);
        }
        FloatPicture semantic = new(_semantic, 1, _size, _size);
        if (_features is not null)
        {
            // Every fourth pixel; the features are zeros.
            for (int q = 0; q < quarter * quarter; q++) _semantic[q] = _semantic[q / quarter * 4 * _size + q % quarter * 4];
            semantic = new FloatPicture(_semantic, 1, quarter, quarter);
        }
        _cpu += Environment.CpuUsage.TotalTime - between;
        _ticks += Stopwatch.GetTimestamp() - start;
        return new PanopticOutput(semantic, new FloatPicture(_centres, 1, quarter, quarter), new FloatPicture(_offsets, 2, quarter, quarter),
            _features is null ? null : new FloatPicture(_features, Channels, quarter, quarter));
    }

    public void Evaluate(ReadOnlyMemory<float> features, ReadOnlyMemory<float> coarse, Memory<float> logits, Job job) => coarse.CopyTo(logits);
}

using System.Globalization;
using ClemReg.Algorithms.Inference;
using ClemReg.Algorithms.Inference.Models;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Mitochondria;

/// <summary>MitoNet's network as an ONNX model: the full graph, or the dense one with its point head.</summary>
public sealed class OnnxPanopticNetwork : IPanopticNetwork, IDisposable
{
    /// <summary>The outputs by which such a network is known.</summary>
    public const string SemanticOutput = "sem_logits", CentreOutput = "ctr_hmp", OffsetOutput = "offsets", FeatureOutput = "sem_features";

    /// <summary>The side of the slice that tells what larger ones need of memory.</summary>
    private const int SmallSide = 256;

    private readonly IInferenceSession _session;
    private readonly MitoNetOptions _options;
    private readonly PointHeadSession? _head;
    private readonly RunMemory _memory;
    private readonly TensorInfo _input;
    private readonly Dictionary<string, InferenceTensor?> _wanted;
    private InferenceResult? _last;

    /// <summary>Joins a model with its point head where it has one; both stay the caller's.</summary>
    /// <param name="session">The model.</param>
    /// <param name="pointHead">The point head of a dense graph.</param>
    /// <param name="options">How slices are made for it; null: as usual.</param>
    /// <param name="memory">What is known about the memory that the model's runs need; null: nothing yet.</param>
    /// <exception cref="ModelException">The model has other inputs or outputs.</exception>
    public OnnxPanopticNetwork(IInferenceSession session, IInferenceSession? pointHead, MitoNetOptions? options = null, RunMemory? memory = null)
    {
        (_session, _options, _memory) = (session, options ?? new MitoNetOptions(), memory ?? new RunMemory());
        _input = session.Inputs.Count == 1 && session.Inputs[0] is { Type: TensorType.Float32, Shape.Count: 4 } one && one.Shape[1].Size is 1 or -1 && one.Shape[0].Size is 1 or -1 ? one
            : throw new ModelException($"The model takes {string.Join("; ", session.Inputs)}, where one input, Float32 of 1 x 1 x height x width, is needed.");
        bool dense = session.Outputs.Any(o => o.Name == FeatureOutput);
        if (dense && pointHead is null)
            throw new ModelException("The model is a dense graph, which needs its point head: the file NAME_point.onnx beside NAME.onnx. Convert the model again, or with graph = full.");
        _head = dense ? new PointHeadSession(pointHead!) : null;
        string[] names = dense ? [SemanticOutput, CentreOutput, OffsetOutput, FeatureOutput] : [SemanticOutput, CentreOutput, OffsetOutput];
        _wanted = names.ToDictionary(n => n, _ => (InferenceTensor?)null);
        (long h, long w) = (_input.Shape[2].Size, _input.Shape[3].Size);
        FixedSize = h > 0 && w > 0 ? ((int)h, (int)w) : null;
    }

    /// <inheritdoc/>
    public IPointHead? PointHead => _head;

    /// <inheritdoc/>
    public (int Height, int Width)? FixedSize { get; }

    /// <summary>Whether a model is such a network: by the names of its outputs.</summary>
    public static bool Is(ModelDescription model) =>
        ((string[])[SemanticOutput, CentreOutput, OffsetOutput]).All(name => model.Outputs.Any(o => o.Name == name));

    /// <summary>The options with what the model's metadata say of its training.</summary>
    public static MitoNetOptions Described(MitoNetOptions options, ModelDescription model)
    {
        double? Number(string key) => model.Metadata.TryGetValue(key, out string? text) && double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double n) ? n : null;
        return options with
        {
            Mean = Number(ModelMetadata.Mean) ?? options.Mean,
            StandardDeviation = Number(ModelMetadata.StandardDeviation) ?? options.StandardDeviation,
            PaddingFactor = Number(ModelMetadata.PaddingFactor) is >= 1 and <= 1024 and { } factor ? (int)factor : options.PaddingFactor,
        };
    }

    /// <summary>Estimates, before the system ends the process for it, whether the slices fit into memory.</summary>
    /// <param name="volume">The image's size.</param>
    /// <param name="job">The work.</param>
    /// <exception cref="OutOfMemoryBudgetException">They do not fit; the message says which downsample_f does.</exception>
    public void CheckMemory(Size3 volume, Job job)
    {
        if (_session.Provider != ExecutionProvider.Cpu || FixedSize is not null) return;
        (int Height, int Width)[] slices = _options.Mode == MitoNetMode.Stack ? [(volume.Y, volume.X)] : [(volume.Y, volume.X), (volume.Z, volume.X), (volume.Z, volume.Y)];
        (int height, int width) = slices.Select(s => (Seen(s.Height, _options.Downsampling), Seen(s.Width, _options.Downsampling))).MaxBy(s => (long)s.Item1 * s.Item2);
        long small = (long)Seen(SmallSide, 1) * Seen(SmallSide, 1), all = (long)height * width;
        if (_memory.Check(all, () => small < all && Runs(SmallSide, SmallSide, 1, job) ? small : 0) is { } shortage)
            throw TooLarge(height, width, shortage.ToString(), factor => (long)Seen(height, factor) * Seen(width, factor) <= shortage.Fitting, null);
    }

    /// <inheritdoc/>
    public PanopticOutput Run(ReadOnlyMemory<float> image, int height, int width, Job job)
    {
        _last?.Dispose();
        _last = null;
        using InferenceTensor input = InferenceTensor.Over(System.Runtime.InteropServices.MemoryMarshal.AsMemory(image), 1, 1, height, width);
        try
        {
            _last = _session.Run(new Dictionary<string, InferenceTensor> { [_input.Name] = input }, job, _wanted);
        }
        catch (OutOfMemoryBudgetException e)
        {
            throw TooLarge(height, width, "more memory than there is", factor => Runs(height, width, factor, job), e);
        }
        _memory.Ran((long)height * width);
        return new PanopticOutput(Picture(SemanticOutput, 1), Picture(CentreOutput, 1), Picture(OffsetOutput, 2), _head is null ? null : Picture(FeatureOutput, 0));
    }

    /// <summary>Lets the last outputs go.</summary>
    public void Dispose() => _last?.Dispose();

    /// <summary>The side of a slice as the network sees it: smaller by a factor, and padded.</summary>
    private int Seen(int side, int factor) => ((side + factor - 1) / factor + _options.PaddingFactor - 1) / _options.PaddingFactor * _options.PaddingFactor;

    private bool Runs(int height, int width, int factor, Job job)
    {
        try
        {
            using InferenceTensor nothing = InferenceTensor.Allocate(TensorType.Float32, 1, 1, Seen(height, factor), Seen(width, factor));
            _session.Run(new Dictionary<string, InferenceTensor> { [_input.Name] = nothing }, job, _wanted).Dispose();
            return true;
        }
        catch (OutOfMemoryBudgetException)
        {
            return false;
        }
    }

    /// <summary>The error about slices that do not fit, with the first downsample_f that does.</summary>
    private OutOfMemoryBudgetException TooLarge(int height, int width, string need, Func<int, bool> fits, Exception? inner)
    {
        int factor = 2;
        while (_options.Downsampling * factor <= MitoNetOptions.MostDownsampling && !fits(factor)) factor *= 2;
        string advice = _options.Downsampling * factor <= MitoNetOptions.MostDownsampling ? $"Set downsample_f = {_options.Downsampling * factor}, which fits, crop the image, or close other programs." : "Crop the image, or close other programs.";
        return new OutOfMemoryBudgetException($"downsample_f = {_options.Downsampling} leaves slices of {height} x {width} pixels, which are too large: MitoNet sees whole slices and needs {need} for one. {advice}", inner);
    }

    private FloatPicture Picture(string name, int channels)
    {
        InferenceTensor t = _last![name];
        if (t.Type != TensorType.Float32 || t.Shape.Count != 4 || t.Shape[0] != 1 || channels > 0 && t.Shape[1] != channels)
            throw new ModelException($"The model's output {name} is {t}, where Float32 of 1 x {(channels > 0 ? channels : "channels")} x height x width is needed.");
        return new FloatPicture(new TensorMemory(t).Memory, (int)t.Shape[1], (int)t.Shape[2], (int)t.Shape[3]);
    }

    private sealed class PointHeadSession : IPointHead, IDisposable
    {
        private const string Features = "fine_features", Coarse = "coarse_logits", Logits = "point_logits";
        private readonly IInferenceSession _session;

        public PointHeadSession(IInferenceSession session)
        {
            _session = session;
            if (((string[])[Features, Coarse]).Any(name => session.Inputs.All(i => i.Name != name)) || session.Outputs.All(o => o.Name != Logits))
                throw new ModelException($"The point head takes {string.Join("; ", session.Inputs)} and gives {string.Join("; ", session.Outputs)}, where {Features} and {Coarse}, and {Logits}, are needed. Is it another model's file?");
        }

        public void Evaluate(ReadOnlyMemory<float> features, ReadOnlyMemory<float> coarse, Memory<float> logits, Job job)
        {
            int points = logits.Length;
            using InferenceTensor f = InferenceTensor.Over(System.Runtime.InteropServices.MemoryMarshal.AsMemory(features), 1, features.Length / points, points);
            using InferenceTensor c = InferenceTensor.Over(System.Runtime.InteropServices.MemoryMarshal.AsMemory(coarse), 1, 1, points);
            using InferenceTensor l = InferenceTensor.Over(logits, 1, 1, points);
            _session.Run(new Dictionary<string, InferenceTensor> { [Features] = f, [Coarse] = c }, job, new Dictionary<string, InferenceTensor?> { [Logits] = l }).Dispose();
        }

        public void Dispose() => _session.Dispose();
    }
}

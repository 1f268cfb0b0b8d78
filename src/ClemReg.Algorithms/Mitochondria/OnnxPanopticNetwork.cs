using System.Globalization;
using ClemReg.Algorithms.Inference;
using ClemReg.Algorithms.Inference.Models;

namespace ClemReg.Algorithms.Mitochondria;

/// <summary>MitoNet's network as an ONNX model: the full graph, or the dense one with its point head.</summary>
public sealed class OnnxPanopticNetwork : IPanopticNetwork, IDisposable
{
    /// <summary>The outputs by which such a network is known.</summary>
    public const string SemanticOutput = "sem_logits", CentreOutput = "ctr_hmp", OffsetOutput = "offsets", FeatureOutput = "sem_features";

    private readonly IInferenceSession _session;
    private readonly PointHeadSession? _head;
    private readonly TensorInfo _input;
    private readonly Dictionary<string, InferenceTensor?> _wanted;
    private InferenceResult? _last;

    /// <summary>Joins a model, which is disposed of with this, with its point head where it has one.</summary>
    /// <exception cref="ModelException">The model has other inputs or outputs.</exception>
    public OnnxPanopticNetwork(IInferenceSession session, IInferenceSession? pointHead)
    {
        _session = session;
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

    /// <inheritdoc/>
    public PanopticOutput Run(ReadOnlyMemory<float> image, int height, int width, Job job)
    {
        _last?.Dispose();
        _last = null;
        using InferenceTensor input = InferenceTensor.Over(System.Runtime.InteropServices.MemoryMarshal.AsMemory(image), 1, 1, height, width);
        _last = _session.Run(new Dictionary<string, InferenceTensor> { [_input.Name] = input }, job, _wanted);
        return new PanopticOutput(Picture(SemanticOutput, 1), Picture(CentreOutput, 1), Picture(OffsetOutput, 2), _head is null ? null : Picture(FeatureOutput, 0));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _last?.Dispose();
        _head?.Dispose();
        _session.Dispose();
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

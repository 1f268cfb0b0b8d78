using ClemReg.Algorithms.Inference;

namespace ClemReg.Algorithms.Tests.Inference.ImageModels;

/// <summary>A model in C#: one input "image", one output "out" of as many channels as wanted, whose pixels depend on what lies within <paramref name="reach"/> of them.</summary>
/// <param name="rank">4: slices; 5: volumes.</param>
/// <param name="reach">Pixels less at each side of the output; 0 gives as many as were taken.</param>
/// <param name="channels">Of the output.</param>
/// <param name="pixel">The value of a channel at a place of the input.</param>
internal sealed class FakeSession(int rank, int reach, int channels, Func<FakeSession.Piece, int, int, int, int, float> pixel) : IInferenceSession
{
    /// <summary>The piece that was given, without batch and channels.</summary>
    internal sealed record Piece(float[] Values, int Depth, int Height, int Width)
    {
        public float this[int z, int y, int x] => Values[(z * Height + y) * Width + x];
    }

    public List<Piece> Given { get; } = [];

    public long[] Shape { get; init; } = rank == 4 ? [-1, 1, -1, -1] : [-1, 1, -1, -1, -1];

    public ExecutionProvider Provider => ExecutionProvider.Cpu;

    public IReadOnlyList<TensorInfo> Inputs => [new TensorInfo("image", TensorType.Float32, [.. Shape.Select((n, i) => new TensorAxis(n, reach > 0 || n >= 0 ? "" : $"axis{i}"))])];

    public IReadOnlyList<TensorInfo> Outputs => [new TensorInfo("out", TensorType.Float32, [.. Shape.Select((n, i) => new TensorAxis(i == 1 ? channels : -1, reach > 0 || n >= 0 ? "" : $"axis{i}"))])];

    public IReadOnlyDictionary<string, string> Metadata { get; } = new Dictionary<string, string>();

    public InferenceResult Run(IReadOnlyDictionary<string, InferenceTensor> inputs, Job job, IReadOnlyDictionary<string, InferenceTensor?>? outputs = null)
    {
        job.ThrowIfCancelled();
        InferenceTensor image = inputs["image"];
        int depth = rank == 5 ? (int)image.Shape[2] : 1, height = (int)image.Shape[rank - 2], width = (int)image.Shape[rank - 1], deep = rank == 5 ? reach : 0;
        var piece = new Piece(image.Values<float>().ToArray(), depth, height, width);
        Given.Add(piece);
        (int d, int h, int w) = (depth - 2 * deep, height - 2 * reach, width - 2 * reach);
        InferenceTensor result = InferenceTensor.Allocate(TensorType.Float32, rank == 5 ? [1, channels, d, h, w] : [1, channels, h, w]);
        Span<float> values = result.Values<float>();
        int i = 0;
        for (int c = 0; c < channels; c++)
            for (int z = 0; z < d; z++)
                for (int y = 0; y < h; y++)
                    for (int x = 0; x < w; x++) values[i++] = pixel(piece, c, z + deep, y + reach, x + reach);
        return new InferenceResult(new Dictionary<string, InferenceTensor> { ["out"] = result }, [result]);
    }

    public void Dispose()
    {
    }
}

using System.Runtime.InteropServices;
using ClemReg.Algorithms.Inference.Models;

namespace ClemReg.Algorithms.Inference.Conversion;

/// <summary>The numbers of a convolution, a batch normalisation that follows it being multiplied in.</summary>
/// <param name="Name">The name of its weight in the source.</param>
/// <param name="Shape">Outputs, inputs of a group, and the kernel's sizes.</param>
/// <param name="Weight">32-bit floats.</param>
/// <param name="Bias">32-bit floats, one for each output; null where nothing is added.</param>
internal sealed record Convolution(string Name, long[] Shape, byte[] Weight, byte[]? Bias)
{
    public long Outputs => Shape[0];
}

/// <summary>Takes the convolutions of a network out of a TorchScript file by name, checks their shapes, and knows in the end what was not asked for.</summary>
internal sealed class WeightSource(TorchArchive archive, string file, Job job)
{
    /// <summary>PyTorch's default, which the network keeps.</summary>
    private const double Epsilon = 1e-5;

    private const long MaximumParameters = 500_000_000;

    private readonly HashSet<string> _used = new(StringComparer.Ordinal);

    /// <summary>Numbers read so far, of convolutions with their normalisations multiplied in.</summary>
    public long Parameters { get; private set; }

    /// <summary>Whether there is a weight of one of the names.</summary>
    public bool Has(params string[] names) => names.Any(n => archive.Find(n + ".weight") is not null);

    /// <summary>Reads a convolution.</summary>
    /// <param name="names">Its names: where PyTorch has fused it with what follows, and where not.</param>
    /// <param name="inputs">The channels that it must take, in one group; null for one of a channel a group.</param>
    /// <param name="kernel">The sizes of its kernel.</param>
    /// <param name="normalisation">The batch normalisation that follows where it is not fused.</param>
    /// <param name="outputs">The channels that it must give; null for any.</param>
    /// <param name="offset">Whether it must have a bias or a normalisation.</param>
    /// <exception cref="BadInputException">It is not there, of another shape, or cannot be read.</exception>
    public Convolution Read(string[] names, long? inputs, long[] kernel, string? normalisation = null, long? outputs = null, bool offset = true)
    {
        job.ThrowIfCancelled();
        string weightName = NameOf(names);
        long[] shape = archive.Find(weightName)!.Shape;
        long[] expected = [outputs ?? (shape.Length > 0 ? shape[0] : 0), inputs ?? 1, .. kernel];
        if (!shape.SequenceEqual(expected) || shape[0] < 1)
            throw new BadInputException($"{file}: the weight {Shown.Name(weightName)} has the shape {Text(shape)}, where this network needs [{(outputs is null ? "any" : outputs)}, {string.Join(", ", expected[1..])}].");
        byte[] weight = Take(weightName);
        string biasName = weightName[..^"weight".Length] + "bias";
        byte[]? bias = archive.Find(biasName) is null ? null : Take(biasName, shape[0]);
        if (normalisation is not null && archive.Find(normalisation + ".running_mean") is not null)
            bias = Fold(weight, bias, normalisation, shape[0]);
        else if (bias is null && offset)
            throw Missing(biasName + (normalisation is null ? "" : $" nor a normalisation {normalisation}"));
        Parameters += (weight.Length + (bias?.Length ?? 0)) / sizeof(float);
        // A little below the 2 GB of an ONNX file, for what stands there besides.
        if (Parameters > MaximumParameters) throw new BadInputException($"{file} has more than {MaximumParameters} weights: an ONNX file cannot hold them.");
        return new Convolution(weightName, shape, weight, bias);
    }

    /// <summary>Refuses a file with weights that nothing asked for: its network is another.</summary>
    public void RequireAllUsed()
    {
        string[] left = [.. archive.Names.Where(n => !_used.Contains(n) && !n.EndsWith(".num_batches_tracked", StringComparison.Ordinal)).Order(StringComparer.Ordinal)];
        if (left.Length > 0)
            throw new BadInputException($"{file} has {left.Length} weights that Panoptic-DeepLab with PointRend does not have, such as {Shown.Name(left[0])}: its network is another one, which cannot be converted here.");
    }

    /// <summary>y = (x - mean) / sqrt(variance + epsilon) * scale + shift, brought into the weight (in place) and the bias.</summary>
    private byte[] Fold(byte[] weight, byte[]? bias, string normalisation, long outputs)
    {
        ReadOnlySpan<float> Part(string name) => MemoryMarshal.Cast<byte, float>(Take($"{normalisation}.{name}", outputs));
        ReadOnlySpan<float> scale = Part("weight"), shift = Part("bias"), mean = Part("running_mean"), variance = Part("running_var");
        Span<float> weights = MemoryMarshal.Cast<byte, float>(weight.AsSpan());
        ReadOnlySpan<float> before = MemoryMarshal.Cast<byte, float>(bias);
        var folded = new byte[outputs * sizeof(float)];
        Span<float> after = MemoryMarshal.Cast<byte, float>(folded);
        int each = weights.Length / (int)outputs;
        for (int o = 0; o < outputs; o++)
        {
            if (variance[o] < 0) throw new BadInputException($"{file}: {Shown.Name(normalisation)}.running_var has the negative number {variance[o]:G6}. Get the file again.");
            double factor = scale[o] / Math.Sqrt(variance[o] + Epsilon);
            foreach (ref float w in weights.Slice(o * each, each)) w = (float)(w * factor);
            after[o] = (float)(shift[o] + ((before.IsEmpty ? 0 : before[o]) - (double)mean[o]) * factor);
        }
        return folded;
    }

    private byte[] Take(string name, long? count = null)
    {
        TorchTensor tensor = archive.Find(name) ?? throw Missing(name);
        if (count is not null && (tensor.Shape.Length != 1 || tensor.Shape[0] != count))
            throw new BadInputException($"{file}: {Shown.Name(name)} has the shape {Text(tensor.Shape)}, where this network needs [{count}].");
        _used.Add(name);
        byte[] bytes = archive.ReadFloats(name);
        job.Report((double)_used.Count / archive.Names.Count);
        return bytes;
    }

    private string NameOf(string[] names) =>
        names.Select(n => n + ".weight").FirstOrDefault(n => archive.Find(n) is not null) ?? throw Missing(names[0] + ".weight");

    private BadInputException Missing(string name) => new(
        $"{file} has no weight {name}, which Panoptic-DeepLab with PointRend has (MitoNet_v1, NucleoNet, DropNet){(archive.RootType.Length > 0 ? $"; its model is a {Shown.Name(archive.RootType)}" : "")}. "
        + (archive.RootType.Contains("BiFPN", StringComparison.Ordinal) ? "MitoNet's mini model is of another kind: take MitoNet_v1." : "Another network must be exported to ONNX from Python (torch.onnx.export)."));

    private static string Text(long[] shape) => $"[{string.Join(", ", shape)}]";
}

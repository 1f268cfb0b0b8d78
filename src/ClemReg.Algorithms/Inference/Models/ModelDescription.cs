namespace ClemReg.Algorithms.Inference.Models;

/// <summary>An input or output of a model as its file declares it; the runtime's <see cref="TensorInfo"/> always knows the axes.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Type">The type of its elements.</param>
/// <param name="Axes">Its axes, outermost first; null where the file does not say.</param>
public sealed record ModelPort(string Name, TensorType Type, IReadOnlyList<TensorAxis>? Axes)
{
    /// <summary>For messages: name, type and axes.</summary>
    public override string ToString() => $"{Name}: {Type} [{(Axes is null ? "any shape" : string.Join(", ", Axes))}]";
}

/// <summary>What an ONNX file holds, as <see cref="OnnxModelCheck"/> read it.</summary>
public sealed record ModelDescription
{
    /// <summary>The file's name, without its folder.</summary>
    public required string File { get; init; }

    /// <summary>The file's size.</summary>
    public required long Bytes { get; init; }

    /// <summary>The version of the file format.</summary>
    public required long IrVersion { get; init; }

    /// <summary>The version of ONNX's own operators.</summary>
    public required long Opset { get; init; }

    /// <summary>The versions of the other sets of operators, by domain.</summary>
    public required IReadOnlyDictionary<string, long> OtherOpsets { get; init; }

    /// <summary>What wrote the file; may be empty.</summary>
    public required string Producer { get; init; }

    /// <summary>What must be given: the graph's inputs that are no weights.</summary>
    public required IReadOnlyList<ModelPort> Inputs { get; init; }

    /// <summary>What comes out.</summary>
    public required IReadOnlyList<ModelPort> Outputs { get; init; }

    /// <summary>The texts that the file's writer added, by key. Values over 1 MB are left out.</summary>
    public required IReadOnlyDictionary<string, string> Metadata { get; init; }

    /// <summary>Operators in all graphs.</summary>
    public required long Nodes { get; init; }

    /// <summary>Numbers in the weights of all graphs.</summary>
    public required long Weights { get; init; }

    /// <summary>Bytes of these numbers, in the model file or beside it.</summary>
    public required long WeightBytes { get; init; }

    /// <summary>Files beside the model that hold weights.</summary>
    public required IReadOnlyList<string> ExternalFiles { get; init; }

    /// <summary>Weights, at most 10, with an infinite number among them. Mostly bounds, such as a mask's.</summary>
    public required IReadOnlyList<string> InfiniteWeights { get; init; }
}

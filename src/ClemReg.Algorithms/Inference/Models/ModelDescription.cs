namespace ClemReg.Algorithms.Inference.Models;

/// <summary>The type of a tensor's elements; the numbers are those of ONNX files and of ONNX Runtime.</summary>
public enum ModelElementType
{
    /// <summary>Not said.</summary>
    Undefined = 0,
    /// <summary>32-bit float.</summary>
    Float32 = 1,
    /// <summary>8 bits, 0 to 255.</summary>
    UInt8 = 2,
    /// <summary>8 bits, -128 to 127.</summary>
    Int8 = 3,
    /// <summary>16 bits, 0 to 65535.</summary>
    UInt16 = 4,
    /// <summary>16 bits with sign.</summary>
    Int16 = 5,
    /// <summary>32 bits with sign.</summary>
    Int32 = 6,
    /// <summary>64 bits with sign.</summary>
    Int64 = 7,
    /// <summary>Text.</summary>
    Text = 8,
    /// <summary>True or false, a byte each.</summary>
    Boolean = 9,
    /// <summary>16-bit float.</summary>
    Float16 = 10,
    /// <summary>64-bit float.</summary>
    Float64 = 11,
    /// <summary>32 bits without sign.</summary>
    UInt32 = 12,
    /// <summary>64 bits without sign.</summary>
    UInt64 = 13,
    /// <summary>Two 32-bit floats.</summary>
    Complex64 = 14,
    /// <summary>Two 64-bit floats.</summary>
    Complex128 = 15,
    /// <summary>The upper half of a 32-bit float.</summary>
    BFloat16 = 16,
}

/// <summary>One axis of a model's input or output.</summary>
/// <param name="Size">Its length; null where it may be any.</param>
/// <param name="Name">The name of a length that may be any, such as height; may be empty.</param>
public readonly record struct ModelAxis(long? Size, string Name)
{
    /// <summary>The length, the name, or a question mark.</summary>
    public override string ToString() => Size is long size ? size.ToString(System.Globalization.CultureInfo.InvariantCulture) : Name.Length > 0 ? Name : "?";
}

/// <summary>An input or output of a model.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Type">The type of its elements.</param>
/// <param name="Axes">Its axes, outermost first; null where the file does not say.</param>
public sealed record ModelPort(string Name, ModelElementType Type, IReadOnlyList<ModelAxis>? Axes)
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

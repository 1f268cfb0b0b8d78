using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using ClemReg.Algorithms.Inference.Models;
using ClemReg.Algorithms.Inference.Models.Protobuf;
using Google.Protobuf;

namespace ClemReg.Algorithms.Inference.Conversion;

/// <summary>How the filters of a converted model are stored. The runtime computes with 32-bit floats in every case.</summary>
public enum WeightFormat
{
    /// <summary>As they are.</summary>
    Float32,
    /// <summary>As 16-bit floats: half the file.</summary>
    Float16,
    /// <summary>As 8-bit integers with a factor for each output channel: a quarter of the file, and less memory.</summary>
    Int8,
}

/// <summary>Puts an ONNX graph together node by node. Values are named by the text that each method returns.</summary>
internal sealed class OnnxGraphBuilder(string name, WeightFormat weights)
{
    /// <summary>The version of the operators: the first with GridSample.</summary>
    public const int Opset = 16;

    /// <summary>The version of the file format that goes with it.</summary>
    public const int IrVersion = 8;

    private const float HalfMaximum = 65504;

    private readonly GraphProto _graph = new() { Name = name };
    private readonly Dictionary<Convolution, (string Weight, string? Bias)> _stored = new(ReferenceEqualityComparer.Instance);
    private readonly HashSet<string> _constants = new(StringComparer.Ordinal);
    private int _count;

    /// <summary>Nodes so far.</summary>
    public int Nodes => _graph.Node.Count;

    /// <summary>Adds an input of 32-bit floats; axes are numbers or, for any length, names.</summary>
    public string Input(string input, params string[] axes)
    {
        _graph.Input.Add(Port(input, axes));
        return input;
    }

    /// <summary>Adds an output of 32-bit floats; axes are numbers or, for any length, names.</summary>
    public void Output(string output, params string[] axes) => _graph.Output.Add(Port(output, axes));

    /// <summary>Adds a node of one output.</summary>
    /// <param name="kind">The operator.</param>
    /// <param name="inputs">Its inputs; an empty text for one that is left out.</param>
    /// <param name="output">The name of its output; null for a new one.</param>
    /// <param name="attributes">Its attributes.</param>
    public string Node(string kind, string[] inputs, string? output = null, params AttributeProto[] attributes)
    {
        output ??= $"{kind.ToLowerInvariant()}_{++_count}";
        NodeOfMany(kind, inputs, [output], attributes);
        return output;
    }

    /// <summary>Adds a node of any number of outputs.</summary>
    public void NodeOfMany(string kind, string[] inputs, string[] outputs, params AttributeProto[] attributes) =>
        _graph.Node.Add(new NodeProto { OpType = kind, Name = outputs[0], Input = { inputs }, Output = { outputs }, Attribute = { attributes } });

    /// <summary>Adds a convolution with stride, dilation and, where no padding is given, the one that keeps the size.</summary>
    public string Convolve(string input, Convolution convolution, int stride = 1, int dilation = 1, long groups = 1, int? padding = null, bool relu = false, string? output = null)
    {
        (string weight, string? bias) = Store(convolution);
        long[] kernel = convolution.Shape[2..];
        long[] each = [.. kernel.Select(k => padding ?? k / 2 * dilation)];
        string result = Node("Conv", bias is null ? [input, weight] : [input, weight, bias], relu ? null : output,
            Integers("kernel_shape", kernel), Integers("strides", [.. kernel.Select(_ => (long)stride)]), Integers("pads", [.. each, .. each]),
            Integers("dilations", [.. kernel.Select(_ => (long)dilation)]), Integer("group", groups));
        return relu ? Node("Relu", [result], output) : result;
    }

    /// <summary>Adds a list of whole numbers, once for each name.</summary>
    public string Constant(string constant, params long[] values)
    {
        if (_constants.Add(constant)) Store(constant, TensorType.Int64, [values.Length], MemoryMarshal.AsBytes<long>(values).ToArray());
        return constant;
    }

    /// <summary>Adds a whole number of no axes, once for each name.</summary>
    public string Index(string constant, long value)
    {
        if (_constants.Add(constant)) Store(constant, TensorType.Int64, [], MemoryMarshal.AsBytes<long>([value]).ToArray());
        return constant;
    }

    /// <summary>Adds a list of numbers, once for each name.</summary>
    public string Floats(string constant, params float[] values) => Tensor(constant, [values.Length], values);

    /// <summary>Adds numbers of several axes, once for each name.</summary>
    public string Tensor(string constant, long[] shape, params float[] values)
    {
        if (_constants.Add(constant)) Store(constant, TensorType.Float32, shape, MemoryMarshal.AsBytes<float>(values).ToArray());
        return constant;
    }

    /// <summary>The model of this graph, with texts about it.</summary>
    public ModelProto Build(string version, IEnumerable<(string Key, string Value)> metadata)
    {
        var model = new ModelProto { IrVersion = IrVersion, ProducerName = "ClemReg.Fiji", ProducerVersion = version, Graph = _graph };
        model.OpsetImport.Add(new OperatorSetIdProto { Domain = "", Version = Opset });
        foreach ((string key, string value) in metadata) model.MetadataProps.Add(new StringStringEntryProto { Key = key, Value = value });
        return model;
    }

    /// <summary>A whole number as an attribute.</summary>
    public static AttributeProto Integer(string attribute, long value) => new() { Name = attribute, Type = AttributeProto.Types.AttributeType.Int, I = value };

    /// <summary>A number as an attribute.</summary>
    public static AttributeProto Real(string attribute, float value) => new() { Name = attribute, Type = AttributeProto.Types.AttributeType.Float, F = value };

    /// <summary>Whole numbers as an attribute.</summary>
    public static AttributeProto Integers(string attribute, params long[] values) => new() { Name = attribute, Type = AttributeProto.Types.AttributeType.Ints, Ints = { values } };

    /// <summary>A text as an attribute.</summary>
    public static AttributeProto Text(string attribute, string value) => new() { Name = attribute, Type = AttributeProto.Types.AttributeType.String, S = ByteString.CopyFromUtf8(value) };

    private (string Weight, string? Bias) Store(Convolution convolution)
    {
        if (_stored.TryGetValue(convolution, out (string, string?) names)) return names;
        string weight = convolution.Name;
        ReadOnlySpan<float> numbers = MemoryMarshal.Cast<byte, float>(convolution.Weight);
        switch (weights)
        {
            case WeightFormat.Float32:
                Store(weight, TensorType.Float32, convolution.Shape, convolution.Weight);
                break;
            case WeightFormat.Float16:
                if (TensorPrimitives.MaxMagnitude(numbers) is var largest && Math.Abs(largest) > HalfMaximum)
                    throw BadInputException.ForParameter("weights", "float16", $"float32 for this model, whose weight {Shown.Name(weight)} holds {largest:G6}, beyond 16-bit floats");
                var halves = new byte[numbers.Length * 2];
                TensorPrimitives.ConvertToHalf(numbers, MemoryMarshal.Cast<byte, Half>(halves));
                Store(weight + "_half", TensorType.Float16, convolution.Shape, halves);
                Node("Cast", [weight + "_half"], weight, Integer("to", (long)TensorType.Float32));
                break;
            case WeightFormat.Int8:
                StoreInt8(weight, convolution.Shape, numbers);
                break;
        }
        string? bias = null;
        if (convolution.Bias is not null) Store(bias = weight + "_bias", TensorType.Float32, [convolution.Outputs], convolution.Bias);
        return _stored[convolution] = (weight, bias);
    }

    /// <summary>w = q * s with the factor s of each output channel such that its largest weight is 127.</summary>
    private void StoreInt8(string weight, long[] shape, ReadOnlySpan<float> numbers)
    {
        int outputs = (int)shape[0], each = numbers.Length / outputs;
        var integers = new byte[numbers.Length];
        var factors = new float[outputs];
        for (int o = 0; o < outputs; o++)
        {
            ReadOnlySpan<float> channel = numbers.Slice(o * each, each);
            float largest = Math.Abs(TensorPrimitives.MaxMagnitude(channel));
            // Below this the factor would be 0 or lose its digits; such weights are none.
            factors[o] = largest > 1e-30f ? largest / 127 : 1;
            for (int i = 0; i < each; i++) integers[o * each + i] = (byte)(sbyte)Math.Clamp(MathF.Round(channel[i] / factors[o]), -127, 127);
        }
        Store(weight + "_int8", TensorType.Int8, shape, integers);
        Store(weight + "_factor", TensorType.Float32, [outputs], MemoryMarshal.AsBytes<float>(factors).ToArray());
        Store(weight + "_zero", TensorType.Int8, [outputs], new byte[outputs]);
        Node("DequantizeLinear", [weight + "_int8", weight + "_factor", weight + "_zero"], weight, Integer("axis", 0));
    }

    private void Store(string tensor, TensorType type, long[] shape, byte[] data) =>
        _graph.Initializer.Add(new TensorProto { Name = tensor, DataType = (int)type, Dims = { shape }, RawData = UnsafeByteOperations.UnsafeWrap(data) });

    private static ValueInfoProto Port(string port, string[] axes)
    {
        var shape = new TensorShapeProto();
        foreach (string axis in axes)
            shape.Dim.Add(long.TryParse(axis, out long size) ? new TensorShapeProto.Types.Dimension { DimValue = size } : new TensorShapeProto.Types.Dimension { DimParam = axis });
        return new ValueInfoProto { Name = port, Type = new TypeProto { TensorType = new TypeProto.Types.Tensor { ElemType = (int)TensorType.Float32, Shape = shape } } };
    }
}

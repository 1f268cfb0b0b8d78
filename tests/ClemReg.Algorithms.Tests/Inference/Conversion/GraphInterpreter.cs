using System.Runtime.InteropServices;
using ClemReg.Algorithms.Inference.Models.Protobuf;

namespace ClemReg.Algorithms.Tests.Inference.Conversion;

/// <summary>
/// Runs an ONNX graph of the converter's operators by their definitions, in double precision and without speed: an opinion on the graph that needs no
/// runtime. Two leading axes of length 1 or channels, one or two axes of pixels.
/// </summary>
internal sealed class GraphInterpreter
{
    public sealed record Tensor(int[] Shape, double[] Values)
    {
        public int Plane => Shape.Skip(2).Aggregate(1, (a, b) => a * b);
    }

    private readonly Dictionary<string, Tensor> _values = [];

    /// <summary>Runs a model and returns all values by name: inputs, weights, what stands between, outputs.</summary>
    public static Dictionary<string, Tensor> Run(ModelProto model, params (string Name, Tensor Value)[] inputs)
    {
        var interpreter = new GraphInterpreter();
        foreach ((string name, Tensor value) in inputs) interpreter._values[name] = value;
        foreach (TensorProto tensor in model.Graph.Initializer) interpreter._values[tensor.Name] = Read(tensor);
        foreach (NodeProto node in model.Graph.Node) interpreter.Run(node);
        return interpreter._values;
    }

    private static Tensor Read(TensorProto tensor)
    {
        byte[] raw = tensor.RawData.ToByteArray();
        double[] values = tensor.DataType switch
        {
            1 => [.. MemoryMarshal.Cast<byte, float>(raw).ToArray().Select(v => (double)v)],
            3 => [.. raw.Select(v => (double)(sbyte)v)],
            7 => [.. MemoryMarshal.Cast<byte, long>(raw).ToArray().Select(v => (double)v)],
            10 => [.. MemoryMarshal.Cast<byte, Half>(raw).ToArray().Select(v => (double)v)],
            _ => throw new NotSupportedException(tensor.DataType.ToString()),
        };
        return new Tensor([.. tensor.Dims.Select(d => (int)d)], values);
    }

    private void Run(NodeProto node)
    {
        Tensor? In(int i) => i < node.Input.Count && node.Input[i].Length > 0 ? _values[node.Input[i]] : null;
        AttributeProto? Attribute(string name) => node.Attribute.FirstOrDefault(a => a.Name == name);
        long Integer(string name) => Attribute(name)!.I;
        int[] Integers(string name) => [.. Attribute(name)!.Ints.Select(v => (int)v)];
        string Text(string name) => Attribute(name)!.S.ToStringUtf8();
        Tensor a = In(0)!;
        _values[node.Output[0]] = node.OpType switch
        {
            "Relu" => Map(a, v => Math.Max(v, 0)),
            "Abs" => Map(a, Math.Abs),
            "Neg" => Map(a, v => -v),
            "Cast" => a,
            "Add" => Zip(a, In(1)!, (x, y) => x + y),
            "Sub" => Zip(a, In(1)!, (x, y) => x - y),
            "Mul" => Zip(a, In(1)!, (x, y) => x * y),
            // Whole numbers are divided only in the rows of points, where a cast follows.
            "Div" => Zip(a, In(1)!, (x, y) => x == Math.Floor(x) && y == Math.Floor(y) && node.Input[0].EndsWith("_index", StringComparison.Ordinal) ? Math.Floor(x / y) : x / y),
            "Mod" => Zip(a, In(1)!, (x, y) => x % y),
            "Min" => Zip(a, In(1)!, Math.Min),
            "Shape" => new Tensor([a.Shape.Length], [.. a.Shape.Select(s => (double)s)]),
            "Gather" => new Tensor([], [a.Values[(int)In(1)!.Values[0]]]),
            "Reshape" => Reshape(a, In(1)!.Values),
            "Squeeze" => new Tensor([.. a.Shape.Where((_, i) => i != (int)In(1)!.Values[0])], a.Values),
            "Expand" => Expand(a, [.. In(1)!.Values.Select(v => (int)v)]),
            "Concat" => Concat([.. node.Input.Select(i => _values[i])], (int)Integer("axis")),
            "GlobalAveragePool" => new Tensor([1, a.Shape[1], 1, 1], [.. a.Values.Chunk(a.Plane).Select(p => p.Average())]),
            "MaxPool" => MaxPool(a),
            "Conv" => Convolve(a, In(1)!, In(2), Integers("strides"), Integers("pads"), Integers("dilations"), (int)Integer("group")),
            "Resize" => Resize(a, In(2)!.Values, Text("coordinate_transformation_mode") == "align_corners"),
            "GridSample" => GridSample(a, In(1)!),
            "ScatterElements" => Scatter(a, In(1)!, In(2)!),
            "TopK" => TopK(node, a, (int)In(1)!.Values[0]),
            "DequantizeLinear" => new Tensor(a.Shape, [.. a.Values.Select((v, i) => v * In(1)!.Values[i / (a.Values.Length / a.Shape[0])])]),
            _ => throw new NotSupportedException(node.OpType),
        };
    }

    private static Tensor Map(Tensor a, Func<double, double> f) => new(a.Shape, [.. a.Values.Select(f)]);

    private static Tensor Zip(Tensor a, Tensor b, Func<double, double, double> f) => a.Values.Length >= b.Values.Length
        ? new Tensor(a.Shape, [.. a.Values.Select((v, i) => f(v, b.Values[b.Values.Length == 1 ? 0 : i]))])
        : new Tensor(b.Shape, [.. b.Values.Select(v => f(a.Values.Single(), v))]);

    private static Tensor Reshape(Tensor a, double[] shape)
    {
        int known = shape.Where(s => s >= 0).Aggregate(1, (p, s) => p * (int)s);
        return new Tensor([.. shape.Select(s => s < 0 ? a.Values.Length / known : (int)s)], a.Values);
    }

    private static Tensor Expand(Tensor a, int[] shape) => new(shape, [.. a.Values.SelectMany(v => Enumerable.Repeat(v, shape[2] * shape[3]))]);

    private static Tensor Concat(Tensor[] parts, int axis)
    {
        int[] shape = [.. parts[0].Shape];
        shape[axis] = parts.Sum(p => p.Shape[axis]);
        int outer = parts[0].Shape.Take(axis).Aggregate(1, (x, y) => x * y);
        IEnumerable<double> Row(Tensor p, int i) => p.Values.Skip(i * (p.Values.Length / outer)).Take(p.Values.Length / outer);
        return new Tensor(shape, [.. Enumerable.Range(0, outer).SelectMany(i => parts.SelectMany(p => Row(p, i)))]);
    }

    private static Tensor MaxPool(Tensor a)
    {
        int h = a.Shape[2], w = a.Shape[3], oh = (h - 1) / 2 + 1, ow = (w - 1) / 2 + 1;
        var result = new Tensor([1, a.Shape[1], oh, ow], new double[a.Shape[1] * oh * ow]);
        for (int c = 0; c < a.Shape[1]; c++)
            for (int y = 0; y < oh; y++)
                for (int x = 0; x < ow; x++)
                {
                    double best = double.NegativeInfinity;
                    for (int yy = Math.Max(2 * y - 1, 0); yy <= Math.Min(2 * y + 1, h - 1); yy++)
                        for (int xx = Math.Max(2 * x - 1, 0); xx <= Math.Min(2 * x + 1, w - 1); xx++) best = Math.Max(best, a.Values[(c * h + yy) * w + xx]);
                    result.Values[(c * oh + y) * ow + x] = best;
                }
        return result;
    }

    private static Tensor Convolve(Tensor a, Tensor f, Tensor? bias, int[] strides, int[] pads, int[] dilations, int groups)
    {
        // A row of points is a picture of height 1.
        bool flat = a.Shape.Length == 3;
        int h = flat ? 1 : a.Shape[2], w = a.Shape[^1], kh = flat ? 1 : f.Shape[2], kw = f.Shape[^1], stride = strides[0], dilation = dilations[0], pad = pads[0];
        int outputs = f.Shape[0], each = f.Shape[1], perGroup = outputs / groups;
        int oh = flat ? 1 : (h + 2 * pad - dilation * (kh - 1) - 1) / stride + 1, ow = (w + 2 * pad - dilation * (kw - 1) - 1) / stride + 1;
        Assert.Equal(a.Shape[1], each * groups);
        var result = new double[outputs * oh * ow];
        for (int o = 0; o < outputs; o++)
            for (int y = 0; y < oh; y++)
                for (int x = 0; x < ow; x++)
                {
                    double sum = bias?.Values[o] ?? 0;
                    for (int c = 0; c < each; c++)
                        for (int i = 0; i < kh; i++)
                            for (int j = 0; j < kw; j++)
                            {
                                int yy = flat ? 0 : y * stride - pad + i * dilation, xx = x * stride - pad + j * dilation;
                                if (yy >= 0 && yy < h && xx >= 0 && xx < w) sum += f.Values[((o * each + c) * kh + i) * kw + j] * a.Values[((o / perGroup * each + c) * h + yy) * w + xx];
                            }
                    result[(o * oh + y) * ow + x] = sum;
                }
        return new Tensor(flat ? [1, outputs, ow] : [1, outputs, oh, ow], result);
    }

    private static Tensor Resize(Tensor a, double[] scales, bool corners)
    {
        int h = a.Shape[2], w = a.Shape[3], oh = (int)(h * scales[2]), ow = (int)(w * scales[3]);
        double At(int i, int from, int to) => Math.Clamp(corners ? to == 1 ? 0 : (double)i * (from - 1) / (to - 1) : (i + 0.5) * from / to - 0.5, 0, from - 1);
        var result = new double[a.Shape[1] * oh * ow];
        for (int c = 0; c < a.Shape[1]; c++)
            for (int y = 0; y < oh; y++)
                for (int x = 0; x < ow; x++) result[(c * oh + y) * ow + x] = Sample(a, c, At(y, h, oh), At(x, w, ow));
        return new Tensor([1, a.Shape[1], oh, ow], result);
    }

    private static double Sample(Tensor a, int c, double y, double x)
    {
        int h = a.Shape[2], w = a.Shape[3];
        double sum = 0;
        for (int i = 0; i < 2; i++)
            for (int j = 0; j < 2; j++)
            {
                double yy = Math.Floor(y) + i, xx = Math.Floor(x) + j;
                if (yy >= 0 && yy < h && xx >= 0 && xx < w) sum += (1 - Math.Abs(y - yy)) * (1 - Math.Abs(x - xx)) * a.Values[(c * h + (int)yy) * w + (int)xx];
            }
        return sum;
    }

    private static Tensor GridSample(Tensor a, Tensor grid)
    {
        int points = grid.Shape[1];
        var result = new double[a.Shape[1] * points];
        for (int c = 0; c < a.Shape[1]; c++)
            for (int p = 0; p < points; p++)
                result[c * points + p] = Sample(a, c, ((grid.Values[2 * p + 1] + 1) * a.Shape[2] - 1) / 2, ((grid.Values[2 * p] + 1) * a.Shape[3] - 1) / 2);
        return new Tensor([1, a.Shape[1], points, 1], result);
    }

    private static Tensor Scatter(Tensor a, Tensor index, Tensor values)
    {
        double[] result = [.. a.Values];
        for (int i = 0; i < index.Values.Length; i++) result[(int)index.Values[i]] = values.Values[i];
        return new Tensor(a.Shape, result);
    }

    private Tensor TopK(NodeProto node, Tensor a, int count)
    {
        int[] order = [.. Enumerable.Range(0, a.Values.Length).OrderByDescending(i => a.Values[i]).Take(count)];
        _values[node.Output[1]] = new Tensor([1, 1, count], [.. order.Select(i => (double)i)]);
        return new Tensor([1, 1, count], [.. order.Select(i => a.Values[i])]);
    }
}

using ClemReg.Algorithms.Detection;
using ClemReg.Algorithms.Inference.Models;
using static ClemReg.Algorithms.Inference.Conversion.OnnxGraphBuilder;

namespace ClemReg.Algorithms.Inference.Conversion;

/// <summary>
/// Writes a Darknet network (YOLOv3, v4 and their small ones) as a graph from the image (1, 3, y, x; 0 to 1) to boxes [1,N,1,4] as corners, 0 to 1, and confs
/// [1,N,C], objectness times class: the same outputs as pytorch-YOLOv4's.
/// </summary>
internal sealed class DarknetNetwork
{
    private const int MostClasses = 10_000, LargestSide = 8192;
    private const float LeakySlope = 0.1f;

    private readonly record struct Layer(string Value, int Channels, int Height, int Width);

    private readonly IReadOnlyList<DarknetSection> _sections;
    private readonly DarknetWeights _weights;
    private readonly OnnxGraphBuilder _graph;
    private readonly Job _job;
    private readonly List<Layer> _layers = [];
    private readonly List<(string Boxes, string Confidences)> _heads = [];

    /// <summary>Writes.</summary>
    /// <param name="sections">The configuration.</param>
    /// <param name="weights">Its weights.</param>
    /// <param name="graph">The graph to be written.</param>
    /// <param name="job">Cancellation, progress.</param>
    /// <exception cref="BadInputException">A layer that is not known, sizes that do not fit, weights that do not belong to it.</exception>
    public DarknetNetwork(IReadOnlyList<DarknetSection> sections, DarknetWeights weights, OnnxGraphBuilder graph, Job job)
    {
        (_sections, _weights, _graph, _job) = (sections, weights, graph, job);
        DarknetSection net = sections[0];
        (Height, Width) = (net.Whole("height", 416, 32), net.Whole("width", 416, 32));
        int channels = net.Whole("channels", 3, 1);
        if (Height > LargestSide || Width > LargestSide) throw net.Refused($"width = {Width}, height = {Height} is not allowed: at most {LargestSide} each.");
        if (channels is not (1 or 3)) throw net.Refused($"channels = {channels} is not allowed: it must be 1 or 3.");
        string input = graph.Input("input", "1", $"{channels}", $"{Height}", $"{Width}");
        var last = new Layer(input, channels, Height, Width);
        for (int i = 1; i < sections.Count; i++)
        {
            job.ThrowIfCancelled();
            last = Add(sections[i], last);
            _layers.Add(last);
            job.Report((double)i / sections.Count);
        }
        if (_heads.Count == 0) throw net.Refused("there is no [yolo] layer: only networks that find boxes can be converted.");
        weights.CheckEnd();
        Join(_heads.Select(h => h.Boxes), "boxes");
        Join(_heads.Select(h => h.Confidences), "confs");
        graph.Output("boxes", "1", $"{Boxes}", "1", "4");
        graph.Output("confs", "1", $"{Boxes}", $"{Classes}");
    }

    /// <summary>Rows of its input.</summary>
    public int Height { get; }

    /// <summary>Columns of its input.</summary>
    public int Width { get; }

    /// <summary>Classes.</summary>
    public int Classes { get; private set; }

    /// <summary>Boxes that it gives.</summary>
    public int Boxes { get; private set; }

    /// <summary>Whether Darknet keeps the picture's proportions, with grey beside it.</summary>
    public bool Letterbox => _sections[0].Whole("letter_box", 0) != 0;

    /// <summary>The power of the centres' distance with which Darknet suppresses overlapping boxes (nms_kind, beta_nms); null: by plain intersection over union.</summary>
    public double? Beta { get; private set; }

    private Layer Add(DarknetSection s, Layer last) => s.Kind switch
    {
        "convolutional" or "conv" => Convolution(s, last),
        "route" => Route(s),
        "shortcut" => Shortcut(s, last),
        "maxpool" => MaxPool(s, last),
        "upsample" => Upsample(s, last),
        "yolo" => Yolo(s, last),
        "dropout" => last,
        _ => throw s.Refused("this kind of layer is not known here. Networks of YOLOv3 and YOLOv4 are made of convolutional, route, shortcut, maxpool, upsample and yolo."),
    };

    private Layer Convolution(DarknetSection s, Layer last)
    {
        int filters = s.Whole("filters", 1, 1), size = s.Whole("size", 1, 1), stride = s.Whole("stride", 1, 1), groups = s.Whole("groups", 1, 1), dilation = s.Whole("dilation", 1, 1);
        // The padding grows with the dilation, as Darknet reads its image.
        int padding = (s.Whole("pad", 0) != 0 ? size / 2 : s.Whole("padding", 0)) * dilation;
        if (last.Channels % groups != 0 || filters % groups != 0) throw s.Refused($"groups = {groups} divides neither the {last.Channels} channels that come nor the filters = {filters}.");
        int height = (last.Height + 2 * padding - dilation * (size - 1) - 1) / stride + 1, width = (last.Width + 2 * padding - dilation * (size - 1) - 1) / stride + 1;
        if (height < 1 || width < 1) throw s.Refused($"nothing is left of an image of {last.Width} x {last.Height} pixels: size = {size}, stride = {stride}.");
        Convolution convolution = _weights.Read($"layer_{_layers.Count}", [filters, last.Channels / groups, size, size], s.Whole("batch_normalize", 0) != 0, s);
        return new Layer(Activate(s, _graph.Convolve(last.Value, convolution, stride, dilation, groups, padding), "logistic"), filters, height, width);
    }

    /// <summary>Darknet's default is logistic for convolutions and linear for shortcuts.</summary>
    private string Activate(DarknetSection s, string value, string otherwise)
    {
        string kind = s.Text("activation", otherwise);
        return kind switch
        {
            "linear" => value,
            "leaky" => _graph.Node("LeakyRelu", [value], null, Real("alpha", LeakySlope)),
            "mish" => _graph.Node("Mul", [value, _graph.Node("Tanh", [_graph.Node("Softplus", [value])])]),
            "logistic" => _graph.Node("Sigmoid", [value]),
            "swish" => _graph.Node("Mul", [value, _graph.Node("Sigmoid", [value])]),
            "relu" => _graph.Node("Relu", [value]),
            _ => throw s.Refused($"activation = {Shown.Name(kind)} is not known here: linear, leaky, mish, logistic, swish and relu are."),
        };
    }

    private Layer Route(DarknetSection s)
    {
        Layer[] from = [.. s.Numbers("layers").Select(n => At(s, n))];
        if (from.Length == 0) throw s.Refused("layers is missing.");
        if (from.Any(f => f.Height != from[0].Height || f.Width != from[0].Width)) throw s.Refused("the layers that it joins have different sizes.");
        int groups = s.Whole("groups", 1, 1), group = s.Whole("group_id", 0);
        if (group >= groups || from.Any(f => f.Channels % groups != 0)) throw s.Refused($"group_id = {group} of groups = {groups} does not fit the channels that come.");
        string[] values = [.. from.Select(f => groups == 1 ? f.Value : Slice(f.Value, 1, group * f.Channels / groups, (group + 1) * f.Channels / groups))];
        string value = values.Length == 1 ? values[0] : _graph.Node("Concat", values, null, Integer("axis", 1));
        return from[0] with { Value = value, Channels = from.Sum(f => f.Channels / groups) };
    }

    private Layer Shortcut(DarknetSection s, Layer last)
    {
        Layer value = last;
        foreach (double n in s.Numbers("from"))
        {
            Layer other = At(s, n);
            if (other with { Value = "" } != last with { Value = "" })
                throw s.Refused($"it adds {other.Channels} channels of {other.Width} x {other.Height} to {last.Channels} of {last.Width} x {last.Height}: only equal ones can be added here.");
            value = value with { Value = _graph.Node("Add", [value.Value, other.Value]) };
        }
        if (value == last) throw s.Refused("from is missing.");
        return value with { Value = Activate(s, value.Value, "linear") };
    }

    private Layer MaxPool(DarknetSection s, Layer last)
    {
        int stride = s.Whole("stride", 1, 1), size = s.Whole("size", stride, 1), padding = s.Whole("padding", size - 1);
        int height = (last.Height + padding - size) / stride + 1, width = (last.Width + padding - size) / stride + 1;
        if (last.Height + padding < size || last.Width + padding < size) throw s.Refused($"nothing is left of an image of {last.Width} x {last.Height} pixels: size = {size}.");
        int before = padding / 2, after = padding - before;
        string value = _graph.Node("MaxPool", [last.Value], null, Integers("kernel_shape", size, size), Integers("strides", stride, stride), Integers("pads", before, before, after, after));
        return new Layer(value, last.Channels, height, width);
    }

    private Layer Upsample(DarknetSection s, Layer last)
    {
        int stride = s.Whole("stride", 2, 1);
        string value = _graph.Node("Resize", [last.Value, "", _graph.Floats($"upsample_{stride}", 1, 1, stride, stride)], null,
            Text("mode", "nearest"), Text("nearest_mode", "floor"), Text("coordinate_transformation_mode", "asymmetric"));
        return new Layer(value, last.Channels, last.Height * stride, last.Width * stride);
    }

    /// <summary>Boxes of a head: spec onnx-models, E2.</summary>
    private Layer Yolo(DarknetSection s, Layer last)
    {
        int classes = s.Whole("classes", 20, 1);
        double[] anchors = s.Numbers("anchors"), mask = s.Numbers("mask");
        double stretch = s.Number("scale_x_y", 1);
        bool given = s.Whole("new_coords", 0) != 0;
        if (classes > MostClasses) throw s.Refused($"classes = {classes} is not allowed: at most {MostClasses}.");
        if (Classes != 0 && Classes != classes) throw s.Refused($"classes = {classes}, but an earlier [yolo] has {Classes}.");
        if (anchors.Length == 0 || anchors.Length % 2 != 0 || anchors.Any(a => a <= 0)) throw s.Refused("anchors must be pairs of widths and heights above 0.");
        if (mask.Length == 0) mask = [.. Enumerable.Range(0, anchors.Length / 2).Select(i => (double)i)];
        if (mask.Any(m => m < 0 || m >= anchors.Length / 2 || m != Math.Floor(m))) throw s.Refused($"mask must number some of the {anchors.Length / 2} anchors, from 0.");
        int k = mask.Length, cells = last.Height * last.Width;
        if (last.Channels != k * (5 + classes))
            throw s.Refused($"{last.Channels} channels come, but {k} anchors of 5 + classes = {classes} numbers need {k * (5 + classes)}: set filters = {k * (5 + classes)} in the [convolutional] before, as it was trained.");
        Classes = classes;
        // Darknet takes it from the last of them.
        Beta = s.Text("nms_kind", "default") switch
        {
            "greedynms" => BoxSuppression.DarknetBeta,
            "diounms" => s.Number("beta_nms", BoxSuppression.DarknetBeta),
            _ => null,
        };
        string head = $"head_{_heads.Count}", at = _graph.Node("Reshape", [last.Value, _graph.Constant(head + "_shape", 1, k, 5 + classes, cells)]);
        string Part(int from, int to) => Slice(at, 2, from, to);
        string Sure(string value) => given ? value : _graph.Node("Sigmoid", [value]);
        // (v * stretch - (stretch - 1) / 2 + cell) / cells along the axis
        string Centre(int channel, string axis, int count, Func<int, int> cell) => _graph.Node("Add",
            [_graph.Node("Mul", [Sure(Part(channel, channel + 1)), _graph.Tensor($"{head}_stretch_{axis}", [1], (float)(stretch / count))]),
             _graph.Tensor($"{head}_cells_{axis}", [1, 1, 1, cells], [.. Enumerable.Range(0, cells).Select(i => (float)((cell(i) - (stretch - 1) / 2) / count))])]);
        string HalfSide(int channel, string axis, Func<double, double> half)
        {
            string value = Part(channel, channel + 1);
            value = given ? _graph.Node("Mul", [value, value]) : _graph.Node("Exp", [value]);
            return _graph.Node("Mul", [value, _graph.Tensor($"{head}_sides_{axis}", [1, k, 1, 1], [.. mask.Select(m => (float)((given ? 4 : 1) * half(m)))])]);
        }
        string x = Centre(0, "x", last.Width, i => i % last.Width), y = Centre(1, "y", last.Height, i => i / last.Width);
        string halfWidth = HalfSide(2, "x", m => anchors[2 * (int)m] / Width / 2), halfHeight = HalfSide(3, "y", m => anchors[2 * (int)m + 1] / Height / 2);
        string corners = _graph.Node("Concat", [_graph.Node("Sub", [x, halfWidth]), _graph.Node("Sub", [y, halfHeight]), _graph.Node("Add", [x, halfWidth]), _graph.Node("Add", [y, halfHeight])], null, Integer("axis", 2));
        string sure = _graph.Node("Mul", [Sure(Part(5, 5 + classes)), Sure(Part(4, 5))]);
        _heads.Add((Rows(corners, head + "_boxes", k * cells, 1, 4), Rows(sure, head + "_confs", k * cells, classes)));
        Boxes += k * cells;
        return last;
    }

    /// <summary>Numbers of anchors and cells as rows.</summary>
    private string Rows(string value, string name, params long[] row) =>
        _graph.Node("Reshape", [_graph.Node("Transpose", [value], null, Integers("perm", 0, 1, 3, 2)), _graph.Constant(name, [1, .. row])]);

    private void Join(IEnumerable<string> values, string output) => _graph.Node("Concat", [.. values], output, Integer("axis", 1));

    private string Slice(string value, int axis, int from, int to) =>
        _graph.Node("Slice", [value, _graph.Constant($"at_{from}", from), _graph.Constant($"at_{to}", to), _graph.Constant($"at_{axis}", axis)]);

    /// <summary>An earlier layer, by its number or, below 0, counted back from here.</summary>
    private Layer At(DarknetSection s, double number)
    {
        double index = number < 0 ? _layers.Count + number : number;
        return index >= 0 && index < _layers.Count && index == Math.Floor(index) ? _layers[(int)index] : throw s.Refused($"there is no layer {number} before this one ({_layers.Count} so far, from 0).");
    }
}

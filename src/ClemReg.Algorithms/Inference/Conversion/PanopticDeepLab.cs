using static ClemReg.Algorithms.Inference.Conversion.OnnxGraphBuilder;

namespace ClemReg.Algorithms.Inference.Conversion;

/// <summary>
/// Writes Panoptic-DeepLab with PointRend, MitoNet's network, as ONNX graphs. Widths and numbers of blocks are read from the weights; strides
/// (16 in all), dilations (ASPP 2, 4, 6) and one class are MitoNet's.
/// </summary>
/// <remarks>
/// Cheng et al. 2020 (Panoptic-DeepLab), Kirillov et al. 2020 (PointRend), Conrad and Narayan 2023 (MitoNet). In: image (1, 1, height, width), normalised,
/// sizes multiples of 16. Out: sem_logits, ctr_hmp and offsets (dy, dx in input pixels); the last two at a quarter of the size.
/// </remarks>
internal sealed class PanopticDeepLab
{
    private const long DefaultPoints = 8192;

    private readonly Block[][] _layers;
    private readonly Convolution _stem;
    private readonly Decoder _semantic;
    private readonly Decoder _instance;
    private readonly Head _semanticHead;
    private readonly Head _centreHead;
    private readonly Head _offsetHead;
    private readonly Convolution[] _pointLayers;
    private readonly Convolution _pointPredictor;
    private readonly long _points;

    /// <summary>Reads the network's weights.</summary>
    /// <exception cref="BadInputException">A weight is missing, of another shape, unreadable, or there are others.</exception>
    public PanopticDeepLab(TorchArchive archive, string file, Job job)
    {
        var source = new WeightSource(archive, file, job);
        _stem = source.Read(Names("encoder.conv1"), 1, [7, 7], "encoder.bn1");
        long width = _stem.Outputs;
        _layers = new Block[4][];
        for (int layer = 0; layer < _layers.Length; layer++)
        {
            var blocks = new List<Block>();
            do
            {
                blocks.Add(ReadBlock(source, $"encoder.layer{layer + 1}.{blocks.Count}", width));
                width = blocks[^1].Third.Outputs;
            }
            while (source.Has(Names($"encoder.layer{layer + 1}.{blocks.Count}.conv1")));
            _layers[layer] = [.. blocks];
        }
        long detail = _layers[0][^1].Third.Outputs;
        _semantic = ReadDecoder(source, "semantic_decoder", width, detail);
        _instance = ReadDecoder(source, "instance_decoder", width, detail);
        _semanticHead = ReadHead(source, "semantic_head", _semantic.Width, 1);
        _centreHead = ReadHead(source, "ins_center", _instance.Width, 1);
        _offsetHead = ReadHead(source, "ins_xy", _instance.Width, 2);

        var layers = new List<Convolution>();
        long inputs = _semantic.Width + 1;
        string[] names = Names("semantic_pr.point_head.fc_layers.0.0");
        do
        {
            layers.Add(source.Read(names, inputs, [1]));
            inputs = layers[^1].Outputs + 1;
            names = Names($"semantic_pr.point_head.fc_layers.{layers.Count}.0");
        }
        while (source.Has(names));
        _pointLayers = [.. layers];
        _pointPredictor = source.Read(["semantic_pr.point_head.predictor"], inputs, [1], outputs: 1);
        source.RequireAllUsed();
        Parameters = source.Parameters;
        _points = archive.Integer("semantic_pr.subdivision_num_points") ?? DefaultPoints;
        if (_points is < 1 or > 1 << 24) throw new BadInputException($"{file}: subdivision_num_points = {_points} must be from 1 to {1 << 24}.");
    }

    /// <summary>The channels of the features that the point head takes.</summary>
    public long FeatureWidth => _semantic.Width;

    /// <summary>Numbers in the weights.</summary>
    public long Parameters { get; }

    /// <summary>How many points PointRend predicts anew in each of its two steps.</summary>
    public long Points => _points;

    /// <summary>The whole network; sem_logits have the image's size.</summary>
    public void WriteFull(OnnxGraphBuilder graph)
    {
        (string features, string coarse) = WriteDense(graph, null, null);
        Refine(graph, Refine(graph, coarse, features, coarse, null), features, coarse, "sem_logits");
        graph.Output("sem_logits", "1", "1", "sem_height", "sem_width");
        AddInstanceOutputs(graph);
    }

    /// <summary>The network without PointRend: sem_logits at a quarter of the size and the features that the point head takes, sem_features.</summary>
    public void WriteDense(OnnxGraphBuilder graph)
    {
        WriteDense(graph, "sem_features", "sem_logits");
        graph.Output("sem_logits", "1", "1", "ins_height", "ins_width");
        AddInstanceOutputs(graph);
        graph.Output("sem_features", "1", $"{FeatureWidth}", "ins_height", "ins_width");
    }

    /// <summary>PointRend's point head: fine_features (1, channels, points) and coarse_logits (1, 1, points) to point_logits (1, 1, points).</summary>
    public void WritePointHead(OnnxGraphBuilder graph)
    {
        string fine = graph.Input("fine_features", "1", $"{FeatureWidth}", "points");
        string coarse = graph.Input("coarse_logits", "1", "1", "points");
        PointHead(graph, fine, coarse, "point_logits");
        graph.Output("point_logits", "1", "1", "points");
    }

    private static void AddInstanceOutputs(OnnxGraphBuilder graph)
    {
        graph.Output("ctr_hmp", "1", "1", "ins_height", "ins_width");
        graph.Output("offsets", "1", "2", "ins_height", "ins_width");
    }

    private (string Features, string Coarse) WriteDense(OnnxGraphBuilder graph, string? features, string? coarse)
    {
        string x = graph.Convolve(graph.Input("image", "1", "1", "height", "width"), _stem, stride: 2, relu: true);
        x = graph.Node("MaxPool", [x], null, Integers("kernel_shape", 3, 3), Integers("strides", 2, 2), Integers("pads", 1, 1, 1, 1));
        string detail = "";
        for (int layer = 0; layer < _layers.Length; layer++)
        {
            for (int block = 0; block < _layers[layer].Length; block++)
                x = WriteBlock(graph, x, _layers[layer][block], stride: block == 0 && layer is 1 or 2 ? 2 : 1, dilation: layer == 3 ? 2 : 1);
            if (layer == 0) detail = x;
        }
        string semantic = WriteDecoder(graph, x, detail, _semantic, features);
        string instance = WriteDecoder(graph, x, detail, _instance, null);
        WriteHead(graph, instance, _centreHead, "ctr_hmp");
        WriteHead(graph, instance, _offsetHead, "offsets");
        return (semantic, WriteHead(graph, semantic, _semanticHead, coarse));
    }

    private static string WriteBlock(OnnxGraphBuilder graph, string x, Block block, int stride, int dilation)
    {
        string y = graph.Convolve(x, block.First, relu: true);
        y = graph.Convolve(y, block.Second, stride, dilation, relu: true);
        y = graph.Convolve(y, block.Third);
        if (block.Shortcut is not null) x = graph.Convolve(x, block.Shortcut, stride);
        return graph.Node("Relu", [graph.Node("Add", [y, x])]);
    }

    private static string WriteDecoder(OnnxGraphBuilder graph, string x, string detail, Decoder decoder, string? output)
    {
        string[] branches = new string[5];
        for (int i = 0; i < 4; i++) branches[i] = graph.Convolve(x, decoder.Branches[i], dilation: i == 0 ? 1 : 2 * i, relu: true);
        string mean = graph.Convolve(graph.Node("GlobalAveragePool", [x]), decoder.Pooled, relu: true);
        // One pixel enlarged, whatever the interpolation, is a constant.
        branches[4] = graph.Node("Expand", [mean, graph.Node("Shape", [branches[0]])]);
        string y = graph.Convolve(graph.Node("Concat", branches, null, Integer("axis", 1)), decoder.Project, relu: true);
        y = graph.Node("Resize", [y, "", graph.Floats("four_times", 1, 1, 4, 4)], null, Text("mode", "linear"), Text("coordinate_transformation_mode", "align_corners"));
        string fine = graph.Convolve(detail, decoder.Detail, relu: true);
        return Separable(graph, graph.Node("Concat", [y, fine], null, Integer("axis", 1)), decoder.Depthwise, decoder.Pointwise, output);
    }

    private static string WriteHead(OnnxGraphBuilder graph, string x, Head head, string? output) =>
        graph.Convolve(Separable(graph, x, head.Depthwise, head.Pointwise, null), head.Last, output: output);

    private static string Separable(OnnxGraphBuilder graph, string x, Convolution depthwise, Convolution pointwise, string? output) =>
        graph.Convolve(graph.Convolve(x, depthwise, groups: depthwise.Outputs), pointwise, relu: true, output: output);

    private string PointHead(OnnxGraphBuilder graph, string fine, string coarse, string? output)
    {
        string x = fine;
        foreach (Convolution layer in _pointLayers)
            x = graph.Convolve(graph.Node("Concat", [x, coarse], null, Integer("axis", 1)), layer, relu: true);
        return graph.Convolve(graph.Node("Concat", [x, coarse], null, Integer("axis", 1)), _pointPredictor, output: output);
    }

    /// <summary>A step of PointRend: the logits at twice the size, the points nearest to 0 predicted anew from the features at their place.</summary>
    private string Refine(OnnxGraphBuilder graph, string logits, string features, string coarse, string? output)
    {
        string large = graph.Node("Resize", [logits, "", graph.Floats("twice", 1, 1, 2, 2)], null, Text("mode", "linear"), Text("coordinate_transformation_mode", "half_pixel"));
        string shape = graph.Node("Shape", [large]);
        string height = graph.Node("Gather", [shape, graph.Index("second", 2)], null, Integer("axis", 0));
        string width = graph.Node("Gather", [shape, graph.Index("third", 3)], null, Integer("axis", 0));
        string flat = graph.Node("Reshape", [large, graph.Constant("as_list", 1, 1, -1)]);
        string count = graph.Node("Min", [graph.Node("Mul", [height, width]), graph.Constant("points", _points)]);
        string doubt = graph.Node("Neg", [graph.Node("Abs", [flat])]);
        string index = $"{large}_index";
        graph.NodeOfMany("TopK", [doubt, count], [$"{large}_doubt", index], Integer("axis", 2), Integer("largest", 1), Integer("sorted", 0));

        // GridSample's coordinates run from -1 to 1 over the whole picture; those of a pixel's centre are (2 i + 1) / n - 1.
        string Coordinate(string pixel, string length)
        {
            string twice = graph.Node("Mul", [graph.Node("Add", [Float(graph, pixel), graph.Floats("half", 0.5f)]), graph.Floats("two", 2)]);
            string coordinate = graph.Node("Sub", [graph.Node("Div", [twice, Float(graph, length)]), graph.Floats("one", 1)]);
            return graph.Node("Reshape", [coordinate, graph.Constant("as_points", 1, -1, 1, 1)]);
        }
        string places = graph.Node("Concat", [Coordinate(graph.Node("Mod", [index, width]), width), Coordinate(graph.Node("Div", [index, width]), height)], null, Integer("axis", 3));
        string Sample(string map) => graph.Node("Squeeze",
            [graph.Node("GridSample", [map, places], null, Text("mode", "bilinear"), Text("padding_mode", "zeros"), Integer("align_corners", 0)), graph.Constant("last", 3)]);
        string predicted = PointHead(graph, Sample(features), Sample(coarse), null);
        string scattered = graph.Node("ScatterElements", [flat, index, predicted], null, Integer("axis", 2));
        return graph.Node("Reshape", [scattered, shape], output);
    }

    private static string Float(OnnxGraphBuilder graph, string value) => graph.Node("Cast", [value], null, Integer("to", (long)TensorType.Float32));

    private static Block ReadBlock(WeightSource source, string key, long inputs)
    {
        Convolution first = source.Read(Names($"{key}.conv1"), inputs, [1, 1], $"{key}.bn1");
        Convolution second = source.Read(Names($"{key}.conv2"), first.Outputs, [3, 3], $"{key}.bn2");
        string[] shortcut = [$"{key}.downsample.0"];
        long? outputs = source.Has(shortcut) ? null : inputs;
        Convolution third = source.Read([$"{key}.conv3"], second.Outputs, [1, 1], $"{key}.bn3", outputs);
        return new Block(first, second, third, outputs is null ? source.Read(shortcut, inputs, [1, 1], $"{key}.downsample.1", third.Outputs) : null);
    }

    /// <summary>A convolution's name where PyTorch fused it with its activation, and where not.</summary>
    private static string[] Names(string key) => [$"{key}.0", key];

    private static Decoder ReadDecoder(WeightSource source, string key, long inputs, long detail)
    {
        string convs = $"{key}.aspp.convs";
        var branches = new Convolution[4];
        for (int i = 0; i < branches.Length; i++)
            branches[i] = source.Read(Names($"{convs}.{i}.0"), inputs, i == 0 ? [1, 1] : [3, 3], $"{convs}.{i}.1", i == 0 ? null : branches[0].Outputs);
        long width = branches[0].Outputs;
        Convolution pooled = source.Read(Names($"{convs}.4.aspp_pooling.1"), inputs, [1, 1], outputs: width, offset: false);
        Convolution project = source.Read(Names($"{key}.aspp.project.0"), 5 * width, [1, 1], $"{key}.aspp.project.1");
        Convolution fine = source.Read(Names($"{key}.project.0.0"), detail, [1, 1], $"{key}.project.0.1");
        (Convolution depthwise, Convolution pointwise) = ReadSeparable(source, $"{key}.fuse.0", project.Outputs + fine.Outputs);
        return new Decoder(branches, pooled, project, fine, depthwise, pointwise);
    }

    private static Head ReadHead(WeightSource source, string key, long inputs, long outputs)
    {
        (Convolution depthwise, Convolution pointwise) = ReadSeparable(source, $"{key}.head.0", inputs);
        return new Head(depthwise, pointwise, source.Read([$"{key}.head.1"], pointwise.Outputs, [1, 1], outputs: outputs));
    }

    private static (Convolution Depthwise, Convolution Pointwise) ReadSeparable(WeightSource source, string key, long inputs)
    {
        Convolution depthwise = source.Read([$"{key}.0.sepconv.0"], null, [5, 5], outputs: inputs, offset: false);
        return (depthwise, source.Read([$"{key}.0.sepconv.1"], inputs, [1, 1], $"{key}.1"));
    }

    private sealed record Block(Convolution First, Convolution Second, Convolution Third, Convolution? Shortcut);

    private sealed record Decoder(Convolution[] Branches, Convolution Pooled, Convolution Project, Convolution Detail, Convolution Depthwise, Convolution Pointwise)
    {
        public long Width => Pointwise.Outputs;
    }

    private sealed record Head(Convolution Depthwise, Convolution Pointwise, Convolution Last);
}

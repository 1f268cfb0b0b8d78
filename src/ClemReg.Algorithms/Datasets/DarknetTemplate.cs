using System.Globalization;
using System.Text;

namespace ClemReg.Algorithms.Datasets;

/// <summary>
/// Configurations (.cfg) with which Darknet trains YOLOv4 and its small sister: written from the description of the networks (A. Bochkovskiy, C.-Y. Wang, H.-Y. M. Liao 2020: CSPDarknet53, spatial
/// pyramid pooling, path aggregation, three heads), layer by layer in Darknet's own order, so that weights that were trained for it (yolov4.conv.137, yolov4-tiny.conv.29) fit.
/// </summary>
public sealed class DarknetTemplate
{
    /// <summary>Darknet's advice: 2000 batches a class, 6000 at least.</summary>
    private const int BatchesAClass = 2000, LeastBatches = 6000;

    /// <summary>The published anchors of YOLOv4, for 608 pixels.</summary>
    internal static readonly IReadOnlyList<BoxSize> Anchors = [new(12, 16), new(19, 36), new(40, 28), new(36, 75), new(76, 55), new(72, 146), new(142, 110), new(192, 243), new(459, 401)];

    /// <summary>Those of YOLOv4-tiny, for 416 pixels.</summary>
    internal static readonly IReadOnlyList<BoxSize> TinyAnchors = [new(10, 14), new(23, 27), new(37, 58), new(81, 82), new(135, 169), new(344, 319)];

    /// <summary>Darknet's advice: anchors below the first side (as squares) belong to the finest head, those below the second to the next.</summary>
    private static readonly double[] Sides = [30, 60], TinySides = [60];

    private readonly StringBuilder _text = new();
    private readonly int _classes, _divisor;
    private int _layers;

    private DarknetTemplate(int classes, int divisor) => (_classes, _divisor) = (classes, divisor);

    /// <summary>YOLOv4.</summary>
    /// <param name="classes">Classes, 1 or more.</param>
    /// <param name="side">Rows and columns of its input, a multiple of 32.</param>
    /// <param name="anchors">Nine, areas rising, pixels of its input: they go to the heads by their sizes; null: the published ones, three for each head.</param>
    public static string YoloV4(int classes, int side, IReadOnlyList<BoxSize>? anchors = null) => YoloV4(classes, side, anchors, 1);

    /// <summary>YOLOv4-tiny: a tenth of the weights, two heads, less exact.</summary>
    /// <param name="classes">Classes, 1 or more.</param>
    /// <param name="side">Rows and columns of its input, a multiple of 32.</param>
    /// <param name="anchors">Six, areas rising, pixels of its input: they go to the heads by their sizes; null: the published ones, three for each head.</param>
    public static string YoloV4Tiny(int classes, int side, IReadOnlyList<BoxSize>? anchors = null) => YoloV4Tiny(classes, side, anchors, 1);

    /// <summary>The same with so many times fewer filters: for tests.</summary>
    internal static string YoloV4(int classes, int side, IReadOnlyList<BoxSize>? anchors, int divisor)
    {
        int[] count = anchors is null ? [3, 3, 3] : PerHead(anchors, Sides);
        anchors ??= Anchors;
        var net = new DarknetTemplate(classes, divisor);
        net.Begin("YOLOv4", side, 16, 0.0013, 0.949, mosaic: true);
        net.Convolution(32, 3, mish: true);
        net.Stage(64, 1, 64, 32);
        net.Stage(128, 2, 64, 64);
        int fine = net.Stage(256, 8, 128, 128), middle = net.Stage(512, 8, 256, 256);
        net.Stage(1024, 4, 512, 512);
        net.Pair(512, 1);
        net.Convolution(512, 1);
        int before = net._layers - 1;
        int five = net.MaxPool(5, 1);
        net.Route(before);
        int nine = net.MaxPool(9, 1);
        net.Route(before);
        int thirteen = net.MaxPool(13, 1);
        net.Route(thirteen, nine, five, before);
        net.Pair(512, 1);
        int coarse = net.Convolution(512, 1);
        int mid = net.Up(256, middle), high = net.Up(128, fine);
        net.Head(256, 0, count[0], 1.2, anchors);
        net.Route(high);
        int down = net.Down(256, mid);
        net.Head(512, count[0], count[1], 1.1, anchors);
        net.Route(down);
        net.Down(512, coarse);
        net.Head(1024, count[0] + count[1], count[2], 1.05, anchors);
        return net._text.ToString();
    }

    /// <inheritdoc cref="YoloV4(int, int, IReadOnlyList{BoxSize}, int)"/>
    internal static string YoloV4Tiny(int classes, int side, IReadOnlyList<BoxSize>? anchors, int divisor)
    {
        var net = new DarknetTemplate(classes, divisor);
        net.Begin("YOLOv4-tiny", side, 1, 0.00261, 0.9, mosaic: false);
        net.Convolution(32, 3, 2);
        net.Convolution(64, 3, 2);
        net.HalfStage(64);
        net.HalfStage(128);
        int fine = net.HalfStage(256);
        net.Convolution(512, 3);
        int coarse = net.Convolution(256, 1);
        int[]? count = anchors is null ? null : PerHead(anchors, TinySides);
        net.Head(512, count?[0] ?? 3, count?[1] ?? 3, 1.05, anchors ?? TinyAnchors);
        net.Route(coarse);
        net.Convolution(128, 1);
        int up = net.Upsample();
        net.Route(up, fine);
        // The published file's second head begins with the second anchor, and its weights were trained so.
        net.Head(256, count is null ? 1 : 0, count?[0] ?? 3, 1.05, anchors ?? TinyAnchors);
        return net._text.ToString();
    }

    /// <summary>How many of the anchors, areas rising, each head gets, the finest first: one at least.</summary>
    private static int[] PerHead(IReadOnlyList<BoxSize> anchors, double[] sides)
    {
        var counts = new int[sides.Length + 1];
        int given = 0;
        for (int head = 0; head < sides.Length; head++)
        {
            int below = anchors.Count(a => a.Width * a.Height < sides[head] * sides[head]) - given;
            counts[head] = Math.Clamp(below, 1, anchors.Count - given - (sides.Length - head));
            given += counts[head];
        }
        counts[^1] = anchors.Count - given;
        return counts;
    }

    private void Begin(string name, int side, int subdivisions, double rate, double momentum, bool mosaic)
    {
        int batches = Math.Max(LeastBatches, BatchesAClass * _classes);
        _text.Append(CultureInfo.InvariantCulture, $"""
            # {name} for {_classes} classes, {side} x {side} pixels: written by ClemReg.Fiji from the description of the network.
            # Too little memory on the graphics processor: raise subdivisions (16, 32, 64), or lower width and height (multiples of 32).

            """);
        Section("net", ("batch", "64"), ("subdivisions", $"{subdivisions}"), ("width", $"{side}"), ("height", $"{side}"), ("channels", "3"), ("momentum", Text(momentum)), ("decay", "0.0005"),
            // Grey images have neither colour nor saturation to vary.
            ("angle", "0"), ("saturation", "1.0"), ("exposure", "1.5"), ("hue", "0"), ("learning_rate", Text(rate)), ("burn_in", "1000"), ("max_batches", $"{batches}"), ("policy", "steps"),
            ("steps", $"{batches / 10 * 8},{batches / 10 * 9}"), ("scales", ".1,.1"), ("mosaic", mosaic ? "1" : "0"));
        _layers = 0;
    }

    /// <summary>A stage of CSPDarknet53: half the size, two ways, one of them through residual blocks.</summary>
    private int Stage(int filters, int blocks, int way, int inner)
    {
        int down = Convolution(filters, 3, 2, mish: true), past = Convolution(way, 1, mish: true);
        Route(down);
        Convolution(way, 1, mish: true);
        for (int i = 0; i < blocks; i++)
        {
            int from = _layers - 1;
            Convolution(inner, 1, mish: true);
            Convolution(way, 3, mish: true);
            Layer("shortcut", ("from", Relative(from)), ("activation", "linear"));
        }
        int through = Convolution(way, 1, mish: true);
        Route(through, past);
        return Convolution(filters, 1, mish: true);
    }

    /// <summary>A stage of the tiny network; gives the layer whose outline is used again.</summary>
    private int HalfStage(int filters)
    {
        int whole = Convolution(filters, 3);
        Layer("route", ("layers", Relative(whole)), ("groups", "2"), ("group_id", "1"));
        int first = Convolution(filters / 2, 3), second = Convolution(filters / 2, 3);
        Route(second, first);
        int joined = Convolution(filters, 1);
        Route(whole, joined);
        MaxPool(2, 2);
        return joined;
    }

    private void Pair(int filters, int size)
    {
        Convolution(filters, size);
        Convolution(2 * filters, 3);
    }

    /// <summary>Joins what comes, enlarged, with an earlier layer.</summary>
    private int Up(int filters, int with)
    {
        Convolution(filters, 1);
        int enlarged = Upsample();
        Route(with);
        int side = Convolution(filters, 1);
        Route(side, enlarged);
        return Five(filters);
    }

    /// <summary>Joins what comes, made smaller, with an earlier layer.</summary>
    private int Down(int filters, int with)
    {
        int smaller = Convolution(filters, 3, 2);
        Route(smaller, with);
        return Five(filters);
    }

    private int Five(int filters)
    {
        Pair(filters, 1);
        Pair(filters, 1);
        return Convolution(filters, 1);
    }

    private void Head(int filters, int first, int count, double stretch, IReadOnlyList<BoxSize> anchors)
    {
        Convolution(filters, 3);
        Layer("convolutional", ("size", "1"), ("stride", "1"), ("pad", "1"), ("filters", $"{(_classes + 5) * count}"), ("activation", "linear"));
        Layer("yolo", ("mask", string.Join(',', Enumerable.Range(first, count))), ("anchors", string.Join(", ", anchors.Select(a => $"{Text(a.Width)},{Text(a.Height)}"))), ("classes", $"{_classes}"),
            ("num", $"{anchors.Count}"), ("jitter", ".3"), ("scale_x_y", Text(stretch)), ("cls_normalizer", "1.0"), ("iou_normalizer", "0.07"), ("iou_loss", "ciou"), ("ignore_thresh", ".7"), ("truth_thresh", "1"),
            ("nms_kind", "greedynms"), ("beta_nms", "0.6"), ("max_delta", "5"));
    }

    private int Convolution(int filters, int size, int stride = 1, bool mish = false) =>
        Layer("convolutional", ("batch_normalize", "1"), ("filters", $"{filters / _divisor}"), ("size", $"{size}"), ("stride", $"{stride}"), ("pad", "1"), ("activation", mish ? "mish" : "leaky"));

    private int MaxPool(int size, int stride) => Layer("maxpool", ("size", $"{size}"), ("stride", $"{stride}"));

    private int Upsample() => Layer("upsample", ("stride", "2"));

    private void Route(params int[] layers) => Layer("route", ("layers", string.Join(',', layers.Select(Relative))));

    private string Relative(int layer) => $"{layer - _layers}";

    private int Layer(string kind, params (string Key, string Value)[] values)
    {
        Section(kind, values);
        return _layers++;
    }

    private void Section(string kind, params (string Key, string Value)[] values)
    {
        _text.Append('\n').Append('[').Append(kind).Append("]\n");
        foreach ((string key, string value) in values) _text.Append(key).Append('=').Append(value).Append('\n');
    }

    private static string Text(double value) => value.ToString(CultureInfo.InvariantCulture);
}

namespace ClemReg.Algorithms.Detection;

/// <summary>How the outputs of a YOLO network hold its boxes (docs/model-cards.md has the table).</summary>
public enum YoloKind
{
    /// <summary>YOLOv4 as pytorch-YOLOv4 exports it, and as convert_model writes it: boxes [1,N,1,4] as corners, 0 to 1, and confs [1,N,C].</summary>
    V4,
    /// <summary>Heads of Darknet (YOLOv3, v4) without their decoding: [1, A (5+C), h, w] each.</summary>
    Darknet,
    /// <summary>YOLOv5: [1, N, 5+C] of centre, sides, objectness and classes.</summary>
    V5,
    /// <summary>Heads of YOLOv5 without their decoding: [1, 3, h, w, 5+C] each.</summary>
    V5Heads,
    /// <summary>YOLOv8, v9, v11: [1, 4+C, N], one row a number.</summary>
    V8,
    /// <summary>YOLOv10 and exports with suppression: [1, N, 6] of corners, score and class.</summary>
    EndToEnd,
    /// <summary>YOLOX: [1, N, 5+C] of offsets in cells.</summary>
    Yolox,
}

/// <summary>What the outputs of a network are.</summary>
/// <param name="Kind">How they hold the boxes.</param>
/// <param name="Classes">Classes; 0 where the outputs do not tell (<see cref="YoloKind.EndToEnd"/>).</param>
public readonly record struct YoloLayout(YoloKind Kind, int Classes)
{
    private static readonly int[] Strides = [8, 16, 32];

    /// <summary>The strides of a network's scales, pixels: its cells' sides.</summary>
    public static IReadOnlyList<int> StandardStrides => Strides;

    /// <summary>Recognises the layout by the outputs' real shapes.</summary>
    /// <param name="shapes">Of all outputs, after a run.</param>
    /// <param name="height">Rows of the network's input.</param>
    /// <param name="width">Columns of it.</param>
    /// <param name="names">How many classes have names; 0: not known.</param>
    /// <param name="given">What the model's card says; null: nothing.</param>
    /// <param name="file">The model's, for messages.</param>
    /// <exception cref="ModelException">No layout that is known, or one that disagrees with the card or the classes' names.</exception>
    public static YoloLayout Recognise(IReadOnlyList<IReadOnlyList<long>> shapes, int height, int width, int names, YoloKind? given, string file)
    {
        YoloLayout layout = Guess(shapes, height, width, names, given) ?? throw new ModelException(
            $"{file}: its outputs ({string.Join("; ", shapes.Select(s => string.Join(" x ", s)))}) are none of YOLOv3, v4, v5, v8, v10, v11 or YOLOX{(given is { } g ? $", or do not fit the card's \"layout\": {g.ToString().ToLowerInvariant()}" : "")}. Export the model as it was trained, without other outputs, or name the layout in its card (docs/model-cards.md).");
        if (layout.Classes > 0 && names > 0 && layout.Classes != names)
            throw new ModelException($"{file}: its outputs have {layout.Classes} classes, but {names} classes are named. Correct \"names\" in the model's card.");
        return layout;
    }

    private static YoloLayout? Guess(IReadOnlyList<IReadOnlyList<long>> shapes, int height, int width, int names, YoloKind? given)
    {
        if (shapes.Count == 2 && shapes.Any(s => s.Count == 4 && s[2] == 1 && s[3] == 4) && shapes.FirstOrDefault(s => s.Count == 3) is { } confs) return Fits(YoloKind.V4, confs[2], given);
        if (shapes.Count is >= 1 and <= 4 && shapes.All(s => s.Count == 5 && s[1] == 3 && s[4] > 5)) return Fits(YoloKind.V5Heads, shapes[0][4] - 5, given);
        if (shapes.Count is >= 1 and <= 4 && shapes.All(s => s.Count == 4 && s[1] == shapes[0][1] && s[1] % 3 == 0 && s[1] > 15)) return Fits(YoloKind.Darknet, shapes[0][1] / 3 - 5, given);
        if (shapes.Count != 1 || shapes[0].Count != 3 || shapes[0][0] != 1) return null;
        (long a, long b) = (shapes[0][1], shapes[0][2]);
        if (given is { } kind)
            return kind switch
            {
                YoloKind.Yolox when a == Cells(height, width) && b > 5 => new YoloLayout(kind, (int)b - 5),
                YoloKind.V5 when b > 5 => new YoloLayout(kind, (int)b - 5),
                YoloKind.V8 when a > 4 => new YoloLayout(kind, (int)a - 4),
                YoloKind.EndToEnd when b == 6 => new YoloLayout(kind, 0),
                _ => null,
            };
        if (a == Cells(height, width) && b > 5) return new YoloLayout(YoloKind.Yolox, (int)b - 5);
        // A YOLOv5 of one class has six columns too, but thousands of rows.
        if (b == 6 && a <= 1000 && names != 1) return new YoloLayout(YoloKind.EndToEnd, 0);
        if (a < b && a > 4) return new YoloLayout(YoloKind.V8, (int)a - 4);
        return a > b && b > 5 ? new YoloLayout(YoloKind.V5, (int)b - 5) : null;
    }

    private static YoloLayout? Fits(YoloKind kind, long classes, YoloKind? given) => classes >= 1 && (given is null || given == kind) ? new YoloLayout(kind, (int)classes) : null;

    /// <summary>Cells of the three scales together.</summary>
    private static long Cells(int height, int width) => Strides.Sum(s => (long)(height / s) * (width / s));
}

/// <summary>A scale of a network whose heads are not decoded: its anchors and how it stretches offsets.</summary>
/// <param name="Anchors">Widths and heights in pixels of the network's input.</param>
/// <param name="Stretch">Darknet's scale_x_y.</param>
/// <param name="NewCoordinates">Darknet's new_coords: the numbers have gone through the logistic function already, sides are squares.</param>
public sealed record YoloScale(IReadOnlyList<(double Width, double Height)> Anchors, double Stretch = 1, bool NewCoordinates = false)
{
    /// <summary>The scales of a network that everybody knows, by their strides: yolov3, yolov3-tiny, yolov4, yolov4-tiny, yolov5; null for another name.</summary>
    public static IReadOnlyDictionary<int, YoloScale>? Of(string name) => name switch
    {
        "yolov3" => Scales([10, 13, 16, 30, 33, 23, 30, 61, 62, 45, 59, 119, 116, 90, 156, 198, 373, 326], [(8, 0, 1), (16, 3, 1), (32, 6, 1)]),
        "yolov3-tiny" => Scales([10, 14, 23, 27, 37, 58, 81, 82, 135, 169, 344, 319], [(16, 0, 1), (32, 3, 1)]),
        "yolov4" => Scales([12, 16, 19, 36, 40, 28, 36, 75, 76, 55, 72, 146, 142, 110, 192, 243, 459, 401], [(8, 0, 1.2), (16, 3, 1.1), (32, 6, 1.05)]),
        "yolov4-tiny" => Scales([10, 14, 23, 27, 37, 58, 81, 82, 135, 169, 344, 319], [(16, 1, 1.05), (32, 3, 1.05)]),
        "yolov5" => Scales([10, 13, 16, 30, 33, 23, 30, 61, 62, 45, 59, 119, 116, 90, 156, 198, 373, 326], [(8, 0, 1), (16, 3, 1), (32, 6, 1)]),
        _ => null,
    };

    private static Dictionary<int, YoloScale> Scales(double[] anchors, (int Stride, int First, double Stretch)[] heads) =>
        heads.ToDictionary(h => h.Stride, h => new YoloScale([.. Enumerable.Range(h.First, 3).Select(i => (anchors[2 * i], anchors[2 * i + 1]))], h.Stretch));
}

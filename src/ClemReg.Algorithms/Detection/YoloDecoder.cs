using ClemReg.Algorithms.Inference;

namespace ClemReg.Algorithms.Detection;

/// <summary>Makes boxes of a YOLO network's outputs: each candidate with its best class (multi-label output is for validation only).</summary>
/// <remarks>Formulas: AlexeyAB's Darknet (v3, v4), Ultralytics (v5, v8, v11), Megvii (YOLOX); spec onnx-models, E1 and E2.</remarks>
public static class YoloDecoder
{
    /// <summary>Decodes.</summary>
    /// <param name="layout">What the outputs are.</param>
    /// <param name="outputs">All of them, Float32.</param>
    /// <param name="height">Rows of the network's input.</param>
    /// <param name="width">Columns of it.</param>
    /// <param name="scales">Anchors by stride, for heads that are not decoded.</param>
    /// <param name="threshold">Candidates of a lower score are left out, 0 to 1.</param>
    /// <param name="file">The model's, for messages.</param>
    /// <returns>Boxes in pixels of the network's input, in the outputs' order, not suppressed.</returns>
    /// <exception cref="ModelException">The outputs are not what the layout says, or anchors are missing.</exception>
    public static List<DetectedBox> Decode(YoloLayout layout, IReadOnlyList<InferenceTensor> outputs, int height, int width, IReadOnlyDictionary<int, YoloScale>? scales, double threshold, string file)
    {
        foreach (InferenceTensor output in outputs)
            if (output.Type != TensorType.Float32) throw new ModelException($"{file}: an output is {output}, where Float32 is needed. Export the model with 32-bit outputs.");
        var found = new List<DetectedBox>();
        switch (layout.Kind)
        {
            case YoloKind.V4:
                Corners(outputs, layout.Classes, height, width, threshold, found);
                break;
            case YoloKind.V5:
                Rows(outputs[0], layout.Classes, threshold, found);
                break;
            case YoloKind.V8:
                Columns(outputs[0], layout.Classes, threshold, found);
                break;
            case YoloKind.EndToEnd:
                Finished(outputs[0], threshold, found);
                break;
            case YoloKind.Yolox:
                Cells(outputs[0], layout.Classes, height, width, threshold, found);
                break;
            case YoloKind.Darknet:
                foreach (InferenceTensor head in outputs) DarknetHead(head, layout.Classes, height, width, Scale(head, height, scales, file), threshold, found);
                break;
            case YoloKind.V5Heads:
                foreach (InferenceTensor head in outputs) V5Head(head, layout.Classes, height, Scale(head, height, scales, file), threshold, found);
                break;
            default: throw new NotSupportedException(layout.Kind.ToString());
        }
        // A network gone wrong gives numbers that are none.
        found.RemoveAll(b => !double.IsFinite(b.Left + b.Top + b.Right + b.Bottom + b.Score));
        return found;
    }

    private static void Corners(IReadOnlyList<InferenceTensor> outputs, int classes, int height, int width, double threshold, List<DetectedBox> found)
    {
        InferenceTensor first = outputs[0];
        (InferenceTensor boxes, InferenceTensor confs) = first.Shape.Count == 4 ? (first, outputs[1]) : (outputs[1], first);
        ReadOnlySpan<float> b = boxes.Values<float>(), c = confs.Values<float>();
        for (int i = 0; i < b.Length / 4 && i < c.Length / classes; i++)
        {
            (int best, float score) = Best(c.Slice(i * classes, classes));
            if (score >= threshold) found.Add(new DetectedBox(best, score, b[4 * i] * width, b[4 * i + 1] * height, b[4 * i + 2] * width, b[4 * i + 3] * height));
        }
    }

    private static void Rows(InferenceTensor output, int classes, double threshold, List<DetectedBox> found)
    {
        ReadOnlySpan<float> values = output.Values<float>();
        for (int i = 0; i < values.Length; i += 5 + classes)
        {
            ReadOnlySpan<float> row = values.Slice(i, 5 + classes);
            if (row[4] < threshold) continue;
            (int best, float score) = Best(row[5..]);
            if (row[4] * score >= threshold) found.Add(DetectedBox.Centred(best, row[4] * score, row[0], row[1], row[2], row[3]));
        }
    }

    private static void Columns(InferenceTensor output, int classes, double threshold, List<DetectedBox> found)
    {
        ReadOnlySpan<float> values = output.Values<float>();
        int count = values.Length / (4 + classes);
        for (int i = 0; i < count; i++)
        {
            int best = 0;
            for (int k = 1; k < classes; k++)
                if (values[(4 + k) * count + i] > values[(4 + best) * count + i]) best = k;
            float score = values[(4 + best) * count + i];
            if (score >= threshold) found.Add(DetectedBox.Centred(best, score, values[i], values[count + i], values[2 * count + i], values[3 * count + i]));
        }
    }

    private static void Finished(InferenceTensor output, double threshold, List<DetectedBox> found)
    {
        ReadOnlySpan<float> values = output.Values<float>();
        for (int i = 0; i < values.Length; i += 6)
            if (values[i + 4] >= threshold && values[i + 5] >= 0) found.Add(new DetectedBox((int)values[i + 5], values[i + 4], values[i], values[i + 1], values[i + 2], values[i + 3]));
    }

    private static void Cells(InferenceTensor output, int classes, int height, int width, double threshold, List<DetectedBox> found)
    {
        ReadOnlySpan<float> values = output.Values<float>();
        int i = 0;
        foreach (int stride in YoloLayout.StandardStrides)
            for (int y = 0; y < height / stride; y++)
                for (int x = 0; x < width / stride; x++, i += 5 + classes)
                {
                    ReadOnlySpan<float> p = values.Slice(i, 5 + classes);
                    if (p[4] < threshold) continue;
                    (int best, float score) = Best(p[5..]);
                    if (p[4] * score >= threshold)
                        found.Add(DetectedBox.Centred(best, p[4] * score, (p[0] + x) * stride, (p[1] + y) * stride, Math.Exp(p[2]) * stride, Math.Exp(p[3]) * stride));
                }
    }

    private static void DarknetHead(InferenceTensor head, int classes, int height, int width, YoloScale scale, double threshold, List<DetectedBox> found)
    {
        ReadOnlySpan<float> values = head.Values<float>();
        int h = (int)head.Shape[2], w = (int)head.Shape[3], plane = h * w;
        double Sure(double v) => scale.NewCoordinates ? v : Logistic(v);
        for (int k = 0; k < scale.Anchors.Count; k++)
            for (int j = 0; j < h; j++)
                for (int i = 0; i < w; i++)
                {
                    ReadOnlySpan<float> at = values[(k * (5 + classes) * plane + j * w + i)..];
                    double objectness = Sure(at[4 * plane]);
                    if (objectness < threshold) continue;
                    int best = 0;
                    for (int c = 1; c < classes; c++)
                        if (at[(5 + c) * plane] > at[(5 + best) * plane]) best = c;
                    double score = objectness * Sure(at[(5 + best) * plane]);
                    if (score < threshold) continue;
                    double s = scale.Stretch, x = (Sure(at[0]) * s - (s - 1) / 2 + i) / w * width, y = (Sure(at[plane]) * s - (s - 1) / 2 + j) / h * height;
                    (double aw, double ah) = scale.Anchors[k];
                    double Side(double v) => scale.NewCoordinates ? 4 * v * v : Math.Exp(v);
                    found.Add(DetectedBox.Centred(best, score, x, y, Side(at[2 * plane]) * aw, Side(at[3 * plane]) * ah));
                }
    }

    private static void V5Head(InferenceTensor head, int classes, int height, YoloScale scale, double threshold, List<DetectedBox> found)
    {
        ReadOnlySpan<float> values = head.Values<float>();
        int h = (int)head.Shape[2], w = (int)head.Shape[3];
        double stride = (double)height / h;
        for (int k = 0; k < scale.Anchors.Count; k++)
            for (int j = 0; j < h; j++)
                for (int i = 0; i < w; i++)
                {
                    ReadOnlySpan<float> p = values.Slice(((k * h + j) * w + i) * (5 + classes), 5 + classes);
                    double objectness = Logistic(p[4]);
                    if (objectness < threshold) continue;
                    (int best, float raw) = Best(p[5..]);
                    double score = objectness * Logistic(raw);
                    if (score < threshold) continue;
                    static double Square(double v) => 4 * v * v;
                    found.Add(DetectedBox.Centred(best, score, (2 * Logistic(p[0]) - 0.5 + i) * stride, (2 * Logistic(p[1]) - 0.5 + j) * stride,
                        Square(Logistic(p[2])) * scale.Anchors[k].Width, Square(Logistic(p[3])) * scale.Anchors[k].Height));
                }
    }

    private static YoloScale Scale(InferenceTensor head, int height, IReadOnlyDictionary<int, YoloScale>? scales, string file)
    {
        if (scales is null)
            throw new ModelException($"{file}: its outputs are the network's heads, whose anchors the file does not tell. Name them in the model's card (\"anchors\": \"yolov4\" or lists of numbers, docs/model-cards.md), or convert the Darknet files with convert-model.");
        int stride = (int)(height / Math.Max(1, head.Shape[2]));
        return scales.TryGetValue(stride, out YoloScale? scale) ? scale
            : throw new ModelException($"{file}: it has a head of stride {stride}, for which the card has no anchors (it has them for {string.Join(", ", scales.Keys.Order())}).");
    }

    private static double Logistic(double v) => 1 / (1 + Math.Exp(-v));

    private static (int Class, float Score) Best(ReadOnlySpan<float> scores)
    {
        int best = 0;
        for (int k = 1; k < scores.Length; k++)
            if (scores[k] > scores[best]) best = k;
        return (best, scores[best]);
    }
}

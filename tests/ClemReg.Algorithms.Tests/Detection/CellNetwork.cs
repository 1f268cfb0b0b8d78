using ClemReg.Algorithms.Inference.Conversion;
using Google.Protobuf;
using static ClemReg.Algorithms.Inference.Conversion.OnnxGraphBuilder;

namespace ClemReg.Algorithms.Tests.Detection;

/// <summary>A YOLOv8 of one class for images of 64 x 64 pixels: each cell of 8 x 8 pixels is a box (of a side of its own, about the cell's centre), as sure as its brightest pixel is bright, if that is above 0.5.</summary>
internal static class CellNetwork
{
    private const int Side = 64, Cell = 8;

    /// <summary>Writes it into a folder and returns its path.</summary>
    public static string Write(string folder, params (string Key, string Value)[] metadata) => Write(folder, Cell, metadata);

    /// <summary>The same with boxes of a side of one's own, pixels: larger ones overlap.</summary>
    public static string Write(string folder, float boxSide, params (string Key, string Value)[] metadata)
    {
        var graph = new OnnxGraphBuilder("cells", WeightFormat.Float32);
        int n = Side / Cell, count = n * n;
        string input = graph.Input("images", "1", "1", $"{Side}", $"{Side}");
        string score = graph.Node("Reshape", [graph.Node("MaxPool", [input], null, Integers("kernel_shape", Cell, Cell), Integers("strides", Cell, Cell)), graph.Constant("row", 1, 1, count)]);
        float[] boxes = [.. Enumerable.Range(0, count).Select(i => (i % n + 0.5f) * Cell), .. Enumerable.Range(0, count).Select(i => (i / n + 0.5f) * Cell), .. Enumerable.Repeat(boxSide, 2 * count)];
        // Grey around the picture is no object.
        string sure = graph.Node("Mul", [score, graph.Node("Cast", [graph.Node("Greater", [score, graph.Floats("grey", 0.5f)])], null, Integer("to", 1))]);
        graph.Node("Concat", [graph.Tensor("boxes", [1, 4, count], boxes), sure], "output0", Integer("axis", 1));
        graph.Output("output0", "1", "5", $"{count}");
        string path = Path.Combine(folder, "cells.onnx");
        File.WriteAllBytes(path, graph.Build("test", metadata).ToByteArray());
        return path;
    }
}

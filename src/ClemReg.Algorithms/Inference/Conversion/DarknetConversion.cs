using System.Globalization;
using System.Text;
using ClemReg.Algorithms.Detection;
using ClemReg.Algorithms.Inference.Models;
using ClemReg.Algorithms.Inference.Models.Protobuf;
using ClemReg.Algorithms.Pipelines;
using Google.Protobuf;

namespace ClemReg.Algorithms.Inference.Conversion;

/// <summary>Makes ONNX of a Darknet network (YOLOv3, YOLOv4 and their small ones), which Darknet itself cannot write.</summary>
public static class DarknetConversion
{
    private const int LongestNames = 1 << 20;

    /// <summary>Converts.</summary>
    /// <param name="configuration">The .cfg file with which the network was trained.</param>
    /// <param name="weights">The .weights file.</param>
    /// <param name="names">obj.names, a class a line; null: classes stay without names.</param>
    /// <param name="target">The .onnx file to be written.</param>
    /// <param name="options">How filters are stored, and whether a file may be replaced; the rest is MitoNet's.</param>
    /// <param name="job">Progress and cancellation; nothing is left of a cancelled conversion.</param>
    /// <exception cref="NotFoundException">A file is not there.</exception>
    /// <exception cref="BadInputException">A file is none of its kind, they do not belong together, or the target cannot be written.</exception>
    /// <exception cref="OperationCanceledException">The job was cancelled.</exception>
    public static ConvertedModel Convert(string configuration, string weights, string? names, string target, ModelConversionOptions options, Job job)
    {
        ModelFiles.CheckTarget(target, "out", options.Overwrite);
        foreach (string? source in (string?[])[configuration, weights, names])
            if (source is not null && Path.GetFullPath(source) == Path.GetFullPath(target)) throw BadInputException.ForParameter("out", target, "another file than those that are read");
        IReadOnlyList<DarknetSection> sections = DarknetConfiguration.Read(configuration);
        string file = Shown.Name(Path.GetFileName(weights));
        using FileStream stream = ModelFiles.Open(weights, "weights");
        var graph = new OnnxGraphBuilder("yolo", options.Weights);
        (string hash, DarknetNetwork network, DarknetWeights read) = ModelFiles.Reading(file, () =>
        {
            string sum = job.Run("check_file", 0, 0.3, part => Sha256.OfStream(stream, part));
            stream.Position = 0;
            var numbers = new DarknetWeights(stream, file);
            return (sum, job.Run("read_weights", 0.3, 0.7, part => new DarknetNetwork(sections, numbers, graph, part)), numbers);
        });
        IReadOnlyList<string> classes = names is null ? [] : Names(names, network.Classes);
        ModelProto model = graph.Build(Operations.Version, Metadata(options, network, classes, file, hash));
        job.Run<object?>("write_model", 0.7, 1, part =>
        {
            ModelFiles.Write([(target, output => { part.ThrowIfCancelled(); model.WriteTo(output); })], "out", options.Overwrite);
            return null;
        });
        job.Log($"{network.Width} x {network.Height} pixels, {network.Classes} classes, {network.Boxes} boxes.");
        return new ConvertedModel([target], read.Parameters, graph.Nodes, hash);
    }

    /// <summary>Reads obj.names: a class a line, blank lines at the end left out.</summary>
    /// <exception cref="NotFoundException">There is no such file.</exception>
    /// <exception cref="BadInputException">It has another number of classes.</exception>
    private static string[] Names(string path, int classes)
    {
        string file = Shown.Name(Path.GetFileName(path));
        using FileStream stream = ModelFiles.Open(path, "names");
        string[] names = ModelFiles.Reading(file, () =>
        {
            if (stream.Length > LongestNames) throw new BadInputException($"{file} has {stream.Length} bytes: it is no list of classes (obj.names), a name a line.");
            using var reader = new StreamReader(stream);
            return reader.ReadToEnd().ReplaceLineEndings("\n").TrimEnd('\n', ' ').Split('\n').Select(n => n.Trim()).ToArray();
        });
        return names.Length == classes && names.All(n => n.Length > 0) ? names
            : throw new BadInputException($"{file} names {names.Count(n => n.Length > 0)} classes{(names.Any(n => n.Length == 0) ? ", with empty lines between them" : "")}; the configuration's [yolo] layers have classes = {classes}. Give the obj.names with which it was trained.");
    }

    private static IEnumerable<(string Key, string Value)> Metadata(ModelConversionOptions options, DarknetNetwork network, IReadOnlyList<string> classes, string file, string hash)
    {
        yield return (ModelMetadata.Kind, ModelMetadata.Yolo);
        yield return (ModelMetadata.Weights, options.Weights.ToString().ToLowerInvariant());
        if (classes.Count > 0)
        {
            var text = new StringBuilder("{");
            for (int i = 0; i < classes.Count; i++) text.Append(i > 0 ? ", " : "").Append(i).Append(": '").Append(classes[i].Replace("\\", "\\\\", StringComparison.Ordinal).Replace("'", "\\'", StringComparison.Ordinal)).Append('\'');
            yield return ("names", text.Append('}').ToString());
        }
        yield return (ModelMetadata.Resize, (network.Letterbox ? FrameKind.DarknetLetterbox : FrameKind.StretchCorners).ToString().ToLowerInvariant());
        if (network.Beta is { } beta) yield return (ModelMetadata.Beta, beta.ToString("R", CultureInfo.InvariantCulture));
        yield return (ModelMetadata.Converter, "ClemReg.Fiji " + Operations.Version);
        yield return (ModelMetadata.SourceFile, file);
        yield return (ModelMetadata.SourceSha256, hash);
    }
}

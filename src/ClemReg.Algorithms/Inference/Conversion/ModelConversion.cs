using System.Globalization;
using System.Text.Json.Nodes;
using ClemReg.Algorithms.Inference.Models;
using ClemReg.Algorithms.Inference.Models.Protobuf;
using ClemReg.Algorithms.Pipelines;
using Google.Protobuf;

namespace ClemReg.Algorithms.Inference.Conversion;

/// <summary>How <see cref="ModelConversion"/> writes a model, and what it notes in it.</summary>
public sealed record ModelConversionOptions
{
    /// <summary>How filters are stored.</summary>
    public WeightFormat Weights { get; init; } = WeightFormat.Float32;

    /// <summary>
    /// False: one graph from image to results. True: PointRend's points are chosen outside; its point head is a second file, NAME_point.onnx.
    /// </summary>
    public bool Dense { get; init; }

    /// <summary>Whether files that are there already may be replaced.</summary>
    public bool Overwrite { get; init; }

    /// <summary>The mean grey value that the model was trained with, 0 to 1.</summary>
    public double Mean { get; init; } = 0.57571;

    /// <summary>The standard deviation of grey values that the model was trained with, above 0, at most 1.</summary>
    public double StandardDeviation { get; init; } = 0.12765;

    /// <summary>Image sizes must be multiples of this, itself a multiple of 16.</summary>
    public int PaddingFactor { get; init; } = 16;

    /// <summary>What the model finds.</summary>
    public string ClassName { get; init; } = "mito";
}

/// <summary>What a conversion wrote.</summary>
/// <param name="Files">The files: the model, and the point head where there is one.</param>
/// <param name="Parameters">Numbers in its weights.</param>
/// <param name="Nodes">Operators in the model's graph.</param>
/// <param name="SourceSha256">The SHA-256 of the file that it was made from, lower-case.</param>
public sealed record ConvertedModel(IReadOnlyList<string> Files, long Parameters, int Nodes, string SourceSha256);

/// <summary>Makes ONNX of a TorchScript file of MitoNet's network (.pth of empanada), without Python.</summary>
public static class ModelConversion
{
    private const int ChunkBytes = 1 << 20;

    /// <summary>Converts a file.</summary>
    /// <param name="source">The .pth file.</param>
    /// <param name="target">The .onnx file to be written.</param>
    /// <param name="options">How.</param>
    /// <param name="job">Progress and cancellation; nothing is left of a cancelled conversion.</param>
    /// <exception cref="NotFoundException">There is no such file.</exception>
    /// <exception cref="BadInputException">
    /// It is no TorchScript file, damaged, of another network, or asks for something that such files do not need; the target is there already or cannot be
    /// written; an option is not allowed.
    /// </exception>
    /// <exception cref="OperationCanceledException">The job was cancelled.</exception>
    public static ConvertedModel Convert(string source, string target, ModelConversionOptions options, Job job)
    {
        Check(options);
        string[] targets = options.Dense ? [target, PointHeadPath(target)] : [target];
        foreach (string path in targets) ModelFiles.CheckTarget(path, "out", options.Overwrite);
        string file = Shown.Name(Path.GetFileName(source));
        using FileStream stream = ModelFiles.Open(source, "model");
        foreach (string path in targets)
            if (Path.GetFullPath(path) == Path.GetFullPath(source)) throw BadInputException.ForParameter("out", path, "another file than the model");

        (string hash, PanopticDeepLab network) = ModelFiles.Reading(file, () =>
        {
            string sum = job.Run("check_file", 0, 0.2, part => Sha256.OfStream(stream, part));
            return (sum, job.Run("read_weights", 0.2, 0.7, part =>
            {
                using var archive = new TorchArchive(stream, file);
                return new PanopticDeepLab(archive, file, part);
            }));
        });

        var graphs = new List<OnnxGraphBuilder> { new(options.Dense ? "panoptic_deeplab_dense" : "panoptic_deeplab", options.Weights) };
        if (options.Dense)
        {
            network.WriteDense(graphs[0]);
            graphs.Add(new("point_head", options.Weights));
            network.WritePointHead(graphs[1]);
        }
        else network.WriteFull(graphs[0]);
        ModelProto[] models = [.. graphs.Select((graph, i) => graph.Build(Operations.Version, Metadata(options, network, file, hash, pointHead: i == 1)))];
        long bytes = models.Sum(m => (long)m.CalculateSize());
        job.Run<object?>("write_model", 0.7, 1, part =>
        {
            long written = 0;
            ModelFiles.Write([.. targets.Zip(models, (path, model) => (path, (Action<Stream>)(output =>
            {
                using var watched = new WatchedStream(output, part, count => part.Report((double)(written += count) / bytes));
                model.WriteTo(watched);
            })))], "out", options.Overwrite);
            return null;
        });
        return new ConvertedModel(targets, network.Parameters, graphs[0].Nodes, hash);
    }

    /// <summary>Where the point head of a dense model lies: NAME_point.onnx beside NAME.onnx.</summary>
    public static string PointHeadPath(string model) => Path.Combine(Path.GetDirectoryName(model) ?? "", Path.GetFileNameWithoutExtension(model) + "_point" + Path.GetExtension(model));

    private static void Check(ModelConversionOptions options)
    {
        if (!(options.Mean is >= 0 and <= 1)) throw BadInputException.ForParameter("mean", options.Mean, "a number from 0 to 1");
        if (!(options.StandardDeviation is > 0 and <= 1)) throw BadInputException.ForParameter("std", options.StandardDeviation, "a number above 0, at most 1");
        if (options.PaddingFactor is < 16 or > 4096 || options.PaddingFactor % 16 != 0) throw BadInputException.ForParameter("padding_factor", options.PaddingFactor, "a multiple of 16 up to 4096");
        if (options.ClassName.Length is 0 or > 100) throw BadInputException.ForParameter("class_name", options.ClassName, "a text of 1 to 100 characters");
    }

    private static IEnumerable<(string Key, string Value)> Metadata(ModelConversionOptions options, PanopticDeepLab network, string file, string hash, bool pointHead)
    {
        yield return (ModelMetadata.Kind, pointHead ? ModelMetadata.PointHead : ModelMetadata.PanopticDeepLab);
        yield return (ModelMetadata.Graph, options.Dense ? "dense" : "full");
        yield return (ModelMetadata.Weights, options.Weights.ToString().ToLowerInvariant());
        yield return (ModelMetadata.Mean, options.Mean.ToString("R", CultureInfo.InvariantCulture));
        yield return (ModelMetadata.StandardDeviation, options.StandardDeviation.ToString("R", CultureInfo.InvariantCulture));
        yield return (ModelMetadata.PaddingFactor, options.PaddingFactor.ToString(CultureInfo.InvariantCulture));
        yield return (ModelMetadata.Points, network.Points.ToString(CultureInfo.InvariantCulture));
        yield return (ModelMetadata.ClassNames, new JsonObject { ["1"] = options.ClassName }.ToJsonString());
        yield return (ModelMetadata.Converter, "ClemReg.Fiji " + Operations.Version);
        yield return (ModelMetadata.SourceFile, file);
        yield return (ModelMetadata.SourceSha256, hash);
    }

    /// <summary>Sees a cancellation and tells progress while something else writes.</summary>
    private sealed class WatchedStream(Stream inner, Job job, Action<int> wrote) : Stream
    {
        public override bool CanRead => false;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

        public override void Write(ReadOnlySpan<byte> buffer)
        {
            while (!buffer.IsEmpty)
            {
                job.ThrowIfCancelled();
                ReadOnlySpan<byte> chunk = buffer[..Math.Min(buffer.Length, ChunkBytes)];
                inner.Write(chunk);
                wrote(chunk.Length);
                buffer = buffer[chunk.Length..];
            }
        }

        public override void Flush() => inner.Flush();

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();
    }
}

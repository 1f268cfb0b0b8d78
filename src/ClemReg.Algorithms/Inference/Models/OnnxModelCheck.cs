namespace ClemReg.Algorithms.Inference.Models;

/// <summary>What a runtime reads.</summary>
/// <param name="Runtime">Its name and version, for messages.</param>
/// <param name="IrVersion">The newest version of the file format.</param>
/// <param name="Opset">The newest version of ONNX's own operators.</param>
public sealed record OnnxSupport(string Runtime, long IrVersion, long Opset)
{
    /// <summary>ONNX Runtime 1.30, found by giving it models of every version: docs/decisions/18-model-conversion.md.</summary>
    public static OnnxSupport Runtime130 { get; } = new("ONNX Runtime 1.30", 13, 26);
}

/// <summary>
/// Looks through an ONNX file before the runtime does, so that a damaged, foreign or hostile file is a message and not a crash of native
/// code: format, versions, operators, inputs and outputs, every tensor's size and numbers, files beside it.
/// </summary>
/// <remarks>Holds one window of the file whatever its size; 220 MB take 0.2 s from the system's cache.</remarks>
public static class OnnxModelCheck
{
    private const int MaximumMetadata = 10_000;
    private const int LongestValue = 1 << 20;

    // The sets of operators that ONNX Runtime brings along, by name.
    private static readonly string[] OwnDomains =
    [
        "", "ai.onnx", "ai.onnx.ml", "ai.onnx.training", "ai.onnx.preview", "ai.onnx.preview.training",
        "com.microsoft", "com.microsoft.experimental", "com.microsoft.nchwc", "com.ms.internal.nhwc", "org.pytorch.aten",
    ];

    /// <summary>Checks a file.</summary>
    /// <param name="path">The .onnx file.</param>
    /// <param name="job">Cancels, hears of progress; is warned of infinite weights.</param>
    /// <param name="support">What the runtime reads; null for <see cref="OnnxSupport.Runtime130"/>.</param>
    /// <exception cref="NotFoundException">The file, or one that it needs beside it, is not there.</exception>
    /// <exception cref="BadInputException">
    /// It cannot be read; is something else (said what), truncated or damaged; is too new; needs operators that the runtime lacks; has NaN among its
    /// weights or takes them from outside its folder; has no input or output.
    /// </exception>
    public static ModelDescription Read(string path, Job job, OnnxSupport? support = null)
    {
        string file = Path.GetFileName(path);
        using FileStream stream = ModelFiles.Open(path, "model");
        return ModelFiles.Reading(file, () => Read(stream, file, Path.GetDirectoryName(Path.GetFullPath(path)), job, support ?? OnnxSupport.Runtime130));
    }

    /// <summary>Checks a file's content.</summary>
    /// <param name="stream">The content, from its start; it must be able to seek.</param>
    /// <param name="file">The file's name, for messages.</param>
    /// <param name="folder">Where files beside it are; null if such are not allowed.</param>
    /// <param name="job">Cancels, hears of progress; is warned of infinite weights.</param>
    /// <param name="support">What the runtime reads.</param>
    /// <exception cref="BadInputException">As <see cref="Read(string, Job, OnnxSupport?)"/>.</exception>
    public static ModelDescription Read(Stream stream, string file, string? folder, Job job, OnnxSupport support)
    {
        file = Shown.Name(file);
        Span<byte> head = stackalloc byte[FileSignature.Bytes];
        stream.Position = 0;
        head = head[..stream.ReadAtLeast(head, head.Length, throwOnEndOfStream: false)];
        if (FileSignature.Recognise(head) is string other) throw new BadInputException($"{file} is not an ONNX model. It looks like {other}.");
        if (stream.Length > int.MaxValue) throw new BadInputException($"{file} has {stream.Length} bytes; an ONNX file has less than 2 GB, with larger weights in a file of their own.");
        // Writers begin with the version of the format, so anything else is told as such rather than as damage.
        if (head[0] != 0x08 && head[0] != 0x3a && head[0] != 0x42 && head[0] != 0x12)
            throw new BadInputException($"{file} is not an ONNX model: it begins with other bytes ({Convert.ToHexString(head[..Math.Min(4, head.Length)])}).");

        var reader = new ProtobufReader(stream, file);
        var tensors = new OnnxTensorReader(reader, file, folder, stream.Length, job);
        var graph = new OnnxGraphReader(reader, tensors, job);
        var opsets = new Dictionary<string, long>(StringComparer.Ordinal);
        var metadata = new Dictionary<string, string>(StringComparer.Ordinal);
        long irVersion = 0;
        string producer = "";
        bool hasGraph = false;
        while (reader.Next(out int field))
        {
            switch (field)
            {
                case 1: irVersion = reader.Integer(); break;
                case 2: producer = reader.Text(); break;
                case 7:
                    hasGraph = true;
                    graph.Read();
                    break;
                case 8: ReadOpset(reader, opsets); break;
                case 14: ReadMetadata(reader, metadata); break;
                case 25: graph.ReadFunction(); break;
                default: reader.Skip(); break;
            }
        }

        if (!hasGraph) throw new BadInputException($"{file} is not an ONNX model: it has no graph. TensorFlow's .pb files look like this; export the model to ONNX (tf2onnx).");
        CheckVersions(file, irVersion, opsets, support);
        CheckOperators(file, graph.Operators, opsets, support);
        if (graph.Inputs.Count == 0 || graph.Outputs.Count == 0)
            throw new BadInputException($"The model {file} has {graph.Inputs.Count} inputs and {graph.Outputs.Count} outputs; it needs one of each at least.");
        if (tensors.Infinite.Count > 0) job.Warn($"The model {file} has infinite numbers among its weights ({string.Join(", ", tensors.Infinite)}). That is right for bounds and masks, not for filters.");
        return new ModelDescription
        {
            File = file,
            Bytes = stream.Length,
            IrVersion = irVersion,
            Opset = opsets.GetValueOrDefault(""),
            OtherOpsets = opsets.Where(o => o.Key.Length > 0).ToDictionary(),
            Producer = producer,
            Inputs = graph.Inputs,
            Outputs = graph.Outputs,
            Metadata = metadata,
            Nodes = graph.Nodes,
            Weights = tensors.Elements,
            WeightBytes = tensors.Bytes,
            ExternalFiles = tensors.External,
            InfiniteWeights = tensors.Infinite,
        };
    }

    private static void CheckVersions(string file, long irVersion, Dictionary<string, long> opsets, OnnxSupport support)
    {
        if (irVersion < 1 || irVersion > support.IrVersion)
            throw new BadInputException($"The model {file} is of ONNX's format version {irVersion}; {support.Runtime} reads 1 to {support.IrVersion}. Export it for an older version.");
        if (opsets.TryGetValue("", out long opset) && (opset < 1 || opset > support.Opset))
            throw new BadInputException($"The model {file} uses ONNX's operators of version {opset} (opset); {support.Runtime} has 1 to {support.Opset}. Export it with opset_version={support.Opset} or less, such as 17.");
    }

    private static void CheckOperators(string file, IEnumerable<(string Domain, string Operator)> operators, Dictionary<string, long> opsets, OnnxSupport support)
    {
        foreach (IGrouping<string, string> domain in operators.GroupBy(o => o.Domain, o => o.Operator))
        {
            if (!OwnDomains.Contains(domain.Key))
                throw new BadInputException($"The model {file} needs operators of {Shown.Name(domain.Key)} ({string.Join(", ", domain.Take(5).Select(Shown.Name))}), which {support.Runtime} does not have. Export it with ONNX's own operators.");
            string key = domain.Key == "ai.onnx" ? "" : domain.Key;
            if (!opsets.ContainsKey(key)) throw new BadInputException($"The model {file} does not say of which version its operators ({Shown.Name(domain.Key)}) are: it has no opset_import for them. Export it again.");
        }
    }

    private static void ReadOpset(ProtobufReader reader, Dictionary<string, long> opsets)
    {
        string domain = "";
        long version = 0;
        long outer = reader.Enter();
        while (reader.Next(out int field))
        {
            if (field == 1) domain = reader.Text();
            else if (field == 2) version = reader.Integer();
            else reader.Skip();
        }
        reader.Leave(outer);
        opsets[domain == "ai.onnx" ? "" : domain] = version;
        if (opsets.Count > MaximumMetadata) throw reader.Damaged("too many sets of operators");
    }

    private static void ReadMetadata(ProtobufReader reader, Dictionary<string, string> metadata)
    {
        string key = "", value = "";
        bool tooLong = false;
        long outer = reader.Enter();
        while (reader.Next(out int field))
        {
            switch (field)
            {
                case 1: key = reader.Text(); break;
                case 2:
                    ByteRange text = reader.Bytes();
                    tooLong = text.Length > LongestValue;
                    value = tooLong ? "" : reader.TextAt(text);
                    break;
                default: reader.Skip(); break;
            }
        }
        reader.Leave(outer);
        if (!tooLong) metadata[key] = value;
        if (metadata.Count > MaximumMetadata) throw reader.Damaged("too many texts in its metadata");
    }
}

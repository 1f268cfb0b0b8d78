using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;

namespace ClemReg.Algorithms.Tests.Inference.Conversion;

/// <summary>Writes pickles instruction by instruction, so that bad ones can be made.</summary>
internal sealed class PickleWriter
{
    private readonly List<byte> _bytes = [0x80, 2];

    public byte[] Bytes => [.. _bytes];

    public PickleWriter Raw(params byte[] bytes)
    {
        _bytes.AddRange(bytes);
        return this;
    }

    public PickleWriter Op(char code) => Raw((byte)code);

    public PickleWriter Global(string module, string name) => Raw([(byte)'c', .. Encoding.UTF8.GetBytes($"{module}\n{name}\n")]);

    public PickleWriter Text(string text) => Op('X').Int(Encoding.UTF8.GetByteCount(text)).Raw(Encoding.UTF8.GetBytes(text));

    public PickleWriter Number(int value) => Op('J').Int(value);

    /// <summary>A tuple of whole numbers.</summary>
    public PickleWriter Tuple(params int[] values)
    {
        Op('(');
        foreach (int value in values) Number(value);
        return Op('t');
    }

    /// <summary>A tensor: a storage's reference and the view of it.</summary>
    public PickleWriter Tensor(string storage, string key, int count, int offset, int[] shape, int[] strides) => Global("torch._utils", "_rebuild_tensor_v2")
        .Op('(').Op('(').Text("storage").Global("torch", storage).Text(key).Text("cpu").Number(count).Op('t').Op('Q')
        .Number(offset).Tuple(shape).Tuple(strides).Raw(0x89).Global("collections", "OrderedDict").Op(')').Op('R').Op('t').Op('R');

    /// <summary>The beginning of a module: its state is to follow as pairs of name and value, then <see cref="EndModule"/>.</summary>
    public PickleWriter Module(string type = "Net") => Global("__torch__.test", type).Op(')').Raw(0x81).Op('}').Op('(');

    public PickleWriter EndModule() => Op('u').Op('b');

    public PickleWriter Int(int value)
    {
        var bytes = new byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, value);
        return Raw(bytes);
    }
}

/// <summary>Zip archives in the shape of TorchScript files.</summary>
internal static class TorchFile
{
    public static byte[] Make(byte[] pickle, params (string Key, byte[] Data)[] storages) =>
        Make([("archive/data.pkl", pickle), .. storages.Select(s => ($"archive/data/{s.Key}", s.Data))], CompressionLevel.NoCompression);

    public static byte[] Make(IEnumerable<(string Name, byte[] Data)> entries, CompressionLevel level)
    {
        var stream = new MemoryStream();
        using (var zip = new ZipArchive(stream, ZipArchiveMode.Create, leaveOpen: true))
        {
            foreach ((string name, byte[] data) in entries)
            {
                using Stream content = zip.CreateEntry(name, level).Open();
                content.Write(data);
            }
        }
        return stream.ToArray();
    }

    /// <summary>The entries of an archive.</summary>
    public static IReadOnlyList<(string Name, byte[] Data)> Entries(byte[] archive)
    {
        using var zip = new ZipArchive(new MemoryStream(archive));
        return [.. zip.Entries.Select(e =>
        {
            using Stream content = e.Open();
            var data = new byte[e.Length];
            content.ReadExactly(data);
            return (e.FullName, data);
        })];
    }
}

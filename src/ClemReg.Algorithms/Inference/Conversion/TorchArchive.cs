using System.IO.Compression;
using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using ClemReg.Algorithms.Inference.Models;

namespace ClemReg.Algorithms.Inference.Conversion;

/// <summary>The weights in a TorchScript file: a zip archive of one pickle (data.pkl) and an entry of raw numbers for each tensor.</summary>
internal sealed class TorchArchive : IDisposable
{
    private const int MaximumEntries = 100_000;
    private const int MaximumDepth = 64;
    private const int MaximumModules = 100_000;
    private const int MaximumCompression = 100;
    private const int SmallEntry = 1 << 20;
    private const int MaximumNumbers = 1 << 27;

    private readonly string _file;
    private readonly ZipArchive _zip;
    private readonly Dictionary<string, ZipArchiveEntry> _entries = new(StringComparer.Ordinal);
    private readonly Dictionary<string, TorchTensor> _tensors = new(StringComparer.Ordinal);
    private readonly Dictionary<string, long> _integers = new(StringComparer.Ordinal);
    private readonly string _folder;
    private int _modules;

    /// <summary>Opens an archive and reads its pickle.</summary>
    /// <param name="stream">The file, which must be able to seek and stay open.</param>
    /// <param name="file">Its name, for messages.</param>
    /// <exception cref="BadInputException">Not such an archive, damaged, or with something in its pickle that is not allowed.</exception>
    public TorchArchive(Stream stream, string file)
    {
        _file = file;
        Span<byte> head = stackalloc byte[FileSignature.Bytes];
        stream.Position = 0;
        head = head[..stream.ReadAtLeast(head, head.Length, throwOnEndOfStream: false)];
        if (!head.StartsWith("PK\x03\x04"u8))
            throw new BadInputException($"{file} is not a TorchScript model (a zip archive with data.pkl in it). It {(FileSignature.Recognise(head) is string what ? $"looks like {what}" : "begins with other bytes")}.");
        try
        {
            _zip = new ZipArchive(stream, ZipArchiveMode.Read, leaveOpen: true);
            if (_zip.Entries.Count > MaximumEntries) throw Damaged($"it has {_zip.Entries.Count} entries");
            foreach (ZipArchiveEntry entry in _zip.Entries)
                if (!_entries.TryAdd(entry.FullName, entry)) throw Damaged($"it has two entries {Shown.Name(entry.FullName)}");
        }
        catch (InvalidDataException e)
        {
            throw Damaged("its list of entries cannot be read, as when a download broke off", e);
        }
        string[] pickles = [.. _entries.Keys.Where(k => k.EndsWith("/data.pkl", StringComparison.Ordinal) && k.Count(c => c == '/') == 1)];
        if (pickles.Length != 1) throw new BadInputException($"{file} is a zip archive, but not a TorchScript model: it has {pickles.Length} entries NAME/data.pkl.");
        _folder = pickles[0][..^"data.pkl".Length];
        if (_entries.TryGetValue(_folder + "byteorder", out ZipArchiveEntry? order) && !Read(order, order.Length <= 16 ? order.Length : 0).AsSpan().SequenceEqual("little"u8))
            throw new BadInputException($"{file} was saved on a machine of another byte order. Save it on a usual one.");
        ZipArchiveEntry pickle = _entries[pickles[0]];
        if (pickle.Length > PickleReader.MaximumBytes) throw Damaged($"its data.pkl has {pickle.Length} bytes; {PickleReader.MaximumBytes} is the most");
        object? root = PickleReader.Read(Read(pickle, pickle.Length), file);
        RootType = root is PickleObject { Type: var type } ? type.Name : "";
        Walk(root, "", 0);
    }

    /// <summary>The class of the model, without its module; empty for a dictionary of weights.</summary>
    public string RootType { get; }

    /// <summary>The names of the tensors.</summary>
    public IReadOnlyCollection<string> Names => _tensors.Keys;

    /// <summary>The tensor of a name, or null.</summary>
    public TorchTensor? Find(string name) => _tensors.GetValueOrDefault(name);

    /// <summary>A whole number that a module keeps, or null.</summary>
    public long? Integer(string name) => _integers.TryGetValue(name, out long value) ? value : null;

    /// <summary>Reads a tensor as 32-bit floats in the order of its axes.</summary>
    /// <returns>The numbers' bytes, so that they can be written without a copy.</returns>
    /// <exception cref="BadInputException">It is of another kind than floats, damaged, or has NaN or infinite numbers.</exception>
    public byte[] ReadFloats(string name)
    {
        TorchTensor tensor = _tensors[name];
        int size = tensor.Storage.Type switch
        {
            "FloatStorage" => 4,
            "HalfStorage" or "BFloat16Storage" => 2,
            "DoubleStorage" => 8,
            var other => throw new BadInputException($"{_file}: the weight {Shown.Name(name)} is of the type {other}; only float, double, half and bfloat16 can be converted."),
        };
        if (!_entries.TryGetValue($"{_folder}data/{tensor.Storage.Key}", out ZipArchiveEntry? entry)) throw Damaged($"the data of {Shown.Name(name)} are missing");
        if (tensor.Storage.Count > MaximumNumbers) throw Damaged($"{Shown.Name(name)} has {tensor.Storage.Count} numbers");
        byte[] bytes = Read(entry, tensor.Storage.Count * size);
        if (size != 4 || !tensor.IsContiguous || tensor.Count != tensor.Storage.Count) bytes = Gather(bytes, tensor, size);
        if (bytes.Length > 0 && !TensorPrimitives.IsFiniteAll<float>(MemoryMarshal.Cast<byte, float>(bytes)))
            throw new BadInputException($"{_file}: the weight {Shown.Name(name)} has NaN or infinite numbers. Get the file again, or train the model anew.");
        return bytes;
    }

    /// <summary>Closes the archive, not the stream.</summary>
    public void Dispose() => _zip.Dispose();

    private static byte[] Gather(byte[] source, TorchTensor tensor, int size)
    {
        var result = new byte[tensor.Count * sizeof(float)];
        Span<float> floats = MemoryMarshal.Cast<byte, float>(result);
        var index = new long[tensor.Shape.Length];
        long at = tensor.Offset;
        for (int i = 0; i < floats.Length; i++)
        {
            ReadOnlySpan<byte> number = source.AsSpan((int)(at * size), size);
            floats[i] = tensor.Storage.Type switch
            {
                "FloatStorage" => MemoryMarshal.Read<float>(number),
                "DoubleStorage" => (float)MemoryMarshal.Read<double>(number),
                "HalfStorage" => (float)MemoryMarshal.Read<Half>(number),
                _ => BitConverter.Int32BitsToSingle(MemoryMarshal.Read<ushort>(number) << 16),
            };
            for (int axis = index.Length - 1; axis >= 0; axis--)
            {
                at += tensor.Strides[axis];
                if (++index[axis] < tensor.Shape[axis]) break;
                at -= tensor.Strides[axis] * tensor.Shape[axis];
                index[axis] = 0;
            }
        }
        return result;
    }

    private byte[] Read(ZipArchiveEntry entry, long expected)
    {
        string name = Shown.Name(entry.FullName);
        if (entry.Length != expected) throw Damaged($"its entry {name} has {entry.Length} bytes where {expected} are needed");
        if (entry.Length > SmallEntry && entry.CompressedLength < entry.Length / MaximumCompression)
            throw Damaged($"its entry {name} grows from {entry.CompressedLength} to {entry.Length} bytes, as no weights do");
        try
        {
            using Stream content = entry.Open();
            var bytes = new byte[expected];
            content.ReadExactly(bytes);
            if (content.ReadByte() >= 0) throw Damaged($"its entry {name} is longer than the archive says");
            if (Crc32.Of(bytes) != entry.Crc32) throw Damaged($"the checksum of its entry {name} is wrong");
            return bytes;
        }
        catch (Exception e) when (e is InvalidDataException or EndOfStreamException or NotSupportedException)
        {
            throw Damaged($"its entry {name} cannot be unpacked", e);
        }
    }

    /// <summary>Collects the tensors and whole numbers of the modules below a value under dotted names.</summary>
    private void Walk(object? value, string prefix, int depth)
    {
        if (depth > MaximumDepth || ++_modules > MaximumModules) throw Damaged("its modules are nested too deeply or are too many");
        if (value is PickleObject module) value = module.State;
        if (value is not PickleDictionary dictionary) return;
        foreach ((object? key, object? item) in dictionary.Entries)
        {
            if (key is not string name) continue;
            name = prefix + name;
            if (name.Length > 1000) throw Damaged("a name is too long");
            switch (item)
            {
                case TorchTensor tensor:
                    if (!_tensors.TryAdd(name, tensor)) throw Damaged($"it has two tensors {Shown.Name(name)}");
                    break;
                case long number: _integers[name] = number; break;
                case PickleObject: Walk(item, name + ".", depth + 1); break;
            }
        }
    }

    private BadInputException Damaged(string what, Exception? inner = null) => new($"{_file} is damaged or is no TorchScript model: {what}. Get the file again.", inner);
}

using System.Globalization;
using System.Numerics;
using System.Numerics.Tensors;
using System.Runtime.InteropServices;

namespace ClemReg.Algorithms.Inference.Models;

/// <summary>
/// Reads the tensors of an ONNX file without keeping them: that their data is as long as their shape says, that no number is NaN, and
/// that data outside the file lies beside it.
/// </summary>
internal sealed class OnnxTensorReader(ProtobufReader reader, string file, string? folder, long fileLength, Job job)
{
    private const int MaximumAxes = 64;
    private const int MaximumNamed = 10;

    private readonly byte[] _chunk = new byte[Math.Min(1 << 20, fileLength)];
    private readonly List<string> _infinite = [];
    private readonly SortedSet<string> _external = new(StringComparer.Ordinal);

    /// <summary>Elements of all tensors so far.</summary>
    public long Elements { get; private set; }

    /// <summary>Bytes that they take when they are in memory.</summary>
    public long Bytes { get; private set; }

    /// <summary>Tensors with infinite numbers, the first few.</summary>
    public IReadOnlyList<string> Infinite => _infinite;

    /// <summary>The files beside the model that hold data.</summary>
    public IReadOnlyList<string> External => [.. _external];

    /// <summary>Reads the tensor that stands in the present field and returns its name.</summary>
    public string Read()
    {
        job.ThrowIfCancelled();
        var tensor = new Tensor();
        long outer = reader.Enter();
        while (reader.Next(out int field))
        {
            switch (field)
            {
                case 1: reader.Integers(tensor.Axes, MaximumAxes); break;
                case 2: tensor.Type = reader.Integer(); break;
                case 4: tensor.Floats += Scanned<float>(tensor, sizeof(float)); break;
                case 5: tensor.Integers32 += reader.EachInteger(tensor.AddHalf); break;
                case 6: reader.Bytes(); tensor.Texts++; break;
                case 7: tensor.Integers64 += reader.EachInteger(static _ => { }); break;
                case 8: tensor.Name = reader.Text(); break;
                case 9:
                    if (tensor.Raw is not null) throw reader.Damaged($"the tensor {Shown.Name(tensor.Name)} has two blocks of data");
                    tensor.Raw = reader.Bytes();
                    break;
                case 10: tensor.Doubles += Scanned<double>(tensor, sizeof(double)); break;
                case 11: tensor.Unsigned64 += reader.EachInteger(static _ => { }); break;
                case 13: ReadExternal(tensor); break;
                case 14: tensor.IsExternal = reader.Integer() == 1; break;
                default: reader.Skip(); break;
            }
        }
        reader.Leave(outer);
        Check(tensor);
        job.Report((double)reader.Position / fileLength);
        return tensor.Name;
    }

    /// <summary>Reads the sparse tensor of the present field: values, their places and the shape.</summary>
    public string ReadSparse()
    {
        string name = "";
        long outer = reader.Enter();
        while (reader.Next(out int field))
        {
            switch (field)
            {
                case 1: name = Read(); break;
                case 2: Read(); break;
                default: reader.Skip(); break;
            }
        }
        reader.Leave(outer);
        return name;
    }

    private void Check(Tensor tensor)
    {
        string shown = Shown.Name(tensor.Name);
        long count = 1;
        foreach (long axis in tensor.Axes)
        {
            if (axis < 0 || (axis > 0 && count > (1L << 40) / axis))
                throw reader.Damaged($"the tensor {shown} has the shape [{string.Join(", ", tensor.Axes)}], which {(axis < 0 ? "is negative" : "is too large")}");
            count *= axis;
        }
        int bits = Bits(tensor.Type);
        if (bits < 0) throw reader.Damaged($"the tensor {shown} is of the element type {tensor.Type}, which is not known");
        long bytes = (count * bits + 7) / 8;
        Elements += count;
        Bytes += bytes;
        bool floats = (TensorType)tensor.Type is TensorType.Float32 or TensorType.Complex64;
        bool doubles = (TensorType)tensor.Type is TensorType.Float64 or TensorType.Complex128;

        if (tensor.IsExternal)
        {
            CheckExternal(tensor, bytes);
            return;
        }
        if (tensor.Raw is ByteRange raw)
        {
            if (raw.Length != bytes || bits == 0 || tensor.Typed > 0)
                throw reader.Damaged($"the tensor {shown} of shape [{string.Join(", ", tensor.Axes)}] needs {bytes} bytes of data, but has {raw.Length}");
            Scan(raw, tensor.Type, tensor);
        }
        else
        {
            long pairs = bits is 64 or 128 && tensor.Type is 14 or 15 ? 2 : 1;
            (long found, long needed) = (TensorType)tensor.Type switch
            {
                TensorType.Text => (tensor.Texts, count),
                TensorType.Int64 => (tensor.Integers64, count),
                TensorType.UInt32 or TensorType.UInt64 => (tensor.Unsigned64, count),
                _ when floats => (tensor.Floats, count * pairs),
                _ when doubles => (tensor.Doubles, count * pairs),
                _ => (tensor.Integers32, bits < 8 ? bytes : count),
            };
            if (found != needed || tensor.Typed != found)
                throw reader.Damaged($"the tensor {shown} of shape [{string.Join(", ", tensor.Axes)}] needs {needed} numbers, but has {tensor.Typed}");
            // 16-bit floats are among the integers, as their bits.
            if (tensor.Type == (long)TensorType.Float16) tensor.Note(tensor.HalfNaN, tensor.HalfInfinity);
            if (tensor.Type == (long)TensorType.BFloat16) tensor.Note(tensor.BrainNaN, tensor.BrainInfinity);
        }
        if (tensor.NaN)
            throw new BadInputException($"The model {file} has NaN among its weights, in the tensor {shown} of shape [{string.Join(", ", tensor.Axes)}], so that its results would be NaN. "
                + "Get the file again, or train and export the model anew.");
        if (tensor.Infinity && _infinite.Count < MaximumNamed) _infinite.Add(shown);
    }

    private long Scanned<T>(Tensor tensor, int size) where T : unmanaged, IFloatingPointIeee754<T>
    {
        ByteRange range = reader.IsPacked ? reader.Bytes() : reader.Fixed(size);
        if (range.Length % size != 0) throw reader.Damaged($"a list of {range.Length} bytes at byte {range.Start} does not hold numbers of {size} bytes");
        Scan<T>(range, tensor);
        return range.Length / size;
    }

    private void Scan(ByteRange range, long type, Tensor tensor)
    {
        switch ((TensorType)type)
        {
            case TensorType.Float32 or TensorType.Complex64: Scan<float>(range, tensor); break;
            case TensorType.Float64 or TensorType.Complex128: Scan<double>(range, tensor); break;
            case TensorType.Float16: Scan<Half>(range, tensor); break;
            case TensorType.BFloat16:
                ForChunks(range, bytes =>
                {
                    foreach (ushort bits in MemoryMarshal.Cast<byte, ushort>(bytes)) tensor.AddHalf(bits);
                });
                tensor.Note(tensor.BrainNaN, tensor.BrainInfinity);
                break;
        }
    }

    private void Scan<T>(ByteRange range, Tensor tensor) where T : unmanaged, IFloatingPointIeee754<T>
    {
        ForChunks(range, bytes =>
        {
            ReadOnlySpan<T> numbers = MemoryMarshal.Cast<byte, T>(bytes);
            if (!TensorPrimitives.IsFiniteAll(numbers)) tensor.Note(TensorPrimitives.IsNaNAny(numbers), TensorPrimitives.IsInfinityAny(numbers));
        });
    }

    private void ForChunks(ByteRange range, Action<ReadOnlySpan<byte>> each)
    {
        for (long done = 0; done < range.Length;)
        {
            job.ThrowIfCancelled();
            Span<byte> chunk = _chunk.AsSpan(0, (int)Math.Min(_chunk.Length, range.Length - done));
            reader.Read(range.Start + done, chunk);
            each(chunk);
            done += chunk.Length;
        }
    }

    private void ReadExternal(Tensor tensor)
    {
        string key = "", value = "";
        long outer = reader.Enter();
        while (reader.Next(out int field))
        {
            if (field == 1) key = reader.Text();
            else if (field == 2) value = reader.Text();
            else reader.Skip();
        }
        reader.Leave(outer);
        if (key == "location") tensor.Location = value;
        else if (key is "offset" or "length")
        {
            if (!long.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out long number)) throw reader.Damaged($"the {key} {Shown.Name(value)} of data in another file is no number");
            if (key == "offset") tensor.Offset = number;
            else tensor.Length = number;
        }
    }

    /// <summary>Data of another file must lie in a file in the model's folder or below, and be there in full.</summary>
    private void CheckExternal(Tensor tensor, long bytes)
    {
        string shown = Shown.Name(tensor.Name), location = Shown.Name(tensor.Location);
        if (folder is null) throw new BadInputException($"The model {file} keeps its weights in another file, {location}, which is not possible here. Save the model with its weights inside.");
        string[] steps = tensor.Location.Split('/');
        if (tensor.Location.Length == 0 || tensor.Location.AsSpan().ContainsAny(":\\\0") || steps.Any(s => s is "" or "." or ".."))
            throw new BadInputException($"The model {file} takes the tensor {shown} from {location}. Only files in the model's own folder are allowed. Save the model with its weights inside.");
        string path = folder;
        foreach (string step in steps)
        {
            path = Path.Combine(path, step);
            // A link could lead out of the folder.
            if (new FileInfo(path).LinkTarget is not null) throw new BadInputException($"The model {file} takes the tensor {shown} from {location}, which is a link. Put the file itself there.");
        }
        var data = new FileInfo(path);
        if (!data.Exists) throw new NotFoundException($"The model {file} keeps weights in the file {location}, which is not beside it. Put both files into one folder.");
        if ((tensor.Length ?? bytes) != bytes || tensor.Offset > data.Length - bytes)
            throw new BadInputException($"The model {file} takes {bytes} bytes at {tensor.Offset} for the tensor {shown} from {location}, which has {data.Length}. Get both files again.");
        _external.Add(tensor.Location);
    }

    /// <summary>The bits of an element; 0 for texts; -1 for an unknown type. Types over 16 have no name in the runtime's interface here.</summary>
    private static int Bits(long type) => type switch
    {
        1 or 6 or 12 => 32,
        2 or 3 or 9 or (>= 17 and <= 20) or 24 => 8,
        4 or 5 or 10 or 16 => 16,
        7 or 11 or 13 or 14 => 64,
        8 => 0,
        15 => 128,
        21 or 22 or 23 => 4,
        25 or 26 => 2,
        _ => -1,
    };

    private sealed class Tensor
    {
        public string Name = "";
        public readonly List<long> Axes = [];
        public long Type;
        public ByteRange? Raw;
        public long Floats, Integers32, Texts, Integers64, Doubles, Unsigned64;
        public bool HalfNaN, HalfInfinity, BrainNaN, BrainInfinity;
        public bool IsExternal;
        public string Location = "";
        public long Offset;
        public long? Length;

        public bool NaN { get; private set; }

        public bool Infinity { get; private set; }

        public long Typed => Floats + Integers32 + Texts + Integers64 + Doubles + Unsigned64;

        public void Note(bool nan, bool infinity)
        {
            NaN |= nan;
            Infinity |= infinity;
        }

        /// <summary>Looks at the bits of a 16-bit float; of which kind is known when the tensor is read.</summary>
        public void AddHalf(long bits)
        {
            if ((bits & 0x7c00) == 0x7c00)
            {
                HalfNaN |= (bits & 0x3ff) != 0;
                HalfInfinity |= (bits & 0x3ff) == 0;
            }
            if ((bits & 0x7f80) == 0x7f80)
            {
                BrainNaN |= (bits & 0x7f) != 0;
                BrainInfinity |= (bits & 0x7f) == 0;
            }
        }
    }
}

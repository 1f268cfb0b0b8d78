using System.Buffers.Binary;
using System.Text;
using ClemReg.Algorithms.Inference.Models;

namespace ClemReg.Algorithms.Inference.Conversion;

/// <summary>
/// Reads the pickle of a TorchScript file. Python's pickles are programs that may import and call anything; this reader knows the few
/// instructions and names that such files need, runs nothing, and refuses the rest by name.
/// </summary>
/// <remarks>Instructions: Python's pickletools; the names: PyTorch's serialisation of TorchScript modules (torch/csrc/jit/serialization/pickler).</remarks>
internal sealed class PickleReader
{
    /// <summary>The largest pickle that is read: MitoNet's has 0.1 MB.</summary>
    public const int MaximumBytes = 8 << 20;

    private const int MaximumObjects = 1_000_000;

    private static readonly HashSet<string> Storages =
        ["FloatStorage", "HalfStorage", "DoubleStorage", "BFloat16Storage", "LongStorage", "IntStorage", "ShortStorage", "CharStorage", "ByteStorage", "BoolStorage"];

    private static readonly HashSet<string> TypedLists = ["build_intlist", "build_doublelist", "build_boollist", "build_tensorlist", "restore_type_tag"];

    private readonly byte[] _bytes;
    private readonly string _file;
    private readonly List<object?> _stack = [];
    private readonly Stack<int> _marks = [];
    private readonly Dictionary<uint, object?> _memo = [];
    private int _position;
    private int _objects;

    private PickleReader(byte[] bytes, string file)
    {
        _bytes = bytes;
        _file = file;
    }

    /// <summary>Reads a whole pickle.</summary>
    /// <param name="bytes">The pickle, of at most <see cref="MaximumBytes"/> bytes.</param>
    /// <param name="file">The file that it comes from, for messages.</param>
    /// <exception cref="BadInputException">An instruction or a name that is not allowed, or damage.</exception>
    public static object? Read(byte[] bytes, string file) => new PickleReader(bytes, file).Run();

    private object? Run()
    {
        if (Byte() != 0x80 || Byte() != 2) throw Damaged("it does not begin as a pickle of protocol 2");
        while (true)
        {
            int at = _position;
            byte code = Byte();
            switch (code)
            {
                case (byte)'c': Push(Global()); break;
                case (byte)')': Push(Array.Empty<object?>()); break;
                case 0x81: NewObject(); break;
                case (byte)'}': Push(new PickleDictionary()); break;
                case (byte)']': Push(new List<object?>()); break;
                case (byte)'(':
                    if (_marks.Count >= MaximumObjects) throw TooMany();
                    _marks.Push(_stack.Count);
                    break;
                case (byte)'X': Push(Encoding.UTF8.GetString(Bytes(Int32()))); break;
                case (byte)'J': Push((long)Int32()); break;
                case (byte)'K': Push((long)Byte()); break;
                case (byte)'M': Push((long)BinaryPrimitives.ReadUInt16LittleEndian(Bytes(2))); break;
                case (byte)'G': Push(BinaryPrimitives.ReadDoubleBigEndian(Bytes(8))); break;
                case 0x88: Push(true); break;
                case 0x89: Push(false); break;
                case (byte)'N': Push(null); break;
                case (byte)'Q': Push(Storage(Pop())); break;
                case (byte)'t': Push(PopMarked()); break;
                case 0x85 or 0x86 or 0x87: Push(PopMany(code - 0x84)); break;
                case (byte)'R': Reduce(); break;
                case (byte)'s': SetItems(PopMany(2)); break;
                case (byte)'u': SetItems(PopMarked()); break;
                case (byte)'a': Append(PopMany(1)); break;
                case (byte)'e': Append(PopMarked()); break;
                case (byte)'b': Build(); break;
                case (byte)'q': _memo[Byte()] = Peek(); break;
                case (byte)'r': _memo[(uint)Int32()] = Peek(); break;
                case (byte)'h': Push(Remembered(Byte())); break;
                case (byte)'j': Push(Remembered((uint)Int32())); break;
                case (byte)'.':
                    object? result = Pop();
                    if (_stack.Count > 0 || _marks.Count > 0) throw Damaged("values are left over at its end");
                    return result;
                default: throw Damaged($"the instruction 0x{code:x2} at byte {at} is none that a TorchScript model needs, and was not run");
            }
        }
    }

    private PickleName Global()
    {
        var name = new PickleName(Line(), Line());
        bool allowed = name.Module switch
        {
            "torch" => Storages.Contains(name.Name),
            "torch._utils" => name.Name == "_rebuild_tensor_v2",
            "torch.jit._pickle" => TypedLists.Contains(name.Name),
            "collections" => name.Name == "OrderedDict",
            _ => name.Module.StartsWith("__torch__.", StringComparison.Ordinal) || name.Module == "__torch__",
        };
        if (allowed && !name.Module.StartsWith("__torch__.torch.classes", StringComparison.Ordinal)) return name;
        string shown = Shown.Name(name.ToString());
        throw new BadInputException(name.Module.Contains("quantized", StringComparison.Ordinal) || name.Name.StartsWith('Q') || name.Name == "_rebuild_qtensor"
            ? $"{_file} is a quantised model ({shown}), which cannot be converted. Take the float model, MitoNet_v1.pth rather than MitoNet_v1_quantized.pth."
            : $"{_file} asks for {shown}, which no TorchScript model needs. It was refused and nothing of it was run. Do not open this file in Python either, unless you trust where it came from.");
    }

    private void NewObject()
    {
        object?[] parts = PopMany(2);
        if (parts[0] is not PickleName { Module: var module } type || !module.StartsWith("__torch__", StringComparison.Ordinal) || parts[1] is not object?[] { Length: 0 })
            throw Damaged("it makes an object of what is no TorchScript class");
        Push(new PickleObject(type));
    }

    private void Reduce()
    {
        object?[] parts = PopMany(2);
        if (parts[0] is not PickleName function || parts[1] is not object?[] arguments) throw Damaged("it calls what is no function");
        Push((function.Module, arguments.Length) switch
        {
            ("torch._utils", >= 4) => Tensor(arguments),
            ("torch.jit._pickle", >= 1) => arguments[0],
            ("collections", 0) => new PickleDictionary(),
            _ => throw Damaged($"it calls {Shown.Name(function.ToString())} with {arguments.Length} arguments"),
        });
    }

    private TorchStorage Storage(object? id) =>
        id is object?[] { Length: >= 5 } parts && parts[0] is "storage" && parts[1] is PickleName { Module: "torch" } type && parts[2] is string key && parts[4] is long count and >= 0
            ? new TorchStorage(type.Name, key, count)
            : throw Damaged("a reference to data is none of a tensor's memory");

    private TorchTensor Tensor(object?[] arguments)
    {
        if (arguments[0] is not TorchStorage storage || arguments[1] is not long offset || Lengths(arguments[2]) is not long[] shape || Lengths(arguments[3]) is not long[] strides
            || shape.Length != strides.Length || shape.Length > 16)
            throw Damaged("a tensor has no memory, shape or strides");
        // Every element must lie in the memory, and there must be no more of them than the memory holds: a shape cannot make a small file large.
        Int128 count = 1, last = offset;
        for (int axis = 0; axis < shape.Length; axis++)
        {
            if (shape[axis] < 0 || strides[axis] < 0) throw Damaged("a tensor has a negative shape or stride");
            count *= shape[axis];
            last += (Int128)(shape[axis] - 1) * strides[axis];
            if (count > storage.Count) break;
        }
        if (offset < 0 || (count > 0 && last >= storage.Count) || count > storage.Count)
            throw Damaged($"a tensor of shape [{string.Join(", ", shape)}], strides [{string.Join(", ", strides)}] at {offset} does not lie in its memory of {storage.Count} elements");
        return new TorchTensor(storage, offset, shape, strides);
    }

    private static long[]? Lengths(object? value)
    {
        if (value is not object?[] parts) return null;
        var lengths = new long[parts.Length];
        for (int i = 0; i < parts.Length; i++)
        {
            if (parts[i] is not long length) return null;
            lengths[i] = length;
        }
        return lengths;
    }

    private void SetItems(object?[] items)
    {
        if (Peek() is not PickleDictionary dictionary || items.Length % 2 != 0) throw Damaged("it sets entries of what is no dictionary");
        for (int i = 0; i < items.Length; i += 2) dictionary.Entries.Add((items[i], items[i + 1]));
    }

    private void Append(object?[] items)
    {
        if (Peek() is not List<object?> list) throw Damaged("it appends to what is no list");
        list.AddRange(items);
    }

    private void Build()
    {
        object? state = Pop();
        switch (Peek())
        {
            case PickleObject { State: null } built: built.State = state; break;
            // PyTorch hangs notes on its dictionaries, which are of no use here.
            case PickleDictionary: break;
            default: throw Damaged("it sets the state of what is no object");
        }
    }

    private void Push(object? value)
    {
        if (++_objects > MaximumObjects) throw TooMany();
        _stack.Add(value);
    }

    private object? Pop()
    {
        object? value = Peek();
        _stack.RemoveAt(_stack.Count - 1);
        return value;
    }

    private object? Peek() => _stack.Count > (_marks.Count > 0 ? _marks.Peek() : 0) ? _stack[^1] : throw Damaged("a value is missing");

    private object?[] PopMany(int count)
    {
        int first = _stack.Count - count;
        if (first < (_marks.Count > 0 ? _marks.Peek() : 0)) throw Damaged("a value is missing");
        return PopFrom(first);
    }

    private object?[] PopMarked() => _marks.TryPop(out int first) ? PopFrom(first) : throw Damaged("a mark is missing");

    private object?[] PopFrom(int first)
    {
        object?[] values = [.. _stack[first..]];
        _stack.RemoveRange(first, values.Length);
        return values;
    }

    private object? Remembered(uint index) => _memo.TryGetValue(index, out object? value) ? value : throw Damaged($"it recalls value {index}, which was never kept");

    private byte Byte() => _position < _bytes.Length ? _bytes[_position++] : throw Damaged("it is truncated");

    private int Int32() => BinaryPrimitives.ReadInt32LittleEndian(Bytes(4));

    private ReadOnlySpan<byte> Bytes(int count)
    {
        if (count < 0 || count > _bytes.Length - _position) throw Damaged("it is truncated");
        _position += count;
        return _bytes.AsSpan(_position - count, count);
    }

    private string Line()
    {
        int length = _bytes.AsSpan(_position).IndexOf((byte)'\n');
        if (length < 0) throw Damaged("it is truncated");
        string line = Encoding.UTF8.GetString(Bytes(length));
        _position++;
        return line;
    }

    private BadInputException TooMany() => Damaged($"it makes more than {MaximumObjects} objects");

    private BadInputException Damaged(string what) => new($"{_file} cannot be read as a TorchScript model: in its data.pkl, {what}.");
}

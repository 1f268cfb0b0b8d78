using System.Runtime.InteropServices;
using System.Text;

namespace ClemReg.Algorithms.Inference.OnnxRuntime;

/// <summary>An error that ONNX Runtime reported: its code and its words.</summary>
internal sealed class OrtException(int code, string message) : Exception(Plain(message))
{
    public const int InvalidArgument = 2;
    public const int NoSuchFile = 3;
    public const int InvalidProtobuf = 7;
    public const int NotImplemented = 9;
    public const int InvalidGraph = 10;

    public int Code { get; } = code;

    /// <summary>Leaves out the place in ONNX Runtime's source, which precedes what went wrong.</summary>
    private static string Plain(string message)
    {
        message = message.Trim();
        foreach (string end in (string[])[" was false. ", " : FAIL : ", " : RUNTIME_EXCEPTION : "])
        {
            int at = message.IndexOf(end, StringComparison.Ordinal);
            if (at >= 0 && at + end.Length < message.Length) message = message[(at + end.Length)..];
        }
        return message;
    }

    /// <summary>The error as the caller is to see it; <paramref name="doing"/> begins the sentence: "The model X cannot be loaded".</summary>
    public ClemRegException Explain(string doing)
    {
        string said = Message.Length > 1000 ? Message[..1000] + "..." : Message;
        if (said.Contains("bad_alloc", StringComparison.Ordinal) || said.Contains("Failed to allocate memory", StringComparison.Ordinal))
            return new OutOfMemoryBudgetException($"{doing}: there is not enough memory ({said}). Use smaller tiles, or close other programs.", this);
        return Code switch
        {
            NoSuchFile => new NotFoundException($"{doing}: {said}"),
            InvalidProtobuf => new ModelException($"{doing}: it is not an ONNX file, or it is damaged ({said}). Get it again.", this),
            NotImplemented => new ModelException($"{doing}: it needs something that this ONNX Runtime cannot do ({said}). Export the model with an older opset, or set {OrtLibrary.Variable} to a newer ONNX Runtime.", this),
            _ => new ModelException($"{doing}: {said}", this),
        };
    }
}

/// <summary>
/// ONNX Runtime's C functions, called through its table of function pointers by their place in it. Places never change: a newer library
/// only has more. Every status is checked here; what is not released here is released by an <see cref="OrtHandle"/>.
/// Source: ONNX Runtime's public C header, version 17 of the interface.
/// </summary>
internal sealed unsafe class OrtApi(void** table)
{
    /// <summary>The version of the interface that is asked for; ONNX Runtime 1.N has all up to N.</summary>
    public const int Version = 17;

    private readonly void** _t = table;

    private void Check(nint status)
    {
        if (status == 0) return;
        int code = ((delegate* unmanaged<nint, int>)_t[1])(status);
        string message = Text(((delegate* unmanaged<nint, byte*>)_t[2])(status));
        ((delegate* unmanaged<nint, void>)_t[93])(status);
        throw new OrtException(code, message);
    }

    private static string Text(byte* utf8) => Marshal.PtrToStringUTF8((nint)utf8) ?? "";

    /// <summary>Zero-terminated UTF-8 that native code may keep as long as the array is referenced.</summary>
    public static byte[] Utf8(string text)
    {
        byte[] bytes = GC.AllocateArray<byte>(Encoding.UTF8.GetByteCount(text) + 1, pinned: true);
        Encoding.UTF8.GetBytes(text, bytes);
        return bytes;
    }

    /// <summary>The address of an array that <see cref="Utf8"/> made.</summary>
    public static byte* Address(byte[] pinned) => (byte*)Marshal.UnsafeAddrOfPinnedArrayElement(pinned, 0);

    private OrtHandle Own(nint pointer, int release) => new(_t[release], pointer);

    // --- environment

    /// <summary>Makes the environment, of which a process has one. Messages of warnings and worse go to <paramref name="log"/>.</summary>
    public nint CreateEnvironment(delegate* unmanaged<void*, int, byte*, byte*, byte*, byte*, void> log)
    {
        nint environment;
        fixed (byte* name = "clemreg\0"u8)
            Check(((delegate* unmanaged<void*, void*, int, byte*, nint*, nint>)_t[4])(log, null, 2, name, &environment));
        Check(((delegate* unmanaged<nint, nint>)_t[6])(environment)); // no telemetry (Windows builds have it)
        return environment;
    }

    public IReadOnlyList<string> AvailableProviders()
    {
        byte** names;
        int count;
        Check(((delegate* unmanaged<byte***, int*, nint>)_t[125])(&names, &count));
        var list = new string[count];
        for (int i = 0; i < count; i++) list[i] = Text(names[i]);
        Check(((delegate* unmanaged<byte**, int, nint>)_t[126])(names, count));
        return list;
    }

    public nint CpuMemory()
    {
        nint memory;
        Check(((delegate* unmanaged<int, int, nint*, nint>)_t[69])(0, 0, &memory));
        return memory;
    }

    // --- session options

    public OrtHandle CreateOptions()
    {
        nint options;
        Check(((delegate* unmanaged<nint*, nint>)_t[10])(&options));
        return Own(options, 100);
    }

    public void SetSequential(OrtHandle options) => SetInt(13, options, 0);

    public void SetMemoryPattern(OrtHandle options, bool on) => Check(((delegate* unmanaged<nint, nint>)_t[on ? 16 : 17])(options.Pointer));

    public void SetMemoryArena(OrtHandle options, bool on) => Check(((delegate* unmanaged<nint, nint>)_t[on ? 18 : 19])(options.Pointer));

    public void SetLogName(OrtHandle options, string name)
    {
        fixed (byte* n = Utf8(name)) Check(((delegate* unmanaged<nint, byte*, nint>)_t[20])(options.Pointer, n));
    }

    public void SetOptimization(OrtHandle options, GraphOptimization level) => SetInt(23, options, (int)level);

    public void SetThreads(OrtHandle options, int threads) => SetInt(24, options, threads);

    public void FixAxis(OrtHandle options, string name, long extent)
    {
        fixed (byte* n = Utf8(name)) Check(((delegate* unmanaged<nint, byte*, long, nint>)_t[124])(options.Pointer, n, extent));
    }

    public void Set(OrtHandle options, string key, string value)
    {
        fixed (byte* k = Utf8(key), v = Utf8(value)) Check(((delegate* unmanaged<nint, byte*, byte*, nint>)_t[130])(options.Pointer, k, v));
    }

    private void SetInt(int function, OrtHandle options, int value) => Check(((delegate* unmanaged<nint, int, nint>)_t[function])(options.Pointer, value));

    // --- execution providers

    public void AppendProvider(OrtHandle options, string name, IReadOnlyDictionary<string, string> settings)
    {
        fixed (byte* n = Utf8(name))
        {
            byte* provider = n;
            WithPairs(settings, (keys, values, count) =>
                Check(((delegate* unmanaged<nint, byte*, byte**, byte**, nuint, nint>)_t[216])(options.Pointer, provider, keys, values, count)));
        }
    }

    public void AppendCuda(OrtHandle options, IReadOnlyDictionary<string, string> settings) => AppendNvidia(options, settings, 205, 206, 204, 208);

    public void AppendTensorRt(OrtHandle options, IReadOnlyDictionary<string, string> settings) => AppendNvidia(options, settings, 171, 172, 170, 174);

    private void AppendNvidia(OrtHandle options, IReadOnlyDictionary<string, string> settings, int create, int update, int append, int release)
    {
        nint made;
        Check(((delegate* unmanaged<nint*, nint>)_t[create])(&made));
        using OrtHandle provider = Own(made, release);
        WithPairs(settings, (keys, values, count) =>
            Check(((delegate* unmanaged<nint, byte**, byte**, nuint, nint>)_t[update])(provider.Pointer, keys, values, count)));
        Check(((delegate* unmanaged<nint, nint, nint>)_t[append])(options.Pointer, provider.Pointer));
    }

    private delegate void UsePairs(byte** keys, byte** values, nuint count);

    private static void WithPairs(IReadOnlyDictionary<string, string> pairs, UsePairs use)
    {
        byte[][] kept = [.. pairs.Keys.Select(Utf8), .. pairs.Values.Select(Utf8)];
        byte** pointers = stackalloc byte*[kept.Length + 1];
        for (int i = 0; i < kept.Length; i++) pointers[i] = Address(kept[i]);
        use(pointers, pointers + pairs.Count, (nuint)pairs.Count);
        GC.KeepAlive(kept);
    }

    // --- sessions

    public OrtHandle CreateSession(nint environment, string path, OrtHandle options)
    {
        nint session;
        if (OperatingSystem.IsWindows())
        {
            fixed (char* p = path) Check(((delegate* unmanaged<nint, void*, nint, nint*, nint>)_t[7])(environment, p, options.Pointer, &session));
        }
        else
        {
            fixed (byte* p = Utf8(path)) Check(((delegate* unmanaged<nint, void*, nint, nint*, nint>)_t[7])(environment, p, options.Pointer, &session));
        }
        return Own(session, 95);
    }

    public OrtHandle CreateSession(nint environment, ReadOnlySpan<byte> model, OrtHandle options)
    {
        nint session;
        fixed (byte* data = model)
            Check(((delegate* unmanaged<nint, void*, nuint, nint, nint*, nint>)_t[8])(environment, data, (nuint)model.Length, options.Pointer, &session));
        return Own(session, 95);
    }

    public IReadOnlyList<TensorInfo> Inputs(OrtHandle session) => Infos(session, 30, 36, 33);

    public IReadOnlyList<TensorInfo> Outputs(OrtHandle session) => Infos(session, 31, 37, 34);

    private TensorInfo[] Infos(OrtHandle session, int count, int name, int type)
    {
        nuint n;
        Check(((delegate* unmanaged<nint, nuint*, nint>)_t[count])(session.Pointer, &n));
        var infos = new TensorInfo[n];
        for (nuint i = 0; i < n; i++)
        {
            byte* text;
            Check(((delegate* unmanaged<nint, nuint, nint, byte**, nint>)_t[name])(session.Pointer, i, Allocator, &text));
            string read = Take(text);
            nint pointer;
            Check(((delegate* unmanaged<nint, nuint, nint*, nint>)_t[type])(session.Pointer, i, &pointer));
            using OrtHandle info = Own(pointer, 98);
            nint tensor;
            Check(((delegate* unmanaged<nint, nint*, nint>)_t[55])(info.Pointer, &tensor)); // belongs to info
            infos[i] = tensor == 0 ? new TensorInfo(read, TensorType.None, []) : Describe(read, tensor);
        }
        return infos;
    }

    private TensorInfo Describe(string name, nint tensor)
    {
        (TensorType type, long[] shape) = TypeAndShape(tensor);
        byte** symbols = stackalloc byte*[shape.Length + 1];
        Check(((delegate* unmanaged<nint, byte**, nuint, nint>)_t[63])(tensor, symbols, (nuint)shape.Length));
        var axes = new TensorAxis[shape.Length];
        for (int i = 0; i < axes.Length; i++) axes[i] = new TensorAxis(shape[i], Text(symbols[i]));
        return new TensorInfo(name, type, axes);
    }

    private (TensorType Type, long[] Shape) TypeAndShape(nint tensor)
    {
        int type;
        Check(((delegate* unmanaged<nint, int*, nint>)_t[60])(tensor, &type));
        nuint rank;
        Check(((delegate* unmanaged<nint, nuint*, nint>)_t[61])(tensor, &rank));
        var shape = new long[rank];
        fixed (long* s = shape) Check(((delegate* unmanaged<nint, long*, nuint, nint>)_t[62])(tensor, s, rank));
        return ((TensorType)type, shape);
    }

    /// <summary>The custom metadata of the model.</summary>
    public IReadOnlyDictionary<string, string> Metadata(OrtHandle session)
    {
        nint pointer;
        Check(((delegate* unmanaged<nint, nint*, nint>)_t[111])(session.Pointer, &pointer));
        using OrtHandle metadata = Own(pointer, 118);
        byte** keys;
        long count;
        Check(((delegate* unmanaged<nint, nint, byte***, long*, nint>)_t[123])(metadata.Pointer, Allocator, &keys, &count));
        var all = new Dictionary<string, string>();
        for (long i = 0; i < count; i++)
        {
            byte* value;
            Check(((delegate* unmanaged<nint, nint, byte*, byte**, nint>)_t[116])(metadata.Pointer, Allocator, keys[i], &value));
            all[Take(keys[i])] = Take(value);
        }
        Free(keys);
        return all;
    }

    /// <summary>The allocator of the texts that functions give; it belongs to the library.</summary>
    private nint Allocator
    {
        get
        {
            nint allocator;
            Check(((delegate* unmanaged<nint*, nint>)_t[78])(&allocator));
            return allocator;
        }
    }

    private string Take(byte* text)
    {
        string read = Text(text);
        Free(text);
        return read;
    }

    private void Free(void* block)
    {
        if (block is not null) Check(((delegate* unmanaged<nint, void*, nint>)_t[76])(Allocator, block));
    }

    // --- runs

    public OrtHandle CreateRunOptions()
    {
        nint options;
        Check(((delegate* unmanaged<nint*, nint>)_t[39])(&options));
        return Own(options, 97);
    }

    /// <summary>Ends the run that uses these options as soon as its current step is done. May be called from any thread.</summary>
    public void Terminate(OrtHandle runOptions) => Check(((delegate* unmanaged<nint, nint>)_t[46])(runOptions.Pointer));

    /// <summary>A value over memory that is not the library's.</summary>
    public OrtHandle WrapTensor(nint memory, InferenceTensor tensor)
    {
        nint value;
        fixed (long* shape = tensor.Extents)
            Check(((delegate* unmanaged<nint, void*, nuint, long*, nuint, int, nint*, nint>)_t[49])(
                memory, tensor.Data, (nuint)tensor.Bytes, shape, (nuint)tensor.Extents.Length, (int)tensor.Type, &value));
        return Own(value, 96);
    }

    public void Run(OrtHandle session, OrtHandle runOptions, byte** inputNames, nint* inputs, int inputCount, byte** outputNames, nint* outputs, int outputCount) =>
        Check(((delegate* unmanaged<nint, nint, byte**, nint*, nuint, byte**, nuint, nint*, nint>)_t[9])(
            session.Pointer, runOptions.Pointer, inputNames, inputs, (nuint)inputCount, outputNames, (nuint)outputCount, outputs));

    /// <summary>Takes charge of a value that a run made.</summary>
    public OrtHandle OwnValue(nint value) => Own(value, 96);

    /// <summary>A tensor over a value's memory, which it lets go with the tensor.</summary>
    public InferenceTensor ToTensor(OrtHandle value)
    {
        nint pointer;
        Check(((delegate* unmanaged<nint, nint*, nint>)_t[65])(value.Pointer, &pointer));
        using OrtHandle info = Own(pointer, 99);
        (TensorType type, long[] shape) = TypeAndShape(info.Pointer);
        void* data;
        Check(((delegate* unmanaged<nint, void**, nint>)_t[51])(value.Pointer, &data));
        return new InferenceTensor(type, shape, (byte*)data, value);
    }
}

/// <summary>An object of ONNX Runtime, released when it is disposed of and nobody uses it (<see cref="SafeHandle.DangerousAddRef"/>).</summary>
internal sealed unsafe class OrtHandle : SafeHandle
{
    private static int _live;
    private readonly void* _release;

    /// <summary>Takes charge of an object that the function <paramref name="release"/> frees.</summary>
    public OrtHandle(void* release, nint pointer) : base(0, true)
    {
        _release = release;
        SetHandle(pointer);
        if (pointer != 0) Interlocked.Increment(ref _live);
    }

    /// <summary>The objects of this process that are not released: back at its start when nothing leaks.</summary>
    public static int Live => Volatile.Read(ref _live);

    /// <inheritdoc/>
    public override bool IsInvalid => handle == 0;

    /// <summary>The object.</summary>
    /// <exception cref="ObjectDisposedException">It was released.</exception>
    public nint Pointer
    {
        get
        {
            ObjectDisposedException.ThrowIf(IsClosed, this);
            return handle;
        }
    }

    /// <inheritdoc/>
    protected override bool ReleaseHandle()
    {
        ((delegate* unmanaged<nint, void>)_release)(handle);
        Interlocked.Decrement(ref _live);
        return true;
    }
}

using System.Runtime.InteropServices;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Bridge;

/// <summary>
/// The native methods of clem.bridge.NativeMethods. Each catches everything: a failure gives 0 or null and leaves its kind and message
/// for Java to fetch with error(), on the same thread. Texts are UTF-8 byte arrays.
/// </summary>
public static unsafe class JniExports
{
    private static readonly Host Host = new();

    [ThreadStatic]
    private static string? _error;

    private static TResult? Guard<TArguments, TResult>(nint env, TArguments arguments, Func<JniEnv, TArguments, TResult> body)
    {
        _error = null;
        try
        {
            return body(new JniEnv(env), arguments);
        }
        catch (JavaException e)
        {
            new JniEnv(env).Throw(e.Throwable);
        }
        catch (Exception e)
        {
            _error = FailureText.Of(e);
        }
        return default;
    }

    private static nint NotNull(nint reference, string name) =>
        reference != 0 ? reference : throw Host.Missing(name);

    private static T[]? OrNull<T>(JniEnv jni, nint array) where T : unmanaged => array == 0 ? null : jni.ToArray<T>(array);

    private static Grid ReadGrid(JniEnv jni, nint size, nint spacing, nint origin) =>
        Host.Grid(OrNull<int>(jni, size), OrNull<double>(jni, spacing), OrNull<double>(jni, origin));

    /// <summary>byte[] error()</summary>
    [UnmanagedCallersOnly(EntryPoint = "Java_clem_bridge_NativeMethods_error")]
    public static nint Error(nint env, nint type)
    {
        string? error = _error;
        return error is null ? 0 : Guard(env, error, static (jni, text) => jni.Utf8(text));
    }

    /// <summary>byte[] text(int what), as <see cref="Host.Text"/>.</summary>
    [UnmanagedCallersOnly(EntryPoint = "Java_clem_bridge_NativeMethods_text")]
    public static nint Text(nint env, nint type, int what) => Guard(env, what, static (jni, what) => jni.Utf8(Host.Text(what)));

    /// <summary>long createVolume(int kind, int[] size, double[] spacing, double[] origin)</summary>
    [UnmanagedCallersOnly(EntryPoint = "Java_clem_bridge_NativeMethods_createVolume")]
    public static long CreateVolume(nint env, nint type, int kind, nint size, nint spacing, nint origin) =>
        Guard(env, (kind, size, spacing, origin),
            static (jni, a) => Host.CreateVolume(a.kind, ReadGrid(jni, a.size, a.spacing, a.origin)));

    /// <summary>long createSource(int kind, int[] size, double[] spacing, double[] origin)</summary>
    [UnmanagedCallersOnly(EntryPoint = "Java_clem_bridge_NativeMethods_createSource")]
    public static long CreateSource(nint env, nint type, int kind, nint size, nint spacing, nint origin) =>
        Guard(env, (kind, size, spacing, origin),
            static (jni, a) => Host.CreateSource(a.kind, ReadGrid(jni, a.size, a.spacing, a.origin)));

    /// <summary>boolean writeBytes(long handle, int z, byte[] voxels)</summary>
    [UnmanagedCallersOnly(EntryPoint = "Java_clem_bridge_NativeMethods_writeBytes")]
    public static byte WriteBytes(nint env, nint type, long handle, int z, nint voxels) => Write<byte>(env, handle, z, voxels, VoxelType.UInt8);

    /// <summary>boolean writeShorts(long handle, int z, short[] voxels)</summary>
    [UnmanagedCallersOnly(EntryPoint = "Java_clem_bridge_NativeMethods_writeShorts")]
    public static byte WriteShorts(nint env, nint type, long handle, int z, nint voxels) => Write<short>(env, handle, z, voxels, VoxelType.UInt16);

    /// <summary>boolean writeFloats(long handle, int z, float[] voxels)</summary>
    [UnmanagedCallersOnly(EntryPoint = "Java_clem_bridge_NativeMethods_writeFloats")]
    public static byte WriteFloats(nint env, nint type, long handle, int z, nint voxels) => Write<float>(env, handle, z, voxels, VoxelType.Float32);

    /// <summary>boolean readBytes(long handle, int z, byte[] voxels, NativeListener reader)</summary>
    [UnmanagedCallersOnly(EntryPoint = "Java_clem_bridge_NativeMethods_readBytes")]
    public static byte ReadBytes(nint env, nint type, long handle, int z, nint voxels, nint reader) =>
        Read<byte>(env, handle, z, voxels, reader, VoxelType.UInt8);

    /// <summary>boolean readShorts(long handle, int z, short[] voxels, NativeListener reader)</summary>
    [UnmanagedCallersOnly(EntryPoint = "Java_clem_bridge_NativeMethods_readShorts")]
    public static byte ReadShorts(nint env, nint type, long handle, int z, nint voxels, nint reader) =>
        Read<short>(env, handle, z, voxels, reader, VoxelType.UInt16);

    /// <summary>boolean readFloats(long handle, int z, float[] voxels, NativeListener reader)</summary>
    [UnmanagedCallersOnly(EntryPoint = "Java_clem_bridge_NativeMethods_readFloats")]
    public static byte ReadFloats(nint env, nint type, long handle, int z, nint voxels, nint reader) =>
        Read<float>(env, handle, z, voxels, reader, VoxelType.Float32);

    /// <summary>long createPoints(double[] zyx)</summary>
    [UnmanagedCallersOnly(EntryPoint = "Java_clem_bridge_NativeMethods_createPoints")]
    public static long CreatePoints(nint env, nint type, nint zyx) =>
        Guard(env, zyx, static (jni, zyx) => Host.CreatePoints(jni.ToArray<double>(NotNull(zyx, "points"))));

    /// <summary>double[] readPoints(long handle)</summary>
    [UnmanagedCallersOnly(EntryPoint = "Java_clem_bridge_NativeMethods_readPoints")]
    public static nint ReadPoints(nint env, nint type, long handle) =>
        Guard(env, handle, static (jni, handle) => jni.NewArray<double>(Host.ReadPoints(handle)));

    /// <summary>long createTransform(byte[] json)</summary>
    [UnmanagedCallersOnly(EntryPoint = "Java_clem_bridge_NativeMethods_createTransform")]
    public static long CreateTransform(nint env, nint type, nint json) =>
        Guard(env, json, static (jni, json) => Host.CreateTransform(jni.Utf8(NotNull(json, "transform"))));

    /// <summary>byte[] describe(long handle)</summary>
    [UnmanagedCallersOnly(EntryPoint = "Java_clem_bridge_NativeMethods_describe")]
    public static nint Describe(nint env, nint type, long handle) =>
        Guard(env, handle, static (jni, handle) => jni.Utf8(Host.Describe(handle)));

    /// <summary>byte[] run(byte[] request, NativeListener listener)</summary>
    [UnmanagedCallersOnly(EntryPoint = "Java_clem_bridge_NativeMethods_run")]
    public static nint Run(nint env, nint type, nint request, nint listener) =>
        Guard(env, (env, request, listener), static (jni, a) =>
        {
            nint env = a.env;
            return Host.Run(jni.Utf8(NotNull(a.request, "request")), new JavaListener(env, NotNull(a.listener, "listener")), text => new JniEnv(env).Utf8(text));
        });

    /// <summary>boolean release(long handle)</summary>
    [UnmanagedCallersOnly(EntryPoint = "Java_clem_bridge_NativeMethods_release")]
    public static byte Release(nint env, nint type, long handle) => Guard<long, byte>(env, handle, static (_, handle) =>
    {
        Host.Release(handle);
        return 1;
    });

    private static byte Write<T>(nint env, long handle, int z, nint voxels, VoxelType voxelType) where T : unmanaged =>
        Guard<(long, int, nint, VoxelType), byte>(env, (handle, z, voxels, voxelType), static (jni, a) =>
        {
            (long handle, int z, nint voxels, VoxelType voxelType) = a;
            int count = jni.ArrayLength(NotNull(voxels, "voxels"));
            Host.WriteSlice(handle, z, voxelType, count, span => jni.GetRegion(voxels, MemoryMarshal.Cast<byte, T>(span)));
            return 1;
        });

    private static byte Read<T>(nint env, long handle, int z, nint voxels, nint reader, VoxelType voxelType) where T : unmanaged =>
        Guard<(nint, long, int, nint, nint, VoxelType), byte>(env, (env, handle, z, voxels, reader, voxelType), static (jni, a) =>
        {
            (nint env, long handle, int z, nint voxels, nint reader, VoxelType voxelType) = a;
            int count = jni.ArrayLength(NotNull(voxels, "voxels"));
            Host.ReadSlice(handle, z, voxelType, count, span => jni.SetRegion(voxels, MemoryMarshal.Cast<byte, T>(span)),
                reader == 0 ? null : (source, slice) => new JavaListener(env, reader).Slice(source, slice));
            return 1;
        });

    /// <summary>Calls a clem.bridge.NativeListener.</summary>
    private sealed class JavaListener : IRunListener
    {
        private readonly nint _env;
        private readonly nint _target;
        private readonly nint _progress;
        private readonly nint _message;
        private readonly nint _cancelled;
        private readonly nint _slice;

        public JavaListener(nint env, nint target)
        {
            _env = env;
            _target = target;
            var jni = new JniEnv(env);
            _progress = jni.Method(target, "progress\0"u8, "(D[B)V\0"u8);
            _message = jni.Method(target, "message\0"u8, "(Z[B)V\0"u8);
            _cancelled = jni.Method(target, "cancelled\0"u8, "()Z\0"u8);
            _slice = jni.Method(target, "slice\0"u8, "(JI)V\0"u8);
        }

        public void Progress(double fraction, string stage) => WithText(stage, _progress, BitConverter.DoubleToInt64Bits(fraction));

        public void Log(string message) => WithText(message, _message, 0);

        public void Warning(string message) => WithText(message, _message, 1);

        public bool Cancelled() => new JniEnv(_env).CallBoolean(_target, _cancelled);

        public void Slice(long source, int z) => new JniEnv(_env).CallVoid(_target, _slice, source, z);

        private void WithText(string text, nint method, long first)
        {
            var jni = new JniEnv(_env);
            nint bytes = jni.Utf8(text);
            try
            {
                jni.CallVoid(_target, method, first, bytes);
            }
            finally
            {
                jni.DeleteLocalRef(bytes);
            }
        }
    }
}

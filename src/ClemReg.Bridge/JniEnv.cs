using System.Runtime.CompilerServices;
using System.Text;

namespace ClemReg.Bridge;

/// <summary>A Java exception is pending; it was put aside in order to be thrown again on return to Java.</summary>
public sealed class JavaException(nint throwable) : Exception("an exception of the Java caller")
{
    /// <summary>A local reference to the exception, valid until the native method returns.</summary>
    public nint Throwable { get; } = throwable;
}

/// <summary>The part of the JNI function table that the bridge uses (indices of the JNI specification, chapter 4).</summary>
internal readonly unsafe struct JniEnv(nint env)
{
    private readonly nint _env = env;

    private nint this[int index] => (*(nint**)_env)[index];

    public void Throw(nint throwable) => ((delegate* unmanaged<nint, nint, int>)this[13])(_env, throwable);

    public void DeleteLocalRef(nint reference) => ((delegate* unmanaged<nint, nint, void>)this[23])(_env, reference);

    public int ArrayLength(nint array) => ((delegate* unmanaged<nint, nint, int>)this[171])(_env, array);

    /// <summary>Throws a pending Java exception as a <see cref="JavaException"/> and clears it.</summary>
    public void Check()
    {
        if (((delegate* unmanaged<nint, byte>)this[228])(_env) == 0) return;
        nint throwable = ((delegate* unmanaged<nint, nint>)this[15])(_env);
        ((delegate* unmanaged<nint, void>)this[17])(_env);
        throw new JavaException(throwable);
    }

    /// <summary>Copies a whole byte, short, int, float or double array.</summary>
    public void GetRegion<T>(nint array, Span<T> destination) where T : unmanaged
    {
        fixed (T* p = destination)
            ((delegate* unmanaged<nint, nint, int, int, T*, void>)this[199 + TypeIndex<T>()])(_env, array, 0, destination.Length, p);
        Check();
    }

    /// <summary>Fills a whole byte, short, int, float or double array.</summary>
    public void SetRegion<T>(nint array, ReadOnlySpan<T> source) where T : unmanaged
    {
        fixed (T* p = source)
            ((delegate* unmanaged<nint, nint, int, int, T*, void>)this[207 + TypeIndex<T>()])(_env, array, 0, source.Length, p);
        Check();
    }

    /// <summary>Makes a Java array with these elements.</summary>
    public nint NewArray<T>(ReadOnlySpan<T> source) where T : unmanaged
    {
        nint array = ((delegate* unmanaged<nint, int, nint>)this[175 + TypeIndex<T>()])(_env, source.Length);
        Check();
        SetRegion(array, source);
        return array;
    }

    /// <summary>The elements of a Java array.</summary>
    public T[] ToArray<T>(nint array) where T : unmanaged
    {
        var copy = new T[ArrayLength(array)];
        GetRegion<T>(array, copy);
        return copy;
    }

    public string Utf8(nint byteArray) => Encoding.UTF8.GetString(ToArray<byte>(byteArray));

    public nint Utf8(string text) => NewArray<byte>(Encoding.UTF8.GetBytes(text));

    public nint Method(nint target, ReadOnlySpan<byte> name, ReadOnlySpan<byte> signature)
    {
        nint type = ((delegate* unmanaged<nint, nint, nint>)this[31])(_env, target);
        nint method;
        fixed (byte* n = name)
        fixed (byte* s = signature)
            method = ((delegate* unmanaged<nint, nint, byte*, byte*, nint>)this[33])(_env, type, n, s);
        DeleteLocalRef(type);
        Check();
        return method;
    }

    public void CallVoid(nint target, nint method, params ReadOnlySpan<long> arguments)
    {
        fixed (long* a = arguments)
            ((delegate* unmanaged<nint, nint, nint, long*, void>)this[63])(_env, target, method, a);
        Check();
    }

    public bool CallBoolean(nint target, nint method)
    {
        long none = 0;
        byte result = ((delegate* unmanaged<nint, nint, nint, long*, byte>)this[39])(_env, target, method, &none);
        Check();
        return result != 0;
    }

    /// <summary>The place of a primitive type in the table's rows: boolean, byte, char, short, int, long, float, double.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int TypeIndex<T>() =>
        typeof(T) == typeof(byte) ? 1 : typeof(T) == typeof(short) ? 3 : typeof(T) == typeof(int) ? 4
        : typeof(T) == typeof(float) ? 6 : typeof(T) == typeof(double) ? 7 : throw new NotSupportedException(typeof(T).Name);
}

using System.Runtime.InteropServices;

namespace ClemReg.Algorithms.Volumes;

/// <summary>
/// A zeroed block of memory outside the garbage-collected heap, aligned to 64 bytes. Volumes live here so that a release gives the
/// memory back at once, whatever the collector does.
/// </summary>
public sealed unsafe class NativeBuffer : IDisposable
{
    private static long _liveBytes;
    private const int Alignment = 64;
    private void* _block;
    private void* _pointer;

    /// <summary>Allocates <paramref name="bytes"/> zeroed bytes.</summary>
    /// <exception cref="OutOfMemoryBudgetException">The system has not that much memory.</exception>
    public NativeBuffer(long bytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(bytes);
        try
        {
            // Fresh pages of the system are zeros already, so that large blocks need no clearing.
            _block = NativeMemory.AllocZeroed((nuint)bytes + Alignment);
            _pointer = (void*)(((nuint)_block + Alignment - 1) / Alignment * Alignment);
        }
        catch (OutOfMemoryException e)
        {
            throw new OutOfMemoryBudgetException(
                $"{bytes / 1048576.0:F0} MB of memory for a volume could not be had. Close other programs, crop or bin the images.", e);
        }
        Bytes = bytes;
        Interlocked.Add(ref _liveBytes, bytes);
    }

    /// <summary>Frees the block of a buffer that nobody disposed of.</summary>
    ~NativeBuffer() => Free();

    /// <summary>Bytes held by all live buffers of this process: a diagnostic figure, back at its start when nothing leaks.</summary>
    public static long LiveBytes => Interlocked.Read(ref _liveBytes);

    /// <summary>Size in bytes.</summary>
    public long Bytes { get; }

    /// <summary>The first byte.</summary>
    /// <exception cref="ObjectDisposedException">The buffer was released.</exception>
    public byte* Pointer
    {
        get
        {
            ObjectDisposedException.ThrowIf(_pointer is null, this);
            return (byte*)_pointer;
        }
    }

    /// <summary>Releases the memory. Harmless when repeated.</summary>
    public void Dispose()
    {
        Free();
        GC.SuppressFinalize(this);
    }

    private void Free()
    {
        void* block = _block;
        _block = null;
        _pointer = null;
        if (block is null) return;
        NativeMemory.Free(block);
        Interlocked.Add(ref _liveBytes, -Bytes);
    }
}

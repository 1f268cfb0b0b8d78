using System.Collections.Concurrent;
using System.IO.MemoryMappedFiles;
using System.Runtime.InteropServices;

namespace ClemReg.Bridge.Worker;

/// <summary>
/// The files, mapped into memory, through which slices go from Java and back. Java makes each and keeps it open, so that its name can be deleted
/// as soon as it is mapped here: nothing is left however the two processes end. Where the system keeps the names of open files (Windows) they
/// are deleted at the end.
/// </summary>
public sealed class SliceFiles : IDisposable
{
    private sealed class Mapped(string path, MemoryMappedFile file) : IDisposable
    {
        private readonly MemoryMappedViewAccessor _view = file.CreateViewAccessor();

        /// <summary>Copies the first bytes into <paramref name="slice"/>, or the other way round.</summary>
        public unsafe void Copy(Span<byte> slice, bool back)
        {
            if (slice.Length > _view.Capacity) throw new ProtocolException($"A slice of {slice.Length} bytes does not lie in a slice file of {_view.Capacity}.");
            byte* start = null;
            // Holds the mapping even if the file is given up meanwhile.
            _view.SafeMemoryMappedViewHandle.AcquirePointer(ref start);
            try
            {
                var mapped = new Span<byte>(start, slice.Length);
                if (back) slice.CopyTo(mapped);
                else mapped.CopyTo(slice);
            }
            finally
            {
                _view.SafeMemoryMappedViewHandle.ReleasePointer();
            }
        }

        public void Dispose()
        {
            _view.Dispose();
            file.Dispose();
            Delete(path);
        }
    }

    private readonly ConcurrentDictionary<int, Mapped> _files = new();
    private readonly ConcurrentDictionary<string, bool> _folders = new();

    /// <summary>Maps a file.</summary>
    public void Map(int number, string path, long length)
    {
        var stream = new FileStream(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
        Mapped mapped;
        try
        {
            // Beyond the end of a file there is nothing to touch.
            if (length <= 0 || stream.Length != length) throw new ProtocolException($"The slice file {path} has {stream.Length} bytes, not {length}.");
            mapped = new Mapped(path, MemoryMappedFile.CreateFromFile(stream, null, 0, MemoryMappedFileAccess.ReadWrite, HandleInheritability.None, leaveOpen: false));
        }
        catch
        {
            stream.Dispose();
            throw;
        }
        if (!_files.TryAdd(number, mapped))
        {
            mapped.Dispose();
            throw new ProtocolException($"There is a slice file {number} already.");
        }
        _folders.TryAdd(Path.GetDirectoryName(path)!, true);
        Delete(path);
    }

    /// <summary>Gives a file up.</summary>
    public void Unmap(int number)
    {
        if (_files.TryRemove(number, out Mapped? mapped)) mapped.Dispose();
    }

    /// <summary>Copies the beginning of a file into <paramref name="slice"/>.</summary>
    public void Read(int number, Span<byte> slice)
    {
        if (slice.Length > 0) Find(number).Copy(slice, back: false);
    }

    /// <summary>Copies <paramref name="slice"/> to the beginning of a file.</summary>
    public void Write(int number, ReadOnlySpan<byte> slice)
    {
        if (slice.Length > 0) Find(number).Copy(MemoryMarshal.CreateSpan(ref MemoryMarshal.GetReference(slice), slice.Length), back: true);
    }

    /// <summary>Gives all files up and removes their folders.</summary>
    public void Dispose()
    {
        foreach (int number in _files.Keys) Unmap(number);
        foreach (string folder in _folders.Keys) Quietly(() => Directory.Delete(folder));
    }

    private Mapped Find(int number) => _files.TryGetValue(number, out Mapped? mapped) ? mapped : throw new ProtocolException($"There is no slice file {number}.");

    private static void Delete(string path) => Quietly(() => File.Delete(path));

    private static void Quietly(Action deletion)
    {
        try
        {
            deletion();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // In use by the other process, which deletes it too.
        }
    }
}

using System.Collections.Concurrent;
using ClemReg.Algorithms;

namespace ClemReg.Bridge;

/// <summary>
/// Numbers for objects that Java holds. A number that was never given, was released or comes from another process is an error, never a
/// wrong object: numbers are counters scrambled with a value drawn at start. An object released while in use lives until its last use ends.
/// </summary>
public sealed class HandleTable
{
    private sealed class Entry(object value, IReadOnlyList<Lease> retained)
    {
        public readonly object Value = value;
        public readonly IReadOnlyList<Lease> Retained = retained;
        public int Users = 1;
    }

    /// <summary>The use of an object: it lives at least until this is disposed of.</summary>
    public sealed class Lease : IDisposable
    {
        private Entry? _entry;

        internal Lease(object entry) => _entry = (Entry)entry;

        /// <summary>The object.</summary>
        public object Value => (_entry ?? throw new ObjectDisposedException(nameof(Lease))).Value;

        /// <summary>A further lease of the same object.</summary>
        public Lease Share()
        {
            Entry entry = _entry ?? throw new ObjectDisposedException(nameof(Lease));
            lock (entry) entry.Users++;
            return new Lease(entry);
        }

        /// <summary>Ends the use.</summary>
        public void Dispose()
        {
            Entry? entry = Interlocked.Exchange(ref _entry, null);
            if (entry is not null) Leave(entry);
        }
    }

    private readonly ConcurrentDictionary<long, Entry> _entries = new();
    private readonly long _salt = Random.Shared.NextInt64();
    private long _counter;

    /// <summary>The number of objects that are held.</summary>
    public int Count => _entries.Count;

    /// <summary>Holds an object, together with the leases that it needs, and gives its number (positive).</summary>
    public long Add(object value, IReadOnlyList<Lease>? retained = null)
    {
        var entry = new Entry(value, retained ?? []);
        while (true)
        {
            long handle = ((Interlocked.Increment(ref _counter) * unchecked((long)0x9E3779B97F4A7C15)) ^ _salt) & long.MaxValue;
            if (handle != 0 && _entries.TryAdd(handle, entry)) return handle;
        }
    }

    /// <summary>Uses an object.</summary>
    /// <exception cref="NotFoundException">The number is wrong or released.</exception>
    public Lease Use(long handle)
    {
        if (_entries.TryGetValue(handle, out Entry? entry))
        {
            lock (entry)
            {
                if (entry.Users > 0)
                {
                    entry.Users++;
                    return new Lease(entry);
                }
            }
        }
        throw Unknown(handle);
    }

    /// <summary>Lets an object go.</summary>
    /// <exception cref="NotFoundException">The number is wrong or released already.</exception>
    public void Release(long handle)
    {
        if (!_entries.TryRemove(handle, out Entry? entry)) throw Unknown(handle);
        Leave(entry);
    }

    private static void Leave(Entry entry)
    {
        lock (entry)
        {
            if (--entry.Users > 0) return;
        }
        (entry.Value as IDisposable)?.Dispose();
        foreach (Lease lease in entry.Retained) lease.Dispose();
    }

    private static NotFoundException Unknown(long handle) =>
        new($"Handle {handle} is not known: it was released, or it is none of this process.");
}

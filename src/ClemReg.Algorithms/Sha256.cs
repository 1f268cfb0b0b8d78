using System.Buffers.Binary;
using System.Numerics;

namespace ClemReg.Algorithms;

/// <summary>
/// SHA-256 (FIPS 180-4). Of our own because .NET's asks the system for OpenSSL on Linux, and ends the whole process, Fiji with it, where there is none.
/// </summary>
internal sealed class Sha256
{
    private const int BlockBytes = 64, ChunkBytes = 1 << 20;

    private static readonly uint[] Constants = Roots(64, Math.Cbrt);
    private readonly uint[] _state = Roots(8, Math.Sqrt);
    private readonly uint[] _schedule = new uint[64];
    private readonly byte[] _block = new byte[BlockBytes];
    private long _bytes;

    /// <summary>The hash of some bytes, in lower-case hexadecimal.</summary>
    public static string Of(ReadOnlySpan<byte> data)
    {
        var hash = new Sha256();
        hash.Add(data);
        return hash.Finish();
    }

    /// <summary>The hash of a file from where it stands to its end, in lower-case hexadecimal.</summary>
    /// <exception cref="OperationCanceledException">The job was cancelled.</exception>
    public static string OfStream(Stream stream, Job job)
    {
        var hash = new Sha256();
        var chunk = new byte[ChunkBytes];
        for (int count; (count = stream.Read(chunk)) > 0;)
        {
            job.ThrowIfCancelled();
            hash.Add(chunk.AsSpan(0, count));
            job.Report((double)stream.Position / stream.Length);
        }
        return hash.Finish();
    }

    /// <summary>Takes the next bytes.</summary>
    public void Add(ReadOnlySpan<byte> data)
    {
        while (!data.IsEmpty)
        {
            int at = (int)(_bytes % BlockBytes), count = Math.Min(BlockBytes - at, data.Length);
            data[..count].CopyTo(_block.AsSpan(at));
            data = data[count..];
            _bytes += count;
            if (at + count == BlockBytes) Mix();
        }
    }

    /// <summary>The hash of all bytes, in lower-case hexadecimal. Nothing can be added afterwards.</summary>
    public string Finish()
    {
        long bits = _bytes * 8;
        Add([0x80]);
        while (_bytes % BlockBytes != BlockBytes - sizeof(long)) Add([0]);
        Span<byte> length = stackalloc byte[sizeof(long)];
        BinaryPrimitives.WriteInt64BigEndian(length, bits);
        Add(length);
        Span<byte> hash = stackalloc byte[32];
        for (int i = 0; i < 8; i++) BinaryPrimitives.WriteUInt32BigEndian(hash[(4 * i)..], _state[i]);
        return Convert.ToHexStringLower(hash);
    }

    private void Mix()
    {
        uint[] w = _schedule;
        for (int i = 0; i < 16; i++) w[i] = BinaryPrimitives.ReadUInt32BigEndian(_block.AsSpan(4 * i));
        for (int i = 16; i < 64; i++)
        {
            uint early = w[i - 15], late = w[i - 2];
            w[i] = w[i - 16] + (BitOperations.RotateRight(early, 7) ^ BitOperations.RotateRight(early, 18) ^ early >> 3)
                + w[i - 7] + (BitOperations.RotateRight(late, 17) ^ BitOperations.RotateRight(late, 19) ^ late >> 10);
        }
        (uint a, uint b, uint c, uint d) = (_state[0], _state[1], _state[2], _state[3]);
        (uint e, uint f, uint g, uint h) = (_state[4], _state[5], _state[6], _state[7]);
        for (int i = 0; i < 64; i++)
        {
            uint t = h + (BitOperations.RotateRight(e, 6) ^ BitOperations.RotateRight(e, 11) ^ BitOperations.RotateRight(e, 25)) + (e & f ^ ~e & g) + Constants[i] + w[i];
            uint u = (BitOperations.RotateRight(a, 2) ^ BitOperations.RotateRight(a, 13) ^ BitOperations.RotateRight(a, 22)) + (a & b ^ a & c ^ b & c);
            (h, g, f, e, d, c, b, a) = (g, f, e, d + t, c, b, a, t + u);
        }
        ReadOnlySpan<uint> mixed = [a, b, c, d, e, f, g, h];
        for (int i = 0; i < 8; i++) _state[i] += mixed[i];
    }

    /// <summary>The first 32 bits after the point of the roots of the first primes.</summary>
    private static uint[] Roots(int count, Func<double, double> root)
    {
        var found = new List<uint>();
        for (int n = 2; found.Count < count; n++)
            if (Enumerable.Range(2, n - 2).All(d => n % d != 0)) found.Add((uint)((root(n) - Math.Floor(root(n))) * 4294967296));
        return [.. found];
    }
}

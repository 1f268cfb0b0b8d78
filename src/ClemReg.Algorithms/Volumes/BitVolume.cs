using System.Numerics;

namespace ClemReg.Algorithms.Volumes;

/// <summary>
/// A binary mask of one bit a voxel. A row (z, y) is <see cref="WordsPerRow"/> words of 64 bits, bit x % 64 of word x / 64 is voxel x;
/// the bits beyond the row's end are always 0.
/// </summary>
public sealed class BitVolume : ISliceSource, IDisposable
{
    private readonly NativeBuffer _buffer;

    /// <summary>Makes an empty mask.</summary>
    public BitVolume(Grid grid)
    {
        Grid = grid;
        WordsPerRow = (grid.Size.X + 63) / 64;
        _buffer = new NativeBuffer((long)grid.Size.Z * grid.Size.Y * WordsPerRow * sizeof(ulong));
    }

    /// <inheritdoc/>
    public Grid Grid { get; }

    /// <summary>Masks are read as 8-bit slices of 0 and 255.</summary>
    public VoxelType Type => VoxelType.UInt8;

    /// <summary>Words of 64 voxels in a row.</summary>
    public int WordsPerRow { get; }

    /// <summary>The words of slice <paramref name="z"/>: Y rows of <see cref="WordsPerRow"/>.</summary>
    public unsafe Span<ulong> SliceWords(int z)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(z);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(z, Grid.Size.Z);
        int words = Grid.Size.Y * WordsPerRow;
        return new Span<ulong>((ulong*)_buffer.Pointer + (long)z * words, words);
    }

    /// <summary>The words of one row.</summary>
    public Span<ulong> Row(int z, int y) => SliceWords(z).Slice(y * WordsPerRow, WordsPerRow);

    /// <summary>One voxel.</summary>
    public bool this[int z, int y, int x]
    {
        get => (Row(z, y)[x >> 6] >> (x & 63) & 1) != 0;
        set
        {
            ref ulong word = ref Row(z, y)[x >> 6];
            ulong bit = 1UL << (x & 63);
            word = value ? word | bit : word & ~bit;
        }
    }

    /// <summary>The number of voxels that are set.</summary>
    public long CountSet()
    {
        long count = 0;
        for (int z = 0; z < Grid.Size.Z; z++)
            foreach (ulong word in SliceWords(z))
                count += BitOperations.PopCount(word);
        return count;
    }

    /// <summary>A mask of its own with the same voxels.</summary>
    public BitVolume Copy()
    {
        var copy = new BitVolume(Grid);
        for (int z = 0; z < Grid.Size.Z; z++) SliceWords(z).CopyTo(copy.SliceWords(z));
        return copy;
    }

    /// <summary>Sets slice <paramref name="z"/> from voxels: whatever is above <paramref name="threshold"/> is foreground.</summary>
    /// <param name="z">The slice.</param>
    /// <param name="voxels">Y * X voxels, x fastest.</param>
    /// <param name="threshold">Foreground is strictly above this. NaN voxels are background.</param>
    public void SetSlice<T>(int z, ReadOnlySpan<T> voxels, T threshold) where T : unmanaged, IComparisonOperators<T, T, bool>
    {
        (int _, int height, int width) = Grid.Size;
        if (voxels.Length != Grid.Size.SliceCount) throw new ArgumentException("the slice has another size", nameof(voxels));
        Span<ulong> words = SliceWords(z);
        for (int y = 0; y < height; y++)
        {
            ReadOnlySpan<T> row = voxels.Slice(y * width, width);
            for (int w = 0; w < WordsPerRow; w++)
            {
                ReadOnlySpan<T> part = row.Slice(w * 64, Math.Min(64, width - w * 64));
                ulong bits = 0;
                for (int i = 0; i < part.Length; i++)
                    if (part[i] > threshold)
                        bits |= 1UL << i;
                words[y * WordsPerRow + w] = bits;
            }
        }
    }

    /// <summary>A box of this mask as a mask of its own, in the same place.</summary>
    /// <param name="first">Its first voxel.</param>
    /// <param name="size">Its voxels; all of them lie within.</param>
    public BitVolume Part(Size3 first, Size3 size)
    {
        var part = new BitVolume(new Grid(size, Grid.Spacing, Grid.ToPhysical(first.Z, first.Y, first.X)));
        int word = first.X >> 6, shift = first.X & 63;
        ulong end = ulong.MaxValue >> (63 - ((size.X - 1) & 63));
        for (int z = 0; z < size.Z; z++)
            for (int y = 0; y < size.Y; y++)
            {
                Span<ulong> from = Row(first.Z + z, first.Y + y)[word..], to = part.Row(z, y);
                for (int w = 0; w < to.Length; w++)
                    to[w] = from[w] >> shift | (shift > 0 && w + 1 < from.Length ? from[w + 1] << (64 - shift) : 0);
                to[^1] &= end;
            }
        return part;
    }

    /// <summary>Reads slice <paramref name="z"/> as bytes of 0 and 255, Y * X of them.</summary>
    public void ReadSlice(int z, Span<byte> destination)
    {
        (int _, int height, int width) = Grid.Size;
        if (destination.Length != Grid.Size.SliceCount) throw new ArgumentException("the slice has another size", nameof(destination));
        Span<ulong> words = SliceWords(z);
        for (int y = 0; y < height; y++)
        {
            Span<byte> row = destination.Slice(y * width, width);
            row.Clear();
            for (int w = 0; w < WordsPerRow; w++)
            {
                for (ulong bits = words[y * WordsPerRow + w]; bits != 0; bits &= bits - 1)
                    row[w * 64 + BitOperations.TrailingZeroCount(bits)] = 255;
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _buffer.Dispose();
}

using System.Numerics;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Cleaning;

/// <summary>
/// Dilation and erosion of masks by an <see cref="Ellipsoid"/>, 64 voxels at a time: exactly the voxels within (or farther than) its radius of the
/// mask (or of its background). Voxels beyond the volume count neither for nor against, so an object that the volume's border cuts is not worn away there. Work is one
/// operation on a row for each row of the element; memory besides the two masks is a row a thread.
/// </summary>
internal static class BitMorphology
{
    /// <summary>Slices and rows of the result that are one piece of work.</summary>
    private const int BlockSlices = 8, BlockRows = 64;

    /// <summary>Opening: what the element fits into. Removes what is thinner and cuts thin bridges; never adds.</summary>
    public static void Open(BitVolume mask, Ellipsoid element, Job job)
    {
        if (element.IsPoint) return;
        using var eroded = new BitVolume(mask.Grid);
        Dilate(mask, eroded, element, ofBackground: true, job, 0);
        Dilate(eroded, mask, element, ofBackground: false, job, 0.5);
    }

    /// <summary>Closing: fills what the element does not fit into. Joins and smooths; never removes.</summary>
    public static void Close(BitVolume mask, Ellipsoid element, Job job)
    {
        if (element.IsPoint) return;
        using var dilated = new BitVolume(mask.Grid);
        Dilate(mask, dilated, element, ofBackground: false, job, 0);
        Dilate(dilated, mask, element, ofBackground: true, job, 0.5);
    }

    private static void Dilate(BitVolume from, BitVolume to, Ellipsoid element, bool ofBackground, Job job, double since) =>
        job.Run(ofBackground ? "erode" : "dilate", since, since + 0.5, part =>
        {
            Dilate(from, to, element, ofBackground, part);
            return 0;
        });

    /// <summary>Dilates the mask, or (an erosion) its background.</summary>
    /// <param name="from">The mask.</param>
    /// <param name="to">Gets the result; another mask of the same size.</param>
    /// <param name="element">The element.</param>
    /// <param name="ofBackground">Whether the background grows, and the mask shrinks.</param>
    /// <param name="job">The work.</param>
    public static void Dilate(BitVolume from, BitVolume to, Ellipsoid element, bool ofBackground, Job job)
    {
        (int depth, int height, int width) = from.Grid.Size;
        ulong end = ulong.MaxValue >> (63 - ((width - 1) & 63));
        int across = (height + BlockRows - 1) / BlockRows, blocks = (depth + BlockSlices - 1) / BlockSlices * across;
        job.For(blocks, () => new ulong[2 * from.WordsPerRow], (block, scratch) =>
        {
            int z0 = block / across * BlockSlices, z1 = Math.Min(depth, z0 + BlockSlices);
            int y0 = block % across * BlockRows, y1 = Math.Min(height, y0 + BlockRows);
            Span<ulong> row = scratch.AsSpan(0, from.WordsPerRow), wider = scratch.AsSpan(from.WordsPerRow);
            for (int z = z0; z < z1; z++) to.SliceWords(z).Slice(y0 * to.WordsPerRow, (y1 - y0) * to.WordsPerRow).Clear();
            for (int z = Math.Max(0, z0 - element.Z); z < Math.Min(depth, z1 + element.Z); z++)
                for (int y = Math.Max(0, y0 - element.Y); y < Math.Min(height, y1 + element.Y); y++)
                {
                    job.ThrowIfCancelled();
                    from.Row(z, y).CopyTo(row);
                    if (ofBackground) Invert(row, end);
                    if (row.IndexOfAnyExcept(0UL) < 0) continue;
                    // The row is widened step by step, and each width goes to where the element has it.
                    for (int w = 0; w <= element.X; w++)
                    {
                        if (w > 0)
                        {
                            Widen(row, wider, end);
                            wider.CopyTo(row);
                        }
                        foreach ((int dz, int dy) in element.Rows(w))
                            if (z + dz >= z0 && z + dz < z1 && y + dy >= y0 && y + dy < y1) Add(row, to.Row(z + dz, y + dy));
                    }
                }
            for (int z = z0; ofBackground && z < z1; z++)
                for (int y = y0; y < y1; y++) Invert(to.Row(z, y), end);
        }, report: true);
    }

    /// <summary>Turns a row's bits over; those beyond its end stay 0.</summary>
    public static void Invert(Span<ulong> row, ulong end)
    {
        for (int i = 0; i < row.Length; i++) row[i] = ~row[i];
        row[^1] &= end;
    }

    private static void Widen(ReadOnlySpan<ulong> row, Span<ulong> wider, ulong end)
    {
        ulong before = 0;
        for (int i = 0; i < row.Length; i++)
        {
            ulong word = row[i], next = i + 1 < row.Length ? row[i + 1] : 0;
            wider[i] = word | word << 1 | before >> 63 | word >> 1 | next << 63;
            before = word;
        }
        wider[^1] &= end;
    }

    private static void Add(ReadOnlySpan<ulong> row, Span<ulong> to)
    {
        int i = 0;
        for (; i <= row.Length - Vector<ulong>.Count; i += Vector<ulong>.Count) (new Vector<ulong>(to[i..]) | new Vector<ulong>(row[i..])).CopyTo(to[i..]);
        for (; i < row.Length; i++) to[i] |= row[i];
    }
}

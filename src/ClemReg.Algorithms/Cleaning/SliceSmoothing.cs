using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Cleaning;

/// <summary>
/// A median along z: a voxel belongs to the mask where most of the slices around it say so. It straightens outlines that jitter from slice to slice, bridges slices where the mask is
/// missing, and leaves flat ends where they are. Towards the ends of the stack the window becomes smaller; the first and the last slice stay.
/// docs/decisions/22-cleaning-masks.md compares it with means of signed distances.
/// </summary>
internal static class SliceSmoothing
{
    /// <summary>The most slices of a window: their number must fit into <see cref="Digits"/> binary digits.</summary>
    public const int MostSlices = 15;

    private const int Digits = 4;

    /// <summary>Takes the vote.</summary>
    /// <param name="mask">The mask, changed in place.</param>
    /// <param name="slices">The window: odd, up to <see cref="MostSlices"/>.</param>
    /// <param name="job">The work.</param>
    public static void Apply(BitVolume mask, int slices, Job job)
    {
        int depth = mask.Grid.Size.Z;
        if (slices < 3 || depth < 3) return;
        using BitVolume before = mask.Copy();
        job.For(depth, z =>
        {
            int half = Math.Min(slices / 2, Math.Min(z, depth - 1 - z));
            if (half > 0) Vote(before, mask.SliceWords(z), z, half);
        }, report: true);
    }

    /// <summary>Counts in binary, a digit a word, for 64 voxels at once.</summary>
    private static void Vote(BitVolume before, Span<ulong> result, int z, int half)
    {
        Span<ulong> count = stackalloc ulong[Digits];
        int needed = half + 1;
        for (int i = 0; i < result.Length; i++)
        {
            count.Clear();
            for (int k = z - half; k <= z + half; k++)
            {
                ulong carry = before.SliceWords(k)[i];
                for (int d = 0; d < Digits && carry != 0; d++) (count[d], carry) = (count[d] ^ carry, count[d] & carry);
            }
            // From the highest digit on: more than needed, or the same so far.
            ulong more = 0, same = ulong.MaxValue;
            for (int d = Digits - 1; d >= 0; d--)
            {
                if ((needed >> d & 1) != 0) same &= count[d];
                else
                {
                    more |= same & count[d];
                    same &= ~count[d];
                }
            }
            result[i] = more | same;
        }
    }
}

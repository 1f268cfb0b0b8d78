using System.Numerics;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.PointClouds;

/// <summary>
/// The isotropic grid over the extent of an anisotropic one, and which raw voxel each of its voxels would take by nearest neighbour.
/// </summary>
/// <remarks>
/// Along each axis the raw volume extends half a voxel beyond its first and last centre. It is filled with
/// round(n * spacing / isotropic) voxels (at least 1), the first of which starts where the extent starts, so voxel k lies at
/// origin - spacing / 2 + (k + 0.5) * isotropic. Its nearest raw voxel is floor((k + 0.5) * isotropic / spacing).
/// </remarks>
internal sealed class IsotropicSampling
{
    // A centre on the boundary of two raw voxels takes the upper one, however the division was rounded.
    private const double Tie = 1e-9;

    private readonly int[] _sourceY;
    private readonly int[] _firstX;
    private readonly bool _sameInPlane;

    /// <summary>Lays the isotropic grid over a raw one.</summary>
    /// <exception cref="BadInputException">The isotropic grid would be too large for its indices.</exception>
    public IsotropicSampling(Grid raw, double spacing)
    {
        Size3 size = new(
            Voxels(raw.Size.Z, raw.Spacing.Z, spacing), Voxels(raw.Size.Y, raw.Spacing.Y, spacing), Voxels(raw.Size.X, raw.Spacing.X, spacing));
        if ((long)size.Y * size.X > int.MaxValue / 8)
            throw TooLarge(spacing, $"slices of {size.Y} x {size.X} pixels");
        Raw = raw;
        Grid = new Grid(size, new Point3(spacing, spacing, spacing),
            raw.Origin + 0.5 * (new Point3(spacing, spacing, spacing) - raw.Spacing));
        SourceZ = Sources(size.Z, raw.Size.Z, raw.Spacing.Z, spacing);
        _sourceY = Sources(size.Y, raw.Size.Y, raw.Spacing.Y, spacing);
        int[] sourceX = Sources(size.X, raw.Size.X, raw.Spacing.X, spacing);
        _firstX = new int[raw.Size.X + 1];
        for (int x = 0, k = 0; x <= raw.Size.X; x++)
        {
            while (k < sourceX.Length && sourceX[k] < x) k++;
            _firstX[x] = k;
        }
        _sameInPlane = IsIdentity(_sourceY, raw.Size.Y) && IsIdentity(sourceX, raw.Size.X);
        WordsPerRow = (size.X + 63) / 64;
    }

    /// <summary>The raw grid.</summary>
    public Grid Raw { get; }

    /// <summary>The isotropic grid.</summary>
    public Grid Grid { get; }

    /// <summary>Words of a row of an isotropic slice.</summary>
    public int WordsPerRow { get; }

    /// <summary>The raw slice of each isotropic plane, ascending.</summary>
    public int[] SourceZ { get; }

    /// <summary>A raw slice as it appears in the isotropic planes that take it, in the layout of a mask's slice.</summary>
    /// <param name="raw">The words of the raw slice.</param>
    /// <param name="scratch">Grid.Size.Y * WordsPerRow words, overwritten.</param>
    /// <returns><paramref name="scratch"/>, or <paramref name="raw"/> itself where both grids agree.</returns>
    public ReadOnlySpan<ulong> Slice(ReadOnlySpan<ulong> raw, Span<ulong> scratch)
    {
        if (_sameInPlane) return raw;
        int rawWords = (Raw.Size.X + 63) / 64;
        for (int y = 0; y < _sourceY.Length; y++)
        {
            Span<ulong> row = scratch.Slice(y * WordsPerRow, WordsPerRow);
            if (y > 0 && _sourceY[y] == _sourceY[y - 1]) scratch.Slice((y - 1) * WordsPerRow, WordsPerRow).CopyTo(row);
            else Stretch(raw.Slice(_sourceY[y] * rawWords, rawWords), row);
        }
        return scratch;
    }

    // Runs of foreground stay runs, so only their ends are looked up.
    private void Stretch(ReadOnlySpan<ulong> source, Span<ulong> row)
    {
        row.Clear();
        for (int w = 0; w < source.Length; w++)
        {
            for (ulong bits = source[w]; bits != 0;)
            {
                int start = BitOperations.TrailingZeroCount(bits);
                int end = start + BitOperations.TrailingZeroCount(~(bits >> start));
                SetBits(row, _firstX[w * 64 + start], _firstX[w * 64 + end]);
                bits = end < 64 ? bits & ulong.MaxValue << end : 0;
            }
        }
    }

    private static void SetBits(Span<ulong> row, int from, int to)
    {
        while (from < to)
        {
            int w = from >> 6;
            int end = Math.Min(to, (w + 1) * 64);
            row[w] |= ulong.MaxValue >> (64 - (end - from)) << (from & 63);
            from = end;
        }
    }

    private static int Voxels(int count, double rawSpacing, double spacing)
    {
        double voxels = Math.Round(count * rawSpacing / spacing);
        if (voxels > int.MaxValue / 8) throw TooLarge(spacing, $"{voxels:G4} voxels on one axis");
        return Math.Max(1, (int)voxels);
    }

    private static int[] Sources(int count, int rawCount, double rawSpacing, double spacing)
    {
        double step = spacing / rawSpacing;
        var sources = new int[count];
        for (int k = 0; k < count; k++) sources[k] = Math.Min((int)((k + 0.5) * step + Tie), rawCount - 1);
        return sources;
    }

    private static bool IsIdentity(int[] sources, int rawCount)
    {
        if (sources.Length != rawCount) return false;
        for (int k = 0; k < rawCount; k++)
            if (sources[k] != k)
                return false;
        return true;
    }

    private static BadInputException TooLarge(double spacing, string what) => BadInputException.ForParameter("isotropic_spacing", spacing,
        "a length in nm that suits the mask", $"The mask would be sampled at {what}: check the voxel sizes of both images and their units.");
}

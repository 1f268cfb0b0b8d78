using System.Numerics;
using ClemReg.Algorithms.Filters;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Refinement;

/// <summary>Box means of masks and images, and their Gaussian blur to a wanted variance: the first half of every multi-resolution step.</summary>
internal static class BinnedVolume
{
    /// <summary>The grid of bins of <paramref name="bin"/> voxels; a last bin may reach beyond the volume.</summary>
    public static Grid GridOf(Grid grid, Size3 bin)
    {
        (int z, int y, int x) = grid.Size;
        Point3 s = grid.Spacing;
        return new Grid(new Size3((z + bin.Z - 1) / bin.Z, (y + bin.Y - 1) / bin.Y, (x + bin.X - 1) / bin.X),
            new Point3(s.Z * bin.Z, s.Y * bin.Y, s.X * bin.X), grid.ToPhysical((bin.Z - 1) / 2.0, (bin.Y - 1) / 2.0, (bin.X - 1) / 2.0));
    }

    /// <summary>Whole voxels of a volume that make a bin of about <paramref name="lengthNm"/>, not more, on each axis; 1 where a voxel is longer.</summary>
    public static Size3 Bins(Point3 spacing, double lengthNm)
    {
        int Along(double s) => Math.Max(1, (int)(lengthNm / s + 1e-6));
        return new Size3(Along(spacing.Z), Along(spacing.Y), Along(spacing.X));
    }

    /// <summary>The filled part of each bin of a mask, 0 to 1; voxels beyond the mask count as empty.</summary>
    public static Volume<float> Mean(BitVolume mask, Size3 bin, Job job)
    {
        var result = new Volume<float>(GridOf(mask.Grid, bin));
        int height = result.Grid.Size.Y;
        job.For(result.Grid.Size.Z * height, row =>
        {
            (int z, int y) = Math.DivRem(row, height);
            AddMeans(mask, bin, z, y, result.Row(z, y));
        });
        return result;
    }

    /// <summary>The bins of a mask that are filled by half.</summary>
    public static BitVolume Half(BitVolume mask, Size3 bin, Job job)
    {
        var result = new BitVolume(GridOf(mask.Grid, bin));
        (int depth, int height, int width) = result.Grid.Size;
        // Sums of parts are short of a half by rounding.
        const float half = 0.5f - 1e-4f;
        job.For(depth, () => new float[height * width], (z, means) =>
        {
            Array.Clear(means);
            for (int y = 0; y < height; y++) AddMeans(mask, bin, z, y, means.AsSpan(y * width, width));
            result.SetSlice(z, (ReadOnlySpan<float>)means, half);
        });
        return result;
    }

    private static void AddMeans(BitVolume mask, Size3 bin, int z, int y, Span<float> means)
    {
        float part = 1f / bin.Count;
        for (int a = z * bin.Z; a < Math.Min((z + 1) * bin.Z, mask.Grid.Size.Z); a++)
            for (int b = y * bin.Y; b < Math.Min((y + 1) * bin.Y, mask.Grid.Size.Y); b++)
            {
                Span<ulong> words = mask.Row(a, b);
                for (int w = 0; w < words.Length; w++)
                    for (ulong bits = words[w]; bits != 0; bits &= bits - 1)
                        means[(int)((uint)(w * 64 + BitOperations.TrailingZeroCount(bits)) / (uint)bin.X)] += part;
            }
    }

    /// <summary>The mean of each bin of an image; at the far ends the mean of the voxels that there are.</summary>
    public static Volume<float> Mean(Volume image, Size3 bin, Job job)
    {
        var result = new Volume<float>(GridOf(image.Grid, bin));
        (int depth, int height, int width) = result.Grid.Size;
        (int z, int y, int x) = image.Grid.Size;
        job.For(depth, () => new float[image.Grid.Size.SliceCount], (slice, voxels) =>
        {
            Span<float> sums = result.Slice(slice);
            int first = slice * bin.Z, last = Math.Min(z, first + bin.Z);
            for (int a = first; a < last; a++)
            {
                image.ReadSlice(a, voxels);
                for (int b = 0; b < y; b++)
                {
                    ReadOnlySpan<float> row = voxels.AsSpan(b * x, x);
                    Span<float> sum = sums.Slice(b / bin.Y * width, width);
                    for (int c = 0, i = 0; c < width; c++)
                    {
                        float s = 0;
                        for (int end = Math.Min(x, i + bin.X); i < end; i++) s += row[i];
                        sum[c] += s;
                    }
                }
            }
            for (int b = 0; b < height; b++)
            {
                int rows = Math.Min(bin.Y, y - b * bin.Y) * (last - first);
                Span<float> sum = sums.Slice(b * width, width);
                for (int c = 0; c < width; c++) sum[c] /= rows * Math.Min(bin.X, x - c * bin.X);
            }
        });
        return result;
    }

    /// <summary>A copy with <paramref name="margin"/> voxels of zeros on each side.</summary>
    public static Volume<float> Padded(Volume<float> volume, Size3 margin)
    {
        (int z, int y, int x) = volume.Grid.Size;
        var result = new Volume<float>(new Grid(new Size3(z + 2 * margin.Z, y + 2 * margin.Y, x + 2 * margin.X), volume.Grid.Spacing,
            volume.Grid.ToPhysical(-margin.Z, -margin.Y, -margin.X)));
        for (int a = 0; a < z; a++)
            for (int b = 0; b < y; b++) volume.Row(a, b).CopyTo(result.Row(a + margin.Z, b + margin.Y).Slice(margin.X, x));
        return result;
    }

    /// <summary>Blurs box means so that, with the box and the cubic B-spline that continues them, the variance on each axis is the wanted one.</summary>
    /// <param name="means">Box means.</param>
    /// <param name="source">The voxels (nm) that were averaged: they are boxes already and blur nothing more.</param>
    /// <param name="variance">nm², z, y, x.</param>
    /// <param name="job">The work.</param>
    public static Volume<float> Blurred(Volume<float> means, Point3 source, Point3 variance, Job job)
    {
        Point3 h = means.Grid.Spacing;
        double Sigma(double wanted, double bin, double voxel) =>
            Math.Sqrt(Math.Max(0, wanted - (bin * bin - voxel * voxel) / 12 - CubicSplineField.Variance * bin * bin)) / bin;
        return GaussianFilter.Apply(means, new Point3(Sigma(variance.Z, h.Z, source.Z), Sigma(variance.Y, h.Y, source.Y), Sigma(variance.X, h.X, source.X)), job);
    }
}

using System.Numerics;
using System.Numerics.Tensors;
using ClemReg.Algorithms.Filters;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Alignment;

/// <summary>One level of the search, from coarse to fine. Lengths in nm.</summary>
/// <param name="SpacingNm">Of the isotropic grid.</param>
/// <param name="BlurNm">Sigma of all blur together, the microscope's included.</param>
/// <param name="WideNm">Sigma of the neighbourhood that contrast is measured against.</param>
internal readonly record struct AlignmentLevel(double SpacingNm, double BlurNm, double WideNm);

/// <summary>
/// A volume as the search sees it: blurred to a known isotropic sigma on a coarse isotropic grid, and each place divided by the contrast around it, so
/// that one large or bright object counts no more than the others.
/// </summary>
/// <remarks>
/// d = f - G f, F = clip(d / (sqrt(G d^2) + 0.3 rms(d)), -2.5, 2.5) with G the Gaussian of sqrt(wide^2 - blur^2). Beyond the borders everything is
/// continued by reflection.
/// </remarks>
internal sealed class ContrastImage
{
    private const float Clip = 2.5f;
    private const double Floor = 0.3;

    private ContrastImage(float[] values, Size3 size, double spacingNm, Point3 start) =>
        (Values, Size, SpacingNm, Start) = (values, size, spacingNm, start);

    /// <summary>z, y, x with x fastest, -2.5 to 2.5.</summary>
    public float[] Values { get; }

    /// <summary>Voxels.</summary>
    public Size3 Size { get; }

    /// <summary>Distance of neighbouring voxels, nm.</summary>
    public double SpacingNm { get; }

    /// <summary>Position of voxel 0, nm.</summary>
    public Point3 Start { get; }

    /// <summary>1 / the root mean square of the image around each voxel, with a floor for where there is nothing.</summary>
    /// <param name="sigmaNm">Of the Gaussian neighbourhood.</param>
    /// <param name="floor">Added to the mean square, as a fraction of the whole image's.</param>
    /// <param name="job">Threads and cancellation.</param>
    public float[] InverseContrast(double sigmaNm, double floor, Job job)
    {
        using var squares = new Volume<float>(new Grid(Size, new Point3(SpacingNm, SpacingNm, SpacingNm)));
        int plane = Size.SliceCount;
        double sum = 0;
        for (int z = 0; z < Size.Z; z++)
        {
            ReadOnlySpan<float> v = Values.AsSpan(z * plane, plane);
            TensorPrimitives.Multiply(v, v, squares.Slice(z));
            sum += TensorPrimitives.Sum<float>(squares.Slice(z));
        }
        float least = (float)(floor * sum / Values.Length);
        double sigma = sigmaNm / SpacingNm;
        var inverse = new float[Values.Length];
        new SeparableFilter(squares, 0, 1, new SeparableTerm(AxisOperator.Gaussian(Size.Z, sigma), AxisOperator.Gaussian(Size.Y, sigma), AxisOperator.Gaussian(Size.X, sigma)))
            .Run((z, square) =>
            {
                for (int i = 0; i < square.Length; i++) inverse[z * plane + i] = 1 / MathF.Sqrt(Math.Max(square[i], 0) + least);
            }, job);
        return inverse;
    }

    /// <summary>Blurs, resamples and normalises.</summary>
    /// <param name="binned">The volume; its grid's positions are the ones meant by <paramref name="start"/>.</param>
    /// <param name="blurNm">Sigma of the blur still to be done along z, y, x, nm.</param>
    /// <param name="level">Grid and neighbourhood.</param>
    /// <param name="start">Position of the first voxel wanted.</param>
    /// <param name="size">Voxels wanted.</param>
    /// <param name="job">Threads and cancellation.</param>
    public static ContrastImage Make(Volume<float> binned, Point3 blurNm, AlignmentLevel level, Point3 start, Size3 size, Job job)
    {
        double h = level.SpacingNm;
        using var image = new Volume<float>(new Grid(size, new Point3(h, h, h), start));
        new SeparableFilter(binned, 0, 1, new SeparableTerm(Along(0, size.Z), Along(1, size.Y), Along(2, size.X)))
            .Run((z, slice) => slice.CopyTo(image.Slice(z)), job);

        double wide = Math.Sqrt(level.WideNm * level.WideNm - level.BlurNm * level.BlurNm) / h;
        var around = new SeparableTerm(AxisOperator.Gaussian(size.Z, wide), AxisOperator.Gaussian(size.Y, wide), AxisOperator.Gaussian(size.X, wide));
        using var squares = new Volume<float>(image.Grid);
        var values = new float[checked((int)size.Count)];
        var sums = new double[size.Z];
        int plane = size.SliceCount;
        new SeparableFilter(image, 0, 1, around).Run((z, mean) =>
        {
            Span<float> difference = values.AsSpan(z * plane, plane);
            TensorPrimitives.Subtract(image.Slice(z), mean, difference);
            TensorPrimitives.Multiply(difference, difference, squares.Slice(z));
            sums[z] = TensorPrimitives.Sum<float>(squares.Slice(z));
        }, job);
        double rms = Math.Sqrt(sums.Sum() / size.Count);
        new SeparableFilter(squares, 0, 1, around).Run((z, square) =>
        {
            Span<float> v = values.AsSpan(z * plane, plane);
            for (int i = 0; i < v.Length; i++)
                v[i] = rms > 0 ? Math.Clamp(v[i] / (MathF.Sqrt(Math.Max(square[i], 0)) + (float)(Floor * rms)), -Clip, Clip) : 0;
        }, job);
        return new ContrastImage(values, size, h, start);

        AxisOperator Along(int axis, int count)
        {
            int inputs = axis == 0 ? binned.Grid.Size.Z : axis == 1 ? binned.Grid.Size.Y : binned.Grid.Size.X;
            double spacing = binned.Grid.Spacing[axis];
            return AxisOperator.Gaussian(inputs, blurNm[axis] / spacing)
                .Then(AxisOperator.Linear(inputs, count, (start[axis] - binned.Grid.Origin[axis]) / spacing, h / spacing));
        }
    }
}

/// <summary>Averages blocks of voxels while it reads them: what comes after works on grids of about 150 nm.</summary>
internal static class BinnedVolume
{
    /// <summary>Voxels of a block along each axis for blocks no larger than <paramref name="targetNm"/>.</summary>
    public static (int Z, int Y, int X) Factors(Grid grid, double targetNm) => (
        Math.Clamp((int)(targetNm / grid.Spacing.Z), 1, grid.Size.Z),
        Math.Clamp((int)(targetNm / grid.Spacing.Y), 1, grid.Size.Y),
        Math.Clamp((int)(targetNm / grid.Spacing.X), 1, grid.Size.X));

    /// <summary>Mean values of blocks. Voxels that fill no block are left out, as many on both sides. Positions count from voxel 0.</summary>
    public static Volume<float> Of(Volume input, double targetNm, Job job)
    {
        (int kz, int ky, int kx) = Factors(input.Grid, targetNm);
        var output = new Volume<float>(Blocks(input.Grid, kz, ky, kx, out int z0, out int y0, out int x0));
        Size3 size = output.Grid.Size;
        int width = input.Grid.Size.X, bytes = (int)input.Type;
        float scale = 1f / (kz * ky * kx);
        job.For(size.Z, () => new float[2 * width], (z, scratch) =>
        {
            Span<float> sum = scratch.AsSpan(0, width), row = scratch.AsSpan(width);
            for (int y = 0; y < size.Y; y++)
            {
                sum.Clear();
                for (int j = 0; j < kz * ky; j++)
                {
                    int line = y0 + y * ky + j % ky;
                    VoxelConvert.ToFloat(input.SliceBytes(z0 + z * kz + j / ky).Slice(line * width * bytes, width * bytes), input.Type, row);
                    TensorPrimitives.Add(sum, row, sum);
                }
                Span<float> to = output.Row(z, y);
                for (int x = 0; x < to.Length; x++) to[x] = TensorPrimitives.Sum<float>(sum.Slice(x0 + x * kx, kx)) * scale;
            }
        });
        return output;
    }

    /// <summary>The set fraction of blocks, likewise.</summary>
    public static Volume<float> Of(BitVolume mask, double targetNm, Job job)
    {
        (int kz, int ky, int kx) = Factors(mask.Grid, targetNm);
        var output = new Volume<float>(Blocks(mask.Grid, kz, ky, kx, out int z0, out int y0, out int x0));
        Size3 size = output.Grid.Size;
        float scale = 1f / ((float)kz * ky * kx);
        job.For(size.Z, () => new int[size.X], (z, counts) =>
        {
            for (int y = 0; y < size.Y; y++)
            {
                Array.Clear(counts);
                for (int j = 0; j < kz * ky; j++)
                {
                    ReadOnlySpan<ulong> words = mask.Row(z0 + z * kz + j / ky, y0 + y * ky + j % ky);
                    for (int w = 0; w < words.Length; w++)
                        if (words[w] != 0) Count(words[w], w * 64 - x0, kx, counts);
                }
                Span<float> to = output.Row(z, y);
                for (int x = 0; x < to.Length; x++) to[x] = counts[x] * scale;
            }
        });
        return output;
    }

    /// <summary>Adds the set bits of a word, whose bit 0 is voxel <paramref name="first"/>, to the blocks that they lie in.</summary>
    private static void Count(ulong word, int first, int k, int[] counts)
    {
        int from = Math.Max(0, first);
        int end = Math.Min(first + 64, counts.Length * k);
        for (int block = from / k; from < end; block++)
        {
            int next = Math.Min((block + 1) * k, end);
            ulong bits = word >> (from - first) & (next - from == 64 ? ulong.MaxValue : (1UL << (next - from)) - 1);
            counts[block] += BitOperations.PopCount(bits);
            from = next;
        }
    }

    private static Grid Blocks(Grid grid, int kz, int ky, int kx, out int z0, out int y0, out int x0)
    {
        Size3 size = grid.Size;
        (z0, y0, x0) = (size.Z % kz / 2, size.Y % ky / 2, size.X % kx / 2);
        Point3 s = grid.Spacing;
        return new Grid(new Size3(size.Z / kz, size.Y / ky, size.X / kx), new Point3(kz * s.Z, ky * s.Y, kx * s.X),
            new Point3((z0 + (kz - 1) / 2.0) * s.Z, (y0 + (ky - 1) / 2.0) * s.Y, (x0 + (kx - 1) / 2.0) * s.X));
    }
}

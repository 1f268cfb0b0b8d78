using ClemReg.Algorithms.Transforms;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Warping;

/// <summary>
/// Warps an image that is too large to be held onto a grid of modest size: the source's slices are read once, in order, and a window of
/// them moves along z.
/// </summary>
public static unsafe class StreamingWarper
{
    /// <summary>Source slices whose voxels are dealt with at once.</summary>
    private const int BlockSlices = 16;

    /// <summary>Warps <paramref name="source"/> onto <paramref name="target"/>: the same values as <see cref="WarpedVolume"/>.</summary>
    /// <remarks>
    /// <para>For orders 0 and 1 the voxels are the same to the last bit. For orders 2 to 5 the recursive prefilter is cut where less than
    /// 1e-8 of a voxel's value is left (11 to 22 slices beyond the window), which is below the float rounding of about 1e-6.</para>
    /// <para>Memory: the result, 18 source slices for order 1; for order 3, 48 source slices and 19 of them as float. Slices that no voxel of the
    /// target needs are not read.</para>
    /// </remarks>
    /// <param name="source">Any image; voxels finite. Read on the calling thread.</param>
    /// <param name="sourceToTarget">Physical source coordinates to those of <paramref name="target"/>, nm.</param>
    /// <param name="target">The grid of the result.</param>
    /// <param name="order">warping_interpolation_order: 0 nearest voxel (take it for masks and labels), 1 linear, 2 to 5 B-spline.</param>
    /// <param name="job">The work.</param>
    /// <returns>A volume of the source's voxel type; the caller disposes of it.</returns>
    /// <exception cref="BadInputException">The order is not 0 to 5, or the transform cannot be inverted.</exception>
    /// <exception cref="OutOfMemoryBudgetException">No memory for the result or the window.</exception>
    public static Volume Warp(ISliceSource source, AffineTransform sourceToTarget, Grid target, int order, Job job)
    {
        Interpolation.CheckOrder(order);
        IndexMap map = IndexMap.Of(source.Grid, sourceToTarget, target);
        Volume result = Volume.Create(target, source.Type);
        try
        {
            Fill(result, source, map, order, job);
            return result;
        }
        catch
        {
            result.Dispose();
            throw;
        }
    }

    private static void Fill(Volume result, ISliceSource source, IndexMap map, int order, Job job)
    {
        Size3 size = source.Grid.Size;
        (int from, int to) = SlicesSeen(result.Grid.Size, size, map, order, job);
        bool spline = RowSampler.NeedsCoefficients(order, size);
        int below = Interpolation.TapsBelow(order), above = Interpolation.TapsAbove(order), halo = SplineCoefficients.Halo(order);
        // Linear interpolation takes the last voxel from the pair that it ends.
        int First(int block) => Math.Max(0, Math.Min(block - below - halo, order == 1 ? size.Z - 2 : block));
        int End(int block) => Math.Min(size.Z, Math.Min(block + BlockSlices, to) + above + halo);

        int capacity = Math.Min(size.Z, BlockSlices + order + 1 + 2 * halo);
        long sliceBytes = (long)size.SliceCount * (int)source.Type;
        using var buffer = new NativeBuffer(from < to ? capacity * sliceBytes : 0);
        using SplineCoefficients? coefficients = spline && from < to ? new SplineCoefficients(size, order, BlockSlices + order) : null;
        byte* raw = buffer.Pointer;
        int rawFirst = First(from), rawEnd = rawFirst;
        for (int block = from; block < to; block += BlockSlices)
        {
            int keep = Math.Max(0, rawEnd - First(block));
            Buffer.MemoryCopy(raw + (rawEnd - keep - rawFirst) * sliceBytes, raw, buffer.Bytes, keep * sliceBytes);
            rawFirst = First(block);
            rawEnd = rawFirst + keep;
            for (; rawEnd < End(block); rawEnd++)
            {
                job.ThrowIfCancelled();
                source.ReadSlice(rawEnd, new Span<byte>(raw + (rawEnd - rawFirst) * sliceBytes, (int)sliceBytes));
            }
            int end = Math.Min(block + BlockSlices, to);
            coefficients?.Fill(source.Type, raw, rawFirst, rawEnd - rawFirst, block - below, end - block + order, job);
            SourceWindow window = coefficients?.Window
                ?? new SourceWindow(raw - rawFirst * sliceBytes, size, size.SliceCount, size.X);
            SampleBlock(result, window, map, order, block, end, job);
            job.Report((double)(end - from) / (to - from));
        }
    }

    /// <summary>The source slices, as integer parts of positions, that the target's voxels lie at: from, and one past the last.</summary>
    private static (int From, int To) SlicesSeen(Size3 target, Size3 source, IndexMap map, int order, Job job)
    {
        long bias = Interpolation.Bias(order);
        int from = int.MaxValue, to = 0;
        for (int z = 0; z < target.Z; z++)
        {
            job.ThrowIfCancelled();
            for (int y = 0; y < target.Y; y++)
            {
                RowPath path = RowPath.Of(map, source, z, y, target.X);
                if (path.IsEmpty) continue;
                int a = path.SliceAt(path.First, bias), b = path.SliceAt(path.End - 1, bias);
                from = Math.Min(from, Math.Min(a, b));
                to = Math.Max(to, Math.Max(a, b) + 1);
            }
        }
        return (Math.Min(from, to), to);
    }

    /// <summary>Computes all target voxels that lie at the source slices <paramref name="from"/> to <paramref name="to"/> - 1.</summary>
    private static void SampleBlock(Volume result, SourceWindow window, IndexMap map, int order, int from, int to, Job job)
    {
        const int rows = 32;
        (int depth, int height, int width) = result.Grid.Size;
        long bias = Interpolation.Bias(order);
        int bands = (height + rows - 1) / rows;
        job.For(depth * bands, () => RowSampler.Scratch(width), (piece, scratch) =>
        {
            (int z, int band) = Math.DivRem(piece, bands);
            byte* slice = InMemorySource.Pointer(result, z);
            for (int y = band * rows; y < Math.Min(height, (band + 1) * rows); y++)
            {
                RowPath path = RowPath.Of(map, window.Size, z, y, width).Within(from, to, bias);
                RowSampler.Sample(order, result.Type, window, path, slice + (long)y * width * (int)result.Type, (float*)scratch.Pointer);
            }
        });
    }
}

using ClemReg.Algorithms.Transforms;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Warping;

/// <summary>
/// Warps an image that is too large to be held onto a grid of modest size: the source's slices are read once, in order, and a window of
/// them moves along z.
/// </summary>
public static unsafe class StreamingWarper
{
    /// <summary>Source slices whose voxels are dealt with at once, where the memory allows.</summary>
    private const int BlockSlices = 16;

    /// <summary>Warps <paramref name="source"/> onto <paramref name="target"/>: the same values as <see cref="WarpedVolume"/>.</summary>
    /// <remarks>
    /// <para>For orders 0 and 1 the voxels are the same to the last bit. For orders 2 to 5 the prefilter's response along z is cut where less than
    /// 1e-8 of a voxel's value is left (11 to 22 slices beyond the window), which is below the float rounding of about 1e-6.</para>
    /// <para>Memory: the result, 17 source slices for order 1; for order 3, 48 source slices and 19 of them as float. Where the budget (half of it beside a coarse grid) does not
    /// take so many, down to 2, and 33 and 4: slower, with the same result. Slices that no voxel of the target needs are not read.</para>
    /// </remarks>
    /// <param name="source">Any image; voxels finite. Read on the calling thread.</param>
    /// <param name="sourceToTarget">Physical source coordinates to those of <paramref name="target"/>, nm.</param>
    /// <param name="target">The grid of the result.</param>
    /// <param name="order">warping_interpolation_order: 0 nearest voxel (take it for masks and labels), 1 linear, 2 to 5 B-spline.</param>
    /// <param name="job">The work.</param>
    /// <returns>A volume of the source's voxel type; the caller disposes of it.</returns>
    /// <exception cref="BadInputException">The order is not 0 to 5, its smallest window does not fit into the default budget, or the transform cannot be inverted.</exception>
    /// <exception cref="OutOfMemoryBudgetException">No memory for the result or the window.</exception>
    public static Volume Warp(ISliceSource source, SpatialTransform sourceToTarget, Grid target, int order, Job job) =>
        Warp(source, sourceToTarget, target, new WarpOptions { Order = order }, job).Warped;

    /// <summary>As the other, with all options.</summary>
    /// <param name="source">Any image; voxels finite. Read on the calling thread.</param>
    /// <param name="sourceToTarget">Physical source coordinates to those of <paramref name="target"/>, nm.</param>
    /// <param name="target">The grid of the result.</param>
    /// <param name="options">Order, coarse grid, memory. A coarse grid that does not fit into half of it is made piece by piece, several times: slower, with the same result.</param>
    /// <param name="job">The work.</param>
    /// <returns>The volume, which the caller disposes of, and what the coarse grid cost; null for an affine transform.</returns>
    /// <exception cref="BadInputException">An option is out of range, the smallest window of an order from 2 on does not fit into the budget, or the transform cannot be inverted.</exception>
    /// <exception cref="OutOfMemoryBudgetException">No memory for the result, the window or a piece of the coarse grid.</exception>
    public static (Volume Warped, ApproximationError? Error) Warp(ISliceSource source, SpatialTransform sourceToTarget, Grid target, WarpOptions options, Job job)
    {
        int order = options.Check().Order;
        // The coarse grid of a deformation has the other half.
        int share = sourceToTarget is AffineTransform ? 1 : 2;
        int slices = SlicesAtOnce(source, order, options.MemoryBudgetBytes, share);
        using RowMap map = RowMap.Of(source.Grid, sourceToTarget, target, options);
        Volume result = Volume.Create(target, source.Type);
        try
        {
            Fill(result, source, map, order, slices, job);
            return (result, map.Measure(job));
        }
        catch
        {
            result.Dispose();
            throw;
        }
    }

    /// <summary>How many source slices are dealt with at once, so that what is held for them fits into a share of the budget.</summary>
    private static int SlicesAtOnce(ISliceSource source, int order, long budget, int share)
    {
        Size3 size = source.Grid.Size;
        long Bytes(int slices) => HeldSlices(size, order, slices) * (long)size.SliceCount * (int)source.Type
            + (RowSampler.NeedsCoefficients(order, size) ? SplineCoefficients.Bytes(size, order, slices + order) : 0);
        int slices = BlockSlices;
        while (slices > 1 && Bytes(slices) > budget / share) slices--;
        if (order < 2 || Bytes(slices) <= budget / share) return slices;
        long needed = (Bytes(1) * share >> 20) + 1;
        throw BadInputException.ForParameter("warping_memory_budget", $"{budget >> 20} MB",
            $"{needed} MB or more to warp slices of {size.Y} x {size.X} voxels with warping_interpolation_order = {order}", "Or set warping_interpolation_order = 1, which holds far fewer slices.");
    }

    /// <summary>How many source slices as they are a block needs: around each voxel those that the order takes, and for splines their halo.</summary>
    private static int HeldSlices(Size3 source, int order, int block) =>
        Math.Min(source.Z, block + Back(order) + Interpolation.TapsAbove(order) + 2 * SplineCoefficients.Halo(order));

    /// <summary>How far below a block slices are taken: beyond the image's end they are the mirror image of what lies as far before it.</summary>
    private static int Back(int order) => order < 2 ? 0 : Interpolation.TapsAbove(order);

    private static void Fill(Volume result, ISliceSource source, RowMap map, int order, int slices, Job job)
    {
        Size3 size = source.Grid.Size;
        Piece[] pieces = Pieces(result.Grid.Size, map, order, job);
        int to = pieces.Max(p => p.To), from = Math.Min(pieces.Min(p => p.From), to);
        bool spline = RowSampler.NeedsCoefficients(order, size);
        int below = Interpolation.TapsBelow(order), above = Interpolation.TapsAbove(order), halo = SplineCoefficients.Halo(order);
        // Linear interpolation takes the last voxel from the pair that it ends.
        int First(int block) => Math.Max(0, Math.Min(block - Back(order) - halo, order == 1 ? size.Z - 2 : block));
        int End(int block) => Math.Min(size.Z, Math.Min(block + slices, to) + above + halo);

        long sliceBytes = (long)size.SliceCount * (int)source.Type;
        using var buffer = new NativeBuffer(from < to ? HeldSlices(size, order, slices) * sliceBytes : 0);
        using SplineCoefficients? coefficients = spline && from < to ? new SplineCoefficients(size, order, slices + order) : null;
        byte* raw = buffer.Pointer;
        int rawFirst = First(from), rawEnd = rawFirst;
        for (int block = from; block < to; block += slices)
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
            int end = Math.Min(block + slices, to);
            coefficients?.FillPart(source.Type, raw, rawFirst, rawEnd - rawFirst, block - below, end - block + order, job);
            SourceWindow window = coefficients?.Window
                ?? new SourceWindow(raw - rawFirst * sliceBytes, size, size.SliceCount, size.X);
            foreach (Piece piece in pieces)
                if (piece.From < end && piece.To > block) Sample(result, window, map, order, piece, block, end, job);
            job.Report((double)(end - from) / (to - from));
        }
    }

    /// <summary>A part of the target whose coarse grid is held at once, and the source slices, as integer parts of positions, that its voxels lie at.</summary>
    /// <param name="Z">The first slice.</param>
    /// <param name="Slices">How many.</param>
    /// <param name="Y">The first row in each.</param>
    /// <param name="Rows">How many.</param>
    /// <param name="From">The first source slice; the largest number where it sees none.</param>
    /// <param name="To">One past the last; 0 where it sees none.</param>
    private readonly record struct Piece(int Z, int Slices, int Y, int Rows, int From, int To);

    /// <summary>The whole target where its coarse grid fits, otherwise parts of as many rows as do.</summary>
    private static Piece[] Pieces(Size3 target, RowMap map, int order, Job job)
    {
        int thick = map.IsWhole ? target.Z : Math.Min(target.Z, Math.Min(BlockSlices, map.SlicesAtOnce)), high = Math.Min(target.Y, map.RowsAtOnce(thick));
        var pieces = new List<Piece>();
        for (int z = 0; z < target.Z; z += thick)
            for (int y = 0; y < target.Y; y += high)
                pieces.Add(Seen(z, Math.Min(thick, target.Z - z), y, Math.Min(high, target.Y - y)));
        return [.. pieces];

        Piece Seen(int first, int slices, int top, int rows)
        {
            map.Prepare(first, slices, top, rows, job);
            var seen = new (int From, int To)[slices];
            job.For(slices, map.NewScratch, (k, scratch) =>
            {
                (int from, int to) = (int.MaxValue, 0);
                for (int y = top; y < top + rows; y++)
                {
                    (int a, int b) = map.Slices(first + k, y, order, scratch);
                    if (b > a) (from, to) = (Math.Min(from, a), Math.Max(to, b));
                }
                seen[k] = (from, to);
            });
            return new Piece(first, slices, top, rows, seen.Min(s => s.From), seen.Max(s => s.To));
        }
    }

    /// <summary>Computes all voxels of a piece that lie at the source slices <paramref name="from"/> to <paramref name="to"/> - 1.</summary>
    private static void Sample(Volume result, SourceWindow window, RowMap map, int order, Piece piece, int from, int to, Job job)
    {
        const int rows = 32;
        int width = result.Grid.Size.X, bands = (piece.Rows + rows - 1) / rows, bottom = piece.Y + piece.Rows;
        map.Prepare(piece.Z, piece.Slices, piece.Y, piece.Rows, job);
        job.For(piece.Slices * bands, map.NewScratch, (part, scratch) =>
        {
            (int k, int band) = Math.DivRem(part, bands);
            byte* slice = InMemorySource.Pointer(result, piece.Z + k);
            int top = piece.Y + band * rows;
            for (int y = top; y < Math.Min(bottom, top + rows); y++)
                map.Sample(order, result.Type, window, piece.Z + k, y, slice + (long)y * width * (int)result.Type, scratch, (from, to));
        });
    }
}

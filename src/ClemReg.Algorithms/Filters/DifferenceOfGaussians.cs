using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Filters;

/// <summary>
/// The difference of two Gaussians G(sigma) - G(1.6 sigma), the approximation of the (negative) Laplacian of Gaussian by Marr and
/// Hildreth, "Theory of edge detection", Proc. R. Soc. Lond. B 207 (1980), which gives the ratio 1.6: bright blobs of about the size
/// of sigma come out positive. Both Gaussians follow <see cref="GaussianFilter"/>'s conventions.
/// </summary>
public static class DifferenceOfGaussians
{
    /// <summary>The ratio of the two standard deviations.</summary>
    public const double SigmaRatio = 1.6;

    /// <summary>
    /// Filters a volume, scaled from <paramref name="range"/> to 0..1, and hands the result out slice by slice: only a block of
    /// slices is held in memory, and the result depends neither on the block nor on the number of threads.
    /// </summary>
    /// <param name="input">The volume, any voxel type.</param>
    /// <param name="range">The volume's values that become 0 and 1; not flat.</param>
    /// <param name="sigma">The smaller standard deviation in voxels of the output grid, the same along z, y and x, above 0 and at most <see cref="GaussianFilter.MaximumSigma"/> / 1.6.</param>
    /// <param name="grid">
    /// The output grid, usually the volume's own. On another grid the volume is first interpolated linearly at the grid's voxel
    /// centres, clamped at the volume's borders. The interpolation and the Gaussian are one linear map for each axis, so the
    /// interpolated volume is never made.
    /// </param>
    /// <param name="consume">Takes the slices (float, of the output grid's Y * X voxels).</param>
    /// <param name="job">Threads, cancellation, progress.</param>
    /// <exception cref="BadInputException">Sigma out of range, or a range that is flat or too wide for single precision.</exception>
    public static void Apply(Volume input, IntensityRange range, double sigma, Grid grid, SliceConsumer consume, Job job) =>
        Create(input, range, sigma, grid).Run(consume, job);

    /// <summary>The filter, ready to run.</summary>
    internal static SeparableFilter Create(Volume input, IntensityRange range, double sigma, Grid grid)
    {
        double maximum = GaussianFilter.MaximumSigma / SigmaRatio;
        if (!(sigma > 0 && sigma <= maximum)) throw BadInputException.ForParameter("sigma", sigma, $"above 0 and at most {maximum} voxels");
        float scale = 1 / (range.Maximum - range.Minimum);
        if (!(scale > 0 && float.IsFinite(scale)))
            throw new BadInputException($"The image's values go from {range.Minimum:G6} to {range.Maximum:G6}, which cannot be scaled to 0..1: it must not be flat nor reach the limits of 32-bit floats.");

        var terms = new SeparableTerm[2];
        for (int t = 0; t < 2; t++)
        {
            double s = t == 0 ? sigma : sigma * SigmaRatio;
            terms[t] = new SeparableTerm(Along(0), Along(1), Along(2).Times(t == 0 ? 1 : -1));

            AxisOperator Along(int axis)
            {
                AxisOperator gaussian = AxisOperator.Gaussian(Count(grid.Size, axis), s);
                int count = Count(input.Grid.Size, axis);
                double step = grid.Spacing[axis] / input.Grid.Spacing[axis];
                double start = (grid.Origin[axis] - input.Grid.Origin[axis]) / input.Grid.Spacing[axis];
                bool same = count == gaussian.InputCount && start == 0 && step == 1;
                return same ? gaussian : AxisOperator.Linear(count, gaussian.InputCount, start, step).Then(gaussian);
            }
        }
        return new SeparableFilter(input, range.Minimum, scale, terms);
    }

    private static int Count(Size3 size, int axis) => axis == 0 ? size.Z : axis == 1 ? size.Y : size.X;
}

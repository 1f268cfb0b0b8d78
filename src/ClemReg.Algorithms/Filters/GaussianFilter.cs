using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Filters;

/// <summary>
/// The Gaussian filter with the conventions of scipy.ndimage.gaussian_filter: kernel radius (int)(4 sigma + 0.5), weights that sum to
/// 1, boundary 'reflect' (d c b a | a b c d | d c b a), also where the kernel is longer than the axis.
/// </summary>
public static class GaussianFilter
{
    /// <summary>The largest sigma (voxels) that is accepted: kernels get too long beyond it.</summary>
    public const double MaximumSigma = 1000;

    /// <summary>Filters a volume.</summary>
    /// <param name="input">The volume, any voxel type. Voxels that are NaN or infinite spoil their surroundings.</param>
    /// <param name="sigma">Standard deviations along z, y, x in voxels, 0 to <see cref="MaximumSigma"/>; an axis with 0 is left as it is.</param>
    /// <param name="job">Threads, cancellation, progress.</param>
    /// <returns>A new volume on the same grid, computed in single precision.</returns>
    /// <exception cref="BadInputException">A sigma is out of range.</exception>
    public static Volume<float> Apply(Volume input, Point3 sigma, Job job)
    {
        Size3 size = input.Grid.Size;
        var term = new SeparableTerm(Along(size.Z, sigma.Z), Along(size.Y, sigma.Y), Along(size.X, sigma.X));
        var output = new Volume<float>(input.Grid);
        try
        {
            new SeparableFilter(input, 0, 1, term).Run((z, slice) => slice.CopyTo(output.Slice(z)), job);
        }
        catch
        {
            output.Dispose();
            throw;
        }
        return output;
    }

    /// <summary>The kernel: 2 r + 1 weights that sum to 1, r = (int)(4 sigma + 0.5); the single weight 1 for sigma = 0.</summary>
    /// <param name="sigma">Standard deviation in voxels, 0 or more.</param>
    public static double[] Kernel(double sigma)
    {
        int radius = (int)(4 * sigma + 0.5);
        var kernel = new double[2 * radius + 1];
        double sum = 0;
        for (int k = -radius; k <= radius; k++)
        {
            double weight = k == 0 ? 1 : Math.Exp(-0.5 * k * k / (sigma * sigma));
            kernel[k + radius] = weight;
            sum += weight;
        }
        for (int i = 0; i < kernel.Length; i++) kernel[i] /= sum;
        return kernel;
    }

    private static AxisOperator Along(int count, double sigma) =>
        sigma is >= 0 and <= MaximumSigma
            ? AxisOperator.Gaussian(count, sigma)
            : throw BadInputException.ForParameter("sigma", sigma, $"from 0 to {MaximumSigma} voxels");
}

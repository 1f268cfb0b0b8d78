namespace ClemReg.Algorithms.Warping;

/// <summary>How an image is warped.</summary>
public sealed record WarpOptions
{
    /// <summary>warping_interpolation_order: 0 nearest voxel (labels, masks), 1 linear, 2 to 5 B-spline of that degree.</summary>
    public int Order { get; init; } = 1;

    /// <summary>
    /// warping_approximate_grid: a deformable transform is evaluated at every n-th target voxel along each axis and positions are interpolated
    /// linearly between; 1 evaluates it at each voxel. An affine transform needs no such grid.
    /// </summary>
    public int ApproximateGrid { get; init; } = 5;

    /// <summary>warping_memory_budget, in bytes: what a warp may take beside source and result.</summary>
    public long MemoryBudgetBytes { get; init; } = 512L << 20;

    /// <summary>Checks the numbers.</summary>
    /// <exception cref="BadInputException">One is out of range; the message names it.</exception>
    public WarpOptions Check()
    {
        Interpolation.CheckOrder(Order);
        if (ApproximateGrid is < 1 or > 100)
            throw BadInputException.ForParameter("warping_approximate_grid", ApproximateGrid, "a whole number of voxels from 1 (exact) to 100", "5 is the default.");
        if (MemoryBudgetBytes < 16L << 20)
            throw BadInputException.ForParameter("warping_memory_budget", $"{MemoryBudgetBytes / 1048576.0:F0} MB", "16 MB or more");
        return this;
    }
}

/// <summary>What the coarse grid of a deformable warp costs: how far positions in the source are off, against the transform at each voxel.</summary>
/// <param name="MaximumNm">The largest distance found, nm.</param>
/// <param name="RmsNm">The root of the mean squared distance, nm.</param>
/// <param name="Samples">Voxels looked at: 27 in each of up to 64 cells that see the source, spread evenly. 0: the target sees none of it.</param>
public sealed record ApproximationError(double MaximumNm, double RmsNm, int Samples);

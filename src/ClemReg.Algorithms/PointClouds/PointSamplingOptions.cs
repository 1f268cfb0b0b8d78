namespace ClemReg.Algorithms.PointClouds;

/// <summary>How edge voxels are thinned out before the voxel grid.</summary>
public enum PointSamplingMethod
{
    /// <summary>Every k-th in scan order, k = floor(100 / frequency): the published plugin's way.</summary>
    EveryKth,
    /// <summary>Each with probability frequency / 100: the paper's way.</summary>
    Random,
}

/// <summary>How a point cloud is sampled from a mask. The defaults are the published plugin's.</summary>
public sealed record PointSamplingOptions
{
    /// <summary>
    /// Edge length in nm of the isotropic voxels that the mask is sampled on: the EM's z spacing, for both masks. The parameters in
    /// voxels count these.
    /// </summary>
    public required double IsotropicSpacing { get; init; }

    /// <summary>Standard deviation of Canny's Gaussian in isotropic voxels, 0 to 15 (point_cloud_sigma).</summary>
    public double PointCloudSigma { get; init; } = 1;

    /// <summary>Per cent of the edge voxels to keep, above 0 to 100 (point_cloud_sampling_frequency).</summary>
    public double PointCloudSamplingFrequency { get; init; } = 3;

    /// <summary>How they are chosen (point_cloud_sampling_method).</summary>
    public PointSamplingMethod PointCloudSamplingMethod { get; init; } = PointSamplingMethod.EveryKth;

    /// <summary>Of the chosen voxels every n-th is kept, n at least 1 (point_cloud_downsampling).</summary>
    public int PointCloudDownsampling { get; init; } = 1;

    /// <summary>Seed of the random method.</summary>
    public int Seed { get; init; }

    /// <summary>Edge length of the averaging grid in isotropic voxels; 0 turns it off (registration_voxel_size).</summary>
    public double RegistrationVoxelSize { get; init; } = 15;

    /// <summary>Neighbours of the outlier removal, the point itself included, at least 1 (point_cloud_outlier_neighbours).</summary>
    public int OutlierNeighbours { get; init; } = 5;

    /// <summary>
    /// Points whose mean neighbour distance exceeds the mean by this many standard deviations are removed; 0 turns it off
    /// (point_cloud_outlier_std_ratio).
    /// </summary>
    public double OutlierStdRatio { get; init; } = 1;

    /// <summary>To move the sampled points onto the centre lines of the objects; null to leave them on the outlines (point_cloud_source).</summary>
    public CentreLineOptions? CentreLines { get; init; }

    /// <summary>What messages call the mask, for instance "fluorescence mask".</summary>
    public string MaskName { get; init; } = "mask";

    /// <summary>k of <see cref="PointSamplingMethod.EveryKth"/>: floor(100 / frequency).</summary>
    internal long EveryKth => (long)Math.Min(Math.Floor(100 / PointCloudSamplingFrequency), long.MaxValue / 2);

    /// <summary>Throws for a value out of range.</summary>
    /// <exception cref="BadInputException">A parameter is out of range; the message names it.</exception>
    public void Check()
    {
        if (!(IsotropicSpacing > 0 && double.IsFinite(IsotropicSpacing)))
            throw BadInputException.ForParameter("isotropic_spacing", IsotropicSpacing, "a positive length in nm",
                "It is the z spacing of the EM image: check its voxel size in Image > Properties.");
        CannyEdges.CheckSigma(PointCloudSigma);
        if (!(PointCloudSamplingFrequency > 0 && PointCloudSamplingFrequency <= 100))
            throw BadInputException.ForParameter("point_cloud_sampling_frequency", PointCloudSamplingFrequency,
                "above 0 and at most 100 per cent", "The usual value is 3.");
        if (!Enum.IsDefined(PointCloudSamplingMethod))
            throw BadInputException.ForParameter("point_cloud_sampling_method", PointCloudSamplingMethod, "every_kth or random");
        if (PointCloudDownsampling < 1)
            throw BadInputException.ForParameter("point_cloud_downsampling", PointCloudDownsampling, "1 or more", "1 keeps every sampled voxel.");
        if (!(RegistrationVoxelSize >= 0 && double.IsFinite(RegistrationVoxelSize)))
            throw BadInputException.ForParameter("registration_voxel_size", RegistrationVoxelSize, "0 (off) or a positive number of voxels",
                "The usual value is 15.");
        if (OutlierNeighbours < 1)
            throw BadInputException.ForParameter("point_cloud_outlier_neighbours", OutlierNeighbours, "1 or more", "The usual value is 5.");
        if (!(OutlierStdRatio >= 0 && double.IsFinite(OutlierStdRatio)))
            throw BadInputException.ForParameter("point_cloud_outlier_std_ratio", OutlierStdRatio, "0 (off) or a positive number",
                "The usual value is 1.0.");
    }
}

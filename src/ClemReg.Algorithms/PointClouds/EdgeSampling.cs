using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.PointClouds;

/// <summary>
/// Samples a point cloud from the outlines of a mask: CLEM-Reg's recipe (Krentzel et al.), Canny edges slice by slice, thinned out,
/// averaged in a voxel grid, without outliers.
/// </summary>
/// <remarks>
/// The recipe asks for isotropic voxels. A mask with other voxels is sampled as if it were resampled to them by nearest neighbour,
/// without that volume ever existing: all isotropic planes that lie in one raw slice look the same, so its edges are found once, and
/// the sampling runs through the planes in scan order. Memory: the edges of the raw slices, 4 bytes each, and one slice a thread.
/// </remarks>
public static class EdgeSampling
{
    /// <summary>The fewest points that a cloud may have: a rigid registration needs them.</summary>
    public const int MinPoints = 4;

    /// <summary>Samples the outlines of a mask.</summary>
    /// <param name="mask">The mask, of any spacing.</param>
    /// <param name="options">How to sample.</param>
    /// <param name="job">Threads, cancellation and progress. The points do not depend on the threads.</param>
    /// <returns>Points in nm in the mask's physical coordinates, ordered by cell of the voxel grid (z, y, x), or in scan order
    /// where the voxel grid is off.</returns>
    /// <exception cref="BadInputException">An option is out of range, the mask has no edge, or fewer than
    /// <see cref="MinPoints"/> points remain.</exception>
    /// <exception cref="OperationCanceledException">The job was cancelled.</exception>
    public static PointCloud Sample(BitVolume mask, PointSamplingOptions options, Job job)
    {
        options.Check();
        var sampling = new IsotropicSampling(mask.Grid, options.IsotropicSpacing);
        int[][] edges = FindEdges(mask, sampling, options, job);

        int[] sourceZ = sampling.SourceZ;
        var before = new long[sourceZ.Length + 1];
        for (int plane = 0; plane < sourceZ.Length; plane++) before[plane + 1] = before[plane] + edges[sourceZ[plane]].Length;
        long found = before[^1];
        if (found == 0)
            throw new BadInputException(
                $"No edge was found in the {options.MaskName}: it has {mask.CountSet()} foreground voxels of {mask.Grid.Size.Count}. "
                + "Choose a mask with objects inside the image, or change the segmentation (log_sigma, log_threshold).");

        PointCloud sampled = Choose(edges, before, sampling, options, job);
        if (options.CentreLines is { } lines) sampled = OnCentreLines(sampled, sampling.Grid, mask, lines, job);
        PointCloud averaged = options.RegistrationVoxelSize > 0 && sampled.Count > 0
            ? VoxelGridFilter.Apply(sampled, options.RegistrationVoxelSize, job) : sampled;
        PointCloud cloud = options.OutlierStdRatio > 0
            ? OutlierFilter.Apply(averaged, options.OutlierNeighbours, options.OutlierStdRatio, job) : averaged;

        string counts = $"{options.MaskName}: {found} edge voxels, {sampled.Count} sampled, {averaged.Count} after the voxel grid, "
            + $"{cloud.Count} after outlier removal";
        if (cloud.Count < MinPoints)
            throw new BadInputException($"Only {cloud.Count} points remain of the {counts}. At least {MinPoints} are needed: raise "
                + "point_cloud_sampling_frequency, lower registration_voxel_size or point_cloud_downsampling, or use a mask with more objects.");
        job.Log(counts + ".");
        return ToPhysical(cloud, sampling.Grid);
    }

    // The edge pixels of each raw slice, resampled in plane, as y * width + x in scan order.
    private static int[][] FindEdges(BitVolume mask, IsotropicSampling sampling, PointSamplingOptions options, Job job)
    {
        Size3 size = sampling.Grid.Size;
        var used = new bool[mask.Grid.Size.Z];
        foreach (int z in sampling.SourceZ) used[z] = true;
        var edges = new int[used.Length][];
        job.For(used.Length, () => new SliceScratch(size, sampling.WordsPerRow, options.PointCloudSigma), (z, scratch) =>
        {
            edges[z] = [];
            if (!used[z]) return;
            ReadOnlySpan<ulong> slice = sampling.Slice(mask.SliceWords(z), scratch.Resampled);
            int count = scratch.Canny.Find(slice, scratch.Edges, job);
            edges[z] = CannyEdges.PixelsInScanOrder(scratch.Edges, size.X, count);
        }, report: true);
        return edges;
    }

    // The chosen edge voxels, in isotropic voxel indices. before[p] edges come before plane p.
    private static PointCloud Choose(int[][] edges, long[] before, IsotropicSampling sampling, PointSamplingOptions options, Job job)
    {
        int planes = sampling.SourceZ.Length;
        int width = sampling.Grid.Size.X;
        var chosen = new List<Point3>[planes];
        var chosenBefore = new long[planes + 1];
        if (options.PointCloudDownsampling > 1)
        {
            var counts = new int[planes];
            job.For(planes, plane => ForEachKept(edges[sampling.SourceZ[plane]], before[plane], options, _ => counts[plane]++));
            for (int plane = 0; plane < planes; plane++) chosenBefore[plane + 1] = chosenBefore[plane] + counts[plane];
        }
        job.For(planes, plane =>
        {
            var points = new List<Point3>();
            long index = chosenBefore[plane];
            ForEachKept(edges[sampling.SourceZ[plane]], before[plane], options, pixel =>
            {
                if (index++ % options.PointCloudDownsampling == 0) points.Add(new Point3(plane, pixel / width, pixel % width));
            });
            chosen[plane] = points;
        });
        return new PointCloud(chosen.SelectMany(points => points).ToArray());
    }

    // The pixels of a plane that the sampling method keeps; `first` edges come before the plane.
    private static void ForEachKept(int[] pixels, long first, PointSamplingOptions options, Action<int> keep)
    {
        if (options.PointCloudSamplingMethod == PointSamplingMethod.EveryKth)
        {
            long k = options.EveryKth;
            for (long i = (k - first % k) % k; i < pixels.Length; i += k) keep(pixels[i]);
            return;
        }
        double probability = options.PointCloudSamplingFrequency / 100;
        for (int i = 0; i < pixels.Length; i++)
            if (Uniform(options.Seed, first + i) < probability)
                keep(pixels[i]);
    }

    // The number of a counter in [0, 1): SplitMix64 (Steele, Lea and Flood 2014) keyed by the seed, so no order is involved.
    private static double Uniform(int seed, long counter) =>
        (Mix(Mix((ulong)seed) + (ulong)counter * 0x9E3779B97F4A7C15UL) >> 11) * (1.0 / (1L << 53));

    private static ulong Mix(ulong v)
    {
        v += 0x9E3779B97F4A7C15UL;
        v = (v ^ v >> 30) * 0xBF58476D1CE4E5B9UL;
        v = (v ^ v >> 27) * 0x94D049BB133111EBUL;
        return v ^ v >> 31;
    }

    private static PointCloud OnCentreLines(PointCloud sampled, Grid grid, BitVolume mask, CentreLineOptions lines, Job job)
    {
        Point3[] points = CentreLines.Project(ToPhysical(sampled, grid).Points, mask, lines, job);
        for (int i = 0; i < points.Length; i++) points[i] = grid.ToIndex(points[i]);
        return new PointCloud(points);
    }

    private static PointCloud ToPhysical(PointCloud indices, Grid grid)
    {
        var points = new Point3[indices.Count];
        for (int i = 0; i < points.Length; i++) points[i] = grid.ToPhysical(indices[i].Z, indices[i].Y, indices[i].X);
        return new PointCloud(points);
    }

    private sealed class SliceScratch(Size3 size, int wordsPerRow, double sigma) : IDisposable
    {
        public CannyEdges Canny { get; } = new(size.Y, size.X, sigma);

        public ulong[] Resampled { get; } = new ulong[size.Y * wordsPerRow];

        public ulong[] Edges { get; } = new ulong[size.Y * wordsPerRow];

        public void Dispose() => Canny.Dispose();
    }
}

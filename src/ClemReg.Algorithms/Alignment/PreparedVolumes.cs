using System.Numerics.Tensors;
using ClemReg.Algorithms.Refinement;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Alignment;

/// <summary>The fluorescence on the grids of all levels; positions in nm from voxel 0.</summary>
internal sealed record PreparedFluorescence(ContrastImage[] Levels)
{
    /// <summary>Averages, takes square roots (photon noise becomes even, bright objects tame) and prepares each level.</summary>
    public static PreparedFluorescence Make(Volume fluorescence, GlobalAlignmentOptions options, AlignmentLevel[] levels, double binNm, Job job)
    {
        Grid grid = fluorescence.Grid;
        Point3 extent = ExtentOf(grid);
        double least = levels[0].SpacingNm;
        for (int axis = 0; axis < 3; axis++)
            if (extent[axis] < least)
                throw new BadInputException($"The fluorescence is {extent[axis]:F0} nm long along {"zyx"[axis]}; a search in three dimensions needs {least:F0} nm or more there. "
                    + "Give a stack of several slices, or align by landmarks.");
        using Volume<float> binned = BinnedVolume.Of(fluorescence, binNm, job);
        float background = Background(binned, job);
        job.For(binned.Grid.Size.Z, z =>
        {
            foreach (ref float v in binned.Slice(z)) v = MathF.Sqrt(Math.Max(v - background, 0));
        });
        (int kz, int ky, int kx) = BinnedVolume.Factors(grid, binNm);
        Point3 s = grid.Spacing;
        var prepared = new ContrastImage[levels.Length];
        for (int i = 0; i < levels.Length; i++)
        {
            AlignmentLevel level = levels[i];
            double h = level.SpacingNm;
            var blur = new Point3(
                Rest(level.BlurNm, options.PsfAxialNm, s.Z, kz), Rest(level.BlurNm, options.PsfLateralNm, s.Y, ky), Rest(level.BlurNm, options.PsfLateralNm, s.X, kx));
            var size = new Size3((int)(extent.Z / h) + 1, (int)(extent.Y / h) + 1, (int)(extent.X / h) + 1);
            prepared[i] = ContrastImage.Make(binned, blur, level, default, size, job);
        }
        if (!prepared[0].Values.AsSpan().ContainsAnyExcept(0f))
            throw new BadInputException("The fluorescence has one value everywhere: there is nothing to align. Is it the right channel?");
        return new PreparedFluorescence(prepared);
    }

    /// <summary>From the first voxel's centre to the last one's, nm.</summary>
    internal static Point3 ExtentOf(Grid grid) =>
        new((grid.Size.Z - 1) * grid.Spacing.Z, (grid.Size.Y - 1) * grid.Spacing.Y, (grid.Size.X - 1) * grid.Spacing.X);

    /// <summary>What is missing to a total blur after the microscope and the averaging of k voxels, variance (k^2 - 1) s^2 / 12.</summary>
    internal static double Rest(double total, double psf, double spacing, int k) =>
        Math.Sqrt(Math.Max(0, total * total - psf * psf - (k * k - 1) * spacing * spacing / 12));

    /// <summary>The 0.5th percentile of up to some 100,000 voxels.</summary>
    private static float Background(Volume<float> binned, Job job)
    {
        Size3 size = binned.Grid.Size;
        for (int z = 0; z < size.Z; z++)
        {
            job.ThrowIfCancelled();
            if (!float.IsFinite(TensorPrimitives.Sum<float>(binned.Slice(z))))
                throw new BadInputException("The fluorescence has voxels that are not finite numbers. Replace them (Process > Math > NaN... or Remove NaNs) first.");
        }
        long step = Math.Max(1, size.Count / 100_000);
        var sample = new List<float>();
        for (long i = 0; i < size.Count; i += step)
            sample.Add(binned.Slice((int)(i / size.SliceCount))[(int)(i % size.SliceCount)]);
        sample.Sort();
        return sample[(int)(0.005 * (sample.Count - 1))];
    }
}

/// <summary>The EM mask on the grids of all levels, as weighted points about the centre of its box.</summary>
/// <param name="Levels">Points in nm; weights of standard deviation 1.</param>
/// <param name="Centre">From voxel 0, nm.</param>
/// <param name="Size">Of the box between the outermost voxels' centres, nm.</param>
internal sealed record PreparedMask(WeightedPoints[] Levels, Point3 Centre, Point3 Size)
{
    /// <summary>Averages and prepares each level.</summary>
    public static PreparedMask Make(BitVolume mask, AlignmentLevel[] levels, double binNm, Job job)
    {
        Grid grid = mask.Grid;
        Point3 extent = PreparedFluorescence.ExtentOf(grid), centre = 0.5 * extent, s = grid.Spacing;
        using Volume<float> binned = BinnedVolume.Of(mask, binNm, job);
        (int kz, int ky, int kx) = BinnedVolume.Factors(grid, binNm);
        var zones = new ObjectZones(mask, job);
        var prepared = new WeightedPoints[levels.Length];
        for (int i = 0; i < levels.Length; i++)
        {
            AlignmentLevel level = levels[i];
            double h = level.SpacingNm;
            var blur = new Point3(
                PreparedFluorescence.Rest(level.BlurNm, 0, s.Z, kz), PreparedFluorescence.Rest(level.BlurNm, 0, s.Y, ky), PreparedFluorescence.Rest(level.BlurNm, 0, s.X, kx));
            var size = new Size3((int)(extent.Z / h) + 1, (int)(extent.Y / h) + 1, (int)(extent.X / h) + 1);
            // The points' grid is symmetric about the centre, so the mirrored stack has the same points.
            Point3 start = centre - 0.5 * h * new Point3(size.Z - 1, size.Y - 1, size.X - 1);
            prepared[i] = Points(ContrastImage.Make(binned, blur, level, start, size, job), centre, p => zones.At(grid.Origin + p));
        }
        return new PreparedMask(prepared, centre, extent);
    }

    private static WeightedPoints Points(ContrastImage image, Point3 centre, Func<Point3, int> zone)
    {
        Size3 size = image.Size;
        int n = image.Values.Length;
        var points = new WeightedPoints(new float[n], new float[n], new float[n], new float[n], new int[n]);
        double sum = 0, square = 0;
        foreach (float v in image.Values) (sum, square) = (sum + v, square + (double)v * v);
        double deviation = Math.Sqrt(Math.Max(0, square / n - sum / n * (sum / n)));
        if (!(deviation > 1e-6))
            throw new BadInputException("The EM mask is the same everywhere (empty, full, or a single speck): there is nothing to align. Check the segmentation.");
        Point3 first = image.Start - centre;
        for (int z = 0, i = 0; z < size.Z; z++)
            for (int y = 0; y < size.Y; y++)
                for (int x = 0; x < size.X; x++, i++)
                {
                    points.Z[i] = (float)(first.Z + z * image.SpacingNm);
                    points.Y[i] = (float)(first.Y + y * image.SpacingNm);
                    points.X[i] = (float)(first.X + x * image.SpacingNm);
                    points.Weight[i] = (float)(image.Values[i] / deviation);
                    points.Zone[i] = zone(image.Start + image.SpacingNm * new Point3(z, y, x));
                }
        return points;
    }
}

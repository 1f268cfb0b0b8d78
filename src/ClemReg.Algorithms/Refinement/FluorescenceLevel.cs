using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Refinement;

/// <summary>The fluorescence less the mean of its surroundings, at one level of blur.</summary>
internal sealed class FluorescenceLevel : IDisposable
{
    private readonly Volume _image;
    private readonly CubicSplineField? _narrow;
    private readonly CubicSplineField _wide;

    /// <summary>Prepares a level.</summary>
    /// <param name="image">The fluorescence.</param>
    /// <param name="blurNm">Blur on top of the microscope's; 0 for the voxels as they are.</param>
    /// <param name="highPassNm">Standard deviation of the surroundings, nm.</param>
    /// <param name="job">The work.</param>
    public FluorescenceLevel(Volume image, double blurNm, double highPassNm, Job job)
    {
        _image = image;
        BlurNm = blurNm;
        HighPassNm = highPassNm;
        _wide = Field(image, Surroundings, job);
        if (blurNm > 0) _narrow = Field(image, blurNm, job);
    }

    /// <summary>Blur on top of the microscope's, nm.</summary>
    public double BlurNm { get; }

    /// <summary>Standard deviation of the surroundings, nm.</summary>
    public double HighPassNm { get; }

    private double Surroundings => Math.Sqrt(HighPassNm * HighPassNm + BlurNm * BlurNm);

    /// <summary>Where the voxels lie.</summary>
    public Grid Grid => _image.Grid;

    /// <summary>The value of one voxel.</summary>
    public float At(int z, int y, int x)
    {
        Point3 p = Grid.ToPhysical(z, y, x);
        return (_narrow is null ? Raw(z, y, x) : _narrow.Value(p)) - _wide.Value(p);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _narrow?.Dispose();
        _wide.Dispose();
    }

    private float Raw(int z, int y, int x)
    {
        int size = (int)_image.Type;
        Span<float> value = stackalloc float[1];
        VoxelConvert.ToFloat(_image.SliceBytes(z).Slice((y * Grid.Size.X + x) * size, size), _image.Type, value);
        return value[0];
    }

    /// <summary>The mean of the surroundings, as it is taken from this image, of another one: both end at the same places, and are mirrored there.</summary>
    /// <param name="image">The other one's value at a place of this one, nm, before light is lost.</param>
    /// <param name="loss">The light's loss.</param>
    /// <param name="job">The work.</param>
    /// <returns>The mean of what is left, and its derivative by the loss.</returns>
    public (CubicSplineField Mean, CubicSplineField ByLoss) SurroundingsOf(Func<Point3, double> image, LightLoss loss, Job job)
    {
        using var values = new Volume<float>(BinnedVolume.GridOf(Grid, BinnedVolume.Bins(Grid.Spacing, Surroundings / 2)));
        using var byLoss = new Volume<float>(values.Grid);
        (int depth, int height, int width) = values.Grid.Size;
        job.For(depth * height, row =>
        {
            (int z, int y) = Math.DivRem(row, height);
            Span<float> line = values.Row(z, y), change = byLoss.Row(z, y);
            for (int x = 0; x < width; x++)
            {
                Point3 p = values.Grid.ToPhysical(z, y, x);
                line[x] = (float)(loss.At(p.Z) * image(p));
                change[x] = (float)(loss.DepthZero - p.Z) * line[x];
            }
        });
        CubicSplineField mean = Blurred(values, values.Grid.Spacing, Surroundings, job);
        try
        {
            return (mean, Blurred(byLoss, values.Grid.Spacing, Surroundings, job));
        }
        catch
        {
            mean.Dispose();
            throw;
        }
    }

    private static CubicSplineField Field(Volume image, double sigma, Job job)
    {
        using Volume<float> means = BinnedVolume.Mean(image, BinnedVolume.Bins(image.Grid.Spacing, sigma / 2), job);
        return Blurred(means, image.Grid.Spacing, sigma, job);
    }

    private static CubicSplineField Blurred(Volume<float> means, Point3 source, double sigma, Job job) =>
        new(BinnedVolume.Blurred(means, source, new Point3(sigma * sigma, sigma * sigma, sigma * sigma), job));
}

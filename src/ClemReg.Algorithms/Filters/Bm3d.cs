using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Filters;

/// <summary>
/// Removes Gaussian noise from grey-scale sections by block matching and 3-D filtering: K. Dabov, A. Foi, V. Katkovnik and K. Egiazarian,
/// "Image denoising by sparse 3-D transform-domain collaborative filtering", IEEE Trans. Image Process. 16 (2007). Both stages (hard
/// thresholding, Wiener filter), with the numbers of the authors' program: the normal profile, and above a noise of 40 the one for high
/// noise. Kaiser window of beta 2, search window 39 x 39, Haar along the groups.
/// </summary>
/// <remarks>The same pixels for any number of threads. About 9 copies of the section are held.</remarks>
public static class Bm3d
{
    /// <summary>Above this noise (for intensities of 0 to 255) the profile for high noise is used.</summary>
    public const double HighNoise = 40;

    /// <summary>Denoises a section.</summary>
    /// <param name="image">The section, finite pixels.</param>
    /// <param name="sigma">The standard deviation of the noise in the image's intensities, 0 or more: see <see cref="NoiseEstimate"/>. 0 gives the image back.</param>
    /// <param name="fullScale">
    /// The span of intensities that counts as 0 to 255, for which the thresholds of similarity are made: 255 for 8-bit images, usually
    /// maximum minus minimum for others (see <see cref="FullScale"/>).
    /// </param>
    /// <param name="job">Threads, cancellation, progress.</param>
    /// <returns>A new section in the image's intensities.</returns>
    /// <exception cref="BadInputException">A pixel that is no finite number, a negative sigma, a full scale that is not positive.</exception>
    public static Plane<float> Apply(Plane<float> image, double sigma, double fullScale, Job job)
    {
        if (!(sigma >= 0 && double.IsFinite(sigma)))
            throw BadInputException.ForParameter("sigma", sigma, "0 or more, in the image's intensities", "Leave it out to have it estimated from the image.");
        if (!(fullScale > 0 && double.IsFinite(fullScale)))
            throw BadInputException.ForParameter("full scale", fullScale, "above 0", "It is 255 for 8-bit images, maximum minus minimum for others.");
        IntensityRange range = IntensityRange.Of(image);
        if (sigma == 0 || range.IsFlat) return new Plane<float>(image.Height, image.Width, (float[])image.Values.Clone());

        float scale = (float)(255 / fullScale);
        double scaled = sigma * 255 / fullScale;
        (Bm3dStageParameters first, Bm3dStageParameters second) = Profile(scaled);
        int most = Math.Max(first.BlockSize, second.BlockSize);
        int height = Math.Max(image.Height, most), width = Math.Max(image.Width, most);
        using var noisy = new Rows(height, width);
        using var basic = new Rows(height, width);
        using var final = new Rows(height, width);
        // Large offsets would cost digits and mean nothing; sections smaller than a block are continued by their mirror image.
        for (int y = 0; y < height; y++)
            for (int x = 0; x < width; x++)
                noisy.Set(y, x, scale * (image[NoiseEstimate.Mirror(y, image.Height), NoiseEstimate.Mirror(x, image.Width)] - range.Minimum));

        job.Run("BM3D, hard thresholds", 0, 0.5, part => Filter(first, noisy, noisy, basic, scaled, part));
        job.Run("BM3D, Wiener filter", 0.5, 1, part => Filter(second, noisy, basic, final, scaled, part));
        var result = new Plane<float>(image.Height, image.Width);
        for (int y = 0; y < image.Height; y++)
            for (int x = 0; x < image.Width; x++)
                result[y, x] = final.Get(y, x) / scale + range.Minimum;
        return result;
    }

    /// <summary>The usual full scale: 255 for 8-bit images, maximum minus minimum for others (1 for flat ones).</summary>
    public static double FullScale(VoxelType type, IntensityRange range) =>
        type == VoxelType.UInt8 ? 255 : range.IsFlat ? 1 : (double)range.Maximum - range.Minimum;

    private static (Bm3dStageParameters First, Bm3dStageParameters Second) Profile(double sigma) => sigma <= HighNoise
        ? (new(8, 3, 16, 3000, 2.7), new(8, 3, 32, 400, 0))
        : (new(8, 4, 32, 25000, 2.8), new(11, 6, 32, 3500, 0));

    private static Rows Filter(Bm3dStageParameters parameters, Rows noisy, Rows guide, Rows result, double sigma, Job job)
    {
        using var stage = new Bm3dStage(parameters, noisy.Pixels, guide.Pixels, sigma);
        stage.Run(result.Pixels, job);
        return result;
    }

    /// <summary>A section with room beyond each row.</summary>
    private sealed unsafe class Rows : IDisposable
    {
        private readonly NativeBuffer _buffer;

        public Rows(int height, int width)
        {
            int stride = (width + PixelRows.Pad + 15) / 16 * 16;
            _buffer = new NativeBuffer(((long)height * stride + PixelRows.Pad) * sizeof(float));
            Pixels = new PixelRows((nint)_buffer.Pointer, stride, height, width);
        }

        public PixelRows Pixels { get; }

        public void Set(int y, int x, float value) => *Pixels.At(y, x) = value;

        public float Get(int y, int x) => *Pixels.At(y, x);

        public void Dispose() => _buffer.Dispose();
    }
}

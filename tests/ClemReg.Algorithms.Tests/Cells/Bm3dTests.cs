using ClemReg.Algorithms.Filters;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Tests.Cells;

public sealed class Bm3dTests
{
    [Theory]
    [Trait("Category", "Kernel")]
    [InlineData(25)]
    [InlineData(50)]
    public void Both_profiles_equal_the_paper_written_down_plainly(int sigma)
    {
        Plane<float>[] golden = PlaneGolden.Read($"bm3d_{sigma}");
        Plane<float> result = Bm3d.Apply(golden[0], sigma, 255, new Job(2));
        // Single precision may choose another one of two blocks that are equally alike.
        Assert.InRange(PlaneGolden.RootMeanSquare(golden[1], result), 0, 0.01);
        PlaneGolden.AssertClose(golden[1], result, 0.5);
    }

    [Theory]
    [InlineData(0, 2.2)]
    [InlineData(1, 2.5)]
    [InlineData(2, 2.3)]
    [InlineData(3, 2.2)]
    public void It_gains_more_than_the_best_Gaussian_and_non_local_means(int noise, double gain)
    {
        Plane<float>[] golden = PlaneGolden.Read("denoising");
        ReadOnlySpan<float> row = golden[0].Row(noise);
        (float sigma, float noisy, float gaussian, float means) = (row[0], row[1], row[2], row[3]);
        Plane<float> result = Bm3d.Apply(golden[2 + noise], sigma, 255, new Job(2));
        double psnr = 20 * Math.Log10(255 / PlaneGolden.RootMeanSquare(golden[1], result));
        Assert.True(psnr > Math.Max(gaussian, means) + gain, $"sigma {sigma}: {psnr:F2} dB; noisy {noisy:F2}, Gaussian {gaussian:F2}, non-local means {means:F2}");
    }

    [Fact]
    public void The_spline_wavelet_is_that_of_PyWavelets()
    {
        Plane<float> golden = PlaneGolden.Read("spline15")[0];
        double[,] matrix = BlockTransform.Spline15Matrix(8);
        for (int r = 0; r < 8; r++)
            for (int c = 0; c < 8; c++)
                Assert.Equal(golden[r, c], matrix[r, c], 1e-6);
    }

    [Theory]
    [Trait("Category", "Kernel")]
    [InlineData(8, 16, 300, 1e9)]
    [InlineData(8, 32, 2, 1e9)]
    [InlineData(8, 32, 1, 1e9)]
    [InlineData(11, 32, 9, 1e9)]
    [InlineData(8, 16, 9, 12)]
    public unsafe void The_blocks_found_are_the_most_alike_and_of_equal_ones_the_first(int size, int most, int values, double threshold)
    {
        const int height = 34, width = 71, stride = 144;
        using var buffer = new NativeBuffer((height * stride + PixelRows.Pad) * sizeof(float));
        var image = new PixelRows((nint)buffer.Pointer, stride, height, width);
        var random = new Random(5);
        // Whole numbers, so that sums are exact.
        for (int y = 0; y < height; y++)
            for (int x = 0; x < width; x++) *image.At(y, x) = random.Next(values);
        var matcher = new BlockMatcher(image, size, 19, most, threshold);
        foreach ((int y, int x) in ((int, int)[])[(0, 0), (13, 31), (height - size, width - size), (5, 60), (20, 2)])
        {
            var others = new List<(int Distance, int Y, int X)>();
            for (int cy = Math.Max(0, y - 19); cy <= Math.Min(height - size, y + 19); cy++)
                for (int cx = Math.Max(0, x - 19); cx <= Math.Min(width - size, x + 19); cx++)
                {
                    int sum = 0;
                    for (int r = 0; r < size; r++)
                        for (int c = 0; c < size; c++) sum += (int)Math.Pow(*image.At(cy + r, cx + c) - *image.At(y + r, x + c), 2);
                    if ((cy, cx) != (y, x) && sum < threshold * size * size) others.Add((sum, cy, cx));
                }
            matcher.Find(y, x);
            Assert.Equal([(y, x), .. others.Order().Take(most - 1).Select(o => (o.Y, o.X))], matcher.Places.ToArray());
        }
    }

    [Theory]
    [Trait("Category", "Kernel")]
    [InlineData(8)]
    [InlineData(11)]
    public unsafe void Blocks_are_multiplied_by_the_matrix_from_both_sides_and_come_back(int size)
    {
        using BlockTransform transform = BlockTransform.Cosine(size);
        const int stride = 29;
        Plane<float> image = PlaneGolden.Noise(size, stride, 4);
        float[] coefficients = new float[transform.Floats], back = new float[transform.Floats], scratch = new float[transform.ScratchFloats];
        fixed (float* from = image.Values, to = coefficients, block = back, room = scratch)
        {
            transform.Forward(from, stride, to, room);
            transform.Inverse(to, block, room);
        }
        for (int k = 0; k < size; k++)
            for (int l = 0; l < size; l++)
            {
                double sum = 0;
                for (int y = 0; y < size; y++)
                    for (int x = 0; x < size; x++) sum += Wave(k, y) * Wave(l, x) * image[y, x];
                // Turned: along x from row to row.
                Assert.Equal(sum, coefficients[l * transform.Stride + k], 1e-3);
                Assert.Equal(image[k, l], back[k * transform.Stride + l], 1e-3);
            }

        double Wave(int k, int i) => Math.Sqrt((k == 0 ? 1.0 : 2.0) / size) * Math.Cos(Math.PI * (2 * i + 1) * k / (2 * size));
    }

    [Fact]
    public void The_estimated_noise_equals_scikit_image()
    {
        Plane<float>[] golden = PlaneGolden.Read("noise");
        for (int i = 0; i < golden.Length; i += 2)
        {
            double expected = golden[i + 1].Values[0];
            Assert.Equal(expected, NoiseEstimate.Of(golden[i], new Job(2)), 1e-12 + 1e-6 * expected);
        }
        Assert.Equal(0, NoiseEstimate.Of(new Plane<float>(30, 20), new Job(1)));
    }

    [Fact]
    public void The_result_is_the_same_for_any_number_of_threads()
    {
        Plane<float> image = PlaneGolden.Noise(150, 61, 1);
        float[] expected = Bm3d.Apply(image, 30, 255, new Job(1)).Values;
        foreach (int threads in (int[])[2, 3, 5]) Assert.Equal(expected, Bm3d.Apply(image, 30, 255, new Job(threads)).Values);
    }

    [Fact]
    public void Without_noise_the_image_stays_as_it_is()
    {
        Plane<float> image = PlaneGolden.Noise(20, 30, 1);
        Plane<float> result = Bm3d.Apply(image, 0, 255, new Job(1));
        Assert.Equal(image.Values, result.Values);
        Assert.NotSame(image.Values, result.Values);
        var flat = new Plane<float>(9, 9);
        Array.Fill(flat.Values, 7);
        Assert.Equal(flat.Values, Bm3d.Apply(flat, 20, 255, new Job(1)).Values);
    }

    [Theory]
    [Trait("Category", "Kernel")]
    [InlineData(20)]
    [InlineData(60)]
    public void Every_small_size_is_denoised(int sigma)
    {
        foreach (int n in (int[])[1, 2, 5, 7, 8, 9, 11, 12, 18])
        {
            foreach ((int h, int w) in ((int, int)[])[(n, 1), (1, n), (n, n), (9, n), (n, 17)])
            {
                Plane<float> image = PlaneGolden.Noise(h, w, n, sigma);
                Plane<float> result = Bm3d.Apply(image, sigma, 255, new Job(1));
                Assert.All(result.Values, v => Assert.InRange(v, image.Values.Min() - sigma, image.Values.Max() + sigma));
                if (h * w >= 300) Assert.InRange(Deviation(result), 0, 0.5 * Deviation(image));
            }
        }
    }

    [Fact]
    public void The_scale_of_intensities_does_not_matter()
    {
        Plane<float> image = PlaneGolden.Read("denoising")[3];
        // A power of two, so that not even the rounding differs.
        var large = new Plane<float>(image.Height, image.Width, Array.ConvertAll(image.Values, v => 256 * v));
        float[] expected = Array.ConvertAll(Bm3d.Apply(image, 25, 255, new Job(2)).Values, v => 256 * v);
        Plane<float> result = Bm3d.Apply(large, 25 * 256, 255 * 256, new Job(2));
        PlaneGolden.AssertClose(new Plane<float>(image.Height, image.Width, expected), result, 0.05);
        Assert.Equal(255, Bm3d.FullScale(VoxelType.UInt8, new IntensityRange(3, 9)));
        Assert.Equal(6, Bm3d.FullScale(VoxelType.UInt16, new IntensityRange(3, 9)));
        Assert.Equal(1, Bm3d.FullScale(VoxelType.Float32, new IntensityRange(3, 3)));
    }

    [Fact]
    public void Cancelling_stops_it()
    {
        using var observer = new CancellingObserver();
        Assert.ThrowsAny<OperationCanceledException>(() => Bm3d.Apply(PlaneGolden.Noise(300, 50, 1), 30, 255, new Job(1, observer.Token, observer)));
        Assert.InRange(observer.ReportsAfterCancelling, 0, 2);
    }

    [Fact]
    public void Bad_input_is_named()
    {
        Plane<float> image = PlaneGolden.Noise(12, 10, 1);
        foreach (double sigma in (double[])[-1, double.NaN, double.PositiveInfinity])
            Assert.StartsWith("sigma = ", Assert.Throws<BadInputException>(() => Bm3d.Apply(image, sigma, 255, new Job(1))).Message, StringComparison.Ordinal);
        foreach (double scale in (double[])[0, -2, double.NaN])
            Assert.StartsWith("full scale = ", Assert.Throws<BadInputException>(() => Bm3d.Apply(image, 5, scale, new Job(1))).Message, StringComparison.Ordinal);
        image[3, 4] = float.NaN;
        Assert.Contains("x = 4, y = 3", Assert.Throws<BadInputException>(() => Bm3d.Apply(image, 5, 255, new Job(1))).Message, StringComparison.Ordinal);
        Assert.StartsWith("size", Assert.Throws<BadInputException>(() => new Plane<float>(0, 5)).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => new Plane<float>(2, 5, new float[9]));
    }

    private static double Deviation(Plane<float> plane)
    {
        double mean = plane.Values.Average(v => (double)v);
        return Math.Sqrt(plane.Values.Average(v => (v - mean) * (v - mean)));
    }
}

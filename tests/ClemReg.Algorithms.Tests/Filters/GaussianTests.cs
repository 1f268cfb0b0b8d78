using System.Runtime.InteropServices;
using ClemReg.Algorithms.Filters;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Tests.Filters;

public sealed class GaussianTests
{
    private static readonly Size3 GoldenSize = new(7, 19, 33);

    [Theory]
    [InlineData("gaussian_3_3_3", 3, 3, 3)]
    [InlineData("gaussian_0_1.5_0.7", 0, 1.5, 0.7)]
    [InlineData("gaussian_2.2_5_8", 2.2, 5, 8)]
    public void Gaussian_equals_SciPy(string golden, double z, double y, double x)
    {
        using Volume<ushort> image = GoldenImage();
        using Volume<float> filtered = GaussianFilter.Apply(image, new Point3(z, y, x), new Job(2));
        float[] expected = Floats(golden);
        for (int i = 0; i < expected.Length; i++) AssertClose(expected[i], At(filtered, i), 1e-5 * expected[i], i);
    }

    [Theory]
    [InlineData("dog_1", 1)]
    [InlineData("dog_3", 3)]
    public void Difference_of_Gaussians_equals_SciPy(string golden, double sigma)
    {
        using Volume<ushort> image = GoldenImage();
        float[] actual = Dog(image, sigma, new Job(2));
        float[] expected = Floats(golden);
        double tolerance = 1e-5 * expected.Max(Math.Abs);
        for (int i = 0; i < expected.Length; i++) AssertClose(expected[i], actual[i], tolerance, i);
    }

    [Theory]
    [Trait("Category", "Kernel")]
    [InlineData(0, 0.8)]
    [InlineData(0, 2.7)]
    [InlineData(1, 0.8)]
    [InlineData(1, 2.7)]
    [InlineData(2, 0.8)]
    [InlineData(2, 2.7)]
    public void Every_axis_length_equals_the_plain_filter(int axis, double sigma)
    {
        for (int n = 1; n <= 70; n++)
        {
            var size = new Size3(axis == 0 ? n : 2, axis == 1 ? n : 3, axis == 2 ? n : 5);
            using Volume image = RandomVolume(size, (VoxelType)(n % 3 == 0 ? 1 : n % 3 == 1 ? 2 : 4), n);
            var sigmas = new Point3(sigma, sigma, sigma);
            using Volume<float> filtered = GaussianFilter.Apply(image, sigmas, new Job(1));
            double[] expected = PlainGaussian(Doubles(image), size, sigmas);
            for (int i = 0; i < expected.Length; i++) AssertClose(expected[i], At(filtered, i), 1e-5 * expected[i], i);
        }
    }

    [Theory]
    [Trait("Category", "Kernel")]
    [InlineData(30.0, 40.0)]
    [InlineData(55.0, 90.0)]
    public void Filtering_on_another_grid_equals_resampling_first(double spacing, double zSpacing)
    {
        var size = new Size3(6, 17, 41);
        using Volume image = RandomVolume(size, VoxelType.UInt16, 5, new Point3(130, 40, 40), new Point3(-70, 500, 12));
        var grid = new Grid(new Size3(11, 23, 37), new Point3(zSpacing, spacing, spacing), new Point3(-90, 470, 30));
        IntensityRange range = IntensityRange.Of(image, new Job(1));
        var actual = new float[grid.Size.Count];
        DifferenceOfGaussians.Apply(image, range, 1.7, grid, (z, slice) => slice.CopyTo(actual.AsSpan(z * grid.Size.SliceCount)), new Job(2));

        double[] resampled = PlainLinear(Doubles(image), image.Grid, grid);
        for (int i = 0; i < resampled.Length; i++) resampled[i] = (resampled[i] - range.Minimum) / ((double)range.Maximum - range.Minimum);
        double[] narrow = PlainGaussian(resampled, grid.Size, new Point3(1.7, 1.7, 1.7));
        double[] wide = PlainGaussian(resampled, grid.Size, new Point3(2.72, 2.72, 2.72));
        double tolerance = 1e-5 * narrow.Zip(wide, (a, b) => Math.Abs(a - b)).Max();
        for (int i = 0; i < narrow.Length; i++) AssertClose(narrow[i] - wide[i], actual[i], tolerance, i);
    }

    [Fact]
    public void The_result_is_the_same_for_any_number_of_threads_and_any_block()
    {
        using Volume image = RandomVolume(new Size3(29, 37, 53), VoxelType.UInt16, 3);
        float[] expected = Dog(image, 2, new Job(1));
        foreach (int threads in (int[])[2, 3, 7]) Assert.Equal(expected, Dog(image, 2, new Job(threads)));
        foreach (int block in (int[])[1, 4, 8, 12, 64])
        {
            var actual = new float[expected.Length];
            SeparableFilter filter = DifferenceOfGaussians.Create(image, IntensityRange.Of(image, new Job(1)), 2, image.Grid);
            filter.BlockSlices = block;
            filter.Run((z, slice) => slice.CopyTo(actual.AsSpan(z * slice.Length)), new Job(2));
            Assert.Equal(expected, actual);
        }
    }

    [Fact]
    public void Every_slice_is_handed_out_once()
    {
        using Volume image = RandomVolume(new Size3(67, 3, 2), VoxelType.UInt8, 1);
        var calls = new int[67];
        DifferenceOfGaussians.Apply(image, new IntensityRange(0, 255), 1, image.Grid, (z, _) => Interlocked.Increment(ref calls[z]), new Job(3));
        Assert.All(calls, n => Assert.Equal(1, n));
    }

    [Fact]
    public void A_small_signal_on_a_large_offset_survives()
    {
        var size = new Size3(3, 20, 20);
        using var low = new Volume<float>(new Grid(size, new Point3(1, 1, 1)));
        using var high = new Volume<float>(low.Grid);
        var random = new Random(1);
        for (int z = 0; z < 3; z++)
        {
            for (int i = 0; i < 400; i++)
            {
                low.Slice(z)[i] = random.Next(64);
                high.Slice(z)[i] = low.Slice(z)[i] + 8_000_000;
            }
        }
        Assert.Equal(Dog(low, 1.5, new Job(1)), Dog(high, 1.5, new Job(1)));
    }

    [Fact]
    public void Cancelling_stops_the_filter_between_pieces()
    {
        using Volume image = RandomVolume(new Size3(30, 40, 40), VoxelType.UInt8, 1);
        using var source = new CancellationTokenSource();
        int slices = 0;
        Assert.ThrowsAny<OperationCanceledException>(() => DifferenceOfGaussians.Apply(image, new IntensityRange(0, 255), 1, image.Grid, (_, _) =>
        {
            slices++;
            source.Cancel();
        }, new Job(1, source.Token)));
        Assert.Equal(1, slices);
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(1001)]
    [InlineData(double.NaN)]
    public void A_sigma_out_of_range_is_named(double sigma)
    {
        using Volume image = RandomVolume(new Size3(2, 2, 2), VoxelType.UInt8, 1);
        Assert.StartsWith("sigma", Assert.Throws<BadInputException>(() => GaussianFilter.Apply(image, new Point3(1, sigma, 1), new Job(1))).Message, StringComparison.Ordinal);
        Assert.StartsWith("sigma", Assert.Throws<BadInputException>(() => Dog(image, sigma, new Job(1))).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(float.NaN, "NaN")]
    [InlineData(float.PositiveInfinity, "infinite")]
    [InlineData(float.NegativeInfinity, "infinite")]
    public void A_voxel_that_is_no_number_is_named(float value, string word)
    {
        using var image = new Volume<float>(new Grid(new Size3(4, 5, 6), new Point3(1, 1, 1)));
        image[2, 3, 4] = value;
        string message = Assert.Throws<BadInputException>(() => IntensityRange.Of(image, new Job(2))).Message;
        Assert.Contains(word, message, StringComparison.Ordinal);
        Assert.Contains("slice 3, x = 4, y = 3", message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(VoxelType.UInt8)]
    [InlineData(VoxelType.UInt16)]
    [InlineData(VoxelType.Float32)]
    public void The_range_is_that_of_all_voxels(VoxelType type)
    {
        using Volume image = RandomVolume(new Size3(5, 7, 11), type, 9);
        double[] voxels = Doubles(image);
        IntensityRange range = IntensityRange.Of(image, new Job(2));
        Assert.Equal(voxels.Min(), range.Minimum);
        Assert.Equal(voxels.Max(), range.Maximum);
    }

    [Fact]
    [Trait("Category", "Kernel")]
    public unsafe void Rows_of_every_length_are_scaled_and_nothing_beyond_them_is_touched()
    {
        var random = new Random(1);
        for (int n = 0; n <= 140; n++)
        {
            var bytes = new byte[n + 1];
            var shorts = new ushort[n + 1];
            var floats = new float[n + 1];
            random.NextBytes(bytes);
            random.NextBytes(MemoryMarshal.AsBytes(shorts.AsSpan()));
            for (int i = 0; i <= n; i++) floats[i] = random.NextSingle();
            var actual = new float[n + 1];
            fixed (byte* b = bytes)
            fixed (ushort* s = shorts)
            fixed (float* f = floats)
            fixed (float* a = actual)
            {
                actual[n] = -1;
                ScaleRow.From(b, a, n, 3.5f, 0.01f);
                for (int i = 0; i < n; i++) Assert.Equal((bytes[i] - 3.5f) * 0.01f, actual[i]);
                ScaleRow.From(s, a, n, 3.5f, 0.01f);
                for (int i = 0; i < n; i++) Assert.Equal((shorts[i] - 3.5f) * 0.01f, actual[i]);
                ScaleRow.From(f, a, n, 3.5f, 0.01f);
                for (int i = 0; i < n; i++) Assert.Equal((floats[i] - 3.5f) * 0.01f, actual[i]);
                Assert.Equal(-1, actual[n]);
            }
        }
    }

    private static float[] Dog(Volume image, double sigma, Job job)
    {
        var result = new float[image.Grid.Size.Count];
        DifferenceOfGaussians.Apply(image, IntensityRange.Of(image, job), sigma, image.Grid, (z, slice) => slice.CopyTo(result.AsSpan(z * slice.Length)), job);
        return result;
    }

    private static Volume<ushort> GoldenImage()
    {
        var image = new Volume<ushort>(new Grid(GoldenSize, new Point3(1, 1, 1)));
        byte[] raw = Golden("image_7x19x33");
        int bytes = GoldenSize.SliceCount * 2;
        for (int z = 0; z < GoldenSize.Z; z++) raw.AsSpan(z * bytes, bytes).CopyTo(image.SliceBytes(z));
        return image;
    }

    private static float[] Floats(string name) => MemoryMarshal.Cast<byte, float>(Golden(name)).ToArray();

    private static byte[] Golden(string name) => File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "golden", "filters", name + ".bin"));

    private static float At(Volume<float> volume, int i) => volume.Slice(i / volume.Grid.Size.SliceCount)[i % volume.Grid.Size.SliceCount];

    private static void AssertClose(double expected, double actual, double tolerance, int i) =>
        Assert.True(Math.Abs(expected - actual) <= tolerance, $"voxel {i}: {actual} instead of {expected}");

    private static Volume RandomVolume(Size3 size, VoxelType type, int seed, Point3? spacing = null, Point3 origin = default)
    {
        Volume volume = Volume.Create(new Grid(size, spacing ?? new Point3(1, 1, 1), origin), type);
        var random = new Random(seed);
        for (int z = 0; z < size.Z; z++)
        {
            Span<byte> slice = volume.SliceBytes(z);
            random.NextBytes(slice);
            if (type == VoxelType.Float32)
                foreach (ref float v in MemoryMarshal.Cast<byte, float>(slice)) v = 1 + random.NextSingle();
        }
        return volume;
    }

    private static double[] Doubles(Volume volume)
    {
        var values = new double[volume.Grid.Size.Count];
        var slice = new float[volume.Grid.Size.SliceCount];
        for (int z = 0; z < volume.Grid.Size.Z; z++)
        {
            volume.ReadSlice(z, slice.AsSpan());
            for (int i = 0; i < slice.Length; i++) values[z * slice.Length + i] = slice[i];
        }
        return values;
    }

    /// <summary>The definition: three sums with the index reflected, in double precision.</summary>
    private static double[] PlainGaussian(double[] voxels, Size3 size, Point3 sigma)
    {
        int[] counts = [size.Z, size.Y, size.X];
        int[] strides = [size.SliceCount, size.X, 1];
        for (int axis = 0; axis < 3; axis++)
        {
            int radius = (int)(4 * sigma[axis] + 0.5);
            double total = 0;
            for (int k = -radius; k <= radius; k++) total += Weight(k);
            var result = new double[voxels.Length];
            for (int i = 0; i < voxels.Length; i++)
            {
                int at = i / strides[axis] % counts[axis];
                for (int k = -radius; k <= radius; k++)
                {
                    int j = at + k;
                    while (j < 0 || j >= counts[axis]) j = j < 0 ? -1 - j : 2 * counts[axis] - 1 - j;
                    result[i] += Weight(k) / total * voxels[i + (j - at) * strides[axis]];
                }
            }
            voxels = result;

            double Weight(int k) => Math.Exp(-0.5 * k * k / (sigma[axis] * sigma[axis]));
        }
        return voxels;
    }

    private static double[] PlainLinear(double[] voxels, Grid from, Grid to)
    {
        Size3 n = from.Size;
        var result = new double[to.Size.Count];
        int i = 0;
        for (int z = 0; z < to.Size.Z; z++)
        {
            for (int y = 0; y < to.Size.Y; y++)
            {
                for (int x = 0; x < to.Size.X; x++)
                {
                    Point3 p = from.ToIndex(to.ToPhysical(z, y, x));
                    double pz = Math.Clamp(p.Z, 0, n.Z - 1), py = Math.Clamp(p.Y, 0, n.Y - 1), px = Math.Clamp(p.X, 0, n.X - 1);
                    for (int corner = 0; corner < 8; corner++)
                    {
                        int cz = Math.Min((int)pz + (corner >> 2), n.Z - 1), cy = Math.Min((int)py + (corner >> 1 & 1), n.Y - 1), cx = Math.Min((int)px + (corner & 1), n.X - 1);
                        double weight = Part(pz, corner >> 2) * Part(py, corner >> 1 & 1) * Part(px, corner & 1);
                        result[i] += weight * voxels[(cz * n.Y + cy) * n.X + cx];
                    }
                    i++;
                }
            }
        }
        return result;

        static double Part(double p, int upper) => upper == 1 ? p - (int)p : 1 - (p - (int)p);
    }
}

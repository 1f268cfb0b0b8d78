using ClemReg.Algorithms.Filters;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Tests.Cells;

public sealed class NegativeLogTests
{
    [Fact]
    [Trait("Category", "Kernel")]
    public void The_response_is_that_of_the_kernel_written_down()
    {
        Plane<float>[] golden = PlaneGolden.Read("log");
        for (int i = 0; i < golden.Length; i += 3)
        {
            double sigma = Math.Round(golden[i][0, 0], 3);
            Plane<float> response = NegativeLog.Response(golden[i + 1], sigma, (int)golden[i][0, 1], new Job(2));
            PlaneGolden.AssertClose(golden[i + 2], response, 1e-4 * golden[i + 2].Values.Max(Math.Abs) + 1e-9);
        }
    }

    [Fact]
    public void A_bright_blob_and_a_bright_rim_come_out_bright()
    {
        var image = new Plane<float>(80, 80);
        for (int y = 0; y < 80; y++)
            for (int x = 0; x < 80; x++)
            {
                double r = Math.Sqrt((y - 40) * (y - 40) + (x - 40) * (x - 40));
                image[y, x] = (float)(Math.Exp(-(r - 20) * (r - 20) / 18) + Math.Exp(-r * r / 20));
            }
        Plane<float> feature = NegativeLog.Apply(image, 4, NegativeLog.KernelSize(4), new Job(1));
        Assert.Equal(0, feature.Values.Min());
        Assert.Equal(1, feature.Values.Max());
        // Kernels of even size lie half a pixel off.
        Assert.True(feature[40, 20] > feature[40, 30] + 0.3 && feature[40, 40] > feature[40, 30] + 0.3);
        Assert.True(feature[40, 20] > feature[40, 8] + 0.3);
    }

    [Fact]
    public void Threads_and_a_large_offset_do_not_matter_and_flat_gives_0()
    {
        Plane<float> image = PlaneGolden.Noise(50, 41, 3);
        float[] expected = NegativeLog.Apply(image, 3, 18, new Job(1)).Values;
        Assert.Equal(expected, NegativeLog.Apply(image, 3, 18, new Job(3)).Values);
        Array.Fill(image.Values, 17);
        Assert.All(NegativeLog.Apply(image, 3, 18, new Job(1)).Values, v => Assert.Equal(0, v));
        Assert.Equal(42, NegativeLog.KernelSize(7));
        Assert.Equal(1, NegativeLog.KernelSize(0.01));
    }

    [Fact]
    public void Bad_input_is_named()
    {
        var image = new Plane<float>(4, 4);
        foreach (double sigma in (double[])[0, -1, 201, double.NaN])
            Assert.StartsWith("sigma", Assert.Throws<BadInputException>(() => NegativeLog.Response(image, sigma, 6, new Job(1))).Message, StringComparison.Ordinal);
        foreach (int size in (int[])[1, -3, 85])
            Assert.StartsWith("kernel size", Assert.Throws<BadInputException>(() => NegativeLog.Response(image, 7, size, new Job(1))).Message, StringComparison.Ordinal);
    }
}

using System.Runtime.InteropServices;
using ClemReg.Algorithms.Alignment;
using ClemReg.Algorithms.Transforms;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Tests.Alignment;

public sealed unsafe class FftTests
{
    public static TheoryData<int> Lengths()
    {
        var data = new TheoryData<int>();
        for (int n = 1; n <= 256; n++)
            if (FftPlan.SizeFor(n) == n) data.Add(n);
        return data;
    }

    [Theory]
    [MemberData(nameof(Lengths))]
    [Trait("Category", "Kernel")]
    public void A_plan_computes_the_sums_that_define_the_transform_and_comes_back(int n)
    {
        const int columns = FftPlan.Columns;
        var plan = new FftPlan(n);
        var random = new Random(n);
        float[] re = Numbers(random, n * columns), im = Numbers(random, n * columns);
        float[] a = [.. re], b = [.. im];
        fixed (float* p = a, q = b)
        {
            plan.Forward(p, q, columns);
            double tolerance = 2e-6 * Math.Sqrt(n) * Math.Log2(n + 1) + 1e-6;
            bool[] seen = new bool[n];
            for (int row = 0; row < n; row++)
            {
                int k = plan.FrequencyAt(row);
                seen[k] = true;
                int c = row % columns;
                (double sumRe, double sumIm) = (0, 0);
                for (int x = 0; x < n; x++)
                {
                    (double sin, double cos) = Math.SinCos(-2 * Math.PI * ((long)k * x % n) / n);
                    sumRe += re[x * columns + c] * cos - im[x * columns + c] * sin;
                    sumIm += re[x * columns + c] * sin + im[x * columns + c] * cos;
                }
                Assert.Equal(sumRe, a[row * columns + c], tolerance);
                Assert.Equal(sumIm, b[row * columns + c], tolerance);
            }
            Assert.DoesNotContain(false, seen);
            plan.Inverse(p, q, columns);
            for (int i = 0; i < a.Length; i++)
            {
                Assert.Equal(re[i], a[i] / n, 5e-6);
                Assert.Equal(im[i], b[i] / n, 5e-6);
            }
        }
    }

    [Fact]
    public void Sizes_are_the_least_products_of_2_3_and_5()
    {
        Assert.Equal((1, 8, 15, 25, 48, 96, 100, 128), (FftPlan.SizeFor(0), FftPlan.SizeFor(7), FftPlan.SizeFor(13), FftPlan.SizeFor(25),
            FftPlan.SizeFor(46), FftPlan.SizeFor(91), FftPlan.SizeFor(97), FftPlan.SizeFor(126)));
        Assert.Throws<ArgumentException>(() => new FftPlan(14));
        Assert.Throws<ArgumentException>(() => new FftPlan(0));
    }

    [Fact]
    [Trait("Category", "Kernel")]
    public void Three_dimensions_agree_with_SciPy()
    {
        var size = new Size3(10, 24, 27);
        float[] field = Golden("field_10x24x27.bin"), spectrum = Golden("spectrum_10x24x27.bin");
        var fft = new Fft3(size);
        using var buffer = new NativeBuffer(2L * fft.Count * sizeof(float));
        float* re = (float*)buffer.Pointer, im = re + fft.Count;
        for (int z = 0, i = 0; z < size.Z; z++)
            for (int y = 0; y < size.Y; y++)
                for (int x = 0; x < size.X; x++, i++)
                    (re[z * fft.PlaneStride + y * fft.RowStride + x], im[z * fft.PlaneStride + y * fft.RowStride + x]) = (field[2 * i], field[2 * i + 1]);
        fft.Forward(re, im, new Job(2));
        FftPlan pz = new(size.Z), py = new(size.Y), px = new(size.X);
        for (int z = 0; z < size.Z; z++)
            for (int y = 0; y < size.Y; y++)
                for (int x = 0; x < size.X; x++)
                {
                    int i = (pz.FrequencyAt(z) * size.Y + py.FrequencyAt(y)) * size.X + px.FrequencyAt(x);
                    Assert.Equal(spectrum[2 * i], re[z * fft.PlaneStride + y * fft.RowStride + x], 1e-3);
                    Assert.Equal(spectrum[2 * i + 1], im[z * fft.PlaneStride + y * fft.RowStride + x], 1e-3);
                }
    }

    [Theory]
    [InlineData(3, 7, 9, 4)]
    [InlineData(11, 20, 16, 6)]
    [InlineData(2, 33, 5, 9)]
    [InlineData(8, 8, 40, 3)]
    [Trait("Category", "Kernel")]
    public void Correlations_are_the_sums_that_define_them(int z, int y, int x, int reach)
    {
        var size = new Size3(z, y, x);
        var random = new Random(z * 100 + y);
        float[] image = Numbers(random, (int)size.Count);
        // A margin of the whole reach, so that nothing meets the other end.
        using var spectra = new CorrelationImage(image, size, 2 * reach + 2, new Job(2));
        using var correlator = new TemplateCorrelator(spectra, reach);
        WeightedPoints first = Points(random, 30, reach), second = Points(random, 20, reach);
        Matrix3 turn = RotationSet.FromVector(new Point3(0.3, -0.7, 0.4)), other = RotationSet.FromVector(new Point3(-2, 0.1, 0.6));
        for (int repeat = 0; repeat < 2; repeat++)
        {
            correlator.Clear();
            correlator.Add(first, turn, second: false);
            correlator.Add(second, other, second: true);
            correlator.Correlate(upright: true, inverted: true, new Job(1));
        }
        double scale = spectra.Fft.Size.Count;
        float[] weights = Numbers(random, image.Length);
        for (int i = 0; i < weights.Length; i++) weights[i] = 1.5f + weights[i];
        foreach (bool isSecond in (bool[])[false, true])
            foreach (bool inverted in (bool[])[false, true])
            {
                double highest = double.NegativeInfinity;
                for (int i = 0; i < z; i++)
                    for (int j = 0; j < y; j++)
                        for (int k = 0; k < x; k++)
                        {
                            double expected = Direct(image, size, isSecond ? second : first, (inverted ? -1.0 : 1.0) * (isSecond ? other : turn), i, j, k);
                            double found = correlator.Row(isSecond, inverted, i, j)[inverted ? k : x - 1 - k] / scale;
                            Assert.Equal(expected, found, 2e-4);
                            highest = Math.Max(highest, expected * weights[(i * y + j) * x + k]);
                        }
                var peaks = correlator.Peaks(isSecond, inverted, 2, 1, weights);
                Assert.Equal(highest, peaks[0].Value / scale, 5e-4);
                Assert.Equal(highest, weights[(peaks[0].Z * y + peaks[0].Y) * x + peaks[0].X] * Direct(image, size, isSecond ? second : first, (inverted ? -1.0 : 1.0) * (isSecond ? other : turn), peaks[0].Z, peaks[0].Y, peaks[0].X), 1e-3);
                Assert.True(Math.Abs(peaks[0].Z - peaks[1].Z) > 1 || Math.Abs(peaks[0].Y - peaks[1].Y) > 1 || Math.Abs(peaks[0].X - peaks[1].X) > 1);
                Assert.True(peaks[1].Value <= peaks[0].Value);
            }
    }

    /// <summary>The sum over the points of weight times the image, interpolated, 0 outside.</summary>
    private static double Direct(float[] image, Size3 size, WeightedPoints points, Matrix3 a, int z, int y, int x)
    {
        double sum = 0;
        for (int i = 0; i < points.Count; i++)
        {
            Point3 p = a * new Point3(points.Z[i], points.Y[i], points.X[i]) + new Point3(z, y, x);
            (int iz, int iy, int ix) = ((int)Math.Floor(p.Z), (int)Math.Floor(p.Y), (int)Math.Floor(p.X));
            for (int d = 0; d < 8; d++)
            {
                (int jz, int jy, int jx) = (iz + (d >> 2), iy + (d >> 1 & 1), ix + (d & 1));
                if (jz < 0 || jy < 0 || jx < 0 || jz >= size.Z || jy >= size.Y || jx >= size.X) continue;
                sum += points.Weight[i] * (1 - Math.Abs(p.Z - jz)) * (1 - Math.Abs(p.Y - jy)) * (1 - Math.Abs(p.X - jx)) * image[(jz * size.Y + jy) * size.X + jx];
            }
        }
        return sum;
    }

    private static WeightedPoints Points(Random random, int count, double reach) => new(
        Numbers(random, count, reach / 1.8), Numbers(random, count, reach / 1.8), Numbers(random, count, reach / 1.8), Numbers(random, count), new int[count]);

    private static float[] Numbers(Random random, int count, double largest = 1) =>
        [.. Enumerable.Range(0, count).Select(_ => (float)((2 * random.NextDouble() - 1) * largest))];

    internal static float[] Golden(string name) =>
        MemoryMarshal.Cast<byte, float>(File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "golden", "alignment", name))).ToArray();
}

using System.Globalization;
using ClemReg.Algorithms.Alignment;
using ClemReg.Algorithms.Transforms;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Tests.Alignment;

/// <summary>What the global search is put together from.</summary>
public sealed class AlignmentPartsTests
{
    [Fact]
    public void Rotations_agree_with_SciPy()
    {
        double[][] spiral = Rows("rotations_40.csv");
        Matrix3[] set = RotationSet.All(40);
        for (int i = 0; i < 40; i++) Same(spiral[i], set[i]);
        foreach (double[] row in Rows("rotation_vectors.csv"))
            Same(row[3..], RotationSet.FromVector(new Point3(row[0], row[1], row[2])));

        static void Same(double[] expected, Matrix3 m)
        {
            double[] found = [m.ZZ, m.ZY, m.ZX, m.YZ, m.YY, m.YX, m.XZ, m.XY, m.XX];
            for (int i = 0; i < 9; i++) Assert.Equal(expected[i], found[i], 1e-10);
        }
    }

    [Theory]
    [InlineData(10, false)]
    [InlineData(10, true)]
    [InlineData(1, true)]
    public void In_plane_sets_hold_the_half_turn_of_each_of_their_rotations(double tilt, bool turnedOver)
    {
        Matrix3[] set = RotationSet.InPlane(tilt, turnedOver);
        foreach (Matrix3 r in set)
        {
            Assert.Equal(1, r.Determinant, 1e-12);
            Assert.True(set.Min(other => RotationSet.AngleDegrees(other, r * RotationSet.HalfTurnZ)) < 1e-5);
        }
        Matrix3 asked = RotationSet.FromVector(0.08 * new Point3(0, 0.6, 0.8)) * RotationSet.FromVector(new Point3(2.2, 0, 0));
        Assert.True(set.Min(r => RotationSet.AngleDegrees(r, asked)) < (tilt >= 10 ? 7.1 : 7.5));
    }

    [Fact]
    public void A_band_stays_near_its_start_and_covers_it()
    {
        Matrix3 start = RotationSet.FromVector(new Point3(1, -2, 0.5));
        Matrix3[] near = RotationSet.Near(start, 40, 3000);
        Assert.Equal(start, near[0]);
        Assert.All(near, r => Assert.True(RotationSet.AngleDegrees(r, start) <= 40.001));
        var random = new Random(4);
        for (int i = 0; i < 50; i++)
        {
            Point3 axis = Registration.Clouds.NormalPoint(random, 1);
            Matrix3 asked = RotationSet.FromVector(random.NextDouble() * 35 * Math.PI / 180 / axis.Length * axis) * start;
            Assert.True(near.Min(r => RotationSet.AngleDegrees(r, asked)) < 16);
        }
        Assert.Single(RotationSet.Near(start, 0.5, 3000));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void Contrast_agrees_with_SciPy(int threads)
    {
        float[] voxels = FftTests.Golden("image_14x40x36.bin"), expected = FftTests.Golden("contrast_9x17x18.bin");
        using var volume = new Volume<float>(new Grid(new Size3(14, 40, 36), new Point3(130, 90, 100), new Point3(30, 0, 10)));
        for (int z = 0; z < 14; z++) voxels.AsSpan(z * 40 * 36, 40 * 36).CopyTo(volume.Slice(z));
        ContrastImage image = ContrastImage.Make(volume, new Point3(150, 240, 230), new AlignmentLevel(200, 250, 800), default, new Size3(9, 17, 18), new Job(threads));
        for (int i = 0; i < expected.Length; i++) Assert.Equal(expected[i], image.Values[i], 2e-4);
    }

    [Fact]
    public void Inverse_contrast_is_large_where_there_is_little()
    {
        var random = new Random(6);
        using var noise = new Volume<float>(new Grid(new Size3(8, 60, 10), new Point3(100, 100, 100)));
        for (int z = 0; z < 8; z++)
            for (int i = 0; i < 600; i++) noise.Slice(z)[i] = i < 300 ? (float)Registration.Clouds.Normal(random) : 0;
        ContrastImage image = ContrastImage.Make(noise, default, new AlignmentLevel(100, 100, 900), default, new Size3(8, 60, 10), new Job(1));
        float[] inverse = image.InverseContrast(300, 0.1, new Job(2));
        double mean = image.Values.Average(v => (double)v * v);
        Assert.Equal(1 / Math.Sqrt(2.1 * mean), inverse[4 * 600 + 100], 0.15 / Math.Sqrt(mean));
        Assert.Equal(1 / Math.Sqrt(0.1 * mean), inverse[4 * 600 + 595], 0.4 / Math.Sqrt(mean));
    }

    [Theory]
    [InlineData(1, 1, 1, 5.0)]
    [InlineData(4, 9, 70, 40.0)]
    [InlineData(7, 20, 64, 65.0)]
    [InlineData(5, 11, 200, 300.0)]
    [InlineData(3, 6, 129, 2000.0)]
    [Trait("Category", "Kernel")]
    public void Blocks_hold_the_means_of_their_voxels(int nz, int ny, int nx, double target)
    {
        var grid = new Grid(new Size3(nz, ny, nx), new Point3(30, 20, 10), new Point3(5, 5, 5));
        using var mask = new BitVolume(grid);
        using var grey = new Volume<ushort>(grid);
        var random = new Random(nx);
        for (int z = 0; z < nz; z++)
            for (int y = 0; y < ny; y++)
                for (int x = 0; x < nx; x++)
                {
                    mask[z, y, x] = random.Next(3) == 0;
                    grey[z, y, x] = (ushort)random.Next(65536);
                }
        (int kz, int ky, int kx) = BinnedVolume.Factors(grid, target);
        using Volume<float> bits = BinnedVolume.Of(mask, target, new Job(2)), means = BinnedVolume.Of(grey, target, new Job(2));
        Assert.Equal(new Size3(nz / kz, ny / ky, nx / kx), bits.Grid.Size);
        // The first block's centre, counted from voxel 0.
        Assert.Equal((nx % kx / 2 + (kx - 1) / 2.0) * 10, bits.Grid.Origin.X, 1e-9);
        for (int z = 0; z < nz / kz; z++)
            for (int y = 0; y < ny / ky; y++)
                for (int x = 0; x < nx / kx; x++)
                {
                    double set = 0, sum = 0;
                    for (int i = 0; i < kz * ky * kx; i++)
                    {
                        (int vz, int vy, int vx) = (nz % kz / 2 + z * kz + i / (ky * kx), ny % ky / 2 + y * ky + i / kx % ky, nx % kx / 2 + x * kx + i % kx);
                        set += mask[vz, vy, vx] ? 1 : 0;
                        sum += grey[vz, vy, vx];
                    }
                    Assert.Equal(set / (kz * ky * kx), bits[z, y, x], 1e-6);
                    Assert.Equal(sum / (kz * ky * kx), means[z, y, x], 0.02);
                }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void The_ascent_comes_back_to_where_the_points_were_taken(bool mirrored)
    {
        var random = new Random(5);
        var size = new Size3(24, 40, 36);
        using var noise = new Volume<float>(new Grid(size, new Point3(100, 100, 100)));
        for (int z = 0; z < size.Z; z++)
            foreach (ref float v in noise.Slice(z)) v = (float)Registration.Clouds.Normal(random);
        ContrastImage image = ContrastImage.Make(noise, new Point3(300, 300, 300), new AlignmentLevel(100, 300, 800), default, size, new Job(2));
        Matrix3 a = 1.04 * RotationSet.FromVector(new Point3(0.5, 0.2, -0.3));
        if (mirrored) a = -1 * a;
        var t = new Point3(1150, 1950, 1750);
        WeightedPoints points = Sampled(image, a, t, random);
        var ascent = new CorrelationAscent(image, points, 0);
        TemplatePose start = new(RotationSet.FromVector(new Point3(-0.05, 0.05, 0.04)) * a, t + new Point3(100, -120, 60), 0, 0);

        TemplatePose free = ascent.Climb(start with { A = 0.97 * start.A }, 0.9, 1.2, 0.3);
        Assert.True(free.Correlation > 0.999);
        Assert.Equal(1.04, free.Scale, 0.005);
        Assert.True((free.T - t).Length < 8);
        Assert.True(RotationSet.AngleDegrees(free.A, a) < 0.4);

        TemplatePose rigid = ascent.Climb(start, 1, 1, 0.3);
        Assert.Equal(1.04, rigid.Scale, 1e-9);
        Assert.True(rigid.Correlation > 0.999);
        Assert.True((rigid.T - t).Length < 8);

        Assert.Equal(0.99, ascent.Climb(start with { A = 0.97 * start.A }, 0.9, 1.01 * 0.99 / 1.01, 0.3).Scale, 1e-6);
        Assert.Equal(-1, ascent.Climb(start with { T = new Point3(-5000, 0, 0) }, 1, 1, 0.3).Correlation);
    }

    [Fact]
    public void An_object_that_does_not_shine_takes_nothing_off_what_the_others_explain()
    {
        var random = new Random(6);
        var size = new Size3(24, 40, 36);
        Matrix3 a = RotationSet.FromVector(new Point3(0.5, 0.2, -0.3)), back = a.Inverse();
        var t = new Point3(1150, 1950, 1750);
        using var noise = new Volume<float>(new Grid(size, new Point3(100, 100, 100)));
        for (int z = 0; z < size.Z; z++)
            for (int y = 0; y < size.Y; y++)
                for (int x = 0; x < size.X; x++)
                    noise[z, y, x] = IsDark(back * (100 * new Point3(z, y, x) - t)) ? 0 : (float)Registration.Clouds.Normal(random);
        ContrastImage image = ContrastImage.Make(noise, new Point3(300, 300, 300), new AlignmentLevel(100, 300, 800), default, size, new Job(2));
        WeightedPoints points = Sampled(image, a, t, random);
        for (int i = 0; i < points.Count; i++)
        {
            points.Zone[i] = IsDark(new Point3(points.Z[i], points.Y[i], points.X[i])) ? 1 : points.X[i] < 333 ? 2 : 3;
            if (points.Zone[i] == 1) points.Weight[i] = MathF.Sin(points.Z[i] / 90 + points.Y[i] / 110);
        }
        TemplatePose start = new(RotationSet.FromVector(new Point3(-0.02, 0.02, 0.015)) * a, t + new Point3(60, -70, 40), 0, 0);
        TemplatePose common = new CorrelationAscent(image, points, 0).Climb(start, 1, 1, 0.3), own = new CorrelationAscent(image, points, 2).Climb(start, 1, 1, 0.3);
        Assert.InRange(common.Correlation, 0.7, 0.82);
        Assert.InRange(own.Correlation, 0.9, 0.97);
        Assert.InRange((own.T - t).Length, 0, 100);
        Assert.Equal(-1, new CorrelationAscent(image, points, 2).Climb(start with { T = new Point3(-5000, 0, 0) }, 1, 1, 0.3).Correlation);

        static bool IsDark(Point3 inTemplate) => inTemplate.X < -333;
    }

    /// <summary>Points on a grid about (0, 0, 0) that weigh what the image is where the pose puts them.</summary>
    private static WeightedPoints Sampled(ContrastImage image, Matrix3 a, Point3 t, Random random)
    {
        const int n = 1500;
        var points = new WeightedPoints(new float[n], new float[n], new float[n], new float[n], new int[n]);
        for (int i = 0; i < n; i++)
        {
            (points.Z[i], points.Y[i], points.X[i]) = (random.Next(-600, 601), random.Next(-1000, 1001), random.Next(-1000, 1001));
            Point3 p = 1 / image.SpacingNm * (a * new Point3(points.Z[i], points.Y[i], points.X[i]) + t);
            (int z, int y, int x) = ((int)p.Z, (int)p.Y, (int)p.X);
            double sum = 0;
            for (int d = 0; d < 8; d++)
            {
                (int jz, int jy, int jx) = (z + (d >> 2), y + (d >> 1 & 1), x + (d & 1));
                sum += (1 - Math.Abs(p.Z - jz)) * (1 - Math.Abs(p.Y - jy)) * (1 - Math.Abs(p.X - jx)) * image.Values[(jz * image.Size.Y + jy) * image.Size.X + jx];
            }
            points.Weight[i] = (float)sum;
        }
        return points;
    }

    private static double[][] Rows(string name) =>
        [.. File.ReadLines(Path.Combine(AppContext.BaseDirectory, "golden", "alignment", name))
            .Select(l => l.Split(',').Select(s => double.Parse(s, CultureInfo.InvariantCulture)).ToArray())];
}

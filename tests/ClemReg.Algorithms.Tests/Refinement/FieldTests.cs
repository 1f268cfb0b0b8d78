using ClemReg.Algorithms.Refinement;
using ClemReg.Algorithms.Transforms;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Tests.Refinement;

/// <summary>The fields that a refinement evaluates, against differences and moments.</summary>
[Trait("Category", "Kernel")]
public sealed class FieldTests
{
    private static Volume<float> Noise(Size3 size, Point3 spacing, int seed)
    {
        var random = new Random(seed);
        var volume = new Volume<float>(new Grid(size, spacing, new Point3(-70, 33, 12)));
        for (int z = 0; z < size.Z; z++)
            foreach (ref float v in volume.Slice(z)) v = (float)random.NextDouble();
        return volume;
    }

    [Fact]
    public void A_splines_derivatives_are_those_of_its_values()
    {
        using var field = new CubicSplineField(Noise(new Size3(7, 9, 12), new Point3(50, 20, 30), 1));
        var random = new Random(2);
        for (int i = 0; i < 50; i++)
        {
            var q = new Point3(-70 + 50 * (1 + 4 * random.NextDouble()), 33 + 20 * (1 + 6 * random.NextDouble()), 12 + 30 * (1 + 9 * random.NextDouble()));
            LocalShape shape = field.Shape(q);
            Assert.Equal(field.Value(q), shape.Value, 1e-5f);
            foreach (Point3 axis in new[] { new Point3(1, 0, 0), new Point3(0, 1, 0), new Point3(0, 0, 1), new Point3(0.6, 0.8, 0), new Point3(0.48, 0.6, -0.64) })
            {
                const double h = 0.5;
                LocalShape up = field.Shape(q + h * axis), down = field.Shape(q - h * axis);
                Assert.Equal((up.Value - down.Value) / (2 * h), Point3.Dot(shape.Gradient, axis), 1e-5);
                Assert.Equal((Point3.Dot(up.Gradient, axis) - Point3.Dot(down.Gradient, axis)) / (2 * h), shape.Along(axis), 2e-4);
            }
        }
    }

    [Fact]
    public void A_field_is_taken_off_a_finer_volume_at_its_voxels_also_beyond_the_field()
    {
        using var field = new CubicSplineField(Noise(new Size3(7, 9, 12), new Point3(50, 20, 30), 1));
        using var fine = new Volume<float>(new Grid(new Size3(17, 21, 33), new Point3(22, 9, 13), new Point3(-90, 20, -30)));
        for (int z = 0; z < 17; z++) fine.Slice(z).Fill(2);
        field.TakeFrom(fine, new Job(2));
        for (int z = 0; z < 17; z++)
            for (int y = 0; y < 21; y++)
                for (int x = 0; x < 33; x++) Assert.Equal(2 - field.Value(fine.Grid.ToPhysical(z, y, x)), fine.Row(z, y)[x], 1e-5f);
    }

    [Fact]
    public void A_spline_of_any_size_is_defined_everywhere_and_keeps_a_constant()
    {
        for (int z = 1; z <= 5; z++)
            for (int y = 1; y <= 5; y++)
                for (int x = 1; x <= 5; x++)
                {
                    var volume = new Volume<float>(new Grid(new Size3(z, y, x), new Point3(50, 20, 30), new Point3(-70, 33, 12)));
                    for (int i = 0; i < z; i++) volume.Slice(i).Fill(3);
                    using var field = new CubicSplineField(volume);
                    foreach (double at in new[] { -1000.0, -70, 20, 90, 1000 })
                    {
                        LocalShape shape = field.Shape(new Point3(at, at, at));
                        Assert.Equal(3f, shape.Value, 1e-5f);
                        Assert.Equal(3f, field.Value(new Point3(at, at, at)), 1e-5f);
                        Assert.InRange(shape.Gradient.Length, 0, 1e-6);
                    }
                    using var fine = new Volume<float>(new Grid(new Size3(2, 3, 4), new Point3(90, 25, 40), new Point3(-90, 20, -30)));
                    field.TakeFrom(fine, new Job(1));
                    foreach (float v in fine.Slice(1)) Assert.Equal(-3f, v, 1e-5f);
                }
    }

    [Fact]
    public void A_narrow_spline_is_that_of_its_outermost_coefficients_repeated()
    {
        Volume<float> narrow = Noise(new Size3(2, 6, 7), new Point3(50, 20, 30), 4);
        var wide = new Volume<float>(new Grid(new Size3(8, 6, 7), narrow.Grid.Spacing, narrow.Grid.ToPhysical(-3, 0, 0)));
        for (int z = 0; z < 8; z++) narrow.Slice(Math.Clamp(z - 3, 0, 1)).CopyTo(wide.Slice(z));
        using var expected = new CubicSplineField(wide);
        using var field = new CubicSplineField(narrow);
        for (double z = -0.9; z < 1.9; z += 0.3)
        {
            Point3 q = expected.Grid.ToPhysical(3 + z, 2.3, 3.1);
            Assert.Equal(expected.Value(q), field.Value(q), 1e-5f);
        }
    }

    [Theory]
    [InlineData(1, 0, 0)]
    [InlineData(0.9, 0.3, -0.2)]
    [InlineData(0.1, 0.2, 0.97)]
    [InlineData(-0.2, 0.9, 0.4)]
    public void A_directional_blur_has_the_moments_of_its_gaussian(double z, double y, double x)
    {
        var spacing = new Point3(50, 40, 40);
        Point3 u = 1 / new Point3(z, y, x).Length * new Point3(z, y, x);
        const double sigma = 150;
        var blur = new DirectionalBlur(spacing, u, sigma);
        using var point = new Volume<float>(new Grid(new Size3(41, 51, 121), spacing));
        point[20, 25, 60] = 1;
        using Volume<float> blurred = blur.Apply(point, new Job(2));
        double sum = 0;
        var mean = default(Point3);
        var second = new double[3, 3];
        for (int a = 0; a < 41; a++)
            for (int b = 0; b < 51; b++)
                for (int c = 0; c < 121; c++)
                {
                    double v = blurred[a, b, c];
                    var d = new Point3((a - 20) * 50, (b - 25) * 40, (c - 60) * 40);
                    sum += v;
                    mean += v * d;
                    for (int i = 0; i < 3; i++)
                        for (int j = 0; j < 3; j++) second[i, j] += v * d[i] * d[j];
                }
        Assert.Equal(1, sum, 4);
        Assert.InRange(mean.Length, 0, 0.5);
        for (int i = 0; i < 3; i++)
            for (int j = 0; j < 3; j++)
            {
                double expected = sigma * sigma * u[i] * u[j] + (i == j ? blur.InterpolationVariance[i] : 0);
                Assert.InRange(second[i, j], expected - 0.04 * sigma * sigma, expected + 0.02 * sigma * sigma);
            }
    }

    [Fact]
    public void A_directional_blur_skips_only_zeros()
    {
        var random = new Random(3);
        using var sparse = new Volume<float>(new Grid(new Size3(9, 11, 200), new Point3(40, 40, 40)));
        for (int i = 0; i < 30; i++) sparse[random.Next(9), random.Next(11), 20 + random.Next(160)] = 1;
        var blur = new DirectionalBlur(sparse.Grid.Spacing, new Point3(0.8, 0.3, 0.5), 90);
        using Volume<float> blurred = blur.Apply(sparse, new Job(2));
        using Volume<float> dense = blur.Apply(sparse, new Job(1));
        for (int z = 0; z < 9; z++)
            Assert.True(blurred.Slice(z).SequenceEqual(dense.Slice(z)));
        using var one = new Volume<float>(sparse.Grid);
        var sum = new double[9, 11, 200];
        for (int z = 0; z < 9; z++)
            for (int y = 0; y < 11; y++)
                for (int x = 0; x < 200; x++)
                {
                    if (sparse[z, y, x] == 0) continue;
                    one[z, y, x] = 1;
                    using Volume<float> part = blur.Apply(one, new Job(1));
                    one[z, y, x] = 0;
                    for (int a = 0; a < 9; a++)
                        for (int b = 0; b < 11; b++)
                            for (int c = 0; c < 200; c++) sum[a, b, c] += part[a, b, c];
                }
        for (int a = 0; a < 9; a++)
            for (int b = 0; b < 11; b++)
                for (int c = 0; c < 200; c++) Assert.Equal(sum[a, b, c], blurred[a, b, c], 5);
    }

    /// <summary>Boxes of 9 voxels in z and 2 <paramref name="reach"/> + 1 in y and x, at random places within.</summary>
    private static BitVolume Scattered(Size3 size, double voxel, int count, int reach, Random random)
    {
        var mask = new BitVolume(new Grid(size, new Point3(voxel, voxel, voxel)));
        for (int i = 0; i < count; i++)
        {
            (int cz, int cy, int cx) = (random.Next(5, size.Z - 5), random.Next(10, size.Y - 10), random.Next(10, size.X - 10));
            for (int z = -4; z <= 4; z++)
                for (int y = -reach; y <= reach; y++)
                    for (int x = -reach; x <= reach; x++) mask[cz + z, cy + y, cx + x] = true;
        }
        return mask;
    }

    [Fact]
    public void The_models_change_with_the_blur_is_that_of_its_values()
    {
        var random = new Random(4);
        using BitVolume mask = Scattered(new Size3(40, 90, 110), 20, 25, 8, random);
        var tilted = AffineTransform.Similarity(1.05, [0.96, -0.28, 0, 0.28, 0.96, 0, 0, 0, 1], default);
        var psf = new PointSpreadFunction(80, 240);
        MicroscopeModel Model(double lateral, double axial) => new(mask, tilted, new PointSpreadFunction(lateral, axial), 420, null, new Job(1));
        using MicroscopeModel model = Model(80, 240), wider = Model(84, 240), narrower = Model(76, 240), longer = Model(80, 250), shorter = Model(80, 230);
        double largest = 0, lateral = 0, axial = 0;
        int n = 0;
        for (int i = 0; i < 300; i++)
        {
            var q = new Point3(800 * random.NextDouble(), 1800 * random.NextDouble(), 2200 * random.NextDouble());
            ModelValue m = model.Evaluate(q, q, default);
            Assert.Equal(model.Value(q), m.Value, 1e-4f);
            largest = Math.Max(largest, Math.Max(Math.Abs(m.ByLateral), Math.Abs(m.ByAxial)));
            lateral += Math.Abs((wider.Value(q) - narrower.Value(q)) / 8 - m.ByLateral);
            axial += Math.Abs((longer.Value(q) - shorter.Value(q)) / 20 - m.ByAxial);
            n++;
        }
        // Bins of a sigma's size make neither the values nor the differences exact.
        Assert.True(lateral / n < 0.1 * largest && axial / n < 0.03 * largest, $"{lateral / n} {axial / n} of {largest}");
    }

    [Theory]
    [InlineData(0)]
    [InlineData(2e-4)]
    [InlineData(-2e-4)]
    public void Surroundings_end_where_the_fluorescence_ends_and_have_its_loss_of_light(double perNm)
    {
        var loss = new LightLoss(1200, perNm);
        using BitVolume mask = Scattered(new Size3(60, 90, 90), 40, 40, 7, new Random(11));
        var psf = new PointSpreadFunction(100, 250);
        using var model = new MicroscopeModel(mask, AffineTransform.Identity, psf, 420, null, new Job(2));
        using var seen = new CubicSplineField(MicroscopeModel.Blurred(mask, new Point3(1, 0, 0), psf, null, new Job(2)));
        // The stack shows the middle: its ends cut through the objects.
        using var image = new Volume<float>(new Grid(new Size3(12, 40, 40), new Point3(100, 60, 60), new Point3(600, 600, 600)));
        for (int z = 0; z < 12; z++)
            for (int y = 0; y < 40; y++)
                for (int x = 0; x < 40; x++) image[z, y, x] = (float)loss.At(600 + 100 * z) * seen.Value(image.Grid.ToPhysical(z, y, x));
        using var level = new FluorescenceLevel(image, 0, 420, new Job(2));

        double Off()
        {
            double square = 0;
            for (int y = 0; y < 40; y++)
                for (int x = 0; x < 40; x++)
                {
                    Point3 p = image.Grid.ToPhysical(0, y, x);
                    double d = level.At(0, y, x) - loss.At(p.Z) * model.Evaluate(p, p, loss).Value;
                    square += d * d;
                }
            return Math.Sqrt(square / 1600);
        }
        double before = Off();
        model.EndWith(level, p => p, loss, new Job(2));
        double after = Off();
        Assert.True(before > 0.04 && after < before / 4, $"{before} {after}");

        // A loss that changed since is allowed for, and the derivative by it is that of the values.
        const double step = 2e-5;
        LightLoss more = loss with { PerNm = perNm + step }, less = loss with { PerNm = perNm - step };
        using var other = new MicroscopeModel(mask, AffineTransform.Identity, psf, 420, null, new Job(2));
        other.EndWith(level, p => p, more, new Job(2));
        double largest = 0;
        for (int i = 0; i < 400; i++)
        {
            Point3 p = image.Grid.ToPhysical(i % 12, i % 40, i * 7 % 40);
            ModelValue m = model.Evaluate(p, p, loss);
            double above = more.At(p.Z) * model.Evaluate(p, p, more).Value, below = less.At(p.Z) * model.Evaluate(p, p, less).Value;
            Assert.Equal(above, more.At(p.Z) * other.Evaluate(p, p, more).Value, 1e-4);
            Assert.InRange((above - below) / (2 * step) - m.ByLoss, -1, 1);
            largest = Math.Max(largest, Math.Abs(m.ByLoss));
        }
        Assert.True(largest > 50, $"{largest}");
    }

    [Fact]
    public void A_painted_model_is_the_sum_of_its_objects_each_with_its_brightness()
    {
        var grid = new Grid(new Size3(60, 60, 60), new Point3(20, 20, 20));
        using BitVolume both = new(grid), upper = new(grid), lower = new(grid);
        for (int y = 20; y < 40; y++)
            for (int x = 20; x < 40; x++)
                for (int z = 0; z < 12; z++) both[8 + z, y, x] = upper[8 + z, y, x] = both[40 + z, y, x] = lower[40 + z, y, x] = true;
        var job = new Job(2);
        var zones = new ObjectZones(both, job);
        var brightness = new double[zones.Count + 1];
        brightness[zones.At(new Point3(280, 600, 600))] = 1.5;
        brightness[zones.At(new Point3(920, 600, 600))] = 0.2;
        // So wide along z that each reaches the other.
        var psf = new PointSpreadFunction(80, 350);
        MicroscopeModel Model(BitVolume mask, ZonePaint? paint) => new(mask, AffineTransform.Identity, psf, 420, paint, job);
        using MicroscopeModel painted = Model(both, new ZonePaint(zones, brightness)), plain = Model(both, null), above = Model(upper, null), below = Model(lower, null);
        double largest = 0;
        for (int z = 0; z < 1200; z += 50)
        {
            var q = new Point3(z, 610, 590);
            Assert.Equal(1.5 * above.Value(q) + 0.2 * below.Value(q), painted.Value(q), 1e-4);
            largest = Math.Max(largest, Math.Abs(painted.Value(q) - plain.Value(q)));
        }
        Assert.True(largest > 0.1, $"{largest}");
    }

    [Theory]
    [InlineData(20, 1)]
    [InlineData(10, 2)]
    public void Neighbours_that_do_not_touch_are_two_objects_and_specks_are_none(double spacing, int scale)
    {
        using var mask = new BitVolume(new Grid(new Size3(30 * scale, 30 * scale, 60 * scale), new Point3(spacing, spacing, spacing)));
        // Cubes of 200 nm with a gap of 40 nm, and a speck of 40 nm.
        foreach ((int x, int size) in ((int, int)[])[(10, 10), (22, 10), (50, 2)])
            for (int z = 0; z < size * scale; z++)
                for (int y = 0; y < size * scale; y++)
                    for (int i = 0; i < size * scale; i++) mask[10 * scale + z, 10 * scale + y, x * scale + i] = true;
        var zones = new ObjectZones(mask, new Job(2));
        Assert.Equal(2, zones.Objects);
        Assert.Equal(2, zones.Count);
        int first = zones.At(new Point3(300, 300, 300)), second = zones.At(new Point3(300, 300, 540));
        Assert.NotEqual(first, second);
        Assert.Equal(second, zones.At(new Point3(220, 220, 1020)));
    }

    [Theory]
    [InlineData(60, 400)]
    [InlineData(110, 300)]
    public void The_model_has_all_the_light_that_is_blurred_out_of_the_EM(double lateral, double axial)
    {
        using var mask = new BitVolume(new Grid(new Size3(20, 60, 60), new Point3(20, 20, 20)));
        for (int z = 0; z < 20; z++)
            for (int y = 20; y < 40; y++)
                for (int x = 20; x < 40; x++) mask[z, y, x] = true;
        using var model = new CubicSplineField(MicroscopeModel.Blurred(mask, new Point3(1, 0, 0), new PointSpreadFunction(lateral, axial), null, new Job(2)));
        double At(double z) => model.Value(new Point3(z, 590, 590));
        double Gaussians(double z) => Enumerable.Range(0, 400).Sum(i => Math.Exp(-0.5 * Math.Pow((z - (i - 9.5)) / axial, 2)));
        double middle = 190;
        for (double d = 0; d <= 2.5 * axial; d += 100)
            foreach (double z in (double[])[middle - d, middle + d]) Assert.Equal(Gaussians(z) / Gaussians(middle), At(z) / At(middle), 0.01);
    }

    [Fact]
    public void The_nearest_number_is_that_of_a_plain_search()
    {
        var grid = new Grid(new Size3(6, 9, 13), new Point3(80, 30, 50));
        var random = new Random(5);
        var cells = new int[grid.Size.Count];
        for (int i = 1; i <= 14; i++) cells[random.Next(cells.Length)] = i;
        int[] given = [.. cells];
        NearestCell.Spread(cells, grid, new Job(2));
        Point3 Place(int i) => grid.ToPhysical(i / 117, i / 13 % 9, i % 13);
        for (int i = 0; i < cells.Length; i++)
        {
            double nearest = Enumerable.Range(0, given.Length).Where(j => given[j] > 0).Min(j => (Place(j) - Place(i)).Length);
            Assert.Contains(Enumerable.Range(0, given.Length), j => given[j] == cells[i] && Math.Abs((Place(j) - Place(i)).Length - nearest) < 1e-6);
        }
        var none = new int[grid.Size.Count];
        NearestCell.Spread(none, grid, new Job(1));
        Assert.All(none, v => Assert.Equal(0, v));
    }

    [Theory]
    [InlineData(LinearKind.Rigid)]
    [InlineData(LinearKind.Similarity)]
    [InlineData(LinearKind.Affine)]
    public void A_steps_moves_are_its_derivatives(LinearKind kind)
    {
        var centre = new Point3(500, 4000, 7000);
        int n = IntensityRefinement.LinearParameters(kind) + 3;
        Span<Point3> moves = stackalloc Point3[12];
        var q = new Point3(900, 9000, 2000);
        IntensityRefinement.Moves(1 / IntensityRefinement.LeverNm * (q - centre), kind, moves);
        for (int k = 0; k < n; k++)
        {
            var d = new double[n];
            d[k] = 0.01;
            Point3 up = IntensityRefinement.Step(d, kind, centre).Apply(q);
            d[k] = -0.01;
            Point3 difference = 50 * (up - IntensityRefinement.Step(d, kind, centre).Apply(q));
            Assert.InRange((difference - moves[k]).Length, 0, 1e-5);
        }
    }
}

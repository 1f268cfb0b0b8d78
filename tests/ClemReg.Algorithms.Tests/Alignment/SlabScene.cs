using ClemReg.Algorithms.Alignment;
using ClemReg.Algorithms.Filters;
using ClemReg.Algorithms.Transforms;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Tests.Alignment;

/// <summary>Long ellipsoids scattered in an EM slab of 2 x 9 x 8 um, and fluorescence of them through a known similarity.</summary>
internal sealed class SlabScene
{
    private readonly List<(Point3 Centre, Matrix3 Turn, Point3 Radii)> _objects = [];

    public SlabScene(int seed, int count = 45)
    {
        var random = new Random(seed);
        for (int i = 0; i < count; i++)
        {
            var centre = new Point3(random.NextDouble() * Extent.Z, random.NextDouble() * Extent.Y, random.NextDouble() * Extent.X);
            Matrix3 turn = RotationSet.FromVector(Registration.Clouds.NormalPoint(random, 1.5));
            _objects.Add((centre, turn, new Point3(180 + 120 * random.NextDouble(), 200 + 150 * random.NextDouble(), 500 + 700 * random.NextDouble())));
        }
    }

    public static Point3 Extent { get; } = new(2000, 9000, 8000);

    /// <summary>The EM mask, on any grid whose origin is the slab's corner.</summary>
    public BitVolume Mask(Point3 spacing, Point3 origin = default, bool reversed = false)
    {
        var size = new Size3((int)(Extent.Z / spacing.Z) + 1, (int)(Extent.Y / spacing.Y) + 1, (int)(Extent.X / spacing.X) + 1);
        var mask = new BitVolume(new Grid(size, spacing, origin));
        for (int z = 0; z < size.Z; z++)
            for (int y = 0; y < size.Y; y++)
                for (int x = 0; x < size.X; x++)
                    if (IsInside(new Point3(z * spacing.Z, y * spacing.Y, x * spacing.X))) mask[reversed ? size.Z - 1 - z : z, y, x] = true;
        return mask;
    }

    /// <summary>
    /// Fluorescence whose field just holds the slab, with margins, seen through the inverse of q = s R (p - p0) + slab's centre; and that map,
    /// from the fluorescence's positions to those of an EM mask with its origin at <paramref name="emOrigin"/>.
    /// </summary>
    public (Volume<ushort> Image, AffineTransform Truth) Fluorescence(Matrix3 rotation, double scale, Point3 origin = default, Point3 emOrigin = default, int seed = 1)
    {
        var spacing = new Point3(160, 90, 90);
        Matrix3 back = 1 / scale * rotation.Transpose();
        Point3 half = 0.5 * Extent, reach = default;
        for (int corner = 0; corner < 8; corner++)
        {
            Point3 p = back * new Point3((corner & 1) == 0 ? half.Z : -half.Z, (corner & 2) == 0 ? half.Y : -half.Y, (corner & 4) == 0 ? half.X : -half.X);
            reach = new Point3(Math.Max(reach.Z, p.Z), Math.Max(reach.Y, p.Y), Math.Max(reach.X, p.X));
        }
        var low = new Point3(reach.Z + 300, reach.Y + 1500, reach.X + 700);
        var size = new Size3((int)((low.Z + reach.Z + 300) / spacing.Z) + 1, (int)((low.Y + reach.Y + 500) / spacing.Y) + 1, (int)((low.X + reach.X + 900) / spacing.X) + 1);
        using var sharp = new Volume<float>(new Grid(size, spacing));
        for (int z = 0; z < size.Z; z++)
            for (int y = 0; y < size.Y; y++)
                for (int x = 0; x < size.X; x++)
                {
                    Point3 q = scale * (rotation * (new Point3(z * spacing.Z, y * spacing.Y, x * spacing.X) - low)) + half;
                    sharp[z, y, x] = IsInside(q) ? 1 : 0;
                }
        using Volume<float> blurred = GaussianFilter.Apply(sharp, new Point3(250 / spacing.Z, 80 / spacing.Y, 80 / spacing.X), new Job(2));
        var image = new Volume<ushort>(new Grid(size, spacing, origin));
        var random = new Random(seed);
        for (int z = 0; z < size.Z; z++)
            for (int y = 0; y < size.Y; y++)
                for (int x = 0; x < size.X; x++)
                {
                    double photons = 20 + 200 * blurred[z, y, x];
                    image[z, y, x] = (ushort)Math.Max(0, 100 + 10 * (photons + Math.Sqrt(photons) * Registration.Clouds.Normal(random)));
                }
        Matrix3 a = scale * rotation;
        Point3 t = half + emOrigin - a * (low + origin);
        return (image, new AffineTransform([a.ZZ, a.ZY, a.ZX, t.Z, a.YZ, a.YY, a.YX, t.Y, a.XZ, a.XY, a.XX, t.X]));
    }

    /// <summary>A part of an image in y and x, with the origin that belongs to it.</summary>
    public static Volume<ushort> Part(Volume<ushort> image, int y, int x, int height, int width)
    {
        Grid grid = image.Grid;
        var part = new Volume<ushort>(new Grid(new Size3(grid.Size.Z, height, width), grid.Spacing, grid.ToPhysical(0, y, x)));
        for (int z = 0; z < grid.Size.Z; z++)
            for (int row = 0; row < height; row++) image.Row(z, y + row).Slice(x, width).CopyTo(part.Row(z, row));
        return part;
    }

    /// <summary>The mean distance over the slab, nm, between where two maps put what <paramref name="truth"/> puts there.</summary>
    public static double ErrorNm(AffineTransform found, AffineTransform truth, Point3 emOrigin = default)
    {
        AffineTransform back = truth.Inverse();
        double sum = 0;
        for (int i = 0; i < 27; i++)
        {
            Point3 q = emOrigin + new Point3(i / 9 * 0.5 * Extent.Z, i / 3 % 3 * 0.5 * Extent.Y, i % 3 * 0.5 * Extent.X);
            sum += (found.Apply(back.Apply(q)) - q).Length;
        }
        return sum / 27;
    }

    private bool IsInside(Point3 q)
    {
        if (q.Z < 0 || q.Y < 0 || q.X < 0 || q.Z > Extent.Z || q.Y > Extent.Y || q.X > Extent.X) return false;
        foreach ((Point3 centre, Matrix3 turn, Point3 radii) in _objects)
        {
            Point3 d = q - centre;
            if (d.Length > 1300) continue;
            d = turn * d;
            if (d.Z * d.Z / (radii.Z * radii.Z) + d.Y * d.Y / (radii.Y * radii.Y) + d.X * d.X / (radii.X * radii.X) <= 1) return true;
        }
        return false;
    }
}

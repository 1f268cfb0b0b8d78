using ClemReg.Algorithms.Filters;
using ClemReg.Algorithms.Refinement;
using ClemReg.Algorithms.Transforms;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Tests.Refinement;

/// <summary>Ellipsoids in an EM mask, and their fluorescence rendered by plain filters: a fine Gaussian blur of the mask, seen through the inverse of a known map.</summary>
internal sealed class RefinementCase : IDisposable
{
    private const double Voxel = 20;

    /// <summary>Renders.</summary>
    /// <param name="seed">Of shapes and noise.</param>
    /// <param name="truth">Fluorescence to EM before the bend; a turn about z, so that the blur's axes stay along the EM's.</param>
    /// <param name="psf">The microscope's blur.</param>
    /// <param name="bend">A displacement in the EM's frame, or null.</param>
    /// <param name="size">Voxels of 20 nm.</param>
    /// <param name="lossPerNm">The light falls by this part per nm of the fluorescence's z.</param>
    public RefinementCase(int seed, AffineTransform truth, PointSpreadFunction psf, Func<Point3, Point3>? bend = null, Size3? size = null, double lossPerNm = 0)
    {
        Size3 n = size ?? new Size3(60, 300, 300);
        var random = new Random(seed);
        Mask = new BitVolume(new Grid(n, new Point3(Voxel, Voxel, Voxel)));
        var fine = new Grid(new Size3(n.Z + 80, n.Y + 40, n.X + 40), Mask.Grid.Spacing, new Point3(-40 * Voxel, -20 * Voxel, -20 * Voxel));
        using var bright = new Volume<float>(fine);
        int objects = n.Y * n.X / 2000;
        for (int i = 0; i < objects; i++)
        {
            double cz = random.NextDouble() * n.Z, cy = random.NextDouble() * n.Y, cx = random.NextDouble() * n.X, angle = Math.PI * random.NextDouble();
            double rz = 8 + 6 * random.NextDouble(), rl = 12 + 16 * random.NextDouble(), rs = 7 + 5 * random.NextDouble();
            double light = i % 6 == 0 ? 0 : 0.6 + 0.8 * random.NextDouble();
            for (int z = Math.Max(0, (int)(cz - rz)); z < Math.Min(n.Z, cz + rz); z++)
                for (int y = Math.Max(0, (int)(cy - rl)); y < Math.Min(n.Y, cy + rl); y++)
                    for (int x = Math.Max(0, (int)(cx - rl)); x < Math.Min(n.X, cx + rl); x++)
                    {
                        double dy = y - cy, dx = x - cx, u = Math.Cos(angle) * dy + Math.Sin(angle) * dx, v = Math.Cos(angle) * dx - Math.Sin(angle) * dy;
                        if ((z - cz) * (z - cz) / (rz * rz) + u * u / (rl * rl) + v * v / (rs * rs) > 1) continue;
                        Mask[z, y, x] = true;
                        bright[z + 40, y + 20, x + 20] = (float)light;
                    }
        }
        double scale = Math.Cbrt(truth.Determinant);
        using Volume<float> blurred = GaussianFilter.Apply(bright,
            new Point3(scale * psf.AxialNm / Voxel, scale * psf.LateralNm / Voxel, scale * psf.LateralNm / Voxel), new Job(2));
        var spacing = new Point3(130, 40, 40);
        AffineTransform back = truth.Inverse();
        Point3 low = new(double.MaxValue, double.MaxValue, double.MaxValue), high = new(double.MinValue, double.MinValue, double.MinValue);
        for (int corner = 0; corner < 8; corner++)
        {
            Point3 p = back.Apply(Mask.Grid.ToPhysical((corner & 4) * n.Z / 4, (corner & 2) * n.Y / 2, (corner & 1) * n.X));
            low = new Point3(Math.Min(low.Z, p.Z), Math.Min(low.Y, p.Y), Math.Min(low.X, p.X));
            high = new Point3(Math.Max(high.Z, p.Z), Math.Max(high.Y, p.Y), Math.Max(high.X, p.X));
        }
        int Count(double length, double step) => (int)(length / step) + 9;
        var grid = new Grid(new Size3(Count(high.Z - low.Z, 130), Count(high.Y - low.Y, 40), Count(high.X - low.X, 40)), spacing, low - 4 * spacing);
        Fluorescence = new Volume<ushort>(grid);
        Truth = truth;
        Bend = bend;
        for (int z = 0; z < grid.Size.Z; z++)
            for (int y = 0; y < grid.Size.Y; y++)
                for (int x = 0; x < grid.Size.X; x++)
                {
                    Point3 q = truth.Apply(grid.ToPhysical(z, y, x));
                    double light = 500 * Math.Exp(-lossPerNm * 130 * z) * Linear(blurred, bend is null ? q : q + bend(q)) + 50;
                    Fluorescence[z, y, x] = (ushort)Math.Max(0, Math.Round(100 + light + Math.Sqrt(light) * 2 * Gaussian(random)));
                }
    }

    public BitVolume Mask { get; }

    public Volume<ushort> Fluorescence { get; }

    public AffineTransform Truth { get; }

    public Func<Point3, Point3>? Bend { get; }

    /// <summary>A turn about z and a scale about the middle of the mask.</summary>
    public static AffineTransform Turned(double degrees, double scale, Point3 centre, Point3 shift)
    {
        double c = scale * Math.Cos(degrees * Math.PI / 180), s = scale * Math.Sin(degrees * Math.PI / 180);
        var m = new Matrix3(scale, 0, 0, 0, c, -s, 0, s, c);
        Point3 t = centre - m * centre + shift;
        return new AffineTransform([m.ZZ, 0, 0, t.Z, 0, m.YY, m.YX, t.Y, 0, m.XY, m.XX, t.X]);
    }

    /// <summary>The mean distance of registered places from the true ones, over the mask.</summary>
    public double Error(SpatialTransform found)
    {
        AffineTransform back = Truth.Inverse();
        double sum = 0;
        int count = 0;
        for (int z = 5; z < Mask.Grid.Size.Z; z += 10)
            for (int y = 5; y < Mask.Grid.Size.Y; y += 10)
                for (int x = 5; x < Mask.Grid.Size.X; x += 10)
                {
                    if (!Mask[z, y, x]) continue;
                    Point3 q = Mask.Grid.ToPhysical(z, y, x), before = q;
                    for (int i = 0; Bend is not null && i < 20; i++) before = q - Bend(before);
                    sum += (found.Apply(back.Apply(before)) - q).Length;
                    count++;
                }
        return sum / count;
    }

    public void Dispose()
    {
        Mask.Dispose();
        Fluorescence.Dispose();
    }

    private static double Gaussian(Random random) => Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());

    private static double Linear(Volume<float> volume, Point3 q)
    {
        Point3 u = volume.Grid.ToIndex(q);
        (int nz, int ny, int nx) = volume.Grid.Size;
        if (u.Z < 0 || u.Y < 0 || u.X < 0 || u.Z >= nz - 1 || u.Y >= ny - 1 || u.X >= nx - 1) return 0;
        (int z, int y, int x) = ((int)u.Z, (int)u.Y, (int)u.X);
        double fz = u.Z - z, fy = u.Y - y, fx = u.X - x, sum = 0;
        for (int k = 0; k < 8; k++)
            sum += ((k & 4) != 0 ? fz : 1 - fz) * ((k & 2) != 0 ? fy : 1 - fy) * ((k & 1) != 0 ? fx : 1 - fx) * volume[z + (k >> 2), y + (k >> 1 & 1), x + (k & 1)];
        return sum;
    }
}

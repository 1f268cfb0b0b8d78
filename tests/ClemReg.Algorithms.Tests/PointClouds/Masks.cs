using ClemReg.Algorithms.PointClouds;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Tests.PointClouds;

internal static class Masks
{
    /// <summary>Balls and boxes of random places and sizes, some of them over the border.</summary>
    public static BitVolume Objects(Grid grid, int seed, int count = 6)
    {
        var random = new Random(seed);
        var mask = new BitVolume(grid);
        Size3 size = grid.Size;
        for (int i = 0; i < count; i++)
        {
            double cz = random.NextDouble() * size.Z, cy = random.NextDouble() * size.Y, cx = random.NextDouble() * size.X;
            double rz = 1 + random.NextDouble() * size.Z / 3, ry = 1 + random.NextDouble() * size.Y / 5, rx = 1 + random.NextDouble() * size.X / 5;
            bool ball = random.Next(3) > 0;
            for (int z = 0; z < size.Z; z++)
                for (int y = 0; y < size.Y; y++)
                    for (int x = 0; x < size.X; x++)
                    {
                        double a = Math.Abs(z - cz) / rz, b = Math.Abs(y - cy) / ry, c = Math.Abs(x - cx) / rx;
                        if (ball ? a * a + b * b + c * c < 1 : Math.Max(a, Math.Max(b, c)) < 1) mask[z, y, x] = true;
                    }
        }
        return mask;
    }

    public static BitVolume Noise(Size3 size, int seed, double share)
    {
        var random = new Random(seed);
        var mask = new BitVolume(new Grid(size, new Point3(1, 1, 1)));
        for (int z = 0; z < size.Z; z++)
            for (int y = 0; y < size.Y; y++)
                for (int x = 0; x < size.X; x++)
                    mask[z, y, x] = random.NextDouble() < share;
        return mask;
    }

    public static Point3[] RandomPoints(int count, int seed, double scale)
    {
        var random = new Random(seed);
        var points = new Point3[count];
        for (int i = 0; i < count; i++)
            points[i] = new Point3(random.NextDouble() * scale, random.NextDouble() * scale, random.NextDouble() * scale);
        return points;
    }

    public static void AssertClose(PointCloud expected, PointCloud actual, double tolerance, bool anyOrder = false)
    {
        Assert.Equal(expected.Count, actual.Count);
        Point3[] a = expected.Points.ToArray(), b = actual.Points.ToArray();
        if (anyOrder)
        {
            // Rounded, so that the last digits do not decide the order.
            static (double, double, double) Key(Point3 p) => (Math.Round(p.Z, 6), Math.Round(p.Y, 6), Math.Round(p.X, 6));
            a = [.. a.OrderBy(Key)];
            b = [.. b.OrderBy(Key)];
        }
        for (int i = 0; i < a.Length; i++) Assert.True((a[i] - b[i]).Length <= tolerance, $"point {i}: {a[i]} and {b[i]}");
    }
}

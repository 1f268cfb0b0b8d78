using System.Globalization;
using ClemReg.Algorithms.PointClouds;
using ClemReg.Algorithms.Transforms;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Tests.Registration;

/// <summary>Point clouds and transforms for the tests.</summary>
internal static class Clouds
{
    /// <summary>The numbers of the rows of a golden table.</summary>
    public static TheoryData<int> Rows(int count) => [.. Enumerable.Range(0, count)];

    /// <summary>The golden tables' moving cloud.</summary>
    public static PointCloud Moving() => Read(Golden("cpd_moving.csv"), 1);

    /// <summary>The golden tables' fixed cloud.</summary>
    public static PointCloud Fixed() => Read(Golden("cpd_fixed.csv"), 1);

    /// <summary>The path of a golden file of the registration tests.</summary>
    public static string Golden(string name) => Path.Combine(AppContext.BaseDirectory, "golden", "registration", name);

    /// <summary>The numbers of a CSV file, row by row, without its <paramref name="headers"/> first lines.</summary>
    public static double[][] ReadNumbers(string path, int headers = 0) =>
    [
        .. File.ReadLines(path).Skip(headers).Where(l => l.Length > 0)
            .Select(l => l.Split([',', ' '], StringSplitOptions.RemoveEmptyEntries).Select(s => double.Parse(s, CultureInfo.InvariantCulture)).ToArray()),
    ];

    public static PointCloud Read(string path, int headers = 0) =>
        new([.. ReadNumbers(path, headers).Select(r => new Point3(r[0], r[1], r[2]))]);

    public static double Normal(Random random) =>
        Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());

    public static Point3 NormalPoint(Random random, double sigma) =>
        new(sigma * Normal(random), sigma * Normal(random), sigma * Normal(random));

    /// <summary>Points spread evenly in a box around the origin.</summary>
    public static PointCloud Box(Random random, int count, double z, double y, double x) =>
        new([.. Enumerable.Range(0, count).Select(_ =>
            new Point3((random.NextDouble() - 0.5) * z, (random.NextDouble() - 0.5) * y, (random.NextDouble() - 0.5) * x))]);

    /// <summary>Points on the surfaces of ellipsoids scattered in a flat slab, as organelles in a section: several um in nm.</summary>
    public static PointCloud Organelles(Random random, int organelles, int pointsEach)
    {
        var points = new List<Point3>();
        for (int o = 0; o < organelles; o++)
        {
            var centre = new Point3((random.NextDouble() - 0.5) * 3000, (random.NextDouble() - 0.5) * 12000, (random.NextDouble() - 0.5) * 9000);
            var radii = new Point3(250 + 350 * random.NextDouble(), 250 + 900 * random.NextDouble(), 250 + 900 * random.NextDouble());
            for (int i = 0; i < pointsEach; i++)
            {
                Point3 d = NormalPoint(random, 1);
                d = 1 / d.Length * d;
                points.Add(centre + new Point3(radii.Z * d.Z, radii.Y * d.Y, radii.X * d.X));
            }
        }
        return new PointCloud([.. points]);
    }

    /// <summary>A rotation by an angle about an axis: 9 numbers, row by row.</summary>
    public static double[] Rotation(Point3 axis, double degrees)
    {
        Point3 u = 1 / axis.Length * axis;
        double angle = degrees * Math.PI / 180, c = Math.Cos(angle), s = Math.Sin(angle), k = 1 - c;
        return
        [
            c + u.Z * u.Z * k, u.Z * u.Y * k - u.X * s, u.Z * u.X * k + u.Y * s,
            u.Y * u.Z * k + u.X * s, c + u.Y * u.Y * k, u.Y * u.X * k - u.Z * s,
            u.X * u.Z * k - u.Y * s, u.X * u.Y * k + u.Z * s, c + u.X * u.X * k,
        ];
    }

    /// <summary>The images of points with Gaussian noise (nm, before the map), and a share of false points in the slab.</summary>
    public static PointCloud Disturb(Random random, ReadOnlySpan<Point3> points, AffineTransform map, double noise, double falsePoints)
    {
        var all = new List<Point3>();
        foreach (Point3 p in points) all.Add(map.Apply(p + NormalPoint(random, noise)));
        foreach (Point3 p in Box(random, (int)(falsePoints * points.Length), 3000, 12000, 9000).Points) all.Add(map.Apply(p));
        return new PointCloud([.. all]);
    }

    /// <summary>The mean distance between the images of points under two maps: the target registration error.</summary>
    public static double Error(PointCloud targets, AffineTransform found, AffineTransform truth)
    {
        double sum = 0;
        foreach (Point3 p in targets.Points) sum += (found.Apply(p) - truth.Apply(p)).Length;
        return sum / targets.Count;
    }
}

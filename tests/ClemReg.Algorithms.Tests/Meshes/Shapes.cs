using ClemReg.Algorithms.Cleaning;
using ClemReg.Algorithms.Meshes;
using ClemReg.Algorithms.Mitochondria;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Tests.Meshes;

/// <summary>A body whose volume, surface and distances are known. Lengths in nm; its middle is the origin.</summary>
internal sealed record Shape(string Name, double Volume, double Area, double Reach, Func<Point3, double> Distance)
{
    /// <summary>The distance is exact for a ball and to first order near the surface else.</summary>
    public static Shape Ellipsoid(double a, double b, double c)
    {
        double area = 0;
        const int n = 300;
        for (int i = 0; i < n; i++)
            for (int j = 0; j < n; j++)
            {
                double t = Math.PI * (i + 0.5) / n, p = 2 * Math.PI * (j + 0.5) / n, z = Math.Cos(t), y = Math.Sin(t) * Math.Sin(p), x = Math.Sin(t) * Math.Cos(p);
                area += Math.Sqrt(Math.Pow(b * c * z, 2) + Math.Pow(a * c * y, 2) + Math.Pow(a * b * x, 2)) * Math.Sin(t) * 2 * Math.PI / n * Math.PI / n;
            }
        return new Shape($"ellipsoid {a} {b} {c}", 4.0 / 3 * Math.PI * a * b * c, area, Math.Max(a, Math.Max(b, c)), p =>
        {
            double f = Math.Sqrt(p.Z * p.Z / (a * a) + p.Y * p.Y / (b * b) + p.X * p.X / (c * c)), g = Math.Sqrt(Math.Pow(p.Z / (a * a), 2) + Math.Pow(p.Y / (b * b), 2) + Math.Pow(p.X / (c * c), 2));
            return g > 0 ? f * (f - 1) / g : -a;
        });
    }

    public static Shape Torus(double ring, double tube) => new($"torus {ring} {tube}", 2 * Math.PI * Math.PI * ring * tube * tube, 4 * Math.PI * Math.PI * ring * tube, ring + tube, p =>
    {
        double across = Math.Sqrt(p.Y * p.Y + p.X * p.X) - ring;
        return Math.Sqrt(across * across + p.Z * p.Z) - tube;
    });

    /// <summary>A tube with round ends along x.</summary>
    public static Shape Tube(double length, double radius) => new($"tube {length} {radius}", Math.PI * radius * radius * (length + 4.0 / 3 * radius), 2 * Math.PI * radius * (length + 2 * radius), length / 2 + radius, p =>
        new Point3(p.Z, p.Y, Math.Abs(p.X) < length / 2 ? 0 : Math.Abs(p.X) - length / 2).Length - radius);

    /// <summary>A turn that is nowhere in line with the axes.</summary>
    public static Point3 Turned(Point3 p, double a, double b)
    {
        (double z, double y) = (Math.Cos(a) * p.Z - Math.Sin(a) * p.Y, Math.Sin(a) * p.Z + Math.Cos(a) * p.Y);
        return new Point3(z, Math.Cos(b) * y - Math.Sin(b) * p.X, Math.Sin(b) * y + Math.Cos(b) * p.X);
    }

    /// <summary>A volume with the shape in it, turned and not centred on a voxel, and where a point of the volume lies in the shape's own frame.</summary>
    public (LabelVolume Labels, Func<Point3, Point3> Frame) In(Point3 spacing, int seed)
    {
        var random = new Random(seed);
        (double a, double b) = (random.NextDouble() * 3, random.NextDouble() * 3);
        int Side(double s) => (int)(2 * Reach / s) + 6;
        var grid = new Grid(new Size3(Side(spacing.Z), Side(spacing.Y), Side(spacing.X)), spacing, new Point3(1e4, -300, 20));
        Point3 centre = grid.ToPhysical(grid.Size.Z / 2 - random.NextDouble(), grid.Size.Y / 2 - random.NextDouble(), grid.Size.X / 2 - random.NextDouble());
        Point3 Frame(Point3 p) => Turned(p - centre, a, b);
        return (Labels(grid, (z, y, x) => Distance(Frame(grid.ToPhysical(z, y, x))) <= 0 ? 3 : 0), Frame);
    }

    public static LabelVolume Labels(Grid grid, Func<int, int, int, int> label)
    {
        using var image = new Volume<float>(grid);
        for (int z = 0; z < grid.Size.Z; z++)
            for (int y = 0; y < grid.Size.Y; y++)
                for (int x = 0; x < grid.Size.X; x++) image[z, y, x] = label(z, y, x);
        MaskOrLabels read = MaskOrLabels.Read(image, false, new Job(1));
        if (read.Labels is { } labels) return labels;
        using BitVolume mask = read.Mask!;
        return MaskOrLabels.Labelled(mask, read.Value, VoxelType.Float32, new Job(1));
    }

    /// <summary>The greatest distance from points of a mesh (corners, middles of sides and of triangles) to the nearest triangle of another.</summary>
    public static double Hausdorff(TriangleMesh from, TriangleMesh to, int step = 1)
    {
        double greatest = 0;
        for (int t = 0; t < from.Count; t += step)
        {
            (Point3 a, Point3 b, Point3 c) = from.Corners(t);
            foreach (Point3 p in (ReadOnlySpan<Point3>)[a, 0.5 * (a + b), 1.0 / 3 * (a + b + c)])
            {
                double least = double.PositiveInfinity;
                for (int u = 0; u < to.Count; u++)
                {
                    (Point3 d, Point3 e, Point3 f) = to.Corners(u);
                    least = Math.Min(least, Triangle3.SquaredDistance(p, d, e, f));
                }
                greatest = Math.Max(greatest, least);
            }
        }
        return Math.Sqrt(greatest);
    }
}

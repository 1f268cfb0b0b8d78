using ClemReg.Algorithms.Meshes;
using ClemReg.Algorithms.Mitochondria;
using ClemReg.Algorithms.Segmentation;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Measures;

/// <summary>What is measured on one object of a label volume. Lengths in nm, z, y, x.</summary>
public sealed record ObjectMeasures
{
    /// <summary>Its label.</summary>
    public required int Label { get; init; }

    /// <summary>Its voxels.</summary>
    public required long Voxels { get; init; }

    /// <summary>The volume of its voxels, nm³.</summary>
    public required double VoxelVolume { get; init; }

    /// <summary>The mean of its voxel centres.</summary>
    public required Point3 Centre { get; init; }

    /// <summary>Where its voxels begin, their sides included.</summary>
    public required Point3 Low { get; init; }

    /// <summary>Where they end.</summary>
    public required Point3 High { get; init; }

    /// <summary>The full lengths of the axes of the ellipsoid with the same moments, the longest first.</summary>
    public required Point3 AxisLengths { get; init; }

    /// <summary>The direction of the longest axis, a unit vector whose first component that is not 0 is positive.</summary>
    public required Point3 LongAxis { get; init; }

    /// <summary>Whether it touches the border of the volume, and is probably cut by it.</summary>
    public required bool AtBorder { get; init; }

    /// <summary>Measures an object.</summary>
    public static ObjectMeasures Of(LabelVolume labels, LabelledObject which, Job job)
    {
        (Grid grid, VoxelBox box) = (labels.Grid, which.Box);
        Point3 s = grid.Spacing;
        long voxels = 0;
        var (lowZ, lowY, lowX, highZ, highY, highX) = (int.MaxValue, int.MaxValue, int.MaxValue, -1, -1, -1);
        // Moments about the box's first voxel, in voxels.
        double mz = 0, my = 0, mx = 0, zz = 0, yy = 0, xx = 0, zy = 0, zx = 0, yx = 0;
        for (int z = box.First.Z; z < box.End.Z; z++)
        {
            job.ThrowIfCancelled();
            for (int y = box.First.Y; y < box.End.Y; y++)
                foreach (LabelledRun run in ObjectRuns.Near(labels, which, z, y))
                {
                    if (run.Label != which.Label) continue;
                    double n = run.End - run.Start, w = z - box.First.Z, v = y - box.First.Y, u = run.Start - box.First.X + (n - 1) / 2;
                    voxels += run.End - run.Start;
                    (mz, my, mx) = (mz + n * w, my + n * v, mx + n * u);
                    (zz, yy, xx) = (zz + n * w * w, yy + n * v * v, xx + n * (u * u + (n * n - 1) / 12));
                    (zy, zx, yx) = (zy + n * w * v, zx + n * w * u, yx + n * v * u);
                    (lowZ, lowY, lowX) = (Math.Min(lowZ, z), Math.Min(lowY, y), Math.Min(lowX, run.Start));
                    (highZ, highY, highX) = (Math.Max(highZ, z + 1), Math.Max(highY, y + 1), Math.Max(highX, run.End));
                }
        }
        (mz, my, mx) = (mz / voxels, my / voxels, mx / voxels);
        // A voxel is a box, not a point: a twelfth of its squared side more along each axis.
        double[,] moments =
        {
            { (zz / voxels - mz * mz + 1.0 / 12) * s.Z * s.Z, (zy / voxels - mz * my) * s.Z * s.Y, (zx / voxels - mz * mx) * s.Z * s.X },
            { 0, (yy / voxels - my * my + 1.0 / 12) * s.Y * s.Y, (yx / voxels - my * mx) * s.Y * s.X },
            { 0, 0, (xx / voxels - mx * mx + 1.0 / 12) * s.X * s.X },
        };
        (double[] values, Point3 longest) = Eigen(moments);
        return new ObjectMeasures
        {
            Label = which.Label,
            Voxels = voxels,
            VoxelVolume = voxels * s.Z * s.Y * s.X,
            Centre = grid.ToPhysical(box.First.Z + mz, box.First.Y + my, box.First.X + mx),
            Low = grid.ToPhysical(lowZ - 0.5, lowY - 0.5, lowX - 0.5),
            High = grid.ToPhysical(highZ - 0.5, highY - 0.5, highX - 0.5),
            // The variance of a solid ellipsoid along an axis is a fifth of its squared half-length.
            AxisLengths = new Point3(2 * Math.Sqrt(5 * values[0]), 2 * Math.Sqrt(5 * values[1]), 2 * Math.Sqrt(5 * values[2])),
            LongAxis = longest,
            AtBorder = lowZ == 0 || lowY == 0 || lowX == 0 || highZ == grid.Size.Z || highY == grid.Size.Y || highX == grid.Size.X,
        };
    }

    /// <summary>1 for a ball, less for anything else: the area of the ball of the same volume by the area (Wadell 1935).</summary>
    public static double Sphericity(double volume, double area) => Math.Cbrt(Math.PI) * Math.Pow(6 * volume, 2.0 / 3) / area;

    /// <summary>The eigenvalues of a symmetric matrix (its upper half), the largest first, and its vector: Jacobi's rotations.</summary>
    private static (double[] Values, Point3 First) Eigen(double[,] m)
    {
        double[,] v = { { 1, 0, 0 }, { 0, 1, 0 }, { 0, 0, 1 } };
        for (int i = 0; i < 3; i++)
            for (int j = 0; j < i; j++) m[i, j] = m[j, i];
        for (int sweep = 0; sweep < 30; sweep++)
        {
            if (Math.Abs(m[0, 1]) + Math.Abs(m[0, 2]) + Math.Abs(m[1, 2]) <= 1e-14 * (m[0, 0] + m[1, 1] + m[2, 2])) break;
            for (int p = 0; p < 2; p++)
                for (int q = p + 1; q < 3; q++)
                {
                    if (m[p, q] == 0) continue;
                    double theta = (m[q, q] - m[p, p]) / (2 * m[p, q]), t = (theta >= 0 ? 1 : -1) / (Math.Abs(theta) + Math.Sqrt(theta * theta + 1)), c = 1 / Math.Sqrt(t * t + 1), s = t * c;
                    for (int k = 0; k < 3; k++) (m[k, p], m[k, q]) = (c * m[k, p] - s * m[k, q], s * m[k, p] + c * m[k, q]);
                    for (int k = 0; k < 3; k++) (m[p, k], m[q, k]) = (c * m[p, k] - s * m[q, k], s * m[p, k] + c * m[q, k]);
                    for (int k = 0; k < 3; k++) (v[k, p], v[k, q]) = (c * v[k, p] - s * v[k, q], s * v[k, p] + c * v[k, q]);
                }
        }
        int[] order = [.. Enumerable.Range(0, 3).OrderByDescending(i => m[i, i])];
        int first = order[0];
        var axis = new Point3(v[0, first], v[1, first], v[2, first]);
        double sign = Math.Abs(axis.Z) > 1e-9 ? axis.Z : Math.Abs(axis.Y) > 1e-9 ? axis.Y : axis.X;
        return ([.. order.Select(i => Math.Max(0, m[i, i]))], (sign < 0 ? -1 : 1) * axis);
    }
}

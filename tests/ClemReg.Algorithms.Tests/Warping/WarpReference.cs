using System.Runtime.InteropServices;
using ClemReg.Algorithms.PointClouds;
using ClemReg.Algorithms.Transforms;
using ClemReg.Algorithms.Volumes;
using ClemReg.Algorithms.Warping;
using MathNet.Numerics.LinearAlgebra;

namespace ClemReg.Algorithms.Tests.Warping;

/// <summary>The affine warp as its definition says, in double: B-spline coefficients by solving the interpolation equations.</summary>
internal sealed class WarpReference
{
    private readonly Size3 _size;
    private readonly int _order;
    private readonly double[] _coefficients;

    public WarpReference(Size3 size, double[] voxels, int order)
    {
        (_size, _order) = (size, order);
        _coefficients = (double[])voxels.Clone();
        if (order < 2) return;
        Solve(size.X, 1, size.Z * size.Y, i => i * size.X);
        Solve(size.Y, size.X, size.Z * size.X, i => i / size.X * size.Y * size.X + i % size.X);
        Solve(size.Z, size.Y * size.X, size.Y * size.X, i => i);
    }

    /// <summary>The value at a source index; null within <paramref name="edge"/> of the border of the source, where rounding decides.</summary>
    public double? At(Point3 index, double edge = 1e-6)
    {
        for (int axis = 0; axis < 3; axis++)
        {
            int n = axis == 0 ? _size.Z : axis == 1 ? _size.Y : _size.X;
            if (n > 1 && (Math.Abs(index[axis]) < edge || Math.Abs(index[axis] - (n - 1)) < edge)) return null;
            if (n == 1 && Math.Abs(index[axis]) is < 1e-6 and > 1e-8) return null;
        }
        for (int axis = 0; axis < 3; axis++)
        {
            int n = axis == 0 ? _size.Z : axis == 1 ? _size.Y : _size.X;
            if (index[axis] < -1e-7 || index[axis] > n - 1 + 1e-7) return 0;
        }
        if (_order == 0)
            return _coefficients[((int)Math.Floor(index.Z + .5) * _size.Y + (int)Math.Floor(index.Y + .5)) * _size.X + (int)Math.Floor(index.X + .5)];
        (int Index, double Weight)[] tapsZ = Taps(index.Z, _size.Z), tapsY = Taps(index.Y, _size.Y), tapsX = Taps(index.X, _size.X);
        double sum = 0;
        foreach ((int z, double wz) in tapsZ)
            foreach ((int y, double wy) in tapsY)
                foreach ((int x, double wx) in tapsX)
                    sum += wz * wy * wx * _coefficients[(z * _size.Y + y) * _size.X + x];
        return sum;
    }

    /// <summary>Holds each voxel of a warped volume of floats against the definition, and gives how many lay inside the source.</summary>
    public int Compare(byte[] warped, Grid source, SpatialTransform sourceToTarget, Grid target, int round)
    {
        SpatialTransform inverse = sourceToTarget.Inverse();
        ReadOnlySpan<float> actual = MemoryMarshal.Cast<byte, float>(warped);
        int compared = 0, i = 0;
        for (int z = 0; z < target.Size.Z; z++)
            for (int y = 0; y < target.Size.Y; y++)
                for (int x = 0; x < target.Size.X; x++, i++)
                {
                    Point3 index = source.ToIndex(inverse.Apply(target.ToPhysical(z, y, x)));
                    if (_order == 0 && NearTie(index)) continue;
                    if (At(index) is not { } expected) continue;
                    // Positions agree to about 1e-8 voxels; noise has slopes of its own size.
                    Assert.True(Math.Abs(expected - actual[i]) < WarpCases.Tolerance(_order) * 1500, $"round {round}, ({z}, {y}, {x}) at {index}: {actual[i]}, expected {expected}");
                    if (expected != 0) compared++;
                }
        return compared;
    }

    /// <summary>Whether a source index lies so near to the middle between two voxels that rounding decides which is the nearest.</summary>
    public static bool NearTie(Point3 index, double edge = 1e-6)
    {
        for (int axis = 0; axis < 3; axis++)
        {
            double half = index[axis] + 0.5;
            if (Math.Abs(half - Math.Round(half)) < edge) return true;
        }
        return false;
    }

    /// <summary>The centred B-spline by the Cox-de Boor recursion.</summary>
    public static double BSpline(int degree, double x)
    {
        double half = (degree + 1) / 2.0;
        if (degree == 0) return x >= -.5 && x < .5 ? 1 : 0;
        return Math.Abs(x) >= half ? 0 : ((half + x) * BSpline(degree - 1, x + .5) + (half - x) * BSpline(degree - 1, x - .5)) / degree;
    }

    private (int Index, double Weight)[] Taps(double index, int n)
    {
        var middle = (int)Math.Round(index);
        return [.. Enumerable.Range(middle - 3, 7).Select(i => (Mirror(i, n), BSpline(_order, index - i))).Where(t => t.Item2 != 0)];
    }

    private static int Mirror(int i, int n)
    {
        if (n == 1) return 0;
        while (i < 0 || i >= n) i = i < 0 ? -i : 2 * (n - 1) - i;
        return i;
    }

    private void Solve(int n, int stride, int lines, Func<int, int> start)
    {
        Matrix<double> equations = Matrix<double>.Build.Dense(n, n);
        for (int i = 0; i < n; i++)
            for (int k = i - 3; k <= i + 3; k++)
                equations[i, Mirror(k, n)] += BSpline(_order, i - k);
        Matrix<double> samples = Matrix<double>.Build.Dense(n, lines, (k, i) => _coefficients[start(i) + k * stride]);
        Matrix<double> solved = equations.LU().Solve(samples);
        for (int i = 0; i < lines; i++)
            for (int k = 0; k < n; k++)
                _coefficients[start(i) + k * stride] = solved[k, i];
    }
}

/// <summary>Volumes and transforms for the warping tests.</summary>
internal static class WarpCases
{
    public static AffineTransform RandomTransform(Random random, Grid moving, Grid target)
    {
        double a = random.NextDouble() * 6, b = random.NextDouble() * 6, scale = 0.7 + random.NextDouble();
        (double sa, double ca) = Math.SinCos(a);
        (double sb, double cb) = Math.SinCos(b);
        double[] r = [ca, -sa * cb, sa * sb, sa, ca * cb, -ca * sb, 0, sb, cb];
        Point3 from = Centre(moving), to = Centre(target);
        var turned = AffineTransform.Similarity(scale, r, default).Apply(from);
        return AffineTransform.Similarity(scale, r, new Point3(to.Z - turned.Z + random.Next(9), to.Y - turned.Y + random.Next(9), to.X - turned.X));
    }

    /// <summary>A bent map of moving onto the middle of target, with landmarks around both.</summary>
    public static ThinPlateSpline Bend(Grid moving, Grid target, int seed, double bend = 0.03, int landmarks = 40)
    {
        AffineTransform turn = WarpCases.RandomTransform(new Random(seed), moving, target);
        var random = new Random(seed + 100);
        Point3 extent = moving.ToPhysical(moving.Size.Z, moving.Size.Y, moving.Size.X) - moving.Origin;
        double longest = Math.Max(extent.Z, Math.Max(extent.Y, extent.X));
        Point3 Near() => moving.Origin + 0.5 * extent + longest * new Point3(random.NextDouble() - 0.5, random.NextDouble() - 0.5, random.NextDouble() - 0.5);
        PointCloud points = new([.. Enumerable.Range(0, landmarks).Select(_ => Near())]);
        PointCloud images = new([.. points.Points.ToArray().Select(p => turn.Apply(p)
            + bend * longest * new Point3(Math.Sin(3 * p.Y / longest), Math.Cos(4 * p.X / longest), Math.Sin(3 * p.Z / longest)))]);
        return ThinPlateFit.Make(points, images, new ThinPlateOptions(), new Job(1)).Transform;
    }

    public static Point3 Centre(Grid g) => g.ToPhysical((g.Size.Z - 1) / 2.0, (g.Size.Y - 1) / 2.0, (g.Size.X - 1) / 2.0);

    public static Volume Noise(Grid grid, VoxelType type, int seed)
    {
        var volume = Volume.Create(grid, type);
        var random = new Random(seed);
        for (int z = 0; z < grid.Size.Z; z++)
        {
            if (type == VoxelType.Float32)
                foreach (ref float v in ((Volume<float>)volume).Slice(z)) v = (float)(random.NextDouble() * 2000 - 500);
            else random.NextBytes(volume.SliceBytes(z));
        }
        return volume;
    }

    public static double[] Values(Volume volume)
    {
        Size3 size = volume.Grid.Size;
        var all = new double[size.Count];
        var slice = new float[size.SliceCount];
        for (int z = 0; z < size.Z; z++)
        {
            volume.ReadSlice(z, slice);
            for (int i = 0; i < slice.Length; i++) all[z * slice.Length + i] = slice[i];
        }
        return all;
    }

    public static byte[] Read(ISliceSource source)
    {
        int bytes = source.Grid.Size.SliceCount * (int)source.Type;
        var all = new byte[source.Grid.Size.Z * bytes];
        for (int z = 0; z < source.Grid.Size.Z; z++) source.ReadSlice(z, all.AsSpan(z * bytes, bytes));
        return all;
    }

    public static float[] ReadFloats(ISliceSource source)
    {
        byte[] raw = Read(source);
        var values = new float[raw.Length / (int)source.Type];
        VoxelConvert.ToFloat(raw, source.Type, values);
        return values;
    }

    /// <summary>What float arithmetic may cost on noise, as a part of the largest value: the prefilter of a high order amplifies it.</summary>
    public static double Tolerance(int order) => order < 4 ? 3e-6 : 1.2e-5;

    public static byte[] Warp(Volume moving, AffineTransform transform, Grid target, int order, int threads = 1)
    {
        using var warped = new WarpedVolume(moving, transform, target, order, new Job(threads));
        return Read(warped);
    }
}

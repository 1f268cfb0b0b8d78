using System.Numerics.Tensors;
using ClemReg.Algorithms.Transforms;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Alignment;

/// <summary>A template's place in the image: p = A x + t in nm, x about the template's centre.</summary>
/// <param name="A">Rotation times scale; its determinant is negative for the mirrored template.</param>
/// <param name="T">Where the template's centre comes to lie.</param>
/// <param name="Correlation">Pearson's r of weights and image over the points that lie in the image, or R where each object has its own brightness; -1 where the points are too few.</param>
/// <param name="Overlap">The fraction of the points that lie in the image.</param>
internal readonly record struct TemplatePose(Matrix3 A, Point3 T, double Correlation, double Overlap)
{
    /// <summary>What poses are ranked by: chance correlates well over small overlaps.</summary>
    public double Score => Correlation * Math.Sqrt(Overlap);

    /// <summary>The isotropic scale.</summary>
    public double Scale => Math.Cbrt(Math.Abs(A.Determinant));
}

/// <summary>
/// Moves a template uphill on its correlation coefficient with an image: Gauss-Newton on increments from the left, translation and rotation and, where
/// asked, scale. One instance per thread. Where asked, each object then gets the brightness that fits best there, and the template climbs on with these: one brightness for all
/// would draw it away from a place where a large object does not shine.
/// </summary>
/// <remarks>G. Evangelidis and E. Psarakis, Parametric image alignment using enhanced correlation coefficient maximization, IEEE PAMI 30 (2008), equations 17 to 21.</remarks>
internal sealed class CorrelationAscent
{
    private const int Iterations = 10;
    private const double Enough = 1e-4;
    private const double LargestMoveNm = 800;
    private const double LargestTurn = 0.12;

    /// <summary>Brightnesses are drawn to the common one as if by so much of an object more.</summary>
    private const double Drawn = 0.02;
    private const int Rotation = 3;
    private const int Scaling = 6;
    private const int Value = 7;
    private const int Weight = 8;
    private const int RowCount = 9;

    private readonly ContrastImage _image;
    private readonly WeightedPoints _points;
    private readonly int _repaints;
    private readonly double _lever;

    /// <summary>Row by row for the points in the image: gradients by the 7 parameters, the image's values, the weights.</summary>
    private readonly float[] _rows;
    private readonly double[] _sums = new double[RowCount];
    private readonly double[] _products = new double[RowCount * RowCount];

    /// <summary>The zone of each point in the image; by zone: what image and weights share, the weights' squares, brightness.</summary>
    private readonly int[] _zones;
    private readonly double[] _shared, _squares;
    private readonly float[] _brightness;

    /// <summary>Takes the memory.</summary>
    /// <param name="image">The fluorescence.</param>
    /// <param name="points">The template.</param>
    /// <param name="repaints">How often each object gets its own brightness, to climb on with; 0 for one brightness of all.</param>
    public CorrelationAscent(ContrastImage image, WeightedPoints points, int repaints)
    {
        (_image, _points, _repaints) = (image, points, repaints);
        _rows = new float[RowCount * points.Count];
        _zones = new int[points.Count];
        _brightness = new float[points.Zone.Max() + 1];
        (_shared, _squares) = (new double[_brightness.Length], new double[_brightness.Length]);
        // Turns and scale are counted in what they move at the template's end, so that all parameters are lengths of one kind.
        double largest = 1;
        for (int i = 0; i < points.Count; i++) largest = Math.Max(largest, Math.Max(Math.Abs(points.Z[i]), Math.Max(Math.Abs(points.Y[i]), Math.Abs(points.X[i]))));
        _lever = largest / image.SpacingNm;
    }

    /// <summary>Climbs from a pose.</summary>
    /// <param name="start">A and t; correlation and overlap are computed anew.</param>
    /// <param name="scaleMinimum">The smallest scale of A.</param>
    /// <param name="scaleMaximum">The largest; scale stays as it is where both are the same.</param>
    /// <param name="leastOverlap">Poses of less overlap are not gone to.</param>
    public TemplatePose Climb(TemplatePose start, double scaleMinimum, double scaleMaximum, double leastOverlap)
    {
        Array.Fill(_brightness, 1);
        TemplatePose pose = Ascend(start, scaleMinimum, scaleMaximum, leastOverlap);
        for (int i = 0; i < _repaints && pose.Overlap >= leastOverlap; i++)
        {
            Paint(pose);
            pose = Ascend(pose, scaleMinimum, scaleMaximum, leastOverlap);
        }
        return _repaints > 0 && pose.Overlap >= leastOverlap ? pose with { Correlation = Paint(pose) } : pose;
    }

    /// <summary>Gives each object the brightness of least squares, none below zero and all drawn a little to the common one.</summary>
    /// <returns>R, the root of what the objects then explain of the image's variance.</returns>
    private double Paint(TemplatePose pose)
    {
        Array.Fill(_brightness, 1);
        int count = Sample(pose.A, pose.T);
        ReadOnlySpan<float> values = Row(Value, count), weights = Row(Weight, count);
        float value = TensorPrimitives.Sum(values) / count, weight = TensorPrimitives.Sum(weights) / count;
        _shared.AsSpan().Clear();
        _squares.AsSpan().Clear();
        double variance = 0, explained = 0;
        for (int i = 0; i < count; i++)
        {
            float v = values[i] - value, w = weights[i] - weight;
            variance += v * v;
            _shared[_zones[i]] += v * w;
            _squares[_zones[i]] += w * w;
        }
        double squares = _squares.Sum(), common = _shared.Sum() / squares, ridge = Drawn * squares / _squares.Count(s => s > 0);
        if (!(common > 0)) return 0;
        for (int k = 0; k < _brightness.Length; k++)
        {
            double own = Math.Max(0, (_shared[k] + ridge * common) / (_squares[k] + ridge));
            explained += own * (2 * _shared[k] - own * _squares[k]);
            _brightness[k] = (float)(own / common);
        }
        return variance > 1e-9 ? Math.Sqrt(Math.Max(0, explained / variance)) : 0;
    }

    private TemplatePose Ascend(TemplatePose start, double scaleMinimum, double scaleMaximum, double leastOverlap)
    {
        int parameters = scaleMaximum > scaleMinimum ? 7 : 6;
        TemplatePose pose = Evaluate(start.A, start.T, leastOverlap, out int inside);
        if (inside == 0) return pose;
        Span<double> step = stackalloc double[7];
        for (int iteration = 0; iteration < Iterations; iteration++)
        {
            if (!Step(inside, parameters, step)) break;
            double before = pose.Correlation;
            bool better = false;
            foreach (double fraction in (ReadOnlySpan<double>)[1, 0.5, 0.25, 0.1])
            {
                TemplatePose next = Moved(pose, step, fraction, scaleMinimum, scaleMaximum, leastOverlap, out int nextInside);
                better = next.Correlation > before;
                if (!better) continue;
                (pose, inside) = (next, nextInside);
                break;
            }
            if (!better || pose.Correlation - before < Enough) break;
        }
        return pose;
    }

    private TemplatePose Moved(TemplatePose pose, ReadOnlySpan<double> step, double fraction, double scaleMinimum, double scaleMaximum, double leastOverlap, out int inside)
    {
        double h = _image.SpacingNm;
        Matrix3 turn = RotationSet.FromVector(fraction / _lever * new Point3(step[Rotation], step[Rotation + 1], step[Rotation + 2]));
        Matrix3 a = turn * pose.A;
        if (scaleMaximum > scaleMinimum)
        {
            double scale = pose.Scale;
            a = Math.Clamp(scale * (1 + fraction * step[Scaling] / _lever), scaleMinimum, scaleMaximum) / scale * a;
        }
        return Evaluate(a, pose.T + fraction * h * new Point3(step[0], step[1], step[2]), leastOverlap, out inside);
    }

    /// <summary>The step: d = lambda H^-1 J^T w - H^-1 J^T v, with v, w and J without their means (the paper's equation 20).</summary>
    private bool Step(int m, int parameters, Span<double> step)
    {
        for (int i = 0; i < RowCount; i++) _sums[i] = TensorPrimitives.Sum<float>(Row(i, m));
        for (int i = 0; i < RowCount; i++)
        {
            if (i < 7 && i >= parameters) continue;
            for (int j = 0; j <= i; j++)
                if (j >= 7 || j < parameters)
                    _products[i * RowCount + j] = TensorPrimitives.Dot(Row(i, m), Row(j, m)) - _sums[i] * _sums[j] / m;
        }
        Span<double> h = stackalloc double[49], hv = stackalloc double[7], hw = stackalloc double[7];
        double trace = 0;
        for (int i = 0; i < parameters; i++) trace += _products[i * RowCount + i];
        for (int i = 0; i < parameters; i++)
        {
            for (int j = 0; j <= i; j++) h[i * 7 + j] = _products[i * RowCount + j];
            h[i * 7 + i] += 1e-3 * h[i * 7 + i] + 1e-12 * trace;
            hv[i] = _products[Value * RowCount + i];
            hw[i] = _products[Weight * RowCount + i];
        }
        if (!Factor(h, parameters)) return false;
        Solve(h, parameters, hv);
        Solve(h, parameters, hw);
        double gvhv = 0, gvhw = 0, gwhw = 0;
        for (int i = 0; i < parameters; i++)
        {
            gvhv += _products[Value * RowCount + i] * hv[i];
            gvhw += _products[Value * RowCount + i] * hw[i];
            gwhw += _products[Weight * RowCount + i] * hw[i];
        }
        double denominator = _products[Weight * RowCount + Value] - gvhw;
        double lambda = denominator > 0
            ? (_products[Value * RowCount + Value] - gvhv) / denominator
            : Math.Sqrt(Math.Max(gvhv, 1e-9) / Math.Max(gwhw, 1e-9));
        double move = LargestMoveNm / _image.SpacingNm, turn = LargestTurn * _lever;
        step.Clear();
        for (int i = 0; i < parameters; i++)
        {
            double limit = i < Rotation ? move : turn;
            step[i] = Math.Clamp(lambda * hw[i] - hv[i], -limit, limit);
        }
        return true;
    }

    private Span<float> Row(int row, int count) => _rows.AsSpan(row * _points.Count, count);

    private TemplatePose Evaluate(Matrix3 a, Point3 t, double leastOverlap, out int inside)
    {
        inside = Sample(a, t);
        double overlap = (double)inside / _points.Count;
        if (inside < 8 || overlap < leastOverlap)
        {
            inside = 0;
            return new TemplatePose(a, t, -1, overlap);
        }
        ReadOnlySpan<float> values = Row(Value, inside), weights = Row(Weight, inside);
        double sv = TensorPrimitives.Sum(values), sw = TensorPrimitives.Sum(weights);
        double vv = TensorPrimitives.SumOfSquares(values) - sv * sv / inside, ww = TensorPrimitives.SumOfSquares(weights) - sw * sw / inside;
        double vw = TensorPrimitives.Dot(values, weights) - sv * sw / inside;
        double r = vv > 1e-9 && ww > 1e-9 ? vw / Math.Sqrt(vv * ww) : 0;
        return new TemplatePose(a, t, r, overlap);
    }

    /// <summary>Fills the rows for the points that lie in the image, in voxels, and counts them.</summary>
    private unsafe int Sample(Matrix3 toNm, Point3 centre)
    {
        Matrix3 a = 1 / _image.SpacingNm * toNm;
        Point3 t = 1 / _image.SpacingNm * (centre - _image.Start);
        (int nz, int ny, int nx) = _image.Size;
        float zz = (float)a.ZZ, zy = (float)a.ZY, zx = (float)a.ZX, yz = (float)a.YZ, yy = (float)a.YY, yx = (float)a.YX, xz = (float)a.XZ, xy = (float)a.XY, xx = (float)a.XX;
        float tz = (float)t.Z, ty = (float)t.Y, tx = (float)t.X, perLever = (float)(1 / _lever);
        int n = _points.Count, m = 0, plane = ny * nx;
        fixed (float* image = _image.Values, pz = _points.Z, py = _points.Y, px = _points.X, weight = _points.Weight, rows = _rows)
        {
            for (int i = 0; i < n; i++)
            {
                float rz = zz * pz[i] + zy * py[i] + zx * px[i], ry = yz * pz[i] + yy * py[i] + yx * px[i], rx = xz * pz[i] + xy * py[i] + xx * px[i];
                float z = rz + tz, y = ry + ty, x = rx + tx;
                if (!(z >= 0 && y >= 0 && x >= 0 && z < nz - 1 && y < ny - 1 && x < nx - 1)) continue;
                int iz = (int)z, iy = (int)y, ix = (int)x;
                float fz = z - iz, fy = y - iy, fx = x - ix;
                float* v = image + iz * plane + iy * nx + ix;
                float d00 = v[1] - v[0], d01 = v[nx + 1] - v[nx], d10 = v[plane + 1] - v[plane], d11 = v[plane + nx + 1] - v[plane + nx];
                float e00 = v[0] + d00 * fx, e01 = v[nx] + d01 * fx, e10 = v[plane] + d10 * fx, e11 = v[plane + nx] + d11 * fx;
                float e0 = e00 + (e01 - e00) * fy, e1 = e10 + (e11 - e10) * fy;
                float gz = e1 - e0, gy = (e01 - e00) * (1 - fz) + (e11 - e10) * fz;
                float gx = (d00 * (1 - fy) + d01 * fy) * (1 - fz) + (d10 * (1 - fy) + d11 * fy) * fz;
                float* at = rows + m;
                at[0] = gz;
                at[n] = gy;
                at[2 * n] = gx;
                at[3 * n] = (gx * ry - gy * rx) * perLever;
                at[4 * n] = (gz * rx - gx * rz) * perLever;
                at[5 * n] = (gy * rz - gz * ry) * perLever;
                at[6 * n] = (gz * rz + gy * ry + gx * rx) * perLever;
                at[7 * n] = e0 + gz * fz;
                int zone = _points.Zone[i];
                at[8 * n] = weight[i] * _brightness[zone];
                _zones[m] = zone;
                m++;
            }
        }
        return m;
    }

    private static bool Factor(Span<double> h, int n)
    {
        for (int i = 0; i < n; i++)
            for (int j = 0; j <= i; j++)
            {
                double sum = h[i * 7 + j];
                for (int k = 0; k < j; k++) sum -= h[i * 7 + k] * h[j * 7 + k];
                if (i != j) h[i * 7 + j] = sum / h[j * 7 + j];
                else if (sum > 0) h[i * 7 + i] = Math.Sqrt(sum);
                else return false;
            }
        return true;
    }

    private static void Solve(ReadOnlySpan<double> l, int n, Span<double> b)
    {
        for (int i = 0; i < n; i++)
        {
            for (int k = 0; k < i; k++) b[i] -= l[i * 7 + k] * b[k];
            b[i] /= l[i * 7 + i];
        }
        for (int i = n - 1; i >= 0; i--)
        {
            for (int k = i + 1; k < n; k++) b[i] -= l[k * 7 + i] * b[k];
            b[i] /= l[i * 7 + i];
        }
    }
}

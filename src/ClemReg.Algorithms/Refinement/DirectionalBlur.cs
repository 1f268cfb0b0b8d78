using System.Numerics;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Refinement;

/// <summary>
/// A one-dimensional Gaussian along any direction: the part of a microscope's blur that is along its optical axis, in the frame of a volume
/// that lies at an angle to it.
/// </summary>
/// <remarks>
/// One tap for each plane (or second, third plane) of the axis that is nearest to the direction, between the four voxels around the place (linear in the two other
/// axes). Linear interpolation blurs too; <see cref="InterpolationVariance"/> says how much, so that it can be taken off elsewhere.
/// </remarks>
internal sealed unsafe class DirectionalBlur
{
    private const int Reach = 4;
    private readonly List<(int Z, int Y, int X, float Weight)> _taps = [];

    /// <summary>Prepares the blur.</summary>
    /// <param name="spacing">The voxels, nm.</param>
    /// <param name="direction">Any length but 0.</param>
    /// <param name="sigmaNm">Standard deviation along the direction, nm.</param>
    /// <param name="elsewhereNm">That of the blur which the volume has in the end in all directions: between planes that it joins no tap is needed. 0: a tap for each plane.</param>
    public DirectionalBlur(Point3 spacing, Point3 direction, double sigmaNm, double elsewhereNm = 0)
    {
        Point3 u = 1 / direction.Length * direction;
        // Voxels along each axis for one nm of way.
        Span<double> perNm = [u.Z / spacing.Z, u.Y / spacing.Y, u.X / spacing.X];
        int main = 0;
        for (int axis = 1; axis < 3; axis++)
            if (Math.Abs(perNm[axis]) > Math.Abs(perNm[main])) main = axis;
        double sigma = sigmaNm * Math.Abs(perNm[main]);
        // Taps 2.1 standard deviations of a Gaussian apart leave a ripple of exp(-2 (pi / 2.1)^2) = 1 %.
        int stride = Math.Max(1, (int)(Math.Min(2.1 * elsewhereNm, sigmaNm) * Math.Abs(perNm[main])));
        int radius = (int)Math.Ceiling(Reach * sigma / stride) * stride;
        double total = 0;
        for (int k = -radius; k <= radius; k += stride) total += Weight(k);
        int first = main == 0 ? 1 : 0, second = main == 2 ? 1 : 2;
        Span<double> variance = stackalloc double[3];
        Span<int> place = stackalloc int[3];
        var farthest = new Size3(0, 0, 0);
        for (int k = -radius; k <= radius; k += stride)
        {
            double weight = Weight(k) / total;
            double a = k * perNm[first] / perNm[main], b = k * perNm[second] / perNm[main];
            int ia = (int)Math.Floor(a), ib = (int)Math.Floor(b);
            double fa = a - ia, fb = b - ib;
            variance[first] += weight * fa * (1 - fa);
            variance[second] += weight * fb * (1 - fb);
            for (int corner = 0; corner < 4; corner++)
            {
                double part = ((corner & 2) != 0 ? fa : 1 - fa) * ((corner & 1) != 0 ? fb : 1 - fb);
                if (part < 1e-9) continue;
                place[main] = k;
                place[first] = ia + (corner >> 1);
                place[second] = ib + (corner & 1);
                _taps.Add((place[0], place[1], place[2], (float)(weight * part)));
                farthest = new Size3(Math.Max(farthest.Z, Math.Abs(place[0])), Math.Max(farthest.Y, Math.Abs(place[1])), Math.Max(farthest.X, Math.Abs(place[2])));
            }
        }
        Farthest = farthest;
        InterpolationVariance = new Point3(variance[0] * spacing.Z * spacing.Z, variance[1] * spacing.Y * spacing.Y, variance[2] * spacing.X * spacing.X);

        double Weight(int k) => k == 0 ? 1 : Math.Exp(-0.5 * k * k / (sigma * sigma));
    }

    /// <summary>The variance along z, y and x (nm²) that linear interpolation adds.</summary>
    public Point3 InterpolationVariance { get; }

    /// <summary>The farthest tap, voxels: so far it carries light. As many columns of zeros on both sides keep rows apart.</summary>
    public Size3 Farthest { get; }

    /// <summary>Blurs a volume whose outermost columns are zeros, as many as <see cref="Farthest"/> along x; what lies outside of it counts as zero.</summary>
    public Volume<float> Apply(Volume<float> input, Job job)
    {
        (int depth, int height, int width) = input.Grid.Size;
        int step = 4 * Vector<float>.Count, margin = Farthest.X;
        var output = new Volume<float>(input.Grid);
        try
        {
            float* from = input.Pointer;
            float* to = output.Pointer;
            (int Z, int Y, int X, float Weight)[] taps = [.. _taps];
            using NativeBuffer filled = Filled(input, step, job);
            byte* marks = filled.Pointer;
            int pieces = (width + step - 1) / step;
            job.For(depth * height, () => (new nint[taps.Length], new float[taps.Length], new int[taps.Length]), (row, scratch) =>
            {
                (nint[] sources, float[] weights, int[] columns) = scratch;
                (int z, int y) = Math.DivRem(row, height);
                int rows = 0;
                foreach ((int dz, int dy, int dx, float weight) in taps)
                {
                    int sz = z + dz, sy = y + dy;
                    if ((uint)sz >= (uint)depth || (uint)sy >= (uint)height) continue;
                    (sources[rows], weights[rows], columns[rows]) = ((nint)(sz * height + sy), weight, dx);
                    rows++;
                }
                for (int piece = 0; piece < pieces; piece++)
                {
                    // Columns near the ends stay 0: nothing is there, and no tap may reach beyond the row.
                    int x = Math.Max(margin, Math.Min(piece * step, width - margin - step));
                    if (piece * step + step <= margin || piece * step >= width - margin) continue;
                    Vector<float> s0 = default, s1 = default, s2 = default, s3 = default;
                    bool any = false;
                    for (int i = 0; i < rows; i++)
                    {
                        int at = x + columns[i];
                        byte* mark = marks + sources[i] * pieces;
                        if ((mark[at / step] | mark[Math.Min(pieces - 1, (at + step - 1) / step)]) == 0) continue;
                        any = true;
                        float* p = from + sources[i] * width + at;
                        var weight = new Vector<float>(weights[i]);
                        s0 = Vector.MultiplyAddEstimate(Vector.Load(p), weight, s0);
                        s1 = Vector.MultiplyAddEstimate(Vector.Load(p + Vector<float>.Count), weight, s1);
                        s2 = Vector.MultiplyAddEstimate(Vector.Load(p + 2 * Vector<float>.Count), weight, s2);
                        s3 = Vector.MultiplyAddEstimate(Vector.Load(p + 3 * Vector<float>.Count), weight, s3);
                    }
                    if (!any) continue;
                    float* sum = to + (long)row * width + x;
                    s0.Store(sum);
                    s1.Store(sum + Vector<float>.Count);
                    s2.Store(sum + 2 * Vector<float>.Count);
                    s3.Store(sum + 3 * Vector<float>.Count);
                }
            }, report: true);
            return output;
        }
        catch
        {
            output.Dispose();
            throw;
        }
    }

    /// <summary>Which pieces of which rows are not all zeros: most of a cell's volume holds no mitochondria.</summary>
    private static NativeBuffer Filled(Volume<float> input, int step, Job job)
    {
        (int depth, int height, int width) = input.Grid.Size;
        int pieces = (width + step - 1) / step;
        var marks = new NativeBuffer((long)depth * height * pieces);
        job.For(depth, z =>
        {
            for (int y = 0; y < height; y++)
                for (int piece = 0; piece < pieces; piece++)
                {
                    float* p = input.Pointer + ((long)z * height + y) * width;
                    bool any = new ReadOnlySpan<float>(p + piece * step, Math.Min(step, width - piece * step)).IndexOfAnyExceptInRange(-1e-7f, 1e-7f) >= 0;
                    marks.Pointer[((long)z * height + y) * pieces + piece] = any ? (byte)1 : (byte)0;
                }
        });
        return marks;
    }
}

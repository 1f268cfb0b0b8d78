using System.Numerics.Tensors;
using ClemReg.Algorithms.Transforms;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Simulation;

/// <summary>
/// Draws fluorescent objects, given as ids on the EM grid, as a microscope sees them through the inverse of the true transform:
/// sampled finely in the moving frame, blurred by a Gaussian PSF, gathered into pixels, dimmed with depth, on a background, as noisy counts.
/// </summary>
internal sealed class FluorescenceRenderer
{
    /// <summary>Thin slices rendered before they are gathered along z: bounds the memory.</summary>
    private const int Chunk = 16;

    /// <summary>The deformation is evaluated at every fourth fine pixel and interpolated between: off by about 1 nm.</summary>
    private const int DeformationStep = 4;

    private readonly ClemSimulationOptions _options;
    private readonly TruthTransform _truth;
    private readonly Volume<ushort> _ids;
    private readonly Grid _grid;
    private readonly int _fineZ, _fineXy, _pad;
    private readonly double _stepZ, _stepXy;
    private readonly int _paddedY, _paddedX;
    private readonly float[] _lateral, _axial;

    /// <summary>No deformation moves a point farther: the largest control point in nm.</summary>
    private readonly double _largestShift;

    /// <summary>Prepares to draw.</summary>
    /// <param name="options">PSF, noise and so on.</param>
    /// <param name="truth">Moving to fixed.</param>
    /// <param name="ids">The ids, on the EM grid or a larger one.</param>
    /// <param name="grid">The fluorescence grid.</param>
    public FluorescenceRenderer(ClemSimulationOptions options, TruthTransform truth, Volume<ushort> ids, Grid grid)
    {
        _options = options;
        _truth = truth;
        _ids = ids;
        _grid = grid;
        // Fine samples lie at most 45 nm or one voxel of the ids apart; an odd number along z puts one on each slice.
        Point3 voxel = ids.Grid.Spacing;
        double apart = Math.Max(45, Math.Min(voxel.Z, voxel.X));
        _fineZ = (int)Math.Ceiling(grid.Spacing.Z / apart) | 1;
        _fineXy = (int)Math.Ceiling(grid.Spacing.X / apart);
        _stepZ = grid.Spacing.Z / _fineZ;
        _stepXy = grid.Spacing.X / _fineXy;
        // A camera pixel gathers the light of its whole area: the variance of its extent adds to that of the PSF.
        _lateral = Kernel(Math.Sqrt(options.PsfLateral * options.PsfLateral / (_stepXy * _stepXy) + 1.0 / 12));
        _axial = Kernel(options.PsfAxial / _stepZ);
        if (truth.Deformation is { } field)
            foreach (double c in field.Coefficients) _largestShift = Math.Max(_largestShift, Math.Abs(c));
        _pad = _lateral.Length / 2;
        _paddedY = grid.Size.Y * _fineXy + 2 * _pad;
        _paddedX = grid.Size.X * _fineXy + 2 * _pad;
    }

    /// <summary>The fluorescence grid of a transform: the field that holds the EM box and the margins; its first voxel at (0, 0, 0).</summary>
    /// <param name="options">Spacing, margins, transform.</param>
    /// <param name="key">Chooses the deformation.</param>
    /// <param name="job">Cancellation.</param>
    /// <returns>The true transform, whose translation depends on the field, and the grid.</returns>
    public static (TruthTransform Truth, Grid Grid) FieldOfView(ClemSimulationOptions options, ulong key, Job job)
    {
        Grid em = options.EmGrid;
        var box = new Point3((em.Size.Z - 1) * em.Spacing.Z, (em.Size.Y - 1) * em.Spacing.Y, (em.Size.X - 1) * em.Spacing.X);
        double[] rotation = Rotation(options.RotationX, options.RotationY, options.RotationZ);
        // q = s R (p - f) + e, e the middle of the EM box; f, where the field's corner lies, follows from the box's corners.
        AffineTransform centred = AffineTransform.Similarity(options.AppliedScale, rotation, 0.5 * box);
        AffineTransform back = centred.Inverse();
        var low = new Point3(double.MaxValue, double.MaxValue, double.MaxValue);
        var high = new Point3(double.MinValue, double.MinValue, double.MinValue);
        for (int corner = 0; corner < 8; corner++)
        {
            Point3 p = back.Apply(new Point3((corner & 4) != 0 ? box.Z : 0, (corner & 2) != 0 ? box.Y : 0, (corner & 1) != 0 ? box.X : 0));
            low = Point3.Min(low, p);
            high = Point3.Max(high, p);
        }
        var margin = new Point3(options.MarginZ, options.MarginXy, options.MarginXy);
        low = low - margin - new Point3(0, options.OffsetY, options.OffsetX);
        Point3 extent = high + margin - low;
        AffineTransform shift = new([1, 0, 0, low.Z, 0, 1, 0, low.Y, 0, 0, 1, low.X]);
        DisplacementField? deformation = options.Transform == SimulatedTransform.Deformation && options.DeformationMax > 0
            ? SmoothDeformation.Random(box, options.DeformationMax, options.DeformationSpacing, key, job)
            : null;
        int Count(double length, double spacing, int least) => Math.Max(least, (int)Math.Ceiling(length / spacing) + 1);
        double z = options.FmSpacingZ, xy = options.FmSpacingXy;
        return (new TruthTransform(shift.Then(centred), deformation),
            new Grid(new Size3(Count(extent.Z, z, 2), Count(extent.Y, xy, 8), Count(extent.X, xy, 8)), new Point3(z, xy, xy)));
    }

    /// <summary>R = Rz Ry Rx of right-handed rotations about x, y, z (degrees) for vectors in z, y, x order; 9 numbers, row by row.</summary>
    internal static double[] Rotation(double x, double y, double z)
    {
        (double sx, double cx) = Math.SinCos(x * Math.PI / 180);
        (double sy, double cy) = Math.SinCos(y * Math.PI / 180);
        (double sz, double cz) = Math.SinCos(z * Math.PI / 180);
        // The usual matrix of x, y, z vectors with its rows and columns reversed.
        return
        [
            cy * cx, cy * sx, -sy,
            sz * sy * cx - cz * sx, sz * sy * sx + cz * cx, sz * cy,
            cz * sy * cx + sz * sx, cz * sy * sx - sz * cx, cz * cy,
        ];
    }

    /// <summary>Draws one channel.</summary>
    /// <param name="brightness">The brightness of each id, 0 for what does not show; entry 0 is the background and must be 0.</param>
    /// <param name="falseObjects">Objects drawn in the moving frame.</param>
    /// <param name="key">Chooses background and noise.</param>
    /// <param name="job">Threads, cancellation, progress.</param>
    public Volume<ushort> Render(float[] brightness, IReadOnlyList<FalseObject> falseObjects, ulong key, Job job)
    {
        using var light = new Volume<float>(_grid);
        Gather(brightness, falseObjects, light, job);
        var counts = new Volume<ushort>(_grid);
        try
        {
            Detect(light, counts, key, job);
            return counts;
        }
        catch
        {
            counts.Dispose();
            throw;
        }
    }

    // ---- light: fine slices, blurred and binned in xy, then gathered along z with the axial PSF

    private void Gather(float[] brightness, IReadOnlyList<FalseObject> falseObjects, Volume<float> light, Job job)
    {
        int reach = _axial.Length / 2;
        // Light from above and below the field reaches its first and last slices.
        int first = -reach, count = (_grid.Size.Z - 1) * _fineZ + 1 + 2 * reach;
        using var thin = new Volume<float>(new Grid(new Size3(Chunk, _grid.Size.Y, _grid.Size.X), _grid.Spacing));
        for (int start = 0; start < count; start += Chunk)
        {
            int size = Math.Min(Chunk, count - start), from = first + start;
            job.For(size, () => new Scratch(this), (i, scratch) => RenderThin(from + i, brightness, falseObjects, scratch, thin.Slice(i), job));
            job.For(_grid.Size.Z, z =>
            {
                int centre = z * _fineZ;
                Span<float> sum = light.Slice(z);
                for (int i = 0; i < size; i++)
                {
                    int k = from + i - centre + reach;
                    if (k >= 0 && k < _axial.Length) TensorPrimitives.MultiplyAdd(thin.Slice(i), _axial[k], sum, sum);
                }
            });
            job.Report(0.9 * (start + size) / count);
        }
    }

    private void RenderThin(int k, float[] brightness, IReadOnlyList<FalseObject> falseObjects, Scratch s, Span<float> thin, Job job)
    {
        double z = k * _stepZ;
        Array.Clear(s.Fine);
        bool any = false;
        for (int y = 0; y < _paddedY; y++)
        {
            if (y % 16 == 0) job.ThrowIfCancelled();
            any |= SampleRow(z, Position(y), brightness, s, s.Fine.AsSpan(y * _paddedX, _paddedX));
        }
        foreach (FalseObject f in falseObjects) any |= AddFalseObject(f, z, s.Fine);
        if (!any)
        {
            thin.Clear();
            return;
        }
        BlurAndBin(s, thin, job);
    }

    /// <summary>The position in nm of a fine pixel along y or x.</summary>
    private double Position(int i) => (i - _pad - 0.5 * (_fineXy - 1)) * _stepXy;

    /// <summary>Brightness along a fine row, interpolated linearly between voxels. False where all is dark.</summary>
    private bool SampleRow(double z, double y, float[] brightness, Scratch s, Span<float> row)
    {
        Grid ids = _ids.Grid;
        AffineTransform linear = _truth.Linear;
        Point3 step = linear.Apply(new Point3(z, y, 1)) - linear.Apply(new Point3(z, y, 0));
        Point3 start = linear.Apply(new Point3(z, y, Position(0)));
        (int first, int last) = Crossing(start, _stepXy * step, row.Length);
        if (_truth.Deformation is { } field)
        {
            for (int i = first / DeformationStep; i <= last / DeformationStep + 1; i++)
                s.Nodes[i] = field.At(start + i * DeformationStep * _stepXy * step);
        }
        bool any = false;
        for (int x = first; x <= last; x++)
        {
            Point3 q = start + x * _stepXy * step;
            if (_truth.Deformation is not null)
            {
                Point3 before = s.Nodes[x / DeformationStep], after = s.Nodes[x / DeformationStep + 1];
                q = q + before + (x % DeformationStep / (double)DeformationStep) * (after - before);
            }
            float value = Interpolate(ids.ToIndex(q), brightness);
            row[x] = value;
            any |= value != 0;
        }
        return any;
    }

    /// <summary>The samples of a row, from start in equal steps, that may fall into the box of the ids; the last is before the first if none does.</summary>
    private (int First, int Last) Crossing(Point3 start, Point3 step, int count)
    {
        Grid ids = _ids.Grid;
        Point3 low = ids.ToPhysical(-1, -1, -1), high = ids.ToPhysical(ids.Size.Z, ids.Size.Y, ids.Size.X);
        double first = 0, last = count - 1;
        for (int axis = 0; axis < 3; axis++)
        {
            double from = low[axis] - _largestShift - start[axis], to = high[axis] + _largestShift - start[axis];
            if (Math.Abs(step[axis]) < 1e-9)
            {
                if (from > 0 || to < 0) return (0, -1);
                continue;
            }
            double a = from / step[axis], b = to / step[axis];
            first = Math.Max(first, Math.Min(a, b));
            last = Math.Min(last, Math.Max(a, b));
        }
        return first > last ? (0, -1) : ((int)first, (int)Math.Ceiling(last));
    }

    private unsafe float Interpolate(Point3 u, float[] brightness)
    {
        (int nz, int ny, int nx) = _ids.Grid.Size;
        double fz = Math.Floor(u.Z), fy = Math.Floor(u.Y), fx = Math.Floor(u.X);
        if (!(fz >= -1 && fy >= -1 && fx >= -1 && fz < nz && fy < ny && fx < nx)) return 0;
        int z = (int)fz, y = (int)fy, x = (int)fx;
        float wz = (float)(u.Z - fz), wy = (float)(u.Y - fy), wx = (float)(u.X - fx);
        float sum = 0;
        for (int c = 0; c < 4; c++)
        {
            int cz = z + (c >> 1), cy = y + (c & 1);
            if ((uint)cz >= (uint)nz || (uint)cy >= (uint)ny) continue;
            ushort* p = _ids.Pointer + ((long)cz * ny + cy) * nx;
            float a = x >= 0 ? brightness[p[x]] : 0, b = x + 1 < nx ? brightness[p[x + 1]] : 0;
            sum += (c >> 1 == 0 ? 1 - wz : wz) * ((c & 1) == 0 ? 1 - wy : wy) * (a + wx * (b - a));
        }
        return sum;
    }

    private bool AddFalseObject(FalseObject f, double z, float[] fine)
    {
        double dz = (z - f.Centre.Z) / f.Radii.Z;
        double rest = 1 - dz * dz;
        if (rest <= 0) return false;
        bool any = false;
        (int y0, int y1) = Range(f.Centre.Y, f.Radii.Y * Math.Sqrt(rest), _paddedY);
        for (int y = y0; y <= y1; y++)
        {
            double dy = (Position(y) - f.Centre.Y) / f.Radii.Y;
            double left = rest - dy * dy;
            if (left <= 0) continue;
            (int x0, int x1) = Range(f.Centre.X, f.Radii.X * Math.Sqrt(left), _paddedX);
            for (int x = x0; x <= x1; x++)
            {
                ref float v = ref fine[y * _paddedX + x];
                v = Math.Max(v, (float)f.Brightness);
                any = true;
            }
        }
        return any;

        (int, int) Range(double centre, double reach, int size)
        {
            double middle = centre / _stepXy + _pad + 0.5 * (_fineXy - 1), half = reach / _stepXy;
            return (Math.Max(0, (int)Math.Ceiling(Math.Max(middle - half, 0))), (int)Math.Min(size - 1, Math.Floor(middle + half)));
        }
    }

    /// <summary>Lateral PSF along x, then along y, then the mean over each pixel's fine samples.</summary>
    private void BlurAndBin(Scratch s, Span<float> thin, Job job)
    {
        int width = _paddedX - 2 * _pad, outX = _grid.Size.X;
        float share = 1f / (_fineXy * _fineXy);
        Span<float> blurred = s.Row.AsSpan(0, width);
        for (int y = 0; y < _paddedY; y++)
        {
            if (y % 16 == 0) job.ThrowIfCancelled();
            ReadOnlySpan<float> row = s.Fine.AsSpan(y * _paddedX, _paddedX);
            blurred.Clear();
            if (row.ContainsAnyExcept(0f))
                for (int k = 0; k < _lateral.Length; k++)
                    TensorPrimitives.MultiplyAdd(row.Slice(k, width), _lateral[k], blurred, blurred);
            Span<float> binned = s.Binned.AsSpan(y * outX, outX);
            if (_fineXy == 1) blurred.CopyTo(binned);
            else
                for (int x = 0; x < outX; x++) binned[x] = TensorPrimitives.Sum(blurred.Slice(x * _fineXy, _fineXy));
        }
        for (int y = 0; y < _grid.Size.Y; y++)
        {
            if (y % 16 == 0) job.ThrowIfCancelled();
            Span<float> sum = thin.Slice(y * outX, outX);
            sum.Clear();
            for (int sub = 0; sub < _fineXy; sub++)
                for (int k = 0; k < _lateral.Length; k++)
                    TensorPrimitives.MultiplyAdd(s.Binned.AsSpan((y * _fineXy + sub + k) * outX, outX), share * _lateral[k], sum, sum);
        }
    }

    // ---- counts: out-of-focus light, depth, background, photons, camera

    private void Detect(Volume<float> light, Volume<ushort> counts, ulong key, Job job)
    {
        ClemSimulationOptions o = _options;
        (int depth, int height, int width) = _grid.Size;
        float[] haze = Haze(light, job);
        double fieldSize = Math.Max(height, width) * _grid.Spacing.X;
        var background = new BandNoise(RandomStream.Key(key, 1), Math.Max(2000, fieldSize / 5));
        job.For(depth, () => (Background: background.On(_grid), Row: new float[width]), (z, s) =>
        {
            s.Background.Slice(z);
            double passed = Math.Exp(-z * _grid.Spacing.Z / o.Attenuation);
            ulong slice = RandomStream.Key(RandomStream.Key(key, 2), z);
            for (int y = 0; y < height; y++)
            {
                job.ThrowIfCancelled();
                s.Background.Row(y, s.Row);
                var random = new RandomStream(RandomStream.Key(slice, y));
                ReadOnlySpan<float> lightRow = light.Row(z, y);
                Span<ushort> countRow = counts.Row(z, y);
                for (int x = 0; x < width; x++)
                {
                    double smooth = o.Background * Math.Max(0, 1 + 0.2 * s.Row[x]);
                    double photons = passed * (o.Photons * (lightRow[x] + o.Haze * haze[y * width + x]) + smooth);
                    double value = o.CameraOffset + o.Gain * random.Poisson(photons) + o.ReadNoise * random.Gaussian();
                    countRow[x] = (ushort)Math.Clamp(Math.Round(value), 0, 65535);
                }
            }
        });
    }

    /// <summary>The light of all slices, blurred by 1 um in xy: computed on a coarse grid and interpolated.</summary>
    private float[] Haze(Volume<float> light, Job job)
    {
        const double Sigma = 1000;
        (int depth, int height, int width) = _grid.Size;
        var haze = new float[height * width];
        if (_options.Haze == 0) return haze;
        int bin = Math.Max(1, (int)(Sigma / 4 / _grid.Spacing.X));
        int ny = (height + bin - 1) / bin, nx = (width + bin - 1) / bin;
        var coarse = new float[ny * nx];
        job.For(ny, y =>
        {
            for (int z = 0; z < depth; z++)
            {
                job.ThrowIfCancelled();
                for (int r = y * bin; r < Math.Min(height, (y + 1) * bin); r++)
                {
                    ReadOnlySpan<float> row = light.Row(z, r);
                    for (int x = 0; x < nx; x++)
                        coarse[y * nx + x] += TensorPrimitives.Sum(row[(x * bin)..Math.Min(width, (x + 1) * bin)]) / (bin * bin);
                }
            }
        });
        float[] kernel = Kernel(Sigma / (bin * _grid.Spacing.X));
        int reach = kernel.Length / 2;
        coarse = Convolve(Convolve(coarse, 1, nx), nx, ny);
        job.For(height, y =>
        {
            for (int x = 0; x < width; x++)
            {
                double v = Math.Clamp((y + 0.5) / bin - 0.5, 0, ny - 1), u = Math.Clamp((x + 0.5) / bin - 0.5, 0, nx - 1);
                int iy = Math.Min((int)v, Math.Max(0, ny - 2)), ix = Math.Min((int)u, Math.Max(0, nx - 2));
                float fy = (float)(v - iy), fx = (float)(u - ix);
                int down = ny > 1 ? nx : 0, right = nx > 1 ? 1 : 0, i = iy * nx + ix;
                haze[y * width + x] = (1 - fy) * ((1 - fx) * coarse[i] + fx * coarse[i + right])
                    + fy * ((1 - fx) * coarse[i + down] + fx * coarse[i + down + right]);
            }
        });
        return haze;

        float[] Convolve(float[] from, int stride, int size)
        {
            var to = new float[from.Length];
            for (int i = 0; i < from.Length; i++)
            {
                int at = i / stride % size;
                for (int k = Math.Max(-reach, -at); k <= Math.Min(reach, size - 1 - at); k++) to[i] += kernel[k + reach] * from[i + k * stride];
            }
            return to;
        }
    }

    /// <summary>A Gaussian of <paramref name="sigma"/> samples with sum 1, cut at four sigma.</summary>
    private static float[] Kernel(double sigma)
    {
        int reach = Math.Max(1, (int)Math.Ceiling(4 * sigma));
        var k = new float[2 * reach + 1];
        for (int i = -reach; i <= reach; i++) k[i + reach] = (float)Math.Exp(-0.5 * i * i / (sigma * sigma));
        float sum = TensorPrimitives.Sum(k);
        for (int i = 0; i < k.Length; i++) k[i] /= sum;
        return k;
    }

    private sealed class Scratch(FluorescenceRenderer r)
    {
        public readonly float[] Fine = new float[checked(r._paddedY * r._paddedX)];
        public readonly float[] Binned = new float[checked(r._paddedY * r._grid.Size.X)];
        public readonly float[] Row = new float[r._paddedX];
        public readonly Point3[] Nodes = new Point3[r._paddedX / DeformationStep + 2];
    }
}

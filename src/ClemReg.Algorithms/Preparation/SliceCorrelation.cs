namespace ClemReg.Algorithms.Preparation;

/// <summary>Where two images fit best.</summary>
/// <param name="Dy">How far the second image must be moved along y, pixels.</param>
/// <param name="Dx">And along x.</param>
/// <param name="Correlation">Normalised cross-correlation there, -1 to 1.</param>
/// <param name="AtLimit">The best place is at the edge of the search, so the true one may lie beyond.</param>
internal readonly record struct CorrelationPeak(double Dy, double Dx, double Correlation, bool AtLimit);

/// <summary>
/// Finds the translation between two images of one size by normalised cross-correlation over their overlap (Lewis 1995), with the sums of
/// products from one Fourier transform, padded so that nothing wraps around, and the peak to a fraction of a pixel.
/// </summary>
/// <remarks>
/// Images are expected band-passed, so that their mean over any overlap is 0 to a good approximation; the energies are those of the overlap. The peak is
/// that of a paraboloid through the 3 x 3 correlations around the largest. Pairs of images are transformed together, one as the real part.
/// </remarks>
internal sealed unsafe class SliceCorrelation : IDisposable
{
    private readonly int _height;
    private readonly int _width;
    private readonly int _radius;
    private readonly Fft2 _fft;
    private readonly double[] _energyFixed;
    private readonly double[] _energyMoving;
    private readonly float[] _ncc;

    /// <summary>Takes the memory for images of one size.</summary>
    /// <param name="height">Pixels along y.</param>
    /// <param name="width">Pixels along x.</param>
    /// <param name="radius">The largest shift along each axis that is looked for, pixels; at most half of the image is tried.</param>
    public SliceCorrelation(int height, int width, int radius)
    {
        (_height, _width) = (height, width);
        _radius = Math.Clamp(radius, 1, Math.Max(1, Math.Min(height, width) / 2));
        _fft = new Fft2(Fft2.SizeFor(height + _radius), Fft2.SizeFor(width + _radius));
        _energyFixed = new double[(height + 1) * (width + 1)];
        _energyMoving = new double[(height + 1) * (width + 1)];
        _ncc = new float[(2 * _radius + 1) * (2 * _radius + 1)];
    }

    /// <summary>The best place of <paramref name="moving"/> on <paramref name="target"/>.</summary>
    /// <param name="target">height x width pixels, row by row; 0 where there is nothing.</param>
    /// <param name="moving">Likewise.</param>
    /// <param name="job">Threads and cancellation.</param>
    public CorrelationPeak Find(ReadOnlySpan<float> target, ReadOnlySpan<float> moving, Job job)
    {
        Multiply(target, moving, job);
        Integrate(target, _energyFixed);
        Integrate(moving, _energyMoving);
        int n = 2 * _radius + 1, best = 0;
        float scale = 1f / ((float)_fft.Height * _fft.Width);
        double all = Math.Sqrt(Box(_energyFixed, 0, 0, _height, _width) * Box(_energyMoving, 0, 0, _height, _width));
        for (int dy = -_radius; dy <= _radius; dy++)
            for (int dx = -_radius; dx <= _radius; dx++)
            {
                (int top, int left) = (Math.Max(0, dy), Math.Max(0, dx));
                (int bottom, int right) = (Math.Min(_height, _height + dy), Math.Min(_width, _width + dx));
                double energy = Math.Sqrt(Box(_energyFixed, top, left, bottom, right) * Box(_energyMoving, top - dy, left - dx, bottom - dy, right - dx));
                long at = (long)((dy + _fft.Height) % _fft.Height) * _fft.Width + (dx + _fft.Width) % _fft.Width;
                int i = (dy + _radius) * n + dx + _radius;
                // An overlap with hardly anything in it correlates by chance.
                _ncc[i] = energy > 0.05 * all && energy > 0 ? (float)(_fft.Real[at] * scale / energy) : -1;
                if (_ncc[i] > _ncc[best]) best = i;
            }
        return Peak(best);
    }

    /// <inheritdoc/>
    public void Dispose() => _fft.Dispose();

    /// <summary>The products' sums for all shifts: the inverse transform of F conj(G).</summary>
    private void Multiply(ReadOnlySpan<float> target, ReadOnlySpan<float> moving, Job job)
    {
        (int rows, int columns) = (_fft.Height, _fft.Width);
        new Span<float>(_fft.Real, rows * columns).Clear();
        new Span<float>(_fft.Imaginary, rows * columns).Clear();
        for (int y = 0; y < _height; y++)
        {
            target.Slice(y * _width, _width).CopyTo(new Span<float>(_fft.Real + (long)y * columns, _width));
            moving.Slice(y * _width, _width).CopyTo(new Span<float>(_fft.Imaginary + (long)y * columns, _width));
        }
        _fft.Forward(job);
        // With Z the spectrum of f + i g: F = (Z(k) + conj Z(-k)) / 2 and G = (Z(k) - conj Z(-k)) / 2i. The spectrum is transposed.
        float* re = _fft.SpectrumReal, im = _fft.SpectrumImaginary;
        job.For(columns / 2 + 1, kx =>
        {
            int otherX = (columns - kx) % columns;
            for (int ky = 0; ky < rows; ky++)
            {
                int otherY = (rows - ky) % rows;
                if (kx == otherX && otherY < ky) continue;
                long p = (long)kx * rows + ky, q = (long)otherX * rows + otherY;
                (float a, float b, float c, float d) = (re[p], im[p], re[q], im[q]);
                (float fr, float fi) = ((a + c) / 2, (b - d) / 2);
                (float gr, float gi) = ((b + d) / 2, (c - a) / 2);
                (float real, float imaginary) = (fr * gr + fi * gi, fi * gr - fr * gi);
                (re[p], im[p]) = (real, imaginary);
                (re[q], im[q]) = (real, -imaginary);
            }
        });
        _fft.Inverse(job);
    }

    private void Integrate(ReadOnlySpan<float> image, double[] sums)
    {
        int stride = _width + 1;
        for (int y = 0; y < _height; y++)
        {
            double row = 0;
            for (int x = 0; x < _width; x++)
            {
                double v = image[y * _width + x];
                row += v * v;
                sums[(y + 1) * stride + x + 1] = sums[y * stride + x + 1] + row;
            }
        }
    }

    private double Box(double[] sums, int top, int left, int bottom, int right)
    {
        int stride = _width + 1;
        return Math.Max(0, sums[bottom * stride + right] - sums[top * stride + right] - sums[bottom * stride + left] + sums[top * stride + left]);
    }

    private CorrelationPeak Peak(int best)
    {
        int n = 2 * _radius + 1;
        (int y, int x) = Math.DivRem(best, n);
        if (y == 0 || x == 0 || y == n - 1 || x == n - 1) return new CorrelationPeak(y - _radius, x - _radius, _ncc[best], true);
        // The paraboloid that is nearest to the nine values in the least squares sense.
        double sy = 0, sx = 0, syy = 0, sxx = 0, sxy = 0, s = 0;
        for (int j = -1; j <= 1; j++)
            for (int i = -1; i <= 1; i++)
            {
                double v = _ncc[best + j * n + i];
                (s, sy, sx) = (s + v, sy + j * v, sx + i * v);
                (syy, sxx, sxy) = (syy + j * j * v, sxx + i * i * v, sxy + i * j * v);
            }
        double by = sy / 6, bx = sx / 6, ayy = syy / 2 - s / 3, axx = sxx / 2 - s / 3, axy = sxy / 4;
        double det = 4 * ayy * axx - axy * axy, dy = 0, dx = 0;
        if (ayy < 0 && axx < 0 && det > 0)
            (dy, dx) = (Math.Clamp((axy * bx - 2 * axx * by) / det, -1, 1), Math.Clamp((axy * by - 2 * ayy * bx) / det, -1, 1));
        return new CorrelationPeak(y - _radius + dy, x - _radius + dx, _ncc[best], false);
    }
}

using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.PointClouds;

/// <summary>
/// Canny's edges of a binary slice (Canny 1986, "A computational approach to edge detection"), pixel for pixel as
/// scikit-image's <c>feature.canny</c> finds them in a boolean image with its default thresholds. One object serves one thread and
/// any number of slices of one size.
/// </summary>
/// <remarks>
/// <para>The steps: Gaussian smoothing with zeros outside the slice, divided by the smoothed slice of ones (so that the border does
/// not fade); Sobel gradients; of the pixels whose gradient is at least 0.1 those that are not smaller than the gradient
/// interpolated on either side along the gradient's direction; of these the 8-connected pieces that reach 0.2 somewhere. The
/// outermost pixels of the slice are never edges.</para>
/// <para>Whether an edge is one or two pixels thick is decided by the last bit of the gradient, so the arithmetic is double
/// precision in the order of SciPy's, the hypotenuse included. Only the surroundings of a change between foreground and background
/// are computed, because elsewhere the gradient is zero: the cost follows the length of the outlines.</para>
/// </remarks>
public sealed unsafe class CannyEdges : IDisposable
{
    private const double LowThreshold = 0.1;
    private const double HighThreshold = 0.2;

    // Gradients are needed one pixel around the candidates, smoothed pixels one further.
    private const int Rim = 2;

    // Runs closer than this are computed as one.
    private const int MergeGap = 16;

    private const double MachineEpsilon = 1.0 / (1L << 52);

    private const int RowsBetweenCancellationChecks = 64;

    private readonly int _height;
    private readonly int _width;
    private readonly int _words;
    private readonly int _radius;
    private readonly double[] _weights;
    private readonly NativeBuffer _buffer;
    private readonly double* _zeros;
    private readonly double* _columnSmoothed;
    private readonly double*[] _border;
    private readonly Ring _mask;
    private readonly Ring _smoothed;
    private readonly Ring _gradientY;
    private readonly Ring _gradientX;
    private readonly Ring _magnitude;
    private readonly ulong[] _candidates;
    private readonly ulong[] _low;
    private readonly ulong[] _anyRow;
    private readonly ulong[] _allRow;
    private readonly int[] _unpackedRow;
    private readonly List<(int From, int To)>[] _runs = [[], [], []];
    private int[] _stack = new int[1024];
    private int _stackCount;

    /// <summary>Prepares for slices of one size.</summary>
    /// <param name="height">Rows, at least 1.</param>
    /// <param name="width">Pixels of a row, at least 1.</param>
    /// <param name="sigma">Standard deviation of the Gaussian in pixels, 0 to <see cref="MaxSigma"/>.</param>
    /// <exception cref="BadInputException">point_cloud_sigma is out of range.</exception>
    public CannyEdges(int height, int width, double sigma)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(height, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 1);
        CheckSigma(sigma);
        _height = height;
        _width = width;
        _words = (width + 63) / 64;
        _weights = GaussianWeights(sigma);
        _radius = _weights.Length - 1;
        _candidates = new ulong[height * _words];
        _low = new ulong[height * _words];
        _anyRow = new ulong[_words];
        _allRow = new ulong[_words];
        _unpackedRow = new int[2 * _radius + 1];

        // Vectors run over the end of a run by up to a vector; the smoothing reads `radius` pixels around. The pads take both.
        int pad = (_radius + Vector<double>.Count + 7) / 8 * 8;
        int stride = 2 * pad + _words * 64;
        int borderRows = Math.Min(height, 2 * _radius + 1);
        int rows = 2 + borderRows + (2 * _radius + 1) + 4 * 3;
        _buffer = new NativeBuffer((long)rows * stride * sizeof(double));
        double* next = (double*)_buffer.Pointer + pad;
        double* Take(int count)
        {
            double* row = next;
            next += (long)count * stride;
            return row;
        }
        _zeros = Take(1);
        _columnSmoothed = Take(1);
        _border = new double*[borderRows];
        for (int i = 0; i < borderRows; i++) _border[i] = Take(1);
        _mask = new Ring(Take(2 * _radius + 1), stride, 2 * _radius + 1);
        _smoothed = new Ring(Take(3), stride, 3);
        _gradientY = new Ring(Take(3), stride, 3);
        _gradientX = new Ring(Take(3), stride, 3);
        _magnitude = new Ring(Take(3), stride, 3);
        FillBorder(stride - pad);
    }

    /// <summary>The largest standard deviation: 15 pixels.</summary>
    public static double MaxSigma => 15;

    internal static void CheckSigma(double sigma)
    {
        if (!(sigma >= 0 && sigma <= MaxSigma))
            throw BadInputException.ForParameter("point_cloud_sigma", sigma, $"0 to {MaxSigma} voxels", "The usual value is 1.0.");
    }

    /// <summary>Finds the edges of one slice.</summary>
    /// <param name="slice">height rows of (width + 63) / 64 words; bit x % 64 of word x / 64 of a row is pixel x. The bits beyond the
    /// row's end must be 0, as in <see cref="BitVolume.SliceWords"/>.</param>
    /// <param name="edges">Receives the edges in the same layout.</param>
    /// <param name="job">Cancels the work.</param>
    /// <returns>The number of edge pixels.</returns>
    /// <exception cref="OperationCanceledException">The job was cancelled.</exception>
    public int Find(ReadOnlySpan<ulong> slice, Span<ulong> edges, Job job)
    {
        if (slice.Length != _height * _words) throw new ArgumentException("the slice has another size", nameof(slice));
        if (edges.Length != slice.Length) throw new ArgumentException("the edges have another size than the slice", nameof(edges));
        edges.Clear();
        if (!FindCandidates(slice, job)) return 0;

        Array.Fill(_unpackedRow, -1);
        Array.Clear(_low);
        _stackCount = 0;
        // Row t is smoothed, then the gradient of the row above it can be taken, then the maxima of the row above that.
        for (int t = 0; t < _height + 2; t++)
        {
            if (t % RowsBetweenCancellationChecks == 0) job.ThrowIfCancelled();
            if (t < _height) Smooth(slice, t);
            if (t >= 1 && t - 1 < _height) TakeGradient(t - 1);
            if (t >= 3 && t - 2 < _height - 1) FindMaxima(t - 2);
        }
        return KeepConnected(edges, job);
    }

    /// <summary>The pixels that are set, as y * width + x in ascending order: the scan order (y, x).</summary>
    /// <param name="words">height rows of (width + 63) / 64 words.</param>
    /// <param name="width">Pixels of a row.</param>
    /// <param name="count">How many are set.</param>
    public static int[] PixelsInScanOrder(ReadOnlySpan<ulong> words, int width, int count)
    {
        var pixels = new int[count];
        int wordsPerRow = (width + 63) / 64;
        int n = 0;
        for (int i = 0; i < words.Length; i++)
            for (ulong bits = words[i]; bits != 0; bits &= bits - 1)
                pixels[n++] = i / wordsPerRow * width + i % wordsPerRow * 64 + BitOperations.TrailingZeroCount(bits);
        return pixels;
    }

    /// <summary>Releases the buffers.</summary>
    public void Dispose() => _buffer.Dispose();

    // The right half of SciPy's Gaussian: exp(-x^2 / (2 sigma^2)) over its sum, radius int(4 sigma + 0.5).
    private static double[] GaussianWeights(double sigma)
    {
        int radius = (int)(4 * sigma + 0.5);
        if (radius == 0) return [1];
        double factor = -0.5 / (sigma * sigma);
        var full = new double[2 * radius + 1];
        for (int i = 0; i < full.Length; i++) full[i] = Math.Exp(factor * ((i - radius) * (i - radius)));

        // NumPy's order of summation for 8 to 128 numbers: eight interleaved sums, then the rest. Shorter arrays go one by one.
        double sum = 0;
        int done = 0;
        if (full.Length >= 8)
        {
            Span<double> part = stackalloc double[8];
            for (; done + 8 <= full.Length; done += 8)
                for (int i = 0; i < 8; i++)
                    part[i] += full[done + i];
            sum = ((part[0] + part[1]) + (part[2] + part[3])) + ((part[4] + part[5]) + (part[6] + part[7]));
        }
        for (; done < full.Length; done++) sum += full[done];

        var half = new double[radius + 1];
        for (int i = 0; i <= radius; i++) half[i] = full[radius + i] / sum;
        return half;
    }

    // The smoothed slice of ones plus the machine epsilon: one row for each distance from the upper and lower border.
    private void FillBorder(int end)
    {
        double Smoothed(double value, int position, int length)
        {
            double sum = value * _weights[0];
            for (int j = _radius; j > 0; j--)
                sum += ((position - j >= 0 ? value : 0) + (position + j < length ? value : 0)) * _weights[j];
            return sum;
        }

        for (int i = 0; i < _border.Length; i++)
        {
            int y = i <= _radius || _height <= 2 * _radius ? i : _height - _border.Length + i;
            double column = Smoothed(1, y, _height);
            for (int x = 0; x < end; x++)
                _border[i][x] = x < _width ? Smoothed(column, x, _width) + MachineEpsilon : 1;
        }
    }

    private double* BorderRow(int y)
    {
        if (_height <= 2 * _radius) return _border[y];
        return _border[y < _radius ? y : y >= _height - _radius ? _border.Length - (_height - y) : _radius];
    }

    // Candidates see both foreground and background within the reach of smoothing and Sobel; any other gradient is zero.
    private bool FindCandidates(ReadOnlySpan<ulong> slice, Job job)
    {
        int reach = _radius + 1;
        ulong lastWord = ulong.MaxValue >> (_words * 64 - _width);
        bool found = false;
        for (int y = 0; y < _height; y++)
        {
            if (y % RowsBetweenCancellationChecks == 0) job.ThrowIfCancelled();
            Span<ulong> row = _candidates.AsSpan(y * _words, _words);
            row.Clear();
            if (!CombineRows(slice, Math.Max(0, y - reach), Math.Min(_height - 1, y + reach))) continue;

            _allRow[_words - 1] |= ~lastWord;
            for (int w = 0; w < _words; w++)
            {
                ulong any = _anyRow[w], all = _allRow[w];
                ulong anyBefore = w > 0 ? _anyRow[w - 1] : 0, anyAfter = w + 1 < _words ? _anyRow[w + 1] : 0;
                ulong allBefore = w > 0 ? _allRow[w - 1] : ~0UL, allAfter = w + 1 < _words ? _allRow[w + 1] : ~0UL;
                if ((any | anyBefore | anyAfter) == 0 || (all & allBefore & allAfter) == ~0UL) continue;
                ulong someSet = any, allSet = all;
                for (int d = 1; d <= reach; d++)
                {
                    someSet |= any << d | anyBefore >> (64 - d) | any >> d | anyAfter << (64 - d);
                    allSet &= (all << d | allBefore >> (64 - d)) & (all >> d | allAfter << (64 - d));
                }
                row[w] = someSet & ~allSet & (w == _words - 1 ? lastWord : ~0UL);
                found |= row[w] != 0;
            }
        }
        return found;
    }

    // Any and all of the rows from..to, column by column. False when they are empty.
    private bool CombineRows(ReadOnlySpan<ulong> slice, int from, int to)
    {
        ulong found = 0;
        int w = 0;
        fixed (ulong* words = slice, anyRow = _anyRow, allRow = _allRow)
        {
            Vector<ulong> foundMany = Vector<ulong>.Zero;
            for (; w + Vector<ulong>.Count <= _words; w += Vector<ulong>.Count)
            {
                Vector<ulong> any = Vector<ulong>.Zero, all = Vector<ulong>.AllBitsSet;
                for (int y = from; y <= to; y++)
                {
                    Vector<ulong> v = Vector.Load(words + y * _words + w);
                    any |= v;
                    all &= v;
                }
                any.Store(anyRow + w);
                all.Store(allRow + w);
                foundMany |= any;
            }
            for (int i = 0; i < Vector<ulong>.Count; i++) found |= foundMany[i];
            for (; w < _words; w++)
            {
                ulong any = 0, all = ~0UL;
                for (int y = from; y <= to; y++)
                {
                    any |= words[y * _words + w];
                    all &= words[y * _words + w];
                }
                anyRow[w] = any;
                allRow[w] = all;
                found |= any;
            }
        }
        return found != 0;
    }

    // The stretches of row y whose smoothed pixels and gradients some candidate needs.
    private void CollectRuns(int y, List<(int From, int To)> runs)
    {
        runs.Clear();
        int first = Math.Max(0, y - Rim), last = Math.Min(_height - 1, y + Rim);
        int from = -1, to = -1;
        for (int w = 0; w < _words; w++)
        {
            ulong bits = 0;
            for (int i = first; i <= last; i++) bits |= _candidates[i * _words + w];
            while (bits != 0)
            {
                int start = BitOperations.TrailingZeroCount(bits);
                int length = BitOperations.TrailingZeroCount(~(bits >> start));
                if (from >= 0 && w * 64 + start - to > MergeGap)
                {
                    runs.Add((Math.Max(0, from - Rim), Math.Min(_width, to + Rim)));
                    from = -1;
                }
                if (from < 0) from = w * 64 + start;
                to = w * 64 + start + length;
                if (start + length >= 64) break;
                bits &= ulong.MaxValue << (start + length);
            }
        }
        if (from >= 0) runs.Add((Math.Max(0, from - Rim), Math.Min(_width, to + Rim)));
    }

    private void Smooth(ReadOnlySpan<ulong> slice, int y)
    {
        List<(int From, int To)> runs = _runs[y % 3];
        CollectRuns(y, runs);
        if (runs.Count == 0) return;

        int radius = _radius;
        double** above = stackalloc double*[radius + 1];
        double** below = stackalloc double*[radius + 1];
        for (int j = 0; j <= radius; j++)
        {
            above[j] = MaskRow(slice, y - j);
            below[j] = MaskRow(slice, y + j);
        }
        double* centre = above[0];
        double* columns = _columnSmoothed;
        double* border = BorderRow(y);
        double* smoothed = _smoothed[y];
        fixed (double* weights = _weights)
        {
            foreach ((int from, int to) in runs)
            {
                int end = Math.Min(_width, to + radius);
                for (int x = Math.Max(0, from - radius); x < end; x += Vector<double>.Count)
                {
                    Vector<double> sum = Vector.Load(centre + x) * weights[0];
                    for (int j = radius; j > 0; j--)
                        sum += (Vector.Load(above[j] + x) + Vector.Load(below[j] + x)) * weights[j];
                    sum.Store(columns + x);
                }
                for (int x = from; x < to; x += Vector<double>.Count)
                {
                    double* here = columns + x;
                    Vector<double> sum = Vector.Load(here) * weights[0];
                    for (int j = radius; j > 0; j--)
                        sum += (Vector.Load(here - j) + Vector.Load(here + j)) * weights[j];
                    (sum / Vector.Load(border + x)).Store(smoothed + x);
                }
            }
        }
        // Sobel mirrors at the border.
        smoothed[-1] = smoothed[0];
        smoothed[_width] = smoothed[_width - 1];
    }

    // A row of the mask as 0.0 and 1.0; rows outside the slice are 0.
    private double* MaskRow(ReadOnlySpan<ulong> slice, int y)
    {
        if (y < 0 || y >= _height) return _zeros;
        double* row = _mask[y];
        ref int held = ref _unpackedRow[y % _unpackedRow.Length];
        if (held == y) return row;
        held = y;
        ReadOnlySpan<ulong> words = slice.Slice(y * _words, _words);
        for (int w = 0; w < words.Length; w++)
        {
            double* to = row + w * 64;
            ulong bits = words[w];
            if (bits == 0)
            {
                new Span<double>(to, 64).Clear();
                continue;
            }
            for (int i = 0; i < 64; i += 4, bits >>= 4) NibbleOnes(bits).Store(to + i);
        }
        return row;
    }

    // The low four bits as 0.0 and 1.0.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<double> NibbleOnes(ulong bits)
    {
        Vector256<ulong> which = Vector256.Create(1UL, 2UL, 4UL, 8UL);
        return Vector256.Equals(Vector256.Create(bits) & which, which).AsDouble() & Vector256.Create(1.0);
    }

    private void TakeGradient(int y)
    {
        List<(int From, int To)> runs = _runs[y % 3];
        if (runs.Count == 0) return;
        double* here = _smoothed[y];
        double* above = y > 0 ? _smoothed[y - 1] : here;
        double* below = y + 1 < _height ? _smoothed[y + 1] : here;
        double* gradientY = _gradientY[y];
        double* gradientX = _gradientX[y];
        double* magnitude = _magnitude[y];
        var two = new Vector<double>(2);
        foreach ((int from, int to) in runs)
        {
            for (int x = from; x < to; x += Vector<double>.Count)
            {
                Vector<double> aboveLeft = Vector.Load(above + x - 1), aboveRight = Vector.Load(above + x + 1);
                Vector<double> belowLeft = Vector.Load(below + x - 1), belowRight = Vector.Load(below + x + 1);
                Vector<double> gx = (Vector.Load(here + x + 1) - Vector.Load(here + x - 1)) * two
                    + ((aboveRight - aboveLeft) + (belowRight - belowLeft));
                Vector<double> gy = (Vector.Load(below + x) - Vector.Load(above + x)) * two
                    + ((belowLeft - aboveLeft) + (belowRight - aboveRight));
                gx.Store(gradientX + x);
                gy.Store(gradientY + x);
                Hypotenuse(Vector.Abs(gy), Vector.Abs(gx)).Store(magnitude + x);
            }
        }
    }

    /// <summary>
    /// sqrt(a^2 + b^2) of numbers that are not negative, rounded correctly but for rare cases: the corrected square root of
    /// C. F. Borges, "An improved algorithm for hypot(a, b)" (2019), which the C library behind NumPy uses too.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Vector<double> Hypotenuse(Vector<double> a, Vector<double> b)
    {
        var two = new Vector<double>(2);
        Vector<double> large = Vector.Max(a, b), small = Vector.Min(a, b);
        Vector<double> root = Vector.SquareRoot(large * large + small * small);

        // root^2 - large^2 - small^2, written so that little is lost when the two are of similar size and when they are not.
        Vector<double> overSmall = root - small, overLarge = root - large;
        Vector<double> similar = large * (two * overSmall - large) + (overSmall - two * (large - small)) * overSmall;
        Vector<double> different = two * overLarge * (large - two * small)
            + ((new Vector<double>(4) * overLarge - small) * small + overLarge * overLarge);
        Vector<double> excess = Vector.ConditionalSelect(Vector.LessThanOrEqual(root, two * small), similar, different);
        Vector<double> corrected = root - excess / (two * root);
        Vector<long> negligible = Vector.LessThanOrEqual(small, large * new Vector<double>(1.0 / (1L << 54)));
        return Vector.ConditionalSelect(negligible, large + small, corrected);
    }

    // Marks the pixels of row y that are at least LowThreshold and not below their neighbours across the edge.
    private void FindMaxima(int y)
    {
        double* here = _magnitude[y];
        double* above = _magnitude[y - 1];
        double* below = _magnitude[y + 1];
        double* gradientY = _gradientY[y];
        double* gradientX = _gradientX[y];
        for (int w = 0; w < _words; w++)
        {
            ulong low = 0;
            for (ulong bits = _candidates[y * _words + w]; bits != 0; bits &= bits - 1)
            {
                int bit = BitOperations.TrailingZeroCount(bits);
                int x = w * 64 + bit;
                double m = here[x];
                if (m < LowThreshold || x == 0 || x == _width - 1) continue;
                if (!IsMaximum(above + x, here + x, below + x, gradientY[x], gradientX[x])) continue;
                low |= 1UL << bit;
                if (m >= HighThreshold) Push(y * _width + x);
            }
            _low[y * _words + w] = low;
        }
    }

    // The neighbours along the gradient are interpolated between the straight and the diagonal one. A gradient on the boundary of
    // two sectors counts for the one that scikit-image treats last.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool IsMaximum(double* above, double* here, double* below, double gy, double gx)
    {
        double ay = Math.Abs(gy), ax = Math.Abs(gx);
        bool opposite = (gy <= 0 && gx >= 0) || (gy >= 0 && gx <= 0);
        bool steep = opposite ? ay >= ax : ay > ax;
        double w = steep ? ax / ay : ay / ax;
        (double straight, double straightBack) = steep
            ? opposite ? (*above, *below) : (*below, *above)
            : (here[1], here[-1]);
        (double diagonal, double diagonalBack) = opposite ? (above[1], below[-1]) : (below[1], above[-1]);
        return diagonal * w + straight * (1 - w) <= *here && diagonalBack * w + straightBack * (1 - w) <= *here;
    }

    // Hysteresis: takes the pieces of the low pixels that contain a pixel of the stack.
    private int KeepConnected(Span<ulong> edges, Job job)
    {
        int count = 0;
        int seeds = _stackCount;
        for (int s = 0; s < seeds; s++)
        {
            int seed = _stack[s];
            _stackCount = seeds;
            if (Claim(edges, seed / _width, seed % _width)) count++;
            while (_stackCount > seeds)
            {
                int pixel = _stack[--_stackCount];
                int y = pixel / _width, x = pixel % _width;
                for (int ny = y - 1; ny <= y + 1; ny++)
                    for (int nx = x - 1; nx <= x + 1; nx++)
                        if (Claim(edges, ny, nx))
                            if ((++count & 0xFFFF) == 0) job.ThrowIfCancelled();
            }
        }
        return count;
    }

    // Moves a low pixel to the edges. Low pixels never touch the border, so their neighbours are inside.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool Claim(Span<ulong> edges, int y, int x)
    {
        int word = y * _words + (x >> 6);
        ulong bit = 1UL << (x & 63);
        if ((_low[word] & bit) == 0) return false;
        _low[word] &= ~bit;
        edges[word] |= bit;
        Push(y * _width + x);
        return true;
    }

    private void Push(int pixel)
    {
        if (_stackCount == _stack.Length) Array.Resize(ref _stack, 2 * _stackCount);
        _stack[_stackCount++] = pixel;
    }

    // Rows that are reused in turn.
    private readonly struct Ring(double* first, int stride, int count)
    {
        public double* this[int y] => first + (long)(y % count) * stride;
    }
}

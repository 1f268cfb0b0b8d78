using System.Globalization;
using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using ClemReg.Algorithms.Filters;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Preparation;

/// <summary>How slices are aligned.</summary>
public sealed record AlignOptions
{
    /// <summary>Aligns each slice to the one before it first.</summary>
    public bool Chain { get; init; } = true;

    /// <summary>Aligns each slice to the median of its neighbourhood (after the chain, where there is one).</summary>
    public bool Template { get; init; } = true;

    /// <summary>The largest shift between neighbouring slices, pixels of the image.</summary>
    public int SearchRadius { get; init; } = 50;

    /// <summary>Slices whose median is the template, odd, 3 or more.</summary>
    public int MedianSlices { get; init; } = 7;

    /// <summary>The largest turn between neighbouring slices, degrees; 0 finds shifts only.</summary>
    public double MaximumRotation { get; init; }

    /// <summary>Pixels of the image that make one for the search; 0 chooses such that the longer side has at most 1024.</summary>
    public int Reduction { get; init; }

    /// <summary>A slice that fits worse than this is not believed and takes the shift of its neighbours.</summary>
    public double MinimumCorrelation { get; init; } = 0.1;

    /// <summary>Applies the steady drift over the stack too. Otherwise only what deviates from a straight line is corrected.</summary>
    public bool RemoveTrend { get; init; }
}

/// <summary>The result of an alignment.</summary>
/// <param name="Shifts">How each slice is to be moved.</param>
/// <param name="Correlations">How well each slice fitted, NaN for those that were not believed.</param>
/// <param name="Trend">The steady drift, per slice, that the slices showed: nm and degrees.</param>
public sealed record SliceAlignment(SliceShifts Shifts, IReadOnlyList<double> Correlations, SliceShift Trend);

/// <summary>
/// Finds how the slices of a stack are shifted within their planes: each against the one before by normalised cross-correlation, and then each against
/// the median of its aligned neighbours (alignment to median-smoothed template, AMST: Hennies et al., Sci Rep 10:2004, 2020).
/// </summary>
/// <remarks>
/// <para>Slices are reduced (mean) and band-passed by a difference of Gaussians of 1 and 8 reduced pixels, so that brightness and shading do not count.
/// The stack is read once for the chain and once for the template, in order; a window of reduced slices is held.</para>
/// <para>Structures that run obliquely look like drift. What a chain sums up is therefore corrected only as far as it deviates from a straight line
/// over the stack unless <see cref="AlignOptions.RemoveTrend"/> is set; slow bends of real structures are straightened all the same, as by any alignment
/// of neighbours. Without the chain only jitter shorter than the template's window is removed.</para>
/// <para>Blank slices, and those that fit nowhere, take a shift between those of their neighbours. After three in a row the chain begins anew
/// where it stood.</para>
/// <para>Differences to the paper: translation (or a rigid map from the shifts of 2 x 2 to 4 x 4 blocks) by cross-correlation in place of elastix, and the chain in
/// place of SIFT.</para>
/// </remarks>
public static class SliceAligner
{
    private const double FineSigma = 1, CoarseSigma = 8;
    private const int LongestSide = 1024;
    private const int MostMisses = 3;
    private const int TemplateRadius = 16;

    /// <summary>Finds the shifts.</summary>
    /// <param name="source">The stack; its slices are read in order, twice.</param>
    /// <param name="options">How.</param>
    /// <param name="job">The work.</param>
    /// <exception cref="BadInputException">An option is out of range, or no two slices can be compared.</exception>
    public static SliceAlignment Align(ISliceSource source, AlignOptions options, Job job)
    {
        Size3 size = source.Grid.Size;
        if (options.MedianSlices < 3 || options.MedianSlices % 2 == 0)
            throw BadInputException.ForParameter("align_median_slices", options.MedianSlices, "an odd number from 3 on");
        int reduction = options.Reduction > 0 ? options.Reduction : Math.Max(1, (Math.Max(size.Y, size.X) + LongestSide - 1) / LongestSide);
        if (Math.Min(size.Y, size.X) / reduction < 32)
            throw BadInputException.ForParameter("align_reduction", reduction, $"such that 32 pixels remain along y and x, where the image has {size.Y} and {size.X}", "Take 1.");
        using BinnedSource? reduced = reduction > 1 ? new BinnedSource(source, (1, reduction, reduction), false, job) : null;
        using var filtered = new BandPassSource(reduced ?? source, job);
        using var matcher = new Matcher(filtered.Grid, Math.Max(2, (options.SearchRadius + reduction - 1) / reduction), options.MaximumRotation);
        var shifts = new SliceShift[size.Z];
        var correlations = new double[size.Z];
        SliceShift trend = default;
        if (options.Chain)
        {
            double end = options.Template ? 0.5 : 1;
            job.Run("align_chain", 0, end, part => Chain(filtered, matcher, options, shifts, correlations, part));
            trend = Flatten(shifts, correlations, options.RemoveTrend);
        }
        if (options.Template)
        {
            using Matcher? near = options.Chain ? new Matcher(filtered.Grid, Math.Min(TemplateRadius, Math.Max(2, options.SearchRadius)), options.MaximumRotation) : null;
            job.Run("align_template", options.Chain ? 0.5 : 0, 1, part => Template(filtered, near ?? matcher, options, shifts, correlations, part));
        }
        if (correlations.All(double.IsNaN))
            throw new BadInputException("No two slices of the stack fit together, so it cannot be aligned. Are its slices blank? Otherwise raise align_search_radius or lower align_minimum_correlation.");
        Fill(shifts, correlations);
        Tell(shifts, correlations, job);
        return new SliceAlignment(new SliceShifts(shifts), correlations, trend);
    }

    private static bool Chain(BandPassSource slices, Matcher matcher, AlignOptions options, SliceShift[] shifts, double[] correlations, Job job)
    {
        int count = slices.Grid.Size.SliceCount, misses = 0, last = -1;
        float[] before = new float[count], slice = new float[count];
        double energy = 0;
        for (int z = 0; z < shifts.Length; z++)
        {
            job.ThrowIfCancelled();
            slices.ReadSlice(z, MemoryMarshal.AsBytes(slice.AsSpan()));
            double own = Energy(slice);
            correlations[z] = double.NaN;
            if (own > 0.01 * energy && own > 0)
            {
                Match match = last < 0 ? new Match(default, 1, true) : matcher.Find(before, slice, options.MinimumCorrelation, job);
                if (!match.Good && ++misses >= MostMisses)
                {
                    job.Warn(string.Create(CultureInfo.InvariantCulture,
                        $"Slice {z + 1} and those before it fit none of the slices before them; the stack is taken to go on without a shift there."));
                    match = new Match(default, match.Correlation, true);
                }
                if (match.Good)
                {
                    shifts[z] = last < 0 ? default : match.Shift.Then(shifts[last]);
                    correlations[z] = match.Correlation;
                    (before, slice, last, energy, misses) = (slice, before, z, own, 0);
                }
            }
            job.Report((z + 1.0) / shifts.Length);
        }
        return true;
    }

    private static bool Template(BandPassSource slices, Matcher matcher, AlignOptions options, SliceShift[] shifts, double[] correlations, Job job)
    {
        int depth = shifts.Length, count = slices.Grid.Size.SliceCount, half = options.MedianSlices / 2;
        bool[] usable = new bool[depth];
        if (options.Chain) for (int z = 0; z < depth; z++) usable[z] = !double.IsNaN(correlations[z]);
        SliceShift[] start = [.. shifts];
        var moved = new AlignedSource(slices, new SliceShifts(start), false, job);
        float[][] ring = [.. Enumerable.Range(0, Math.Min(depth, options.MedianSlices)).Select(_ => new float[count])];
        var template = new float[count];
        int read = 0;
        double energy = 0;
        for (int z = 0; z < depth; z++)
        {
            for (; read <= Math.Min(depth - 1, z + half); read++)
            {
                job.ThrowIfCancelled();
                float[] place = ring[read % ring.Length];
                moved.ReadSlice(read, MemoryMarshal.AsBytes(place.AsSpan()));
                if (options.Chain) continue;
                double own = Energy(place);
                usable[read] = own > 0.01 * energy && own > 0;
                if (usable[read]) energy = own;
            }
            int[] window = [.. Enumerable.Range(Math.Max(0, z - half), Math.Min(depth - 1, z + half) - Math.Max(0, z - half) + 1).Where(k => usable[k])];
            if (usable[z] && window.Length > 1)
            {
                Median([.. window.Select(k => ring[k % ring.Length])], template, job);
                Match match = matcher.Find(template, ring[z % ring.Length], options.MinimumCorrelation, job);
                correlations[z] = match.Good ? match.Correlation : options.Chain ? correlations[z] : double.NaN;
                if (match.Good) shifts[z] = start[z].Then(match.Shift);
            }
            else correlations[z] = double.NaN;
            job.Report((z + 1.0) / depth);
        }
        return true;
    }

    private static void Median(float[][] images, float[] median, Job job)
    {
        const int piece = 1 << 14;
        job.For((median.Length + piece - 1) / piece, () => new float[images.Length], (p, values) =>
        {
            for (int i = p * piece; i < Math.Min(median.Length, (p + 1) * piece); i++)
            {
                for (int k = 0; k < values.Length; k++)
                {
                    // Sorted as it comes: the windows are short.
                    float v = images[k][i];
                    int at = k;
                    for (; at > 0 && values[at - 1] > v; at--) values[at] = values[at - 1];
                    values[at] = v;
                }
                int middle = values.Length / 2;
                median[i] = values.Length % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
            }
        });
    }

    private static double Energy(ReadOnlySpan<float> image)
    {
        double sum = 0;
        foreach (float v in image) sum += (double)v * v;
        return sum;
    }

    /// <summary>Takes the straight line, or only its middle, out of the shifts of the slices that are believed. Gives its slope.</summary>
    private static SliceShift Flatten(SliceShift[] shifts, double[] correlations, bool removeTrend)
    {
        int[] good = [.. Enumerable.Range(0, shifts.Length).Where(z => !double.IsNaN(correlations[z]))];
        if (good.Length < 2) return default;
        double middle = good.Average(), spread = good.Sum(z => (z - middle) * (z - middle));
        SliceShift mean = new(good.Average(z => shifts[z].Dy), good.Average(z => shifts[z].Dx), good.Average(z => shifts[z].Angle));
        SliceShift slope = new(good.Sum(z => (z - middle) * shifts[z].Dy) / spread, good.Sum(z => (z - middle) * shifts[z].Dx) / spread,
            good.Sum(z => (z - middle) * shifts[z].Angle) / spread);
        for (int z = 0; z < shifts.Length; z++)
        {
            double t = removeTrend ? 0 : z - middle;
            shifts[z] = new SliceShift(shifts[z].Dy - mean.Dy - t * slope.Dy, shifts[z].Dx - mean.Dx - t * slope.Dx, shifts[z].Angle - mean.Angle - t * slope.Angle);
        }
        return slope;
    }

    /// <summary>Slices that are not believed lie between their neighbours.</summary>
    private static void Fill(SliceShift[] shifts, double[] correlations)
    {
        for (int z = 0; z < shifts.Length; z++)
        {
            if (!double.IsNaN(correlations[z])) continue;
            int a = Array.FindLastIndex(correlations, z, c => !double.IsNaN(c)), b = Array.FindIndex(correlations, z, c => !double.IsNaN(c));
            (a, b) = (a < 0 ? b : a, b < 0 ? a : b);
            double t = a == b ? 0 : (double)(z - a) / (b - a);
            shifts[z] = new SliceShift((1 - t) * shifts[a].Dy + t * shifts[b].Dy, (1 - t) * shifts[a].Dx + t * shifts[b].Dx, (1 - t) * shifts[a].Angle + t * shifts[b].Angle);
        }
    }

    private static void Tell(SliceShift[] shifts, double[] correlations, Job job)
    {
        int[] bad = [.. Enumerable.Range(0, shifts.Length).Where(z => double.IsNaN(correlations[z])).Select(z => z + 1)];
        if (bad.Length > 0)
            job.Warn($"{bad.Length} of {shifts.Length} slices are blank or fit nowhere within align_search_radius and were given the shift of their neighbours: {string.Join(", ", bad.Take(20))}{(bad.Length > 20 ? ", ..." : "")}.");
    }

    /// <summary>A slice on another one: how it must be moved (nm, degrees), and whether that is to be believed.</summary>
    private readonly record struct Match(SliceShift Shift, double Correlation, bool Good);

    /// <summary>Reduced slices, band-passed.</summary>
    private sealed class BandPassSource(ISliceSource source, Job job) : ISliceSource, IDisposable
    {
        private readonly Volume _slice = Volume.Create(new Grid(source.Grid.Size with { Z = 1 }, source.Grid.Spacing), source.Type);
        private readonly Job _silent = new(job.Threads, job.Token);

        public Grid Grid => source.Grid;

        public VoxelType Type => VoxelType.Float32;

        public void ReadSlice(int z, Span<byte> destination)
        {
            source.ReadSlice(z, _slice.SliceBytes(0));
            using Volume<float> fine = GaussianFilter.Apply(_slice, new Point3(0, FineSigma, FineSigma), _silent);
            using Volume<float> coarse = GaussianFilter.Apply(_slice, new Point3(0, CoarseSigma, CoarseSigma), _silent);
            Span<float> band = MemoryMarshal.Cast<byte, float>(destination);
            TensorPrimitives.Subtract(fine.Slice(0), coarse.Slice(0), band);
            // What is left of a blank slice is rounding, which must not be taken for structure.
            if (Math.Abs(TensorPrimitives.MaxMagnitude(band)) < 1e-4f * Math.Abs(TensorPrimitives.MaxMagnitude(fine.Slice(0)))) band.Clear();
        }

        public void Dispose() => _slice.Dispose();
    }

    /// <summary>Compares two reduced slices.</summary>
    private sealed class Matcher : IDisposable
    {
        private const int LeastBlock = 48;

        private readonly Grid _grid;
        private readonly double _maximumRotation;
        private readonly SliceCorrelation _whole;
        private readonly SliceCorrelation? _block;
        private readonly int _blocks;
        private readonly (int Y, int X) _blockSize;

        public Matcher(Grid grid, int radius, double maximumRotation)
        {
            (_grid, _maximumRotation) = (grid, maximumRotation);
            (int height, int width) = (grid.Size.Y, grid.Size.X);
            _whole = new SliceCorrelation(height, width, radius);
            if (maximumRotation <= 0) return;
            _blocks = Math.Clamp(Math.Min(height, width) / LeastBlock, 2, 4);
            _blockSize = (height / _blocks, width / _blocks);
            double reach = Math.Sqrt((double)height * height + (double)width * width) / 2 * maximumRotation * Math.PI / 180;
            _block = new SliceCorrelation(_blockSize.Y, _blockSize.X, (int)Math.Ceiling(reach) + 2);
        }

        public Match Find(float[] target, float[] moving, double minimum, Job job)
        {
            // The progress is the caller's.
            var silent = new Job(job.Threads, job.Token);
            CorrelationPeak peak = _whole.Find(target, moving, silent);
            var shift = new SliceShift(peak.Dy * _grid.Spacing.Y, peak.Dx * _grid.Spacing.X);
            if (_block is null) return new Match(shift, peak.Correlation, !peak.AtLimit && peak.Correlation >= minimum);
            if (peak.AtLimit) return new Match(shift, peak.Correlation, false);
            var moved = new float[moving.Length];
            double correlation = 0;
            for (int round = 0; round < 2; round++)
            {
                Move(moving, shift, moved, silent);
                (SliceShift step, correlation) = Blocks(target, moved, minimum, silent);
                shift = shift.Then(step);
            }
            return new Match(shift, correlation, correlation >= minimum && Math.Abs(shift.Angle) <= _maximumRotation);
        }

        public void Dispose()
        {
            _whole.Dispose();
            _block?.Dispose();
        }

        private void Move(float[] from, SliceShift shift, float[] to, Job job)
        {
            var one = new Volume<float>(new Grid(_grid.Size with { Z = 1 }, _grid.Spacing));
            using (one)
            {
                from.CopyTo(one.Slice(0));
                new AlignedSource(one, new SliceShifts([shift]), false, job).ReadSlice(0, MemoryMarshal.AsBytes(to.AsSpan()));
            }
        }

        /// <summary>The small rigid map that is nearest to the shifts of blocks, without those that disagree.</summary>
        private (SliceShift Shift, double Correlation) Blocks(float[] target, float[] moving, double minimum, Job job)
        {
            (int h, int w) = _blockSize;
            float[] a = new float[h * w], b = new float[h * w];
            var found = new List<(double Y, double X, double Dy, double Dx, double Correlation)>();
            for (int j = 0; j < _blocks; j++)
                for (int i = 0; i < _blocks; i++)
                {
                    for (int y = 0; y < h; y++)
                    {
                        int at = (j * h + y) * _grid.Size.X + i * w;
                        target.AsSpan(at, w).CopyTo(a.AsSpan(y * w));
                        moving.AsSpan(at, w).CopyTo(b.AsSpan(y * w));
                    }
                    CorrelationPeak peak = _block!.Find(a, b, job);
                    if (peak.AtLimit || !(peak.Correlation >= minimum)) continue;
                    found.Add(((j * h + (h - 1) / 2.0 - (_grid.Size.Y - 1) / 2.0) * _grid.Spacing.Y, (i * w + (w - 1) / 2.0 - (_grid.Size.X - 1) / 2.0) * _grid.Spacing.X,
                        peak.Dy * _grid.Spacing.Y, peak.Dx * _grid.Spacing.X, peak.Correlation));
                }
            for (int round = 0; ; round++)
            {
                if (found.Count < 3) return (default, 0);
                double sum = found.Sum(f => f.Correlation);
                double cy = found.Sum(f => f.Correlation * f.Y) / sum, cx = found.Sum(f => f.Correlation * f.X) / sum;
                double my = found.Sum(f => f.Correlation * f.Dy) / sum, mx = found.Sum(f => f.Correlation * f.Dx) / sum;
                double spread = found.Sum(f => f.Correlation * ((f.Y - cy) * (f.Y - cy) + (f.X - cx) * (f.X - cx)));
                // For small turns: y + angle x, x - angle y.
                double angle = spread > 0 ? found.Sum(f => f.Correlation * ((f.Dy - my) * (f.X - cx) - (f.Dx - mx) * (f.Y - cy))) / spread : 0;
                (double dy, double dx) = (my - angle * cx, mx + angle * cy);
                var shift = new SliceShift(dy, dx, angle * 180 / Math.PI);
                if (round == 2) return (shift, sum / found.Count);
                double[] residuals = [.. found.Select(f => Math.Sqrt(Math.Pow(f.Dy - dy - angle * f.X, 2) + Math.Pow(f.Dx - dx + angle * f.Y, 2)))];
                double limit = Math.Max(3.7 * residuals.Order().ElementAt(residuals.Length / 2), 0.5 * _grid.Spacing.Y);
                found = [.. found.Where((_, k) => residuals[k] <= limit)];
            }
        }
    }
}

using ClemReg.Algorithms.Simulation;
using ClemReg.Algorithms.Transforms;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Alignment;

/// <summary>
/// Finds how a fluorescence volume lies on an EM volume without a start: any orientation, partial overlap, a stack in reversed order. Good to
/// some tens of nm to 150 nm, for a refinement to go on from.
/// </summary>
/// <remarks>
/// Both volumes are blurred to the same sigma and normalised by their local contrast. At 500 nm a central tile of the EM, turned into each of a set of
/// rotations, is correlated with the fluorescence by Fourier transforms; the best places climb on the correlation coefficient, there and on finer grids;
/// distinct survivors are ranked by r sqrt(overlap). Recipe, measurements and thresholds: docs/decisions/15-global-alignment.md.
/// </remarks>
public static class GlobalAlignment
{
    private static readonly AlignmentLevel[] Levels = [new(500, 400, 1200), new(350, 300, 1000), new(250, 220, 800), new(150, 205, 700)];

    /// <summary>Template points that climb at each level.</summary>
    private static readonly int[] LevelPoints = [1500, 3000, 5000, 16000];

    /// <summary>How much is tried.</summary>
    /// <param name="Peaks">Places of each rotation.</param>
    /// <param name="Candidates">Places of each handedness that climb.</param>
    /// <param name="Keep">Poses of each handedness that go on from each level to the next.</param>
    /// <param name="Repaints">How often each object gets its own brightness on each level, to climb on with.</param>
    private sealed record Effort(int Peaks, int Candidates, int[] Keep, int Repaints);

    private static readonly Effort InAllDirections = new(2, 400, [60, 12, 6], 0);
    private static readonly Effort InFewDirections = new(2, 100, [15, 8, 6], 0);

    /// <summary>
    /// For when no pose stands out: sparse or small volumes, where the right place is far from the best at 500 nm, or where large objects do not shine, so that with one brightness
    /// for all chance fits as well as the truth.
    /// </summary>
    private static readonly Effort Deeper = new(8, 10000, [1000, 100, 6], 2);

    /// <summary>Blocks that are averaged while reading are no larger.</summary>
    private const double BinNm = 150;

    /// <summary>Half of the tile's edge: turned by the set's mean error of 10 degrees its ends move by no more than 3 blur widths.</summary>
    private const double TileHalfNm = 8500;

    /// <summary>Correlations are divided by the fluorescence's contrast in a Gaussian of this part of the tile's radius.</summary>
    private const double ContrastWindow = 0.5;
    private const double ContrastFloor = 0.1;

    private const double DistinctNm = 700;
    private const double DistinctAtEndNm = 1500;
    private const double LeastOverlapOfTile = 0.3;
    private const double LeastOverlap = 0.15;
    private const int PeakRadius = 3;

    /// <summary>Finds the pose.</summary>
    /// <param name="fluorescence">The landmark channel, any voxel type, brighter where the objects are; at least 500 nm along each axis.</param>
    /// <param name="emMask">The same objects in the EM; spacings may differ between the axes.</param>
    /// <param name="options">How.</param>
    /// <param name="job">Threads, cancellation, progress. The result is the same bytes for any number of threads.</param>
    /// <returns>Distinct poses, best first, and how far to trust them. Volumes that do not belong together give a pose too: see <see cref="GlobalAlignmentResult.Confidence"/>.</returns>
    /// <exception cref="BadInputException">An option out of its range; an empty or full mask; fluorescence of one value, with values that are not finite, or too thin.</exception>
    /// <exception cref="OperationCanceledException">The job was cancelled.</exception>
    public static GlobalAlignmentResult Search(Volume fluorescence, BitVolume emMask, GlobalAlignmentOptions options, Job job)
    {
        options.Check();
        (PreparedFluorescence image, PreparedMask template) = job.Run("prepare the global search", 0, 0.2, part =>
            (PreparedFluorescence.Make(fluorescence, options, Levels, BinNm, part), PreparedMask.Make(emMask, Levels, BinNm, part)));
        bool wide = options.Rotations == AlignmentRotations.All || (options.Rotations == AlignmentRotations.NearStart && options.MaximumAngleDegrees > 60);
        Effort usual = wide ? InAllDirections : InFewDirections;
        GlobalAlignmentResult result = Search(template, usual, "", 0.2, 0.5);
        if (result.Confidence == AlignmentConfidence.Accepted) return result;
        string course = $"No pose stands out clearly (the best scores {result.Ratio:F2} times the next)";
        GlobalAlignmentResult? bySmall = null;
        if (SmallObjects.Of(emMask, job) is { } small)
        {
            using BitVolume mask = small.Mask;
            bySmall = Search(PreparedMask.Make(mask, Levels, BinNm, job), usual, ", smaller objects", 0.5, 0.6) with { LargestLeftOut = small.LeftOut };
            string largest = small.LeftOut == 1 ? "object, as if it" : $"{small.LeftOut} objects, as if they";
            course += $". Without the largest {largest} did not shine, the best scores {bySmall.Ratio:F2} times the next";
        }
        if (bySmall is { Confidence: AlignmentConfidence.Accepted } || result.Confidence == AlignmentConfidence.Doubtful)
        {
            job.Log(course + ".");
            return bySmall is { Confidence: AlignmentConfidence.Accepted } ? bySmall : result;
        }
        job.Log(course + ": searching deeper.");
        GlobalAlignmentResult deeper = Search(template, Deeper, ", deeper", 0.6, 1);
        return deeper.Confidence == AlignmentConfidence.Refused && bySmall is { Confidence: AlignmentConfidence.Doubtful } ? bySmall : deeper;

        GlobalAlignmentResult Search(PreparedMask shown, Effort effort, string addition, double from, double to)
        {
            double middle = from + 0.7 * (to - from);
            List<Candidate> candidates = job.Run("correlate orientations" + addition, from, middle, part => Correlate(image.Levels[0], shown, options, effort, part));
            TemplatePose[][] poses = job.Run("climb to the best poses" + addition, middle, to, part => Climb(candidates, image, shown, options, effort, part));
            return Result(poses, fluorescence.Grid, emMask.Grid, shown) with { Scales = (options.ScaleMinimum, options.ScaleMaximum), OwnBrightness = effort.Repaints > 0 };
        }
    }

    /// <summary>A place of a tile in the fluorescence that correlates well.</summary>
    private readonly record struct Candidate(float Score, Matrix3 A, Point3 T, int Tile, bool Mirrored);

    /// <summary>A tile of the template: its middle, and its points about that.</summary>
    private sealed record Tile(Point3 Centre, WeightedPoints Points);

    /// <summary>Two rotations that share a transform.</summary>
    private readonly record struct RotationPair(int Tile, Matrix3 First, Matrix3 Second, bool Upright, bool Inverted);

    private static List<Candidate> Correlate(ContrastImage image, PreparedMask template, GlobalAlignmentOptions options, Effort effort, Job job)
    {
        Tile[] tiles = Tiles(template, image);
        RotationPair[] pairs = Pairs(options, tiles.Length);
        double h = image.SpacingNm, scale = StartScale(options), radius = tiles.Max(t => t.Points.Radius);
        // A template may stand over the end by half of its radius; what then meets the other end is little.
        using var spectra = new CorrelationImage(image.Values, image.Size, (int)(radius / 2 / h) + 2, job);
        // The right place of a sparse template has little contrast around it, and would lose against chance in dense places.
        float[] inverseContrast = image.InverseContrast(ContrastWindow * radius, ContrastFloor, job);
        var found = new Candidate[pairs.Length][];
        job.For(pairs.Length, () => new TemplateCorrelator(spectra, (int)(radius * scale / h) + 2), (i, correlator) =>
        {
            RotationPair pair = pairs[i];
            Tile tile = tiles[pair.Tile];
            correlator.Clear();
            correlator.Add(tile.Points, scale / h * pair.First, second: false);
            correlator.Add(tile.Points, scale / h * pair.Second, second: true);
            correlator.Correlate(pair.Upright, pair.Inverted, job);
            float norm = (float)(1 / ((double)tile.Points.Count * spectra.Fft.Size.Count));
            var best = new List<Candidate>(8);
            foreach (bool second in (ReadOnlySpan<bool>)[false, true])
            {
                Matrix3 a = scale * (second ? pair.Second : pair.First);
                if (pair.Upright) AddPeaks(second, inverted: false, a);
                if (pair.Inverted) AddPeaks(second, inverted: true, -1 * a);
            }
            found[i] = [.. best];

            void AddPeaks(bool second, bool inverted, Matrix3 a)
            {
                foreach ((float value, int z, int y, int x) in correlator.Peaks(second, inverted, effort.Peaks, PeakRadius, inverseContrast))
                    best.Add(new Candidate(value * norm, a, h * new Point3(z, y, x), pair.Tile, inverted));
            }
        }, report: true);

        var candidates = new List<Candidate>();
        foreach (bool mirrored in (ReadOnlySpan<bool>)[false, true])
            candidates.AddRange(found.SelectMany(f => f).Where(c => c.Mirrored == mirrored).OrderByDescending(c => c.Score).Take(effort.Candidates));
        return candidates;
    }

    /// <summary>The ascent on all levels. Distinct poses of the EM as given and of its mirror image, best first.</summary>
    private static TemplatePose[][] Climb(List<Candidate> candidates, PreparedFluorescence image, PreparedMask template, GlobalAlignmentOptions options, Effort effort, Job job)
    {
        Tile[] tiles = Tiles(template, image.Levels[0]);
        double least = 1 / options.ScaleMaximum, most = 1 / options.ScaleMinimum;
        WeightedPoints[] tilePoints = Array.ConvertAll(tiles, t => Subset(t.Points, LevelPoints[0]));
        var poses = new TemplatePose[candidates.Count];
        job.For(poses.Length, i =>
        {
            Candidate c = candidates[i];
            TemplatePose pose = new CorrelationAscent(image.Levels[0], tilePoints[c.Tile], effort.Repaints).Climb(new TemplatePose(c.A, c.T, 0, 0), 1, 1, LeastOverlapOfTile);
            poses[i] = pose with { T = pose.T - pose.A * tiles[c.Tile].Centre };
        });
        bool[] mirrored = [.. candidates.Select(c => c.Mirrored)];
        TemplatePose[][] result = [[.. poses.Where((_, i) => !mirrored[i])], [.. poses.Where((_, i) => mirrored[i])]];
        for (int level = 0; level < Levels.Length; level++)
        {
            bool last = level == Levels.Length - 1;
            if (level > 0 || template.Levels[0].Count > 1.3 * tiles[0].Points.Count)
                result = ClimbAll(result, image.Levels[level], Subset(template.Levels[level], LevelPoints[level]), level == 0 ? 1 : least, level == 0 ? 1 : most, effort.Repaints, job);
            result = Array.ConvertAll(result, side => Distinct(side, template.Size, last ? DistinctAtEndNm : DistinctNm, last ? int.MaxValue : effort.Keep[level]));
            job.Report((level + 1.0) / Levels.Length);
        }
        return result;
    }

    private static TemplatePose[][] ClimbAll(TemplatePose[][] sides, ContrastImage image, WeightedPoints points, double least, double most, int repaints, Job job)
    {
        TemplatePose[] all = [.. sides[0], .. sides[1]];
        job.For(all.Length, i => all[i] = new CorrelationAscent(image, points, repaints).Climb(all[i], least, most, LeastOverlap));
        return [all[..sides[0].Length], all[sides[0].Length..]];
    }

    /// <summary>The best poses of which no two are closer than a limit, as a root mean square over the EM.</summary>
    private static TemplatePose[] Distinct(TemplatePose[] poses, Point3 extent, double limitNm, int count)
    {
        double lever = 1.4 * 0.3 * extent.Length;
        var kept = new List<TemplatePose>();
        foreach (TemplatePose pose in poses.OrderByDescending(p => p.Score))
        {
            if (kept.Count == count) break;
            bool distinct = true;
            foreach (TemplatePose other in kept)
            {
                double turned = lever * Math.Sin(RotationSet.AngleDegrees(pose.A, other.A) * Math.PI / 360);
                distinct &= Math.Sqrt(turned * turned + Math.Pow((pose.T - other.T).Length, 2)) > limitNm;
            }
            if (distinct) kept.Add(pose);
        }
        return [.. kept];
    }

    private static GlobalAlignmentResult Result(TemplatePose[][] sides, Grid moving, Grid target, PreparedMask template)
    {
        var reversal = new AffineTransform([-1, 0, 0, 2 * (target.Origin.Z + template.Centre.Z), 0, 1, 0, 0, 0, 0, 1, 0]);
        var poses = new List<AlignmentPose>();
        for (int side = 0; side < 2; side++)
            foreach (TemplatePose pose in sides[side])
            {
                // p = A (q - c) + t in each volume's own frame; reversed slices are q with z turned about c.
                Matrix3 a = side == 0 ? pose.A : pose.A * new Matrix3(-1, 0, 0, 0, 1, 0, 0, 0, 1);
                Matrix3 b = a.Inverse();
                Point3 t = target.Origin + template.Centre - b * (moving.Origin + pose.T);
                poses.Add(new AlignmentPose(pose.Score, pose.Correlation, pose.Overlap, side == 1,
                    new AffineTransform([b.ZZ, b.ZY, b.ZX, t.Z, b.YZ, b.YY, b.YX, t.Y, b.XZ, b.XY, b.XX, t.X]), 1 / pose.Scale));
            }
        poses = [.. poses.OrderByDescending(p => p.Score)];
        AlignmentPose? next = poses.Skip(1).FirstOrDefault(p => p.Mirrored == poses[0].Mirrored);
        return new GlobalAlignmentResult
        {
            Poses = poses,
            Ratio = Ratio(poses[0].Score, next?.Score ?? 0),
            HandednessRatio = Ratio(Best(false), Best(true)),
            SliceReversal = reversal,
        };

        double Best(bool mirrored) => poses.FirstOrDefault(p => p.Mirrored == mirrored)?.Score ?? 0;
        static double Ratio(double a, double b) => a <= 0 ? 0 : b > 0 ? a / b : double.PositiveInfinity;
    }

    /// <summary>The scale of EM to fluorescence that the coarse search uses.</summary>
    private static double StartScale(GlobalAlignmentOptions options)
    {
        double scale = options.Rotations == AlignmentRotations.NearStart
            ? Math.Clamp(Math.Cbrt(options.Start!.Determinant), options.ScaleMinimum, options.ScaleMaximum)
            : Math.Sqrt(options.ScaleMinimum * options.ScaleMaximum);
        return 1 / scale;
    }

    private static RotationPair[] Pairs(GlobalAlignmentOptions options, int tiles)
    {
        if (options.Rotations != AlignmentRotations.NearStart)
        {
            // The mirrored stack is the point mirror image turned by half about z, and these sets hold that turn of each of their rotations.
            Matrix3[] set = options.Rotations == AlignmentRotations.All
                ? RotationSet.All(options.RotationCount)
                : RotationSet.InPlane(Math.Min(options.MaximumAngleDegrees, RotationSet.StepDegrees), options.Rotations == AlignmentRotations.InPlaneAndTurnedOver);
            return Pair(set, upright: true, inverted: true);
        }
        Matrix3[] near = RotationSet.Near(NearestRotation(options.Start!.Inverse()), options.MaximumAngleDegrees, 2 * options.RotationCount);
        return [.. Pair(near, upright: true, inverted: false), .. Pair(Array.ConvertAll(near, r => r * RotationSet.HalfTurnZ), upright: false, inverted: true)];

        RotationPair[] Pair(Matrix3[] set, bool upright, bool inverted)
        {
            int count = (set.Length + 1) / 2;
            var pairs = new RotationPair[tiles * count];
            for (int i = 0; i < pairs.Length; i++)
            {
                int k = i % count * 2;
                pairs[i] = new RotationPair(i / count, set[k], set[Math.Min(k + 1, set.Length - 1)], upright, inverted);
            }
            return pairs;
        }
    }

    /// <summary>The rotation nearest to a map's linear part (Higham 1986, Computing the polar decomposition).</summary>
    private static Matrix3 NearestRotation(AffineTransform map)
    {
        Matrix3 r = map.Jacobian(default);
        r = 1 / Math.Cbrt(r.Determinant) * r;
        for (int i = 0; i < 30; i++)
        {
            Matrix3 s = r.Inverse().Transpose();
            r = 0.5 * new Matrix3(r.ZZ + s.ZZ, r.ZY + s.ZY, r.ZX + s.ZX, r.YZ + s.YZ, r.YY + s.YY, r.YX + s.YX, r.XZ + s.XZ, r.XY + s.XY, r.XX + s.XX);
        }
        return r;
    }

    /// <summary>The central tile; where the EM is larger than the fluorescence as many as its field needs, so that one of them lies well inside.</summary>
    private static Tile[] Tiles(PreparedMask template, ContrastImage image)
    {
        double h = image.SpacingNm;
        double[] extents = [(image.Size.Z - 1) * h, (image.Size.Y - 1) * h, (image.Size.X - 1) * h];
        Array.Sort(extents);
        double field = extents[1];
        double[][] centres = new double[3][];
        for (int axis = 0; axis < 3; axis++)
        {
            double extent = template.Size[axis];
            int count = extent > 1.2 * field ? (int)Math.Ceiling(extent / Math.Max(TileHalfNm, 0.7 * field)) : 1;
            centres[axis] = [.. Enumerable.Range(0, count).Select(i => extent * ((i + 0.5) / count - 0.5))];
        }
        WeightedPoints all = template.Levels[0];
        var tiles = new List<Tile>();
        foreach (double z in centres[0])
            foreach (double y in centres[1])
                foreach (double x in centres[2])
                {
                    int[] inside = [.. Enumerable.Range(0, all.Count).Where(i =>
                        Math.Abs(all.Z[i] - z) <= TileHalfNm && Math.Abs(all.Y[i] - y) <= TileHalfNm && Math.Abs(all.X[i] - x) <= TileHalfNm)];
                    WeightedPoints points = all.Pick(inside);
                    for (int i = 0; i < points.Count; i++)
                        (points.Z[i], points.Y[i], points.X[i]) = (points.Z[i] - (float)z, points.Y[i] - (float)y, points.X[i] - (float)x);
                    tiles.Add(new Tile(new Point3(z, y, x), points));
                }
        return [.. tiles];
    }

    /// <summary>One point of each of as many equal runs, at random but always the same, or all if there are no more. (Even steps fall in with the grid.)</summary>
    private static WeightedPoints Subset(WeightedPoints points, int count)
    {
        if (points.Count <= count) return points;
        var random = new RandomStream(RandomStream.Key(0, points.Count));
        double run = (double)points.Count / count;
        return points.Pick([.. Enumerable.Range(0, count).Select(i => (int)((i + random.NextDouble()) * run))]);
    }
}

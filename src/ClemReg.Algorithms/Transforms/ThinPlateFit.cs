using System.Globalization;
using ClemReg.Algorithms.PointClouds;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Transforms;

/// <summary>How a thin-plate spline is made from landmarks.</summary>
public sealed record ThinPlateOptions
{
    /// <summary>
    /// lambda, nm, 0 or more: 0 goes through every landmark; the larger, the straighter the map, until it is affine. It is SciPy's
    /// RBFInterpolator(kernel='linear', degree=1, smoothing=lambda).
    /// </summary>
    public double RegularisationNm { get; init; }

    /// <summary>
    /// How far, in nm, the map may miss a landmark that is left out as a control point; 0 keeps all. Fewer control points make everything
    /// that uses the map faster.
    /// </summary>
    public double ThinningToleranceNm { get; init; }
}

/// <summary>A thin-plate spline and how well it meets its landmarks.</summary>
/// <param name="Transform">The map.</param>
/// <param name="Landmarks">Landmark pairs given.</param>
/// <param name="Duplicates">Pairs that share their place with another; the mean of their targets counts, with their number as weight.</param>
/// <param name="ControlPoints">Landmarks kept as control points.</param>
/// <param name="MaximumErrorNm">The largest distance of a landmark's image from its target, over all pairs.</param>
/// <param name="RmsErrorNm">The root of the mean squared distance.</param>
public sealed record ThinPlateFit(
    ThinPlateSpline Transform, int Landmarks, int Duplicates, int ControlPoints, double MaximumErrorNm, double RmsErrorNm)
{
    /// <summary>The most control points: their matrix takes 800 MB.</summary>
    public const int MostControlPoints = 10000;

    /// <summary>Places that agree to this many nm count as one.</summary>
    private const double SamePlace = 1e-3;

    /// <summary>Makes the thin-plate spline that takes <paramref name="points"/> to <paramref name="targets"/>.</summary>
    /// <remarks>
    /// <para>It minimises sum over i of |f(c_i) - t_i|^2 / lambda + bending energy (G. Wahba, Spline models for observational data, SIAM 1990,
    /// section 2.4): (K + lambda I) w + P a = t, P^T w = 0, with K_ij = -|c_i - c_j|. On the complement of the affine maps K is positive
    /// definite, so the equations are solved there by Cholesky's factorisation, in coordinates of spread 1.</para>
    /// <para>Thinning starts with landmarks far from each other and adds, in rounds, those that the map misses most, until it misses none of
    /// the others by more than the tolerance.</para>
    /// </remarks>
    /// <param name="points">Where the landmarks are, nm, z, y, x; for a registration the moving points.</param>
    /// <param name="targets">Where they belong, in the same order; the moved points.</param>
    /// <param name="options">Regularisation and thinning.</param>
    /// <param name="job">The work.</param>
    /// <exception cref="BadInputException">Counts that differ, fewer than 4 places, or places in one plane: says which degrees of freedom are open.</exception>
    public static ThinPlateFit Make(PointCloud points, PointCloud targets, ThinPlateOptions options, Job job)
    {
        if (points.Count != targets.Count)
            throw BadInputException.ForParameter("targets", targets.Count + " points", $"as many as the {points.Count} landmarks");
        if (!(options.RegularisationNm >= 0) || !double.IsFinite(options.RegularisationNm))
            throw BadInputException.ForParameter("thin_plate_regularisation", options.RegularisationNm, "a length of 0 or more in nm");
        if (!(options.ThinningToleranceNm >= 0) || !double.IsFinite(options.ThinningToleranceNm))
            throw BadInputException.ForParameter("thin_plate_thinning", options.ThinningToleranceNm, "a length of 0 or more in nm");
        Pairs all = Pairs.Merge(points.Points, targets.Points);
        PointSpread.Require(all.Points, "landmarks");
        PointSpread.Require(all.Targets, "landmarks' targets");
        ThinPlateSpline spline = options.ThinningToleranceNm > 0
            ? Thin(all, options, job)
            : Solve(all, options.RegularisationNm, job);
        (double largest, double rms, _) = Errors(spline, points.Points.ToArray(), targets.Points.ToArray(), job);
        return new ThinPlateFit(spline, points.Count, points.Count - all.Points.Length, spline.ControlPoints.Count, largest, rms);
    }

    private static ThinPlateSpline Thin(Pairs all, ThinPlateOptions options, Job job)
    {
        int n = all.Points.Length;
        List<int> kept = Spread(all.Points, Math.Min(n, 32), job);
        while (true)
        {
            Pairs part = all.Take(kept);
            ThinPlateSpline spline = Solve(part, options.RegularisationNm, job);
            (_, _, double[] errors) = Errors(spline, all.Points, all.Targets, job);
            foreach (int i in kept) errors[i] = 0;
            var missed = new List<int>();
            for (int i = 0; i < n; i++)
                if (errors[i] > options.ThinningToleranceNm) missed.Add(i);
            if (missed.Count == 0) return spline;
            // The worst first, and of neighbours, which one landmark may mend together, only one a round.
            missed.Sort((a, b) => errors[a] != errors[b] ? errors[b].CompareTo(errors[a]) : a.CompareTo(b));
            int most = Math.Max(8, kept.Count / 2);
            double apart = 0.5 * PointSpread.Radius(all.Points, PointSpread.Centre(all.Points)) / Math.Cbrt(kept.Count);
            var added = new List<int>();
            foreach (int i in missed)
            {
                if (added.Count == most) break;
                if (added.TrueForAll(j => (all.Points[i] - all.Points[j]).Length >= apart)) added.Add(i);
            }
            kept.AddRange(added);
        }
    }

    /// <summary>Landmarks that lie far apart: each is the farthest from those before it. They span space as the landmarks do.</summary>
    private static List<int> Spread(Point3[] points, int count, Job job)
    {
        var distance = new double[points.Length];
        Array.Fill(distance, double.PositiveInfinity);
        var chosen = new List<int>();
        Point3 from = PointSpread.Centre(points);
        while (true)
        {
            job.ThrowIfCancelled();
            int farthest = 0;
            for (int i = 0; i < points.Length; i++)
            {
                distance[i] = chosen.Count == 1 ? (points[i] - from).Length : Math.Min(distance[i], (points[i] - from).Length);
                if (distance[i] > distance[farthest]) farthest = i;
            }
            chosen.Add(farthest);
            from = points[farthest];
            if (chosen.Count < count) continue;
            // Farthest points may still be flat where a few stand out of a plane by little: then they need company.
            if (count == points.Length || !Flat([.. chosen.Select(i => points[i])])) return chosen;
            count = Math.Min(points.Length, 2 * count);
        }
    }

    private static bool Flat(Point3[] points)
    {
        try
        {
            PointSpread.Require(points, "");
            return false;
        }
        catch (BadInputException)
        {
            return true;
        }
    }

    private static (double Largest, double Rms, double[] All) Errors(ThinPlateSpline spline, Point3[] points, Point3[] targets, Job job)
    {
        const int piece = 64;
        var errors = new double[points.Length];
        job.For((points.Length + piece - 1) / piece, p =>
        {
            int first = p * piece, n = Math.Min(piece, points.Length - first);
            var images = new Point3[n];
            spline.Apply(points.AsSpan(first, n), images);
            for (int i = 0; i < n; i++) errors[first + i] = (images[i] - targets[first + i]).Length;
        });
        double largest = 0, sum = 0;
        foreach (double e in errors)
        {
            largest = Math.Max(largest, e);
            sum += e * e;
        }
        return (largest, Math.Sqrt(sum / errors.Length), errors);
    }

    private static unsafe ThinPlateSpline Solve(Pairs landmarks, double lambda, Job job)
    {
        int n = landmarks.Points.Length;
        if (n > MostControlPoints)
            throw new BadInputException($"{n} control points are more than the {MostControlPoints} that a thin-plate spline may have. Set thin_plate_control_points to fewer, or sample fewer points.");
        Point3 centre = PointSpread.Centre(landmarks.Points);
        double scale = PointSpread.Radius(landmarks.Points, centre);
        var at = new Point3[n];
        for (int i = 0; i < n; i++) at[i] = 1 / scale * (landmarks.Points[i] - centre);

        // H P is upper triangular for H = H4 H3 H2 H1, so that H K H^T separates the affine part from the bending.
        double[][] reflectors = Reflect(at, out double[,] r);
        using var memory = new NativeBuffer((long)n * n * sizeof(double));
        double* k = (double*)memory.Pointer;
        const int band = 16;
        job.For((n + band - 1) / band, b =>
        {
            for (int i = b * band; i < Math.Min(n, (b + 1) * band); i++)
            {
                double* row = k + (long)i * n;
                for (int j = 0; j < n; j++) row[j] = -(at[i] - at[j]).Length;
                row[i] = lambda / scale / landmarks.Counts[i];
            }
        });
        var product = new double[n];
        foreach (double[] v in reflectors)
        {
            job.For((n + band - 1) / band, b =>
            {
                for (int i = b * band; i < Math.Min(n, (b + 1) * band); i++)
                    product[i] = System.Numerics.Tensors.TensorPrimitives.Dot(new ReadOnlySpan<double>(k + (long)i * n, n), v);
            });
            double alpha = System.Numerics.Tensors.TensorPrimitives.Dot<double>(product, v);
            for (int i = 0; i < n; i++) product[i] = 2 * (product[i] - alpha * v[i]);
            job.For((n + band - 1) / band, b =>
            {
                for (int i = b * band; i < Math.Min(n, (b + 1) * band); i++)
                {
                    double* row = k + (long)i * n;
                    for (int j = 0; j < n; j++) row[j] -= v[i] * product[j] + product[i] * v[j];
                }
            });
        }

        // The first four rows are needed as they are; the factorisation overwrites what is below and right of them.
        const int affine = 4;
        int m = n - affine;
        if (!Cholesky.Factor(k + (long)affine * n + affine, m, n, job))
            throw new BadInputException("The thin-plate spline's equations cannot be solved: some landmarks lie so near to each other that rounding decides. Remove one of each such pair, or set thin_plate_regularisation above 0.");
        var w = new double[3][];
        var a = new double[3, affine];
        for (int axis = 0; axis < 3; axis++)
        {
            job.ThrowIfCancelled();
            double[] t = [.. landmarks.Targets.Select(p => p[axis])];
            foreach (double[] v in reflectors) Mirror(v, t);
            Cholesky.Solve(k + (long)affine * n + affine, m, n, t.AsSpan(affine));
            for (int i = affine - 1; i >= 0; i--)
            {
                double sum = t[i];
                for (int j = 0; j < m; j++) sum -= k[(long)i * n + affine + j] * t[affine + j];
                for (int j = i + 1; j < affine; j++) sum -= r[i, j] * a[axis, j];
                a[axis, i] = sum / r[i, i];
            }
            t.AsSpan(0, affine).Clear();
            foreach (double[] v in reflectors.Reverse()) Mirror(v, t);
            w[axis] = t;
        }

        // Back to nm: K = -r / scale.
        var weights = new Point3[n];
        for (int i = 0; i < n; i++) weights[i] = -1 / scale * new Point3(w[0][i], w[1][i], w[2][i]);
        var rows = new double[12];
        for (int i = 0; i < 3; i++)
        {
            var slope = new Point3(a[i, 1], a[i, 2], a[i, 3]);
            for (int j = 0; j < 3; j++) rows[i * 4 + j] = slope[j] / scale;
            rows[i * 4 + 3] = a[i, 0] - Point3.Dot(slope, centre) / scale;
        }
        return new ThinPlateSpline(new AffineTransform(rows), landmarks.Points, weights);
    }

    /// <summary>Householder's vectors v of unit length (H = I - 2 v v^T) that make the rows (1, z, y, x) upper triangular, and that triangle.</summary>
    private static double[][] Reflect(Point3[] at, out double[,] r)
    {
        const int columns = 4;
        int n = at.Length;
        double[][] p = [.. Enumerable.Range(0, columns).Select(c => at.Select(q => c == 0 ? 1 : q[c - 1]).ToArray())];
        var reflectors = new double[columns][];
        r = new double[columns, columns];
        for (int c = 0; c < columns; c++)
        {
            var v = new double[n];
            p[c].AsSpan(c).CopyTo(v.AsSpan(c));
            double length = System.Numerics.Tensors.TensorPrimitives.Norm<double>(v);
            v[c] += v[c] < 0 ? -length : length;
            System.Numerics.Tensors.TensorPrimitives.Divide(v, System.Numerics.Tensors.TensorPrimitives.Norm<double>(v), v);
            reflectors[c] = v;
            for (int d = c; d < columns; d++)
            {
                Mirror(v, p[d]);
                r[c, d] = p[d][c];
            }
        }
        return reflectors;
    }

    private static void Mirror(double[] v, double[] x)
    {
        double twice = 2 * System.Numerics.Tensors.TensorPrimitives.Dot<double>(v, x);
        for (int i = 0; i < x.Length; i++) x[i] -= twice * v[i];
    }

    /// <summary>Landmarks at different places.</summary>
    /// <param name="Points">Where they are.</param>
    /// <param name="Targets">Where they belong.</param>
    /// <param name="Counts">How many landmarks each stands for.</param>
    private sealed record Pairs(Point3[] Points, Point3[] Targets, int[] Counts)
    {
        /// <summary>Merges those at one place, in the order of their first.</summary>
        public static Pairs Merge(ReadOnlySpan<Point3> points, ReadOnlySpan<Point3> targets)
        {
            var index = new Dictionary<(double, double, double), int>();
            var places = new List<Point3>();
            var sums = new List<Point3>();
            var counts = new List<int>();
            for (int i = 0; i < points.Length; i++)
            {
                Point3 p = points[i];
                (double, double, double) key = (Math.Round(p.Z / SamePlace), Math.Round(p.Y / SamePlace), Math.Round(p.X / SamePlace));
                if (!index.TryGetValue(key, out int at))
                {
                    index[key] = at = places.Count;
                    places.Add(p);
                    sums.Add(default);
                    counts.Add(0);
                }
                sums[at] += targets[i];
                counts[at]++;
            }
            return new Pairs([.. places], [.. sums.Select((s, i) => 1.0 / counts[i] * s)], [.. counts]);
        }

        public Pairs Take(List<int> indices) => new(
            [.. indices.Select(i => Points[i])], [.. indices.Select(i => Targets[i])], [.. indices.Select(i => Counts[i])]);
    }

    /// <summary>A line for the log.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture,
        $"Thin-plate spline with {ControlPoints} control points of {Landmarks} landmarks; it meets them within {MaximumErrorNm:G3} nm (RMS {RmsErrorNm:G3}).");
}

using ClemReg.Algorithms.Transforms;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Warping;

/// <summary>Samples target rows: knows where their voxels lie in the source, in straight rows or along a deformation.</summary>
internal abstract unsafe class RowMap : IDisposable
{
    /// <summary>Scratch of one thread.</summary>
    internal sealed class Scratch : IDisposable
    {
        private readonly NativeBuffer _buffer;

        public Scratch(int width, int nodes)
        {
            int floats = width + 8, list = nodes > 0 ? width + ListedPath.Padding : 0;
            _buffer = new NativeBuffer((long)floats * sizeof(float) + 3L * list * sizeof(long) + 3L * nodes * sizeof(long) + 64);
            Z = (long*)_buffer.Pointer;
            Y = Z + list;
            X = Y + list;
            Nodes = X + list;
            Floats = (float*)(Nodes + 3 * nodes);
        }

        /// <summary>A float row for <see cref="RowSampler"/>.</summary>
        public float* Floats { get; }

        /// <summary>Positions of the row's voxels.</summary>
        public long* Z { get; }

        public long* Y { get; }

        public long* X { get; }

        /// <summary>Positions at the row's nodes: z, y, x.</summary>
        public long* Nodes { get; }

        /// <summary>The parts of the row that are inside, first and end.</summary>
        public List<(int First, int End)> Runs { get; } = [];

        public void Dispose() => _buffer.Dispose();
    }

    protected RowMap(Size3 source, Size3 target) => (SourceSize, TargetSize) = (source, target);

    protected Size3 SourceSize { get; }

    protected Size3 TargetSize { get; }

    /// <summary>The map of a transform.</summary>
    /// <param name="source">The image that is warped.</param>
    /// <param name="sourceToTarget">Physical source coordinates to those of <paramref name="target"/>, nm.</param>
    /// <param name="target">The grid to fill.</param>
    /// <param name="options">The coarse grid and the memory; half of the budget goes to the coarse grid at most.</param>
    /// <exception cref="BadInputException">The transform cannot be inverted, or its numbers are too large to compute with.</exception>
    public static RowMap Of(Grid source, SpatialTransform sourceToTarget, Grid target, WarpOptions options) =>
        sourceToTarget is AffineTransform affine
            ? new StraightRows(source, affine, target)
            : new DeformedRows(source, sourceToTarget.Inverse(), target, options.ApproximateGrid, options.MemoryBudgetBytes / 2);

    /// <summary>What the coarse grid costs; null where there is none.</summary>
    public virtual ApproximationError? Measure(Job job) => null;

    /// <summary>The most slices that may be prepared at once.</summary>
    public virtual int SlicesAtOnce => TargetSize.Z;

    /// <summary>The most rows of that many slices that may be prepared at once.</summary>
    public virtual int RowsAtOnce(int slices) => TargetSize.Y;

    /// <summary>True if one <see cref="Prepare"/> for the whole target does.</summary>
    public virtual bool IsWhole => true;

    /// <summary>Makes rows ready to be sampled; others may no longer be. Call it for bands of <see cref="RowsAtOnce"/> rows, from 0.</summary>
    public virtual void Prepare(int z, int slices, int y, int rows, Job job)
    {
    }

    /// <summary>Scratch for one thread.</summary>
    public abstract Scratch NewScratch();

    /// <summary>The source slices, as integer parts of biased positions, that a row lies at: from, and one past the last; (0, 0) for none.</summary>
    public abstract (int From, int End) Slices(int z, int y, int order, Scratch scratch);

    /// <summary>Computes the voxels of a row that are inside the source and, with <paramref name="slices"/>, lie at those of its slices.</summary>
    /// <param name="order">0 to 5.</param>
    /// <param name="type">The voxel type of source and target.</param>
    /// <param name="window">Holds what the row needs.</param>
    /// <param name="z">The target slice.</param>
    /// <param name="y">The row in it.</param>
    /// <param name="row">Its voxel 0.</param>
    /// <param name="scratch">Of <see cref="NewScratch"/>.</param>
    /// <param name="slices">From and end; null for all, and then the voxels outside are set to 0.</param>
    /// <returns>True if any voxel is inside.</returns>
    public abstract bool Sample(int order, VoxelType type, in SourceWindow window, int z, int y, byte* row, Scratch scratch, (int From, int End)? slices = null);

    /// <inheritdoc/>
    public virtual void Dispose()
    {
    }

    /// <summary>Rows of an affine map: straight through the source.</summary>
    private sealed class StraightRows(Grid source, AffineTransform transform, Grid target) : RowMap(source.Size, target.Size)
    {
        private readonly IndexMap _map = IndexMap.Of(source, transform, target);

        public override Scratch NewScratch() => new(TargetSize.X, 0);

        public override (int From, int End) Slices(int z, int y, int order, Scratch scratch)
        {
            RowPath path = RowPath.Of(_map, SourceSize, z, y, TargetSize.X);
            if (path.IsEmpty) return default;
            long bias = Interpolation.Bias(order);
            int a = path.SliceAt(path.First, bias), b = path.SliceAt(path.End - 1, bias);
            return (Math.Min(a, b), Math.Max(a, b) + 1);
        }

        public override bool Sample(int order, VoxelType type, in SourceWindow window, int z, int y, byte* row, Scratch scratch, (int From, int End)? slices)
        {
            RowPath path = RowPath.Of(_map, SourceSize, z, y, TargetSize.X);
            if (slices is { } s) path = path.Within(s.From, s.End, Interpolation.Bias(order));
            else
            {
                var outside = new Span<byte>(row, TargetSize.X * (int)type);
                outside[..(path.First * (int)type)].Clear();
                outside[(path.End * (int)type)..].Clear();
            }
            RowSampler.Sample(order, type, window, path, row, scratch.Floats);
            return !path.IsEmpty;
        }
    }

    /// <summary>Rows of a deformable map: positions interpolated between the nodes of a coarse grid.</summary>
    private sealed class DeformedRows(Grid source, SpatialTransform targetToSource, Grid target, int step, long bytes) : RowMap(source.Size, target.Size)
    {
        /// <summary>Farther out than this positions are all the same.</summary>
        private const double Far = 1 << 29;

        private readonly NodeGrid _nodes = new(source, targetToSource, target, step, bytes);

        public override ApproximationError? Measure(Job job) => step == 1 ? new ApproximationError(0, 0, 0) : _nodes.Measure(job);

        public override int SlicesAtOnce => _nodes.SlicesAtOnce;

        public override int RowsAtOnce(int slices) => _nodes.RowsAtOnce(slices);

        public override bool IsWhole => _nodes.IsWhole;

        public override void Prepare(int z, int slices, int y, int rows, Job job) => _nodes.Prepare(z, slices, y, rows, job);

        public override Scratch NewScratch() => new(TargetSize.X, _nodes.Nodes.X);

        public override (int From, int End) Slices(int z, int y, int order, Scratch scratch)
        {
            Locate(z, y, scratch, -RowPath.Tolerance, RowPath.Upper(SourceSize.Z));
            long bias = Interpolation.Bias(order), least = long.MaxValue, most = long.MinValue;
            foreach ((int first, int end) in scratch.Runs)
                for (int x = first; x < end; x++) (least, most) = (Math.Min(least, scratch.Z[x]), Math.Max(most, scratch.Z[x]));
            return scratch.Runs.Count == 0 ? default : ((int)((least + bias) >> 32), (int)((most + bias) >> 32) + 1);
        }

        public override bool Sample(int order, VoxelType type, in SourceWindow window, int z, int y, byte* row, Scratch scratch, (int From, int End)? slices)
        {
            long low = -RowPath.Tolerance, high = RowPath.Upper(SourceSize.Z);
            if (slices is { } s)
            {
                long bias = Interpolation.Bias(order);
                low = Math.Max(low, ((long)s.From << 32) - bias);
                high = Math.Min(high, ((long)s.End << 32) - bias - 1);
            }
            Locate(z, y, scratch, low, high);
            int at = 0;
            foreach ((int first, int end) in scratch.Runs)
            {
                if (slices is null) new Span<byte>(row + at * (int)type, (first - at) * (int)type).Clear();
                RowSampler.Sample(order, type, window, new ListedPath(first, end, scratch.Z, scratch.Y, scratch.X), row, scratch.Floats);
                at = end;
            }
            if (slices is null) new Span<byte>(row + at * (int)type, (TargetSize.X - at) * (int)type).Clear();
            return scratch.Runs.Count > 0;
        }

        public override void Dispose()
        {
            base.Dispose();
            _nodes.Dispose();
        }

        /// <summary>Lists the positions of a row, and the runs of voxels inside the source with a z position from low to high.</summary>
        private void Locate(int z, int y, Scratch scratch, long low, long high)
        {
            LocateNodes(z, y, scratch.Nodes);
            scratch.Runs.Clear();
            int nodes = _nodes.Nodes.X, width = TargetSize.X;
            long* nz = scratch.Nodes, ny = nz + nodes, nx = ny + nodes;
            long upperY = RowPath.Upper(SourceSize.Y), upperX = RowPath.Upper(SourceSize.X);
            const long lower = -RowPath.Tolerance;
            double part = 1.0 / step;
            int start = -1;
            for (int j = 0; j == 0 || j < nodes - 1; j++)
            {
                int from = j * step, end = Math.Min(width, from + step), k = Math.Min(j + 1, nodes - 1);
                bool inside = Inside(nz[j], low, high) && Inside(nz[k], low, high) && Inside(ny[j], lower, upperY) && Inside(ny[k], lower, upperY)
                    && Inside(nx[j], lower, upperX) && Inside(nx[k], lower, upperX);
                if (!inside && (Beyond(nz[j], nz[k], low, high) || Beyond(ny[j], ny[k], lower, upperY) || Beyond(nx[j], nx[k], lower, upperX)))
                {
                    if (start >= 0) scratch.Runs.Add((start, from));
                    start = -1;
                    continue;
                }
                List(scratch.Z, from, end, nz[j], (long)((nz[k] - nz[j]) * part));
                List(scratch.Y, from, end, ny[j], (long)((ny[k] - ny[j]) * part));
                List(scratch.X, from, end, nx[j], (long)((nx[k] - nx[j]) * part));
                if (inside)
                {
                    if (start < 0) start = from;
                    continue;
                }
                for (int x = from; x < end; x++)
                {
                    bool here = Inside(scratch.Z[x], low, high) && Inside(scratch.Y[x], lower, upperY) && Inside(scratch.X[x], lower, upperX);
                    if (here && start < 0) start = x;
                    if (here || start < 0) continue;
                    scratch.Runs.Add((start, x));
                    start = -1;
                }
            }
            // The last voxel may be a node itself.
            int last = (nodes - 1) * step;
            if (nodes > 1 && last < width)
            {
                (scratch.Z[last], scratch.Y[last], scratch.X[last]) = (nz[nodes - 1], ny[nodes - 1], nx[nodes - 1]);
                bool here = Inside(scratch.Z[last], low, high) && Inside(scratch.Y[last], lower, upperY) && Inside(scratch.X[last], lower, upperX);
                if (here && start < 0) start = last;
                else if (!here && start >= 0)
                {
                    scratch.Runs.Add((start, last));
                    start = -1;
                }
            }
            if (start >= 0) scratch.Runs.Add((start, width));

            static bool Inside(long v, long low, long high) => v >= low && v <= high;
            static bool Beyond(long a, long b, long low, long high) => (a < low && b < low) || (a > high && b > high);
            static void List(long* list, int from, int end, long value, long step)
            {
                for (int x = from; x < end; x++, value += step) list[x] = value;
            }
        }

        /// <summary>The positions at the nodes along a row, interpolated between the four rows of nodes around it.</summary>
        private void LocateNodes(int z, int y, long* at)
        {
            Size3 n = _nodes.Nodes;
            int z0 = z / step, z1 = Math.Min(z0 + 1, n.Z - 1), y0 = y / step, y1 = Math.Min(y0 + 1, n.Y - 1);
            double fz = (double)(z - z0 * step) / step, fy = (double)(y - y0 * step) / step;
            if (fz == 0) z1 = z0;
            if (fy == 0) y1 = y0;
            double w00 = (1 - fz) * (1 - fy), w01 = (1 - fz) * fy, w10 = fz * (1 - fy), w11 = fz * fy;
            double* r00 = _nodes.Row(z0, y0), r01 = _nodes.Row(z0, y1), r10 = _nodes.Row(z1, y0), r11 = _nodes.Row(z1, y1);
            for (int i = 0; i < 3 * n.X; i++)
            {
                double v = w00 * r00[i] + w01 * r01[i] + w10 * r10[i] + w11 * r11[i];
                // What is not a number is far out too.
                at[i] = v > -Far && v < Far ? (long)Math.Round(v * RowPath.One) : (long)(-Far * RowPath.One);
            }
        }
    }
}

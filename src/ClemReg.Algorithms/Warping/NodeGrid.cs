using ClemReg.Algorithms.Transforms;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Warping;

/// <summary>
/// Where the voxels of a target lie in the source under a deformable transform, known at the nodes of a coarse grid: every n-th voxel along
/// each axis. Holds the nodes of a box of the target, as many as its memory takes.
/// </summary>
/// <remarks>
/// The transform is evaluated at every fourth node, with its Jacobian. In the cell between eight of those, positions are predicted by
/// blending their first-order expansions, with half of the slope: that reproduces quadratic maps. Seven nodes of each cell are computed and
/// compared with the prediction; where one is off by more than the tolerance the whole cell is computed. So a smooth map costs a tenth.
/// Each node's value depends on the transform, the grids and the step only, not on the box.
/// </remarks>
internal sealed unsafe class NodeGrid : IDisposable
{
    /// <summary>Nodes along a cell's edge.</summary>
    private const int Cell = 4;

    /// <summary>Nodes that are compared: at 0 or 2 along each axis, but for the corner itself.</summary>
    private const int Checks = 7;

    /// <summary>Part of the smallest voxel pitch by which a prediction may be off.</summary>
    private const double TolerancePitch = 0.01;

    private readonly Grid _source;
    private readonly Grid _target;
    private readonly SpatialTransform _targetToSource;
    private readonly double _toleranceNm;
    private readonly int _capacity;
    private NativeBuffer _buffer = new(0);
    private (int Z, int Planes, int Y, int Rows) _box;

    /// <summary>Prepares the grid; nothing is computed yet.</summary>
    /// <param name="source">The image that is warped.</param>
    /// <param name="targetToSource">Physical target to source coordinates.</param>
    /// <param name="target">The grid to fill.</param>
    /// <param name="step">Voxels between nodes; 1 computes every node.</param>
    /// <param name="bytes">Memory for nodes; a few rows are always held.</param>
    public NodeGrid(Grid source, SpatialTransform targetToSource, Grid target, int step, long bytes)
    {
        (_source, _target, _targetToSource, Step) = (source, target, targetToSource, step);
        static int Count(int n, int step) => (n - 1 + step - 1) / step + 1;
        Nodes = new Size3(Count(target.Size.Z, step), Count(target.Size.Y, step), Count(target.Size.X, step));
        double pitch = Math.Min(Smallest(source.Spacing), Smallest(target.Spacing));
        _toleranceNm = step == 1 ? 0 : TolerancePitch * pitch;
        // What the cells' corners take is below a sixth of the nodes, and more only for boxes of few planes.
        long rows = bytes * 3 / 4 / (Nodes.X * RowBytes);
        _capacity = (int)Math.Min(Math.Max(rows, 64), (long)Nodes.Z * Nodes.Y);

        static double Smallest(Point3 p) => Math.Min(p.Z, Math.Min(p.Y, p.X));
    }

    private const int RowBytes = 3 * sizeof(double);

    /// <summary>Voxels between nodes.</summary>
    public int Step { get; }

    /// <summary>Nodes along z, y, x.</summary>
    public Size3 Nodes { get; }

    /// <summary>True if all nodes are held at once.</summary>
    public bool IsWhole => _capacity >= (long)Nodes.Z * Nodes.Y;

    /// <summary>How many target rows of <paramref name="slices"/> slices <see cref="Prepare"/> can take at once, from a multiple of <see cref="Step"/> on.</summary>
    public int RowsAtOnce(int slices)
    {
        if (IsWhole) return _target.Size.Y;
        int planes = Math.Min(Nodes.Z, (slices - 1) / Step + 2 + (Step > 1 ? 1 : 0));
        return Math.Max(1, _capacity / planes - 1) * Step;
    }

    /// <summary>The most slices whose nodes may be prepared at once.</summary>
    public int SlicesAtOnce => IsWhole ? _target.Size.Z : Math.Max(1, (_capacity / 8 - 3) * Step);

    /// <summary>Computes the nodes around target slices and rows, unless they are held.</summary>
    public void Prepare(int z, int slices, int y, int rows, Job job)
    {
        int z0 = z / Step, z1 = Math.Min(Nodes.Z - 1, (z + slices - 1) / Step + 1);
        int y0 = y / Step, y1 = Math.Min(Nodes.Y - 1, (y + rows - 1) / Step + 1);
        (int boxZ, int boxPlanes, int boxY, int boxRows) = _box;
        if (z0 >= boxZ && z1 < boxZ + boxPlanes && y0 >= boxY && y1 < boxY + boxRows) return;
        (int planes, int height) = (z1 - z0 + 1, y1 - y0 + 1);
        // As much more as there is memory for: whole planes, then planes ahead.
        if (IsWhole) (z0, planes, y0, height) = (0, Nodes.Z, 0, Nodes.Y);
        else if ((long)planes * Nodes.Y <= _capacity) (y0, height, planes) = (0, Nodes.Y, Math.Min(Nodes.Z - z0, _capacity / Nodes.Y));
        else height = Math.Min(Nodes.Y - y0, Math.Max(height, _capacity / planes));
        Fill(z0, planes, y0, height, job);
    }

    /// <summary>The z, y and x indices in the source of a row of nodes, Nodes.X of each.</summary>
    public double* Row(int z, int y) => (double*)_buffer.Pointer + ((long)(z - _box.Z) * _box.Rows + (y - _box.Y)) * 3 * Nodes.X;

    /// <summary>Compares interpolated positions with the transform at each voxel of some cells.</summary>
    public ApproximationError Measure(Job job)
    {
        const int wanted = 64, tried = 512;
        var cells = new List<(int Z, int Y, int X)>();
        // Multiples of irrational numbers spread evenly over the box (Roberts 2018, R3).
        const double a = 0.8191725133961645, b = 0.6710436067037893, c = 0.5497004779019703;
        Size3 size = _target.Size;
        for (int i = 1; i <= tried && cells.Count < wanted; i++)
        {
            static double Part(double v) => v - Math.Floor(v);
            (int z, int y, int x) = ((int)(Part(i * a) * size.Z) / Step, (int)(Part(i * b) * size.Y) / Step, (int)(Part(i * c) * size.X) / Step);
            job.ThrowIfCancelled();
            Point3 at = _source.ToIndex(_targetToSource.Apply(Physical((z + 0.5) * Step, (y + 0.5) * Step, (x + 0.5) * Step)));
            if (at.Z >= 0 && at.Y >= 0 && at.X >= 0 && at.Z <= _source.Size.Z - 1 && at.Y <= _source.Size.Y - 1 && at.X <= _source.Size.X - 1)
                cells.Add((z, y, x));
        }
        var found = new (double Largest, double Sum, int Count)[cells.Count];
        job.For(cells.Count, i =>
        {
            (int z, int y, int x) = cells[i];
            // The node cell's eight corners as Fill computes them.
            var nodes = new Point3[8];
            for (int k = 0; k < 8; k++)
            {
                int dz = k >> 2, dy = k >> 1 & 1, dx = k & 1;
                (int nz, int ny, int nx) = (Math.Min(z + dz, Nodes.Z - 1), Math.Min(y + dy, Nodes.Y - 1), Math.Min(x + dx, Nodes.X - 1));
                var corners = new Corners(this, nz / Cell, ny / Cell, nx / Cell, 1);
                var row = new CellRow(1);
                row.Compute(this, corners, nz / Cell, ny / Cell, nx / Cell, 1, job);
                nodes[k] = row.Position(0, nz % Cell, ny % Cell, nx % Cell);
            }
            var points = new List<Point3>();
            var guesses = new List<Point3>();
            for (int k = 0; k < 27; k++)
            {
                double Part(int third, int n) => n == 1 ? 0 : third == 0 ? 1 / 6.0 : third == 1 ? 0.5 : 5 / 6.0;
                double fz = Part(k / 9, Nodes.Z), fy = Part(k / 3 % 3, Nodes.Y), fx = Part(k % 3, Nodes.X);
                Point3 guess = default;
                for (int n = 0; n < 8; n++)
                    guess += ((n >> 2) == 1 ? fz : 1 - fz) * ((n >> 1 & 1) == 1 ? fy : 1 - fy) * ((n & 1) == 1 ? fx : 1 - fx) * nodes[n];
                guesses.Add(guess);
                points.Add(Physical((z + fz) * Step, (y + fy) * Step, (x + fx) * Step));
            }
            Point3[] exact = [.. guesses];
            _targetToSource.Improve(points.ToArray(), exact, InverseTransform.ToleranceNm);
            double largest = 0, sum = 0;
            for (int k = 0; k < exact.Length; k++)
            {
                double off = (exact[k] - guesses[k]).Length;
                largest = Math.Max(largest, off);
                sum += off * off;
            }
            found[i] = (largest, sum, exact.Length);
        });
        int samples = found.Sum(f => f.Count);
        return samples == 0 ? new ApproximationError(0, 0, 0) : new ApproximationError(found.Max(f => f.Largest), Math.Sqrt(found.Sum(f => f.Sum) / samples), samples);
    }

    /// <inheritdoc/>
    public void Dispose() => _buffer.Dispose();

    private Point3 Physical(double z, double y, double x) => _target.ToPhysical(z, y, x);

    private void Fill(int z0, int planes, int y0, int rows, Job job)
    {
        _box = default;
        long bytes = (long)planes * rows * Nodes.X * RowBytes;
        if (_buffer.Bytes < bytes)
        {
            _buffer.Dispose();
            _buffer = new NativeBuffer(bytes);
        }
        int cz0 = z0 / Cell, cz1 = (z0 + planes - 1) / Cell, cy0 = y0 / Cell, cy1 = (y0 + rows - 1) / Cell, width = (Nodes.X - 1) / Cell + 1;
        int down = cy1 - cy0 + 1;
        var corners = new Corners[(cz1 - cz0 + 2) * (down + 1)];
        job.For(corners.Length, i => corners[i] = new Corners(this, cz0 + i / (down + 1), cy0 + i % (down + 1), 0, width, job), report: true);
        var buffer = (double*)_buffer.Pointer;
        job.For((cz1 - cz0 + 1) * down, () => new CellRow(width), (i, row) =>
        {
            (int z, int y) = Math.DivRem(i, down);
            int at = z * (down + 1) + y;
            row.Compute(this, new Corners(corners[at], corners[at + 1], corners[at + down + 1], corners[at + down + 2]), cz0 + z, cy0 + y, 0, width, job);
            for (int dz = 0; dz < Cell; dz++)
            {
                int nz = (cz0 + z) * Cell + dz - z0;
                if (nz < 0 || nz >= planes) continue;
                for (int dy = 0; dy < Cell; dy++)
                {
                    int ny = (cy0 + y) * Cell + dy - y0;
                    if (ny < 0 || ny >= rows) continue;
                    double* to = buffer + ((long)nz * rows + ny) * 3 * Nodes.X;
                    for (int x = 0; x < Nodes.X; x++)
                    {
                        Point3 index = _source.ToIndex(row.Position(x / Cell, dz, dy, x % Cell));
                        (to[x], to[Nodes.X + x], to[2 * Nodes.X + x]) = (index.Z, index.Y, index.X);
                    }
                }
            }
        });
        _box = (z0, planes, y0, rows);
    }

    /// <summary>Positions (nm) and their derivatives at the corners of a row of cells: one line of corners, or the four lines around the row.</summary>
    private sealed class Corners
    {
        private readonly Point3[][] _at;
        private readonly Matrix3[][] _slope;

        /// <summary>Computes a line of corners.</summary>
        public Corners(NodeGrid grid, int z, int y, int x, int cells, Job job)
        {
            (_at, _slope) = ([new Point3[cells + 1]], [new Matrix3[cells + 1]]);
            var points = new Point3[cells + 1];
            double stride = (double)grid.Step * Cell;
            for (int i = 0; i <= cells; i++) points[i] = grid.Physical(z * stride, y * stride, (x + i) * stride);
            const int piece = 16;
            for (int i = 0; i <= cells; i += piece)
            {
                job.ThrowIfCancelled();
                int n = Math.Min(piece, cells + 1 - i);
                grid._targetToSource.Apply(points.AsSpan(i, n), _at[0].AsSpan(i, n), _slope[0].AsSpan(i, n));
            }
        }

        /// <summary>Computes the four lines around a row of cells.</summary>
        public Corners(NodeGrid grid, int z, int y, int x, int cells)
            : this(new Corners(grid, z, y, x, cells, new Job(1)), new Corners(grid, z, y + 1, x, cells, new Job(1)),
                new Corners(grid, z + 1, y, x, cells, new Job(1)), new Corners(grid, z + 1, y + 1, x, cells, new Job(1)))
        {
        }

        /// <summary>Joins the lines at (z, y), (z, y + 1), (z + 1, y), (z + 1, y + 1).</summary>
        public Corners(Corners a, Corners b, Corners c, Corners d)
        {
            _at = [a._at[0], b._at[0], c._at[0], d._at[0]];
            _slope = [a._slope[0], b._slope[0], c._slope[0], d._slope[0]];
        }

        public Point3 this[int cell] => _at[0][cell];

        /// <summary>The blend at (z, y, x) quarters of a cell.</summary>
        /// <param name="cell">The cell in its row.</param>
        /// <param name="z">0 to 4.</param>
        /// <param name="y">0 to 4.</param>
        /// <param name="x">0 to 4.</param>
        /// <param name="node">The way from one node to the next along each axis, nm.</param>
        public Point3 Predict(int cell, int z, int y, int x, Point3 node)
        {
            Point3 sum = default;
            for (int k = 0; k < 8; k++)
            {
                int line = k >> 1, cx = k & 1;
                int dz = z - (line >> 1) * Cell, dy = y - (line & 1) * Cell, dx = x - cx * Cell;
                double weight = (Cell - Math.Abs(dz)) * (Cell - Math.Abs(dy)) * (Cell - Math.Abs(dx)) / (double)(Cell * Cell * Cell);
                if (weight == 0) continue;
                var way = new Point3(0.5 * dz * node.Z, 0.5 * dy * node.Y, 0.5 * dx * node.X);
                sum += weight * (_at[line][cell + cx] + _slope[line][cell + cx] * way);
            }
            return sum;
        }
    }

    /// <summary>The node positions, nm, of a row of cells.</summary>
    private sealed class CellRow(int cells)
    {
        private const int Size = Cell * Cell * Cell;
        private readonly Point3[] _nodes = new Point3[cells * Size];

        public Point3 Position(int cell, int z, int y, int x) => _nodes[cell * Size + (z * Cell + y) * Cell + x];

        public void Compute(NodeGrid grid, Corners corners, int z, int y, int x, int count, Job job)
        {
            const int atOnce = 8;
            var points = new Point3[atOnce * Size];
            var images = new Point3[atOnce * Size];
            Point3 node = grid.Step * grid._target.Spacing;
            // Newton's method ends well below what the check asks for.
            double solve = grid._toleranceNm > 0 ? grid._toleranceNm / 4 : InverseTransform.ToleranceNm;
            for (int first = 0; first < count; first += atOnce)
            {
                job.ThrowIfCancelled();
                int n = Math.Min(atOnce, count - first);
                for (int c = first; c < first + n; c++)
                    for (int k = 0; k < Size; k++)
                        _nodes[c * Size + k] = k == 0 ? corners[c] : corners.Predict(c, k / (Cell * Cell), k / Cell % Cell, k % Cell, node);

                var missed = new List<int>();
                if (grid._toleranceNm > 0)
                {
                    for (int c = 0; c < n; c++)
                        for (int k = 1; k <= Checks; k++) Take(c * Checks + k - 1, first + c, Check(k));
                    grid._targetToSource.Improve(points.AsSpan(0, n * Checks), images.AsSpan(0, n * Checks), solve);
                    for (int c = 0; c < n; c++)
                    {
                        double off = 0;
                        for (int k = 1; k <= Checks; k++)
                        {
                            ref Point3 place = ref _nodes[(first + c) * Size + Check(k)];
                            Point3 exact = images[c * Checks + k - 1];
                            off = Math.Max(off, (exact - place).Length);
                            place = exact;
                        }
                        if (!(off <= grid._toleranceNm)) missed.Add(first + c);
                    }
                }
                else missed.AddRange(Enumerable.Range(first, n));

                foreach (int c in missed)
                {
                    job.ThrowIfCancelled();
                    for (int k = 1; k < Size; k++) Take(k - 1, c, k);
                    grid._targetToSource.Improve(points.AsSpan(0, Size - 1), images.AsSpan(0, Size - 1), solve);
                    images.AsSpan(0, Size - 1).CopyTo(_nodes.AsSpan(c * Size + 1, Size - 1));
                }
            }

            // The point and its predicted image of node k of a cell.
            void Take(int slot, int cell, int k)
            {
                (int nz, int ny, int nx) = (z * Cell + k / (Cell * Cell), y * Cell + k / Cell % Cell, (x + cell) * Cell + k % Cell);
                points[slot] = grid.Physical((double)nz * grid.Step, (double)ny * grid.Step, (double)nx * grid.Step);
                images[slot] = _nodes[cell * Size + k];
            }

            static int Check(int k) => ((k >> 2) * Cell + (k >> 1 & 1)) * 2 * Cell + (k & 1) * 2;
        }
    }
}

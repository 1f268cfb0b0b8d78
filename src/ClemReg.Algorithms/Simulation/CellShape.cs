using System.Numerics;
using System.Numerics.Tensors;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Simulation;

/// <summary>
/// The large shapes of the cell on a coarse lattice, between whose nodes they are interpolated linearly: signed distances (nm, positive
/// inside) of the cell's outline (and its neighbours') and of the nucleus, and the noise field whose level sheets are the endoplasmic reticulum.
/// </summary>
internal sealed class CellShape
{
    /// <summary>Lattice distance, nm: on curves of 2 um radius linear interpolation is off by less than 1 nm.</summary>
    private const double Lattice = 100;

    /// <summary>Level sheets per standard deviation of the noise.</summary>
    private const float SheetsPerUnit = 1.5f;

    private readonly Grid _lattice;
    private readonly float[][] _fields;

    /// <summary>Makes the cell that fills a box.</summary>
    /// <param name="low">The box's low corner, nm.</param>
    /// <param name="high">The box's high corner, nm.</param>
    /// <param name="key">Chooses the shapes.</param>
    /// <param name="job">Threads and cancellation.</param>
    /// <param name="nucleus">Whether it has a nucleus, where there is room.</param>
    public CellShape(Point3 low, Point3 high, ulong key, Job job, bool nucleus = true)
    {
        Low = low;
        High = high;
        int Nodes(double length) => (int)Math.Ceiling(length / Lattice) + 4;
        Point3 extent = high - low;
        _lattice = new Grid(new Size3(Nodes(extent.Z), Nodes(extent.Y), Nodes(extent.X)), new Point3(Lattice, Lattice, Lattice),
            low - new Point3(1.5 * Lattice, 1.5 * Lattice, 1.5 * Lattice));
        long count = _lattice.Size.Count;
        if (count > 100_000_000)
            throw BadInputException.ForParameter("em_size_y", $"{extent.Z / 1000:F0} x {extent.Y / 1000:F0} x {extent.X / 1000:F0} um with its surround",
                "a volume of less than 100,000 cubic micrometres", "Lower the EM's size or spacing or the surround.");
        _fields = new float[5][];
        for (int f = 0; f < _fields.Length; f++) _fields[f] = new float[count];

        var random = new RandomStream(RandomStream.Key(key, 1));
        Point3 middle = 0.5 * (low + high);
        double width = Math.Min(extent.Y, extent.X);
        // The outline leaves some resin in the corners, as in a trimmed block.
        var cell = new Ellipsoid(
            middle + new Point3(random.Uniform(-0.1, 0.1) * extent.Z, random.Uniform(-0.04, 0.04) * extent.Y, random.Uniform(-0.04, 0.04) * extent.X),
            new Point3(Math.Max(3000, 1.2 * extent.Z), random.Uniform(0.53, 0.58) * extent.Y, random.Uniform(0.53, 0.58) * extent.X));
        double nucleusRadius = Math.Min(5000, 0.23 * width);
        HasNucleus = nucleus && nucleusRadius >= 700;
        double angle = random.Uniform(0, 2 * Math.PI);
        NucleusCentre = cell.Centre + new Point3(random.Uniform(-300, 300), 0.1 * extent.Y * Math.Sin(angle), 0.1 * extent.X * Math.Cos(angle));
        var envelope = new Ellipsoid(NucleusCentre,
            new Point3(Math.Max(1.1 * nucleusRadius, 0.8 * extent.Z), random.Uniform(0.9, 1.0) * nucleusRadius, random.Uniform(1.05, 1.2) * nucleusRadius));
        NucleusReach = 1.2 * nucleusRadius;

        var bulge = new BandNoise(RandomStream.Key(key, 2), 1600);
        var ruffle = new BandNoise(RandomStream.Key(key, 3), 330);
        var sheets = new BandNoise(RandomStream.Key(key, 4), 900);
        var patches = new BandNoise(RandomStream.Key(key, 5), 1500);
        (int nz, int ny, int nx) = _lattice.Size;
        job.For(nz, () => (Bulge: bulge.On(_lattice), Ruffle: ruffle.On(_lattice), Sheets: sheets.On(_lattice), Patches: patches.On(_lattice),
            Rows: new float[2 * nx]), (z, s) =>
        {
            s.Bulge.Slice(z);
            s.Ruffle.Slice(z);
            s.Sheets.Slice(z);
            s.Patches.Slice(z);
            Span<float> large = s.Rows.AsSpan(0, nx), small = s.Rows.AsSpan(nx, nx);
            for (int y = 0; y < ny; y++)
            {
                job.ThrowIfCancelled();
                s.Bulge.Row(y, large);
                s.Ruffle.Row(y, small);
                int at = (z * ny + y) * nx;
                s.Sheets.Row(y, _fields[2].AsSpan(at, nx));
                s.Patches.Row(y, _fields[4].AsSpan(at, nx));
                for (int x = 0; x < nx; x++)
                {
                    Point3 p = _lattice.ToPhysical(z, y, x);
                    float outline = (float)(cell.Distance(p) + 0.02 * width * large[x] + 60 * small[x]);
                    // Beyond a gap of varying width the neighbouring cells begin.
                    float gap = 200 + 350 * MathF.Max(0, _fields[4][at + x] + 0.8f);
                    _fields[0][at + x] = MathF.Max(outline, -outline - gap);
                    _fields[1][at + x] = HasNucleus ? (float)(envelope.Distance(p) - 0.05 * nucleusRadius * large[x] + 35 * small[x]) : -1e5f;
                }
            }
        });
        job.For(nz, z =>
        {
            float[] f = _fields[2], gradient = _fields[3];
            for (int y = 0; y < ny; y++)
            {
                job.ThrowIfCancelled();
                for (int x = 0; x < nx; x++)
                {
                    int i = (z * ny + y) * nx + x;
                    float dz = Slope(z, nz, ny * nx), dy = Slope(y, ny, nx), dx = Slope(x, nx, 1);
                    gradient[i] = MathF.Sqrt(dz * dz + dy * dy + dx * dx);

                    float Slope(int at, int size, int stride)
                    {
                        int before = at > 0 ? stride : 0, after = at < size - 1 ? stride : 0;
                        return (f[i + after] - f[i - before]) / (float)((before + after) / stride * Lattice);
                    }
                }
            }
        });
    }

    /// <summary>The box's low corner, nm.</summary>
    public Point3 Low { get; }

    /// <summary>The box's high corner, nm.</summary>
    public Point3 High { get; }

    /// <summary>False in a box too small for a nucleus.</summary>
    public bool HasNucleus { get; }

    /// <summary>Middle of the nucleus, nm.</summary>
    public Point3 NucleusCentre { get; }

    /// <summary>The nucleus lies within this distance of its middle in xy, nm.</summary>
    public double NucleusReach { get; }

    /// <summary>Volume of the cytoplasm in the box, nm^3.</summary>
    public double CytoplasmVolume()
    {
        Point3 e = High - Low;
        double step = Math.Max(Lattice, Math.Cbrt(e.Z * e.Y * e.X / 300_000));
        long inside = 0, all = 0;
        for (double z = Low.Z; z <= High.Z; z += step)
        {
            for (double y = Low.Y; y <= High.Y; y += step)
            {
                for (double x = Low.X; x <= High.X; x += step)
                {
                    all++;
                    if (CytoplasmDepth(new Vector3((float)z, (float)y, (float)x)) > 0) inside++;
                }
            }
        }
        return e.Z * e.Y * e.X * inside / all;
    }

    /// <summary>How deep a point lies in the cytoplasm: distance from the nearer of plasma membrane and nucleus, nm, negative outside.</summary>
    public float CytoplasmDepth(Vector3 p) => MathF.Min(Sample(0, p), -Sample(1, p));

    /// <summary>Signed distance from the nuclear envelope, nm, positive inside.</summary>
    public float NucleusDistance(Vector3 p) => Sample(1, p);

    private float Sample(int field, Vector3 p)
    {
        Point3 u = _lattice.ToIndex(new Point3(p.X, p.Y, p.Z));
        (int nz, int ny, int nx) = _lattice.Size;
        int z = Math.Clamp((int)u.Z, 0, nz - 2), y = Math.Clamp((int)u.Y, 0, ny - 2), x = Math.Clamp((int)u.X, 0, nx - 2);
        float fz = (float)(u.Z - z), fy = (float)(u.Y - y), fx = (float)(u.X - x);
        float[] f = _fields[field];
        int at = (z * ny + y) * nx + x;
        float Line(int i) => f[i] + fx * (f[i + 1] - f[i]);
        float Face(int i) => Line(i) + fy * (Line(i + nx) - Line(i));
        return Face(at) + fz * (Face(at + ny * nx) - Face(at));
    }

    /// <summary>Reads the shapes along the rows of a grid inside the box. One reader serves one thread.</summary>
    public Reader On(Grid grid) => new(this, grid);

    internal sealed class Reader
    {
        private readonly CellShape _shape;
        private readonly Grid _grid;
        private readonly int[] _left;
        private readonly float[] _fraction;
        private readonly float[] _row;
        private readonly float[][] _values;

        public Reader(CellShape shape, Grid grid)
        {
            _shape = shape;
            _grid = grid;
            int width = grid.Size.X;
            _left = new int[width];
            _fraction = new float[width];
            _row = new float[shape._lattice.Size.X];
            _values = new float[5][];
            for (int f = 0; f < _values.Length; f++) _values[f] = new float[width];
            for (int x = 0; x < width; x++)
            {
                double u = (grid.Origin.X + x * grid.Spacing.X - shape._lattice.Origin.X) / Lattice;
                _left[x] = (int)u;
                _fraction[x] = (float)(u - _left[x]);
            }
        }

        /// <summary>Signed distance of the plasma membrane along the row, nm, positive inside.</summary>
        public ReadOnlySpan<float> Cell => _values[0];

        /// <summary>Signed distance of the nuclear envelope along the row, nm, positive inside.</summary>
        public ReadOnlySpan<float> Nucleus => _values[1];

        /// <summary>Distance from the nearest sheet of endoplasmic reticulum, nm, where there are patches of it; far away elsewhere.</summary>
        public float SheetDistance(int x)
        {
            float level = _values[2][x] * SheetsPerUnit;
            return MathF.Abs(level - MathF.Round(level)) / (SheetsPerUnit * MathF.Max(_values[3][x], 1e-5f));
        }

        /// <summary>How far inside a patch of endoplasmic reticulum a voxel is, nm, negative outside.</summary>
        public float PatchDepth(int x) => (_values[4][x] - 0.25f) * 600;

        /// <summary>Chooses the row; indices of the grid.</summary>
        public unsafe void Row(int z, int y)
        {
            Point3 u = _shape._lattice.ToIndex(_grid.ToPhysical(z, y, 0));
            int iz = (int)u.Z, iy = (int)u.Y;
            float fz = (float)(u.Z - iz), fy = (float)(u.Y - iy);
            (int _, int ny, int nx) = _shape._lattice.Size;
            int at = (iz * ny + iy) * nx;
            for (int f = 0; f < _values.Length; f++)
            {
                ReadOnlySpan<float> field = _shape._fields[f];
                TensorPrimitives.Multiply(field.Slice(at, nx), (1 - fz) * (1 - fy), _row);
                TensorPrimitives.MultiplyAdd(field.Slice(at + nx, nx), (1 - fz) * fy, _row, _row);
                TensorPrimitives.MultiplyAdd(field.Slice(at + ny * nx, nx), fz * (1 - fy), _row, _row);
                TensorPrimitives.MultiplyAdd(field.Slice(at + (ny + 1) * nx, nx), fz * fy, _row, _row);
                float[] value = _values[f];
                fixed (float* row = _row, fraction = _fraction, to = value)
                fixed (int* left = _left)
                {
                    for (int x = 0; x < value.Length; x++)
                    {
                        float* v = row + left[x];
                        to[x] = v[0] + fraction[x] * (v[1] - v[0]);
                    }
                }
            }
        }
    }

    /// <summary>An ellipsoid with its half axes along z, y, x.</summary>
    private readonly record struct Ellipsoid(Point3 Centre, Point3 Axes)
    {
        /// <summary>Signed distance, positive inside; first-order approximation, exact on the surface.</summary>
        public double Distance(Point3 p)
        {
            Point3 d = p - Centre;
            var a = new Point3(d.Z / Axes.Z, d.Y / Axes.Y, d.X / Axes.X);
            var b = new Point3(a.Z / Axes.Z, a.Y / Axes.Y, a.X / Axes.X);
            double k = a.Length, g = b.Length;
            return g > 0 ? k * (1 - k) / g : Math.Min(Axes.Z, Math.Min(Axes.Y, Axes.X));
        }
    }
}

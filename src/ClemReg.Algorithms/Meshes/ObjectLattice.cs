using System.Numerics.Tensors;
using ClemReg.Algorithms.Mitochondria;
using ClemReg.Algorithms.Segmentation;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Meshes;

/// <summary>
/// The smoothed membership of one object, plane by plane: above 1/2 inside, below outside. The object's voxels (1) among all others (0) are blurred by a Gaussian G in nm, twice over:
/// 2 G - G * G, which leaves flat and bent surfaces in place up to the fourth order, where G alone moves them by half its variance times the curvature. Where the object
/// or a gap in it is thinner than the blur but reaches farther along (<see cref="FindThin"/>), voxels on the wrong side are put back, so that nothing is lost and nothing closes; the teeth of a jagged outline are not. Beyond the volume's border the object
/// is taken to go on, and is cut off half a voxel beyond the last voxel centre, where the volume ends: there lie two samples at one place, the first like its neighbour and the second outside. Memory: two planes
/// for each slice that the blur reaches over.
/// </summary>
internal sealed class ObjectLattice : ISurfaceField
{
    /// <summary>What the outermost samples are outside at least, in parts of the step from outside to inside.</summary>
    private const float Tolerance = 0.1f;
    /// <summary>What a voxel of a thin part has at least.</summary>
    private const float ThinPart = 0.05f;

    private readonly LabelVolume _labels;
    private readonly LabelledObject _object;
    private readonly Axis _z, _y, _x;
    private readonly int _stride;
    private readonly Ring[] _rings;
    private readonly float[] _occupied, _acrossX;
    private readonly bool[] _inside, _below, _above, _thinX, _thinY, _thinZ, _alongX, _alongY, _thin;
    private int _read;

    /// <summary>Prepares to read.</summary>
    /// <param name="labels">The volume.</param>
    /// <param name="which">The object, with its exact box.</param>
    /// <param name="sigma">The blur's standard deviations, nm, z, y, x; 0: none.</param>
    public ObjectLattice(LabelVolume labels, LabelledObject which, Point3 sigma)
    {
        (_labels, _object) = (labels, which);
        (Size3 size, VoxelBox box, Point3 spacing) = (labels.Grid.Size, which.Box, labels.Grid.Spacing);
        _z = new Axis(box.First.Z, box.End.Z, size.Z, sigma.Z / spacing.Z);
        _y = new Axis(box.First.Y, box.End.Y, size.Y, sigma.Y / spacing.Y);
        _x = new Axis(box.First.X, box.End.X, size.X, sigma.X / spacing.X);
        Size = new Size3(_z.Count, _y.Count, _x.Count);
        First = new Size3(_z.First, _y.First, _x.First);
        // A row has room for the kernel on both sides, so that a shift of the whole plane is one stretch of memory.
        _stride = checked(_x.Count + 2 * _x.Reach);
        _occupied = new float[checked(_y.Extent * _stride + 2 * _x.Reach)];
        _acrossX = new float[_y.Extent * _stride];
        (_inside, _below, _above, _thin) = (new bool[Size.SliceCount], new bool[Size.SliceCount], new bool[Size.SliceCount], new bool[Size.SliceCount]);
        (_thinX, _thinY, _thinZ, _alongX, _alongY) = (new bool[Size.SliceCount], new bool[Size.SliceCount], new bool[Size.SliceCount], new bool[Size.SliceCount], new bool[Size.SliceCount]);
        _rings = [new Ring(this, 0, 2), new Ring(this, 1, -1)];
    }

    /// <summary>Samples along each axis.</summary>
    public Size3 Size { get; }

    /// <summary>The voxel of the first sample; -2 where the object touches the border there.</summary>
    public Size3 First { get; }

    /// <summary>Where a sample lies, nm: samples beyond the volume's border lie on it.</summary>
    public Point3 Place(double k, double y, double x) => _labels.Grid.ToPhysical(_z.Place(k), _y.Place(y), _x.Place(x));

    /// <summary>Reads plane <paramref name="k"/>; they are read in order.</summary>
    /// <param name="k">0 to Size.Z - 1.</param>
    /// <param name="plane">Receives membership - 1/2 of Size.Y * Size.X samples.</param>
    /// <param name="before">The plane before, as it was given; empty for the first.</param>
    /// <param name="job">Cancellation.</param>
    public void Read(int k, Span<float> plane, ReadOnlySpan<float> before, Job job)
    {
        int z = _z.First + k;
        if (z >= _z.Limit)
        {
            if (z == _z.Limit) before.CopyTo(plane);
            else Cap(before, plane);
            return;
        }
        bool cap = z == -2;
        bool outermost = z >= 0 && (k == 0 || k == Size.Z - 1);
        z = Math.Max(z, 0);
        while (_read < _z.Extent && _read <= z - _z.Low + _z.Reach)
        {
            job.ThrowIfCancelled();
            ReadOccupied(_z.Low + _read);
            foreach (Ring ring in _rings) ring.Add(_read, _occupied, _acrossX);
            _read++;
        }
        plane.Fill(-0.5f);
        foreach (Ring ring in _rings) ring.Combine(z, plane);
        Correct(z, outermost, plane);
        if (cap) Cap(plane, plane);
    }

    /// <summary>Puts thin parts back, keeps the outermost samples outside, and ends the object at the volume's border.</summary>
    private void Correct(int z, bool outermost, Span<float> plane)
    {
        (int height, int width) = (Size.Y, Size.X);
        FindThin(z);
        int fromY = _y.First < 0 ? 2 : 0, endY = _y.First + height > _y.Limit ? height - 2 : height;
        int fromX = _x.First < 0 ? 2 : 0, endX = _x.First + width > _x.Limit ? width - 2 : width;
        for (int y = fromY; y < endY; y++)
        {
            Span<float> row = plane.Slice(y * width, width);
            ReadOnlySpan<bool> inside = _inside.AsSpan(y * width, width), thin = _thin.AsSpan(y * width, width);
            bool rim = outermost || y == 0 || y == height - 1;
            for (int x = fromX; x < endX; x++)
            {
                float v = row[x];
                if ((rim || x == 0 || x == width - 1) && !inside[x]) v = Math.Min(v, -Tolerance);
                else if (thin[x]) v = inside[x] ? Math.Max(v, ThinPart) : Math.Min(v, -ThinPart);
                row[x] = v;
            }
            if (fromX > 0) (row[0], row[1]) = (Outside(row[2]), row[2]);
            if (endX < width) (row[^1], row[^2]) = (Outside(row[^3]), row[^3]);
        }
        if (fromY > 0)
        {
            plane.Slice(2 * width, width).CopyTo(plane[width..]);
            Cap(plane.Slice(width, width), plane[..width]);
        }
        if (endY < height)
        {
            plane.Slice((height - 3) * width, width).CopyTo(plane[((height - 2) * width)..]);
            Cap(plane.Slice((height - 2) * width, width), plane[^width..]);
        }
    }

    private static void Cap(ReadOnlySpan<float> inner, Span<float> outer)
    {
        for (int i = 0; i < outer.Length; i++) outer[i] = Outside(inner[i]);
    }

    private static float Outside(float inner) => -Math.Max(Math.Abs(inner), Tolerance);

    /// <summary>
    /// Marks the object's voxels of a slice, and where the object, or a gap in it, is so thin that the blur would lose it: islands that are short along x and y, ribbons that are short along one of them and long along the other, and
    /// what is in this slice alone and long along both.
    /// </summary>
    private void FindThin(int z)
    {
        MarkInside(z, _inside);
        MarkInside(Math.Max(z - 1, 0), _below);
        MarkInside(Math.Min(z + 1, _z.Limit - 1), _above);
        Stretches(_inside, null, _x.Thin, true, _thinX);
        Stretches(_inside, null, _y.Thin, false, _thinY);
        for (int i = 0; i < _thin.Length; i++) _thin[i] = _thinX[i] && _thinY[i];
        Stretches(_inside, _thinX, _y.Thin, false, _alongY);
        for (int i = 0; i < _thin.Length; i++) _thin[i] |= _alongY[i];
        Stretches(_inside, _thinY, _x.Thin, true, _alongX);
        for (int i = 0; i < _thin.Length; i++) _thin[i] |= _alongX[i];
        if (_z.Thin == 0) return;
        for (int i = 0; i < _thin.Length; i++) _thinZ[i] = _below[i] != _inside[i] && _above[i] != _inside[i];
        Stretches(_inside, _thinZ, _x.Thin, true, _alongX);
        Stretches(_inside, _thinZ, _y.Thin, false, _alongY);
        for (int i = 0; i < _thin.Length; i++) _thin[i] |= _alongX[i] && _alongY[i];
    }

    /// <summary>Marks stretches along x or y of voxels that are alike: those of at most so many with others at both ends, or, among the voxels of a set, those of more.</summary>
    private void Stretches(bool[] inside, bool[]? among, int thin, bool alongX, bool[] marks)
    {
        Array.Clear(marks);
        (int lines, int length, int line, int step) = alongX ? (Size.Y, Size.X, Size.X, 1) : (Size.X, Size.Y, 1, Size.X);
        for (int l = 0; l < lines; l++)
        {
            int first = l * line;
            for (int from = 0, to; from < length; from = to)
            {
                int start = first + from * step;
                to = from + 1;
                while (to < length && inside[first + to * step] == inside[start] && (among is null || among[first + to * step] == among[start])) to++;
                bool marked = among is null ? to - from <= thin && from > 0 && to < length : among[start] && to - from > thin;
                if (!marked) continue;
                for (int k = from; k < to; k++) marks[first + k * step] = true;
            }
        }
    }

    private void MarkInside(int z, bool[] inside)
    {
        Array.Clear(inside);
        if (z < _z.Low || z >= _z.High) return;
        for (int y = _y.Low; y < _y.High; y++)
            foreach (LabelledRun run in ObjectRuns.Near(_labels, _object, z, y))
                if (run.Label == _object.Label) inside.AsSpan((y - _y.First) * Size.X + run.Start - _x.First, run.End - run.Start).Fill(true);
    }

    private void ReadOccupied(int z)
    {
        Array.Clear(_occupied);
        int before = _x.Low - _x.First + _x.Reach;
        for (int y = _y.Low; y < _y.High; y++)
        {
            Span<float> row = _occupied.AsSpan((y - _y.Low) * _stride, _stride);
            foreach (LabelledRun run in ObjectRuns.Near(_labels, _object, z, y))
            {
                if (run.Label != _object.Label) continue;
                int start = before + run.Start - _x.Low, end = before + run.End - _x.Low;
                if (run.Start == 0) start = 0;
                if (run.End == _x.Limit) end = _stride;
                row[start..end].Fill(1);
            }
        }
    }

    /// <summary>An axis of the lattice: the object's voxels from Low to before High, samples from First on, and the two kernels.</summary>
    private sealed class Axis
    {
        public Axis(int low, int high, int limit, double sigma)
        {
            (Low, High, Limit) = (low, high, limit);
            // The surface stays near the box; what is beyond counts as outside.
            int margin = 1 + (int)Math.Ceiling(sigma / 2);
            First = low == 0 ? -2 : Math.Max(0, low - margin);
            // Two samples beyond the border where the object touches it. Where it merely comes near, the border itself is outermost.
            int end = high == limit ? limit + 2 : Math.Min(limit, high + margin);
            Count = end - First;
            Kernels = [Gaussian(sigma), Gaussian(sigma * Math.Sqrt(2))];
            Reach = Kernels[1].Length / 2;
            Thin = sigma > 0 ? Math.Max(1, (int)Math.Round(1.2 * sigma)) : 0;
        }

        public int Low { get; }

        public int High { get; }

        public int Limit { get; }

        public int First { get; }

        public int Count { get; }

        public int Extent => High - Low;

        public int Reach { get; }

        /// <summary>Stretches of so many voxels do not survive the blur.</summary>
        public int Thin { get; }

        /// <summary>Where sample k lies, in voxels, also between two samples.</summary>
        public double Place(double k)
        {
            double whole = Math.Floor(k), from = Within(First + whole), part = k - whole;
            return part == 0 ? from : from + part * (Within(First + whole + 1) - from);
        }

        private double Within(double voxel) => Math.Clamp(voxel, -0.5, Limit - 0.5);

        public float[][] Kernels { get; }

        private static float[] Gaussian(double sigma)
        {
            int reach = (int)Math.Ceiling(3 * sigma);
            var weights = new double[2 * reach + 1];
            for (int i = -reach; i <= reach; i++) weights[i + reach] = sigma > 0 ? Math.Exp(-i * i / (2 * sigma * sigma)) : 1;
            double sum = weights.Sum();
            return [.. weights.Select(w => (float)(w / sum))];
        }
    }

    /// <summary>The slices blurred in y and x by one of the two kernels, as many as the kernel reaches over.</summary>
    private sealed class Ring
    {
        private readonly ObjectLattice _lattice;
        private readonly int _which;
        private readonly float _factor;
        private readonly float[][] _planes;

        public Ring(ObjectLattice lattice, int which, float factor)
        {
            (_lattice, _which, _factor) = (lattice, which, factor);
            _planes = new float[Math.Min(lattice._z.Extent, 2 * lattice._z.Reach + 1)][];
            for (int i = 0; i < _planes.Length; i++) _planes[i] = new float[lattice.Size.SliceCount];
        }

        /// <summary>Blurs the object's slice in the plane and keeps it.</summary>
        public void Add(int slice, float[] occupied, float[] acrossX)
        {
            ObjectLattice l = _lattice;
            int reach = l._x.Reach, rows = l._y.Extent, width = l.Size.X;
            float[] kernel = l._x.Kernels[_which];
            int length = rows * l._stride;
            Array.Clear(acrossX);
            for (int i = 0, shift = reach - kernel.Length / 2; i < kernel.Length; i++, shift++)
                TensorPrimitives.MultiplyAdd(occupied.AsSpan(shift, length), kernel[i], acrossX.AsSpan(0, length), acrossX.AsSpan(0, length));
            float[] plane = _planes[slice % _planes.Length];
            Array.Clear(plane);
            kernel = l._y.Kernels[_which];
            int half = kernel.Length / 2;
            for (int y = 0; y < l.Size.Y; y++)
            {
                Span<float> target = plane.AsSpan(y * width, width);
                int centre = l._y.First + y - l._y.Low;
                for (int i = -half; i <= half; i++)
                {
                    int from = centre + i;
                    if (from < 0 && l._y.Low == 0) from = 0;
                    if (from >= rows && l._y.High == l._y.Limit) from = rows - 1;
                    if ((uint)from < (uint)rows) TensorPrimitives.MultiplyAdd(acrossX.AsSpan(from * l._stride, width), kernel[i + half], target, target);
                }
            }
        }

        /// <summary>Adds the blur along z at a slice.</summary>
        public void Combine(int z, Span<float> plane)
        {
            Axis axis = _lattice._z;
            float[] kernel = axis.Kernels[_which];
            int half = kernel.Length / 2;
            for (int i = -half; i <= half; i++)
            {
                int from = z - axis.Low + i;
                if (from < 0 && axis.Low == 0) from = 0;
                if (from >= axis.Extent && axis.High == axis.Limit) from = axis.Extent - 1;
                if ((uint)from < (uint)axis.Extent) TensorPrimitives.MultiplyAdd(_planes[from % _planes.Length], _factor * kernel[i + half], plane, plane);
            }
        }
    }
}

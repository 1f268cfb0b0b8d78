using System.Numerics;

namespace ClemReg.Algorithms.Filters;

/// <summary>
/// A linear map along one axis whose outputs each depend on a short run of neighbouring inputs: a Gaussian with its boundary rule, a
/// linear resampling, or one after the other as a single map. All axes of a separable filter are applied by the one kernel here.
/// </summary>
internal sealed unsafe class AxisOperator
{
    /// <summary>Outputs that are computed together, so that an input is loaded once for all of them.</summary>
    public const int GroupSize = 4;

    /// <summary>Columns that the kernel finishes before it goes on: with the rows of a kernel they stay in the first-level cache.</summary>
    private const int TileWidth = 64;

    private readonly Row[] _rows;
    private readonly int[] _first;
    private readonly int[] _count;
    private readonly int[] _offset;
    private readonly float[] _weights;
    private readonly float* _pinned;

    /// <summary>One output: the sum of <see cref="Weights"/> times the inputs from <see cref="First"/> on.</summary>
    private readonly record struct Row(int First, double[] Weights)
    {
        public int End => First + Weights.Length;
    }

    private AxisOperator(int inputCount, Row[] rows)
    {
        InputCount = inputCount;
        OutputCount = rows.Length;
        GroupCount = (rows.Length + GroupSize - 1) / GroupSize;
        _rows = rows;
        _first = new int[GroupCount];
        _count = new int[GroupCount];
        _offset = new int[GroupCount];

        // Layout of a group: for each input of the union of its rows' runs, the weights of its 4 outputs. Equal neighbours (all groups
        // but those at the ends of a Gaussian) share their weights.
        var weights = new List<float>();
        for (int g = 0; g < GroupCount; g++)
        {
            ReadOnlySpan<Row> members = rows.AsSpan(g * GroupSize, Math.Min(GroupSize, rows.Length - g * GroupSize));
            int first = int.MaxValue;
            int end = 0;
            foreach (Row row in members)
            {
                first = Math.Min(first, row.First);
                end = Math.Max(end, row.End);
            }
            var block = new float[(end - first) * GroupSize];
            for (int m = 0; m < members.Length; m++)
                for (int j = 0; j < members[m].Weights.Length; j++)
                    block[(members[m].First - first + j) * GroupSize + m] = (float)members[m].Weights[j];

            bool repeats = g > 0 && _count[g - 1] == end - first &&
                block.AsSpan().SequenceEqual(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(weights).Slice(_offset[g - 1], block.Length));
            _first[g] = first;
            _count[g] = end - first;
            _offset[g] = repeats ? _offset[g - 1] : weights.Count;
            if (!repeats) weights.AddRange(block);
        }
        _weights = GC.AllocateUninitializedArray<float>(weights.Count, pinned: true);
        weights.CopyTo(_weights);
        _pinned = (float*)System.Runtime.CompilerServices.Unsafe.AsPointer(ref _weights[0]);
    }

    /// <summary>Voxels along the axis before.</summary>
    public int InputCount { get; }

    /// <summary>Voxels along the axis after.</summary>
    public int OutputCount { get; }

    /// <summary>Groups of <see cref="GroupSize"/> outputs; the last one may have fewer, its missing outputs come out as 0.</summary>
    public int GroupCount { get; }

    /// <summary>Whether there is one voxel along the axis, which stays as it is.</summary>
    public bool CopiesOne => InputCount == 1 && OutputCount == 1 && _weights[0] == 1;

    /// <summary>A Gaussian with SciPy's conventions: radius (int)(4 sigma + 0.5), boundary 'reflect' (d c b a | a b c d | d c b a).</summary>
    public static AxisOperator Gaussian(int count, double sigma)
    {
        double[] kernel = GaussianFilter.Kernel(sigma);
        int radius = kernel.Length / 2;
        var rows = new Row[count];
        for (int i = 0; i < count; i++)
        {
            if (i >= radius && i + radius < count)
            {
                rows[i] = new Row(i - radius, kernel);
                continue;
            }
            bool all = 2 * radius + 1 >= count;
            int first = all ? 0 : Math.Max(0, i - radius);
            int last = all ? count - 1 : Math.Min(count - 1, i + radius);
            var folded = new double[last - first + 1];
            for (int k = -radius; k <= radius; k++) folded[Reflect(i + k, count) - first] += kernel[k + radius];
            rows[i] = new Row(first, folded);
        }
        return new AxisOperator(count, rows);
    }

    /// <summary>A sum of weighted neighbours with zeros outside: output i is the sum of weights[k] times input i - before + k.</summary>
    public static AxisOperator Kernel(int count, double[] weights, int before)
    {
        var rows = new Row[count];
        for (int i = 0; i < count; i++)
        {
            int first = Math.Max(0, i - before), end = Math.Min(count, i - before + weights.Length);
            rows[i] = new Row(first, weights[(first - i + before)..(end - i + before)]);
        }
        return new AxisOperator(count, rows);
    }

    /// <summary>Linear interpolation at (fractional) input indices start + k * step, clamped to the first and last input.</summary>
    public static AxisOperator Linear(int inputCount, int outputCount, double start, double step)
    {
        var rows = new Row[outputCount];
        for (int k = 0; k < outputCount; k++)
        {
            double u = Math.Clamp(start + k * step, 0, inputCount - 1);
            int i = Math.Min((int)u, Math.Max(inputCount - 2, 0));
            double f = u - i;
            rows[k] = f == 0 ? new Row(i, [1]) : new Row(i, [1 - f, f]);
        }
        return new AxisOperator(inputCount, rows);
    }

    /// <summary>The operator that applies this one first and <paramref name="next"/> after it.</summary>
    public AxisOperator Then(AxisOperator next)
    {
        if (next.InputCount != OutputCount) throw new ArgumentException("the operators do not fit together", nameof(next));
        var rows = new Row[next.OutputCount];
        for (int i = 0; i < rows.Length; i++)
        {
            Row outer = next._rows[i];
            int first = int.MaxValue;
            int end = 0;
            for (int j = outer.First; j < outer.End; j++)
            {
                first = Math.Min(first, _rows[j].First);
                end = Math.Max(end, _rows[j].End);
            }
            var weights = new double[end - first];
            for (int j = outer.First; j < outer.End; j++)
                for (int k = 0; k < _rows[j].Weights.Length; k++)
                    weights[_rows[j].First - first + k] += outer.Weights[j - outer.First] * _rows[j].Weights[k];
            rows[i] = new Row(first, weights);
        }
        return new AxisOperator(InputCount, rows);
    }

    /// <summary>The operator with all weights multiplied.</summary>
    public AxisOperator Times(double factor) =>
        new(InputCount, Array.ConvertAll(_rows, row => new Row(row.First, Array.ConvertAll(row.Weights, w => w * factor))));

    /// <summary>The inputs that the groups from <paramref name="group"/> to before <paramref name="groupEnd"/> need.</summary>
    public (int First, int End) Inputs(int group, int groupEnd)
    {
        int first = int.MaxValue;
        int end = 0;
        for (int g = group; g < groupEnd; g++)
        {
            first = Math.Min(first, _first[g]);
            end = Math.Max(end, _first[g] + _count[g]);
        }
        return (first, end);
    }

    /// <summary>Applies a range of groups to columns: row i of the axis is <paramref name="width"/> floats, one after the other.</summary>
    /// <param name="group">The first group.</param>
    /// <param name="groupEnd">One beyond the last group.</param>
    /// <param name="source">Where input row 0 lies or would lie (only the rows of <see cref="Inputs"/> are read).</param>
    /// <param name="sourceStride">Floats from one input row to the next.</param>
    /// <param name="destination">Output row group * 4; whole groups are written.</param>
    /// <param name="destinationStride">Floats from one output row to the next.</param>
    /// <param name="width">Columns: a multiple of <see cref="WidthMultiple"/>.</param>
    /// <param name="add">Adds to the destination instead of overwriting it.</param>
    public void Apply(
        int group, int groupEnd, float* source, nint sourceStride, float* destination, nint destinationStride, int width, bool add)
    {
        int lanes = Vector<float>.Count;
        for (int tile = 0; tile < width; tile += TileWidth)
        {
            int tileEnd = Math.Min(tile + TileWidth, width);
            for (int g = group; g < groupEnd; g++)
            {
                float* rows = source + _first[g] * sourceStride;
                float* weights = _pinned + _offset[g];
                int count = _count[g];
                float* d0 = destination + (nint)(g - group) * GroupSize * destinationStride;
                float* d1 = d0 + destinationStride;
                float* d2 = d1 + destinationStride;
                float* d3 = d2 + destinationStride;
                for (int c = tile; c < tileEnd; c += 2 * lanes)
                {
                    Vector<float> a0, a1, a2, a3, b0, b1, b2, b3;
                    if (add)
                    {
                        a0 = Vector.Load(d0 + c);
                        b0 = Vector.Load(d0 + c + lanes);
                        a1 = Vector.Load(d1 + c);
                        b1 = Vector.Load(d1 + c + lanes);
                        a2 = Vector.Load(d2 + c);
                        b2 = Vector.Load(d2 + c + lanes);
                        a3 = Vector.Load(d3 + c);
                        b3 = Vector.Load(d3 + c + lanes);
                    }
                    else
                    {
                        a0 = a1 = a2 = a3 = b0 = b1 = b2 = b3 = Vector<float>.Zero;
                    }
                    float* s = rows + c;
                    float* w = weights;
                    for (int j = 0; j < count; j++)
                    {
                        Vector<float> left = Vector.Load(s);
                        Vector<float> right = Vector.Load(s + lanes);
                        var w0 = new Vector<float>(w[0]);
                        a0 = Vector.MultiplyAddEstimate(w0, left, a0);
                        b0 = Vector.MultiplyAddEstimate(w0, right, b0);
                        var w1 = new Vector<float>(w[1]);
                        a1 = Vector.MultiplyAddEstimate(w1, left, a1);
                        b1 = Vector.MultiplyAddEstimate(w1, right, b1);
                        var w2 = new Vector<float>(w[2]);
                        a2 = Vector.MultiplyAddEstimate(w2, left, a2);
                        b2 = Vector.MultiplyAddEstimate(w2, right, b2);
                        var w3 = new Vector<float>(w[3]);
                        a3 = Vector.MultiplyAddEstimate(w3, left, a3);
                        b3 = Vector.MultiplyAddEstimate(w3, right, b3);
                        s += sourceStride;
                        w += GroupSize;
                    }
                    a0.Store(d0 + c);
                    b0.Store(d0 + c + lanes);
                    a1.Store(d1 + c);
                    b1.Store(d1 + c + lanes);
                    a2.Store(d2 + c);
                    b2.Store(d2 + c + lanes);
                    a3.Store(d3 + c);
                    b3.Store(d3 + c + lanes);
                }
            }
        }
    }

    /// <summary>The kernel works on multiples of this many columns, on every processor 16 or a multiple of it.</summary>
    public static int WidthMultiple => Math.Max(16, 2 * Vector<float>.Count);

    private static int Reflect(int i, int count)
    {
        int period = 2 * count;
        int m = i % period;
        if (m < 0) m += period;
        return m < count ? m : period - 1 - m;
    }
}

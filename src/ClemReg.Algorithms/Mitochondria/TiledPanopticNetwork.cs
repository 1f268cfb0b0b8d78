namespace ClemReg.Algorithms.Mitochondria;

/// <summary>
/// A network that takes slices of one size only, run on larger ones: in overlapping pieces, of which each gives what is nearer to its middle than to any
/// other's. Offsets are relative to their pixels, so pieces need nothing but to be put beside each other.
/// </summary>
/// <remarks>An object larger than the overlap (a quarter of the piece) may be parted where two pieces see different centres of it.</remarks>
internal sealed class TiledPanopticNetwork : IPanopticNetwork
{
    private const int OverlapShare = 4;

    private readonly IPanopticNetwork _network;
    private readonly int _height, _width, _factor;
    private readonly float[] _piece;
    private readonly float[][] _whole = [[], [], [], []];

    private TiledPanopticNetwork(IPanopticNetwork network, (int Height, int Width) only, int factor)
    {
        (_network, _factor) = (network, factor);
        (_height, _width) = only;
        _piece = new float[_height * _width];
    }

    /// <summary>The network for slices of any size, and the least size to which they must be padded.</summary>
    /// <param name="network">A network of any kind.</param>
    /// <param name="factor">The padding factor: slices have multiples of it.</param>
    /// <exception cref="ModelException">The network's only size is no multiple of the factor.</exception>
    public static (IPanopticNetwork Network, (int Height, int Width) Least) ForAnySize(IPanopticNetwork network, int factor)
    {
        if (network.FixedSize is not { } only) return (network, default);
        if (only.Height % factor != 0 || only.Width % factor != 0)
            throw new ModelException($"The model takes slices of {only.Height} x {only.Width} pixels only, which are no multiples of its padding factor {factor}. Export it with other, or dynamic, sizes.");
        return (new TiledPanopticNetwork(network, only, factor), only);
    }

    /// <inheritdoc/>
    public IPointHead? PointHead => _network.PointHead;

    /// <inheritdoc/>
    public PanopticOutput Run(ReadOnlyMemory<float> image, int height, int width, Job job)
    {
        int[] tops = Starts(height, _height), lefts = Starts(width, _width);
        PanopticOutput? last = null;
        for (int b = 0; b < tops.Length; b++)
            for (int c = 0; c < lefts.Length; c++)
            {
                job.ThrowIfCancelled();
                for (int y = 0; y < _height; y++)
                    image.Span.Slice((tops[b] + y) * width + lefts[c], _width).CopyTo(_piece.AsSpan(y * _width));
                last = _network.Run(_piece, _height, _width, job);
                (int, int) rows = Own(tops, b, _height, height), columns = Own(lefts, c, _width, width);
                Put(0, last.Semantic, (height, width), (tops[b], lefts[c]), rows, columns);
                Put(1, last.Centres, (height, width), (tops[b], lefts[c]), rows, columns);
                Put(2, last.Offsets, (height, width), (tops[b], lefts[c]), rows, columns);
                if (last.Features is { } features) Put(3, features, (height, width), (tops[b], lefts[c]), rows, columns);
            }
        return new PanopticOutput(Whole(0, last!.Semantic, height, width), Whole(1, last.Centres, height, width), Whole(2, last.Offsets, height, width),
            last.Features is { } f ? Whole(3, f, height, width) : null);
    }

    private int[] Starts(int length, int piece)
    {
        int step = Math.Max(_factor, (piece - piece / OverlapShare) / _factor * _factor), count = 1 + (Math.Max(0, length - piece) + step - 1) / step;
        return [.. Enumerable.Range(0, count).Select(i => Math.Min(i * step, length - piece))];
    }

    /// <summary>The pixels, first and end, of which a piece's result is taken: half of what it shares with its neighbours, to a multiple of the factor.</summary>
    private (int First, int End) Own(int[] starts, int i, int piece, int length)
    {
        int Between(int k) => (starts[k] + starts[k - 1] + piece) / 2 / _factor * _factor;
        return (i == 0 ? 0 : Between(i), i + 1 == starts.Length ? length : Between(i + 1));
    }

    private void Put(int kind, FloatPicture output, (int Height, int Width) slice, (int Y, int X) at, (int First, int End) rows, (int First, int End) columns)
    {
        FloatPicture whole = Whole(kind, output, slice.Height, slice.Width);
        if (_whole[kind].Length != whole.Channels * whole.Height * whole.Width) _whole[kind] = new float[whole.Channels * whole.Height * whole.Width];
        int Y(int y) => (int)((long)y * output.Height / _height);
        int X(int x) => (int)((long)x * output.Width / _width);
        ReadOnlySpan<float> from = output.Values.Span;
        int first = X(columns.First), count = X(columns.End) - first;
        for (int channel = 0; channel < output.Channels; channel++)
            for (int y = Y(rows.First); y < Y(rows.End); y++)
                from.Slice((channel * output.Height + y - Y(at.Y)) * output.Width + first - X(at.X), count)
                    .CopyTo(_whole[kind].AsSpan((channel * whole.Height + y) * whole.Width + first));
    }

    private FloatPicture Whole(int kind, FloatPicture piece, int height, int width) =>
        new(_whole[kind], piece.Channels, (int)((long)height * piece.Height / _height), (int)((long)width * piece.Width / _width));
}

using System.Numerics.Tensors;

namespace ClemReg.Algorithms.Mitochondria;

/// <summary>Bilinear resampling of pictures from one size to another, edges repeated. The weights are made once.</summary>
internal sealed class Bilinear
{
    private readonly int _sourceWidth;
    private readonly int[] _rows;
    private readonly float[] _rowWeights;
    private readonly int[] _columns;
    private readonly int[] _nextColumns;
    private readonly float[] _columnWeights;

    /// <summary>Prepares the resampling.</summary>
    /// <param name="from">Size of the source.</param>
    /// <param name="to">Size of the result.</param>
    /// <param name="alignCorners">The centres of the corner pixels fall together; else the pictures' outer edges do (half-pixel centres).</param>
    public Bilinear((int Height, int Width) from, (int Height, int Width) to, bool alignCorners)
    {
        (From, To, _sourceWidth) = (from, to, from.Width);
        (_rows, _rowWeights) = Taps(from.Height, to.Height, alignCorners);
        (_columns, _columnWeights) = Taps(from.Width, to.Width, alignCorners);
        _nextColumns = Array.ConvertAll(_columns, x => Math.Min(x + 1, from.Width - 1));
    }

    /// <summary>Size of the source.</summary>
    public (int Height, int Width) From { get; }

    /// <summary>Size of the result.</summary>
    public (int Height, int Width) To { get; }

    /// <summary>Resamples one channel.</summary>
    public void Apply(ReadOnlyMemory<float> source, Memory<float> destination, Job job)
    {
        const int band = 32;
        job.For((To.Height + band - 1) / band, () => new float[_sourceWidth], (b, row) =>
        {
            for (int y = b * band; y < Math.Min(To.Height, (b + 1) * band); y++)
            {
                ReadOnlySpan<float> above = source.Span.Slice(_rows[y] * _sourceWidth, _sourceWidth);
                ReadOnlySpan<float> below = source.Span.Slice(Math.Min(_rows[y] + 1, From.Height - 1) * _sourceWidth, _sourceWidth);
                TensorPrimitives.Multiply(above, 1 - _rowWeights[y], row);
                TensorPrimitives.MultiplyAdd(below, _rowWeights[y], row, row);
                Spread(row, destination.Span.Slice(y * To.Width, To.Width));
            }
        });
    }

    private void Spread(ReadOnlySpan<float> row, Span<float> to)
    {
        for (int x = 0; x < to.Length; x++)
        {
            float w = _columnWeights[x];
            to[x] = row[_columns[x]] * (1 - w) + row[_nextColumns[x]] * w;
        }
    }

    private static (int[] Index, float[] Weight) Taps(int from, int to, bool alignCorners)
    {
        var index = new int[to];
        var weight = new float[to];
        double scale = alignCorners ? (to > 1 ? (from - 1.0) / (to - 1) : 0) : (double)from / to;
        for (int i = 0; i < to; i++)
        {
            double at = Math.Clamp(alignCorners ? i * scale : (i + 0.5) * scale - 0.5, 0, from - 1);
            index[i] = (int)at;
            weight[i] = (float)(at - index[i]);
        }
        return (index, weight);
    }
}

using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Cells;

/// <summary>The cells found in one section.</summary>
/// <param name="Labels">0 is background, n is cell n.</param>
/// <param name="Boxes">The bounding box of each cell: <see cref="Box.Cell"/> is its label, the boxes are in the labels' order.</param>
public sealed record CellRegions(Plane<int> Labels, IReadOnlyList<Box> Boxes)
{
    /// <summary>Where a method with markers began: the brightest pixel of each marker of cells, by its feature; empty for other methods.</summary>
    public IReadOnlyList<(int Y, int X)> Markers { get; init; } = [];
}

/// <summary>What is known of a labelled region: its box and its pixels.</summary>
internal sealed class Region
{
    private int _left = int.MaxValue, _top = int.MaxValue, _right = -1, _bottom = -1;
    private double _sum;

    /// <summary>Pixels.</summary>
    public long Area { get; private set; }

    /// <summary>The mean of the values that <see cref="Of"/> was given; 0 without any.</summary>
    public double Mean => _sum / Area;

    /// <summary>The bounding box.</summary>
    public Box Box(int slice, double score, int label) => new(slice, _left, _top, _right - _left + 1, _bottom - _top + 1, score, label);

    /// <summary>Measures the regions 1 to <paramref name="count"/>; that of label n is at index n - 1, null where a label has no pixel.</summary>
    public static Region?[] Of(Plane<int> labels, int count, Plane<float>? values = null)
    {
        var regions = new Region?[count];
        for (int y = 0; y < labels.Height; y++)
        {
            ReadOnlySpan<int> row = labels.Row(y);
            for (int x = 0, end; x < row.Length; x = end)
            {
                int label = row[x], same = row[x..].IndexOfAnyExcept(label);
                end = same < 0 ? row.Length : x + same;
                if (label < 1 || label > count) continue;
                Region region = regions[label - 1] ??= new Region();
                region.Area += end - x;
                if (values is not null)
                    foreach (float v in values.Row(y)[x..end])
                        region._sum += v;
                region._left = Math.Min(region._left, x);
                region._right = Math.Max(region._right, end - 1);
                region._top = Math.Min(region._top, y);
                region._bottom = y;
            }
        }
        return regions;
    }
}

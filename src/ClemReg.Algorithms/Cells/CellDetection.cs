using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Cells;

/// <summary>The cells of a section, the best first.</summary>
/// <param name="Labels">For each pixel the number of its cell, from 1 in the order of <paramref name="Boxes"/>; 0 outside of all.</param>
/// <param name="Boxes">Their bounding boxes, with scores of 0 to 1 and the labels as cells.</param>
public sealed record CellDetection(Plane<int> Labels, IReadOnlyList<Box> Boxes)
{
    /// <summary>No cell in an image of this size.</summary>
    public static CellDetection Nothing(int height, int width) => new(new Plane<int>(height, width), []);

    /// <summary>Boxes of a label image made of pixels that stand for <paramref name="bin"/> x <paramref name="bin"/> of the section's.</summary>
    /// <param name="small">Labels from 1, the best first.</param>
    /// <param name="scores">Their scores.</param>
    /// <param name="bin">1 or more.</param>
    /// <param name="height">Rows of the section.</param>
    /// <param name="width">Pixels of its rows.</param>
    internal static CellDetection Enlarged(Plane<int> small, IReadOnlyList<double> scores, int bin, int height, int width)
    {
        var labels = new Plane<int>(height, width);
        var ends = new (int Left, int Top, int Right, int Bottom)[scores.Count];
        Array.Fill(ends, (int.MaxValue, int.MaxValue, -1, -1));
        // What is left over at the ends belongs to the last pixels.
        for (int y = 0; y < height; y++)
        {
            ReadOnlySpan<int> row = small.Row(Math.Min(y / bin, small.Height - 1));
            Span<int> to = labels.Row(y);
            for (int x = 0; x < width; x++)
            {
                int label = to[x] = row[Math.Min(x / bin, small.Width - 1)];
                if (label == 0) continue;
                ref (int Left, int Top, int Right, int Bottom) e = ref ends[label - 1];
                e = (Math.Min(e.Left, x), Math.Min(e.Top, y), Math.Max(e.Right, x), Math.Max(e.Bottom, y));
            }
        }
        return new CellDetection(labels, [.. ends.Select((e, i) => new Box(0, e.Left, e.Top, e.Right - e.Left + 1, e.Bottom - e.Top + 1, scores[i], i + 1))]);
    }
}

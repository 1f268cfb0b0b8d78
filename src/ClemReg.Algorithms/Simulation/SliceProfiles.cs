using ClemReg.Algorithms.Mitochondria;

namespace ClemReg.Algorithms.Simulation;

/// <summary>A connected piece of a label in a slice; its box ends beyond its last pixels.</summary>
internal readonly record struct SliceProfile(int Label, int Pixels, int Left, int Top, int Right, int Bottom);

/// <summary>Finds the connected pieces (8 neighbours) of all labels of a slice.</summary>
internal sealed class SliceProfiles(int height, int width)
{
    private readonly List<(int Y, int Start, int End, int Label)> _runs = [];

    /// <summary>The pieces in the order of their first pixels.</summary>
    /// <param name="labels">Rows from the top, x fastest.</param>
    public IReadOnlyList<SliceProfile> Find(ReadOnlySpan<ushort> labels)
    {
        _runs.Clear();
        var rowStart = new int[height + 1];
        for (int y = 0; y < height; y++)
        {
            ReadOnlySpan<ushort> row = labels.Slice(y * width, width);
            for (int x = 0; x < width;)
            {
                int end = x + 1;
                while (end < width && row[end] == row[x]) end++;
                if (row[x] != 0) _runs.Add((y, x, end, row[x]));
                x = end;
            }
            rowStart[y + 1] = _runs.Count;
        }
        var sets = new DisjointSets(_runs.Count);
        for (int y = 1; y < height; y++)
            for (int i = rowStart[y - 1], j = rowStart[y]; i < rowStart[y] && j < rowStart[y + 1];)
            {
                // Touching by a corner is enough.
                if (_runs[i].Label == _runs[j].Label && _runs[i].Start <= _runs[j].End && _runs[j].Start <= _runs[i].End) sets.Join(i, j);
                if (_runs[i].End < _runs[j].End) i++;
                else j++;
            }
        var pieces = new List<SliceProfile>();
        var at = new Dictionary<int, int>();
        for (int i = 0; i < _runs.Count; i++)
        {
            (int y, int start, int end, int label) = _runs[i];
            int root = sets.Root(i);
            if (at.TryGetValue(root, out int k))
            {
                SliceProfile p = pieces[k];
                pieces[k] = new SliceProfile(label, p.Pixels + end - start, Math.Min(p.Left, start), Math.Min(p.Top, y), Math.Max(p.Right, end), Math.Max(p.Bottom, y + 1));
            }
            else
            {
                at[root] = pieces.Count;
                pieces.Add(new SliceProfile(label, end - start, start, y, end, y + 1));
            }
        }
        return pieces;
    }
}

using ClemReg.Algorithms.Segmentation;

namespace ClemReg.Algorithms.Mitochondria;

/// <summary>A label image held as runs: of each row those of pixels with one label, x ascending; 0 is not held.</summary>
/// <param name="runs">The runs of all rows.</param>
/// <param name="rowStart">Where each row's runs begin, and one more at the end.</param>
internal sealed class LabelPlane(LabelledRun[] runs, int[] rowStart)
{
    /// <summary>Rows.</summary>
    public int Height => rowStart.Length - 1;

    /// <summary>All runs.</summary>
    public Span<LabelledRun> Runs => runs;

    /// <summary>The runs of a row.</summary>
    public ReadOnlySpan<LabelledRun> Row(int y) => runs.AsSpan(rowStart[y], rowStart[y + 1] - rowStart[y]);

    /// <summary>Bytes that it takes, about.</summary>
    public long Bytes => 12L * runs.Length + 4L * rowStart.Length;
}

/// <summary>Collects the runs of a <see cref="LabelPlane"/> row by row; used again for the next plane.</summary>
internal sealed class LabelPlaneBuilder
{
    private readonly List<LabelledRun> _runs = [];
    private readonly List<int> _rowStart = [];

    /// <summary>Begins the next row.</summary>
    public void NextRow() => _rowStart.Add(_runs.Count);

    /// <summary>Adds a run to the row; it is joined to the one before if that touches it and has the same label.</summary>
    public void Add(int start, int end, int label)
    {
        if (_runs.Count > _rowStart[^1] && _runs[^1].End == start && _runs[^1].Label == label) _runs[^1] = _runs[^1] with { End = end };
        else _runs.Add(new LabelledRun(start, end, label));
    }

    /// <summary>Adds the runs of a row of pixels; those of 0 are left out.</summary>
    public void AddRow(ReadOnlySpan<int> row)
    {
        for (int x = row.IndexOfAnyExcept(0); x >= 0 && x < row.Length;)
        {
            int next = row[x..].IndexOfAnyExcept(row[x]);
            int end = next < 0 ? row.Length : x + next;
            if (row[x] != 0) Add(x, end, row[x]);
            x = end;
        }
    }

    /// <summary>The plane, after its last row. The builder is empty again.</summary>
    public LabelPlane Take()
    {
        _rowStart.Add(_runs.Count);
        var plane = new LabelPlane([.. _runs], [.. _rowStart]);
        _runs.Clear();
        _rowStart.Clear();
        return plane;
    }
}

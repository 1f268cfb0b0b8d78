namespace ClemReg.Algorithms.Mitochondria;

/// <summary>
/// Finds the centre that is nearest to a point: exact, of equally near ones (in single precision) the first. Centres are sorted into square cells; a search
/// goes outwards ring by ring until no farther cell can hold a nearer one.
/// </summary>
internal sealed class NearestCentre
{
    private const int CentresPerCell = 2;

    private readonly float[] _y;
    private readonly float[] _x;
    private readonly int[] _index;
    private readonly int[] _cellStart;
    private readonly int _rows;
    private readonly int _columns;
    private readonly float _cell;

    /// <summary>Sorts the centres.</summary>
    /// <param name="centres">Centres on their grid, at least one.</param>
    /// <param name="height">Rows of that grid.</param>
    /// <param name="width">Columns of that grid.</param>
    /// <param name="step">The grid's step: centres lie at step * (y, x).</param>
    public NearestCentre(IReadOnlyList<(int Y, int X)> centres, int height, int width, int step)
    {
        double area = (double)height * width * step * step;
        _cell = (float)Math.Max(step, Math.Sqrt(CentresPerCell * area / centres.Count));
        _rows = (int)((height - 1) * step / _cell) + 1;
        _columns = (int)((width - 1) * step / _cell) + 1;
        _cellStart = new int[_rows * _columns + 1];
        (_y, _x, _index) = (new float[centres.Count], new float[centres.Count], new int[centres.Count]);
        foreach ((int y, int x) in centres) _cellStart[Cell(y * step, x * step) + 1]++;
        for (int c = 1; c < _cellStart.Length; c++) _cellStart[c] += _cellStart[c - 1];
        int[] next = _cellStart[..^1];
        for (int i = 0; i < centres.Count; i++)
        {
            (int y, int x) = centres[i];
            int at = next[Cell(y * step, x * step)]++;
            (_y[at], _x[at], _index[at]) = (y * step, x * step, i);
        }
    }

    /// <summary>The index of the nearest centre.</summary>
    public int Find(float y, float x)
    {
        int row = Clamp(y, _rows), column = Clamp(x, _columns);
        (int top, int bottom, int left, int right) = (row, row, column, column);
        (float best, int index) = (float.PositiveInfinity, int.MaxValue);
        Search(row, column, column, y, x, ref best, ref index);
        while (true)
        {
            // How far the cells that were not searched are away, less a bit for rounding.
            float free = float.PositiveInfinity;
            if (top > 0) free = Math.Min(free, y - top * _cell);
            if (left > 0) free = Math.Min(free, x - left * _cell);
            if (bottom < _rows - 1) free = Math.Min(free, (bottom + 1) * _cell - y);
            if (right < _columns - 1) free = Math.Min(free, (right + 1) * _cell - x);
            free -= 1e-3f * _cell + 1e-6f * (MathF.Abs(y) + MathF.Abs(x));
            if (free > 0 && free * free > best) return index;
            if (top == 0 && left == 0 && bottom == _rows - 1 && right == _columns - 1) return index;
            (top, left) = (top - 1, left - 1);
            (bottom, right) = (bottom + 1, right + 1);
            (int from, int to) = (Math.Max(left, 0), Math.Min(right, _columns - 1));
            if (top >= 0) Search(top, from, to, y, x, ref best, ref index);
            if (bottom < _rows) Search(bottom, from, to, y, x, ref best, ref index);
            for (int r = Math.Max(top + 1, 0); r <= Math.Min(bottom - 1, _rows - 1); r++)
            {
                if (left >= 0) Search(r, left, left, y, x, ref best, ref index);
                if (right < _columns) Search(r, right, right, y, x, ref best, ref index);
            }
            (top, left) = (Math.Max(top, 0), Math.Max(left, 0));
            (bottom, right) = (Math.Min(bottom, _rows - 1), Math.Min(right, _columns - 1));
        }
    }

    private void Search(int row, int fromColumn, int toColumn, float y, float x, ref float best, ref int index)
    {
        int end = _cellStart[row * _columns + toColumn + 1];
        for (int i = _cellStart[row * _columns + fromColumn]; i < end; i++)
        {
            float dy = _y[i] - y, dx = _x[i] - x;
            float distance = dy * dy + dx * dx;
            if (distance < best || (distance == best && _index[i] < index)) (best, index) = (distance, _index[i]);
        }
    }

    private int Cell(int y, int x) => Clamp(y, _rows) * _columns + Clamp(x, _columns);

    private int Clamp(float at, int cells) => (int)Math.Clamp(at / _cell, 0, cells - 1);
}

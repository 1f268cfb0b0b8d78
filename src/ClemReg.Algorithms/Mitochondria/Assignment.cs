namespace ClemReg.Algorithms.Mitochondria;

/// <summary>
/// The linear assignment problem: pairs rows with columns, each at most once, so that the sum of weights is largest. Shortest augmenting paths with
/// dual variables (Jonker and Volgenant 1987, rectangular as in Crouse 2016).
/// </summary>
/// <remarks>Of equally good assignments it takes the one that SciPy takes: rows in order, free columns first, columns in the order of SciPy's list.</remarks>
internal static class Assignment
{
    /// <summary>The column of each row, or -1.</summary>
    /// <param name="weights">Rows * columns, columns fastest.</param>
    /// <param name="rows">Rows.</param>
    /// <param name="columns">Columns.</param>
    public static int[] Maximise(ReadOnlySpan<double> weights, int rows, int columns)
    {
        bool turned = columns < rows;
        var costs = new double[weights.Length];
        for (int r = 0; r < rows; r++)
            for (int c = 0; c < columns; c++)
                costs[turned ? c * rows + r : r * columns + c] = -weights[r * columns + c];
        if (!turned) return Minimise(costs, rows, columns);
        int[] back = Minimise(costs, columns, rows), result = new int[rows];
        Array.Fill(result, -1);
        for (int c = 0; c < columns; c++) result[back[c]] = c;
        return result;
    }

    /// <summary>Needs no more rows than columns: every row gets a column.</summary>
    private static int[] Minimise(double[] costs, int rows, int columns)
    {
        double[] rowDual = new double[rows], columnDual = new double[columns], distance = new double[columns];
        int[] columnOf = new int[rows], rowOf = new int[columns], before = new int[columns], open = new int[columns];
        bool[] rowSeen = new bool[rows], columnSeen = new bool[columns];
        Array.Fill(columnOf, -1);
        Array.Fill(rowOf, -1);
        for (int start = 0; start < rows; start++)
        {
            // Dijkstra over reduced costs, from the row to the nearest free column.
            Array.Clear(rowSeen);
            Array.Clear(columnSeen);
            Array.Fill(distance, double.PositiveInfinity);
            for (int c = 0; c < columns; c++) open[c] = columns - 1 - c;
            int left = columns, row = start, sink = -1;
            double reached = 0;
            while (sink < 0)
            {
                rowSeen[row] = true;
                int nearest = -1;
                double least = double.PositiveInfinity;
                for (int i = 0; i < left; i++)
                {
                    int c = open[i];
                    double through = reached + costs[row * columns + c] - rowDual[row] - columnDual[c];
                    if (through < distance[c])
                    {
                        distance[c] = through;
                        before[c] = row;
                    }
                    if (distance[c] < least || (distance[c] == least && rowOf[c] < 0)) (least, nearest) = (distance[c], i);
                }
                reached = least;
                int column = open[nearest];
                if (rowOf[column] < 0) sink = column;
                else row = rowOf[column];
                columnSeen[column] = true;
                open[nearest] = open[--left];
            }

            rowDual[start] += reached;
            for (int r = 0; r < rows; r++)
                if (rowSeen[r] && r != start)
                    rowDual[r] += reached - distance[columnOf[r]];
            for (int c = 0; c < columns; c++)
                if (columnSeen[c])
                    columnDual[c] -= reached - distance[c];
            for (int column = sink; ;)
            {
                int r = before[column];
                rowOf[column] = r;
                (columnOf[r], column) = (column, columnOf[r]);
                if (r == start) break;
            }
        }
        return columnOf;
    }
}

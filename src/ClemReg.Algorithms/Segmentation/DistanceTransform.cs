using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Segmentation;

/// <summary>
/// The exact Euclidean distance transform of a section (A. Meijster, J. Roerdink and W. Hesselink 2000, "A general algorithm for computing
/// distance transforms in linear time").
/// </summary>
public static class DistanceTransform
{
    /// <summary>For each pixel the distance to the nearest pixel that is set, in pixels: 0 on those, infinity where there is none.</summary>
    /// <param name="mask">The section.</param>
    /// <param name="job">Threads, cancellation.</param>
    public static Plane<float> ToNearest(Plane<bool> mask, Job job)
    {
        (int height, int width) = (mask.Height, mask.Width);
        // Farther than any distance in the section, but small enough to be squared.
        int none = height + width;
        var alongY = new Plane<int>(height, width);
        const int Columns = 256;
        job.For((width + Columns - 1) / Columns, part =>
        {
            job.ThrowIfCancelled();
            int first = part * Columns, end = Math.Min(width, first + Columns);
            for (int y = 0; y < height; y++)
                for (int x = first; x < end; x++)
                    alongY[y, x] = mask[y, x] ? 0 : y == 0 ? none : Math.Min(none, alongY[y - 1, x] + 1);
            for (int y = height - 2; y >= 0; y--)
                for (int x = first; x < end; x++)
                    alongY[y, x] = Math.Min(alongY[y, x], alongY[y + 1, x] + 1);
        });
        var result = new Plane<float>(height, width);
        job.For(height, () => (Column: new int[width], Start: new int[width]), (y, envelope) =>
            AlongX(alongY.Row(y), none, result.Row(y), envelope.Column, envelope.Start));
        return result;
    }

    /// <summary>The lower envelope of the parabolas (x - i)² + distance[i]².</summary>
    private static void AlongX(ReadOnlySpan<int> distance, int none, Span<float> result, int[] column, int[] start)
    {
        int last = -1;
        for (int x = 0; x < distance.Length; x++)
        {
            if (distance[x] >= none) continue;
            long at = 0;
            while (last >= 0 && At(distance, start[last], column[last]) > At(distance, start[last], x)) last--;
            if (last >= 0)
            {
                // Where the new parabola begins to lie lower than the last one, from the whole number after it on.
                long i = column[last];
                long numerator = (long)x * x - i * i + (long)distance[x] * distance[x] - (long)distance[column[last]] * distance[column[last]];
                at = 1 + (long)Math.Floor((double)numerator / (2 * (x - i)));
            }
            if (at >= distance.Length) continue;
            last++;
            column[last] = x;
            start[last] = (int)at;
        }
        if (last < 0)
        {
            result.Fill(float.PositiveInfinity);
            return;
        }
        for (int x = distance.Length - 1; x >= 0; x--)
        {
            result[x] = (float)Math.Sqrt(At(distance, x, column[last]));
            if (x == start[last]) last--;
        }
    }

    private static long At(ReadOnlySpan<int> distance, int x, int i) => (long)(x - i) * (x - i) + (long)distance[i] * distance[i];
}

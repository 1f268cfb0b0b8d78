using System.Numerics.Tensors;

namespace ClemReg.Algorithms.Mitochondria;

/// <summary>Finds the peaks of a heat map.</summary>
internal static class Centres
{
    /// <summary>
    /// The pixels, in raster order, that are above the threshold and 0 and below none of the square around them; equal neighbours are all kept. A square of an even
    /// number of pixels reaches one pixel farther up and left than down and right.
    /// </summary>
    public static List<(int Y, int X)> Find(ReadOnlySpan<float> heat, int height, int width, float threshold, int kernel)
    {
        var centres = new List<(int, int)>();
        // The largest of the columns within the square, of each row; then along the rows.
        int before = kernel / 2, after = kernel - 1 - before;
        float[] padded = new float[width + kernel - 1], largest = new float[width];
        Array.Fill(padded, float.NegativeInfinity);
        Span<float> columns = padded.AsSpan(before, width);
        for (int y = 0; y < height; y++)
        {
            ReadOnlySpan<float> row = heat.Slice(y * width, width);
            if (!(TensorPrimitives.Max(row) > Math.Max(threshold, 0))) continue;
            row.CopyTo(columns);
            for (int other = Math.Max(0, y - before); other <= Math.Min(height - 1, y + after); other++)
                if (other != y)
                    TensorPrimitives.Max(columns, heat.Slice(other * width, width), columns);
            padded.AsSpan(0, width).CopyTo(largest);
            for (int k = 1; k < kernel; k++) TensorPrimitives.Max(largest, padded.AsSpan(k, width), largest);
            for (int x = 0; x < width; x++)
                if (row[x] > threshold && row[x] > 0 && row[x] == largest[x])
                    centres.Add((y, x));
        }
        return centres;
    }
}

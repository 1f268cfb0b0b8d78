namespace ClemReg.Algorithms.Evaluation;

/// <summary>A grey picture, rows from the top.</summary>
internal sealed class Raster(int width, int height)
{
    public int Width { get; } = width;

    public int Height { get; } = height;

    public float[] Values { get; } = new float[width * height];

    /// <summary>The same picture with other pixels, each the average over its area.</summary>
    public Raster Scaled(int width, int height)
    {
        var across = new Raster(width, Height);
        for (int y = 0; y < Height; y++)
            Average(Values.AsSpan(y * Width, Width), 1, Width, across.Values.AsSpan(y * width, width), 1, width);
        var result = new Raster(width, height);
        for (int x = 0; x < width; x++)
            Average(across.Values.AsSpan(x), width, Height, result.Values.AsSpan(x), width, height);
        return result;
    }

    /// <summary>Values of low to high become 0 to 1.</summary>
    public Raster Stretched(double low, double high)
    {
        var result = new Raster(Width, Height);
        double scale = high > low ? 1 / (high - low) : 0;
        for (int i = 0; i < Values.Length; i++) result.Values[i] = (float)Math.Clamp((Values[i] - low) * scale, 0, 1);
        return result;
    }

    /// <summary>1 on the inner rim of where a mask of 0 to 255 covers at least a half, 0 elsewhere.</summary>
    public Raster Rim()
    {
        var rim = new Raster(Width, Height);
        bool Inside(int x, int y) => x >= 0 && y >= 0 && x < Width && y < Height && Values[y * Width + x] >= 127.5f;
        for (int y = 0; y < Height; y++)
            for (int x = 0; x < Width; x++)
                if (Inside(x, y) && !(Inside(x - 1, y) && Inside(x + 1, y) && Inside(x, y - 1) && Inside(x, y + 1)))
                    rim.Values[y * Width + x] = 1;
        return rim;
    }

    /// <summary>Values of 0 to 1 as bytes.</summary>
    public byte[] ToBytes()
    {
        var bytes = new byte[Values.Length];
        for (int i = 0; i < bytes.Length; i++) bytes[i] = (byte)MathF.Round(255 * Values[i]);
        return bytes;
    }

    private static void Average(ReadOnlySpan<float> from, int fromStride, int n, Span<float> to, int toStride, int m)
    {
        double ratio = (double)n / m;
        for (int i = 0; i < m; i++)
        {
            double start = i * ratio, end = Math.Min(n, (i + 1) * ratio), sum = 0, weight = 0;
            for (var k = (int)start; k < end; k++)
            {
                double part = Math.Min(end, k + 1) - Math.Max(start, k);
                sum += part * from[k * fromStride];
                weight += part;
            }
            to[i * toStride] = (float)(sum / weight);
        }
    }
}

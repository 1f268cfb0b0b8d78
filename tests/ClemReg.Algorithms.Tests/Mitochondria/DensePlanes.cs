using ClemReg.Algorithms.Mitochondria;
using ClemReg.Algorithms.Segmentation;

namespace ClemReg.Algorithms.Tests.Mitochondria;

/// <summary>Label planes as plain arrays, for reference implementations.</summary>
internal static class DensePlanes
{
    public static LabelPlane Plane(ReadOnlySpan<int> labels, int height, int width)
    {
        var builder = new LabelPlaneBuilder();
        for (int y = 0; y < height; y++)
        {
            builder.NextRow();
            for (int x = 0; x < width; x++)
                if (labels[y * width + x] != 0)
                    builder.Add(x, x + 1, labels[y * width + x]);
        }
        return builder.Take();
    }

    public static int[] Dense(LabelPlane plane, int width)
    {
        var labels = new int[plane.Height * width];
        for (int y = 0; y < plane.Height; y++)
            foreach (LabelledRun run in plane.Row(y))
                labels.AsSpan(y * width + run.Start, run.End - run.Start).Fill(run.Label);
        return labels;
    }

    /// <summary>8-connected components of equal values other than 0, numbered in raster order.</summary>
    public static int[] Components(int[] values, int height, int width)
    {
        var labels = new int[values.Length];
        var open = new Stack<int>();
        int count = 0;
        for (int i = 0; i < values.Length; i++)
        {
            if (values[i] == 0 || labels[i] != 0) continue;
            labels[i] = ++count;
            open.Push(i);
            while (open.TryPop(out int j))
                for (int y = Math.Max(0, j / width - 1); y <= Math.Min(height - 1, j / width + 1); y++)
                    for (int x = Math.Max(0, j % width - 1); x <= Math.Min(width - 1, j % width + 1); x++)
                    {
                        int k = y * width + x;
                        if (values[k] != values[i] || labels[k] != 0) continue;
                        labels[k] = count;
                        open.Push(k);
                    }
        }
        return labels;
    }

    /// <summary>Blobs: noise smoothed by a few passes of a 3 x 3 mean, cut at levels. Values 0 to <paramref name="levels"/>.</summary>
    public static int[] Blobs(Random random, int height, int width, int levels, double density = 0.6)
    {
        var noise = new double[height * width];
        for (int i = 0; i < noise.Length; i++) noise[i] = random.NextDouble();
        for (int pass = 0; pass < 1; pass++)
        {
            var next = new double[noise.Length];
            for (int i = 0; i < noise.Length; i++)
            {
                double sum = 0;
                int n = 0;
                for (int y = Math.Max(0, i / width - 1); y <= Math.Min(height - 1, i / width + 1); y++)
                    for (int x = Math.Max(0, i % width - 1); x <= Math.Min(width - 1, i % width + 1); x++, n++)
                        sum += noise[y * width + x];
                next[i] = sum / n;
            }
            noise = next;
        }
        return Array.ConvertAll(noise, v => v < 0.6 - 0.25 * density ? 0 : 1 + (int)(v * 40) % levels);
    }
}

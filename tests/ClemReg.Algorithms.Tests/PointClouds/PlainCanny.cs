using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Tests.PointClouds;

/// <summary>The Canny of a binary slice over every pixel, one number at a time: what the fast one must equal.</summary>
internal static class PlainCanny
{
    public static bool[,] Find(BitVolume mask, int z, double sigma)
    {
        int height = mask.Grid.Size.Y, width = mask.Grid.Size.X;
        var image = new double[height, width];
        var ones = new double[height, width];
        for (int y = 0; y < height; y++)
            for (int x = 0; x < width; x++)
                (image[y, x], ones[y, x]) = (mask[z, y, x] ? 1 : 0, 1);
        double[] weights = Weights(sigma);
        image = Smooth(image, weights);
        ones = Smooth(ones, weights);
        for (int y = 0; y < height; y++)
            for (int x = 0; x < width; x++)
                image[y, x] /= ones[y, x] + Math.Pow(2, -52);

        double At(int y, int x) => image[Math.Clamp(y, 0, height - 1), Math.Clamp(x, 0, width - 1)];
        var gy = new double[height, width];
        var gx = new double[height, width];
        var magnitude = new double[height, width];
        for (int y = 0; y < height; y++)
            for (int x = 0; x < width; x++)
            {
                double Down(int c) => At(y + 1, c) - At(y - 1, c);
                double Right(int r) => At(r, x + 1) - At(r, x - 1);
                gy[y, x] = Down(x) * 2 + (Down(x - 1) + Down(x + 1));
                gx[y, x] = Right(y) * 2 + (Right(y - 1) + Right(y + 1));
                magnitude[y, x] = Hypotenuse(gy[y, x], gx[y, x]);
            }

        var low = new bool[height, width];
        for (int y = 1; y < height - 1; y++)
            for (int x = 1; x < width - 1; x++)
                low[y, x] = magnitude[y, x] >= 0.1 && IsMaximum(gy[y, x], gx[y, x], (dy, dx) => magnitude[y + dy, x + dx]);

        var edges = new bool[height, width];
        var open = new Queue<(int Y, int X)>();
        for (int y = 0; y < height; y++)
            for (int x = 0; x < width; x++)
                if (low[y, x] && magnitude[y, x] >= 0.2)
                    open.Enqueue((y, x));
        while (open.TryDequeue(out (int Y, int X) p))
        {
            if (!low[p.Y, p.X] || edges[p.Y, p.X]) continue;
            edges[p.Y, p.X] = true;
            for (int dy = -1; dy <= 1; dy++)
                for (int dx = -1; dx <= 1; dx++)
                    open.Enqueue((p.Y + dy, p.X + dx));
        }
        return edges;
    }

    // scikit-image's four sectors in its order: a later one overrules an earlier one.
    private static bool IsMaximum(double i, double j, Func<int, int, double> m)
    {
        double ai = Math.Abs(i), aj = Math.Abs(j);
        bool along = (i >= 0 && j >= 0) || (i <= 0 && j <= 0), across = (i <= 0 && j >= 0) || (i >= 0 && j <= 0);
        bool result = false;
        void Sector(bool applies, double w, (int Y, int X) straight, (int Y, int X) diagonal)
        {
            if (!applies) return;
            result = m(diagonal.Y, diagonal.X) * w + m(straight.Y, straight.X) * (1 - w) <= m(0, 0)
                && m(-diagonal.Y, -diagonal.X) * w + m(-straight.Y, -straight.X) * (1 - w) <= m(0, 0);
        }
        Sector(along && ai >= aj, aj / ai, (1, 0), (1, 1));
        Sector(along && ai <= aj, ai / aj, (0, 1), (1, 1));
        Sector(across && ai <= aj, ai / aj, (0, 1), (-1, 1));
        Sector(across && ai >= aj, aj / ai, (-1, 0), (-1, 1));
        return result;
    }

    // Rounded as the square root of the exact sum of squares, in 106-bit arithmetic.
    private static double Hypotenuse(double a, double b)
    {
        double sum = a * a + b * b;
        if (sum == 0) return 0;
        double root = Math.Sqrt(sum);
        double aa = a * a, bb = b * b, rr = root * root;
        double residual = (aa - rr) + bb + (Math.FusedMultiplyAdd(a, a, -aa) + Math.FusedMultiplyAdd(b, b, -bb) - Math.FusedMultiplyAdd(root, root, -rr));
        return root + residual / (2 * root);
    }

    private static double[] Weights(double sigma)
    {
        int radius = (int)(4 * sigma + 0.5);
        if (radius == 0) return [1];
        double[] all = [.. Enumerable.Range(-radius, 2 * radius + 1).Select(x => Math.Exp(-0.5 / (sigma * sigma) * (x * x)))];
        double[] lanes = [.. Enumerable.Range(0, 8).Select(l => all.Where((_, i) => i % 8 == l && i < all.Length / 8 * 8).Sum())];
        double sum = lanes[0] + lanes[1] + (lanes[2] + lanes[3]) + (lanes[4] + lanes[5] + (lanes[6] + lanes[7]));
        foreach (double v in all.Skip(all.Length / 8 * 8)) sum += v;
        return [.. all.Skip(radius).Select(v => v / sum)];
    }

    private static double[,] Smooth(double[,] image, double[] weights)
    {
        int height = image.GetLength(0), width = image.GetLength(1);
        double[,] Pass(double[,] from, int dy, int dx)
        {
            double At(int y, int x) => y >= 0 && y < height && x >= 0 && x < width ? from[y, x] : 0;
            var to = new double[height, width];
            for (int y = 0; y < height; y++)
                for (int x = 0; x < width; x++)
                {
                    double sum = from[y, x] * weights[0];
                    for (int j = weights.Length - 1; j > 0; j--)
                        sum += (At(y - j * dy, x - j * dx) + At(y + j * dy, x + j * dx)) * weights[j];
                    to[y, x] = sum;
                }
            return to;
        }
        return Pass(Pass(image, 1, 0), 0, 1);
    }
}

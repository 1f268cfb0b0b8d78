using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Filters;

/// <summary>What <see cref="Clahe"/> does.</summary>
/// <param name="TileHeight">Rows of a tile, pixels.</param>
/// <param name="TileWidth">Columns of a tile, pixels.</param>
/// <param name="ClipLimit">The largest share of a tile's pixels in one bin of its histogram, above 0 to 1 (no limit): the smaller, the less contrast.</param>
/// <param name="Bins">Bins of the histograms, 2 to 16384.</param>
public sealed record ClaheOptions(int TileHeight, int TileWidth, double ClipLimit = 0.01, int Bins = 256)
{
    /// <summary>scikit-image's defaults for an image: tiles of an eighth of it, rounded down; clip limit 0.01.</summary>
    public static ClaheOptions ScikitImage(int height, int width) => new(Math.Max(1, height / 8), Math.Max(1, width / 8));

    /// <summary>
    /// The numbers of Matlab's adapthisteq for an image: <paramref name="tiles"/> x <paramref name="tiles"/> tiles, rounded up to even sizes, and the
    /// limit counted from the least possible one (a flat histogram) on. Its defaults are 8 and 0.01.
    /// </summary>
    public static ClaheOptions Matlab(int height, int width, int tiles = 8, double clipLimit = 0.01, int bins = 256)
    {
        if (tiles < 1) throw BadInputException.ForParameter("tiles", tiles, "1 or more", "The usual number is 8.");
        if (!(clipLimit >= 0 && clipLimit <= 1)) throw BadInputException.ForParameter("clip limit", clipLimit, "from 0 to 1", "The usual value is 0.01.");
        int tileHeight = Even(height), tileWidth = Even(width);
        double pixels = (double)tileHeight * tileWidth, least = Math.Ceiling(pixels / bins);
        // Half a pixel more, so that the share times the pixels gives the same whole number again.
        double count = least + Math.Round(clipLimit * (pixels - least), MidpointRounding.AwayFromZero);
        return new ClaheOptions(tileHeight, tileWidth, Math.Min(1, (count + 0.5) / pixels), bins);

        int Even(int size) => Math.Max(2, ((size + tiles - 1) / tiles + 1) / 2 * 2);
    }

    internal void Check()
    {
        if (TileHeight < 1 || TileWidth < 1) throw BadInputException.ForParameter("tile size", $"{TileHeight} x {TileWidth}", "at least 1 x 1 pixels (y, x)");
        if ((long)TileHeight * TileWidth > int.MaxValue / 8) throw BadInputException.ForParameter("tile size", $"{TileHeight} x {TileWidth}", $"at most {int.MaxValue / 8} pixels");
        if (!(ClipLimit > 0 && ClipLimit <= 1)) throw BadInputException.ForParameter("clip limit", ClipLimit, "above 0 and at most 1", "The usual value is 0.01.");
        if (Bins is < 2 or > Clahe.Levels) throw BadInputException.ForParameter("bins", Bins, $"from 2 to {Clahe.Levels}", "The usual number is 256.");
    }
}

/// <summary>
/// Contrast-limited adaptive histogram equalisation (K. Zuiderveld 1994, Graphics Gems IV): each pixel is mapped by the histograms of the
/// four tiles around it, clipped so that noise in flat parts is not raised too far. The numbers are those of scikit-image's
/// <c>exposure.equalize_adapthist</c> 0.19: 16384 grey levels inside, the result stretched to 0..1.
/// </summary>
public static class Clahe
{
    /// <summary>Grey levels inside.</summary>
    internal const int Levels = 1 << 14;

    /// <summary>Equalises a section.</summary>
    /// <param name="image">The section, finite pixels.</param>
    /// <param name="type">What the pixels are: floats are first stretched to 0..1 and rounded to 16 bits, as scikit-image does with images of 0..1.</param>
    /// <param name="options">Tiles, limit, bins.</param>
    /// <param name="job">Threads, cancellation.</param>
    /// <returns>A new section that spans 0..1; all 0 where the section is flat.</returns>
    /// <exception cref="BadInputException">An option out of range, a pixel that is no finite number.</exception>
    public static Plane<float> Apply(Plane<float> image, VoxelType type, ClaheOptions options, Job job)
    {
        options.Check();
        IntensityRange range = IntensityRange.Of(image);
        var result = new Plane<float>(image.Height, image.Width);
        if (range.IsFlat) return result;

        int tileHeight = options.TileHeight, tileWidth = options.TileWidth, bins = options.Bins, pixels = tileHeight * tileWidth;
        int rows = (image.Height + tileHeight - 1) / tileHeight, columns = (image.Width + tileWidth - 1) / tileWidth;
        Plane<ushort> binOf = ToBins(image, type, range, 1 + Levels / bins, job);
        int limit = Math.Max(1, (int)(options.ClipLimit * pixels));
        var maps = new int[rows * columns * bins];
        job.For(rows * columns, tile =>
        {
            job.ThrowIfCancelled();
            (int row, int column) = Math.DivRem(tile, columns);
            Span<int> histogram = maps.AsSpan(tile * bins, bins);
            for (int y = row * tileHeight; y < (row + 1) * tileHeight; y++)
            {
                ReadOnlySpan<ushort> line = binOf.Row(Reflect(y, image.Height));
                for (int x = column * tileWidth; x < (column + 1) * tileWidth; x++) histogram[line[Reflect(x, line.Length)]]++;
            }
            Clip(histogram, limit);
            long sum = 0;
            foreach (ref int v in histogram)
            {
                sum += v;
                v = (int)Math.Min(sum * ((double)(Levels - 1) / pixels), Levels - 1);
            }
        });

        var columnsOf = new (int Left, int Right, double Share)[image.Width];
        for (int x = 0; x < image.Width; x++) columnsOf[x] = Between(x, tileWidth, columns);
        var ranges = new (int Least, int Most)[image.Height];
        job.For(image.Height, y =>
        {
            (int above, int below, double down) = Between(y, tileHeight, rows);
            ReadOnlySpan<int> upper = maps.AsSpan(above * columns * bins, columns * bins), lower = maps.AsSpan(below * columns * bins, columns * bins);
            ReadOnlySpan<ushort> from = binOf.Row(y);
            Span<float> to = result.Row(y);
            int least = int.MaxValue, most = 0;
            for (int x = 0; x < to.Length; x++)
            {
                (int left, int right, double share) = columnsOf[x];
                int bin = from[x];
                // Rounded to single precision term by term, then cut to whole levels: the order decides the level.
                float v = (float)(upper[left * bins + bin] * ((1 - share) * (1 - down)));
                v += (float)(upper[right * bins + bin] * (share * (1 - down)));
                v += (float)(lower[left * bins + bin] * ((1 - share) * down));
                v += (float)(lower[right * bins + bin] * (share * down));
                int level = (int)v;
                least = Math.Min(least, level);
                most = Math.Max(most, level);
                to[x] = level;
            }
            ranges[y] = (least, most);
        });
        int lowest = ranges.Min(r => r.Least), highest = ranges.Max(r => r.Most);
        double scale = highest > lowest ? 1.0 / (highest - lowest) : 0;
        job.For(image.Height, y =>
        {
            foreach (ref float v in result.Row(y)) v = (float)((v - lowest) * scale);
        });
        return result;
    }

    private static Plane<ushort> ToBins(Plane<float> image, VoxelType type, IntensityRange range, int binSize, Job job)
    {
        var bins = new Plane<ushort>(image.Height, image.Width);
        double span = (double)range.Maximum - range.Minimum;
        job.For(image.Height, y =>
        {
            ReadOnlySpan<float> from = image.Row(y);
            Span<ushort> to = bins.Row(y);
            for (int x = 0; x < to.Length; x++)
            {
                double t = ((double)from[x] - range.Minimum) / span;
                if (type == VoxelType.Float32) t = Math.Round(t * ushort.MaxValue) / ushort.MaxValue;
                to[x] = (ushort)((int)Math.Round(t * (Levels - 1)) / binSize);
            }
        });
        return bins;
    }

    /// <summary>The tiles before and after a pixel, and how far it is from the centre of the first towards that of the second.</summary>
    private static (int Before, int After, double Share) Between(int i, int tile, int tiles)
    {
        (int block, int offset) = Math.DivRem(i + tile / 2, tile);
        return (Math.Max(0, block - 1), Math.Min(block, tiles - 1), (double)offset / tile);
    }

    /// <summary>The index beyond the end with the border pixel not repeated: a b c d | c b a.</summary>
    private static int Reflect(int i, int length)
    {
        if (i < length) return i;
        if (length == 1) return 0;
        i %= 2 * length - 2;
        return i < length ? i : 2 * length - 2 - i;
    }

    /// <summary>Cuts a histogram at a limit and spreads what was cut off over the bins below it, first evenly, then one by one at even distances.</summary>
    private static void Clip(Span<int> histogram, int limit)
    {
        long excess = 0;
        foreach (ref int v in histogram)
        {
            if (v <= limit) continue;
            excess += v - limit;
            v = limit;
        }
        int increment = (int)(excess / histogram.Length);
        foreach (ref int v in histogram)
        {
            int before = v;
            v = v < limit - increment ? v + increment : limit;
            excess -= v - before;
        }
        for (long last = -1; excess > 0 && last != excess;)
        {
            last = excess;
            for (int first = 0; first < histogram.Length && excess > 0; first++)
            {
                int under = 0;
                foreach (int v in histogram)
                    if (v < limit)
                        under++;
                int step = (int)Math.Max(1, under / excess);
                for (int i = first; i < histogram.Length; i += step)
                {
                    if (histogram[i] >= limit) continue;
                    histogram[i]++;
                    excess--;
                }
            }
        }
    }
}

using ClemReg.Algorithms.Meshes;
using ClemReg.Algorithms.Preparation;
using ClemReg.Algorithms.Segmentation;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Evaluation;

/// <summary>
/// The slices of two segmentations in colour: outlines of the first green, of the second magenta, where both have one white, over the image; without one over what the objects cover, faint in the same colours.
/// </summary>
internal sealed class ComparisonOverlay
{
    private const byte Faint = 70, Ground = 16;
    private const int PanelSide = 560, MostPanels = 9, Rim = 4;

    private static readonly Rgb OfA = new(0, 230, 60), OfB = new(255, 0, 220), OfBoth = new(255, 255, 255);

    private readonly SegmentedObjects _a, _b;
    private readonly ISliceSource? _image;
    private readonly (double Low, double High) _range;
    private readonly Lock _reading = new();

    /// <param name="a">The first segmentation.</param>
    /// <param name="b">The second, on the same voxels.</param>
    /// <param name="image">The image of the same voxels, or null.</param>
    /// <param name="job">Cancellation, progress.</param>
    public ComparisonOverlay(SegmentedObjects a, SegmentedObjects b, ISliceSource? image, Job job)
    {
        (_a, _b, _image) = (a, b, image);
        _range = image is null ? default : image.Type == VoxelType.UInt8 ? (0, 255) : StackContrast.Measure(image, 0.2, 99.8, false, job);
    }

    /// <summary>Pixels of a slice for one thread.</summary>
    private sealed class Canvas(Size3 size)
    {
        public readonly byte[] Rgb = new byte[3 * size.SliceCount];
        /// <summary>1: outline of the first, 2: of the second, 3: of both.</summary>
        public readonly byte[] Lines = new byte[size.SliceCount];
        public readonly uint[] Labels = new uint[size.SliceCount];
        public readonly byte[] Raw = new byte[4 * size.SliceCount];
        public readonly float[] Grey = new float[size.SliceCount];
    }

    /// <summary>Writes all slices as a TIFF.</summary>
    public void WriteStack(Stream stream, Job job)
    {
        Size3 size = _a.Grid.Size;
        var file = new RgbTiff(stream, _a.Grid);
        // So many slices are drawn and packed at a time, and written in order.
        int together = 4 * job.Threads;
        var packed = new byte[together][];
        for (int first = 0; first < size.Z; first += together)
        {
            int count = Math.Min(together, size.Z - first);
            job.For(count, () => new Canvas(size), (i, canvas) =>
            {
                Draw(first + i, canvas, job);
                packed[i] = RgbTiff.Pack(canvas.Rgb);
            });
            for (int i = 0; i < count; i++) file.Add(packed[i]);
            job.Report((double)(first + count) / size.Z);
        }
    }

    /// <summary>A picture of some slices, row by row from the top left.</summary>
    /// <returns>The PNG, and which slices it shows, from 0.</returns>
    public (byte[] Png, IReadOnlyList<int> Slices) Montage(Job job)
    {
        Size3 size = _a.Grid.Size;
        int[] filled = [.. Enumerable.Range(0, size.Z).Where(z => Filled(_a, z) || Filled(_b, z))];
        int count = Math.Min(MostPanels, filled.Length);
        int[] slices = [.. Enumerable.Range(0, count).Select(i => filled[(int)((i + 0.5) * filled.Length / count)])];
        int step = Math.Max(1, (int)Math.Ceiling(Math.Max(size.Y, size.X) / (double)PanelSide)), columns = (int)Math.Ceiling(Math.Sqrt(count)), rows = (count + columns - 1) / columns;
        int width = (size.X + step - 1) / step, height = (size.Y + step - 1) / step;
        (int across, int down) = (columns * (width + Rim) + Rim, rows * (height + Rim) + Rim);
        var picture = new byte[3 * across * down];
        Array.Fill(picture, (byte)90);
        job.For(count, () => new Canvas(size), (i, canvas) =>
        {
            Draw(slices[i], canvas, job);
            int left = Rim + i % columns * (width + Rim), top = Rim + i / columns * (height + Rim);
            for (int y = 0; y < height; y++)
                for (int x = 0; x < width; x++)
                {
                    Rgb colour = Shrunk(canvas, size, step * y, step * x, step);
                    int at = 3 * ((top + y) * across + left + x);
                    (picture[at], picture[at + 1], picture[at + 2]) = (colour.Red, colour.Green, colour.Blue);
                }
        });
        return (PngWriter.Write(picture, across, down, 3), slices);
    }

    private static bool Filled(SegmentedObjects side, int z)
    {
        foreach (var layer in side.Layers)
            for (int y = 0; y < side.Grid.Size.Y; y++)
                if (layer.Runs(z, y).Length > 0) return true;
        return false;
    }

    /// <summary>A square of pixels as one: its lines, which would fade, or else its mean.</summary>
    private static Rgb Shrunk(Canvas canvas, Size3 size, int top, int left, int side)
    {
        int lines = 0, red = 0, green = 0, blue = 0, count = 0;
        for (int y = top; y < Math.Min(size.Y, top + side); y++)
            for (int x = left; x < Math.Min(size.X, left + side); x++)
            {
                int i = y * size.X + x;
                lines |= canvas.Lines[i];
                (red, green, blue, count) = (red + canvas.Rgb[3 * i], green + canvas.Rgb[3 * i + 1], blue + canvas.Rgb[3 * i + 2], count + 1);
            }
        return lines == 0 ? new Rgb((byte)(red / count), (byte)(green / count), (byte)(blue / count)) : Line(lines);
    }

    private static Rgb Line(int lines) => lines == 3 ? OfBoth : lines == 1 ? OfA : OfB;

    private void Draw(int z, Canvas canvas, Job job)
    {
        job.ThrowIfCancelled();
        Size3 size = _a.Grid.Size;
        if (_image is null) Array.Fill(canvas.Rgb, Ground);
        else Image(z, canvas);
        Array.Clear(canvas.Lines);
        Outlines(_a, 1, z, canvas);
        Outlines(_b, 2, z, canvas);
        for (int i = 0; i < size.SliceCount; i++)
        {
            if (canvas.Lines[i] == 0) continue;
            Rgb colour = Line(canvas.Lines[i]);
            (canvas.Rgb[3 * i], canvas.Rgb[3 * i + 1], canvas.Rgb[3 * i + 2]) = (colour.Red, colour.Green, colour.Blue);
        }
    }

    private void Image(int z, Canvas canvas)
    {
        int count = _a.Grid.Size.SliceCount;
        Span<byte> raw = canvas.Raw.AsSpan(0, count * (int)_image!.Type);
        lock (_reading) _image.ReadSlice(z, raw);
        VoxelConvert.ToFloat(raw, _image.Type, canvas.Grey);
        double scale = _range.High > _range.Low ? 255 / (_range.High - _range.Low) : 0;
        for (int i = 0; i < count; i++)
        {
            byte grey = (byte)Math.Clamp((canvas.Grey[i] - _range.Low) * scale, 0, 255);
            (canvas.Rgb[3 * i], canvas.Rgb[3 * i + 1], canvas.Rgb[3 * i + 2]) = (grey, grey, grey);
        }
    }

    /// <summary>Marks the pixels of each object that have a neighbour of another, or of none; without an image it also tints what the objects cover.</summary>
    private void Outlines(SegmentedObjects side, byte mark, int z, Canvas canvas)
    {
        (int _, int height, int width) = side.Grid.Size;
        for (int layer = 0; layer < side.Layers.Count; layer++)
        {
            uint[] labels = canvas.Labels;
            Array.Clear(labels);
            for (int y = 0; y < height; y++)
                foreach (LabelledRun run in side.Layers[layer].Runs(z, y))
                    if (side.Find(layer, run.Label) >= 0) labels.AsSpan(y * width + run.Start, run.End - run.Start).Fill((uint)run.Label);
            for (int y = 0, i = 0; y < height; y++)
                for (int x = 0; x < width; x++, i++)
                {
                    uint label = labels[i];
                    if (label == 0) continue;
                    if (_image is null)
                    {
                        if (mark == 1) canvas.Rgb[3 * i + 1] = Faint;
                        else (canvas.Rgb[3 * i], canvas.Rgb[3 * i + 2]) = (Faint, Faint);
                    }
                    // The frame of the image is no outline.
                    if ((x > 0 && labels[i - 1] != label) || (x < width - 1 && labels[i + 1] != label) || (y > 0 && labels[i - width] != label) || (y < height - 1 && labels[i + width] != label)) canvas.Lines[i] |= mark;
                }
        }
    }
}

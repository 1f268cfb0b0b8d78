using ClemReg.Algorithms.Evaluation;
using ClemReg.Algorithms.Meshes;
using ClemReg.Algorithms.Mitochondria;
using ClemReg.Algorithms.Segmentation;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Organelles;

/// <summary>The picture of what was found: some slices of the EM beside each other, boxes as thin frames, organelles tinted with a bright outline.</summary>
/// <param name="Planes">Red, green and blue, 8 bit.</param>
/// <param name="Panels">The slices, from 0, and where each lies in the picture.</param>
/// <param name="PixelsPerPixel">Pixels of the picture for one of the image.</param>
internal sealed record OrganellePicture(Volume<byte> Planes, IReadOnlyList<(int Slice, int X, int Y)> Panels, double PixelsPerPixel)
{
    private const int MostPanels = 4, Largest = 900, Smallest = 400, Between = 8;
    private const double Tint = 0.25, Darkest = 0.005;

    /// <summary>Draws it.</summary>
    /// <param name="image">The EM.</param>
    /// <param name="labels">The organelles.</param>
    /// <param name="boxes">The boxes.</param>
    /// <param name="colourOf">A label's colour.</param>
    /// <param name="boxColour">A class's colour.</param>
    /// <param name="job">Cancellation.</param>
    public static OrganellePicture Draw(ISliceSource image, LabelVolume labels, IReadOnlyList<SliceOrganelle> boxes, Func<int, Rgb> colourOf, Func<int, Rgb> boxColour, Job job)
    {
        Size3 size = image.Grid.Size;
        int[] shown = Slices(boxes, size.Z);
        int longest = Math.Max(size.X, size.Y);
        double scale = longest > Largest ? (double)Largest / longest : longest < Smallest ? Math.Ceiling((double)Smallest / longest) : 1;
        int width = Math.Max(1, (int)Math.Round(scale * size.X)), height = Math.Max(1, (int)Math.Round(scale * size.Y));
        int columns = shown.Length == 1 ? 1 : 2, rows = (shown.Length + 1) / 2;
        var planes = new Volume<byte>(new Grid(new Size3(3, rows * height + (rows - 1) * Between, columns * width + (columns - 1) * Between), new Point3(1, 1, 1)));
        var panels = new List<(int, int, int)>();
        var slices = new FloatSlices(image);
        for (int i = 0; i < shown.Length; i++)
        {
            int left = i % columns * (width + Between), top = i / columns * (height + Between);
            panels.Add((shown[i], left, top));
            Panel(planes, slices.Read(shown[i], job), labels, shown[i], [.. boxes.Where(b => b.Slice == shown[i])], colourOf, boxColour, left, top, width, height, scale);
        }
        return new OrganellePicture(planes, panels, scale);
    }

    /// <summary>Slices with boxes, evenly spread; where there are none the middle one.</summary>
    private static int[] Slices(IReadOnlyList<SliceOrganelle> boxes, int depth)
    {
        int[] with = [.. boxes.Select(b => b.Slice).Distinct().Order()];
        int count = Math.Min(MostPanels, with.Length);
        return count == 0 ? [depth / 2] : [.. Enumerable.Range(0, count).Select(i => with[(int)((i + 0.5) * with.Length / count)])];
    }

    private static void Panel(Volume<byte> planes, ReadOnlySpan<float> slice, LabelVolume labels, int z, SliceOrganelle[] boxes, Func<int, Rgb> colourOf, Func<int, Rgb> boxColour, int left, int top, int width, int height, double scale)
    {
        Size3 size = labels.Grid.Size;
        var grey = new Raster(size.X, size.Y);
        slice.CopyTo(grey.Values);
        // Some hundred thousand pixels tell the range.
        int every = 1 + grey.Values.Length / 300_000;
        float[] sorted = [.. grey.Values.Where((v, i) => i % every == 0 && float.IsFinite(v)).Order()];
        byte[] em = sorted.Length == 0 ? new byte[width * height] : grey.Stretched(sorted[(int)(Darkest * (sorted.Length - 1))], sorted[(int)((1 - Darkest) * (sorted.Length - 1))]).Scaled(width, height).ToBytes();
        var label = new int[width * height];
        for (int y = 0; y < height; y++)
            foreach (LabelledRun run in labels.Runs(z, Math.Min(size.Y - 1, (int)((y + 0.5) / scale))))
                for (int x = Math.Max(0, (int)Math.Ceiling(run.Start * scale - 0.5)); x < Math.Min(width, run.End * scale - 0.5); x++) label[y * width + x] = run.Label;
        for (int y = 0; y < height; y++)
            for (int x = 0; x < width; x++)
            {
                int i = y * width + x;
                if (label[i] == 0) Put(y, x, new Rgb(em[i], em[i], em[i]));
                else
                {
                    Rgb c = colourOf(label[i]);
                    bool rim = x == 0 || y == 0 || x == width - 1 || y == height - 1 || label[i - 1] != label[i] || label[i + 1] != label[i] || label[i - width] != label[i] || label[i + width] != label[i];
                    Put(y, x, rim ? c : new Rgb(Mixed(em[i], c.Red), Mixed(em[i], c.Green), Mixed(em[i], c.Blue)));
                }
            }
        foreach (SliceOrganelle box in boxes) Frame(box, boxColour(box.Box.Class));

        void Put(int y, int x, Rgb c) => (planes[0, top + y, left + x], planes[1, top + y, left + x], planes[2, top + y, left + x]) = (c.Red, c.Green, c.Blue);

        static byte Mixed(byte grey, byte colour) => (byte)Math.Round((1 - Tint) * grey + Tint * colour);

        void Frame(SliceOrganelle box, Rgb colour)
        {
            int x0 = Clamp(scale * box.Box.Left, width), x1 = Clamp(scale * box.Box.Right - 1, width), y0 = Clamp(scale * box.Box.Top, height), y1 = Clamp(scale * box.Box.Bottom - 1, height);
            for (int x = x0; x <= x1; x++)
            {
                Put(y0, x, colour);
                Put(y1, x, colour);
            }
            for (int y = y0; y <= y1; y++)
            {
                Put(y, x0, colour);
                Put(y, x1, colour);
            }
        }

        static int Clamp(double at, int length) => (int)Math.Clamp(Math.Round(at), 0, length - 1);
    }
}

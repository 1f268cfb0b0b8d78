using ClemReg.Algorithms.Evaluation;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Cells;

/// <summary>The picture of fields of view over an image: of all sections the brightest pixels, cells' boxes in cyan, fields in yellow.</summary>
/// <param name="Planes">Red, green and blue, 8 bit.</param>
/// <param name="PixelsPerPixel">Pixels of the picture for one of the image.</param>
internal sealed record FieldPicture(Volume<byte> Planes, double PixelsPerPixel)
{
    private const int Largest = 1600, Smallest = 600;

    /// <summary>The brightest share of the pixels is white.</summary>
    private const double White = 0.002;

    private static readonly (byte Red, byte Green, byte Blue) Cyan = (0, 200, 255), Yellow = (255, 220, 0);

    /// <summary>Draws it.</summary>
    /// <param name="image">The sections.</param>
    /// <param name="fields">The fields.</param>
    /// <param name="boxes">The cells' boxes.</param>
    /// <param name="job">Cancellation.</param>
    public static FieldPicture Draw(ISliceSource image, IReadOnlyList<FieldOfView> fields, IReadOnlyList<Box> boxes, Job job)
    {
        Size3 size = image.Grid.Size;
        var brightest = new Raster(size.X, size.Y);
        var slices = new FloatSlices(image);
        Array.Fill(brightest.Values, float.MinValue);
        for (int z = 0; z < size.Z; z++)
        {
            ReadOnlySpan<float> slice = slices.Read(z, job);
            for (int i = 0; i < slice.Length; i++) brightest.Values[i] = Math.Max(brightest.Values[i], slice[i]);
            job.Report((z + 1.0) / size.Z);
        }
        float[] sorted = [.. brightest.Values.Order()];
        int longest = Math.Max(size.X, size.Y);
        double scale = longest > Largest ? (double)Largest / longest : longest < Smallest ? Math.Ceiling((double)Smallest / longest) : 1;
        int width = Math.Max(1, (int)Math.Round(scale * size.X)), height = Math.Max(1, (int)Math.Round(scale * size.Y));
        byte[] grey = brightest.Stretched(sorted[0], sorted[(int)((1 - White) * (sorted.Length - 1))]).Scaled(width, height).ToBytes();
        var planes = new Volume<byte>(new Grid(new Size3(3, height, width), new Point3(1, 1, 1)));
        for (int c = 0; c < 3; c++) grey.CopyTo(planes.Slice(c));
        foreach (Box box in boxes) Frame(box, 1, Cyan);
        foreach (FieldOfView field in fields) Frame(new Box(0, field.X, field.Y, field.Width, field.Height), 2, Yellow);
        return new FieldPicture(planes, scale);

        void Frame(Box box, int thick, (byte Red, byte Green, byte Blue) colour)
        {
            int left = Clamp(scale * box.X, width), right = Clamp(scale * box.Right - 1, width), top = Clamp(scale * box.Y, height), bottom = Clamp(scale * box.Bottom - 1, height);
            for (int y = top; y <= bottom; y++)
                for (int x = left; x <= right; x++)
                {
                    if (Math.Min(Math.Min(x - left, right - x), Math.Min(y - top, bottom - y)) >= thick)
                    {
                        // Over to the other side of the frame.
                        x = Math.Max(x, right - thick);
                        continue;
                    }
                    (planes[0, y, x], planes[1, y, x], planes[2, y, x]) = colour;
                }
        }

        static int Clamp(double at, int length) => (int)Math.Clamp(Math.Round(at), 0, length - 1);
    }
}

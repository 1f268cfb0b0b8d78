using System.Globalization;
using System.Numerics;
using ClemReg.Algorithms.Transforms;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Evaluation;

/// <summary>
/// Draws fluorescence over EM in three orthogonal planes, before and after registration: the picture by which a person judges a
/// registration.
/// </summary>
public static unsafe class OverlayRenderer
{
    private const int Margin = 16;
    private const int Tick = 6;
    private const byte Background = 24;
    private const double MaskGrey = 0.45;
    /// <summary>The strength of the brightest fluorescence over an image, some of which has to show through.</summary>
    private const double Strength = 0.8;
    /// <summary>How far fluorescence dims an image under it in the other colour; on bright resin it would not show otherwise.</summary>
    private const double Dimming = 0.6;
    private const int MostFields = 6;
    private static readonly byte[] LineColour = [255, 220, 40];
    /// <summary>What a label of a line takes, in pixels.</summary>
    private static readonly (int Right, int Above) LabelRoom = (50, 20);
    /// <summary>A field's edge: as many of the finest voxels as make a picture, within what shows a few mitochondria.</summary>
    private const double FieldPixels = 600, LeastFieldNm = 3000, MostFieldNm = 5000;

    /// <summary>Draws the picture.</summary>
    /// <remarks>
    /// Pixels are square in nm; panels are scaled by averaging areas. The fluorescence is shown between the median, which is background for
    /// sparse stains such as mitochondria, and the 99.8th percentile of the moving volume, the same before and after; the EM between the
    /// 0.5th and the 99.5th of its xy plane. Colour is added to the EM by screening, while the EM under it is dimmed in the complementary
    /// colour, so that fluorescence shows on bright resin as on dark membranes; over a mask nothing is dimmed, and what agrees looks pale.
    /// </remarks>
    /// <param name="fixedImage">The grey EM, its slices read once, in order; null if there is only a mask.</param>
    /// <param name="fixedMask">The EM's mask, on the EM's grid.</param>
    /// <param name="moving">The fluorescence.</param>
    /// <param name="movingToFixed">The registration's result: physical moving to fixed coordinates, nm.</param>
    /// <param name="options">Planes, colour, size.</param>
    /// <param name="job">The work.</param>
    /// <exception cref="BadInputException">Image and mask differ in size; the point is outside; the transform has no inverse; a width out of range.</exception>
    public static OverlayPicture Render(
        ISliceSource? fixedImage, BitVolume fixedMask, Volume moving, SpatialTransform movingToFixed, OverlayOptions options, Job job)
    {
        Grid grid = fixedMask.Grid;
        Check(fixedImage, grid, options);
        (int Z, int Y, int X) point = options.Point ?? DensestPoint(fixedMask, job);
        var layout = new Layout(grid, point, options.MaxWidth);
        var planes = new View[3];
        PlaneSection[] whole = PlaneSection.Through(point, default, grid.Size);
        for (int i = 0; i < 3; i++) planes[i] = new View(0, whole[i], layout.Sizes[i].Width, layout.Sizes[i].Height, layout.NmPerPixel);
        View[] views = options.Views ? [.. planes, .. Fields(fixedMask, moving.Grid, movingToFixed, job)] : planes;

        // What lies underneath, in voxels.
        PlaneSection[] sections = [.. views.Select(v => v.Section)];
        Raster[] mask = PlaneSection.Read(fixedMask, sections, job);
        Raster[]? image = fixedImage is null ? null : PlaneSection.Read(fixedImage, sections, job);
        (double Low, double High) emRange = image is null ? (0, 255 / MaskGrey) : Range(SampleValues(image[0]), 0.005, 0.995);
        for (int i = 0; i < views.Length; i++)
        {
            Raster scaledMask = views[i].Scaled(mask[i]);
            views[i].Em = (image is null ? scaledMask : views[i].Scaled(image[i])).Stretched(emRange.Low, emRange.High);
            views[i].Outline = scaledMask.Rim();
        }

        (double Low, double High) fmRange = Range(SampleValues(moving, job), 0.5, 0.998);
        (AffineTransform before, bool centred) = Unregistered(moving.Grid, grid);
        bool seen = false, outlined = image is not null && options.Outline;
        var rgb = new byte[layout.Height * layout.Width * 3];
        Array.Fill(rgb, Background);
        for (int i = 0; i < views.Length; i++)
        {
            View view = views[i];
            for (int side = i < 3 ? 0 : 1; side < 2; side++)
            {
                job.ThrowIfCancelled();
                (Raster light, bool inside) = view.Section.Warp(moving, side == 0 ? before : movingToFixed, grid, job);
                seen |= inside && side == 1 && i < 3;
                view.Light[side] = view.Scaled(light).Stretched(fmRange.Low, fmRange.High);
                if (i < 3) layout.Draw(rgb, side, i, view.Em!, view.Light[side]!, overImage: image is not null, outlined ? view.Outline : null, options.Color);
            }
        }
        ErrorContours? contours = options.PredictedError is not { } map ? null
            : new ErrorContours([.. planes.Select(v => v.Scaled(v.Section.Warp(map, AffineTransform.Identity, grid, job).Raster))]);
        if (contours is not null) layout.Draw(rgb, contours);
        for (int side = 0; side < 2; side++) layout.DrawFrame(rgb, side);

        string caption = string.Create(CultureInfo.InvariantCulture,
            $"Fluorescence ({options.Color.ToString().ToLowerInvariant()}) over {(image is null ? "the EM's mask" : !outlined ? "EM" : "EM with its mask's outline")}; ")
            + string.Create(CultureInfo.InvariantCulture, $"planes through voxel x {point.X}, y {point.Y}, z {point.Z} of the EM (counted from 0), marked by ticks. ")
            + (centred
                ? "Before: the images' coordinates do not overlap, so their centres are aligned. "
                : "Before: the fluorescence at its own coordinates, not registered. ")
            + (seen ? "After: registered. " : "After: registered; the fluorescence lies outside these planes. ")
            + string.Create(CultureInfo.InvariantCulture, $"Fluorescence shown from {fmRange.Low:G4} to {fmRange.High:G4}; {layout.NmPerPixel:G4} nm a pixel.");
        job.Report(1);
        return new OverlayPicture(layout.Width, layout.Height, rgb, layout.Panels, layout.ScaleBars, layout.Labels, caption, contours?.Text ?? "", options.Views ? [.. views.Select(v => v.Layers())] : []);
    }

    /// <summary>
    /// The voxel whose three planes hold the most mask: along each axis the plane with the highest count, averaged over a tenth of the
    /// axis; of equal ones the one nearest to the middle. The outer 15 % of each axis, where planes say little, are left out. The middle
    /// if the mask is empty.
    /// </summary>
    public static (int Z, int Y, int X) DensestPoint(BitVolume mask, Job job) => DensestPoint(mask, default, mask.Grid.Size, job);

    /// <summary>The same of a box in the mask.</summary>
    internal static (int Z, int Y, int X) DensestPoint(BitVolume mask, (int Z, int Y, int X) first, Size3 size, Job job)
    {
        var z = new long[size.Z];
        var y = new long[size.Y];
        var x = new long[size.X];
        for (int k = 0; k < size.Z; k++)
        {
            job.ThrowIfCancelled();
            for (int j = 0; j < size.Y; j++)
            {
                ReadOnlySpan<ulong> row = mask.Row(first.Z + k, first.Y + j);
                for (int w = first.X >> 6; w <= (first.X + size.X - 1) >> 6; w++)
                    for (ulong bits = row[w]; bits != 0; bits &= bits - 1)
                    {
                        int i = w * 64 + BitOperations.TrailingZeroCount(bits) - first.X;
                        if (i < 0 || i >= size.X) continue;
                        x[i]++;
                        y[j]++;
                        z[k]++;
                    }
            }
        }
        return (first.Z + Densest(z), first.Y + Densest(y), first.X + Densest(x));
    }

    private static int Densest(long[] counts)
    {
        int n = counts.Length, rim = n * 15 / 100, reach = n / 20, best = n / 2;
        double most = -1;
        for (int step = 0; step < n; step++)
        {
            // From the middle outwards: n/2, n/2 - 1, n/2 + 1, ...
            int i = n / 2 + ((step & 1) == 0 ? step / 2 : -(step + 1) / 2);
            if (i < rim || i >= n - rim) continue;
            int from = Math.Max(0, i - reach), to = Math.Min(n - 1, i + reach);
            double density = 0;
            for (int k = from; k <= to; k++) density += counts[k];
            density /= to - from + 1;
            if (density > most) (most, best) = (density, i);
        }
        return best;
    }

    /// <summary>The views of the fields: small boxes at full resolution, since a whole plane hides errors of 50 nm.</summary>
    private static IEnumerable<View> Fields(BitVolume mask, Grid moving, SpatialTransform movingToFixed, Job job)
    {
        Grid grid = mask.Grid;
        double pixel = Math.Min(grid.Spacing.Y, grid.Spacing.X);
        double extent = Math.Min(grid.Size.Y * grid.Spacing.Y, grid.Size.X * grid.Spacing.X);
        double edge = Math.Clamp(Math.Min(FieldPixels * pixel, 0.3 * extent), LeastFieldNm, MostFieldNm);
        pixel = Math.Max(pixel, edge / FieldPixels);
        int Voxels(double spacing, int most) => Math.Clamp((int)Math.Round(edge / spacing), 1, most);
        var size = new Size3(Voxels(grid.Spacing.Z, grid.Size.Z), Voxels(grid.Spacing.Y, grid.Size.Y), Voxels(grid.Spacing.X, grid.Size.X));
        int field = 0;
        foreach ((int Z, int Y, int X) place in FieldPlaces.Choose(mask, moving, movingToFixed, edge, MostFields, job))
        {
            field++;
            static int Begin(int centre, int length, int most) => Math.Clamp(centre - length / 2, 0, most - length);
            (int, int, int) first = (Begin(place.Z, size.Z, grid.Size.Z), Begin(place.Y, size.Y, grid.Size.Y), Begin(place.X, size.X, grid.Size.X));
            foreach (PlaneSection section in PlaneSection.Through(place, first, size))
            {
                (double across, double down) = section.Plane switch
                {
                    ViewPlane.Xy => (grid.Spacing.X, grid.Spacing.Y),
                    ViewPlane.Yz => (grid.Spacing.Z, grid.Spacing.Y),
                    _ => (grid.Spacing.X, grid.Spacing.Z),
                };
                int Pixels(int voxels, double spacing) => Math.Max(1, (int)Math.Round(voxels * spacing / pixel));
                yield return new View(field, section, Pixels(section.Width, across), Pixels(section.Height, down), pixel);
            }
        }
    }

    /// <summary>The fluorescence without registration: where its coordinates put it or, if that is nowhere near the EM, centre on centre.</summary>
    private static (AffineTransform Transform, bool Centred) Unregistered(Grid moving, Grid target)
    {
        static Point3 End(Grid g) => g.ToPhysical(g.Size.Z - 1, g.Size.Y - 1, g.Size.X - 1);
        Point3 a = moving.Origin, b = End(moving), c = target.Origin, d = End(target);
        if (a.Z <= d.Z && c.Z <= b.Z && a.Y <= d.Y && c.Y <= b.Y && a.X <= d.X && c.X <= b.X) return (AffineTransform.Identity, false);
        Point3 shift = 0.5 * (c + d - (a + b));
        return (new AffineTransform([1, 0, 0, shift.Z, 0, 1, 0, shift.Y, 0, 0, 1, shift.X]), true);
    }

    private static void Check(ISliceSource? image, Grid grid, OverlayOptions options)
    {
        if (image is not null && image.Grid.Size != grid.Size)
            throw new BadInputException($"The fixed image has {image.Grid.Size} voxels (z, y, x), its mask {grid.Size}: they must be of the same size.");
        if (options.Point is { } p && (p.Z < 0 || p.Y < 0 || p.X < 0 || p.Z >= grid.Size.Z || p.Y >= grid.Size.Y || p.X >= grid.Size.X))
            throw BadInputException.ForParameter("point", p, $"a voxel of the fixed image: z, y, x from 0, below {grid.Size}");
        if (options.MaxWidth is < 200 or > 10000)
            throw BadInputException.ForParameter("max_width", options.MaxWidth, "200 to 10000 pixels");
    }

    /// <summary>About a million voxels, evenly spread, the same ones each time.</summary>
    private static float[] SampleValues(Volume volume, Job job)
    {
        Size3 size = volume.Grid.Size;
        long stride = SampleStride(size.Count, size.X);
        var values = new float[(size.Count + stride - 1) / stride];
        var slice = new float[size.SliceCount];
        long next = 0;
        for (int z = 0, i = 0; z < size.Z; z++)
        {
            job.ThrowIfCancelled();
            volume.ReadSlice(z, slice);
            for (; next < (z + 1L) * slice.Length; next += stride) values[i++] = slice[next - (long)z * slice.Length];
        }
        return values;
    }

    /// <summary>About a million pixels of a plane.</summary>
    private static float[] SampleValues(Raster plane)
    {
        long stride = SampleStride(plane.Values.Length, plane.Width);
        var values = new float[(plane.Values.Length + stride - 1) / stride];
        for (int i = 0; i < values.Length; i++) values[i] = plane.Values[i * stride];
        return values;
    }

    /// <summary>A stride that takes about a million of <paramref name="count"/> and, sharing no factor with the row's length, does not walk down columns.</summary>
    private static long SampleStride(long count, int rowLength)
    {
        long stride = Math.Max(1, count >> 20);
        while (BigInteger.GreatestCommonDivisor(stride, rowLength) > 1) stride++;
        return stride;
    }

    /// <summary>The values at two quantiles (0 to 1); widened to the extremes where they coincide. Sorts the values.</summary>
    private static (double Low, double High) Range(float[] values, double low, double high)
    {
        Array.Sort(values);
        float a = values[(int)(low * (values.Length - 1))], b = values[(int)Math.Ceiling(high * (values.Length - 1))];
        return b > a ? (a, b) : (values[0], values[^1]);
    }

    /// <summary>A view while it is made: its layers have values of 0 to 1.</summary>
    private sealed class View(int field, PlaneSection section, int width, int height, double nmPerPixel)
    {
        public PlaneSection Section => section;

        public Raster? Em { get; set; }

        public Raster? Outline { get; set; }

        /// <summary>Before and after.</summary>
        public Raster?[] Light { get; } = new Raster?[2];

        public Raster Scaled(Raster voxels) => voxels.Scaled(width, height);

        public OverlayView Layers() => new(field, section.Plane, section.First, section.Size, width, height, nmPerPixel,
            Em!.ToBytes(), Outline!.ToBytes(), Light[1]!.ToBytes(), Light[0]?.ToBytes());
    }

    /// <summary>Where everything is in the picture, and the drawing of it.</summary>
    private sealed class Layout
    {
        private readonly int[] _ticks;

        public Layout(Grid grid, (int Z, int Y, int X) point, int maxWidth)
        {
            (double z, double y, double x) = (grid.Size.Z * grid.Spacing.Z, grid.Size.Y * grid.Spacing.Y, grid.Size.X * grid.Spacing.X);
            const int title = OverlayPanel.TitleHeight;
            // Four pixels are kept for rounding.
            double free = maxWidth - 6 * Margin - 4;
            // As large as fits; voxels are not blown up beyond 8 pixels.
            NmPerPixel = Math.Max(2 * (x + z) / free, (y + z) / (maxWidth - 2 * title - 2 * Margin));
            NmPerPixel = Math.Max(NmPerPixel, Math.Min(grid.Spacing.Z, Math.Min(grid.Spacing.Y, grid.Spacing.X)) / 8);
            int Pixels(double length) => Math.Max(1, (int)Math.Round(length / NmPerPixel));
            (int w, int h, int d) = (Pixels(x), Pixels(y), Pixels(z));
            Sizes = [(w, h), (d, h), (w, d)];
            Width = 2 * (w + Margin + d) + 4 * Margin;
            Height = title + h + title + d + Margin;
            double length = RoundLength.AtMost(x / 4);
            for (int side = 0; side < 2; side++)
            {
                int left = Margin + side * (w + Margin + d + 2 * Margin);
                string when = side == 0 ? "Before" : "After";
                Panels.Add(new OverlayPanel(when + ", xy", left, title, w, h, NmPerPixel));
                Panels.Add(new OverlayPanel(when + ", yz", left + w + Margin, title, d, h, NmPerPixel));
                Panels.Add(new OverlayPanel(when + ", xz", left, title + h + title, w, d, NmPerPixel));
                int thick = Math.Clamp(h / 120, 3, 8);
                ScaleBars.Add(new OverlayScaleBar(left + w / 40 + 4, title + h - h / 40 - 4 - thick, Pixels(length), thick, length));
            }
            int At(int index, int n, int pixels) => Math.Min(pixels - 1, (int)((index + 0.5) / n * pixels));
            _ticks = [At(point.Z, grid.Size.Z, d), At(point.Y, grid.Size.Y, h), At(point.X, grid.Size.X, w)];
        }

        public int Width { get; }

        public int Height { get; }

        public double NmPerPixel { get; }

        /// <summary>Of the xy, yz and xz panels.</summary>
        public (int Width, int Height)[] Sizes { get; }

        public List<OverlayPanel> Panels { get; } = [];

        public List<OverlayScaleBar> ScaleBars { get; } = [];

        public List<OverlayLabel> Labels { get; } = [];

        /// <summary>Draws one panel: EM, fluorescence and outline, each 0 to 1.</summary>
        public void Draw(byte[] rgb, int side, int panel, Raster grey, Raster light, bool overImage, Raster? outline, OverlayColor color)
        {
            OverlayPanel at = Panels[side * 3 + panel];
            for (int y = 0; y < at.Height; y++)
                for (int x = 0; x < at.Width; x++)
                {
                    int i = y * at.Width + x;
                    double em = grey.Values[i], fm = (overImage ? Strength : 1) * light.Values[i];
                    double lit = 1 - (1 - em) * (1 - fm), dim = overImage ? em * (1 - Dimming * fm) : em;
                    if (outline is not null && outline.Values[i] > 0) (lit, dim) = (0.35 * lit, 0.9);
                    int p = ((at.Y + y) * Width + at.X + x) * 3;
                    var litByte = (byte)Math.Round(255 * lit);
                    var dimByte = (byte)Math.Round(255 * dim);
                    bool magenta = color == OverlayColor.Magenta;
                    rgb[p] = rgb[p + 2] = magenta ? litByte : dimByte;
                    rgb[p + 1] = magenta ? dimByte : litByte;
                }
        }

        /// <summary>Draws lines of equal predicted error, and their values, into the panels after registration.</summary>
        public void Draw(byte[] rgb, ErrorContours contours)
        {
            for (int panel = 0; panel < 3; panel++)
            {
                OverlayPanel at = Panels[3 + panel];
                foreach ((int x, int y) in contours.Pixels(panel))
                {
                    int p = ((at.Y + y) * Width + at.X + x) * 3;
                    // Half transparent: the picture under it is what counts.
                    for (int c = 0; c < 3; c++) rgb[p + c] = (byte)((rgb[p + c] + LineColour[c] + 1) / 2);
                }
                foreach ((int x, int y, string text) in contours.Labels(panel, LabelRoom)) Labels.Add(new OverlayLabel(text, at.X + x + 3, at.Y + y - 3));
            }
        }

        /// <summary>Draws the scale bar and the ticks that mark each plane in the other panels of one side.</summary>
        public void DrawFrame(byte[] rgb, int side)
        {
            (int z, int y, int x) = (_ticks[0], _ticks[1], _ticks[2]);
            OverlayPanel xy = Panels[side * 3], yz = Panels[side * 3 + 1], xz = Panels[side * 3 + 2];
            foreach ((OverlayPanel panel, int across, int down) in ((OverlayPanel, int, int)[])[(xy, x, y), (yz, z, y), (xz, x, z)])
            {
                Fill(rgb, panel.X + across, panel.Y - Tick - 1, 1, Tick, 160);
                Fill(rgb, panel.X + across, panel.Y + panel.Height + 1, 1, Tick, 160);
                Fill(rgb, panel.X - Tick - 1, panel.Y + down, Tick, 1, 160);
                Fill(rgb, panel.X + panel.Width + 1, panel.Y + down, Tick, 1, 160);
            }
            OverlayScaleBar bar = ScaleBars[side];
            Fill(rgb, bar.X - 1, bar.Y - 1, bar.Width + 2, bar.Height + 2, 0);
            Fill(rgb, bar.X, bar.Y, bar.Width, bar.Height, 255);
        }

        private void Fill(byte[] rgb, int left, int top, int width, int height, byte value)
        {
            for (int y = Math.Max(0, top); y < Math.Min(Height, top + height); y++)
            {
                int from = Math.Clamp(left, 0, Width), to = Math.Clamp(left + width, 0, Width);
                rgb.AsSpan((y * Width + from) * 3, (to - from) * 3).Fill(value);
            }
        }
    }
}

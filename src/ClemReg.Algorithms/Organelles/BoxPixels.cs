using ClemReg.Algorithms.Cells;
using ClemReg.Algorithms.Detection;
using ClemReg.Algorithms.Segmentation;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Organelles;

/// <summary>Finds an organelle's pixels in its box by a <see cref="Recipe"/>.</summary>
public static class BoxPixels
{
    /// <summary>How often a lower threshold is tried for a mask that does not reach over its box, and how much of the box one may fill: more is the box's surroundings.</summary>
    private const int MostThresholds = 3;
    private const double MostFilled = 0.95;

    /// <summary>So much of its convex hull a mask that reaches over its box fills at least: chromatin along an envelope does not.</summary>
    private const double LeastSolid = 0.6;

    /// <summary>Finds the pixels.</summary>
    /// <param name="slice">The slice's grey values, y, x; for <see cref="PixelSource.Ellipse"/> and <see cref="PixelSource.Box"/> only its size counts.</param>
    /// <param name="labels">For <see cref="PixelSource.Labels"/>: the labels or the mask of the slice; else null.</param>
    /// <param name="box">The box, pixels; what lies outside of the slice is cut off.</param>
    /// <param name="recipe">How.</param>
    /// <param name="spacing">The image's, nm.</param>
    /// <returns>The pixels; none where the box is empty or of one grey value, or no label fits it.</returns>
    public static SliceMask Find(Plane<float> slice, Plane<float>? labels, in DetectedBox box, Recipe recipe, Point3 spacing)
    {
        var at = PixelBox.Of(box, slice.Height, slice.Width);
        if (at.Height < 1 || at.Width < 1) return new SliceMask([]);
        return recipe.Pixels switch
        {
            PixelSource.Threshold => Thresholded(slice, at, recipe, spacing),
            PixelSource.Ellipse => Ellipse(at, box),
            PixelSource.Box => SliceMask.Of(Filled(at.Height, at.Width), at.Top, at.Left),
            _ => Labelled(labels ?? throw new ArgumentNullException(nameof(labels)), at),
        };
    }

    private static SliceMask Thresholded(Plane<float> slice, PixelBox box, Recipe recipe, Point3 spacing)
    {
        (double marginY, double marginX) = recipe.InPixels(recipe.Margin, spacing);
        PixelBox seen = box.Widened((int)Math.Round(marginY), (int)Math.Round(marginX), slice.Height, slice.Width);
        var part = new Plane<float>(seen.Height, seen.Width);
        int sign = recipe.Polarity == Polarity.Dark ? -1 : 1;
        for (int y = 0; y < seen.Height; y++)
        {
            ReadOnlySpan<float> from = slice.Row(seen.Top + y).Slice(seen.Left, seen.Width);
            Span<float> to = part.Row(y);
            for (int x = 0; x < to.Length; x++) to[x] = sign * from[x];
        }
        (double blurY, double blurX) = recipe.InPixels(recipe.Blur, spacing);
        BoxFilters.Blur(part, blurY, blurX);
        (double erodeY, double erodeX) = recipe.InPixels(recipe.Erode, spacing);
        part = BoxFilters.Erode(part, erodeY, erodeX);
        (double dilateY, double dilateX) = recipe.InPixels(recipe.Dilate, spacing);
        part = BoxFilters.Dilate(part, dilateY, dilateX);
        // A pixel at a level of the user's own belongs to the organelle; Otsu's is the centre of a bin of the background.
        double threshold = recipe.Level is { } level ? Math.BitDecrement(sign * level) : OtsuThreshold.Of(part.Values);
        Plane<bool> inside = Above(threshold);
        if (recipe.Reach == 0 || double.IsNaN(threshold) || Reaches(inside)) return SliceMask.Of(inside, box.Top, box.Left);
        float[] below = part.Values;
        for (int i = 0; i < MostThresholds && recipe.Level is null; i++)
        {
            below = Array.FindAll(below, v => v <= threshold);
            threshold = OtsuThreshold.Of(below);
            if (double.IsNaN(threshold)) break;
            Plane<bool> more = Above(threshold);
            if (more.Values.Count(v => v) > MostFilled * more.Values.Length) break;
            if (Reaches(more)) return SliceMask.Of(more, box.Top, box.Left);
        }
        return Ellipse(box, new DetectedBox(0, 1, box.Left, box.Top, box.Right, box.Bottom));

        Plane<bool> Above(double least)
        {
            var mask = new Plane<bool>(box.Height, box.Width);
            for (int y = 0; y < box.Height; y++)
            {
                ReadOnlySpan<float> from = part.Row(y + box.Top - seen.Top).Slice(box.Left - seen.Left, box.Width);
                Span<bool> to = mask.Row(y);
                for (int x = 0; x < to.Length; x++) to[x] = from[x] > least;
            }
            if (recipe.LargestComponent) KeepLargest(mask);
            if (recipe.FillHoles) FillHoles(mask);
            return mask;
        }

        bool Reaches(Plane<bool> mask)
        {
            SliceMask found = SliceMask.Of(mask, 0, 0);
            return found.Area > 0 && found.Bottom - found.Top >= recipe.Reach * box.Height && found.Right - found.Left >= recipe.Reach * box.Width
                && found.Area >= LeastSolid * ConvexHull.Rows(Ends(found)).Sum(row => row.Last - row.First + 1);
        }
    }

    /// <summary>The first and the last pixel of each run.</summary>
    private static IEnumerable<(int Y, int X)> Ends(SliceMask mask)
    {
        for (int i = 0; i < mask.Runs.Length; i++)
        {
            yield return (mask.Runs[i].Y, mask.Runs[i].From);
            yield return (mask.Runs[i].Y, mask.Runs[i].To - 1);
        }
    }

    /// <summary>Pixels whose centres lie in the ellipse; one that is too thin for any is the box.</summary>
    private static SliceMask Ellipse(PixelBox at, in DetectedBox box)
    {
        double cx = (box.Left + box.Right) / 2, cy = (box.Top + box.Bottom) / 2, rx = (box.Right - box.Left) / 2, ry = (box.Bottom - box.Top) / 2;
        var inside = new Plane<bool>(at.Height, at.Width);
        bool any = false;
        for (int y = 0; y < at.Height; y++)
        {
            double v = (at.Top + y + 0.5 - cy) / ry;
            for (int x = 0; x < at.Width; x++)
            {
                double u = (at.Left + x + 0.5 - cx) / rx;
                any |= inside[y, x] = u * u + v * v <= 1;
            }
        }
        return SliceMask.Of(any ? inside : Filled(at.Height, at.Width), at.Top, at.Left);
    }

    /// <summary>
    /// Of the labels in the box the one whose pixels fit it best: shared pixels, over those of the box and of the label beyond the box. Of a mask (one value) the largest piece in the box.
    /// </summary>
    private static SliceMask Labelled(Plane<float> labels, PixelBox box)
    {
        var within = new Dictionary<float, long>();
        for (int y = box.Top; y < box.Bottom; y++)
            foreach (float label in labels.Row(y).Slice(box.Left, box.Width))
                if (label > 0) within[label] = within.GetValueOrDefault(label) + 1;
        if (within.Count == 0) return new SliceMask([]);
        float best = within.Count == 1 ? within.First().Key : BestFit(labels, box, within);
        var inside = new Plane<bool>(box.Height, box.Width);
        for (int y = 0; y < box.Height; y++)
        {
            ReadOnlySpan<float> from = labels.Row(box.Top + y).Slice(box.Left, box.Width);
            for (int x = 0; x < from.Length; x++) inside[y, x] = from[x] == best;
        }
        KeepLargest(inside);
        return SliceMask.Of(inside, box.Top, box.Left);
    }

    /// <summary>How far labels reach is looked at in three times the box.</summary>
    private static float BestFit(Plane<float> labels, PixelBox box, Dictionary<float, long> within)
    {
        PixelBox around = box.Widened(box.Height, box.Width, labels.Height, labels.Width);
        var all = new Dictionary<float, long>();
        for (int y = around.Top; y < around.Bottom; y++)
            foreach (float label in labels.Row(y).Slice(around.Left, around.Width))
                if (label > 0 && within.ContainsKey(label)) all[label] = all.GetValueOrDefault(label) + 1;
        long area = (long)box.Height * box.Width;
        return within.OrderByDescending(l => (double)l.Value / (area + all[l.Key] - l.Value)).ThenBy(l => l.Key).First().Key;
    }

    /// <summary>Keeps the largest of the pieces whose pixels touch by sides or corners; of equally large ones the first.</summary>
    internal static void KeepLargest(Plane<bool> mask)
    {
        (Plane<int> pieces, List<int> sizes) = Pieces(mask, corners: true);
        if (sizes.Count < 2) return;
        int largest = 1 + sizes.IndexOf(sizes.Max());
        for (int i = 0; i < mask.Values.Length; i++) mask.Values[i] = pieces.Values[i] == largest;
    }

    /// <summary>Fills background that does not reach the plane's rim by pixels that share sides (scipy.ndimage.binary_fill_holes).</summary>
    internal static void FillHoles(Plane<bool> mask)
    {
        var background = new Plane<bool>(mask.Height, mask.Width, Array.ConvertAll(mask.Values, v => !v));
        (Plane<int> pieces, List<int> sizes) = Pieces(background, corners: false);
        var open = new bool[sizes.Count + 1];
        for (int y = 0; y < mask.Height; y++)
            for (int x = 0; x < mask.Width; x += y == 0 || y == mask.Height - 1 ? 1 : Math.Max(1, mask.Width - 1)) open[pieces[y, x]] = true;
        for (int i = 0; i < mask.Values.Length; i++) mask.Values[i] |= !open[pieces.Values[i]];
    }

    /// <summary>Numbers the pieces of a mask from 1.</summary>
    private static (Plane<int> Pieces, List<int> Sizes) Pieces(Plane<bool> mask, bool corners)
    {
        var pieces = new Plane<int>(mask.Height, mask.Width);
        var sizes = new List<int>();
        var waiting = new Stack<int>();
        for (int start = 0; start < mask.Values.Length; start++)
        {
            if (!mask.Values[start] || pieces.Values[start] != 0) continue;
            sizes.Add(0);
            int number = sizes.Count;
            pieces.Values[start] = number;
            waiting.Push(start);
            while (waiting.TryPop(out int i))
            {
                sizes[^1]++;
                (int y, int x) = Math.DivRem(i, mask.Width);
                for (int v = Math.Max(0, y - 1); v <= Math.Min(mask.Height - 1, y + 1); v++)
                    for (int u = Math.Max(0, x - 1); u <= Math.Min(mask.Width - 1, x + 1); u++)
                    {
                        int k = v * mask.Width + u;
                        if ((!corners && v != y && u != x) || !mask.Values[k] || pieces.Values[k] != 0) continue;
                        pieces.Values[k] = number;
                        waiting.Push(k);
                    }
            }
        }
        return (pieces, sizes);
    }

    private static Plane<bool> Filled(int height, int width)
    {
        var plane = new Plane<bool>(height, width);
        Array.Fill(plane.Values, true);
        return plane;
    }

    /// <summary>Whole pixels of a box.</summary>
    private readonly record struct PixelBox(int Top, int Left, int Bottom, int Right)
    {
        public int Height => Bottom - Top;

        public int Width => Right - Left;

        /// <summary>Pixels of which at least a half lies in the box; at least one along each axis where it touches the slice.</summary>
        public static PixelBox Of(in DetectedBox box, int height, int width)
        {
            (int top, int bottom) = Range(box.Top, box.Bottom, height);
            (int left, int right) = Range(box.Left, box.Right, width);
            return new PixelBox(top, left, bottom, right);
        }

        public PixelBox Widened(int y, int x, int height, int width) => new(Math.Max(0, Top - y), Math.Max(0, Left - x), Math.Min(height, Bottom + y), Math.Min(width, Right + x));

        private static (int From, int To) Range(double from, double to, int length)
        {
            if (!(to > 0 && from < length && to > from)) return (0, 0);
            int first = (int)Math.Clamp(Math.Round(from), 0, length - 1);
            return (first, (int)Math.Clamp(Math.Round(to), first + 1, length));
        }
    }
}

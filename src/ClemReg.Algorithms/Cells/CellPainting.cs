using ClemReg.Algorithms.Mitochondria;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Cells;

/// <summary>Paints cells with their tracks' numbers.</summary>
public static class CellPainting
{
    /// <summary>Paints.</summary>
    /// <param name="image">The sections, in which the cells are measured.</param>
    /// <param name="labels">The cells' pixels, each with the number of its box, on the image's grid; null: none are known.</param>
    /// <param name="boxes">The boxes, and the numbers that their cells get. A box without pixels in labels becomes a rectangle, beneath cells that have an outline.</param>
    /// <param name="job">Threads, cancellation.</param>
    /// <returns>The labels, and the cells with their new numbers: sections and then numbers ascending.</returns>
    public static (LabelVolume Labels, IReadOnlyList<SectionCell> Cells) Paint(ISliceSource image, ISliceSource? labels, IReadOnlyList<(Box Box, int Number)> boxes, Job job)
    {
        (int depth, int height, int width) = image.Grid.Size;
        ILookup<int, (Box Box, int Number)> sections = boxes.ToLookup(b => b.Box.Slice);
        var planes = new LabelPlane[depth];
        var cells = new SectionCell[depth][];
        var reading = new Lock();
        job.For(depth, () => (Pixels: new FloatSlices(image), Labels: labels is null ? null : new FloatSlices(labels), Builder: new LabelPlaneBuilder()), (z, scratch) =>
        {
            (Box Box, int Number)[] own = [.. sections[z].OrderBy(b => b.Number)];
            var plane = new Plane<int>(height, width);
            lock (reading)
            {
                if (own.Length > 0) scratch.Pixels.Read(z, job);
                if (own.Length > 0 && scratch.Labels is { } outlines) Outlined(plane, outlines.Read(z, job), own);
            }
            var outlined = plane.Values.Where(v => v > 0).ToHashSet();
            // The smallest first: none of them is hidden by one around it.
            foreach ((Box box, int number) in own.Where(b => !outlined.Contains(b.Number)).OrderBy(b => b.Box.Area).ThenBy(b => b.Number)) Rectangle(plane, box, number);
            var pixels = new long[own.Length];
            var sums = new double[own.Length];
            Dictionary<int, int> index = own.Select((b, i) => (b.Number, i)).ToDictionary(n => n.Number, n => n.i);
            for (int i = 0; i < plane.Values.Length; i++)
            {
                if (plane.Values[i] == 0) continue;
                int at = index[plane.Values[i]];
                pixels[at]++;
                sums[at] += scratch.Pixels.Slice[i];
            }
            cells[z] = [.. own.Select((b, i) => new SectionCell(b.Box with { Cell = b.Number }, pixels[i], pixels[i] == 0 ? 0 : sums[i] / pixels[i]))];
            for (int y = 0; y < height; y++)
            {
                scratch.Builder.NextRow();
                scratch.Builder.AddRow(plane.Row(y));
            }
            planes[z] = scratch.Builder.Take();
        }, report: true);
        return (LabelVolume.Of(image.Grid, planes, SectionCells.Type(boxes.Count == 0 ? 0 : boxes.Max(b => b.Number)), job), [.. cells.SelectMany(c => c)]);
    }

    private static void Outlined(Plane<int> plane, ReadOnlySpan<float> labels, (Box Box, int Number)[] own)
    {
        var numbers = new Dictionary<int, int>();
        foreach ((Box box, int number) in own)
            if (box.Cell > 0) numbers.TryAdd(box.Cell, number);
        for (int i = 0; i < labels.Length; i++)
            if (labels[i] > 0 && numbers.TryGetValue((int)labels[i], out int number)) plane.Values[i] = number;
    }

    private static void Rectangle(Plane<int> plane, Box box, int number)
    {
        for (int y = Math.Max(0, box.Y); y < Math.Min(plane.Height, box.Bottom); y++)
            foreach (ref int v in plane.Row(y)[Math.Max(0, box.X)..Math.Min(plane.Width, box.Right)])
                if (v == 0)
                    v = number;
    }
}

using ClemReg.Algorithms.Mitochondria;
using ClemReg.Algorithms.Segmentation;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Cells;

/// <summary>A cell in a section.</summary>
/// <param name="Box">Its box; <see cref="Box.Cell"/> is its number in the stack.</param>
/// <param name="Pixels">Its pixels.</param>
/// <param name="Mean">The mean of the section over them.</param>
public readonly record struct SectionCell(Box Box, long Pixels, double Mean)
{
    /// <summary>The diameter of a disc as large, pixels.</summary>
    public double Diameter => Math.Sqrt(4 / Math.PI * Pixels);
}

/// <summary>The cells of a stack of sections, each of which was looked at by itself. Cells are numbered 1, 2, ... through the whole stack.</summary>
/// <param name="Labels">0 is background, n is cell n.</param>
/// <param name="Cells">The cells, by their numbers.</param>
/// <param name="Flat">Sections, from 0, whose pixels all have one value.</param>
/// <param name="Markers">Where a method with markers began: section, y, x.</param>
public sealed record SectionCells(LabelVolume Labels, IReadOnlyList<SectionCell> Cells, IReadOnlyList<int> Flat, IReadOnlyList<(int Slice, int Y, int X)> Markers)
{
    /// <summary>Finds the cells in the pixels of one section, whose number comes last but one.</summary>
    public delegate CellRegions Detector(Plane<float> section, VoxelType type, int slice, Job job);

    /// <summary>Looks at each section by itself.</summary>
    /// <param name="stack">The sections; one a thread is in memory.</param>
    /// <param name="detector">How; it is not asked about sections of one value.</param>
    /// <param name="job">Threads, cancellation, progress by sections.</param>
    /// <exception cref="BadInputException">A pixel is no finite number.</exception>
    public static SectionCells Find(ISliceSource stack, Detector detector, Job job)
    {
        (int depth, int height, int width) = stack.Grid.Size;
        var planes = new LabelPlane[depth];
        var cells = new SectionCell[depth][];
        var flat = new bool[depth];
        var markers = new IReadOnlyList<(int Y, int X)>[depth];
        var reading = new Lock();
        int threads = Math.Max(1, job.Threads / depth);
        job.For(depth, () => (Slices: new FloatSlices(stack), Builder: new LabelPlaneBuilder()), (z, scratch) =>
        {
            float[] pixels;
            // A stack in Fiji is read by one thread at a time.
            lock (reading) pixels = scratch.Slices.Read(z, job).ToArray();
            var section = new Plane<float>(height, width, pixels);
            CheckFinite(section, z, "image");
            flat[z] = Array.TrueForAll(pixels, v => v == pixels[0]);
            CellRegions found = flat[z] ? new CellRegions(new Plane<int>(height, width), []) : detector(section, stack.Type, z, new Job(threads, job.Token));
            cells[z] = Measured(found, section, z);
            markers[z] = found.Markers;
            for (int y = 0; y < height; y++)
            {
                scratch.Builder.NextRow();
                scratch.Builder.AddRow(found.Labels.Row(y));
            }
            planes[z] = scratch.Builder.Take();
        }, report: true);
        Number(planes, cells);
        return new SectionCells(
            LabelVolume.Of(stack.Grid, planes, Type(cells.Sum(c => c.Length)), job), [.. cells.SelectMany(c => c)], [.. Enumerable.Range(0, depth).Where(z => flat[z])],
            [.. markers.SelectMany((section, z) => section.Select(m => (z, m.Y, m.X)))]);
    }

    /// <summary>What holds the numbers up to a last one: floats do where 16 bits are too few (ImageJ has no 32-bit integers).</summary>
    internal static VoxelType Type(int last) => last switch
    {
        <= ushort.MaxValue => VoxelType.UInt16,
        < LabelVolume.LargestLabel => VoxelType.Float32,
        _ => throw new BadInputException($"There are {last} cells, more than {LabelVolume.LargestLabel - 1}. Is the image one of cells? A larger least diameter (cell_minimum_diameter) leaves specks out."),
    };

    /// <summary>Refuses a section (from 0) of an input that holds pixels that are no numbers.</summary>
    internal static void CheckFinite(Plane<float> section, int z, string input)
    {
        int bad = Array.FindIndex(section.Values, v => !float.IsFinite(v));
        if (bad >= 0)
            throw new BadInputException($"{input}: section {z + 1} holds a pixel that is no number ({section.Values[bad]}) at x = {bad % section.Width}, y = {bad / section.Width}. Set such pixels to 0 first (Process > Math > NaN Background, or a macro).");
    }

    private static SectionCell[] Measured(CellRegions found, Plane<float> section, int z)
    {
        Region?[] regions = Region.Of(found.Labels, found.Boxes.Count, section);
        return [.. found.Boxes.Select((box, i) => regions[i] is { } region ? new SectionCell(box with { Slice = z }, region.Area, region.Mean) : new SectionCell(box with { Slice = z }, 0, 0))];
    }

    /// <summary>Numbers that begin at 1 in each section go on from section to section.</summary>
    private static void Number(LabelPlane[] planes, SectionCell[][] cells)
    {
        int before = 0;
        for (int z = 0; z < planes.Length; z++)
        {
            foreach (ref LabelledRun run in planes[z].Runs) run = run with { Label = before + run.Label };
            foreach (ref SectionCell cell in cells[z].AsSpan()) cell = cell with { Box = cell.Box with { Cell = before + cell.Box.Cell } };
            before += cells[z].Length;
        }
    }
}

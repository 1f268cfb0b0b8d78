using ClemReg.Algorithms.Segmentation;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Evaluation;

/// <summary>How well the registered fluorescence of one structure covers it.</summary>
/// <param name="Label">Its value in the label volume.</param>
/// <param name="Voxels">Its voxels.</param>
/// <param name="Box">Its bounding box with the margin: the first voxel (z, y, x).</param>
/// <param name="BoxSize">Voxels of the bounding box along z, y, x.</param>
/// <param name="Threshold">Otsu's threshold of the fluorescence in the box; voxels above it count as fluorescent. NaN where the box is of one value.</param>
/// <param name="TruePositiveRate">Fluorescent voxels of the structure / its voxels: the paper's measure.</param>
/// <param name="Dice">2 x fluorescent voxels of the structure / (its voxels + fluorescent voxels of the box).</param>
/// <param name="Precision">Fluorescent voxels of the structure / fluorescent voxels of the box; NaN where there are none.</param>
public sealed record StructureOverlap(
    int Label, long Voxels, (int Z, int Y, int X) Box, Size3 BoxSize, double Threshold, double TruePositiveRate, double Dice, double Precision)
{
    /// <summary>Histograms of so many bytes are filled at a time.</summary>
    private const long HistogramBytes = 64L << 20;

    private sealed class Structure(int label)
    {
        public readonly int Label = label;
        public int Z0 = int.MaxValue, Y0 = int.MaxValue, X0 = int.MaxValue, Z1 = -1, Y1 = -1, X1 = -1;
        public long Voxels, Hits, Above;
        public float Low = float.PositiveInfinity, High = float.NegativeInfinity;
        public long[] Histogram = [];
        public double Threshold = double.NaN;

        public void Add(int z, int y, int x)
        {
            (Z0, Y0, X0) = (Math.Min(Z0, z), Math.Min(Y0, y), Math.Min(X0, x));
            (Z1, Y1, X1) = (Math.Max(Z1, z), Math.Max(Y1, y), Math.Max(X1, x));
            Voxels++;
        }

        public void Widen(int z, int y, int x, Size3 size)
        {
            (Z0, Y0, X0) = (Math.Max(0, Z0 - z), Math.Max(0, Y0 - y), Math.Max(0, X0 - x));
            (Z1, Y1, X1) = (Math.Min(size.Z - 1, Z1 + z), Math.Min(size.Y - 1, Y1 + y), Math.Min(size.X - 1, X1 + x));
        }
    }

    /// <summary>A voxel of a label image as a label.</summary>
    /// <exception cref="BadInputException">It is no whole number, or too large.</exception>
    internal static int LabelOf(float voxel, int z)
    {
        int value = (int)Math.Min(voxel, 1 << 30);
        if (value != voxel) throw new BadInputException($"The label image has the value {voxel} in slice {z + 1}. Labels are whole numbers above 0; give a label image, not an intensity image.");
        return value;
    }

    /// <summary>
    /// Measures each structure as the paper does (Krentzel et al. 2023, Methods): the fluorescence is cropped to the structure's bounding
    /// box, thresholded there with Otsu's method (1979; of integer voxels on their values, of float ones in 256 bins, as scikit-image does)
    /// and compared with the structure.
    /// </summary>
    /// <param name="registered">The registered fluorescence of the structures' channel, on the grid of <paramref name="labels"/>.</param>
    /// <param name="labels">Structures: whole numbers above 0. A binary mask is one structure: label its parts first.</param>
    /// <param name="job">Cancellation and progress.</param>
    /// <param name="marginNm">Room that is added to each side of a bounding box, in nm, up to the faces of the volume; 0 in the paper. Dice and precision count what fluoresces in it.</param>
    /// <param name="minimumVoxels">Smaller structures are left out.</param>
    /// <returns>One entry a label, in ascending order.</returns>
    /// <exception cref="BadInputException">The grids differ, or a label is no whole number, or there is none.</exception>
    public static IReadOnlyList<StructureOverlap> Measure(ISliceSource registered, ISliceSource labels, Job job, double marginNm = 0, long minimumVoxels = 1)
    {
        Size3 size = labels.Grid.Size;
        if (registered.Grid.Size != size)
            throw new BadInputException($"The registered image has {registered.Grid.Size} voxels (z, y, x), but the label image has {size}. Give the registered.tif that lies on the grid of the labels' EM.");
        var structures = new Dictionary<int, Structure>();
        var label = new FloatSlices(labels);
        var image = new FloatSlices(registered);
        for (int z = 0; z < size.Z; z++)
        {
            ReadOnlySpan<float> row = label.Read(z, job);
            for (int i = 0; i < row.Length; i++)
            {
                if (!(row[i] > 0)) continue;
                int value = LabelOf(row[i], z);
                if (!structures.TryGetValue(value, out Structure? s)) structures[value] = s = new Structure(value);
                s.Add(z, i / size.X, i % size.X);
            }
            job.Report(0.3 * (z + 1) / size.Z);
        }
        if (structures.Count == 0) throw new BadInputException("The label image has no voxel above 0, so there is no structure to measure.");
        long largest = structures.Values.Max(static s => s.Voxels);
        foreach (Structure small in structures.Values.Where(s => s.Voxels < minimumVoxels).ToList()) structures.Remove(small.Label);
        if (structures.Count == 0) throw BadInputException.ForParameter("minimum_voxels", minimumVoxels, $"at most {largest}, the voxels of the largest structure");
        Point3 spacing = labels.Grid.Spacing;
        foreach (Structure s in structures.Values)
        {
            s.Widen((int)Math.Min(size.Z, marginNm / spacing.Z), (int)Math.Min(size.Y, marginNm / spacing.Y), (int)Math.Min(size.X, marginNm / spacing.X), size);
        }
        Structure[] inOrder = [.. structures.Values.OrderBy(static s => s.Z0).ThenBy(static s => s.Label)];

        Pass(image, inOrder, job, 0.3, 0.45, static (s, v) =>
        {
            s.Low = Math.Min(s.Low, v);
            s.High = Math.Max(s.High, v);
        });
        bool whole = registered.Type != VoxelType.Float32;
        for (int from = 0; from < inOrder.Length;)
        {
            int to = from;
            for (long bytes = 0; to < inOrder.Length && (to == from || bytes < HistogramBytes); to++)
            {
                Structure s = inOrder[to];
                s.Histogram = new long[whole ? (int)(s.High - s.Low) + 1 : OtsuThreshold.FloatBins];
                bytes += s.Histogram.Length * sizeof(long);
            }
            Structure[] some = inOrder[from..to];
            Pass(image, some, job, 0.45 + 0.25 * from / inOrder.Length, 0.45 + 0.25 * to / inOrder.Length, whole
                ? static (s, v) => s.Histogram[(int)(v - s.Low)]++
                : static (s, v) => s.Histogram[OtsuThreshold.Bin(v, s.Low, s.High)]++);
            foreach (Structure s in some)
            {
                if (s.High > s.Low) s.Threshold = Otsu(s, whole);
                s.Histogram = [];
            }
            from = to;
        }
        Pass(image, inOrder, job, 0.7, 0.85, static (s, v) =>
        {
            if (v > s.Threshold) s.Above++;
        });
        for (int z = 0; z < size.Z; z++)
        {
            ReadOnlySpan<float> l = label.Read(z, job), v = image.Read(z, job);
            for (int i = 0; i < l.Length; i++)
            {
                if (l[i] > 0 && structures.TryGetValue((int)l[i], out Structure? s) && v[i] > s.Threshold) s.Hits++;
            }
            job.Report(0.85 + 0.15 * (z + 1) / size.Z);
        }
        return [.. structures.Values.OrderBy(static s => s.Label).Select(static s => new StructureOverlap(s.Label, s.Voxels, (s.Z0, s.Y0, s.X0),
            new Size3(s.Z1 - s.Z0 + 1, s.Y1 - s.Y0 + 1, s.X1 - s.X0 + 1), s.Threshold, (double)s.Hits / s.Voxels,
            2.0 * s.Hits / (s.Voxels + s.Above), s.Above == 0 ? double.NaN : (double)s.Hits / s.Above))];
    }

    /// <summary>Shows every voxel of each structure's box to <paramref name="see"/>.</summary>
    private static void Pass(FloatSlices image, IEnumerable<Structure> structures, Job job, double from, double to, Action<Structure, float> see)
    {
        Size3 size = image.Size;
        for (int z = 0; z < size.Z; z++)
        {
            Structure[] here = [.. structures.Where(s => z >= s.Z0 && z <= s.Z1)];
            if (here.Length == 0) continue;
            image.Read(z, job);
            job.For(here.Length, k =>
            {
                Structure s = here[k];
                for (int y = s.Y0; y <= s.Y1; y++)
                    for (int x = s.X0; x <= s.X1; x++)
                        see(s, image.Slice[y * size.X + x]);
            });
            job.Report(from + (to - from) * (z + 1) / size.Z);
        }
    }

    private static double Otsu(Structure s, bool whole)
    {
        double step = whole ? 1 : ((double)s.High - s.Low) / OtsuThreshold.FloatBins;
        return OtsuThreshold.Of(s.Histogram, whole ? s.Low : s.Low + step / 2, step);
    }
}

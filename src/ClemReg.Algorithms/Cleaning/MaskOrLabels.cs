using ClemReg.Algorithms.Mitochondria;
using ClemReg.Algorithms.Segmentation;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Cleaning;

/// <summary>
/// An image as a mask, where it has one value above 0, or else as labels. It is read slice by slice; a mask takes a bit a voxel, labels 12 bytes for each run of voxels of one label.
/// </summary>
internal sealed class MaskOrLabels
{
    private MaskOrLabels(BitVolume? mask, int value, LabelVolume? labels) => (Mask, Value, Labels) = (mask, value, labels);

    /// <summary>The mask, which the caller disposes of, or null.</summary>
    public BitVolume? Mask { get; }

    /// <summary>The mask's value in the image; 255 where any value above 0 counts, and where there is none.</summary>
    public int Value { get; }

    /// <summary>The labels, or null.</summary>
    public LabelVolume? Labels { get; }

    /// <summary>Reads an image.</summary>
    /// <param name="source">The image.</param>
    /// <param name="asMask">Whether all that is above 0 is one mask.</param>
    /// <param name="job">The work.</param>
    /// <param name="port">What the user calls the image, for messages.</param>
    /// <param name="otherwise">What else the user may do about a value that is no label.</param>
    /// <exception cref="BadInputException">A value is no label: not a whole number from 0 to 16777215.</exception>
    public static MaskOrLabels Read(ISliceSource source, bool asMask, Job job, string port = "source", string otherwise = ", or set as_mask to take all that is above 0 as one mask")
    {
        var slices = new FloatSlices(source);
        (int depth, int height, int width) = source.Grid.Size;
        BitVolume? mask = new(source.Grid);
        try
        {
            int value = 0;
            var planes = new LabelPlane[depth];
            var builder = new LabelPlaneBuilder();
            var row = new int[width];
            for (int z = 0; z < depth; z++)
            {
                ReadOnlySpan<float> slice = slices.Read(z, job);
                job.Report((double)z / depth);
                if (asMask)
                {
                    mask!.SetSlice(z, slice, 0f);
                    continue;
                }
                for (int y = 0; y < height; y++)
                {
                    ToLabels(slice.Slice(y * width, width), row, z, y, port, otherwise);
                    builder.NextRow();
                    builder.AddRow(row);
                }
                LabelPlane plane = builder.Take();
                foreach (LabelledRun run in plane.Runs)
                {
                    if (value == 0) value = run.Label;
                    if (run.Label == value || mask is null) continue;
                    // A second value: these are labels, and what was read so far is the first.
                    for (int k = 0; k < z; k++) planes[k] = Plane(mask, k, value, builder);
                    mask.Dispose();
                    mask = null;
                }
                if (mask is null) planes[z] = plane;
                else
                {
                    for (int y = 0; y < height; y++)
                        foreach (LabelledRun run in plane.Row(y)) BitRow.Set(mask.Row(z, y), run.Start, run.End);
                }
            }
            return mask is null ? new MaskOrLabels(null, 0, LabelVolume.Of(source.Grid, planes, source.Type, job)) : new MaskOrLabels(mask, value == 0 ? byte.MaxValue : value, null);
        }
        catch
        {
            mask?.Dispose();
            throw;
        }
    }

    /// <summary>A mask as labels of one value.</summary>
    public static LabelVolume Labelled(BitVolume mask, int value, VoxelType type, Job job)
    {
        var planes = new LabelPlane[mask.Grid.Size.Z];
        job.For(planes.Length, () => new LabelPlaneBuilder(), (z, builder) => planes[z] = Plane(mask, z, value, builder));
        return LabelVolume.Of(mask.Grid, planes, type, job);
    }

    private static LabelPlane Plane(BitVolume mask, int z, int value, LabelPlaneBuilder builder)
    {
        for (int y = 0; y < mask.Grid.Size.Y; y++)
        {
            builder.NextRow();
            for (int start = 0, end = 0; BitRow.NextRun(mask.Row(z, y), ref start, ref end);) builder.Add(start, end, value);
        }
        return builder.Take();
    }

    private static void ToLabels(ReadOnlySpan<float> voxels, Span<int> labels, int z, int y, string port, string otherwise)
    {
        for (int x = 0; x < voxels.Length; x++)
        {
            float value = voxels[x];
            if (!(value >= 0 && value < LabelVolume.LargestLabel) || value != MathF.Floor(value))
                throw new BadInputException(FormattableString.Invariant(
                    $"{port}: the voxel at slice {z + 1}, y = {y}, x = {x} is {value}; labels are whole numbers from 0 to {LabelVolume.LargestLabel - 1}. Give a label image or a mask{otherwise}."));
            labels[x] = (int)value;
        }
    }
}

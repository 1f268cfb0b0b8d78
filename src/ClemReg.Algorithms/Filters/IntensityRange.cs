using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Filters;

/// <summary>The smallest and the largest voxel value of a volume.</summary>
public readonly record struct IntensityRange(float Minimum, float Maximum)
{
    /// <summary>True when every voxel has the same value.</summary>
    public bool IsFlat => Minimum == Maximum;

    /// <summary>Finds the range of all voxels.</summary>
    /// <exception cref="BadInputException">A float voxel is NaN or infinite: the first of them (slice, y, x) is named.</exception>
    public static IntensityRange Of(Volume volume, Job job)
    {
        int slices = volume.Grid.Size.Z;
        var ranges = new IntensityRange[slices];
        job.For(slices, z => ranges[z] = OfSlice(volume, z));

        IntensityRange all = ranges[0];
        foreach (IntensityRange range in ranges)
            all = new IntensityRange(Math.Min(all.Minimum, range.Minimum), Math.Max(all.Maximum, range.Maximum));
        if (!float.IsFinite(all.Minimum) || !float.IsFinite(all.Maximum)) throw NotFinite(volume);
        return all;
    }

    /// <summary>Finds the range of all pixels of a section.</summary>
    /// <exception cref="BadInputException">A pixel is NaN or infinite: the first of them (y, x) is named.</exception>
    public static IntensityRange Of(Plane<float> plane)
    {
        var range = new IntensityRange(TensorPrimitives.Min<float>(plane.Values), TensorPrimitives.Max<float>(plane.Values));
        if (float.IsFinite(range.Minimum) && float.IsFinite(range.Maximum)) return range;
        int i = Array.FindIndex(plane.Values, v => !float.IsFinite(v));
        (int y, int x) = Math.DivRem(i, plane.Width);
        throw NotFinite("pixel", plane.Values[i], $"x = {x}, y = {y}");
    }

    private static IntensityRange OfSlice(Volume volume, int z)
    {
        Span<byte> raw = volume.SliceBytes(z);
        switch (volume.Type)
        {
            case VoxelType.UInt8:
                return new IntensityRange(TensorPrimitives.Min<byte>(raw), TensorPrimitives.Max<byte>(raw));
            case VoxelType.UInt16:
                Span<ushort> shorts = MemoryMarshal.Cast<byte, ushort>(raw);
                return new IntensityRange(TensorPrimitives.Min<ushort>(shorts), TensorPrimitives.Max<ushort>(shorts));
            default:
                Span<float> floats = MemoryMarshal.Cast<byte, float>(raw);
                return new IntensityRange(TensorPrimitives.Min<float>(floats), TensorPrimitives.Max<float>(floats));
        }
    }

    private static BadInputException NotFinite(Volume volume)
    {
        for (int z = 0; z < volume.Grid.Size.Z; z++)
        {
            Span<float> slice = MemoryMarshal.Cast<byte, float>(volume.SliceBytes(z));
            for (int i = 0; i < slice.Length; i++)
            {
                if (float.IsFinite(slice[i])) continue;
                (int y, int x) = Math.DivRem(i, volume.Grid.Size.X);
                return NotFinite("voxel", slice[i], $"slice {z + 1}, x = {x}, y = {y}");
            }
        }
        throw new InvalidOperationException("the range is not finite but every voxel is");
    }

    private static BadInputException NotFinite(string what, float value, string where) => new(
        $"The image has a {what} that is {(float.IsNaN(value) ? "NaN (not a number)" : "infinite")}: {where}. Every {what} must be a finite number: " +
        $"replace such {what}s (in ImageJ: Process > Noise > Remove NaNs...) or convert the image to 16-bit.");
}

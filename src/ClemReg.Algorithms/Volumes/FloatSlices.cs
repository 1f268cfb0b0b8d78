namespace ClemReg.Algorithms.Volumes;

/// <summary>Reads the slices of a source as floats, one at a time.</summary>
/// <param name="source">What is read; its values stay as they are.</param>
public sealed class FloatSlices(ISliceSource source)
{
    private readonly byte[] _raw = new byte[source.Grid.Size.SliceCount * (int)source.Type];

    /// <summary>The slice that was read last, y, x.</summary>
    public float[] Slice { get; } = new float[source.Grid.Size.SliceCount];

    /// <summary>Voxels of the source, z, y, x.</summary>
    public Size3 Size => source.Grid.Size;

    /// <summary>Reads slice <paramref name="z"/>, from 0.</summary>
    /// <exception cref="OperationCanceledException">The job was cancelled.</exception>
    public ReadOnlySpan<float> Read(int z, Job job)
    {
        job.ThrowIfCancelled();
        source.ReadSlice(z, _raw);
        VoxelConvert.ToFloat(_raw, source.Type, Slice);
        return Slice;
    }

    /// <summary>The same, of a source that must hold numbers only.</summary>
    /// <exception cref="BadInputException">A voxel is not a finite number.</exception>
    /// <exception cref="OperationCanceledException">The job was cancelled.</exception>
    public ReadOnlySpan<float> ReadFinite(int z, Job job)
    {
        ReadOnlySpan<float> slice = Read(z, job);
        int bad = source.Type == VoxelType.Float32 ? slice.IndexOfAnyExceptInRange(float.MinValue, float.MaxValue) : -1;
        return bad < 0 ? slice
            : throw new BadInputException($"The image has a voxel that is not a finite number ({slice[bad]}) in slice {z + 1} at x = {bad % Size.X}, y = {bad / Size.X}. Set such voxels to 0 first (Process > Math > Remove NaNs, or a macro).");
    }
}

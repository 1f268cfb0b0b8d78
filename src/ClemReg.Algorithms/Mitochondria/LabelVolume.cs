using System.Runtime.InteropServices;
using ClemReg.Algorithms.Segmentation;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Mitochondria;

/// <summary>A box of voxels.</summary>
/// <param name="First">Its first voxel.</param>
/// <param name="End">One beyond its last voxel, along each axis.</param>
public readonly record struct VoxelBox(Size3 First, Size3 End)
{
    /// <summary>Its voxels along each axis.</summary>
    public Size3 Extent => new(End.Z - First.Z, End.Y - First.Y, End.X - First.X);

    /// <summary>The smallest box around both.</summary>
    public VoxelBox Union(VoxelBox other) => new(
        new Size3(Math.Min(First.Z, other.First.Z), Math.Min(First.Y, other.First.Y), Math.Min(First.X, other.First.X)),
        new Size3(Math.Max(End.Z, other.End.Z), Math.Max(End.Y, other.End.Y), Math.Max(End.X, other.End.X)));
}

/// <summary>An object of a <see cref="LabelVolume"/>.</summary>
/// <param name="Label">Its label.</param>
/// <param name="Voxels">Its voxels.</param>
/// <param name="Box">
/// A box that holds it. After a consensus that around all it was made of, which may be larger than itself; the span filter uses it, as empanada's.
/// </param>
public readonly record struct LabelledObject(int Label, long Voxels, VoxelBox Box)
{
    /// <summary>The object with a run more; <see langword="default"/> is an object without any.</summary>
    internal LabelledObject With(int label, int voxels, VoxelBox around) => new(label, Voxels + voxels, Voxels == 0 ? around : Box.Union(around));

    /// <summary>The object with a run along x more.</summary>
    internal LabelledObject With(LabelledRun run, int z, int y) => With(run.Label, run.End - run.Start, new VoxelBox(new Size3(z, y, run.Start), new Size3(z + 1, y + 1, run.End)));
}

/// <summary>
/// A volume of labels, held as runs along x: 0 is background. As a source of slices it is 16 bit where its labels fit, else 32-bit float, in which labels are
/// exact (ImageJ has no 32-bit integers), or of the type of the image that it was made from.
/// </summary>
public sealed class LabelVolume : ISliceSource
{
    /// <summary>Labels are below this, so that floats hold them exactly.</summary>
    public const int LargestLabel = 1 << 24;

    private readonly LabelPlane[] _planes;

    /// <summary>Takes the slices and the objects in them.</summary>
    internal LabelVolume(Grid grid, LabelPlane[] planes, IReadOnlyList<LabelledObject> objects)
        : this(grid, planes, objects, objects.Any(o => o.Label > ushort.MaxValue) ? VoxelType.Float32 : VoxelType.UInt16)
    {
    }

    private LabelVolume(Grid grid, LabelPlane[] planes, IReadOnlyList<LabelledObject> objects, VoxelType type) => (Grid, _planes, Objects, Type) = (grid, planes, objects, type);

    /// <summary>Takes the slices of an image whose voxels are of a type, and finds the objects in them.</summary>
    internal static LabelVolume Of(Grid grid, LabelPlane[] planes, VoxelType type, Job job)
    {
        var objects = new Dictionary<int, LabelledObject>();
        for (int z = 0; z < planes.Length; z++)
        {
            job.ThrowIfCancelled();
            for (int y = 0; y < grid.Size.Y; y++)
                foreach (LabelledRun run in planes[z].Row(y))
                {
                    ref LabelledObject o = ref CollectionsMarshal.GetValueRefOrAddDefault(objects, run.Label, out _);
                    o = o.With(run, z, y);
                }
        }
        return new LabelVolume(grid, planes, [.. objects.Values.OrderBy(o => o.Label)], type);
    }

    /// <inheritdoc/>
    public Grid Grid { get; }

    /// <summary>That of the image that the labels come from; of labels that were found here 16 bit where all fit, else 32-bit float.</summary>
    public VoxelType Type { get; }

    /// <summary>The objects, labels ascending.</summary>
    public IReadOnlyList<LabelledObject> Objects { get; }

    /// <summary>Bytes that the runs take, about.</summary>
    public long Bytes => _planes.Sum(p => p.Bytes);

    /// <summary>The runs of row (z, y), x ascending.</summary>
    public ReadOnlySpan<LabelledRun> Runs(int z, int y) => _planes[z].Row(y);

    /// <summary>Reads the labels of slice <paramref name="z"/>, Y * X of them, x fastest.</summary>
    public void ReadLabels(int z, Span<uint> labels) => Read(z, labels, static label => (uint)label);

    /// <inheritdoc/>
    public void ReadSlice(int z, Span<byte> destination)
    {
        if (Type == VoxelType.UInt8) Read(z, destination, static label => (byte)label);
        else if (Type == VoxelType.UInt16) Read(z, MemoryMarshal.Cast<byte, ushort>(destination), static label => (ushort)label);
        else Read(z, MemoryMarshal.Cast<byte, float>(destination), static label => (float)label);
    }

    /// <summary>The voxels of all objects.</summary>
    public BitVolume ToMask(Job job)
    {
        var mask = new BitVolume(Grid);
        try
        {
            job.For(Grid.Size.Z, z =>
            {
                for (int y = 0; y < Grid.Size.Y; y++)
                    foreach (LabelledRun run in Runs(z, y))
                        BitRow.Set(mask.Row(z, y), run.Start, run.End);
            });
            return mask;
        }
        catch
        {
            mask.Dispose();
            throw;
        }
    }

    private void Read<T>(int z, Span<T> voxels, Func<int, T> convert) where T : unmanaged
    {
        if (voxels.Length != Grid.Size.SliceCount) throw new ArgumentException("the slice has another size", nameof(voxels));
        voxels.Clear();
        for (int y = 0; y < Grid.Size.Y; y++)
            foreach (LabelledRun run in Runs(z, y))
                voxels.Slice(y * Grid.Size.X + run.Start, run.End - run.Start).Fill(convert(run.Label));
    }
}
